/* SPDX-License-Identifier: Apache-2.0
 *
 * Encoder without hardware: is where a fake motor put it. It jumps there when a move has ended, as
 * upstream's does.
 */
#include "driver/encoder/fake.h"

struct fake_attrs {
    int64_t update_rate_msec;
};

static struct sn_fake_encoder *fake_of(struct sn_encoder *encoder)
{
    return (struct sn_fake_encoder *)encoder;
}

static int fake_position(struct sn_call *call, struct sn_encoder *encoder,
                         enum sn_encoder_unit unit, const struct pb_google_struct *extra,
                         struct sn_encoder_position *ret_position)
{
    if (unit == SN_ENCODER_DEGREES)
        return sn_encoder_refuse(call, unit);
    *ret_position = (struct sn_encoder_position){fake_of(encoder)->ticks, SN_ENCODER_TICKS};
    return 0;
}

static int fake_reset_position(struct sn_call *call, struct sn_encoder *encoder,
                               const struct pb_google_struct *extra)
{
    fake_of(encoder)->ticks = 0;
    return 0;
}

static int fake_properties(struct sn_call *call, struct sn_encoder *encoder,
                           const struct pb_google_struct *extra, bool *ret_ticks, bool *ret_degrees)
{
    *ret_ticks = true;
    *ret_degrees = false;
    return 0;
}

static const struct sn_attr fake_attrs[] = {
    {"update_rate_msec", SN_ATTR_INT, offsetof(struct fake_attrs, update_rate_msec),
     .help = "unused"},
    {0},
};

static const struct sn_encoder_ops fake_ops = {
    .position = fake_position,
    .reset_position = fake_reset_position,
    .properties = fake_properties,
};

const struct sn_driver sn_driver_encoder_fake = {
    .api = SN_API_ENCODER,
    .model = "rdk:builtin:fake",
    .help = "counts the turns of the fake motor that names it",
    .size = sizeof(struct sn_fake_encoder),
    .attrs_size = sizeof(struct fake_attrs),
    .attrs = fake_attrs,
    .ops = &fake_ops,
};
