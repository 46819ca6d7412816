/* SPDX-License-Identifier: Apache-2.0
 *
 * Two peer connections over the loopback, with everything in them that is real: sockets, ICE, DTLS,
 * SCTP, channels.
 */
#include "rpc/transport/webrtc/peer_private.h"

#include "base/random.h"
#include "net/testing.h"
#include "wire/ice/description.h"

struct end {
    struct sn_webrtc_peer *peer;
    bool connected, open, closed, channel_closed;
    size_t messages, bytes;
    char last[64], cause[100];
    const char *close_at; /* a message at which it closes */
};

struct fixture {
    struct sn_loop *loop;
    struct sn_guard guard;
    struct sn_webrtc_hub *hub_a, *hub_b;
    struct sn_arena arena;
    struct end a, b; /* a offers */
};

/* ---- ends ---- */

static void channel_open(struct sn_datachannel *channel)
{
    ((struct end *)channel->owner)->open = true;
}

static void channel_message(struct sn_datachannel *channel, struct sn_str frame)
{
    struct end *end = channel->owner;

    assert_false(end->channel_closed);
    end->messages++;
    end->bytes += frame.len;
    snprintf(end->last, sizeof(end->last), "%.*s", SN_STR_ARGS(frame));
    if (end->close_at && sn_str_is(frame, end->close_at))
        channel->ops->close(channel);
}

static void channel_writable(struct sn_datachannel *channel)
{
}

static void channel_closed(struct sn_datachannel *channel, const char *cause)
{
    ((struct end *)channel->owner)->channel_closed = true;
}

static const struct sn_datachannel_user user = {channel_open, channel_message, channel_writable,
                                                channel_closed};

static void on_connected(struct sn_webrtc_peer *peer)
{
    struct end *end = sn_webrtc_peer_owner(peer);
    struct sn_datachannel *channel = sn_webrtc_peer_data(peer);

    end->connected = true;
    channel->user = &user;
    channel->owner = end;
}

static void on_closed(struct sn_webrtc_peer *peer, const char *cause)
{
    struct end *end = sn_webrtc_peer_owner(peer);

    assert_false(end->closed);
    end->closed = true;
    snprintf(end->cause, sizeof(end->cause), "%s", cause);
}

static const struct sn_webrtc_peer_events events = {on_connected, on_closed};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    f->loop = sn_loop_create();
    f->guard.limits = sn_limits_preset;
    f->hub_a = sn_webrtc_hub_create(f->loop, &f->guard);
    f->hub_b = sn_webrtc_hub_create(f->loop, &f->guard);
    sn_arena_init(&f->arena, sn_loop_blocks(f->loop), 64 << 20);
    *state = f;
    return 0;
}

/* Everything ends by itself when the hubs are gone: nothing keeps the loop running. */
static int teardown(void **state)
{
    struct fixture *f = *state;

    sn_webrtc_hub_destroy(f->hub_a, NULL, NULL);
    sn_webrtc_hub_destroy(f->hub_b, NULL, NULL);
    sn_loop_run(f->loop);
    sn_arena_fini(&f->arena);
    sn_loop_destroy(f->loop);
    free(f);
    return 0;
}

static void offer_and_answer(struct fixture *f, struct end *a, struct end *b)
{
    struct sn_str offer, answer;
    struct sn_error error;

    if (sn_webrtc_peer_offer(f->hub_a, &f->arena, &events, a, &a->peer, &offer, &error) ||
        sn_webrtc_peer_answer(f->hub_b, offer, &f->arena, &events, b, &b->peer, &answer, &error) ||
        sn_webrtc_peer_accept(a->peer, answer, &error))
        fail_msg("%s", error.text);
}

static void connect_ends(struct fixture *f)
{
    offer_and_answer(f, &f->a, &f->b);
    run_until(f->loop, f->a.open && f->b.open);
}

static int say(struct end *end, const char *text)
{
    struct sn_datachannel *channel = sn_webrtc_peer_data(end->peer);

    return channel->ops->send(channel, sn_str_of(text));
}

/* ---- tests ---- */

