/* SPDX-License-Identifier: Apache-2.0
 *
 * The gate and AuthService: credentials for tokens, tokens for calls, and everything that is none.
 * Texts are those clients of the reference see.
 */
#include "rpc/auth/auth.h"

#include "base/heap.h"
#include "pb/proto/rpc/v1/auth.h"
#include "rpc/auth/attempts.h"
#include "rpc/auth/token.h"
#include "rpc/core/tape.h"
#include "wire/grpc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#define NOW_S UINT64_C(1700000000)

static uint64_t wall_ns;

static uint64_t unix_ns(void)
{
    return wall_ns;
}

struct fixture {
    struct sn_block_pool blocks;
    struct sn_timers timers;
    struct sn_env env;
    struct sn_auth *auth;
    struct sn_server *server;
    struct sn_peer peer;
    struct tape tape;
    struct sn_str entity; /* that the gate told */
    char token[2048];
};

static const struct sn_auth_pair pairs[] = {{"k1", "secret1"}, {"k2", "secret2"}};
static const char *const secrets[] = {"shared1", "shared2"}, *const hosts[] = {"m.example",
                                                                               "m.local"};

static const struct sn_auth_options options = {
    .audience = "m.example",
    .api_keys = {pairs, 2},
    .location_secrets = {secrets, 2},
    .hosts = {hosts, 2},
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    struct sn_error error;
    bool changed;

    wall_ns = NOW_S * SN_SECONDS(1);
    sn_block_pool_init(&f->blocks, &sn_heap, 16);
    f->env = (struct sn_env){.timers = &f->timers, .blocks = &f->blocks, .unix_ns = unix_ns};
    f->auth = sn_auth_create(&f->env);
    struct sn_server_config config = {
        .env = &f->env, .gate = sn_auth_gate(f->auth), .unary_timeout_ns = SN_NEVER};
    f->server = sn_server_create(&config);
    sn_auth_serve(f->auth, f->server);
    assert_int_equal(sn_auth_configure(f->auth, &options, &changed, &error), 0);
    assert_true(changed);
    f->peer = (struct sn_peer){.remote = "10.0.0.1:4711", .local = "10.0.0.2:8080"};
    f->tape.stream.ops = &tape_ops;
    f->tape.stream.peer = &f->peer;
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    assert_true(sn_list_empty(sn_server_rpcs(f->server)));
    sn_server_destroy(f->server);
    sn_auth_destroy(f->auth);
    assert_int_equal(f->blocks.in_use, 0);
    sn_block_pool_fini(&f->blocks);
    free(f);
    return 0;
}

/* ---- calls ---- */

#define AUTHENTICATE "/proto.rpc.v1.AuthService/Authenticate"

/* The outcome of a call that shows that header (NULL: none), "0:" or "-16:text". */
static const char *ask(struct fixture *f, const char *path, const char *authorization)
{
    struct sn_metadata_entry entry = {SN_STR("authorization"), sn_str_of(authorization)};
    struct sn_metadata metadata = {&entry, authorization ? 1 : 0, 1};
    static char outcome[SN_ERROR_TEXT_MAX + 16];
    struct sn_error error = {0};
    struct sn_gate *gate = sn_auth_gate(f->auth);
    int code = gate->admit(gate, &f->peer, sn_str_of(path), &metadata, &f->entity, &error);

    snprintf(outcome, sizeof(outcome), "%d:%s", code, code ? error.text : "");
    return outcome;
}

static const char *ask_with(struct fixture *f, const char *token)
{
    static char header[4096];

    snprintf(header, sizeof(header), "Bearer %s", token);
    return ask(f, "/a.B/C", header);
}

static void send_request(struct fixture *f, const struct pb_proto_rpc_authenticate_request *request)
{
    struct sn_arena arena;
    struct sn_str bytes;

    sn_arena_init(&arena, &f->blocks, 1 << 20);
    assert_int_equal(
        sn_pb_encode(&pb_proto_rpc_authenticate_request_msg, request, &arena, 0, &bytes), 0);
    sn_server_message(&f->tape.stream, bytes.ptr, bytes.len);
    sn_arena_fini(&arena);
}

