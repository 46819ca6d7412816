/* SPDX-License-Identifier: Apache-2.0
 *
 * DTLS against itself over a link that loses, repeats, reorders and corrupts, in simulated time:
 * gettimeofday(), which OpenSSL asks, is this program's own.
 */
#include "base/random.h"
#include "net/dtls_private.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

#include <cmocka.h>

enum { MTU = 1200, RUNS = 400, IN_FLIGHT_MAX = 256, MESSAGES = 20 };

static uint64_t now_ns;

int gettimeofday(struct timeval *restrict ret, void *restrict zone)
{
    ret->tv_sec = (time_t)(now_ns / SN_SECONDS(1));
    ret->tv_usec = (suseconds_t)(now_ns % SN_SECONDS(1) / 1000);
    return 0;
}

/* ---- two sides and what is between them ---- */

struct side {
    struct link *link;
    struct sn_dtls *dtls;
    struct side *peer;
    size_t connects, ends, datagrams, got;
    int code;
    const char *cause;
    uint32_t seen; /* messages, as bits */
    bool destroy_on_connect, destroy_on_receive, close_on_receive;
};

struct datagram {
    struct side *to;
    uint64_t due_ns;
    size_t len;
    uint8_t bytes[MTU];
};

/* Chances in thousandths. */
struct link {
    struct sn_timers timers;
    struct sn_random random;
    uint32_t lose, repeat, corrupt;
    uint64_t jitter_ns;
    size_t mtu;
    struct datagram flying[IN_FLIGHT_MAX];
    size_t count;
    struct side a, b; /* a is active */
};

static bool happens(struct link *link, uint32_t chance)
{
    return sn_random_next(&link->random) % 1000 < chance;
}

static void fly(struct side *to, const uint8_t *bytes, size_t len)
{
    struct link *link = to->link;

    assert_true(link->count < IN_FLIGHT_MAX);
    struct datagram *datagram = &link->flying[link->count++];
    datagram->to = to;
    datagram->due_ns = now_ns + SN_MS(1) + sn_random_next(&link->random) % (link->jitter_ns + 1);
    datagram->len = len;
    memcpy(datagram->bytes, bytes, len);
    if (happens(link, link->corrupt))
        datagram->bytes[sn_random_next(&link->random) % len] ^=
            (uint8_t)(1 + sn_random_next(&link->random) % 255);
}

static void on_send(struct sn_dtls *dtls, const uint8_t *bytes, size_t len)
{
    struct side *side = sn_dtls_owner(dtls);
    struct link *link = side->link;

    assert_in_range(len, 1, link->mtu);
    assert_in_range(bytes[0], SN_DTLS_FIRST_MIN, SN_DTLS_FIRST_MAX);
    side->datagrams++;
    if (happens(link, link->lose))
        return;
    fly(side->peer, bytes, len);
    if (happens(link, link->repeat))
        fly(side->peer, bytes, len);
}

static void on_connected(struct sn_dtls *dtls)
{
    struct side *side = sn_dtls_owner(dtls);

    side->connects++;
    if (side->destroy_on_connect) {
        sn_dtls_destroy(dtls);
        side->dtls = NULL;
    }
}

static void on_received(struct sn_dtls *dtls, const uint8_t *bytes, size_t len)
{
    struct side *side = sn_dtls_owner(dtls);

    assert_in_range(bytes[0], 0, MESSAGES - 1);
    for (size_t i = 1; i < len; i++)
        assert_int_equal(bytes[i], (uint8_t)(bytes[0] + i));
    assert_false(side->seen >> bytes[0] & 1); /* none comes twice */
    side->seen |= 1u << bytes[0];
    side->got++;
    if (side->close_on_receive)
        sn_dtls_close(dtls);
    if (side->destroy_on_receive) {
        sn_dtls_destroy(dtls);
        side->dtls = NULL;
    }
}

static void on_ended(struct sn_dtls *dtls, int code, const char *cause)
{
    struct side *side = sn_dtls_owner(dtls);

    side->ends++;
    side->code = code;
    side->cause = cause;
}

static const struct sn_dtls_events events = {on_send, on_connected, on_received, on_ended};

static struct sn_dtls_identity *identities[2];

static void create_side(struct side *side, struct link *link, struct side *peer, int own,
                        const struct sn_dtls_fingerprint *expected)
{
    struct sn_dtls_options options = {
        .timers = &link->timers,
        .identity = identities[own],
        .active = own == 0,
        .peer = *expected,
        .mtu = link->mtu,
        .events = &events,
        .owner = side,
    };
    struct sn_error error = {0};

    side->link = link;
    side->peer = peer;
    if (sn_dtls_create(&options, &side->dtls, &error))
        fail_msg("%s", error.text);
}

