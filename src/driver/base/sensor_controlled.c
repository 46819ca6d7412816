/* SPDX-License-Identifier: Apache-2.0
 *
 * Base that watches another one with movement sensors and corrects it. Without control parameters,
 * or without a sensor of velocity, it hands everything on.
 */
#include "driver/base/feedback.h"
#include "pb/component/base/v1/base.h"
#include "pb/component/movementsensor/v1/movementsensor.h"
#include "sinew/driver.h"
#include "sinew/log.h"
#include "sinew/steps.h"
#include "sinew/struct.h"
#include "spatial/number.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* Upstream's controllers speak of 0..255, so its gains do. */
#define POWER_PER_OUTPUT (1 / 255.0)

enum { TUNED_TEXT_MAX = 256 };

enum { HZ_DEFAULT = 10, HZ_MAX = 1000, TIMEOUT_MIN_S = 10, TIMEOUT_FACTOR = 5 };

#define NEARLY_0 1e-4

static const char *const axis_names[SN_FEEDBACK_AXES] = {
    [SN_FEEDBACK_LINEAR] = "linear_velocity",
    [SN_FEEDBACK_ANGULAR] = "angular_velocity",
};

struct control_attrs {
    struct sn_str type;
    double p, i, d;
};

struct sensor_attrs {
    struct sn_str base;
    struct sn_attr_list sensors;  /* of struct sn_str */
    struct sn_attr_list controls; /* of struct control_attrs */
    double frequency;             /* Hz */
};

struct sensor_base {
    struct sn_base base;
    const struct sensor_attrs *attrs;
    struct sn_base *driven;
    struct sn_movement_sensor **sensors;
    struct pb_movementsensor_get_properties_response *can; /* what sensors[i] can tell */
    size_t count;
    struct sn_feedback feedback;
    bool closed_loop;
};

static struct sensor_base *self_of(struct sn_base *base)
{
    return (struct sensor_base *)base;
}

/* ---- handing on ---- */

/* One operation of the other base that has a lane to enter, so is a call of its own. */
struct order {
    struct sensor_base *self;
    int (*begin)(struct sn_call *call, struct sn_base *driven, struct order *order);
    double amount, speed;
    const struct pb_common_vector3 *linear, *angular;
    const struct pb_google_struct *extra;
    struct sn_way way;
};

static int begin_order(struct sn_call *call, void *arg)
{
    struct order *order = arg;

    return order->begin(call, order->self->driven, order);
}

static struct order *copy_order(struct sn_call *call, const struct order *order)
{
    struct order *copy = sn_arena_alloc(call->arena, sizeof(*copy));

    if (copy)
        *copy = *order;
    return copy;
}

static int hand_on(struct sn_call *call, const struct order *order)
{
    static const sn_step_fn steps[] = {begin_order, NULL};
    struct order *copy = copy_order(call, order);

    return copy ? sn_call_steps(call, steps, NULL, copy) : SN_ERR_RESOURCE_EXHAUSTED;
}

static int begin_straight(struct sn_call *call, struct sn_base *driven, struct order *order)
{
    return sn_base_move_straight(call, driven, (int64_t)order->amount, order->speed, order->extra);
}

static int begin_spin(struct sn_call *call, struct sn_base *driven, struct order *order)
{
    return sn_base_spin(call, driven, order->amount, order->speed, order->extra);
}

static int begin_power(struct sn_call *call, struct sn_base *driven, struct order *order)
{
    return sn_base_set_power(call, driven, order->linear, order->angular, order->extra);
}

static int begin_velocity(struct sn_call *call, struct sn_base *driven, struct order *order)
{
    return sn_base_set_velocity(call, driven, order->linear, order->angular, order->extra);
}

static int begin_stop(struct sn_call *call, struct sn_base *driven, struct order *order)
{
    return sn_base_stop(call, driven, order->extra);
}

static void warn_handed_on(struct sensor_base *self, const char *what)
{
    sn_log_warn(self->base.base.log, "control parameters not configured, using %s's %s method",
                self->driven->base.name, what);
}

/* ---- closed loop ---- */

