/* SPDX-License-Identifier: Apache-2.0
 *
 * HTTP/2 connections: reading, writing, flow control. Loop thread.
 *
 * Writing is gathered: whatever the callbacks of one turn of the loop queued leaves in as few
 * writes as the gather buffer allows. Message bytes are copied once, into that buffer.
 */
#include "rpc/transport/http2/session.h"

#include <stdio.h>
#include <zlib.h>

/* One write's worth: of the order of a socket's buffer. Shared by all connections: it is empty
 * outside of write_out(). */
enum { GATHER_SIZE = 128 << 10, BLOCK_HEAD = 16 /* keeps a block's bytes aligned */ };

static struct {
    uint8_t bytes[GATHER_SIZE];
    size_t len;
} gather;

/* ---- writing ---- */

static int send_gathered(struct h2_session *session)
{
    struct sn_str part = {(const char *)gather.bytes, gather.len};

    gather.len = 0;
    return part.len ? sn_conn_write(session->conn, &part, 1) : 0;
}

static int gather_bytes(struct h2_session *session, const void *bytes, size_t len)
{
    if (len > GATHER_SIZE - gather.len) {
        int code = send_gathered(session);

        if (code)
            return code;
    }
    if (len > GATHER_SIZE) {
        struct sn_str part = {bytes, len};

        return sn_conn_write(session->conn, &part, 1);
    }
    memcpy(gather.bytes + gather.len, bytes, len);
    gather.len += len;
    return 0;
}

static void drop_sent(struct h2_stream *stream)
{
    struct sn_message *message = stream->out;

    stream->out = message->next;
    if (!stream->out)
        stream->out_end = &stream->out;
    stream->out_offset = 0;
    sn_message_free(message);
}

/* nghttp2 asks for the bytes of a DATA frame it has just laid out. */
static int on_send_data(nghttp2_session *ng, nghttp2_frame *frame, const uint8_t *head,
                        size_t length, nghttp2_data_source *source, void *user)
{
    struct h2_session *session = user;
    struct h2_stream *stream = source->ptr;

    if (gather_bytes(session, head, 9))
        return NGHTTP2_ERR_CALLBACK_FAILURE;
    while (length) {
        struct sn_message *message = stream->out;
        size_t rest = message->len - stream->out_offset;
        size_t part = rest < length ? rest : length;

        if (gather_bytes(session, message->data + stream->out_offset, part))
            return NGHTTP2_ERR_CALLBACK_FAILURE;
        stream->out_offset += part;
        stream->queued -= part;
        length -= part;
        if (part == rest)
            drop_sent(stream);
    }
    return 0;
}

static ssize_t on_data_source(nghttp2_session *ng, int32_t id, uint8_t *buffer, size_t length,
                              uint32_t *flags, nghttp2_data_source *source, void *user)
{
    struct h2_stream *stream = source->ptr;
    size_t size = stream->queued < length ? stream->queued : length;

    if (size == 0 && !stream->end_of_data) {
        stream->deferred = true;
        return NGHTTP2_ERR_DEFERRED;
    }
    *flags |= NGHTTP2_DATA_FLAG_NO_COPY;
    if (stream->end_of_data && size == stream->queued) {
        *flags |= NGHTTP2_DATA_FLAG_EOF;
        if (stream->trailers) {
            *flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
            if (nghttp2_submit_trailer(ng, id, stream->trailers, stream->trailer_count))
                return NGHTTP2_ERR_CALLBACK_FAILURE;
        }
    }
    return (ssize_t)size;
}

nghttp2_data_provider h2_stream_provider(struct h2_stream *stream)
{
    stream->started_data = true;
    return (nghttp2_data_provider){.source.ptr = stream, .read_callback = on_data_source};
}

static void tell_writable(struct h2_session *session)
{
    struct sn_list *node, *next;

    if (!session->some_full)
        return;
    session->some_full = false;
    sn_list_for_each_safe (node, next, &session->streams) {
        struct h2_stream *stream = sn_container_of(node, struct h2_stream, link);

        if (stream->was_full && stream->queued > H2_LOW_WATER) {
            session->some_full = true;
        } else if (stream->was_full) {
            stream->was_full = false;
            session->side->writable(stream);
        }
    }
}

