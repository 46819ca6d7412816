/* SPDX-License-Identifier: Apache-2.0
 *
 * Connections until it is known what they speak, and the account of all. Loop thread.
 */
#include "rpc/transport/web/port.h"

#include "net/tls.h"

#include <stdlib.h>

enum {
    TLS_HANDSHAKE = 0x16, /* first byte of TLS (RFC 8446, 5.1); no request begins so */
};

/* ---- the account ---- */

static struct port_address *find_address(struct port *port, struct sn_str host)
{
    struct port_address **bucket = &port->addresses[sn_str_hash(host) % PORT_BUCKETS];

    for (struct port_address *a = *bucket; a; a = a->next)
        if (sn_str_is(host, a->host))
            return a;
    struct port_address *made = calloc(1, sizeof(*made));
    if (!made)
        return NULL;
    memcpy(made->host, host.ptr, host.len < sizeof(made->host) ? host.len : 0);
    made->bucket = bucket;
    made->next = *bucket;
    *bucket = made;
    return made;
}

static void leave_address(struct port_address *address)
{
    if (--address->count)
        return;
    struct port_address **at = address->bucket;
    while (*at != address)
        at = &(*at)->next;
    *at = address->next;
    free(address);
}

/* The very last of a connection. */
static void released(struct sn_conn *conn)
{
    struct port_conn *lease = conn->lease;
    struct port *port = lease->port;

    port->bytes_in += conn->bytes_in;
    port->bytes_out += conn->bytes_out;
    port->undecided -= !lease->decided;
    sn_timer_stop(sn_loop_timers(port->loop), &lease->greeting);
    sn_list_remove(&lease->link);
    if (lease->address)
        leave_address(lease->address);
    free(lease);
    sn_rush_leave(&port->rush, sn_loop_timers(port->loop));
    if (!port->undecided && port->decided) {
        void (*decided)(void *owner) = port->decided;

        port->decided = NULL;
        decided(port->decided_owner);
    }
}

/* ---- deciding ---- */

static const struct sn_conn_events undecided_events;

static void decide(struct port_conn *lease, struct sn_conn *conn)
{
    lease->decided = true;
    lease->port->undecided--;
    sn_timer_stop(sn_loop_timers(lease->port->loop), &lease->greeting);
}

/* A client that asks for TLS waits for a word that is none. */
static void refuse_tls(struct port_conn *lease, struct sn_conn *conn)
{
    const struct sn_str answer = SN_STR("HTTP/1.1 400 Bad Request\r\n"
                                        "Content-Type: text/plain; charset=utf-8\r\n"
                                        "Connection: close\r\n\r\n400 Bad Request");
    int code = sn_conn_write(conn, &answer, 1);

    lease->port->guard->refused[SN_REFUSED_TLS]++;
    lease->refused = true;
    sn_conn_close(conn, code == 0);
}

/* What the lease is of becomes the inside of another connection. */
static void secure(struct port_conn *lease, struct sn_conn *conn, const uint8_t *bytes, size_t len)
{
    struct sn_conn *secured = sn_tls_accept(lease->port->tls, conn);

    if (!secured) {
        lease->refused = true;
        lease->port->guard->refused[SN_REFUSED_MEMORY]++;
        sn_conn_close(conn, false);
        return;
    }
    secured->events = &undecided_events;
    secured->lease = lease;
    secured->released = conn->released;
    conn->lease = NULL;
    conn->released = NULL;
    lease->conn = secured;
    lease->secured = true;
    sn_tls_feed(secured, bytes, len);
}

/* Gives it to who speaks that, with what has come. */
static void hand_over(struct port_conn *lease, struct sn_conn *conn, bool is_http2,
                      const uint8_t *bytes, size_t len)
{
    struct port *port = lease->port;

    decide(lease, conn);
    if (is_http2)
        sn_http2_server_accept(port->http2, conn);
    else
        sn_http1_server_accept(port->http1, conn);
    lease->refused = conn->events == &undecided_events; /* not taken: it closes */
    if (lease->have && !lease->refused)
        conn->events->on_read(conn, lease->first, lease->have);
    if (len && !lease->refused)
        conn->events->on_read(conn, bytes, len);
}

