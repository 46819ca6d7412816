/* SPDX-License-Identifier: Apache-2.0
 *
 * What every SLAM service does.
 */
#include "sinew/api/slam.h"
#include "conform.h"
#include "media/pcd.h"
#include "pb/common/v1/common.h"
#include "pb/service/slam/v1/slam.h"

#include <math.h>
#include <stdlib.h>

struct ask_slam {
    struct ask ask;
    bool edited;
    int refusal; /* what the sink answers a chunk with */
    int chunks;
    struct sn_slam_sink sink;
    struct sn_str file; /* the chunks together */
    struct pb_service_slam_get_position_response position;
    struct pb_service_slam_get_properties_response properties;
};

static struct ask_slam *ask_of(struct sn_call *call)
{
    return (struct ask_slam *)call;
}

static struct sn_slam *slam_of(const struct ask_slam *a)
{
    return (struct sn_slam *)a->ask.subject->resource;
}

static int take_chunk(struct sn_call *call, const struct sn_slam_sink *sink, struct sn_str bytes)
{
    struct ask_slam *a = ask_of(call);
    char *whole = realloc((char *)(uintptr_t)a->file.ptr, a->file.len + bytes.len + 1);

    assert_non_null(whole);
    memcpy(whole + a->file.len, bytes.ptr, bytes.len);
    a->file = (struct sn_str){whole, a->file.len + bytes.len};
    a->chunks++;
    return a->refusal ? sn_call_fail(call, a->refusal, "no more") : 0;
}

static int start_position(struct sn_call *call)
{
    return sn_slam_position(call, slam_of(ask_of(call)), &ask_of(call)->position);
}

static int start_properties(struct sn_call *call)
{
    return sn_slam_properties(call, slam_of(ask_of(call)), &ask_of(call)->properties);
}

static int start_map(struct sn_call *call)
{
    struct ask_slam *a = ask_of(call);

    a->sink.chunk = take_chunk;
    return sn_slam_point_cloud_map(call, slam_of(a), a->edited, &a->sink);
}

static int start_state(struct sn_call *call)
{
    struct ask_slam *a = ask_of(call);

    a->sink.chunk = take_chunk;
    return sn_slam_internal_state(call, slam_of(a), &a->sink);
}

static void is_somewhere(void **state)
{
    struct ask_slam a = {0};

    for (int i = 0; i < 50; i++) {
        assert_int_equal(ask(&a.ask, *state, start_position), 0);
        assert_non_null(a.position.pose);
        assert_true(isfinite(a.position.pose->x) && isfinite(a.position.pose->y));
        assert_true(isfinite(a.position.pose->theta));
    }
}

static void its_map_is_a_point_cloud(void **state)
{
    struct subject *subject = *state;

    for (int edited = 0; edited <= 1; edited++) {
        struct ask_slam a = {.edited = edited};
        struct sn_pcd_reader reader;
        struct sn_point point;
        struct sn_error error;

        assert_int_equal(ask(&a.ask, subject, start_map), 0);
        assert_int_equal(sn_pcd_open(&reader, a.file, &subject->arena, &error), 0);
        assert_true(reader.count > 0);
        for (size_t i = 0; i < reader.count; i++)
            assert_int_equal(sn_pcd_next(&reader, &point, &error), 0);
        free((char *)(uintptr_t)a.file.ptr);
    }
}

static void its_state_is_a_file(void **state)
{
    struct ask_slam a = {0};

    assert_int_equal(ask(&a.ask, *state, start_state), 0);
    assert_true(a.file.len > 0);
    free((char *)(uintptr_t)a.file.ptr);
}

static void who_hears_can_end_the_stream(void **state)
{
    struct ask_slam a = {.refusal = SN_ERR_RESOURCE_EXHAUSTED};

    assert_int_equal(ask(&a.ask, *state, start_state), SN_ERR_RESOURCE_EXHAUSTED);
    assert_int_equal(a.chunks, 1);
    free((char *)(uintptr_t)a.file.ptr);
}

static void says_how_it_works(void **state)
{
    struct ask_slam a = {0};

    assert_int_equal(ask(&a.ask, *state, start_properties), 0);
    assert_int_not_equal(a.properties.mapping_mode, PB_SERVICE_SLAM_MAPPING_MODE_UNSPECIFIED);
    for (uint32_t i = 0; i < a.properties.sensor_info.n; i++)
        assert_true(a.properties.sensor_info.v[i].name.len > 0);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(is_somewhere),        cmocka_unit_test(its_map_is_a_point_cloud),
    cmocka_unit_test(its_state_is_a_file), cmocka_unit_test(who_hears_can_end_the_stream),
    cmocka_unit_test(says_how_it_works),   cmocka_unit_test(do_command_answers),
    cmocka_unit_test(status_answers),
};

const struct suite suite_slam = {SN_API_SLAM, tests, sizeof(tests) / sizeof(tests[0])};
