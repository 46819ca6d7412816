/* SPDX-License-Identifier: Apache-2.0
 *
 * Camera that shows what another sees, changed step by step. One request is a run: the other
 * camera's picture, then by turns work on pixels (on the pool) and questions to vision services (on
 * the loop), each as a child of the call.
 */
#include "driver/camera/lens.h"
#include "driver/camera/pipeline.h"
#include "driver/camera/project.h"
#include "pb/service/vision/v1/vision.h"
#include "sinew/api/camera.h"
#include "sinew/api/vision.h"
#include "sinew/list.h"

#include <inttypes.h>
#include <stdio.h>

enum { STEPS_MAX = 64, PIXELS_MEMORY_MAX = 256 << 20, LINE = 12 };

struct transform_attrs {
    struct sn_str source;
    struct sn_attr_list pipeline; /* of struct sn_step_attrs */
    struct sn_pinhole pinhole;
    struct sn_distortion distortion;
    bool has_pinhole;
};

struct transform_camera {
    struct sn_camera base;
    const struct transform_attrs *attrs;
    struct sn_camera *source;
    struct sn_step steps[STEPS_MAX];
    size_t count;
};

/* One GetImages or GetPointCloud, in its call's arena. */
struct run {
    struct sn_call child; /* the part that is under way */
    struct sn_call *call;
    struct transform_camera *camera;
    struct pb_camera_get_images_response *ret, source;
    struct pb_camera_get_point_cloud_response *cloud; /* wanted instead of `ret`, or NULL */
    struct pb_camera_get_properties_response lens;    /* of the source, for that */
    struct sn_pinhole pinhole;
    uint64_t captured_ns;
    struct sn_arena arenas[2]; /* of pixels: the present picture's, and the next one's */
    struct sn_image image;
    bool decoded;
    size_t step;        /* the next */
    struct sn_str jpeg; /* for the vision service, or the answer */
    struct sn_vision *vision;
    struct pb_service_vision_get_detections_response detections;
    struct pb_service_vision_get_classifications_response classifications;
    struct sn_error error;
};

static struct transform_camera *transform_of(struct sn_camera *camera)
{
    return (struct transform_camera *)camera;
}

static bool asks_vision(const struct sn_step *step)
{
    return step->kind == SN_STEP_DETECTIONS || step->kind == SN_STEP_CLASSIFICATIONS;
}

/* ---- the end ---- */

static void run_end(struct run *run, int code, struct sn_str text)
{
    struct sn_call *call = run->call;

    sn_resource_unref((struct sn_resource *)run->vision);
    sn_arena_fini(&run->arenas[0]);
    sn_arena_fini(&run->arenas[1]);
    if (code)
        sn_call_fail(call, code, "%s%.*s",
                     run->cloud ? "function NextPointCloud not defined for last videosource in "
                                  "transform pipeline: "
                                : "videoSource: call to get Images failed: could not get images "
                                  "from camera: videoSource: call to get Images failed: ",
                     SN_STR_ARGS(text));
    sn_call_done(call, code);
}

/* Starts the next part. */
static void run_part(struct run *run, int (*start)(struct sn_call *call),
                     void (*end)(struct sn_call *call, int code))
{
    sn_call_init(&run->child, run->call->env, run->call->arena, run->call);
    run->child.start = start;
    run->child.end = end;
    sn_call_start(&run->child);
}

static bool part_failed(struct run *run, int code)
{
    if (code)
        run_end(run, code, sn_call_text(&run->child, code));
    return code != 0;
}

/* ---- pixels, on the pool ---- */

/* The other arena becomes the picture's. */
static int step_pixels(struct run *run, const struct sn_step *step)
{
    struct sn_image made;
    int code = sn_step_run(step, &run->image, &run->arenas[1], &made, &run->error);

    if (code)
        return code;
    if (made.rgba != run->image.rgba || made.depth != run->image.depth) {
        struct sn_arena old = run->arenas[0];

        run->arenas[0] = run->arenas[1];
        sn_arena_fini(&old);
        sn_arena_init(&run->arenas[1], run->call->env->blocks, PIXELS_MEMORY_MAX);
    }
    run->image = made;
    return 0;
}

static void draw_label(struct run *run, int64_t x, int64_t y, struct sn_str what, double confidence)
{
    char label[80];

    snprintf(label, sizeof(label), "%.*s: %.2f", SN_STR_ARGS(what), confidence);
    sn_image_draw_text(&run->image, x, y, sn_str_of(label));
}

