/* SPDX-License-Identifier: Apache-2.0
 *
 * Quoting.
 */
#include "spatial/quote.h"

#include <stdio.h>

/* The longest escape, the closing quote, the end. */
enum { ESCAPE_MAX = 6, TAIL = 2 };

/* Writes one byte's text, returns its length. The second byte of what may be a control character
 * of two (U+0080 to U+009F) is `next`. */
static int escape(unsigned char c, unsigned char next, char *to)
{
    static const char plain[] = "\a\b\f\n\r\t\v\"\\", named[] = "abfnrtv\"\\";
    const char *found = c ? strchr(plain, c) : NULL;

    if (found)
        return sprintf(to, "\\%c", named[found - plain]);
    if (c < 0x20 || c == 0x7f)
        return sprintf(to, "\\x%02x", c);
    if (c == 0xc2 && next >= 0x80 && next < 0xa0)
        return sprintf(to, "\\u%04x", next);
    *to = (char)c;
    return 1;
}

const char *sn_quote(struct sn_str s, char text[SN_QUOTE_MAX])
{
    char *to = text;

    *to++ = '"';
    for (size_t i = 0; i < s.len && to + ESCAPE_MAX + TAIL < text + SN_QUOTE_MAX; i++) {
        int len =
            escape((unsigned char)s.ptr[i], i + 1 < s.len ? (unsigned char)s.ptr[i + 1] : 0, to);

        i += len == ESCAPE_MAX;
        to += len;
    }
    *to++ = '"';
    *to = 0;
    return text;
}
