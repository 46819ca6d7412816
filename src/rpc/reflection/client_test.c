/* SPDX-License-Identifier: Apache-2.0
 *
 * Fetching descriptors from a server that answers as a test says.
 */
#include "base/heap.h"
#include "rpc/core/foreign_testing.h"
#include "rpc/reflection/client.h"
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
    struct sn_arena arena; /* of the server's files, then of the call */
    struct sn_channel channel;
    struct sn_call call;
    struct sn_reflection_files files;
    int outcome; /* 1: none yet */
    char text[512];

    /* The server */
    const struct sn_pb_schema_file *has; /* ends with one without a name */
    bool all_at_once;                    /* it answers with all its files */
    bool wrong;                          /* ... with the first, whatever is asked */
    bool lacks;                          /* it doesn't know the service */
    bool makes_up;                       /* ... with files of its invention, without end */
    int refuses;                         /* streams that it doesn't implement */
    struct sn_client_stream stream;
    bool open, half_closed;
    char asked[1024];
    struct sn_message *question;
    uint64_t timeout_ns;
};

static struct fixture *fixture;

/* ---- the server ---- */

static void trailers(int code, const char *text)
{
    struct sn_status status = {.code = code, .text = sn_str_of(text)};
    struct sn_metadata none = {0};

    fixture->open = false;
    fixture->stream.events->on_trailers(&fixture->stream, &status, &none);
}

static void stream_message(struct sn_client_stream *stream, struct sn_message *message, bool end)
{
    assert_null(fixture->question);
    fixture->question = message;
}

static void stream_half_close(struct sn_client_stream *stream)
{
    fixture->half_closed = true;
}

static size_t stream_queued(const struct sn_client_stream *stream)
{
    return 0;
}

static void stream_credit(struct sn_client_stream *stream, size_t bytes)
{
}

static void stream_cancel(struct sn_client_stream *stream, int code)
{
    trailers(code, "");
}

static struct sn_client_stream *server_open(struct sn_channel *channel,
                                            const struct sn_client_events *events, void *owner,
                                            struct sn_str path, const struct sn_metadata *metadata,
                                            uint64_t timeout_ns)
{
    static const struct sn_client_stream_ops ops = {.message = stream_message,
                                                    .half_close = stream_half_close,
                                                    .queued = stream_queued,
                                                    .credit = stream_credit,
                                                    .cancel = stream_cancel};

    snprintf(fixture->asked, sizeof(fixture->asked), "%.*s", SN_STR_ARGS(path));
    fixture->timeout_ns = timeout_ns;
    fixture->open = true;
    fixture->stream = (struct sn_client_stream){&ops, events, owner};
    return &fixture->stream;
}

static void note(struct sn_str what)
{
    size_t used = strlen(fixture->asked);

    snprintf(fixture->asked + used, sizeof(fixture->asked) - used, " %.*s", SN_STR_ARGS(what));
}

static const struct sn_pb_schema_file *file_asked_for(const reflection_request *request)
{
    const struct sn_pb_schema_file *file = fixture->has;

    if (request->which_message_request == REFLECTION_ASKS(FILE_CONTAINING_SYMBOL)) {
        note(request->file_containing_symbol);
        assert_true(sn_str_is(request->file_containing_symbol, GIZMO_SERVICE));
        return fixture->lacks ? NULL : file;
    }
    note(request->file_by_filename);
    while (file->name.ptr && !sn_str_eq(file->name, request->file_by_filename))
        file++;
    return file->name.ptr ? file : NULL;
}

static struct sn_pb_schema_file made_up(struct sn_arena *arena)
{
    static int count;
    struct sn_str name = sn_arena_printf(arena, "f%d.proto", count++);
    struct sn_str import = sn_arena_printf(arena, "f%d.proto", count);
    struct gizmo_file file = gizmo_v1;

    file.name = name.ptr;
    file.import = import.ptr;
    return gizmo_make(&file, arena);
}

static void fill(reflection_response *response, const reflection_request *request,
                 struct sn_arena *arena)
{
    struct pb_grpc_reflection_file_descriptor_response *files =
        sn_arena_zalloc(arena, sizeof(*files));
    struct pb_grpc_reflection_error_response *error = sn_arena_zalloc(arena, sizeof(*error));
    const struct sn_pb_schema_file *file = file_asked_for(request);

    if (!file && !fixture->makes_up) {
        error->error_code = 5;
        error->error_message = SN_STR("no such thing");
        response->which_message_response = REFLECTION_ANSWERS(ERROR_RESPONSE);
        response->error_response = error;
        return;
    }
    response->which_message_response = REFLECTION_ANSWERS(FILE_DESCRIPTOR_RESPONSE);
    response->file_descriptor_response = files;
    if (fixture->makes_up)
        *sn_pb_add(&files->file_descriptor_proto, arena) = made_up(arena).bytes;
    else if (!fixture->all_at_once)
        *sn_pb_add(&files->file_descriptor_proto, arena) =
            fixture->wrong ? fixture->has->bytes : file->bytes;
    for (file = fixture->has; fixture->all_at_once && file->name.ptr; file++)
        *sn_pb_add(&files->file_descriptor_proto, arena) = file->bytes;
}

