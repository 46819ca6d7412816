/* SPDX-License-Identifier: Apache-2.0
 *
 * Kinematics of a component: a tree of frames, fixed links and moving joints, from its base to its
 * end. A model is read from a file (json.h, urdf.h), or built here from parts; it isn't changed
 * afterwards and may be used from any thread. Its memory is the arena it was made on.
 *
 * Inputs are one number per joint that can be moved: radians, or millimetres for a prismatic one.
 * Their order is upstream's: breadth first from the base, a frame's children in alphabetical order.
 */
#ifndef SN_SPATIAL_MODEL_H
#define SN_SPATIAL_MODEL_H

#include "sinew/arena.h"
#include "spatial/geometry.h"

#include <stdint.h>

enum {
    SN_MODEL_FRAMES_MAX = 1024,
    SN_MODEL_DOF_MAX = 64,
    SN_MODEL_SIZE_MAX = 16 << 20, /* bytes of a file */
};

enum sn_frame_kind { SN_FRAME_STATIC, SN_FRAME_REVOLUTE, SN_FRAME_PRISMATIC };

/* A link or joint as a file describes it. */
struct sn_model_part {
    const char *id;
    const char *parent; /* "" or "world": the base */
    enum sn_frame_kind kind;
    struct sn_pose offset;     /* STATIC: from the parent */
    struct sn_vec3 axis;       /* of a joint; any length but 0 */
    double min, max;           /* rad, mm */
    const char *mimic;         /* joint that this one follows, or NULL */
    double multiplier, addend; /* value = multiplier * that joint's + addend */
    /* Bodies that hang on the parent (before `offset`). */
    const struct sn_geometry *geometries;
    uint32_t geometry_count;
};

struct sn_model_frame {
    const struct sn_model_part *part;
    int32_t parent; /* index of an earlier frame; -1: the base */
    int32_t input;  /* that moves it; -1: none */
    double multiplier, addend;
    struct sn_vec3 axis; /* length 1 */
};

/* A mesh that a kinematics file refers to. */
struct sn_model_mesh {
    const char *path;           /* as written there, without "package://<name>/" */
    struct sn_str format, data; /* see struct sn_geometry */
};

/* As on the wire: viam.common.v1.KinematicsFileFormat. */
enum sn_model_format { SN_MODEL_UNSPECIFIED, SN_MODEL_SVA, SN_MODEL_URDF };

struct sn_model {
    const char *name;
    const char *param_type; /* as written: "", "SVA" or "DH" */
    enum sn_model_format format;
    struct sn_str source;              /* the file's bytes */
    const struct sn_model_part *parts; /* as written: joints, then links */
    uint32_t count;                    /* of parts and frames */
    struct sn_model_frame *frames;     /* parents first */
    uint32_t *inputs;                  /* frames[inputs[i]] is moved by input i */
    uint32_t dof;
    uint32_t end;    /* frame that the component's pose means */
    uint32_t *chain; /* frames from the base to the end */
    uint32_t chain_len;
    double reach; /* mm: no end is farther from the base */
    const struct sn_model_mesh *meshes;
    uint32_t mesh_count;
};

/* Builds a model of `count` parts, which must live on `arena` as the model does. `output`: id of
 * the end, or NULL: the one frame without children. INVALID_ARGUMENT, with upstream's texts;
 * RESOURCE_EXHAUSTED. */
int sn_model_build(const char *name, const struct sn_model_part *parts, uint32_t count,
                   const char *output, struct sn_arena *arena, struct sn_model **ret_model,
                   struct sn_error *error) SN_MUST_USE;

/* -1 when there is none. */
int32_t sn_model_find(const struct sn_model *model, struct sn_str id);

/* What `inputs` (model->dof of them) do to one frame: its pose seen from its parent. */
struct sn_pose sn_model_local(const struct sn_model_frame *frame, const double *inputs);

/* The end's pose seen from the base. */
struct sn_pose sn_model_end(const struct sn_model *model, const double *inputs);

/* All frames' poses seen from the base; `ret_poses` has room for model->count. */
void sn_model_poses(const struct sn_model *model, const double *inputs, struct sn_pose *ret_poses);

/* The bodies of all links, labelled "<prefix>:<link>", seen from the base. They and their labels
 * are on `arena`. RESOURCE_EXHAUSTED. */
int sn_model_geometries(const struct sn_model *model, const double *inputs, const char *prefix,
                        struct sn_arena *arena, struct sn_geometry **ret_geometries,
                        uint32_t *ret_count) SN_MUST_USE;

/* ---- limits ---- */

/* INVALID_ARGUMENT "array length does not match frame DoF, expected 6 but got 1". */
int sn_model_check_count(const struct sn_model *model, size_t count, struct sn_error *error)
    SN_MUST_USE;

/* Whether the joints may be sent from `from` to `to`. A joint outside its limits may move towards
 * them; NaN passes, as upstream lets it. INVALID_ARGUMENT "joint 2 needs to be within range [-180,
 * 180] and cannot be moved to 181" (degrees, mm). */
int sn_model_check_move(const struct sn_model *model, const double *from, const double *to,
                        struct sn_error *error) SN_MUST_USE;

/* Whether the joints are within their limits, give or take 1e-4. INVALID_ARGUMENT "Frame:
 * <name>.<joint> (joint 0): input out of bounds, ..." (rad, mm). */
int sn_model_check_inputs(const struct sn_model *model, const char *name, const double *inputs,
                          struct sn_error *error) SN_MUST_USE;

/* Input `i` in degrees (mm of a prismatic joint), as the wire has it, and back. */
double sn_model_to_wire(const struct sn_model *model, uint32_t i, double input);
double sn_model_from_wire(const struct sn_model *model, uint32_t i, double value);

/* ---- inverse kinematics ---- */

struct sn_solve {
    double mm, radians;      /* how near is near enough; 0: 1e-3, 1e-5 */
    uint32_t seeds;          /* starts to try; 0: 200 */
    bool (*stop)(void *arg); /* asked between starts; NULL: never */
    void *arg;
};

/* Finds inputs within the limits that bring the end to `goal`: from `from` first, then from
 * other starts, always the same ones. Of several the nearest to `from` is taken, and no joint turns
 * farther than it must. `ret_inputs` may be `from`. Takes microseconds when `from` is near, up to
 * tens of milliseconds when there is no solution: for pool threads.
 * OUT_OF_RANGE with upstream's texts ("asked for a pose too far ...", "zero IK solutions produced,
 * ..."), CANCELLED when stopped. */
int sn_model_solve(const struct sn_model *model, const double *from, const struct sn_pose *goal,
                   const struct sn_solve *how, double *ret_inputs, struct sn_error *error)
    SN_MUST_USE;

#endif