static int follow(struct sn_call *call, void *arg)
{
    struct order *order = arg;

    return sn_feedback_go(call, &order->self->feedback, &order->way);
}

static int stop_driven(struct sn_call *call, void *arg)
{
    return sn_base_stop(call, ((struct order *)arg)->self->driven, NULL);
}

/* Goes the way by the sensors and stands then, however it ended. */
static int go_way(struct sn_call *call, struct sensor_base *self, bool turns, double amount,
                  double speed)
{
    static const sn_step_fn steps[] = {follow, NULL};
    struct order *order = copy_order(call, &(struct order){.self = self});

    if (!order)
        return SN_ERR_RESOURCE_EXHAUSTED;
    order->way = (struct sn_way){.turns = turns,
                                 .amount = fabs(amount),
                                 .speed = fabs(speed),
                                 .sign = amount * speed < 0 ? -1 : 1};
    order->way.timeout = fmax(TIMEOUT_MIN_S, TIMEOUT_FACTOR * fabs(amount / speed));
    return sn_call_steps(call, steps, stop_driven, order);
}

/* ---- gains that were looked for ---- */

/* {"p": 0.6, "i": 2.1, "d": 0, "type": "linear_velocity"} for each that was found, as upstream
 * writes them. */
static const char *tuned_text(const struct sn_feedback *f, char text[TUNED_TEXT_MAX])
{
    size_t len = 0;

    text[0] = '\0';
    for (int axis = 0; axis < SN_FEEDBACK_AXES; axis++) {
        char p[SN_NUMBER_MAX], i[SN_NUMBER_MAX];
        const struct sn_pid_gains *gains = &f->tune[axis].gains;

        if (f->tune[axis].state != SN_TUNE_DONE)
            continue;
        len += (size_t)snprintf(text + len, TUNED_TEXT_MAX - len,
                                "%s{\"p\": %s, \"i\": %s, \"d\": 0, \"type\": \"%s\"}",
                                len ? ", " : "", sn_number_print(gains->p / POWER_PER_OUTPUT, p),
                                sn_number_print(gains->i / POWER_PER_OUTPUT, i), axis_names[axis]);
    }
    return text;
}

/* A base whose gains are to be found does nothing else in a loop. */
static int check_tuned(struct sn_call *call, struct sensor_base *self)
{
    const struct sn_feedback *f = &self->feedback;
    const char *name = self->base.base.name;
    char text[TUNED_TEXT_MAX];

    if (f->tuning)
        return sn_call_fail(call, SN_ERR_UNKNOWN, "tuning for %s is in progress", name);
    for (int axis = 0; axis < SN_FEEDBACK_AXES; axis++) {
        const struct sn_tune *t = &f->tune[axis];

        if (f->tunes[axis] && t->state == SN_TUNE_FAILED)
            return sn_call_fail(call, SN_ERR_UNKNOWN, "%s of %s could not be tuned: %s",
                                axis_names[axis], name, t->problem);
        if (f->tunes[axis] && t->state != SN_TUNE_DONE)
            return sn_call_fail(call, SN_ERR_UNKNOWN, "tuning for %s was stopped", name);
    }
    if (tuned_text(f, text)[0])
        return sn_call_fail(call, SN_ERR_UNKNOWN,
                            "%s has been tuned, please copy the following control values into your "
                            "config: %s",
                            name, text);
    return 0;
}

/* ---- operations ---- */

static int sensor_move_straight(struct sn_call *call, struct sn_base *base, int64_t distance,
                                double speed, const struct pb_google_struct *extra)
{
    struct sensor_base *self = self_of(base);
    struct order order = {.self = self,
                          .begin = begin_straight,
                          .amount = (double)distance,
                          .speed = speed,
                          .extra = extra};

    int code = check_tuned(call, self);
    if (code)
        return code;
    sn_feedback_end(&self->feedback);
    /* What is no way is for the other base to refuse or to shrug off. */
    if (self->closed_loop && distance != 0 && isfinite(speed) && fabs(speed) >= NEARLY_0)
        return go_way(call, self, false, (double)distance, speed);
    if (!self->closed_loop)
        sn_log_warn(base->base.log, "control loop not configured, using base %s's MoveStraight",
                    self->driven->base.name);
    return hand_on(call, &order);
}

