/* SPDX-License-Identifier: Apache-2.0
 *
 * One HTTP/2 connection: nghttp2 over a byte stream. What both sides of gRPC need of it: frames out
 * in one write per turn of the loop (output.c), messages in with flow control (transport/inbox.h),
 * the life of connection and streams (session.c). The two sides (server.c, client.c) put their
 * streams and events on top. Loop thread.
 *
 * Source: RFC 9113; gRPC "PROTOCOL-HTTP2".
 */
#ifndef SN_HTTP2_SESSION_H
#define SN_HTTP2_SESSION_H

#include "net/conn.h"
#include "rpc/transport/guard.h"
#include "rpc/transport/headers.h"
#include "rpc/transport/http2/meter.h"
#include "rpc/transport/inbox.h"
#include "sinew/list.h"

#include <nghttp2/nghttp2.h>

/* Source of window and frame: the reference's SETTINGS. */
enum {
    H2_WINDOW = 1 << 20,
    H2_FRAME_MAX = 1 << 20,
    H2_HEADERS_ABUSE = 16,   /* times the bytes allowed: where patience with the peer ends */
    H2_LOW_WATER = 64 << 10, /* below this a stream is writable again */
    H2_OUTBOUND_MAX = 4096,  /* frames that wait because the peer doesn't read */
    H2_GATHERED_ALL_MAX = 256 << 20, /* bytes of messages not yet whole, of all connections */
};

/* ---- memory.c ---- */

enum { H2_MEMORY_CLASSES = 5, H2_PARTS = 64 };

struct sn_message;

/* What the connections of one server or channel share, so that calls take nothing from the system:
 * free lists for nghttp2, which makes eight small allocations per call, and the one write that is
 * being put together. */
struct h2_memory {
    nghttp2_mem mem;
    union h2_chunk *free_lists[H2_MEMORY_CLASSES];
    uint32_t free_counts[H2_MEMORY_CLASSES];
    struct sn_budget gathered; /* bytes of messages not yet whole */

    uint8_t *copied; /* bytes of the write that lie nowhere else; NULL until first used */
    size_t copied_len;
    struct sn_str parts[H2_PARTS];
    size_t part_count;
    struct sn_message *spent; /* sn_message.next; freed when the write is done */
};

void h2_memory_init(struct h2_memory *memory);

/* All its sessions must be gone. */
void h2_memory_fini(struct h2_memory *memory);

/* ---- session.c ---- */

struct h2_stream;
struct h2_session;

enum { H2_ENDED_IDS = 8 };

/* How the side on top hears of things. After `closed` nothing comes for that stream. */
struct h2_side {
    /* A header block begins on a stream that has none yet (server). Returns the stream or NULL to
     * refuse. */
    struct h2_stream *(*begin)(struct h2_session *session, int32_t id);
    void (*header)(struct h2_stream *stream, struct sn_str name, struct sn_str value);
    /* `too_large`: some headers were left out. */
    void (*headers_end)(struct h2_stream *stream, bool end_stream, bool too_large);
    void (*message)(struct h2_stream *stream, struct sn_str message, bool compressed);
    /* DATA of a stream whose bytes aren't gRPC's messages (server). */
    void (*data)(struct h2_stream *stream, struct sn_str bytes);
    /* A message that can't be had; the rest of the stream is dropped. */
    void (*refuse)(struct h2_stream *stream, int code, const char *text);
    void (*end_stream)(struct h2_stream *stream);
    void (*writable)(struct h2_stream *stream);
    /* The stream is over; frees it. */
    void (*closed)(struct h2_stream *stream, uint32_t error_code);
    /* The peer takes no new streams here. */
    void (*goaway)(struct h2_session *session);
    /* The peer told its limits. */
    void (*settings)(struct h2_session *session);
    /* The connection is gone and all its streams are closed; frees the session. */
    void (*gone)(struct h2_session *session);
};

struct h2_session {
    const struct h2_side *side;
    struct sn_loop *loop;
    struct h2_memory *memory;
    struct sn_guard *guard;
    const struct sn_limits *limits; /* of the guard */
    struct h2_meter meter;          /* of a server */
    uint64_t head_ns;     /* since when a header block is on its way, of a server; 0: none is */
    bool head_ends;       /* ... with the frame being read */
    struct sn_conn *conn; /* NULL: gone */
    nghttp2_session *ng;
    struct sn_task flush;
    bool flush_wanted, feeding;
    bool closing;              /* nothing is read and nothing begun any more */
    bool ended;                /* ... and the streams are closed */
    bool greeted;              /* the peer speaks HTTP/2 */
    bool refused;              /* it doesn't */
    bool violated;             /* it does, but not the rules */
    bool sent_away;            /* ... and it was told to go */
    bool some_full;            /* a stream's queue went above low water */
    bool headers_too_large;    /* the header block being read */
    size_t headers_len;        /* of that */
    struct sn_budget gathered; /* bytes of messages not yet whole */
    size_t unsent;             /* bytes that wait in all streams */
    struct sn_list streams;    /* h2_stream.link */
    uint32_t stream_count;
    int32_t last_id;                 /* highest the peer opened */
    int32_t ended_ids[H2_ENDED_IDS]; /* streams the peer ended itself, that are closed; a ring */
    uint32_t ended_count;
    const char *cause; /* why it ended ("connection reset by peer"); static */
};

