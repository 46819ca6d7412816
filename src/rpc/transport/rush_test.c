/* SPDX-License-Identifier: Apache-2.0 */
#include "rpc/transport/rush.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void come_and_go(struct sn_rush *rush, struct sn_timers *timers, size_t come, size_t go)
{
    while (come--)
        sn_rush_enter(rush);
    while (go--)
        sn_rush_leave(rush, timers);
}

static void few_are_no_rush(void **state)
{
    struct sn_timers timers = {0};
    struct sn_rush rush = {0};

    come_and_go(&rush, &timers, SN_RUSH, SN_RUSH);
    assert_false(rush.timer.armed);
}

static void a_rush_is_over_when_half_have_left(void **state)
{
    struct sn_timers timers = {0};
    struct sn_rush rush = {0};

    come_and_go(&rush, &timers, 4 * SN_RUSH, 2 * SN_RUSH);
    assert_false(rush.timer.armed);
    come_and_go(&rush, &timers, 0, 1);
    assert_true(rush.timer.armed);
    sn_timers_advance(&timers, SN_SECONDS(2));
    assert_int_equal(rush.peak, 2 * SN_RUSH - 1); /* from now on, those who stayed count */
    come_and_go(&rush, &timers, 0, SN_RUSH);
    assert_false(rush.timer.armed);
    come_and_go(&rush, &timers, 0, 1);
    assert_true(rush.timer.armed);
    sn_timer_stop(&timers, &rush.timer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(few_are_no_rush),
        cmocka_unit_test(a_rush_is_over_when_half_have_left),
    };

    return cmocka_run_group_tests_name("transport/rush", tests, NULL, NULL);
}
