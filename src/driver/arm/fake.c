/* SPDX-License-Identifier: Apache-2.0
 *
 * Arm without hardware, with the kinematics of a real one or of a file. It does as the reference's
 * fake does: joints are where they were sent at once, NaN is taken; a pose is reached by inverse
 * kinematics, on a pool thread.
 */
#include "driver/arm/kinematic.h"

struct fake_arm {
    struct sn_kinematic_arm arm;
    double joints[SN_MODEL_DOF_MAX]; /* rad, mm */
};

static struct fake_arm *fake_of(struct sn_arm *arm)
{
    return (struct fake_arm *)arm;
}

static int fake_end_position(struct sn_call *call, struct sn_arm *arm,
                             const struct pb_google_struct *extra, struct pb_common_pose *ret_pose)
{
    struct fake_arm *fake = fake_of(arm);

    return sn_kinematic_end(call, &fake->arm, fake->joints, ret_pose);
}

static int fake_found(struct sn_call *call, struct sn_kinematic_arm *arm, const double *joints)
{
    memcpy(((struct fake_arm *)arm)->joints, joints, arm->model->dof * sizeof(*joints));
    return 0;
}

static int fake_move_to_position(struct sn_call *call, struct sn_arm *arm,
                                 const struct pb_common_pose *pose,
                                 const struct pb_google_struct *extra)
{
    struct fake_arm *fake = fake_of(arm);

    return sn_kinematic_search(call, &fake->arm, fake->joints, pose, fake_found);
}

static int fake_joint_positions(struct sn_call *call, struct sn_arm *arm,
                                const struct pb_google_struct *extra,
                                struct pb_arm_joint_positions *ret_positions)
{
    struct fake_arm *fake = fake_of(arm);

    return sn_kinematic_joints(call, &fake->arm, fake->joints, ret_positions);
}

static int fake_move_to_joint_positions(struct sn_call *call, struct sn_arm *arm,
                                        const struct pb_arm_joint_positions *positions,
                                        const struct pb_google_struct *extra)
{
    struct fake_arm *fake = fake_of(arm);
    double to[SN_MODEL_DOF_MAX] = {0};
    int code = sn_kinematic_take(call, &fake->arm, positions, to);

    if (!code)
        code = sn_kinematic_check_move(call, &fake->arm, fake->joints, to);
    if (!code)
        memcpy(fake->joints, to, sizeof(to));
    return code;
}

/* What comes before a position that can't be taken has been done by then. */
static int fake_move_through_joint_positions(struct sn_call *call, struct sn_arm *arm,
                                             const struct pb_arm_joint_positions *positions,
                                             size_t count,
                                             const struct pb_arm_move_options *options,
                                             const struct pb_google_struct *extra)
{
    int code = sn_kinematic_check_counts(call, &fake_of(arm)->arm, positions, count);

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

static int fake_geometries(struct sn_call *call, struct sn_resource *resource,
                           const struct pb_google_struct *extra,
                           struct pb_common_get_geometries_response *ret_geometries)
{
    struct fake_arm *fake = (struct fake_arm *)resource;

    return sn_kinematic_bodies(call, &fake->arm, fake->joints, ret_geometries);
}

/* ---- life ---- */

static int fake_validate(const void *attrs, struct sn_error *error)
{
    return sn_kinematic_validate(attrs, error);
}

static int fake_open(struct sn_call *call, struct sn_resource *resource, const void *attrs)
{
    struct fake_arm *fake = (struct fake_arm *)resource;
    int code = sn_kinematic_load(call, &fake->arm, attrs, NULL);

    if (!code && fake->arm.model->dof == 0)
        return sn_call_fail(call, SN_ERR_INVALID_ARGUMENT,
                            "fake arm built with zero degrees-of-freedom, nothing will show up on "
                            "the Control tab you have either given a kinematics file that resulted "
                            "in a zero degrees-of-freedom arm or omitted boththe arm-model and "
                            "model-path from attributes");
    return code;
}

static const struct sn_attr fake_attrs[] = {
    {"arm-model", SN_ATTR_STRING, offsetof(struct sn_kinematic_attrs, arm_model),
     .help = "dofbot, lite6, ur20, ur5e, ur7e, xarm6 or xarm7; an arm of one joint if absent"},
    {"model-path", SN_ATTR_STRING, offsetof(struct sn_kinematic_attrs, model_path),
     .help = "kinematics file instead, .json or .urdf"},
    {0},
};

static const struct sn_arm_ops fake_ops = {
    .common = {.geometries = fake_geometries, .kinematics = sn_kinematic_file},
    .end_position = fake_end_position,
    .move_to_position = fake_move_to_position,
    .joint_positions = fake_joint_positions,
    .move_to_joint_positions = fake_move_to_joint_positions,
    .move_through_joint_positions = fake_move_through_joint_positions,
    .stop = fake_stop,
    .is_moving = fake_is_moving,
    .models_3d = sn_kinematic_models_3d,
};

const struct sn_driver sn_driver_arm_fake = {
    .api = SN_API_ARM,
    .model = "rdk:builtin:fake",
    .help = "joints are where they were sent at once; kinematics of a known arm or of a file",
    .size = sizeof(struct fake_arm),
    .attrs_size = sizeof(struct sn_kinematic_attrs),
    .attrs = fake_attrs,
    .ops = &fake_ops,
    .validate = fake_validate,
    .open = fake_open,
    .fini = sn_kinematic_fini,
};
