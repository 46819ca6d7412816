/* SPDX-License-Identifier: Apache-2.0
 *
 * gRPC-Web on an exchange, binary and text: each message leaves by itself, the trailers are a last
 * frame; a call that ends without a message has its status among the headers, as the reference's.
 * Loop thread. Source: gRPC "PROTOCOL-WEB".
 */
#include "wire/grpc_web.h"
#include "rpc/transport/headers.h"
#include "rpc/transport/inbox.h"
#include "rpc/transport/web/private.h"
#include "sinew/list.h"

struct web_call {
    struct sn_exchange *exchange;
    struct sn_guard *guard;
    struct sn_server_stream rpc;
    struct sn_inbox in;
    bool text, head_sent, gzip;
    struct sn_web_text decoder;
    uint64_t came, credited; /* bytes of the body */
    uint64_t decoded, used;  /* ... as messages have them */
};

static struct web_call *call_of(const struct sn_server_stream *rpc)
{
    return sn_container_of(rpc, struct web_call, rpc);
}

/* ---- what the core asks for ---- */

static int add_all(struct web_call *call, struct sn_metadata *headers,
                   const struct sn_metadata *metadata)
{
    struct sn_arena *arena = call->exchange->arena;

    for (uint32_t i = 0; i < metadata->count; i++) {
        struct sn_metadata_entry header;
        int made = sn_header_make(&metadata->v[i], arena, &header);

        if (made == 1)
            made = sn_metadata_add(headers, arena, header.key, header.value);
        if (made < 0)
            return made;
    }
    return 0;
}

static int add_status(struct web_call *call, struct sn_metadata *headers,
                      const struct sn_status *status)
{
    struct sn_metadata_entry made[SN_STATUS_HEADERS];
    int count = sn_status_headers(status, call->exchange->arena, made);

    for (int i = 0; i < count; i++) {
        int code = sn_metadata_add(headers, call->exchange->arena, made[i].key, made[i].value);
        if (code)
            return code;
    }
    return count < 0 ? count : 0;
}

/* `status` is NULL unless nothing follows. */
static int respond(struct web_call *call, const struct sn_metadata *metadata,
                   const struct sn_status *status)
{
    struct sn_exchange *exchange = call->exchange;
    struct sn_metadata headers = {0};
    int code = sn_metadata_add(&headers, exchange->arena, SN_STR("content-type"),
                               exchange->request->content_type);

    call->head_sent = true;
    if (!code && call->gzip)
        code = sn_metadata_add(&headers, exchange->arena, SN_STR("grpc-encoding"), SN_STR("gzip"));
    if (!code)
        code = add_all(call, &headers, metadata);
    if (!code && status)
        code = add_status(call, &headers, status);
    if (!code)
        code = web_allow_origin(exchange, &headers);
    if (!code)
        exchange->ops->respond(exchange, 200, &headers);
    return code;
}

/* The call can't be answered. Its end by the core comes after it. */
static void fail(struct web_call *call)
{
    call->exchange->ops->fail(call->exchange);
}

static void send_headers(struct sn_server_stream *rpc, const struct sn_metadata *headers)
{
    struct web_call *call = call_of(rpc);

    call->gzip = sn_request_wants_gzip(call->exchange->request, rpc);
    if (respond(call, headers, NULL))
        fail(call);
}

/* Frees it on failure. */
static struct sn_message *encode_text(struct sn_message *take_frame)
{
    struct sn_message *text = sn_message_create(take_frame->arena.pool);
    char *memory =
        text ? sn_arena_alloc(&text->arena, SN_MESSAGE_HEADROOM + SN_WEB_TEXT_LEN(take_frame->len))
             : NULL;

    if (memory) {
        text->data = (uint8_t *)memory + SN_MESSAGE_HEADROOM;
        text->len = sn_web_text_encode(
            (char *)text->data, (struct sn_str){(const char *)take_frame->data, take_frame->len});
    } else {
        sn_message_free(text);
        text = NULL;
    }
    sn_message_free(take_frame);
    return text;
}

