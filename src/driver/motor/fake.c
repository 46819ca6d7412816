/* SPDX-License-Identifier: Apache-2.0
 *
 * Motor without hardware. It does as the reference's fake does, oddities included: power is not
 * clamped, NaN is taken, a GoFor whose caller gave up leaves the power on, and the encoder jumps at
 * the end of a move that nothing cut short.
 */
#include "driver/encoder/fake.h"
#include "sinew/api/board.h"
#include "sinew/api/motor.h"
#include "sinew/list.h"
#include "sinew/log.h"
#include "sinew/timers.h"

#include <math.h>

/* Below this the motor counts as standing still. */
#define POWER_ON 0.005

struct fake_pins {
    struct sn_str dir, pwm;
};

struct fake_attrs {
    struct sn_str board, encoder;
    struct fake_pins pins;
    double min_power_pct, max_power_pct, max_rpm;
    uint32_t pwm_freq;
    int64_t ticks_per_rotation;
    bool direction_flip;
};

struct fake_motor {
    struct sn_motor base;
    double max_rpm;                  /* > 0 */
    double power;                    /* -1..1, or whatever a client asked for */
    struct sn_fake_encoder *encoder; /* NULL: without */
    double ticks_per_rotation;
    struct sn_timer arrival;
    struct sn_call *moving; /* the GoFor or GoTo under way */
    double goal_ticks;      /* where it ends */
};

static struct fake_motor *fake_of(struct sn_motor *motor)
{
    return (struct fake_motor *)motor;
}

static int fake_check_encoder(struct sn_call *call, const struct fake_motor *fake)
{
    return fake->encoder ? 0 : sn_call_fail(call, SN_ERR_UNKNOWN, "encoder is not defined");
}

static double fake_revolutions(const struct fake_motor *fake)
{
    return fake->encoder ? fake->encoder->ticks / fake->ticks_per_rotation : 0;
}

static int fake_set_power(struct sn_call *call, struct sn_motor *motor, double power,
                          const struct pb_google_struct *extra)
{
    fake_of(motor)->power = power;
    return 0;
}

static void fake_stand(struct fake_motor *fake)
{
    fake->power = 0;
    if (fake->encoder)
        fake->encoder->ticks = fake->goal_ticks;
}

static void fake_arrived(struct sn_timer *timer)
{
    struct fake_motor *fake = sn_container_of(timer, struct fake_motor, arrival);
    struct sn_call *call = fake->moving;

    fake->moving = NULL;
    fake_stand(fake);
    sn_call_done(call, 0);
}

/* Superseded, stopped or given up: all the same to the caller, as upstream. */
static void fake_cancel_move(struct sn_call *call)
{
    struct fake_motor *fake = call->holder;

    sn_timer_stop(call->env->timers, &fake->arrival);
    fake->moving = NULL;
    sn_call_done(call, 0);
}

static void fake_warn_rpm(const struct fake_motor *fake, double rpm)
{
    struct sn_logger *log = fake->base.base.log;

    if (rpm == 0)
        sn_log_warn(log, "motor speed requested is 0 rev_per_min");
    else if (fabs(rpm) < 0.1)
        sn_log_warn(log, "motor speed is nearly 0 rev_per_min");
    else if (fabs(rpm) > fake->max_rpm - 0.1)
        sn_log_warn(log, "motor speed is nearly the max rev_per_min (%f)", fake->max_rpm);
}

