/* SPDX-License-Identifier: Apache-2.0
 *
 * What every generic component does.
 */
#include "sinew/api/generic.h"
#include "conform.h"
#include "pb/common/v1/common.h"

struct ask_geometries {
    struct ask ask;
    struct pb_common_get_geometries_response geometries;
};

static int start_geometries(struct sn_call *call)
{
    struct ask_geometries *a = (struct ask_geometries *)call;

    return sn_geometries(call, a->ask.subject->resource, NULL, &a->geometries);
}

static void geometries_answer(void **state)
{
    struct ask_geometries a = {0};

    assert_int_equal(ask(&a.ask, *state, start_geometries), 0);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(geometries_answer),
    cmocka_unit_test(do_command_answers),
    cmocka_unit_test(status_answers),
};

const struct suite suite_generic = {SN_API_GENERIC, tests, sizeof(tests) / sizeof(tests[0])};
