/* SPDX-License-Identifier: Apache-2.0
 *
 * What every sensor does.
 */
#include "sinew/api/sensor.h"
#include "conform.h"
#include "sinew/struct.h"

struct ask_readings {
    struct ask ask;
    struct pb_google_struct readings;
};

static int start_readings(struct sn_call *call)
{
    struct ask_readings *a = (struct ask_readings *)call;

    return sn_sensor_readings(call, (struct sn_sensor *)a->ask.subject->resource, NULL,
                              &a->readings);
}

static void readings_have_names_and_values(void **state)
{
    struct ask_readings a = {0};

    assert_int_equal(ask(&a.ask, *state, start_readings), 0);
    assert_true(a.readings.fields.n > 0);
    for (uint32_t i = 0; i < a.readings.fields.n; i++)
        assert_true(a.readings.fields.v[i].key.len > 0);
}

static bool has(const struct pb_google_struct *readings, struct sn_str key)
{
    for (uint32_t i = 0; i < readings->fields.n; i++)
        if (sn_str_eq(readings->fields.v[i].key, key))
            return true;
    return false;
}

static void readings_keep_their_names(void **state)
{
    struct ask_readings first = {0};

    assert_int_equal(ask(&first.ask, *state, start_readings), 0);
    for (int i = 0; i < 20; i++) {
        struct ask_readings next = {0};

        assert_int_equal(ask(&next.ask, *state, start_readings), 0);
        assert_int_equal(next.readings.fields.n, first.readings.fields.n);
        for (uint32_t k = 0; k < first.readings.fields.n; k++)
            assert_true(has(&next.readings, first.readings.fields.v[k].key));
    }
}

static void many_read_at_once(void **state)
{
    struct ask_readings all[32] = {0};

    for (size_t i = 0; i < 32; i++) {
        ask_init(&all[i].ask, *state, start_readings);
        ask_start(&all[i].ask);
    }
    for (size_t i = 0; i < 32; i++)
        assert_int_equal(ask_await(&all[i].ask), 0);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(readings_have_names_and_values),
    cmocka_unit_test(readings_keep_their_names),
    cmocka_unit_test(many_read_at_once),
    cmocka_unit_test(do_command_answers),
    cmocka_unit_test(status_answers),
};

const struct suite suite_sensor = {SN_API_SENSOR, tests, sizeof(tests) / sizeof(tests[0])};
