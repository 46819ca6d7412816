/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define NS INT64_C(1)
#define MS INT64_C(1000000)
#define S INT64_C(1000000000)

static void test_durations(void **state)
{
    static const struct {
        const char *text;
        int64_t ns;
    } rows[] = {
        {"0", 0},
        {"-0", 0},
        {"5s", 5 * S},
        {"1.5s", 1500 * MS},
        {".5s", 500 * MS},
        {"5.s", 5 * S},
        {"1.001s", 1001 * MS},
        {"0.3s", 300 * MS},
        {"2m30s", 150 * S},
        {"-100ms", -100 * MS},
        {"+3h", 10800 * S},
        {"1h1m1s1ms1us1ns", 3661001001001 * NS},
        {"10us", 10000 * NS},
        {"10\u00b5s", 10000 * NS},
        {"10\u03bcs", 10000 * NS},
        {"0.100000000000000000000h", 360 * S},
        {"2562047h47m16.854775807s", INT64_MAX},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        int64_t ns = 42;

        assert_int_equal(sn_text_duration(rows[i].text, &ns, NULL), 0);
        assert_int_equal(ns, rows[i].ns);
    }
}

static void test_bad_durations(void **state)
{
    static const char *const rows[][2] = {
        {"", "time: invalid duration \"\""},
        {"abc", "time: invalid duration \"abc\""},
        {".s", "time: invalid duration \".s\""},
        {"-", "time: invalid duration \"-\""},
        {"5", "time: missing unit in duration \"5\""},
        {"1.5", "time: missing unit in duration \"1.5\""},
        {"5x", "time: unknown unit \"x\" in duration \"5x\""},
        {"5s ", "time: unknown unit \"s \" in duration \"5s \""},
        {"5sm", "time: unknown unit \"sm\" in duration \"5sm\""},
        {"1s-2s", "time: unknown unit \"s-\" in duration \"1s-2s\""},
        {"9223372036854775808ns", "time: invalid duration \"9223372036854775808ns\""},
        {"3000000h", "time: invalid duration \"3000000h\""},
        {"2562047h48m", "time: invalid duration \"2562047h48m\""},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct sn_error error;
        int64_t ns = 42;

        assert_int_equal(sn_text_duration(rows[i][0], &ns, &error), SN_ERR_INVALID_ARGUMENT);
        assert_string_equal(error.text, rows[i][1]);
        assert_int_equal(ns, 42);
    }
}

static void test_clean_paths(void **state)
{
    static const char *const rows[][2] = {
        {"a/b", "a/b"},
        {"./a//b/.", "a/b"},
        {"a/../b", "b"},
        {"a/b/../../c", "c"},
        {"/a", "a"},
        {"", ""},
        {".", ""},
        {"a/..", ""},
        {"..a/b..", "..a/b.."},
        {"a/.../b", "a/.../b"},
    };
    static const char *const out[] = {"..", "../a", "a/../../b", "/..", "./.."};
    char path[64];

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        strcpy(path, rows[i][0]);
        assert_true(sn_text_clean_path(path));
        assert_string_equal(path, rows[i][1]);
    }
    for (size_t i = 0; i < sizeof(out) / sizeof(out[0]); i++) {
        strcpy(path, out[i]);
        assert_false(sn_text_clean_path(path));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_durations),
        cmocka_unit_test(test_bad_durations),
        cmocka_unit_test(test_clean_paths),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
