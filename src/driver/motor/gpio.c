/* SPDX-License-Identifier: Apache-2.0
 *
 * DC motor on the pins of any board: two direction pins (a, b) with or without a PWM pin, or a
 * direction pin and a PWM pin. Without an encoder it turns by time; gpio_loop.c has the rest.
 */
#include "driver/motor/gpio.h"
#include "sinew/log.h"

#include <math.h>

/* Below this the motor is switched off. */
#define POWER_ON 0.01
#define DEFAULT_HZ 800
#define DEFAULT_MAX_RPM 100

/* ---- power ---- */

static bool plan_off(struct gpio_motor *motor)
{
    const struct gpio_pin_attrs *pins = &motor->attrs->pins;
    struct sn_pins *out = &motor->out;

    motor->planned_on = false;
    sn_pins_level(out, pins->pwm, false);
    sn_pins_level(out, pins->a, false);
    sn_pins_level(out, pins->b, false);
    sn_pins_level(out, pins->en_high, false);
    sn_pins_level(out, pins->en_low, true);
    return true;
}

/* Two pins only: one is high, and the other's being low drives. */
static void plan_bridge(struct gpio_motor *motor, double duty, bool forward, bool trim)
{
    const struct gpio_pin_attrs *pins = &motor->attrs->pins;

    if (!trim) {
        sn_pins_level(&motor->out, forward ? pins->a : pins->b, true);
        sn_pins_level(&motor->out, forward ? pins->b : pins->a, false);
    }
    sn_pins_pwm(&motor->out, forward ? pins->b : pins->a, motor->pwm_hz, 1 - duty);
}

static bool plan(struct sn_pins *out)
{
    struct gpio_motor *motor = sn_container_of(out, struct gpio_motor, out);
    const struct gpio_pin_attrs *pins = &motor->attrs->pins;
    bool forward = (motor->wanted > 0) != motor->attrs->dir_flip;
    bool trim = motor->trim && motor->planned_on && motor->planned_forward == forward;
    double duty = fabs(motor->wanted);

    if (motor->wanted == 0)
        return plan_off(motor);
    motor->power = motor->wanted;
    motor->planned_on = true;
    motor->planned_forward = forward;
    if (pins->a.len && pins->b.len) {
        if (pins->pwm.len && !trim) {
            sn_pins_level(out, pins->a, forward);
            sn_pins_level(out, pins->b, !forward);
        } else if (!pins->pwm.len) {
            plan_bridge(motor, duty, forward, trim);
        }
    } else if (!trim) {
        sn_pins_level(out, pins->dir, forward);
    }
    if (pins->pwm.len)
        sn_pins_pwm(out, pins->pwm, motor->pwm_hz, duty);
    if (!trim) {
        sn_pins_level(out, pins->en_high, true);
        sn_pins_level(out, pins->en_low, false);
    }
    return false;
}

static void give_up(struct sn_pins *out)
{
    struct gpio_motor *motor = sn_container_of(out, struct gpio_motor, out);

    gpio_loop_stop(motor);
    motor->wanted = 0;
}

/* What couldn't be switched off counts as on. */
static void settled(struct sn_pins *out, int code)
{
    struct gpio_motor *motor = sn_container_of(out, struct gpio_motor, out);

    if (motor->wanted == 0 && !code)
        motor->power = 0;
    if (code && !motor->ending)
        gpio_end_move(motor, code);
}

void gpio_set_power(struct gpio_motor *motor, double power, bool trim)
{
    double size = isnan(power) ? 0 : fmin(fabs(power), motor->max_power);

    motor->trim = trim;
    motor->wanted = size > 0 ? copysign(fmax(size, motor->min_power), power) : 0;
    sn_pins_changed(&motor->out);
}

/* A power that somebody asked for; control may want less. */
static void set_given_power(struct gpio_motor *motor, double power)
{
    gpio_set_power(motor, fabs(power) <= POWER_ON ? 0 : power, false);
}

