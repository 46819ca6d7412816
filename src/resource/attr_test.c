/* SPDX-License-Identifier: Apache-2.0
 *
 * Texts are the reference server's, as seen.
 */
#include "resource/attr.h"
#include "sinew/struct.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

struct pin {
    struct sn_str name, pin;
};

struct axis {
    struct sn_str key; /* of the map */
    int64_t min;
    struct sn_str board;
};

struct attrs {
    bool flip;
    int64_t width_mm, freq;
    uint32_t count;
    double factor;
    struct sn_str board;
    struct sn_attr_list left; /* of struct sn_str */
    struct pin pins;
    struct sn_attr_list analogs; /* of struct pin */
    struct sn_attr_list axes;    /* of struct axis */
    struct pb_google_struct *free;
    struct sn_str raw, service;
    bool has_freq;
};

static const struct sn_attr pin_table[] = {
    {.key = "name", .type = SN_ATTR_STRING, .offset = offsetof(struct pin, name), .required = true},
    {.key = "pin", .type = SN_ATTR_STRING, .offset = offsetof(struct pin, pin), .preset = "\"p0\""},
    {0},
};

static const struct sn_attr axis_table[] = {
    {.key = "min",
     .type = SN_ATTR_INT,
     .offset = offsetof(struct axis, min),
     .required = true,
     .label = "the least"},
    {.key = "board",
     .type = SN_ATTR_STRING,
     .offset = offsetof(struct axis, board),
     .dependency = true},
    {0},
};

static const struct sn_attr table[] = {
    {.key = "dir_flip", .type = SN_ATTR_BOOL, .offset = offsetof(struct attrs, flip)},
    {.key = "width_mm",
     .type = SN_ATTR_INT,
     .offset = offsetof(struct attrs, width_mm),
     .required = true,
     .help = "distance between the wheels, mm"},
    {.key = "freq",
     .type = SN_ATTR_INT,
     .offset = offsetof(struct attrs, freq),
     .preset = "800",
     .given = offsetof(struct attrs, has_freq)},
    {.key = "count", .type = SN_ATTR_UINT, .offset = offsetof(struct attrs, count)},
    {.key = "factor", .type = SN_ATTR_NUMBER, .offset = offsetof(struct attrs, factor)},
    {.key = "board",
     .type = SN_ATTR_STRING,
     .offset = offsetof(struct attrs, board),
     .dependency = true},
    {.key = "left",
     .type = SN_ATTR_STRINGS,
     .offset = offsetof(struct attrs, left),
     .required = true,
     .dependency = true},
    {.key = "pins",
     .type = SN_ATTR_OBJECT,
     .offset = offsetof(struct attrs, pins),
     .sub = pin_table,
     .sub_size = sizeof(struct pin)},
    {.key = "analogs",
     .type = SN_ATTR_OBJECTS,
     .offset = offsetof(struct attrs, analogs),
     .sub = pin_table,
     .sub_size = sizeof(struct pin)},
    {.key = "axes",
     .type = SN_ATTR_MAP,
     .offset = offsetof(struct attrs, axes),
     .sub = axis_table,
     .sub_size = sizeof(struct axis)},
    {.key = "free", .type = SN_ATTR_STRUCT, .offset = offsetof(struct attrs, free)},
    {.key = "raw", .type = SN_ATTR_JSON, .offset = offsetof(struct attrs, raw)},
    {.key = "service",
     .type = SN_ATTR_STRING,
     .offset = offsetof(struct attrs, service),
     .preset = "\"builtin\"",
     .dependency = true},
    {0},
};

static void *take_block(struct sn_block_source *source, size_t size)
{
    return malloc(size);
}

static void give_block(struct sn_block_source *source, void *memory, size_t size)
{
    free(memory);
}

static struct sn_block_source source = {take_block, give_block};
static struct sn_block_pool pool;
static struct sn_arena arena;
static struct sn_error error;

static int open_arena(void **state)
{
    sn_block_pool_init(&pool, &source, 0);
    sn_arena_init(&arena, &pool, 1 << 20);
    return 0;
}

static int close_arena(void **state)
{
    sn_arena_fini(&arena);
    sn_block_pool_fini(&pool);
    return 0;
}

static json_t *load(const char *text)
{
    json_t *json = json_loads(text, 0, NULL);

    assert_non_null(json);
    return json;
}

static struct attrs *decode(const char *text)
{
    json_t *json = load(text);
    void *attrs = NULL;

