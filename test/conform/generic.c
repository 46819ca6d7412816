/* SPDX-License-Identifier: Apache-2.0
 *
 * What every generic component does.
 */
#include "sinew/api/generic.h"
#include "conform.h"

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(geometries_answer),
    cmocka_unit_test(do_command_answers),
    cmocka_unit_test(status_answers),
};

const struct suite suite_generic = {SN_API_GENERIC, tests, sizeof(tests) / sizeof(tests[0])};
