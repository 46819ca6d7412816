/* SPDX-License-Identifier: Apache-2.0
 *
 * One call on the server side, from its headers to its trailers.
 *
 * An rpc lives in the first block of its own arena. It is WAITING for its first message, RUNNING
 * while its operation is, ENDED when that has completed; only a running one has a started sn_call.
 */
#include "rpc/core/relay.h"
#include "rpc/core/server_private.h"

#include <assert.h>
#include <stdio.h>

enum rpc_state { RPC_WAITING, RPC_RUNNING, RPC_ENDED };

/* A decoded message takes more room than its bytes: at worst one byte of input (an empty element)
 * becomes a struct of some tens. So much may a call use per byte it was sent, and this much in any
 * case; the ceiling bounds the largest messages. */
enum { ARENA_BASE = 256 << 10, ARENA_PER_BYTE = 16, ARENA_MAX = 192 << 20 };

static size_t arena_budget(size_t message_len)
{
    size_t budget = ARENA_BASE + message_len * ARENA_PER_BYTE;

    return budget < ARENA_MAX ? budget : ARENA_MAX;
}

static bool is_client_streaming(const struct sn_rpc *rpc)
{
    return rpc->method->pb->flags & SN_PB_CLIENT_STREAMING;
}

static bool is_server_streaming(const struct sn_rpc *rpc)
{
    return rpc->method->pb->flags & SN_PB_SERVER_STREAMING;
}

static void send_headers(struct sn_rpc *rpc)
{
    if (rpc->headers_sent)
        return;
    rpc->headers_sent = true;
    rpc->stream->ops->headers(rpc->stream, &rpc->headers);
}

static int encode_and_send(struct sn_rpc *rpc, const void *response)
{
    struct sn_message *message = sn_message_create(rpc->call.env->blocks);
    struct sn_str bytes;

    if (!message)
        return sn_call_fail(&rpc->call, SN_ERR_RESOURCE_EXHAUSTED, "no memory for a response");
    int code = sn_pb_encode(rpc->method->pb->response, response, &message->arena,
                            SN_MESSAGE_HEADROOM, &bytes);
    if (code || bytes.len > SN_MESSAGE_MAX) {
        sn_message_free(message);
        return sn_call_fail(&rpc->call,
                            code == SN_ERR_INVALID_ARGUMENT ? SN_ERR_INTERNAL
                                                            : SN_ERR_RESOURCE_EXHAUSTED,
                            "response of %.*s can't be encoded: %s", SN_STR_ARGS(rpc->method->path),
                            code ? sn_err_text(code) : "larger than 32 MiB");
    }
    message->data = (uint8_t *)(uintptr_t)bytes.ptr;
    message->len = bytes.len;
    send_headers(rpc);
    rpc->stream->ops->message(rpc->stream, message);
    return 0;
}

int sn_rpc_send(struct sn_rpc *rpc, const void *response)
{
    if (!rpc->stream)
        return sn_call_fail(&rpc->call, SN_ERR_UNAVAILABLE, "the client is gone");
    if (rpc->stream->ops->queued(rpc->stream) > SN_RPC_QUEUE_MAX)
        return sn_call_fail(&rpc->call, SN_ERR_RESOURCE_EXHAUSTED,
                            "the client reads too slowly: %d bytes wait", SN_RPC_QUEUE_MAX);
    return encode_and_send(rpc, response);
}

static void send_end(struct sn_rpc *rpc, int code)
{
    struct sn_server_stream *stream = rpc->stream;

    if (code == 0 && rpc->response)
        code = sn_rpc_send(rpc, rpc->response);
    if (rpc->headers.count)
        send_headers(rpc);
    struct sn_status status = {.code = code, .details = rpc->call.details};
    if (code)
        status.text = sn_call_text(&rpc->call, code);
    if (code == SN_ERR_UNKNOWN && rpc->complaint)
        status.text =
            sn_arena_printf(&rpc->arena, "%s%.*s", rpc->complaint, SN_STR_ARGS(status.text));
    rpc->stream = NULL;
    stream->rpc = NULL;
    stream->ops->trailers(stream, &status, &rpc->trailers);
}

/* Keeps a message whose turn has not come; its credit is owed. */
static int hold(struct sn_rpc *rpc, struct sn_str bytes)
{
    struct sn_server_stream *stream = rpc->stream;
    struct sn_message *message = stream->ops->take ? stream->ops->take(stream) : NULL;

    if (!message)
        message = sn_message_copy(rpc->call.env->blocks, bytes.ptr, bytes.len);
    if (!message)
        return SN_ERR_RESOURCE_EXHAUSTED;
    if (!rpc->held)
        rpc->held_end = &rpc->held;
    *rpc->held_end = message;
    rpc->held_end = &message->next;
    return 0;
}

