/* SPDX-License-Identifier: Apache-2.0
 *
 * What every gripper does.
 */
#include "sinew/api/gripper.h"
#include "conform.h"
#include "pb/common/v1/common.h"
#include "pb/component/arm/v1/arm.h"

struct ask_gripper {
    struct ask ask;
    bool flag;
    struct pb_google_struct *meta;
    struct pb_arm_joint_positions inputs;
    struct pb_common_get_kinematics_response kinematics;
    struct pb_common_get_geometries_response geometries;
};

#define ASK ((struct ask_gripper *)call)

static struct sn_gripper *gripper_of(struct sn_call *call)
{
    return (struct sn_gripper *)ASK->ask.subject->resource;
}

static int start_open(struct sn_call *call)
{
    return sn_gripper_open(call, gripper_of(call), NULL);
}

static int start_grab(struct sn_call *call)
{
    return sn_gripper_grab(call, gripper_of(call), NULL, &ASK->flag);
}

static int start_stop(struct sn_call *call)
{
    return sn_gripper_stop(call, gripper_of(call), NULL);
}

static int start_is_moving(struct sn_call *call)
{
    return sn_gripper_is_moving(call, gripper_of(call), &ASK->flag);
}

static int start_is_holding(struct sn_call *call)
{
    return sn_gripper_is_holding(call, gripper_of(call), NULL, &ASK->flag, &ASK->meta);
}

static int start_inputs(struct sn_call *call)
{
    return sn_gripper_inputs(call, gripper_of(call), NULL, &ASK->inputs);
}

static int start_go_to_inputs(struct sn_call *call)
{
    return sn_gripper_go_to_inputs(call, gripper_of(call), ASK->inputs.values.v,
                                   ASK->inputs.values.n, NULL);
}

static int start_kinematics(struct sn_call *call)
{
    return sn_kinematics(call, ASK->ask.subject->resource, NULL, &ASK->kinematics);
}

static int start_geometries(struct sn_call *call)
{
    return sn_geometries(call, ASK->ask.subject->resource, NULL, &ASK->geometries);
}

static void opens_and_grabs(void **state)
{
    struct ask_gripper grabbed = {0}, a = {0};

    assert_int_equal(ask(&a.ask, *state, start_open), 0);
    assert_int_equal(ask(&grabbed.ask, *state, start_grab), 0);
    a = (struct ask_gripper){.flag = !grabbed.flag};
    assert_int_equal(ask(&a.ask, *state, start_is_holding), 0);
    assert_int_equal(a.flag, grabbed.flag);
    assert_non_null(a.meta);
}

static void stands_still_when_stopped(void **state)
{
    struct ask_gripper a = {0};

    assert_int_equal(ask(&a.ask, *state, start_stop), 0);
    a = (struct ask_gripper){.flag = true};
    assert_int_equal(ask(&a.ask, *state, start_is_moving), 0);
    assert_false(a.flag);
}

static void goes_where_it_is(void **state)
{
    struct ask_gripper a = {0}, b = {0};

    assert_int_equal(ask(&a.ask, *state, start_inputs), 0);
    assert_int_equal(ask(&a.ask, *state, start_go_to_inputs), 0);
    assert_int_equal(ask(&b.ask, *state, start_inputs), 0);
    assert_int_equal(a.inputs.values.n, b.inputs.values.n);
    for (uint32_t i = 0; i < a.inputs.values.n; i++)
        assert_true(a.inputs.values.v[i] == b.inputs.values.v[i]);
}

static void shape_answers(void **state)
{
    struct ask_gripper a = {0};

    assert_int_equal(ask(&a.ask, *state, start_kinematics), 0);
    assert_int_equal(a.kinematics.format != 0, a.kinematics.kinematics_data.len > 0);
    assert_int_equal(ask(&a.ask, *state, start_geometries), 0);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(opens_and_grabs),    cmocka_unit_test(stands_still_when_stopped),
    cmocka_unit_test(goes_where_it_is),   cmocka_unit_test(shape_answers),
    cmocka_unit_test(do_command_answers), cmocka_unit_test(status_answers),
};

const struct suite suite_gripper = {SN_API_GRIPPER, tests, sizeof(tests) / sizeof(tests[0])};
