/* SPDX-License-Identifier: Apache-2.0
 *
 * Fields of a record as one line of JSON.
 */
#include "base/log.h"
#include "sinew/str.h"

#include <stdio.h>

struct text {
    char *cur, *end; /* room is kept for the closing brace and the NUL */
    bool full;
};

static void put(struct text *text, const char *bytes, size_t len)
{
    if (text->full || len > (size_t)(text->end - text->cur)) {
        text->full = true;
        return;
    }
    memcpy(text->cur, bytes, len);
    text->cur += len;
}

static void put_escaped(struct text *text, unsigned char c)
{
    static const char letters[] = "btnvfr"; /* of 8 to 13; JSON has no \v */
    char escape[8];
    int len = 2;

    if (c == '"' || c == '\\')
        snprintf(escape, sizeof(escape), "\\%c", c);
    else if (c >= 8 && c <= 13 && c != 11)
        snprintf(escape, sizeof(escape), "\\%c", letters[c - 8]);
    else
        len = snprintf(escape, sizeof(escape), "\\u%04x", c);
    put(text, escape, (size_t)len);
}

static void put_string(struct text *text, const char *string)
{
    put(text, "\"", 1);
    for (const char *p = string; *p; p++) {
        unsigned char c = (unsigned char)*p;

        if (c < 0x20 || c == '"' || c == '\\')
            put_escaped(text, c);
        else
            put(text, p, 1);
    }
    put(text, "\"", 1);
}

const char *sn_log_pairs(char *buffer, size_t size, ...)
{
    struct text text = {buffer, buffer + size - 3, false};
    const char *key, *separator = "{";
    va_list args;

    va_start(args, size);
    while ((key = va_arg(args, const char *))) {
        char *begin = text.cur;
        const char *value = va_arg(args, const char *);

        put(&text, separator, 1);
        put_string(&text, key);
        put(&text, ":", 1);
        put_string(&text, value ? value : "");
        if (text.full) {
            text.cur = begin;
            text.full = false;
        } else {
            separator = ",";
        }
    }
    va_end(args);
    snprintf(text.cur, 3, "%s", text.cur == buffer ? "{}" : "}");
    return buffer;
}
