/* SPDX-License-Identifier: Apache-2.0
 *
 * Input controller on a board's pins: buttons on interrupts, axes on analogs. It listens to the
 * board's ticks as long as it lives, and again when they break off.
 */
#include "control/cycle.h"
#include "driver/input_controller/hub.h"
#include "sinew/api/board.h"
#include "sinew/driver.h"
#include "sinew/log.h"
#include "sinew/steps.h"

#include <inttypes.h>
#include <math.h>

enum { STREAM_MEMORY_MAX = 256 << 10, READ_MEMORY_MAX = 64 << 10, DEBOUNCE_MS = 5 };

#define POLL_HZ 10.0
#define POLL_HZ_MAX 1000.0
#define POLL_HZ_MIN 1e-4

static const uint64_t retry_ns = SN_SECONDS(1);

/* What a button or an axis is on comes first, as in all maps. */
struct button_attrs {
    struct sn_str interrupt, control;
    bool invert;
    int64_t debounce_msec;
};

struct axis_attrs {
    struct sn_str analog, control;
    int64_t min, max, deadzone, min_change;
    bool bidirectional, invert;
    double poll_hz;
};

struct gpio_attrs {
    struct sn_str board;
    struct sn_attr_list buttons, axes; /* button_attrs, axis_attrs */
};

struct button {
    struct gpio_controller *gpio;
    const struct button_attrs *attrs;
    struct sn_timer settled;
    bool high;
};

struct axis {
    struct gpio_controller *gpio;
    const struct axis_attrs *attrs;
    struct sn_cycle poll;
    struct sn_call call; /* the read under way */
    struct sn_arena arena;
    struct sn_analog analog;
    double last; /* what the last event was of, in the analog's unit */
    bool reading, failing;
};

struct gpio_controller {
    struct sn_input_controller base;
    struct sn_input_hub hub;
    struct sn_board *board;
    struct sn_arena arena; /* of what follows */
    struct button *buttons;
    struct axis *axes;
    size_t button_count, axis_count;
    struct sn_str *interrupts;

    struct sn_call stream; /* of ticks */
    struct sn_arena stream_arena;
    struct sn_timer retry;
    struct sn_call *opening, *closing;
    size_t pending; /* calls of its own that have not ended */
};

static struct gpio_controller *gpio_of(struct sn_resource *resource)
{
    return (struct gpio_controller *)resource;
}

static void gpio_tell(struct gpio_controller *gpio, struct sn_str control, const char *name,
                      double value)
{
    struct sn_resource *resource = &gpio->base.base;
    struct sn_input_event event = {(int64_t)resource->env->unix_ns(), sn_str_of(name), control,
                                   value};

    if (sn_input_hub_tell(&gpio->hub, &event))
        sn_log_warn(resource->log, "no room for an event of %.*s", SN_STR_ARGS(control));
}

/* A call of its own has ended. */
static void gpio_ended(struct gpio_controller *gpio)
{
    if (--gpio->pending == 0 && gpio->closing)
        sn_call_done(gpio->closing, 0);
}

/* ---- buttons ---- */

static void button_tell(struct button *button)
{
    bool pressed = button->high != button->attrs->invert;

    gpio_tell(button->gpio, button->attrs->control, pressed ? "ButtonPress" : "ButtonRelease",
              pressed);
}

static void button_settled(struct sn_timer *timer)
{
    button_tell(sn_container_of(timer, struct button, settled));
}

/* Contacts bounce: what counts is the level once it has been quiet for a while. */
static void button_tick(struct button *button, bool high)
{
    int64_t ms = button->attrs->debounce_msec;

    button->high = high;
    if (ms < 0)
        button_tell(button);
    else
        sn_timer_start(button->gpio->base.base.env->timers, &button->settled,
                       SN_MS(ms ? (uint64_t)ms : DEBOUNCE_MS), button_settled);
}

