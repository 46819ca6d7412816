/* SPDX-License-Identifier: Apache-2.0
 *
 * The life of a connection and its streams, and what nghttp2 tells. Loop thread.
 *
 * A stream is freed in `closed`, which comes from nghttp2 or, when the connection ends, from
 * end_streams(). The latter runs on its own turn (the flush task, or the conn's on_close), never
 * from inside a callback of a stream.
 */
#include "rpc/transport/http2/session.h"

static const char not_http2[] = "it doesn't follow HTTP/2";

/* ---- writing ---- */

static void end_streams(struct h2_session *session)
{
    if (session->ended)
        return;
    session->ended = true;
    while (!sn_list_empty(&session->streams)) {
        struct h2_stream *stream = sn_container_of(session->streams.next, struct h2_stream, link);

        nghttp2_session_set_stream_user_data(session->ng, stream->id, NULL);
        session->side->closed(stream, NGHTTP2_CANCEL);
    }
}

static void finish_closing(struct h2_session *session)
{
    if (session->ended)
        return;
    /* What is ready still goes: a GOAWAY tells the peer why. */
    bool ok = session->refused || h2_output_pull(session);
    end_streams(session);
    sn_conn_close(session->conn, ok);
}

static void write_out(struct h2_session *session)
{
    if (session->closing)
        return;
    if (!h2_output_pull(session)) {
        h2_session_close(session, session->conn->cause);
        return;
    }
    h2_output_tell_writable(session);
    if (!nghttp2_session_want_read(session->ng) && !nghttp2_session_want_write(session->ng))
        h2_session_close(session, session->violated ? not_http2 : "closed by the peer");
}

static void on_flush(struct sn_task *task)
{
    struct h2_session *session = sn_container_of(task, struct h2_session, flush);

    session->flush_wanted = false;
    if (!session->conn)
        session->side->gone(session);
    else if (session->closing)
        finish_closing(session);
    else
        write_out(session);
}

static void want_flush(struct h2_session *session)
{
    if (session->flush_wanted)
        return;
    session->flush_wanted = true;
    session->flush.run = on_flush;
    sn_loop_defer(session->loop, &session->flush);
}

void h2_session_wake(struct h2_session *session)
{
    if (!session->feeding && !session->closing) /* on_read() writes at its end */
        want_flush(session);
}

void h2_session_close(struct h2_session *session, const char *cause)
{
    if (session->closing)
        return;
    session->closing = true;
    session->cause = cause;
    want_flush(session);
}

void h2_session_refuse(struct h2_session *session, enum sn_refusal refusal, uint32_t error_code)
{
    if (session->sent_away)
        return;
    session->sent_away = true;
    session->guard->refused[refusal]++;
    nghttp2_session_terminate_session(session->ng, error_code);
    h2_session_wake(session);
}

/* ---- streams ---- */

static struct h2_stream *stream_of_inbox(struct sn_inbox *inbox)
{
    return sn_container_of(inbox, struct h2_stream, in);
}

static void on_message(struct sn_inbox *inbox, struct sn_str message, bool compressed)
{
    struct h2_stream *stream = stream_of_inbox(inbox);

    stream->session->side->message(stream, message, compressed);
}

static void on_refuse(struct sn_inbox *inbox, int code, const char *text)
{
    struct h2_stream *stream = stream_of_inbox(inbox);

    stream->session->guard->refused[SN_REFUSED_MESSAGE]++;
    stream->session->side->refuse(stream, code, text);
}

static void on_credit(struct sn_inbox *inbox, size_t len)
{
    h2_stream_consume(stream_of_inbox(inbox), len);
}

static const struct sn_inbox_events inbox_events = {on_message, on_refuse, on_credit};

void h2_stream_consume(struct h2_stream *stream, size_t len)
{
    nghttp2_session_consume_stream(stream->session->ng, stream->id, len);
    h2_session_wake(stream->session);
}

void h2_stream_credit(struct h2_stream *stream, size_t len)
{
    sn_inbox_credit(&stream->in, len);
}

void h2_stream_init(struct h2_stream *stream)
{
    sn_list_init(&stream->link);
}

void h2_stream_begin(struct h2_stream *stream, struct h2_session *session, int32_t id)
{
    stream->session = session;
    stream->id = id;
    sn_inbox_init(&stream->in, &inbox_events, sn_loop_blocks(session->loop), &session->gathered,
                  session->limits->message_bytes);
    sn_list_append(&session->streams, &stream->link);
    session->stream_count++;
    session->unsent += stream->out.queued;
    session->some_full |= stream->out.was_full;
}

void h2_stream_fini(struct h2_stream *stream)
{
    h2_outbox_clear(stream);
    sn_inbox_fini(&stream->in);
    sn_list_remove(&stream->link);
    if (stream->session)
        stream->session->stream_count--;
}

