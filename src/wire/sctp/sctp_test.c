/* SPDX-License-Identifier: Apache-2.0
 *
 * The engine's behaviour case by case: beginnings, losses, windows, resets, ends.
 */
#include "wire/sctp/pair_testing.h"

/* ---- beginnings ---- */

static void the_checksum_is_crc32c(void **state)
{
    /* Source: RFC 3720, B.4: 32 bytes of zeros. */
    uint8_t packet[32] = {0};

    assert_int_equal(sctp_checksum(packet, sizeof(packet)), 0xaa36918a);
    packet[9] = 7; /* where the sum itself stands */
    assert_int_equal(sctp_checksum(packet, sizeof(packet)), 0xaa36918a);
}

static void one_end_begins(void **state)
{
    struct pair *pair = pair_connected(NULL);

    assert_int_equal(sn_sctp_streams(pair->ends[0].sctp), SN_SCTP_STREAMS_PRESET);
    send_text(pair, 0, 0, "hello");
    send_text(pair, 1, 7, "you");
    net_run(&pair->net, SN_MS(20));
    assert_string_equal(pair->ends[1].log, "0:hello ");
    assert_string_equal(pair->ends[0].log, "7:you ");
    pair_destroy(pair);
}

static void both_begin_at_once(void **state)
{
    struct pair *pair = pair_create(NULL);

    sn_sctp_start(pair->ends[1].sctp, pair->net.now_ns);
    begin(pair);
    send_text(pair, 0, 0, "hello");
    net_run(&pair->net, SN_MS(20));
    assert_string_equal(pair->ends[1].log, "0:hello ");
    pair_destroy(pair);
}

static int lose_number; /* which packet is lost, counted down */

static bool lose_one(struct net *net, struct net_packet *packet)
{
    return lose_number-- != 0;
}

/* Whichever packet of the handshake is lost, and whoever begins. */
static void a_handshake_survives_a_loss(void **state)
{
    for (int lost = 0; lost < 8; lost++) {
        for (int both = 0; both < 2; both++) {
            struct pair *pair = pair_create(NULL);

            pair->net.pass = lose_one;
            lose_number = lost;
            sn_sctp_start(pair->ends[0].sctp, pair->net.now_ns);
            if (both)
                sn_sctp_start(pair->ends[1].sctp, pair->net.now_ns);
            net_run(&pair->net, SN_SECONDS(3));
            assert_true(pair->ends[0].connected && pair->ends[1].connected);
            send_text(pair, 0, 0, "a");
            send_text(pair, 1, 0, "b");
            net_run(&pair->net, SN_SECONDS(1));
            assert_string_equal(pair->ends[0].log, "0:b ");
            assert_string_equal(pair->ends[1].log, "0:a ");
            pair_destroy(pair);
        }
    }
}

static void nobody_there_is_told(void **state)
{
    struct pair *pair = pair_create(&(struct sn_sctp_config){.retransmits_max = 4});

    pair->net.cut[1] = true;
    sn_sctp_start(pair->ends[0].sctp, pair->net.now_ns);
    net_run(&pair->net, SN_SECONDS(60));
    assert_string_equal(pair->ends[0].cause, "the peer doesn't answer");
    assert_int_equal(sn_sctp_next_timeout(pair->ends[0].sctp), SN_SCTP_NEVER);
    pair_destroy(pair);
}

static void streams_are_the_fewer(void **state)
{
    struct pair *pair = pair_create(NULL);
    struct sn_sctp_config few = {.blocks = &pair->pool, .random = &pair->net.random, .streams = 3};

    sn_sctp_destroy(pair->ends[1].sctp);
    pair->ends[1].sctp = pair->net.ends[1] = sn_sctp_create(&few, &events, &pair->ends[1]);
    begin(pair);
    assert_int_equal(sn_sctp_streams(pair->ends[0].sctp), 3);
    assert_int_equal(sn_sctp_streams(pair->ends[1].sctp), 3);
    assert_int_equal(sn_sctp_send(pair->ends[0].sctp, 3, 51, false, SN_STR("x")),
                     SN_ERR_INVALID_ARGUMENT);
    pair_destroy(pair);
}

/* ---- sending ---- */

