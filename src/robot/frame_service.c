/* SPDX-License-Identifier: Apache-2.0
 *
 * RobotService's frame system: FrameSystemConfig, GetPose, TransformPose, TransformPCD. Loop
 * thread; large point clouds on the pool.
 *
 * A question goes through three steps, each of which may wait: the frames are gathered, the parts
 * that move the frames in question are asked where their joints are, the answer is worked out.
 */
#include "api/geometry.h"
#include "media/cloud.h"
#include "pb/component/arm/v1/arm.h"
#include "pb/robot/v1/robot.h"
#include "robot/frames.h"
#include "robot/robot_private.h"
#include "sinew/log.h"

/* Clouds of more bytes than this are transformed on the pool. */
enum { CLOUD_INLINE_MAX = 64 << 10 };

/* The request's. */
struct transforms {
    const struct pb_common_transform *v;
    size_t n;
};

struct lookup {
    struct sn_call *call;
    struct sn_robot *robot;
    struct sn_frames *frames;
    struct sn_frame_system *system; /* with what this call adds */
    struct sn_str from, to;
    struct transforms extra;
    const double **inputs; /* of each part of the frames */
    uint32_t pending;      /* and 1 while they are being asked */
    int code;
    /* Works the answer out; `seen` is the identity of frame `from` as seen from `to`. */
    int (*answer)(struct lookup *l, const struct sn_pose *seen);
};

/* One part that is asked for its inputs. */
struct question {
    struct sn_call call; /* first */
    struct lookup *lookup;
    struct sn_resource *resource;
    uint32_t part;
    struct pb_arm_joint_positions positions;
};

static void finish(struct lookup *l, int code)
{
    struct sn_frames *frames = l->frames;

    sn_call_done(l->call, code);
    sn_frames_unref(frames);
}

/* All errors are UNKNOWN, as upstream's; but no memory is no memory. */
static int fail(struct lookup *l, int code, const char *text)
{
    if (code == SN_ERR_RESOURCE_EXHAUSTED)
        return code;
    return sn_call_fail(l->call, SN_ERR_UNKNOWN, "%s", text);
}

/* ---- inputs ---- */

static int take_inputs(struct question *q)
{
    struct lookup *l = q->lookup;
    const struct sn_frame_part *part = &l->frames->parts[q->part];
    bool raw = l->frames->info[q->part].api->raw_inputs;
    double *inputs = sn_arena_alloc(l->call->arena, SN_MODEL_DOF_MAX * sizeof(*inputs));
    struct sn_error error;

    if (!inputs)
        return SN_ERR_RESOURCE_EXHAUSTED;
    int code = sn_model_check_count(part->model, q->positions.values.n, &error);
    for (uint32_t i = 0; i < part->model->dof && !code; i++)
        inputs[i] = raw ? q->positions.values.v[i]
                        : sn_model_from_wire(part->model, i, q->positions.values.v[i]);
    if (!code)
        code = sn_model_check_inputs(part->model, part->name, inputs, &error);
    if (code)
        return fail(l, code, error.text);
    l->inputs[q->part] = inputs;
    return 0;
}

static void work_out(struct lookup *l)
{
    struct sn_pose seen = SN_POSE_IDENTITY;
    struct sn_error error;

    if (--l->pending)
        return;
    int code = l->code;
    if (!code) {
        struct sn_frame_inputs inputs = {l->inputs, l->frames->count};

        code = sn_frame_system_transform(l->system, l->from, &seen, l->to, inputs, &seen, &error);
        code = code ? fail(l, code, error.text) : l->answer(l, &seen);
    }
    if (code != SN_PENDING)
        finish(l, code);
}

static void inputs_answered(struct sn_call *call, int code)
{
    struct question *q = (struct question *)call;
    struct lookup *l = q->lookup;

    if (!code)
        code = take_inputs(q);
    else
        sn_call_fail(l->call, code, "%.*s", SN_STR_ARGS(sn_call_text(call, code)));
    if (!l->code)
        l->code = code;
    sn_resource_unref(q->resource);
    work_out(l);
}

static int ask_inputs(struct sn_call *call)
{
    struct question *q = (struct question *)call;

    return q->lookup->frames->info[q->part].api->inputs(call, q->resource, &q->positions);
}

