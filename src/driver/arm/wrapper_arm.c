/* SPDX-License-Identifier: Apache-2.0
 *
 * Another arm's joints under kinematics of one's own: where the end is and where joints may go is
 * this model's to say, moving is the other arm's.
 */
#include "driver/arm/kinematic.h"
#include "driver/model_file.h"

struct wrapper_attrs {
    struct sn_str arm_name, model_path;
};

struct wrapper {
    struct sn_kinematic_arm arm;
    struct sn_arm *inner;
};

/* What a call has to do with the other arm, on that call's arena: one call there after the other.
 */
struct job {
    struct sn_call call; /* to the other arm */
    struct sn_call *asked;
    struct wrapper *wrapper;
    int (*done)(struct job *job); /* goes on when `call` went well; NULL: that was all */
    int (*then)(struct job *job); /* what `joints` are wanted for */

    /* Arguments and results, as far as the job has them. */
    const struct pb_google_struct *extra;
    const struct pb_arm_joint_positions *to;
    size_t count;
    const struct pb_arm_move_options *options;
    const struct pb_common_pose *pose;
    const struct pb_google_struct *command;
    void *ret;

    struct pb_arm_joint_positions positions;
    double joints[SN_MODEL_DOF_MAX]; /* of the other arm, now */
    int refused;                     /* why the rest of a way isn't gone */
    struct sn_str refusal;
};

static struct wrapper *wrapper_of(struct sn_arm *arm)
{
    return (struct wrapper *)arm;
}

/* NULL: no memory. */
static struct job *job_create(struct sn_call *asked, struct sn_arm *arm,
                              const struct pb_google_struct *extra)
{
    struct job *job = sn_arena_zalloc(asked->arena, sizeof(*job));

    if (!job)
        return NULL;
    job->asked = asked;
    job->wrapper = wrapper_of(arm);
    job->extra = extra;
    return job;
}

static void job_end(struct sn_call *call, int code)
{
    struct job *job = (struct job *)call;
    struct sn_call *asked = job->asked;

    if (code)
        sn_call_fail(asked, code, "%.*s", SN_STR_ARGS(sn_call_text(call, code)));
    else if (sn_call_cancelled(asked))
        code = sn_call_cancelled(asked);
    else if (job->done)
        code = job->done(job);
    if (code != SN_PENDING)
        sn_call_done(asked, code);
}

/* The job's next call. */
static int job_run(struct job *job, int (*start)(struct sn_call *call),
                   int (*done)(struct job *job))
{
    if (!job)
        return SN_ERR_RESOURCE_EXHAUSTED;
    sn_call_init(&job->call, job->asked->env, job->asked->arena, job->asked);
    job->call.start = start;
    job->call.end = job_end;
    job->done = done;
    sn_call_start(&job->call);
    return SN_PENDING;
}

static struct job *job_of(struct sn_call *call)
{
    return (struct job *)call;
}

/* ---- from the other arm's joints ---- */

static int ask_joints(struct sn_call *call)
{
    struct job *job = job_of(call);

    return sn_arm_joint_positions(call, job->wrapper->inner, job->extra, &job->positions);
}

static int take_joints(struct job *job)
{
    int code = sn_kinematic_take(job->asked, &job->wrapper->arm, &job->positions, job->joints);

    return code ? code : job->then(job);
}

static int with_joints(struct job *job, int (*then)(struct job *job))
{
    if (job)
        job->then = then;
    return job_run(job, ask_joints, take_joints);
}

static int then_joints(struct job *job)
{
    return sn_kinematic_joints(job->asked, &job->wrapper->arm, job->joints, job->ret);
}

static int wrapper_joint_positions(struct sn_call *call, struct sn_arm *arm,
                                   const struct pb_google_struct *extra,
                                   struct pb_arm_joint_positions *ret_positions)
{
    struct job *job = job_create(call, arm, extra);

    if (job)
        job->ret = ret_positions;
    return with_joints(job, then_joints);
}

static int then_end(struct job *job)
{
    return sn_kinematic_end(job->asked, &job->wrapper->arm, job->joints, job->ret);
}

static int wrapper_end_position(struct sn_call *call, struct sn_arm *arm,
                                const struct pb_google_struct *extra,
                                struct pb_common_pose *ret_pose)
{
    struct job *job = job_create(call, arm, extra);

