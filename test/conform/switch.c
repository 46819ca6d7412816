/* SPDX-License-Identifier: Apache-2.0
 *
 * What every switch does.
 */
#include "sinew/api/switch.h"
#include "conform.h"
#include "pb/component/switch/v1/switch.h"

struct ask_switch {
    struct ask ask;
    uint32_t position;
    struct pb_switch_get_number_of_positions_response positions;
};

#define ASK ((struct ask_switch *)call)

static struct sn_switch *switch_of(struct sn_call *call)
{
    return (struct sn_switch *)ASK->ask.subject->resource;
}

static int start_set_position(struct sn_call *call)
{
    return sn_switch_set_position(call, switch_of(call), ASK->position, NULL);
}

static int start_position(struct sn_call *call)
{
    return sn_switch_position(call, switch_of(call), NULL, &ASK->position);
}

static int start_positions(struct sn_call *call)
{
    return sn_switch_positions(call, switch_of(call), NULL, &ASK->positions);
}

static uint32_t count_of(void **state)
{
    struct ask_switch a = {0};

    assert_int_equal(ask(&a.ask, *state, start_positions), 0);
    return a.positions.number_of_positions;
}

static uint32_t position_of(void **state)
{
    struct ask_switch a = {0};

    assert_int_equal(ask(&a.ask, *state, start_position), 0);
    return a.position;
}

static void labels_are_none_or_one_each(void **state)
{
    struct ask_switch a = {0};

    assert_int_equal(ask(&a.ask, *state, start_positions), 0);
    if (a.positions.labels.n)
        assert_int_equal(a.positions.labels.n, a.positions.number_of_positions);
}

static void is_where_it_was_put(void **state)
{
    uint32_t count = count_of(state);

    for (uint32_t i = 0; i < count; i++) {
        struct ask_switch a = {.position = count - 1 - i};

        assert_int_equal(ask(&a.ask, *state, start_set_position), 0);
        assert_int_equal(position_of(state), count - 1 - i);
    }
}

static void stays_when_told_to_go_too_far(void **state)
{
    uint32_t before = position_of(state);
    struct ask_switch a = {.position = count_of(state)};

    assert_int_equal(ask(&a.ask, *state, start_set_position), SN_ERR_UNKNOWN);
    assert_non_null(strstr(a.ask.subject->text, "is invalid"));
    a = (struct ask_switch){.position = UINT32_MAX};
    assert_int_equal(ask(&a.ask, *state, start_set_position), SN_ERR_UNKNOWN);
    assert_int_equal(position_of(state), before);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(labels_are_none_or_one_each),
    cmocka_unit_test(is_where_it_was_put),
    cmocka_unit_test(stays_when_told_to_go_too_far),
    cmocka_unit_test(do_command_answers),
    cmocka_unit_test(status_answers),
};

const struct suite suite_switch = {SN_API_SWITCH, tests, sizeof(tests) / sizeof(tests[0])};
