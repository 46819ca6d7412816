/* SPDX-License-Identifier: Apache-2.0
 *
 * Reading and writing JSON text.
 */
#include "wire/pb/json_text.h"

#include "wire/pb/json_number.h"
#include "wire/pb/wire.h"

bool sn_pb_json_fail(struct sn_pb_json_in *in, const char *what)
{
    unsigned line = 1, column = 1;

    if (in->rc)
        return false;
    for (const char *p = in->start; p < in->p; p++) {
        column++;
        if (*p == '\n') {
            line++;
            column = 1;
        }
    }
    const char *label = in->field.len ? " field \"" : "", *close = in->field.len ? "\":" : "";
    in->rc = sn_error_set(in->error, SN_ERR_INVALID_ARGUMENT, "line %u, column %u:%s%.*s%s %s",
                          line, column, label, SN_STR_ARGS(in->field), close, what);
    return false;
}

bool sn_pb_json_exhausted(struct sn_pb_json_in *in)
{
    if (!in->rc)
        in->rc = sn_error_set(in->error, SN_ERR_RESOURCE_EXHAUSTED,
                              "the message needs more memory than it may take");
    return false;
}

char sn_pb_json_peek(struct sn_pb_json_in *in)
{
    const char *p = in->p;

    while (p < in->end && (*p == ' ' || *p == '\n' || *p == '\r' || *p == '\t'))
        p++;
    in->p = p;
    return p < in->end && !in->rc ? *p : '\0';
}

bool sn_pb_json_take(struct sn_pb_json_in *in, char c)
{
    if (sn_pb_json_peek(in) != c)
        return false;
    in->p++;
    return true;
}

bool sn_pb_json_expect(struct sn_pb_json_in *in, char c)
{
    char what[] = "'?' expected";

    if (sn_pb_json_take(in, c))
        return true;
    what[1] = c;
    return sn_pb_json_fail(in, what);
}

bool sn_pb_json_literal(struct sn_pb_json_in *in, const char *word)
{
    size_t len = strlen(word);

    if (sn_pb_json_peek(in) != word[0] || (size_t)(in->end - in->p) < len ||
        memcmp(in->p, word, len) != 0)
        return false;
    in->p += len;
    return true;
}

bool sn_pb_json_number(struct sn_pb_json_in *in, struct sn_str *ret_text)
{
    sn_pb_json_peek(in);
    size_t len = sn_pb_number_len((struct sn_str){in->p, (size_t)(in->end - in->p)});

    if (len == 0)
        return sn_pb_json_fail(in, "a number expected");
    *ret_text = (struct sn_str){in->p, len};
    in->p += len;
    return true;
}

/* Four hexadecimal digits, -1 when they are none. */
static int32_t hex4(const char *p, const char *end)
{
    int32_t value = 0;

    if (end - p < 4)
        return -1;
    for (int i = 0; i < 4; i++) {
        char c = p[i];
        int digit = c >= '0' && c <= '9'   ? c - '0'
                    : c >= 'a' && c <= 'f' ? c - 'a' + 10
                    : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                           : -1;
        if (digit < 0)
            return -1;
        value = value << 4 | digit;
    }
    return value;
}

static char *utf8_put(char *out, int32_t c)
{
    if (c < 0x80) {
        *out++ = (char)c;
    } else if (c < 0x800) {
        *out++ = (char)(0xc0 | c >> 6);
        *out++ = (char)(0x80 | (c & 0x3f));
    } else if (c < 0x10000) {
        *out++ = (char)(0xe0 | c >> 12);
        *out++ = (char)(0x80 | (c >> 6 & 0x3f));
        *out++ = (char)(0x80 | (c & 0x3f));
    } else {
        *out++ = (char)(0xf0 | c >> 18);
        *out++ = (char)(0x80 | (c >> 12 & 0x3f));
        *out++ = (char)(0x80 | (c >> 6 & 0x3f));
        *out++ = (char)(0x80 | (c & 0x3f));
    }
    return out;
}

/* The character of a \uXXXX, or of two that are a surrogate pair; `*p` is behind the u and moves
 * behind it. -1 when it is none. */
static int32_t unicode_escape(const char **p, const char *end)
{
    int32_t high = hex4(*p, end), low;

    if (high < 0)
        return -1;
    *p += 4;
    if (high < 0xd800 || high > 0xdfff)
        return high;
    if (high > 0xdbff || end - *p < 6 || (*p)[0] != '\\' || (*p)[1] != 'u')
        return -1;
    low = hex4(*p + 2, end);
    if (low < 0xdc00 || low > 0xdfff)
        return -1;
    *p += 6;
    return 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
}

