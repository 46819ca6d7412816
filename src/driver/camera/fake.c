/* SPDX-License-Identifier: Apache-2.0
 *
 * Camera without hardware. It does as the reference's fake does: a gradient from yellow at the top
 * left to blue, still or moving to the right; a point for each of its pixels, whose height is the
 * amount of blue; source filters ignored.
 *
 * Each picture is drawn and encoded anew, as a real camera's would be, so that the fake costs what
 * pictures cost. That is the pool's work, all else the loop's.
 */
#include "driver/camera/lens.h"
#include "media/jpeg.h"
#include "media/pcd.h"
#include "pb/common/v1/common.h"
#include "pb/component/camera/v1/camera.h"
#include "sinew/api/camera.h"
#include "sinew/driver.h"
#include "sinew/timers.h"

#include <math.h>

enum {
    SIDE_MAX = 10000,
    DEFAULT_WIDTH = 1280,
    DEFAULT_HEIGHT = 720,
    LEVELS = 256,
};

static const uint64_t shift_ns = SN_MS(20); /* an animated picture moves a pixel in that time */

struct fake_attrs {
    int64_t width, height;
    bool animated, rtp_passthrough, model;
};

struct fake_camera {
    struct sn_camera base;
    uint32_t width, height;
    bool animated, has_model;
};

static struct fake_camera *fake_of(struct sn_camera *camera)
{
    return (struct fake_camera *)camera;
}

/* ---- the gradient ---- */

/* Colours change where the distance from the top left does; all is told from its square, which is
 * exact. */
static uint32_t fake_square(uint32_t x, uint32_t y)
{
    return x * x + y * y;
}

static double fake_diagonal(const struct fake_camera *fake)
{
    return sqrt(fake_square(fake->width, fake->height));
}

/* 0..255 */
static double fake_blue(double diagonal, uint32_t square)
{
    return sqrt(square) / diagonal * 255;
}

static uint32_t fake_rgb(double blue)
{
    uint32_t yellow = (uint8_t)(255 - blue);

    return yellow << 16 | yellow << 8 | (uint8_t)blue;
}

/* Where a colour begins. */
struct fake_step {
    uint32_t square, rgb;
};

struct fake_drawing {
    struct sn_rows rows;
    struct sn_call *call;
    uint32_t shift;                         /* pixels to the right, less than the width */
    struct fake_step steps[2 * LEVELS + 1]; /* ascending; the last is never reached */
};

/* A root for each step instead of one for each pixel. Blue changes at every whole number, yellow
 * there or just behind it. */
static void fake_find_steps(struct fake_drawing *drawing, const struct fake_camera *fake)
{
    struct fake_step *step = drawing->steps;
    double diagonal = fake_diagonal(fake);
    uint32_t next = 0;

    for (int level = 0; level < LEVELS; level++) {
        double at = level * diagonal / 255;
        uint32_t square = (uint32_t)(at * at), last = square + 2;

        for (next = square > next + 1 ? square - 1 : next; next <= last; next++) {
            uint32_t rgb = fake_rgb(fake_blue(diagonal, next));

            if (step == drawing->steps || rgb != step[-1].rgb)
                *step++ = (struct fake_step){next, rgb};
        }
    }
    step->square = UINT32_MAX;
}

/* Pixels of row y from the first column on. */
static void fake_pixels(const struct fake_drawing *drawing, uint32_t y, uint8_t *rgb,
                        uint32_t first, uint32_t count)
{
    const struct fake_step *step = drawing->steps;

    for (uint32_t x = first, end = first + count; x < end;) {
        while (step[1].square <= fake_square(x, y))
            step++;
        uint32_t until = step[1].square, color = step->rgb; /* apart from what `rgb` may alias */

        for (; x < end && fake_square(x, y) < until; x++) {
            *rgb++ = (uint8_t)(color >> 16);
            *rgb++ = (uint8_t)(color >> 8);
            *rgb++ = (uint8_t)color;
        }
    }
}

static int fake_row(const struct sn_rows *rows, uint32_t y, uint8_t *rgb)
{
    const struct fake_drawing *drawing = (const struct fake_drawing *)rows;
    uint32_t shift = drawing->shift;

    fake_pixels(drawing, y, rgb, rows->width - shift, shift);
    fake_pixels(drawing, y, rgb + 3 * (size_t)shift, 0, rows->width - shift);
    return sn_call_cancelled(drawing->call);
}

