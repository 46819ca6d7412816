/* SPDX-License-Identifier: Apache-2.0
 *
 * Movement sensor without hardware: the same values each time, as the reference's.
 */
#include "pb/common/v1/common.h"
#include "pb/component/movementsensor/v1/movementsensor.h"
#include "sinew/api/movement_sensor.h"
#include "sinew/driver.h"

static int fake_position(struct sn_call *call, struct sn_movement_sensor *sensor,
                         const struct pb_google_struct *extra,
                         struct pb_common_geo_point *ret_point, float *ret_altitude)
{
    *ret_point = (struct pb_common_geo_point){.latitude = 40.7, .longitude = -73.98};
    *ret_altitude = 50.5F;
    return 0;
}

static int fake_linear_velocity(struct sn_call *call, struct sn_movement_sensor *sensor,
                                const struct pb_google_struct *extra,
                                struct pb_common_vector3 *ret_velocity)
{
    ret_velocity->y = 5.4;
    return 0;
}

static int fake_angular_velocity(struct sn_call *call, struct sn_movement_sensor *sensor,
                                 const struct pb_google_struct *extra,
                                 struct pb_common_vector3 *ret_velocity)
{
    ret_velocity->z = 1;
    return 0;
}

static int fake_linear_acceleration(struct sn_call *call, struct sn_movement_sensor *sensor,
                                    const struct pb_google_struct *extra,
                                    struct pb_common_vector3 *ret_acceleration)
{
    *ret_acceleration = (struct pb_common_vector3){2.2, 4.5, 2};
    return 0;
}

static int fake_compass_heading(struct sn_call *call, struct sn_movement_sensor *sensor,
                                const struct pb_google_struct *extra, double *ret_degrees)
{
    *ret_degrees = 25;
    return 0;
}

static int fake_orientation(struct sn_call *call, struct sn_movement_sensor *sensor,
                            const struct pb_google_struct *extra, struct sn_heading *ret_heading)
{
    *ret_heading = (struct sn_heading){.form = SN_HEADING_QUATERNION, .w = 1};
    return 0;
}

static int fake_properties(struct sn_call *call, struct sn_movement_sensor *sensor,
                           const struct pb_google_struct *extra,
                           struct pb_movementsensor_get_properties_response *ret_properties)
{
    *ret_properties =
        (struct pb_movementsensor_get_properties_response){true, true, true, true, true, true};
    return 0;
}

static int fake_accuracy(struct sn_call *call, struct sn_movement_sensor *sensor,
                         const struct pb_google_struct *extra,
                         struct pb_movementsensor_get_accuracy_response *ret_accuracy)
{
    ret_accuracy->position_nmea_gga_fix = 4;
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

static const struct sn_movement_sensor_ops fake_ops = {
    .common = {.do_command = fake_do_command},
    .position = fake_position,
    .linear_velocity = fake_linear_velocity,
    .angular_velocity = fake_angular_velocity,
    .linear_acceleration = fake_linear_acceleration,
    .compass_heading = fake_compass_heading,
    .orientation = fake_orientation,
    .properties = fake_properties,
    .accuracy = fake_accuracy,
};

const struct sn_driver sn_driver_movement_sensor_fake = {
    .api = SN_API_MOVEMENT_SENSOR,
    .model = "rdk:builtin:fake",
    .help = "stands in New York and measures the same each time",
    .size = sizeof(struct sn_movement_sensor),
    .ops = &fake_ops,
};