    if (job)
        job->ret = ret_pose;
    return with_joints(job, then_end);
}

static int then_bodies(struct job *job)
{
    return sn_kinematic_bodies(job->asked, &job->wrapper->arm, job->joints, job->ret);
}

static int wrapper_geometries(struct sn_call *call, struct sn_resource *resource,
                              const struct pb_google_struct *extra,
                              struct pb_common_get_geometries_response *ret_geometries)
{
    struct job *job = job_create(call, (struct sn_arm *)resource, extra);

    if (job)
        job->ret = ret_geometries;
    return with_joints(job, then_bodies);
}

/* ---- moving ---- */

static int ask_move(struct sn_call *call)
{
    struct job *job = job_of(call);

    return sn_arm_move_to_joint_positions(call, job->wrapper->inner, job->to, job->extra);
}

static int ask_move_through(struct sn_call *call)
{
    struct job *job = job_of(call);

    return sn_arm_move_through_joint_positions(call, job->wrapper->inner, job->to, job->count,
                                               job->options, job->extra);
}

static int then_move(struct job *job)
{
    const struct sn_kinematic_arm *arm = &job->wrapper->arm;
    double to[SN_MODEL_DOF_MAX] = {0};
    int code = sn_kinematic_take(job->asked, arm, job->to, to);

    if (!code)
        code = sn_kinematic_check_move(job->asked, arm, job->joints, to);
    return code ? code : job_run(job, ask_move, NULL);
}

static int wrapper_move_to_joint_positions(struct sn_call *call, struct sn_arm *arm,
                                           const struct pb_arm_joint_positions *positions,
                                           const struct pb_google_struct *extra)
{
    struct job *job = job_create(call, arm, extra);
    int code = sn_kinematic_check_counts(call, &wrapper_of(arm)->arm, positions, 1);

    if (code)
        return code;
    if (job)
        job->to = positions;
    return with_joints(job, then_move);
}

static int refuse_rest(struct job *job)
{
    if (!job->refused)
        return 0;
    return sn_call_fail(job->asked, job->refused, "%.*s", SN_STR_ARGS(job->refusal));
}

/* The way up to the first position that can't be taken is gone before the error is told. */
static int then_move_through(struct job *job)
{
    const struct sn_kinematic_arm *arm = &job->wrapper->arm;
    size_t count = job->count;

    for (job->count = 0; job->count < count; job->count++) {
        double to[SN_MODEL_DOF_MAX] = {0};

        job->refused = sn_kinematic_take(&job->call, arm, &job->to[job->count], to);
        if (!job->refused)
            job->refused = sn_kinematic_check_move(&job->call, arm, job->joints, to);
        if (job->refused)
            break;
        memcpy(job->joints, to, sizeof(to));
    }
    job->refusal = sn_call_text(&job->call, job->refused);
    return job->count ? job_run(job, ask_move_through, refuse_rest) : refuse_rest(job);
}

static int wrapper_move_through_joint_positions(struct sn_call *call, struct sn_arm *arm,
                                                const struct pb_arm_joint_positions *positions,
                                                size_t count,
                                                const struct pb_arm_move_options *options,
                                                const struct pb_google_struct *extra)
{
    struct job *job = job_create(call, arm, extra);
    int code = sn_kinematic_check_counts(call, &wrapper_of(arm)->arm, positions, count);

    if (code)
        return code;
    if (job) {
        job->to = positions;
        job->count = count;
        job->options = options;
    }
    return with_joints(job, then_move_through);
}

static int move_there(struct sn_call *call, struct sn_kinematic_arm *arm, const double *joints)
{
    struct job *job = job_create(call, &arm->base, NULL);

    if (!job)
        return SN_ERR_RESOURCE_EXHAUSTED;
    job->to = &job->positions;
    int code = sn_kinematic_joints(call, arm, joints, &job->positions);
    return code ? code : job_run(job, ask_move, NULL);
}

static int then_search(struct job *job)
{
    return sn_kinematic_search(job->asked, &job->wrapper->arm, job->joints, job->pose, move_there);
}

static int wrapper_move_to_position(struct sn_call *call, struct sn_arm *arm,
                                    const struct pb_common_pose *pose,
                                    const struct pb_google_struct *extra)
{
    struct job *job = job_create(call, arm, extra);

    if (job)
        job->pose = pose;
    return with_joints(job, then_search);
}

