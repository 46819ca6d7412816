/* SPDX-License-Identifier: Apache-2.0
 *
 * What the files of the movement sensor API share.
 */
#ifndef SN_API_MOVEMENT_SENSOR_H
#define SN_API_MOVEMENT_SENSOR_H

#include "sinew/api/movement_sensor.h"

/* The texts for what a sensor can't tell. By them gathered readings know it from failures. */
extern const char *const sn_movement_lacks[SN_MOVEMENT_COUNT];

#endif