/* What Authenticate says; a token is kept in f->token. */
static const char *log_in(struct fixture *f, const char *entity, const char *type,
                          const char *payload)
{
    struct pb_proto_rpc_credentials credentials = {sn_str_of(type ? type : ""), sn_str_of(payload)};
    struct pb_proto_rpc_authenticate_request request = {.entity = sn_str_of(entity),
                                                        .credentials = type ? &credentials : NULL};
    struct sn_metadata none = {0};

    f->tape.log[0] = '\0';
    f->token[0] = '\0';
    sn_server_begin(f->server, &f->tape.stream, SN_STR(AUTHENTICATE), &none, SN_NEVER);
    send_request(f, &request);
    const char *end = strstr(f->tape.log, "end");
    assert_non_null(end);
    if (strcmp(end, "end0:") == 0) {
        struct pb_proto_rpc_authenticate_response response = {0};
        struct sn_arena arena;

        sn_arena_init(&arena, &f->blocks, 1 << 20);
        assert_int_equal(sn_pb_decode(&pb_proto_rpc_authenticate_response_msg, &response,
                                      f->tape.last, f->tape.last_len, &arena),
                         0);
        snprintf(f->token, sizeof(f->token), "%.*s", SN_STR_ARGS(response.access_token));
        sn_arena_fini(&arena);
    }
    return end + 3;
}

/* ---- tokens of others ---- */

static char *base64url(const void *bytes, size_t len)
{
    char *text = malloc(SN_BASE64_LEN(len) + 1);

    sn_base64url_encode(text, (struct sn_str){bytes, len});
    return text;
}

/* Signs as `alg` says; NULL key: some bytes. */
static size_t sign(EVP_PKEY *key, const char *alg, const char *text, uint8_t *signature)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    const EVP_MD *md = strcmp(alg, "EdDSA") == 0   ? NULL
                       : strcmp(alg, "RS512") == 0 ? EVP_sha512()
                                                   : EVP_sha256();
    size_t len = 512;

    assert_int_equal(EVP_DigestSignInit(ctx, NULL, md, NULL, key), 1);
    assert_int_equal(EVP_DigestSign(ctx, signature, &len, (const uint8_t *)text, strlen(text)), 1);
    EVP_MD_CTX_free(ctx);
    if (strcmp(alg, "ES256") == 0) {
        const uint8_t *der = signature;
        ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &der, (long)len);

        BN_bn2binpad(ECDSA_SIG_get0_r(sig), signature, 32);
        BN_bn2binpad(ECDSA_SIG_get0_s(sig), signature + 32, 32);
        ECDSA_SIG_free(sig);
        len = 64;
    }
    return len;
}

static const char *token_of(const char *header, const char *claims, EVP_PKEY *key, const char *alg)
{
    static char token[4096];
    char *h = base64url(header, strlen(header)), *c = base64url(claims, strlen(claims));
    uint8_t signature[512] = {1, 2, 3};

    snprintf(token, sizeof(token), "%s.%s", h, c);
    size_t len = key ? sign(key, alg, token, signature) : 64;
    char *s = base64url(signature, len);
    snprintf(token + strlen(token), sizeof(token) - strlen(token), ".%s", s);
    free(h);
    free(c);
    free(s);
    return token;
}

static void add_number(json_t *jwk, const char *name, EVP_PKEY *key, const char *param)
{
    BIGNUM *number = NULL;
    uint8_t bytes[512];

    assert_int_equal(EVP_PKEY_get_bn_param(key, param, &number), 1);
    char *text = base64url(bytes, (size_t)BN_bn2bin(number, bytes));
    json_object_set_new(jwk, name, json_string(text));
    free(text);
    BN_free(number);
}

static EVP_PKEY *rsa, *ec, *ed;

