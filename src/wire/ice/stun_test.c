/* SPDX-License-Identifier: Apache-2.0
 *
 * STUN by the test vectors of RFC 5769, and there and back.
 */
#include "wire/ice/stun.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

static const char request[] =
    "\x00\x01\x00\x58\x21\x12\xa4\x42\xb7\xe7\xa7\x01\xbc\x34\xd6\x86\xfa\x87\xdf\xae"
    "\x80\x22\x00\x10STUN test client\x00\x24\x00\x04\x6e\x00\x01\xff"
    "\x80\x29\x00\x08\x93\x2f\xf9\xb1\x51\x26\x3b\x36\x00\x06\x00\x09\x65vtj:h6vY   "
    "\x00\x08\x00\x14\x9a\xea\xa7\x0c\xbf\xd8\xcb\x56\x78\x1e\xf2\xb5\xb2\xd3\xf2\x49"
    "\xc1\xb5\x71\xa2\x80\x28\x00\x04\xe5\x7a\x3b\xcf";
static const char response_v4[] =
    "\x01\x01\x00\x3c\x21\x12\xa4\x42\xb7\xe7\xa7\x01\xbc\x34\xd6\x86\xfa\x87\xdf\xae"
    "\x80\x22\x00\x0btest vector \x00\x20\x00\x08\x00\x01\xa1\x47\xe1\x12\xa6\x43"
    "\x00\x08\x00\x14\x2b\x91\xf5\x99\xfd\x9e\x90\xc3\x8c\x74\x89\xf9\x2a\xf9\xba\x53"
    "\xf0\x6b\xe7\xd7\x80\x28\x00\x04\xc0\x7d\x4c\x96";
static const char response_v6[] =
    "\x01\x01\x00\x48\x21\x12\xa4\x42\xb7\xe7\xa7\x01\xbc\x34\xd6\x86\xfa\x87\xdf\xae"
    "\x80\x22\x00\x0btest vector \x00\x20\x00\x14\x00\x02\xa1\x47\x01\x13\xa9\xfa"
    "\xa5\xd3\xf1\x79\xbc\x25\xf4\xb5\xbe\xd2\xb9\xd9\x00\x08\x00\x14\xa3\x82\x95\x4e"
    "\x4b\xe6\x7b\xf1\x17\x84\xc9\x7c\x82\x92\xc2\x75\xbf\xe3\xed\x41"
    "\x80\x28\x00\x04\xc8\xfb\x0b\x4c";
static const struct sn_str password = {"VOkJxbRl1RmTxUk/WvJxBt", 22};
static const uint8_t id[SN_STUN_ID_LEN] = "abcdefghijkl";

static void test_request(void **state)
{
    struct sn_stun_message message;

    assert_int_equal(sn_stun_parse(request, sizeof(request) - 1, &message), 0);
    assert_int_equal(message.class, SN_STUN_REQUEST);
    assert_int_equal(message.method, SN_STUN_BINDING);
    assert_true(sn_str_is(message.username, "evtj:h6vY"));
    assert_true(message.has_priority && message.priority == 0x6e0001ff);
    assert_true(message.controlled && message.tie_breaker == 0x932ff9b151263b36);
    assert_true(message.has_fingerprint && !message.unknown_count);
    assert_true(sn_stun_is_authentic(&message, password));
    assert_false(sn_stun_is_authentic(&message, SN_STR("VOkJxbRl1RmTxUk/WvJxBu")));
}

static void test_responses(void **state)
{
    struct sn_stun_message message;
    char text[SN_IP_TEXT_MAX];

    assert_int_equal(sn_stun_parse(response_v4, sizeof(response_v4) - 1, &message), 0);
    assert_int_equal(message.class, SN_STUN_SUCCESS);
    assert_true(sn_stun_is_authentic(&message, password));
    sn_ip_format(&message.mapped, text);
    assert_string_equal(text, "192.0.2.1");
    assert_int_equal(message.mapped.port, 32853);
    assert_int_equal(sn_stun_parse(response_v6, sizeof(response_v6) - 1, &message), 0);
    assert_true(sn_stun_is_authentic(&message, password));
    sn_ip_format(&message.mapped, text);
    assert_string_equal(text, "2001:db8:1234:5678:11:2233:4455:6677");
    assert_int_equal(message.mapped.port, 32853);
}

/* Each bit matters: to the fingerprint or the form. (In the fingerprint's type: then there is
 * none.)
 */
