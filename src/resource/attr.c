/* SPDX-License-Identifier: Apache-2.0
 *
 * Attributes by table: conversion, required ones, dependencies.
 */
#include "resource/attr.h"

#include "sinew/struct.h"

#include <stdio.h>
#include <strings.h>

/* One conversion. Errors of all values are gathered, since a user wants to know them all. */
struct decoder {
    struct sn_arena *arena;
    struct sn_error *error;
    size_t text_len; /* of error->text */
    int code;        /* of the first error */
};

/* Where we are, as upstream writes it: pins.a, analogs[0].name, axes[x].min. */
struct place {
    const struct place *up;
    const char *key;    /* NULL: `member` or `index` counts */
    size_t index;       /* in a list */
    const char *member; /* of a map */
};

static void append(struct decoder *decoder, const char *text, size_t len)
{
    struct sn_error *error = decoder->error;

    if (!error || len >= sizeof(error->text) - decoder->text_len)
        return;
    memcpy(error->text + decoder->text_len, text, len);
    decoder->text_len += len;
    error->text[decoder->text_len] = '\0';
}

static void append_place(struct decoder *decoder, const struct place *place)
{
    char text[32];

    if (!place)
        return;
    append_place(decoder, place->up);
    if (place->member) {
        append(decoder, "[", 1);
        append(decoder, place->member, strlen(place->member));
        append(decoder, "]", 1);
        return;
    }
    if (!place->key) {
        append(decoder, text, (size_t)snprintf(text, sizeof(text), "[%zu]", place->index));
        return;
    }
    if (place->up)
        append(decoder, ".", 1);
    append(decoder, place->key, strlen(place->key));
}

/* Adds "'pins.a' <text>" to the list of errors. */
static void fail(struct decoder *decoder, const struct place *place, const char *text)
{
    static const char begin[] = "decoding failed due to the following error(s): ";

    if (decoder->code)
        append(decoder, "\n", 1);
    else
        append(decoder, begin, sizeof(begin) - 1);
    append(decoder, "'", 1);
    append_place(decoder, place);
    append(decoder, "' ", 2);
    append(decoder, text, strlen(text));
    decoder->code = SN_ERR_INVALID_ARGUMENT;
}

static void run_out(struct decoder *decoder)
{
    decoder->code =
        sn_error_set(decoder->error, SN_ERR_RESOURCE_EXHAUSTED, "attributes: out of memory");
}

/* What upstream's language calls the type of a JSON value, and the kind of that type. */
static const struct {
    const char *type, *kind;
} go_names[] = {
    [JSON_OBJECT] = {"map[string]interface {}", "map"},
    [JSON_ARRAY] = {"[]interface {}", "slice"},
    [JSON_STRING] = {"string", "string"},
    [JSON_INTEGER] = {"float64", "float64"},
    [JSON_REAL] = {"float64", "float64"},
    [JSON_TRUE] = {"bool", "bool"},
    [JSON_FALSE] = {"bool", "bool"},
    [JSON_NULL] = {"nil", "invalid"},
};

static void fail_type(struct decoder *decoder, const struct place *place, const char *wanted,
                      const json_t *got)
{
    char text[96];

    snprintf(text, sizeof(text), "expected type '%s', got unconvertible type '%s'", wanted,
             go_names[json_typeof(got)].type);
    fail(decoder, place, text);
}

static json_t *find_value(const json_t *json, const char *key)
{
    json_t *exact = json_object_get(json, key), *value;
    const char *name;

    if (exact)
        return exact;
    json_object_foreach((json_t *)(uintptr_t)json, name, value)
    {
        if (strcasecmp(name, key) == 0)
            return value;
    }
    return NULL;
}

static void decode_table(struct decoder *decoder, const struct sn_attr *table, const json_t *json,
                         const struct place *place, void *ret);

static void decode_bool(struct decoder *decoder, const struct sn_attr *row, const json_t *json,
                        const struct place *place, void *ret)
{
    if (json_is_boolean(json))
        *(bool *)ret = json_is_true(json);
    else
        fail_type(decoder, place, "bool", json);
}

