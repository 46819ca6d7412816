/* SPDX-License-Identifier: Apache-2.0
 *
 * Bodies as glTF 2.0 binary files, for programs that draw. Any thread.
 * Source: Khronos, glTF 2.0 specification.
 */
#ifndef SN_SPATIAL_GLB_H
#define SN_SPATIAL_GLB_H

#include "spatial/geometry.h"

#define SN_GLB_CONTENT_TYPE "model/gltf-binary"

/* The body as a mesh about its own centre (its pose is left out), in metres, on `arena`. For
 * spheres, capsules and boxes; UNIMPLEMENTED for others, RESOURCE_EXHAUSTED. */
int sn_geometry_to_glb(const struct sn_geometry *geometry, struct sn_arena *arena,
                       struct sn_str *ret_glb) SN_MUST_USE;

#endif