static int gpio_tick(struct sn_call *call, const struct sn_tick_sink *sink,
                     const struct sn_tick *tick)
{
    struct gpio_controller *gpio = sn_container_of(call, struct gpio_controller, stream);

    for (size_t i = 0; i < gpio->button_count; i++)
        if (sn_str_eq(gpio->buttons[i].attrs->interrupt, tick->interrupt))
            button_tick(&gpio->buttons[i], tick->high);
    return 0;
}

/* ---- ticks of the board ---- */

static int gpio_ready(struct sn_call *call, const struct sn_tick_sink *sink)
{
    struct gpio_controller *gpio = sn_container_of(call, struct gpio_controller, stream);
    struct sn_call *opening = gpio->opening;

    gpio->opening = NULL;
    if (opening)
        sn_call_done(opening, 0);
    return 0;
}

static int start_stream(struct sn_call *call)
{
    static const struct sn_tick_sink sink = {gpio_ready, gpio_tick};
    struct gpio_controller *gpio = sn_container_of(call, struct gpio_controller, stream);

    return sn_board_stream_ticks(call, gpio->board, gpio->interrupts, gpio->button_count, NULL,
                                 &sink);
}

static void gpio_listen(struct gpio_controller *gpio);

static void gpio_retry(struct sn_timer *timer)
{
    gpio_listen(sn_container_of(timer, struct gpio_controller, retry));
}

static void stream_ended(struct sn_call *call, int code)
{
    struct gpio_controller *gpio = sn_container_of(call, struct gpio_controller, stream);
    struct sn_call *opening = gpio->opening;
    struct sn_str text = sn_call_text(call, code);

    gpio->opening = NULL;
    if (opening) {
        sn_call_fail(opening, code, "%.*s", SN_STR_ARGS(text));
    } else if (!gpio->closing) {
        sn_log_warn(gpio->base.base.log, "lost the board's ticks, listening again soon: %.*s",
                    SN_STR_ARGS(text));
        sn_timer_start(call->env->timers, &gpio->retry, retry_ns, gpio_retry);
    }
    sn_arena_fini(&gpio->stream_arena);
    if (!opening) {
        gpio_ended(gpio);
        return;
    }
    gpio->pending--;
    sn_call_done(opening, code ? code : SN_ERR_UNAVAILABLE); /* which may free it */
}

static void gpio_listen(struct gpio_controller *gpio)
{
    struct sn_env *env = gpio->base.base.env;

    sn_arena_init(&gpio->stream_arena, env->blocks, STREAM_MEMORY_MAX);
    sn_call_init(&gpio->stream, env, &gpio->stream_arena, NULL);
    gpio->stream.start = start_stream;
    gpio->stream.end = stream_ended;
    gpio->pending++;
    sn_call_start(&gpio->stream);
}

/* ---- axes ---- */

/* Within its range, and in the middle (or at the low end) where it is dead. */
static double axis_position(const struct axis_attrs *attrs, int32_t raw)
{
    double min = (double)attrs->min, max = (double)attrs->max;
    double rest = attrs->bidirectional ? (min + max) / 2 : min;
    double position = fmin(fmax(raw, min), max);

    return fabs(position - rest) < (double)attrs->deadzone ? rest : position;
}

static double axis_value(const struct axis_attrs *attrs, double position)
{
    double part = (position - (double)attrs->min) / ((double)attrs->max - (double)attrs->min);
    double value = attrs->bidirectional ? part * 2 - 1 : part;

    return attrs->invert ? -value : value;
}

static void axis_read(struct axis *axis)
{
    double position = axis_position(axis->attrs, axis->analog.value);
    double least = axis->attrs->min_change > 1 ? (double)axis->attrs->min_change : 1;

    if (fabs(position - axis->last) < least)
        return;
    axis->last = position;
    gpio_tell(axis->gpio, axis->attrs->control, "PositionChangeAbs",
              axis_value(axis->attrs, position));
}

static int start_read(struct sn_call *call)
{
    struct axis *axis = sn_container_of(call, struct axis, call);

    return sn_board_read_analog(call, axis->gpio->board, axis->attrs->analog, NULL, &axis->analog);
}

