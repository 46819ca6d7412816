/* SPDX-License-Identifier: Apache-2.0
 *
 * Relayed calls between a client and a resource's server, both of tape.
 */
#include "base/heap.h"
#include "pb/component/motor/v1/motor.h"
#include "pb/component/testecho/v1/testecho.h"
#include "rpc/core/relay.h"
#include "rpc/core/tape.h"

#include <setjmp.h>
#include <string.h>

#include <cmocka.h>

/* The resource's side: what arrives there is written down. */
struct far {
    struct sn_client_stream stream;
    char log[512];
    size_t queued, credit;
    struct sn_message *to_take; /* the memory of the message that is delivered; or NULL */
    const void *last;           /* where the last message lay */
    bool open;
};

struct fixture {
    struct sn_block_pool blocks;
    struct sn_timers timers;
    struct sn_env env;
    struct sn_router router;
    struct sn_channel channel;
    struct sn_resource resource;
    struct sn_server *server;
    struct tape tape; /* the client's side */
    struct far far;
    const char *hollow; /* the text for empty responses */
};

static struct fixture *fixture;

static void SN_PRINTF(1, 2) note(const char *format, ...)
{
    size_t used = strlen(fixture->far.log);
    va_list args;

    va_start(args, format);
    vsnprintf(fixture->far.log + used, sizeof(fixture->far.log) - used, format, args);
    va_end(args);
}

static void far_message(struct sn_client_stream *stream, struct sn_message *message, bool end)
{
    note("message%zu%s ", message->len, end ? "+end" : "");
    fixture->far.last = message->data;
    sn_message_free(message);
}

static void far_half_close(struct sn_client_stream *stream)
{
    note("end ");
}

static size_t far_queued(const struct sn_client_stream *stream)
{
    return fixture->far.queued;
}

static void far_credit(struct sn_client_stream *stream, size_t bytes)
{
    fixture->far.credit += bytes;
}

static void far_end(int code, const char *text)
{
    struct sn_client_stream *stream = &fixture->far.stream;
    struct sn_status status = {.code = code, .text = sn_str_of(text), .details = SN_STR("d")};
    struct sn_metadata_entry entry = {SN_STR("cost"), SN_STR("7")};
    struct sn_metadata trailers = {&entry, 1, 1};

    fixture->far.open = false;
    stream->events->on_trailers(stream, &status, &trailers);
}

static void far_cancel(struct sn_client_stream *stream, int code)
{
    struct sn_status status = {.code = code};
    struct sn_metadata none = {0};

    note("cancel%d ", code);
    fixture->far.open = false;
    stream->events->on_trailers(stream, &status, &none);
}

static struct sn_message *far_take(struct sn_client_stream *stream)
{
    struct sn_message *message = fixture->far.to_take;

    fixture->far.to_take = NULL;
    return message;
}

static const struct sn_client_stream_ops far_ops = {.message = far_message,
                                                    .half_close = far_half_close,
                                                    .queued = far_queued,
                                                    .credit = far_credit,
                                                    .cancel = far_cancel,
                                                    .take = far_take};

static struct sn_client_stream *far_open(struct sn_channel *channel,
                                         const struct sn_client_events *events, void *owner,
                                         struct sn_str path, const struct sn_metadata *metadata,
                                         uint64_t timeout_ns)
{
    note("%.*s ", SN_STR_ARGS(path));
    for (uint32_t i = 0; i < metadata->count; i++)
        note("%.*s=%.*s ", SN_STR_ARGS(metadata->v[i].key), SN_STR_ARGS(metadata->v[i].value));
    if (timeout_ns != SN_NEVER)
        note("%llums ", (unsigned long long)(timeout_ns / 1000000));
    fixture->far.stream = (struct sn_client_stream){&far_ops, events, owner};
    fixture->far.open = true;
    return &fixture->far.stream;
}

static const struct sn_channel_ops channel_ops = {.open = far_open};

static int find(struct sn_router *router, struct sn_rpc *rpc, const char *api, struct sn_str name,
                struct sn_resource **ret_resource)
{
    *ret_resource = sn_resource_ref(&fixture->resource);
    return 0;
}

static const char *hollow(const struct sn_method *method)
{
    return fixture->hollow;
}

static int never(struct sn_rpc *rpc, void *self, const void *request, void *response)
{
    fail();
    return 0;
}

static int add_opid(void *owner, struct sn_rpc *rpc)
{
    return sn_metadata_add(&rpc->headers, &rpc->arena, SN_STR("opid"), SN_STR("ours"));
}

static const struct sn_interceptor interceptors[] = {{.name = "opid", .at_headers = add_opid}};

