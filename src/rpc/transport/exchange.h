/* SPDX-License-Identifier: Apache-2.0
 *
 * One HTTP request and its answer, whichever version of HTTP carries it: what gRPC-Web and pages
 * are made of. gRPC over HTTP/2 is not: it has its own, shorter way. Loop thread.
 *
 * The carrier owns the exchange and calls `serve` when the request's head is through. Then come
 * on_body*, on_end; on_abort at any time. After `end` was called (possibly from inside one of
 * these), or after on_abort, none of them; after `fail` only on_abort, before the exchange's memory
 * goes. That stays valid until the function the carrier called has returned.
 */
#ifndef SN_TRANSPORT_EXCHANGE_H
#define SN_TRANSPORT_EXCHANGE_H

#include "rpc/transport/request.h"

struct sn_exchange;

/* Called by who serves it. */
struct sn_exchange_ops {
    /* The answer's head, once, before the rest; borrowed. Names are in lower case. */
    void (*respond)(struct sn_exchange *exchange, int status, const struct sn_metadata *headers);
    /* Bytes of the body. */
    void (*body)(struct sn_exchange *exchange, struct sn_message *take_message);
    /* The answer is complete. */
    void (*end)(struct sn_exchange *exchange);
    /* It can't be completed: the peer sees it broken off. Once. */
    void (*fail)(struct sn_exchange *exchange);
    /* Bytes of the body that have not left. */
    size_t (*queued)(const struct sn_exchange *exchange);
    /* The peer may send as many bytes more: each byte of the body is returned so, once. */
    void (*credit)(struct sn_exchange *exchange, size_t bytes);
};

/* Called by the carrier. */
struct sn_exchange_events {
    void (*on_body)(struct sn_exchange *exchange, struct sn_str bytes); /* borrowed */
    void (*on_end)(struct sn_exchange *exchange);      /* the request is complete */
    void (*on_writable)(struct sn_exchange *exchange); /* `queued` fell below low water */
    void (*on_abort)(struct sn_exchange *exchange);    /* the peer is gone */
};

struct sn_exchange {
    const struct sn_exchange_ops *ops;
    const struct sn_exchange_events *events; /* NULL: ended, or gone */
    bool failed;
    void *owner; /* of the events */
    struct sn_peer *peer;
    struct sn_request *request;
    struct sn_arena *arena;   /* lives as long as the exchange */
    struct sn_budget *budget; /* of the connection's messages that aren't whole yet */
};

/* Whether it takes part yet: events are told, an answer is wanted. */
static inline bool sn_exchange_is_live(const struct sn_exchange *exchange)
{
    return exchange->events && !exchange->failed;
}

/* Serves all requests that aren't gRPC over HTTP/2. `serve` sets events and owner, or ends the
 * exchange. */
struct sn_exchange_handler {
    void (*serve)(struct sn_exchange_handler *handler, struct sn_exchange *exchange);
};

#endif