/* The public halves of the three. */
static json_t *make_jwks(void)
{
    json_t *r = json_pack("{s:s,s:s,s:s}", "kty", "RSA", "kid", "r", "alg", "RS256");
    json_t *e =
        json_pack("{s:s,s:s,s:s,s:s}", "kty", "EC", "kid", "e", "alg", "ES256", "crv", "P-256");
    json_t *o =
        json_pack("{s:s,s:s,s:s,s:s}", "kty", "OKP", "kid", "o", "alg", "EdDSA", "crv", "Ed25519");
    uint8_t x[32], point[65];
    size_t len = sizeof(x);
    char *text;

    add_number(r, "n", rsa, OSSL_PKEY_PARAM_RSA_N);
    add_number(r, "e", rsa, OSSL_PKEY_PARAM_RSA_E);
    EVP_PKEY_get_octet_string_param(ec, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof(point), &len);
    assert_int_equal(len, 65);
    text = base64url(point + 1, 32);
    json_object_set_new(e, "x", json_string(text));
    free(text);
    text = base64url(point + 33, 32);
    json_object_set_new(e, "y", json_string(text));
    free(text);
    len = sizeof(x);
    EVP_PKEY_get_raw_public_key(ed, x, &len);
    text = base64url(x, 32);
    json_object_set_new(o, "x", json_string(text));
    free(text);
    return json_pack("{s:[o,o,o]}", "keys", r, e, o);
}

static void trust_others(struct fixture *f)
{
    struct sn_auth_options with = options;
    json_t *jwks = make_jwks();
    struct sn_error error;
    bool changed;

    with.jwks = jwks;
    if (sn_auth_configure(f->auth, &with, &changed, &error))
        fail_msg("%s", error.text);
    assert_true(changed);
    json_decref(jwks);
}

/* ---- credentials ---- */

static void test_log_in(void **state)
{
    struct fixture *f = *state;

    assert_string_equal(log_in(f, "k1", "api-key", "secret1"), "0:");
    assert_string_equal(ask_with(f, f->token), "0:");
    assert_true(sn_str_is(f->entity, "k1"));
    assert_string_equal(log_in(f, "m.local", "robot-location-secret", "shared2"), "0:");
    assert_string_equal(ask_with(f, f->token), "0:");
    assert_true(sn_str_is(f->entity, "m.local"));
    assert_string_equal(ask_with(f, f->token), "0:"); /* known by now */
    assert_true(sn_str_is(f->entity, "m.local"));
}

static void test_wrong_credentials(void **state)
{
    static const struct {
        const char *entity, *type, *payload, *outcome;
    } cases[] = {
        {"k1", "api-key", "secret2", "-16:invalid credentials"},
        {"k1", "api-key", "secret", "-16:invalid credentials"},
        {"k1", "api-key", "", "-16:invalid credentials"},
        {"kx", "api-key", "secret1", "-16:invalid credentials"},
        {"", "api-key", "secret1", "-16:invalid credentials"},
        {"m.example", "api-key", "shared1", "-16:invalid credentials"},
        {"k1", "robot-location-secret", "shared1", "-16:invalid credentials"},
        {"elsewhere", "robot-location-secret", "shared1", "-16:invalid credentials"},
        {"m.example", "robot-location-secret", "secret1", "-16:invalid credentials"},
        {"k1", NULL, "", "-3:credentials required"},
        {"k1", "", "secret1", "-3:do not know how to handle credential type \"\""},
        {"k1", "zzz", "secret1", "-3:do not know how to handle credential type \"zzz\""},
        {"k1", "external", "x", "-3:do not know how to handle credential type \"external\""},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct fixture *f = *state;

        assert_string_equal(log_in(f, cases[i].entity, cases[i].type, cases[i].payload),
                            cases[i].outcome);
        f->timers.now_ns += SN_SECONDS(60);
    }
    assert_int_equal(sn_auth_refused(((struct fixture *)*state)->auth, SN_AUTH_CREDENTIALS), 9);
}

static void test_guessing_is_slowed(void **state)
{
    struct fixture *f = *state;

    for (int i = 0; i <= SN_AUTH_FREE_FAILURES; i++)
        assert_string_equal(log_in(f, "k1", "api-key", "guess"), "-16:invalid credentials");
    assert_string_equal(log_in(f, "k1", "api-key", "secret1"),
                        "-8:too many failed attempts; try again in 1 s");
    f->peer.remote = "10.0.0.9:1"; /* others aren't concerned */
    assert_string_equal(log_in(f, "k1", "api-key", "secret1"), "0:");
    f->peer.remote = "10.0.0.1:9";
    f->timers.now_ns += SN_SECONDS(1);
    assert_string_equal(log_in(f, "k1", "api-key", "secret1"), "0:");
    assert_string_equal(log_in(f, "k1", "api-key", "guess"), "-16:invalid credentials");
    assert_int_equal(sn_auth_refused(f->auth, SN_AUTH_TOO_MANY), 1);
}

