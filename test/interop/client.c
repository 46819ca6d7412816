/* SPDX-License-Identifier: Apache-2.0
 *
 * grpc-interop-client --server_host=HOST --server_port=PORT --test_case=NAME: the interop tests'
 * client, h2c; exits 0 when the server passed. Source: the gRPC project's "Interop Test Case
 * Descriptions".
 */
#include "dialogue.h"
#include "pb/grpc/testing/test.h"
#include "rpc/transport/http2/http2.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LARGE_REQUEST = 271828, LARGE_RESPONSE = 314159, SOAK_ITERATIONS = 100 };

static const int32_t request_sizes[] = {27182, 8, 1828, 45904};
static const int32_t response_sizes[] = {31415, 9, 2653, 58979};
enum { ROUNDS = 4 };

struct client {
    struct sn_loop *loop;
    const char *address;
    struct sn_channel *channel;
};

#define EXPECT(condition, ...)         \
    do {                               \
        if (!(condition))              \
            interop_fail(__VA_ARGS__); \
    } while (0)

static void open_channel(struct client *client)
{
    struct sn_error error;

    if (sn_http2_channel_create(client->loop, client->address, &client->channel, &error))
        interop_fail("%s", error.text);
}

static void closed(void *owner)
{
    struct client *client = owner;

    client->channel = NULL;
    sn_loop_stop(client->loop);
}

static void close_channel(struct client *client)
{
    client->channel->ops->close(client->channel, closed, client);
    while (client->channel)
        sn_loop_run(client->loop);
}

static void begin(struct dialogue *dialogue, struct client *client, const char *method)
{
    dialogue_init(dialogue, client->loop, client->channel, &pb_grpc_testing_test_service, method,
                  NULL, SN_NEVER);
}

static void expect_end(struct dialogue *dialogue, int code)
{
    int got = dialogue_end(dialogue);

    EXPECT(got == code, "ended with %d (%.*s), expected %d", -got, SN_STR_ARGS(dialogue->text),
           -code);
}

static struct pb_grpc_testing_payload payload_of(int32_t size)
{
    static const char zeros[LARGE_REQUEST];

    return (struct pb_grpc_testing_payload){.body = {zeros, (size_t)size}};
}

/* One request, one response of the type that the case knows. */
static const void *ask(struct dialogue *dialogue, const void *request)
{
    dialogue_send(dialogue, request);
    dialogue_half_close(dialogue);
    const void *response = dialogue_response(dialogue);
    expect_end(dialogue, 0);
    EXPECT(response, "no response");
    return response;
}

static void empty_unary(struct client *client)
{
    struct pb_grpc_testing_empty request = {0};
    struct dialogue dialogue;

    begin(&dialogue, client, "EmptyCall");
    ask(&dialogue, &request);
    dialogue_fini(&dialogue);
}

static void large_unary(struct client *client)
{
    struct pb_grpc_testing_payload payload = payload_of(LARGE_REQUEST);
    struct pb_grpc_testing_simple_request request = {.response_size = LARGE_RESPONSE,
                                                     .payload = &payload};
    struct dialogue dialogue;

    begin(&dialogue, client, "UnaryCall");
    const struct pb_grpc_testing_simple_response *response = ask(&dialogue, &request);
    EXPECT(response->payload && response->payload->body.len == LARGE_RESPONSE,
           "the payload has another size than asked for");
    dialogue_fini(&dialogue);
}

static void client_streaming(struct client *client)
{
    struct dialogue dialogue;
    int32_t total = 0;

    begin(&dialogue, client, "StreamingInputCall");
    for (size_t i = 0; i < ROUNDS; i++) {
        struct pb_grpc_testing_payload payload = payload_of(request_sizes[i]);
        struct pb_grpc_testing_streaming_input_call_request request = {.payload = &payload};

        total += request_sizes[i];
        dialogue_send(&dialogue, &request);
    }
    dialogue_half_close(&dialogue);
    const struct pb_grpc_testing_streaming_input_call_response *response =
        dialogue_response(&dialogue);
    expect_end(&dialogue, 0);
    EXPECT(response && response->aggregated_payload_size == total, "the sum is wrong");
    dialogue_fini(&dialogue);
}

static void expect_payload(struct dialogue *dialogue, int32_t size)
{
    const struct pb_grpc_testing_streaming_output_call_response *response =
        dialogue_response(dialogue);

    EXPECT(response && response->payload && response->payload->body.len == (size_t)size,
           "no payload of %d bytes", size);
}

static void server_streaming(struct client *client)
{
    struct pb_grpc_testing_response_parameters orders[ROUNDS] = {{0}};
    struct pb_grpc_testing_streaming_output_call_request request = {0};
    struct dialogue dialogue;

    for (size_t i = 0; i < ROUNDS; i++)
        orders[i].size = response_sizes[i];
    request.response_parameters.v = orders;
    request.response_parameters.n = ROUNDS;
    begin(&dialogue, client, "StreamingOutputCall");
    dialogue_send(&dialogue, &request);
    dialogue_half_close(&dialogue);
    for (size_t i = 0; i < ROUNDS; i++)
        expect_payload(&dialogue, response_sizes[i]);
    expect_end(&dialogue, 0);
    dialogue_fini(&dialogue);
}

