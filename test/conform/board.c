/* SPDX-License-Identifier: Apache-2.0
 *
 * What every board does. The subject needs free pins "p" and "q", an analog "a" that can be read,
 * and an interrupt "i" that ticks within two seconds.
 */
#include "sinew/api/board.h"
#include "conform.h"

struct ask_board {
    struct ask ask;
    struct sn_str name; /* arguments */
    bool high;
    double duty;
    uint64_t hz;
    int32_t mode;
    struct sn_analog analog; /* results */
    int64_t count;
};

static struct sn_board *board_of(struct sn_call *call)
{
    return (struct sn_board *)((struct ask *)call)->subject->resource;
}

#define ASK ((struct ask_board *)call)

static int start_set_gpio(struct sn_call *call)
{
    return sn_board_set_gpio(call, board_of(call), ASK->name, ASK->high, NULL);
}

static int start_gpio(struct sn_call *call)
{
    return sn_board_gpio(call, board_of(call), ASK->name, NULL, &ASK->high);
}

static int start_set_pwm(struct sn_call *call)
{
    return sn_board_set_pwm(call, board_of(call), ASK->name, ASK->duty, NULL);
}

static int start_pwm(struct sn_call *call)
{
    return sn_board_pwm(call, board_of(call), ASK->name, NULL, &ASK->duty);
}

static int start_set_frequency(struct sn_call *call)
{
    return sn_board_set_pwm_frequency(call, board_of(call), ASK->name, ASK->hz, NULL);
}

static int start_frequency(struct sn_call *call)
{
    return sn_board_pwm_frequency(call, board_of(call), ASK->name, NULL, &ASK->hz);
}

static int start_read_analog(struct sn_call *call)
{
    return sn_board_read_analog(call, board_of(call), ASK->name, NULL, &ASK->analog);
}

static int start_write_analog(struct sn_call *call)
{
    return sn_board_write_analog(call, board_of(call), ASK->name, 5, NULL);
}

static int start_interrupt_value(struct sn_call *call)
{
    return sn_board_interrupt_value(call, board_of(call), ASK->name, NULL, &ASK->count);
}

static int start_set_power_mode(struct sn_call *call)
{
    static const int64_t second = 1000000000;

    return sn_board_set_power_mode(call, board_of(call), ASK->mode, &second, NULL);
}

/* ---- pins ---- */

static void set_level(struct subject *subject, const char *pin, bool high)
{
    struct ask_board a = {.name = sn_str_of(pin), .high = high};

    assert_int_equal(ask(&a.ask, subject, start_set_gpio), 0);
}

static bool level(struct subject *subject, const char *pin)
{
    struct ask_board a = {.name = sn_str_of(pin)};

    assert_int_equal(ask(&a.ask, subject, start_gpio), 0);
    return a.high;
}

static void set_pwm(struct subject *subject, const char *pin, double duty, uint64_t hz)
{
    struct ask_board a = {.name = sn_str_of(pin), .duty = duty, .hz = hz};

    assert_int_equal(ask(&a.ask, subject, start_set_frequency), 0);
    assert_int_equal(ask(&a.ask, subject, start_set_pwm), 0);
}

static void expect_pwm(struct subject *subject, const char *pin, double duty, uint64_t hz)
{
    struct ask_board a = {.name = sn_str_of(pin)};

    assert_int_equal(ask(&a.ask, subject, start_pwm), 0);
    assert_true(a.duty == duty);
    assert_int_equal(ask(&a.ask, subject, start_frequency), 0);
    assert_int_equal(a.hz, hz);
}

static void a_level_is_kept(void **state)
{
    set_level(*state, "p", true);
    set_level(*state, "q", false);
    assert_true(level(*state, "p"));
    assert_false(level(*state, "q"));
    set_level(*state, "p", false);
    assert_false(level(*state, "p"));
}

static void duty_and_frequency_are_kept(void **state)
{
    set_pwm(*state, "p", 0.25, 1000);
    set_pwm(*state, "q", 0.5, 50);
    expect_pwm(*state, "p", 0.25, 1000);
    expect_pwm(*state, "q", 0.5, 50);
    set_pwm(*state, "p", 1, 2000);
    expect_pwm(*state, "p", 1, 2000);
}

