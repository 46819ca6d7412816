/* SPDX-License-Identifier: Apache-2.0
 *
 * QOI. Source: "The Quite OK Image Format", specification version 1.0.
 */
#include "media/image.h"

#include <string.h>

enum { HEAD = 14, TAIL = 8, RUN_MAX = 62 };
enum {
    OP_INDEX = 0x00,
    OP_DIFF = 0x40,
    OP_LUMA = 0x80,
    OP_RUN = 0xc0,
    OP_RGB = 0xfe,
    OP_RGBA = 0xff
};

struct pixel {
    uint8_t r, g, b, a;
};

static unsigned slot_of(struct pixel p)
{
    return (p.r * 3u + p.g * 5u + p.b * 7u + p.a * 11u) % 64;
}

/* ---- reading ---- */

struct reader {
    const uint8_t *next, *end;
    struct pixel seen[64], last;
    unsigned run;
};

/* The next pixel; what ends early repeats its last one. */
static struct pixel read_pixel(struct reader *reader)
{
    struct pixel *p = &reader->last;

    if (reader->run) {
        reader->run--;
        return *p;
    }
    if (reader->end - reader->next < 5)
        return *p;
    uint8_t op = *reader->next++;
    if (op == OP_RGB || op == OP_RGBA) {
        memcpy(p, reader->next, op == OP_RGB ? 3 : 4);
        reader->next += op == OP_RGB ? 3 : 4;
    } else if (op >= OP_RUN) {
        reader->run = op & 0x3f;
    } else if (op >= OP_LUMA) {
        uint8_t next = *reader->next++;
        int green = (op & 0x3f) - 32;

        p->r = (uint8_t)(p->r + green - 8 + (next >> 4));
        p->g = (uint8_t)(p->g + green);
        p->b = (uint8_t)(p->b + green - 8 + (next & 0x0f));
    } else if (op >= OP_DIFF) {
        p->r = (uint8_t)(p->r + (op >> 4 & 3) - 2);
        p->g = (uint8_t)(p->g + (op >> 2 & 3) - 2);
        p->b = (uint8_t)(p->b + (op & 3) - 2);
    } else {
        *p = reader->seen[op];
    }
    reader->seen[slot_of(*p)] = *p;
    return *p;
}

int sn_qoi_decode(struct sn_str bytes, struct sn_arena *arena, struct sn_image *ret_image,
                  struct sn_error *error)
{
    const uint8_t *head = (const uint8_t *)bytes.ptr;

    if (bytes.len < HEAD + TAIL)
        return sn_error_set(error, SN_ERR_INVALID_ARGUMENT, "qoi: unexpected EOF");
    int code = sn_image_create(SN_IMAGE_COLOR, sn_big_endian(head + 4, 4),
                               sn_big_endian(head + 8, 4), arena, ret_image, error);
    if (code)
        return code;
    struct reader reader = {.next = head + HEAD, .end = head + bytes.len, .last = {.a = 255}};
    size_t count = (size_t)ret_image->width * ret_image->height;
    for (size_t i = 0; i < count; i++) {
        struct pixel p = read_pixel(&reader);

        memcpy(ret_image->rgba + 4 * i, &p, 4);
    }
    return 0;
}

/* ---- writing ---- */

struct writer {
    uint8_t *next;
    struct pixel seen[64], last;
    unsigned run;
};

static void end_run(struct writer *writer)
{
    if (writer->run)
        *writer->next++ = (uint8_t)(OP_RUN | (writer->run - 1));
    writer->run = 0;
}

/* Between bytes that wrap: -128..127. */
static int difference(uint8_t now, uint8_t before)
{
    int steps = (now - before) & 0xff;

    return steps < 128 ? steps : steps - 256;
}

static void write_difference(struct writer *writer, struct pixel p)
{
    int r = difference(p.r, writer->last.r), g = difference(p.g, writer->last.g);
    int b = difference(p.b, writer->last.b);

    if (r >= -2 && r <= 1 && g >= -2 && g <= 1 && b >= -2 && b <= 1) {
        *writer->next++ = (uint8_t)(OP_DIFF | (r + 2) << 4 | (g + 2) << 2 | (b + 2));
    } else if (g >= -32 && g <= 31 && r - g >= -8 && r - g <= 7 && b - g >= -8 && b - g <= 7) {
        *writer->next++ = (uint8_t)(OP_LUMA | (g + 32));
        *writer->next++ = (uint8_t)((r - g + 8) << 4 | (b - g + 8));
    } else {
        *writer->next++ = OP_RGB;
        memcpy(writer->next, &p, 3);
        writer->next += 3;
    }
}

static void write_pixel(struct writer *writer, struct pixel p)
{
    unsigned slot = slot_of(p);

    if (memcmp(&p, &writer->last, 4) == 0) {
        if (++writer->run == RUN_MAX)
            end_run(writer);
        return;
    }
    end_run(writer);
    if (memcmp(&p, &writer->seen[slot], 4) == 0) {
        *writer->next++ = (uint8_t)(OP_INDEX | slot);
    } else if (p.a == writer->last.a) {
        write_difference(writer, p);
    } else {
        *writer->next++ = OP_RGBA;
        memcpy(writer->next, &p, 4);
        writer->next += 4;
    }
    writer->seen[slot] = writer->last = p;
}

int sn_qoi_encode(const struct sn_image *image, struct sn_arena *arena, struct sn_str *ret_bytes,
                  struct sn_error *error)
{
    static const uint8_t tail[TAIL] = {0, 0, 0, 0, 0, 0, 0, 1};
    size_t count = (size_t)image->width * image->height;
    uint8_t *bytes = sn_arena_alloc(arena, HEAD + 5 * count + TAIL);

    if (!bytes)
        return sn_error_set(error, SN_ERR_RESOURCE_EXHAUSTED, "image: no memory");
    struct writer writer = {.next = bytes + HEAD, .last = {.a = 255}};
    memcpy(bytes, "qoif", 4);
    for (int i = 0; i < 4; i++) {
        bytes[4 + i] = (uint8_t)(image->width >> (24 - 8 * i));
        bytes[8 + i] = (uint8_t)(image->height >> (24 - 8 * i));
    }
    bytes[12] = 4; /* channels */
    bytes[13] = 0; /* sRGB */
    for (size_t i = 0; i < count; i++) {
        struct pixel p;

        memcpy(&p, image->rgba + 4 * i, 4);
        write_pixel(&writer, p);
    }
    end_run(&writer);
    memcpy(writer.next, tail, TAIL);
    *ret_bytes = (struct sn_str){(char *)bytes, (size_t)(writer.next + TAIL - bytes)};
    return 0;
}
