/* SPDX-License-Identifier: Apache-2.0 */
#include "resource/registry.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

struct attrs {
    struct sn_str board;
    int64_t speed;
};

static const struct sn_attr table[] = {
    {.key = "board",
     .type = SN_ATTR_STRING,
     .offset = offsetof(struct attrs, board),
     .required = true,
     .dependency = true},
    {.key = "speed", .type = SN_ATTR_INT, .offset = offsetof(struct attrs, speed), .preset = "5"},
    {0},
};

static int validate(const void *attrs, struct sn_error *error)
{
    int64_t speed = ((const struct attrs *)attrs)->speed;

    if (speed > 1000)
        return sn_error_set(error, SN_ERR_UNKNOWN, "speed is too high");
    if (speed == 13)
        return sn_error_set(error, SN_ERR_NOT_FOUND, "luck");
    if (speed < 0)
        return sn_error_set(error, SN_ERR_INVALID_ARGUMENT, "speed can't be negative");
    return 0;
}

static const int ops;
static const struct sn_driver motor_gpio = {
    .api = "rdk:component:motor",
    .model = "rdk:builtin:gpio",
    .size = sizeof(struct sn_resource),
    .attrs_size = sizeof(struct attrs),
    .attrs = table,
    .ops = &ops,
    .validate = validate,
};
static const struct sn_driver motor_fake = {
    .api = "rdk:component:motor",
    .model = "rdk:builtin:fake",
    .size = sizeof(struct sn_resource),
    .ops = &ops,
};
static const struct sn_driver base_fake = {
    .api = "rdk:component:base",
    .model = "rdk:builtin:fake",
    .size = sizeof(struct sn_resource),
    .ops = &ops,
};
static const struct sn_driver *const drivers[] = {&motor_gpio, &motor_fake, &base_fake};

static struct sn_registry registry;
static struct sn_error error;

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

static int setup(void **state)
{
    sn_registry_add(&registry, drivers, 3);
    sn_block_pool_init(&pool, &source, 0);
    sn_arena_init(&arena, &pool, 1 << 20);
    return 0;
}

static int teardown(void **state)
{
    sn_arena_fini(&arena);
    sn_block_pool_fini(&pool);
    sn_registry_fini(&registry);
    return 0;
}

static struct sn_config *config_with(const char *model, const char *attributes)
{
    struct sn_config *config = NULL;
    char text[256];

    snprintf(text, sizeof(text),
             "{\"components\":[{\"name\":\"x\",\"type\":\"motor\",\"model\":\"%s\","
             "\"attributes\":%s}]}",
             model, attributes);
    assert_int_equal(sn_config_parse(text, strlen(text), &config, &error), 0);
    return config;
}

static void test_find(void **state)
{
    for (size_t i = 0; i < 3; i++)
        assert_ptr_equal(sn_registry_find(&registry, drivers[i]->api, drivers[i]->model),
                         drivers[i]);
    assert_null(sn_registry_find(&registry, "rdk:component:motor", "rdk:builtin:nope"));
    assert_null(sn_registry_find(&registry, "rdk:component:arm", "rdk:builtin:fake"));
    assert_null(sn_registry_find(&(struct sn_registry){0}, "a", "b"));
}

static void test_resolve(void **state)
{
    struct sn_config *config = config_with("gpio", "{\"board\":\"b\"}");
    const struct sn_driver *driver;
    void *attrs;

    assert_int_equal(sn_registry_check(&registry, config, &error), 0);
    assert_int_equal(
        sn_registry_resolve(&registry, config->components.v, &arena, &driver, &attrs, &error), 0);
    sn_config_destroy(config);
    assert_ptr_equal(driver, &motor_gpio);
    assert_string_equal(((struct attrs *)attrs)->board.ptr, "b");
    assert_int_equal(((struct attrs *)attrs)->speed, 5);
}

