/* SPDX-License-Identifier: Apache-2.0
 *
 * Pictures of distances as point clouds.
 */
#ifndef SN_DRIVER_CAMERA_PROJECT_H
#define SN_DRIVER_CAMERA_PROJECT_H

#include "driver/camera/lens.h"
#include "media/image.h"

/* A PCD file, on `arena`, of what `depth` shows through `lens`, in the colours of `color` (of the
 * same size; NULL: none). Without colours what has no distance has no point; with them all that
 * have none are one, as upstream. Any thread. RESOURCE_EXHAUSTED. */
int sn_project(const struct sn_pinhole *lens, const struct sn_image *depth,
               const struct sn_image *color, struct sn_arena *arena, struct sn_str *ret_file)
    SN_MUST_USE;

#endif
