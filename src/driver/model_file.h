/* SPDX-License-Identifier: Apache-2.0
 *
 * Drivers with a `model-path`: kinematics files on disk, .json (SVA, DH) and .urdf with the meshes
 * beside it, and the bodies they tell of. Reading blocks for as long as the disk does.
 */
#ifndef SN_DRIVER_MODEL_FILE_H
#define SN_DRIVER_MODEL_FILE_H

#include "pb/common/v1/common.h"
#include "sinew/driver.h"
#include "spatial/model.h"

/* Whether the file can be read, for drivers' `validate`. UNKNOWN with upstream's texts. */
int sn_model_file_validate(const char *path, struct sn_error *error) SN_MUST_USE;

/* The file's model, for drivers' `open`; without a path the one that `json` is. `arena` becomes the
 * model's, whatever is returned: INVALID_ARGUMENT with upstream's texts; RESOURCE_EXHAUSTED. */
int sn_model_load(struct sn_call *call, struct sn_str path, struct sn_str json,
                  struct sn_arena *arena, struct sn_model **ret_model) SN_MUST_USE;

/* The model's bodies where its joints are at `inputs` (rad, mm), each named after the resource
 * `name`. RESOURCE_EXHAUSTED. */
int sn_model_bodies(struct sn_call *call, const struct sn_model *model, const double *inputs,
                    const char *name, struct pb_common_get_geometries_response *ret_geometries)
    SN_MUST_USE;

#endif
