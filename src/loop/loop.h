/* SPDX-License-Identifier: Apache-2.0
 *
 * The event loop: one thread that owns all network and graph state, timers, a way in from other
 * threads, and a pool for work that must wait. libuv stands behind it; only src/loop and src/net
 * may name it.
 */
#ifndef SN_LOOP_LOOP_H
#define SN_LOOP_LOOP_H

#include "base/work.h"
#include "sinew/arena.h"
#include "sinew/env.h"
#include "sinew/timers.h"

#include <signal.h>

struct sn_loop;

/* NULL when the system refuses (descriptors, memory). Ignores SIGPIPE for the whole process: a
 * write to a peer that is gone must be an error, not the end. */
struct sn_loop *sn_loop_create(void) SN_MUST_USE;

/* All handles must be closed, or closing (their callbacks come from inside). Work that is under way
 * and deferred tasks are waited for: they may have outlived whoever asked for them, and are called
 * from inside. Accepts NULL. */
void sn_loop_destroy(struct sn_loop *loop);

/* Runs until sn_loop_stop() or until nothing is left that could happen: no connection or listener,
 * no armed timer, no task, no work. Signals and tasks that other threads have yet to post don't
 * count. A stop that came before makes it return at once. Loop thread. */
void sn_loop_run(struct sn_loop *loop);
void sn_loop_stop(struct sn_loop *loop);

/* Loop thread: timers on the monotonic clock, to the millisecond; now = the time at which the
 * system was last asked for events. */
struct sn_timers *sn_loop_timers(struct sn_loop *loop);

/* Loop thread: memory for arenas and buffers. */
struct sn_block_pool *sn_loop_blocks(struct sn_loop *loop);

/* What the core needs of its surroundings, filled by this loop; lives as long as it. */
struct sn_env *sn_loop_env(struct sn_loop *loop);

/* Any thread. Tasks run in the order posted. */
void sn_loop_post(struct sn_loop *loop, struct sn_task *task);

/* Loop thread: runs `task` once, after the callbacks of this iteration and before the loop waits
 * again. Used to gather what many callbacks produced (one write for many replies). What a deferred
 * task defers runs in the next iteration, events first. */
void sn_loop_defer(struct sn_loop *loop, struct sn_task *task);

/* Loop thread. UNAVAILABLE when SN_LOOP_WORK_MAX are under way or memory is out. */
int sn_loop_submit(struct sn_loop *loop, struct sn_work *work) SN_MUST_USE;
enum { SN_LOOP_WORK_MAX = 4096 };

/* Calls `handle` on the loop thread for each arrival of `signal`. One handler per signal, a second
 * one replaces it; does not keep the loop running. INVALID_ARGUMENT for a signal that can't be
 * caught, UNAVAILABLE when the system refuses. */
int sn_loop_on_signal(struct sn_loop *loop, int signal,
                      void (*handle)(struct sn_loop *loop, int signal)) SN_MUST_USE;

/* Turns of the loop, from the arrival of the first event to the next wait: so long an event may
 * have waited for others. Of those that took a millisecond or more. */
enum { SN_TURN_BUCKETS = 4 };
struct sn_loop_turns {
    uint64_t count;                    /* of all */
    uint64_t over_ms[SN_TURN_BUCKETS]; /* that took 1, 10, 100, 1000 ms or more */
    uint64_t total_ms, longest_ms;
};
const struct sn_loop_turns *sn_loop_turns(const struct sn_loop *loop);

/* Free for the program that runs the loop. */
void sn_loop_set_user(struct sn_loop *loop, void *user);
void *sn_loop_user(struct sn_loop *loop);

/* ---- behind the interface, for src/net only ---- */

/* The uv_loop_t. Its `data` is the sn_loop. */
void *sn_loop_backend(struct sn_loop *loop);

/* First statement of every libuv callback: what it starts timers with is the time of its event. */
void sn_loop_enter(struct sn_loop *loop);

/* One buffer to read into for all connections, valid until the next read; SN_LOOP_READ_SIZE. */
uint8_t *sn_loop_read_buffer(struct sn_loop *loop);
enum { SN_LOOP_READ_SIZE = 64 << 10 };

#endif
