/* SPDX-License-Identifier: Apache-2.0
 *
 * Microphone without hardware: silence, a chunk of 100 ms each 100 ms, as the reference's.
 */
#include "pb/common/v1/common.h"
#include "pb/component/audioin/v1/audioin.h"
#include "sinew/api/audio_in.h"
#include "sinew/driver.h"
#include "sinew/list.h"
#include "sinew/timers.h"

#include <math.h>
#include <stdlib.h>

enum { CHUNKS_A_SECOND = 10, SAMPLE_SIZE = 2, RATE_MAX = 1000000, CHANNELS_MAX = 64 };
static const int64_t chunk_ns = 1000000000 / CHUNKS_A_SECOND;

struct fake_attrs {
    int64_t sample_rate, num_channels;
};

struct fake_audio_in {
    struct sn_audio_in base;
    struct pb_common_audio_info info;
    struct sn_str silence; /* a chunk of it */
};

/* A stream, in its call's arena. */
struct fake_stream {
    struct sn_call *call;
    const struct fake_audio_in *fake;
    const struct sn_audio_sink *sink;
    struct sn_timer timer;
    uint64_t left; /* chunks; UINT64_MAX: no end */
    int64_t time_ns;
    int32_t sequence;
};

static struct fake_audio_in *fake_of(struct sn_audio_in *in)
{
    return (struct fake_audio_in *)in;
}

/* Whether there is more to come; else how it ended. */
static int fake_give(struct fake_stream *stream)
{
    struct pb_common_audio_info info = stream->fake->info;
    struct pb_audioin_audio_chunk chunk = {.audio_data = stream->fake->silence,
                                           .audio_info = &info,
                                           .start_timestamp_nanoseconds = stream->time_ns,
                                           .end_timestamp_nanoseconds = stream->time_ns + chunk_ns,
                                           .sequence = stream->sequence++};
    int code = stream->sink->chunk(stream->call, stream->sink, &chunk);

    stream->time_ns += chunk_ns;
    if (stream->left != UINT64_MAX)
        stream->left--;
    return code || stream->left == 0 ? code : SN_PENDING;
}

static void fake_next(struct sn_timer *timer)
{
    struct fake_stream *stream = sn_container_of(timer, struct fake_stream, timer);
    int code = fake_give(stream);

    if (code == SN_PENDING)
        sn_timer_start(stream->call->env->timers, timer, (uint64_t)chunk_ns, fake_next);
    else
        sn_call_done(stream->call, code);
}

static void fake_cancel(struct sn_call *call)
{
    struct fake_stream *stream = call->holder;

    sn_timer_stop(call->env->timers, &stream->timer);
    sn_call_done(call, sn_call_cancelled(call));
}

/* Any codec gets the same, as upstream. */
static int fake_audio(struct sn_call *call, struct sn_audio_in *in,
                      const struct sn_audio_request *request, const struct sn_audio_sink *sink)
{
    struct fake_stream *stream = sn_arena_zalloc(call->arena, sizeof(*stream));

    if (!stream)
        return SN_ERR_RESOURCE_EXHAUSTED;
    *stream = (struct fake_stream){.call = call, .fake = fake_of(in), .sink = sink};
    stream->left = UINT64_MAX;
    if (request->seconds > 0 && request->seconds < 1e9f)
        stream->left = (uint64_t)ceil((double)request->seconds * CHUNKS_A_SECOND);
    stream->time_ns = request->after_ns > 0 ? request->after_ns : (int64_t)call->env->unix_ns();
    int code = fake_give(stream);
    if (code != SN_PENDING)
        return code;
    call->holder = stream;
    call->on_cancel = fake_cancel;
    sn_timer_start(call->env->timers, &stream->timer, (uint64_t)chunk_ns, fake_next);
    return SN_PENDING;
}

static int fake_properties(struct sn_call *call, struct sn_audio_in *in,
                           const struct pb_google_struct *extra,
                           struct pb_common_get_properties_response *ret)
{
    struct fake_audio_in *fake = fake_of(in);

    ret->supported_codecs.v = &fake->info.codec;
    ret->supported_codecs.n = 1;
    ret->sample_rate_hz = fake->info.sample_rate_hz;
    ret->num_channels = fake->info.num_channels;
    return 0;
}

static int fake_validate(const void *attrs, struct sn_error *error)
{
    const struct fake_attrs *a = attrs;

    if (a->sample_rate < 0 || a->num_channels < 0)
        return sn_error_set(error, SN_ERR_UNKNOWN,
                            "%s must be greater than 0 if provided, got %lld",
                            a->sample_rate < 0 ? "sample_rate" : "num_channels",
                            (long long)(a->sample_rate < 0 ? a->sample_rate : a->num_channels));
    if (a->sample_rate > RATE_MAX)
        return sn_error_set(error, SN_ERR_INVALID_ARGUMENT, "sample_rate %lld: 0 to %d Hz expected",
                            (long long)a->sample_rate, RATE_MAX);
    if (a->num_channels > CHANNELS_MAX)
        return sn_error_set(error, SN_ERR_INVALID_ARGUMENT, "num_channels %lld: 0 to %d expected",
                            (long long)a->num_channels, CHANNELS_MAX);
    return 0;
}

static int fake_open(struct sn_call *call, struct sn_resource *resource, const void *attrs)
{
    struct fake_audio_in *fake = (struct fake_audio_in *)resource;
    const struct fake_attrs *a = attrs;

    fake->info.codec = SN_STR("pcm16");
    fake->info.sample_rate_hz = a->sample_rate ? (int32_t)a->sample_rate : 44100;
    fake->info.num_channels = a->num_channels ? (int32_t)a->num_channels : 1;
    size_t size = (size_t)fake->info.sample_rate_hz / CHUNKS_A_SECOND *
                  (size_t)fake->info.num_channels * SAMPLE_SIZE;
    fake->silence = (struct sn_str){calloc(1, size + 1), size};
    return fake->silence.ptr ? 0 : SN_ERR_RESOURCE_EXHAUSTED;
}

static void fake_fini(struct sn_resource *resource)
{
    free((char *)(uintptr_t)((struct fake_audio_in *)resource)->silence.ptr);
}

static const struct sn_attr fake_attrs[] = {
    {"sample_rate", SN_ATTR_INT, offsetof(struct fake_attrs, sample_rate),
     .help = "Hz, 44100 if 0"},
    {"num_channels", SN_ATTR_INT, offsetof(struct fake_attrs, num_channels), .help = "1 if 0"},
    {0},
};

static const struct sn_audio_in_ops fake_ops = {
    .audio = fake_audio,
    .properties = fake_properties,
};

const struct sn_driver sn_driver_audio_in_fake = {
    .api = SN_API_AUDIO_IN,
    .model = "rdk:builtin:fake",
    .help = "hears silence",
    .size = sizeof(struct fake_audio_in),
    .attrs_size = sizeof(struct fake_attrs),
    .attrs = fake_attrs,
    .ops = &fake_ops,
    .validate = fake_validate,
    .open = fake_open,
    .fini = fake_fini,
};
