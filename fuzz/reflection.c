/* SPDX-License-Identifier: Apache-2.0
 *
 * Any bytes as what a module says by reflection: whatever is taken of it can be served, called and
 * shown. Input: answers, each with two bytes of length before it; behind the last one that is
 * whole, a request.
 */
#include "rpc/reflection/reflection.h"
#include "fuzz.h"
#include "rpc/core/foreign.h"
#include "rpc/core/tape.h"
#include "rpc/reflection/client.h"

enum { ARENA_MAX = 1 << 20 };

#define SERVICE "acme.component.gizmo.v1.GizmoService"

/* The module. */
static struct {
    struct sn_client_stream stream;
    struct sn_str answers;
    bool open;
} far;

static void far_end(int code)
{
    struct sn_status status = {.code = code};
    struct sn_metadata none = {0};

    far.open = false;
    far.stream.events->on_trailers(&far.stream, &status, &none);
}

static void far_message(struct sn_client_stream *stream, struct sn_message *message, bool end)
{
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

    far.open = true;
    far.stream = (struct sn_client_stream){&ops, events, owner};
    return &far.stream;
}

static const struct sn_channel_ops channel_ops = {.open = far_open};
static struct sn_channel channel = {&channel_ops, NULL};

/* The next answer in bytes of its own; false: no more. */
static bool next_answer(struct sn_str *ret_answer)
{
    const uint8_t *head = (const uint8_t *)far.answers.ptr;

    if (far.answers.len < 2)
        return false;
    size_t len = head[0] | (size_t)head[1] << 8;
    if (len > far.answers.len - 2)
        return false;
    *ret_answer = (struct sn_str){far.answers.ptr + 2, len};
    far.answers = (struct sn_str){far.answers.ptr + 2 + len, far.answers.len - 2 - len};
    return true;
}

static void serve(void)
{
    struct sn_str answer;

    while (far.open && next_answer(&answer)) {
        char *copy = malloc(answer.len + !answer.len);

        FUZZ_REQUIRE(copy != NULL);
        memcpy(copy, answer.ptr, answer.len);
        far.stream.events->on_message(&far.stream, copy, answer.len);
        free(copy);
    }
    if (far.open)
        far_end(0);
}

/* The machine. */
static struct sn_reflection_files files;
static int outcome;

static int start(struct sn_call *call)
{
    return sn_reflection_fetch(call, &channel, SN_STR(SERVICE), &files);
}

static void end(struct sn_call *call, int code)
{
    outcome = code;
}

static int find(struct sn_router *router, struct sn_rpc *rpc, const char *api, struct sn_str name,
                struct sn_resource **ret_resource)
{
    FUZZ_REQUIRE(name.len > 0);
    return SN_ERR_UNKNOWN;
}

static void call(struct sn_server *server, struct sn_str path, struct sn_str request)
{
    struct tape *tape = calloc(1, sizeof(*tape));
    struct sn_metadata none = {0};

    FUZZ_REQUIRE(tape != NULL);
    tape->stream.ops = &tape_ops;
    sn_server_begin(server, &tape->stream, path, &none, SN_NEVER);
    if (tape->stream.rpc)
        sn_server_message(&tape->stream, request.ptr, request.len);
    if (tape->stream.rpc)
        sn_server_half_close(&tape->stream);
    FUZZ_REQUIRE(!tape->stream.rpc);
    free(tape);
}

static void use(struct sn_server *server, struct sn_arena *arena, struct sn_str request)
{
    const struct sn_foreign_spec spec = {"acme:component:gizmo", SN_STR(SERVICE), files.v,
                                         files.count};
    struct sn_foreign *foreign, *again;
    struct sn_error error;

    if (sn_server_add_foreign(server, &spec, &foreign, &error))
        return;
    FUZZ_REQUIRE(sn_server_add_foreign(server, &spec, &again, &error) == 0 && again == foreign &&
                 !error.text[0]);
    const struct sn_pb_service *pb = sn_foreign_service(foreign)->pb;
    for (size_t i = 0; i < pb->count; i++)
        call(server, sn_arena_printf(arena, "/%s/%s", pb->name, pb->methods[i].name), request);
    call(server, SN_STR("/grpc.reflection.v1.ServerReflection/ServerReflectionInfo"),
         SN_STR("\x22\x24" SERVICE));
    sn_server_remove_foreign(server, foreign);
    sn_server_remove_foreign(server, again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sn_timers timers = {0};
    struct sn_router router = {.find = find};
    struct fuzz_memory m;
    struct sn_arena *arena = fuzz_memory_init(&m, ARENA_MAX);
    struct sn_env env = {.timers = &timers, .blocks = &m.pool};
    struct sn_server_config config = {.env = &env, .router = &router};
    struct sn_server *server = sn_server_create(&config);
    struct sn_call fetch;

    FUZZ_REQUIRE(server && sn_reflection_add(server) == 0);
    far.answers = (struct sn_str){(const char *)data, size};
    sn_call_init(&fetch, &env, arena, NULL);
    fetch.start = start;
    fetch.end = end;
    outcome = 1;
    sn_call_start(&fetch);
    serve();
    while (far.open) /* the other version */
        serve();
    FUZZ_REQUIRE(outcome <= 0);
    if (outcome == 0)
        use(server, arena, far.answers);
    sn_server_destroy(server);
    fuzz_memory_fini(&m);
    return 0;
}
