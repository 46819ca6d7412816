/* SPDX-License-Identifier: Apache-2.0
 *
 * Relayed calls over real sockets: a client, a server that passes its calls on, and the one that
 * carries them out. All share a loop.
 */
#include "net/testing.h"
#include "pb/component/testecho/v1/testecho.h"
#include "rpc/core/server_private.h"
#include "rpc/transport/http2/http2.h"
#include "sinew/list.h"

#include <string.h>
#include <unistd.h>

/* ---- the service; its messages are Echo's ---- */

typedef struct pb_testecho_echo_request note_type;
#define NOTE (&pb_testecho_echo_request_msg)

static const struct sn_pb_method methods[] = {
    {"One", NOTE, NOTE, 0},
    {"Gather", NOTE, NOTE, SN_PB_CLIENT_STREAMING},
    {"Pour", NOTE, NOTE, SN_PB_SERVER_STREAMING},
    {"Talk", NOTE, NOTE, SN_PB_CLIENT_STREAMING | SN_PB_SERVER_STREAMING},
};
static const struct sn_pb_service pb = {"t.Relay", methods, 4};

struct node {
    struct sn_guard guard;
    struct sn_server *core;
    struct sn_http2_server *http2;
    struct sn_listener *listener;
    struct sn_channel *channel; /* to it */
    char socket[64];
    bool drained, closed;
};

struct fixture {
    struct sn_loop *loop;
    struct sn_env env;
    struct sn_router router;
    struct sn_resource resource;
    struct sn_interceptor opid;
    struct node near, far;
    char dir[32];

    /* What the far one has seen */
    char metadata[512];
    uint64_t timeout_ns; /* SN_NEVER: none */
    size_t came, came_bytes, ended, cancelled;
    struct sn_rpc *talk;         /* a Talk that runs */
    size_t pour_left, pour_size; /* messages of a Pour */
    bool deaf;                   /* it gives no credit to Talk's messages */
};

static struct fixture *fixture;

/* ---- the far one ---- */

static void see(struct sn_rpc *rpc, const note_type *request)
{
    uint64_t now_ns = rpc->call.env->timers->now_ns;
    size_t used = 0;

    fixture->came++;
    fixture->came_bytes += request->message.len;
    fixture->timeout_ns =
        rpc->call.deadline_ns == SN_NEVER ? SN_NEVER : rpc->call.deadline_ns - now_ns;
    fixture->metadata[0] = '\0';
    for (uint32_t i = 0; i < rpc->metadata.count && used < sizeof(fixture->metadata); i++)
        used += (size_t)snprintf(fixture->metadata + used, sizeof(fixture->metadata) - used,
                                 "%.*s=%.*s;", SN_STR_ARGS(rpc->metadata.v[i].key),
                                 SN_STR_ARGS(rpc->metadata.v[i].value));
}

static void far_cancelled(struct sn_call *call)
{
    fixture->cancelled++;
    if (fixture->talk == sn_rpc_of(call))
        fixture->talk = NULL;
    sn_call_done(call, sn_call_cancelled(call));
}

static int one(struct sn_rpc *rpc, void *self, const void *request, void *response)
{
    const note_type *note = request;

    see(rpc, note);
    if (sn_str_is(note->message, "hang")) {
        rpc->call.on_cancel = far_cancelled;
        return SN_PENDING;
    }
    if (sn_metadata_add(&rpc->headers, &rpc->arena, SN_STR("opid"), SN_STR("far's")) ||
        sn_metadata_add(&rpc->headers, &rpc->arena, SN_STR("x-head"), SN_STR("h")) ||
        sn_metadata_add(&rpc->trailers, &rpc->arena, SN_STR("x-tail"), SN_STR("t")))
        return SN_ERR_RESOURCE_EXHAUSTED;
    if (sn_str_is(note->message, "fail")) {
        rpc->call.details = SN_STR("\x08\x09");
        return sn_call_fail(&rpc->call, SN_ERR_FAILED_PRECONDITION, "not now: \xc3\xa4");
    }
    ((note_type *)response)->message = note->message;
    return 0;
}

