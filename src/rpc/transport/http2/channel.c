/* SPDX-License-Identifier: Apache-2.0
 *
 * A channel: connections to one server, made when they are needed, and the calls that wait for one.
 * Loop thread.
 */
#include "rpc/transport/http2/client.h"

#include "net/tls.h"

#include <stdio.h>
#include <stdlib.h>

enum { STREAMS_MAX = 1000 }; /* at once on a connection, whatever the peer allows */

static const uint64_t pause_min_ns = SN_MS(100), pause_max_ns = SN_SECONDS(10);
static const uint64_t connect_timeout_ns = SN_SECONDS(20);

/* A silent peer is asked whether it is there, and given up when it doesn't answer. Source: the Go
 * client's keepalive. */
static const uint64_t ping_interval_ns = SN_SECONDS(20);

static void maybe_closed(struct h2_channel *channel);

/* ---- what connections tell ---- */

void h2_channel_turn_away(struct h2_client_conn *conn)
{
    struct h2_channel *channel = conn->channel;

    if (channel->conn == conn)
        channel->conn = NULL;
    if (!sn_list_empty(&channel->waiting))
        h2_channel_want_work(channel);
}

void h2_channel_goaway(struct h2_session *session)
{
    h2_channel_turn_away((struct h2_client_conn *)session);
}

void h2_channel_settings(struct h2_session *session)
{
    h2_channel_want_work(((struct h2_client_conn *)session)->channel);
}

void h2_channel_gone(struct h2_session *session)
{
    struct h2_client_conn *conn = (struct h2_client_conn *)session;
    struct h2_channel *channel = conn->channel;

    sn_timer_stop(sn_loop_timers(session->loop), &conn->ping);
    h2_channel_turn_away(conn);
    sn_list_remove(&conn->link);
    free(conn);
    maybe_closed(channel);
}

/* ---- calls that wait ---- */

bool h2_channel_has_room(const struct h2_client_conn *conn)
{
    return conn && !conn->session.closing && conn->session.stream_count < STREAMS_MAX &&
           conn->session.stream_count <
               nghttp2_session_get_remote_settings(conn->session.ng,
                                                   NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS);
}

static void begin_waiting(struct h2_channel *channel)
{
    while (!sn_list_empty(&channel->waiting) && h2_channel_has_room(channel->conn))
        h2_call_begin(sn_container_of(channel->waiting.next, struct h2_call, wait), channel->conn);
}

static void fail_refused(struct h2_channel *channel)
{
    while (!sn_list_empty(&channel->refused))
        h2_call_abandon(sn_container_of(channel->refused.next, struct h2_call, wait),
                        SN_ERR_RESOURCE_EXHAUSTED, SN_STR("no room for another call"));
}

static void fail_waiting(struct h2_channel *channel, const char *text)
{
    while (!sn_list_empty(&channel->waiting))
        h2_call_abandon(sn_container_of(channel->waiting.next, struct h2_call, wait),
                        SN_ERR_UNAVAILABLE, sn_str_of(text));
}

/* ---- the connection ---- */

static void on_ping(struct sn_timer *timer)
{
    struct h2_client_conn *conn = sn_container_of(timer, struct h2_client_conn, ping);
    struct h2_session *session = &conn->session;

    if (session->closing)
        return;
    bool silent = session->conn->bytes_in == conn->bytes_seen;
    if (conn->pinged && silent) {
        h2_session_close(session, "it doesn't answer");
        return;
    }
    conn->pinged = silent;
    conn->bytes_seen = session->conn->bytes_in;
    if (silent) {
        nghttp2_submit_ping(session->ng, NGHTTP2_FLAG_NONE, NULL);
        h2_session_wake(session);
    }
    sn_timer_start(sn_loop_timers(session->loop), timer, ping_interval_ns, on_ping);
}

static void on_failure(struct h2_channel *channel, const struct sn_error *error)
{
    channel->last_error = *error;
    channel->pause_ns = channel->pause_ns ? channel->pause_ns * 2 : pause_min_ns;
    if (channel->pause_ns > channel->longest_pause_ns)
        channel->pause_ns = channel->longest_pause_ns;
    channel->may_dial_ns = sn_loop_timers(channel->loop)->now_ns + channel->pause_ns;
    fail_waiting(channel, channel->last_error.text);
}

static void on_connect(void *owner, struct sn_conn *sock, const struct sn_error *error)
{
    struct h2_channel *channel = owner;
    struct sn_error no_memory;

    channel->dial = NULL;
    sn_timer_stop(sn_loop_timers(channel->loop), &channel->dial_timeout);
    if (!sock) {
        on_failure(channel, error);
        return;
    }
    struct h2_client_conn *conn = calloc(1, sizeof(*conn));
    if (!conn) {
        sn_conn_close(sock, false);
        sn_error_set(&no_memory, SN_ERR_UNAVAILABLE, "no memory for a connection to %s",
                     channel->address);
        on_failure(channel, &no_memory);
        return;
    }
    channel->pause_ns = 0;
    channel->conn = conn;
    conn->channel = channel;
    sn_list_append(&channel->conns, &conn->link);
    if (h2_session_init(&conn->session, false, &h2_client_side, &channel->guard, channel->loop,
                        &channel->memory, sock))
        return; /* `gone` follows */
    sn_timer_start(sn_loop_timers(channel->loop), &conn->ping, ping_interval_ns, on_ping);
    begin_waiting(channel);
}

