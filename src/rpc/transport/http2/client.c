/* SPDX-License-Identifier: Apache-2.0
 *
 * The client side of gRPC over HTTP/2: one call from its opening to its trailers. Loop thread.
 *
 * A call is made at once and begins (gets its stream) when the channel has a connection with room;
 * until then its messages wait in its queue.
 */
#include "rpc/transport/http2/client.h"

/* Headers and trailers of one call, both ways. */
enum { CALL_MEMORY_MAX = 512 << 10 };

static struct h2_call *call_of(const struct sn_client_stream *rpc)
{
    return sn_container_of(rpc, struct h2_call, rpc);
}

/* ---- the end of a call ---- */

static void stop_waiting(struct h2_call *call)
{
    if (sn_list_empty(&call->wait))
        return;
    sn_list_remove(&call->wait);
    call->channel->waiting_count--;
}

static void destroy(struct h2_call *call)
{
    struct sn_arena arena = call->arena;

    sn_timer_stop(sn_loop_timers(call->channel->loop), &call->deadline);
    stop_waiting(call);
    h2_stream_fini(&call->h2);
    sn_arena_fini(&arena);
}

static void report(struct h2_call *call, int code, struct sn_str text)
{
    struct sn_status status = {.code = code, .text = text};

    if (call->reported)
        return;
    call->reported = true;
    sn_timer_stop(sn_loop_timers(call->channel->loop), &call->deadline);
    sn_inbox_close(&call->h2.in);
    if (code)
        status.details = sn_metadata_get(&call->trailers, SN_STR("grpc-status-details-bin"));
    call->rpc.events->on_trailers(&call->rpc, &status, &call->trailers);
}

void h2_call_abandon(struct h2_call *call, int code, struct sn_str text)
{
    stop_waiting(call);
    if (call->h2.session && !call->reported)
        h2_stream_reset(&call->h2, NGHTTP2_CANCEL);
    report(call, code, text);
    if (!call->h2.session)
        destroy(call);
}

static void on_deadline(struct sn_timer *timer)
{
    struct h2_call *call = sn_container_of(timer, struct h2_call, deadline);

    h2_call_abandon(call, SN_ERR_DEADLINE_EXCEEDED, SN_STR("context deadline exceeded"));
}

/* ---- what the connection tells ---- */

/* Keeps gRPC's own headers; false for others. */
static bool keep_own(struct h2_call *call, struct sn_str name, struct sn_str value)
{
    struct sn_str *kept = sn_str_is(name, ":status")         ? &call->http_status
                          : sn_str_is(name, "content-type")  ? &call->content_type
                          : sn_str_is(name, "grpc-status")   ? &call->grpc_status
                          : sn_str_is(name, "grpc-encoding") ? &call->h2.in.encoding
                                                             : NULL;

    if (kept)
        *kept = sn_arena_copy(&call->arena, value);
    else if (sn_str_is(name, "grpc-message"))
        call->grpc_message = sn_header_unescape(value, &call->arena);
    else
        return false;
    return true;
}

static int keep_details(struct h2_call *call, struct sn_str name, struct sn_str value)
{
    struct sn_str bytes, key = sn_arena_copy(&call->arena, name);

    if (!key.ptr)
        return SN_ERR_RESOURCE_EXHAUSTED;
    int code = sn_header_decode(value, &call->arena, &bytes);
    return code ? code : sn_metadata_add(&call->trailers, &call->arena, key, bytes);
}

static void header(struct h2_stream *h2, struct sn_str name, struct sn_str value)
{
    struct h2_call *call = (struct h2_call *)h2;
    struct sn_metadata *metadata = call->answered ? &call->trailers : &call->headers;
    int code = 0;

    if (sn_str_is(name, "grpc-status-details-bin"))
        code = keep_details(call, name, value);
    else if (!keep_own(call, name, value))
        code = sn_header_keep(metadata, &call->arena, name, value);
    call->broken |= code != 0;
}

/* Puts what came with the only header block where trailers are kept. */
static void move_to_trailers(struct h2_call *call)
{
    for (uint32_t i = 0; i < call->headers.count; i++)
        call->broken |= sn_metadata_add(&call->trailers, &call->arena, call->headers.v[i].key,
                                        call->headers.v[i].value) != 0;
}

static bool is_grpc(const struct h2_call *call)
{
    return sn_str_is(call->http_status, "200") &&
           sn_str_has_prefix(call->content_type, SN_STR("application/grpc"));
}

static void headers_end(struct h2_stream *h2, bool end_stream, bool too_large)
{
    struct h2_call *call = (struct h2_call *)h2;

    call->broken |= too_large;
    if (call->reported || call->answered)
        return;
    if (sn_str_has_prefix(call->http_status, SN_STR("1"))) { /* an interim answer */
        call->headers.count = 0;
        return;
    }
    if (end_stream) {
        move_to_trailers(call);
        return;
    }
    call->answered = true;
    if (!is_grpc(call))
        sn_inbox_close(&h2->in); /* a page for people: its status says enough */
    else
        call->rpc.events->on_headers(&call->rpc, &call->headers);
}