static const struct sn_handler motor_handlers[] = {{"GoFor", never, 0, {0}, NULL}, {0}};
static const struct sn_service motor = {"rdk:component:motor", &pb_motor_motor_service,
                                        motor_handlers};
static const struct sn_handler echo_handlers[] = {{"EchoBiDi", never, 0, {0}, NULL}, {0}};
static const struct sn_service echo = {"rdk:component:testecho", &pb_testecho_test_echo_service,
                                       echo_handlers};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    fixture = f;
    sn_block_pool_init(&f->blocks, &sn_heap, 0);
    f->env = (struct sn_env){.timers = &f->timers, .blocks = &f->blocks};
    f->router = (struct sn_router){.find = find, .hollow = hollow};
    f->channel = (struct sn_channel){&channel_ops, &f->env};
    f->resource =
        (struct sn_resource){.name = "m", .refs = 1, .elsewhere = true, .relay = &f->channel};
    f->tape.stream.ops = &tape_ops;
    struct sn_server_config config = {
        .env = &f->env,
        .router = &f->router,
        .interceptors = interceptors,
        .interceptor_count = 1,
        .unary_timeout_ns = SN_SECONDS(600),
    };
    f->server = sn_server_create(&config);
    assert_non_null(f->server);
    assert_int_equal(sn_server_add(f->server, &motor, NULL), 0);
    assert_int_equal(sn_server_add(f->server, &echo, NULL), 0);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(f->resource.refs, 1);
    sn_server_destroy(f->server);
    sn_block_pool_fini(&f->blocks);
    free(f);
    return 0;
}

#define GO_FOR "/viam.component.motor.v1.MotorService/GoFor"
/* Of the metadata below. */
#define PASSED " opid=ours viam_client=python viam-metadata-x=y traceparent=00-1 500ms "

#define ECHO "/viam.component.testecho.v1.TestEchoService/EchoBiDi"

static void begin(struct fixture *f, const char *path, const char *first, size_t len)
{
    struct sn_metadata_entry entries[] = {
        {SN_STR("viam-sid"), SN_STR("s")},         {SN_STR("authorization"), SN_STR("Bearer x")},
        {SN_STR("cookie"), SN_STR("c")},           {SN_STR("opid"), SN_STR("client's")},
        {SN_STR("viam_client"), SN_STR("python")}, {SN_STR("viam-metadata-x"), SN_STR("y")},
        {SN_STR("traceparent"), SN_STR("00-1")}};
    struct sn_metadata metadata = {entries, 7, 7};

    sn_server_begin(f->server, &f->tape.stream, sn_str_of(path), &metadata, SN_MS(500));
    sn_server_message(&f->tape.stream, first, len);
}

static void answer(struct fixture *f, size_t len)
{
    static const char bytes[512 << 10];

    f->far.stream.events->on_message(&f->far.stream, bytes, len);
}

/* Fields that the schema doesn't know pass, too. */
static void a_unary_call_passes(void **state)
{
    struct fixture *f = *state;

    begin(f, GO_FOR, "\x0a\x01m\x7a\x01z", 6);
    assert_string_equal(f->far.log, GO_FOR PASSED "message6+end ");
    assert_int_equal(f->tape.credit, 6);
    answer(f, 3);
    far_end(0, "");
    assert_string_equal(f->tape.log, "headers1 message3 end0:");
}

static void headers_pass_but_for_the_hop_s_own(void **state)
{
    struct fixture *f = *state;
    struct sn_metadata_entry entries[] = {{SN_STR("opid"), SN_STR("1")},
                                          {SN_STR("x"), SN_STR("y")}};
    struct sn_metadata headers = {entries, 2, 2};

    begin(f, GO_FOR, "\x0a\x01m", 3);
    f->far.stream.events->on_headers(&f->far.stream, &headers);
    assert_string_equal(f->tape.log, "headers2 ");
    answer(f, 0);
    far_end(0, "");
    assert_string_equal(f->tape.log, "headers2 message0 end0:");
}

static void an_error_passes_with_its_words(void **state)
{
    struct fixture *f = *state;

    begin(f, GO_FOR, "\x0a\x01m", 3);
    far_end(SN_ERR_FAILED_PRECONDITION, "not now");
    assert_string_equal(f->tape.log, "headers1 end-9:not now");
}

