/* SPDX-License-Identifier: Apache-2.0
 *
 * Dialling a machine in the same loop: over WebRTC, the ways that are left when that can't be had,
 * and credentials. AuthService stands in for all that can be called.
 */
#include "rpc/signaling/dial.h"
#include "rpc/signaling/server.h"

#include "net/address.h"
#include "net/announce.h"
#include "net/testing.h"
#include "pb/proto/rpc/v1/auth.h"
#include "rpc/core/client.h"
#include "rpc/transport/http2/http2.h"

struct machine {
    struct sn_loop *loop;
    struct sn_gate gate;
    struct sn_guard guard;
    struct sn_server *server;
    struct sn_http2_server *http2;
    struct sn_listener *listener;
    struct sn_webrtc_server *calls;
    struct sn_webrtc_hub *hub;
    struct sn_offers *offers;
    struct sn_signaling signaling;
    bool wants_token;
    int calls_over[3]; /* by enum sn_transport_kind */
    /* the client's */
    struct sn_channel *channel;
    struct sn_error error;
    bool answered, closed;
};

static int authenticate(struct sn_rpc *rpc, void *self, const void *request, void *response)
{
    const struct pb_proto_rpc_authenticate_request *req = request;
    struct pb_proto_rpc_authenticate_response *resp = response;
    struct machine *machine = self;

    machine->calls_over[rpc->peer->kind]++;
    if (req->credentials && !sn_str_is(req->credentials->payload, "right"))
        return sn_call_fail(&rpc->call, SN_ERR_UNAUTHENTICATED, "invalid credentials");
    resp->access_token = SN_STR("token");
    return 0;
}

static int admit(struct sn_gate *gate, const struct sn_peer *peer, struct sn_str path,
                 const struct sn_metadata *metadata, struct sn_str *ret_entity,
                 struct sn_error *error)
{
    struct machine *machine = sn_container_of(gate, struct machine, gate);
    struct sn_str token = sn_metadata_get(metadata, SN_STR("authorization"));

    *ret_entity = SN_STR("");
    if (!machine->wants_token || (peer && peer->trusted) || sn_str_is(token, "Bearer token") ||
        sn_str_is(path, "/proto.rpc.v1.AuthService/Authenticate"))
        return 0;
    return sn_error_set(error, SN_ERR_UNAUTHENTICATED, "authentication required");
}

static bool serves(void *owner, struct sn_str host)
{
    return sn_str_is(host, "machine");
}

static void accept_conn(void *owner, struct sn_conn *conn)
{
    sn_http2_server_accept(((struct machine *)owner)->http2, conn);
}

static int setup(void **state)
{
    static const struct sn_handler handlers[] = {{"Authenticate", authenticate, 0, {0}, NULL}, {0}};
    static const struct sn_service service = {NULL, &pb_proto_rpc_auth_service, handlers};
    struct machine *m = calloc(1, sizeof(*m));

    m->loop = sn_loop_create();
    m->gate.admit = admit;
    m->guard.limits = sn_limits_preset;
    struct sn_env *env = sn_loop_env(m->loop);
    struct sn_server_config config = {
        .env = env, .gate = &m->gate, .unary_timeout_ns = SN_SECONDS(60)};
    m->server = sn_server_create(&config);
    m->http2 = sn_http2_server_create(m->loop, m->server, NULL, NULL);
    m->calls = sn_webrtc_server_create(env, m->server, &m->guard);
    m->hub = sn_webrtc_hub_create(m->loop, &m->guard);
    m->offers = sn_offers_create(env, m->hub, m->calls);
    m->signaling = (struct sn_signaling){m->offers, serves, m};
    assert_int_equal(sn_server_add(m->server, &service, m), 0);
    assert_int_equal(sn_listen(m->loop, "127.0.0.1:0", accept_conn, m, &m->listener, &m->error), 0);
    *state = m;
    return 0;
}

static void stop(void *owner)
{
    sn_loop_stop(((struct machine *)owner)->loop);
}

