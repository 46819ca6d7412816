/* SPDX-License-Identifier: Apache-2.0
 *
 * WebRTC at the machine's port: signaling, peer connections, and the calls on them. Loop thread.
 */
#ifndef SN_MAIN_PEERS_H
#define SN_MAIN_PEERS_H

#include "main/ports.h"
#include "rpc/signaling/server.h"

/* In the caller's memory, zeroed. */
struct sn_peers {
    const struct sn_ports *ports;
    struct sn_webrtc_hub *hub;
    struct sn_webrtc_server *calls;
    struct sn_offers *offers;
    struct sn_signaling signaling;
    char names[2][256]; /* the machine's, besides its addresses; empty: none */
};

/* Calls go to `server`, within the limits of the ports' guard. RESOURCE_EXHAUSTED. */
int sn_peers_open(struct sn_peers *peers, const struct sn_ports *ports, struct sn_server *server,
                  struct sn_error *error) SN_MUST_USE;

/* What callers may ask for. The second may be empty. */
void sn_peers_name(struct sn_peers *peers, const char *name, const char *other);

/* All connections end: those who called have to begin anew. */
void sn_peers_drop(struct sn_peers *peers);

/* The end; `closed` comes later. */
void sn_peers_close(struct sn_peers *peers, void (*closed)(void *owner), void *owner);

/* After it, when no call is left. */
void sn_peers_destroy(struct sn_peers *peers);

#endif
