/* SPDX-License-Identifier: Apache-2.0
 *
 * Speaker without hardware: takes pcm16 and the time it would sound.
 */
#include "pb/common/v1/common.h"
#include "pb/component/audioout/v1/audioout.h"
#include "sinew/api/audio_out.h"
#include "sinew/driver.h"
#include "sinew/list.h"
#include "sinew/timers.h"

enum { SAMPLE_SIZE = 2 };

struct fake_audio_out {
    struct sn_audio_out base;
};

/* What sounds, in its call's arena. */
struct fake_sound {
    struct sn_call *call;
    struct sn_timer timer;
    uint64_t bytes_a_second;
    uint64_t silent_ns; /* when all that came so far has sounded */
};

static int fake_check(struct sn_call *call, const struct pb_common_audio_info *info)
{
    if (!info)
        return sn_call_fail(call, SN_ERR_UNKNOWN, "audio info is required");
    if (!sn_str_is(info->codec, "pcm16"))
        return sn_call_fail(call, SN_ERR_UNKNOWN,
                            "codec %.*s not supported, only pcm16 is supported",
                            SN_STR_ARGS(info->codec));
    if (info->sample_rate_hz <= 0 || info->num_channels <= 0)
        return sn_call_fail(call, SN_ERR_UNKNOWN,
                            "invalid audio info, sample rate and num channels must be above zero");
    return 0;
}

static void fake_cancel(struct sn_call *call)
{
    struct fake_sound *sound = call->holder;

    sn_timer_stop(call->env->timers, &sound->timer);
    sn_call_done(call, sn_call_cancelled(call));
}

static struct fake_sound *fake_sound_create(struct sn_call *call,
                                            const struct pb_common_audio_info *info)
{
    struct fake_sound *sound = sn_arena_zalloc(call->arena, sizeof(*sound));

    if (!sound)
        return NULL;
    sound->call = call;
    sound->bytes_a_second =
        (uint64_t)info->sample_rate_hz * (uint64_t)info->num_channels * SAMPLE_SIZE;
    sound->silent_ns = call->env->timers->now_ns;
    call->holder = sound;
    call->on_cancel = fake_cancel;
    return sound;
}

static void fake_add(struct fake_sound *sound, size_t bytes)
{
    uint64_t now = sound->call->env->timers->now_ns;
    uint64_t begin = sound->silent_ns > now ? sound->silent_ns : now;

    sound->silent_ns = begin + (uint64_t)((double)bytes / (double)sound->bytes_a_second * 1e9);
}

static void fake_over(struct sn_timer *timer)
{
    sn_call_done(sn_container_of(timer, struct fake_sound, timer)->call, 0);
}

/* Ends the call when all has sounded. */
static void fake_finish(struct fake_sound *sound)
{
    uint64_t now = sound->call->env->timers->now_ns;

    sn_timer_start(sound->call->env->timers, &sound->timer,
                   sound->silent_ns > now ? sound->silent_ns - now : 0, fake_over);
}

static int fake_play(struct sn_call *call, struct sn_audio_out *out, struct sn_str data,
                     const struct pb_common_audio_info *info, const struct pb_google_struct *extra)
{
    if (data.len == 0)
        return sn_call_fail(call, SN_ERR_UNKNOWN, "no audio data provided");
    int code = fake_check(call, info);
    if (code)
        return code;
    struct fake_sound *sound = fake_sound_create(call, info);
    if (!sound)
        return SN_ERR_RESOURCE_EXHAUSTED;
    fake_add(sound, data.len);
    fake_finish(sound);
    return SN_PENDING;
}

/* Requests that aren't sound are ignored, as upstream. */
static int fake_chunk(struct sn_duplex *duplex, const void *request)
{
    const struct pb_audioout_play_stream_request *req = request;

    if (req->which_payload == PB_AUDIOOUT_PLAY_STREAM_REQUEST_PAYLOAD_AUDIO_CHUNK)
        fake_add(duplex->worker, req->audio_chunk->audio_data.len);
    return 0;
}

static int fake_end(struct sn_duplex *duplex)
{
    fake_finish(duplex->worker);
    return 0;
}

static int fake_play_stream(struct sn_call *call, struct sn_audio_out *out,
                            const struct pb_common_audio_info *info,
                            const struct pb_google_struct *extra, struct sn_duplex *duplex)
{
    int code = fake_check(call, info);

    if (code)
        return code;
    duplex->worker = fake_sound_create(call, info);
    duplex->on_request = fake_chunk;
    duplex->on_end = fake_end;
    return duplex->worker ? SN_PENDING : SN_ERR_RESOURCE_EXHAUSTED;
}

static int fake_properties(struct sn_call *call, struct sn_audio_out *out,
                           const struct pb_google_struct *extra,
                           struct pb_common_get_properties_response *ret)
{
    static struct sn_str codec = {"pcm16", 5};

    ret->supported_codecs.v = &codec;
    ret->supported_codecs.n = 1;
    ret->sample_rate_hz = 44100;
    ret->num_channels = 1;
    return 0;
}

static const struct sn_audio_out_ops fake_ops = {
    .play = fake_play,
    .play_stream = fake_play_stream,
    .properties = fake_properties,
};

const struct sn_driver sn_driver_audio_out_fake = {
    .api = SN_API_AUDIO_OUT,
    .model = "rdk:builtin:fake",
    .help = "takes pcm16 and the time it would sound",
    .size = sizeof(struct fake_audio_out),
    .ops = &fake_ops,
};
