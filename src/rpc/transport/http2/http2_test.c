/* SPDX-License-Identifier: Apache-2.0
 *
 * Server and channel against each other, over TCP and UNIX sockets.
 */
#include "rpc/transport/answer_testing.h"
#include "rpc/transport/http2/testing.h"

/* ---- fixtures ---- */

struct pair {
    struct world *world;
    struct sn_channel *channel;
    bool closed;
};

static void open_channel(struct pair *pair, const char *address)
{
    assert_int_equal(sn_http2_channel_create(pair->world->loop, address, &pair->channel, NULL), 0);
}

static int setup_on(void **state, bool tcp)
{
    struct pair *pair = calloc(1, sizeof(*pair));

    pair->world = world_create();
    world_listen(pair->world, tcp ? "127.0.0.1:0" : pair->world->socket);
    open_channel(pair, sn_listener_address(pair->world->listener));
    *state = pair;
    return 0;
}

static int setup_tcp(void **state)
{
    return setup_on(state, true);
}

static int setup_unix(void **state)
{
    return setup_on(state, false);
}

static void channel_closed(void *owner)
{
    ((struct pair *)owner)->closed = true;
}

static void close_channel(struct pair *pair)
{
    pair->closed = false;
    pair->channel->ops->close(pair->channel, channel_closed, pair);
    run_until(pair->world->loop, pair->closed);
    pair->channel = NULL;
}

static int teardown(void **state)
{
    struct pair *pair = *state;

    if (pair->channel)
        close_channel(pair);
    world_destroy(pair->world);
    free(pair);
    return 0;
}

static void open_with(struct pair *pair, struct answer *answer, const char *path,
                      const struct sn_metadata *metadata, uint64_t timeout_ns)
{
    *answer = (struct answer){.hold = answer->hold};
    answer_open(answer, pair->channel, sn_loop_blocks(pair->world->loop), path, metadata,
                timeout_ns);
}

static void open_call(struct pair *pair, struct answer *answer, const char *path)
{
    struct sn_metadata none = {0};

    open_with(pair, answer, path, &none, SN_NEVER);
}

static void finish(struct pair *pair, struct answer *answer, int code)
{
    run_until(pair->world->loop, answer->done);
    if (answer->code != code)
        fail_msg("ended with %d \"%s\", not %d", answer->code, answer->text, code);
}

/* ---- the kinds of streams ---- */

static void test_unary(void **state)
{
    struct pair *pair = *state;
    struct answer answer = {0};

    open_call(pair, &answer, "/t/Unary");
    send_bytes(&answer, "hello", 5, true);
    finish(pair, &answer, 0);
    assert_int_equal(answer.messages, 1);
    assert_memory_equal(answer.first, "hello", 5);
    assert_string_equal(answer.text, "");
    assert_int_equal(pair->world->core.timeout_ns, SN_NEVER);
    open_call(pair, &answer, "/t/Unary"); /* the same connection, an empty message */
    send_bytes(&answer, "", 0, true);
    finish(pair, &answer, 0);
    assert_int_equal(answer.messages, 1);
    assert_int_equal(answer.len, 0);
    assert_int_equal(sn_http2_server_connections(pair->world->http2), 1);
    assert_int_equal(sn_http2_server_streams(pair->world->http2), 0);
}

static void test_server_stream(void **state)
{
    struct pair *pair = *state;
    struct answer answer = {0};

    open_call(pair, &answer, "/t/Count");
    ask_count(&answer, 1000, 100);
    finish(pair, &answer, 0);
    assert_int_equal(answer.messages, 1000);
    assert_int_equal(answer.bytes, 100000);
}

static void test_client_stream(void **state)
{
    struct pair *pair = *state;
    struct answer answer = {0};
    uint32_t result[2];

    open_call(pair, &answer, "/t/Sum");
    for (int i = 0; i < 500; i++)
        send_bytes(&answer, "\1\2\3", 3, false);
    half_close(&answer);
    finish(pair, &answer, 0);
    memcpy(result, answer.first, sizeof(result));
    assert_int_equal(result[0], 500 * 6);
    assert_int_equal(result[1], 1500);
}

