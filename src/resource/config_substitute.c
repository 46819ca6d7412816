/* SPDX-License-Identifier: Apache-2.0
 *
 * Shell-style variables in the text of a config, before it is parsed. A `$` that begins none of the
 * known forms stays as it is.
 */
#include "resource/config.h"
#include "sinew/str.h"

#include <stdlib.h>

enum { NAME_MAX_LEN = 255 };

struct output {
    char *text;
    size_t len, size;
    bool full;
};

static void put(struct output *output, const char *bytes, size_t len)
{
    if (len > SN_CONFIG_SIZE_MAX - output->len)
        output->full = true;
    if (output->full)
        return;
    if (output->len + len > output->size) {
        size_t size = (output->len + len) * 2;
        char *text = realloc(output->text, size);

        if (!text)
            abort();
        output->text = text;
        output->size = size;
    }
    if (len)
        memcpy(output->text + output->len, bytes, len);
    output->len += len;
}

static bool is_name_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

static size_t name_len(struct sn_str text)
{
    size_t len = 0;

    while (len < text.len && is_name_char(text.ptr[len]))
        len++;
    return len <= NAME_MAX_LEN ? len : 0;
}

static const char *value_of(struct sn_str name, const char *(*lookup)(const char *name))
{
    char copy[NAME_MAX_LEN + 1];

    memcpy(copy, name.ptr, name.len);
    copy[name.len] = '\0';
    return lookup(copy);
}

/* `text` begins behind a `$`. Returns how much of it was a name, 0 when it wasn't one. */
static size_t put_plain(struct output *output, struct sn_str text,
                        const char *(*lookup)(const char *name))
{
    struct sn_str name = {text.ptr, name_len(text)};

    if (name.len) {
        const char *value = value_of(name, lookup);

        put(output, value, value ? strlen(value) : 0);
    }
    return name.len;
}

/* The alternative may hold $NAME, not another brace. */
static void put_alternative(struct output *output, struct sn_str text,
                            const char *(*lookup)(const char *name))
{
    for (size_t i = 0; i < text.len; i++) {
        size_t used = 0;

        if (text.ptr[i] == '$')
            used = put_plain(output, (struct sn_str){text.ptr + i + 1, text.len - i - 1}, lookup);
        if (used)
            i += used;
        else
            put(output, text.ptr + i, 1);
    }
}

/* `rest` is what stands between name and brace: nothing, or an operator and its text. False when
 * the operator is none. */
static bool put_value(struct output *output, struct sn_str name, struct sn_str rest,
                      const char *(*lookup)(const char *name))
{
    const char *value = value_of(name, lookup);
    bool colon = rest.len > 0 && rest.ptr[0] == ':';
    size_t operator_len = colon + 1;

    if (rest.len == 0) {
        put(output, value, value ? strlen(value) : 0);
        return true;
    }
    if (rest.len < operator_len || !memchr("-=+", rest.ptr[colon], 3))
        return false;
    bool is_set = value && !(colon && !*value);
    struct sn_str text = {rest.ptr + operator_len, rest.len - operator_len};
    if (rest.ptr[colon] == '+') { /* an empty value counts as set, with a colon too */
        if (value)
            put_alternative(output, text, lookup);
    } else if (is_set) {
        put(output, value, strlen(value));
    } else {
        put_alternative(output, text, lookup);
    }
    return true;
}

/* `text` begins behind "${". Returns how much of it was used, 0 when it isn't a form we know. */
static size_t put_braced(struct output *output, struct sn_str text,
                         const char *(*lookup)(const char *name))
{
    struct sn_str name = {text.ptr, name_len(text)};
    const char *end = name.len ? memchr(text.ptr, '}', text.len) : NULL;

    if (!end)
        return 0;
    const char *operator= name.ptr + name.len;
    if (!put_value(output, name, (struct sn_str){operator, (size_t)(end - operator)}, lookup))
        return 0;
    return (size_t)(end - text.ptr) + 1;
}

/* `text` begins with a `$`. Returns how much of it was used, at least 1. */
static size_t put_dollar(struct output *output, struct sn_str text,
                         const char *(*lookup)(const char *name))
{
    struct sn_str behind = {text.ptr + 1, text.len - 1};
    size_t used = 0;

    if (behind.len && behind.ptr[0] == '$') {
        put(output, "$", 1);
        return 2;
    }
    if (behind.len && behind.ptr[0] == '{') {
        used = put_braced(output, (struct sn_str){behind.ptr + 1, behind.len - 1}, lookup);
        if (used)
            return used + 2;
    } else {
        used = put_plain(output, behind, lookup);
        if (used)
            return used + 1;
    }
    put(output, "$", 1);
    return 1;
}

char *sn_config_substitute(const char *text, size_t len, const char *(*lookup)(const char *name),
                           size_t *ret_len)
{
    struct output output = {0};
    const char *end = text + len;

    put(&output, "", 0);
    while (text < end && !output.full) {
        const char *dollar = memchr(text, '$', (size_t)(end - text));

        put(&output, text, (size_t)((dollar ? dollar : end) - text));
        if (!dollar)
            break;
        text =
            dollar + put_dollar(&output, (struct sn_str){dollar, (size_t)(end - dollar)}, lookup);
    }
    if (output.full) {
        free(output.text);
        return NULL;
    }
    *ret_len = output.len;
    return output.text ? output.text : calloc(1, 1);
}
