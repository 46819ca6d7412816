/* SPDX-License-Identifier: Apache-2.0
 *
 * Camera that shows files: a picture in colour, one of distances, a point cloud. They are read at
 * every call, on the pool, so that whoever writes them is seen at once. A JPEG passes as it is.
 */
#include "driver/camera/lens.h"
#include "driver/camera/preloaded.h"
#include "driver/camera/project.h"
#include "media/cloud.h"
#include "media/image.h"
#include "platform/file.h"
#include "sinew/api/camera.h"

#include <inttypes.h>

enum { PIXELS_MEMORY_MAX = 256 << 20 };

struct files_attrs {
    struct sn_str color, depth, cloud, preloaded;
    struct sn_pinhole pinhole;
    struct sn_distortion distortion;
    bool has_pinhole;
};

struct files_camera {
    struct sn_camera base;
    const struct files_attrs *attrs;
    struct sn_arena arena; /* of the picture that needs no file */
    struct sn_str preloaded;
};

static struct files_camera *files_of(struct sn_camera *camera)
{
    return (struct files_camera *)camera;
}

/* ---- files, on the pool ---- */

static int read_file(struct sn_call *call, struct sn_str path, struct sn_arena *arena,
                     struct sn_str *ret_bytes)
{
    struct sn_error error;
    int code = sn_file_read(path.ptr, SN_CAMERA_BYTES_MAX, arena, ret_bytes, &error);

    return code ? sn_call_fail(call, SN_ERR_UNKNOWN, "%s", error.text) : 0;
}

static int decode(struct sn_call *call, struct sn_str bytes, struct sn_arena *arena,
                  struct sn_image *ret_image)
{
    struct sn_error error;

    return sn_image_decode(bytes, arena, ret_image, &error)
               ? sn_call_fail(call, SN_ERR_UNKNOWN, "%s", error.text)
               : 0;
}

static int read_image(struct sn_call *call, struct sn_str path, struct sn_arena *arena,
                      struct sn_str *ret_bytes, struct sn_image *ret_image)
{
    int code = read_file(call, path, arena, ret_bytes);

    return code ? code : decode(call, *ret_bytes, arena, ret_image);
}

static int read_depth(struct sn_call *call, struct sn_str path, struct sn_arena *arena,
                      struct sn_image *ret_image)
{
    struct sn_str bytes;
    int code = read_image(call, path, arena, &bytes, ret_image);

    if (!code && ret_image->kind != SN_IMAGE_DEPTH)
        code =
            sn_call_fail(call, SN_ERR_UNKNOWN, "don't know how to make DepthMap from %s",
                         sn_image_sniff(bytes) == SN_FORMAT_JPEG ? "*image.YCbCr" : "*image.NRGBA");
    return code;
}

/* ---- images ---- */

struct files_request {
    struct files_camera *files;
    void *ret;
    uint64_t captured_ns;
    bool color, depth, preloaded; /* wanted and there */
    struct sn_arena arena;        /* of pixels */
};

static int encode(struct sn_call *call, const struct sn_image *image, enum sn_image_format format,
                  struct sn_str *ret_bytes)
{
    struct sn_error error;
    int code = sn_image_encode(image, format, call->arena, ret_bytes, &error);

    return code ? sn_call_fail(call, SN_ERR_UNKNOWN, "%s", error.text) : 0;
}

/* Nobody here looks at a JPEG's pixels: only where they begin is looked for. */
static int pass_jpeg(struct sn_call *call, struct sn_str bytes, struct sn_str *ret_bytes)
{
    struct sn_image_header header;
    struct sn_error error;

    if (sn_image_header(bytes, &header, &error))
        return sn_call_fail(call, SN_ERR_UNKNOWN, "%s", error.text);
    *ret_bytes = sn_arena_copy(call->arena, bytes);
    return ret_bytes->ptr ? 0 : SN_ERR_RESOURCE_EXHAUSTED;
}

static int as_jpeg(struct sn_call *call, struct sn_str bytes, struct sn_arena *arena,
                   struct sn_str *ret_bytes)
{
    struct sn_image image;
    int code = decode(call, bytes, arena, &image);

    return code ? code : encode(call, &image, SN_FORMAT_JPEG, ret_bytes);
}

static int add_color(struct sn_call *call, struct files_request *request)
{
    struct sn_str bytes;
    int code = read_file(call, request->files->attrs->color, &request->arena, &bytes);

    if (!code)
        code = sn_image_sniff(bytes) == SN_FORMAT_JPEG
                   ? pass_jpeg(call, bytes, &bytes)
                   : as_jpeg(call, bytes, &request->arena, &bytes);
    return code ? code
                : sn_camera_add_image(call, request->ret, SN_STR("color"), SN_STR(SN_MIME_JPEG),
                                      bytes, request->captured_ns);
}