static void read_ended(struct sn_call *call, int code)
{
    struct axis *axis = sn_container_of(call, struct axis, call);
    struct gpio_controller *gpio = axis->gpio;

    if (!code)
        axis_read(axis);
    else if (!gpio->closing && !axis->failing)
        sn_log_warn(gpio->base.base.log, "can't read analog %.*s: %.*s",
                    SN_STR_ARGS(axis->attrs->analog), SN_STR_ARGS(sn_call_text(call, code)));
    axis->failing = code;
    axis->reading = false;
    sn_arena_fini(&axis->arena);
    gpio_ended(gpio);
}

static uint64_t poll_ns(const struct axis_attrs *attrs)
{
    double hz = attrs->poll_hz > 0 ? attrs->poll_hz : POLL_HZ;

    return (uint64_t)(1e9 / fmin(fmax(hz, POLL_HZ_MIN), POLL_HZ_MAX));
}

/* One that is still being read is left alone. */
static void axis_poll(struct sn_cycle *cycle)
{
    struct axis *axis = sn_container_of(cycle, struct axis, poll);
    struct sn_env *env = axis->gpio->base.base.env;

    if (axis->reading)
        return;
    sn_arena_init(&axis->arena, env->blocks, READ_MEMORY_MAX);
    sn_call_init(&axis->call, env, &axis->arena, NULL);
    axis->call.start = start_read;
    axis->call.end = read_ended;
    axis->reading = true;
    axis->gpio->pending++;
    sn_call_start(&axis->call);
}

/* ---- the slots ---- */

static int gpio_controls(struct sn_call *call, struct sn_input_controller *controller,
                         const struct pb_google_struct *extra,
                         struct pb_inputcontroller_get_controls_response *ret_controls)
{
    const struct gpio_controller *gpio = (const struct gpio_controller *)controller;
    int code = 0;

    for (size_t i = 0; !code && i < gpio->button_count; i++)
        code =
            sn_input_add_controls(call->arena, &gpio->buttons[i].attrs->control, 1, ret_controls);
    for (size_t i = 0; !code && i < gpio->axis_count; i++)
        code = sn_input_add_controls(call->arena, &gpio->axes[i].attrs->control, 1, ret_controls);
    return code;
}

static int gpio_events(struct sn_call *call, struct sn_input_controller *controller,
                       const struct pb_google_struct *extra,
                       struct pb_inputcontroller_get_events_response *ret_events)
{
    return sn_input_hub_events(&gpio_of(&controller->base)->hub, call, ret_events);
}

static int gpio_stream(struct sn_call *call, struct sn_input_controller *controller,
                       const struct sn_input_trigger *triggers, size_t count,
                       const struct pb_google_struct *extra, const struct sn_input_sink *sink)
{
    return sn_input_hub_stream(&gpio_of(&controller->base)->hub, call, triggers, count, sink);
}

/* ---- its life ---- */

static int gpio_validate(const void *attrs, struct sn_error *error)
{
    const struct gpio_attrs *a = attrs;
    const struct button_attrs *buttons = a->buttons.v;
    const struct axis_attrs *axes = a->axes.v;
    size_t longest = 0;

    for (size_t i = 0; i < a->buttons.count; i++)
        longest = buttons[i].control.len > longest ? buttons[i].control.len : longest;
    for (size_t i = 0; i < a->axes.count; i++)
        longest = axes[i].control.len > longest ? axes[i].control.len : longest;
    if (longest > SN_INPUT_NAME_MAX)
        return sn_error_set(error, SN_ERR_INVALID_ARGUMENT,
                            "a control's name has %zu bytes; %d at most", longest,
                            SN_INPUT_NAME_MAX);
    if (a->buttons.count == 0 && a->axes.count == 0)
        return sn_error_set(error, SN_ERR_INVALID_ARGUMENT,
                            "buttons and axes cannot be both empty");
    return 0;
}

/* An unknown analog is to be known at once. */
static int read_one(struct sn_call *call, void *arg, size_t i)
{
    struct axis *axis = &((struct gpio_controller *)arg)->axes[i];

    return sn_board_read_analog(call, axis->gpio->board, axis->attrs->analog, NULL, &axis->analog);
}

