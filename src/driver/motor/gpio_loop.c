/* SPDX-License-Identifier: Apache-2.0
 *
 * The gpio motor with an encoder: every 10 ms it reads the encoder, and when the answer is there,
 * sets the power. Without control parameters power follows the speed in steps; with them a PID
 * controller follows a trapezoidal profile, or a speed. Gains are in upstream's unit, so that a
 * config means the same here: power = (p * error + ...) / 255 with the error in ticks a second.
 */
#include "driver/motor/gpio.h"
#include "sinew/log.h"
#include "sinew/steps.h"
#include "sinew/struct.h"
#include "spatial/number.h"

#include <math.h>
#include <stdio.h>

enum { READ_MEMORY_MAX = 64 << 10, TUNED_TEXT_MAX = 128 };

#define GAIN_UNIT (1.0 / 255)
#define RAMP_START 0.2 /* power a ramp begins with */
#define RAMP_RATE 0.05 /* if none is given */
#define NEAR_REV 0.1   /* a GoTo that is as near doesn't move, as upstream */
#define SPEED_UP_S 0.5 /* a profile's way to its speed */
#define PULL 5.0       /* 1/s: speed a controlled move adds per distance behind its profile */
#define TUNE_DRIVE 0.4
#define TUNE_SWING 0.1
#define SPEED_MAX 1e9 /* ticks a second: more is a slip of the pen, and must not overflow */

static const uint64_t period_ns = SN_MS(10), ramp_period_ns = SN_MS(50);

/* An encoder that says nothing for so long is lost: a module that hangs, a bus that is stuck. */
static const uint64_t silence_ns = SN_SECONDS(2);

static struct gpio_motor *motor_of(struct gpio_loop *loop)
{
    return sn_container_of(loop, struct gpio_motor, loop);
}

/* ---- measuring ---- */

static void add_sample(struct gpio_loop *loop, double ticks, uint64_t ns)
{
    for (unsigned i = GPIO_SAMPLES - 1; i > 0; i--)
        loop->samples[i] = loop->samples[i - 1];
    loop->samples[0].ticks = ticks;
    loop->samples[0].ns = ns;
    if (loop->sample_count < GPIO_SAMPLES)
        loop->sample_count++;
}

/* Ticks a second, over the last few readings. */
static double speed_of(const struct gpio_loop *loop)
{
    if (loop->sample_count < 2)
        return 0;
    unsigned oldest = loop->sample_count - 1;
    double seconds = (double)(loop->samples[0].ns - loop->samples[oldest].ns) / 1e9;

    return seconds > 0 ? (loop->samples[0].ticks - loop->samples[oldest].ticks) / seconds : 0;
}

/* Since the power was last regulated. */
static double period_s(struct gpio_loop *loop)
{
    uint64_t now_ns = loop->samples[0].ns, last_ns = loop->stepped_ns;

    loop->stepped_ns = now_ns;
    return (double)(last_ns ? now_ns - last_ns : period_ns) / 1e9;
}

static double ticks_per_second(const struct gpio_loop *loop, double rpm)
{
    return fmax(fmin(rpm * loop->ticks_per_rotation / 60, SPEED_MAX), -SPEED_MAX);
}

/* ---- one step of each way to regulate ---- */

static void step_ramp(struct gpio_loop *loop, double ticks, uint64_t now_ns)
{
    struct gpio_motor *motor = motor_of(loop);

    if (now_ns - loop->ramp_ns < ramp_period_ns)
        return;
    double minutes = (double)(now_ns - loop->ramp_ns) / 60e9;
    double rpm = fabs(ticks - loop->ramp_ticks) / loop->ticks_per_rotation / minutes;
    double size = fabs(motor->wanted);

    loop->ramp_ns = now_ns;
    loop->ramp_ticks = ticks;
    if (rpm < fabs(loop->rpm))
        size = fmin(size + loop->ramp_rate, 1);
    else if (rpm > fabs(loop->rpm))
        size = fmax(size - loop->ramp_rate, 0);
    if (size >= 1 && rpm == 0 && !loop->warned) {
        loop->warned = true;
        sn_log_warn(motor->base.base.log,
                    "%s motor running at too low an rpm [%g] for stable motion:trying to run at %g "
                    "rpm, check if stalled or try increasing the motor's rpm",
                    motor->base.base.name, rpm, loop->rpm);
    }
    double way = loop->moves ? loop->goal - loop->start : loop->rpm;
    /* At least a trace of power keeps the direction, and the ticks of an encoder that asks for it.
     */
    gpio_set_power(motor, copysign(fmax(size, 1e-3), way), true);
}

