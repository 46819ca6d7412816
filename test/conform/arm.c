/* SPDX-License-Identifier: Apache-2.0
 *
 * What every arm does. The subject must have its joints' zero within the limits, and room to turn
 * each of them by 20 degrees (mm) from there.
 */
#include "sinew/api/arm.h"
#include "conform.h"
#include "pb/component/arm/v1/arm.h"
#include "sinew/time.h"

#include <math.h>
#include <stdio.h>

enum { JOINTS_MAX = 64 };

struct ask_arm {
    struct ask ask;
    double joints[2][JOINTS_MAX]; /* arguments */
    struct pb_arm_joint_positions positions[2];
    struct pb_common_pose pose; /* argument and result */
    struct pb_arm_joint_positions got;
    struct pb_common_get_kinematics_response kinematics;
    struct pb_common_get_geometries_response geometries;
    struct pb_common_get3_d_models_response models;
    bool moving, manual;
    struct pb_arm_get_properties_response properties;
    struct sn_duplex duplex;
    uint32_t responses;
};

static struct sn_arm *arm_of(struct sn_call *call)
{
    return (struct sn_arm *)((struct ask *)call)->subject->resource;
}

#define ASK ((struct ask_arm *)call)

static int start_end_position(struct sn_call *call)
{
    return sn_arm_end_position(call, arm_of(call), NULL, &ASK->pose);
}

static int start_move_to_position(struct sn_call *call)
{
    return sn_arm_move_to_position(call, arm_of(call), &ASK->pose, NULL);
}

static int start_joint_positions(struct sn_call *call)
{
    return sn_arm_joint_positions(call, arm_of(call), NULL, &ASK->got);
}

static int start_move_to_joints(struct sn_call *call)
{
    return sn_arm_move_to_joint_positions(call, arm_of(call), ASK->positions, NULL);
}

static int start_move_through(struct sn_call *call)
{
    return sn_arm_move_through_joint_positions(call, arm_of(call), ASK->positions, 2, NULL, NULL);
}

static int take_response(struct sn_duplex *duplex, const void *response)
{
    ((struct ask_arm *)duplex->asker)->responses++;
    return 0;
}

static int start_streamed(struct sn_call *call)
{
    ASK->duplex.call = call;
    ASK->duplex.respond = take_response;
    ASK->duplex.asker = ASK;
    return sn_arm_move_through_streamed(call, arm_of(call), NULL, &ASK->duplex);
}

static int start_set_manual_mode(struct sn_call *call)
{
    return sn_arm_set_manual_mode(call, arm_of(call), ASK->manual, 0, NULL);
}

static int start_manual_mode(struct sn_call *call)
{
    return sn_arm_manual_mode(call, arm_of(call), NULL, &ASK->manual);
}

static int start_properties(struct sn_call *call)
{
    return sn_arm_properties(call, arm_of(call), NULL, &ASK->properties);
}

static int start_stop(struct sn_call *call)
{
    return sn_arm_stop(call, arm_of(call), NULL);
}

static int start_is_moving(struct sn_call *call)
{
    return sn_arm_is_moving(call, arm_of(call), &ASK->moving);
}

static int start_kinematics(struct sn_call *call)
{
    return sn_kinematics(call, ASK->ask.subject->resource, NULL, &ASK->kinematics);
}

static int start_geometries(struct sn_call *call)
{
    return sn_geometries(call, ASK->ask.subject->resource, NULL, &ASK->geometries);
}

static int start_models(struct sn_call *call)
{
    return sn_arm_models_3d(call, arm_of(call), NULL, &ASK->models);
}

static uint32_t joint_count(struct subject *subject)
{
    struct ask_arm a = {0};

    assert_int_equal(ask(&a.ask, subject, start_joint_positions), 0);
    assert_in_range(a.got.values.n, 1, JOINTS_MAX);
    return a.got.values.n;
}

static void set(struct ask_arm *a, int which, uint32_t count, double value)
{
    for (uint32_t i = 0; i < count; i++)
        a->joints[which][i] = value;
    a->positions[which].values.v = a->joints[which];
    a->positions[which].values.n = a->positions[which].values.cap = count;
}

static int move_all(struct subject *subject, uint32_t count, double value)
{
    struct ask_arm a = {0};

    set(&a, 0, count, value);
    return ask(&a.ask, subject, start_move_to_joints);
}