static void drop_held(struct sn_rpc *rpc)
{
    while (rpc->held) {
        struct sn_message *message = rpc->held;

        rpc->held = message->next;
        sn_message_free(message);
    }
}

static bool is_held_back(const struct sn_rpc *rpc)
{
    return !rpc->on_message || (rpc->duplex && rpc->duplex->hold);
}

/* Its memory goes. */
static void release(struct sn_rpc *rpc)
{
    struct sn_peer *peer = rpc->peer;
    struct sn_foreign *foreign = rpc->method->foreign;
    struct sn_arena arena = rpc->arena;

    sn_arena_fini(&arena);
    if (foreign)
        sn_foreign_unref(foreign);
    if (peer && --peer->calls == 0 && peer->unused)
        peer->unused(peer);
}

/* sn_call.end, and the end of calls that never got that far. */
static void finish(struct sn_call *call, int code)
{
    struct sn_rpc *rpc = sn_rpc_of(call);
    const struct sn_server_config *config = &rpc->server->config;

    if (rpc->forced)
        code = rpc->forced;
    rpc->state = RPC_ENDED;
    sn_timer_stop(call->env->timers, &rpc->deadline);
    sn_timer_stop(call->env->timers, &rpc->ready);
    while (rpc->passed) {
        const struct sn_interceptor *interceptor = &config->interceptors[--rpc->passed];

        if (interceptor->at_end)
            interceptor->at_end(interceptor->owner, rpc, code);
    }
    if (rpc->stream)
        send_end(rpc, code);
    drop_held(rpc);
    sn_resource_unref(rpc->resource);
    sn_list_remove(&rpc->link);
    if (!rpc->delivering)
        release(rpc);
}

void sn_rpc_cancel(struct sn_rpc *rpc, int reason)
{
    if (rpc->state == RPC_WAITING)
        finish(&rpc->call, reason);
    else
        sn_call_cancel(&rpc->call, reason);
}

static void on_deadline(struct sn_timer *timer)
{
    sn_rpc_cancel(sn_container_of(timer, struct sn_rpc, deadline), SN_ERR_DEADLINE_EXCEEDED);
}

static void deliver_held(struct sn_rpc *rpc);

static void on_ready(struct sn_timer *timer)
{
    deliver_held(sn_container_of(timer, struct sn_rpc, ready));
}

void sn_rpc_resume(struct sn_rpc *rpc)
{
    if (rpc->held || rpc->half_closed)
        sn_timer_start(rpc->call.env->timers, &rpc->ready, 0, on_ready);
}

static int start(struct sn_call *call)
{
    struct sn_rpc *rpc = sn_rpc_of(call);

    if (rpc->resource && rpc->resource->relay)
        return sn_relay_begin(rpc, rpc->first);
    void *self = rpc->resource ? (void *)rpc->resource : rpc->method->self;

    /* Not from inside: the call counts as begun only when the handler has returned. By then it may
     * be over, and its memory gone. */
    if ((rpc->method->pb->flags & SN_PB_CLIENT_STREAMING) && (rpc->held || rpc->half_closed))
        sn_timer_start(call->env->timers, &rpc->ready, 0, on_ready);
    return rpc->method->handler->handle(rpc, self, rpc->request, rpc->response);
}

/* ---- headers ---- */

static void refuse(struct sn_server_stream *stream, int code, const char *text)
{
    struct sn_status status = {.code = code, .text = sn_str_of(text)};
    struct sn_metadata none = {0};

    stream->rpc = NULL;
    stream->ops->trailers(stream, &status, &none);
}

/* Texts of the reference and of its library: a path has a service and a method. */
static void refuse_unknown(struct sn_server_stream *stream, struct sn_str path)
{
    char text[128];

    if (path.len > 1 && memchr(path.ptr + 1, '/', path.len - 1)) {
        refuse(stream, SN_ERR_UNIMPLEMENTED, "Unimplemented");
        return;
    }
    snprintf(text, sizeof(text), "malformed method name: \"%.*s\"",
             (int)(path.len < 64 ? path.len : 64), path.ptr);
    refuse(stream, SN_ERR_UNIMPLEMENTED, text);
}

