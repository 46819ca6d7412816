/* SPDX-License-Identifier: Apache-2.0
 *
 * Two agents and a network that loses, delays, doubles and reorders: whatever the seed, they find
 * each other, agree on the way, and notice when the other is gone. ICE_SEED=n runs one seed alone
 * and tells what happens.
 */
#include "wire/ice/ice.h"
#include "wire/ice/testing.h"

#include <stdio.h>

enum { ADDRESSES_MAX = 4, SEEDS = 2000 };

struct host {
    struct net *net;
    struct sn_ice ice;
    struct sn_ip addresses[ADDRESSES_MAX];
    unsigned count;
    bool silent; /* gone: neither hears nor speaks */
    /* Signaling of each candidate to the other side: when. */
    uint64_t told_ns[ADDRESSES_MAX];
    bool told[ADDRESSES_MAX];
    uint64_t described_ns;
    bool described;
};

struct pair {
    struct net net;
    struct host a, b;
    struct sn_ip nat_inside, nat_outside; /* of a's first address, if family is set */
    uint8_t blocked[ADDRESSES_MAX];       /* networks on which nothing passes */
};

static struct sn_ip ip_of(unsigned network, unsigned host, uint16_t port)
{
    struct sn_ip ip = {
        .family = 4, .port = port, .bytes = {10, (uint8_t)network, 0, (uint8_t)host}};

    if (network % 2) {
        ip = (struct sn_ip){.family = 6, .port = port, .bytes = {0x20, 1, 13, 0xb8}};
        ip.bytes[7] = (uint8_t)network;
        ip.bytes[15] = (uint8_t)host;
    }
    return ip;
}

static unsigned network_of(const struct sn_ip *ip)
{
    return ip->family == 4 ? ip->bytes[1] : ip->bytes[7];
}

/* Addresses of different networks don't reach each other; the NAT stands before a's first one. */
static bool pass(struct net *net, struct sn_ip *from, struct sn_ip *to)
{
    struct pair *pair = net->owner;

    if (pair->nat_inside.family) {
        if (sn_ip_eq(from, &pair->nat_inside))
            *from = pair->nat_outside;
        else if (sn_ip_eq(to, &pair->nat_inside))
            return false;
        else if (sn_ip_eq(to, &pair->nat_outside))
            *to = pair->nat_inside;
    }
    unsigned network = network_of(from);
    return network == network_of(to) && network < ADDRESSES_MAX && !pair->blocked[network];
}

static void send_from(void *owner, unsigned local, const struct sn_ip *remote, const void *bytes,
                      size_t len)
{
    struct host *host = owner;

    if (!host->silent)
        net_send(host->net, &host->ice.local[local].address, remote, bytes, len);
}

static void random_of(void *owner, void *bytes, size_t len)
{
    net_random(((struct host *)owner)->net, bytes, len);
}

static void host_init(struct pair *pair, struct host *host, bool controlling, unsigned number,
                      unsigned addresses)
{
    struct sn_ice_config config = {
        .controlling = controlling,
        .label = (uint16_t)(number * 0x6543),
        .random = random_of,
        .send = send_from,
        .owner = host,
        .patience_ns = SN_SECONDS(30),
        .consent_ns = SN_SECONDS(30),
    };

    *host = (struct host){.net = &pair->net, .count = addresses};
    sn_ice_init(&host->ice, &config);
    for (unsigned i = 0; i < addresses; i++) {
        host->addresses[i] = ip_of(i, number, (uint16_t)(5000 + i));
        assert_int_equal(sn_ice_add_local(&host->ice, &host->addresses[i], (uint16_t)(1000 - i)),
                         i);
    }
}

static void pair_init(struct pair *pair, uint64_t seed, unsigned addresses)
{
    *pair = (struct pair){0};
    net_init(&pair->net, seed);
    pair->net.owner = pair;
    pair->net.pass = pass;
    host_init(pair, &pair->a, true, 1, addresses);
    host_init(pair, &pair->b, false, 2, addresses);
}

