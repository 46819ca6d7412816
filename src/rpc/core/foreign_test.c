/* SPDX-License-Identifier: Apache-2.0
 *
 * Services that come and go while the server runs.
 */
#include "base/heap.h"
#include "pb/component/motor/v1/motor.h"
#include "rpc/core/foreign_testing.h"
#include "rpc/core/server_private.h"
#include "rpc/core/tape.h"

#include <setjmp.h>

#include <cmocka.h>

struct fixture {
    struct sn_block_pool blocks;
    struct sn_timers timers;
    struct sn_env env;
    struct sn_router router;
    struct sn_arena arena;
    struct sn_resource gizmo;
    struct sn_client_stream far; /* where the relayed call goes */
    char sent[256];              /* there: path and message lengths */
    bool empty;                  /* the machine has no gizmo */
    struct sn_server *server;
    struct tape tape;
    struct sn_error error;
};

static struct fixture *fixture;

/* ---- where calls go ---- */

static void far_message(struct sn_client_stream *stream, struct sn_message *message, bool end)
{
    size_t used = strlen(fixture->sent);

    snprintf(fixture->sent + used, sizeof(fixture->sent) - used, " message%zu%s", message->len,
             end ? "+end" : "");
    sn_message_free(message);
}

static void far_half_close(struct sn_client_stream *stream)
{
}

static size_t far_queued(const struct sn_client_stream *stream)
{
    return 0;
}

static void far_credit(struct sn_client_stream *stream, size_t bytes)
{
}

static void far_end(int code)
{
    struct sn_status status = {.code = code};
    struct sn_metadata none = {0};

    fixture->far.events->on_trailers(&fixture->far, &status, &none);
}

static void far_cancel(struct sn_client_stream *stream, int code)
{
    far_end(code);
}

static struct sn_client_stream *far_open(struct sn_channel *channel,
                                         const struct sn_client_events *events, void *owner,
                                         struct sn_str path, const struct sn_metadata *metadata,
                                         uint64_t timeout_ns)
{
    static const struct sn_client_stream_ops ops = {.message = far_message,
                                                    .half_close = far_half_close,
                                                    .queued = far_queued,
                                                    .credit = far_credit,
                                                    .cancel = far_cancel};

    snprintf(fixture->sent, sizeof(fixture->sent), "%.*s", SN_STR_ARGS(path));
    fixture->far = (struct sn_client_stream){&ops, events, owner};
    return &fixture->far;
}

static const struct sn_channel_ops channel_ops = {.open = far_open};
static struct sn_channel channel = {&channel_ops, NULL};

/* ---- the machine ---- */

static int find(struct sn_router *router, struct sn_rpc *rpc, const char *api, struct sn_str name,
                struct sn_resource **ret_resource)
{
    if (strcmp(api, GIZMO_API) != 0 || !sn_str_is(name, "g1"))
        return sn_call_fail(&rpc->call, SN_ERR_UNKNOWN, "no node found with api %s and name %.*s",
                            api, SN_STR_ARGS(name));
    *ret_resource = sn_resource_ref(&fixture->gizmo);
    return 0;
}

static bool has(struct sn_router *router, const char *api)
{
    return !fixture->empty;
}

static const struct sn_handler no_handlers[] = {{0}};
static const struct sn_service motor = {"rdk:component:motor", &pb_motor_motor_service,
                                        no_handlers};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    fixture = f;
    sn_block_pool_init(&f->blocks, &sn_heap, 0);
    sn_arena_init(&f->arena, &f->blocks, 8 << 20);
    f->env = (struct sn_env){.timers = &f->timers, .blocks = &f->blocks};
    f->router = (struct sn_router){.find = find, .has = has};
    f->gizmo = (struct sn_resource){.refs = 1, .elsewhere = true, .relay = &channel};
    f->tape.stream.ops = &tape_ops;
    struct sn_server_config config = {
        .env = &f->env, .router = &f->router, .unary_timeout_ns = SN_SECONDS(600)};
    f->server = sn_server_create(&config);
    assert_non_null(f->server);
    assert_int_equal(sn_server_add(f->server, &motor, NULL), 0);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(f->gizmo.refs, 1);
    sn_server_destroy(f->server);
    sn_arena_fini(&f->arena);
    assert_int_equal(f->blocks.in_use, 0);
    sn_block_pool_fini(&f->blocks);
    free(f);
    return 0;
}

