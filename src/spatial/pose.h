/* SPDX-License-Identifier: Apache-2.0
 *
 * A pose: where something is and how it is turned, seen from a frame; equally the transform from
 * the thing's own coordinates to that frame's. Millimetres, unit quaternions. Values; any thread.
 */
#ifndef SN_SPATIAL_POSE_H
#define SN_SPATIAL_POSE_H

#include "spatial/vec.h"

struct sn_pose {
    struct sn_vec3 point; /* mm */
    struct sn_quat rotation;
};

#define SN_POSE_IDENTITY ((struct sn_pose){{0, 0, 0}, {1, 0, 0, 0}})

static inline struct sn_pose sn_pose(struct sn_vec3 point, struct sn_quat rotation)
{
    return (struct sn_pose){point, rotation};
}

static inline struct sn_vec3 sn_pose_apply(const struct sn_pose *pose, struct sn_vec3 point)
{
    return sn_vec3_add(pose->point, sn_quat_rotate(pose->rotation, point));
}

/* `a`, then `b` as seen from `a`. */
static inline struct sn_pose sn_pose_compose(const struct sn_pose *a, const struct sn_pose *b)
{
    return sn_pose(sn_pose_apply(a, b->point), sn_quat_mul(a->rotation, b->rotation));
}

static inline struct sn_pose sn_pose_invert(const struct sn_pose *pose)
{
    struct sn_quat back = sn_quat_conj(pose->rotation);

    return sn_pose(sn_quat_rotate(back, sn_vec3_scale(pose->point, -1)), back);
}

/* `b` as seen from `a`. */
static inline struct sn_pose sn_pose_between(const struct sn_pose *a, const struct sn_pose *b)
{
    struct sn_quat back = sn_quat_conj(a->rotation);

    return sn_pose(sn_quat_rotate(back, sn_vec3_sub(b->point, a->point)),
                   sn_quat_mul(back, b->rotation));
}

/* Between `a` (t 0) and `b` (t 1): the point on the straight line, the rotation along the shorter
 * arc. */
struct sn_pose sn_pose_interpolate(const struct sn_pose *a, const struct sn_pose *b, double t);

bool sn_pose_almost_equal(const struct sn_pose *a, const struct sn_pose *b, double mm,
                          double radians);

/* As the wire writes it: mm, an orientation vector and degrees. */
struct sn_pose_wire {
    double x, y, z, o_x, o_y, o_z, theta;
};

/* A vector of zeros is z, as upstream reads it. */
struct sn_pose sn_pose_from_wire(const struct sn_pose_wire *wire);
struct sn_pose_wire sn_pose_to_wire(const struct sn_pose *pose);

#endif
