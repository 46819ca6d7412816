/* SPDX-License-Identifier: Apache-2.0
 *
 * HTTP/1 requests, right and wrong, in any pieces.
 */
#include "wire/http1.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

static void test_head_len(void **state)
{
    static const char text[] = "GET / HTTP/1.1\r\nA: b\r\r\nC: d\r\n\r\nrest";
    size_t whole = sizeof(text) - 1 - 4, scanned = 0;

    for (size_t len = 0; len < sizeof(text); len++) {
        struct sn_str bytes = {text, len};

        assert_int_equal(sn_http1_head_len(bytes, 0), len < whole ? 0 : whole);
        assert_int_equal(sn_http1_head_len(bytes, scanned), len < whole ? 0 : whole);
        if (len < whole)
            scanned = len;
    }
}

static void test_start_line(void **state)
{
    static const struct {
        const char *line;
        int code;
        const char *target;
    } cases[] = {
        {"GET / HTTP/1.1\r\n", 0, "/"},
        {"POST /a?b=c HTTP/1.0\r\n", 0, "/a?b=c"},
        {"OPTIONS * HTTP/1.1\r\n", 0, "*"},
        {"GET http://x:1/y HTTP/1.1\r\n", 0, "/y"},
        {"GET http://x HTTP/1.1\r\n", 0, "/"},
        {"GET / HTTP/2.0\r\n", SN_ERR_UNIMPLEMENTED, NULL},
        {"GET / HTTP/1.1x\r\n", SN_ERR_INVALID_ARGUMENT, NULL},
        {"GET / HTTP/1.x\r\n", SN_ERR_INVALID_ARGUMENT, NULL},
        {"GET  / HTTP/1.1\r\n", SN_ERR_UNAVAILABLE, NULL},
        {"G,T / HTTP/1.1\r\n", SN_ERR_INVALID_ARGUMENT, NULL},
        {"GET /\x01 HTTP/1.1\r\n", SN_ERR_INVALID_ARGUMENT, NULL},
        {"GET a HTTP/1.1\r\n", SN_ERR_INVALID_ARGUMENT, NULL},
        {"GET /\r\n", SN_ERR_UNAVAILABLE, NULL},
        {"INVALID CONNECTION PREFACE\r\n", SN_ERR_UNAVAILABLE, NULL},
        {"GET / HTTP/1.1\n\r\n", SN_ERR_UNAVAILABLE, NULL},
        {"\r\n", SN_ERR_UNAVAILABLE, NULL},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct sn_str head = sn_str_of(cases[i].line);
        struct sn_http1_start start;

        assert_int_equal(sn_http1_start_line(&head, &start), cases[i].code);
        if (cases[i].target)
            assert_true(sn_str_is(start.target, cases[i].target));
    }
}

static void test_headers(void **state)
{
    static const struct {
        const char *line;
        int got;
        const char *name, *value;
    } cases[] = {
        {"A: b\r\n", 1, "A", "b"},
        {"a:\tb c \r\n", 1, "a", "b c"},
        {"viam_client:\r\n", 1, "viam_client", ""},
        {"\r\n", 0, NULL, NULL},
        {"a : b\r\n", SN_ERR_INVALID_ARGUMENT, NULL, NULL},
        {" folded\r\n", SN_ERR_INVALID_ARGUMENT, NULL, NULL},
        {"a\r\n", SN_ERR_INVALID_ARGUMENT, NULL, NULL},
        {": b\r\n", SN_ERR_INVALID_ARGUMENT, NULL, NULL},
        {"a: b\x01\r\n", SN_ERR_INVALID_ARGUMENT, NULL, NULL},
        {"a: b\nc: d\r\n", SN_ERR_INVALID_ARGUMENT, NULL, NULL},
        {"a: b\rc\r\n", SN_ERR_INVALID_ARGUMENT, NULL, NULL},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct sn_str head = sn_str_of(cases[i].line), name, value;

        assert_int_equal(sn_http1_header(&head, &name, &value), cases[i].got);
        if (cases[i].name)
            assert_true(sn_str_is(name, cases[i].name) && sn_str_is(value, cases[i].value));
    }
}

/* "name: value" lines into a framing; the first failure. */
static int frame(struct sn_http1_framing *framing, const char *lines)
{
    struct sn_str head = sn_str_of(lines), name, value;
    int code = 0;

    *framing = (struct sn_http1_framing){0};
    while (!code && head.len && sn_http1_header(&head, &name, &value) == 1)
        code = sn_http1_frame(framing, name, value);
    return code;
}