static void open_link(struct link *link, uint64_t seed, size_t mtu)
{
    *link = (struct link){.mtu = mtu, .timers.now_ns = now_ns};
    sn_random_init(&link->random, seed);
    create_side(&link->a, link, &link->b, 0, sn_dtls_identity_fingerprint(identities[1]));
    create_side(&link->b, link, &link->a, 1, sn_dtls_identity_fingerprint(identities[0]));
    sn_dtls_start(link->a.dtls);
    sn_dtls_start(link->b.dtls);
}

static void close_link(struct link *link)
{
    sn_dtls_destroy(link->a.dtls);
    sn_dtls_destroy(link->b.dtls);
    assert_int_equal(sn_timers_next(&link->timers), UINT64_MAX);
}

/* The next thing happens. False when nothing will. */
static bool step(struct link *link)
{
    uint64_t next = sn_timers_next(&link->timers);
    size_t at = link->count;

    for (size_t i = 0; i < link->count; i++) {
        if (link->flying[i].due_ns < next) {
            next = link->flying[i].due_ns;
            at = i;
        }
    }
    if (next == UINT64_MAX)
        return false;
    now_ns = next > now_ns ? next : now_ns;
    if (at == link->count) {
        sn_timers_advance(&link->timers, now_ns);
        return true;
    }
    struct datagram datagram = link->flying[at];
    link->flying[at] = link->flying[--link->count];
    link->timers.now_ns = now_ns;
    if (datagram.to->dtls)
        sn_dtls_receive(datagram.to->dtls, datagram.bytes, datagram.len);
    return true;
}

static void settle(struct link *link)
{
    while (step(link)) {
    }
}

static void send_all(struct side *side)
{
    uint8_t bytes[MTU];

    for (int i = 0; i < MESSAGES; i++) {
        size_t len = 1 + sn_random_next(&side->link->random) % (side->link->mtu - SN_DTLS_OVERHEAD);

        for (size_t j = 0; j < len; j++)
            bytes[j] = (uint8_t)(i + (int)j);
        assert_int_equal(sn_dtls_send(side->dtls, bytes, len), 0);
    }
}

/* ---- what works ---- */

static void test_meet(void **state)
{
    struct link *link = malloc(sizeof(*link));
    uint8_t keys[2][60], byte = 0, large[MTU] = {0};

    open_link(link, 1, MTU);
    assert_int_equal(sn_dtls_send(link->a.dtls, &byte, 1), SN_ERR_UNAVAILABLE);
    assert_int_equal(sn_dtls_export(link->a.dtls, "x", keys[0], 60), SN_ERR_UNAVAILABLE);
    settle(link);
    assert_true(sn_dtls_is_connected(link->a.dtls) && sn_dtls_is_connected(link->b.dtls));
    assert_int_equal(link->a.connects, 1);
    assert_int_equal(link->b.connects, 1);
    assert_in_range(link->a.datagrams, 2, 3);
    assert_in_range(link->b.datagrams, 2, 3);

    assert_int_equal(sn_dtls_srtp_profile(link->a.dtls), SN_DTLS_SRTP_AEAD_AES_256_GCM);
    assert_int_equal(sn_dtls_srtp_profile(link->b.dtls), SN_DTLS_SRTP_AEAD_AES_256_GCM);
    for (int i = 0; i < 2; i++)
        assert_int_equal(
            sn_dtls_export(i ? link->b.dtls : link->a.dtls, "EXTRACTOR-dtls_srtp", keys[i], 60), 0);
    assert_memory_equal(keys[0], keys[1], 60);

    send_all(&link->a);
    send_all(&link->b);
    settle(link);
    assert_int_equal(link->a.got, MESSAGES);
    assert_int_equal(link->b.got, MESSAGES);
    assert_int_equal(sn_dtls_send(link->a.dtls, large, MTU - SN_DTLS_OVERHEAD + 1),
                     SN_ERR_INVALID_ARGUMENT);
    assert_int_equal(sn_dtls_send(link->a.dtls, large, 0), SN_ERR_INVALID_ARGUMENT);

    sn_dtls_close(link->b.dtls);
    settle(link);
    assert_int_equal(link->a.ends, 1);
    assert_int_equal(link->a.code, 0);
    assert_int_equal(link->b.ends, 0);
    assert_int_equal(sn_dtls_send(link->a.dtls, &byte, 1), SN_ERR_UNAVAILABLE);
    close_link(link);
    free(link);
}

