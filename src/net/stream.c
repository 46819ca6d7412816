/* SPDX-License-Identifier: Apache-2.0
 *
 * Connections on libuv streams. What the socket doesn't take at once is copied and waits in libuv's
 * queue, one piece per write.
 */
#include "net/stream.h"
#include "net/address.h"
#include "sinew/list.h"

#include <assert.h>
#include <stdlib.h>

/* LINGERING: the owner is through, the rest goes out. CLOSING: only on_close is left. */
enum stream_state { STREAM_OPEN, STREAM_LINGERING, STREAM_CLOSING };

/* Parts given to one system call. */
enum { PARTS_MAX = 64 };

/* Bytes a UNIX socket may hold: a picture. */
enum { UNIX_BUFFER = 1 << 20 };

/* How long a lingering connection may stand still: it must be seen so as often, lest a program that
 * had no processor meanwhile takes itself for its peer. */
static const uint64_t linger_ns = SN_MS(250);
enum { LINGER_LOOKS = 4 };

struct pending {
    uv_write_t uv;
    size_t len;
    char bytes[];
};

static struct sn_stream *stream_of(struct sn_conn *conn)
{
    return (struct sn_stream *)conn;
}

static struct sn_stream *entered(uv_stream_t *uv)
{
    struct sn_stream *stream = uv->data;

    sn_loop_enter(stream->loop);
    return stream;
}

/* ---- the end ---- */

static void on_closed(uv_handle_t *handle)
{
    struct sn_stream *stream = handle->data;

    sn_loop_enter(stream->loop);
    if (stream->conn.events)
        stream->conn.events->on_close(&stream->conn, stream->code);
    if (stream->conn.released)
        stream->conn.released(&stream->conn);
    free(stream);
}

static void close_now(struct sn_stream *stream, int code)
{
    if (stream->state == STREAM_CLOSING)
        return;
    stream->state = STREAM_CLOSING;
    stream->code = code;
    sn_timer_stop(sn_loop_timers(stream->loop), &stream->linger);
    uv_close(&stream->uv.handle, on_closed);
}

/* `code` is libuv's. */
static void break_off(struct sn_stream *stream, int code)
{
    if (stream->state == STREAM_OPEN)
        stream->conn.cause = uv_strerror(code);
    close_now(stream, stream->state == STREAM_OPEN ? SN_ERR_UNAVAILABLE : 0);
}

static void restart_linger(struct sn_stream *stream);

/* One large write tells of its end only: whether it moves is seen by what is left of it. */
static void on_linger(struct sn_timer *timer)
{
    struct sn_stream *stream = sn_container_of(timer, struct sn_stream, linger);

    if (uv_stream_get_write_queue_size(&stream->uv.stream) < stream->linger_left)
        restart_linger(stream);
    else if (++stream->linger_looks < LINGER_LOOKS)
        sn_timer_start(sn_loop_timers(stream->loop), timer, linger_ns, on_linger);
    else
        close_now(stream, 0);
}

static void restart_linger(struct sn_stream *stream)
{
    stream->linger_left = uv_stream_get_write_queue_size(&stream->uv.stream);
    stream->linger_looks = 0;
    sn_timer_start(sn_loop_timers(stream->loop), &stream->linger, linger_ns, on_linger);
}

static void on_shutdown(uv_shutdown_t *uv, int code)
{
    struct sn_stream *stream = entered(uv->handle);

    if (stream->state == STREAM_LINGERING && (code || stream->ended))
        close_now(stream, 0);
}

static void shut_writing(struct sn_stream *stream)
{
    if (uv_shutdown(&stream->shutdown, &stream->uv.stream, on_shutdown))
        close_now(stream, 0);
}

static void stream_close(struct sn_conn *conn, bool linger)
{
    struct sn_stream *stream = stream_of(conn);

    if (!linger) {
        close_now(stream, 0);
        return;
    }
    if (stream->state != STREAM_OPEN)
        return;
    stream->state = STREAM_LINGERING;
    restart_linger(stream);
    if (stream->read_off)
        conn->ops->read(conn, true); /* to see the peer's end */
    if (!stream->queued)
        shut_writing(stream);
}

/* ---- reading ---- */

static void on_alloc(uv_handle_t *handle, size_t wanted, uv_buf_t *ret_buffer)
{
    struct sn_stream *stream = handle->data;

    *ret_buffer = uv_buf_init((char *)sn_loop_read_buffer(stream->loop), SN_LOOP_READ_SIZE);
}

static void on_read(uv_stream_t *uv, ssize_t len, const uv_buf_t *buffer)
{
    struct sn_stream *stream = entered(uv);
    struct sn_conn *conn = &stream->conn;
    bool open = stream->state == STREAM_OPEN;

    if (len > 0) {
        conn->bytes_in += (uint64_t)len;
        if (open)
            conn->events->on_read(conn, (const uint8_t *)buffer->base, (size_t)len);
    } else if (len == UV_EOF) {
        stream->ended = true;
        if (open)
            conn->events->on_end(conn);
        else if (!stream->queued)
            close_now(stream, 0);
    } else if (len < 0) {
        break_off(stream, (int)len);
    }
}

static void stream_read(struct sn_conn *conn, bool on)
{
    struct sn_stream *stream = stream_of(conn);

    stream->read_off = !on;
    if (!stream->started || stream->state == STREAM_CLOSING || stream->ended)
        return;
    if (on)
        uv_read_start(&stream->uv.stream, on_alloc, on_read);
    else
        uv_read_stop(&stream->uv.stream);
}

/* ---- writing ---- */

