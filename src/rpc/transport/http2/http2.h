/* SPDX-License-Identifier: Apache-2.0
 *
 * gRPC over HTTP/2, both sides, over TCP (h2c, by prior knowledge), UNIX sockets and TLS. Loop
 * thread.
 */
#ifndef SN_HTTP2_HTTP2_H
#define SN_HTTP2_HTTP2_H

#include "net/conn.h"
#include "rpc/core/transport.h"
#include "rpc/transport/exchange.h"

/* ---- server ---- */

struct sn_http2_server;

/* Carries calls to `server`, and what isn't gRPC to `handler` (NULL: 400), within the limits of
 * `guard` (NULL: presets of its own); all three must outlive it. NULL without memory. */
struct sn_http2_server *sn_http2_server_create(struct sn_loop *loop, struct sn_server *server,
                                               struct sn_guard *guard,
                                               struct sn_exchange_handler *handler) SN_MUST_USE;

/* Serves an accepted connection. */
void sn_http2_server_accept(struct sn_http2_server *http2, struct sn_conn *conn);

/* Tells all clients to go: calls that run may finish within `timeout_ns`, then they are cancelled
 * and the connections close. `drained` (may be NULL) comes once, when the connections of that
 * moment are gone. New connections may be accepted meanwhile. One drain with a `drained` at a time.
 */
void sn_http2_server_drain(struct sn_http2_server *http2, uint64_t timeout_ns,
                           void (*drained)(void *owner), void *owner);

/* No connection may be left. Accepts NULL. */
void sn_http2_server_destroy(struct sn_http2_server *http2);

/* For metrics. */
size_t sn_http2_server_connections(const struct sn_http2_server *http2);
size_t sn_http2_server_streams(const struct sn_http2_server *http2);

/* ---- client ---- */

/* A channel to "host:port" or "unix:/path". It connects when the first call wants to go out, and
 * again when calls come after the connection was lost. Calls that find it unreachable fail with
 * UNAVAILABLE, address and cause, and so do those that come within a pause after it (100 ms to
 * 10 s, growing). Calls beyond the peer's limit of streams wait, 1,000 at most; the next ones fail
 * with RESOURCE_EXHAUSTED. A peer that is silent is pinged every 20 s and given up after as many.
 * INVALID_ARGUMENT for a malformed address. */
int sn_http2_channel_create(struct sn_loop *loop, const char *address,
                            struct sn_channel **ret_channel, struct sn_error *error) SN_MUST_USE;

/* The longest pause after it was unreachable, instead of 10 s; of a peer that is near, and just
 * about to be there. */
void sn_http2_channel_limit_pause(struct sn_channel *channel, uint64_t longest_ns);

/* Before its first call: its connections speak TLS; a server that isn't trusted is unreachable. The
 * server must have the host of the address as its name, or `name` where that isn't NULL; that must
 * live as long as the channel. */
struct sn_tls;
void sn_http2_channel_secure(struct sn_channel *channel, struct sn_tls *tls, const char *name);

#endif
