/* SPDX-License-Identifier: Apache-2.0
 *
 * The reading half of a stream: messages out of DATA, inflated, and the credit the peer gets for
 * them. Loop thread.
 *
 * Credit: all bytes received, less those of messages that were delivered and that the receiver has
 * yet to give credit for. Bytes of a message that isn't whole yet get credit at once, or a message
 * larger than the window could never become whole; but not while the receiver is behind. So a slow
 * receiver holds a window and one message at most.
 */
#include "rpc/transport/http2/session.h"

#include <stdio.h>
#include <zlib.h>

enum {
    BLOCK_HEAD = 16,       /* keeps a block's bytes aligned */
    FIRST_SIZE = 16 << 10, /* room for a message that comes in pieces; then four times as much */
};

static struct sn_block_pool *blocks_of(const struct h2_stream *stream)
{
    return sn_loop_blocks(stream->session->loop);
}

/* ---- credit ---- */

static void settle(struct h2_stream *stream)
{
    struct h2_inbox *in = &stream->in;
    uint64_t keep = in->held;

    if (keep && in->reader.prefix_have == SN_GRPC_PREFIX)
        keep += in->reader.have;
    uint64_t due = in->closed ? in->received : in->received > keep ? in->received - keep : 0;
    if (due <= in->credited)
        return;
    nghttp2_session_consume_stream(stream->session->ng, stream->id, due - in->credited);
    in->credited = due;
}

void h2_stream_credit(struct h2_stream *stream, size_t len)
{
    struct h2_inbox *in = &stream->in;

    in->held -= len < in->held ? len : in->held;
    settle(stream);
    h2_session_wake(stream->session);
}

/* ---- messages in pieces ---- */

static void count_gathered(struct h2_stream *stream, size_t more, size_t less)
{
    stream->session->gathered += more - less;
    stream->session->memory->gathered += more - less;
}

static void drop_block(struct h2_stream *stream)
{
    struct h2_inbox *in = &stream->in;

    if (!in->block)
        return;
    count_gathered(stream, 0, in->block->size);
    sn_block_put(blocks_of(stream), in->block);
    in->block = NULL;
    in->reader.buffer = NULL;
    in->reader.capacity = 0;
}

/* Grows with what has really arrived, never beyond the message: a prefix that promises much costs
 * nothing. */
static bool grow(struct h2_stream *stream)
{
    struct h2_inbox *in = &stream->in;
    struct sn_grpc_reader *reader = &in->reader;
    size_t size = reader->capacity ? reader->capacity * 4 : FIRST_SIZE;

    if (size > reader->len)
        size = reader->len;
    if (stream->session->gathered + size > H2_GATHERED_MAX ||
        stream->session->memory->gathered + size > H2_GATHERED_ALL_MAX)
        return false;
    struct sn_block *block = sn_block_get(blocks_of(stream), size + BLOCK_HEAD);
    if (!block)
        return false;
    uint8_t *buffer = (uint8_t *)block + BLOCK_HEAD;
    size_t have = reader->have;
    if (have)
        memcpy(buffer, reader->buffer, have);
    drop_block(stream);
    count_gathered(stream, block->size, 0);
    in->block = block;
    reader->buffer = buffer;
    reader->capacity = size;
    return true;
}

bool h2_inbox_is_between(const struct h2_stream *stream)
{
    return stream->in.closed || sn_grpc_between(&stream->in.reader);
}

void h2_inbox_close(struct h2_stream *stream)
{
    if (stream->in.closed)
        return;
    stream->in.closed = true;
    if (!stream->session)
        return;
    if (!stream->session->feeding) /* or the message being delivered may lie there */
        drop_block(stream);
    settle(stream);
}

void h2_inbox_fini(struct h2_stream *stream)
{
    if (stream->session)
        drop_block(stream);
}

static void refuse(struct h2_stream *stream, int code, const char *text)
{
    h2_inbox_close(stream);
    stream->session->side->refuse(stream, code, text);
}

/* ---- compressed messages ---- */

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

