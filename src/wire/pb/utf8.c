/* SPDX-License-Identifier: Apache-2.0
 *
 * UTF-8 validity of text that is not all ASCII. Runs that are pass a word at a time.
 * Source: Unicode standard, table 3-7 "Well-formed UTF-8 byte sequences".
 */
#include "wire/pb/wire.h"

enum { ASCII_WORD = 8 };

/* Bytes of the sequence at `p`, 0 when it is ill-formed. */
static size_t sequence_len(const uint8_t *p, size_t left)
{
    uint8_t a = p[0];

    if (a < 0x80)
        return 1;
    if (a < 0xc2 || left < 2 || (p[1] & 0xc0) != 0x80)
        return 0;
    if (a < 0xe0)
        return 2;
    if (left < 3 || (p[2] & 0xc0) != 0x80)
        return 0;
    if (a < 0xf0)
        return (a == 0xe0 && p[1] < 0xa0) || (a == 0xed && p[1] > 0x9f) ? 0 : 3;
    if (a > 0xf4 || left < 4 || (p[3] & 0xc0) != 0x80)
        return 0;
    return (a == 0xf0 && p[1] < 0x90) || (a == 0xf4 && p[1] > 0x8f) ? 0 : 4;
}

bool sn_pb_utf8_valid_long(const char *text, size_t len)
{
    const uint8_t *p = (const uint8_t *)text, *end = p + len;

    while (p < end) {
        if (end - p >= ASCII_WORD && !(sn_pb_load64(p) & 0x8080808080808080u)) {
            p += ASCII_WORD;
            continue;
        }
        size_t step = sequence_len(p, (size_t)(end - p));
        if (step == 0)
            return false;
        p += step;
    }
    return true;
}