static int sensor_spin(struct sn_call *call, struct sn_base *base, double angle, double speed,
                       const struct pb_google_struct *extra)
{
    struct sensor_base *self = self_of(base);
    struct order order = {
        .self = self, .begin = begin_spin, .amount = angle, .speed = speed, .extra = extra};

    int code = check_tuned(call, self);
    if (code)
        return code;
    sn_feedback_end(&self->feedback);
    if (self->closed_loop && isfinite(angle) && isfinite(speed) && fabs(angle) >= NEARLY_0 &&
        fabs(speed) >= NEARLY_0)
        return go_way(call, self, true, angle, speed);
    if (!self->closed_loop)
        warn_handed_on(self, "Spin");
    else if (fabs(angle) < NEARLY_0)
        order.begin = begin_stop;
    return hand_on(call, &order);
}

static int sensor_set_power(struct sn_call *call, struct sn_base *base,
                            const struct pb_common_vector3 *linear,
                            const struct pb_common_vector3 *angular,
                            const struct pb_google_struct *extra)
{
    struct sensor_base *self = self_of(base);

    sn_feedback_end(&self->feedback);
    return hand_on(call, &(struct order){.self = self,
                                         .begin = begin_power,
                                         .linear = linear,
                                         .angular = angular,
                                         .extra = extra});
}

static int sensor_set_velocity(struct sn_call *call, struct sn_base *base,
                               const struct pb_common_vector3 *linear,
                               const struct pb_common_vector3 *angular,
                               const struct pb_google_struct *extra)
{
    struct sensor_base *self = self_of(base);
    int code = check_tuned(call, self);

    if (code)
        return code;
    if (self->closed_loop) {
        sn_feedback_keep(&self->feedback, linear->y / 1000, angular->z);
        return 0;
    }
    warn_handed_on(self, "SetVelocity");
    return hand_on(call, &(struct order){.self = self,
                                         .begin = begin_velocity,
                                         .linear = linear,
                                         .angular = angular,
                                         .extra = extra});
}

static int sensor_stop(struct sn_call *call, struct sn_base *base,
                       const struct pb_google_struct *extra)
{
    struct sensor_base *self = self_of(base);

    sn_feedback_end(&self->feedback);
    return hand_on(call, &(struct order){.self = self, .begin = begin_stop, .extra = extra});
}

static int sensor_is_moving(struct sn_call *call, struct sn_base *base, bool *ret_moving)
{
    return sn_base_is_moving(call, self_of(base)->driven, ret_moving);
}

static int sensor_properties(struct sn_call *call, struct sn_base *base,
                             const struct pb_google_struct *extra,
                             struct pb_base_get_properties_response *ret_properties)
{
    return sn_base_properties(call, self_of(base)->driven, extra, ret_properties);
}

static int sensor_geometries(struct sn_call *call, struct sn_resource *resource,
                             const struct pb_google_struct *extra,
                             struct pb_common_get_geometries_response *ret_geometries)
{
    struct sn_base *driven = ((struct sensor_base *)resource)->driven;

    return sn_geometries(call, &driven->base, extra, ret_geometries);
}

static int sensor_do_command(struct sn_call *call, struct sn_resource *resource,
                             const struct pb_google_struct *command,
                             struct pb_google_struct **ret_result)
{
    struct pb_google_struct *result = sn_arena_zalloc(call->arena, sizeof(*result));
    char text[TUNED_TEXT_MAX];

    if (!command || !sn_pb_struct_get(command, "get_tuned_pid"))
        return sn_call_fail(call, SN_ERR_UNKNOWN, "DoCommand unimplemented");
    tuned_text(&((struct sensor_base *)resource)->feedback, text);
    struct sn_str copy = sn_arena_copy(call->arena, sn_str_of(text));
    if (!result || !copy.ptr)
        return SN_ERR_RESOURCE_EXHAUSTED;
    *ret_result = result;
    return sn_pb_struct_add(result, SN_STR("get_tuned_pid"), sn_pb_string(copy), call->arena);
}

