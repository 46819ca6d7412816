/* SPDX-License-Identifier: Apache-2.0
 *
 * gRPC over a data channel, both ends against each other, and the server against frames as clients
 * of other makes send them.
 */
#include "rpc/transport/webrtc/webrtc.h"

#include "pb/google/protobuf/any.h"
#include "pb/google/rpc/status.h"
#include "pb/proto/rpc/webrtc/v1/grpc.h"
#include "rpc/transport/answer_testing.h"
#include "rpc/transport/core_testing.h"
#include "rpc/transport/webrtc/link_testing.h"
#include "rpc/transport/webrtc/private.h"

static bool gone;

static void channel_gone(void *owner)
{
    *(bool *)owner = true;
}

/* ---- the world: end 0 is the client's, 1 the server's ---- */

struct world {
    struct link *link;
    struct sn_server core;
    struct sn_guard guard;
    struct sn_webrtc_server *webrtc;
    struct sn_channel *channel; /* NULL: frames are made by hand */
    char frames[8192];          /* what came for those: "headers5 message5:abc. trailers5:0 " */
};

static struct world *world_create(void)
{
    struct world *world = calloc(1, sizeof(*world));

    world->link = link_create();
    world->guard.limits = sn_limits_preset;
    world->core.blocks = &world->link->pool;
    world->webrtc = sn_webrtc_server_create(&world->link->env, &world->core, &world->guard);
    assert_non_null(world->webrtc);
    assert_int_equal(sn_webrtc_server_accept(world->webrtc, &world->link->ends[1].channel,
                                             "192.0.2.1:1000", "192.0.2.2:2000"),
                     0);
    return world;
}

static int setup(void **state)
{
    struct world *world = world_create();

    world->channel = sn_webrtc_channel_create(&world->link->env, &world->link->ends[0].channel);
    assert_non_null(world->channel);
    link_open(world->link);
    *state = world;
    return 0;
}

/* Nothing may be left of anything. */
static int teardown(void **state)
{
    struct world *world = *state;

    gone = false;
    if (world->channel) {
        world->channel->ops->close(world->channel, channel_gone, &gone);
        link_run(world->link);
        assert_true(gone);
    }
    link_cut(world->link, "the test is over");
    link_run(world->link);
    assert_int_equal(sn_webrtc_server_streams(world->webrtc), 0);
    assert_int_equal(world->core.live, 0);
    assert_int_equal(sn_webrtc_server_channels(world->webrtc), 0);
    sn_webrtc_server_destroy(world->webrtc);
    assert_int_equal(world->link->pool.in_use, 0);
    link_destroy(world->link);
    free(world);
    return 0;
}

static void open_with(struct world *world, struct answer *answer, const char *path,
                      const struct sn_metadata *metadata, uint64_t timeout_ns)
{
    answer->clock = &world->link->ends[1].sent;
    answer_open(answer, world->channel, &world->link->pool, path, metadata, timeout_ns);
}

static void open_call(struct world *world, struct answer *answer, const char *path)
{
    struct sn_metadata none = {0};

    open_with(world, answer, path, &none, SN_NEVER);
}

static void expect_end(struct world *world, struct answer *answer, int code)
{
    link_run(world->link);
    if (!answer->done || answer->code != code)
        fail_msg("done %d with %d \"%s\", not %d", answer->done, answer->code, answer->text, code);
}

/* ---- the kinds of streams ---- */

static void unary(void **state)
{
    struct world *world = *state;
    struct answer answer = {0}, empty = {0};

    open_call(world, &answer, "/t/Unary");
    send_bytes(&answer, "hello", 5, true);
    expect_end(world, &answer, 0);
    assert_int_equal(answer.messages, 1);
    assert_memory_equal(answer.first, "hello", 5);
    assert_int_equal(world->core.timeout_ns, SN_NEVER);
    assert_string_equal(world->core.peer, "192.0.2.1:1000");
    open_call(world, &empty, "/t/Unary");
    send_bytes(&empty, "", 0, true);
    expect_end(world, &empty, 0);
    assert_true(empty.messages == 1 && empty.len == 0);
    assert_int_equal(sn_webrtc_server_streams(world->webrtc), 0);
}