/* ---- moves ---- */

/* Superseded, stopped or given up: to the caller it has ended, as upstream. */
static void cancel_move(struct sn_call *call)
{
    gpio_end_move(call->holder, 0);
}

void gpio_begin_move(struct gpio_motor *motor, struct sn_call *call)
{
    motor->move = call;
    motor->ending = false;
    call->holder = motor;
    call->on_cancel = cancel_move;
}

static void move_is_off(struct sn_pins_waiter *waiter, int code)
{
    struct gpio_motor *motor = sn_container_of(waiter, struct gpio_motor, waiter);
    struct sn_call *call = motor->move;

    motor->move = NULL;
    motor->ending = false;
    if (code)
        sn_call_fail(call, code, "%s", motor->out.text);
    sn_call_done(call, motor->move_code ? motor->move_code : code);
}

void gpio_end_move(struct gpio_motor *motor, int code)
{
    if (!motor->move || motor->ending)
        return;
    motor->ending = true;
    motor->move_code = code;
    if (code && motor->out.text[0])
        sn_call_fail(motor->move, code, "%s", motor->out.text);
    sn_timer_stop(motor->base.base.env->timers, &motor->arrival);
    gpio_loop_stop(motor);
    sn_pins_forget(&motor->waiter);
    gpio_set_power(motor, 0, false);
    sn_pins_wait(&motor->out, &motor->waiter, move_is_off);
}

static void arrived(struct sn_timer *timer)
{
    gpio_end_move(sn_container_of(timer, struct gpio_motor, arrival), 0);
}

/* The motor turns: from now on the time counts. */
static void move_is_on(struct sn_pins_waiter *waiter, int code)
{
    struct gpio_motor *motor = sn_container_of(waiter, struct gpio_motor, waiter);

    if (!motor->ending && !code)
        sn_timer_start(motor->base.base.env->timers, &motor->arrival, motor->turns_ns, arrived);
}

static void warn_rpm(const struct gpio_motor *motor, double rpm)
{
    struct sn_logger *log = motor->base.base.log;

    if (!(fabs(rpm) >= 0.1))
        sn_log_warn(log, "motor speed is nearly 0 rev_per_min");
    else if (fabs(rpm) > motor->max_rpm - 0.1)
        sn_log_warn(log, "motor speed is nearly the max rev_per_min (%f)", motor->max_rpm);
}

int gpio_check_rpm(struct gpio_motor *motor, struct sn_call *call, double rpm)
{
    warn_rpm(motor, rpm);
    return sn_motor_check_rpm(call, fabs(rpm) < 0.1 ? 0 : rpm);
}

static int gpio_go_for(struct sn_call *call, struct sn_motor *base, double rpm, double revolutions,
                       const struct pb_google_struct *extra)
{
    struct gpio_motor *motor = gpio_of(base);

    if (motor->loop.encoder)
        return gpio_loop_go(motor, call, rpm, revolutions, false);
    int code = gpio_check_rpm(motor, call, rpm);
    if (!code)
        code = sn_motor_check_revolutions(call, revolutions);
    if (code)
        return code;
    gpio_begin_move(motor, call);
    if (isnan(rpm) || isnan(revolutions)) {
        gpio_end_move(motor, 0);
        return SN_PENDING;
    }
    double speed = fmin(fabs(rpm), motor->max_rpm);
    /* A year is as good as for ever, and fits the clock. */
    double minutes = fmin(fabs(revolutions) / speed, 525600.0);
    motor->turns_ns = (uint64_t)(minutes * 60e9);
    set_given_power(motor, copysign(speed / motor->max_rpm, rpm * revolutions));
    if (motor->move == call && !motor->ending)
        sn_pins_wait(&motor->out, &motor->waiter, move_is_on);
    return SN_PENDING;
}

