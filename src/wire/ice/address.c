/* SPDX-License-Identifier: Apache-2.0
 *
 * Addresses in text and back.
 */
#include "wire/ice/address.h"

#include <stdio.h>

bool sn_ip_same_host(const struct sn_ip *a, const struct sn_ip *b)
{
    size_t len = a->family == 4 ? 4 : 16;

    return a->family == b->family && a->scope == b->scope && memcmp(a->bytes, b->bytes, len) == 0;
}

bool sn_ip_eq(const struct sn_ip *a, const struct sn_ip *b)
{
    return a->port == b->port && sn_ip_same_host(a, b);
}

bool sn_ip_is_loopback(const struct sn_ip *ip)
{
    static const uint8_t loopback[16] = {[15] = 1};

    return ip->family == 4 ? ip->bytes[0] == 127 : memcmp(ip->bytes, loopback, 16) == 0;
}

bool sn_ip_is_link_local(const struct sn_ip *ip)
{
    return ip->family == 4 ? ip->bytes[0] == 169 && ip->bytes[1] == 254
                           : ip->bytes[0] == 0xfe && (ip->bytes[1] & 0xc0) == 0x80;
}

bool sn_ip_is_unspecified(const struct sn_ip *ip)
{
    static const uint8_t zero[16];

    return memcmp(ip->bytes, zero, ip->family == 4 ? 4 : 16) == 0;
}

bool sn_ip_is_multicast(const struct sn_ip *ip)
{
    static const uint8_t all[4] = {255, 255, 255, 255};

    if (ip->family == 4)
        return (ip->bytes[0] & 0xf0) == 0xe0 || memcmp(ip->bytes, all, 4) == 0;
    return ip->bytes[0] == 0xff;
}

/* ---- reading ---- */

bool sn_ip_number(struct sn_str text, uint64_t max, uint64_t *ret_number)
{
    uint64_t number = 0;

    if (!text.len || text.len > 20)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        unsigned digit = (unsigned char)text.ptr[i] - '0';

        if (digit > 9 || number > (max - digit) / 10)
            return false;
        number = number * 10 + digit;
    }
    *ret_number = number;
    return true;
}

/* What stands before the next `mark`, taken off the front of `text` with it. */
static struct sn_str part_before(struct sn_str *text, char mark)
{
    const char *end = text->len ? memchr(text->ptr, mark, text->len) : NULL;
    struct sn_str part = {text->ptr, end ? (size_t)(end - text->ptr) : text->len};
    size_t taken = part.len + (end != NULL);

    text->ptr += taken;
    text->len -= taken;
    return part;
}

static bool parse_v4(struct sn_str text, uint8_t bytes[4])
{
    for (int i = 0; i < 4; i++) {
        struct sn_str part = part_before(&text, '.');
        uint64_t value;

        if (part.len > 3 || (part.len > 1 && part.ptr[0] == '0') ||
            !sn_ip_number(part, 255, &value) || (i < 3 && !text.len))
            return false;
        bytes[i] = (uint8_t)value;
    }
    return text.len == 0;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool parse_group(struct sn_str text, uint8_t bytes[2])
{
    unsigned value = 0;

    if (!text.len || text.len > 4)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        int digit = hex_digit(text.ptr[i]);

        if (digit < 0)
            return false;
        value = value << 4 | (unsigned)digit;
    }
    bytes[0] = (uint8_t)(value >> 8);
    bytes[1] = (uint8_t)value;
    return true;
}

/* Groups up to the end or to "::", which is taken: so many bytes, or -1. */
static int parse_groups(struct sn_str *text, uint8_t bytes[16], bool *ret_gap)
{
    int len = 0;

    *ret_gap = false;
    while (text->len) {
        if (sn_str_has_prefix(*text, SN_STR("::"))) {
            text->ptr += 2;
            text->len -= 2;
            *ret_gap = true;
            return len;
        }
        if (len && *text->ptr != ':')
            return -1;
        if (len)
            text->ptr++, text->len--;
        size_t end = 0;
        while (end < text->len && text->ptr[end] != ':')
            end++;
        struct sn_str group = {text->ptr, end};
        if (end == text->len && memchr(group.ptr, '.', group.len)) {
            if (len > 12 || !parse_v4(group, bytes + len))
                return -1;
            len += 4;
        } else {
            if (len > 14 || !parse_group(group, bytes + len))
                return -1;
            len += 2;
        }
        text->ptr += end;
        text->len -= end;
    }
    return len;
}

static bool parse_v6(struct sn_str text, uint8_t bytes[16])
{
    uint8_t tail[16];
    bool gap, second_gap = false;
    int head_len = parse_groups(&text, bytes, &gap), tail_len = 0;

    if (head_len < 0)
        return false;
    if (!gap)
        return head_len == 16;
    tail_len = parse_groups(&text, tail, &second_gap);
    if (tail_len < 0 || second_gap || head_len + tail_len > 14)
        return false;
    memset(bytes + head_len, 0, (size_t)(16 - head_len));
    memcpy(bytes + 16 - tail_len, tail, (size_t)tail_len);
    return true;
}

bool sn_ip_parse(struct sn_str text, struct sn_ip *ret_ip)
{
    struct sn_ip ip = {0};

    if (!text.len || text.len >= SN_IP_TEXT_MAX)
        return false;
    if (memchr(text.ptr, ':', text.len)) {
        ip.family = 6;
        if (!parse_v6(text, ip.bytes))
            return false;
    } else {
        ip.family = 4;
        if (!parse_v4(text, ip.bytes))
            return false;
    }
    *ret_ip = ip;
    return true;
}

/* ---- writing ---- */

static unsigned group_at(const struct sn_ip *ip, int i)
{
    return (unsigned)ip->bytes[2 * i] << 8 | ip->bytes[2 * i + 1];
}

/* The longest run of zero groups, of two at least. */
static int find_gap(const struct sn_ip *ip, int *ret_len)
{
    int best = -1, best_len = 1;

    for (int i = 0; i < 8; i++) {
        int len = 0;

        while (i + len < 8 && !group_at(ip, i + len))
            len++;
        if (len > best_len)
            best = i, best_len = len;
    }
    *ret_len = best_len;
    return best;
}

static size_t format_v6(const struct sn_ip *ip, char *text)
{
    int gap_len, gap = find_gap(ip, &gap_len);
    size_t len = 0;

    for (int i = 0; i < 8; i++) {
        if (i == gap) {
            text[len++] = ':';
            text[len++] = ':';
            i += gap_len - 1;
            continue;
        }
        if (i && i != gap + gap_len)
            text[len++] = ':';
        len += (size_t)snprintf(text + len, 5, "%x", group_at(ip, i));
    }
    text[len] = '\0';
    return len;
}

size_t sn_ip_format(const struct sn_ip *ip, char text[SN_IP_TEXT_MAX])
{
    const uint8_t *b = ip->bytes;

    text[0] = '\0';
    if (ip->family == 6)
        return format_v6(ip, text);
    if (ip->family == 4)
        return (size_t)snprintf(text, SN_IP_TEXT_MAX, "%u.%u.%u.%u", b[0], b[1], b[2], b[3]);
    return 0;
}
