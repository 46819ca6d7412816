/* SPDX-License-Identifier: Apache-2.0
 *
 * Kinematic models: ours against what upstream's program answers, errors, limits, and the way back
 * from poses to joints.
 */
#include "spatial/model_testing.h"
#include "spatial/number.h"

static const char *const names[] = {"dofbot", "lite6", "one_joint", "ur20",
                                    "ur5e",   "ur7e",  "xarm6",     "xarm7"};
enum { NAMES = sizeof(names) / sizeof(names[0]) };

static struct memory memory;

static struct sn_model *load(const char *name)
{
    return load_model(&memory, name);
}

static struct sn_model *parse(const char *text, struct sn_error *error)
{
    struct sn_model *model = NULL;
    int code = sn_json_model(sn_str_of(text), NULL, &memory.arena, &model, error);

    assert_true(code == 0 || code == SN_ERR_INVALID_ARGUMENT);
    return model;
}

static void expect_error(const char *text, const char *wanted)
{
    struct sn_error error = {0};

    assert_null(parse(text, &error));
    assert_string_equal(error.text, wanted);
}

struct known {
    const char *name;
    double degrees[7];
    struct sn_pose_wire end;
};

static const struct known known[] = {
    {"ur5e", {0}, {-817.2, -232.9, 62.8, 0, -1, 0, 90}},
    {"ur5e",
     {10, -20, -30, 40, 50, 60},
     {-698.35588, -323.50463, 523.36487, -.631326, -.764024, .133022, 143.533646}},
    {"ur7e", {0}, {-817.2, -232.9, 62.8, 0, -1, 0, 90}},
    {"ur20", {0}, {-1590.7, -355.3, 77, 0, -1, 0, 90}},
    {"ur20",
     {10, -20, -30, 40, 50, 60},
     {-1348.74468, -542.633, 952.9834, -.631326, -.764024, .133022, 143.533646}},
    {"xarm6", {0}, {207, 0, 112, 0, 0, -1, 0}},
    {"xarm6",
     {10, -20, -30, 40, 50, 60},
     {336.90076, 76.01891, 299.41627, .027945, .504928, -.862709, 163.167828}},
    {"xarm7", {0}, {206, 0, 120.5, 0, 0, -1, 0}},
    {"xarm7",
     {10, -20, -30, 40, 50, 60, 70},
     {359.88158, -99.93169, 361.86825, .363431, .70081, -.613827, 178.996215}},
    {"lite6", {0}, {87, 0, 154.2, 0, 0, -1, 0}},
    {"lite6",
     {10, -20, 30, 40, 50, 60},
     {161.12968, 59.16151, 298.52931, .027945, .504928, -.862709, 163.167828}},
    {"dofbot", {0}, {248.55, 0, 115, 0, 0, 1, 0}},
    {"dofbot",
     {10, -20, -30, 40, 50},
     {209.46842, 36.93493, 221.1899, .633022, .111619, .766044, 0}},
    {"one_joint", {0}, {500, 0, 300, 0, 0, 1, 0}},
    {"one_joint", {33}, {500, 0, 300, 0, 0, 1, 33}},
};

static void ends_are_where_upstream_says(void **state)
{
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        const struct sn_model *model = load(known[i].name);
        double inputs[SN_MODEL_DOF_MAX];

        for (uint32_t k = 0; k < model->dof; k++)
            inputs[k] = sn_model_from_wire(model, k, known[i].degrees[k]);
        struct sn_pose end = sn_model_end(model, inputs);
        struct sn_pose_wire got = sn_pose_to_wire(&end);
        expect_near(got.x, known[i].end.x, 1e-5);
        expect_near(got.y, known[i].end.y, 1e-5);
        expect_near(got.z, known[i].end.z, 1e-5);
        expect_near(got.o_x, known[i].end.o_x, 1e-6);
        expect_near(got.o_y, known[i].end.o_y, 1e-6);
        expect_near(got.o_z, known[i].end.o_z, 1e-6);
        expect_near(got.theta, known[i].end.theta, 1e-5);
    }
}

