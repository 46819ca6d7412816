/* SPDX-License-Identifier: Apache-2.0
 *
 * SCTP as data channels need it, one association: over DTLS, so no addresses, one path, no path MTU
 * discovery. A pure engine: packets and the time go in, packets and events come out; memory is from
 * a block pool, within caps. Thread: the owner's. Nothing blocks.
 *
 *   packet from DTLS  -> sn_sctp_input()       -> events
 *   time              -> sn_sctp_on_timeout()  -> events
 *   then, always: sn_sctp_output() until it gives nothing (the packets of one turn are a train that
 *   may be sent in one call), and a timer for sn_sctp_next_timeout()
 *
 * All times are in nanoseconds on one monotonic clock of the owner's; SN_SCTP_NEVER is no time.
 *
 * Source: RFC 9260 (SCTP), RFC 8831 (data channels), RFC 6525 (stream resets), RFC 3758 (abandoned
 * messages of the peer; ours are all reliable).
 */
#ifndef SN_WIRE_SCTP_H
#define SN_WIRE_SCTP_H

#include "sinew/arena.h"
#include "sinew/err.h"
#include "sinew/str.h"

#include <stdbool.h>
#include <stdint.h>

struct sn_random;
struct sn_sctp;

/* Bytes of a packet, common header included: with DTLS, UDP and IPv6 around it below 1,280. */
enum { SN_SCTP_MTU = 1200 };

/* Source: RFC 8831, 6.2 and draft-ietf-mmusic-sctp-sdp ("webrtc-datachannel" on this port). */
enum { SN_SCTP_PORT = 5000 };

enum { SN_SCTP_STREAMS_MAX = 1024, SN_SCTP_STREAMS_PRESET = 64 };

#define SN_SCTP_NEVER UINT64_MAX

/* What an association may hold; 0 stands for the preset in brackets. */
struct sn_sctp_config {
    struct sn_block_pool *blocks; /* outlives the engine */
    struct sn_random *random;     /* for tags and first numbers; outlives the engine */
    uint16_t port;                /* at both ends [SN_SCTP_PORT] */
    uint16_t streams;             /* each way, SN_SCTP_STREAMS_MAX at most [_PRESET] */
    uint32_t message_max;         /* bytes of a message of the peer's [65,536] */
    /* Bytes that are received and not yet credited, or not yet whole; at least twice message_max is
     * taken [256 KiB]. */
    uint32_t receive_max;
    uint32_t send_max; /* bytes given to sn_sctp_send() and not acknowledged [1 MiB] */
    /* sn_sctp_room(): what is given beyond what the network takes at once should leave within this
     * time at the present pace [50 ms]. */
    uint64_t send_queue_ns;
    uint64_t heartbeat_ns;    /* silence before the peer is asked for life [30 s]; NEVER: not */
    uint32_t retransmits_max; /* in a row, then the peer is given up [10] */
};

/* Told from inside input and on_timeout, `closed` from abort too. They may send, reset, credit,
 * shut down and abort, but neither destroy the engine nor call input, output or on_timeout. */
struct sn_sctp_events {
    void (*connected)(void *owner);
    /* A whole message; `bytes` are valid during the call and count against the window until
     * sn_sctp_credit(). */
    void (*message)(void *owner, uint16_t stream, uint32_t ppid, struct sn_str bytes);
    /* Something was acknowledged and there is room. */
    void (*writable)(void *owner);
    /* The peer began that stream anew: it sends nothing more of what it was used for. */
    void (*peer_reset)(void *owner, uint16_t stream);
    /* What sn_sctp_reset() asked for: our side begins anew (or the peer refused, which nobody can
     * help). */
    void (*reset_done)(void *owner, uint16_t stream);
    /* The last event. `cause` is static text: "shut down", "aborted by the peer", ... */
    void (*closed)(void *owner, const char *cause);
};

/* Makes an engine that waits for the peer's INIT. The config is copied; `events` (all slots set)
 * must outlive it. NULL without memory. */
