/* SPDX-License-Identifier: Apache-2.0 */
#include "sinew/err.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void test_codes(void **state)
{
    assert_int_equal(SN_ERR_CANCELLED, -1);
    assert_int_equal(SN_ERR_UNAUTHENTICATED, -16);
    assert_string_equal(sn_err_text(0), "ok");
    assert_string_equal(sn_err_text(SN_ERR_NOT_FOUND), "not found");
    assert_string_equal(sn_err_text(-17), "unknown");
    assert_string_equal(sn_err_text(INT_MIN), "unknown");
    assert_string_equal(sn_err_text(INT_MAX), "unknown");
    assert_int_equal(sn_err_http(0), 200);
    assert_int_equal(sn_err_http(SN_ERR_UNIMPLEMENTED), 501);
    assert_int_equal(sn_err_http(SN_ERR_RESOURCE_EXHAUSTED), 429);
    assert_int_equal(sn_err_http(-1000), 500);
}

static void test_set(void **state)
{
    struct sn_error error;

    assert_int_equal(sn_error_set(&error, SN_ERR_ABORTED, "%s %d", "port", 80), SN_ERR_ABORTED);
    assert_int_equal(error.code, SN_ERR_ABORTED);
    assert_string_equal(error.text, "port 80");
    assert_int_equal(sn_error_set(NULL, SN_ERR_ABORTED, "nobody asks"), SN_ERR_ABORTED);
}

static void test_long_text_is_cut(void **state)
{
    struct sn_error error;

    sn_error_set(&error, SN_ERR_UNKNOWN, "%*s", 5000, "x");
    assert_int_equal(strlen(error.text), SN_ERROR_TEXT_MAX - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_codes),
        cmocka_unit_test(test_set),
        cmocka_unit_test(test_long_text_is_cut),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
