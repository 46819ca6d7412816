/* SPDX-License-Identifier: Apache-2.0
 *
 * Questions as they go out, answers as avahi and browsers give them, and malformed ones.
 */
#include "wire/ice/mdns.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

struct found {
    char names[4][64], addresses[4][SN_IP_TEXT_MAX];
    int count;
};

static void note(void *owner, struct sn_str name, const struct sn_ip *address)
{
    struct found *found = owner;

    assert_true(found->count < 4);
    snprintf(found->names[found->count], 64, "%.*s", SN_STR_ARGS(name));
    sn_ip_format(address, found->addresses[found->count++]);
}

static void test_query(void **state)
{
    static const char expected[] =
        "\0\0\0\0\0\2\0\0\0\0\0\0\4ab-c\5local\0\0\1\0\1\xc0\x0c\0\x1c\0\1";
    uint8_t bytes[SN_MDNS_QUERY_MAX];
    struct found found = {0};

    int len = sn_mdns_query(SN_STR("ab-c.local"), bytes);
    assert_int_equal(len, sizeof(expected) - 1);
    assert_memory_equal(bytes, expected, sizeof(expected) - 1);
    assert_int_equal(sn_mdns_query(SN_STR("ab-c.local."), bytes), len);
    assert_int_equal(sn_mdns_read(bytes, (size_t)len, note, &found), SN_ERR_INVALID_ARGUMENT);
}

static void test_no_names(void **state)
{
    uint8_t bytes[SN_MDNS_QUERY_MAX];
    char text[300];

    assert_int_equal(sn_mdns_query(SN_STR(""), bytes), SN_ERR_INVALID_ARGUMENT);
    assert_int_equal(sn_mdns_query(SN_STR("."), bytes), SN_ERR_INVALID_ARGUMENT);
    assert_int_equal(sn_mdns_query(SN_STR("a..b"), bytes), SN_ERR_INVALID_ARGUMENT);
    memset(text, 'x', sizeof(text));
    assert_int_equal(sn_mdns_query((struct sn_str){text, 64}, bytes), SN_ERR_INVALID_ARGUMENT);
    for (size_t i = 60; i < sizeof(text); i += 60)
        text[i] = '.';
    assert_true(sn_mdns_query((struct sn_str){text, SN_MDNS_NAME_MAX}, bytes) > 0);
    assert_int_equal(sn_mdns_query((struct sn_str){text, SN_MDNS_NAME_MAX + 1}, bytes),
                     SN_ERR_INVALID_ARGUMENT);
}

/* Two answers, the second by the name of the first; then an NSEC of no interest. */
static const char answer[] =
    "\0\0\x84\0\0\0\0\2\0\0\0\1\4AB-c\5local\0\0\1\x80\1\0\0\0\x78\0\4\xc0\0\2\7"
    "\xc0\x0c\0\x1c\x80\1\0\0\0\x78\0\x10\xfe\x80\0\0\0\0\0\0\0\0\0\0\0\0\0\1"
    "\xc0\x0c\0\x2f\x80\1\0\0\0\x78\0\2\0\0";

static void test_answer(void **state)
{
    struct found found = {0};

    assert_int_equal(sn_mdns_read(answer, sizeof(answer) - 1, note, &found), 0);
    assert_int_equal(found.count, 2);
    assert_string_equal(found.names[0], "ab-c.local");
    assert_string_equal(found.addresses[0], "192.0.2.7");
    assert_string_equal(found.names[1], "ab-c.local");
    assert_string_equal(found.addresses[1], "fe80::1");
}

static void test_cut(void **state)
{
    for (size_t len = 0; len < sizeof(answer) - 1; len++) {
        struct found found = {0};

        assert_int_equal(sn_mdns_read(answer, len, note, &found), SN_ERR_INVALID_ARGUMENT);
    }
}

