/* SPDX-License-Identifier: Apache-2.0
 *
 * The least that a gRPC answer can cost on this machine with the libraries that the server uses:
 * libuv and nghttp2, and the same bytes for every request. A yardstick: bench-bare PORT
 */
#include <nghttp2/nghttp2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

enum { BUFFER = 64 << 10 };

/* A message with readings {a: 1, b: 2, c: 3}, as long as the server's. */
static const uint8_t message[] = "\0\0\0\0\x30"
                                 "\x0a\x0e\x0a\1a\x12\x09\x11\0\0\0\0\0\0\xf0\x3f"
                                 "\x0a\x0e\x0a\1b\x12\x09\x11\0\0\0\0\0\0\0\x40"
                                 "\x0a\x0e\x0a\1c\x12\x09\x11\0\0\0\0\0\0\x08\x40";

struct conn {
    uv_tcp_t tcp;
    nghttp2_session *session;
    uint8_t in[BUFFER];
};

struct out {
    uv_write_t request;
    uint8_t bytes[BUFFER];
};

#define NV(name, value)                                                                     \
    {                                                                                       \
        (uint8_t *)(uintptr_t)(name), (uint8_t *)(uintptr_t)(value), sizeof(name) - 1,      \
            sizeof(value) - 1, NGHTTP2_NV_FLAG_NO_COPY_NAME | NGHTTP2_NV_FLAG_NO_COPY_VALUE \
    }

static void die(const char *what, int code)
{
    fprintf(stderr, "bench-bare: %s: %d\n", what, code);
    exit(1);
}

static ssize_t read_message(nghttp2_session *session, int32_t id, uint8_t *out, size_t room,
                            uint32_t *flags, nghttp2_data_source *source, void *user)
{
    static const nghttp2_nv trailers[] = {NV("grpc-status", "0")};
    size_t len = sizeof(message) - 1;

    (void)source, (void)user;
    if (room < len)
        die("room", (int)room);
    memcpy(out, message, len);
    *flags |= NGHTTP2_DATA_FLAG_EOF | NGHTTP2_DATA_FLAG_NO_END_STREAM;
    nghttp2_submit_trailer(session, id, trailers, 1);
    return (ssize_t)len;
}

static int on_frame(nghttp2_session *session, const nghttp2_frame *frame, void *user)
{
    static const nghttp2_nv headers[] = {NV(":status", "200"),
                                         NV("content-type", "application/grpc")};
    nghttp2_data_provider body = {.read_callback = read_message};

    (void)user;
    if (frame->hd.flags & NGHTTP2_FLAG_END_STREAM &&
        (frame->hd.type == NGHTTP2_DATA || frame->hd.type == NGHTTP2_HEADERS))
        nghttp2_submit_response(session, frame->hd.stream_id, headers, 2, &body);
    return 0;
}

static void on_closed(uv_handle_t *handle)
{
    struct conn *conn = handle->data;

    nghttp2_session_del(conn->session);
    free(conn);
}

static void on_written(uv_write_t *request, int status)
{
    (void)status;
    free(request);
}

static void flush(struct conn *conn)
{
    const uint8_t *bytes;
    ssize_t len;
    size_t used = 0;
    struct out *out = malloc(sizeof(*out));

    if (!out)
        die("memory", 0);
    while (used < BUFFER - (17 << 10) &&
           (len = nghttp2_session_mem_send(conn->session, &bytes)) > 0) {
        memcpy(out->bytes + used, bytes, (size_t)len);
        used += (size_t)len;
    }
    uv_buf_t buf = uv_buf_init((char *)out->bytes, (unsigned)used);
    int sent = used ? uv_try_write((uv_stream_t *)&conn->tcp, &buf, 1) : 0;
    if (sent == (int)used) {
        free(out);
        return;
    }
    if (sent > 0)
        buf = uv_buf_init((char *)out->bytes + sent, (unsigned)used - (unsigned)sent);
    uv_write(&out->request, (uv_stream_t *)&conn->tcp, &buf, 1, on_written);
}

static void on_room(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
    struct conn *conn = handle->data;

    (void)suggested;
    *buf = uv_buf_init((char *)conn->in, BUFFER);
}

static void on_read(uv_stream_t *stream, ssize_t len, const uv_buf_t *buf)
{
    struct conn *conn = stream->data;

    if (len < 0 ||
        nghttp2_session_mem_recv(conn->session, (const uint8_t *)buf->base, (size_t)len) < 0) {
        uv_close((uv_handle_t *)stream, on_closed);
        return;
    }
    flush(conn);
}

static void on_connection(uv_stream_t *listener, int status)
{
    struct conn *conn = calloc(1, sizeof(*conn));
    nghttp2_session_callbacks *callbacks;

    if (status || !conn)
        die("accept", status);
    conn->tcp.data = conn;
    uv_tcp_init(listener->loop, &conn->tcp);
    if (uv_accept(listener, (uv_stream_t *)&conn->tcp))
        die("accept", 0);
    uv_tcp_nodelay(&conn->tcp, 1);
    nghttp2_session_callbacks_new(&callbacks);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
    nghttp2_session_server_new(&conn->session, callbacks, conn);
    nghttp2_session_callbacks_del(callbacks);
    nghttp2_submit_settings(conn->session, NGHTTP2_FLAG_NONE, NULL, 0);
    uv_read_start((uv_stream_t *)&conn->tcp, on_room, on_read);
    flush(conn);
}

int main(int argc, char **argv)
{
    struct sockaddr_in address;
    uv_tcp_t listener;

    if (argc != 2 || uv_ip4_addr("127.0.0.1", atoi(argv[1]), &address)) {
        fprintf(stderr, "usage: %s PORT\n", argv[0]);
        return 2;
    }
    uv_tcp_init(uv_default_loop(), &listener);
    int code = uv_tcp_bind(&listener, (const struct sockaddr *)&address, 0);
    if (!code)
        code = uv_listen((uv_stream_t *)&listener, 1024, on_connection);
    if (code)
        die(uv_strerror(code), code);
    return uv_run(uv_default_loop(), UV_RUN_DEFAULT);
}
