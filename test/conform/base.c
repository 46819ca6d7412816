/* SPDX-License-Identifier: Apache-2.0
 *
 * What every base does.
 */
#include "sinew/api/base.h"
#include "conform.h"
#include "pb/common/v1/common.h"
#include "pb/component/base/v1/base.h"

struct ask_base {
    struct ask ask;
    double amount, speed;
    struct pb_common_vector3 linear, angular;
    struct pb_base_get_properties_response properties;
    bool flag;
};

#define ASK ((struct ask_base *)call)

static struct sn_base *base_of(struct sn_call *call)
{
    return (struct sn_base *)ASK->ask.subject->resource;
}

static int start_move_straight(struct sn_call *call)
{
    return sn_base_move_straight(call, base_of(call), (int64_t)ASK->amount, ASK->speed, NULL);
}

static int start_spin(struct sn_call *call)
{
    return sn_base_spin(call, base_of(call), ASK->amount, ASK->speed, NULL);
}

static int start_set_power(struct sn_call *call)
{
    return sn_base_set_power(call, base_of(call), &ASK->linear, &ASK->angular, NULL);
}

static int start_set_no_power(struct sn_call *call)
{
    return sn_base_set_power(call, base_of(call), NULL, NULL, NULL);
}

static int start_set_velocity(struct sn_call *call)
{
    return sn_base_set_velocity(call, base_of(call), &ASK->linear, &ASK->angular, NULL);
}

static int start_stop(struct sn_call *call)
{
    return sn_base_stop(call, base_of(call), NULL);
}

static int start_is_moving(struct sn_call *call)
{
    return sn_base_is_moving(call, base_of(call), &ASK->flag);
}

static int start_properties(struct sn_call *call)
{
    return sn_base_properties(call, base_of(call), NULL, &ASK->properties);
}

static bool is_moving(void **state)
{
    struct ask_base a = {0};

    assert_int_equal(ask(&a.ask, *state, start_is_moving), 0);
    return a.flag;
}

static void expect_still(void **state)
{
    assert_false(is_moving(state));
}

static void stop(void **state)
{
    struct ask_base a = {0};

    assert_int_equal(ask(&a.ask, *state, start_stop), 0);
    expect_still(state);
}

static void stopping_a_still_base_is_fine(void **state)
{
    stop(state);
    stop(state);
}

static void moves_end_still(void **state)
{
    static const struct {
        int (*start)(struct sn_call *call);
        double amount, speed;
    } moves[] = {
        {start_move_straight, 20, 200},
        {start_move_straight, -20, 200},
        {start_move_straight, 20, -200},
        {start_move_straight, 0, 200},
        {start_move_straight, 20, 0},
        {start_spin, 5, 90},
        {start_spin, -5, 90},
        {start_spin, 5, -90},
    };

    for (size_t i = 0; i < sizeof(moves) / sizeof(moves[0]); i++) {
        struct ask_base a = {.amount = moves[i].amount, .speed = moves[i].speed};

        assert_int_equal(ask(&a.ask, *state, moves[i].start), 0);
        expect_still(state);
    }
}

static void power_and_velocity_are_kept_until_stopped(void **state)
{
    struct ask_base a = {.linear = {.y = 0.5}, .angular = {.z = 0.25}};

    assert_int_equal(ask(&a.ask, *state, start_set_power), 0);
    stop(state);
    a = (struct ask_base){.linear = {.y = 100}, .angular = {.z = -10}};
    assert_int_equal(ask(&a.ask, *state, start_set_velocity), 0);
    stop(state);
}

static void no_power_is_a_stop(void **state)
{
    struct ask_base a = {.linear = {.y = 0.5}};

    assert_int_equal(ask(&a.ask, *state, start_set_power), 0);
    assert_int_equal(ask(&a.ask, *state, start_set_no_power), 0);
    expect_still(state);
}

/* A fake's move may have ended before it began. */
static bool moves_or_ended(void *owner)
{
    struct ask_base *go = owner;
    void *subject = go->ask.subject;

    return go->ask.ended || is_moving(&subject);
}

static void a_stop_ends_a_move(void **state)
{
    struct subject *subject = *state;
    struct ask_base go = {.amount = 100000, .speed = 50};

    ask_init(&go.ask, subject, start_move_straight);
    ask_start(&go.ask);
    assert_true(subject_until(*state, moves_or_ended, &go));
    stop(state);
    ask_await(&go.ask);
    expect_still(state);
}

static void properties_are_lengths(void **state)
{
    struct ask_base a = {0};

    assert_int_equal(ask(&a.ask, *state, start_properties), 0);
    assert_true(a.properties.width_meters > 0);
    assert_true(a.properties.turning_radius_meters >= 0);
    assert_true(a.properties.wheel_circumference_meters >= 0);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(stopping_a_still_base_is_fine),
    cmocka_unit_test(moves_end_still),
    cmocka_unit_test(power_and_velocity_are_kept_until_stopped),
    cmocka_unit_test(no_power_is_a_stop),
    cmocka_unit_test(a_stop_ends_a_move),
    cmocka_unit_test(properties_are_lengths),
    cmocka_unit_test(geometries_answer),
    cmocka_unit_test(do_command_answers),
    cmocka_unit_test(status_answers),
};

const struct suite suite_base = {SN_API_BASE, tests, sizeof(tests) / sizeof(tests[0])};