/* A name that points at itself, or forward. */
static void test_loops(void **state)
{
    static const char self[] = "\0\0\x84\0\0\0\0\1\0\0\0\0\xc0\x0c\0\1\0\1\0\0\0\0\0\4\1\2\3\4";
    static const char forward[] = "\0\0\x84\0\0\0\0\1\0\0\0\0\xc0\x10\0\1\0\1\0\0\0\0\0\4\1\2\3\4";
    struct found found = {0};

    assert_int_equal(sn_mdns_read(self, sizeof(self) - 1, note, &found), SN_ERR_INVALID_ARGUMENT);
    assert_int_equal(sn_mdns_read(forward, sizeof(forward) - 1, note, &found),
                     SN_ERR_INVALID_ARGUMENT);
    assert_int_equal(found.count, 0);
}

/* What is asked for is what is answered, and read again. */
static void test_machine(void **state)
{
    static const uint8_t address[4] = {192, 0, 2, 9};
    uint8_t bytes[SN_MDNS_ANSWER_MAX], query[SN_MDNS_QUERY_MAX];
    struct sn_mdns_machine machine;
    char text[SN_IP_TEXT_MAX];

    assert_int_equal(sn_mdns_machine_init(&machine, SN_STR("Bot.Lab.example")), 0);
    int len = sn_mdns_ask_for(&machine, query);
    assert_true(len > 0);
    assert_true(sn_mdns_asks_for(query, (size_t)len, SN_STR("bot.lab.example")));
    assert_false(sn_mdns_asks_for(query, (size_t)len, SN_STR("bot.lab")));
    assert_false(sn_mdns_asks_for(query, (size_t)len - 1, SN_STR("bot.lab.example")));
    len = sn_mdns_query(SN_STR("bot.local"), query);
    assert_true(sn_mdns_asks_for(query, (size_t)len, SN_STR("bot")));
    len = sn_mdns_answer(SN_STR("bot.lab.example"), 8080, address, 9000, bytes);
    assert_true(len > 0);
    assert_false(sn_mdns_asks_for(bytes, (size_t)len, SN_STR("bot.lab.example")));
    for (size_t cut = 0; cut < (size_t)len; cut++) {
        struct sn_mdns_machine other = machine;

        assert_false(sn_mdns_machine_read(&other, bytes, cut));
    }
    assert_true(sn_mdns_machine_read(&machine, bytes, (size_t)len));
    assert_true(machine.grpc && machine.webrtc);
    assert_string_equal(machine.host, "bot.lab.example.local");
    assert_int_equal(machine.address.port, 8080);
    sn_ip_format(&machine.address, text);
    assert_string_equal(text, "192.0.2.9");
    assert_int_equal(sn_mdns_machine_init(&machine, SN_STR("other")), 0);
    assert_false(sn_mdns_machine_read(&machine, bytes, (size_t)len));
    assert_int_equal(sn_mdns_machine_init(&machine, SN_STR("a..b")), SN_ERR_INVALID_ARGUMENT);
}

/* The longest name there can be. */
static void test_long_machine(void **state)
{
    static const uint8_t address[4] = {192, 0, 2, 9};
    uint8_t bytes[SN_MDNS_ANSWER_MAX];
    struct sn_mdns_machine machine;
    char text[SN_MDNS_INSTANCE_MAX + 1];
    struct sn_str name = {text, SN_MDNS_INSTANCE_MAX};

    memset(text, 'x', sizeof(text));
    for (size_t i = 60; i < sizeof(text); i += 60)
        text[i] = '.';
    assert_int_equal(sn_mdns_machine_init(&machine, name), 0);
    int len = sn_mdns_answer(name, 1, address, 1, bytes);
    assert_true(len > 0);
    assert_true(sn_mdns_machine_read(&machine, bytes, (size_t)len));
    name.len++;
    assert_int_equal(sn_mdns_answer(name, 1, address, 1, bytes), SN_ERR_INVALID_ARGUMENT);
    assert_int_equal(sn_mdns_machine_init(&machine, name), SN_ERR_INVALID_ARGUMENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_query),        cmocka_unit_test(test_no_names),
        cmocka_unit_test(test_answer),       cmocka_unit_test(test_cut),
        cmocka_unit_test(test_loops),        cmocka_unit_test(test_machine),
        cmocka_unit_test(test_long_machine),
    };

    return cmocka_run_group_tests_name("wire/mdns", tests, NULL, NULL);
}
