/* SPDX-License-Identifier: Apache-2.0
 *
 * The server against clients that break the rules.
 */
#include "rpc/transport/http2/raw_testing.h"
#include "rpc/transport/http2/server.h"
#include "wire/grpc.h"

#include <zlib.h>

static void has_header(const struct raw *raw, const char *line)
{
    if (!strstr(raw->headers, line))
        fail_msg("no \"%s\" in \"%s\"", line, raw->headers);
}

/* The server still serves others. */
static void assert_lives(struct world *world)
{
    struct raw raw;

    connect_raw(&raw, world);
    greet(&raw);
    ask(&raw, 1, "/t/Unary", "application/grpc", NULL, NULL, "\0\0\0\0\1x", 6);
    run_until(world->loop, strstr(raw.headers, "grpc-status: 0"));
    raw_fini(&raw);
}

static int setup(void **state)
{
    struct world *world = world_create();

    world_listen(world, world->socket);
    *state = world;
    return 0;
}

static int teardown(void **state)
{
    world_destroy(*state);
    return 0;
}

/* ---- the server ---- */

static void test_settings(void **state)
{
    static const uint8_t expected[] = {0, 3, 0, 0,  0, 250, 0, 4, 0, 16, 0, 0,
                                       0, 5, 0, 16, 0, 0,   0, 6, 0, 1,  0, 0};
    static const uint8_t window[] = {0, 0, 4, WINDOW, 0, 0, 0, 0, 0, 0, 15, 0, 1};
    struct raw raw;

    connect_raw(&raw, *state);
    greet(&raw);
    send_frame(&raw, PING, 0, 0, "12345678", 8);
    run_until(raw.world->loop, raw.frames[PING] == 1);
    assert_memory_equal(raw.in + 9, expected, sizeof(expected));
    /* The connection's window grows from 64 KiB to 1 MiB at once. */
    assert_non_null(memmem(raw.in, raw.in_len, window, sizeof(window)));
    raw_fini(&raw);
}

static void test_heads_that_are_refused(void **state)
{
    static const struct {
        const char *content_type, *name, *value, *answer;
    } cases[] = {
        {"application/json", NULL, NULL, ":status: 400"},
        {NULL, NULL, NULL, ":status: 400"},
        {"application/grpcx", NULL, NULL, ":status: 415"},
        {"application/grpc", "grpc-timeout", "1s", ":status: 400"},
        {"application/grpc", "grpc-timeout", "123456789S", ":status: 400"},
        {"application/grpc", "x-bin", "~~~", ":status: 400"},
        {"application/grpc", "grpc-encoding", "snappy", "grpc-status: 12"},
        {"application/grpc", "grpc-timeout", "1S", "grpc-status: 0"},
        {"application/grpc+proto", NULL, NULL, "content-type: application/grpc+proto"},
        {"application/grpc;x=y", "x-bin", "AQ==", "x-bin: AQ\n"},
        {"application/grpc", "grpc-unknown", "x", "grpc-status: 0"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct raw raw;

        connect_raw(&raw, *state);
        greet(&raw);
        ask(&raw, 1, "/t/Unary", cases[i].content_type, cases[i].name, cases[i].value,
            "\0\0\0\0\1x", 6);
        run_until(raw.world->loop, strstr(raw.headers, cases[i].answer));
        raw_fini(&raw);
    }
}

static void test_bodies_that_are_refused(void **state)
{
    static const struct {
        const char *encoding, *body;
        size_t len;
        const char *answer;
    } cases[] = {
        {NULL, "\2\0\0\0\1x", 6, "grpc-message: grpc: received unexpected payload format 2"},
        {NULL, "\1\0\0\0\1x", 6, "compressed flag set with identity or empty encoding"},
        {"identity", "\1\0\0\0\1x", 6, "compressed flag set with identity or empty encoding"},
        {"gzip", "\1\0\0\0\1x", 6, "grpc-status: 13"},
        {"gzip", "\1\0\0\0\0", 5, "grpc-status: 13"},
        {NULL, "\0\0\0\0\2x", 6, "grpc-message: unexpected EOF"},
        {NULL, "\0\0\0", 3, "grpc-message: unexpected EOF"},
        {NULL, "\0\377\377\377\377x", 6, "larger than max (4294967295 vs. 33554432)"},
        {NULL, "\0\2\0\0\1x", 6, "larger than max (33554433 vs. 33554432)"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct raw raw;

        connect_raw(&raw, *state);
        greet(&raw);
        ask(&raw, 1, "/t/Sum", "application/grpc", "grpc-encoding",
            cases[i].encoding ? cases[i].encoding : "", cases[i].body, cases[i].len);
        run_until(raw.world->loop, strstr(raw.headers, "grpc-status"));
        has_header(&raw, cases[i].answer);
        raw_fini(&raw);
    }
}

/* gzip of `len` bytes, as a message. */
static size_t compress_message(uint8_t *out, size_t size, const void *bytes, size_t len)
{
    z_stream z = {.next_in = (Bytef *)(uintptr_t)bytes, .avail_in = (uInt)len};

    assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, 15 + 16, 9, Z_DEFAULT_STRATEGY), Z_OK);
    z.next_out = out + 5;
    z.avail_out = (uInt)size - 5;
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    sn_grpc_write_prefix(out, (uint32_t)z.total_out);
    out[0] = 1;
    deflateEnd(&z);
    return 5 + z.total_out;
}