static void step_pid(struct gpio_loop *loop, double ticks, uint64_t now_ns)
{
    double wanted = ticks_per_second(loop, loop->rpm);

    if (loop->moves) {
        double limit = 2 * ticks_per_second(loop, loop->rpm);
        double seconds = (double)(now_ns - loop->began_ns) / 1e9;
        double behind = loop->start + sn_profile_position(&loop->profile, seconds) - ticks;
        wanted = sn_profile_velocity(&loop->profile, seconds) + PULL * behind;
        wanted = fmax(fmin(wanted, limit), -limit);
    }
    gpio_set_power(motor_of(loop), sn_pid_step(&loop->pid, wanted - speed_of(loop), period_s(loop)),
                   true);
}

static void step_tune(struct gpio_loop *loop)
{
    struct gpio_motor *motor = motor_of(loop);
    double power = sn_tune_step(&loop->tune, speed_of(loop), period_s(loop));

    if (loop->tune.state < SN_TUNE_DONE) {
        gpio_set_power(motor, power, true);
        return;
    }
    gpio_loop_stop(motor);
    loop->tuned = loop->tune.state == SN_TUNE_DONE;
    gpio_set_power(motor, 0, false);
    if (loop->tuned)
        sn_log_info(motor->base.base.log,
                    "Calculated gains are p: %f, i: %f, d: %f. You must "
                    "MANUALLY ADD p, i and d gains to the robot config to use them",
                    loop->tune.gains.p / GAIN_UNIT, loop->tune.gains.i / GAIN_UNIT, 0.0);
    else
        sn_log_warn(motor->base.base.log, "can't tune: %s", loop->tune.problem);
}

/* ---- moves ---- */

/* The first reading says where the way begins. False: the move has ended already. */
static bool plan_move(struct gpio_loop *loop, double ticks)
{
    struct gpio_motor *motor = motor_of(loop);
    double distance = loop->amount * loop->ticks_per_rotation;

    if (loop->absolute)
        distance -= ticks + loop->offset;
    bool near = fabs(distance) < NEAR_REV * loop->ticks_per_rotation;
    if (loop->absolute && near) {
        gpio_end_move(motor, 0);
        return false;
    }
    struct sn_call *call = motor->move;
    int code = gpio_check_rpm(motor, call, loop->rpm);
    if (!code && !loop->absolute)
        code = sn_motor_check_revolutions(call, loop->amount);
    if (code || isnan(loop->rpm) || isnan(distance)) {
        gpio_end_move(motor, code);
        return false;
    }
    if (loop->rpm < 0 && !loop->absolute)
        distance = -distance;
    loop->rpm = fabs(loop->rpm);
    loop->start = ticks;
    loop->goal = ticks + distance;
    loop->planned = true;
    return true;
}

static void start_ramp(struct gpio_loop *loop, double ticks, uint64_t now_ns)
{
    struct gpio_motor *motor = motor_of(loop);
    double way = loop->moves ? loop->goal - loop->start : loop->rpm;
    bool same_way = motor->wanted * way > 0 && fabs(motor->wanted) > RAMP_START;

    loop->ramp_ns = now_ns;
    loop->ramp_ticks = ticks;
    gpio_set_power(motor, same_way ? motor->wanted : copysign(RAMP_START, way), false);
}

static void start_pid(struct gpio_loop *loop, uint64_t now_ns)
{
    double speed = fabs(ticks_per_second(loop, loop->rpm));

    loop->began_ns = now_ns;
    sn_pid_reset(&loop->pid);
    loop->profile = sn_profile_plan(loop->goal - loop->start, speed, speed / SPEED_UP_S);
}

static bool arrived(const struct gpio_loop *loop, double ticks)
{
    return loop->goal >= loop->start ? ticks >= loop->goal : ticks <= loop->goal;
}

static void seen(struct gpio_loop *loop)
{
    struct gpio_motor *motor = motor_of(loop);
    uint64_t now_ns = motor->base.base.env->timers->now_ns;
    double ticks = loop->seen.value;

    add_sample(loop, ticks, now_ns);
    if (!loop->planned && loop->mode != GPIO_TUNE) {
        if (loop->moves && !plan_move(loop, ticks))
            return;
        loop->planned = true;
        if (loop->mode == GPIO_RAMP)
            start_ramp(loop, ticks, now_ns);
        else
            start_pid(loop, now_ns);
    }
    if (loop->mode != GPIO_TUNE && loop->moves && arrived(loop, ticks))
        gpio_end_move(motor, 0);
    else if (!sn_pins_quiet(&motor->out))
        return; /* a slow board: it gets the next power when it has the last */
    else if (loop->mode == GPIO_RAMP)
        step_ramp(loop, ticks, now_ns);
    else if (loop->mode == GPIO_PID)
        step_pid(loop, ticks, now_ns);
    else if (loop->mode == GPIO_TUNE)
        step_tune(loop);
}

