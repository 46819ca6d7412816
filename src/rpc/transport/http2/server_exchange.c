/* SPDX-License-Identifier: Apache-2.0
 *
 * Requests over HTTP/2 that aren't gRPC's, as exchanges. Loop thread.
 */
#include "rpc/transport/http2/server.h"

#include <stdio.h>

static struct h2_server_stream *stream_of(const struct sn_exchange *exchange)
{
    return sn_container_of(exchange, struct h2_server_stream, exchange);
}

static void respond(struct sn_exchange *exchange, int status, const struct sn_metadata *headers)
{
    struct h2_server_stream *stream = stream_of(exchange);
    nghttp2_nv *nv = sn_arena_alloc(&stream->arena, (headers->count + 1) * sizeof(*nv));
    nghttp2_data_provider provider = h2_stream_provider(&stream->h2);
    char text[12];
    size_t count = 0;

    if (!nv) {
        h2_server_fail(stream);
        return;
    }
    snprintf(text, sizeof(text), "%d", status);
    nv[count++] = h2_nv(SN_STR(":status"), sn_str_of(text));
    for (uint32_t i = 0; i < headers->count; i++)
        nv[count++] = h2_nv(headers->v[i].key, headers->v[i].value);
    if (nghttp2_submit_response(stream->h2.session->ng, stream->h2.id, nv, count, &provider))
        h2_server_fail(stream);
    h2_session_wake(stream->h2.session);
}

static void body(struct sn_exchange *exchange, struct sn_message *take_message)
{
    h2_stream_bytes(&stream_of(exchange)->h2, take_message);
}

static void end(struct sn_exchange *exchange)
{
    exchange->events = NULL;
    h2_stream_end(&stream_of(exchange)->h2, NULL, 0);
}

static void fail(struct sn_exchange *exchange)
{
    exchange->failed = true;
    h2_server_fail(stream_of(exchange));
}

static size_t queued(const struct sn_exchange *exchange)
{
    return h2_stream_queued(&stream_of(exchange)->h2);
}

static void credit(struct sn_exchange *exchange, size_t bytes)
{
    h2_stream_consume(&stream_of(exchange)->h2, bytes);
}

static const struct sn_exchange_ops exchange_ops = {
    .respond = respond,
    .body = body,
    .end = end,
    .fail = fail,
    .queued = queued,
    .credit = credit,
};

void h2_exchange_start(struct h2_server_stream *stream)
{
    struct sn_exchange_handler *handler = h2_conn_of(stream)->http2->handler;
    struct sn_exchange *exchange = &stream->exchange;
    struct sn_metadata none = {0};

    *exchange = (struct sn_exchange){
        .ops = &exchange_ops,
        .peer = &h2_conn_of(stream)->peer,
        .request = &stream->request,
        .arena = &stream->arena,
        .budget = &stream->h2.session->gathered,
    };
    stream->h2.raw = true;
    if (!stream->request.refused && handler) {
        handler->serve(handler, exchange);
        return;
    }
    respond(exchange, stream->request.refused ? stream->request.refused : 400, &none);
    end(exchange);
}