static void server_stream(void **state)
{
    struct world *world = *state;
    struct answer answer = {0};

    open_call(world, &answer, "/t/Count");
    ask_count(&answer, 1000, 100);
    expect_end(world, &answer, 0);
    assert_int_equal(answer.messages, 1000);
    assert_int_equal(answer.bytes, 100000);
}

static void client_stream(void **state)
{
    struct world *world = *state;
    struct answer answer = {0};
    uint32_t result[2];

    open_call(world, &answer, "/t/Sum");
    for (int i = 0; i < 500; i++)
        send_bytes(&answer, "\1\2\3", 3, false);
    half_close(&answer);
    expect_end(world, &answer, 0);
    memcpy(result, answer.first, sizeof(result));
    assert_int_equal(result[0], 500 * 6);
    assert_int_equal(result[1], 1500);
}

static void bidi(void **state)
{
    struct world *world = *state;
    struct answer answer = {0};

    open_call(world, &answer, "/t/Echo");
    for (int i = 1; i <= 20; i++) {
        send_bytes(&answer, "abc", 3, i == 20);
        link_run(world->link);
        assert_int_equal(answer.messages, i);
    }
    expect_end(world, &answer, 0);
    assert_int_equal(answer.bytes, 60);
}

static void no_message_at_all(void **state)
{
    struct world *world = *state;
    struct answer answer = {0};

    open_call(world, &answer, "/t/Echo");
    half_close(&answer);
    expect_end(world, &answer, 0);
    assert_int_equal(answer.messages, 0);
    assert_true(answer.has_headers);
}

static void large_messages_go_in_pieces(void **state)
{
    static const size_t sizes[] = {RTC_PIECE_MAX - 1, RTC_PIECE_MAX, RTC_PIECE_MAX + 1, 1000000,
                                   SN_MESSAGE_MAX - 1};
    struct world *world = *state;

    for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
        struct answer answer = {0};
        uint8_t *bytes = malloc(sizes[i]);
        uint32_t sum = 0;

        for (size_t j = 0; j < sizes[i]; j++)
            sum += bytes[j] = (uint8_t)(j * 31 + j / 1000);
        open_call(world, &answer, "/t/Unary");
        send_bytes(&answer, bytes, sizes[i], true);
        expect_end(world, &answer, 0);
        assert_int_equal(answer.len, sizes[i]);
        assert_int_equal(answer.sum, sum);
        free(bytes);
    }
}

/* ---- metadata, errors, time ---- */

static void metadata_both_ways(void **state)
{
    static struct sn_metadata_entry entries[] = {
        {SN_STR("x-one"), SN_STR("1")},           {SN_STR("x-Two"), SN_STR("2 \xc3\xa4")},
        {SN_STR("x-one"), SN_STR("again")},       {SN_STR("x-bin"), SN_STR("text")},
        {SN_STR("x-broken-bin"), SN_STR("\xff")}, {SN_STR("content-type"), SN_STR("x")},
    };
    struct sn_metadata metadata = {entries, 6, 6};
    struct world *world = *state;
    struct answer answer = {0};

    open_with(world, &answer, "/t/Unary", &metadata, SN_NEVER);
    send_bytes(&answer, "x", 1, true);
    expect_end(world, &answer, 0);
    /* Values of a key come together; what is no text can't be carried. */
    assert_string_equal(answer.headers, "x-one=1;x-one=again;x-two=2 \xc3\xa4;x-bin=text;");
    assert_string_equal(answer.trailers, answer.headers);
}

static void errors_have_text_and_details(void **state)
{
    struct world *world = *state;
    struct answer answer = {0};

    open_call(world, &answer, "/t/Fail");
    expect_end(world, &answer, SN_ERR_NOT_FOUND);
    assert_string_equal(answer.text, "no such thing: \xc3\xa4 100% "); /* on one line */
    assert_true(answer.has_headers);                                   /* always, whatever comes */
}