/* False: the connection has failed. */
static bool pull_frames(struct h2_session *session)
{
    const uint8_t *bytes;
    ssize_t len = 1;

    while (len > 0 && sn_conn_queued(session->conn) < H2_CONN_HIGH) {
        len = nghttp2_session_mem_send(session->ng, &bytes);
        if (len < 0 || (len > 0 && gather_bytes(session, bytes, (size_t)len))) {
            gather.len = 0;
            return false;
        }
    }
    return send_gathered(session) == 0;
}

static void write_out(struct h2_session *session)
{
    if (session->closing)
        return;
    if (!pull_frames(session)) {
        h2_session_close(session);
        return;
    }
    tell_writable(session);
    if (!nghttp2_session_want_read(session->ng) && !nghttp2_session_want_write(session->ng)) {
        session->closing = true;
        sn_conn_close(session->conn, true);
    }
}

static void on_flush(struct sn_task *task)
{
    struct h2_session *session = sn_container_of(task, struct h2_session, flush);

    session->flush_wanted = false;
    if (session->conn)
        write_out(session);
    else
        session->side->gone(session, 0);
}

void h2_session_wake(struct h2_session *session)
{
    if (session->flush_wanted || session->feeding)
        return;
    session->flush_wanted = true;
    session->flush.run = on_flush;
    sn_loop_defer(session->loop, &session->flush);
}

/* ---- streams ---- */

static void drop_gathered(struct h2_stream *stream);

void h2_stream_init(struct h2_stream *stream, struct h2_session *session, int32_t id)
{
    stream->session = session;
    stream->id = id;
    stream->out_end = &stream->out;
    sn_list_append(&session->streams, &stream->link);
    session->stream_count++;
}

void h2_stream_fini(struct h2_stream *stream)
{
    while (stream->out)
        drop_sent(stream);
    drop_gathered(stream);
    sn_list_remove(&stream->link);
    stream->session->stream_count--;
}

static void resume(struct h2_stream *stream)
{
    if (!stream->session) /* not begun */
        return;
    stream->session->some_full |= stream->was_full;
    if (stream->deferred) {
        stream->deferred = false;
        nghttp2_session_resume_data(stream->session->ng, stream->id);
    }
    h2_session_wake(stream->session);
}

void h2_stream_message(struct h2_stream *stream, struct sn_message *take_message)
{
    take_message->data -= SN_GRPC_PREFIX;
    sn_grpc_write_prefix(take_message->data, (uint32_t)take_message->len);
    take_message->len += SN_GRPC_PREFIX;
    take_message->next = NULL;
    *stream->out_end = take_message;
    stream->out_end = &take_message->next;
    stream->queued += take_message->len;
    if (stream->queued > H2_LOW_WATER)
        stream->was_full = true;
    resume(stream);
}

void h2_stream_end(struct h2_stream *stream, const nghttp2_nv *trailers, size_t trailer_count)
{
    stream->end_of_data = true;
    stream->trailers = trailers;
    stream->trailer_count = trailer_count;
    resume(stream);
}

void h2_stream_credit(struct h2_stream *stream, size_t len)
{
    size_t credit = len + SN_GRPC_PREFIX;

    if (credit > stream->uncredited)
        credit = stream->uncredited;
    stream->uncredited -= credit;
    nghttp2_session_consume_stream(stream->session->ng, stream->id, credit);
    h2_session_wake(stream->session);
}

void h2_stream_reset(struct h2_stream *stream, uint32_t error_code)
{
    nghttp2_submit_rst_stream(stream->session->ng, NGHTTP2_FLAG_NONE, stream->id, error_code);
    h2_session_wake(stream->session);
}

/* ---- compressed messages ---- */

