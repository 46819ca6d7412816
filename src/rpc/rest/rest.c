/* SPDX-License-Identifier: Apache-2.0
 *
 * A request of JSON as a call: on one side an exchange, on the other a server stream. Unary answers
 * wait for the call's end, since that decides the HTTP status; a stream's messages leave one by
 * one, a line of {"result":...} each. Loop thread.
 */
#include "rpc/rest/private.h"

#include "rpc/transport/headers.h"
#include "sinew/list.h"
#include "wire/http.h"
#include "wire/pb/json.h"

#include <stdio.h>
#include <stdlib.h>

enum { BODY_MAX = 128 << 10 }; /* of a request; few have one */

struct sn_rest {
    struct sn_exchange_handler handler; /* first */
    struct sn_env *env;
    struct sn_server *server;
    struct sn_guard *guard;
    struct rest_routes routes;
    bool built;
};

struct rest_call {
    struct sn_rest *rest;
    struct sn_exchange *exchange;
    struct sn_server_stream rpc;
    struct rest_match match;
    struct sn_str query;
    char *body;
    size_t body_len;
    struct sn_metadata headers; /* of the answer */
    struct sn_message *answer;  /* of a unary call, as JSON */
    bool responded;
};

/* ---- answers ---- */

static int add(struct rest_call *call, const char *name, struct sn_str value)
{
    return sn_metadata_add(&call->headers, call->exchange->arena, sn_str_of(name), value);
}

/* The headers that every answer has. */
static int add_own(struct rest_call *call)
{
    const struct sn_metadata *asked = &call->exchange->request->metadata;
    int code = add(call, "content-type", SN_STR("application/json"));

    if (!code)
        code = add(call, "vary", SN_STR("Origin"));
    if (!code && sn_metadata_get(asked, SN_STR("origin")).len)
        code = add(call, "access-control-allow-origin", SN_STR("*"));
    return code;
}

static void fail(struct rest_call *call)
{
    call->exchange->ops->fail(call->exchange);
}

/* The whole answer at once. */
static void finish(struct rest_call *call, int status, struct sn_message *take_body)
{
    struct sn_exchange *exchange = call->exchange;
    struct sn_str length =
        take_body ? sn_arena_printf(exchange->arena, "%zu", take_body->len) : SN_STR_NULL;

    if (!length.ptr || add_own(call) || add(call, "content-length", length)) {
        sn_message_free(take_body);
        fail(call);
        return;
    }
    exchange->ops->respond(exchange, status, &call->headers);
    if (sn_str_is(exchange->request->method, "HEAD"))
        sn_message_free(take_body);
    else
        exchange->ops->body(exchange, take_body);
    if (sn_exchange_is_live(exchange))
        exchange->ops->end(exchange);
}

/* {"code":5,"message":"Not Found"}, within something. NULL without memory. */
static struct sn_message *error_text(struct rest_call *call, int code, struct sn_str text,
                                     const char *before, const char *after)
{
    struct sn_arena *arena = call->exchange->arena;
    struct sn_str quoted = rest_quote(text, arena);
    struct sn_str json = sn_arena_printf(arena, "%s{\"code\":%d,\"message\":%.*s}%s", before, -code,
                                         SN_STR_ARGS(quoted), after);

    return quoted.ptr && json.ptr ? sn_message_copy(arena->pool, json.ptr, json.len) : NULL;
}

/* What is wrong with a token may quote it, and so hold what a header can't. */
static void refuse(struct rest_call *call, int code, struct sn_str text)
{
    if (code == SN_ERR_UNAUTHENTICATED && sn_http_is_value(text) &&
        add(call, "www-authenticate", text)) {
        fail(call);
        return;
    }
    finish(call, sn_err_http(code), error_text(call, code, text, "", ""));
}

/* ---- what the core asks for ---- */

static struct rest_call *call_of(const struct sn_server_stream *rpc)
{
    return sn_container_of(rpc, struct rest_call, rpc);
}

/* Metadata x as Grpc-Metadata-X. */
static int add_metadata(struct rest_call *call, const struct sn_metadata *metadata)
{
    struct sn_arena *arena = call->exchange->arena;
    int code = add(call, "grpc-metadata-content-type", SN_STR("application/grpc"));

    for (uint32_t i = 0; i < metadata->count && !code; i++) {
        struct sn_metadata_entry header;
        int made = sn_header_make(&metadata->v[i], arena, &header);

        if (made < 0)
            return made;
        if (!made)
            continue;
        struct sn_str name = sn_arena_printf(arena, "grpc-metadata-%.*s", SN_STR_ARGS(header.key));
        struct sn_str value = sn_arena_copy(arena, header.value);
        code = name.ptr && value.ptr ? sn_metadata_add(&call->headers, arena, name, value)
                                     : SN_ERR_RESOURCE_EXHAUSTED;
    }
    return code;
}

