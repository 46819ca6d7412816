/* SPDX-License-Identifier: Apache-2.0
 *
 * Answers: an exchange's head and body as HTTP/1.1 frames them. What the callbacks of one turn of
 * the loop queued leaves in one write. Loop thread.
 */
#include "rpc/transport/http1/conn.h"

#include <stdio.h>
#include <time.h>

enum { PARTS_MAX = 64, CHUNK_HEAD_MAX = 2 + 8 + 2 };
_Static_assert(SN_MESSAGE_HEADROOM >= CHUNK_HEAD_MAX + SN_GRPC_PREFIX, "headroom");

static struct h1_conn *conn_of(const struct sn_exchange *exchange)
{
    return sn_container_of(exchange, struct h1_conn, exchange);
}

/* ---- the queue ---- */

static void queue(struct h1_conn *conn, struct sn_message *take_message)
{
    take_message->next = NULL;
    if (conn->first)
        conn->last->next = take_message;
    else
        conn->first = take_message;
    conn->last = take_message;
    conn->queued += take_message->len;
    conn->was_full |= conn->queued > H1_LOW_WATER;
    h1_conn_wake(conn);
}

static void queue_text(struct h1_conn *conn, struct sn_str text)
{
    struct sn_message *message =
        sn_message_copy(sn_loop_blocks(conn->http1->loop), text.ptr, text.len);

    if (message)
        queue(conn, message);
    else
        h1_conn_refuse(conn, SN_REFUSED_MEMORY);
}

static void drop_first(struct h1_conn *conn)
{
    struct sn_message *message = conn->first;

    conn->first = message->next;
    conn->queued -= message->len;
    sn_message_free(message);
}

void h1_conn_drop_queue(struct h1_conn *conn)
{
    while (conn->first)
        drop_first(conn);
}

void h1_conn_write(struct h1_conn *conn)
{
    /* What the system doesn't take waits at its own cost: no more than one write does. */
    while (conn->first && !conn->closed && sn_conn_queued(conn->conn) == 0) {
        struct sn_str parts[PARTS_MAX];
        size_t count = 0;

        for (struct sn_message *m = conn->first; m && count < PARTS_MAX; m = m->next)
            parts[count++] = (struct sn_str){(const char *)m->data, m->len};
        if (sn_conn_write(conn->conn, parts, count))
            return; /* its end is on the way */
        while (count--)
            drop_first(conn);
    }
}

/* ---- heads ---- */