static void expect_joints(struct subject *subject, double value)
{
    struct ask_arm a = {0};

    assert_int_equal(ask(&a.ask, subject, start_joint_positions), 0);
    for (uint32_t i = 0; i < a.got.values.n; i++)
        assert_true(fabs(a.got.values.v[i] - value) < 0.1);
}

static struct pb_common_pose end_of(struct subject *subject)
{
    struct ask_arm a = {0};

    assert_int_equal(ask(&a.ask, subject, start_end_position), 0);
    return a.pose;
}

static double distance(struct pb_common_pose a, struct pb_common_pose b)
{
    return hypot(hypot(a.x - b.x, a.y - b.y), a.z - b.z);
}

static void stopping_a_still_arm_is_fine(void **state)
{
    struct ask_arm a = {0};

    assert_int_equal(ask(&a.ask, *state, start_stop), 0);
    assert_int_equal(ask(&a.ask, *state, start_stop), 0);
    assert_int_equal(ask(&a.ask, *state, start_is_moving), 0);
    assert_false(a.moving);
}

/* A move that has begun: another machine may start calls in any order. */
static void begin_move(struct subject *subject, struct ask_arm *go, uint32_t count, double value)
{
    assert_int_equal(move_all(subject, count, 0), 0);
    set(go, 0, count, value);
    ask_init(&go->ask, subject, start_move_to_joints);
    ask_start(&go->ask);
    for (int i = 0; i < 100 && !go->ask.ended; i++) {
        struct ask_arm a = {0};

        assert_int_equal(ask(&a.ask, subject, start_is_moving), 0);
        if (a.moving)
            break;
    }
}

/* Wherever it has got to by then, there it stands. */
static void stopping_ends_a_move(void **state)
{
    struct subject *subject = *state;
    struct ask_arm go = {0}, a = {0};
    uint32_t count = joint_count(subject);

    begin_move(subject, &go, count, 8);
    assert_int_equal(ask(&a.ask, subject, start_stop), 0);
    int code = ask_await(&go.ask);
    assert_true(code == 0 || code == SN_ERR_CANCELLED);
    assert_int_equal(ask(&a.ask, subject, start_is_moving), 0);
    assert_false(a.moving);
    struct pb_common_pose there = end_of(subject);
    subject_run(subject, SN_MS(20));
    assert_true(distance(end_of(subject), there) < 1e-6);
}

/* The first is given up, the second arrives. */
static void a_new_move_takes_over(void **state)
{
    struct subject *subject = *state;
    struct ask_arm go = {0};
    uint32_t count = joint_count(subject);

    begin_move(subject, &go, count, 8);
    assert_int_equal(move_all(subject, count, 2), 0);
    int code = ask_await(&go.ask);
    assert_true(code == 0 || code == SN_ERR_CANCELLED);
    expect_joints(subject, 2);
}

static void joints_go_where_they_are_sent(void **state)
{
    uint32_t count = joint_count(*state);

    assert_int_equal(move_all(*state, count, 0), 0);
    expect_joints(*state, 0);
    assert_int_equal(move_all(*state, count, 8), 0);
    expect_joints(*state, 8);
}

static void a_wrong_number_of_joints_is_refused(void **state)
{
    struct subject *subject = *state;
    uint32_t count = joint_count(subject);
    char text[128];

    assert_int_equal(move_all(subject, count, 3), 0);
    assert_int_equal(move_all(subject, count + 1, 5), SN_ERR_UNKNOWN);
    snprintf(text, sizeof(text), "array length does not match frame DoF, expected %u but got %u",
             count, count + 1);
    assert_string_equal(subject->text, text);
    assert_int_equal(move_all(subject, 0, 5), SN_ERR_UNKNOWN);
    expect_joints(subject, 3);
}

static void joints_out_of_limits_are_refused(void **state)
{
    struct subject *subject = *state;
    uint32_t count = joint_count(subject);

    assert_int_equal(move_all(subject, count, 3), 0);
    assert_int_equal(move_all(subject, count, 1e6), SN_ERR_UNKNOWN);
    assert_non_null(strstr(subject->text, "joint 0 needs to be within range ["));
    assert_non_null(strstr(subject->text, "] and cannot be moved to 1e+06"));
    expect_joints(subject, 3);
}

static void the_last_of_many_positions_counts(void **state)
{
    struct ask_arm a = {0};
    uint32_t count = joint_count(*state);

    set(&a, 0, count, 2);
    set(&a, 1, count, 6);
    assert_int_equal(ask(&a.ask, *state, start_move_through), 0);
    expect_joints(*state, 6);
    set(&a, 0, count, 2);
    set(&a, 1, count + 1, 6);
    assert_int_equal(ask(&a.ask, *state, start_move_through), SN_ERR_UNKNOWN);
    expect_joints(*state, 6);
}

