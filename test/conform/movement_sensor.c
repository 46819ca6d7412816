/* SPDX-License-Identifier: Apache-2.0
 *
 * What every movement sensor does.
 */
#include "sinew/api/movement_sensor.h"
#include "conform.h"
#include "pb/common/v1/common.h"
#include "pb/component/movementsensor/v1/movementsensor.h"
#include "sinew/struct.h"

#include <math.h>

struct ask_movement {
    struct ask ask;
    struct pb_common_geo_point point;
    float altitude;
    struct pb_common_vector3 vector;
    double degrees;
    struct sn_heading heading;
    struct pb_movementsensor_get_properties_response properties;
    struct pb_movementsensor_get_accuracy_response accuracy;
    struct pb_google_struct readings;
};

#define ASK ((struct ask_movement *)call)

static struct sn_movement_sensor *sensor_of(struct sn_call *call)
{
    return (struct sn_movement_sensor *)ASK->ask.subject->resource;
}

static int start_position(struct sn_call *call)
{
    return sn_movement_sensor_position(call, sensor_of(call), NULL, &ASK->point, &ASK->altitude);
}

static int start_linear_velocity(struct sn_call *call)
{
    return sn_movement_sensor_linear_velocity(call, sensor_of(call), NULL, &ASK->vector);
}

static int start_angular_velocity(struct sn_call *call)
{
    return sn_movement_sensor_angular_velocity(call, sensor_of(call), NULL, &ASK->vector);
}

static int start_linear_acceleration(struct sn_call *call)
{
    return sn_movement_sensor_linear_acceleration(call, sensor_of(call), NULL, &ASK->vector);
}

static int start_compass_heading(struct sn_call *call)
{
    return sn_movement_sensor_compass_heading(call, sensor_of(call), NULL, &ASK->degrees);
}

static int start_orientation(struct sn_call *call)
{
    return sn_movement_sensor_orientation(call, sensor_of(call), NULL, &ASK->heading);
}

static int start_properties(struct sn_call *call)
{
    return sn_movement_sensor_properties(call, sensor_of(call), NULL, &ASK->properties);
}

static int start_accuracy(struct sn_call *call)
{
    return sn_movement_sensor_accuracy(call, sensor_of(call), NULL, &ASK->accuracy);
}

static int start_readings(struct sn_call *call)
{
    return sn_movement_sensor_readings(call, sensor_of(call), NULL, &ASK->readings);
}

static struct pb_movementsensor_get_properties_response properties_of(struct subject *subject)
{
    struct ask_movement a = {0};

    assert_int_equal(ask(&a.ask, subject, start_properties), 0);
    return a.properties;
}

/* An operation's outcome fits the properties, and so does its text. */
static bool measured(struct ask_movement *a, struct subject *subject, bool supported,
                     int (*start)(struct sn_call *call), const char *lacks)
{
    int code = ask(&a->ask, subject, start);

    assert_int_equal(code, supported ? 0 : SN_ERR_UNKNOWN);
    if (!supported)
        assert_string_equal(subject->text, lacks);
    return supported;
}

static void position_is_on_earth(void **state)
{
    struct ask_movement a = {0};

    if (!measured(&a, *state, properties_of(*state).position_supported, start_position,
                  "Position Unimplemented"))
        return;
    assert_true(fabs(a.point.latitude) <= 90 && fabs(a.point.longitude) <= 180);
    assert_true(isfinite(a.altitude));
}

static void check_vector(const struct ask_movement *a)
{
    assert_true(isfinite(a->vector.x) && isfinite(a->vector.y) && isfinite(a->vector.z));
}

static void movements_are_numbers(void **state)
{
    struct pb_movementsensor_get_properties_response properties = properties_of(*state);
    struct ask_movement a = {0};

    if (measured(&a, *state, properties.linear_velocity_supported, start_linear_velocity,
                 "LinearVelocity Unimplemented"))
        check_vector(&a);
    if (measured(&a, *state, properties.angular_velocity_supported, start_angular_velocity,
                 "AngularVelocity Unimplemented"))
        check_vector(&a);
    if (measured(&a, *state, properties.linear_acceleration_supported, start_linear_acceleration,
                 "linear acceleration unimplemented"))
        check_vector(&a);
}

/* 360 is what upstream's odometry says for north. */
static void compass_is_an_angle(void **state)
{
    struct ask_movement a = {.degrees = NAN};

    if (measured(&a, *state, properties_of(*state).compass_heading_supported, start_compass_heading,
                 "CompassHeading Unimplemented"))
        assert_true(a.degrees >= 0 && a.degrees <= 360);
}

static void orientation_has_an_axis(void **state)
{
    struct ask_movement a = {0};

    if (!measured(&a, *state, properties_of(*state).orientation_supported, start_orientation,
                  "Orientation Unimplemented"))
        return;
    const struct sn_heading *h = &a.heading;
    double w = h->form == SN_HEADING_QUATERNION ? h->w : 0;
    assert_true(fabs(h->x * h->x + h->y * h->y + h->z * h->z + w * w - 1) < 1e-6);
    assert_true(isfinite(h->w));
}

static void accuracy_says_all_four(void **state)
{
    struct ask_movement a = {0};

    assert_int_equal(ask(&a.ask, *state, start_accuracy), 0);
    assert_true(a.accuracy.has_position_hdop && a.accuracy.has_position_vdop);
    assert_true(a.accuracy.has_position_nmea_gga_fix && a.accuracy.has_compass_degrees_error);
}

static void readings_are_what_is_supported(void **state)
{
    struct pb_movementsensor_get_properties_response p = properties_of(*state);
    const struct {
        const char *key;
        bool supported;
    } rows[] = {
        {"position", p.position_supported},
        {"altitude", p.position_supported},
        {"linear_velocity", p.linear_velocity_supported},
        {"linear_acceleration", p.linear_acceleration_supported},
        {"angular_velocity", p.angular_velocity_supported},
        {"compass", p.compass_heading_supported},
        {"orientation", p.orientation_supported},
    };
    struct ask_movement a = {0};

    assert_int_equal(ask(&a.ask, *state, start_readings), 0);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct pb_google_value *value = sn_pb_struct_get(&a.readings, rows[i].key);

        assert_int_equal(value != NULL, rows[i].supported);
        if (sn_pb_value_struct(value))
            assert_non_null(sn_pb_struct_get(sn_pb_value_struct(value), "_type"));
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(position_is_on_earth),   cmocka_unit_test(movements_are_numbers),
    cmocka_unit_test(compass_is_an_angle),    cmocka_unit_test(orientation_has_an_axis),
    cmocka_unit_test(accuracy_says_all_four), cmocka_unit_test(readings_are_what_is_supported),
    cmocka_unit_test(do_command_answers),     cmocka_unit_test(status_answers),
};

const struct suite suite_movement_sensor = {SN_API_MOVEMENT_SENSOR, tests,
                                            sizeof(tests) / sizeof(tests[0])};
