/* SPDX-License-Identifier: Apache-2.0
 *
 * STUN messages: taken apart where they lie, and written into the caller's buffer. Pure.
 * Sources: RFC 8489 (STUN), RFC 8445 section 16 (the attributes of ICE).
 */
#ifndef SN_WIRE_ICE_STUN_H
#define SN_WIRE_ICE_STUN_H

#include "sinew/err.h"
#include "wire/ice/address.h"

enum {
    SN_STUN_HEADER = 20,
    SN_STUN_ID_LEN = 12,
    SN_STUN_MAX = 1280, /* bytes of a message; a datagram that nobody fragments holds no more */
    SN_STUN_USERNAME_MAX = 513, /* RFC 8489, 14.3 */
};

enum sn_stun_class { SN_STUN_REQUEST, SN_STUN_INDICATION, SN_STUN_SUCCESS, SN_STUN_ERROR };

enum { SN_STUN_BINDING = 1 }; /* the method */

/* Attribute types. Source: IANA, "STUN Attributes". */
enum sn_stun_attribute {
    SN_STUN_MAPPED_ADDRESS = 0x0001,
    SN_STUN_USERNAME = 0x0006,
    SN_STUN_MESSAGE_INTEGRITY = 0x0008,
    SN_STUN_ERROR_CODE = 0x0009,
    SN_STUN_UNKNOWN_ATTRIBUTES = 0x000a,
    SN_STUN_MESSAGE_INTEGRITY_SHA256 = 0x001c,
    SN_STUN_XOR_MAPPED_ADDRESS = 0x0020,
    SN_STUN_PRIORITY = 0x0024,
    SN_STUN_USE_CANDIDATE = 0x0025,
    SN_STUN_SOFTWARE = 0x8022,
    SN_STUN_FINGERPRINT = 0x8028,
    SN_STUN_ICE_CONTROLLED = 0x8029,
    SN_STUN_ICE_CONTROLLING = 0x802a,
};

/* Codes of errors that an agent answers with. */
enum {
    SN_STUN_UNKNOWN_ATTRIBUTE = 420,
    SN_STUN_ROLE_CONFLICT = 487,
};

/* ---- reading ---- */

enum { SN_STUN_UNKNOWN_MAX = 8 }; /* more than these are not reported back */

/* A message that was received; borrows its bytes. */
struct sn_stun_message {
    struct sn_str bytes;
    uint8_t class; /* enum sn_stun_class */
    uint16_t method;
    const uint8_t *id;      /* SN_STUN_ID_LEN bytes */
    struct sn_str username; /* ptr NULL: there is none */
    struct sn_ip mapped;    /* family 0: there is none; the XOR form wins */
    bool has_priority, use_candidate, controlling, controlled, has_fingerprint, has_sha256;
    uint32_t priority;
    uint64_t tie_breaker;                  /* of whichever role it names */
    uint16_t error;                        /* of class SN_STUN_ERROR; 0: it names none */
    size_t integrity_at;                   /* where MESSAGE-INTEGRITY begins; 0: there is none */
    uint16_t unknown[SN_STUN_UNKNOWN_MAX]; /* that must be understood and are not */
    uint8_t unknown_count;
};

/* Whether a datagram is STUN rather than DTLS or SRTP: first byte, cookie, length.
 * Source: RFC 7983. */
bool sn_stun_is(const void *bytes, size_t len);

/* INVALID_ARGUMENT for what isn't STUN or has a wrong FINGERPRINT. What follows
 * MESSAGE-INTEGRITY is ignored, FINGERPRINT apart (14.5). */
int sn_stun_parse(const void *bytes, size_t len, struct sn_stun_message *ret_message) SN_MUST_USE;

/* Whether MESSAGE-INTEGRITY was made with that key; false without one. In constant time. */
bool sn_stun_is_authentic(const struct sn_stun_message *message, struct sn_str key);

/* ---- writing ---- */

struct sn_stun_writer {
    uint8_t *bytes;
    size_t len, size;
    bool full; /* something did not fit */
};

/* `bytes` is the caller's and must hold `size` bytes until the end. */
void sn_stun_begin(struct sn_stun_writer *writer, void *bytes, size_t size,
                   enum sn_stun_class class, uint16_t method, const uint8_t id[SN_STUN_ID_LEN]);

void sn_stun_add(struct sn_stun_writer *writer, uint16_t type, const void *value, size_t len);
void sn_stun_add_u32(struct sn_stun_writer *writer, uint16_t type, uint32_t value);
void sn_stun_add_u64(struct sn_stun_writer *writer, uint16_t type, uint64_t value);
/* As XOR-MAPPED-ADDRESS. */
void sn_stun_add_mapped(struct sn_stun_writer *writer, const struct sn_ip *address);
/* As ERROR-CODE, with the code's usual words. */
void sn_stun_add_error(struct sn_stun_writer *writer, int code);
void sn_stun_add_unknown(struct sn_stun_writer *writer, const uint16_t *types, size_t count);

/* Adds MESSAGE-INTEGRITY made with `key` (none when its ptr is NULL) and FINGERPRINT. The message's
 * length; 0 when it did not fit. */
size_t sn_stun_end(struct sn_stun_writer *writer, struct sn_str key) SN_MUST_USE;

#endif
