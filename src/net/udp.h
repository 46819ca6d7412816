/* SPDX-License-Identifier: Apache-2.0
 *
 * Datagrams: a socket that many peers share, and what addresses this machine has. What is sent in
 * one turn of the loop leaves in one call where the system can do that, equal-sized runs to one
 * place as one piece that is cut up below (UDP_SEGMENT). Loop thread; nothing blocks.
 */
#ifndef SN_NET_UDP_H
#define SN_NET_UDP_H

#include "loop/loop.h"
#include "sinew/str.h"
#include "wire/ice/address.h"

struct sn_udp;

enum {
    SN_UDP_RECEIVE_MAX = 2048, /* longer datagrams are dropped: nobody sends them here */
    SN_UDP_SEND_MAX = 1472,    /* bytes of one datagram */
    SN_UDP_QUEUE_MAX = 512,    /* datagrams that wait for a busy system; more are dropped */
};

/* A datagram has come from `remote` to the address `local` of this machine (its port is the
 * socket's), or to a group (its scope is the interface); valid during the call. May close the
 * socket. */
typedef void (*sn_udp_fn)(void *owner, const struct sn_ip *local, const struct sn_ip *remote,
                          const uint8_t *bytes, size_t len);

/* Opens a socket at that address; the unspecified one stands for all of its family, port 0 lets the
 * system choose. A socket for IPv6 takes no IPv4. UNAVAILABLE with the cause, also where the family
 * isn't there. Keeps the loop running. */
int sn_udp_open(struct sn_loop *loop, const struct sn_ip *address, sn_udp_fn receive, void *owner,
                struct sn_udp **ret_udp, struct sn_error *error) SN_MUST_USE;

uint16_t sn_udp_port(const struct sn_udp *udp);

/* Queues a copy, to leave at the end of this turn of the loop. `local` says from which of this
 * machine's addresses (its port means nothing); NULL: the system chooses. What can't be sent is
 * dropped, as the network would. */
void sn_udp_send(struct sn_udp *udp, const struct sn_ip *local, const struct sn_ip *remote,
                 const void *bytes, size_t len);

/* Sends what is queued now. */
void sn_udp_flush(struct sn_udp *udp);

/* Sends what is queued, and no callback comes any more. Accepts NULL. */
void sn_udp_close(struct sn_udp *udp);

/* Joins a multicast group of IPv4 on each interface that has it; how many. The socket must be at
 * the unspecified address. */
int sn_udp_join(struct sn_udp *udp, const uint8_t group[4]);

struct sn_udp_counts {
    uint64_t received, sent, dropped;
    uint64_t calls; /* to the system, for those sent */
};
const struct sn_udp_counts *sn_udp_count(const struct sn_udp *udp);

/* ---- this machine's addresses ---- */

struct sn_interface {
    char name[16];
    struct sn_ip address; /* port 0; scope set for link-local IPv6 */
    unsigned index;
};

/* Those of interfaces that are up, loopback included, without broadcast and multicast; how many of
 * at most `max` there are. */
size_t sn_interfaces(struct sn_interface *ret_interfaces, size_t max);

#endif
