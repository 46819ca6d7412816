/* SPDX-License-Identifier: Apache-2.0
 *
 * gRPC-Web's text form.
 */
#include "wire/grpc_web.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* Decodes in pieces; -1: malformed. */
static int decode(struct sn_str text, size_t step, uint8_t *out, size_t size, bool *ret_whole)
{
    struct sn_web_text decoder = {0};
    size_t len = 0;

    for (size_t at = 0; at < text.len; at += step) {
        struct sn_str piece = {text.ptr + at, text.len - at < step ? text.len - at : step};

        while (piece.len) {
            int got = sn_web_text_decode(&decoder, &piece, out + len, size - len);

            if (got < 0)
                return -1;
            len += (size_t)got;
        }
    }
    *ret_whole = sn_web_text_is_whole(&decoder);
    return (int)len;
}

static void test_round_trip(void **state)
{
    uint8_t bytes[50], again[60];
    char text[SN_WEB_TEXT_LEN(50)];
    bool whole;

    for (size_t len = 0; len <= sizeof(bytes); len++) {
        for (size_t i = 0; i < len; i++)
            bytes[i] = (uint8_t)(i * 37 + len);
        size_t text_len = sn_web_text_encode(text, (struct sn_str){(char *)bytes, len});
        assert_int_equal(text_len, SN_WEB_TEXT_LEN(len));
        for (size_t step = 1; step < 7; step++) {
            assert_int_equal(
                decode((struct sn_str){text, text_len}, step, again, sizeof(again), &whole), len);
            assert_true(whole);
            assert_memory_equal(again, bytes, len);
        }
    }
}

static void test_texts(void **state)
{
    static const struct {
        const char *text, *bytes;
        bool whole;
    } cases[] = {
        {"YQ==", "a", true},    {"YWI=", "ab", true},  {"YQ==YWI=YWJj", "aababc", true},
        {"YQ", "", false},      {"YQ=", "", false},    {"Y", "", false},
        {"YQ=a", NULL, false},  {"=", NULL, false},    {"Y===", NULL, false},
        {"YW Jj", NULL, false}, {"YWJ-", NULL, false}, {"YQ==\n", NULL, false},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint8_t out[32];
        bool whole = false;
        int len = decode(sn_str_of(cases[i].text), 1, out, sizeof(out), &whole);

        assert_int_equal(len, cases[i].bytes ? (int)strlen(cases[i].bytes) : -1);
        assert_int_equal(whole, cases[i].whole);
        if (len > 0)
            assert_memory_equal(out, cases[i].bytes, (size_t)len);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_texts),
    };

    return cmocka_run_group_tests_name("wire/grpc_web", tests, NULL, NULL);
}