static int copy_metadata(struct sn_rpc *rpc, const struct sn_metadata *metadata)
{
    for (uint32_t i = 0; i < metadata->count; i++) {
        struct sn_str key = sn_arena_copy(&rpc->arena, metadata->v[i].key);
        struct sn_str value = sn_arena_copy(&rpc->arena, metadata->v[i].value);

        if (!key.ptr || !value.ptr)
            return SN_ERR_RESOURCE_EXHAUSTED;
        int code = sn_metadata_add(&rpc->metadata, &rpc->arena, key, value);
        if (code)
            return code;
    }
    return 0;
}

static struct sn_rpc *create(struct sn_server *server, struct sn_server_stream *stream,
                             const struct sn_method *method)
{
    struct sn_arena arena;

    sn_arena_init(&arena, server->config.env->blocks, ARENA_BASE);
    struct sn_rpc *rpc = sn_arena_zalloc(&arena, sizeof(*rpc));
    if (!rpc)
        return NULL;
    rpc->arena = arena;
    rpc->server = server;
    rpc->stream = stream;
    rpc->peer = stream->peer;
    if (rpc->peer)
        rpc->peer->calls++;
    rpc->method = method;
    if (method->foreign)
        sn_foreign_ref(method->foreign);
    sn_call_init(&rpc->call, server->config.env, &rpc->arena, NULL);
    rpc->call.start = start;
    rpc->call.end = finish;
    sn_list_append(&server->rpcs, &rpc->link);
    stream->rpc = rpc;
    return rpc;
}

static void arm_deadline(struct sn_rpc *rpc, uint64_t timeout_ns)
{
    struct sn_timers *timers = rpc->call.env->timers;

    if (timeout_ns == SN_NEVER &&
        !(rpc->method->pb->flags & (SN_PB_CLIENT_STREAMING | SN_PB_SERVER_STREAMING)))
        timeout_ns = rpc->server->config.unary_timeout_ns;
    if (timeout_ns == SN_NEVER)
        return;
    sn_timer_start(timers, &rpc->deadline, timeout_ns, on_deadline);
    rpc->call.deadline_ns = rpc->deadline.due_ns;
}

static int pass_headers(struct sn_rpc *rpc)
{
    const struct sn_server_config *config = &rpc->server->config;

    while (rpc->passed < config->interceptor_count) {
        const struct sn_interceptor *interceptor = &config->interceptors[rpc->passed];
        int code = interceptor->at_headers ? interceptor->at_headers(interceptor->owner, rpc) : 0;

        if (code)
            return code;
        rpc->passed++;
    }
    return 0;
}

static const struct sn_method *find_served(struct sn_server *server, struct sn_str path)
{
    const struct sn_method *method = sn_server_find(server, path);
    struct sn_router *router = server->config.router;

    if (method && method->foreign && router->has && !router->has(router, method->service->api))
        return NULL;
    return method;
}

void sn_server_begin(struct sn_server *server, struct sn_server_stream *stream, struct sn_str path,
                     const struct sn_metadata *metadata, uint64_t timeout_ns)
{
    struct sn_gate *gate = server->config.gate;
    struct sn_str entity = SN_STR_NULL;
    struct sn_error error;
    int code = gate ? gate->admit(gate, stream->peer, path, metadata, &entity, &error) : 0;

    if (code) {
        refuse(stream, code, error.text);
        return;
    }
    const struct sn_method *method = find_served(server, path);
    if (!method) {
        refuse_unknown(stream, path);
        return;
    }
    struct sn_rpc *rpc = create(server, stream, method);
    if (!rpc) {
        refuse(stream, SN_ERR_RESOURCE_EXHAUSTED, "no memory for another call");
        return;
    }
    rpc->entity = sn_arena_copy(&rpc->arena, entity);
    code = rpc->entity.ptr ? copy_metadata(rpc, metadata) : SN_ERR_RESOURCE_EXHAUSTED;
    if (!code) {
        arm_deadline(rpc, timeout_ns);
        code = pass_headers(rpc);
    }
    if (!code && timeout_ns == 0) /* over before it began, however fast we are */
        code = SN_ERR_DEADLINE_EXCEEDED;
    if (!code && !method->handler)
        code = sn_call_fail(&rpc->call, SN_ERR_UNIMPLEMENTED, "method %s not implemented",
                            method->pb->name);
    if (code)
        finish(&rpc->call, code);
}

/* ---- messages ---- */

