/* SPDX-License-Identifier: Apache-2.0
 *
 * Drives a base by a gamepad: listens to the input controller while it is open and gives the base
 * what the controls say. One order is under way at a time; the latest wins. A controller that comes
 * or goes stops the base, and so does the end of listening. Has no RPCs of its own.
 */
#include "pb/common/v1/common.h"
#include "sinew/api/base.h"
#include "sinew/api/input_controller.h"
#include "sinew/driver.h"
#include "sinew/list.h"
#include "sinew/log.h"
#include "sinew/timers.h"

#include <math.h>

#define API_BASE_REMOTE_CONTROL "rdk:service:base_remote_control"

enum { TRIGGERS_MAX = 24, CALL_MEMORY_MAX = 64 << 10 };

static const uint64_t retry_ns = SN_SECONDS(1);

/* Changes no larger than that, from one event to the next, are ignored, but for those that end in
 * rest. Source: upstream. */
static const double noise = 0.05;

struct builtin_attrs {
    struct sn_str base, input_controller, control_mode;
    double max_angular_deg_per_sec, max_linear_mm_per_sec;
};

/* What the base is to do: parts of the most it can, -1..1. */
struct drive {
    struct pb_common_vector3 linear, angular;
};

struct mode {
    const char *name;
    const char *controls[4]; /* what it listens to; the rest NULL */
    bool buttons;            /* pressed and released, instead of moved */
    void (*apply)(struct drive *drive, size_t control, const struct sn_input_event *event);
};

struct remote {
    struct sn_resource base; /* first */
    const struct builtin_attrs *attrs;
    const struct mode *mode;
    struct sn_base *vehicle;
    struct sn_input_controller *controller;
    struct sn_call *closing; /* waits until nothing is under way */
    bool close_begins;

    struct sn_call stream; /* listening */
    struct sn_arena stream_arena;
    struct sn_input_sink sink;
    struct sn_input_trigger triggers[TRIGGERS_MAX];
    size_t trigger_count;
    bool listening;
    struct sn_timer retry;

    struct drive drive;   /* as of the last event */
    struct drive ordered; /* as of the last order; zero: to stop */
    struct sn_call order;
    struct sn_arena order_arena;
    bool ordering, ordered_stop;
    bool wants_drive, wants_stop; /* when the present order has ended */
};

/* ---- modes ---- */

/* A stick's middle is wide, and its way is divided into ten steps. Source: upstream. */
static double throttle(double value)
{
    double steps = fabs(value) <= 0.27 ? 0 : ceil(fabs(value) * 10 - 1e-9) / 10;

    return copysign(fmin(steps, 1), value);
}

static double clamp(double value)
{
    return fmin(fmax(value, -1), 1);
}

static void apply_joystick(struct drive *drive, size_t control, const struct sn_input_event *event)
{
    *(control == 0 ? &drive->linear.y : &drive->angular.z) = -throttle(event->value);
}

/* The triggers make faster and slower, however far they are pulled. */
static void apply_trigger_speed(struct drive *drive, size_t control,
                                const struct sn_input_event *event)
{
    if (control == 0)
        drive->angular.z = clamp(event->value);
    else
        drive->linear.y = clamp(drive->linear.y + (control == 1 ? 0.05 : -0.05));
}

/* North, south, east, west. */
static void apply_buttons(struct drive *drive, size_t control, const struct sn_input_event *event)
{
    static const double pushes[] = {1, -1, -1, 1};
    bool pressed = sn_str_is(event->event, "ButtonPress");

    *(control < 2 ? &drive->linear.y : &drive->angular.z) = pressed ? pushes[control] : 0;
}

static void apply_arrows(struct drive *drive, size_t control, const struct sn_input_event *event)
{
    *(control == 0 ? &drive->linear.y : &drive->angular.z) = -clamp(event->value);
}

