/* SPDX-License-Identifier: Apache-2.0
 *
 * The client side of gRPC over HTTP/2: a channel that connects when it is needed. Loop thread.
 *
 * A stream is made at once and begins (gets its id) when there is a connection; until then its
 * messages wait in its queue.
 */
#include "rpc/transport/http2/http2.h"
#include "rpc/transport/http2/session.h"

#include <stdio.h>
#include <stdlib.h>

enum { STREAM_MEMORY_MAX = 512 << 10, ADDRESS_MAX = 256 };

static const uint64_t pause_min_ns = SN_MS(100), pause_max_ns = SN_SECONDS(10);

/* A silent peer is asked whether it is there, and given up when it doesn't answer. Source: the Go
 * client's keepalive. */
static const uint64_t ping_interval_ns = SN_SECONDS(20);

struct client_conn {
    struct h2_session session; /* first */
    struct channel *channel;
    struct sn_list link; /* channel.conns */
    struct sn_timer ping;
    uint64_t bytes_seen; /* at the last ping */
    bool pinged;
};

struct channel {
    struct sn_channel base; /* first */
    struct sn_loop *loop;
    char address[ADDRESS_MAX];
    struct sn_dial *dial;
    struct client_conn *conn; /* the one that takes new streams; NULL: none */
    struct sn_list conns;     /* client_conn.link: that one, and those that only finish theirs */
    struct sn_list waiting;   /* struct client_stream.wait: for a connection */
    uint64_t pause_ns, may_dial_ns;
    struct sn_error last_error;
    struct sn_task retry; /* dials, or fails the waiting, from outside of open() */
    bool retry_wanted, closing;
    void (*on_closed)(void *owner);
    void *closed_owner;
};

struct client_stream {
    struct h2_stream h2; /* first */
    struct sn_client_stream rpc;
    struct sn_arena arena; /* holds the stream itself */
    struct channel *channel;
    struct sn_list wait;
    struct sn_timer deadline;
    struct sn_str path;
    struct sn_metadata request, headers, trailers;
    uint64_t timeout_ns;
    struct sn_str http_status, grpc_status, grpc_message;
    int broken;    /* code of an answer that can't be used */
    bool answered; /* headers were passed on */
    bool reported; /* on_trailers was called */
};

static struct client_stream *stream_of_rpc(const struct sn_client_stream *rpc)
{
    return sn_container_of(rpc, struct client_stream, rpc);
}

/* ---- the end of a stream ---- */

static void stream_destroy(struct client_stream *stream)
{
    struct sn_arena arena = stream->arena;

    sn_timer_stop(sn_loop_timers(stream->channel->loop), &stream->deadline);
    sn_list_remove(&stream->wait);
    while (stream->h2.out) {
        struct sn_message *next = stream->h2.out->next;

        sn_message_free(stream->h2.out);
        stream->h2.out = next;
    }
    sn_arena_fini(&arena);
}

static void report(struct client_stream *stream, int code, struct sn_str text)
{
    static const struct sn_str key = {"grpc-status-details-bin", 23};
    struct sn_status status = {.code = code, .text = text};

    if (stream->reported)
        return;
    stream->reported = true;
    sn_timer_stop(sn_loop_timers(stream->channel->loop), &stream->deadline);
    if (code)
        status.details = sn_metadata_get(&stream->trailers, key);
    stream->rpc.events->on_trailers(&stream->rpc, &status, &stream->trailers);
}

/* Ends a stream from our side: reported at once, its remains go when HTTP/2 has closed it. */
static void abandon(struct client_stream *stream, int code, struct sn_str text)
{
    bool begun = stream->h2.id > 0;

    report(stream, code, text);
    if (begun)
        h2_stream_reset(&stream->h2, NGHTTP2_CANCEL);
    else
        stream_destroy(stream);
}

static void on_deadline(struct sn_timer *timer)
{
    struct client_stream *stream = sn_container_of(timer, struct client_stream, deadline);

    abandon(stream, SN_ERR_DEADLINE_EXCEEDED, SN_STR("context deadline exceeded"));
}