static void send_headers(struct sn_server_stream *rpc, const struct sn_metadata *headers)
{
    struct rest_call *call = call_of(rpc);

    if (add_metadata(call, headers))
        fail(call);
}

/* The message as JSON, within something; NULL when it can't be. Frees it. */
static struct sn_message *to_json(struct rest_call *call, struct sn_message *take_message,
                                  const char *before, const char *after)
{
    const struct sn_pb_schema_msg *msg = call->match.route->method->response;
    struct sn_block_pool *pool = call->exchange->arena->pool;
    struct sn_message *scratch = sn_message_create(pool), *made = NULL;
    struct sn_arena *arena = scratch ? &scratch->arena : NULL;
    void *decoded = arena ? sn_arena_zalloc(arena, msg->table->size) : NULL;
    struct sn_str json;

    if (decoded &&
        !sn_pb_decode(msg->table, decoded, take_message->data, take_message->len, arena) &&
        !sn_pb_json_write(msg, decoded, SN_PB_JSON_PROTO_NAMES, arena, &json, NULL)) {
        size_t head = strlen(before), tail = strlen(after);

        made = sn_message_copy(pool, NULL, 0);
        char *memory =
            made ? sn_arena_alloc(&made->arena, SN_MESSAGE_HEADROOM + head + json.len + tail)
                 : NULL;
        if (memory) {
            made->data = (uint8_t *)memory + SN_MESSAGE_HEADROOM;
            made->len = head + json.len + tail;
            memcpy(made->data, before, head);
            memcpy(made->data + head, json.ptr, json.len);
            memcpy(made->data + head + json.len, after, tail);
        } else {
            sn_message_free(made);
            made = NULL;
        }
    }
    sn_message_free(scratch);
    sn_message_free(take_message);
    return made;
}

static void send_message(struct sn_server_stream *rpc, struct sn_message *take_message)
{
    struct rest_call *call = call_of(rpc);
    struct sn_exchange *exchange = call->exchange;
    bool stream = call->match.route->method->flags & SN_PB_SERVER_STREAMING;

    if (!sn_exchange_is_live(exchange) || call->answer) {
        sn_message_free(take_message);
        return;
    }
    struct sn_message *json =
        to_json(call, take_message, stream ? "{\"result\":" : "", stream ? "}\n" : "");
    if (!json || (stream && !call->responded && add_own(call))) {
        sn_message_free(json);
        fail(call);
        return;
    }
    if (!stream) {
        call->answer = json;
        return;
    }
    if (!call->responded)
        exchange->ops->respond(exchange, 200, &call->headers);
    call->responded = true;
    exchange->ops->body(exchange, json);
}

/* A stream's end. */
static void end_stream(struct rest_call *call, const struct sn_status *status)
{
    struct sn_exchange *exchange = call->exchange;

    if (status->code) {
        struct sn_message *line =
            error_text(call, status->code, status->text, "{\"error\":", "}\n");

        if (!line) {
            fail(call);
            return;
        }
        exchange->ops->body(exchange, line);
    }
    if (sn_exchange_is_live(exchange))
        exchange->ops->end(exchange);
}

static void send_trailers(struct sn_server_stream *rpc, const struct sn_status *status,
                          const struct sn_metadata *trailers)
{
    struct rest_call *call = call_of(rpc);
    struct sn_message *answer = call->answer;
    bool live = sn_exchange_is_live(call->exchange);

    call->answer = NULL;
    if (!live || status->code || call->responded)
        sn_message_free(answer);
    if (!live)
        return;
    if (call->responded)
        end_stream(call, status);
    else if (status->code)
        refuse(call, status->code, status->text);
    else
        finish(call, 200, answer ? answer : sn_message_copy(call->exchange->arena->pool, "", 0));
}

static size_t queued(const struct sn_server_stream *rpc)
{
    const struct sn_exchange *exchange = call_of(rpc)->exchange;

    return exchange->ops->queued(exchange);
}

static void credit(struct sn_server_stream *rpc, size_t bytes)
{
}

static const struct sn_server_stream_ops stream_ops = {
    .headers = send_headers,
    .message = send_message,
    .trailers = send_trailers,
    .queued = queued,
    .credit = credit,
};

/* ---- the call ---- */

/* What is metadata for the call among the request's headers. */
static int take_metadata(struct rest_call *call, struct sn_metadata *metadata)
{
    static const struct sn_str prefix = {"grpc-metadata-", 14};
    const struct sn_metadata *headers = &call->exchange->request->metadata;
    int code = 0;

    for (uint32_t i = 0; i < headers->count && !code; i++) {
        struct sn_str name = headers->v[i].key;

        if (sn_str_has_prefix(name, prefix) && name.len > prefix.len) {
            name.ptr += prefix.len;
            name.len -= prefix.len;
        } else if (!sn_str_is(name, "authorization")) {
            continue;
        }
        code = sn_metadata_add(metadata, call->exchange->arena, name, headers->v[i].value);
    }
    return code;
}