struct sn_sctp *sn_sctp_create(const struct sn_sctp_config *config,
                               const struct sn_sctp_events *events, void *owner) SN_MUST_USE;

/* Frees all, tells nobody. Accepts NULL. Not from inside an event. */
void sn_sctp_destroy(struct sn_sctp *sctp);

/* Sends an INIT. Both ends may do so at once (WebRTC does); once, before or after one came. */
void sn_sctp_start(struct sn_sctp *sctp, uint64_t now_ns);

/* Takes one packet; what is malformed or not of this association is dropped and counted. */
void sn_sctp_input(struct sn_sctp *sctp, struct sn_str packet, uint64_t now_ns);

/* Writes the next packet to be sent. Returns its bytes, 0 when there is none now. */
size_t sn_sctp_output(struct sn_sctp *sctp, uint8_t packet[SN_SCTP_MTU], uint64_t now_ns);

/* When sn_sctp_on_timeout() is to be called, SN_SCTP_NEVER when not at all. Changes with every
 * other call. */
uint64_t sn_sctp_next_timeout(const struct sn_sctp *sctp);
/* Does what is due; too early is harmless. */
void sn_sctp_on_timeout(struct sn_sctp *sctp, uint64_t now_ns);

/* ---- messages ---- */

/* Queues a message (copied, 1 byte at least). Messages of one stream arrive in the order of their
 * sending unless `unordered`. UNAVAILABLE: not connected, or closing; INVALID_ARGUMENT: no such
 * stream, or empty; FAILED_PRECONDITION: the stream is being reset; RESOURCE_EXHAUSTED: send_max or
 * no memory. */
int sn_sctp_send(struct sn_sctp *sctp, uint16_t stream, uint32_t ppid, bool unordered,
                 struct sn_str bytes) SN_MUST_USE;

/* Bytes to send now so that the network is busy and yet nothing waits long (send_queue_ns): who has
 * more keeps it and goes on at `writable`, with whatever is most urgent then. 0 while not
 * connected. */
size_t sn_sctp_room(const struct sn_sctp *sctp);

/* Bytes sent and not acknowledged yet. */
size_t sn_sctp_queued(const struct sn_sctp *sctp);

/* The owner is through with `bytes` of messages: the peer may send as much again. */
void sn_sctp_credit(struct sn_sctp *sctp, size_t bytes);

/* Streams each way that the peer agreed to; 0 before `connected`. */
uint16_t sn_sctp_streams(const struct sn_sctp *sctp);

/* Begins our side of a stream anew when all that was sent on it has left; then `reset_done`. Where
 * the peer can't do that it is done at once. UNAVAILABLE, INVALID_ARGUMENT as above. Asked again
 * meanwhile: nothing more. */
int sn_sctp_reset(struct sn_sctp *sctp, uint16_t stream) SN_MUST_USE;

/* ---- the end ---- */

/* Sends what is queued, then ends the association in peace: `closed` later. */
void sn_sctp_shutdown(struct sn_sctp *sctp, uint64_t now_ns);

/* Ends it now; the next output is the ABORT. `closed` comes from inside. */
void sn_sctp_abort(struct sn_sctp *sctp);

/* ---- figures ---- */

struct sn_sctp_stats {
    uint64_t packets_in, packets_out, dropped; /* dropped: malformed, foreign, bad checksum */
    uint64_t messages_in, messages_out, bytes_in, bytes_out;
    uint64_t duplicates, retransmits, fast_retransmits, timeouts;
    uint64_t refused;          /* chunks there was no room for */
    uint64_t srtt_ns, rto_ns;  /* srtt 0: not measured yet */
    uint32_t cwnd, ssthresh;   /* bytes */
    uint32_t flight, unsent;   /* bytes */
    uint32_t peer_window;      /* bytes the peer takes beyond `flight` */
    uint32_t received, blocks; /* bytes uncredited or not whole; memory blocks in use */
};

void sn_sctp_stats(const struct sn_sctp *sctp, struct sn_sctp_stats *ret_stats);

#endif
