/* SPDX-License-Identifier: Apache-2.0
 *
 * JPEG images. Pure functions: any thread, nothing shared; they take milliseconds per megapixel, so
 * on a host they belong on the pool.
 * Source: ITU-T T.81; libjpeg-turbo does the work.
 */
#ifndef SN_MEDIA_JPEG_H
#define SN_MEDIA_JPEG_H

#include "sinew/arena.h"

/* Upstream's quality, of 1..100. */
enum { SN_JPEG_QUALITY = 75 };

/* The format's own limit of width and height. */
enum { SN_JPEG_SIDE_MAX = 65500 };

/* An image that is made row by row, so that it need not be in memory as a whole. */
struct sn_rows {
    uint32_t width, height; /* pixels, 1..SN_JPEG_SIDE_MAX */
    /* Writes row y (0 is the top): width times red, green, blue. SN_ERR_* ends the encoding. */
    int (*row)(const struct sn_rows *rows, uint32_t y, uint8_t *rgb);
    const void *pixels; /* its own; may be NULL */
};

/* A baseline JPEG without metadata, chroma halved both ways, in the arena (whose limit bounds it,
 * with some four times the image's final size taken at worst).
 * Errors: INVALID_ARGUMENT (size), RESOURCE_EXHAUSTED, what `row` returned. */
int sn_jpeg_encode(const struct sn_rows *rows, int quality, struct sn_arena *arena,
                   struct sn_str *ret_bytes) SN_MUST_USE;

#endif
