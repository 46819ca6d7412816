/* SPDX-License-Identifier: Apache-2.0
 *
 * For tests of TLS: authorities and certificates made on the spot. For *_test.c only.
 */
#ifndef SN_NET_TLS_TESTING_H
#define SN_NET_TLS_TESTING_H

#include "net/testing.h"
#include "net/tls.h"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

struct tls_paper {
    X509 *certificate;
    EVP_PKEY *key;
    char certificate_pem[4096], key_pem[1024];
};

static inline struct sn_str tls_text(BIO *bio, char *text, size_t size)
{
    int len = BIO_read(bio, text, (int)size - 1);

    assert_in_range(len, 1, (int)size - 1);
    text[len] = '\0';
    BIO_free(bio);
    return (struct sn_str){text, (size_t)len};
}

static inline void tls_extend(X509 *certificate, X509V3_CTX *ctx, int nid, const char *value)
{
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, ctx, nid, value);

    assert_non_null(extension);
    assert_int_equal(X509_add_ext(certificate, extension, -1), 1);
    X509_EXTENSION_free(extension);
}

/* A certificate for those names ("DNS:localhost,IP:127.0.0.1"; NULL: an authority) that ends in
 * `seconds`, signed by `by` (NULL: by itself). */
static inline void tls_issue(struct tls_paper *paper, const struct tls_paper *by, const char *names,
                             long seconds)
{
    static long serial;
    X509 *certificate = X509_new();
    X509V3_CTX ctx;
    BIO *bio;

    paper->certificate = certificate;
    paper->key = EVP_EC_gen("P-256");
    assert_non_null(paper->key);
    X509_set_version(certificate, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), ++serial);
    X509_gmtime_adj(X509_getm_notBefore(certificate), -2L * 86400);
    X509_gmtime_adj(X509_getm_notAfter(certificate), seconds);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_ASC,
                               (const unsigned char *)(names ? "leaf" : "authority"), -1, -1, 0);
    X509_set_issuer_name(certificate, X509_get_subject_name(by ? by->certificate : certificate));
    X509_set_pubkey(certificate, paper->key);
    X509V3_set_ctx(&ctx, by ? by->certificate : certificate, certificate, NULL, NULL, 0);
    tls_extend(certificate, &ctx, NID_basic_constraints, names ? "CA:FALSE" : "critical,CA:TRUE");
    if (names)
        tls_extend(certificate, &ctx, NID_subject_alt_name, names);
    assert_true(X509_sign(certificate, by ? by->key : paper->key, EVP_sha256()) > 0);
    bio = BIO_new(BIO_s_mem());
    PEM_write_bio_X509(bio, certificate);
    tls_text(bio, paper->certificate_pem, sizeof(paper->certificate_pem));
    bio = BIO_new(BIO_s_mem());
    PEM_write_bio_PrivateKey(bio, paper->key, NULL, NULL, 0, NULL, NULL);
    tls_text(bio, paper->key_pem, sizeof(paper->key_pem));
}

static inline void tls_paper_free(struct tls_paper *paper)
{
    X509_free(paper->certificate);
    EVP_PKEY_free(paper->key);
}

#endif
