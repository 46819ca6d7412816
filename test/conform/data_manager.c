/* SPDX-License-Identifier: Apache-2.0
 *
 * What every data manager does.
 */
#include "sinew/api/data_manager.h"
#include "conform.h"
#include "pb/service/datamanager/v1/data_manager.h"

static struct sn_data_manager *manager_of(struct sn_call *call)
{
    return (struct sn_data_manager *)((struct ask *)call)->subject->resource;
}

static int start_sync(struct sn_call *call)
{
    return sn_data_manager_sync(call, manager_of(call), NULL);
}

/* With a cloud it syncs, without one it says so. */
static void sync_answers(void **state)
{
    struct subject *subject = *state;
    struct ask a = {0};
    int code = ask(&a, subject, start_sync);

    if (code) {
        assert_int_equal(code, SN_ERR_UNKNOWN);
        assert_string_equal(subject->text, "not connected to the cloud");
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(sync_answers),
    cmocka_unit_test(do_command_answers),
    cmocka_unit_test(status_answers),
};

const struct suite suite_data_manager = {SN_API_DATA_MANAGER, tests,
                                         sizeof(tests) / sizeof(tests[0])};
