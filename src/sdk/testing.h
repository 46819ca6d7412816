/* SPDX-License-Identifier: Apache-2.0
 *
 * For tests: a module in simulated time, and a machine that answers as a test says.
 */
#ifndef SN_SDK_TESTING_H
#define SN_SDK_TESTING_H

#include "base/heap.h"
#include "base/log.h"
#include "pb/component/sensor/v1/sensor.h"
#include "pb/module/v1/module.h"
#include "pb/robot/v1/robot.h"
#include "rpc/core/tape.h"
#include "sdk/private.h"
#include "sinew/api/sensor.h"
#include "sinew/struct.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { MACHINE_STREAMS = 8 };

/* A call that the module made. */
struct machine_stream {
    struct sn_client_stream stream; /* first */
    char path[128];
    uint8_t request[2048];
    size_t len;
    bool open, cancelled;
};

struct sdk_fixture {
    struct sn_block_pool blocks;
    struct sn_timers timers;
    struct sn_env env;
    struct sn_arena arena; /* of requests and responses */
    struct sn_sdk *sdk;
    char log[1024]; /* what drivers were told, "open a;" */
    int dials, orphaned, closed;
    atomic_int wakes; /* by any thread */

    /* The machine */
    struct sn_channel channel;
    struct machine_stream streams[MACHINE_STREAMS];
    bool down, silent; /* refuses; never answers */
    char calls[1024];  /* methods it was asked, "ResourceNames;" */
    void (*on_closed)(void *owner);
    void *closed_owner;

    /* Drivers */
    struct sn_call *opening; /* of a resource whose config says that it is slow */
    bool stubborn;           /* ... and that isn't cancelled */
};

static struct sdk_fixture *fixture;

static inline void SN_PRINTF(1, 2) fixture_note(const char *format, ...)
{
    size_t used = strlen(fixture->log);
    va_list args;

    va_start(args, format);
    vsnprintf(fixture->log + used, sizeof(fixture->log) - used, format, args);
    va_end(args);
}

static inline void expect_log(const char *text)
{
    assert_string_equal(fixture->log, text);
    fixture->log[0] = '\0';
}

static inline void expect_calls(const char *text)
{
    assert_string_equal(fixture->calls, text);
    fixture->calls[0] = '\0';
}

/* ---- the machine ---- */

static inline void machine_end(struct machine_stream *s, int code, const char *text)
{
    struct sn_status status = {.code = code, .text = sn_str_of(text)};
    struct sn_metadata none = {0};

    s->open = false;
    s->stream.events->on_trailers(&s->stream, &status, &none);
}

static inline void machine_message(struct sn_client_stream *stream, struct sn_message *message,
                                   bool half_close)
{
    struct machine_stream *s = (struct machine_stream *)stream;

    s->len = message->len < sizeof(s->request) ? message->len : sizeof(s->request);
    memcpy(s->request, message->data, s->len);
    sn_message_free(message);
}

static inline void machine_half_close(struct sn_client_stream *stream)
{
}

static inline size_t machine_queued(const struct sn_client_stream *stream)
{
    return 0;
}

static inline void machine_credit(struct sn_client_stream *stream, size_t bytes)
{
}

static inline void machine_cancel(struct sn_client_stream *stream, int code)
{
    ((struct machine_stream *)stream)->cancelled = true;
    machine_end((struct machine_stream *)stream, code, "");
}

static inline struct sn_client_stream *
machine_open(struct sn_channel *channel, const struct sn_client_events *events, void *owner,
             struct sn_str path, const struct sn_metadata *metadata, uint64_t timeout_ns)
{
    static const struct sn_client_stream_ops ops = {.message = machine_message,
                                                    .half_close = machine_half_close,
                                                    .queued = machine_queued,
                                                    .credit = machine_credit,
                                                    .cancel = machine_cancel};
    size_t used = strlen(fixture->calls);

    for (size_t i = 0; i < MACHINE_STREAMS; i++) {
        struct machine_stream *s = &fixture->streams[i];

        if (s->open)
            continue;
        *s = (struct machine_stream){.stream = {&ops, events, owner}, .open = true};
        snprintf(s->path, sizeof(s->path), "%.*s", SN_STR_ARGS(path));
        snprintf(fixture->calls + used, sizeof(fixture->calls) - used, "%s;",
                 strrchr(s->path, '/') + 1);
        return &s->stream;
    }
    fail_msg("too many calls at once");
    return NULL;
}

