/* SPDX-License-Identifier: Apache-2.0
 *
 * The answerer at a signaling server that the test plays: what it is told and what it says.
 */
#include "rpc/signaling/answerer.h"

#include "net/testing.h"
#include "pb/proto/rpc/webrtc/v1/signaling.h"
#include "rpc/core/server.h"
#include "wire/ice/description.h"

#define STAGE(name) PB_PROTO_RPC_WEBRTC_ANSWER_RESPONSE_STAGE_##name
#define ASK(name) PB_PROTO_RPC_WEBRTC_ANSWER_REQUEST_STAGE_##name

/* A stream of the server's. */
struct stream {
    struct sn_client_stream client; /* first */
    uint32_t stages[8];             /* what the answerer said */
    int said;
    bool half_closed, ended;
    struct sn_str answer; /* in the fixture's arena */
    struct fixture *fixture;
};

struct fixture {
    struct sn_channel channel; /* first */
    struct sn_loop *loop;
    struct sn_guard guard;
    struct sn_server *server;
    struct sn_webrtc_server *calls;
    struct sn_webrtc_hub *hub, *caller_hub;
    struct sn_offers *offers;
    struct sn_answerer *answerer;
    struct sn_arena arena;
    struct stream streams[8];
    int count, hosts;
    struct sn_webrtc_peer *caller;
    bool connected, closed;
};

/* ---- the server ---- */

static void end(struct sn_client_stream *client, int code)
{
    struct stream *stream = (struct stream *)client;
    struct sn_status status = {.code = code};
    static const struct sn_metadata none;

    assert_false(stream->ended);
    stream->ended = true;
    client->events->on_trailers(client, &status, &none);
}

static void take_message(struct sn_client_stream *client, struct sn_message *take_message,
                         bool half_close)
{
    struct stream *stream = (struct stream *)client;
    struct pb_proto_rpc_webrtc_answer_response response = {0};
    struct sn_arena *arena = &stream->fixture->arena;
    struct sn_str copy =
        sn_arena_copy(arena, (struct sn_str){(char *)take_message->data, take_message->len});

    sn_message_free(take_message);
    assert_int_equal(sn_pb_decode(&pb_proto_rpc_webrtc_answer_response_msg, &response, copy.ptr,
                                  copy.len, arena),
                     0);
    assert_true(sn_str_is(response.uuid, "the call"));
    assert_true(stream->said < 8);
    stream->stages[stream->said++] = response.which_stage;
    if (response.which_stage == STAGE(INIT))
        stream->answer = response.init->sdp;
}

static void take_half_close(struct sn_client_stream *client)
{
    ((struct stream *)client)->half_closed = true;
}

static size_t nothing_queued(const struct sn_client_stream *client)
{
    return 0;
}

static void take_credit(struct sn_client_stream *client, size_t bytes)
{
}

static const struct sn_client_stream_ops stream_ops = {
    .message = take_message,
    .half_close = take_half_close,
    .queued = nothing_queued,
    .credit = take_credit,
    .cancel = end,
};

static struct sn_client_stream *open_stream(struct sn_channel *channel,
                                            const struct sn_client_events *events, void *owner,
                                            struct sn_str path, const struct sn_metadata *metadata,
                                            uint64_t timeout_ns)
{
    struct fixture *f = (struct fixture *)channel;
    struct stream *stream = &f->streams[f->count++];

    assert_true(f->count <= 8);
    f->hosts = 0;
    for (uint32_t i = 0; i < metadata->count; i++)
        f->hosts += sn_str_is(metadata->v[i].key, "rpc-host");
    stream->client = (struct sn_client_stream){&stream_ops, events, owner};
    stream->fixture = f;
    return &stream->client;
}

static void tell(struct stream *stream, struct pb_proto_rpc_webrtc_answer_request request)
{
    struct sn_str bytes;

    request.uuid = SN_STR("the call");
    assert_int_equal(sn_pb_encode(&pb_proto_rpc_webrtc_answer_request_msg, &request,
                                  &stream->fixture->arena, 0, &bytes),
                     0);
    stream->client.events->on_message(&stream->client, bytes.ptr, bytes.len);
}

static void tell_offer(struct stream *stream, struct sn_str description)
{
    struct pb_proto_rpc_webrtc_answer_request_init_stage init = {.sdp = description};

    tell(stream,
         (struct pb_proto_rpc_webrtc_answer_request){.which_stage = ASK(INIT), .init = &init});
}

/* ---- the fixture ---- */

static int setup(void **state)
{
    static const struct sn_channel_ops ops = {.open = open_stream};
    static const char *const hosts[] = {"machine", "machine.local"};
    struct fixture *f = calloc(1, sizeof(*f));
    struct sn_error error;

    f->loop = sn_loop_create();
    struct sn_env *env = sn_loop_env(f->loop);
    struct sn_server_config config = {.env = env};
    f->channel = (struct sn_channel){&ops, env};
    f->guard.limits = sn_limits_preset;
    f->server = sn_server_create(&config);
    f->calls = sn_webrtc_server_create(env, f->server, &f->guard);
    f->hub = sn_webrtc_hub_create(f->loop, &f->guard);
    f->caller_hub = sn_webrtc_hub_create(f->loop, &f->guard);
    f->offers = sn_offers_create(env, f->hub, f->calls);
    sn_arena_init(&f->arena, env->blocks, 8 << 20);
    assert_int_equal(sn_answerer_create(&f->channel, f->offers, hosts, 0, &f->answerer, &error),
                     SN_ERR_INVALID_ARGUMENT);
    assert_int_equal(sn_answerer_create(&f->channel, f->offers, hosts, 2, &f->answerer, &error), 0);
    assert_int_equal(f->count, SN_ANSWERER_WORKERS);
    assert_int_equal(f->hosts, 2);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    sn_answerer_destroy(f->answerer);
    for (int i = 0; i < f->count; i++)
        assert_true(f->streams[i].ended);
    sn_webrtc_hub_destroy(f->hub, NULL, NULL);
    sn_webrtc_hub_destroy(f->caller_hub, NULL, NULL);
    sn_loop_run(f->loop);
    sn_offers_destroy(f->offers);
    sn_webrtc_server_destroy(f->calls);
    sn_server_destroy(f->server);
    sn_arena_fini(&f->arena);
    sn_loop_destroy(f->loop);
    free(f);
    return 0;
}

