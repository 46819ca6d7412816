/* SPDX-License-Identifier: Apache-2.0
 *
 * The event loop: one thread that owns all network and graph state, timers, a way in from other
 * threads, and a pool for work that must wait. libuv stands behind it; only src/loop and src/net
 * may name it.
 */
#ifndef SN_LOOP_LOOP_H
#define SN_LOOP_LOOP_H

#include "base/timers.h"
#include "base/work.h"
#include "sinew/arena.h"

#include <signal.h>

struct sn_loop;

/* NULL when the system refuses (descriptors, memory). */
struct sn_loop *sn_loop_create(void) SN_MUST_USE;

/* All handles must be closed. Accepts NULL. */
void sn_loop_destroy(struct sn_loop *loop);

/* Runs until sn_loop_stop() or until nothing is left that could happen. Loop thread. */
void sn_loop_run(struct sn_loop *loop);
void sn_loop_stop(struct sn_loop *loop);

/* Loop thread: timers on the monotonic clock; now = the start of this iteration. */
struct sn_timers *sn_loop_timers(struct sn_loop *loop);

/* Loop thread: memory for arenas and buffers. */
struct sn_block_pool *sn_loop_blocks(struct sn_loop *loop);

/* Any thread. Tasks run in the order posted. */
void sn_loop_post(struct sn_loop *loop, struct sn_task *task);

/* Loop thread: runs `task` once, after the callbacks of this iteration and before the loop waits
 * again. Used to gather what many callbacks produced (one write for many replies). */
void sn_loop_defer(struct sn_loop *loop, struct sn_task *task);

/* Loop thread. UNAVAILABLE when the pool can't take it. */
int sn_loop_submit(struct sn_loop *loop, struct sn_work *work) SN_MUST_USE;

/* Calls `handle` on the loop thread for each arrival of `signal`. One handler per signal; does not
 * keep the loop running. */
int sn_loop_on_signal(struct sn_loop *loop, int signal,
                      void (*handle)(struct sn_loop *loop, int signal)) SN_MUST_USE;
/* Free for the program that runs the loop. */
void sn_loop_set_user(struct sn_loop *loop, void *user);
void *sn_loop_user(struct sn_loop *loop);

/* Behind the interface, for src/net only: the uv_loop_t. */
void *sn_loop_backend(struct sn_loop *loop);

#endif
