/* SPDX-License-Identifier: Apache-2.0
 *
 * A channel to a machine, made the way the SDKs make theirs: a bare name is looked for in the
 * networks around first, by mDNS, for a second; then DNS knows it. TLS first and, where that is
 * allowed, plaintext; credentials become a token; then WebRTC by the machine's own signaling (or
 * another's), and where that can't be had, gRPC over the connection there is. Loop thread; nothing
 * blocks. Source: goutils (rpc/dial.go), rust-utils (src/rpc/dial.rs).
 */
#ifndef SN_SIGNALING_DIAL_H
#define SN_SIGNALING_DIAL_H

#include "net/tls.h"
#include "rpc/transport/webrtc/peer.h"

enum sn_machine_way {
    SN_MACHINE_ANY,    /* WebRTC, else direct */
    SN_MACHINE_DIRECT, /* gRPC over HTTP/2 only */
    SN_MACHINE_WEBRTC, /* nothing else */
};

struct sn_machine_options {
    /* "host:port" of the machine, or of whoever signals for it; or a name, with port 443. */
    const char *address;
    const char *host;   /* the machine's name there; NULL: the address */
    bool no_mdns;       /* names aren't looked for in the networks around */
    struct sn_tls *tls; /* a reference is taken; NULL: plaintext */
    bool downgrade;     /* where TLS fails, plaintext will do */
    /* Credentials; type NULL: none. They go into plaintext only with `downgrade` or without TLS. */
    const char *type, *entity, *payload; /* entity NULL: the host */
    enum sn_machine_way way;
};

/* How long WebRTC may take before the direct way is taken; upstream's. */
enum { SN_MACHINE_WEBRTC_S = 10 };

struct sn_machine_dial;

/* Gets the channel, or NULL with the reason. The channel is the owner's, to be closed by its ops; a
 * WebRTC one whose peer is gone (sn_machine_is_gone) has to be dialled anew. */
typedef void (*sn_machine_fn)(void *owner, struct sn_channel *channel,
                              const struct sn_error *error);

/* Begins; `dialled` comes once, never from inside. The options are copied. INVALID_ARGUMENT for a
 * malformed address, RESOURCE_EXHAUSTED. */
int sn_machine_dial(struct sn_loop *loop, const struct sn_machine_options *options,
                    sn_machine_fn dialled, void *owner, struct sn_machine_dial **ret_dial,
                    struct sn_error *error) SN_MUST_USE;

/* `dialled` doesn't come any more. Only before it came. */
void sn_machine_cancel(struct sn_machine_dial *dial);

/* Whether the channel goes over WebRTC; and whether it went and is gone. */
bool sn_machine_is_webrtc(const struct sn_channel *channel);
bool sn_machine_is_gone(const struct sn_channel *channel);

#endif
