/* SPDX-License-Identifier: Apache-2.0
 *
 * Poses, geometries and kinematics between the wire's messages and src/spatial/. For drivers and
 * services. Any thread; results are on the arena handed in and refer to what was converted.
 */
#ifndef SN_API_GEOMETRY_H
#define SN_API_GEOMETRY_H

#include "pb/common/v1/common.h"
#include "spatial/model.h"

/* NULL is the identity; an orientation of zeros, too. */
struct sn_pose sn_pose_from_pb(const struct pb_common_pose *pb);
struct pb_common_pose sn_pose_to_pb(const struct sn_pose *pose);

/* RESOURCE_EXHAUSTED. */
int sn_geometry_to_pb(const struct sn_geometry *geometry, struct sn_arena *arena,
                      struct pb_common_geometry *ret_pb) SN_MUST_USE;

/* INVALID_ARGUMENT with upstream's texts. */
int sn_geometry_from_pb(const struct pb_common_geometry *pb, struct sn_geometry *ret_geometry,
                        struct sn_error *error) SN_MUST_USE;

/* Appends to `*pb`. RESOURCE_EXHAUSTED. */
int sn_geometries_to_pb(const struct sn_geometry *geometries, size_t count, struct sn_arena *arena,
                        struct pb_common_get_geometries_response *pb) SN_MUST_USE;

/* The file's bytes as they are, and the meshes it refers to. RESOURCE_EXHAUSTED. */
int sn_model_to_pb(const struct sn_model *model, struct sn_arena *arena,
                   struct pb_common_get_kinematics_response *pb) SN_MUST_USE;

#endif
