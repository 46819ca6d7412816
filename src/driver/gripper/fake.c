/* SPDX-License-Identifier: Apache-2.0
 *
 * Gripper without hardware: never grabs anything, as the reference's; with the kinematics of a file
 * or none.
 */
#include "api/geometry.h"
#include "driver/model_file.h"
#include "pb/component/arm/v1/arm.h"
#include "pb/google/protobuf/struct.h"
#include "sinew/api/gripper.h"
#include "sinew/driver.h"

struct fake_attrs {
    struct sn_str model_path;
};

struct fake_gripper {
    struct sn_gripper base;
    struct sn_arena arena;           /* of the model */
    struct sn_model *model;          /* NULL: none */
    double values[SN_MODEL_DOF_MAX]; /* rad, mm */
};

static struct fake_gripper *fake_of(struct sn_gripper *gripper)
{
    return (struct fake_gripper *)gripper;
}

static uint32_t fake_dof(const struct fake_gripper *fake)
{
    return fake->model ? fake->model->dof : 0;
}

static int fake_open_jaws(struct sn_call *call, struct sn_gripper *gripper,
                          const struct pb_google_struct *extra)
{
    return 0;
}

static int fake_grab(struct sn_call *call, struct sn_gripper *gripper,
                     const struct pb_google_struct *extra, bool *ret_grabbed)
{
    *ret_grabbed = false;
    return 0;
}

static int fake_stop(struct sn_call *call, struct sn_gripper *gripper,
                     const struct pb_google_struct *extra)
{
    return 0;
}

static int fake_is_moving(struct sn_call *call, struct sn_gripper *gripper, bool *ret_moving)
{
    *ret_moving = false;
    return 0;
}

static int fake_is_holding(struct sn_call *call, struct sn_gripper *gripper,
                           const struct pb_google_struct *extra, bool *ret_holding,
                           struct pb_google_struct **ret_meta)
{
    *ret_holding = false;
    *ret_meta = sn_arena_zalloc(call->arena, sizeof(**ret_meta));
    return *ret_meta ? 0 : SN_ERR_RESOURCE_EXHAUSTED;
}

static int fake_inputs(struct sn_call *call, struct sn_gripper *gripper,
                       const struct pb_google_struct *extra,
                       struct pb_arm_joint_positions *ret_inputs)
{
    ret_inputs->values.v = fake_of(gripper)->values;
    ret_inputs->values.n = fake_dof(fake_of(gripper));
    return 0;
}

/* Takes as many as it has joints, of any value, as upstream. */
static int fake_go_to_inputs(struct sn_call *call, struct sn_gripper *gripper, const double *inputs,
                             size_t count, const struct pb_google_struct *extra)
{
    struct fake_gripper *fake = fake_of(gripper);

    for (size_t i = 0; i < count && i < fake_dof(fake); i++)
        fake->values[i] = inputs[i];
    return 0;
}

static int fake_kinematics(struct sn_call *call, struct sn_resource *resource,
                           const struct pb_google_struct *extra,
                           struct pb_common_get_kinematics_response *ret_kinematics)
{
    struct fake_gripper *fake = (struct fake_gripper *)resource;

    return fake->model ? sn_model_to_pb(fake->model, call->arena, ret_kinematics) : 0;
}

/* Of the joints' model; without one the body of its frame. */
static int fake_geometries(struct sn_call *call, struct sn_resource *resource,
                           const struct pb_google_struct *extra,
                           struct pb_common_get_geometries_response *ret_geometries)
{
    struct fake_gripper *fake = (struct fake_gripper *)resource;

    if (!fake->model)
        return sn_frame_geometries(call, resource, extra, ret_geometries);
    if (fake->model->dof == 0)
        return 0;
    return sn_model_bodies(call, fake->model, fake->values, resource->name, ret_geometries);
}

/* ---- its life ---- */

static int fake_validate(const void *attrs, struct sn_error *error)
{
    const struct fake_attrs *a = attrs;

    return a->model_path.len ? sn_model_file_validate(a->model_path.ptr, error) : 0;
}

static int fake_open(struct sn_call *call, struct sn_resource *resource, const void *attrs)
{
    struct fake_gripper *fake = (struct fake_gripper *)resource;
    const struct fake_attrs *a = attrs;

    return a->model_path.len
               ? sn_model_load(call, a->model_path, SN_STR_NULL, &fake->arena, &fake->model)
               : sn_frame_check(call, resource);
}

static void fake_fini(struct sn_resource *resource)
{
    sn_arena_fini(&((struct fake_gripper *)resource)->arena);
}

static const struct sn_attr fake_attrs[] = {
    {"model-path", SN_ATTR_STRING, offsetof(struct fake_attrs, model_path),
     .help = "kinematics file, .json or .urdf"},
    {0},
};

static const struct sn_gripper_ops fake_ops = {
    .common = {.geometries = fake_geometries, .kinematics = fake_kinematics},
    .open = fake_open_jaws,
    .grab = fake_grab,
    .stop = fake_stop,
    .is_moving = fake_is_moving,
    .is_holding = fake_is_holding,
    .inputs = fake_inputs,
    .go_to_inputs = fake_go_to_inputs,
};

const struct sn_driver sn_driver_gripper_fake = {
    .api = SN_API_GRIPPER,
    .model = "rdk:builtin:fake",
    .help = "never grabs anything",
    .size = sizeof(struct fake_gripper),
    .attrs_size = sizeof(struct fake_attrs),
    .attrs = fake_attrs,
    .ops = &fake_ops,
    .validate = fake_validate,
    .open = fake_open,
    .fini = fake_fini,
};
