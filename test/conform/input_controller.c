/* SPDX-License-Identifier: Apache-2.0
 *
 * What every input controller does.
 */
#include "sinew/api/input_controller.h"
#include "conform.h"
#include "pb/component/inputcontroller/v1/input_controller.h"
#include "sinew/list.h"

struct ask_input {
    struct ask ask;
    struct pb_inputcontroller_get_controls_response controls;
    struct pb_inputcontroller_get_events_response events;
    struct sn_input_event event;
    const struct sn_input_trigger *triggers;
    size_t count;
    struct sn_input_sink sink;
    uint32_t told;
    double value;  /* of the last that was told */
    int sink_code; /* what the sink returns */
};

#define ASK ((struct ask_input *)call)

static struct sn_input_controller *controller_of(struct sn_call *call)
{
    return (struct sn_input_controller *)ASK->ask.subject->resource;
}

static int start_controls(struct sn_call *call)
{
    return sn_input_controller_controls(call, controller_of(call), NULL, &ASK->controls);
}

static int start_events(struct sn_call *call)
{
    return sn_input_controller_events(call, controller_of(call), NULL, &ASK->events);
}

static int start_trigger(struct sn_call *call)
{
    return sn_input_controller_trigger(call, controller_of(call), &ASK->event, NULL);
}

static int start_stream(struct sn_call *call)
{
    return sn_input_controller_stream(call, controller_of(call), ASK->triggers, ASK->count, NULL,
                                      &ASK->sink);
}

static int hear(struct sn_call *call, const struct sn_input_sink *sink,
                const struct sn_input_event *event)
{
    struct ask_input *a = sn_container_of((uintptr_t)sink, struct ask_input, sink);

    a->told++;
    a->value = event->value;
    return a->sink_code;
}

static struct sn_str first_control(struct subject *subject)
{
    struct ask_input a = {0};

    assert_int_equal(ask(&a.ask, subject, start_controls), 0);
    assert_true(a.controls.controls.n > 0);
    return a.controls.controls.v[0];
}

/* Whether it could be made to happen. */
static bool trigger(struct subject *subject, struct sn_str control, struct sn_str event,
                    double value)
{
    struct ask_input a = {.event = {1500000000, event, control, value}};
    int code = ask(&a.ask, subject, start_trigger);

    if (!code)
        return true;
    assert_int_equal(code, SN_ERR_UNKNOWN);
    assert_true(strstr(subject->text, "unsupported") ||
                strstr(subject->text, "not of type Triggerable"));
    return false;
}

static void begin_stream(struct ask_input *a, struct subject *subject,
                         const struct sn_input_trigger *triggers, size_t count)
{
    a->triggers = triggers;
    a->count = count;
    a->sink.event = hear;
    ask_init(&a->ask, subject, start_stream);
    ask_start(&a->ask);
    subject_run(subject, SN_MS(50)); /* it has reached the controller, be that elsewhere */
}

static void end_stream(struct ask_input *a)
{
    sn_call_cancel(&a->ask.call, SN_ERR_CANCELLED);
    assert_int_equal(ask_await(&a->ask), SN_ERR_CANCELLED);
}

static void controls_have_names(void **state)
{
    struct ask_input a = {0};

    assert_int_equal(ask(&a.ask, *state, start_controls), 0);
    for (uint32_t i = 0; i < a.controls.controls.n; i++)
        assert_true(a.controls.controls.v[i].len > 0);
}

static void events_are_of_one_control_each(void **state)
{
    struct ask_input a = {0};

    assert_int_equal(ask(&a.ask, *state, start_events), 0);
    for (uint32_t i = 0; i < a.events.events.n; i++)
        for (uint32_t k = 0; k < i; k++)
            assert_false(sn_str_eq(a.events.events.v[i].control, a.events.events.v[k].control));
}

