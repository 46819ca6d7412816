/* SPDX-License-Identifier: Apache-2.0
 *
 * Point clouds in memory, as the reference server keeps them: one point at a position. One that is
 * put where another is leaves it in its place and gives it its colour. Pure functions: any thread,
 * nothing shared.
 */
#ifndef SN_MEDIA_CLOUD_H
#define SN_MEDIA_CLOUD_H

#include "media/pcd.h"

struct sn_cloud {
    struct sn_point *points;
    size_t count;
    bool colored;

    /* Private */
    size_t room;
    uint32_t *slots; /* by position: a point's number + 1, 0: free */
    size_t mask;     /* of slots */
};

/* An empty cloud with room for so many points, on the arena. RESOURCE_EXHAUSTED. */
int sn_cloud_begin(struct sn_cloud *cloud, size_t room, bool colored, struct sn_arena *arena)
    SN_MUST_USE;

/* Asserts that there is room. Takes bounded time for any positions; where many were chosen to be
 * hard to tell apart, some may be kept twice. */
void sn_cloud_put(struct sn_cloud *cloud, struct sn_point point);

/* Reads a file. Errors as of sn_pcd_open(). */
int sn_cloud_read(struct sn_cloud *cloud, struct sn_str file, struct sn_arena *arena,
                  struct sn_error *error) SN_MUST_USE;

/* Writes one, on the arena. RESOURCE_EXHAUSTED. */
int sn_cloud_write(const struct sn_cloud *cloud, struct sn_arena *arena, struct sn_str *ret_file)
    SN_MUST_USE;

#endif