static void test_gzip(void **state)
{
    static const size_t lens[] = {0, 1, 5000, 1 << 20, SN_MESSAGE_MAX, SN_MESSAGE_MAX + 1};
    uint8_t *plain = calloc(1, SN_MESSAGE_MAX + 1), *packed = malloc(1 << 20);

    for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
        struct raw raw;
        size_t len = compress_message(packed, 1 << 20, plain, lens[i]);

        connect_raw(&raw, *state);
        greet(&raw);
        ask(&raw, 1, "/t/Sum", "application/grpc", "grpc-encoding", "gzip", packed, len);
        run_until(raw.world->loop, strstr(raw.headers, "grpc-status"));
        if (lens[i] > SN_MESSAGE_MAX)
            has_header(&raw, "received message after decompression larger than max");
        else
            assert_int_equal(
                raw.data[9] | raw.data[10] << 8 | raw.data[11] << 16 | raw.data[12] << 24, lens[i]);
        raw_fini(&raw);
        if (lens[i] > 1000 && lens[i] < 2 << 20) { /* cut short */
            connect_raw(&raw, *state);
            greet(&raw);
            sn_grpc_write_prefix(packed, (uint32_t)len - 5 - 9);
            packed[0] = 1;
            ask(&raw, 1, "/t/Sum", "application/grpc", "grpc-encoding", "gzip", packed, len - 9);
            run_until(raw.world->loop, strstr(raw.headers, "grpc-status: 13"));
            raw_fini(&raw);
        }
    }
    free(plain);
    free(packed);
}

static void test_not_http2(void **state)
{
    static const char *const greetings[] = {
        "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", /* a TLS hello */
        "GET / HTTP/1.1\r\n\r\n",
        "PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n",
    };

    for (size_t i = 0; i < sizeof(greetings) / sizeof(greetings[0]); i++) {
        struct raw raw;

        connect_raw(&raw, *state);
        send_bytes(&raw, greetings[i], i ? strlen(greetings[i]) : 11);
        run_until(raw.world->loop, raw.ended || raw.closed);
        assert_int_equal(raw.in_len, 0);
        raw_fini(&raw);
    }
}

static void test_silent_client(void **state)
{
    struct world *world = *state;
    struct raw silent, half;

    connect_raw(&silent, world);
    connect_raw(&half, world);
    send_bytes(&half, preface, 10);
    run_until(world->loop, sn_http2_server_connections(world->http2) == 2);
    world_skip(world, SN_SECONDS(11));
    run_until(world->loop, silent.ended && half.ended);
    raw_fini(&silent);
    raw_fini(&half);
    assert_lives(world);
}

