/* SPDX-License-Identifier: Apache-2.0
 *
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * |0 0|  method and class         |      length of attributes     |
 * |                   magic cookie 0x2112a442                     |
 * |                   transaction id, 12 bytes                    |
 * | type                          | length of the value           |  attributes, each
 * | value, padded to 4 bytes                                      |
 */
#include "wire/ice/stun.h"

#include "base/sha1.h"

enum {
    COOKIE_AT = 4,
    ID_AT = 8,
    FINGERPRINT_LEN = 4,
    ATTRIBUTE_HEADER = 4,
    FAMILY_V4 = 1,
    FAMILY_V6 = 2,
    OPTIONAL_FROM = 0x8000, /* types from here on need not be understood */
};

static const uint8_t cookie[4] = {0x21, 0x12, 0xa4, 0x42};
static const uint32_t fingerprint_mask = 0x5354554e; /* 14.7 */

static uint16_t get_u16(const uint8_t *bytes)
{
    return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

static uint32_t get_u32(const uint8_t *bytes)
{
    return (uint32_t)get_u16(bytes) << 16 | get_u16(bytes + 2);
}

static void put_u16(uint8_t *bytes, unsigned value)
{
    bytes[0] = (uint8_t)(value >> 8);
    bytes[1] = (uint8_t)value;
}

static void put_u32(uint8_t *bytes, uint32_t value)
{
    put_u16(bytes, value >> 16);
    put_u16(bytes + 2, value & 0xffff);
}

/* CRC-32 of ISO 3309, a bit at a time for each half byte: messages are short. */
static uint32_t crc32_of(const uint8_t *bytes, size_t len)
{
    static const uint32_t table[16] = {
        0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4,
        0x4db26158, 0x5005713c, 0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
        0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
    };
    uint32_t crc = 0xffffffff;

    for (size_t i = 0; i < len; i++) {
        crc ^= bytes[i];
        crc = crc >> 4 ^ table[crc & 15];
        crc = crc >> 4 ^ table[crc & 15];
    }
    return ~crc;
}

/* ---- reading ---- */

bool sn_stun_is(const void *bytes, size_t len)
{
    const uint8_t *header = bytes;

    return len >= SN_STUN_HEADER && len <= SN_STUN_MAX && header[0] < 64 &&
           memcmp(header + COOKIE_AT, cookie, sizeof(cookie)) == 0 &&
           (size_t)get_u16(header + 2) + SN_STUN_HEADER == len && len % 4 == 0;
}

/* Undoes or does the mixing of an address with cookie and id (14.2). */
static void mix(struct sn_ip *address, const uint8_t *header)
{
    address->port ^= get_u16(cookie);
    for (size_t i = 0; i < (address->family == 4 ? 4u : 16u); i++)
        address->bytes[i] ^= header[COOKIE_AT + i];
}

static bool read_address(const uint8_t *value, size_t len, struct sn_ip *ret_address)
{
    struct sn_ip address = {0};
    size_t ip_len = len == 8 ? 4 : 16;

    if ((len != 8 || value[1] != FAMILY_V4) && (len != 20 || value[1] != FAMILY_V6))
        return false;
    address.family = len == 8 ? 4 : 6;
    address.port = get_u16(value + 2);
    memcpy(address.bytes, value + 4, ip_len);
    *ret_address = address;
    return true;
}

static bool read_tie_breaker(struct sn_stun_message *message, const uint8_t *value, size_t len)
{
    if (len != 8)
        return false;
    message->tie_breaker = (uint64_t)get_u32(value) << 32 | get_u32(value + 4);
    return true;
}

static bool read_error(struct sn_stun_message *message, const uint8_t *value, size_t len)
{
    if (len < 4 || (value[2] & 7) < 3 || (value[2] & 7) > 6 || value[3] > 99)
        return false;
    message->error = (uint16_t)((value[2] & 7) * 100 + value[3]);
    return true;
}

static void note_unknown(struct sn_stun_message *message, uint16_t type)
{
    if (type < OPTIONAL_FROM && message->unknown_count < SN_STUN_UNKNOWN_MAX)
        message->unknown[message->unknown_count++] = type;
}

static bool read_fingerprint(struct sn_stun_message *message, const uint8_t *value, size_t len)
{
    const uint8_t *start = (const uint8_t *)message->bytes.ptr;
    const uint8_t *attribute = value - ATTRIBUTE_HEADER;

    message->has_fingerprint = true;
    return len == FINGERPRINT_LEN && value + len == start + message->bytes.len &&
           get_u32(value) == (crc32_of(start, (size_t)(attribute - start)) ^ fingerprint_mask);
}

/* What the message says before its integrity; false when it can't be right. */
static bool read_attribute(struct sn_stun_message *message, uint16_t type, const uint8_t *value,
                           size_t len)
{
    struct sn_ip plain;

    switch (type) {
    case SN_STUN_USERNAME:
        message->username = (struct sn_str){(const char *)value, len};
        return len <= SN_STUN_USERNAME_MAX;
    case SN_STUN_MESSAGE_INTEGRITY:
        message->integrity_at =
            (size_t)(value - ATTRIBUTE_HEADER - (const uint8_t *)message->bytes.ptr);
        return len == SN_SHA1_LEN;
    case SN_STUN_MESSAGE_INTEGRITY_SHA256:
        message->has_sha256 = true;
        return len >= 16 && len <= 32;
    case SN_STUN_ERROR_CODE:
        return read_error(message, value, len);
    case SN_STUN_MAPPED_ADDRESS:
        if (!read_address(value, len, &plain))
            return false;
        if (!message->mapped.family)
            message->mapped = plain;
        return true;
    case SN_STUN_XOR_MAPPED_ADDRESS:
        if (!read_address(value, len, &message->mapped))
            return false;
        mix(&message->mapped, (const uint8_t *)message->bytes.ptr);
        return true;
    case SN_STUN_PRIORITY:
        message->has_priority = true;
        message->priority = len == 4 ? get_u32(value) : 0;
        return len == 4;
    case SN_STUN_USE_CANDIDATE:
        message->use_candidate = true;
        return true;
    case SN_STUN_ICE_CONTROLLED:
        message->controlled = true;
        return read_tie_breaker(message, value, len);
    case SN_STUN_ICE_CONTROLLING:
        message->controlling = true;
        return read_tie_breaker(message, value, len);
    case SN_STUN_UNKNOWN_ATTRIBUTES:
        return true;
    default:
        note_unknown(message, type);
        return true;
    }
}

int sn_stun_parse(const void *bytes, size_t len, struct sn_stun_message *ret_message)
{
    const uint8_t *start = bytes;

    if (!sn_stun_is(bytes, len))
        return SN_ERR_INVALID_ARGUMENT;
    unsigned type = get_u16(start);
    struct sn_stun_message message = {
        .bytes = {bytes, len},
        .class = (uint8_t)((type >> 7 & 2) | (type >> 4 & 1)),
        .method = (uint16_t)((type & 0xf) | (type >> 1 & 0x70) | (type >> 2 & 0xf80)),
        .id = start + ID_AT,
    };
    for (size_t at = SN_STUN_HEADER; at < len;) {
        if (len - at < ATTRIBUTE_HEADER)
            return SN_ERR_INVALID_ARGUMENT;
        uint16_t attribute = get_u16(start + at);
        size_t value_len = get_u16(start + at + 2);
        const uint8_t *value = start + at + ATTRIBUTE_HEADER;

        if (value_len > len - at - ATTRIBUTE_HEADER)
            return SN_ERR_INVALID_ARGUMENT;
        if (attribute == SN_STUN_FINGERPRINT) {
            if (!read_fingerprint(&message, value, value_len))
                return SN_ERR_INVALID_ARGUMENT;
        } else if (!message.integrity_at &&
                   !read_attribute(&message, attribute, value, value_len)) {
            return SN_ERR_INVALID_ARGUMENT;
        }
        at += ATTRIBUTE_HEADER + ((value_len + 3) & ~(size_t)3);
    }
    *ret_message = message;
    return 0;
}

/* The MAC of the first `at` bytes, with the length as it is when only the MAC follows (14.5). */
static void mac_of(const uint8_t *bytes, size_t at, struct sn_str key, uint8_t mac[SN_SHA1_LEN])
{
    uint8_t header[4] = {bytes[0], bytes[1]};
    struct sn_str parts[2] = {{(const char *)header, 4}, {(const char *)bytes + 4, at - 4}};

    put_u16(header + 2, (unsigned)(at - SN_STUN_HEADER + ATTRIBUTE_HEADER + SN_SHA1_LEN));
    sn_hmac_sha1(key, parts, 2, mac);
}

bool sn_stun_is_authentic(const struct sn_stun_message *message, struct sn_str key)
{
    const uint8_t *bytes = (const uint8_t *)message->bytes.ptr;
    uint8_t mac[SN_SHA1_LEN], differing = 0;

    if (!message->integrity_at)
        return false;
    mac_of(bytes, message->integrity_at, key, mac);
    for (size_t i = 0; i < SN_SHA1_LEN; i++)
        differing |= mac[i] ^ bytes[message->integrity_at + ATTRIBUTE_HEADER + i];
    return differing == 0;
}

/* ---- writing ---- */

void sn_stun_begin(struct sn_stun_writer *writer, void *bytes, size_t size,
                   enum sn_stun_class class, uint16_t method, const uint8_t id[SN_STUN_ID_LEN])
{
    unsigned c = class, m = method;

    *writer = (struct sn_stun_writer){bytes, SN_STUN_HEADER, size, size < SN_STUN_HEADER};
    if (writer->full)
        return;
    put_u16(writer->bytes,
            (m & 0xf) | (m & 0x70) << 1 | (m & 0xf80) << 2 | (c & 1) << 4 | (c & 2) << 7);
    put_u16(writer->bytes + 2, 0);
    memcpy(writer->bytes + COOKIE_AT, cookie, sizeof(cookie));
    memcpy(writer->bytes + ID_AT, id, SN_STUN_ID_LEN);
}

void sn_stun_add(struct sn_stun_writer *writer, uint16_t type, const void *value, size_t len)
{
    size_t padded = (len + 3) & ~(size_t)3;

    if (writer->full || padded + ATTRIBUTE_HEADER > writer->size - writer->len) {
        writer->full = true;
        return;
    }
    uint8_t *attribute = writer->bytes + writer->len;
    put_u16(attribute, type);
    put_u16(attribute + 2, (unsigned)len);
    if (len)
        memcpy(attribute + ATTRIBUTE_HEADER, value, len);
    memset(attribute + ATTRIBUTE_HEADER + len, 0, padded - len);
    writer->len += ATTRIBUTE_HEADER + padded;
    put_u16(writer->bytes + 2, (unsigned)(writer->len - SN_STUN_HEADER));
}

void sn_stun_add_u32(struct sn_stun_writer *writer, uint16_t type, uint32_t value)
{
    uint8_t bytes[4];

    put_u32(bytes, value);
    sn_stun_add(writer, type, bytes, sizeof(bytes));
}

void sn_stun_add_u64(struct sn_stun_writer *writer, uint16_t type, uint64_t value)
{
    uint8_t bytes[8];

    put_u32(bytes, (uint32_t)(value >> 32));
    put_u32(bytes + 4, (uint32_t)value);
    sn_stun_add(writer, type, bytes, sizeof(bytes));
}

void sn_stun_add_mapped(struct sn_stun_writer *writer, const struct sn_ip *address)
{
    struct sn_ip mixed = *address;
    uint8_t value[20] = {0, mixed.family == 4 ? FAMILY_V4 : FAMILY_V6};
    size_t len = mixed.family == 4 ? 4 : 16;

    if (writer->full)
        return;
    mix(&mixed, writer->bytes);
    put_u16(value + 2, mixed.port);
    memcpy(value + 4, mixed.bytes, len);
    sn_stun_add(writer, SN_STUN_XOR_MAPPED_ADDRESS, value, 4 + len);
}

static struct sn_str words_of(int code)
{
    switch (code) {
    case SN_STUN_UNKNOWN_ATTRIBUTE:
        return SN_STR("Unknown Attribute");
    case SN_STUN_ROLE_CONFLICT:
        return SN_STR("Role Conflict");
    default:
        return SN_STR_NULL;
    }
}

void sn_stun_add_error(struct sn_stun_writer *writer, int code)
{
    struct sn_str words = words_of(code);
    uint8_t value[32] = {0, 0, (uint8_t)(code / 100), (uint8_t)(code % 100)};

    if (words.len)
        memcpy(value + 4, words.ptr, words.len);
    sn_stun_add(writer, SN_STUN_ERROR_CODE, value, 4 + words.len);
}

void sn_stun_add_unknown(struct sn_stun_writer *writer, const uint16_t *types, size_t count)
{
    uint8_t value[2 * SN_STUN_UNKNOWN_MAX];

    if (count > SN_STUN_UNKNOWN_MAX)
        count = SN_STUN_UNKNOWN_MAX;
    for (size_t i = 0; i < count; i++)
        put_u16(value + 2 * i, types[i]);
    sn_stun_add(writer, SN_STUN_UNKNOWN_ATTRIBUTES, value, 2 * count);
}

size_t sn_stun_end(struct sn_stun_writer *writer, struct sn_str key)
{
    uint8_t mac[SN_SHA1_LEN];

    if (!writer->full && key.ptr) {
        mac_of(writer->bytes, writer->len, key, mac);
        sn_stun_add(writer, SN_STUN_MESSAGE_INTEGRITY, mac, sizeof(mac));
    }
    /* Written once for the length that the CRC covers, then with the CRC. */
    size_t at = writer->len;
    sn_stun_add_u32(writer, SN_STUN_FINGERPRINT, 0);
    if (writer->full)
        return 0;
    put_u32(writer->bytes + at + ATTRIBUTE_HEADER, crc32_of(writer->bytes, at) ^ fingerprint_mask);
    return writer->len;
}