static void what_cannot_be_sent_is_refused(void **state)
{
    struct pair *pair = pair_create(&(struct sn_sctp_config){.send_max = 10000});
    static char bytes[10001];

    assert_int_equal(sn_sctp_send(pair->ends[0].sctp, 0, 51, false, SN_STR("early")),
                     SN_ERR_UNAVAILABLE);
    assert_int_equal(sn_sctp_room(pair->ends[0].sctp), 0);
    begin(pair);
    assert_int_equal(sn_sctp_send(pair->ends[0].sctp, 0, 51, false, SN_STR("")),
                     SN_ERR_INVALID_ARGUMENT);
    assert_int_equal(
        sn_sctp_send(pair->ends[0].sctp, 0, 51, false, (struct sn_str){bytes, sizeof(bytes)}),
        SN_ERR_RESOURCE_EXHAUSTED);
    assert_int_equal(sn_sctp_queued(pair->ends[0].sctp), 0);
    send_bytes(pair, 0, 0, 10000);
    assert_int_equal(sn_sctp_send(pair->ends[0].sctp, 0, 51, false, SN_STR("x")),
                     SN_ERR_RESOURCE_EXHAUSTED);
    net_run(&pair->net, SN_SECONDS(1));
    assert_int_equal(pair->ends[1].bytes, 10000);
    send_text(pair, 0, 0, "x");
    pair_destroy(pair);
}

/* A fast path lets the window grow and time is measured. */
static void a_good_path_is_used(void **state)
{
    struct pair *pair = pair_connected(NULL);

    for (int i = 0; i < 50; i++) {
        send_bytes(pair, 0, 0, 20000);
        net_run(&pair->net, SN_MS(20));
    }
    struct sn_sctp_stats stats = stats_of(pair, 0);
    assert_int_equal(pair->ends[1].bytes, 1000000);
    assert_int_equal(stats.retransmits, 0);
    assert_int_equal(stats.timeouts, 0);
    assert_in_range(stats.srtt_ns, SN_MS(9), SN_MS(12));
    assert_true(stats.cwnd > 20000);
    pair_destroy(pair);
}

/* 10 Mbit/s: what is queued beyond the network leaves within the time allowed. */
static void room_follows_the_pace(void **state)
{
    struct pair *pair = pair_connected(NULL);
    struct net *net = &pair->net;

    net->packet_ns = 960000; /* 1,200 bytes */
    net->queue_max_ns = SN_MS(60);
    for (uint64_t until_ns = net->now_ns + SN_SECONDS(5); net->now_ns < until_ns;) {
        while (sn_sctp_room(pair->ends[0].sctp))
            send_bytes(pair, 0, 0, 1000);
        net_step(net, until_ns);
    }
    assert_true(pair->ends[1].bytes > 5 * 1000000); /* of 6.25 MB at the most */
    send_text(pair, 0, 0, "late?");
    uint64_t sent_ns = net->now_ns;
    net_run(net, SN_MS(300));
    assert_true(pair->ends[1].last_ns - sent_ns < SN_MS(200));
    pair_destroy(pair);
}

static void a_lost_packet_is_sent_again_at_once(void **state)
{
    struct pair *pair = pair_connected(NULL);
    uint64_t began_ns = pair->net.now_ns;

    pair->net.pass = lose_one;
    lose_number = 1;
    for (int i = 0; i < 20; i++)
        send_bytes(pair, 0, 0, 1100);
    net_run(&pair->net, SN_SECONDS(1));
    assert_int_equal(pair->ends[1].messages, 20);
    assert_true(pair->ends[1].last_ns - began_ns < SN_MS(100));
    assert_int_equal(stats_of(pair, 0).fast_retransmits, 1);
    assert_int_equal(stats_of(pair, 0).timeouts, 0);
    pair_destroy(pair);
}

static void a_lost_tail_waits_for_the_timer(void **state)
{
    struct pair *pair = pair_connected(NULL);

    pair->net.pass = lose_one;
    lose_number = 0;
    send_text(pair, 0, 0, "only");
    net_run(&pair->net, SN_SECONDS(1));
    assert_string_equal(pair->ends[1].log, "0:only ");
    assert_int_equal(stats_of(pair, 0).timeouts, 1);
    pair_destroy(pair);
}

/* Stream 1 doesn't wait for what stream 0 has lost. */
static void streams_do_not_wait_for_each_other(void **state)
{
    struct pair *pair = pair_connected(NULL);
    struct net *net = &pair->net;

    net->pass = lose_one;
    lose_number = 0;
    send_text(pair, 0, 0, "lost");
    net_collect(net);
    send_text(pair, 0, 1, "a");
    net_collect(net);
    send_bytes(pair, 0, 1, 3000); /* several chunks */
    send_text(pair, 0, 0, "behind");
    send_text(pair, 0, 1, "b");
    net_run(net, SN_MS(8));
    assert_string_equal(pair->ends[1].log, "1:a 1:b ");
    assert_int_equal(pair->ends[1].messages, 3);
    net_run(net, SN_SECONDS(1));
    assert_string_equal(pair->ends[1].log, "1:a 1:b 0:lost 0:behind ");
    pair_destroy(pair);
}

