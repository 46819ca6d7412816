/* SPDX-License-Identifier: Apache-2.0
 *
 * Data channels of both kinds, between two ends over a simulated network.
 */
#include "wire/datachannel.h"

#include "wire/sctp/testing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

struct end {
    struct sn_datachannels *channels;
    char log[1024]; /* what was told: "connected opened1:chat text0:hi ..." */
    struct sn_sctp *sctp;
};

struct pair {
    struct net net;
    struct sn_block_pool pool;
    struct end ends[2]; /* 0 is the DTLS client */
};

static void SN_PRINTF(2, 3) note(struct end *end, const char *format, ...)
{
    size_t used = strlen(end->log);
    va_list args;

    va_start(args, format);
    vsnprintf(end->log + used, sizeof(end->log) - used, format, args);
    va_end(args);
}

static void on_connected(void *owner)
{
    note(owner, "connected ");
}

static void on_opened(void *owner, uint16_t id, struct sn_str label, struct sn_str protocol)
{
    note(owner, "opened%u:%.*s:%.*s ", id, SN_STR_ARGS(label), SN_STR_ARGS(protocol));
}

static void on_message(void *owner, uint16_t id, enum sn_datachannel_kind kind, struct sn_str bytes)
{
    if (bytes.len > 100)
        note(owner, "%s%u:%zu bytes ", kind == SN_DATACHANNEL_TEXT ? "text" : "binary", id,
             bytes.len);
    else
        note(owner, "%s%u:%.*s ", kind == SN_DATACHANNEL_TEXT ? "text" : "binary", id,
             SN_STR_ARGS(bytes));
}

static void on_writable(void *owner)
{
}

static void on_channel_closed(void *owner, uint16_t id)
{
    note(owner, "gone%u ", id);
}

static void on_closed(void *owner, const char *cause)
{
    note(owner, "closed:%s ", cause);
}

static const struct sn_datachannel_events events = {
    on_connected, on_opened, on_message, on_writable, on_channel_closed, on_closed,
};

static int setup(void **state)
{
    struct pair *pair = calloc(1, sizeof(*pair));
    struct sn_sctp_config config = {
        .blocks = &pair->pool, .random = &pair->net.random, .streams = 8};

    sn_random_init(&pair->net.random, 7);
    sn_block_pool_init(&pair->pool, &sn_heap, 16);
    pair->net.delay_ns = SN_MS(1);
    for (int i = 0; i < 2; i++) {
        struct end *end = &pair->ends[i];

        end->channels = sn_datachannels_create(&config, i == 0, &events, end);
        assert_non_null(end->channels);
        pair->net.ends[i] = sn_datachannels_sctp(end->channels);
    }
    *state = pair;
    return 0;
}

static int teardown(void **state)
{
    struct pair *pair = *state;

    net_drop_all(&pair->net);
    for (int i = 0; i < 2; i++)
        sn_datachannels_destroy(pair->ends[i].channels);
    assert_int_equal(pair->pool.in_use, 0);
    sn_block_pool_fini(&pair->pool);
    free(pair);
    return 0;
}

static void connect_both(struct pair *pair)
{
    sn_sctp_start(pair->net.ends[0], pair->net.now_ns);
    sn_sctp_start(pair->net.ends[1], pair->net.now_ns);
    net_run(&pair->net, SN_MS(100));
    for (int i = 0; i < 2; i++) {
        assert_string_equal(pair->ends[i].log, "connected ");
        pair->ends[i].log[0] = '\0';
    }
}

/* What end `i` was told since the last time. */
static void expect(struct pair *pair, int i, const char *told)
{
    net_run(&pair->net, SN_SECONDS(1));
    assert_string_equal(pair->ends[i].log, told);
    pair->ends[i].log[0] = '\0';
}

static void send_text(struct pair *pair, int i, uint16_t id, const char *text)
{
    assert_int_equal(
        sn_datachannels_send(pair->ends[i].channels, id, SN_DATACHANNEL_TEXT, sn_str_of(text)), 0);
}

static void agreed_channels_need_no_word(void **state)
{
    struct pair *pair = *state;
    struct sn_str hello = SN_STR("hello");

    for (int i = 0; i < 2; i++) {
        assert_int_equal(sn_datachannels_add(pair->ends[i].channels, 0), 0);
        assert_int_equal(sn_datachannels_add(pair->ends[i].channels, 0), SN_ERR_ALREADY_EXISTS);
        assert_int_equal(sn_datachannels_add(pair->ends[i].channels, 8), SN_ERR_INVALID_ARGUMENT);
        assert_int_equal(
            sn_datachannels_send(pair->ends[i].channels, 0, SN_DATACHANNEL_TEXT, hello),
            SN_ERR_UNAVAILABLE);
    }
    connect_both(pair);
    send_text(pair, 0, 0, "question");
    assert_int_equal(sn_datachannels_send(pair->ends[1].channels, 0, SN_DATACHANNEL_BINARY, hello),
                     0);
    expect(pair, 1, "text0:question ");
    expect(pair, 0, "binary0:hello ");
}

static void empty_messages_stay_empty(void **state)
{
    struct pair *pair = *state;

    for (int i = 0; i < 2; i++)
        assert_int_equal(sn_datachannels_add(pair->ends[i].channels, 3), 0);
    connect_both(pair);
    send_text(pair, 0, 3, "");
    assert_int_equal(
        sn_datachannels_send(pair->ends[0].channels, 3, SN_DATACHANNEL_BINARY, SN_STR_NULL), 0);
    expect(pair, 1, "text3: binary3: ");
}