static int add_depth(struct sn_call *call, struct files_request *request)
{
    struct sn_str bytes;
    struct sn_image image;
    int code = read_depth(call, request->files->attrs->depth, &request->arena, &image);

    if (!code)
        code = encode(call, &image, SN_FORMAT_RAW_DEPTH, &bytes);
    return code ? code
                : sn_camera_add_image(call, request->ret, SN_STR("depth"),
                                      SN_STR(SN_MIME_RAW_DEPTH), bytes, request->captured_ns);
}

static int work_images(struct sn_call *call, void *arg)
{
    struct files_request *request = arg;
    int code = sn_camera_set_taken(call, request->ret, request->captured_ns);

    sn_camera_make_room(call);
    sn_arena_init(&request->arena, call->env->blocks, PIXELS_MEMORY_MAX);
    if (!code && request->preloaded)
        code = sn_camera_add_image(call, request->ret, SN_STR("preloaded"), SN_STR(SN_MIME_JPEG),
                                   request->files->preloaded, request->captured_ns);
    if (!code && request->color)
        code = add_color(call, request);
    if (!code && request->depth)
        code = add_depth(call, request);
    sn_arena_fini(&request->arena);
    return code;
}

static struct files_request *request_create(struct sn_call *call, struct sn_camera *camera,
                                            void *ret)
{
    struct files_request *request = sn_arena_zalloc(call->arena, sizeof(*request));

    if (!request)
        return NULL;
    request->files = files_of(camera);
    request->ret = ret;
    request->captured_ns = call->env->unix_ns();
    return request;
}

static bool is_wanted(const char *name, const struct sn_str *sources, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (sn_str_is(sources[i], name))
            return true;
    return count == 0;
}

static int files_images(struct sn_call *call, struct sn_camera *camera,
                        const struct sn_str *sources, size_t count,
                        const struct pb_google_struct *extra,
                        struct pb_camera_get_images_response *ret)
{
    const struct files_attrs *a = files_of(camera)->attrs;

    if (!a->color.len && !a->depth.len && !a->preloaded.len)
        return sn_call_fail(call, SN_ERR_UNKNOWN, "no image files to read, so not implemented");
    for (size_t i = 0; i < count; i++)
        if (!sn_str_is(sources[i], "color") && !sn_str_is(sources[i], "depth") &&
            !sn_str_is(sources[i], "preloaded"))
            return sn_call_fail(call, SN_ERR_UNKNOWN, "invalid source name: %.*s",
                                SN_STR_ARGS(sources[i]));
    struct files_request *request = request_create(call, camera, ret);
    if (!request)
        return SN_ERR_RESOURCE_EXHAUSTED;
    request->color = a->color.len && is_wanted("color", sources, count);
    request->depth = a->depth.len && is_wanted("depth", sources, count);
    request->preloaded = a->preloaded.len && is_wanted("preloaded", sources, count);
    return sn_call_block(call, work_images, request);
}

/* ---- point clouds ---- */

/* A cloud's file is read and written, so that what is sent is always one that can be read. */
static int copy_cloud(struct sn_call *call, struct files_request *request, struct sn_str *ret_file)
{
    struct sn_str path = request->files->attrs->cloud, file;
    struct sn_cloud cloud;
    struct sn_error error;

    if (path.len < 4 || memcmp(path.ptr + path.len - 4, ".pcd", 4) != 0)
        return sn_call_fail(call, SN_ERR_UNKNOWN, "do not know how to read file \"%.*s\"",
                            SN_STR_ARGS(path));
    int code = read_file(call, path, &request->arena, &file);
    if (code)
        return code;
    if (sn_cloud_read(&cloud, file, &request->arena, &error))
        return sn_call_fail(call, SN_ERR_UNKNOWN, "%s", error.text);
    return sn_cloud_write(&cloud, call->arena, ret_file);
}

static int project_files(struct sn_call *call, struct files_request *request,
                         struct sn_str *ret_file)
{
    const struct files_attrs *a = request->files->attrs;
    struct sn_image depth, color;
    struct sn_str bytes;

    if (!a->has_pinhole)
        return sn_call_fail(call, SN_ERR_UNKNOWN,
                            "camera intrinsics not found in config: camera intrinsic parameters "
                            "are not available");
    int code = read_depth(call, a->depth, &request->arena, &depth);
    if (code || !a->color.len)
        return code ? code : sn_project(&a->pinhole, &depth, NULL, call->arena, ret_file);
    code = read_image(call, a->color, &request->arena, &bytes, &color);
    if (code)
        return code;
    if (color.kind != SN_IMAGE_COLOR || color.width != depth.width || color.height != depth.height)
        return sn_call_fail(call, SN_ERR_UNKNOWN,
                            "depth map and color dimensions don't match: %u x %u and %u x %u",
                            depth.width, depth.height, color.width, color.height);
    return sn_project(&a->pinhole, &depth, &color, call->arena, ret_file);
}