/* Large messages: their memory goes along. */
static void memory_is_handed_on(void **state)
{
    struct fixture *f = *state;
    struct sn_message *message = sn_message_copy(&f->blocks, "\x0a\x01m", 3);
    const void *bytes = message->data;

    f->tape.to_take = message;
    begin(f, GO_FOR, bytes, 3);
    assert_ptr_equal(f->far.last, bytes);
    message = sn_message_copy(&f->blocks, "answer", 6);
    bytes = message->data;
    f->far.to_take = message;
    f->far.stream.events->on_message(&f->far.stream, bytes, 6);
    assert_ptr_equal(f->tape.last_at, bytes);
    far_end(0, "");
}

/* Its headers have passed already: the error comes behind them. */
static void an_empty_response_may_be_an_error(void **state)
{
    struct fixture *f = *state;

    f->hollow = "motor %s says nothing";
    begin(f, GO_FOR, "\x0a\x01m", 3);
    answer(f, 0);
    far_end(0, "");
    assert_string_equal(f->tape.log, "headers1 end-2:motor m says nothing");
    f->tape.log[0] = '\0';
    begin(f, GO_FOR, "\x0a\x01m", 3);
    answer(f, 1);
    far_end(0, "");
    assert_string_equal(f->tape.log, "headers1 message1 end0:");
    f->tape.log[0] = '\0';
    begin(f, ECHO, "\x0a\x01m", 3);
    answer(f, 0);
    far_end(0, "");
    assert_string_equal(f->tape.log, "headers1 message0 end0:");
}

static void a_stream_passes_both_ways(void **state)
{
    struct fixture *f = *state;

    begin(f, ECHO, "\x0a\x01m", 3);
    sn_server_message(&f->tape.stream, "abcd", 4);
    answer(f, 2);
    sn_server_half_close(&f->tape.stream);
    answer(f, 9);
    far_end(0, "");
    assert_string_equal(f->far.log, ECHO PASSED "message3 message4 end ");
    assert_string_equal(f->tape.log, "headers1 message2 message9 end0:");
    assert_int_equal(f->tape.credit, 7);
    assert_int_equal(f->far.credit, 11);
}

static void a_slow_resource_holds_the_client(void **state)
{
    struct fixture *f = *state;

    begin(f, ECHO, "\x0a\x01m", 3);
    f->far.queued = 1 << 20;
    sn_server_message(&f->tape.stream, "abcd", 4);
    assert_int_equal(f->tape.credit, 3);
    f->far.queued = 0;
    f->far.stream.events->on_writable(&f->far.stream);
    assert_int_equal(f->tape.credit, 7);
    far_end(0, "");
}

static void a_slow_client_holds_the_resource(void **state)
{
    struct fixture *f = *state;

    begin(f, ECHO, "\x0a\x01m", 3);
    f->tape.queued = 1 << 20;
    answer(f, 300 << 10);
    assert_int_equal(f->far.credit, 0);
    f->tape.queued = 0;
    sn_server_writable(&f->tape.stream);
    assert_int_equal(f->far.credit, 300 << 10);
    far_end(0, "");
}

/* What was held back while the connection as a whole was full isn't forgotten. */
static void credit_is_paid_with_the_next_message(void **state)
{
    struct fixture *f = *state;

    begin(f, ECHO, "\x0a\x01m", 3);
    f->tape.queued = SIZE_MAX;
    answer(f, 100);
    assert_int_equal(f->far.credit, 0);
    f->tape.queued = 0;
    answer(f, 10);
    assert_int_equal(f->far.credit, 110);
    far_end(0, "");
}

static void a_client_that_goes_is_told_on(void **state)
{
    struct fixture *f = *state;

    begin(f, ECHO, "\x0a\x01m", 3);
    sn_server_abort(&f->tape.stream);
    assert_non_null(strstr(f->far.log, "cancel-1"));
    assert_false(f->far.open);
    assert_string_equal(f->tape.log, "");
}

static void a_deadline_ends_it_on_both_sides(void **state)
{
    struct fixture *f = *state;

    begin(f, GO_FOR, "\x0a\x01m", 3);
    sn_timers_advance(&f->timers, SN_MS(501));
    assert_non_null(strstr(f->far.log, "cancel-4"));
    assert_non_null(strstr(f->tape.log, "end-4:"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_unary_call_passes),
        TEST(headers_pass_but_for_the_hop_s_own),
        TEST(an_error_passes_with_its_words),
        TEST(memory_is_handed_on),
        TEST(an_empty_response_may_be_an_error),
        TEST(a_stream_passes_both_ways),
        TEST(a_slow_resource_holds_the_client),
        TEST(a_slow_client_holds_the_resource),
        TEST(credit_is_paid_with_the_next_message),
        TEST(a_client_that_goes_is_told_on),
        TEST(a_deadline_ends_it_on_both_sides),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
