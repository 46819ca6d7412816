/* SPDX-License-Identifier: Apache-2.0
 *
 * What every motion service does, whatever has a frame on its machine.
 */
#include "sinew/api/motion.h"
#include "conform.h"
#include "pb/service/motion/v1/motion.h"

struct ask_motion {
    struct ask ask;
    struct pb_service_motion_move_request move;
    struct pb_service_motion_move_on_map_request on_map;
    struct pb_service_motion_move_on_globe_request on_globe;
    struct pb_service_motion_get_pose_request get_pose;
    struct pb_service_motion_get_plan_request get_plan;
    struct pb_service_motion_move_response moved;
    struct pb_service_motion_move_on_map_response on_map_begun;
    struct pb_service_motion_move_on_globe_response on_globe_begun;
    struct pb_service_motion_get_pose_response pose;
    struct pb_service_motion_get_plan_response plan;
};

#define START(op, ...)                                                                          \
    static int start_##op(struct sn_call *call)                                                 \
    {                                                                                           \
        struct ask_motion *a = (struct ask_motion *)call;                                       \
                                                                                                \
        return sn_motion_##op(call, (struct sn_motion *)a->ask.subject->resource, __VA_ARGS__); \
    }

START(move, &a->move, &a->moved)
START(move_on_map, &a->on_map, &a->on_map_begun)
START(move_on_globe, &a->on_globe, &a->on_globe_begun)
START(pose, &a->get_pose, &a->pose)
START(plan, &a->get_plan, &a->plan)

static void expect(struct ask_motion *a, struct subject *subject,
                   int (*start)(struct sn_call *call), const char *text)
{
    assert_int_equal(ask(&a->ask, subject, start), SN_ERR_UNKNOWN);
    assert_string_equal(subject->text, text);
}

static void says_where_the_world_is(void **state)
{
    struct ask_motion a = {.get_pose = {.component_name = SN_STR("world")}};

    assert_int_equal(ask(&a.ask, *state, start_pose), 0);
    assert_non_null(a.pose.pose);
    assert_true(sn_str_is(a.pose.pose->reference_frame, "world"));
    assert_non_null(a.pose.pose->pose);
    assert_true(a.pose.pose->pose->x == 0 && a.pose.pose->pose->o_z == 1);
}

/* A frame of the question's own, 5 mm above the world. */
static void takes_frames_along(void **state)
{
    struct pb_common_pose above = {.z = 5, .o_z = 1};
    struct pb_common_pose_in_frame place = {.reference_frame = SN_STR("world"), .pose = &above};
    struct pb_common_transform tool = {.reference_frame = SN_STR("tool"),
                                       .pose_in_observer_frame = &place};
    struct ask_motion a = {
        .get_pose = {.component_name = SN_STR("tool"), .supplemental_transforms = {&tool, 1, 1}}};

    assert_int_equal(ask(&a.ask, *state, start_pose), 0);
    assert_true(a.pose.pose->pose->z == 5);
}

static void refuses_unknown_frames(void **state)
{
    struct ask_motion a = {0};

    expect(&a, *state, start_pose, "must provide component name");
    a.get_pose.component_name = SN_STR("nobody");
    expect(&a, *state, start_pose, "frame with name \"nobody\" not in frame system");
    a.move.component_name = SN_STR("nobody");
    expect(&a, *state, start_move, "component named nobody not found in robot frame system");
}

static void refuses_moves_that_lack_something(void **state)
{
    struct pb_common_geometry shapeless = {0};
    struct pb_common_geo_point point = {0};
    struct pb_common_pose pose = {0};
    struct ask_motion a = {0};

    expect(&a, *state, start_move_on_map, "received nil *commonpb.Pose for destination");
    a.on_map.destination = &pose;
    expect(&a, *state, start_move_on_map, "component name cannot be empty");
    a.on_map.component_name = SN_STR("base");
    expect(&a, *state, start_move_on_map, "SlamService name cannot be empty");
    a.on_map.slam_service_name = SN_STR("slam");
    a.on_map.obstacles.v = &shapeless;
    a.on_map.obstacles.n = a.on_map.obstacles.cap = 1;
    expect(&a, *state, start_move_on_map,
           "cannot convert obstacles into geometries: cannot have nil pose for geometry");

    expect(&a, *state, start_move_on_globe, "must provide a destination");
    a.on_globe.destination = &point;
    expect(&a, *state, start_move_on_globe, "component name cannot be empty");
    a.on_globe.component_name = SN_STR("base");
    expect(&a, *state, start_move_on_globe, "movement sensor name cannot be empty");
}

static void refuses_worlds_that_cannot_be(void **state)
{
    struct pb_common_sphere ball = {1};
    struct pb_common_pose center = {.o_z = 1};
    struct pb_common_geometry two[2] = {
        {.label = SN_STR("ball"),
         .center = &center,
         .which_geometry_type = PB_COMMON_GEOMETRY_GEOMETRY_TYPE_SPHERE,
         .sphere = &ball}};
    struct pb_common_geometries_in_frame place = {SN_STR("world"), {two, 2, 2}};
    struct pb_common_world_state world = {.obstacles = {&place, 1, 1}};
    struct ask_motion a = {.move = {.component_name = SN_STR("world"), .world_state = &world}};

    expect(&a, *state, start_move, "cannot have nil pose for geometry");
    two[1] = two[0];
    expect(&a, *state, start_move, "cannot specify multiple geometries with the same name: ball");
}

static void refuses_plans_of_nobody(void **state)
{
    struct ask_motion a = {0};

    expect(&a, *state, start_plan, "component name cannot be empty");
    a.get_plan.component_name = SN_STR("base");
    a.get_plan.has_execution_id = true;
    a.get_plan.execution_id = SN_STR("xx");
    expect(&a, *state, start_plan, "invalid UUID length: 2");
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(says_where_the_world_is),
    cmocka_unit_test(takes_frames_along),
    cmocka_unit_test(refuses_unknown_frames),
    cmocka_unit_test(refuses_moves_that_lack_something),
    cmocka_unit_test(refuses_worlds_that_cannot_be),
    cmocka_unit_test(refuses_plans_of_nobody),
    cmocka_unit_test(do_command_answers),
    cmocka_unit_test(status_answers),
};

const struct suite suite_motion = {SN_API_MOTION, tests, sizeof(tests) / sizeof(tests[0])};
