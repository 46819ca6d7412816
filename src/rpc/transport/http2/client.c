/* SPDX-License-Identifier: Apache-2.0
 *
 * The client side of gRPC over HTTP/2: a channel that connects when it is needed. Loop thread.
 *
 * A stream is made at once and begins (gets its id) when there is a connection; until then its
 * messages wait in its queue.
 */
#include "net/address.h"
#include "rpc/transport/http2/http2.h"
#include "rpc/transport/http2/session.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    STREAM_MEMORY_MAX = 512 << 10, /* headers and trailers of one call, both ways */
    STREAMS_MAX = 1000,            /* at once on a connection, whatever the peer allows */
    WAITING_MAX = 1000,            /* streams for which there is no connection or no room on it */
};

static const uint64_t pause_min_ns = SN_MS(100), pause_max_ns = SN_SECONDS(10);
static const uint64_t connect_timeout_ns = SN_SECONDS(20);

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
    struct h2_memory memory;
    char address[SN_ADDRESS_MAX];
    struct sn_dial *dial;
    struct sn_timer dial_timeout;
    struct client_conn *conn; /* the one that takes new streams; NULL: none */
    struct sn_list conns;     /* client_conn.link: that one, and those that only finish theirs */
    struct sn_list waiting;   /* client_stream.wait: to begin, oldest first */
    uint32_t waiting_count;
    uint64_t pause_ns, may_dial_ns;
    struct sn_error last_error;
    struct sn_task work; /* begins the waiting, dials or fails them, from outside of open() */
    bool work_wanted, closing;
    void (*on_closed)(void *owner);
    void *closed_owner;
};

struct client_stream {
    struct h2_stream h2; /* first */
    struct sn_client_stream rpc;
    struct sn_arena arena; /* holds the stream itself */
    struct channel *channel;
    struct sn_list wait; /* channel.waiting */
    struct sn_timer deadline;
    struct sn_str path;
    struct sn_metadata request, headers, trailers;
    struct sn_str http_status, content_type, grpc_status, grpc_message;
    bool broken;   /* the answer's headers can't be used */
    bool answered; /* headers were passed on */
    bool reported; /* on_trailers was called */
};

static struct client_stream *stream_of_rpc(const struct sn_client_stream *rpc)
{
    return sn_container_of(rpc, struct client_stream, rpc);
}

static void want_work(struct channel *channel);

/* ---- the end of a stream ---- */

static void stop_waiting(struct client_stream *stream)
{
    if (sn_list_empty(&stream->wait))
        return;
    sn_list_remove(&stream->wait);
    stream->channel->waiting_count--;
}

static void destroy(struct client_stream *stream)
{
    struct sn_arena arena = stream->arena;

    sn_timer_stop(sn_loop_timers(stream->channel->loop), &stream->deadline);
    stop_waiting(stream);
    h2_stream_fini(&stream->h2);
    sn_arena_fini(&arena);
}

static void report(struct client_stream *stream, int code, struct sn_str text)
{
    struct sn_status status = {.code = code, .text = text};

    if (stream->reported)
        return;
    stream->reported = true;
    sn_timer_stop(sn_loop_timers(stream->channel->loop), &stream->deadline);
    h2_inbox_close(&stream->h2);
    if (code)
        status.details = sn_metadata_get(&stream->trailers, SN_STR("grpc-status-details-bin"));
    stream->rpc.events->on_trailers(&stream->rpc, &status, &stream->trailers);
}

/* Ends a stream from our side: reported at once, its remains go when HTTP/2 has closed it. */
static void abandon(struct client_stream *stream, int code, struct sn_str text)
{
    stop_waiting(stream);
    if (stream->h2.session && !stream->reported)
        h2_stream_reset(&stream->h2, NGHTTP2_CANCEL);
    report(stream, code, text);
    if (!stream->h2.session)
        destroy(stream);
}

static void on_deadline(struct sn_timer *timer)
{
    struct client_stream *stream = sn_container_of(timer, struct client_stream, deadline);

    abandon(stream, SN_ERR_DEADLINE_EXCEEDED, SN_STR("context deadline exceeded"));
}

