/* SPDX-License-Identifier: Apache-2.0
 *
 * What dtls.c (connections) and dtls_identity.c (certificates) know of each other.
 */
#ifndef SN_NET_DTLS_PRIVATE_H
#define SN_NET_DTLS_PRIVATE_H

#include "net/dtls.h"

#include <openssl/ssl.h>

struct sn_dtls_identity {
    SSL_CTX *ctx;
    BIO_METHOD *bio;
    struct sn_dtls_fingerprint fingerprint;
    _Atomic uint32_t refs;
};

/* ---- dtls.c ---- */

/* How OpenSSL reads and writes datagrams. NULL without memory. */
BIO_METHOD *dtls_bio_create(void);

/* For SSL_CTX_set_cert_verify_callback(). */
int dtls_verify(X509_STORE_CTX *store, void *unused);

/* ---- dtls_identity.c ---- */

/* The certificate's, by an algorithm that sn_dtls_fingerprint_parse() accepts. */
bool dtls_digest(const X509 *certificate, const char *algorithm,
                 struct sn_dtls_fingerprint *ret_fingerprint);

#endif
