/* SPDX-License-Identifier: Apache-2.0
 *
 * Arm without hardware, with the kinematics of a real one or of a file. It does as the reference's
 * fake does: joints are where they were sent at once, NaN is taken; a pose is reached by inverse
 * kinematics, on a pool thread.
 */
#include "api/geometry.h"
#include "driver/arm/model_file.h"
#include "driver/embedded.h"
#include "pb/component/arm/v1/arm.h"
#include "sinew/api/arm.h"
#include "sinew/driver.h"
#include "spatial/json.h"

enum { FAKE_MEMORY_MAX = 64 << 20 };

/* The model without attributes; has no name a config could say. */
#define DEFAULT_MODEL "one_joint"

struct fake_attrs {
    struct sn_str arm_model, model_path;
};

struct fake_arm {
    struct sn_arm base;
    struct sn_arena arena; /* of the model */
    struct sn_model *model;
    double joints[SN_MODEL_DOF_MAX]; /* rad, mm */
};

static struct fake_arm *fake_of(struct sn_arm *arm)
{
    return (struct fake_arm *)arm;
}

/* Joints out of their limits have no place, as upstream has it. */
static int fake_check(struct sn_call *call, const struct fake_arm *fake)
{
    struct sn_error error;

    if (sn_model_check_inputs(fake->model, fake->base.base.name, fake->joints, &error))
        return sn_call_fail(call, SN_ERR_UNKNOWN, "%s", error.text);
    return 0;
}

static int fake_end_position(struct sn_call *call, struct sn_arm *arm,
                             const struct pb_google_struct *extra, struct pb_common_pose *ret_pose)
{
    struct fake_arm *fake = fake_of(arm);
    int code = fake_check(call, fake);

    if (code)
        return code;
    struct sn_pose end = sn_model_end(fake->model, fake->joints);
    *ret_pose = sn_pose_to_pb(&end);
    return 0;
}

/* ---- MoveToPosition ---- */

/* One search, in the arena of its call. */
struct fake_solve {
    struct sn_call call; /* the pool's; a child of `asked` */
    struct sn_call *asked;
    struct fake_arm *fake;
    struct sn_pose goal;
    double joints[SN_MODEL_DOF_MAX];
    struct sn_error error;
};

static bool fake_solve_unwanted(void *arg)
{
    return sn_call_cancelled(arg) != 0;
}

static int fake_solve_work(struct sn_call *call, void *arg)
{
    struct fake_solve *solve = arg;
    struct sn_solve how = {.stop = fake_solve_unwanted, .arg = call};
    int code = sn_model_solve(solve->fake->model, solve->joints, &solve->goal, &how, solve->joints,
                              &solve->error);

    return code == SN_ERR_OUT_OF_RANGE ? SN_ERR_UNKNOWN : code;
}

static int fake_solve_start(struct sn_call *call)
{
    return sn_call_block(call, fake_solve_work, call);
}

static void fake_solve_end(struct sn_call *call, int code)
{
    struct fake_solve *solve = (struct fake_solve *)call;

    if (!code)
        memcpy(solve->fake->joints, solve->joints, sizeof(solve->joints));
    else if (solve->error.text[0])
        sn_call_fail(solve->asked, code, "%s", solve->error.text);
    else
        sn_call_fail(solve->asked, code, "%.*s", SN_STR_ARGS(sn_call_text(call, code)));
    sn_call_done(solve->asked, code);
}

static int fake_move_to_position(struct sn_call *call, struct sn_arm *arm,
                                 const struct pb_common_pose *pose,
                                 const struct pb_google_struct *extra)
{
    struct fake_arm *fake = fake_of(arm);
    struct fake_solve *solve = sn_arena_zalloc(call->arena, sizeof(*solve));
    int code = fake_check(call, fake);

    if (code)
        return code;
    if (!solve)
        return SN_ERR_RESOURCE_EXHAUSTED;
    solve->asked = call;
    solve->fake = fake;
    solve->goal = sn_pose_from_pb(pose);
    memcpy(solve->joints, fake->joints, sizeof(solve->joints));
    sn_call_init(&solve->call, call->env, call->arena, call);
    solve->call.start = fake_solve_start;
    solve->call.end = fake_solve_end;
    sn_call_start(&solve->call);
    return SN_PENDING;
}

/* ---- joints ---- */

static int fake_joint_positions(struct sn_call *call, struct sn_arm *arm,
                                const struct pb_google_struct *extra,
                                struct pb_arm_joint_positions *ret_positions)
{
    const struct fake_arm *fake = fake_of(arm);

    for (uint32_t i = 0; i < fake->model->dof; i++) {
        double *value = sn_pb_add(&ret_positions->values, call->arena);

        if (!value)
            return SN_ERR_RESOURCE_EXHAUSTED;
        *value = sn_model_to_wire(fake->model, i, fake->joints[i]);
    }
    return 0;
}

static int fake_move_to_joint_positions(struct sn_call *call, struct sn_arm *arm,
                                        const struct pb_arm_joint_positions *positions,
                                        const struct pb_google_struct *extra)
{
    struct fake_arm *fake = fake_of(arm);
    double to[SN_MODEL_DOF_MAX] = {0};
    struct sn_error error;

    if (sn_model_check_count(fake->model, positions->values.n, &error))
        return sn_call_fail(call, SN_ERR_UNKNOWN, "%s", error.text);
    for (uint32_t i = 0; i < fake->model->dof; i++)
        to[i] = sn_model_from_wire(fake->model, i, positions->values.v[i]);
    if (sn_model_check_move(fake->model, fake->joints, to, &error) ||
        sn_model_check_inputs(fake->model, arm->base.name, to, &error))
        return sn_call_fail(call, SN_ERR_UNKNOWN, "%s", error.text);
    memcpy(fake->joints, to, sizeof(to));
    return 0;
}