static int gpio_go_to(struct sn_call *call, struct sn_motor *base, double rpm, double position,
                      const struct pb_google_struct *extra)
{
    if (!gpio_of(base)->loop.encoder)
        return sn_call_fail(call, SN_ERR_UNKNOWN, "motor with name %s does not support GoTo",
                            base->base.name);
    return gpio_loop_go(gpio_of(base), call, rpm, position, true);
}

static int gpio_op_set_power(struct sn_call *call, struct sn_motor *base, double power,
                             const struct pb_google_struct *extra)
{
    struct gpio_motor *motor = gpio_of(base);

    gpio_loop_stop(motor);
    set_given_power(motor, power);
    return sn_pins_obey(&motor->out, call);
}

static int gpio_set_rpm(struct sn_call *call, struct sn_motor *base, double rpm,
                        const struct pb_google_struct *extra)
{
    struct gpio_motor *motor = gpio_of(base);

    if (motor->loop.encoder) {
        int code = gpio_loop_set_rpm(motor, call, rpm);
        return code ? code : sn_pins_obey(&motor->out, call);
    }
    int code = gpio_check_rpm(motor, call, rpm);
    return code ? code : gpio_op_set_power(call, base, rpm / motor->max_rpm, extra);
}

static int gpio_stop(struct sn_call *call, struct sn_motor *base,
                     const struct pb_google_struct *extra)
{
    return gpio_op_set_power(call, base, 0, extra);
}

/* ---- what it says of itself ---- */

static int gpio_reset_zero_position(struct sn_call *call, struct sn_motor *base, double offset,
                                    const struct pb_google_struct *extra)
{
    if (!gpio_of(base)->loop.encoder)
        return sn_call_fail(call, SN_ERR_UNKNOWN,
                            "motor with name %s does not support ResetZeroPosition",
                            base->base.name);
    return gpio_loop_reset(gpio_of(base), call, offset);
}

static int gpio_position(struct sn_call *call, struct sn_motor *base,
                         const struct pb_google_struct *extra, double *ret_revolutions)
{
    *ret_revolutions = 0;
    return gpio_of(base)->loop.encoder ? gpio_loop_position(gpio_of(base), call, ret_revolutions)
                                       : 0;
}

static int gpio_properties(struct sn_call *call, struct sn_motor *base,
                           const struct pb_google_struct *extra, bool *ret_position_reporting)
{
    *ret_position_reporting = gpio_of(base)->loop.encoder != NULL;
    return 0;
}

static int gpio_is_powered(struct sn_call *call, struct sn_motor *base,
                           const struct pb_google_struct *extra, bool *ret_on, double *ret_power)
{
    *ret_power = gpio_of(base)->power;
    *ret_on = *ret_power != 0;
    return 0;
}

/* Under control it moves even when no power is wanted at the moment. */
static int gpio_is_moving(struct sn_call *call, struct sn_motor *base, bool *ret_moving)
{
    const struct gpio_motor *motor = gpio_of(base);

    *ret_moving = motor->power != 0 || motor->move || motor->loop.mode != GPIO_IDLE;
    return 0;
}

static int gpio_do_command(struct sn_call *call, struct sn_resource *resource,
                           const struct pb_google_struct *command,
                           struct pb_google_struct **ret_result)
{
    struct gpio_motor *motor = (struct gpio_motor *)resource;

    if (!motor->loop.controlled)
        return sn_call_fail(call, SN_ERR_UNKNOWN, "DoCommand unimplemented");
    return gpio_loop_do_command(motor, call, command, ret_result);
}

/* ---- its life ---- */

static const char *pins_problem(const struct gpio_pin_attrs *pins)
{
    bool by_bridge = pins->a.len && pins->b.len, by_direction = pins->dir.len && pins->pwm.len;

    if (by_bridge || by_direction)
        return NULL;
    if (pins->a.len)
        return "motor pin config has specified pin A but not pin B";
    if (pins->b.len)
        return "motor pin config has specified pin B but not pin A";
    if (pins->dir.len)
        return "motor pin config has direction pin but needs PWM pin";
    if (pins->pwm.len)
        return "motor pin config has PWM pin but needs either a direction pin, or A and B pins";
    return "motor pin config devoid of pin definitions (A, B, Direction, PWM are all missing)";
}

