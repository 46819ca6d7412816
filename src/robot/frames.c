/* SPDX-License-Identifier: Apache-2.0
 *
 * Gathering the frame system. Every component is asked at once, each by a child of the call that
 * wants to know; those that can't answer are left out with a warning, as upstream does.
 */
#include "robot/frames.h"
#include "api/geometry.h"
#include "robot/robot_private.h"
#include "spatial/json.h"
#include "spatial/urdf.h"

#include <stdlib.h>

/* Kinematics, their meshes and what the wire shows of them. */
enum { FRAMES_MEMORY_MAX = 256 << 20 };

struct gather {
    struct sn_robot *robot;
    struct sn_frames *frames;
    struct sn_call *call;
    sn_frames_fn got;
    void *arg;
    uint32_t pending; /* and 1 while they are being started */
    int code;
    struct sn_logger *log;
};

/* One component that is asked. */
struct question {
    struct sn_call call; /* first */
    struct gather *gather;
    uint32_t part;
    struct sn_resource *resource;
    struct pb_common_get_kinematics_response kinematics;
    struct pb_common_get_geometries_response geometries;
};

void sn_frames_unref(struct sn_frames *frames)
{
    if (!frames || --frames->refs)
        return;
    sn_arena_fini(&frames->arena);
    free(frames);
}

static const struct sn_robot_want *want_of(const struct sn_node *node)
{
    const struct sn_want *want = node->built ? node->built : node->want;

    return node->want ? (const struct sn_robot_want *)want : NULL;
}

/* Changes whenever the config or a node does. */
static uint64_t stamp_of(const struct sn_robot *robot)
{
    const struct sn_graph *graph = &robot->graph;
    uint64_t stamp = robot->current ? robot->current->applied_unix_ns : 0;

    for (size_t i = 0; i < graph->count; i++) {
        const struct sn_node *node = graph->nodes[i];

        stamp = (stamp ^ (uintptr_t)node) * 1099511628211u;
        stamp = (stamp ^ (node->build << 3 | (uint64_t)node->state)) * 1099511628211u;
    }
    return stamp;
}

/* ---- parts ---- */

static void leave_out(const struct gather *gather, const char *name, const char *why)
{
    sn_log_fields(gather->log, SN_LOG_WARN, SN_LOG_PAIRS("ResName", name, "err", why),
                  "Failed to create LinkInFrame.");
}

/* The label is the part's name where the config has none. */
static bool add_body(struct gather *gather, struct sn_frame_part *part, struct sn_frames_part *info,
                     const struct sn_geometry *geometry)
{
    struct sn_arena *arena = &gather->frames->arena;
    struct pb_common_geometry *body = sn_arena_zalloc(arena, sizeof(*body));
    struct sn_geometry labelled = *geometry;

    if (!labelled.label.len)
        labelled.label = sn_str_of(part->name);
    part->geometry = geometry;
    info->body = body;
    return body && sn_geometry_to_pb(&labelled, arena, body) == 0;
}

static int add_part(struct gather *gather, const struct sn_node *node, const json_t *frame)
{
    struct sn_frames *frames = gather->frames;
    struct sn_frame_part *part = &frames->parts[frames->count];
    struct sn_frames_part *info = &frames->info[frames->count];
    struct sn_frame_config config;
    struct sn_error error;

    if (sn_json_frame(frame, &frames->arena, &config, &error)) {
        leave_out(gather, node->name, error.text);
        return 0;
    }
    *part = (struct sn_frame_part){.parent = config.parent, .pose = config.pose};
    *info = (struct sn_frames_part){.api = sn_api_find(node->api)};
    info->component = sn_arena_copy(&frames->arena, sn_str_of(node->name)).ptr;
    info->kinematics = sn_arena_zalloc(&frames->arena, sizeof(*info->kinematics));
    part->name = config.id[0] ? config.id : info->component;
    if (info->component && strcmp(part->name, "world") == 0) {
        leave_out(gather, node->name, "cannot give frame system part the name world");
        return 0;
    }
    if (!info->component || !info->kinematics ||
        (config.geometry && !add_body(gather, part, info, config.geometry)))
        return SN_ERR_RESOURCE_EXHAUSTED;
    frames->count++;
    return 0;
}

/* ---- asking ---- */

static void finish(struct gather *gather);

static int load_meshless(const struct question *q, struct sn_model **ret_model,
                         struct sn_error *error)
{
    struct sn_arena *arena = &q->gather->frames->arena;
    struct sn_str file = q->kinematics.kinematics_data;

    switch (q->kinematics.format) {
    case SN_MODEL_SVA:
        return sn_json_model(file, NULL, arena, ret_model, error);
    case SN_MODEL_URDF:
        return sn_urdf_model(file, NULL, NULL, arena, ret_model, error);
    default: /* none: its frame doesn't move */
        *ret_model = NULL;
        return 0;
    }
}

static int take_answer(struct question *q, struct sn_error *error)
{
    struct sn_frames *frames = q->gather->frames;
    struct sn_frames_part *info = &frames->info[q->part];
    struct sn_model *model;

    if (!info->api->kinematics) {
        if (q->geometries.geometries.n)
            info->body = &q->geometries.geometries.v[0];
        return 0;
    }
    int code = load_meshless(q, &model, error);
    if (code || !model)
        return code;
    frames->parts[q->part].model = model;
    return sn_model_to_struct(model, &frames->arena, info->kinematics);
}

