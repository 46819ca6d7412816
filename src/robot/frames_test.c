/* SPDX-License-Identifier: Apache-2.0
 *
 * The machine's frame system with an arm that answers when the test says so: what is asked, how
 * often, and what becomes of questions that fail or are given up. Values and texts are the
 * scenarios'.
 */
#include "pb/component/arm/v1/arm.h"
#include "pb/robot/v1/robot.h"
#include "robot/testing.h"
#include "sinew/api/arm.h"
#include "sinew/driver.h"

#include <math.h>

#define ROBOT(method) "/viam.robot.v1.RobotService/" method

/* ---- an arm that is slow ---- */

static struct {
    struct sn_call *kinematics, *joints; /* what waits */
    struct pb_common_get_kinematics_response *kinematics_to;
    struct pb_arm_joint_positions *joints_to;
    int kinematics_asked, joints_asked;
} slow;

static void slow_cancel(struct sn_call *call)
{
    if (slow.kinematics == call)
        slow.kinematics = NULL;
    if (slow.joints == call)
        slow.joints = NULL;
    sn_call_done(call, SN_ERR_CANCELLED);
}

static int slow_kinematics(struct sn_call *call, struct sn_resource *resource,
                           const struct pb_google_struct *extra,
                           struct pb_common_get_kinematics_response *ret_kinematics)
{
    slow.kinematics_asked++;
    slow.kinematics = call;
    slow.kinematics_to = ret_kinematics;
    call->on_cancel = slow_cancel;
    return SN_PENDING;
}

static int slow_joints(struct sn_call *call, struct sn_arm *arm,
                       const struct pb_google_struct *extra,
                       struct pb_arm_joint_positions *ret_positions)
{
    slow.joints_asked++;
    slow.joints = call;
    slow.joints_to = ret_positions;
    call->on_cancel = slow_cancel;
    return SN_PENDING;
}

static const struct sn_arm_ops slow_ops = {
    .common = {.kinematics = slow_kinematics},
    .joint_positions = slow_joints,
};

static const struct sn_driver slow_driver = {
    .api = SN_API_ARM,
    .model = "test:arm:slow",
    .size = sizeof(struct sn_arm),
    .ops = &slow_ops,
};

static const char kinematics_json[] =
    "{\"name\": \"k\", \"joints\": [{\"id\": \"slide\", \"parent\": \"world\", \"type\": "
    "\"prismatic\", \"axis\": {\"x\": 1}, \"min\": 0, \"max\": 100}], "
    "\"links\": [{\"id\": \"tip\", \"parent\": \"slide\", \"translation\": {\"z\": 7}}]}";

static void answer_kinematics(int code)
{
    struct sn_call *call = slow.kinematics;

    assert_non_null(call);
    slow.kinematics = NULL;
    slow.kinematics_to->format = 1;
    slow.kinematics_to->kinematics_data = sn_str_of(kinematics_json);
    if (code)
        sn_call_fail(call, code, "no idea");
    sn_call_done(call, code);
}

static void answer_joints(int code, uint32_t count, double value)
{
    struct sn_call *call = slow.joints;

    assert_non_null(call);
    slow.joints = NULL;
    for (uint32_t i = 0; i < count; i++)
        *sn_pb_add(&slow.joints_to->values, call->arena) = value;
    if (code)
        sn_call_fail(call, code, "joints are stuck");
    sn_call_done(call, code);
}

/* ---- the machine ---- */

static void configure(struct robot_fixture *f, const char *arm_x)
{
    char json[1024];

    snprintf(json, sizeof(json),
             "{\"components\": ["
             "{\"name\": \"arm\", \"api\": \"rdk:component:arm\", \"model\": \"test:arm:slow\","
             " \"frame\": {\"parent\": \"world\", \"translation\": {\"x\": %s}}},"
             "{\"name\": \"tool\", \"api\": \"rdk:component:motor\", \"model\": \"fake\","
             " \"frame\": {\"parent\": \"arm\", \"translation\": {\"y\": 5}}},"
             "{\"name\": \"base\", \"api\": \"rdk:component:motor\", \"model\": \"fake\","
             " \"frame\": {\"parent\": \"world\"}}]}",
             arm_x);
    robot_fixture_configure(f, json);
}

static int setup(void **state)
{
    struct robot_fixture *f = calloc(1, sizeof(*f));

    memset(&slow, 0, sizeof(slow));
    robot_fixture_init(f, &slow_driver, 10);
    configure(f, "100");
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct robot_fixture *f = *state;

    robot_fixture_close(f);
    robot_fixture_fini(f);
    free(f);
    return 0;
}

static void ask_pose(struct robot_fixture *f, struct tape *tape, const char *name,
                     const char *frame)
{
    struct pb_robot_get_pose_request req = {.component_name = sn_str_of(name),
                                            .destination_frame = sn_str_of(frame)};

    robot_fixture_begin(f, tape, ROBOT("GetPose"), &pb_robot_get_pose_request_msg, &req);
}

