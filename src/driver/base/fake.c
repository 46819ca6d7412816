/* SPDX-License-Identifier: Apache-2.0
 *
 * Base without hardware: does all it is told, without going anywhere.
 */
#include "pb/component/base/v1/base.h"
#include "sinew/api/base.h"
#include "sinew/driver.h"

static int fake_move_straight(struct sn_call *call, struct sn_base *base, int64_t distance,
                              double speed, const struct pb_google_struct *extra)
{
    return 0;
}

static int fake_spin(struct sn_call *call, struct sn_base *base, double angle, double speed,
                     const struct pb_google_struct *extra)
{
    return 0;
}

static int fake_set(struct sn_call *call, struct sn_base *base,
                    const struct pb_common_vector3 *linear, const struct pb_common_vector3 *angular,
                    const struct pb_google_struct *extra)
{
    return 0;
}

static int fake_stop(struct sn_call *call, struct sn_base *base,
                     const struct pb_google_struct *extra)
{
    return 0;
}

static int fake_is_moving(struct sn_call *call, struct sn_base *base, bool *ret_moving)
{
    *ret_moving = false;
    return 0;
}

static int fake_properties(struct sn_call *call, struct sn_base *base,
                           const struct pb_google_struct *extra,
                           struct pb_base_get_properties_response *ret_properties)
{
    ret_properties->width_meters = 0.6;
    return 0;
}

static int fake_open(struct sn_call *call, struct sn_resource *resource, const void *attrs)
{
    return sn_frame_check(call, resource);
}

static const struct sn_base_ops fake_ops = {
    .common = {.geometries = sn_frame_geometries},
    .move_straight = fake_move_straight,
    .spin = fake_spin,
    .set_power = fake_set,
    .set_velocity = fake_set,
    .stop = fake_stop,
    .is_moving = fake_is_moving,
    .properties = fake_properties,
};

const struct sn_driver sn_driver_base_fake = {
    .api = SN_API_BASE,
    .model = "rdk:builtin:fake",
    .help = "does all it is told, without going anywhere",
    .size = sizeof(struct sn_base),
    .ops = &fake_ops,
    .open = fake_open,
};