static void on_dial_timeout(struct sn_timer *timer)
{
    struct h2_channel *channel = sn_container_of(timer, struct h2_channel, dial_timeout);
    struct sn_error error;

    sn_dial_cancel(channel->dial);
    channel->dial = NULL;
    sn_error_set(&error, SN_ERR_UNAVAILABLE, "connect to %s: connection timed out",
                 channel->address);
    on_failure(channel, &error);
}

static void dial(struct h2_channel *channel)
{
    struct sn_error error;

    if (sn_loop_timers(channel->loop)->now_ns < channel->may_dial_ns) {
        fail_waiting(channel, channel->last_error.text);
        return;
    }
    if (sn_dial(channel->loop, channel->address, on_connect, channel, &channel->dial, &error)) {
        on_failure(channel, &error);
        return;
    }
    if (channel->tls)
        sn_dial_secure(channel->dial, channel->tls, channel->tls_name);
    sn_timer_start(sn_loop_timers(channel->loop), &channel->dial_timeout, connect_timeout_ns,
                   on_dial_timeout);
}

static void on_work(struct sn_task *task)
{
    struct h2_channel *channel = sn_container_of(task, struct h2_channel, work);

    channel->work_wanted = false;
    fail_refused(channel);
    if (channel->closing) {
        fail_waiting(channel, "the channel was closed");
        maybe_closed(channel);
        return;
    }
    begin_waiting(channel);
    if (!channel->dial && !channel->conn && !sn_list_empty(&channel->waiting))
        dial(channel);
}

void h2_channel_want_work(struct h2_channel *channel)
{
    if (channel->work_wanted)
        return;
    channel->work_wanted = true;
    channel->work.run = on_work;
    sn_loop_defer(channel->loop, &channel->work);
}

/* ---- the channel ---- */

static void maybe_closed(struct h2_channel *channel)
{
    if (!channel->closing || !sn_list_empty(&channel->conns) || channel->work_wanted)
        return;
    void (*on_closed)(void *owner) = channel->on_closed;
    void *owner = channel->closed_owner;
    h2_memory_fini(&channel->memory);
    sn_tls_unref(channel->tls);
    free(channel);
    on_closed(owner);
}

static void channel_close(struct sn_channel *base, void (*on_closed)(void *owner), void *owner)
{
    struct h2_channel *channel = (struct h2_channel *)base;
    struct sn_list *node;

    channel->closing = true;
    channel->on_closed = on_closed;
    channel->closed_owner = owner;
    if (channel->dial)
        sn_dial_cancel(channel->dial);
    channel->dial = NULL;
    sn_timer_stop(sn_loop_timers(channel->loop), &channel->dial_timeout);
    sn_list_for_each (node, &channel->conns)
        h2_session_close(&sn_container_of(node, struct h2_client_conn, link)->session,
                         "the channel was closed");
    h2_channel_want_work(channel);
}

static const struct sn_channel_ops channel_ops = {h2_call_open, channel_close};

int sn_http2_channel_create(struct sn_loop *loop, const char *address,
                            struct sn_channel **ret_channel, struct sn_error *error)
{
    struct sn_address parsed;
    int code = sn_address_parse(address, &parsed, error);

    if (code)
        return code;
    struct h2_channel *channel = calloc(1, sizeof(*channel));
    if (!channel)
        return sn_error_set(error, SN_ERR_RESOURCE_EXHAUSTED, "no memory for a channel to %s",
                            address);
    channel->base = (struct sn_channel){&channel_ops, sn_loop_env(loop)};
    channel->loop = loop;
    snprintf(channel->address, sizeof(channel->address), "%s", address);
    h2_memory_init(&channel->memory);
    channel->guard.limits = sn_limits_preset;
    channel->longest_pause_ns = pause_max_ns;
    sn_list_init(&channel->waiting);
    sn_list_init(&channel->refused);
    sn_list_init(&channel->conns);
    *ret_channel = &channel->base;
    return 0;
}

void sn_http2_channel_limit_pause(struct sn_channel *base, uint64_t longest_ns)
{
    ((struct h2_channel *)base)->longest_pause_ns = longest_ns;
}

void sn_http2_channel_secure(struct sn_channel *base, struct sn_tls *tls, const char *name)
{
    struct h2_channel *channel = (struct h2_channel *)base;

    channel->tls = sn_tls_ref(tls);
    channel->tls_name = name;
}