static void test_each_bit(void **state)
{
    struct sn_stun_message message;
    char bytes[sizeof(request)];

    for (size_t bit = 0; bit < 8 * (sizeof(request) - 1); bit++) {
        memcpy(bytes, request, sizeof(request));
        bytes[bit / 8] ^= (char)(1 << bit % 8);
        assert_true(sn_stun_parse(bytes, sizeof(request) - 1, &message) ||
                    !message.has_fingerprint);
    }
    for (size_t len = 0; len < sizeof(request) - 1; len++)
        assert_int_not_equal(sn_stun_parse(request, len, &message), 0);
}

static void test_there_and_back(void **state)
{
    struct sn_stun_writer writer;
    struct sn_stun_message message;
    struct sn_ip address = {.family = 6, .port = 4711, .bytes = {0xfe, 0x80, [15] = 9}};
    uint16_t unknown[] = {0x1234, 0x0003};
    uint8_t bytes[300];

    sn_stun_begin(&writer, bytes, sizeof(bytes), SN_STUN_ERROR, SN_STUN_BINDING, id);
    sn_stun_add_error(&writer, SN_STUN_ROLE_CONFLICT);
    sn_stun_add_mapped(&writer, &address);
    sn_stun_add_unknown(&writer, unknown, 2);
    sn_stun_add_u64(&writer, SN_STUN_ICE_CONTROLLING, 0x0123456789abcdef);
    sn_stun_add(&writer, SN_STUN_USE_CANDIDATE, NULL, 0);
    size_t len = sn_stun_end(&writer, password);
    assert_int_equal(sn_stun_parse(bytes, len, &message), 0);
    assert_int_equal(message.class, SN_STUN_ERROR);
    assert_int_equal(message.error, 487);
    assert_true(sn_ip_eq(&message.mapped, &address));
    assert_true(message.controlling && message.tie_breaker == 0x0123456789abcdef);
    assert_true(message.use_candidate);
    assert_memory_equal(message.id, id, sizeof(id));
    assert_true(sn_stun_is_authentic(&message, password));
    for (size_t size = 0; size < len; size++) {
        sn_stun_begin(&writer, bytes, size, SN_STUN_ERROR, SN_STUN_BINDING, id);
        sn_stun_add_error(&writer, SN_STUN_ROLE_CONFLICT);
        sn_stun_add_mapped(&writer, &address);
        sn_stun_add_unknown(&writer, unknown, 2);
        sn_stun_add_u64(&writer, SN_STUN_ICE_CONTROLLING, 0x0123456789abcdef);
        sn_stun_add(&writer, SN_STUN_USE_CANDIDATE, NULL, 0);
        assert_int_equal(sn_stun_end(&writer, password), 0);
    }
}

static void test_unknown_attributes(void **state)
{
    struct sn_stun_writer writer;
    struct sn_stun_message message;
    uint8_t bytes[300];

    sn_stun_begin(&writer, bytes, sizeof(bytes), SN_STUN_REQUEST, SN_STUN_BINDING, id);
    for (unsigned i = 0; i < 2 * SN_STUN_UNKNOWN_MAX; i++)
        sn_stun_add_u32(&writer, (uint16_t)(0x7000 + i), i);
    sn_stun_add_u32(&writer, 0x8123, 1);
    size_t len = sn_stun_end(&writer, SN_STR_NULL);
    assert_int_equal(sn_stun_parse(bytes, len, &message), 0);
    assert_int_equal(message.unknown_count, SN_STUN_UNKNOWN_MAX);
    assert_int_equal(message.unknown[1], 0x7001);
    assert_false(sn_stun_is_authentic(&message, SN_STR("")));
}

static void test_others(void **state)
{
    static const uint8_t dtls[60] = {22, 254, 253};
    static const uint8_t rtp[60] = {128, 96};

    assert_true(sn_stun_is(request, sizeof(request) - 1));
    assert_false(sn_stun_is(dtls, sizeof(dtls)));
    assert_false(sn_stun_is(rtp, sizeof(rtp)));
    assert_false(sn_stun_is("", 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_request),
        cmocka_unit_test(test_responses),
        cmocka_unit_test(test_each_bit),
        cmocka_unit_test(test_there_and_back),
        cmocka_unit_test(test_unknown_attributes),
        cmocka_unit_test(test_others),
    };

    return cmocka_run_group_tests_name("wire/stun", tests, NULL, NULL);
}
