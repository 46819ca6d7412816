/* SPDX-License-Identifier: Apache-2.0
 *
 * What reflection says of services that come and go. (What it says of the built-in ones is asked by
 * clients: test/scenario.)
 */
#include "base/heap.h"
#include "rpc/core/foreign_testing.h"
#include "rpc/core/tape.h"
#include "rpc/reflection/reflection.h"
#include "rpc/reflection/versions.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

struct fixture {
    struct sn_block_pool blocks;
    struct sn_timers timers;
    struct sn_env env;
    struct sn_router router;
    struct sn_arena arena;
    struct sn_server *server;
    struct tape tape;
    struct sn_foreign *gizmo;
    char answer[4096]; /* names of files or services, or an error's text */
};

/* Its file imports one that imports what we have, too, in another edition, and that imports the
 * first. */
static int add_gizmo(struct fixture *f)
{
    struct gizmo_file gizmo = gizmo_v1;
    struct sn_error error;

    gizmo.import = "parts.proto";
    struct sn_pb_schema_file files[] = {
        gizmo_make(&gizmo, &f->arena),
        gizmo_make(&(struct gizmo_file){"parts.proto", "acme", "google/protobuf/duration.proto",
                                        NULL, NULL, "Part"},
                   &f->arena),
        gizmo_make(&(struct gizmo_file){"google/protobuf/duration.proto", "google.protobuf",
                                        "gizmo.proto", NULL, NULL, "Newest"},
                   &f->arena),
    };
    struct sn_foreign_spec spec = {GIZMO_API, SN_STR(GIZMO_SERVICE), files, 3};

    return sn_server_add_foreign(f->server, &spec, &f->gizmo, &error);
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    sn_block_pool_init(&f->blocks, &sn_heap, 0);
    sn_arena_init(&f->arena, &f->blocks, 1 << 20);
    f->env = (struct sn_env){.timers = &f->timers, .blocks = &f->blocks};
    f->tape.stream.ops = &tape_ops;
    struct sn_server_config config = {.env = &f->env, .router = &f->router};
    f->server = sn_server_create(&config);
    assert_non_null(f->server);
    assert_int_equal(sn_reflection_add(f->server), 0);
    assert_int_equal(add_gizmo(f), 0);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    sn_server_remove_foreign(f->server, f->gizmo);
    sn_server_destroy(f->server);
    sn_arena_fini(&f->arena);
    assert_int_equal(f->blocks.in_use, 0);
    sn_block_pool_fini(&f->blocks);
    free(f);
    return 0;
}

static void note(struct fixture *f, struct sn_str text)
{
    size_t used = strlen(f->answer);

    snprintf(f->answer + used, sizeof(f->answer) - used, "%s%.*s", used ? " " : "",
             SN_STR_ARGS(text));
}

static void read_answer(struct fixture *f)
{
    static const uint32_t name[] = {1};
    reflection_response response = {0};
    struct sn_str file;

    f->answer[0] = '\0';
    assert_int_equal(sn_pb_decode(&pb_grpc_reflection_server_reflection_response_msg, &response,
                                  f->tape.last, f->tape.last_len, &f->arena),
                     0);
    switch (response.which_message_response) {
    case REFLECTION_ANSWERS(FILE_DESCRIPTOR_RESPONSE):
        for (uint32_t i = 0; i < response.file_descriptor_response->file_descriptor_proto.n; i++) {
            file = response.file_descriptor_response->file_descriptor_proto.v[i];
            assert_int_equal(sn_pb_peek(file, name, 1, &file), 0);
            note(f, file);
        }
        break;
    case REFLECTION_ANSWERS(LIST_SERVICES_RESPONSE):
        for (uint32_t i = 0; i < response.list_services_response->service.n; i++)
            note(f, response.list_services_response->service.v[i].name);
        break;
    default:
        note(f, response.error_response->error_message);
    }
}

static void ask(struct fixture *f, reflection_request request)
{
    struct sn_metadata none = {0};
    struct sn_str bytes;

    assert_int_equal(sn_pb_encode(&pb_grpc_reflection_server_reflection_request_msg, &request,
                                  &f->arena, 0, &bytes),
                     0);
    sn_server_begin(f->server, &f->tape.stream,
                    SN_STR("/grpc.reflection.v1.ServerReflection/ServerReflectionInfo"), &none,
                    SN_NEVER);
    sn_server_message(&f->tape.stream, bytes.ptr, bytes.len);
    sn_server_half_close(&f->tape.stream);
    read_answer(f);
}

static void ask_symbol(struct fixture *f, const char *symbol)
{
    ask(f, (reflection_request){.which_message_request = REFLECTION_ASKS(FILE_CONTAINING_SYMBOL),
                                .file_containing_symbol = sn_str_of(symbol)});
}

static void ask_file(struct fixture *f, const char *name)
{
    ask(f, (reflection_request){.which_message_request = REFLECTION_ASKS(FILE_BY_FILENAME),
                                .file_by_filename = sn_str_of(name)});
}

static void it_is_listed(void **state)
{
    struct fixture *f = *state;

    ask(f, (reflection_request){.which_message_request = REFLECTION_ASKS(LIST_SERVICES),
                                .list_services = SN_STR("")});
    assert_non_null(strstr(f->answer, " " GIZMO_SERVICE));
}

static void its_files_come_with_what_they_need(void **state)
{
    const char *all = "gizmo.proto parts.proto google/protobuf/duration.proto";
    struct fixture *f = *state;

    ask_symbol(f, GIZMO_SERVICE);
    assert_string_equal(f->answer, all);
    ask_symbol(f, GIZMO_SERVICE ".DoOne");
    assert_string_equal(f->answer, all);
    ask_symbol(f, "acme.component.gizmo.v1.DoOneRequest");
    assert_string_equal(f->answer, all);
    ask_file(f, "gizmo.proto");
    assert_string_equal(f->answer, all);
    ask_file(f, "parts.proto");
    assert_string_equal(f->answer, "parts.proto google/protobuf/duration.proto");
}

static void ours_win(void **state)
{
    struct fixture *f = *state;

    ask_symbol(f, "google.protobuf.Duration");
    assert_string_equal(f->answer, "google/protobuf/duration.proto");
    ask_file(f, "google/protobuf/duration.proto");
    assert_string_equal(f->answer, "google/protobuf/duration.proto");
    ask_symbol(f, "google.protobuf.Newest");
    assert_string_equal(f->answer, "proto: not found");
}

static void it_goes(void **state)
{
    struct fixture *f = *state;

    sn_server_remove_foreign(f->server, f->gizmo);
    f->gizmo = NULL;
    ask_symbol(f, GIZMO_SERVICE);
    assert_string_equal(f->answer, "proto: not found");
    ask_file(f, "gizmo.proto");
    assert_string_equal(f->answer, "proto: not found");
    ask(f, (reflection_request){.which_message_request = REFLECTION_ASKS(LIST_SERVICES),
                                .list_services = SN_STR("")});
    assert_null(strstr(f->answer, GIZMO_SERVICE));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(it_is_listed),
        TEST(its_files_come_with_what_they_need),
        TEST(ours_win),
        TEST(it_goes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