static void unordered_messages_overtake(void **state)
{
    struct pair *pair = pair_connected(NULL);
    struct net *net = &pair->net;

    net->pass = lose_one;
    lose_number = 0;
    send_text(pair, 0, 0, "lost");
    net_collect(net);
    assert_int_equal(sn_sctp_send(pair->ends[0].sctp, 0, 51, true, SN_STR("fast")), 0);
    net_run(net, SN_SECONDS(1));
    assert_string_equal(pair->ends[1].log, "0:fast 0:lost ");
    pair_destroy(pair);
}

static void a_dead_peer_is_given_up(void **state)
{
    struct pair *pair = pair_connected(&(struct sn_sctp_config){.retransmits_max = 5});

    pair->net.cut[0] = pair->net.cut[1] = true;
    send_text(pair, 0, 0, "anybody?");
    net_run(&pair->net, SN_SECONDS(120));
    assert_string_equal(pair->ends[0].cause, "the peer doesn't answer");
    assert_string_equal(pair->ends[1].cause, "the peer doesn't answer"); /* heartbeats */
    pair_destroy(pair);
}

static void silence_is_asked_for_life(void **state)
{
    struct pair *pair = pair_connected(NULL);
    uint64_t before = stats_of(pair, 0).packets_out;

    net_run(&pair->net, SN_SECONDS(301));
    assert_null(pair->ends[0].cause);
    assert_null(pair->ends[1].cause);
    assert_in_range(stats_of(pair, 0).packets_out - before, 9, 25);
    pair_destroy(pair);
}

/* ---- windows ---- */

static void a_receiver_that_gives_no_credit_stops_the_sender(void **state)
{
    struct sn_sctp_config small = {.message_max = 4096, .receive_max = 16384};
    struct pair *pair = pair_connected(&small);

    pair->ends[1].hold = true;
    for (int i = 0; i < 20; i++)
        send_bytes(pair, 0, 0, 4000);
    net_run(&pair->net, SN_SECONDS(100));
    assert_int_equal(pair->ends[1].messages, 4);
    assert_null(pair->ends[0].cause); /* however long it takes */
    pair->ends[1].hold = false;
    sn_sctp_credit(pair->ends[1].sctp, 16000);
    net_run(&pair->net, SN_SECONDS(2));
    assert_int_equal(pair->ends[1].messages, 20);
    assert_true(stats_of(pair, 1).received == 0);
    pair_destroy(pair);
}

/* A gap in front of a full window: room is made for what fills it. */
static void a_full_window_still_takes_what_is_missing(void **state)
{
    struct sn_sctp_config small = {.message_max = 4096, .receive_max = 8192};
    struct pair *pair = pair_connected(&small);

    for (int round = 0; round < 20; round++) {
        pair->net.pass = lose_one;
        lose_number = round;
        for (int i = 0; i < 8; i++)
            send_bytes(pair, 0, (uint16_t)(i % 2), 3900);
        net_run(&pair->net, SN_SECONDS(20));
        assert_int_equal(pair->ends[1].messages, 8 * (round + 1));
    }
    pair_destroy(pair);
}

static void too_large_a_message_ends_it(void **state)
{
    struct sn_sctp_config small = {.message_max = 4096};
    struct pair *pair = pair_connected(&small);

    send_bytes(pair, 0, 0, 4096);
    net_run(&pair->net, SN_SECONDS(1));
    assert_int_equal(pair->ends[1].messages, 1);
    send_bytes(pair, 0, 0, 4097);
    net_run(&pair->net, SN_SECONDS(1));
    assert_string_equal(pair->ends[1].cause, "the peer sent a message larger than allowed");
    assert_string_equal(pair->ends[0].cause, "aborted by the peer");
    pair_destroy(pair);
}

/* ---- resets ---- */

