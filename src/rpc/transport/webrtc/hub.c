/* SPDX-License-Identifier: Apache-2.0
 *
 * Sockets shared by connections. STUN says itself which agent it is for; everything else is told
 * apart by where it comes from, once authentic STUN has come from there.
 */
#include "rpc/transport/webrtc/peer_private.h"

#include <stdlib.h>

/* ---- who a datagram is for ---- */

static struct sn_list *bucket_of(struct sn_webrtc_hub *hub, const struct sn_ip *ip)
{
    uint32_t hash = 2166136261u ^ ip->port;

    for (size_t i = 0; i < sizeof(ip->bytes); i++)
        hash = (hash ^ ip->bytes[i]) * 16777619u;
    return &hub->addresses[(hash ^ hash >> 16) % HUB_BUCKETS];
}

static struct hub_address *find_address(struct sn_webrtc_hub *hub, const struct sn_ip *ip)
{
    struct sn_list *bucket = bucket_of(hub, ip), *node;

    sn_list_for_each (node, bucket) {
        struct hub_address *address = sn_container_of(node, struct hub_address, link);

        if (sn_ip_eq(&address->ip, ip))
            return address;
    }
    return NULL;
}

static void forget(struct hub_address *address)
{
    if (address->ip.family)
        sn_list_remove(&address->link);
    address->ip.family = 0;
}

/* A place for one more address of the peer: any but that of its route. */
static struct hub_address *free_address(struct sn_webrtc_peer *peer)
{
    unsigned local;
    struct sn_ip route;
    bool routed = sn_ice_route(&peer->ice, &local, &route);
    struct hub_address *address;

    do
        address = &peer->addresses[peer->next_address++ % PEER_ADDRESSES_MAX];
    while (routed && address->ip.family && sn_ip_eq(&address->ip, &route));
    forget(address);
    return address;
}

/* Whoever showed last that the address is its own has it: NATs give them out again. */
void hub_learn(struct sn_webrtc_hub *hub, struct sn_webrtc_peer *peer, const struct sn_ip *ip)
{
    struct hub_address *known = find_address(hub, ip);

    if (known && known->peer == peer)
        return;
    if (known)
        forget(known);
    struct hub_address *address = free_address(peer);
    address->ip = *ip;
    address->peer = peer;
    sn_list_append(bucket_of(hub, ip), &address->link);
}

static void receive(void *owner, const struct sn_ip *local, const struct sn_ip *remote,
                    const uint8_t *bytes, size_t len)
{
    struct sn_webrtc_hub *hub = owner;
    uint16_t label;

    if (sn_stun_is(bytes, len)) {
        struct sn_webrtc_peer *peer = NULL;

        if (sn_ice_label(bytes, len, &label) && label < hub->slot_count)
            peer = hub->slots[label];
        if (peer && peer_stun(peer, local, remote, bytes, len) && peer->state != PEER_ENDED)
            hub_learn(hub, peer, remote);
        return;
    }
    struct hub_address *address = find_address(hub, remote);
    if (address)
        peer_datagram(address->peer, bytes, len);
}

/* ---- sockets ---- */

static struct sn_udp **socket_of(struct sn_webrtc_hub *hub, uint8_t family)
{
    return &hub->udp[family == 6];
}

uint16_t hub_port(const struct sn_webrtc_hub *hub, uint8_t family)
{
    const struct sn_udp *udp = hub->udp[family == 6];

    return udp ? sn_udp_port(udp) : 0;
}

void hub_send(struct sn_webrtc_hub *hub, const struct sn_ip *local, const struct sn_ip *remote,
              const void *bytes, size_t len)
{
    struct sn_udp *udp = *socket_of(hub, remote->family);

    if (udp)
        sn_udp_send(udp, local, remote, bytes, len);
}

void hub_flush(struct sn_webrtc_hub *hub)
{
    for (int i = 0; i < 2; i++)
        if (hub->udp[i])
            sn_udp_flush(hub->udp[i]);
}

static int open_sockets(struct sn_webrtc_hub *hub, struct sn_error *error)
{
    int code = 0;

    if (hub->udp[0] || hub->udp[1])
        return 0;
    for (int i = 0; i < 2; i++) {
        struct sn_ip any = {.family = i ? 6 : 4};

        code = sn_udp_open(hub->loop, &any, receive, hub, &hub->udp[i], error);
        if (code)
            hub->udp[i] = NULL;
    }
    return hub->udp[0] || hub->udp[1] ? 0 : code;
}

static void close_sockets(struct sn_webrtc_hub *hub)
{
    for (int i = 0; i < 2; i++) {
        if (!hub->udp[i])
            continue;
        hub->datagrams_in += sn_udp_count(hub->udp[i])->received;
        hub->datagrams_out += sn_udp_count(hub->udp[i])->sent;
        sn_udp_close(hub->udp[i]);
        hub->udp[i] = NULL;
    }
    sn_mdns_destroy(hub->mdns);
    hub->mdns = NULL;
}

/* ---- places ---- */

