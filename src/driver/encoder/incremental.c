/* SPDX-License-Identifier: Apache-2.0
 *
 * Quadrature encoder on two interrupts of any board: each of the four edges of a period is half a
 * tick, forward when `b` runs ahead of `a`, as upstream counts.
 */
#include "driver/encoder/ticks.h"
#include "sinew/api/encoder.h"
#include "sinew/list.h"

#include <math.h>

struct incremental_pins {
    struct sn_str a, b;
};

struct incremental_attrs {
    struct sn_str board;
    struct incremental_pins pins;
};

struct incremental {
    struct sn_encoder base;
    struct sn_ticks ticks;
    unsigned levels; /* 2: a is high, 1: b is */
    int64_t half_ticks;
};

/* Half ticks from the levels before (row) to those after; both at once say nothing. */
static const int steps[4][4] = {
    {0, 1, -1, 0},
    {-1, 0, 0, 1},
    {1, 0, 0, -1},
    {0, -1, 1, 0},
};

static void incremental_tick(struct sn_ticks *ticks, const struct sn_tick *tick)
{
    struct incremental *encoder = sn_container_of(ticks, struct incremental, ticks);
    unsigned bit = sn_str_eq(tick->interrupt, ticks->pins[0]) ? 2 : 1;
    unsigned after = tick->high ? encoder->levels | bit : encoder->levels & ~bit;

    encoder->half_ticks += steps[encoder->levels][after];
    encoder->levels = after;
}

static int incremental_position(struct sn_call *call, struct sn_encoder *encoder,
                                enum sn_encoder_unit unit, const struct pb_google_struct *extra,
                                struct sn_encoder_position *ret_position)
{
    double half_ticks = (double)((struct incremental *)encoder)->half_ticks;

    if (unit == SN_ENCODER_DEGREES)
        return sn_encoder_refuse(call, unit);
    ret_position->value = floor(half_ticks / 2);
    ret_position->unit = SN_ENCODER_TICKS;
    return 0;
}

static int incremental_reset_position(struct sn_call *call, struct sn_encoder *encoder,
                                      const struct pb_google_struct *extra)
{
    ((struct incremental *)encoder)->half_ticks = 0;
    return 0;
}

static int incremental_properties(struct sn_call *call, struct sn_encoder *encoder,
                                  const struct pb_google_struct *extra, bool *ret_ticks,
                                  bool *ret_degrees)
{
    *ret_ticks = true;
    *ret_degrees = false;
    return 0;
}

static int incremental_validate(const void *attrs, struct sn_error *error)
{
    const struct incremental_attrs *a = attrs;

    if (!a->pins.a.len || !a->pins.b.len)
        return sn_error_set(error, SN_ERR_UNKNOWN, "expected nonempty string for %s",
                            a->pins.a.len ? "b" : "a");
    if (!a->board.len)
        return sn_error_set(error, SN_ERR_UNKNOWN, "expected nonempty board");
    return 0;
}

static int incremental_open(struct sn_call *call, struct sn_resource *resource, const void *attrs)
{
    struct incremental *encoder = (struct incremental *)resource;
    const struct incremental_attrs *a = attrs;

    encoder->ticks.pins[0] = a->pins.a;
    encoder->ticks.pins[1] = a->pins.b;
    encoder->ticks.count = 2;
    encoder->ticks.what = "incremental Encoder";
    encoder->ticks.tick = incremental_tick;
    return sn_ticks_open(&encoder->ticks, call, resource, a->board);
}

static int incremental_close(struct sn_call *call, struct sn_resource *resource)
{
    return sn_ticks_close(&((struct incremental *)resource)->ticks, call);
}

#define AT(type, member) offsetof(struct type, member)

static const struct sn_attr incremental_pin_attrs[] = {
    {"a", SN_ATTR_STRING, AT(incremental_pins, a), .help = "the board's interrupt for phase a"},
    {"b", SN_ATTR_STRING, AT(incremental_pins, b), .help = "the board's interrupt for phase b"},
    {0},
};

static const struct sn_attr incremental_attrs[] = {
    {"board", SN_ATTR_STRING, AT(incremental_attrs, board), .help = "board of the interrupts",
     .dependency = true},
    {"pins", SN_ATTR_OBJECT, AT(incremental_attrs, pins), .help = "interrupts",
     .sub = incremental_pin_attrs, .sub_size = sizeof(struct incremental_pins)},
    {0},
};

static const struct sn_encoder_ops incremental_ops = {
    .position = incremental_position,
    .reset_position = incremental_reset_position,
    .properties = incremental_properties,
};

const struct sn_driver sn_driver_encoder_incremental = {
    .api = SN_API_ENCODER,
    .model = "rdk:builtin:incremental",
    .help = "quadrature encoder on two interrupts of a board",
    .size = sizeof(struct incremental),
    .attrs_size = sizeof(struct incremental_attrs),
    .attrs = incremental_attrs,
    .ops = &incremental_ops,
    .validate = incremental_validate,
    .open = incremental_open,
    .close = incremental_close,
};
