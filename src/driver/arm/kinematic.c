/* SPDX-License-Identifier: Apache-2.0
 *
 * Arms whose kinematics are known.
 */
#include "driver/arm/kinematic.h"
#include "api/geometry.h"
#include "driver/embedded.h"
#include "driver/model_file.h"
#include "spatial/glb.h"
#include "spatial/json.h"

/* ---- the model ---- */

int sn_kinematic_validate(const struct sn_kinematic_attrs *attrs, struct sn_error *error)
{
    struct sn_str name = attrs->arm_model;

    if (name.len && attrs->model_path.len)
        return sn_error_set(error, SN_ERR_UNKNOWN,
                            "can only populate either ArmModel or ModelPath - not both");
    if (name.len &&
        (sn_str_is(name, SN_KINEMATIC_PLAIN) || !sn_embedded_find(sn_embedded_arm_models, name)))
        return sn_error_set(error, SN_ERR_UNKNOWN,
                            "fake arm cannot be created, unsupported arm-model: %.*s",
                            SN_STR_ARGS(name));
    return attrs->model_path.len ? sn_model_file_validate(attrs->model_path.ptr, error) : 0;
}

/* The models whose looks upstream ships. */
static bool is_shown(struct sn_str name)
{
    return sn_str_is(name, "lite6") || sn_str_is(name, "ur20") || sn_str_is(name, "ur5e") ||
           sn_str_is(name, "xarm6");
}

int sn_kinematic_load(struct sn_call *call, struct sn_kinematic_arm *arm,
                      const struct sn_kinematic_attrs *attrs, const struct sn_embedded *others)
{
    struct sn_str name = attrs->arm_model.len ? attrs->arm_model : SN_STR(SN_KINEMATIC_PLAIN);
    const struct sn_embedded *file = sn_embedded_find(sn_embedded_arm_models, name);
    const struct sn_embedded *other = others ? sn_embedded_find(others, name) : NULL;
    struct sn_error error;
    int code = sn_model_load(call, attrs->model_path, file->bytes, &arm->arena, &arm->model);

    if (code || attrs->model_path.len)
        return code;
    arm->looks = is_shown(name) ? arm->model : NULL;
    /* What a model is made of needn't be what its links look like. */
    if (other && (code = sn_json_model(other->bytes, NULL, &arm->arena, &arm->model, &error)))
        return sn_call_fail(call, code, "%s", error.text);
    return 0;
}

void sn_kinematic_fini(struct sn_resource *resource)
{
    sn_arena_fini(&((struct sn_kinematic_arm *)resource)->arena);
}

/* ---- from joints to the rest ---- */

/* Joints out of their limits have no place. */
static int check(struct sn_call *call, const struct sn_kinematic_arm *arm, const double *joints)
{
    struct sn_error error;

    if (sn_model_check_inputs(arm->model, arm->base.base.name, joints, &error))
        return sn_call_fail(call, SN_ERR_UNKNOWN, "%s", error.text);
    return 0;
}

int sn_kinematic_end(struct sn_call *call, const struct sn_kinematic_arm *arm, const double *joints,
                     struct pb_common_pose *ret_pose)
{
    int code = check(call, arm, joints);

    if (code)
        return code;
    struct sn_pose end = sn_model_end(arm->model, joints);
    *ret_pose = sn_pose_to_pb(&end);
    return 0;
}

int sn_kinematic_bodies(struct sn_call *call, const struct sn_kinematic_arm *arm,
                        const double *joints,
                        struct pb_common_get_geometries_response *ret_geometries)
{
    int code = sn_model_bodies(call, arm->model, joints, arm->base.base.name, ret_geometries);

    if (!code && ret_geometries->geometries.n > 0)
        code = check(call, arm, joints);
    return code;
}

int sn_kinematic_joints(struct sn_call *call, const struct sn_kinematic_arm *arm,
                        const double *joints, struct pb_arm_joint_positions *ret_positions)
{
    for (uint32_t i = 0; i < arm->model->dof; i++) {
        double *value = sn_pb_add(&ret_positions->values, call->arena);

        if (!value)
            return SN_ERR_RESOURCE_EXHAUSTED;
        *value = sn_model_to_wire(arm->model, i, joints[i]);
    }
    return 0;
}

int sn_kinematic_file(struct sn_call *call, struct sn_resource *resource,
                      const struct pb_google_struct *extra,
                      struct pb_common_get_kinematics_response *ret_kinematics)
{
    const struct sn_kinematic_arm *arm = (struct sn_kinematic_arm *)resource;

    return sn_model_to_pb(arm->model, call->arena, ret_kinematics);
}

int sn_kinematic_models_3d(struct sn_call *call, struct sn_arm *arm,
                           const struct pb_google_struct *extra,
                           struct pb_common_get3_d_models_response *ret_models)
{
    const struct sn_model *looks = ((struct sn_kinematic_arm *)arm)->looks;