static void expect_pose(struct robot_fixture *f, const struct tape *tape, double x, double y,
                        double z)
{
    struct pb_robot_get_pose_response resp = {0};
    char *copy = sn_arena_alloc(&f->arena, tape->last_len + 1);

    assert_non_null(strstr(tape->log, "end0:"));
    memcpy(copy, tape->last, tape->last_len);
    assert_int_equal(
        sn_pb_decode(&pb_robot_get_pose_response_msg, &resp, copy, tape->last_len, &f->arena), 0);
    assert_true(fabs(resp.pose->pose->x - x) < 1e-9);
    assert_true(fabs(resp.pose->pose->y - y) < 1e-9);
    assert_true(fabs(resp.pose->pose->z - z) < 1e-9);
}

static void expect_end(const struct tape *tape, const char *end)
{
    if (!strstr(tape->log, end))
        fail_msg("%s", tape->log);
}

/* ---- tests ---- */

static void kinematics_are_asked_once_and_joints_each_time(void **state)
{
    struct robot_fixture *f = *state;
    struct tape first, second, still;

    ask_pose(f, &first, "tool", "arm_origin");
    assert_null(strstr(first.log, "end"));
    answer_kinematics(0);
    assert_null(strstr(first.log, "end"));
    answer_joints(0, 1, 30);
    expect_pose(f, &first, 30, 5, 7);
    ask_pose(f, &second, "tool", "");
    answer_joints(0, 1, 40);
    expect_pose(f, &second, 140, 5, 7);
    ask_pose(f, &still, "base", "arm_origin"); /* nothing moves there */
    expect_pose(f, &still, -100, 0, 0);
    assert_int_equal(slow.kinematics_asked, 1);
    assert_int_equal(slow.joints_asked, 2);
}

static void a_part_between_both_is_asked_once(void **state)
{
    struct robot_fixture *f = *state;
    struct tape tape;

    ask_pose(f, &tape, "tool", "arm:slide");
    answer_kinematics(0);
    answer_joints(0, 1, 30);
    expect_pose(f, &tape, 0, 5, 7);
    assert_int_equal(slow.joints_asked, 1);
}

static void a_new_config_is_asked_anew(void **state)
{
    struct robot_fixture *f = *state;
    struct tape tape;

    ask_pose(f, &tape, "arm", "");
    answer_kinematics(0);
    answer_joints(0, 1, 1);
    expect_pose(f, &tape, 101, 0, 7);
    configure(f, "200");
    ask_pose(f, &tape, "arm", "");
    answer_kinematics(0);
    answer_joints(0, 1, 1);
    expect_pose(f, &tape, 201, 0, 7);
}

static void an_arm_that_cannot_say_has_no_frame(void **state)
{
    struct robot_fixture *f = *state;
    struct tape tape;

    ask_pose(f, &tape, "tool", "");
    answer_kinematics(SN_ERR_UNKNOWN);
    expect_end(&tape, "end-2:frame with name \"tool\" not in frame system");
    ask_pose(f, &tape, "base", "");
    expect_pose(f, &tape, 0, 0, 0);
}

static void joints_that_make_no_sense_are_told(void **state)
{
    struct robot_fixture *f = *state;
    struct tape tape;

    ask_pose(f, &tape, "arm", "");
    answer_kinematics(0);
    answer_joints(SN_ERR_UNKNOWN, 0, 0);
    expect_end(&tape, "end-2:joints are stuck");
    ask_pose(f, &tape, "arm", "");
    answer_joints(0, 2, 0);
    expect_end(&tape, "end-2:array length does not match frame DoF, expected 1 but got 2");
    ask_pose(f, &tape, "arm", "");
    answer_joints(0, 1, 500);
    expect_end(&tape, "end-2:Frame: arm.slide (joint 0): input out of bounds");
}

static void who_gives_up_leaves_nothing_behind(void **state)
{
    struct robot_fixture *f = *state;
    struct tape tape, other;

    ask_pose(f, &tape, "arm", "");
    sn_server_abort(&tape.stream);
    assert_null(slow.kinematics);
    ask_pose(f, &tape, "arm", "");
    answer_kinematics(0);
    ask_pose(f, &other, "base", "");
    expect_pose(f, &other, 0, 0, 0);
    sn_server_abort(&tape.stream);
    assert_null(slow.joints);
    ask_pose(f, &tape, "arm", "");
    answer_joints(0, 1, 2);
    expect_pose(f, &tape, 102, 0, 7);
}

static void a_config_that_comes_meanwhile_is_seen_by_the_next(void **state)
{
    struct robot_fixture *f = *state;
    struct tape tape;

    ask_pose(f, &tape, "arm", "");
    answer_kinematics(0);
    configure(f, "200"); /* ends the old arm and its answer */
    if (slow.joints)
        answer_joints(0, 1, 1);
    assert_non_null(strstr(tape.log, "end"));
    ask_pose(f, &tape, "arm", "");
    answer_kinematics(0);
    answer_joints(0, 1, 1);
    expect_pose(f, &tape, 201, 0, 7);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(kinematics_are_asked_once_and_joints_each_time),
        TEST(a_part_between_both_is_asked_once),
        TEST(a_new_config_is_asked_anew),
        TEST(an_arm_that_cannot_say_has_no_frame),
        TEST(joints_that_make_no_sense_are_told),
        TEST(who_gives_up_leaves_nothing_behind),
        TEST(a_config_that_comes_meanwhile_is_seen_by_the_next),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
