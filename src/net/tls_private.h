/* SPDX-License-Identifier: Apache-2.0
 *
 * What tls.c (connections) and tls_context.c (what they share) know of each other.
 */
#ifndef SN_NET_TLS_PRIVATE_H
#define SN_NET_TLS_PRIVATE_H

#include "net/tls.h"

#include <openssl/ssl.h>

enum {
    TLS_PLAIN = SN_LOOP_READ_SIZE + 2 * SSL3_RT_MAX_PLAIN_LENGTH, /* what one read can decrypt to */
    TLS_OUT = 64 << 10,
};

struct sn_tls {
    SSL_CTX *ctx;
    BIO_METHOD *bio;
    _Atomic uint32_t refs;
    size_t out_len;
    uint8_t out[TLS_OUT]; /* encrypted, of one write, on its way out */
    char gathered[SSL3_RT_MAX_PLAIN_LENGTH];
    uint8_t plain[TLS_PLAIN]; /* decrypted, of one read */
};

/* ---- tls.c ---- */

/* How OpenSSL reads and writes connections. NULL without memory. */
BIO_METHOD *tls_bio_create(void);

/* For SSL_CTX_set_msg_callback(). */
void tls_on_message(int sent, int version, int type, const void *bytes, size_t len, SSL *ssl,
                    void *unused);

/* ---- tls_context.c ---- */

/* Has the handshake ask for that host and fail when the server is another. False without memory. */
bool tls_expect_name(SSL *ssl, const char *name);

#endif
