/* SPDX-License-Identifier: Apache-2.0
 *
 * The formats together, the raw ones, and pictures of distances where colours are wanted.
 */
#include "media/image.h"
#include "media/jpeg.h"

#include <string.h>

enum { RAW_RGBA_HEAD = 12, RAW_DEPTH_HEAD = 24 };

int sn_image_create(enum sn_image_kind kind, uint64_t width, uint64_t height,
                    struct sn_arena *arena, struct sn_image *ret_image, struct sn_error *error)
{
    size_t pixel = kind == SN_IMAGE_COLOR ? 4 : sizeof(uint16_t);

    if (width == 0 || height == 0)
        return sn_error_set(error, SN_ERR_INVALID_ARGUMENT, "image: no pixels");
    if (width > SN_IMAGE_SIDE_MAX || height > SN_IMAGE_SIDE_MAX ||
        width * height > SN_IMAGE_PIXELS_MAX)
        return sn_error_set(error, SN_ERR_RESOURCE_EXHAUSTED,
                            "image: %llu x %llu pixels; allowed: %d, and %d a side",
                            (unsigned long long)width, (unsigned long long)height,
                            SN_IMAGE_PIXELS_MAX, SN_IMAGE_SIDE_MAX);
    void *pixels = sn_arena_alloc(arena, width * height * pixel);
    if (!pixels)
        return sn_error_set(error, SN_ERR_RESOURCE_EXHAUSTED, "image: no memory");
    *ret_image =
        (struct sn_image){.kind = kind, .width = (uint32_t)width, .height = (uint32_t)height};
    if (kind == SN_IMAGE_COLOR)
        ret_image->rgba = pixels;
    else
        ret_image->depth = pixels;
    return 0;
}

/* ---- raw ---- */

static uint64_t little_endian(const uint8_t *bytes)
{
    uint64_t value = 0;

    for (int i = 7; i >= 0; i--)
        value = value << 8 | bytes[i];
    return value;
}

static int too_short(struct sn_error *error)
{
    return sn_error_set(error, SN_ERR_INVALID_ARGUMENT, "image: fewer bytes than its size says");
}

static int raw_rgba_decode(struct sn_str bytes, struct sn_arena *arena, struct sn_image *ret_image,
                           struct sn_error *error)
{
    const uint8_t *head = (const uint8_t *)bytes.ptr;

    if (bytes.len < RAW_RGBA_HEAD)
        return too_short(error);
    uint64_t width = sn_big_endian(head + 4, 4), height = sn_big_endian(head + 8, 4);
    if (width * height > (bytes.len - RAW_RGBA_HEAD) / 4)
        return too_short(error);
    int code = sn_image_create(SN_IMAGE_COLOR, width, height, arena, ret_image, error);
    if (!code)
        memcpy(ret_image->rgba, head + RAW_RGBA_HEAD, 4 * (size_t)(width * height));
    return code;
}

/* Older writers had the lesser byte first: then the size makes no sense the other way. */
static int raw_depth_decode(struct sn_str bytes, struct sn_arena *arena, struct sn_image *ret_image,
                            struct sn_error *error)
{
    const uint8_t *head = (const uint8_t *)bytes.ptr;

    if (bytes.len < RAW_DEPTH_HEAD)
        return too_short(error);
    uint64_t width = sn_big_endian(head + 8, 8), height = sn_big_endian(head + 16, 8);
    bool swapped = width >> 32 && little_endian(head + 8) >> 32 == 0;
    if (swapped) {
        width = little_endian(head + 8);
        height = little_endian(head + 16);
    }
    if (width > SN_IMAGE_SIDE_MAX || height > SN_IMAGE_SIDE_MAX ||
        width * height > (bytes.len - RAW_DEPTH_HEAD) / 2)
        return too_short(error);
    int code = sn_image_create(SN_IMAGE_DEPTH, width, height, arena, ret_image, error);
    const uint8_t *from = head + RAW_DEPTH_HEAD;
    for (size_t i = 0; !code && i < (size_t)(width * height); i++, from += 2)
        ret_image->depth[i] = (uint16_t)(swapped ? from[1] << 8 | from[0] : from[0] << 8 | from[1]);
    return code;
}

static void put_big_endian(uint8_t *to, uint64_t value, int count)
{
    while (count--) {
        to[count] = (uint8_t)value;
        value >>= 8;
    }
}

static int no_memory(struct sn_error *error)
{
    return sn_error_set(error, SN_ERR_RESOURCE_EXHAUSTED, "image: no memory");
}

static int raw_rgba_encode(const struct sn_image *image, struct sn_arena *arena,
                           struct sn_str *ret_bytes, struct sn_error *error)
{
    size_t size = 4 * (size_t)image->width * image->height;
    uint8_t *bytes = sn_arena_alloc(arena, RAW_RGBA_HEAD + size);