/* Details are a whole Status on other transports; here they join the one that is sent anyway. */
static void details_survive_the_frame(void **state)
{
    struct world *world = *state;
    struct sn_env *env = &world->link->env;
    struct pb_google_any any = {.type_url = SN_STR("type.googleapis.com/x"),
                                .value = SN_STR("\1\2")};
    struct pb_google_rpc_status inner = {
        .code = 5, .message = SN_STR("old"), .details = {&any, 1, 1}};
    struct pb_google_rpc_status got = {0};
    struct sn_status status = {.code = SN_ERR_ABORTED, .text = SN_STR("new\nline")}, read;
    struct sn_metadata none = {0}, metadata = {0};
    struct sn_frame frame;
    struct sn_arena arena;

    sn_arena_init(&arena, env->blocks, 1 << 20);
    assert_int_equal(sn_pb_encode(&pb_google_rpc_status_msg, &inner, &arena, 0, &status.details),
                     0);
    struct sn_message *message = rtc_write_trailers(env, 3, &status, &none);
    assert_int_equal(
        sn_frame_read_response((struct sn_str){(char *)message->data, message->len}, &frame), 0);
    assert_int_equal(rtc_read_trailers(frame.body, &arena, &read, &metadata), 0);
    assert_int_equal(read.code, SN_ERR_ABORTED);
    assert_true(sn_str_is(read.text, "new line"));
    assert_int_equal(
        sn_pb_decode(&pb_google_rpc_status_msg, &got, read.details.ptr, read.details.len, &arena),
        0);
    assert_int_equal(got.code, 10);
    assert_int_equal(got.details.n, 1);
    assert_true(sn_str_eq(got.details.v[0].value, any.value));
    sn_message_free(message);
    sn_arena_fini(&arena);
}

static void timeouts_are_passed_on_and_kept(void **state)
{
    struct world *world = *state;
    struct sn_metadata none = {0};
    struct answer answer = {0};

    open_with(world, &answer, "/t/Hang", &none, SN_SECONDS(3) / 2);
    link_run(world->link);
    assert_int_equal(world->core.timeout_ns, SN_SECONDS(3) / 2);
    assert_int_equal(world->core.live, 1);
    link_wait(world->link, SN_SECONDS(2));
    expect_end(world, &answer, SN_ERR_DEADLINE_EXCEEDED);
    assert_int_equal(world->core.live, 0); /* it was told */
    assert_int_equal(world->core.aborted, 1);
}

static void cancelling_reaches_the_server(void **state)
{
    struct world *world = *state;
    struct answer answer = {0}, other = {.act_at = 3, .act = answer_cancel};

    open_call(world, &answer, "/t/Hang");
    link_run(world->link);
    answer.stream->ops->cancel(answer.stream, SN_ERR_CANCELLED);
    assert_true(answer.done && answer.code == SN_ERR_CANCELLED);
    link_run(world->link);
    assert_int_equal(world->core.aborted, 1);
    open_call(world, &other, "/t/Count");
    ask_count(&other, 100000, 1000);
    expect_end(world, &other, SN_ERR_CANCELLED);
    assert_int_equal(other.messages, 3);
    assert_int_equal(world->core.live, 0);
    assert_int_equal(sn_webrtc_server_streams(world->webrtc), 0);
}

/* One that the server never heard of ends without a word. */
static void cancelling_what_has_not_left(void **state)
{
    struct world *world = *state;
    struct answer answer = {0};

    world->link->ends[0].room = 0;
    open_call(world, &answer, "/t/Hang");
    answer.stream->ops->cancel(answer.stream, SN_ERR_CANCELLED);
    assert_true(answer.done);
    assert_int_equal(world->link->ends[0].sent, 0);
}

/* ---- before the beginning, after the end ---- */