static void bodies_hang_where_links_begin(void **state)
{
    const struct sn_model *model = load("ur5e");
    struct sn_geometry *bodies;
    uint32_t count;
    double zero[6] = {0};

    assert_int_equal(sn_model_geometries(model, zero, "arm1", &memory.arena, &bodies, &count), 0);
    assert_int_equal(count, 7);
    assert_true(sn_str_is(bodies[0].label, "arm1:base_link"));
    assert_true(sn_str_is(bodies[6].label, "arm1:ee_link"));
    assert_int_equal(bodies[1].kind, SN_GEOMETRY_SPHERE);
    assert_int_equal(bodies[2].kind, SN_GEOMETRY_CAPSULE);
    expect_near(bodies[2].pose.point.x, -212.5, 1e-9);
    expect_near(bodies[2].pose.point.y, -130, 1e-9);
    expect_near(bodies[2].pose.point.z, 162.5, 1e-9);
    expect_near(sn_pose_to_wire(&bodies[2].pose).o_x, -1, 1e-9);
    model = load("dofbot");
    assert_int_equal(sn_model_geometries(model, zero, "d", &memory.arena, &bodies, &count), 0);
    assert_int_equal(count, 4);
    assert_true(sn_str_is(bodies[1].label, "d:j2"));
    expect_near(bodies[3].pose.point.x, 205.7, 1e-9);
    expect_near(sn_pose_to_wire(&bodies[3].pose).theta, -90, 1e-9);
}

#define TREE                                                                                     \
    "\"links\":[{\"id\":\"base\",\"parent\":\"world\",\"translation\":{\"x\":0,\"y\":0,\"z\":50" \
    "}},{\"id\":\"l1\",\"parent\":\"j1\",\"translation\":{\"X\":100}},"                          \
    "{\"id\":\"ee\",\"parent\":\"p1\",\"translation\":{\"z\":10}},"                              \
    "{\"id\":\"side\",\"parent\":\"a_joint\"}],\"joints\":["                                     \
    "{\"id\":\"j1\",\"type\":\"revolute\",\"parent\":\"base\",\"axis\":{\"z\":1},\"min\":-10,"   \
    "\"max\":20},{\"id\":\"p1\",\"type\":\"prismatic\",\"parent\":\"l1\",\"axis\":{\"z\":2},"    \
    "\"min\":-5,\"max\":50},{\"id\":\"a_joint\",\"type\":\"revolute\",\"parent\":\"base\","      \
    "\"axis\":{\"x\":1},\"min\":-90,\"max\":90}]"

static void branches_have_inputs_by_level_and_name(void **state)
{
    struct sn_error error = {0};
    const struct sn_model *model = parse("{" TREE ",\"output_frames\":[\"ee\"]}", &error);
    double inputs[3] = {sn_radians(5), sn_radians(7), 9};

    assert_non_null(model);
    assert_int_equal(model->dof, 3);
    assert_string_equal(model->frames[model->inputs[0]].part->id, "a_joint");
    assert_string_equal(model->frames[model->inputs[2]].part->id, "p1");
    struct sn_pose end = sn_model_end(model, inputs);
    expect_near(end.point.x, 99.2546, 1e-4);
    expect_near(end.point.y, 12.1869, 1e-4);
    expect_near(end.point.z, 69, 1e-9);
    struct sn_pose poses[16];
    sn_model_poses(model, inputs, poses);
    expect_pose(poses[model->end], end);
    expect_error("{" TREE "}", "need exactly one end effector, have [ee side]");
    expect_error("{" TREE ",\"output_frames\":[\"nope\"]}",
                 "primary output frame \"nope\" not found in frame system");
    expect_error("{" TREE ",\"output_frames\":[\"ee\",\"l1\"]}",
                 "multiple output frames are not yet supported, got [ee l1]");
}

