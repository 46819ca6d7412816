/* SPDX-License-Identifier: Apache-2.0
 *
 * Memory for chunks, and queues of them. Chunks leave about in the order they came, so each block
 * is filled once from the front and freed whole.
 */
#include "wire/sctp/private.h"

struct sctp_block {
    struct sn_block base;
    uint32_t used, live; /* bytes; chunks */
};

enum { BLOCK_HEADER = (sizeof(struct sctp_block) + 7) & ~7 };
_Static_assert(BLOCK_HEADER + sizeof(struct sctp_chunk) + SCTP_EARLY_LEN_MAX <= SN_BLOCK_SIZE,
               "a chunk fits into a block");

/* Twice the bytes: headers, and what is lost at the ends of blocks. */
void sctp_store_init(struct sctp_store *store, struct sn_block_pool *pool, size_t bytes_max)
{
    *store = (struct sctp_store){.pool = pool,
                                 .blocks_max = (uint32_t)(2 * bytes_max / SN_BLOCK_SIZE + 2)};
}

static bool add_block(struct sctp_store *store)
{
    if (store->blocks >= store->blocks_max)
        return false;
    struct sctp_block *block = (struct sctp_block *)sn_block_get(store->pool, SN_BLOCK_SIZE);
    if (!block)
        return false;
    block->used = BLOCK_HEADER;
    block->live = 0;
    store->blocks++;
    store->filling = block;
    return true;
}

struct sctp_chunk *sctp_store_take(struct sctp_store *store, const uint8_t *bytes, size_t len)
{
    uint32_t size = (uint32_t)((sizeof(struct sctp_chunk) + len + 7) & ~(size_t)7);

    if ((!store->filling || store->filling->used + size > SN_BLOCK_SIZE) && !add_block(store))
        return NULL;
    struct sctp_block *block = store->filling;
    struct sctp_chunk *chunk = (struct sctp_chunk *)(void *)((char *)block + block->used);
    block->used += size;
    block->live++;
    *chunk = (struct sctp_chunk){.block = block, .len = (uint16_t)len};
    memcpy(sctp_bytes(chunk), bytes, len);
    return chunk;
}

void sctp_store_put(struct sctp_store *store, struct sctp_chunk *chunk)
{
    struct sctp_block *block = chunk->block;

    if (--block->live)
        return;
    if (block == store->filling)
        store->filling = NULL;
    store->blocks--;
    sn_block_put(store->pool, &block->base);
}

void sctp_queue_append(struct sctp_queue *queue, struct sctp_chunk *chunk)
{
    chunk->next = NULL;
    if (queue->last)
        queue->last->next = chunk;
    else
        queue->first = chunk;
    queue->last = chunk;
}

struct sctp_chunk *sctp_queue_pop(struct sctp_queue *queue)
{
    struct sctp_chunk *chunk = queue->first;

    queue->first = chunk->next;
    if (!queue->first)
        queue->last = NULL;
    return chunk;
}

void sctp_queue_clear(struct sctp_queue *queue, struct sctp_store *store)
{
    while (queue->first)
        sctp_store_put(store, sctp_queue_pop(queue));
}
