/* SPDX-License-Identifier: Apache-2.0
 *
 * The line below which transports differ: HTTP/2, gRPC-Web, data channels. Above it a call is the
 * same object everywhere. All on the loop thread.
 *
 * Both sides are mirrored. A *stream* carries one call; the transport owns it and embeds the struct
 * of its side; core or client code hangs its own state on `owner`.
 *
 * Flow: messages that arrive are delivered whole and borrowed (valid during the callback). The
 * receiver returns credit for them with `credit` when it is ready for more; a transport grants the
 * peer no more than its window beyond that. Messages sent are taken; `queued` tells the bytes that
 * have not left, `on_writable` that they fell below the transport's low-water mark.
 *
 * Who passes a message on asks for its memory by `take`, while it is delivered: it is the one being
 * delivered, whole, and the taker's; NULL when the transport can't part with it (small ones lie
 * where it reads), and it must be copied.
 *
 * Compressed messages (gzip) are inflated by the transport before delivery, within SN_MESSAGE_MAX.
 */
#ifndef SN_RPC_TRANSPORT_H
#define SN_RPC_TRANSPORT_H

#include "rpc/core/message.h"
#include "rpc/core/metadata.h"
#include "sinew/call.h"

/* How a call ended. `text` is UTF-8 as it is (a transport escapes it as it needs). */
struct sn_status {
    int code; /* 0 or SN_ERR_* */
    struct sn_str text;
    struct sn_str details; /* serialised google.rpc.Status, or empty */
};

/* ---- server side ---- */

struct sn_server; /* rpc/core/server.h */
struct sn_server_stream;

/* Called by the core. */
struct sn_server_stream_ops {
    /* Response headers, once, before anything else (also before trailers, unless the transport
     * sends trailers only: then the core calls `trailers` alone). Borrowed. */
    void (*headers)(struct sn_server_stream *stream, const struct sn_metadata *headers);
    void (*message)(struct sn_server_stream *stream, struct sn_message *take_message);
    /* The end. Strings are borrowed. The core never touches the stream again and the transport
     * must deliver nothing more to it; what was queued still goes out first. */
    void (*trailers)(struct sn_server_stream *stream, const struct sn_status *status,
                     const struct sn_metadata *trailers);
    size_t (*queued)(const struct sn_server_stream *stream);
    void (*credit)(struct sn_server_stream *stream, size_t bytes);
    struct sn_message *(*take)(struct sn_server_stream *stream); /* may be NULL */
};

enum sn_transport_kind { SN_TRANSPORT_GRPC, SN_TRANSPORT_WEB, SN_TRANSPORT_WEBRTC };

/* Who is at the other end; outlives its calls, of which some run on when their stream is gone. */
struct sn_peer {
    enum sn_transport_kind kind;
    const char *remote, *local; /* addresses, for logs and GetSessions; until the connection ends */
    bool trusted;               /* the connection vouches for its calls: the gate asks nothing */
    const char *entity;         /* who is trusted; NULL: nobody in particular */
    uint32_t calls;             /* running; the core's count */
    /* Set by the transport when the connection has ended before the last call: tells that this has
     * ended too. NULL until then. */
    void (*unused)(struct sn_peer *peer);
};

/* Whether messages of an answer are compressed. A transport may leave out what isn't worth it. */
enum sn_compress {
    SN_COMPRESS_LIKE_REQUEST, /* where the client said that its own may be */
    SN_COMPRESS_NEVER,
    SN_COMPRESS_ALWAYS, /* where the client accepts it */
};

struct sn_server_stream {
    const struct sn_server_stream_ops *ops;
    struct sn_peer *peer; /* NULL: nobody keeps account of it */
    struct sn_rpc *rpc;   /* the core's */
    uint8_t compress;     /* enum sn_compress; a handler may set it before each message */
    bool compressed;      /* the message being delivered came so */
};

/* Called by the transport, in this order: begin, message*, half_close; abort at any time. After
 * `trailers` was called (possibly from inside one of these) or after abort, none of them. The
 * stream's memory stays valid until the function the transport called has returned. */

/* `path` is "/package.Service/Method"; strings are borrowed. timeout SN_NEVER when the peer gave
 * none. */
void sn_server_begin(struct sn_server *server, struct sn_server_stream *stream, struct sn_str path,
                     const struct sn_metadata *metadata, uint64_t timeout_ns);
void sn_server_message(struct sn_server_stream *stream, const void *bytes, size_t len);
/* A message that can't be delivered (too large, bad compression): ends the call with that code. */
void sn_server_refuse(struct sn_server_stream *stream, int code, const char *text);
void sn_server_half_close(struct sn_server_stream *stream);
void sn_server_writable(struct sn_server_stream *stream);
/* The peer reset the stream or is gone: the call is cancelled, the stream forgotten. */
void sn_server_abort(struct sn_server_stream *stream);

/* ---- client side ---- */

struct sn_client_stream;

/* Called by the transport. `on_trailers` comes exactly once, last, whatever happens (a lost
 * connection is UNAVAILABLE); the stream is gone after it. */
struct sn_client_events {
    void (*on_headers)(struct sn_client_stream *stream, const struct sn_metadata *headers);
    void (*on_message)(struct sn_client_stream *stream, const void *bytes, size_t len);
    void (*on_writable)(struct sn_client_stream *stream); /* may be NULL */
    void (*on_trailers)(struct sn_client_stream *stream, const struct sn_status *status,
                        const struct sn_metadata *trailers);
};

struct sn_client_stream_ops {
    void (*message)(struct sn_client_stream *stream, struct sn_message *take_message,
                    bool half_close);
    void (*half_close)(struct sn_client_stream *stream);
    size_t (*queued)(const struct sn_client_stream *stream);
    void (*credit)(struct sn_client_stream *stream, size_t bytes);
    /* Tells the peer to stop; on_trailers follows at once, from inside, with that status. */
    void (*cancel)(struct sn_client_stream *stream, int code);
    struct sn_message *(*take)(struct sn_client_stream *stream); /* may be NULL */
};

struct sn_client_stream {
    const struct sn_client_stream_ops *ops;
    const struct sn_client_events *events;
    void *owner;
};

/* A way to a server. */
struct sn_channel;

struct sn_channel_ops {
    /* Opens a stream; strings are borrowed during the call. While the channel is connecting the
     * stream waits (bounded by its timeout). Always returns a stream unless memory is out; failure
     * to reach the server is reported by on_trailers, never from inside `open`, `message` or
     * `half_close`. */
    struct sn_client_stream *(*open)(struct sn_channel *channel,
                                     const struct sn_client_events *events, void *owner,
                                     struct sn_str path, const struct sn_metadata *metadata,
                                     uint64_t timeout_ns);
    /* Ends all streams (UNAVAILABLE) and the connection; `on_closed` is the last word. */
    void (*close)(struct sn_channel *channel, void (*on_closed)(void *owner), void *owner);
};

struct sn_channel {
    const struct sn_channel_ops *ops;
    struct sn_env *env;
};

#endif
