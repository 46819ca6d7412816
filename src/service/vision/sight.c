/* SPDX-License-Identifier: Apache-2.0
 *
 * Vision models that are functions of an image.
 *
 * A question that begins with a camera goes step by step: picture, detections, classifications.
 * Each step is a child of the call and uses its arena, since they follow one another.
 */
#include "service/vision/sight.h"
#include "pb/component/camera/v1/camera.h"
#include "sinew/api/camera.h"

#include <stdlib.h>

static struct sn_sight *sight_of(struct sn_vision *vision)
{
    return (struct sn_sight *)vision;
}

int sn_sight_add_detection(struct sn_call *call,
                           struct pb_service_vision_get_detections_response *ret,
                           const struct sn_vision_image *image, struct sn_sight_box box,
                           double confidence, struct sn_str label)
{
    struct pb_service_vision_detection *to = sn_pb_add(&ret->detections, call->arena);

    if (!to)
        return SN_ERR_RESOURCE_EXHAUSTED;
    to->x_min = box.x_min;
    to->y_min = box.y_min;
    to->x_max = box.x_max;
    to->y_max = box.y_max;
    to->has_x_min = to->has_y_min = to->has_x_max = to->has_y_max = true;
    if (image->width > 0 && image->height > 0) {
        to->x_min_normalized = (double)box.x_min / (double)image->width;
        to->y_min_normalized = (double)box.y_min / (double)image->height;
        to->x_max_normalized = (double)box.x_max / (double)image->width;
        to->y_max_normalized = (double)box.y_max / (double)image->height;
        to->has_x_min_normalized = to->has_y_min_normalized = true;
        to->has_x_max_normalized = to->has_y_max_normalized = true;
    }
    to->confidence = confidence;
    to->class_name = label;
    return 0;
}

int sn_sight_add_classification(struct sn_call *call,
                                struct pb_service_vision_get_classifications_response *ret,
                                double confidence, struct sn_str label)
{
    struct pb_service_vision_classification *to = sn_pb_add(&ret->classifications, call->arena);

    if (!to)
        return SN_ERR_RESOURCE_EXHAUSTED;
    to->confidence = confidence;
    to->class_name = label;
    return 0;
}

/* ---- what the model can do ---- */

static int lacks(struct sn_call *call, const struct sn_sight *sight, const char *what)
{
    return sn_call_fail(call, SN_ERR_UNKNOWN, "vision model \"%s/%s\" does not implement a %s",
                        sight->base.base.api, sight->base.base.name, what);
}

static int more_confident_first(const void *a, const void *b)
{
    double x = ((const struct pb_service_vision_classification *)a)->confidence;
    double y = ((const struct pb_service_vision_classification *)b)->confidence;

    return (x < y) - (x > y);
}

static void keep_best(struct pb_service_vision_get_classifications_response *found, int32_t n)
{
    if (n <= 0 || !found->classifications.n)
        return;
    qsort(found->classifications.v, found->classifications.n, sizeof(*found->classifications.v),
          more_confident_first);
    if (found->classifications.n > (uint32_t)n)
        found->classifications.n = (uint32_t)n;
}

/* ---- steps ---- */

enum { LOOK, DETECT, CLASSIFY, STEPS };

struct sight_question {
    struct sn_call step_call; /* first; of the step under way */
    struct sn_call *call;
    struct sn_sight *sight;
    struct sn_camera *camera; /* a reference, or NULL: the image was given */
    struct sn_str camera_name;
    struct sn_vision_image image;
    struct pb_camera_get_images_response images;
    const struct pb_google_struct *extra;
    int32_t n; /* classifications wanted */
    bool wanted[STEPS];
    int step;
    /* Where the results go. */
    struct pb_service_vision_get_detections_response *detections;
    struct pb_service_vision_get_classifications_response *classifications;
    struct sight_capture *capture; /* or NULL */
};

struct sight_capture {
    struct pb_service_vision_get_detections_response detections;
    struct pb_service_vision_get_classifications_response classifications;
    struct pb_service_vision_capture_all_from_camera_response *to;
    bool with_image;
};

static void advance(struct sight_question *q);

static int begin_step(struct sn_call *call)
{
    struct sight_question *q = (struct sight_question *)call;

    switch (q->step) {
    case LOOK:
        return sn_camera_images(call, q->camera, NULL, 0, q->extra, &q->images);
    case DETECT:
        return q->sight->see->detect(call, q->sight, &q->image, q->detections);
    default:
        return q->sight->see->classify(call, q->sight, &q->image, q->classifications);
    }
}

