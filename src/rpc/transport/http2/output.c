/* SPDX-License-Identifier: Apache-2.0
 *
 * The writing half of a connection. Whatever the callbacks of one turn of the loop queued leaves in
 * as few writes as possible: small pieces are copied together, large ones written from where they
 * lie. A message is freed when the write that has its last bytes is done. Loop thread.
 */
#include "rpc/transport/http2/session.h"

#include <stdlib.h>

enum {
    COPIED_SIZE = 64 << 10,
    COPY_BELOW = 1 << 10, /* bytes that are cheaper to copy than to point to */
    FRAME_HEAD = 9,
};

/* ---- one write ---- */

static void free_spent(struct h2_memory *memory)
{
    while (memory->spent) {
        struct sn_message *message = memory->spent;

        memory->spent = message->next;
        sn_message_free(message);
    }
}

static int write_parts(struct h2_session *session)
{
    struct h2_memory *memory = session->memory;
    size_t count = memory->part_count;

    memory->part_count = memory->copied_len = 0;
    int code = count ? sn_conn_write(session->conn, memory->parts, count) : 0;
    free_spent(memory);
    return code;
}

static void add_part(struct h2_memory *memory, const void *bytes, size_t len)
{
    struct sn_str *last = memory->part_count ? &memory->parts[memory->part_count - 1] : NULL;

    if (last && last->ptr + last->len == (const char *)bytes) {
        last->len += len;
        return;
    }
    memory->parts[memory->part_count++] = (struct sn_str){bytes, len};
}

/* The bytes may go when this returns. */
static int add_copy(struct h2_session *session, const void *bytes, size_t len)
{
    struct h2_memory *memory = session->memory;

    while (len) {
        int code = 0;

        if (memory->copied_len == COPIED_SIZE || memory->part_count == H2_PARTS)
            code = write_parts(session);
        size_t room = COPIED_SIZE - memory->copied_len;
        size_t part = len < room ? len : room;
        uint8_t *to = memory->copied + memory->copied_len;
        memcpy(to, bytes, part);
        memory->copied_len += part;
        add_part(memory, to, part);
        if (code)
            return code;
        bytes = (const uint8_t *)bytes + part;
        len -= part;
    }
    return 0;
}

/* The bytes stay until the write is done. */
static int add_bytes(struct h2_session *session, const void *bytes, size_t len)
{
    if (len < COPY_BELOW)
        return add_copy(session, bytes, len);
    int code = session->memory->part_count == H2_PARTS ? write_parts(session) : 0;
    add_part(session->memory, bytes, len);
    return code;
}

/* ---- a stream's messages ---- */

static void drop_first(struct h2_stream *stream)
{
    struct h2_outbox *out = &stream->out;
    struct sn_message *message = out->first;
    struct h2_memory *memory = stream->session ? stream->session->memory : NULL;

    out->first = message->next;
    out->offset = 0;
    if (memory && memory->part_count) { /* one of the parts may lie in it */
        message->next = memory->spent;
        memory->spent = message;
    } else {
        sn_message_free(message);
    }
}

void h2_outbox_clear(struct h2_stream *stream)
{
    while (stream->out.first)
        drop_first(stream);
    if (stream->session)
        stream->session->unsent -= stream->out.queued;
    stream->out.queued = 0;
}

int h2_on_send_data(nghttp2_session *ng, nghttp2_frame *frame, const uint8_t *head, size_t length,
                    nghttp2_data_source *source, void *user)
{
    struct h2_session *session = user;
    struct h2_stream *stream = source->ptr;
    struct h2_outbox *out = &stream->out;

    if (sn_conn_queued(session->conn)) /* mem_send() alone would empty the whole window */
        return NGHTTP2_ERR_WOULDBLOCK;
    if (add_copy(session, head, FRAME_HEAD))
        return NGHTTP2_ERR_CALLBACK_FAILURE;
    while (length) {
        size_t rest = out->first->len - out->offset;
        size_t part = rest < length ? rest : length;

        if (add_bytes(session, out->first->data + out->offset, part))
            return NGHTTP2_ERR_CALLBACK_FAILURE;
        out->offset += part;
        out->queued -= part;
        session->unsent -= part;
        length -= part;
        if (part == rest)
            drop_first(stream);
    }
    return 0;
}

static ssize_t on_data_source(nghttp2_session *ng, int32_t id, uint8_t *buffer, size_t length,
                              uint32_t *flags, nghttp2_data_source *source, void *user)
{
    struct h2_outbox *out = &((struct h2_stream *)source->ptr)->out;
    size_t size = out->queued < length ? out->queued : length;

    if (size == 0 && !out->closed) {
        out->deferred = true;
        return NGHTTP2_ERR_DEFERRED;
    }
    *flags |= NGHTTP2_DATA_FLAG_NO_COPY;
    if (out->closed && size == out->queued) {
        *flags |= NGHTTP2_DATA_FLAG_EOF;
        if (out->trailers) {
            *flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
            if (nghttp2_submit_trailer(ng, id, out->trailers, out->trailer_count))
                return NGHTTP2_ERR_CALLBACK_FAILURE;
        }
    }
    return (ssize_t)size;
}

