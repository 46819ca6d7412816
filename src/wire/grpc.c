/* SPDX-License-Identifier: Apache-2.0
 *
 * gRPC's own part of the wire. Pure functions.
 */
#include "wire/grpc.h"

/* ---- messages ---- */

void sn_grpc_write_prefix(uint8_t prefix[SN_GRPC_PREFIX], uint32_t len)
{
    prefix[0] = 0;
    prefix[1] = (uint8_t)(len >> 24);
    prefix[2] = (uint8_t)(len >> 16);
    prefix[3] = (uint8_t)(len >> 8);
    prefix[4] = (uint8_t)len;
}

static size_t min(size_t a, size_t b)
{
    return a < b ? a : b;
}

static void drop(struct sn_str *chunk, size_t count)
{
    chunk->ptr += count;
    chunk->len -= count;
}

/* Completes the prefix and reads it. */
static enum sn_grpc_event take_prefix(struct sn_grpc_reader *reader, struct sn_str *chunk,
                                      size_t limit)
{
    size_t count = min(chunk->len, (size_t)(SN_GRPC_PREFIX - reader->prefix_have));

    if (count)
        memcpy(reader->prefix + reader->prefix_have, chunk->ptr, count);
    reader->prefix_have += (uint8_t)count;
    drop(chunk, count);
    if (reader->prefix_have < SN_GRPC_PREFIX)
        return SN_GRPC_MORE;
    const uint8_t *p = reader->prefix;
    reader->len = (uint32_t)p[1] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 8 | p[4];
    reader->have = 0;
    if (p[0] > 1)
        return SN_GRPC_MALFORMED;
    return reader->len > limit ? SN_GRPC_TOO_LARGE : SN_GRPC_MESSAGE;
}

static enum sn_grpc_event deliver(struct sn_grpc_reader *reader, const char *bytes,
                                  struct sn_grpc_message *ret_message)
{
    ret_message->bytes = (struct sn_str){bytes, reader->len};
    ret_message->compressed = reader->prefix[0] == 1;
    reader->prefix_have = 0;
    return SN_GRPC_MESSAGE;
}

enum sn_grpc_event sn_grpc_next(struct sn_grpc_reader *reader, struct sn_str *chunk, size_t limit,
                                struct sn_grpc_message *ret_message)
{
    if (reader->prefix_have < SN_GRPC_PREFIX) {
        enum sn_grpc_event event = take_prefix(reader, chunk, limit);

        if (event != SN_GRPC_MESSAGE)
            return event;
    }
    if (reader->have == 0 && chunk->len >= reader->len) {
        const char *bytes = chunk->ptr;

        drop(chunk, reader->len);
        return deliver(reader, bytes, ret_message);
    }
    size_t count = min(min(chunk->len, reader->len - reader->have),
                       reader->capacity - min(reader->have, reader->capacity));
    if (count)
        memcpy(reader->buffer + reader->have, chunk->ptr, count);
    reader->have += count;
    drop(chunk, count);
    if (reader->have == reader->len)
        return deliver(reader, (const char *)reader->buffer, ret_message);
    return chunk->len ? SN_GRPC_GROW : SN_GRPC_MORE;
}

/* ---- grpc-timeout ---- */

enum { TIMEOUT_DIGITS = 8 };

/* Finest first. */
static const struct {
    char unit;
    uint64_t ns;
} units[] = {
    {'n', 1},
    {'u', 1000},
    {'m', 1000000},
    {'S', 1000000000},
    {'M', 60 * (uint64_t)1000000000},
    {'H', 3600 * (uint64_t)1000000000},
};
enum { UNITS = sizeof(units) / sizeof(units[0]) };

int sn_grpc_parse_timeout(struct sn_str text, uint64_t *ret_ns)
{
    uint64_t count = 0;

    if (text.len < 2 || text.len > TIMEOUT_DIGITS + 1)
        return SN_ERR_INVALID_ARGUMENT;
    for (size_t i = 0; i + 1 < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9')
            return SN_ERR_INVALID_ARGUMENT;
        count = count * 10 + (uint64_t)(text.ptr[i] - '0');
    }
    for (size_t i = 0; i < UNITS; i++)
        if (units[i].unit == text.ptr[text.len - 1]) {
            /* 99999999 hours are more than 64 bits of nanoseconds */
            *ret_ns = count > UINT64_MAX / units[i].ns ? UINT64_MAX : count * units[i].ns;
            return 0;
        }
    return SN_ERR_INVALID_ARGUMENT;
}