void h2_stream_reset(struct h2_stream *stream, uint32_t error_code)
{
    nghttp2_submit_rst_stream(stream->session->ng, NGHTTP2_FLAG_NONE, stream->id, error_code);
    h2_session_wake(stream->session);
}

/* ---- what nghttp2 tells ---- */

static struct h2_stream *stream_of(nghttp2_session *ng, int32_t id)
{
    return nghttp2_session_get_stream_user_data(ng, id);
}

static int on_data(nghttp2_session *ng, uint8_t flags, int32_t id, const uint8_t *bytes, size_t len,
                   void *user)
{
    struct h2_session *session = user;
    struct h2_stream *stream = stream_of(ng, id);

    /* Credit for the connection comes at once: a slow stream must not hold up the others. */
    nghttp2_session_consume_connection(ng, len);
    if (!stream)
        return 0;
    stream->data_len += len;
    if (stream->raw)
        session->side->data(stream, (struct sn_str){(const char *)bytes, len});
    else
        sn_inbox_read(&stream->in, (struct sn_str){(const char *)bytes, len});
    return 0;
}

static int on_begin_frame(nghttp2_session *ng, const nghttp2_frame_hd *head, void *user)
{
    struct h2_session *session = user;

    /* nghttp2 lets a new stream with an id below an earlier one pass. RFC 9113, 5.1.1. */
    if (!session->side->begin || head->type != NGHTTP2_HEADERS || head->stream_id % 2 == 0)
        return 0;
    if (head->stream_id > session->last_id)
        session->last_id = head->stream_id;
    else if (!nghttp2_session_find_stream(ng, head->stream_id))
        nghttp2_session_terminate_session(ng, NGHTTP2_PROTOCOL_ERROR);
    return 0;
}

static int on_begin_headers(nghttp2_session *ng, const nghttp2_frame *frame, void *user)
{
    struct h2_session *session = user;

    session->headers_len = 0;
    session->headers_too_large = false;
    if (frame->headers.cat != NGHTTP2_HCAT_REQUEST || !session->side->begin)
        return 0;
    struct h2_stream *stream = session->side->begin(session, frame->hd.stream_id);
    if (!stream) /* what follows on it means nothing to nobody */
        return nghttp2_submit_rst_stream(ng, NGHTTP2_FLAG_NONE, frame->hd.stream_id,
                                         NGHTTP2_ENHANCE_YOUR_CALM);
    nghttp2_session_set_stream_user_data(ng, frame->hd.stream_id, stream);
    return 0;
}

static int on_header(nghttp2_session *ng, const nghttp2_frame *frame, const uint8_t *name,
                     size_t name_len, const uint8_t *value, size_t value_len, uint8_t flags,
                     void *user)
{
    struct h2_session *session = user;
    struct h2_stream *stream = stream_of(ng, frame->hd.stream_id);

    session->headers_len += name_len + value_len + 32; /* RFC 9113, 6.5.2 */
    if (session->headers_len / H2_HEADERS_ABUSE > session->limits->header_bytes)
        return NGHTTP2_ERR_CALLBACK_FAILURE;
    session->headers_too_large |= session->headers_len > session->limits->header_bytes;
    if (stream && !session->headers_too_large)
        session->side->header(stream, (struct sn_str){(const char *)name, name_len},
                              (struct sn_str){(const char *)value, value_len});
    return 0;
}

static int on_frame(nghttp2_session *ng, const nghttp2_frame *frame, void *user)
{
    struct h2_session *session = user;
    const nghttp2_frame_hd *head = &frame->hd;
    bool end = head->flags & NGHTTP2_FLAG_END_STREAM;
    struct h2_stream *stream = stream_of(ng, head->stream_id);

    session->greeted = true;
    if (head->type == NGHTTP2_GOAWAY && session->side->goaway)
        session->side->goaway(session);
    if (head->type == NGHTTP2_SETTINGS && session->side->settings)
        session->side->settings(session);
    if (!stream || (head->type != NGHTTP2_HEADERS && head->type != NGHTTP2_DATA))
        return 0;
    stream->ended |= end;
    if (head->type == NGHTTP2_HEADERS)
        session->side->headers_end(stream, end, session->headers_too_large);
    if (end)
        session->side->end_stream(stream);
    return 0;
}

/* The whole answer is out while the request goes on: the peer is told to stop. RFC 9113, 8.1. */
static int on_frame_sent(nghttp2_session *ng, const nghttp2_frame *frame, void *user)
{
    struct h2_session *session = user;

    if (frame->hd.type == NGHTTP2_GOAWAY && frame->goaway.error_code)
        session->violated = true;
    if (!(frame->hd.flags & NGHTTP2_FLAG_END_STREAM) || !session->side->begin ||
        (frame->hd.type != NGHTTP2_HEADERS && frame->hd.type != NGHTTP2_DATA))
        return 0;
    struct h2_stream *stream = stream_of(ng, frame->hd.stream_id);
    if (stream && !stream->ended)
        nghttp2_submit_rst_stream(ng, NGHTTP2_FLAG_NONE, frame->hd.stream_id, NGHTTP2_NO_ERROR);
    return 0;
}

