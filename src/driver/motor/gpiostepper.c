/* SPDX-License-Identifier: Apache-2.0
 *
 * Stepper motor behind a driver with a step and a direction pin, on any board: the step pin's PWM
 * makes the pulses. Where it is follows from the frequency that the board really made and the time.
 */
#include "driver/motor/pins.h"
#include "sinew/api/motor.h"
#include "sinew/driver.h"
#include "sinew/log.h"
#include "sinew/steps.h"
#include "sinew/timers.h"

#include <math.h>

#define STILL 1e-4   /* power or rpm that is a stop */
#define NEAR_REV 0.1 /* a GoTo that is as near doesn't move, as upstream */
#define HZ_MAX 1e6   /* no stepper follows more */
#define PULSES_MAX 1e15

struct stepper_pins {
    struct sn_str step, dir, en_high, en_low;
};

struct stepper_attrs {
    struct sn_str board;
    struct stepper_pins pins;
    int64_t ticks_per_rotation, microsteps, stepper_delay_usec;
    double max_rpm;
};

struct stepper {
    struct sn_motor base;
    const struct stepper_attrs *attrs;
    struct sn_pins out;
    double pulses_per_rev; /* > 0 */
    double delay_s;        /* least time between pulses; 0: unknown */

    double wanted_hz; /* signed; 0: off */
    bool running;     /* pulses come, since began_ns */
    bool forward;
    uint64_t began_ns, real_hz, next_hz; /* what the board made of them: running, wanted */
    double pulses;                       /* where it was then */

    struct sn_call *move; /* the GoFor or GoTo under way */
    double goal;          /* pulses */
    int move_code;
    bool ending;
    struct sn_pins_waiter waiter;
    struct sn_timer arrival;
    struct sn_call *closing;
    struct sn_pins_waiter closing_waiter; /* `waiter` may still be a cancelled move's */
};

static struct stepper *stepper_of(struct sn_motor *motor)
{
    return (struct stepper *)motor;
}

static double pulses_now(const struct stepper *stepper)
{
    uint64_t now_ns = stepper->base.base.env->timers->now_ns;

    if (!stepper->running)
        return stepper->pulses;
    double done = floor((double)stepper->real_hz * (double)(now_ns - stepper->began_ns) / 1e9);
    if (stepper->move)
        done = fmin(done, fabs(stepper->goal - stepper->pulses));
    return stepper->pulses + (stepper->forward ? done : -done);
}

/* ---- pins ---- */

static bool plan(struct sn_pins *out)
{
    struct stepper *stepper = sn_container_of(out, struct stepper, out);
    const struct stepper_pins *pins = &stepper->attrs->pins;
    bool on = stepper->wanted_hz != 0;

    if (!on)
        sn_pins_duty(out, pins->step, 0);
    sn_pins_level(out, pins->en_high, on);
    sn_pins_level(out, pins->en_low, !on);
    if (!on)
        return true;
    sn_pins_level(out, pins->dir, stepper->wanted_hz > 0);
    sn_pins_pwm(out, pins->step, fabs(stepper->wanted_hz), 0.5);
    sn_pins_read_hz(out, pins->step, &stepper->next_hz);
    return false;
}

static void give_up(struct sn_pins *out)
{
    sn_container_of(out, struct stepper, out)->wanted_hz = 0;
}

static void end_move(struct stepper *stepper, int code);

/* From here on the pulses are those of the new wish. */
static void settled(struct sn_pins *out, int code)
{
    struct stepper *stepper = sn_container_of(out, struct stepper, out);

    stepper->pulses = pulses_now(stepper);
    stepper->running = stepper->wanted_hz != 0;
    stepper->real_hz = stepper->next_hz;
    stepper->forward = stepper->wanted_hz > 0;
    stepper->began_ns = stepper->base.base.env->timers->now_ns;
    if (code)
        end_move(stepper, code);
}

static void set_hz(struct stepper *stepper, double hz, double way)
{
    hz = hz > 0 ? fmin(fmax(floor(hz), 1), HZ_MAX) : 0;
    stepper->wanted_hz = copysign(hz, way);
    sn_pins_changed(&stepper->out);
}

/* ---- moves ---- */

static void move_is_off(struct sn_pins_waiter *waiter, int code)
{
    struct stepper *stepper = sn_container_of(waiter, struct stepper, waiter);
    struct sn_call *call = stepper->move;

    stepper->move = NULL;
    stepper->ending = false;
    if (code)
        sn_call_fail(call, code, "%s", stepper->out.text);
    sn_call_done(call, stepper->move_code ? stepper->move_code : code);
}