static void send_frame(struct web_call *call, struct sn_message *take_frame)
{
    struct sn_message *frame = call->text ? encode_text(take_frame) : take_frame;

    if (frame)
        call->exchange->ops->body(call->exchange, frame);
    else
        fail(call);
}

static void send_message(struct sn_server_stream *rpc, struct sn_message *take_message)
{
    struct web_call *call = call_of(rpc);

    if (!sn_exchange_is_live(call->exchange)) {
        sn_message_free(take_message);
        return;
    }
    if (call->gzip)
        take_message = sn_request_compress(rpc, take_message);
    sn_message_add_prefix(take_message);
    send_frame(call, take_message);
}

/* "name: value\r\n" each, as a frame; NULL without memory. */
static struct sn_message *frame_trailers(struct web_call *call, const struct sn_metadata *trailers)
{
    size_t len = 0;

    for (uint32_t i = 0; i < trailers->count; i++)
        len += trailers->v[i].key.len + trailers->v[i].value.len + 4;
    struct sn_message *frame = sn_message_create(call->in.blocks);
    char *memory = frame ? sn_arena_alloc(&frame->arena, SN_MESSAGE_HEADROOM + len) : NULL;
    if (!memory) {
        sn_message_free(frame);
        return NULL;
    }
    char *to = memory + SN_MESSAGE_HEADROOM;
    frame->data = (uint8_t *)to;
    frame->len = len;
    for (uint32_t i = 0; i < trailers->count; i++) {
        const struct sn_metadata_entry *line = &trailers->v[i];

        memcpy(to, line->key.ptr, line->key.len);
        to += line->key.len;
        memcpy(to, ": ", 2);
        to += 2;
        if (line->value.len)
            memcpy(to, line->value.ptr, line->value.len);
        to += line->value.len;
        memcpy(to, "\r\n", 2);
        to += 2;
    }
    sn_message_add_prefix(frame);
    frame->data[0] = SN_WEB_TRAILERS;
    return frame;
}

static void send_trailers(struct sn_server_stream *rpc, const struct sn_status *status,
                          const struct sn_metadata *trailers)
{
    struct web_call *call = call_of(rpc);
    struct sn_exchange *exchange = call->exchange;
    struct sn_metadata lines = {0};
    int code = 0;

    sn_inbox_close(&call->in);
    sn_inbox_fini(&call->in);
    if (!sn_exchange_is_live(exchange))
        return;
    if (!call->head_sent) {
        code = respond(call, trailers, status);
    } else {
        struct sn_message *frame = NULL;

        code = add_status(call, &lines, status);
        if (!code)
            code = add_all(call, &lines, trailers);
        if (!code)
            frame = frame_trailers(call, &lines);
        if (frame)
            send_frame(call, frame);
        else
            code = SN_ERR_RESOURCE_EXHAUSTED;
    }
    if (!sn_exchange_is_live(exchange))
        return;
    if (code)
        fail(call);
    else
        exchange->ops->end(exchange);
}

static size_t queued(const struct sn_server_stream *rpc)
{
    const struct sn_exchange *exchange = call_of(rpc)->exchange;

    return exchange->ops->queued(exchange);
}

static void credit(struct sn_server_stream *rpc, size_t bytes)
{
    sn_inbox_credit(&call_of(rpc)->in, bytes);
}

static struct sn_message *take(struct sn_server_stream *rpc)
{
    return sn_inbox_take(&call_of(rpc)->in);
}

static const struct sn_server_stream_ops stream_ops = {
    .headers = send_headers,
    .message = send_message,
    .trailers = send_trailers,
    .queued = queued,
    .credit = credit,
    .take = take,
};

/* ---- what the messages' bytes tell ---- */

static struct web_call *call_of_inbox(struct sn_inbox *inbox)
{
    return sn_container_of(inbox, struct web_call, in);
}

static void in_message(struct sn_inbox *inbox, struct sn_str message, bool compressed)
{
    struct web_call *call = call_of_inbox(inbox);

    if (!call->rpc.rpc)
        return;
    call->rpc.compressed = compressed;
    sn_server_message(&call->rpc, message.ptr, message.len);
}

