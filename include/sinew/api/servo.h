/* SPDX-License-Identifier: Apache-2.0
 *
 * Servo: turns to an angle and holds it. Source: viam.component.servo.v1.
 */
#ifndef SINEW_API_SERVO_H
#define SINEW_API_SERVO_H

#include "sinew/api/common.h"

#ifdef __cplusplus
extern "C" {
#endif

#define SN_API_SERVO "rdk:component:servo"

struct sn_servo {
    struct sn_resource base;
};

/* All slots but `common`'s are mandatory; `extra` may be NULL everywhere. */
struct sn_servo_ops {
    struct sn_common_ops common;

    /* Actuation; need not wait until the servo is there. `angle`: degrees; the driver's to clamp.
     */
    int (*move)(struct sn_call *call, struct sn_servo *servo, uint32_t angle,
                const struct pb_google_struct *extra);

    /* Read; degrees. */
    int (*position)(struct sn_call *call, struct sn_servo *servo,
                    const struct pb_google_struct *extra, uint32_t *ret_angle);

    /* Stop: no more pulses. Must succeed on a servo that stands still. */
    int (*stop)(struct sn_call *call, struct sn_servo *servo, const struct pb_google_struct *extra);

    /* Read. */
    int (*is_moving)(struct sn_call *call, struct sn_servo *servo, bool *ret_moving);
};

int sn_servo_move(struct sn_call *call, struct sn_servo *servo, uint32_t angle,
                  const struct pb_google_struct *extra);
int sn_servo_position(struct sn_call *call, struct sn_servo *servo,
                      const struct pb_google_struct *extra, uint32_t *ret_angle);
int sn_servo_stop(struct sn_call *call, struct sn_servo *servo,
                  const struct pb_google_struct *extra);
int sn_servo_is_moving(struct sn_call *call, struct sn_servo *servo, bool *ret_moving);

#ifdef __cplusplus
}
#endif

#endif
