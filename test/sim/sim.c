/* SPDX-License-Identifier: Apache-2.0
 *
 * The simulated board: pins, delays, physics, ticks.
 */
#include "sim/sim.h"

#include <math.h>
#include <stdio.h>

#define STEP_S 0.001
#define STILL 1e-4 /* revolutions a second */

static void step(struct sn_timer *timer);

/* One StreamTicks; in its call's arena. */
struct sim_stream {
    struct sn_list link; /* sim_board.streams */
    struct sn_call *call;
    const struct sn_tick_sink *sink;
    const struct sn_str *names;
    size_t count;
};

static struct sim_board *sim_of(struct sn_board *board)
{
    return (struct sim_board *)board;
}

/* ---- pins ---- */

static struct sim_pin *find_pin(const struct sim_board *sim, struct sn_str name)
{
    for (unsigned i = 0; i < sim->pin_count; i++)
        if (sn_str_is(name, sim->pins[i].name))
            return (struct sim_pin *)(uintptr_t)&sim->pins[i];
    return NULL;
}

static struct sim_pin *make_pin(struct sim_board *sim, struct sn_str name)
{
    struct sim_pin *pin = find_pin(sim, name);

    if (pin || sim->pin_count == SIM_PINS_MAX || name.len >= SIM_PIN_NAME_MAX)
        return pin;
    pin = &sim->pins[sim->pin_count++];
    memcpy(pin->name, name.ptr, name.len);
    return pin;
}

struct sim_pin sim_pin(const struct sim_board *board, const char *name)
{
    const struct sim_pin *pin = find_pin(board, sn_str_of(name));

    return pin ? *pin : (struct sim_pin){.high = false};
}

/* A pin's mean voltage, 0..1; `absent` when it isn't wired. */
static double voltage(const struct sim_board *sim, const char *name, double absent)
{
    const struct sim_pin *pin = find_pin(sim, sn_str_of(name));

    if (!pin)
        return absent;
    return pin->hz ? pin->duty : pin->high;
}

double sim_drive(const struct sim_board *sim)
{
    double way = find_pin(sim, SN_STR("dir")) ? 2 * voltage(sim, "dir", 0) - 1
                                              : voltage(sim, "a", 0) - voltage(sim, "b", 0);

    if (voltage(sim, "en_high", 1) < 1 || voltage(sim, "en_low", 0) > 0)
        return 0;
    return way * voltage(sim, "pwm", 1);
}

/* ---- the shaft ---- */

static void tell(struct sim_board *sim, const char *interrupt, bool high)
{
    struct sn_tick tick = {sn_str_of(interrupt), sim->base.base.env->timers->now_ns, high};
    struct sn_list *node, *tmp;

    sn_list_for_each_safe (node, tmp, &sim->streams) {
        struct sim_stream *stream = sn_container_of(node, struct sim_stream, link);

        for (size_t i = 0; i < stream->count && !sim->blind; i++)
            if (sn_str_eq(stream->names[i], tick.interrupt))
                stream->sink->tick(stream->call, stream->sink, &tick);
    }
}

/* Phase b is high in quarters 1 and 2 of a cycle, a in 2 and 3. */
static void tell_edges(struct sim_board *sim)
{
    int64_t now = (int64_t)floor(sim->angle * 4 * (double)sim->attrs.cycles);

    while (sim->edge != now) {
        bool forward = sim->edge < now;
        int64_t quarter = (forward ? ++sim->edge : sim->edge--) & 3;

        if (quarter & 1)
            tell(sim, "eb", (quarter == 1) == forward);
        else
            tell(sim, "ea", (quarter == 2) == forward);
    }
}

static void run(struct sim_board *sim)
{
    if (!sim->step.armed)
        sn_timer_start(sim->base.base.env->timers, &sim->step, (uint64_t)(STEP_S * 1e9), step);
}

