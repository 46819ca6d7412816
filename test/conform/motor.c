/* SPDX-License-Identifier: Apache-2.0
 *
 * What every motor does. The subject must reach 100 revolutions per minute.
 */
#include "sinew/api/motor.h"
#include "conform.h"

#include <math.h>

struct ask_motor {
    struct ask ask;
    double speed, amount; /* arguments */
    double number;        /* results */
    bool flag;
};

static struct sn_motor *motor_of(struct sn_call *call)
{
    return (struct sn_motor *)((struct ask *)call)->subject->resource;
}

#define ASK ((struct ask_motor *)call)

static int start_set_power(struct sn_call *call)
{
    return sn_motor_set_power(call, motor_of(call), ASK->amount, NULL);
}

static int start_go_for(struct sn_call *call)
{
    return sn_motor_go_for(call, motor_of(call), ASK->speed, ASK->amount, NULL);
}

static int start_go_to(struct sn_call *call)
{
    return sn_motor_go_to(call, motor_of(call), ASK->speed, ASK->amount, NULL);
}

static int start_set_rpm(struct sn_call *call)
{
    return sn_motor_set_rpm(call, motor_of(call), ASK->speed, NULL);
}

static int start_reset(struct sn_call *call)
{
    return sn_motor_reset_zero_position(call, motor_of(call), ASK->amount, NULL);
}

static int start_position(struct sn_call *call)
{
    return sn_motor_position(call, motor_of(call), NULL, &ASK->number);
}

static int start_properties(struct sn_call *call)
{
    return sn_motor_properties(call, motor_of(call), NULL, &ASK->flag);
}

static int start_stop(struct sn_call *call)
{
    return sn_motor_stop(call, motor_of(call), NULL);
}

static int start_is_powered(struct sn_call *call)
{
    return sn_motor_is_powered(call, motor_of(call), NULL, &ASK->flag, &ASK->number);
}

static int start_is_moving(struct sn_call *call)
{
    return sn_motor_is_moving(call, motor_of(call), &ASK->flag);
}

static int tell(struct subject *subject, int (*start)(struct sn_call *), double speed,
                double amount)
{
    struct ask_motor a = {.speed = speed, .amount = amount};

    return ask(&a.ask, subject, start);
}

static void stop(struct subject *subject)
{
    assert_int_equal(tell(subject, start_stop, 0, 0), 0);
}

static bool is_moving(struct subject *subject)
{
    struct ask_motor a = {0};

    assert_int_equal(ask(&a.ask, subject, start_is_moving), 0);
    return a.flag;
}

static bool moves(void *owner)
{
    return is_moving(owner);
}

static double power(struct subject *subject, bool *ret_on)
{
    struct ask_motor a = {0};

    assert_int_equal(ask(&a.ask, subject, start_is_powered), 0);
    *ret_on = a.flag;
    return a.number;
}

static bool is_stepper(const struct subject *subject)
{
    return strcmp(subject->resource->name, "motor-gpiostepper") == 0;
}

static void expect_power(struct subject *subject, double expected)
{
    bool on;
    double is = power(subject, &on);

    if (is_stepper(subject)) /* it knows on and off only */
        assert_true(is == (expected != 0));
    else
        assert_true(fabs(is - expected) < 0.01);
    assert_int_equal(on, expected != 0);
    assert_int_equal(is_moving(subject), expected != 0);
}

static void stopping_a_still_motor_is_fine(void **state)
{
    stop(*state);
    stop(*state);
    expect_power(*state, 0);
}

static void power_is_kept_until_stopped(void **state)
{
    assert_int_equal(tell(*state, start_set_power, 0, 0.5), 0);
    expect_power(*state, 0.5);
    assert_int_equal(tell(*state, start_set_power, 0, -0.25), 0);
    expect_power(*state, -0.25);
    stop(*state);
    expect_power(*state, 0);
}

