/* SPDX-License-Identifier: Apache-2.0
 *
 * The server side of gRPC over HTTP/2. Loop thread.
 */
#include "rpc/transport/http2/server.h"

#include <assert.h>
#include <stdlib.h>

/* Headers and trailers of one call, both ways. */
enum { STREAM_MEMORY_MAX = 512 << 10 };

void h2_server_fail(struct h2_server_stream *stream)
{
    h2_stream_reset(&stream->h2, NGHTTP2_INTERNAL_ERROR);
}

/* ---- what the connection tells ---- */

static struct h2_stream *begin(struct h2_session *session, int32_t id)
{
    struct sn_block_pool *blocks = sn_loop_blocks(session->loop);
    struct sn_arena arena;

    if (!sn_guard_has_memory(session->guard, blocks))
        return NULL;
    sn_arena_init(&arena, blocks, STREAM_MEMORY_MAX);
    struct h2_server_stream *stream = sn_arena_zalloc(&arena, sizeof(*stream));
    if (!stream)
        return NULL;
    stream->arena = arena;
    sn_request_init(&stream->request);
    h2_stream_init(&stream->h2);
    h2_stream_begin(&stream->h2, session, id);
    return &stream->h2;
}

static void header(struct h2_stream *h2, struct sn_str name, struct sn_str value)
{
    struct h2_server_stream *stream = (struct h2_server_stream *)h2;

    h2_check_header(&stream->check, name, value);
    if (!stream->answered) /* trailers of a request mean nothing in gRPC */
        sn_request_header(&stream->request, &stream->arena, h2_conn_of(stream)->http2->guard, name,
                          value);
}

/* A stream error. RFC 9113, 8.1.1. */
static void refuse_malformed(struct h2_server_stream *stream)
{
    stream->answered = true;
    stream->h2.raw = true; /* what comes is dropped */
    h2_stream_reset(&stream->h2, NGHTTP2_PROTOCOL_ERROR);
}

static void headers_end(struct h2_stream *h2, bool end_stream, bool too_large)
{
    struct h2_server_stream *stream = (struct h2_server_stream *)h2;
    struct sn_request *request = &stream->request;
    struct sn_guard *guard = h2_conn_of(stream)->http2->guard;

    h2_check_headers_end(&stream->check, end_stream);
    if (stream->check.malformed && !too_large) {
        refuse_malformed(stream);
        return;
    }
    if (stream->answered)
        return;
    stream->answered = true;
    if (too_large) {
        guard->refused[SN_REFUSED_HEADER_BYTES]++;
        request->refused = 431;
    }
    bool is_grpc = sn_str_has_prefix(request->content_type, SN_STR("application/grpc")) &&
                   !sn_request_has_type(request, SN_STR("application/grpc-web")) &&
                   !sn_request_has_type(request, SN_STR("application/grpc-web-text"));
    if (is_grpc && !sn_request_has_type(request, SN_STR("application/grpc")))
        sn_request_refuse(request, guard, 415, SN_REFUSED_REQUEST);
    if (is_grpc && !sn_str_is(request->method, "POST"))
        sn_request_refuse(request, guard, 405, SN_REFUSED_REQUEST);
    if (is_grpc && !request->refused)
        h2_call_start(stream);
    else
        h2_exchange_start(stream);
}

static void message(struct h2_stream *h2, struct sn_str bytes, bool compressed)
{
    h2_call_message((struct h2_server_stream *)h2, bytes, compressed);
}

static void refuse(struct h2_stream *h2, int code, const char *text)
{
    struct h2_server_stream *stream = (struct h2_server_stream *)h2;

    if (stream->rpc.rpc)
        sn_server_refuse(&stream->rpc, code, text);
}

static void data(struct h2_stream *h2, struct sn_str bytes)
{
    struct sn_exchange *exchange = &((struct h2_server_stream *)h2)->exchange;

    if (sn_exchange_is_live(exchange))
        exchange->events->on_body(exchange, bytes);
    else
        h2_stream_consume(h2, bytes.len);
}

static void end_stream(struct h2_stream *h2)
{
    struct h2_server_stream *stream = (struct h2_server_stream *)h2;
    struct sn_exchange *exchange = &stream->exchange;

    h2_check_end(&stream->check, h2->data_len);
    if (stream->check.malformed)
        h2_stream_reset(h2, NGHTTP2_PROTOCOL_ERROR);
    else if (!h2->raw)
        h2_call_end(stream);
    else if (sn_exchange_is_live(exchange))
        exchange->events->on_end(exchange);
}

static void writable(struct h2_stream *h2)
{
    struct h2_server_stream *stream = (struct h2_server_stream *)h2;
    struct sn_exchange *exchange = &stream->exchange;

    if (stream->rpc.rpc)
        sn_server_writable(&stream->rpc);
    else if (sn_exchange_is_live(exchange))
        exchange->events->on_writable(exchange);
}

static void abort_exchange(struct sn_exchange *exchange)
{
    const struct sn_exchange_events *events = exchange->events;

    exchange->events = NULL;
    if (events)
        events->on_abort(exchange);
}

static void closed(struct h2_stream *h2, uint32_t error_code)
{
    struct h2_server_stream *stream = (struct h2_server_stream *)h2;
    struct sn_arena arena;

    if (stream->rpc.rpc)
        sn_server_abort(&stream->rpc);
    abort_exchange(&stream->exchange);
    h2_stream_fini(h2);
    arena = stream->arena;
    sn_arena_fini(&arena);
}