static void a_reset_comes_after_what_was_sent(void **state)
{
    struct pair *pair = pair_connected(NULL);

    send_text(pair, 0, 3, "a");
    send_bytes(pair, 0, 3, 50000);
    send_text(pair, 0, 3, "b");
    assert_int_equal(sn_sctp_reset(pair->ends[0].sctp, 3), 0);
    assert_int_equal(sn_sctp_send(pair->ends[0].sctp, 3, 51, false, SN_STR("c")),
                     SN_ERR_FAILED_PRECONDITION);
    net_run(&pair->net, SN_SECONDS(1));
    assert_string_equal(pair->ends[1].log, "3:a 3:b reset3 ");
    assert_string_equal(pair->ends[0].log, "done3 ");
    send_text(pair, 0, 3, "anew");
    net_run(&pair->net, SN_SECONDS(1));
    assert_string_equal(pair->ends[1].log, "3:a 3:b reset3 3:anew ");
    pair_destroy(pair);
}

static void many_resets_of_both_sides_cross(void **state)
{
    struct pair *pair = pair_connected(NULL);

    for (int i = 0; i < 2; i++)
        for (uint16_t stream = 0; stream < 20; stream++)
            assert_int_equal(sn_sctp_reset(pair->ends[i].sctp, stream), 0);
    net_run(&pair->net, SN_SECONDS(1));
    for (int i = 0; i < 2; i++) {
        assert_non_null(strstr(pair->ends[i].log, "reset19 "));
        assert_non_null(strstr(pair->ends[i].log, "done19 "));
    }
    pair_destroy(pair);
}

static void a_lost_reset_is_repeated(void **state)
{
    for (int lost = 0; lost < 3; lost++) {
        struct pair *pair = pair_connected(NULL);

        pair->net.pass = lose_one;
        lose_number = lost;
        assert_int_equal(sn_sctp_reset(pair->ends[0].sctp, 1), 0);
        net_run(&pair->net, SN_SECONDS(2));
        assert_string_equal(pair->ends[1].log, "reset1 ");
        assert_string_equal(pair->ends[0].log, "done1 ");
        pair_destroy(pair);
    }
}

static void a_reset_is_asked_for_once(void **state)
{
    struct pair *pair = pair_connected(NULL);

    assert_int_equal(sn_sctp_reset(pair->ends[0].sctp, 1), 0);
    sn_sctp_on_timeout(pair->ends[0].sctp, pair->net.now_ns);
    assert_true(pair->ends[0].sctp->reset_out);
    assert_int_equal(sn_sctp_reset(pair->ends[0].sctp, 1), 0);
    net_run(&pair->net, SN_SECONDS(2));
    assert_string_equal(pair->ends[1].log, "reset1 ");
    assert_string_equal(pair->ends[0].log, "done1 ");
    pair_destroy(pair);
}

static void a_peer_without_resets_is_spared(void **state)
{
    struct pair *pair = pair_connected(NULL);

    pair->ends[0].sctp->can_reset = false;
    assert_int_equal(sn_sctp_reset(pair->ends[0].sctp, 1), 0);
    assert_string_equal(pair->ends[0].log, ""); /* not from inside */
    net_run(&pair->net, SN_SECONDS(2));
    assert_string_equal(pair->ends[0].log, "done1 ");
    assert_string_equal(pair->ends[1].log, "");
    pair_destroy(pair);
}

/* Asking us to reset what we send, or for more streams: no. */
static void other_requests_are_denied(void **state)
{
    struct pair *pair = pair_connected(NULL);
    struct sn_sctp *sctp = pair->ends[1].sctp;
    uint8_t packet[SN_SCTP_MTU], value[12] = {0};
    struct raw raw = raw_begin(pair, 1);

    sctp_put16(value, 17);
    sctp_put16(value + 2, sizeof(value));
    sctp_put32(value + 4, sctp->peer_reset_seq);
    raw_chunk(&raw, SCTP_RECONFIG, 0, value, sizeof(value));
    raw_input(pair, 1, &raw);
    assert_int_equal(sn_sctp_output(sctp, packet, pair->net.now_ns), 28);
    assert_int_equal(packet[12], SCTP_RECONFIG);
    assert_int_equal(sctp_get16(packet + 16), 16);
    assert_int_equal(sctp_get32(packet + 20), sctp->peer_reset_seq - 1);
    assert_int_equal(sctp_get32(packet + 24), 2);
    pair_destroy(pair);
}

/* What comes before the data it comes after has to wait, and is asked for again: under the same
 * number, or, by browsers of some years, under the next. */
