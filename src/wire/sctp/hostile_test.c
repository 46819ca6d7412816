/* SPDX-License-Identifier: Apache-2.0
 *
 * Packets that can't be right, a peer that gives messages up, and what such peers can make us
 * hold.
 */
#include "wire/sctp/pair_testing.h"

/* ---- what can't be right ---- */

static void foreign_packets_are_dropped(void **state)
{
    struct pair *pair = pair_connected(NULL);
    struct raw raw = raw_begin(pair, 1);
    uint64_t dropped = stats_of(pair, 1).dropped;

    raw_chunk(&raw, SCTP_ABORT, 0, "", 0);
    raw.bytes[7] ^= 1; /* another tag */
    raw_input(pair, 1, &raw);
    raw.bytes[7] ^= 1;
    raw.bytes[1] ^= 1; /* another port */
    raw_input(pair, 1, &raw);
    raw.bytes[1] ^= 1;
    sctp_put32(raw.bytes + 8, sctp_checksum(raw.bytes, raw.len) ^ 1);
    sn_sctp_input(pair->ends[1].sctp, (struct sn_str){(const char *)raw.bytes, raw.len}, 0);
    sn_sctp_input(pair->ends[1].sctp, (struct sn_str){(const char *)raw.bytes, 11}, 0);
    assert_int_equal(stats_of(pair, 1).dropped - dropped, 4);
    assert_null(pair->ends[1].cause);
    raw_input(pair, 1, &raw);
    assert_string_equal(pair->ends[1].cause, "aborted by the peer");
    pair_destroy(pair);
}

static void chunks_that_make_no_message_end_it(void **state)
{
    static const uint8_t flags[][2] = {
        {0, 0},                                  /* a middle without a beginning */
        {SCTP_BEGIN, SCTP_BEGIN},                /* two beginnings */
        {SCTP_BEGIN, SCTP_END | SCTP_UNORDERED}, /* two kinds */
        {SCTP_BEGIN | SCTP_END, SCTP_END},       /* two ends */
    };

    for (size_t i = 0; i < sizeof(flags) / sizeof(*flags); i++) {
        struct pair *pair = pair_connected(NULL);
        uint32_t tsn = pair->ends[1].sctp->received_tsn;
        struct raw raw = raw_begin(pair, 1);

        raw_data(&raw, tsn + 1, flags[i][0], 0, "a");
        raw_data(&raw, tsn + 2, flags[i][1], 0, "b");
        raw_input(pair, 1, &raw);
        assert_string_equal(pair->ends[1].cause, "the peer sent chunks that make no message");
        pair_destroy(pair);
    }
}

static void a_chunk_without_data_ends_it(void **state)
{
    struct pair *pair = pair_connected(NULL);
    struct raw raw = raw_begin(pair, 1);

    raw_data(&raw, pair->ends[1].sctp->received_tsn + 1, 3, 0, "");
    raw_input(pair, 1, &raw);
    assert_string_equal(pair->ends[1].cause, "the peer sent a chunk without data");
    pair_destroy(pair);
}

static void far_tsns_and_absurd_acks_change_nothing(void **state)
{
    struct pair *pair = pair_connected(NULL);
    struct sn_sctp *sctp = pair->ends[1].sctp;
    struct raw raw = raw_begin(pair, 1);
    uint8_t sack[16] = {0};

    raw_data(&raw, sctp->received_tsn + 100000, 3, 0, "far");
    sctp_put32(sack, sctp->next_tsn + 5); /* what was never sent */
    raw_chunk(&raw, SCTP_SACK, 0, sack, 12);
    sctp_put32(sack, sctp->next_tsn - 1);
    sctp_put16(sack + 8, 1000); /* gaps that aren't there */
    raw_chunk(&raw, SCTP_SACK, 0, sack, 16);
    raw_chunk(&raw, SCTP_SHUTDOWN, 0, "\1\2", 2);
    raw_input(pair, 1, &raw);
    assert_int_equal(stats_of(pair, 1).refused, 1);
    send_text(pair, 0, 0, "on");
    send_text(pair, 1, 0, "and on");
    net_run(&pair->net, SN_SECONDS(1));
    assert_string_equal(pair->ends[1].log, "0:on ");
    assert_string_equal(pair->ends[0].log, "0:and on ");
    pair_destroy(pair);
}

