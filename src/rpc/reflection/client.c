/* SPDX-License-Identifier: Apache-2.0
 *
 * Fetching descriptors by reflection: one stream, a question at a time. Servers answer with one
 * file or with all it needs, so what is still missing is asked for by name. Loop thread.
 */
#include "rpc/reflection/client.h"
#include "rpc/reflection/files.h"
#include "rpc/reflection/versions.h"
#include "sinew/timers.h"

/* A file may not import more than there may be. */
enum { IMPORTS_MAX = SN_REFLECTION_FILES_MAX };

/* Of FileDescriptorProto and ServiceDescriptorProto. */
enum { FILE_NAME = 1, FILE_PACKAGE = 2, FILE_DEPENDENCY = 3, FILE_SERVICE = 6, SERVICE_NAME = 1 };

/* Of our own, besides files: two streams. */
enum { FETCH_MEMORY = 64 << 10 };

struct fetch {
    struct sn_call *call; /* who asked */
    struct sn_channel *channel;
    struct sn_str service;
    struct sn_reflection_files *ret_files;
    struct sn_call *ask; /* the stream; each version's is a call of its own */
    struct sn_duplex duplex;
    SN_PB_LIST(struct sn_pb_schema_file) files;
    size_t bytes;         /* of these */
    uint32_t looked;      /* files whose imports have been looked at */
    struct sn_str wanted; /* the file asked for; empty: the service */
    bool complete;
    bool begun;  /* sn_reflection_fetch() has returned */
    int outcome; /* SN_PENDING until there is one */
};

/* In the order they are tried. */
static const struct sn_pb_service *const versions[] = {
    &pb_grpc_reflection_v1alpha_server_reflection,
    &pb_grpc_reflection_server_reflection,
};

static int no_memory(struct fetch *fetch)
{
    return sn_call_fail(fetch->ask, SN_ERR_RESOURCE_EXHAUSTED, "no memory for its descriptors");
}

/* ---- files ---- */

static bool is_there(const struct fetch *fetch, struct sn_str name)
{
    for (uint32_t i = 0; i < fetch->files.n; i++)
        if (sn_str_eq(fetch->files.v[i].name, name))
            return true;
    return false;
}

static int add_file(struct fetch *fetch, struct sn_str bytes)
{
    static const uint32_t path[] = {FILE_NAME};
    struct sn_arena *arena = fetch->call->arena;
    struct sn_str name;

    if (sn_pb_peek(bytes, path, 1, &name) || !name.len)
        return sn_call_fail(fetch->ask, SN_ERR_INVALID_ARGUMENT,
                            "it answers with what is no descriptor of a file");
    if (is_there(fetch, name))
        return 0;
    fetch->bytes += bytes.len;
    if (fetch->files.n == SN_REFLECTION_FILES_MAX || fetch->bytes > SN_REFLECTION_BYTES_MAX)
        return sn_call_fail(fetch->ask, SN_ERR_RESOURCE_EXHAUSTED,
                            "more than %d files or %d KiB of descriptors", SN_REFLECTION_FILES_MAX,
                            SN_REFLECTION_BYTES_MAX >> 10);
    arena->left += bytes.len + 2 * SN_BLOCK_SIZE;
    struct sn_pb_schema_file *file = sn_pb_add(&fetch->files, arena);
    struct sn_str copy = sn_arena_copy(arena, bytes);
    if (!file || !copy.ptr)
        return no_memory(fetch);
    file->bytes = copy;
    return sn_pb_peek(copy, path, 1, &file->name);
}

/* "package.Service", without putting it together. */
static bool is_joined(struct sn_str full, struct sn_str package, struct sn_str name)
{
    if (!package.len)
        return sn_str_eq(full, name);
    return full.len == package.len + 1 + name.len && sn_str_has_prefix(full, package) &&
           full.ptr[package.len] == '.' &&
           memcmp(full.ptr + package.len + 1, name.ptr, name.len) == 0;
}

static bool declares(struct sn_str file, struct sn_str service)
{
    static const uint32_t package_path[] = {FILE_PACKAGE}, name_path[] = {SERVICE_NAME};
    struct sn_str package, name;
    struct sn_pb_raw raw;

    if (sn_pb_peek(file, package_path, 1, &package))
        return false;
    while (sn_pb_raw_next(&file, &raw) > 0) {
        if (raw.number == FILE_SERVICE && raw.bytes.ptr &&
            sn_pb_peek(raw.bytes, name_path, 1, &name) == 0 && name.len &&
            is_joined(service, package, name))
            return true;
    }
    return false;
}