/* `goal`: revolutions from zero, for the encoder. */
static int fake_move(struct sn_call *call, struct fake_motor *fake, double rpm, double revolutions,
                     double goal)
{
    fake_warn_rpm(fake, rpm);
    int code = sn_motor_check_rpm(call, rpm);
    if (!code)
        code = sn_motor_check_revolutions(call, revolutions);
    if (code)
        return code;
    double speed = fmin(fabs(rpm), fake->max_rpm);
    double minutes = fabs(revolutions) / speed;
    fake->goal_ticks = goal * fake->ticks_per_rotation;
    if (isnan(rpm) || !isfinite(minutes)) {
        fake_stand(fake);
        return 0;
    }
    fake->power = copysign(speed / fake->max_rpm, rpm * revolutions);
    fake->moving = call;
    call->holder = fake;
    call->on_cancel = fake_cancel_move;
    /* A year is as good as for ever, and fits the clock. */
    uint64_t wait_ns = (uint64_t)(fmin(minutes, 525600.0) * 60e9);
    sn_timer_start(call->env->timers, &fake->arrival, wait_ns, fake_arrived);
    return SN_PENDING;
}

static int fake_go_for(struct sn_call *call, struct sn_motor *motor, double rpm, double revolutions,
                       const struct pb_google_struct *extra)
{
    struct fake_motor *fake = fake_of(motor);
    double turns = copysign(revolutions, rpm * revolutions);

    return fake_move(call, fake, rpm, revolutions, fake_revolutions(fake) + turns);
}

static int fake_go_to(struct sn_call *call, struct sn_motor *motor, double rpm, double position,
                      const struct pb_google_struct *extra)
{
    struct fake_motor *fake = fake_of(motor);
    int code = fake_check_encoder(call, fake);

    if (code)
        return code;
    return fake_move(call, fake, fabs(rpm), position - fake_revolutions(fake), position);
}

static int fake_set_rpm(struct sn_call *call, struct sn_motor *motor, double rpm,
                        const struct pb_google_struct *extra)
{
    struct fake_motor *fake = fake_of(motor);

    fake_warn_rpm(fake, rpm);
    int code = sn_motor_check_rpm(call, rpm);
    if (!code)
        fake->power = rpm / fake->max_rpm;
    return code;
}

static int fake_reset_zero_position(struct sn_call *call, struct sn_motor *motor, double offset,
                                    const struct pb_google_struct *extra)
{
    struct fake_motor *fake = fake_of(motor);
    int code = fake_check_encoder(call, fake);

    if (!code)
        fake->encoder->ticks = -offset; /* not revolutions: an oddity of upstream's */
    return code;
}

static int fake_position(struct sn_call *call, struct sn_motor *motor,
                         const struct pb_google_struct *extra, double *ret_revolutions)
{
    const struct fake_motor *fake = fake_of(motor);
    int code = fake_check_encoder(call, fake);

    if (!code)
        *ret_revolutions = fake_revolutions(fake);
    return code;
}

static int fake_properties(struct sn_call *call, struct sn_motor *motor,
                           const struct pb_google_struct *extra, bool *ret_position_reporting)
{
    *ret_position_reporting = fake_of(motor)->encoder != NULL;
    return 0;
}

static int fake_stop(struct sn_call *call, struct sn_motor *motor,
                     const struct pb_google_struct *extra)
{
    fake_of(motor)->power = 0;
    return 0;
}

static int fake_is_powered(struct sn_call *call, struct sn_motor *motor,
                           const struct pb_google_struct *extra, bool *ret_on, double *ret_power)
{
    *ret_power = fake_of(motor)->power;
    *ret_on = fabs(*ret_power) >= POWER_ON;
    return 0;
}

static int fake_is_moving(struct sn_call *call, struct sn_motor *motor, bool *ret_moving)
{
    *ret_moving = fabs(fake_of(motor)->power) >= POWER_ON;
    return 0;
}

static int fake_validate(const void *attrs, struct sn_error *error)
{
    const struct fake_attrs *a = attrs;

    if (a->encoder.len && a->ticks_per_rotation <= 0)
        return sn_error_set(error, SN_ERR_INVALID_ARGUMENT,
                            "need nonzero TicksPerRotation for encoded motor");
    return 0;
}

