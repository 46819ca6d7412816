/* SPDX-License-Identifier: Apache-2.0
 *
 * The reading half of a call. Loop thread.
 */
#include "rpc/transport/inbox.h"

#include "rpc/transport/gzip.h"

#include <stdio.h>

enum {
    FIRST_SIZE = 16 << 10, /* room for a message that comes in pieces, */
    GROWTH = 16,           /* ... then so many times as much as has come */
};

void sn_inbox_init(struct sn_inbox *inbox, const struct sn_inbox_events *events,
                   struct sn_block_pool *blocks, struct sn_budget *budget, size_t message_max)
{
    inbox->events = events;
    inbox->blocks = blocks;
    inbox->budget = budget;
    inbox->message_max = message_max;
}

/* ---- credit ---- */

static void settle(struct sn_inbox *inbox)
{
    uint64_t keep = inbox->held;

    if (keep && inbox->reader.prefix_have == SN_GRPC_PREFIX)
        keep += inbox->reader.have;
    uint64_t due = inbox->closed            ? inbox->received
                   : inbox->received > keep ? inbox->received - keep
                                            : 0;
    if (due <= inbox->credited)
        return;
    size_t more = due - inbox->credited;
    inbox->credited = due;
    inbox->events->credit(inbox, more);
}

void sn_inbox_credit(struct sn_inbox *inbox, size_t len)
{
    inbox->held -= len < inbox->held ? len : inbox->held;
    settle(inbox);
}

/* ---- messages in pieces ---- */

static bool budget_take(struct sn_budget *budget, size_t size)
{
    for (struct sn_budget *b = budget; b; b = b->parent)
        if (size > b->max || b->used > b->max - size)
            return false;
    for (struct sn_budget *b = budget; b; b = b->parent)
        b->used += size;
    return true;
}

static void budget_return(struct sn_budget *budget, size_t size)
{
    for (struct sn_budget *b = budget; b; b = b->parent)
        b->used -= size;
}

static struct sn_message *detach(struct sn_inbox *inbox)
{
    struct sn_message *message = inbox->message;

    budget_return(inbox->budget, inbox->reserved);
    inbox->reserved = 0;
    inbox->message = NULL;
    inbox->reader.buffer = NULL;
    inbox->reader.capacity = 0;
    return message;
}

static void drop_message(struct sn_inbox *inbox)
{
    if (inbox->message)
        sn_message_free(detach(inbox));
}

struct sn_message *sn_inbox_take(struct sn_inbox *inbox)
{
    if (!inbox->message || inbox->delivered.ptr != (const char *)inbox->message->data)
        return NULL;
    struct sn_message *message = detach(inbox);
    message->len = inbox->delivered.len;
    return message;
}

/* Grows with what has really arrived, never beyond the message: a prefix that promises much costs
 * nothing. */
static bool grow(struct sn_inbox *inbox)
{
    struct sn_grpc_reader *reader = &inbox->reader;
    size_t size = reader->capacity ? reader->capacity * GROWTH : FIRST_SIZE;

    if (size > reader->len)
        size = reader->len;
    size_t whole = size < SN_BLOCK_SIZE ? SN_BLOCK_SIZE : size;
    if (!budget_take(inbox->budget, whole))
        return false;
    struct sn_message *message = sn_message_reserve(inbox->blocks, size);
    if (!message) {
        budget_return(inbox->budget, whole);
        return false;
    }
    if (reader->have)
        memcpy(message->data, reader->buffer, reader->have);
    drop_message(inbox);
    inbox->message = message;
    inbox->reserved = whole;
    reader->buffer = message->data;
    reader->capacity = size;
    return true;
}

bool sn_inbox_is_between(const struct sn_inbox *inbox)
{
    return inbox->closed || sn_grpc_between(&inbox->reader);
}

void sn_inbox_close(struct sn_inbox *inbox)
{
    if (inbox->closed)
        return;
    inbox->closed = true;
    if (!inbox->events)
        return;
    if (!inbox->reading) /* or the message being delivered may lie there */
        drop_message(inbox);
    settle(inbox);
}

