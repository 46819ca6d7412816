/* SPDX-License-Identifier: Apache-2.0
 *
 * The streams of one data channel. Out: each has its turn with one frame, so that a small answer
 * waits for a piece of each large one, not for all of them. In: pieces become messages, within
 * limits per stream and channel; who goes beyond loses its stream, not the channel. Loop thread.
 */
#include "rpc/transport/webrtc/private.h"

#include <stdio.h>

/* ---- all of them ---- */

static void on_tell(struct sn_timer *timer)
{
    struct rtc_pipe *pipe = sn_container_of(timer, struct rtc_pipe, tell);

    while (!sn_list_empty(&pipe->thirsty)) {
        struct rtc_stream *stream = sn_container_of(pipe->thirsty.next, struct rtc_stream, thirst);

        sn_list_remove(&stream->thirst);
        pipe->side->writable(stream);
    }
}

static void on_stall(struct sn_timer *timer)
{
    struct rtc_pipe *pipe = sn_container_of(timer, struct rtc_pipe, stall);

    if (!sn_list_empty(&pipe->ready)) /* what waited may have been dropped */
        pipe->side->hopeless(pipe, "the peer doesn't read");
}

void rtc_pipe_init(struct rtc_pipe *pipe, const struct rtc_side *side, struct sn_env *env,
                   const struct sn_limits *limits, struct sn_datachannel *channel)
{
    *pipe = (struct rtc_pipe){.side = side, .env = env, .limits = limits, .channel = channel};
    for (int i = 0; i < RTC_BUCKETS; i++)
        sn_list_init(&pipe->buckets[i]);
    sn_list_init(&pipe->ready);
    sn_list_init(&pipe->thirsty);
}

void rtc_pipe_cut(struct rtc_pipe *pipe)
{
    pipe->channel = NULL;
    pipe->open = false;
    sn_timer_stop(pipe->env->timers, &pipe->tell);
    sn_timer_stop(pipe->env->timers, &pipe->stall);
}

struct rtc_stream *rtc_pipe_find(const struct rtc_pipe *pipe, uint64_t id)
{
    const struct sn_list *bucket = &pipe->buckets[id % RTC_BUCKETS];
    struct sn_list *node;

    sn_list_for_each (node, bucket) {
        struct rtc_stream *stream = sn_container_of(node, struct rtc_stream, link);

        if (stream->id == id)
            return stream;
    }
    return NULL;
}

struct rtc_stream *rtc_pipe_any(const struct rtc_pipe *pipe)
{
    for (int i = 0; i < RTC_BUCKETS && pipe->count; i++)
        if (!sn_list_empty(&pipe->buckets[i]))
            return sn_container_of(pipe->buckets[i].next, struct rtc_stream, link);
    return NULL;
}

void rtc_stream_init(struct rtc_stream *stream, struct rtc_pipe *pipe, uint64_t id)
{
    *stream = (struct rtc_stream){.pipe = pipe, .id = id};
    stream->messages_end = &stream->messages;
    sn_list_init(&stream->turn);
    sn_list_init(&stream->thirst);
    sn_list_append(&pipe->buckets[id % RTC_BUCKETS], &stream->link);
    pipe->count++;
}

void rtc_stream_fini(struct rtc_stream *stream)
{
    rtc_stream_drop(stream);
    rtc_stream_deafen(stream);
    rtc_stream_credit(stream, stream->held);
    sn_list_remove(&stream->link);
    stream->pipe->count--;
}

/* ---- out ---- */

/* Nothing waits for ever: a peer that takes nothing for long doesn't read. */
static void watch(struct rtc_pipe *pipe, bool moved)
{
    struct sn_timers *timers = pipe->env->timers;

    if (!pipe->open || sn_list_empty(&pipe->ready))
        sn_timer_stop(timers, &pipe->stall);
    else if (moved || !pipe->stall.armed)
        sn_timer_start(timers, &pipe->stall, pipe->limits->stall_ns, on_stall);
}

static int send_frame(struct rtc_pipe *pipe, const uint8_t *bytes, size_t len)
{
    return pipe->channel->ops->send(pipe->channel, (struct sn_str){(const char *)bytes, len});
}

