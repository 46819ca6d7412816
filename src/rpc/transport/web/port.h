/* SPDX-License-Identifier: Apache-2.0
 *
 * All connections of a port: which of them there are, from where, and what they speak. For web.c.
 */
#ifndef SN_WEB_PORT_H
#define SN_WEB_PORT_H

#include "rpc/transport/http1/http1.h"
#include "rpc/transport/http2/http2.h"
#include "rpc/transport/rush.h"
#include "sinew/list.h"

enum { PORT_BUCKETS = 256, PORT_FIRST = 4 };

struct port_address {
    struct port_address *next, **bucket;
    char host[64];
    uint32_t count;
};

/* Zeroed, then the members above the line filled, it is ready. */
struct port {
    struct sn_loop *loop;
    struct sn_guard *guard;
    struct sn_http1_server *http1;
    struct sn_http2_server *http2;
    /* ---- */
    struct sn_tls *tls;   /* NULL: plaintext only */
    struct sn_list conns; /* struct port_conn.link; initialised */
    struct port_address *addresses[PORT_BUCKETS];
    size_t undecided;
    uint64_t accepted, bytes_in, bytes_out; /* bytes of those that are gone */
    struct sn_rush rush;                    /* all of them */
    void (*decided)(void *owner);           /* no connection is undecided any more */
    void *decided_owner;
};

struct port_conn {
    struct port *port;
    struct sn_conn *conn;
    struct sn_list link;
    struct port_address *address; /* NULL: a UNIX socket */
    struct sn_timer greeting;
    uint8_t first[PORT_FIRST], have; /* bytes that don't decide it yet */
    bool secured, decided, refused;
};

void port_accept(struct port *port, struct sn_conn *conn);

/* `decided` (may be NULL) comes once, when these are gone; there must be one. */
void port_close_undecided(struct port *port, void (*decided)(void *owner), void *owner);

/* Of all connections there were. */
void port_bytes(const struct port *port, uint64_t *ret_in, uint64_t *ret_out);

#endif
