/* SPDX-License-Identifier: Apache-2.0
 *
 * A landscape as a point cloud, for a world that needs one.
 */
#ifndef SN_SERVICE_WORLD_STATE_STORE_TERRAIN_H
#define SN_SERVICE_WORLD_STATE_STORE_TERRAIN_H

#include "sinew/arena.h"

/* A PCD file of 10,000 points, 10 mm apart, coloured by height; always the same. In the arena.
 * Errors: RESOURCE_EXHAUSTED. */
int sn_terrain(struct sn_arena *arena, struct sn_str *ret_file) SN_MUST_USE;

#endif
