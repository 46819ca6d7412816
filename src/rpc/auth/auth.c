/* SPDX-License-Identifier: Apache-2.0
 *
 * The gate, and the service that gives tokens. What one configuration brings is a realm; another
 * one replaces it whole.
 */
#include "rpc/auth/auth.h"

#include "base/random.h"
#include "pb/proto/rpc/v1/auth.h"
#include "rpc/auth/attempts.h"
#include "rpc/auth/realm.h"
#include "sinew/log.h"
#include "wire/grpc.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>

enum { TOKEN_MEMORY = 64 << 10, BASIC_MAX = 1024 };

static const char api_key[] = "api-key";
static const char location_secret[] = "robot-location-secret";
static const char external[] = "external";

const char *const sn_auth_refusal_names[SN_AUTH_REFUSALS] = {
    [SN_AUTH_MISSING] = "token_missing",
    [SN_AUTH_INVALID] = "token_invalid",
    [SN_AUTH_CREDENTIALS] = "credentials",
    [SN_AUTH_TOO_MANY] = "too_many_failures",
};

struct sn_auth {
    struct sn_gate gate; /* first */
    struct sn_env *env;
    struct sn_server *server;
    struct sn_logger *log;
    struct realm *realm;        /* NULL: everybody may call */
    struct digester digester;   /* made with the first realm, and so are the next two */
    struct sn_attempts *logins; /* by address and entity: one who errs keeps no other out */
    struct sn_attempts *hosts, *forgeries; /* by address */
    uint64_t refused[SN_AUTH_REFUSALS];
    bool prepared;
};

/* ---- refusing ---- */

/* The one line that is left of a refusal, `what` being a method or who wanted a token; it stays
 * one, whatever a peer has put into it. */
static void audit(struct sn_auth *auth, enum sn_auth_refusal refusal, const char *host,
                  struct sn_str what, const char *why)
{
    char line[512];

    auth->refused[refusal]++;
    snprintf(line, sizeof(line), "refused \"%.*s\" from %s: %s",
             (int)(what.len < 100 ? what.len : 100), what.len ? what.ptr : "", host, why);
    for (char *c = line; *c; c++)
        if (*(unsigned char *)c < 0x20 || *c == 0x7f)
            *c = '?';
    sn_log_warn(auth->log, "%s", line);
}

static const char *host_of(const struct sn_peer *peer, char host[SN_ATTEMPTS_HOST_MAX])
{
    sn_attempts_host(peer && peer->remote ? peer->remote : "", host);
    return host;
}

/* Whether the host has to wait; then with the text. */
static bool must_wait(const struct sn_auth *auth, const struct sn_attempts *attempts,
                      const char *host, int code, struct sn_error *error)
{
    uint64_t wait_ns = sn_attempts_wait(attempts, host, auth->env->timers->now_ns);

    if (wait_ns)
        sn_error_set(error, code, "too many failed attempts; try again in %u s",
                     (unsigned int)((wait_ns + SN_SECONDS(1) - 1) / SN_SECONDS(1)));
    return wait_ns != 0;
}

/* ---- tokens ---- */

static int verify_own(struct realm *realm, const struct sn_token *token, bool *ret_costly,
                      struct sn_error *error)
{
    if (!token->kid.ptr)
        return sn_error_set(error, SN_ERR_UNAUTHENTICATED, "kid header not in token header");
    if (!sn_str_is(token->kid, sn_signer_kid(realm->signer)))
        return sn_error_set(error, SN_ERR_UNAUTHENTICATED,
                            "this server did not sign this JWT with kid \"%.*s\"",
                            SN_STR_ARGS(token->kid));
    if (!sn_str_is(token->alg, "EdDSA"))
        return sn_error_set(error, SN_ERR_UNAUTHENTICATED, "unexpected signing method \"%.*s\"",
                            SN_STR_ARGS(token->alg));
    *ret_costly = true;
    if (!sn_signer_verify(realm->signer, token->signed_text, token->signature))
        return sn_error_set(error, SN_ERR_UNAUTHENTICATED, "ed25519: verification error");
    return 0;
}