static void in_refuse(struct sn_inbox *inbox, int code, const char *text)
{
    struct web_call *call = call_of_inbox(inbox);

    call->guard->refused[SN_REFUSED_MESSAGE]++;
    if (call->rpc.rpc)
        sn_server_refuse(&call->rpc, code, text);
}

/* A text is longer than what it means. */
static void in_credit(struct sn_inbox *inbox, size_t bytes)
{
    struct web_call *call = call_of_inbox(inbox);

    call->used += bytes;
    uint64_t due = call->used >= call->decoded ? call->came
                   : call->text                ? call->used / 3 * 4
                                               : call->used;
    if (due <= call->credited)
        return;
    uint64_t more = due - call->credited;
    call->credited = due;
    call->exchange->ops->credit(call->exchange, more);
}

static const struct sn_inbox_events inbox_events = {in_message, in_refuse, in_credit};

/* ---- what the exchange tells ---- */

static void read_text(struct web_call *call, struct sn_str text)
{
    uint8_t bytes[3 * 1024];

    while (text.len && !call->in.closed) {
        int len = sn_web_text_decode(&call->decoder, &text, bytes, sizeof(bytes));

        if (len < 0) {
            in_refuse(&call->in, SN_ERR_INTERNAL, "the request's base64 is malformed");
            return;
        }
        call->decoded += (uint64_t)len;
        sn_inbox_read(&call->in, (struct sn_str){(const char *)bytes, (size_t)len});
    }
}

static void on_body(struct sn_exchange *exchange, struct sn_str bytes)
{
    struct web_call *call = exchange->owner;

    call->came += bytes.len;
    if (call->text) {
        read_text(call, bytes);
        return;
    }
    call->decoded += bytes.len;
    sn_inbox_read(&call->in, bytes);
}

static void on_end(struct sn_exchange *exchange)
{
    struct web_call *call = exchange->owner;

    if (!call->rpc.rpc || call->in.closed) /* refused: its end is on the way */
        return;
    if (!sn_inbox_is_between(&call->in) || !sn_web_text_is_whole(&call->decoder))
        sn_server_refuse(&call->rpc, SN_ERR_UNKNOWN, "unexpected EOF");
    else
        sn_server_half_close(&call->rpc);
}

static void on_writable(struct sn_exchange *exchange)
{
    struct web_call *call = exchange->owner;

    if (call->rpc.rpc)
        sn_server_writable(&call->rpc);
}

static void on_abort(struct sn_exchange *exchange)
{
    struct web_call *call = exchange->owner;

    if (call->rpc.rpc)
        sn_server_abort(&call->rpc);
    sn_inbox_fini(&call->in);
}

static const struct sn_exchange_events exchange_events = {
    .on_body = on_body,
    .on_end = on_end,
    .on_writable = on_writable,
    .on_abort = on_abort,
};

/* ---- the beginning ---- */

bool web_is_grpc(const struct sn_request *request)
{
    return sn_str_is(request->method, "POST") &&
           sn_str_has_prefix(request->content_type, SN_STR("application/grpc-web"));
}

void web_serve_grpc(struct sn_exchange *exchange, struct sn_server *server, struct sn_guard *guard)
{
    struct sn_request *request = exchange->request;
    struct web_call *call = sn_arena_zalloc(exchange->arena, sizeof(*call));

    if (!call) {
        web_answer(exchange, 503);
        return;
    }
    call->exchange = exchange;
    call->guard = guard;
    call->text = sn_request_has_type(request, SN_STR("application/grpc-web-text"));
    call->rpc.ops = &stream_ops;
    call->rpc.peer = exchange->peer;
    sn_inbox_init(&call->in, &inbox_events, exchange->arena->pool, exchange->budget,
                  guard->limits.message_bytes);
    call->in.encoding = request->encoding;
    exchange->events = &exchange_events;
    exchange->owner = call;
    sn_request_begin(request, server, &call->rpc, exchange->arena, guard);
}
