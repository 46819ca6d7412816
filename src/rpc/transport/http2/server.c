/* SPDX-License-Identifier: Apache-2.0
 *
 * The server side of gRPC over HTTP/2. Loop thread.
 */
#include "rpc/transport/http2/http2.h"
#include "rpc/transport/http2/session.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    STREAM_MEMORY_MAX = 512 << 10, /* headers and trailers of one call, both ways */
    CONNECTIONS_MAX = 1000,
    TEXT_MAX = 4 << 10, /* of an error's: clients limit trailers, Python's to 8 KiB */
};

/* By then a client has begun to speak HTTP/2. Source: the reference's ReadHeaderTimeout. */
static const uint64_t greeting_ns = SN_SECONDS(10);

struct sn_http2_server {
    struct sn_loop *loop;
    struct sn_server *core;
    struct h2_memory memory;
    struct sn_list conns; /* struct server_conn.link */
    size_t count;
    void (*drained)(void *owner);
    void *drained_owner;
    size_t draining; /* connections `drained` waits for */
    struct sn_task report;
};

struct server_conn {
    struct h2_session session; /* first */
    struct sn_http2_server *http2;
    struct sn_list link;
    struct sn_peer peer;
    struct sn_timer deadline; /* of the greeting, then of a drain */
    bool draining;
};

struct server_stream {
    struct h2_stream h2; /* first */
    struct sn_server_stream rpc;
    struct sn_arena arena; /* holds the stream itself */
    struct sn_str path, content_type;
    struct sn_metadata metadata;
    uint64_t timeout_ns;
    int refused;   /* HTTP status to answer with instead of a call */
    bool answered; /* begun or refused: the request's headers are through */
    bool head_sent;
};

static struct server_stream *stream_of_rpc(const struct sn_server_stream *rpc)
{
    return sn_container_of(rpc, struct server_stream, rpc);
}

/* ---- what the core asks for ---- */

static nghttp2_nv *nv_array(struct server_stream *stream, const struct sn_metadata *metadata,
                            size_t extra)
{
    return sn_arena_alloc(&stream->arena, (metadata->count + extra) * sizeof(nghttp2_nv));
}

static void fail_stream(struct server_stream *stream)
{
    h2_stream_reset(&stream->h2, NGHTTP2_INTERNAL_ERROR);
}

static void send_headers(struct sn_server_stream *rpc, const struct sn_metadata *headers)
{
    struct server_stream *stream = stream_of_rpc(rpc);
    nghttp2_nv *nv = nv_array(stream, headers, 2);
    size_t count = 0;

    stream->head_sent = true;
    if (!nv) {
        fail_stream(stream);
        return;
    }
    nv[count++] = h2_nv(SN_STR(":status"), SN_STR("200"));
    nv[count++] = h2_nv(SN_STR("content-type"), stream->content_type);
    nghttp2_data_provider provider = h2_stream_provider(&stream->h2);
    if (h2_add_metadata(nv, &count, headers, &stream->arena) ||
        nghttp2_submit_response(stream->h2.session->ng, stream->h2.id, nv, count, &provider))
        fail_stream(stream);
    h2_session_wake(stream->h2.session);
}

static void send_message(struct sn_server_stream *rpc, struct sn_message *take_message)
{
    h2_stream_message(&stream_of_rpc(rpc)->h2, take_message);
}

static const char *const code_texts[] = {"0", "1",  "2",  "3",  "4",  "5",  "6",  "7", "8",
                                         "9", "10", "11", "12", "13", "14", "15", "16"};

/* Cut between characters. */
static struct sn_str cut_text(struct sn_str text)
{
    if (text.len <= TEXT_MAX)
        return text;
    text.len = TEXT_MAX;
    while (text.len && ((uint8_t)text.ptr[text.len] & 0xc0) == 0x80)
        text.len--;
    return text;
}

