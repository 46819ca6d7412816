/* SPDX-License-Identifier: Apache-2.0
 *
 * A realm: all that one configuration says about who may call, and the tokens that were verified
 * under it. For auth.c. Loop thread.
 */
#ifndef SN_AUTH_REALM_H
#define SN_AUTH_REALM_H

#include "rpc/auth/auth.h"
#include "rpc/auth/token.h"

#include <openssl/evp.h>

enum { REALM_DIGEST = 32, REALM_SEEN = 256 };

/* SHA-256, ready for use again and again. */
struct digester {
    EVP_MD *md;
    EVP_MD_CTX *ctx;
};

/* Secrets are kept as digests: all of one length, and of no use to who reads our memory. */
struct login {
    char *entity; /* NULL: any host */
    uint8_t digest[REALM_DIGEST];
};

/* A token that was given or verified, so that its next call needn't wait for that. */
struct seen {
    char *entity; /* NULL: none */
    uint8_t digest[REALM_DIGEST];
    uint64_t end_ns; /* since 1970 */
};

struct realm {
    struct digester *digester;
    uint8_t options[REALM_DIGEST]; /* what it was made of */
    char *audience;
    struct sn_signer *signer;
    struct sn_keyset *keyset; /* NULL: nobody else's tokens count */
    struct login *logins;
    size_t login_count;
    char **hosts;
    size_t host_count;
    bool has_api_keys, has_location_secrets;
    struct seen seen[REALM_SEEN];
};

/* False without memory. */
bool digester_init(struct digester *digester);
void digester_fini(struct digester *digester);
void digest_of(struct digester *digester, struct sn_str text, uint8_t ret_digest[REALM_DIGEST]);

/* INVALID_ARGUMENT for keys of others that are none, RESOURCE_EXHAUSTED. The digester outlives it.
 */
int realm_create(struct digester *digester, const struct sn_auth_options *options,
                 struct realm **ret_realm, struct sn_error *error) SN_MUST_USE;
void realm_destroy(struct realm *realm); /* accepts NULL */

/* Whether it was made of the same. */
bool realm_is_of(const struct realm *realm, const struct sn_auth_options *options);

/* Whether these belong together; `by_host`: a secret of the location. Takes as long whoever it is
 * and whatever he shows. */
bool realm_knows(const struct realm *realm, struct sn_str entity, struct sn_str secret,
                 bool by_host);

/* Whether there is anything that would let in who says he is that. */
bool realm_names(const struct realm *realm, struct sn_str entity, bool by_host);

/* Where a token of that digest is remembered, if at all. */
struct seen *realm_seen(struct realm *realm, const uint8_t digest[REALM_DIGEST]);

/* Remembers a token that is right until then (ns since 1970) in the place of another one.
 * RESOURCE_EXHAUSTED. */
int realm_remember(struct seen *seen, const uint8_t digest[REALM_DIGEST], struct sn_str entity,
                   uint64_t end_ns, struct sn_error *error) SN_MUST_USE;

#endif
