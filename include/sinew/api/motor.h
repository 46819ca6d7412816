/* SPDX-License-Identifier: Apache-2.0
 *
 * Motor: turns, by power or by revolutions. Source: viam.component.motor.v1.
 *
 * Signs: power, speed and revolutions have one each; the direction of a GoFor is that of rpm times
 * revolutions, so both negative turn forward. `extra` may be NULL everywhere.
 */
#ifndef SINEW_API_MOTOR_H
#define SINEW_API_MOTOR_H

#include "sinew/api/common.h"

#ifdef __cplusplus
extern "C" {
#endif

#define SN_API_MOTOR "rdk:component:motor"

struct sn_motor {
    struct sn_resource base;
};

/* All slots but `common`'s are mandatory. */
struct sn_motor_ops {
    struct sn_common_ops common;

    /* Actuation. `power`: -1..1 of the maximum; NaN and values out of range are the driver's to
     * refuse or clamp (the reference's fake takes any). */
    int (*set_power)(struct sn_call *call, struct sn_motor *motor, double power,
                     const struct pb_google_struct *extra);

    /* Actuation; completes when the motor has turned `revolutions` (or was stopped: then 0). `rpm`:
     * revolutions per minute. */
    int (*go_for)(struct sn_call *call, struct sn_motor *motor, double rpm, double revolutions,
                  const struct pb_google_struct *extra);

    /* Actuation; completes when `position` (revolutions from zero) is reached. */
    int (*go_to)(struct sn_call *call, struct sn_motor *motor, double rpm, double position,
                 const struct pb_google_struct *extra);

    /* Actuation; keeps turning. */
    int (*set_rpm)(struct sn_call *call, struct sn_motor *motor, double rpm,
                   const struct pb_google_struct *extra);

    /* Counts as a read: it doesn't wait for a motion's end. The present position becomes `offset`
     * revolutions behind zero. */
    int (*reset_zero_position)(struct sn_call *call, struct sn_motor *motor, double offset,
                               const struct pb_google_struct *extra);

    /* Read; revolutions from zero. */
    int (*position)(struct sn_call *call, struct sn_motor *motor,
                    const struct pb_google_struct *extra, double *ret_revolutions);

    /* Read; whether `position` means something. */
    int (*properties)(struct sn_call *call, struct sn_motor *motor,
                      const struct pb_google_struct *extra, bool *ret_position_reporting);

    /* Stop: power off now. Must succeed on a motor that stands still. */
    int (*stop)(struct sn_call *call, struct sn_motor *motor, const struct pb_google_struct *extra);

    /* Read; `power` -1..1. */
    int (*is_powered)(struct sn_call *call, struct sn_motor *motor,
                      const struct pb_google_struct *extra, bool *ret_on, double *ret_power);

    /* Read. */
    int (*is_moving)(struct sn_call *call, struct sn_motor *motor, bool *ret_moving);
};

int sn_motor_set_power(struct sn_call *call, struct sn_motor *motor, double power,
                       const struct pb_google_struct *extra);
int sn_motor_go_for(struct sn_call *call, struct sn_motor *motor, double rpm, double revolutions,
                    const struct pb_google_struct *extra);
int sn_motor_go_to(struct sn_call *call, struct sn_motor *motor, double rpm, double position,
                   const struct pb_google_struct *extra);
int sn_motor_set_rpm(struct sn_call *call, struct sn_motor *motor, double rpm,
                     const struct pb_google_struct *extra);
int sn_motor_reset_zero_position(struct sn_call *call, struct sn_motor *motor, double offset,
                                 const struct pb_google_struct *extra);
int sn_motor_position(struct sn_call *call, struct sn_motor *motor,
                      const struct pb_google_struct *extra, double *ret_revolutions);
int sn_motor_properties(struct sn_call *call, struct sn_motor *motor,
                        const struct pb_google_struct *extra, bool *ret_position_reporting);
int sn_motor_stop(struct sn_call *call, struct sn_motor *motor,
                  const struct pb_google_struct *extra);
int sn_motor_is_powered(struct sn_call *call, struct sn_motor *motor,
                        const struct pb_google_struct *extra, bool *ret_on, double *ret_power);
int sn_motor_is_moving(struct sn_call *call, struct sn_motor *motor, bool *ret_moving);

/* For drivers: UNKNOWN with upstream's text for a speed of 0 (texts clients know); 0 otherwise. */
int sn_motor_check_rpm(struct sn_call *call, double rpm);
int sn_motor_check_revolutions(struct sn_call *call, double revolutions);

#ifdef __cplusplus
}
#endif

#endif
