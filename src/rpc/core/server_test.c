/* SPDX-License-Identifier: Apache-2.0
 *
 * The server core against a transport that writes down what it is told.
 */
#include "base/heap.h"
#include "pb/common/v1/common.h"
#include "pb/component/motor/v1/motor.h"
#include "pb/robot/v1/robot.h"
#include "rpc/core/server.h"
#include "rpc/core/tape.h"
#include "sinew/list.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* ---- the services ---- */

struct fixture {
    struct sn_block_pool blocks;
    struct sn_timers timers;
    struct sn_env env;
    struct sn_router router;
    struct sn_resource motor;
    struct sn_server *server;
    struct tape tape;
    struct sn_call *pending; /* of GoFor */
    struct sn_rpc *parked;   /* a Tunnel that waits for its turn */
    bool park;
    struct sn_duplex *shy; /* of a Tunnel that holds its client back */
    bool is_shy;
    char events[256]; /* of the interceptors */
    int refuse_at_headers, refuse_at_message;
};

static struct fixture *fixture; /* handlers know only their resource */

static int set_power(struct sn_rpc *rpc, void *self, const void *request, void *response)
{
    const struct pb_motor_set_power_request *req = request;

    assert_ptr_equal(self, &fixture->motor);
    if (req->power_pct > 1)
        return sn_call_fail(&rpc->call, SN_ERR_UNKNOWN, "power %g is too much", req->power_pct);
    return 0;
}

static int get_position(struct sn_rpc *rpc, void *self, const void *request, void *response)
{
    ((struct pb_motor_get_position_response *)response)->position = 1.5;
    return sn_metadata_add(&rpc->headers, rpc->call.arena, SN_STR("opid"), SN_STR("x"));
}

static void on_cancel(struct sn_call *call)
{
    fixture->pending = NULL;
    sn_call_done(call, sn_call_cancelled(call));
}

static int go_for(struct sn_rpc *rpc, void *self, const void *request, void *response)
{
    fixture->pending = &rpc->call;
    rpc->call.on_cancel = on_cancel;
    return SN_PENDING;
}

static const struct sn_handler motor_handlers[] = {
    {"SetPower", set_power, 0, {0}, NULL},
    {"GetPosition", get_position, 0, {0}, "no position: "},
    {"GoFor", go_for, 0, {0}, NULL},
    {0},
};
static const struct sn_service motor_service = {"rdk:component:motor", &pb_motor_motor_service,
                                                motor_handlers};

static void tunnel_message(struct sn_rpc *rpc, const void *request)
{
    const struct pb_robot_tunnel_request *req = request;
    struct pb_robot_tunnel_response resp = {.data = req->data};
    int code = sn_rpc_send(rpc, &resp);

    if (code)
        sn_call_done(&rpc->call, code);
}

static void tunnel_half_close(struct sn_rpc *rpc)
{
    sn_call_done(&rpc->call, 0);
}

static int tunnel(struct sn_rpc *rpc, void *self, const void *request, void *response)
{
    assert_null(response);
    if (fixture->park) {
        fixture->parked = rpc;
        return SN_PENDING;
    }
    rpc->on_message = tunnel_message;
    rpc->on_half_close = tunnel_half_close;
    rpc->call.on_cancel = on_cancel;
    tunnel_message(rpc, request);
    return SN_PENDING;
}

/* Takes one request at a time: the test lets the next one in. */
static int shy_request(struct sn_duplex *duplex, const void *request)
{
    const struct pb_robot_tunnel_request *req = request;
    struct pb_robot_tunnel_response resp = {.data = req->data};

    assert_false(duplex->hold);
    duplex->hold = true;
    return duplex->respond(duplex, &resp);
}

static int shy_end(struct sn_duplex *duplex)
{
    sn_call_done(duplex->call, 0);
    return 0;
}

static int shy_tunnel(struct sn_call *call, void *self, const void *request, void *response,
                      struct sn_duplex *duplex)
{
    fixture->shy = duplex;
    duplex->on_request = shy_request;
    duplex->on_end = shy_end;
    call->on_cancel = on_cancel;
    int code = shy_request(duplex, request);
    return code ? code : SN_PENDING;
}

static int any_tunnel(struct sn_rpc *rpc, void *self, const void *request, void *response)
{
    return fixture->is_shy ? sn_rpc_duplex(rpc, self, request, response, shy_tunnel)
                           : tunnel(rpc, self, request, response);
}