static inline void machine_close(struct sn_channel *channel, void (*on_closed)(void *owner),
                                 void *owner)
{
    for (size_t i = 0; i < MACHINE_STREAMS; i++)
        if (fixture->streams[i].open)
            machine_end(&fixture->streams[i], SN_ERR_UNAVAILABLE, "closed");
    on_closed(owner);
}

/* Answers what it was asked until now: with an empty message, or by refusing. */
static inline void machine_answer(void)
{
    for (size_t i = 0; i < MACHINE_STREAMS && !fixture->silent; i++) {
        struct machine_stream *s = &fixture->streams[i];

        if (!s->open)
            continue;
        if (!fixture->down)
            s->stream.events->on_message(&s->stream, "", 0);
        machine_end(s, fixture->down ? SN_ERR_UNAVAILABLE : 0,
                    fixture->down ? "connection refused" : "");
    }
}

static inline struct sn_channel *fixture_dial(void *owner, const char *address,
                                              struct sn_error *error)
{
    static const struct sn_channel_ops ops = {.open = machine_open, .close = machine_close};

    fixture->dials++;
    fixture->channel = (struct sn_channel){&ops, &fixture->env};
    return &fixture->channel;
}

static inline void fixture_wake(void *owner)
{
    fixture->wakes++;
}

static inline void fixture_orphaned(void *owner)
{
    fixture->orphaned++;
}

static inline uint64_t fixture_unix_ns(void)
{
    return 1700000000000000000;
}

static inline void fixture_init(const struct sn_module *module, bool alone)
{
    fixture = calloc(1, sizeof(*fixture));
    sn_block_pool_init(&fixture->blocks, &sn_heap, 16);
    fixture->env = (struct sn_env){
        .timers = &fixture->timers, .blocks = &fixture->blocks, .unix_ns = fixture_unix_ns};
    sn_arena_init(&fixture->arena, &fixture->blocks, 16 << 20);
    struct sn_sdk_options options = {.env = &fixture->env,
                                     .module = module,
                                     .name = "parts",
                                     .level = SN_LOG_ERROR + 1,
                                     .alone = alone,
                                     .dial = fixture_dial,
                                     .wake = fixture_wake,
                                     .orphaned = fixture_orphaned};
    fixture->sdk = sn_sdk_create(&options);
    assert_non_null(fixture->sdk);
}

static inline void fixture_closed(void *owner)
{
    fixture->closed++;
}

/* Nothing may be left. */
static inline void fixture_fini(void)
{
    if (!fixture->closed)
        sn_sdk_close(fixture->sdk, fixture_closed, NULL);
    assert_int_equal(fixture->closed, 1);
    sn_sdk_destroy(fixture->sdk);
    sn_arena_fini(&fixture->arena);
    assert_int_equal(fixture->blocks.in_use, 0);
    assert_int_equal(sn_timers_next(&fixture->timers), UINT64_MAX);
    sn_block_pool_fini(&fixture->blocks);
    free(fixture);
}

/* ---- calls of the machine ---- */

static inline void begin(struct tape *tape, const char *path, const struct sn_pb_msg *msg,
                         const void *request, uint64_t timeout_ns)
{
    struct sn_metadata metadata = {0};
    struct sn_str bytes;

    *tape = (struct tape){.stream.ops = &tape_ops};
    assert_int_equal(sn_pb_encode(msg, request, &fixture->arena, 0, &bytes), 0);
    sn_server_begin(sn_sdk_server(fixture->sdk), &tape->stream, sn_str_of(path), &metadata,
                    timeout_ns);
    if (tape->stream.rpc)
        sn_server_message(&tape->stream, bytes.ptr, bytes.len);
    if (tape->stream.rpc)
        sn_server_half_close(&tape->stream);
}

#define BEGIN(tape, method, message, ...)                                              \
    begin((tape), "/viam.module.v1.ModuleService/" method, &pb_module_##message##_msg, \
          &(struct pb_module_##message){__VA_ARGS__}, SN_NEVER)

/* The end of a call: "" when it went well, else its text. */
static inline void expect_end(const struct tape *tape, int code, const char *text)
{
    const char *end = strstr(tape->log, "end");

    assert_non_null(end);
    assert_int_equal(atoi(end + 3), code);
    assert_string_equal(strchr(end, ':') + 1, text);
}

/* The response, decoded. */
static inline void *response_of(const struct tape *tape, const struct sn_pb_msg *msg)
{
    void *response = sn_arena_zalloc(&fixture->arena, msg->size);

    assert_int_equal(sn_pb_decode(msg, response, tape->last, tape->last_len, &fixture->arena), 0);
    return response;
}

#endif