/* Bytes after the greeting that must end the connection with GOAWAY or without, but end it. */
static void test_broken_frames(void **state)
{
    static const struct {
        uint8_t type, flags;
        uint32_t stream;
        const char *payload;
        size_t len;
    } cases[] = {
        {DATA, 0, 0, "x", 1},                         /* on no stream */
        {DATA, 0, 5, "x", 1},                         /* on an idle one */
        {HEADERS, END_HEADERS, 2, "", 0},             /* an even one */
        {HEADERS, END_HEADERS, 1, "\xff\xff\xff", 3}, /* no HPACK */
        {SETTINGS, 0, 0, "abc", 3},
        {SETTINGS, ACK, 0, "abcdef", 6},
        {SETTINGS, 0, 0, "\0\4\377\377\377\377", 6}, /* window above 2^31 */
        {PING, 0, 0, "short", 5},
        {WINDOW, 0, 0, "\0\0\0\0", 4},
        {WINDOW, 0, 0, "\177\377\377\377", 4},
        {CONTINUATION, 0, 1, "", 0},
        {PUSH, END_HEADERS, 1, "\0\0\0\2", 4},
        {RST_STREAM, 0, 9, "\0\0\0\0", 4},
        {GOAWAY, 0, 0, "x", 1},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct raw raw;

        connect_raw(&raw, *state);
        greet(&raw);
        send_frame(&raw, cases[i].type, cases[i].flags, cases[i].stream, cases[i].payload,
                   cases[i].len);
        run_until(raw.world->loop, raw.ended || raw.closed);
        assert_true(raw.goaway > 0);
        raw_fini(&raw);
    }
    assert_lives(*state);
}

static void test_smaller_stream_id(void **state)
{
    struct raw raw;

    connect_raw(&raw, *state);
    greet(&raw);
    ask(&raw, 5, "/t/Unary", "application/grpc", NULL, NULL, "\0\0\0\0\1x", 6);
    ask(&raw, 3, "/t/Unary", "application/grpc", NULL, NULL, "\0\0\0\0\1x", 6);
    run_until(raw.world->loop, raw.ended || raw.closed);
    assert_int_equal(raw.goaway, NGHTTP2_PROTOCOL_ERROR);
    raw_fini(&raw);
}

static void test_headers_too_large(void **state)
{
    struct block *block = calloc(1, sizeof(*block));
    char *value = calloc(1, 12001);
    struct raw raw;

    memset(value, 'v', 12000);
    connect_raw(&raw, *state);
    greet(&raw);
    put_request(block, "/t/Unary", "application/grpc");
    send_frame(&raw, HEADERS, 0, 1, block->bytes, block->len);
    for (int i = 0; i < 6; i++) {
        block->len = 0;
        put(block, "x-v", value);
        send_frame(&raw, CONTINUATION, i == 5 ? END_HEADERS : 0, 1, block->bytes, block->len);
    }
    run_until(raw.world->loop, strstr(raw.headers, ":status: 431"));
    ask(&raw, 3, "/t/Unary", "application/grpc", NULL, NULL, "\0\0\0\0\1x", 6);
    run_until(raw.world->loop, strstr(raw.headers, "grpc-status: 0"));
    raw_fini(&raw);
    free(value);
    free(block);
}

/* One indexed byte stands for 4,000: a megabyte of such bytes must not become 4 GB of work. */
static void test_header_bomb(void **state)
{
    struct block *block = calloc(1, sizeof(*block));
    char *value = calloc(1, 4001);
    struct raw raw;

    memset(value, 'v', 4000);
    connect_raw(&raw, *state);
    greet(&raw);
    put_request(block, "/t/Unary", "application/grpc");
    size_t at = block->len;
    put(block, "b", value);
    block->bytes[at] = 0x40; /* with indexing: entry 62 */
    while (block->len < 16000)
        block->bytes[block->len++] = 0x80 | 62;
    send_frame(&raw, HEADERS, END_HEADERS | END_STREAM, 1, block->bytes, block->len);
    run_until(raw.world->loop, raw.ended || raw.closed);
    raw_fini(&raw);
    free(value);
    free(block);
    assert_lives(*state);
}

static void test_continuation_flood(void **state)
{
    struct raw raw;

    connect_raw(&raw, *state);
    greet(&raw);
    send_frame(&raw, HEADERS, 0, 1, "", 0);
    for (int i = 0; i < 10000; i++)
        send_frame(&raw, CONTINUATION, 0, 1, "", 0);
    run_until(raw.world->loop, raw.ended || raw.closed);
    raw_fini(&raw);
    assert_lives(*state);
}