static int verify_external(struct realm *realm, const struct sn_token *token, bool *ret_costly,
                           struct sn_error *error)
{
    if (!token->kid.ptr)
        return sn_error_set(error, SN_ERR_UNAUTHENTICATED, "kid header not in token header");
    return sn_keyset_verify(realm->keyset, token->kid, token->alg, token->signed_text,
                            token->signature, ret_costly, error);
}

/* By who must have signed it. */
static int verify_signature(struct realm *realm, const struct sn_token *token, bool *ret_costly,
                            struct sn_error *error)
{
    struct sn_str type = sn_token_text(token, "rpc_creds_type");

    if ((sn_str_is(type, api_key) && realm->has_api_keys) ||
        (sn_str_is(type, location_secret) && realm->has_location_secrets))
        return verify_own(realm, token, ret_costly, error);
    if (sn_str_is(type, external) && realm->keyset)
        return verify_external(realm, token, ret_costly, error);
    return sn_error_set(error, SN_ERR_UNAUTHENTICATED,
                        "rpc error: code = InvalidArgument desc = do not know how to handle "
                        "credential type \"%.*s\"",
                        SN_STR_ARGS(type));
}

/* The text of what is wrong with the token itself, as clients know it. */
static int unauthenticated(struct sn_error *error)
{
    struct sn_error cause = *error;

    return sn_error_set(error, cause.code, "unauthenticated: %s", cause.text);
}

static int verify(struct sn_auth *auth, struct sn_str text, struct sn_arena *arena,
                  struct sn_token *token, bool *ret_costly, struct sn_error *error)
{
    struct realm *realm = auth->realm;
    int code = sn_token_parse(text, arena, token, error);

    if (!code)
        code = verify_signature(realm, token, ret_costly, error);
    if (!code)
        code = sn_token_check_times(token, auth->env->unix_ns(), error);
    if (code)
        return unauthenticated(error);
    *ret_costly = false; /* and not in vain */
    if (!sn_token_is_for(token, realm->audience))
        return sn_error_set(error, SN_ERR_UNAUTHENTICATED, "invalid audience");
    size_t entity_len = sn_token_text(token, "sub").len;
    if (!entity_len)
        return sn_error_set(error, SN_ERR_UNAUTHENTICATED, "expected entity (sub) in claims");
    if (entity_len > SN_AUTH_ENTITY_MAX)
        return sn_error_set(error, SN_ERR_UNAUTHENTICATED,
                            "entity (sub) in claims is longer than %d bytes", SN_AUTH_ENTITY_MAX);
    return 0;
}

/* A token that isn't known yet. */
static int verify_new(struct sn_auth *auth, struct sn_str text, const uint8_t digest[REALM_DIGEST],
                      const char *host, struct seen *seen, struct sn_error *error)
{
    struct sn_arena arena;
    struct sn_token token;
    bool costly = false;

    sn_arena_init(&arena, auth->env->blocks, TOKEN_MEMORY);
    int code = verify(auth, text, &arena, &token, &costly, error);
    if (!code)
        code =
            realm_remember(seen, digest, sn_token_text(&token, "sub"), sn_token_end(&token), error);
    else if (costly)
        sn_attempts_failed(auth->forgeries, host, auth->env->timers->now_ns);
    sn_token_fini(&token);
    sn_arena_fini(&arena);
    return code;
}

/* ---- the gate ---- */

/* The one value of the header; ptr NULL: none, or several. */
static struct sn_str authorization(const struct sn_metadata *metadata)
{
    struct sn_str found = SN_STR_NULL;

    for (uint32_t i = 0; i < metadata->count; i++) {
        if (!sn_str_is(metadata->v[i].key, "authorization"))
            continue;
        if (found.ptr)
            return SN_STR_NULL;
        found = metadata->v[i].value;
        if (!found.ptr)
            found.ptr = "";
    }
    return found;
}

static int check_token(struct sn_auth *auth, struct sn_str text, const char *host,
                       struct sn_str *ret_entity, enum sn_auth_refusal *ret_refusal,
                       struct sn_error *error)
{
    uint8_t digest[REALM_DIGEST];