static void apply_drone(struct drive *drive, size_t control, const struct sn_input_event *event)
{
    double *parts[] = {&drive->angular.z, &drive->linear.z, &drive->linear.x, &drive->linear.y};

    *parts[control] = control == 2 ? throttle(event->value) : -throttle(event->value);
}

static const struct mode modes[] = {
    {"joystickControl", {"AbsoluteY", "AbsoluteX"}, false, apply_joystick},
    {"triggerSpeedControl", {"AbsoluteX", "AbsoluteRZ", "AbsoluteZ"}, false, apply_trigger_speed},
    {"buttonControl",
     {"ButtonNorth", "ButtonSouth", "ButtonEast", "ButtonWest"},
     true,
     apply_buttons},
    {"arrowControl", {"AbsoluteHat0Y", "AbsoluteHat0X"}, false, apply_arrows},
    {"droneControl", {"AbsoluteX", "AbsoluteY", "AbsoluteRX", "AbsoluteRY"}, false, apply_drone},
};
enum { MODE_COUNT = sizeof(modes) / sizeof(modes[0]), ARROWS = 3 };

static const struct mode *find_mode(struct sn_str name)
{
    if (!name.len)
        return &modes[ARROWS];
    for (size_t i = 0; i < MODE_COUNT; i++)
        if (sn_str_is(name, modes[i].name))
            return &modes[i];
    return NULL;
}

/* ---- orders ---- */

static void give_order(struct remote *remote);

static struct pb_common_vector3 scaled(struct pb_common_vector3 v, double by)
{
    return (struct pb_common_vector3){v.x * by, v.y * by, v.z * by};
}

static int start_order(struct sn_call *call)
{
    struct remote *remote = sn_container_of(call, struct remote, order);
    const struct builtin_attrs *a = remote->attrs;
    struct pb_common_vector3 linear = remote->drive.linear, angular = remote->drive.angular;

    remote->ordered = remote->ordered_stop ? (struct drive){0} : remote->drive;
    if (remote->ordered_stop)
        return sn_base_stop(call, remote->vehicle, NULL);
    if (a->max_linear_mm_per_sec <= 0 || a->max_angular_deg_per_sec <= 0)
        return sn_base_set_power(call, remote->vehicle, &linear, &angular, NULL);
    linear = scaled(linear, a->max_linear_mm_per_sec);
    angular = scaled(angular, a->max_angular_deg_per_sec);
    return sn_base_set_velocity(call, remote->vehicle, &linear, &angular, NULL);
}

static void check_closed(struct remote *remote)
{
    struct sn_call *closing = remote->closing;

    if (!closing || remote->close_begins || remote->listening || remote->ordering)
        return;
    remote->closing = NULL;
    sn_call_done(closing, 0);
}

static void end_order(struct sn_call *call, int code)
{
    struct remote *remote = sn_container_of(call, struct remote, order);

    if (code && !sn_call_cancelled(call))
        sn_log_error(remote->base.log, "base %s doesn't obey: %.*s", remote->vehicle->base.name,
                     SN_STR_ARGS(sn_call_text(call, code)));
    sn_arena_fini(&remote->order_arena);
    remote->ordering = false;
    give_order(remote);
    check_closed(remote);
}

/* The next order, if there is one and none is under way. To stop comes before all. */
static void give_order(struct remote *remote)
{
    if (remote->ordering || (!remote->wants_stop && !remote->wants_drive))
        return;
    remote->ordered_stop = remote->wants_stop;
    if (remote->wants_stop)
        remote->wants_stop = false;
    else
        remote->wants_drive = false;
    remote->ordering = true;
    sn_arena_init(&remote->order_arena, remote->base.env->blocks, CALL_MEMORY_MAX);
    sn_call_init(&remote->order, remote->base.env, &remote->order_arena, NULL);
    remote->order.start = start_order;
    remote->order.end = end_order;
    sn_call_start(&remote->order);
}

