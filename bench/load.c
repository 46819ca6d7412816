/* SPDX-License-Identifier: Apache-2.0
 *
 * Over HTTP/2: one thread, epoll and nghttp2; nothing of Sinew's own, so that it treats every
 * server alike.
 */
#include "load.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { BUFFER = 64 << 10, EVENTS = 64, DRAIN_MS = 5000, ONCE_MAX = 20 };

/* What gRPC's clients arrive at when answers are large. */
enum { WINDOW = 16 << 20 };

struct load_conn {
    struct load *load;
    int fd; /* -1: lost */
    nghttp2_session *session;
    struct load_stream *streams;
    unsigned running;
    uint8_t *out; /* BUFFER bytes; out_sent..out_len wait for the socket */
    size_t out_len, out_sent;
};

uint64_t load_now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

void load_keep_sample(struct load *load, uint64_t ns)
{
    if (load->done == load->samples_room) {
        load->samples_room = load->samples_room ? 2 * load->samples_room : 65536;
        load->samples = realloc(load->samples, load->samples_room * sizeof(*load->samples));
        if (!load->samples)
            load_die("no memory for the samples");
    }
    load->samples[load->done++] = ns > UINT32_MAX ? UINT32_MAX : (uint32_t)ns;
}

void load_keep_error(struct load *load, const char *text)
{
    if (load->errors++ == 0)
        snprintf(load->first_error, sizeof(load->first_error), "%s", text);
}

/* ---- calls ---- */

bool load_wants_more(const struct load *load)
{
    if (load->stopping || load->options.once)
        return false;
    return load->options.calls == 0 || load->started < load->options.calls;
}

static ssize_t read_body(nghttp2_session *session, int32_t id, uint8_t *out, size_t room,
                         uint32_t *flags, nghttp2_data_source *source, void *user)
{
    struct load_stream *stream = source->ptr;
    const struct load *load = stream->conn->load;
    size_t left = load->body_len - stream->sent, len = left < room ? left : room;

    (void)session, (void)id, (void)user;
    memcpy(out, load->body + stream->sent, len);
    stream->sent += len;
    if (stream->sent == load->body_len)
        *flags |= NGHTTP2_DATA_FLAG_EOF;
    return (ssize_t)len;
}

static void start_call(struct load_stream *stream)
{
    struct load_conn *conn = stream->conn;
    struct load *load = conn->load;
    nghttp2_data_provider body = {.source.ptr = stream, .read_callback = read_body};

    *stream = (struct load_stream){.conn = conn, .status = -1, .start_ns = load_now_ns()};
    int32_t id =
        nghttp2_submit_request(conn->session, NULL, load->headers, LOAD_HEADERS, &body, stream);
    if (id < 0)
        load_die("submit: %s", nghttp2_strerror(id));
    load->started++;
    load->running++;
    conn->running++;
}

static int on_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name,
                     size_t name_len, const uint8_t *value, size_t value_len, uint8_t flags,
                     void *user)
{
    struct load_stream *stream = nghttp2_session_get_stream_user_data(session, frame->hd.stream_id);

    (void)flags, (void)user, (void)value_len; /* nghttp2 puts a NUL behind values */
    if (!stream)
        return 0;
    if (name_len == 11 && memcmp(name, "grpc-status", 11) == 0)
        stream->status = atoi((const char *)value);
    if (name_len == 12 && memcmp(name, "grpc-message", 12) == 0)
        snprintf(stream->text, sizeof(stream->text), "%s", (const char *)value);
    return 0;
}

static int on_stream_close(nghttp2_session *session, int32_t id, uint32_t code, void *user)
{
    struct load_conn *conn = user;
    struct load *load = conn->load;
    struct load_stream *stream = nghttp2_session_get_stream_user_data(session, id);

    if (!stream)
        return 0;
    if (load->options.page)
        stream->status = code ? -1 : 0;
    conn->running--;
    load->running--;
    if (stream->status == 0)
        load_keep_sample(load, load_now_ns() - stream->start_ns);
    else
        load_keep_error(load,
                        stream->status < 0 ? "a stream ended without a status" : stream->text);
    if (load_wants_more(load))
        start_call(stream);
    return 0;
}