static void answer(struct fixture *f)
{
    struct sn_message *question = f->question;
    reflection_request request = {0};
    reflection_response response = {0};
    struct sn_arena arena;
    struct sn_str bytes;

    sn_arena_init(&arena, &f->blocks, 1 << 20);
    assert_int_equal(sn_pb_decode(&pb_grpc_reflection_server_reflection_request_msg, &request,
                                  question->data, question->len, &arena),
                     0);
    fill(&response, &request, &arena);
    assert_int_equal(sn_pb_encode(&pb_grpc_reflection_server_reflection_response_msg, &response,
                                  &arena, 0, &bytes),
                     0);
    f->question = NULL;
    f->stream.events->on_message(&f->stream, bytes.ptr, bytes.len);
    sn_message_free(question);
    sn_arena_fini(&arena);
}

/* Answers until nothing more is asked. */
static void serve(struct fixture *f)
{
    while (f->open) {
        if (f->refuses-- > 0) {
            sn_message_free(f->question);
            f->question = NULL;
            trailers(SN_ERR_UNIMPLEMENTED, "unknown service");
        } else if (f->question) {
            answer(f);
        } else {
            assert_true(f->half_closed);
            trailers(0, "");
        }
    }
}

/* ---- the asker ---- */

static int start(struct sn_call *call)
{
    return sn_reflection_fetch(call, &fixture->channel, SN_STR(GIZMO_SERVICE), &fixture->files);
}

static void end(struct sn_call *call, int code)
{
    fixture->outcome = code;
    snprintf(fixture->text, sizeof(fixture->text), "%.*s", SN_STR_ARGS(sn_call_text(call, code)));
}

static int setup(void **state)
{
    static const struct sn_channel_ops ops = {.open = server_open};
    struct fixture *f = calloc(1, sizeof(*f));

    fixture = f;
    sn_block_pool_init(&f->blocks, &sn_heap, 0);
    sn_arena_init(&f->arena, &f->blocks, 64 << 10);
    f->env = (struct sn_env){.timers = &f->timers, .blocks = &f->blocks};
    f->channel = (struct sn_channel){&ops, &f->env};
    f->outcome = 1;
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    sn_message_free(f->question);
    sn_arena_fini(&f->arena);
    assert_int_equal(f->blocks.in_use, 0);
    sn_block_pool_fini(&f->blocks);
    free(f);
    return 0;
}

static void fetch(struct fixture *f)
{
    sn_call_init(&f->call, &f->env, &f->arena, NULL);
    f->call.start = start;
    f->call.end = end;
    sn_call_start(&f->call);
    assert_int_equal(f->outcome, 1);
}

/* Files that need each other in a chain, and in the end in a circle. */
static const struct sn_pb_schema_file *chain(struct fixture *f)
{
    struct sn_pb_schema_file *files = sn_arena_zalloc(&f->arena, 4 * sizeof(*files));
    struct gizmo_file gizmo = gizmo_v1;

    gizmo.import = "b.proto";
    files[0] = gizmo_make(&gizmo, &f->arena);
    files[1] =
        gizmo_make(&(struct gizmo_file){"b.proto", "b", "c.proto", NULL, NULL, "B"}, &f->arena);
    files[2] =
        gizmo_make(&(struct gizmo_file){"c.proto", "c", "b.proto", NULL, NULL, "C"}, &f->arena);
    return files;
}

#define V1ALPHA "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo"
#define V1 "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo"

static void each_file_is_asked_for_once(void **state)
{
    struct fixture *f = *state;

    f->has = chain(f);
    fetch(f);
    serve(f);
    assert_int_equal(f->outcome, 0);
    assert_string_equal(f->asked, V1ALPHA " " GIZMO_SERVICE " b.proto c.proto");
    assert_int_equal(f->files.count, 3);
    for (size_t i = 0; i < 3; i++) {
        assert_true(sn_str_eq(f->files.v[i].name, f->has[i].name));
        assert_true(sn_str_eq(f->files.v[i].bytes, f->has[i].bytes));
    }
}

static void all_at_once_is_taken(void **state)
{
    struct fixture *f = *state;
    struct sn_pb_schema_file files[4] = {{{0}, {0}}};

    /* The one that was asked for needn't be the first. */
    memcpy(files, chain(f), sizeof(files));
    struct sn_pb_schema_file last = files[2];
    files[2] = files[0];
    files[0] = last;
    f->has = files;
    f->all_at_once = true;
    fetch(f);
    serve(f);
    assert_int_equal(f->outcome, 0);
    assert_string_equal(f->asked, V1ALPHA " " GIZMO_SERVICE);
    assert_int_equal(f->files.count, 3);
    assert_true(sn_str_is(f->files.v[0].name, "gizmo.proto"));
}

static void v1_is_tried_where_there_is_no_v1alpha(void **state)
{
    struct fixture *f = *state;

    f->has = chain(f);
    f->refuses = 1;
    fetch(f);
    serve(f);
    assert_int_equal(f->outcome, 0);
    assert_string_equal(f->asked, V1 " " GIZMO_SERVICE " b.proto c.proto");
}