/* Round `i` of a ping-pong. */
static void ping(struct dialogue *dialogue, size_t i)
{
    struct pb_grpc_testing_payload payload = payload_of(request_sizes[i]);
    struct pb_grpc_testing_response_parameters order = {.size = response_sizes[i]};
    struct pb_grpc_testing_streaming_output_call_request request = {.payload = &payload};

    request.response_parameters.v = &order;
    request.response_parameters.n = 1;
    dialogue_send(dialogue, &request);
}

static void ping_pong(struct client *client)
{
    struct dialogue dialogue;

    begin(&dialogue, client, "FullDuplexCall");
    for (size_t i = 0; i < ROUNDS; i++) {
        ping(&dialogue, i);
        expect_payload(&dialogue, response_sizes[i]);
    }
    dialogue_half_close(&dialogue);
    expect_end(&dialogue, 0);
    dialogue_fini(&dialogue);
}

static void empty_stream(struct client *client)
{
    struct dialogue dialogue;

    begin(&dialogue, client, "FullDuplexCall");
    dialogue_half_close(&dialogue);
    EXPECT(!dialogue_response(&dialogue), "a response to nothing");
    expect_end(&dialogue, 0);
    dialogue_fini(&dialogue);
}

static void timeout_on_sleeping_server(struct client *client)
{
    struct dialogue dialogue;

    dialogue_init(&dialogue, client->loop, client->channel, &pb_grpc_testing_test_service,
                  "FullDuplexCall", NULL, SN_MS(1));
    ping(&dialogue, 0);
    expect_end(&dialogue, SN_ERR_DEADLINE_EXCEEDED);
    dialogue_fini(&dialogue);
}

static void cancel_after_begin(struct client *client)
{
    struct dialogue dialogue;

    begin(&dialogue, client, "StreamingInputCall");
    dialogue_cancel(&dialogue);
    expect_end(&dialogue, SN_ERR_CANCELLED);
    dialogue_fini(&dialogue);
}

static void cancel_after_first_response(struct client *client)
{
    struct dialogue dialogue;

    begin(&dialogue, client, "FullDuplexCall");
    ping(&dialogue, 0);
    expect_payload(&dialogue, response_sizes[0]);
    dialogue_cancel(&dialogue);
    expect_end(&dialogue, SN_ERR_CANCELLED);
    dialogue_fini(&dialogue);
}

/* ---- status ---- */

static void expect_status(struct dialogue *dialogue, struct sn_str text)
{
    dialogue_half_close(dialogue);
    expect_end(dialogue, SN_ERR_UNKNOWN);
    EXPECT(sn_str_eq(dialogue->text, text), "the status says \"%.*s\", expected \"%.*s\"",
           SN_STR_ARGS(dialogue->text), SN_STR_ARGS(text));
    dialogue_fini(dialogue);
}

static void echo_status(struct client *client, struct sn_str text)
{
    struct pb_grpc_testing_echo_status status = {.code = 2, .message = text};
    struct pb_grpc_testing_simple_request request = {.response_status = &status};
    struct dialogue dialogue;

    begin(&dialogue, client, "UnaryCall");
    dialogue_send(&dialogue, &request);
    expect_status(&dialogue, text);
}

static void status_code_and_message(struct client *client)
{
    struct sn_str text = SN_STR("test status message");
    struct pb_grpc_testing_echo_status status = {.code = 2, .message = text};
    struct pb_grpc_testing_streaming_output_call_request request = {.response_status = &status};
    struct dialogue dialogue;

    echo_status(client, text);
    begin(&dialogue, client, "FullDuplexCall");
    dialogue_send(&dialogue, &request);
    expect_status(&dialogue, text);
}

static void special_status_message(struct client *client)
{
    echo_status(client, SN_STR("\t\ntest with whitespace\r\nand Unicode BMP \xe2\x98\xba and "
                               "non-BMP \xf0\x9f\x98\x88\t\n"));
}

/* ---- metadata ---- */

#define INITIAL SN_STR("x-grpc-test-echo-initial")
#define INITIAL_VALUE SN_STR("test_initial_metadata_value")
#define TRAILING SN_STR("x-grpc-test-echo-trailing-bin")
#define TRAILING_VALUE SN_STR("\xab\xab\xab")

static void begin_with_metadata(struct dialogue *dialogue, struct client *client,
                                const char *method)
{
    struct sn_metadata_entry entries[] = {{INITIAL, INITIAL_VALUE}, {TRAILING, TRAILING_VALUE}};
    struct sn_metadata metadata = {.v = entries, .count = 2};

    dialogue_init(dialogue, client->loop, client->channel, &pb_grpc_testing_test_service, method,
                  &metadata, SN_NEVER);
}

