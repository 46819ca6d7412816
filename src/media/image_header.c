/* SPDX-License-Identifier: Apache-2.0
 *
 * Kind and size of an encoded image.
 */
#include "media/image_header.h"

uint64_t sn_big_endian(const uint8_t *bytes, size_t count)
{
    uint64_t value = 0;

    while (count--)
        value = value << 8 | *bytes++;
    return value;
}

static int cut_short(struct sn_error *error)
{
    return sn_error_set(error, SN_ERR_UNKNOWN, "unexpected EOF");
}

static int set_size(struct sn_image_header *header, uint64_t width, uint64_t height,
                    struct sn_error *error)
{
    if (width > SN_IMAGE_HEADER_SIDE_MAX || height > SN_IMAGE_HEADER_SIDE_MAX)
        return sn_error_set(
            error, SN_ERR_UNKNOWN, "an image of %llu x %llu pixels is too large: at most %d a side",
            (unsigned long long)width, (unsigned long long)height, SN_IMAGE_HEADER_SIDE_MAX);
    header->width = (int64_t)width;
    header->height = (int64_t)height;
    return 0;
}

/* ---- JPEG ---- */

enum { JPEG_TEM = 0x01, JPEG_RST0 = 0xd0, JPEG_EOI = 0xd9, JPEG_SOS = 0xda };

/* Of the markers SOF0..15 all but DHT, JPG and DAC begin a frame. */
static bool begins_frame(uint8_t marker)
{
    return marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc;
}

/* A frame's head: precision, height, width. */
static int read_frame(const uint8_t *body, size_t len, struct sn_image_header *ret,
                      struct sn_error *error)
{
    if (len < 6)
        return sn_error_set(error, SN_ERR_UNKNOWN, "invalid JPEG format: SOF has wrong length");
    return set_size(ret, sn_big_endian(body + 3, 2), sn_big_endian(body + 1, 2), error);
}

/* A scan must follow, as upstream wants it. */
static int read_jpeg(const uint8_t *v, size_t len, struct sn_image_header *ret,
                     struct sn_error *error)
{
    size_t at = 2;
    bool framed = false;

    while (at + 2 <= len) {
        uint8_t marker = v[at + 1];

        if (v[at] != 0xff || marker == 0xff || marker == 0) { /* filling */
            at++;
            continue;
        }
        at += 2;
        if (marker == JPEG_SOS && framed)
            return 0;
        if (marker == JPEG_EOI || marker == JPEG_SOS)
            return sn_error_set(error, SN_ERR_UNKNOWN, "invalid JPEG format: missing %s marker",
                                framed || marker == JPEG_EOI ? "SOS" : "SOF");
        if (marker == JPEG_TEM || (marker >= JPEG_RST0 && marker < JPEG_EOI))
            continue;
        if (at + 2 > len)
            return cut_short(error);
        size_t size = sn_big_endian(v + at, 2);
        if (size < 2)
            return sn_error_set(error, SN_ERR_UNKNOWN, "invalid JPEG format: short segment length");
        if (size > len - at)
            return cut_short(error);
        if (begins_frame(marker)) {
            int code = read_frame(v + at + 2, size - 2, ret, error);
            if (code)
                return code;
            framed = true;
        }
        at += size;
    }
    return cut_short(error);
}

/* ---- the others ---- */

static int read_png(const uint8_t *v, size_t len, struct sn_image_header *ret,
                    struct sn_error *error)
{
    enum { HEAD = 8 + 8, IHDR = 13 };

    if (len < HEAD + IHDR + 4)
        return cut_short(error);
    if (sn_big_endian(v + 8, 4) != IHDR || memcmp(v + 12, "IHDR", 4) != 0)
        return sn_error_set(error, SN_ERR_UNKNOWN, "png: invalid format: chunk out of order");
    uint64_t width = sn_big_endian(v + HEAD, 4), height = sn_big_endian(v + HEAD + 4, 4);
    if (!width || !height || width > INT32_MAX || height > INT32_MAX)
        return sn_error_set(error, SN_ERR_UNKNOWN, "png: invalid format: non-positive dimension");
    return set_size(ret, width, height, error);
}

static int read_qoi(const uint8_t *v, size_t len, struct sn_image_header *ret,
                    struct sn_error *error)
{
    if (len < 14)
        return cut_short(error);
    return set_size(ret, sn_big_endian(v + 4, 4), sn_big_endian(v + 8, 4), error);
}

static int read_rgba(const uint8_t *v, size_t len, struct sn_image_header *ret,
                     struct sn_error *error)
{
    if (len < 12)
        return cut_short(error);
    return set_size(ret, sn_big_endian(v + 4, 4), sn_big_endian(v + 8, 4), error);
}

static int read_depth(const uint8_t *v, size_t len, struct sn_image_header *ret,
                      struct sn_error *error)
{
    if (len < 24)
        return cut_short(error);
    return set_size(ret, sn_big_endian(v + 8, 8), sn_big_endian(v + 16, 8), error);
}

/* ---- all ---- */

static const struct format {
    enum sn_image_format format;
    const char *name;
    struct sn_str magic;
    int (*read)(const uint8_t *v, size_t len, struct sn_image_header *ret, struct sn_error *error);
} formats[] = {
    {SN_FORMAT_JPEG, "jpeg", {"\xff\xd8", 2}, read_jpeg},
    {SN_FORMAT_PNG, "png", {"\x89PNG\r\n\x1a\n", 8}, read_png},
    {SN_FORMAT_QOI, "qoi", {"qoif", 4}, read_qoi},
    {SN_FORMAT_RAW_RGBA, "vnd.viam.rgba", {"RGBA", 4}, read_rgba},
    {SN_FORMAT_RAW_DEPTH, "vnd.viam.dep", {"DEPTHMAP", 8}, read_depth},
};

/* NULL: of none. */
static const struct format *find(struct sn_str bytes)
{
    for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++)
        if (sn_str_has_prefix(bytes, formats[i].magic))
            return &formats[i];
    return NULL;
}

enum sn_image_format sn_image_sniff(struct sn_str bytes)
{
    const struct format *format = find(bytes);

    return format ? format->format : SN_FORMAT_UNKNOWN;
}

int sn_image_header(struct sn_str bytes, struct sn_image_header *ret_header, struct sn_error *error)
{
    const struct format *format = find(bytes);

    if (!format)
        return sn_error_set(error, SN_ERR_UNKNOWN, "image: unknown format");
    *ret_header = (struct sn_image_header){.format = format->name};
    return format->read((const uint8_t *)bytes.ptr, bytes.len, ret_header, error);
}
