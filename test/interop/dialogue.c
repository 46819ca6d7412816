/* SPDX-License-Identifier: Apache-2.0
 *
 * Steps of a call, waited for one after the other.
 */
#include "dialogue.h"

#include "sinew/timers.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WAIT_MAX_S = 30, MEMORY_MAX = 256 << 20, RESPONSES_MAX = 1024 };

void interop_fail(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    fputs("grpc-interop-client: ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    exit(1);
}

static void copy_metadata(struct dialogue *dialogue, struct sn_metadata *to,
                          const struct sn_metadata *from)
{
    for (uint32_t i = 0; i < from->count; i++) {
        struct sn_str key = sn_arena_copy(&dialogue->arena, from->v[i].key);
        struct sn_str value = sn_arena_copy(&dialogue->arena, from->v[i].value);

        if (sn_metadata_add(to, &dialogue->arena, key, value))
            interop_fail("no memory for metadata");
    }
}

static void on_headers(struct sn_client_stream *stream, const struct sn_metadata *headers)
{
    struct dialogue *dialogue = stream->owner;

    copy_metadata(dialogue, &dialogue->headers, headers);
}

static void on_message(struct sn_client_stream *stream, const void *bytes, size_t len)
{
    struct dialogue *dialogue = stream->owner;
    struct sn_str copy = sn_arena_copy(&dialogue->arena, (struct sn_str){bytes, len});
    void *response = sn_arena_zalloc(&dialogue->arena, dialogue->response_type->size);

    stream->ops->credit(stream, len);
    if (!copy.ptr || !response || dialogue->response_count == RESPONSES_MAX)
        interop_fail("no memory for a response");
    if (sn_pb_decode(dialogue->response_type, response, copy.ptr, copy.len, &dialogue->arena))
        interop_fail("a response can't be decoded");
    dialogue->responses[dialogue->response_count++] = response;
    sn_loop_stop(dialogue->loop);
}

static void on_trailers(struct sn_client_stream *stream, const struct sn_status *status,
                        const struct sn_metadata *trailers)
{
    struct dialogue *dialogue = stream->owner;

    dialogue->stream = NULL;
    dialogue->code = status->code;
    dialogue->text = sn_arena_copy(&dialogue->arena, status->text);
    copy_metadata(dialogue, &dialogue->trailers, trailers);
    sn_loop_stop(dialogue->loop);
}

static const struct sn_pb_method *method_of(const struct sn_pb_service *service, const char *name)
{
    for (size_t i = 0; i < service->count; i++)
        if (strcmp(service->methods[i].name, name) == 0)
            return &service->methods[i];
    interop_fail("%s has no method %s", service->name, name);
}

void dialogue_init(struct dialogue *dialogue, struct sn_loop *loop, struct sn_channel *channel,
                   const struct sn_pb_service *service, const char *method,
                   const struct sn_metadata *metadata, uint64_t timeout_ns)
{
    static const struct sn_client_events events = {
        .on_headers = on_headers, .on_message = on_message, .on_trailers = on_trailers};
    const struct sn_pb_method *row = method_of(service, method);
    struct sn_metadata none = {0};
    char path[128];

    *dialogue = (struct dialogue){.loop = loop,
                                  .channel = channel,
                                  .request_type = row->request,
                                  .response_type = row->response};
    sn_arena_init(&dialogue->arena, sn_loop_blocks(loop), MEMORY_MAX);
    dialogue->responses = sn_arena_alloc(&dialogue->arena, RESPONSES_MAX * sizeof(void *));
    int len = snprintf(path, sizeof(path), "/%s/%s", service->name, method);
    dialogue->stream =
        channel->ops->open(channel, &events, dialogue, (struct sn_str){path, (size_t)len},
                           metadata ? metadata : &none, timeout_ns);
    if (!dialogue->stream || !dialogue->responses)
        interop_fail("no memory for a call");
}

void dialogue_fini(struct dialogue *dialogue)
{
    if (dialogue->stream)
        dialogue_cancel(dialogue);
    sn_arena_fini(&dialogue->arena);
}

void dialogue_send(struct dialogue *dialogue, const void *request)
{
    struct sn_message *message = sn_message_create(sn_loop_blocks(dialogue->loop));
    struct sn_str bytes;

    if (!dialogue->stream)
        interop_fail("the call ended too early: %d %.*s", -dialogue->code,
                     SN_STR_ARGS(dialogue->text));
    if (!message ||
        sn_pb_encode(dialogue->request_type, request, &message->arena, SN_MESSAGE_HEADROOM, &bytes))
        interop_fail("a request can't be encoded");
    message->data = (uint8_t *)(uintptr_t)bytes.ptr;
    message->len = bytes.len;
    dialogue->stream->ops->message(dialogue->stream, message, false);
}

void dialogue_half_close(struct dialogue *dialogue)
{
    if (dialogue->stream)
        dialogue->stream->ops->half_close(dialogue->stream);
}

void dialogue_cancel(struct dialogue *dialogue)
{
    if (dialogue->stream)
        dialogue->stream->ops->cancel(dialogue->stream, SN_ERR_CANCELLED);
}

static void ring(struct sn_timer *timer)
{
    interop_fail("nothing happened for %d s", WAIT_MAX_S);
}

static void wait_for(struct dialogue *dialogue, bool end)
{
    struct sn_timer alarm = {0};

    sn_timer_start(sn_loop_timers(dialogue->loop), &alarm, SN_SECONDS(WAIT_MAX_S), ring);
    while (dialogue->stream && (end || dialogue->taken == dialogue->response_count))
        sn_loop_run(dialogue->loop);
    sn_timer_stop(sn_loop_timers(dialogue->loop), &alarm);
}

const void *dialogue_response(struct dialogue *dialogue)
{
    wait_for(dialogue, false);
    return dialogue->taken < dialogue->response_count ? dialogue->responses[dialogue->taken++]
                                                      : NULL;
}

int dialogue_end(struct dialogue *dialogue)
{
    wait_for(dialogue, true);
    return dialogue->code;
}