/* A frame that lies ready. */
static int send_whole(struct rtc_stream *stream, struct sn_message **frame)
{
    int code = send_frame(stream->pipe, (*frame)->data, (*frame)->len);

    if (code)
        return code;
    sn_message_free(*frame);
    *frame = NULL;
    return 0;
}

static void note_sent(struct rtc_stream *stream, size_t len)
{
    stream->queued -= len;
    stream->pipe->unsent -= len;
    if (!stream->full || stream->queued > RTC_LOW_WATER)
        return;
    stream->full = false;
    if (stream->ending || !sn_list_empty(&stream->thirst)) /* it was full again meanwhile */
        return;
    sn_list_append(&stream->pipe->thirsty, &stream->thirst);
    sn_timer_start(stream->pipe->env->timers, &stream->pipe->tell, 0, on_tell);
}

static void pop_message(struct rtc_stream *stream)
{
    struct sn_message *message = stream->messages;

    stream->messages = message->next;
    if (!stream->messages)
        stream->messages_end = &stream->messages;
    stream->sent = 0;
    sn_message_free(message);
}

/* The next piece of the first message; its head goes over what was sent before it. */
static int send_piece(struct rtc_stream *stream)
{
    struct sn_message *message = stream->messages;
    uint8_t *data = message->data + stream->sent;
    size_t left = message->len - stream->sent;
    size_t len = left < RTC_PIECE_MAX ? left : RTC_PIECE_MAX;
    bool end = len == left;
    bool last = end && stream->ending && !message->next && !stream->tail;
    size_t head = stream->pipe->side->write_head(data, len, stream, end, last);
    int code = send_frame(stream->pipe, data - head, head + len);

    if (code)
        return code;
    stream->sent += len;
    if (end)
        pop_message(stream);
    note_sent(stream, len);
    return 0;
}

static bool has_something(const struct rtc_stream *stream)
{
    return stream->head || stream->messages || stream->tail;
}

static int send_next(struct rtc_stream *stream)
{
    if (stream->head)
        return send_whole(stream, &stream->head);
    if (stream->messages)
        return send_piece(stream);
    return stream->tail ? send_whole(stream, &stream->tail) : 0;
}

void rtc_pipe_pump(struct rtc_pipe *pipe)
{
    bool moved = false;

    if (pipe->pumping)
        return;
    pipe->pumping = true;
    while (pipe->open && !sn_list_empty(&pipe->ready) && pipe->channel->ops->room(pipe->channel)) {
        struct rtc_stream *stream = sn_container_of(pipe->ready.next, struct rtc_stream, turn);

        if (send_next(stream)) /* it will be writable */
            break;
        moved = true;
        sn_list_remove(&stream->turn);
        if (has_something(stream))
            sn_list_append(&pipe->ready, &stream->turn);
        else if (stream->ending)
            pipe->side->sent(stream);
    }
    pipe->pumping = false;
    watch(pipe, moved);
}

void rtc_stream_wake(struct rtc_stream *stream)
{
    struct rtc_pipe *pipe = stream->pipe;

    if (sn_list_empty(&stream->turn) && has_something(stream))
        sn_list_append(&pipe->ready, &stream->turn);
    rtc_pipe_pump(pipe);
}

void rtc_stream_message(struct rtc_stream *stream, struct sn_message *take_message)
{
    struct rtc_pipe *pipe = stream->pipe;

    take_message->next = NULL;
    *stream->messages_end = take_message;
    stream->messages_end = &take_message->next;
    stream->queued += take_message->len;
    pipe->unsent += take_message->len;
    if (stream->queued > RTC_LOW_WATER)
        stream->full = true;
    rtc_stream_wake(stream);
    if (pipe->open && pipe->unsent > pipe->limits->unsent_bytes)
        pipe->side->hopeless(pipe, "the peer reads too slowly");
}

void rtc_stream_drop(struct rtc_stream *stream)
{
    sn_message_free(stream->head);
    sn_message_free(stream->tail);
    stream->head = stream->tail = NULL;
    while (stream->messages)
        pop_message(stream);
    stream->pipe->unsent -= stream->queued;
    stream->queued = 0;
    stream->full = false;
    sn_list_remove(&stream->turn);
    sn_list_remove(&stream->thirst);
}

