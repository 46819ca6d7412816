/* SPDX-License-Identifier: Apache-2.0
 *
 * Services from descriptors. Each lives in an arena of its own, tables, texts and descriptors
 * together; it goes when nobody uses it and no call runs on it.
 */
#include "rpc/core/foreign.h"
#include "rpc/core/server_private.h"

#include <assert.h>

struct sn_foreign {
    struct sn_list link; /* sn_server.foreign */
    struct sn_arena arena;
    uint32_t users;
    uint32_t refs; /* of the users together, and of each running call */
    struct sn_service service;
    struct sn_pb_service pb;
    struct sn_method *methods;
    struct sn_pb_schema schema;
};

static struct sn_foreign *foreign_at(const struct sn_list *node)
{
    return sn_container_of(node, struct sn_foreign, link);
}

void sn_foreign_ref(struct sn_foreign *foreign)
{
    foreign->refs++;
}

void sn_foreign_unref(struct sn_foreign *foreign)
{
    if (--foreign->refs)
        return;
    struct sn_arena arena = foreign->arena;
    sn_arena_fini(&arena);
}

/* ---- finding ---- */

const struct sn_method *sn_foreign_find(const struct sn_server *server, struct sn_str path)
{
    struct sn_list *node;

    sn_list_for_each (node, &server->foreign) {
        const struct sn_foreign *foreign = foreign_at(node);

        for (size_t i = 0; i < foreign->pb.count; i++)
            if (sn_str_eq(foreign->methods[i].path, path))
                return &foreign->methods[i];
    }
    return NULL;
}

const struct sn_foreign *sn_server_next_foreign(const struct sn_server *server,
                                                const struct sn_foreign *before)
{
    const struct sn_list *next = before ? before->link.next : server->foreign.next;

    return next == &server->foreign ? NULL : foreign_at(next);
}

const struct sn_service *sn_foreign_service(const struct sn_foreign *foreign)
{
    return &foreign->service;
}

const struct sn_pb_schema *sn_foreign_schema(const struct sn_foreign *foreign)
{
    return &foreign->schema;
}

static struct sn_foreign *of_api(const struct sn_server *server, const char *api)
{
    struct sn_list *node;

    sn_list_for_each (node, &server->foreign)
        if (strcmp(foreign_at(node)->service.api, api) == 0)
            return foreign_at(node);
    return NULL;
}

static const struct sn_service *of_name(const struct sn_server *server, struct sn_str name)
{
    for (size_t i = 0; i < sn_server_service_count(server); i++) {
        const struct sn_service *service = sn_server_service(server, i);

        if (sn_str_is(name, service->pb->name))
            return service;
    }
    return NULL;
}

/* ---- building ---- */

static int no_memory(const struct sn_foreign_spec *spec, struct sn_error *error)
{
    return sn_error_set(error, SN_ERR_RESOURCE_EXHAUSTED,
                        "service %.*s of API %s: its descriptors need more memory than they may "
                        "take (%d MiB)",
                        SN_STR_ARGS(spec->service), spec->api, SN_FOREIGN_MEMORY_MAX >> 20);
}

/* The files as one FileDescriptorSet, in the arena. */
static int join_files(const struct sn_foreign_spec *spec, struct sn_arena *arena,
                      struct sn_str *ret_set, struct sn_error *error)
{
    enum { HEAD_MAX = 6 }; /* tag and length */
    size_t size = 0;

    for (size_t i = 0; i < spec->count && size <= SN_FOREIGN_BYTES_MAX; i++)
        size += spec->files[i].bytes.len;
    if (spec->count > SN_FOREIGN_FILES_MAX || size > SN_FOREIGN_BYTES_MAX)
        return sn_error_set(error, SN_ERR_RESOURCE_EXHAUSTED,
                            "service %.*s of API %s: more than %d files or %d MiB of descriptors",
                            SN_STR_ARGS(spec->service), spec->api, SN_FOREIGN_FILES_MAX,
                            SN_FOREIGN_BYTES_MAX >> 20);
    char *set = sn_arena_alloc(arena, size + spec->count * HEAD_MAX), *end = set;
    if (!set)
        return no_memory(spec, error);
    for (size_t i = 0; i < spec->count; i++) {
        struct sn_str bytes = spec->files[i].bytes;
        size_t len = bytes.len;

        *end++ = 1 << 3 | 2;
        for (; len >= 0x80; len >>= 7)
            *end++ = (char)(0x80 | (len & 0x7f));
        *end++ = (char)len;
        if (bytes.len)
            memcpy(end, bytes.ptr, bytes.len);
        end += bytes.len;
    }
    *ret_set = (struct sn_str){set, (size_t)(end - set)};
    return 0;
}

