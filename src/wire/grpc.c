/* SPDX-License-Identifier: Apache-2.0
 *
 * gRPC over HTTP/2, the pure part.
 */
#include "wire/grpc.h"

#include <stdio.h>

void sn_grpc_write_prefix(uint8_t prefix[SN_GRPC_PREFIX], bool compressed, uint32_t len)
{
    prefix[0] = compressed;
    prefix[1] = (uint8_t)(len >> 24);
    prefix[2] = (uint8_t)(len >> 16);
    prefix[3] = (uint8_t)(len >> 8);
    prefix[4] = (uint8_t)len;
}

/* ---- reading messages ---- */

enum { BLOCK_HEADER = 16 }; /* keeps what is gathered aligned */

static uint8_t *buffer_of(const struct sn_grpc_reader *reader)
{
    return (uint8_t *)reader->buffer + BLOCK_HEADER;
}

void sn_grpc_reader_fini(struct sn_grpc_reader *reader)
{
    if (reader->buffer)
        sn_block_put(reader->blocks, reader->buffer);
    reader->buffer = NULL;
    reader->gathered = 0;
}

static struct sn_str take(struct sn_str *bytes, size_t len)
{
    struct sn_str taken = {bytes->ptr, len};

    bytes->ptr += len;
    bytes->len -= len;
    return taken;
}

static bool read_prefix(struct sn_grpc_reader *reader, struct sn_str *bytes)
{
    size_t missing = SN_GRPC_PREFIX - (size_t)reader->prefix_len;
    struct sn_str part = take(bytes, bytes->len < missing ? bytes->len : missing);

    if (part.len)
        memcpy(reader->prefix + reader->prefix_len, part.ptr, part.len);
    reader->prefix_len = (uint8_t)(reader->prefix_len + part.len);
    if (reader->prefix_len < SN_GRPC_PREFIX)
        return false;
    const uint8_t *p = reader->prefix;
    reader->wanted = (uint32_t)p[1] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 8 | p[4];
    return true;
}

/* Doubles, but never beyond the message. */
static bool reserve(struct sn_grpc_reader *reader, size_t need)
{
    size_t have = reader->buffer ? reader->buffer->size - BLOCK_HEADER : 0;

    if (need <= have)
        return true;
    size_t size = need * 2 < reader->wanted ? need * 2 : reader->wanted;
    struct sn_block *block = sn_block_get(reader->blocks, size + BLOCK_HEADER);
    if (!block)
        return false;
    if (reader->gathered)
        memcpy((uint8_t *)block + BLOCK_HEADER, buffer_of(reader), reader->gathered);
    if (reader->buffer)
        sn_block_put(reader->blocks, reader->buffer);
    reader->buffer = block;
    return true;
}

static bool gather(struct sn_grpc_reader *reader, struct sn_str *bytes)
{
    size_t missing = reader->wanted - reader->gathered;
    struct sn_str part = take(bytes, bytes->len < missing ? bytes->len : missing);

    if (part.len == 0)
        return true;
    if (!reserve(reader, reader->gathered + part.len))
        return false;
    memcpy(buffer_of(reader) + reader->gathered, part.ptr, part.len);
    reader->gathered += part.len;
    return true;
}

enum sn_grpc_read sn_grpc_read(struct sn_grpc_reader *reader, struct sn_str *bytes,
                               struct sn_str *ret_message, bool *ret_compressed)
{
    if (reader->buffer && reader->prefix_len == 0)
        sn_grpc_reader_fini(reader); /* of the message delivered before */
    if (reader->prefix_len < SN_GRPC_PREFIX && !read_prefix(reader, bytes))
        return SN_GRPC_MORE;
    if (reader->wanted > reader->max)
        return SN_GRPC_TOO_LARGE;
    if (!reader->gathered && bytes->len >= reader->wanted) {
        *ret_message = take(bytes, reader->wanted);
    } else {
        if (!gather(reader, bytes))
            return SN_GRPC_NO_MEMORY;
        if (reader->gathered < reader->wanted)
            return SN_GRPC_MORE;
        *ret_message = (struct sn_str){(const char *)buffer_of(reader), reader->gathered};
    }
    *ret_compressed = reader->prefix[0] & 1;
    reader->prefix_len = 0;
    reader->gathered = 0;
    return SN_GRPC_MESSAGE;
}

/* ---- timeouts ---- */

struct unit {
    char letter;
    uint64_t ns;
};

static const struct unit units[] = {
    {'n', 1},          {'u', 1000},        {'m', 1000000},
    {'S', 1000000000}, {'M', 60000000000}, {'H', 3600000000000},
};
enum { UNITS = sizeof(units) / sizeof(units[0]), TIMEOUT_DIGITS = 8 };

