/* SPDX-License-Identifier: Apache-2.0
 *
 * Arm without hardware whose joints take their time: each leg of a way turns all of them evenly,
 * the one with the farthest to go at the arm's speed. Joints are computed when somebody asks; a
 * timer marks the end of each leg.
 *
 * Unlike upstream's, the arm stands still when the call that moves it is given up, and takes no NaN
 * and no infinity (there a joint stays NaN for good).
 */
#include "driver/arm/kinematic.h"
#include "driver/embedded.h"
#include "sinew/list.h"
#include "sinew/log.h"
#include "sinew/time.h"
#include "sinew/timers.h"
#include "spatial/number.h"

struct simulated_attrs {
    struct sn_kinematic_attrs model;
    double speed;
    bool simulate_time;
};

struct stream;

struct simulated_arm {
    struct sn_kinematic_arm arm;
    double speed; /* rad/s, mm/s; > 0 */
    bool has_time;

    /* The leg under way, or the place the arm stands at: `to`. */
    double from[SN_MODEL_DOF_MAX], to[SN_MODEL_DOF_MAX];
    uint64_t start_ns, length_ns;
    struct sn_timer arrival;
    struct sn_call *moving; /* whoever moves it; NULL: it stands */
    /* What comes after this leg. */
    const struct pb_arm_joint_positions *next;
    size_t left;
    struct stream *stream; /* or of a streamed way */
};

static struct simulated_arm *arm_of(struct sn_arm *arm)
{
    return (struct simulated_arm *)arm;
}

static void joints_now(const struct simulated_arm *arm, double *ret_joints)
{
    uint64_t passed = arm->arm.base.base.env->timers->now_ns - arm->start_ns;
    double part = 1;

    if (arm->moving && !arm->has_time)
        part = 0;
    else if (arm->moving && passed < arm->length_ns)
        part = (double)passed / (double)arm->length_ns;
    for (uint32_t i = 0; i < arm->arm.model->dof; i++)
        ret_joints[i] = part < 1 ? arm->from[i] + (arm->to[i] - arm->from[i]) * part : arm->to[i];
}

/* ---- moving ---- */

static void stand_still(struct simulated_arm *arm)
{
    double now[SN_MODEL_DOF_MAX] = {0};

    joints_now(arm, now);
    memcpy(arm->from, now, sizeof(now));
    memcpy(arm->to, now, sizeof(now));
    sn_timer_stop(arm->arm.base.base.env->timers, &arm->arrival);
    arm->moving = NULL;
    arm->left = 0;
}

static void stream_drop(struct simulated_arm *arm);

/* Superseded, stopped or given up. */
static void cancel_move(struct sn_call *call)
{
    stand_still(call->holder);
    stream_drop(call->holder);
    sn_call_done(call, sn_call_cancelled(call));
}

static void leg_ended(struct sn_timer *timer);

/* From where the joints are, in that time. */
static int begin_leg_for(struct sn_call *call, struct simulated_arm *arm, const double *to,
                         uint64_t length_ns)
{
    stand_still(arm);
    memcpy(arm->to, to, arm->arm.model->dof * sizeof(*to));
    arm->start_ns = call->env->timers->now_ns;
    arm->length_ns = length_ns;
    arm->moving = call;
    call->holder = arm;
    call->on_cancel = cancel_move;
    if (arm->has_time)
        sn_timer_start(call->env->timers, &arm->arrival, arm->length_ns, leg_ended);
    return SN_PENDING;
}

/* What the arm's speed makes of the way there. */
static uint64_t length_of(const struct simulated_arm *arm, const double *to)
{
    double from[SN_MODEL_DOF_MAX] = {0}, farthest = 0;

    joints_now(arm, from);
    for (uint32_t i = 0; i < arm->arm.model->dof; i++)
        farthest = fmax(farthest, fabs(to[i] - from[i]));
    /* A year is as good as for ever, and fits the clock. */
    return (uint64_t)(fmin(farthest / arm->speed, 365.0 * 86400) * 1e9);
}

static int begin_leg(struct sn_call *call, struct simulated_arm *arm, const double *to)
{
    uint64_t length_ns = length_of(arm, to);

    if (length_ns > 0)
        return begin_leg_for(call, arm, to, length_ns);
    stand_still(arm);
    memcpy(arm->to, to, arm->arm.model->dof * sizeof(*to));
    return 0;
}

/* Takes a position, from where the arm is or will be by then. A joint that turns without end has no
 * limits; the way there must be finite all the same. */
