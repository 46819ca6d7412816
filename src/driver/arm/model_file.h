/* SPDX-License-Identifier: Apache-2.0
 *
 * Kinematics files on disk, for drivers with a `model-path`: .json (SVA, DH) and .urdf with the
 * meshes beside it. Blocks for as long as the disk does.
 */
#ifndef SN_DRIVER_ARM_MODEL_FILE_H
#define SN_DRIVER_ARM_MODEL_FILE_H

#include "spatial/model.h"

/* The model, on `arena`. INVALID_ARGUMENT with upstream's texts; RESOURCE_EXHAUSTED. */
int sn_model_file_read(const char *path, struct sn_arena *arena, struct sn_model **ret_model,
                       struct sn_error *error) SN_MUST_USE;

/* Whether it could be read, with the same errors: for drivers' `validate`. */
int sn_model_file_check(const char *path, struct sn_error *error) SN_MUST_USE;

#endif