/* Whoever errs keeps no other out; who tries one name after the other waits in the end, and learns
 * nothing of which of them are right. */
static void test_guesses_of_others(void **state)
{
    struct fixture *f = *state;
    char name[16];

    for (int i = 0; i < 20; i++)
        log_in(f, "k2", "api-key", "wrong");
    assert_string_equal(log_in(f, "k1", "api-key", "secret1"), "0:");
    for (int i = 0; i < SN_AUTH_FREE_HOST_FAILURES; i++) {
        snprintf(name, sizeof(name), "n%d", i);
        log_in(f, name, "api-key", "guess");
    }
    assert_non_null(strstr(log_in(f, "nobody", "api-key", "guess"), "-8:too many failed"));
    assert_string_equal(log_in(f, "k1", "api-key", "secret1"), "0:");
    for (int i = 0; i <= SN_AUTH_FREE_FAILURES; i++)
        assert_non_null(strstr(log_in(f, "k1", "api-key", "guess"), "-8:too many failed"));
    assert_non_null(strstr(log_in(f, "k1", "api-key", "secret1"), "-8:too many failed"));
    f->timers.now_ns += SN_SECONDS(60);
    assert_string_equal(log_in(f, "k1", "api-key", "secret1"), "0:");
}

static void test_large_credentials(void **state)
{
    char *large = malloc(100001);
    struct fixture *f = *state;

    memset(large, 'x', 100000);
    large[100000] = '\0';
    assert_string_equal(log_in(f, "k1", "api-key", large), "-16:invalid credentials");
    assert_string_equal(log_in(f, large, "api-key", "secret1"), "-16:invalid credentials");
    free(large);
}

static void test_authenticate_twice(void **state)
{
    struct fixture *f = *state;
    struct sn_metadata_entry entry = {SN_STR("authorization"), SN_STR("")};
    struct sn_metadata metadata = {&entry, 1, 1};
    struct pb_proto_rpc_authenticate_request request = {.entity = SN_STR("k1")};

    sn_server_begin(f->server, &f->tape.stream, SN_STR(AUTHENTICATE), &metadata, SN_NEVER);
    send_request(f, &request);
    assert_string_equal(strstr(f->tape.log, "end"),
                        "end-3:already authenticated; cannot re-authenticate");
}

/* ---- tokens ---- */

static void test_headers(void **state)
{
    static const struct {
        const char *header, *outcome;
    } cases[] = {
        {NULL, "-16:authentication required"},
        {"Basic abc", "-16:expected authorization header with prefix: Bearer "},
        {"bearer abc", "-16:expected authorization header with prefix: Bearer "},
        {"Bearer", "-16:expected authorization header with prefix: Bearer "},
        {"", "-16:expected authorization header with prefix: Bearer "},
        {"Bearer ", "-16:unauthenticated: token contains an invalid number of segments"},
        {"Bearer a.b", "-16:unauthenticated: token contains an invalid number of segments"},
        {"Bearer a.b.c.d", "-16:unauthenticated: token contains an invalid number of segments"},
        {"Bearer a.b.c", "-16:unauthenticated: illegal base64 data at input byte 0"},
        {"Bearer  ab.b.c", "-16:unauthenticated: illegal base64 data at input byte 0"},
        {"Bearer ab+.b.c", "-16:unauthenticated: illegal base64 data at input byte 2"},
    };
    struct fixture *f = *state;
    struct sn_metadata_entry two[2] = {{SN_STR("authorization"), SN_STR("Bearer a")},
                                       {SN_STR("authorization"), SN_STR("Bearer a")}};
    struct sn_metadata metadata = {two, 2, 2};
    struct sn_gate *gate = sn_auth_gate(f->auth);
    struct sn_error error;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_string_equal(ask(f, "/viam.robot.v1.RobotService/GetVersion", cases[i].header),
                            cases[i].outcome);
    assert_int_equal(gate->admit(gate, NULL, SN_STR("/a.B/C"), &metadata, &f->entity, &error),
                     SN_ERR_UNAUTHENTICATED);
    assert_string_equal(error.text, "authentication required");
    assert_string_equal(ask(f, AUTHENTICATE, NULL), "0:");
    assert_string_equal(ask(f, AUTHENTICATE "x", NULL), "-16:authentication required");
    assert_string_equal(ask(f, "/proto.rpc.v1.AuthService/", NULL), "-16:authentication required");
}