void sn_inbox_fini(struct sn_inbox *inbox)
{
    drop_message(inbox);
}

static void refuse(struct sn_inbox *inbox, int code, const char *text)
{
    sn_inbox_close(inbox);
    inbox->events->refuse(inbox, code, text);
}

/* ---- delivery ---- */

static void deliver(struct sn_inbox *inbox, struct sn_str message, bool compressed)
{
    inbox->held += message.len;
    inbox->events->message(inbox, message, compressed);
}

static void deliver_plain(struct sn_inbox *inbox, struct sn_str message)
{
    inbox->delivered = message;
    deliver(inbox, message, false);
    inbox->delivered = SN_STR_NULL;
}

/* The texts of refusals are those of the reference's library. */
static void deliver_compressed(struct sn_inbox *inbox, struct sn_str message)
{
    struct sn_str encoding = inbox->encoding;
    struct sn_block_pool *blocks = inbox->blocks;
    char text[128];
    int code;

    if (!encoding.len || sn_str_is(encoding, "identity")) {
        refuse(inbox, SN_ERR_INTERNAL, "grpc: compressed flag set with identity or empty encoding");
        return;
    }
    if (!sn_str_is(encoding, "gzip")) {
        snprintf(text, sizeof(text),
                 "grpc: Decompressor is not installed for grpc-encoding \"%.*s\"",
                 (int)(encoding.len < 32 ? encoding.len : 32), encoding.ptr);
        refuse(inbox, SN_ERR_UNIMPLEMENTED, text);
        return;
    }
    struct sn_block *block = sn_gzip_inflate(blocks, &message, inbox->message_max, &code);
    if (!block) {
        refuse(inbox, code,
               code == SN_ERR_INTERNAL
                   ? "grpc: failed to decompress the received message"
                   : "grpc: received message after decompression larger than max");
        return;
    }
    deliver(inbox, message, true);
    sn_block_put(blocks, block);
}

static void refuse_unreadable(struct sn_inbox *inbox, enum sn_grpc_event event)
{
    const struct sn_grpc_reader *reader = &inbox->reader;
    char text[128];

    if (event == SN_GRPC_TOO_LARGE) {
        snprintf(text, sizeof(text), "grpc: received message larger than max (%u vs. %zu)",
                 (unsigned)reader->len, inbox->message_max);
        refuse(inbox, SN_ERR_RESOURCE_EXHAUSTED, text);
    } else if (event == SN_GRPC_MALFORMED) {
        snprintf(text, sizeof(text), "grpc: received unexpected payload format %d",
                 reader->prefix[0]);
        refuse(inbox, SN_ERR_INTERNAL, text);
    } else {
        refuse(inbox, SN_ERR_RESOURCE_EXHAUSTED, "no memory for the received message");
    }
}

void sn_inbox_read(struct sn_inbox *inbox, struct sn_str chunk)
{
    struct sn_grpc_message message;

    inbox->received += chunk.len;
    inbox->reading = true;
    while (!inbox->closed) {
        enum sn_grpc_event event =
            sn_grpc_next(&inbox->reader, &chunk, inbox->message_max, &message);

        if (event == SN_GRPC_MORE) {
            break;
        } else if (event == SN_GRPC_MESSAGE) {
            if (message.compressed)
                deliver_compressed(inbox, message.bytes);
            else
                deliver_plain(inbox, message.bytes);
            drop_message(inbox);
        } else if (event != SN_GRPC_GROW || !grow(inbox)) {
            refuse_unreadable(inbox, event);
        }
    }
    inbox->reading = false;
    if (inbox->closed)
        drop_message(inbox);
    settle(inbox);
}

void sn_message_add_prefix(struct sn_message *message)
{
    message->data -= SN_GRPC_PREFIX;
    sn_grpc_write_prefix(message->data, (uint32_t)message->len);
    message->data[0] = message->compressed;
    message->len += SN_GRPC_PREFIX;
}
