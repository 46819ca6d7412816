/* SPDX-License-Identifier: Apache-2.0
 *
 * Video without a camera: six pieces, 40 ms apart, whatever span was asked for, as the reference's.
 */
#include "pb/service/video/v1/video.h"
#include "sinew/api/video.h"
#include "sinew/driver.h"
#include "sinew/list.h"
#include "sinew/timers.h"

#include <stdio.h>

enum { PIECES = 6, PAYLOAD = 512 };

static const uint64_t period_ns = SN_MS(40);

struct fake_video {
    struct sn_video base;
    struct sn_list streams; /* fake_stream.link */
};

struct fake_stream {
    struct sn_list link; /* fake_video.streams */
    struct sn_timer timer;
    struct sn_call *call;
    const struct pb_service_video_get_video_request *request;
    const struct sn_video_sink *sink;
    int sent;
};

static void fake_end(struct fake_stream *stream, int code)
{
    sn_timer_stop(stream->call->env->timers, &stream->timer);
    sn_list_remove(&stream->link);
    sn_call_done(stream->call, code);
}

static void fake_cancel(struct sn_call *call)
{
    fake_end(call->holder, sn_call_cancelled(call));
}

/* A line that counts the pieces, then bytes that are the same in each. */
static size_t fill(uint8_t *bytes, size_t size, int number)
{
    int head = snprintf((char *)bytes, size, "fake-video-%02d\n", number);

    for (int i = 0; i < PAYLOAD; i++)
        bytes[head + i] = (uint8_t)(i * 17 % 251);
    return (size_t)head + PAYLOAD;
}

static void fake_piece(struct sn_timer *timer)
{
    struct fake_stream *stream = sn_container_of(timer, struct fake_stream, timer);
    struct sn_call *call = stream->call;
    uint8_t bytes[PAYLOAD + 32];
    struct pb_service_video_get_video_response piece = {
        .video_data = {(char *)bytes, fill(bytes, sizeof(bytes), stream->sent)},
        .video_container = stream->request->video_container,
        .request_id = stream->request->request_id,
    };

    sn_timer_start(call->env->timers, timer, period_ns, fake_piece);
    stream->sent++;
    int code = stream->sink->piece(call, stream->sink, &piece);
    if (code || stream->sent == PIECES)
        fake_end(stream, code);
}

static int fake_video(struct sn_call *call, struct sn_video *video,
                      const struct pb_service_video_get_video_request *request,
                      const struct sn_video_sink *sink)
{
    struct fake_stream *stream = sn_arena_zalloc(call->arena, sizeof(*stream));

    if (!stream)
        return SN_ERR_RESOURCE_EXHAUSTED;
    stream->call = call;
    stream->request = request;
    stream->sink = sink;
    sn_list_append(&((struct fake_video *)video)->streams, &stream->link);
    call->holder = stream;
    call->on_cancel = fake_cancel;
    sn_timer_start(call->env->timers, &stream->timer, period_ns, fake_piece);
    return SN_PENDING;
}

static int fake_do_command(struct sn_call *call, struct sn_resource *resource,
                           const struct pb_google_struct *command,
                           struct pb_google_struct **ret_result)
{
    *ret_result = command ? (struct pb_google_struct *)(uintptr_t)command
                          : sn_arena_zalloc(call->arena, sizeof(**ret_result));
    return *ret_result ? 0 : SN_ERR_RESOURCE_EXHAUSTED;
}

static int fake_open(struct sn_call *call, struct sn_resource *resource, const void *attrs)
{
    sn_list_init(&((struct fake_video *)resource)->streams);
    return 0;
}

static int fake_close(struct sn_call *call, struct sn_resource *resource)
{
    struct sn_list *streams = &((struct fake_video *)resource)->streams;

    while (!sn_list_empty(streams))
        fake_end(sn_container_of(streams->next, struct fake_stream, link), SN_ERR_UNAVAILABLE);
    return 0;
}

static const struct sn_video_ops fake_ops = {
    .common.do_command = fake_do_command,
    .video = fake_video,
};

const struct sn_driver sn_service_video_fake = {
    .api = SN_API_VIDEO,
    .model = "rdk:builtin:fake",
    .help = "six pieces of no video, 40 ms apart",
    .size = sizeof(struct fake_video),
    .ops = &fake_ops,
    .open = fake_open,
    .close = fake_close,
};