static void begin(struct rest_call *call, struct sn_str message)
{
    const struct sn_request *asked = call->exchange->request;
    const struct rest_route *route = call->match.route;
    struct sn_arena *arena = call->exchange->arena;
    struct sn_request request = {.timeout_ns = asked->timeout_ns};

    request.path = sn_arena_printf(arena, "/%.*s/%.*s", SN_STR_ARGS(route->service->name),
                                   SN_STR_ARGS(route->method->name));
    if (!request.path.ptr || take_metadata(call, &request.metadata)) {
        fail(call);
        return;
    }
    call->rpc.ops = &stream_ops;
    call->rpc.peer = call->exchange->peer;
    sn_request_begin(&request, call->rest->server, &call->rpc, arena, call->rest->guard);
    if (call->rpc.rpc)
        sn_server_message(&call->rpc, message.len ? message.ptr : "", message.len);
    if (call->rpc.rpc)
        sn_server_half_close(&call->rpc);
}

static void on_end(struct sn_exchange *exchange)
{
    struct rest_call *call = exchange->owner;
    struct sn_str message;
    struct sn_error error;

    if (call->match.route->method->flags & SN_PB_CLIENT_STREAMING) {
        refuse(call, SN_ERR_UNIMPLEMENTED,
               SN_STR("streams of requests have no form in JSON over HTTP here"));
        return;
    }
    int code = rest_message(&call->match, call->query, (struct sn_str){call->body, call->body_len},
                            exchange->arena, &message, &error);
    if (code)
        refuse(call, code, sn_str_of(error.text));
    else
        begin(call, message);
}

static void on_body(struct sn_exchange *exchange, struct sn_str bytes)
{
    struct rest_call *call = exchange->owner;

    exchange->ops->credit(exchange, bytes.len);
    if (!call->match.route->body.len) /* as the reference, whatever it is */
        return;
    char *body = call->body_len + bytes.len <= BODY_MAX
                     ? sn_arena_realloc(exchange->arena, call->body, call->body_len,
                                        call->body_len + bytes.len)
                     : NULL;
    if (!body) {
        call->rest->guard->refused[SN_REFUSED_MESSAGE]++;
        refuse(call, SN_ERR_RESOURCE_EXHAUSTED, SN_STR("the request's body is too large"));
        return;
    }
    memcpy(body + call->body_len, bytes.ptr, bytes.len);
    call->body = body;
    call->body_len += bytes.len;
}

static void on_writable(struct sn_exchange *exchange)
{
    struct rest_call *call = exchange->owner;

    if (call->rpc.rpc)
        sn_server_writable(&call->rpc);
}

static void on_abort(struct sn_exchange *exchange)
{
    struct rest_call *call = exchange->owner;

    if (call->rpc.rpc)
        sn_server_abort(&call->rpc);
    sn_message_free(call->answer);
    call->answer = NULL;
}

static const struct sn_exchange_events exchange_events = {
    .on_body = on_body,
    .on_end = on_end,
    .on_writable = on_writable,
    .on_abort = on_abort,
};

static void serve(struct sn_exchange_handler *handler, struct sn_exchange *exchange)
{
    struct sn_rest *rest = (struct sn_rest *)handler;
    struct rest_call *call = sn_arena_zalloc(exchange->arena, sizeof(*call));
    struct sn_str path;

    if (!call) {
        exchange->ops->fail(exchange);
        return;
    }
    call->rest = rest;
    call->exchange = exchange;
    exchange->events = &exchange_events;
    exchange->owner = call;
    if (!rest->built && rest_routes_build(&rest->routes, rest->env->blocks)) {
        refuse(call, SN_ERR_RESOURCE_EXHAUSTED, SN_STR("no memory for the tables of JSON"));
        return;
    }
    rest->built = true;
    path = sn_request_path(exchange->request, &call->query);
    rest_match(&rest->routes, exchange->request->method, path, &call->match);
    if (!call->match.route && call->match.other_verb)
        refuse(call, SN_ERR_UNIMPLEMENTED, SN_STR("Method Not Allowed"));
    else if (!call->match.route)
        refuse(call, SN_ERR_NOT_FOUND, SN_STR("Not Found"));
}

/* ---- life ---- */

struct sn_rest *sn_rest_create(struct sn_env *env, struct sn_server *server, struct sn_guard *guard)
{
    struct sn_rest *rest = calloc(1, sizeof(*rest));

    if (!rest)
        return NULL;
    *rest = (struct sn_rest){.handler.serve = serve, .env = env, .server = server, .guard = guard};
    return rest;
}

struct sn_exchange_handler *sn_rest_handler(struct sn_rest *rest)
{
    return &rest->handler;
}

void sn_rest_destroy(struct sn_rest *rest)
{
    if (!rest)
        return;
    if (rest->built)
        sn_arena_fini(&rest->routes.arena);
    free(rest);
}
