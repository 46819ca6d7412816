/* SPDX-License-Identifier: Apache-2.0
 *
 * Movement sensor: where something is and how it moves. Source: viam.component.movementsensor.v1.
 *
 * The sensor's own axes: X to the right, Y forward, Z up. What a sensor can't tell it leaves out of
 * its ops table and says so in its properties.
 */
#ifndef SINEW_API_MOVEMENT_SENSOR_H
#define SINEW_API_MOVEMENT_SENSOR_H

#include "sinew/api/common.h"

#ifdef __cplusplus
extern "C" {
#endif

#define SN_API_MOVEMENT_SENSOR "rdk:component:movement_sensor"

struct pb_common_geo_point; /* "pb/common/v1/common.h" */
struct pb_common_vector3;
/* "pb/component/movementsensor/v1/movementsensor.h" */
struct pb_movementsensor_get_accuracy_response;
struct pb_movementsensor_get_properties_response;

struct sn_movement_sensor {
    struct sn_resource base;
};

/* What a sensor can tell, in the order of its readings. */
enum sn_movement {
    SN_MOVEMENT_POSITION,
    SN_MOVEMENT_LINEAR_VELOCITY,
    SN_MOVEMENT_LINEAR_ACCELERATION,
    SN_MOVEMENT_ANGULAR_VELOCITY,
    SN_MOVEMENT_COMPASS,
    SN_MOVEMENT_ORIENTATION,
    SN_MOVEMENT_COUNT,
};

/* How `w` and the rest are meant: where the z axis points and how far the rest is turned about it,
 * or a quaternion. */
enum sn_heading_form { SN_HEADING_DEGREES, SN_HEADING_RADIANS, SN_HEADING_QUATERNION };

/* How the sensor is turned, in the form it measures that: readings keep it, GetOrientation has
 * degrees only. */
struct sn_heading {
    enum sn_heading_form form;
    double x, y, z; /* axis, or imaginary parts */
    double w;       /* angle, or real part */
};

/* All slots are reads; but for `properties` they are optional: without one that measures the
 * wrapper answers UNKNOWN with upstream's text. `extra` may be NULL everywhere. */
struct sn_movement_sensor_ops {
    struct sn_common_ops common;

    /* Degrees, and metres above the sea. They come as NaN and 0. */
    int (*position)(struct sn_call *call, struct sn_movement_sensor *sensor,
                    const struct pb_google_struct *extra, struct pb_common_geo_point *ret_point,
                    float *ret_altitude);

    /* m/s, degrees/s, m/s². The vector comes zeroed. */
    int (*linear_velocity)(struct sn_call *call, struct sn_movement_sensor *sensor,
                           const struct pb_google_struct *extra,
                           struct pb_common_vector3 *ret_velocity);
    int (*angular_velocity)(struct sn_call *call, struct sn_movement_sensor *sensor,
                            const struct pb_google_struct *extra,
                            struct pb_common_vector3 *ret_velocity);
    int (*linear_acceleration)(struct sn_call *call, struct sn_movement_sensor *sensor,
                               const struct pb_google_struct *extra,
                               struct pb_common_vector3 *ret_acceleration);

    /* Degrees clockwise from north, 0 to less than 360. */
    int (*compass_heading)(struct sn_call *call, struct sn_movement_sensor *sensor,
                           const struct pb_google_struct *extra, double *ret_degrees);

    int (*orientation)(struct sn_call *call, struct sn_movement_sensor *sensor,
                       const struct pb_google_struct *extra, struct sn_heading *ret_heading);

    /* What it can tell. Comes zeroed. */
    int (*properties)(struct sn_call *call, struct sn_movement_sensor *sensor,
                      const struct pb_google_struct *extra,
                      struct pb_movementsensor_get_properties_response *ret_properties);

    /* How far all that can be trusted. Comes with every part unknown: NaN, a fix of -1. Entries go
     * into the call's arena. */
    int (*accuracy)(struct sn_call *call, struct sn_movement_sensor *sensor,
                    const struct pb_google_struct *extra,
                    struct pb_movementsensor_get_accuracy_response *ret_accuracy);

    /* All of it by name, added to `*readings` (empty; entries go into the call's arena). Without
     * this slot the wrapper asks the others. */
    int (*readings)(struct sn_call *call, struct sn_movement_sensor *sensor,
                    const struct pb_google_struct *extra, struct pb_google_struct *readings);
};

int sn_movement_sensor_position(struct sn_call *call, struct sn_movement_sensor *sensor,
                                const struct pb_google_struct *extra,
                                struct pb_common_geo_point *ret_point, float *ret_altitude);
int sn_movement_sensor_linear_velocity(struct sn_call *call, struct sn_movement_sensor *sensor,
                                       const struct pb_google_struct *extra,
                                       struct pb_common_vector3 *ret_velocity);
int sn_movement_sensor_angular_velocity(struct sn_call *call, struct sn_movement_sensor *sensor,
                                        const struct pb_google_struct *extra,
                                        struct pb_common_vector3 *ret_velocity);
int sn_movement_sensor_linear_acceleration(struct sn_call *call, struct sn_movement_sensor *sensor,
                                           const struct pb_google_struct *extra,
                                           struct pb_common_vector3 *ret_acceleration);
int sn_movement_sensor_compass_heading(struct sn_call *call, struct sn_movement_sensor *sensor,
                                       const struct pb_google_struct *extra, double *ret_degrees);
int sn_movement_sensor_orientation(struct sn_call *call, struct sn_movement_sensor *sensor,
                                   const struct pb_google_struct *extra,
                                   struct sn_heading *ret_heading);
int sn_movement_sensor_properties(struct sn_call *call, struct sn_movement_sensor *sensor,
                                  const struct pb_google_struct *extra,
                                  struct pb_movementsensor_get_properties_response *ret_properties);
int sn_movement_sensor_accuracy(struct sn_call *call, struct sn_movement_sensor *sensor,
                                const struct pb_google_struct *extra,
                                struct pb_movementsensor_get_accuracy_response *ret_accuracy);
int sn_movement_sensor_readings(struct sn_call *call, struct sn_movement_sensor *sensor,
                                const struct pb_google_struct *extra,
                                struct pb_google_struct *readings);

/* For drivers: UNKNOWN with upstream's text for what the sensor can't tell. */
int sn_movement_sensor_lacks(struct sn_call *call, enum sn_movement what);

/* For a driver whose readings are more than the other slots give: those, added to `*readings` when
 * the call ends with 0. An operation like any other. */
int sn_movement_sensor_ask_all(struct sn_call *call, struct sn_movement_sensor *sensor,
                               const struct pb_google_struct *extra,
                               struct pb_google_struct *readings);

#ifdef __cplusplus
}
#endif

#endif