int sn_grpc_timeout_parse(struct sn_str text, uint64_t *ret_ns)
{
    uint64_t value = 0;

    if (text.len < 2 || text.len > TIMEOUT_DIGITS + 1)
        return SN_ERR_INVALID_ARGUMENT;
    for (size_t i = 0; i + 1 < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9')
            return SN_ERR_INVALID_ARGUMENT;
        value = value * 10 + (uint64_t)(text.ptr[i] - '0');
    }
    for (size_t i = 0; i < UNITS; i++) {
        if (units[i].letter != text.ptr[text.len - 1])
            continue;
        *ret_ns = value * units[i].ns; /* 10^8 hours fit into 64 bits of ns: 3.6 * 10^20 don't */
        if (value && *ret_ns / value != units[i].ns)
            *ret_ns = UINT64_MAX - 1;
        return 0;
    }
    return SN_ERR_INVALID_ARGUMENT;
}

void sn_grpc_timeout_print(uint64_t ns, char text[16])
{
    for (size_t i = 0; i < UNITS; i++) {
        uint64_t value = ns / units[i].ns + (ns % units[i].ns != 0);

        if (value < 100000000 || i + 1 == UNITS) {
            snprintf(text, 16, "%u%c", value < 100000000 ? (unsigned)value : 99999999u,
                     units[i].letter);
            return;
        }
    }
}

int sn_grpc_status_parse(struct sn_str text)
{
    int value = 0;

    if (text.len == 0 || text.len > 2)
        return SN_ERR_UNKNOWN;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9')
            return SN_ERR_UNKNOWN;
        value = value * 10 + (text.ptr[i] - '0');
    }
    return value <= -SN_ERR_UNAUTHENTICATED ? -value : SN_ERR_UNKNOWN;
}

/* ---- grpc-message ---- */

static const char hex[] = "0123456789ABCDEF";

static bool is_plain(uint8_t c)
{
    return c >= 0x20 && c <= 0x7e && c != '%';
}

struct sn_str sn_grpc_message_encode(struct sn_str text, struct sn_arena *arena)
{
    char *out = sn_arena_alloc(arena, text.len * 3 + 1);
    size_t used = 0;

    if (!out)
        return SN_STR_NULL;
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = (uint8_t)text.ptr[i];

        if (is_plain(c)) {
            out[used++] = (char)c;
            continue;
        }
        out[used++] = '%';
        out[used++] = hex[c >> 4];
        out[used++] = hex[c & 15];
    }
    return (struct sn_str){out, used};
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

struct sn_str sn_grpc_message_decode(struct sn_str text, struct sn_arena *arena)
{
    char *out = sn_arena_alloc(arena, text.len + 1);
    size_t used = 0;

    if (!out)
        return SN_STR_NULL;
    for (size_t i = 0; i < text.len; i++) {
        bool escape = text.ptr[i] == '%' && text.len - i > 2;
        int high = escape ? hex_value(text.ptr[i + 1]) : -1;
        int low = escape ? hex_value(text.ptr[i + 2]) : -1;

        if (high < 0 || low < 0) {
            out[used++] = text.ptr[i];
            continue;
        }
        out[used++] = (char)(high << 4 | low);
        i += 2;
    }
    return (struct sn_str){out, used};
}

/* ---- base64 ---- */

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

struct sn_str sn_base64_encode(struct sn_str bytes, struct sn_arena *arena)
{
    char *out = bytes.len < SIZE_MAX / 2 ? sn_arena_alloc(arena, bytes.len * 4 / 3 + 4) : NULL;
    size_t used = 0;

    if (!out)
        return SN_STR_NULL;
    for (size_t i = 0; i < bytes.len; i += 3) {
        size_t n = bytes.len - i < 3 ? bytes.len - i : 3;
        uint32_t group = 0;

        for (size_t k = 0; k < 3; k++)
            group = group << 8 | (k < n ? (uint8_t)bytes.ptr[i + k] : 0);
        for (size_t k = 0; k <= n; k++)
            out[used++] = digits[group >> (18 - 6 * k) & 63];
    }
    return (struct sn_str){out, used};
}

static int digit_value(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

int sn_base64_decode(struct sn_str text, struct sn_arena *arena, struct sn_str *ret_bytes)
{
    char *out = sn_arena_alloc(arena, text.len + 1);
    uint32_t group = 0;
    size_t used = 0, bits = 0;

    if (!out)
        return SN_ERR_RESOURCE_EXHAUSTED;
    while (text.len && text.ptr[text.len - 1] == '=')
        text.len--;
    for (size_t i = 0; i < text.len; i++) {
        int value = digit_value(text.ptr[i]);

        if (value < 0)
            return SN_ERR_INVALID_ARGUMENT;
        group = group << 6 | (uint32_t)value;
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            out[used++] = (char)(group >> bits & 0xff);
        }
    }
    if (bits >= 6)
        return SN_ERR_INVALID_ARGUMENT;
    *ret_bytes = (struct sn_str){out, used};
    return 0;
}