static void on_connected(struct sn_webrtc_peer *peer)
{
    ((struct fixture *)sn_webrtc_peer_owner(peer))->connected = true;
}

static void on_closed(struct sn_webrtc_peer *peer, const char *cause)
{
    ((struct fixture *)sn_webrtc_peer_owner(peer))->closed = true;
}

static const struct sn_webrtc_peer_events caller_events = {on_connected, on_closed};

static struct sn_str make_offer(struct fixture *f)
{
    struct sn_description offer = {.is_offer = true};
    struct sn_error error;

    assert_int_equal(sn_webrtc_peer_offer(f->caller_hub, &f->arena, &caller_events, f, &f->caller,
                                          &offer.sdp, &error),
                     0);
    return sn_description_write(&offer, &f->arena);
}

/* ---- tests ---- */

/* A caller is answered, connected, and the next one waited for. */
static void test_a_caller(void **state)
{
    struct fixture *f = *state;
    struct stream *stream = &f->streams[0];
    struct pb_proto_rpc_webrtc_answer_request_heartbeat_stage heartbeat = {0};
    struct sn_description answer;
    struct sn_error error;

    tell(stream, (struct pb_proto_rpc_webrtc_answer_request){.which_stage = ASK(HEARTBEAT),
                                                             .heartbeat = &heartbeat});
    assert_int_equal(stream->said, 0);
    tell_offer(stream, make_offer(f));
    assert_int_equal(stream->said, 2);
    assert_int_equal(stream->stages[0], STAGE(INIT));
    assert_int_equal(stream->stages[1], STAGE(DONE));
    assert_int_equal(sn_description_read(stream->answer, &f->arena, &answer, &error), 0);
    assert_int_equal(sn_webrtc_peer_accept(f->caller, answer.sdp, &error), 0);
    run_until(f->loop, f->connected && stream->half_closed);
    assert_int_equal(sn_webrtc_server_channels(f->calls), 1);
    end(&stream->client, 0);
    run_until(f->loop, f->count == 3);
    assert_false(f->streams[1].ended); /* the other one waits as before */
}

/* What isn't an offer is refused, and so is a stage out of turn. */
static void test_refusals(void **state)
{
    struct fixture *f = *state;
    struct pb_proto_rpc_webrtc_answer_request_done_stage done = {0};

    tell_offer(&f->streams[0], SN_STR("nonsense"));
    assert_int_equal(f->streams[0].stages[0], STAGE(ERROR));
    assert_true(f->streams[0].half_closed);
    tell(&f->streams[1],
         (struct pb_proto_rpc_webrtc_answer_request){.which_stage = ASK(DONE), .done = &done});
    assert_int_equal(f->streams[1].stages[0], STAGE(ERROR));
    end(&f->streams[0].client, 0);
    run_until(f->loop, f->count == 3);
}

/* The caller gives up: its peer connection goes, nothing is said of it. */
static void test_withdrawn(void **state)
{
    struct fixture *f = *state;
    struct pb_proto_rpc_webrtc_answer_request_error_stage stage = {0};
    struct sn_webrtc_counts counts;

    tell_offer(&f->streams[0], make_offer(f));
    sn_webrtc_hub_count(f->hub, &counts);
    assert_int_equal(counts.peers, 1);
    tell(&f->streams[0],
         (struct pb_proto_rpc_webrtc_answer_request){.which_stage = ASK(ERROR), .error = &stage});
    sn_webrtc_hub_count(f->hub, &counts);
    assert_int_equal(counts.peers, 0);
    assert_int_equal(f->streams[0].said, 2);
    assert_true(f->streams[0].half_closed);
}

/* The server goes away in the middle: the offer lives on, and it is asked again. */
static void test_lost_server(void **state)
{
    struct fixture *f = *state;
    struct sn_description answer;
    struct sn_error error;

    tell_offer(&f->streams[0], make_offer(f));
    end(&f->streams[0].client, SN_ERR_UNAVAILABLE);
    assert_int_equal(sn_description_read(f->streams[0].answer, &f->arena, &answer, &error), 0);
    assert_int_equal(sn_webrtc_peer_accept(f->caller, answer.sdp, &error), 0);
    run_until(f->loop, f->connected && f->count == 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_caller, setup, teardown),
        cmocka_unit_test_setup_teardown(test_refusals, setup, teardown),
        cmocka_unit_test_setup_teardown(test_withdrawn, setup, teardown),
        cmocka_unit_test_setup_teardown(test_lost_server, setup, teardown),
    };

    return cmocka_run_group_tests_name("signaling/answerer", tests, NULL, NULL);
}
