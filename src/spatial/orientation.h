/* SPDX-License-Identifier: Apache-2.0
 *
 * The ways configs and the wire write an orientation, each to a unit quaternion and back. Values
 * only; any thread. A value that is not finite, or an axis of no length, is the identity: whoever
 * reads a config or a message refuses it first where it must be refused.
 * Source: upstream's public documentation ("Orientation vectors"); its program's answers.
 */
#ifndef SN_SPATIAL_ORIENTATION_H
#define SN_SPATIAL_ORIENTATION_H

#include "spatial/vec.h"

/* Where the z axis points, and how far the rest is turned about it. Below a tilt of about 0.81
 * degrees from +z or -z the longitude counts as 0: the direction of so small a tilt is lost there
 * and back (upstream's rule, which peers depend on: keep quaternions inside, convert at the edge).
 */
struct sn_orientation_vector {
    double x, y, z; /* any length but 0; 1 when it comes from here */
    double theta;   /* radians, (-pi, pi] */
};

/* q = Rz(yaw) Ry(pitch) Rx(roll), radians. */
struct sn_euler {
    double roll, pitch, yaw;
};

struct sn_axis_angle {
    double x, y, z; /* axis, any length but 0; 1 when it comes from here */
    double theta;   /* radians; 0..pi when it comes from here */
};

/* Rows; m[r][c] takes component c of a vector to component r. */
struct sn_matrix3 {
    double m[3][3];
};

struct sn_quat sn_quat_from_orientation_vector(struct sn_orientation_vector ov);
struct sn_orientation_vector sn_quat_to_orientation_vector(struct sn_quat q);

struct sn_quat sn_quat_from_euler(struct sn_euler angles);
/* Pitch is -pi/2..pi/2. With the nose straight up or down (gimbal lock) roll and yaw are one turn:
 * all of it is given as yaw, roll is 0. */
struct sn_euler sn_quat_to_euler(struct sn_quat q);

struct sn_quat sn_quat_from_axis_angle(struct sn_axis_angle aa);
/* The axis is z where there is hardly a turn. */
struct sn_axis_angle sn_quat_to_axis_angle(struct sn_quat q);

/* `matrix` should be a rotation; what is near one gives a near rotation. */
struct sn_quat sn_quat_from_matrix(const struct sn_matrix3 *matrix);
struct sn_matrix3 sn_quat_to_matrix(struct sn_quat q);

#endif