#define MIMIC(rest)                                                                             \
    "{\"links\":[{\"id\":\"ee\",\"parent\":\"m\",\"translation\":{\"z\":7}}],\"joints\":["      \
    "{\"id\":\"j\",\"type\":\"revolute\",\"parent\":\"world\",\"axis\":{\"z\":1},\"min\":-10,"  \
    "\"max\":20},{\"id\":\"m\",\"type\":\"revolute\",\"parent\":\"j\",\"axis\":{\"x\":1}," rest \
    "}"                                                                                         \
    "]}"

#define J(id, parent)                                                                        \
    "{\"id\":\"" id "\",\"type\":\"revolute\",\"parent\":\"" parent "\",\"axis\":{\"z\":1}," \
    "\"max\":20}"

static void joints_of_one_parent_come_together(void **state)
{
    static const char *const wanted[] = {"a", "b", "z", "c"};
    struct sn_error error = {0};
    const struct sn_model *model =
        parse("{\"output_frames\":[\"c\"],\"joints\":[" J("b", "") "," J("a", "") "," J(
                  "z", "la") "," J("c", "lb") "],\"links\":[{\"id\":\"la\",\"parent\":\"a\"},"
                                              "{\"id\":\"lb\",\"parent\":\"b\"}]}",
              &error);

    assert_non_null(model);
    for (uint32_t i = 0; i < 4; i++)
        assert_string_equal(model->frames[model->inputs[i]].part->id, wanted[i]);
}

static void joints_that_follow_have_no_input(void **state)
{
    struct sn_error error = {0};
    const struct sn_model *model =
        parse(MIMIC("\"mimic\":{\"joint\":\"j\",\"multiplier\":2,\"offset\":0.1}"), &error);
    double inputs[1] = {sn_radians(5)};

    assert_non_null(model);
    assert_int_equal(model->dof, 1);
    struct sn_pose end = sn_model_end(model, inputs); /* 2 * 5 degrees + 0.1 */
    expect_near(end.point.z, 7 * cos(sn_radians(10) + 0.1), 1e-9);
    expect_near(end.point.y, -7 * sin(sn_radians(10) + 0.1) * cos(sn_radians(5)), 1e-9);
    expect_error(
        MIMIC("\"mimic\":{\"joint\":\"x\"}"),
        "mimic joint references non-existent source joint: joint \"m\" references source \"x\"");
    expect_error(MIMIC("\"mimic\":{\"joint\":\"ee\"}"),
                 "mimic joint references non-existent source joint: joint \"m\" references source "
                 "\"ee\" which has no DoF");
    expect_error(MIMIC("\"mimic\":{\"joint\":\"m\"}"),
                 "circular mimic joint reference detected: joint \"m\"");
    expect_error(MIMIC("\"max\":3,\"mimic\":{\"joint\":\"j\"}"),
                 "mimic joint must not specify min/max limits; limits are determined by the source "
                 "joint: joint \"m\"");
}

#define LINK(id, parent, rest) "{\"id\":\"" id "\",\"parent\":\"" parent "\"" rest "}"
#define ONE(rest) "{\"links\":[" LINK("a", "world", rest) "]}"