/* ---- the other arm's business ---- */

static int ask_stop(struct sn_call *call)
{
    return sn_arm_stop(call, job_of(call)->wrapper->inner, job_of(call)->extra);
}

static int wrapper_stop(struct sn_call *call, struct sn_arm *arm,
                        const struct pb_google_struct *extra)
{
    return job_run(job_create(call, arm, extra), ask_stop, NULL);
}

static int ask_is_moving(struct sn_call *call)
{
    return sn_arm_is_moving(call, job_of(call)->wrapper->inner, job_of(call)->ret);
}

static int wrapper_is_moving(struct sn_call *call, struct sn_arm *arm, bool *ret_moving)
{
    struct job *job = job_create(call, arm, NULL);

    if (job)
        job->ret = ret_moving;
    return job_run(job, ask_is_moving, NULL);
}

static int ask_models_3d(struct sn_call *call)
{
    return sn_arm_models_3d(call, job_of(call)->wrapper->inner, job_of(call)->extra,
                            job_of(call)->ret);
}

static int wrapper_models_3d(struct sn_call *call, struct sn_arm *arm,
                             const struct pb_google_struct *extra,
                             struct pb_common_get3_d_models_response *ret_models)
{
    struct job *job = job_create(call, arm, extra);

    if (job)
        job->ret = ret_models;
    return job_run(job, ask_models_3d, NULL);
}

static int ask_command(struct sn_call *call)
{
    return sn_do_command(call, &job_of(call)->wrapper->inner->base, job_of(call)->command,
                         job_of(call)->ret);
}

static int wrapper_do_command(struct sn_call *call, struct sn_resource *resource,
                              const struct pb_google_struct *command,
                              struct pb_google_struct **ret_result)
{
    struct job *job = job_create(call, (struct sn_arm *)resource, NULL);

    if (job) {
        job->command = command;
        job->ret = ret_result;
    }
    return job_run(job, ask_command, NULL);
}

/* ---- life ---- */

static int wrapper_validate(const void *attrs, struct sn_error *error)
{
    const struct wrapper_attrs *a = attrs;

    return sn_model_file_validate(a->model_path.ptr, error);
}

static int wrapper_open(struct sn_call *call, struct sn_resource *resource, const void *attrs)
{
    struct wrapper *wrapper = (struct wrapper *)resource;
    const struct wrapper_attrs *a = attrs;
    struct sn_kinematic_attrs model = {.model_path = a->model_path};
    struct sn_resource *inner;
    int code = sn_dependency(call, resource, SN_API_ARM, a->arm_name, &inner);

    if (code)
        return code;
    wrapper->inner = (struct sn_arm *)inner;
    return sn_kinematic_load(call, &wrapper->arm, &model, NULL);
}

static const struct sn_attr wrapper_attrs[] = {
    {"arm-name", SN_ATTR_STRING, offsetof(struct wrapper_attrs, arm_name), .help = "arm that moves",
     .required = true, .dependency = true},
    {"model-path", SN_ATTR_STRING, offsetof(struct wrapper_attrs, model_path),
     .help = "kinematics file, .json or .urdf"},
    {0},
};

static const struct sn_arm_ops wrapper_ops = {
    .common = {.do_command = wrapper_do_command,
               .geometries = wrapper_geometries,
               .kinematics = sn_kinematic_file},
    .end_position = wrapper_end_position,
    .move_to_position = wrapper_move_to_position,
    .joint_positions = wrapper_joint_positions,
    .move_to_joint_positions = wrapper_move_to_joint_positions,
    .move_through_joint_positions = wrapper_move_through_joint_positions,
    .stop = wrapper_stop,
    .is_moving = wrapper_is_moving,
    .models_3d = wrapper_models_3d,
};

const struct sn_driver sn_driver_arm_wrapper_arm = {
    .api = SN_API_ARM,
    .model = "rdk:builtin:wrapper_arm",
    .help = "another arm's joints under kinematics of one's own",
    .size = sizeof(struct wrapper),
    .attrs_size = sizeof(struct wrapper_attrs),
    .attrs = wrapper_attrs,
    .ops = &wrapper_ops,
    .validate = wrapper_validate,
    .open = wrapper_open,
    .fini = sn_kinematic_fini,
};