static void calls_wait_for_the_channel(void **state)
{
    struct world *world = world_create();
    struct answer *answers = calloc(1101, sizeof(*answers));
    size_t refused = 0;

    world->channel = sn_webrtc_channel_create(&world->link->env, &world->link->ends[0].channel);
    world->guard.limits.calls = 2000;
    for (int i = 0; i < 1100; i++) {
        open_call(world, &answers[i], "/t/Unary");
        send_bytes(&answers[i], "early", 5, true);
    }
    link_run(world->link);
    link_open(world->link);
    link_run(world->link);
    for (int i = 0; i < 1100; i++) {
        assert_true(answers[i].done);
        refused += answers[i].code == SN_ERR_RESOURCE_EXHAUSTED;
        assert_true(answers[i].code == 0 || answers[i].code == SN_ERR_RESOURCE_EXHAUSTED);
    }
    assert_int_equal(refused, 100);
    free(answers);
    *state = world;
    teardown(state);
}

static void a_lost_channel_ends_its_calls(void **state)
{
    struct world *world = *state;
    struct answer running = {0}, late = {0};

    open_call(world, &running, "/t/Hang");
    link_run(world->link);
    assert_false(sn_webrtc_channel_is_closed(world->channel));
    link_cut(world->link, "no route");
    assert_true(running.done && running.code == SN_ERR_UNAVAILABLE);
    assert_string_equal(running.text, "connection to the peer lost: no route");
    assert_int_equal(world->core.aborted, 1);
    assert_true(sn_webrtc_channel_is_closed(world->channel));
    open_call(world, &late, "/t/Unary");
    send_bytes(&late, "x", 1, true); /* never from inside */
    assert_false(late.done);
    expect_end(world, &late, SN_ERR_UNAVAILABLE);
    assert_string_equal(late.text, "connection to the peer lost: no route");
}

static void close_channel(struct answer *answer)
{
    answer->channel->ops->close(answer->channel, channel_gone, &gone);
}

static void closing_from_within_a_message(void **state)
{
    struct world *world = *state;
    struct answer answer = {.act_at = 2, .act = close_channel}, other = {0};

    gone = false;
    open_call(world, &other, "/t/Hang");
    open_call(world, &answer, "/t/Count");
    ask_count(&answer, 1000, 100);
    expect_end(world, &answer, SN_ERR_UNAVAILABLE);
    assert_int_equal(answer.messages, 2);
    expect_end(world, &other, SN_ERR_UNAVAILABLE);
    assert_true(gone);
    world->channel = NULL;
}

static void the_server_closes_all(void **state)
{
    struct world *world = *state;
    struct answer answer = {0};

    open_call(world, &answer, "/t/Hang");
    link_run(world->link);
    sn_webrtc_server_close_all(world->webrtc);
    expect_end(world, &answer, SN_ERR_UNAVAILABLE);
    assert_int_equal(sn_webrtc_server_channels(world->webrtc), 0);
}

/* ---- many, large, slow ---- */

/* A small call beside large answers waits for a piece of each of them only. */
static void small_calls_pass_large_ones(void **state)
{
    struct world *world = *state;
    struct answer bulk[4] = {{0}}, small = {0};

    world->link->ends[1].room = 2 * RTC_PIECE_MAX;
    for (int i = 0; i < 4; i++) {
        open_call(world, &bulk[i], "/t/Count");
        ask_count(&bulk[i], 3, 1000000);
    }
    for (int i = 0; i < 50; i++)
        link_step(world->link);
    open_call(world, &small, "/t/Unary");
    send_bytes(&small, "x", 1, true);
    size_t before = world->link->ends[1].sent;
    expect_end(world, &small, 0);
    for (int i = 0; i < 4; i++) {
        expect_end(world, &bulk[i], 0);
        assert_int_equal(bulk[i].bytes, 3000000);
        assert_true(small.done_at < bulk[i].done_at);
    }
    assert_true(small.done_at - before < 40); /* of some 700 frames */
}

