/* SPDX-License-Identifier: Apache-2.0
 *
 * Vision API: wrappers, server glue, proxy.
 */
#include "sinew/api/vision.h"
#include "api/api.h"
#include "media/image_header.h"
#include "pb/service/vision/v1/vision.h"

/* Asked of an image or of a camera, the results are the same: the one's message stands for the
 * other's. */
_Static_assert(sizeof(struct pb_service_vision_get_detections_response) ==
                       sizeof(struct pb_service_vision_get_detections_from_camera_response) &&
                   sizeof(struct pb_service_vision_get_classifications_response) ==
                       sizeof(struct pb_service_vision_get_classifications_from_camera_response),
               "a list is a list");

static const struct sn_vision_ops *ops_of(const struct sn_vision *vision)
{
    return vision->base.ops;
}

/* "image/jpeg+lazy" is a jpeg. */
static struct sn_str strip_lazy(struct sn_str mime_type)
{
    static const struct sn_str lazy = {"+lazy", 5};

    if (mime_type.len >= lazy.len &&
        memcmp(mime_type.ptr + mime_type.len - lazy.len, lazy.ptr, lazy.len) == 0)
        mime_type.len -= lazy.len;
    return mime_type;
}

int sn_vision_check_image(struct sn_call *call, struct sn_vision_image *image)
{
    static const struct sn_str prefix = {"image/", 6};
    struct sn_str mime_type = strip_lazy(image->mime_type), kind = mime_type;
    struct sn_image_header header;
    struct sn_error error;

    if (!image->bytes.len)
        return sn_call_fail(call, SN_ERR_UNKNOWN,
                            "must provide image bytes to construct a named image from bytes");
    if (sn_image_header(image->bytes, &header, &error))
        return sn_call_fail(call, SN_ERR_UNKNOWN, "%s: %s",
                            mime_type.len
                                ? "could not decode image config"
                                : "mime type not provided and could not infer mime type from bytes",
                            error.text);
    if (sn_str_has_prefix(kind, prefix))
        kind = (struct sn_str){kind.ptr + prefix.len, kind.len - prefix.len};
    if (mime_type.len && !sn_str_is(kind, header.format))
        return sn_call_fail(call, SN_ERR_UNKNOWN,
                            "mime_type does not match the image bytes: expected %.*s, got %s",
                            SN_STR_ARGS(mime_type), header.format);
    image->width = header.width;
    image->height = header.height;
    return 0;
}

/* Enters, and gives the service an image it can rely on: on the call's arena, for it may keep it as
 * long as the call lasts. */
static int enter_with_image(struct sn_call *call, struct sn_vision *vision,
                            const struct sn_vision_image **image)
{
    int code = sn_resource_enter(&vision->base, call, SN_READ);

    if (code || vision->base.elsewhere)
        return code;
    struct sn_vision_image *checked = sn_arena_alloc(call->arena, sizeof(*checked));
    if (!checked)
        return SN_ERR_RESOURCE_EXHAUSTED;
    *checked = **image;
    *image = checked;
    return sn_vision_check_image(call, checked);
}

int sn_vision_detections(struct sn_call *call, struct sn_vision *vision,
                         const struct sn_vision_image *image, const struct pb_google_struct *extra,
                         struct pb_service_vision_get_detections_response *ret)
{
    int code = enter_with_image(call, vision, &image);

    return code ? code : ops_of(vision)->detections(call, vision, image, extra, ret);
}

int sn_vision_detections_from_camera(struct sn_call *call, struct sn_vision *vision,
                                     struct sn_str camera, const struct pb_google_struct *extra,
                                     struct pb_service_vision_get_detections_response *ret)
{
    int code = sn_resource_enter(&vision->base, call, SN_READ);

    return code ? code : ops_of(vision)->detections_from_camera(call, vision, camera, extra, ret);
}

