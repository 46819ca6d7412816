/* SPDX-License-Identifier: Apache-2.0 */
#include "base/random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void the_same_seed_gives_the_same_numbers(void **state)
{
    struct sn_random a, b, c;

    sn_random_init(&a, 1);
    sn_random_init(&b, 1);
    sn_random_init(&c, 2);
    uint64_t first = sn_random_next(&a);
    assert_true(first == sn_random_next(&b));
    assert_true(first != sn_random_next(&c));
    assert_true(first != sn_random_next(&a));
}

static void secrets_differ(void **state)
{
    uint8_t a[300] = {0}, b[300] = {0};

    sn_random_secret(a, sizeof(a));
    sn_random_secret(b, sizeof(b));
    assert_memory_not_equal(a, b, sizeof(a));
}

static void a_uuid_has_its_version_and_variant(void **state)
{
    uint8_t bytes[16];
    char text[SN_UUID_LEN + 1];

    memset(bytes, 0xff, sizeof(bytes));
    sn_uuid_format(bytes, text);
    assert_string_equal(text, "ffffffff-ffff-4fff-bfff-ffffffffffff");
    memset(bytes, 0, sizeof(bytes));
    sn_uuid_format(bytes, text);
    assert_string_equal(text, "00000000-0000-4000-8000-000000000000");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_seed_gives_the_same_numbers),
        cmocka_unit_test(secrets_differ),
        cmocka_unit_test(a_uuid_has_its_version_and_variant),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