/* ---- the cycle ---- */

static void lost(struct gpio_loop *loop, int code, struct sn_str text)
{
    struct gpio_motor *motor = motor_of(loop);

    sn_log_warn(motor->base.base.log, "stops, since its encoder can't be read: %.*s",
                SN_STR_ARGS(text));
    loop->tune_stopped |= loop->mode == GPIO_TUNE;
    gpio_loop_stop(motor);
    if (motor->move && !motor->ending)
        sn_call_fail(motor->move, code, "%.*s", SN_STR_ARGS(text));
    gpio_end_move(motor, code);
    gpio_set_power(motor, 0, false);
}

static int start_read(struct sn_call *call)
{
    struct gpio_loop *loop = sn_container_of(call, struct gpio_loop, read);

    return sn_encoder_position(call, loop->encoder, SN_ENCODER_TICKS, NULL, &loop->seen);
}

static void read_ended(struct sn_call *call, int code)
{
    struct gpio_loop *loop = sn_container_of(call, struct gpio_loop, read);

    if (loop->mode != GPIO_IDLE && code)
        lost(loop, code, sn_call_text(call, code));
    sn_arena_fini(&loop->arena);
    loop->reading = false;
    if (loop->mode != GPIO_IDLE)
        seen(loop);
    gpio_closed(motor_of(loop));
}

/* One that is still under way serves, too. */
static void read_encoder(struct gpio_loop *loop)
{
    struct sn_env *env = motor_of(loop)->base.base.env;

    if (loop->reading)
        return;
    loop->reading = true;
    loop->asked_ns = env->timers->now_ns;
    sn_arena_init(&loop->arena, env->blocks, READ_MEMORY_MAX);
    sn_call_init(&loop->read, env, &loop->arena, NULL);
    loop->read.start = start_read;
    loop->read.end = read_ended;
    sn_call_start(&loop->read);
}

static void turn(struct sn_cycle *cycle)
{
    struct gpio_loop *loop = sn_container_of(cycle, struct gpio_loop, cycle);

    if (loop->reading && cycle->timers->now_ns - loop->asked_ns > silence_ns) {
        lost(loop, SN_ERR_DEADLINE_EXCEEDED, SN_STR("it doesn't answer"));
        sn_call_cancel(&loop->read, SN_ERR_DEADLINE_EXCEEDED);
        return;
    }
    read_encoder(loop);
}

static void start(struct gpio_loop *loop, enum gpio_mode mode)
{
    loop->mode = mode;
    loop->planned = loop->warned = false;
    loop->sample_count = 0;
    loop->stepped_ns = 0;
    sn_cycle_start(&loop->cycle, motor_of(loop)->base.base.env->timers, period_ns, turn);
    read_encoder(loop);
}

void gpio_loop_stop(struct gpio_motor *motor)
{
    struct gpio_loop *loop = &motor->loop;

    loop->tune_stopped |= loop->mode == GPIO_TUNE && loop->tune.state < SN_TUNE_DONE;
    loop->mode = GPIO_IDLE;
    sn_cycle_stop(&loop->cycle);
}

/* ---- operations ---- */

/* {"p": 0.6, "i": 2.1, "d": 0, "type": ""}, as upstream writes it. */
static const char *tuned_text(const struct gpio_loop *loop, char text[TUNED_TEXT_MAX])
{
    char p[SN_NUMBER_MAX], i[SN_NUMBER_MAX];

    snprintf(text, TUNED_TEXT_MAX, "{\"p\": %s, \"i\": %s, \"d\": 0, \"type\": \"\"}",
             sn_number_print(loop->tune.gains.p / GAIN_UNIT, p),
             sn_number_print(loop->tune.gains.i / GAIN_UNIT, i));
    return text;
}

