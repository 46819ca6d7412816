/* SPDX-License-Identifier: Apache-2.0
 *
 * Finding the address behind a ".local" name: questions to the group of multicast DNS on each
 * network of IPv4, a few times. Loop thread; nothing blocks.
 * Source: RFC 6762.
 */
#ifndef SN_NET_MDNS_H
#define SN_NET_MDNS_H

#include "loop/loop.h"
#include "sinew/list.h"
#include "wire/ice/mdns.h"

struct sn_mdns;

/* NULL where there is no socket for it. */
struct sn_mdns *sn_mdns_create(struct sn_loop *loop) SN_MUST_USE;

/* No lookup may be under way. Accepts NULL. */
void sn_mdns_destroy(struct sn_mdns *mdns);

/* A lookup, in the caller's memory. */
struct sn_mdns_lookup {
    struct sn_list link; /* sn_mdns.lookups */
    struct sn_mdns *mdns;
    char name[SN_MDNS_NAME_MAX + 1]; /* lower case */
    /* Gets each address, without a port; at the end, SN_MDNS_LOOKUP_S later, NULL. May cancel. */
    void (*found)(struct sn_mdns_lookup *lookup, const struct sn_ip *address);
    struct sn_timer timer;
    unsigned asked;
};

/* Callers of any number may have names looked up; beyond so many questions in a second some of a
 * lookup's four aren't asked, lest they make us shout at the whole network. */
enum { SN_MDNS_LOOKUP_S = 4, SN_MDNS_QUESTIONS_PER_S = 50 };

/* Begins; `found` never comes from inside. INVALID_ARGUMENT for what can't be a name. */
int sn_mdns_resolve(struct sn_mdns *mdns, struct sn_mdns_lookup *lookup, struct sn_str name,
                    void (*found)(struct sn_mdns_lookup *lookup, const struct sn_ip *address))
    SN_MUST_USE;

/* `found` doesn't come any more. Harmless when repeated. */
void sn_mdns_cancel(struct sn_mdns_lookup *lookup);

#endif
