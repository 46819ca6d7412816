/* SPDX-License-Identifier: Apache-2.0
 *
 * Frames, geometries and kinematic models in JSON, as configs and kinematics files write them. Keys
 * are matched exactly, else without regard to case; unknown ones are ignored and null counts as
 * absent. What is read is on the arena handed in and refers to no JSON value. Any thread.
 * Errors: INVALID_ARGUMENT, with upstream's texts where it has one; RESOURCE_EXHAUSTED.
 */
#ifndef SN_SPATIAL_JSON_H
#define SN_SPATIAL_JSON_H

#include "spatial/model.h"

#include <jansson.h>

/* {"type": ..., "value": {...}}; without a type (or NULL) the identity. */
int sn_json_orientation(const json_t *json, struct sn_quat *ret_rotation, struct sn_error *error)
    SN_MUST_USE;

int sn_json_geometry(const json_t *json, struct sn_arena *arena, struct sn_geometry *ret_geometry,
                     struct sn_error *error) SN_MUST_USE;

/* A component's `frame` block. */
struct sn_frame_config {
    const char *id; /* "": the component's name */
    const char *parent;
    struct sn_pose pose;                /* seen from the parent */
    const struct sn_geometry *geometry; /* or NULL; label as written */
};

/* "parent" must be there and not empty. */
int sn_json_frame(const json_t *json, struct sn_arena *arena, struct sn_frame_config *ret_frame,
                  struct sn_error *error) SN_MUST_USE;

/* A kinematics file: SVA or DH. `source` is copied. `name` replaces the file's; NULL: keep it. */
int sn_json_model(struct sn_str source, const char *name, struct sn_arena *arena,
                  struct sn_model **ret_model, struct sn_error *error) SN_MUST_USE;

#endif