/* What isn't taken stays within the queue's bounds, and the core is told when it may go on. */
static void a_slow_network_holds_the_sender_back(void **state)
{
    struct world *world = *state;
    struct answer answer = {0};

    world->link->ends[1].room = 1000;
    open_call(world, &answer, "/t/Count");
    ask_count(&answer, 200, 100000);
    expect_end(world, &answer, 0);
    assert_int_equal(answer.bytes, 20000000);
    assert_true(world->core.queued_max < (256 << 10) + 100001);
}

static void the_client_is_told_when_it_may_go_on(void **state)
{
    struct world *world = *state;
    static uint8_t bytes[300000];
    struct answer answer = {0};

    open_call(world, &answer, "/t/Sum");
    world->link->ends[0].room = 20000;
    send_bytes(&answer, bytes, sizeof(bytes), false);
    assert_true(answer.stream->ops->queued(answer.stream) > 250000);
    assert_int_equal(answer.writables, 0);
    link_run(world->link);
    assert_int_equal(answer.stream->ops->queued(answer.stream), 0);
    assert_int_equal(answer.writables, 1);
    half_close(&answer);
    expect_end(world, &answer, 0);
}

/* Whose messages nobody takes loses that call; others on the channel run on. */
static void a_slow_receiver_loses_its_call_alone(void **state)
{
    struct world *world = *state;
    static uint8_t bytes[1 << 20];
    struct answer slow = {0}, other = {0}, held = {.hold = true};

    open_call(world, &other, "/t/Echo");
    open_call(world, &slow, "/t/Hold");
    for (int i = 0; i < 20; i++)
        send_bytes(&slow, bytes, sizeof(bytes), false);
    expect_end(world, &slow, SN_ERR_RESOURCE_EXHAUSTED);
    assert_non_null(strstr(slow.text, "faster than they are taken"));
    assert_int_equal(world->core.messages, 9); /* 8 MiB, and one more */
    open_call(world, &held, "/t/Count");       /* the other way round */
    ask_count(&held, 100, 1 << 20);
    expect_end(world, &held, SN_ERR_RESOURCE_EXHAUSTED);
    assert_int_equal(world->core.live, 1);
    send_bytes(&other, "on", 2, true);
    expect_end(world, &other, 0);
}

static void too_large_a_message_loses_its_call_alone(void **state)
{
    struct world *world = *state;
    static uint8_t bytes[1 << 20];
    struct answer large = {0}, other = {0};

    world->guard.limits.message_bytes = 500000;
    open_call(world, &other, "/t/Echo");
    open_call(world, &large, "/t/Unary");
    send_bytes(&large, bytes, sizeof(bytes), true);
    expect_end(world, &large, SN_ERR_RESOURCE_EXHAUSTED);
    assert_non_null(strstr(large.text, "grpc: received message larger than max"));
    send_bytes(&other, "on", 2, true);
    expect_end(world, &other, 0);
}

static void messages_not_yet_whole_are_bounded(void **state)
{
    struct world *world = *state;
    static uint8_t bytes[400000];
    struct answer answers[10] = {{0}};
    size_t refused = 0;

    world->guard.limits.gathered_bytes = 2 << 20;
    for (int i = 0; i < 10; i++) { /* their pieces come in turn */
        open_call(world, &answers[i], "/t/Unary");
        send_bytes(&answers[i], bytes, sizeof(bytes), true);
    }
    for (int i = 0; i < 10; i++) {
        link_run(world->link);
        assert_true(answers[i].done);
        refused += answers[i].code == SN_ERR_RESOURCE_EXHAUSTED;
    }
    assert_in_range(refused, 1, 9);
}

static void a_peer_that_never_reads_is_closed(void **state)
{
    struct world *world = *state;
    struct answer answer = {0};

    open_call(world, &answer, "/t/Count");
    ask_count(&answer, 1000, 100000);
    link_step(world->link);
    world->link->ends[1].room = 0;
    link_run(world->link);
    assert_false(answer.done);
    link_wait(world->link, SN_SECONDS(61));
    expect_end(world, &answer, SN_ERR_UNAVAILABLE);
    assert_int_equal(world->guard.refused[SN_REFUSED_SLOW_READER], 1);
}