static void unused(struct sn_peer *peer)
{
    free(sn_container_of(peer, struct h2_server_conn, peer));
}

static void gone(struct h2_session *session)
{
    struct h2_server_conn *conn = (struct h2_server_conn *)session;
    struct sn_http2_server *http2 = conn->http2;
    bool draining = conn->draining;

    sn_timer_stop(sn_loop_timers(http2->loop), &conn->deadline);
    sn_list_remove(&conn->link);
    if (--http2->count == 0)
        sn_timer_stop(sn_loop_timers(http2->loop), &http2->sweep);
    conn->peer.unused = unused;
    if (!conn->peer.calls)
        unused(&conn->peer);
    if (draining)
        sn_drain_leave(&http2->drain);
}

static const struct h2_side side = {
    .begin = begin,
    .header = header,
    .headers_end = headers_end,
    .message = message,
    .data = data,
    .refuse = refuse,
    .end_stream = end_stream,
    .writable = writable,
    .closed = closed,
    .gone = gone,
};

/* ---- the server ---- */

struct sn_http2_server *sn_http2_server_create(struct sn_loop *loop, struct sn_server *server,
                                               struct sn_guard *guard,
                                               struct sn_exchange_handler *handler)
{
    struct sn_http2_server *http2 = calloc(1, sizeof(*http2));

    if (!http2)
        return NULL;
    http2->loop = loop;
    http2->core = server;
    http2->own_guard.limits = sn_limits_preset;
    http2->guard = guard ? guard : &http2->own_guard;
    http2->handler = handler;
    h2_memory_init(&http2->memory);
    sn_list_init(&http2->conns);
    return http2;
}

void sn_http2_server_destroy(struct sn_http2_server *http2)
{
    if (!http2)
        return;
    assert(sn_list_empty(&http2->conns));
    sn_timer_stop(sn_loop_timers(http2->loop), &http2->sweep);
    h2_memory_fini(&http2->memory);
    free(http2);
}

size_t sn_http2_server_connections(const struct sn_http2_server *http2)
{
    return http2->count;
}

size_t sn_http2_server_streams(const struct sn_http2_server *http2)
{
    const struct sn_list *node;
    size_t count = 0;

    sn_list_for_each (node, &http2->conns)
        count += sn_container_of(node, struct h2_server_conn, link)->session.stream_count;
    return count;
}

static void greeting_overdue(struct sn_timer *timer)
{
    struct h2_server_conn *conn = sn_container_of(timer, struct h2_server_conn, deadline);

    if (conn->session.greeted)
        return;
    conn->http2->guard->refused[SN_REFUSED_GREETING]++;
    h2_session_close(&conn->session, "it says nothing");
}

void sn_http2_server_accept(struct sn_http2_server *http2, struct sn_conn *sock)
{
    struct h2_server_conn *conn =
        http2->count < http2->guard->limits.connections ? calloc(1, sizeof(*conn)) : NULL;

    if (!conn) {
        http2->guard->refused[SN_REFUSED_CONNECTIONS]++;
        sn_conn_close(sock, false);
        return;
    }
    conn->http2 = http2;
    conn->peer = (struct sn_peer){.kind = SN_TRANSPORT_GRPC,
                                  .remote = sock->peer,
                                  .local = sock->local,
                                  .trusted = sock->trusted};
    conn->heard_ns = conn->sent_ns = sn_loop_timers(http2->loop)->now_ns;
    sn_list_append(&http2->conns, &conn->link);
    http2->count++;
    h2_server_watch(http2);
    if (h2_session_init(&conn->session, true, &side, http2->guard, http2->loop, &http2->memory,
                        sock) == 0)
        sn_timer_start(sn_loop_timers(http2->loop), &conn->deadline,
                       http2->guard->limits.greeting_ns, greeting_overdue);
}

static void drain_overdue(struct sn_timer *timer)
{
    struct h2_server_conn *conn = sn_container_of(timer, struct h2_server_conn, deadline);

    h2_session_close(&conn->session, "the server shuts down");
}

static void drain_conn(struct h2_server_conn *conn, uint64_t timeout_ns)
{
    struct sn_http2_server *http2 = conn->http2;

    if (conn->draining)
        return;
    conn->draining = true;
    http2->drain.left++;
    if (!conn->session.closing) {
        nghttp2_submit_goaway(conn->session.ng, NGHTTP2_FLAG_NONE,
                              nghttp2_session_get_last_proc_stream_id(conn->session.ng),
                              NGHTTP2_NO_ERROR, NULL, 0);
        h2_session_wake(&conn->session);
    }
    sn_timer_start(sn_loop_timers(http2->loop), &conn->deadline, timeout_ns, drain_overdue);
}

void sn_http2_server_drain(struct sn_http2_server *http2, uint64_t timeout_ns,
                           void (*drained)(void *owner), void *owner)
{
    struct sn_list *node, *next;

    sn_list_for_each_safe (node, next, &http2->conns)
        drain_conn(sn_container_of(node, struct h2_server_conn, link), timeout_ns);
    sn_drain_wait(&http2->drain, http2->loop, drained, owner);
}
