/* SPDX-License-Identifier: Apache-2.0
 *
 * Camera that replays point clouds which the cloud keeps.
 */
#include "driver/replay.h"
#include "sinew/api/camera.h"

enum { BATCH_MAX = 100 };

static int replay_validate(const void *attrs, struct sn_error *error)
{
    return sn_replay_validate(attrs, BATCH_MAX, error);
}

static const struct sn_camera_ops replay_ops = {0};

const struct sn_driver sn_driver_camera_replay_pcd = {
    .api = SN_API_CAMERA,
    .model = "rdk:builtin:replay_pcd",
    .help = "replays captured point clouds; needs a cloud",
    .size = sizeof(struct sn_camera),
    .attrs_size = sizeof(struct replay_attrs),
    .attrs = sn_replay_attrs,
    .ops = &replay_ops,
    .validate = replay_validate,
    .open = sn_replay_open,
};