    assert_int_equal(sn_attrs_decode(table, sizeof(struct attrs), json, &arena, &attrs, &error), 0);
    json_decref(json);
    return attrs;
}

static void test_values(void **state)
{
    struct attrs *attrs = decode(
        "{\"dir_flip\":true,\"width_mm\":7,\"freq\":9,\"factor\":1,\"board\":\"b\",\"left\":[\"x\","
        "null,\"y\"],\"pins\":{\"name\":\"n\",\"pin\":\"1\"},\"analogs\":[{\"name\":\"a\"},null],"
        "\"raw\":{\"k\":[1, 2.5]},\"service\":\"s\",\"unknown\":[{}]}");
    const struct sn_str *left = attrs->left.v;
    const struct pin *analogs = attrs->analogs.v;

    assert_true(attrs->flip);
    assert_int_equal(attrs->width_mm, 7);
    assert_int_equal(attrs->freq, 9);
    assert_true(attrs->has_freq);
    assert_true(attrs->factor == 1);
    assert_string_equal(attrs->board.ptr, "b");
    assert_int_equal(attrs->left.count, 3);
    assert_string_equal(left[0].ptr, "x");
    assert_string_equal(left[1].ptr, "");
    assert_string_equal(left[2].ptr, "y");
    assert_string_equal(attrs->pins.pin.ptr, "1");
    assert_int_equal(attrs->analogs.count, 2);
    assert_string_equal(analogs[0].name.ptr, "a");
    assert_string_equal(analogs[0].pin.ptr, "p0");
    assert_string_equal(analogs[1].pin.ptr, "p0");
    assert_string_equal(attrs->raw.ptr, "{\"k\":[1,2.5]}");
    assert_string_equal(attrs->service.ptr, "s");
}

static void test_map(void **state)
{
    struct attrs *attrs =
        decode("{\"axes\":{\"x\":{\"min\":3,\"board\":\"b\"},\"y\":null,\"\":{}}}");
    const struct axis *axes = attrs->axes.v;

    assert_int_equal(attrs->axes.count, 3);
    assert_true(sn_str_is(axes[0].key, "x") && sn_str_is(axes[1].key, "y"));
    assert_int_equal(axes[0].min, 3);
    assert_int_equal(axes[1].min, 0);
    assert_string_equal(axes[1].board.ptr, "");
    assert_int_equal(axes[2].key.len, 0);
    assert_int_equal(decode("{\"axes\":{}}")->axes.count, 0);
}

static void test_presets(void **state)
{
    static const char *const rows[] = {"{}", "{\"freq\":null,\"pins\":null,\"left\":null}"};

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct attrs *attrs = decode(rows[i]);

        assert_false(attrs->flip);
        assert_int_equal(attrs->width_mm, 0);
        assert_int_equal(attrs->freq, 800);
        assert_false(attrs->has_freq);
        assert_int_equal(attrs->left.count, 0);
        assert_string_equal(attrs->board.ptr, "");
        assert_string_equal(attrs->pins.name.ptr, "");
        assert_string_equal(attrs->pins.pin.ptr, "p0");
        assert_string_equal(attrs->service.ptr, "builtin");
        assert_null(attrs->raw.ptr);
    }
    void *attrs;
    assert_int_equal(sn_attrs_decode(table, sizeof(struct attrs), NULL, &arena, &attrs, NULL), 0);
    assert_int_equal(((struct attrs *)attrs)->freq, 800);
    assert_int_equal(sn_attrs_decode(NULL, 0, NULL, &arena, &attrs, NULL), 0);
}

static void test_integers(void **state)
{
    static const struct {
        const char *text;
        int64_t value;
    } rows[] = {
        {"10.7", 10},        {"-10.7", -10},       {"0.5", 0},           {"10.0", 10},
        {"1e30", INT64_MAX}, {"-1e30", INT64_MIN}, {"1e300", INT64_MAX}, {"-3", -3},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        char text[64];

        snprintf(text, sizeof(text), "{\"width_mm\":%s}", rows[i].text);
        assert_true(decode(text)->width_mm == rows[i].value);
    }
}

