/* SPDX-License-Identifier: Apache-2.0
 *
 * A module with a motor: another motor of the machine behind a gear, which a thermometer may guard.
 * Both are asked by the functions of their APIs, wherever they are.
 */
#include "sinew/api/motor.h"
#include "sinew/api/sensor.h"
#include "sinew/log.h"
#include "sinew/module.h"
#include "sinew/steps.h"
#include "sinew/struct.h"

#include <math.h>

struct attrs {
    struct sn_str motor, guard;
    double ratio, limit;
};

struct geared {
    struct sn_motor base; /* first */
    struct sn_motor *motor;
    struct sn_sensor *guard; /* NULL: there is none */
    double ratio, limit;
};

static struct geared *geared_of(struct sn_motor *motor)
{
    return (struct geared *)motor;
}

/* ---- moving, unless it is too hot ---- */

struct move {
    struct geared *geared;
    struct pb_google_struct readings;
    double rpm, revolutions; /* of the motor; revolutions 0: for good */
    double power;            /* where rpm is 0 */
};

static int ask_guard(struct sn_call *call, void *arg)
{
    struct move *move = arg;
    struct sn_sensor *guard = move->geared->guard;

    return guard ? sn_sensor_readings(call, guard, NULL, &move->readings) : 0;
}

static int begin_move(struct sn_call *call, void *arg)
{
    const struct move *move = arg;
    struct sn_motor *motor = move->geared->motor;
    double celsius = sn_pb_value_number(sn_pb_struct_get(&move->readings, "celsius"), 0);

    if (move->geared->guard && celsius > move->geared->limit)
        return sn_call_fail(call, SN_ERR_FAILED_PRECONDITION, "%g degrees are more than %g",
                            celsius, move->geared->limit);
    if (move->rpm == 0)
        return sn_motor_set_power(call, motor, move->power, NULL);
    if (move->revolutions == 0)
        return sn_motor_set_rpm(call, motor, move->rpm, NULL);
    return sn_motor_go_for(call, motor, move->rpm, move->revolutions, NULL);
}

/* One thing after the other, as children of the call: whoever cancels it cancels them. */
static int start_move(struct sn_call *call, const struct move *wanted)
{
    static const sn_step_fn steps[] = {ask_guard, begin_move, NULL};
    struct move *move = sn_arena_alloc(call->arena, sizeof(*move));

    if (!move)
        return SN_ERR_RESOURCE_EXHAUSTED;
    *move = *wanted;
    return sn_call_steps(call, steps, NULL, move);
}

static int set_power(struct sn_call *call, struct sn_motor *motor, double power,
                     const struct pb_google_struct *extra)
{
    struct geared *geared = geared_of(motor);

    return start_move(
        call, &(struct move){.geared = geared, .power = geared->ratio < 0 ? -power : power});
}

static int set_rpm(struct sn_call *call, struct sn_motor *motor, double rpm,
                   const struct pb_google_struct *extra)
{
    struct geared *geared = geared_of(motor);

    return start_move(call, &(struct move){.geared = geared, .rpm = rpm * geared->ratio});
}

static int go_for(struct sn_call *call, struct sn_motor *motor, double rpm, double revolutions,
                  const struct pb_google_struct *extra)
{
    struct geared *geared = geared_of(motor);

    return start_move(call, &(struct move){.geared = geared,
                                           .rpm = rpm * geared->ratio,
                                           .revolutions = revolutions * fabs(geared->ratio)});
}

/* ---- what the motor itself can say ---- */

static int go_to(struct sn_call *call, struct sn_motor *motor, double rpm, double position,
                 const struct pb_google_struct *extra)
{
    const struct geared *geared = geared_of(motor);

    return sn_motor_go_to(call, geared->motor, rpm * geared->ratio, position * geared->ratio,
                          extra);
}

static int reset_zero_position(struct sn_call *call, struct sn_motor *motor, double offset,
                               const struct pb_google_struct *extra)
{
    const struct geared *geared = geared_of(motor);

    return sn_motor_reset_zero_position(call, geared->motor, offset * geared->ratio, extra);
}

/* The result comes when the motor has answered, so it is turned into ours in a second step. */
struct where {
    const struct geared *geared;
    double *revolutions;
};

static int ask_position(struct sn_call *call, void *arg)
{
    const struct where *where = arg;

    return sn_motor_position(call, where->geared->motor, NULL, where->revolutions);
}

static int convert_position(struct sn_call *call, void *arg)
{
    const struct where *where = arg;

    *where->revolutions /= where->geared->ratio;
    return 0;
}

static int position(struct sn_call *call, struct sn_motor *motor,
                    const struct pb_google_struct *extra, double *ret_revolutions)
{
    static const sn_step_fn steps[] = {ask_position, convert_position, NULL};
    struct where *where = sn_arena_alloc(call->arena, sizeof(*where));

    if (!where)
        return SN_ERR_RESOURCE_EXHAUSTED;
    *where = (struct where){geared_of(motor), ret_revolutions};
    return sn_call_steps(call, steps, NULL, where);
}

