/* SPDX-License-Identifier: Apache-2.0
 *
 * Lenses.
 */
#include "driver/camera/lens.h"

int sn_lens_properties(struct sn_call *call, const struct sn_pinhole *pinhole,
                       const struct sn_distortion *d, struct pb_camera_get_properties_response *ret)
{
    struct lens {
        struct pb_camera_intrinsic_parameters intrinsics;
        struct pb_camera_distortion_parameters distortion;
        double parameters[5];
    } *lens = sn_arena_zalloc(call->arena, sizeof(*lens));

    if (!lens)
        return SN_ERR_RESOURCE_EXHAUSTED;
    if (pinhole) {
        lens->intrinsics =
            (struct pb_camera_intrinsic_parameters){.width_px = (uint32_t)pinhole->width_px,
                                                    .height_px = (uint32_t)pinhole->height_px,
                                                    .focal_x_px = pinhole->fx,
                                                    .focal_y_px = pinhole->fy,
                                                    .center_x_px = pinhole->ppx,
                                                    .center_y_px = pinhole->ppy};
        ret->intrinsic_parameters = &lens->intrinsics;
    }
    if (d->rk1 != 0 || d->rk2 != 0 || d->rk3 != 0 || d->tp1 != 0 || d->tp2 != 0) {
        const double parameters[5] = {d->rk1, d->rk2, d->rk3, d->tp1, d->tp2};

        for (int i = 0; i < 5; i++)
            lens->parameters[i] = parameters[i];
        lens->distortion.model = SN_STR("brown_conrady");
        lens->distortion.parameters.v = lens->parameters;
        lens->distortion.parameters.n = 5;
        ret->distortion_parameters = &lens->distortion;
    }
    return 0;
}

int sn_lens_no_geometries(struct sn_call *call, struct sn_resource *resource,
                          const struct pb_google_struct *extra,
                          struct pb_common_get_geometries_response *ret_geometries)
{
    return sn_call_fail(call, SN_ERR_UNKNOWN, "videoSource: geometries unavailable");
}

#define PINHOLE(member) offsetof(struct sn_pinhole, member)
#define DISTORTION(member) offsetof(struct sn_distortion, member)

const struct sn_attr sn_pinhole_attrs[] = {
    {"width_px", SN_ATTR_INT, PINHOLE(width_px), .help = "of the picture"},
    {"height_px", SN_ATTR_INT, PINHOLE(height_px), .help = "of the picture"},
    {"fx", SN_ATTR_NUMBER, PINHOLE(fx), .help = "focal length across, px"},
    {"fy", SN_ATTR_NUMBER, PINHOLE(fy), .help = "focal length down, px"},
    {"ppx", SN_ATTR_NUMBER, PINHOLE(ppx), .help = "where the axis meets the picture, px"},
    {"ppy", SN_ATTR_NUMBER, PINHOLE(ppy), .help = "where the axis meets the picture, px"},
    {0},
};

const struct sn_attr sn_distortion_attrs[] = {
    {"rk1", SN_ATTR_NUMBER, DISTORTION(rk1), .help = "radial"},
    {"rk2", SN_ATTR_NUMBER, DISTORTION(rk2), .help = "radial"},
    {"rk3", SN_ATTR_NUMBER, DISTORTION(rk3), .help = "radial"},
    {"tp1", SN_ATTR_NUMBER, DISTORTION(tp1), .help = "tangential"},
    {"tp2", SN_ATTR_NUMBER, DISTORTION(tp2), .help = "tangential"},
    {0},
};
