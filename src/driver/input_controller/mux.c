/* SPDX-License-Identifier: Apache-2.0
 *
 * Several input controllers as one: all controls, the latest event of each, and one stream.
 */
#include "driver/input_controller/hub.h"
#include "pb/component/inputcontroller/v1/input_controller.h"
#include "sinew/driver.h"
#include "sinew/list.h"
#include "sinew/steps.h"

struct mux_attrs {
    struct sn_attr_list sources; /* struct sn_str */
};

struct mux {
    struct sn_input_controller base;
    struct sn_arena arena;
    struct sn_input_controller **sources;
    size_t count;
};

static const struct mux *mux_of(const struct sn_input_controller *controller)
{
    return (const struct mux *)controller;
}

/* ---- asking one after the other ---- */

struct round {
    struct sn_call child; /* first */
    struct sn_call *call;
    const struct mux *mux;
    const struct pb_google_struct *extra;
    size_t next;
    int (*ask)(struct sn_call *child); /* to `controls` or `events` */
    int (*take)(struct round *round);
    struct pb_inputcontroller_get_controls_response controls, *all_controls;
    struct pb_inputcontroller_get_events_response events, *all_events;
};

static void round_asked(struct sn_call *child, int code);

static int round_next(struct round *round)
{
    struct sn_call *call = round->call;

    if (round->next == round->mux->count)
        return 0;
    round->controls = (struct pb_inputcontroller_get_controls_response){0};
    round->events = (struct pb_inputcontroller_get_events_response){0};
    sn_call_init(&round->child, call->env, call->arena, call);
    round->child.start = round->ask;
    round->child.end = round_asked;
    sn_call_start(&round->child);
    return SN_PENDING;
}

static void round_asked(struct sn_call *child, int code)
{
    struct round *round = (struct round *)child;

    if (code)
        sn_call_fail(round->call, code, "%.*s", SN_STR_ARGS(sn_call_text(child, code)));
    else
        code = round->take(round);
    round->next++;
    if (!code)
        code = round_next(round);
    if (code != SN_PENDING)
        sn_call_done(round->call, code);
}

static struct round *round_create(struct sn_call *call, struct sn_input_controller *controller,
                                  const struct pb_google_struct *extra)
{
    struct round *round = sn_arena_zalloc(call->arena, sizeof(*round));

    if (round) {
        round->call = call;
        round->mux = mux_of(controller);
        round->extra = extra;
    }
    return round;
}

/* ---- controls ---- */

static int ask_controls(struct sn_call *child)
{
    struct round *round = (struct round *)child;

    return sn_input_controller_controls(child, round->mux->sources[round->next], round->extra,
                                        &round->controls);
}

static bool has_control(const struct pb_inputcontroller_get_controls_response *controls,
                        struct sn_str name)
{
    for (uint32_t i = 0; i < controls->controls.n; i++)
        if (sn_str_eq(controls->controls.v[i], name))
            return true;
    return false;
}

static int take_controls(struct round *round)
{
    int code = 0;

    for (uint32_t i = 0; !code && i < round->controls.controls.n; i++)
        if (!has_control(round->all_controls, round->controls.controls.v[i]))
            code = sn_input_add_controls(round->call->arena, &round->controls.controls.v[i], 1,
                                         round->all_controls);
    return code;
}

static int mux_controls(struct sn_call *call, struct sn_input_controller *controller,
                        const struct pb_google_struct *extra,
                        struct pb_inputcontroller_get_controls_response *ret_controls)
{
    struct round *round = round_create(call, controller, extra);

    if (!round)
        return SN_ERR_RESOURCE_EXHAUSTED;
    round->ask = ask_controls;
    round->take = take_controls;
    round->all_controls = ret_controls;
    return round_next(round);
}

/* ---- events ---- */

static int ask_events(struct sn_call *child)
{
    struct round *round = (struct round *)child;

    return sn_input_controller_events(child, round->mux->sources[round->next], round->extra,
                                      &round->events);
}

static struct pb_inputcontroller_event *
event_of(struct pb_inputcontroller_get_events_response *events, struct sn_str control)
{
    for (uint32_t i = 0; i < events->events.n; i++)
        if (sn_str_eq(events->events.v[i].control, control))
            return &events->events.v[i];
    return NULL;
}