/* What comes before a position that can't be taken has been done by then. */
static int fake_move_through_joint_positions(struct sn_call *call, struct sn_arm *arm,
                                             const struct pb_arm_joint_positions *positions,
                                             size_t count,
                                             const struct pb_arm_move_options *options,
                                             const struct pb_google_struct *extra)
{
    int code = 0;

    for (size_t i = 0; i < count && !code; i++)
        code = fake_move_to_joint_positions(call, arm, &positions[i], extra);
    return code;
}

static int fake_stop(struct sn_call *call, struct sn_arm *arm, const struct pb_google_struct *extra)
{
    return 0;
}

static int fake_is_moving(struct sn_call *call, struct sn_arm *arm, bool *ret_moving)
{
    *ret_moving = false;
    return 0;
}

/* ---- the model ---- */

static int fake_kinematics(struct sn_call *call, struct sn_resource *resource,
                           const struct pb_google_struct *extra,
                           struct pb_common_get_kinematics_response *ret_kinematics)
{
    return sn_model_to_pb(((struct fake_arm *)resource)->model, call->arena, ret_kinematics);
}

static int fake_geometries(struct sn_call *call, struct sn_resource *resource,
                           const struct pb_google_struct *extra,
                           struct pb_common_get_geometries_response *ret_geometries)
{
    struct fake_arm *fake = (struct fake_arm *)resource;
    struct sn_geometry *bodies;
    uint32_t count;
    int code = sn_model_geometries(fake->model, fake->joints, resource->name, call->arena, &bodies,
                                   &count);

    if (!code && count > 0)
        code = fake_check(call, fake);
    return code ? code : sn_geometries_to_pb(bodies, count, call->arena, ret_geometries);
}

/* ---- life ---- */

/* UNKNOWN: upstream's texts here stand without the entry's path. */
static int fake_validate(const void *attrs, struct sn_error *error)
{
    const struct fake_attrs *a = attrs;

    if (a->arm_model.len && a->model_path.len)
        return sn_error_set(error, SN_ERR_UNKNOWN,
                            "can only populate either ArmModel or ModelPath - not both");
    if (a->arm_model.len && (sn_str_is(a->arm_model, DEFAULT_MODEL) ||
                             !sn_embedded_find(sn_embedded_arm_models, a->arm_model)))
        return sn_error_set(error, SN_ERR_UNKNOWN,
                            "fake arm cannot be created, unsupported arm-model: %.*s",
                            SN_STR_ARGS(a->arm_model));
    return a->model_path.len && sn_model_file_check(a->model_path.ptr, error) ? SN_ERR_UNKNOWN : 0;
}

static int fake_load(struct fake_arm *fake, const struct fake_attrs *a, struct sn_error *error)
{
    struct sn_str name = a->arm_model.len ? a->arm_model : SN_STR(DEFAULT_MODEL);
    const struct sn_embedded *file = sn_embedded_find(sn_embedded_arm_models, name);

    if (a->model_path.len)
        return sn_model_file_read(a->model_path.ptr, &fake->arena, &fake->model, error);
    return sn_json_model(file->bytes, NULL, &fake->arena, &fake->model, error);
}

static int fake_open(struct sn_call *call, struct sn_resource *resource, const void *attrs)
{
    struct fake_arm *fake = (struct fake_arm *)resource;
    struct sn_error error;

    sn_arena_init(&fake->arena, call->env->blocks, FAKE_MEMORY_MAX);
    int code = fake_load(fake, attrs, &error);
    if (code)
        return sn_call_fail(call, code, "%s", error.text);
    if (fake->model->dof == 0)
        return sn_call_fail(call, SN_ERR_INVALID_ARGUMENT,
                            "fake arm built with zero degrees-of-freedom, nothing will show up on "
                            "the Control tab you have either given a kinematics file that resulted "
                            "in a zero degrees-of-freedom arm or omitted boththe arm-model and "
                            "model-path from attributes");
    return 0;
}

static void fake_fini(struct sn_resource *resource)
{
    sn_arena_fini(&((struct fake_arm *)resource)->arena);
}

static const struct sn_attr fake_attrs[] = {
    {"arm-model", SN_ATTR_STRING, offsetof(struct fake_attrs, arm_model),
     .help = "dofbot, lite6, ur20, ur5e, ur7e, xarm6 or xarm7; an arm of one joint if absent"},
    {"model-path", SN_ATTR_STRING, offsetof(struct fake_attrs, model_path),
     .help = "kinematics file instead, .json or .urdf"},
    {0},
};

static const struct sn_arm_ops fake_ops = {
    .common = {.geometries = fake_geometries, .kinematics = fake_kinematics},
    .end_position = fake_end_position,
    .move_to_position = fake_move_to_position,
    .joint_positions = fake_joint_positions,
    .move_to_joint_positions = fake_move_to_joint_positions,
    .move_through_joint_positions = fake_move_through_joint_positions,
    .stop = fake_stop,
    .is_moving = fake_is_moving,
};

const struct sn_driver sn_driver_arm_fake = {
    .api = SN_API_ARM,
    .model = "rdk:builtin:fake",
    .help = "joints are where they were sent at once; kinematics of a known arm or of a file",
    .size = sizeof(struct fake_arm),
    .attrs_size = sizeof(struct fake_attrs),
    .attrs = fake_attrs,
    .ops = &fake_ops,
    .validate = fake_validate,
    .open = fake_open,
    .fini = fake_fini,
};