/* What is unknown is not told to who may not call. */
static void test_unknown_methods(void **state)
{
    struct fixture *f = *state;
    struct sn_metadata none = {0};

    sn_server_begin(f->server, &f->tape.stream, SN_STR("/a.B/C"), &none, SN_NEVER);
    assert_string_equal(f->tape.log, "end-16:authentication required");
}

static const char good_claims[] = "{\"aud\":[\"m.example\"],\"sub\":\"me\",\"rpc_creds_type\":"
                                  "\"external\",\"exp\":1700000100}";
static const char good_header[] = "{\"alg\":\"RS256\",\"kid\":\"r\",\"typ\":\"JWT\"}";

static void test_forged_tokens(void **state)
{
    struct fixture *f = *state;
    char header[256], own[2048];
    static const char claims[] =
        "{\"aud\":[\"m.example\"],\"sub\":\"k1\",\"rpc_creds_type\":\"api-key\"}";
    static const struct {
        const char *alg, *outcome;
    } algs[] = {
        {"\"none\"", "-16:unauthenticated: signing method none is invalid"},
        {"\"XX\"", "-16:unauthenticated: signing method (alg) is unavailable."},
        {"5", "-16:unauthenticated: signing method (alg) is unspecified."},
        {"\"HS256\"", "-16:unauthenticated: unexpected signing method \"HS256\""},
        {"\"RS256\"", "-16:unauthenticated: unexpected signing method \"RS256\""},
        {"\"EdDSA\"", "-16:unauthenticated: ed25519: verification error"},
    };

    log_in(f, "k1", "api-key", "secret1");
    strcpy(own, f->token);
    struct sn_str kid = {NULL, 0};
    struct sn_arena arena;
    struct sn_token token;
    sn_arena_init(&arena, &f->blocks, 1 << 16);
    assert_int_equal(sn_token_parse(sn_str_of(own), &arena, &token, NULL), 0);
    kid = token.kid;
    for (size_t i = 0; i < sizeof(algs) / sizeof(algs[0]); i++) {
        snprintf(header, sizeof(header), "{\"alg\":%s,\"kid\":\"%.*s\"}", algs[i].alg,
                 SN_STR_ARGS(kid));
        assert_string_equal(ask_with(f, token_of(header, claims, NULL, NULL)), algs[i].outcome);
    }
    sn_token_fini(&token);
    sn_arena_fini(&arena);
    assert_string_equal(
        ask_with(f, token_of("{\"alg\":\"EdDSA\",\"kid\":\"AAAA\"}", claims, ed, "EdDSA")),
        "-16:unauthenticated: this server did not sign this JWT with kid \"AAAA\"");
    assert_string_equal(ask_with(f, token_of("{\"alg\":\"EdDSA\"}", claims, ed, "EdDSA")),
                        "-16:unauthenticated: kid header not in token header");
    assert_string_equal(ask_with(f, token_of(good_header, good_claims, rsa, "RS256")),
                        "-16:unauthenticated: rpc error: code = InvalidArgument desc = do not know "
                        "how to handle credential type \"external\"");

    /* Each byte matters, but for the last, of which two bits do. */
    for (size_t i = 0; i + 1 < strlen(own); i += 7) {
        char bad[2048];

        strcpy(bad, own);
        bad[i] = bad[i] == 'A' ? 'B' : 'A';
        if (strncmp(ask_with(f, bad), "-16:", 4) != 0)
            fail_msg("byte %zu of %s", i, own);
        f->timers.now_ns += SN_SECONDS(60);
    }
    assert_string_equal(ask_with(f, own), "0:");
}