/* Names go into texts and tables of ours. */
static bool is_identifier(struct sn_str name)
{
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];

        if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') && c != '_' &&
            !(i > 0 && c >= '0' && c <= '9'))
            return false;
    }
    return name.len > 0 && name.len <= SN_API_MAX;
}

static int check_methods(const struct sn_foreign_spec *spec,
                         const struct sn_pb_schema_service *service, struct sn_error *error)
{
    if (service->count > SN_FOREIGN_METHODS_MAX)
        return sn_error_set(error, SN_ERR_RESOURCE_EXHAUSTED,
                            "service %.*s of API %s has more than %d methods",
                            SN_STR_ARGS(spec->service), spec->api, SN_FOREIGN_METHODS_MAX);
    for (uint32_t i = 0; i < service->count; i++)
        if (!is_identifier(service->methods[i].name))
            return sn_error_set(error, SN_ERR_INVALID_ARGUMENT,
                                "method %u of service %.*s of API %s has no proper name", i + 1,
                                SN_STR_ARGS(spec->service), spec->api);
    return 0;
}

static int build_schema(const struct sn_foreign_spec *spec, struct sn_arena *arena,
                        struct sn_pb_schema *schema,
                        const struct sn_pb_schema_service **ret_service, struct sn_error *error)
{
    struct sn_error cause = {0};
    struct sn_str set = SN_STR_NULL;
    int code = join_files(spec, arena, &set, error);

    if (code)
        return code;
    code = sn_pb_schema_build(schema, set, arena, &cause);
    if (code)
        return sn_error_set(error, code, "service %.*s of API %s: %s", SN_STR_ARGS(spec->service),
                            spec->api, cause.text);
    *ret_service = sn_pb_schema_service(schema, spec->service);
    if (!*ret_service)
        return sn_error_set(error, SN_ERR_INVALID_ARGUMENT,
                            "service %.*s of API %s is not in its descriptors",
                            SN_STR_ARGS(spec->service), spec->api);
    return check_methods(spec, *ret_service, error);
}

/* The field by which requests are routed; 0: they have none. */
static uint32_t name_field(const struct sn_pb_schema_msg *request)
{
    for (uint16_t i = 0; i < request->table->count; i++) {
        const struct sn_pb_field *field = &request->table->fields[i];

        if (sn_str_is(request->fields[i].name, "name") && field->type == SN_PB_STRING &&
            !(field->flags & SN_PB_REPEATED))
            return field->number;
    }
    return 0;
}

/* While its module is away. Text as upstream's. */
static int not_connected(struct sn_rpc *rpc, void *self, const void *request, void *response)
{
    return sn_call_fail(&rpc->call, SN_ERR_UNKNOWN, "not connected");
}

static int add_methods(struct sn_foreign *foreign, const struct sn_pb_schema_service *service)
{
    struct sn_arena *arena = &foreign->arena;
    struct sn_pb_method *pb = sn_arena_zalloc(arena, service->count * sizeof(*pb));
    struct sn_handler *handlers = sn_arena_zalloc(arena, (service->count + 1) * sizeof(*handlers));

    foreign->methods = sn_arena_zalloc(arena, service->count * sizeof(*foreign->methods));
    if (!pb || !handlers || !foreign->methods)
        return SN_ERR_RESOURCE_EXHAUSTED;
    foreign->pb.methods = pb;
    foreign->service.handlers = handlers;
    for (uint32_t i = 0; i < service->count; i++) {
        const struct sn_pb_schema_method *method = &service->methods[i];
        struct sn_str path =
            sn_arena_printf(arena, "/%s/%.*s", foreign->pb.name, SN_STR_ARGS(method->name));

        if (!path.ptr)
            return SN_ERR_RESOURCE_EXHAUSTED;
        pb[i].name = path.ptr + path.len - method->name.len;
        pb[i].flags = method->flags & (SN_PB_CLIENT_STREAMING | SN_PB_SERVER_STREAMING);
        handlers[i].method = pb[i].name;
        handlers[i].handle = not_connected;
        handlers[i].name_path[0] = name_field(method->request);
        foreign->methods[i] = (struct sn_method){.path = path,
                                                 .service = &foreign->service,
                                                 .pb = &pb[i],
                                                 .handler = &handlers[i],
                                                 .foreign = foreign};
    }
    foreign->pb.count = (uint16_t)service->count;
    return 0;
}

static int fill(struct sn_foreign *foreign, const struct sn_foreign_spec *spec,
                struct sn_error *error)
{
    const struct sn_pb_schema_service *service;
    int code = build_schema(spec, &foreign->arena, &foreign->schema, &service, error);

    if (code)
        return code;
    foreign->service.api = sn_arena_copy(&foreign->arena, sn_str_of(spec->api)).ptr;
    foreign->service.pb = &foreign->pb;
    foreign->pb.name = sn_arena_copy(&foreign->arena, spec->service).ptr;
    if (!foreign->service.api || !foreign->pb.name || add_methods(foreign, service))
        return no_memory(spec, error);
    return 0;
}

