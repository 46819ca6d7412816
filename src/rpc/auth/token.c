/* SPDX-License-Identifier: Apache-2.0
 *
 * Tokens taken apart and put together.
 */
#include "rpc/auth/token.h"
#include "sinew/timers.h"
#include "wire/grpc.h"

#include <math.h>
#include <stdlib.h>

static int refuse(struct sn_error *error, const char *text)
{
    return sn_error_set(error, SN_ERR_UNAUTHENTICATED, "%s", text);
}

/* ---- taking apart ---- */

/* Splits at dots; false unless there are two. */
static bool split(struct sn_str text, struct sn_str parts[3])
{
    const char *at = text.ptr, *end = text.ptr + text.len;

    for (int i = 0; i < 2; i++) {
        const char *dot = at < end ? memchr(at, '.', (size_t)(end - at)) : NULL;

        if (!dot)
            return false;
        parts[i] = (struct sn_str){at, (size_t)(dot - at)};
        at = dot + 1;
    }
    parts[2] = (struct sn_str){at, (size_t)(end - at)};
    return !memchr(at, '.', parts[2].len);
}

static int decode(struct sn_str part, struct sn_arena *arena, struct sn_str *ret_bytes,
                  struct sn_error *error)
{
    uint8_t *bytes = sn_arena_alloc(arena, SN_BASE64_BYTES_MAX(part.len));
    size_t wrong;

    if (!bytes)
        return sn_error_set(error, SN_ERR_RESOURCE_EXHAUSTED, "no memory for a token");
    ret_bytes->ptr = (const char *)bytes;
    if (!sn_base64url_decode(bytes, part, &ret_bytes->len, &wrong))
        return sn_error_set(error, SN_ERR_UNAUTHENTICATED, "illegal base64 data at input byte %zu",
                            wrong);
    return 0;
}

static int decode_object(struct sn_str part, const char *what, struct sn_arena *arena,
                         json_t **ret_object, struct sn_error *error)
{
    struct sn_str bytes;
    json_error_t cause;
    int code = decode(part, arena, &bytes, error);

    if (code)
        return code;
    *ret_object = json_loadb(bytes.ptr, bytes.len, 0, &cause);
    if (!json_is_object(*ret_object))
        return sn_error_set(error, SN_ERR_UNAUTHENTICATED, "the token's %s are no JSON object",
                            what);
    return 0;
}

static int read_alg(struct sn_token *token, struct sn_error *error)
{
    static const char *const known[] = {"HS256", "HS384", "HS512", "RS256", "RS384",
                                        "RS512", "PS256", "PS384", "PS512", "ES256",
                                        "ES384", "ES512", "EdDSA"};
    const char *alg = json_string_value(json_object_get(token->header, "alg"));

    if (!alg)
        return refuse(error, "signing method (alg) is unspecified.");
    token->alg = sn_str_of(alg);
    if (strcmp(alg, "none") == 0)
        return refuse(error, "signing method none is invalid");
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        if (strcmp(alg, known[i]) == 0)
            return 0;
    return refuse(error, "signing method (alg) is unavailable.");
}

int sn_token_parse(struct sn_str text, struct sn_arena *arena, struct sn_token *ret_token,
                   struct sn_error *error)
{
    struct sn_token *token = ret_token;
    struct sn_str parts[3];

    *token = (struct sn_token){0};
    if (text.len > SN_TOKEN_MAX || !split(text, parts))
        return refuse(error, "token contains an invalid number of segments");
    int code = decode_object(parts[0], "headers", arena, &token->header, error);
    if (!code)
        code = decode_object(parts[1], "claims", arena, &token->claims, error);
    if (!code)
        code = read_alg(token, error);
    if (!code)
        code = decode(parts[2], arena, &token->signature, error);
    if (code)
        return code;
    token->kid = sn_str_of(json_string_value(json_object_get(token->header, "kid")));
    token->signed_text = (struct sn_str){text.ptr, parts[0].len + 1 + parts[1].len};
    return 0;
}

void sn_token_fini(struct sn_token *token)
{
    json_decref(token->header);
    json_decref(token->claims);
}

/* ---- claims ---- */

struct sn_str sn_token_text(const struct sn_token *token, const char *claim)
{
    const json_t *value = json_object_get(token->claims, claim);

    return (struct sn_str){json_is_string(value) ? json_string_value(value) : "",
                           json_string_length(value)};
}

static bool is_text(const json_t *value, const char *text)
{
    return json_is_string(value) && strcmp(json_string_value(value), text) == 0;
}

