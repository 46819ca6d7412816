/* SPDX-License-Identifier: Apache-2.0
 *
 * TLS 1.2 and 1.3 over another connection: a kind of sn_conn, with that one inside. OpenSSL stands
 * behind it and is initialised by the first sn_tls that is made: a program that never makes one
 * doesn't pay for it.
 *
 * Sources: RFC 8446, RFC 5246, RFC 7301 (ALPN), RFC 6125 (names in certificates).
 */
#ifndef SN_NET_TLS_H
#define SN_NET_TLS_H

#include "net/conn.h"

/* What all connections of one side share: who one is, or whom one trusts. Counted references; each
 * connection holds one, so one that was replaced lives as long as its connections. */
struct sn_tls;

struct sn_tls_identity {
    struct sn_str certificates; /* PEM: one's own, then those that vouch for it */
    struct sn_str key;          /* PEM, not encrypted; never logged */
};

/* For accepting. INVALID_ARGUMENT with a text that says which of both is wrong and why. Any thread;
 * doesn't block. */
int sn_tls_create_server(const struct sn_tls_identity *identity, struct sn_tls **ret_tls,
                         struct sn_error *error) SN_MUST_USE;

struct sn_tls_trust {
    struct sn_str authorities; /* PEM; empty: those the system trusts, and the file SSL_CERT_FILE */
    bool anyone;               /* nothing is verified: the peer may be anybody */
};

/* For connecting. INVALID_ARGUMENT for authorities that are no certificates. Any thread; may read
 * the file of SSL_CERT_FILE. */
int sn_tls_create_client(const struct sn_tls_trust *trust, struct sn_tls **ret_tls,
                         struct sn_error *error) SN_MUST_USE;

struct sn_tls *sn_tls_ref(struct sn_tls *tls);
void sn_tls_unref(struct sn_tls *tls); /* accepts NULL */

/* When a server's own certificate expires: seconds since 1970. */
int64_t sn_tls_expires(const struct sn_tls *tls);

/* ---- connections; loop thread ---- */

/* A connection over `take_inner`, whose events and owner become the TLS's own. As with sn_accept_fn
 * the caller sets events and owner of the result at once; it then hands over the bytes that have
 * been read of `take_inner` by sn_tls_feed(). Until the handshake is done writing fails with
 * UNAVAILABLE and nothing is read. A handshake that fails closes the connection with UNAVAILABLE
 * and a cause ("no shared cipher"); no end of time is set here. The end of the peer's bytes is an
 * end, with close_notify or without. NULL without memory: `take_inner` is as it was. */
struct sn_conn *sn_tls_accept(struct sn_tls *tls, struct sn_conn *take_inner) SN_MUST_USE;

/* Bytes as `take_inner` would have read them next. */
void sn_tls_feed(struct sn_conn *conn, const uint8_t *bytes, size_t len);

/* The other side: `on_ready` gets the connection when the server has shown that it is `name` (a
 * host's name or IP literal) and speaks HTTP/2, or NULL with UNAVAILABLE and the cause. It must set
 * events and owner, and may close it. NULL without memory: `take_inner` is as it was. Closing what
 * is returned ends an attempt: `on_ready` doesn't come then. */
typedef void (*sn_tls_ready_fn)(void *owner, struct sn_conn *conn, const struct sn_error *error);
struct sn_conn *sn_tls_connect(struct sn_tls *tls, struct sn_conn *take_inner, const char *name,
                               sn_tls_ready_fn on_ready, void *owner) SN_MUST_USE;

/* A peer may change its keys as often as these and once more per MiB it sends. */
enum { SN_TLS_KEY_CHANGES = 16 };

#endif
