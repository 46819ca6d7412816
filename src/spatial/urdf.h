/* SPDX-License-Identifier: Apache-2.0
 *
 * Kinematic models in URDF (XML; metres and radians). Any thread.
 *
 * A link is a frame without offset, a joint's <origin> a frame "<joint>_origin" before the joint
 * (fixed joints are frames with their origin as offset). A root link named "world" is the base. All
 * <collision> bodies count; a cylinder with a sphere on either end is a capsule. What the format
 * leaves to defaults (origin, axis, limits) takes them.
 * Source: wiki.ros.org/urdf/XML.
 */
#ifndef SN_SPATIAL_URDF_H
#define SN_SPATIAL_URDF_H

#include "spatial/model.h"

/* Reads a mesh file. `path` is relative to the URDF file, without "package://<package>/"; `written`
 * is what stands in it. `*ret_data` must live as long as the model. */
struct sn_urdf_files {
    int (*load)(struct sn_urdf_files *files, const char *path, const char *written,
                struct sn_arena *arena, struct sn_str *ret_data, struct sn_error *error);
};

/* `source` is copied. `name` replaces the robot's; NULL: keep it. Without `files`, bodies that are
 * meshes are left out. INVALID_ARGUMENT, with upstream's texts where it has one;
 * RESOURCE_EXHAUSTED; what `load` says. */
int sn_urdf_model(struct sn_str source, const char *name, struct sn_urdf_files *files,
                  struct sn_arena *arena, struct sn_model **ret_model, struct sn_error *error)
    SN_MUST_USE;

#endif