static int teardown(void **state)
{
    struct machine *m = *state;

    sn_listener_close(m->listener);
    sn_webrtc_hub_destroy(m->hub, stop, m);
    sn_loop_run(m->loop);
    sn_http2_server_drain(m->http2, SN_SECONDS(1), NULL, NULL);
    sn_loop_run(m->loop); /* until nothing is left */
    sn_offers_destroy(m->offers);
    sn_webrtc_server_destroy(m->calls);
    sn_http2_server_destroy(m->http2);
    sn_server_destroy(m->server);
    sn_loop_destroy(m->loop);
    free(m);
    return 0;
}

static void signal_too(struct machine *m)
{
    assert_int_equal(sn_signaling_add(&m->signaling, m->server), 0);
}

/* ---- the client ---- */

static void dialled(void *owner, struct sn_channel *channel, const struct sn_error *error)
{
    struct machine *m = owner;

    assert_false(m->answered);
    m->answered = true;
    m->channel = channel;
    if (error)
        m->error = *error;
}

static void dial(struct machine *m, struct sn_machine_options options)
{
    struct sn_machine_dial *unused;

    options.address = sn_listener_address(m->listener);
    if (!options.host)
        options.host = "machine";
    m->answered = false;
    assert_int_equal(sn_machine_dial(m->loop, &options, dialled, m, &unused, &m->error), 0);
    run_until(m->loop, m->answered);
}

static void channel_closed(void *owner)
{
    ((struct machine *)owner)->closed = true;
}

static void close_channel(struct machine *m)
{
    m->channel->ops->close(m->channel, channel_closed, m);
    run_until(m->loop, m->closed);
}

struct question {
    struct sn_call call; /* first */
    struct sn_arena arena;
    struct sn_channel *channel;
    bool ended;
    int code;
};

static int ask(struct sn_call *call)
{
    struct pb_proto_rpc_authenticate_request request = {0};

    return sn_client_unary(call, ((struct question *)call)->channel, &pb_proto_rpc_auth_service,
                           "Authenticate", &request, NULL, NULL);
}

static void asked(struct sn_call *call, int code)
{
    struct question *question = (struct question *)call;

    question->ended = true;
    question->code = code;
}

static int call_once(struct machine *m)
{
    struct question question = {.channel = m->channel};

    sn_arena_init(&question.arena, sn_loop_blocks(m->loop), 1 << 20);
    sn_call_init(&question.call, sn_loop_env(m->loop), &question.arena, NULL);
    question.call.start = ask;
    question.call.end = asked;
    sn_call_start(&question.call);
    run_until(m->loop, question.ended);
    sn_arena_fini(&question.arena);
    return question.code;
}

/* ---- tests ---- */

static void test_webrtc(void **state)
{
    struct machine *m = *state;

    signal_too(m);
    dial(m, (struct sn_machine_options){.way = SN_MACHINE_WEBRTC});
    assert_non_null(m->channel);
    assert_true(sn_machine_is_webrtc(m->channel) && !sn_machine_is_gone(m->channel));
    for (int i = 0; i < 10; i++)
        assert_int_equal(call_once(m), 0);
    assert_int_equal(m->calls_over[SN_TRANSPORT_WEBRTC], 10);
    assert_int_equal(m->calls_over[SN_TRANSPORT_GRPC], 0);
    run_until(m->loop, sn_http2_server_connections(m->http2) == 0); /* it isn't needed any more */
    close_channel(m);
    run_until(m->loop, sn_webrtc_server_channels(m->calls) == 0);
}

/* The machine ends the connection: calls fail, and whoever has the channel can see why. */
static void test_gone(void **state)
{
    struct machine *m = *state;

    signal_too(m);
    dial(m, (struct sn_machine_options){.way = SN_MACHINE_ANY});
    assert_true(sn_machine_is_webrtc(m->channel));
    assert_int_equal(call_once(m), 0);
    sn_webrtc_hub_close_all(m->hub);
    run_until(m->loop, sn_machine_is_gone(m->channel));
    assert_int_equal(call_once(m), SN_ERR_UNAVAILABLE);
    close_channel(m);
}