bool sn_token_is_for(const struct sn_token *token, const char *audience)
{
    const json_t *aud = json_object_get(token->claims, "aud");

    for (size_t i = 0; i < json_array_size(aud); i++)
        if (is_text(json_array_get(aud, i), audience))
            return true;
    return is_text(aud, audience);
}

/* False where the claim is no number; NAN where it isn't there. */
static bool read_time(const struct sn_token *token, const char *claim, double *ret_s)
{
    const json_t *value = json_object_get(token->claims, claim);

    *ret_s = json_is_number(value) ? json_number_value(value) : NAN;
    return !value || json_is_null(value) || json_is_number(value);
}

/* As the reference writes durations: "1h2m3.5s". */
static int expired_by(double late_s, struct sn_error *error)
{
    long minutes = (long)(late_s / 60);
    double seconds = late_s - 60.0 * (double)minutes;

    if (minutes >= 60)
        return sn_error_set(error, SN_ERR_UNAUTHENTICATED, "token is expired by %ldh%ldm%.9gs",
                            minutes / 60, minutes % 60, seconds);
    if (minutes)
        return sn_error_set(error, SN_ERR_UNAUTHENTICATED, "token is expired by %ldm%.9gs", minutes,
                            seconds);
    return sn_error_set(error, SN_ERR_UNAUTHENTICATED, "token is expired by %.9gs", seconds);
}

int sn_token_check_times(const struct sn_token *token, uint64_t now_ns, struct sn_error *error)
{
    static const char *const claims[] = {"exp", "iat", "nbf"};
    double now_s = (double)now_ns / 1e9, time_s[3];

    for (size_t i = 0; i < 3; i++)
        if (!read_time(token, claims[i], &time_s[i]))
            return sn_error_set(error, SN_ERR_UNAUTHENTICATED, "claim %s is no number", claims[i]);
    if (now_s < time_s[2])
        return refuse(error, "token is not valid yet");
    if (now_s < time_s[1])
        return refuse(error, "token used before issued");
    if (now_s >= time_s[0])
        return expired_by(now_s - time_s[0] < 1e9 ? now_s - time_s[0] : 1e9, error);
    return 0;
}

uint64_t sn_token_end(const struct sn_token *token)
{
    double end_s;

    if (!read_time(token, "exp", &end_s) || !(end_s < 1.8e10))
        return UINT64_MAX;
    return end_s > 0 ? (uint64_t)(end_s * 1e9) : 0;
}

/* ---- putting together ---- */

static char *make_claims(const struct sn_token_grant *grant)
{
    json_t *claims = json_pack("{s:s, s:s%, s:[s], s:I, s:s, s:s}", "iss", grant->audience, "sub",
                               grant->entity.ptr, grant->entity.len, "aud", grant->audience, "iat",
                               (json_int_t)(grant->now_ns / SN_SECONDS(1)), "jti", grant->id,
                               "rpc_creds_type", grant->credentials_type);
    char *text = claims ? json_dumps(claims, JSON_COMPACT) : NULL;

    json_decref(claims);
    return text;
}

int sn_token_issue(struct sn_signer *signer, const struct sn_token_grant *grant,
                   struct sn_arena *arena, struct sn_str *ret_text)
{
    struct sn_str header = sn_arena_printf(
        arena, "{\"alg\":\"EdDSA\",\"kid\":\"%s\",\"typ\":\"JWT\"}", sn_signer_kid(signer));
    char *claims = make_claims(grant);
    struct sn_str body = sn_str_of(claims);
    uint8_t signature[SN_SIGNATURE];
    size_t size =
        SN_BASE64_LEN(header.len) + SN_BASE64_LEN(body.len) + SN_BASE64_LEN(SN_SIGNATURE) + 4;
    char *out = header.ptr && claims ? sn_arena_alloc(arena, size) : NULL;
    int code = SN_ERR_RESOURCE_EXHAUSTED;

    if (out) {
        size_t len = sn_base64url_encode(out, header);

        out[len++] = '.';
        len += sn_base64url_encode(out + len, body);
        if (sn_signer_sign(signer, (struct sn_str){out, len}, signature)) {
            out[len++] = '.';
            len += sn_base64url_encode(out + len,
                                       (struct sn_str){(const char *)signature, SN_SIGNATURE});
            *ret_text = (struct sn_str){out, len};
            code = 0;
        }
    }
    free(claims);
    return code;
}
