/* SPDX-License-Identifier: Apache-2.0
 *
 * Base: drives about. Source: viam.component.base.v1.
 *
 * The base's own axes: X to the right, Y forward, Z up; a positive angle turns left. `extra` may be
 * NULL everywhere.
 */
#ifndef SINEW_API_BASE_H
#define SINEW_API_BASE_H

#include "sinew/api/common.h"

#ifdef __cplusplus
extern "C" {
#endif

#define SN_API_BASE "rdk:component:base"

struct pb_base_get_properties_response; /* "pb/component/base/v1/base.h" */
struct pb_common_vector3;               /* "pb/common/v1/common.h" */

struct sn_base {
    struct sn_resource base;
};

/* All slots but `common`'s are mandatory. */
struct sn_base_ops {
    struct sn_common_ops common;

    /* Actuation; completes when `distance` (mm) is driven at `speed` (mm/s). Backward when one of
     * the two is negative. */
    int (*move_straight)(struct sn_call *call, struct sn_base *base, int64_t distance, double speed,
                         const struct pb_google_struct *extra);

    /* Actuation; completes when turned by `angle` (degrees) at `speed` (degrees/s). */
    int (*spin)(struct sn_call *call, struct sn_base *base, double angle, double speed,
                const struct pb_google_struct *extra);

    /* Actuation; keeps moving. Parts of the most it can, -1..1 each; other values are the driver's
     * to clamp. `linear` and `angular` are never NULL. */
    int (*set_power)(struct sn_call *call, struct sn_base *base,
                     const struct pb_common_vector3 *linear,
                     const struct pb_common_vector3 *angular, const struct pb_google_struct *extra);

    /* Actuation; keeps moving. `linear` in mm/s, `angular` in degrees/s, never NULL. */
    int (*set_velocity)(struct sn_call *call, struct sn_base *base,
                        const struct pb_common_vector3 *linear,
                        const struct pb_common_vector3 *angular,
                        const struct pb_google_struct *extra);

    /* Stop. Must succeed on a base that stands still. */
    int (*stop)(struct sn_call *call, struct sn_base *base, const struct pb_google_struct *extra);

    /* Read. */
    int (*is_moving)(struct sn_call *call, struct sn_base *base, bool *ret_moving);

    /* Read; metres, 0 where unknown. `*ret_properties` comes zeroed. */
    int (*properties)(struct sn_call *call, struct sn_base *base,
                      const struct pb_google_struct *extra,
                      struct pb_base_get_properties_response *ret_properties);
};

int sn_base_move_straight(struct sn_call *call, struct sn_base *base, int64_t distance,
                          double speed, const struct pb_google_struct *extra);
int sn_base_spin(struct sn_call *call, struct sn_base *base, double angle, double speed,
                 const struct pb_google_struct *extra);

/* `linear` and `angular` may be NULL: zero. */
int sn_base_set_power(struct sn_call *call, struct sn_base *base,
                      const struct pb_common_vector3 *linear,
                      const struct pb_common_vector3 *angular,
                      const struct pb_google_struct *extra);
int sn_base_set_velocity(struct sn_call *call, struct sn_base *base,
                         const struct pb_common_vector3 *linear,
                         const struct pb_common_vector3 *angular,
                         const struct pb_google_struct *extra);
int sn_base_stop(struct sn_call *call, struct sn_base *base, const struct pb_google_struct *extra);
int sn_base_is_moving(struct sn_call *call, struct sn_base *base, bool *ret_moving);
int sn_base_properties(struct sn_call *call, struct sn_base *base,
                       const struct pb_google_struct *extra,
                       struct pb_base_get_properties_response *ret_properties);

#ifdef __cplusplus
}
#endif

#endif
