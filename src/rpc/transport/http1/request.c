/* SPDX-License-Identifier: Apache-2.0
 *
 * Requests out of bytes. Loop thread.
 */
#include "rpc/transport/http1/conn.h"

#include "wire/http.h"

enum { BLOCK_HEAD = 16 };

/* ---- bytes not yet used ---- */

static struct sn_block_pool *blocks_of(const struct h1_conn *conn)
{
    return sn_loop_blocks(conn->http1->loop);
}

static char *in_bytes(const struct h1_conn *conn)
{
    return (char *)conn->block + BLOCK_HEAD;
}

/* What has come and isn't used; there may be no block for nothing. */
static struct sn_str unread(const struct h1_conn *conn)
{
    return (struct sn_str){conn->block ? in_bytes(conn) + conn->in_from : "", conn->in_len};
}

static void drop_block(struct h1_conn *conn)
{
    if (conn->block)
        sn_block_put(blocks_of(conn), conn->block);
    conn->block = NULL;
    conn->in_from = conn->in_len = 0;
}

/* Room behind what is there; false: the block is too small. */
static bool make_room(struct h1_conn *conn, size_t len)
{
    if (!conn->block || conn->block->size < BLOCK_HEAD + conn->in_len + len)
        return false;
    if (conn->block->size < BLOCK_HEAD + conn->in_from + conn->in_len + len) {
        memmove(in_bytes(conn), in_bytes(conn) + conn->in_from, conn->in_len);
        conn->in_from = 0;
    }
    return true;
}

/* ---- heads ---- */

static void take_headers(struct h1_conn *conn, struct sn_str head, int *ret_refused)
{
    struct sn_str name, value;
    int got;

    while ((got = sn_http1_header(&head, &name, &value)) == 1) {
        int code = sn_http1_frame(&conn->framing, name, value);
        char *lower = (char *)(uintptr_t)name.ptr; /* in our own block */

        if (code && !*ret_refused)
            *ret_refused = code == SN_ERR_UNIMPLEMENTED ? 501 : 400;
        for (size_t i = 0; i < name.len; i++)
            if (lower[i] >= 'A' && lower[i] <= 'Z')
                lower[i] = (char)(lower[i] | 0x20);
        sn_request_header(&conn->request, &conn->arena, conn->http1->guard, name, value);
    }
    if (got < 0)
        *ret_refused = 400;
}

static bool keeps_alive(const struct h1_conn *conn)
{
    return !conn->framing.close && (conn->minor > 0 || conn->framing.keep_alive) && !conn->draining;
}

/* The HTTP status to refuse it with, or 0. */
static int read_head(struct h1_conn *conn, struct sn_str head)
{
    struct sn_http1_start start;
    int refused = 0;
    int code = sn_http1_start_line(&head, &start);

    if (code)
        return code == SN_ERR_UNIMPLEMENTED ? 505 : code == SN_ERR_UNAVAILABLE ? -1 : 400;
    conn->minor = start.minor;
    conn->request.method = sn_arena_copy(&conn->arena, start.method);
    conn->request.path = sn_arena_copy(&conn->arena, start.target);
    take_headers(conn, head, &refused);
    if (!refused && start.minor > 0 && conn->framing.hosts != 1)
        refused = 400;
    if (!refused && start.minor == 0 && conn->framing.chunked)
        refused = 400;
    if (!refused && conn->framing.expects_unknown)
        refused = 417;
    return refused;
}

static void serve(struct h1_conn *conn)
{
    struct sn_exchange_handler *handler = conn->http1->handler;

    sn_http1_body_init(&conn->body, &conn->framing);
    conn->state = H1_BODY;
    conn->exchange = (struct sn_exchange){
        .ops = &h1_exchange_ops,
        .peer = &conn->peer,
        .request = &conn->request,
        .arena = &conn->arena,
        .budget = &conn->gathered,
    };
    if (conn->request.refused) {
        h1_conn_answer(conn, conn->request.refused);
        return;
    }
    handler->serve(handler, &conn->exchange);
    if (!conn->framing.expects || conn->minor == 0)
        return;
    if (!conn->answered)
        h1_conn_continue(conn);
    else
        h1_conn_finish(conn); /* the body may come or not */
}

static void begin(struct h1_conn *conn, struct sn_str head)
{
    sn_arena_init(&conn->arena, blocks_of(conn), H1_MEMORY_MAX);
    sn_request_init(&conn->request);
    int refused = read_head(conn, head);
    if (!refused && !sn_guard_has_memory(conn->http1->guard, blocks_of(conn)))
        conn->request.refused = 503;
    if (refused < 0) {
        h1_conn_refuse(conn, SN_REFUSED_PROTOCOL); /* isn't HTTP, and wouldn't read an answer */
        return;
    }
    if (refused)
        sn_request_refuse(&conn->request, conn->http1->guard, refused, SN_REFUSED_REQUEST);
    serve(conn);
}