static const struct sn_handler robot_handlers[] = {{"Tunnel", any_tunnel, 0, {0}, NULL}, {0}};
static const struct sn_service robot_service = {NULL, &pb_robot_robot_service, robot_handlers};

static int find(struct sn_router *router, struct sn_rpc *rpc, const char *api, struct sn_str name,
                struct sn_resource **ret_resource)
{
    assert_string_equal(api, "rdk:component:motor");
    if (!sn_str_is(name, "m1"))
        return sn_call_fail(&rpc->call, SN_ERR_UNKNOWN, "no motor %.*s", SN_STR_ARGS(name));
    *ret_resource = sn_resource_ref(&fixture->motor);
    return 0;
}

static void event(const char *what)
{
    strcat(fixture->events, what);
}

static int outer_headers(void *owner, struct sn_rpc *rpc)
{
    event("h1 ");
    return 0;
}

static int inner_headers(void *owner, struct sn_rpc *rpc)
{
    event("h2 ");
    return fixture->refuse_at_headers;
}

static int inner_message(void *owner, struct sn_rpc *rpc)
{
    event("m2 ");
    return fixture->refuse_at_message;
}

static void outer_end(void *owner, struct sn_rpc *rpc, int code)
{
    event("e1 ");
}

static void inner_end(void *owner, struct sn_rpc *rpc, int code)
{
    event("e2 ");
}

static const struct sn_interceptor interceptors[] = {
    {"outer", outer_headers, NULL, outer_end, NULL},
    {"inner", inner_headers, inner_message, inner_end, NULL},
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    fixture = f;
    sn_block_pool_init(&f->blocks, &sn_heap, 16);
    f->env = (struct sn_env){.timers = &f->timers, .blocks = &f->blocks};
    f->router.find = find;
    f->motor = (struct sn_resource){.refs = 1, .api = "rdk:component:motor", .name = "m1"};
    struct sn_server_config config = {.env = &f->env,
                                      .router = &f->router,
                                      .interceptors = interceptors,
                                      .interceptor_count = 2,
                                      .unary_timeout_ns = SN_SECONDS(600)};
    f->server = sn_server_create(&config);
    assert_int_equal(sn_server_add(f->server, &motor_service, NULL), 0);
    assert_int_equal(sn_server_add(f->server, &robot_service, f), 0);
    f->tape.stream.ops = &tape_ops;
    *state = f;
    return 0;
}

/* Whatever a test did: nothing is held any more. */
static int teardown(void **state)
{
    struct fixture *f = *state;

    assert_true(sn_list_empty(sn_server_rpcs(f->server)));
    assert_int_equal(f->motor.refs, 1);
    assert_int_equal(sn_timers_next(&f->timers), UINT64_MAX);
    sn_server_destroy(f->server);
    assert_int_equal(f->blocks.in_use, 0);
    sn_block_pool_fini(&f->blocks);
    free(f);
    return 0;
}

static void begin(struct fixture *f, const char *path)
{
    struct sn_metadata none = {0};

    sn_server_begin(f->server, &f->tape.stream, sn_str_of(path), &none, SN_NEVER);
}

#define MOTOR "/viam.component.motor.v1.MotorService/"

static void send_message(struct fixture *f, const struct sn_pb_msg *msg, const void *request)
{
    struct sn_arena arena;
    struct sn_str bytes;

    sn_arena_init(&arena, &f->blocks, 1 << 20);
    assert_int_equal(sn_pb_encode(msg, request, &arena, 0, &bytes), 0);
    sn_server_message(&f->tape.stream, bytes.ptr, bytes.len);
    sn_arena_fini(&arena);
}

static void set_power_of(struct fixture *f, const char *name, double power)
{
    struct pb_motor_set_power_request req = {.name = sn_str_of(name), .power_pct = power};

    begin(f, MOTOR "SetPower");
    send_message(f, &pb_motor_set_power_request_msg, &req);
}

static void begin_go_for(struct fixture *f)
{
    struct pb_motor_go_for_request req = {.name = SN_STR("m1"), .rpm = 1};

    begin(f, MOTOR "GoFor");
    send_message(f, &pb_motor_go_for_request_msg, &req);
    assert_non_null(f->pending);
}

static void a_unary_call_answers(void **state)
{
    struct fixture *f = *state;

    set_power_of(f, "m1", 0.5);
    assert_string_equal(f->tape.log, "headers0 message0 end0:");
    assert_string_equal(f->events, "h1 h2 m2 e2 e1 ");
    assert_true(f->tape.credit == 0); /* the stream had ended */
}