static int step_axes(struct sn_call *call, void *arg)
{
    const struct gpio_controller *gpio = arg;

    return gpio->axis_count ? sn_call_each(call, gpio->axis_count, read_one, arg) : 0;
}

static int step_ranges(struct sn_call *call, void *arg)
{
    const struct gpio_controller *gpio = arg;

    for (size_t i = 0; i < gpio->axis_count; i++) {
        const struct axis_attrs *attrs = gpio->axes[i].attrs;

        if (attrs->min >= attrs->max)
            return sn_call_fail(call, SN_ERR_UNKNOWN,
                                "min (%" PRId64 ") must be less than max (%" PRId64 ")", attrs->min,
                                attrs->max);
    }
    return 0;
}

static void cancel_listening(struct sn_call *call)
{
    struct gpio_controller *gpio = call->holder;

    sn_call_cancel(&gpio->stream, sn_call_cancelled(call));
}

static int step_listen(struct sn_call *call, void *arg)
{
    struct gpio_controller *gpio = arg;

    if (gpio->button_count == 0)
        return 0;
    gpio->opening = call;
    call->holder = gpio;
    call->on_cancel = cancel_listening;
    gpio_listen(gpio);
    return SN_PENDING;
}

static int step_connect(struct sn_call *call, void *arg)
{
    struct gpio_controller *gpio = arg;

    for (size_t i = 0; i < gpio->button_count; i++)
        gpio_tell(gpio, gpio->buttons[i].attrs->control, "Connect", 0);
    for (size_t i = 0; i < gpio->axis_count; i++) {
        struct axis *axis = &gpio->axes[i];

        gpio_tell(gpio, axis->attrs->control, "Connect", 0);
        sn_cycle_start(&axis->poll, call->env->timers, poll_ns(axis->attrs), axis_poll);
    }
    return 0;
}

static int gpio_lay_out(struct gpio_controller *gpio, const struct gpio_attrs *attrs)
{
    const struct button_attrs *buttons = attrs->buttons.v;
    const struct axis_attrs *axes = attrs->axes.v;

    gpio->buttons = sn_arena_zalloc(&gpio->arena, attrs->buttons.count * sizeof(*gpio->buttons));
    gpio->axes = sn_arena_zalloc(&gpio->arena, attrs->axes.count * sizeof(*gpio->axes));
    gpio->interrupts =
        sn_arena_alloc(&gpio->arena, attrs->buttons.count * sizeof(*gpio->interrupts));
    if (!gpio->buttons || !gpio->axes || !gpio->interrupts)
        return SN_ERR_RESOURCE_EXHAUSTED;
    gpio->button_count = attrs->buttons.count;
    gpio->axis_count = attrs->axes.count;
    for (size_t i = 0; i < gpio->button_count; i++) {
        gpio->buttons[i].gpio = gpio;
        gpio->buttons[i].attrs = &buttons[i];
        gpio->interrupts[i] = buttons[i].interrupt;
    }
    for (size_t i = 0; i < gpio->axis_count; i++) {
        gpio->axes[i].gpio = gpio;
        gpio->axes[i].attrs = &axes[i];
    }
    return 0;
}

static int gpio_open(struct sn_call *call, struct sn_resource *resource, const void *attrs)
{
    static const sn_step_fn steps[] = {step_axes, step_ranges, step_listen, step_connect, NULL};
    struct gpio_controller *gpio = gpio_of(resource);
    const struct gpio_attrs *a = attrs;
    struct sn_resource *board;
    int code = sn_dependency(call, resource, SN_API_BOARD, a->board, &board);

    if (code)
        return code;
    gpio->board = (struct sn_board *)board;
    sn_input_hub_init(&gpio->hub, resource->env);
    sn_arena_init(&gpio->arena, resource->env->blocks, SN_INPUT_MEMORY_MAX);
    code = gpio_lay_out(gpio, a);
    return code ? code : sn_call_steps(call, steps, NULL, gpio);
}

