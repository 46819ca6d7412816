/* SPDX-License-Identifier: Apache-2.0
 *
 * The header of a PCD file.
 */
#include "media/pcd_header.h"

#include <inttypes.h>

/* Texts name what was read, cut to that. */
enum { SHOWN_MAX = 200 };

struct parse {
    struct sn_pcd_header *header;
    struct sn_error *error;
    size_t columns; /* of FIELDS */
};

#define FAIL(parse, ...) sn_error_set((parse)->error, SN_ERR_INVALID_ARGUMENT, __VA_ARGS__)
#define SHOWN(s) (int)((s).len < SHOWN_MAX ? (s).len : SHOWN_MAX), (s).len ? (s).ptr : ""

/* ---- words ---- */

static bool is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static struct sn_str trim(struct sn_str s)
{
    while (s.len && is_blank(s.ptr[0]))
        s = (struct sn_str){s.ptr + 1, s.len - 1};
    while (s.len && is_blank(s.ptr[s.len - 1]))
        s.len--;
    return s;
}

bool sn_pcd_line(struct sn_str *rest, struct sn_str *ret_line)
{
    const char *newline = rest->len ? memchr(rest->ptr, '\n', rest->len) : NULL;

    if (!newline)
        return false;
    size_t len = (size_t)(newline - rest->ptr);
    *ret_line = trim((struct sn_str){rest->ptr, len});
    *rest = (struct sn_str){newline + 1, rest->len - len - 1};
    return true;
}

bool sn_pcd_word(struct sn_str *line, struct sn_str *ret_word)
{
    struct sn_str word = trim(*line);
    size_t len = 0;

    while (len < word.len && !is_blank(word.ptr[len]))
        len++;
    *line = (struct sn_str){word.ptr + len, word.len - len};
    *ret_word = (struct sn_str){word.ptr, len};
    return len > 0;
}

static size_t count_words(struct sn_str line)
{
    struct sn_str word;
    size_t count = 0;

    while (sn_pcd_word(&line, &word))
        count++;
    return count;
}

/* What is wrong with an unsigned number, or NULL. */
static const char *parse_uint(struct sn_str s, uint64_t *ret)
{
    uint64_t value = 0;

    if (!s.len)
        return "invalid syntax";
    for (size_t i = 0; i < s.len; i++) {
        if (s.ptr[i] < '0' || s.ptr[i] > '9')
            return "invalid syntax";
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, (unsigned)(s.ptr[i] - '0'), &value))
            return "value out of range";
    }
    *ret = value;
    return NULL;
}

static int read_uint(struct parse *parse, const char *key, struct sn_str s, uint64_t *ret)
{
    const char *problem = parse_uint(s, ret);

    if (problem)
        return FAIL(parse, "invalid %s field %.*s: strconv.ParseUint: parsing \"%.*s\": %s", key,
                    SHOWN(s), SHOWN(s), problem);
    return 0;
}

/* ---- lines ---- */

static int read_version(struct parse *parse, struct sn_str value)
{
    if (!sn_str_is(value, ".7") && !sn_str_is(value, "0.7"))
        return FAIL(parse, "unsupported pcd version %.*s", SHOWN(value));
    return 0;
}

static int read_fields(struct parse *parse, struct sn_str value)
{
    parse->header->colored = sn_str_is(value, "x y z rgb");
    if (!parse->header->colored && !sn_str_is(value, "x y z"))
        return FAIL(parse, "unsupported pcd fields %.*s", SHOWN(value));
    parse->columns = parse->header->colored ? 4 : 3;
    return 0;
}

static int check_columns(struct parse *parse, const char *key, struct sn_str value)
{
    size_t count = count_words(value);

    if (count != parse->columns)
        return FAIL(parse, "unexpected number of fields %zu in %s line", count, key);
    return 0;
}

static int read_size(struct parse *parse, struct sn_str value)
{
    struct sn_str word;
    uint64_t size;
    int code = check_columns(parse, "SIZE", value);

    while (!code && sn_pcd_word(&value, &word)) {
        if (parse_uint(word, &size))
            return FAIL(parse, "invalid SIZE field %.*s", SHOWN(word));
        parse->header->plain &= size == 4;
    }
    return code;
}