static void a_response_is_encoded(void **state)
{
    struct fixture *f = *state;
    struct pb_motor_get_position_request req = {.name = SN_STR("m1")};
    static const uint8_t position[] = {0x09, 0, 0, 0, 0, 0, 0, 0xf8, 0x3f};

    begin(f, MOTOR "GetPosition");
    send_message(f, &pb_motor_get_position_request_msg, &req);
    assert_string_equal(f->tape.log, "headers1 message9 end0:");
    assert_memory_equal(f->tape.last, position, sizeof(position));
}

static void errors_carry_their_text(void **state)
{
    struct fixture *f = *state;

    set_power_of(f, "m1", 2);
    assert_string_equal(f->tape.log, "end-2:power 2 is too much");
}

static void unknown_resources_are_refused(void **state)
{
    struct fixture *f = *state;

    set_power_of(f, "zzz", 0);
    assert_string_equal(f->tape.log, "end-2:no motor zzz");
    assert_string_equal(f->events, "h1 h2 e2 e1 ");
}

static void a_method_words_the_answer_to_an_unknown_resource(void **state)
{
    struct fixture *f = *state;
    struct pb_motor_get_position_request req = {.name = SN_STR("zzz")};

    begin(f, MOTOR "GetPosition");
    send_message(f, &pb_motor_get_position_request_msg, &req);
    assert_string_equal(f->tape.log, "end-2:no position: no motor zzz");
}

static void unknown_methods_are_unimplemented(void **state)
{
    struct fixture *f = *state;

    begin(f, "/nobody.Service/Method");
    assert_string_equal(f->tape.log, "end-12:Unimplemented");
    f->tape.log[0] = '\0';
    begin(f, MOTOR "GoTo");
    assert_string_equal(f->tape.log, "end-12:method GoTo not implemented");
}

static void interceptors_can_refuse(void **state)
{
    struct fixture *f = *state;

    f->refuse_at_headers = SN_ERR_UNAUTHENTICATED;
    begin(f, MOTOR "SetPower");
    assert_string_equal(f->tape.log, "end-16:unauthenticated");
    assert_string_equal(f->events, "h1 h2 e1 ");
    f->refuse_at_headers = 0;
    f->refuse_at_message = SN_ERR_RESOURCE_EXHAUSTED;
    f->events[0] = f->tape.log[0] = '\0';
    set_power_of(f, "m1", 0);
    assert_string_equal(f->tape.log, "end-8:resource exhausted");
    assert_string_equal(f->events, "h1 h2 m2 e2 e1 ");
}

static void garbage_is_refused(void **state)
{
    struct fixture *f = *state;
    static const char lying[] = "\x0a\x02m1\x11\x01"; /* a double of one byte */

    begin(f, MOTOR "SetPower");
    sn_server_message(&f->tape.stream, lying, sizeof(lying) - 1);
    assert_string_equal(
        f->tape.log,
        "end-13:grpc: error unmarshalling request: proto: cannot parse invalid wire-format "
        "data");
}

static void a_call_without_message_is_refused(void **state)
{
    struct fixture *f = *state;

    begin(f, MOTOR "SetPower");
    sn_server_half_close(&f->tape.stream);
    assert_string_equal(f->tape.log, "end-2:EOF");
}

static void a_pending_call_answers_later(void **state)
{
    struct fixture *f = *state;

    begin_go_for(f);
    assert_string_equal(f->tape.log, "");
    assert_true(f->tape.credit > 0);
    sn_server_half_close(&f->tape.stream);
    sn_call_done(f->pending, 0);
    assert_string_equal(f->tape.log, "headers0 message0 end0:");
}

static void a_deadline_cancels(void **state)
{
    struct fixture *f = *state;
    struct pb_motor_go_for_request req = {.name = SN_STR("m1"), .rpm = 1};
    struct sn_metadata none = {0};

    sn_server_begin(f->server, &f->tape.stream, SN_STR(MOTOR "GoFor"), &none, SN_MS(100));
    send_message(f, &pb_motor_go_for_request_msg, &req);
    sn_timers_advance(&f->timers, SN_MS(99));
    assert_string_equal(f->tape.log, "");
    sn_timers_advance(&f->timers, SN_MS(100));
    assert_string_equal(f->tape.log, "end-4:context deadline exceeded");
}