static void end_move(struct stepper *stepper, int code)
{
    if (!stepper->move || stepper->ending)
        return;
    stepper->ending = true;
    stepper->move_code = code;
    if (code)
        sn_call_fail(stepper->move, code, "%s", stepper->out.text);
    sn_timer_stop(stepper->base.base.env->timers, &stepper->arrival);
    sn_pins_forget(&stepper->waiter);
    set_hz(stepper, 0, 0);
    sn_pins_wait(&stepper->out, &stepper->waiter, move_is_off);
}

/* Upstream's answer to whoever's move was stopped or superseded. */
static void cancel_move(struct sn_call *call)
{
    sn_call_fail(call, SN_ERR_UNKNOWN, "trackPosition: context cancelled");
    end_move(call->holder, SN_ERR_UNKNOWN);
}

static void arrived(struct sn_timer *timer)
{
    struct stepper *stepper = sn_container_of(timer, struct stepper, arrival);

    stepper->pulses = stepper->goal;
    stepper->running = false;
    end_move(stepper, 0);
}

static void move_is_on(struct sn_pins_waiter *waiter, int code)
{
    struct stepper *stepper = sn_container_of(waiter, struct stepper, waiter);
    double left = fabs(stepper->goal - stepper->pulses);

    if (stepper->ending || code)
        return;
    double seconds = left / fmax((double)stepper->real_hz, 1e-3);
    /* A year is as good as for ever, and fits the clock. */
    uint64_t wait_ns = (uint64_t)(fmin(seconds, 31536000.0) * 1e9);
    sn_timer_start(stepper->base.base.env->timers, &stepper->arrival, wait_ns, arrived);
}

/* `way`: pulses, signed. */
static int move(struct stepper *stepper, struct sn_call *call, double rpm, double way)
{
    double hz = round(fabs(rpm) * stepper->pulses_per_rev / 60);

    if (stepper->delay_s > 0)
        hz = fmin(hz, round(1 / stepper->delay_s));
    way = fmin(fmax(round(way), -PULSES_MAX), PULSES_MAX);
    if (!(hz >= 0) || way == 0)
        return 0;
    stepper->goal = pulses_now(stepper) + way;
    stepper->move = call;
    stepper->ending = false;
    call->holder = stepper;
    call->on_cancel = cancel_move;
    set_hz(stepper, fmax(hz, 1), way);
    if (stepper->move == call && !stepper->ending)
        sn_pins_wait(&stepper->out, &stepper->waiter, move_is_on);
    return SN_PENDING;
}

/* What can't be a speed or a way moves nothing. */
static int stand_still(struct stepper *stepper, struct sn_call *call)
{
    set_hz(stepper, 0, 0);
    return sn_pins_obey(&stepper->out, call);
}

static int check_rpm(struct stepper *stepper, struct sn_call *call, double rpm)
{
    double max_rpm = stepper->attrs->max_rpm;

    if (!(fabs(rpm) >= 0.1))
        sn_log_warn(stepper->base.base.log, "motor speed is nearly 0 rev_per_min");
    else if (max_rpm > 0 && fabs(rpm) > max_rpm - 0.1)
        sn_log_warn(stepper->base.base.log, "motor speed is nearly the max rev_per_min (%f)",
                    max_rpm);
    return sn_motor_check_rpm(call, fabs(rpm) < 0.1 ? 0 : rpm);
}

static int stepper_go_for(struct sn_call *call, struct sn_motor *motor, double rpm,
                          double revolutions, const struct pb_google_struct *extra)
{
    struct stepper *stepper = stepper_of(motor);
    int code = check_rpm(stepper, call, rpm);

    if (!code)
        code = sn_motor_check_revolutions(call, revolutions);
    if (code)
        return code;
    if (isnan(rpm) || isnan(revolutions))
        return stand_still(stepper, call);
    double way = copysign(revolutions, rpm * revolutions) * stepper->pulses_per_rev;
    return move(stepper, call, rpm, way);
}

static int stepper_go_to(struct sn_call *call, struct sn_motor *motor, double rpm, double position,
                         const struct pb_google_struct *extra)
{
    struct stepper *stepper = stepper_of(motor);
    double way = position * stepper->pulses_per_rev - pulses_now(stepper);

    if (fabs(way) < NEAR_REV * stepper->pulses_per_rev)
        return 0;
    int code = check_rpm(stepper, call, rpm);
    if (code)
        return code;
    if (isnan(rpm) || isnan(way))
        return stand_still(stepper, call);
    return move(stepper, call, rpm, way);
}

/* ---- without an end ---- */

