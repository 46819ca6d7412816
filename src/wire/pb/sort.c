/* SPDX-License-Identifier: Apache-2.0
 *
 * Merge sort from the bottom up.
 */
#include "wire/pb/sort.h"

enum { SORT_MAX = INT32_MAX / 8 }; /* so that the sizes below fit on 32 bits */

struct sorting {
    sn_pb_compare compare;
    const void *context;
};

/* Merges from[low..middle) and from[middle..high) into to[low..high). */
static void merge(const struct sorting *s, const uint32_t *from, uint32_t *to, uint32_t low,
                  uint32_t middle, uint32_t high)
{
    uint32_t a = low, b = middle;

    for (uint32_t i = low; i < high; i++) {
        bool left = b == high || (a < middle && s->compare(s->context, from[a], from[b]) <= 0);
        to[i] = left ? from[a++] : from[b++];
    }
}

static uint32_t at_most(uint64_t value, uint32_t max)
{
    return value < max ? (uint32_t)value : max;
}

uint32_t *sn_pb_sort(uint32_t n, sn_pb_compare compare, const void *context, struct sn_arena *arena)
{
    struct sorting s = {compare, context};
    uint32_t *from = n <= SORT_MAX ? sn_arena_alloc(arena, 2 * sizeof *from * n + 1) : NULL;

    if (!from)
        return NULL;
    uint32_t *to = from + n;
    for (uint32_t i = 0; i < n; i++)
        from[i] = i;
    for (uint64_t width = 1; width < n; width *= 2) {
        for (uint64_t low = 0; low < n; low += 2 * width)
            merge(&s, from, to, (uint32_t)low, at_most(low + width, n),
                  at_most(low + 2 * width, n));
        uint32_t *swap = from;
        from = to;
        to = swap;
    }
    return from;
}
