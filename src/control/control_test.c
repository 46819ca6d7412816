/* SPDX-License-Identifier: Apache-2.0
 *
 * Control loops on plants that exist as formulas only, in simulated time.
 */
#include "control/cycle.h"
#include "control/pid.h"
#include "control/profile.h"
#include "control/tune.h"
#include "sinew/list.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define STEP 0.01

/* A motor with inertia: speed follows drive with a time constant. Seen late and in steps, as by an
 * encoder. */
struct plant {
    double gain, inertia_s, step;
    double speed;
    double seen[5];
};

static double plant_run(struct plant *plant, double drive)
{
    plant->speed += (plant->gain * drive - plant->speed) * STEP / plant->inertia_s;
    for (int i = 4; i > 0; i--)
        plant->seen[i] = plant->seen[i - 1];
    plant->seen[0] = plant->speed;
    return plant->step > 0 ? floor(plant->seen[4] / plant->step) * plant->step : plant->seen[4];
}

static void proportional_part(void **state)
{
    struct sn_pid pid = {.gains = {.p = 2}, .scale = 0.5, .low = -1, .high = 1};

    assert_true(sn_pid_step(&pid, 0.25, STEP) == 0.25);
    assert_true(sn_pid_step(&pid, -0.5, STEP) == -0.5);
    assert_true(sn_pid_step(&pid, 100, STEP) == 1);
    assert_true(sn_pid_step(&pid, -100, STEP) == -1);
}

static void integral_and_slope(void **state)
{
    struct sn_pid pid = {.gains = {.i = 1, .d = 0.1}, .scale = 1, .low = -10, .high = 10};

    assert_true(fabs(sn_pid_step(&pid, 2, 0.5) - 1) < 1e-9);
    assert_true(fabs(sn_pid_step(&pid, 3, 0.5) - 2.7) < 1e-9);
    sn_pid_reset(&pid);
    assert_true(fabs(sn_pid_step(&pid, 2, 0.5) - 1) < 1e-9);
}

static void does_not_wind_up(void **state)
{
    struct sn_pid pid = {.gains = {.p = 0.1, .i = 1}, .scale = 1, .low = -1, .high = 1};

    for (int i = 0; i < 10000; i++)
        assert_true(sn_pid_step(&pid, 5, STEP) <= 1);
    assert_true(sn_pid_step(&pid, -5, STEP) < 0.1); /* leaves the bound at once */
    for (int i = 0; i < 10000; i++)
        assert_true(sn_pid_step(&pid, -5, STEP) >= -1);
    assert_true(sn_pid_step(&pid, 5, STEP) > -0.1);
}

static void nonsense_gives_nothing(void **state)
{
    struct sn_pid pid = {.gains = {.p = 1, .i = 1}, .scale = 1, .low = -1, .high = 1};

    assert_true(sn_pid_step(&pid, (double)NAN, STEP) == 0);
    assert_true(sn_pid_step(&pid, (double)INFINITY, STEP) == 0);
    assert_true(fabs(sn_pid_step(&pid, 0.5, 0) - 0.5) < 1e-9);
    /* Infinite ways both ways: no direction, rather than full power in one of them. */
    struct sn_pid huge = {.gains = {.p = 1e308, .i = -1e308}, .scale = 1, .low = -1, .high = 1};
    assert_true(sn_pid_step(&huge, 1e6, 1) == 0);
    huge.gains = (struct sn_pid_gains){.p = 1};
    assert_true(fabs(sn_pid_step(&huge, 0.5, STEP) - 0.5) < 1e-9);
    for (int i = 0; i < 3; i++)
        assert_true(sn_pid_step(&huge, -1e308, 1e3) <= 0);
    assert_true(fabs(sn_pid_step(&huge, 0.5, STEP) - 0.5) < 1e-9);
}

static void profile_is_a_trapezoid(void **state)
{
    struct sn_profile p = sn_profile_plan(-10, 2, 4);

    assert_true(fabs(p.total_s - 5.5) < 1e-9);
    assert_true(sn_profile_velocity(&p, 0) == 0 && sn_profile_position(&p, 0) == 0);
    assert_true(fabs(sn_profile_velocity(&p, 0.25) + 1) < 1e-9);
    assert_true(fabs(sn_profile_position(&p, 0.5) + 0.5) < 1e-9);
    assert_true(fabs(sn_profile_velocity(&p, 3) + 2) < 1e-9);
    assert_true(fabs(sn_profile_position(&p, 2.75) + 5) < 1e-9);
    assert_true(fabs(sn_profile_velocity(&p, 5.25) + 1) < 1e-9);
    assert_true(sn_profile_position(&p, 6) == -10 && sn_profile_velocity(&p, 6) == 0);
    assert_true(sn_profile_position(&p, 1e9) == -10);
}