/* Comes before whatever the base is busy with. What the controls said is forgotten: one that was
 * pushed then may be in the middle when the controller is back, and wouldn't say so. */
static void order_stop(struct remote *remote)
{
    remote->wants_stop = true;
    remote->wants_drive = false;
    remote->drive = (struct drive){0};
    if (remote->ordering && !remote->ordered_stop)
        sn_call_cancel(&remote->order, SN_ERR_CANCELLED);
    give_order(remote);
}

/* ---- listening ---- */

static bool is_similar(const struct drive *a, const struct drive *b)
{
    return fabs(a->linear.x - b->linear.x) <= noise && fabs(a->linear.y - b->linear.y) <= noise &&
           fabs(a->linear.z - b->linear.z) <= noise && fabs(a->angular.z - b->angular.z) <= noise;
}

static bool is_rest(double part)
{
    return fabs(part) < 1e-6; /* a sum of steps may miss 0 by less */
}

/* Whether a part that has been ordered to move is not to move any more. However slowly a stick
 * comes back to the middle, the base must stand then. */
static bool has_come_to_rest(const struct drive *ordered, const struct drive *now)
{
    return (is_rest(now->linear.x) && !is_rest(ordered->linear.x)) ||
           (is_rest(now->linear.y) && !is_rest(ordered->linear.y)) ||
           (is_rest(now->linear.z) && !is_rest(ordered->linear.z)) ||
           (is_rest(now->angular.z) && !is_rest(ordered->angular.z));
}

static int on_event(struct sn_call *call, const struct sn_input_sink *sink,
                    const struct sn_input_event *event)
{
    struct remote *remote = sn_container_of((uintptr_t)sink, struct remote, sink);
    struct drive before = remote->drive;
    size_t control = 0;

    if (sn_str_is(event->event, "Connect") || sn_str_is(event->event, "Disconnect")) {
        order_stop(remote);
        return 0;
    }
    while (control < 4 && remote->mode->controls[control] &&
           !sn_str_is(event->control, remote->mode->controls[control]))
        control++;
    if (control == 4 || !remote->mode->controls[control] || isnan(event->value))
        return 0;
    remote->mode->apply(&remote->drive, control, event);
    if (!is_similar(&before, &remote->drive) ||
        has_come_to_rest(&remote->ordered, &remote->drive)) {
        remote->wants_drive = true;
        give_order(remote);
    }
    return 0;
}

static void add_trigger(struct remote *remote, const char *control, const char *event)
{
    remote->triggers[remote->trigger_count++] =
        (struct sn_input_trigger){.control = sn_str_of(control), .event = sn_str_of(event)};
}

static void list_triggers(struct remote *remote)
{
    for (size_t i = 0; i < 4 && remote->mode->controls[i]; i++) {
        const char *control = remote->mode->controls[i];

        add_trigger(remote, control, "Connect");
        add_trigger(remote, control, "Disconnect");
        if (!remote->mode->buttons) {
            add_trigger(remote, control, "PositionChangeAbs");
            continue;
        }
        add_trigger(remote, control, "ButtonPress");
        add_trigger(remote, control, "ButtonRelease");
    }
}

static int start_stream(struct sn_call *call)
{
    struct remote *remote = sn_container_of(call, struct remote, stream);

    return sn_input_controller_stream(call, remote->controller, remote->triggers,
                                      remote->trigger_count, NULL, &remote->sink);
}

static void listen_again(struct sn_timer *timer);

static void end_stream(struct sn_call *call, int code)
{
    struct remote *remote = sn_container_of(call, struct remote, stream);

    if (!remote->closing)
        sn_log_warn(remote->base.log, "input controller %s is not heard any more: %.*s",
                    remote->controller->base.name, SN_STR_ARGS(sn_call_text(call, code)));
    sn_arena_fini(&remote->stream_arena);
    remote->listening = false;
    order_stop(remote);
    if (!remote->closing)
        sn_timer_start(remote->base.env->timers, &remote->retry, retry_ns, listen_again);
    check_closed(remote);
}

