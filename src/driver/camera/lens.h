/* SPDX-License-Identifier: Apache-2.0
 *
 * What the models that show other things' pictures have in common: what a config says of the lens,
 * attributes and their way into the answers, and that there is no body.
 */
#ifndef SN_DRIVER_CAMERA_LENS_H
#define SN_DRIVER_CAMERA_LENS_H

#include "pb/component/camera/v1/camera.h"
#include "sinew/driver.h"

/* `intrinsic_parameters`: the pinhole. Nothing given: a focal length of 0. */
struct sn_pinhole {
    int64_t width_px, height_px;
    double fx, fy, ppx, ppy; /* px */
};

/* `distortion_parameters`: brown_conrady. */
struct sn_distortion {
    double rk1, rk2, rk3, tp1, tp2;
};

/* For an attribute of type OBJECT. */
extern const struct sn_attr sn_pinhole_attrs[], sn_distortion_attrs[];

/* Puts what was given into `ret`, on the call's arena; `pinhole` may be NULL. RESOURCE_EXHAUSTED.
 */
int sn_lens_properties(struct sn_call *call, const struct sn_pinhole *pinhole,
                       const struct sn_distortion *distortion,
                       struct pb_camera_get_properties_response *ret) SN_MUST_USE;

/* sn_common_ops.geometries: UNKNOWN, upstream's text. */
int sn_lens_no_geometries(struct sn_call *call, struct sn_resource *resource,
                          const struct pb_google_struct *extra,
                          struct pb_common_get_geometries_response *ret_geometries);

#endif