int sn_vision_classifications(struct sn_call *call, struct sn_vision *vision,
                              const struct sn_vision_image *image, int32_t n,
                              const struct pb_google_struct *extra,
                              struct pb_service_vision_get_classifications_response *ret)
{
    int code = enter_with_image(call, vision, &image);

    return code ? code : ops_of(vision)->classifications(call, vision, image, n, extra, ret);
}

int sn_vision_classifications_from_camera(
    struct sn_call *call, struct sn_vision *vision, struct sn_str camera, int32_t n,
    const struct pb_google_struct *extra,
    struct pb_service_vision_get_classifications_response *ret)
{
    int code = sn_resource_enter(&vision->base, call, SN_READ);

    return code ? code
                : ops_of(vision)->classifications_from_camera(call, vision, camera, n, extra, ret);
}

int sn_vision_detections_3d(struct sn_call *call, struct sn_vision *vision, struct sn_str camera,
                            const struct pb_google_struct *extra,
                            struct pb_service_vision_get_detections3_d_response *ret)
{
    int code = sn_resource_enter(&vision->base, call, SN_READ);

    if (code)
        return code;
    if (!ops_of(vision)->detections_3d)
        return sn_call_fail(call, SN_ERR_UNIMPLEMENTED,
                            "vision model \"%s/%s\" does not implement a 3D detector",
                            vision->base.api, vision->base.name);
    return ops_of(vision)->detections_3d(call, vision, camera, extra, ret);
}

int sn_vision_objects(struct sn_call *call, struct sn_vision *vision, struct sn_str camera,
                      struct sn_str mime_type, const struct pb_google_struct *extra,
                      struct pb_service_vision_get_object_point_clouds_response *ret)
{
    int code = sn_resource_enter(&vision->base, call, SN_READ);

    return code ? code : ops_of(vision)->objects(call, vision, camera, mime_type, extra, ret);
}

int sn_vision_properties(struct sn_call *call, struct sn_vision *vision,
                         const struct pb_google_struct *extra,
                         struct pb_service_vision_get_properties_response *ret)
{
    int code = sn_resource_enter(&vision->base, call, SN_READ);

    return code ? code : ops_of(vision)->properties(call, vision, extra, ret);
}

int sn_vision_capture_all(struct sn_call *call, struct sn_vision *vision, struct sn_str camera,
                          const struct sn_vision_wish *wish, const struct pb_google_struct *extra,
                          struct pb_service_vision_capture_all_from_camera_response *ret)
{
    int code = sn_resource_enter(&vision->base, call, SN_READ);

    return code ? code : ops_of(vision)->capture_all(call, vision, camera, wish, extra, ret);
}

/* ---- server ---- */

static int handle_get_detections(struct sn_rpc *rpc, void *self, const void *request,
                                 void *response)
{
    const struct pb_service_vision_get_detections_request *req = request;
    struct sn_vision_image image = {req->image, req->mime_type, req->width, req->height};

    return sn_vision_detections(&rpc->call, self, &image, req->extra, response);
}

static int handle_get_detections_from_camera(struct sn_rpc *rpc, void *self, const void *request,
                                             void *response)
{
    const struct pb_service_vision_get_detections_from_camera_request *req = request;

    return sn_vision_detections_from_camera(&rpc->call, self, req->camera_name, req->extra,
                                            response);
}

static int handle_get_classifications(struct sn_rpc *rpc, void *self, const void *request,
                                      void *response)
{
    const struct pb_service_vision_get_classifications_request *req = request;
    struct sn_vision_image image = {req->image, req->mime_type, req->width, req->height};

    return sn_vision_classifications(&rpc->call, self, &image, req->n, req->extra, response);
}

static int handle_get_classifications_from_camera(struct sn_rpc *rpc, void *self,
                                                  const void *request, void *response)
{
    const struct pb_service_vision_get_classifications_from_camera_request *req = request;

    return sn_vision_classifications_from_camera(&rpc->call, self, req->camera_name, req->n,
                                                 req->extra, response);
}

