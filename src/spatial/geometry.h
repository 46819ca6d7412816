/* SPDX-License-Identifier: Apache-2.0
 *
 * Geometries: simple bodies that stand for parts of a machine and for obstacles. Values; what they
 * point to belongs to whoever made them. Any thread. Millimetres.
 */
#ifndef SN_SPATIAL_GEOMETRY_H
#define SN_SPATIAL_GEOMETRY_H

#include "sinew/arena.h"
#include "spatial/pose.h"

enum sn_geometry_kind {
    SN_GEOMETRY_POINT,
    SN_GEOMETRY_SPHERE,
    SN_GEOMETRY_BOX,
    SN_GEOMETRY_CAPSULE,  /* a cylinder along z with a half sphere on either end */
    SN_GEOMETRY_CYLINDER, /* along z */
    SN_GEOMETRY_MESH,
    SN_GEOMETRY_CLOUD, /* points */
};

struct sn_geometry {
    enum sn_geometry_kind kind;
    struct sn_pose pose;  /* of the centre, seen from the frame it hangs on */
    struct sn_vec3 size;  /* BOX: whole lengths */
    double radius;        /* SPHERE, CAPSULE, CYLINDER */
    double length;        /* CAPSULE: from tip to tip, CYLINDER */
    struct sn_str data;   /* MESH: a PLY or binary STL file; CLOUD: a PCD file */
    struct sn_str format; /* MESH: "ply" or "stl" */
    struct sn_str label;
};

/* Makes what was written a body that can be: a capsule no longer than its two ends is a sphere.
 * INVALID_ARGUMENT with upstream's text for sizes that no body has. */
int sn_geometry_normalize(struct sn_geometry *geometry, struct sn_error *error) SN_MUST_USE;

/* The same body hanging on the frame that `pose` is seen from. */
static inline struct sn_geometry sn_geometry_moved(const struct sn_geometry *geometry,
                                                   const struct sn_pose *pose)
{
    struct sn_geometry moved = *geometry;

    moved.pose = sn_pose_compose(pose, &geometry->pose);
    return moved;
}

/* The smallest capsule around a cylinder: the wire has no cylinders. */
struct sn_geometry sn_geometry_around_cylinder(const struct sn_geometry *cylinder);

/* Whether `data` is a mesh of that format, as far as its head says. INVALID_ARGUMENT with
 * upstream's text. */
int sn_mesh_check(struct sn_str format, struct sn_str data, struct sn_error *error) SN_MUST_USE;

/* A binary STL file that has passed sn_mesh_check() as a PLY file, on `arena`: the wire has only
 * those. ptr is NULL without memory. */
struct sn_str sn_mesh_to_ply(struct sn_str stl, struct sn_arena *arena) SN_MUST_USE;

#endif