static int gpio_validate(const void *attrs, struct sn_error *error)
{
    const struct gpio_attrs *a = attrs;
    const char *problem = pins_problem(&a->pins);

    if (problem)
        return sn_error_set(error, SN_ERR_INVALID_ARGUMENT, "%s", problem);
    if (a->encoder.len && a->ticks_per_rotation <= 0)
        return sn_error_set(error, SN_ERR_INVALID_ARGUMENT,
                            "ticks_per_rotation should be positive or zero");
    if (!a->encoder.len && !(a->max_rpm > 0))
        return sn_error_set(error, SN_ERR_NOT_FOUND, "max_rpm");
    return 0;
}

static int gpio_open(struct sn_call *call, struct sn_resource *resource, const void *attrs)
{
    struct gpio_motor *motor = (struct gpio_motor *)resource;
    const struct gpio_attrs *a = attrs;
    struct sn_resource *board;
    int code = sn_dependency(call, resource, SN_API_BOARD, a->board, &board);

    if (code)
        return code;
    motor->attrs = a;
    motor->out.plan = plan;
    motor->out.give_up = give_up;
    motor->out.settled = settled;
    sn_pins_init(&motor->out, resource->env, (struct sn_board *)board);
    sn_list_init(&motor->waiter.link);
    motor->max_power = a->max_power_pct == 0 ? 1 : a->max_power_pct;
    motor->min_power = fmin(fmax(a->min_power_pct, 0), 1);
    motor->max_rpm = a->max_rpm > 0 ? a->max_rpm : DEFAULT_MAX_RPM;
    motor->pwm_hz = a->pwm_freq ? a->pwm_freq : DEFAULT_HZ;
    if (!(motor->max_power >= 0.06 && motor->max_power <= 1))
        return sn_call_fail(call, SN_ERR_UNKNOWN, "max_power_pct must be between 0.06 and 1.0");
    if (a->pins.a.len && a->pins.b.len && !a->pins.pwm.len)
        sn_log_warn(resource->log,
                    "Motor %s has been configured with A and B pins, but no PWM. Make sure your "
                    "motor driver doesn't also require a PWM pin.",
                    resource->name);
    if (a->encoder.len)
        return gpio_loop_open(motor, call);
    gpio_set_power(motor, 0, false);
    return sn_pins_open(&motor->out, call);
}

/* A board that doesn't answer isn't waited for longer than whoever closes us waits. */
static void cancel_close(struct sn_call *call)
{
    sn_pins_abandon(&((struct gpio_motor *)call->holder)->out);
}

void gpio_closed(struct gpio_motor *motor)
{
    struct sn_call *call = motor->closing;

    if (!call || motor->loop.reading || !sn_pins_quiet(&motor->out))
        return;
    motor->closing = NULL;
    sn_call_done(call, 0);
}

static void close_is_off(struct sn_pins_waiter *waiter, int code)
{
    struct gpio_motor *motor = sn_container_of(waiter, struct gpio_motor, closing_waiter);

    if (code)
        sn_log_error(motor->base.base.log, "could not be switched off: %s", motor->out.text);
    gpio_closed(motor);
}

static int gpio_close(struct sn_call *call, struct sn_resource *resource)
{
    struct gpio_motor *motor = (struct gpio_motor *)resource;

    motor->closing = call;
    call->holder = motor;
    call->on_cancel = cancel_close;
    gpio_loop_close(motor);
    gpio_set_power(motor, 0, false);
    sn_pins_wait(&motor->out, &motor->closing_waiter, close_is_off);
    return SN_PENDING;
}

