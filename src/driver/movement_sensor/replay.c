/* SPDX-License-Identifier: Apache-2.0
 *
 * Movement sensor that replays readings which the cloud keeps.
 */
#include "driver/replay.h"
#include "sinew/api/movement_sensor.h"

enum { BATCH_MAX = 1000 };

static int replay_validate(const void *attrs, struct sn_error *error)
{
    return sn_replay_validate(attrs, BATCH_MAX, error);
}

static const struct sn_movement_sensor_ops replay_ops = {0};

const struct sn_driver sn_driver_movement_sensor_replay = {
    .api = SN_API_MOVEMENT_SENSOR,
    .model = "rdk:builtin:replay",
    .help = "replays captured readings; needs a cloud",
    .size = sizeof(struct sn_movement_sensor),
    .attrs_size = sizeof(struct replay_attrs),
    .attrs = sn_replay_attrs,
    .ops = &replay_ops,
    .validate = replay_validate,
    .open = sn_replay_open,
};