/* ---- operations ---- */

struct fake_request {
    struct fake_camera *fake;
    void *ret; /* the response */
    uint64_t captured_ns;
    uint32_t shift;
};

static uint32_t fake_shift(const struct sn_call *call, const struct fake_camera *fake)
{
    return (uint32_t)(call->env->timers->now_ns / shift_ns % fake->width);
}

/* Starts `work` on the pool. */
static int fake_block(struct sn_call *call, struct sn_camera *camera, void *ret,
                      int (*work)(struct sn_call *call, void *arg))
{
    struct fake_request *request = sn_arena_alloc(call->arena, sizeof(*request));
    struct fake_camera *fake = fake_of(camera);

    if (!request)
        return SN_ERR_RESOURCE_EXHAUSTED;
    *request = (struct fake_request){.fake = fake,
                                     .ret = ret,
                                     .captured_ns = call->env->unix_ns(),
                                     .shift = fake->animated ? fake_shift(call, fake) : 0};
    return sn_call_block(call, work, request);
}

/* Pool. */
static int fake_draw(struct sn_call *call, void *arg)
{
    const struct fake_request *request = arg;
    const struct fake_camera *fake = request->fake;
    struct fake_drawing drawing = {
        .rows = {.width = fake->width, .height = fake->height, .row = fake_row},
        .call = call,
        .shift = request->shift};
    struct sn_str jpeg;

    sn_camera_make_room(call);
    fake_find_steps(&drawing, fake);
    int code = sn_jpeg_encode(&drawing.rows, SN_JPEG_QUALITY, call->arena, &jpeg);
    return code ? code
                : sn_camera_add_image(call, request->ret, SN_STR_NULL, SN_STR(SN_MIME_JPEG), jpeg,
                                      request->captured_ns);
}

static int fake_images(struct sn_call *call, struct sn_camera *camera, const struct sn_str *sources,
                       size_t count, const struct pb_google_struct *extra,
                       struct pb_camera_get_images_response *ret)
{
    return fake_block(call, camera, ret, fake_draw);
}

static void fake_put_column(struct sn_pcd_writer *writer, const struct fake_camera *fake,
                            double diagonal, uint32_t x)
{
    for (uint32_t y = 0; y < fake->height; y++) {
        double blue = fake_blue(diagonal, fake_square(x, y));

        sn_pcd_put(writer, (struct sn_point){x, y, blue, fake_rgb(blue)});
    }
}

/* Pool. */
static int fake_measure(struct sn_call *call, void *arg)
{
    const struct fake_request *request = arg;
    const struct fake_camera *fake = request->fake;
    struct pb_camera_get_point_cloud_response *ret = request->ret;
    size_t count = (size_t)fake->width * fake->height;
    double diagonal = fake_diagonal(fake);
    struct sn_pcd_writer writer;

    sn_camera_make_room(call);
    if (sn_pcd_begin(&writer, count, true, call->arena))
        return sn_call_fail(call, SN_ERR_RESOURCE_EXHAUSTED,
                            "a point cloud of %zu points is larger than %d bytes", count,
                            SN_CAMERA_BYTES_MAX);
    for (uint32_t x = 0; x < fake->width; x++) {
        if (sn_call_cancelled(call))
            return sn_call_cancelled(call);
        fake_put_column(&writer, fake, diagonal, x);
    }
    ret->mime_type = SN_STR(SN_MIME_PCD);
    ret->point_cloud = sn_pcd_end(&writer);
    return 0;
}

static int fake_point_cloud(struct sn_call *call, struct sn_camera *camera, struct sn_str mime_type,
                            const struct pb_google_struct *extra,
                            struct pb_camera_get_point_cloud_response *ret)
{
    return fake_block(call, camera, ret, fake_measure);
}