static void show_detections(struct run *run, const struct sn_step *step)
{
    for (uint32_t i = 0; i < run->detections.detections.n; i++) {
        const struct pb_service_vision_detection *seen = &run->detections.detections.v[i];
        struct sn_rectangle frame = {seen->x_min, seen->y_min, seen->x_max, seen->y_max};

        if (!sn_step_shows(step, seen->class_name, seen->confidence))
            continue;
        sn_image_draw_frame(&run->image, frame);
        draw_label(run, frame.x_min, frame.y_min - LINE, seen->class_name, seen->confidence);
    }
}

static void show_classifications(struct run *run, const struct sn_step *step)
{
    uint32_t shown = 0;

    for (uint32_t i = 0; i < run->classifications.classifications.n; i++) {
        const struct pb_service_vision_classification *seen =
            &run->classifications.classifications.v[i];

        if (!sn_step_shows(step, seen->class_name, seen->confidence) ||
            (step->max && shown == step->max))
            continue;
        draw_label(run, 2, 2 + (int64_t)shown++ * LINE, seen->class_name, seen->confidence);
    }
}

/* Pictures of distances have nothing drawn on them. */
static void show(struct run *run)
{
    const struct sn_step *step = &run->camera->steps[run->step++];

    if (run->image.kind != SN_IMAGE_COLOR)
        return;
    if (step->kind == SN_STEP_DETECTIONS)
        show_detections(run, step);
    else
        show_classifications(run, step);
}

/* All of the source's pixels, unless the first step drops most of them. */
static int decode(struct run *run)
{
    const struct sn_step *first = &run->camera->steps[0];
    bool shrinks = first->kind == SN_STEP_RESIZE;

    return sn_image_decode_for(run->source.images.v[0].image, shrinks ? first->width : UINT32_MAX,
                               shrinks ? first->height : UINT32_MAX, &run->arenas[0], &run->image,
                               &run->error);
}

/* What the last step made. */
static int work_answer(struct run *run)
{
    bool is_last = run->step == run->camera->count;

    sn_camera_make_room(run->call);
    if (!is_last || !run->cloud)
        return sn_image_encode(&run->image, SN_FORMAT_JPEG, run->call->arena, &run->jpeg,
                               &run->error);
    if (run->image.kind != SN_IMAGE_DEPTH)
        return sn_error_set(&run->error, SN_ERR_UNKNOWN,
                            "cannot project to a point cloud: don't know how to make DepthMap from "
                            "*image.NRGBA");
    return sn_project(&run->pinhole, &run->image, NULL, run->call->arena, &run->cloud->point_cloud)
               ? sn_error_set(&run->error, SN_ERR_RESOURCE_EXHAUSTED,
                              "a point cloud may have %d bytes", SN_CAMERA_BYTES_MAX)
               : 0;
}

static int work_pixels(struct run *run)
{
    const struct transform_camera *camera = run->camera;
    int code = 0;

    if (!run->decoded)
        code = decode(run);
    else
        show(run);
    run->decoded = true;
    while (!code && run->step < camera->count && !asks_vision(&camera->steps[run->step]))
        code = step_pixels(run, &camera->steps[run->step++]);
    return code ? code : work_answer(run);
}

static int pixels_work(struct sn_call *child, void *arg)
{
    struct run *run = arg;

    return work_pixels(run) ? sn_call_fail(child, SN_ERR_UNKNOWN, "%s", run->error.text) : 0;
}

static int pixels_start(struct sn_call *child)
{
    return sn_call_block(child, pixels_work, child);
}

/* ---- vision, on the loop ---- */

static void pixels_end(struct sn_call *child, int code);

static void vision_end(struct sn_call *child, int code)
{
    struct run *run = (struct run *)child;

    run->vision = (struct sn_vision *)sn_resource_unref((struct sn_resource *)run->vision);
    if (!part_failed(run, code))
        run_part(run, pixels_start, pixels_end);
}

static int find_vision(struct sn_call *child, struct run *run, const struct sn_step *step)
{
    struct sn_resource *found;
    int code = sn_find(child, &run->camera->base.base, SN_API_VISION, step->service, &found);

    if (!code)
        run->vision = (struct sn_vision *)found;
    return sn_call_prefix(child, code, "%s cant find vision service: ",
                          step->kind == SN_STEP_DETECTIONS ? "source_detector"
                                                           : "source_classifier");
}

