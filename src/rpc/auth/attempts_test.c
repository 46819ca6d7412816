/* SPDX-License-Identifier: Apache-2.0
 *
 * Waits after failures, and whose they are.
 */
#include "rpc/auth/attempts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct sn_attempts attempts;

static int setup(void **state)
{
    attempts = (struct sn_attempts){.free = 3};
    return 0;
}

static void test_waits_grow(void **state)
{
    static const unsigned int waits_s[] = {0, 0, 0, 1, 2, 4, 8, 16, 32, 60};
    uint64_t now_ns = SN_SECONDS(100);

    for (size_t i = 0; i < sizeof(waits_s) / sizeof(waits_s[0]); i++) {
        assert_int_equal(sn_attempts_wait(&attempts, "a", now_ns), 0);
        sn_attempts_failed(&attempts, "a", now_ns);
        assert_int_equal(sn_attempts_wait(&attempts, "a", now_ns), SN_SECONDS(waits_s[i]));
        now_ns += SN_SECONDS(waits_s[i]);
        assert_int_equal(sn_attempts_wait(&attempts, "b", now_ns), 0);
    }
}

static void test_success_and_time_forgive(void **state)
{
    uint64_t now_ns = 1;

    for (int i = 0; i < 6; i++)
        sn_attempts_failed(&attempts, "a", now_ns);
    assert_true(sn_attempts_wait(&attempts, "a", now_ns) > 0);
    sn_attempts_succeeded(&attempts, "a");
    assert_int_equal(sn_attempts_wait(&attempts, "a", now_ns), 0);
    sn_attempts_failed(&attempts, "a", now_ns);
    assert_int_equal(sn_attempts_wait(&attempts, "a", now_ns), 0);

    for (int i = 0; i < 3; i++)
        sn_attempts_failed(&attempts, "a", now_ns);
    assert_true(sn_attempts_wait(&attempts, "a", now_ns) > 0);
    now_ns += SN_SECONDS(3600);
    sn_attempts_failed(&attempts, "a", now_ns);
    assert_int_equal(sn_attempts_wait(&attempts, "a", now_ns), 0);
    sn_attempts_succeeded(&attempts, "nobody");
}

/* Whoever has many addresses pushes out those that are quiet, not the one that attacks now. */
static void test_many_addresses(void **state)
{
    char host[SN_ATTEMPTS_HOST_MAX];
    uint64_t now_ns = 1;

    for (int i = 0; i < 100000; i++) {
        snprintf(host, sizeof(host), "10.%d.%d.%d", i >> 16, i >> 8 & 255, i & 255);
        sn_attempts_failed(&attempts, host, ++now_ns);
    }
    for (int i = 0; i < 4; i++)
        sn_attempts_failed(&attempts, host, ++now_ns);
    assert_true(sn_attempts_wait(&attempts, host, now_ns) > 0);
}

static void test_hosts(void **state)
{
    static const struct {
        const char *address, *host;
    } cases[] = {
        {"10.0.0.1:4711", "10.0.0.1"},
        {"unix", "unix"},
        {"", ""},
        {"[::1]:80", "0000:0000:0000:0000::/64"},
        {"[2001:db8:1:2:3:4:5:6]:80", "2001:0db8:0001:0002::/64"},
        {"[2001:db8:1:2:ffff::]:99", "2001:0db8:0001:0002::/64"},
        {"[::ffff:10.0.0.1]:80", "::ffff:10.0.0.1"},
        {"[]:1", ""},
        {"[:1", "["},
        {":1", ""},
    };
    char host[SN_ATTEMPTS_HOST_MAX];

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        sn_attempts_host(cases[i].address, host);
        assert_string_equal(host, cases[i].host);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_waits_grow, setup),
        cmocka_unit_test_setup(test_success_and_time_forgive, setup),
        cmocka_unit_test_setup(test_many_addresses, setup),
        cmocka_unit_test(test_hosts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
