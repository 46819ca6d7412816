/* SPDX-License-Identifier: Apache-2.0 */
#include "sinew/timers.h"

#include "sinew/list.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

enum { MANY = 500 };

struct fired {
    struct sn_timer timer;
    uint64_t due_ns; /* by the model; 0: not armed */
    int count;
};

static struct sn_timers timers;
static struct fired list[MANY];
static uint64_t last_ns; /* due time of the timer that fired last */
static int woken;

static void fire(struct sn_timer *timer)
{
    struct fired *fired = sn_container_of(timer, struct fired, timer);

    assert_false(timer->armed);
    assert_true(fired->due_ns >= last_ns); /* in order of due time */
    assert_true(fired->due_ns <= timers.now_ns);
    last_ns = fired->due_ns;
    fired->due_ns = 0;
    fired->count++;
}

static void count_wakes(struct sn_timers *earlier)
{
    assert_ptr_equal(earlier, &timers);
    woken++;
}

static int reset(void **state)
{
    timers = (struct sn_timers){.earlier = count_wakes};
    for (int i = 0; i < MANY; i++)
        list[i] = (struct fired){0};
    last_ns = 0;
    woken = 0;
    return 0;
}

static void start(struct fired *fired, uint64_t delay_ns)
{
    sn_timer_start(&timers, &fired->timer, delay_ns, fire);
    fired->due_ns = timers.now_ns + delay_ns;
}

static void test_fires_when_due(void **state)
{
    assert_int_equal(sn_timers_next(&timers), UINT64_MAX);
    start(&list[0], SN_MS(5));
    assert_int_equal(sn_timers_next(&timers), SN_MS(5));
    sn_timers_advance(&timers, SN_MS(5) - 1);
    assert_int_equal(list[0].count, 0);
    sn_timers_advance(&timers, SN_MS(5));
    assert_int_equal(list[0].count, 1);
    sn_timers_advance(&timers, SN_SECONDS(5));
    assert_int_equal(list[0].count, 1);
}

static void test_stop_and_restart(void **state)
{
    sn_timer_stop(&timers, &list[0].timer); /* not armed */
    start(&list[0], 10);
    sn_timer_stop(&timers, &list[0].timer);
    sn_timers_advance(&timers, 100);
    assert_int_equal(list[0].count, 0);
    start(&list[0], 10);
    start(&list[0], 50); /* moves it */
    sn_timers_advance(&timers, 149);
    assert_int_equal(list[0].count, 0);
    sn_timers_advance(&timers, 150);
    assert_int_equal(list[0].count, 1);
}

static void test_wakes_for_an_earlier_time_only(void **state)
{
    start(&list[0], 100);
    assert_int_equal(woken, 1);
    start(&list[1], 200);
    assert_int_equal(woken, 1);
    start(&list[2], 50);
    assert_int_equal(woken, 2);
}

static void test_for_ever_does_not_wrap(void **state)
{
    sn_timers_advance(&timers, 1000);
    sn_timer_start(&timers, &list[0].timer, UINT64_MAX - 1, fire);
    assert_int_equal(sn_timers_next(&timers), UINT64_MAX);
    sn_timers_advance(&timers, SN_SECONDS(1));
    assert_true(list[0].timer.armed);
}

static int rounds;

static void fire_again(struct sn_timer *timer)
{
    rounds++;
    sn_timer_start(&timers, timer, 0, fire_again);
}

/* A timer that restarts itself without delay must not keep the loop. */
static void test_restart_from_inside_waits(void **state)
{
    rounds = 0;
    sn_timer_start(&timers, &list[0].timer, 0, fire_again);
    assert_int_equal(rounds, 0);
    for (int i = 1; i <= 5; i++) {
        sn_timers_advance(&timers, (uint64_t)i);
        assert_int_equal(rounds, i);
    }
}

static void stop_other(struct sn_timer *timer)
{
    sn_timer_stop(&timers, &list[1].timer);
}

static void test_stop_from_inside(void **state)
{
    sn_timer_start(&timers, &list[0].timer, 5, stop_other);
    start(&list[1], 6);
    sn_timers_advance(&timers, 10);
    assert_int_equal(list[1].count, 0);
}

static uint64_t earliest(void)
{
    uint64_t due_ns = UINT64_MAX;

    for (int i = 0; i < MANY; i++) {
        if (list[i].due_ns && list[i].due_ns < due_ns)
            due_ns = list[i].due_ns;
    }
    return due_ns;
}

/* Against a model: a plain array of due times. */
static void test_at_random(void **state)
{
    srandom(1);
    for (int step = 0; step < 20000; step++) {
        struct fired *fired = &list[random() % MANY];
        int what = (int)(random() % 10);

        if (what < 6) {
            start(fired, 1 + (uint64_t)(random() % 1000));
        } else if (what < 8) {
            sn_timer_stop(&timers, &fired->timer);
            fired->due_ns = 0;
        } else {
            last_ns = 0;
            sn_timers_advance(&timers, timers.now_ns + (uint64_t)(random() % 50));
        }
        assert_int_equal(sn_timers_next(&timers), earliest());
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_fires_when_due, reset),
        cmocka_unit_test_setup(test_stop_and_restart, reset),
        cmocka_unit_test_setup(test_wakes_for_an_earlier_time_only, reset),
        cmocka_unit_test_setup(test_for_ever_does_not_wrap, reset),
        cmocka_unit_test_setup(test_restart_from_inside_waits, reset),
        cmocka_unit_test_setup(test_stop_from_inside, reset),
        cmocka_unit_test_setup(test_at_random, reset),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
