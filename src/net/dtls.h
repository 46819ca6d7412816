/* SPDX-License-Identifier: Apache-2.0
 *
 * DTLS 1.2 as WebRTC wants it: certificates that everyone makes for himself, known to the other
 * side by their fingerprints, and `use_srtp` agreed upon in the handshake whether there is media or
 * not. An engine without a socket: datagrams go in and come out, records go up. OpenSSL stands
 * behind it. Loop thread; nothing blocks.
 *
 * OpenSSL asks the system for the time and for chance: what this does can't be simulated exactly.
 *
 * Sources: RFC 6347 (DTLS 1.2), RFC 8842 and 8122 (fingerprints), RFC 8827, RFC 5764 (use_srtp),
 * RFC 7983 (telling DTLS from STUN and SRTP by the first byte, which is the caller's).
 */
#ifndef SN_NET_DTLS_H
#define SN_NET_DTLS_H

#include "sinew/err.h"
#include "sinew/str.h"
#include "sinew/timers.h"

#include <stdint.h>

enum {
    SN_DTLS_FIRST_MIN = 20, /* first byte of a datagram that is DTLS */
    SN_DTLS_FIRST_MAX = 63,
    SN_DTLS_MTU_MIN = 256,
    SN_DTLS_OVERHEAD = 37,          /* what a record adds to what is sent in it */
    SN_DTLS_CERTIFICATE_MAX = 8192, /* bytes of the peer's certificates */
};

/* ---- who one is, and who the other is ---- */

enum { SN_DTLS_DIGEST_MAX = 64, SN_DTLS_FINGERPRINT_TEXT = 3 * SN_DTLS_DIGEST_MAX + 16 };

struct sn_dtls_fingerprint {
    char algorithm[8]; /* "sha-256", "sha-384", "sha-512" */
    uint8_t digest[SN_DTLS_DIGEST_MAX];
    size_t len;
};

/* Reads the value of SDP's attribute: "sha-256 0A:1B:…", in any case. INVALID_ARGUMENT with a text
 * for another algorithm (sha-1 among them: RFC 8122, 5) or a malformed digest. */
int sn_dtls_fingerprint_parse(struct sn_str text, struct sn_dtls_fingerprint *ret_fingerprint,
                              struct sn_error *error) SN_MUST_USE;

/* ... and writes it, in upper case; terminated. */
void sn_dtls_fingerprint_format(const struct sn_dtls_fingerprint *fingerprint,
                                char text[SN_DTLS_FINGERPRINT_TEXT]);

/* A key of one's own (P-256) and a certificate for it; one is enough for all connections of a
 * program. Counted references. RESOURCE_EXHAUSTED. Any thread. */
struct sn_dtls_identity;
int sn_dtls_identity_create(struct sn_dtls_identity **ret_identity, struct sn_error *error)
    SN_MUST_USE;
struct sn_dtls_identity *sn_dtls_identity_ref(struct sn_dtls_identity *identity);
void sn_dtls_identity_unref(struct sn_dtls_identity *identity); /* accepts NULL */

/* By SHA-256. */
const struct sn_dtls_fingerprint *
sn_dtls_identity_fingerprint(const struct sn_dtls_identity *identity);

/* ---- a connection ---- */

struct sn_dtls;

/* All may come from inside sn_dtls_receive() and from a timer, `send` from the others too. Each may
 * call any function of this header, sn_dtls_destroy() included; but `send`, which comes from inside
 * of OpenSSL, may call none for its own connection. */
struct sn_dtls_events {
    /* A datagram for the peer, at most `mtu` bytes; valid during the call. */
    void (*send)(struct sn_dtls *dtls, const uint8_t *bytes, size_t len);
    /* Once: the peer is who it should be, records may be sent. */
    void (*connected)(struct sn_dtls *dtls);
    /* One record's content; valid during the call. */
    void (*received)(struct sn_dtls *dtls, const uint8_t *bytes, size_t len);
    /* Once, and the last but `send`: `code` is 0 when the peer closed the connection, else
     * UNAVAILABLE with a static cause (a handshake that failed or timed out, an alert). Doesn't
     * come after sn_dtls_close(). */
    void (*ended)(struct sn_dtls *dtls, int code, const char *cause);
};

struct sn_dtls_options {
    struct sn_timers *timers;
    struct sn_dtls_identity *identity; /* a reference is taken */
    bool active;                       /* begins the handshake (SDP's setup:active) */
    struct sn_dtls_fingerprint peer;   /* its certificate's; whoever shows another is refused */
    size_t mtu;                        /* of datagrams: SN_DTLS_MTU_MIN or more */
    const struct sn_dtls_events *events;
    void *owner;
};

/* RESOURCE_EXHAUSTED; INVALID_ARGUMENT for an mtu that is too small. Nothing is sent yet. */
int sn_dtls_create(const struct sn_dtls_options *options, struct sn_dtls **ret_dtls,
                   struct sn_error *error) SN_MUST_USE;

/* Says nothing to the peer. Accepts NULL. */
void sn_dtls_destroy(struct sn_dtls *dtls);

void *sn_dtls_owner(const struct sn_dtls *dtls);

/* Once, when datagrams can reach the peer: the active side begins. Datagrams that come before it
 * are handled as well. What is lost is sent again after 100 ms, then twice as late each time, 3 s
 * at most; after 12 times the handshake has failed. */
void sn_dtls_start(struct sn_dtls *dtls);

/* A datagram has come from where the peer is. What is no DTLS, forged, or comes twice is dropped.
 */
void sn_dtls_receive(struct sn_dtls *dtls, const uint8_t *bytes, size_t len);

/* Sends a record of at most mtu - SN_DTLS_OVERHEAD bytes as one datagram. UNAVAILABLE before
 * `connected` and after the end, INVALID_ARGUMENT for more bytes. */
int sn_dtls_send(struct sn_dtls *dtls, const uint8_t *bytes, size_t len) SN_MUST_USE;

/* Tells the peer that this is the end (close_notify, which may get lost). */
void sn_dtls_close(struct sn_dtls *dtls);

bool sn_dtls_is_connected(const struct sn_dtls *dtls);

/* ---- for SRTP, once connected ---- */

/* RFC 5764, 4.1.2 and RFC 7714, 14.2. */
enum sn_dtls_srtp {
    SN_DTLS_SRTP_NONE = 0, /* the peer wants none */
    SN_DTLS_SRTP_AES128_CM_SHA1_80 = 0x0001,
    SN_DTLS_SRTP_AEAD_AES_128_GCM = 0x0007,
    SN_DTLS_SRTP_AEAD_AES_256_GCM = 0x0008,
};
enum sn_dtls_srtp sn_dtls_srtp_profile(const struct sn_dtls *dtls);

/* Keying material for `label` ("EXTRACTOR-dtls_srtp"; RFC 5705), the same on both sides.
 * UNAVAILABLE before `connected`. */
int sn_dtls_export(struct sn_dtls *dtls, const char *label, uint8_t *ret_bytes, size_t len)
    SN_MUST_USE;

#endif