/* A motor whose gains are to be found does nothing else. */
static int check_tuned(struct gpio_motor *motor, struct sn_call *call)
{
    struct gpio_loop *loop = &motor->loop;
    const char *name = motor->base.base.name;
    char text[TUNED_TEXT_MAX];

    if (loop->tuned)
        return sn_call_fail(call, SN_ERR_UNKNOWN,
                            "%s has been tuned, please copy the following control values into your "
                            "config: %s",
                            name, tuned_text(loop, text));
    if (loop->mode == GPIO_TUNE)
        return sn_call_fail(call, SN_ERR_UNKNOWN, "tuning for %s is in progress", name);
    if (loop->tune_stopped)
        return sn_call_fail(call, SN_ERR_UNKNOWN, "tuning for %s was stopped", name);
    if (loop->tune.state == SN_TUNE_FAILED)
        return sn_call_fail(call, SN_ERR_UNKNOWN, "%s could not be tuned: %s", name,
                            loop->tune.problem);
    return 0;
}

int gpio_loop_go(struct gpio_motor *motor, struct sn_call *call, double rpm, double amount,
                 bool absolute)
{
    struct gpio_loop *loop = &motor->loop;
    int code = check_tuned(motor, call);

    if (code)
        return code;
    gpio_loop_stop(motor);
    loop->moves = true;
    loop->absolute = absolute;
    loop->rpm = rpm;
    loop->amount = amount;
    gpio_begin_move(motor, call);
    start(loop, loop->controlled ? GPIO_PID : GPIO_RAMP);
    return SN_PENDING;
}

int gpio_loop_set_rpm(struct gpio_motor *motor, struct sn_call *call, double rpm)
{
    struct gpio_loop *loop = &motor->loop;
    int code = check_tuned(motor, call);

    if (!code)
        code = gpio_check_rpm(motor, call, rpm);
    if (code)
        return code;
    gpio_loop_stop(motor);
    if (isnan(rpm)) {
        gpio_set_power(motor, 0, false);
        return 0;
    }
    loop->moves = false;
    loop->rpm = rpm;
    loop->start = loop->goal = 0;
    start(loop, loop->controlled ? GPIO_PID : GPIO_RAMP);
    return 0;
}

struct asking {
    struct gpio_motor *motor;
    struct sn_encoder_position seen;
    double offset, *ret_revolutions;
};

static int ask_position(struct sn_call *call, void *arg)
{
    struct asking *a = arg;

    return sn_encoder_position(call, a->motor->loop.encoder, SN_ENCODER_TICKS, NULL, &a->seen);
}

static int tell_position(struct sn_call *call, void *arg)
{
    struct asking *a = arg;
    const struct gpio_loop *loop = &a->motor->loop;

    *a->ret_revolutions = (a->seen.value + loop->offset) / loop->ticks_per_rotation;
    return 0;
}

static struct asking *asking_new(struct gpio_motor *motor, struct sn_call *call)
{
    struct asking *a = sn_arena_zalloc(call->arena, sizeof(*a));

    if (a)
        a->motor = motor;
    return a;
}

int gpio_loop_position(struct gpio_motor *motor, struct sn_call *call, double *ret_revolutions)
{
    static const sn_step_fn steps[] = {ask_position, tell_position, NULL};
    struct asking *a = asking_new(motor, call);

    if (!a)
        return SN_ERR_RESOURCE_EXHAUSTED;
    a->ret_revolutions = ret_revolutions;
    return sn_call_steps(call, steps, NULL, a);
}

static int await_off(struct sn_call *call, void *arg)
{
    return sn_pins_settle(&((struct asking *)arg)->motor->out, call);
}

static int reset_encoder(struct sn_call *call, void *arg)
{
    return sn_encoder_reset_position(call, ((struct asking *)arg)->motor->loop.encoder, NULL);
}

static int keep_offset(struct sn_call *call, void *arg)
{
    struct asking *a = arg;

    a->motor->loop.offset = -a->offset * a->motor->loop.ticks_per_rotation;
    return 0;
}

int gpio_loop_reset(struct gpio_motor *motor, struct sn_call *call, double offset)
{
    static const sn_step_fn steps[] = {await_off, reset_encoder, keep_offset, NULL};
    struct asking *a = asking_new(motor, call);

    if (!a)
        return SN_ERR_RESOURCE_EXHAUSTED;
    a->offset = offset;
    gpio_loop_stop(motor);
    gpio_end_move(motor, 0);
    gpio_set_power(motor, 0, false);
    return sn_call_steps(call, steps, NULL, a);
}

int gpio_loop_do_command(struct gpio_motor *motor, struct sn_call *call,
                         const struct pb_google_struct *command,
                         struct pb_google_struct **ret_result)
{
    struct pb_google_struct *result = sn_arena_zalloc(call->arena, sizeof(*result));
    char text[TUNED_TEXT_MAX] = "";