/* A real is truncated and kept within the range: C leaves the rest undefined. */
static int64_t truncate_real(double real)
{
    if (real >= 0x1p63)
        return INT64_MAX;
    return real < -0x1p63 ? INT64_MIN : (int64_t)real;
}

static void decode_int(struct decoder *decoder, const struct sn_attr *row, const json_t *json,
                       const struct place *place, void *ret)
{
    if (json_is_integer(json))
        *(int64_t *)ret = json_integer_value(json);
    else if (json_is_real(json))
        *(int64_t *)ret = truncate_real(json_real_value(json));
    else
        fail_type(decoder, place, "int", json);
}

static void decode_uint(struct decoder *decoder, const struct sn_attr *row, const json_t *json,
                        const struct place *place, void *ret)
{
    double value = json_number_value(json);
    char text[64];

    if (!json_is_number(json)) {
        fail_type(decoder, place, "uint32", json);
    } else if (value < 0) {
        snprintf(text, sizeof(text), "cannot parse value as 'uint32': %f overflows uint", value);
        fail(decoder, place, text);
    } else {
        *(uint32_t *)ret = value < UINT32_MAX ? (uint32_t)value : UINT32_MAX;
    }
}

static void decode_number(struct decoder *decoder, const struct sn_attr *row, const json_t *json,
                          const struct place *place, void *ret)
{
    if (json_is_number(json))
        *(double *)ret = json_number_value(json);
    else
        fail_type(decoder, place, "float64", json);
}

static void decode_string(struct decoder *decoder, const struct sn_attr *row, const json_t *json,
                          const struct place *place, void *ret)
{
    if (!json_is_string(json)) {
        fail_type(decoder, place, "string", json);
        return;
    }
    struct sn_str text = {json_string_value(json), json_string_length(json)};
    *(struct sn_str *)ret = sn_arena_copy(decoder->arena, text);
    if (!((struct sn_str *)ret)->ptr)
        run_out(decoder);
}

/* Room for an array's elements, zeroed. False: no array, or no room. */
static bool take_list(struct decoder *decoder, const json_t *json, const struct place *place,
                      size_t size, struct sn_attr_list *ret_list)
{
    size_t count = json_array_size(json);
    char text[64];

    if (!json_is_array(json)) {
        snprintf(text, sizeof(text), "source data must be an array or slice, got %s",
                 go_names[json_typeof(json)].kind);
        fail(decoder, place, text);
        return false;
    }
    if (count == 0)
        return true;
    ret_list->v = count <= SIZE_MAX / size ? sn_arena_zalloc(decoder->arena, count * size) : NULL;
    if (!ret_list->v) {
        run_out(decoder);
        return false;
    }
    ret_list->count = count;
    return true;
}

static void decode_strings(struct decoder *decoder, const struct sn_attr *row, const json_t *json,
                           const struct place *place, void *ret)
{
    struct sn_attr_list list = {0};

    if (!take_list(decoder, json, place, sizeof(struct sn_str), &list))
        return;
    for (size_t i = 0; i < list.count; i++) {
        struct sn_str *element = (struct sn_str *)list.v + i;
        const json_t *value = json_array_get(json, i);

        *element = SN_STR("");
        if (!json_is_null(value))
            decode_string(decoder, row, value, &(struct place){place, NULL, i, NULL}, element);
    }
    *(struct sn_attr_list *)ret = list;
}

static void decode_object(struct decoder *decoder, const struct sn_attr *row, const json_t *json,
                          const struct place *place, void *ret)
{
    if (!json_is_object(json)) {
        char text[64];

        snprintf(text, sizeof(text), "expected a map or struct, got \"%s\"",
                 go_names[json_typeof(json)].kind);
        fail(decoder, place, text);
        return;
    }
    decode_table(decoder, row->sub, json, place, ret);
}

static void decode_objects(struct decoder *decoder, const struct sn_attr *row, const json_t *json,
                           const struct place *place, void *ret)
{
    struct sn_attr_list list = {0};

    if (!take_list(decoder, json, place, row->sub_size, &list))
        return;
    for (size_t i = 0; i < list.count; i++) {
        struct place inner = {place, NULL, i, NULL};
        const json_t *value = json_array_get(json, i);
        void *element = (char *)list.v + i * row->sub_size;

        if (json_is_null(value))
            decode_table(decoder, row->sub, NULL, &inner, element);
        else
            decode_object(decoder, row, value, &inner, element);
    }
    *(struct sn_attr_list *)ret = list;
}

