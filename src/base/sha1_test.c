/* SPDX-License-Identifier: Apache-2.0
 *
 * SHA-1 by the examples of FIPS 180 and HMAC by those of RFC 2202.
 */
#include "base/sha1.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

static void assert_hex(const uint8_t digest[SN_SHA1_LEN], const char *hex)
{
    char text[2 * SN_SHA1_LEN + 1];

    for (int i = 0; i < SN_SHA1_LEN; i++)
        snprintf(text + 2 * (size_t)i, 3, "%02x", digest[i]);
    assert_string_equal(text, hex);
}

static void digest_of(struct sn_str bytes, size_t step, uint8_t digest[SN_SHA1_LEN])
{
    struct sn_sha1 sha1;

    sn_sha1_init(&sha1);
    for (size_t at = 0; at < bytes.len; at += step)
        sn_sha1_add(&sha1, bytes.ptr + at, bytes.len - at < step ? bytes.len - at : step);
    sn_sha1_end(&sha1, digest);
}

static void test_digests(void **state)
{
    static const struct {
        const char *text, *hex;
    } cases[] = {
        {"", "da39a3ee5e6b4b0d3255bfef95601890afd80709"},
        {"abc", "a9993e364706816aba3e25717850c26c9cd0d89d"},
        {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
         "84983e441c3bd26ebaae4aa1f95129e5e54670f1"},
    };
    uint8_t digest[SN_SHA1_LEN];

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        for (size_t step = 1; step < 70; step += 3) {
            digest_of(sn_str_of(cases[i].text), step, digest);
            assert_hex(digest, cases[i].hex);
        }
}

static void test_long(void **state)
{
    static char text[1000000];
    uint8_t digest[SN_SHA1_LEN];

    memset(text, 'a', sizeof(text));
    digest_of((struct sn_str){text, sizeof(text)}, 999, digest);
    assert_hex(digest, "34aa973cd4c4daa4f61eeb2bdbad27316534016f");
}

static void test_hmac(void **state)
{
    char key[80];
    uint8_t mac[SN_SHA1_LEN];
    struct sn_str parts[] = {SN_STR("what do ya want "), SN_STR("for nothing?")};
    struct sn_str large = SN_STR("Test Using Larger Than Block-Size Key - Hash Key First");

    sn_hmac_sha1(SN_STR("Jefe"), parts, 2, mac);
    assert_hex(mac, "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
    memset(key, 0xaa, sizeof(key));
    sn_hmac_sha1((struct sn_str){key, sizeof(key)}, &large, 1, mac);
    assert_hex(mac, "aa4ae5e15272d00e95705637ce8a3b55ed402112");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_digests),
        cmocka_unit_test(test_long),
        cmocka_unit_test(test_hmac),
    };

    return cmocka_run_group_tests_name("base/sha1", tests, NULL, NULL);
}