static void test_connect(void **state)
{
    struct fixture *f = *state;
    struct sn_webrtc_counts counts;

    connect_ends(f);
    assert_int_equal(say(&f->a, "hello"), 0);
    assert_int_equal(say(&f->b, "good day"), 0);
    run_until(f->loop, f->a.messages && f->b.messages);
    assert_string_equal(f->b.last, "hello");
    assert_string_equal(f->a.last, "good day");
    assert_string_equal(sn_webrtc_peer_remote(f->a.peer), sn_webrtc_peer_local(f->b.peer));
    assert_string_equal(sn_webrtc_peer_local(f->a.peer), sn_webrtc_peer_remote(f->b.peer));
    sn_webrtc_hub_count(f->hub_b, &counts);
    assert_int_equal(counts.connected, 1);
    sn_webrtc_peer_close(f->a.peer);
    assert_false(f->a.closed); /* not from inside */
    run_until(f->loop, f->a.closed && f->b.closed);
    assert_true(f->a.channel_closed && f->b.channel_closed);
    assert_string_equal(f->a.cause, "closed");
    sn_webrtc_hub_count(f->hub_b, &counts);
    assert_int_equal(counts.connected, 0);
    assert_int_equal(counts.peers, 0);
}

/* Gives the channel what it takes of `count` messages. */
static void feed(struct end *end, size_t *sent, size_t count, struct sn_str bytes)
{
    struct sn_datachannel *channel = sn_webrtc_peer_data(end->peer);

    while (*sent < count && channel->ops->room(channel) && channel->ops->send(channel, bytes) == 0)
        ++*sent;
}

/* Large messages both ways: trains of packets, and nothing is lost. */
static void test_bulk(void **state)
{
    struct fixture *f = *state;
    static char bytes[30000];
    struct sn_str message = {bytes, sizeof(bytes)};
    size_t sent_a = 0, sent_b = 0;

    connect_ends(f);
    while (f->a.messages < 200 || f->b.messages < 200) {
        size_t before = f->a.messages + f->b.messages;

        feed(&f->a, &sent_a, 200, message);
        feed(&f->b, &sent_b, 200, message);
        run_until(f->loop, f->a.messages + f->b.messages > before);
    }
    assert_int_equal(f->a.bytes, 200 * sizeof(bytes));
    assert_int_equal(f->b.bytes, 200 * sizeof(bytes));
}

/* Several connections share b's socket; each has a's own hub's. */
static void test_many(void **state)
{
    struct fixture *f = *state;
    enum { MANY = 20 };
    static struct end a[MANY], b[MANY];
    struct sn_webrtc_hub *hubs[MANY], *first = f->hub_a;

    memset(a, 0, sizeof(a));
    memset(b, 0, sizeof(b));
    for (int i = 0; i < MANY; i++) {
        f->hub_a = hubs[i] = sn_webrtc_hub_create(f->loop, &f->guard);
        offer_and_answer(f, &a[i], &b[i]);
    }
    f->hub_a = first;
    for (int i = 0; i < MANY; i++) {
        char text[20];

        run_until(f->loop, a[i].open && b[i].open);
        snprintf(text, sizeof(text), "%d", i);
        assert_int_equal(say(&a[i], text), 0);
    }
    for (int i = 0; i < MANY; i++) {
        char text[20];

        run_until(f->loop, b[i].messages == 1);
        snprintf(text, sizeof(text), "%d", i);
        assert_string_equal(b[i].last, text);
        sn_webrtc_hub_destroy(hubs[i], NULL, NULL);
        run_until(f->loop, a[i].closed && b[i].closed);
    }
}

/* Closing from inside a message. */
static void test_close_inside(void **state)
{
    struct fixture *f = *state;

    connect_ends(f);
    f->b.close_at = "2";
    assert_int_equal(say(&f->a, "1"), 0);
    assert_int_equal(say(&f->a, "2"), 0);
    assert_int_equal(say(&f->a, "3"), 0);
    run_until(f->loop, f->a.closed && f->b.closed);
    assert_int_equal(f->b.messages, 2);
}