/* False: nothing more can be done now. */
static bool pump_head(struct h1_conn *conn)
{
    struct sn_str in = unread(conn);
    size_t max = conn->http1->guard->limits.header_bytes;

    if (conn->scanned < 2 && in.len >= 2 && memcmp(in.ptr, "\r\n", 2) == 0) {
        conn->in_from += 2; /* RFC 9112, 2.2 */
        conn->in_len -= 2;
        conn->scanned = 0;
        return conn->in_len > 0;
    }
    size_t len = sn_http1_head_len(in, conn->scanned);
    conn->scanned = len ? 0 : in.len;
    if (len > max || (!len && in.len > max)) {
        conn->http1->guard->refused[SN_REFUSED_HEADER_BYTES]++;
        h1_conn_answer(conn, 431);
        return false;
    }
    if (!len)
        return false;
    conn->in_from += len;
    conn->in_len -= len;
    begin(conn, (struct sn_str){in.ptr, len});
    return true;
}

/* ---- bodies ---- */

static void give(struct h1_conn *conn, struct sn_str bytes)
{
    struct sn_exchange *exchange = &conn->exchange;

    if (sn_exchange_is_live(exchange)) {
        conn->uncredited += bytes.len;
        exchange->events->on_body(exchange, bytes);
        return;
    }
    conn->dropped += bytes.len;
    if (conn->dropped > H1_DROP_MAX)
        h1_conn_finish(conn);
}

static bool pump_body(struct h1_conn *conn)
{
    struct sn_exchange *exchange = &conn->exchange;
    struct sn_str in = unread(conn), bytes;

    if (conn->uncredited >= H1_WINDOW)
        return false;
    enum sn_http1_event event = sn_http1_body_next(&conn->body, &in, &bytes);
    conn->in_from += conn->in_len - in.len;
    conn->in_len = in.len;
    switch (event) {
    case SN_HTTP1_BYTES:
        give(conn, bytes);
        return true;
    case SN_HTTP1_END:
        conn->state = H1_SERVED;
        if (sn_exchange_is_live(exchange))
            exchange->events->on_end(exchange);
        return true;
    case SN_HTTP1_MALFORMED:
        conn->http1->guard->refused[SN_REFUSED_PROTOCOL]++;
        h1_conn_answer(conn, 400);
        return false;
    default:
        return false;
    }
}

/* The answer is out and the request read: what follows is the next one. */
static bool pump_served(struct h1_conn *conn)
{
    if (!conn->answered || conn->queued)
        return false;
    if (!keeps_alive(conn)) {
        h1_conn_finish(conn);
        return false;
    }
    h1_conn_reset(conn);
    return conn->in_len > 0;
}

static void steer_reading(struct h1_conn *conn)
{
    bool off = (conn->state != H1_HEAD && conn->in_len >= SN_LOOP_READ_SIZE) ||
               conn->uncredited >= H1_WINDOW;

    if (off == conn->read_off || conn->closed)
        return;
    conn->read_off = off;
    sn_conn_read(conn->conn, !off);
}

void h1_conn_pump(struct h1_conn *conn)
{
    bool more = true;

    while (more && !conn->closing && conn->conn)
        more = conn->state == H1_HEAD   ? conn->in_len && pump_head(conn)
               : conn->state == H1_BODY ? pump_body(conn)
                                        : pump_served(conn);
    if (!conn->in_len || conn->closing)
        drop_block(conn);
    if (conn->conn && !conn->closing)
        steer_reading(conn);
}

void h1_conn_read(struct h1_conn *conn, const uint8_t *bytes, size_t len)
{
    if (!make_room(conn, len)) {
        size_t have = conn->in_len;
        struct sn_block *block = sn_block_get(blocks_of(conn), BLOCK_HEAD + have + len);

        if (!block) {
            h1_conn_refuse(conn, SN_REFUSED_MEMORY);
            return;
        }
        if (have)
            memcpy((char *)block + BLOCK_HEAD, in_bytes(conn) + conn->in_from, have);
        drop_block(conn);
        conn->block = block;
        conn->in_len = have;
    }
    memcpy(in_bytes(conn) + conn->in_from + conn->in_len, bytes, len);
    conn->in_len += len;
    h1_conn_pump(conn);
}

void h1_conn_reset(struct h1_conn *conn)
{
    conn->state = H1_HEAD;
    conn->scanned = 0;
    sn_arena_fini(&conn->arena);
    conn->arena = (struct sn_arena){0};
    conn->request = (struct sn_request){0}; /* its strings were there */
    conn->exchange = (struct sn_exchange){0};
    conn->framing = (struct sn_http1_framing){0};
    conn->uncredited = conn->dropped = 0;
    conn->responded = conn->answered = false;
    conn->bodiless = conn->chunked = conn->in_chunk = false;
}