static void gather_message(struct sn_rpc *rpc, const void *request)
{
    see(rpc, request);
}

static void gather_end(struct sn_rpc *rpc)
{
    ((note_type *)rpc->response)->message = sn_arena_printf(&rpc->arena, "%zu", fixture->came);
    sn_call_done(&rpc->call, 0);
}

static int gather(struct sn_rpc *rpc, void *self, const void *request, void *response)
{
    see(rpc, request);
    rpc->on_message = gather_message;
    rpc->on_half_close = gather_end;
    rpc->call.on_cancel = far_cancelled;
    return SN_PENDING;
}

static void pour_on(struct sn_rpc *rpc)
{
    char *text = calloc(1, fixture->pour_size + 1);
    note_type note = {.message = {memset(text, 'p', fixture->pour_size), fixture->pour_size}};
    int code = 0;

    while (fixture->pour_left && !code && rpc->stream->ops->queued(rpc->stream) < 64 << 10) {
        code = sn_rpc_send(rpc, &note);
        fixture->pour_left--;
    }
    free(text);
    if (code || !fixture->pour_left)
        sn_call_done(&rpc->call, code);
}

static int pour(struct sn_rpc *rpc, void *self, const void *request, void *response)
{
    see(rpc, request);
    rpc->on_writable = pour_on;
    rpc->call.on_cancel = far_cancelled;
    pour_on(rpc);
    return SN_PENDING;
}

static void talk_message(struct sn_rpc *rpc, const void *request)
{
    const note_type *note = request;
    int code;

    see(rpc, request);
    code = sn_rpc_send(rpc, note);
    if (code)
        sn_call_done(&rpc->call, code);
}

static void talk_end(struct sn_rpc *rpc)
{
    fixture->ended++;
    fixture->talk = NULL;
    sn_call_done(&rpc->call, 0);
}

static int talk(struct sn_rpc *rpc, void *self, const void *request, void *response)
{
    fixture->talk = rpc;
    rpc->call.on_cancel = far_cancelled;
    if (fixture->deaf) { /* what comes is held back, and the peer with it */
        see(rpc, request);
        return SN_PENDING;
    }
    rpc->on_message = talk_message;
    rpc->on_half_close = talk_end;
    talk_message(rpc, request);
    return SN_PENDING;
}

static void hear(void)
{
    fixture->talk->on_message = talk_message;
    fixture->talk->on_half_close = talk_end;
    fixture->deaf = false;
    sn_rpc_resume(fixture->talk);
}

static int never(struct sn_rpc *rpc, void *self, const void *request, void *response)
{
    fail();
    return 0;
}

static const struct sn_handler far_handlers[] = {{"One", one, 0, {0}, NULL},
                                                 {"Gather", gather, 0, {0}, NULL},
                                                 {"Pour", pour, 0, {0}, NULL},
                                                 {"Talk", talk, 0, {0}, NULL},
                                                 {0}};
static const struct sn_handler near_handlers[] = {{"One", never, 0, {0}, NULL},
                                                  {"Gather", never, 0, {0}, NULL},
                                                  {"Pour", never, 0, {0}, NULL},
                                                  {"Talk", never, 0, {0}, NULL},
                                                  {0}};
static const struct sn_service far_service = {NULL, &pb, far_handlers};
static const struct sn_service near_service = {"t:component:relay", &pb, near_handlers};

/* ---- the near one ---- */

static int find(struct sn_router *router, struct sn_rpc *rpc, const char *api, struct sn_str name,
                struct sn_resource **ret_resource)
{
    assert_true(sn_str_is(name, "r"));
    *ret_resource = sn_resource_ref(&fixture->resource);
    return 0;
}

static int add_opid(void *owner, struct sn_rpc *rpc)
{
    return sn_metadata_add(&rpc->headers, &rpc->arena, SN_STR("opid"), SN_STR("near's"));
}

