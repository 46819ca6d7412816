/* SPDX-License-Identifier: Apache-2.0
 *
 * Calls over data channels over SCTP over networks of all sorts, in simulated time: all answers
 * come, and small ones in time. One seed is one run; SN_SEED=n runs that one alone.
 */
#include "rpc/transport/core_testing.h"
#include "rpc/transport/webrtc/private.h"
#include "wire/datachannel.h"
#include "wire/sctp/testing.h"

enum { RUNS = 200, CALLS = 30 };

/* ---- a data channel over the engine ---- */

struct end {
    struct sn_datachannel channel; /* first */
    struct sn_datachannels *channels;
    bool closed;
};

static int end_send(struct sn_datachannel *channel, struct sn_str frame)
{
    struct end *end = (struct end *)channel;

    return sn_datachannels_send(end->channels, 0, SN_DATACHANNEL_BINARY, frame);
}

static size_t end_room(const struct sn_datachannel *channel)
{
    return sn_sctp_room(sn_datachannels_sctp(((const struct end *)channel)->channels));
}

static void end_close(struct sn_datachannel *channel)
{
    ((struct end *)channel)->closed = true;
}

static const struct sn_datachannel_ops end_ops = {end_send, end_room, end_close};

static void on_connected(void *owner)
{
    struct end *end = owner;

    end->channel.user->open(&end->channel);
}

static void on_opened(void *owner, uint16_t id, struct sn_str label, struct sn_str protocol)
{
    fail_msg("nobody announces a channel");
}

static void on_frame(void *owner, uint16_t id, enum sn_datachannel_kind kind, struct sn_str bytes)
{
    struct end *end = owner;

    end->channel.user->message(&end->channel, bytes);
}

static void on_writable(void *owner)
{
    struct end *end = owner;

    end->channel.user->writable(&end->channel);
}

static void on_channel_closed(void *owner, uint16_t id)
{
    fail_msg("nobody closes a channel");
}

static void on_closed(void *owner, const char *cause)
{
    ((struct end *)owner)->closed = true;
}

static const struct sn_datachannel_events channel_events = {
    on_connected, on_opened, on_frame, on_writable, on_channel_closed, on_closed,
};

/* ---- the world: end 0 is the client's ---- */

struct world {
    struct net net;
    struct sn_block_pool pool;
    struct sn_timers timers;
    struct sn_env env;
    struct end ends[2];
    struct sn_server core;
    struct sn_guard guard;
    struct sn_webrtc_server *webrtc;
    struct sn_channel *channel;
    uint64_t seed;
};

static struct world *world_create(uint64_t seed)
{
    struct world *world = calloc(1, sizeof(*world));
    struct sn_sctp_config config = {.blocks = &world->pool, .random = &world->net.random};

    world->seed = seed;
    sn_random_init(&world->net.random, seed);
    sn_block_pool_init(&world->pool, &sn_heap, 64);
    world->env = (struct sn_env){
        .timers = &world->timers, .blocks = &world->pool, .random = &world->net.random};
    for (int i = 0; i < 2; i++) {
        struct end *end = &world->ends[i];

        end->channel.ops = &end_ops;
        end->channels = sn_datachannels_create(&config, i == 0, &channel_events, end);
        assert_int_equal(sn_datachannels_add(end->channels, 0), 0);
        world->net.ends[i] = sn_datachannels_sctp(end->channels);
    }
    world->guard.limits = sn_limits_preset;
    world->core.blocks = &world->pool;
    world->webrtc = sn_webrtc_server_create(&world->env, &world->core, &world->guard);
    assert_int_equal(sn_webrtc_server_accept(world->webrtc, &world->ends[1].channel, "far", "near"),
                     0);
    world->channel = sn_webrtc_channel_create(&world->env, &world->ends[0].channel);
    for (int i = 0; i < 2; i++)
        sn_sctp_start(world->net.ends[i], 0);
    return world;
}

static void channel_gone(void *owner)
{
    ((struct world *)owner)->channel = NULL;
}

static void world_destroy(struct world *world)
{
    world->channel->ops->close(world->channel, channel_gone, world);
    for (int i = 0; i < 2; i++)
        world->ends[i].channel.user->closed(&world->ends[i].channel, "the test is over");
    sn_timers_advance(&world->timers, world->timers.now_ns + 1);
    assert_null(world->channel);
    assert_int_equal(sn_webrtc_server_channels(world->webrtc), 0);
    assert_int_equal(world->core.live, 0);
    sn_webrtc_server_destroy(world->webrtc);
    net_drop_all(&world->net);
    for (int i = 0; i < 2; i++)
        sn_datachannels_destroy(world->ends[i].channels);
    assert_int_equal(world->pool.in_use, 0);
    sn_block_pool_fini(&world->pool);
    free(world);
}

/* To the next thing that happens; false: it is `until_ns`. */
static bool world_step(struct world *world, uint64_t until_ns)
{
    uint64_t timer_ns = sn_timers_next(&world->timers);
    bool any = net_step(&world->net, timer_ns < until_ns ? timer_ns : until_ns);

    sn_timers_advance(&world->timers, world->net.now_ns);
    net_collect(&world->net);
    return any || world->net.now_ns < until_ns;
}

