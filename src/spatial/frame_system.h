/* SPDX-License-Identifier: Apache-2.0
 *
 * The frame system: which frames a machine has, how they hang together, and where one is seen from
 * another. Built from parts, one per component with a frame; not changed afterwards, any thread.
 *
 * A part is two frames, "<name>_origin" (its place in its parent) and "<name>" (its end: what the
 * kinematics make of the inputs; the same place where there are none). Inner frames of kinematics
 * are "<name>:<id>". All can be parents. "world" is the root and no part's name.
 *
 *   world --pose--> arm_origin --kinematics(inputs)--> arm        (end effector)
 *                                  +-> arm:shoulder_link ...      (inner frames)
 *   arm --pose--> gripper_origin -> gripper
 */
#ifndef SN_SPATIAL_FRAME_SYSTEM_H
#define SN_SPATIAL_FRAME_SYSTEM_H

#include "spatial/model.h"

enum {
    SN_FRAME_PARTS_MAX = 16384,
    SN_FRAME_EXTRA_MAX = 1024, /* of one extension: they come from peers */
    SN_FRAME_DEPTH_MAX = 1024,
};

struct sn_frame_part {
    const char *name;
    const char *parent;
    struct sn_pose pose;                /* of the origin, seen from the parent */
    const struct sn_geometry *geometry; /* of the config, on the origin; or NULL */
    const struct sn_model *model;       /* kinematics, or NULL */
};

struct sn_frame {
    const char *name;
    int32_t parent;                      /* index; -1: world */
    struct sn_pose pose;                 /* seen from the parent, where nothing moves it */
    const struct sn_model_frame *moving; /* a joint, or NULL */
    uint32_t part;                       /* index of the part it came from */
    bool dropped;                        /* not linked, or its name is there twice */
};

struct sn_frame_system {
    const struct sn_frame_system *base; /* what this one extends, or NULL */
    const struct sn_frame_part *parts;  /* own ones */
    uint32_t part_count;
    uint32_t first_part, first_frame; /* how many the bases have: indices go on from there */
    struct sn_frame *frames;          /* own ones */
    uint32_t frame_count;
    uint32_t *index; /* of own frames by name, a hash table; UINT32_MAX: empty */
    uint32_t index_size;
    const char **dropped; /* names of parts that no way leads to from world, in their order */
    uint32_t dropped_count;
};

/* `parts`, and all they point to, must live as long as the system, which is on `arena`. Parts whose
 * parents lead nowhere (unknown, in a circle) or whose name is there twice are dropped.
 * RESOURCE_EXHAUSTED. */
int sn_frame_system_build(const struct sn_frame_part *parts, uint32_t count, struct sn_arena *arena,
                          struct sn_frame_system **ret_system) SN_MUST_USE;

/* The same system with parts more; nothing of `base` is copied. A name that `base` has already
 * makes both unknown, as upstream has it. INVALID_ARGUMENT with upstream's text where parts are not
 * linked, or for more than SN_FRAME_EXTRA_MAX; RESOURCE_EXHAUSTED. */
int sn_frame_system_extend(const struct sn_frame_system *base, const struct sn_frame_part *parts,
                           uint32_t count, struct sn_arena *arena,
                           struct sn_frame_system **ret_system, struct sn_error *error) SN_MUST_USE;

/* Index of a frame, -1 for "world". NOT_FOUND "frame with name "x" not in frame system". */
int sn_frame_system_find(const struct sn_frame_system *system, struct sn_str name,
                         int32_t *ret_frame, struct sn_error *error) SN_MUST_USE;

/* Valid as long as the system. `frame`: not -1. */
const struct sn_frame *sn_frame_system_frame(const struct sn_frame_system *system, int32_t frame);

/* Calls `each` for every part whose inputs a frame's place depends on, from the frame to the root.
 */
void sn_frame_system_movers(const struct sn_frame_system *system, int32_t frame,
                            void (*each)(void *arg, uint32_t part), void *arg);

/* Inputs of all parts: inputs[part] has model->dof numbers (rad, mm). NULL, and parts not in the
 * array, count as zeros. */
struct sn_frame_inputs {
    const double *const *v;
    uint32_t count;
};

/* The pose of `frame` seen from world. */
struct sn_pose sn_frame_system_place(const struct sn_frame_system *system, int32_t frame,
                                     struct sn_frame_inputs inputs);

/* `pose`, seen from frame `from`, as seen from frame `to`. NOT_FOUND as above. */
int sn_frame_system_transform(const struct sn_frame_system *system, struct sn_str from,
                              const struct sn_pose *pose, struct sn_str to,
                              struct sn_frame_inputs inputs, struct sn_pose *ret_pose,
                              struct sn_error *error) SN_MUST_USE;

#endif
