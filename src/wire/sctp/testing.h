/* SPDX-License-Identifier: Apache-2.0
 *
 * For tests, benchmarks and whoever builds on SCTP: two ends and the network between them in
 * simulated time. Packets are lost, doubled and delayed (and so overtake each other) by a seed. The
 * ends are anything that takes and gives packets.
 */
#ifndef SN_WIRE_SCTP_TESTING_H
#define SN_WIRE_SCTP_TESTING_H

#include "base/heap.h"
#include "base/random.h"
#include "sinew/timers.h"
#include "wire/sctp/sctp.h"

#include <stdlib.h>

struct net_packet {
    struct net_packet *next; /* by due_ns */
    uint64_t due_ns;
    int to;
    size_t len;
    uint8_t bytes[1500];
};

struct net {
    struct sn_sctp *ends[2];
    struct sn_random random;
    uint64_t now_ns;
    uint64_t delay_ns, jitter_ns;
    uint64_t packet_ns;     /* that one takes on the wire; 0: no limit */
    uint64_t free_ns[2];    /* when the wire to that end is free again */
    uint64_t queue_max_ns;  /* what would wait longer is dropped; 0: none */
    uint32_t loss, doubled; /* of 1,000 */
    bool cut[2];            /* nothing arrives at that end */
    struct net_packet *packets;
    uint64_t sent, lost;
    /* May look at or change a packet, or drop it (false). NULL: all pass. */
    bool (*pass)(struct net *net, struct net_packet *packet);
    /* Takes what is for an end that isn't ours (NULL in `ends`). NULL: it gets lost. */
    void (*foreign)(struct net *net, const struct net_packet *packet);
};

static inline uint64_t net_chance(struct net *net, uint64_t below)
{
    return below ? sn_random_next(&net->random) % below : 0;
}

static inline void net_insert(struct net *net, const struct net_packet *packet, uint64_t due_ns)
{
    struct net_packet *copy = malloc(sizeof(*copy)), **at = &net->packets;

    *copy = *packet;
    copy->due_ns = due_ns;
    while (*at && (*at)->due_ns <= due_ns)
        at = &(*at)->next;
    copy->next = *at;
    *at = copy;
}

/* Puts a packet on its way. */
static inline void net_send(struct net *net, struct net_packet *packet)
{
    uint64_t *free_ns = &net->free_ns[packet->to];

    net->sent++;
    if (net->cut[packet->to] || net_chance(net, 1000) < net->loss ||
        (net->pass && !net->pass(net, packet))) {
        net->lost++;
        return;
    }
    if (*free_ns < net->now_ns)
        *free_ns = net->now_ns;
    if (net->queue_max_ns && *free_ns - net->now_ns > net->queue_max_ns) {
        net->lost++;
        return;
    }
    *free_ns += net->packet_ns;
    for (int copies = 1 + (net_chance(net, 1000) < net->doubled); copies; copies--)
        net_insert(net, packet, *free_ns + net->delay_ns + net_chance(net, net->jitter_ns));
}

/* All that both ends have to say now. */
static inline void net_collect(struct net *net)
{
    struct net_packet packet = {0};

    for (int i = 0; i < 2; i++) {
        while (net->ends[i] &&
               (packet.len = sn_sctp_output(net->ends[i], packet.bytes, net->now_ns))) {
            packet.to = !i;
            net_send(net, &packet);
        }
    }
}

static inline uint64_t net_next(const struct net *net)
{
    uint64_t next_ns = net->packets ? net->packets->due_ns : SN_SCTP_NEVER;

    for (int i = 0; i < 2; i++)
        if (net->ends[i] && sn_sctp_next_timeout(net->ends[i]) < next_ns)
            next_ns = sn_sctp_next_timeout(net->ends[i]);
    return next_ns;
}

/* Goes to the next thing that happens, unless that is after `until_ns`: then false, and it is that
 * time. */
static inline bool net_step(struct net *net, uint64_t until_ns)
{
    net_collect(net);
    uint64_t next_ns = net_next(net);
    if (next_ns > until_ns) {
        net->now_ns = until_ns;
        return false;
    }
    if (next_ns > net->now_ns)
        net->now_ns = next_ns;
    while (net->packets && net->packets->due_ns <= net->now_ns) {
        struct net_packet *packet = net->packets;
        struct sn_sctp *end = net->ends[packet->to];

        net->packets = packet->next;
        if (end)
            sn_sctp_input(end, (struct sn_str){(const char *)packet->bytes, packet->len},
                          net->now_ns);
        else if (net->foreign)
            net->foreign(net, packet);
        free(packet);
    }
    for (int i = 0; i < 2; i++)
        if (net->ends[i])
            sn_sctp_on_timeout(net->ends[i], net->now_ns);
    net_collect(net);
    return true;
}

/* Lets time pass. */
static inline void net_run(struct net *net, uint64_t for_ns)
{
    uint64_t until_ns = net->now_ns + for_ns;

    while (net_step(net, until_ns))
        ;
}

/* What is on its way gets lost. */
static inline void net_drop_all(struct net *net)
{
    while (net->packets) {
        struct net_packet *packet = net->packets;

        net->packets = packet->next;
        free(packet);
    }
}

#endif
