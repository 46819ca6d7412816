/* SPDX-License-Identifier: Apache-2.0
 *
 * PCD files, read. Binary points lie one after the other; compressed ones are unpacked into
 * columns: all x, all y, all z, all colours. Strides tell the two apart.
 */
#include "media/lzf.h"
#include "media/pcd.h"
#include "media/pcd_header.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    POINTS_MAX = (1 << 28) - 1, /* whose sizes 32 bits count */
    NUMBER_MAX = 64,
    SHOWN_MAX = 64,
};

/* Upstream keeps points in integers of that many mm. */
static const double range_mm = 8589934591;

#define FAIL(error, ...) sn_error_set((error), SN_ERR_INVALID_ARGUMENT, __VA_ARGS__)

static size_t columns_of(const struct sn_pcd_reader *reader)
{
    return reader->colored ? 4 : 3;
}

static uint32_t get_u32(const char *p)
{
    const uint8_t *b = (const uint8_t *)p;

    return (uint32_t)b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
}

/* ---- opening ---- */

/* A point of ASCII takes two bytes a column at least. */
static int open_ascii(struct sn_pcd_reader *reader, struct sn_str data, struct sn_error *error)
{
    struct sn_point point;
    int code = 0;

    reader->next = data.ptr;
    reader->end = data.ptr + data.len;
    if (reader->count <= data.len / (2 * columns_of(reader)))
        return 0;
    while (!code) /* what is wrong first */
        code = sn_pcd_next(reader, &point, error);
    return code;
}

/* Where data are missing a cloud with colours ends; one without goes on with zeros, upstream as
 * well. All points of zeros alone are the same one. */
static int open_binary(struct sn_pcd_reader *reader, struct sn_str data, struct sn_error *error)
{
    size_t size = 4 * columns_of(reader), whole = data.len / size;

    if (reader->count > whole && data.len % 4)
        return FAIL(error, "unexpected EOF");
    size_t most = reader->colored ? whole : whole + (data.len % size != 0) + 1;
    if (reader->count > most)
        reader->count = most;
    reader->next = data.ptr;
    reader->end = data.ptr + data.len;
    reader->rounds = true;
    reader->point_stride = size;
    reader->column_stride = 4;
    return 0;
}

static const char *unpack_problem(int code)
{
    return code == SN_ERR_OUT_OF_RANGE ? "insufficient output buffer" : "invalid compressed data";
}

/* `data` begins with the packed size and the unpacked one; `out` has room for the latter. */
static int unpack(struct sn_str data, size_t expected, uint8_t *out, struct sn_error *error)
{
    size_t packed = get_u32(data.ptr), unpacked = get_u32(data.ptr + 4), len;

    if (packed > data.len - 8)
        return FAIL(error, "failed to read compressed data: unexpected EOF");
    int code = sn_lzf_unpack((const uint8_t *)data.ptr + 8, packed, out, unpacked, &len);
    if (code)
        return FAIL(error, "failed to decompress point cloud data: %s", unpack_problem(code));
    if (len != unpacked)
        return FAIL(error, "decompressed size mismatch: expected %zu, got %zu", unpacked, len);
    if (len != expected)
        return FAIL(error, "unexpected data size: got %zu, expected %zu", len, expected);
    return 0;
}

static int open_compressed(struct sn_pcd_reader *reader, struct sn_str data, struct sn_arena *arena,
                           struct sn_error *error)
{
    if (data.len < 8)
        return FAIL(error, "failed to read %scompressed size: %sEOF", data.len < 4 ? "" : "un",
                    data.len % 4 ? "unexpected " : "");
    uint8_t *points = sn_arena_alloc(arena, (size_t)get_u32(data.ptr + 4) + 1);
    if (!points)
        return sn_error_set(error, SN_ERR_RESOURCE_EXHAUSTED,
                            "point cloud takes too much memory when unpacked");
    reader->next = (const char *)points;
    reader->end = reader->next + get_u32(data.ptr + 4);
    reader->point_stride = 4;
    reader->column_stride = 4 * reader->count;
    return unpack(data, reader->count * 4 * columns_of(reader), points, error);
}

int sn_pcd_open(struct sn_pcd_reader *reader, struct sn_str file, struct sn_arena *arena,
                struct sn_error *error)
{
    struct sn_pcd_header header;
    int code = sn_pcd_header_parse(file, &header, error);

    if (code)
        return code;
    if (header.points > POINTS_MAX)
        return FAIL(error, "POINTS field %llu is larger than %d", (unsigned long long)header.points,
                    POINTS_MAX);
    *reader = (struct sn_pcd_reader){.count = (size_t)header.points, .colored = header.colored};
    if (header.encoding == SN_PCD_ASCII)
        return open_ascii(reader, header.data, error);
    if (!header.plain)
        return FAIL(error, "binary points must be of SIZE 4, TYPE F and COUNT 1");
    return header.encoding == SN_PCD_BINARY ? open_binary(reader, header.data, error)
                                            : open_compressed(reader, header.data, arena, error);
}

