/* SPDX-License-Identifier: Apache-2.0
 *
 * What every button does.
 */
#include "sinew/api/button.h"
#include "conform.h"

static int start_push(struct sn_call *call)
{
    struct ask *a = (struct ask *)call;

    return sn_button_push(call, (struct sn_button *)a->subject->resource, NULL);
}

static void can_be_pushed_again_and_again(void **state)
{
    for (int i = 0; i < 5; i++) {
        struct ask a = {0};

        assert_int_equal(ask(&a, *state, start_push), 0);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(can_be_pushed_again_and_again),
    cmocka_unit_test(do_command_answers),
    cmocka_unit_test(status_answers),
};

const struct suite suite_button = {SN_API_BUTTON, tests, sizeof(tests) / sizeof(tests[0])};
