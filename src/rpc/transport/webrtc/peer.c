/* SPDX-License-Identifier: Apache-2.0
 *
 * The engines of one connection, one above the other: ICE finds the way, DTLS is on it, SCTP in
 * DTLS, channels in SCTP. Nothing is freed but in the task at the end of a turn, so that each
 * engine may end the connection from inside its own callbacks.
 */
#include "rpc/transport/webrtc/peer_private.h"

#include "base/random.h"

#include <stdio.h>
#include <stdlib.h>

enum { CHANNEL_DATA = 0, CHANNEL_NEGOTIATION = 1 };

static struct sn_timers *timers_of(const struct sn_webrtc_peer *peer)
{
    return sn_loop_timers(peer->hub->loop);
}

uint64_t peer_now(const struct sn_webrtc_peer *peer)
{
    return timers_of(peer)->now_ns;
}

/* ---- the end ---- */

static void stop_lookups(struct sn_webrtc_peer *peer)
{
    for (int i = 0; i < PEER_NAMES_MAX; i++)
        if (peer->names[i].used)
            sn_mdns_cancel(&peer->names[i].lookup);
}

void peer_end(struct sn_webrtc_peer *peer, const char *cause)
{
    if (peer->state == PEER_ENDED)
        return;
    peer->hub->counts.connected -= peer->state == PEER_CONNECTED;
    peer->hub->counts.failures += peer->state == PEER_CONNECTING;
    peer->state = PEER_ENDED;
    peer->cause = cause;
    stop_lookups(peer);
    sn_timer_stop(timers_of(peer), &peer->timer);
    hub_remove(peer->hub, peer);
    peer_wake(peer);
}

/* Tells the other side, as far as there is one. */
static void say_goodbye(struct sn_webrtc_peer *peer)
{
    uint8_t packet[SN_SCTP_MTU];

    if (!peer->dtls || !sn_dtls_is_connected(peer->dtls))
        return;
    struct sn_sctp *sctp = sn_datachannels_sctp(peer->channels);
    sn_sctp_abort(sctp);
    size_t len = sn_sctp_output(sctp, packet, peer_now(peer));
    if (!len || sn_dtls_send(peer->dtls, packet, len) == 0)
        sn_dtls_close(peer->dtls);
}

static void finish(struct sn_webrtc_peer *peer)
{
    struct sn_webrtc_hub *hub = peer->hub;

    say_goodbye(peer);
    hub_flush(hub);
    if (peer->data.user)
        peer->data.user->closed(&peer->data, peer->cause);
    peer->events->closed(peer, peer->cause);
    sn_dtls_destroy(peer->dtls);
    sn_datachannels_destroy(peer->channels);
    free(peer->early);
    free(peer);
    hub_release(hub);
}

static void tell_nobody(struct sn_webrtc_peer *peer, const char *cause)
{
}

void peer_discard(struct sn_webrtc_peer *peer)
{
    static const struct sn_webrtc_peer_events nobody = {.closed = tell_nobody};

    peer->events = &nobody;
    peer_end(peer, "");
}

void sn_webrtc_peer_close(struct sn_webrtc_peer *peer)
{
    peer_end(peer, "closed");
}

/* ---- channels ---- */

/* "192.0.2.1:5000", "[::1]:5000" */
static void name_address(const struct sn_ip *ip, char *ret_text, size_t size)
{
    char text[SN_IP_TEXT_MAX];
    bool v6 = ip->family == 6;

    sn_ip_format(ip, text);
    snprintf(ret_text, size, "%s%s%s:%u", v6 ? "[" : "", text, v6 ? "]" : "", ip->port);
}

static void on_connected(void *owner)
{
    struct sn_webrtc_peer *peer = owner;
    unsigned local;
    struct sn_ip remote;

    if (peer->state != PEER_CONNECTING)
        return;
    peer->state = PEER_CONNECTED;
    peer->hub->counts.connected++;
    peer->hub->counts.connections++;
    if (sn_ice_route(&peer->ice, &local, &remote)) {
        name_address(&remote, peer->remote, sizeof(peer->remote));
        name_address(&peer->ice.local[local].address, peer->local, sizeof(peer->local));
    }
    peer->events->connected(peer);
    if (peer->state == PEER_CONNECTED && peer->data.user)
        peer->data.user->open(&peer->data);
}

/* No SDK announces a channel. */
static void on_opened(void *owner, uint16_t id, struct sn_str label, struct sn_str protocol)
{
    struct sn_webrtc_peer *peer = owner;

    if (sn_datachannels_close(peer->channels, id))
        peer_end(peer, "a channel that nobody wants can't be closed");
}

