/* SPDX-License-Identifier: Apache-2.0
 *
 * One HTTP/1 connection: what its files know of each other. server.c has the connections, request.c
 * what comes in, response.c what goes out.
 */
#ifndef SN_HTTP1_CONN_H
#define SN_HTTP1_CONN_H

#include "rpc/transport/drain.h"
#include "rpc/transport/http1/http1.h"
#include "rpc/transport/inbox.h"
#include "sinew/list.h"
#include "wire/http1.h"

/* HEAD: the next request's; BODY: being read; SERVED: read, the answer is under way. */
enum h1_state { H1_HEAD, H1_BODY, H1_SERVED };

enum {
    H1_WINDOW = 1 << 20,      /* bytes of a body given on that nobody gave credit for */
    H1_DROP_MAX = 256 << 10,  /* bytes of a body nobody wants, read for the connection's sake */
    H1_LOW_WATER = 64 << 10,  /* below this an answer is writable again */
    H1_MEMORY_MAX = 512 << 10 /* of heads, both ways */
};

struct sn_http1_server {
    struct sn_loop *loop;
    struct sn_guard *guard;
    struct sn_exchange_handler *handler;
    struct sn_budget gathered; /* bytes of messages not yet whole */
    struct sn_list conns;      /* struct h1_conn.link */
    size_t count;
    struct sn_drain drain;
};

struct h1_conn {
    struct sn_http1_server *http1;
    struct sn_conn *conn; /* NULL: gone */
    struct sn_list link;
    struct sn_peer peer;
    struct sn_timer
        timer; /* of what it waits for: next request, head, or a peer that stands still */
    struct sn_timer drain;
    struct sn_task turn; /* goes on at the end of this turn of the loop */
    bool turn_wanted, draining;
    bool closing; /* nothing is read any more; closes when all is out */
    bool closed;  /* sn_conn_close() was called */

    /* in */
    uint8_t state;          /* enum h1_state */
    struct sn_block *block; /* of bytes not yet used */
    size_t in_from, in_len; /* of these */
    size_t scanned;         /* bytes of a head searched for its end */
    bool read_off;
    uint64_t moved; /* bytes, both ways, when the timer was armed */

    /* the request and its answer */
    struct sn_arena arena;
    struct sn_request request;
    struct sn_exchange exchange;
    struct sn_http1_framing framing;
    struct sn_http1_body body;
    struct sn_budget gathered;
    uint8_t minor;
    size_t uncredited, dropped;
    bool responded, answered;         /* the answer's head, its end */
    bool bodiless, chunked, in_chunk; /* of the answer */

    /* out */
    struct sn_message *first, *last; /* sn_message.next */
    size_t queued;
    bool was_full;
};

/* ---- server.c ---- */

/* Runs h1_conn_go_on() at the end of this turn of the loop. */
void h1_conn_wake(struct h1_conn *conn);

/* Closes it when what is queued is out; nothing more is read. */
void h1_conn_finish(struct h1_conn *conn);

/* At once; the peer does what it may not. */
void h1_conn_refuse(struct h1_conn *conn, enum sn_refusal refusal);

/* ---- request.c ---- */

/* Takes bytes that came. */
void h1_conn_read(struct h1_conn *conn, const uint8_t *bytes, size_t len);

/* Uses what has come as far as it goes. */
void h1_conn_pump(struct h1_conn *conn);

/* Forgets the request and its answer. */
void h1_conn_reset(struct h1_conn *conn);

/* ---- response.c ---- */

extern const struct sn_exchange_ops h1_exchange_ops;

/* Answers what couldn't be served, and closes. The caller has counted why. */
void h1_conn_answer(struct h1_conn *conn, int status);

/* "100 Continue". */
void h1_conn_continue(struct h1_conn *conn);

/* Writes what is queued until the system takes no more. */
void h1_conn_write(struct h1_conn *conn);

void h1_conn_drop_queue(struct h1_conn *conn);

#endif
