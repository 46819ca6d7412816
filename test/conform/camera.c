/* SPDX-License-Identifier: Apache-2.0
 *
 * What every camera does. The subject must have an image to give at any time.
 */
#include "sinew/api/camera.h"
#include "conform.h"
#include "pb/common/v1/common.h"
#include "pb/component/camera/v1/camera.h"
#include "sinew/time.h"

#include <stdlib.h>

struct ask_camera {
    struct ask ask;
    const struct sn_str *sources;
    size_t source_count;
    struct pb_camera_get_images_response images;
    struct pb_camera_get_point_cloud_response cloud;
    struct pb_camera_get_properties_response properties;
    struct pb_common_get_geometries_response geometries;
};

static struct sn_camera *camera_of(struct sn_call *call)
{
    return (struct sn_camera *)((struct ask *)call)->subject->resource;
}

#define ASK ((struct ask_camera *)call)

static int start_images(struct sn_call *call)
{
    return sn_camera_images(call, camera_of(call), ASK->sources, ASK->source_count, NULL,
                            &ASK->images);
}

static int start_point_cloud(struct sn_call *call)
{
    return sn_camera_point_cloud(call, camera_of(call), SN_STR(SN_MIME_PCD), NULL, &ASK->cloud);
}

static int start_properties(struct sn_call *call)
{
    return sn_camera_properties(call, camera_of(call), &ASK->properties);
}

static int start_geometries(struct sn_call *call)
{
    return sn_geometries(call, ASK->ask.subject->resource, NULL, &ASK->geometries);
}

/* ---- images ---- */

static void expect_image(const struct pb_camera_image *image)
{
    const uint8_t *bytes = (const uint8_t *)image->image.ptr;
    size_t len = image->image.len;

    assert_true(image->mime_type.len > 0);
    assert_true(len > 4);
    if (!sn_str_is(image->mime_type, SN_MIME_JPEG))
        return;
    assert_true(bytes[0] == 0xff && bytes[1] == 0xd8);
    assert_true(bytes[len - 2] == 0xff && bytes[len - 1] == 0xd9);
}

static void expect_images(const struct pb_camera_get_images_response *images, uint64_t now_ns)
{
    assert_true(images->images.n > 0);
    for (uint32_t i = 0; i < images->images.n; i++)
        expect_image(&images->images.v[i]);
    assert_non_null(images->response_metadata);
    int64_t captured_ns = sn_pb_timestamp_ns(images->response_metadata->captured_at);
    int64_t age_ns = (int64_t)now_ns - captured_ns;
    assert_true(age_ns > -(int64_t)SN_SECONDS(60) && age_ns < (int64_t)SN_SECONDS(60));
}

static void images_are_whole_and_fresh(void **state)
{
    struct subject *subject = *state;

    for (int i = 0; i < 3; i++) {
        struct ask_camera a = {0};

        assert_int_equal(ask(&a.ask, subject, start_images), 0);
        expect_images(&a.images, subject->env->unix_ns());
    }
}

/* Each has an arena of its own: a driver may work on several at the same time. */
static void many_ask_at_once(void **state)
{
    struct subject *subject = *state;
    struct ask_camera all[32] = {0};
    struct sn_arena arenas[32];

    for (size_t i = 0; i < 32; i++) {
        sn_arena_init(&arenas[i], subject->env->blocks, 1 << 20);
        ask_init(&all[i].ask, subject, start_images);
        all[i].ask.call.arena = &arenas[i];
        ask_start(&all[i].ask);
    }
    for (size_t i = 0; i < 32; i++) {
        assert_int_equal(ask_await(&all[i].ask), 0);
        expect_images(&all[i].images, subject->env->unix_ns());
        sn_arena_fini(&arenas[i]);
    }
}

static void a_source_named_twice_is_refused(void **state)
{
    struct subject *subject = *state;
    const struct sn_str sources[] = {SN_STR("a"), SN_STR("b"), SN_STR("b"), SN_STR("a")};
    struct ask_camera a = {.sources = sources, .source_count = 4};

    assert_int_equal(ask(&a.ask, subject, start_images), SN_ERR_UNKNOWN);
    assert_string_equal(subject->text, "duplicate source name in filter: b");
}

static void a_filter_has_a_limit(void **state)
{
    struct subject *subject = *state;
    size_t count = SN_CAMERA_SOURCES_MAX + 1;
    struct sn_str *sources = sn_arena_zalloc(&subject->arena, count * sizeof(*sources));
    struct ask_camera a = {.sources = sources, .source_count = count};

    assert_int_equal(ask(&a.ask, subject, start_images), SN_ERR_INVALID_ARGUMENT);
}