/* Nobody signals here, or not for that name: the direct way. */
static void test_fall_back(void **state)
{
    struct machine *m = *state;

    for (int i = 0; i < 2; i++) {
        m->closed = false;
        dial(m, (struct sn_machine_options){.host = i ? "stranger" : NULL});
        assert_false(sn_machine_is_webrtc(m->channel));
        assert_int_equal(call_once(m), 0);
        assert_int_equal(m->calls_over[SN_TRANSPORT_GRPC], i + 1);
        close_channel(m);
        if (!i)
            signal_too(m);
    }
    dial(m, (struct sn_machine_options){.host = "stranger", .way = SN_MACHINE_WEBRTC});
    assert_null(m->channel);
    assert_string_equal(m->error.text, "host not preconfigured");
}

static void test_direct(void **state)
{
    struct machine *m = *state;

    signal_too(m);
    dial(m, (struct sn_machine_options){.way = SN_MACHINE_DIRECT});
    assert_false(sn_machine_is_webrtc(m->channel));
    assert_int_equal(call_once(m), 0);
    close_channel(m);
}

static void test_credentials(void **state)
{
    struct machine *m = *state;

    signal_too(m);
    m->wants_token = true;
    for (int i = 0; i < 2; i++) {
        m->closed = false;
        dial(m, (struct sn_machine_options){.type = "api-key",
                                            .entity = "me",
                                            .payload = "right",
                                            .way = i ? SN_MACHINE_DIRECT : SN_MACHINE_WEBRTC});
        assert_non_null(m->channel);
        assert_int_equal(call_once(m), 0);
        close_channel(m);
    }
    dial(m, (struct sn_machine_options){.type = "api-key", .payload = "wrong"});
    assert_null(m->channel);
    assert_int_equal(m->error.code, SN_ERR_UNAUTHENTICATED);
    assert_string_equal(m->error.text, "invalid credentials");
    dial(m, (struct sn_machine_options){.way = SN_MACHINE_WEBRTC});
    assert_null(m->channel);
    assert_string_equal(m->error.text, "authentication required");
}

/* TLS is tried first; the machine speaks none. */
static void test_downgrade(void **state)
{
    struct machine *m = *state;
    struct sn_tls_trust trust = {.anyone = true};
    struct sn_tls *tls;

    signal_too(m);
    assert_int_equal(sn_tls_create_client(&trust, &tls, &m->error), 0);
    for (int i = 0; i < 2; i++) {
        m->closed = false;
        dial(m, (struct sn_machine_options){.tls = tls,
                                            .downgrade = true,
                                            .way = i ? SN_MACHINE_DIRECT : SN_MACHINE_WEBRTC});
        assert_non_null(m->channel);
        assert_int_equal(call_once(m), 0);
        close_channel(m);
    }
    dial(m, (struct sn_machine_options){.tls = tls});
    assert_null(m->channel);
    assert_int_equal(m->error.code, SN_ERR_UNAVAILABLE);
    sn_tls_unref(tls);
}

static void never(void *owner, struct sn_channel *channel, const struct sn_error *error)
{
    fail_msg("it was cancelled");
}

/* Given up after each number of turns: nothing is left. */
static void test_cancel(void **state)
{
    struct machine *m = *state;

    signal_too(m);
    struct sn_machine_options options = {
        .address = sn_listener_address(m->listener), .host = "machine", .way = SN_MACHINE_WEBRTC};
    for (int turns = 0; turns < 12; turns++) {
        struct sn_machine_dial *one;

        assert_int_equal(sn_machine_dial(m->loop, &options, never, m, &one, &m->error), 0);
        for (int i = 0; i < turns; i++)
            uv_run(sn_loop_backend(m->loop), UV_RUN_NOWAIT);
        sn_machine_cancel(one);
    }
    run_until(m->loop, sn_http2_server_connections(m->http2) == 0);
}