static void test_bad_offers(void **state)
{
    static const struct {
        const char *offer, *says;
    } cases[] = {
        {"", "sdp: empty"},
        {"v=0\r\n", "a section of data channels"},
        {"v=0\r\nm=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\na=ice-ufrag:ab\r\n"
         "a=ice-pwd:x\r\na=fingerprint:sha-256 00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:"
         "00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF\r\n",
         "ice-ufrag needs"},
    };
    struct fixture *f = *state;
    struct sn_webrtc_peer *peer;
    struct sn_str answer;
    struct sn_error error;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(sn_webrtc_peer_answer(f->hub_b, sn_str_of(cases[i].offer), &f->arena,
                                               &events, NULL, &peer, &answer, &error),
                         SN_ERR_INVALID_ARGUMENT);
        if (!strstr(error.text, cases[i].says))
            fail_msg("%s", error.text);
    }
}

/* Offers beyond the limit push out the oldest that nobody followed up, and no connection. */
static void test_limit(void **state)
{
    struct fixture *f = *state;
    static struct end more[3]; /* they end with the fixture */
    struct sn_str offer;
    struct sn_error error;

    f->guard.limits.peers = 2;
    connect_ends(f); /* one of each hub */
    for (int i = 0; i < 3; i++)
        assert_int_equal(sn_webrtc_peer_offer(f->hub_a, &f->arena, &events, &more[i], &more[i].peer,
                                              &offer, &error),
                         0);
    run_until(f->loop, more[0].closed && more[1].closed);
    assert_false(more[2].closed || f->a.closed);
    assert_int_equal(f->guard.refused[SN_REFUSED_PEERS], 2);
    assert_int_equal(say(&f->a, "still here"), 0);
    run_until(f->loop, f->b.messages == 1);
}

/* An offer on the channel "negotiation" is answered there, with sections in their places. */
static void test_renegotiation(void **state)
{
    struct fixture *f = *state;
    struct sn_description offer = {.is_offer = true};
    char text[4000];

    connect_ends(f);
    snprintf(text, sizeof(text),
             "v=0\r\no=- 1 2 IN IP4 0.0.0.0\r\na=ice-ufrag:%s\r\na=ice-pwd:%s\r\n"
             "a=fingerprint:sha-256 00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:"
             "00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF\r\na=setup:actpass\r\n"
             "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\na=mid:0\r\n"
             "m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:1\r\n",
             f->a.peer->ice.ufrag, f->a.peer->ice.password);
    offer.sdp = sn_str_of(text);
    struct sn_sctp_stats before, after;
    struct sn_sctp *sctp = sn_datachannels_sctp(f->a.peer->channels);
    sn_sctp_stats(sctp, &before);
    assert_int_equal(sn_datachannels_send(f->a.peer->channels, 1, SN_DATACHANNEL_TEXT,
                                          sn_description_write(&offer, &f->arena)),
                     0);
    peer_wake(f->a.peer);
    do {
        run_until(f->loop, f->b.peer->version == 2);
        sn_sctp_stats(sctp, &after);
        uv_run(sn_loop_backend(f->loop), UV_RUN_NOWAIT);
    } while (after.messages_in == before.messages_in);
    assert_false(f->a.closed || f->b.closed);
    assert_int_equal(say(&f->a, "goes on"), 0);
    run_until(f->loop, f->b.messages == 1);
}

/* As connect_ends(), and the answer is slow: the answerer knows its way before. */
static void connect_slowly(struct fixture *f, struct end *a, struct end *b)
{
    struct sn_str offer, answer;
    struct sn_error error;

    if (sn_webrtc_peer_offer(f->hub_a, &f->arena, &events, a, &a->peer, &offer, &error) ||
        sn_webrtc_peer_answer(f->hub_b, offer, &f->arena, &events, b, &b->peer, &answer, &error)) {
        fail_msg("%s", error.text);
        return;
    }
    run_until(f->loop, b->peer->dtls);
    uv_run(sn_loop_backend(f->loop), UV_RUN_NOWAIT);
    if (sn_webrtc_peer_accept(a->peer, answer, &error))
        fail_msg("%s", error.text);
    run_until(f->loop, a->open && b->open);
}

/* The answerer begins DTLS when it knows its way. Were that lost on an offerer which doesn't know
 * its own, each connection would wait for the retransmission. */