static int add_as(struct fixture *f, const char *api, const char *service,
                  const struct gizmo_file *file, struct sn_foreign **ret_foreign)
{
    struct sn_pb_schema_file made = gizmo_make(file, &f->arena);
    struct sn_foreign_spec spec = {api, sn_str_of(service), &made, 1};

    return sn_server_add_foreign(f->server, &spec, ret_foreign, &f->error);
}

static struct sn_foreign *add(struct fixture *f)
{
    struct sn_foreign *foreign;

    assert_int_equal(add_as(f, GIZMO_API, GIZMO_SERVICE, &gizmo_v1, &foreign), 0);
    assert_string_equal(f->error.text, "");
    return foreign;
}

#define PATH(method) "/" GIZMO_SERVICE "/" method

static void begin(struct fixture *f, const char *path, const char *first, size_t len)
{
    struct sn_metadata none = {0};

    sn_server_begin(f->server, &f->tape.stream, sn_str_of(path), &none, SN_NEVER);
    if (f->tape.stream.rpc)
        sn_server_message(&f->tape.stream, first, len);
}

/* ---- calls ---- */

static void a_call_goes_to_who_is_named(void **state)
{
    struct fixture *f = *state;
    struct sn_foreign *foreign = add(f);

    begin(f, PATH("DoOne"), "\x0a\x01x\x12\x02g1", 7);
    assert_string_equal(f->sent, PATH("DoOne") " message7+end");
    far_end(0);
    assert_string_equal(f->tape.log, "end0:");
    sn_server_remove_foreign(f->server, foreign);
}

static void the_last_name_counts(void **state)
{
    struct fixture *f = *state;
    struct sn_foreign *foreign = add(f);

    begin(f, PATH("DoOneBiDiStream"), "\x12\x01z\x12\x02g1", 7);
    assert_string_equal(f->sent, PATH("DoOneBiDiStream") " message7");
    sn_server_message(&f->tape.stream, "", 0);
    assert_string_equal(f->sent, PATH("DoOneBiDiStream") " message7 message0");
    far_end(0);
    sn_server_remove_foreign(f->server, foreign);
}

static void a_name_must_be_given(void **state)
{
    struct fixture *f = *state;
    struct sn_foreign *foreign = add(f);

    begin(f, PATH("DoOne"), "\x0a\x02g1", 4);
    assert_string_equal(f->tape.log,
                        "end-2:unable to determine resource name due to missing 'name' field");
    f->tape.log[0] = '\0';
    begin(f, PATH("DoNameless"), "\x12\x02g1", 4);
    assert_string_equal(f->tape.log,
                        "end-2:unable to determine resource name due to missing 'name' field");
    sn_server_remove_foreign(f->server, foreign);
}

static void a_stream_without_a_message_is_refused(void **state)
{
    struct fixture *f = *state;
    struct sn_foreign *foreign = add(f);
    struct sn_metadata none = {0};

    sn_server_begin(f->server, &f->tape.stream, SN_STR(PATH("DoOneBiDiStream")), &none, SN_NEVER);
    sn_server_half_close(&f->tape.stream);
    assert_string_equal(f->tape.log, "end-2:EOF");
    sn_server_remove_foreign(f->server, foreign);
}

static void who_is_not_there_is_told(void **state)
{
    struct fixture *f = *state;
    struct sn_foreign *foreign = add(f);

    begin(f, PATH("DoOne"), "\x12\x01z", 3);
    assert_string_equal(f->tape.log,
                        "end-2:no node found with api acme:component:gizmo and name z");
    sn_server_remove_foreign(f->server, foreign);
}

static void what_cannot_be_read_is_refused(void **state)
{
    struct fixture *f = *state;
    struct sn_foreign *foreign = add(f);

    begin(f, PATH("DoOne"), "\x12\x09z", 3);
    assert_non_null(strstr(f->tape.log, "end-13:grpc: error unmarshalling request"));
    sn_server_remove_foreign(f->server, foreign);
}