/* ---- the world ---- */

static void on_accept(void *owner, struct sn_conn *conn)
{
    sn_http2_server_accept(((struct node *)owner)->http2, conn);
}

static void node_start(struct fixture *f, struct node *node, const char *name,
                       const struct sn_server_config *config, const struct sn_service *service)
{
    node->guard.limits = sn_limits_preset;
    node->core = sn_server_create(config);
    assert_non_null(node->core);
    assert_int_equal(sn_server_add(node->core, service, NULL), 0);
    node->http2 = sn_http2_server_create(f->loop, node->core, &node->guard, NULL);
    snprintf(node->socket, sizeof(node->socket), "unix:%s/%s", f->dir, name);
    assert_int_equal(sn_listen(f->loop, node->socket, on_accept, node, &node->listener, NULL), 0);
    assert_int_equal(sn_http2_channel_create(f->loop, node->socket, &node->channel, NULL), 0);
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    fixture = f;
    f->loop = sn_loop_create();
    f->env = (struct sn_env){.timers = sn_loop_timers(f->loop), .blocks = sn_loop_blocks(f->loop)};
    snprintf(f->dir, sizeof(f->dir), "/tmp/sn-relay-XXXXXX");
    assert_non_null(mkdtemp(f->dir));
    f->router.find = find;
    f->opid = (struct sn_interceptor){.name = "opid", .at_headers = add_opid};
    struct sn_server_config config = {
        .env = &f->env, .router = &f->router, .unary_timeout_ns = SN_SECONDS(600)};
    node_start(f, &f->far, "far", &config, &far_service);
    config.interceptors = &f->opid;
    config.interceptor_count = 1;
    node_start(f, &f->near, "near", &config, &near_service);
    f->resource = (struct sn_resource){.refs = 1, .elsewhere = true, .relay = f->far.channel};
    *state = f;
    return 0;
}

static void on_closed(void *owner)
{
    ((struct node *)owner)->closed = true;
}

static void on_drained(void *owner)
{
    ((struct node *)owner)->drained = true;
}

static void node_drain(struct fixture *f, struct node *node)
{
    node->drained = false;
    sn_http2_server_drain(node->http2, 0, on_drained, node);
    run_until(f->loop, node->drained);
}

static void node_stop(struct fixture *f, struct node *node)
{
    node->channel->ops->close(node->channel, on_closed, node);
    run_until(f->loop, node->closed);
    sn_listener_close(node->listener);
    node_drain(f, node);
    sn_http2_server_destroy(node->http2);
    sn_server_destroy(node->core);
}

/* Nothing may be left of anything. */
static int teardown(void **state)
{
    struct fixture *f = *state;

    node_stop(f, &f->near);
    node_stop(f, &f->far);
    assert_int_equal(f->resource.refs, 1);
    assert_int_equal(sn_loop_blocks(f->loop)->in_use, 0);
    sn_loop_destroy(f->loop);
    rmdir(f->dir);
    free(f);
    return 0;
}

/* ---- the client ---- */

struct answer {
    struct sn_client_stream *stream;
    bool done, hold;
    int code;
    size_t messages, bytes, held;
    char last[64]; /* text of the newest message */
    char text[128], headers[128], trailers[128], details[8];
    size_t details_len;
};

static void print_metadata(char *out, size_t size, const struct sn_metadata *metadata)
{
    size_t used = 0;

    for (uint32_t i = 0; i < metadata->count && used < size; i++)
        used +=
            (size_t)snprintf(out + used, size - used, "%.*s=%.*s;", SN_STR_ARGS(metadata->v[i].key),
                             SN_STR_ARGS(metadata->v[i].value));
}

static void on_headers(struct sn_client_stream *stream, const struct sn_metadata *headers)
{
    struct answer *answer = stream->owner;

    print_metadata(answer->headers, sizeof(answer->headers), headers);
}