/* Upstream's texts up to the parentheses, which are ours. */
static void test_refused_entries(void **state)
{
    static const struct {
        const char *model, *attributes;
        int code;
        const char *text;
    } rows[] = {
        {"nope", "{}", SN_ERR_NOT_FOUND,
         "resource build error: unknown resource type: API rdk:component:motor with model "
         "rdk:builtin:nope not registered; There may be no module in config that provides this "
         "model (models of that API here: rdk:builtin:fake, rdk:builtin:gpio)"},
        {"gpio", "{}", SN_ERR_INVALID_ARGUMENT,
         "resource config validation error: Error validating, missing required field. Path: "
         "\"components.0\" Field: \"board\""},
        {"gpio", "{\"board\":\"b\",\"speed\":13}", SN_ERR_INVALID_ARGUMENT,
         "resource config validation error: Error validating, missing required field. Path: "
         "\"components.0\" Field: \"luck\""},
        {"gpio", "{\"board\":\"b\",\"speed\":-1}", SN_ERR_INVALID_ARGUMENT,
         "resource config validation error: Error validating. Path: \"components.0\" Error: speed "
         "can't be negative"},
        {"gpio", "{\"board\":\"b\",\"speed\":1001}", SN_ERR_INVALID_ARGUMENT,
         "resource config validation error: speed is too high"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct sn_config *config = config_with(rows[i].model, rows[i].attributes);
        const struct sn_driver *driver;
        void *attrs;

        assert_int_equal(sn_registry_check(&registry, config, &error), 0);
        assert_int_equal(
            sn_registry_resolve(&registry, config->components.v, &arena, &driver, &attrs, &error),
            rows[i].code);
        assert_string_equal(error.text, rows[i].text);
        sn_config_destroy(config);
    }
}

static void test_unknown_api_and_bad_name(void **state)
{
    static const char text[] =
        "{\"components\":[{\"name\":\"a b\",\"type\":\"motor\",\"model\":\"fake\"},"
        "{\"name\":\"x\",\"type\":\"arm\",\"model\":\"fake\"}]}";
    const struct sn_driver *driver;
    struct sn_config *config;
    void *attrs;

    assert_int_equal(sn_config_parse(text, sizeof(text) - 1, &config, &error), 0);
    assert_int_equal(
        sn_registry_resolve(&registry, &config->components.v[0], &arena, &driver, &attrs, &error),
        SN_ERR_INVALID_ARGUMENT);
    assert_string_equal(
        error.text, "resource config validation error: name \"a b\" must start with a letter "
                    "or number and must only contain letters, numbers, dashes, and underscores");
    assert_int_equal(
        sn_registry_resolve(&registry, &config->components.v[1], &arena, &driver, &attrs, &error),
        SN_ERR_NOT_FOUND);
    assert_non_null(strstr(error.text, "provides this model (no model of that API here)"));
    sn_config_destroy(config);
}

static void test_check(void **state)
{
    struct sn_config *config = config_with("gpio", "{\"board\":1}");

    assert_int_equal(sn_registry_check(&registry, config, &error), SN_ERR_INVALID_ARGUMENT);
    assert_string_equal(error.text,
                        "failed to process Config: error converting attributes for "
                        "(rdk:component:motor, rdk:builtin:gpio): decoding failed due to the "
                        "following error(s): 'board' expected type 'string', got unconvertible "
                        "type 'float64'");
    sn_config_destroy(config);
}

static const char *problem_with(struct sn_driver driver)
{
    return sn_driver_problem(&driver);
}

static void test_problems(void **state)
{
    static const struct sn_attr outside[] = {
        {.key = "a", .type = SN_ATTR_STRING, .offset = sizeof(struct attrs)}, {0}};
    static const struct sn_attr no_sub[] = {{.key = "a", .type = SN_ATTR_OBJECT}, {0}};
    static const struct sn_attr optional[] = {
        {.key = "a", .type = SN_ATTR_STRING, .optional = true}, {0}};
    static const struct sn_attr dependency[] = {
        {.key = "a", .type = SN_ATTR_INT, .dependency = true}, {0}};
    static const struct sn_attr preset[] = {{.key = "a", .type = SN_ATTR_INT, .preset = "true"},
                                            {0}};
    struct sn_driver good = motor_gpio, bad;

    assert_null(problem_with(good));
    assert_null(problem_with(motor_fake));
    bad = good, bad.api = "motor";
    assert_string_equal(problem_with(bad), "its API is no triplet");
    bad = good, bad.model = NULL;
    assert_string_equal(problem_with(bad), "its model is no triplet");
    bad = good, bad.ops = NULL;
    assert_string_equal(problem_with(bad), "it has no ops");
    bad = good, bad.size = 8;
    assert_string_equal(problem_with(bad), "its object is smaller than a resource");
    bad = good, bad.attrs = NULL;
    assert_string_equal(problem_with(bad), "it has a struct of attributes but no table");
    bad = good, bad.attrs = outside;
    assert_string_equal(problem_with(bad), "an attribute lies outside of its struct");
    bad = good, bad.attrs = no_sub;
    assert_string_equal(problem_with(bad), "an attribute's sub and sub_size don't fit its type");
    bad = good, bad.attrs = dependency;
    assert_string_equal(problem_with(bad), "an attribute that names resources is no string");
    bad = good, bad.attrs = optional;
    assert_string_equal(problem_with(bad),
                        "an attribute that is optional is no dependency, or required");
    bad = good, bad.attrs = preset;
    assert_string_equal(problem_with(bad), "the preset of an attribute has the wrong type");
}

static void test_dump(void **state)
{
    static const char begin[] =
        "[\n\t{\n\t\t\"api\": \"rdk:component:base\",\n\t\t\"model\": \"rdk:builtin:fake\",\n"
        "\t\t\"attribute_schema\": {\n\t\t\t\"$schema\": "
        "\"https://json-schema.org/draft/2020-12/schema\",\n\t\t\t\"$id\": "
        "\"https://go.viam.com/rdk/resource/no-native-config\",\n";
    char path[] = "/tmp/sn-dump-XXXXXX", text[8192] = "";
    struct stat stat;

    close(mkstemp(path));
    unlink(path);
    assert_int_equal(sn_registry_dump(&registry, path, &error), 0);
    FILE *file = fopen(path, "r");
    assert_int_equal(fstat(fileno(file), &stat), 0);
    assert_int_equal(stat.st_mode & 0777, 0600);
    assert_true(fread(text, 1, sizeof(text) - 1, file) > 0);
    fclose(file);
    unlink(path);
    assert_memory_equal(text, begin, sizeof(begin) - 1);
    assert_non_null(strstr(text, "\"https://go.viam.com/rdk/components/motor/gpio/config\""));
    json_t *json = json_loads(text, 0, NULL);
    assert_int_equal(json_array_size(json), 3);
    json_decref(json);
    assert_int_equal(sn_registry_dump(&registry, "/nonexistent/x", &error), SN_ERR_UNAVAILABLE);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_find),
        TEST(test_resolve),
        TEST(test_refused_entries),
        TEST(test_unknown_api_and_bad_name),
        TEST(test_check),
        TEST(test_problems),
        TEST(test_dump),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
