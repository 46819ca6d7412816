/* SPDX-License-Identifier: Apache-2.0
 *
 * Text from what programs print.
 */
#include "service/shell/utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* What becomes of `raw`, given in pieces of `step` bytes; the unfinished end is dropped. */
static void check(const char *raw, size_t len, size_t step, const char *expected)
{
    struct utf8_tail tail = {0};
    char text[64], all[256] = "";

    for (size_t i = 0; i < len; i += step) {
        struct sn_str piece = {raw + i, len - i < step ? len - i : step};
        struct sn_str repaired = utf8_repair(&tail, piece, text);

        strncat(all, repaired.ptr, repaired.len);
    }
    assert_string_equal(all, expected);
}

#define CHECK(raw, expected)                                 \
    do {                                                     \
        for (size_t step = 1; step <= 8; step++)             \
            check((raw), sizeof(raw) - 1, step, (expected)); \
    } while (0)

#define BAD "\xef\xbf\xbd"

static void text_stays_as_it_is(void **state)
{
    CHECK("plain", "plain");
    CHECK("a\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80z", "a\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80z");
    CHECK("\xef\xbb\xbf\xed\x9f\xbf\xf4\x8f\xbf\xbf", "\xef\xbb\xbf\xed\x9f\xbf\xf4\x8f\xbf\xbf");
}

static void what_is_no_text_is_replaced(void **state)
{
    CHECK("a\xff\xfe z", "a" BAD BAD " z");
    CHECK("\x80", BAD);
    CHECK("\xc3(", BAD "(");
    CHECK("\xe2\x82(", BAD "(");
    CHECK("\xe2\x82\xff", BAD BAD);
    CHECK("\xc0\xaf", BAD BAD);
    CHECK("\xed\xa0\x80", BAD BAD BAD);         /* a surrogate */
    CHECK("\xf4\x90\x80\x80", BAD BAD BAD BAD); /* past the last */
    CHECK("\xf0\x9f\xc3\xa4", BAD "\xc3\xa4");
}

static void an_unfinished_character_waits(void **state)
{
    CHECK("a\xe2\x82", "a");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_stays_as_it_is),
        cmocka_unit_test(what_is_no_text_is_replaced),
        cmocka_unit_test(an_unfinished_character_waits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