/* Text as the reference's library has it. */
static int not_parsed(struct sn_rpc *rpc)
{
    return sn_call_fail(&rpc->call, SN_ERR_INTERNAL,
                        "grpc: error unmarshalling request: proto: cannot parse invalid "
                        "wire-format data");
}

/* The name of the resource that the request is for, in place. A foreign one may have none: its text
 * is upstream's. */
static int peek_name(struct sn_rpc *rpc, struct sn_str bytes, struct sn_str *ret_name)
{
    static const uint32_t default_path[] = {1};
    const uint32_t *path = rpc->method->handler->name_path;
    size_t path_len = path[1] ? 2 : 1;

    *ret_name = SN_STR("");
    if (!path[0] && !rpc->method->foreign)
        path = default_path;
    if (path[0] && sn_pb_peek(bytes, path, path_len, ret_name))
        return not_parsed(rpc);
    if (rpc->method->foreign && !ret_name->len)
        return sn_call_fail(&rpc->call, SN_ERR_UNKNOWN,
                            "unable to determine resource name due to missing 'name' field");
    return 0;
}

static int route(struct sn_rpc *rpc, struct sn_str bytes)
{
    const struct sn_service *service = rpc->method->service;
    struct sn_router *router = rpc->server->config.router;
    struct sn_str name;

    if (!service->api)
        return 0;
    int code = peek_name(rpc, bytes, &name);
    return code ? code : router->find(router, rpc, service->api, name, &rpc->resource);
}

static int pass_message(struct sn_rpc *rpc)
{
    const struct sn_server_config *config = &rpc->server->config;
    int code = 0;

    for (size_t i = 0; i < config->interceptor_count && !code; i++)
        if (config->interceptors[i].at_message)
            code = config->interceptors[i].at_message(config->interceptors[i].owner, rpc);
    return code;
}

/* Decodes into `arena`, strings copied along since the transport's bytes go. */
static int decode(struct sn_rpc *rpc, struct sn_arena *arena, struct sn_str bytes,
                  const void **ret_request)
{
    const struct sn_pb_msg *msg = rpc->method->pb->request;
    struct sn_str copy = sn_arena_copy(arena, bytes);
    void *request = sn_arena_zalloc(arena, msg->size);

    if (!copy.ptr || !request)
        return sn_call_fail(&rpc->call, SN_ERR_RESOURCE_EXHAUSTED, "no memory for the request");
    int code = sn_pb_decode(msg, request, copy.ptr, copy.len, arena);
    if (code == SN_ERR_RESOURCE_EXHAUSTED)
        return sn_call_fail(&rpc->call, code, "request takes too much memory when decoded");
    if (code)
        return not_parsed(rpc);
    *ret_request = request;
    return 0;
}

static struct sn_str unrouted_text(struct sn_rpc *rpc, struct sn_str bytes, struct sn_str text)
{
    const char *form = rpc->method->handler->unrouted;
    const char *mark = form ? strstr(form, "%s") : NULL;
    struct sn_str name;

    if (!form)
        return text;
    if (!mark)
        return sn_arena_printf(&rpc->arena, "%s%.*s", form, SN_STR_ARGS(text));
    if (peek_name(rpc, bytes, &name))
        return text;
    return sn_arena_printf(&rpc->arena, "%.*s%.*s%s", (int)(mark - form), form, SN_STR_ARGS(name),
                           mark + 2);
}

/* A message that can't be read is refused as such, even when what it seems to name is nowhere. */
static int check_unrouted(struct sn_rpc *rpc, struct sn_str bytes, int code)
{
    struct sn_str text = rpc->call.text;

    if (rpc->method->foreign)
        return code;
    rpc->call.text = SN_STR_NULL;
    int malformed = decode(rpc, &rpc->arena, bytes, &rpc->request);
    if (malformed)
        return malformed;
    rpc->call.text = unrouted_text(rpc, bytes, text);
    return code;
}

static int prepare_first(struct sn_rpc *rpc, struct sn_str bytes)
{
    rpc->arena.left += arena_budget(bytes.len);
    int code = route(rpc, bytes);
    if (code)
        return check_unrouted(rpc, bytes, code);
    code = pass_message(rpc);
    if (code || rpc->method->foreign || (rpc->resource && rpc->resource->relay))
        return code;
    code = decode(rpc, &rpc->arena, bytes, &rpc->request);
    if (code || is_server_streaming(rpc))
        return code;
    rpc->response = sn_arena_zalloc(&rpc->arena, rpc->method->pb->response->size);
    return rpc->response ? 0 : SN_ERR_RESOURCE_EXHAUSTED;
}