static void test_no_waiting(void **state)
{
    enum { TRIES = 50, RETRANSMISSION_MS = 100 };
    struct fixture *f = *state;
    struct end a[TRIES] = {{0}}, b[TRIES] = {{0}};
    uint64_t fastest_ns = UINT64_MAX;
    int count = 0;

    for (; count < TRIES && fastest_ns >= SN_MS(RETRANSMISSION_MS); count++) {
        uint64_t began_ns = uv_hrtime(), took_ns;

        connect_slowly(f, &a[count], &b[count]);
        took_ns = uv_hrtime() - began_ns;
        fastest_ns = took_ns < fastest_ns ? took_ns : fastest_ns;
    }
    sn_webrtc_hub_close_all(f->hub_a);
    sn_webrtc_hub_close_all(f->hub_b);
    for (int i = 0; i < count; i++)
        run_until(f->loop, a[i].closed && b[i].closed);
    assert_true(fastest_ns < SN_MS(RETRANSMISSION_MS));
}

/* Garbage from everywhere, and from the right place, changes nothing. */
static void test_garbage(void **state)
{
    struct fixture *f = *state;
    struct sn_random random;
    uint8_t bytes[200];

    connect_ends(f);
    struct sn_ip to = {.family = 4, .port = hub_port(f->hub_b, 4), .bytes = {127, 0, 0, 1}};
    sn_random_init(&random, 1);
    for (int i = 0; i < 2000; i++) {
        size_t len = sn_random_next(&random) % sizeof(bytes);

        for (size_t k = 0; k < len; k++)
            bytes[k] = (uint8_t)sn_random_next(&random);
        if (len && i % 2)
            bytes[0] = (uint8_t)(20 + i % 44); /* as DTLS */
        sn_udp_send(f->hub_a->udp[0], &to, &to, bytes, len);
        if (i % 50 == 0)
            uv_run(sn_loop_backend(f->loop), UV_RUN_NOWAIT);
    }
    assert_int_equal(say(&f->a, "well?"), 0);
    run_until(f->loop, f->b.messages == 1);
    assert_false(f->a.closed || f->b.closed);
}

/* Who knows no password makes nobody know a new address, and gets no answer. */
static void test_stranger(void **state)
{
    static const uint8_t id[SN_STUN_ID_LEN] = {1};
    struct fixture *f = *state;
    struct sn_stun_writer writer;
    char username[32];
    uint8_t bytes[200];

    connect_ends(f);
    struct sn_ice *ice = &f->b.peer->ice;
    unsigned known = ice->local_count;
    struct sn_ip to = {.family = 4, .port = hub_port(f->hub_b, 4), .bytes = {127, 66, 6, 6}};
    uint64_t received = sn_udp_count(f->hub_b->udp[0])->received;
    snprintf(username, sizeof(username), "%s:evil", ice->ufrag);
    for (int i = 0; i < 3; i++, to.bytes[3]++) {
        sn_stun_begin(&writer, bytes, sizeof(bytes), SN_STUN_REQUEST, SN_STUN_BINDING, id);
        sn_stun_add(&writer, SN_STUN_USERNAME, username, strlen(username));
        size_t len = sn_stun_end(&writer, SN_STR("not the password of this agent"));
        sn_udp_send(f->hub_a->udp[0], NULL, &to, bytes, len);
    }
    run_until(f->loop, sn_udp_count(f->hub_b->udp[0])->received >= received + 3);
    assert_int_equal(ice->local_count, known);
    assert_int_equal(say(&f->a, "well?"), 0);
    run_until(f->loop, f->b.messages == 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_connect, setup, teardown),
        cmocka_unit_test_setup_teardown(test_bulk, setup, teardown),
        cmocka_unit_test_setup_teardown(test_many, setup, teardown),
        cmocka_unit_test_setup_teardown(test_close_inside, setup, teardown),
        cmocka_unit_test_setup_teardown(test_bad_offers, setup, teardown),
        cmocka_unit_test_setup_teardown(test_limit, setup, teardown),
        cmocka_unit_test_setup_teardown(test_renegotiation, setup, teardown),
        cmocka_unit_test_setup_teardown(test_no_waiting, setup, teardown),
        cmocka_unit_test_setup_teardown(test_garbage, setup, teardown),
        cmocka_unit_test_setup_teardown(test_stranger, setup, teardown),
    };

    return cmocka_run_group_tests_name("webrtc/peer", tests, NULL, NULL);
}
