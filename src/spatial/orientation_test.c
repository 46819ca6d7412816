/* SPDX-License-Identifier: Apache-2.0
 *
 * Known orientations in all their spellings (numbers of upstream's program), poles and gimbal lock,
 * then there and back with random ones.
 */
#include "spatial/orientation.h"
#include "spatial/testing.h"

struct known {
    struct sn_orientation_vector ov; /* theta in degrees */
    struct sn_quat q;
};

static const struct known known[] = {
    {{0, 0, 1, 0}, {1, 0, 0, 0}},
    {{0, 0, -1, 0}, {0, 0, 1, 0}},
    {{1, 0, 0, 0}, {.707107, 0, .707107, 0}},
    {{0, 1, 0, 30}, {.353553, -.353553, .612372, .612372}},
    {{0, 0, 1, 45}, {.923880, 0, 0, .382683}},
    {{0, 0, -1, 45}, {0, .382683, .923880, 0}},
    {{1, 2, 3, 60}, {.449727, -.009435, .314673, .835845}},
    {{-.5, .2, -.7, -120}, {.304303, -.619871, -.715581, .105370}},
    {{.001, 0, 1, 10}, {.996195, .000044, .000498, .087156}},
};
enum { KNOWN = sizeof(known) / sizeof(known[0]) };

static void orientation_vectors_mean_what_upstream_means(void **state)
{
    for (size_t i = 0; i < KNOWN; i++) {
        struct sn_orientation_vector ov = known[i].ov;

        ov.theta = sn_radians(ov.theta);
        struct sn_quat q = sn_quat_from_orientation_vector(ov);
        expect_near(q.w, known[i].q.w, 1e-6);
        expect_near(q.x, known[i].q.x, 1e-6);
        expect_near(q.y, known[i].q.y, 1e-6);
        expect_near(q.z, known[i].q.z, 1e-6);
    }
}

static void quaternions_give_them_back(void **state)
{
    for (size_t i = 0; i < KNOWN; i++) {
        struct sn_orientation_vector ov = known[i].ov;
        double norm = sn_vec3_norm(sn_vec3(ov.x, ov.y, ov.z));
        struct sn_orientation_vector back =
            sn_quat_to_orientation_vector(sn_quat_normalize(known[i].q));

        expect_near(back.x, ov.x / norm, 2e-6);
        expect_near(back.y, ov.y / norm, 2e-6);
        expect_near(back.z, ov.z / norm, 2e-6);
        expect_near(sn_degrees(back.theta), ov.theta, 2e-4);
    }
}

static void euler_angles_match(void **state)
{
    static const struct sn_euler angles[] = {{.5732, .3034, 2.2444}, {-2.5539, -.3098, 1.6194}};

    for (size_t i = 0; i < 2; i++) {
        struct sn_quat q = sn_quat_normalize(known[6 + i].q);
        struct sn_euler back = sn_quat_to_euler(q);

        expect_quat(sn_quat_from_euler(angles[i]), q, 2e-4);
        expect_near(back.roll, angles[i].roll, 1e-4);
        expect_near(back.pitch, angles[i].pitch, 1e-4);
        expect_near(back.yaw, angles[i].yaw, 1e-4);
    }
}

static void turns_are_right_handed(void **state)
{
    struct sn_quat q = sn_quat_from_euler((struct sn_euler){.yaw = SN_PI / 2});
    struct sn_vec3 v = sn_quat_rotate(q, sn_vec3(1, 0, 0));
    struct sn_matrix3 m = sn_quat_to_matrix(q);

    expect_near(v.x, 0, 1e-15);
    expect_near(v.y, 1, 1e-15);
    expect_near(m.m[0][1], -1, 1e-15);
    expect_near(m.m[1][0], 1, 1e-15);
}