static int add_status(struct server_stream *stream, nghttp2_nv *nv, size_t *count,
                      const struct sn_status *status)
{
    nv[(*count)++] = h2_nv(SN_STR("grpc-status"), sn_str_of(code_texts[-status->code]));
    if (status->text.len) {
        struct sn_str text = h2_escape(cut_text(status->text), &stream->arena);

        if (!text.ptr)
            return SN_ERR_RESOURCE_EXHAUSTED;
        nv[(*count)++] = h2_nv(SN_STR("grpc-message"), text);
    }
    if (status->details.len) {
        struct sn_str details = h2_encode(status->details, &stream->arena);

        if (!details.ptr)
            return SN_ERR_RESOURCE_EXHAUSTED;
        nv[(*count)++] = h2_nv(SN_STR("grpc-status-details-bin"), details);
    }
    return 0;
}

static void send_trailers(struct sn_server_stream *rpc, const struct sn_status *status,
                          const struct sn_metadata *trailers)
{
    struct server_stream *stream = stream_of_rpc(rpc);
    nghttp2_session *ng = stream->h2.session->ng;
    nghttp2_nv *nv = nv_array(stream, trailers, 5);
    size_t count = 0;

    h2_inbox_close(&stream->h2);
    if (!nv) {
        fail_stream(stream);
        return;
    }
    if (!stream->head_sent) {
        nv[count++] = h2_nv(SN_STR(":status"), SN_STR("200"));
        nv[count++] = h2_nv(SN_STR("content-type"), stream->content_type);
    }
    if (add_status(stream, nv, &count, status) ||
        h2_add_metadata(nv, &count, trailers, &stream->arena)) {
        fail_stream(stream);
    } else if (stream->head_sent) {
        h2_stream_end(&stream->h2, nv, count);
    } else if (nghttp2_submit_response(ng, stream->h2.id, nv, count, NULL)) {
        fail_stream(stream);
    }
    h2_session_wake(stream->h2.session);
}

static size_t queued(const struct sn_server_stream *rpc)
{
    return stream_of_rpc(rpc)->h2.out.queued;
}

static void credit(struct sn_server_stream *rpc, size_t bytes)
{
    h2_stream_credit(&stream_of_rpc(rpc)->h2, bytes);
}

static const struct sn_server_stream_ops stream_ops = {
    .headers = send_headers,
    .message = send_message,
    .trailers = send_trailers,
    .queued = queued,
    .credit = credit,
};

/* ---- what the connection tells ---- */

static struct h2_stream *begin(struct h2_session *session, int32_t id)
{
    struct server_conn *conn = (struct server_conn *)session;
    struct sn_arena arena;

    sn_arena_init(&arena, sn_loop_blocks(session->loop), STREAM_MEMORY_MAX);
    struct server_stream *stream = sn_arena_zalloc(&arena, sizeof(*stream));
    if (!stream)
        return NULL;
    stream->arena = arena;
    stream->rpc.ops = &stream_ops;
    stream->rpc.peer = &conn->peer;
    stream->timeout_ns = SN_NEVER;
    h2_stream_init(&stream->h2);
    h2_stream_begin(&stream->h2, session, id);
    return &stream->h2;
}

static void refuse_head(struct server_stream *stream, int http)
{
    if (!stream->refused)
        stream->refused = http;
}

static void header(struct h2_stream *h2, struct sn_str name, struct sn_str value)
{
    struct server_stream *stream = (struct server_stream *)h2;

    if (stream->answered) /* trailers of a request mean nothing in gRPC */
        return;
    if (sn_str_is(name, ":path"))
        stream->path = sn_arena_copy(&stream->arena, value);
    else if (sn_str_is(name, "content-type"))
        stream->content_type = sn_arena_copy(&stream->arena, value);
    else if (sn_str_is(name, "grpc-encoding"))
        stream->h2.in.encoding = sn_arena_copy(&stream->arena, value);
    else if (sn_str_is(name, "grpc-timeout") && sn_grpc_parse_timeout(value, &stream->timeout_ns))
        refuse_head(stream, 400);
    else if (sn_str_is(name, ":method") && !sn_str_is(value, "POST"))
        refuse_head(stream, 405);
    int code = h2_keep_metadata(&stream->metadata, &stream->arena, name, value);
    if (code)
        refuse_head(stream, code == SN_ERR_INVALID_ARGUMENT ? 400 : 431);
}