/* Asks that must be answered, and nothing read: the answers may not pile up. */
static void test_ping_flood(void **state)
{
    struct world *world = *state;
    struct raw raw;

    connect_raw(&raw, world);
    greet(&raw);
    run_until(world->loop, raw.frames[SETTINGS]);
    sn_conn_read(raw.conn, false);
    for (int i = 0; i < 1000000 && raw.conn && sn_conn_queued(raw.conn) < 30 << 20; i++)
        send_frame(&raw, PING, 0, 0, "12345678", 8);
    run_until(world->loop, sn_http2_server_connections(world->http2) == 0);
    raw_fini(&raw);
    assert_lives(world);
}

static void test_rapid_reset(void **state)
{
    struct world *world = *state;
    struct block *block = calloc(1, sizeof(*block));
    struct raw raw;

    put_request(block, "/t/Hang", "application/grpc");
    connect_raw(&raw, world);
    greet(&raw);
    for (uint32_t id = 1; id < 20000; id += 2) {
        send_frame(&raw, HEADERS, END_HEADERS, id, block->bytes, block->len);
        send_frame(&raw, RST_STREAM, 0, id, "\0\0\0\10", 4);
    }
    run_until(world->loop, raw.ended || raw.closed);
    run_until(world->loop, world->core.live == 0);
    assert_true(world->core.live_max <= 250);
    raw_fini(&raw);
    free(block);
    assert_lives(world);
}

/* Large messages begun on every stream and never completed. */
static void test_half_messages(void **state)
{
    struct world *world = *state;
    struct block *block = calloc(1, sizeof(*block));
    uint8_t *bytes = calloc(1, 16000);
    struct raw raw;

    put_request(block, "/t/Sum", "application/grpc");
    sn_grpc_write_prefix(bytes, 30 << 20);
    connect_raw(&raw, world);
    greet(&raw);
    run_until(world->loop, raw.frames[WINDOW]);
    for (uint32_t id = 1; id < 2 * 100; id += 2)
        send_frame(&raw, HEADERS, END_HEADERS, id, block->bytes, block->len);
    for (int round = 0; round < 55; round++) {
        for (uint32_t id = 1; id < 2 * 100; id += 2) {
            send_frame(&raw, DATA, 0, id, bytes, 16000);
            if (id % 32 == 31) /* no more than the connection's window */
                run_until(world->loop, sn_conn_queued(raw.conn) == 0);
        }
        bytes[3] = 0;
        bytes[1] = 0;
        size_t in_use = sn_loop_blocks(world->loop)->in_use;
        assert_true(in_use < 100 << 20);
    }
    run_until(world->loop, strstr(raw.headers, "grpc-status: 8"));
    raw_fini(&raw);
    run_until(world->loop, world->core.live == 0);
    free(block);
    free(bytes);
}

static void test_too_many_streams(void **state)
{
    struct world *world = *state;
    struct block *block = calloc(1, sizeof(*block));
    struct raw raw;

    put_request(block, "/t/Hang", "application/grpc");
    connect_raw(&raw, world);
    greet(&raw);
    for (uint32_t id = 1; id < 2 * 300; id += 2)
        send_frame(&raw, HEADERS, END_HEADERS, id, block->bytes, block->len);
    run_until(world->loop, raw.reset >= 0 || raw.goaway >= 0);
    assert_int_equal(world->core.live_max, 250);
    raw_fini(&raw);
    run_until(world->loop, world->core.live == 0);
    free(block);
}

static void test_trailers_of_a_request(void **state)
{
    struct block *block = calloc(1, sizeof(*block));
    struct raw raw;

    connect_raw(&raw, *state);
    greet(&raw);
    put_request(block, "/t/Sum", "application/grpc");
    send_frame(&raw, HEADERS, END_HEADERS, 1, block->bytes, block->len);
    send_frame(&raw, DATA, 0, 1, "\0\0\0\0\1x", 6);
    block->len = 0;
    put(block, "x-late", "1");
    send_frame(&raw, HEADERS, END_HEADERS | END_STREAM, 1, block->bytes, block->len);
    run_until(raw.world->loop, strstr(raw.headers, "grpc-status: 0"));
    assert_null(strstr(raw.headers, "x-late"));
    raw_fini(&raw);
    free(block);
}