static void message(struct h2_stream *h2, struct sn_str bytes, bool compressed)
{
    struct h2_call *call = (struct h2_call *)h2;

    if (!call->reported)
        call->rpc.events->on_message(&call->rpc, bytes.ptr, bytes.len);
}

static void refuse(struct h2_stream *h2, int code, const char *text)
{
    h2_call_abandon((struct h2_call *)h2, code, sn_str_of(text));
}

static int http_status(const struct h2_call *call)
{
    int status = 0;

    for (size_t i = 0; i < call->http_status.len; i++) /* three digits, nghttp2 checks */
        status = status * 10 + (call->http_status.ptr[i] - '0');
    return status;
}

static void end_stream(struct h2_stream *h2)
{
    struct h2_call *call = (struct h2_call *)h2;

    if (call->broken) {
        report(call, SN_ERR_INTERNAL, SN_STR("the response's headers can't be used"));
    } else if (call->grpc_status.ptr && sn_inbox_is_between(&h2->in)) {
        report(call, sn_grpc_parse_status(call->grpc_status), call->grpc_message);
    } else if (is_grpc(call)) {
        report(call, SN_ERR_INTERNAL,
               sn_inbox_is_between(&h2->in)
                   ? SN_STR("server closed the stream without sending trailers")
                   : SN_STR("unexpected EOF"));
    } else {
        struct sn_str text =
            sn_arena_printf(&call->arena, "unexpected HTTP status %.*s, content-type \"%.*s\"",
                            SN_STR_ARGS(call->http_status), SN_STR_ARGS(call->content_type));
        report(call, sn_grpc_of_http(http_status(call)), text);
    }
    if (!h2->out.closed)
        h2_stream_reset(h2, NGHTTP2_CANCEL);
}