static void what_is_triggered_is_the_last_event(void **state)
{
    struct sn_str control = first_control(*state);
    struct ask_input a = {0};
    uint32_t i = 0;

    if (!trigger(*state, control, SN_STR("PositionChangeAbs"), 0.25))
        skip();
    assert_int_equal(ask(&a.ask, *state, start_events), 0);
    while (i < a.events.events.n && !sn_str_eq(a.events.events.v[i].control, control))
        i++;
    assert_true(i < a.events.events.n);
    struct sn_input_event event = sn_input_event_of(&a.events.events.v[i]);
    assert_int_equal(event.time_ns, 1500000000);
    assert_true(sn_str_is(event.event, "PositionChangeAbs"));
    assert_true(event.value == 0.25);
}

static void a_stream_tells_of_its_triggers(void **state)
{
    struct sn_input_trigger wanted = {first_control(*state), SN_STR("ButtonPress")};
    struct ask_input a = {0};

    begin_stream(&a, *state, &wanted, 1);
    uint32_t before = a.told;
    bool can = trigger(*state, wanted.control, SN_STR("ButtonHold"), 2);
    if (can) {
        subject_run(*state, SN_MS(50));
        assert_int_equal(a.told, before);
        assert_true(trigger(*state, wanted.control, wanted.event, 0.5));
        subject_run(*state, SN_MS(50));
        assert_int_equal(a.told, before + 1);
        assert_true(a.value == 0.5);
    }
    end_stream(&a);
    if (!can)
        skip();
}

/* As upstream does: once for all, once for this. */
static void a_stream_of_all_tells_twice(void **state)
{
    struct sn_str control = first_control(*state);
    struct sn_input_trigger wanted[] = {{control, SN_STR(SN_INPUT_ALL_EVENTS)},
                                        {control, SN_STR("ButtonChange")}};
    struct ask_input a = {0};

    begin_stream(&a, *state, wanted, 2);
    uint32_t before = a.told;
    bool can = trigger(*state, control, SN_STR("ButtonPress"), 1);
    if (can) {
        subject_run(*state, SN_MS(50));
        assert_int_equal(a.told, before + 2);
    }
    end_stream(&a);
    if (!can)
        skip();
}

static void two_streams_hear_the_same(void **state)
{
    struct sn_input_trigger wanted = {first_control(*state), SN_STR("ButtonPress")};
    struct ask_input a = {0}, b = {0};

    begin_stream(&a, *state, &wanted, 1);
    begin_stream(&b, *state, &wanted, 1);
    uint32_t before_a = a.told, before_b = b.told;
    bool can = trigger(*state, wanted.control, wanted.event, 1);
    if (can) {
        subject_run(*state, SN_MS(50));
        assert_int_equal(a.told, before_a + 1);
        assert_int_equal(b.told, before_b + 1);
    }
    end_stream(&a);
    end_stream(&b);
    if (!can)
        skip();
}

static void a_stream_ends_with_what_its_sink_says(void **state)
{
    struct sn_input_trigger wanted = {first_control(*state), SN_STR("ButtonPress")};
    struct ask_input a = {.sink_code = SN_ERR_RESOURCE_EXHAUSTED};

    begin_stream(&a, *state, &wanted, 1);
    if (a.told || trigger(*state, wanted.control, wanted.event, 1))
        assert_int_equal(ask_await(&a.ask), SN_ERR_RESOURCE_EXHAUSTED);
    else
        end_stream(&a);
    assert_true(a.told <= 1);
}

static void a_stream_of_nothing_stays(void **state)
{
    struct ask_input a = {0};

    begin_stream(&a, *state, NULL, 0);
    assert_false(a.ask.ended);
    assert_int_equal(a.told, 0);
    end_stream(&a);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(controls_have_names),
    cmocka_unit_test(events_are_of_one_control_each),
    cmocka_unit_test(what_is_triggered_is_the_last_event),
    cmocka_unit_test(a_stream_tells_of_its_triggers),
    cmocka_unit_test(a_stream_of_all_tells_twice),
    cmocka_unit_test(two_streams_hear_the_same),
    cmocka_unit_test(a_stream_ends_with_what_its_sink_says),
    cmocka_unit_test(a_stream_of_nothing_stays),
    cmocka_unit_test(do_command_answers),
    cmocka_unit_test(status_answers),
};

const struct suite suite_input_controller = {SN_API_INPUT_CONTROLLER, tests,
                                             sizeof(tests) / sizeof(tests[0])};
