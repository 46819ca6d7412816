/* SPDX-License-Identifier: Apache-2.0
 *
 * Addresses and candidates in text, as the SDKs write them and as nobody should.
 */
#include "wire/ice/candidate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

static void test_addresses(void **state)
{
    static const struct {
        const char *text, *written; /* NULL: no address */
    } cases[] = {
        {"192.0.2.1", "192.0.2.1"},
        {"0.0.0.0", "0.0.0.0"},
        {"255.255.255.255", "255.255.255.255"},
        {"2001:DB8:0:0:1:0:0:1", "2001:db8::1:0:0:1"},
        {"::", "::"},
        {"::1", "::1"},
        {"fe80::", "fe80::"},
        {"1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"},
        {"1:0:3:0:5:0:7:0", "1:0:3:0:5:0:7:0"},
        {"::ffff:192.0.2.1", "::ffff:c000:201"},
        {"64:ff9b::192.0.2.33", "64:ff9b::c000:221"},
        {"1:2:3:4:5:6:192.0.2.1", "1:2:3:4:5:6:c000:201"},
        {"", NULL},
        {"1.2.3", NULL},
        {"1.2.3.4.5", NULL},
        {"1.2.3.256", NULL},
        {"1.2.3.04", NULL},
        {"1.2.3.", NULL},
        {"1..3.4", NULL},
        {"a.b.c.d", NULL},
        {":", NULL},
        {":::", NULL},
        {"1::2::3", NULL},
        {"1:2:3:4:5:6:7", NULL},
        {"1:2:3:4:5:6:7:8:9", NULL},
        {"1:2:3:4:5:6:7:8::", NULL},
        {"12345::", NULL},
        {"1:2:3:4:5:6:7:1.2.3.4", NULL},
        {"::1.2.3", NULL},
        {"g::", NULL},
        {"1:", NULL},
        {":1", NULL},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[SN_IP_TEXT_MAX];
        struct sn_ip ip;
        bool is = sn_ip_parse(sn_str_of(cases[i].text), &ip);

        if (is != (cases[i].written != NULL))
            fail_msg("\"%s\"", cases[i].text);
        if (!is)
            continue;
        assert_int_equal(sn_ip_format(&ip, text), strlen(cases[i].written));
        assert_string_equal(text, cases[i].written);
    }
}

static void test_kinds_of_addresses(void **state)
{
    struct sn_ip ip;

    assert_true(sn_ip_parse(SN_STR("127.1.2.3"), &ip) && sn_ip_is_loopback(&ip));
    assert_true(sn_ip_parse(SN_STR("::1"), &ip) && sn_ip_is_loopback(&ip));
    assert_true(sn_ip_parse(SN_STR("::2"), &ip) && !sn_ip_is_loopback(&ip));
    assert_true(sn_ip_parse(SN_STR("fe80::1"), &ip) && sn_ip_is_link_local(&ip));
    assert_true(sn_ip_parse(SN_STR("169.254.0.1"), &ip) && sn_ip_is_link_local(&ip));
    assert_true(sn_ip_parse(SN_STR("fd00::1"), &ip) && !sn_ip_is_link_local(&ip));
    assert_true(sn_ip_parse(SN_STR("ff02::fb"), &ip) && sn_ip_is_multicast(&ip));
    assert_true(sn_ip_parse(SN_STR("224.0.0.251"), &ip) && sn_ip_is_multicast(&ip));
    assert_true(sn_ip_parse(SN_STR("::"), &ip) && sn_ip_is_unspecified(&ip));
}