/* Begins to ask the part, once. */
static void ask_part(void *arg, uint32_t part)
{
    static const double unknown;
    struct lookup *l = arg;

    if (l->code || part >= l->frames->count || l->inputs[part])
        return;
    const struct sn_frames_part *info = &l->frames->info[part];
    const struct sn_node *node =
        sn_graph_find(&l->robot->graph, info->api->name, sn_str_of(info->component));
    if (!node || !node->resource || node->state != SN_NODE_READY || !info->api->inputs) {
        l->code =
            sn_call_fail(l->call, SN_ERR_UNKNOWN,
                         "frame system could not find dependency with name: %s", info->component);
        return;
    }
    struct question *q = sn_arena_zalloc(l->call->arena, sizeof(*q));
    if (!q) {
        l->code = SN_ERR_RESOURCE_EXHAUSTED;
        return;
    }
    q->lookup = l;
    q->part = part;
    q->resource = sn_resource_ref(node->resource);
    l->inputs[part] = &unknown; /* asked */
    l->pending++;
    sn_call_init(&q->call, l->call->env, l->call->arena, l->call);
    q->call.start = ask_inputs;
    q->call.end = inputs_answered;
    sn_call_start(&q->call);
}

/* ---- frames ---- */

static int read_transform(const struct pb_common_transform *from, struct sn_frame_part *part,
                          struct sn_arena *arena, struct sn_error *error)
{
    const struct pb_common_pose_in_frame *place = from->pose_in_observer_frame;
    struct sn_geometry *body = NULL;

    if (!from->reference_frame.len || !place || !place->reference_frame.len)
        return sn_error_set(error, SN_ERR_INVALID_ARGUMENT, "frame with name \"\" cannot be used");
    if (from->physical_object) {
        body = sn_arena_alloc(arena, sizeof(*body));
        int code = body ? sn_geometry_from_pb(from->physical_object, body, error)
                        : SN_ERR_RESOURCE_EXHAUSTED;
        if (code)
            return code;
    }
    *part = (struct sn_frame_part){
        .name = sn_arena_copy(arena, from->reference_frame).ptr,
        .parent = sn_arena_copy(arena, place->reference_frame).ptr,
        .pose = sn_pose_from_pb(place->pose),
        .geometry = body,
    };
    return part->name && part->parent ? 0 : SN_ERR_RESOURCE_EXHAUSTED;
}

/* Adds the request's transforms to the machine's frames, for this call. */
static int extend(struct lookup *l, struct sn_error *error)
{
    struct sn_arena *arena = l->call->arena;
    struct sn_frame_part *parts;

    l->system = l->frames->system;
    if (!l->extra.n)
        return 0;
    parts = sn_arena_alloc(arena, l->extra.n * sizeof(*parts));
    if (!parts)
        return SN_ERR_RESOURCE_EXHAUSTED;
    for (size_t i = 0; i < l->extra.n; i++) {
        struct sn_error cause = {0};
        int code = read_transform(&l->extra.v[i], &parts[i], arena, &cause);

        if (code)
            return sn_error_set(error, code, "conversion error at index %zu: %s", i, cause.text);
    }
    return sn_frame_system_extend(l->frames->system, parts, l->extra.n, arena, &l->system, error);
}

static int prepare(struct lookup *l, int32_t *ret_from, int32_t *ret_to, struct sn_error *error)
{
    struct sn_arena *arena = l->call->arena;
    int code = extend(l, error);

    if (!code)
        code = sn_frame_system_find(l->system, l->from, ret_from, error);
    if (!code)
        code = sn_frame_system_find(l->system, l->to, ret_to, error);
    if (code)
        return code;
    l->inputs = sn_arena_zalloc(arena, (l->frames->count + 1) * sizeof(const double *));
    return l->inputs ? 0 : SN_ERR_RESOURCE_EXHAUSTED;
}

static void frames_known(void *arg, int code, struct sn_frames *take_frames)
{
    struct lookup *l = arg;
    struct sn_error error = {0};
    int32_t from = -1, to = -1;

    l->frames = take_frames;
    if (!code) {
        code = prepare(l, &from, &to, &error);
        code = code ? fail(l, code, error.text) : 0;
    }
    if (code) {
        finish(l, code);
        return;
    }
    l->pending = 1;
    sn_frame_system_movers(l->system, from, ask_part, l);
    sn_frame_system_movers(l->system, to, ask_part, l);
    work_out(l);
}

/* ---- poses ---- */

