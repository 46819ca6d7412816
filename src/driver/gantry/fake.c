/* SPDX-License-Identifier: Apache-2.0
 *
 * Gantry without hardware: one carriage that is where it was sent at once, in the middle at first;
 * of a made-up size, or with the kinematics of a file.
 */
#include "api/geometry.h"
#include "driver/model_file.h"
#include "pb/component/gantry/v1/gantry.h"
#include "sinew/api/gantry.h"
#include "sinew/driver.h"
#include "spatial/number.h"

/* A carriage of 50 x 50 x 10 mm on a rail of 100 mm. */
static const char rail_json[] =
    "{\"name\": \"gantry\", \"kinematic_param_type\": \"SVA\","
    " \"links\": [{\"id\": \"base\", \"parent\": \"world\","
    " \"translation\": {\"x\": -50, \"y\": 0, \"z\": 0}},"
    " {\"id\": \"carriage\", \"parent\": \"rail\", \"translation\": {\"x\": 0, \"y\": 0, \"z\": 0},"
    " \"geometry\": {\"x\": 50, \"y\": 50, \"z\": 10,"
    " \"translation\": {\"x\": 0, \"y\": 0, \"z\": 5}}}],"
    " \"joints\": [{\"id\": \"rail\", \"parent\": \"base\", \"type\": \"prismatic\","
    " \"axis\": {\"x\": 1, \"y\": 0, \"z\": 0}, \"min\": 0, \"max\": 100}]}";

struct fake_attrs {
    struct sn_str model_path;
};

struct fake_gantry {
    struct sn_gantry base;
    struct sn_arena arena; /* of the model */
    struct sn_model *model;
    double position, length; /* mm; rad of a model whose joint turns */
};

static struct fake_gantry *fake_of(struct sn_gantry *gantry)
{
    return (struct fake_gantry *)gantry;
}

static int fake_position(struct sn_call *call, struct sn_gantry *gantry,
                         const struct pb_google_struct *extra,
                         struct pb_gantry_get_position_response *ret_position)
{
    struct fake_gantry *fake = fake_of(gantry);

    ret_position->positions_mm.v = &fake->position;
    ret_position->positions_mm.n = 1;
    return 0;
}

static int fake_lengths(struct sn_call *call, struct sn_gantry *gantry,
                        const struct pb_google_struct *extra,
                        struct pb_gantry_get_lengths_response *ret_lengths)
{
    struct fake_gantry *fake = fake_of(gantry);

    ret_lengths->lengths_mm.v = &fake->length;
    ret_lengths->lengths_mm.n = 1;
    return 0;
}

/* None at all moves nothing, and NaN is taken, both as upstream. More than there are axes crashes
 * its handler. */
static int fake_move_to_position(struct sn_call *call, struct sn_gantry *gantry,
                                 const double *positions, size_t count, const double *speeds,
                                 size_t speed_count, const struct pb_google_struct *extra)
{
    struct fake_gantry *fake = fake_of(gantry);
    char shown[2][SN_NUMBER_MAX];

    if (count > 1)
        return sn_call_fail(call, SN_ERR_INVALID_ARGUMENT, "%zu positions for 1 axes", count);
    if (count == 0)
        return 0;
    if (positions[0] < 0 || positions[0] > fake->length)
        return sn_call_fail(call, SN_ERR_UNKNOWN, "position %s out of range [0, %s]",
                            sn_number_print(positions[0], shown[0]),
                            sn_number_print(fake->length, shown[1]));
    fake->position = positions[0];
    return 0;
}

static int fake_home(struct sn_call *call, struct sn_gantry *gantry,
                     const struct pb_google_struct *extra, bool *ret_homed)
{
    *ret_homed = true;
    return 0;
}

static int fake_stop(struct sn_call *call, struct sn_gantry *gantry,
                     const struct pb_google_struct *extra)
{
    return 0;
}

static int fake_is_moving(struct sn_call *call, struct sn_gantry *gantry, bool *ret_moving)
{
    *ret_moving = false;
    return 0;
}

static int fake_kinematics(struct sn_call *call, struct sn_resource *resource,
                           const struct pb_google_struct *extra,
                           struct pb_common_get_kinematics_response *ret_kinematics)
{
    return sn_model_to_pb(((struct fake_gantry *)resource)->model, call->arena, ret_kinematics);
}

static int fake_geometries(struct sn_call *call, struct sn_resource *resource,
                           const struct pb_google_struct *extra,
                           struct pb_common_get_geometries_response *ret_geometries)
{
    struct fake_gantry *fake = (struct fake_gantry *)resource;

    return sn_model_bodies(call, fake->model, &fake->position, resource->name, ret_geometries);
}

/* ---- its life ---- */

static int fake_validate(const void *attrs, struct sn_error *error)
{
    const struct fake_attrs *a = attrs;

    return a->model_path.len ? sn_model_file_validate(a->model_path.ptr, error) : 0;
}

static int fake_open(struct sn_call *call, struct sn_resource *resource, const void *attrs)
{
    struct fake_gantry *fake = (struct fake_gantry *)resource;
    const struct fake_attrs *a = attrs;
    int code = sn_model_load(call, a->model_path, sn_str_of(rail_json), &fake->arena, &fake->model);

    if (code)
        return code;
    if (fake->model->dof != 1)
        return sn_call_fail(call, SN_ERR_UNKNOWN,
                            "gantry model must have exactly one degree of freedom, got %u",
                            fake->model->dof);
    fake->length = fake->model->frames[fake->model->inputs[0]].part->max; /* upstream's is from 0 */
    fake->position = fake->length / 2;
    return 0;
}

static void fake_fini(struct sn_resource *resource)
{
    sn_arena_fini(&((struct fake_gantry *)resource)->arena);
}

static const struct sn_attr fake_attrs[] = {
    {"model_path", SN_ATTR_STRING, offsetof(struct fake_attrs, model_path),
     .help = "kinematics file of one joint, .json or .urdf; 100 mm without"},
    {0},
};

static const struct sn_gantry_ops fake_ops = {
    .common = {.geometries = fake_geometries, .kinematics = fake_kinematics},
    .position = fake_position,
    .lengths = fake_lengths,
    .move_to_position = fake_move_to_position,
    .home = fake_home,
    .stop = fake_stop,
    .is_moving = fake_is_moving,
};

const struct sn_driver sn_driver_gantry_fake = {
    .api = SN_API_GANTRY,
    .model = "rdk:builtin:fake",
    .help = "its carriage is where it was sent at once",
    .size = sizeof(struct fake_gantry),
    .attrs_size = sizeof(struct fake_attrs),
    .attrs = fake_attrs,
    .ops = &fake_ops,
    .validate = fake_validate,
    .open = fake_open,
    .fini = fake_fini,
};
