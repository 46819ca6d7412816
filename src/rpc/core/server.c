/* SPDX-License-Identifier: Apache-2.0
 *
 * The registry of methods and the set of running calls. The calls themselves: rpc.c.
 */
#include "rpc/core/foreign.h"
#include "rpc/core/server_private.h"

#include <assert.h>
#include <stdlib.h>

/* All tables and texts of one server; a microcontroller's API fits into a fraction of it. */
enum { SERVER_MEMORY_MAX = 4 << 20 };

struct sn_server *sn_server_create(const struct sn_server_config *config)
{
    struct sn_arena arena;

    sn_arena_init(&arena, config->env->blocks, SERVER_MEMORY_MAX);
    struct sn_server *server = sn_arena_zalloc(&arena, sizeof(*server));
    if (!server)
        return NULL;
    server->arena = arena;
    server->config = *config;
    sn_list_init(&server->foreign);
    sn_list_init(&server->rpcs);
    return server;
}

void sn_server_destroy(struct sn_server *server)
{
    if (!server)
        return;
    assert(sn_list_empty(&server->rpcs));
    assert(sn_list_empty(&server->foreign));
    struct sn_arena arena = server->arena;
    sn_arena_fini(&arena);
}

static void insert(const struct sn_method **slots, size_t capacity, const struct sn_method *method)
{
    size_t i = sn_str_hash(method->path) & (capacity - 1);

    while (slots[i])
        i = (i + 1) & (capacity - 1);
    slots[i] = method;
}

/* Doubles the table when it would be more than half full. */
static int reserve(struct sn_server *server, size_t more)
{
    size_t capacity = server->capacity ? server->capacity : 64;

    while ((server->count + more) * 2 > capacity)
        capacity *= 2;
    if (capacity == server->capacity)
        return 0;
    const struct sn_method **slots =
        sn_arena_zalloc(&server->arena, capacity * sizeof(const struct sn_method *));
    if (!slots)
        return SN_ERR_RESOURCE_EXHAUSTED;
    for (size_t i = 0; i < server->capacity; i++)
        if (server->slots[i])
            insert(slots, capacity, server->slots[i]);
    server->slots = slots;
    server->capacity = capacity;
    return 0;
}

static const struct sn_handler *handler_of(const struct sn_service *service, const char *method)
{
    for (const struct sn_handler *handler = service->handlers; handler->method; handler++)
        if (strcmp(handler->method, method) == 0)
            return handler;
    return NULL;
}

static size_t count_handlers(const struct sn_service *service)
{
    size_t count = 0;

    while (service->handlers[count].method)
        count++;
    return count;
}

static int remember(struct sn_server *server, const struct sn_service *service)
{
    if (server->service_count == server->service_capacity) {
        uint32_t capacity = server->service_capacity ? server->service_capacity * 2 : 16;
        size_t size = sizeof(const struct sn_service *);
        const struct sn_service **services = sn_arena_realloc(
            &server->arena, server->services, server->service_capacity * size, capacity * size);

        if (!services)
            return SN_ERR_RESOURCE_EXHAUSTED;
        server->services = services;
        server->service_capacity = capacity;
    }
    server->services[server->service_count++] = service;
    return 0;
}

int sn_server_add(struct sn_server *server, const struct sn_service *service, void *self)
{
    const struct sn_pb_service *pb = service->pb;
    struct sn_method *methods =
        sn_arena_zalloc(&server->arena, pb->count * sizeof(struct sn_method));
    size_t handled = 0;

    if (!methods || reserve(server, pb->count) || remember(server, service))
        return SN_ERR_RESOURCE_EXHAUSTED;
    for (size_t i = 0; i < pb->count; i++) {
        struct sn_method *method = &methods[i];

        method->service = service;
        method->pb = &pb->methods[i];
        method->self = self;
        method->handler = handler_of(service, method->pb->name);
        method->path = sn_arena_printf(&server->arena, "/%s/%s", pb->name, method->pb->name);
        if (!method->path.ptr)
            return SN_ERR_RESOURCE_EXHAUSTED;
        handled += method->handler != NULL;
        insert(server->slots, server->capacity, method);
        server->count++;
    }
    assert(handled == count_handlers(service));
    (void)handled;
    return 0;
}

static const struct sn_method *find_own(const struct sn_server *server, struct sn_str path)
{
    if (!server->capacity)
        return NULL;
    size_t i = sn_str_hash(path) & (server->capacity - 1);
    while (server->slots[i] && !sn_str_eq(server->slots[i]->path, path))
        i = (i + 1) & (server->capacity - 1);
    return server->slots[i];
}

int sn_server_describe(struct sn_server *server, const struct sn_pb_schema *schema)
{
    size_t size = server->schema_count * sizeof(const struct sn_pb_schema *);
    const struct sn_pb_schema **schemas = sn_arena_realloc(
        &server->arena, server->schemas, size, size + sizeof(const struct sn_pb_schema *));

    if (!schemas)
        return SN_ERR_RESOURCE_EXHAUSTED;
    schemas[server->schema_count++] = schema;
    server->schemas = schemas;
    return 0;
}

const struct sn_pb_schema *sn_server_schema(const struct sn_server *server, size_t index)
{
    const struct sn_foreign *foreign;

    if (index < server->schema_count)
        return server->schemas[index];
    index -= server->schema_count;
    foreign = sn_server_next_foreign(server, NULL);
    while (foreign && index--)
        foreign = sn_server_next_foreign(server, foreign);
    return foreign ? sn_foreign_schema(foreign) : NULL;
}

const struct sn_method *sn_server_find(const struct sn_server *server, struct sn_str path)
{
    const struct sn_method *method = find_own(server, path);

    return method ? method : sn_foreign_find(server, path);
}

size_t sn_server_service_count(const struct sn_server *server)
{
    return server->service_count + server->foreign_count;
}

const struct sn_service *sn_server_service(const struct sn_server *server, size_t index)
{
    const struct sn_foreign *foreign;

    if (index < server->service_count)
        return server->services[index];
    foreign = sn_server_next_foreign(server, NULL);
    for (index -= server->service_count; index > 0; index--)
        foreign = sn_server_next_foreign(server, foreign);
    return sn_foreign_service(foreign);
}

struct sn_list *sn_server_rpcs(struct sn_server *server)
{
    return &server->rpcs;
}

/* Each pass takes the first call that hasn't been told yet: ending one may end others. `resource`
 * NULL: of all. */
static void cancel(struct sn_server *server, const struct sn_resource *resource)
{
    struct sn_list *node = server->rpcs.next;

    while (node != &server->rpcs) {
        struct sn_rpc *rpc = sn_container_of(node, struct sn_rpc, link);

        if ((resource && rpc->resource != resource) || sn_call_cancelled(&rpc->call)) {
            node = node->next;
            continue;
        }
        sn_rpc_cancel(rpc, SN_ERR_CANCELLED);
        node = server->rpcs.next;
    }
}

void sn_server_cancel_resource(struct sn_server *server, const struct sn_resource *resource)
{
    cancel(server, resource);
}

void sn_server_cancel_all(struct sn_server *server)
{
    cancel(server, NULL);
}