/* gzip into a block of its own; NULL with a code when it can't be. */
static struct sn_block *inflate_message(struct h2_stream *stream, struct sn_str *message,
                                        int *ret_code)
{
    z_stream z = {0};
    size_t size = message->len < SN_MESSAGE_MAX / 8 ? message->len * 4 + 1024 : SN_MESSAGE_MAX;
    struct sn_block *block = NULL;
    int status = Z_BUF_ERROR;

    *ret_code = SN_ERR_INTERNAL;
    if (inflateInit2(&z, 15 + 16) != Z_OK)
        return NULL;
    /* From the start with more room: rare, and simpler than growing on the way. */
    while (status == Z_BUF_ERROR && size <= SN_MESSAGE_MAX) {
        if (block)
            sn_block_put(blocks_of(stream), block);
        block = sn_block_get(blocks_of(stream), size + BLOCK_HEAD);
        status = block ? inflate_into(&z, *message, (char *)block + BLOCK_HEAD, size) : Z_MEM_ERROR;
        size = size == SN_MESSAGE_MAX || size * 4 < SN_MESSAGE_MAX ? size * 4 : SN_MESSAGE_MAX;
        if (z.avail_in == 0 && z.avail_out) /* the input is cut short */
            break;
    }
    inflateEnd(&z);
    if (status == Z_STREAM_END) {
        *message = (struct sn_str){(const char *)block + BLOCK_HEAD, z.total_out};
        return block;
    }
    if ((status == Z_BUF_ERROR && !z.avail_out) || status == Z_MEM_ERROR)
        *ret_code = SN_ERR_RESOURCE_EXHAUSTED;
    if (block)
        sn_block_put(blocks_of(stream), block);
    return NULL;
}

static void deliver(struct h2_stream *stream, struct sn_str message)
{
    stream->in.held += message.len;
    stream->session->side->message(stream, message);
}

/* The texts of refusals are those of the reference's library. */
static void deliver_compressed(struct h2_stream *stream, struct sn_str message)
{
    struct sn_str encoding = stream->in.encoding;
    struct sn_block_pool *blocks = blocks_of(stream);
    char text[128];
    int code;

    if (!encoding.len || sn_str_is(encoding, "identity")) {
        refuse(stream, SN_ERR_INTERNAL,
               "grpc: compressed flag set with identity or empty encoding");
        return;
    }
    if (!sn_str_is(encoding, "gzip")) {
        snprintf(text, sizeof(text),
                 "grpc: Decompressor is not installed for grpc-encoding \"%.*s\"",
                 (int)(encoding.len < 32 ? encoding.len : 32), encoding.ptr);
        refuse(stream, SN_ERR_UNIMPLEMENTED, text);
        return;
    }
    struct sn_block *block = inflate_message(stream, &message, &code);
    if (!block) {
        refuse(stream, code,
               code == SN_ERR_INTERNAL
                   ? "grpc: failed to decompress the received message"
                   : "grpc: received message after decompression larger than max");
        return;
    }
    deliver(stream, message);
    sn_block_put(blocks, block);
}

/* ---- DATA ---- */

static void refuse_unreadable(struct h2_stream *stream, enum sn_grpc_event event)
{
    const struct sn_grpc_reader *reader = &stream->in.reader;
    char text[128];

    if (event == SN_GRPC_TOO_LARGE) {
        snprintf(text, sizeof(text), "grpc: received message larger than max (%u vs. %d)",
                 (unsigned)reader->len, (int)SN_MESSAGE_MAX);
        refuse(stream, SN_ERR_RESOURCE_EXHAUSTED, text);
    } else if (event == SN_GRPC_MALFORMED) {
        snprintf(text, sizeof(text), "grpc: received unexpected payload format %d",
                 reader->prefix[0]);
        refuse(stream, SN_ERR_INTERNAL, text);
    } else {
        refuse(stream, SN_ERR_RESOURCE_EXHAUSTED, "no memory for the received message");
    }
}

void h2_inbox_read(struct h2_stream *stream, struct sn_str chunk)
{
    struct h2_inbox *in = &stream->in;
    struct sn_grpc_message message;

    in->received += chunk.len;
    while (!in->closed) {
        enum sn_grpc_event event = sn_grpc_next(&in->reader, &chunk, SN_MESSAGE_MAX, &message);

        if (event == SN_GRPC_MORE) {
            break;
        } else if (event == SN_GRPC_MESSAGE) {
            if (message.compressed)
                deliver_compressed(stream, message.bytes);
            else
                deliver(stream, message.bytes);
            drop_block(stream);
        } else if (event != SN_GRPC_GROW || !grow(stream)) {
            refuse_unreadable(stream, event);
        }
    }
    if (in->closed)
        drop_block(stream);
    settle(stream);
}