/* The escape behind a backslash at `*p`; returns the end of `out`, NULL when it is none. */
static char *unescape_one(const char **p, const char *end, char *out)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    const char *found = *p < end ? strchr(from, **p) : NULL;

    if (found && *found) {
        (*p)++;
        *out++ = to[found - from];
        return out;
    }
    if (*p == end || **p != 'u')
        return NULL;
    (*p)++;
    int32_t c = unicode_escape(p, end);
    return c < 0 ? NULL : utf8_put(out, c);
}

/* A string's inside with escapes, between `p` and `end`. No escape is shorter than what it means.
 */
static bool unescape(struct sn_pb_json_in *in, const char *p, const char *end,
                     struct sn_str *ret_value)
{
    char *out = sn_arena_alloc(in->arena, (size_t)(end - p) + 1), *start = out;

    if (!out)
        return sn_pb_json_exhausted(in);
    while (p < end) {
        if (*p != '\\') {
            *out++ = *p++;
            continue;
        }
        p++;
        out = unescape_one(&p, end, out);
        if (!out)
            return sn_pb_json_fail(in, "a bad escape in a string");
    }
    *ret_value = (struct sn_str){start, (size_t)(out - start)};
    return true;
}

bool sn_pb_json_string(struct sn_pb_json_in *in, struct sn_str *ret_value)
{
    bool escapes = false;

    if (!sn_pb_json_take(in, '"'))
        return sn_pb_json_fail(in, "a string expected");
    const char *start = in->p, *p = start;
    for (; p < in->end && *p != '"'; p++) {
        if ((unsigned char)*p < 0x20)
            return sn_pb_json_fail(in, "a control character in a string");
        if (*p == '\\') {
            escapes = true;
            p += p + 1 < in->end;
        }
    }
    if (p >= in->end)
        return sn_pb_json_fail(in, "a string without end");
    if (!sn_pb_utf8_valid(start, (size_t)(p - start)))
        return sn_pb_json_fail(in, "a string that is not UTF-8");
    *ret_value = (struct sn_str){start, (size_t)(p - start)};
    if (escapes && !unescape(in, start, p, ret_value))
        return false;
    in->p = p + 1;
    return true;
}

bool sn_pb_json_next_key(struct sn_pb_json_in *in, bool *first, struct sn_str *ret_key)
{
    if (*first && !sn_pb_json_expect(in, '{'))
        return false;
    if (sn_pb_json_take(in, '}') || (!*first && !sn_pb_json_expect(in, ',')))
        return false;
    *first = false;
    return sn_pb_json_string(in, ret_key) && sn_pb_json_expect(in, ':');
}

bool sn_pb_json_next_element(struct sn_pb_json_in *in, bool *first)
{
    if (*first && !sn_pb_json_expect(in, '['))
        return false;
    if (*first ? sn_pb_json_take(in, ']') : !sn_pb_json_take(in, ','))
        return !*first && !sn_pb_json_expect(in, ']');
    *first = false;
    return in->rc == 0;
}

static bool skip_container(struct sn_pb_json_in *in, bool object)
{
    bool first = true;
    struct sn_str key;

    if (in->depth == 0)
        return sn_pb_json_fail(in, "too deep");
    in->depth--;
    while (object ? sn_pb_json_next_key(in, &first, &key) : sn_pb_json_next_element(in, &first)) {
        if (!sn_pb_json_skip(in))
            return false;
    }
    in->depth++;
    return in->rc == 0;
}

bool sn_pb_json_skip(struct sn_pb_json_in *in)
{
    struct sn_str text;

    switch (sn_pb_json_peek(in)) {
    case '{':
        return skip_container(in, true);
    case '[':
        return skip_container(in, false);
    case '"':
        return sn_pb_json_string(in, &text);
    default:
        return sn_pb_json_literal(in, "null") || sn_pb_json_literal(in, "true") ||
               sn_pb_json_literal(in, "false") || sn_pb_json_number(in, &text);
    }
}

bool sn_pb_json_out_fail(struct sn_pb_json_out *out, int rc, const char *what)
{
    if (!out->rc)
        out->rc = sn_error_set(out->error, rc, "%s", what);
    return false;
}