static void decode_map(struct decoder *decoder, const struct sn_attr *row, const json_t *json,
                       const struct place *place, void *ret)
{
    struct sn_attr_list list = {NULL, json_object_size(json)};
    const char *key;
    json_t *value;
    size_t i = 0;

    if (!json_is_object(json))
        fail_type(decoder, place, "map[string]interface {}", json);
    if (list.count == 0)
        return;
    list.v = sn_arena_zalloc(decoder->arena, list.count * row->sub_size);
    if (!list.v) {
        run_out(decoder);
        return;
    }
    json_object_foreach((json_t *)(uintptr_t)json, key, value)
    {
        struct place inner = {place, NULL, 0, key};
        void *element = (char *)list.v + i++ * row->sub_size;

        *(struct sn_str *)element = sn_arena_copy(decoder->arena, sn_str_of(key));
        if (!((struct sn_str *)element)->ptr)
            run_out(decoder);
        else if (json_is_null(value))
            decode_table(decoder, row->sub, NULL, &inner, element);
        else
            decode_object(decoder, row, value, &inner, element);
    }
    *(struct sn_attr_list *)ret = list;
}

static void decode_json(struct decoder *decoder, const struct sn_attr *row, const json_t *json,
                        const struct place *place, void *ret)
{
    char *text = json_dumps(json, JSON_COMPACT | JSON_ENCODE_ANY);

    *(struct sn_str *)ret = text ? sn_arena_copy(decoder->arena, sn_str_of(text)) : SN_STR_NULL;
    free(text);
    if (!((struct sn_str *)ret)->ptr)
        run_out(decoder);
}

enum { STRUCT_DEPTH_MAX = 64 };

static struct pb_google_value value_of(struct decoder *decoder, const json_t *json, int depth);

static struct pb_google_struct *struct_of(struct decoder *decoder, const json_t *json, int depth)
{
    struct pb_google_struct *made = sn_arena_zalloc(decoder->arena, sizeof(*made));
    const char *key;
    json_t *value;

    if (!made || depth > STRUCT_DEPTH_MAX) {
        run_out(decoder);
        return made;
    }
    json_object_foreach((json_t *)(uintptr_t)json, key, value)
    {
        struct sn_str copy = sn_arena_copy(decoder->arena, sn_str_of(key));

        if (!copy.ptr ||
            sn_pb_struct_add(made, copy, value_of(decoder, value, depth + 1), decoder->arena))
            run_out(decoder);
    }
    return made;
}

static struct pb_google_value list_of(struct decoder *decoder, const json_t *json, int depth)
{
    struct pb_google_list_value *made = sn_arena_zalloc(decoder->arena, sizeof(*made));
    size_t i;
    json_t *value;

    if (!made || depth > STRUCT_DEPTH_MAX) {
        run_out(decoder);
        return sn_pb_null();
    }
    json_array_foreach((json_t *)(uintptr_t)json, i, value)
    {
        if (sn_pb_list_value_add(made, value_of(decoder, value, depth + 1), decoder->arena))
            run_out(decoder);
    }
    return sn_pb_list(made);
}

static struct pb_google_value value_of(struct decoder *decoder, const json_t *json, int depth)
{
    struct sn_str text;

    switch (json_typeof(json)) {
    case JSON_OBJECT:
        return sn_pb_struct(struct_of(decoder, json, depth));
    case JSON_ARRAY:
        return list_of(decoder, json, depth);
    case JSON_STRING:
        text = (struct sn_str){json_string_value(json), json_string_length(json)};
        text = sn_arena_copy(decoder->arena, text);
        if (!text.ptr)
            run_out(decoder);
        return sn_pb_string(text);
    case JSON_INTEGER:
    case JSON_REAL:
        return sn_pb_number(json_number_value(json));
    case JSON_TRUE:
    case JSON_FALSE:
        return sn_pb_bool(json_is_true(json));
    case JSON_NULL:
        break;
    }
    return sn_pb_null();
}

