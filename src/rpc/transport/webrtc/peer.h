/* SPDX-License-Identifier: Apache-2.0
 *
 * Peer connections: ICE over UDP, DTLS, SCTP and the two data channels that every SDK opens: 0
 * "data", which carries calls, and 1 "negotiation". Whoever has one signals descriptions and
 * candidates as it likes, and gives the data channel to sn_webrtc_server_accept() or
 * sn_webrtc_channel_create(). Loop thread; nothing blocks.
 *
 * Our candidates are the addresses of this machine; they are all in the description, so nothing of
 * ours has to be trickled.
 */
#ifndef SN_WEBRTC_PEER_H
#define SN_WEBRTC_PEER_H

#include "loop/loop.h"
#include "rpc/transport/webrtc/webrtc.h"

/* ---- the sockets that connections share ---- */

struct sn_webrtc_hub;

/* A hub opens its sockets with its first connection and closes them with its last. Connections that
 * others offered to us share one; each that we offer needs its own, lest two of them to one machine
 * can't be told apart there. `guard` bounds and counts, and must outlive it. NULL without memory.
 */
struct sn_webrtc_hub *sn_webrtc_hub_create(struct sn_loop *loop, struct sn_guard *guard)
    SN_MUST_USE;

/* Ends all connections of a moment, as sn_webrtc_peer_close() does. */
void sn_webrtc_hub_close_all(struct sn_webrtc_hub *hub);

/* Ends all connections and the hub: their `closed` comes in a later turn of the loop, then the
 * hub's memory goes and `gone` (may be NULL) is told. Accepts NULL: then `gone` doesn't come. */
void sn_webrtc_hub_destroy(struct sn_webrtc_hub *hub, void (*gone)(void *owner), void *owner);

/* For metrics. */
struct sn_webrtc_counts {
    size_t peers, connected; /* now */
    uint64_t offers, connections, failures;
    uint64_t datagrams_in, datagrams_out;
};
void sn_webrtc_hub_count(const struct sn_webrtc_hub *hub, struct sn_webrtc_counts *ret_counts);

/* ---- one connection ---- */

struct sn_webrtc_peer;

struct sn_webrtc_peer_events {
    /* Once: the channels are open. The last moment to take the data channel. */
    void (*connected)(struct sn_webrtc_peer *peer);
    /* Once, the very last: it could not be made, or it is over. `cause` is a static text. Never
     * from inside a function of this header. */
    void (*closed)(struct sn_webrtc_peer *peer, const char *cause);
};

/* How long a connection may take to be made, and how long it may be silent, in seconds. The first
 * is that of upstream's signaling; clients give up after 5 s of silence and dial anew, so keeping
 * what is theirs for the 30 s of RFC 7675 helps nobody. */
enum { SN_WEBRTC_PATIENCE_S = 10, SN_WEBRTC_SILENCE_S = 10 };

/* Answers an offer: makes a connection and its answer, both SDP; the answer lies in `arena`.
 * INVALID_ARGUMENT, UNIMPLEMENTED: what is wrong with the offer; RESOURCE_EXHAUSTED: too many
 * connections; UNAVAILABLE: no sockets. `events` must outlive it. */
int sn_webrtc_peer_answer(struct sn_webrtc_hub *hub, struct sn_str offer, struct sn_arena *arena,
                          const struct sn_webrtc_peer_events *events, void *owner,
                          struct sn_webrtc_peer **ret_peer, struct sn_str *ret_answer,
                          struct sn_error *error) SN_MUST_USE;

/* Makes a connection and an offer, and takes the answer to it. */
int sn_webrtc_peer_offer(struct sn_webrtc_hub *hub, struct sn_arena *arena,
                         const struct sn_webrtc_peer_events *events, void *owner,
                         struct sn_webrtc_peer **ret_peer, struct sn_str *ret_offer,
                         struct sn_error *error) SN_MUST_USE;
int sn_webrtc_peer_accept(struct sn_webrtc_peer *peer, struct sn_str answer, struct sn_error *error)
    SN_MUST_USE;

/* A candidate of the other side's, as it was signaled. What can't be used (TCP, unknown kinds, the
 * empty text that ends them) is passed over; INVALID_ARGUMENT for a malformed one. */
int sn_webrtc_peer_candidate(struct sn_webrtc_peer *peer, struct sn_str text,
                             struct sn_error *error) SN_MUST_USE;

/* Nobody wants it any more: what is queued is lost. `closed` comes. Harmless when repeated. */
void sn_webrtc_peer_close(struct sn_webrtc_peer *peer);

void *sn_webrtc_peer_owner(const struct sn_webrtc_peer *peer);

/* The channel for calls; its maker's slots are set. */
struct sn_datachannel *sn_webrtc_peer_data(struct sn_webrtc_peer *peer);

/* "192.0.2.1:5000"; from `connected` on. */
const char *sn_webrtc_peer_remote(const struct sn_webrtc_peer *peer);
const char *sn_webrtc_peer_local(const struct sn_webrtc_peer *peer);

#endif
