/* SPDX-License-Identifier: Apache-2.0
 *
 * Base on wheels that any motors drive: those on the left turn as one, those on the right as
 * another. A move that ends early, for whatever reason, leaves no motor turning.
 */
#include "pb/common/v1/common.h"
#include "pb/component/base/v1/base.h"
#include "sinew/api/base.h"
#include "sinew/api/motor.h"
#include "sinew/driver.h"
#include "sinew/steps.h"
#include "spatial/vec.h"

#include <math.h>
#include <stdlib.h>

#define NEARLY_0 1e-4

enum { LEFT, RIGHT };

struct wheeled_attrs {
    int64_t width, circumference; /* mm */
    double slip;
    struct sn_attr_list left, right; /* of struct sn_str */
};

struct wheeled_base {
    struct sn_base base;
    const struct wheeled_attrs *attrs;
    double slip;
    struct sn_motor **motors; /* the left ones, then as many right ones */
    size_t count;             /* of all */
};

static struct wheeled_base *wheeled_of(struct sn_base *base)
{
    return (struct wheeled_base *)base;
}

static bool is_nearly_0(double value)
{
    return fabs(value) < NEARLY_0;
}

static bool is_zero(const struct pb_common_vector3 *v)
{
    return v->x == 0 && v->y == 0 && v->z == 0;
}

/* ---- all motors at once ---- */

static int stop_one(struct sn_call *call, void *arg, size_t i)
{
    return sn_motor_stop(call, ((struct wheeled_base *)arg)->motors[i], NULL);
}

static int stop_all(struct sn_call *call, struct wheeled_base *wheeled)
{
    return sn_call_each(call, wheeled->count, stop_one, wheeled);
}

/* What the motors of each side are to do. */
struct wheeled_task {
    struct wheeled_base *wheeled;
    int (*begin)(struct sn_call *call, struct sn_motor *motor, const struct wheeled_task *task,
                 double value);
    double values[2]; /* of LEFT and RIGHT: power, or rpm */
    double revolutions;
};

static int begin_power(struct sn_call *call, struct sn_motor *motor,
                       const struct wheeled_task *task, double power)
{
    return sn_motor_set_power(call, motor, power, NULL);
}

static int begin_rpm(struct sn_call *call, struct sn_motor *motor, const struct wheeled_task *task,
                     double rpm)
{
    return sn_motor_set_rpm(call, motor, rpm, NULL);
}

static int begin_go_for(struct sn_call *call, struct sn_motor *motor,
                        const struct wheeled_task *task, double rpm)
{
    return sn_motor_go_for(call, motor, rpm, task->revolutions, NULL);
}

static int begin_one(struct sn_call *call, void *arg, size_t i)
{
    const struct wheeled_task *task = arg;
    const struct wheeled_base *wheeled = task->wheeled;

    return task->begin(call, wheeled->motors[i], task,
                       task->values[i < wheeled->count / 2 ? LEFT : RIGHT]);
}

static int begin_all(struct sn_call *call, void *arg)
{
    const struct wheeled_task *task = arg;

    return sn_call_together(call, task->wheeled->count, begin_one, arg);
}

static int undo_all(struct sn_call *call, void *arg)
{
    return stop_all(call, ((const struct wheeled_task *)arg)->wheeled);
}

static int run(struct sn_call *call, const struct wheeled_task *task)
{
    static const sn_step_fn steps[] = {begin_all, NULL};
    struct wheeled_task *copy = sn_arena_alloc(call->arena, sizeof(*copy));

    if (!copy)
        return SN_ERR_RESOURCE_EXHAUSTED;
    *copy = *task;
    return sn_call_steps(call, steps, undo_all, copy);
}

/* ---- operations ---- */

static int wheeled_move_straight(struct sn_call *call, struct sn_base *base, int64_t distance,
                                 double speed, const struct pb_google_struct *extra)
{
    struct wheeled_base *wheeled = wheeled_of(base);
    double circumference = (double)wheeled->attrs->circumference;
    double rpm = speed / circumference * 60;

    if (distance == 0 || is_nearly_0(speed))
        return stop_all(call, wheeled);
    return run(call, &(struct wheeled_task){.wheeled = wheeled,
                                            .begin = begin_go_for,
                                            .values = {rpm, rpm},
                                            .revolutions = (double)distance / circumference});
}