/* ---- point clouds ---- */

/* A number behind `key` at a line's beginning. */
static size_t header_number(struct sn_str pcd, const char *key)
{
    const char *line = memmem(pcd.ptr, pcd.len, key, strlen(key));

    assert_non_null(line);
    return strtoull(line + strlen(key), NULL, 10);
}

static void expect_pcd(const struct pb_camera_get_point_cloud_response *cloud)
{
    struct sn_str pcd = cloud->point_cloud;
    static const char begin[] = "DATA binary\n";

    assert_true(sn_str_is(cloud->mime_type, SN_MIME_PCD));
    assert_non_null(memmem(pcd.ptr, pcd.len, "VERSION .7\n", 11));
    const char *data = memmem(pcd.ptr, pcd.len, begin, sizeof(begin) - 1);
    if (!data)
        return;
    size_t point_size = memmem(pcd.ptr, (size_t)(data - pcd.ptr), "rgb", 3) ? 16 : 12;
    size_t points = header_number(pcd, "\nPOINTS ");
    assert_int_equal(points, header_number(pcd, "\nWIDTH ") * header_number(pcd, "\nHEIGHT "));
    assert_int_equal(pcd.ptr + pcd.len - (data + sizeof(begin) - 1), points * point_size);
}

static bool supports_pcd(struct subject *subject)
{
    struct ask_camera a = {0};

    assert_int_equal(ask(&a.ask, subject, start_properties), 0);
    return a.properties.supports_pcd;
}

/* Some of upstream's models claim to support them and lack what it takes: those say what. */
static void point_clouds_are_whole_or_refused_with_a_reason(void **state)
{
    struct ask_camera a = {0};
    bool supported = supports_pcd(*state);
    int code = ask(&a.ask, *state, start_point_cloud);

    if (code == 0) {
        assert_true(supported);
        expect_pcd(&a.cloud);
    } else if (supported) {
        assert_int_equal(code, SN_ERR_UNKNOWN);
        assert_non_null(strstr(a.ask.subject->text, "intrinsic"));
    }
}

/* One that is not wanted any more ends soon, and the camera goes on. */
static void a_point_cloud_can_be_cancelled(void **state)
{
    struct ask_camera a = {0};

    ask_init(&a.ask, *state, start_point_cloud);
    ask_start(&a.ask);
    if (!a.ask.ended)
        sn_call_cancel(&a.ask.call, SN_ERR_CANCELLED);
    ask_await(&a.ask);
    images_are_whole_and_fresh(state);
}

/* ---- the rest ---- */

static void properties_make_sense(void **state)
{
    struct ask_camera a = {0};

    assert_int_equal(ask(&a.ask, *state, start_properties), 0);
    const struct pb_camera_intrinsic_parameters *lens = a.properties.intrinsic_parameters;
    if (lens) {
        assert_true(lens->width_px > 0 && lens->height_px > 0);
        assert_true(lens->focal_x_px > 0 && lens->focal_y_px > 0);
    }
    if (a.properties.distortion_parameters)
        assert_true(a.properties.distortion_parameters->model.len > 0);
}

static void geometries_have_a_shape_and_a_place(void **state)
{
    struct ask_camera a = {0};

    int code = ask(&a.ask, *state, start_geometries);
    if (code) { /* of models that only show what others see */
        assert_int_equal(code, SN_ERR_UNKNOWN);
        assert_non_null(strstr(a.ask.subject->text, "geometries unavailable"));
        return;
    }
    for (uint32_t i = 0; i < a.geometries.geometries.n; i++) {
        assert_true(a.geometries.geometries.v[i].which_geometry_type != 0);
        assert_non_null(a.geometries.geometries.v[i].center);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(many_ask_at_once),
    cmocka_unit_test(images_are_whole_and_fresh),
    cmocka_unit_test(a_source_named_twice_is_refused),
    cmocka_unit_test(a_filter_has_a_limit),
    cmocka_unit_test(point_clouds_are_whole_or_refused_with_a_reason),
    cmocka_unit_test(a_point_cloud_can_be_cancelled),
    cmocka_unit_test(properties_make_sense),
    cmocka_unit_test(geometries_have_a_shape_and_a_place),
    cmocka_unit_test(do_command_answers),
    cmocka_unit_test(status_answers),
};

const struct suite suite_camera = {SN_API_CAMERA, tests, sizeof(tests) / sizeof(tests[0])};
