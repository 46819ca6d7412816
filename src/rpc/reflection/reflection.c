/* SPDX-License-Identifier: Apache-2.0
 *
 * Server reflection: a stream of questions, an answer to each. Loop thread.
 */
#include "rpc/reflection/reflection.h"
#include "rpc/reflection/files.h"
#include "rpc/reflection/versions.h"

#include "wire/pb/schema.h"
#include <assert.h>

/* An answer lists this many files at most: more than any file imports. */
enum { ANSWER_MEMORY_MAX = 1 << 20 };

/* A file of ours, or one that came with a service. */
struct place {
    const struct sn_proto_file *own;
    const struct sn_pb_schema *schema; /* where it is a service's */
    const struct sn_pb_schema_file *file;
};

/* ---- finding files ---- */

static const struct sn_pb_schema_file *named_in(const struct sn_pb_schema *schema,
                                                struct sn_str name)
{
    for (uint32_t i = 0; i < schema->file_count; i++)
        if (sn_str_eq(schema->files[i].name, name))
            return &schema->files[i];
    return NULL;
}

/* Ours come first: a module may bring other editions of the common ones. */
static struct place place_named(const struct sn_server *server, struct sn_str name)
{
    struct place place = {.own = sn_proto_file_named(name)};
    size_t i = 0;

    while (!place.own && !place.file && (place.schema = sn_server_schema(server, i++)))
        place.file = named_in(place.schema, name);
    return place;
}

static struct place place_declaring(const struct sn_server *server, struct sn_str symbol)
{
    struct place place = {.own = sn_proto_file_declaring(symbol)};
    size_t i = 0;

    while (!place.own && !place.file && (place.schema = sn_server_schema(server, i++))) {
        place.file = sn_pb_schema_file_of(place.schema, symbol);
        if (place.file && sn_proto_file_named(place.file->name))
            place.file = NULL; /* ours is shown in its place, and lacks that */
    }
    return place;
}

/* ---- answers ---- */

static int refuse(reflection_response *response, struct sn_arena *arena, int code,
                  struct sn_str text)
{
    struct pb_grpc_reflection_error_response *error = sn_arena_alloc(arena, sizeof(*error));

    if (!error)
        return SN_ERR_RESOURCE_EXHAUSTED;
    error->error_code = code;
    error->error_message = text;
    response->which_message_response = REFLECTION_ANSWERS(ERROR_RESPONSE);
    response->error_response = error;
    return 0;
}

/* An answer of files, each once. */
struct listing {
    struct pb_grpc_reflection_file_descriptor_response *files;
    struct sn_arena *arena;
    uint8_t *own_seen;     /* of sn_proto_files */
    uint8_t *foreign_seen; /* of the place's schema */
};

static int add_bytes(struct listing *listing, struct sn_str bytes)
{
    struct sn_str *added = sn_pb_add(&listing->files->file_descriptor_proto, listing->arena);

    if (!added)
        return SN_ERR_RESOURCE_EXHAUSTED;
    *added = bytes;
    return 0;
}

/* The file, then everything it needs. */
static int add_own(struct listing *listing, const struct sn_proto_file *file)
{
    if (listing->own_seen[file - sn_proto_files]++)
        return 0;
    int code = add_bytes(listing, (struct sn_str){(const char *)file->bytes, file->len});
    for (size_t i = 0; i < file->import_count && !code; i++)
        code = add_own(listing, &sn_proto_files[file->imports[i]]);
    return code;
}

static int add_foreign(struct listing *listing, const struct place *place);

static int add_import(struct listing *listing, const struct sn_pb_schema *schema,
                      struct sn_str name)
{
    struct place import = {.own = sn_proto_file_named(name), .schema = schema};

    if (import.own)
        return add_own(listing, import.own);
    import.file = named_in(schema, name);
    return import.file ? add_foreign(listing, &import) : 0;
}

/* The same; as deep as there are files at most. */
static int add_foreign(struct listing *listing, const struct place *place)
{
    enum { DEPENDENCY = 3 }; /* of FileDescriptorProto */
    struct sn_str rest = place->file->bytes;
    struct sn_pb_raw raw;

    assert(place->schema && place->file);
    if (listing->foreign_seen[place->file - place->schema->files]++)
        return 0;
    int code = add_bytes(listing, rest);
    while (!code && sn_pb_raw_next(&rest, &raw) > 0)
        if (raw.number == DEPENDENCY && raw.bytes.ptr)
            code = add_import(listing, place->schema, raw.bytes);
    return code;
}

static int answer_file(reflection_response *response, struct place place, struct sn_arena *arena)
{
    struct listing listing = {
        .files = sn_arena_zalloc(arena, sizeof(*listing.files)),
        .arena = arena,
        .own_seen = sn_arena_zalloc(arena, sn_proto_file_count),
        .foreign_seen = sn_arena_zalloc(arena, place.schema ? place.schema->file_count : 0),
    };

    if (!place.own && !place.file)
        return refuse(response, arena, -SN_ERR_NOT_FOUND, SN_STR("proto: not found"));
    if (!listing.files || !listing.own_seen || !listing.foreign_seen)
        return SN_ERR_RESOURCE_EXHAUSTED;
    response->which_message_response = REFLECTION_ANSWERS(FILE_DESCRIPTOR_RESPONSE);
    response->file_descriptor_response = listing.files;
    return place.own ? add_own(&listing, place.own) : add_foreign(&listing, &place);
}

static int answer_services(const struct sn_server *server, reflection_response *response,
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
    response->which_message_response = REFLECTION_ANSWERS(LIST_SERVICES_RESPONSE);
    response->list_services_response = list;
    return 0;
}

static int answer(const struct sn_server *server, const reflection_request *request,
                  reflection_response *response, struct sn_arena *arena)
{
    switch (request->which_message_request) {
    case REFLECTION_ASKS(FILE_BY_FILENAME):
        return answer_file(response, place_named(server, request->file_by_filename), arena);
    case REFLECTION_ASKS(FILE_CONTAINING_SYMBOL):
        return answer_file(response, place_declaring(server, request->file_containing_symbol),
                           arena);
    case REFLECTION_ASKS(LIST_SERVICES):
        return answer_services(server, response, arena);
    case REFLECTION_ASKS(FILE_CONTAINING_EXTENSION):
    case REFLECTION_ASKS(ALL_EXTENSION_NUMBERS_OF_TYPE):
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
    reflection_response response = {.original_request = (reflection_request *)(uintptr_t)request};

    sn_arena_init(&arena, rpc->call.env->blocks, ANSWER_MEMORY_MAX);
    response.valid_host = ((const reflection_request *)request)->host;
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