static void what_is_wrong_is_said_in_upstreams_words(void **state)
{
    expect_error("{}", "need exactly one end effector, have []");
    expect_error("{\"kinematic_param_type\":\"XX\"}",
                 "unsupported param type: XX, supported params are SVA and DH");
    expect_error("{\"kinematic_param_type\":\"DH\"}", "need exactly one end effector, have []");
    expect_error("{\"links\":[" LINK("world", "a", "") "]}",
                 "reserved word: cannot name a link 'world'");
    expect_error(
        "{\"links\":[" LINK("a", "b", "") "," LINK("b", "a", "") "," LINK("c", "a", "") "]}",
        "infinite loop finding path from end effector to world");
    expect_error(ONE(",\"translation\":\"x\""), "\"translation\" is a string instead of a object");
    expect_error("{\"links\":[" LINK("a", "nope", "") "]}",
                 "frame named 'nope' not in the list of transforms");
    expect_error("{\"links\":[" LINK("a", "", "") "," LINK("a", "", "") "]}",
                 "there are two links or joints with the id \"a\"");
    expect_error("{\"joints\":[" LINK("a", "", ",\"type\":\"continuous\"") "]}",
                 "unsupported joint type detected: \"continuous\"");
    expect_error("{\"joints\":[" LINK("a", "", ",\"type\":\"prismatic\"") "]}",
                 "cannot use zero vector as translation axis");
    expect_error(ONE(",\"orientation\":{\"type\":\"nope\"}"),
                 "Orientation type nope unsupported in json configuration");
    expect_error(ONE(",\"orientation\":{\"type\":\"ov_degrees\",\"value\":{\"th\":3}}"),
                 "OrientationVectorDegrees has a normal of 0, probably X, Y, and Z are all 0");
    expect_error(ONE(",\"geometry\":{}"), "unsupported Geometry type: ");
    expect_error(ONE(",\"geometry\":{\"type\":\"nope\"}"), "unsupported Geometry type: nope");
    expect_error(ONE(",\"geometry\":{\"type\":\"cylinder\"}"),
                 "Invalid dimension(s) for Geometry type *spatialmath.Cylinder");
    expect_error(ONE(",\"geometry\":{\"type\":\"mesh\",\"mesh_content_type\":\"obj\"}"),
                 "mesh geometry requires mesh data");
    expect_error(ONE(",\"geometry\":{\"type\":\"mesh\",\"mesh_content_type\":\"obj\","
                     "\"mesh_data\":\"AAAA\"}"),
                 "unsupported Mesh type: obj");
    expect_error(ONE(",\"geometry\":{\"r\":3,\"l\":-20}"), "unsupported Geometry type: ");
    expect_error(ONE(",\"geometry\":{\"r\":-3}"), "unsupported Geometry type: ");
    expect_error(ONE(",\"geometry\":{\"type\":\"box\",\"y\":-1}"),
                 "Invalid dimension(s) for Geometry type *spatialmath.box");
    expect_error(ONE(",\"geometry\":{\"type\":\"sphere\"}"),
                 "Invalid dimension(s) for Geometry type *spatialmath.sphere");
    expect_error(ONE(",\"geometry\":{\"r\":10,\"l\":5}"),
                 "Capsule total length 5.000000 cannot be less than 2x radius 10.000000");
    expect_error(ONE(",\"geometry\":{\"type\":\"mesh\",\"mesh_data\":\"AAAA\",\"mesh_content_"
                     "type\":\"stl\"}"),
                 "STL file too small");
    expect_error(
        ONE(",\"geometry\":{\"type\":\"mesh\",\"mesh_data\":\"A\",\"mesh_content_type\":\"stl\"}"),
        "\"mesh_data\" is not base64");
}

static void orientations_of_every_kind_are_read(void **state)
{
    static const char *const texts[] = {
        "{\"type\":\"ov_degrees\",\"value\":{\"x\":0,\"y\":0,\"z\":1,\"th\":90}}",
        "{\"type\":\"ov_radians\",\"value\":{\"Z\":2,\"TH\":1.5707963267948966}}",
        "{\"type\":\"euler_angles\",\"value\":{\"yaw\":1.5707963267948966}}",
        "{\"type\":\"axis_angles\",\"value\":{\"z\":3,\"th\":1.5707963267948966}}",
        "{\"Type\":\"quaternion\",\"Value\":{\"W\":2,\"x\":0,\"y\":0,\"z\":2}}",
    };
    struct sn_error error = {0};
    struct sn_quat q;

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        json_t *json = json_loads(texts[i], 0, NULL);

        assert_int_equal(sn_json_orientation(json, &q, &error), 0);
        expect_quat(q, sn_quat_about(sn_vec3(0, 0, 1), SN_PI / 2), 1e-12);
        json_decref(json);
    }
    json_t *bare = json_loads("{\"value\":{\"x\":1,\"th\":3}}", 0, NULL);
    assert_int_equal(sn_json_orientation(bare, &q, &error), 0);
    expect_quat(q, SN_QUAT_IDENTITY, 0);
    json_decref(bare);
}