static int take(struct sn_call *call, const struct simulated_arm *arm,
                const struct pb_arm_joint_positions *position, const double *from, double *ret_to)
{
    char text[SN_NUMBER_MAX];
    int code = sn_kinematic_take(call, &arm->arm, position, ret_to);

    if (!code)
        code = sn_kinematic_check_move(call, &arm->arm, from, ret_to);
    for (uint32_t i = 0; i < arm->arm.model->dof && !code; i++)
        if (!isfinite(ret_to[i] - from[i]))
            code =
                sn_call_fail(call, SN_ERR_UNKNOWN, "joint %u cannot be moved to %s", i,
                             sn_number_print(sn_model_to_wire(arm->arm.model, i, ret_to[i]), text));
    return code;
}

/* Checked leg by leg: what comes before a position that can't be taken has been done by then. */
static int go(struct sn_call *call, struct simulated_arm *arm,
              const struct pb_arm_joint_positions *positions, size_t count)
{
    int code = 0;

    for (size_t i = 0; i < count && !code; i++) {
        double from[SN_MODEL_DOF_MAX] = {0}, to[SN_MODEL_DOF_MAX] = {0};

        joints_now(arm, from);
        code = take(call, arm, &positions[i], from, to);
        if (!code)
            code = begin_leg(call, arm, to);
        if (code == SN_PENDING) {
            arm->next = &positions[i + 1];
            arm->left = count - i - 1;
        }
    }
    return code;
}

static int stream_go(struct simulated_arm *arm);

static void leg_ended(struct sn_timer *timer)
{
    struct simulated_arm *arm = sn_container_of(timer, struct simulated_arm, arrival);
    struct sn_call *call = arm->moving;
    const struct pb_arm_joint_positions *next = arm->next;
    size_t left = arm->left;

    if (arm->stream) {
        stream_go(arm);
        return;
    }
    stand_still(arm);
    int code = go(call, arm, next, left);
    if (code != SN_PENDING) {
        call->on_cancel = NULL;
        sn_call_done(call, code);
    }
}

static int found(struct sn_call *call, struct sn_kinematic_arm *arm, const double *joints)
{
    return begin_leg(call, (struct simulated_arm *)arm, joints);
}

static int move_to_position(struct sn_call *call, struct sn_arm *base,
                            const struct pb_common_pose *pose, const struct pb_google_struct *extra)
{
    struct simulated_arm *arm = arm_of(base);
    double from[SN_MODEL_DOF_MAX] = {0};

    joints_now(arm, from);
    return sn_kinematic_search(call, &arm->arm, from, pose, found);
}

static int move_to_joint_positions(struct sn_call *call, struct sn_arm *arm,
                                   const struct pb_arm_joint_positions *positions,
                                   const struct pb_google_struct *extra)
{
    return go(call, arm_of(arm), positions, 1);
}

/* Options change nothing of a simulation, as upstream. */
static int move_through_joint_positions(struct sn_call *call, struct sn_arm *arm,
                                        const struct pb_arm_joint_positions *positions,
                                        size_t count, const struct pb_arm_move_options *options,
                                        const struct pb_google_struct *extra)
{
    int code = sn_kinematic_check_counts(call, &arm_of(arm)->arm, positions, count);

    return code ? code : go(call, arm_of(arm), positions, count);
}

/* ---- a streamed way ---- */

enum { STREAM_POINTS_MAX = 10000, STREAM_MEMORY_MAX = 16 << 20 };

struct point {
    struct point *next;
    uint64_t after_ns; /* the one before; of the first: as long as it takes */
    double joints[];
};

/* Points that have come and aren't gone to yet. */
struct stream {
    struct sn_duplex *duplex;
    struct sn_arm_trajectory trajectory;
    struct sn_arena arena; /* of the points; used ones are used again */
    struct point *first, *last, *spare;
    uint32_t waiting;
    bool under_way, ended;
    double joints[SN_MODEL_DOF_MAX]; /* of the last point */
};

static void stream_drop(struct simulated_arm *arm)
{
    if (arm->stream)
        sn_arena_fini(&arm->stream->arena);
    arm->stream = NULL;
}

/* The next leg, if the last one has ended and there is one. The arm waits for points that are late;
 * the way has ended with the last of them. */
