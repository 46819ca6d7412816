/* SPDX-License-Identifier: Apache-2.0
 *
 * Switch without hardware: is where it was put.
 */
#include "pb/component/switch/v1/switch.h"
#include "sinew/api/switch.h"
#include "sinew/driver.h"

struct fake_attrs {
    uint32_t position_count;
    struct sn_attr_list labels;
};

struct fake_switch {
    struct sn_switch base;
    const struct fake_attrs *attrs;
    uint32_t position;
};

static struct fake_switch *fake_of(struct sn_switch *sw)
{
    return (struct fake_switch *)sw;
}

static int fake_set_position(struct sn_call *call, struct sn_switch *sw, uint32_t position,
                             const struct pb_google_struct *extra)
{
    struct fake_switch *fake = fake_of(sw);
    int code = sn_switch_check_position(call, sw, position, fake->attrs->position_count);

    if (!code)
        fake->position = position;
    return code;
}

static int fake_position(struct sn_call *call, struct sn_switch *sw,
                         const struct pb_google_struct *extra, uint32_t *ret_position)
{
    *ret_position = fake_of(sw)->position;
    return 0;
}

/* Labels that don't fit the positions are as good as none, as upstream. */
static int fake_positions(struct sn_call *call, struct sn_switch *sw,
                          const struct pb_google_struct *extra,
                          struct pb_switch_get_number_of_positions_response *ret)
{
    const struct fake_attrs *a = fake_of(sw)->attrs;

    ret->number_of_positions = a->position_count;
    if (a->labels.count == a->position_count) {
        ret->labels.v = a->labels.v;
        ret->labels.n = (uint32_t)a->labels.count;
    }
    return 0;
}

static int fake_open(struct sn_call *call, struct sn_resource *resource, const void *attrs)
{
    ((struct fake_switch *)resource)->attrs = attrs;
    return 0;
}

#define AT(member) offsetof(struct fake_attrs, member)

static const struct sn_attr fake_attrs[] = {
    {"position_count", SN_ATTR_UINT, AT(position_count), .preset = "2", .help = "of positions"},
    {"labels", SN_ATTR_STRINGS, AT(labels), .help = "one for each position"},
    {0},
};

static const struct sn_switch_ops fake_ops = {
    .set_position = fake_set_position,
    .position = fake_position,
    .positions = fake_positions,
};

const struct sn_driver sn_driver_switch_fake = {
    .api = SN_API_SWITCH,
    .model = "rdk:builtin:fake",
    .help = "is in the position it was put in, at first 0",
    .size = sizeof(struct fake_switch),
    .attrs_size = sizeof(struct fake_attrs),
    .attrs = fake_attrs,
    .ops = &fake_ops,
    .open = fake_open,
};
