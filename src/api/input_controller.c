/* SPDX-License-Identifier: Apache-2.0
 *
 * Input controller API: wrappers, server glue, proxy.
 */
#include "sinew/api/input_controller.h"
#include "api/api.h"
#include "pb/component/inputcontroller/v1/input_controller.h"
#include "sinew/time.h"

/* Triggers of one stream, cancelled ones included: every event of every control of a large gamepad,
 * many times over. */
enum { TRIGGERS_MAX = 1000 };

static const struct sn_input_controller_ops *ops_of(const struct sn_input_controller *controller)
{
    return controller->base.ops;
}

int sn_input_controller_controls(struct sn_call *call, struct sn_input_controller *controller,
                                 const struct pb_google_struct *extra,
                                 struct pb_inputcontroller_get_controls_response *ret_controls)
{
    int code = sn_resource_enter(&controller->base, call, SN_READ);

    return code ? code : ops_of(controller)->controls(call, controller, extra, ret_controls);
}

int sn_input_controller_events(struct sn_call *call, struct sn_input_controller *controller,
                               const struct pb_google_struct *extra,
                               struct pb_inputcontroller_get_events_response *ret_events)
{
    int code = sn_resource_enter(&controller->base, call, SN_READ);

    return code ? code : ops_of(controller)->events(call, controller, extra, ret_events);
}

int sn_input_controller_stream(struct sn_call *call, struct sn_input_controller *controller,
                               const struct sn_input_trigger *triggers, size_t count,
                               const struct pb_google_struct *extra,
                               const struct sn_input_sink *sink)
{
    int code = sn_resource_enter(&controller->base, call, SN_READ);

    return code ? code : ops_of(controller)->stream(call, controller, triggers, count, extra, sink);
}

int sn_input_controller_trigger(struct sn_call *call, struct sn_input_controller *controller,
                                const struct sn_input_event *event,
                                const struct pb_google_struct *extra)
{
    int code = sn_resource_enter(&controller->base, call, SN_READ);

    if (code)
        return code;
    if (!ops_of(controller)->trigger)
        return sn_call_fail(call, SN_ERR_UNKNOWN,
                            "input controller is not of type Triggerable (%s)",
                            controller->base.name);
    return ops_of(controller)->trigger(call, controller, event, extra);
}

/* Whether the trigger is for this very event. A change is a press or a release. */
static bool is_for(struct sn_str trigger, struct sn_str event)
{
    if (sn_str_eq(trigger, event))
        return true;
    return sn_str_is(trigger, "ButtonChange") &&
           (sn_str_is(event, "ButtonPress") || sn_str_is(event, "ButtonRelease"));
}

size_t sn_input_matches(const struct sn_input_trigger *triggers, size_t count,
                        const struct sn_input_event *event)
{
    bool all = false, this_one = false;

    for (size_t i = 0; i < count; i++) {
        if (!sn_str_eq(triggers[i].control, event->control))
            continue;
        all |= sn_str_is(triggers[i].event, SN_INPUT_ALL_EVENTS);
        this_one |= is_for(triggers[i].event, event->event);
    }
    return (size_t)all + this_one;
}

int sn_input_add_event(struct sn_arena *arena, const struct sn_input_event *event,
                       struct pb_inputcontroller_get_events_response *events)
{
    struct pb_google_timestamp *time = sn_arena_alloc(arena, sizeof(*time));
    struct pb_inputcontroller_event *slot = sn_pb_add(&events->events, arena);

    if (!time || !slot)
        return SN_ERR_RESOURCE_EXHAUSTED;
    *time = sn_pb_timestamp_of(event->time_ns);
    *slot = (struct pb_inputcontroller_event){time, event->event, event->control, event->value};
    return 0;
}

struct sn_input_event sn_input_event_of(const struct pb_inputcontroller_event *event)
{
    return (struct sn_input_event){sn_pb_timestamp_ns(event->time), event->event, event->control,
                                   event->value};
}

/* ---- server ---- */

static int handle_get_controls(struct sn_rpc *rpc, void *self, const void *request, void *response)
{
    const struct pb_inputcontroller_get_controls_request *req = request;

    return sn_input_controller_controls(&rpc->call, self, req->extra, response);
}

static int handle_get_events(struct sn_rpc *rpc, void *self, const void *request, void *response)
{
    const struct pb_inputcontroller_get_events_request *req = request;

    return sn_input_controller_events(&rpc->call, self, req->extra, response);
}

static int handle_trigger_event(struct sn_rpc *rpc, void *self, const void *request, void *response)
{
    static const struct pb_inputcontroller_event none;
    const struct pb_inputcontroller_trigger_event_request *req = request;
    struct sn_input_event event = sn_input_event_of(req->event ? req->event : &none);
    struct sn_input_controller *controller = self;

    if (!req->event && ops_of(controller)->trigger)
        return sn_call_fail(&rpc->call, SN_ERR_UNKNOWN, "event cannot be nil");
    return sn_input_controller_trigger(&rpc->call, controller, &event, req->extra);
}