static void short_profile_is_a_triangle(void **state)
{
    struct sn_profile p = sn_profile_plan(1, 100, 4);

    assert_true(fabs(p.total_s - 1) < 1e-9 && fabs(p.speed - 2) < 1e-9);
    assert_true(fabs(sn_profile_position(&p, 0.5) - 0.5) < 1e-9);
    p = sn_profile_plan(0, 1, 1);
    assert_true(p.total_s == 0 && sn_profile_velocity(&p, 0) == 0);
    p = sn_profile_plan((double)INFINITY, 3, 1);
    assert_true(sn_profile_velocity(&p, 1e6) == 3);
}

/* Tunes, then controls the plant with what was found. Says how far its speed is off after 5 s. */
static double error_after_tuning(struct plant plant, double target)
{
    struct sn_tune tune = {.drive = 0.4, .swing = 0.1};
    struct plant fresh = plant;
    double drive = 0, speed = 0;

    for (int i = 0; i < 4000 && tune.state < SN_TUNE_DONE; i++)
        drive = sn_tune_step(&tune, plant_run(&plant, drive), STEP);
    assert_int_equal(tune.state, SN_TUNE_DONE);
    assert_true(drive == 0 && sn_tune_step(&tune, 1, STEP) == 0);
    assert_true(tune.gains.p > 0 && tune.gains.i > 0 && tune.gains.d == 0);
    struct sn_pid pid = {.gains = tune.gains, .scale = 1, .low = -1, .high = 1};
    for (int i = 0; i < 500; i++)
        speed = plant_run(&fresh, sn_pid_step(&pid, target - speed, STEP));
    return fabs(fresh.speed - target);
}

static void tuned_gains_control(void **state)
{
    for (double inertia_s = 0.05; inertia_s < 2; inertia_s *= 2) {
        struct plant smooth = {.gain = 1000, .inertia_s = inertia_s};
        struct plant stepped = {.gain = 1000, .inertia_s = inertia_s, .step = 20};

        assert_true(error_after_tuning(smooth, 300) < 3);
        assert_true(error_after_tuning(stepped, 300) < 25);
    }
}

static void tuning_gives_up(void **state)
{
    struct sn_tune still = {.drive = 0.4, .swing = 0.1}, odd = still, backward = still;
    int steps = 0;

    while (still.state < SN_TUNE_DONE && ++steps < 10000)
        sn_tune_step(&still, 0, STEP);
    assert_int_equal(still.state, SN_TUNE_FAILED);
    assert_string_equal(still.problem, "it does not reach a steady speed");
    for (steps = 0; odd.state < SN_TUNE_DONE && steps < 10000; steps++)
        sn_tune_step(&odd, 100, STEP);
    assert_int_equal(odd.state, SN_TUNE_FAILED);
    assert_string_equal(odd.problem, "its speed does not swing");
    for (steps = 0; backward.state < SN_TUNE_DONE && steps < 10000; steps++)
        sn_tune_step(&backward, steps % 2 ? (double)NAN : -100, STEP);
    assert_int_equal(backward.state, SN_TUNE_FAILED);
}

struct counter {
    struct sn_cycle cycle;
    int turns, stop_at;
};

static void count(struct sn_cycle *cycle)
{
    struct counter *counter = sn_container_of(cycle, struct counter, cycle);

    if (++counter->turns == counter->stop_at)
        sn_cycle_stop(cycle);
}

static void cycle_keeps_its_rate(void **state)
{
    struct sn_timers timers = {0};
    struct counter counter = {0};

    sn_cycle_stop(&counter.cycle);
    sn_cycle_start(&counter.cycle, &timers, SN_MS(10), count);
    for (uint64_t ms = 1; ms <= 1003; ms += 3) /* never on time */
        sn_timers_advance(&timers, SN_MS(ms));
    assert_in_range(counter.turns, 99, 100);
    sn_timers_advance(&timers, SN_MS(9000)); /* slept through */
    assert_in_range(counter.turns, 100, 101);
    counter.stop_at = counter.turns + 2;
    for (uint64_t ms = 9001; ms < 9100; ms++)
        sn_timers_advance(&timers, SN_MS(ms));
    assert_int_equal(counter.turns, counter.stop_at);
    assert_int_equal(sn_timers_next(&timers), UINT64_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(proportional_part),      cmocka_unit_test(integral_and_slope),
        cmocka_unit_test(does_not_wind_up),       cmocka_unit_test(nonsense_gives_nothing),
        cmocka_unit_test(profile_is_a_trapezoid), cmocka_unit_test(short_profile_is_a_triangle),
        cmocka_unit_test(tuned_gains_control),    cmocka_unit_test(tuning_gives_up),
        cmocka_unit_test(cycle_keeps_its_rate),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