static void first_message(struct sn_rpc *rpc, struct sn_str bytes)
{
    int code = prepare_first(rpc, bytes);

    if (code) {
        finish(&rpc->call, code);
        return;
    }
    rpc->state = RPC_RUNNING;
    rpc->first = bytes;
    sn_call_start(&rpc->call);
}

/* The operation is told to end; whatever it ends with, the client is told `code`. */
static void force_end(struct sn_rpc *rpc, int code)
{
    rpc->forced = code;
    sn_call_cancel(&rpc->call, SN_ERR_CANCELLED);
}

static void take_message(struct sn_rpc *rpc, struct sn_str bytes)
{
    struct sn_arena arena;
    const void *request = NULL;

    sn_arena_init(&arena, rpc->call.env->blocks, arena_budget(bytes.len));
    int code = decode(rpc, &arena, bytes, &request);
    if (code)
        force_end(rpc, code);
    else
        rpc->on_message(rpc, request);
    sn_arena_fini(&arena);
}

static void tell_half_close(struct sn_rpc *rpc)
{
    if (rpc->told_half_close || !rpc->on_half_close)
        return;
    rpc->told_half_close = true;
    rpc->on_half_close(rpc);
}

/* Each may end the call; its memory stays until here. */
static void deliver_held(struct sn_rpc *rpc)
{
    rpc->delivering = true;
    while (rpc->state != RPC_ENDED && rpc->held && !is_held_back(rpc)) {
        struct sn_message *message = rpc->held;
        size_t len = message->len;

        rpc->held = message->next;
        take_message(rpc, (struct sn_str){(const char *)message->data, len});
        sn_message_free(message);
        if (rpc->state != RPC_ENDED && rpc->stream)
            rpc->stream->ops->credit(rpc->stream, len);
    }
    if (rpc->state != RPC_ENDED && rpc->half_closed && !rpc->held)
        tell_half_close(rpc);
    rpc->delivering = false;
    if (rpc->state == RPC_ENDED)
        release(rpc);
}

/* Whether the peer may send on. */
static bool next_message(struct sn_rpc *rpc, struct sn_str bytes)
{
    if (!is_client_streaming(rpc)) {
        force_end(rpc, sn_call_fail(&rpc->call, SN_ERR_INTERNAL, "more than one request message"));
        return true;
    }
    if (rpc->relay)
        return sn_relay_message(rpc, bytes);
    if (!rpc->held && !is_held_back(rpc)) {
        take_message(rpc, bytes);
        return true;
    }
    if (hold(rpc, bytes))
        force_end(rpc, SN_ERR_RESOURCE_EXHAUSTED);
    return false;
}

void sn_server_message(struct sn_server_stream *stream, const void *bytes, size_t len)
{
    struct sn_rpc *rpc = stream->rpc;
    struct sn_str message = {bytes, len};
    bool taken = true;

    if (rpc->state == RPC_WAITING)
        first_message(rpc, message);
    else
        taken = next_message(rpc, message);
    /* Whatever was asked has been copied: the peer may send on. */
    if (stream->rpc && taken)
        stream->ops->credit(stream, len);
}

void sn_server_refuse(struct sn_server_stream *stream, int code, const char *text)
{
    struct sn_rpc *rpc = stream->rpc;

    sn_call_fail(&rpc->call, code, "%s", text);
    if (rpc->state == RPC_WAITING)
        finish(&rpc->call, code);
    else
        force_end(rpc, code);
}

void sn_server_half_close(struct sn_server_stream *stream)
{
    struct sn_rpc *rpc = stream->rpc;

    rpc->half_closed = true;
    if (rpc->state == RPC_RUNNING && !rpc->held)
        tell_half_close(rpc);
    else if (rpc->state == RPC_WAITING && is_client_streaming(rpc) && !rpc->method->foreign)
        finish(&rpc->call, 0);
    else if (rpc->state == RPC_WAITING)
        finish(&rpc->call, sn_call_fail(&rpc->call, SN_ERR_UNKNOWN, "EOF"));
}

void sn_server_writable(struct sn_server_stream *stream)
{
    struct sn_rpc *rpc = stream->rpc;

    if (rpc->state == RPC_RUNNING && rpc->on_writable)
        rpc->on_writable(rpc);
}

void sn_server_abort(struct sn_server_stream *stream)
{
    struct sn_rpc *rpc = stream->rpc;

    stream->rpc = NULL;
    rpc->stream = NULL;
    sn_rpc_cancel(rpc, SN_ERR_CANCELLED);
}