    *ret_result = result;
    if (!result)
        return SN_ERR_RESOURCE_EXHAUSTED;
    if (!sn_pb_value_bool(sn_pb_struct_get(command, "get_tuned_pid"), false))
        return 0;
    if (motor->loop.tuned)
        tuned_text(&motor->loop, text);
    struct sn_str copy = sn_arena_copy(call->arena, sn_str_of(text));
    if (!copy.ptr)
        return SN_ERR_RESOURCE_EXHAUSTED;
    return sn_pb_struct_add(result, SN_STR("get_tuned_pid"), sn_pb_string(copy), call->arena);
}

/* ---- its life ---- */

static int direction_now(const struct sn_direction *direction)
{
    double power = sn_container_of(direction, struct gpio_motor, loop.direction)->power;

    return (power > 0) - (power < 0);
}

static void configure(struct gpio_motor *motor)
{
    const struct gpio_attrs *a = motor->attrs;
    struct gpio_loop *loop = &motor->loop;
    struct sn_logger *log = motor->base.base.log;

    loop->ticks_per_rotation = (double)a->ticks_per_rotation;
    loop->controlled = a->has_control;
    loop->pid = (struct sn_pid){.gains = {a->control.p, a->control.i, a->control.d},
                                .scale = GAIN_UNIT,
                                .low = -1,
                                .high = 1};
    loop->ramp_rate = a->ramp_rate;
    if (loop->controlled)
        return;
    sn_log_warn(log, "recommended: for more accurate motor control, configure "
                     "'control_parameters' in the motor config");
    if (!(a->ramp_rate > 0 && a->ramp_rate <= 0.5)) {
        sn_log_warn(log, "setting ramp rate to default value of 0.05 instead of %g", a->ramp_rate);
        loop->ramp_rate = RAMP_RATE;
    }
}

struct opening {
    struct gpio_motor *motor;
    bool ticks, degrees;
};

static int ask_properties(struct sn_call *call, void *arg)
{
    struct opening *o = arg;

    return sn_encoder_properties(call, o->motor->loop.encoder, NULL, &o->ticks, &o->degrees);
}

static int check_properties(struct sn_call *call, void *arg)
{
    struct opening *o = arg;

    return o->ticks ? 0 : sn_encoder_refuse(call, SN_ENCODER_TICKS);
}

static int await_still(struct sn_call *call, void *arg)
{
    struct opening *o = arg;

    gpio_set_power(o->motor, 0, false);
    return sn_pins_open(&o->motor->out, call);
}

static int begin(struct sn_call *call, void *arg)
{
    struct gpio_motor *motor = ((struct opening *)arg)->motor;
    struct gpio_loop *loop = &motor->loop;
    const struct gpio_control_attrs *control = &motor->attrs->control;

    loop->direction.now = direction_now;
    if (sn_single_encoder_follow(loop->encoder, &loop->direction))
        sn_log_info(motor->base.base.log,
                    "direction attached to single encoder from encoded motor");
    if (loop->controlled && control->p == 0 && control->i == 0 && control->d == 0) {
        loop->tune = (struct sn_tune){.drive = TUNE_DRIVE, .swing = TUNE_SWING};
        start(loop, GPIO_TUNE);
    }
    return 0;
}

int gpio_loop_open(struct gpio_motor *motor, struct sn_call *call)
{
    static const sn_step_fn steps[] = {ask_properties, check_properties, await_still, begin, NULL};
    struct opening *o = sn_arena_zalloc(call->arena, sizeof(*o));
    struct sn_resource *found;
    int code =
        sn_dependency(call, &motor->base.base, SN_API_ENCODER, motor->attrs->encoder, &found);

    if (code)
        return code;
    if (motor->attrs->ramp_rate < 0 && !motor->attrs->has_control) {
        char text[SN_NUMBER_MAX];

        return sn_call_fail(call, SN_ERR_UNKNOWN,
                            "ramp rate can not be a negative number but is %s",
                            sn_number_print(motor->attrs->ramp_rate, text));
    }
    if (!o)
        return SN_ERR_RESOURCE_EXHAUSTED;
    o->motor = motor;
    motor->loop.encoder = (struct sn_encoder *)found;
    configure(motor);
    return sn_call_steps(call, steps, NULL, o);
}

void gpio_loop_close(struct gpio_motor *motor)
{
    struct gpio_loop *loop = &motor->loop;

    if (!loop->encoder)
        return;
    gpio_loop_stop(motor);
    sn_single_encoder_leave(loop->encoder, &loop->direction);
    if (loop->reading)
        sn_call_cancel(&loop->read, SN_ERR_CANCELLED);
}
