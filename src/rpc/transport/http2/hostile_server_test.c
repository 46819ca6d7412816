/* SPDX-License-Identifier: Apache-2.0
 *
 * The channel against servers that break the rules.
 */
#include "rpc/transport/http2/raw_testing.h"

struct call {
    struct sn_client_stream *stream;
    bool done;
    int code;
    size_t messages;
    char text[256];
};

static void on_headers(struct sn_client_stream *stream, const struct sn_metadata *headers)
{
}

static void on_message(struct sn_client_stream *stream, const void *bytes, size_t len)
{
    ((struct call *)stream->owner)->messages++;
    stream->ops->credit(stream, len);
}

static void on_trailers(struct sn_client_stream *stream, const struct sn_status *status,
                        const struct sn_metadata *trailers)
{
    struct call *call = stream->owner;

    assert_false(call->done);
    call->done = true;
    call->code = status->code;
    snprintf(call->text, sizeof(call->text), "%.*s", SN_STR_ARGS(status->text));
}

static const struct sn_client_events call_events = {on_headers, on_message, NULL, on_trailers};

/* A server by hand and a channel to it. */
struct trap {
    struct world *world;
    struct raw raw;
    struct sn_channel *channel;
    struct call call;
    bool closed;
};

static void trap_accept(void *owner, struct sn_conn *conn)
{
    struct raw *raw = owner;

    if (raw->inflater)
        nghttp2_hd_inflate_del(raw->inflater);
    assert_int_equal(nghttp2_hd_inflate_new(&raw->inflater), 0);
    raw->in_len = 0;
    raw->seen = sizeof(preface) - 1;
    memset(raw->frames, 0, sizeof(raw->frames));
    raw_adopt(raw, conn);
}

static int setup_trap(void **state)
{
    struct trap *trap = calloc(1, sizeof(*trap));

    trap->world = world_create();
    raw_init(&trap->raw, trap->world);
    assert_int_equal(sn_listen(trap->world->loop, trap->world->socket, trap_accept, &trap->raw,
                               &trap->world->listener, NULL),
                     0);
    assert_int_equal(
        sn_http2_channel_create(trap->world->loop, trap->world->socket, &trap->channel, NULL), 0);
    *state = trap;
    return 0;
}

static void trap_closed(void *owner)
{
    ((struct trap *)owner)->closed = true;
}

static int teardown_trap(void **state)
{
    struct trap *trap = *state;

    trap->channel->ops->close(trap->channel, trap_closed, trap);
    raw_fini(&trap->raw);
    run_until(trap->world->loop, trap->closed);
    world_destroy(trap->world);
    free(trap);
    return 0;
}

static void call_unary(struct trap *trap)
{
    struct sn_metadata none = {0};

    trap->call = (struct call){0};
    trap->call.stream = trap->channel->ops->open(trap->channel, &call_events, &trap->call,
                                                 SN_STR("/t/Unary"), &none, SN_NEVER);
    trap->call.stream->ops->message(
        trap->call.stream, sn_message_copy(sn_loop_blocks(trap->world->loop), "x", 1), true);
}

static void answer_with(struct trap *trap, uint32_t stream, const char *status,
                        const char *content_type, const char *grpc_status, bool end)
{
    struct block *block = calloc(1, sizeof(*block));

    put(block, ":status", status);
    if (content_type)
        put(block, "content-type", content_type);
    if (grpc_status)
        put(block, "grpc-status", grpc_status);
    send_frame(&trap->raw, HEADERS, END_HEADERS | (end ? END_STREAM : 0), stream, block->bytes,
               block->len);
    free(block);
}

static void expect(struct trap *trap, int code, const char *text)
{
    run_until(trap->world->loop, trap->call.done);
    assert_int_equal(trap->call.code, code);
    if (!strstr(trap->call.text, text))
        fail_msg("no \"%s\" in \"%s\"", text, trap->call.text);
}

/* After it has come. */
static void begin_call(struct trap *trap)
{
    trap->raw.frames[HEADERS] = 0;
    call_unary(trap);
    run_until(trap->world->loop, trap->raw.frames[HEADERS] == 1);
}

static void greet_back(struct trap *trap)
{
    send_frame(&trap->raw, SETTINGS, 0, 0, NULL, 0);
}

static void test_server_is_none(void **state)
{
    struct trap *trap = *state;
    const char *page = "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\nno";

    begin_call(trap);
    send_bytes(&trap->raw, page, strlen(page));
    expect(trap, SN_ERR_UNAVAILABLE, "error reading from server: it doesn't follow HTTP/2");
}

static void test_server_hangs_up(void **state)
{
    struct trap *trap = *state;

    begin_call(trap);
    sn_conn_close(trap->raw.conn, false);
    expect(trap, SN_ERR_UNAVAILABLE, "error reading from server: ");
    call_unary(trap); /* tries again at once */
    run_until(trap->world->loop, trap->raw.conn);
    sn_conn_close(trap->raw.conn, true);
    expect(trap, SN_ERR_UNAVAILABLE, "error reading from server: EOF");
}

