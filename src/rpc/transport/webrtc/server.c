/* SPDX-License-Identifier: Apache-2.0
 *
 * The server side of gRPC over data channels. Loop thread.
 */
#include "net/address.h"
#include "rpc/transport/webrtc/private.h"

#include <stdio.h>

/* Headers both ways of one call, and itself; most of it is taken only where it is needed. */
enum { CALL_MEMORY_MAX = 512 << 10 };

/* Memory of a call that was answered at once: itself, its headers and trailers, a block each. */
enum { CALL_MEMORY_MIN = 3 * SN_BLOCK_SIZE };

struct sn_webrtc_server {
    struct sn_env *env;
    struct sn_server *core;
    struct sn_guard *guard;
    const char *entity;      /* who calls over any of the channels */
    struct sn_list sessions; /* rtc_session.link */
    size_t session_count;
};

/* A channel being served, and then what is left of it while its calls end. */
struct rtc_session {
    struct rtc_pipe pipe; /* first */
    struct sn_webrtc_server *webrtc;
    struct sn_list link; /* sn_webrtc_server.sessions */
    struct sn_peer peer;
    bool closing;
    char remote[SN_ADDRESS_MAX], local[SN_ADDRESS_MAX];
};

struct rtc_call {
    struct rtc_stream stream; /* first */
    struct sn_server_stream rpc;
    struct sn_arena arena; /* holds the call itself */
    uint8_t busy;          /* functions that still look at it */
    bool head_sent;
    bool half_closed;
    bool over; /* goes when nobody is busy with it */
};

static struct rtc_call *call_of(const struct sn_server_stream *rpc)
{
    return sn_container_of(rpc, struct rtc_call, rpc);
}

static struct rtc_session *session_of(const struct rtc_call *call)
{
    return (struct rtc_session *)call->stream.pipe;
}

/* ---- the life of a call ---- */

static void enter(struct rtc_call *call)
{
    call->busy++;
}

static void leave(struct rtc_call *call)
{
    struct sn_arena arena = call->arena;

    if (--call->busy || !call->over)
        return;
    rtc_stream_fini(&call->stream);
    sn_arena_fini(&arena);
}

static void end(struct rtc_call *call)
{
    enter(call);
    call->over = true;
    leave(call);
}

static struct rtc_call *create(struct rtc_session *session, uint64_t id)
{
    struct sn_arena arena;

    sn_arena_init(&arena, session->webrtc->env->blocks, CALL_MEMORY_MAX);
    struct rtc_call *call = sn_arena_zalloc(&arena, sizeof(*call));
    if (!call)
        return NULL;
    call->arena = arena;
    rtc_stream_init(&call->stream, &session->pipe, id);
    return call;
}

/* ---- what the core asks for ---- */

static void close_session(struct rtc_session *session)
{
    if (session->closing || !session->pipe.channel)
        return;
    session->closing = true;
    session->pipe.channel->ops->close(session->pipe.channel);
}

static void send_headers(struct sn_server_stream *rpc, const struct sn_metadata *headers)
{
    static const struct sn_metadata none;
    struct rtc_call *call = call_of(rpc);
    struct rtc_stream *stream = &call->stream;

    call->head_sent = true;
    stream->head = rtc_write_response_headers(stream->pipe->env, stream->id, headers);
    if (!stream->head) /* larger than a frame, or memory is short */
        stream->head = rtc_write_response_headers(stream->pipe->env, stream->id, &none);
    if (stream->head)
        rtc_stream_wake(stream);
    else
        close_session(session_of(call));
}

static void send_message(struct sn_server_stream *rpc, struct sn_message *take_message)
{
    if (call_of(rpc)->stream.pipe->channel)
        rtc_stream_message(&call_of(rpc)->stream, take_message);
    else
        sn_message_free(take_message);
}