/* What is answered for "model": the lens of some camera that was once measured. */
static int fake_properties(struct sn_call *call, struct sn_camera *camera,
                           struct pb_camera_get_properties_response *ret)
{
    static const struct sn_distortion measured = {.rk1 = 0.11297234,
                                                  .rk2 = -0.21375332,
                                                  .rk3 = -0.01584774,
                                                  .tp1 = -0.00302002,
                                                  .tp2 = 0.19969297};
    const struct fake_camera *fake = fake_of(camera);
    struct sn_pinhole pinhole = {.width_px = fake->width,
                                 .height_px = fake->height,
                                 .fx = 821.32642889,
                                 .fy = 821.68607359,
                                 .ppx = 494.95941428,
                                 .ppy = 370.70529534};

    ret->supports_pcd = true;
    return fake->has_model ? sn_lens_properties(call, &pinhole, &measured, ret) : 0;
}

static int fake_geometries(struct sn_call *call, struct sn_resource *resource,
                           const struct pb_google_struct *extra,
                           struct pb_common_get_geometries_response *ret)
{
    static struct pb_common_vector3 size_mm = {40, 40, 10};
    static struct pb_common_rectangular_prism box = {&size_mm};
    static struct pb_common_pose center = {.o_z = 1};
    struct pb_common_geometry *geometry = sn_pb_add(&ret->geometries, call->arena);

    if (!geometry)
        return SN_ERR_RESOURCE_EXHAUSTED;
    *geometry =
        (struct pb_common_geometry){.center = &center,
                                    .which_geometry_type = PB_COMMON_GEOMETRY_GEOMETRY_TYPE_BOX,
                                    .box = &box,
                                    .label = SN_STR("box")};
    return 0;
}

/* ---- its life ---- */

static int fake_validate(const void *attrs, struct sn_error *error)
{
    const struct fake_attrs *a = attrs;

    if (a->height > SIDE_MAX || a->width > SIDE_MAX)
        return sn_error_set(error, SN_ERR_UNKNOWN,
                            "maximum supported pixel height or width for fake cameras is %d pixels",
                            SIDE_MAX);
    if (a->height < 0 || a->width < 0)
        return sn_error_set(error, SN_ERR_UNKNOWN,
                            "cannot use negative pixel height and width for fake cameras");
    if (a->height % 2)
        return sn_error_set(error, SN_ERR_UNKNOWN,
                            "odd-number resolutions cannot be rendered, cannot use a height of %d",
                            (int)a->height);
    if (a->width % 2)
        return sn_error_set(error, SN_ERR_UNKNOWN,
                            "odd-number resolutions cannot be rendered, cannot use a width of %d",
                            (int)a->width);
    return 0;
}

static int fake_open(struct sn_call *call, struct sn_resource *resource, const void *attrs)
{
    struct fake_camera *fake = (struct fake_camera *)resource;
    const struct fake_attrs *a = attrs;

    fake->width = a->width ? (uint32_t)a->width : DEFAULT_WIDTH;
    fake->height = a->height ? (uint32_t)a->height : DEFAULT_HEIGHT;
    fake->animated = a->animated;
    fake->has_model = a->model;
    return 0;
}

#define AT(member) offsetof(struct fake_attrs, member)

static const struct sn_attr fake_attrs[] = {
    {"width", SN_ATTR_INT, AT(width), .help = "pixels, even, at most 10000; 1280 if 0"},
    {"height", SN_ATTR_INT, AT(height), .help = "pixels, even, at most 10000; 720 if 0"},
    {"animated", SN_ATTR_BOOL, AT(animated), .help = "the picture moves, 50 pixels a second"},
    {"rtp_passthrough", SN_ATTR_BOOL, AT(rtp_passthrough), .help = "video stream, unused"},
    {"model", SN_ATTR_BOOL, AT(model), .help = "answer lens parameters with the properties"},
    {0},
};

static const struct sn_camera_ops fake_ops = {
    .common = {.geometries = fake_geometries},
    .images = fake_images,
    .point_cloud = fake_point_cloud,
    .properties = fake_properties,
};

const struct sn_driver sn_driver_camera_fake = {
    .api = SN_API_CAMERA,
    .model = "rdk:builtin:fake",
    .help = "a gradient from yellow to blue, with a point for each pixel",
    .size = sizeof(struct fake_camera),
    .attrs_size = sizeof(struct fake_attrs),
    .attrs = fake_attrs,
    .ops = &fake_ops,
    .validate = fake_validate,
    .open = fake_open,
};
