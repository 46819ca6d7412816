/* SPDX-License-Identifier: Apache-2.0
 *
 * For the tests of transports: a client's call and what came back. For *_test.c only.
 */
#ifndef SN_TRANSPORT_ANSWER_TESTING_H
#define SN_TRANSPORT_ANSWER_TESTING_H

#include "rpc/core/transport.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct answer {
    struct sn_client_stream *stream;
    struct sn_channel *channel;
    struct sn_block_pool *pool; /* of messages */
    bool hold;                  /* gives no credit */
    size_t act_at;              /* calls `act` at that message, where it isn't 0 */
    void (*act)(struct answer *answer);
    const size_t *clock; /* what is read when it is done; NULL: nothing */

    bool done, has_headers, half_closed;
    int code;
    size_t messages, bytes, len, writables;
    uint32_t sum;
    uint8_t first[64]; /* bytes of the newest message */
    char text[256], details[64], headers[512], trailers[512];
    size_t details_len, done_at;
};

static inline void answer_print(char *out, size_t size, const struct sn_metadata *metadata)
{
    size_t used = 0;

    for (uint32_t i = 0; i < metadata->count && used < size; i++)
        used +=
            (size_t)snprintf(out + used, size - used, "%.*s=%.*s;", SN_STR_ARGS(metadata->v[i].key),
                             SN_STR_ARGS(metadata->v[i].value));
}

static inline void answer_headers(struct sn_client_stream *stream,
                                  const struct sn_metadata *headers)
{
    struct answer *answer = stream->owner;

    assert_false(answer->has_headers || answer->done);
    answer->has_headers = true;
    answer_print(answer->headers, sizeof(answer->headers), headers);
}

static inline void answer_message(struct sn_client_stream *stream, const void *bytes, size_t len)
{
    struct answer *answer = stream->owner;

    assert_true(answer->has_headers && !answer->done);
    answer->messages++;
    answer->bytes += len;
    answer->len = len;
    for (size_t i = 0; i < len; i++)
        answer->sum += ((const uint8_t *)bytes)[i];
    memcpy(answer->first, bytes, len < sizeof(answer->first) ? len : sizeof(answer->first));
    if (!answer->hold)
        stream->ops->credit(stream, len);
    if (answer->act_at && answer->messages == answer->act_at)
        answer->act(answer);
}

static inline void answer_writable(struct sn_client_stream *stream)
{
    ((struct answer *)stream->owner)->writables++;
}

static inline void answer_trailers(struct sn_client_stream *stream, const struct sn_status *status,
                                   const struct sn_metadata *trailers)
{
    struct answer *answer = stream->owner;

    assert_false(answer->done);
    answer->done = true;
    answer->done_at = answer->clock ? *answer->clock : 0;
    answer->code = status->code;
    snprintf(answer->text, sizeof(answer->text), "%.*s", SN_STR_ARGS(status->text));
    answer->details_len = status->details.len;
    if (status->details.len && status->details.len <= sizeof(answer->details))
        memcpy(answer->details, status->details.ptr, status->details.len);
    answer_print(answer->trailers, sizeof(answer->trailers), trailers);
}

static const struct sn_client_events answer_events = {answer_headers, answer_message,
                                                      answer_writable, answer_trailers};

/* For `act`. */
static inline void answer_cancel(struct answer *answer)
{
    answer->stream->ops->cancel(answer->stream, SN_ERR_CANCELLED);
}

/* Opens the call; what the answer says of how to behave counts. */
static inline void answer_open(struct answer *answer, struct sn_channel *channel,
                               struct sn_block_pool *pool, const char *path,
                               const struct sn_metadata *metadata, uint64_t timeout_ns)
{
    answer->channel = channel;
    answer->pool = pool;
    answer->stream =
        channel->ops->open(channel, &answer_events, answer, sn_str_of(path), metadata, timeout_ns);
    assert_non_null(answer->stream);
    assert_false(answer->done);
}

static inline void send_bytes(struct answer *answer, const void *bytes, size_t len, bool last)
{
    answer->stream->ops->message(answer->stream, sn_message_copy(answer->pool, bytes, len), last);
}

static inline void half_close(struct answer *answer)
{
    answer->half_closed = true;
    answer->stream->ops->half_close(answer->stream);
}

/* Of the core's method Count. */
static inline void ask_count(struct answer *answer, uint32_t count, uint32_t size)
{
    uint32_t numbers[] = {count, size};

    send_bytes(answer, numbers, sizeof(numbers), true);
}

#endif