/* ---- what the connection tells ---- */

/* Keeps gRPC's own headers; false for others. */
static bool keep_own(struct client_stream *stream, struct sn_str name, struct sn_str value)
{
    struct sn_str *kept = sn_str_is(name, ":status")         ? &stream->http_status
                          : sn_str_is(name, "content-type")  ? &stream->content_type
                          : sn_str_is(name, "grpc-status")   ? &stream->grpc_status
                          : sn_str_is(name, "grpc-encoding") ? &stream->h2.in.encoding
                                                             : NULL;

    if (kept)
        *kept = sn_arena_copy(&stream->arena, value);
    else if (sn_str_is(name, "grpc-message"))
        stream->grpc_message = h2_unescape(value, &stream->arena);
    else
        return false;
    return true;
}

static int keep_details(struct client_stream *stream, struct sn_str name, struct sn_str value)
{
    struct sn_str bytes, key = sn_arena_copy(&stream->arena, name);

    if (!key.ptr)
        return SN_ERR_RESOURCE_EXHAUSTED;
    int code = h2_decode(value, &stream->arena, &bytes);
    return code ? code : sn_metadata_add(&stream->trailers, &stream->arena, key, bytes);
}

static void header(struct h2_stream *h2, struct sn_str name, struct sn_str value)
{
    struct client_stream *stream = (struct client_stream *)h2;
    struct sn_metadata *metadata = stream->answered ? &stream->trailers : &stream->headers;
    int code = 0;

    if (sn_str_is(name, "grpc-status-details-bin"))
        code = keep_details(stream, name, value);
    else if (!keep_own(stream, name, value))
        code = h2_keep_metadata(metadata, &stream->arena, name, value);
    stream->broken |= code != 0;
}

/* Puts what came with the only header block where trailers are kept. */
static void move_to_trailers(struct client_stream *stream)
{
    for (uint32_t i = 0; i < stream->headers.count; i++)
        stream->broken |=
            sn_metadata_add(&stream->trailers, &stream->arena, stream->headers.v[i].key,
                            stream->headers.v[i].value) != 0;
}

static bool is_grpc(const struct client_stream *stream)
{
    return sn_str_is(stream->http_status, "200") &&
           sn_str_has_prefix(stream->content_type, SN_STR("application/grpc"));
}