static void step(struct sn_timer *timer)
{
    struct sim_board *sim = sn_container_of(timer, struct sim_board, step);
    double drive = sim_drive(sim);
    double force = fabs(drive) > sim->attrs.friction ? drive : 0;
    double target = force * sim->attrs.max_rpm / 60;

    sim->speed += (target - sim->speed) * STEP_S / sim->attrs.inertia_s;
    sim->angle += sim->speed * STEP_S;
    tell_edges(sim);
    if (drive != 0 || fabs(sim->speed) > STILL)
        run(sim);
}

/* ---- operations, late if the test wants that ---- */

struct late {
    struct sn_timer timer;
    struct sn_call *call;
    struct sim_board *sim;
    struct sn_str pin;
    double value;
    enum { LEVEL, HZ, DUTY } kind;
};

static int apply(struct late *late)
{
    struct sim_board *sim = late->sim;
    struct sim_pin *pin = make_pin(sim, late->pin);

    sim->sets++;
    if (!pin || (sim->broken && sn_str_is(late->pin, sim->broken)))
        return sn_call_fail(late->call, SN_ERR_UNKNOWN, "pin %.*s is broken",
                            SN_STR_ARGS(late->pin));
    if (late->kind == LEVEL)
        *pin = (struct sim_pin){.high = late->value != 0};
    else if (late->kind == HZ)
        pin->hz = (uint64_t)late->value;
    else
        pin->duty = late->value;
    if (late->kind == LEVEL)
        memcpy(pin->name, late->pin.ptr, late->pin.len);
    run(sim);
    return 0;
}

static void is_due(struct sn_timer *timer)
{
    struct late *late = sn_container_of(timer, struct late, timer);

    sn_call_done(late->call, apply(late));
}

static void cancel_late(struct sn_call *call)
{
    struct late *late = call->holder;

    sn_timer_stop(call->env->timers, &late->timer);
    sn_call_done(call, sn_call_cancelled(call));
}

static int set(struct sn_call *call, struct sn_board *board, struct late what)
{
    struct late *late = sn_arena_zalloc(call->arena, sizeof(*late));

    if (!late)
        return SN_ERR_RESOURCE_EXHAUSTED;
    *late = what;
    late->call = call;
    late->sim = sim_of(board);
    if (!late->sim->delay_ns)
        return apply(late);
    call->holder = late;
    call->on_cancel = cancel_late;
    sn_timer_start(call->env->timers, &late->timer, late->sim->delay_ns, is_due);
    return SN_PENDING;
}

static int sim_set_gpio(struct sn_call *call, struct sn_board *board, struct sn_str pin, bool high,
                        const struct pb_google_struct *extra)
{
    return set(call, board, (struct late){.pin = pin, .value = high, .kind = LEVEL});
}

static int sim_set_pwm(struct sn_call *call, struct sn_board *board, struct sn_str pin, double duty,
                       const struct pb_google_struct *extra)
{
    return set(call, board, (struct late){.pin = pin, .value = duty, .kind = DUTY});
}

static int sim_set_pwm_frequency(struct sn_call *call, struct sn_board *board, struct sn_str pin,
                                 uint64_t hz, const struct pb_google_struct *extra)
{
    return set(call, board, (struct late){.pin = pin, .value = (double)hz, .kind = HZ});
}

static int sim_gpio(struct sn_call *call, struct sn_board *board, struct sn_str pin,
                    const struct pb_google_struct *extra, bool *ret_high)
{
    const struct sim_pin *found = find_pin(sim_of(board), pin);

    *ret_high = found && found->high;
    return 0;
}

static int sim_pwm(struct sn_call *call, struct sn_board *board, struct sn_str pin,
                   const struct pb_google_struct *extra, double *ret_duty)
{
    const struct sim_pin *found = find_pin(sim_of(board), pin);

    *ret_duty = found ? found->duty : 0;
    return 0;
}

static int sim_pwm_frequency(struct sn_call *call, struct sn_board *board, struct sn_str pin,
                             const struct pb_google_struct *extra, uint64_t *ret_hz)
{
    const struct sim_pin *found = find_pin(sim_of(board), pin);

    *ret_hz = found ? found->hz : 0;
    return 0;
}

static int sim_read_analog(struct sn_call *call, struct sn_board *board, struct sn_str analog,
                           const struct pb_google_struct *extra, struct sn_analog *ret_analog)
{
    return sn_board_no_analog(call, analog);
}

