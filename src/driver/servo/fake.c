/* SPDX-License-Identifier: Apache-2.0
 *
 * Servo without hardware: is at once where it was sent, at any angle, as upstream's.
 */
#include "sinew/api/servo.h"
#include "sinew/driver.h"

struct fake_servo {
    struct sn_servo base;
    uint32_t angle;
};

static int fake_move(struct sn_call *call, struct sn_servo *servo, uint32_t angle,
                     const struct pb_google_struct *extra)
{
    ((struct fake_servo *)servo)->angle = angle;
    return 0;
}

static int fake_position(struct sn_call *call, struct sn_servo *servo,
                         const struct pb_google_struct *extra, uint32_t *ret_angle)
{
    *ret_angle = ((struct fake_servo *)servo)->angle;
    return 0;
}

static int fake_stop(struct sn_call *call, struct sn_servo *servo,
                     const struct pb_google_struct *extra)
{
    return 0;
}

static int fake_is_moving(struct sn_call *call, struct sn_servo *servo, bool *ret_moving)
{
    *ret_moving = false;
    return 0;
}

static const struct sn_servo_ops fake_ops = {
    .move = fake_move,
    .position = fake_position,
    .stop = fake_stop,
    .is_moving = fake_is_moving,
};

const struct sn_driver sn_driver_servo_fake = {
    .api = SN_API_SERVO,
    .model = "rdk:builtin:fake",
    .help = "is at once where it was sent, at first at 0 degrees",
    .size = sizeof(struct fake_servo),
    .ops = &fake_ops,
};