/* ---- points ---- */

/* Plain binary is read to a tenth of a millimetre, compressed as it is: upstream's ways. */
static double get_mm(const struct sn_pcd_reader *reader, const char *p)
{
    uint32_t bits = p < reader->end ? get_u32(p) : 0;
    float metres;

    memcpy(&metres, &bits, sizeof(metres));
    return reader->rounds ? round((double)metres * 10000) / 10 : (double)metres * 1000;
}

static void next_binary(const struct sn_pcd_reader *reader, struct sn_point *point)
{
    const char *p = reader->next + reader->done * reader->point_stride;

    point->x = get_mm(reader, p);
    point->y = get_mm(reader, p + reader->column_stride);
    point->z = get_mm(reader, p + 2 * reader->column_stride);
    if (reader->colored)
        point->rgb = get_u32(p + 3 * reader->column_stride) & 0xffffff;
}

static bool says_infinity(const char *text)
{
    return strpbrk(text, "nN") != NULL;
}

static int parse_number(const struct sn_pcd_reader *reader, struct sn_str word, double *ret,
                        struct sn_error *error)
{
    char text[NUMBER_MAX] = "", *end = text;
    int shown = (int)(word.len < SHOWN_MAX ? word.len : SHOWN_MAX);
    double value = 0;

    if (word.len < sizeof(text)) {
        memcpy(text, word.ptr, word.len);
        value = strtod(text, &end);
    }
    const char *problem = end == text || *end ? "invalid syntax" : NULL;
    if (!problem && isinf(value) && !says_infinity(text))
        problem = "value out of range";
    if (problem)
        return FAIL(error, "invalid point %zu field %.*s: strconv.ParseFloat: parsing \"%.*s\": %s",
                    reader->done, shown, word.ptr, shown, word.ptr, problem);
    *ret = value;
    return 0;
}

/* Any number is a colour to upstream; what no integer holds is black. */
static uint32_t color_of(double value)
{
    return value > -0x1p63 && value < 0x1p63 ? (uint32_t)(int64_t)value & 0xffffff : 0;
}

/* The words of a line as numbers: as many as there are columns. */
static int parse_line(const struct sn_pcd_reader *reader, struct sn_str line, double values[4],
                      struct sn_error *error)
{
    struct sn_str word;
    size_t count = 0;
    int code = 0;

    for (; !code && sn_pcd_word(&line, &word); count++)
        if (count < columns_of(reader))
            code = parse_number(reader, word, &values[count], error);
    if (!code && count != columns_of(reader))
        return FAIL(error, "unexpected number of fields in point %zu", reader->done);
    return code;
}

static int next_ascii(struct sn_pcd_reader *reader, struct sn_point *point, struct sn_error *error)
{
    struct sn_str rest = {reader->next, (size_t)(reader->end - reader->next)}, line;
    double values[4] = {0};

    if (!sn_pcd_line(&rest, &line))
        return FAIL(error, "EOF");
    int code = parse_line(reader, line, values, error);
    if (code)
        return code;
    *point = (struct sn_point){values[0] * 1000, values[1] * 1000, values[2] * 1000,
                               color_of(values[3])};
    reader->next = rest.ptr;
    return 0;
}

/* The shortest text that reads back the same, as upstream writes numbers. */
static void print_shortest(char text[NUMBER_MAX], double value)
{
    int precision = 0;

    if (isinf(value)) {
        snprintf(text, NUMBER_MAX, "%s", value > 0 ? "+Inf" : "-Inf");
        return;
    }
    do {
        snprintf(text, NUMBER_MAX, "%.*e", precision, value);
    } while (strtod(text, NULL) != value && ++precision < 17);
}

static int check_range(const struct sn_point *point, struct sn_error *error)
{
    const double values[] = {point->x, point->y, point->z};
    char text[NUMBER_MAX];

    for (int i = 0; i < 3; i++)
        if (fabs(values[i]) > range_mm) {
            print_shortest(text, values[i]);
            return FAIL(error,
                        "%c component (%s) is out of range [-8.589934591e+09,8.589934591e+09]",
                        "xyz"[i], text);
        }
    return 0;
}

int sn_pcd_next(struct sn_pcd_reader *reader, struct sn_point *ret_point, struct sn_error *error)
{
    struct sn_point point = {0};
    int code = 0;

    assert(reader->done < reader->count);
    if (reader->point_stride)
        next_binary(reader, &point);
    else
        code = next_ascii(reader, &point, error);
    if (!code)
        code = check_range(&point, error);
    if (code)
        return code;
    reader->done++;
    *ret_point = point;
    return 0;
}