static int wheeled_spin(struct sn_call *call, struct sn_base *base, double angle, double speed,
                        const struct pb_google_struct *extra)
{
    struct wheeled_base *wheeled = wheeled_of(base);
    double way = wheeled->slip * (double)wheeled->attrs->width * SN_PI * angle / 360;
    double revolutions = fabs(way / (double)wheeled->attrs->circumference);

    if (is_nearly_0(angle))
        return sn_call_fail(call, SN_ERR_UNKNOWN,
                            "cannot move base %s for an angle that is nearly 0", base->base.name);
    if (is_nearly_0(speed))
        return stop_all(call, wheeled);
    double rpm = revolutions / angle * speed * 60;
    return run(call, &(struct wheeled_task){.wheeled = wheeled,
                                            .begin = begin_go_for,
                                            .values = {-rpm, rpm},
                                            .revolutions = revolutions});
}

/* NaN stays: it is for the motor to refuse. */
static double clamp_power(double power)
{
    return power > 1 ? 1 : power < -1 ? -1 : power;
}

/* Forward and left are turned by 45 degrees into what the two sides do. Backward is forward
 * mirrored: the base keeps to the arc, as upstream's. */
static int wheeled_set_power(struct sn_call *call, struct sn_base *base,
                             const struct pb_common_vector3 *linear,
                             const struct pb_common_vector3 *angular,
                             const struct pb_google_struct *extra)
{
    struct wheeled_base *wheeled = wheeled_of(base);
    double sign = linear->y < 0 ? -1 : 1;
    double size = hypot(linear->y, angular->z) * sign;
    double direction = atan2(angular->z, fabs(linear->y)) + SN_PI / 4;

    if (is_zero(linear) && is_zero(angular))
        return stop_all(call, wheeled);
    return run(call,
               &(struct wheeled_task){.wheeled = wheeled,
                                      .begin = begin_power,
                                      .values = {clamp_power(size * cos(direction) * sqrt(2)),
                                                 clamp_power(size * sin(direction) * sqrt(2))}});
}

static int wheeled_set_velocity(struct sn_call *call, struct sn_base *base,
                                const struct pb_common_vector3 *linear,
                                const struct pb_common_vector3 *angular,
                                const struct pb_google_struct *extra)
{
    struct wheeled_base *wheeled = wheeled_of(base);
    double turning = sn_radians(angular->z) * (double)wheeled->attrs->width / 2; /* mm/s */
    double rpm_per_speed = 60 / (double)wheeled->attrs->circumference;

    if (is_zero(linear) && is_zero(angular))
        return stop_all(call, wheeled);
    return run(call, &(struct wheeled_task){.wheeled = wheeled,
                                            .begin = begin_rpm,
                                            .values = {(linear->y - turning) * rpm_per_speed,
                                                       (linear->y + turning) * rpm_per_speed}});
}

static int wheeled_stop(struct sn_call *call, struct sn_base *base,
                        const struct pb_google_struct *extra)
{
    return stop_all(call, wheeled_of(base));
}

struct wheeled_question {
    struct wheeled_base *wheeled;
    bool *powered; /* of each motor */
    double *power;
    bool *moving;
};

static int ask_one(struct sn_call *call, void *arg, size_t i)
{
    const struct wheeled_question *q = arg;

    return sn_motor_is_powered(call, q->wheeled->motors[i], NULL, &q->powered[i], &q->power[i]);
}

static int ask_all(struct sn_call *call, void *arg)
{
    return sn_call_together(call, ((const struct wheeled_question *)arg)->wheeled->count, ask_one,
                            arg);
}

static int answer_moving(struct sn_call *call, void *arg)
{
    const struct wheeled_question *q = arg;

    *q->moving = false;
    for (size_t i = 0; i < q->wheeled->count; i++)
        *q->moving |= q->powered[i];
    return 0;
}

static int wheeled_is_moving(struct sn_call *call, struct sn_base *base, bool *ret_moving)
{
    static const sn_step_fn steps[] = {ask_all, answer_moving, NULL};
    struct wheeled_base *wheeled = wheeled_of(base);
    struct wheeled_question *q = sn_arena_alloc(call->arena, sizeof(*q));

    if (!q)
        return SN_ERR_RESOURCE_EXHAUSTED;
    *q = (struct wheeled_question){
        .wheeled = wheeled,
        .powered = sn_arena_zalloc(call->arena, wheeled->count * sizeof(*q->powered)),
        .power = sn_arena_zalloc(call->arena, wheeled->count * sizeof(*q->power)),
        .moving = ret_moving};
    if (!q->powered || !q->power)
        return SN_ERR_RESOURCE_EXHAUSTED;
    return sn_call_steps(call, steps, NULL, q);
}