/* ---- frames as others make them ---- */

static void SN_PRINTF(2, 3) note(struct world *world, const char *format, ...)
{
    size_t used = strlen(world->frames);
    va_list args;

    va_start(args, format);
    vsnprintf(world->frames + used, sizeof(world->frames) - used, format, args);
    va_end(args);
}

static void raw_open(struct sn_datachannel *channel)
{
}

static void raw_closed(struct sn_datachannel *channel, const char *cause)
{
}

static void raw_message(struct sn_datachannel *channel, struct sn_str bytes)
{
    struct world *world = channel->owner;
    struct pb_proto_rpc_webrtc_response response = {0};
    struct sn_arena arena;

    sn_arena_init(&arena, &world->link->pool, 1 << 20);
    assert_int_equal(
        sn_pb_decode(&pb_proto_rpc_webrtc_response_msg, &response, bytes.ptr, bytes.len, &arena),
        0);
    unsigned id = (unsigned)response.stream->id;
    if (response.which_type == PB_PROTO_RPC_WEBRTC_RESPONSE_TYPE_HEADERS)
        note(world, "headers%u ", id);
    else if (response.which_type == PB_PROTO_RPC_WEBRTC_RESPONSE_TYPE_MESSAGE)
        note(world, "message%u:%.*s%s ", id, SN_STR_ARGS(response.message->packet_message->data),
             response.message->packet_message->eom ? "." : "");
    else if (response.trailers->status)
        note(world, "trailers%u:%d %.*s ", id, response.trailers->status->code,
             SN_STR_ARGS(response.trailers->status->message));
    else
        note(world, "trailers%u ", id);
    sn_arena_fini(&arena);
}

static const struct sn_datachannel_user raw_user = {raw_open, raw_message, raw_open, raw_closed};

static int setup_raw(void **state)
{
    struct world *world = world_create();

    world->link->ends[0].channel.user = &raw_user;
    world->link->ends[0].channel.owner = world;
    link_open(world->link);
    *state = world;
    return 0;
}

static void raw_request(struct world *world, const struct pb_proto_rpc_webrtc_request *request)
{
    struct sn_arena arena;
    struct sn_str bytes;

    sn_arena_init(&arena, &world->link->pool, 1 << 20);
    assert_int_equal(sn_pb_encode(&pb_proto_rpc_webrtc_request_msg, request, &arena, 0, &bytes), 0);
    link_send(&world->link->ends[0].channel, bytes);
    sn_arena_fini(&arena);
}

static void raw_headers(struct world *world, uint64_t id, const char *method)
{
    struct pb_proto_rpc_webrtc_stream stream = {id};
    struct pb_proto_rpc_webrtc_request_headers headers = {.method = sn_str_of(method)};

    raw_request(world, &(struct pb_proto_rpc_webrtc_request){
                           .stream = &stream,
                           .which_type = PB_PROTO_RPC_WEBRTC_REQUEST_TYPE_HEADERS,
                           .headers = &headers});
}

/* `packet` NULL: none. */
static void raw_piece(struct world *world, uint64_t id, const char *packet, bool has_message,
                      bool eom, bool eos)
{
    struct pb_proto_rpc_webrtc_stream stream = {id};
    struct pb_proto_rpc_webrtc_packet_message piece = {.data = sn_str_of(packet), .eom = eom};
    struct pb_proto_rpc_webrtc_request_message message = {
        .has_message = has_message, .packet_message = packet ? &piece : NULL, .eos = eos};

    raw_request(world, &(struct pb_proto_rpc_webrtc_request){
                           .stream = &stream,
                           .which_type = PB_PROTO_RPC_WEBRTC_REQUEST_TYPE_MESSAGE,
                           .message = &message});
}

static void raw_reset(struct world *world, uint64_t id)
{
    struct pb_proto_rpc_webrtc_stream stream = {id};

    raw_request(world, &(struct pb_proto_rpc_webrtc_request){
                           .stream = &stream,
                           .which_type = PB_PROTO_RPC_WEBRTC_REQUEST_TYPE_RST_STREAM,
                           .rst_stream = true});
}

