/* SPDX-License-Identifier: Apache-2.0
 *
 * Sensor without hardware: the same three readings each time, as the reference's.
 */
#include "sinew/api/sensor.h"
#include "sinew/driver.h"
#include "sinew/struct.h"

struct fake_sensor {
    struct sn_sensor base;
};

static int fake_readings(struct sn_call *call, struct sn_sensor *sensor,
                         const struct pb_google_struct *extra, struct pb_google_struct *readings)
{
    if (sn_pb_struct_add(readings, SN_STR("a"), sn_pb_number(1), call->arena) ||
        sn_pb_struct_add(readings, SN_STR("b"), sn_pb_number(2), call->arena) ||
        sn_pb_struct_add(readings, SN_STR("c"), sn_pb_number(3), call->arena))
        return SN_ERR_RESOURCE_EXHAUSTED;
    return 0;
}

static const struct sn_sensor_ops fake_ops = {
    .readings = fake_readings,
};

const struct sn_driver sn_driver_sensor_fake = {
    .api = SN_API_SENSOR,
    .model = "rdk:builtin:fake",
    .help = "readings a = 1, b = 2, c = 3",
    .size = sizeof(struct fake_sensor),
    .ops = &fake_ops,
};
