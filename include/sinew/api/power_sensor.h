/* SPDX-License-Identifier: Apache-2.0
 *
 * Power sensor: voltage, current and power. Source: viam.component.powersensor.v1.
 */
#ifndef SINEW_API_POWER_SENSOR_H
#define SINEW_API_POWER_SENSOR_H

#include "sinew/api/common.h"

#ifdef __cplusplus
extern "C" {
#endif

#define SN_API_POWER_SENSOR "rdk:component:power_sensor"

struct sn_power_sensor {
    struct sn_resource base;
};

/* All slots but `common`'s are mandatory; all are reads. `extra` may be NULL. */
struct sn_power_sensor_ops {
    struct sn_common_ops common;

    /* Volts; whether of alternating current. */
    int (*voltage)(struct sn_call *call, struct sn_power_sensor *sensor,
                   const struct pb_google_struct *extra, double *ret_volts, bool *ret_is_ac);

    /* Amperes; whether of alternating current. */
    int (*current)(struct sn_call *call, struct sn_power_sensor *sensor,
                   const struct pb_google_struct *extra, double *ret_amperes, bool *ret_is_ac);

    /* Watts. */
    int (*power)(struct sn_call *call, struct sn_power_sensor *sensor,
                 const struct pb_google_struct *extra, double *ret_watts);

    /* All of it by name: `volts`, `amps`, `is_ac`, `watts`, as far as the sensor knows them. Added
     * to `*readings` (empty; entries go into the call's arena). */
    int (*readings)(struct sn_call *call, struct sn_power_sensor *sensor,
                    const struct pb_google_struct *extra, struct pb_google_struct *readings);
};

int sn_power_sensor_voltage(struct sn_call *call, struct sn_power_sensor *sensor,
                            const struct pb_google_struct *extra, double *ret_volts,
                            bool *ret_is_ac);
int sn_power_sensor_current(struct sn_call *call, struct sn_power_sensor *sensor,
                            const struct pb_google_struct *extra, double *ret_amperes,
                            bool *ret_is_ac);
int sn_power_sensor_power(struct sn_call *call, struct sn_power_sensor *sensor,
                          const struct pb_google_struct *extra, double *ret_watts);
int sn_power_sensor_readings(struct sn_call *call, struct sn_power_sensor *sensor,
                             const struct pb_google_struct *extra,
                             struct pb_google_struct *readings);

#ifdef __cplusplus
}
#endif

#endif
