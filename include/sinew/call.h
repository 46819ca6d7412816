/* SPDX-License-Identifier: Apache-2.0
 *
 * A call: one operation asked of a resource, wherever it came from (a client's RPC, a service, a
 * job) and wherever it is carried out (a driver here, a module, a remote machine).
 *
 * Operations *complete*. A function that carries one out returns 0 or SN_ERR_* when it is finished
 * at once, or SN_PENDING and later calls sn_call_done(); nothing on the loop thread ever waits.
 * Memory for results is the call's arena; result pointers passed in stay valid until the call ends.
 *
 * All of this belongs to the loop thread, except what says otherwise.
 */
#ifndef SINEW_CALL_H
#define SINEW_CALL_H

#include "sinew/arena.h"
#include "sinew/atomic.h"
#include "sinew/env.h"
#include "sinew/err.h"

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SN_NEVER UINT64_MAX

struct sn_call_link {
    struct sn_call_link *prev, *next;
};

struct sn_call {
    /* For everyone */
    struct sn_env *env;
    struct sn_arena *arena;
    uint64_t deadline_ns; /* on env->timers; SN_NEVER for none */

    /* For whoever starts the call. `start` begins the operation and returns 0, SN_ERR_* or
     * SN_PENDING; it may run again if the call was parked (see sn_lane). `end` is called exactly
     * once, last, and may free the call. */
    int (*start)(struct sn_call *call);
    void (*end)(struct sn_call *call, int code);

    /* For whoever keeps the call pending: told once, on the loop thread, that the result is no
     * longer wanted. It should complete the call soon, and may do so from inside. */
    void (*on_cancel)(struct sn_call *call);
    void *holder; /* its own */

    /* Private to call.c and lane.c */
    struct sn_call_link children, sibling; /* sn_call.sibling */
    struct sn_call *parent;
    struct sn_lane *lane;
    struct sn_call_link in_lane; /* sn_call.in_lane */
    struct sn_str text;          /* of the error */
    struct sn_str details;       /* serialised google.rpc.Status, or empty */
    atomic_int cancelled;        /* 0 or the reason */
    bool *gone; /* while it is told so: set at its end, which may come from inside */
    uint8_t state, kind;
};

/* Prepares a call in the caller's memory. `arena` must outlive it; calls that run side by side and
 * may block need one each, since a pool thread takes from it. `parent` may be NULL; a child
 * inherits the parent's deadline and is cancelled with it, and must end before it. */
void sn_call_init(struct sn_call *call, struct sn_env *env, struct sn_arena *arena,
                  struct sn_call *parent);

/* Starts it; `end` may be called from inside. */
void sn_call_start(struct sn_call *call);

/* Ends a pending call with 0 or SN_ERR_*. Exactly once per SN_PENDING. */
void sn_call_done(struct sn_call *call, int code);

/* Asks the call and its children to end: `reason` is why, as a rule SN_ERR_CANCELLED or
 * SN_ERR_DEADLINE_EXCEEDED. Harmless when repeated and after the end of the operation. */
void sn_call_cancel(struct sn_call *call, int reason);

/* 0, or the reason. Any thread. */
static inline int sn_call_cancelled(struct sn_call *call)
{
    return atomic_load_explicit(&call->cancelled, memory_order_relaxed);
}

/* Keeps the explanation with the call and returns `code`, so that it can stand in a return
 * statement. The first explanation wins. Owner's thread (loop or the pool thread that works on it).
 */
int sn_call_fail(struct sn_call *call, int code, const char *format, ...) SN_PRINTF(3, 4);

/* Puts words before the explanation and returns `code`: "board doesn't exist: " before what the
 * search for the board said. Nothing if `code` is 0. */
int sn_call_prefix(struct sn_call *call, int code, const char *format, ...) SN_PRINTF(3, 4);

/* The explanation; the code's own text when there is none. Valid as long as the arena. */
struct sn_str sn_call_text(const struct sn_call *call, int code);

/* ---- what calls are to each other ---- */

/* What an operation is to its resource. */
enum sn_kind {
    SN_READ,      /* never waits behind others: IsMoving answers during GoFor */
    SN_ACTUATION, /* a new one cancels the running one and starts when that has ended */
    SN_EXCLUSIVE, /* waits its turn */
    SN_STOP,      /* cancels actuations and exclusive ones, and starts at once */
};

/* How many may wait for a resource before RESOURCE_EXHAUSTED. */
enum { SN_LANE_QUEUE_MAX = 100 };

/* One per resource: the actuation or exclusive operation that has it, and those that wait. */
struct sn_lane {
    struct sn_call *running;
    struct sn_call_link waiting; /* sn_call.in_lane, oldest first */
    uint32_t waiting_count;
};

void sn_lane_init(struct sn_lane *lane);

/* First statement of every operation's wrapper. 0: go on (the lane is left when the call ends);
 * SN_PENDING: parked, `start` runs again when it is the call's turn: return SN_PENDING;
 * SN_ERR_RESOURCE_EXHAUSTED: too many wait. A call is in one lane at most. */
int sn_lane_enter(struct sn_lane *lane, struct sn_call *call, enum sn_kind kind) SN_MUST_USE;

/* Cancels what runs and what waits (a resource that closes, a session that ended). */
void sn_lane_cancel(struct sn_lane *lane);

/* ---- work that must wait ---- */

/* Runs `work` on a pool thread and then ends the call with what it returned: the one way to block.
 * Returns SN_PENDING or SN_ERR_UNAVAILABLE. `work` may use the call's arena and sn_call_fail(); the
 * loop thread leaves them alone meanwhile. Loop thread. */
int sn_call_block(struct sn_call *call, int (*work)(struct sn_call *call, void *arg), void *arg);

/* Pool thread, inside `work`: waits `ns`, less when the call is cancelled. 0 or the reason. */
int sn_call_wait(struct sn_call *call, uint64_t ns) SN_MUST_USE;

#ifdef __cplusplus
}
#endif

#endif
