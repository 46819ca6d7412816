/* SPDX-License-Identifier: Apache-2.0
 *
 * A simulated network for datagrams: loss, delay, jitter (and so reordering), duplicates, one seed
 * for all. Addresses may be rewritten on the way (a NAT), hosts may fall silent. For *_test.c only.
 */
#ifndef SN_WIRE_ICE_TESTING_H
#define SN_WIRE_ICE_TESTING_H

#include "base/random.h"
#include "sinew/timers.h"
#include "wire/ice/address.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

enum { NET_FLYING_MAX = 512, NET_DATAGRAM_MAX = 1500 };

struct net_datagram {
    uint64_t at_ns;
    struct sn_ip from, to;
    size_t len;
    uint8_t bytes[NET_DATAGRAM_MAX];
};

struct net {
    struct sn_random random;
    uint64_t now_ns, delay_ns, jitter_ns;
    unsigned loss, duplicates; /* per cent */
    size_t count, sent;
    struct net_datagram *flying;
    /* Changes a datagram's addresses, or says that it never arrives. May be NULL. */
    bool (*pass)(struct net *net, struct sn_ip *from, struct sn_ip *to);
    void *owner;
};

static inline unsigned net_chance(struct net *net, unsigned below)
{
    return (unsigned)(sn_random_next(&net->random) % below);
}

static inline void net_init(struct net *net, uint64_t seed)
{
    *net = (struct net){.now_ns = SN_SECONDS(1000), .delay_ns = SN_MS(1)};
    sn_random_init(&net->random, seed);
    net->flying = calloc(NET_FLYING_MAX, sizeof(*net->flying));
    assert_non_null(net->flying);
}

static inline void net_fini(struct net *net)
{
    free(net->flying);
}

static inline void net_random(void *owner, void *bytes, size_t len)
{
    struct net *net = owner;

    for (size_t i = 0; i < len; i++)
        ((uint8_t *)bytes)[i] = (uint8_t)sn_random_next(&net->random);
}

static inline void net_put(struct net *net, const struct sn_ip *from, const struct sn_ip *to,
                           const void *bytes, size_t len)
{
    if (net->count == NET_FLYING_MAX) /* the queue of a router */
        return;
    struct net_datagram *datagram = &net->flying[net->count++];
    uint64_t jitter = net->jitter_ns ? sn_random_next(&net->random) % net->jitter_ns : 0;
    *datagram = (struct net_datagram){
        .at_ns = net->now_ns + net->delay_ns + jitter, .from = *from, .to = *to, .len = len};
    memcpy(datagram->bytes, bytes, len);
}

static inline void net_send(struct net *net, const struct sn_ip *from, const struct sn_ip *to,
                            const void *bytes, size_t len)
{
    struct sn_ip source = *from, target = *to;

    assert_true(len <= NET_DATAGRAM_MAX);
    net->sent++;
    if (net->pass && !net->pass(net, &source, &target))
        return;
    if (net_chance(net, 100) >= net->loss)
        net_put(net, &source, &target, bytes, len);
    if (net_chance(net, 100) < net->duplicates)
        net_put(net, &source, &target, bytes, len);
}

/* When the next datagram arrives; UINT64_MAX: none flies. */
static inline uint64_t net_due(const struct net *net)
{
    uint64_t due = UINT64_MAX;

    for (size_t i = 0; i < net->count; i++)
        if (net->flying[i].at_ns < due)
            due = net->flying[i].at_ns;
    return due;
}

/* Takes the datagram that arrives next, if it is there by now. */
static inline bool net_take(struct net *net, struct net_datagram *ret_datagram)
{
    uint64_t due = net_due(net);

    if (due > net->now_ns)
        return false;
    size_t i = 0;
    while (net->flying[i].at_ns != due)
        i++;
    *ret_datagram = net->flying[i];
    net->flying[i] = net->flying[--net->count];
    return true;
}

#endif