/* The services that a file of ours lacks can't be shown to clients, who know one file of a name. */
static int check_conflict(struct fetch *fetch, const struct sn_pb_schema_file *file)
{
    if (!sn_proto_file_named(file->name) || sn_proto_file_declaring(fetch->service))
        return 0;
    return sn_call_fail(fetch->ask, SN_ERR_ALREADY_EXISTS,
                        "it is declared in \"%.*s\", which is the name of a built-in file without "
                        "it: its file needs another name",
                        SN_STR_ARGS(file->name));
}

/* Puts the file that declares the service first. */
static int find_service(struct fetch *fetch)
{
    struct sn_pb_schema_file *files = fetch->files.v;

    for (uint32_t i = 0; i < fetch->files.n; i++) {
        if (!declares(files[i].bytes, fetch->service))
            continue;
        struct sn_pb_schema_file first = files[i];
        files[i] = files[0];
        files[0] = first;
        return check_conflict(fetch, &first);
    }
    return sn_call_fail(fetch->ask, SN_ERR_INVALID_ARGUMENT,
                        "it answers with files that don't declare the service");
}

/* The first import of the file that isn't there; empty: none. */
static int missing_import(struct fetch *fetch, const struct sn_pb_schema_file *file,
                          struct sn_str *ret_name)
{
    struct sn_str rest = file->bytes;
    struct sn_pb_raw raw;
    int count = 0;

    *ret_name = SN_STR("");
    while (sn_pb_raw_next(&rest, &raw) > 0) {
        if (raw.number != FILE_DEPENDENCY || !raw.bytes.len)
            continue;
        if (++count > IMPORTS_MAX)
            return sn_call_fail(fetch->ask, SN_ERR_RESOURCE_EXHAUSTED,
                                "file \"%.*s\" imports more than %d files", SN_STR_ARGS(file->name),
                                IMPORTS_MAX);
        if (!is_there(fetch, raw.bytes)) {
            *ret_name = raw.bytes;
            return 0;
        }
    }
    return 0;
}

/* ---- questions and answers ---- */

static reflection_request question(const struct fetch *fetch)
{
    if (!fetch->wanted.len)
        return (reflection_request){.which_message_request =
                                        REFLECTION_ASKS(FILE_CONTAINING_SYMBOL),
                                    .file_containing_symbol = fetch->service};
    return (reflection_request){.which_message_request = REFLECTION_ASKS(FILE_BY_FILENAME),
                                .file_by_filename = fetch->wanted};
}

/* Asks for what is still missing, or for no more. */
static int go_on(struct fetch *fetch)
{
    fetch->wanted = SN_STR("");
    while (fetch->looked < fetch->files.n) {
        int code = missing_import(fetch, &fetch->files.v[fetch->looked], &fetch->wanted);

        if (code)
            return code;
        if (fetch->wanted.len) {
            reflection_request request = question(fetch);
            return fetch->duplex.on_request(&fetch->duplex, &request);
        }
        fetch->looked++;
    }
    fetch->complete = true;
    fetch->ret_files->v = fetch->files.v;
    fetch->ret_files->count = fetch->files.n;
    return fetch->duplex.on_end(&fetch->duplex);
}

static int take_files(struct fetch *fetch,
                      const struct pb_grpc_reflection_file_descriptor_response *files)
{
    int code = 0;

    for (uint32_t i = 0; i < files->file_descriptor_proto.n && !code; i++)
        code = add_file(fetch, files->file_descriptor_proto.v[i]);
    if (code)
        return code;
    if (!fetch->wanted.len)
        code = find_service(fetch);
    else if (!is_there(fetch, fetch->wanted))
        code = sn_call_fail(fetch->ask, SN_ERR_INVALID_ARGUMENT,
                            "asked for file \"%.*s\" it answers with others",
                            SN_STR_ARGS(fetch->wanted));
    return code ? code : go_on(fetch);
}

static int take_error(struct fetch *fetch, const struct pb_grpc_reflection_error_response *error)
{
    int code = error->error_code > 0 && error->error_code <= -SN_ERR_UNAUTHENTICATED
                   ? -error->error_code
                   : SN_ERR_UNKNOWN;

    if (!fetch->wanted.len)
        return sn_call_fail(fetch->ask, code, "it doesn't know the service: %.*s",
                            SN_STR_ARGS(error->error_message));
    return sn_call_fail(fetch->ask, code, "it doesn't know file \"%.*s\", which is imported: %.*s",
                        SN_STR_ARGS(fetch->wanted), SN_STR_ARGS(error->error_message));
}