static int wheeled_properties(struct sn_call *call, struct sn_base *base,
                              const struct pb_google_struct *extra,
                              struct pb_base_get_properties_response *ret_properties)
{
    const struct wheeled_attrs *a = wheeled_of(base)->attrs;

    ret_properties->width_meters = (double)a->width / 1000;
    ret_properties->wheel_circumference_meters = (double)a->circumference / 1000;
    return 0;
}

/* ---- life ---- */

static int wheeled_validate(const void *attrs, struct sn_error *error)
{
    const struct wheeled_attrs *a = attrs;

    if (a->left.count != a->right.count)
        return sn_error_set(error, SN_ERR_INVALID_ARGUMENT,
                            "left and right need to have the same number of motors, not %zu vs %zu",
                            a->left.count, a->right.count);
    return 0;
}

static int find_motors(struct sn_call *call, struct wheeled_base *wheeled,
                       const struct sn_attr_list *names, const char *side)
{
    for (size_t i = 0; i < names->count; i++) {
        struct sn_str name = ((const struct sn_str *)names->v)[i];
        struct sn_resource *motor;
        int code = sn_dependency(call, &wheeled->base.base, SN_API_MOTOR, name, &motor);

        if (code)
            return sn_call_prefix(call, code, "no %s motor named (%.*s): ", side,
                                  SN_STR_ARGS(name));
        wheeled->motors[wheeled->count++] = (struct sn_motor *)motor;
    }
    return 0;
}

static int wheeled_open(struct sn_call *call, struct sn_resource *resource, const void *attrs)
{
    struct wheeled_base *wheeled = (struct wheeled_base *)resource;
    const struct wheeled_attrs *a = attrs;

    wheeled->attrs = a;
    wheeled->slip = a->slip != 0 ? a->slip : 1;
    wheeled->motors = calloc(a->left.count + a->right.count, sizeof(struct sn_motor *));
    if (!wheeled->motors)
        return SN_ERR_RESOURCE_EXHAUSTED;
    int code = find_motors(call, wheeled, &a->left, "left");
    if (!code)
        code = find_motors(call, wheeled, &a->right, "right");
    return code ? code : sn_frame_check(call, resource);
}

static int wheeled_close(struct sn_call *call, struct sn_resource *resource)
{
    return stop_all(call, (struct wheeled_base *)resource);
}

static void wheeled_fini(struct sn_resource *resource)
{
    free(((struct wheeled_base *)resource)->motors);
}

#define AT(member) offsetof(struct wheeled_attrs, member)

static const struct sn_attr wheeled_attrs[] = {
    {"width_mm", SN_ATTR_INT, AT(width), .help = "from the left wheels to the right ones, mm",
     .required = true},
    {"wheel_circumference_mm", SN_ATTR_INT, AT(circumference), .help = "way of a revolution, mm",
     .required = true},
    {"spin_slip_factor", SN_ATTR_NUMBER, AT(slip),
     .help = "how much farther wheels must turn in a spin than without slip; 1 if 0"},
    {"left", SN_ATTR_STRINGS, AT(left), .help = "motors on the left", .required = true,
     .dependency = true},
    {"right", SN_ATTR_STRINGS, AT(right), .help = "motors on the right, as many", .required = true,
     .dependency = true},
    {0},
};

static const struct sn_base_ops wheeled_ops = {
    .common = {.geometries = sn_frame_geometries},
    .move_straight = wheeled_move_straight,
    .spin = wheeled_spin,
    .set_power = wheeled_set_power,
    .set_velocity = wheeled_set_velocity,
    .stop = wheeled_stop,
    .is_moving = wheeled_is_moving,
    .properties = wheeled_properties,
};

const struct sn_driver sn_driver_base_wheeled = {
    .api = SN_API_BASE,
    .model = "rdk:builtin:wheeled",
    .help = "wheels on motors, steered by their difference",
    .size = sizeof(struct wheeled_base),
    .attrs_size = sizeof(struct wheeled_attrs),
    .attrs = wheeled_attrs,
    .ops = &wheeled_ops,
    .validate = wheeled_validate,
    .open = wheeled_open,
    .close = wheeled_close,
    .fini = wheeled_fini,
};