static void test_free_form(void **state)
{
    struct attrs *a = decode("{\"free\":{\"n\":1.5,\"deep\":{\"list\":[true,null,\"x\"]}}}");

    assert_true(sn_pb_value_number(sn_pb_struct_get(a->free, "n"), 0) == 1.5);
    const struct pb_google_struct *deep = sn_pb_value_struct(sn_pb_struct_get(a->free, "deep"));
    const struct pb_google_list_value *list = sn_pb_value_list(sn_pb_struct_get(deep, "list"));
    assert_int_equal(list->values.n, 3);
    assert_true(sn_str_is(sn_pb_value_string(&list->values.v[2], SN_STR_NULL), "x"));
}

static void test_keys_in_any_case(void **state)
{
    assert_int_equal(decode("{\"WIDTH_mm\":5}")->width_mm, 5);
    assert_int_equal(decode("{\"WIDTH_MM\":\"x\",\"width_mm\":5}")->width_mm, 5);
}

#define FAILED "decoding failed due to the following error(s): "

static void test_conversion_errors(void **state)
{
    static const char *const rows[][2] = {
        {"{\"width_mm\":\"x\"}", "'width_mm' expected type 'int', got unconvertible type 'string'"},
        {"{\"width_mm\":true}", "'width_mm' expected type 'int', got unconvertible type 'bool'"},
        {"{\"width_mm\":[1]}",
         "'width_mm' expected type 'int', got unconvertible type '[]interface {}'"},
        {"{\"width_mm\":{}}",
         "'width_mm' expected type 'int', got unconvertible type 'map[string]interface {}'"},
        {"{\"WIDTH_MM\":\"x\"}", "'width_mm' expected type 'int', got unconvertible type 'string'"},
        {"{\"free\":[1]}", "'free' expected type 'map[string]interface {}', got unconvertible type "
                           "'[]interface {}'"},
        {"{\"axes\":{\"x\":{\"min\":\"\"}}}",
         "'axes[x].min' expected type 'int', got unconvertible type 'string'"},
        {"{\"axes\":{\"x\":5}}", "'axes[x]' expected a map or struct, got \"float64\""},
        {"{\"axes\":[]}", "'axes' expected type 'map[string]interface {}', got unconvertible type "
                          "'[]interface {}'"},
        {"{\"count\":\"x\"}", "'count' expected type 'uint32', got unconvertible type 'string'"},
        {"{\"count\":-1}", "'count' cannot parse value as 'uint32': -1.000000 overflows uint"},
        {"{\"factor\":\"x\"}", "'factor' expected type 'float64', got unconvertible type 'string'"},
        {"{\"factor\":true}", "'factor' expected type 'float64', got unconvertible type 'bool'"},
        {"{\"board\":1}", "'board' expected type 'string', got unconvertible type 'float64'"},
        {"{\"dir_flip\":1}", "'dir_flip' expected type 'bool', got unconvertible type 'float64'"},
        {"{\"left\":\"a\"}", "'left' source data must be an array or slice, got string"},
        {"{\"left\":3}", "'left' source data must be an array or slice, got float64"},
        {"{\"left\":{}}", "'left' source data must be an array or slice, got map"},
        {"{\"left\":true}", "'left' source data must be an array or slice, got bool"},
        {"{\"left\":[\"a\",1]}",
         "'left[1]' expected type 'string', got unconvertible type 'float64'"},
        {"{\"pins\":\"x\"}", "'pins' expected a map or struct, got \"string\""},
        {"{\"pins\":[1]}", "'pins' expected a map or struct, got \"slice\""},
        {"{\"pins\":{\"name\":1}}",
         "'pins.name' expected type 'string', got unconvertible type 'float64'"},
        {"{\"analogs\":[3]}", "'analogs[0]' expected a map or struct, got \"float64\""},
        {"{\"analogs\":[{},{\"name\":1}]}",
         "'analogs[1].name' expected type 'string', got unconvertible type 'float64'"},
        {"{\"left\":3,\"width_mm\":\"x\",\"analogs\":[{\"name\":1}]}",
         "'width_mm' expected type 'int', got unconvertible type 'string'\n"
         "'left' source data must be an array or slice, got float64\n"
         "'analogs[0].name' expected type 'string', got unconvertible type 'float64'"},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        json_t *json = load(rows[i][0]);
        char expected[512];
        void *attrs = NULL;

        assert_int_equal(sn_attrs_decode(table, sizeof(struct attrs), json, &arena, &attrs, &error),
                         SN_ERR_INVALID_ARGUMENT);
        snprintf(expected, sizeof(expected), FAILED "%s", rows[i][1]);
        assert_string_equal(error.text, expected);
        assert_null(attrs);
        assert_int_equal(sn_attrs_decode(table, sizeof(struct attrs), json, &arena, &attrs, NULL),
                         SN_ERR_INVALID_ARGUMENT);
        json_decref(json);
    }
}

