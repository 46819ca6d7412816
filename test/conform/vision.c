/* SPDX-License-Identifier: Apache-2.0
 *
 * What every vision service does. The subject must have a default camera that works.
 */
#include "sinew/api/vision.h"
#include "conform.h"
#include "pb/service/vision/v1/vision.h"

struct ask_vision {
    struct ask ask;
    struct sn_str camera;
    struct sn_vision_image image;
    struct sn_vision_wish wish;
    int32_t n;
    struct pb_service_vision_get_properties_response properties;
    struct pb_service_vision_get_detections_response detections;
    struct pb_service_vision_get_classifications_response classifications;
    struct pb_service_vision_get_object_point_clouds_response objects;
    struct pb_service_vision_capture_all_from_camera_response all;
};

/* 8 x 4 pixels, all black. */
static const char rgba[12 + 8 * 4 * 4] = "RGBA\0\0\0\x08\0\0\0\x04";
static const struct sn_vision_image black = {
    {rgba, sizeof(rgba)}, {"image/vnd.viam.rgba", 19}, 8, 4};

#define START(op, ...)                                                                          \
    static int start_##op(struct sn_call *call)                                                 \
    {                                                                                           \
        struct ask_vision *a = (struct ask_vision *)call;                                       \
                                                                                                \
        return sn_vision_##op(call, (struct sn_vision *)a->ask.subject->resource, __VA_ARGS__); \
    }

START(properties, NULL, &a->properties)
START(detections, &a->image, NULL, &a->detections)
START(detections_from_camera, a->camera, NULL, &a->detections)
START(classifications, &a->image, a->n, NULL, &a->classifications)
START(classifications_from_camera, a->camera, a->n, NULL, &a->classifications)
START(objects, a->camera, SN_STR("pointcloud/pcd"), NULL, &a->objects)
START(capture_all, a->camera, &a->wish, NULL, &a->all)

static struct pb_service_vision_get_properties_response properties_of(struct subject *subject)
{
    struct ask_vision a = {0};

    assert_int_equal(ask(&a.ask, subject, start_properties), 0);
    return a.properties;
}

static void check_box(const struct pb_service_vision_detection *box)
{
    assert_true(box->confidence >= 0 && box->confidence <= 1);
    assert_true(box->has_x_min && box->has_y_min && box->has_x_max && box->has_y_max);
    assert_true(box->x_min <= box->x_max && box->y_min <= box->y_max);
    assert_true(box->x_min_normalized >= 0 && box->x_max_normalized <= 1);
    assert_true(box->y_min_normalized >= 0 && box->y_max_normalized <= 1);
}

static void detects_what_it_says(void **state)
{
    struct ask_vision a = {.image = black};

    if (!properties_of(*state).detections_supported) {
        assert_int_equal(ask(&a.ask, *state, start_detections), SN_ERR_UNKNOWN);
        return;
    }
    assert_int_equal(ask(&a.ask, *state, start_detections), 0);
    assert_int_equal(ask(&a.ask, *state, start_detections_from_camera), 0);
    for (uint32_t i = 0; i < a.detections.detections.n; i++)
        check_box(&a.detections.detections.v[i]);
}

static void classifies_what_it_says(void **state)
{
    struct ask_vision a = {.image = black, .n = 1};

    if (!properties_of(*state).classifications_supported) {
        assert_int_equal(ask(&a.ask, *state, start_classifications), SN_ERR_UNKNOWN);
        return;
    }
    assert_int_equal(ask(&a.ask, *state, start_classifications), 0);
    assert_true(a.classifications.classifications.n <= 1);
    assert_int_equal(ask(&a.ask, *state, start_classifications_from_camera), 0);
    assert_true(a.classifications.classifications.n <= 1);
}

static void finds_objects_or_says_it_does_not(void **state)
{
    struct ask_vision a = {0};
    int code = ask(&a.ask, *state, start_objects);

    if (properties_of(*state).object_point_clouds_supported)
        assert_int_equal(code, 0);
    else
        assert_int_equal(code, SN_ERR_UNKNOWN);
}

static void captures_what_is_wished(void **state)
{
    struct ask_vision a = {.wish = {.image = true}};

    assert_int_equal(ask(&a.ask, *state, start_capture_all), 0);
    assert_non_null(a.all.image);
    assert_true(a.all.image->image.len > 0);
    assert_int_equal(a.all.detections.n, 0);
    assert_int_equal(a.all.classifications.n, 0);

    a = (struct ask_vision){.wish = {.classifications = true, .detections = true, .objects = true}};
    assert_int_equal(ask(&a.ask, *state, start_capture_all), 0);
    assert_non_null(a.all.image);
    assert_int_equal(a.all.image->image.len, 0);
    for (uint32_t i = 0; i < a.all.detections.n; i++)
        check_box(&a.all.detections.v[i]);
}

static void refuses_what_is_no_image(void **state)
{
    struct ask_vision a = {.image = {.mime_type = SN_STR("image/jpeg")}};
    struct subject *subject = *state;

    if (!properties_of(subject).detections_supported)
        return;
    assert_int_equal(ask(&a.ask, subject, start_detections), SN_ERR_UNKNOWN);
    assert_string_equal(subject->text,
                        "must provide image bytes to construct a named image from bytes");
    a.image.bytes = SN_STR("not an image");
    assert_int_equal(ask(&a.ask, subject, start_detections), SN_ERR_UNKNOWN);
    assert_string_equal(subject->text, "could not decode image config: image: unknown format");
    a.image = black;
    a.image.mime_type = SN_STR("image/png");
    assert_int_equal(ask(&a.ask, subject, start_detections), SN_ERR_UNKNOWN);
    assert_string_equal(subject->text, "mime_type does not match the image bytes: expected "
                                       "image/png, got vnd.viam.rgba");
}

static void refuses_unknown_cameras(void **state)
{
    static const char text[] = "could not find camera named no such camera: ";
    struct ask_vision a = {.camera = SN_STR("no such camera"), .wish = {.image = true}};
    struct subject *subject = *state;

    assert_int_equal(ask(&a.ask, subject, start_capture_all), SN_ERR_UNKNOWN);
    assert_memory_equal(subject->text, text, strlen(text));
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(detects_what_it_says),
    cmocka_unit_test(classifies_what_it_says),
    cmocka_unit_test(finds_objects_or_says_it_does_not),
    cmocka_unit_test(captures_what_is_wished),
    cmocka_unit_test(refuses_what_is_no_image),
    cmocka_unit_test(refuses_unknown_cameras),
    cmocka_unit_test(do_command_answers),
    cmocka_unit_test(status_answers),
};

const struct suite suite_vision = {SN_API_VISION, tests, sizeof(tests) / sizeof(tests[0])};