/* All of it in pieces of one byte. */
static void test_one_byte_at_a_time(void **state)
{
    struct block *block = calloc(1, sizeof(*block));
    uint8_t bytes[400] = {0};
    struct raw raw;

    connect_raw(&raw, *state);
    put_request(block, "/t/Unary", "application/grpc");
    memcpy(bytes, preface, 24);
    size_t len = 24;
    memcpy(bytes + len, "\0\0\0\4\0\0\0\0\0", 9);
    len += 9;
    memcpy(bytes + len, "\0\0\0\1\4\0\0\0\1", 9);
    bytes[len + 2] = (uint8_t)block->len;
    memcpy(bytes + len + 9, block->bytes, block->len);
    len += 9 + block->len;
    memcpy(bytes + len, "\0\0\7\0\1\0\0\0\1\0\0\0\0\2xy", 16);
    len += 16;
    for (size_t i = 0; i < len; i++) {
        send_bytes(&raw, bytes + i, 1);
        uv_run(sn_loop_backend(raw.world->loop), UV_RUN_NOWAIT);
    }
    run_until(raw.world->loop, strstr(raw.headers, "grpc-status: 0"));
    assert_memory_equal(raw.data, "\0\0\0\0\2xy", 7);
    raw_fini(&raw);
    free(block);
}

/* Random bytes after a valid beginning; the seeds are the test's names. */
static void test_garbage(void **state)
{
    struct world *world = *state;
    struct block *block = calloc(1, sizeof(*block));

    put_request(block, "/t/Echo", "application/grpc");
    for (unsigned seed = 1; seed <= 200; seed++) {
        struct raw raw;
        uint8_t noise[600];
        unsigned x = seed;

        for (size_t i = 0; i < sizeof(noise); i++) {
            x = x * 1103515245 + 12345;
            noise[i] = (uint8_t)(x >> 16);
        }
        connect_raw(&raw, world);
        greet(&raw);
        send_frame(&raw, HEADERS, END_HEADERS, 1, block->bytes, block->len);
        if (seed % 2) /* noise in a frame, or as one */
            send_frame(&raw, (uint8_t)(seed / 2 % 10), noise[0], seed % 3, noise, seed);
        else
            send_bytes(&raw, noise, sizeof(noise));
        send_frame(&raw, PING, 0, 0, "12345678", 8);
        run_until(world->loop, raw.ended || raw.closed || raw.in_len > 40);
        raw_fini(&raw);
    }
    free(block);
    run_until(world->loop, world->core.live == 0);
    assert_lives(world);
}

/* Looks over the connections as the sweep does, for so many seconds. */
static void sweep(struct world *world, unsigned seconds)
{
    for (unsigned i = 0; i < seconds; i += 2)
        world_skip(world, SN_SECONDS(2));
}

static void test_endless_head(void **state)
{
    struct world *world = *state;
    struct raw raw;

    connect_raw(&raw, world);
    greet(&raw);
    send_frame(&raw, HEADERS, 0, 1, "\x82", 1);
    run_until(world->loop, sn_http2_server_streams(world->http2) == 1);
    sweep(world, 14);
    run_until(world->loop, raw.ended);
    assert_int_equal(world->guard.refused[SN_REFUSED_HEAD], 1);
    raw_fini(&raw);
    assert_lives(world);
}

static void test_idle(void **state)
{
    struct world *world = *state;
    struct raw raw;

    world->guard.limits.idle_http2_ns = SN_SECONDS(20);
    connect_raw(&raw, world);
    greet(&raw);
    run_until(world->loop, sn_http2_server_connections(world->http2) == 1 && raw.in_len);
    sweep(world, 24);
    run_until(world->loop, raw.ended);
    assert_int_equal(world->guard.refused[SN_REFUSED_IDLE], 1);
    raw_fini(&raw);
}

static void test_slow_writer(void **state)
{
    struct world *world = *state;
    struct raw raw;

    connect_raw(&raw, world);
    greet(&raw);
    struct block *block = calloc(1, sizeof(*block));
    put_request(block, "/t/Sum", "application/grpc");
    send_frame(&raw, HEADERS, END_HEADERS, 1, block->bytes, block->len);
    send_frame(&raw, DATA, 0, 1, "\0\0\0\1\0abc", 8);
    send_frame(&raw, PING, 0, 0, "12345678", 8);
    free(block);
    run_until(world->loop, raw.frames[PING]);
    sweep(world, 66);
    run_until(world->loop, strstr(raw.headers, "stands still"));
    has_header(&raw, "grpc-status: 8");
    assert_int_equal(world->guard.refused[SN_REFUSED_SLOW_WRITER], 1);
    raw_fini(&raw);
    assert_lives(world);
}