static int work_cloud(struct sn_call *call, void *arg)
{
    struct files_request *request = arg;
    struct pb_camera_get_point_cloud_response *ret = request->ret;

    sn_camera_make_room(call);
    sn_arena_init(&request->arena, call->env->blocks, PIXELS_MEMORY_MAX);
    int code = request->files->attrs->cloud.len ? copy_cloud(call, request, &ret->point_cloud)
                                                : project_files(call, request, &ret->point_cloud);
    sn_arena_fini(&request->arena);
    ret->mime_type = SN_STR(SN_MIME_PCD);
    return code;
}

static int files_point_cloud(struct sn_call *call, struct sn_camera *camera,
                             struct sn_str mime_type, const struct pb_google_struct *extra,
                             struct pb_camera_get_point_cloud_response *ret)
{
    struct files_request *request = request_create(call, camera, ret);

    return request ? sn_call_block(call, work_cloud, request) : SN_ERR_RESOURCE_EXHAUSTED;
}

static int files_properties(struct sn_call *call, struct sn_camera *camera,
                            struct pb_camera_get_properties_response *ret)
{
    const struct files_attrs *a = files_of(camera)->attrs;

    ret->supports_pcd = true;
    return sn_lens_properties(call, a->has_pinhole ? &a->pinhole : NULL, &a->distortion, ret);
}

/* ---- its life ---- */

static int files_validate(const void *attrs, struct sn_error *error)
{
    const struct files_attrs *a = attrs;

    if (a->preloaded.len && !sn_preloaded_known(a->preloaded))
        return sn_error_set(error, SN_ERR_UNKNOWN,
                            "preloaded_image must be one of: pizza, dog, crowd. Got: %.*s",
                            SN_STR_ARGS(a->preloaded));
    if (a->pinhole.width_px < 0 || a->pinhole.height_px < 0)
        return sn_error_set(error, SN_ERR_UNKNOWN,
                            "got illegal negative dimensions for width_px and height_px (%" PRId64
                            ", %" PRId64 ") fields set in intrinsic_parameters for image_file "
                            "camera",
                            a->pinhole.height_px, a->pinhole.width_px);
    return 0;
}

static int files_open(struct sn_call *call, struct sn_resource *resource, const void *attrs)
{
    struct files_camera *files = (struct files_camera *)resource;

    files->attrs = attrs;
    sn_arena_init(&files->arena, call->env->blocks, 1 << 20);
    return files->attrs->preloaded.len
               ? sn_preloaded_draw(files->attrs->preloaded, &files->arena, &files->preloaded)
               : 0;
}

static void files_fini(struct sn_resource *resource)
{
    sn_arena_fini(&((struct files_camera *)resource)->arena);
}

#define AT(member) offsetof(struct files_attrs, member)

static const struct sn_attr files_attrs[] = {
    {"color_image_file_path", SN_ATTR_STRING, AT(color), .help = "JPEG, PNG, QOI or raw RGBA"},
    {"depth_image_file_path", SN_ATTR_STRING, AT(depth), .help = "16-bit PNG or raw depth, mm"},
    {"pointcloud_file_path", SN_ATTR_STRING, AT(cloud), .help = "PCD"},
    {"preloaded_image", SN_ATTR_STRING, AT(preloaded), .help = "pizza, dog or crowd"},
    {"intrinsic_parameters", SN_ATTR_OBJECT, AT(pinhole), .given = AT(has_pinhole),
     .help = "lens, for point clouds", .sub = sn_pinhole_attrs,
     .sub_size = sizeof(struct sn_pinhole)},
    {"distortion_parameters", SN_ATTR_OBJECT, AT(distortion), .help = "lens, brown_conrady",
     .sub = sn_distortion_attrs, .sub_size = sizeof(struct sn_distortion)},
    {0},
};

static const struct sn_camera_ops files_ops = {
    .common = {.geometries = sn_lens_no_geometries},
    .images = files_images,
    .point_cloud = files_point_cloud,
    .properties = files_properties,
};

const struct sn_driver sn_driver_camera_image_file = {
    .api = SN_API_CAMERA,
    .model = "rdk:builtin:image_file",
    .help = "shows files",
    .size = sizeof(struct files_camera),
    .attrs_size = sizeof(struct files_attrs),
    .attrs = files_attrs,
    .ops = &files_ops,
    .validate = files_validate,
    .open = files_open,
    .fini = files_fini,
};