static void describe(struct host *to, struct host *from)
{
    if (!to->described && to->net->now_ns >= to->described_ns) {
        to->described = true;
        assert_int_equal(sn_ice_set_remote(&to->ice, to->net->now_ns, sn_str_of(from->ice.ufrag),
                                           sn_str_of(from->ice.password)),
                         0);
    }
    for (unsigned i = 0; i < from->count; i++)
        if (!to->told[i] && to->net->now_ns >= to->told_ns[i]) {
            to->told[i] = true;
            sn_ice_add_remote(&to->ice, &from->ice.local[i]);
        }
}

static void sooner(uint64_t *due, uint64_t other)
{
    if (other < *due)
        *due = other;
}

static void signaling_due(const struct host *to, const struct host *from, uint64_t *due)
{
    if (!to->described)
        sooner(due, to->described_ns);
    for (unsigned i = 0; i < from->count; i++)
        if (!to->told[i])
            sooner(due, to->told_ns[i]);
}

static void deliver(struct pair *pair, const struct net_datagram *datagram)
{
    struct host *hosts[] = {&pair->a, &pair->b};

    for (int i = 0; i < 2; i++) {
        int local = sn_ice_find_local(&hosts[i]->ice, &datagram->to);

        if (local < 0 || hosts[i]->silent)
            continue;
        uint16_t label;
        assert_true(sn_ice_label(datagram->bytes, datagram->len, &label));
        assert_int_equal(label, hosts[i]->ice.config.label);
        assert_int_not_equal(sn_ice_receive(&hosts[i]->ice, pair->net.now_ns, (unsigned)local,
                                            &datagram->from, datagram->bytes, datagram->len),
                             SN_ICE_NOT_STUN);
    }
}

/* Moves the clock to what happens next and lets it happen; false when that is after `until`. */
static bool step(struct pair *pair, uint64_t until)
{
    struct net_datagram datagram;
    uint64_t due = net_due(&pair->net);

    signaling_due(&pair->a, &pair->b, &due);
    signaling_due(&pair->b, &pair->a, &due);
    if (!pair->a.silent)
        sooner(&due, sn_ice_due(&pair->a.ice));
    if (!pair->b.silent)
        sooner(&due, sn_ice_due(&pair->b.ice));
    if (due > until) {
        pair->net.now_ns = until;
        return false;
    }
    /* An agent that is due at once and does nothing would never end. */
    pair->net.now_ns = due > pair->net.now_ns ? due : pair->net.now_ns + 1000;
    describe(&pair->a, &pair->b);
    describe(&pair->b, &pair->a);
    while (net_take(&pair->net, &datagram))
        deliver(pair, &datagram);
    if (!pair->a.silent)
        sn_ice_tick(&pair->a.ice, pair->net.now_ns);
    if (!pair->b.silent)
        sn_ice_tick(&pair->b.ice, pair->net.now_ns);
    return true;
}

static void run_for(struct pair *pair, uint64_t ns)
{
    uint64_t until = pair->net.now_ns + ns;

    while (step(pair, until))
        ;
}

/* Both have nominated the same pair of addresses, as each of them sees it. */
static bool agree(struct pair *pair)
{
    unsigned local_a, local_b;
    struct sn_ip to_b, to_a;

    if (!pair->a.ice.selected || !pair->b.ice.selected ||
        !sn_ice_route(&pair->a.ice, &local_a, &to_b) ||
        !sn_ice_route(&pair->b.ice, &local_b, &to_a))
        return false;
    struct sn_ip a = pair->a.ice.local[local_a].address;
    if (pair->nat_inside.family && sn_ip_eq(&a, &pair->nat_inside))
        a = pair->nat_outside;
    return sn_ip_eq(&a, &to_a) && sn_ip_eq(&pair->b.ice.local[local_b].address, &to_b);
}

static bool run_until_agreed(struct pair *pair, uint64_t ns)
{
    uint64_t until = pair->net.now_ns + ns;

    while (!agree(pair) && step(pair, until))
        ;
    return agree(pair);
}

static void show(const char *name, const struct host *host)
{
    printf("%s: state %d, controlling %d, selected %ld\n", name, host->ice.state,
           host->ice.controlling,
           host->ice.selected ? (long)(host->ice.selected - host->ice.pairs) : -1L);
    for (int i = 0; i < SN_ICE_PAIRS_MAX; i++) {
        const struct sn_ice_pair *p = &host->ice.pairs[i];

        if (p->state)
            printf("  pair %d: local %d, remote %d, state %d, sends %d, answered %llu\n", i,
                   p->local, p->remote, p->state, p->sends, (unsigned long long)p->answered_ns);
    }
}