/* gzip into a block of its own; NULL with a code when it can't be. */
static struct sn_block *inflate_message(struct h2_stream *stream, struct sn_str *message,
                                        int *ret_code)
{
    z_stream z = {.next_in = (Bytef *)(uintptr_t)message->ptr, .avail_in = (uInt)message->len};
    struct sn_block_pool *blocks = sn_loop_blocks(stream->session->loop);
    size_t size = message->len * 4 + 1024;
    struct sn_block *block = NULL;
    int status = Z_BUF_ERROR;

    *ret_code = SN_ERR_INTERNAL;
    if (inflateInit2(&z, 15 + 16) != Z_OK)
        return NULL;
    /* From the start with twice the room: rare, and simpler than growing on the way. */
    while (status == Z_BUF_ERROR && size <= 2 * (size_t)SN_MESSAGE_MAX) {
        if (block)
            sn_block_put(blocks, block);
        block = sn_block_get(blocks, size + BLOCK_HEAD);
        inflateReset(&z);
        z.next_in = (Bytef *)(uintptr_t)message->ptr;
        z.avail_in = (uInt)message->len;
        z.next_out = block ? (Bytef *)block + BLOCK_HEAD : NULL;
        z.avail_out = block ? (uInt)size : 0;
        status = block ? inflate(&z, Z_FINISH) : Z_MEM_ERROR;
        if (status == Z_OK)
            status = Z_BUF_ERROR;
        size *= 2;
    }
    inflateEnd(&z);
    if (status == Z_STREAM_END && z.total_out <= SN_MESSAGE_MAX) {
        *message = (struct sn_str){(const char *)block + BLOCK_HEAD, z.total_out};
        return block;
    }
    if (status == Z_BUF_ERROR || status == Z_STREAM_END || status == Z_MEM_ERROR)
        *ret_code = SN_ERR_RESOURCE_EXHAUSTED;
    if (block)
        sn_block_put(blocks, block);
    return NULL;
}

static void deliver_compressed(struct h2_stream *stream, struct sn_str message)
{
    const struct h2_side *side = stream->session->side;
    struct sn_block_pool *blocks = sn_loop_blocks(stream->session->loop);
    char text[128];
    int code;

    if (!stream->encoding.len || sn_str_is(stream->encoding, "identity")) {
        side->refuse(stream, SN_ERR_INTERNAL,
                     "grpc: compressed flag set with identity or empty encoding");
        return;
    }
    if (!sn_str_is(stream->encoding, "gzip")) {
        snprintf(
            text, sizeof(text), "grpc: Decompressor is not installed for grpc-encoding \"%.*s\"",
            (int)(stream->encoding.len < 32 ? stream->encoding.len : 32), stream->encoding.ptr);
        side->refuse(stream, SN_ERR_UNIMPLEMENTED, text);
        return;
    }
    struct sn_block *block = inflate_message(stream, &message, &code);
    if (!block) {
        side->refuse(stream, code, "grpc: failed to decompress the received message");
        return;
    }
    side->message(stream, message);
    sn_block_put(blocks, block);
}

/* ---- reading ---- */

static struct h2_stream *stream_of(nghttp2_session *ng, int32_t id)
{
    return nghttp2_session_get_stream_user_data(ng, id);
}

/* Doubles with what has really arrived, never beyond the message: a prefix that promises much costs
 * nothing. */
static bool grow(struct h2_stream *stream)
{
    struct sn_grpc_reader *reader = &stream->reader;
    struct sn_block_pool *blocks = sn_loop_blocks(stream->session->loop);
    size_t size = reader->capacity ? reader->capacity * 2 : 2 * SN_BLOCK_SIZE;
    struct sn_block *block =
        sn_block_get(blocks, (size < reader->len ? size : reader->len) + BLOCK_HEAD);

    if (!block)
        return false;
    uint8_t *buffer = (uint8_t *)block + BLOCK_HEAD;
    if (reader->have)
        memcpy(buffer, reader->buffer, reader->have);
    if (stream->gathered)
        sn_block_put(blocks, stream->gathered);
    stream->gathered = block;
    reader->buffer = buffer;
    reader->capacity = block->size - BLOCK_HEAD;
    return true;
}

static void drop_gathered(struct h2_stream *stream)
{
    if (!stream->gathered)
        return;
    sn_block_put(sn_loop_blocks(stream->session->loop), stream->gathered);
    stream->gathered = NULL;
    stream->reader.buffer = NULL;
    stream->reader.capacity = 0;
}

static void deliver(struct h2_stream *stream, const struct sn_grpc_message *message)
{
    nghttp2_session *ng = stream->session->ng;
    int32_t id = stream->id;

    if (message->compressed)
        deliver_compressed(stream, message->bytes);
    else
        stream->session->side->message(stream, message->bytes);
    if (stream_of(ng, id))
        drop_gathered(stream);
}

static const char *why_unreadable(enum sn_grpc_event event)
{
    if (event == SN_GRPC_TOO_LARGE)
        return "grpc: received message larger than max (32 MiB)";
    return event == SN_GRPC_GROW ? "no memory for the received message"
                                 : "grpc: received message with an unknown flag";
}

