/* SPDX-License-Identifier: Apache-2.0
 *
 * Unary calls to other servers. Loop thread.
 */
#include "rpc/core/client.h"
#include "base/timers.h"

#include <assert.h>

struct unary {
    struct sn_call *call;
    struct sn_client_stream *stream;
    const struct sn_pb_method *method;
    sn_reply_fn reply;
    void *arg;
    void *response; /* NULL until it has arrived */
    int code;       /* why the response is unusable */
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

static int decode(struct unary *unary, struct sn_str bytes)
{
    struct sn_arena *arena = unary->call->arena;
    const struct sn_pb_msg *msg = unary->method->response;

    /* What the peer sends is its to choose, so the reply gets a budget of its own. */
    arena->left += 16 * bytes.len + 2 * SN_BLOCK_SIZE;
    struct sn_str copy = sn_arena_copy(arena, bytes);
    void *response = sn_arena_zalloc(arena, msg->size);
    if (!copy.ptr || !response)
        return sn_call_fail(unary->call, SN_ERR_RESOURCE_EXHAUSTED, "no memory for the response");
    int code = sn_pb_decode(msg, response, copy.ptr, copy.len, arena);
    if (code)
        return sn_call_fail(unary->call, code == SN_ERR_RESOURCE_EXHAUSTED ? code : SN_ERR_INTERNAL,
                            "response of %s can't be decoded", unary->method->name);
    unary->response = response;
    return 0;
}

static void on_message(struct sn_client_stream *stream, const void *bytes, size_t len)
{
    struct unary *unary = stream->owner;

    if (unary->response && !unary->code)
        unary->code = sn_call_fail(unary->call, SN_ERR_INTERNAL, "more than one response to %s",
                                   unary->method->name);
    if (!unary->code)
        unary->code = decode(unary, (struct sn_str){bytes, len});
    stream->ops->credit(stream, len);
}

static int outcome(struct unary *unary, const struct sn_status *status)
{
    struct sn_call *call = unary->call;

    if (status->code) {
        if (status->text.len)
            sn_call_fail(call, status->code, "%.*s", SN_STR_ARGS(status->text));
        call->details = sn_arena_copy(call->arena, status->details);
        return status->code;
    }
    if (!unary->code && !unary->response)
        return sn_call_fail(call, SN_ERR_INTERNAL, "no response to %s", unary->method->name);
    if (!unary->code && unary->reply)
        return unary->reply(call, unary->response, unary->arg);
    return unary->code;
}

static void on_trailers(struct sn_client_stream *stream, const struct sn_status *status,
                        const struct sn_metadata *trailers)
{
    struct unary *unary = stream->owner;

    sn_call_done(unary->call, outcome(unary, status));
}

static void cancel(struct sn_call *call)
{
    struct unary *unary = call->holder;

    unary->stream->ops->cancel(unary->stream, sn_call_cancelled(call));
}

static uint64_t timeout_of(const struct sn_call *call)
{
    uint64_t now = call->env->timers->now_ns;

    if (call->deadline_ns == SN_NEVER)
        return SN_CLIENT_TIMEOUT_NS;
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

int sn_client_unary(struct sn_call *call, struct sn_channel *channel,
                    const struct sn_pb_service *service, const char *method, const void *request,
                    sn_reply_fn reply, void *arg)
{
    static const struct sn_client_events events = {
        .on_headers = on_headers, .on_message = on_message, .on_trailers = on_trailers};
    struct unary *unary = sn_arena_zalloc(call->arena, sizeof(*unary));
    struct sn_str path = sn_arena_printf(call->arena, "/%s/%s", service->name, method);
    struct sn_metadata metadata = {0};

    if (!unary || !path.ptr)
        return sn_call_fail(call, SN_ERR_RESOURCE_EXHAUSTED, "no memory to call %s", method);
    *unary = (struct unary){
        .call = call, .method = method_of(service, method), .reply = reply, .arg = arg};
    struct sn_message *message = encode(call, unary->method, request);
    if (!message)
        return sn_call_fail(call, SN_ERR_INVALID_ARGUMENT, "request of %s can't be encoded",
                            method);
    unary->stream = channel->ops->open(channel, &events, unary, path, &metadata, timeout_of(call));
    if (!unary->stream) {
        sn_message_free(message);
        return sn_call_fail(call, SN_ERR_RESOURCE_EXHAUSTED, "no memory to call %s", method);
    }
    call->holder = unary;
    call->on_cancel = cancel;
    unary->stream->ops->message(unary->stream, message, true);
    return SN_PENDING;
}
