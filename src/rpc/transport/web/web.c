/* SPDX-License-Identifier: Apache-2.0
 *
 * Who answers what, and the two kinds of HTTP as one. Loop thread.
 */
#include "net/tls.h"
#include "rpc/transport/web/port.h"
#include "rpc/transport/web/private.h"

#include <stdlib.h>

struct page {
    const char *path;
    sn_page_fn write;
    void *owner;
};

struct sn_web {
    struct sn_exchange_handler handler; /* first */
    struct sn_loop *loop;
    struct sn_server *core;
    struct sn_guard guard;
    struct port port;
    struct page pages[SN_WEB_PAGES_MAX];
    size_t page_count;
    const char *below;
    struct sn_exchange_handler *below_handler;
    unsigned int draining; /* kinds of connections that `drained` waits for */
    void (*drained)(void *owner);
    void *drained_owner;
};

/* ---- who answers ---- */

/* Order as the reference's. */
static void serve(struct sn_exchange_handler *handler, struct sn_exchange *exchange)
{
    struct sn_web *web = (struct sn_web *)handler;
    struct sn_str query, path = sn_request_path(exchange->request, &query);

    for (size_t i = 0; i < web->page_count; i++) {
        const struct page *page = &web->pages[i];

        if (sn_str_is(path, page->path)) {
            web_serve_page(exchange, sn_loop_env(web->loop), page->write, page->owner);
            return;
        }
    }
    if (web_is_preflight(exchange->request)) {
        web_answer_preflight(exchange);
    } else if (web->below && sn_str_has_prefix(path, sn_str_of(web->below))) {
        web->below_handler->serve(web->below_handler, exchange);
    } else if (web_is_grpc(exchange->request)) {
        web_serve_grpc(exchange, web->core, &web->guard);
    } else {
        web->guard.refused[SN_REFUSED_REQUEST]++;
        web_answer(exchange, 400);
    }
}

int sn_web_page(struct sn_web *web, const char *path, sn_page_fn write, void *owner)
{
    if (web->page_count == SN_WEB_PAGES_MAX)
        return SN_ERR_RESOURCE_EXHAUSTED;
    web->pages[web->page_count++] = (struct page){path, write, owner};
    return 0;
}

void sn_web_below(struct sn_web *web, const char *prefix, struct sn_exchange_handler *handler)
{
    web->below = prefix;
    web->below_handler = handler;
}

/* ---- making ---- */

struct sn_web *sn_web_create(struct sn_loop *loop, struct sn_server *server,
                             const struct sn_limits *limits)
{
    struct sn_web *web = calloc(1, sizeof(*web));

    if (!web)
        return NULL;
    web->handler.serve = serve;
    web->loop = loop;
    web->core = server;
    web->guard.limits = limits ? *limits : sn_limits_preset;
    web->port.loop = loop;
    web->port.guard = &web->guard;
    sn_list_init(&web->port.conns);
    web->port.http1 = sn_http1_server_create(loop, &web->guard, &web->handler);
    web->port.http2 = sn_http2_server_create(loop, server, &web->guard, &web->handler);
    if (web->port.http1 && web->port.http2)
        return web;
    sn_web_destroy(web);
    return NULL;
}

void sn_web_destroy(struct sn_web *web)
{
    if (!web)
        return;
    sn_timer_stop(sn_loop_timers(web->loop), &web->port.rush.timer);
    sn_http1_server_destroy(web->port.http1);
    sn_http2_server_destroy(web->port.http2);
    sn_tls_unref(web->port.tls);
    free(web);
}

void sn_web_secure(struct sn_web *web, struct sn_tls *tls)
{
    struct sn_tls *before = web->port.tls;

    web->port.tls = tls ? sn_tls_ref(tls) : NULL;
    sn_tls_unref(before);
}

void sn_web_accept(struct sn_web *web, struct sn_conn *conn)
{
    port_accept(&web->port, conn);
}

/* ---- draining ---- */

static void kind_drained(void *owner)
{
    struct sn_web *web = owner;
    void (*drained)(void *owner) = web->drained;

    if (--web->draining)
        return;
    web->drained = NULL;
    drained(web->drained_owner);
}

void sn_web_drain(struct sn_web *web, uint64_t timeout_ns, void (*drained)(void *owner),
                  void *owner)
{
    if (drained) {
        web->drained = drained;
        web->drained_owner = owner;
        web->draining = web->port.undecided ? 3 : 2;
    }
    port_close_undecided(&web->port, drained && web->port.undecided ? kind_drained : NULL, web);
    sn_http1_server_drain(web->port.http1, timeout_ns, drained ? kind_drained : NULL, web);
    sn_http2_server_drain(web->port.http2, timeout_ns, drained ? kind_drained : NULL, web);
}

/* ---- for metrics ---- */

void sn_web_count(const struct sn_web *web, struct sn_web_counts *ret_counts)
{
    *ret_counts = (struct sn_web_counts){
        .http1 = sn_http1_server_connections(web->port.http1),
        .http2 = sn_http2_server_connections(web->port.http2),
        .undecided = web->port.undecided,
        .accepted = web->port.accepted,
        .streams = sn_http2_server_streams(web->port.http2),
    };
    port_bytes(&web->port, &ret_counts->bytes_in, &ret_counts->bytes_out);
}

struct sn_guard *sn_web_guard(struct sn_web *web)
{
    return &web->guard;
}