    *ret_refusal = SN_AUTH_INVALID;
    digest_of(&auth->digester, text, digest);
    struct seen *seen = realm_seen(auth->realm, digest);
    if (!seen->entity || CRYPTO_memcmp(seen->digest, digest, REALM_DIGEST) != 0 ||
        auth->env->unix_ns() >= seen->end_ns) {
        if (must_wait(auth, auth->forgeries, host, SN_ERR_UNAUTHENTICATED, error)) {
            *ret_refusal = SN_AUTH_TOO_MANY;
            return SN_ERR_UNAUTHENTICATED;
        }
        int code = verify_new(auth, text, digest, host, seen, error);
        if (code)
            return code;
    }
    *ret_entity = sn_str_of(seen->entity);
    return 0;
}

static int admit(struct sn_gate *gate, const struct sn_peer *peer, struct sn_str path,
                 const struct sn_metadata *metadata, struct sn_str *ret_entity,
                 struct sn_error *error)
{
    static const struct sn_str prefix = SN_STR("Bearer ");
    struct sn_auth *auth = (struct sn_auth *)gate;
    struct sn_str value = authorization(metadata);
    enum sn_auth_refusal refusal = SN_AUTH_MISSING;
    char host[SN_ATTEMPTS_HOST_MAX];
    int code;

    *ret_entity = sn_str_of(peer && peer->entity ? peer->entity : "");
    if (!auth->realm || (peer && peer->trusted) ||
        sn_str_is(path, "/proto.rpc.v1.AuthService/Authenticate"))
        return 0;
    host_of(peer, host);
    if (!value.ptr) {
        code = sn_error_set(error, SN_ERR_UNAUTHENTICATED, "authentication required");
    } else if (!sn_str_has_prefix(value, prefix)) {
        code = sn_error_set(error, SN_ERR_UNAUTHENTICATED,
                            "expected authorization header with prefix: Bearer ");
    } else {
        struct sn_str token = {value.ptr + prefix.len, value.len - prefix.len};

        code = check_token(auth, token, host, ret_entity, &refusal, error);
    }
    if (code)
        audit(auth, refusal, host, path, error->text);
    return code;
}

/* ---- the service ---- */

/* What failures of that entity from that host are counted by. */
static void login_of(const char *host, struct sn_str entity, char login[SN_ATTEMPTS_HOST_MAX])
{
    if (entity.len > SN_AUTH_ENTITY_MAX + 1)
        entity.len = SN_AUTH_ENTITY_MAX + 1;
    snprintf(login, SN_ATTEMPTS_HOST_MAX, "%.48s %08x", host, sn_str_hash(entity));
}

/* Looks at credentials, unless there were too many wrong ones of that entity from that host. Too
 * many of all entities keep out those that don't exist: a right key gets in from a host where
 * somebody else guesses, who hears the same whatever the name was. */
static int log_in(struct sn_auth *auth, const struct sn_peer *peer, struct sn_str entity,
                  struct sn_str secret, bool by_host, struct sn_error *error)
{
    uint64_t now_ns = auth->env->timers->now_ns;
    char host[SN_ATTEMPTS_HOST_MAX], login[SN_ATTEMPTS_HOST_MAX];

    host_of(peer, host);
    login_of(host, entity, login);
    bool barred = must_wait(auth, auth->logins, login, SN_ERR_RESOURCE_EXHAUSTED, error);
    bool crowd = must_wait(auth, auth->hosts, host, SN_ERR_RESOURCE_EXHAUSTED, error);
    if (!barred && (!crowd || realm_names(auth->realm, entity, by_host))) {
        if (entity.len <= SN_AUTH_ENTITY_MAX && secret.len <= SN_AUTH_SECRET_MAX &&
            realm_knows(auth->realm, entity, secret, by_host)) {
            sn_attempts_succeeded(auth->logins, login);
            return 0;
        }
        sn_attempts_failed(auth->logins, login, now_ns);
        sn_attempts_failed(auth->hosts, host, now_ns);
    }
    if (barred || crowd) {
        audit(auth, SN_AUTH_TOO_MANY, host, entity, "too many failed attempts");
        return SN_ERR_RESOURCE_EXHAUSTED;
    }
    audit(auth, SN_AUTH_CREDENTIALS, host, entity, "invalid credentials");
    return sn_error_set(error, SN_ERR_UNAUTHENTICATED, "invalid credentials");
}

