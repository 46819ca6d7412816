/* SPDX-License-Identifier: Apache-2.0
 *
 * Values out of JSON objects.
 */
#include "spatial/json_read.h"

#include <strings.h>

static const char *const kinds[] = {
    [JSON_OBJECT] = "object",  [JSON_ARRAY] = "array", [JSON_STRING] = "string",
    [JSON_INTEGER] = "number", [JSON_REAL] = "number", [JSON_TRUE] = "bool",
    [JSON_FALSE] = "bool",     [JSON_NULL] = "null",
};

int sn_json_no_memory(struct sn_error *e)
{
    return sn_error_set(e, SN_ERR_RESOURCE_EXHAUSTED, "no memory for what was read");
}

static int wrong(struct sn_error *e, const char *key, const char *wanted, const json_t *got)
{
    return sn_error_set(e, SN_ERR_INVALID_ARGUMENT, "\"%s\" is a %s instead of a %s", key,
                        kinds[json_typeof(got)], wanted);
}

static const json_t *present(const json_t *value)
{
    return value && !json_is_null(value) ? value : NULL;
}

const json_t *sn_json_get(const json_t *object, const char *key)
{
    const char *name;
    json_t *value;

    if (!json_is_object(object))
        return NULL;
    const json_t *exact = json_object_get(object, key);
    if (exact)
        return present(exact);
    json_object_foreach((json_t *)(uintptr_t)object, name, value)
    {
        if (strcasecmp(name, key) == 0)
            return present(value);
    }
    return NULL;
}

int sn_json_object(const json_t *object, const char *key, const json_t **ret, struct sn_error *e)
{
    const json_t *value = sn_json_get(object, key);

    if (value && !json_is_object(value))
        return wrong(e, key, "object", value);
    if (value)
        *ret = value;
    return 0;
}

int sn_json_array(const json_t *object, const char *key, const json_t **ret, struct sn_error *e)
{
    const json_t *value = sn_json_get(object, key);

    if (value && !json_is_array(value))
        return wrong(e, key, "array", value);
    if (value)
        *ret = value;
    return 0;
}

int sn_json_number(const json_t *object, const char *key, double *ret, struct sn_error *e)
{
    const json_t *value = sn_json_get(object, key);

    if (value && !json_is_number(value))
        return wrong(e, key, "number", value);
    if (value)
        *ret = json_number_value(value);
    return 0;
}

int sn_json_string(const json_t *object, const char *key, const char **ret, struct sn_error *e)
{
    const json_t *value = sn_json_get(object, key);

    if (value && !json_is_string(value))
        return wrong(e, key, "string", value);
    if (value)
        *ret = json_string_value(value);
    return 0;
}

int sn_json_text(const json_t *object, const char *key, struct sn_arena *arena, const char **ret,
                 struct sn_error *e)
{
    const char *text = "";
    int code = sn_json_string(object, key, &text, e);

    if (code)
        return code;
    *ret = sn_arena_copy(arena, sn_str_of(text)).ptr;
    return *ret ? 0 : sn_json_no_memory(e);
}

int sn_json_vec3(const json_t *object, const char *key, struct sn_vec3 *ret, struct sn_error *e)
{
    struct sn_vec3 v = {0, 0, 0};
    const json_t *value = NULL;
    int code = sn_json_object(object, key, &value, e);

    if (code || !value)
        return code;
    code = sn_json_number(value, "x", &v.x, e);
    if (!code)
        code = sn_json_number(value, "y", &v.y, e);
    if (!code)
        code = sn_json_number(value, "z", &v.z, e);
    if (!code)
        *ret = v;
    return code;
}

static int digit_of(char c)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *at = c ? strchr(digits, c) : NULL;

    return at ? (int)(at - digits) : -1;
}

/* Returns the number of bytes, or -1. */
static ptrdiff_t decode_base64(const char *text, size_t len, char *bytes)
{
    ptrdiff_t used = 0;
    uint32_t bits = 0;

    if (len % 4)
        return -1;
    while (len && text[len - 1] == '=' && len % 4 != 2)
        len--;
    for (size_t i = 0; i < len; i++) {
        int digit = digit_of(text[i]);

        if (digit < 0)
            return -1;
        bits = bits << 6 | (uint32_t)digit;
        if (i % 4)
            bytes[used++] = (char)(bits >> (6 - 2 * (i % 4)));
    }
    return used;
}

int sn_json_bytes(const json_t *object, const char *key, struct sn_arena *arena, struct sn_str *ret,
                  struct sn_error *e)
{
    const char *text = "";
    int code = sn_json_string(object, key, &text, e);

    if (code)
        return code;
    char *bytes = sn_arena_alloc(arena, strlen(text) + 1);
    if (!bytes)
        return sn_json_no_memory(e);
    ptrdiff_t len = decode_base64(text, strlen(text), bytes);
    if (len < 0)
        return sn_error_set(e, SN_ERR_INVALID_ARGUMENT, "\"%s\" is not base64", key);
    *ret = (struct sn_str){bytes, (size_t)len};
    return 0;
}
