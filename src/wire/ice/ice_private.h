/* SPDX-License-Identifier: Apache-2.0
 *
 * What ice.c (candidates, pairs, decisions) and ice_check.c (messages) share.
 */
#ifndef SN_WIRE_ICE_PRIVATE_H
#define SN_WIRE_ICE_PRIVATE_H

#include "wire/ice/ice.h"

/* Goes through all pairs in use. */
#define ICE_FOR_EACH_PAIR(ice, pair)                                                           \
    for (struct sn_ice_pair * (pair) = (ice)->pairs; (pair) < (ice)->pairs + SN_ICE_PAIRS_MAX; \
         (pair)++)                                                                             \
        if ((pair)->state == SN_ICE_UNUSED) {                                                  \
        } else

static inline bool ice_is_valid(const struct sn_ice_pair *pair)
{
    return pair->answered_ns && pair->state != SN_ICE_PAIR_FAILED && pair->state != SN_ICE_UNUSED;
}

static inline uint64_t ice_silence(const struct sn_ice *ice, const struct sn_ice_pair *pair)
{
    return ice->now_ns - pair->answered_ns;
}

/* Our user fragments begin with the label: 18 bits. The label of one, or -1. */
enum { ICE_LABEL_CHARS = 3 };
int ice_ufrag_label(struct sn_str ufrag);

/* The pair that data uses, or NULL. */
struct sn_ice_pair *ice_route(const struct sn_ice *ice);

/* Its number, or -1. */
int ice_find_remote(const struct sn_ice *ice, const struct sn_ip *address);

/* Adds an address that a check came from; its number, or -1. */
int ice_learn_remote(struct sn_ice *ice, const struct sn_ip *address, uint32_t priority);

struct sn_ice_pair *ice_find_pair(struct sn_ice *ice, unsigned local, unsigned remote);

/* Adds a pair in state WAITING; NULL when there is no room for one of its priority. One that a
 * check came on (`checked`) goes before all that are only said to be there. */
struct sn_ice_pair *ice_add_pair(struct sn_ice *ice, unsigned local, unsigned remote, bool checked);

/* Has the pair checked before those whose turn it is by priority. */
void ice_trigger(struct sn_ice *ice, struct sn_ice_pair *pair);

/* Controlled: takes the pair for the route, if it is better than what there is. */
void ice_accept(struct sn_ice *ice, struct sn_ice_pair *pair);
void ice_select(struct sn_ice *ice, struct sn_ice_pair *pair);

/* Sends the check of a pair, again or, if none is under way, for the first time. */
void ice_check(struct sn_ice *ice, struct sn_ice_pair *pair);
/* Asks for consent on the route. */
void ice_ask(struct sn_ice *ice, struct sn_ice_pair *route);

#endif
