/* SPDX-License-Identifier: Apache-2.0
 *
 * Messages on their way out, each in its own arena.
 */
#include "rpc/core/message.h"

struct sn_message *sn_message_create(struct sn_block_pool *blocks)
{
    struct sn_arena arena;

    /* Twice: a buffer that grows exists twice for a moment. */
    sn_arena_init(&arena, blocks, 2 * (size_t)SN_MESSAGE_MAX + 4 * SN_BLOCK_SIZE);
    struct sn_message *message = sn_arena_zalloc(&arena, sizeof(*message));
    if (message)
        message->arena = arena;
    return message;
}

/* One piece, so that a large one is one block. */
struct sn_message *sn_message_reserve(struct sn_block_pool *blocks, size_t size)
{
    size_t whole = sizeof(struct sn_message) + SN_MESSAGE_HEADROOM + size;
    struct sn_arena arena;

    sn_arena_init(&arena, blocks, whole + SN_BLOCK_SIZE);
    struct sn_message *message = sn_arena_alloc(&arena, whole);
    if (!message)
        return NULL;
    *message =
        (struct sn_message){.arena = arena, .data = (uint8_t *)(message + 1) + SN_MESSAGE_HEADROOM};
    return message;
}

struct sn_message *sn_message_copy(struct sn_block_pool *blocks, const void *bytes, size_t len)
{
    struct sn_message *message = sn_message_reserve(blocks, len);

    if (!message)
        return NULL;
    message->len = len;
    if (len)
        memcpy(message->data, bytes, len);
    return message;
}

void sn_message_free(struct sn_message *message)
{
    if (!message)
        return;
    /* The arena lies in the memory it owns. */
    struct sn_arena arena = message->arena;
    sn_arena_fini(&arena);
}