/* ---- what the connection tells ---- */

static void header(struct h2_stream *h2, struct sn_str name, struct sn_str value)
{
    struct client_stream *stream = (struct client_stream *)h2;
    struct sn_metadata *metadata = stream->answered ? &stream->trailers : &stream->headers;

    if (sn_str_is(name, ":status"))
        stream->http_status = sn_arena_copy(&stream->arena, value);
    else if (sn_str_is(name, "grpc-status"))
        stream->grpc_status = sn_arena_copy(&stream->arena, value);
    else if (sn_str_is(name, "grpc-message"))
        stream->grpc_message = h2_unescape(value, &stream->arena);
    else if (sn_str_is(name, "grpc-encoding"))
        stream->h2.encoding = sn_arena_copy(&stream->arena, value);
    if (sn_str_is(name, "grpc-status-details-bin")) {
        struct sn_str bytes, key = sn_arena_copy(&stream->arena, name);

        if (!key.ptr || h2_decode(value, &stream->arena, &bytes) ||
            sn_metadata_add(&stream->trailers, &stream->arena, key, bytes))
            stream->broken = SN_ERR_INTERNAL;
        return;
    }
    if (h2_keep_metadata(metadata, &stream->arena, name, value))
        stream->broken = SN_ERR_INTERNAL;
}

static void headers_end(struct h2_stream *h2, bool end_stream)
{
    struct client_stream *stream = (struct client_stream *)h2;

    if (stream->reported || stream->answered)
        return;
    if (end_stream) {
        stream->trailers = stream->headers; /* trailers only */
        return;
    }
    stream->answered = true;
    stream->rpc.events->on_headers(&stream->rpc, &stream->headers);
}

static void message(struct h2_stream *h2, struct sn_str bytes)
{
    struct client_stream *stream = (struct client_stream *)h2;

    if (!stream->reported)
        stream->rpc.events->on_message(&stream->rpc, bytes.ptr, bytes.len);
}

static void refuse(struct h2_stream *h2, int code, const char *text)
{
    abandon((struct client_stream *)h2, code, sn_str_of(text));
}

static void end_stream(struct h2_stream *h2)
{
    struct client_stream *stream = (struct client_stream *)h2;

    if (stream->broken) {
        report(stream, stream->broken, SN_STR("the response's headers can't be used"));
    } else if (stream->grpc_status.ptr) {
        report(stream, sn_grpc_parse_status(stream->grpc_status), stream->grpc_message);
    } else {
        struct sn_str text =
            sn_arena_printf(&stream->arena, "unexpected HTTP status %.*s without grpc-status",
                            SN_STR_ARGS(stream->http_status));
        report(stream, SN_ERR_UNKNOWN, text);
    }
    if (!h2->end_of_data)
        h2_stream_reset(h2, NGHTTP2_CANCEL);
}

static void writable(struct h2_stream *h2)
{
    struct client_stream *stream = (struct client_stream *)h2;

    if (!stream->reported && stream->rpc.events->on_writable)
        stream->rpc.events->on_writable(&stream->rpc);
}

/* RST_STREAM codes as gRPC maps them. */
static int code_of_reset(uint32_t error_code)
{
    switch (error_code) {
    case NGHTTP2_REFUSED_STREAM:
        return SN_ERR_UNAVAILABLE;
    case NGHTTP2_CANCEL:
        return SN_ERR_CANCELLED;
    case NGHTTP2_ENHANCE_YOUR_CALM:
        return SN_ERR_RESOURCE_EXHAUSTED;
    case NGHTTP2_INADEQUATE_SECURITY:
        return SN_ERR_PERMISSION_DENIED;
    default:
        return SN_ERR_INTERNAL;
    }
}

static void closed(struct h2_stream *h2, uint32_t error_code)
{
    struct client_stream *stream = (struct client_stream *)h2;
    struct sn_str text = SN_STR("the connection was lost");
    int code = SN_ERR_UNAVAILABLE;

    if (!h2->session->closing) {
        code = code_of_reset(error_code);
        text = sn_arena_printf(&stream->arena, "the server reset the stream (HTTP/2 error %u)",
                               (unsigned)error_code);
    }
    report(stream, code, text);
    h2_stream_fini(h2);
    stream_destroy(stream);
}

