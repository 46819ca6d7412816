/* SPDX-License-Identifier: Apache-2.0
 *
 * Signing and verifying.
 */
#include "rpc/auth/keys.h"
#include "wire/grpc.h"

#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <stdlib.h>

enum { ED25519_PUBLIC = 32, P256_COORDINATE = 32, RSA_BITS_MIN = 2048, RSA_BYTES_MAX = 2048 };

/* ---- base64url ---- */

size_t sn_base64url_encode(char *out, struct sn_str bytes)
{
    size_t len = sn_base64_encode(out, bytes);

    for (size_t i = 0; i < len; i++)
        out[i] = out[i] == '+' ? '-' : out[i] == '/' ? '_' : out[i];
    out[len] = '\0';
    return len;
}

static int url_digit(char c)
{
    return c == '-' ? 62 : c == '_' ? 63 : c == '+' || c == '/' ? -1 : sn_base64_digit(c);
}

bool sn_base64url_decode(uint8_t *out, struct sn_str text, size_t *ret_len, size_t *ret_wrong)
{
    uint32_t bits = 0;
    size_t len = 0;

    for (size_t i = 0; i < text.len; i++) {
        int digit = url_digit(text.ptr[i]);

        *ret_wrong = i;
        if (digit < 0)
            return false;
        bits = bits << 6 | (uint32_t)digit;
        if (i % 4 == 0)
            continue;
        out[len++] = (uint8_t)(bits >> (6 - 2 * (i % 4)));
    }
    *ret_len = len;
    return text.len % 4 != 1;
}

/* ---- signatures ---- */

/* `md` NULL: the key's algorithm has one of its own. */
static bool verify(EVP_PKEY *key, const EVP_MD *md, struct sn_str text, struct sn_str signature)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool good = ctx && EVP_DigestVerifyInit(ctx, NULL, md, NULL, key) == 1 &&
                EVP_DigestVerify(ctx, (const uint8_t *)signature.ptr, signature.len,
                                 (const uint8_t *)text.ptr, text.len) == 1;

    EVP_MD_CTX_free(ctx);
    ERR_clear_error();
    return good;
}

/* Tokens have both numbers side by side, OpenSSL wants them as ASN.1. */
static bool verify_es256(EVP_PKEY *key, struct sn_str text, struct sn_str signature)
{
    const uint8_t *bytes = (const uint8_t *)signature.ptr;
    ECDSA_SIG *sig = signature.len == SN_SIGNATURE ? ECDSA_SIG_new() : NULL;
    BIGNUM *r = sig ? BN_bin2bn(bytes, SN_SIGNATURE / 2, NULL) : NULL;
    BIGNUM *s = sig ? BN_bin2bn(bytes + SN_SIGNATURE / 2, SN_SIGNATURE / 2, NULL) : NULL;
    uint8_t *der = NULL;
    bool good = false;

    if (r && s && ECDSA_SIG_set0(sig, r, s)) { /* takes both */
        int len = i2d_ECDSA_SIG(sig, &der);

        good = len > 0 &&
               verify(key, EVP_sha256(), text, (struct sn_str){(const char *)der, (size_t)len});
    } else {
        BN_free(r);
        BN_free(s);
    }
    OPENSSL_free(der);
    ECDSA_SIG_free(sig);
    return good;
}

/* ---- our own ---- */

struct sn_signer {
    EVP_PKEY *key;
    char kid[SN_SIGNER_KID + 1];
};

struct sn_signer *sn_signer_create(void)
{
    struct sn_signer *signer = calloc(1, sizeof(*signer));
    uint8_t public[ED25519_PUBLIC];
    size_t len = sizeof(public);

    if (!signer)
        return NULL;
    signer->key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    if (!signer->key || EVP_PKEY_get_raw_public_key(signer->key, public, &len) != 1) {
        sn_signer_destroy(signer);
        return NULL;
    }
    sn_base64url_encode(signer->kid, (struct sn_str){(const char *)public, len});
    return signer;
}

void sn_signer_destroy(struct sn_signer *signer)
{
    if (!signer)
        return;
    EVP_PKEY_free(signer->key);
    free(signer);
}

const char *sn_signer_kid(const struct sn_signer *signer)
{
    return signer->kid;
}