/* ---- seeds ---- */

/* A random world in which at least one network works. */
static void make_world(struct pair *pair, uint64_t seed)
{
    struct sn_random random;

    sn_random_init(&random, ~seed);
    unsigned addresses = 1 + (unsigned)(sn_random_next(&random) % ADDRESSES_MAX);
    pair_init(pair, seed, addresses);
    struct net *net = &pair->net;
    net->loss = net_chance(net, 31);
    net->duplicates = net_chance(net, 11);
    net->delay_ns = SN_MS(net_chance(net, 80)) + 50000;
    net->jitter_ns = net_chance(net, 2) ? SN_MS(1 + net_chance(net, 60)) : 0;
    unsigned works = net_chance(net, addresses);
    for (unsigned i = 0; i < addresses; i++)
        pair->blocked[i] = i != works && net_chance(net, 2);
    if (net_chance(net, 3) == 0) {
        pair->nat_inside = pair->a.addresses[0];
        pair->nat_outside = ip_of(0, 77, (uint16_t)(1024 + net_chance(net, 60000)));
    }
    struct host *hosts[] = {&pair->a, &pair->b};
    for (int h = 0; h < 2; h++) {
        hosts[h]->described_ns = net->now_ns + SN_MS(net_chance(net, 300));
        for (unsigned i = 0; i < addresses; i++)
            hosts[h]->told_ns[i] = hosts[h]->described_ns + SN_MS(net_chance(net, 500));
    }
    if (net_chance(net, 4) == 0) /* both think they control, or neither does */
        pair->a.ice.controlling = pair->b.ice.controlling = net_chance(net, 2);
    if (net_chance(net, 4) == 0) /* its candidates can't be read: checks must tell of them */
        for (unsigned i = 0; i < addresses; i++)
            pair->b.told_ns[i] = UINT64_MAX;
}

static const char *live(struct pair *pair)
{
    if (!run_until_agreed(pair, SN_SECONDS(25)))
        return "they don't find each other";
    if (pair->a.ice.controlling == pair->b.ice.controlling)
        return "both have one role";
    for (int i = 0; i < 20; i++) {
        run_for(pair, SN_SECONDS(1));
        if (sn_ice_state(&pair->a.ice) == SN_ICE_FAILED ||
            sn_ice_state(&pair->b.ice) == SN_ICE_FAILED)
            return "a route that works was given up";
    }
    struct sn_ice *left = net_chance(&pair->net, 2) ? &pair->a.ice : &pair->b.ice;
    (left == &pair->a.ice ? &pair->b : &pair->a)->silent = true;
    run_for(pair, SN_SECONDS(32));
    if (sn_ice_state(left) != SN_ICE_FAILED)
        return "the other side is gone and it goes on";
    if (sn_ice_due(left) != UINT64_MAX)
        return "it has failed and wants to be woken";
    return NULL;
}

static void test_seeds(void **state)
{
    const char *chosen = getenv("ICE_SEED");
    uint64_t first = chosen ? strtoull(chosen, NULL, 10) : 1, end = chosen ? first + 1 : SEEDS;

    for (uint64_t seed = first; seed < end; seed++) {
        static struct pair pair;

        make_world(&pair, seed);
        const char *wrong = live(&pair);
        if (wrong || chosen) {
            printf("loss %u, delay %llu ms\n", pair.net.loss,
                   (unsigned long long)(pair.net.delay_ns / 1000000));
            show("a", &pair.a);
            show("b", &pair.b);
        }
        net_fini(&pair.net);
        if (wrong)
            fail_msg("ICE_SEED=%llu: %s", (unsigned long long)seed, wrong);
    }
}

/* ---- single cases ---- */

static void test_quick(void **state)
{
    static struct pair pair;

    pair_init(&pair, 1, 3);
    assert_true(run_until_agreed(&pair, SN_MS(20)));
    assert_int_equal(sn_ice_state(&pair.a.ice), SN_ICE_CONNECTED);
    assert_int_equal(sn_ice_state(&pair.b.ice), SN_ICE_CONNECTED);
    assert_int_equal(pair.a.ice.selected->local, 0); /* the best one */
    size_t sent = pair.net.sent;
    run_for(&pair, SN_SECONDS(100));
    assert_in_range(pair.net.sent - sent, 4 * 35, 4 * 75); /* consent, and nothing else */
    net_fini(&pair.net);
}

