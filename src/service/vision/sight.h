/* SPDX-License-Identifier: Apache-2.0
 *
 * Vision models that are functions of an image: what such a model has in common with others. It
 * finds the camera, fetches the picture, sorts and puts the answers together. Loop thread.
 *
 * A model embeds struct sn_sight first, has `.ops = &sn_sight_ops`, and sets `see` and
 * `default_camera` in its `open`.
 */
#ifndef SN_SERVICE_VISION_SIGHT_H
#define SN_SERVICE_VISION_SIGHT_H

#include "pb/service/vision/v1/vision.h"
#include "sinew/api/vision.h"

struct sn_sight;

/* What the model can do; NULL: it can't. All may return SN_PENDING, each has the call to itself. */
struct sn_sight_model {
    int (*detect)(struct sn_call *call, struct sn_sight *sight, const struct sn_vision_image *image,
                  struct pb_service_vision_get_detections_response *ret);
    int (*classify)(struct sn_call *call, struct sn_sight *sight,
                    const struct sn_vision_image *image,
                    struct pb_service_vision_get_classifications_response *ret);
};

struct sn_sight {
    struct sn_vision base;
    const struct sn_sight_model *see;
    struct sn_str default_camera; /* empty: none */
    bool tells_default;           /* GetProperties names it */
};

extern const struct sn_vision_ops sn_sight_ops;

/* Pixels from the top left; the far edges are part of the box. */
struct sn_sight_box {
    int64_t x_min, y_min, x_max, y_max;
};

/* RESOURCE_EXHAUSTED. `label` is borrowed. */
int sn_sight_add_detection(struct sn_call *call,
                           struct pb_service_vision_get_detections_response *ret,
                           const struct sn_vision_image *image, struct sn_sight_box box,
                           double confidence, struct sn_str label) SN_MUST_USE;
int sn_sight_add_classification(struct sn_call *call,
                                struct pb_service_vision_get_classifications_response *ret,
                                double confidence, struct sn_str label) SN_MUST_USE;

#endif