/* ---- life ---- */

static bool is_type(const struct control_attrs *control, const char *type)
{
    return sn_str_is(control->type, type);
}

static int sensor_validate(const void *attrs, struct sn_error *error)
{
    const struct sensor_attrs *a = attrs;
    const struct control_attrs *controls = a->controls.v;

    if (a->sensors.count == 0)
        return sn_error_set(error, SN_ERR_INVALID_ARGUMENT,
                            "need at least one movement sensor for base");
    if (a->base.len == 0)
        return sn_error_set(error, SN_ERR_NOT_FOUND, "base");
    for (size_t i = 0; i < a->controls.count; i++)
        if (!is_type(&controls[i], axis_names[SN_FEEDBACK_LINEAR]) &&
            !is_type(&controls[i], axis_names[SN_FEEDBACK_ANGULAR]))
            return sn_error_set(error, SN_ERR_INVALID_ARGUMENT,
                                "control_parameters type must be 'linear_velocity' or "
                                "'angular_velocity'");
    return 0;
}

static int find_all(struct sn_call *call, struct sensor_base *self)
{
    const struct sensor_attrs *a = self->attrs;
    const struct sn_str *names = a->sensors.v;
    struct sn_resource *found;
    int code = sn_dependency(call, &self->base.base, SN_API_BASE, a->base, &found);

    if (code)
        return sn_call_prefix(call, code, "no base named (%.*s): ", SN_STR_ARGS(a->base));
    self->driven = (struct sn_base *)found;
    for (size_t i = 0; i < a->sensors.count; i++) {
        code = sn_dependency(call, &self->base.base, SN_API_MOVEMENT_SENSOR, names[i], &found);
        if (code)
            return sn_call_prefix(call, code,
                                  "no movement sensor named (%.*s): ", SN_STR_ARGS(names[i]));
        self->sensors[self->count++] = (struct sn_movement_sensor *)found;
    }
    return 0;
}

static int ask_one(struct sn_call *call, void *arg, size_t i)
{
    struct sensor_base *self = arg;

    return sn_movement_sensor_properties(call, self->sensors[i], NULL, &self->can[i]);
}

static int ask_sensors(struct sn_call *call, void *arg)
{
    return sn_call_together(call, ((struct sensor_base *)arg)->count, ask_one, arg);
}

static bool has_velocity(const struct pb_movementsensor_get_properties_response *can)
{
    return can->linear_velocity_supported && can->angular_velocity_supported;
}

static bool has_yaw(const struct pb_movementsensor_get_properties_response *can)
{
    return can->orientation_supported;
}

static bool has_position(const struct pb_movementsensor_get_properties_response *can)
{
    return can->position_supported;
}

/* The first sensor that can, or NULL. */
static struct sn_movement_sensor *
choose(struct sensor_base *self, const char *what,
       bool (*able)(const struct pb_movementsensor_get_properties_response *can))
{
    for (size_t i = 0; i < self->count; i++) {
        if (!able(&self->can[i]))
            continue;
        sn_log_info(self->base.base.log, "using sensor %s as %s sensor for base",
                    self->sensors[i]->base.name, what);
        return self->sensors[i];
    }
    return NULL;
}

static void set_gains(struct sensor_base *self)
{
    const struct control_attrs *controls = self->attrs->controls.v;
    struct sn_feedback *f = &self->feedback;

    for (size_t i = 0; i < self->attrs->controls.count; i++) {
        bool is_linear = is_type(&controls[i], axis_names[SN_FEEDBACK_LINEAR]);

        f->pid[is_linear ? SN_FEEDBACK_LINEAR : SN_FEEDBACK_ANGULAR].gains =
            (struct sn_pid_gains){controls[i].p, controls[i].i, controls[i].d};
    }
}

