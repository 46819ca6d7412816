/* SPDX-License-Identifier: Apache-2.0 */
#include "resource/config_unknown.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct pin {
    struct sn_str key;
    struct sn_str pin;
};

struct attrs {
    struct pin pins;
    struct sn_attr_list list, map;
    struct pb_google_struct *free_form;
};

static const struct sn_attr pin_table[] = {
    {.key = "pin", .type = SN_ATTR_STRING, .offset = offsetof(struct pin, pin)},
    {0},
};

#define NESTED(name, kind, member)                                                                 \
    {                                                                                              \
        .key = (name), .type = (kind), .offset = offsetof(struct attrs, member), .sub = pin_table, \
        .sub_size = sizeof(struct pin)                                                             \
    }

static const struct sn_attr table[] = {
    NESTED("pins", SN_ATTR_OBJECT, pins),
    NESTED("list", SN_ATTR_OBJECTS, list),
    NESTED("map", SN_ATTR_MAP, map),
    {.key = "free", .type = SN_ATTR_STRUCT, .offset = offsetof(struct attrs, free_form)},
    {0},
};

static const int ops;
static const struct sn_driver motor = {
    .api = "rdk:component:motor",
    .model = "rdk:builtin:gpio",
    .size = sizeof(struct sn_resource),
    .attrs_size = sizeof(struct attrs),
    .attrs = table,
    .ops = &ops,
};
static const struct sn_driver sensor = {
    .api = "rdk:component:sensor",
    .model = "rdk:builtin:fake",
    .size = sizeof(struct sn_resource),
    .ops = &ops,
};
static const struct sn_driver *const drivers[] = {&motor, &sensor};

static char told[8192]; /* the texts, a line each */

static void report(void *owner, const char *text)
{
    size_t len = strlen(told);

    snprintf(told + len, sizeof(told) - len, "%s\n", text);
}

static const char *unknown(const char *text)
{
    struct sn_registry registry = {0};
    struct sn_config *config;
    struct sn_error error;

    *told = '\0';
    sn_registry_add(&registry, drivers, 2);
    assert_int_equal(sn_config_parse(text, strlen(text), &config, &error), 0);
    sn_config_unknown(config, &registry, report, NULL);
    sn_config_destroy(config);
    sn_registry_fini(&registry);
    return told;
}

static void test_nothing_unknown(void **state)
{
    static const char motor_text[] =
        "{\"components\":[{\"name\":\"m\",\"api\":\"rdk:component:motor\",\"model\":\"gpio\","
        "\"frame\":{\"parent\":\"world\",\"orientation\":{\"type\":\"q\",\"value\":{\"th\":1}}},"
        "\"attributes\":{\"PINS\":{\"pin\":\"1\"},\"list\":[{\"pin\":\"2\"}],"
        "\"map\":{\"any\":{\"pin\":\"3\"}},\"free\":{\"x\":1}}}]}";
    static const char foreign_text[] =
        "{\"components\":[{\"name\":\"x\",\"api\":\"rdk:component:motor\",\"model\":\"a:b:c\","
        "\"attributes\":{\"theirs\":1}}]}";
    static const char section_text[] =
        "{\"Components\":null,\"network\":{\"SESSIONS\":{\"heartbeat_window\":\"1s\"}}}";
    static const char *const texts[] = {"null", "{}", section_text, motor_text, foreign_text};

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        assert_string_equal(unknown(texts[i]), "");
}

static void test_sections_and_entries(void **state)
{
    assert_non_null(strstr(unknown("{\"componets\":[]}"),
                           "unknown key \"componets\" in the config is ignored; there are "
                           "components, services, "));
    assert_string_equal(unknown("{\"network\":{\"sessions\":{\"window\":\"1s\"}}}"),
                        "unknown key \"window\" in network.sessions is ignored; there are "
                        "heartbeat_window\n");
    assert_string_equal(unknown("{\"log\":[{\"pattern\":\"rdk\",\"level\":\"info\"},{\"lvl\":1}]}"),
                        "unknown key \"lvl\" in log.1 is ignored; there are pattern, level\n");
}

/* Within `isolation` it is an error of its own. */
static void test_isolation(void **state)
{
    assert_string_equal(
        unknown("{\"processes\":[{\"id\":\"a\",\"name\":\"b\",\"isolation\":{\"usr\":1}}]}"), "");
}

static void test_attributes(void **state)
{
    static const struct {
        const char *attributes, *text;
    } rows[] = {
        {"{\"pni\":1}", "unknown key \"pni\" in components.0.attributes is ignored; "
                        "rdk:builtin:gpio has pins, list, map, free\n"},
        {"{\"pins\":{\"a\":1}}", "unknown key \"a\" in components.0.attributes.pins is ignored; "
                                 "rdk:builtin:gpio has pin\n"},
        {"{\"list\":[{},{\"a\":1}]}", "unknown key \"a\" in components.0.attributes.list.1 is "
                                      "ignored; rdk:builtin:gpio has pin\n"},
        {"{\"map\":{\"m\":{\"a\":1}}}", "unknown key \"a\" in components.0.attributes.map.m is "
                                        "ignored; rdk:builtin:gpio has pin\n"},
    };
    char text[256];

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        snprintf(text, sizeof(text),
                 "{\"components\":[{\"name\":\"m\",\"api\":\"rdk:component:motor\","
                 "\"model\":\"gpio\",\"attributes\":%s}]}",
                 rows[i].attributes);
        assert_string_equal(unknown(text), rows[i].text);
    }
    assert_string_equal(unknown("{\"components\":[{\"name\":\"s\",\"api\":\"rdk:component:sensor\","
                                "\"model\":\"fake\",\"attributes\":{\"a\":1}}]}"),
                        "unknown key \"a\" in components.0.attributes is ignored; "
                        "rdk:builtin:fake takes none\n");
}

static void test_many(void **state)
{
    char text[4096] = "{", *line;
    size_t len = 1, lines = 0;

    for (int i = 0; i < SN_CONFIG_UNKNOWN_MAX + 5; i++)
        len += (size_t)snprintf(text + len, sizeof(text) - len, "%s\"x%d\":1", i ? "," : "", i);
    snprintf(text + len, sizeof(text) - len, "}");
    unknown(text);
    for (line = told; (line = strchr(line, '\n')); line++)
        lines++;
    assert_int_equal(lines, SN_CONFIG_UNKNOWN_MAX + 1);
    assert_non_null(strstr(told, "\n5 more unknown keys are ignored\n"));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_unknown),
        cmocka_unit_test(test_sections_and_entries),
        cmocka_unit_test(test_isolation),
        cmocka_unit_test(test_attributes),
        cmocka_unit_test(test_many),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