/* The triggers of a request, in its order, each once. */
struct triggers {
    struct sn_input_trigger *v;
    size_t count;
};

static struct sn_input_trigger *find_trigger(const struct triggers *triggers, struct sn_str control,
                                             struct sn_str event)
{
    for (size_t i = 0; i < triggers->count; i++)
        if (sn_str_eq(triggers->v[i].control, control) && sn_str_eq(triggers->v[i].event, event))
            return &triggers->v[i];
    return NULL;
}

static void add_trigger(struct triggers *triggers, struct sn_str control, struct sn_str event)
{
    if (!find_trigger(triggers, control, event))
        triggers->v[triggers->count++] = (struct sn_input_trigger){control, event};
}

static void remove_trigger(struct triggers *triggers, struct sn_str control, struct sn_str event)
{
    struct sn_input_trigger *found = find_trigger(triggers, control, event);

    if (found) {
        struct sn_input_trigger *last = &triggers->v[--triggers->count];
        memmove(found, found + 1, (size_t)(last - found) * sizeof(*found));
    }
}

/* Half of a change leaves the other half. */
static void cancel_trigger(struct triggers *triggers, struct sn_str control, struct sn_str event)
{
    const struct sn_str press = SN_STR("ButtonPress"), release = SN_STR("ButtonRelease");
    struct sn_input_trigger *change = find_trigger(triggers, control, SN_STR("ButtonChange"));

    if (sn_str_is(event, "ButtonChange")) {
        remove_trigger(triggers, control, press);
        remove_trigger(triggers, control, release);
    } else if (change && sn_str_eq(event, press)) {
        change->event = release;
    } else if (change && sn_str_eq(event, release)) {
        change->event = press;
    }
    remove_trigger(triggers, control, event);
}

static bool are_short(const struct sn_str *names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (names[i].len > SN_INPUT_NAME_MAX)
            return false;
    return true;
}

static bool has_short_names(const struct pb_inputcontroller_stream_events_request_events *row)
{
    return are_short(&row->control, 1) && are_short(row->events.v, row->events.n) &&
           are_short(row->cancelled_events.v, row->cancelled_events.n);
}

/* Each trigger and each cancelled one is compared with all before it, byte by byte. */
static int check_triggers(struct sn_call *call,
                          const struct pb_inputcontroller_stream_events_request *req,
                          size_t *ret_count)
{
    size_t cancelled = 0;

    *ret_count = 0;
    for (uint32_t i = 0; i < req->events.n; i++) {
        *ret_count += req->events.v[i].events.n;
        cancelled += req->events.v[i].cancelled_events.n;
    }
    if (*ret_count + cancelled > TRIGGERS_MAX)
        return sn_call_fail(call, SN_ERR_RESOURCE_EXHAUSTED,
                            "a stream can have %d triggers at most", TRIGGERS_MAX);
    for (uint32_t i = 0; i < req->events.n; i++)
        if (!has_short_names(&req->events.v[i]))
            return sn_call_fail(call, SN_ERR_INVALID_ARGUMENT,
                                "names of controls and events have %d bytes at most",
                                SN_INPUT_NAME_MAX);
    return 0;
}

static void read_triggers(const struct pb_inputcontroller_stream_events_request *req,
                          struct triggers *triggers)
{
    for (uint32_t i = 0; i < req->events.n; i++) {
        const struct pb_inputcontroller_stream_events_request_events *row = &req->events.v[i];

        for (uint32_t k = 0; k < row->events.n; k++)
            add_trigger(triggers, row->control, row->events.v[k]);
        for (uint32_t k = 0; k < row->cancelled_events.n; k++)
            cancel_trigger(triggers, row->control, row->cancelled_events.v[k]);
    }
}

static int send_event(struct sn_call *call, const struct sn_input_sink *sink,
                      const struct sn_input_event *event)
{
    struct pb_google_timestamp time = sn_pb_timestamp_of(event->time_ns);
    struct pb_inputcontroller_event wire = {&time, event->event, event->control, event->value};
    struct pb_inputcontroller_stream_events_response resp = {&wire};

    return sn_rpc_send(sn_rpc_of(call), &resp);
}

