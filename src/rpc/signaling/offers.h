/* SPDX-License-Identifier: Apache-2.0
 *
 * Offers that are answered here: each becomes a peer connection whose channel carries calls to this
 * program's server. However they arrived: at our own signaling service, or through somebody else's.
 * Loop thread; nothing blocks.
 */
#ifndef SN_SIGNALING_OFFERS_H
#define SN_SIGNALING_OFFERS_H

#include "base/random.h"
#include "rpc/transport/webrtc/peer.h"

struct sn_offers;
struct sn_offer;

/* How long the other side may add candidates to an offer. Source: upstream. */
enum { SN_OFFER_LIFETIME_S = 10 };

/* Connections are made by `hub` and served by `calls`; both must outlive it. NULL without memory.
 */
struct sn_offers *sn_offers_create(struct sn_env *env, struct sn_webrtc_hub *hub,
                                   struct sn_webrtc_server *calls) SN_MUST_USE;

/* All connections must be gone. Accepts NULL. */
void sn_offers_destroy(struct sn_offers *offers);

/* Takes a description as it is signaled, and makes the one that answers it, in the arena. The offer
 * is there until its connection ends. INVALID_ARGUMENT, UNIMPLEMENTED, RESOURCE_EXHAUSTED,
 * UNAVAILABLE, with a text. */
int sn_offers_answer(struct sn_offers *offers, struct sn_str description, struct sn_arena *arena,
                     struct sn_offer **ret_offer, struct sn_str *ret_answer, struct sn_error *error)
    SN_MUST_USE;

/* 36 characters; a secret of those who signal. */
const char *sn_offer_uuid(const struct sn_offer *offer);

/* The offer of that name, for SN_OFFER_LIFETIME_S; NULL: there is none. */
struct sn_offer *sn_offers_find(const struct sn_offers *offers, struct sn_str uuid);

/* A candidate of the other side's. INVALID_ARGUMENT for a malformed one. */
int sn_offer_candidate(struct sn_offer *offer, struct sn_str candidate, struct sn_error *error)
    SN_MUST_USE;

/* The other side has given up. A connection that is made already lives on. */
void sn_offer_withdraw(struct sn_offer *offer);

/* Tells, once, that the offer has become a connection or never will; `connected` says which. Not
 * from inside. May be NULL. */
void sn_offer_watch(struct sn_offer *offer, void (*settled)(void *owner, bool connected),
                    void *owner);

#endif