/* The first image is the one that is looked at. */
static int take_image(struct sight_question *q)
{
    if (!q->images.images.n)
        return sn_call_fail(q->call, SN_ERR_UNKNOWN,
                            "could not get image from %.*s: no images returned from camera",
                            SN_STR_ARGS(q->camera_name));
    const struct pb_camera_image *image = &q->images.images.v[0];

    q->image = (struct sn_vision_image){.bytes = image->image, .mime_type = image->mime_type};
    return sn_vision_check_image(q->call, &q->image);
}

/* The image's bytes may be the camera's, which isn't held any longer than this. */
static int answer_capture(const struct sight_question *q)
{
    struct sight_capture *capture = q->capture;
    struct pb_camera_image *image = sn_arena_zalloc(q->call->arena, sizeof(*image));

    capture->to->extra = sn_arena_zalloc(q->call->arena, sizeof(*capture->to->extra));
    if (!image || !capture->to->extra)
        return SN_ERR_RESOURCE_EXHAUSTED;
    if (capture->with_image) {
        *image = q->images.images.v[0];
        image->source_name = q->camera_name;
        sn_camera_make_room(q->call);
        image->image = sn_arena_copy(q->call->arena, image->image);
        if (!image->image.ptr)
            return SN_ERR_RESOURCE_EXHAUSTED;
    }
    capture->to->image = image;
    memcpy(&capture->to->detections, &capture->detections.detections,
           sizeof(capture->to->detections));
    memcpy(&capture->to->classifications, &capture->classifications.classifications,
           sizeof(capture->to->classifications));
    return 0;
}

static void finish(struct sight_question *q, int code)
{
    struct sn_camera *camera = q->camera;

    if (!code && q->classifications)
        keep_best(q->classifications, q->n);
    if (!code && q->capture)
        code = answer_capture(q);
    sn_call_done(q->call, code);
    if (camera)
        sn_resource_unref(&camera->base);
}

static void step_ended(struct sn_call *call, int code)
{
    struct sight_question *q = (struct sight_question *)call;

    if (code) {
        struct sn_str text = sn_call_text(call, code);

        if (q->step == LOOK)
            sn_call_fail(q->call, code, "could not get image from %.*s: %.*s",
                         SN_STR_ARGS(q->camera_name), SN_STR_ARGS(text));
        else
            sn_call_fail(q->call, code, "%.*s", SN_STR_ARGS(text));
    } else if (q->step == LOOK) {
        code = take_image(q);
    }
    if (code) {
        finish(q, code);
        return;
    }
    q->step++;
    advance(q);
}

/* Begins the next step that is wanted. */
static void advance(struct sight_question *q)
{
    while (q->step < STEPS && !q->wanted[q->step])
        q->step++;
    if (q->step == STEPS) {
        finish(q, 0);
        return;
    }
    sn_call_init(&q->step_call, q->call->env, q->call->arena, q->call);
    q->step_call.start = begin_step;
    q->step_call.end = step_ended;
    sn_call_start(&q->step_call);
}

static int ask(struct sn_call *call, struct sn_sight *sight, struct sight_question **ret_question)
{
    struct sight_question *q = sn_arena_zalloc(call->arena, sizeof(*q));

    if (!q)
        return SN_ERR_RESOURCE_EXHAUSTED;
    q->call = call;
    q->sight = sight;
    *ret_question = q;
    return 0;
}

/* Begins with a picture of the camera. */
static int ask_camera(struct sn_call *call, struct sn_sight *sight, struct sn_str name,
                      const struct pb_google_struct *extra, struct sight_question **ret_question)
{
    struct sn_str asked = name.len ? name : sight->default_camera;
    struct sn_resource *camera = NULL;
    struct sight_question *q;

    if (!asked.len)
        return sn_call_fail(call, SN_ERR_UNKNOWN,
                            "no camera name provided and no default camera found");
    int code = ask(call, sight, &q);
    if (code)
        return code;
    sn_call_init(&q->step_call, call->env, call->arena, NULL); /* for the text */
    code = sn_find(&q->step_call, &sight->base.base, SN_API_CAMERA, asked, &camera);
    if (code)
        return sn_call_fail(call, SN_ERR_UNKNOWN, "could not find camera named %.*s: %.*s",
                            SN_STR_ARGS(asked), SN_STR_ARGS(sn_call_text(&q->step_call, code)));
    q->camera = (struct sn_camera *)camera;
    q->camera_name = asked;
    q->extra = extra;
    q->wanted[LOOK] = true;
    *ret_question = q;
    return 0;
}

/* ---- operations ---- */