/* ---- connections ---- */

static void close_conn(struct load_conn *conn)
{
    if (conn->fd < 0)
        return;
    close(conn->fd);
    nghttp2_session_del(conn->session);
    free(conn->out);
    free(conn->streams);
    conn->fd = -1;
}

static void lose(struct load_conn *conn, const char *why)
{
    struct load *load = conn->load;

    load->lost++;
    for (; conn->running; conn->running--, load->running--)
        load_keep_error(load, why);
    close_conn(conn);
}

/* Fills `out` with what the session has to send. */
static void gather(struct load_conn *conn)
{
    const uint8_t *bytes;
    ssize_t len;

    /* A frame is at most 16 KiB and its header. */
    while (BUFFER - conn->out_len > (16 << 10) + 9) {
        len = nghttp2_session_mem_send(conn->session, &bytes);
        if (len < 0)
            load_die("send: %s", nghttp2_strerror((int)len));
        if (len == 0)
            break;
        memcpy(conn->out + conn->out_len, bytes, (size_t)len);
        conn->out_len += (size_t)len;
    }
}

static void flush(struct load_conn *conn)
{
    for (;;) {
        if (conn->out_sent == conn->out_len) {
            conn->out_sent = conn->out_len = 0;
            gather(conn);
            if (conn->out_len == 0)
                return;
        }
        ssize_t sent = send(conn->fd, conn->out + conn->out_sent, conn->out_len - conn->out_sent,
                            MSG_NOSIGNAL);
        if (sent < 0) {
            if (errno != EAGAIN)
                lose(conn, strerror(errno));
            return;
        }
        conn->out_sent += (size_t)sent;
    }
}

/* Whether there may be more to read: a short read has emptied the socket (epoll(7)). */
static bool receive(struct load_conn *conn)
{
    static uint8_t buffer[BUFFER];
    ssize_t len = recv(conn->fd, buffer, sizeof(buffer), 0);

    if (len < 0 && errno == EAGAIN)
        return false;
    if (len <= 0) {
        lose(conn, len == 0 ? "the server closed the connection" : strerror(errno));
        return false;
    }
    ssize_t used = nghttp2_session_mem_recv(conn->session, buffer, (size_t)len);
    if (used >= 0 && nghttp2_session_want_read(conn->session))
        return len == sizeof(buffer);
    lose(conn, used < 0 ? nghttp2_strerror((int)used) : "the server sent GOAWAY");
    return false;
}

static nghttp2_session *new_session(struct load_conn *conn)
{
    nghttp2_session_callbacks *callbacks;
    nghttp2_session *session;
    nghttp2_settings_entry settings[] = {{NGHTTP2_SETTINGS_ENABLE_PUSH, 0},
                                         {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, WINDOW}};

    nghttp2_session_callbacks_new(&callbacks);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_stream_close);
    if (nghttp2_session_client_new(&session, callbacks, conn) ||
        nghttp2_submit_settings(session, NGHTTP2_FLAG_NONE, settings, 2) ||
        nghttp2_session_set_local_window_size(session, NGHTTP2_FLAG_NONE, 0, WINDOW))
        load_die("no memory for a session");
    nghttp2_session_callbacks_del(callbacks);
    return session;
}

static int connect_to(const struct load_options *options)
{
    const struct sockaddr *address = &options->address.any;
    bool is_unix = address->sa_family == AF_UNIX;
    socklen_t size = is_unix ? sizeof(options->address.un) : sizeof(options->address.in);
    int on = 1, fd = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0)
        load_die("socket: %s", strerror(errno));
    if (connect(fd, address, size)) {
        close(fd);
        return -1;
    }
    if (!is_unix)
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    fcntl(fd, F_SETFL, O_NONBLOCK);
    return fd;
}

