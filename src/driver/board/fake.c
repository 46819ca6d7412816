/* SPDX-License-Identifier: Apache-2.0
 *
 * Board without hardware. It does as the reference's fake does, oddities included: any name is a
 * pin, setting a pin's level forgets its PWM, a duty is taken as it is; an analog on pin "1" gives
 * back what was written, all others count their reads; the interrupt on pin "0" counts the
 * questions for its value; interrupts tick every 700 ms, up or down by chance.
 */
#include "base/random.h"
#include "sinew/api/board.h"
#include "sinew/driver.h"
#include "sinew/list.h"
#include "sinew/timers.h"

enum {
    PINS_MEMORY_MAX = 256 << 10, /* thousands of pins; they are made when they are set */
    PIN_NAME_MAX = 256,
    ANALOG_MAX = 1000,
};

struct fake_analog {
    struct sn_str name, pin;
    int64_t average_over_ms, samples_per_sec;
    int32_t value; /* written, or reads so far */
};

struct fake_interrupt {
    struct sn_str name, pin;
    int64_t value;
};

struct fake_attrs {
    struct sn_attr_list analogs, digital_interrupts; /* fake_analog, fake_interrupt */
    bool fail_new;
};

struct fake_pin {
    struct sn_list link; /* fake_board.pins */
    struct sn_str name;
    bool high;
    double duty;
    uint64_t hz;
};

struct fake_board {
    struct sn_board base;
    struct fake_attrs attrs;
    struct sn_arena arena;
    struct sn_list pins;    /* fake_pin.link */
    struct sn_list streams; /* fake_stream.link */
};

/* One StreamTicks; in its call's arena. */
struct fake_stream {
    struct sn_list link; /* fake_board.streams */
    struct sn_timer timer;
    struct sn_call *call;
    const struct sn_tick_sink *sink;
    const struct sn_str *names;
    size_t count;
};

static struct fake_board *fake_of(struct sn_board *board)
{
    return (struct fake_board *)board;
}

/* ---- pins ---- */

/* What a pin is that was never set. */
static const struct fake_pin unset;

static const struct fake_pin *fake_pin(struct sn_board *board, struct sn_str name)
{
    struct sn_list *node;

    sn_list_for_each (node, &fake_of(board)->pins) {
        struct fake_pin *pin = sn_container_of(node, struct fake_pin, link);

        if (sn_str_eq(pin->name, name))
            return pin;
    }
    return &unset;
}

/* The pin, made if need be; NULL with the call's error. */
static struct fake_pin *fake_pin_make(struct sn_call *call, struct sn_board *board,
                                      struct sn_str name)
{
    struct fake_board *fake = fake_of(board);
    struct fake_pin *pin = (struct fake_pin *)(uintptr_t)fake_pin(board, name);

    if (pin != &unset)
        return pin;
    pin = name.len <= PIN_NAME_MAX ? sn_arena_zalloc(&fake->arena, sizeof(*pin)) : NULL;
    struct sn_str copy = pin ? sn_arena_copy(&fake->arena, name) : SN_STR_NULL;
    if (!copy.ptr) {
        sn_call_fail(call, SN_ERR_RESOURCE_EXHAUSTED, "no room for another pin of that name");
        return NULL;
    }
    pin->name = copy;
    sn_list_append(&fake->pins, &pin->link);
    return pin;
}

static int fake_set_gpio(struct sn_call *call, struct sn_board *board, struct sn_str name,
                         bool high, const struct pb_google_struct *extra)
{
    struct fake_pin *pin = fake_pin_make(call, board, name);

    if (!pin)
        return SN_ERR_RESOURCE_EXHAUSTED;
    pin->high = high;
    pin->duty = 0;
    pin->hz = 0;
    return 0;
}

static int fake_gpio(struct sn_call *call, struct sn_board *board, struct sn_str name,
                     const struct pb_google_struct *extra, bool *ret_high)
{
    *ret_high = fake_pin(board, name)->high;
    return 0;
}

static int fake_set_pwm(struct sn_call *call, struct sn_board *board, struct sn_str name,
                        double duty, const struct pb_google_struct *extra)
{
    struct fake_pin *pin = fake_pin_make(call, board, name);

    if (!pin)
        return SN_ERR_RESOURCE_EXHAUSTED;
    pin->duty = duty;
    return 0;
}

static int fake_pwm(struct sn_call *call, struct sn_board *board, struct sn_str name,
                    const struct pb_google_struct *extra, double *ret_duty)
{
    *ret_duty = fake_pin(board, name)->duty;
    return 0;
}