static void on_message(void *owner, uint16_t id, enum sn_datachannel_kind kind, struct sn_str bytes)
{
    struct sn_webrtc_peer *peer = owner;

    if (peer->state != PEER_CONNECTED)
        return;
    if (id == CHANNEL_NEGOTIATION)
        peer_renegotiate(peer, bytes);
    else if (id == CHANNEL_DATA && peer->data.user)
        peer->data.user->message(&peer->data, bytes);
}

static void on_writable(void *owner)
{
    struct sn_webrtc_peer *peer = owner;

    if (peer->state == PEER_CONNECTED && peer->data.user)
        peer->data.user->writable(&peer->data);
}

static void on_channel_closed(void *owner, uint16_t id)
{
    if (id == CHANNEL_DATA)
        peer_end(owner, "the peer closed the data channel");
}

static void on_sctp_closed(void *owner, const char *cause)
{
    peer_end(owner, cause);
}

static const struct sn_datachannel_events channel_events = {
    .connected = on_connected,
    .opened = on_opened,
    .message = on_message,
    .writable = on_writable,
    .channel_closed = on_channel_closed,
    .closed = on_sctp_closed,
};

static struct sn_webrtc_peer *peer_of(const struct sn_datachannel *channel)
{
    return sn_container_of(channel, struct sn_webrtc_peer, data);
}

static int data_send(struct sn_datachannel *channel, struct sn_str frame)
{
    struct sn_webrtc_peer *peer = peer_of(channel);

    if (peer->state != PEER_CONNECTED)
        return SN_ERR_UNAVAILABLE;
    peer_wake(peer);
    return sn_datachannels_send(peer->channels, CHANNEL_DATA, SN_DATACHANNEL_BINARY, frame);
}

static size_t data_room(const struct sn_datachannel *channel)
{
    const struct sn_webrtc_peer *peer = peer_of(channel);

    return peer->state == PEER_CONNECTED ? sn_sctp_room(sn_datachannels_sctp(peer->channels)) : 0;
}

static void data_close(struct sn_datachannel *channel)
{
    peer_end(peer_of(channel), "closed");
}

static const struct sn_datachannel_ops data_ops = {data_send, data_room, data_close};

/* ---- DTLS ---- */

static void send_record(struct sn_dtls *dtls, const uint8_t *bytes, size_t len)
{
    struct sn_webrtc_peer *peer = sn_dtls_owner(dtls);
    struct sn_ip remote;
    unsigned local;

    if (sn_ice_route(&peer->ice, &local, &remote))
        hub_send(peer->hub, &peer->ice.local[local].address, &remote, bytes, len);
}

static void on_secured(struct sn_dtls *dtls)
{
    struct sn_webrtc_peer *peer = sn_dtls_owner(dtls);

    sn_sctp_start(sn_datachannels_sctp(peer->channels), peer_now(peer));
    peer_wake(peer);
}

static void on_record(struct sn_dtls *dtls, const uint8_t *bytes, size_t len)
{
    struct sn_webrtc_peer *peer = sn_dtls_owner(dtls);

    if (peer->state == PEER_ENDED)
        return;
    sn_sctp_input(sn_datachannels_sctp(peer->channels), (struct sn_str){(const char *)bytes, len},
                  peer_now(peer));
    peer_wake(peer);
}

static void on_dtls_ended(struct sn_dtls *dtls, int code, const char *cause)
{
    peer_end(sn_dtls_owner(dtls), cause);
}

static const struct sn_dtls_events dtls_events = {
    .send = send_record,
    .connected = on_secured,
    .received = on_record,
    .ended = on_dtls_ended,
};

/* The engines above ICE: made when there is a way, so that offers nobody follows up cost little. */
static bool make_engines(struct sn_webrtc_peer *peer)
{
    struct sn_env *env = sn_loop_env(peer->hub->loop);
    struct sn_sctp_config sctp = {.blocks = env->blocks, .random = env->random};
    struct sn_dtls_options options = {
        .timers = env->timers,
        .identity = peer->hub->identity,
        .active = peer->active,
        .peer = peer->fingerprint,
        .mtu = PEER_MTU,
        .events = &dtls_events,
        .owner = peer,
    };
    struct sn_error error;

    peer->channels = sn_datachannels_create(&sctp, peer->active, &channel_events, peer);
    if (peer->channels && sn_datachannels_add(peer->channels, CHANNEL_DATA) == 0 &&
        sn_datachannels_add(peer->channels, CHANNEL_NEGOTIATION) == 0 &&
        sn_dtls_create(&options, &peer->dtls, &error) == 0)
        return true;
    peer_end(peer, "out of memory");
    return false;
}

/* The other side may know its way before we know ours: its first datagram waits for that, since its
 * next comes when it gives up waiting for an answer. */
static void keep_early(struct sn_webrtc_peer *peer, const uint8_t *bytes, size_t len)
{
    if (peer->early || len > PEER_MTU)
        return;
    peer->early = malloc(len);
    if (!peer->early)
        return; /* as if it were lost */
    memcpy(peer->early, bytes, len);
    peer->early_len = len;
}