static void test_forgeries_are_limited(void **state)
{
    struct fixture *f = *state;
    char bad[2048];
    size_t refused = 0;

    log_in(f, "k1", "api-key", "secret1");
    strcpy(bad, f->token);
    char *at = bad + strlen(bad) - 10;
    *at = *at == 'A' ? 'B' : 'A';
    for (int i = 0; i < SN_AUTH_FREE_FORGERIES + 10; i++)
        refused += strstr(ask_with(f, bad), "too many failed attempts") != NULL;
    assert_int_equal(refused, 9);
    assert_int_equal(sn_auth_refused(f->auth, SN_AUTH_TOO_MANY), 9);
    f->peer.remote = "10.0.0.9:1";
    assert_string_equal(ask_with(f, f->token), "0:");
    f->peer.remote = "10.0.0.1:1"; /* and whom we know may go on */
    assert_string_equal(ask_with(f, f->token), "0:");
    assert_string_equal(log_in(f, "k1", "api-key", "secret1"), "0:"); /* here as well */
    assert_string_equal(ask_with(f, f->token), "0:");
}

static void test_tokens_of_others(void **state)
{
    struct fixture *f = *state;

    trust_others(f);
    assert_string_equal(ask_with(f, token_of(good_header, good_claims, rsa, "RS256")), "0:");
    assert_true(sn_str_is(f->entity, "me"));
    assert_string_equal(
        ask_with(f, token_of("{\"alg\":\"ES256\",\"kid\":\"e\"}", good_claims, ec, "ES256")), "0:");
    assert_string_equal(
        ask_with(f, token_of("{\"alg\":\"EdDSA\",\"kid\":\"o\"}", good_claims, ed, "EdDSA")), "0:");
    assert_string_equal(log_in(f, "k1", "external", "x"),
                        "-12:direct authentication not supported for \"external\"");
}

static void test_bad_tokens_of_others(void **state)
{
    static const struct {
        const char *header, *outcome;
        EVP_PKEY **key;
        const char *alg;
    } cases[] = {
        {"{\"alg\":\"RS256\",\"kid\":\"z\"}", "kid header does not exist in keyset", &rsa, "RS256"},
        {"{\"alg\":\"RS256\"}", "kid header not in token header", &rsa, "RS256"},
        {"{\"alg\":\"RS256\",\"kid\":5}", "kid header not in token header", &rsa, "RS256"},
        {"{\"alg\":\"RS512\",\"kid\":\"r\"}", "key from kid has different signing alg", &rsa,
         "RS512"},
        {"{\"alg\":\"HS256\",\"kid\":\"r\"}", "key from kid has different signing alg", &rsa,
         "RS256"},
        {"{\"alg\":\"RS256\",\"kid\":\"r\"}", "crypto/rsa: verification error", &ec, "ES256"},
        {"{\"alg\":\"ES256\",\"kid\":\"e\"}", "crypto/ecdsa: verification error", &ed, "EdDSA"},
        {"{\"alg\":\"ES256\",\"kid\":\"e\"}", "crypto/ecdsa: verification error", &rsa, "RS256"},
        {"{\"alg\":\"EdDSA\",\"kid\":\"o\"}", "ed25519: verification error", &ec, "ES256"},
    };
    struct fixture *f = *state;
    char outcome[128];

    trust_others(f);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        snprintf(outcome, sizeof(outcome), "-16:unauthenticated: %s", cases[i].outcome);
        assert_string_equal(
            ask_with(f, token_of(cases[i].header, good_claims, *cases[i].key, cases[i].alg)),
            outcome);
    }
}

