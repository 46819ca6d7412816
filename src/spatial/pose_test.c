/* SPDX-License-Identifier: Apache-2.0
 *
 * The laws that poses obey, with random ones.
 */
#include "spatial/testing.h"

enum { ROUNDS = 20000 };

static void inverses_cancel(void **state)
{
    struct sn_random random;

    sn_random_init(&random, 1);
    for (int i = 0; i < ROUNDS; i++) {
        struct sn_pose a = random_pose(&random), b = random_pose(&random);
        struct sn_pose back = sn_pose_invert(&a), between = sn_pose_between(&a, &b);

        expect_pose(sn_pose_compose(&a, &back), SN_POSE_IDENTITY);
        expect_pose(sn_pose_compose(&back, &a), SN_POSE_IDENTITY);
        expect_pose(sn_pose_compose(&a, &between), b);
        expect_pose(sn_pose_compose(&back, &b), between);
    }
}

static void composing_is_applying_twice(void **state)
{
    struct sn_random random;

    sn_random_init(&random, 2);
    for (int i = 0; i < ROUNDS; i++) {
        struct sn_pose a = random_pose(&random), b = random_pose(&random);
        struct sn_vec3 v = random_vec(&random, 1000);
        struct sn_pose ab = sn_pose_compose(&a, &b);
        struct sn_vec3 once = sn_pose_apply(&ab, v),
                       twice = sn_pose_apply(&a, sn_pose_apply(&b, v));

        expect_near(sn_vec3_norm(sn_vec3_sub(once, twice)), 0, 1e-9);
    }
}

static void interpolation_keeps_ends_and_pace(void **state)
{
    struct sn_random random;

    sn_random_init(&random, 3);
    for (int i = 0; i < ROUNDS; i++) {
        struct sn_pose a = random_pose(&random), b = random_pose(&random);
        struct sn_pose third = sn_pose_interpolate(&a, &b, 1 / 3.);
        double whole = sn_quat_angle(a.rotation, b.rotation);

        expect_pose(sn_pose_interpolate(&a, &b, 0), a);
        expect_pose(sn_pose_interpolate(&a, &b, 1), b);
        expect_near(sn_quat_angle(a.rotation, third.rotation), whole / 3, 1e-6);
        expect_near(sn_quat_angle(third.rotation, b.rotation), whole * 2 / 3, 1e-6);
        expect_near(sn_vec3_norm(sn_vec3_sub(third.point, a.point)) * 3,
                    sn_vec3_norm(sn_vec3_sub(b.point, a.point)), 1e-9);
    }
    struct sn_quat q = random_quat(&random), same = sn_quat(-q.w, -q.x, -q.y, -q.z);
    expect_quat(sn_quat_slerp(q, same, 0.5), q, 1e-9);
}

static void equality_has_a_tolerance(void **state)
{
    struct sn_pose a = SN_POSE_IDENTITY, b = a;

    b.point.x = 0.1;
    assert_true(sn_pose_almost_equal(&a, &b, 0.11, 0));
    assert_false(sn_pose_almost_equal(&a, &b, 0.09, 0));
    b.point.x = 0;
    b.rotation = sn_quat_about(sn_vec3(0, 1, 0), 0.2);
    assert_true(sn_pose_almost_equal(&a, &b, 0, 0.21));
    assert_false(sn_pose_almost_equal(&a, &b, 0, 0.19));
    b.point.y = NAN;
    assert_false(sn_pose_almost_equal(&a, &b, 1, 1));
}

static void the_wire_gives_them_back(void **state)
{
    struct sn_random random;
    struct sn_pose zero = sn_pose_from_wire(&(struct sn_pose_wire){.x = 1, .theta = 90});

    expect_quat(zero.rotation, sn_quat_about(sn_vec3(0, 0, 1), SN_PI / 2), 1e-12);
    sn_random_init(&random, 4);
    for (int i = 0; i < ROUNDS; i++) {
        struct sn_pose a = random_pose(&random);
        struct sn_pose_wire wire = sn_pose_to_wire(&a);
        struct sn_pose back = sn_pose_from_wire(&wire);

        assert_true(sn_pose_almost_equal(&a, &back, 0, fabs(wire.o_z) < 1 - 1e-4 ? 1e-8 : 0.03));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(inverses_cancel),
        cmocka_unit_test(composing_is_applying_twice),
        cmocka_unit_test(interpolation_keeps_ends_and_pace),
        cmocka_unit_test(equality_has_a_tolerance),
        cmocka_unit_test(the_wire_gives_them_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