static void read_messages(struct h2_session *session, int32_t id, struct sn_str chunk)
{
    struct sn_grpc_message message;
    struct h2_stream *stream;

    while ((stream = stream_of(session->ng, id))) {
        size_t before = chunk.len;
        enum sn_grpc_event event = sn_grpc_next(&stream->reader, &chunk, SN_MESSAGE_MAX, &message);

        /* Bytes of a message that isn't whole yet get credit at once, or it could never become so;
         * its last ones when it was taken. */
        if (event == SN_GRPC_MESSAGE)
            stream->uncredited += before - chunk.len;
        else
            nghttp2_session_consume_stream(session->ng, id, before - chunk.len);
        if (event == SN_GRPC_MORE)
            return;
        if (event == SN_GRPC_MESSAGE) {
            deliver(stream, &message);
        } else if (event != SN_GRPC_GROW || !grow(stream)) {
            session->side->refuse(
                stream, event == SN_GRPC_MALFORMED ? SN_ERR_INTERNAL : SN_ERR_RESOURCE_EXHAUSTED,
                why_unreadable(event));
            return;
        }
    }
}

static int on_data(nghttp2_session *ng, uint8_t flags, int32_t id, const uint8_t *bytes, size_t len,
                   void *user)
{
    struct h2_session *session = user;

    /* Credit for the connection comes at once: a slow stream must not hold up the others. */
    nghttp2_session_consume_connection(ng, len);
    read_messages(session, id, (struct sn_str){(const char *)bytes, len});
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

    if (frame->headers.cat != NGHTTP2_HCAT_REQUEST || !session->side->begin)
        return 0;
    struct h2_stream *stream = session->side->begin(session, frame->hd.stream_id);
    if (!stream)
        return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    nghttp2_session_set_stream_user_data(ng, frame->hd.stream_id, stream);
    return 0;
}

static int on_header(nghttp2_session *ng, const nghttp2_frame *frame, const uint8_t *name,
                     size_t name_len, const uint8_t *value, size_t value_len, uint8_t flags,
                     void *user)
{
    struct h2_session *session = user;
    struct h2_stream *stream = stream_of(ng, frame->hd.stream_id);

    if (stream)
        session->side->header(stream, (struct sn_str){(const char *)name, name_len},
                              (struct sn_str){(const char *)value, value_len});
    return 0;
}

static int on_frame(nghttp2_session *ng, const nghttp2_frame *frame, void *user)
{
    struct h2_session *session = user;
    bool end = frame->hd.flags & NGHTTP2_FLAG_END_STREAM;
    struct h2_stream *stream = stream_of(ng, frame->hd.stream_id);

    if (frame->hd.type == NGHTTP2_GOAWAY && session->side->goaway)
        session->side->goaway(session);
    if (stream && frame->hd.type == NGHTTP2_HEADERS)
        session->side->headers_end(stream, end);
    stream = stream_of(ng, frame->hd.stream_id);
    if (stream && end && (frame->hd.type == NGHTTP2_HEADERS || frame->hd.type == NGHTTP2_DATA)) {
        stream->ended = true;
        session->side->end_stream(stream);
    }
    return 0;
}

/* The whole answer is out while the request goes on: the peer is told to stop. RFC 9113, 8.1. */
static int on_frame_sent(nghttp2_session *ng, const nghttp2_frame *frame, void *user)
{
    struct h2_session *session = user;
    struct h2_stream *stream = stream_of(ng, frame->hd.stream_id);
    bool last = frame->hd.flags & NGHTTP2_FLAG_END_STREAM &&
                (frame->hd.type == NGHTTP2_HEADERS || frame->hd.type == NGHTTP2_DATA);

    if (session->side->begin && stream && last && !stream->ended)
        nghttp2_submit_rst_stream(ng, NGHTTP2_FLAG_NONE, frame->hd.stream_id, NGHTTP2_NO_ERROR);
    return 0;
}

static int on_stream_close(nghttp2_session *ng, int32_t id, uint32_t error_code, void *user)
{
    struct h2_session *session = user;
    struct h2_stream *stream = stream_of(ng, id);

    if (!stream)
        return 0;
    nghttp2_session_set_stream_user_data(ng, id, NULL);
    session->side->closed(stream, error_code);
    return 0;
}

/* ---- the connection ---- */

static void on_read(struct sn_conn *conn, const uint8_t *bytes, size_t len)
{
    struct h2_session *session = conn->owner;

    if (session->closing)
        return;
    session->feeding = true;
    ssize_t taken = nghttp2_session_mem_recv(session->ng, bytes, len);
    session->feeding = false;
    if (taken == NGHTTP2_ERR_BAD_CLIENT_MAGIC || taken < 0)
        h2_session_close(session);
    else
        write_out(session);
}

