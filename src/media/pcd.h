/* SPDX-License-Identifier: Apache-2.0
 *
 * Point clouds in PCD files, version .7. Here a point is in millimetres as everything else; in the
 * file it is in metres. Pure functions: any thread, nothing shared.
 * Source: pointclouds.org, "The PCD (Point Cloud Data) file format", and what the reference server
 * reads and writes.
 */
#ifndef SN_MEDIA_PCD_H
#define SN_MEDIA_PCD_H

#include "sinew/arena.h"

/* A colour, 0x00RRGGBB. What a point has that was given none, in a file that has colours. */
enum { SN_PCD_RED = 0xff0000 };

/* Writes binary files, points as they come. */
struct sn_pcd_writer {
    char *file, *next, *end;
    bool colored;
};

/* Begins a file of exactly `count` points, in the arena. Errors: RESOURCE_EXHAUSTED. */
int sn_pcd_begin(struct sn_pcd_writer *writer, size_t count, bool colored, struct sn_arena *arena)
    SN_MUST_USE;

/* A point, millimetres; `rgb` counts where the file has colours. Asserts that there are no more
 * than was said. */
void sn_pcd_put(struct sn_pcd_writer *writer, double x, double y, double z, uint32_t rgb);

/* The file; lives as long as the arena. Asserts that all points were put. */
struct sn_str sn_pcd_end(const struct sn_pcd_writer *writer);

#endif