static void expect_frames(struct world *world, const char *frames)
{
    link_run(world->link);
    assert_string_equal(world->frames, frames);
    world->frames[0] = '\0';
}

/* TypeScript: ids from 0, no end of the stream. */
static void a_call_without_an_end(void **state)
{
    struct world *world = *state;

    raw_headers(world, 0, "/t/Unary");
    raw_piece(world, 0, "hi", true, true, false);
    expect_frames(world, "headers0 message0:hi. trailers0 ");
}

/* Each is answered at once, and no answer is taken: what waits is bounded as messages are. */
static void calls_whose_answers_nobody_takes_are_bounded(void **state)
{
    struct world *world = *state;
    size_t before = world->link->pool.in_use;
    uint64_t id = 0;

    world->guard.limits.unsent_bytes = 1 << 20;
    world->guard.limits.calls = 10;
    world->link->ends[1].room = 0;
    for (; id < 1000 && !world->link->ends[1].closing; id++) {
        raw_headers(world, id, "/t/Nothing");
        link_step(world->link);
        assert_true(world->link->pool.in_use < before + (2 << 20));
    }
    assert_in_range(id, 50, 500);
    assert_int_equal(world->guard.refused[SN_REFUSED_SLOW_READER], 1);
}

/* Rust: the end comes in a frame of its own, without a packet. */
static void an_end_of_its_own(void **state)
{
    struct world *world = *state;

    raw_headers(world, 1, "/t/Echo");
    raw_piece(world, 1, "a", true, true, false);
    raw_piece(world, 1, NULL, false, false, true);
    expect_frames(world, "headers1 message1:a. trailers1 ");
    raw_headers(world, 2, "/t/Unary");
    raw_piece(world, 2, "b", true, true, false);
    raw_piece(world, 2, NULL, false, false, true); /* of a call that is over */
    expect_frames(world, "headers2 message2:b. trailers2 ");
}

/* Go: each piece says that it is the end. */
static void every_piece_says_it_is_the_end(void **state)
{
    struct world *world = *state;

    raw_headers(world, 1, "/t/Echo");
    raw_piece(world, 1, "one ", true, false, true);
    raw_piece(world, 1, "message", true, true, true);
    expect_frames(world, "headers1 message1:one message. trailers1 ");
    raw_headers(world, 2, "/t/Echo");
    raw_piece(world, 2, "", false, true, true); /* its half close has an empty packet */
    expect_frames(world, "headers2 trailers2 ");
}

static void a_reset_is_answered(void **state)
{
    struct world *world = *state;

    raw_headers(world, 1, "/t/Hang");
    raw_reset(world, 1);
    expect_frames(world, "headers1 trailers1:1 request cancelled ");
    raw_headers(world, 2, "/t/Echo");
    raw_piece(world, 2, "a", true, true, false);
    raw_reset(world, 2);
    raw_reset(world, 2);
    expect_frames(world, "headers2 message2:a. trailers2:1 request cancelled ");
    assert_int_equal(world->core.aborted, 2);
}

/* In the middle of a large answer: the rest of it isn't wanted. */
static void a_reset_drops_what_is_queued(void **state)
{
    struct world *world = *state;

    world->link->ends[1].room = 0;
    raw_headers(world, 1, "/t/Echo");
    raw_piece(world, 1, "a", true, true, false);
    link_run(world->link);
    raw_reset(world, 1);
    link_run(world->link);
    world->link->ends[1].room = 100000;
    world->link->ends[1].channel.user->writable(&world->link->ends[1].channel);
    expect_frames(world, "headers1 trailers1:1 request cancelled ");
}

static void headers_come_once(void **state)
{
    struct world *world = *state;

    raw_headers(world, 1, "/t/Hang");
    raw_headers(world, 1, "/t/Hang");
    expect_frames(world, "headers1 trailers1:3 headers already received ");
}