/* Whether a colour is called an integer or a float, its four bytes are the same. */
static int read_type(struct parse *parse, struct sn_str value)
{
    struct sn_str word;
    int code = check_columns(parse, "TYPE", value);

    for (int i = 0; !code && i < 3; i++) {
        sn_pcd_word(&value, &word);
        parse->header->plain &= sn_str_is(word, "F");
    }
    return code;
}

static int read_count(struct parse *parse, struct sn_str value)
{
    struct sn_str word;
    uint64_t count;
    int code = check_columns(parse, "COUNT", value);

    while (!code && sn_pcd_word(&value, &word)) {
        code = read_uint(parse, "COUNT", word, &count);
        parse->header->plain &= !code && count == 1;
    }
    return code;
}

static int read_width(struct parse *parse, struct sn_str value)
{
    return read_uint(parse, "WIDTH", value, &parse->header->width);
}

static int read_height(struct parse *parse, struct sn_str value)
{
    return read_uint(parse, "HEIGHT", value, &parse->header->height);
}

/* Upstream reads the viewpoint, and never uses it. */
static int read_viewpoint(struct parse *parse, struct sn_str value)
{
    size_t count = count_words(value);

    if (count != 7)
        return FAIL(parse, "unexpected number of fields in VIEWPOINT line. Expected 7, got %zu",
                    count);
    return 0;
}

static int read_points(struct parse *parse, struct sn_str value)
{
    struct sn_pcd_header *header = parse->header;
    uint64_t product;
    int code = read_uint(parse, "POINTS", value, &header->points);

    if (code)
        return code;
    if (__builtin_mul_overflow(header->width, header->height, &product))
        return FAIL(parse, "WIDTH*HEIGHT %" PRIu64 "*%" PRIu64 " is out of range", header->width,
                    header->height);
    if (header->points != product)
        return FAIL(parse, "POINTS field %" PRIu64 " does not match WIDTH*HEIGHT %" PRIu64,
                    header->points, product);
    return 0;
}

static int read_data(struct parse *parse, struct sn_str value)
{
    static const char *const names[] = {"ascii", "binary", "binary_compressed"};

    for (int i = 0; i < 3; i++)
        if (sn_str_is(value, names[i])) {
            parse->header->encoding = (enum sn_pcd_encoding)i;
            return 0;
        }
    return FAIL(parse, "unsupported data type %.*s", SHOWN(value));
}

/* ---- the whole ---- */

static const struct {
    const char *key;
    int (*read)(struct parse *parse, struct sn_str value);
} lines[] = {
    {"VERSION", read_version}, {"FIELDS", read_fields},       {"SIZE", read_size},
    {"TYPE", read_type},       {"COUNT", read_count},         {"WIDTH", read_width},
    {"HEIGHT", read_height},   {"VIEWPOINT", read_viewpoint}, {"POINTS", read_points},
    {"DATA", read_data},
};
enum { LINE_COUNT = sizeof(lines) / sizeof(lines[0]) };

static bool next_line(struct sn_str *rest, struct sn_str *ret_line)
{
    do {
        if (!sn_pcd_line(rest, ret_line))
            return false;
    } while (ret_line->len == 0 || ret_line->ptr[0] == '#');
    return true;
}

static int read_line(struct parse *parse, size_t i, struct sn_str line)
{
    struct sn_str key = sn_str_of(lines[i].key);

    if (!sn_str_has_prefix(line, key) || (line.len > key.len && line.ptr[key.len] != ' '))
        return FAIL(parse, "line is supposed to start with %s but is %.*s", lines[i].key,
                    SHOWN(line));
    return lines[i].read(parse, trim((struct sn_str){line.ptr + key.len, line.len - key.len}));
}

int sn_pcd_header_parse(struct sn_str file, struct sn_pcd_header *header, struct sn_error *error)
{
    struct parse parse = {header, error, 0};
    struct sn_str line;

    *header = (struct sn_pcd_header){.plain = true, .data = file};
    for (size_t i = 0; i < LINE_COUNT; i++) {
        if (!next_line(&header->data, &line))
            return FAIL(&parse, "error reading header line %zu: EOF", i);
        int code = read_line(&parse, i, line);
        if (code)
            return code;
    }
    return 0;
}
