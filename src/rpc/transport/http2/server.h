/* SPDX-License-Identifier: Apache-2.0
 *
 * What the files of the server side know of each other: server.c (connections, heads of requests),
 * server_call.c (gRPC), server_exchange.c (all other requests).
 */
#ifndef SN_HTTP2_SERVER_H
#define SN_HTTP2_SERVER_H

#include "rpc/transport/drain.h"
#include "rpc/transport/exchange.h"
#include "rpc/transport/http2/check.h"
#include "rpc/transport/http2/http2.h"
#include "rpc/transport/http2/session.h"

struct sn_http2_server {
    struct sn_loop *loop;
    struct sn_server *core;
    struct sn_guard *guard, own_guard;
    struct sn_exchange_handler *handler; /* may be NULL */
    struct h2_memory memory;
    struct sn_list conns; /* struct h2_server_conn.link */
    size_t count;
    struct sn_drain drain;
    struct sn_timer sweep;
};

struct h2_server_conn {
    struct h2_session session; /* first */
    struct sn_http2_server *http2;
    struct sn_list link;
    struct sn_peer peer;
    struct sn_timer deadline; /* of the greeting, then of a drain */
    bool draining;
    uint64_t heard, heard_ns; /* bytes it had sent, and when more had come, as the sweep saw it */
    uint64_t sent, sent_ns;   /* ... bytes it had taken */
};

/* A request: a call, or an exchange (h2.raw). */
struct h2_server_stream {
    struct h2_stream h2;   /* first */
    struct sn_arena arena; /* holds the stream itself */
    struct sn_request request;
    struct h2_check check;
    struct sn_server_stream rpc;
    struct sn_exchange exchange;
    bool answered; /* begun or refused: the request's headers are through */
    bool head_sent;
    bool gzip; /* messages may be compressed: the answer's headers say so */
};

static inline struct h2_server_conn *h2_conn_of(const struct h2_server_stream *stream)
{
    return (struct h2_server_conn *)stream->h2.session;
}

/* Gives it up: the answer can't be made. */
void h2_server_fail(struct h2_server_stream *stream);

/* ---- server_call.c ---- */

void h2_call_start(struct h2_server_stream *stream);
void h2_call_message(struct h2_server_stream *stream, struct sn_str bytes, bool compressed);
void h2_call_end(struct h2_server_stream *stream);

/* ---- server_exchange.c ---- */

void h2_exchange_start(struct h2_server_stream *stream);

/* ---- sweep.c ---- */

/* Looks over the connections from now on, as long as there are some. */
void h2_server_watch(struct sn_http2_server *http2);

#endif