static int sim_write_analog(struct sn_call *call, struct sn_board *board, struct sn_str analog,
                            int32_t value, const struct pb_google_struct *extra)
{
    return sn_board_no_analog(call, analog);
}

static int sim_interrupt_value(struct sn_call *call, struct sn_board *board,
                               struct sn_str interrupt, const struct pb_google_struct *extra,
                               int64_t *ret_count)
{
    if (!sn_str_is(interrupt, "ea") && !sn_str_is(interrupt, "eb"))
        return sn_board_no_interrupt(call, interrupt);
    *ret_count = sim_of(board)->edge / 4;
    return 0;
}

/* ---- streams ---- */

static void end_stream(struct sim_stream *stream, int code)
{
    sn_list_remove(&stream->link);
    sn_call_done(stream->call, code);
}

static void cancel_stream(struct sn_call *call)
{
    end_stream(call->holder, sn_call_cancelled(call));
}

static int sim_stream_ticks(struct sn_call *call, struct sn_board *board,
                            const struct sn_str *interrupts, size_t count,
                            const struct pb_google_struct *extra, const struct sn_tick_sink *sink)
{
    struct sim_stream *stream = sn_arena_zalloc(call->arena, sizeof(*stream));

    if (!stream)
        return SN_ERR_RESOURCE_EXHAUSTED;
    stream->call = call;
    stream->sink = sink;
    stream->names = interrupts;
    stream->count = count;
    sn_list_append(&sim_of(board)->streams, &stream->link);
    call->holder = stream;
    call->on_cancel = cancel_stream;
    if (sink->ready)
        (void)sink->ready(call, sink);
    return SN_PENDING;
}

void sim_break_streams(struct sim_board *sim)
{
    while (!sn_list_empty(&sim->streams))
        end_stream(sn_container_of(sim->streams.next, struct sim_stream, link), SN_ERR_UNAVAILABLE);
}

/* ---- its life ---- */

static int sim_open(struct sn_call *call, struct sn_resource *resource, const void *attrs)
{
    struct sim_board *sim = (struct sim_board *)resource;

    sim->attrs = *(const struct sim_attrs *)attrs;
    sn_list_init(&sim->streams);
    return 0;
}

static int sim_close(struct sn_call *call, struct sn_resource *resource)
{
    struct sim_board *sim = (struct sim_board *)resource;

    sn_timer_stop(resource->env->timers, &sim->step);
    sim_break_streams(sim);
    return 0;
}

#define AT(member) offsetof(struct sim_attrs, member)

static const struct sn_attr sim_attrs[] = {
    {"max_rpm", SN_ATTR_NUMBER, AT(max_rpm), .preset = "200", .help = "at full drive"},
    {"inertia_s", SN_ATTR_NUMBER, AT(inertia_s), .preset = "0.1", .help = "time constant, s"},
    {"friction", SN_ATTR_NUMBER, AT(friction), .preset = "0.02", .help = "drive, 0..1"},
    {"cycles", SN_ATTR_INT, AT(cycles), .preset = "250", .help = "of the encoder a revolution"},
    {0},
};

static const struct sn_board_ops sim_ops = {
    .set_gpio = sim_set_gpio,
    .gpio = sim_gpio,
    .set_pwm = sim_set_pwm,
    .pwm = sim_pwm,
    .set_pwm_frequency = sim_set_pwm_frequency,
    .pwm_frequency = sim_pwm_frequency,
    .read_analog = sim_read_analog,
    .write_analog = sim_write_analog,
    .interrupt_value = sim_interrupt_value,
    .stream_ticks = sim_stream_ticks,
};

const struct sn_driver sim_board_driver = {
    .api = SN_API_BOARD,
    .model = "rdk:test:sim",
    .help = "pins wired to a simulated shaft",
    .size = sizeof(struct sim_board),
    .attrs_size = sizeof(struct sim_attrs),
    .attrs = sim_attrs,
    .ops = &sim_ops,
    .open = sim_open,
    .close = sim_close,
};