/* A tilt so small that its direction is dropped: back within twice the tilt. */
static void near_the_poles_the_tilt_may_be_lost(void **state)
{
    struct sn_random random;

    sn_random_init(&random, 3);
    for (int i = 0; i < 10000; i++) {
        struct sn_orientation_vector ov = {random_unit(&random) * .01, random_unit(&random) * .01,
                                           i % 2 ? 1 : -1, random_unit(&random) * SN_PI};
        struct sn_quat q = sn_quat_from_orientation_vector(ov);
        struct sn_orientation_vector back = sn_quat_to_orientation_vector(q);

        assert_true(isfinite(back.theta));
        expect_quat(sn_quat_from_orientation_vector(back), q, 0.03);
    }
}

static void gimbal_lock_keeps_the_turn(void **state)
{
    for (int side = -1; side <= 1; side += 2) {
        for (int i = 0; i < 16; i++) {
            for (int k = 0; k < 14; k++) {
                double roll = -3 + i * 0.37, yaw = -3 + k * 0.41;
                struct sn_quat q =
                    sn_quat_from_euler((struct sn_euler){roll, side * SN_PI / 2, yaw});
                struct sn_euler back = sn_quat_to_euler(q);

                expect_near(back.pitch, side * SN_PI / 2, 1e-6);
                expect_quat(sn_quat_from_euler(back), q, 1e-6);
            }
        }
    }
}

static void axis_angles(void **state)
{
    struct sn_axis_angle none = sn_quat_to_axis_angle(SN_QUAT_IDENTITY);
    struct sn_axis_angle half = sn_quat_to_axis_angle(sn_quat(-.5, .5, -.5, .5));

    assert_true(none.z == 1 && none.x == 0 && none.y == 0 && none.theta == 0);
    expect_near(half.theta, 2 * SN_PI / 3, 1e-12);
    expect_near(half.x, -1 / sqrt(3), 1e-12);
    expect_quat(sn_quat_from_axis_angle((struct sn_axis_angle){0, 0, 9, 1}),
                sn_quat_from_euler((struct sn_euler){.yaw = 1}), 1e-12);
}

static void what_is_no_direction_is_the_identity(void **state)
{
    static const double bad[] = {0, NAN, INFINITY};

    for (size_t i = 0; i < 3; i++) {
        double b = bad[i];

        expect_quat(sn_quat_from_orientation_vector((struct sn_orientation_vector){b, b, b, 1}),
                    SN_QUAT_IDENTITY, 0);
        expect_quat(sn_quat_from_axis_angle((struct sn_axis_angle){b, b, b, 1}), SN_QUAT_IDENTITY,
                    0);
        expect_quat(sn_quat_normalize(sn_quat(b, b, b, b)), SN_QUAT_IDENTITY, 0);
    }
}

static void every_spelling_goes_there_and_back(void **state)
{
    struct sn_random random;

    sn_random_init(&random, 7);
    for (int i = 0; i < 100000; i++) {
        struct sn_quat q = random_quat(&random);
        struct sn_matrix3 m = sn_quat_to_matrix(q);

        expect_quat(sn_quat_from_euler(sn_quat_to_euler(q)), q, 1e-6);
        expect_quat(sn_quat_from_axis_angle(sn_quat_to_axis_angle(q)), q, 1e-9);
        expect_quat(sn_quat_from_matrix(&m), q, 1e-9);
        if (fabs(sn_quat_to_orientation_vector(q).z) < 1 - 1e-4)
            expect_quat(sn_quat_from_orientation_vector(sn_quat_to_orientation_vector(q)), q, 1e-8);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(orientation_vectors_mean_what_upstream_means),
        cmocka_unit_test(quaternions_give_them_back),
        cmocka_unit_test(euler_angles_match),
        cmocka_unit_test(turns_are_right_handed),
        cmocka_unit_test(near_the_poles_the_tilt_may_be_lost),
        cmocka_unit_test(gimbal_lock_keeps_the_turn),
        cmocka_unit_test(axis_angles),
        cmocka_unit_test(what_is_no_direction_is_the_identity),
        cmocka_unit_test(every_spelling_goes_there_and_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
