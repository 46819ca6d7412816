/* SPDX-License-Identifier: Apache-2.0
 *
 * Calls to other servers, with one request or a stream of them, and so for responses. Loop thread.
 */
#include "rpc/core/client.h"
#include "sinew/timers.h"

#include <assert.h>

struct outgoing {
    struct sn_call *call;
    struct sn_client_stream *stream;
    const struct sn_pb_method *method;
    sn_reply_fn reply; /* unary */
    sn_each_fn each;   /* stream */
    struct sn_duplex *duplex;
    void *arg;
    void *response; /* NULL until it has arrived */
};

static const struct sn_pb_method *method_of(const struct sn_pb_service *service, const char *name)
{
    for (size_t i = 0; i < service->count; i++)
        if (strcmp(service->methods[i].name, name) == 0)
            return &service->methods[i];
    assert(!"the service has that method");
    return NULL;
}

static void on_headers(struct sn_client_stream *stream, const struct sn_metadata *headers)
{
}

static int decode(struct outgoing *out, struct sn_arena *arena, struct sn_str bytes,
                  void **ret_response)
{
    const struct sn_pb_msg *msg = out->method->response;
    struct sn_str copy = sn_arena_copy(arena, bytes);
    void *response = sn_arena_zalloc(arena, msg->size);

    if (!copy.ptr || !response)
        return sn_call_fail(out->call, SN_ERR_RESOURCE_EXHAUSTED, "no memory for the response");
    int code = sn_pb_decode(msg, response, copy.ptr, copy.len, arena);
    if (code)
        return sn_call_fail(out->call, code == SN_ERR_RESOURCE_EXHAUSTED ? code : SN_ERR_INTERNAL,
                            "response of %s can't be decoded", out->method->name);
    *ret_response = response;
    return 0;
}

/* What the peer sends is its to choose, so each response gets a budget of its own. */
static size_t budget_of(size_t len)
{
    return 16 * len + 2 * SN_BLOCK_SIZE;
}

static int take_reply(struct outgoing *out, struct sn_str bytes)
{
    if (out->response)
        return sn_call_fail(out->call, SN_ERR_INTERNAL, "more than one response to %s",
                            out->method->name);
    out->call->arena->left += budget_of(bytes.len);
    return decode(out, out->call->arena, bytes, &out->response);
}

static int take_one(struct outgoing *out, struct sn_str bytes)
{
    struct sn_arena arena;
    void *response = NULL;

    sn_arena_init(&arena, out->call->env->blocks, budget_of(bytes.len));
    int code = decode(out, &arena, bytes, &response);
    if (!code && out->each)
        out->each(out->call, response, out->arg);
    else if (!code)
        code = out->duplex->respond(out->duplex, response);
    sn_arena_fini(&arena);
    return code;
}

static bool is_streaming(const struct outgoing *out)
{
    return out->method->flags & SN_PB_SERVER_STREAMING;
}

/* `each` may cancel the call, which takes the stream along: so credit comes first. */
static void on_message(struct sn_client_stream *stream, const void *bytes, size_t len)
{
    struct outgoing *out = stream->owner;
    struct sn_str message = {bytes, len};

    stream->ops->credit(stream, len);
    int code = is_streaming(out) ? take_one(out, message) : take_reply(out, message);
    if (code)
        stream->ops->cancel(stream, code);
}

static int outcome(struct outgoing *out, const struct sn_status *status)
{
    struct sn_call *call = out->call;

    if (status->code) {
        if (status->text.len)
            sn_call_fail(call, status->code, "%.*s", SN_STR_ARGS(status->text));
        call->details = sn_arena_copy(call->arena, status->details);
        return status->code;
    }
    if (!is_streaming(out) && !out->response)
        return sn_call_fail(call, SN_ERR_INTERNAL, "no response to %s", out->method->name);
    return out->reply ? out->reply(call, out->response, out->arg) : 0;
}

static void on_trailers(struct sn_client_stream *stream, const struct sn_status *status,
                        const struct sn_metadata *trailers)
{
    struct outgoing *out = stream->owner;

    sn_call_done(out->call, outcome(out, status));
}

static void cancel(struct sn_call *call)
{
    struct outgoing *out = call->holder;

    out->stream->ops->cancel(out->stream, sn_call_cancelled(call));
}

static uint64_t timeout_of(const struct outgoing *out)
{
    const struct sn_call *call = out->call;
    uint64_t now = call->env->timers->now_ns;

    if (call->deadline_ns == SN_NEVER)
        return out->each || out->duplex ? SN_NEVER : SN_CLIENT_TIMEOUT_NS;
    return call->deadline_ns > now ? call->deadline_ns - now : 0;
}