struct pose_answer {
    struct lookup l; /* first */
    struct sn_pose pose;
    struct pb_common_pose_in_frame *to;
};

static int answer_pose(struct lookup *l, const struct sn_pose *seen)
{
    struct pose_answer *a = (struct pose_answer *)l;
    struct sn_pose pose = sn_pose_compose(seen, &a->pose);

    *a->to->pose = sn_pose_to_pb(&pose);
    return 0;
}

static struct pb_common_pose_in_frame *make_place(struct sn_arena *arena, struct sn_str frame)
{
    struct pb_common_pose_in_frame *place = sn_arena_zalloc(arena, sizeof(*place));
    struct pb_common_pose *pose = sn_arena_zalloc(arena, sizeof(*pose));

    if (!place || !pose)
        return NULL;
    place->pose = pose;
    place->reference_frame = frame;
    return place;
}

/* `from`'s `pose` as seen from `to`, into `*ret_place`. */
static int look(struct sn_call *call, struct sn_robot *robot, struct sn_str from,
                const struct sn_pose *pose, struct sn_str to, struct transforms extra,
                struct pb_common_pose_in_frame **ret_place)
{
    struct pose_answer *a = sn_arena_zalloc(call->arena, sizeof(*a));
    struct pb_common_pose_in_frame *place = make_place(call->arena, to);

    if (!a || !place)
        return SN_ERR_RESOURCE_EXHAUSTED;
    a->l = (struct lookup){.call = call,
                           .robot = robot,
                           .from = from,
                           .to = to,
                           .extra = extra,
                           .answer = answer_pose};
    a->pose = *pose;
    a->to = *ret_place = place;
    sn_frames_get(robot, call, frames_known, &a->l);
    return SN_PENDING;
}

int sn_robot_pose(struct sn_robot *robot, struct sn_call *call, struct sn_str component,
                  struct sn_str destination, const struct pb_common_transform *transforms,
                  size_t count, struct pb_common_pose_in_frame **ret_place)
{
    const struct sn_pose origin = SN_POSE_IDENTITY;

    if (!component.len)
        return sn_call_fail(call, SN_ERR_UNKNOWN, "must provide component name");
    if (!destination.len)
        destination = SN_STR("world");
    return look(call, robot, component, &origin, destination,
                (struct transforms){transforms, count}, ret_place);
}

int sn_robot_get_pose(struct sn_rpc *rpc, void *self, const void *request, void *response)
{
    const struct pb_robot_get_pose_request *req = request;
    struct pb_robot_get_pose_response *resp = response;

    return sn_robot_pose(self, &rpc->call, req->component_name, req->destination_frame,
                         req->supplemental_transforms.v, req->supplemental_transforms.n,
                         &resp->pose);
}

int sn_robot_transform_pose(struct sn_rpc *rpc, void *self, const void *request, void *response)
{
    const struct pb_robot_transform_pose_request *req = request;
    struct pb_robot_transform_pose_response *resp = response;

    /* Upstream's program crashes its handler here. */
    if (!req->source || !req->source->pose)
        return sn_call_fail(&rpc->call, SN_ERR_UNKNOWN, "source pose cannot be nil");
    struct sn_pose pose = sn_pose_from_pb(req->source->pose);
    struct transforms extra = {req->supplemental_transforms.v, req->supplemental_transforms.n};
    return look(&rpc->call, self, req->source->reference_frame, &pose, req->destination, extra,
                &resp->pose);
}

/* ---- point clouds ---- */

struct cloud_answer {
    struct lookup l;     /* first */
    struct sn_call call; /* the pool's; a child of the RPC */
    struct sn_pose seen;
    struct sn_str pcd;
    struct sn_error error;
    struct sn_str *to;
};

static int transform_cloud(struct sn_call *call, void *arg)
{
    struct cloud_answer *a = arg;
    struct sn_cloud cloud;
    int code = sn_cloud_read(&cloud, a->pcd, call->arena, &a->error);

    for (size_t i = 0; !code && i < cloud.count; i++) {
        struct sn_point *point = &cloud.points[i];
        struct sn_vec3 moved = sn_pose_apply(&a->seen, sn_vec3(point->x, point->y, point->z));

        *point = (struct sn_point){moved.x, moved.y, moved.z, point->rgb};
    }
    return code ? code : sn_cloud_write(&cloud, call->arena, a->to);
}

