/* SPDX-License-Identifier: Apache-2.0
 *
 * For tests on a loop: run it until something is so, or fail. For *_test.c only.
 */
#ifndef SN_NET_TESTING_H
#define SN_NET_TESTING_H

#include "loop/loop.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <uv.h>

/* Longer than anything takes, shorter than ctest waits. */
#define TESTING_PATIENCE SN_SECONDS(60)

/* An iteration of the loop runs timers and then waits for events, so what came about in a timer
 * would be seen only after the wait: none is longer than this. */
#define TESTING_TICK SN_MS(50)

struct testing_wait {
    struct sn_timer tick;
    struct sn_timers *timers;
    uint64_t end_ns;
};

static inline void testing_on_tick(struct sn_timer *tick)
{
    struct testing_wait *wait = (struct testing_wait *)tick;

    if (wait->timers->now_ns >= wait->end_ns)
        fail_msg("what the test waits for didn't happen");
    sn_timer_start(wait->timers, tick, TESTING_TICK, testing_on_tick);
}

/* Runs the loop, an iteration at a time, until `condition` holds. */
#define run_until(loop, condition)                                                              \
    do {                                                                                        \
        struct testing_wait testing_wait = {.timers = sn_loop_timers(loop)};                    \
        testing_wait.end_ns = testing_wait.timers->now_ns + TESTING_PATIENCE;                   \
        sn_timer_start(testing_wait.timers, &testing_wait.tick, TESTING_TICK, testing_on_tick); \
        while (!(condition))                                                                    \
            uv_run(sn_loop_backend(loop), UV_RUN_ONCE);                                         \
        sn_timer_stop(testing_wait.timers, &testing_wait.tick);                                 \
    } while (0)

#endif
