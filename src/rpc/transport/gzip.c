/* SPDX-License-Identifier: Apache-2.0
 *
 * gzip of single messages by zlib.
 */
#include "rpc/transport/gzip.h"

#include <zlib.h>

enum {
    BLOCK_HEAD = 16,       /* keeps a block's bytes aligned */
    GZIP_WINDOW = 15 + 16, /* zlib's way to say gzip */
    MEMORY_LEVEL = 8,
};

/* ---- in ---- */

/* Z_BUF_ERROR: `size` bytes are too few. */
static int inflate_into(z_stream *z, struct sn_str message, void *out, size_t size)
{
    inflateReset(z);
    z->next_in = (Bytef *)(uintptr_t)message.ptr;
    z->avail_in = (uInt)message.len;
    z->next_out = out;
    z->avail_out = (uInt)size;
    int status = inflate(z, Z_FINISH);
    return status == Z_OK ? Z_BUF_ERROR : status;
}

static size_t more(size_t size, size_t limit)
{
    return size < limit / 4 ? size * 4 : limit;
}

struct sn_block *sn_gzip_inflate(struct sn_block_pool *blocks, struct sn_str *message, size_t limit,
                                 int *ret_code)
{
    z_stream z = {0};
    size_t size = more(message->len + 256, limit);
    struct sn_block *block = NULL;
    int status = Z_BUF_ERROR;

    *ret_code = SN_ERR_INTERNAL;
    if (inflateInit2(&z, GZIP_WINDOW) != Z_OK)
        return NULL;
    /* From the start with more room: rare, and simpler than growing on the way. */
    for (;;) {
        block = sn_block_get(blocks, size + BLOCK_HEAD);
        status = block ? inflate_into(&z, *message, (char *)block + BLOCK_HEAD, size) : Z_MEM_ERROR;
        /* Room that is left with nothing to fill it: the input is cut short. */
        if (status != Z_BUF_ERROR || z.avail_out || size == limit)
            break;
        sn_block_put(blocks, block);
        size = more(size, limit);
    }
    inflateEnd(&z);
    if (status == Z_STREAM_END) {
        *message = (struct sn_str){(const char *)block + BLOCK_HEAD, z.total_out};
        return block;
    }
    if ((status == Z_BUF_ERROR && !z.avail_out) || status == Z_MEM_ERROR)
        *ret_code = SN_ERR_RESOURCE_EXHAUSTED;
    if (block)
        sn_block_put(blocks, block);
    return NULL;
}

/* ---- out ---- */

/* The compressed bytes' length; 0: they need more than `size`. */
static size_t deflate_into(const struct sn_message *message, uint8_t *out, size_t size)
{
    z_stream z = {.next_in = message->data,
                  .avail_in = (uInt)message->len,
                  .next_out = out,
                  .avail_out = (uInt)size};

    if (deflateInit2(&z, Z_BEST_SPEED, Z_DEFLATED, GZIP_WINDOW, MEMORY_LEVEL, Z_DEFAULT_STRATEGY))
        return 0;
    int status = deflate(&z, Z_FINISH);
    deflateEnd(&z);
    return status == Z_STREAM_END ? z.total_out : 0;
}

struct sn_message *sn_gzip_deflate(struct sn_message *take_message)
{
    size_t size = take_message->len;
    struct sn_message *made = sn_message_create(take_message->arena.pool);
    uint8_t *memory = made ? sn_arena_alloc(&made->arena, SN_MESSAGE_HEADROOM + size) : NULL;

    if (memory) {
        made->data = memory + SN_MESSAGE_HEADROOM;
        made->len = deflate_into(take_message, made->data, size);
    }
    if (!memory || !made->len) {
        sn_message_free(made);
        return take_message;
    }
    made->compressed = true;
    sn_message_free(take_message);
    return made;
}
