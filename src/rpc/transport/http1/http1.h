/* SPDX-License-Identifier: Apache-2.0
 *
 * HTTP/1.1 (and 1.0) for servers: requests as exchanges, one after the other on a connection, which
 * stays open for the next. Loop thread.
 */
#ifndef SN_HTTP1_HTTP1_H
#define SN_HTTP1_HTTP1_H

#include "net/conn.h"
#include "rpc/transport/exchange.h"

struct sn_http1_server;

/* Gives requests to `handler`, within the limits of `guard`; both must outlive it. NULL without
 * memory. */
struct sn_http1_server *sn_http1_server_create(struct sn_loop *loop, struct sn_guard *guard,
                                               struct sn_exchange_handler *handler) SN_MUST_USE;

/* Serves an accepted connection. */
void sn_http1_server_accept(struct sn_http1_server *http1, struct sn_conn *conn);

/* Connections close: idle ones at once, the others after the request they serve, all within
 * `timeout_ns`. `drained` (may be NULL) comes once, when the connections of that moment are gone.
 */
void sn_http1_server_drain(struct sn_http1_server *http1, uint64_t timeout_ns,
                           void (*drained)(void *owner), void *owner);

/* No connection may be left. Accepts NULL. */
void sn_http1_server_destroy(struct sn_http1_server *http1);

/* For metrics. */
size_t sn_http1_server_connections(const struct sn_http1_server *http1);

#endif