    for (uint32_t i = 0; looks && i < looks->count; i++) {
        const struct sn_model_part *part = &looks->parts[i];
        struct pb_common_get3_d_models_response_models_entry *entry;

        if (part->geometry_count == 0)
            continue;
        entry = sn_pb_add(&ret_models->models, call->arena);
        if (!entry)
            return SN_ERR_RESOURCE_EXHAUSTED;
        entry->key = sn_str_of(part->id);
        entry->value.content_type = SN_STR(SN_GLB_CONTENT_TYPE);
        int code = sn_geometry_to_glb(&part->geometries[0], call->arena, &entry->value.mesh);
        if (code)
            return code;
    }
    return 0;
}

/* ---- where joints may go ---- */

int sn_kinematic_take(struct sn_call *call, const struct sn_kinematic_arm *arm,
                      const struct pb_arm_joint_positions *positions, double *ret_joints)
{
    int code = sn_kinematic_check_counts(call, arm, positions, 1);

    for (uint32_t i = 0; !code && i < arm->model->dof; i++)
        ret_joints[i] = sn_model_from_wire(arm->model, i, positions->values.v[i]);
    return code;
}

int sn_kinematic_check_move(struct sn_call *call, const struct sn_kinematic_arm *arm,
                            const double *from, const double *to)
{
    struct sn_error error;

    if (sn_model_check_move(arm->model, from, to, &error) ||
        sn_model_check_inputs(arm->model, arm->base.base.name, to, &error))
        return sn_call_fail(call, SN_ERR_UNKNOWN, "%s", error.text);
    return 0;
}

int sn_kinematic_check_counts(struct sn_call *call, const struct sn_kinematic_arm *arm,
                              const struct pb_arm_joint_positions *positions, size_t count)
{
    struct sn_error error;

    for (size_t i = 0; i < count; i++)
        if (sn_model_check_count(arm->model, positions[i].values.n, &error))
            return sn_call_fail(call, SN_ERR_UNKNOWN, "%s", error.text);
    return 0;
}

/* ---- inverse kinematics ---- */

/* One search, in the arena of its call. */
struct search {
    struct sn_call call; /* the pool's; a child of `asked` */
    struct sn_call *asked;
    struct sn_kinematic_arm *arm;
    struct sn_pose goal;
    double joints[SN_MODEL_DOF_MAX];
    struct sn_error error;
    int (*found)(struct sn_call *call, struct sn_kinematic_arm *arm, const double *joints);
};

static bool is_unwanted(void *arg)
{
    return sn_call_cancelled(arg) != 0;
}

static int search_work(struct sn_call *call, void *arg)
{
    struct search *search = arg;
    struct sn_solve how = {.stop = is_unwanted, .arg = call};
    int code = sn_model_solve(search->arm->model, search->joints, &search->goal, &how,
                              search->joints, &search->error);

    return code == SN_ERR_OUT_OF_RANGE ? SN_ERR_UNKNOWN : code;
}

static int search_start(struct sn_call *call)
{
    return sn_call_block(call, search_work, call);
}

static void search_end(struct sn_call *call, int code)
{
    struct search *search = (struct search *)call;
    struct sn_call *asked = search->asked;

    if (sn_call_cancelled(asked)) /* found all the same; nobody would hear of the way there */
        code = sn_call_cancelled(asked);
    else if (!code)
        code = search->found(asked, search->arm, search->joints);
    else if (search->error.text[0])
        sn_call_fail(asked, code, "%s", search->error.text);
    else
        sn_call_fail(asked, code, "%.*s", SN_STR_ARGS(sn_call_text(call, code)));
    if (code != SN_PENDING)
        sn_call_done(asked, code);
}

int sn_kinematic_search(struct sn_call *call, struct sn_kinematic_arm *arm, const double *from,
                        const struct pb_common_pose *pose,
                        int (*found)(struct sn_call *call, struct sn_kinematic_arm *arm,
                                     const double *joints))
{
    struct search *search = sn_arena_zalloc(call->arena, sizeof(*search));
    int code = check(call, arm, from);

    if (code)
        return code;
    if (!search)
        return SN_ERR_RESOURCE_EXHAUSTED;
    search->asked = call;
    search->arm = arm;
    search->found = found;
    search->goal = sn_pose_from_pb(pose);
    if (!isfinite(pose->o_x + pose->o_y + pose->o_z + pose->theta))
        search->goal.point.x = NAN; /* nowhere, where others take it for no turn */
    memcpy(search->joints, from, arm->model->dof * sizeof(*from));
    sn_call_init(&search->call, call->env, call->arena, call);
    search->call.start = search_start;
    search->call.end = search_end;
    sn_call_start(&search->call);
    return SN_PENDING;
}
