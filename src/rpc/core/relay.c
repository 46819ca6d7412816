/* SPDX-License-Identifier: Apache-2.0
 *
 * Relayed calls.
 */
#include "rpc/core/relay.h"
#include "rpc/core/server_private.h"

/* With more on its way to a peer that reads slowly, the other one has to wait. */
enum { HIGH_WATER = 256 << 10 };

struct sn_relay {
    struct sn_rpc *rpc;
    struct sn_client_stream *up;     /* towards the resource */
    size_t owed_client, owed_server; /* bytes of credit that are held back */
    const char *hollow;              /* what is wrong with a response that was kept back, or NULL */
};

/* ---- metadata ---- */

/* What goes with a request. All else is between the client and this machine: a session, a key, a
 * cookie; a module has no business with them. Source: upstream. */
static bool goes_on(struct sn_str key)
{
    return sn_str_is(key, "viam_client") || sn_str_is(key, "traceparent") ||
           sn_str_is(key, "tracestate") || sn_str_has_prefix(key, SN_STR("viam-metadata-"));
}

/* Of a response, what speaks of the far server alone: operations have ids of their own here. */
static bool stays(struct sn_str key)
{
    return sn_str_is(key, "opid") || sn_str_is(key, "viam-sid") || sn_str_is(key, "date") ||
           sn_str_is(key, "server");
}

/* Strings are the rpc's own. */
static int request_metadata(struct sn_rpc *rpc, struct sn_metadata *to)
{
    const struct sn_metadata *from = &rpc->metadata;
    struct sn_str opid = sn_metadata_get(&rpc->headers, SN_STR("opid"));
    int code = opid.ptr ? sn_metadata_add(to, &rpc->arena, SN_STR("opid"), opid) : 0;

    for (uint32_t i = 0; i < from->count && !code; i++)
        if (goes_on(from->v[i].key))
            code = sn_metadata_add(to, &rpc->arena, from->v[i].key, from->v[i].value);
    return code;
}

static int response_metadata(struct sn_rpc *rpc, const struct sn_metadata *from,
                             struct sn_metadata *to)
{
    int code = 0;

    for (uint32_t i = 0; i < from->count && !code; i++) {
        const struct sn_metadata_entry *entry = &from->v[i];

        if (stays(entry->key))
            continue;
        rpc->arena.left += entry->key.len + entry->value.len + sizeof(*entry) + 64;
        struct sn_str key = sn_arena_copy(&rpc->arena, entry->key);
        struct sn_str value = sn_arena_copy(&rpc->arena, entry->value);
        code = key.ptr && value.ptr ? sn_metadata_add(to, &rpc->arena, key, value)
                                    : SN_ERR_RESOURCE_EXHAUSTED;
    }
    return code;
}

static struct sn_relay *relay_of(struct sn_client_stream *up)
{
    return up->owner;
}

/* ---- from the resource ---- */

static void on_headers(struct sn_client_stream *up, const struct sn_metadata *headers)
{
    struct sn_rpc *rpc = relay_of(up)->rpc;

    if (!rpc->stream || rpc->headers_sent)
        return;
    if (response_metadata(rpc, headers, &rpc->headers)) {
        up->ops->cancel(up, SN_ERR_RESOURCE_EXHAUSTED);
        return;
    }
    rpc->headers_sent = true;
    rpc->stream->ops->headers(rpc->stream, &rpc->headers);
}

static void pay_server(struct sn_relay *relay)
{
    size_t owed = relay->owed_server;

    relay->owed_server = 0;
    if (owed && relay->up)
        relay->up->ops->credit(relay->up, owed);
}

/* The one thing that is looked at in a response: whether it is empty where it may not be. */
static const char *find_hollow(const struct sn_rpc *rpc, size_t len)
{
    const struct sn_router *router = rpc->server->config.router;
    uint8_t streams = SN_PB_CLIENT_STREAMING | SN_PB_SERVER_STREAMING;

    if (len || !router->hollow || rpc->method->pb->flags & streams)
        return NULL;
    return router->hollow(rpc->method);
}

static int fail_hollow(struct sn_rpc *rpc, const char *text)
{
    const char *mark = strstr(text, "%s");

    if (!mark)
        return sn_call_fail(&rpc->call, SN_ERR_UNKNOWN, "%s", text);
    return sn_call_fail(&rpc->call, SN_ERR_UNKNOWN, "%.*s%s%s", (int)(mark - text), text,
                        rpc->resource->name, mark + 2);
}