/* Where all doesn't fit into a frame: the status alone. */
static struct sn_message *write_trailers(struct rtc_stream *stream, const struct sn_status *status,
                                         const struct sn_metadata *trailers)
{
    static const struct sn_metadata none;
    struct sn_status bare = {.code = status->code, .text = status->text};
    struct sn_message *frame = rtc_write_trailers(stream->pipe->env, stream->id, status, trailers);

    if (frame)
        return frame;
    if (bare.text.len > SN_ERROR_TEXT_MAX)
        bare.text.len = SN_ERROR_TEXT_MAX;
    return rtc_write_trailers(stream->pipe->env, stream->id, &bare, &none);
}

/* Headers come first, always. Source: the reference. */
static void send_trailers(struct sn_server_stream *rpc, const struct sn_status *status,
                          const struct sn_metadata *trailers)
{
    static const struct sn_metadata none;
    struct rtc_call *call = call_of(rpc);
    struct rtc_stream *stream = &call->stream;

    enter(call);
    rtc_stream_deafen(stream);
    if (!call->head_sent)
        send_headers(rpc, &none);
    stream->tail = write_trailers(stream, status, trailers);
    stream->ending = true;
    if (stream->tail)
        rtc_stream_wake(stream);
    else
        close_session(session_of(call));
    leave(call);
}

static size_t queued(const struct sn_server_stream *rpc)
{
    return call_of(rpc)->stream.queued;
}

static void credit(struct sn_server_stream *rpc, size_t bytes)
{
    rtc_stream_credit(&call_of(rpc)->stream, bytes);
}

static const struct sn_server_stream_ops stream_ops = {
    .headers = send_headers,
    .message = send_message,
    .trailers = send_trailers,
    .queued = queued,
    .credit = credit,
};

/* ---- what streams tell ---- */

static size_t write_head(uint8_t *data, size_t len, const struct rtc_stream *stream,
                         bool end_message, bool last)
{
    return sn_frame_write_response(data, len, stream->id, end_message);
}

static void on_stream_message(struct rtc_stream *stream, struct sn_str message)
{
    struct rtc_call *call = (struct rtc_call *)stream;

    enter(call);
    if (call->rpc.rpc)
        sn_server_message(&call->rpc, message.ptr, message.len);
    leave(call);
}

static void on_stream_refuse(struct rtc_stream *stream, int code, const char *text)
{
    struct rtc_call *call = (struct rtc_call *)stream;

    session_of(call)->webrtc->guard->refused[SN_REFUSED_MESSAGE]++;
    enter(call);
    if (call->rpc.rpc)
        sn_server_refuse(&call->rpc, code, text);
    leave(call);
}

static void on_stream_writable(struct rtc_stream *stream)
{
    struct rtc_call *call = (struct rtc_call *)stream;

    enter(call);
    if (call->rpc.rpc)
        sn_server_writable(&call->rpc);
    leave(call);
}

static void on_stream_sent(struct rtc_stream *stream)
{
    end((struct rtc_call *)stream);
}

static void on_hopeless(struct rtc_pipe *pipe, const char *cause)
{
    struct rtc_session *session = (struct rtc_session *)pipe;

    if (!session->closing)
        session->webrtc->guard->refused[SN_REFUSED_SLOW_READER]++;
    close_session(session);
}

static const struct rtc_side server_side = {
    .write_head = write_head,
    .message = on_stream_message,
    .refuse = on_stream_refuse,
    .writable = on_stream_writable,
    .sent = on_stream_sent,
    .hopeless = on_hopeless,
};

/* ---- what the client sends ---- */

static void refuse_call(struct rtc_call *call, int code, struct sn_str text)
{
    static const struct sn_metadata none;
    struct sn_status status = {.code = code, .text = text};

    send_trailers(&call->rpc, &status, &none);
}

