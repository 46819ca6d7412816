/* SPDX-License-Identifier: Apache-2.0
 *
 * Servo on a pin of any board: the width of its pulses is the angle. It does as the reference's
 * does, with one exception: asking where it is doesn't start the pulses again after a stop.
 */
#include "sinew/api/board.h"
#include "sinew/api/servo.h"
#include "sinew/driver.h"
#include "sinew/log.h"
#include "sinew/steps.h"
#include "spatial/number.h"

#include <math.h>
#include <stdlib.h>

enum {
    GPIO_HZ_MIN = 50,
    GPIO_HZ_MAX = 450,
    GPIO_HZ_DEFAULT = 300,
    GPIO_WIDTH_MIN = 500, /* us */
    GPIO_WIDTH_MAX = 2500,
    GPIO_GAP = 50, /* us of a period that are no pulse, at least */
};

/* Resolutions of PWM that boards have, in bits, the finest first. */
static const int gpio_bits[] = {16, 15, 14, 12, 8};
enum { GPIO_BITS_COUNT = sizeof(gpio_bits) / sizeof(gpio_bits[0]) };

struct gpio_attrs {
    struct sn_str pin, board;
    double min_angle, max_angle, starting_angle; /* degrees */
    uint32_t frequency;                          /* Hz */
    uint32_t pwm_resolution, min_width, max_width;
    bool has_starting_angle, has_frequency;
};

struct gpio_servo {
    struct sn_servo base;
    struct sn_board *board;
    const struct gpio_attrs *attrs;
    double hz;
    double resolution; /* duties are this many steps; 0: not known yet */
    double duty;       /* asked for last, 0..1 */
};

static struct gpio_servo *gpio_of(struct sn_servo *servo)
{
    return (struct gpio_servo *)servo;
}

static double clamp(double value, double min, double max)
{
    /* `max` wins where they cross, as upstream. */
    return value > max ? max : value < min ? fmin(min, max) : value;
}

static double quantise(double duty, double steps)
{
    return steps > 0 ? round(duty * steps) / steps : duty;
}

static double duty_of(const struct gpio_servo *gpio, double angle)
{
    const struct gpio_attrs *a = gpio->attrs;
    double share =
        (clamp(angle, a->min_angle, a->max_angle) - a->min_angle) / (a->max_angle - a->min_angle);
    double width = a->min_width + share * ((double)a->max_width - a->min_width);

    return width * gpio->hz / 1e6;
}

static double angle_of(const struct gpio_servo *gpio, double duty)
{
    const struct gpio_attrs *a = gpio->attrs;
    double share = (duty / gpio->hz * 1e6 - a->min_width) / ((double)a->max_width - a->min_width);

    return clamp(round(a->min_angle + share * (a->max_angle - a->min_angle)), a->min_angle,
                 a->max_angle);
}

static int set_duty(struct sn_call *call, struct gpio_servo *gpio, double duty)
{
    return sn_board_set_pwm(call, gpio->board, gpio->attrs->pin, duty, NULL);
}

/* ---- operations ---- */

static int set_asked_duty(struct sn_call *call, void *arg)
{
    struct gpio_servo *gpio = arg;

    return set_duty(call, gpio, gpio->duty);
}

static int gpio_move(struct sn_call *call, struct sn_servo *servo, uint32_t angle,
                     const struct pb_google_struct *extra)
{
    static const sn_step_fn steps[] = {set_asked_duty, NULL};
    struct gpio_servo *gpio = gpio_of(servo);

    gpio->duty = quantise(duty_of(gpio, angle), gpio->resolution);
    return sn_call_steps(call, steps, NULL, gpio);
}

struct gpio_question {
    struct gpio_servo *gpio;
    double duty;
    uint32_t *angle;
};

static int ask_duty(struct sn_call *call, void *arg)
{
    struct gpio_question *q = arg;

    return sn_board_pwm(call, q->gpio->board, q->gpio->attrs->pin, NULL, &q->duty);
}

static int answer_angle(struct sn_call *call, void *arg)
{
    struct gpio_question *q = arg;
    double angle = angle_of(q->gpio, q->duty != 0 ? q->duty : q->gpio->duty);

    *q->angle = angle > 0 ? (uint32_t)fmin(angle, UINT32_MAX) : 0; /* NaN is 0 */
    return 0;
}

static int gpio_position(struct sn_call *call, struct sn_servo *servo,
                         const struct pb_google_struct *extra, uint32_t *ret_angle)
{
    static const sn_step_fn steps[] = {ask_duty, answer_angle, NULL};
    struct gpio_question *q = sn_arena_alloc(call->arena, sizeof(*q));

    if (!q)
        return SN_ERR_RESOURCE_EXHAUSTED;
    *q = (struct gpio_question){gpio_of(servo), 0, ret_angle};
    return sn_call_steps(call, steps, NULL, q);
}

