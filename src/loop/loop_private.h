/* SPDX-License-Identifier: Apache-2.0
 *
 * What loop.c, pool.c and child.c share.
 */
#ifndef SN_LOOP_LOOP_PRIVATE_H
#define SN_LOOP_LOOP_PRIVATE_H

#include "base/random.h"
#include "loop/loop.h"
#include "sinew/list.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <uv.h>

struct sn_loop {
    uv_loop_t uv;
    struct sn_timers timers;
    uv_timer_t timer;  /* due with the earliest of `timers`, or before it */
    uint64_t armed_ns; /* what it is due for */

    struct sn_task *_Atomic posted; /* sn_task.next, newest first */
    uv_async_t wake;

    struct sn_task *deferred, **deferred_end; /* sn_task.next, oldest first */
    uv_prepare_t prepare;                     /* runs them */
    uv_idle_t idle; /* active while there are some: the loop neither waits nor ends */

    struct pool_job *jobs; /* free ones */
    uint32_t jobs_running;

    struct signal_watch *signals;

    struct sn_list children; /* sn_child.link; not begun before the first */
    uv_signal_t child_signal;
    struct sn_task child_look; /* deferred: looks without a signal */
    bool child_look_waits;

    struct sn_block_source source;
    struct sn_block_pool blocks;
    struct sn_random random;
    struct sn_env env;
    uint8_t *read_buffer;
    struct sn_loop_turns turns;
    uint64_t turn_ms; /* when this one began; 0: it has not */
    void *user;
    bool stopped;
};

/* pool.c: sn_env.submit, and the end of the free jobs. */
int sn_loop_env_submit(struct sn_env *env, struct sn_work *work);
void sn_loop_free_jobs(struct sn_loop *loop);

/* Threads of the pool unless the environment says otherwise (UV_THREADPOOL_SIZE). They start with
 * the first work. Drivers wait on hardware there, so more than libuv's 4, or four slow motors would
 * stop a fifth. */
#define SN_LOOP_POOL_THREADS "16"

#endif
