/* SPDX-License-Identifier: Apache-2.0
 *
 * Any text as a token, and what follows its first line as a set of keys that should verify it.
 */
#include "rpc/auth/token.h"

#include "fuzz.h"

#include <string.h>

static void verify(const struct sn_token *token, const char *text, size_t len)
{
    json_t *jwks = json_loadb(text, len, 0, NULL);
    struct sn_keyset *keyset;
    struct sn_error error = {0};
    bool costly;

    if (jwks && sn_keyset_create(jwks, &keyset, &error) == 0) {
        int code = sn_keyset_verify(keyset, token->kid, token->alg, token->signed_text,
                                    token->signature, &costly, &error);

        FUZZ_REQUIRE(code == 0 || (code == SN_ERR_UNAUTHENTICATED && error.text[0]));
        sn_keyset_destroy(keyset);
    } else {
        FUZZ_REQUIRE(!jwks || error.text[0]);
    }
    json_decref(jwks);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    const char *line = size ? memchr(text, '\n', size) : NULL;
    size_t len = line ? (size_t)(line - text) : size;
    struct fuzz_memory memory;
    struct sn_token token;
    struct sn_error error;

    struct sn_arena *arena = fuzz_memory_init(&memory, 1 << 20);
    int code = sn_token_parse((struct sn_str){text, len}, arena, &token, &error);
    FUZZ_REQUIRE(code == 0 || code == SN_ERR_UNAUTHENTICATED);
    if (code == 0) {
        FUZZ_REQUIRE(token.alg.len && !sn_str_is(token.alg, "none"));
        FUZZ_REQUIRE(token.signed_text.len < len);
        FUZZ_REQUIRE(sn_token_text(&token, "sub").ptr);
        (void)sn_token_is_for(&token, "machine");
        (void)sn_token_end(&token);
        code = sn_token_check_times(&token, UINT64_C(1700000000000000000), &error);
        FUZZ_REQUIRE(code == 0 || code == SN_ERR_UNAUTHENTICATED);
        if (line)
            verify(&token, line + 1, size - len - 1);
    }
    sn_token_fini(&token);
    fuzz_memory_fini(&memory);
    return 0;
}