static int take_events(struct round *round)
{
    for (uint32_t i = 0; i < round->events.events.n; i++) {
        const struct pb_inputcontroller_event *event = &round->events.events.v[i];
        struct pb_inputcontroller_event *slot = event_of(round->all_events, event->control);

        if (slot && sn_input_event_of(slot).time_ns > sn_input_event_of(event).time_ns)
            continue;
        if (!slot)
            slot = sn_pb_add(&round->all_events->events, round->call->arena);
        if (!slot)
            return SN_ERR_RESOURCE_EXHAUSTED;
        *slot = *event;
    }
    return 0;
}

static int mux_events(struct sn_call *call, struct sn_input_controller *controller,
                      const struct pb_google_struct *extra,
                      struct pb_inputcontroller_get_events_response *ret_events)
{
    struct round *round = round_create(call, controller, extra);

    if (!round)
        return SN_ERR_RESOURCE_EXHAUSTED;
    round->ask = ask_events;
    round->take = take_events;
    round->all_events = ret_events;
    return round_next(round);
}

/* ---- streams, side by side ---- */

struct merge {
    struct sn_input_sink sink; /* of the sources' streams */
    struct sn_call *call;
    const struct mux *mux;
    const struct sn_input_trigger *triggers;
    size_t count;
    const struct pb_google_struct *extra;
    const struct sn_input_sink *outer;
};

static int merge_event(struct sn_call *call, const struct sn_input_sink *sink,
                       const struct sn_input_event *event)
{
    const struct merge *merge = (const struct merge *)sink;

    return merge->outer->event(merge->call, merge->outer, event);
}

static int merge_start(struct sn_call *call, void *arg, size_t i)
{
    const struct merge *merge = arg;

    return sn_input_controller_stream(call, merge->mux->sources[i], merge->triggers, merge->count,
                                      merge->extra, &merge->sink);
}

static void nothing_cancelled(struct sn_call *call)
{
    sn_call_done(call, sn_call_cancelled(call));
}

static int mux_stream(struct sn_call *call, struct sn_input_controller *controller,
                      const struct sn_input_trigger *triggers, size_t count,
                      const struct pb_google_struct *extra, const struct sn_input_sink *sink)
{
    const struct mux *mux = mux_of(controller);
    struct merge *merge = sn_arena_alloc(call->arena, sizeof(*merge));

    if (!merge)
        return SN_ERR_RESOURCE_EXHAUSTED;
    *merge = (struct merge){{merge_event}, call, mux, triggers, count, extra, sink};
    if (mux->count)
        return sn_call_each(call, mux->count, merge_start, merge);
    call->on_cancel = nothing_cancelled;
    return SN_PENDING;
}

/* ---- its life ---- */

static int mux_open(struct sn_call *call, struct sn_resource *resource, const void *attrs)
{
    struct mux *mux = (struct mux *)resource;
    const struct sn_attr_list *names = &((const struct mux_attrs *)attrs)->sources;

    sn_arena_init(&mux->arena, resource->env->blocks, SN_INPUT_MEMORY_MAX);
    mux->sources = sn_arena_zalloc(&mux->arena, names->count * sizeof(struct sn_resource *));
    if (!mux->sources)
        return SN_ERR_RESOURCE_EXHAUSTED;
    for (size_t i = 0; i < names->count; i++) {
        struct sn_resource *source;
        int code = sn_dependency(call, resource, SN_API_INPUT_CONTROLLER,
                                 ((const struct sn_str *)names->v)[i], &source);

        if (code)
            return code;
        mux->sources[mux->count++] = (struct sn_input_controller *)source;
    }
    return 0;
}

static void mux_fini(struct sn_resource *resource)
{
    sn_arena_fini(&((struct mux *)resource)->arena);
}

/* Not marked as dependencies: as with the reference, the entry's `depends_on` must name them. */
static const struct sn_attr mux_attrs[] = {
    {"sources", SN_ATTR_STRINGS, offsetof(struct mux_attrs, sources),
     .help = "the input controllers; depends_on must name them, too"},
    {0},
};

static const struct sn_input_controller_ops mux_ops = {
    .controls = mux_controls,
    .events = mux_events,
    .stream = mux_stream,
};

const struct sn_driver sn_driver_input_controller_mux = {
    .api = SN_API_INPUT_CONTROLLER,
    .model = "rdk:builtin:mux",
    .help = "several input controllers as one",
    .size = sizeof(struct mux),
    .attrs_size = sizeof(struct mux_attrs),
    .attrs = mux_attrs,
    .ops = &mux_ops,
    .open = mux_open,
    .fini = mux_fini,
};