/* ---- in ---- */

static void free_block(struct rtc_stream *stream)
{
    if (!stream->block)
        return;
    stream->pipe->gathered -= stream->block->size;
    sn_block_put(stream->pipe->env->blocks, stream->block);
    stream->block = NULL;
    stream->have = 0;
}

void rtc_stream_deafen(struct rtc_stream *stream)
{
    stream->deaf = true;
    free_block(stream);
}

static void SN_PRINTF(3, 4) refuse(struct rtc_stream *stream, int code, const char *format, ...)
{
    char text[160];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    rtc_stream_deafen(stream);
    stream->pipe->side->refuse(stream, code, text);
}

/* A block for `len` bytes, with those that are there; grows twofold, so that the copying stays
 * within twice the message. */
static bool make_room(struct rtc_stream *stream, size_t len)
{
    struct rtc_pipe *pipe = stream->pipe;
    size_t size = stream->block ? stream->block->size : SN_BLOCK_SIZE / 2;

    if (stream->block && len <= size - sizeof(struct sn_block))
        return true;
    do
        size *= 2;
    while (size - sizeof(struct sn_block) < len);
    if (size > pipe->limits->message_bytes + SN_BLOCK_SIZE)
        size = pipe->limits->message_bytes + SN_BLOCK_SIZE;
    size_t old_size = stream->block ? stream->block->size : 0;
    if (pipe->gathered - old_size + pipe->held + size > pipe->limits->gathered_bytes)
        return false;
    struct sn_block *block = sn_block_get(pipe->env->blocks, size);
    if (!block)
        return false;
    pipe->gathered += block->size;
    if (stream->block) {
        size_t have = stream->have;

        memcpy(block + 1, stream->block + 1, have);
        free_block(stream);
        stream->have = have;
    }
    stream->block = block;
    return true;
}

/* The stream's block, if it has one, goes when the bytes have been looked at. */
static void deliver(struct rtc_stream *stream, struct sn_str bytes)
{
    struct rtc_pipe *pipe = stream->pipe;
    struct sn_block *block = stream->block;
    size_t size = block ? block->size : 0;

    stream->block = NULL;
    stream->have = 0;
    stream->held += bytes.len;
    pipe->held += bytes.len;
    if (!bytes.ptr) /* an empty one is somewhere, too */
        bytes.ptr = "";
    pipe->side->message(stream, bytes); /* the stream may be gone now, the pipe not */
    if (!block)
        return;
    pipe->gathered -= size;
    sn_block_put(pipe->env->blocks, block);
}

void rtc_stream_receive(struct rtc_stream *stream, const struct sn_frame *frame)
{
    struct rtc_pipe *pipe = stream->pipe;
    size_t whole = stream->have + frame->data.len;

    if (stream->deaf)
        return;
    if (whole > pipe->limits->message_bytes) {
        refuse(stream, SN_ERR_RESOURCE_EXHAUSTED,
               "grpc: received message larger than max (%zu vs. %zu)", whole,
               pipe->limits->message_bytes);
    } else if (stream->held > RTC_HELD_MAX || pipe->held > pipe->limits->gathered_bytes) {
        refuse(stream, SN_ERR_RESOURCE_EXHAUSTED,
               "messages come faster than they are taken: %zu bytes of this call wait",
               stream->held);
    } else if (frame->end_message && !stream->have) {
        deliver(stream, frame->data);
    } else if (!make_room(stream, whole)) {
        refuse(stream, SN_ERR_RESOURCE_EXHAUSTED,
               "no memory for a message of this call: %zu bytes of this connection's aren't whole",
               pipe->gathered);
    } else {
        if (frame->data.len)
            memcpy((char *)(stream->block + 1) + stream->have, frame->data.ptr, frame->data.len);
        stream->have = whole;
        if (frame->end_message)
            deliver(stream, (struct sn_str){(const char *)(stream->block + 1), whole});
    }
}

void rtc_stream_credit(struct rtc_stream *stream, size_t bytes)
{
    stream->held -= bytes < stream->held ? bytes : stream->held;
    stream->pipe->held -= bytes < stream->pipe->held ? bytes : stream->pipe->held;
}