typedef struct pb_arm_move_through_joint_positions_streamed_request streamed_request;

/* A batch of one point: all joints at `value`, `ms` after the beginning. */
static void send_point(struct ask_arm *a, uint32_t count, double value, int64_t ms)
{
    struct pb_google_duration time = sn_pb_duration_of(ms * 1000000);
    struct pb_arm_trajectory_point point = {.time = &time, .positions = &a->positions[0]};
    struct pb_arm_move_through_joint_positions_streamed_request_trajectory_batch batch = {
        .points = {&point, 1, 1}};
    streamed_request request = {
        .which_message = PB_ARM_MOVE_THROUGH_JOINT_POSITIONS_STREAMED_REQUEST_MESSAGE_BATCH,
        .batch = &batch};

    set(a, 0, count, value);
    sn_duplex_request(&a->duplex, &request);
}

/* Begins a streamed move and sends its first point. False: the arm has none. */
static bool begin_streamed(struct subject *subject, struct ask_arm *a, uint32_t count)
{
    assert_int_equal(move_all(subject, count, 0), 0);
    ask_init(&a->ask, subject, start_streamed);
    ask_start(&a->ask);
    if (!a->ask.ended)
        send_point(a, count, 0, 0);
    if (!a->ask.ended && !a->responses && subject->resource->elsewhere)
        subject_run(subject, SN_MS(100));
    if (a->ask.ended)
        assert_int_equal(a->ask.code, SN_ERR_UNIMPLEMENTED);
    return !a->ask.ended;
}

static void a_streamed_way_ends_with_its_points(void **state)
{
    struct subject *subject = *state;
    struct ask_arm a = {0};
    uint32_t count = joint_count(subject);

    if (!begin_streamed(subject, &a, count))
        skip();
    send_point(&a, count, 4, 20);
    send_point(&a, count, 7, 40);
    sn_duplex_end(&a.duplex);
    assert_int_equal(ask_await(&a.ask), 0);
    assert_true(a.responses > 0);
    expect_joints(subject, 7);
}

static void a_streamed_way_that_jumps_back_in_time_is_refused(void **state)
{
    struct subject *subject = *state;
    struct ask_arm a = {0};
    uint32_t count = joint_count(subject);

    if (!begin_streamed(subject, &a, count))
        skip();
    send_point(&a, count, 4, 10000);
    send_point(&a, count, 5, 10000);
    assert_int_equal(ask_await(&a.ask), SN_ERR_INVALID_ARGUMENT);
    assert_string_equal(subject->text, "trajectory point times must strictly increase");
    struct ask_arm moving = {0};
    assert_int_equal(ask(&moving.ask, subject, start_is_moving), 0);
    assert_false(moving.moving);
}

static void stopping_ends_a_streamed_way(void **state)
{
    struct subject *subject = *state;
    struct ask_arm a = {0}, b = {0};
    uint32_t count = joint_count(subject);

    if (!begin_streamed(subject, &a, count))
        skip();
    send_point(&a, count, 8, 60000);
    assert_int_equal(ask(&b.ask, subject, start_stop), 0);
    assert_int_equal(ask_await(&a.ask), SN_ERR_CANCELLED);
    assert_int_equal(ask(&b.ask, subject, start_is_moving), 0);
    assert_false(b.moving);
}

static void manual_mode_is_had_or_not(void **state)
{
    struct subject *subject = *state;
    struct ask_arm a = {0};
    int code = ask(&a.ask, subject, start_properties);

    assert_true(code == 0 || code == SN_ERR_UNIMPLEMENTED);
    bool has = a.properties.support_manual_mode;
    assert_int_equal(ask(&a.ask, subject, start_manual_mode), has ? 0 : SN_ERR_UNIMPLEMENTED);
    a.manual = true;
    assert_int_equal(ask(&a.ask, subject, start_set_manual_mode), has ? 0 : SN_ERR_UNIMPLEMENTED);
    if (!has)
        skip();
    assert_int_equal(ask(&a.ask, subject, start_manual_mode), 0);
    assert_true(a.manual);
    a.manual = false;
    assert_int_equal(ask(&a.ask, subject, start_set_manual_mode), 0);
}