static int stepper_set_power(struct sn_call *call, struct sn_motor *motor, double power,
                             const struct pb_google_struct *extra)
{
    struct stepper *stepper = stepper_of(motor);
    bool stop = fabs(power) <= STILL;

    if (!stop && !(stepper->delay_s > 0))
        return sn_call_fail(call, SN_ERR_UNKNOWN,
                            "if you want to set the power, set 'stepper_delay_usec' in the motor "
                            "config at the minimum time delay between pulses for your stepper "
                            "motor (%s)",
                            motor->base.name);
    set_hz(stepper, stop || isnan(power) ? 0 : fmax(fabs(power) / stepper->delay_s, 1), power);
    return sn_pins_obey(&stepper->out, call);
}

static int stepper_set_rpm(struct sn_call *call, struct sn_motor *motor, double rpm,
                           const struct pb_google_struct *extra)
{
    struct stepper *stepper = stepper_of(motor);
    double hz = round(fabs(rpm) * stepper->pulses_per_rev / 60);

    if (stepper->delay_s > 0)
        hz = fmin(hz, round(1 / stepper->delay_s));
    if (fabs(rpm) <= STILL || isnan(rpm))
        return stand_still(stepper, call);
    set_hz(stepper, fmax(hz, 1), rpm);
    return sn_pins_obey(&stepper->out, call);
}

static int stepper_stop(struct sn_call *call, struct sn_motor *motor,
                        const struct pb_google_struct *extra)
{
    return stand_still(stepper_of(motor), call);
}

/* ---- where it is ---- */

struct resetting {
    struct stepper *stepper;
    double offset;
};

static int await_still(struct sn_call *call, void *arg)
{
    return sn_pins_settle(&((struct resetting *)arg)->stepper->out, call);
}

static int place(struct sn_call *call, void *arg)
{
    struct resetting *r = arg;

    r->stepper->pulses = round(-r->offset * r->stepper->pulses_per_rev);
    return 0;
}

static int stepper_reset_zero_position(struct sn_call *call, struct sn_motor *motor, double offset,
                                       const struct pb_google_struct *extra)
{
    static const sn_step_fn steps[] = {await_still, place, NULL};
    struct resetting *r = sn_arena_zalloc(call->arena, sizeof(*r));
    struct stepper *stepper = stepper_of(motor);

    if (!r)
        return SN_ERR_RESOURCE_EXHAUSTED;
    r->stepper = stepper;
    r->offset = offset;
    if (stepper->move)
        sn_call_cancel(stepper->move, SN_ERR_CANCELLED);
    set_hz(stepper, 0, 0);
    return sn_call_steps(call, steps, NULL, r);
}

static int stepper_position(struct sn_call *call, struct sn_motor *motor,
                            const struct pb_google_struct *extra, double *ret_revolutions)
{
    const struct stepper *stepper = stepper_of(motor);

    *ret_revolutions = pulses_now(stepper) / stepper->pulses_per_rev;
    return 0;
}

static int stepper_properties(struct sn_call *call, struct sn_motor *motor,
                              const struct pb_google_struct *extra, bool *ret_position_reporting)
{
    *ret_position_reporting = true;
    return 0;
}

/* On from the first pin that is set to the last that is off. */
static bool is_on(const struct stepper *stepper)
{
    return stepper->wanted_hz != 0 || stepper->running;
}

static int stepper_is_powered(struct sn_call *call, struct sn_motor *motor,
                              const struct pb_google_struct *extra, bool *ret_on, double *ret_power)
{
    *ret_on = is_on(stepper_of(motor));
    *ret_power = *ret_on;
    return 0;
}

static int stepper_is_moving(struct sn_call *call, struct sn_motor *motor, bool *ret_moving)
{
    *ret_moving = is_on(stepper_of(motor));
    return 0;
}

/* ---- its life ---- */

static int stepper_validate(const void *attrs, struct sn_error *error)
{
    const struct stepper_attrs *a = attrs;

    if (a->ticks_per_rotation == 0)
        return sn_error_set(error, SN_ERR_NOT_FOUND, "ticks_per_rotation");
    if (!a->pins.dir.len || !a->pins.step.len)
        return sn_error_set(error, SN_ERR_NOT_FOUND, "%s", a->pins.dir.len ? "step" : "dir");
    if (a->microsteps < 0)
        return sn_error_set(error, SN_ERR_INVALID_ARGUMENT,
                            "microsteps must be >= 0 (0 defaults to 1)");
    if (a->max_rpm < 0)
        return sn_error_set(error, SN_ERR_INVALID_ARGUMENT, "max_rpm must be >= 0");
    return 0;
}