static int handle_get_detections_3d(struct sn_rpc *rpc, void *self, const void *request,
                                    void *response)
{
    const struct pb_service_vision_get_detections3_d_request *req = request;

    return sn_vision_detections_3d(&rpc->call, self, req->camera_name, req->extra, response);
}

static int handle_get_object_point_clouds(struct sn_rpc *rpc, void *self, const void *request,
                                          void *response)
{
    const struct pb_service_vision_get_object_point_clouds_request *req = request;

    return sn_vision_objects(&rpc->call, self, req->camera_name, req->mime_type, req->extra,
                             response);
}

static int handle_get_properties(struct sn_rpc *rpc, void *self, const void *request,
                                 void *response)
{
    const struct pb_service_vision_get_properties_request *req = request;

    return sn_vision_properties(&rpc->call, self, req->extra, response);
}

static int handle_capture_all_from_camera(struct sn_rpc *rpc, void *self, const void *request,
                                          void *response)
{
    const struct pb_service_vision_capture_all_from_camera_request *req = request;
    struct sn_vision_wish wish = {
        .image = req->return_image,
        .classifications = req->return_classifications,
        .detections = req->return_detections,
        .objects = req->return_object_point_clouds,
        .detections_3d = req->return_detections_3d,
    };

    return sn_vision_capture_all(&rpc->call, self, req->camera_name, &wish, req->extra, response);
}

/* ---- proxy ---- */

static int proxy_detections(struct sn_call *call, struct sn_vision *vision,
                            const struct sn_vision_image *image,
                            const struct pb_google_struct *extra,
                            struct pb_service_vision_get_detections_response *ret)
{
    struct pb_service_vision_get_detections_request req = {.name = sn_proxy_name(&vision->base),
                                                           .image = image->bytes,
                                                           .width = image->width,
                                                           .height = image->height,
                                                           .mime_type = image->mime_type,
                                                           .extra = sn_proxy_borrow(extra)};

    return sn_proxy_fill(call, &vision->base, "GetDetections", &req, ret);
}

static int proxy_detections_from_camera(struct sn_call *call, struct sn_vision *vision,
                                        struct sn_str camera, const struct pb_google_struct *extra,
                                        struct pb_service_vision_get_detections_response *ret)
{
    struct pb_service_vision_get_detections_from_camera_request req = {
        .name = sn_proxy_name(&vision->base),
        .camera_name = camera,
        .extra = sn_proxy_borrow(extra)};

    return sn_proxy_fill(call, &vision->base, "GetDetectionsFromCamera", &req, ret);
}

static int proxy_classifications(struct sn_call *call, struct sn_vision *vision,
                                 const struct sn_vision_image *image, int32_t n,
                                 const struct pb_google_struct *extra,
                                 struct pb_service_vision_get_classifications_response *ret)
{
    struct pb_service_vision_get_classifications_request req = {.name =
                                                                    sn_proxy_name(&vision->base),
                                                                .image = image->bytes,
                                                                .width = (int32_t)image->width,
                                                                .height = (int32_t)image->height,
                                                                .mime_type = image->mime_type,
                                                                .n = n,
                                                                .extra = sn_proxy_borrow(extra)};

    return sn_proxy_fill(call, &vision->base, "GetClassifications", &req, ret);
}

static int
proxy_classifications_from_camera(struct sn_call *call, struct sn_vision *vision,
                                  struct sn_str camera, int32_t n,
                                  const struct pb_google_struct *extra,
                                  struct pb_service_vision_get_classifications_response *ret)
{
    struct pb_service_vision_get_classifications_from_camera_request req = {
        .name = sn_proxy_name(&vision->base),
        .camera_name = camera,
        .n = n,
        .extra = sn_proxy_borrow(extra)};

