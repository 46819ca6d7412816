/* SPDX-License-Identifier: Apache-2.0
 *
 * APIs that a module brings, with messages that are bytes.
 */
#include "rpc/core/foreign_testing.h"
#include "sdk/testing.h"
#include "sinew/duplex.h"

/* A descriptor set, made before each test. */
static struct sn_block_pool blocks;
static struct sn_arena arena;
static struct sn_str descriptors;

static void make_descriptors(const struct gizmo_file *file)
{
    struct sn_str bytes = gizmo_make(file, &arena).bytes;
    uint8_t *set = sn_arena_alloc(&arena, bytes.len + 4);

    assert_in_range(bytes.len, 128, 16383); /* two bytes of length */
    set[0] = 0x0a;
    set[1] = (uint8_t)(bytes.len | 0x80);
    set[2] = (uint8_t)(bytes.len >> 7);
    memcpy(set + 3, bytes.ptr, bytes.len);
    descriptors = (struct sn_str){(char *)set, bytes.len + 3};
}

/* ---- a gizmo: says what it is told ---- */

struct gizmo {
    struct sn_resource base;
    struct sn_resource *other; /* where it passes things on, or NULL */
};

static int reply(struct sn_call *call, const void *response, void *arg)
{
    return sn_custom_set(arg, sn_custom_bytes(response), call->arena);
}

static int do_one(struct sn_call *call, struct sn_resource *resource, const void *request,
                  void *response)
{
    struct gizmo *gizmo = (struct gizmo *)resource;

    if (gizmo->other)
        return sn_custom_unary(call, gizmo->other, "DoOne", request, reply, response);
    return sn_custom_set(response, sn_custom_bytes(request), call->arena);
}

static int do_stream(struct sn_call *call, struct sn_resource *resource, const void *request,
                     struct sn_custom_sink *sink)
{
    int code = 0;

    for (int i = 0; i < 3 && !code; i++)
        code = sink->send(sink, request);
    return code;
}

static int on_request(struct sn_duplex *duplex, const void *request)
{
    return duplex->worker
               ? sn_custom_set(duplex->worker, SN_STR("\x0a\x04last"), duplex->call->arena)
               : duplex->respond(duplex, request);
}

static int on_end(struct sn_duplex *duplex)
{
    sn_call_done(duplex->call, 0);
    return 0;
}

static void on_cancel(struct sn_call *call)
{
    sn_call_done(call, sn_call_cancelled(call));
}

static int do_duplex(struct sn_call *call, struct sn_resource *resource, const void *request,
                     void *response, struct sn_duplex *duplex)
{
    duplex->worker = response;
    duplex->on_request = on_request;
    duplex->on_end = on_end;
    call->on_cancel = on_cancel;
    int code = on_request(duplex, request);
    return code ? code : SN_PENDING;
}

static const struct sn_custom_method methods[] = {
    {"DoOne", .unary = do_one},
    {"DoOneServerStream", .stream = do_stream},
    {"DoOneClientStream", .duplex = do_duplex},
    {"DoOneBiDiStream", .duplex = do_duplex},
    {0},
};

static const struct sn_custom_api api = {
    .api = GIZMO_API, .service = GIZMO_SERVICE, .descriptors = &descriptors, .methods = methods};

static int start(struct sn_call *call, struct sn_resource *resource, const void *attrs)
{
    struct gizmo *gizmo = (struct gizmo *)resource;

    gizmo->other = sn_dependency_if_there(resource, GIZMO_API, SN_STR("other"));
    return 0;
}

static const struct sn_driver driver = {.api = GIZMO_API,
                                        .model = "acme:test:echo",
                                        .size = sizeof(struct gizmo),
                                        .ops = methods,
                                        .open = start};
static const struct sn_driver *const drivers[] = {&driver, NULL};
static const struct sn_custom_api *const apis[] = {&api, NULL};
static const struct sn_module module = {.drivers = drivers, .apis = apis};

static int setup(void **state)
{
    sn_log_set_level(SN_LOG_ERROR + 1);
    sn_block_pool_init(&blocks, &sn_heap, 16);
    sn_arena_init(&arena, &blocks, 1 << 20);
    make_descriptors(&gizmo_v1);
    fixture_init(&module, false);
    return 0;
}

static int teardown(void **state)
{
    fixture_fini();
    sn_arena_fini(&arena);
    sn_block_pool_fini(&blocks);
    return 0;
}

static void added(const char *depends)
{
    struct pb_app_component_config config = {
        .name = SN_STR("g"), .api = SN_STR(GIZMO_API), .model = SN_STR("acme:test:echo")};
    struct sn_str name = sn_str_of(depends);
    struct tape tape;

    BEGIN(&tape, "AddResource", add_resource_request, .config = &config,
          .dependencies = {&name, depends != NULL, 1});
    expect_end(&tape, 0, "");
}

/* Field 2 is the name, field 3 something that nobody here knows. */
#define MESSAGE "\x12\x01g\x18\x2a"
enum { MESSAGE_LEN = 5 };