static void turn_away(struct client_conn *conn)
{
    if (conn->channel->conn == conn)
        conn->channel->conn = NULL;
}

static void goaway(struct h2_session *session)
{
    turn_away((struct client_conn *)session);
}

static void maybe_closed(struct channel *channel);

static void gone(struct h2_session *session, int code)
{
    struct client_conn *conn = (struct client_conn *)session;
    struct channel *channel = conn->channel;

    sn_timer_stop(sn_loop_timers(session->loop), &conn->ping);
    turn_away(conn);
    sn_list_remove(&conn->link);
    free(conn);
    maybe_closed(channel);
}

static const struct h2_side side = {
    .header = header,
    .headers_end = headers_end,
    .message = message,
    .refuse = refuse,
    .end_stream = end_stream,
    .writable = writable,
    .closed = closed,
    .goaway = goaway,
    .gone = gone,
};

/* ---- beginning streams ---- */

/* A path is no authority: HTTP/2 refuses its slashes. */
static struct sn_str authority_of(const struct channel *channel)
{
    struct sn_str address = sn_str_of(channel->address);

    return sn_str_has_prefix(address, SN_STR("unix:")) ? SN_STR("localhost") : address;
}

static void submit(struct client_stream *stream, struct client_conn *conn)
{
    nghttp2_nv *nv =
        sn_arena_alloc(&stream->arena, (stream->request.count + 8) * sizeof(nghttp2_nv));
    struct sn_str timeout = SN_STR_NULL;
    size_t count = 0;
    char text[SN_GRPC_TIMEOUT_MAX];

    if (stream->timeout_ns != SN_NEVER) {
        sn_grpc_print_timeout(stream->timeout_ns, text);
        timeout = sn_str_of(text);
    }
    sn_list_remove(&stream->wait);
    if (nv) {
        nv[count++] = h2_nv(SN_STR(":method"), SN_STR("POST"));
        nv[count++] = h2_nv(SN_STR(":scheme"), SN_STR("http"));
        nv[count++] = h2_nv(SN_STR(":path"), stream->path);
        nv[count++] = h2_nv(SN_STR(":authority"), authority_of(stream->channel));
        nv[count++] = h2_nv(SN_STR("te"), SN_STR("trailers"));
        nv[count++] = h2_nv(SN_STR("content-type"), SN_STR("application/grpc"));
        nv[count++] = h2_nv(SN_STR("user-agent"), SN_STR("sinew"));
        if (timeout.ptr)
            nv[count++] = h2_nv(SN_STR("grpc-timeout"), timeout);
    }
    nghttp2_data_provider provider = h2_stream_provider(&stream->h2);
    int32_t id = -1;
    if (nv && !h2_add_metadata(nv, &count, &stream->request, &stream->arena))
        id = nghttp2_submit_request(conn->session.ng, NULL, nv, count, &provider, &stream->h2);
    if (id < 0) {
        abandon(stream, SN_ERR_UNAVAILABLE, SN_STR("the connection takes no more streams"));
        return;
    }
    struct h2_stream *h2 = &stream->h2;
    h2->session = &conn->session;
    h2->id = id;
    h2->deferred = false;
    sn_list_append(&conn->session.streams, &h2->link);
    conn->session.stream_count++;
    h2_session_wake(&conn->session);
}

static void fail_waiting(struct channel *channel, const char *text)
{
    while (!sn_list_empty(&channel->waiting)) {
        struct client_stream *stream =
            sn_container_of(channel->waiting.next, struct client_stream, wait);

        abandon(stream, SN_ERR_UNAVAILABLE, sn_str_of(text));
    }
}

