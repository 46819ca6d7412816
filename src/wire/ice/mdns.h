/* SPDX-License-Identifier: Apache-2.0
 *
 * Multicast DNS as far as peer connections need it: asking for the address behind a name
 * ("1f4c….local", as browsers hide theirs) and reading answers. Pure.
 * Sources: RFC 6762 (mDNS), RFC 1035 (messages).
 */
#ifndef SN_WIRE_ICE_MDNS_H
#define SN_WIRE_ICE_MDNS_H

#include "sinew/err.h"
#include "wire/ice/address.h"

enum {
    SN_MDNS_PORT = 5353,
    SN_MDNS_NAME_MAX = 253,  /* characters; RFC 1035, 2.3.4 */
    SN_MDNS_QUERY_MAX = 300, /* bytes of a question with one name */
    SN_MDNS_MESSAGE_MAX = 9000,
    SN_MDNS_RECORDS_MAX = 100, /* of one message that are looked at */
};

/* 224.0.0.251 and ff02::fb. */
extern const uint8_t sn_mdns_group_v4[4], sn_mdns_group_v6[16];

/* Writes a question for the IPv4 and IPv6 addresses of `name`; its length, or INVALID_ARGUMENT for
 * what can't be a name. */
int sn_mdns_query(struct sn_str name, uint8_t bytes[SN_MDNS_QUERY_MAX]) SN_MUST_USE;

/* Gets each address that an answer gives for a name, without a port; `name` is in lower case and
 * lives during the call. */
typedef void (*sn_mdns_fn)(void *owner, struct sn_str name, const struct sn_ip *address);

/* Reads a message; INVALID_ARGUMENT where it is malformed (what came before counts) and for
 * questions, which are none of our business. */
int sn_mdns_read(const void *bytes, size_t len, sn_mdns_fn found, void *owner) SN_MUST_USE;

#endif
