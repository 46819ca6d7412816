/* SPDX-License-Identifier: Apache-2.0 */
#include "resource/name.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

static void test_triplets(void **state)
{
    static const struct {
        const char *text;
        int err;
    } rows[] = {
        {"rdk:component:motor", 0},
        {"a-b_c:d-e:f_g1", 0},
        {"a:b:c:d", SN_ERR_INVALID_ARGUMENT},
        {"rdk:component", SN_ERR_INVALID_ARGUMENT},
        {"motor", SN_ERR_INVALID_ARGUMENT},
        {"", SN_ERR_INVALID_ARGUMENT},
        {"::", SN_ERR_INVALID_ARGUMENT},
        {"rdk:component:", SN_ERR_INVALID_ARGUMENT},
        {"a.b:c:d", SN_ERR_INVALID_ARGUMENT},
        {"r dk:component:motor", SN_ERR_INVALID_ARGUMENT},
        {"rdk:component:m\u00f6tor", SN_ERR_INVALID_ARGUMENT},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct sn_triplet triplet;

        assert_int_equal(sn_triplet_parse(sn_str_of(rows[i].text), &triplet), rows[i].err);
    }
    struct sn_triplet triplet;
    assert_int_equal(sn_triplet_parse(SN_STR("rdk:component:motor"), &triplet), 0);
    assert_true(sn_str_is(triplet.space, "rdk"));
    assert_true(sn_str_is(triplet.family, "component"));
    assert_true(sn_str_is(triplet.name, "motor"));
}

static void test_triplet_length(void **state)
{
    char text[SN_API_MAX + 2];
    struct sn_triplet triplet;

    snprintf(text, sizeof(text), "a:b:%0*d", SN_API_MAX - 4, 0);
    assert_int_equal(sn_triplet_parse(sn_str_of(text), &triplet), 0);
    snprintf(text, sizeof(text), "a:b:%0*d", SN_API_MAX - 3, 0);
    assert_int_equal(sn_triplet_parse(sn_str_of(text), &triplet), SN_ERR_INVALID_ARGUMENT);
}

/* Texts as the reference server gives them. */
static void test_name_rule(void **state)
{
    static const char *const good[] = {"m", "9", "left-wheel_2", "parent", "A-"};
    static const char *const bad[] = {"",    "_a",  "-a",  "a.b",    "a:b",
                                      "a+b", "b a", "a\n", "\u00e9", "a\u00e9"};
    struct sn_error error;
    char name[62], expected[160];

    for (size_t i = 0; i < COUNT(good); i++)
        assert_int_equal(sn_name_check("name", sn_str_of(good[i]), SN_NAME_MAX, &error), 0);
    for (size_t i = 0; i < COUNT(bad); i++) {
        assert_int_equal(sn_name_check("name", sn_str_of(bad[i]), SN_NAME_MAX, &error),
                         SN_ERR_INVALID_ARGUMENT);
        snprintf(expected, sizeof(expected),
                 "name \"%s\" must start with a letter or number and must only contain letters, "
                 "numbers, dashes, and underscores",
                 bad[i]);
        assert_string_equal(error.text, expected);
    }
    snprintf(name, sizeof(name), "%060d", 0);
    assert_int_equal(sn_name_check("name", sn_str_of(name), SN_NAME_MAX, &error), 0);
    snprintf(name, sizeof(name), "%061d", 0);
    assert_int_equal(sn_name_check("module name", sn_str_of(name), SN_NAME_MAX, &error),
                     SN_ERR_INVALID_ARGUMENT);
    snprintf(expected, sizeof(expected), "module name \"%s\" must be 60 characters or fewer", name);
    assert_string_equal(error.text, expected);
}

static void test_full_names(void **state)
{
    struct sn_str api, name;
    char full[SN_FULL_NAME_SIZE];

    assert_int_equal(sn_full_name_parse(SN_STR("rdk:component:motor/m1"), &api, &name), 0);
    assert_true(sn_str_is(api, "rdk:component:motor"));
    assert_true(sn_str_is(name, "m1"));
    assert_string_equal(sn_full_name(&full, "rdk:component:motor", "m1"), "rdk:component:motor/m1");
    assert_int_equal(sn_full_name_parse(SN_STR("rdk:component:motor/a/b"), &api, &name), 0);
    assert_true(sn_str_is(name, "a/b"));

    static const char *const bad[] = {
        "", "m1", "/m1", "rdk:component:motor", "rdk:component:motor/", "rdk:component/m1"};
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_int_equal(sn_full_name_parse(sn_str_of(bad[i]), &api, &name),
                         SN_ERR_INVALID_ARGUMENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_triplets),
        cmocka_unit_test(test_triplet_length),
        cmocka_unit_test(test_name_rule),
        cmocka_unit_test(test_full_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