static void decode_struct(struct decoder *decoder, const struct sn_attr *row, const json_t *json,
                          const struct place *place, void *ret)
{
    if (json_is_object(json))
        *(struct pb_google_struct **)ret = struct_of(decoder, json, 0);
    else
        fail_type(decoder, place, "map[string]interface {}", json);
}

static void (*const decoders[])(struct decoder *decoder, const struct sn_attr *row,
                                const json_t *json, const struct place *place, void *ret) = {
    [SN_ATTR_BOOL] = decode_bool,     [SN_ATTR_INT] = decode_int,
    [SN_ATTR_UINT] = decode_uint,     [SN_ATTR_NUMBER] = decode_number,
    [SN_ATTR_STRING] = decode_string, [SN_ATTR_STRINGS] = decode_strings,
    [SN_ATTR_OBJECT] = decode_object, [SN_ATTR_OBJECTS] = decode_objects,
    [SN_ATTR_MAP] = decode_map,       [SN_ATTR_STRUCT] = decode_struct,
    [SN_ATTR_JSON] = decode_json,
};

static json_t *load_preset(const struct sn_attr *row)
{
    return row->preset ? json_loads(row->preset, JSON_DECODE_ANY, NULL) : NULL;
}

/* Without a value and a preset a member stays zero, but strings can always be read. */
static void decode_absent(struct decoder *decoder, const struct sn_attr *row,
                          const struct place *place, void *ret)
{
    json_t *preset = load_preset(row);

    if (preset)
        decoders[row->type](decoder, row, preset, place, ret);
    else if (row->type == SN_ATTR_OBJECT)
        decode_table(decoder, row->sub, NULL, place, ret);
    else if (row->type == SN_ATTR_STRING)
        *(struct sn_str *)ret = SN_STR("");
    json_decref(preset);
}

static void decode_table(struct decoder *decoder, const struct sn_attr *table, const json_t *json,
                         const struct place *place, void *ret)
{
    for (const struct sn_attr *row = table; row && row->key; row++) {
        json_t *value = find_value(json, row->key);
        struct place inner = {place, row->key, 0, NULL};
        void *member = (char *)ret + row->offset;
        bool given = value && !json_is_null(value);

        if (row->given)
            *(bool *)(void *)((char *)ret + row->given) = given;
        if (given)
            decoders[row->type](decoder, row, value, &inner, member);
        else
            decode_absent(decoder, row, &inner, member);
        if (decoder->code == SN_ERR_RESOURCE_EXHAUSTED)
            return;
    }
}

int sn_attrs_decode(const struct sn_attr *table, size_t size, const json_t *json,
                    struct sn_arena *arena, void **ret_attrs, struct sn_error *error)
{
    struct decoder decoder = {.arena = arena, .error = error};
    void *attrs = sn_arena_zalloc(arena, size ? size : 1);

    if (attrs)
        decode_table(&decoder, table, json, NULL, attrs);
    else
        run_out(&decoder);
    if (decoder.code) {
        if (error)
            error->code = decoder.code;
        return decoder.code;
    }
    *ret_attrs = attrs;
    return 0;
}

/* ---- required ---- */

static bool is_empty(const struct sn_attr *row, const json_t *value)
{
    switch (json_typeof(value)) {
    case JSON_NULL:
        return true;
    case JSON_STRING:
        return json_string_length(value) == 0;
    case JSON_ARRAY:
        return json_array_size(value) == 0;
    case JSON_INTEGER:
        return json_integer_value(value) == 0;
    case JSON_REAL:
        return row->type == SN_ATTR_INT || row->type == SN_ATTR_UINT
                   ? truncate_real(json_real_value(value)) == 0
                   : json_real_value(value) == 0;
    default:
        return false;
    }
}

static int check_nested(const struct sn_attr *row, const json_t *value, const char *path,
                        struct sn_error *error)
{
    char inner[256];
    const char *key;
    json_t *member;