static int fake_set_pwm_frequency(struct sn_call *call, struct sn_board *board, struct sn_str name,
                                  uint64_t hz, const struct pb_google_struct *extra)
{
    struct fake_pin *pin = fake_pin_make(call, board, name);

    if (!pin)
        return SN_ERR_RESOURCE_EXHAUSTED;
    pin->hz = hz;
    return 0;
}

static int fake_pwm_frequency(struct sn_call *call, struct sn_board *board, struct sn_str name,
                              const struct pb_google_struct *extra, uint64_t *ret_hz)
{
    *ret_hz = fake_pin(board, name)->hz;
    return 0;
}

/* ---- analogs and interrupts; of several with one name the last counts ---- */

static struct fake_analog *fake_analog(struct sn_board *board, struct sn_str name)
{
    struct fake_analog *analogs = fake_of(board)->attrs.analogs.v;

    for (size_t i = fake_of(board)->attrs.analogs.count; i-- > 0;)
        if (sn_str_eq(analogs[i].name, name))
            return &analogs[i];
    return NULL;
}

static struct fake_interrupt *fake_interrupt(struct sn_board *board, struct sn_str name)
{
    struct fake_interrupt *interrupts = fake_of(board)->attrs.digital_interrupts.v;

    for (size_t i = fake_of(board)->attrs.digital_interrupts.count; i-- > 0;)
        if (sn_str_eq(interrupts[i].name, name))
            return &interrupts[i];
    return NULL;
}

static bool fake_keeps(const struct fake_analog *analog)
{
    return sn_str_is(analog->pin, "1");
}

static int fake_read_analog(struct sn_call *call, struct sn_board *board, struct sn_str name,
                            const struct pb_google_struct *extra, struct sn_analog *ret_analog)
{
    struct fake_analog *analog = fake_analog(board, name);

    if (!analog)
        return sn_board_no_analog(call, name);
    if (!fake_keeps(analog))
        analog->value = (analog->value + 1) % (ANALOG_MAX + 1);
    *ret_analog = (struct sn_analog){
        .value = analog->value, .min_range = 0, .max_range = ANALOG_MAX, .step_size = 1};
    return 0;
}

static int fake_write_analog(struct sn_call *call, struct sn_board *board, struct sn_str name,
                             int32_t value, const struct pb_google_struct *extra)
{
    struct fake_analog *analog = fake_analog(board, name);

    if (!analog)
        return sn_board_no_analog(call, name);
    if (fake_keeps(analog))
        analog->value = value;
    return 0;
}

static int fake_interrupt_value(struct sn_call *call, struct sn_board *board, struct sn_str name,
                                const struct pb_google_struct *extra, int64_t *ret_count)
{
    struct fake_interrupt *interrupt = fake_interrupt(board, name);

    if (!interrupt)
        return sn_board_no_interrupt(call, name);
    if (sn_str_is(interrupt->pin, "0"))
        interrupt->value++;
    *ret_count = interrupt->value;
    return 0;
}

/* ---- ticks ---- */

static void fake_stream_end(struct fake_stream *stream, int code)
{
    struct sn_call *call = stream->call;

    sn_timer_stop(call->env->timers, &stream->timer);
    sn_list_remove(&stream->link);
    sn_call_done(call, code);
}

static void fake_cancel_stream(struct sn_call *call)
{
    fake_stream_end(call->holder, sn_call_cancelled(call));
}

static void fake_tick(struct sn_timer *timer)
{
    struct fake_stream *stream = sn_container_of(timer, struct fake_stream, timer);
    struct sn_call *call = stream->call;
    struct sn_env *env = call->env;
    uint64_t now_ns = env->unix_ns();

    sn_timer_start(env->timers, timer, SN_MS(700), fake_tick);
    for (size_t i = 0; i < stream->count; i++) {
        struct sn_tick tick = {stream->names[i], now_ns, sn_random_next(env->random) >> 63};
        int code = stream->sink->tick(call, stream->sink, &tick);

        if (code) {
            fake_stream_end(stream, code);
            return;
        }
    }
}