/* Each of them in its own packet, far from each other: the count is bounded. */
static void what_waits_behind_a_gap_is_bounded(void **state)
{
    struct pair *pair = pair_connected(NULL);
    struct sn_sctp *sctp = pair->ends[1].sctp;
    uint32_t first = sctp->received_tsn + 2;

    for (uint32_t i = 0; i < 5000; i++) {
        struct raw raw = raw_begin(pair, 1);

        raw_data(&raw, first + 2 * i, 3, (uint16_t)(1 + i), "x");
        raw_input(pair, 1, &raw);
    }
    assert_int_equal(sctp->early_count, SCTP_EARLY_MAX);
    assert_int_equal(stats_of(pair, 1).refused, 5000 - SCTP_EARLY_MAX);
    assert_true(stats_of(pair, 1).blocks < 130);
    pair_destroy(pair);
}

/* What comes in order behind a gap costs nothing, but the middle is searched for: the chunks of one
 * packet must not make us do that for long. */
static void searching_behind_a_gap_is_bounded(void **state)
{
    struct pair *pair = pair_connected(NULL);
    struct sn_sctp *sctp = pair->ends[1].sctp;
    uint32_t first = sctp->received_tsn + 2;
    struct raw raw;

    for (uint32_t i = 0; i < 1500; i++) {
        if (i % 50 == 0)
            raw = raw_begin(pair, 1);
        raw_data(&raw, first + 2 * i, 3, (uint16_t)(1 + i), "x");
        if (i % 50 == 49)
            raw_input(pair, 1, &raw);
    }
    assert_int_equal(sctp->early_count, 1500);
    raw = raw_begin(pair, 1);
    for (uint32_t i = 0; i < 50; i++)
        raw_data(&raw, first + 2 * (1450 + i) - 1, 3, 9, "y");
    raw_input(pair, 1, &raw);
    assert_true(sctp->steps <= SCTP_STEPS_MAX + SCTP_EARLY_MAX);
    assert_in_range(stats_of(pair, 1).refused, 40, 49);
    raw = raw_begin(pair, 1);
    for (uint32_t i = 0; i < 5; i++)
        raw_data(&raw, first + 2 * (1495 + i) - 1, 3, 9, "y");
    raw_input(pair, 1, &raw); /* again, with fewer others */
    assert_true(sctp->steps <= SCTP_STEPS_MAX);
    assert_int_equal(sctp->early_count, 1500 + (50 - stats_of(pair, 1).refused) + 5);
    pair_destroy(pair);
}

/* Tiny messages that nobody acknowledges: few are on their way at a time, so that SACKs are cheap,
 * and of several in a packet the first counts. */
static void unacknowledged_chunks_are_bounded(void **state)
{
    struct pair *pair = pair_connected(NULL);
    struct sn_sctp *sctp = pair->ends[1].sctp;
    uint8_t packet[SN_SCTP_MTU], sack[12] = {0};
    struct raw raw = raw_begin(pair, 1);

    sctp->cwnd = sctp->peer_window = 1 << 20;
    for (int i = 0; i < 6000; i++)
        assert_int_equal(sn_sctp_send(sctp, 0, 53, false, SN_STR("tiny")), 0);
    for (int i = 0; i < 1000; i++) {
        sctp->burst = SCTP_BURST_MAX;
        sn_sctp_output(sctp, packet, pair->net.now_ns);
    }
    assert_int_equal(sctp->sent_count, SCTP_SENT_MAX);
    sctp_put32(sack + 4, 1 << 20);
    for (uint32_t i = 1; i <= 3; i++) {
        sctp_put32(sack, sctp->acked_tsn + 10 * i);
        raw_chunk(&raw, SCTP_SACK, 0, sack, sizeof(sack));
    }
    raw_input(pair, 1, &raw);
    assert_int_equal(sctp->sent_count, SCTP_SENT_MAX - 10);
    sn_sctp_output(sctp, packet, pair->net.now_ns);
    assert_int_equal(sctp->sent_count, SCTP_SENT_MAX);
    pair_destroy(pair);
}

static void raw_kilobyte(struct pair *pair, uint32_t tsn, uint16_t ssn)
{
    static char bytes[1000];
    struct raw raw = raw_begin(pair, 1);

    raw_data_on(&raw, tsn, SCTP_BEGIN | SCTP_END, 0, ssn, (struct sn_str){bytes, sizeof(bytes)});
    raw_input(pair, 1, &raw);
}