static void poses_are_reached(void **state)
{
    struct subject *subject = *state;
    struct ask_arm a = {0};
    uint32_t count = joint_count(subject);

    assert_int_equal(move_all(subject, count, 20), 0);
    struct pb_common_pose there = end_of(subject);
    assert_int_equal(move_all(subject, count, 5), 0);
    a.pose = there;
    assert_int_equal(ask(&a.ask, subject, start_move_to_position), 0);
    struct pb_common_pose end = end_of(subject);
    assert_true(distance(end, there) < 0.1);
    assert_true(fabs(end.o_z - there.o_z) < 1e-3);
}

static void poses_out_of_reach_are_refused(void **state)
{
    struct subject *subject = *state;
    struct ask_arm a = {.pose = {.x = 1e6, .o_z = 1}};
    uint32_t count = joint_count(subject);

    assert_int_equal(move_all(subject, count, 4), 0);
    assert_int_equal(ask(&a.ask, subject, start_move_to_position), SN_ERR_UNKNOWN);
    assert_non_null(strstr(subject->text, "asked for a pose too far max: "));
    expect_joints(subject, 4);
}

static void reads_answer_while_it_searches(void **state)
{
    struct subject *subject = *state;
    struct ask_arm go = {.pose = {.x = 1, .y = 1, .z = -1, .o_z = 1}}; /* inside the base */

    ask_init(&go.ask, subject, start_move_to_position);
    ask_start(&go.ask);
    joint_count(subject);
    struct ask_arm a = {0};
    assert_int_equal(ask(&a.ask, subject, start_stop), 0);
    ask_await(&go.ask);
}

static void kinematics_are_a_file(void **state)
{
    struct ask_arm a = {0};

    assert_int_equal(ask(&a.ask, *state, start_kinematics), 0);
    assert_in_range(a.kinematics.format, 0, 2);
    if (a.kinematics.format)
        assert_true(a.kinematics.kinematics_data.len > 0);
}

static void bodies_have_labels_and_places(void **state)
{
    struct subject *subject = *state;
    struct ask_arm a = {0};

    assert_int_equal(ask(&a.ask, subject, start_geometries), 0);
    for (uint32_t i = 0; i < a.geometries.geometries.n; i++) {
        const struct pb_common_geometry *g = &a.geometries.geometries.v[i];

        assert_non_null(g->center);
        assert_true(g->which_geometry_type != 0);
        assert_true(g->label.len > 0);
    }
    assert_int_equal(ask(&a.ask, subject, start_models), 0);
}

static void bodies_move_with_the_joints(void **state)
{
    struct subject *subject = *state;
    struct ask_arm before = {0}, after = {0};
    uint32_t count = joint_count(subject);

    assert_int_equal(move_all(subject, count, 0), 0);
    assert_int_equal(ask(&before.ask, subject, start_geometries), 0);
    assert_int_equal(move_all(subject, count, 20), 0);
    assert_int_equal(ask(&after.ask, subject, start_geometries), 0);
    uint32_t n = before.geometries.geometries.n;
    assert_int_equal(after.geometries.geometries.n, n);
    if (n > 1)
        assert_true(distance(*before.geometries.geometries.v[n - 1].center,
                             *after.geometries.geometries.v[n - 1].center) > 1);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(stopping_a_still_arm_is_fine),
    cmocka_unit_test(stopping_ends_a_move),
    cmocka_unit_test(a_new_move_takes_over),
    cmocka_unit_test(joints_go_where_they_are_sent),
    cmocka_unit_test(a_wrong_number_of_joints_is_refused),
    cmocka_unit_test(joints_out_of_limits_are_refused),
    cmocka_unit_test(the_last_of_many_positions_counts),
    cmocka_unit_test(a_streamed_way_ends_with_its_points),
    cmocka_unit_test(a_streamed_way_that_jumps_back_in_time_is_refused),
    cmocka_unit_test(stopping_ends_a_streamed_way),
    cmocka_unit_test(manual_mode_is_had_or_not),
    cmocka_unit_test(poses_are_reached),
    cmocka_unit_test(poses_out_of_reach_are_refused),
    cmocka_unit_test(reads_answer_while_it_searches),
    cmocka_unit_test(kinematics_are_a_file),
    cmocka_unit_test(bodies_have_labels_and_places),
    cmocka_unit_test(bodies_move_with_the_joints),
    cmocka_unit_test(do_command_answers),
    cmocka_unit_test(status_answers),
};

const struct suite suite_arm = {SN_API_ARM, tests, sizeof(tests) / sizeof(tests[0])};