static void test_bidi(void **state)
{
    struct pair *pair = *state;
    struct answer answer = {0};

    open_call(pair, &answer, "/t/Echo");
    for (int i = 1; i <= 20; i++) { /* a question after each answer */
        send_bytes(&answer, "abc", 3, false);
        run_until(pair->world->loop, answer.messages == (size_t)i);
    }
    half_close(&answer);
    finish(pair, &answer, 0);
    assert_int_equal(answer.bytes, 60);
}

static void test_no_message_at_all(void **state)
{
    struct pair *pair = *state;
    struct answer answer = {0};

    open_call(pair, &answer, "/t/Echo");
    half_close(&answer);
    finish(pair, &answer, 0); /* trailers only */
    assert_int_equal(answer.messages, 0);
}

/* ---- sizes ---- */

static void echo_big(struct pair *pair, size_t len)
{
    struct answer answer = {0};
    uint8_t *bytes = malloc(len);
    uint32_t sum = 0;

    for (size_t i = 0; i < len; i++) {
        bytes[i] = (uint8_t)(i * 7 + i / 251);
        sum += bytes[i];
    }
    open_call(pair, &answer, "/t/Unary");
    send_bytes(&answer, bytes, len, true);
    finish(pair, &answer, 0);
    assert_int_equal(answer.bytes, len);
    assert_int_equal(answer.sum, sum);
    free(bytes);
}

static void test_big_messages(void **state)
{
    echo_big(*state, 16379); /* with its prefix just a frame, and around */
    echo_big(*state, 16380);
    echo_big(*state, 65536);
    echo_big(*state, 1 << 20);
    echo_big(*state, 20 << 20);
    echo_big(*state, SN_MESSAGE_MAX);
}

static void test_message_too_large(void **state)
{
    struct pair *pair = *state;
    struct answer answer = {0};
    size_t len = SN_MESSAGE_MAX + 1;
    uint8_t *bytes = calloc(1, len);

    open_call(pair, &answer, "/t/Unary");
    send_bytes(&answer, bytes, len, true);
    finish(pair, &answer, SN_ERR_RESOURCE_EXHAUSTED);
    assert_string_equal(answer.text,
                        "grpc: received message larger than max (33554433 vs. 33554432)");
    assert_int_equal(pair->world->core.messages, 0);
    assert_true(sn_loop_blocks(pair->world->loop)->in_use < 1 << 20);
    free(bytes);
    echo_big(pair, 5); /* the connection lives */
}

static void test_metadata(void **state)
{
    struct pair *pair = *state;
    struct answer answer = {0};
    struct sn_metadata_entry entries[] = {
        {SN_STR("x-a"), SN_STR("1")},
        {SN_STR("X-Upper"), SN_STR("Kept")},
        {SN_STR("x-a"), SN_STR("2")},
        {SN_STR("x-raw-bin"), SN_STR("\xff\x01z")},
        {SN_STR("x-empty"), SN_STR("")},
        {SN_STR("x-line"), SN_STR("no\nline")}, /* HTTP can't carry it */
        {SN_STR("x key"), SN_STR("no")},
        {SN_STR("grpc-x"), SN_STR("not ours")},
        {SN_STR("user_name"), SN_STR("passes")},
    };
    struct sn_metadata metadata = {entries, sizeof(entries) / sizeof(entries[0]), 0};

    open_with(pair, &answer, "/t/Unary", &metadata, SN_NEVER);
    send_bytes(&answer, "x", 1, true);
    finish(pair, &answer, 0);
    assert_string_equal(answer.headers, "x-a=1;x-upper=Kept;x-a=2;x-raw-bin=\xff\x01z;x-empty=;");
    assert_string_equal(answer.trailers, answer.headers);
}

static void test_trailers_only(void **state)
{
    struct pair *pair = *state;
    struct answer answer = {0};

    open_call(pair, &answer, "/t/Fail");
    finish(pair, &answer, SN_ERR_NOT_FOUND); /* though we never ended our side */
    assert_false(answer.has_headers);
    assert_string_equal(answer.text, FAIL_TEXT);
    assert_int_equal(answer.details_len, 3);
    assert_memory_equal(answer.details, "\0\1\2", 3);
    run_until(pair->world->loop, sn_http2_server_streams(pair->world->http2) == 0);
}

