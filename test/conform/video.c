/* SPDX-License-Identifier: Apache-2.0
 *
 * What every video service does.
 */
#include "sinew/api/video.h"
#include "conform.h"
#include "pb/service/video/v1/video.h"

struct ask_video {
    struct ask ask;
    struct sn_video_sink sink;
    struct pb_service_video_get_video_request request;
    int refusal; /* what the sink answers a piece with */
    int pieces;
};

static struct ask_video *video_of(struct sn_call *call)
{
    return (struct ask_video *)call;
}

static int on_piece(struct sn_call *call, const struct sn_video_sink *sink,
                    const struct pb_service_video_get_video_response *piece)
{
    struct ask_video *a = video_of(call);

    a->pieces++;
    assert_false(a->ask.ended);
    assert_true(piece->video_data.len > 0);
    assert_true(sn_str_eq(piece->request_id, a->request.request_id));
    return a->refusal ? sn_call_fail(call, a->refusal, "no more") : 0;
}

static int start_video(struct sn_call *call)
{
    struct ask_video *a = video_of(call);

    a->sink.piece = on_piece;
    return sn_video_video(call, (struct sn_video *)a->ask.subject->resource, &a->request, &a->sink);
}

static void pieces_come_and_end(void **state)
{
    struct ask_video a = {.request = {.request_id = SN_STR("7"), .video_container = SN_STR("mp4")}};

    assert_int_equal(ask(&a.ask, *state, start_video), 0);
    assert_true(a.pieces > 0);
}

static void streams_do_not_disturb_each_other(void **state)
{
    struct ask_video a = {.request = {.request_id = SN_STR("a")}};
    struct ask_video b = {.request = {.request_id = SN_STR("b")}};

    ask_init(&a.ask, *state, start_video);
    ask_init(&b.ask, *state, start_video);
    ask_start(&a.ask);
    ask_start(&b.ask);
    assert_int_equal(ask_await(&a.ask), 0);
    assert_int_equal(ask_await(&b.ask), 0);
    assert_int_equal(a.pieces, b.pieces);
}

static void a_stream_can_be_cancelled(void **state)
{
    struct ask_video a = {0};

    ask_init(&a.ask, *state, start_video);
    ask_start(&a.ask);
    sn_call_cancel(&a.ask.call, SN_ERR_CANCELLED);
    assert_int_equal(ask_await(&a.ask), SN_ERR_CANCELLED);
    int before = a.pieces;
    subject_run(*state, SN_MS(100));
    assert_int_equal(a.pieces, before);
}

static void who_hears_can_end_the_stream(void **state)
{
    struct ask_video a = {.refusal = SN_ERR_RESOURCE_EXHAUSTED};

    assert_int_equal(ask(&a.ask, *state, start_video), SN_ERR_RESOURCE_EXHAUSTED);
    assert_int_equal(a.pieces, 1);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(pieces_come_and_end),
    cmocka_unit_test(streams_do_not_disturb_each_other),
    cmocka_unit_test(a_stream_can_be_cancelled),
    cmocka_unit_test(who_hears_can_end_the_stream),
    cmocka_unit_test(do_command_answers),
    cmocka_unit_test(status_answers),
};

const struct suite suite_video = {SN_API_VIDEO, tests, sizeof(tests) / sizeof(tests[0])};
