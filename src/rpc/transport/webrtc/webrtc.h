/* SPDX-License-Identifier: Apache-2.0
 *
 * gRPC over a data channel, both sides. Whatever makes the channel (a peer connection, two ends in
 * one test) is behind struct sn_datachannel. Loop thread.
 */
#ifndef SN_WEBRTC_WEBRTC_H
#define SN_WEBRTC_WEBRTC_H

#include "rpc/core/transport.h"
#include "rpc/transport/guard.h"

/* ---- the channel below ---- */

struct sn_datachannel;

/* What its maker offers. */
struct sn_datachannel_ops {
    /* Sends one binary message, copied, SN_WEBRTC_FRAME_MAX bytes at most. 0; RESOURCE_EXHAUSTED
     * when it can't be queued now; UNAVAILABLE when the channel is not open or gone. */
    int (*send)(struct sn_datachannel *channel, struct sn_str frame);
    /* Bytes to send now; who has more waits for `writable` (sn_sctp_room()). */
    size_t (*room)(const struct sn_datachannel *channel);
    /* The user wants it gone, its peer connection with it. `closed` comes later, not from inside,
     * unless it came before. */
    void (*close)(struct sn_datachannel *channel);
};

/* What its user hears of, never from inside of the maker's functions. None after `closed`. */
struct sn_datachannel_user {
    void (*open)(struct sn_datachannel *channel);
    void (*message)(struct sn_datachannel *channel, struct sn_str frame);
    void (*writable)(struct sn_datachannel *channel);
    /* Gone for good; `cause` is borrowed. The user has forgotten it when this returns. */
    void (*closed)(struct sn_datachannel *channel, const char *cause);
};

/* The maker owns and embeds it, sets `ops` and calls `user`; that is set by whoever takes the
 * channel, before anything else happens to it. */
struct sn_datachannel {
    const struct sn_datachannel_ops *ops;
    const struct sn_datachannel_user *user;
    void *owner; /* the user's */
};

enum { SN_WEBRTC_FRAME_MAX = 65535 };

/* ---- server ---- */

struct sn_webrtc_server;

/* Carries calls to `server`, within the limits of `guard`; both, and `env`, must outlive it. NULL
 * without memory. */
struct sn_webrtc_server *sn_webrtc_server_create(struct sn_env *env, struct sn_server *server,
                                                 struct sn_guard *guard) SN_MUST_USE;

/* Calls over channels count as this caller's, in sessions and wherever it matters: whoever made the
 * connection has shown to signaling who it is. Static or outliving the server; NULL (the preset):
 * nobody in particular. */
void sn_webrtc_server_set_entity(struct sn_webrtc_server *webrtc, const char *entity);

/* Serves a channel, before its `open` and until its `closed`. `remote` and `local` are addresses
 * for logs and sessions, copied. RESOURCE_EXHAUSTED: no memory. */
int sn_webrtc_server_accept(struct sn_webrtc_server *webrtc, struct sn_datachannel *channel,
                            const char *remote, const char *local) SN_MUST_USE;

/* Closes all channels. */
void sn_webrtc_server_close_all(struct sn_webrtc_server *webrtc);

/* No channel may be left and no call of one. Accepts NULL. */
void sn_webrtc_server_destroy(struct sn_webrtc_server *webrtc);

/* For metrics, and for who waits for the end: channels served, and those gone whose calls run on;
 * calls on them. */
size_t sn_webrtc_server_channels(const struct sn_webrtc_server *webrtc);
size_t sn_webrtc_server_streams(const struct sn_webrtc_server *webrtc);

/* ---- client ---- */

/* A channel for calls over a data channel, before that is open: calls made until then wait, 1,000
 * at most. Calls after `closed` fail with UNAVAILABLE and its cause. Closing it
 * (sn_channel_ops.close) closes the data channel. NULL without memory. */
struct sn_channel *sn_webrtc_channel_create(struct sn_env *env, struct sn_datachannel *channel)
    SN_MUST_USE;

/* Whether the data channel is gone: what is on top may want to dial again. */
bool sn_webrtc_channel_is_closed(const struct sn_channel *channel);

#endif
