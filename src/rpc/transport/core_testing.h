/* SPDX-License-Identifier: Apache-2.0
 *
 * For the tests of transports: a core of a few methods in place of rpc/core's. For *_test.c only,
 * once per program.
 *
 *   /t/Echo   every message comes back at once, then OK when the client ends
 *   /t/Unary  answers the first message with itself and ends, all from inside
 *   /t/Count  two numbers (count, size): so many messages of that size
 *   /t/Sum    answers with the bytes' sum and count when the client ends
 *   /t/Fail   trailers only, with text and details
 *   /t/Hang   nothing
 *   /t/Hold   takes messages and gives no credit
 */
#ifndef SN_TRANSPORT_CORE_TESTING_H
#define SN_TRANSPORT_CORE_TESTING_H

#include "rpc/core/transport.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define FAIL_TEXT "no such thing: \xc3\xa4 100%\n"

struct sn_server {
    struct sn_block_pool *blocks;
    size_t live, live_max, aborted, messages, bytes, refused;
    size_t queued_max;   /* of any stream */
    uint64_t timeout_ns; /* of the last call */
    char peer[64];
};

struct sn_rpc {
    struct sn_server *server;
    struct sn_server_stream *stream;
    char method[16];
    struct sn_arena arena;
    struct sn_metadata echo; /* what the client sent with keys "x-..." */
    bool headers_sent;
    uint32_t left, size; /* of Count */
    uint32_t sum, bytes; /* of Sum */
};

static void rpc_free(struct sn_rpc *rpc)
{
    rpc->server->live--;
    sn_arena_fini(&rpc->arena);
    free(rpc);
}

static void rpc_end(struct sn_rpc *rpc, int code, struct sn_str text, struct sn_str details)
{
    struct sn_server_stream *stream = rpc->stream;
    struct sn_status status = {code, text, details};

    stream->rpc = NULL;
    stream->ops->trailers(stream, &status, &rpc->echo);
    rpc_free(rpc);
}

static void rpc_send(struct sn_rpc *rpc, const void *bytes, size_t len)
{
    struct sn_server_stream *stream = rpc->stream;

    if (!rpc->headers_sent)
        stream->ops->headers(stream, &rpc->echo);
    rpc->headers_sent = true;
    stream->ops->message(stream, sn_message_copy(rpc->server->blocks, bytes, len));
    if (stream->ops->queued(stream) > rpc->server->queued_max)
        rpc->server->queued_max = stream->ops->queued(stream);
}

static bool is_method(const struct sn_rpc *rpc, const char *method)
{
    return strcmp(rpc->method, method) == 0;
}

static void count_on(struct sn_rpc *rpc)
{
    void *bytes = calloc(1, rpc->size + 1);

    while (rpc->left && rpc->stream->ops->queued(rpc->stream) < 256 << 10) {
        rpc_send(rpc, bytes, rpc->size);
        rpc->left--;
    }
    free(bytes);
    if (!rpc->left)
        rpc_end(rpc, 0, SN_STR_NULL, SN_STR_NULL);
}

void sn_server_begin(struct sn_server *server, struct sn_server_stream *stream, struct sn_str path,
                     const struct sn_metadata *metadata, uint64_t timeout_ns)
{
    struct sn_rpc *rpc = calloc(1, sizeof(*rpc));

    rpc->server = server;
    rpc->stream = stream;
    stream->rpc = rpc;
    server->live++;
    if (server->live > server->live_max)
        server->live_max = server->live;
    server->timeout_ns = timeout_ns;
    snprintf(server->peer, sizeof(server->peer), "%s", stream->peer->remote);
    sn_arena_init(&rpc->arena, server->blocks, 1 << 20);
    assert_true(sn_str_has_prefix(path, SN_STR("/t/")) && path.len < 16);
    memcpy(rpc->method, path.ptr + 3, path.len - 3);
    for (uint32_t i = 0; i < metadata->count; i++)
        if (sn_str_has_prefix(metadata->v[i].key, SN_STR("x-")))
            assert_int_equal(sn_metadata_add(&rpc->echo, &rpc->arena,
                                             sn_arena_copy(&rpc->arena, metadata->v[i].key),
                                             sn_arena_copy(&rpc->arena, metadata->v[i].value)),
                             0);
    if (is_method(rpc, "Fail"))
        rpc_end(rpc, SN_ERR_NOT_FOUND, SN_STR(FAIL_TEXT), SN_STR("\0\1\2"));
}

void sn_server_message(struct sn_server_stream *stream, const void *bytes, size_t len)
{
    struct sn_rpc *rpc = stream->rpc;

    rpc->server->messages++;
    rpc->server->bytes += len;
    for (size_t i = 0; i < len && is_method(rpc, "Sum"); i++)
        rpc->sum += ((const uint8_t *)bytes)[i];
    rpc->bytes += (uint32_t)len;
    if (!is_method(rpc, "Hold"))
        stream->ops->credit(stream, len);
    if (is_method(rpc, "Echo")) {
        rpc_send(rpc, bytes, len);
    } else if (is_method(rpc, "Unary")) {
        rpc_send(rpc, bytes, len);
        rpc_end(rpc, 0, SN_STR_NULL, SN_STR_NULL);
    } else if (is_method(rpc, "Count")) {
        assert_int_equal(len, 8);
        memcpy(&rpc->left, bytes, 4);
        memcpy(&rpc->size, (const char *)bytes + 4, 4);
        count_on(rpc);
    }
}

void sn_server_refuse(struct sn_server_stream *stream, int code, const char *text)
{
    stream->rpc->server->refused++;
    rpc_end(stream->rpc, code, sn_str_of(text), SN_STR_NULL);
}

void sn_server_half_close(struct sn_server_stream *stream)
{
    struct sn_rpc *rpc = stream->rpc;

    if (is_method(rpc, "Sum"))
        rpc_send(rpc, &rpc->sum, 8);
    if (!is_method(rpc, "Hang") && !is_method(rpc, "Count"))
        rpc_end(rpc, 0, SN_STR_NULL, SN_STR_NULL);
}

void sn_server_writable(struct sn_server_stream *stream)
{
    if (is_method(stream->rpc, "Count"))
        count_on(stream->rpc);
}

void sn_server_abort(struct sn_server_stream *stream)
{
    struct sn_rpc *rpc = stream->rpc;

    stream->rpc = NULL;
    rpc->server->aborted++;
    rpc_free(rpc);
}

#endif
