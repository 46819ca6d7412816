/* SPDX-License-Identifier: Apache-2.0
 *
 * gRPC messages out of a stream of bytes, inflated, and the credit the peer gets for them; whatever
 * carries the bytes. Loop thread.
 *
 * Credit: all bytes received, less those of messages that were delivered and that the receiver has
 * yet to give credit for. Bytes of a message that isn't whole yet get credit at once, or a message
 * larger than the window could never become whole; but not while the receiver is behind. So a slow
 * receiver holds a window and one message at most.
 */
#ifndef SN_TRANSPORT_INBOX_H
#define SN_TRANSPORT_INBOX_H

#include "rpc/core/message.h"
#include "wire/grpc.h"

/* Bytes that may be held, within what a parent allows. */
struct sn_budget {
    struct sn_budget *parent; /* may be NULL */
    size_t used, max;
};

struct sn_inbox;

/* How its owner hears of things. */
struct sn_inbox_events {
    /* A whole one, valid during the call; `compressed`: it came so. */
    void (*message)(struct sn_inbox *inbox, struct sn_str message, bool compressed);
    /* A message that can't be had; what follows is dropped. */
    void (*refuse)(struct sn_inbox *inbox, int code, const char *text);
    /* The peer may send as many bytes more. */
    void (*credit)(struct sn_inbox *inbox, size_t bytes);
};

struct sn_inbox {
    const struct sn_inbox_events *events;
    struct sn_block_pool *blocks;
    struct sn_budget *budget; /* of messages not yet whole */
    size_t message_max;
    struct sn_grpc_reader reader;
    struct sn_message *message; /* holds the reader's buffer */
    size_t reserved;            /* of the budget, for it */
    struct sn_str encoding;     /* of compressed messages: "gzip", or empty; the owner's */
    uint64_t received;          /* bytes */
    uint64_t credited;          /* of these: the peer may send as many again */
    uint64_t held;           /* bytes of messages delivered that the receiver gave no credit for */
    bool closed;             /* what comes is dropped */
    bool reading;            /* within sn_inbox_read() */
    struct sn_str delivered; /* what is being delivered as it came, and may be taken */
};

/* Zeroed memory is an inbox that nothing has come to; this makes it ready to read. */
void sn_inbox_init(struct sn_inbox *inbox, const struct sn_inbox_events *events,
                   struct sn_block_pool *blocks, struct sn_budget *budget, size_t message_max);

/* Takes bytes and delivers the messages in them. */
void sn_inbox_read(struct sn_inbox *inbox, struct sn_str chunk);

/* While a message is delivered: its memory, the taker's from now on, and the bytes stay where they
 * are; NULL when it has none of its own and must be copied. */
struct sn_message *sn_inbox_take(struct sn_inbox *inbox) SN_MUST_USE;

/* The receiver is through with `len` bytes of delivered messages. */
void sn_inbox_credit(struct sn_inbox *inbox, size_t len);

/* Whether the stream may end here: not within a message. */
bool sn_inbox_is_between(const struct sn_inbox *inbox);

/* From now on everything that comes is dropped, and credit given for it. */
void sn_inbox_close(struct sn_inbox *inbox);

/* Frees what it holds; accepts one that was never ready. */
void sn_inbox_fini(struct sn_inbox *inbox);

/* Puts gRPC's prefix before a message that is to be sent. */
void sn_message_add_prefix(struct sn_message *message);

#endif