/* More errors than the text has room for. */
static void test_many_errors(void **state)
{
    json_t *json = json_pack("{s:[]}", "left");
    void *attrs;

    for (int i = 0; i < 100; i++)
        json_array_append_new(json_object_get(json, "left"), json_integer(i));
    assert_int_equal(sn_attrs_decode(table, sizeof(struct attrs), json, &arena, &attrs, &error),
                     SN_ERR_INVALID_ARGUMENT);
    assert_in_range(strlen(error.text), 900, sizeof(error.text) - 1);
    json_decref(json);
}

static void test_no_memory(void **state)
{
    json_t *json = json_pack("{s:[]}", "left");
    void *attrs;

    for (int i = 0; i < 2000; i++)
        json_array_append_new(json_object_get(json, "left"), json_string("x"));
    sn_arena_fini(&arena);
    sn_arena_init(&arena, &pool, 8192);
    assert_int_equal(sn_attrs_decode(table, sizeof(struct attrs), json, &arena, &attrs, &error),
                     SN_ERR_RESOURCE_EXHAUSTED);
    assert_string_equal(error.text, "attributes: out of memory");
    struct sn_attr_names names;
    assert_int_equal(sn_attrs_dependencies(table, json, false, &arena, &names),
                     SN_ERR_RESOURCE_EXHAUSTED);
    json_decref(json);
}

static void test_required(void **state)
{
#define MISSING(path, field) \
    "Error validating, missing required field. Path: \"" path "\" Field: \"" field "\""
    static const char *const rows[][2] = {
        {"{\"width_mm\":1,\"left\":[\"a\"]}", NULL},
        {"{\"Width_MM\":1,\"left\":[\"a\"],\"analogs\":[{\"name\":\"a\"}]}", NULL},
        {"{}", MISSING("components.3", "width_mm")},
        {"{\"width_mm\":null}", MISSING("components.3", "width_mm")},
        {"{\"width_mm\":0}", MISSING("components.3", "width_mm")},
        {"{\"width_mm\":0.5}", MISSING("components.3", "width_mm")},
        {"{\"width_mm\":5}", MISSING("components.3", "left")},
        {"{\"width_mm\":5,\"left\":[]}", MISSING("components.3", "left")},
        {"{\"width_mm\":5,\"left\":[\"a\"],\"pins\":{\"name\":\"\"}}",
         MISSING("components.3.pins", "name")},
        {"{\"width_mm\":5,\"left\":[\"a\"],\"analogs\":[{\"name\":\"a\"},{\"pin\":\"1\"}]}",
         MISSING("components.3.analogs.1", "name")},
        {"{\"width_mm\":5,\"left\":[\"a\"],\"axes\":{\"x\":{\"min\":1},\"y\":{}}}",
         MISSING("components.3.axes.y", "the least")},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        json_t *json = load(rows[i][0]);
        int err = sn_attrs_check(table, json, "components.3", &error);

        assert_int_equal(err, rows[i][1] ? SN_ERR_INVALID_ARGUMENT : 0);
        if (err)
            assert_string_equal(error.text, rows[i][1]);
        json_decref(json);
    }
    assert_int_equal(sn_attrs_check(NULL, NULL, "components.3", &error), 0);
}

static void test_dependencies(void **state)
{
    static const struct {
        const char *text, *names;
    } rows[] = {
        {"{}", "builtin "},
        {"{\"board\":\"\",\"left\":[\"\"],\"service\":\"s\"}", "s "},
        {"{\"service\":null,\"board\":\"b\",\"LEFT\":[\"x\",\"y\"]}", "b x y builtin "},
        {"{\"axes\":{\"x\":{\"board\":\"b\"},\"y\":{\"board\":\"c\"}}}", "b c builtin "},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        json_t *json = load(rows[i].text);
        struct sn_attr_names names;
        char text[64] = "";

        assert_int_equal(sn_attrs_dependencies(table, json, false, &arena, &names), 0);
        json_decref(json);
        for (size_t j = 0; j < names.count; j++) {
            strcat(text, names.v[j]);
            strcat(text, " ");
        }
        assert_string_equal(text, rows[i].names);
    }
    struct sn_attr_names none;
    assert_int_equal(sn_attrs_dependencies(NULL, NULL, false, &arena, &none), 0);
    assert_int_equal(none.count, 0);
}

