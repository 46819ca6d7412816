/* SPDX-License-Identifier: Apache-2.0
 *
 * What hub.c (sockets, who a datagram is for), peer.c (the engines of one connection) and
 * peer_sdp.c (descriptions) share.
 */
#ifndef SN_WEBRTC_PEER_PRIVATE_H
#define SN_WEBRTC_PEER_PRIVATE_H

#include "net/dtls.h"
#include "net/mdns.h"
#include "net/udp.h"
#include "rpc/transport/rush.h"
#include "rpc/transport/webrtc/peer.h"
#include "sinew/list.h"
#include "wire/datachannel.h"
#include "wire/ice/ice.h"
#include "wire/ice/sdp.h"

enum {
    HUB_BUCKETS = 64,
    PEER_ADDRESSES_MAX = 4,                    /* of one peer that the hub knows at a time */
    PEER_NAMES_MAX = 4,                        /* of mDNS that are looked up for one peer */
    PEER_MTU = SN_SCTP_MTU + SN_DTLS_OVERHEAD, /* of datagrams, IP and UDP aside */
};

/* An address that datagrams of a peer come from. */
struct hub_address {
    struct sn_list link; /* hub.addresses, in the bucket of its hash */
    struct sn_ip ip;     /* family 0: free */
    struct sn_webrtc_peer *peer;
};

struct sn_webrtc_hub {
    struct sn_loop *loop;
    struct sn_guard *guard;
    struct sn_udp *udp[2]; /* IPv4, IPv6; NULL: closed, or the system has no such */
    struct sn_dtls_identity *identity;
    struct sn_mdns *mdns;                  /* NULL until a name has to be found */
    struct sn_list peers;                  /* sn_webrtc_peer.link, oldest first */
    struct sn_list addresses[HUB_BUCKETS]; /* hub_address.link */
    struct sn_webrtc_peer **slots;         /* by ICE label */
    size_t slot_count;
    struct sn_rush rush; /* all peers whose memory is there */
    bool destroyed;
    void (*gone)(void *owner);
    void *owner; /* of `gone` */
    struct sn_task end;
    struct sn_webrtc_counts counts;
    uint64_t datagrams_in, datagrams_out; /* of sockets that are closed */
};

enum peer_state { PEER_CONNECTING, PEER_CONNECTED, PEER_ENDED };

struct peer_name {
    struct sn_mdns_lookup lookup;
    struct sn_webrtc_peer *peer;
    struct sn_candidate candidate;
    bool used;
};

struct sn_webrtc_peer {
    struct sn_list link; /* hub.peers */
    struct sn_webrtc_hub *hub;
    const struct sn_webrtc_peer_events *events;
    void *owner;
    struct sn_datachannel data;
    struct sn_ice ice;
    struct sn_dtls *dtls; /* NULL until there is a way */
    uint8_t *early;       /* what came before it; NULL: nothing */
    size_t early_len;
    struct sn_datachannels *channels;
    struct sn_dtls_fingerprint fingerprint; /* theirs */
    uint64_t deadline_ns;                   /* to be connected by */
    struct sn_timer timer;
    struct sn_task turn;
    bool turning; /* `turn` is to come */
    bool is_offerer, active;
    bool described; /* the other side's description is here */
    uint8_t state;  /* enum peer_state */
    uint16_t label;
    const char *cause;            /* of the end */
    uint64_t session_id, version; /* of our descriptions */
    struct hub_address addresses[PEER_ADDRESSES_MAX];
    unsigned next_address;
    struct peer_name names[PEER_NAMES_MAX];
    char remote[64], local[64];
};

/* ---- hub.c ---- */

/* Opens the sockets, if they aren't; makes a place for the peer. */
int hub_add(struct sn_webrtc_hub *hub, struct sn_webrtc_peer *peer, struct sn_error *error);
/* It is over: no datagram comes to it any more. */
void hub_remove(struct sn_webrtc_hub *hub, struct sn_webrtc_peer *peer);
/* Its memory is gone. */
void hub_release(struct sn_webrtc_hub *hub);
/* Datagrams from there are for that peer. */
void hub_learn(struct sn_webrtc_hub *hub, struct sn_webrtc_peer *peer, const struct sn_ip *ip);
void hub_send(struct sn_webrtc_hub *hub, const struct sn_ip *local, const struct sn_ip *remote,
              const void *bytes, size_t len);
void hub_flush(struct sn_webrtc_hub *hub);
/* The port of the family's socket; 0: there is none. */
uint16_t hub_port(const struct sn_webrtc_hub *hub, uint8_t family);

/* ---- peer.c ---- */

struct sn_webrtc_peer *peer_create(struct sn_webrtc_hub *hub, bool is_offerer,
                                   const struct sn_webrtc_peer_events *events, void *owner,
                                   struct sn_error *error);
void peer_end(struct sn_webrtc_peer *peer, const char *cause);
/* Ends one that nobody has been told of. */
void peer_discard(struct sn_webrtc_peer *peer);
/* STUN; true when whoever sent it knows a password. */
bool peer_stun(struct sn_webrtc_peer *peer, const struct sn_ip *local, const struct sn_ip *remote,
               const uint8_t *bytes, size_t len);
void peer_datagram(struct sn_webrtc_peer *peer, const uint8_t *bytes, size_t len);
/* Has the engines' output sent and the timer set, at the end of this turn of the loop. */
void peer_wake(struct sn_webrtc_peer *peer);
/* The other side's fingerprint and role are known: the engines above ICE may be made. */
int peer_describe(struct sn_webrtc_peer *peer, const struct sn_sdp *sdp, struct sn_error *error);
uint64_t peer_now(const struct sn_webrtc_peer *peer);

/* ---- peer_sdp.c ---- */

/* A text on the channel "negotiation". */
void peer_renegotiate(struct sn_webrtc_peer *peer, struct sn_str text);

#endif
