/* SPDX-License-Identifier: Apache-2.0
 *
 * What server.c and client.c have in common: the streams of one data channel (streams.c), and
 * headers and trailers as frames (frames.c). Loop thread.
 */
#ifndef SN_WEBRTC_PRIVATE_H
#define SN_WEBRTC_PRIVATE_H

#include "rpc/transport/webrtc/webrtc.h"
#include "sinew/env.h"
#include "sinew/list.h"
#include "sinew/timers.h"
#include "wire/grpc_webrtc.h"

enum {
    RTC_PIECE_MAX = 16 << 10, /* of a message per frame: what a small call waits for behind it */
    RTC_LOW_WATER = 64 << 10, /* below this a stream is writable again */
    /* Delivered messages whose receiver is behind; a data channel can't slow one stream down. */
    RTC_HELD_MAX = 8 << 20,
    RTC_BUCKETS = 64,
};

struct rtc_pipe;
struct rtc_stream;

/* How a side hears of things, and what differs on the wire. Streams may end from inside. */
struct rtc_side {
    /* sn_frame_write_*(). `last`: nothing follows on this stream. */
    size_t (*write_head)(uint8_t *data, size_t len, const struct rtc_stream *stream,
                         bool end_message, bool last);
    void (*message)(struct rtc_stream *stream, struct sn_str message);
    /* A message that can't be had; the rest is dropped. */
    void (*refuse)(struct rtc_stream *stream, int code, const char *text);
    void (*writable)(struct rtc_stream *stream);
    /* The stream's last frame has left. */
    void (*sent)(struct rtc_stream *stream);
    /* The peer doesn't read, or there is no memory to tell it anything: the channel must go. */
    void (*hopeless)(struct rtc_pipe *pipe, const char *cause);
};

/* The streams of one channel, and whose turn it is to send. */
struct rtc_pipe {
    const struct rtc_side *side;
    struct sn_env *env;
    const struct sn_limits *limits;
    struct sn_datachannel *channel; /* NULL: gone */
    bool open, pumping;
    uint32_t count;                      /* of streams */
    size_t unsent, held, gathered;       /* bytes of all: to send, uncredited, not yet whole */
    struct sn_list buckets[RTC_BUCKETS]; /* rtc_stream.link, by id */
    struct sn_list ready;                /* rtc_stream.turn: something to send */
    struct sn_list thirsty;              /* rtc_stream.thirst: to be told that it may send more */
    struct sn_timer tell;                /* ... not from inside what they do */
    struct sn_timer stall;               /* nothing could be sent since */
};

/* One call. Each side embeds it. */
struct rtc_stream {
    struct rtc_pipe *pipe;
    uint64_t id;
    struct sn_list link, turn, thirst;
    /* Out, in this order; each is freed when it has left. */
    struct sn_message *head, *messages, **messages_end, *tail;
    size_t sent;   /* bytes of the first message */
    size_t queued; /* bytes of messages */
    bool full;     /* above low water since it was last told */
    bool ending;   /* nothing follows what is queued */
    /* In */
    struct sn_block *block; /* the message being put together */
    size_t have, held;      /* bytes in it; bytes delivered and not credited */
    bool deaf;              /* what comes is dropped */
};

/* ---- streams.c ---- */

void rtc_pipe_init(struct rtc_pipe *pipe, const struct rtc_side *side, struct sn_env *env,
                   const struct sn_limits *limits, struct sn_datachannel *channel);
/* The channel is gone: nothing is sent any more. */
void rtc_pipe_cut(struct rtc_pipe *pipe);
/* Sends what there is room for, one frame of each stream in turn. */
void rtc_pipe_pump(struct rtc_pipe *pipe);
/* NULL when there is none. */
struct rtc_stream *rtc_pipe_find(const struct rtc_pipe *pipe, uint64_t id);
/* Any; NULL when there is none. */
struct rtc_stream *rtc_pipe_any(const struct rtc_pipe *pipe);

void rtc_stream_init(struct rtc_stream *stream, struct rtc_pipe *pipe, uint64_t id);
/* Forgets it and all it holds. */
void rtc_stream_fini(struct rtc_stream *stream);
/* Takes a message to be sent; after the head. */
void rtc_stream_message(struct rtc_stream *stream, struct sn_message *take_message);
/* Something was added: sends it now or in its turn. */
void rtc_stream_wake(struct rtc_stream *stream);
/* Drops what has not been sent. */
void rtc_stream_drop(struct rtc_stream *stream);
/* Takes a piece of a message. */
void rtc_stream_receive(struct rtc_stream *stream, const struct sn_frame *frame);
void rtc_stream_credit(struct rtc_stream *stream, size_t bytes);
/* From now on what comes is dropped. */
void rtc_stream_deafen(struct rtc_stream *stream);

/* ---- frames.c ---- */

/* Frames in messages of their own; NULL without memory. What can't be carried (text that is no
 * UTF-8) is left out. `timeout_ns` SN_NEVER: none. */
struct sn_message *rtc_write_request_headers(struct sn_env *env, uint64_t id, struct sn_str path,
                                             const struct sn_metadata *metadata,
                                             uint64_t timeout_ns);
struct sn_message *rtc_write_response_headers(struct sn_env *env, uint64_t id,
                                              const struct sn_metadata *metadata);
struct sn_message *rtc_write_trailers(struct sn_env *env, uint64_t id,
                                      const struct sn_status *status,
                                      const struct sn_metadata *metadata);
/* A frame that is there already, copied. */
struct sn_message *rtc_write_bytes(struct sn_env *env, const uint8_t *frame, size_t len);

/* Bodies of frames. Results lie on the arena, which may be told to point into `body`.
 * INVALID_ARGUMENT: not what it should be; RESOURCE_EXHAUSTED. */
int rtc_read_request_headers(struct sn_str body, struct sn_arena *arena, struct sn_str *ret_path,
                             struct sn_metadata *ret_metadata, uint64_t *ret_timeout_ns)
    SN_MUST_USE;
int rtc_read_response_headers(struct sn_str body, struct sn_arena *arena,
                              struct sn_metadata *ret_metadata) SN_MUST_USE;
int rtc_read_trailers(struct sn_str body, struct sn_arena *arena, struct sn_status *ret_status,
                      struct sn_metadata *ret_metadata) SN_MUST_USE;

#endif
