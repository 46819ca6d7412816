/* SPDX-License-Identifier: Apache-2.0
 *
 * gRPC's words: frames cut anywhere, timeouts, texts, base64.
 */
#include "wire/grpc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* ---- messages ---- */

enum { LIMIT = 1000 };

/* Reads `bytes` in chunks of `step`, notes the messages as "len[c] " and how it ended. */
static void read_all(const void *bytes, size_t len, size_t step, char note[256])
{
    static uint8_t memory[LIMIT];
    struct sn_grpc_reader reader = {0};
    struct sn_grpc_message message;

    note[0] = '\0';
    for (size_t at = 0; at < len; at += step) {
        char *copy = malloc(step); /* so that sanitizers see a read beyond the chunk */
        struct sn_str chunk = {copy, len - at < step ? len - at : step};
        enum sn_grpc_event event;

        memcpy(copy, (const char *)bytes + at, chunk.len);
        while ((event = sn_grpc_next(&reader, &chunk, LIMIT, &message)) != SN_GRPC_MORE) {
            size_t used = strlen(note);

            if (event == SN_GRPC_GROW) {
                assert_true(reader.capacity < reader.len);
                reader.buffer = memory; /* a few bytes more each time */
                reader.capacity += 3;
            } else if (event == SN_GRPC_MESSAGE) {
                for (size_t i = 0; i < message.bytes.len; i++)
                    assert_int_equal((uint8_t)message.bytes.ptr[i], i & 0xff);
                snprintf(note + used, 256 - used, "%zu%s ", message.bytes.len,
                         message.compressed ? "c" : "");
            } else {
                snprintf(note + used, 256 - used, event == SN_GRPC_TOO_LARGE ? "large" : "bad");
                free(copy);
                return;
            }
        }
        free(copy);
    }
    if (!sn_grpc_between(&reader))
        strcat(note, "cut");
}

static size_t put_message(uint8_t *out, uint8_t flag, uint32_t len)
{
    sn_grpc_write_prefix(out, len);
    out[0] = flag;
    for (uint32_t i = 0; i < len; i++)
        out[SN_GRPC_PREFIX + i] = (uint8_t)i;
    return SN_GRPC_PREFIX + len;
}

static void test_messages_cut_anywhere(void **state)
{
    static const uint32_t lens[] = {3, 0, 300, 0, LIMIT, 1};
    uint8_t bytes[2000];
    size_t len = 0;
    char note[256];

    for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++)
        len += put_message(bytes + len, i == 2, lens[i]);
    for (size_t step = 1; step <= len; step++) {
        read_all(bytes, len, step, note);
        assert_string_equal(note, "3 0 300c 0 1000 1 ");
        read_all(bytes, len - 1, step, note);
        assert_string_equal(note, "3 0 300c 0 1000 cut");
    }
}

static void test_messages_refused(void **state)
{
    uint8_t bytes[16] = {0};
    char note[256];

    put_message(bytes, 2, 1);
    read_all(bytes, 6, 1, note);
    assert_string_equal(note, "bad");
    sn_grpc_write_prefix(bytes, LIMIT + 1);
    read_all(bytes, 5, 5, note);
    assert_string_equal(note, "large");
    sn_grpc_write_prefix(bytes, UINT32_MAX);
    read_all(bytes, 16, 16, note);
    assert_string_equal(note, "large");
}

static void test_message_is_borrowed(void **state)
{
    uint8_t bytes[16];
    struct sn_grpc_reader reader = {0};
    struct sn_grpc_message message;
    struct sn_str chunk = {(const char *)bytes, put_message(bytes, 0, 8)};

    assert_int_equal(sn_grpc_next(&reader, &chunk, LIMIT, &message), SN_GRPC_MESSAGE);
    assert_ptr_equal(message.bytes.ptr, bytes + SN_GRPC_PREFIX);
    assert_int_equal(sn_grpc_next(&reader, &chunk, LIMIT, &message), SN_GRPC_MORE);
}

/* ---- header values ---- */

static void test_timeout_parse(void **state)
{
    static const struct {
        const char *text;
        uint64_t ns; /* 0: malformed */
    } cases[] = {
        {"1n", 1},
        {"20u", 20000},
        {"100m", 100000000},
        {"1S", 1000000000},
        {"3M", 180000000000},
        {"1H", 3600000000000},
        {"99999999H", UINT64_MAX},
        {"00000001S", 1000000000},
        {"", 0},
        {"S", 0},
        {"1", 0},
        {"1s", 0},
        {"123456789n", 0},
        {"-1S", 0},
        {"1 S", 0},
        {"1SS", 0},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint64_t ns = 0;
        int code = sn_grpc_parse_timeout(sn_str_of(cases[i].text), &ns);

        assert_int_equal(code, cases[i].ns ? 0 : SN_ERR_INVALID_ARGUMENT);
        assert_true(ns == cases[i].ns);
    }
}