static int stream_go(struct simulated_arm *arm)
{
    struct stream *stream = arm->stream;
    struct sn_call *call = stream->duplex->call;
    struct point *point = stream->first;

    if (arm->arrival.armed || (stream->under_way && !arm->has_time))
        return 0;
    if (point) {
        uint64_t length_ns = stream->under_way ? point->after_ns : length_of(arm, point->joints);

        begin_leg_for(call, arm, point->joints, length_ns);
        stream->under_way = true;
        stream->first = point->next;
        stream->waiting--;
        point->next = stream->spare;
        stream->spare = point;
    } else if (stream->ended) {
        stand_still(arm);
        stream_drop(arm);
        call->on_cancel = NULL;
        sn_call_done(call, 0);
    }
    return 0;
}

static struct point *stream_room(const struct simulated_arm *arm, struct stream *stream)
{
    struct point *point = stream->spare;

    if (stream->waiting >= STREAM_POINTS_MAX)
        return NULL;
    if (!point)
        return sn_arena_alloc(&stream->arena,
                              sizeof(*point) + arm->arm.model->dof * sizeof(double));
    stream->spare = point->next;
    return point;
}

static int stream_append(struct simulated_arm *arm, const struct pb_arm_trajectory_point *from,
                         int64_t before_ns)
{
    struct stream *stream = arm->stream;
    struct sn_call *call = stream->duplex->call;
    double to[SN_MODEL_DOF_MAX] = {0};
    int code = take(call, arm, from->positions, stream->joints, to);

    if (code)
        return code;
    struct point *point = stream_room(arm, stream);
    if (!point)
        return sn_call_fail(call, SN_ERR_RESOURCE_EXHAUSTED, "%u points wait already to be gone to",
                            stream->waiting);
    int64_t ns = from->time ? sn_pb_duration_ns(from->time) : 0;
    point->after_ns = (uint64_t)(ns - before_ns);
    point->next = NULL;
    memcpy(point->joints, to, arm->arm.model->dof * sizeof(double));
    memcpy(stream->joints, to, sizeof(to));
    if (stream->first)
        stream->last->next = point;
    else
        stream->first = point;
    stream->last = point;
    stream->waiting++;
    return 0;
}

static int stream_request(struct sn_duplex *duplex, const void *request)
{
    static struct pb_arm_move_through_joint_positions_streamed_response_batch_ack ack;
    static const struct pb_arm_move_through_joint_positions_streamed_response taken = {
        .which_message = PB_ARM_MOVE_THROUGH_JOINT_POSITIONS_STREAMED_RESPONSE_MESSAGE_ACK,
        .ack = &ack};
    const struct pb_arm_move_through_joint_positions_streamed_request *req = request;
    struct simulated_arm *arm = duplex->worker;
    int64_t before_ns = arm->stream->trajectory.last_ns;
    int code = sn_arm_take_batch(duplex->call, &arm->stream->trajectory, req);

    for (uint32_t i = 0; !code && i < req->batch->points.n; i++) {
        const struct pb_arm_trajectory_point *point = &req->batch->points.v[i];

        code = stream_append(arm, point, before_ns);
        before_ns = point->time ? sn_pb_duration_ns(point->time) : 0;
    }
    if (!code)
        code = duplex->respond(duplex, &taken);
    return code ? code : stream_go(arm);
}

static int stream_end(struct sn_duplex *duplex)
{
    struct simulated_arm *arm = duplex->worker;

    arm->stream->ended = true;
    return stream_go(arm);
}

/* Straight from point to point in the time between them; the constraints' speeds are left to arms
 * that have a mass. */
static int move_through_streamed(struct sn_call *call, struct sn_arm *base,
                                 const struct pb_google_struct *extra, struct sn_duplex *duplex)
{
    struct simulated_arm *arm = arm_of(base);
    struct stream *stream = sn_arena_zalloc(call->arena, sizeof(*stream));

    if (!stream)
        return SN_ERR_RESOURCE_EXHAUSTED;
    sn_arena_init(&stream->arena, call->env->blocks, STREAM_MEMORY_MAX);
    joints_now(arm, stream->joints);
    stream->duplex = duplex;
    arm->stream = stream;
    duplex->on_request = stream_request;
    duplex->on_end = stream_end;
    duplex->worker = arm;
    stand_still(arm);
    call->holder = arm;
    call->on_cancel = cancel_move;
    return SN_PENDING;
}

static int stop(struct sn_call *call, struct sn_arm *arm, const struct pb_google_struct *extra)
{
    return 0; /* the lane has ended what moved it */
}

/* ---- what can be asked ---- */

