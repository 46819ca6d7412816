/* SPDX-License-Identifier: Apache-2.0
 *
 * UTF-8 from pieces. Source: RFC 3629, 4 (the syntax of byte sequences).
 */
#include "service/shell/utf8.h"

#include <stdbool.h>
#include <string.h>

/* Bytes of the character that begins with this one; 0: none does. */
static size_t length_of(uint8_t first)
{
    if (first < 0x80)
        return 1;
    if (first >= 0xc2 && first <= 0xdf)
        return 2;
    if (first >= 0xe0 && first <= 0xef)
        return 3;
    return first >= 0xf0 && first <= 0xf4 ? 4 : 0;
}

/* The second byte rules out what would be too long, a surrogate or past U+10FFFF. */
static bool can_follow(uint8_t first, size_t index, uint8_t byte)
{
    uint8_t low = 0x80, high = 0xbf;

    if (index == 1) {
        if (first == 0xe0)
            low = 0xa0;
        else if (first == 0xed)
            high = 0x9f;
        else if (first == 0xf0)
            low = 0x90;
        else if (first == 0xf4)
            high = 0x8f;
    }
    return byte >= low && byte <= high;
}

/* Adds the byte if it goes on with the tail. */
static bool extend(struct utf8_tail *tail, uint8_t byte)
{
    if (tail->len ? !can_follow(tail->bytes[0], tail->len, byte) : !length_of(byte))
        return false;
    tail->bytes[tail->len++] = byte;
    return true;
}

static char *replace(char *out)
{
    memcpy(out, "\xef\xbf\xbd", 3);
    return out + 3;
}

struct sn_str utf8_repair(struct utf8_tail *tail, struct sn_str raw, char *text)
{
    char *out = text;

    for (size_t i = 0; i < raw.len; i++) {
        uint8_t byte = (uint8_t)raw.ptr[i];

        if (!extend(tail, byte)) {
            bool cut_short = tail->len > 0;

            out = replace(out);
            tail->len = 0;
            if (!cut_short || !extend(tail, byte)) {
                out = cut_short ? replace(out) : out;
                continue;
            }
        }
        if (tail->len == length_of(tail->bytes[0])) {
            memcpy(out, tail->bytes, tail->len);
            out += tail->len;
            tail->len = 0;
        }
    }
    return (struct sn_str){text, (size_t)(out - text)};
}