bool sn_signer_sign(struct sn_signer *signer, struct sn_str text,
                    uint8_t ret_signature[SN_SIGNATURE])
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    size_t len = SN_SIGNATURE;
    bool good = ctx && EVP_DigestSignInit(ctx, NULL, NULL, NULL, signer->key) == 1 &&
                EVP_DigestSign(ctx, ret_signature, &len, (const uint8_t *)text.ptr, text.len) == 1;

    EVP_MD_CTX_free(ctx);
    return good;
}

bool sn_signer_verify(struct sn_signer *signer, struct sn_str text, struct sn_str signature)
{
    return verify(signer->key, NULL, text, signature);
}

/* ---- reading others' ---- */

enum family { FAMILY_RSA, FAMILY_EC, FAMILY_ED };

static const struct algorithm {
    const char *name, *type;
    enum family family;
    const EVP_MD *(*md)(void);
    const char *failure; /* the reference's words */
} algorithms[] = {
    {"RS256", "RSA", FAMILY_RSA, EVP_sha256, "crypto/rsa: verification error"},
    {"RS384", "RSA", FAMILY_RSA, EVP_sha384, "crypto/rsa: verification error"},
    {"RS512", "RSA", FAMILY_RSA, EVP_sha512, "crypto/rsa: verification error"},
    {"ES256", "EC", FAMILY_EC, EVP_sha256, "crypto/ecdsa: verification error"},
    {"EdDSA", "OKP", FAMILY_ED, NULL, "ed25519: verification error"},
};

struct public_key {
    EVP_PKEY *key;
    const struct algorithm *algorithm;
    char *kid;
};

struct sn_keyset {
    size_t count;
    struct public_key keys[];
};

static const char *member(const json_t *jwk, const char *name)
{
    const char *text = json_string_value(json_object_get(jwk, name));

    return text ? text : "";
}

/* Bytes of a member; 0 for none, or too many. */
static size_t read_bytes(const json_t *jwk, const char *name, uint8_t *ret_bytes, size_t max)
{
    struct sn_str text = sn_str_of(member(jwk, name));
    size_t len, wrong;

    if (SN_BASE64_BYTES_MAX(text.len) > max + 2 ||
        !sn_base64url_decode(ret_bytes, text, &len, &wrong))
        return 0;
    return len;
}

static EVP_PKEY *build(const char *type, OSSL_PARAM_BLD *builder)
{
    OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(builder);
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
    EVP_PKEY *key = NULL;

    if (params && ctx && EVP_PKEY_fromdata_init(ctx) == 1)
        EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params);
    EVP_PKEY_CTX_free(ctx);
    OSSL_PARAM_free(params);
    return key;
}

static EVP_PKEY *read_rsa(const json_t *jwk)
{
    uint8_t n[RSA_BYTES_MAX + 2], e[16 + 2];
    size_t n_len = read_bytes(jwk, "n", n, RSA_BYTES_MAX), e_len = read_bytes(jwk, "e", e, 16);
    BIGNUM *modulus = n_len ? BN_bin2bn(n, (int)n_len, NULL) : NULL;
    BIGNUM *exponent = e_len ? BN_bin2bn(e, (int)e_len, NULL) : NULL;
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    EVP_PKEY *key = NULL;

    if (modulus && exponent && builder && BN_num_bits(modulus) >= RSA_BITS_MIN &&
        OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, modulus) &&
        OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_E, exponent))
        key = build("RSA", builder);
    OSSL_PARAM_BLD_free(builder);
    BN_free(modulus);
    BN_free(exponent);
    return key;
}

static EVP_PKEY *read_p256(const json_t *jwk)
{
    uint8_t point[1 + 2 * P256_COORDINATE + 2] = {4}; /* not compressed */
    OSSL_PARAM_BLD *builder;
    EVP_PKEY *key = NULL;

    if (strcmp(member(jwk, "crv"), "P-256") != 0 ||
        read_bytes(jwk, "x", point + 1, P256_COORDINATE) != P256_COORDINATE ||
        read_bytes(jwk, "y", point + 1 + P256_COORDINATE, P256_COORDINATE) != P256_COORDINATE)
        return NULL;
    builder = OSSL_PARAM_BLD_new();
    if (builder &&
        OSSL_PARAM_BLD_push_utf8_string(builder, OSSL_PKEY_PARAM_GROUP_NAME, "P-256", 0) &&
        OSSL_PARAM_BLD_push_octet_string(builder, OSSL_PKEY_PARAM_PUB_KEY, point,
                                         1 + 2 * P256_COORDINATE))
        key = build("EC", builder);
    OSSL_PARAM_BLD_free(builder);
    return key;
}