static void test_candidates(void **state)
{
    static const struct {
        const char *text;
        int code;
        const char *address;
        uint8_t kind;
    } cases[] = {
        /* webrtc-rs, pion, Chrome, Chrome hiding its address, Firefox */
        {"candidate:167090039 1 udp 2130706431 ::1 51823 typ host", 0, "::1", SN_CANDIDATE_HOST},
        {"candidate:1966762134 1 udp 1694498815 198.51.100.9 46416 typ srflx raddr 0.0.0.0 rport "
         "46416",
         0, "198.51.100.9", SN_CANDIDATE_SERVER_REFLEXIVE},
        {"candidate:1 1 UDP 2113937151 192.0.2.7 55000 typ host generation 0 ufrag EsAw "
         "network-cost 999",
         0, "192.0.2.7", SN_CANDIDATE_HOST},
        {"candidate:2 1 udp 2113937151 0b8cf1a1-6d3c-4a7c-9a1e-6a1f1c2d3e4f.local 55000 typ host",
         0, "", SN_CANDIDATE_HOST},
        {"a=candidate:- 1 UDP 2122252543 fe80::1%eth0 9 typ relay raddr 1.2.3.4 rport 5", 0,
         "fe80::1", SN_CANDIDATE_RELAYED},
        {"candidate:1 2 udp 1 1.2.3.4 5 typ host", SN_ERR_UNIMPLEMENTED, NULL, 0},
        {"candidate:1 1 tcp 1 1.2.3.4 9 typ host tcptype active", SN_ERR_UNIMPLEMENTED, NULL, 0},
        {"candidate:1 1 udp 1 example.com 5 typ host", SN_ERR_UNIMPLEMENTED, NULL, 0},
        {"candidate:1 1 udp 1 .local 5 typ host", SN_ERR_UNIMPLEMENTED, NULL, 0},
        {"candidate:1 1 udp 1 1.2.3.4 5 typ odd", SN_ERR_UNIMPLEMENTED, NULL, 0},
        {"", SN_ERR_INVALID_ARGUMENT, NULL, 0},
        {"candidate:", SN_ERR_INVALID_ARGUMENT, NULL, 0},
        {"candidate:1 1 udp 1 1.2.3.4 5", SN_ERR_INVALID_ARGUMENT, NULL, 0},
        {"candidate:1 1 udp 1 1.2.3.4 5 typ", SN_ERR_INVALID_ARGUMENT, NULL, 0},
        {"candidate:1 1 udp 4294967296 1.2.3.4 5 typ host", SN_ERR_INVALID_ARGUMENT, NULL, 0},
        {"candidate:1 1 udp 1 1.2.3.4 65536 typ host", SN_ERR_INVALID_ARGUMENT, NULL, 0},
        {"candidate:1 1 udp 1 1.2.3.4 0 typ host", SN_ERR_INVALID_ARGUMENT, NULL, 0},
        {"candidate:1 x udp 1 1.2.3.4 5 typ host", SN_ERR_INVALID_ARGUMENT, NULL, 0},
        {"candidate:123456789012345678901234567890123 1 udp 1 1.2.3.4 5 typ host",
         SN_ERR_INVALID_ARGUMENT, NULL, 0},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct sn_candidate candidate;
        char text[SN_IP_TEXT_MAX];

        if (sn_candidate_parse(sn_str_of(cases[i].text), &candidate) != cases[i].code)
            fail_msg("\"%s\"", cases[i].text);
        if (cases[i].code)
            continue;
        sn_ip_format(&candidate.address, text);
        assert_string_equal(text, cases[i].address);
        assert_int_equal(candidate.kind, cases[i].kind);
        assert_int_equal(candidate.name.len > 0, !*text);
    }
}

static void test_there_and_back(void **state)
{
    struct sn_candidate candidate = {
        .kind = SN_CANDIDATE_HOST,
        .priority = sn_candidate_priority(SN_CANDIDATE_HOST, 65535),
        .address = {.family = 4, .port = 5000, .bytes = {127, 0, 0, 1}},
        .foundation = "7",
    };
    struct sn_candidate read;
    char text[SN_CANDIDATE_TEXT_MAX];

    size_t len = sn_candidate_format(&candidate, text);
    assert_string_equal(text, "candidate:7 1 udp 2130706431 127.0.0.1 5000 typ host");
    assert_int_equal(sn_candidate_parse((struct sn_str){text, len}, &read), 0);
    assert_true(sn_ip_eq(&read.address, &candidate.address));
    assert_int_equal(read.priority, candidate.priority);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_addresses),
        cmocka_unit_test(test_kinds_of_addresses),
        cmocka_unit_test(test_candidates),
        cmocka_unit_test(test_there_and_back),
    };

    return cmocka_run_group_tests_name("wire/candidate", tests, NULL, NULL);
}