static void take_early(struct sn_webrtc_peer *peer)
{
    uint8_t *early = peer->early;

    if (!early)
        return;
    peer->early = NULL;
    sn_dtls_receive(peer->dtls, early, peer->early_len);
    free(early);
}

void peer_datagram(struct sn_webrtc_peer *peer, const uint8_t *bytes, size_t len)
{
    if (peer->state == PEER_ENDED || !len || bytes[0] < SN_DTLS_FIRST_MIN ||
        bytes[0] > SN_DTLS_FIRST_MAX)
        return;
    if (!peer->dtls) {
        keep_early(peer, bytes, len);
        return;
    }
    sn_dtls_receive(peer->dtls, bytes, len);
    peer_wake(peer);
}

/* ---- ICE ---- */

static void ice_random(void *owner, void *bytes, size_t len)
{
    sn_random_secret(bytes, len);
}

static void ice_send(void *owner, unsigned local, const struct sn_ip *remote, const void *bytes,
                     size_t len)
{
    struct sn_webrtc_peer *peer = owner;

    hub_send(peer->hub, &peer->ice.local[local].address, remote, bytes, len);
}

/* What has become of the way. */
static void look_at_ice(struct sn_webrtc_peer *peer)
{
    enum sn_ice_state state = sn_ice_state(&peer->ice);

    if (state == SN_ICE_FAILED) {
        peer_end(peer, peer->dtls ? "the peer has gone silent" : "no way to the peer was found");
    } else if (state == SN_ICE_CONNECTED && !peer->dtls && peer->described) {
        if (make_engines(peer)) {
            sn_dtls_start(peer->dtls);
            take_early(peer);
        }
    }
    peer_wake(peer);
}

bool peer_stun(struct sn_webrtc_peer *peer, const struct sn_ip *local, const struct sn_ip *remote,
               const uint8_t *bytes, size_t len)
{
    int index = sn_ice_find_local(&peer->ice, local);

    /* An interface that wasn't there before; but it is no liar who says so, nor a broadcast. */
    if (index < 0 && !sn_ip_is_multicast(local) && sn_ice_knows(&peer->ice, bytes, len))
        index = sn_ice_add_local(&peer->ice, local, 0);
    if (index < 0)
        return false;
    bool authentic = sn_ice_receive(&peer->ice, peer_now(peer), (unsigned)index, remote, bytes,
                                    len) == SN_ICE_AUTHENTIC;
    look_at_ice(peer);
    return authentic;
}

/* ---- turns and time ---- */

static void on_time(struct sn_timer *timer)
{
    struct sn_webrtc_peer *peer = sn_container_of(timer, struct sn_webrtc_peer, timer);
    uint64_t now_ns = peer_now(peer);

    if (peer->state == PEER_CONNECTING && now_ns >= peer->deadline_ns) {
        peer_end(peer, "no connection in time");
        return;
    }
    sn_ice_tick(&peer->ice, now_ns);
    look_at_ice(peer);
    if (peer->channels && peer->state != PEER_ENDED)
        sn_sctp_on_timeout(sn_datachannels_sctp(peer->channels), now_ns);
    peer_wake(peer);
}

/* Does what is due, and waits for the rest. */
static void set_timer(struct sn_webrtc_peer *peer)
{
    uint64_t now_ns = peer_now(peer), due_ns = sn_ice_due(&peer->ice);

    if (due_ns <= now_ns) { /* a timer would come a millisecond later */
        sn_ice_tick(&peer->ice, now_ns);
        look_at_ice(peer);
        if (peer->state == PEER_ENDED)
            return;
        due_ns = sn_ice_due(&peer->ice);
    }
    if (peer->state == PEER_CONNECTING && peer->deadline_ns < due_ns)
        due_ns = peer->deadline_ns;
    if (peer->channels) {
        uint64_t other_ns = sn_sctp_next_timeout(sn_datachannels_sctp(peer->channels));

        due_ns = other_ns < due_ns ? other_ns : due_ns;
    }
    if (due_ns == UINT64_MAX)
        sn_timer_stop(timers_of(peer), &peer->timer);
    else
        sn_timer_start(timers_of(peer), &peer->timer, due_ns > now_ns ? due_ns - now_ns : 0,
                       on_time);
}

static void send_packets(struct sn_webrtc_peer *peer)
{
    struct sn_sctp *sctp = sn_datachannels_sctp(peer->channels);
    uint8_t packet[SN_SCTP_MTU];
    size_t len;

    if (!sn_dtls_is_connected(peer->dtls))
        return;
    while ((len = sn_sctp_output(sctp, packet, peer_now(peer))) > 0)
        if (sn_dtls_send(peer->dtls, packet, len))
            return; /* `ended` has said so, or will */
}