static void writable(struct h2_stream *h2)
{
    struct h2_call *call = (struct h2_call *)h2;

    if (!call->reported && call->rpc.events->on_writable)
        call->rpc.events->on_writable(&call->rpc);
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

/* Text as the reference's library has it. */
static struct sn_str lost_text(struct h2_call *call)
{
    const char *cause = call->h2.session->cause;

    return sn_arena_printf(&call->arena, "error reading from server: %s",
                           cause ? cause : "the system says no more");
}

static void closed(struct h2_stream *h2, uint32_t error_code)
{
    struct h2_call *call = (struct h2_call *)h2;
    struct h2_channel *channel = call->channel;

    if (!call->reported && h2->session->ended)
        report(call, SN_ERR_UNAVAILABLE, lost_text(call));
    else if (!call->reported)
        report(call, code_of_reset(error_code),
               sn_arena_printf(&call->arena, "the server reset the stream: %s",
                               nghttp2_http2_strerror(error_code)));
    destroy(call);
    if (!sn_list_empty(&channel->waiting))
        h2_channel_want_work(channel); /* there is room for one */
}

const struct h2_side h2_client_side = {
    .header = header,
    .headers_end = headers_end,
    .message = message,
    .refuse = refuse,
    .end_stream = end_stream,
    .writable = writable,
    .closed = closed,
    .goaway = h2_channel_goaway,
    .settings = h2_channel_settings,
    .gone = h2_channel_gone,
};

/* ---- the beginning ---- */

/* A path is no authority: HTTP/2 refuses its slashes. */
static struct sn_str authority_of(const struct h2_channel *channel)
{
    struct sn_str address = sn_str_of(channel->address);

    return sn_str_has_prefix(address, SN_STR("unix:")) ? SN_STR("localhost") : address;
}

/* What is left of the call's time. */
static struct sn_str print_timeout(const struct h2_call *call, char text[SN_GRPC_TIMEOUT_MAX])
{
    uint64_t now_ns = sn_loop_timers(call->channel->loop)->now_ns;
    uint64_t due_ns = call->deadline.due_ns;

    return (struct sn_str){text,
                           sn_grpc_print_timeout(due_ns > now_ns ? due_ns - now_ns : 0, text)};
}

/* A stream id, or an error of nghttp2's. */
static int32_t submit_request(struct h2_call *call, struct h2_client_conn *conn)
{
    nghttp2_nv *nv = sn_arena_alloc(&call->arena, (call->request.count + 8) * sizeof(nghttp2_nv));
    nghttp2_data_provider provider = h2_stream_provider(&call->h2);
    char timeout[SN_GRPC_TIMEOUT_MAX];
    size_t count = 0;

    if (!nv)
        return NGHTTP2_ERR_NOMEM;
    nv[count++] = h2_nv(SN_STR(":method"), SN_STR("POST"));
    nv[count++] = h2_nv(SN_STR(":scheme"), call->channel->tls ? SN_STR("https") : SN_STR("http"));
    nv[count++] = h2_nv(SN_STR(":path"), call->path);
    nv[count++] = h2_nv(SN_STR(":authority"), authority_of(call->channel));
    nv[count++] = h2_nv(SN_STR("te"), SN_STR("trailers"));
    nv[count++] = h2_nv(SN_STR("content-type"), SN_STR("application/grpc"));
    nv[count++] = h2_nv(SN_STR("user-agent"), SN_STR("sinew"));
    if (call->deadline.armed)
        nv[count++] = h2_nv(SN_STR("grpc-timeout"), print_timeout(call, timeout));
    if (h2_add_metadata(nv, &count, &call->request, &call->arena))
        return NGHTTP2_ERR_NOMEM;
    return nghttp2_submit_request(conn->session.ng, NULL, nv, count, &provider, &call->h2);
}

/* Said later: open() has to return first. */
static void refuse_call(struct h2_call *call)
{
    stop_waiting(call);
    sn_list_append(&call->channel->refused, &call->wait);
    call->channel->waiting_count++;
    h2_channel_want_work(call->channel);
}

void h2_call_begin(struct h2_call *call, struct h2_client_conn *conn)
{
    int32_t id = submit_request(call, conn);

    if (id == NGHTTP2_ERR_STREAM_ID_NOT_AVAILABLE) { /* after 2^30 streams: the next connection */
        h2_channel_turn_away(conn);
        return;
    }
    if (id < 0) {
        refuse_call(call);
        return;
    }
    stop_waiting(call);
    call->h2.out.deferred = false;
    h2_stream_begin(&call->h2, &conn->session, id);
    h2_session_wake(&conn->session);
}

/* ---- what callers ask for ---- */

static void call_message(struct sn_client_stream *rpc, struct sn_message *take_message,
                         bool half_close)
{
    struct h2_call *call = call_of(rpc);

    h2_stream_message(&call->h2, take_message);
    if (half_close)
        h2_stream_end(&call->h2, NULL, 0);
}

static void call_half_close(struct sn_client_stream *rpc)
{
    h2_stream_end(&call_of(rpc)->h2, NULL, 0);
}

static size_t call_queued(const struct sn_client_stream *rpc)
{
    return call_of(rpc)->h2.out.queued;
}

static void call_credit(struct sn_client_stream *rpc, size_t bytes)
{
    struct h2_call *call = call_of(rpc);

    if (call->h2.session)
        h2_stream_credit(&call->h2, bytes);
}

static void call_cancel(struct sn_client_stream *rpc, int code)
{
    h2_call_abandon(call_of(rpc), code, sn_str_of(sn_err_text(code)));
}

static struct sn_message *call_take(struct sn_client_stream *rpc)
{
    return sn_inbox_take(&call_of(rpc)->h2.in);
}

static const struct sn_client_stream_ops call_ops = {
    .message = call_message,
    .half_close = call_half_close,
    .queued = call_queued,
    .credit = call_credit,
    .cancel = call_cancel,
    .take = call_take,
};

static int copy_request(struct h2_call *call, const struct sn_metadata *metadata)
{
    for (uint32_t i = 0; i < metadata->count; i++) {
        struct sn_str key = sn_arena_copy(&call->arena, metadata->v[i].key);
        struct sn_str value = sn_arena_copy(&call->arena, metadata->v[i].value);

        if (!key.ptr || !value.ptr || sn_metadata_add(&call->request, &call->arena, key, value))
            return SN_ERR_RESOURCE_EXHAUSTED;
    }
    return 0;
}

static struct h2_call *create(struct h2_channel *channel, struct sn_str path,
                              const struct sn_metadata *metadata)
{
    struct sn_arena arena;

    sn_arena_init(&arena, sn_loop_blocks(channel->loop), CALL_MEMORY_MAX);
    struct h2_call *call = sn_arena_zalloc(&arena, sizeof(*call));
    if (!call)
        return NULL;
    call->arena = arena;
    call->channel = channel;
    sn_list_init(&call->wait);
    h2_stream_init(&call->h2);
    call->path = sn_arena_copy(&call->arena, path);
    if (!call->path.ptr || copy_request(call, metadata)) {
        destroy(call);
        return NULL;
    }
    return call;
}

struct sn_client_stream *h2_call_open(struct sn_channel *base,
                                      const struct sn_client_events *events, void *owner,
                                      struct sn_str path, const struct sn_metadata *metadata,
                                      uint64_t timeout_ns)
{
    struct h2_channel *channel = (struct h2_channel *)base;
    struct h2_call *call = create(channel, path, metadata);

    if (!call)
        return NULL;
    call->rpc = (struct sn_client_stream){&call_ops, events, owner};
    if (channel->waiting_count >= H2_WAITING_MAX) {
        refuse_call(call);
        return &call->rpc;
    }
    if (timeout_ns != SN_NEVER)
        sn_timer_start(sn_loop_timers(channel->loop), &call->deadline, timeout_ns, on_deadline);
    bool first = sn_list_empty(&channel->waiting);
    sn_list_append(&channel->waiting, &call->wait);
    channel->waiting_count++;
    if (first && h2_channel_has_room(channel->conn))
        h2_call_begin(call, channel->conn);
    else
        h2_channel_want_work(channel);
    return &call->rpc;
}
