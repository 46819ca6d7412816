/* SPDX-License-Identifier: Apache-2.0
 *
 * What every microphone does.
 */
#include "sinew/api/audio_in.h"
#include "conform.h"
#include "pb/common/v1/common.h"
#include "pb/component/audioin/v1/audioin.h"

struct ask_audio {
    struct ask ask;
    struct sn_audio_request request;
    struct sn_audio_sink sink;
    struct pb_common_get_properties_response properties;
    int heard, limit; /* chunks */
    int64_t end_ns;
};

#define ASK ((struct ask_audio *)call)

static struct sn_audio_in *in_of(struct sn_call *call)
{
    return (struct sn_audio_in *)ASK->ask.subject->resource;
}

/* Chunks follow each other without a gap. */
static int hear(struct sn_call *call, const struct sn_audio_sink *sink,
                const struct pb_audioin_audio_chunk *chunk)
{
    struct ask_audio *a = ASK;

    assert_int_equal(chunk->sequence, a->heard);
    assert_true(chunk->audio_data.len > 0);
    assert_non_null(chunk->audio_info);
    assert_true(chunk->end_timestamp_nanoseconds > chunk->start_timestamp_nanoseconds);
    if (a->heard > 0)
        assert_true(chunk->start_timestamp_nanoseconds == a->end_ns);
    a->end_ns = chunk->end_timestamp_nanoseconds;
    a->heard++;
    return a->limit && a->heard == a->limit ? SN_ERR_ABORTED : 0;
}

static int start_audio(struct sn_call *call)
{
    ASK->sink.chunk = hear;
    return sn_audio_in_audio(call, in_of(call), &ASK->request, &ASK->sink);
}

static int start_properties(struct sn_call *call)
{
    return sn_audio_in_properties(call, in_of(call), NULL, &ASK->properties);
}

static void properties_are_there(void **state)
{
    struct ask_audio a = {0};

    assert_int_equal(ask(&a.ask, *state, start_properties), 0);
    assert_true(a.properties.supported_codecs.n > 0);
    assert_true(a.properties.sample_rate_hz > 0);
    assert_true(a.properties.num_channels > 0);
}

static void gives_as_much_as_asked(void **state)
{
    struct ask_audio a = {.request = {.seconds = 0.15f, .codec = SN_STR("pcm16")}};

    assert_int_equal(ask(&a.ask, *state, start_audio), 0);
    assert_true(a.heard > 0);
}

static void goes_on_where_it_was(void **state)
{
    struct ask_audio a = {
        .request = {.seconds = 0.05f, .codec = SN_STR("pcm16"), .after_ns = 1000000}};

    assert_int_equal(ask(&a.ask, *state, start_audio), 0);
    assert_true(a.end_ns > 1000000);
    assert_true(a.end_ns < 2000000000);
}

static void a_listener_that_has_enough_ends_it(void **state)
{
    struct ask_audio a = {.request = {.codec = SN_STR("pcm16")}, .limit = 2};

    assert_int_equal(ask(&a.ask, *state, start_audio), SN_ERR_ABORTED);
    assert_int_equal(a.heard, 2);
}

static void cancelling_ends_it(void **state)
{
    struct ask_audio a = {.request = {.codec = SN_STR("pcm16")}};

    ask_init(&a.ask, *state, start_audio);
    ask_start(&a.ask);
    subject_run(*state, SN_MS(150));
    sn_call_cancel(&a.ask.call, SN_ERR_CANCELLED);
    assert_int_equal(ask_await(&a.ask), SN_ERR_CANCELLED);
    assert_true(a.heard > 0);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(properties_are_there), cmocka_unit_test(gives_as_much_as_asked),
    cmocka_unit_test(goes_on_where_it_was), cmocka_unit_test(a_listener_that_has_enough_ends_it),
    cmocka_unit_test(cancelling_ends_it),   cmocka_unit_test(do_command_answers),
    cmocka_unit_test(status_answers),
};

const struct suite suite_audio_in = {SN_API_AUDIO_IN, tests, sizeof(tests) / sizeof(tests[0])};
