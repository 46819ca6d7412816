/* SPDX-License-Identifier: Apache-2.0
 *
 * Transport addresses of datagrams and their text, without an operating system's types. Pure.
 * Sources: RFC 4291, 2.2 (text of IPv6), RFC 5952 (the form we write).
 */
#ifndef SN_WIRE_ICE_ADDRESS_H
#define SN_WIRE_ICE_ADDRESS_H

#include "sinew/str.h"

#include <stdint.h>

struct sn_ip {
    uint8_t family;    /* 4, 6; 0: none */
    uint16_t port;     /* host's byte order */
    uint32_t scope;    /* interface of a link-local IPv6 address; else 0 */
    uint8_t bytes[16]; /* network's byte order; IPv4 in the first four */
};

/* Longest text of an address, NUL included. */
enum { SN_IP_TEXT_MAX = 46 };

/* Same address, port and scope. */
bool sn_ip_eq(const struct sn_ip *a, const struct sn_ip *b);

/* Same address, whatever the port. */
bool sn_ip_same_host(const struct sn_ip *a, const struct sn_ip *b);

bool sn_ip_is_loopback(const struct sn_ip *ip);   /* 127/8, ::1 */
bool sn_ip_is_link_local(const struct sn_ip *ip); /* 169.254/16, fe80::/10 */
bool sn_ip_is_unspecified(const struct sn_ip *ip);
bool sn_ip_is_multicast(const struct sn_ip *ip); /* IPv4's broadcast, too */

/* Reads a literal address without port and zone; the port is left 0. False when it is none. */
bool sn_ip_parse(struct sn_str text, struct sn_ip *ret_ip);

/* Writes the address without its port; its length. */
size_t sn_ip_format(const struct sn_ip *ip, char text[SN_IP_TEXT_MAX]);

/* Decimal digits to a number up to `max`; false for anything else. */
bool sn_ip_number(struct sn_str text, uint64_t max, uint64_t *ret_number);

#endif