static int vision_start(struct sn_call *child)
{
    struct run *run = (struct run *)child;
    const struct sn_step *step = &run->camera->steps[run->step];
    struct sn_vision_image image = {.bytes = run->jpeg,
                                    .mime_type = SN_STR(SN_MIME_JPEG),
                                    .width = run->image.width,
                                    .height = run->image.height};
    int code = find_vision(child, run, step);

    if (code)
        return code;
    run->detections = (struct pb_service_vision_get_detections_response){0};
    run->classifications = (struct pb_service_vision_get_classifications_response){0};
    if (step->kind == SN_STEP_DETECTIONS)
        return sn_vision_detections(child, run->vision, &image, NULL, &run->detections);
    return sn_vision_classifications(child, run->vision, &image, (int32_t)step->max, NULL,
                                     &run->classifications);
}

static void pixels_end(struct sn_call *child, int code)
{
    struct run *run = (struct run *)child;

    if (part_failed(run, code))
        return;
    if (run->step < run->camera->count) {
        run_part(run, vision_start, vision_end);
        return;
    }
    if (run->cloud)
        run->cloud->mime_type = SN_STR(SN_MIME_PCD);
    else
        code = sn_camera_add_image(run->call, run->ret, SN_STR_NULL, SN_STR(SN_MIME_JPEG),
                                   run->jpeg, run->captured_ns);
    run_end(run, code, SN_STR("out of memory"));
}

/* ---- the source ---- */

static void source_end(struct sn_call *child, int code)
{
    struct run *run = (struct run *)child;

    if (part_failed(run, code))
        return;
    if (run->source.images.n == 0)
        run_end(run, SN_ERR_UNKNOWN, SN_STR("the source camera has no image"));
    else
        run_part(run, pixels_start, pixels_end);
}

static int source_start(struct sn_call *child)
{
    struct run *run = (struct run *)child;

    return sn_camera_images(child, run->camera->source, NULL, 0, NULL, &run->source);
}

static struct run *run_create(struct sn_call *call, struct sn_camera *camera)
{
    struct run *run = sn_arena_zalloc(call->arena, sizeof(*run));

    if (!run)
        return NULL;
    run->call = call;
    run->camera = transform_of(camera);
    run->captured_ns = call->env->unix_ns();
    sn_arena_init(&run->arenas[0], call->env->blocks, PIXELS_MEMORY_MAX);
    sn_arena_init(&run->arenas[1], call->env->blocks, PIXELS_MEMORY_MAX);
    return run;
}

static int transform_images(struct sn_call *call, struct sn_camera *camera,
                            const struct sn_str *sources, size_t count,
                            const struct pb_google_struct *extra,
                            struct pb_camera_get_images_response *ret)
{
    struct run *run = run_create(call, camera);

    if (!run)
        return SN_ERR_RESOURCE_EXHAUSTED;
    run->ret = ret;
    run_part(run, source_start, source_end);
    return SN_PENDING;
}

/* ---- point clouds ---- */

static void cloud_end(struct sn_call *child, int code)
{
    run_end((struct run *)child, code, sn_call_text(child, code));
}

/* Where nothing is changed it is the source's own. */
static int cloud_start(struct sn_call *child)
{
    struct run *run = (struct run *)child;

    return sn_camera_point_cloud(child, run->camera->source, SN_STR(SN_MIME_PCD), NULL, run->cloud);
}

/* The source's lens; that of a picture whose size was changed isn't known. */
static bool take_lens(struct run *run)
{
    const struct pb_camera_intrinsic_parameters *lens = run->lens.intrinsic_parameters;

    for (size_t i = 0; i < run->camera->count; i++)
        if (run->camera->steps[i].kind == SN_STEP_RESIZE ||
            run->camera->steps[i].kind == SN_STEP_CROP)
            return false;
    if (lens)
        run->pinhole = (struct sn_pinhole){.fx = lens->focal_x_px,
                                           .fy = lens->focal_y_px,
                                           .ppx = lens->center_x_px,
                                           .ppy = lens->center_y_px};
    return lens != NULL;
}

static void lens_end(struct sn_call *child, int code)
{
    struct run *run = (struct run *)child;

    if (part_failed(run, code))
        return;
    if (take_lens(run))
        run_part(run, source_start, source_end);
    else
        run_end(run, SN_ERR_UNKNOWN,
                SN_STR("cannot do a projection to a point cloud: camera intrinsic parameters are "
                       "not available"));
}

