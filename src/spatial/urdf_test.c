/* SPDX-License-Identifier: Apache-2.0
 *
 * URDF: what a file says is where upstream's program puts it; what the format leaves out; bad
 * files.
 */
#include "spatial/testing.h"
#include "spatial/urdf.h"

#define HEAD "<?xml version=\"1.0\"?><robot name=\"u1\"><material name=\"m\"><color/></material>"
#define BASE                                                                                 \
    "<link name=\"base_link\"><visual><geometry><mesh filename=\"x\"/></geometry></visual>"  \
    "<collision><origin xyz=\"0 0 0.1\"/><geometry><box size=\"0.1 0.2 0.3\"/></geometry></" \
    "collision></link>"
#define J1                                                                                  \
    "<joint name=\"j1\" type=\"revolute\"><parent link=\"base_link\"/><child link=\"l1\"/>" \
    "<origin xyz=\"0 0 0.5\" rpy=\"0 0 1.5707963267948966\"/><axis xyz=\"0 0 1\"/>"         \
    "<limit lower=\"-1.5\" upper=\"2\"/></joint>"
#define L1(bodies) "<link name=\"l1\">" bodies "</link>"
#define J2(type, more)                                                               \
    "<joint name=\"j2\" type=\"" type "\"><parent link=\"l1\"/><child link=\"l2\"/>" \
    "<origin xyz=\"0.2 0 0\" rpy=\"0 0 0\"/>" more "</joint>"
#define LIMIT "<limit lower=\"-0.1\" upper=\"0.3\"/>"
#define TAIL                                                                             \
    "<link name=\"l2\"/><joint name=\"fix\" type=\"fixed\"><parent link=\"l2\"/><child " \
    "link=\"tool\""                                                                      \
    "/><origin xyz=\"0 0 0.05\"/></joint><link name=\"tool\"/></robot>"
#define BODY(origin, shape) \
    "<collision><origin xyz=\"" origin "\"/><geometry>" shape "</geometry></collision>"

static struct memory memory;

static struct sn_model *parse_with(const char *text, struct sn_urdf_files *files,
                                   struct sn_error *error)
{
    struct sn_model *model = NULL;
    int code = sn_urdf_model(sn_str_of(text), NULL, files, &memory.arena, &model, error);

    assert_true(code == 0 || error->text[0]);
    return code ? NULL : model;
}

static struct sn_model *parse(const char *text)
{
    struct sn_error error = {0};
    struct sn_model *model = parse_with(text, NULL, &error);

    if (!model)
        fail_msg("%s", error.text);
    return model;
}

static void expect_error(const char *text, const char *wanted)
{
    struct sn_error error = {0};

    assert_null(parse_with(text, NULL, &error));
    assert_string_equal(error.text, wanted);
}

static void frames_are_where_upstream_puts_them(void **state)
{
    const struct sn_model *model = parse(
        HEAD BASE J1 L1(BODY("0.1 0 0", "<sphere radius=\"0.05\"/>")) J2("prismatic", LIMIT) TAIL);
    double inputs[2] = {0};
    struct sn_geometry *bodies;
    struct sn_error error = {0};
    uint32_t count;

    assert_string_equal(model->name, "u1");
    assert_int_equal(model->dof, 2);
    struct sn_pose end = sn_model_end(model, inputs);
    expect_pose(end, sn_pose(sn_vec3(0, 200, 550), sn_quat_about(sn_vec3(0, 0, 1), SN_PI / 2)));
    inputs[0] = sn_radians(5);
    inputs[1] = 7;
    end = sn_model_end(model, inputs);
    expect_near(end.point.x, -18.0412, 1e-4);
    expect_near(end.point.y, 206.2123, 1e-4);
    assert_int_equal(sn_model_geometries(model, inputs, "u", &memory.arena, &bodies, &count), 0);
    assert_int_equal(count, 2);
    assert_true(sn_str_is(bodies[0].label, "u:base_link") && bodies[0].size.z == 300);
    assert_true(sn_str_is(bodies[1].label, "u:l1"));
    expect_near(bodies[1].pose.point.x, -8.7156, 1e-4);
    expect_near(bodies[1].pose.point.y, 99.6195, 1e-4);
    inputs[0] = 1e6;
    assert_int_equal(sn_model_check_move(model, (double[2]){0}, inputs, &error),
                     SN_ERR_INVALID_ARGUMENT);
    assert_non_null(strstr(error.text, "[-85.94366926962348, 114.59155902616465]"));
}

static void endless_joints_have_no_limits(void **state)
{
    const struct sn_model *model =
        parse(HEAD BASE J1 L1("") J2("continuous", "<axis xyz=\"1 0 0\"/>") TAIL);
    struct sn_error error = {0};
    double inputs[2] = {0, 1e6};

    assert_int_equal(sn_model_check_move(model, (double[2]){0}, inputs, &error), 0);
    inputs[0] = 0.3;
    inputs[1] = 0.7;
    struct sn_pose goal = sn_model_end(model, inputs);
    double found[2];
    assert_int_equal(
        sn_model_solve(model, (double[2]){0}, &goal, &(struct sn_solve){0}, found, &error), 0);
    expect_near(found[1], 0.7, 1e-4);
}

