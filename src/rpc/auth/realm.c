/* SPDX-License-Identifier: Apache-2.0
 *
 * Making realms, and looking into them.
 */
#include "rpc/auth/realm.h"

#include <openssl/crypto.h>
#include <stdlib.h>

/* ---- digests ---- */

bool digester_init(struct digester *digester)
{
    digester->md = EVP_MD_fetch(NULL, "SHA256", NULL);
    digester->ctx = EVP_MD_CTX_new();
    return digester->md && digester->ctx;
}

void digester_fini(struct digester *digester)
{
    EVP_MD_CTX_free(digester->ctx);
    EVP_MD_free(digester->md);
}

static void digest_add(struct digester *digester, const void *bytes, size_t len)
{
    EVP_DigestUpdate(digester->ctx, bytes, len);
}

static void digest_text(struct digester *digester, const char *text)
{
    digest_add(digester, text ? text : "", text ? strlen(text) + 1 : 1);
}

static void digest_begin(struct digester *digester)
{
    EVP_DigestInit_ex2(digester->ctx, digester->md, NULL);
}

static void digest_end(struct digester *digester, uint8_t ret_digest[REALM_DIGEST])
{
    EVP_DigestFinal_ex(digester->ctx, ret_digest, NULL);
}

void digest_of(struct digester *digester, struct sn_str text, uint8_t ret_digest[REALM_DIGEST])
{
    digest_begin(digester);
    digest_add(digester, text.len ? text.ptr : "", text.len);
    digest_end(digester, ret_digest);
}

/* ---- making ---- */

void realm_destroy(struct realm *realm)
{
    if (!realm)
        return;
    for (size_t i = 0; i < realm->login_count; i++)
        free(realm->logins[i].entity);
    for (size_t i = 0; i < realm->host_count; i++)
        free(realm->hosts[i]);
    for (size_t i = 0; i < REALM_SEEN; i++)
        free(realm->seen[i].entity);
    free(realm->logins);
    free(realm->hosts);
    free(realm->audience);
    sn_signer_destroy(realm->signer);
    sn_keyset_destroy(realm->keyset);
    free(realm);
}

/* False without memory. */
static bool fill_logins(struct realm *realm, const struct sn_auth_options *options)
{
    realm->logins = calloc(options->api_keys.count + options->location_secrets.count + 1,
                           sizeof(*realm->logins));
    realm->hosts = calloc(options->hosts.count + 1, sizeof(*realm->hosts));
    if (!realm->logins || !realm->hosts)
        return false;
    for (size_t i = 0; i < options->api_keys.count; i++) {
        struct login *login = &realm->logins[realm->login_count++];

        login->entity = strdup(options->api_keys.v[i].id);
        if (!login->entity)
            return false;
        digest_of(realm->digester, sn_str_of(options->api_keys.v[i].key), login->digest);
    }
    for (size_t i = 0; i < options->location_secrets.count; i++)
        digest_of(realm->digester, sn_str_of(options->location_secrets.v[i]),
                  realm->logins[realm->login_count++].digest);
    for (size_t i = 0; i < options->hosts.count; i++) {
        realm->hosts[i] = strdup(options->hosts.v[i]);
        if (!realm->hosts[i])
            return false;
        realm->host_count++;
    }
    return true;
}

static int fill_realm(struct realm *realm, const struct sn_auth_options *options,
                      struct sn_error *error)
{
    realm->audience = strdup(options->audience);
    realm->signer = sn_signer_create();
    realm->has_api_keys = options->api_keys.count > 0;
    realm->has_location_secrets = options->location_secrets.count > 0;
    if (!realm->audience || !realm->signer || !fill_logins(realm, options))
        return sn_error_set(error, SN_ERR_RESOURCE_EXHAUSTED, "no memory for authentication");
    return options->jwks ? sn_keyset_create(options->jwks, &realm->keyset, error) : 0;
}