static int cloud_start(struct sn_call *call)
{
    struct cloud_answer *a = sn_container_of(call, struct cloud_answer, call);

    return a->pcd.len > CLOUD_INLINE_MAX ? sn_call_block(call, transform_cloud, a)
                                         : transform_cloud(call, a);
}

static void cloud_end(struct sn_call *call, int code)
{
    struct cloud_answer *a = sn_container_of(call, struct cloud_answer, call);

    finish(&a->l, code ? fail(&a->l, code, a->error.text) : 0);
}

static int answer_cloud(struct lookup *l, const struct sn_pose *seen)
{
    struct cloud_answer *a = (struct cloud_answer *)l;

    a->seen = *seen;
    sn_call_init(&a->call, l->call->env, l->call->arena, l->call);
    a->call.start = cloud_start;
    a->call.end = cloud_end;
    sn_call_start(&a->call);
    return SN_PENDING;
}

int sn_robot_transform_pcd(struct sn_rpc *rpc, void *self, const void *request, void *response)
{
    const struct pb_robot_transform_pcd_request *req = request;
    struct pb_robot_transform_pcd_response *resp = response;
    struct cloud_answer *a = sn_arena_zalloc(rpc->call.arena, sizeof(*a));

    if (!a)
        return SN_ERR_RESOURCE_EXHAUSTED;
    if (!req->source.len)
        return sn_call_fail(&rpc->call, SN_ERR_UNKNOWN,
                            "srcName cannot be empty, must provide name of point cloud origin");
    a->l = (struct lookup){
        .call = &rpc->call, .robot = self, .from = req->source, .answer = answer_cloud};
    a->l.to = req->destination.len ? req->destination : SN_STR("world");
    a->pcd = req->point_cloud_pcd;
    a->to = &resp->point_cloud_pcd;
    sn_frames_get(self, &rpc->call, frames_known, &a->l);
    return SN_PENDING;
}

/* ---- FrameSystemConfig ---- */

struct list_answer {
    struct sn_rpc *rpc;
    struct pb_robot_frame_system_config_response *to;
};

static int add_config(const struct sn_frames *frames, uint32_t i, struct sn_arena *arena,
                      struct pb_robot_frame_system_config *to)
{
    const struct sn_frame_part *part = &frames->parts[i];
    struct pb_common_transform *frame = sn_arena_zalloc(arena, sizeof(*frame));
    struct pb_common_pose_in_frame *place = make_place(arena, sn_str_of(part->parent));

    if (!frame || !place)
        return SN_ERR_RESOURCE_EXHAUSTED;
    *place->pose = sn_pose_to_pb(&part->pose);
    frame->reference_frame = sn_str_of(part->name);
    frame->pose_in_observer_frame = place;
    frame->physical_object = (struct pb_common_geometry *)(uintptr_t)frames->info[i].body;
    to->frame = frame;
    to->kinematics = frames->info[i].kinematics;
    return 0;
}

/* Parts whose kinematics could not be had have no parent any more, and are not told of. */
static int list_parts(struct list_answer *a, const struct sn_frames *frames)
{
    struct sn_arena *arena = a->rpc->call.arena;

    for (uint32_t i = 0; i < frames->count; i++) {
        struct pb_robot_frame_system_config *config;

        if (!frames->parts[i].parent[0])
            continue;
        sn_robot_give_room(a->rpc);
        config = sn_pb_add(&a->to->frame_system_configs, arena);
        int code = config ? add_config(frames, i, arena, config) : SN_ERR_RESOURCE_EXHAUSTED;
        if (code)
            return code;
    }
    return 0;
}

static void frames_listed(void *arg, int code, struct sn_frames *take_frames)
{
    struct list_answer *a = arg;

    if (!code)
        code = list_parts(a, take_frames);
    sn_call_done(&a->rpc->call, code);
    sn_frames_unref(take_frames);
}

/* The request's transforms are not looked at: neither does upstream. */
int sn_robot_frame_system_config(struct sn_rpc *rpc, void *self, const void *request,
                                 void *response)
{
    struct list_answer *a = sn_arena_alloc(rpc->call.arena, sizeof(*a));

    if (!a)
        return SN_ERR_RESOURCE_EXHAUSTED;
    *a = (struct list_answer){rpc, response};
    sn_frames_get(self, &rpc->call, frames_listed, a);
    return SN_PENDING;
}
