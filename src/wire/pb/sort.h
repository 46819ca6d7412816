/* SPDX-License-Identifier: Apache-2.0
 *
 * Sorting without the C library's qsort, which allocates. Internal to wire/pb.
 */
#ifndef SINEW_WIRE_PB_SORT_H
#define SINEW_WIRE_PB_SORT_H

#include "sinew/arena.h"

#include <stdint.h>

/* Compares the things number a and b, as strcmp. */
typedef int (*sn_pb_compare)(const void *context, uint32_t a, uint32_t b);

/* Returns the numbers 0..n-1 in order, equal ones by number, in the arena; NULL when it is
 * exhausted. O(n log n) at worst: the keys come from peers, so a hash would have to be keyed. */
uint32_t *sn_pb_sort(uint32_t n, sn_pb_compare compare, const void *context,
                     struct sn_arena *arena);

#endif