static void answer_http(struct server_stream *stream)
{
    char status[4];

    snprintf(status, sizeof(status), "%d", stream->refused);
    h2_inbox_close(&stream->h2);
    nghttp2_nv nv = h2_nv(SN_STR(":status"), sn_str_of(status));
    if (nghttp2_submit_response(stream->h2.session->ng, stream->h2.id, &nv, 1, NULL))
        fail_stream(stream);
}

/* "application/grpc", alone or with "+codec" or parameters. */
static void check_content_type(struct server_stream *stream)
{
    struct sn_str type = stream->content_type, grpc = SN_STR("application/grpc");

    if (!sn_str_has_prefix(type, grpc))
        refuse_head(stream, 400);
    else if (type.len > grpc.len && type.ptr[grpc.len] != '+' && type.ptr[grpc.len] != ';')
        refuse_head(stream, 415);
}

static void refuse_encoding(struct server_stream *stream)
{
    struct sn_str text = sn_arena_printf(
        &stream->arena, "grpc: Decompressor is not installed for grpc-encoding \"%.*s\"",
        SN_STR_ARGS(stream->h2.in.encoding));
    struct sn_status status = {.code = SN_ERR_UNIMPLEMENTED, .text = text};
    struct sn_metadata none = {0};

    send_trailers(&stream->rpc, &status, &none);
}

static bool is_known_encoding(struct sn_str encoding)
{
    return !encoding.len || sn_str_is(encoding, "gzip") || sn_str_is(encoding, "identity");
}

static void headers_end(struct h2_stream *h2, bool end_stream, bool too_large)
{
    struct server_stream *stream = (struct server_stream *)h2;
    struct server_conn *conn = (struct server_conn *)h2->session;

    if (stream->answered)
        return;
    stream->answered = true;
    check_content_type(stream);
    if (too_large || !stream->path.ptr)
        refuse_head(stream, 431);
    if (stream->refused)
        answer_http(stream);
    else if (!is_known_encoding(h2->in.encoding))
        refuse_encoding(stream);
    else
        sn_server_begin(conn->http2->core, &stream->rpc, stream->path, &stream->metadata,
                        stream->timeout_ns);
}

static void message(struct h2_stream *h2, struct sn_str bytes)
{
    struct server_stream *stream = (struct server_stream *)h2;

    if (stream->rpc.rpc)
        sn_server_message(&stream->rpc, bytes.ptr, bytes.len);
}

static void refuse(struct h2_stream *h2, int code, const char *text)
{
    struct server_stream *stream = (struct server_stream *)h2;

    if (stream->rpc.rpc)
        sn_server_refuse(&stream->rpc, code, text);
}

static void end_stream(struct h2_stream *h2)
{
    struct server_stream *stream = (struct server_stream *)h2;

    if (!stream->rpc.rpc || h2->in.closed) /* refused: its end is on the way */
        return;
    if (!h2_inbox_is_between(h2))
        sn_server_refuse(&stream->rpc, SN_ERR_UNKNOWN, "unexpected EOF");
    else
        sn_server_half_close(&stream->rpc);
}

static void writable(struct h2_stream *h2)
{
    struct server_stream *stream = (struct server_stream *)h2;

    if (stream->rpc.rpc)
        sn_server_writable(&stream->rpc);
}

static void closed(struct h2_stream *h2, uint32_t error_code)
{
    struct server_stream *stream = (struct server_stream *)h2;
    struct sn_arena arena;

    if (stream->rpc.rpc)
        sn_server_abort(&stream->rpc);
    h2_stream_fini(h2);
    arena = stream->arena;
    sn_arena_fini(&arena);
}

