/* SPDX-License-Identifier: Apache-2.0
 *
 * Internal to wire/pb: which entries of a map do not count.
 */
#ifndef SINEW_WIRE_PB_MAP_H
#define SINEW_WIRE_PB_MAP_H

#include "sinew/pb.h"

/* For each entry of `list`, a map with entries of table `entry`: true when its key is there again
 * later. In the arena; NULL when it is exhausted. O(n log n). */
bool *sn_pb_map_shadowed(const struct sn_pb_msg *entry, const void *list, struct sn_arena *arena);

#endif
