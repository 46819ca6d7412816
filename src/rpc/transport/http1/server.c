/* SPDX-License-Identifier: Apache-2.0
 *
 * Connections that speak HTTP/1. Loop thread.
 *
 * A connection's memory goes in its sn_conn's last callback, or in the turn after it.
 */
#include "rpc/transport/http1/conn.h"

#include <assert.h>
#include <stdlib.h>

enum { GATHERED_ALL_MAX = 256 << 20 };

/* ---- its end ---- */

static void abort_exchange(struct h1_conn *conn)
{
    const struct sn_exchange_events *events = conn->exchange.events;

    conn->exchange.events = NULL;
    conn->answered = true;
    if (events)
        events->on_abort(&conn->exchange);
}

static void close_conn(struct h1_conn *conn, bool linger)
{
    if (conn->closed)
        return;
    conn->closing = conn->closed = true;
    sn_timer_stop(sn_loop_timers(conn->http1->loop), &conn->timer);
    sn_conn_close(conn->conn, linger);
}

void h1_conn_finish(struct h1_conn *conn)
{
    conn->closing = true;
    h1_conn_wake(conn);
}

void h1_conn_refuse(struct h1_conn *conn, enum sn_refusal refusal)
{
    conn->http1->guard->refused[refusal]++;
    h1_conn_drop_queue(conn);
    h1_conn_finish(conn);
}

static void unused(struct sn_peer *peer)
{
    free(sn_container_of(peer, struct h1_conn, peer));
}

static void gone(struct h1_conn *conn)
{
    struct sn_http1_server *http1 = conn->http1;
    struct sn_timers *timers = sn_loop_timers(http1->loop);
    bool draining = conn->draining;

    sn_timer_stop(timers, &conn->timer);
    sn_timer_stop(timers, &conn->drain);
    h1_conn_drop_queue(conn);
    sn_arena_fini(&conn->arena);
    sn_list_remove(&conn->link);
    http1->count--;
    conn->peer.unused = unused;
    if (!conn->peer.calls)
        unused(&conn->peer);
    if (draining)
        sn_drain_leave(&http1->drain);
}

/* ---- time ---- */

static void on_timer(struct sn_timer *timer);

/* What it may wait for now, and how long. */
static void arm(struct h1_conn *conn)
{
    const struct sn_limits *limits = &conn->http1->guard->limits;
    uint64_t ns = conn->state != H1_HEAD ? limits->stall_ns
                  : conn->in_len         ? limits->head_ns
                                         : limits->idle_ns;

    if (conn->closed)
        return;
    conn->moved = conn->conn->bytes_in + conn->conn->bytes_out - sn_conn_queued(conn->conn);
    sn_timer_start(sn_loop_timers(conn->http1->loop), &conn->timer, ns, on_timer);
}

static void on_timer(struct sn_timer *timer)
{
    struct h1_conn *conn = sn_container_of(timer, struct h1_conn, timer);
    uint64_t moved = conn->conn->bytes_in + conn->conn->bytes_out - sn_conn_queued(conn->conn);
    bool unread = conn->queued || sn_conn_queued(conn->conn);

    if (conn->state == H1_HEAD) {
        h1_conn_refuse(conn, conn->in_len ? SN_REFUSED_HEAD : SN_REFUSED_IDLE);
    } else if (moved == conn->moved && (unread || (conn->state == H1_BODY && !conn->read_off))) {
        abort_exchange(conn);
        h1_conn_refuse(conn, unread ? SN_REFUSED_SLOW_READER : SN_REFUSED_SLOW_WRITER);
    } else {
        arm(conn);
    }
}

/* ---- turns ---- */

static void tell_writable(struct h1_conn *conn)
{
    struct sn_exchange *exchange = &conn->exchange;

    if (!conn->was_full || conn->queued + sn_conn_queued(conn->conn) > H1_LOW_WATER)
        return;
    conn->was_full = false;
    if (sn_exchange_is_live(exchange))
        exchange->events->on_writable(exchange);
}

static void go_on(struct h1_conn *conn)
{
    uint8_t state = conn->state;
    bool waiting = conn->in_len > 0;

    h1_conn_write(conn);
    if (!conn->closed)
        tell_writable(conn);
    h1_conn_pump(conn);
    h1_conn_write(conn);
    if (conn->closing && !conn->queued)
        close_conn(conn, true);
    if (conn->state != state || waiting != (conn->in_len > 0))
        arm(conn);
}