static void expect_metadata(struct dialogue *dialogue)
{
    expect_end(dialogue, 0);
    EXPECT(sn_str_eq(sn_metadata_get(&dialogue->headers, INITIAL), INITIAL_VALUE),
           "the header didn't come back");
    EXPECT(sn_str_eq(sn_metadata_get(&dialogue->trailers, TRAILING), TRAILING_VALUE),
           "the trailer didn't come back");
    dialogue_fini(dialogue);
}

static void custom_metadata(struct client *client)
{
    struct pb_grpc_testing_payload payload = payload_of(LARGE_REQUEST);
    struct pb_grpc_testing_simple_request request = {.response_size = LARGE_RESPONSE,
                                                     .payload = &payload};
    struct dialogue dialogue;

    begin_with_metadata(&dialogue, client, "UnaryCall");
    ask(&dialogue, &request);
    expect_metadata(&dialogue);
    begin_with_metadata(&dialogue, client, "FullDuplexCall");
    ping(&dialogue, 3);
    dialogue_half_close(&dialogue);
    expect_payload(&dialogue, response_sizes[3]);
    expect_metadata(&dialogue);
}

/* ---- what isn't there ---- */

static void expect_unimplemented(struct client *client, const struct sn_pb_service *service)
{
    struct pb_grpc_testing_empty request = {0};
    struct dialogue dialogue;

    dialogue_init(&dialogue, client->loop, client->channel, service, "UnimplementedCall", NULL,
                  SN_NEVER);
    dialogue_send(&dialogue, &request);
    dialogue_half_close(&dialogue);
    expect_end(&dialogue, SN_ERR_UNIMPLEMENTED);
    dialogue_fini(&dialogue);
}

static void unimplemented_method(struct client *client)
{
    expect_unimplemented(client, &pb_grpc_testing_test_service);
}

static void unimplemented_service(struct client *client)
{
    struct sn_pb_service service = pb_grpc_testing_test_service;

    service.name = "grpc.testing.UnimplementedService";
    expect_unimplemented(client, &service);
}

/* ---- soak ---- */

static void rpc_soak(struct client *client)
{
    for (int i = 0; i < SOAK_ITERATIONS; i++)
        large_unary(client);
}

static void channel_soak(struct client *client)
{
    for (int i = 0; i < SOAK_ITERATIONS; i++) {
        large_unary(client);
        close_channel(client);
        open_channel(client);
    }
}

static void pick_first_unary(struct client *client)
{
    struct pb_grpc_testing_simple_request request = {.fill_server_id = true};

    for (int i = 0; i < SOAK_ITERATIONS; i++) {
        struct dialogue dialogue;

        begin(&dialogue, client, "UnaryCall");
        const struct pb_grpc_testing_simple_response *response = ask(&dialogue, &request);
        EXPECT(response->server_id.len, "no server id");
        dialogue_fini(&dialogue);
    }
}

#define CASE(name)  \
    {               \
#name, name \
    }
static const struct {
    const char *name;
    void (*run)(struct client *client);
} cases[] = {
    CASE(empty_unary),
    CASE(large_unary),
    CASE(client_streaming),
    CASE(server_streaming),
    CASE(ping_pong),
    CASE(empty_stream),
    CASE(timeout_on_sleeping_server),
    CASE(cancel_after_begin),
    CASE(cancel_after_first_response),
    CASE(status_code_and_message),
    CASE(special_status_message),
    CASE(custom_metadata),
    CASE(unimplemented_method),
    CASE(unimplemented_service),
    CASE(rpc_soak),
    CASE(channel_soak),
    CASE(pick_first_unary),
};

static void run(struct client *client, const char *name)
{
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        if (strcmp(cases[i].name, name) != 0)
            continue;
        open_channel(client);
        cases[i].run(client);
        close_channel(client);
        return;
    }
    interop_fail("no case %s", name);
}

/* The value of --`name`=... among the arguments. */
static const char *option(int argc, char **argv, const char *name, const char *preset)
{
    size_t len = strlen(name);

    for (int i = 1; i < argc; i++)
        if (strncmp(argv[i], "--", 2) == 0 && strncmp(argv[i] + 2, name, len) == 0 &&
            argv[i][2 + len] == '=')
            return argv[i] + 3 + len;
    return preset;
}

int main(int argc, char **argv)
{
    char address[300];
    struct client client = {.loop = sn_loop_create(), .address = address};

    if (!client.loop)
        interop_fail("the system gives no event loop");
    snprintf(address, sizeof(address), "%s:%s", option(argc, argv, "server_host", "localhost"),
             option(argc, argv, "server_port", "10000"));
    run(&client, option(argc, argv, "test_case", "large_unary"));
    sn_loop_destroy(client.loop);
    return 0;
}