static void on_end(struct sn_conn *conn)
{
    h2_session_close(conn->owner);
}

static void on_drain(struct sn_conn *conn)
{
    write_out(conn->owner);
}

static void on_close(struct sn_conn *conn, int code)
{
    struct h2_session *session = conn->owner;

    session->closing = true;
    /* Callbacks below may still want to write. */
    session->feeding = true;
    while (!sn_list_empty(&session->streams)) {
        struct h2_stream *stream = sn_container_of(session->streams.next, struct h2_stream, link);

        if (stream->id > 0)
            nghttp2_session_set_stream_user_data(session->ng, stream->id, NULL);
        session->side->closed(stream, NGHTTP2_CANCEL);
    }
    nghttp2_session_del(session->ng);
    session->conn = NULL;
    if (!session->flush_wanted)
        session->side->gone(session, code);
}

static const struct sn_conn_events conn_events = {on_read, on_end, on_drain, on_close};

void h2_session_close(struct h2_session *session)
{
    if (session->closing)
        return;
    session->closing = true;
    /* What is ready still goes: a GOAWAY tells the peer why. */
    pull_frames(session);
    sn_conn_close(session->conn, true);
}

static nghttp2_session_callbacks *callbacks(void)
{
    static nghttp2_session_callbacks *made;

    if (made || nghttp2_session_callbacks_new(&made))
        return made;
    nghttp2_session_callbacks_set_send_data_callback(made, on_send_data);
    nghttp2_session_callbacks_set_on_begin_frame_callback(made, on_begin_frame);
    nghttp2_session_callbacks_set_on_begin_headers_callback(made, on_begin_headers);
    nghttp2_session_callbacks_set_on_header_callback(made, on_header);
    nghttp2_session_callbacks_set_on_frame_recv_callback(made, on_frame);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(made, on_data);
    nghttp2_session_callbacks_set_on_frame_send_callback(made, on_frame_sent);
    nghttp2_session_callbacks_set_on_stream_close_callback(made, on_stream_close);
    return made;
}

static int create_ng(struct h2_session *session, bool server)
{
    nghttp2_option *option;
    int status;

    if (nghttp2_option_new(&option))
        return SN_ERR_RESOURCE_EXHAUSTED;
    nghttp2_option_set_no_auto_window_update(option, 1);
    nghttp2_option_set_no_closed_streams(option, 1);
    nghttp2_option_set_max_outbound_ack(option, 100);
    nghttp2_option_set_max_settings(option, 32);
    if (server)
        status = nghttp2_session_server_new3(&session->ng, callbacks(), session, option, h2_mem());
    else
        status = nghttp2_session_client_new3(&session->ng, callbacks(), session, option, h2_mem());
    nghttp2_option_del(option);
    return status ? SN_ERR_RESOURCE_EXHAUSTED : 0;
}

static int submit_settings(struct h2_session *session)
{
    const nghttp2_settings_entry settings[] = {
        {NGHTTP2_SETTINGS_ENABLE_PUSH, 0},
        {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, H2_STREAMS_MAX},
        {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, H2_WINDOW},
        {NGHTTP2_SETTINGS_MAX_FRAME_SIZE, H2_FRAME_MAX},
        {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, H2_HEADERS_MAX},
    };
    size_t skip = session->side->begin ? 1 : 0; /* push is a client's to refuse */

    if (nghttp2_submit_settings(session->ng, NGHTTP2_FLAG_NONE, settings + skip,
                                sizeof(settings) / sizeof(settings[0]) - skip) ||
        nghttp2_session_set_local_window_size(session->ng, NGHTTP2_FLAG_NONE, 0, H2_WINDOW))
        return SN_ERR_RESOURCE_EXHAUSTED;
    return 0;
}

int h2_session_init(struct h2_session *session, bool server, const struct h2_side *side,
                    struct sn_loop *loop, struct sn_conn *conn)
{
    session->side = side;
    session->loop = loop;
    session->conn = conn;
    sn_list_init(&session->streams);
    conn->events = &conn_events;
    conn->owner = session;
    if (!create_ng(session, server) && !submit_settings(session)) {
        h2_session_wake(session);
        return 0;
    }
    session->closing = true;
    sn_conn_close(conn, false);
    return SN_ERR_RESOURCE_EXHAUSTED;
}
