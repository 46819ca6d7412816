/* SPDX-License-Identifier: Apache-2.0
 *
 * Operations asked of other resources on behalf of a call: one after another, or side by side. Each
 * is a child of the call: it has its deadline, and cancelling the call cancels it.
 *
 * Loop thread; nothing blocks. Both functions complete `call` as any operation does: what they
 * return is for the caller to return.
 */
#ifndef SINEW_STEPS_H
#define SINEW_STEPS_H

#include "sinew/call.h"

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Begins an operation with `call`, which is the step's own, and returns what that returned; or 0
 * where there is nothing to do. */
typedef int (*sn_step_fn)(struct sn_call *call, void *arg);

/* Does the steps up to the first that fails, whose error and text become the call's. NULL ends
 * them. Once something has failed or the call has been cancelled, `undo` (may be NULL) is done,
 * which no cancelling reaches, and only then the call ends: that is how to stop what was set in
 * motion. The array and `arg` must live as long as the call. */
int sn_call_steps(struct sn_call *call, const sn_step_fn *steps, sn_step_fn undo, void *arg)
    SN_MUST_USE;

/* Begins `count` operations, each with a call of its own, and ends when all of them have; texts of
 * several errors are joined by "; ", the first code counts. Results must not be on the operation's
 * own arena. */
typedef int (*sn_each_step_fn)(struct sn_call *call, void *arg, size_t i);
int sn_call_each(struct sn_call *call, size_t count, sn_each_step_fn start, void *arg) SN_MUST_USE;

/* The same where one that fails is the end of the others: they are cancelled. */
int sn_call_together(struct sn_call *call, size_t count, sn_each_step_fn start, void *arg)
    SN_MUST_USE;

#ifdef __cplusplus
}
#endif

#endif