/* What waits behind a gap fills the window: the last of it is dropped for what fills the gap. */
static void room_is_made_for_what_is_missing(void **state)
{
    struct sn_sctp_config small = {.message_max = 4096, .receive_max = 8192};
    struct pair *pair = pair_connected(&small);
    struct sn_sctp *sctp = pair->ends[1].sctp;
    uint32_t tsn = sctp->received_tsn;

    for (uint16_t i = 1; i <= 8; i++)
        raw_kilobyte(pair, tsn + 1 + i, i);
    assert_int_equal(sctp->early_count, 8);
    raw_kilobyte(pair, tsn + 10, 9); /* there is no room for more */
    assert_int_equal(stats_of(pair, 1).refused, 1);
    assert_int_equal(pair->ends[1].messages, 0);
    raw_kilobyte(pair, tsn + 1, 0);
    assert_int_equal(pair->ends[1].messages, 8);
    assert_int_equal(sctp->received_tsn, tsn + 8);
    raw_kilobyte(pair, tsn + 9, 8); /* sent again */
    assert_int_equal(pair->ends[1].messages, 9);
    assert_int_equal(stats_of(pair, 1).received, 0);
    pair_destroy(pair);
}

static void streams_not_agreed_to_are_acknowledged_only(void **state)
{
    struct pair *pair = pair_connected(&(struct sn_sctp_config){.streams = 4});
    struct sn_sctp *sctp = pair->ends[1].sctp;
    uint32_t tsn = sctp->received_tsn;
    struct raw raw = raw_begin(pair, 1);

    raw_data_on(&raw, tsn + 1, 3, 4, 0, SN_STR("beyond"));
    raw_data_on(&raw, tsn + 3, 3, 9, 0, SN_STR("and early"));
    raw_data(&raw, tsn + 2, 3, 0, "here");
    raw_input(pair, 1, &raw);
    assert_string_equal(pair->ends[1].log, "0:here ");
    assert_int_equal(sctp->received_tsn, tsn + 3);
    pair_destroy(pair);
}

static void duplicates_are_reported(void **state)
{
    struct pair *pair = pair_connected(NULL);
    struct sn_sctp *sctp = pair->ends[1].sctp;
    uint32_t tsn = sctp->received_tsn;
    uint8_t packet[SN_SCTP_MTU];
    struct raw raw = raw_begin(pair, 1);

    raw_data(&raw, tsn + 1, 3, 0, "a");
    raw_data(&raw, tsn + 1, 3, 0, "a");
    raw_data(&raw, tsn + 3, 3, 2, "c");
    raw_data(&raw, tsn + 3, 3, 2, "c");
    raw_input(pair, 1, &raw);
    assert_string_equal(pair->ends[1].log, "0:a ");
    assert_int_equal(sn_sctp_output(sctp, packet, pair->net.now_ns), 12 + 16 + 4 + 8);
    assert_int_equal(packet[12], SCTP_SACK);
    assert_int_equal(sctp_get32(packet + 16), tsn + 1);
    assert_int_equal(sctp_get32(packet + 24), 1 << 16 | 2); /* one gap, two duplicates */
    assert_int_equal(sctp_get32(packet + 28), 2 << 16 | 2);
    assert_int_equal(sctp_get32(packet + 32), tsn + 1);
    assert_int_equal(sctp_get32(packet + 36), tsn + 3);
    pair_destroy(pair);
}

/* A peer that lost its state aborts with our own tag. */
static void a_reflected_abort_is_heard(void **state)
{
    struct pair *pair = pair_connected(NULL);
    struct raw raw = raw_begin(pair, 1);

    sctp_put32(raw.bytes + 4, pair->ends[1].sctp->peer_tag);
    raw_chunk(&raw, SCTP_ABORT, 0, "", 0);
    raw_input(pair, 1, &raw);
    assert_null(pair->ends[1].cause); /* not without the flag */
    raw.bytes[SCTP_HEADER_LEN + 1] = SCTP_REFLECTED;
    raw_input(pair, 1, &raw);
    assert_string_equal(pair->ends[1].cause, "aborted by the peer");
    pair_destroy(pair);
}