static void on_ping(struct sn_timer *timer)
{
    struct client_conn *conn = sn_container_of(timer, struct client_conn, ping);
    struct h2_session *session = &conn->session;
    bool silent = session->conn && session->conn->bytes_in == conn->bytes_seen;

    if (conn->pinged && silent) {
        h2_session_close(session);
        return;
    }
    conn->pinged = silent;
    if (session->conn)
        conn->bytes_seen = session->conn->bytes_in;
    if (silent) {
        nghttp2_submit_ping(session->ng, NGHTTP2_FLAG_NONE, NULL);
        h2_session_wake(session);
    }
    sn_timer_start(sn_loop_timers(session->loop), timer, ping_interval_ns, on_ping);
}

static void on_connect(void *owner, struct sn_conn *sock, const struct sn_error *error)
{
    struct channel *channel = owner;
    struct client_conn *conn = sock ? calloc(1, sizeof(*conn)) : NULL;

    channel->dial = NULL;
    if (!sock) {
        channel->last_error = *error;
        channel->pause_ns = channel->pause_ns ? channel->pause_ns * 2 : pause_min_ns;
        if (channel->pause_ns > pause_max_ns)
            channel->pause_ns = pause_max_ns;
        channel->may_dial_ns = sn_loop_timers(channel->loop)->now_ns + channel->pause_ns;
        fail_waiting(channel, error->text);
        maybe_closed(channel);
        return;
    }
    if (!conn)
        abort();
    channel->pause_ns = 0;
    channel->conn = conn;
    conn->channel = channel;
    sn_list_append(&channel->conns, &conn->link);
    if (h2_session_init(&conn->session, false, &side, channel->loop, sock)) {
        fail_waiting(channel, "no memory for a connection");
        return;
    }
    sn_timer_start(sn_loop_timers(channel->loop), &conn->ping, ping_interval_ns, on_ping);
    while (!sn_list_empty(&channel->waiting))
        submit(sn_container_of(channel->waiting.next, struct client_stream, wait), conn);
}

static void on_retry(struct sn_task *task)
{
    struct channel *channel = sn_container_of(task, struct channel, retry);
    struct sn_error error;

    channel->retry_wanted = false;
    if (channel->closing) {
        maybe_closed(channel);
        return;
    }
    if (channel->dial || channel->conn || sn_list_empty(&channel->waiting))
        return;
    if (sn_loop_timers(channel->loop)->now_ns < channel->may_dial_ns)
        fail_waiting(channel, channel->last_error.text);
    else if (sn_dial(channel->loop, channel->address, on_connect, channel, &channel->dial, &error))
        fail_waiting(channel, error.text);
}

static void want_retry(struct channel *channel)
{
    if (channel->retry_wanted)
        return;
    channel->retry_wanted = true;
    channel->retry.run = on_retry;
    sn_loop_defer(channel->loop, &channel->retry);
}

/* ---- what callers ask for ---- */

static void stream_message(struct sn_client_stream *rpc, struct sn_message *take_message,
                           bool half_close)
{
    struct client_stream *stream = stream_of_rpc(rpc);

    h2_stream_message(&stream->h2, take_message);
    if (half_close)
        h2_stream_end(&stream->h2, NULL, 0);
}

static void stream_half_close(struct sn_client_stream *rpc)
{
    h2_stream_end(&stream_of_rpc(rpc)->h2, NULL, 0);
}

static size_t stream_queued(const struct sn_client_stream *rpc)
{
    return stream_of_rpc(rpc)->h2.queued;
}

static void stream_credit(struct sn_client_stream *rpc, size_t bytes)
{
    struct client_stream *stream = stream_of_rpc(rpc);

    if (stream->h2.session)
        h2_stream_credit(&stream->h2, bytes);
}

static void stream_cancel(struct sn_client_stream *rpc, int code)
{
    abandon(stream_of_rpc(rpc), code, sn_str_of(sn_err_text(code)));
}

static const struct sn_client_stream_ops stream_ops = {
    .message = stream_message,
    .half_close = stream_half_close,
    .queued = stream_queued,
    .credit = stream_credit,
    .cancel = stream_cancel,
};

