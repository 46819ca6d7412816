/* SPDX-License-Identifier: Apache-2.0
 *
 * Input controller without hardware. It does as the reference's fake does, oddities included: each
 * trigger of a stream comes about as it is written, all at the same moment, with a value by chance.
 */
#include "base/random.h"
#include "driver/input_controller/hub.h"
#include "sinew/driver.h"
#include "sinew/list.h"
#include "sinew/timers.h"

#include <math.h>

/* Longest time between events: a day. */
#define DELAY_MAX_SECONDS 86400.0

struct fake_attrs {
    double event_value, callback_delay_sec;
    bool has_value;
};

struct fake_controller {
    struct sn_input_controller base;
    struct fake_attrs attrs;
    struct sn_list streams; /* fake_stream.link */
};

/* In its call's arena. */
struct fake_stream {
    struct sn_list link; /* fake_controller.streams */
    struct fake_controller *fake;
    struct sn_call *call;
    struct sn_timer timer;
    const struct sn_input_trigger *triggers;
    size_t count;
    const struct sn_input_sink *sink;
};

/* 0 to less than 1. */
static double chance(struct sn_env *env)
{
    return (double)(sn_random_next(env->random) >> 11) * 0x1p-53;
}

static double fake_value(const struct fake_controller *fake)
{
    return fake->attrs.has_value ? fake->attrs.event_value : chance(fake->base.base.env);
}

static int fake_controls(struct sn_call *call, struct sn_input_controller *controller,
                         const struct pb_google_struct *extra,
                         struct pb_inputcontroller_get_controls_response *ret_controls)
{
    const struct sn_str names[] = {SN_STR("AbsoluteX"), SN_STR("ButtonStart")};

    return sn_input_add_controls(call->arena, names, 2, ret_controls);
}

static int fake_events(struct sn_call *call, struct sn_input_controller *controller,
                       const struct pb_google_struct *extra,
                       struct pb_inputcontroller_get_events_response *ret_events)
{
    struct sn_input_event event = {(int64_t)call->env->unix_ns(), SN_STR("PositionChangeAbs"),
                                   SN_STR("AbsoluteX"),
                                   fake_value((struct fake_controller *)controller)};

    return sn_input_add_event(call->arena, &event, ret_events);
}

static int fake_trigger(struct sn_call *call, struct sn_input_controller *controller,
                        const struct sn_input_event *event, const struct pb_google_struct *extra)
{
    return sn_call_fail(call, SN_ERR_UNKNOWN, "unsupported");
}

/* ---- streams ---- */

static void fake_stream_end(struct fake_stream *stream, int code)
{
    struct sn_call *call = stream->call;

    sn_timer_stop(call->env->timers, &stream->timer);
    sn_list_remove(&stream->link);
    sn_call_done(call, code);
}

static void fake_stream_cancelled(struct sn_call *call)
{
    fake_stream_end(call->holder, sn_call_cancelled(call));
}

static void fake_fire(struct sn_timer *timer);

static void fake_await(struct fake_stream *stream)
{
    struct sn_env *env = stream->call->env;
    double given = stream->fake->attrs.callback_delay_sec;
    double seconds = given != 0 ? fmin(fmax(given, 0.001), DELAY_MAX_SECONDS) : 1 + chance(env);

    sn_timer_start(env->timers, &stream->timer, (uint64_t)(seconds * 1e9), fake_fire);
}

static void fake_fire(struct sn_timer *timer)
{
    struct fake_stream *stream = sn_container_of(timer, struct fake_stream, timer);
    struct sn_call *call = stream->call;
    double value = fake_value(stream->fake);

    fake_await(stream);
    for (size_t i = 0; i < stream->count; i++) {
        struct sn_input_event event = {(int64_t)call->env->unix_ns(), stream->triggers[i].event,
                                       stream->triggers[i].control, value};
        int code = stream->sink->event(call, stream->sink, &event);

        if (code) {
            fake_stream_end(stream, code);
            return;
        }
    }
}

static int fake_stream(struct sn_call *call, struct sn_input_controller *controller,
                       const struct sn_input_trigger *triggers, size_t count,
                       const struct pb_google_struct *extra, const struct sn_input_sink *sink)
{
    struct fake_controller *fake = (struct fake_controller *)controller;
    struct fake_stream *stream = sn_arena_zalloc(call->arena, sizeof(*stream));

    if (!stream)
        return SN_ERR_RESOURCE_EXHAUSTED;
    stream->fake = fake;
    stream->call = call;
    stream->triggers = triggers;
    stream->count = count;
    stream->sink = sink;
    sn_list_append(&fake->streams, &stream->link);
    call->holder = stream;
    call->on_cancel = fake_stream_cancelled;
    fake_await(stream);
    return SN_PENDING;
}

/* ---- its life ---- */

static int fake_open(struct sn_call *call, struct sn_resource *resource, const void *attrs)
{
    struct fake_controller *fake = (struct fake_controller *)resource;

    fake->attrs = *(const struct fake_attrs *)attrs;
    sn_list_init(&fake->streams);
    return 0;
}

static int fake_close(struct sn_call *call, struct sn_resource *resource)
{
    struct sn_list *streams = &((struct fake_controller *)resource)->streams;

    while (!sn_list_empty(streams))
        fake_stream_end(sn_container_of(streams->next, struct fake_stream, link),
                        SN_ERR_UNAVAILABLE);
    return 0;
}

#define AT(member) offsetof(struct fake_attrs, member)

static const struct sn_attr fake_attrs[] = {
    {"event_value", SN_ATTR_NUMBER, AT(event_value), .given = AT(has_value),
     .help = "value of all events, 0 to 1 by chance if not given"},
    {"callback_delay_sec", SN_ATTR_NUMBER, AT(callback_delay_sec),
     .help = "seconds between events of a stream, 1 to 2 by chance if 0"},
    {0},
};

static const struct sn_input_controller_ops fake_ops = {
    .controls = fake_controls,
    .events = fake_events,
    .stream = fake_stream,
    .trigger = fake_trigger,
};

const struct sn_driver sn_driver_input_controller_fake = {
    .api = SN_API_INPUT_CONTROLLER,
    .model = "rdk:builtin:fake",
    .help = "an axis and a button that move by chance",
    .size = sizeof(struct fake_controller),
    .attrs_size = sizeof(struct fake_attrs),
    .attrs = fake_attrs,
    .ops = &fake_ops,
    .open = fake_open,
    .close = fake_close,
};