static void test_answers_that_are_wrong(void **state)
{
    struct trap *trap = *state;
    static const struct {
        const char *status, *content_type, *grpc_status;
        bool end;
        int code;
        const char *text;
    } cases[] = {
        {"503", "text/html", NULL, true, SN_ERR_UNAVAILABLE, "unexpected HTTP status 503"},
        {"404", NULL, NULL, true, SN_ERR_UNIMPLEMENTED, "unexpected HTTP status 404"},
        {"200", "text/html", NULL, true, SN_ERR_UNKNOWN, "content-type \"text/html\""},
        {"200", "application/grpc", NULL, true, SN_ERR_INTERNAL, "without sending trailers"},
        {"200", "application/grpc", "7", true, SN_ERR_PERMISSION_DENIED, ""},
        {"200", "application/grpc", "99", true, SN_ERR_UNKNOWN, ""},
        {"401", "text/html", "16", true, SN_ERR_UNAUTHENTICATED, ""},
    };

    for (uint32_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        begin_call(trap);
        if (i == 0)
            greet_back(trap);
        answer_with(trap, 1 + 2 * i, cases[i].status, cases[i].content_type, cases[i].grpc_status,
                    cases[i].end);
        expect(trap, cases[i].code, cases[i].text);
    }
}

static void test_answer_without_end(void **state)
{
    struct trap *trap = *state;

    begin_call(trap);
    greet_back(trap);
    answer_with(trap, 1, "103", NULL, NULL, false); /* an interim one */
    answer_with(trap, 1, "200", "application/grpc", NULL, false);
    send_frame(&trap->raw, DATA, 0, 1, "\0\0\0\0\1x\0\0\0\0\1y\0\0", 14);
    run_until(trap->world->loop, trap->call.messages == 2);
    answer_with(trap, 1, "200", NULL, "0", true); /* trailers, though within a message */
    run_until(trap->world->loop, trap->call.done);
    assert_true(trap->call.code != 0);
}

static void test_page_instead_of_messages(void **state)
{
    struct trap *trap = *state;

    begin_call(trap);
    greet_back(trap);
    answer_with(trap, 1, "502", "text/html", NULL, false);
    send_frame(&trap->raw, DATA, END_STREAM, 1, "<html>bad gateway</html>", 24);
    expect(trap, SN_ERR_UNAVAILABLE, "unexpected HTTP status 502");
    assert_int_equal(trap->call.messages, 0);
}

static void test_resets(void **state)
{
    static const struct {
        uint8_t error;
        int code;
    } cases[] = {
        {NGHTTP2_REFUSED_STREAM, SN_ERR_UNAVAILABLE},
        {NGHTTP2_CANCEL, SN_ERR_CANCELLED},
        {NGHTTP2_ENHANCE_YOUR_CALM, SN_ERR_RESOURCE_EXHAUSTED},
        {NGHTTP2_INTERNAL_ERROR, SN_ERR_INTERNAL},
        {NGHTTP2_NO_ERROR, SN_ERR_INTERNAL},
    };
    struct trap *trap = *state;

    for (uint32_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint8_t error[] = {0, 0, 0, cases[i].error};

        begin_call(trap);
        if (i == 0)
            greet_back(trap);
        send_frame(&trap->raw, RST_STREAM, 0, 1 + 2 * i, error, 4);
        expect(trap, cases[i].code, "the server reset the stream");
    }
}

/* GOAWAY: what the server hasn't begun fails, what comes next gets a new connection. */
static void test_goaway(void **state)
{
    struct trap *trap = *state;

    begin_call(trap);
    greet_back(trap);
    send_frame(&trap->raw, GOAWAY, 0, 0, "\0\0\0\0\0\0\0\0", 8);
    expect(trap, SN_ERR_UNAVAILABLE, "");
    run_until(trap->world->loop, !trap->raw.conn);
    begin_call(trap);
    greet_back(trap);
    answer_with(trap, 1, "200", "application/grpc", "0", true);
    expect(trap, 0, "");
}

static void test_server_allows_one_stream(void **state)
{
    struct trap *trap = *state;
    struct call calls[3] = {0};
    struct sn_metadata none = {0};

    begin_call(trap);
    send_frame(&trap->raw, SETTINGS, 0, 0, "\0\3\0\0\0\1", 6);
    run_until(trap->world->loop, trap->raw.frames[SETTINGS] == 2); /* its own, and the answer */
    for (int i = 0; i < 3; i++)
        calls[i].stream = trap->channel->ops->open(trap->channel, &call_events, &calls[i],
                                                   SN_STR("/t/Unary"), &none, SN_SECONDS(100));
    calls[1].stream->ops->cancel(calls[1].stream, SN_ERR_CANCELLED); /* while it waits */
    answer_with(trap, 1, "200", "application/grpc", "0", true);
    expect(trap, 0, "");
    run_until(trap->world->loop, trap->raw.frames[HEADERS] == 2);
    answer_with(trap, 3, "200", "application/grpc", "5", true);
    run_until(trap->world->loop, calls[0].done && trap->raw.frames[HEADERS] == 3);
    assert_int_equal(calls[0].code, SN_ERR_NOT_FOUND);
    answer_with(trap, 5, "200", "application/grpc", "5", true);
    run_until(trap->world->loop, calls[2].done);
    assert_int_equal(calls[2].code, SN_ERR_NOT_FOUND);
    assert_int_equal(calls[1].code, SN_ERR_CANCELLED);
}

#define CHANNEL_TEST(f) cmocka_unit_test_setup_teardown(f, setup_trap, teardown_trap)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CHANNEL_TEST(test_server_is_none),
        CHANNEL_TEST(test_server_hangs_up),
        CHANNEL_TEST(test_answers_that_are_wrong),
        CHANNEL_TEST(test_answer_without_end),
        CHANNEL_TEST(test_page_instead_of_messages),
        CHANNEL_TEST(test_resets),
        CHANNEL_TEST(test_goaway),
        CHANNEL_TEST(test_server_allows_one_stream),
    };

    return cmocka_run_group_tests_name("http2/hostile_server", tests, NULL, NULL);
}
