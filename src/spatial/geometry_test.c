/* SPDX-License-Identifier: Apache-2.0
 *
 * Geometries: sizes that can be, capsules, meshes.
 */
#include "spatial/geometry.h"
#include "spatial/testing.h"

static void expect_refused(struct sn_geometry g)
{
    struct sn_error error = {0};

    g.pose.rotation = SN_QUAT_IDENTITY;
    assert_int_equal(sn_geometry_normalize(&g, &error), SN_ERR_INVALID_ARGUMENT);
    assert_true(error.text[0]);
}

static void sizes_no_body_has_are_refused(void **state)
{
    static const double bad[] = {-1, NAN, INFINITY};

    for (size_t i = 0; i < 3; i++) {
        expect_refused((struct sn_geometry){.kind = SN_GEOMETRY_BOX, .size = {1, bad[i], 1}});
        expect_refused((struct sn_geometry){.kind = SN_GEOMETRY_SPHERE, .radius = bad[i]});
        expect_refused(
            (struct sn_geometry){.kind = SN_GEOMETRY_CAPSULE, .radius = 1, .length = bad[i]});
        expect_refused(
            (struct sn_geometry){.kind = SN_GEOMETRY_CYLINDER, .radius = bad[i], .length = 5});
    }
    expect_refused((struct sn_geometry){.kind = SN_GEOMETRY_POINT, .pose = {{NAN, 0, 0}, {0}}});
    expect_refused((struct sn_geometry){.kind = SN_GEOMETRY_CAPSULE, .radius = 3, .length = 5});
}

static void a_capsule_of_two_ends_is_a_sphere(void **state)
{
    struct sn_geometry g = {.kind = SN_GEOMETRY_CAPSULE, .radius = 3, .length = 6};
    struct sn_error error;

    assert_int_equal(sn_geometry_normalize(&g, &error), 0);
    assert_int_equal(g.kind, SN_GEOMETRY_SPHERE);
    g = (struct sn_geometry){.kind = SN_GEOMETRY_CYLINDER, .radius = 3, .length = 6};
    g = sn_geometry_around_cylinder(&g);
    assert_int_equal(g.kind, SN_GEOMETRY_CAPSULE);
    assert_true(g.length == 12);
}

static void stl_becomes_ply(void **state)
{
    static const char end[] = "end_header\n";
    unsigned char stl[84 + 2 * 50] = {0};
    struct sn_str whole = {(const char *)stl, sizeof(stl)};
    struct sn_error error = {0};
    struct memory memory;

    memory_init(&memory);
    stl[80] = 2;
    for (int i = 0; i < 36; i++) {
        stl[84 + 12 + i] = (unsigned char)(i + 1);
        stl[84 + 50 + 12 + i] = (unsigned char)(i + 101);
    }
    assert_int_equal(sn_mesh_check(SN_STR("stl"), whole, &error), 0);
    struct sn_str ply = sn_mesh_to_ply(whole, &memory.arena);
    assert_int_equal(sn_mesh_check(SN_STR("ply"), ply, &error), 0);
    const char *body = strstr(ply.ptr, end) + sizeof(end) - 1;
    assert_int_equal(ply.len - (size_t)(body - ply.ptr), 6 * 12 + 2 * 13);
    assert_memory_equal(body, stl + 96, 36);
    assert_memory_equal(body + 36, stl + 146, 36);
    assert_memory_equal(body + 72, "\3\0\0\0\0\1\0\0\0\2\0\0\0\3\3\0\0\0\4\0\0\0\5\0\0\0", 26);
    stl[83] = 0xff;
    assert_int_equal(sn_mesh_check(SN_STR("stl"), whole, &error), SN_ERR_INVALID_ARGUMENT);
    assert_string_equal(error.text, "STL file size mismatch: expected 213909504184 bytes, got 184");
    memory_fini(&memory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes_no_body_has_are_refused),
        cmocka_unit_test(a_capsule_of_two_ends_is_a_sphere),
        cmocka_unit_test(stl_becomes_ply),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