size_t sn_grpc_print_timeout(uint64_t ns, char text[SN_GRPC_TIMEOUT_MAX])
{
    uint64_t count = ns;
    size_t unit = 0, len = 0;
    char digits[TIMEOUT_DIGITS];

    while (count > 99999999 && unit + 1 < UNITS) {
        unit++;
        count = ns / units[unit].ns + (ns % units[unit].ns != 0);
    }
    do
        digits[len++] = (char)('0' + count % 10);
    while ((count /= 10) && len < TIMEOUT_DIGITS);
    for (size_t i = 0; i < len; i++)
        text[i] = digits[len - 1 - i];
    text[len] = units[unit].unit;
    text[len + 1] = '\0';
    return len + 1;
}

/* ---- grpc-status, grpc-message ---- */

int sn_grpc_parse_status(struct sn_str text)
{
    int code = 0;

    if (text.len == 0 || text.len > 2)
        return SN_ERR_UNKNOWN;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9')
            return SN_ERR_UNKNOWN;
        code = code * 10 + (text.ptr[i] - '0');
    }
    return code <= -SN_ERR_UNAUTHENTICATED ? -code : SN_ERR_UNKNOWN;
}

int sn_grpc_of_http(int http_status)
{
    switch (http_status) {
    case 400:
        return SN_ERR_INTERNAL;
    case 401:
        return SN_ERR_UNAUTHENTICATED;
    case 403:
        return SN_ERR_PERMISSION_DENIED;
    case 404:
        return SN_ERR_UNIMPLEMENTED;
    case 429:
    case 502:
    case 503:
    case 504:
        return SN_ERR_UNAVAILABLE;
    default:
        return SN_ERR_UNKNOWN;
    }
}

size_t sn_grpc_escape(char *out, struct sn_str text)
{
    static const char hex[] = "0123456789ABCDEF";
    size_t len = 0;

    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = (uint8_t)text.ptr[i];

        if (c >= ' ' && c <= '~' && c != '%') {
            out[len++] = (char)c;
            continue;
        }
        out[len++] = '%';
        out[len++] = hex[c >> 4];
        out[len++] = hex[c & 15];
    }
    return len;
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

size_t sn_grpc_unescape(char *out, struct sn_str text)
{
    size_t len = 0;

    for (size_t i = 0; i < text.len; i++) {
        int high = -1, low = -1;

        if (text.ptr[i] == '%' && text.len - i > 2) {
            high = hex_value(text.ptr[i + 1]);
            low = hex_value(text.ptr[i + 2]);
        }
        if (high < 0 || low < 0) {
            out[len++] = text.ptr[i];
        } else {
            out[len++] = (char)(high << 4 | low);
            i += 2;
        }
    }
    return len;
}

/* ---- values of "-bin" metadata ---- */

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

size_t sn_base64_encode(char *out, struct sn_str bytes)
{
    const uint8_t *in = (const uint8_t *)bytes.ptr;
    uint32_t bits = 0;
    int count = 0; /* of bits not written */
    size_t len = 0;

    for (size_t i = 0; i < bytes.len; i++) {
        bits = bits << 8 | in[i];
        for (count += 8; count >= 6; count -= 6)
            out[len++] = alphabet[bits >> (count - 6) & 63];
    }
    if (count)
        out[len++] = alphabet[bits << (6 - count) & 63];
    return len;
}

int sn_base64_digit(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    if (c == '+')
        return 62;
    return c == '/' ? 63 : -1;
}

int sn_base64_decode(uint8_t *out, struct sn_str text, size_t *ret_len)
{
    uint32_t bits = 0;
    int count = 0;
    size_t len = 0;

    if (text.len % 4 == 0 && text.len && text.ptr[text.len - 1] == '=')
        text.len -= text.ptr[text.len - 2] == '=' ? 2 : 1;
    if (text.len % 4 == 1)
        return SN_ERR_INVALID_ARGUMENT;
    for (size_t i = 0; i < text.len; i++) {
        int value = sn_base64_digit(text.ptr[i]);

        if (value < 0)
            return SN_ERR_INVALID_ARGUMENT;
        bits = bits << 6 | (uint32_t)value;
        count += 6;
        if (count >= 8) {
            count -= 8;
            out[len++] = (uint8_t)(bits >> count);
        }
    }
    *ret_len = len;
    return 0;
}