/* No window for the answer: nothing waits in the socket, and the call has long ended. */
static void test_no_room_for_the_answer(void **state)
{
    struct world *world = *state;
    struct raw raw;

    connect_raw(&raw, world);
    greet(&raw);
    send_frame(&raw, SETTINGS, 0, 0, "\0\4\0\0\0\0", 6);
    ask(&raw, 1, "/t/Unary", "application/grpc", NULL, NULL, "\0\0\0\0\3abc", 8);
    run_until(world->loop, raw.frames[HEADERS] == 1);
    assert_int_equal(world->core.live, 0);
    sweep(world, 58);
    assert_int_equal(raw.frames[RST_STREAM], 0);
    send_frame(&raw, WINDOW, 0, 1, "\0\0\0\1", 4); /* a byte is a sign of life */
    run_until(world->loop, raw.data_len == 1);
    sweep(world, 58);
    assert_int_equal(raw.frames[RST_STREAM], 0);
    sweep(world, 8);
    run_until(world->loop, raw.frames[RST_STREAM]);
    assert_int_equal(world->guard.refused[SN_REFUSED_SLOW_READER], 1);
    run_until(world->loop, sn_http2_server_streams(world->http2) == 0);
    raw_fini(&raw);
    assert_lives(world);
}

/* ---- an exchange that waits for its body ---- */

static int aborted;

static void drop_body(struct sn_exchange *exchange, struct sn_str bytes)
{
    exchange->ops->credit(exchange, bytes.len);
}

static void ignore(struct sn_exchange *exchange)
{
}

static void note_abort(struct sn_exchange *exchange)
{
    aborted++;
}

static const struct sn_exchange_events waiting_events = {drop_body, ignore, ignore, note_abort};

static void serve_waiting(struct sn_exchange_handler *handler, struct sn_exchange *exchange)
{
    exchange->events = &waiting_events;
}

static void serve_failing(struct sn_exchange_handler *handler, struct sn_exchange *exchange)
{
    exchange->events = &waiting_events;
    (exchange->ops->fail)(exchange); /* not the macro of cmocka */
}

static void begin_post(struct raw *raw)
{
    struct block *block = calloc(1, sizeof(*block));

    greet(raw);
    put_request(block, "/t/Sum", "text/plain");
    send_frame(raw, HEADERS, END_HEADERS, 1, block->bytes, block->len);
    send_frame(raw, DATA, 0, 1, "abc", 3);
    send_frame(raw, PING, 0, 0, "12345678", 8);
    free(block);
    aborted = 0;
    run_until(raw->world->loop, raw->frames[PING]);
}

static void test_slow_body(void **state)
{
    struct world *world = *state;
    struct sn_exchange_handler handler = {serve_waiting};
    struct raw raw;

    world->http2->handler = &handler;
    connect_raw(&raw, world);
    begin_post(&raw);
    assert_int_equal(raw.frames[RST_STREAM], 0);
    sweep(world, 66);
    run_until(world->loop, raw.frames[RST_STREAM]);
    assert_int_equal(world->guard.refused[SN_REFUSED_SLOW_WRITER], 1);
    assert_int_equal(aborted, 1);
    raw_fini(&raw);
    assert_lives(world);
}

/* Who served it is told before its memory goes. */
static void test_a_failed_exchange_is_aborted(void **state)
{
    struct world *world = *state;
    struct sn_exchange_handler handler = {serve_failing};
    struct raw raw;

    world->http2->handler = &handler;
    connect_raw(&raw, world);
    begin_post(&raw);
    run_until(world->loop, raw.frames[RST_STREAM]);
    assert_int_equal(aborted, 1);
    raw_fini(&raw);
    assert_lives(world);
}