/* By name: the networks around tell where it is. */
static void test_mdns(void **state)
{
    const char *const names[2] = {"sinew-dial.test.invalid", ""};
    struct machine *m = *state;
    struct sn_announcer *announcer;
    struct sn_machine_dial *unused;
    struct sn_address address;
    struct sn_ip at = {.family = 4, .bytes = {127, 0, 0, 1}};
    struct sn_machine_options options = {
        .address = names[0], .host = "machine", .way = SN_MACHINE_WEBRTC};

    assert_int_equal(sn_address_parse(sn_listener_address(m->listener), &address, &m->error), 0);
    at.port = address.port;
    if (sn_announcer_create(m->loop, names, &at, &announcer, &m->error)) {
        print_message("no multicast here: %s\n", m->error.text);
        skip();
    }
    signal_too(m);
    assert_int_equal(sn_machine_dial(m->loop, &options, dialled, m, &unused, &m->error), 0);
    run_until(m->loop, m->answered);
    sn_announcer_destroy(announcer);
    assert_non_null(m->channel);
    assert_true(sn_machine_is_webrtc(m->channel));
    assert_int_equal(call_once(m), 0);
    close_channel(m);
    m->answered = false;
    options.no_mdns = true; /* nobody else knows the name */
    assert_int_equal(sn_machine_dial(m->loop, &options, dialled, m, &unused, &m->error), 0);
    run_until(m->loop, m->answered);
    assert_null(m->channel);
    assert_int_equal(m->error.code, SN_ERR_UNAVAILABLE);
    options.no_mdns = false;
    assert_int_equal(sn_machine_dial(m->loop, &options, never, m, &unused, &m->error), 0);
    uv_run(sn_loop_backend(m->loop), UV_RUN_NOWAIT);
    sn_machine_cancel(unused);
}

/* Where it should be by mDNS nobody answers: the name is left, and DNS doesn't know it. */
static void test_mdns_in_vain(void **state)
{
    const char *const names[2] = {"sinew-gone.test.invalid", ""};
    struct machine *m = *state;
    struct sn_announcer *announcer;
    struct sn_machine_dial *unused;
    struct sn_ip at = {.family = 4, .bytes = {127, 0, 0, 1}, .port = 1};
    struct sn_machine_options options = {
        .address = names[0], .host = "machine", .way = SN_MACHINE_DIRECT};

    if (sn_announcer_create(m->loop, names, &at, &announcer, &m->error)) {
        print_message("no multicast here: %s\n", m->error.text);
        skip();
    }
    assert_int_equal(sn_machine_dial(m->loop, &options, dialled, m, &unused, &m->error), 0);
    run_until(m->loop, m->answered);
    sn_announcer_destroy(announcer);
    assert_null(m->channel);
    assert_int_equal(m->error.code, SN_ERR_UNAVAILABLE);
    assert_non_null(strstr(m->error.text, "sinew-gone.test.invalid"));
}

static void test_bad_address(void **state)
{
    struct machine *m = *state;
    struct sn_machine_options options = {.address = "nonsense:"};
    struct sn_machine_dial *one;

    assert_int_equal(sn_machine_dial(m->loop, &options, never, m, &one, &m->error),
                     SN_ERR_INVALID_ARGUMENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_webrtc, setup, teardown),
        cmocka_unit_test_setup_teardown(test_gone, setup, teardown),
        cmocka_unit_test_setup_teardown(test_fall_back, setup, teardown),
        cmocka_unit_test_setup_teardown(test_direct, setup, teardown),
        cmocka_unit_test_setup_teardown(test_credentials, setup, teardown),
        cmocka_unit_test_setup_teardown(test_downgrade, setup, teardown),
        cmocka_unit_test_setup_teardown(test_cancel, setup, teardown),
        cmocka_unit_test_setup_teardown(test_mdns, setup, teardown),
        cmocka_unit_test_setup_teardown(test_mdns_in_vain, setup, teardown),
        cmocka_unit_test_setup_teardown(test_bad_address, setup, teardown),
    };

    return cmocka_run_group_tests_name("signaling/dial", tests, NULL, NULL);
}