static void an_api_without_resources_is_not_served(void **state)
{
    struct fixture *f = *state;
    struct sn_foreign *foreign = add(f);

    f->empty = true;
    begin(f, PATH("DoOne"), "\x12\x02g1", 4);
    assert_string_equal(f->tape.log, "end-12:Unimplemented");
    sn_server_remove_foreign(f->server, foreign);
}

static void other_methods_are_not_served(void **state)
{
    struct fixture *f = *state;
    struct sn_foreign *foreign = add(f);

    begin(f, PATH("DoTwo"), "\x12\x02g1", 4);
    assert_string_equal(f->tape.log, "end-12:Unimplemented");
    sn_server_remove_foreign(f->server, foreign);
}

static void a_module_that_is_away_is_not_connected(void **state)
{
    struct fixture *f = *state;
    struct sn_foreign *foreign = add(f);

    f->gizmo.relay = NULL;
    begin(f, PATH("DoOne"), "\x12\x02g1", 4);
    assert_string_equal(f->tape.log, "end-2:not connected");
    sn_server_remove_foreign(f->server, foreign);
}

/* ---- coming and going ---- */

static void it_goes_with_its_last_user(void **state)
{
    struct fixture *f = *state;
    struct sn_foreign *first = add(f), *second = add(f);

    assert_ptr_equal(first, second);
    assert_int_equal(sn_server_service_count(f->server), 2);
    assert_string_equal(sn_server_service(f->server, 1)->pb->name, GIZMO_SERVICE);
    sn_server_remove_foreign(f->server, first);
    assert_non_null(sn_server_find(f->server, SN_STR(PATH("DoOne"))));
    sn_server_remove_foreign(f->server, second);
    assert_null(sn_server_find(f->server, SN_STR(PATH("DoOne"))));
    assert_int_equal(sn_server_service_count(f->server), 1);
    assert_null(sn_server_next_foreign(f->server, NULL));
}

static void a_running_call_outlives_it(void **state)
{
    struct fixture *f = *state;
    struct sn_foreign *foreign = add(f);

    begin(f, PATH("DoOneBiDiStream"), "\x12\x02g1", 4);
    sn_server_remove_foreign(f->server, foreign);
    sn_server_message(&f->tape.stream, "abc", 3);
    assert_string_equal(f->sent, PATH("DoOneBiDiStream") " message4 message3");
    far_end(0);
    assert_string_equal(f->tape.log, "end0:");
}

static void what_differs_is_told_and_left(void **state)
{
    static const struct gizmo_method methods[] = {{"DoOne", "name", SN_PB_SERVER_STREAMING}, {0}};
    struct gizmo_file other = gizmo_v1;
    struct fixture *f = *state;
    struct sn_foreign *first = add(f), *second;

    other.methods = methods;
    assert_int_equal(add_as(f, GIZMO_API, GIZMO_SERVICE, &other, &second), 0);
    assert_string_equal(f->error.text, "API acme:component:gizmo: its descriptors differ in method "
                                       "DoOne from those in use, which stay");
    assert_ptr_equal(first, second);
    assert_int_equal(sn_server_find(f->server, SN_STR(PATH("DoOne")))->pb->flags, 0);
    sn_server_remove_foreign(f->server, first);
    sn_server_remove_foreign(f->server, second);
}

static void another_service_of_the_api_is_told_and_left(void **state)
{
    struct gizmo_file other = gizmo_v1;
    struct fixture *f = *state;
    struct sn_foreign *first = add(f), *second;

    other.package = "acme.v2";
    assert_int_equal(add_as(f, GIZMO_API, "acme.v2.GizmoService", &other, &second), 0);
    assert_non_null(strstr(f->error.text, "acme.v2.GizmoService is left out"));
    assert_null(sn_server_find(f->server, SN_STR("/acme.v2.GizmoService/DoOne")));
    sn_server_remove_foreign(f->server, first);
    sn_server_remove_foreign(f->server, second);
}