static void test_timeout_print(void **state)
{
    static const struct {
        uint64_t ns;
        const char *text;
    } cases[] = {
        {0, "0n"},
        {99999999, "99999999n"},
        {100000000, "100000u"},
        {100000001, "100001u"},
        {600000000000, "600000m"},
        {3600000000000 * 1000, "3600000S"},
        {UINT64_MAX, "5124096H"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[SN_GRPC_TIMEOUT_MAX];
        uint64_t ns;

        assert_int_equal(sn_grpc_print_timeout(cases[i].ns, text), strlen(cases[i].text));
        assert_string_equal(text, cases[i].text);
        assert_int_equal(sn_grpc_parse_timeout(sn_str_of(text), &ns), 0);
        assert_true(ns >= cases[i].ns);
    }
}

static void test_status(void **state)
{
    assert_int_equal(sn_grpc_parse_status(SN_STR("0")), 0);
    assert_int_equal(sn_grpc_parse_status(SN_STR("5")), SN_ERR_NOT_FOUND);
    assert_int_equal(sn_grpc_parse_status(SN_STR("16")), SN_ERR_UNAUTHENTICATED);
    assert_int_equal(sn_grpc_parse_status(SN_STR("17")), SN_ERR_UNKNOWN);
    assert_int_equal(sn_grpc_parse_status(SN_STR("")), SN_ERR_UNKNOWN);
    assert_int_equal(sn_grpc_parse_status(SN_STR("-1")), SN_ERR_UNKNOWN);
    assert_int_equal(sn_grpc_parse_status(SN_STR("0000")), SN_ERR_UNKNOWN);
    assert_int_equal(sn_grpc_of_http(404), SN_ERR_UNIMPLEMENTED);
    assert_int_equal(sn_grpc_of_http(503), SN_ERR_UNAVAILABLE);
    assert_int_equal(sn_grpc_of_http(200), SN_ERR_UNKNOWN);
}

static void assert_text(const char *out, size_t len, const char *expected)
{
    assert_int_equal(len, strlen(expected));
    assert_memory_equal(out, expected, len);
}

static void test_escape(void **state)
{
    char out[128];
    struct sn_str odd = SN_STR("a b%\n\xc3\xa4~\x7f");

    assert_text(out, sn_grpc_escape(out, odd), "a b%25%0A%C3%A4~%7F");
    size_t len = sn_grpc_escape(out, odd);
    len = sn_grpc_unescape(out, (struct sn_str){out, len});
    assert_int_equal(len, odd.len);
    assert_memory_equal(out, odd.ptr, len);
    /* What is no escape stays. */
    assert_text(out, sn_grpc_unescape(out, SN_STR("100% %zz %4 %41%")), "100% %zz %4 A%");
    assert_int_equal(sn_grpc_unescape(out, SN_STR("")), 0);
}

/* RFC 4648, 10, and what isn't base64. */
static void test_base64(void **state)
{
    static const struct {
        const char *bytes, *text;
    } cases[] = {
        {"", ""},           {"f", "Zg"},          {"fo", "Zm8"},          {"foo", "Zm9v"},
        {"foob", "Zm9vYg"}, {"fooba", "Zm9vYmE"}, {"foobar", "Zm9vYmFy"}, {"\xff\xef\xbf", "/++/"},
    };
    static const char *const bad[] = {
        "Z", "Zg=", "Zm9vY", "Zg===", "====", "Z g", "Zm-v", "=", "Zg==Zg"};
    char text[16];
    uint8_t bytes[16];
    size_t len;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct sn_str in = sn_str_of(cases[i].bytes);

        assert_text(text, sn_base64_encode(text, in), cases[i].text);
        assert_int_equal(SN_BASE64_LEN(in.len), strlen(cases[i].text));
        assert_int_equal(sn_base64_decode(bytes, sn_str_of(cases[i].text), &len), 0);
        assert_text((char *)bytes, len, cases[i].bytes);
        assert_true(len <= SN_BASE64_BYTES_MAX(strlen(cases[i].text)));
    }
    assert_int_equal(sn_base64_decode(bytes, SN_STR("Zg=="), &len), 0);
    assert_text((char *)bytes, len, "f");
    assert_int_equal(sn_base64_decode(bytes, SN_STR("Zm8="), &len), 0);
    assert_text((char *)bytes, len, "fo");
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_int_equal(sn_base64_decode(bytes, sn_str_of(bad[i]), &len), SN_ERR_INVALID_ARGUMENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_messages_cut_anywhere),
        cmocka_unit_test(test_messages_refused),
        cmocka_unit_test(test_message_is_borrowed),
        cmocka_unit_test(test_timeout_parse),
        cmocka_unit_test(test_timeout_print),
        cmocka_unit_test(test_status),
        cmocka_unit_test(test_escape),
        cmocka_unit_test(test_base64),
    };

    return cmocka_run_group_tests_name("grpc", tests, NULL, NULL);
}
