/* SPDX-License-Identifier: Apache-2.0
 *
 * The engine against itself through bad networks: whatever happens to packets, each message arrives
 * once, whole, and in its stream's order. One seed is one run; SN_SEED=n runs that one alone.
 */
#include "wire/sctp/testing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { RUNS = 2000, STREAMS = 4, MESSAGES_MAX = 200, UNORDERED = STREAMS - 1 };

struct side {
    struct run *run;
    struct sn_sctp *sctp;
    bool connected, closed;
    const char *cause;
    uint32_t to_send, sent; /* messages */
    uint32_t sizes_max;     /* of the messages sent */
    uint32_t numbers_out[STREAMS], numbers_in[STREAMS];
    bool seen[MESSAGES_MAX]; /* of the unordered stream */
    bool resetting, reset_asked[STREAMS];
    uint32_t received, resets_done, resets_seen;
    size_t uncredited;
};

struct run {
    struct net net;
    struct sn_block_pool pool;
    struct side sides[2];
    uint64_t seed;
    bool lazy; /* credit is given late */
};

/* Message number `n` of a stream: number, length, and bytes that follow from both. */
static size_t make_message(uint8_t *bytes, uint32_t n, uint32_t len)
{
    if (len < 8)
        len = 8;
    memcpy(bytes, &n, 4);
    memcpy(bytes + 4, &len, 4);
    for (uint32_t i = 8; i < len; i++)
        bytes[i] = (uint8_t)(n * 31 + i * 7 + (i >> 8));
    return len;
}

static void check(bool right, const struct run *run, const char *what)
{
    if (!right)
        fail_msg("seed %llu: %s", (unsigned long long)run->seed, what);
}

static void on_connected(void *owner)
{
    struct side *side = owner;

    check(!side->connected, side->run, "connected twice");
    side->connected = true;
}

static void on_message(void *owner, uint16_t stream, uint32_t ppid, struct sn_str bytes)
{
    static uint8_t expected[1 << 16];
    struct side *side = owner;
    struct run *run = side->run;
    uint32_t n, len;

    check(side->connected && !side->closed, run, "a message out of time");
    check(stream < STREAMS && ppid == 50u + stream && bytes.len >= 8, run, "a foreign message");
    memcpy(&n, bytes.ptr, 4);
    memcpy(&len, bytes.ptr + 4, 4);
    check(len == bytes.len, run, "another length");
    make_message(expected, n, len);
    check(memcmp(expected, bytes.ptr, len) == 0, run, "other bytes");
    if (stream == UNORDERED) {
        check(n < MESSAGES_MAX && !side->seen[n], run, "an unordered message twice");
        side->seen[n] = true;
    } else {
        check(n == side->numbers_in[stream]++, run, "messages of a stream out of order");
    }
    side->received++;
    if (run->lazy)
        side->uncredited += len;
    else
        sn_sctp_credit(side->sctp, len);
}

/* As much as there is room for, of random sizes on random streams. */
static void send_some(struct side *side)
{
    static uint8_t bytes[1 << 16];
    struct net *net = &side->run->net;

    while (side->connected && !side->closed && side->sent < side->to_send &&
           sn_sctp_room(side->sctp)) {
        uint16_t stream = (uint16_t)net_chance(net, STREAMS);
        uint32_t *n = &side->numbers_out[stream];
        size_t len = make_message(bytes, *n, 8 + (uint32_t)net_chance(net, side->sizes_max));
        int code = sn_sctp_send(side->sctp, stream, 50u + stream, stream == UNORDERED,
                                (struct sn_str){(const char *)bytes, len});

        if (code == SN_ERR_FAILED_PRECONDITION) /* being reset */
            return;
        if (code == SN_ERR_RESOURCE_EXHAUSTED)
            return;
        check(code == 0, side->run, "a message was refused");
        ++*n;
        side->sent++;
        if (side->resetting && net_chance(net, 20) == 0) {
            check(sn_sctp_reset(side->sctp, stream) == 0, side->run, "a reset was refused");
            side->reset_asked[stream] = true;
        }
    }
}

static void on_writable(void *owner)
{
    send_some(owner);
}

static void on_peer_reset(void *owner, uint16_t stream)
{
    struct side *side = owner, *other = &side->run->sides[side == side->run->sides];

    side->resets_seen++;
    check(other->reset_asked[stream], side->run, "a reset nobody asked for");
    if (stream != UNORDERED)
        check(side->numbers_in[stream] == other->numbers_out[stream], side->run,
              "a reset before the stream's last message");
}

static void on_reset_done(void *owner, uint16_t stream)
{
    struct side *side = owner;

    check(side->reset_asked[stream], side->run, "reset without being asked");
    side->reset_asked[stream] = false;
    side->resets_done++;
}

static void on_closed(void *owner, const char *cause)
{
    struct side *side = owner;

    check(!side->closed, side->run, "closed twice");
    side->closed = true;
    side->cause = cause;
}

