/* SPDX-License-Identifier: Apache-2.0
 *
 * The client side of gRPC over data channels. Loop thread.
 */
#include "rpc/transport/webrtc/private.h"

#include <stdio.h>

enum {
    CALL_MEMORY_MAX = 512 << 10, /* headers and trailers of one call, both ways */
    WAITING_MAX = 1000,          /* calls before the channel is open */
    CAUSE_MAX = 128,
};

struct rtc_channel {
    struct sn_channel base; /* first */
    struct rtc_pipe pipe;
    struct sn_limits limits;
    uint64_t next_id;
    struct sn_list refused; /* rtc_request.refused: to be told so */
    struct sn_timer tell;   /* them, or whoever closed the channel */
    char cause[CAUSE_MAX];  /* why it is gone */
    bool closing;
    void (*on_closed)(void *owner);
    void *closed_owner;
};

/* A call of ours. */
struct rtc_request {
    struct rtc_stream stream; /* first */
    struct sn_client_stream rpc;
    struct sn_arena arena; /* holds the request itself */
    struct sn_list refused;
    struct sn_timer deadline;
    struct sn_metadata headers, trailers;
    int code;         /* of a refused one */
    const char *text; /* NULL: the channel's cause */
    uint8_t busy;
    bool answered; /* headers were passed on */
    bool reported; /* on_trailers was called */
    bool over;     /* goes when nobody is busy with it */
};

static struct rtc_request *request_of(const struct sn_client_stream *rpc)
{
    return sn_container_of(rpc, struct rtc_request, rpc);
}

static struct rtc_channel *channel_of(const struct rtc_request *request)
{
    return sn_container_of(request->stream.pipe, struct rtc_channel, pipe);
}

/* ---- the life of a call ---- */

static void enter(struct rtc_request *request)
{
    request->busy++;
}

static void leave(struct rtc_request *request)
{
    struct sn_arena arena = request->arena;

    if (--request->busy || !request->over)
        return;
    sn_timer_stop(request->stream.pipe->env->timers, &request->deadline);
    sn_list_remove(&request->refused);
    rtc_stream_fini(&request->stream);
    sn_arena_fini(&arena);
}

static void report_status(struct rtc_request *request, const struct sn_status *status)
{
    if (request->reported)
        return;
    request->reported = true;
    rtc_stream_deafen(&request->stream);
    sn_timer_stop(request->stream.pipe->env->timers, &request->deadline);
    request->rpc.events->on_trailers(&request->rpc, status, &request->trailers);
}

static void report(struct rtc_request *request, int code, const char *text)
{
    struct sn_status status = {.code = code, .text = sn_str_of(text)};

    report_status(request, &status);
}

/* Ends it from our side. A server that has heard of it is told, and then it goes. */
static void abandon(struct rtc_request *request, int code, const char *text)
{
    struct rtc_stream *stream = &request->stream;
    uint8_t frame[SN_FRAME_HEAD_MAX];
    bool unheard = stream->head != NULL;

    enter(request);
    rtc_stream_drop(stream);
    if (!unheard && stream->pipe->channel)
        stream->tail =
            rtc_write_bytes(stream->pipe->env, frame, sn_frame_write_reset(frame, stream->id));
    stream->ending = true;
    report(request, code, text);
    if (stream->tail)
        rtc_stream_wake(stream);
    else
        request->over = true;
    leave(request);
}

static void on_deadline(struct sn_timer *timer)
{
    struct rtc_request *request = sn_container_of(timer, struct rtc_request, deadline);

    abandon(request, SN_ERR_DEADLINE_EXCEEDED, "context deadline exceeded");
}

/* ---- what streams tell ---- */

static size_t write_head(uint8_t *data, size_t len, const struct rtc_stream *stream,
                         bool end_message, bool last)
{
    return sn_frame_write_request(data, len, stream->id, end_message, last);
}

static void on_stream_message(struct rtc_stream *stream, struct sn_str message)
{
    struct rtc_request *request = (struct rtc_request *)stream;

    enter(request);
    request->rpc.events->on_message(&request->rpc, message.ptr, message.len);
    leave(request);
}

static void on_stream_refuse(struct rtc_stream *stream, int code, const char *text)
{
    abandon((struct rtc_request *)stream, code, text);
}

static void on_stream_writable(struct rtc_stream *stream)
{
    struct rtc_request *request = (struct rtc_request *)stream;

    enter(request);
    if (!request->reported && request->rpc.events->on_writable)
        request->rpc.events->on_writable(&request->rpc);
    leave(request);
}

/* Its end, or its reset. */
static void on_stream_sent(struct rtc_stream *stream)
{
    struct rtc_request *request = (struct rtc_request *)stream;

    enter(request);
    request->over |= request->reported;
    leave(request);
}

static void on_hopeless(struct rtc_pipe *pipe, const char *cause)
{
    struct rtc_channel *channel = sn_container_of(pipe, struct rtc_channel, pipe);

    if (channel->closing || !pipe->channel)
        return;
    channel->closing = true;
    snprintf(channel->cause, sizeof(channel->cause), "%s", cause);
    pipe->channel->ops->close(pipe->channel);
}

