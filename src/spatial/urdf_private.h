/* SPDX-License-Identifier: Apache-2.0
 *
 * What urdf.c reads out of the XML and urdf_build.c makes a model of. Lengths are mm already.
 */
#ifndef SN_SPATIAL_URDF_PRIVATE_H
#define SN_SPATIAL_URDF_PRIVATE_H

#include "spatial/urdf.h"

enum { SN_URDF_BODIES_MAX = 4096 };

struct urdf_body {
    struct urdf_body *next;
    struct sn_geometry geometry;
    const char *mesh; /* file, as written; NULL: none */
    bool shaped;      /* `geometry` is filled */
};

struct urdf_link {
    struct urdf_link *next;
    const char *name;
    struct urdf_body *first, **last;
    uint32_t bodies;
};

struct urdf_joint {
    struct urdf_joint *next;
    const char *name, *type, *parent, *child, *mimic;
    struct sn_pose origin;
    struct sn_vec3 axis;
    double lower, upper; /* rad, or m */
    double multiplier, addend;
};

struct urdf {
    struct sn_arena *arena;
    struct sn_error *error;
    const char *name;
    struct urdf_link *links, **last_link;
    struct urdf_joint *joints, **last_joint;
    uint32_t link_count, joint_count, body_count;
    struct sn_urdf_files *files;
};

int sn_urdf_no_memory(const struct urdf *u);
int sn_urdf_build(struct urdf *u, struct sn_model **ret_model) SN_MUST_USE;

#endif
