/* SPDX-License-Identifier: Apache-2.0
 *
 * JSON objects into C structs by tables.
 */
#include "resource/config_shape.h"

#include "base/log.h"
#include "base/text.h"
#include "resource/config.h"

#include <stdio.h>
#include <strings.h>

/* Members of the two kinds of lists; `v` is a pointer to structs or to strings. */
struct list {
    void *v;
    size_t count;
};

static const char *const json_names[] = {
    [JSON_OBJECT] = "an object", [JSON_ARRAY] = "an array", [JSON_STRING] = "a string",
    [JSON_INTEGER] = "a number", [JSON_REAL] = "a number",  [JSON_TRUE] = "a boolean",
    [JSON_FALSE] = "a boolean",  [JSON_NULL] = "null",
};

/* Writes "components.2.name" so that it ends at `end`; returns where it begins. What doesn't fit is
 * left out at the front. */
static char *write_path(char *begin, char *end, const struct sn_shape_path *path)
{
    *--end = '\0';
    for (bool first = true; path; path = path->up, first = false) {
        char number[24];
        const char *part = path->key;

        if (!part) {
            snprintf(number, sizeof(number), "%zu", path->index);
            part = number;
        }
        size_t len = strlen(part);
        if (len + 1 > (size_t)(end - begin))
            break;
        if (!first)
            *--end = '.';
        end -= len;
        memcpy(end, part, len);
    }
    return end;
}

static int fail(struct sn_shape_reader *reader, const struct sn_shape_path *path,
                const char *wanted, const json_t *got)
{
    char text[256];

    return sn_error_set(reader->error, SN_ERR_INVALID_ARGUMENT,
                        "failed to decode Config from json: %s%swanted %s, got %s",
                        write_path(text, text + sizeof(text), path), path ? ": " : "", wanted,
                        json_names[json_typeof(got)]);
}

static int fail_text(struct sn_shape_reader *reader, const struct sn_shape_path *path,
                     const char *text)
{
    char place[256];

    return sn_error_set(reader->error, SN_ERR_INVALID_ARGUMENT,
                        "failed to decode Config from json: %s (%s)", text,
                        write_path(place, place + sizeof(place), path));
}

static int read_string(struct sn_shape_reader *reader, const struct sn_shape *row, json_t *json,
                       const struct sn_shape_path *path, void *ret)
{
    if (!json_is_string(json))
        return fail(reader, path, "a string", json);
    *(const char **)ret = json_string_value(json);
    return 0;
}

static int read_bool(struct sn_shape_reader *reader, const struct sn_shape *row, json_t *json,
                     const struct sn_shape_path *path, void *ret)
{
    if (!json_is_boolean(json))
        return fail(reader, path, "a boolean", json);
    *(bool *)ret = json_is_true(json);
    return 0;
}

/* 10.0 counts as an integer: some writers make no difference. */
static int read_int(struct sn_shape_reader *reader, const struct sn_shape *row, json_t *json,
                    const struct sn_shape_path *path, void *ret)
{
    double number = json_number_value(json);

    if (json_is_integer(json))
        *(int64_t *)ret = json_integer_value(json);
    else if (json_is_real(json) && number > -0x1p53 && number < 0x1p53 &&
             (double)(int64_t)number == number)
        *(int64_t *)ret = (int64_t)number;
    else
        return fail(reader, path, "a whole number", json);
    return 0;
}

static int read_number(struct sn_shape_reader *reader, const struct sn_shape *row, json_t *json,
                       const struct sn_shape_path *path, void *ret)
{
    if (!json_is_number(json))
        return fail(reader, path, "a number", json);
    *(double *)ret = json_number_value(json);
    return 0;
}

static int read_duration(struct sn_shape_reader *reader, const struct sn_shape *row, json_t *json,
                         const struct sn_shape_path *path, void *ret)
{
    struct sn_error error;

    if (!json_is_string(json))
        return fail(reader, path, "a string such as \"1m30s\"", json);
    if (sn_text_duration(json_string_value(json), ret, &error))
        return fail_text(reader, path, error.text);
    return 0;
}

static int read_level(struct sn_shape_reader *reader, const struct sn_shape *row, json_t *json,
                      const struct sn_shape_path *path, void *ret)
{
    enum sn_log_level level;
    int err = read_string(reader, row, json, path, ret);

    if (!err && sn_log_parse_level(*(const char **)ret, &level)) {
        char text[128];

        snprintf(text, sizeof(text), "unknown log level: \"%s\"", *(const char **)ret);
        err = fail_text(reader, path, text);
    }
    return err;
}

static int read_any(struct sn_shape_reader *reader, const struct sn_shape *row, json_t *json,
                    const struct sn_shape_path *path, void *ret)
{
    *(json_t **)ret = json;
    return 0;
}

static int read_object(struct sn_shape_reader *reader, const struct sn_shape *row, json_t *json,
                       const struct sn_shape_path *path, void *ret)
{
    char nothing;

    if (!json_is_object(json))
        return fail(reader, path, "an object", json);
    *(json_t **)ret = json;
    return row->sub ? sn_shape_read(reader, row->sub, json, path, &nothing) : 0;
}

static int read_array(struct sn_shape_reader *reader, const struct sn_shape *row, json_t *json,
                      const struct sn_shape_path *path, void *ret)
{
    if (!json_is_array(json))
        return fail(reader, path, "an array", json);
    return read_any(reader, row, json, path, ret);
}

static int read_map(struct sn_shape_reader *reader, const struct sn_shape *row, json_t *json,
                    const struct sn_shape_path *path, void *ret)
{
    const char *key, *unused;
    json_t *value;
    int err = read_object(reader, row, json, path, ret);

    if (err)
        return err;
    json_object_foreach(json, key, value)
    {
        if (!json_is_null(value))
            err = read_string(reader, row, value, &(struct sn_shape_path){path, key, 0}, &unused);
        if (err)
            return err;
    }
    return 0;
}