static int properties(struct sn_call *call, struct sn_motor *motor,
                      const struct pb_google_struct *extra, bool *ret_position_reporting)
{
    return sn_motor_properties(call, geared_of(motor)->motor, extra, ret_position_reporting);
}

static int stop(struct sn_call *call, struct sn_motor *motor, const struct pb_google_struct *extra)
{
    return sn_motor_stop(call, geared_of(motor)->motor, extra);
}

static int is_powered(struct sn_call *call, struct sn_motor *motor,
                      const struct pb_google_struct *extra, bool *ret_on, double *ret_power)
{
    return sn_motor_is_powered(call, geared_of(motor)->motor, extra, ret_on, ret_power);
}

static int is_moving(struct sn_call *call, struct sn_motor *motor, bool *ret_moving)
{
    return sn_motor_is_moving(call, geared_of(motor)->motor, ret_moving);
}

/* {"limit": 80} sets the limit; the answer says what is in force. */
static int do_command(struct sn_call *call, struct sn_resource *resource,
                      const struct pb_google_struct *command, struct pb_google_struct **ret_result)
{
    struct geared *geared = (struct geared *)resource;
    struct pb_google_struct *result = sn_arena_zalloc(call->arena, sizeof(*result));

    geared->limit = sn_pb_value_number(sn_pb_struct_get(command, "limit"), geared->limit);
    if (!result ||
        sn_pb_struct_add(result, SN_STR("limit"), sn_pb_number(geared->limit), call->arena) ||
        sn_pb_struct_add(result, SN_STR("ratio"), sn_pb_number(geared->ratio), call->arena))
        return SN_ERR_RESOURCE_EXHAUSTED;
    *ret_result = result;
    return 0;
}

/* ---- its life ---- */

static int validate(const void *attrs, struct sn_error *error)
{
    double ratio = ((const struct attrs *)attrs)->ratio;

    if (isfinite(ratio) && ratio != 0)
        return 0;
    return sn_error_set(error, SN_ERR_INVALID_ARGUMENT, "no gear has a ratio of %g", ratio);
}

/* Serves a changed config, too: nothing here has to be closed for one. */
static int configure(struct sn_call *call, struct sn_resource *resource, const void *attrs)
{
    struct geared *geared = (struct geared *)resource;
    const struct attrs *a = attrs;
    struct sn_resource *motor;
    int code = sn_dependency(call, resource, SN_API_MOTOR, a->motor, &motor);

    if (code)
        return code;
    geared->motor = (struct sn_motor *)motor;
    geared->guard = (struct sn_sensor *)sn_dependency_if_there(resource, SN_API_SENSOR, a->guard);
    geared->ratio = a->ratio;
    geared->limit = a->limit;
    if (a->guard.len && !geared->guard)
        sn_log_warn(resource->log, "running without its guard \"%s\"", a->guard.ptr);
    return 0;
}

static int shut(struct sn_call *call, struct sn_resource *resource)
{
    return sn_motor_stop(call, ((struct geared *)resource)->motor, NULL);
}

#define AT(member) offsetof(struct attrs, member)

static const struct sn_attr attrs[] = {
    {"motor", SN_ATTR_STRING, AT(motor), .help = "what drives the gear", .required = true,
     .dependency = true},
    {"guard", SN_ATTR_STRING, AT(guard), .help = "a sensor of celsius", .dependency = true,
     .optional = true},
    {"ratio", SN_ATTR_NUMBER, AT(ratio), .preset = "1", .help = "turns of the motor per turn"},
    {"limit", SN_ATTR_NUMBER, AT(limit), .preset = "60", .help = "degrees up to which it moves"},
    {0},
};

static const struct sn_motor_ops ops = {
    .common = {.do_command = do_command},
    .set_power = set_power,
    .go_for = go_for,
    .go_to = go_to,
    .set_rpm = set_rpm,
    .reset_zero_position = reset_zero_position,
    .position = position,
    .properties = properties,
    .stop = stop,
    .is_powered = is_powered,
    .is_moving = is_moving,
};

static const struct sn_driver geared = {
    .api = SN_API_MOTOR,
    .model = "sinew:example:geared",
    .help = "another motor behind a gear",
    .size = sizeof(struct geared),
    .attrs_size = sizeof(struct attrs),
    .attrs = attrs,
    .ops = &ops,
    .validate = validate,
    .open = configure,
    .reconfigure = configure,
    .close = shut,
};

static const struct sn_driver *const drivers[] = {&geared, NULL};
static const struct sn_module module = {.drivers = drivers};

int main(int argc, char **argv)
{
    return sn_module_main(argc, argv, &module);
}
