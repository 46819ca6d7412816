/* SPDX-License-Identifier: Apache-2.0
 *
 * gRPC over a data channel, both sides, with any frames in between. The core echoes messages. The
 * input is a list of steps: what (1 byte), length (2 bytes, big-endian), so many bytes where it is
 * a frame.
 */
#include "fuzz.h"
#include "rpc/transport/webrtc/link_testing.h"

#include <string.h>

enum { CALLS_MAX = 16 };

/* ---- a core that echoes ---- */

struct sn_server {
    struct sn_block_pool *blocks;
    size_t live;
};

struct sn_rpc {
    struct sn_server *server;
    bool headers_sent;
};

static const struct sn_metadata no_metadata;

static void rpc_free(struct sn_server_stream *stream)
{
    stream->rpc->server->live--;
    free(stream->rpc);
    stream->rpc = NULL;
}

static void rpc_end(struct sn_server_stream *stream, int code, struct sn_str text)
{
    struct sn_status status = {.code = code, .text = text};

    rpc_free(stream);
    stream->ops->trailers(stream, &status, &no_metadata);
}

void sn_server_begin(struct sn_server *server, struct sn_server_stream *stream, struct sn_str path,
                     const struct sn_metadata *metadata, uint64_t timeout_ns)
{
    struct sn_rpc *rpc = calloc(1, sizeof(*rpc));

    rpc->server = server;
    stream->rpc = rpc;
    server->live++;
    if (path.len == 1)
        rpc_end(stream, SN_ERR_NOT_FOUND, path);
}

void sn_server_message(struct sn_server_stream *stream, const void *bytes, size_t len)
{
    struct sn_rpc *rpc = stream->rpc;

    if (!rpc->headers_sent)
        stream->ops->headers(stream, &no_metadata);
    rpc->headers_sent = true;
    if (len % 3)
        stream->ops->credit(stream, len);
    stream->ops->message(stream, sn_message_copy(rpc->server->blocks, bytes, len));
    if (len % 5 == 4)
        rpc_end(stream, 0, SN_STR_NULL);
}

void sn_server_refuse(struct sn_server_stream *stream, int code, const char *text)
{
    rpc_end(stream, code, sn_str_of(text));
}

void sn_server_half_close(struct sn_server_stream *stream)
{
    rpc_end(stream, 0, SN_STR_NULL);
}

void sn_server_writable(struct sn_server_stream *stream)
{
    FUZZ_REQUIRE(stream->rpc);
}

void sn_server_abort(struct sn_server_stream *stream)
{
    rpc_free(stream);
}

/* ---- calls ---- */

struct world {
    struct link *link;
    struct sn_channel *channel;
    struct sn_client_stream *calls[CALLS_MAX];
};

static void on_headers(struct sn_client_stream *stream, const struct sn_metadata *headers)
{
}

static void on_message(struct sn_client_stream *stream, const void *bytes, size_t len)
{
    uint8_t sum = 0;

    for (size_t i = 0; i < len; i++)
        sum ^= ((const uint8_t *)bytes)[i];
    if (sum & 1)
        stream->ops->credit(stream, len);
    if (sum == 0x7e)
        stream->ops->cancel(stream, SN_ERR_CANCELLED);
}

static void on_trailers(struct sn_client_stream *stream, const struct sn_status *status,
                        const struct sn_metadata *trailers)
{
    struct sn_client_stream **slot = stream->owner;

    FUZZ_REQUIRE(*slot == stream && status->code <= 0);
    *slot = NULL;
}

static const struct sn_client_events events = {on_headers, on_message, NULL, on_trailers};

static void open_call(struct world *world, struct sn_client_stream **slot, size_t len)
{
    static char path[70000];

    memset(path, '/', sizeof(path));
    *slot = world->channel->ops->open(world->channel, &events, slot, (struct sn_str){path, len},
                                      &no_metadata, len % 7 ? SN_NEVER : SN_MS(len));
}

static void use_call(struct world *world, struct sn_client_stream **slot, size_t len)
{
    static char bytes[70000];

    if (!*slot)
        open_call(world, slot, len);
    else if (len % 4 == 3)
        (*slot)->ops->cancel(*slot, SN_ERR_CANCELLED);
    else if (len % 4 == 2)
        (*slot)->ops->half_close(*slot);
    else
        (*slot)->ops->message(*slot, sn_message_copy(&world->link->pool, bytes, len), len % 4 == 1);
}

static void channel_gone(void *owner)
{
    ((struct world *)owner)->channel = NULL;
}

static void give(struct world *world, int to, struct sn_str frame)
{
    struct link_end *end = &world->link->ends[to];

    if (!end->closed && !end->closing && end->open)
        end->channel.user->message(&end->channel, frame);
}

static void step(struct world *world, uint8_t what, struct sn_str bytes, size_t len)
{
    struct link *link = world->link;

    switch (what % 8) {
    case 0:
        give(world, 1, bytes);
        break;
    case 1:
        give(world, 0, bytes);
        break;
    case 2:
    case 3:
        use_call(world, &world->calls[(what >> 3) % CALLS_MAX], len);
        break;
    case 4:
        link_wait(link, SN_MS(len));
        break;
    case 5:
        link->ends[(what >> 3) & 1].room = len;
        break;
    case 6:
        if (link->ends[0].open || link->ends[0].closed)
            link_step(link);
        else
            link_open(link);
        break;
    default:
        if (len == 0xffff)
            link_cut(link, "cut");
        else
            link_run(link);
        break;
    }
}

static void take_steps(struct world *world, const uint8_t *at, const uint8_t *end)
{
    while (end - at >= 3) {
        size_t len = (size_t)at[1] << 8 | at[2], there = (size_t)(end - at - 3);
        uint8_t what = *at;
        bool is_frame = what % 8 < 2;

        at += 3;
        if (is_frame && len > there)
            len = there;
        step(world, what, (struct sn_str){(const char *)at, len}, len);
        at += is_frame ? len : 0;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct world world = {.link = link_create()};
    struct sn_server core = {&world.link->pool, 0};
    struct sn_guard guard = {.limits = sn_limits_preset};

    guard.limits.message_bytes = 100000;
    guard.limits.gathered_bytes = 150000;
    guard.limits.unsent_bytes = 300000;
    struct sn_webrtc_server *webrtc = sn_webrtc_server_create(&world.link->env, &core, &guard);
    FUZZ_REQUIRE(sn_webrtc_server_accept(webrtc, &world.link->ends[1].channel, "a", "b") == 0);
    world.channel = sn_webrtc_channel_create(&world.link->env, &world.link->ends[0].channel);
    if (size && size <= 16384) {
        if (data[0] & 1)
            link_open(world.link);
        take_steps(&world, data + 1, data + size);
    }
    world.channel->ops->close(world.channel, channel_gone, &world);
    link_cut(world.link, "the end");
    link_run(world.link);
    FUZZ_REQUIRE(!world.channel && core.live == 0);
    for (int i = 0; i < CALLS_MAX; i++)
        FUZZ_REQUIRE(!world.calls[i]);
    FUZZ_REQUIRE(sn_webrtc_server_channels(webrtc) == 0);
    sn_webrtc_server_destroy(webrtc);
    FUZZ_REQUIRE(world.link->pool.in_use == 0);
    link_destroy(world.link);
    return 0;
}
