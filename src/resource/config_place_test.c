/* SPDX-License-Identifier: Apache-2.0
 *
 * Texts are the reference server's, as seen.
 */
#include "resource/config_place.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char *lookup(const char *name)
{
    if (strcmp(name, "VAR") == 0)
        return "value";
    return strcmp(name, "NEST") == 0 ? "${environment.VAR}" : NULL;
}

static const char text[] =
    "{\"packages\":["
    "{\"name\":\"pk\",\"package\":\"org/thing\",\"version\":\"1.2.3\",\"type\":\"ml_model\"},"
    "{\"name\":\"mp\",\"package\":\"org/mod\",\"type\":\"module\"},"
    "{\"name\":\"broken\"}],"
    "\"components\":[{\"name\":\"c\",\"api\":\"rdk:component:generic\",\"model\":\"fake\","
    "\"attributes\":{\"a\":\"${packages.pk}/x\",\"b\":[\"y\",[\"${packages.module.mp}\"]],"
    "\"c\":{\"d\":\"<${environment.VAR}|${packages.ml_model.pk}>\"},\"n\":3,"
    "\"plain\":\"$x {y} ${never\",\"nest\":\"${environment.NEST}\"}}],"
    "\"services\":[{\"name\":\"s\",\"api\":\"rdk:service:generic\",\"model\":\"fake\","
    "\"attributes\":{\"a\":\"${packages.nope} ${environment.NOPE} ${foo.NOPE} ok "
    "${packages.slam_map.pk} ${packages.mp} ${packages.broken}\"}}],"
    "\"modules\":[{\"name\":\"m\",\"executable_path\":\"/${environment.VAR}/run\","
    "\"env\":{\"A\":\"${environment.VAR}\",\"B\":\"b\"}}]}";

#define FOLDER "/home/packages/data/"

static const char *attribute(const struct sn_config_resource *entry, const char *key)
{
    return json_string_value(json_object_get(entry->attributes, key));
}

static void test_place(void **state)
{
    struct sn_config *config;
    struct sn_error error;
    char *problems;

    assert_int_equal(sn_config_parse(text, sizeof(text) - 1, &config, &error), 0);
    assert_int_equal(sn_config_place(config, "/home", lookup, &problems), 0);
    const struct sn_config_resource *component = &config->components.v[0];
    assert_string_equal(attribute(component, "a"), FOLDER "ml_model/org-thing-1_2_3/x");
    const json_t *list = json_object_get(component->attributes, "b");
    assert_string_equal(json_string_value(json_array_get(json_array_get(list, 1), 0)),
                        FOLDER "module/org-mod-latest");
    assert_string_equal(
        json_string_value(json_object_get(json_object_get(component->attributes, "c"), "d")),
        "<value|" FOLDER "ml_model/org-thing-1_2_3>");
    assert_string_equal(attribute(component, "plain"), "$x {y} ${never");
    assert_string_equal(attribute(component, "nest"), "${environment.VAR}"); /* once */
    assert_string_equal(config->modules.v[0].executable_path, "/value/run");
    assert_string_equal(json_string_value(json_object_get(config->modules.v[0].env, "A")), "value");
    assert_string_equal(json_string_value(json_object_get(config->modules.v[0].env, "B")), "b");
    /* What is unknown stays. */
    assert_string_equal(attribute(&config->services.v[0], "a"),
                        "${packages.nope} ${environment.NOPE} ${foo.NOPE} ok "
                        "${packages.slam_map.pk} ${packages.mp} ${packages.broken}");
    assert_string_equal(
        problems,
        "failed to find a package named \"nope\" for placeholder \"packages.nope\"; "
        "no environment variable named \"NOPE\" for placeholder \"environment.NOPE\"; "
        "invalid placeholder \"${foo.NOPE}\"; "
        "placeholder \"packages.slam_map.pk\" is looking for a package of type \"slam_map\" but a "
        "package of type \"ml_model\" was found. Try \"packages.ml_model.pk\"; "
        "placeholder \"packages.mp\" is looking for a package of type \"ml_model\" but a package "
        "of type \"module\" was found. Try \"packages.module.mp\"; "
        "failed to find a package named \"broken\" for placeholder \"packages.broken\"");
    free(problems);
    sn_config_destroy(config);
}

static void test_nothing_to_place(void **state)
{
    struct sn_config *config;
    struct sn_error error;
    char *problems;

    assert_int_equal(sn_config_parse("{}", 2, &config, &error), 0);
    assert_int_equal(sn_config_place(config, "/home", lookup, &problems), 0);
    assert_null(problems);
    sn_config_destroy(config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_place),
        cmocka_unit_test(test_nothing_to_place),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