static int prepare(struct sn_call *call, void *arg)
{
    struct sensor_base *self = arg;
    struct sn_feedback *f = &self->feedback;
    double hz = self->attrs->frequency;

    if (!(hz > 0))
        hz = HZ_DEFAULT;
    f->owner = &self->base.base;
    f->driven = self->driven;
    f->yaw = choose(self, "orientation", has_yaw);
    f->velocity = choose(self, "velocity", has_velocity);
    f->position = choose(self, "position", has_position);
    f->period_ns = (uint64_t)(1e9 / fmin(hz, HZ_MAX));
    for (int axis = 0; axis < SN_FEEDBACK_AXES; axis++)
        f->pid[axis] = (struct sn_pid){.scale = POWER_PER_OUTPUT, .low = -1, .high = 1};
    set_gains(self);
    if (!f->yaw && !f->velocity)
        return sn_call_fail(call, SN_ERR_UNKNOWN,
                            "no appropriate sensor for orientation or velocity feedback");
    self->closed_loop = f->velocity && self->attrs->controls.count > 0;
    if (self->closed_loop)
        sn_feedback_tune(f);
    return 0;
}

static int sensor_open(struct sn_call *call, struct sn_resource *resource, const void *attrs)
{
    static const sn_step_fn steps[] = {ask_sensors, prepare, NULL};
    struct sensor_base *self = (struct sensor_base *)resource;

    self->attrs = attrs;
    self->sensors = calloc(self->attrs->sensors.count, sizeof(struct sn_movement_sensor *));
    self->can = calloc(self->attrs->sensors.count, sizeof(*self->can));
    if (!self->sensors || !self->can)
        return SN_ERR_RESOURCE_EXHAUSTED;
    int code = find_all(call, self);
    return code ? code : sn_call_steps(call, steps, NULL, self);
}

static int sensor_close(struct sn_call *call, struct sn_resource *resource)
{
    return sensor_stop(call, (struct sn_base *)resource, NULL);
}

static void sensor_fini(struct sn_resource *resource)
{
    struct sensor_base *self = (struct sensor_base *)resource;

    free(self->sensors);
    free(self->can);
}

#define AT(member) offsetof(struct sensor_attrs, member)
#define CONTROL(member) offsetof(struct control_attrs, member)

static const struct sn_attr control_attrs[] = {
    {"type", SN_ATTR_STRING, CONTROL(type), .help = "linear_velocity or angular_velocity"},
    {"p", SN_ATTR_NUMBER, CONTROL(p), .help = "output 0..255 per m/s or degree/s of error"},
    {"i", SN_ATTR_NUMBER, CONTROL(i), .help = "the same per second that it lasts"},
    {"d", SN_ATTR_NUMBER, CONTROL(d), .help = "the same per change in a second"},
    {0},
};

static const struct sn_attr sensor_attrs[] = {
    {"movement_sensor", SN_ATTR_STRINGS, AT(sensors),
     .help = "sensors that move with the base; the first that can is asked", .dependency = true},
    {"base", SN_ATTR_STRING, AT(base), .help = "base that is driven", .dependency = true},
    {"control_parameters", SN_ATTR_OBJECTS, AT(controls),
     .help = "gains; without, the base is driven without looking", .sub = control_attrs,
     .sub_size = sizeof(struct control_attrs)},
    {"control_frequency_hz", SN_ATTR_NUMBER, AT(frequency), .preset = "10",
     .help = "corrections per second"},
    {0},
};

static const struct sn_base_ops sensor_ops = {
    .common = {.do_command = sensor_do_command, .geometries = sensor_geometries},
    .move_straight = sensor_move_straight,
    .spin = sensor_spin,
    .set_power = sensor_set_power,
    .set_velocity = sensor_set_velocity,
    .stop = sensor_stop,
    .is_moving = sensor_is_moving,
    .properties = sensor_properties,
};

const struct sn_driver sn_driver_base_sensor_controlled = {
    .api = SN_API_BASE,
    .model = "rdk:builtin:sensor-controlled",
    .help = "another base, watched and corrected by movement sensors",
    .size = sizeof(struct sensor_base),
    .attrs_size = sizeof(struct sensor_attrs),
    .attrs = sensor_attrs,
    .ops = &sensor_ops,
    .validate = sensor_validate,
    .open = sensor_open,
    .close = sensor_close,
    .fini = sensor_fini,
};