static int create(struct sn_server *server, const struct sn_foreign_spec *spec,
                  struct sn_foreign **ret_foreign, struct sn_error *error)
{
    struct sn_arena arena;

    sn_arena_init(&arena, server->config.env->blocks, SN_FOREIGN_MEMORY_MAX);
    struct sn_foreign *foreign = sn_arena_zalloc(&arena, sizeof(*foreign));
    if (!foreign)
        return no_memory(spec, error);
    foreign->arena = arena;
    foreign->users = foreign->refs = 1;
    int code = fill(foreign, spec, error);
    if (code) {
        sn_foreign_unref(foreign);
        return code;
    }
    sn_list_append(&server->foreign, &foreign->link);
    server->foreign_count++;
    *ret_foreign = foreign;
    return 0;
}

/* ---- the same again ---- */

static bool same_method(const struct sn_pb_schema_method *a, const struct sn_pb_schema_method *b)
{
    return sn_str_eq(a->name, b->name) && a->flags == b->flags &&
           sn_str_eq(a->request->name, b->request->name) &&
           sn_str_eq(a->response->name, b->response->name) &&
           name_field(a->request) == name_field(b->request);
}

static bool has_method(const struct sn_pb_schema_service *service,
                       const struct sn_pb_schema_method *method)
{
    for (uint32_t i = 0; i < service->count; i++)
        if (same_method(&service->methods[i], method))
            return true;
    return false;
}

/* A method that only one of them has, or has otherwise; NULL: there is none. The files' bytes say
 * less: each language writes its own. */
static const struct sn_pb_schema_method *difference(const struct sn_pb_schema_service *a,
                                                    const struct sn_pb_schema_service *b)
{
    for (uint32_t i = 0; i < a->count; i++)
        if (!has_method(b, &a->methods[i]))
            return &a->methods[i];
    for (uint32_t i = 0; i < b->count; i++)
        if (!has_method(a, &b->methods[i]))
            return &b->methods[i];
    return NULL;
}

/* Says in `error` how the spec differs from what is there. */
static int compare(const struct sn_foreign *foreign, const struct sn_foreign_spec *spec,
                   struct sn_error *error)
{
    const struct sn_pb_schema_service *ours, *theirs;
    struct sn_pb_schema schema;
    struct sn_arena arena;

    if (!sn_str_is(spec->service, foreign->pb.name)) {
        sn_error_set(error, 0, "API %s is served as %s already; %.*s is left out", spec->api,
                     foreign->pb.name, SN_STR_ARGS(spec->service));
        return 0;
    }
    sn_arena_init(&arena, foreign->arena.pool, SN_FOREIGN_MEMORY_MAX);
    int code = build_schema(spec, &arena, &schema, &theirs, error);
    if (!code) {
        ours = sn_pb_schema_service(&foreign->schema, spec->service);
        const struct sn_pb_schema_method *method = difference(ours, theirs);

        if (method)
            sn_error_set(error, 0,
                         "API %s: its descriptors differ in method %.*s from those in use, which "
                         "stay",
                         spec->api, SN_STR_ARGS(method->name));
    }
    sn_arena_fini(&arena);
    return code;
}

int sn_server_add_foreign(struct sn_server *server, const struct sn_foreign_spec *spec,
                          struct sn_foreign **ret_foreign, struct sn_error *error)
{
    struct sn_foreign *there = of_api(server, spec->api);
    const struct sn_service *taken = of_name(server, spec->service);

    *error = (struct sn_error){0};
    *ret_foreign = NULL;
    if (there) {
        int code = compare(there, spec, error);

        if (code)
            return code;
        there->users++;
        *ret_foreign = there;
        return 0;
    }
    if (taken)
        return sn_error_set(
            error, SN_ERR_ALREADY_EXISTS, "service %.*s of API %s is already served for %s",
            SN_STR_ARGS(spec->service), spec->api, taken->api ? taken->api : "the machine itself");
    if (server->foreign_count == SN_FOREIGN_MAX)
        return sn_error_set(error, SN_ERR_RESOURCE_EXHAUSTED,
                            "service %.*s of API %s is one too many: %d are the most",
                            SN_STR_ARGS(spec->service), spec->api, SN_FOREIGN_MAX);
    return create(server, spec, ret_foreign, error);
}

void sn_server_remove_foreign(struct sn_server *server, struct sn_foreign *foreign)
{
    if (!foreign)
        return;
    assert(foreign->users > 0);
    if (--foreign->users)
        return;
    sn_list_remove(&foreign->link);
    server->foreign_count--;
    sn_foreign_unref(foreign);
}