    return sn_proxy_fill(call, &vision->base, "GetClassificationsFromCamera", &req, ret);
}

static int proxy_detections_3d(struct sn_call *call, struct sn_vision *vision, struct sn_str camera,
                               const struct pb_google_struct *extra,
                               struct pb_service_vision_get_detections3_d_response *ret)
{
    struct pb_service_vision_get_detections3_d_request req = {.name = sn_proxy_name(&vision->base),
                                                              .camera_name = camera,
                                                              .extra = sn_proxy_borrow(extra)};

    return sn_proxy_fill(call, &vision->base, "GetDetections3D", &req, ret);
}

static int proxy_objects(struct sn_call *call, struct sn_vision *vision, struct sn_str camera,
                         struct sn_str mime_type, const struct pb_google_struct *extra,
                         struct pb_service_vision_get_object_point_clouds_response *ret)
{
    struct pb_service_vision_get_object_point_clouds_request req = {
        .name = sn_proxy_name(&vision->base),
        .camera_name = camera,
        .mime_type = mime_type,
        .extra = sn_proxy_borrow(extra)};

    return sn_proxy_fill(call, &vision->base, "GetObjectPointClouds", &req, ret);
}

static int proxy_properties(struct sn_call *call, struct sn_vision *vision,
                            const struct pb_google_struct *extra,
                            struct pb_service_vision_get_properties_response *ret)
{
    struct pb_service_vision_get_properties_request req = {.name = sn_proxy_name(&vision->base),
                                                           .extra = sn_proxy_borrow(extra)};

    return sn_proxy_fill(call, &vision->base, "GetProperties", &req, ret);
}

static int proxy_capture_all(struct sn_call *call, struct sn_vision *vision, struct sn_str camera,
                             const struct sn_vision_wish *wish,
                             const struct pb_google_struct *extra,
                             struct pb_service_vision_capture_all_from_camera_response *ret)
{
    struct pb_service_vision_capture_all_from_camera_request req = {
        .name = sn_proxy_name(&vision->base),
        .camera_name = camera,
        .return_image = wish->image,
        .return_classifications = wish->classifications,
        .return_detections = wish->detections,
        .return_object_point_clouds = wish->objects,
        .return_detections_3d = wish->detections_3d,
        .extra = sn_proxy_borrow(extra)};

    return sn_proxy_fill(call, &vision->base, "CaptureAllFromCamera", &req, ret);
}

static const struct sn_vision_ops proxy_ops = {
    .common = SN_PROXY_COMMON,
    .detections = proxy_detections,
    .detections_from_camera = proxy_detections_from_camera,
    .classifications = proxy_classifications,
    .classifications_from_camera = proxy_classifications_from_camera,
    .detections_3d = proxy_detections_3d,
    .objects = proxy_objects,
    .properties = proxy_properties,
    .capture_all = proxy_capture_all,
};

static const struct sn_handler handlers[] = {
    {"GetDetectionsFromCamera", handle_get_detections_from_camera, 0, {0}, NULL},
    {"GetDetections", handle_get_detections, 0, {0}, NULL},
    {"GetClassificationsFromCamera", handle_get_classifications_from_camera, 0, {0}, NULL},
    {"GetClassifications", handle_get_classifications, 0, {0}, NULL},
    {"GetDetections3D", handle_get_detections_3d, 0, {0}, NULL},
    {"GetObjectPointClouds", handle_get_object_point_clouds, 0, {0}, NULL},
    {"GetProperties", handle_get_properties, 0, {0}, NULL},
    {"CaptureAllFromCamera", handle_capture_all_from_camera, 0, {0}, NULL},
    SN_COMMON_HANDLERS,
};

const struct sn_api sn_api_vision = {
    .name = SN_API_VISION,
    .service = {SN_API_VISION, &pb_service_vision_vision_service, handlers},
    .size = sizeof(struct sn_vision),
    .proxy_ops = &proxy_ops,
};