static void on_turn(struct sn_task *task)
{
    struct sn_webrtc_peer *peer = sn_container_of(task, struct sn_webrtc_peer, turn);

    peer->turning = false;
    if (peer->state != PEER_ENDED && peer->dtls)
        send_packets(peer);
    if (peer->state != PEER_ENDED)
        set_timer(peer);
    hub_flush(peer->hub);
    if (peer->state == PEER_ENDED && !peer->turning)
        finish(peer);
}

void peer_wake(struct sn_webrtc_peer *peer)
{
    if (peer->turning)
        return;
    peer->turning = true;
    sn_loop_defer(peer->hub->loop, &peer->turn);
}

/* ---- making ---- */

/* Loopback first, since who is here reaches it fastest; then IPv4, then IPv6. */
static uint16_t preference_of(const struct sn_ip *ip, size_t index)
{
    unsigned class = sn_ip_is_loopback(ip) ? 4 : ip->family == 4 ? 3 : 2;

    if (sn_ip_is_link_local(ip))
        class = 1;
    return (uint16_t)(class << 12 | (0xfff - (index & 0xfff)));
}

static void add_locals(struct sn_webrtc_peer *peer)
{
    struct sn_interface interfaces[SN_ICE_LOCAL_MAX];
    size_t count = sn_interfaces(interfaces, SN_ICE_LOCAL_MAX);

    for (size_t i = 0; i < count; i++) {
        struct sn_ip *ip = &interfaces[i].address;

        ip->port = hub_port(peer->hub, ip->family);
        if (ip->port && sn_ice_add_local(&peer->ice, ip, preference_of(ip, i)) < 0)
            return;
    }
}

struct sn_webrtc_peer *peer_create(struct sn_webrtc_hub *hub, bool is_offerer,
                                   const struct sn_webrtc_peer_events *events, void *owner,
                                   struct sn_error *error)
{
    struct sn_webrtc_peer *peer = calloc(1, sizeof(*peer));
    struct sn_ice_config config = {
        .controlling = is_offerer,
        .random = ice_random,
        .send = ice_send,
        .owner = peer,
        .patience_ns = SN_SECONDS(SN_WEBRTC_PATIENCE_S),
        .consent_ns = SN_SECONDS(SN_WEBRTC_SILENCE_S),
    };

    if (!peer) {
        sn_error_set(error, SN_ERR_RESOURCE_EXHAUSTED, "out of memory");
        return NULL;
    }
    peer->hub = hub;
    peer->events = events;
    peer->owner = owner;
    peer->data.ops = &data_ops;
    peer->is_offerer = is_offerer;
    peer->turn.run = on_turn;
    sn_random_secret(&peer->session_id, sizeof(peer->session_id));
    peer->session_id >>= 1; /* some read it as a signed number */
    if (hub_add(hub, peer, error)) {
        free(peer);
        return NULL;
    }
    config.label = peer->label;
    sn_ice_init(&peer->ice, &config);
    add_locals(peer);
    peer->deadline_ns = peer_now(peer) + SN_SECONDS(SN_WEBRTC_PATIENCE_S);
    hub->counts.offers++;
    peer_wake(peer);
    return peer;
}

int peer_describe(struct sn_webrtc_peer *peer, const struct sn_sdp *sdp, struct sn_error *error)
{
    memcpy(peer->fingerprint.algorithm, "sha-256", sizeof("sha-256"));
    memcpy(peer->fingerprint.digest, sdp->transport.fingerprint, SN_SDP_FINGERPRINT_LEN);
    peer->fingerprint.len = SN_SDP_FINGERPRINT_LEN;
    peer->active = sdp->transport.setup != SN_SDP_ACTIVE;
    if (sdp->lite) /* it never controls */
        sn_ice_set_role(&peer->ice, true);
    int code = sn_ice_set_remote(&peer->ice, peer_now(peer), sdp->transport.ufrag,
                                 sdp->transport.password);
    if (code)
        return sn_error_set(error, code,
                            "sdp: ice-ufrag needs 4 to %d characters, ice-pwd 22 to %d",
                            SN_ICE_SECRET_MAX, SN_ICE_SECRET_MAX);
    peer->described = true;
    return 0;
}

void *sn_webrtc_peer_owner(const struct sn_webrtc_peer *peer)
{
    return peer->owner;
}

struct sn_datachannel *sn_webrtc_peer_data(struct sn_webrtc_peer *peer)
{
    return &peer->data;
}

const char *sn_webrtc_peer_remote(const struct sn_webrtc_peer *peer)
{
    return peer->remote;
}

const char *sn_webrtc_peer_local(const struct sn_webrtc_peer *peer)
{
    return peer->local;
}