static void on_message(struct sn_client_stream *stream, const void *bytes, size_t len)
{
    static const uint32_t path[] = {2};
    struct answer *answer = stream->owner;
    struct sn_str text;

    assert_int_equal(sn_pb_peek((struct sn_str){bytes, len}, path, 1, &text), 0);
    answer->messages++;
    answer->bytes += text.len;
    snprintf(answer->last, sizeof(answer->last), "%.*s", text.len < 60 ? (int)text.len : 60,
             text.ptr);
    if (answer->hold)
        answer->held += len;
    else
        stream->ops->credit(stream, len);
}

static void on_trailers(struct sn_client_stream *stream, const struct sn_status *status,
                        const struct sn_metadata *trailers)
{
    struct answer *answer = stream->owner;

    answer->done = true;
    answer->stream = NULL;
    answer->code = status->code;
    snprintf(answer->text, sizeof(answer->text), "%.*s", SN_STR_ARGS(status->text));
    assert_true(status->details.len <= sizeof(answer->details));
    answer->details_len = status->details.len;
    if (status->details.len)
        memcpy(answer->details, status->details.ptr, status->details.len);
    print_metadata(answer->trailers, sizeof(answer->trailers), trailers);
}

static void call_for(struct fixture *f, struct answer *answer, const char *method,
                     uint64_t timeout_ns)
{
    static const struct sn_client_events events = {
        .on_headers = on_headers, .on_message = on_message, .on_trailers = on_trailers};
    struct sn_metadata_entry entries[] = {{SN_STR("viam_client"), SN_STR("c")},
                                          {SN_STR("authorization"), SN_STR("Bearer x")}};
    struct sn_metadata metadata = {entries, 2, 2};
    struct sn_channel *channel = f->near.channel;
    char path[32];

    snprintf(path, sizeof(path), "/t.Relay/%s", method);
    answer->stream =
        channel->ops->open(channel, &events, answer, sn_str_of(path), &metadata, timeout_ns);
    assert_non_null(answer->stream);
}

static void call(struct fixture *f, struct answer *answer, const char *method)
{
    call_for(f, answer, method, SN_NEVER);
}

static void send_text(struct fixture *f, struct answer *answer, struct sn_str text, bool end)
{
    note_type note = {.name = SN_STR("r"), .message = text};
    struct sn_message *message = sn_message_create(sn_loop_blocks(f->loop));
    struct sn_str bytes;

    assert_int_equal(sn_pb_encode(NOTE, &note, &message->arena, SN_MESSAGE_HEADROOM, &bytes), 0);
    message->data = (uint8_t *)(uintptr_t)bytes.ptr;
    message->len = bytes.len;
    answer->stream->ops->message(answer->stream, message, end);
}

static void say(struct fixture *f, struct answer *answer, const char *text, bool end)
{
    send_text(f, answer, sn_str_of(text), end);
}

static void say_much(struct fixture *f, struct answer *answer, size_t size, bool end)
{
    char *text = malloc(size);

    send_text(f, answer, (struct sn_str){memset(text, 'c', size), size}, end);
    free(text);
}

static void finish(struct fixture *f, struct answer *answer, int code)
{
    run_until(f->loop, answer->done);
    assert_int_equal(answer->code, code);
}

/* Lets what is under way arrive: until nothing has moved for some turns. */
static void settle(struct fixture *f, const size_t *moving)
{
    size_t before;

    for (int still = 0; still < 50; still = *moving == before ? still + 1 : 0) {
        before = *moving;
        uv_run(sn_loop_backend(f->loop), UV_RUN_NOWAIT);
    }
}

/* ---- all kinds of call ---- */

static void a_unary_call(void **state)
{
    struct fixture *f = *state;
    struct answer answer = {0};

    call(f, &answer, "One");
    say(f, &answer, "hello", true);
    finish(f, &answer, 0);
    assert_string_equal(answer.last, "hello");
    assert_int_equal(answer.messages, 1);
    assert_string_equal(answer.headers, "opid=near's;x-head=h;");
    assert_string_equal(answer.trailers, "x-tail=t;");
    assert_non_null(strstr(f->metadata, "opid=near's;"));
    assert_non_null(strstr(f->metadata, "viam_client=c;"));
    assert_null(strstr(f->metadata, "authorization"));
}