static void test_too_many_calls(void **state)
{
    struct world *world = *state;
    struct raw raw;

    world->guard.limits.calls = 0;
    connect_raw(&raw, world);
    greet(&raw);
    ask(&raw, 1, "/t/Echo", "application/grpc", NULL, NULL, "", 0);
    run_until(world->loop, strstr(raw.headers, "grpc-status: 8"));
    has_header(&raw, "0 calls of this connection still run");
    assert_int_equal(world->guard.refused[SN_REFUSED_CALLS], 1);
    raw_fini(&raw);
}

/* Streams that wait for their message cost little each; many connections may have many. */
static void test_no_memory_for_another_stream(void **state)
{
    struct world *world = *state;
    struct block *block = calloc(1, sizeof(*block));
    struct raw raw;
    uint32_t id = 1;

    world->guard.limits.memory_bytes = 256 << 10;
    connect_raw(&raw, world);
    greet(&raw);
    put_request(block, "/t/Sum", "application/grpc");
    for (; id < 400; id += 2)
        send_frame(&raw, HEADERS, END_HEADERS, id, block->bytes, block->len);
    free(block);
    run_until(world->loop, world->guard.refused[SN_REFUSED_MEMORY] + world->core.live == 200);
    run_until(world->loop, raw.frames[RST_STREAM] == world->guard.refused[SN_REFUSED_MEMORY]);
    assert_int_equal(raw.reset, NGHTTP2_ENHANCE_YOUR_CALM);
    assert_in_range(sn_loop_blocks(world->loop)->in_use, 256 << 10, 300 << 10);
    assert_in_range(world->core.live, 20, 64);
    raw_fini(&raw);
    run_until(world->loop, world->core.live == 0);
    assert_lives(world); /* and there is some again */
}

static void test_too_many_connections(void **state)
{
    struct world *world = *state;
    enum { COUNT = 110, ALLOWED = 100 };
    struct raw *raws = calloc(COUNT, sizeof(*raws));
    size_t ended = 0;

    world->guard.limits.connections = ALLOWED;
    for (int i = 0; i < COUNT; i++) {
        struct sn_dial *dial;

        raws[i].world = world;
        raws[i].in = malloc(200);
        assert_int_equal(sn_dial(world->loop, world->socket, raw_connected, &raws[i], &dial, NULL),
                         0);
        run_until(world->loop, raws[i].conn || raws[i].closed);
        if (i % 10 == 0)
            run_until(world->loop, sn_http2_server_connections(world->http2) >= (size_t)i);
    }
    run_until(world->loop, raws[COUNT - 1].closed);
    assert_int_equal(sn_http2_server_connections(world->http2), ALLOWED);
    for (int i = 0; i < COUNT; i++) {
        ended += raws[i].closed;
        raw_fini(&raws[i]);
    }
    assert_int_equal(ended, COUNT - ALLOWED);
    free(raws);
}

#define SERVER_TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SERVER_TEST(test_settings),
        SERVER_TEST(test_heads_that_are_refused),
        SERVER_TEST(test_bodies_that_are_refused),
        SERVER_TEST(test_gzip),
        SERVER_TEST(test_not_http2),
        SERVER_TEST(test_silent_client),
        SERVER_TEST(test_broken_frames),
        SERVER_TEST(test_smaller_stream_id),
        SERVER_TEST(test_headers_too_large),
        SERVER_TEST(test_header_bomb),
        SERVER_TEST(test_continuation_flood),
        SERVER_TEST(test_ping_flood),
        SERVER_TEST(test_rapid_reset),
        SERVER_TEST(test_half_messages),
        SERVER_TEST(test_too_many_streams),
        SERVER_TEST(test_trailers_of_a_request),
        SERVER_TEST(test_one_byte_at_a_time),
        SERVER_TEST(test_garbage),
        SERVER_TEST(test_endless_head),
        SERVER_TEST(test_idle),
        SERVER_TEST(test_slow_writer),
        SERVER_TEST(test_no_room_for_the_answer),
        SERVER_TEST(test_slow_body),
        SERVER_TEST(test_a_failed_exchange_is_aborted),
        SERVER_TEST(test_too_many_calls),
        SERVER_TEST(test_no_memory_for_another_stream),
        SERVER_TEST(test_too_many_connections),
    };

    return cmocka_run_group_tests_name("http2/hostile_client", tests, NULL, NULL);
}
