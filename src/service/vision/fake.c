/* SPDX-License-Identifier: Apache-2.0
 *
 * Vision without eyes. It does as the reference's fake does: on every image the same thing in the
 * middle, of the same class.
 */
#include "service/vision/sight.h"
#include "sinew/driver.h"

static int fake_detect(struct sn_call *call, struct sn_sight *sight,
                       const struct sn_vision_image *image,
                       struct pb_service_vision_get_detections_response *ret)
{
    double width = (double)image->width, height = (double)image->height;
    struct sn_sight_box middle = {(int64_t)(0.25 * width), (int64_t)(0.25 * height),
                                  (int64_t)(0.75 * width), (int64_t)(0.75 * height)};

    return sn_sight_add_detection(call, ret, image, middle, 0.92, SN_STR("a_detection"));
}

static int fake_classify(struct sn_call *call, struct sn_sight *sight,
                         const struct sn_vision_image *image,
                         struct pb_service_vision_get_classifications_response *ret)
{
    return sn_sight_add_classification(call, ret, 0.85, SN_STR("a_classification"));
}

static const struct sn_sight_model fake_model = {fake_detect, fake_classify};

static int fake_open(struct sn_call *call, struct sn_resource *resource, const void *attrs)
{
    struct sn_sight *sight = (struct sn_sight *)resource;

    sight->see = &fake_model;
    sight->default_camera = SN_STR("fake_camera");
    return 0;
}

const struct sn_driver sn_service_vision_fake = {
    .api = SN_API_VISION,
    .model = "rdk:builtin:fake",
    .help = "sees the same on every image",
    .size = sizeof(struct sn_sight),
    .ops = &sn_sight_ops,
    .open = fake_open,
};