static void test_optional_dependencies(void **state)
{
    static const struct sn_attr some[] = {
        {.key = "board", .type = SN_ATTR_STRING, .dependency = true},
        {.key = "guard", .type = SN_ATTR_STRING, .dependency = true, .optional = true},
        {0},
    };
    json_t *json = load("{\"guard\":\"g\",\"board\":\"b\"}");
    struct sn_attr_names names;

    assert_int_equal(sn_attrs_dependencies(some, json, true, &arena, &names), 0);
    assert_int_equal(names.count, 1);
    assert_string_equal(names.v[0], "g");
    assert_int_equal(sn_attrs_dependencies(some, json, false, &arena, &names), 0);
    assert_int_equal(names.count, 1);
    assert_string_equal(names.v[0], "b");
    json_decref(json);
}

static void test_json_of_struct(void **state)
{
    static const char text[] =
        "{\"a\":1,\"b\":1.5,\"c\":\"x\",\"d\":[true,null,{\"e\":-3}],\"f\":{}}";
    static const struct sn_attr row[] = {{.key = "s", .type = SN_ATTR_STRUCT}, {0}};
    json_t *json = json_pack("{s:o}", "s", load(text));
    struct pb_google_struct **attrs;

    assert_int_equal(sn_attrs_decode(row, sizeof(*attrs), json, &arena, (void **)&attrs, &error),
                     0);
    json_decref(json);
    json = sn_attrs_json(*attrs);
    char *made = json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS);
    assert_string_equal(made, text);
    free(made);
    json_decref(json);
    json = sn_attrs_json(NULL);
    assert_int_equal(json_object_size(json), 0);
    json_decref(json);
}

static void check_schema(const struct sn_attr *of, const char *expected)
{
    json_t *schema = sn_attrs_schema(of, "x");
    char *text = json_dumps(schema, JSON_COMPACT);

    assert_string_equal(text, expected);
    free(text);
    json_decref(schema);
}

static void test_schema(void **state)
{
#define SCHEMA(name, properties)                                                            \
    "{\"$schema\":\"https://json-schema.org/draft/2020-12/schema\",\"$id\":\"x\",\"$ref\":" \
    "\"#/$defs/" name "\",\"$defs\":{\"" name "\":{\"properties\":{" properties "}"
#define CLOSED ",\"additionalProperties\":false,\"type\":\"object\""
    check_schema(NULL, SCHEMA("NoNativeConfig", "") CLOSED "}}}");
    check_schema(pin_table,
                 SCHEMA("Config", "\"name\":{\"type\":\"string\"},\"pin\":{\"type\":\"string\","
                                  "\"default\":\"p0\"}") CLOSED ",\"required\":[\"name\"]}}}");
    json_t *schema = sn_attrs_schema(table, "x"), *width, *left, *analogs;
    assert_int_equal(json_unpack(schema, "{s:{s:{s:{s:o,s:o,s:o}}}}", "$defs", "Config",
                                 "properties", "width_mm", &width, "left", &left, "analogs",
                                 &analogs),
                     0);
    const char *type, *help, *items;
    assert_int_equal(json_unpack(width, "{s:s,s:s}", "type", &type, "description", &help), 0);
    assert_string_equal(type, "integer");
    assert_string_equal(help, "distance between the wheels, mm");
    assert_int_equal(json_unpack(left, "{s:s,s:{s:s}}", "type", &type, "items", "type", &items), 0);
    assert_string_equal(type, "array");
    assert_string_equal(items, "string");
    assert_int_equal(
        json_unpack(analogs, "{s:{s:{s:{s:s}}}}", "items", "properties", "name", "type", &type), 0);
    json_decref(schema);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_arena, close_arena)
    const struct CMUnitTest tests[] = {
        TEST(test_values),
        TEST(test_map),
        TEST(test_presets),
        TEST(test_integers),
        TEST(test_free_form),
        TEST(test_keys_in_any_case),
        TEST(test_conversion_errors),
        TEST(test_many_errors),
        TEST(test_no_memory),
        TEST(test_required),
        TEST(test_dependencies),
        TEST(test_optional_dependencies),
        TEST(test_json_of_struct),
        TEST(test_schema),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
