/* SPDX-License-Identifier: Apache-2.0
 *
 * Sensor: anything that gives named readings. Source: viam.component.sensor.v1.
 */
#ifndef SINEW_API_SENSOR_H
#define SINEW_API_SENSOR_H

#include "sinew/api/common.h"

#ifdef __cplusplus
extern "C" {
#endif

#define SN_API_SENSOR "rdk:component:sensor"

struct sn_sensor {
    struct sn_resource base;
};

struct sn_sensor_ops {
    struct sn_common_ops common;

    /* Mandatory. A read. Names and values, added to `*readings` (empty, its entries go into the
     * call's arena). `extra` may be NULL. */
    int (*readings)(struct sn_call *call, struct sn_sensor *sensor,
                    const struct pb_google_struct *extra, struct pb_google_struct *readings);
};

int sn_sensor_readings(struct sn_call *call, struct sn_sensor *sensor,
                       const struct pb_google_struct *extra, struct pb_google_struct *readings);

#ifdef __cplusplus
}
#endif

#endif