/* Takes the connection; the guard outlives it. RESOURCE_EXHAUSTED: the conn is closed. Either way
 * `gone` comes, later. */
int h2_session_init(struct h2_session *session, bool server, const struct h2_side *side,
                    struct sn_guard *guard, struct sn_loop *loop, struct h2_memory *memory,
                    struct sn_conn *conn) SN_MUST_USE;

/* Ends the connection: its streams close at the end of this turn of the loop, `gone` follows.
 * `cause` is static. */
void h2_session_close(struct h2_session *session, const char *cause);

/* Ends it because the peer does what it may not: counted, and told by that HTTP/2 error. */
void h2_session_refuse(struct h2_session *session, enum sn_refusal refusal, uint32_t error_code);

/* Sends what there is to send, at the end of this turn of the loop. */
void h2_session_wake(struct h2_session *session);

/* ---- streams; embedded by each side's ---- */

struct h2_outbox {
    struct sn_message *first, *last; /* sn_message.next; last is valid when there is a first */
    size_t offset;                   /* sent of the first */
    size_t queued;                   /* bytes not yet sent */
    const nghttp2_nv *trailers;      /* a header block to end with, instead of END_STREAM on data */
    size_t trailer_count;
    bool deferred; /* nghttp2 waits to be told of more */
    bool was_full; /* `queued` went above the low-water mark */
    bool closed;   /* nothing follows what is queued */
};

struct h2_stream {
    struct sn_list link;        /* h2_session.streams */
    struct h2_session *session; /* NULL: not begun */
    int32_t id;
    struct sn_inbox in;
    struct h2_outbox out;
    uint64_t data_len; /* bytes of DATA that came */
    uint64_t seen_len; /* ... when it was looked whether more come */
    uint64_t still_ns; /* since when none have */
    size_t left;       /* bytes of a complete answer not sent, when it was looked at; and */
    uint64_t stuck_ns; /* ... since when they are as many */
    bool raw;          /* its bytes aren't gRPC's messages */
    bool ended;        /* the peer sends no more */
};

/* Before it begins it may queue messages. */
void h2_stream_init(struct h2_stream *stream);

/* It lives on that connection from now on. */
void h2_stream_begin(struct h2_stream *stream, struct h2_session *session, int32_t id);

/* Frees what it holds; the side frees the stream itself. */
void h2_stream_fini(struct h2_stream *stream);

void h2_stream_reset(struct h2_stream *stream, uint32_t error_code);

/* ---- output.c ---- */

/* The data provider of the stream's messages. */
nghttp2_data_provider h2_stream_provider(struct h2_stream *stream);

/* Queues bytes as they are. */
void h2_stream_bytes(struct h2_stream *stream, struct sn_message *take_bytes);

/* Queues a message, its prefix written before it. */
void h2_stream_message(struct h2_stream *stream, struct sn_message *take_message);

/* Bytes not yet sent; SIZE_MAX when the connection as a whole holds as much as it may. */
size_t h2_stream_queued(const struct h2_stream *stream);

/* Nothing follows but `trailers` (may be NULL; borrowed until the stream closes). */
void h2_stream_end(struct h2_stream *stream, const nghttp2_nv *trailers, size_t trailer_count);

/* Drops what is queued. */
void h2_outbox_clear(struct h2_stream *stream);

/* nghttp2 asks for the bytes of a DATA frame it has just laid out. */
int h2_on_send_data(nghttp2_session *ng, nghttp2_frame *frame, const uint8_t *head, size_t length,
                    nghttp2_data_source *source, void *user);

/* Writes what nghttp2 has, until the system takes no more. False: the connection has failed. */
bool h2_output_pull(struct h2_session *session) SN_MUST_USE;

/* Tells streams whose queue fell below low water. */
void h2_output_tell_writable(struct h2_session *session);

/* ---- session.c: reading ---- */

/* The receiver is through with `len` bytes of delivered messages. */
void h2_stream_credit(struct h2_stream *stream, size_t len);

/* The peer may send `len` bytes more (raw streams). */
void h2_stream_consume(struct h2_stream *stream, size_t len);

/* ---- headers ---- */

/* A header for nghttp2, which copies it. */
static inline nghttp2_nv h2_nv(struct sn_str name, struct sn_str value)
{
    return (nghttp2_nv){(uint8_t *)(uintptr_t)name.ptr, (uint8_t *)(uintptr_t)value.ptr, name.len,
                        value.len, NGHTTP2_NV_FLAG_NONE};
}

/* Appends metadata as headers; what HTTP can't carry is left out. `*count` grows by metadata->count
 * at most. RESOURCE_EXHAUSTED. */
int h2_add_metadata(nghttp2_nv *nv, size_t *count, const struct sn_metadata *metadata,
                    struct sn_arena *arena) SN_MUST_USE;

#endif
