/* SPDX-License-Identifier: Apache-2.0
 *
 * What every power sensor does.
 */
#include "sinew/api/power_sensor.h"
#include "conform.h"
#include "sinew/struct.h"

#include <math.h>

struct ask_power {
    struct ask ask;
    double value;
    bool is_ac;
    struct pb_google_struct readings;
};

#define ASK ((struct ask_power *)call)

static struct sn_power_sensor *sensor_of(struct sn_call *call)
{
    return (struct sn_power_sensor *)ASK->ask.subject->resource;
}

static int start_voltage(struct sn_call *call)
{
    return sn_power_sensor_voltage(call, sensor_of(call), NULL, &ASK->value, &ASK->is_ac);
}

static int start_current(struct sn_call *call)
{
    return sn_power_sensor_current(call, sensor_of(call), NULL, &ASK->value, &ASK->is_ac);
}

static int start_power(struct sn_call *call)
{
    return sn_power_sensor_power(call, sensor_of(call), NULL, &ASK->value);
}

static int start_readings(struct sn_call *call)
{
    return sn_power_sensor_readings(call, sensor_of(call), NULL, &ASK->readings);
}

static void amounts_are_numbers(void **state)
{
    int (*const starts[])(struct sn_call *) = {start_voltage, start_current, start_power};

    for (size_t i = 0; i < 3; i++) {
        struct ask_power a = {.value = NAN};

        assert_int_equal(ask(&a.ask, *state, starts[i]), 0);
        assert_true(isfinite(a.value));
    }
}

static void readings_have_names_and_values(void **state)
{
    struct ask_power a = {0};

    assert_int_equal(ask(&a.ask, *state, start_readings), 0);
    assert_true(a.readings.fields.n > 0);
    for (uint32_t i = 0; i < a.readings.fields.n; i++)
        assert_true(a.readings.fields.v[i].key.len > 0);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(amounts_are_numbers),
    cmocka_unit_test(readings_have_names_and_values),
    cmocka_unit_test(do_command_answers),
    cmocka_unit_test(status_answers),
};

const struct suite suite_power_sensor = {SN_API_POWER_SENSOR, tests,
                                         sizeof(tests) / sizeof(tests[0])};