static void frames_of_a_config_are_read(void **state)
{
    struct sn_error error = {0};
    struct sn_frame_config frame;
    json_t *json = json_loads("{\"parent\":\"world\",\"translation\":{\"x\":1,\"Y\":2,\"z\":3},"
                              "\"geometry\":{\"r\":5,\"l\":40,\"Label\":\"lbl\"}}",
                              0, NULL);

    assert_int_equal(sn_json_frame(json, &memory.arena, &frame, &error), 0);
    assert_string_equal(frame.id, "");
    assert_string_equal(frame.parent, "world");
    assert_true(frame.pose.point.y == 2);
    assert_int_equal(frame.geometry->kind, SN_GEOMETRY_CAPSULE);
    assert_true(sn_str_is(frame.geometry->label, "lbl"));
    json_object_del(json, "parent");
    assert_int_equal(sn_json_frame(json, &memory.arena, &frame, &error), SN_ERR_INVALID_ARGUMENT);
    json_decref(json);
}

static void numbers_are_written_as_the_reference_does(void **state)
{
    char text[SN_NUMBER_MAX];

    assert_string_equal(sn_number_print(181, text), "181");
    assert_string_equal(sn_number_print(-180, text), "-180");
    assert_string_equal(sn_number_print(360.99999999999994, text), "360.99999999999994");
    assert_string_equal(sn_number_print(1e6, text), "1e+06");
    assert_string_equal(sn_number_print(0.5, text), "0.5");
    assert_string_equal(sn_number_print(0, text), "0");
    assert_string_equal(sn_number_print(1e-5, text), "1e-05");
    assert_string_equal(sn_number_print(123456, text), "123456");
    assert_string_equal(sn_number_print(INFINITY, text), "+Inf");
    assert_string_equal(sn_number_print(NAN, text), "NaN");
}

static void limits_are_told_as_upstream_tells_them(void **state)
{
    const struct sn_model *model = load("xarm6");
    struct sn_error error = {0};
    double from[6] = {0}, to[6] = {0};

    assert_int_equal(sn_model_check_count(model, 6, &error), 0);
    assert_int_equal(sn_model_check_count(model, 1, &error), SN_ERR_INVALID_ARGUMENT);
    assert_string_equal(error.text, "array length does not match frame DoF, expected 6 but got 1");
    to[1] = sn_radians(-118.5);
    assert_int_equal(sn_model_check_move(model, from, to, &error), SN_ERR_INVALID_ARGUMENT);
    assert_string_equal(error.text, "joint 1 needs to be within range [-118, 119.99999999999999] "
                                    "and cannot be moved to -118.50000000000001");
    from[1] = sn_radians(-130); /* it got out somehow, and may come back */
    assert_int_equal(sn_model_check_move(model, from, to, &error), 0);
    assert_int_equal(sn_model_check_inputs(model, "a", from, &error), SN_ERR_INVALID_ARGUMENT);
    assert_string_equal(error.text, "Frame: a.shoulder (joint 1): input out of bounds, input "
                                    "-2.26893 needs to be within range [2.09440 -2.05949]");
    from[1] = 0;
    to[1] = NAN;
    assert_int_equal(sn_model_check_move(model, from, to, &error), 0);
}

static void random_inputs(struct sn_random *random, const struct sn_model *model, double *inputs)
{
    for (uint32_t i = 0; i < model->dof; i++) {
        const struct sn_model_part *part = model->frames[model->inputs[i]].part;

        inputs[i] = part->min + (random_unit(random) + 1) / 2 * (part->max - part->min);
    }
}

static void every_reachable_pose_is_reached(void **state)
{
    struct sn_solve how = {0};
    struct sn_random random;

    sn_random_init(&random, 11);
    for (size_t n = 0; n < NAMES; n++) {
        const struct sn_model *model = load(names[n]);
        uint32_t missed = 0;

        for (int i = 0; i < 60; i++) {
            double from[SN_MODEL_DOF_MAX], there[SN_MODEL_DOF_MAX], found[SN_MODEL_DOF_MAX];
            struct sn_error error = {0};

            random_inputs(&random, model, from);
            random_inputs(&random, model, there);
            struct sn_pose goal = sn_model_end(model, there);
            if (sn_model_solve(model, from, &goal, &how, found, &error) != 0) {
                missed++;
                continue;
            }
            struct sn_pose end = sn_model_end(model, found);
            assert_true(sn_pose_almost_equal(&end, &goal, 1e-3, 1e-5));
            assert_int_equal(sn_model_check_inputs(model, "a", found, &error), 0);
        }
        if (missed > 1)
            fail_msg("%s: missed %u of 60", names[n], missed);
    }
}

