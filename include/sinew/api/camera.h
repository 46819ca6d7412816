/* SPDX-License-Identifier: Apache-2.0
 *
 * Camera: images, point clouds, properties of the lens. Source: viam.component.camera.v1.
 *
 * Results are the messages of the wire, which drivers fill in place. Bytes in them live until the
 * call ends, in its arena or in the camera: whoever asks holds a reference to it. No operation
 * waits in the resource's lane. `extra` may be NULL everywhere.
 */
#ifndef SINEW_API_CAMERA_H
#define SINEW_API_CAMERA_H

#include "sinew/api/common.h"

#ifdef __cplusplus
extern "C" {
#endif

#define SN_API_CAMERA "rdk:component:camera"

#define SN_MIME_JPEG "image/jpeg"
#define SN_MIME_PCD "pointcloud/pcd"

enum {
    SN_CAMERA_SOURCES_MAX = 256,    /* names in one filter */
    SN_CAMERA_BYTES_MAX = 32 << 20, /* an image or a point cloud; no message carries more */
};

struct pb_camera_get_images_response;      /* "pb/component/camera/v1/camera.h" */
struct pb_camera_get_point_cloud_response; /* the same */
struct pb_camera_get_properties_response;  /* the same */

struct sn_camera {
    struct sn_resource base;
};

/* All slots but `common`'s are mandatory. All are reads. */
struct sn_camera_ops {
    struct sn_common_ops common;

    /* One image of each source that is named, all that there are when none is; and when they were
     * taken. No name is there twice. */
    int (*images)(struct sn_call *call, struct sn_camera *camera, const struct sn_str *sources,
                  size_t count, const struct pb_google_struct *extra,
                  struct pb_camera_get_images_response *ret);

    /* `mime_type`: what the client would like; the answer says what it gets. */
    int (*point_cloud)(struct sn_call *call, struct sn_camera *camera, struct sn_str mime_type,
                       const struct pb_google_struct *extra,
                       struct pb_camera_get_point_cloud_response *ret);

    int (*properties)(struct sn_call *call, struct sn_camera *camera,
                      struct pb_camera_get_properties_response *ret);
};

/* UNKNOWN with upstream's text for a source that is named twice; INVALID_ARGUMENT for more than
 * SN_CAMERA_SOURCES_MAX. */
int sn_camera_images(struct sn_call *call, struct sn_camera *camera, const struct sn_str *sources,
                     size_t count, const struct pb_google_struct *extra,
                     struct pb_camera_get_images_response *ret);
int sn_camera_point_cloud(struct sn_call *call, struct sn_camera *camera, struct sn_str mime_type,
                          const struct pb_google_struct *extra,
                          struct pb_camera_get_point_cloud_response *ret);
int sn_camera_properties(struct sn_call *call, struct sn_camera *camera,
                         struct pb_camera_get_properties_response *ret);

/* ---- for drivers ---- */

/* Lets the call's arena, which is small, hold SN_CAMERA_BYTES_MAX more. By who owns the call:
 * loop, or the pool thread that works on it. */
void sn_camera_make_room(struct sn_call *call);

/* Says when they were taken (ns since 1970), for an answer that has no images. RESOURCE_EXHAUSTED.
 */
int sn_camera_set_taken(struct sn_call *call, struct pb_camera_get_images_response *ret,
                        uint64_t unix_ns) SN_MUST_USE;

/* Adds an image taken at `unix_ns` (since 1970). Strings are borrowed: they live as the results do.
 * Errors: RESOURCE_EXHAUSTED. */
int sn_camera_add_image(struct sn_call *call, struct pb_camera_get_images_response *ret,
                        struct sn_str source, struct sn_str mime_type, struct sn_str bytes,
                        uint64_t unix_ns) SN_MUST_USE;

#ifdef __cplusplus
}
#endif

#endif