static void a_request_that_had_to_wait_may_have_another_number(void **state)
{
    for (uint32_t other = 0; other < 2; other++) {
        struct pair *pair = pair_connected(NULL);
        struct sn_sctp *sctp = pair->ends[1].sctp;
        uint8_t packet[SN_SCTP_MTU], value[18] = {[17] = 4};
        uint32_t seq = sctp->peer_reset_seq;
        struct raw raw = raw_begin(pair, 1);

        sctp_put16(value, 13);
        sctp_put16(value + 2, sizeof(value));
        sctp_put32(value + 4, seq);
        sctp_put32(value + 12, sctp->received_tsn + 1);
        raw_chunk(&raw, SCTP_RECONFIG, 0, value, sizeof(value));
        raw_input(pair, 1, &raw);
        assert_int_equal(sn_sctp_output(sctp, packet, pair->net.now_ns), 28);
        assert_int_equal(sctp_get32(packet + 24), 6); /* in progress */
        raw = raw_begin(pair, 1);
        raw_data_on(&raw, sctp->received_tsn + 1, SCTP_BEGIN | SCTP_END, 4, 0, SN_STR("last"));
        sctp_put32(value + 4, seq + other);
        raw_chunk(&raw, SCTP_RECONFIG, 0, value, sizeof(value));
        raw_input(pair, 1, &raw);
        assert_string_equal(pair->ends[1].log, "4:last reset4 ");
        assert_int_equal(sctp->answer_seq, seq + other);
        assert_int_equal(sctp->answer_result, 1);
        assert_int_equal(sctp->peer_reset_seq, seq + other + 1);
        pair_destroy(pair);
    }
}

static void a_request_without_a_list_means_all(void **state)
{
    struct pair *pair = pair_connected(&(struct sn_sctp_config){.streams = 3});
    struct sn_sctp *sctp = pair->ends[1].sctp;
    uint8_t packet[SN_SCTP_MTU], value[16] = {0};
    struct raw raw = raw_begin(pair, 1);

    sctp_put16(value, 13);
    sctp_put16(value + 2, sizeof(value));
    sctp_put32(value + 4, sctp->peer_reset_seq + 1); /* not its turn */
    sctp_put32(value + 12, sctp->received_tsn);
    raw_chunk(&raw, SCTP_RECONFIG, 0, value, sizeof(value));
    raw_input(pair, 1, &raw);
    assert_int_equal(sn_sctp_output(sctp, packet, pair->net.now_ns), 28);
    assert_int_equal(sctp_get32(packet + 24), 5);
    assert_string_equal(pair->ends[1].log, "");
    raw = raw_begin(pair, 1);
    sctp_put32(value + 4, sctp->peer_reset_seq);
    raw_chunk(&raw, SCTP_RECONFIG, 0, value, sizeof(value));
    raw_input(pair, 1, &raw);
    raw_input(pair, 1, &raw); /* asked again: answered, not done again */
    assert_string_equal(pair->ends[1].log, "reset0 reset1 reset2 ");
    assert_int_equal(sn_sctp_output(sctp, packet, pair->net.now_ns), 28);
    assert_int_equal(sctp_get32(packet + 24), 1);
    pair_destroy(pair);
}

static void resets_need_an_association_and_a_stream(void **state)
{
    struct pair *pair = pair_create(NULL);

    assert_int_equal(sn_sctp_reset(pair->ends[0].sctp, 0), SN_ERR_UNAVAILABLE);
    begin(pair);
    assert_int_equal(sn_sctp_reset(pair->ends[0].sctp, 64), SN_ERR_INVALID_ARGUMENT);
    pair_destroy(pair);
}

/* ---- ends ---- */

static void a_shutdown_delivers_first(void **state)
{
    struct pair *pair = pair_connected(NULL);

    send_bytes(pair, 0, 0, 60000);
    send_bytes(pair, 1, 0, 60000);
    sn_sctp_shutdown(pair->ends[0].sctp, pair->net.now_ns);
    assert_int_equal(sn_sctp_send(pair->ends[0].sctp, 0, 51, false, SN_STR("x")),
                     SN_ERR_UNAVAILABLE);
    net_run(&pair->net, SN_SECONDS(2));
    for (int i = 0; i < 2; i++) {
        assert_int_equal(pair->ends[i].bytes, 60000);
        assert_string_equal(pair->ends[i].cause, "shut down");
    }
    pair_destroy(pair);
}