/* RFC 7617: "entity:key" as base64. */
static int log_in_basic(struct sn_auth *auth, const struct sn_peer *peer, struct sn_str text,
                        struct sn_error *error)
{
    uint8_t bytes[SN_BASE64_BYTES_MAX(BASIC_MAX)];
    size_t len = 0;

    if (text.len > BASIC_MAX || sn_base64_decode(bytes, text, &len))
        len = 0;
    const char *colon = len ? memchr(bytes, ':', len) : NULL;
    size_t entity_len = colon ? (size_t)(colon - (const char *)bytes) : 0;
    struct sn_str entity = {(const char *)bytes, entity_len};
    struct sn_str secret = {colon ? colon + 1 : NULL, colon ? len - entity_len - 1 : 0};
    int code = log_in(auth, peer, entity, secret, false, error);

    OPENSSL_cleanse(bytes, sizeof(bytes));
    return code;
}

int sn_auth_admit_page(struct sn_auth *auth, const struct sn_peer *peer, struct sn_str path,
                       const struct sn_metadata *headers, struct sn_error *error)
{
    static const struct sn_str basic = SN_STR("Basic ");
    struct sn_str value = authorization(headers), entity;

    if (!auth->realm || !sn_str_has_prefix(value, basic))
        return admit(&auth->gate, peer, path, headers, &entity, error);
    return log_in_basic(auth, peer, (struct sn_str){value.ptr + basic.len, value.len - basic.len},
                        error);
}

/* Whether credentials of that type can be looked at. */
static int check_type(struct sn_rpc *rpc, const struct realm *realm, struct sn_str type)
{
    if (sn_str_is(type, external) && realm->keyset)
        return sn_call_fail(&rpc->call, SN_ERR_UNIMPLEMENTED,
                            "direct authentication not supported for \"external\"");
    if ((sn_str_is(type, api_key) && realm->has_api_keys) ||
        (sn_str_is(type, location_secret) && realm->has_location_secrets))
        return 0;
    return sn_call_fail(&rpc->call, SN_ERR_INVALID_ARGUMENT,
                        "do not know how to handle credential type \"%.*s\"", SN_STR_ARGS(type));
}

/* What we give ourselves needn't be verified when it comes back. */
static int remember(struct sn_auth *auth, struct sn_str token, struct sn_str entity)
{
    uint8_t digest[REALM_DIGEST];
    struct sn_error error;

    digest_of(&auth->digester, token, digest);
    return realm_remember(realm_seen(auth->realm, digest), digest, entity, UINT64_MAX, &error);
}

static int grant(struct sn_auth *auth, struct sn_rpc *rpc,
                 const struct pb_proto_rpc_authenticate_request *request, struct sn_str *ret)
{
    char id[SN_UUID_LEN + 1];
    uint8_t chance[16];
    struct sn_token_grant grant = {
        .audience = auth->realm->audience,
        .entity = request->entity,
        .credentials_type =
            sn_str_is(request->credentials->type, api_key) ? api_key : location_secret,
        .id = id,
        .now_ns = auth->env->unix_ns(),
    };

    sn_random_secret(chance, sizeof(chance));
    sn_uuid_format(chance, id);
    if (sn_token_issue(auth->realm->signer, &grant, &rpc->arena, ret) ||
        remember(auth, *ret, request->entity))
        return sn_call_fail(&rpc->call, SN_ERR_RESOURCE_EXHAUSTED, "no memory for a token");
    return 0;
}

static int authenticate(struct sn_rpc *rpc, void *self, const void *req, void *resp)
{
    const struct pb_proto_rpc_authenticate_request *request = req;
    struct pb_proto_rpc_authenticate_response *response = resp;
    struct sn_auth *auth = self;
    struct sn_error error;

    if (!auth->realm)
        return sn_call_fail(&rpc->call, SN_ERR_UNIMPLEMENTED, "Unimplemented");
    if (sn_metadata_get(&rpc->metadata, SN_STR("authorization")).ptr)
        return sn_call_fail(&rpc->call, SN_ERR_INVALID_ARGUMENT,
                            "already authenticated; cannot re-authenticate");
    if (!request->credentials)
        return sn_call_fail(&rpc->call, SN_ERR_INVALID_ARGUMENT, "credentials required");
    struct sn_str type = request->credentials->type;
    int code = check_type(rpc, auth->realm, type);
    if (code)
        return code;
    if (log_in(auth, rpc->peer, request->entity, request->credentials->payload,
               sn_str_is(type, location_secret), &error))
        return sn_call_fail(&rpc->call, error.code, "%s", error.text);
    return grant(auth, rpc, request, &response->access_token);
}