static int handle_stream_events(struct sn_rpc *rpc, void *self, const void *request, void *response)
{
    static const struct sn_input_sink to_client = {send_event};
    const struct pb_inputcontroller_stream_events_request *req = request;
    struct triggers triggers = {0};
    size_t room;
    int code = check_triggers(&rpc->call, req, &room);

    if (code)
        return code;
    triggers.v = sn_arena_alloc(&rpc->arena, room * sizeof(*triggers.v));
    if (!triggers.v)
        return SN_ERR_RESOURCE_EXHAUSTED;
    read_triggers(req, &triggers);
    return sn_input_controller_stream(&rpc->call, self, triggers.v, triggers.count, req->extra,
                                      &to_client);
}

/* ---- proxy ---- */

static int controls_reply(struct sn_call *call, const void *response, void *arg)
{
    *(struct pb_inputcontroller_get_controls_response *)arg =
        *(const struct pb_inputcontroller_get_controls_response *)response;
    return 0;
}

static int proxy_controls(struct sn_call *call, struct sn_input_controller *controller,
                          const struct pb_google_struct *extra,
                          struct pb_inputcontroller_get_controls_response *ret_controls)
{
    struct pb_inputcontroller_get_controls_request req = {
        .controller = sn_proxy_name(&controller->base), .extra = sn_proxy_borrow(extra)};

    return sn_proxy_call(call, &controller->base, "GetControls", &req, controls_reply,
                         ret_controls);
}

static int events_reply(struct sn_call *call, const void *response, void *arg)
{
    *(struct pb_inputcontroller_get_events_response *)arg =
        *(const struct pb_inputcontroller_get_events_response *)response;
    return 0;
}

static int proxy_events(struct sn_call *call, struct sn_input_controller *controller,
                        const struct pb_google_struct *extra,
                        struct pb_inputcontroller_get_events_response *ret_events)
{
    struct pb_inputcontroller_get_events_request req = {
        .controller = sn_proxy_name(&controller->base), .extra = sn_proxy_borrow(extra)};

    return sn_proxy_call(call, &controller->base, "GetEvents", &req, events_reply, ret_events);
}

static int proxy_trigger(struct sn_call *call, struct sn_input_controller *controller,
                         const struct sn_input_event *event, const struct pb_google_struct *extra)
{
    struct pb_google_timestamp time = sn_pb_timestamp_of(event->time_ns);
    struct pb_inputcontroller_event wire = {&time, event->event, event->control, event->value};
    struct pb_inputcontroller_trigger_event_request req = {.controller =
                                                               sn_proxy_name(&controller->base),
                                                           .event = &wire,
                                                           .extra = sn_proxy_borrow(extra)};

    return sn_proxy_call(call, &controller->base, "TriggerEvent", &req, NULL, NULL);
}

static void stream_each(struct sn_call *call, const void *response, void *arg)
{
    const struct pb_inputcontroller_stream_events_response *resp = response;
    const struct sn_input_sink *sink = arg;

    if (!resp->event)
        return;
    struct sn_input_event event = sn_input_event_of(resp->event);
    int code = sink->event(call, sink, &event);
    if (code)
        sn_call_cancel(call, code);
}

static int proxy_stream(struct sn_call *call, struct sn_input_controller *controller,
                        const struct sn_input_trigger *triggers, size_t count,
                        const struct pb_google_struct *extra, const struct sn_input_sink *sink)
{
    struct pb_inputcontroller_stream_events_request req = {
        .controller = sn_proxy_name(&controller->base), .extra = sn_proxy_borrow(extra)};

    for (size_t i = 0; i < count; i++) {
        struct pb_inputcontroller_stream_events_request_events *row =
            sn_pb_add(&req.events, call->arena);
        struct sn_str *event = row ? sn_pb_add(&row->events, call->arena) : NULL;

        if (!event)
            return SN_ERR_RESOURCE_EXHAUSTED;
        row->control = triggers[i].control;
        *event = triggers[i].event;
    }
    return sn_proxy_stream(call, &controller->base, "StreamEvents", &req, stream_each,
                           SN_PROXY_BORROW(void, sink));
}

static const struct sn_input_controller_ops proxy_ops = {
    .common = SN_PROXY_COMMON,
    .controls = proxy_controls,
    .events = proxy_events,
    .stream = proxy_stream,
    .trigger = proxy_trigger,
};

static const struct sn_handler handlers[] = {
    {"GetControls", handle_get_controls, 0, {0}, NULL},
    {"GetEvents", handle_get_events, 0, {0}, NULL},
    {"StreamEvents", handle_stream_events, 0, {0}, NULL},
    {"TriggerEvent", handle_trigger_event, 0, {0}, NULL},
    SN_COMMON_HANDLERS,
};

const struct sn_api sn_api_input_controller = {
    .name = SN_API_INPUT_CONTROLLER,
    .service = {SN_API_INPUT_CONTROLLER, &pb_inputcontroller_input_controller_service, handlers},
    .size = sizeof(struct sn_input_controller),
    .proxy_ops = &proxy_ops,
};