static EVP_PKEY *read_ed25519(const json_t *jwk)
{
    uint8_t x[ED25519_PUBLIC + 2];

    if (strcmp(member(jwk, "crv"), "Ed25519") != 0 ||
        read_bytes(jwk, "x", x, ED25519_PUBLIC) != ED25519_PUBLIC)
        return NULL;
    return EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, x, ED25519_PUBLIC);
}

static const struct algorithm *find_algorithm(const char *name)
{
    for (size_t i = 0; i < sizeof(algorithms) / sizeof(algorithms[0]); i++)
        if (strcmp(algorithms[i].name, name) == 0)
            return &algorithms[i];
    return NULL;
}

static int read_key(const json_t *jwk, size_t index, struct public_key *ret_key,
                    struct sn_error *error)
{
    const char *type = member(jwk, "kty"), *alg = member(jwk, "alg");
    const struct algorithm *algorithm = find_algorithm(alg);

    if (!algorithm || strcmp(algorithm->type, type) != 0)
        return sn_error_set(error, SN_ERR_INVALID_ARGUMENT,
                            "jwks.keys.%zu: key type \"%.20s\" with alg \"%.20s\"; only RSA with "
                            "RS256, RS384 or RS512, EC with ES256, OKP with EdDSA",
                            index, type, alg);
    ret_key->algorithm = algorithm;
    ret_key->key = algorithm->family == FAMILY_RSA  ? read_rsa(jwk)
                   : algorithm->family == FAMILY_EC ? read_p256(jwk)
                                                    : read_ed25519(jwk);
    ret_key->kid = strdup(member(jwk, "kid"));
    ERR_clear_error();
    if (!ret_key->key || !ret_key->kid)
        return sn_error_set(error, SN_ERR_INVALID_ARGUMENT,
                            "jwks.keys.%zu: not a public key for %s (RSA: %d bits or more)", index,
                            alg, RSA_BITS_MIN);
    return 0;
}

int sn_keyset_create(const json_t *jwks, struct sn_keyset **ret_keyset, struct sn_error *error)
{
    const json_t *keys = json_object_get(jwks, "keys");
    size_t count = json_array_size(keys);

    if (!count || count > SN_KEYSET_MAX)
        return sn_error_set(error, SN_ERR_INVALID_ARGUMENT, "jwks: %zu keys; 1 to %d are possible",
                            count, SN_KEYSET_MAX);
    struct sn_keyset *keyset = calloc(1, sizeof(*keyset) + count * sizeof(keyset->keys[0]));
    if (!keyset)
        return sn_error_set(error, SN_ERR_RESOURCE_EXHAUSTED, "no memory for a set of keys");
    while (keyset->count < count) {
        size_t i = keyset->count++;
        int code = read_key(json_array_get(keys, i), i, &keyset->keys[i], error);

        if (code) {
            sn_keyset_destroy(keyset);
            return code;
        }
    }
    *ret_keyset = keyset;
    return 0;
}

void sn_keyset_destroy(struct sn_keyset *keyset)
{
    if (!keyset)
        return;
    for (size_t i = 0; i < keyset->count; i++) {
        EVP_PKEY_free(keyset->keys[i].key);
        free(keyset->keys[i].kid);
    }
    free(keyset);
}

int sn_keyset_verify(const struct sn_keyset *keyset, struct sn_str kid, struct sn_str alg,
                     struct sn_str text, struct sn_str signature, bool *ret_costly,
                     struct sn_error *error)
{
    const struct public_key *key = NULL;

    *ret_costly = false;
    for (size_t i = 0; i < keyset->count && !key; i++)
        if (sn_str_is(kid, keyset->keys[i].kid))
            key = &keyset->keys[i];
    if (!key)
        return sn_error_set(error, SN_ERR_UNAUTHENTICATED, "kid header does not exist in keyset");
    if (!sn_str_is(alg, key->algorithm->name))
        return sn_error_set(error, SN_ERR_UNAUTHENTICATED,
                            "key from kid has different signing alg");
    *ret_costly = true;
    bool good =
        key->algorithm->family == FAMILY_EC
            ? verify_es256(key->key, text, signature)
            : verify(key->key, key->algorithm->md ? key->algorithm->md() : NULL, text, signature);
    return good ? 0 : sn_error_set(error, SN_ERR_UNAUTHENTICATED, "%s", key->algorithm->failure);
}
