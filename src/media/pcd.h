/* SPDX-License-Identifier: Apache-2.0
 *
 * Point clouds in PCD files, version .7, of the kinds the reference server knows: points with or
 * without a colour; read in all three encodings, written in binary. Here a point is in millimetres
 * as everything else; in the file it is in metres. Pure functions: any thread, nothing shared.
 * Source: pointclouds.org, "The PCD (Point Cloud Data) file format"; texts and bounds: the
 * reference server's answers.
 */
#ifndef SN_MEDIA_PCD_H
#define SN_MEDIA_PCD_H

#include "sinew/arena.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

struct sn_point {
    double x, y, z; /* mm; NaN where nothing was measured */
    uint32_t rgb;   /* 0x00RRGGBB, in clouds that have colours */
};

/* What a point gets that has no colour in a cloud that has. */
enum { SN_PCD_RED = 0xff0000 };

/* ---- reading ---- */

struct sn_pcd_reader {
    size_t count; /* points: what there are bytes for, and two more at most */
    bool colored;

    /* Private */
    size_t done;
    const char *next, *end;             /* what is left of ASCII; binary data */
    size_t point_stride, column_stride; /* from a point to the next, from x to y; 0: ASCII */
    bool rounds;
};

/* Reads the header. `file` must outlive the reader, and so must the arena, which compressed points
 * are unpacked into. Errors, with upstream's texts: INVALID_ARGUMENT, RESOURCE_EXHAUSTED. */
int sn_pcd_open(struct sn_pcd_reader *reader, struct sn_str file, struct sn_arena *arena,
                struct sn_error *error) SN_MUST_USE;

/* The next point; at most `count` times. INVALID_ARGUMENT, as above. */
int sn_pcd_next(struct sn_pcd_reader *reader, struct sn_point *ret_point, struct sn_error *error)
    SN_MUST_USE;

/* ---- writing ---- */

struct sn_pcd_writer {
    char *file, *next, *end;
    bool colored;
};

/* Begins a file of exactly `count` points, in the arena. Errors: RESOURCE_EXHAUSTED. */
int sn_pcd_begin(struct sn_pcd_writer *writer, size_t count, bool colored, struct sn_arena *arena)
    SN_MUST_USE;

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the file's byte order is the host's");

/* Bytes of a point in the file. */
static inline size_t sn_pcd_point_size(bool colored)
{
    return colored ? 16 : 12;
}

/* Private */
static inline void sn_pcd_put_metres(char *p, double mm)
{
    float metres = (float)(mm / 1000);

    memcpy(p, &metres, sizeof(metres));
}

/* Asserts that there are no more points than was said. Here, as a call for each of a million points
 * takes longer than the point; value by value, as gathering them first stalls the processor. */
static inline void sn_pcd_put(struct sn_pcd_writer *writer, struct sn_point point)
{
    char *p = writer->next;
    uint32_t rgb = point.rgb & 0xffffff;

    assert((size_t)(writer->end - p) >= sn_pcd_point_size(writer->colored));
    sn_pcd_put_metres(p, point.x);
    sn_pcd_put_metres(p + 4, point.y);
    sn_pcd_put_metres(p + 8, point.z);
    if (writer->colored)
        memcpy(p + 12, &rgb, sizeof(rgb));
    writer->next = p + sn_pcd_point_size(writer->colored);
}

/* The file; lives as long as the arena. Asserts that all points were put. */
struct sn_str sn_pcd_end(const struct sn_pcd_writer *writer);

#endif
