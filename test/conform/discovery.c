/* SPDX-License-Identifier: Apache-2.0
 *
 * What every discovery service does.
 */
#include "sinew/api/discovery.h"
#include "conform.h"
#include "pb/app/v1/robot.h"
#include "pb/service/discovery/v1/discovery.h"

struct ask_resources {
    struct ask ask;
    struct pb_service_discovery_discover_resources_response found;
};

static int start_resources(struct sn_call *call)
{
    struct ask_resources *a = (struct ask_resources *)call;

    return sn_discovery_resources(call, (struct sn_discovery *)a->ask.subject->resource, NULL,
                                  &a->found);
}

static void what_is_found_can_be_configured(void **state)
{
    struct ask_resources a = {0};

    assert_int_equal(ask(&a.ask, *state, start_resources), 0);
    for (uint32_t i = 0; i < a.found.discoveries.n; i++) {
        assert_true(a.found.discoveries.v[i].name.len > 0);
        assert_true(a.found.discoveries.v[i].model.len > 0);
        assert_true(a.found.discoveries.v[i].api.len > 0);
    }
}

static void looking_again_finds_the_same(void **state)
{
    struct ask_resources first = {0}, second = {0};

    assert_int_equal(ask(&first.ask, *state, start_resources), 0);
    assert_int_equal(ask(&second.ask, *state, start_resources), 0);
    assert_int_equal(first.found.discoveries.n, second.found.discoveries.n);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(what_is_found_can_be_configured),
    cmocka_unit_test(looking_again_finds_the_same),
    cmocka_unit_test(do_command_answers),
    cmocka_unit_test(status_answers),
};

const struct suite suite_discovery = {SN_API_DISCOVERY, tests, sizeof(tests) / sizeof(tests[0])};