/* Room for the elements of an array, zeroed. */
static int alloc_list(struct sn_shape_reader *reader, json_t *json,
                      const struct sn_shape_path *path, size_t size, struct list *ret_list)
{
    size_t count = json_array_size(json);
    char text[64];

    if (!json_is_array(json))
        return fail(reader, path, "an array", json);
    if (count > SN_CONFIG_COUNT_MAX) {
        snprintf(text, sizeof(text), "%zu entries, at most %d are allowed", count,
                 SN_CONFIG_COUNT_MAX);
        return fail_text(reader, path, text);
    }
    ret_list->v = count ? sn_arena_zalloc(reader->arena, count * size) : NULL;
    if (count && !ret_list->v)
        return sn_error_set(reader->error, SN_ERR_RESOURCE_EXHAUSTED, "config: out of memory");
    ret_list->count = count;
    return 0;
}

static int read_strings(struct sn_shape_reader *reader, const struct sn_shape *row, json_t *json,
                        const struct sn_shape_path *path, void *ret)
{
    struct list list;
    int err = alloc_list(reader, json, path, sizeof(const char *), &list);

    for (size_t i = 0; !err && i < list.count; i++) {
        json_t *element = json_array_get(json, i);
        const char **string = (const char **)list.v + i;

        *string = "";
        if (!json_is_null(element))
            err = read_string(reader, row, element, &(struct sn_shape_path){path, NULL, i}, string);
    }
    if (!err)
        *(struct list *)ret = list;
    return err;
}

static int read_struct(struct sn_shape_reader *reader, const struct sn_shape *row, json_t *json,
                       const struct sn_shape_path *path, void *ret)
{
    return sn_shape_read(reader, row->sub, json, path, ret);
}

static int read_pointer(struct sn_shape_reader *reader, const struct sn_shape *row, json_t *json,
                        const struct sn_shape_path *path, void *ret)
{
    void *nested = sn_arena_zalloc(reader->arena, row->size);

    if (!nested)
        return sn_error_set(reader->error, SN_ERR_RESOURCE_EXHAUSTED, "config: out of memory");
    *(void **)ret = nested;
    return sn_shape_read(reader, row->sub, json, path, nested);
}

static int read_structs(struct sn_shape_reader *reader, const struct sn_shape *row, json_t *json,
                        const struct sn_shape_path *path, void *ret)
{
    struct list list;
    int err = alloc_list(reader, json, path, row->size, &list);

    for (size_t i = 0; !err && i < list.count; i++)
        err = sn_shape_read(reader, row->sub, json_array_get(json, i),
                            &(struct sn_shape_path){path, NULL, i}, (char *)list.v + i * row->size);
    if (!err)
        *(struct list *)ret = list;
    return err;
}

static int (*const readers[])(struct sn_shape_reader *reader, const struct sn_shape *row,
                              json_t *json, const struct sn_shape_path *path, void *ret) = {
    [SN_SHAPE_STRING] = read_string,     [SN_SHAPE_BOOL] = read_bool,
    [SN_SHAPE_INT] = read_int,           [SN_SHAPE_NUMBER] = read_number,
    [SN_SHAPE_DURATION] = read_duration, [SN_SHAPE_LEVEL] = read_level,
    [SN_SHAPE_STRINGS] = read_strings,   [SN_SHAPE_ANY] = read_any,
    [SN_SHAPE_OBJECT] = read_object,     [SN_SHAPE_ARRAY] = read_array,
    [SN_SHAPE_MAP] = read_map,           [SN_SHAPE_STRUCT] = read_struct,
    [SN_SHAPE_POINTER] = read_pointer,   [SN_SHAPE_STRUCTS] = read_structs,
};

/* What a member holds when its key isn't given and zero bytes won't do. */
static void preset(const struct sn_shape *table, json_t *json, char *base)
{
    for (const struct sn_shape *row = table; row->type == SN_SHAPE_SELF || row->key; row++) {
        if (row->offset == SN_SHAPE_NOWHERE)
            continue;
        void *member = base + row->offset;

        if (row->type == SN_SHAPE_SELF)
            *(json_t **)member = json;
        else if (row->type == SN_SHAPE_STRING || row->type == SN_SHAPE_LEVEL)
            *(const char **)member = "";
        else if (row->type == SN_SHAPE_STRUCT)
            preset(row->sub, NULL, member);
    }
}

const struct sn_shape *sn_shape_find(const struct sn_shape *table, const char *key)
{
    for (; table->type == SN_SHAPE_SELF || table->key; table++) {
        if (table->key && strcasecmp(table->key, key) == 0)
            return table;
    }
    return NULL;
}

int sn_shape_read(struct sn_shape_reader *reader, const struct sn_shape *table, json_t *json,
                  const struct sn_shape_path *path, void *ret)
{
    /* Where rows go that are only checked: as large as the largest of them. */
    union {
        struct list list;
        double number;
        int64_t integer;
    } nowhere;
    const char *key;
    json_t *value;

    preset(table, json, ret);
    if (json_is_null(json))
        return 0;
    if (!json_is_object(json))
        return fail(reader, path, "an object", json);
    json_object_foreach(json, key, value)
    {
        const struct sn_shape *row = sn_shape_find(table, key);

        if (!row || json_is_null(value))
            continue;
        void *member =
            row->offset == SN_SHAPE_NOWHERE ? (void *)&nowhere : (char *)ret + row->offset;
        int err = readers[row->type](reader, row, value, &(struct sn_shape_path){path, row->key, 0},
                                     member);
        if (err)
            return err;
    }
    return 0;
}