static const struct rtc_side client_side = {
    .write_head = write_head,
    .message = on_stream_message,
    .refuse = on_stream_refuse,
    .writable = on_stream_writable,
    .sent = on_stream_sent,
    .hopeless = on_hopeless,
};

/* ---- what the caller asks for ---- */

static void send_message(struct sn_client_stream *rpc, struct sn_message *take_message,
                         bool half_close)
{
    struct rtc_request *request = request_of(rpc);

    if (request->reported || request->code || request->stream.ending) {
        sn_message_free(take_message);
        return;
    }
    request->stream.ending = half_close;
    enter(request);
    rtc_stream_message(&request->stream, take_message);
    leave(request);
}

static void half_close(struct sn_client_stream *rpc)
{
    struct rtc_request *request = request_of(rpc);
    struct rtc_stream *stream = &request->stream;
    uint8_t frame[SN_FRAME_HEAD_MAX];

    if (request->reported || request->code || stream->ending)
        return;
    stream->ending = true;
    stream->tail = rtc_write_bytes(stream->pipe->env, frame, sn_frame_write_end(frame, stream->id));
    enter(request);
    if (stream->tail)
        rtc_stream_wake(stream);
    else
        on_hopeless(stream->pipe, "no memory");
    leave(request);
}

static size_t queued(const struct sn_client_stream *rpc)
{
    return request_of(rpc)->stream.queued;
}

static void credit(struct sn_client_stream *rpc, size_t bytes)
{
    rtc_stream_credit(&request_of(rpc)->stream, bytes);
}

static void cancel(struct sn_client_stream *rpc, int code)
{
    struct rtc_request *request = request_of(rpc);

    if (!request->reported)
        abandon(request, code, sn_err_text(code));
}

static const struct sn_client_stream_ops request_ops = {
    .message = send_message,
    .half_close = half_close,
    .queued = queued,
    .credit = credit,
    .cancel = cancel,
};

/* ---- what the server sends ---- */

static void pass_headers(struct rtc_request *request)
{
    request->answered = true;
    request->rpc.events->on_headers(&request->rpc, &request->headers);
}

static void on_headers(struct rtc_request *request, struct sn_str body)
{
    if (request->answered)
        return;
    if (rtc_read_response_headers(body, &request->arena, &request->headers))
        abandon(request, SN_ERR_INTERNAL, "the response's headers can't be used");
    else
        pass_headers(request);
}

static void on_message(struct rtc_request *request, const struct sn_frame *frame)
{
    if (!request->answered)
        pass_headers(request);
    if (!request->reported)
        rtc_stream_receive(&request->stream, frame);
}

static void on_trailers(struct rtc_request *request, struct sn_str body)
{
    struct sn_status status;

    if (rtc_read_trailers(body, &request->arena, &status, &request->trailers))
        report(request, SN_ERR_INTERNAL, "the response's trailers can't be used");
    else if (!status.code && request->stream.have)
        report(request, SN_ERR_INTERNAL, "unexpected EOF");
    else
        report_status(request, &status);
    request->over = true; /* whatever of ours is still to be sent */
}

static void on_frame(struct sn_datachannel *below, struct sn_str bytes)
{
    struct rtc_channel *channel = below->owner;
    struct sn_frame frame;

    if (channel->closing || sn_frame_read_response(bytes, &frame))
        return;
    struct rtc_request *request = (struct rtc_request *)rtc_pipe_find(&channel->pipe, frame.stream);
    if (!request || request->reported)
        return;
    enter(request);
    if (frame.kind == SN_FRAME_HEADERS)
        on_headers(request, frame.body);
    else if (frame.kind == SN_FRAME_MESSAGE)
        on_message(request, &frame);
    else
        on_trailers(request, frame.body);
    leave(request);
}

/* ---- calls ---- */

static void free_channel(struct rtc_channel *channel)
{
    struct sn_block_pool *blocks = channel->base.env->blocks;

    sn_timer_stop(channel->base.env->timers, &channel->tell);
    sn_block_put(blocks, (struct sn_block *)(void *)channel - 1);
}

/* Those that could not begin are told; then whoever waits for the end. */
static void on_tell(struct sn_timer *timer)
{
    struct rtc_channel *channel = sn_container_of(timer, struct rtc_channel, tell);

    while (!sn_list_empty(&channel->refused)) {
        struct rtc_request *request =
            sn_container_of(channel->refused.next, struct rtc_request, refused);

        sn_list_remove(&request->refused);
        enter(request);
        report(request, request->code, request->text ? request->text : channel->cause);
        request->over = true;
        leave(request);
    }
    if (channel->pipe.channel || !channel->on_closed)
        return;
    void (*on_closed)(void *owner) = channel->on_closed;
    void *owner = channel->closed_owner;
    free_channel(channel);
    on_closed(owner);
}

static void refuse(struct rtc_request *request, int code, const char *text)
{
    struct rtc_channel *channel = channel_of(request);

    request->code = code;
    request->text = text;
    sn_list_append(&channel->refused, &request->refused);
    sn_timer_start(channel->base.env->timers, &channel->tell, 0, on_tell);
}

