/* SPDX-License-Identifier: Apache-2.0
 *
 * Requests as HTTP/2 wants them, and not.
 */
#include "rpc/transport/http2/check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* "name: value" lines; a name may begin with a colon. */
static struct h2_check check_lines(const char *lines)
{
    struct h2_check check = {0};

    while (*lines) {
        const char *end = strchr(lines, '\n'), *colon = strchr(lines + 1, ':');
        struct sn_str name = {lines, (size_t)(colon - lines)};
        struct sn_str value = {colon + 2, (size_t)(end - colon - 2)};

        h2_check_header(&check, name, value);
        lines = end + 1;
    }
    return check;
}

#define GOOD ":method: POST\n:scheme: http\n:path: /a/b\n"

static void test_request(void **state)
{
    static const struct {
        const char *lines;
        bool malformed;
    } cases[] = {
        {GOOD, false},
        {GOOD ":authority: a\n", false},
        {GOOD ":authority: \n", false},
        {GOOD "te: trailers\nviam_client: x\n", false},
        {GOOD "content-length: 5\ncontent-length: 5\n", false},
        {":method: OPTIONS\n:scheme: http\n:path: *\n", false},
        {":method: CONNECT\n:authority: a:1\n", false},
        {"", true},
        {":method: POST\n:scheme: http\n", true},
        {":method: POST\n:path: /\n", true},
        {":scheme: http\n:path: /\n", true},
        {GOOD ":path: /a/b\n", true},
        {GOOD ":status: 200\n", true},
        {GOOD ":protocol: x\n", true},
        {GOOD "a: b\n:authority: x\n", true},
        {GOOD "A: b\n", true},
        {GOOD "a b: c\n", true},
        {GOOD "a: b\x01\n", true},
        {GOOD "a:  b\n", true},
        {GOOD "te: gzip\n", true},
        {GOOD "connection: close\n", true},
        {GOOD "keep-alive: 1\n", true},
        {GOOD "upgrade: x\n", true},
        {GOOD "proxy-connection: x\n", true},
        {GOOD "transfer-encoding: chunked\n", true},
        {GOOD "content-length: -1\n", true},
        {GOOD "content-length: 5\ncontent-length: 6\n", true},
        {":method: POST\n:scheme: http\n:path: \n", true},
        {":method: POST\n:scheme: http\n:path: a\n", true},
        {":method: POST\n:scheme: http\n:path: *\n", true},
        {":method: P T\n:scheme: http\n:path: /\n", true},
        {":method: CONNECT\n:authority: a:1\n:path: /\n", true},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct h2_check check = check_lines(cases[i].lines);

        h2_check_headers_end(&check, false);
        if (check.malformed != cases[i].malformed)
            fail_msg("%s", cases[i].lines);
    }
}

static void test_length(void **state)
{
    struct h2_check check = check_lines(GOOD "content-length: 5\n");

    h2_check_headers_end(&check, false);
    h2_check_end(&check, 5);
    assert_false(check.malformed);
    h2_check_end(&check, 6);
    assert_true(check.malformed);
}

static void test_trailers(void **state)
{
    struct h2_check check = check_lines(GOOD);

    h2_check_headers_end(&check, false);
    h2_check_header(&check, SN_STR("x"), SN_STR("y"));
    h2_check_headers_end(&check, true);
    assert_false(check.malformed);
    struct h2_check pseudo = check, endless = check;
    h2_check_header(&pseudo, SN_STR(":path"), SN_STR("/"));
    assert_true(pseudo.malformed);
    h2_check_headers_end(&endless, false);
    assert_true(endless.malformed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_request),
        cmocka_unit_test(test_length),
        cmocka_unit_test(test_trailers),
    };

    return cmocka_run_group_tests_name("http2/check", tests, NULL, NULL);
}
