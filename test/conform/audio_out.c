/* SPDX-License-Identifier: Apache-2.0
 *
 * What every speaker does.
 */
#include "sinew/api/audio_out.h"
#include "conform.h"
#include "pb/common/v1/common.h"
#include "pb/component/audioout/v1/audioout.h"

struct ask_audio {
    struct ask ask;
    struct sn_str data;
    struct pb_common_audio_info *info;
    struct sn_duplex duplex;
    struct pb_common_get_properties_response properties;
};

#define ASK ((struct ask_audio *)call)

static struct pb_common_audio_info pcm = {{"pcm16", 5}, 8000, 1};
static const char silence[1600]; /* 100 ms of it */

static struct sn_audio_out *out_of(struct sn_call *call)
{
    return (struct sn_audio_out *)ASK->ask.subject->resource;
}

static int start_play(struct sn_call *call)
{
    return sn_audio_out_play(call, out_of(call), ASK->data, ASK->info, NULL);
}

static int start_play_stream(struct sn_call *call)
{
    ASK->duplex.call = call;
    return sn_audio_out_play_stream(call, out_of(call), ASK->info, NULL, &ASK->duplex);
}

static int start_properties(struct sn_call *call)
{
    return sn_audio_out_properties(call, out_of(call), NULL, &ASK->properties);
}

static void properties_are_there(void **state)
{
    struct ask_audio a = {0};

    assert_int_equal(ask(&a.ask, *state, start_properties), 0);
    assert_true(a.properties.supported_codecs.n > 0);
    assert_true(a.properties.sample_rate_hz > 0);
    assert_true(a.properties.num_channels > 0);
}

static void plays(void **state)
{
    struct ask_audio a = {.data = {silence, sizeof(silence)}, .info = &pcm};

    assert_int_equal(ask(&a.ask, *state, start_play), 0);
}

static void refuses_what_it_cannot_play(void **state)
{
    struct pb_common_audio_info strange = {SN_STR("kazoo"), 8000, 1}, rateless = {pcm.codec, 0, 0};
    struct ask_audio nothing = {.info = &pcm};
    struct ask_audio unknown = {.data = {silence, sizeof(silence)}, .info = &strange};
    struct ask_audio bad = {.data = {silence, sizeof(silence)}, .info = &rateless};
    struct ask_audio none = {.data = {silence, sizeof(silence)}};

    assert_int_equal(ask(&nothing.ask, *state, start_play), SN_ERR_UNKNOWN);
    assert_int_equal(ask(&unknown.ask, *state, start_play), SN_ERR_UNKNOWN);
    assert_int_equal(ask(&bad.ask, *state, start_play), SN_ERR_UNKNOWN);
    assert_int_equal(ask(&none.ask, *state, start_play), SN_ERR_UNKNOWN);
    assert_int_equal(ask(&bad.ask, *state, start_play_stream), SN_ERR_UNKNOWN);
    assert_int_equal(ask(&none.ask, *state, start_play_stream), SN_ERR_UNKNOWN);
}

static void send_chunk(struct ask_audio *a)
{
    struct pb_audioout_play_stream_chunk chunk = {{silence, sizeof(silence)}};
    struct pb_audioout_play_stream_request request = {
        .which_payload = PB_AUDIOOUT_PLAY_STREAM_REQUEST_PAYLOAD_AUDIO_CHUNK,
        .audio_chunk = &chunk};

    assert_int_equal(sn_duplex_request(&a->duplex, &request), 0);
}

static void plays_a_stream(void **state)
{
    struct ask_audio a = {.info = &pcm};

    ask_init(&a.ask, *state, start_play_stream);
    ask_start(&a.ask);
    assert_false(a.ask.ended);
    send_chunk(&a);
    subject_run(*state, SN_MS(20));
    send_chunk(&a);
    assert_int_equal(sn_duplex_end(&a.duplex), 0);
    assert_int_equal(ask_await(&a.ask), 0);
}

static void cancelling_ends_a_stream(void **state)
{
    struct ask_audio a = {.info = &pcm};

    ask_init(&a.ask, *state, start_play_stream);
    ask_start(&a.ask);
    send_chunk(&a);
    sn_call_cancel(&a.ask.call, SN_ERR_CANCELLED);
    assert_int_equal(ask_await(&a.ask), SN_ERR_CANCELLED);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(properties_are_there),
    cmocka_unit_test(plays),
    cmocka_unit_test(refuses_what_it_cannot_play),
    cmocka_unit_test(plays_a_stream),
    cmocka_unit_test(cancelling_ends_a_stream),
    cmocka_unit_test(do_command_answers),
    cmocka_unit_test(status_answers),
};

const struct suite suite_audio_out = {SN_API_AUDIO_OUT, tests, sizeof(tests) / sizeof(tests[0])};