static int gpio_close(struct sn_call *call, struct sn_resource *resource)
{
    struct gpio_controller *gpio = gpio_of(resource);
    struct sn_timers *timers = resource->env->timers;

    sn_input_hub_close(&gpio->hub);
    sn_timer_stop(timers, &gpio->retry);
    for (size_t i = 0; i < gpio->button_count; i++)
        sn_timer_stop(timers, &gpio->buttons[i].settled);
    for (size_t i = 0; i < gpio->axis_count; i++)
        sn_cycle_stop(&gpio->axes[i].poll);
    if (gpio->pending == 0)
        return 0;
    gpio->closing = call;
    gpio->pending++; /* until all have been told */
    for (size_t i = 0; i < gpio->axis_count; i++)
        if (gpio->axes[i].reading)
            sn_call_cancel(&gpio->axes[i].call, SN_ERR_CANCELLED);
    if (gpio->button_count)
        sn_call_cancel(&gpio->stream, SN_ERR_CANCELLED);
    gpio_ended(gpio);
    return SN_PENDING;
}

static void gpio_fini(struct sn_resource *resource)
{
    sn_input_hub_fini(&gpio_of(resource)->hub);
    sn_arena_fini(&gpio_of(resource)->arena);
}

#define AT(type, member) offsetof(struct type, member)

static const struct sn_attr button_attrs[] = {
    {"control", SN_ATTR_STRING, AT(button_attrs, control), .help = "its name, e.g. ButtonSouth"},
    {"invert", SN_ATTR_BOOL, AT(button_attrs, invert), .help = "pressed while the pin is low"},
    {"debounce_msec", SN_ATTR_INT, AT(button_attrs, debounce_msec),
     .help = "ms without change before an event, 5 if 0, none if negative"},
    {0},
};

static const struct sn_attr axis_attrs[] = {
    {"control", SN_ATTR_STRING, AT(axis_attrs, control), .help = "its name, e.g. AbsoluteX"},
    {"min", SN_ATTR_INT, AT(axis_attrs, min), .help = "the analog's value at the low end"},
    {"max", SN_ATTR_INT, AT(axis_attrs, max), .help = "the analog's value at the high end"},
    {"bidirectional", SN_ATTR_BOOL, AT(axis_attrs, bidirectional),
     .help = "-1 to 1 instead of 0 to 1"},
    {"deadzone", SN_ATTR_INT, AT(axis_attrs, deadzone),
     .help = "how near to its rest the analog counts as there"},
    {"min_change", SN_ATTR_INT, AT(axis_attrs, min_change),
     .help = "by how much the analog must change for an event, 1 if less"},
    {"poll_hz", SN_ATTR_NUMBER, AT(axis_attrs, poll_hz),
     .help = "how often it is read, 10 Hz if not positive"},
    {"invert", SN_ATTR_BOOL, AT(axis_attrs, invert), .help = "swap the sign"},
    {0},
};

static const struct sn_attr gpio_attrs[] = {
    {"board", SN_ATTR_STRING, AT(gpio_attrs, board), .help = "the board", .required = true,
     .dependency = true},
    {"buttons", SN_ATTR_MAP, AT(gpio_attrs, buttons), .help = "buttons by their interrupts",
     .sub = button_attrs, .sub_size = sizeof(struct button_attrs)},
    {"axes", SN_ATTR_MAP, AT(gpio_attrs, axes), .help = "axes by their analogs", .sub = axis_attrs,
     .sub_size = sizeof(struct axis_attrs)},
    {0},
};

static const struct sn_input_controller_ops gpio_ops = {
    .controls = gpio_controls,
    .events = gpio_events,
    .stream = gpio_stream,
};

const struct sn_driver sn_driver_input_controller_gpio = {
    .api = SN_API_INPUT_CONTROLLER,
    .model = "rdk:builtin:gpio",
    .help = "buttons and axes on a board's pins",
    .size = sizeof(struct gpio_controller),
    .attrs_size = sizeof(struct gpio_attrs),
    .attrs = gpio_attrs,
    .ops = &gpio_ops,
    .validate = gpio_validate,
    .open = gpio_open,
    .close = gpio_close,
    .fini = gpio_fini,
};
