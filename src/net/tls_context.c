/* SPDX-License-Identifier: Apache-2.0
 *
 * Certificates, keys and trust of TLS connections.
 */
#include "net/tls_private.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdlib.h>

/* Of HTTP/2's list of suites that may be used (RFC 9113, appendix A), those of TLS 1.2. */
static const char ciphers_1_2[] = "ECDHE+AESGCM:ECDHE+CHACHA20";

static const unsigned char protocols[] = "\x02h2\x08http/1.1";

/* ---- what both sides have ---- */

static int refuse(struct sn_error *error, const char *what, const char *why)
{
    const char *reason = ERR_reason_error_string(ERR_peek_last_error());

    ERR_clear_error();
    return sn_error_set(error, SN_ERR_INVALID_ARGUMENT, "%s: %s", what,
                        why      ? why
                        : reason ? reason
                                 : "unusable");
}

static struct sn_tls *create(const SSL_METHOD *method)
{
    struct sn_tls *tls = calloc(1, sizeof(*tls));

    if (!tls)
        return NULL;
    ERR_clear_error();
    tls->refs = 1;
    tls->ctx = SSL_CTX_new(method);
    tls->bio = tls_bio_create();
    if (!tls->ctx || !tls->bio || !SSL_CTX_set_min_proto_version(tls->ctx, TLS1_2_VERSION) ||
        !SSL_CTX_set_cipher_list(tls->ctx, ciphers_1_2)) {
        sn_tls_unref(tls);
        return NULL;
    }
    SSL_CTX_set_options(tls->ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
    SSL_CTX_set_mode(tls->ctx, SSL_MODE_RELEASE_BUFFERS); /* idle connections hold none */
    SSL_CTX_set_msg_callback(tls->ctx, tls_on_message);
    return tls;
}

struct sn_tls *sn_tls_ref(struct sn_tls *tls)
{
    tls->refs++;
    return tls;
}

void sn_tls_unref(struct sn_tls *tls)
{
    if (!tls || --tls->refs)
        return;
    SSL_CTX_free(tls->ctx);
    BIO_meth_free(tls->bio);
    free(tls);
}

static BIO *open_text(struct sn_str text)
{
    return text.len <= INT32_MAX ? BIO_new_mem_buf(text.ptr, (int)text.len) : NULL;
}

/* ---- a server ---- */

/* Nobody is there to be asked for a password. */
static int no_password(char *buffer, int size, int writing, void *unused)
{
    return -1;
}

static bool use_certificates(SSL_CTX *ctx, BIO *bio)
{
    X509 *own = PEM_read_bio_X509_AUX(bio, NULL, no_password, NULL), *issuer;
    bool good = own && SSL_CTX_use_certificate(ctx, own);

    X509_free(own);
    while (good && (issuer = PEM_read_bio_X509(bio, NULL, no_password, NULL))) {
        good = SSL_CTX_add1_chain_cert(ctx, issuer);
        X509_free(issuer);
    }
    if (good)
        ERR_clear_error(); /* of the end */
    return good;
}

static bool use_key(SSL_CTX *ctx, BIO *bio)
{
    EVP_PKEY *key = PEM_read_bio_PrivateKey(bio, NULL, no_password, NULL);
    bool good = key && SSL_CTX_use_PrivateKey(ctx, key);

    EVP_PKEY_free(key);
    return good;
}

static int use_identity(SSL_CTX *ctx, const struct sn_tls_identity *identity,
                        struct sn_error *error)
{
    BIO *certificates = open_text(identity->certificates), *key = open_text(identity->key);
    int code = 0;

