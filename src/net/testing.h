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
#define TESTING_PATIENCE SN_SECONDS(15)

static inline void testing_late(struct sn_timer *timer)
{
    fail_msg("what the test waits for didn't happen");
}

/* Runs the loop, an iteration at a time, until `condition` holds. */
#define run_until(loop, condition)                                                            \
    do {                                                                                      \
        struct sn_timer testing_timer = {0};                                                  \
        sn_timer_start(sn_loop_timers(loop), &testing_timer, TESTING_PATIENCE, testing_late); \
        while (!(condition))                                                                  \
            uv_run(sn_loop_backend(loop), UV_RUN_ONCE);                                       \
        sn_timer_stop(sn_loop_timers(loop), &testing_timer);                                  \
    } while (0)

#endif