/* ---- many, slow ---- */

enum { MANY = 1000 };

/* Ends each call that was answered; whether all were. */
static bool end_answered(struct answer *answers)
{
    size_t ended = 0;

    for (int i = 0; i < MANY; i++) {
        if (answers[i].messages == 1 && !answers[i].half_closed)
            half_close(&answers[i]);
        ended += answers[i].half_closed;
    }
    return ended == MANY;
}

/* The server takes 250 at a time. */
static void test_many_streams(void **state)
{
    struct pair *pair = *state;
    struct answer *answers = calloc(MANY, sizeof(*answers));

    for (int i = 0; i < MANY; i++) {
        open_call(pair, &answers[i], "/t/Echo");
        send_bytes(&answers[i], &i, sizeof(i), false);
    }
    run_until(pair->world->loop, end_answered(answers));
    for (int i = 0; i < MANY; i++) {
        finish(pair, &answers[i], 0);
        assert_memory_equal(answers[i].first, &i, sizeof(i));
    }
    assert_int_equal(pair->world->core.live_max, 250);
    assert_int_equal(sn_http2_server_connections(pair->world->http2), 1);
    free(answers);
}

/* More wait than the channel allows: they are told so, and not from inside. */
static void test_too_many_wait(void **state)
{
    struct pair *pair = *state;
    enum { COUNT = 2000 };
    struct answer *answers = calloc(COUNT, sizeof(*answers));
    size_t refused = 0;

    for (int i = 0; i < COUNT; i++) {
        open_call(pair, &answers[i], "/t/Unary");
        send_bytes(&answers[i], "x", 1, true);
    }
    for (int i = 0; i < COUNT; i++) {
        run_until(pair->world->loop, answers[i].done);
        refused += answers[i].code == SN_ERR_RESOURCE_EXHAUSTED;
    }
    assert_int_equal(refused, COUNT - 1000);
    for (int i = 0; i < COUNT; i++) /* refused calls and a channel that closes at once */
        open_call(pair, &answers[i], "/t/Hang");
    close_channel(pair);
    for (int i = 0; i < COUNT; i++)
        assert_true(answers[i].done);
    free(answers);
}

/* A client that doesn't read stops the server's stream, and that stream alone. */
static void test_slow_reader(void **state)
{
    struct pair *pair = *state;
    struct answer slow = {.hold = true}, other = {0};

    open_call(pair, &slow, "/t/Count");
    slow.hold = true;
    ask_count(&slow, 2000, 10000);
    run_until(pair->world->loop, slow.bytes > 900000);
    for (int i = 0; i < 20; i++) {
        open_call(pair, &other, "/t/Unary");
        send_bytes(&other, "x", 1, true);
        finish(pair, &other, 0);
    }
    assert_true(slow.bytes <= 1 << 20); /* the window */
    assert_true(pair->world->core.queued_max < 300 << 10);
    assert_true(sn_loop_blocks(pair->world->loop)->in_use < 1 << 20);
    slow.hold = false;
    slow.stream->ops->credit(slow.stream, slow.bytes);
    finish(pair, &slow, 0);
    assert_int_equal(slow.bytes, 2000 * 10000);
}

/* Small messages that pile up take little more room than their bytes. */
static void test_many_small_queued(void **state)
{
    struct pair *pair = *state;
    struct answer answer = {0};
    uint32_t result[2];

    open_call(pair, &answer, "/t/Sum"); /* not connected yet: all of them wait */
    for (int i = 0; i < 20000; i++)
        send_bytes(&answer, "\1\2\3\4\5", 5, i == 19999);
    assert_int_equal(answer.stream->ops->queued(answer.stream), 200000);
    assert_true(sn_loop_blocks(pair->world->loop)->in_use < 230000);
    finish(pair, &answer, 0);
    memcpy(result, answer.first, sizeof(result));
    assert_int_equal(result[0], 20000 * 15);
}