static void remember_ended(struct h2_session *session, int32_t id)
{
    session->ended_ids[session->ended_count++ % H2_ENDED_IDS] = id;
}

/* nghttp2 refuses it by itself. */
static int on_invalid_frame(nghttp2_session *ng, const nghttp2_frame *frame, int code, void *user)
{
    struct h2_session *session = user;

    session->guard
        ->refused[code == NGHTTP2_ERR_REFUSED_STREAM ? SN_REFUSED_STREAMS : SN_REFUSED_PROTOCOL]++;
    return 0;
}

static int on_stream_close(nghttp2_session *ng, int32_t id, uint32_t error_code, void *user)
{
    struct h2_session *session = user;
    struct h2_stream *stream = stream_of(ng, id);

    if (!stream)
        return 0;
    nghttp2_session_set_stream_user_data(ng, id, NULL);
    if (stream->ended)
        remember_ended(session, id);
    session->side->closed(stream, error_code);
    return 0;
}

/* ---- what the connection tells ---- */

/* Whether the peer may send nothing more there; nghttp2 keeps no closed streams, which would cost
 * memory. RFC 9113, 5.1. */
static bool was_ended(const struct h2_session *session, int32_t id)
{
    for (uint32_t i = 0; i < H2_ENDED_IDS; i++)
        if (session->ended_ids[i] == id)
            return id != 0;
    return false;
}

/* What a server wants to know of a frame before it is read. */
static void meter(struct h2_session *session, const struct h2_frame_head *head)
{
    enum sn_refusal refusal =
        h2_meter_judge(&session->meter, head, sn_loop_timers(session->loop)->now_ns);

    if (refusal != SN_REFUSED_COUNT)
        h2_session_refuse(session, refusal, NGHTTP2_ENHANCE_YOUR_CALM);
    else if (head->type == NGHTTP2_RST_STREAM)
        remember_ended(session, head->id);
    else if (head->type == NGHTTP2_DATA && was_ended(session, head->id))
        h2_session_refuse(session, SN_REFUSED_PROTOCOL, NGHTTP2_STREAM_CLOSED);
}

/* A window update by nothing; nghttp2 overlooks it on a stream that is closed. RFC 9113, 6.9. */
static bool is_empty_update(const struct h2_session *session, const struct h2_frame_head *head,
                            const uint8_t *bytes, size_t len)
{
    static const uint8_t nothing[4];

    return head->type == NGHTTP2_WINDOW_UPDATE && head->id && head->len == 4 && len >= 4 &&
           memcmp(bytes + len - 4, nothing, 4) == 0 &&
           !nghttp2_session_find_stream(session->ng, head->id);
}

/* Keeps the time since which a header block is on its way. */
static void time_head(struct h2_session *session, const struct h2_frame_head *head)
{
    if (head->type == NGHTTP2_HEADERS || head->type == NGHTTP2_CONTINUATION) {
        if (!session->head_ns)
            session->head_ns = sn_loop_timers(session->loop)->now_ns;
        session->head_ends = head->flags & NGHTTP2_FLAG_END_HEADERS;
    }
}

static ssize_t feed(struct h2_session *session, const uint8_t *bytes, size_t len)
{
    bool server = session->side->begin != NULL;
    ssize_t taken = 0;

    while (len && taken >= 0) {
        struct h2_frame_head head;
        bool whole = false;
        size_t part = server ? h2_meter_next(&session->meter, bytes, len, &head, &whole) : len;

        if (whole) {
            meter(session, &head);
            time_head(session, &head);
        }
        if (whole && is_empty_update(session, &head, bytes, part))
            h2_session_refuse(session, SN_REFUSED_PROTOCOL, NGHTTP2_PROTOCOL_ERROR);
        taken = nghttp2_session_mem_recv(session->ng, bytes, part);
        if (session->head_ends && !session->meter.have) {
            session->head_ends = false;
            session->head_ns = 0;
        }
        bytes += part;
        len -= part;
    }
    return taken;
}