static bool open_conn(struct load *load, struct load_conn *conn)
{
    struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLET, .data.ptr = conn};

    *conn = (struct load_conn){.load = load, .fd = connect_to(&load->options)};
    if (conn->fd < 0)
        return false;
    conn->session = new_session(conn);
    conn->out = malloc(BUFFER);
    conn->streams = calloc(load->options.streams, sizeof(*conn->streams));
    if (!conn->out || !conn->streams)
        load_die("no memory for a connection");
    if (epoll_ctl(load->epoll, EPOLL_CTL_ADD, conn->fd, &event))
        load_die("epoll: %s", strerror(errno));
    return true;
}

/* ---- the whole ---- */

static nghttp2_nv header(const char *name, const char *value)
{
    return (nghttp2_nv){(uint8_t *)(uintptr_t)name, (uint8_t *)(uintptr_t)value, strlen(name),
                        strlen(value), NGHTTP2_NV_FLAG_NO_COPY_NAME};
}

void load_init(struct load *load)
{
    const struct load_options *options = &load->options;
    uint32_t len = htonl((uint32_t)options->message_len);

    memcpy(load->body + 1, &len, 4);
    memcpy(load->body + 5, options->message, options->message_len);
    load->body_len = 5 + options->message_len;
    load->headers[0] = header(":method", "POST");
    load->headers[1] = header(":scheme", "http");
    load->headers[2] = header(":path", options->path);
    load->headers[3] = header(":authority", options->authority);
    load->headers[4] = header("te", "trailers");
    load->headers[5] = header("content-type", "application/grpc");
    load->headers[6] = header("user-agent", "sinew-bench");
}

bool load_open(struct load *load)
{
    load->epoll = epoll_create1(EPOLL_CLOEXEC);
    load->conns = calloc(load->options.connections, sizeof(*load->conns));
    if (load->epoll < 0 || !load->conns)
        load_die("no memory for connections");
    for (unsigned i = 0; i < load->options.connections; i++) {
        if (open_conn(load, &load->conns[i]))
            continue;
        if (i > 0)
            load_die("connection %u refused: %s", i, strerror(errno));
        load->options.connections = 0;
        return false;
    }
    return true;
}

static void handle_events(struct load *load, int timeout_ms)
{
    struct epoll_event events[EVENTS];
    int count = epoll_wait(load->epoll, events, EVENTS, timeout_ms);

    for (int i = 0; i < count; i++) {
        struct load_conn *conn = events[i].data.ptr;
        while (conn->fd >= 0 && receive(conn))
            ;
        if (conn->fd >= 0)
            flush(conn);
    }
}

static void start_calls(struct load *load)
{
    for (unsigned i = 0; i < load->options.connections; i++) {
        struct load_conn *conn = &load->conns[i];
        /* Servers limit the calls in flight; a call each need not be at the same time. */
        while (load->options.once && load->running >= ONCE_MAX)
            handle_events(load, 10);
        for (unsigned j = 0; j < load->options.streams; j++) {
            conn->streams[j].conn = conn;
            if (load->options.once || load_wants_more(load))
                start_call(&conn->streams[j]);
        }
        flush(conn);
    }
}

void load_run(struct load *load)
{
    uint64_t start = load_now_ns(), end = start + (uint64_t)(load->options.seconds * 1e9);
    uint64_t give_up = end + DRAIN_MS * 1000000ULL;

    start_calls(load);
    while (load->running && load_now_ns() < give_up) {
        if (load_now_ns() >= end)
            load->stopping = true;
        handle_events(load, 10);
    }
    load->elapsed = (double)(load_now_ns() - start) / 1e9;
    if (load->running)
        load_keep_error(load, "calls left without an answer");
}

void load_close(struct load *load)
{
    for (unsigned i = 0; i < load->options.connections; i++)
        close_conn(&load->conns[i]);
    close(load->epoll);
    free(load->conns);
    free(load->samples);
}
