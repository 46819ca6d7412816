/* SPDX-License-Identifier: Apache-2.0
 *
 * What every pose tracker does.
 */
#include "sinew/api/pose_tracker.h"
#include "conform.h"
#include "pb/component/posetracker/v1/pose_tracker.h"

struct ask_poses {
    struct ask ask;
    struct sn_str names[2];
    size_t count;
    struct pb_posetracker_get_poses_response poses;
};

static int start_poses(struct sn_call *call)
{
    struct ask_poses *a = (struct ask_poses *)call;

    return sn_pose_tracker_poses(call, (struct sn_pose_tracker *)a->ask.subject->resource, a->names,
                                 a->count, NULL, &a->poses);
}

static void bodies_have_names_and_poses(void **state)
{
    struct ask_poses a = {0};

    assert_int_equal(ask(&a.ask, *state, start_poses), 0);
    for (uint32_t i = 0; i < a.poses.body_poses.n; i++) {
        assert_true(a.poses.body_poses.v[i].key.len > 0);
        assert_non_null(a.poses.body_poses.v[i].value.pose);
        assert_true(a.poses.body_poses.v[i].value.reference_frame.len > 0);
    }
}

static void gives_the_bodies_asked_for(void **state)
{
    struct ask_poses all = {0};

    assert_int_equal(ask(&all.ask, *state, start_poses), 0);
    for (uint32_t i = 0; i < all.poses.body_poses.n; i++) {
        struct ask_poses one = {.names = {all.poses.body_poses.v[i].key, SN_STR("nobody")},
                                .count = 2};

        assert_int_equal(ask(&one.ask, *state, start_poses), 0);
        assert_int_equal(one.poses.body_poses.n, 1);
        assert_true(sn_str_eq(one.poses.body_poses.v[0].key, one.names[0]));
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(bodies_have_names_and_poses),
    cmocka_unit_test(gives_the_bodies_asked_for),
    cmocka_unit_test(do_command_answers),
    cmocka_unit_test(status_answers),
};

const struct suite suite_pose_tracker = {SN_API_POSE_TRACKER, tests,
                                         sizeof(tests) / sizeof(tests[0])};
