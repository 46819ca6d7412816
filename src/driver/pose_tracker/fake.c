/* SPDX-License-Identifier: Apache-2.0
 *
 * Pose tracker without hardware: two bodies that stand still, in the tracker's own frame. The
 * reference has none.
 */
#include "pb/component/posetracker/v1/pose_tracker.h"
#include "sinew/api/pose_tracker.h"
#include "sinew/driver.h"
#include "sinew/pb.h"

struct fake_pose_tracker {
    struct sn_pose_tracker base;
};

static const struct fake_body {
    const char *name;
    struct pb_common_pose pose;
} bodies[] = {
    {"body_1", {.x = 100, .o_z = 1}},
    {"body_2", {.y = 200, .z = 50, .o_z = 1, .theta = 90}},
};

static bool is_wanted(const char *name, const struct sn_str *wanted, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (sn_str_is(wanted[i], name))
            return true;
    return count == 0;
}

static int fake_poses(struct sn_call *call, struct sn_pose_tracker *tracker,
                      const struct sn_str *wanted, size_t count,
                      const struct pb_google_struct *extra,
                      struct pb_posetracker_get_poses_response *ret)
{
    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        if (!is_wanted(bodies[i].name, wanted, count))
            continue;
        struct pb_posetracker_get_poses_response_body_poses_entry *entry =
            sn_pb_add(&ret->body_poses, call->arena);
        struct pb_common_pose *pose = sn_arena_alloc(call->arena, sizeof(*pose));
        if (!entry || !pose)
            return SN_ERR_RESOURCE_EXHAUSTED;
        *pose = bodies[i].pose;
        entry->key = sn_str_of(bodies[i].name);
        entry->value.reference_frame = sn_str_of(tracker->base.name);
        entry->value.pose = pose;
    }
    return 0;
}

static const struct sn_pose_tracker_ops fake_ops = {
    .poses = fake_poses,
};

const struct sn_driver sn_driver_pose_tracker_fake = {
    .api = SN_API_POSE_TRACKER,
    .model = "rdk:builtin:fake",
    .help = "sees body_1 and body_2, which stand still",
    .size = sizeof(struct fake_pose_tracker),
    .ops = &fake_ops,
};
