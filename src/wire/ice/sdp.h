/* SPDX-License-Identifier: Apache-2.0
 *
 * Session descriptions of peer connections: reading those of browsers, pion and webrtc-rs, writing
 * our own. One section of data channels matters; sections of audio and video are kept apart and
 * answered as refused. Pure; what is read borrows the text.
 * Sources: RFC 8866 (SDP), 8829 (JSEP), 8839 (ICE), 8841 (SCTP), 8843 (BUNDLE), 8122 and 8842
 * (fingerprints, DTLS).
 */
#ifndef SN_WIRE_ICE_SDP_H
#define SN_WIRE_ICE_SDP_H

#include "wire/ice/candidate.h"

/* What a peer may send. A browser's offer with video is some 6 KiB. */
enum {
    SN_SDP_MAX = 64 << 10,
    SN_SDP_MEDIA_MAX = 16,
    SN_SDP_CANDIDATES_MAX = 64, /* more are passed over */
    SN_SDP_TOKEN_MAX = 64,      /* bytes of a mid, a kind, a protocol */
};

enum { SN_SDP_FINGERPRINT_LEN = 32 }; /* SHA-256 */

enum sn_sdp_setup { SN_SDP_NO_SETUP, SN_SDP_ACTPASS, SN_SDP_ACTIVE, SN_SDP_PASSIVE };

enum sn_sdp_direction { SN_SDP_SENDRECV, SN_SDP_SENDONLY, SN_SDP_RECVONLY, SN_SDP_INACTIVE };

/* What DTLS and ICE need; said for the session or for a section. */
struct sn_sdp_transport {
    struct sn_str ufrag, password; /* ptr NULL: not said */
    bool has_fingerprint;
    struct sn_str other_hash; /* of a fingerprint that isn't SHA-256 */
    uint8_t fingerprint[SN_SDP_FINGERPRINT_LEN];
    uint8_t setup; /* enum sn_sdp_setup */
};

/* A section. */
struct sn_sdp_media {
    struct sn_str kind;     /* "application", "audio", "video" */
    struct sn_str protocol; /* "UDP/DTLS/SCTP" */
    struct sn_str formats;
    struct sn_str mid;
    struct sn_str text; /* its lines after "m=" */
    uint16_t port;      /* 0: refused, unless bundle_only */
    uint8_t direction;  /* enum sn_sdp_direction */
    bool bundle_only;
    struct sn_sdp_transport transport;
};

struct sn_sdp {
    uint64_t session_id, version;      /* of the line o= */
    struct sn_sdp_transport transport; /* that of the data section, completed from the session and
                                          the other sections */
    bool trickle, lite, end_of_candidates, extmap_mixed;
    struct sn_sdp_media media[SN_SDP_MEDIA_MAX];
    size_t media_count;
    int data;                  /* index of the section of data channels, or -1 */
    uint16_t sctp_port;        /* 5000 unless said otherwise */
    uint64_t max_message_size; /* bytes the other side takes; 65536 unless said, 0: any */
    struct sn_str candidates[SN_SDP_CANDIDATES_MAX]; /* their text, unread */
    size_t candidate_count;
};

/* INVALID_ARGUMENT naming the line and what is wrong with it. Needed things that are missing are
 * not wrong here: see sn_sdp_check(). */
int sn_sdp_parse(struct sn_str text, struct sn_sdp *ret_sdp, struct sn_error *error) SN_MUST_USE;

/* Whether a peer connection with data channels can be made of it: 0, or INVALID_ARGUMENT naming
 * what is missing, UNIMPLEMENTED for what we can't do (another hash, another SCTP port). */
int sn_sdp_check(const struct sn_sdp *sdp, bool is_offer, struct sn_error *error) SN_MUST_USE;

/* ---- writing ---- */

struct sn_sdp_local {
    const struct sn_sdp *offer; /* the one that is answered; NULL: this is an offer */
    uint64_t session_id, version;
    const char *ufrag, *password;
    const uint8_t *fingerprint; /* SN_SDP_FINGERPRINT_LEN bytes */
    enum sn_sdp_setup setup;
    uint32_t max_message_size;
    const struct sn_candidate *candidates;
    size_t candidate_count;
    bool end_of_candidates; /* no more will be signaled */
};

/* Our description with one section of data channels, mid "0" in an offer; an answer has the
 * offer's sections in their order. Its length, or RESOURCE_EXHAUSTED when `size` is too small. */
int sn_sdp_write(const struct sn_sdp_local *local, char *text, size_t size) SN_MUST_USE;

#endif
