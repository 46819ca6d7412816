/* SPDX-License-Identifier: Apache-2.0
 *
 * What an encoded image says of itself before its pixels: kind and size. Pure functions, any
 * thread, nothing is decoded.
 * Source: ITU-T T.81, PNG (W3C), the QOI specification; upstream's raw forms ("RGBA", "DEPTHMAP").
 */
#ifndef SN_MEDIA_IMAGE_HEADER_H
#define SN_MEDIA_IMAGE_HEADER_H

#include "sinew/err.h"
#include "sinew/str.h"

#include <stdint.h>

enum sn_image_format {
    SN_FORMAT_UNKNOWN,
    SN_FORMAT_JPEG,
    SN_FORMAT_PNG,
    SN_FORMAT_QOI,
    SN_FORMAT_RAW_RGBA,
    SN_FORMAT_RAW_DEPTH,
};

/* By the first bytes. */
enum sn_image_format sn_image_sniff(struct sn_str bytes);

struct sn_image_header {
    const char *format;    /* static; its MIME type is "image/" and this: "jpeg", "vnd.viam.dep" */
    int64_t width, height; /* pixels, 0..SN_IMAGE_HEADER_SIDE_MAX */
};

/* Of any kind of image, though none so large is decoded. */
enum { SN_IMAGE_HEADER_SIDE_MAX = 1 << 20 };

/* By the bytes' beginning, whatever they are called. UNKNOWN with upstream's texts: of no known
 * format, cut short, malformed; or too large. */
int sn_image_header(struct sn_str bytes, struct sn_image_header *ret_header, struct sn_error *error)
    SN_MUST_USE;

/* The number that `count` bytes are, at most 8, the greatest first. */
uint64_t sn_big_endian(const uint8_t *bytes, size_t count);

#endif