static void on_read(struct sn_conn *conn, const uint8_t *bytes, size_t len)
{
    struct h2_session *session = conn->owner;

    if (session->closing)
        return;
    session->feeding = true;
    ssize_t taken = feed(session, bytes, len);
    session->feeding = false;
    if (taken == NGHTTP2_ERR_BAD_CLIENT_MAGIC)
        session->refused = true; /* no HTTP/2 frame may follow */
    if (taken < 0)
        session->guard->refused[SN_REFUSED_PROTOCOL]++;
    if (taken < 0)
        h2_session_close(session, not_http2);
    else
        write_out(session);
    if (!session->closing && session->side->begin &&
        nghttp2_session_get_outbound_queue_size(session->ng) > H2_OUTBOUND_MAX) {
        session->guard->refused[SN_REFUSED_SLOW_READER]++;
        h2_session_close(session, "it asks much and reads nothing");
    }
}

static void on_end(struct sn_conn *conn)
{
    h2_session_close(conn->owner, "EOF");
}

static void on_drain(struct sn_conn *conn)
{
    write_out(conn->owner);
}

static void on_close(struct sn_conn *conn, int code)
{
    struct h2_session *session = conn->owner;

    if (!session->closing)
        session->cause = conn->cause;
    session->closing = true;
    end_streams(session);
    nghttp2_session_del(session->ng);
    session->conn = NULL;
    if (!session->flush_wanted)
        session->side->gone(session);
}

static const struct sn_conn_events conn_events = {on_read, on_end, on_drain, on_close};

/* ---- making ---- */

static nghttp2_session_callbacks *create_callbacks(void)
{
    nghttp2_session_callbacks *made;

    if (nghttp2_session_callbacks_new(&made))
        return NULL;
    nghttp2_session_callbacks_set_send_data_callback(made, h2_on_send_data);
    nghttp2_session_callbacks_set_on_begin_frame_callback(made, on_begin_frame);
    nghttp2_session_callbacks_set_on_begin_headers_callback(made, on_begin_headers);
    nghttp2_session_callbacks_set_on_header_callback(made, on_header);
    nghttp2_session_callbacks_set_on_frame_recv_callback(made, on_frame);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(made, on_data);
    nghttp2_session_callbacks_set_on_frame_send_callback(made, on_frame_sent);
    nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(made, on_invalid_frame);
    nghttp2_session_callbacks_set_on_stream_close_callback(made, on_stream_close);
    return made;
}

static int create_ng(struct h2_session *session, bool server)
{
    nghttp2_session_callbacks *callbacks = create_callbacks();
    nghttp2_option *option = NULL;
    int status = callbacks ? nghttp2_option_new(&option) : NGHTTP2_ERR_NOMEM;

    if (!status) {
        nghttp2_option_set_no_auto_window_update(option, 1);
        nghttp2_option_set_no_closed_streams(option, 1);
        if (server) /* check.c does */
            nghttp2_option_set_no_http_messaging(option, 1);
        status = server ? nghttp2_session_server_new3(&session->ng, callbacks, session, option,
                                                      &session->memory->mem)
                        : nghttp2_session_client_new3(&session->ng, callbacks, session, option,
                                                      &session->memory->mem);
    }
    nghttp2_option_del(option);
    nghttp2_session_callbacks_del(callbacks); /* copied by the session */
    return status ? SN_ERR_RESOURCE_EXHAUSTED : 0;
}

static int submit_settings(struct h2_session *session)
{
    const nghttp2_settings_entry settings[] = {
        {NGHTTP2_SETTINGS_ENABLE_PUSH, 0},
        {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, session->limits->streams},
        {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, H2_WINDOW},
        {NGHTTP2_SETTINGS_MAX_FRAME_SIZE, H2_FRAME_MAX},
        {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, (uint32_t)session->limits->header_bytes},
    };
    size_t skip = session->side->begin ? 1 : 0; /* push is a client's to refuse */

    if (nghttp2_submit_settings(session->ng, NGHTTP2_FLAG_NONE, settings + skip,
                                sizeof(settings) / sizeof(settings[0]) - skip) ||
        nghttp2_session_set_local_window_size(session->ng, NGHTTP2_FLAG_NONE, 0, H2_WINDOW))
        return SN_ERR_RESOURCE_EXHAUSTED;
    return 0;
}

int h2_session_init(struct h2_session *session, bool server, const struct h2_side *side,
                    struct sn_guard *guard, struct sn_loop *loop, struct h2_memory *memory,
                    struct sn_conn *conn)
{
    session->side = side;
    session->guard = guard;
    session->limits = &guard->limits;
    session->loop = loop;
    session->memory = memory;
    session->conn = conn;
    session->gathered =
        (struct sn_budget){.parent = &memory->gathered, .max = guard->limits.gathered_bytes};
    sn_list_init(&session->streams);
    conn->events = &conn_events;
    conn->owner = session;
    if (!create_ng(session, server) && !submit_settings(session)) {
        /* A server speaks when it was spoken to: who asks for TLS must get no frame. */
        if (!server)
            h2_session_wake(session);
        return 0;
    }
    session->closing = true;
    sn_conn_close(conn, false);
    return SN_ERR_RESOURCE_EXHAUSTED;
}