static void world_run(struct world *world, uint64_t for_ns)
{
    uint64_t until_ns = world->net.now_ns + for_ns;

    while (world_step(world, until_ns))
        ;
}

/* ---- calls ---- */

struct answer {
    struct world *world;
    struct sn_client_stream *stream;
    bool done;
    int code;
    size_t messages, bytes;
    uint64_t began_ns, done_ns;
    size_t expected_bytes;
};

static void on_headers(struct sn_client_stream *stream, const struct sn_metadata *headers)
{
}

static void on_message(struct sn_client_stream *stream, const void *bytes, size_t len)
{
    struct answer *answer = stream->owner;

    answer->messages++;
    answer->bytes += len;
    stream->ops->credit(stream, len);
}

static void on_trailers(struct sn_client_stream *stream, const struct sn_status *status,
                        const struct sn_metadata *trailers)
{
    struct answer *answer = stream->owner;

    answer->done = true;
    answer->code = status->code;
    answer->done_ns = answer->world->net.now_ns;
}

static const struct sn_client_events events = {on_headers, on_message, NULL, on_trailers};

static void ask(struct world *world, struct answer *answer, const char *path, const void *bytes,
                size_t len)
{
    struct sn_metadata none = {0};

    answer->world = world;
    answer->began_ns = world->net.now_ns;
    answer->stream = world->channel->ops->open(world->channel, &events, answer, sn_str_of(path),
                                               &none, SN_NEVER);
    answer->stream->ops->message(answer->stream, sn_message_copy(&world->pool, bytes, len), true);
}

static void ask_count(struct world *world, struct answer *answer, uint32_t count, uint32_t size)
{
    uint32_t numbers[] = {count, size};

    answer->expected_bytes = (size_t)count * size;
    ask(world, answer, "/t/Count", numbers, sizeof(numbers));
}

static void ask_echo(struct world *world, struct answer *answer, size_t len)
{
    static uint8_t bytes[200000];

    answer->expected_bytes = len;
    ask(world, answer, "/t/Echo", bytes, len);
}

static void one_run(uint64_t seed)
{
    struct world *world = world_create(seed);
    struct net *net = &world->net;
    struct answer answers[CALLS] = {{0}};

    net->loss = (uint32_t)net_chance(net, 100);
    net->doubled = (uint32_t)net_chance(net, 50);
    net->delay_ns = SN_MS(net_chance(net, 30));
    net->jitter_ns = SN_MS(net_chance(net, 20));
    for (int i = 0; i < CALLS; i++) {
        if (net_chance(net, 3) == 0)
            ask_count(world, &answers[i], (uint32_t)net_chance(net, 20),
                      (uint32_t)net_chance(net, 20000));
        else
            ask_echo(world, &answers[i], net_chance(net, net_chance(net, 2) ? 100 : 100000));
        world_run(world, SN_MS(net_chance(net, 20)));
    }
    world_run(world, SN_SECONDS(100));
    for (int i = 0; i < CALLS; i++)
        if (!answers[i].done || answers[i].code || answers[i].bytes != answers[i].expected_bytes)
            fail_msg("seed %llu, call %d: done %d, code %d, %zu of %zu bytes",
                     (unsigned long long)seed, i, answers[i].done, answers[i].code,
                     answers[i].bytes, answers[i].expected_bytes);
    assert_int_equal(sn_webrtc_server_streams(world->webrtc), 0);
    world_destroy(world);
}

static void all_answers_come(void **state)
{
    const char *only = getenv("SN_SEED");

    if (only)
        one_run(strtoull(only, NULL, 10));
    for (uint64_t seed = 0; seed < RUNS && !only; seed++)
        one_run(seed);
}

/* Pictures as fast as 10 Mbit/s take them, and a heartbeat five times a second beside them: a
 * session whose heartbeat is 2 s late has its motors stopped. */
static void heartbeats_pass_bulk(void **state)
{
    struct world *world = world_create(1);
    struct net *net = &world->net;
    struct answer bulk = {0}, beats[50] = {{0}};

    net->delay_ns = SN_MS(5);
    net->packet_ns = SN_MS(1); /* 1,200 bytes and what is around them */
    net->queue_max_ns = SN_MS(100);
    net->loss = 5;
    world_run(world, SN_SECONDS(1));
    ask_count(world, &bulk, 1000, 100000);
    world_run(world, SN_SECONDS(1));
    for (int i = 0; i < 50; i++) {
        ask_echo(world, &beats[i], 20);
        world_run(world, SN_MS(200));
    }
    world_run(world, SN_SECONDS(1));
    uint64_t worst_ns = 0;
    for (int i = 0; i < 50; i++) {
        assert_true(beats[i].done && !beats[i].code);
        if (beats[i].done_ns - beats[i].began_ns > worst_ns)
            worst_ns = beats[i].done_ns - beats[i].began_ns;
    }
    assert_true(worst_ns < SN_MS(1000));
    assert_true(bulk.bytes > 11000000); /* of 14 MB that the wire takes in that time */
    bulk.stream->ops->cancel(bulk.stream, SN_ERR_CANCELLED);
    world_run(world, SN_SECONDS(2));
    world_destroy(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_answers_come),
        cmocka_unit_test(heartbeats_pass_bulk),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