static void gone(struct h2_session *session)
{
    struct server_conn *conn = (struct server_conn *)session;
    struct sn_http2_server *http2 = conn->http2;
    bool last = conn->draining && --http2->draining == 0;

    sn_timer_stop(sn_loop_timers(http2->loop), &conn->deadline);
    sn_list_remove(&conn->link);
    http2->count--;
    free(conn);
    if (last && http2->drained) {
        void (*drained)(void *owner) = http2->drained;

        http2->drained = NULL;
        drained(http2->drained_owner);
    }
}

static const struct h2_side side = {
    .begin = begin,
    .header = header,
    .headers_end = headers_end,
    .message = message,
    .refuse = refuse,
    .end_stream = end_stream,
    .writable = writable,
    .closed = closed,
    .gone = gone,
};

/* ---- the server ---- */

struct sn_http2_server *sn_http2_server_create(struct sn_loop *loop, struct sn_server *server)
{
    struct sn_http2_server *http2 = calloc(1, sizeof(*http2));

    if (!http2)
        return NULL;
    http2->loop = loop;
    http2->core = server;
    h2_memory_init(&http2->memory);
    sn_list_init(&http2->conns);
    return http2;
}

void sn_http2_server_destroy(struct sn_http2_server *http2)
{
    if (!http2)
        return;
    assert(sn_list_empty(&http2->conns));
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
        count += sn_container_of(node, struct server_conn, link)->session.stream_count;
    return count;
}

static void greeting_overdue(struct sn_timer *timer)
{
    struct server_conn *conn = sn_container_of(timer, struct server_conn, deadline);

    if (!conn->session.greeted)
        h2_session_close(&conn->session, "it says nothing");
}

void sn_http2_server_accept(struct sn_http2_server *http2, struct sn_conn *sock)
{
    struct server_conn *conn = http2->count < CONNECTIONS_MAX ? calloc(1, sizeof(*conn)) : NULL;

    if (!conn) {
        sn_conn_close(sock, false);
        return;
    }
    conn->http2 = http2;
    conn->peer = (struct sn_peer){SN_TRANSPORT_GRPC, sock->peer, sock->local};
    sn_list_append(&http2->conns, &conn->link);
    http2->count++;
    if (h2_session_init(&conn->session, true, &side, http2->loop, &http2->memory, sock) == 0)
        sn_timer_start(sn_loop_timers(http2->loop), &conn->deadline, greeting_ns, greeting_overdue);
}

static void drain_overdue(struct sn_timer *timer)
{
    struct server_conn *conn = sn_container_of(timer, struct server_conn, deadline);

    h2_session_close(&conn->session, "the server shuts down");
}

static void drain_conn(struct server_conn *conn, uint64_t timeout_ns)
{
    struct sn_http2_server *http2 = conn->http2;

    if (conn->draining)
        return;
    conn->draining = true;
    http2->draining++;
    if (!conn->session.closing) {
        nghttp2_submit_goaway(conn->session.ng, NGHTTP2_FLAG_NONE,
                              nghttp2_session_get_last_proc_stream_id(conn->session.ng),
                              NGHTTP2_NO_ERROR, NULL, 0);
        h2_session_wake(&conn->session);
    }
    sn_timer_start(sn_loop_timers(http2->loop), &conn->deadline, timeout_ns, drain_overdue);
}

/* There was nobody to drain; still not from inside. */
static void report_drained(struct sn_task *task)
{
    struct sn_http2_server *http2 = sn_container_of(task, struct sn_http2_server, report);
    void (*drained)(void *owner) = http2->drained;

    http2->drained = NULL;
    if (drained)
        drained(http2->drained_owner);
}

void sn_http2_server_drain(struct sn_http2_server *http2, uint64_t timeout_ns,
                           void (*drained)(void *owner), void *owner)
{
    struct sn_list *node, *next;

    http2->drained = drained;
    http2->drained_owner = owner;
    sn_list_for_each_safe (node, next, &http2->conns)
        drain_conn(sn_container_of(node, struct server_conn, link), timeout_ns);
    if (!drained || http2->draining)
        return;
    http2->report.run = report_drained;
    sn_loop_defer(http2->loop, &http2->report);
}
