/* SPDX-License-Identifier: Apache-2.0
 *
 * Camera API: wrappers, server glue, proxy.
 */
#include "sinew/api/camera.h"
#include "api/api.h"
#include "pb/component/camera/v1/camera.h"
#include "sinew/time.h"

static const struct sn_camera_ops *ops_of(const struct sn_camera *camera)
{
    return camera->base.ops;
}

/* Few names, so comparing all with all is fine. */
static int check_sources(struct sn_call *call, const struct sn_str *sources, size_t count)
{
    if (count > SN_CAMERA_SOURCES_MAX)
        return sn_call_fail(call, SN_ERR_INVALID_ARGUMENT,
                            "filter has %zu source names; at most %d are allowed", count,
                            SN_CAMERA_SOURCES_MAX);
    for (size_t i = 1; i < count; i++)
        for (size_t k = 0; k < i; k++)
            if (sn_str_eq(sources[i], sources[k]))
                return sn_call_fail(call, SN_ERR_UNKNOWN, "duplicate source name in filter: %.*s",
                                    SN_STR_ARGS(sources[i]));
    return 0;
}

int sn_camera_images(struct sn_call *call, struct sn_camera *camera, const struct sn_str *sources,
                     size_t count, const struct pb_google_struct *extra,
                     struct pb_camera_get_images_response *ret)
{
    int code = sn_resource_enter(&camera->base, call, SN_READ);

    if (!code)
        code = check_sources(call, sources, count);
    return code ? code : ops_of(camera)->images(call, camera, sources, count, extra, ret);
}

int sn_camera_point_cloud(struct sn_call *call, struct sn_camera *camera, struct sn_str mime_type,
                          const struct pb_google_struct *extra,
                          struct pb_camera_get_point_cloud_response *ret)
{
    int code = sn_resource_enter(&camera->base, call, SN_READ);

    return code ? code : ops_of(camera)->point_cloud(call, camera, mime_type, extra, ret);
}

int sn_camera_properties(struct sn_call *call, struct sn_camera *camera,
                         struct pb_camera_get_properties_response *ret)
{
    int code = sn_resource_enter(&camera->base, call, SN_READ);

    return code ? code : ops_of(camera)->properties(call, camera, ret);
}

void sn_camera_make_room(struct sn_call *call)
{
    call->arena->left += SN_CAMERA_BYTES_MAX + SN_BLOCK_SIZE;
}

int sn_camera_set_taken(struct sn_call *call, struct pb_camera_get_images_response *ret,
                        uint64_t unix_ns)
{
    struct {
        struct pb_common_response_metadata metadata;
        struct pb_google_timestamp at;
    } *made = sn_arena_zalloc(call->arena, sizeof(*made));

    if (!made)
        return SN_ERR_RESOURCE_EXHAUSTED;
    made->at = sn_pb_timestamp_of((int64_t)unix_ns);
    made->metadata.captured_at = &made->at;
    ret->response_metadata = &made->metadata;
    return 0;
}

int sn_camera_add_image(struct sn_call *call, struct pb_camera_get_images_response *ret,
                        struct sn_str source, struct sn_str mime_type, struct sn_str bytes,
                        uint64_t unix_ns)
{
    struct pb_camera_image *image = sn_pb_add(&ret->images, call->arena);

    if (!image)
        return SN_ERR_RESOURCE_EXHAUSTED;
    image->source_name = source;
    image->mime_type = mime_type;
    image->image = bytes;
    return sn_camera_set_taken(call, ret, unix_ns);
}

/* ---- server ---- */

static int handle_get_images(struct sn_rpc *rpc, void *self, const void *request, void *response)
{
    const struct pb_camera_get_images_request *req = request;
    int code = check_sources(&rpc->call, req->filter_source_names.v, req->filter_source_names.n);

    if (code)
        return code;
    rpc->complaint = "camera server GetImages could not call Images on the camera: ";
    return sn_camera_images(&rpc->call, self, req->filter_source_names.v,
                            req->filter_source_names.n, req->extra, response);
}

static int handle_get_point_cloud(struct sn_rpc *rpc, void *self, const void *request,
                                  void *response)
{
    const struct pb_camera_get_point_cloud_request *req = request;

    return sn_camera_point_cloud(&rpc->call, self, req->mime_type, req->extra, response);
}

static int handle_get_properties(struct sn_rpc *rpc, void *self, const void *request,
                                 void *response)
{
    return sn_camera_properties(&rpc->call, self, response);
}

/* ---- proxy ---- */

static int images_reply(struct sn_call *call, const void *response, void *arg)
{
    *(struct pb_camera_get_images_response *)arg =
        *(const struct pb_camera_get_images_response *)response;
    return 0;
}

static int proxy_images(struct sn_call *call, struct sn_camera *camera,
                        const struct sn_str *sources, size_t count,
                        const struct pb_google_struct *extra,
                        struct pb_camera_get_images_response *ret)
{
    struct pb_camera_get_images_request req = {
        .name = sn_proxy_name(&camera->base),
        .filter_source_names = {SN_PROXY_BORROW(struct sn_str, sources), (uint32_t)count,
                                (uint32_t)count},
        .extra = sn_proxy_borrow(extra)};

    return sn_proxy_call(call, &camera->base, "GetImages", &req, images_reply, ret);
}

static int point_cloud_reply(struct sn_call *call, const void *response, void *arg)
{
    *(struct pb_camera_get_point_cloud_response *)arg =
        *(const struct pb_camera_get_point_cloud_response *)response;
    return 0;
}

static int proxy_point_cloud(struct sn_call *call, struct sn_camera *camera,
                             struct sn_str mime_type, const struct pb_google_struct *extra,
                             struct pb_camera_get_point_cloud_response *ret)
{
    struct pb_camera_get_point_cloud_request req = {.name = sn_proxy_name(&camera->base),
                                                    .mime_type = mime_type,
                                                    .extra = sn_proxy_borrow(extra)};

    return sn_proxy_call(call, &camera->base, "GetPointCloud", &req, point_cloud_reply, ret);
}

static int properties_reply(struct sn_call *call, const void *response, void *arg)
{
    *(struct pb_camera_get_properties_response *)arg =
        *(const struct pb_camera_get_properties_response *)response;
    return 0;
}

static int proxy_properties(struct sn_call *call, struct sn_camera *camera,
                            struct pb_camera_get_properties_response *ret)
{
    struct pb_camera_get_properties_request req = {.name = sn_proxy_name(&camera->base)};

    return sn_proxy_call(call, &camera->base, "GetProperties", &req, properties_reply, ret);
}

static const struct sn_camera_ops proxy_ops = {
    .common = SN_PROXY_COMMON_GEOMETRIES,
    .images = proxy_images,
    .point_cloud = proxy_point_cloud,
    .properties = proxy_properties,
};

static const struct sn_handler handlers[] = {
    {"GetImages",
     handle_get_images,
     0,
     {0},
     "camera server GetImages had an error getting the camera component: "},
    {"GetPointCloud", handle_get_point_cloud, 0, {0}, NULL},
    {"GetProperties", handle_get_properties, 0, {0}, NULL},
    SN_GEOMETRIES_HANDLER,
    SN_COMMON_HANDLERS,
};

const struct sn_api sn_api_camera = {
    .name = SN_API_CAMERA,
    .service = {SN_API_CAMERA, &pb_camera_camera_service, handlers},
    .size = sizeof(struct sn_camera),
    .proxy_ops = &proxy_ops,
    .geometries = true,
};