static void unary_calls_have_a_deadline_of_their_own(void **state)
{
    struct fixture *f = *state;

    begin_go_for(f);
    sn_timers_advance(&f->timers, SN_SECONDS(600));
    assert_string_equal(f->tape.log, "end-4:context deadline exceeded");
}

static void a_lost_peer_cancels(void **state)
{
    struct fixture *f = *state;

    begin_go_for(f);
    sn_server_abort(&f->tape.stream);
    assert_null(f->pending);
    assert_string_equal(f->tape.log, "");
    begin(f, MOTOR "GoFor");
    sn_server_abort(&f->tape.stream);
    assert_string_equal(f->tape.log, "");
}

static void count_unused(struct sn_peer *peer)
{
    peer->remote = "unused";
}

/* An operation may end long after its peer has gone. */
static void a_peer_is_used_until_its_last_call_has_ended(void **state)
{
    struct fixture *f = *state;
    struct sn_peer peer = {.remote = ""};

    f->tape.stream.peer = &peer;
    begin_go_for(f);
    assert_int_equal(peer.calls, 1);
    peer.unused = count_unused;
    assert_string_equal(peer.remote, "");
    sn_server_abort(&f->tape.stream);
    assert_null(f->pending);
    assert_int_equal(peer.calls, 0);
    assert_string_equal(peer.remote, "unused");
    f->tape.stream.peer = NULL;
}

static void a_second_unary_message_is_an_error(void **state)
{
    struct fixture *f = *state;

    begin_go_for(f);
    sn_server_message(&f->tape.stream, "", 0);
    assert_string_equal(f->tape.log, "end-13:more than one request message");
}

static void all_calls_can_be_cancelled(void **state)
{
    struct fixture *f = *state;

    begin_go_for(f);
    sn_server_cancel_all(f->server);
    assert_string_equal(f->tape.log, "end-1:context canceled");
}

static void streams_talk_both_ways(void **state)
{
    struct fixture *f = *state;
    struct pb_robot_tunnel_request req = {.data = SN_STR("ab")};

    begin(f, "/viam.robot.v1.RobotService/Tunnel");
    send_message(f, &pb_robot_tunnel_request_msg, &req);
    send_message(f, &pb_robot_tunnel_request_msg, &req);
    assert_int_equal(f->tape.credit, 8);
    sn_server_half_close(&f->tape.stream);
    assert_string_equal(f->tape.log, "headers0 message4 message4 end0:");
}

static void messages_wait_until_it_is_their_turn(void **state)
{
    struct fixture *f = *state;
    struct pb_robot_tunnel_request req = {.data = SN_STR("ab")};

    f->park = true;
    begin(f, "/viam.robot.v1.RobotService/Tunnel");
    send_message(f, &pb_robot_tunnel_request_msg, &req);
    assert_int_equal(f->tape.credit, 4);
    send_message(f, &pb_robot_tunnel_request_msg, &req);
    send_message(f, &pb_robot_tunnel_request_msg, &req);
    sn_server_half_close(&f->tape.stream);
    assert_int_equal(f->tape.credit, 4); /* the peer's window bounds what waits */
    assert_string_equal(f->tape.log, "");
    f->park = false;
    assert_int_equal(f->parked->call.start(&f->parked->call), SN_PENDING);
    sn_timers_advance(&f->timers, f->timers.now_ns + 1);
    assert_string_equal(f->tape.log, "headers0 message4 message4 message4 end0:");
    assert_int_equal(f->tape.credit, 12);
}

static void let_in(struct fixture *f)
{
    sn_duplex_resume(f->shy);
    sn_timers_advance(&f->timers, f->timers.now_ns + 1);
}

static void an_operation_holds_its_client_back(void **state)
{
    struct fixture *f = *state;
    struct pb_robot_tunnel_request req = {.data = SN_STR("ab")};

    f->is_shy = true;
    begin(f, "/viam.robot.v1.RobotService/Tunnel");
    for (int i = 0; i < 3; i++)
        send_message(f, &pb_robot_tunnel_request_msg, &req);
    sn_server_half_close(&f->tape.stream);
    assert_string_equal(f->tape.log, "headers0 message4 ");
    assert_int_equal(f->tape.credit, 4);
    let_in(f);
    assert_string_equal(f->tape.log, "headers0 message4 message4 ");
    assert_int_equal(f->tape.credit, 8);
    let_in(f);
    assert_string_equal(f->tape.log, "headers0 message4 message4 message4 end0:");
}