/* a's address changes under way; b goes on with the new one. */
static void test_address_changes(void **state)
{
    for (int who_controls = 0; who_controls < 2; who_controls++) {
        static struct pair pair;

        pair_init(&pair, 2, 1);
        pair.a.ice.controlling = who_controls == 0;
        pair.b.ice.controlling = !pair.a.ice.controlling;
        pair.nat_inside = pair.a.addresses[0];
        pair.nat_outside = ip_of(0, 77, 40000);
        assert_true(run_until_agreed(&pair, SN_SECONDS(1)));
        run_for(&pair, SN_SECONDS(10));
        pair.nat_outside = ip_of(0, 78, 50000);
        assert_false(agree(&pair));
        assert_true(run_until_agreed(&pair, SN_SECONDS(5)));
        run_for(&pair, SN_SECONDS(60));
        assert_true(agree(&pair));
        assert_int_equal(sn_ice_state(&pair.a.ice), SN_ICE_CONNECTED);
        assert_int_equal(sn_ice_state(&pair.b.ice), SN_ICE_CONNECTED);
        net_fini(&pair.net);
    }
}

/* The network of the route dies, another one is there. */
static void test_other_way(void **state)
{
    static struct pair pair;

    pair_init(&pair, 3, 2);
    assert_true(run_until_agreed(&pair, SN_SECONDS(1)));
    pair.blocked[pair.a.ice.selected->local] = 1;
    unsigned dead = pair.a.ice.selected->local;
    run_for(&pair, SN_SECONDS(8));
    assert_true(agree(&pair));
    assert_int_not_equal(pair.a.ice.selected->local, dead);
    assert_int_equal(sn_ice_state(&pair.b.ice), SN_ICE_CONNECTED);
    net_fini(&pair.net);
}

static void test_silence(void **state)
{
    static struct pair pair;

    pair_init(&pair, 4, 1);
    assert_true(run_until_agreed(&pair, SN_SECONDS(1)));
    pair.a.silent = true;
    run_for(&pair, SN_SECONDS(4));
    assert_int_equal(sn_ice_state(&pair.b.ice), SN_ICE_CONNECTED);
    run_for(&pair, SN_SECONDS(4));
    assert_int_equal(sn_ice_state(&pair.b.ice), SN_ICE_DISCONNECTED);
    pair.a.silent = false;
    run_for(&pair, SN_SECONDS(3));
    assert_int_equal(sn_ice_state(&pair.b.ice), SN_ICE_CONNECTED);
    net_fini(&pair.net);
}

/* Nobody answers: the agent gives up in time, and not before. */
static void test_nobody(void **state)
{
    static struct pair pair;
    unsigned local;
    struct sn_ip remote;

    pair_init(&pair, 5, 2);
    pair.b.silent = true;
    run_for(&pair, SN_SECONDS(29));
    assert_int_equal(sn_ice_state(&pair.a.ice), SN_ICE_CHECKING);
    run_for(&pair, SN_SECONDS(2));
    assert_int_equal(sn_ice_state(&pair.a.ice), SN_ICE_FAILED);
    assert_false(sn_ice_route(&pair.a.ice, &local, &remote));
    net_fini(&pair.net);
}

static void test_bad_secrets(void **state)
{
    static struct pair pair;
    static const char long_one[SN_ICE_SECRET_MAX + 2];
    struct sn_str good = SN_STR("0123456789012345678901");

    pair_init(&pair, 6, 1);
    struct sn_ice *ice = &pair.a.ice;
    assert_int_equal(sn_ice_set_remote(ice, 1, SN_STR("abc"), good), SN_ERR_INVALID_ARGUMENT);
    assert_int_equal(sn_ice_set_remote(ice, 1, SN_STR("abcd"), SN_STR("short")),
                     SN_ERR_INVALID_ARGUMENT);
    assert_int_equal(sn_ice_set_remote(ice, 1, (struct sn_str){long_one, sizeof(long_one)}, good),
                     SN_ERR_INVALID_ARGUMENT);
    assert_int_equal(sn_ice_set_remote(ice, 1, SN_STR("abcd"), good), 0);
    assert_int_equal(sn_ice_set_remote(ice, 1, SN_STR("abcd"), good), 0);
    assert_int_equal(sn_ice_set_remote(ice, 1, SN_STR("efgh"), good), SN_ERR_FAILED_PRECONDITION);
    net_fini(&pair.net);
}

