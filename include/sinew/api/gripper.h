/* SPDX-License-Identifier: Apache-2.0
 *
 * Gripper: opens and grabs. Source: viam.component.gripper.v1.
 *
 * `extra` may be NULL everywhere.
 */
#ifndef SINEW_API_GRIPPER_H
#define SINEW_API_GRIPPER_H

#include "sinew/api/common.h"

#ifdef __cplusplus
extern "C" {
#endif

#define SN_API_GRIPPER "rdk:component:gripper"

struct pb_arm_joint_positions; /* "pb/component/arm/v1/arm.h" */

struct sn_gripper {
    struct sn_resource base;
};

/* All slots are mandatory, `common.kinematics` too. */
struct sn_gripper_ops {
    struct sn_common_ops common;

    /* Actuation; completes when it is open. */
    int (*open)(struct sn_call *call, struct sn_gripper *gripper,
                const struct pb_google_struct *extra);

    /* Actuation; whether it holds something then. */
    int (*grab)(struct sn_call *call, struct sn_gripper *gripper,
                const struct pb_google_struct *extra, bool *ret_grabbed);

    /* Stop. Must succeed on a gripper that stands still. */
    int (*stop)(struct sn_call *call, struct sn_gripper *gripper,
                const struct pb_google_struct *extra);

    /* Reads. */
    int (*is_moving)(struct sn_call *call, struct sn_gripper *gripper, bool *ret_moving);

    /* `*ret_meta`, in the call's arena, is what else the gripper knows of it; never NULL after
     * success. */
    int (*is_holding)(struct sn_call *call, struct sn_gripper *gripper,
                      const struct pb_google_struct *extra, bool *ret_holding,
                      struct pb_google_struct **ret_meta);

    /* Read. Where the joints of its kinematics are: rad, mm. The list is in the call's arena or
     * lives as long as the gripper. */
    int (*inputs)(struct sn_call *call, struct sn_gripper *gripper,
                  const struct pb_google_struct *extra, struct pb_arm_joint_positions *ret_inputs);

    /* Actuation; completes when the joints are there. */
    int (*go_to_inputs)(struct sn_call *call, struct sn_gripper *gripper, const double *inputs,
                        size_t count, const struct pb_google_struct *extra);
};

int sn_gripper_open(struct sn_call *call, struct sn_gripper *gripper,
                    const struct pb_google_struct *extra);
int sn_gripper_grab(struct sn_call *call, struct sn_gripper *gripper,
                    const struct pb_google_struct *extra, bool *ret_grabbed);
int sn_gripper_stop(struct sn_call *call, struct sn_gripper *gripper,
                    const struct pb_google_struct *extra);
int sn_gripper_is_moving(struct sn_call *call, struct sn_gripper *gripper, bool *ret_moving);
int sn_gripper_is_holding(struct sn_call *call, struct sn_gripper *gripper,
                          const struct pb_google_struct *extra, bool *ret_holding,
                          struct pb_google_struct **ret_meta);
int sn_gripper_inputs(struct sn_call *call, struct sn_gripper *gripper,
                      const struct pb_google_struct *extra,
                      struct pb_arm_joint_positions *ret_inputs);
int sn_gripper_go_to_inputs(struct sn_call *call, struct sn_gripper *gripper, const double *inputs,
                            size_t count, const struct pb_google_struct *extra);

#ifdef __cplusplus
}
#endif

#endif
