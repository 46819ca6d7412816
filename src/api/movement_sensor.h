/* SPDX-License-Identifier: Apache-2.0
 *
 * What the files of the movement sensor API share.
 */
#ifndef SN_API_MOVEMENT_SENSOR_H
#define SN_API_MOVEMENT_SENSOR_H

/* What a sensor measures, in the order of its readings. */
enum sn_movement {
    SN_MOVEMENT_POSITION,
    SN_MOVEMENT_LINEAR_VELOCITY,
    SN_MOVEMENT_LINEAR_ACCELERATION,
    SN_MOVEMENT_ANGULAR_VELOCITY,
    SN_MOVEMENT_COMPASS,
    SN_MOVEMENT_ORIENTATION,
    SN_MOVEMENT_COUNT,
};

/* The texts for what it doesn't measure. By them readings are told from failures. */
extern const char *const sn_movement_lacks[SN_MOVEMENT_COUNT];

#endif