static void a_small_move_is_a_small_turn(void **state)
{
    const struct sn_model *model = load("ur5e");
    struct sn_solve how = {0};
    struct sn_error error = {0};
    double from[6] = {0.2, -1.1, 1.3, 0.4, 1.2, 6}, found[6];
    struct sn_pose goal = sn_model_end(model, from);

    goal.point.x += 5;
    assert_int_equal(sn_model_solve(model, from, &goal, &how, found, &error), 0);
    for (int i = 0; i < 6; i++)
        assert_true(fabs(found[i] - from[i]) < 0.1);
    double again[6];
    assert_int_equal(sn_model_solve(model, from, &goal, &how, again, &error), 0);
    assert_memory_equal(found, again, sizeof(found));
}

static bool at_once(void *arg)
{
    return true;
}

static void what_is_out_of_reach_is_told(void **state)
{
    const struct sn_model *model = load("ur5e");
    struct sn_solve how = {.seeds = 20};
    struct sn_error error = {0};
    double q[6] = {0};
    struct sn_pose goal = {{1e5, 0, 0}, {1, 0, 0, 0}};

    assert_int_equal(sn_model_solve(model, q, &goal, &how, q, &error), SN_ERR_OUT_OF_RANGE);
    assert_string_equal(error.text, "asked for a pose too far max: 1312.30, asked for: 100000.00");
    goal.point.x = 1;
    assert_int_equal(sn_model_solve(model, q, &goal, &how, q, &error), SN_ERR_OUT_OF_RANGE);
    assert_string_equal(error.text, "zero IK solutions produced, goal positions appears to be "
                                    "physically unreachable");
    goal.point.x = NAN;
    assert_int_equal(sn_model_solve(model, q, &goal, &how, q, &error), SN_ERR_OUT_OF_RANGE);
    goal.point.x = 1;
    how.stop = at_once;
    assert_int_equal(sn_model_solve(model, q, &goal, &how, q, &error), SN_ERR_CANCELLED);
}

static void damaged_files_are_refused(void **state)
{
    char text[4096];
    const struct sn_model *model = load("xarm6");
    struct sn_random random;

    sn_random_init(&random, 5);
    for (int i = 0; i < 3000; i++) {
        struct sn_error error = {0};
        struct sn_model *damaged = NULL;

        memcpy(text, model->source.ptr, model->source.len);
        for (int k = 0; k < 3; k++)
            text[sn_random_next(&random) % model->source.len] = (char)sn_random_next(&random);
        int code = sn_json_model((struct sn_str){text, model->source.len}, NULL, &memory.arena,
                                 &damaged, &error);
        assert_true(code == 0 || error.text[0]);
    }
}

static int setup(void **state)
{
    memory_init(&memory);
    return 0;
}

static int teardown(void **state)
{
    memory_fini(&memory);
    return 0;
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(ends_are_where_upstream_says),
        TEST(bodies_hang_where_links_begin),
        TEST(branches_have_inputs_by_level_and_name),
        TEST(joints_of_one_parent_come_together),
        TEST(joints_that_follow_have_no_input),
        TEST(what_is_wrong_is_said_in_upstreams_words),
        TEST(orientations_of_every_kind_are_read),
        TEST(frames_of_a_config_are_read),
        TEST(numbers_are_written_as_the_reference_does),
        TEST(limits_are_told_as_upstream_tells_them),
        TEST(every_reachable_pose_is_reached),
        TEST(a_small_move_is_a_small_turn),
        TEST(what_is_out_of_reach_is_told),
        TEST(damaged_files_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