/* A server that takes nothing stops the client. */
static void test_slow_server(void **state)
{
    struct pair *pair = *state;
    struct answer answer = {0};
    uint8_t *bytes = calloc(1, 100000);
    struct sn_server *core = &pair->world->core;

    open_call(pair, &answer, "/t/Hold");
    for (int i = 0; i < 30; i++)
        send_bytes(&answer, bytes, 100000, false);
    run_until(pair->world->loop, core->bytes >= 900000);
    echo_big(pair, 100000);
    size_t held = core->bytes - 100000;
    assert_true(held <= (1 << 20) + 100000); /* a window and a message */
    assert_int_equal(answer.writables, 0);
    assert_true(answer.stream->ops->queued(answer.stream) > 1 << 20);
    answer.stream->ops->cancel(answer.stream, SN_ERR_CANCELLED);
    run_until(pair->world->loop, core->live == 0);
    free(bytes);
}

/* A message larger than the window becomes whole though the one before it is held. */
static void test_big_after_held(void **state)
{
    struct pair *pair = *state;
    struct answer answer = {0};
    size_t len = 3 << 20;
    uint8_t *bytes = calloc(1, len);
    struct sn_server *core = &pair->world->core;

    open_call(pair, &answer, "/t/Hold");
    send_bytes(&answer, bytes, len, false);
    send_bytes(&answer, bytes, len, false);
    run_until(pair->world->loop, core->messages == 1);
    echo_big(pair, 1000);
    assert_int_equal(core->messages, 2); /* ours waits */
    answer.stream->ops->cancel(answer.stream, SN_ERR_CANCELLED);
    run_until(pair->world->loop, core->live == 0);
    free(bytes);
}

static void test_writable(void **state)
{
    struct pair *pair = *state;
    struct answer answer = {0};
    uint8_t *bytes = calloc(1, 1 << 20);

    open_call(pair, &answer, "/t/Sum");
    send_bytes(&answer, bytes, 1 << 20, false);
    assert_true(answer.stream->ops->queued(answer.stream) > 1 << 20);
    run_until(pair->world->loop, answer.writables == 1);
    half_close(&answer);
    finish(pair, &answer, 0);
    free(bytes);
}

/* ---- ends ---- */

static void test_cancel(void **state)
{
    struct pair *pair = *state;
    struct answer answer = {0}, waiting = {0};

    open_call(pair, &waiting, "/t/Hang"); /* before there is a connection */
    waiting.stream->ops->cancel(waiting.stream, SN_ERR_CANCELLED);
    assert_true(waiting.done);
    open_call(pair, &answer, "/t/Hang");
    run_until(pair->world->loop, pair->world->core.live == 1);
    answer.stream->ops->cancel(answer.stream, SN_ERR_CANCELLED);
    assert_true(answer.done); /* at once */
    assert_int_equal(answer.code, SN_ERR_CANCELLED);
    run_until(pair->world->loop, pair->world->core.aborted == 1);
    open_call(pair, &answer, "/t/Count");
    answer.act_at = 3; /* from inside of its own message */
    answer.act = answer_cancel;
    ask_count(&answer, 100000, 1000);
    finish(pair, &answer, SN_ERR_CANCELLED);
    assert_int_equal(answer.messages, 3);
    run_until(pair->world->loop, pair->world->core.live == 0);
    echo_big(pair, 10);
}

static void test_deadline(void **state)
{
    struct pair *pair = *state;
    struct answer answer = {0};
    struct sn_metadata none = {0};

    open_with(pair, &answer, "/t/Hang", &none, SN_MS(500));
    finish(pair, &answer, SN_ERR_DEADLINE_EXCEEDED);
    assert_true(pair->world->core.timeout_ns <= SN_MS(500));
    assert_true(pair->world->core.timeout_ns > SN_MS(10));
    run_until(pair->world->loop, pair->world->core.aborted == 1);
    open_with(pair, &answer, "/t/Unary", &none, SN_SECONDS(100));
    send_bytes(&answer, "x", 1, true);
    finish(pair, &answer, 0);
    assert_true(pair->world->core.timeout_ns > SN_SECONDS(50));
}

static bool passed;

static void pass(struct sn_timer *timer)
{
    passed = true;
}

