/* SPDX-License-Identifier: Apache-2.0
 *
 * Power sensor without hardware: the same values each time, as the reference's.
 */
#include "sinew/api/power_sensor.h"
#include "sinew/driver.h"
#include "sinew/struct.h"

static const double volts = 1.5, amperes = 2.2, watts = 9.8;

static int fake_voltage(struct sn_call *call, struct sn_power_sensor *sensor,
                        const struct pb_google_struct *extra, double *ret_volts, bool *ret_is_ac)
{
    *ret_volts = volts;
    *ret_is_ac = true;
    return 0;
}

static int fake_current(struct sn_call *call, struct sn_power_sensor *sensor,
                        const struct pb_google_struct *extra, double *ret_amperes, bool *ret_is_ac)
{
    *ret_amperes = amperes;
    *ret_is_ac = true;
    return 0;
}

static int fake_power(struct sn_call *call, struct sn_power_sensor *sensor,
                      const struct pb_google_struct *extra, double *ret_watts)
{
    *ret_watts = watts;
    return 0;
}

static int fake_readings(struct sn_call *call, struct sn_power_sensor *sensor,
                         const struct pb_google_struct *extra, struct pb_google_struct *readings)
{
    if (sn_pb_struct_add(readings, SN_STR("volts"), sn_pb_number(volts), call->arena) ||
        sn_pb_struct_add(readings, SN_STR("amps"), sn_pb_number(amperes), call->arena) ||
        sn_pb_struct_add(readings, SN_STR("is_ac"), sn_pb_bool(true), call->arena) ||
        sn_pb_struct_add(readings, SN_STR("watts"), sn_pb_number(watts), call->arena))
        return SN_ERR_RESOURCE_EXHAUSTED;
    return 0;
}

/* Takes any command and says nothing to it, as the reference's. */
static int fake_do_command(struct sn_call *call, struct sn_resource *resource,
                           const struct pb_google_struct *command,
                           struct pb_google_struct **ret_result)
{
    *ret_result = sn_arena_zalloc(call->arena, sizeof(**ret_result));
    return *ret_result ? 0 : SN_ERR_RESOURCE_EXHAUSTED;
}

static const struct sn_power_sensor_ops fake_ops = {
    .common = {.do_command = fake_do_command},
    .voltage = fake_voltage,
    .current = fake_current,
    .power = fake_power,
    .readings = fake_readings,
};

const struct sn_driver sn_driver_power_sensor_fake = {
    .api = SN_API_POWER_SENSOR,
    .model = "rdk:builtin:fake",
    .help = "1.5 V and 2.2 A of alternating current, 9.8 W",
    .size = sizeof(struct sn_power_sensor),
    .ops = &fake_ops,
};
