/* SPDX-License-Identifier: Apache-2.0
 *
 * Keys that sign tokens: one of our own, and public ones of others. OpenSSL stands behind it. Loop
 * thread.
 *
 * Sources: RFC 7517 and 7518 (JWK, algorithms), RFC 8037 (Ed25519).
 */
#ifndef SN_AUTH_KEYS_H
#define SN_AUTH_KEYS_H

#include "sinew/err.h"
#include "sinew/str.h"

#include <jansson.h>
#include <stdint.h>

/* ---- our own: Ed25519, made anew each time ---- */

enum { SN_SIGNER_KID = 43, SN_SIGNATURE = 64 };

struct sn_signer;

/* NULL without memory or chance. */
struct sn_signer *sn_signer_create(void) SN_MUST_USE;
void sn_signer_destroy(struct sn_signer *signer); /* accepts NULL */

/* Its name in tokens: the public key as base64url, SN_SIGNER_KID characters. */
const char *sn_signer_kid(const struct sn_signer *signer);

bool sn_signer_sign(struct sn_signer *signer, struct sn_str text,
                    uint8_t ret_signature[SN_SIGNATURE]) SN_MUST_USE;
bool sn_signer_verify(struct sn_signer *signer, struct sn_str text, struct sn_str signature)
    SN_MUST_USE;

/* ---- others' ---- */

enum { SN_KEYSET_MAX = 64 }; /* keys of one set */

struct sn_keyset;

/* A set of public keys: {"keys": [{"kty": "RSA", "kid", "alg", "n", "e"}, …]}. RSA with RS256,
 * RS384 or RS512 (2,048 bits or more), EC with ES256 on P-256, OKP with EdDSA on Ed25519.
 * INVALID_ARGUMENT with a text naming the key by its place. */
int sn_keyset_create(const json_t *jwks, struct sn_keyset **ret_keyset, struct sn_error *error)
    SN_MUST_USE;
void sn_keyset_destroy(struct sn_keyset *keyset); /* accepts NULL */

/* Whether `signature` is that of the key `kid` on `text`. UNAUTHENTICATED with the reference's
 * text; `*ret_costly` tells that it took a signature's check to know. */
int sn_keyset_verify(const struct sn_keyset *keyset, struct sn_str kid, struct sn_str alg,
                     struct sn_str text, struct sn_str signature, bool *ret_costly,
                     struct sn_error *error) SN_MUST_USE;

/* ---- what tokens and keys are written in ---- */

/* base64url without padding (RFC 7515, 2). `out` holds SN_BASE64_LEN(bytes.len) + 1. */
size_t sn_base64url_encode(char *out, struct sn_str bytes);

/* False with the place of the first byte that is wrong. `out` holds SN_BASE64_BYTES_MAX(text.len).
 */
bool sn_base64url_decode(uint8_t *out, struct sn_str text, size_t *ret_len, size_t *ret_wrong);

#endif
