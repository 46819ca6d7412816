/* SPDX-License-Identifier: Apache-2.0
 *
 * Gantry: carriages on axes. Source: viam.component.gantry.v1.
 *
 * Positions and lengths are mm, one number per axis. `extra` may be NULL everywhere.
 */
#ifndef SINEW_API_GANTRY_H
#define SINEW_API_GANTRY_H

#include "sinew/api/common.h"

#ifdef __cplusplus
extern "C" {
#endif

#define SN_API_GANTRY "rdk:component:gantry"

struct pb_arm_joint_positions;         /* "pb/component/arm/v1/arm.h" */
struct pb_gantry_get_lengths_response; /* "pb/component/gantry/v1/gantry.h" */
struct pb_gantry_get_position_response;

struct sn_gantry {
    struct sn_resource base;
};

/* All slots are mandatory, `common.kinematics` too. Results come zeroed; their lists are in the
 * call's arena or live as long as the gantry. */
struct sn_gantry_ops {
    struct sn_common_ops common;

    /* Read. */
    int (*position)(struct sn_call *call, struct sn_gantry *gantry,
                    const struct pb_google_struct *extra,
                    struct pb_gantry_get_position_response *ret_position);

    /* Read. How far each axis goes. */
    int (*lengths)(struct sn_call *call, struct sn_gantry *gantry,
                   const struct pb_google_struct *extra,
                   struct pb_gantry_get_lengths_response *ret_lengths);

    /* Actuation; completes when it is there. `speeds`: mm/s, one per axis or none. Counts that
     * don't fit the axes are the driver's to refuse. */
    int (*move_to_position)(struct sn_call *call, struct sn_gantry *gantry, const double *positions,
                            size_t count, const double *speeds, size_t speed_count,
                            const struct pb_google_struct *extra);

    /* Actuation: finds its ends. */
    int (*home)(struct sn_call *call, struct sn_gantry *gantry,
                const struct pb_google_struct *extra, bool *ret_homed);

    /* Stop. Must succeed on a gantry that stands still. */
    int (*stop)(struct sn_call *call, struct sn_gantry *gantry,
                const struct pb_google_struct *extra);

    /* Read. */
    int (*is_moving)(struct sn_call *call, struct sn_gantry *gantry, bool *ret_moving);
};

int sn_gantry_position(struct sn_call *call, struct sn_gantry *gantry,
                       const struct pb_google_struct *extra,
                       struct pb_gantry_get_position_response *ret_position);
int sn_gantry_lengths(struct sn_call *call, struct sn_gantry *gantry,
                      const struct pb_google_struct *extra,
                      struct pb_gantry_get_lengths_response *ret_lengths);
int sn_gantry_move_to_position(struct sn_call *call, struct sn_gantry *gantry,
                               const double *positions, size_t count, const double *speeds,
                               size_t speed_count, const struct pb_google_struct *extra);
int sn_gantry_home(struct sn_call *call, struct sn_gantry *gantry,
                   const struct pb_google_struct *extra, bool *ret_homed);
int sn_gantry_stop(struct sn_call *call, struct sn_gantry *gantry,
                   const struct pb_google_struct *extra);
int sn_gantry_is_moving(struct sn_call *call, struct sn_gantry *gantry, bool *ret_moving);

#ifdef __cplusplus
}
#endif

#endif