static int copy_request(struct client_stream *stream, const struct sn_metadata *metadata)
{
    for (uint32_t i = 0; i < metadata->count; i++) {
        struct sn_str key = sn_arena_copy(&stream->arena, metadata->v[i].key);
        struct sn_str value = sn_arena_copy(&stream->arena, metadata->v[i].value);

        if (!key.ptr || !value.ptr || sn_metadata_add(&stream->request, &stream->arena, key, value))
            return SN_ERR_RESOURCE_EXHAUSTED;
    }
    return 0;
}

static struct client_stream *stream_create(struct channel *channel, struct sn_str path,
                                           const struct sn_metadata *metadata)
{
    struct sn_arena arena;

    sn_arena_init(&arena, sn_loop_blocks(channel->loop), STREAM_MEMORY_MAX);
    struct client_stream *stream = sn_arena_zalloc(&arena, sizeof(*stream));
    if (!stream)
        return NULL;
    stream->arena = arena;
    stream->channel = channel;
    sn_list_init(&stream->wait);
    sn_list_init(&stream->h2.link);
    stream->h2.out_end = &stream->h2.out;
    stream->path = sn_arena_copy(&stream->arena, path);
    if (!stream->path.ptr || copy_request(stream, metadata)) {
        stream_destroy(stream);
        return NULL;
    }
    return stream;
}

static struct sn_client_stream *channel_open(struct sn_channel *base,
                                             const struct sn_client_events *events, void *owner,
                                             struct sn_str path, const struct sn_metadata *metadata,
                                             uint64_t timeout_ns)
{
    struct channel *channel = (struct channel *)base;
    struct client_stream *stream = stream_create(channel, path, metadata);

    if (!stream)
        return NULL;
    stream->rpc = (struct sn_client_stream){&stream_ops, events, owner};
    stream->timeout_ns = timeout_ns;
    if (timeout_ns != SN_NEVER)
        sn_timer_start(sn_loop_timers(channel->loop), &stream->deadline, timeout_ns, on_deadline);
    sn_list_append(&channel->waiting, &stream->wait);
    if (channel->conn && !channel->conn->session.closing)
        submit(stream, channel->conn);
    else
        want_retry(channel);
    return &stream->rpc;
}

static void maybe_closed(struct channel *channel)
{
    if (!channel->closing || !sn_list_empty(&channel->conns) || channel->retry_wanted)
        return;
    void (*on_closed)(void *owner) = channel->on_closed;
    void *owner = channel->closed_owner;
    free(channel);
    on_closed(owner);
}

static void channel_close(struct sn_channel *base, void (*on_closed)(void *owner), void *owner)
{
    struct channel *channel = (struct channel *)base;
    struct sn_list *node;

    channel->closing = true;
    channel->on_closed = on_closed;
    channel->closed_owner = owner;
    if (channel->dial)
        sn_dial_cancel(channel->dial);
    channel->dial = NULL;
    fail_waiting(channel, "the channel was closed");
    sn_list_for_each (node, &channel->conns)
        h2_session_close(&sn_container_of(node, struct client_conn, link)->session);
    if (sn_list_empty(&channel->conns))
        want_retry(channel);
}

static const struct sn_channel_ops channel_ops = {channel_open, channel_close};

int sn_http2_channel_create(struct sn_loop *loop, const char *address,
                            struct sn_channel **ret_channel, struct sn_error *error)
{
    struct channel *channel = calloc(1, sizeof(*channel));

    if (!channel)
        return sn_error_set(error, SN_ERR_RESOURCE_EXHAUSTED, "no memory for a channel to %s",
                            address);
    if (strlen(address) >= ADDRESS_MAX) {
        free(channel);
        return sn_error_set(error, SN_ERR_INVALID_ARGUMENT,
                            "address %.64s...: longer than %d bytes", address, ADDRESS_MAX - 1);
    }
    channel->base = (struct sn_channel){&channel_ops, sn_loop_env(loop)};
    channel->loop = loop;
    strcpy(channel->address, address);
    sn_list_init(&channel->waiting);
    sn_list_init(&channel->conns);
    *ret_channel = &channel->base;
    return 0;
}
