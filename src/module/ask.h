/* SPDX-License-Identifier: Apache-2.0
 *
 * A question of the host's own to a module. Loop thread.
 */
#ifndef SN_MODULE_ASK_H
#define SN_MODULE_ASK_H

#include "sinew/call.h"

struct sn_run;

struct ask {
    struct sn_call call; /* first */
    struct sn_arena arena;
    struct sn_run *run;
    void *owner;
    void (*done)(struct ask *ask, int code);
};

/* Begins it: `start` as a call's; `done` comes once, whatever happens, from inside if it can't be
 * begun; the ask and all on its arena are gone after it. It keeps the run. False without memory. */
bool ask_begin(struct sn_run *run, uint64_t timeout_ns, int (*start)(struct sn_call *call),
               void (*done)(struct ask *ask, int code), void *owner) SN_MUST_USE;

#endif