static void a_level_ends_pwm(void **state)
{
    set_pwm(*state, "p", 0.25, 1000);
    set_level(*state, "p", true);
    assert_true(level(*state, "p"));
    expect_pwm(*state, "p", 0, 0);
    set_level(*state, "p", false);
}

/* Whether it works is the driver's to say. */
static void any_name_gets_an_answer(void **state)
{
    struct subject *subject = *state;
    size_t len = 4096;
    char *name = sn_arena_alloc(&subject->arena, len);
    struct ask_board a = {.high = true};

    assert_non_null(name);
    memset(name, 'x', len);
    ask(&a.ask, subject, start_set_gpio);
    a.name = (struct sn_str){name, len};
    ask(&a.ask, subject, start_set_gpio);
    ask(&a.ask, subject, start_gpio);
    ask(&a.ask, subject, start_read_analog);
    assert_int_equal(ask(&a.ask, subject, start_interrupt_value), SN_ERR_UNKNOWN);
    a_level_is_kept(state);
}

/* ---- analogs and interrupts ---- */

static void an_analog_reads_within_its_range(void **state)
{
    struct ask_board a = {.name = SN_STR("a")};

    assert_int_equal(ask(&a.ask, *state, start_read_analog), 0);
    assert_true(a.analog.min_range < a.analog.max_range);
    assert_true(a.analog.step_size > 0);
    double reading = a.analog.min_range + a.analog.value * (double)a.analog.step_size;
    assert_true(reading >= a.analog.min_range && reading <= a.analog.max_range);
}

static void unknown_names_are_told(void **state)
{
    struct subject *subject = *state;
    struct ask_board a = {.name = SN_STR("no such")};

    assert_int_equal(ask(&a.ask, subject, start_read_analog), SN_ERR_UNKNOWN);
    assert_string_equal(subject->text, "can't find AnalogReader (no such)");
    assert_int_equal(ask(&a.ask, subject, start_write_analog), SN_ERR_UNKNOWN);
    assert_string_equal(subject->text, "can't find AnalogReader (no such)");
    assert_int_equal(ask(&a.ask, subject, start_interrupt_value), SN_ERR_UNKNOWN);
    assert_string_equal(subject->text, "cant find DigitalInterrupt (no such)");
}

static void an_interrupt_never_counts_back(void **state)
{
    struct ask_board a = {.name = SN_STR("i")};
    int64_t before = 0;

    for (int i = 0; i < 20; i++) {
        assert_int_equal(ask(&a.ask, *state, start_interrupt_value), 0);
        assert_true(a.count >= before);
        before = a.count;
    }
}

static void power_mode_is_set_or_unimplemented(void **state)
{
    struct ask_board a = {.mode = SN_POWER_NORMAL};
    int code = ask(&a.ask, *state, start_set_power_mode);

    assert_true(code == 0 || code == SN_ERR_UNIMPLEMENTED);
}

/* ---- ticks ---- */

struct ask_ticks {
    struct ask ask;
    struct sn_tick_sink sink;
    struct sn_str names[2];
    size_t count;
    int refusal; /* what the sink answers a tick with */
    int ready, ticks;
    uint64_t last_ns;
    int ticks_before;
};

static struct ask_ticks *ticks_of(struct sn_call *call)
{
    return (struct ask_ticks *)call;
}

static int on_ready(struct sn_call *call, const struct sn_tick_sink *sink)
{
    assert_int_equal(ticks_of(call)->ticks, 0);
    ticks_of(call)->ready++;
    return 0;
}

static int on_tick(struct sn_call *call, const struct sn_tick_sink *sink,
                   const struct sn_tick *tick)
{
    struct ask_ticks *a = ticks_of(call);

    assert_int_equal(a->ready, 1);
    assert_true(sn_str_is(tick->interrupt, "i"));
    assert_true(tick->time_ns > 0 && tick->time_ns >= a->last_ns);
    a->last_ns = tick->time_ns;
    a->ticks++;
    return a->refusal ? sn_call_fail(call, a->refusal, "no more") : 0;
}

