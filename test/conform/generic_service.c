/* SPDX-License-Identifier: Apache-2.0
 *
 * What every generic service does.
 */
#include "conform.h"
#include "sinew/api/generic.h"

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(do_command_answers),
    cmocka_unit_test(status_answers),
};

const struct suite suite_generic_service = {SN_API_GENERIC_SERVICE, tests,
                                            sizeof(tests) / sizeof(tests[0])};