static void begin(struct rtc_call *call, struct sn_str body)
{
    struct rtc_session *session = session_of(call);
    struct sn_guard *guard = session->webrtc->guard;
    struct sn_metadata metadata = {0};
    struct sn_str path;
    uint64_t timeout_ns;
    int code = rtc_read_request_headers(body, &call->arena, &path, &metadata, &timeout_ns);

    if (code == SN_ERR_INVALID_ARGUMENT) { /* no frame at all */
        call->over = true;
    } else if (code || body.len > guard->limits.header_bytes ||
               metadata.count > guard->limits.header_count) {
        guard->refused[SN_REFUSED_HEADER_BYTES]++;
        refuse_call(call, SN_ERR_RESOURCE_EXHAUSTED,
                    sn_arena_printf(&call->arena, "headers of %zu bytes, %u values are too large",
                                    body.len, metadata.count));
    } else if (session->peer.calls >= guard->limits.calls) {
        guard->refused[SN_REFUSED_CALLS]++;
        refuse_call(call, SN_ERR_RESOURCE_EXHAUSTED,
                    sn_arena_printf(&call->arena, "%u calls of this connection still run",
                                    session->peer.calls));
    } else if (!sn_guard_has_memory(guard, session->webrtc->env->blocks)) {
        refuse_call(call, SN_ERR_RESOURCE_EXHAUSTED, SN_STR("too much memory is in use"));
    } else {
        sn_server_begin(session->webrtc->core, &call->rpc, path, &metadata, timeout_ns);
    }
}

/* Calls that run, and as many more as may wait for their answers to leave. */
static bool has_room(const struct rtc_session *session)
{
    const struct sn_limits *limits = &session->webrtc->guard->limits;

    return session->pipe.count < limits->calls + limits->unsent_bytes / CALL_MEMORY_MIN;
}

static void on_headers(struct rtc_session *session, const struct sn_frame *frame)
{
    if (!has_room(session)) {
        on_hopeless(&session->pipe, "the peer takes no answers");
        return;
    }
    struct rtc_call *call = create(session, frame->stream);
    if (!call) {
        on_hopeless(&session->pipe, "no memory for another call");
        return;
    }
    call->rpc.ops = &stream_ops;
    call->rpc.peer = &session->peer;
    enter(call);
    begin(call, frame->body);
    leave(call);
}

/* Text of the reference. */
static void on_second_headers(struct rtc_call *call)
{
    rtc_stream_deafen(&call->stream);
    if (call->rpc.rpc)
        sn_server_refuse(&call->rpc, SN_ERR_INVALID_ARGUMENT, "headers already received");
}

/* Clients mark the end with the last piece, with every piece of a message, or apart. */
static void on_message(struct rtc_call *call, const struct sn_frame *frame)
{
    if (call->half_closed)
        return;
    if (frame->has_message)
        rtc_stream_receive(&call->stream, frame);
    if (!frame->end_stream || (frame->has_message && !frame->end_message))
        return;
    call->half_closed = true;
    if (call->rpc.rpc && !call->stream.deaf)
        sn_server_half_close(&call->rpc);
}

/* What was to be sent isn't wanted; an end has to be, with the text of the reference. */
static void on_reset(struct rtc_call *call)
{
    if (!call->rpc.rpc)
        return;
    sn_server_abort(&call->rpc);
    bool head_waits = call->stream.head != NULL;
    rtc_stream_drop(&call->stream);
    if (head_waits)
        call->head_sent = false;
    refuse_call(call, SN_ERR_CANCELLED, SN_STR("request cancelled"));
}

static void on_frame(struct sn_datachannel *channel, struct sn_str bytes)
{
    struct rtc_session *session = channel->owner;
    struct sn_frame frame;

    if (session->closing || sn_frame_read_request(bytes, &frame)) {
        session->webrtc->guard->refused[SN_REFUSED_REQUEST] += !session->closing;
        return;
    }
    struct rtc_call *call = (struct rtc_call *)rtc_pipe_find(&session->pipe, frame.stream);
    if (!call) {
        if (frame.kind == SN_FRAME_HEADERS)
            on_headers(session, &frame);
        return; /* else of a call that is over, most likely */
    }
    enter(call);
    if (frame.kind == SN_FRAME_HEADERS)
        on_second_headers(call);
    else if (frame.kind == SN_FRAME_MESSAGE)
        on_message(call, &frame);
    else
        on_reset(call);
    leave(call);
}

/* ---- the life of a channel ---- */

static void free_session(struct sn_peer *peer)
{
    struct rtc_session *session = sn_container_of(peer, struct rtc_session, peer);

    sn_list_remove(&session->link);
    session->webrtc->session_count--;
    sn_block_put(session->webrtc->env->blocks, (struct sn_block *)(void *)session - 1);
}