static int start_ticks(struct sn_call *call)
{
    struct ask_ticks *a = ticks_of(call);

    a->sink = (struct sn_tick_sink){on_ready, on_tick};
    return sn_board_stream_ticks(call, board_of(call), a->names, a->count, NULL, &a->sink);
}

static bool is_heard(void *owner)
{
    struct ask_ticks *a = owner;

    return a->ready || a->ask.ended;
}

static void begin_ticks(struct ask_ticks *a, struct subject *subject)
{
    ask_init(&a->ask, subject, start_ticks);
    ask_start(&a->ask);
    assert_true(subject_until(subject, is_heard, a));
    assert_int_equal(a->ready, 1);
}

static bool has_ticked(void *owner)
{
    struct ask_ticks *a = owner;

    return a->ticks != a->ticks_before;
}

static void await_tick(struct ask_ticks *a)
{
    a->ticks_before = a->ticks;
    assert_true(subject_until(a->ask.subject, has_ticked, a));
}

static void end_ticks(struct ask_ticks *a)
{
    sn_call_cancel(&a->ask.call, SN_ERR_CANCELLED);
    assert_int_equal(ask_await(&a->ask), SN_ERR_CANCELLED);
}

static void ticks_come_until_cancelled(void **state)
{
    struct ask_ticks a = {.names = {SN_STR("i")}, .count = 1};
    struct ask_ticks other = {.names = {SN_STR("i")}, .count = 1};

    begin_ticks(&a, *state);
    begin_ticks(&other, *state);
    await_tick(&a);
    end_ticks(&other);
    int before = other.ticks;
    await_tick(&a);
    assert_int_equal(other.ticks, before);
    end_ticks(&a);
}

static void ticks_of_nothing_are_none(void **state)
{
    struct ask_ticks a = {.count = 0};

    begin_ticks(&a, *state);
    subject_run(*state, SN_MS(800));
    assert_int_equal(a.ticks, 0);
    end_ticks(&a);
}

static void ticks_of_unknown_interrupts_are_refused(void **state)
{
    struct subject *subject = *state;
    struct ask_ticks a = {.names = {SN_STR("i"), SN_STR("no such")}, .count = 2};

    assert_int_equal(ask(&a.ask, subject, start_ticks), SN_ERR_UNKNOWN);
    assert_string_equal(subject->text, "cant find DigitalInterrupt (no such)");
    assert_int_equal(a.ready, 0);
}

static void a_sink_that_refuses_ends_the_stream(void **state)
{
    struct subject *subject = *state;
    struct ask_ticks a = {.names = {SN_STR("i")}, .count = 1, .refusal = SN_ERR_RESOURCE_EXHAUSTED};

    begin_ticks(&a, subject);
    assert_int_equal(ask_await(&a.ask), SN_ERR_RESOURCE_EXHAUSTED);
    assert_string_equal(subject->text, "no more");
    assert_int_equal(a.ticks, 1);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(a_level_is_kept),
    cmocka_unit_test(duty_and_frequency_are_kept),
    cmocka_unit_test(a_level_ends_pwm),
    cmocka_unit_test(any_name_gets_an_answer),
    cmocka_unit_test(an_analog_reads_within_its_range),
    cmocka_unit_test(unknown_names_are_told),
    cmocka_unit_test(an_interrupt_never_counts_back),
    cmocka_unit_test(power_mode_is_set_or_unimplemented),
    cmocka_unit_test(ticks_come_until_cancelled),
    cmocka_unit_test(ticks_of_nothing_are_none),
    cmocka_unit_test(ticks_of_unknown_interrupts_are_refused),
    cmocka_unit_test(a_sink_that_refuses_ends_the_stream),
    cmocka_unit_test(do_command_answers),
    cmocka_unit_test(status_answers),
};

const struct suite suite_board = {SN_API_BOARD, tests, sizeof(tests) / sizeof(tests[0])};