static int end_position(struct sn_call *call, struct sn_arm *arm,
                        const struct pb_google_struct *extra, struct pb_common_pose *ret_pose)
{
    double joints[SN_MODEL_DOF_MAX] = {0};

    joints_now(arm_of(arm), joints);
    return sn_kinematic_end(call, &arm_of(arm)->arm, joints, ret_pose);
}

static int joint_positions(struct sn_call *call, struct sn_arm *arm,
                           const struct pb_google_struct *extra,
                           struct pb_arm_joint_positions *ret_positions)
{
    double joints[SN_MODEL_DOF_MAX] = {0};

    joints_now(arm_of(arm), joints);
    return sn_kinematic_joints(call, &arm_of(arm)->arm, joints, ret_positions);
}

static int is_moving(struct sn_call *call, struct sn_arm *arm, bool *ret_moving)
{
    *ret_moving = arm_of(arm)->moving != NULL;
    return 0;
}

static int properties(struct sn_call *call, struct sn_arm *arm,
                      const struct pb_google_struct *extra,
                      struct pb_arm_get_properties_response *ret_properties)
{
    ret_properties->support_cartesian_commands = true;
    return 0;
}

static int geometries(struct sn_call *call, struct sn_resource *resource,
                      const struct pb_google_struct *extra,
                      struct pb_common_get_geometries_response *ret_geometries)
{
    struct simulated_arm *arm = (struct simulated_arm *)resource;
    double joints[SN_MODEL_DOF_MAX] = {0};

    joints_now(arm, joints);
    return sn_kinematic_bodies(call, &arm->arm, joints, ret_geometries);
}

/* ---- life ---- */

static int simulated_validate(const void *attrs, struct sn_error *error)
{
    const struct simulated_attrs *a = attrs;

    if (!(a->speed >= 0))
        return sn_error_set(error, SN_ERR_INVALID_ARGUMENT, "speed must not be negative");
    return sn_kinematic_validate(&a->model, error);
}

static int simulated_open(struct sn_call *call, struct sn_resource *resource, const void *attrs)
{
    struct simulated_arm *arm = (struct simulated_arm *)resource;
    const struct simulated_attrs *a = attrs;

    arm->speed = a->speed > 0 ? a->speed : 1;
    arm->has_time = a->simulate_time;
    if (!a->model.arm_model.len && !a->model.model_path.len)
        return sn_call_fail(call, SN_ERR_UNKNOWN, "a model must be defined for a simulated arm");
    if (!arm->has_time)
        sn_log_warn(resource->log, "simulate-time is off: a move of this arm never ends");
    return sn_kinematic_load(call, &arm->arm, &a->model, sn_embedded_arm_simulated_models);
}

#define AT(member) offsetof(struct simulated_attrs, member)

static const struct sn_attr simulated_attrs[] = {
    {"arm-model", SN_ATTR_STRING, AT(model.arm_model),
     .help = "dofbot, lite6, ur20, ur5e, ur7e, xarm6 or xarm7; or model-path"},
    {"model-path", SN_ATTR_STRING, AT(model.model_path),
     .help = "kinematics file instead, .json or .urdf"},
    {"speed", SN_ATTR_NUMBER, AT(speed),
     .help = "of the joint that has the farthest to go, rad/s (mm/s); 1 if 0 or absent"},
    {"simulate-time", SN_ATTR_BOOL, AT(simulate_time),
     .help = "whether time passes for the arm; without it moves never end"},
    {0},
};

static const struct sn_arm_ops simulated_ops = {
    .common = {.geometries = geometries, .kinematics = sn_kinematic_file},
    .end_position = end_position,
    .move_to_position = move_to_position,
    .joint_positions = joint_positions,
    .move_to_joint_positions = move_to_joint_positions,
    .move_through_joint_positions = move_through_joint_positions,
    .move_through_streamed = move_through_streamed,
    .stop = stop,
    .is_moving = is_moving,
    .models_3d = sn_kinematic_models_3d,
    .properties = properties,
};

const struct sn_driver sn_driver_arm_simulated = {
    .api = SN_API_ARM,
    .model = "rdk:builtin:simulated",
    .help = "joints move at a speed; kinematics of a known arm or of a file",
    .size = sizeof(struct simulated_arm),
    .attrs_size = sizeof(struct simulated_attrs),
    .attrs = simulated_attrs,
    .ops = &simulated_ops,
    .validate = simulated_validate,
    .open = simulated_open,
    .fini = sn_kinematic_fini,
};