static void test_lossy_links(void **state)
{
    struct link *link = malloc(sizeof(*link));
    size_t flights = 0;

    for (uint64_t seed = 0; seed < RUNS; seed++) {
        open_link(link, seed, seed % 3 ? MTU : SN_DTLS_MTU_MIN);
        link->lose = seed % 2 ? 250 : 100;
        link->repeat = 100;
        link->jitter_ns = SN_MS(seed % 80);
        uint64_t begin_ns = now_ns;
        while (step(link) && !(link->a.connects && link->b.connects)) {
        }
        if (!link->a.connects || !link->b.connects)
            fail_msg("seed %u: %s, %s", (unsigned)seed, link->a.cause, link->b.cause);
        assert_true(now_ns - begin_ns < SN_SECONDS(25));
        link->corrupt = 50; /* what a handshake doesn't survive: UDP's checksum is not here */
        flights += link->a.datagrams + link->b.datagrams;
        send_all(&link->a);
        send_all(&link->b);
        settle(link);
        assert_in_range(link->a.got, 1, MESSAGES);
        assert_in_range(link->b.got, 1, MESSAGES);
        assert_int_equal(link->a.connects + link->b.connects, 2);
        assert_int_equal(link->a.ends + link->b.ends, 0);
        close_link(link);
    }
    assert_true(flights > 6 * (size_t)RUNS);
    free(link);
}

/* ---- who is refused ---- */

static void test_strangers(void **state)
{
    struct link *link = malloc(sizeof(*link));

    for (int wrong = 0; wrong < 2; wrong++) {
        open_link(link, 7, MTU);
        struct side *side = wrong ? &link->b : &link->a;
        struct side *other = wrong ? &link->a : &link->b;
        struct sn_dtls_fingerprint expected = *sn_dtls_identity_fingerprint(identities[!wrong]);

        close_link(link);
        *link = (struct link){.mtu = MTU, .timers.now_ns = now_ns};
        expected.digest[31] ^= 1;
        create_side(side, link, other, wrong, &expected);
        create_side(other, link, side, !wrong, sn_dtls_identity_fingerprint(identities[wrong]));
        sn_dtls_start(link->a.dtls);
        settle(link);
        assert_int_equal(side->connects, 0);
        assert_int_equal(side->code, SN_ERR_UNAVAILABLE);
        assert_string_equal(side->cause, "the peer's certificate has another fingerprint");
        assert_int_equal(other->ends, 1); /* by the alert */
        assert_int_equal(other->code, SN_ERR_UNAVAILABLE);
        close_link(link);
    }
    free(link);
}

static void test_nobody_answers(void **state)
{
    struct link *link = malloc(sizeof(*link));

    open_link(link, 3, MTU);
    link->lose = 1000;
    link->count = 0;
    uint64_t begin_ns = now_ns;
    settle(link);
    assert_int_equal(link->a.code, SN_ERR_UNAVAILABLE);
    assert_string_equal(link->a.cause, "the peer does not answer the handshake");
    assert_in_range((now_ns - begin_ns) / SN_SECONDS(1), 15, 40);
    assert_in_range(link->a.datagrams, 10, 14);
    assert_int_equal(link->b.ends, 0);
    close_link(link);
    free(link);
}

static void throw(struct link * link, struct side *side, size_t count)
{
    uint8_t bytes[2000];

    for (size_t i = 0; i < count; i++) {
        size_t len = sn_random_next(&link->random) % sizeof(bytes);

        for (size_t j = 0; j < len; j++)
            bytes[j] = (uint8_t)sn_random_next(&link->random);
        if (len > 13 && i % 2) { /* looks like a record */
            static const uint8_t types[] = {20, 21, 22, 23, 24};

            bytes[0] = types[i / 2 % 5];
            bytes[1] = 254;
            bytes[2] = i % 3 ? 253 : 255;
            bytes[3] = 0;
            bytes[4] = i % 7 == 0;
            bytes[11] = (uint8_t)((len - 13) >> 8);
            bytes[12] = (uint8_t)(len - 13);
            if (i % 4 == 1)
                bytes[21] = bytes[18] = bytes[14] = 0;
        }
        sn_dtls_receive(side->dtls, bytes, len);
    }
}

/* What isn't from the peer changes nothing once both know each other. */
static void test_garbage(void **state)
{
    struct link *link = malloc(sizeof(*link));

    open_link(link, 5, MTU);
    settle(link);
    throw(link, &link->a, 2000);
    throw(link, &link->b, 2000);
    settle(link);
    send_all(&link->a);
    send_all(&link->b);
    settle(link);
    assert_int_equal(link->a.got, MESSAGES);
    assert_int_equal(link->b.got, MESSAGES);
    assert_int_equal(link->a.ends + link->b.ends, 0);
    close_link(link);

    /* Before that it may end a handshake, but nothing else. */
    for (uint64_t seed = 0; seed < 50; seed++) {
        open_link(link, seed, MTU);
        for (size_t i = 0; i < seed % 6; i++)
            step(link);
        throw(link, &link->a, 50);
        throw(link, &link->b, 50);
        settle(link);
        close_link(link);
    }
    free(link);
}