static void on_turn(struct sn_task *task)
{
    struct h1_conn *conn = sn_container_of(task, struct h1_conn, turn);

    conn->turn_wanted = false;
    if (!conn->conn)
        gone(conn);
    else if (!conn->closed)
        go_on(conn);
}

void h1_conn_wake(struct h1_conn *conn)
{
    if (conn->turn_wanted)
        return;
    conn->turn_wanted = true;
    conn->turn.run = on_turn;
    sn_loop_defer(conn->http1->loop, &conn->turn);
}

/* ---- what the connection tells ---- */

static void on_read(struct sn_conn *sock, const uint8_t *bytes, size_t len)
{
    struct h1_conn *conn = sock->owner;
    bool idle = conn->state == H1_HEAD && !conn->in_len;

    if (conn->closing)
        return;
    h1_conn_read(conn, bytes, len);
    if (idle && !conn->closing)
        arm(conn);
}

/* As the reference, a peer that sends no more has gone. */
static void on_end(struct sn_conn *sock)
{
    struct h1_conn *conn = sock->owner;

    if (!conn->answered)
        abort_exchange(conn);
    h1_conn_finish(conn);
}

static void on_drain(struct sn_conn *sock)
{
    struct h1_conn *conn = sock->owner;

    if (!conn->closed)
        go_on(conn);
}

static void on_close(struct sn_conn *sock, int code)
{
    struct h1_conn *conn = sock->owner;

    conn->closing = conn->closed = true;
    abort_exchange(conn);
    h1_conn_pump(conn); /* gives back what has come */
    conn->conn = NULL;
    if (!conn->turn_wanted)
        gone(conn);
}

static const struct sn_conn_events conn_events = {on_read, on_end, on_drain, on_close};

/* ---- the server ---- */

struct sn_http1_server *sn_http1_server_create(struct sn_loop *loop, struct sn_guard *guard,
                                               struct sn_exchange_handler *handler)
{
    struct sn_http1_server *http1 = calloc(1, sizeof(*http1));

    if (!http1)
        return NULL;
    http1->loop = loop;
    http1->guard = guard;
    http1->handler = handler;
    http1->gathered.max = GATHERED_ALL_MAX;
    sn_list_init(&http1->conns);
    return http1;
}

void sn_http1_server_destroy(struct sn_http1_server *http1)
{
    if (!http1)
        return;
    assert(sn_list_empty(&http1->conns));
    free(http1);
}

size_t sn_http1_server_connections(const struct sn_http1_server *http1)
{
    return http1->count;
}

void sn_http1_server_accept(struct sn_http1_server *http1, struct sn_conn *sock)
{
    struct h1_conn *conn = calloc(1, sizeof(*conn));

    if (!conn) {
        http1->guard->refused[SN_REFUSED_MEMORY]++;
        sn_conn_close(sock, false);
        return;
    }
    conn->http1 = http1;
    conn->conn = sock;
    conn->peer = (struct sn_peer){.kind = SN_TRANSPORT_WEB,
                                  .remote = sock->peer,
                                  .local = sock->local,
                                  .trusted = sock->trusted};
    conn->gathered =
        (struct sn_budget){.parent = &http1->gathered, .max = http1->guard->limits.gathered_bytes};
    sock->events = &conn_events;
    sock->owner = conn;
    sn_list_append(&http1->conns, &conn->link);
    http1->count++;
    arm(conn);
}

/* ---- draining ---- */

static void drain_overdue(struct sn_timer *timer)
{
    struct h1_conn *conn = sn_container_of(timer, struct h1_conn, drain);

    abort_exchange(conn);
    close_conn(conn, false);
}

static void drain_conn(struct h1_conn *conn, uint64_t timeout_ns)
{
    if (conn->draining)
        return;
    conn->draining = true;
    conn->http1->drain.left++;
    if (conn->state == H1_HEAD)
        h1_conn_finish(conn);
    sn_timer_start(sn_loop_timers(conn->http1->loop), &conn->drain, timeout_ns, drain_overdue);
}

void sn_http1_server_drain(struct sn_http1_server *http1, uint64_t timeout_ns,
                           void (*drained)(void *owner), void *owner)
{
    struct sn_list *node, *next;

    sn_list_for_each_safe (node, next, &http1->conns)
        drain_conn(sn_container_of(node, struct h1_conn, link), timeout_ns);
    sn_drain_wait(&http1->drain, http1->loop, drained, owner);
}