static struct sn_message *encode(struct sn_call *call, const struct sn_pb_method *method,
                                 const void *request)
{
    struct sn_message *message = sn_message_create(call->env->blocks);
    struct sn_str bytes;

    if (!message)
        return NULL;
    if (sn_pb_encode(method->request, request, &message->arena, SN_MESSAGE_HEADROOM, &bytes)) {
        sn_message_free(message);
        return NULL;
    }
    message->data = (uint8_t *)(uintptr_t)bytes.ptr;
    message->len = bytes.len;
    return message;
}

static void on_writable(struct sn_client_stream *stream)
{
    struct outgoing *out = stream->owner;

    if (out->duplex && out->duplex->hold)
        sn_duplex_resume(out->duplex);
}

static int begin(struct outgoing *out, struct sn_channel *channel,
                 const struct sn_pb_service *service, const void *request)
{
    static const struct sn_client_events events = {.on_headers = on_headers,
                                                   .on_message = on_message,
                                                   .on_writable = on_writable,
                                                   .on_trailers = on_trailers};
    const char *method = out->method->name;
    struct sn_call *call = out->call;
    struct sn_str path = sn_arena_printf(call->arena, "/%s/%s", service->name, method);
    struct sn_message *message = encode(call, out->method, request);
    struct sn_metadata metadata = {0};

    if (!message)
        return sn_call_fail(call, SN_ERR_INVALID_ARGUMENT, "request of %s can't be encoded",
                            method);
    if (path.ptr)
        out->stream = channel->ops->open(channel, &events, out, path, &metadata, timeout_of(out));
    if (!out->stream) {
        sn_message_free(message);
        return sn_call_fail(call, SN_ERR_RESOURCE_EXHAUSTED, "no memory to call %s", method);
    }
    call->holder = out;
    call->on_cancel = cancel;
    out->stream->ops->message(out->stream, message, !out->duplex);
    return SN_PENDING;
}

static struct outgoing *create(struct sn_call *call, const struct sn_pb_service *service,
                               const char *method)
{
    struct outgoing *out = sn_arena_zalloc(call->arena, sizeof(*out));

    if (!out) {
        sn_call_fail(call, SN_ERR_RESOURCE_EXHAUSTED, "no memory to call %s", method);
        return NULL;
    }
    out->call = call;
    out->method = method_of(service, method);
    return out;
}

int sn_client_unary(struct sn_call *call, struct sn_channel *channel,
                    const struct sn_pb_service *service, const char *method, const void *request,
                    sn_reply_fn reply, void *arg)
{
    struct outgoing *out = create(call, service, method);

    if (!out)
        return SN_ERR_RESOURCE_EXHAUSTED;
    out->reply = reply;
    out->arg = arg;
    return begin(out, channel, service, request);
}

int sn_client_stream(struct sn_call *call, struct sn_channel *channel,
                     const struct sn_pb_service *service, const char *method, const void *request,
                     sn_each_fn each, void *arg)
{
    struct outgoing *out = create(call, service, method);

    if (!out)
        return SN_ERR_RESOURCE_EXHAUSTED;
    out->each = each;
    out->arg = arg;
    return begin(out, channel, service, request);
}

/* ---- duplex ---- */

static int send_request(struct sn_duplex *duplex, const void *request)
{
    struct outgoing *out = duplex->worker;
    const struct sn_client_stream_ops *ops = out->stream->ops;

    if (ops->queued(out->stream) > SN_CLIENT_QUEUE_MAX)
        return sn_call_fail(out->call, SN_ERR_RESOURCE_EXHAUSTED,
                            "the server reads too slowly: %d bytes wait", SN_CLIENT_QUEUE_MAX);
    struct sn_message *message = encode(out->call, out->method, request);
    if (!message)
        return sn_call_fail(out->call, SN_ERR_INVALID_ARGUMENT, "request of %s can't be encoded",
                            out->method->name);
    ops->message(out->stream, message, false);
    duplex->hold = ops->queued(out->stream) > SN_CLIENT_QUEUE_MAX / 2;
    return 0;
}

static int end_requests(struct sn_duplex *duplex)
{
    struct outgoing *out = duplex->worker;

    out->stream->ops->half_close(out->stream);
    return 0;
}

int sn_client_duplex(struct sn_call *call, struct sn_channel *channel,
                     const struct sn_pb_service *service, const char *method, const void *request,
                     struct sn_duplex *duplex, sn_reply_fn reply, void *arg)
{
    struct outgoing *out = create(call, service, method);

    if (!out)
        return SN_ERR_RESOURCE_EXHAUSTED;
    out->duplex = duplex;
    out->reply = reply;
    out->arg = arg;
    duplex->on_request = send_request;
    duplex->on_end = end_requests;
    duplex->worker = out;
    return begin(out, channel, service, request);
}