/* Someone who doesn't know the password gets no answer and changes nothing. */
static void test_forged(void **state)
{
    static struct pair pair;
    static const uint8_t id[SN_STUN_ID_LEN] = {1};
    struct sn_stun_writer writer;
    uint8_t bytes[200];
    struct sn_ip from = ip_of(0, 66, 666);

    pair_init(&pair, 7, 1);
    struct sn_ice *ice = &pair.b.ice;
    char username[64];
    snprintf(username, sizeof(username), "%s:evil", ice->ufrag);
    sn_stun_begin(&writer, bytes, sizeof(bytes), SN_STUN_REQUEST, SN_STUN_BINDING, id);
    sn_stun_add(&writer, SN_STUN_USERNAME, username, strlen(username));
    sn_stun_add_u32(&writer, SN_STUN_PRIORITY, 1);
    sn_stun_add_u64(&writer, SN_STUN_ICE_CONTROLLING, 1);
    size_t len = sn_stun_end(&writer, SN_STR("not the password of this agent"));
    assert_false(sn_ice_knows(ice, bytes, len));
    assert_int_equal(sn_ice_receive(ice, pair.net.now_ns, 0, &from, bytes, len), SN_ICE_DROPPED);
    assert_int_equal(ice->remote_count, 0);
    assert_int_equal(ice->refused, 1);
    assert_int_equal(pair.net.count, 0);
    net_fini(&pair.net);
}

/* A flood of candidates and of checks from everywhere leaves room for what works. */
static void test_floods(void **state)
{
    static struct pair pair;

    pair_init(&pair, 8, ADDRESSES_MAX);
    for (unsigned i = 0; i < 1000; i++) {
        struct sn_candidate candidate = {.address = ip_of(i % 4, 3 + i % 200, (uint16_t)(i + 1)),
                                         .priority = UINT32_MAX - i};

        sn_ice_add_remote(&pair.b.ice, &candidate);
    }
    assert_int_equal(pair.b.ice.remote_count, SN_ICE_REMOTE_MAX);
    for (unsigned i = 0; i < ADDRESSES_MAX; i++)
        pair.b.told[i] = true; /* there was no room for those */
    assert_true(run_until_agreed(&pair, SN_SECONDS(10)));
    net_fini(&pair.net);
}

static void test_useless_candidates(void **state)
{
    static struct pair pair;
    struct sn_candidate candidate = {.address = ip_of(0, 2, 0)};

    pair_init(&pair, 9, 1);
    sn_ice_add_remote(&pair.a.ice, &candidate); /* no port */
    candidate.address = (struct sn_ip){.family = 4, .port = 5};
    sn_ice_add_remote(&pair.a.ice, &candidate); /* 0.0.0.0 */
    candidate.address.bytes[0] = 239;
    sn_ice_add_remote(&pair.a.ice, &candidate); /* multicast */
    memset(candidate.address.bytes, 255, 4);
    sn_ice_add_remote(&pair.a.ice, &candidate); /* broadcast */
    assert_int_equal(pair.a.ice.remote_count, 0);
    candidate.address = (struct sn_ip){.family = 4, .port = 5, .bytes = {127, 0, 0, 1}};
    sn_ice_add_remote(&pair.a.ice, &candidate); /* the loopback pairs with itself alone */
    assert_int_equal(pair.a.ice.remote_count, 1);
    assert_int_equal(pair.a.ice.pairs[0].state, SN_ICE_UNUSED);
    net_fini(&pair.net);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_quick),       cmocka_unit_test(test_seeds),
        cmocka_unit_test(test_other_way),   cmocka_unit_test(test_address_changes),
        cmocka_unit_test(test_silence),     cmocka_unit_test(test_nobody),
        cmocka_unit_test(test_bad_secrets), cmocka_unit_test(test_forged),
        cmocka_unit_test(test_floods),      cmocka_unit_test(test_useless_candidates),
    };

    return cmocka_run_group_tests_name("wire/ice", tests, NULL, NULL);
}
