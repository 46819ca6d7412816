/* SPDX-License-Identifier: Apache-2.0
 *
 * Telling the networks of IPv4 around by which names and where a machine can be reached. Names are
 * taken to be the machine's alone: nobody is asked first. Answers aren't held back for those who
 * know them. Loop thread; nothing blocks.
 * Sources: RFC 6762, RFC 6763; viamrobotics/zeroconf.
 */
#ifndef SN_NET_ANNOUNCE_H
#define SN_NET_ANNOUNCE_H

#include "loop/loop.h"
#include "wire/ice/mdns.h"

struct sn_announcer;

/* More are dropped: who asks that often has an answer. */
enum { SN_ANNOUNCE_ANSWERS_PER_S = 100 };

/* Announces the two names, the second of which may be empty, each also with dashes for its dots.
 * `at` is where the machine listens: all addresses, or one; with a loopback one it is known on
 * loopback only. UNAVAILABLE where there is no socket or no network for it; INVALID_ARGUMENT for an
 * address of IPv6 and for what can't be a name. */
int sn_announcer_create(struct sn_loop *loop, const char *const names[2], const struct sn_ip *at,
                        struct sn_announcer **ret_announcer, struct sn_error *error) SN_MUST_USE;

/* Takes it back. Accepts NULL. */
void sn_announcer_destroy(struct sn_announcer *announcer);

#endif