static void on_written(uv_write_t *uv, int code)
{
    struct sn_stream *stream = entered(uv->handle);
    struct pending *pending = sn_container_of(uv, struct pending, uv);

    stream->queued -= pending->len;
    free(pending);
    if (stream->state == STREAM_CLOSING)
        return;
    if (code) {
        break_off(stream, code);
    } else if (stream->state == STREAM_LINGERING) {
        restart_linger(stream);
        if (!stream->queued)
            shut_writing(stream);
    } else if (!stream->queued) {
        stream->conn.events->on_drain(&stream->conn);
    }
}

/* Bytes the socket took at once, or libuv's error. */
static ssize_t write_some(struct sn_stream *stream, const struct sn_str *parts, size_t count)
{
    uv_buf_t buffers[PARTS_MAX];
    ssize_t taken = 0;

    while (count) {
        unsigned int n = count < PARTS_MAX ? (unsigned int)count : PARTS_MAX;
        ssize_t offered = 0;

        for (unsigned int i = 0; i < n; i++) {
            buffers[i].base = (char *)(uintptr_t)parts[i].ptr;
            buffers[i].len = parts[i].len;
            offered += (ssize_t)parts[i].len;
        }
        ssize_t written = uv_try_write(&stream->uv.stream, buffers, n);
        if (written == UV_EAGAIN)
            break;
        if (written < 0)
            return written;
        taken += written;
        if (written < offered)
            break;
        parts += n;
        count -= n;
    }
    return taken;
}

/* Copies all but the first `skip` bytes of the parts and has libuv write them. */
static int write_later(struct sn_stream *stream, const struct sn_str *parts, size_t count,
                       size_t skip, size_t len)
{
    struct pending *pending = malloc(sizeof(*pending) + len);
    char *to = pending ? pending->bytes : NULL;

    if (!pending)
        return UV_ENOMEM;
    pending->len = len;
    for (size_t i = 0; i < count; i++) {
        size_t gone = skip < parts[i].len ? skip : parts[i].len;
        size_t rest = parts[i].len - gone;

        if (rest)
            memcpy(to, parts[i].ptr + gone, rest);
        to += rest;
        skip -= gone;
    }
    uv_buf_t buffer = {pending->bytes, len};
    int code = uv_write(&pending->uv, &stream->uv.stream, &buffer, 1, on_written);
    if (code)
        free(pending);
    else
        stream->queued += len;
    return code;
}

static int stream_write(struct sn_conn *conn, const struct sn_str *parts, size_t count)
{
    struct sn_stream *stream = stream_of(conn);
    size_t total = 0;

    if (stream->state != STREAM_OPEN)
        return SN_ERR_UNAVAILABLE;
    for (size_t i = 0; i < count; i++) {
        if (parts[i].len > SN_CONN_QUEUE_MAX - stream->queued - total)
            return SN_ERR_RESOURCE_EXHAUSTED;
        total += parts[i].len;
    }
    ssize_t taken = stream->queued ? 0 : write_some(stream, parts, count);
    int code = taken < 0 ? (int)taken : 0;
    if (!code && (size_t)taken < total)
        code = write_later(stream, parts, count, (size_t)taken, total - (size_t)taken);
    if (code) {
        break_off(stream, code);
        return SN_ERR_UNAVAILABLE;
    }
    conn->bytes_out += total;
    return 0;
}

static size_t stream_queued(const struct sn_conn *conn)
{
    /* What is left of a large write, too; `queued` counts it until all is gone. */
    return uv_stream_get_write_queue_size(&((const struct sn_stream *)conn)->uv.stream);
}

/* ---- making ---- */

static const struct sn_conn_ops stream_ops = {
    .write = stream_write,
    .queued = stream_queued,
    .read = stream_read,
    .close = stream_close,
};

struct sn_stream *sn_stream_create(struct sn_loop *loop, bool is_unix)
{
    struct sn_stream *stream = calloc(1, sizeof(*stream));
    uv_loop_t *uv = sn_loop_backend(loop);

    if (!stream)
        return NULL;
    stream->conn.ops = &stream_ops;
    stream->loop = loop;
    if (is_unix)
        uv_pipe_init(uv, &stream->uv.pipe, 0);
    else
        uv_tcp_init(uv, &stream->uv.tcp); /* fails only with flags */
    stream->uv.handle.data = stream;
    return stream;
}

void sn_stream_discard(struct sn_stream *stream)
{
    stream->conn.events = NULL;
    close_now(stream, 0);
}

void sn_stream_name(struct sn_stream *stream)
{
    struct sockaddr_storage socket = {0};
    int len = sizeof(socket);

    if (stream->uv.handle.type == UV_TCP)
        uv_tcp_getpeername(&stream->uv.tcp, (struct sockaddr *)&socket, &len);
    sn_address_format((struct sockaddr *)&socket, stream->conn.peer, sizeof(stream->conn.peer));
    len = sizeof(socket);
    if (stream->uv.handle.type == UV_TCP)
        uv_tcp_getsockname(&stream->uv.tcp, (struct sockaddr *)&socket, &len);
    sn_address_format((struct sockaddr *)&socket, stream->conn.local, sizeof(stream->conn.local));
}

/* A UNIX socket's buffer stays as small as it begins, and each time it is full the other process
 * has to run: a picture is that often. TCP's grows by itself. The system gives what it may. */
static void enlarge_buffer(struct sn_stream *stream)
{
    int size = UNIX_BUFFER;

    if (stream->uv.handle.type == UV_NAMED_PIPE)
        uv_send_buffer_size(&stream->uv.handle, &size);
}

void sn_stream_start(struct sn_stream *stream)
{
    assert(stream->conn.events || stream->state == STREAM_CLOSING);
    enlarge_buffer(stream);
    stream->started = true;
    if (!stream->read_off)
        stream_read(&stream->conn, true);
}