static void test_claims(void **state)
{
    static const struct {
        const char *claims, *outcome;
    } cases[] = {
        {"\"aud\":\"m.example\",\"sub\":\"me\"", "0:"},
        {"\"aud\":[\"x\",\"m.example\"],\"sub\":\"me\"", "0:"},
        {"\"aud\":\"m.example\",\"sub\":\"me\",\"exp\":1700000000.5", "0:"},
        {"\"aud\":\"m.example\",\"sub\":\"me\",\"exp\":null", "0:"},
        {"\"aud\":[\"x\"],\"sub\":\"me\"", "-16:invalid audience"},
        {"\"aud\":[],\"sub\":\"me\"", "-16:invalid audience"},
        {"\"aud\":5,\"sub\":\"me\"", "-16:invalid audience"},
        {"\"sub\":\"me\"", "-16:invalid audience"},
        {"\"aud\":\"m.example\"", "-16:expected entity (sub) in claims"},
        {"\"aud\":\"m.example\",\"sub\":\"\"", "-16:expected entity (sub) in claims"},
        {"\"aud\":\"m.example\",\"sub\":5", "-16:expected entity (sub) in claims"},
        {"\"aud\":\"m.example\",\"sub\":\"me\",\"exp\":1700000000",
         "-16:unauthenticated: token is expired by 0s"},
        {"\"aud\":\"m.example\",\"sub\":\"me\",\"exp\":1699999990.5",
         "-16:unauthenticated: token is expired by 9.5s"},
        {"\"aud\":\"m.example\",\"sub\":\"me\",\"exp\":1699999900",
         "-16:unauthenticated: token is expired by 1m40s"},
        {"\"aud\":\"m.example\",\"sub\":\"me\",\"exp\":1699990000",
         "-16:unauthenticated: token is expired by 2h46m40s"},
        {"\"aud\":\"x\",\"exp\":0", "-16:unauthenticated: token is expired by 277777h46m40s"},
        {"\"aud\":\"m.example\",\"sub\":\"me\",\"exp\":\"soon\"",
         "-16:unauthenticated: claim exp is no number"},
        {"\"aud\":\"m.example\",\"sub\":\"me\",\"nbf\":1700000001",
         "-16:unauthenticated: token is not valid yet"},
        {"\"aud\":\"m.example\",\"sub\":\"me\",\"iat\":1700000001",
         "-16:unauthenticated: token used before issued"},
        {"\"aud\":\"m.example\",\"sub\":\"me\",\"iat\":1,\"nbf\":1,\"exp\":1e300", "0:"},
    };
    struct fixture *f = *state;
    char claims[512];

    trust_others(f);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        snprintf(claims, sizeof(claims), "{\"rpc_creds_type\":\"external\",%s}", cases[i].claims);
        assert_string_equal(ask_with(f, token_of(good_header, claims, rsa, "RS256")),
                            cases[i].outcome);
    }
    assert_string_equal(ask_with(f, token_of(good_header, "[1]", rsa, "RS256")),
                        "-16:unauthenticated: the token's claims are no JSON object");
    assert_string_equal(ask_with(f, token_of("{nope", good_claims, rsa, "RS256")),
                        "-16:unauthenticated: the token's headers are no JSON object");
}

/* One that is known ends like any other. */
static void test_token_expires(void **state)
{
    struct fixture *f = *state;
    const char *token;

    trust_others(f);
    token = token_of(good_header, good_claims, rsa, "RS256");
    assert_string_equal(ask_with(f, token), "0:");
    wall_ns += SN_SECONDS(99);
    assert_string_equal(ask_with(f, token), "0:");
    wall_ns += SN_SECONDS(2);
    assert_string_equal(ask_with(f, token), "-16:unauthenticated: token is expired by 1s");
}

/* ---- configurations ---- */

static void test_other_options_void_tokens(void **state)
{
    static const struct sn_auth_pair others[] = {{"k1", "changed"}};
    struct sn_auth_options other = {.audience = "m.example", .api_keys = {others, 1}};
    struct fixture *f = *state;
    struct sn_error error;
    bool changed;

    log_in(f, "k1", "api-key", "secret1");
    assert_int_equal(sn_auth_configure(f->auth, &options, &changed, &error), 0);
    assert_false(changed);
    assert_string_equal(ask_with(f, f->token), "0:");
    assert_int_equal(sn_auth_configure(f->auth, &other, &changed, &error), 0);
    assert_true(changed);
    assert_non_null(strstr(ask_with(f, f->token), "this server did not sign this JWT"));
    assert_string_equal(log_in(f, "k1", "api-key", "secret1"), "-16:invalid credentials");
    assert_string_equal(log_in(f, "m.local", "robot-location-secret", "shared2"),
                        "-3:do not know how to handle credential type \"robot-location-secret\"");
    assert_string_equal(log_in(f, "k1", "api-key", "changed"), "0:");

    assert_int_equal(sn_auth_configure(f->auth, NULL, &changed, &error), 0);
    assert_true(changed);
    assert_false(sn_auth_required(f->auth));
    assert_string_equal(ask(f, "/a.B/C", NULL), "0:");
    assert_string_equal(ask(f, "/a.B/C", "Basic x"), "0:");
    assert_string_equal(log_in(f, "k1", "api-key", "changed"), "-12:Unimplemented");
}