/* Room for `n` bytes more. */
static bool room(struct sn_pb_json_out *out, size_t n)
{
    enum { FIRST = 256 };

    if (out->rc)
        return false;
    if (out->cap - out->len >= n)
        return true;
    size_t cap = 2 * out->cap > FIRST ? 2 * out->cap : FIRST;
    if (cap < out->len + n)
        cap = out->len + n;
    char *text =
        cap <= SN_PB_SIZE_MAX ? sn_arena_realloc(out->arena, out->text, out->cap, cap) : NULL;
    if (!text)
        return sn_pb_json_out_fail(out, SN_ERR_RESOURCE_EXHAUSTED,
                                   "the JSON text needs more memory than it may take");
    out->text = text;
    out->cap = cap;
    return true;
}

void sn_pb_json_put(struct sn_pb_json_out *out, const char *text, size_t len)
{
    if (len == 0 || !room(out, len))
        return;
    memcpy(out->text + out->len, text, len);
    out->len += len;
}

void sn_pb_json_put_char(struct sn_pb_json_out *out, char c)
{
    if (room(out, 1))
        out->text[out->len++] = c;
}

static void put_escape(struct sn_pb_json_out *out, char c)
{
    static const char from[] = "\"\\\b\f\n\r\t", to[] = "\"\\bfnrt", hex[] = "0123456789abcdef";
    const char *found = c ? strchr(from, c) : NULL;

    if (found) {
        sn_pb_json_put(out, (char[]){'\\', to[found - from]}, 2);
        return;
    }
    sn_pb_json_put(out, "\\u00", 4);
    sn_pb_json_put(out, (char[]){hex[c >> 4 & 0xf], hex[c & 0xf]}, 2);
}

static bool needs_escape(char c)
{
    return (unsigned char)c < 0x20 || c == '"' || c == '\\';
}

void sn_pb_json_put_string(struct sn_pb_json_out *out, struct sn_str s)
{
    size_t done = 0;

    if (s.len == 0)
        s = SN_STR("");
    if (!sn_pb_utf8_valid(s.ptr, s.len)) {
        sn_pb_json_out_fail(out, SN_ERR_INVALID_ARGUMENT, "a string is not UTF-8");
        return;
    }
    sn_pb_json_put_char(out, '"');
    for (size_t i = 0; i < s.len; i++) {
        if (!needs_escape(s.ptr[i]))
            continue;
        sn_pb_json_put(out, s.ptr + done, i - done);
        put_escape(out, s.ptr[i]);
        done = i + 1;
    }
    sn_pb_json_put(out, s.ptr + done, s.len - done);
    sn_pb_json_put_char(out, '"');
}

void sn_pb_json_put_base64(struct sn_pb_json_out *out, struct sn_str bytes)
{
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const unsigned char *p = (const unsigned char *)bytes.ptr;

    if (!room(out, bytes.len / 3 * 4 + 6))
        return;
    char *to = out->text + out->len;
    *to++ = '"';
    for (size_t i = 0; i < bytes.len; i += 3) {
        size_t left = bytes.len - i;
        uint32_t group = (uint32_t)p[i] << 16 | (left > 1 ? (uint32_t)p[i + 1] << 8 : 0) |
                         (left > 2 ? p[i + 2] : 0u);
        *to++ = alphabet[group >> 18];
        *to++ = alphabet[group >> 12 & 0x3f];
        *to++ = left > 1 ? alphabet[group >> 6 & 0x3f] : '=';
        *to++ = left > 2 ? alphabet[group & 0x3f] : '=';
    }
    *to++ = '"';
    out->len = (size_t)(to - out->text);
}

static int base64_digit(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    if (c == '+' || c == '-')
        return 62;
    return c == '/' || c == '_' ? 63 : -1;
}

bool sn_pb_base64_read(struct sn_str text, struct sn_arena *arena, struct sn_str *ret_bytes)
{
    while (text.len > 0 && text.ptr[text.len - 1] == '=')
        text.len--;
    char *bytes = sn_arena_alloc(arena, text.len / 4 * 3 + 3);
    size_t len = 0;
    uint32_t group = 0;

    *ret_bytes = SN_STR_NULL;
    if (!bytes)
        return true;
    for (size_t i = 0; i < text.len; i++) {
        int digit = base64_digit(text.ptr[i]);
        if (digit < 0)
            return false;
        group = group << 6 | (uint32_t)digit;
        if (i % 4 != 0) /* the second, third and fourth digit complete a byte each */
            bytes[len++] = (char)(group >> (6 - 2 * (i % 4)));
    }
    *ret_bytes = (struct sn_str){bytes, len};
    return text.len % 4 != 1;
}
