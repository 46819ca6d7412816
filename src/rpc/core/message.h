/* SPDX-License-Identifier: Apache-2.0
 *
 * One serialised message on its way out, with the memory it lies in. It is handed over whole:
 * whoever takes it frees it when the bytes are gone.
 */
#ifndef SN_RPC_MESSAGE_H
#define SN_RPC_MESSAGE_H

#include "sinew/arena.h"

#include <stdint.h>

/* Writable bytes before `data`, for a transport's own prefix (gRPC over HTTP/2 needs 5, a data
 * channel's packet header up to 24). */
enum { SN_MESSAGE_HEADROOM = 32 };

/* Largest message either side accepts (upstream's limit on both transports). */
enum { SN_MESSAGE_MAX = 32 << 20 };

struct sn_message {
    struct sn_arena arena;
    uint8_t *data;
    size_t len;
    bool compressed;         /* the bytes are gzip */
    struct sn_message *next; /* the holder's queue */
};

/* Lives in its own arena's first block. NULL without memory. */
struct sn_message *sn_message_create(struct sn_block_pool *blocks) SN_MUST_USE;

/* A message with room for `size` bytes at `data`, and headroom before it; its length is 0. NULL
 * without memory. */
struct sn_message *sn_message_reserve(struct sn_block_pool *blocks, size_t size) SN_MUST_USE;

/* A message holding a copy of those bytes, headroom included. NULL without memory. */
struct sn_message *sn_message_copy(struct sn_block_pool *blocks, const void *bytes, size_t len)
    SN_MUST_USE;

/* Accepts NULL. */
void sn_message_free(struct sn_message *message);

#endif
