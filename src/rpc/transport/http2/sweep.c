/* SPDX-License-Identifier: Apache-2.0
 *
 * Looks over all connections now and then, for peers that stand still where they may not: one timer
 * instead of some per connection and stream. Loop thread.
 */
#include "rpc/transport/http2/server.h"

static const uint64_t sweep_ns = SN_SECONDS(2);

/* Whether the peer is in the middle of a message, or of a request's body, and has room for more. */
static bool owes_bytes(const struct h2_stream *stream)
{
    if (!stream->raw)
        return !sn_inbox_is_between(&stream->in) && !stream->in.held;
    return !stream->ended && nghttp2_session_get_stream_effective_local_window_size(
                                 stream->session->ng, stream->id) > 0;
}

/* An answer that is complete, and that the peer gives no room for: its connection as a whole may
 * look as if nothing had to be sent. Streams that are answered yet are their call's business, whose
 * queue is bounded. */
static void look_at_answer(struct h2_stream *stream, uint64_t now_ns)
{
    struct h2_session *session = stream->session;

    if (!stream->out.closed || !stream->stuck_ns || stream->out.queued != stream->left) {
        stream->left = stream->out.queued;
        stream->stuck_ns = stream->out.closed ? now_ns : 0;
    } else if (now_ns - stream->stuck_ns >= session->limits->stall_ns) {
        session->guard->refused[SN_REFUSED_SLOW_READER]++;
        stream->stuck_ns = now_ns; /* until it is gone */
        h2_stream_reset(stream, NGHTTP2_CANCEL);
    }
}

static void look_at_request(struct h2_stream *stream, uint64_t now_ns)
{
    struct h2_session *session = stream->session;

    if (!owes_bytes(stream) || stream->data_len != stream->seen_len) {
        stream->seen_len = stream->data_len;
        stream->still_ns = now_ns;
        return;
    }
    if (now_ns - stream->still_ns < session->limits->stall_ns)
        return;
    session->guard->refused[SN_REFUSED_SLOW_WRITER]++;
    if (stream->raw) {
        stream->still_ns = now_ns; /* until it is gone */
        h2_stream_reset(stream, NGHTTP2_CANCEL);
        return;
    }
    sn_inbox_close(&stream->in);
    session->side->refuse(stream, SN_ERR_RESOURCE_EXHAUSTED, "the request's message stands still");
}

static bool is_idle(const struct h2_server_conn *conn, uint64_t now_ns)
{
    return !conn->session.stream_count &&
           now_ns - conn->heard_ns >= conn->session.limits->idle_http2_ns;
}

static void look_at(struct h2_server_conn *conn, uint64_t now_ns)
{
    struct h2_session *session = &conn->session;
    const struct sn_conn *sock = session->conn;
    size_t queued = sn_conn_queued(sock);
    uint64_t sent = sock->bytes_out - queued;
    struct sn_list *node, *next;

    if (sock->bytes_in != conn->heard) {
        conn->heard = sock->bytes_in;
        conn->heard_ns = now_ns;
    }
    if (!queued || sent != conn->sent) {
        conn->sent = sent;
        conn->sent_ns = now_ns;
    }
    if (now_ns - conn->sent_ns >= session->limits->stall_ns) {
        session->guard->refused[SN_REFUSED_SLOW_READER]++;
        h2_session_close(session, "it doesn't read");
    } else if (session->head_ns && now_ns - session->head_ns >= session->limits->head_ns) {
        h2_session_refuse(session, SN_REFUSED_HEAD, NGHTTP2_ENHANCE_YOUR_CALM);
    } else if (is_idle(conn, now_ns)) {
        h2_session_refuse(session, SN_REFUSED_IDLE, NGHTTP2_NO_ERROR);
    }
    sn_list_for_each_safe (node, next, &session->streams) {
        struct h2_stream *stream = sn_container_of(node, struct h2_stream, link);

        look_at_answer(stream, now_ns);
        look_at_request(stream, now_ns);
    }
}

static void on_sweep(struct sn_timer *timer)
{
    struct sn_http2_server *http2 = sn_container_of(timer, struct sn_http2_server, sweep);
    uint64_t now_ns = sn_loop_timers(http2->loop)->now_ns;
    struct sn_list *node, *next;

    sn_list_for_each_safe (node, next, &http2->conns) {
        struct h2_server_conn *conn = sn_container_of(node, struct h2_server_conn, link);

        if (!conn->session.closing)
            look_at(conn, now_ns);
    }
    h2_server_watch(http2);
}

void h2_server_watch(struct sn_http2_server *http2)
{
    if (http2->count && !http2->sweep.armed)
        sn_timer_start(sn_loop_timers(http2->loop), &http2->sweep, sweep_ns, on_sweep);
}