static void malformed_handshakes_are_dropped(void **state)
{
    struct pair *pair = pair_create(NULL);
    uint8_t init[20] = {0};
    struct raw raw = raw_begin(pair, 1);

    sctp_put32(raw.bytes + 4, 0);
    raw_chunk(&raw, SCTP_INIT, 0, init, sizeof(init)); /* tag 0, no streams */
    raw_input(pair, 1, &raw);
    raw = raw_begin(pair, 1);
    sctp_put32(raw.bytes + 4, 0);
    raw_chunk(&raw, SCTP_INIT, 0, init, 8);
    raw_input(pair, 1, &raw);
    raw = raw_begin(pair, 1);
    raw_chunk(&raw, SCTP_COOKIE_ECHO, 0, init, sizeof(init)); /* not ours */
    raw_input(pair, 1, &raw);
    raw = raw_begin(pair, 1);
    raw_chunk(&raw, SCTP_DATA, 3, init, sizeof(init));
    raw_input(pair, 1, &raw);
    assert_int_equal(stats_of(pair, 1).dropped, 3);
    sn_sctp_start(pair->ends[1].sctp, 0);
    raw = raw_begin(pair, 1);
    raw_chunk(&raw, SCTP_INIT_ACK, 0, init, sizeof(init)); /* no cookie */
    raw_input(pair, 1, &raw);
    assert_int_equal(stats_of(pair, 1).dropped, 4);
    begin(pair);
    pair_destroy(pair);
}

/* ---- what the peer gives up ---- */

static void forward(struct pair *pair, uint32_t tsn, uint16_t stream, uint16_t ssn)
{
    struct raw raw = raw_begin(pair, 1);
    uint8_t value[8];

    sctp_put32(value, tsn);
    sctp_put16(value + 4, stream);
    sctp_put16(value + 6, ssn);
    raw_chunk(&raw, SCTP_FORWARD_TSN, 0, value, sizeof(value));
    raw_input(pair, 1, &raw);
}

static void abandoned_messages_are_passed_over(void **state)
{
    struct pair *pair = pair_connected(NULL);
    uint32_t tsn = pair->ends[1].sctp->received_tsn;
    struct raw raw = raw_begin(pair, 1);

    raw_data(&raw, tsn + 1, SCTP_BEGIN, 0, "half");
    raw_data(&raw, tsn + 4, SCTP_BEGIN | SCTP_END, 2, "kept");
    raw_data(&raw, tsn + 6, SCTP_END, 3, "piece");
    raw_input(pair, 1, &raw);
    assert_string_equal(pair->ends[1].log, "");
    forward(pair, tsn + 6, 0, 3); /* 0, 1 and 3 are given up */
    assert_string_equal(pair->ends[1].log, "0:kept ");
    raw = raw_begin(pair, 1);
    raw_data(&raw, tsn + 7, SCTP_BEGIN | SCTP_END, 4, "next");
    raw_input(pair, 1, &raw);
    assert_string_equal(pair->ends[1].log, "0:kept 0:next ");
    forward(pair, tsn + 2, 0, 1);     /* an old one */
    forward(pair, tsn + 9, 60000, 1); /* a stream that isn't there */
    assert_int_equal(pair->ends[1].sctp->received_tsn, tsn + 9);
    assert_null(pair->ends[1].cause);
    pair_destroy(pair);
}

static void unknown_chunks_do_what_their_type_says(void **state)
{
    struct pair *pair = pair_connected(NULL);
    uint32_t tsn = pair->ends[1].sctp->received_tsn;
    struct raw raw = raw_begin(pair, 1);

    raw_chunk(&raw, 0xc7, 0, "abc", 3); /* go on */
    raw_data(&raw, tsn + 1, 3, 0, "a");
    raw_chunk(&raw, 0x47, 0, "abc", 3); /* stop */
    raw_data(&raw, tsn + 2, 3, 1, "b");
    raw_input(pair, 1, &raw);
    assert_string_equal(pair->ends[1].log, "0:a ");
    pair_destroy(pair);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(foreign_packets_are_dropped),
        cmocka_unit_test(chunks_that_make_no_message_end_it),
        cmocka_unit_test(a_chunk_without_data_ends_it),
        cmocka_unit_test(far_tsns_and_absurd_acks_change_nothing),
        cmocka_unit_test(what_waits_behind_a_gap_is_bounded),
        cmocka_unit_test(searching_behind_a_gap_is_bounded),
        cmocka_unit_test(unacknowledged_chunks_are_bounded),
        cmocka_unit_test(room_is_made_for_what_is_missing),
        cmocka_unit_test(streams_not_agreed_to_are_acknowledged_only),
        cmocka_unit_test(duplicates_are_reported),
        cmocka_unit_test(a_reflected_abort_is_heard),
        cmocka_unit_test(malformed_handshakes_are_dropped),
        cmocka_unit_test(abandoned_messages_are_passed_over),
        cmocka_unit_test(unknown_chunks_do_what_their_type_says),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
