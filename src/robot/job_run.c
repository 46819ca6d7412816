/* SPDX-License-Identifier: Apache-2.0
 *
 * A job's call: resource and method are looked up anew for each run, since modules bring and take
 * APIs with them. The core sees a server stream like any transport's.
 */
#include "robot/job_run.h"
#include "pb/common/v1/common.h"
#include "resource/attr.h"
#include "resource/name.h"
#include "rpc/core/foreign.h"
#include "rpc/reflection/schema.h"
#include "sinew/list.h"
#include "wire/pb/json.h"

#include <stdio.h>

enum {
    RUN_MEMORY_MAX = 64 << 20,
    ANSWER_MAX = 8 << 10, /* bytes of JSON that are shown */
};

static struct sn_job_run *run_of(const struct sn_server_stream *stream)
{
    return sn_container_of(stream, struct sn_job_run, stream);
}

/* ---- what is called ---- */

static bool is_named(const struct sn_node *node, const char *name)
{
    return strcmp(node->name, name) == 0 && node->state != SN_NODE_REMOVING;
}

/* Texts as upstream's. */
static int find_resource(const struct sn_graph *graph, const char *name,
                         const struct sn_node **ret_node, struct sn_error *error)
{
    const struct sn_node *found = NULL;

    for (size_t i = 0; i < graph->count; i++) {
        const struct sn_node *node = graph->nodes[i];

        if (!is_named(node, name))
            continue;
        if (found)
            return sn_error_set(error, SN_ERR_NOT_FOUND,
                                "found duplicate entries for name %s: %s/%s and %s/%s", name,
                                found->api, found->name, node->api, node->name);
        found = node;
    }
    *ret_node = found;
    return found ? 0
                 : sn_error_set(error, SN_ERR_NOT_FOUND, "could not find the resource for name %s",
                                name);
}

static const struct sn_service *find_service(const struct sn_server *server, const char *api)
{
    for (size_t i = 0; i < sn_server_service_count(server); i++) {
        const struct sn_service *service = sn_server_service(server, i);

        if (service->api && strcmp(service->api, api) == 0)
            return service;
    }
    return NULL;
}

static int find_method(struct sn_job_run *run, const struct sn_config_job *job,
                       struct sn_error *error)
{
    const struct sn_server *server = run->runner->server;
    const struct sn_node *node;
    int code = find_resource(run->runner->graph, job->resource, &node, error);

    if (code)
        return code;
    const struct sn_service *service = find_service(server, node->api);
    if (!service)
        return sn_error_set(error, SN_ERR_UNKNOWN, "no service of API %s is known", node->api);
    struct sn_str path = sn_arena_printf(&run->arena, "/%s/%s", service->pb->name, job->method);
    run->method = path.ptr ? sn_server_find(server, path) : NULL;
    if (!run->method || run->method->service != service)
        return sn_error_set(error, SN_ERR_UNKNOWN,
                            "service \"%s\" does not include a method named \"%s\"",
                            service->pb->name, job->method);
    if (run->method->pb->flags & (SN_PB_CLIENT_STREAMING | SN_PB_SERVER_STREAMING))
        return sn_error_set(error, SN_ERR_UNKNOWN,
                            "method \"%s\" of service \"%s\" is a stream; jobs call unary ones",
                            job->method, service->pb->name);
    return 0;
}

/* ---- the request ---- */

/* One field of bytes, in front of which there is room. */
static char *put_head(char *begin, uint32_t number, size_t len)
{
    uint8_t head[20];
    size_t used = 0;
    uint64_t values[2] = {(uint64_t)number << 3 | 2, len};

    for (int i = 0; i < 2; i++) {
        for (; values[i] > 0x7f; values[i] >>= 7)
            head[used++] = (uint8_t)(values[i] | 0x80);
        head[used++] = (uint8_t)values[i];
    }
    return memcpy(begin - used, head, used);
}

/* A message with nothing but the resource's name, wherever this method has it. */
static int encode_name(struct sn_job_run *run, const char *name, struct sn_str *ret_request)
{
    static const uint32_t first[2] = {1};
    const struct sn_handler *handler = run->method->handler;
    const uint32_t *path = handler && handler->name_path[0] ? handler->name_path : first;
    size_t len = strlen(name), room = 40;
    char *memory = sn_arena_alloc(&run->arena, room + len);

    if (!memory)
        return SN_ERR_RESOURCE_EXHAUSTED;
    char *end = memory + room + len, *begin = memcpy(memory + room, name, len);
    for (int i = path[1] ? 1 : 0; i >= 0; i--)
        begin = put_head(begin, path[i], (size_t)(end - begin));
    *ret_request = (struct sn_str){begin, (size_t)(end - begin)};
    return 0;
}

struct command {
    struct pb_google_struct *command;
};

static const struct sn_attr command_table[] = {
    {.key = "command", .type = SN_ATTR_STRUCT, .offset = offsetof(struct command, command)},
    {0},
};

static int encode_command(struct sn_job_run *run, const struct sn_config_job *job,
                          struct sn_str *ret_request, struct sn_error *error)
{
    void *read;
    int code = sn_attrs_decode(command_table, sizeof(struct command), job->json, &run->arena, &read,
                               error);

