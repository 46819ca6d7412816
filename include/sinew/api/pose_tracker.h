/* SPDX-License-Identifier: Apache-2.0
 *
 * Pose tracker: sees where bodies are. Source: viam.component.posetracker.v1.
 */
#ifndef SINEW_API_POSE_TRACKER_H
#define SINEW_API_POSE_TRACKER_H

#include "sinew/api/common.h"
#include "sinew/str.h"

#ifdef __cplusplus
extern "C" {
#endif

#define SN_API_POSE_TRACKER "rdk:component:pose_tracker"

struct pb_posetracker_get_poses_response; /* "pb/component/posetracker/v1/pose_tracker.h" */

struct sn_pose_tracker {
    struct sn_resource base;
};

struct sn_pose_tracker_ops {
    struct sn_common_ops common;

    /* Mandatory. A read. Poses of the bodies named, or of all seen when none is; a name that isn't
     * seen has none. `*ret` comes zeroed, its entries go into the call's arena. `extra` may be
     * NULL.
     */
    int (*poses)(struct sn_call *call, struct sn_pose_tracker *tracker, const struct sn_str *bodies,
                 size_t count, const struct pb_google_struct *extra,
                 struct pb_posetracker_get_poses_response *ret);
};

int sn_pose_tracker_poses(struct sn_call *call, struct sn_pose_tracker *tracker,
                          const struct sn_str *bodies, size_t count,
                          const struct pb_google_struct *extra,
                          struct pb_posetracker_get_poses_response *ret);

#ifdef __cplusplus
}
#endif

#endif