static void the_largest_message_passes_and_no_larger(void **state)
{
    static const char bytes[SN_DATACHANNEL_MESSAGE_MAX + 1];
    struct pair *pair = *state;

    for (int i = 0; i < 2; i++)
        assert_int_equal(sn_datachannels_add(pair->ends[i].channels, 0), 0);
    connect_both(pair);
    assert_int_equal(sn_datachannels_send(pair->ends[0].channels, 0, SN_DATACHANNEL_BINARY,
                                          (struct sn_str){bytes, SN_DATACHANNEL_MESSAGE_MAX + 1}),
                     SN_ERR_INVALID_ARGUMENT);
    assert_int_equal(sn_datachannels_send(pair->ends[0].channels, 0, SN_DATACHANNEL_BINARY,
                                          (struct sn_str){bytes, SN_DATACHANNEL_MESSAGE_MAX}),
                     0);
    expect(pair, 1, "binary0:65535 bytes ");
}

static void announced_channels_open_at_the_peer(void **state)
{
    struct pair *pair = *state;
    uint16_t id;

    assert_int_equal(sn_datachannels_open(pair->ends[0].channels, SN_STR("chat"), SN_STR(""), &id),
                     SN_ERR_UNAVAILABLE);
    connect_both(pair);
    assert_int_equal(
        sn_datachannels_open(pair->ends[0].channels, SN_STR("chat"), SN_STR("v1"), &id), 0);
    assert_int_equal(id, 0);
    send_text(pair, 0, id, "at once");
    expect(pair, 1, "opened0:chat:v1 text0:at once ");
    send_text(pair, 1, id, "back");
    expect(pair, 0, "text0:back ");
    assert_int_equal(sn_datachannels_open(pair->ends[1].channels, SN_STR("b"), SN_STR(""), &id), 0);
    assert_int_equal(id, 1);
    expect(pair, 0, "opened1:b: ");
}

static void ids_run_out(void **state)
{
    struct pair *pair = *state;
    uint16_t id;

    connect_both(pair);
    for (int i = 0; i < 4; i++)
        assert_int_equal(sn_datachannels_open(pair->ends[0].channels, SN_STR("c"), SN_STR(""), &id),
                         0);
    assert_int_equal(sn_datachannels_open(pair->ends[0].channels, SN_STR("c"), SN_STR(""), &id),
                     SN_ERR_RESOURCE_EXHAUSTED);
}

static void closing_delivers_first_and_frees_the_id(void **state)
{
    struct pair *pair = *state;
    uint16_t id;

    connect_both(pair);
    for (int round = 0; round < 3; round++) {
        assert_int_equal(sn_datachannels_open(pair->ends[0].channels, SN_STR("c"), SN_STR(""), &id),
                         0);
        assert_int_equal(id, 0);
        send_text(pair, 0, id, "last");
        assert_int_equal(sn_datachannels_close(pair->ends[0].channels, id), 0);
        assert_int_equal(sn_datachannels_close(pair->ends[0].channels, id), SN_ERR_NOT_FOUND);
        expect(pair, 1, "opened0:c: text0:last gone0 ");
        expect(pair, 0, "gone0 ");
    }
}

static void both_may_close_at_once(void **state)
{
    struct pair *pair = *state;

    for (int i = 0; i < 2; i++)
        assert_int_equal(sn_datachannels_add(pair->ends[i].channels, 2), 0);
    connect_both(pair);
    for (int i = 0; i < 2; i++)
        assert_int_equal(sn_datachannels_close(pair->ends[i].channels, 2), 0);
    expect(pair, 0, "gone2 ");
    expect(pair, 1, "gone2 ");
}

static void messages_for_nobody_are_dropped(void **state)
{
    struct pair *pair = *state;

    assert_int_equal(sn_datachannels_add(pair->ends[0].channels, 5), 0);
    assert_int_equal(sn_datachannels_add(pair->ends[0].channels, 6), 0);
    assert_int_equal(sn_datachannels_add(pair->ends[1].channels, 6), 0);
    connect_both(pair);
    send_text(pair, 0, 5, "to nobody");
    assert_int_equal(sn_sctp_send(pair->net.ends[0], 6, 99, false, SN_STR("what kind?")), 0);
    send_text(pair, 0, 6, "to you");
    expect(pair, 1, "text6:to you ");
}

/* Each is a DCEP message that can't be right. */
static void malformed_announcements_open_nothing(void **state)
{
    static const struct sn_str bad[] = {
        SN_STR("\3"),
        SN_STR("\3\0\0\0\0\0\0\0\0\0\0"),      /* cut in the header */
        SN_STR("\3\0\0\0\0\0\0\0\0\5\0\0abc"), /* a label that isn't there */
        SN_STR("\3\0\0\0\0\0\0\0\0\1\xff\xff"
               "abc"), /* a protocol of 64 KiB */
        SN_STR("\2"),
        SN_STR("\7what"),
    };
    struct pair *pair = *state;

    connect_both(pair);
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
        assert_int_equal(sn_sctp_send(pair->net.ends[0], 4, 50, false, bad[i]), 0);
    expect(pair, 1, "");
    expect(pair, 0, "");
}

static void the_end_is_told_once(void **state)
{
    struct pair *pair = *state;

    connect_both(pair);
    sn_sctp_abort(pair->net.ends[0]);
    expect(pair, 0, "closed:aborted ");
    expect(pair, 1, "closed:aborted by the peer ");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(agreed_channels_need_no_word),
        TEST(empty_messages_stay_empty),
        TEST(the_largest_message_passes_and_no_larger),
        TEST(announced_channels_open_at_the_peer),
        TEST(ids_run_out),
        TEST(closing_delivers_first_and_frees_the_id),
        TEST(both_may_close_at_once),
        TEST(messages_for_nobody_are_dropped),
        TEST(malformed_announcements_open_nothing),
        TEST(the_end_is_told_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
