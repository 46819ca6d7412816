/* SPDX-License-Identifier: Apache-2.0
 *
 * What every echo does, and with it what all kinds of streams do.
 */
#include "sinew/api/test_echo.h"
#include "conform.h"
#include "pb/component/testecho/v1/testecho.h"

#include <stdio.h>

struct ask_echo {
    struct ask ask;
    struct sn_test_echo_sink sink;
    struct sn_duplex duplex;
    struct sn_str message, answer;
    char heard[4096];
    size_t parts;
};

#define ASK ((struct ask_echo *)call)

static struct sn_test_echo *echo_of(struct sn_call *call)
{
    return (struct sn_test_echo *)ASK->ask.subject->resource;
}

static int start_echo(struct sn_call *call)
{
    return sn_test_echo_echo(call, echo_of(call), ASK->message, &ASK->answer);
}

static void add(struct ask_echo *a, struct sn_str part)
{
    size_t used = strlen(a->heard);

    a->parts++;
    snprintf(a->heard + used, sizeof(a->heard) - used, "%.*s", SN_STR_ARGS(part));
}

static int hear(struct sn_call *call, const struct sn_test_echo_sink *sink, struct sn_str part)
{
    add(ASK, part);
    return 0;
}

static int start_multiple(struct sn_call *call)
{
    ASK->sink.part = hear;
    return sn_test_echo_multiple(call, echo_of(call), ASK->message, &ASK->sink);
}

static int hear_response(struct sn_duplex *duplex, const void *response)
{
    add(duplex->asker, ((const struct pb_testecho_echo_bi_di_response *)response)->message);
    return 0;
}

static int start_bidi(struct sn_call *call)
{
    ASK->duplex = (struct sn_duplex){.call = call, .respond = hear_response, .asker = ASK};
    return sn_test_echo_bidi(call, echo_of(call), ASK->message, &ASK->duplex);
}

static int start_stop(struct sn_call *call)
{
    return sn_test_echo_stop(call, echo_of(call));
}

static void says_what_it_is_told(void **state)
{
    struct ask_echo a = {.message = SN_STR("gr\xc3\xbc\xc3\x9f dich")};

    assert_int_equal(ask(&a.ask, *state, start_echo), 0);
    assert_true(sn_str_eq(a.answer, a.message));
}

static void says_it_in_parts(void **state)
{
    struct ask_echo a = {.message = SN_STR("gr\xc3\xbc\xc3\x9f")}, empty = {0};

    assert_int_equal(ask(&a.ask, *state, start_multiple), 0);
    assert_string_equal(a.heard, "gr\xc3\xbc\xc3\x9f");
    assert_int_equal(a.parts, 4);
    assert_int_equal(ask(&empty.ask, *state, start_multiple), 0);
    assert_int_equal(empty.parts, 0);
}

static void say(struct ask_echo *a, const char *message)
{
    struct pb_testecho_echo_bi_di_request request = {.message = sn_str_of(message)};

    assert_int_equal(sn_duplex_request(&a->duplex, &request), 0);
}

static void talks_both_ways(void **state)
{
    struct ask_echo a = {.message = SN_STR("0")};
    char digit[2] = "1";

    ask_init(&a.ask, *state, start_bidi);
    ask_start(&a.ask);
    for (; digit[0] <= '9'; digit[0]++)
        say(&a, digit);
    assert_int_equal(sn_duplex_end(&a.duplex), 0);
    assert_int_equal(ask_await(&a.ask), 0);
    assert_string_equal(a.heard, "0123456789");
    assert_int_equal(a.parts, 10);
}

static void cancelling_ends_the_talk(void **state)
{
    struct ask_echo a = {.message = SN_STR("x")};

    ask_init(&a.ask, *state, start_bidi);
    ask_start(&a.ask);
    say(&a, "y");
    sn_call_cancel(&a.ask.call, SN_ERR_CANCELLED);
    assert_int_equal(ask_await(&a.ask), SN_ERR_CANCELLED);
}

static void stops(void **state)
{
    struct ask_echo a = {0};

    assert_int_equal(ask(&a.ask, *state, start_stop), 0);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(says_what_it_is_told),
    cmocka_unit_test(says_it_in_parts),
    cmocka_unit_test(talks_both_ways),
    cmocka_unit_test(cancelling_ends_the_talk),
    cmocka_unit_test(stops),
};

const struct suite suite_test_echo = {SN_API_TEST_ECHO, tests, sizeof(tests) / sizeof(tests[0])};
