/* SPDX-License-Identifier: Apache-2.0
 *
 * Events of controls: kept and passed on.
 */
#include "driver/input_controller/hub.h"
#include "pb/component/inputcontroller/v1/input_controller.h"

struct latest {
    struct sn_list link; /* sn_input_hub.latest */
    struct sn_input_event event;
    char control[SN_INPUT_NAME_MAX], name[SN_INPUT_NAME_MAX];
};

/* In its call's arena. */
struct stream {
    struct sn_list link; /* sn_input_hub.streams */
    struct sn_input_hub *hub;
    struct sn_call *call;
    const struct sn_input_trigger *triggers;
    size_t count;
    const struct sn_input_sink *sink;
};

void sn_input_hub_init(struct sn_input_hub *hub, struct sn_env *env)
{
    sn_arena_init(&hub->arena, env->blocks, SN_INPUT_MEMORY_MAX);
    sn_list_init(&hub->latest);
    sn_list_init(&hub->streams);
}

static void stream_end(struct stream *stream, int code)
{
    if (stream->hub->next == &stream->link)
        stream->hub->next = stream->link.next;
    sn_list_remove(&stream->link);
    sn_call_done(stream->call, code);
}

void sn_input_hub_close(struct sn_input_hub *hub)
{
    while (!sn_list_empty(&hub->streams))
        stream_end(sn_container_of(hub->streams.next, struct stream, link), SN_ERR_UNAVAILABLE);
}

void sn_input_hub_fini(struct sn_input_hub *hub)
{
    sn_arena_fini(&hub->arena);
}

/* ---- what was last ---- */

static struct latest *latest_of(struct sn_input_hub *hub, struct sn_str control)
{
    struct sn_list *node;

    sn_list_for_each (node, &hub->latest) {
        struct latest *latest = sn_container_of(node, struct latest, link);

        if (sn_str_eq(latest->event.control, control))
            return latest;
    }
    return NULL;
}

static struct sn_str keep(char *bytes, struct sn_str name)
{
    if (name.len)
        memcpy(bytes, name.ptr, name.len);
    return (struct sn_str){bytes, name.len};
}

static int keep_latest(struct sn_input_hub *hub, const struct sn_input_event *event)
{
    struct latest *latest = latest_of(hub, event->control);

    if (event->control.len > SN_INPUT_NAME_MAX || event->event.len > SN_INPUT_NAME_MAX)
        return SN_ERR_INVALID_ARGUMENT;
    if (!latest) {
        latest = sn_arena_alloc(&hub->arena, sizeof(*latest));
        if (!latest)
            return SN_ERR_RESOURCE_EXHAUSTED;
        sn_list_append(&hub->latest, &latest->link);
    }
    latest->event = *event;
    latest->event.control = keep(latest->control, event->control);
    latest->event.event = keep(latest->name, event->event);
    return 0;
}

int sn_input_hub_events(const struct sn_input_hub *hub, struct sn_call *call,
                        struct pb_inputcontroller_get_events_response *ret_events)
{
    const struct sn_list *node;

    sn_list_for_each (node, &hub->latest) {
        const struct sn_input_event *event =
            &sn_container_of((uintptr_t)node, struct latest, link)->event;
        struct sn_input_event copy = {event->time_ns, sn_arena_copy(call->arena, event->event),
                                      sn_arena_copy(call->arena, event->control), event->value};

        if (!copy.event.ptr || !copy.control.ptr ||
            sn_input_add_event(call->arena, &copy, ret_events))
            return SN_ERR_RESOURCE_EXHAUSTED;
    }
    return 0;
}

/* ---- who hears of the next ---- */

/* Being told may end a stream, and others with it: a mux of several sources. */
static void tell_streams(struct sn_input_hub *hub, const struct sn_input_event *event)
{
    struct sn_list *node;

    for (node = hub->streams.next; node != &hub->streams; node = hub->next) {
        struct stream *stream = sn_container_of(node, struct stream, link);
        size_t times = sn_input_matches(stream->triggers, stream->count, event);
        int code = 0;

        hub->next = node->next;
        while (!code && times-- > 0)
            code = stream->sink->event(stream->call, stream->sink, event);
        if (code)
            stream_end(stream, code);
    }
    hub->next = NULL;
}

int sn_input_hub_tell(struct sn_input_hub *hub, const struct sn_input_event *event)
{
    int code = keep_latest(hub, event);

    if (!code)
        tell_streams(hub, event);
    return code;
}

static void stream_cancelled(struct sn_call *call)
{
    stream_end(call->holder, sn_call_cancelled(call));
}

int sn_input_hub_stream(struct sn_input_hub *hub, struct sn_call *call,
                        const struct sn_input_trigger *triggers, size_t count,
                        const struct sn_input_sink *sink)
{
    struct stream *stream = sn_arena_alloc(call->arena, sizeof(*stream));

    if (!stream)
        return SN_ERR_RESOURCE_EXHAUSTED;
    *stream = (struct stream){{0}, hub, call, triggers, count, sink};
    sn_list_append(&hub->streams, &stream->link);
    call->holder = stream;
    call->on_cancel = stream_cancelled;
    return SN_PENDING;
}

int sn_input_add_controls(struct sn_arena *arena, const struct sn_str *names, size_t count,
                          struct pb_inputcontroller_get_controls_response *controls)
{
    for (size_t i = 0; i < count; i++) {
        struct sn_str *name = sn_pb_add(&controls->controls, arena);

        if (!name)
            return SN_ERR_RESOURCE_EXHAUSTED;
        *name = names[i];
    }
    return 0;
}