static void answered(struct sn_call *call, int code)
{
    struct question *q = (struct question *)call;
    struct gather *gather = q->gather;
    struct sn_frame_part *part = &gather->frames->parts[q->part];
    struct sn_error error = {0};

    if (code)
        sn_error_set(&error, code, "%.*s", SN_STR_ARGS(sn_call_text(call, code)));
    else
        code = take_answer(q, &error);
    if (code && gather->frames->info[q->part].api->kinematics) {
        leave_out(gather, part->name, error.text[0] ? error.text : sn_err_text(code));
        part->parent = ""; /* leads nowhere: dropped */
    }
    sn_resource_unref(q->resource);
    finish(gather);
}

static int ask(struct sn_call *call)
{
    struct question *q = (struct question *)call;
    const struct sn_api *api = q->gather->frames->info[q->part].api;

    return api->kinematics ? sn_kinematics(call, q->resource, NULL, &q->kinematics)
                           : sn_geometries(call, q->resource, NULL, &q->geometries);
}

/* Asks a component for what its config doesn't say. */
static int begin(struct gather *gather, const struct sn_node *node, uint32_t i)
{
    const struct sn_frames_part *info = &gather->frames->info[i];
    const struct sn_api *api = info->api;

    if (!api || (!api->kinematics && (info->body || !api->geometries)))
        return 0;
    if (!node->resource || node->state != SN_NODE_READY) {
        if (api->kinematics)
            gather->frames->parts[i].parent = "";
        return 0;
    }
    struct question *q = sn_arena_zalloc(&gather->frames->arena, sizeof(*q));
    if (!q)
        return SN_ERR_RESOURCE_EXHAUSTED;
    q->gather = gather;
    q->part = i;
    q->resource = sn_resource_ref(node->resource);
    sn_call_init(&q->call, gather->robot->options.env, &gather->frames->arena, gather->call);
    q->call.start = ask;
    q->call.end = answered;
    gather->pending++;
    sn_call_start(&q->call);
    return 0;
}

/* ---- the whole ---- */

static void warn_dropped(const struct gather *gather, const struct sn_frame_system *system)
{
    struct sn_arena *arena = &gather->frames->arena;
    struct sn_str list = SN_STR("");

    for (uint32_t i = 0; i < system->dropped_count && list.ptr && list.len < 1024; i++)
        list = sn_arena_printf(arena, "%s%s%s", list.ptr, i ? "," : "", system->dropped[i]);
    if (system->dropped_count && list.ptr)
        sn_log_fields(gather->log, SN_LOG_WARN, SN_LOG_PAIRS("unlinkedParts", list.ptr),
                      "Some frames are not linked to the world frame");
}

/* The last one ends the gathering. */
static void finish(struct gather *gather)
{
    struct sn_frames *frames = gather->frames;
    struct sn_robot *robot = gather->robot;

    if (--gather->pending)
        return;
    int code = gather->code ? gather->code : sn_call_cancelled(gather->call);
    if (!code)
        code = sn_frame_system_build(frames->parts, frames->count, &frames->arena, &frames->system);
    if (code) {
        sn_frames_unref(frames);
        gather->got(gather->arg, code, NULL);
        return;
    }
    warn_dropped(gather, frames->system);
    sn_frames_unref(robot->frames);
    robot->frames = frames;
    frames->refs++;
    gather->got(gather->arg, 0, frames);
}

static int gather_all(struct gather *gather)
{
    const struct sn_graph *graph = &gather->robot->graph;
    int code = 0;

    for (size_t i = 0; i < graph->count && !code; i++) {
        const struct sn_robot_want *want = want_of(graph->nodes[i]);
        uint32_t part = gather->frames->count;

        if (!want || !want->entry->frame)
            continue;
        code = add_part(gather, graph->nodes[i], want->entry->frame);
        if (!code && gather->frames->count > part)
            code = begin(gather, graph->nodes[i], part);
    }
    return code;
}

static struct sn_frames *create(struct sn_robot *robot)
{
    struct sn_frames *frames = calloc(1, sizeof(*frames));
    size_t count = robot->graph.count + 1;

    if (!frames)
        return NULL;
    frames->refs = 1;
    frames->stamp = stamp_of(robot);
    sn_arena_init(&frames->arena, robot->options.env->blocks, FRAMES_MEMORY_MAX);
    frames->parts = sn_arena_alloc(&frames->arena, count * sizeof(*frames->parts));
    frames->info = sn_arena_alloc(&frames->arena, count * sizeof(*frames->info));
    if (frames->parts && frames->info)
        return frames;
    sn_frames_unref(frames);
    return NULL;
}

void sn_frames_get(struct sn_robot *robot, struct sn_call *call, sn_frames_fn got, void *arg)
{
    if (robot->frames && robot->frames->stamp == stamp_of(robot)) {
        robot->frames->refs++;
        got(arg, 0, robot->frames);
        return;
    }
    struct gather *gather = sn_arena_alloc(call->arena, sizeof(*gather));
    struct sn_frames *frames = gather ? create(robot) : NULL;
    if (!frames) {
        got(arg, SN_ERR_RESOURCE_EXHAUSTED, NULL);
        return;
    }
    *gather = (struct gather){.robot = robot,
                              .frames = frames,
                              .call = call,
                              .got = got,
                              .arg = arg,
                              .pending = 1,
                              .log = sn_logger_get("rdk.framesystem")};
    gather->code = gather_all(gather);
    finish(gather);
}
