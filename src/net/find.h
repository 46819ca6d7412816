/* SPDX-License-Identifier: Apache-2.0
 *
 * Finding a machine in the networks of IPv4 around by its name, dots and all or with dashes in
 * their place. Loop thread; nothing blocks. Sources: RFC 6762; goutils (rpc/dial.go).
 */
#ifndef SN_NET_FIND_H
#define SN_NET_FIND_H

#include "loop/loop.h"
#include "wire/ice/mdns.h"

/* How long answers may take; upstream's. */
enum { SN_FIND_MS = 1000 };

/* A search, in the caller's memory. */
struct sn_find {
    struct sn_loop *loop;
    struct sn_udp *udp; /* NULL: it has ended */
    struct sn_mdns_machine machines[2];
    /* Comes once, with what was found or NULL. */
    void (*found)(struct sn_find *find, const struct sn_mdns_machine *machine);
    struct sn_timer timer;
    unsigned asked;
};

/* Begins; `found` never comes from inside. INVALID_ARGUMENT for what can't be a name, UNAVAILABLE
 * where there is no socket for it. */
int sn_find_start(struct sn_loop *loop, struct sn_find *find, struct sn_str name,
                  void (*found)(struct sn_find *find, const struct sn_mdns_machine *machine))
    SN_MUST_USE;

/* `found` doesn't come any more. Harmless when repeated. */
void sn_find_cancel(struct sn_find *find);

#endif