static int fake_find_encoder(struct sn_call *call, struct fake_motor *fake, struct sn_str name)
{
    struct sn_resource *encoder;
    int code = sn_dependency(call, &fake->base.base, SN_API_ENCODER, name, &encoder);

    if (code)
        return code;
    if (encoder->driver != &sn_driver_encoder_fake)
        return sn_call_fail(call, SN_ERR_UNKNOWN,
                            "expected implementation of fake.Encoder but it was a *%s.Encoder",
                            encoder->driver ? strrchr(encoder->driver->model, ':') + 1 : "client");
    fake->encoder = (struct sn_fake_encoder *)encoder;
    return 0;
}

static int fake_open(struct sn_call *call, struct sn_resource *resource, const void *attrs)
{
    struct fake_motor *fake = (struct fake_motor *)resource;
    const struct fake_attrs *a = attrs;
    struct sn_resource *board;
    int code = 0;

    if (a->board.len)
        code = sn_dependency(call, resource, SN_API_BOARD, a->board, &board);
    if (!code && a->encoder.len)
        code = fake_find_encoder(call, fake, a->encoder);
    if (code)
        return code;
    fake->ticks_per_rotation = (double)a->ticks_per_rotation;

    fake->max_rpm = a->max_rpm;
    if (!(a->max_rpm > 0)) {
        sn_log_info(resource->log, "Max RPM not provided to a fake motor, defaulting to 100");
        fake->max_rpm = 100;
    }
    return 0;
}

static int fake_close(struct sn_call *call, struct sn_resource *resource)
{
    ((struct fake_motor *)resource)->power = 0;
    return 0;
}

#define AT(member) offsetof(struct fake_attrs, member)

static const struct sn_attr fake_pin_attrs[] = {
    {"dir", SN_ATTR_STRING, offsetof(struct fake_pins, dir), .help = "direction pin, unused"},
    {"pwm", SN_ATTR_STRING, offsetof(struct fake_pins, pwm), .help = "power pin, unused"},
    {0},
};

static const struct sn_attr fake_attrs[] = {
    {"board", SN_ATTR_STRING, AT(board), .help = "board the pins are on", .dependency = true},
    {"encoder", SN_ATTR_STRING, AT(encoder), .help = "a fake encoder", .dependency = true},
    {"pins", SN_ATTR_OBJECT, AT(pins), .help = "pins, unused", .sub = fake_pin_attrs,
     .sub_size = sizeof(struct fake_pins)},
    {"min_power_pct", SN_ATTR_NUMBER, AT(min_power_pct), .help = "least power 0..1, unused"},
    {"max_power_pct", SN_ATTR_NUMBER, AT(max_power_pct), .help = "most power 0..1, unused"},
    {"pwm_freq", SN_ATTR_UINT, AT(pwm_freq), .help = "PWM frequency in Hz, unused"},
    {"max_rpm", SN_ATTR_NUMBER, AT(max_rpm), .help = "revolutions per minute at power 1, 100 if 0"},
    {"ticks_per_rotation", SN_ATTR_INT, AT(ticks_per_rotation),
     .help = "of the encoder, > 0 with one"},
    {"direction_flip", SN_ATTR_BOOL, AT(direction_flip), .help = "swap directions, unused"},
    {0},
};

static const struct sn_motor_ops fake_ops = {
    .set_power = fake_set_power,
    .go_for = fake_go_for,
    .go_to = fake_go_to,
    .set_rpm = fake_set_rpm,
    .reset_zero_position = fake_reset_zero_position,
    .position = fake_position,
    .properties = fake_properties,
    .stop = fake_stop,
    .is_powered = fake_is_powered,
    .is_moving = fake_is_moving,
};

const struct sn_driver sn_driver_motor_fake = {
    .api = SN_API_MOTOR,
    .model = "rdk:builtin:fake",
    .help = "keeps what it was told; GoFor takes the time a motor would",
    .size = sizeof(struct fake_motor),
    .attrs_size = sizeof(struct fake_attrs),
    .attrs = fake_attrs,
    .ops = &fake_ops,
    .validate = fake_validate,
    .open = fake_open,
    .close = fake_close,
};