static void speed_zero_is_refused(void **state)
{
    struct subject *subject = *state;

    if (is_stepper(subject)) { /* it takes it for a stop */
        assert_int_equal(tell(subject, start_set_rpm, 0, 0), 0);
    } else {
        assert_int_equal(tell(subject, start_set_rpm, 0, 0), SN_ERR_UNKNOWN);
        assert_string_equal(subject->text, "Cannot move motor at an RPM that is nearly 0");
    }
    assert_int_equal(tell(subject, start_go_for, 0, 1), SN_ERR_UNKNOWN);
    assert_string_equal(subject->text, "Cannot move motor at an RPM that is nearly 0");
    assert_int_equal(tell(subject, start_go_for, 50, 0), SN_ERR_UNKNOWN);
    assert_string_equal(subject->text, "Cannot move motor for 0 revolutions");
    expect_power(subject, 0);
}

static void a_speed_keeps_turning(void **state)
{
    assert_int_equal(tell(*state, start_set_rpm, 50, 0), 0);
    assert_true(is_moving(*state));
    stop(*state);
    assert_false(is_moving(*state));
}

static void go_for_ends_still(void **state)
{
    struct subject *subject = *state;
    uint64_t before = subject->env->timers->now_ns;

    assert_int_equal(tell(subject, start_go_for, 100, 0.2), 0);
    uint64_t took = subject->env->timers->now_ns - before;
    assert_in_range(took, SN_MS(100), SN_MS(2000)); /* 120 ms at full speed */
    expect_power(subject, 0);
}

static void reads_answer_while_it_turns(void **state)
{
    struct subject *subject = *state;
    struct ask_motor go = {.speed = 10, .amount = 1};

    ask_init(&go.ask, subject, start_go_for);
    ask_start(&go.ask);
    assert_true(subject_until(subject, moves, subject));
    assert_false(go.ask.ended);
    stop(subject);
    /* How a move that was stopped ends differs between upstream's models. */
    int code = ask_await(&go.ask);
    assert_true(code == 0 || code == SN_ERR_UNKNOWN);
    expect_power(subject, 0);
}

static void the_latest_command_counts(void **state)
{
    struct subject *subject = *state;
    struct ask_motor go = {.speed = 10, .amount = 1};

    ask_init(&go.ask, subject, start_go_for);
    ask_start(&go.ask);
    assert_true(subject_until(subject, moves, subject));
    assert_int_equal(tell(subject, start_set_power, 0, 0.75), 0);
    ask_await(&go.ask);
    expect_power(subject, 0.75);
    stop(subject);
}

static void a_cancelled_go_for_ends_at_once(void **state)
{
    struct subject *subject = *state;
    struct ask_motor go = {.speed = 10, .amount = 10};

    ask_init(&go.ask, subject, start_go_for);
    ask_start(&go.ask);
    assert_true(subject_until(subject, moves, subject));
    sn_call_cancel(&go.ask.call, SN_ERR_CANCELLED);
    ask_await(&go.ask);
    stop(subject);
    expect_power(subject, 0);
}

static void position_means_something_if_reported(void **state)
{
    struct subject *subject = *state;
    struct ask_motor properties = {0}, position = {0};

    assert_int_equal(ask(&properties.ask, subject, start_properties), 0);
    int code = ask(&position.ask, subject, start_position);
    if (!properties.flag) {
        assert_true(code == SN_ERR_UNKNOWN || (code == 0 && position.number == 0));
        assert_int_equal(tell(subject, start_go_to, 50, 1), SN_ERR_UNKNOWN);
        assert_int_equal(tell(subject, start_reset, 0, 1), SN_ERR_UNKNOWN);
        return;
    }
    assert_int_equal(code, 0);
    assert_int_equal(tell(subject, start_reset, 0, 0), 0);
    assert_int_equal(ask(&position.ask, subject, start_position), 0);
    assert_true(fabs(position.number) < 0.1);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(stopping_a_still_motor_is_fine),
    cmocka_unit_test(power_is_kept_until_stopped),
    cmocka_unit_test(speed_zero_is_refused),
    cmocka_unit_test(a_speed_keeps_turning),
    cmocka_unit_test(go_for_ends_still),
    cmocka_unit_test(reads_answer_while_it_turns),
    cmocka_unit_test(the_latest_command_counts),
    cmocka_unit_test(a_cancelled_go_for_ends_at_once),
    cmocka_unit_test(position_means_something_if_reported),
    cmocka_unit_test(do_command_answers),
    cmocka_unit_test(status_answers),
};

const struct suite suite_motor = {SN_API_MOTOR, tests, sizeof(tests) / sizeof(tests[0])};
