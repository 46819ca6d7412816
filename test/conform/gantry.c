/* SPDX-License-Identifier: Apache-2.0
 *
 * What every gantry does.
 */
#include "sinew/api/gantry.h"
#include "conform.h"
#include "pb/common/v1/common.h"
#include "pb/component/gantry/v1/gantry.h"

#include <math.h>

enum { AXES_MAX = 16 };

struct ask_gantry {
    struct ask ask;
    struct pb_gantry_get_position_response position;
    struct pb_gantry_get_lengths_response lengths;
    struct pb_common_get_kinematics_response kinematics;
    double goal[AXES_MAX], speeds[AXES_MAX];
    size_t count;
    bool flag;
};

#define ASK ((struct ask_gantry *)call)

static struct sn_gantry *gantry_of(struct sn_call *call)
{
    return (struct sn_gantry *)ASK->ask.subject->resource;
}

static int start_position(struct sn_call *call)
{
    return sn_gantry_position(call, gantry_of(call), NULL, &ASK->position);
}

static int start_lengths(struct sn_call *call)
{
    return sn_gantry_lengths(call, gantry_of(call), NULL, &ASK->lengths);
}

static int start_move(struct sn_call *call)
{
    return sn_gantry_move_to_position(call, gantry_of(call), ASK->goal, ASK->count, ASK->speeds,
                                      ASK->count, NULL);
}

static int start_home(struct sn_call *call)
{
    return sn_gantry_home(call, gantry_of(call), NULL, &ASK->flag);
}

static int start_stop(struct sn_call *call)
{
    return sn_gantry_stop(call, gantry_of(call), NULL);
}

static int start_is_moving(struct sn_call *call)
{
    return sn_gantry_is_moving(call, gantry_of(call), &ASK->flag);
}

static int start_kinematics(struct sn_call *call)
{
    return sn_kinematics(call, ASK->ask.subject->resource, NULL, &ASK->kinematics);
}

/* The middle of every axis, in `goal`. */
static void middle_of(void **state, struct ask_gantry *a)
{
    struct ask_gantry l = {0};

    assert_int_equal(ask(&l.ask, *state, start_lengths), 0);
    assert_in_range(l.lengths.lengths_mm.n, 1, AXES_MAX);
    a->count = l.lengths.lengths_mm.n;
    for (size_t i = 0; i < a->count; i++) {
        a->goal[i] = l.lengths.lengths_mm.v[i] / 2;
        a->speeds[i] = 1000;
    }
}

static void axes_have_a_length_and_a_position(void **state)
{
    struct ask_gantry l = {0}, p = {0};

    assert_int_equal(ask(&l.ask, *state, start_lengths), 0);
    assert_int_equal(ask(&p.ask, *state, start_position), 0);
    assert_int_equal(l.lengths.lengths_mm.n, p.position.positions_mm.n);
    for (uint32_t i = 0; i < l.lengths.lengths_mm.n; i++) {
        assert_true(l.lengths.lengths_mm.v[i] > 0);
        assert_true(isfinite(p.position.positions_mm.v[i]));
    }
}

static void is_where_it_was_sent(void **state)
{
    for (int round = 1; round < 4; round++) {
        struct ask_gantry a = {0}, p = {0};

        middle_of(state, &a);
        for (size_t i = 0; i < a.count; i++)
            a.goal[i] = a.goal[i] * round / 2;
        assert_int_equal(ask(&a.ask, *state, start_move), 0);
        assert_int_equal(ask(&p.ask, *state, start_position), 0);
        for (size_t i = 0; i < a.count; i++)
            assert_true(fabs(p.position.positions_mm.v[i] - a.goal[i]) < 1);
    }
}

static void refuses_to_leave_its_axes(void **state)
{
    static const double offsets[] = {-1, 1e6, -1e300, INFINITY};

    for (size_t k = 0; k < 4; k++) {
        struct ask_gantry a = {0}, before = {0}, after = {0};

        middle_of(state, &a);
        a.goal[a.count - 1] = offsets[k];
        assert_int_equal(ask(&before.ask, *state, start_position), 0);
        double was = before.position.positions_mm.v[a.count - 1];
        assert_int_not_equal(ask(&a.ask, *state, start_move), 0);
        assert_non_null(strstr(a.ask.subject->text, "out of range"));
        assert_int_equal(ask(&after.ask, *state, start_position), 0);
        assert_true(after.position.positions_mm.v[a.count - 1] == was);
    }
}

static void refuses_too_many_positions(void **state)
{
    struct ask_gantry a = {0};

    middle_of(state, &a);
    a.count = AXES_MAX;
    assert_int_not_equal(ask(&a.ask, *state, start_move), 0);
}

static void homes_and_stops(void **state)
{
    struct ask_gantry a = {0}, moving = {.flag = true};

    assert_int_equal(ask(&a.ask, *state, start_home), 0);
    assert_true(a.flag);
    assert_int_equal(ask(&a.ask, *state, start_stop), 0);
    assert_int_equal(ask(&moving.ask, *state, start_is_moving), 0);
    assert_false(moving.flag);
}

static void kinematics_are_a_file(void **state)
{
    struct ask_gantry a = {0};

    assert_int_equal(ask(&a.ask, *state, start_kinematics), 0);
    if (a.kinematics.format)
        assert_true(a.kinematics.kinematics_data.len > 0);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(axes_have_a_length_and_a_position),
    cmocka_unit_test(is_where_it_was_sent),
    cmocka_unit_test(refuses_to_leave_its_axes),
    cmocka_unit_test(refuses_too_many_positions),
    cmocka_unit_test(homes_and_stops),
    cmocka_unit_test(kinematics_are_a_file),
    cmocka_unit_test(do_command_answers),
    cmocka_unit_test(status_answers),
};

const struct suite suite_gantry = {SN_API_GANTRY, tests, sizeof(tests) / sizeof(tests[0])};
