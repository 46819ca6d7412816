/* SPDX-License-Identifier: Apache-2.0
 *
 * Candidates: addresses at which an agent may be reached, and their text in SDP and signaling.
 * Pure.
 * Sources: RFC 8445, 5.1; RFC 8839, 5.1; draft-ietf-mmusic-mdns-ice-candidates.
 */
#ifndef SN_WIRE_ICE_CANDIDATE_H
#define SN_WIRE_ICE_CANDIDATE_H

#include "sinew/err.h"
#include "wire/ice/address.h"

enum sn_candidate_kind {
    SN_CANDIDATE_HOST,
    SN_CANDIDATE_PEER_REFLEXIVE,
    SN_CANDIDATE_SERVER_REFLEXIVE,
    SN_CANDIDATE_RELAYED,
};

enum {
    SN_FOUNDATION_MAX = 32,     /* characters; RFC 8839, 5.1 */
    SN_CANDIDATE_TEXT_MAX = 200 /* bytes of what we write, NUL included */
};

struct sn_candidate {
    uint8_t kind; /* enum sn_candidate_kind */
    uint32_t priority;
    struct sn_ip address; /* family 0 when `name` says it */
    struct sn_str name;   /* "….local" of somebody who hides its address; borrowed, else empty */
    char foundation[SN_FOUNDATION_MAX + 1];
};

/* The priority of a candidate of component 1: kind first, then `preference`, 0–65535. */
uint32_t sn_candidate_priority(enum sn_candidate_kind kind, uint16_t preference);

/* Reads "candidate:1 1 udp 2130706431 192.0.2.1 5000 typ host …"; "a=" before it is allowed.
 * INVALID_ARGUMENT for what is malformed; UNIMPLEMENTED for what is well-formed and of no use to
 * us: TCP, another component, a name that isn't of mDNS. */
int sn_candidate_parse(struct sn_str text, struct sn_candidate *ret_candidate) SN_MUST_USE;

/* Writes it in that form, without "a="; its length. */
size_t sn_candidate_format(const struct sn_candidate *candidate, char text[SN_CANDIDATE_TEXT_MAX]);

#endif
