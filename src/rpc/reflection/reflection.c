/* SPDX-License-Identifier: Apache-2.0
 *
 * Server reflection: a stream of questions, an answer to each. The two versions differ in their
 * package's name only, so one set of structs serves both. Loop thread.
 */
#include "rpc/reflection/reflection.h"
#include "pb/grpc/reflection/v1/reflection.h"
#include "pb/grpc/reflection/v1alpha/reflection.h"
#include "rpc/reflection/files.h"

#include <stdlib.h>

_Static_assert(sizeof(struct pb_grpc_reflection_server_reflection_request) ==
                       sizeof(struct pb_grpc_reflection_v1alpha_server_reflection_request) &&
                   sizeof(struct pb_grpc_reflection_server_reflection_response) ==
                       sizeof(struct pb_grpc_reflection_v1alpha_server_reflection_response),
               "v1 and v1alpha are the same");

typedef struct pb_grpc_reflection_server_reflection_request request_type;
typedef struct pb_grpc_reflection_server_reflection_response response_type;

/* An answer lists this many files at most: more than any file imports. */
enum { ANSWER_MEMORY_MAX = 1 << 20 };

#define ASKS(field) PB_GRPC_REFLECTION_SERVER_REFLECTION_REQUEST_MESSAGE_REQUEST_##field
#define ANSWERS(field) PB_GRPC_REFLECTION_SERVER_REFLECTION_RESPONSE_MESSAGE_RESPONSE_##field

/* ---- files and symbols ---- */

static int compare_symbol(const void *key, const void *element)
{
    return strcmp(key, ((const struct sn_proto_symbol *)element)->name);
}

static const struct sn_proto_file *file_of_symbol(const char *name)
{
    const struct sn_proto_symbol *symbol =
        bsearch(name, sn_proto_symbols, sn_proto_symbol_count, sizeof(*symbol), compare_symbol);

    return symbol ? &sn_proto_files[symbol->file] : NULL;
}

static const struct sn_proto_file *file_of_name(struct sn_str name)
{
    for (size_t i = 0; i < sn_proto_file_count; i++)
        if (sn_str_is(name, sn_proto_files[i].name))
            return &sn_proto_files[i];
    return NULL;
}

/* ---- answers ---- */

static int refuse(response_type *response, struct sn_arena *arena, int code, struct sn_str text)
{
    struct pb_grpc_reflection_error_response *error = sn_arena_alloc(arena, sizeof(*error));

    if (!error)
        return SN_ERR_RESOURCE_EXHAUSTED;
    error->error_code = code;
    error->error_message = text;
    response->which_message_response = ANSWERS(ERROR_RESPONSE);
    response->error_response = error;
    return 0;
}

/* The file, then everything it needs, each once. */
static int add_file(struct pb_grpc_reflection_file_descriptor_response *files,
                    const struct sn_proto_file *file, uint8_t *seen, struct sn_arena *arena)
{
    int code = 0;

    if (seen[file - sn_proto_files]++)
        return 0;
    struct sn_str *bytes = sn_pb_add(&files->file_descriptor_proto, arena);
    if (!bytes)
        return SN_ERR_RESOURCE_EXHAUSTED;
    *bytes = (struct sn_str){(const char *)file->bytes, file->len};
    for (size_t i = 0; i < file->import_count && !code; i++)
        code = add_file(files, &sn_proto_files[file->imports[i]], seen, arena);
    return code;
}

static int answer_file(response_type *response, const struct sn_proto_file *file,
                       struct sn_arena *arena)
{
    struct pb_grpc_reflection_file_descriptor_response *files =
        sn_arena_zalloc(arena, sizeof(*files));
    uint8_t *seen = sn_arena_zalloc(arena, sn_proto_file_count);

