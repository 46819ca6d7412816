/* SPDX-License-Identifier: Apache-2.0
 *
 * For tests: an HTTP/2 peer whose frames are written by hand, and a world to put it in. For
 * *_test.c only, once per program.
 */
#ifndef SN_HTTP2_RAW_TESTING_H
#define SN_HTTP2_RAW_TESTING_H

#include "rpc/transport/http2/testing.h"

#include <nghttp2/nghttp2.h>

enum { DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH, PING, GOAWAY, WINDOW, CONTINUATION };
enum { END_STREAM = 1, ACK = 1, END_HEADERS = 4 };

static const char preface[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/* ---- a peer by hand ---- */

struct raw {
    struct world *world;
    struct sn_conn *conn;
    uint8_t *in;
    size_t in_len, seen; /* bytes; seen: of them taken apart */
    bool ended, closed;
    nghttp2_hd_inflater *inflater;
    size_t frames[16];  /* by type */
    char headers[4096]; /* of all answers, "name: value\n" */
    uint8_t data[4096]; /* of all answers */
    size_t data_len;
    int goaway, reset; /* codes; -1: none came */
};

enum { RAW_MAX = 8 << 20 };

static void raw_headers(struct raw *raw, const uint8_t *bytes, size_t len)
{
    int flags = 0;

    while (len) {
        nghttp2_nv nv;
        ssize_t taken = nghttp2_hd_inflate_hd2(raw->inflater, &nv, &flags, bytes, len, 1);

        assert_true(taken >= 0);
        bytes += taken;
        len -= (size_t)taken;
        if (flags & NGHTTP2_HD_INFLATE_EMIT) {
            size_t used = strlen(raw->headers);

            snprintf(raw->headers + used, sizeof(raw->headers) - used, "%.*s: %.*s\n",
                     (int)nv.namelen, nv.name, (int)nv.valuelen, nv.value);
        }
    }
    nghttp2_hd_inflate_end_headers(raw->inflater);
}

static uint32_t number(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* Takes whole frames; false when there is none. */
static bool raw_frame(struct raw *raw)
{
    const uint8_t *p = raw->in + raw->seen;
    size_t have = raw->in_len > raw->seen ? raw->in_len - raw->seen : 0;
    size_t len = have < 9 ? 0 : number(p) >> 8;

    if (have < 9 || have < 9 + len)
        return false;
    raw->frames[p[3] & 15]++;
    if (p[3] == HEADERS)
        raw_headers(raw, p + 9, len);
    if (p[3] == RST_STREAM)
        raw->reset = (int)number(p + 9);
    if (p[3] == GOAWAY)
        raw->goaway = (int)number(p + 13);
    if (p[3] == DATA && raw->data_len + len < sizeof(raw->data)) {
        memcpy(raw->data + raw->data_len, p + 9, len);
        raw->data_len += len;
    }
    raw->seen += 9 + len;
    return true;
}

static void raw_read(struct sn_conn *conn, const uint8_t *bytes, size_t len)
{
    struct raw *raw = conn->owner;

    if (raw->in_len + len > RAW_MAX)
        return;
    memcpy(raw->in + raw->in_len, bytes, len);
    raw->in_len += len;
    if (raw->in_len >= 5 && memcmp(raw->in, "HTTP/", 5) == 0)
        return;
    while (raw_frame(raw))
        ;
}

static void raw_end(struct sn_conn *conn)
{
    struct raw *raw = conn->owner;

    raw->ended = true;
    sn_conn_close(conn, false);
}

static void raw_drain(struct sn_conn *conn)
{
}

static void raw_close(struct sn_conn *conn, int code)
{
    struct raw *raw = conn->owner;

    raw->closed = true;
    raw->conn = NULL;
}

static const struct sn_conn_events raw_events = {raw_read, raw_end, raw_drain, raw_close};

static void raw_adopt(void *owner, struct sn_conn *conn)
{
    struct raw *raw = owner;

    conn->events = &raw_events;
    conn->owner = raw;
    raw->conn = conn;
    raw->closed = false;
}

static void raw_connected(void *owner, struct sn_conn *conn, const struct sn_error *error)
{
    assert_non_null(conn);
    raw_adopt(owner, conn);
}

static void raw_init(struct raw *raw, struct world *world)
{
    *raw = (struct raw){.world = world, .goaway = -1, .reset = -1};
    raw->in = malloc(RAW_MAX);
    assert_int_equal(nghttp2_hd_inflate_new(&raw->inflater), 0);
}

static void raw_fini(struct raw *raw)
{
    if (raw->conn)
        sn_conn_close(raw->conn, false);
    run_until(raw->world->loop, !raw->conn);
    if (raw->inflater)
        nghttp2_hd_inflate_del(raw->inflater);
    free(raw->in);
}

static void send_bytes(struct raw *raw, const void *bytes, size_t len)
{
    struct sn_str part = {bytes, len};

    if (raw->conn && sn_conn_write(raw->conn, &part, 1))
        assert_true(raw->closed || raw->ended || raw->conn->cause);
}

static void send_frame(struct raw *raw, uint8_t type, uint8_t flags, uint32_t stream,
                       const void *payload, size_t len)
{
    uint8_t head[9] = {(uint8_t)(len >> 16),
                       (uint8_t)(len >> 8),
                       (uint8_t)len,
                       type,
                       flags,
                       (uint8_t)(stream >> 24),
                       (uint8_t)(stream >> 16),
                       (uint8_t)(stream >> 8),
                       (uint8_t)stream};
    struct sn_str parts[] = {{(const char *)head, 9}, {payload, len}};

    if (raw->conn)
        (void)!sn_conn_write(raw->conn, parts, 2);
}

/* ---- header blocks: literals without indexing, RFC 7541, 6.2.2 ---- */

struct block {
    uint8_t bytes[70000];
    size_t len;
};

static void put_int(struct block *block, size_t value)
{
    if (value < 127) {
        block->bytes[block->len++] = (uint8_t)value;
        return;
    }
    block->bytes[block->len++] = 127;
    for (value -= 127; value >= 128; value >>= 7)
        block->bytes[block->len++] = (uint8_t)(value & 127) | 128;
    block->bytes[block->len++] = (uint8_t)value;
}

static void put_text(struct block *block, const char *text)
{
    put_int(block, strlen(text));
    memcpy(block->bytes + block->len, text, strlen(text));
    block->len += strlen(text);
}

static void put(struct block *block, const char *name, const char *value)
{
    block->bytes[block->len++] = 0;
    put_text(block, name);
    put_text(block, value);
}

static void put_request(struct block *block, const char *path, const char *content_type)
{
    put(block, ":method", "POST");
    put(block, ":scheme", "http");
    put(block, ":path", path);
    put(block, ":authority", "x");
    put(block, "te", "trailers");
    if (content_type)
        put(block, "content-type", content_type);
}

static inline void greet(struct raw *raw)
{
    send_bytes(raw, preface, sizeof(preface) - 1);
    send_frame(raw, SETTINGS, 0, 0, NULL, 0);
}

/* A request with one more header (may be NULL) and its body, whole. */
static inline void ask(struct raw *raw, uint32_t stream, const char *path, const char *content_type,
                       const char *name, const char *value, const void *body, size_t len)
{
    struct block *block = calloc(1, sizeof(*block));

    put_request(block, path, content_type);
    if (name)
        put(block, name, value);
    send_frame(raw, HEADERS, END_HEADERS, stream, block->bytes, block->len);
    for (; len > 16000; len -= 16000, body = (const char *)body + 16000)
        send_frame(raw, DATA, 0, stream, body, 16000);
    send_frame(raw, DATA, END_STREAM, stream, body, len);
    free(block);
}

static inline void connect_raw(struct raw *raw, struct world *world)
{
    struct sn_dial *dial;

    raw_init(raw, world);
    assert_int_equal(
        sn_dial(world->loop, sn_listener_address(world->listener), raw_connected, raw, &dial, NULL),
        0);
    run_until(world->loop, raw->conn);
}

#endif