/* All that a realm is made of. */
static void digest_options(struct digester *digester, const struct sn_auth_options *options,
                           uint8_t ret_digest[REALM_DIGEST])
{
    char *jwks = options->jwks ? json_dumps(options->jwks, JSON_COMPACT | JSON_SORT_KEYS) : NULL;

    digest_begin(digester);
    digest_text(digester, options->audience);
    digest_text(digester, jwks);
    digest_add(digester, &options->api_keys.count, sizeof(size_t));
    for (size_t i = 0; i < options->api_keys.count; i++) {
        digest_text(digester, options->api_keys.v[i].id);
        digest_text(digester, options->api_keys.v[i].key);
    }
    digest_add(digester, &options->location_secrets.count, sizeof(size_t));
    for (size_t i = 0; i < options->location_secrets.count; i++)
        digest_text(digester, options->location_secrets.v[i]);
    for (size_t i = 0; i < options->hosts.count; i++)
        digest_text(digester, options->hosts.v[i]);
    digest_end(digester, ret_digest);
    free(jwks);
}

int realm_create(struct digester *digester, const struct sn_auth_options *options,
                 struct realm **ret_realm, struct sn_error *error)
{
    struct realm *realm = calloc(1, sizeof(*realm));

    if (!realm)
        return sn_error_set(error, SN_ERR_RESOURCE_EXHAUSTED, "no memory for authentication");
    realm->digester = digester;
    digest_options(digester, options, realm->options);
    int code = fill_realm(realm, options, error);
    if (code) {
        realm_destroy(realm);
        return code;
    }
    *ret_realm = realm;
    return 0;
}

/* ---- looking ---- */

bool realm_is_of(const struct realm *realm, const struct sn_auth_options *options)
{
    uint8_t digest[REALM_DIGEST];

    digest_options(realm->digester, options, digest);
    return memcmp(realm->options, digest, REALM_DIGEST) == 0;
}

static bool is_host(const struct realm *realm, struct sn_str entity)
{
    for (size_t i = 0; i < realm->host_count; i++)
        if (sn_str_is(entity, realm->hosts[i]))
            return true;
    return false;
}

bool realm_knows(const struct realm *realm, struct sn_str entity, struct sn_str secret,
                 bool by_host)
{
    bool found = false, host = is_host(realm, entity);
    uint8_t digest[REALM_DIGEST];

    digest_of(realm->digester, secret, digest);
    for (size_t i = 0; i < realm->login_count; i++) {
        const struct login *login = &realm->logins[i];
        bool same = CRYPTO_memcmp(digest, login->digest, REALM_DIGEST) == 0;
        bool his =
            by_host ? !login->entity && host : login->entity && sn_str_is(entity, login->entity);

        found |= same & his & (secret.len > 0);
    }
    OPENSSL_cleanse(digest, sizeof(digest));
    return found;
}

bool realm_names(const struct realm *realm, struct sn_str entity, bool by_host)
{
    bool found = by_host && is_host(realm, entity);

    for (size_t i = 0; i < realm->login_count && !by_host; i++)
        found |= realm->logins[i].entity && sn_str_is(entity, realm->logins[i].entity);
    return found;
}

struct seen *realm_seen(struct realm *realm, const uint8_t digest[REALM_DIGEST])
{
    return &realm->seen[digest[0] % REALM_SEEN];
}

int realm_remember(struct seen *seen, const uint8_t digest[REALM_DIGEST], struct sn_str entity,
                   uint64_t end_ns, struct sn_error *error)
{
    char *copy = strndup(entity.ptr, entity.len);

    if (!copy)
        return sn_error_set(error, SN_ERR_RESOURCE_EXHAUSTED, "no memory for a token");
    free(seen->entity);
    seen->entity = copy;
    seen->end_ns = end_ns;
    memcpy(seen->digest, digest, REALM_DIGEST);
    return 0;
}