/* A free place; -1: none. */
static int find_slot(const struct sn_webrtc_hub *hub)
{
    for (size_t i = 0; i < hub->slot_count; i++)
        if (!hub->slots[i])
            return (int)i;
    return -1;
}

static bool grow_slots(struct sn_webrtc_hub *hub)
{
    size_t max = hub->guard->limits.peers, count = hub->slot_count ? 2 * hub->slot_count : 8;

    if (count > max)
        count = max;
    if (count > UINT16_MAX)
        count = UINT16_MAX;
    if (count <= hub->slot_count)
        return false;
    struct sn_webrtc_peer **slots = realloc(hub->slots, count * sizeof(struct sn_webrtc_peer *));
    if (!slots)
        return false;
    for (size_t i = hub->slot_count; i < count; i++)
        slots[i] = NULL;
    hub->slots = slots;
    hub->slot_count = count;
    return true;
}

/* The oldest connection that was never made gives its place: callers that vanish block nobody. */
static void make_room(struct sn_webrtc_hub *hub)
{
    struct sn_list *node;

    sn_list_for_each (node, &hub->peers) {
        struct sn_webrtc_peer *peer = sn_container_of(node, struct sn_webrtc_peer, link);

        if (peer->state == PEER_CONNECTING) {
            peer_end(peer, "given up for a newer one: too many connections");
            return;
        }
    }
}

int hub_add(struct sn_webrtc_hub *hub, struct sn_webrtc_peer *peer, struct sn_error *error)
{
    int slot = find_slot(hub);

    if (slot < 0 && grow_slots(hub))
        slot = find_slot(hub);
    if (slot < 0) {
        hub->guard->refused[SN_REFUSED_PEERS]++;
        make_room(hub);
        slot = find_slot(hub);
    }
    if (slot < 0)
        return sn_error_set(error, SN_ERR_RESOURCE_EXHAUSTED, "too many peer connections: %zu",
                            hub->slot_count);
    int code = open_sockets(hub, error);
    if (!code && !hub->identity)
        code = sn_dtls_identity_create(&hub->identity, error);
    if (code)
        return code;
    peer->label = (uint16_t)slot;
    hub->slots[slot] = peer;
    sn_list_append(&hub->peers, &peer->link);
    sn_rush_enter(&hub->rush);
    hub->counts.peers++;
    return 0;
}

void hub_remove(struct sn_webrtc_hub *hub, struct sn_webrtc_peer *peer)
{
    hub->slots[peer->label] = NULL;
    sn_list_remove(&peer->link);
    hub->counts.peers--;
    for (int i = 0; i < PEER_ADDRESSES_MAX; i++)
        forget(&peer->addresses[i]);
}

static void free_hub(struct sn_task *task)
{
    struct sn_webrtc_hub *hub = sn_container_of(task, struct sn_webrtc_hub, end);
    void (*gone)(void *owner) = hub->gone;
    void *owner = hub->owner;

    sn_timer_stop(sn_loop_timers(hub->loop), &hub->rush.timer);
    sn_dtls_identity_unref(hub->identity);
    free(hub->slots);
    free(hub);
    if (gone)
        gone(owner);
}

void hub_release(struct sn_webrtc_hub *hub)
{
    sn_rush_leave(&hub->rush, sn_loop_timers(hub->loop));
    if (hub->rush.count)
        return;
    close_sockets(hub);
    if (hub->destroyed)
        sn_loop_defer(hub->loop, &hub->end);
}

/* ---- making and ending ---- */

struct sn_webrtc_hub *sn_webrtc_hub_create(struct sn_loop *loop, struct sn_guard *guard)
{
    struct sn_webrtc_hub *hub = calloc(1, sizeof(*hub));

    if (!hub)
        return NULL;
    hub->loop = loop;
    hub->guard = guard;
    sn_list_init(&hub->peers);
    for (int i = 0; i < HUB_BUCKETS; i++)
        sn_list_init(&hub->addresses[i]);
    return hub;
}

void sn_webrtc_hub_close_all(struct sn_webrtc_hub *hub)
{
    while (!sn_list_empty(&hub->peers))
        peer_end(sn_container_of(hub->peers.next, struct sn_webrtc_peer, link), "shut down");
}

void sn_webrtc_hub_destroy(struct sn_webrtc_hub *hub, void (*gone)(void *owner), void *owner)
{
    if (!hub)
        return;
    hub->gone = gone;
    hub->owner = owner;
    hub->end.run = free_hub;
    hub->destroyed = true;
    sn_webrtc_hub_close_all(hub);
    if (!hub->rush.count)
        sn_loop_defer(hub->loop, &hub->end);
}

void sn_webrtc_hub_count(const struct sn_webrtc_hub *hub, struct sn_webrtc_counts *ret_counts)
{
    *ret_counts = hub->counts;
    ret_counts->datagrams_in = hub->datagrams_in;
    ret_counts->datagrams_out = hub->datagrams_out;
    for (int i = 0; i < 2; i++)
        if (hub->udp[i]) {
            ret_counts->datagrams_in += sn_udp_count(hub->udp[i])->received;
            ret_counts->datagrams_out += sn_udp_count(hub->udp[i])->sent;
        }
}