static void on_open(struct sn_datachannel *channel)
{
    struct rtc_session *session = channel->owner;

    session->pipe.open = true;
    rtc_pipe_pump(&session->pipe);
}

static void on_writable(struct sn_datachannel *channel)
{
    struct rtc_session *session = channel->owner;

    rtc_pipe_pump(&session->pipe);
}

static void on_closed(struct sn_datachannel *channel, const char *cause)
{
    struct rtc_session *session = channel->owner;
    struct rtc_stream *stream;

    session->closing = true;
    rtc_pipe_cut(&session->pipe);
    while ((stream = rtc_pipe_any(&session->pipe))) {
        struct rtc_call *call = (struct rtc_call *)stream;

        sn_list_remove(&stream->link); /* it may stay a while, if we are inside of it */
        enter(call);
        if (call->rpc.rpc)
            sn_server_abort(&call->rpc);
        call->over = true;
        leave(call);
    }
    session->peer.unused = free_session;
    if (!session->peer.calls)
        free_session(&session->peer);
}

static const struct sn_datachannel_user server_user = {
    .open = on_open,
    .message = on_frame,
    .writable = on_writable,
    .closed = on_closed,
};

int sn_webrtc_server_accept(struct sn_webrtc_server *webrtc, struct sn_datachannel *channel,
                            const char *remote, const char *local)
{
    struct sn_block *block =
        sn_block_get(webrtc->env->blocks, sizeof(*block) + sizeof(struct rtc_session));

    if (!block)
        return SN_ERR_RESOURCE_EXHAUSTED;
    struct rtc_session *session = (struct rtc_session *)(void *)(block + 1);
    *session = (struct rtc_session){.webrtc = webrtc};
    rtc_pipe_init(&session->pipe, &server_side, webrtc->env, &webrtc->guard->limits, channel);
    snprintf(session->remote, sizeof(session->remote), "%s", remote);
    snprintf(session->local, sizeof(session->local), "%s", local);
    session->peer = (struct sn_peer){
        .kind = SN_TRANSPORT_WEBRTC,
        .remote = session->remote,
        .local = session->local,
        .trusted = true, /* signaling has asked */
        .entity = webrtc->entity,
    };
    sn_list_append(&webrtc->sessions, &session->link);
    webrtc->session_count++;
    channel->user = &server_user;
    channel->owner = session;
    return 0;
}

struct sn_webrtc_server *sn_webrtc_server_create(struct sn_env *env, struct sn_server *server,
                                                 struct sn_guard *guard)
{
    struct sn_block *block =
        sn_block_get(env->blocks, sizeof(*block) + sizeof(struct sn_webrtc_server));

    if (!block)
        return NULL;
    struct sn_webrtc_server *webrtc = (struct sn_webrtc_server *)(void *)(block + 1);
    *webrtc = (struct sn_webrtc_server){.env = env, .core = server, .guard = guard};
    sn_list_init(&webrtc->sessions);
    return webrtc;
}

void sn_webrtc_server_set_entity(struct sn_webrtc_server *webrtc, const char *entity)
{
    webrtc->entity = entity;
}

void sn_webrtc_server_close_all(struct sn_webrtc_server *webrtc)
{
    struct sn_list *node;

    sn_list_for_each (node, &webrtc->sessions)
        close_session(sn_container_of(node, struct rtc_session, link));
}

void sn_webrtc_server_destroy(struct sn_webrtc_server *webrtc)
{
    if (!webrtc)
        return;
    sn_block_put(webrtc->env->blocks, (struct sn_block *)(void *)webrtc - 1);
}

size_t sn_webrtc_server_channels(const struct sn_webrtc_server *webrtc)
{
    return webrtc->session_count;
}

size_t sn_webrtc_server_streams(const struct sn_webrtc_server *webrtc)
{
    const struct sn_list *node;
    size_t count = 0;

    sn_list_for_each (node, &webrtc->sessions)
        count += sn_container_of(node, struct rtc_session, link)->pipe.count;
    return count;
}
