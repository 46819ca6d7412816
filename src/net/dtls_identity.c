/* SPDX-License-Identifier: Apache-2.0
 *
 * Certificates of peer connections, and their fingerprints.
 */
#include "net/dtls_private.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Suites of RFC 8827, 6.5 and their kin that keep SN_DTLS_OVERHEAD. */
static const char ciphers[] = "ECDHE+AESGCM:ECDHE+CHACHA20";

/* What all WebRTC clients have, best first. */
static const char srtp_profiles[] =
    "SRTP_AEAD_AES_256_GCM:SRTP_AEAD_AES_128_GCM:SRTP_AES128_CM_SHA1_80";

/* Nobody looks at the end: the fingerprint is what is trusted. */
enum { VALID_DAYS = 10 * 365 };

/* ---- fingerprints ---- */

static const struct {
    const char *name;
    size_t len;
} algorithms[] = {{"sha-256", 32}, {"sha-384", 48}, {"sha-512", 64}};

static const EVP_MD *digest_of(const char *algorithm)
{
    return strcmp(algorithm, "sha-256") == 0   ? EVP_sha256()
           : strcmp(algorithm, "sha-384") == 0 ? EVP_sha384()
                                               : EVP_sha512();
}

bool dtls_digest(const X509 *certificate, const char *algorithm,
                 struct sn_dtls_fingerprint *ret_fingerprint)
{
    unsigned int len = 0;

    *ret_fingerprint = (struct sn_dtls_fingerprint){0};
    snprintf(ret_fingerprint->algorithm, sizeof(ret_fingerprint->algorithm), "%s", algorithm);
    if (X509_digest(certificate, digest_of(algorithm), ret_fingerprint->digest, &len) != 1)
        return false;
    ret_fingerprint->len = len;
    return true;
}

static int hex_digit(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

/* "0A:1B:…" of exactly `len` bytes. */
static bool parse_digest(struct sn_str text, uint8_t *digest, size_t len)
{
    if (text.len != 3 * len - 1)
        return false;
    for (size_t i = 0; i < len; i++) {
        int high = hex_digit(text.ptr[3 * i]), low = hex_digit(text.ptr[3 * i + 1]);

        if (high < 0 || low < 0 || (i + 1 < len && text.ptr[3 * i + 2] != ':'))
            return false;
        digest[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

int sn_dtls_fingerprint_parse(struct sn_str text, struct sn_dtls_fingerprint *ret_fingerprint,
                              struct sn_error *error)
{
    const char *space = text.len ? memchr(text.ptr, ' ', text.len) : NULL;
    size_t name = space ? (size_t)(space - text.ptr) : text.len;
    int shown = text.len < SN_DTLS_FINGERPRINT_TEXT ? (int)text.len : SN_DTLS_FINGERPRINT_TEXT;

    *ret_fingerprint = (struct sn_dtls_fingerprint){0};
    for (size_t i = 0; i < sizeof(algorithms) / sizeof(algorithms[0]); i++) {
        if (strlen(algorithms[i].name) != name ||
            strncasecmp(text.ptr, algorithms[i].name, name) != 0)
            continue;
        struct sn_str digest = {text.ptr + name + 1, space ? text.len - name - 1 : 0};
        if (!parse_digest(digest, ret_fingerprint->digest, algorithms[i].len))
            return sn_error_set(error, SN_ERR_INVALID_ARGUMENT,
                                "fingerprint \"%.*s\": not %zu bytes as AB:CD:…", shown, text.ptr,
                                algorithms[i].len);
        memcpy(ret_fingerprint->algorithm, algorithms[i].name, name + 1);
        ret_fingerprint->len = algorithms[i].len;
        return 0;
    }
    return sn_error_set(error, SN_ERR_INVALID_ARGUMENT,
                        "fingerprint \"%.*s\": not by sha-256, sha-384 or sha-512", shown,
                        text.len ? text.ptr : "");
}

void sn_dtls_fingerprint_format(const struct sn_dtls_fingerprint *fingerprint,
                                char text[SN_DTLS_FINGERPRINT_TEXT])
{
    int at = snprintf(text, SN_DTLS_FINGERPRINT_TEXT, "%s", fingerprint->algorithm);

    for (size_t i = 0; i < fingerprint->len; i++)
        at += snprintf(text + at, (size_t)(SN_DTLS_FINGERPRINT_TEXT - at), "%c%02X", i ? ':' : ' ',
                       fingerprint->digest[i]);
}

/* ---- identities ---- */

static bool fill_certificate(X509 *certificate, EVP_PKEY *key)
{
    X509_NAME *name = X509_get_subject_name(certificate);
    uint64_t serial;

    if (RAND_bytes((unsigned char *)&serial, sizeof(serial)) != 1)
        return false;
    return X509_set_version(certificate, 2) &&
           ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate), serial >> 1) &&
           X509_time_adj_ex(X509_getm_notBefore(certificate), -1, 0, NULL) &&
           X509_time_adj_ex(X509_getm_notAfter(certificate), VALID_DAYS, 0, NULL) &&
           X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"WebRTC", -1,
                                      -1, 0) &&
           X509_set_issuer_name(certificate, name) && X509_set_pubkey(certificate, key) &&
           X509_sign(certificate, key, EVP_sha256());
}

static bool make_certificate(struct sn_dtls_identity *identity)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *certificate = X509_new();
    bool good = key && certificate && fill_certificate(certificate, key) &&
                dtls_digest(certificate, "sha-256", &identity->fingerprint) &&
                SSL_CTX_use_certificate(identity->ctx, certificate) == 1 &&
                SSL_CTX_use_PrivateKey(identity->ctx, key) == 1;

    X509_free(certificate);
    EVP_PKEY_free(key);
    return good;
}

static bool set_up(struct sn_dtls_identity *identity)
{
    SSL_CTX *ctx = identity->ctx = SSL_CTX_new(DTLS_method());

    identity->bio = dtls_bio_create();
    if (!ctx || !identity->bio || !SSL_CTX_set_min_proto_version(ctx, DTLS1_2_VERSION) ||
        !SSL_CTX_set_cipher_list(ctx, ciphers) || SSL_CTX_set_tlsext_use_srtp(ctx, srtp_profiles))
        return false;
    SSL_CTX_set_options(ctx, SSL_OP_NO_QUERY_MTU | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                 SSL_OP_NO_TICKET);
    SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_max_cert_list(ctx, SN_DTLS_CERTIFICATE_MAX);
    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    SSL_CTX_set_cert_verify_callback(ctx, dtls_verify, NULL);
    return make_certificate(identity);
}

int sn_dtls_identity_create(struct sn_dtls_identity **ret_identity, struct sn_error *error)
{
    struct sn_dtls_identity *identity = calloc(1, sizeof(*identity));

    if (identity) {
        identity->refs = 1;
        if (set_up(identity)) {
            *ret_identity = identity;
            return 0;
        }
        sn_dtls_identity_unref(identity);
        ERR_clear_error();
    }
    return sn_error_set(error, SN_ERR_RESOURCE_EXHAUSTED, "no certificate for peer connections");
}

struct sn_dtls_identity *sn_dtls_identity_ref(struct sn_dtls_identity *identity)
{
    identity->refs++;
    return identity;
}

void sn_dtls_identity_unref(struct sn_dtls_identity *identity)
{
    if (!identity || --identity->refs)
        return;
    SSL_CTX_free(identity->ctx);
    BIO_meth_free(identity->bio);
    free(identity);
}

const struct sn_dtls_fingerprint *
sn_dtls_identity_fingerprint(const struct sn_dtls_identity *identity)
{
    return &identity->fingerprint;
}