static void a_service_has_one_api(void **state)
{
    struct fixture *f = *state;
    struct sn_foreign *first = add(f), *second;

    assert_int_equal(add_as(f, "acme:component:other", GIZMO_SERVICE, &gizmo_v1, &second),
                     SN_ERR_ALREADY_EXISTS);
    assert_string_equal(f->error.text, "service " GIZMO_SERVICE " of API acme:component:other is "
                                       "already served for acme:component:gizmo");
    assert_null(second);
    sn_server_remove_foreign(f->server, first);
}

static void a_built_in_service_stays_ours(void **state)
{
    struct fixture *f = *state;
    struct sn_foreign *foreign;

    assert_int_equal(
        add_as(f, GIZMO_API, "viam.component.motor.v1.MotorService", &gizmo_v1, &foreign),
        SN_ERR_ALREADY_EXISTS);
    assert_non_null(strstr(f->error.text, "already served for rdk:component:motor"));
}

/* ---- bad descriptors ---- */

static void the_service_must_be_in_them(void **state)
{
    struct fixture *f = *state;
    struct sn_foreign *foreign;

    assert_int_equal(add_as(f, GIZMO_API, "acme.Other", &gizmo_v1, &foreign),
                     SN_ERR_INVALID_ARGUMENT);
    assert_string_equal(f->error.text, "service acme.Other of API acme:component:gizmo is not in "
                                       "its descriptors");
}

static void garbage_is_told(void **state)
{
    struct sn_pb_schema_file file = {SN_STR("a.proto"), SN_STR("\xff\xff garbage")};
    struct sn_foreign_spec spec = {GIZMO_API, SN_STR(GIZMO_SERVICE), &file, 1};
    struct fixture *f = *state;
    struct sn_foreign *foreign;

    assert_int_equal(sn_server_add_foreign(f->server, &spec, &foreign, &f->error),
                     SN_ERR_INVALID_ARGUMENT);
    assert_string_equal(f->error.text, "service " GIZMO_SERVICE " of API acme:component:gizmo: the "
                                       "descriptor set is malformed");
}

static void names_must_be_names(void **state)
{
    static const struct gizmo_method methods[] = {{"Do One\n", "name", 0}, {0}};
    struct gizmo_file other = gizmo_v1;
    struct fixture *f = *state;
    struct sn_foreign *foreign;

    other.methods = methods;
    assert_int_equal(add_as(f, GIZMO_API, GIZMO_SERVICE, &other, &foreign),
                     SN_ERR_INVALID_ARGUMENT);
    assert_non_null(strstr(f->error.text, "method 1 of service"));
}

static void too_much_is_refused(void **state)
{
    struct sn_pb_schema_file file = {SN_STR("a.proto"), {NULL, SN_FOREIGN_BYTES_MAX + 1}};
    struct sn_foreign_spec spec = {GIZMO_API, SN_STR(GIZMO_SERVICE), &file, 1};
    struct fixture *f = *state;
    struct sn_foreign *foreign;

    assert_int_equal(sn_server_add_foreign(f->server, &spec, &foreign, &f->error),
                     SN_ERR_RESOURCE_EXHAUSTED);
    assert_non_null(strstr(f->error.text, "more than 256 files or 1 MiB"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_call_goes_to_who_is_named),
        TEST(the_last_name_counts),
        TEST(a_name_must_be_given),
        TEST(a_stream_without_a_message_is_refused),
        TEST(who_is_not_there_is_told),
        TEST(what_cannot_be_read_is_refused),
        TEST(an_api_without_resources_is_not_served),
        TEST(other_methods_are_not_served),
        TEST(a_module_that_is_away_is_not_connected),
        TEST(it_goes_with_its_last_user),
        TEST(a_running_call_outlives_it),
        TEST(what_differs_is_told_and_left),
        TEST(another_service_of_the_api_is_told_and_left),
        TEST(a_service_has_one_api),
        TEST(a_built_in_service_stays_ours),
        TEST(the_service_must_be_in_them),
        TEST(garbage_is_told),
        TEST(names_must_be_names),
        TEST(too_much_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
