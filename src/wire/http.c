/* SPDX-License-Identifier: Apache-2.0
 *
 * Names and values of HTTP headers. Pure.
 */
#include "wire/http.h"

static char lower(char c)
{
    return (char)(c >= 'A' && c <= 'Z' ? c | 0x20 : c);
}

static bool is_token_char(char c)
{
    static const char marks[] = "!#$%&'*+-.^_`|~";

    return (lower(c) >= 'a' && lower(c) <= 'z') || (c >= '0' && c <= '9') ||
           (c && strchr(marks, c));
}

bool sn_http_is_token(struct sn_str text)
{
    for (size_t i = 0; i < text.len; i++)
        if (!is_token_char(text.ptr[i]))
            return false;
    return text.len > 0;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

bool sn_http_is_value(struct sn_str text)
{
    if (text.len && (is_blank(text.ptr[0]) || is_blank(text.ptr[text.len - 1])))
        return false;
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = (uint8_t)text.ptr[i];

        if ((c < ' ' && c != '\t') || c == 0x7f)
            return false;
    }
    return true;
}

bool sn_http_has_upper(struct sn_str text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] >= 'A' && text.ptr[i] <= 'Z')
            return true;
    return false;
}

bool sn_http_is(struct sn_str text, const char *lower_case)
{
    size_t i = 0;

    while (i < text.len && lower_case[i] && lower(text.ptr[i]) == lower_case[i])
        i++;
    return i == text.len && !lower_case[i];
}

bool sn_http_has_token(struct sn_str list, const char *lower_case)
{
    while (list.len) {
        const char *comma = memchr(list.ptr, ',', list.len);
        struct sn_str item = {list.ptr, comma ? (size_t)(comma - list.ptr) : list.len};
        size_t taken = item.len + (comma != NULL);
        const char *semicolon = memchr(item.ptr, ';', item.len);

        if (semicolon)
            item.len = (size_t)(semicolon - item.ptr);
        while (item.len && is_blank(item.ptr[0])) {
            item.ptr++;
            item.len--;
        }
        while (item.len && is_blank(item.ptr[item.len - 1]))
            item.len--;
        if (sn_http_is(item, lower_case))
            return true;
        list.ptr += taken;
        list.len -= taken;
    }
    return false;
}

bool sn_http_parse_length(struct sn_str text, uint64_t *ret_length)
{
    uint64_t length = 0;

    if (text.len == 0 || text.len > 18)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9')
            return false;
        length = length * 10 + (uint64_t)(text.ptr[i] - '0');
    }
    *ret_length = length;
    return true;
}