static void errors_have_headers_first(void **state)
{
    struct world *world = *state;

    raw_headers(world, 7, "/t/Fail");
    expect_frames(world, "headers7 trailers7:5 no such thing: \xc3\xa4 100%  ");
}

static void what_belongs_to_no_call_is_dropped(void **state)
{
    struct world *world = *state;
    struct link_end *end = &world->link->ends[0];

    raw_piece(world, 99, "who?", true, true, true);
    raw_reset(world, UINT64_MAX);
    link_send(&end->channel, SN_STR(""));
    link_send(&end->channel, SN_STR("\xff\xff\xff\xff"));
    link_send(&end->channel, SN_STR("\x12\x00"));                         /* of no call */
    link_send(&end->channel, SN_STR("\x0a\x02\x08\x01\x12\x02\x0a\x7f")); /* broken headers */
    link_send(&end->channel, SN_STR("\x0a\x00\x1a\xff\xff\xff\xff\x0f"));
    expect_frames(world, "");
    assert_int_equal(world->core.live, 0);
    assert_int_equal(sn_webrtc_server_streams(world->webrtc), 0);
    raw_headers(world, 1, "/t/Unary");
    raw_piece(world, 1, "still", true, true, false);
    expect_frames(world, "headers1 message1:still. trailers1 ");
}

static void a_timeout_in_the_metadata_counts(void **state)
{
    struct world *world = *state;
    struct pb_proto_rpc_webrtc_stream stream = {1};
    struct sn_str value = SN_STR("1500m");
    struct pb_proto_rpc_webrtc_metadata_md_entry entry = {.key = SN_STR("grpc-timeout"),
                                                          .value = {.values = {&value, 1, 1}}};
    struct pb_proto_rpc_webrtc_metadata metadata = {.md = {&entry, 1, 1}};
    struct pb_proto_rpc_webrtc_request_headers headers = {.method = SN_STR("/t/Hang"),
                                                          .metadata = &metadata};

    raw_request(world, &(struct pb_proto_rpc_webrtc_request){
                           .stream = &stream,
                           .which_type = PB_PROTO_RPC_WEBRTC_REQUEST_TYPE_HEADERS,
                           .headers = &headers});
    link_run(world->link);
    assert_int_equal(world->core.timeout_ns, SN_MS(1500));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
#define RAW(name) cmocka_unit_test_setup_teardown(name, setup_raw, teardown)
    const struct CMUnitTest tests[] = {
        TEST(unary),
        TEST(server_stream),
        TEST(client_stream),
        TEST(bidi),
        TEST(no_message_at_all),
        TEST(large_messages_go_in_pieces),
        TEST(metadata_both_ways),
        TEST(errors_have_text_and_details),
        TEST(details_survive_the_frame),
        TEST(timeouts_are_passed_on_and_kept),
        TEST(cancelling_reaches_the_server),
        TEST(cancelling_what_has_not_left),
        cmocka_unit_test(calls_wait_for_the_channel),
        TEST(a_lost_channel_ends_its_calls),
        TEST(closing_from_within_a_message),
        TEST(the_server_closes_all),
        TEST(small_calls_pass_large_ones),
        TEST(a_slow_network_holds_the_sender_back),
        TEST(the_client_is_told_when_it_may_go_on),
        TEST(a_slow_receiver_loses_its_call_alone),
        TEST(too_large_a_message_loses_its_call_alone),
        TEST(messages_not_yet_whole_are_bounded),
        TEST(a_peer_that_never_reads_is_closed),
        RAW(a_call_without_an_end),
        RAW(calls_whose_answers_nobody_takes_are_bounded),
        RAW(an_end_of_its_own),
        RAW(every_piece_says_it_is_the_end),
        RAW(a_reset_is_answered),
        RAW(a_reset_drops_what_is_queued),
        RAW(headers_come_once),
        RAW(errors_have_headers_first),
        RAW(what_belongs_to_no_call_is_dropped),
        RAW(a_timeout_in_the_metadata_counts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