static int set_no_duty(struct sn_call *call, void *arg)
{
    return set_duty(call, arg, 0);
}

static int gpio_stop(struct sn_call *call, struct sn_servo *servo,
                     const struct pb_google_struct *extra)
{
    static const sn_step_fn steps[] = {set_no_duty, NULL};

    return sn_call_steps(call, steps, NULL, servo);
}

/* It can't be known: nothing reports that it has arrived. */
static int gpio_is_moving(struct sn_call *call, struct sn_servo *servo, bool *ret_moving)
{
    *ret_moving = false;
    return 0;
}

/* ---- life ---- */

/* What `open` finds out, step by step: how often to pulse, then how finely the board does. */
struct gpio_setup {
    struct gpio_servo *gpio;
    uint64_t hz;
    double want, got; /* the duty that is tried, and what came of it */
    size_t tried;
};

static int ask_frequency(struct sn_call *call, void *arg)
{
    struct gpio_setup *s = arg;
    const struct gpio_attrs *a = s->gpio->attrs;

    s->hz = a->frequency;
    if (a->has_frequency)
        return 0;
    return sn_board_pwm_frequency(call, s->gpio->board, a->pin, NULL, &s->hz);
}

static int set_frequency(struct sn_call *call, void *arg)
{
    struct gpio_setup *s = arg;
    const struct gpio_attrs *a = s->gpio->attrs;
    uint64_t most = 1000000 / (a->max_width + GPIO_GAP);

    if (s->hz == 0)
        s->hz = GPIO_HZ_DEFAULT;
    if (s->hz > most) {
        sn_log_warn(s->gpio->base.base.log,
                    "servo frequency (%lluHz) is above maximum (%lluHz), setting to max instead",
                    (unsigned long long)s->hz, (unsigned long long)most);
        s->hz = most;
    }
    s->gpio->hz = (double)s->hz;
    return sn_board_set_pwm_frequency(call, s->gpio->board, a->pin, s->hz, NULL);
}

static int go_to_start(struct sn_call *call, void *arg)
{
    struct gpio_setup *s = arg;

    s->gpio->duty = duty_of(s->gpio, trunc(s->gpio->attrs->starting_angle)); /* as Move's are */
    return set_duty(call, s->gpio, s->gpio->duty);
}

/* Whether the board kept what was tried last; takes note if so. */
static bool is_found(struct gpio_setup *s)
{
    struct gpio_servo *gpio = s->gpio;

    if (gpio->resolution == 0 && s->tried > 0) {
        double steps = (double)((1 << gpio_bits[s->tried - 1]) - 1);

        if (round(s->got * steps) == round(s->want * steps)) {
            gpio->resolution = steps;
            gpio->duty = s->want;
        }
    }
    return gpio->resolution != 0;
}

static int try_resolution(struct sn_call *call, void *arg)
{
    struct gpio_setup *s = arg;

    if (is_found(s))
        return 0;
    s->want = quantise(s->gpio->duty, (double)((1 << gpio_bits[s->tried++]) - 1));
    return set_duty(call, s->gpio, s->want);
}

static int see_resolution(struct sn_call *call, void *arg)
{
    struct gpio_setup *s = arg;

    if (s->gpio->resolution != 0)
        return 0;
    return sn_board_pwm(call, s->gpio->board, s->gpio->attrs->pin, NULL, &s->got);
}

static int check_resolution(struct sn_call *call, void *arg)
{
    struct gpio_setup *s = arg;
    char shown[2][SN_NUMBER_MAX];

    if (is_found(s))
        return 0;
    return sn_call_fail(call, SN_ERR_UNKNOWN,
                        "failed to guess the pwm resolution: giving up searching for the "
                        "resolution tried to match %s but got %s",
                        sn_number_print(s->want, shown[0]), sn_number_print(s->got, shown[1]));
}

/* Opening has failed: nothing will hold the servo, so nothing shall drive it. */
static int undo_setup(struct sn_call *call, void *arg)
{
    return set_no_duty(call, ((struct gpio_setup *)arg)->gpio);
}

static int check_frequency(struct sn_call *call, const struct gpio_attrs *a)
{
    if (!a->has_frequency || (a->frequency >= GPIO_HZ_MIN && a->frequency <= GPIO_HZ_MAX))
        return 0;
    return sn_call_fail(call, SN_ERR_UNKNOWN,
                        "PWM frequencies should not be above %dHz or below %dHz, have %uHz",
                        GPIO_HZ_MAX, GPIO_HZ_MIN, a->frequency);
}

