/* SPDX-License-Identifier: Apache-2.0
 *
 * The machine's frame system: its components' `frame` blocks, kinematics and geometries, gathered
 * when somebody asks and kept until a resource comes, goes or is rebuilt. Loop thread.
 */
#ifndef SN_ROBOT_FRAMES_H
#define SN_ROBOT_FRAMES_H

#include "api/api.h"
#include "spatial/frame_system.h"

struct sn_robot;

/* What belongs to a part, beside its frames. */
struct sn_frames_part {
    const struct sn_api *api; /* NULL: not one of this program */
    const char *component;
    const struct pb_common_geometry *body; /* of the config, or its first one; or NULL */
    struct pb_google_struct *kinematics;   /* as the wire has them; empty without */
};

struct sn_frames {
    struct sn_arena arena; /* of all of it */
    uint32_t refs;
    uint64_t stamp; /* of the graph it was made from */
    struct sn_frame_system *system;
    struct sn_frame_part *parts;
    struct sn_frames_part *info; /* of parts[i] */
    uint32_t count;
};

/* Hands over a reference, or an error with its text in `call`; possibly before sn_frames_get() has
 * returned. `call` must be pending until then. */
typedef void (*sn_frames_fn)(void *arg, int code, struct sn_frames *take_frames);

/* The frames as they are now. */
void sn_frames_get(struct sn_robot *robot, struct sn_call *call, sn_frames_fn got, void *arg);

/* Accepts NULL. */
void sn_frames_unref(struct sn_frames *frames);

/* ---- frame_struct.c ---- */

/* Kinematics as FrameSystemConfig has them, into the empty `*ret`: links and joints, and the file's
 * bytes as a list of numbers. RESOURCE_EXHAUSTED. */
int sn_model_to_struct(const struct sn_model *model, struct sn_arena *arena,
                       struct pb_google_struct *ret) SN_MUST_USE;

#endif
