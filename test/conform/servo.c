/* SPDX-License-Identifier: Apache-2.0
 *
 * What every servo does.
 */
#include "sinew/api/servo.h"
#include "conform.h"

struct ask_servo {
    struct ask ask;
    uint32_t angle;
    bool flag;
};

#define ASK ((struct ask_servo *)call)

static struct sn_servo *servo_of(struct sn_call *call)
{
    return (struct sn_servo *)ASK->ask.subject->resource;
}

static int start_move(struct sn_call *call)
{
    return sn_servo_move(call, servo_of(call), ASK->angle, NULL);
}

static int start_position(struct sn_call *call)
{
    return sn_servo_position(call, servo_of(call), NULL, &ASK->angle);
}

static int start_stop(struct sn_call *call)
{
    return sn_servo_stop(call, servo_of(call), NULL);
}

static int start_is_moving(struct sn_call *call)
{
    return sn_servo_is_moving(call, servo_of(call), &ASK->flag);
}

static uint32_t position_of(void **state)
{
    struct ask_servo a = {0};

    assert_int_equal(ask(&a.ask, *state, start_position), 0);
    return a.angle;
}

static void move(void **state, uint32_t angle)
{
    struct ask_servo a = {.angle = angle};

    assert_int_equal(ask(&a.ask, *state, start_move), 0);
}

static void stop(void **state)
{
    struct ask_servo a = {.flag = true};

    assert_int_equal(ask(&a.ask, *state, start_stop), 0);
    assert_int_equal(ask(&a.ask, *state, start_is_moving), 0);
    assert_false(a.flag);
}

static void stopping_a_still_servo_is_fine(void **state)
{
    stop(state);
    stop(state);
}

static void goes_where_it_is_sent(void **state)
{
    static const uint32_t angles[] = {0, 90, 45, 180, 1, 89};

    for (size_t i = 0; i < sizeof(angles) / sizeof(angles[0]); i++) {
        move(state, angles[i]);
        assert_in_range(position_of(state) + 1, angles[i], angles[i] + 2);
    }
    stop(state);
}

static void angle_out_of_range_does_no_harm(void **state)
{
    move(state, UINT32_MAX);
    stop(state);
    move(state, 90);
    assert_in_range(position_of(state), 89, 91);
    stop(state);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(stopping_a_still_servo_is_fine),
    cmocka_unit_test(goes_where_it_is_sent),
    cmocka_unit_test(angle_out_of_range_does_no_harm),
    cmocka_unit_test(do_command_answers),
    cmocka_unit_test(status_answers),
};

const struct suite suite_servo = {SN_API_SERVO, tests, sizeof(tests) / sizeof(tests[0])};