static void an_error(void **state)
{
    struct fixture *f = *state;
    struct answer answer = {0};

    call(f, &answer, "One");
    say(f, &answer, "fail", true);
    finish(f, &answer, SN_ERR_FAILED_PRECONDITION);
    assert_string_equal(answer.text, "not now: \xc3\xa4");
    assert_int_equal(answer.details_len, 2);
    assert_memory_equal(answer.details, "\x08\x09", 2);
    assert_non_null(strstr(answer.trailers, "x-tail=t;"));
}

static void a_stream_of_requests(void **state)
{
    struct fixture *f = *state;
    struct answer answer = {0};

    call(f, &answer, "Gather");
    for (int i = 0; i < 100; i++)
        say(f, &answer, "x", i == 99);
    finish(f, &answer, 0);
    assert_string_equal(answer.last, "100");
    assert_int_equal(answer.messages, 1);
}

static void a_stream_of_responses(void **state)
{
    struct fixture *f = *state;
    struct answer answer = {0};

    f->pour_left = 1000;
    f->pour_size = 5;
    call(f, &answer, "Pour");
    say(f, &answer, "", true);
    finish(f, &answer, 0);
    assert_int_equal(answer.messages, 1000);
    assert_int_equal(answer.bytes, 5000);
}

static void both_streams(void **state)
{
    struct fixture *f = *state;
    struct answer answer = {0};

    call(f, &answer, "Talk");
    for (size_t i = 1; i <= 20; i++) {
        say(f, &answer, "ping", false);
        run_until(f->loop, answer.messages == i);
    }
    answer.stream->ops->half_close(answer.stream);
    finish(f, &answer, 0);
    assert_int_equal(f->ended, 1);
}

static void large_messages(void **state)
{
    static const size_t sizes[] = {16 << 10, 64 << 10, 65536 + 7, 1 << 20, 20 << 20};
    struct fixture *f = *state;

    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        struct answer answer = {0};

        call(f, &answer, "One");
        say_much(f, &answer, sizes[i], true);
        finish(f, &answer, 0);
        assert_int_equal(answer.bytes, sizes[i]);
    }
}

static void too_large_a_message(void **state)
{
    struct fixture *f = *state;
    struct answer answer = {0};

    call(f, &answer, "One");
    say_much(f, &answer, SN_MESSAGE_MAX, true);
    finish(f, &answer, SN_ERR_RESOURCE_EXHAUSTED);
    assert_int_equal(f->came, 0);
}

/* ---- ends ---- */

static void the_client_cancels(void **state)
{
    struct fixture *f = *state;
    struct answer answer = {0};

    call(f, &answer, "Talk");
    say(f, &answer, "x", false);
    run_until(f->loop, answer.messages == 1);
    answer.stream->ops->cancel(answer.stream, SN_ERR_CANCELLED);
    run_until(f->loop, f->cancelled == 1);
}

static void the_client_goes(void **state)
{
    struct fixture *f = *state;
    struct answer answer = {0};

    call(f, &answer, "One");
    say(f, &answer, "hang", true);
    run_until(f->loop, f->came == 1);
    f->near.channel->ops->close(f->near.channel, on_closed, &f->near);
    run_until(f->loop, f->cancelled == 1 && f->near.closed);
    assert_int_equal(answer.code, SN_ERR_UNAVAILABLE);
    f->near.closed = false;
    assert_int_equal(sn_http2_channel_create(f->loop, f->near.socket, &f->near.channel, NULL), 0);
}