static void on_read(struct sn_conn *conn, const uint8_t *bytes, size_t len)
{
    static const char http2[PORT_FIRST + 1] = "PRI "; /* no method of HTTP/1 begins so */
    struct port_conn *lease = conn->lease;
    size_t have = lease->have, rest = PORT_FIRST - have;
    size_t same = 0, want = len < rest ? len : rest;

    if (lease->refused)
        return;
    if (!have && bytes[0] == TLS_HANDSHAKE && !lease->secured) {
        if (lease->port->tls)
            secure(lease, conn, bytes, len);
        else
            refuse_tls(lease, conn);
        return;
    }
    while (same < want && bytes[same] == (uint8_t)http2[have + same])
        same++;
    if (same < want || have + same == PORT_FIRST) {
        hand_over(lease, conn, same == rest, bytes, len);
        return;
    }
    memcpy(lease->first + have, bytes, len);
    lease->have += (uint8_t)len;
}

static void on_end(struct sn_conn *conn)
{
    sn_conn_close(conn, false);
}

static void on_drain(struct sn_conn *conn)
{
}

static void on_close(struct sn_conn *conn, int code)
{
    struct port_conn *lease = conn->lease;

    if (code && lease->secured)
        lease->port->guard->refused[SN_REFUSED_HANDSHAKE]++;
}

static const struct sn_conn_events undecided_events = {on_read, on_end, on_drain, on_close};

static void greeting_overdue(struct sn_timer *timer)
{
    struct port_conn *lease = sn_container_of(timer, struct port_conn, greeting);

    lease->port->guard->refused[SN_REFUSED_GREETING]++;
    sn_conn_close(lease->conn, false);
}

/* ---- accepting ---- */

/* The reason to refuse it, or SN_REFUSED_COUNT. */
static enum sn_refusal admit(struct port *port, const struct sn_conn *conn,
                             struct port_address **ret_address)
{
    const struct sn_limits *limits = &port->guard->limits;
    const char *colon = strrchr(conn->peer, ':');

    *ret_address = NULL;
    if (port->rush.count >= limits->connections)
        return SN_REFUSED_CONNECTIONS;
    if (!colon) /* a UNIX socket: whoever may open it is trusted */
        return SN_REFUSED_COUNT;
    struct port_address *address =
        find_address(port, (struct sn_str){conn->peer, (size_t)(colon - conn->peer)});
    if (!address)
        return SN_REFUSED_MEMORY;
    if (address->count >= limits->address_connections)
        return SN_REFUSED_ADDRESS;
    address->count++;
    *ret_address = address;
    return SN_REFUSED_COUNT;
}

static void refuse(struct port *port, struct sn_conn *conn, enum sn_refusal refusal)
{
    port->guard->refused[refusal]++;
    sn_conn_close(conn, false);
}

void port_accept(struct port *port, struct sn_conn *conn)
{
    struct port_address *address;
    enum sn_refusal refusal = admit(port, conn, &address);

    if (refusal != SN_REFUSED_COUNT) {
        refuse(port, conn, refusal);
        return;
    }
    struct port_conn *lease = calloc(1, sizeof(*lease));
    if (!lease) {
        if (address)
            leave_address(address);
        refuse(port, conn, SN_REFUSED_MEMORY);
        return;
    }
    *lease = (struct port_conn){.port = port, .conn = conn, .address = address};
    sn_list_append(&port->conns, &lease->link);
    port->undecided++;
    port->accepted++;
    sn_rush_enter(&port->rush);
    conn->lease = lease;
    conn->released = released;
    conn->events = &undecided_events;
    sn_timer_start(sn_loop_timers(port->loop), &lease->greeting, port->guard->limits.greeting_ns,
                   greeting_overdue);
}

void port_close_undecided(struct port *port, void (*decided)(void *owner), void *owner)
{
    struct sn_list *node, *next;

    port->decided = decided;
    port->decided_owner = owner;

    sn_list_for_each_safe (node, next, &port->conns) {
        struct port_conn *lease = sn_container_of(node, struct port_conn, link);

        if (!lease->decided)
            sn_conn_close(lease->conn, false);
    }
}

void port_bytes(const struct port *port, uint64_t *ret_in, uint64_t *ret_out)
{
    const struct sn_list *node;

    *ret_in = port->bytes_in;
    *ret_out = port->bytes_out;
    sn_list_for_each (node, &port->conns) {
        const struct sn_conn *conn = sn_container_of(node, struct port_conn, link)->conn;

        *ret_in += conn->bytes_in;
        *ret_out += conn->bytes_out;
    }
}