static void listen(struct remote *remote)
{
    remote->listening = true;
    sn_arena_init(&remote->stream_arena, remote->base.env->blocks, CALL_MEMORY_MAX);
    sn_call_init(&remote->stream, remote->base.env, &remote->stream_arena, NULL);
    remote->stream.start = start_stream;
    remote->stream.end = end_stream;
    sn_call_start(&remote->stream);
}

static void listen_again(struct sn_timer *timer)
{
    listen(sn_container_of(timer, struct remote, retry));
}

/* ---- life ---- */

static int builtin_open(struct sn_call *call, struct sn_resource *resource, const void *attrs)
{
    struct remote *remote = (struct remote *)resource;
    const struct builtin_attrs *a = attrs;
    struct sn_resource *base = NULL, *controller = NULL;
    int code = sn_dependency(call, resource, SN_API_BASE, a->base, &base);

    if (!code)
        code = sn_dependency(call, resource, SN_API_INPUT_CONTROLLER, a->input_controller,
                             &controller);
    if (code)
        return code;
    remote->attrs = a;
    remote->mode = find_mode(a->control_mode);
    remote->vehicle = (struct sn_base *)base;
    remote->controller = (struct sn_input_controller *)controller;
    remote->sink.event = on_event;
    list_triggers(remote);
    listen(remote);
    return 0;
}

static int builtin_close(struct sn_call *call, struct sn_resource *resource)
{
    struct remote *remote = (struct remote *)resource;

    sn_timer_stop(resource->env->timers, &remote->retry);
    remote->closing = call;
    remote->close_begins = true;
    if (remote->listening)
        sn_call_cancel(&remote->stream, SN_ERR_CANCELLED); /* its end stops the base */
    else
        order_stop(remote);
    remote->close_begins = false;
    if (remote->listening || remote->ordering)
        return SN_PENDING;
    remote->closing = NULL;
    return 0;
}

/* Text as upstream's. */
static int builtin_validate(const void *attrs, struct sn_error *error)
{
    const struct builtin_attrs *a = attrs;

    if (find_mode(a->control_mode))
        return 0;
    return sn_error_set(error, SN_ERR_INVALID_ARGUMENT,
                        "Control mode '%.*s' is not in [joystickControl triggerSpeedControl "
                        "buttonControl arrowControl droneControl]",
                        SN_STR_ARGS(a->control_mode));
}

#define AT(member) offsetof(struct builtin_attrs, member)

static const struct sn_attr builtin_attrs[] = {
    {"input_controller", SN_ATTR_STRING, AT(input_controller), .required = true, .dependency = true,
     .help = "what is listened to"},
    {"base", SN_ATTR_STRING, AT(base), .required = true, .dependency = true,
     .help = "what is driven"},
    {"control_mode", SN_ATTR_STRING, AT(control_mode),
     .help = "joystickControl, triggerSpeedControl, buttonControl, arrowControl (the default) or "
             "droneControl"},
    {"max_angular_deg_per_sec", SN_ATTR_NUMBER, AT(max_angular_deg_per_sec),
     .help = "with the other: speeds instead of power, degrees/s"},
    {"max_linear_mm_per_sec", SN_ATTR_NUMBER, AT(max_linear_mm_per_sec), .help = "the same, mm/s"},
    {0},
};

static const struct sn_common_ops builtin_ops = {0};

const struct sn_driver sn_service_base_remote_control_builtin = {
    .api = API_BASE_REMOTE_CONTROL,
    .model = "rdk:builtin:builtin",
    .help = "drives a base by an input controller",
    .size = sizeof(struct remote),
    .attrs_size = sizeof(struct builtin_attrs),
    .attrs = builtin_attrs,
    .ops = &builtin_ops,
    .open = builtin_open,
    .close = builtin_close,
    .validate = builtin_validate,
};