static void the_far_one_goes(void **state)
{
    struct fixture *f = *state;
    struct answer answer = {0}, next = {0};

    call(f, &answer, "One");
    say(f, &answer, "hang", true);
    run_until(f->loop, f->came == 1);
    node_drain(f, &f->far);
    finish(f, &answer, SN_ERR_UNAVAILABLE);
    assert_non_null(strstr(answer.text, "error reading from server: "));
    call(f, &next, "One"); /* a new connection by itself */
    say(f, &next, "x", true);
    finish(f, &next, 0);
}

static void the_deadline_goes_along(void **state)
{
    struct fixture *f = *state;
    struct answer answer = {0};

    call_for(f, &answer, "One", SN_SECONDS(1));
    say(f, &answer, "hang", true);
    run_until(f->loop, f->came == 1);
    assert_true(f->timeout_ns <= SN_SECONDS(1) && f->timeout_ns > 0);
    finish(f, &answer, SN_ERR_DEADLINE_EXCEEDED);
    run_until(f->loop, f->cancelled == 1);
}

static void unary_calls_have_a_deadline_and_streams_none(void **state)
{
    struct fixture *f = *state;
    struct answer one_answer = {0}, talk_answer = {0};

    call(f, &one_answer, "One");
    say(f, &one_answer, "x", true);
    finish(f, &one_answer, 0);
    assert_true(f->timeout_ns <= SN_SECONDS(600) && f->timeout_ns > SN_SECONDS(500));
    call(f, &talk_answer, "Talk");
    say(f, &talk_answer, "x", false);
    run_until(f->loop, talk_answer.messages == 1);
    assert_true(f->timeout_ns == SN_NEVER);
    talk_answer.stream->ops->half_close(talk_answer.stream);
    finish(f, &talk_answer, 0);
}

/* ---- pace ---- */

/* What may be under way: two windows, what the relay and the far one queue, sockets' buffers, and
 * some messages. */
enum { UNDER_WAY_MAX = 6 << 20, MUCH = 40 << 20 };

static void a_slow_client_holds_the_far_one(void **state)
{
    struct fixture *f = *state;
    struct answer answer = {.hold = true};
    size_t size = 100 << 10;

    f->pour_left = MUCH / size;
    f->pour_size = size;
    call(f, &answer, "Pour");
    say(f, &answer, "", true);
    run_until(f->loop, answer.messages > 0);
    settle(f, &f->pour_left);
    assert_true(f->pour_left * size > MUCH - UNDER_WAY_MAX);
    assert_true(sn_loop_blocks(f->loop)->in_use < UNDER_WAY_MAX);
    answer.hold = false;
    answer.stream->ops->credit(answer.stream, answer.held);
    finish(f, &answer, 0);
    assert_int_equal(answer.bytes, MUCH / size * size);
}

static void a_slow_far_one_holds_the_client(void **state)
{
    struct fixture *f = *state;
    struct answer answer = {0};
    size_t size = 100 << 10, sent = 0;

    f->deaf = true;
    call(f, &answer, "Talk");
    say(f, &answer, "x", false);
    run_until(f->loop, f->talk);
    for (; sent < MUCH / size; sent++) {
        say_much(f, &answer, size, false);
        settle(f, &sn_loop_blocks(f->loop)->in_use);
        if (answer.stream->ops->queued(answer.stream) > 256 << 10)
            break;
    }
    assert_true(sent * size < UNDER_WAY_MAX);
    hear();
    say(f, &answer, "y", true);
    finish(f, &answer, 0);
    assert_int_equal(answer.bytes, (sent + 1) * size + 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_unary_call),
        TEST(an_error),
        TEST(a_stream_of_requests),
        TEST(a_stream_of_responses),
        TEST(both_streams),
        TEST(large_messages),
        TEST(too_large_a_message),
        TEST(the_client_cancels),
        TEST(the_client_goes),
        TEST(the_far_one_goes),
        TEST(the_deadline_goes_along),
        TEST(unary_calls_have_a_deadline_and_streams_none),
        TEST(a_slow_client_holds_the_far_one),
        TEST(a_slow_far_one_holds_the_client),
    };

    return cmocka_run_group_tests_name("relay", tests, NULL, NULL);
}
