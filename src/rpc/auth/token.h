/* SPDX-License-Identifier: Apache-2.0
 *
 * Tokens: JSON Web Tokens in compact form. Texts of errors are those clients of the reference see.
 * Loop thread.
 *
 * Sources: RFC 7519 (JWT), RFC 7515 (JWS).
 */
#ifndef SN_AUTH_TOKEN_H
#define SN_AUTH_TOKEN_H

#include "rpc/auth/keys.h"
#include "sinew/arena.h"

enum { SN_TOKEN_MAX = 16 << 10 }; /* bytes of a token that is looked at */

struct sn_token {
    json_t *header, *claims; /* objects */
    struct sn_str alg, kid;  /* kid.ptr NULL: there is none */
    struct sn_str signed_text;
    struct sn_str signature;
};

/* Takes a token apart, unverified; `text` must outlive it, memory is the arena's. UNAUTHENTICATED
 * with a text. End it with sn_token_fini(), after an error too. */
int sn_token_parse(struct sn_str text, struct sn_arena *arena, struct sn_token *ret_token,
                   struct sn_error *error) SN_MUST_USE;
void sn_token_fini(struct sn_token *token);

/* A claim that is a text, else "". */
struct sn_str sn_token_text(const struct sn_token *token, const char *claim);

/* Whether `aud` names that audience, alone or among others. */
bool sn_token_is_for(const struct sn_token *token, const char *audience);

/* By the claims exp, iat and nbf, where they are there. `now_ns` since 1970. UNAUTHENTICATED. */
int sn_token_check_times(const struct sn_token *token, uint64_t now_ns, struct sn_error *error)
    SN_MUST_USE;

/* When it ends, in ns since 1970; UINT64_MAX: never. */
uint64_t sn_token_end(const struct sn_token *token);

struct sn_token_grant {
    const char *audience;         /* iss and aud */
    struct sn_str entity;         /* sub */
    const char *credentials_type; /* rpc_creds_type */
    const char *id;               /* jti */
    uint64_t now_ns;              /* iat, to the second */
};

/* A token of our own, without an end: it lives as long as the signer. RESOURCE_EXHAUSTED. */
int sn_token_issue(struct sn_signer *signer, const struct sn_token_grant *grant,
                   struct sn_arena *arena, struct sn_str *ret_text) SN_MUST_USE;

#endif
