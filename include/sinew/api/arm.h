/* SPDX-License-Identifier: Apache-2.0
 *
 * Arm: joints that carry an end. Source: viam.component.arm.v1.
 *
 * Poses are the end's, seen from the arm's base, in mm and degrees. Joint positions are degrees (mm
 * of a joint that slides), in the order of the kinematics. Messages are the wire's; what a result
 * refers to is in the call's arena or lives as long as the arm. `extra` may be NULL everywhere.
 */
#ifndef SINEW_API_ARM_H
#define SINEW_API_ARM_H

#include "sinew/api/common.h"
#include "sinew/duplex.h"

#ifdef __cplusplus
extern "C" {
#endif

#define SN_API_ARM "rdk:component:arm"

struct pb_arm_joint_positions; /* "pb/component/arm/v1/arm.h" */
struct pb_arm_get_properties_response;
struct pb_arm_move_options;
struct pb_arm_move_through_joint_positions_streamed_request;
struct pb_common_get3_d_models_response; /* "pb/common/v1/common.h" */
struct pb_common_pose;

struct sn_arm {
    struct sn_resource base;
};

/* Slots are mandatory unless they say otherwise. Results come in zeroed. */
struct sn_arm_ops {
    struct sn_common_ops common;

    /* Read. */
    int (*end_position)(struct sn_call *call, struct sn_arm *arm,
                        const struct pb_google_struct *extra, struct pb_common_pose *ret_pose);

    /* Actuation; completes when the end is at `pose`. */
    int (*move_to_position)(struct sn_call *call, struct sn_arm *arm,
                            const struct pb_common_pose *pose,
                            const struct pb_google_struct *extra);

    /* Read. */
    int (*joint_positions)(struct sn_call *call, struct sn_arm *arm,
                           const struct pb_google_struct *extra,
                           struct pb_arm_joint_positions *ret_positions);

    /* Actuation; completes when the joints are there. */
    int (*move_to_joint_positions)(struct sn_call *call, struct sn_arm *arm,
                                   const struct pb_arm_joint_positions *positions,
                                   const struct pb_google_struct *extra);

    /* Actuation; completes at the last of `count` positions. `options` may be NULL. */
    int (*move_through_joint_positions)(struct sn_call *call, struct sn_arm *arm,
                                        const struct pb_arm_joint_positions *positions,
                                        size_t count, const struct pb_arm_move_options *options,
                                        const struct pb_google_struct *extra);

    /* Actuation; completes at the last point, or wherever it must. Requests of `duplex` are
     * struct pb_arm_move_through_joint_positions_streamed_request with points to append to the
     * motion (sn_arm_take_batch() checks them), its responses acknowledge them. The motion ends
     * when the points do. Optional: without it UNIMPLEMENTED. */
    int (*move_through_streamed)(struct sn_call *call, struct sn_arm *arm,
                                 const struct pb_google_struct *extra, struct sn_duplex *duplex);

    /* Stop: hold still now. Must succeed on an arm that stands still. */
    int (*stop)(struct sn_call *call, struct sn_arm *arm, const struct pb_google_struct *extra);

    /* Read. */
    int (*is_moving)(struct sn_call *call, struct sn_arm *arm, bool *ret_moving);

    /* Read. What the links look like, by link. Optional: without it none. */
    int (*models_3d)(struct sn_call *call, struct sn_arm *arm, const struct pb_google_struct *extra,
                     struct pb_common_get3_d_models_response *ret_models);

    /* Actuation: lets the arm be moved by hand, or ends that; for `seconds`, 0: until told
     * otherwise. Optional, as the next two: without them UNIMPLEMENTED. */
    int (*set_manual_mode)(struct sn_call *call, struct sn_arm *arm, bool on, int32_t seconds,
                           const struct pb_google_struct *extra);

    /* Reads. */
    int (*manual_mode)(struct sn_call *call, struct sn_arm *arm,
                       const struct pb_google_struct *extra, bool *ret_on);
    int (*properties)(struct sn_call *call, struct sn_arm *arm,
                      const struct pb_google_struct *extra,
                      struct pb_arm_get_properties_response *ret_properties);
};

int sn_arm_end_position(struct sn_call *call, struct sn_arm *arm,
                        const struct pb_google_struct *extra, struct pb_common_pose *ret_pose);

/* `pose` NULL: UNKNOWN "pose cannot be nil". */
int sn_arm_move_to_position(struct sn_call *call, struct sn_arm *arm,
                            const struct pb_common_pose *pose,
                            const struct pb_google_struct *extra);
int sn_arm_joint_positions(struct sn_call *call, struct sn_arm *arm,
                           const struct pb_google_struct *extra,
                           struct pb_arm_joint_positions *ret_positions);

/* `positions` NULL: UNKNOWN "jointPositions cannot be nil", as upstream. */
int sn_arm_move_to_joint_positions(struct sn_call *call, struct sn_arm *arm,
                                   const struct pb_arm_joint_positions *positions,
                                   const struct pb_google_struct *extra);
int sn_arm_move_through_joint_positions(struct sn_call *call, struct sn_arm *arm,
                                        const struct pb_arm_joint_positions *positions,
                                        size_t count, const struct pb_arm_move_options *options,
                                        const struct pb_google_struct *extra);
int sn_arm_move_through_streamed(struct sn_call *call, struct sn_arm *arm,
                                 const struct pb_google_struct *extra, struct sn_duplex *duplex);
int sn_arm_stop(struct sn_call *call, struct sn_arm *arm, const struct pb_google_struct *extra);
int sn_arm_is_moving(struct sn_call *call, struct sn_arm *arm, bool *ret_moving);
int sn_arm_models_3d(struct sn_call *call, struct sn_arm *arm, const struct pb_google_struct *extra,
                     struct pb_common_get3_d_models_response *ret_models);
int sn_arm_set_manual_mode(struct sn_call *call, struct sn_arm *arm, bool on, int32_t seconds,
                           const struct pb_google_struct *extra);
int sn_arm_manual_mode(struct sn_call *call, struct sn_arm *arm,
                       const struct pb_google_struct *extra, bool *ret_on);
int sn_arm_properties(struct sn_call *call, struct sn_arm *arm,
                      const struct pb_google_struct *extra,
                      struct pb_arm_get_properties_response *ret_properties);

/* ---- for drivers ---- */

/* What is known of a trajectory so far; zeroed at its beginning. */
struct sn_arm_trajectory {
    bool begun;
    int64_t last_ns; /* of its last point, from its beginning */
};

/* Checks a request of a streamed move: that it is a batch, that its points begin at time zero and
 * from rest, later each, with constraints of as many numbers as positions. INVALID_ARGUMENT with
 * the SDKs' texts. */
int sn_arm_take_batch(struct sn_call *call, struct sn_arm_trajectory *trajectory,
                      const struct pb_arm_move_through_joint_positions_streamed_request *request)
    SN_MUST_USE;

#ifdef __cplusplus
}
#endif

#endif
