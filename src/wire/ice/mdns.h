/* SPDX-License-Identifier: Apache-2.0
 *
 * Multicast DNS as far as peers need it: asking for the address behind a name ("1f4c….local", as
 * browsers hide theirs), and machines' service "_rpc._tcp": asking for one, answering, and reading
 * answers. Pure.
 * Sources: RFC 6762 (mDNS), RFC 6763 (services), RFC 1035 (messages), viamrobotics/zeroconf.
 */
#ifndef SN_WIRE_ICE_MDNS_H
#define SN_WIRE_ICE_MDNS_H

#include "sinew/err.h"
#include "wire/ice/address.h"

#include <stdbool.h>

enum {
    SN_MDNS_PORT = 5353,
    SN_MDNS_NAME_MAX = 253,  /* characters; RFC 1035, 2.3.4 */
    SN_MDNS_QUERY_MAX = 300, /* bytes of a question with one name */
    SN_MDNS_MESSAGE_MAX = 9000,
    SN_MDNS_RECORDS_MAX = 100,                    /* of one message that are looked at */
    SN_MDNS_INSTANCE_MAX = SN_MDNS_NAME_MAX - 16, /* with "._rpc._tcp.local" it is a name */
    SN_MDNS_ANSWER_MAX = 1472,                    /* bytes of an answer about one machine */
    SN_MDNS_SERVICE_TTL_S = 3200,                 /* upstream's */
};

/* 224.0.0.251 */
extern const uint8_t sn_mdns_group_v4[4];

/* Writes a question for the IPv4 and IPv6 addresses of `name`; its length, or INVALID_ARGUMENT for
 * what can't be a name. */
int sn_mdns_query(struct sn_str name, uint8_t bytes[SN_MDNS_QUERY_MAX]) SN_MUST_USE;

/* Gets each address that an answer gives for a name, without a port; `name` is in lower case and
 * lives during the call. */
typedef void (*sn_mdns_fn)(void *owner, struct sn_str name, const struct sn_ip *address);

/* Reads a message; INVALID_ARGUMENT where it is malformed (what came before counts) and for
 * questions, which are none of our business. */
int sn_mdns_read(const void *bytes, size_t len, sn_mdns_fn found, void *owner) SN_MUST_USE;

/* ---- machines ---- */

/* Whether a question is about the service or that machine: `instance` is its name, dots included,
 * in lower case. False for what is no question or malformed. */
bool sn_mdns_asks_for(const void *bytes, size_t len, struct sn_str instance);

/* All that is to say about a machine: the service, the instance, its port, that it speaks gRPC and
 * WebRTC, and `instance`.local's IPv4 address. `ttl_s` 0 takes it back. Its length, or
 * INVALID_ARGUMENT for what can't be a name. */
int sn_mdns_answer(struct sn_str instance, uint16_t port, const uint8_t address[4], uint32_t ttl_s,
                   uint8_t bytes[SN_MDNS_ANSWER_MAX]) SN_MUST_USE;

/* What is known of a machine; the answers may come in several messages. */
struct sn_mdns_machine {
    char name[SN_MDNS_NAME_MAX + 1]; /* "instance._rpc._tcp.local", lower case */
    char host[SN_MDNS_NAME_MAX + 1]; /* "": not known yet */
    struct sn_ip address;            /* with the port; family 0: not known yet */
    bool described, grpc, webrtc;
};

/* INVALID_ARGUMENT for what can't be a name. */
int sn_mdns_machine_init(struct sn_mdns_machine *machine, struct sn_str instance) SN_MUST_USE;

/* Writes a question for that machine; its length. */
int sn_mdns_ask_for(const struct sn_mdns_machine *machine, uint8_t bytes[SN_MDNS_QUERY_MAX])
    SN_MUST_USE;

/* Takes what a message says about it. True when all is known. */
bool sn_mdns_machine_read(struct sn_mdns_machine *machine, const void *bytes, size_t len);

#endif