static void on_message(struct sn_client_stream *up, const void *bytes, size_t len)
{
    struct sn_relay *relay = relay_of(up);
    struct sn_rpc *rpc = relay->rpc;

    relay->hollow = find_hollow(rpc, len);
    if (relay->hollow)
        return;
    if (!rpc->stream) {
        up->ops->cancel(up, SN_ERR_CANCELLED);
        return;
    }
    struct sn_message *message = up->ops->take ? up->ops->take(up) : NULL;
    if (!message)
        message = sn_message_copy(rpc->call.env->blocks, bytes, len);
    if (!message) {
        up->ops->cancel(up, SN_ERR_RESOURCE_EXHAUSTED);
        return;
    }
    if (!rpc->headers_sent) {
        rpc->headers_sent = true;
        rpc->stream->ops->headers(rpc->stream, &rpc->headers);
    }
    rpc->stream->ops->message(rpc->stream, message);
    relay->owed_server += len;
    if (rpc->stream->ops->queued(rpc->stream) <= HIGH_WATER)
        pay_server(relay);
}

static void on_up_writable(struct sn_client_stream *up)
{
    struct sn_relay *relay = relay_of(up);
    size_t owed = relay->owed_client;

    relay->owed_client = 0;
    if (owed && relay->rpc->stream)
        relay->rpc->stream->ops->credit(relay->rpc->stream, owed);
}

static void on_trailers(struct sn_client_stream *up, const struct sn_status *status,
                        const struct sn_metadata *trailers)
{
    struct sn_relay *relay = relay_of(up);
    struct sn_rpc *rpc = relay->rpc;
    struct sn_call *call = &rpc->call;

    relay->up = NULL;
    rpc->arena.left += status->text.len + status->details.len + 256;
    if (status->code && status->text.len)
        sn_call_fail(call, status->code, "%.*s", SN_STR_ARGS(status->text));
    call->details = sn_arena_copy(call->arena, status->details);
    int code = response_metadata(rpc, trailers, &rpc->trailers);
    if (!code && !status->code && relay->hollow)
        code = fail_hollow(rpc, relay->hollow);
    sn_call_done(call, status->code ? status->code : code);
}

/* ---- from the client ---- */

static void on_half_close(struct sn_rpc *rpc)
{
    if (rpc->relay->up)
        rpc->relay->up->ops->half_close(rpc->relay->up);
}

static void on_writable(struct sn_rpc *rpc)
{
    pay_server(rpc->relay);
}

static void on_cancel(struct sn_call *call)
{
    struct sn_relay *relay = sn_rpc_of(call)->relay;

    relay->up->ops->cancel(relay->up, sn_call_cancelled(call));
}

/* What is being delivered. The client may be gone already. */
static struct sn_message *from_client(struct sn_rpc *rpc, struct sn_str bytes)
{
    struct sn_server_stream *stream = rpc->stream;
    struct sn_message *message = stream && stream->ops->take ? stream->ops->take(stream) : NULL;

    return message ? message : sn_message_copy(rpc->call.env->blocks, bytes.ptr, bytes.len);
}

static uint64_t timeout_of(const struct sn_call *call)
{
    uint64_t now = call->env->timers->now_ns;

    if (call->deadline_ns == SN_NEVER)
        return SN_NEVER;
    return call->deadline_ns > now ? call->deadline_ns - now : 0;
}

int sn_relay_begin(struct sn_rpc *rpc, struct sn_str first)
{
    static const struct sn_client_events events = {on_headers, on_message, on_up_writable,
                                                   on_trailers};
    struct sn_channel *channel = rpc->resource->relay;
    struct sn_relay *relay = sn_arena_zalloc(&rpc->arena, sizeof(*relay));
    struct sn_message *message = from_client(rpc, first);
    struct sn_metadata metadata = {0};
    bool streams = rpc->method->pb->flags & SN_PB_CLIENT_STREAMING;

    if (relay && message && request_metadata(rpc, &metadata) == 0)
        relay->up = channel->ops->open(channel, &events, relay, rpc->method->path, &metadata,
                                       timeout_of(&rpc->call));
    if (!relay || !relay->up) {
        sn_message_free(message);
        return sn_call_fail(&rpc->call, SN_ERR_RESOURCE_EXHAUSTED, "no memory to pass the call on");
    }
    relay->rpc = rpc;
    rpc->relay = relay;
    rpc->call.on_cancel = on_cancel;
    rpc->on_writable = on_writable;
    rpc->on_half_close = streams ? on_half_close : NULL;
    relay->up->ops->message(relay->up, message, !streams);
    return SN_PENDING;
}

bool sn_relay_message(struct sn_rpc *rpc, struct sn_str bytes)
{
    struct sn_relay *relay = rpc->relay;
    struct sn_message *message = from_client(rpc, bytes);

    if (!message) {
        sn_call_cancel(&rpc->call, SN_ERR_RESOURCE_EXHAUSTED);
        return true;
    }
    relay->up->ops->message(relay->up, message, false);
    if (relay->up->ops->queued(relay->up) <= HIGH_WATER)
        return true;
    relay->owed_client += bytes.len;
    return false;
}