static void wait_ms(struct pair *pair, uint64_t ms)
{
    struct sn_timer pause = {0};

    passed = false;
    sn_timer_start(sn_loop_timers(pair->world->loop), &pause, SN_MS(ms), pass);
    run_until(pair->world->loop, passed);
}

static void test_nobody_there(void **state)
{
    struct pair *pair = *state;
    struct answer first = {0}, second = {0};
    char address[64], expected[128];

    snprintf(address, sizeof(address), "%s", sn_listener_address(pair->world->listener));
    sn_listener_close(pair->world->listener);
    pair->world->listener = NULL;
    open_call(pair, &first, "/t/Unary");
    finish(pair, &first, SN_ERR_UNAVAILABLE);
    snprintf(expected, sizeof(expected), "connect to %s: connection refused", address);
    assert_string_equal(first.text, expected);
    open_call(pair, &second, "/t/Unary"); /* within the pause: the same answer, nothing tried */
    finish(pair, &second, SN_ERR_UNAVAILABLE);
    assert_string_equal(second.text, expected);
    world_listen(pair->world, address);
    wait_ms(pair, 1000);
    open_call(pair, &second, "/t/Unary");
    send_bytes(&second, "x", 1, true);
    finish(pair, &second, 0);
}

static void test_pauses_have_a_longest(void **state)
{
    struct pair *pair = *state;
    struct answer answer = {0};
    char address[64];

    snprintf(address, sizeof(address), "%s", sn_listener_address(pair->world->listener));
    sn_listener_close(pair->world->listener);
    pair->world->listener = NULL;
    sn_http2_channel_limit_pause(pair->channel, SN_MS(50));
    for (int i = 0; i < 8; i++) {
        answer = (struct answer){0};
        open_call(pair, &answer, "/t/Unary");
        finish(pair, &answer, SN_ERR_UNAVAILABLE);
        wait_ms(pair, 51);
    }
    world_listen(pair->world, address);
    answer = (struct answer){0};
    open_call(pair, &answer, "/t/Unary");
    send_bytes(&answer, "x", 1, true);
    finish(pair, &answer, 0);
}

static void test_server_goes(void **state)
{
    struct pair *pair = *state;
    struct answer answer = {0};

    open_call(pair, &answer, "/t/Hang");
    run_until(pair->world->loop, pair->world->core.live == 1);
    world_drain(pair->world, 0);
    finish(pair, &answer, SN_ERR_UNAVAILABLE);
    assert_non_null(strstr(answer.text, "error reading from server: "));
    run_until(pair->world->loop, pair->world->drained);
    assert_int_equal(pair->world->core.aborted, 1);
    echo_big(pair, 10); /* a new connection by itself */
}

/* Running calls end in peace, new ones go to a new connection. */
static void test_drain(void **state)
{
    struct pair *pair = *state;
    struct answer old = {0}, new = {0};

    open_call(pair, &old, "/t/Echo");
    send_bytes(&old, "x", 1, false);
    run_until(pair->world->loop, old.messages == 1);
    world_drain(pair->world, SN_SECONDS(100));
    open_call(pair, &new, "/t/Echo");
    send_bytes(&new, "x", 1, false);
    run_until(pair->world->loop, new.messages == 1 || new.done);
    if (new.done) { /* it was on its way when the server stopped: never begun, and told so */
        assert_int_equal(new.code, SN_ERR_UNAVAILABLE);
        open_call(pair, &new, "/t/Echo");
        send_bytes(&new, "x", 1, false);
        run_until(pair->world->loop, new.messages == 1);
    }
    assert_int_equal(sn_http2_server_connections(pair->world->http2), 2);
    assert_false(pair->world->drained);
    send_bytes(&old, "x", 1, true);
    finish(pair, &old, 0);
    assert_int_equal(old.messages, 2);
    run_until(pair->world->loop, pair->world->drained);
    assert_int_equal(sn_http2_server_connections(pair->world->http2), 1);
    half_close(&new);
    finish(pair, &new, 0);
}

static void test_drain_deadline(void **state)
{
    struct pair *pair = *state;
    struct answer answer = {0};

    open_call(pair, &answer, "/t/Hang");
    run_until(pair->world->loop, pair->world->core.live == 1);
    world_drain(pair->world, SN_MS(30));
    run_until(pair->world->loop, pair->world->drained);
    finish(pair, &answer, SN_ERR_UNAVAILABLE);
}