static void test_framing(void **state)
{
    struct sn_http1_framing f;

    assert_int_equal(frame(&f, "Content-Length: 5\r\ncontent-length: 5\r\n"), 0);
    assert_true(f.has_length && f.length == 5);
    assert_int_equal(frame(&f, "Transfer-Encoding: Chunked\r\nHost: a\r\n"), 0);
    assert_true(f.chunked && f.hosts == 1);
    assert_int_equal(frame(&f, "Connection: Upgrade, close\r\nExpect: 100-Continue\r\n"), 0);
    assert_true(f.close && f.expects);
    assert_int_equal(frame(&f, "Expect: gold\r\nConnection: keep-alive\r\n"), 0);
    assert_true(f.expects_unknown && f.keep_alive);
    assert_int_equal(frame(&f, "Content-Length: 5\r\nContent-Length: 6\r\n"),
                     SN_ERR_INVALID_ARGUMENT);
    assert_int_equal(frame(&f, "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"),
                     SN_ERR_INVALID_ARGUMENT);
    assert_int_equal(frame(&f, "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n"),
                     SN_ERR_INVALID_ARGUMENT);
    assert_int_equal(frame(&f, "Transfer-Encoding: gzip, chunked\r\n"), SN_ERR_UNIMPLEMENTED);
    assert_int_equal(frame(&f, "Content-Length: +5\r\n"), SN_ERR_INVALID_ARGUMENT);
    assert_int_equal(frame(&f, "Content-Length: 9999999999999999999\r\n"), SN_ERR_INVALID_ARGUMENT);
    assert_int_equal(frame(&f, "Host: a\r\nHost: a\r\n"), SN_ERR_INVALID_ARGUMENT);
}

/* The body's bytes as text with its end: "abc." whole, "abc!" malformed, "abc" not whole. */
static void read_body(const char *text, size_t len, size_t step, bool chunked, uint64_t length,
                      char *ret)
{
    struct sn_http1_framing framing = {
        .chunked = chunked, .has_length = !chunked, .length = length};
    struct sn_http1_body body;
    enum sn_http1_event event = SN_HTTP1_MORE;
    size_t out = 0;

    sn_http1_body_init(&body, &framing);
    for (size_t at = 0; event == SN_HTTP1_MORE && at <= len; at += step) {
        struct sn_str input = {text + at, len - at < step ? len - at : step}, bytes;

        while ((event = sn_http1_body_next(&body, &input, &bytes)) == SN_HTTP1_BYTES) {
            memcpy(ret + out, bytes.ptr, bytes.len);
            out += bytes.len;
        }
    }
    if (event == SN_HTTP1_END)
        ret[out++] = '.';
    if (event == SN_HTTP1_MALFORMED)
        ret[out++] = '!';
    ret[out] = '\0';
}

static void test_bodies(void **state)
{
    static const struct {
        const char *text;
        bool chunked;
        uint64_t length;
        const char *expected;
    } cases[] = {
        {"abc", false, 3, "abc."},
        {"abcd", false, 3, "abc."},
        {"ab", false, 3, "ab"},
        {"", false, 0, "."},
        {"3\r\nabc\r\n0\r\n\r\n", true, 0, "abc."},
        {"3;x=\"y\"\r\nabc\r\nA\r\n0123456789\r\n00\r\nt: u\r\n\r\n", true, 0, "abc0123456789."},
        {"0\r\n\r\n", true, 0, "."},
        {"3\r\nabc\r\n", true, 0, "abc"},
        {"3\r\nabcd\r\n", true, 0, "abc!"},
        {"3\nabc\r\n", true, 0, "!"},
        {"\r\nabc\r\n", true, 0, "!"},
        {"x\r\n", true, 0, "!"},
        {"-1\r\n", true, 0, "!"},
        {"1ffffffffffffffffff\r\n", true, 0, "!"},
        {"0\r\nt: u\n\r\n", true, 0, "!"},
        {"3\r\nabc\rx", true, 0, "abc!"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        for (size_t step = 1; step < 12; step++) {
            char got[64];

            read_body(cases[i].text, strlen(cases[i].text), step, cases[i].chunked, cases[i].length,
                      got);
            assert_string_equal(got, cases[i].expected);
        }
}

/* A size line or trailers that never end. */
static void test_endless_lines(void **state)
{
    static char text[8200], got[64];

    memset(text, 'x', sizeof(text));
    memcpy(text, "3;", 2);
    read_body(text, sizeof(text), 1000, true, 0, got);
    assert_string_equal(got, "!");
    memcpy(text, "0\r\n", 3);
    read_body(text, sizeof(text), 1000, true, 0, got);
    assert_string_equal(got, "!");
    for (size_t i = 3; i + 5 <= sizeof(text); i += 5)
        memcpy(text + i, "a:b\r\n", 5);
    read_body(text, sizeof(text), 1000, true, 0, got);
    assert_string_equal(got, "!");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_head_len), cmocka_unit_test(test_start_line),
        cmocka_unit_test(test_headers),  cmocka_unit_test(test_framing),
        cmocka_unit_test(test_bodies),   cmocka_unit_test(test_endless_lines),
    };

    return cmocka_run_group_tests_name("wire/http1", tests, NULL, NULL);
}