static int fake_stream_ticks(struct sn_call *call, struct sn_board *board,
                             const struct sn_str *interrupts, size_t count,
                             const struct pb_google_struct *extra, const struct sn_tick_sink *sink)
{
    struct fake_stream *stream = sn_arena_zalloc(call->arena, sizeof(*stream));

    for (size_t i = 0; i < count; i++)
        if (!fake_interrupt(board, interrupts[i]))
            return sn_board_no_interrupt(call, interrupts[i]);
    if (!stream)
        return SN_ERR_RESOURCE_EXHAUSTED;
    int code = sink->ready ? sink->ready(call, sink) : 0;
    if (code)
        return code;
    stream->call = call;
    stream->sink = sink;
    stream->names = interrupts;
    stream->count = count;
    sn_list_append(&fake_of(board)->streams, &stream->link);
    call->holder = stream;
    call->on_cancel = fake_cancel_stream;
    sn_timer_start(call->env->timers, &stream->timer, SN_MS(700), fake_tick);
    return SN_PENDING;
}

/* ---- its life ---- */

static int fake_validate(const void *attrs, struct sn_error *error)
{
    if (((const struct fake_attrs *)attrs)->fail_new)
        return sn_error_set(error, SN_ERR_UNKNOWN, "whoops");
    return 0;
}

static int fake_open(struct sn_call *call, struct sn_resource *resource, const void *attrs)
{
    struct fake_board *fake = (struct fake_board *)resource;

    fake->attrs = *(const struct fake_attrs *)attrs;
    sn_arena_init(&fake->arena, resource->env->blocks, PINS_MEMORY_MAX);
    sn_list_init(&fake->pins);
    sn_list_init(&fake->streams);
    return 0;
}

static int fake_close(struct sn_call *call, struct sn_resource *resource)
{
    struct sn_list *streams = &((struct fake_board *)resource)->streams;

    while (!sn_list_empty(streams))
        fake_stream_end(sn_container_of(streams->next, struct fake_stream, link),
                        SN_ERR_UNAVAILABLE);
    return 0;
}

static void fake_fini(struct sn_resource *resource)
{
    sn_arena_fini(&((struct fake_board *)resource)->arena);
}

#define AT(type, member) offsetof(struct type, member)

static const struct sn_attr fake_analog_attrs[] = {
    {"name", SN_ATTR_STRING, AT(fake_analog, name), .help = "what clients call it",
     .required = true},
    {"pin", SN_ATTR_STRING, AT(fake_analog, pin), .help = "\"1\" keeps what is written to it"},
    {"average_over_ms", SN_ATTR_INT, AT(fake_analog, average_over_ms), .help = "ms, unused"},
    {"samples_per_sec", SN_ATTR_INT, AT(fake_analog, samples_per_sec), .help = "Hz, unused"},
    {0},
};

static const struct sn_attr fake_interrupt_attrs[] = {
    {"name", SN_ATTR_STRING, AT(fake_interrupt, name), .help = "what clients call it",
     .required = true},
    {"pin", SN_ATTR_STRING, AT(fake_interrupt, pin), .help = "\"0\" counts its readers",
     .required = true},
    {0},
};

static const struct sn_attr fake_attrs[] = {
    {"analogs", SN_ATTR_OBJECTS, AT(fake_attrs, analogs), .help = "analogs",
     .sub = fake_analog_attrs, .sub_size = sizeof(struct fake_analog)},
    {"digital_interrupts", SN_ATTR_OBJECTS, AT(fake_attrs, digital_interrupts),
     .help = "interrupts", .sub = fake_interrupt_attrs, .sub_size = sizeof(struct fake_interrupt)},
    {"fail_new", SN_ATTR_BOOL, AT(fake_attrs, fail_new), .help = "refuse to be built"},
    {0},
};

static const struct sn_board_ops fake_ops = {
    .set_gpio = fake_set_gpio,
    .gpio = fake_gpio,
    .set_pwm = fake_set_pwm,
    .pwm = fake_pwm,
    .set_pwm_frequency = fake_set_pwm_frequency,
    .pwm_frequency = fake_pwm_frequency,
    .read_analog = fake_read_analog,
    .write_analog = fake_write_analog,
    .interrupt_value = fake_interrupt_value,
    .stream_ticks = fake_stream_ticks,
};

const struct sn_driver sn_driver_board_fake = {
    .api = SN_API_BOARD,
    .model = "rdk:builtin:fake",
    .help = "any pin, analogs that count, interrupts that tick every 700 ms",
    .size = sizeof(struct fake_board),
    .attrs_size = sizeof(struct fake_attrs),
    .attrs = fake_attrs,
    .ops = &fake_ops,
    .validate = fake_validate,
    .open = fake_open,
    .close = fake_close,
    .fini = fake_fini,
};
