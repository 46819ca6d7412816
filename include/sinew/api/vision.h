/* SPDX-License-Identifier: Apache-2.0
 *
 * Vision: what is to be seen on an image, or on what a camera shows right now. Source:
 * viam.service.vision.v1.
 *
 * Results are the messages of the wire, zeroed, which services fill in place; what they refer to
 * lives until the call ends. Nothing waits in the resource's lane. `extra` may be NULL everywhere.
 * An empty `camera` means the service's default one. Errors besides the service's own, UNKNOWN with
 * upstream's texts: no such camera, no default one; the camera's, behind who was asked; the image
 * is none. UNIMPLEMENTED for what the service does not do.
 */
#ifndef SINEW_API_VISION_H
#define SINEW_API_VISION_H

#include "sinew/api/common.h"

#ifdef __cplusplus
extern "C" {
#endif

#define SN_API_VISION "rdk:service:vision"

struct pb_service_vision_capture_all_from_camera_response; /* "pb/service/vision/v1/vision.h" */
struct pb_service_vision_get_classifications_response;
struct pb_service_vision_get_detections3_d_response;
struct pb_service_vision_get_detections_response;
struct pb_service_vision_get_object_point_clouds_response;
struct pb_service_vision_get_properties_response;

struct sn_vision {
    struct sn_resource base;
};

struct sn_vision_image {
    struct sn_str bytes;     /* encoded */
    struct sn_str mime_type; /* may be empty: the bytes tell */
    int64_t width, height;   /* pixels; for services as the bytes say, whatever the asker thought */
};

/* What CaptureAllFromCamera is to answer; what the service can't do is left out. */
struct sn_vision_wish {
    bool image, classifications, detections, objects, detections_3d;
};

/* All slots but `common`'s and `detections_3d` are mandatory. */
struct sn_vision_ops {
    struct sn_common_ops common;

    /* Boxes in pixels, and as parts of width and height. `image` has been checked. */
    int (*detections)(struct sn_call *call, struct sn_vision *vision,
                      const struct sn_vision_image *image, const struct pb_google_struct *extra,
                      struct pb_service_vision_get_detections_response *ret);
    int (*detections_from_camera)(struct sn_call *call, struct sn_vision *vision,
                                  struct sn_str camera, const struct pb_google_struct *extra,
                                  struct pb_service_vision_get_detections_response *ret);

    /* `n` > 0: the n most confident, best first; else all, in the service's order. */
    int (*classifications)(struct sn_call *call, struct sn_vision *vision,
                           const struct sn_vision_image *image, int32_t n,
                           const struct pb_google_struct *extra,
                           struct pb_service_vision_get_classifications_response *ret);
    int (*classifications_from_camera)(struct sn_call *call, struct sn_vision *vision,
                                       struct sn_str camera, int32_t n,
                                       const struct pb_google_struct *extra,
                                       struct pb_service_vision_get_classifications_response *ret);

    /* Things with their place in space. Optional. */
    int (*detections_3d)(struct sn_call *call, struct sn_vision *vision, struct sn_str camera,
                         const struct pb_google_struct *extra,
                         struct pb_service_vision_get_detections3_d_response *ret);

    /* Things as clouds of points (PCD) with bodies around them, as seen from the camera. */
    int (*objects)(struct sn_call *call, struct sn_vision *vision, struct sn_str camera,
                   struct sn_str mime_type, const struct pb_google_struct *extra,
                   struct pb_service_vision_get_object_point_clouds_response *ret);

    int (*properties)(struct sn_call *call, struct sn_vision *vision,
                      const struct pb_google_struct *extra,
                      struct pb_service_vision_get_properties_response *ret);

    /* One image and what is to be seen on it. */
    int (*capture_all)(struct sn_call *call, struct sn_vision *vision, struct sn_str camera,
                       const struct sn_vision_wish *wish, const struct pb_google_struct *extra,
                       struct pb_service_vision_capture_all_from_camera_response *ret);
};

/* The image's bytes are checked before the service sees them: UNKNOWN with upstream's texts. */
int sn_vision_detections(struct sn_call *call, struct sn_vision *vision,
                         const struct sn_vision_image *image, const struct pb_google_struct *extra,
                         struct pb_service_vision_get_detections_response *ret);
int sn_vision_detections_from_camera(struct sn_call *call, struct sn_vision *vision,
                                     struct sn_str camera, const struct pb_google_struct *extra,
                                     struct pb_service_vision_get_detections_response *ret);
/* As above for the image. */
int sn_vision_classifications(struct sn_call *call, struct sn_vision *vision,
                              const struct sn_vision_image *image, int32_t n,
                              const struct pb_google_struct *extra,
                              struct pb_service_vision_get_classifications_response *ret);
int sn_vision_classifications_from_camera(
    struct sn_call *call, struct sn_vision *vision, struct sn_str camera, int32_t n,
    const struct pb_google_struct *extra,
    struct pb_service_vision_get_classifications_response *ret);
int sn_vision_detections_3d(struct sn_call *call, struct sn_vision *vision, struct sn_str camera,
                            const struct pb_google_struct *extra,
                            struct pb_service_vision_get_detections3_d_response *ret);
int sn_vision_objects(struct sn_call *call, struct sn_vision *vision, struct sn_str camera,
                      struct sn_str mime_type, const struct pb_google_struct *extra,
                      struct pb_service_vision_get_object_point_clouds_response *ret);
int sn_vision_properties(struct sn_call *call, struct sn_vision *vision,
                         const struct pb_google_struct *extra,
                         struct pb_service_vision_get_properties_response *ret);
int sn_vision_capture_all(struct sn_call *call, struct sn_vision *vision, struct sn_str camera,
                          const struct sn_vision_wish *wish, const struct pb_google_struct *extra,
                          struct pb_service_vision_capture_all_from_camera_response *ret);

/* ---- for services ---- */

/* Measures the image: `width` and `height` become what its bytes say. UNKNOWN as above. */
int sn_vision_check_image(struct sn_call *call, struct sn_vision_image *image) SN_MUST_USE;

#ifdef __cplusplus
}
#endif

#endif