static const struct sn_sctp_events events = {
    on_connected, on_message, on_writable, on_peer_reset, on_reset_done, on_closed,
};

static bool all_received(const struct run *run)
{
    return run->sides[0].received == run->sides[1].to_send &&
           run->sides[1].received == run->sides[0].to_send;
}

static void choose(struct run *run)
{
    static const uint32_t sizes[] = {20, 200, 3000, 20000, 65000};
    struct net *net = &run->net;
    struct sn_sctp_config config = {.blocks = &run->pool, .random = &net->random};

    net->loss = (uint32_t)(net_chance(net, 3) ? net_chance(net, 200) : 0);
    net->doubled = (uint32_t)(net_chance(net, 3) ? 0 : net_chance(net, 200));
    net->delay_ns = SN_MS(net_chance(net, 50));
    net->jitter_ns = net_chance(net, 2) ? SN_MS(net_chance(net, 100)) : 0;
    run->lazy = net_chance(net, 4) == 0;
    config.streams = STREAMS;
    config.receive_max = (uint32_t)(128 << 10) << net_chance(net, 3);
    for (int i = 0; i < 2; i++) {
        struct side *side = &run->sides[i];

        side->run = run;
        side->to_send = (uint32_t)net_chance(net, MESSAGES_MAX);
        side->sizes_max = sizes[net_chance(net, 5)];
        if (side->sizes_max > 10000)
            side->to_send /= 8;
        side->resetting = net_chance(net, 2);
        side->sctp = net->ends[i] = sn_sctp_create(&config, &events, side);
    }
}

/* One of them, or both at about the same time. */
static void start(struct run *run)
{
    struct net *net = &run->net;
    int who = (int)net_chance(net, 3);

    if (who != 0)
        sn_sctp_start(run->sides[1].sctp, net->now_ns);
    if (who == 2)
        net_run(net, SN_MS(net_chance(net, 100)));
    if (who != 1)
        sn_sctp_start(run->sides[0].sctp, net->now_ns);
}

static void go_on(struct run *run)
{
    for (int i = 0; i < 2; i++) {
        struct side *side = &run->sides[i];

        send_some(side);
        if (side->uncredited && net_chance(&run->net, 4) == 0) {
            sn_sctp_credit(side->sctp, side->uncredited);
            side->uncredited = 0;
        }
    }
}

static bool is_settled(const struct run *run)
{
    for (int i = 0; i < 2; i++) {
        const struct side *side = &run->sides[i];

        if (sn_sctp_queued(side->sctp) || side->resets_done != run->sides[!i].resets_seen)
            return false;
        for (int j = 0; j < STREAMS; j++)
            if (side->reset_asked[j])
                return false;
    }
    return true;
}

/* Until both know that all has arrived. */
static void settle(struct run *run)
{
    uint64_t until_ns = run->net.now_ns + SN_SECONDS(200);

    for (int i = 0; i < 2; i++)
        sn_sctp_credit(run->sides[i].sctp, run->sides[i].uncredited);
    while (!is_settled(run) && net_step(&run->net, until_ns))
        ;
    check(is_settled(run), run, "something is without an end");
}

static void finish(struct run *run)
{
    struct net *net = &run->net;
    uint64_t until_ns = net->now_ns + SN_SECONDS(200);

    if (net_chance(net, 2))
        sn_sctp_shutdown(run->sides[1].sctp, net->now_ns);
    sn_sctp_shutdown(run->sides[0].sctp, net->now_ns);
    while (!(run->sides[0].closed && run->sides[1].closed) && net_step(net, until_ns))
        ;
    check(run->sides[0].closed && run->sides[1].closed, run, "no end");
}

static void one_run(uint64_t seed)
{
    struct run *run = calloc(1, sizeof(*run));

    run->seed = seed;
    sn_random_init(&run->net.random, seed);
    run->net.now_ns = SN_SECONDS(1000) + net_chance(&run->net, SN_SECONDS(1));
    sn_block_pool_init(&run->pool, &sn_heap, 64);
    choose(run);
    start(run);
    uint64_t until_ns = run->net.now_ns + SN_SECONDS(600);
    while (!all_received(run) && net_step(&run->net, until_ns)) {
        check(!run->sides[0].closed && !run->sides[1].closed, run, "closed by itself");
        go_on(run);
    }
    check(all_received(run), run, "messages are missing");
    settle(run);
    check(!run->sides[0].closed && !run->sides[1].closed, run, "closed afterwards");
    finish(run);
    net_drop_all(&run->net);
    for (int i = 0; i < 2; i++)
        sn_sctp_destroy(run->sides[i].sctp);
    check(run->pool.in_use == 0, run, "memory is left");
    sn_block_pool_fini(&run->pool);
    free(run);
}

static void every_message_arrives_once(void **state)
{
    const char *only = getenv("SN_SEED");

    if (only)
        one_run(strtoull(only, NULL, 10));
    for (uint64_t seed = 0; seed < RUNS && !only; seed++)
        one_run(seed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_message_arrives_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