static int lens_start(struct sn_call *child)
{
    struct run *run = (struct run *)child;

    return sn_camera_properties(child, run->camera->source, &run->lens);
}

static int transform_point_cloud(struct sn_call *call, struct sn_camera *camera,
                                 struct sn_str mime_type, const struct pb_google_struct *extra,
                                 struct pb_camera_get_point_cloud_response *ret)
{
    struct run *run = run_create(call, camera);

    if (!run)
        return SN_ERR_RESOURCE_EXHAUSTED;
    run->cloud = ret;
    if (run->camera->count)
        run_part(run, lens_start, lens_end);
    else
        run_part(run, cloud_start, cloud_end);
    return SN_PENDING;
}

/* ---- the rest ---- */

static int transform_properties(struct sn_call *call, struct sn_camera *camera,
                                struct pb_camera_get_properties_response *ret)
{
    const struct transform_attrs *a = transform_of(camera)->attrs;

    ret->supports_pcd = true;
    return sn_lens_properties(call, a->has_pinhole ? &a->pinhole : NULL, &a->distortion, ret);
}

static int transform_validate(const void *attrs, struct sn_error *error)
{
    const struct sn_pinhole *pinhole = &((const struct transform_attrs *)attrs)->pinhole;

    if (pinhole->width_px >= 0 && pinhole->height_px >= 0)
        return 0;
    return sn_error_set(error, SN_ERR_UNKNOWN,
                        "got illegal negative dimensions for width_px and height_px (%" PRId64
                        ", %" PRId64 ") fields set in intrinsic_parameters for transform camera",
                        pinhole->width_px, pinhole->height_px);
}

static int transform_open(struct sn_call *call, struct sn_resource *resource, const void *attrs)
{
    struct transform_camera *camera = (struct transform_camera *)resource;
    const struct transform_attrs *a = attrs;
    const struct sn_step_attrs *steps = a->pipeline.v;
    struct sn_resource *source;
    struct sn_error error;

    camera->attrs = a;
    if (a->pipeline.count == 0)
        return sn_call_fail(call, SN_ERR_UNKNOWN, "pipeline has no transforms in it");
    if (a->pipeline.count > STEPS_MAX)
        return sn_call_fail(call, SN_ERR_UNKNOWN, "pipeline has %zu transforms; allowed: %d",
                            a->pipeline.count, STEPS_MAX);
    /* One without a type changes nothing, as upstream. */
    for (size_t i = 0; i < a->pipeline.count; i++)
        if (steps[i].type.len && sn_step_parse(&steps[i], &camera->steps[camera->count++], &error))
            return sn_call_fail(call, SN_ERR_UNKNOWN, "%s", error.text);
    int code = sn_dependency(call, resource, SN_API_CAMERA, a->source, &source);
    camera->source = (struct sn_camera *)source;
    return code;
}

#define AT(member) offsetof(struct transform_attrs, member)

static const struct sn_attr transform_attrs[] = {
    {"source", SN_ATTR_STRING, AT(source), .help = "camera to look through", .required = true,
     .dependency = true},
    {"pipeline", SN_ATTR_OBJECTS, AT(pipeline), .help = "the changes, in order",
     .sub = sn_step_attrs, .sub_size = sizeof(struct sn_step_attrs)},
    {"intrinsic_parameters", SN_ATTR_OBJECT, AT(pinhole), .given = AT(has_pinhole),
     .help = "lens, told on", .sub = sn_pinhole_attrs, .sub_size = sizeof(struct sn_pinhole)},
    {"distortion_parameters", SN_ATTR_OBJECT, AT(distortion), .help = "lens, told on",
     .sub = sn_distortion_attrs, .sub_size = sizeof(struct sn_distortion)},
    {0},
};

static const struct sn_camera_ops transform_ops = {
    .common = {.geometries = sn_lens_no_geometries},
    .images = transform_images,
    .point_cloud = transform_point_cloud,
    .properties = transform_properties,
};

const struct sn_driver sn_driver_camera_transform = {
    .api = SN_API_CAMERA,
    .model = "rdk:builtin:transform",
    .help = "another camera's picture, changed step by step",
    .size = sizeof(struct transform_camera),
    .attrs_size = sizeof(struct transform_attrs),
    .attrs = transform_attrs,
    .ops = &transform_ops,
    .validate = transform_validate,
    .open = transform_open,
};
