/* SPDX-License-Identifier: Apache-2.0
 *
 * Poses, what is too long to be inline.
 */
#include "spatial/pose.h"
#include "spatial/orientation.h"

struct sn_pose sn_pose_interpolate(const struct sn_pose *a, const struct sn_pose *b, double t)
{
    struct sn_vec3 way = sn_vec3_sub(b->point, a->point);

    return sn_pose(sn_vec3_add(a->point, sn_vec3_scale(way, t)),
                   sn_quat_slerp(a->rotation, b->rotation, t));
}

bool sn_pose_almost_equal(const struct sn_pose *a, const struct sn_pose *b, double mm,
                          double radians)
{
    return sn_vec3_norm(sn_vec3_sub(a->point, b->point)) <= mm &&
           sn_quat_angle(a->rotation, b->rotation) <= radians;
}

struct sn_pose sn_pose_from_wire(const struct sn_pose_wire *wire)
{
    struct sn_orientation_vector ov = {wire->o_x, wire->o_y, wire->o_z, sn_radians(wire->theta)};

    if (ov.x == 0 && ov.y == 0 && ov.z == 0)
        ov.z = 1;
    return sn_pose(sn_vec3(wire->x, wire->y, wire->z), sn_quat_from_orientation_vector(ov));
}

struct sn_pose_wire sn_pose_to_wire(const struct sn_pose *pose)
{
    struct sn_orientation_vector ov = sn_quat_to_orientation_vector(pose->rotation);

    return (struct sn_pose_wire){
        pose->point.x + 0.0, pose->point.y + 0.0, pose->point.z + 0.0, ov.x, ov.y, ov.z,
        sn_degrees(ov.theta)};
}