#define TRY try_resolution, see_resolution

static int gpio_open(struct sn_call *call, struct sn_resource *resource, const void *attrs)
{
    static const sn_step_fn steps[] = {
        ask_frequency, set_frequency, go_to_start, TRY, TRY, TRY, TRY, TRY, check_resolution, NULL};
    _Static_assert(sizeof(steps) / sizeof(steps[0]) == 5 + 2 * GPIO_BITS_COUNT,
                   "all resolutions are tried");
    struct gpio_servo *gpio = (struct gpio_servo *)resource;
    struct gpio_setup *s = sn_arena_zalloc(call->arena, sizeof(*s));
    struct sn_resource *board;

    if (!s)
        return SN_ERR_RESOURCE_EXHAUSTED;
    gpio->attrs = attrs;
    int code = sn_dependency(call, resource, SN_API_BOARD, gpio->attrs->board, &board);
    if (code)
        return sn_call_prefix(call, code, "board doesn't exist: ");
    gpio->board = (struct sn_board *)board;
    code = check_frequency(call, gpio->attrs);
    if (code)
        return code;
    s->gpio = gpio;
    return sn_call_steps(call, steps, undo_setup, s);
}

static int gpio_close(struct sn_call *call, struct sn_resource *resource)
{
    return gpio_stop(call, (struct sn_servo *)resource, NULL);
}

static int gpio_validate(const void *attrs, struct sn_error *error)
{
    const struct gpio_attrs *a = attrs;

    if (a->min_angle < 0)
        return sn_error_set(error, SN_ERR_INVALID_ARGUMENT, "min_angle_deg cannot be lower than 0");
    if (a->min_width < GPIO_WIDTH_MIN)
        return sn_error_set(error, SN_ERR_INVALID_ARGUMENT, "min_width_us cannot be lower than %d",
                            GPIO_WIDTH_MIN);
    if (a->max_width > GPIO_WIDTH_MAX)
        return sn_error_set(error, SN_ERR_INVALID_ARGUMENT, "max_width_us cannot be higher than %d",
                            GPIO_WIDTH_MAX);
    if (a->has_starting_angle &&
        !(a->starting_angle >= a->min_angle && a->starting_angle <= a->max_angle))
        return sn_error_set(error, SN_ERR_INVALID_ARGUMENT,
                            "starting_position_deg should be between minimum (%.1f) and maximum "
                            "(%.1f) positions",
                            a->min_angle, a->max_angle);
    return 0;
}

#define AT(member) offsetof(struct gpio_attrs, member)

static const struct sn_attr gpio_attrs[] = {
    {"board", SN_ATTR_STRING, AT(board), .help = "board the pin is on", .required = true,
     .dependency = true},
    {"pin", SN_ATTR_STRING, AT(pin), .help = "pin that the pulses go to", .required = true},
    {"min_angle_deg", SN_ATTR_NUMBER, AT(min_angle), .help = "degrees at min_width_us"},
    {"max_angle_deg", SN_ATTR_NUMBER, AT(max_angle), .preset = "180",
     .help = "degrees at max_width_us"},
    {"starting_position_deg", SN_ATTR_NUMBER, AT(starting_angle), .given = AT(has_starting_angle),
     .help = "degrees to go to at first, 0 or the angle nearest to it if absent"},
    {"frequency_hz", SN_ATTR_UINT, AT(frequency), .given = AT(has_frequency),
     .help = "pulses per second, 50..450; if absent the pin's, or 300 if it has none"},
    {"pwm_resolution", SN_ATTR_UINT, AT(pwm_resolution), .help = "unused: it is found out"},
    {"min_width_us", SN_ATTR_UINT, AT(min_width), .preset = "500",
     .help = "shortest pulse in microseconds, 500 at least"},
    {"max_width_us", SN_ATTR_UINT, AT(max_width), .preset = "2500",
     .help = "longest pulse in microseconds, 2500 at most"},
    {0},
};

static const struct sn_servo_ops gpio_ops = {
    .move = gpio_move,
    .position = gpio_position,
    .stop = gpio_stop,
    .is_moving = gpio_is_moving,
};

const struct sn_driver sn_driver_servo_gpio = {
    .api = SN_API_SERVO,
    .model = "rdk:builtin:gpio",
    .help = "pulses on a pin of any board",
    .size = sizeof(struct gpio_servo),
    .attrs_size = sizeof(struct gpio_attrs),
    .attrs = gpio_attrs,
    .ops = &gpio_ops,
    .validate = gpio_validate,
    .open = gpio_open,
    .close = gpio_close,
};