    if (code)
        return code;
    struct pb_google_struct empty = {0};
    struct pb_google_struct *command = ((struct command *)read)->command;
    struct pb_common_do_command_request request = {.name = sn_str_of(job->resource),
                                                   .command = command ? command : &empty};
    return sn_pb_encode(&pb_common_do_command_request_msg, &request, &run->arena, 0, ret_request);
}

/* ---- the answer ---- */

static const struct sn_pb_schema *schema_of(struct sn_job_run *run)
{
    struct sn_job_runner *runner = run->runner;

    if (run->method->foreign)
        return sn_foreign_schema(run->method->foreign);
    if (!runner->has_schema) {
        sn_arena_init(&runner->schema_arena, runner->env->blocks, SN_PROTO_SCHEMA_MEMORY_MAX);
        if (sn_proto_schema_build(&runner->schema, &runner->schema_arena)) {
            sn_arena_fini(&runner->schema_arena);
            return NULL;
        }
        runner->has_schema = true;
    }
    return &runner->schema;
}

static const struct sn_pb_schema_msg *answer_table(struct sn_job_run *run)
{
    const struct sn_pb_schema *schema = schema_of(run);
    const struct sn_pb_schema_service *service =
        schema ? sn_pb_schema_service(schema, sn_str_of(run->method->service->pb->name)) : NULL;

    for (uint32_t i = 0; service && i < service->count; i++)
        if (sn_str_is(service->methods[i].name, run->method->pb->name))
            return service->methods[i].response;
    return NULL;
}

static void show_answer(struct sn_job_run *run, const struct sn_message *message)
{
    const struct sn_pb_schema_msg *table = answer_table(run);
    void *decoded = table ? sn_arena_zalloc(&run->arena, table->table->size) : NULL;
    struct sn_str json;

    if (decoded && !sn_pb_decode(table->table, decoded, message->data, message->len, &run->arena) &&
        !sn_pb_json_write(table, decoded, 0, &run->arena, &json, NULL) && json.len <= ANSWER_MAX)
        run->answer = json;
}

/* ---- the stream ---- */

static void end(struct sn_job_run *run)
{
    run->ended(run);
    sn_arena_fini(&run->arena);
}

static void on_headers(struct sn_server_stream *stream, const struct sn_metadata *headers)
{
}

static void on_message(struct sn_server_stream *stream, struct sn_message *take_message)
{
    struct sn_job_run *run = run_of(stream);

    if (run->wants_answer && !take_message->compressed)
        show_answer(run, take_message);
    sn_message_free(take_message);
}

static void on_trailers(struct sn_server_stream *stream, const struct sn_status *status,
                        const struct sn_metadata *trailers)
{
    struct sn_job_run *run = run_of(stream);

    run->code = status->code;
    run->text = sn_arena_copy(&run->arena, status->text);
    run->active = false;
    if (!run->starting)
        end(run);
}

static size_t queued(const struct sn_server_stream *stream)
{
    return 0;
}

static void credit(struct sn_server_stream *stream, size_t bytes)
{
}

static const struct sn_server_stream_ops stream_ops = {
    .headers = on_headers,
    .message = on_message,
    .trailers = on_trailers,
    .queued = queued,
    .credit = credit,
};

static void call(struct sn_job_run *run, struct sn_str request)
{
    struct sn_metadata none = {0};

    run->active = run->starting = true;
    sn_server_begin(run->runner->server, &run->stream, run->method->path, &none, SN_NEVER);
    if (run->active)
        sn_server_message(&run->stream, request.ptr, request.len);
    if (run->active)
        sn_server_half_close(&run->stream);
    run->starting = false;
    if (!run->active)
        end(run);
}

int sn_job_run_start(struct sn_job_run *run, const struct sn_config_job *job,
                     struct sn_error *error)
{
    struct sn_str request;

    run->code = 0;
    run->text = run->answer = SN_STR_NULL;
    run->stream = (struct sn_server_stream){
        .ops = &stream_ops, .peer = &run->runner->peer, .compress = SN_COMPRESS_NEVER};
    sn_arena_init(&run->arena, run->runner->env->blocks, RUN_MEMORY_MAX);
    int code = find_method(run, job, error);
    if (!code) {
        code = strcmp(job->method, "DoCommand") == 0 ? encode_command(run, job, &request, error)
                                                     : encode_name(run, job->resource, &request);
        if (code == SN_ERR_RESOURCE_EXHAUSTED)
            sn_error_set(error, code, "out of memory");
    }
    if (code) {
        sn_arena_fini(&run->arena);
        return code;
    }
    call(run, request);
    return 0;
}

void sn_job_run_cancel(struct sn_job_run *run)
{
    if (!run->active)
        return;
    run->active = false;
    sn_server_abort(&run->stream);
    sn_arena_fini(&run->arena);
}

void sn_job_runner_fini(struct sn_job_runner *runner)
{
    if (runner->has_schema)
        sn_arena_fini(&runner->schema_arena);
    runner->has_schema = false;
}
