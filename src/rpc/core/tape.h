/* SPDX-License-Identifier: Apache-2.0
 *
 * For tests: a transport that writes down what the core tells it ("headers1 message9 end0:").
 */
#ifndef SN_RPC_TAPE_H
#define SN_RPC_TAPE_H

#include "rpc/core/transport.h"
#include "sinew/list.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

struct tape {
    struct sn_server_stream stream;
    char log[512];
    size_t queued, credit;
    struct sn_message *to_take; /* the memory of the message that is delivered; or NULL */
    uint8_t last[8192];         /* bytes of the last message */
    size_t last_len;
    const void *last_at;
};

static inline void SN_PRINTF(2, 3) tape_note(struct tape *tape, const char *format, ...)
{
    size_t used = strlen(tape->log);
    va_list args;

    va_start(args, format);
    vsnprintf(tape->log + used, sizeof(tape->log) - used, format, args);
    va_end(args);
}

static inline struct tape *tape_of(struct sn_server_stream *stream)
{
    return sn_container_of(stream, struct tape, stream);
}

static inline void tape_headers(struct sn_server_stream *stream, const struct sn_metadata *headers)
{
    tape_note(tape_of(stream), "headers%u ", headers->count);
}

static inline void tape_message(struct sn_server_stream *stream, struct sn_message *message)
{
    struct tape *tape = tape_of(stream);

    tape->last_len = message->len;
    tape->last_at = message->data;
    memcpy(tape->last, message->data,
           message->len < sizeof(tape->last) ? message->len : sizeof(tape->last));
    tape_note(tape, "message%zu ", message->len);
    sn_message_free(message);
}

static inline void tape_trailers(struct sn_server_stream *stream, const struct sn_status *status,
                                 const struct sn_metadata *trailers)
{
    tape_note(tape_of(stream), "end%d:%.*s", status->code, SN_STR_ARGS(status->text));
}

static inline size_t tape_queued(const struct sn_server_stream *stream)
{
    return sn_container_of(stream, struct tape, stream)->queued;
}

static inline void tape_credit(struct sn_server_stream *stream, size_t bytes)
{
    tape_of(stream)->credit += bytes;
}

static inline struct sn_message *tape_take(struct sn_server_stream *stream)
{
    struct tape *tape = tape_of(stream);
    struct sn_message *message = tape->to_take;

    tape->to_take = NULL;
    return message;
}

static const struct sn_server_stream_ops tape_ops = {
    .headers = tape_headers,
    .message = tape_message,
    .trailers = tape_trailers,
    .queued = tape_queued,
    .credit = tape_credit,
    .take = tape_take,
};

#endif
