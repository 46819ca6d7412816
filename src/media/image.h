/* SPDX-License-Identifier: Apache-2.0
 *
 * Pictures in memory, in colour or of distances, and the formats they travel in. Pure functions:
 * any thread, nothing shared; they take milliseconds per megapixel, so on a host they belong on the
 * pool. Everything made is on the arena handed in, whose limit bounds it.
 * Source: viam.component.camera.v1 for the MIME types and raw formats.
 */
#ifndef SN_MEDIA_IMAGE_H
#define SN_MEDIA_IMAGE_H

#include "media/image_header.h"
#include "sinew/arena.h"

#include <stdbool.h>

#define SN_MIME_RAW_DEPTH "image/vnd.viam.dep"

/* No picture is larger; and no side longer than a JPEG's may be. */
enum { SN_IMAGE_PIXELS_MAX = 16 << 20, SN_IMAGE_SIDE_MAX = 65500 };

enum sn_image_kind {
    SN_IMAGE_COLOR, /* red, green, blue, alpha (not premultiplied): 4 bytes a pixel */
    SN_IMAGE_DEPTH, /* millimetres: uint16_t a pixel */
};

struct sn_image {
    enum sn_image_kind kind;
    uint32_t width, height;
    uint8_t *rgba;   /* COLOR, rows from the top, without gaps */
    uint16_t *depth; /* DEPTH */
};

/* Any of the formats. INVALID_ARGUMENT: "image: unknown format" or what is wrong with it;
 * RESOURCE_EXHAUSTED: larger than the limits above, or than the arena's. */
int sn_image_decode(struct sn_str bytes, struct sn_arena *arena, struct sn_image *ret_image,
                    struct sn_error *error) SN_MUST_USE;

/* For one that will be made smaller: at least `width` x `height` pixels are enough. A JPEG may then
 * come at a half, a quarter or an eighth of its size, in half the time and closer to the mean of
 * what is left out than pixels that were rounded. The same errors. */
int sn_image_decode_for(struct sn_str bytes, uint32_t width, uint32_t height,
                        struct sn_arena *arena, struct sn_image *ret_image, struct sn_error *error)
    SN_MUST_USE;

/* A picture of distances becomes one of greys where the format is for colours; the other way round
 * is INVALID_ARGUMENT, as upstream. */
int sn_image_encode(const struct sn_image *image, enum sn_image_format format,
                    struct sn_arena *arena, struct sn_str *ret_bytes, struct sn_error *error)
    SN_MUST_USE;

/* Pixels, unset, on the arena. The same errors. */
int sn_image_create(enum sn_image_kind kind, uint64_t width, uint64_t height,
                    struct sn_arena *arena, struct sn_image *ret_image, struct sn_error *error)
    SN_MUST_USE;

/* ---- formats, one file each; for image.c ---- */

int sn_jpeg_decode(struct sn_str bytes, uint32_t width, uint32_t height, struct sn_arena *arena,
                   struct sn_image *ret_image, struct sn_error *error) SN_MUST_USE;
int sn_png_decode(struct sn_str bytes, struct sn_arena *arena, struct sn_image *ret_image,
                  struct sn_error *error) SN_MUST_USE;
int sn_png_encode(const struct sn_image *image, struct sn_arena *arena, struct sn_str *ret_bytes,
                  struct sn_error *error) SN_MUST_USE;
int sn_qoi_decode(struct sn_str bytes, struct sn_arena *arena, struct sn_image *ret_image,
                  struct sn_error *error) SN_MUST_USE;
int sn_qoi_encode(const struct sn_image *image, struct sn_arena *arena, struct sn_str *ret_bytes,
                  struct sn_error *error) SN_MUST_USE;

#endif