static void what_the_format_leaves_out_has_its_default(void **state)
{
    const struct sn_model *model = parse(
        "<robot name='r'><link name='world'/><link name='a'/><link name='b'/>"
        "<joint name='w' type='fixed'><parent link='world'/><child link='a'/></joint>"
        "<joint name='j' type='prismatic'><parent link='a'/><child link='b'/></joint></robot>");

    assert_int_equal(model->dof, 1);
    assert_true(model->frames[model->inputs[0]].axis.x == 1);
    assert_int_equal(model->frames[0].parent, -1);
    struct sn_pose end = sn_model_end(model, (double[1]){3});
    expect_near(end.point.x, 3, 0);
}

static void a_cylinder_with_round_ends_is_a_capsule(void **state)
{
    const struct sn_model *model = parse(HEAD BASE J1 L1(
        BODY("0 0 0.1", "<sphere radius=\"0.05\"/>")
            BODY("0 0 0", "<cylinder radius=\"0.05\" length=\"0.2\"/>")
                BODY("0 0 -0.1", "<sphere radius=\"0.05\"/>")) J2("prismatic", LIMIT) TAIL);
    int32_t l1 = sn_model_find(model, SN_STR("l1"));
    const struct sn_model_part *part = model->frames[l1].part;

    assert_int_equal(part->geometry_count, 1);
    assert_int_equal(part->geometries[0].kind, SN_GEOMETRY_CAPSULE);
    expect_near(part->geometries[0].length, 300, 1e-9);
    model = parse(HEAD BASE J1 L1(BODY("0 0 0", "<cylinder radius=\"0.05\" length=\"0.2\"/>"))
                      J2("prismatic", LIMIT) TAIL);
    part = model->frames[sn_model_find(model, SN_STR("l1"))].part;
    assert_int_equal(part->geometries[0].kind, SN_GEOMETRY_CYLINDER);
}

static int load(struct sn_urdf_files *files, const char *path, const char *written,
                struct sn_arena *arena, struct sn_str *ret_data, struct sn_error *error)
{
    assert_string_equal(path, "meshes/a.ply");
    assert_string_equal(written, "package://robot/meshes/a.ply");
    *ret_data = SN_STR("ply\n");
    return 0;
}

static void meshes_are_loaded(void **state)
{
    static const char text[] =
        HEAD BASE J1 L1(BODY("0 0 0", "<mesh filename=\"package://robot/meshes/a.ply\"/>")
                            BODY("1 0 0", "<mesh filename=\"package://robot/meshes/a.ply\"/>"))
            J2("prismatic", LIMIT) TAIL;
    struct sn_urdf_files files = {.load = load};
    struct sn_error error = {0};
    const struct sn_model *model = parse_with(text, &files, &error);

    assert_non_null(model);
    assert_int_equal(model->mesh_count, 1);
    assert_string_equal(model->meshes[0].path, "meshes/a.ply");
    model = parse(text);
    assert_int_equal(model->frames[sn_model_find(model, SN_STR("l1"))].part->geometry_count, 0);
}

static void bad_files_are_refused(void **state)
{
    expect_error("<robot name='x'/>", "need exactly one end effector, have []");
    expect_error("<robot", "failed to parse URDF: XML syntax error on line 1: unclosed token");
    expect_error("", "failed to parse URDF: XML syntax error on line 1: no element found");
    expect_error(HEAD BASE J1 L1("") J2("floating", "") TAIL,
                 "unsupported joint type detected: \"floating\"");
    expect_error(HEAD BASE J1 L1("") TAIL, "need exactly one end effector, have [l1 tool]");
    expect_error(HEAD BASE J1 TAIL, "frame named 'l1' not in the list of transforms");
    expect_error(HEAD BASE J1 L1(BODY("0 0", "")) J2("prismatic", LIMIT) TAIL,
                 "attribute xyz=\"0 0\": 3 numbers are wanted");
    expect_error(HEAD BASE J1 L1(BODY("0 0 nan", "")) J2("prismatic", LIMIT) TAIL,
                 "attribute xyz=\"0 0 nan\": 3 numbers are wanted");
    expect_error("<robot name='r'><link name='a'/><link name='b'/>"
                 "<joint name='x' type='fixed'><parent link='a'/><child link='b'/></joint>"
                 "<joint name='y' type='fixed'><parent link='b'/><child link='a'/></joint></robot>",
                 "need exactly one end effector, have []");
}

static void damaged_files_do_no_harm(void **state)
{
    static const char text[] =
        HEAD BASE J1 L1(BODY("0.1 0 0", "<sphere radius=\"0.05\"/>")) J2("prismatic", LIMIT) TAIL;
    char damaged[sizeof(text)];
    struct sn_random random;

    sn_random_init(&random, 5);
    for (int i = 0; i < 5000; i++) {
        struct sn_error error = {0};

        memcpy(damaged, text, sizeof(text));
        for (int k = 0; k < 2; k++)
            damaged[sn_random_next(&random) % (sizeof(text) - 1)] =
                (char)(' ' + sn_random_next(&random) % 95);
        parse_with(damaged, NULL, &error);
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
        TEST(frames_are_where_upstream_puts_them),
        TEST(endless_joints_have_no_limits),
        TEST(what_the_format_leaves_out_has_its_default),
        TEST(a_cylinder_with_round_ends_is_a_capsule),
        TEST(meshes_are_loaded),
        TEST(bad_files_are_refused),
        TEST(damaged_files_do_no_harm),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
