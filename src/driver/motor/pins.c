/* SPDX-License-Identifier: Apache-2.0
 *
 * The pump: plan, write by write, until nothing has changed since the plan was made. A board that
 * answers at once makes all of it run inside sn_pins_changed().
 */
#include "driver/motor/pins.h"

#include <stdio.h>

enum { WRITE_MEMORY_MAX = 64 << 10 };

void sn_pins_init(struct sn_pins *pins, struct sn_env *env, struct sn_board *board)
{
    pins->env = env;
    pins->board = board;
    sn_list_init(&pins->waiters);
}

static void add(struct sn_pins *pins, struct sn_pin_write write)
{
    if (write.pin.len)
        pins->writes[pins->count++] = write;
}

void sn_pins_level(struct sn_pins *pins, struct sn_str pin, bool high)
{
    add(pins, (struct sn_pin_write){.pin = pin, .kind = SN_PIN_LEVEL, .value = high});
}

void sn_pins_pwm(struct sn_pins *pins, struct sn_str pin, double hz, double duty)
{
    add(pins, (struct sn_pin_write){.pin = pin, .kind = SN_PIN_HZ, .value = hz});
    sn_pins_duty(pins, pin, duty);
}

void sn_pins_duty(struct sn_pins *pins, struct sn_str pin, double duty)
{
    add(pins, (struct sn_pin_write){.pin = pin, .kind = SN_PIN_DUTY, .value = duty});
}

void sn_pins_read_hz(struct sn_pins *pins, struct sn_str pin, uint64_t *ret_hz)
{
    add(pins, (struct sn_pin_write){.pin = pin, .kind = SN_PIN_READ_HZ, .ret_hz = ret_hz});
}

bool sn_pins_quiet(const struct sn_pins *pins)
{
    return !pins->writing && !pins->pumping && !pins->stale;
}

/* ---- one write ---- */

static int start_write(struct sn_call *call)
{
    struct sn_pins *pins = sn_container_of(call, struct sn_pins, call);
    const struct sn_pin_write *w = &pins->writes[pins->next - 1];

    if (w->kind == SN_PIN_LEVEL)
        return sn_board_set_gpio(call, pins->board, w->pin, w->value != 0, NULL);
    if (w->kind == SN_PIN_HZ)
        return sn_board_set_pwm_frequency(call, pins->board, w->pin, (uint64_t)w->value, NULL);
    if (w->kind == SN_PIN_DUTY)
        return sn_board_set_pwm(call, pins->board, w->pin, w->value, NULL);
    return sn_board_pwm_frequency(call, pins->board, w->pin, NULL, w->ret_hz);
}

static void pump(struct sn_pins *pins);

static void write_ended(struct sn_call *call, int code)
{
    struct sn_pins *pins = sn_container_of(call, struct sn_pins, call);

    if (code && !pins->code) {
        pins->code = code;
        snprintf(pins->text, sizeof(pins->text), "%.*s", SN_STR_ARGS(sn_call_text(call, code)));
    }
    sn_arena_fini(&pins->arena);
    pins->writing = false;
    if (code && !pins->off) {
        pins->stale = true;
        pins->give_up(pins);
    }
    pump(pins);
}

static void begin_write(struct sn_pins *pins)
{
    pins->next++;
    pins->writing = true;
    sn_arena_init(&pins->arena, pins->env->blocks, WRITE_MEMORY_MAX);
    sn_call_init(&pins->call, pins->env, &pins->arena, NULL);
    pins->call.start = start_write;
    pins->call.end = write_ended;
    if (pins->abandoned)
        sn_call_cancel(&pins->call, SN_ERR_CANCELLED);
    sn_call_start(&pins->call);
}

/* ---- the pump ---- */

static void begin_plan(struct sn_pins *pins)
{
    pins->stale = false;
    pins->count = pins->next = 0;
    pins->off = pins->plan(pins);
}

static void finish(struct sn_pins *pins)
{
    struct sn_list done;
    int code = pins->code;

    sn_list_init(&done);
    while (!sn_list_empty(&pins->waiters)) {
        struct sn_list *node = pins->waiters.next;

        sn_list_remove(node);
        sn_list_append(&done, node);
    }
    pins->code = 0;
    pins->last = code;
    pins->settled(pins, code);
    while (!sn_list_empty(&done)) {
        struct sn_pins_waiter *waiter = sn_container_of(done.next, struct sn_pins_waiter, link);

        sn_list_remove(&waiter->link);
        waiter->then(waiter, code);
    }
}

static void pump(struct sn_pins *pins)
{
    if (pins->pumping)
        return;
    pins->pumping = true;
    while (!pins->writing) {
        if (pins->stale)
            begin_plan(pins);
        else if (pins->next < pins->count)
            begin_write(pins);
        else
            break;
    }
    pins->pumping = false;
    if (!pins->writing)
        finish(pins);
}

void sn_pins_changed(struct sn_pins *pins)
{
    pins->stale = true;
    pins->last = 0;
    pump(pins);
}

/* ---- those who wait ---- */

void sn_pins_wait(struct sn_pins *pins, struct sn_pins_waiter *waiter,
                  void (*then)(struct sn_pins_waiter *waiter, int code))
{
    waiter->then = then;
    sn_list_init(&waiter->link);
    if (sn_pins_quiet(pins))
        then(waiter, pins->last);
    else
        sn_list_append(&pins->waiters, &waiter->link);
}

void sn_pins_forget(struct sn_pins_waiter *waiter)
{
    sn_list_remove(&waiter->link);
}

struct settling {
    struct sn_pins_waiter waiter;
    struct sn_pins *pins;
    struct sn_call *call;
};

static void settle_then(struct sn_pins_waiter *waiter, int code)
{
    struct settling *s = sn_container_of(waiter, struct settling, waiter);

    int reason = sn_call_cancelled(s->call);

    /* What failed because the pins were abandoned explains nothing. */
    if (code && !(reason && s->pins->abandoned))
        reason = sn_call_fail(s->call, code, "%s", s->pins->text);
    sn_call_done(s->call, reason);
}

static void settle_cancel(struct sn_call *call)
{
    struct settling *s = call->holder;

    sn_pins_forget(&s->waiter);
    sn_call_done(call, sn_call_cancelled(call));
}

static void obey_cancel(struct sn_call *call)
{
    struct sn_pins *pins = ((struct settling *)call->holder)->pins;

    pins->give_up(pins);
    sn_pins_changed(pins);
}

static void open_cancel(struct sn_call *call)
{
    sn_pins_abandon(((struct settling *)call->holder)->pins);
}

static int settle(struct sn_pins *pins, struct sn_call *call,
                  void (*on_cancel)(struct sn_call *call))
{
    struct settling *s = sn_arena_zalloc(call->arena, sizeof(*s));

    if (!s)
        return SN_ERR_RESOURCE_EXHAUSTED;
    s->pins = pins;
    s->call = call;
    call->holder = s;
    call->on_cancel = on_cancel;
    sn_pins_wait(pins, &s->waiter, settle_then);
    return SN_PENDING;
}

int sn_pins_settle(struct sn_pins *pins, struct sn_call *call)
{
    return settle(pins, call, settle_cancel);
}

int sn_pins_obey(struct sn_pins *pins, struct sn_call *call)
{
    return settle(pins, call, obey_cancel);
}

int sn_pins_open(struct sn_pins *pins, struct sn_call *call)
{
    return settle(pins, call, open_cancel);
}

void sn_pins_abandon(struct sn_pins *pins)
{
    pins->abandoned = true;
    if (pins->writing)
        sn_call_cancel(&pins->call, SN_ERR_CANCELLED);
}