static const struct sn_handler handlers[] = {
    {"Authenticate", authenticate, 0, {0}, NULL},
    {0},
};

static const struct sn_service service = {NULL, &pb_proto_rpc_auth_service, handlers};

/* ---- realms ---- */

static void forget(struct sn_auth *auth)
{
    digester_fini(&auth->digester);
    free(auth->logins);
    free(auth->hosts);
    free(auth->forgeries);
    auth->digester = (struct digester){0};
    auth->logins = auth->hosts = auth->forgeries = NULL;
}

/* What the first realm needs. */
static int prepare(struct sn_auth *auth, struct sn_error *error)
{
    if (auth->prepared)
        return 0;
    forget(auth); /* of a try that failed */
    auth->logins = calloc(1, sizeof(*auth->logins));
    auth->hosts = calloc(1, sizeof(*auth->hosts));
    auth->forgeries = calloc(1, sizeof(*auth->forgeries));
    if (!auth->logins || !auth->hosts || !auth->forgeries || !digester_init(&auth->digester) ||
        sn_server_add(auth->server, &service, auth))
        return sn_error_set(error, SN_ERR_RESOURCE_EXHAUSTED, "no memory for authentication");
    auth->logins->free = SN_AUTH_FREE_FAILURES;
    auth->hosts->free = SN_AUTH_FREE_HOST_FAILURES;
    auth->forgeries->free = SN_AUTH_FREE_FORGERIES;
    auth->prepared = true;
    return 0;
}

static int replace(struct sn_auth *auth, const struct sn_auth_options *options, bool *ret_changed,
                   struct sn_error *error)
{
    struct realm *realm;
    int code = prepare(auth, error);

    if (code || (auth->realm && realm_is_of(auth->realm, options)))
        return code;
    code = realm_create(&auth->digester, options, &realm, error);
    if (code)
        return code;
    realm_destroy(auth->realm);
    auth->realm = realm;
    *ret_changed = true;
    return 0;
}

int sn_auth_configure(struct sn_auth *auth, const struct sn_auth_options *options,
                      bool *ret_changed, struct sn_error *error)
{
    bool has_logins =
        options && (options->api_keys.count > 0 || options->location_secrets.count > 0);

    *ret_changed = false;
    if (has_logins)
        return replace(auth, options, ret_changed, error);
    if (options && options->jwks)
        return sn_error_set(error, SN_ERR_INVALID_ARGUMENT,
                            "cannot use unauthenticated and auth handlers at same time");
    *ret_changed = auth->realm != NULL;
    realm_destroy(auth->realm);
    auth->realm = NULL;
    return 0;
}

/* ---- making ---- */

struct sn_auth *sn_auth_create(struct sn_env *env)
{
    struct sn_auth *auth = calloc(1, sizeof(*auth));

    if (!auth)
        return NULL;
    auth->gate.admit = admit;
    auth->env = env;
    auth->log = sn_logger_get("rdk.auth");
    return auth;
}

void sn_auth_destroy(struct sn_auth *auth)
{
    if (!auth)
        return;
    realm_destroy(auth->realm);
    forget(auth);
    free(auth);
}

struct sn_gate *sn_auth_gate(struct sn_auth *auth)
{
    return &auth->gate;
}

void sn_auth_serve(struct sn_auth *auth, struct sn_server *server)
{
    auth->server = server;
}

bool sn_auth_required(const struct sn_auth *auth)
{
    return auth->realm != NULL;
}

uint64_t sn_auth_refused(const struct sn_auth *auth, enum sn_auth_refusal refusal)
{
    return auth->refused[refusal];
}