#define AT(member) offsetof(struct gpio_attrs, member)
#define CONTROL(member) offsetof(struct gpio_control_attrs, member)
#define PIN(member) offsetof(struct gpio_pin_attrs, member)

static const struct sn_attr gpio_pin_table[] = {
    {"a", SN_ATTR_STRING, PIN(a), .help = "high for forward"},
    {"b", SN_ATTR_STRING, PIN(b), .help = "high for backward"},
    {"dir", SN_ATTR_STRING, PIN(dir), .help = "high for forward, instead of a and b"},
    {"pwm", SN_ATTR_STRING, PIN(pwm), .help = "power"},
    {"en_high", SN_ATTR_STRING, PIN(en_high), .help = "high while the motor is on"},
    {"en_low", SN_ATTR_STRING, PIN(en_low), .help = "low while the motor is on"},
    {0},
};

static const struct sn_attr gpio_control_table[] = {
    {"p", SN_ATTR_NUMBER, CONTROL(p), .help = "proportional gain"},
    {"i", SN_ATTR_NUMBER, CONTROL(i), .help = "integral gain"},
    {"d", SN_ATTR_NUMBER, CONTROL(d), .help = "derivative gain"},
    {0},
};

static const struct sn_attr gpio_attr_table[] = {
    {"board", SN_ATTR_STRING, AT(board), .help = "board the pins are on", .required = true,
     .dependency = true},
    {"pins", SN_ATTR_OBJECT, AT(pins), .help = "a, b and pwm; a and b; or dir and pwm",
     .sub = gpio_pin_table, .sub_size = sizeof(struct gpio_pin_attrs)},
    {"min_power_pct", SN_ATTR_NUMBER, AT(min_power_pct), .help = "least power but 0, 0..1"},
    {"max_power_pct", SN_ATTR_NUMBER, AT(max_power_pct), .help = "most power, 0.06..1; 1 if 0"},
    {"pwm_freq", SN_ATTR_UINT, AT(pwm_freq), .help = "PWM frequency in Hz, 800 if 0"},
    {"dir_flip", SN_ATTR_BOOL, AT(dir_flip), .help = "swap forward and backward"},
    {"max_rpm", SN_ATTR_NUMBER, AT(max_rpm),
     .help = "revolutions per minute at power 1; required without an encoder"},
    {"encoder", SN_ATTR_STRING, AT(encoder), .help = "encoder on the motor's shaft",
     .dependency = true},
    {"ticks_per_rotation", SN_ATTR_INT, AT(ticks_per_rotation), .help = "of the encoder"},
    {"ramp_rate", SN_ATTR_NUMBER, AT(ramp_rate),
     .help = "change of power every 50 ms, up to 0.5; 0.05 if 0"},
    {"control_parameters", SN_ATTR_OBJECT, AT(control), .given = AT(has_control),
     .help = "PID gains in 1/255 of the power per tick a second; all 0: find them",
     .sub = gpio_control_table, .sub_size = sizeof(struct gpio_control_attrs)},
    {0},
};

static const struct sn_motor_ops gpio_ops = {
    .common = {.do_command = gpio_do_command},
    .set_power = gpio_op_set_power,
    .go_for = gpio_go_for,
    .go_to = gpio_go_to,
    .set_rpm = gpio_set_rpm,
    .reset_zero_position = gpio_reset_zero_position,
    .position = gpio_position,
    .properties = gpio_properties,
    .stop = gpio_stop,
    .is_powered = gpio_is_powered,
    .is_moving = gpio_is_moving,
};

const struct sn_driver sn_driver_motor_gpio = {
    .api = SN_API_MOTOR,
    .model = "rdk:builtin:gpio",
    .help = "DC motor on the pins of a board, with or without an encoder",
    .size = sizeof(struct gpio_motor),
    .attrs_size = sizeof(struct gpio_attrs),
    .attrs = gpio_attr_table,
    .ops = &gpio_ops,
    .validate = gpio_validate,
    .open = gpio_open,
    .close = gpio_close,
};