static void headers_end(struct h2_stream *h2, bool end_stream, bool too_large)
{
    struct client_stream *stream = (struct client_stream *)h2;

    stream->broken |= too_large;
    if (stream->reported || stream->answered)
        return;
    if (sn_str_has_prefix(stream->http_status, SN_STR("1"))) { /* an interim answer */
        stream->headers.count = 0;
        return;
    }
    if (end_stream) {
        move_to_trailers(stream);
        return;
    }
    stream->answered = true;
    if (!is_grpc(stream))
        h2_inbox_close(h2); /* a page for people: its status says enough */
    else
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

static int http_status(const struct client_stream *stream)
{
    int status = 0;

    for (size_t i = 0; i < stream->http_status.len; i++) /* three digits, nghttp2 checks */
        status = status * 10 + (stream->http_status.ptr[i] - '0');
    return status;
}

static void end_stream(struct h2_stream *h2)
{
    struct client_stream *stream = (struct client_stream *)h2;

    if (stream->broken) {
        report(stream, SN_ERR_INTERNAL, SN_STR("the response's headers can't be used"));
    } else if (stream->grpc_status.ptr && h2_inbox_is_between(h2)) {
        report(stream, sn_grpc_parse_status(stream->grpc_status), stream->grpc_message);
    } else if (is_grpc(stream)) {
        report(stream, SN_ERR_INTERNAL,
               h2_inbox_is_between(h2) ? SN_STR("server closed the stream without sending trailers")
                                       : SN_STR("unexpected EOF"));
    } else {
        struct sn_str text =
            sn_arena_printf(&stream->arena, "unexpected HTTP status %.*s, content-type \"%.*s\"",
                            SN_STR_ARGS(stream->http_status), SN_STR_ARGS(stream->content_type));
        report(stream, sn_grpc_of_http(http_status(stream)), text);
    }
    if (!h2->out.closed)
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

static struct sn_str lost_text(struct client_stream *stream)
{
    const char *cause = stream->h2.session->cause;

    return sn_arena_printf(&stream->arena, "connection to %s lost: %s", stream->channel->address,
                           cause ? cause : "the system says no more");
}

static void closed(struct h2_stream *h2, uint32_t error_code)
{
    struct client_stream *stream = (struct client_stream *)h2;
    struct channel *channel = stream->channel;

    if (h2->session->ended)
        report(stream, SN_ERR_UNAVAILABLE, lost_text(stream));
    else
        report(stream, code_of_reset(error_code),
               sn_arena_printf(&stream->arena, "the server reset the stream: %s",
                               nghttp2_http2_strerror(error_code)));
    destroy(stream);
    if (!sn_list_empty(&channel->waiting))
        want_work(channel); /* there is room for one */
}

static void turn_away(struct client_conn *conn)
{
    struct channel *channel = conn->channel;

    if (channel->conn == conn)
        channel->conn = NULL;
    if (!sn_list_empty(&channel->waiting))
        want_work(channel);
}

static void goaway(struct h2_session *session)
{
    turn_away((struct client_conn *)session);
}

static void settings(struct h2_session *session)
{
    want_work(((struct client_conn *)session)->channel);
}

static void maybe_closed(struct channel *channel);

static void gone(struct h2_session *session)
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
    .settings = settings,
    .gone = gone,
};

/* ---- beginning streams ---- */

/* A path is no authority: HTTP/2 refuses its slashes. */
static struct sn_str authority_of(const struct channel *channel)
{
    struct sn_str address = sn_str_of(channel->address);

    return sn_str_has_prefix(address, SN_STR("unix:")) ? SN_STR("localhost") : address;
}

/* Whether another stream may begin on that connection now. */
static bool has_room(const struct client_conn *conn)
{
    return conn && !conn->session.closing && conn->session.stream_count < STREAMS_MAX &&
           conn->session.stream_count <
               nghttp2_session_get_remote_settings(conn->session.ng,
                                                   NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS);
}

/* What is left of the call's time. */
static struct sn_str print_timeout(const struct client_stream *stream,
                                   char text[SN_GRPC_TIMEOUT_MAX])
{
    uint64_t now_ns = sn_loop_timers(stream->channel->loop)->now_ns;
    uint64_t due_ns = stream->deadline.due_ns;

    return (struct sn_str){text,
                           sn_grpc_print_timeout(due_ns > now_ns ? due_ns - now_ns : 0, text)};
}

/* A stream id, or an error of nghttp2's. */
static int32_t submit_request(struct client_stream *stream, struct client_conn *conn)
{
    nghttp2_nv *nv =
        sn_arena_alloc(&stream->arena, (stream->request.count + 8) * sizeof(nghttp2_nv));
    nghttp2_data_provider provider = h2_stream_provider(&stream->h2);
    char timeout[SN_GRPC_TIMEOUT_MAX];
    size_t count = 0;

    if (!nv)
        return NGHTTP2_ERR_NOMEM;
    nv[count++] = h2_nv(SN_STR(":method"), SN_STR("POST"));
    nv[count++] = h2_nv(SN_STR(":scheme"), SN_STR("http"));
    nv[count++] = h2_nv(SN_STR(":path"), stream->path);
    nv[count++] = h2_nv(SN_STR(":authority"), authority_of(stream->channel));
    nv[count++] = h2_nv(SN_STR("te"), SN_STR("trailers"));
    nv[count++] = h2_nv(SN_STR("content-type"), SN_STR("application/grpc"));
    nv[count++] = h2_nv(SN_STR("user-agent"), SN_STR("sinew"));
    if (stream->deadline.armed)
        nv[count++] = h2_nv(SN_STR("grpc-timeout"), print_timeout(stream, timeout));
    if (h2_add_metadata(nv, &count, &stream->request, &stream->arena))
        return NGHTTP2_ERR_NOMEM;
    return nghttp2_submit_request(conn->session.ng, NULL, nv, count, &provider, &stream->h2);
}

static void on_no_room(struct sn_timer *timer)
{
    struct client_stream *stream = sn_container_of(timer, struct client_stream, deadline);

    abandon(stream, SN_ERR_RESOURCE_EXHAUSTED, SN_STR("no room for another call"));
}

/* Said later: open() has to return a stream first. */
static void refuse_stream(struct client_stream *stream)
{
    stop_waiting(stream);
    sn_timer_start(sn_loop_timers(stream->channel->loop), &stream->deadline, 0, on_no_room);
}

static void begin(struct client_stream *stream, struct client_conn *conn)
{
    int32_t id = submit_request(stream, conn);

    if (id == NGHTTP2_ERR_STREAM_ID_NOT_AVAILABLE) { /* after 2^30 streams: the next connection */
        turn_away(conn);
        return;
    }
    if (id < 0) {
        refuse_stream(stream);
        return;
    }
    stop_waiting(stream);
    stream->h2.out.deferred = false;
    h2_stream_begin(&stream->h2, &conn->session, id);
    h2_session_wake(&conn->session);
}

static void begin_waiting(struct channel *channel)
{
    while (!sn_list_empty(&channel->waiting) && has_room(channel->conn))
        begin(sn_container_of(channel->waiting.next, struct client_stream, wait), channel->conn);
}

static void fail_waiting(struct channel *channel, const char *text)
{
    while (!sn_list_empty(&channel->waiting))
        abandon(sn_container_of(channel->waiting.next, struct client_stream, wait),
                SN_ERR_UNAVAILABLE, sn_str_of(text));
}

/* ---- the connection ---- */

static void on_ping(struct sn_timer *timer)
{
    struct client_conn *conn = sn_container_of(timer, struct client_conn, ping);
    struct h2_session *session = &conn->session;

    if (session->closing)
        return;
    bool silent = session->conn->bytes_in == conn->bytes_seen;
    if (conn->pinged && silent) {
        h2_session_close(session, "it doesn't answer");
        return;
    }
    conn->pinged = silent;
    conn->bytes_seen = session->conn->bytes_in;
    if (silent) {
        nghttp2_submit_ping(session->ng, NGHTTP2_FLAG_NONE, NULL);
        h2_session_wake(session);
    }
    sn_timer_start(sn_loop_timers(session->loop), timer, ping_interval_ns, on_ping);
}

static void on_failure(struct channel *channel, const struct sn_error *error)
{
    channel->last_error = *error;
    channel->pause_ns = channel->pause_ns ? channel->pause_ns * 2 : pause_min_ns;
    if (channel->pause_ns > pause_max_ns)
        channel->pause_ns = pause_max_ns;
    channel->may_dial_ns = sn_loop_timers(channel->loop)->now_ns + channel->pause_ns;
    fail_waiting(channel, channel->last_error.text);
}

static void on_connect(void *owner, struct sn_conn *sock, const struct sn_error *error)
{
    struct channel *channel = owner;
    struct sn_error no_memory;

    channel->dial = NULL;
    sn_timer_stop(sn_loop_timers(channel->loop), &channel->dial_timeout);
    if (!sock) {
        on_failure(channel, error);
        return;
    }
    struct client_conn *conn = calloc(1, sizeof(*conn));
    if (!conn) {
        sn_conn_close(sock, false);
        sn_error_set(&no_memory, SN_ERR_UNAVAILABLE, "no memory for a connection to %s",
                     channel->address);
        on_failure(channel, &no_memory);
        return;
    }
    channel->pause_ns = 0;
    channel->conn = conn;
    conn->channel = channel;
    sn_list_append(&channel->conns, &conn->link);
    if (h2_session_init(&conn->session, false, &side, channel->loop, &channel->memory, sock))
        return; /* `gone` follows */
    sn_timer_start(sn_loop_timers(channel->loop), &conn->ping, ping_interval_ns, on_ping);
    begin_waiting(channel);
}

static void on_dial_timeout(struct sn_timer *timer)
{
    struct channel *channel = sn_container_of(timer, struct channel, dial_timeout);
    struct sn_error error;

    sn_dial_cancel(channel->dial);
    channel->dial = NULL;
    sn_error_set(&error, SN_ERR_UNAVAILABLE, "connect to %s: connection timed out",
                 channel->address);
    on_failure(channel, &error);
}

static void dial(struct channel *channel)
{
    struct sn_error error;

    if (sn_loop_timers(channel->loop)->now_ns < channel->may_dial_ns)
        fail_waiting(channel, channel->last_error.text);
    else if (sn_dial(channel->loop, channel->address, on_connect, channel, &channel->dial, &error))
        on_failure(channel, &error);
    else
        sn_timer_start(sn_loop_timers(channel->loop), &channel->dial_timeout, connect_timeout_ns,
                       on_dial_timeout);
}

static void on_work(struct sn_task *task)
{
    struct channel *channel = sn_container_of(task, struct channel, work);

    channel->work_wanted = false;
    if (channel->closing) {
        fail_waiting(channel, "the channel was closed");
        maybe_closed(channel);
        return;
    }
    begin_waiting(channel);
    if (!channel->dial && !channel->conn && !sn_list_empty(&channel->waiting))
        dial(channel);
}

static void want_work(struct channel *channel)
{
    if (channel->work_wanted)
        return;
    channel->work_wanted = true;
    channel->work.run = on_work;
    sn_loop_defer(channel->loop, &channel->work);
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
    return stream_of_rpc(rpc)->h2.out.queued;
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

static struct client_stream *create(struct channel *channel, struct sn_str path,
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
    h2_stream_init(&stream->h2);
    stream->path = sn_arena_copy(&stream->arena, path);
    if (!stream->path.ptr || copy_request(stream, metadata)) {
        destroy(stream);
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
    struct client_stream *stream = create(channel, path, metadata);

    if (!stream)
        return NULL;
    stream->rpc = (struct sn_client_stream){&stream_ops, events, owner};
    if (channel->waiting_count == WAITING_MAX) {
        refuse_stream(stream);
        return &stream->rpc;
    }
    if (timeout_ns != SN_NEVER)
        sn_timer_start(sn_loop_timers(channel->loop), &stream->deadline, timeout_ns, on_deadline);
    bool first = sn_list_empty(&channel->waiting);
    sn_list_append(&channel->waiting, &stream->wait);
    channel->waiting_count++;
    if (first && has_room(channel->conn))
        begin(stream, channel->conn);
    else
        want_work(channel);
    return &stream->rpc;
}

static void maybe_closed(struct channel *channel)
{
    if (!channel->closing || !sn_list_empty(&channel->conns) || channel->work_wanted)
        return;
    void (*on_closed)(void *owner) = channel->on_closed;
    void *owner = channel->closed_owner;
    h2_memory_fini(&channel->memory);
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
    sn_timer_stop(sn_loop_timers(channel->loop), &channel->dial_timeout);
    sn_list_for_each (node, &channel->conns)
        h2_session_close(&sn_container_of(node, struct client_conn, link)->session,
                         "the channel was closed");
    want_work(channel);
}

static const struct sn_channel_ops channel_ops = {channel_open, channel_close};

int sn_http2_channel_create(struct sn_loop *loop, const char *address,
                            struct sn_channel **ret_channel, struct sn_error *error)
{
    struct sn_address parsed;
    int code = sn_address_parse(address, &parsed, error);

    if (code)
        return code;
    struct channel *channel = calloc(1, sizeof(*channel));
    if (!channel)
        return sn_error_set(error, SN_ERR_RESOURCE_EXHAUSTED, "no memory for a channel to %s",
                            address);
    channel->base = (struct sn_channel){&channel_ops, sn_loop_env(loop)};
    channel->loop = loop;
    snprintf(channel->address, sizeof(channel->address), "%s", address);
    h2_memory_init(&channel->memory);
    sn_list_init(&channel->waiting);
    sn_list_init(&channel->conns);
    *ret_channel = &channel->base;
    return 0;
}