static struct rtc_request *create(struct rtc_channel *channel,
                                  const struct sn_client_events *events, void *owner)
{
    struct sn_arena arena;

    sn_arena_init(&arena, channel->base.env->blocks, CALL_MEMORY_MAX);
    struct rtc_request *request = sn_arena_zalloc(&arena, sizeof(*request));
    if (!request)
        return NULL;
    request->arena = arena;
    request->rpc = (struct sn_client_stream){&request_ops, events, owner};
    sn_list_init(&request->refused);
    rtc_stream_init(&request->stream, &channel->pipe, channel->next_id++);
    return request;
}

static struct sn_client_stream *open_call(struct sn_channel *base,
                                          const struct sn_client_events *events, void *owner,
                                          struct sn_str path, const struct sn_metadata *metadata,
                                          uint64_t timeout_ns)
{
    struct rtc_channel *channel = (struct rtc_channel *)base;
    struct rtc_request *request = create(channel, events, owner);

    if (!request)
        return NULL;
    struct rtc_stream *stream = &request->stream;
    if (!channel->pipe.channel || channel->closing) {
        refuse(request, SN_ERR_UNAVAILABLE, NULL);
        return &request->rpc;
    }
    if (!channel->pipe.open && channel->pipe.count > WAITING_MAX) {
        refuse(request, SN_ERR_RESOURCE_EXHAUSTED, "too many calls wait for the connection");
        return &request->rpc;
    }
    stream->head = rtc_write_request_headers(base->env, stream->id, path, metadata, timeout_ns);
    if (!stream->head) {
        refuse(request, SN_ERR_RESOURCE_EXHAUSTED, "the call's headers don't fit into a frame");
        return &request->rpc;
    }
    if (timeout_ns != SN_NEVER)
        sn_timer_start(base->env->timers, &request->deadline, timeout_ns, on_deadline);
    rtc_stream_wake(stream);
    return &request->rpc;
}

/* ---- the channel ---- */

static void on_open(struct sn_datachannel *below)
{
    struct rtc_channel *channel = below->owner;

    channel->pipe.open = true;
    rtc_pipe_pump(&channel->pipe);
}

static void on_writable(struct sn_datachannel *below)
{
    struct rtc_channel *channel = below->owner;

    rtc_pipe_pump(&channel->pipe);
}

/* Those that are to be told of it themselves stay for that. */
static void end_all(struct rtc_channel *channel)
{
    struct rtc_stream *stream;

    while ((stream = rtc_pipe_any(&channel->pipe))) {
        struct rtc_request *request = (struct rtc_request *)stream;

        sn_list_remove(&stream->link); /* it may stay a while, if we are inside of it */
        enter(request);
        rtc_stream_drop(stream);
        report(request, request->code ? request->code : SN_ERR_UNAVAILABLE, channel->cause);
        request->over = true;
        leave(request);
    }
}

static void on_closed(struct sn_datachannel *below, const char *cause)
{
    struct rtc_channel *channel = below->owner;

    if (!channel->cause[0])
        snprintf(channel->cause, sizeof(channel->cause), "connection to the peer lost: %s", cause);
    channel->closing = true;
    rtc_pipe_cut(&channel->pipe);
    end_all(channel);
    if (channel->on_closed)
        sn_timer_start(channel->base.env->timers, &channel->tell, 0, on_tell);
}

static void close_channel(struct sn_channel *base, void (*on_closed_)(void *owner), void *owner)
{
    struct rtc_channel *channel = (struct rtc_channel *)base;
    struct sn_datachannel *below = channel->pipe.channel;

    channel->on_closed = on_closed_;
    channel->closed_owner = owner;
    if (!channel->cause[0])
        snprintf(channel->cause, sizeof(channel->cause), "the channel was closed");
    bool asked = channel->closing;
    channel->closing = true;
    end_all(channel);
    if (!below)
        sn_timer_start(base->env->timers, &channel->tell, 0, on_tell);
    else if (!asked)
        below->ops->close(below);
}

static const struct sn_channel_ops channel_ops = {.open = open_call, .close = close_channel};

static const struct sn_datachannel_user client_user = {
    .open = on_open,
    .message = on_frame,
    .writable = on_writable,
    .closed = on_closed,
};

struct sn_channel *sn_webrtc_channel_create(struct sn_env *env, struct sn_datachannel *below)
{
    struct sn_block *block = sn_block_get(env->blocks, sizeof(*block) + sizeof(struct rtc_channel));

    if (!block)
        return NULL;
    struct rtc_channel *channel = (struct rtc_channel *)(void *)(block + 1);
    *channel = (struct rtc_channel){
        .base = {&channel_ops, env},
        .limits = sn_limits_preset,
        .next_id = 1,
    };
    sn_list_init(&channel->refused);
    rtc_pipe_init(&channel->pipe, &client_side, env, &channel->limits, below);
    below->user = &client_user;
    below->owner = channel;
    return &channel->base;
}

bool sn_webrtc_channel_is_closed(const struct sn_channel *channel)
{
    return ((const struct rtc_channel *)channel)->closing;
}