static void a_shutdown_survives_a_loss(void **state)
{
    for (int lost = 0; lost < 4; lost++) {
        struct pair *pair = pair_connected(NULL);

        pair->net.pass = lose_one;
        lose_number = lost;
        sn_sctp_shutdown(pair->ends[0].sctp, pair->net.now_ns);
        net_run(&pair->net, SN_SECONDS(3));
        for (int i = 0; i < 2; i++)
            assert_string_equal(pair->ends[i].cause, "shut down");
        pair_destroy(pair);
    }
}

static void an_abort_is_heard(void **state)
{
    struct pair *pair = pair_connected(NULL);

    sn_sctp_abort(pair->ends[0].sctp);
    assert_string_equal(pair->ends[0].cause, "aborted");
    net_run(&pair->net, SN_SECONDS(1));
    assert_string_equal(pair->ends[1].cause, "aborted by the peer");
    assert_int_equal(sn_sctp_send(pair->ends[1].sctp, 0, 51, false, SN_STR("x")),
                     SN_ERR_UNAVAILABLE);
    pair_destroy(pair);
}

/* A heap that has only so many blocks left. */
static size_t blocks_left;

static void *scarce_get(struct sn_block_source *source, size_t size)
{
    if (!blocks_left)
        return NULL;
    blocks_left--;
    return sn_heap.get(&sn_heap, size);
}

static void scarce_put(struct sn_block_source *source, void *memory, size_t size)
{
    sn_heap.put(&sn_heap, memory, size);
}

/* With too little memory for a while, whenever that begins: late, but right. */
static void short_memory_delays_but_breaks_nothing(void **state)
{
    static struct sn_block_source scarce = {scarce_get, scarce_put};

    for (size_t blocks = 2; blocks < 40; blocks++) {
        struct pair *pair = pair_create(&(struct sn_sctp_config){.retransmits_max = 100});

        pair->net.loss = 100;
        pair->pool.source = &scarce;
        blocks_left = blocks;
        sn_sctp_start(pair->ends[0].sctp, pair->net.now_ns);
        net_run(&pair->net, SN_SECONDS(5));
        size_t sent = 0;
        for (int i = 0; i < 30 && pair->ends[0].connected; i++) {
            static char bytes[9000];

            sent += sn_sctp_send(pair->ends[0].sctp, 0, 53, false,
                                 (struct sn_str){bytes, sizeof(bytes)}) == 0;
        }
        net_run(&pair->net, SN_SECONDS(5));
        blocks_left = 10000;
        net_run(&pair->net, SN_SECONDS(100));
        assert_true(pair->ends[0].connected);
        assert_int_equal(pair->ends[1].messages, sent);
        pair->pool.source = &sn_heap;
        pair_destroy(pair);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_checksum_is_crc32c),
        cmocka_unit_test(one_end_begins),
        cmocka_unit_test(both_begin_at_once),
        cmocka_unit_test(a_handshake_survives_a_loss),
        cmocka_unit_test(nobody_there_is_told),
        cmocka_unit_test(streams_are_the_fewer),
        cmocka_unit_test(what_cannot_be_sent_is_refused),
        cmocka_unit_test(a_good_path_is_used),
        cmocka_unit_test(room_follows_the_pace),
        cmocka_unit_test(a_lost_packet_is_sent_again_at_once),
        cmocka_unit_test(a_lost_tail_waits_for_the_timer),
        cmocka_unit_test(streams_do_not_wait_for_each_other),
        cmocka_unit_test(unordered_messages_overtake),
        cmocka_unit_test(a_dead_peer_is_given_up),
        cmocka_unit_test(silence_is_asked_for_life),
        cmocka_unit_test(a_receiver_that_gives_no_credit_stops_the_sender),
        cmocka_unit_test(a_full_window_still_takes_what_is_missing),
        cmocka_unit_test(too_large_a_message_ends_it),
        cmocka_unit_test(a_reset_comes_after_what_was_sent),
        cmocka_unit_test(many_resets_of_both_sides_cross),
        cmocka_unit_test(a_lost_reset_is_repeated),
        cmocka_unit_test(a_reset_is_asked_for_once),
        cmocka_unit_test(a_request_that_had_to_wait_may_have_another_number),
        cmocka_unit_test(a_peer_without_resets_is_spared),
        cmocka_unit_test(other_requests_are_denied),
        cmocka_unit_test(a_request_without_a_list_means_all),
        cmocka_unit_test(resets_need_an_association_and_a_stream),
        cmocka_unit_test(a_shutdown_delivers_first),
        cmocka_unit_test(a_shutdown_survives_a_loss),
        cmocka_unit_test(an_abort_is_heard),
        cmocka_unit_test(short_memory_delays_but_breaks_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
