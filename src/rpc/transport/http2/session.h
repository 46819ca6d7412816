/* SPDX-License-Identifier: Apache-2.0
 *
 * One HTTP/2 connection: nghttp2 over a byte stream. What both sides of gRPC need of it: frames out
 * in one write per turn of the loop, flow control, messages queued per stream. The two sides
 * (server.c, client.c) put their streams and events on top. Loop thread.
 *
 * Source: RFC 9113; gRPC "PROTOCOL-HTTP2".
 */
#ifndef SN_HTTP2_SESSION_H
#define SN_HTTP2_SESSION_H

#include "base/list.h"
#include "net/conn.h"
#include "rpc/core/message.h"
#include "rpc/core/metadata.h"
#include "wire/grpc.h"

#include <nghttp2/nghttp2.h>

/* Source: the reference's SETTINGS, but for the header list: it allows 32 MiB, which nobody needs
 * and which an attacker would like. */
enum {
    H2_STREAMS_MAX = 250,
    H2_WINDOW = 1 << 20,
    H2_FRAME_MAX = 1 << 20,
    H2_HEADERS_MAX = 64 << 10, /* bytes of one header list, names, values and 32 each */
    H2_LOW_WATER = 64 << 10,   /* below this a stream is writable again */
    H2_CONN_HIGH = 1 << 20,    /* above this the connection takes no more frames for now */
};

struct h2_stream;
struct h2_session;

/* How the side on top hears of things. `stream` may already be unknown to it (NULL user data): then
 * the callback doesn't come. */
struct h2_side {
    /* A header block begins on a stream that has none yet (server). Returns the stream or NULL to
     * refuse. */
    struct h2_stream *(*begin)(struct h2_session *session, int32_t id);
    void (*header)(struct h2_stream *stream, struct sn_str name, struct sn_str value);
    void (*headers_end)(struct h2_stream *stream, bool end_stream);
    void (*message)(struct h2_stream *stream, struct sn_str message);
    /* A message that can't be had. */
    void (*refuse)(struct h2_stream *stream, int code, const char *text);
    void (*end_stream)(struct h2_stream *stream);
    void (*writable)(struct h2_stream *stream);
    /* The stream is over; frees it. */
    void (*closed)(struct h2_stream *stream, uint32_t error_code);
    void (*goaway)(struct h2_session *session);
    /* The connection is gone and all its streams are closed; frees the session. */
    void (*gone)(struct h2_session *session, int code);
};

struct h2_session {
    const struct h2_side *side;
    struct sn_loop *loop;
    struct sn_conn *conn;
    nghttp2_session *ng;
    struct sn_task flush;
    bool flush_wanted, feeding, closing;
    bool some_full;         /* a stream's queue went above low water */
    struct sn_list streams; /* h2_stream.link */
    uint32_t stream_count;
    int32_t last_id; /* highest the peer opened */
};

/* Embedded by each side's stream. */
struct h2_stream {
    struct sn_list link;
    struct h2_session *session;
    int32_t id; /* 0: not begun */
    struct sn_grpc_reader reader;
    struct sn_block *gathered;         /* the reader's buffer */
    struct sn_str encoding;            /* of compressed messages: "gzip", or empty */
    size_t uncredited;                 /* bytes received for which the peer got no credit yet */
    struct sn_message *out, **out_end; /* sn_message.next; oldest first */
    size_t out_offset;                 /* sent of the oldest */
    size_t queued;                     /* bytes not yet sent */
    bool started_data;                 /* a data provider is in place */
    bool deferred;                     /* ... and waits for more */
    bool was_full;                     /* `queued` went above the low-water mark */
    bool end_of_data;                  /* nothing follows what is queued */
    const nghttp2_nv *trailers; /* a header block to end with, instead of END_STREAM on data */
    size_t trailer_count;
    bool ended; /* the peer sends no more */
};

/* Takes the connection. RESOURCE_EXHAUSTED: the conn is closed. */
int h2_session_init(struct h2_session *session, bool server, const struct h2_side *side,
                    struct sn_loop *loop, struct sn_conn *conn) SN_MUST_USE;

/* Ends the connection: `gone` follows. */
void h2_session_close(struct h2_session *session);

/* Sends what there is to send, at the end of this turn of the loop. */
void h2_session_wake(struct h2_session *session);

void h2_stream_init(struct h2_stream *stream, struct h2_session *session, int32_t id);

/* Queues a message, its prefix written before it. */
void h2_stream_message(struct h2_stream *stream, struct sn_message *take_message);

/* Nothing follows but `trailers` (may be NULL; borrowed until the stream closes). */
void h2_stream_end(struct h2_stream *stream, const nghttp2_nv *trailers, size_t trailer_count);

/* Returns credit for a delivered message of `len` bytes. */
void h2_stream_credit(struct h2_stream *stream, size_t len);

void h2_stream_reset(struct h2_stream *stream, uint32_t error_code);

/* The data provider of the stream's messages. */
nghttp2_data_provider h2_stream_provider(struct h2_stream *stream);

/* Frees what it holds; the side frees the stream itself. */
void h2_stream_fini(struct h2_stream *stream);

/* A header for nghttp2. */
static inline nghttp2_nv h2_nv(struct sn_str name, struct sn_str value)
{
    return (nghttp2_nv){(uint8_t *)(uintptr_t)name.ptr, (uint8_t *)(uintptr_t)value.ptr, name.len,
                        value.len, NGHTTP2_NV_FLAG_NONE};
}

/* ---- metadata.c ---- */

/* Appends metadata as headers, "-bin" values as base64. `*count` grows; RESOURCE_EXHAUSTED. */
int h2_add_metadata(nghttp2_nv *nv, size_t *count, const struct sn_metadata *metadata,
                    struct sn_arena *arena) SN_MUST_USE;

/* Keeps a header of the peer as metadata, unless it is HTTP's or gRPC's own. */
int h2_keep_metadata(struct sn_metadata *metadata, struct sn_arena *arena, struct sn_str name,
                     struct sn_str value) SN_MUST_USE;

/* Texts and bytes in headers, on the arena. ptr NULL: no memory. */
struct sn_str h2_escape(struct sn_str text, struct sn_arena *arena);
struct sn_str h2_unescape(struct sn_str text, struct sn_arena *arena);
struct sn_str h2_encode(struct sn_str bytes, struct sn_arena *arena);

/* INVALID_ARGUMENT, RESOURCE_EXHAUSTED. */
int h2_decode(struct sn_str text, struct sn_arena *arena, struct sn_str *ret_bytes) SN_MUST_USE;

/* memory.c: nghttp2's allocations from free lists. */
nghttp2_mem *h2_mem(void);

#endif