/* ---- ends from inside ---- */

static void test_destroyed_from_inside(void **state)
{
    struct link *link = malloc(sizeof(*link));

    open_link(link, 11, MTU);
    link->a.destroy_on_connect = true;
    settle(link);
    assert_null(link->a.dtls);
    close_link(link);

    open_link(link, 12, MTU);
    settle(link);
    link->b.destroy_on_receive = true;
    link->a.close_on_receive = true;
    send_all(&link->a);
    send_all(&link->b);
    settle(link);
    assert_null(link->b.dtls);
    assert_int_equal(link->a.got, 1);
    close_link(link);
    free(link);
}

/* ---- fingerprints ---- */

static void test_fingerprints(void **state)
{
    static const char hex[] = "0a:1B:2c:3D:4e:5F:60:71:82:93:A4:B5:C6:D7:E8:F9:"
                              "00:11:22:33:44:55:66:77:88:99:aa:bb:cc:dd:ee:ff";
    static const char *const bad[] = {"",           " ",         "sha-256", "sha-256 ",
                                      "sha-256 0A", "md5 0A:1B", "x",       "sha-1 00:11:22:33"};
    struct sn_dtls_fingerprint fingerprint, again;
    char text[SN_DTLS_FINGERPRINT_TEXT];
    struct sn_error error;

    snprintf(text, sizeof(text), "SHA-256 %s", hex);
    assert_int_equal(sn_dtls_fingerprint_parse(sn_str_of(text), &fingerprint, &error), 0);
    assert_int_equal(fingerprint.len, 32);
    assert_int_equal(fingerprint.digest[1], 0x1b);
    sn_dtls_fingerprint_format(&fingerprint, text);
    assert_memory_equal(text, "sha-256 0A:1B:2C", 16);
    assert_int_equal(strlen(text), 8 + 95);
    assert_int_equal(sn_dtls_fingerprint_parse(sn_str_of(text), &again, &error), 0);
    assert_memory_equal(&fingerprint, &again, sizeof(again));
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_int_equal(sn_dtls_fingerprint_parse(sn_str_of(bad[i]), &again, &error),
                         SN_ERR_INVALID_ARGUMENT);
    text[20] = 'x';
    assert_int_equal(sn_dtls_fingerprint_parse(sn_str_of(text), &again, &error),
                     SN_ERR_INVALID_ARGUMENT);
    assert_non_null(strstr(error.text, "not 32 bytes"));
    assert_int_equal(sn_dtls_fingerprint_parse((struct sn_str){0}, &again, &error),
                     SN_ERR_INVALID_ARGUMENT);
}

static void test_other_digests(void **state)
{
    struct link *link = malloc(sizeof(*link));
    struct sn_dtls_fingerprint of_b;
    struct sn_dtls_options options = {
        .timers = &link->timers, .identity = identities[0], .mtu = SN_DTLS_MTU_MIN - 1};

    *link = (struct link){.mtu = MTU, .timers.now_ns = now_ns};
    assert_int_equal(sn_dtls_create(&options, &link->a.dtls, NULL), SN_ERR_INVALID_ARGUMENT);
    assert_true(dtls_digest(SSL_CTX_get0_certificate(identities[1]->ctx), "sha-512", &of_b));
    create_side(&link->a, link, &link->b, 0, &of_b);
    create_side(&link->b, link, &link->a, 1, sn_dtls_identity_fingerprint(identities[0]));
    sn_dtls_start(link->a.dtls);
    settle(link);
    assert_int_equal(link->a.connects + link->b.connects, 2);
    close_link(link);
    free(link);
}

static int make_identities(void **state)
{
    now_ns = SN_SECONDS(1700000000);
    for (int i = 0; i < 2; i++)
        if (sn_dtls_identity_create(&identities[i], NULL))
            return -1;
    return 0;
}

static int free_identities(void **state)
{
    for (int i = 0; i < 2; i++)
        sn_dtls_identity_unref(identities[i]);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_meet),         cmocka_unit_test(test_lossy_links),
        cmocka_unit_test(test_strangers),    cmocka_unit_test(test_nobody_answers),
        cmocka_unit_test(test_garbage),      cmocka_unit_test(test_destroyed_from_inside),
        cmocka_unit_test(test_fingerprints), cmocka_unit_test(test_other_digests),
    };

    return cmocka_run_group_tests(tests, make_identities, free_identities);
}