static int sight_detections(struct sn_call *call, struct sn_vision *vision,
                            const struct sn_vision_image *image,
                            const struct pb_google_struct *extra,
                            struct pb_service_vision_get_detections_response *ret)
{
    struct sn_sight *sight = sight_of(vision);

    return sight->see->detect ? sight->see->detect(call, sight, image, ret)
                              : lacks(call, sight, "Detector");
}

static int sight_detections_from_camera(struct sn_call *call, struct sn_vision *vision,
                                        struct sn_str camera, const struct pb_google_struct *extra,
                                        struct pb_service_vision_get_detections_response *ret)
{
    struct sn_sight *sight = sight_of(vision);
    struct sight_question *q;

    if (!sight->see->detect)
        return lacks(call, sight, "Detector");
    int code = ask_camera(call, sight, camera, extra, &q);
    if (code)
        return code;
    q->wanted[DETECT] = true;
    q->detections = ret;
    advance(q);
    return SN_PENDING;
}

static int classify(struct sight_question *q, int32_t n,
                    struct pb_service_vision_get_classifications_response *ret)
{
    q->wanted[CLASSIFY] = true;
    q->n = n;
    q->classifications = ret;
    advance(q);
    return SN_PENDING;
}

static int sight_classifications(struct sn_call *call, struct sn_vision *vision,
                                 const struct sn_vision_image *image, int32_t n,
                                 const struct pb_google_struct *extra,
                                 struct pb_service_vision_get_classifications_response *ret)
{
    struct sn_sight *sight = sight_of(vision);
    struct sight_question *q;

    if (!sight->see->classify)
        return lacks(call, sight, "Classifier");
    int code = ask(call, sight, &q);
    if (code)
        return code;
    q->image = *image;
    return classify(q, n, ret);
}

static int
sight_classifications_from_camera(struct sn_call *call, struct sn_vision *vision,
                                  struct sn_str camera, int32_t n,
                                  const struct pb_google_struct *extra,
                                  struct pb_service_vision_get_classifications_response *ret)
{
    struct sn_sight *sight = sight_of(vision);
    struct sight_question *q;

    if (!sight->see->classify)
        return lacks(call, sight, "Classifier");
    int code = ask_camera(call, sight, camera, extra, &q);
    return code ? code : classify(q, n, ret);
}

/* No function of a flat image knows of space. */
static int sight_objects(struct sn_call *call, struct sn_vision *vision, struct sn_str camera,
                         struct sn_str mime_type, const struct pb_google_struct *extra,
                         struct pb_service_vision_get_object_point_clouds_response *ret)
{
    return lacks(call, sight_of(vision), "3D segmenter");
}

static int sight_properties(struct sn_call *call, struct sn_vision *vision,
                            const struct pb_google_struct *extra,
                            struct pb_service_vision_get_properties_response *ret)
{
    const struct sn_sight *sight = sight_of(vision);

    ret->classifications_supported = sight->see->classify;
    ret->detections_supported = sight->see->detect;
    ret->has_default_camera = sight->tells_default && sight->default_camera.len;
    if (ret->has_default_camera)
        ret->default_camera = sight->default_camera;
    return 0;
}

static int sight_capture_all(struct sn_call *call, struct sn_vision *vision, struct sn_str camera,
                             const struct sn_vision_wish *wish,
                             const struct pb_google_struct *extra,
                             struct pb_service_vision_capture_all_from_camera_response *ret)
{
    struct sn_sight *sight = sight_of(vision);
    struct sight_capture *capture = sn_arena_zalloc(call->arena, sizeof(*capture));
    struct sight_question *q;

    if (!capture)
        return SN_ERR_RESOURCE_EXHAUSTED;
    int code = ask_camera(call, sight, camera, extra, &q);
    if (code)
        return code;
    capture->to = ret;
    capture->with_image = wish->image;
    q->capture = capture;
    q->detections = &capture->detections;
    q->classifications = &capture->classifications;
    q->wanted[DETECT] = wish->detections && sight->see->detect;
    q->wanted[CLASSIFY] = wish->classifications && sight->see->classify;
    q->camera_name = camera; /* as it was asked for: empty stays empty */
    advance(q);
    return SN_PENDING;
}

const struct sn_vision_ops sn_sight_ops = {
    .detections = sight_detections,
    .detections_from_camera = sight_detections_from_camera,
    .classifications = sight_classifications,
    .classifications_from_camera = sight_classifications_from_camera,
    .objects = sight_objects,
    .properties = sight_properties,
    .capture_all = sight_capture_all,
};