    if (row->type == SN_ATTR_OBJECT) {
        snprintf(inner, sizeof(inner), "%s.%s", path, row->key);
        return sn_attrs_check(row->sub, value, inner, error);
    }
    json_object_foreach((json_t *)(uintptr_t)value, key, member)
    {
        snprintf(inner, sizeof(inner), "%s.%s.%s", path, row->key, key);
        int err = sn_attrs_check(row->sub, member, inner, error);
        if (err)
            return err;
    }
    for (size_t i = 0; i < json_array_size(value); i++) {
        snprintf(inner, sizeof(inner), "%s.%s.%zu", path, row->key, i);
        int err = sn_attrs_check(row->sub, json_array_get(value, i), inner, error);
        if (err)
            return err;
    }
    return 0;
}

int sn_attrs_check(const struct sn_attr *table, const json_t *json, const char *path,
                   struct sn_error *error)
{
    for (const struct sn_attr *row = table; row && row->key; row++) {
        json_t *value = find_value(json, row->key);

        if (row->required && (!value || is_empty(row, value)))
            return sn_error_set(error, SN_ERR_INVALID_ARGUMENT,
                                "Error validating, missing required field. Path: \"%s\" Field: "
                                "\"%s\"",
                                path, row->label ? row->label : row->key);
        if (row->sub && value) {
            int err = check_nested(row, value, path, error);
            if (err)
                return err;
        }
    }
    return 0;
}

/* ---- dependencies ---- */

struct walk {
    struct sn_arena *arena;
    bool optional; /* these, or the others */
    struct sn_attr_names names;
};

/* Adds a name, or counts it when there is no room yet. */
static int add_name(struct walk *walk, const json_t *value)
{
    struct sn_str name = {json_string_value(value), json_string_length(value)};

    if (name.len == 0)
        return 0;
    if (walk->names.v) {
        struct sn_str copy = sn_arena_copy(walk->arena, name);

        if (!copy.ptr)
            return SN_ERR_RESOURCE_EXHAUSTED;
        walk->names.v[walk->names.count] = copy.ptr;
    }
    walk->names.count++;
    return 0;
}

static int walk_names(struct walk *walk, const struct sn_attr *table, const json_t *json);

static int walk_value(struct walk *walk, const struct sn_attr *row, const json_t *value)
{
    bool wanted = row->dependency && row->optional == walk->optional;
    const char *key;
    json_t *member;
    int err = 0;

    if (row->type == SN_ATTR_OBJECT && json_is_object(value))
        return walk_names(walk, row->sub, value);
    if (wanted && json_is_string(value))
        return add_name(walk, value);
    json_object_foreach((json_t *)(uintptr_t)value, key, member)
    {
        if (!err && row->sub)
            err = walk_names(walk, row->sub, member);
    }
    for (size_t i = 0; !err && i < json_array_size(value); i++) {
        const json_t *element = json_array_get(value, i);

        if (row->sub)
            err = walk_names(walk, row->sub, element);
        else if (wanted)
            err = add_name(walk, element);
    }
    return err;
}

static int walk_names(struct walk *walk, const struct sn_attr *table, const json_t *json)
{
    int err = 0;

    for (const struct sn_attr *row = table; !err && row && row->key; row++) {
        json_t *value = find_value(json, row->key), *preset = NULL;

        if (!value || json_is_null(value))
            value = preset = load_preset(row);
        if (value)
            err = walk_value(walk, row, value);
        else if (row->type == SN_ATTR_OBJECT)
            err = walk_names(walk, row->sub, NULL);
        json_decref(preset);
    }
    return err;
}

int sn_attrs_dependencies(const struct sn_attr *table, const json_t *json, bool optional,
                          struct sn_arena *arena, struct sn_attr_names *ret_names)
{
    struct walk walk = {.arena = arena, .optional = optional};
    int err = walk_names(&walk, table, json);
    size_t count = walk.names.count;

    walk.names = (struct sn_attr_names){0};
    if (!err && count) {
        walk.names.v = sn_arena_alloc(arena, count * sizeof(*walk.names.v));
        err = walk.names.v ? walk_names(&walk, table, json) : SN_ERR_RESOURCE_EXHAUSTED;
    }
    if (!err)
        *ret_names = walk.names;
    return err;
}