static int respond(struct sn_duplex *duplex, const void *response)
{
    const reflection_response *answer = response;
    struct fetch *fetch = duplex->asker;

    if (fetch->complete)
        return 0; /* nobody asked */
    if (answer->which_message_response == REFLECTION_ANSWERS(FILE_DESCRIPTOR_RESPONSE))
        return take_files(fetch, answer->file_descriptor_response);
    if (answer->which_message_response == REFLECTION_ANSWERS(ERROR_RESPONSE))
        return take_error(fetch, answer->error_response);
    return sn_call_fail(fetch->ask, SN_ERR_INVALID_ARGUMENT,
                        "asked for a file it answers something else");
}

/* ---- the stream ---- */

struct ask {
    struct sn_call call; /* first */
    struct fetch *fetch;
    const struct sn_pb_service *version;
};

static int start(struct sn_call *call)
{
    struct ask *ask = (struct ask *)call;
    struct fetch *fetch = ask->fetch;
    reflection_request request = question(fetch);

    return sn_client_duplex(call, fetch->channel, ask->version, "ServerReflectionInfo", &request,
                            &fetch->duplex, NULL, NULL);
}

static int explain(struct fetch *fetch, struct sn_call *ask, int code)
{
    struct sn_str text = code == SN_ERR_UNIMPLEMENTED ? SN_STR("it has no reflection")
                         : code                       ? sn_call_text(ask, code)
                                                      : SN_STR("its reflection ends early");

    return sn_call_fail(fetch->call, code ? code : SN_ERR_INVALID_ARGUMENT,
                        "descriptors of service %.*s can't be had from its server: %.*s",
                        SN_STR_ARGS(fetch->service), SN_STR_ARGS(text));
}

static int begin(struct fetch *fetch, const struct sn_pb_service *version);

static void end(struct sn_call *call, int code)
{
    struct ask *ask = (struct ask *)call;
    struct fetch *fetch = ask->fetch;

    if (fetch->complete && !sn_call_cancelled(fetch->call))
        code = 0; /* whatever came after the last answer */
    else if (code == SN_ERR_UNIMPLEMENTED && ask->version == versions[0])
        code = begin(fetch, versions[1]);
    else
        code = explain(fetch, call, code);
    if (code == SN_PENDING)
        return;
    fetch->outcome = code;
    if (fetch->begun)
        sn_call_done(fetch->call, code);
}

static int begin(struct fetch *fetch, const struct sn_pb_service *version)
{
    uint64_t limit_ns = fetch->call->env->timers->now_ns + SN_REFLECTION_TIMEOUT_NS;
    struct ask *ask = sn_arena_zalloc(fetch->call->arena, sizeof(*ask));

    if (!ask)
        return sn_call_fail(fetch->call, SN_ERR_RESOURCE_EXHAUSTED, "no memory for descriptors");
    ask->fetch = fetch;
    ask->version = version;
    sn_call_init(&ask->call, fetch->call->env, fetch->call->arena, fetch->call);
    ask->call.start = start;
    ask->call.end = end;
    if (ask->call.deadline_ns > limit_ns)
        ask->call.deadline_ns = limit_ns;
    fetch->ask = &ask->call;
    fetch->duplex = (struct sn_duplex){.call = &ask->call, .respond = respond, .asker = fetch};
    sn_call_start(&ask->call);
    return SN_PENDING;
}

int sn_reflection_fetch(struct sn_call *call, struct sn_channel *channel, struct sn_str service,
                        struct sn_reflection_files *ret_files)
{
    call->arena->left += FETCH_MEMORY;
    struct fetch *fetch = sn_arena_zalloc(call->arena, sizeof(*fetch));

    *ret_files = (struct sn_reflection_files){0};
    if (!fetch)
        return sn_call_fail(call, SN_ERR_RESOURCE_EXHAUSTED, "no memory for descriptors");
    fetch->call = call;
    fetch->channel = channel;
    fetch->service = service;
    fetch->ret_files = ret_files;
    fetch->outcome = SN_PENDING;
    int code = begin(fetch, versions[0]);
    if (code != SN_PENDING || fetch->outcome != SN_PENDING)
        return code != SN_PENDING ? code : fetch->outcome;
    fetch->begun = true;
    return SN_PENDING;
}