static void test_close_channel(void **state)
{
    struct pair *pair = *state;
    struct answer running = {0}, waiting = {0}, late = {0};

    open_call(pair, &running, "/t/Hang");
    run_until(pair->world->loop, pair->world->core.live == 1);
    open_call(pair, &waiting, "/t/Hang");
    struct sn_channel *channel = pair->channel;
    channel->ops->close(channel, channel_closed, pair);
    open_call(pair, &late, "/t/Hang");
    run_until(pair->world->loop, pair->closed);
    assert_int_equal(running.code, SN_ERR_UNAVAILABLE);
    assert_int_equal(waiting.code, SN_ERR_UNAVAILABLE);
    assert_int_equal(late.code, SN_ERR_UNAVAILABLE);
    run_until(pair->world->loop, pair->world->core.aborted >= 1 && pair->world->core.live == 0);
    open_channel(pair, sn_listener_address(pair->world->listener));
    open_call(pair, &late, "/t/Hang"); /* closed while connecting */
    close_channel(pair);
    assert_int_equal(late.code, SN_ERR_UNAVAILABLE);
    open_channel(pair, sn_listener_address(pair->world->listener)); /* never used */
}

static void test_keepalive(void **state)
{
    struct pair *pair = *state;
    struct answer answer = {0};

    open_call(pair, &answer, "/t/Hang");
    run_until(pair->world->loop, pair->world->core.live == 1);
    for (int i = 0; i < 5; i++) { /* silence, a ping, its answer, ... */
        world_skip(pair->world, SN_SECONDS(21));
        echo_big(pair, 10);
    }
    assert_false(answer.done);
    for (int i = 0; i < 3; i++) /* no turn of the loop between: no answer either */
        world_skip(pair->world, SN_SECONDS(21));
    finish(pair, &answer, SN_ERR_UNAVAILABLE);
    assert_non_null(strstr(answer.text, "it doesn't answer"));
}

static void test_bad_address(void **state)
{
    struct pair *pair = *state;
    struct sn_channel *channel = NULL;
    struct sn_error error;
    char address[400];

    memset(address, 'x', sizeof(address) - 1);
    address[sizeof(address) - 1] = '\0';
    assert_int_equal(sn_http2_channel_create(pair->world->loop, address, &channel, &error),
                     SN_ERR_INVALID_ARGUMENT);
    assert_int_equal(sn_http2_channel_create(pair->world->loop, "nonsense", &channel, &error),
                     SN_ERR_INVALID_ARGUMENT);
    assert_null(channel);
}

#define TCP_TEST(f) cmocka_unit_test_setup_teardown(f, setup_tcp, teardown)
#define UNIX_TEST(f) cmocka_unit_test_setup_teardown(f, setup_unix, teardown)
#define BOTH(f) TCP_TEST(f), UNIX_TEST(f)

int main(void)
{
    const struct CMUnitTest tests[] = {
        BOTH(test_unary),
        BOTH(test_server_stream),
        BOTH(test_client_stream),
        BOTH(test_bidi),
        UNIX_TEST(test_no_message_at_all),
        BOTH(test_big_messages),
        UNIX_TEST(test_message_too_large),
        UNIX_TEST(test_metadata),
        UNIX_TEST(test_trailers_only),
        BOTH(test_many_streams),
        UNIX_TEST(test_too_many_wait),
        BOTH(test_slow_reader),
        UNIX_TEST(test_many_small_queued),
        UNIX_TEST(test_slow_server),
        UNIX_TEST(test_big_after_held),
        UNIX_TEST(test_writable),
        BOTH(test_cancel),
        UNIX_TEST(test_deadline),
        TCP_TEST(test_nobody_there),
        TCP_TEST(test_pauses_have_a_longest),
        BOTH(test_server_goes),
        BOTH(test_drain),
        UNIX_TEST(test_drain_deadline),
        BOTH(test_close_channel),
        UNIX_TEST(test_keepalive),
        UNIX_TEST(test_bad_address),
    };

    return cmocka_run_group_tests_name("http2", tests, NULL, NULL);
}
