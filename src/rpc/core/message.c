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

struct sn_message *sn_message_copy(struct sn_block_pool *blocks, const void *bytes, size_t len)
{
    struct sn_message *message = sn_message_create(blocks);
    char *memory = message ? sn_arena_alloc(&message->arena, SN_MESSAGE_HEADROOM + len) : NULL;

    if (!memory) {
        sn_message_free(message);
        return NULL;
    }
    message->data = (uint8_t *)memory + SN_MESSAGE_HEADROOM;
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
