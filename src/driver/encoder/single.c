/* SPDX-License-Identifier: Apache-2.0
 *
 * Encoder on one interrupt of any board. An edge says that the shaft turned, not which way: that
 * says the motor, and what comes while that is off counts for nothing, as upstream.
 */
#include "driver/encoder/single.h"
#include "driver/encoder/ticks.h"
#include "sinew/list.h"
#include "sinew/struct.h"

struct single_pins {
    struct sn_str i;
};

struct single_attrs {
    struct sn_str board;
    struct single_pins pins;
};

struct single {
    struct sn_encoder base;
    struct sn_ticks ticks;
    const struct sn_direction *direction; /* NULL: no motor */
    int64_t position;
};

static void single_tick(struct sn_ticks *ticks, const struct sn_tick *tick)
{
    struct single *encoder = sn_container_of(ticks, struct single, ticks);

    encoder->position += encoder->direction ? encoder->direction->now(encoder->direction) : 1;
}

static int single_position(struct sn_call *call, struct sn_encoder *encoder,
                           enum sn_encoder_unit unit, const struct pb_google_struct *extra,
                           struct sn_encoder_position *ret_position)
{
    if (unit == SN_ENCODER_DEGREES)
        return sn_encoder_refuse(call, unit);
    ret_position->value = (double)((struct single *)encoder)->position;
    ret_position->unit = SN_ENCODER_TICKS;
    return 0;
}

static int single_reset_position(struct sn_call *call, struct sn_encoder *encoder,
                                 const struct pb_google_struct *extra)
{
    ((struct single *)encoder)->position = 0;
    return 0;
}

static int single_properties(struct sn_call *call, struct sn_encoder *encoder,
                             const struct pb_google_struct *extra, bool *ret_ticks,
                             bool *ret_degrees)
{
    *ret_ticks = true;
    *ret_degrees = false;
    return 0;
}

/* Upstream's takes any command: it is how its motor speaks to it. */
static int single_do_command(struct sn_call *call, struct sn_resource *resource,
                             const struct pb_google_struct *command,
                             struct pb_google_struct **ret_result)
{
    *ret_result = sn_arena_zalloc(call->arena, sizeof(**ret_result));
    return *ret_result ? 0 : SN_ERR_RESOURCE_EXHAUSTED;
}

static int single_validate(const void *attrs, struct sn_error *error)
{
    const struct single_attrs *a = attrs;

    if (!a->pins.i.len || !a->board.len)
        return sn_error_set(error, SN_ERR_NOT_FOUND, "%s", a->pins.i.len ? "board" : "i");
    return 0;
}

static int single_open(struct sn_call *call, struct sn_resource *resource, const void *attrs)
{
    struct single *encoder = (struct single *)resource;
    const struct single_attrs *a = attrs;

    encoder->ticks.pins[0] = a->pins.i;
    encoder->ticks.count = 1;
    encoder->ticks.what = "Encoder";
    encoder->ticks.tick = single_tick;
    return sn_ticks_open(&encoder->ticks, call, resource, a->board);
}

static int single_close(struct sn_call *call, struct sn_resource *resource)
{
    return sn_ticks_close(&((struct single *)resource)->ticks, call);
}

#define AT(type, member) offsetof(struct type, member)

static const struct sn_attr single_pin_attrs[] = {
    {"i", SN_ATTR_STRING, AT(single_pins, i), .help = "the board's interrupt"},
    {0},
};

static const struct sn_attr single_attrs[] = {
    {"pins", SN_ATTR_OBJECT, AT(single_attrs, pins), .help = "interrupt", .sub = single_pin_attrs,
     .sub_size = sizeof(struct single_pins)},
    {"board", SN_ATTR_STRING, AT(single_attrs, board), .help = "board of the interrupt; required",
     .dependency = true},
    {0},
};

static const struct sn_encoder_ops single_ops = {
    .common = {.do_command = single_do_command},
    .position = single_position,
    .reset_position = single_reset_position,
    .properties = single_properties,
};

const struct sn_driver sn_driver_encoder_single = {
    .api = SN_API_ENCODER,
    .model = "rdk:builtin:single",
    .help = "counts the edges of one interrupt, the way its motor turns",
    .size = sizeof(struct single),
    .attrs_size = sizeof(struct single_attrs),
    .attrs = single_attrs,
    .ops = &single_ops,
    .validate = single_validate,
    .open = single_open,
    .close = single_close,
};

bool sn_single_encoder_follow(struct sn_encoder *encoder, const struct sn_direction *direction)
{
    if (encoder->base.driver != &sn_driver_encoder_single)
        return false;
    ((struct single *)encoder)->direction = direction;
    return true;
}

void sn_single_encoder_leave(struct sn_encoder *encoder, const struct sn_direction *direction)
{
    if (encoder->base.driver == &sn_driver_encoder_single &&
        ((struct single *)encoder)->direction == direction)
        ((struct single *)encoder)->direction = NULL;
}