    if (!certificates || !use_certificates(ctx, certificates))
        code = refuse(error, "the certificate", NULL);
    else if (!key || !use_key(ctx, key))
        code = refuse(error, "the key", NULL);
    else if (!SSL_CTX_check_private_key(ctx))
        code = refuse(error, "the key", "it is not the certificate's");
    BIO_free(certificates);
    BIO_free(key);
    return code;
}

/* HTTP/2 before HTTP/1.1, whatever order the client has them in. */
static int select_protocol(SSL *ssl, const unsigned char **ret, unsigned char *ret_len,
                           const unsigned char *offered, unsigned int offered_len, void *unused)
{
    unsigned char *selected;
    int found = SSL_select_next_proto(&selected, ret_len, protocols, sizeof(protocols) - 1, offered,
                                      offered_len);

    if (found != OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_ALERT_FATAL; /* no_application_protocol */
    *ret = selected;
    return SSL_TLSEXT_ERR_OK;
}

int sn_tls_create_server(const struct sn_tls_identity *identity, struct sn_tls **ret_tls,
                         struct sn_error *error)
{
    struct sn_tls *tls = create(TLS_server_method());

    if (!tls)
        return refuse(error, "TLS", "out of memory");
    int code = use_identity(tls->ctx, identity, error);
    if (code) {
        sn_tls_unref(tls);
        return code;
    }
    /* No client resumes a session that lasts for days: tickets would only cost. */
    SSL_CTX_set_session_cache_mode(tls->ctx, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_options(tls->ctx, SSL_OP_NO_TICKET);
    SSL_CTX_set_num_tickets(tls->ctx, 0);
    SSL_CTX_set_alpn_select_cb(tls->ctx, select_protocol, NULL);
    *ret_tls = tls;
    return 0;
}

int64_t sn_tls_expires(const struct sn_tls *tls)
{
    const X509 *own = SSL_CTX_get0_certificate(tls->ctx);
    ASN1_TIME *epoch = ASN1_TIME_set(NULL, 0);
    int days = 0, seconds = 0;

    if (own && epoch)
        ASN1_TIME_diff(&days, &seconds, epoch, X509_get0_notAfter(own));
    ASN1_TIME_free(epoch);
    return (int64_t)days * 86400 + seconds;
}

/* ---- a client ---- */

/* The system's folder is searched when a certificate has to be verified: its bundle would be 140
 * certificates in memory. */
static bool trust_system(SSL_CTX *ctx)
{
    const char *file = getenv(X509_get_default_cert_file_env());

    if (file && *file && SSL_CTX_set_default_verify_file(ctx) != 1)
        return false;
    return SSL_CTX_set_default_verify_dir(ctx) == 1;
}

static bool trust_text(SSL_CTX *ctx, struct sn_str text)
{
    X509_STORE *store = SSL_CTX_get_cert_store(ctx);
    BIO *bio = open_text(text);
    X509 *authority;
    bool good = false;

    while (bio && (authority = PEM_read_bio_X509(bio, NULL, no_password, NULL))) {
        good = X509_STORE_add_cert(store, authority) == 1;
        X509_free(authority);
        if (!good)
            break;
    }
    BIO_free(bio);
    if (good)
        ERR_clear_error(); /* of the end */
    return good;
}

int sn_tls_create_client(const struct sn_tls_trust *trust, struct sn_tls **ret_tls,
                         struct sn_error *error)
{
    struct sn_tls *tls = create(TLS_client_method());
    bool good = true;

    if (!tls)
        return refuse(error, "TLS", "out of memory");
    if (!trust->anyone)
        good = trust->authorities.len ? trust_text(tls->ctx, trust->authorities)
                                      : trust_system(tls->ctx);
    if (!good) {
        int code = refuse(error, "the authorities to trust", NULL);

        sn_tls_unref(tls);
        return code;
    }
    SSL_CTX_set_session_cache_mode(tls->ctx, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_verify(tls->ctx, trust->anyone ? SSL_VERIFY_NONE : SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_alpn_protos(tls->ctx, protocols, 3); /* "h2" alone */
    *ret_tls = tls;
    return 0;
}

bool tls_expect_name(SSL *ssl, const char *name)
{
    struct in6_addr address;

    if (inet_pton(AF_INET, name, &address) == 1 || inet_pton(AF_INET6, name, &address) == 1)
        return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), name) == 1;
    SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    return SSL_set_tlsext_host_name(ssl, name) == 1 && SSL_set1_host(ssl, name) == 1;
}