static int stepper_open(struct sn_call *call, struct sn_resource *resource, const void *attrs)
{
    struct stepper *stepper = (struct stepper *)resource;
    const struct stepper_attrs *a = attrs;
    struct sn_resource *board;
    int code = sn_dependency(call, resource, SN_API_BOARD, a->board, &board);

    if (code)
        return code;
    stepper->attrs = a;
    stepper->pulses_per_rev =
        fabs((double)a->ticks_per_rotation) * (double)(a->microsteps ? a->microsteps : 1);
    if (a->max_rpm > 0)
        stepper->delay_s = round(60e9 / a->max_rpm / stepper->pulses_per_rev) / 1e9;
    else if (a->stepper_delay_usec > 0)
        stepper->delay_s = (double)a->stepper_delay_usec / 1e6;
    if (a->stepper_delay_usec > 0)
        sn_log_warn(resource->log,
                    "motor (%s) uses deprecated stepper_delay_usec; set max_rpm instead",
                    resource->name);
    stepper->out.plan = plan;
    stepper->out.give_up = give_up;
    stepper->out.settled = settled;
    sn_pins_init(&stepper->out, resource->env, (struct sn_board *)board);
    sn_list_init(&stepper->waiter.link);
    sn_pins_changed(&stepper->out);
    return sn_pins_open(&stepper->out, call);
}

static void cancel_close(struct sn_call *call)
{
    sn_pins_abandon(&((struct stepper *)call->holder)->out);
}

static void close_is_off(struct sn_pins_waiter *waiter, int code)
{
    struct stepper *stepper = sn_container_of(waiter, struct stepper, closing_waiter);

    if (code)
        sn_log_error(stepper->base.base.log, "could not be switched off: %s", stepper->out.text);
    sn_call_done(stepper->closing, 0);
}

static int stepper_close(struct sn_call *call, struct sn_resource *resource)
{
    struct stepper *stepper = (struct stepper *)resource;

    stepper->closing = call;
    call->holder = stepper;
    call->on_cancel = cancel_close;
    set_hz(stepper, 0, 0);
    sn_pins_wait(&stepper->out, &stepper->closing_waiter, close_is_off);
    return SN_PENDING;
}

#define AT(member) offsetof(struct stepper_attrs, member)
#define PIN(member) offsetof(struct stepper_pins, member)

static const struct sn_attr stepper_pin_table[] = {
    {"step", SN_ATTR_STRING, PIN(step), .help = "a pulse is a step"},
    {"dir", SN_ATTR_STRING, PIN(dir), .help = "high for forward"},
    {"en_high", SN_ATTR_STRING, PIN(en_high), .help = "high while it turns"},
    {"en_low", SN_ATTR_STRING, PIN(en_low), .help = "low while it turns"},
    {0},
};

static const struct sn_attr stepper_attr_table[] = {
    {"pins", SN_ATTR_OBJECT, AT(pins), .help = "pins of the driver", .sub = stepper_pin_table,
     .sub_size = sizeof(struct stepper_pins)},
    {"board", SN_ATTR_STRING, AT(board), .help = "board the pins are on", .required = true,
     .dependency = true},
    {"ticks_per_rotation", SN_ATTR_INT, AT(ticks_per_rotation),
     .help = "full steps a revolution; required"},
    {"microsteps", SN_ATTR_INT, AT(microsteps), .help = "pulses a full step, 1 if 0"},
    {"max_rpm", SN_ATTR_NUMBER, AT(max_rpm), .help = "revolutions per minute at power 1"},
    {"stepper_delay_usec", SN_ATTR_INT, AT(stepper_delay_usec),
     .help = "least time between pulses in us, if there is no max_rpm; deprecated"},
    {0},
};

static const struct sn_motor_ops stepper_ops = {
    .set_power = stepper_set_power,
    .go_for = stepper_go_for,
    .go_to = stepper_go_to,
    .set_rpm = stepper_set_rpm,
    .reset_zero_position = stepper_reset_zero_position,
    .position = stepper_position,
    .properties = stepper_properties,
    .stop = stepper_stop,
    .is_powered = stepper_is_powered,
    .is_moving = stepper_is_moving,
};

const struct sn_driver sn_driver_motor_gpiostepper = {
    .api = SN_API_MOTOR,
    .model = "rdk:builtin:gpiostepper",
    .help = "stepper motor behind a driver with a step and a direction pin",
    .size = sizeof(struct stepper),
    .attrs_size = sizeof(struct stepper_attrs),
    .attrs = stepper_attr_table,
    .ops = &stepper_ops,
    .validate = stepper_validate,
    .open = stepper_open,
    .close = stepper_close,
};