static void ask(struct tape *tape, const char *method, int messages)
{
    char path[128];
    struct sn_metadata metadata = {0};

    snprintf(path, sizeof(path), "/" GIZMO_SERVICE "/%s", method);
    *tape = (struct tape){.stream.ops = &tape_ops};
    sn_server_begin(sn_sdk_server(fixture->sdk), &tape->stream, sn_str_of(path), &metadata,
                    SN_NEVER);
    for (int i = 0; i < messages && tape->stream.rpc; i++)
        sn_server_message(&tape->stream, MESSAGE, MESSAGE_LEN);
    if (tape->stream.rpc)
        sn_server_half_close(&tape->stream);
    sn_timers_advance(&fixture->timers, fixture->timers.now_ns); /* what had to wait its turn */
}

static void all_kinds_of_calls(void **state)
{
    struct tape tape;

    added(NULL);
    ask(&tape, "DoOne", 1);
    assert_string_equal(tape.log, "headers0 message5 end0:");
    assert_memory_equal(tape.last, MESSAGE, MESSAGE_LEN);
    ask(&tape, "DoOneServerStream", 1);
    assert_string_equal(tape.log, "headers0 message5 message5 message5 end0:");
    ask(&tape, "DoOneClientStream", 3);
    assert_string_equal(tape.log, "headers0 message6 end0:");
    assert_memory_equal(tape.last, "\x0a\x04last", 6);
    ask(&tape, "DoOneBiDiStream", 2);
    assert_string_equal(tape.log, "headers0 message5 message5 end0:");
}

static void calls_that_find_nothing(void **state)
{
    struct tape tape;

    ask(&tape, "DoOne", 1);
    expect_end(&tape, SN_ERR_NOT_FOUND, "resource \"" GIZMO_API "/g\" not found");
    added(NULL);
    ask(&tape, "DoNameless", 1);
    expect_end(&tape, SN_ERR_UNIMPLEMENTED, "method DoNameless not implemented");
}

static void calling_another_module(void **state)
{
    struct tape tape;

    BEGIN(&tape, "Ready", ready_request, .parent_address = SN_STR("/run/machine.sock"));
    machine_answer();
    expect_calls("ResourceNames;");
    added(GIZMO_API "/other");
    ask(&tape, "DoOne", 1);
    expect_calls("DoOne;");
    assert_string_equal(fixture->streams[0].path, "/" GIZMO_SERVICE "/DoOne");
    assert_int_equal(fixture->streams[0].len, MESSAGE_LEN);
    assert_memory_equal(fixture->streams[0].request, MESSAGE, MESSAGE_LEN);
    machine_answer();
    assert_string_equal(tape.log, "headers0 message0 end0:");
}

static void a_machine_can_learn_of_it(void **state)
{
    const struct sn_pb_schema *schema = sn_server_schema(sn_sdk_server(fixture->sdk), 0);

    assert_non_null(schema);
    assert_non_null(sn_pb_schema_service(schema, SN_STR(GIZMO_SERVICE)));
    assert_null(sn_server_schema(sn_sdk_server(fixture->sdk), 1));
}

static void definitions_that_are_wrong(void **state)
{
    static const struct sn_str garbage = {"\xff\xff", 2};
    static const struct sn_custom_method unknown[] = {{"DoTwo", .unary = do_one}, {0}};
    static const struct sn_custom_method other_kind[] = {{"DoOne", .stream = do_stream}, {0}};
    static const struct sn_custom_method nameless[] = {{"DoNameless", .unary = do_one}, {0}};
    const struct {
        struct sn_custom_api api;
        const char *text;
    } rows[] = {
        {{GIZMO_API, GIZMO_SERVICE, &garbage, NULL, methods}, "API acme:component:gizmo: desc"},
        {{GIZMO_API, "acme.Other", &descriptors, NULL, methods},
         "API acme:component:gizmo: its descriptors declare no service acme.Other"},
        {{GIZMO_API, GIZMO_SERVICE, &descriptors, NULL, unknown},
         "method DoTwo of service " GIZMO_SERVICE " isn't declared"},
        {{GIZMO_API, GIZMO_SERVICE, &descriptors, NULL, other_kind},
         "method DoOne of service " GIZMO_SERVICE " has no function of its kind"},
        {{GIZMO_API, GIZMO_SERVICE, &descriptors, NULL, nameless},
         "requests of method DoNameless of service " GIZMO_SERVICE " have no string \"name\""},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct sdk_custom *custom;
        struct sn_error error;

        assert_int_equal(sdk_custom_create(&rows[i].api, &arena, &custom, &error),
                         SN_ERR_INVALID_ARGUMENT);
        error.text[strlen(rows[i].text)] = '\0';
        assert_string_equal(error.text, rows[i].text);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(all_kinds_of_calls),         TEST(calls_that_find_nothing),
        TEST(calling_another_module),     TEST(a_machine_can_learn_of_it),
        TEST(definitions_that_are_wrong),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
