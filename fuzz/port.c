/* SPDX-License-Identifier: Apache-2.0
 *
 * Any bytes as what a client sends to the port, HTTP/1 or HTTP/2, in pieces of a size chosen by the
 * first byte; an even one has HTTP/2's greeting put in front. The core behind it answers each
 * message with itself and gives credit for every second one. At the end nothing may be left.
 */
#include "fuzz.h"
#include "loop/loop.h"
#include "rpc/transport/web/web.h"

struct sn_server {
    size_t live, messages;
};

static struct sn_server core;
static struct sn_loop *loop;

/* ---- a core ---- */

static void end(struct sn_server_stream *stream, int code, const char *text)
{
    struct sn_status status = {.code = code, .text = sn_str_of(text)};
    struct sn_metadata none = {0};

    stream->rpc = NULL;
    core.live--;
    stream->ops->trailers(stream, &status, &none);
}

void sn_server_begin(struct sn_server *server, struct sn_server_stream *stream, struct sn_str path,
                     const struct sn_metadata *metadata, uint64_t timeout_ns)
{
    FUZZ_REQUIRE(path.ptr);
    for (uint32_t i = 0; i < metadata->count; i++)
        FUZZ_REQUIRE(metadata->v[i].key.len && metadata->v[i].key.ptr[0] != ':');
    stream->rpc = (struct sn_rpc *)stream; /* anything but NULL */
    core.live++;
    if (path.len % 2)
        stream->ops->headers(stream, metadata);
    else if (path.len % 3 == 0)
        end(stream, SN_ERR_UNIMPLEMENTED, "\xc3\xa4%");
}

void sn_server_message(struct sn_server_stream *stream, const void *bytes, size_t len)
{
    static const struct sn_metadata none;

    FUZZ_REQUIRE(stream->rpc && len <= SN_MESSAGE_MAX);
    if (core.messages++ % 2)
        stream->ops->credit(stream, len);
    if (len % 5 == 4) {
        end(stream, 0, "");
    } else if (len % 5) {
        if (len % 2)
            stream->ops->headers(stream, &none);
        stream->ops->message(stream, sn_message_copy(sn_loop_blocks(loop), bytes, len));
    }
}

void sn_server_refuse(struct sn_server_stream *stream, int code, const char *text)
{
    FUZZ_REQUIRE(stream->rpc);
    end(stream, code, text);
}

void sn_server_half_close(struct sn_server_stream *stream)
{
    FUZZ_REQUIRE(stream->rpc);
    end(stream, 0, "");
}

void sn_server_writable(struct sn_server_stream *stream)
{
    FUZZ_REQUIRE(stream->rpc);
}

void sn_server_abort(struct sn_server_stream *stream)
{
    FUZZ_REQUIRE(stream->rpc);
    stream->rpc = NULL;
    core.live--;
}

/* ---- a connection that leads nowhere ---- */

struct pipe {
    struct sn_conn conn; /* first */
    bool closing;
};

static int pipe_write(struct sn_conn *conn, const struct sn_str *parts, size_t count)
{
    FUZZ_REQUIRE(count > 0);
    for (size_t i = 0; i < count; i++)
        conn->bytes_out += parts[i].len;
    return 0;
}

static size_t pipe_queued(const struct sn_conn *conn)
{
    return 0;
}

static void pipe_read(struct sn_conn *conn, bool on)
{
}

static void pipe_close(struct sn_conn *conn, bool linger)
{
    ((struct pipe *)conn)->closing = true;
}

static void feed(struct pipe *pipe, const void *bytes, size_t len, size_t step)
{
    for (size_t at = 0; at < len && !pipe->closing; at += step)
        pipe->conn.events->on_read(&pipe->conn, (const uint8_t *)bytes + at,
                                   len - at < step ? len - at : step);
}

static void stop(struct sn_task *task)
{
    sn_loop_stop(loop);
}

/* Runs what was deferred, and doesn't wait for timers. */
static void turn(void)
{
    struct sn_task task = {.run = stop};

    sn_loop_defer(loop, &task);
    sn_loop_run(loop);
}

static void serve(struct pipe *pipe, const uint8_t *data, size_t size)
{
    static const char greeting[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0";

    if (data[0] % 2 == 0)
        feed(pipe, greeting, sizeof(greeting) - 1, sizeof(greeting));
    feed(pipe, data + 1, size - 1, 1 + (size_t)data[0] * 4);
    turn();
    if (!pipe->closing)
        pipe->conn.events->on_end(&pipe->conn);
    turn();
    FUZZ_REQUIRE(pipe->closing && core.live == 0);
    pipe->conn.events->on_close(&pipe->conn, 0);
    if (pipe->conn.released)
        pipe->conn.released(&pipe->conn);
    turn();
}

static void write_page(struct sn_page *page, void *owner)
{
    sn_page_printf(page, "%.*s", SN_STR_ARGS(page->query));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct sn_conn_ops ops = {pipe_write, pipe_queued, pipe_read, pipe_close};
    struct pipe pipe = {.conn.ops = &ops};

    if (size < 1 || size > 1 << 16)
        return 0;
    if (!loop)
        loop = sn_loop_create();
    struct sn_web *web = sn_web_create(loop, &core, NULL);
    FUZZ_REQUIRE(web && sn_web_page(web, "/p", write_page, NULL) == 0);
    sn_web_accept(web, &pipe.conn);
    serve(&pipe, data, size);
    sn_web_destroy(web);
    FUZZ_REQUIRE(sn_loop_blocks(loop)->in_use == 0);
    return 0;
}