static void no_reflection_is_told(void **state)
{
    struct fixture *f = *state;

    f->has = chain(f);
    f->refuses = 2;
    fetch(f);
    serve(f);
    assert_int_equal(f->outcome, SN_ERR_UNIMPLEMENTED);
    assert_string_equal(f->text, "descriptors of service " GIZMO_SERVICE
                                 " can't be had from its server: it has no reflection");
}

static void an_unknown_service_is_told(void **state)
{
    struct fixture *f = *state;

    f->has = chain(f);
    f->lacks = true;
    fetch(f);
    serve(f);
    assert_int_equal(f->outcome, SN_ERR_NOT_FOUND);
    assert_non_null(strstr(f->text, "it doesn't know the service: no such thing"));
}

static void a_lost_connection_is_told(void **state)
{
    struct fixture *f = *state;

    f->has = chain(f);
    fetch(f);
    trailers(SN_ERR_UNAVAILABLE, "gone");
    assert_int_equal(f->outcome, SN_ERR_UNAVAILABLE);
    assert_non_null(strstr(f->text, "can't be had from its server: gone"));
}

static void an_unknown_import_is_told(void **state)
{
    struct fixture *f = *state;
    struct sn_pb_schema_file files[4] = {{{0}, {0}}};

    files[0] = chain(f)[0];
    f->has = files;
    fetch(f);
    serve(f);
    assert_int_equal(f->outcome, SN_ERR_NOT_FOUND);
    assert_non_null(strstr(f->text, "it doesn't know file \"b.proto\", which is imported: no such "
                                    "thing"));
}

static void other_files_than_asked_for_are_told(void **state)
{
    struct fixture *f = *state;

    f->has = chain(f);
    f->wrong = true;
    fetch(f);
    serve(f);
    assert_int_equal(f->outcome, SN_ERR_INVALID_ARGUMENT);
    assert_non_null(strstr(f->text, "asked for file \"b.proto\" it answers with others"));
}

static void files_without_the_service_are_told(void **state)
{
    struct fixture *f = *state;

    f->has = chain(f) + 1;
    fetch(f);
    serve(f);
    assert_int_equal(f->outcome, SN_ERR_INVALID_ARGUMENT);
    assert_non_null(strstr(f->text, "files that don't declare the service"));
}

static void a_file_named_like_one_of_ours_is_told(void **state)
{
    struct sn_pb_schema_file files[2] = {{{0}, {0}}};
    struct gizmo_file gizmo = gizmo_v1;
    struct fixture *f = *state;

    gizmo.name = "component/motor/v1/motor.proto";
    files[0] = gizmo_make(&gizmo, &f->arena);
    f->has = files;
    fetch(f);
    serve(f);
    assert_int_equal(f->outcome, SN_ERR_ALREADY_EXISTS);
    assert_non_null(strstr(f->text, "\"component/motor/v1/motor.proto\", which is the name of a "
                                    "built-in file"));
}

static void no_end_of_files_is_refused(void **state)
{
    struct fixture *f = *state;

    f->has = chain(f);
    f->makes_up = true;
    fetch(f);
    serve(f);
    assert_int_equal(f->outcome, SN_ERR_RESOURCE_EXHAUSTED);
    assert_non_null(strstr(f->text, "more than 256 files"));
}

static void garbage_is_told(void **state)
{
    static const struct sn_pb_schema_file files[] = {{{"gizmo.proto", 11}, {"\xff\xff\xff", 3}},
                                                     {{0}, {0}}};
    struct fixture *f = *state;

    f->has = files;
    fetch(f);
    serve(f);
    assert_int_equal(f->outcome, SN_ERR_INVALID_ARGUMENT);
    assert_non_null(strstr(f->text, "what is no descriptor of a file"));
}

static void cancelling_ends_it(void **state)
{
    struct fixture *f = *state;

    f->has = chain(f);
    fetch(f);
    answer(f);
    sn_call_cancel(&f->call, SN_ERR_CANCELLED);
    assert_int_equal(f->outcome, SN_ERR_CANCELLED);
    assert_false(f->open);
}

static void it_has_a_limit_of_time(void **state)
{
    struct fixture *f = *state;

    f->has = chain(f);
    fetch(f);
    assert_int_equal(f->timeout_ns, SN_REFLECTION_TIMEOUT_NS);
    sn_call_cancel(&f->call, SN_ERR_CANCELLED);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(each_file_is_asked_for_once),
        TEST(all_at_once_is_taken),
        TEST(v1_is_tried_where_there_is_no_v1alpha),
        TEST(no_reflection_is_told),
        TEST(an_unknown_service_is_told),
        TEST(a_lost_connection_is_told),
        TEST(an_unknown_import_is_told),
        TEST(other_files_than_asked_for_are_told),
        TEST(files_without_the_service_are_told),
        TEST(a_file_named_like_one_of_ours_is_told),
        TEST(no_end_of_files_is_refused),
        TEST(garbage_is_told),
        TEST(cancelling_ends_it),
        TEST(it_has_a_limit_of_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