static void test_bad_options(void **state)
{
    static const char *const bad[] = {
        "{\"keys\":[]}",
        "{}",
        "{\"keys\":[{\"kty\":\"oct\",\"alg\":\"HS256\",\"k\":\"AAAA\"}]}",
        "{\"keys\":[{\"kty\":\"RSA\",\"alg\":\"RS256\"}]}",
        "{\"keys\":[{\"kty\":\"RSA\",\"alg\":\"RS256\",\"n\":\"AQAB\",\"e\":\"AQAB\"}]}",
        "{\"keys\":[{\"kty\":\"EC\",\"alg\":\"RS256\",\"crv\":\"P-256\"}]}",
        "{\"keys\":[{\"kty\":\"EC\",\"alg\":\"ES256\",\"crv\":\"P-256\",\"x\":\"AA\"}]}",
        "{\"keys\":[{\"kty\":\"OKP\",\"alg\":\"EdDSA\",\"crv\":\"Ed448\",\"x\":\"AA\"}]}",
        "{\"keys\":[5]}",
    };
    struct sn_auth_options with = options;
    struct fixture *f = *state;
    struct sn_error error;
    bool changed;

    log_in(f, "k1", "api-key", "secret1");
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        json_t *jwks = json_loads(bad[i], 0, NULL);

        with.jwks = jwks;
        assert_int_equal(sn_auth_configure(f->auth, &with, &changed, &error),
                         SN_ERR_INVALID_ARGUMENT);
        assert_false(changed);
        assert_int_equal(strncmp(error.text, "jwks", 4), 0);
        json_decref(jwks);
    }
    struct sn_auth_options external_only = {.audience = "m", .jwks = make_jwks()};
    assert_int_equal(sn_auth_configure(f->auth, &external_only, &changed, &error),
                     SN_ERR_INVALID_ARGUMENT);
    json_decref((json_t *)external_only.jwks);
    assert_string_equal(ask_with(f, f->token), "0:"); /* the old ones stay */
}

static void test_trusted_connections(void **state)
{
    struct fixture *f = *state;

    f->peer.trusted = true;
    assert_string_equal(ask(f, "/a.B/C", NULL), "0:");
    assert_true(sn_str_is(f->entity, ""));
    f->peer.entity = "m.example";
    assert_string_equal(ask(f, "/a.B/C", "Basic x"), "0:");
    assert_true(sn_str_is(f->entity, "m.example"));
}

static int make_keys(void **state)
{
    rsa = EVP_RSA_gen(2048);
    ec = EVP_EC_gen("P-256");
    ed = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    return rsa && ec && ed ? 0 : -1;
}

static int free_keys(void **state)
{
    EVP_PKEY_free(rsa);
    EVP_PKEY_free(ec);
    EVP_PKEY_free(ed);
    return 0;
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_log_in),
        TEST(test_wrong_credentials),
        TEST(test_guessing_is_slowed),
        TEST(test_guesses_of_others),
        TEST(test_large_credentials),
        TEST(test_authenticate_twice),
        TEST(test_headers),
        TEST(test_unknown_methods),
        TEST(test_forged_tokens),
        TEST(test_forgeries_are_limited),
        TEST(test_tokens_of_others),
        TEST(test_bad_tokens_of_others),
        TEST(test_claims),
        TEST(test_token_expires),
        TEST(test_other_options_void_tokens),
        TEST(test_bad_options),
        TEST(test_trusted_connections),
    };

    return cmocka_run_group_tests(tests, make_keys, free_keys);
}