    if (!file)
        return refuse(response, arena, -SN_ERR_NOT_FOUND, SN_STR("proto: not found"));
    if (!files || !seen)
        return SN_ERR_RESOURCE_EXHAUSTED;
    response->which_message_response = ANSWERS(FILE_DESCRIPTOR_RESPONSE);
    response->file_descriptor_response = files;
    return add_file(files, file, seen, arena);
}

static int answer_services(const struct sn_server *server, response_type *response,
                           struct sn_arena *arena)
{
    struct pb_grpc_reflection_list_service_response *list = sn_arena_zalloc(arena, sizeof(*list));
    size_t count = sn_server_service_count(server);

    if (!list)
        return SN_ERR_RESOURCE_EXHAUSTED;
    for (size_t i = 0; i < count; i++) {
        struct pb_grpc_reflection_service_response *service = sn_pb_add(&list->service, arena);

        if (!service)
            return SN_ERR_RESOURCE_EXHAUSTED;
        service->name = sn_str_of(sn_server_service(server, i)->pb->name);
    }
    response->which_message_response = ANSWERS(LIST_SERVICES_RESPONSE);
    response->list_services_response = list;
    return 0;
}

static int answer(const struct sn_server *server, const request_type *request,
                  response_type *response, struct sn_arena *arena)
{
    struct sn_str symbol;

    switch (request->which_message_request) {
    case ASKS(FILE_BY_FILENAME):
        return answer_file(response, file_of_name(request->file_by_filename), arena);
    case ASKS(FILE_CONTAINING_SYMBOL):
        symbol = sn_arena_copy(arena, request->file_containing_symbol);
        return symbol.ptr ? answer_file(response, file_of_symbol(symbol.ptr), arena)
                          : SN_ERR_RESOURCE_EXHAUSTED;
    case ASKS(LIST_SERVICES):
        return answer_services(server, response, arena);
    case ASKS(FILE_CONTAINING_EXTENSION):
    case ASKS(ALL_EXTENSION_NUMBERS_OF_TYPE):
        /* Nobody here extends a message but the options, which clients have. */
        return refuse(response, arena, -SN_ERR_NOT_FOUND, SN_STR("proto: not found"));
    default:
        return SN_ERR_INVALID_ARGUMENT;
    }
}

/* ---- the stream ---- */

static void on_request(struct sn_rpc *rpc, const void *request)
{
    struct sn_arena arena;
    response_type response = {.original_request = (request_type *)(uintptr_t)request};

    sn_arena_init(&arena, rpc->call.env->blocks, ANSWER_MEMORY_MAX);
    response.valid_host = ((const request_type *)request)->host;
    int code = answer(rpc->server, request, &response, &arena);
    if (code == SN_ERR_INVALID_ARGUMENT)
        sn_call_fail(&rpc->call, code, "invalid MessageRequest: nothing is asked for");
    if (!code)
        code = sn_rpc_send(rpc, &response);
    sn_arena_fini(&arena);
    if (code)
        sn_call_done(&rpc->call, code);
}

static void on_half_close(struct sn_rpc *rpc)
{
    sn_call_done(&rpc->call, 0);
}

static void on_cancel(struct sn_call *call)
{
    sn_call_done(call, sn_call_cancelled(call));
}

static int info(struct sn_rpc *rpc, void *self, const void *request, void *response)
{
    rpc->on_message = on_request;
    rpc->on_half_close = on_half_close;
    rpc->call.on_cancel = on_cancel;
    on_request(rpc, request);
    return SN_PENDING;
}

static const struct sn_handler handlers[] = {{"ServerReflectionInfo", info, 0, {0}, NULL}, {0}};

static const struct sn_service services[] = {
    {NULL, &pb_grpc_reflection_server_reflection, handlers},
    {NULL, &pb_grpc_reflection_v1alpha_server_reflection, handlers},
};

int sn_reflection_add(struct sn_server *server)
{
    int code = sn_server_add(server, &services[0], NULL);

    return code ? code : sn_server_add(server, &services[1], NULL);
}