    if (!bytes)
        return no_memory(error);
    memcpy(bytes, "RGBA", 4);
    put_big_endian(bytes + 4, image->width, 4);
    put_big_endian(bytes + 8, image->height, 4);
    memcpy(bytes + RAW_RGBA_HEAD, image->rgba, size);
    *ret_bytes = (struct sn_str){(char *)bytes, RAW_RGBA_HEAD + size};
    return 0;
}

static int raw_depth_encode(const struct sn_image *image, struct sn_arena *arena,
                            struct sn_str *ret_bytes, struct sn_error *error)
{
    size_t count = (size_t)image->width * image->height;
    uint8_t *bytes = sn_arena_alloc(arena, RAW_DEPTH_HEAD + 2 * count);

    if (!bytes)
        return no_memory(error);
    memcpy(bytes, "DEPTHMAP", 8);
    put_big_endian(bytes + 8, image->width, 8);
    put_big_endian(bytes + 16, image->height, 8);
    for (size_t i = 0; i < count; i++)
        put_big_endian(bytes + RAW_DEPTH_HEAD + 2 * i, image->depth[i], 2);
    *ret_bytes = (struct sn_str){(char *)bytes, RAW_DEPTH_HEAD + 2 * count};
    return 0;
}

/* ---- all ---- */

int sn_image_decode_for(struct sn_str bytes, uint32_t width, uint32_t height,
                        struct sn_arena *arena, struct sn_image *ret_image, struct sn_error *error)
{
    switch (sn_image_sniff(bytes)) {
    case SN_FORMAT_JPEG:
        return sn_jpeg_decode(bytes, width, height, arena, ret_image, error);
    case SN_FORMAT_PNG:
        return sn_png_decode(bytes, arena, ret_image, error);
    case SN_FORMAT_QOI:
        return sn_qoi_decode(bytes, arena, ret_image, error);
    case SN_FORMAT_RAW_RGBA:
        return raw_rgba_decode(bytes, arena, ret_image, error);
    case SN_FORMAT_RAW_DEPTH:
        return raw_depth_decode(bytes, arena, ret_image, error);
    case SN_FORMAT_UNKNOWN:
        break;
    }
    return sn_error_set(error, SN_ERR_INVALID_ARGUMENT, "image: unknown format");
}

int sn_image_decode(struct sn_str bytes, struct sn_arena *arena, struct sn_image *ret_image,
                    struct sn_error *error)
{
    return sn_image_decode_for(bytes, UINT32_MAX, UINT32_MAX, arena, ret_image, error);
}

/* Far is light: the upper byte of the distance. */
static int grey_of(const struct sn_image *depth, struct sn_arena *arena, struct sn_image *ret_image,
                   struct sn_error *error)
{
    int code =
        sn_image_create(SN_IMAGE_COLOR, depth->width, depth->height, arena, ret_image, error);
    size_t count = (size_t)depth->width * depth->height;

    for (size_t i = 0; !code && i < count; i++) {
        uint8_t *pixel = ret_image->rgba + 4 * i;

        memset(pixel, depth->depth[i] >> 8, 3);
        pixel[3] = 255;
    }
    return code;
}

static int jpeg_row(const struct sn_rows *rows, uint32_t y, uint8_t *rgb)
{
    const uint8_t *from = (const uint8_t *)rows->pixels + 4 * (size_t)y * rows->width;

    for (uint32_t x = 0; x < rows->width; x++, from += 4, rgb += 3)
        memcpy(rgb, from, 3);
    return 0;
}

static int encode_color(const struct sn_image *image, enum sn_image_format format,
                        struct sn_arena *arena, struct sn_str *ret_bytes, struct sn_error *error)
{
    struct sn_rows rows = {image->width, image->height, jpeg_row, image->rgba};
    int code;

    switch (format) {
    case SN_FORMAT_JPEG:
        code = sn_jpeg_encode(&rows, SN_JPEG_QUALITY, arena, ret_bytes);
        return code ? no_memory(error) : 0;
    case SN_FORMAT_QOI:
        return sn_qoi_encode(image, arena, ret_bytes, error);
    case SN_FORMAT_RAW_RGBA:
        return raw_rgba_encode(image, arena, ret_bytes, error);
    default:
        return sn_error_set(error, SN_ERR_INVALID_ARGUMENT,
                            "don't know how to make DepthMap from *image.NRGBA");
    }
}

int sn_image_encode(const struct sn_image *image, enum sn_image_format format,
                    struct sn_arena *arena, struct sn_str *ret_bytes, struct sn_error *error)
{
    struct sn_image grey;

    if (format == SN_FORMAT_UNKNOWN)
        return sn_error_set(error, SN_ERR_INVALID_ARGUMENT, "image: unknown format");
    if (format == SN_FORMAT_PNG)
        return sn_png_encode(image, arena, ret_bytes, error);
    if (image->kind == SN_IMAGE_COLOR)
        return encode_color(image, format, arena, ret_bytes, error);
    if (format == SN_FORMAT_RAW_DEPTH)
        return raw_depth_encode(image, arena, ret_bytes, error);
    int code = grey_of(image, arena, &grey, error);
    return code ? code : encode_color(&grey, format, arena, ret_bytes, error);
}