static const struct {
    int status;
    const char *text;
} reasons[] = {
    {200, "OK"},
    {204, "No Content"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {413, "Content Too Large"},
    {415, "Unsupported Media Type"},
    {417, "Expectation Failed"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {499, "Client Closed Request"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {505, "HTTP Version Not Supported"},
};

static const char *reason_of(int status)
{
    for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
        if (reasons[i].status == status)
            return reasons[i].text;
    return "";
}

/* A text that grows on an arena. */
struct head {
    struct sn_arena *arena;
    char *text;
    size_t len, size;
    bool failed;
};

static void append(struct head *head, struct sn_str text)
{
    if (!text.len)
        return;
    if (head->len + text.len > head->size) {
        size_t size = (head->len + text.len) * 2;
        char *grown = sn_arena_realloc(head->arena, head->text, head->size, size);

        head->failed |= !grown;
        if (!grown)
            return;
        head->text = grown;
        head->size = size;
    }
    memcpy(head->text + head->len, text.ptr, text.len);
    head->len += text.len;
}

static void append_header(struct head *head, struct sn_str name, struct sn_str value)
{
    append(head, name);
    append(head, SN_STR(": "));
    append(head, value);
    append(head, SN_STR("\r\n"));
}

static void append_date(struct head *head, struct h1_conn *conn)
{
    time_t now_s = (time_t)(sn_loop_env(conn->http1->loop)->unix_ns() / 1000000000);
    char text[40];
    struct tm tm;

    gmtime_r(&now_s, &tm);
    size_t len = strftime(text, sizeof(text), "%a, %d %b %Y %H:%M:%S GMT", &tm);
    append_header(head, SN_STR("date"), (struct sn_str){text, len});
}

/* How the answer's end will be known. RFC 9112, 6.3. */
static void frame_answer(struct h1_conn *conn, struct head *head, int status, bool has_length)
{
    bool head_only = sn_str_is(conn->request.method, "HEAD");

    conn->bodiless = head_only || status == 204 || status == 304;
    conn->chunked = !conn->bodiless && !has_length && conn->minor > 0;
    if (conn->chunked)
        append_header(head, SN_STR("transfer-encoding"), SN_STR("chunked"));
    else if (!conn->bodiless && !has_length)
        conn->framing.close = true; /* HTTP/1.0: by the connection's */
    if (conn->framing.close || conn->draining)
        append_header(head, SN_STR("connection"), SN_STR("close"));
    else if (conn->minor == 0 && conn->framing.keep_alive)
        append_header(head, SN_STR("connection"), SN_STR("keep-alive"));
}

static void respond(struct sn_exchange *exchange, int status, const struct sn_metadata *headers)
{
    struct h1_conn *conn = conn_of(exchange);
    struct head head = {.arena = &conn->arena};
    bool has_length = false;
    char line[64];

    conn->responded = true;
    snprintf(line, sizeof(line), "HTTP/1.1 %d %s\r\n", status, reason_of(status));
    append(&head, sn_str_of(line));
    for (uint32_t i = 0; i < headers->count; i++) {
        append_header(&head, headers->v[i].key, headers->v[i].value);
        has_length |= sn_str_is(headers->v[i].key, "content-length");
    }
    append_date(&head, conn);
    frame_answer(conn, &head, status, has_length);
    append(&head, SN_STR("\r\n"));
    if (head.failed)
        h1_conn_refuse(conn, SN_REFUSED_MEMORY);
    else
        queue_text(conn, (struct sn_str){head.text, head.len});
}

/* ---- bodies ---- */

static void body(struct sn_exchange *exchange, struct sn_message *take_message)
{
    struct h1_conn *conn = conn_of(exchange);
    char text[CHUNK_HEAD_MAX + 1];

    if (conn->bodiless || !take_message->len) {
        sn_message_free(take_message);
        return;
    }
    if (conn->chunked) { /* the end of the chunk before goes along */
        int len = snprintf(text, sizeof(text), "%s%zx\r\n", conn->in_chunk ? "\r\n" : "",
                           take_message->len);

        take_message->data -= len;
        take_message->len += (size_t)len;
        memcpy(take_message->data, text, (size_t)len);
        conn->in_chunk = true;
    }
    queue(conn, take_message);
}

static void end(struct sn_exchange *exchange)
{
    struct h1_conn *conn = conn_of(exchange);

    exchange->events = NULL;
    conn->answered = true;
    if (conn->chunked)
        queue_text(conn, conn->in_chunk ? SN_STR("\r\n0\r\n\r\n") : SN_STR("0\r\n\r\n"));
    h1_conn_wake(conn);
}

static void fail(struct sn_exchange *exchange)
{
    exchange->failed = true;
    h1_conn_refuse(conn_of(exchange), SN_REFUSED_MEMORY);
}

static size_t queued(const struct sn_exchange *exchange)
{
    const struct h1_conn *conn = conn_of(exchange);

    return conn->queued + (conn->closed ? 0 : sn_conn_queued(conn->conn));
}

static void credit(struct sn_exchange *exchange, size_t bytes)
{
    struct h1_conn *conn = conn_of(exchange);

    conn->uncredited -= bytes < conn->uncredited ? bytes : conn->uncredited;
    if (conn->read_off)
        h1_conn_wake(conn);
}

const struct sn_exchange_ops h1_exchange_ops = {
    .respond = respond,
    .body = body,
    .end = end,
    .fail = fail,
    .queued = queued,
    .credit = credit,
};

/* ---- without an exchange ---- */

void h1_conn_answer(struct h1_conn *conn, int status)
{
    struct sn_exchange *exchange = &conn->exchange;
    const struct sn_exchange_events *events = exchange->events;
    struct sn_metadata headers = {0};
    struct sn_metadata_entry length = {SN_STR("content-length"), SN_STR("0")};

    exchange->events = NULL;
    if (events)
        events->on_abort(exchange);
    conn->framing.close = true;
    if (!conn->arena.pool)
        sn_arena_init(&conn->arena, sn_loop_blocks(conn->http1->loop), H1_MEMORY_MAX);
    headers = (struct sn_metadata){&length, 1, 1};
    if (!conn->responded)
        respond(exchange, status, &headers);
    conn->answered = true;
    h1_conn_finish(conn);
}

void h1_conn_continue(struct h1_conn *conn)
{
    if (!conn->responded)
        queue_text(conn, SN_STR("HTTP/1.1 100 Continue\r\n\r\n"));
}
