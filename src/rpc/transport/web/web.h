/* SPDX-License-Identifier: Apache-2.0
 *
 * One port for everything: gRPC over HTTP/2, gRPC-Web over HTTP/1.1 and HTTP/2, pages. The first
 * bytes of a connection tell what it speaks; all calls end in the same core. Loop thread.
 */
#ifndef SN_WEB_WEB_H
#define SN_WEB_WEB_H

#include "net/conn.h"
#include "rpc/transport/exchange.h"

struct sn_web;

/* Carries calls to `server`, which must outlive it, within these limits (NULL: presets). NULL
 * without memory. */
struct sn_web *sn_web_create(struct sn_loop *loop, struct sn_server *server,
                             const struct sn_limits *limits) SN_MUST_USE;

/* From now on connections that ask for TLS get it, with that identity (NULL: none do). Those there
 * are keep theirs. */
struct sn_tls;
void sn_web_secure(struct sn_web *web, struct sn_tls *tls);

/* Serves an accepted connection, whatever it speaks. */
void sn_web_accept(struct sn_web *web, struct sn_conn *conn);

/* Tells all clients to go: calls that run may finish within `timeout_ns`, then they are cancelled
 * and the connections close. `drained` (may be NULL) comes once, when the connections of that
 * moment are gone. New connections may be accepted meanwhile. One drain with a `drained` at a time.
 */
void sn_web_drain(struct sn_web *web, uint64_t timeout_ns, void (*drained)(void *owner),
                  void *owner);

/* No connection may be left. Accepts NULL. */
void sn_web_destroy(struct sn_web *web);

/* ---- pages ---- */

/* A page while it is written. */
struct sn_page {
    struct sn_str method, query; /* what follows the "?" */
    const struct sn_peer *peer;
    const struct sn_metadata *headers; /* the request's */
    struct sn_env *env;
    struct sn_arena *arena;   /* until the page is sent */
    int status;               /* 200 unless set */
    const char *challenge;    /* of a 401: how to say who one is; NULL: none */
    const char *content_type; /* "text/plain; charset=utf-8" unless set */
    struct sn_message *body;
    size_t size; /* of the memory at body->data */
    bool failed; /* out of memory */
};

typedef void (*sn_page_fn)(struct sn_page *page, void *owner);

/* Has `write` answer requests for that path, of any method; both strings are borrowed.
 * RESOURCE_EXHAUSTED past SN_WEB_PAGES_MAX. */
int sn_web_page(struct sn_web *web, const char *path, sn_page_fn write, void *owner) SN_MUST_USE;
enum { SN_WEB_PAGES_MAX = 16 };

/* Puts something behind what is there. */
void sn_page_text(struct sn_page *page, struct sn_str text);
void sn_page_printf(struct sn_page *page, const char *format, ...) SN_PRINTF(2, 3);

/* The value of a query's parameter ("layout" in "?layout=text"); ptr NULL: there is none. */
struct sn_str sn_page_parameter(const struct sn_page *page, const char *name);

/* Has requests below that prefix ("/api/") answered by `handler`; both are borrowed. */
void sn_web_below(struct sn_web *web, const char *prefix, struct sn_exchange_handler *handler);

/* ---- for metrics ---- */

struct sn_web_counts {
    size_t http1, http2, undecided; /* connections now */
    uint64_t accepted;              /* ... ever */
    size_t streams;                 /* open, of HTTP/2 */
    uint64_t bytes_in, bytes_out;
};

void sn_web_count(const struct sn_web *web, struct sn_web_counts *ret_counts);
struct sn_guard *sn_web_guard(struct sn_web *web);

#endif
