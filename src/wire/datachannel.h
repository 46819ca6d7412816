/* SPDX-License-Identifier: Apache-2.0
 *
 * Data channels over SCTP, those of one peer connection: made by agreement (both sides know the id)
 * or announced on the wire (DCEP). A pure engine on top of wire/sctp: it makes the association and
 * takes its events; packets and time go to the association itself (sn_datachannels_sctp()). Thread:
 * the owner's. Nothing blocks.
 *
 * Source: RFC 8831 (channels, payload types, closing), RFC 8832 (DCEP).
 */
#ifndef SN_WIRE_DATACHANNEL_H
#define SN_WIRE_DATACHANNEL_H

#include "wire/sctp/sctp.h"

struct sn_datachannels;

/* Bytes of a label or a protocol's name that a peer may announce. */
enum { SN_DATACHANNEL_NAME_MAX = 256 };

/* A message longer than this some peers (pion, webrtc-rs) can't read. */
enum { SN_DATACHANNEL_MESSAGE_MAX = 65535 };

enum sn_datachannel_kind { SN_DATACHANNEL_TEXT, SN_DATACHANNEL_BINARY };

/* Told from inside the association's input and on_timeout. The same rules as for
 * struct sn_sctp_events. */
struct sn_datachannel_events {
    /* The association stands: channels may send. */
    void (*connected)(void *owner);
    /* The peer announced a channel, and was answered. Close it if it isn't wanted. */
    void (*opened)(void *owner, uint16_t id, struct sn_str label, struct sn_str protocol);
    /* A message on an open channel; valid during the call, and credited when it returns. */
    void (*message)(void *owner, uint16_t id, enum sn_datachannel_kind kind, struct sn_str bytes);
    void (*writable)(void *owner);
    /* The peer closed a channel, or ours is closed at last: the id is free. */
    void (*channel_closed)(void *owner, uint16_t id);
    /* The association's end, the last event; channels aren't told one by one. Static text. */
    void (*closed)(void *owner, const char *cause);
};

/* `is_client`: the DTLS client's announced channels have even ids, the server's odd ones. `config`
 * as for sn_sctp_create(); `events` (all slots set) must outlive it. NULL without memory. */
struct sn_datachannels *sn_datachannels_create(const struct sn_sctp_config *config, bool is_client,
                                               const struct sn_datachannel_events *events,
                                               void *owner) SN_MUST_USE;

/* Frees all, association included; tells nobody. Accepts NULL. Not from inside an event. */
void sn_datachannels_destroy(struct sn_datachannels *channels);

/* For start, input, output, timeouts, room, shutdown, abort and figures. */
struct sn_sctp *sn_datachannels_sctp(const struct sn_datachannels *channels);

/* Opens a channel that both sides know of without being told ("negotiated"); at any time, also
 * before `connected`. What the peer sends on an id nobody opened is dropped. INVALID_ARGUMENT: id
 * beyond the association's streams; ALREADY_EXISTS. */
int sn_datachannels_add(struct sn_datachannels *channels, uint16_t id) SN_MUST_USE;

/* Announces a reliable, ordered channel; messages may follow at once. UNAVAILABLE: not connected;
 * INVALID_ARGUMENT: a name too long; RESOURCE_EXHAUSTED: no free id or no room. */
int sn_datachannels_open(struct sn_datachannels *channels, struct sn_str label,
                         struct sn_str protocol, uint16_t *ret_id) SN_MUST_USE;

/* Sends a message of SN_DATACHANNEL_MESSAGE_MAX bytes at most, possibly empty; copied. NOT_FOUND:
 * the channel isn't open; INVALID_ARGUMENT: too long; UNAVAILABLE, RESOURCE_EXHAUSTED as
 * sn_sctp_send(). */
int sn_datachannels_send(struct sn_datachannels *channels, uint16_t id,
                         enum sn_datachannel_kind kind, struct sn_str bytes) SN_MUST_USE;

/* Closes a channel: what was sent arrives, nothing is told of it any more but channel_closed.
 * NOT_FOUND. */
int sn_datachannels_close(struct sn_datachannels *channels, uint16_t id) SN_MUST_USE;

#endif