nghttp2_data_provider h2_stream_provider(struct h2_stream *stream)
{
    return (nghttp2_data_provider){.source.ptr = stream, .read_callback = on_data_source};
}

static void resume(struct h2_stream *stream)
{
    struct h2_session *session = stream->session;

    if (!session) /* not begun */
        return;
    session->some_full |= stream->out.was_full;
    if (stream->out.deferred) {
        stream->out.deferred = false;
        nghttp2_session_resume_data(session->ng, stream->id);
    }
    h2_session_wake(session);
}

static void link_last(struct h2_outbox *out, struct sn_message *message)
{
    message->next = NULL;
    if (out->first)
        out->last->next = message;
    else
        out->first = message;
    out->last = message;
}

/* A message that gathers small ones: its bytes lie where its arena's free room begins. */
static bool has_room(const struct sn_message *message, size_t len)
{
    const char *end = (const char *)message->data + message->len;

    return message->arena.cur == (const char *)message->data &&
           (size_t)(message->arena.end - end) >= len;
}

static struct sn_message *create_gathering(struct h2_outbox *out, struct sn_block_pool *blocks)
{
    struct sn_message *message = sn_message_create(blocks);

    if (!message)
        return NULL;
    message->data = (uint8_t *)message->arena.cur;
    link_last(out, message);
    return message;
}

/* Puts a small message behind others into a block they share: its own holds a hundred times its
 * bytes, which would count when a slow reader lets them pile up. */
static bool gather(struct h2_outbox *out, struct sn_message *message)
{
    struct sn_message *last = out->last;

    if (!out->first || message->len >= COPY_BELOW)
        return false;
    if (!has_room(last, message->len))
        last = create_gathering(out, message->arena.pool);
    if (!last)
        return false;
    memcpy(last->data + last->len, message->data, message->len);
    last->len += message->len;
    sn_message_free(message);
    return true;
}

void h2_stream_message(struct h2_stream *stream, struct sn_message *take_message)
{
    sn_message_add_prefix(take_message);
    h2_stream_bytes(stream, take_message);
}

static bool is_overfull(const struct h2_session *session)
{
    return session && session->unsent > session->limits->unsent_bytes;
}

void h2_stream_bytes(struct h2_stream *stream, struct sn_message *take_bytes)
{
    struct h2_outbox *out = &stream->out;

    out->queued += take_bytes->len;
    if (stream->session)
        stream->session->unsent += take_bytes->len;
    if (!gather(out, take_bytes))
        link_last(out, take_bytes);
    /* Also where the connection as a whole is: who waits for room is told of it. */
    if (out->queued > H2_LOW_WATER || is_overfull(stream->session))
        out->was_full = true;
    resume(stream);
}

size_t h2_stream_queued(const struct h2_stream *stream)
{
    return is_overfull(stream->session) ? SIZE_MAX : stream->out.queued;
}

void h2_stream_end(struct h2_stream *stream, const nghttp2_nv *trailers, size_t trailer_count)
{
    stream->out.closed = true;
    stream->out.trailers = trailers;
    stream->out.trailer_count = trailer_count;
    resume(stream);
}

/* ---- headers ---- */

int h2_add_metadata(nghttp2_nv *nv, size_t *count, const struct sn_metadata *metadata,
                    struct sn_arena *arena)
{
    for (uint32_t i = 0; i < metadata->count; i++) {
        struct sn_metadata_entry header;
        int made = sn_header_make(&metadata->v[i], arena, &header);

        if (made < 0)
            return made;
        if (made)
            nv[(*count)++] = h2_nv(header.key, header.value);
    }
    return 0;
}

/* ---- all of a connection ---- */

bool h2_output_pull(struct h2_session *session)
{
    struct h2_memory *memory = session->memory;
    const uint8_t *bytes;
    ssize_t len = 1;
    bool ok = true;

    if (!memory->copied)
        memory->copied = malloc(COPIED_SIZE);
    ok = memory->copied != NULL;
    /* What the system doesn't take waits at its own cost: no more than one write does. */
    while (ok && len > 0 && sn_conn_queued(session->conn) == 0) {
        len = nghttp2_session_mem_send(session->ng, &bytes);
        ok = len >= 0 && add_copy(session, bytes, (size_t)len) == 0;
    }
    return write_parts(session) == 0 && ok;
}

void h2_output_tell_writable(struct h2_session *session)
{
    struct sn_list *node, *next;

    if (!session->some_full)
        return;
    session->some_full = false;
    sn_list_for_each_safe (node, next, &session->streams) {
        struct h2_stream *stream = sn_container_of(node, struct h2_stream, link);

        if (stream->out.was_full && stream->out.queued > H2_LOW_WATER) {
            session->some_full = true;
        } else if (stream->out.was_full) {
            stream->out.was_full = false;
            session->side->writable(stream);
        }
    }
}