static void what_is_held_back_goes_with_the_client(void **state)
{
    struct fixture *f = *state;
    struct pb_robot_tunnel_request req = {.data = SN_STR("ab")};

    f->is_shy = true;
    begin(f, "/viam.robot.v1.RobotService/Tunnel");
    for (int i = 0; i < 3; i++)
        send_message(f, &pb_robot_tunnel_request_msg, &req);
    sn_server_abort(&f->tape.stream);
    assert_string_equal(f->tape.log, "headers0 message4 ");
}

static void a_parked_stream_can_be_aborted(void **state)
{
    struct fixture *f = *state;
    struct pb_robot_tunnel_request req = {.data = SN_STR("ab")};

    f->park = true;
    begin(f, "/viam.robot.v1.RobotService/Tunnel");
    send_message(f, &pb_robot_tunnel_request_msg, &req);
    send_message(f, &pb_robot_tunnel_request_msg, &req);
    f->park = false;
    assert_int_equal(f->parked->call.start(&f->parked->call), SN_PENDING);
    sn_server_abort(&f->tape.stream);
    sn_timers_advance(&f->timers, f->timers.now_ns + 1);
    assert_string_equal(f->tape.log, "headers0 message4 ");
}

static void a_slow_reader_ends_its_stream(void **state)
{
    struct fixture *f = *state;
    struct pb_robot_tunnel_request req = {.data = SN_STR("ab")};

    begin(f, "/viam.robot.v1.RobotService/Tunnel");
    send_message(f, &pb_robot_tunnel_request_msg, &req);
    f->tape.queued = SN_RPC_QUEUE_MAX + 1;
    send_message(f, &pb_robot_tunnel_request_msg, &req);
    assert_non_null(strstr(f->tape.log, "end-8:the client reads too slowly"));
}

static void garbage_ends_a_stream(void **state)
{
    struct fixture *f = *state;
    struct pb_robot_tunnel_request req = {.data = SN_STR("ab")};

    begin(f, "/viam.robot.v1.RobotService/Tunnel");
    send_message(f, &pb_robot_tunnel_request_msg, &req);
    sn_server_message(&f->tape.stream, "\xff", 1);
    assert_string_equal(f->tape.log, "headers0 message4 end-13:grpc: error unmarshalling request: "
                                     "proto: cannot parse invalid wire-format "
                                     "data");
}

static void a_message_that_cannot_be_delivered_ends_the_call(void **state)
{
    struct fixture *f = *state;

    begin_go_for(f);
    sn_server_refuse(&f->tape.stream, SN_ERR_RESOURCE_EXHAUSTED, "too large");
    assert_string_equal(f->tape.log, "end-8:too large");
}

/* 1,000 calls take no more from the system than the first few. */
static void the_steady_state_takes_no_memory(void **state)
{
    struct fixture *f = *state;

    set_power_of(f, "m1", 0.5);
    uint64_t taken = f->blocks.taken;
    for (int i = 0; i < 1000; i++) {
        f->tape.log[0] = f->events[0] = '\0';
        set_power_of(f, "m1", 0.5);
    }
    assert_int_equal(f->blocks.taken, taken);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_unary_call_answers),
        TEST(a_response_is_encoded),
        TEST(errors_carry_their_text),
        TEST(unknown_resources_are_refused),
        TEST(a_method_words_the_answer_to_an_unknown_resource),
        TEST(unknown_methods_are_unimplemented),
        TEST(interceptors_can_refuse),
        TEST(garbage_is_refused),
        TEST(a_call_without_message_is_refused),
        TEST(a_pending_call_answers_later),
        TEST(a_deadline_cancels),
        TEST(unary_calls_have_a_deadline_of_their_own),
        TEST(a_lost_peer_cancels),
        TEST(a_peer_is_used_until_its_last_call_has_ended),
        TEST(a_second_unary_message_is_an_error),
        TEST(all_calls_can_be_cancelled),
        TEST(streams_talk_both_ways),
        TEST(messages_wait_until_it_is_their_turn),
        TEST(a_parked_stream_can_be_aborted),
        TEST(an_operation_holds_its_client_back),
        TEST(what_is_held_back_goes_with_the_client),
        TEST(a_slow_reader_ends_its_stream),
        TEST(garbage_ends_a_stream),
        TEST(a_message_that_cannot_be_delivered_ends_the_call),
        TEST(the_steady_state_takes_no_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
