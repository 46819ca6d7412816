/* SPDX-License-Identifier: Apache-2.0
 *
 * Custom APIs: their tables, and the glue on both sides of a call. Loop thread.
 */
#include "sdk/custom.h"
#include "sinew/list.h"

/* ---- serving ---- */

static int send(struct sn_custom_sink *sink, const void *response)
{
    return sn_rpc_send(sn_rpc_of(sink->call), response);
}

static const struct sn_custom_method *method_of(const struct sn_rpc *rpc)
{
    const struct sn_api *api = sn_container_of(rpc->method->service, struct sn_api, service);
    const struct sn_custom_method *method =
        sn_container_of(api, struct sdk_custom, api)->definition->methods;

    while (strcmp(method->name, rpc->method->pb->name) != 0)
        method++;
    return method;
}

static int handle_unary(struct sn_rpc *rpc, void *self, const void *request, void *response)
{
    const struct sn_custom_method *method = method_of(rpc);
    int code = sn_resource_enter(self, &rpc->call, method->kind);

    return code ? code : method->unary(&rpc->call, self, request, response);
}

static int handle_stream(struct sn_rpc *rpc, void *self, const void *request, void *response)
{
    const struct sn_custom_method *method = method_of(rpc);
    struct sn_custom_sink *sink = sn_arena_alloc(&rpc->arena, sizeof(*sink));
    int code = sn_resource_enter(self, &rpc->call, method->kind);

    if (!sink)
        return SN_ERR_RESOURCE_EXHAUSTED;
    *sink = (struct sn_custom_sink){send, &rpc->call};
    return code ? code : method->stream(&rpc->call, self, request, sink);
}

static int begin_duplex(struct sn_call *call, void *self, const void *request, void *response,
                        struct sn_duplex *duplex)
{
    const struct sn_custom_method *method = method_of(sn_rpc_of(call));
    int code = sn_resource_enter(self, call, method->kind);

    return code ? code : method->duplex(call, self, request, response, duplex);
}

static int handle_duplex(struct sn_rpc *rpc, void *self, const void *request, void *response)
{
    return sn_rpc_duplex(rpc, self, request, response, begin_duplex);
}

/* ---- tables ---- */

/* A message that is its bytes. */
static const struct sn_pb_msg bytes_msg = {
    .size = sizeof(struct sn_custom_message),
    .unknown = offsetof(struct sn_custom_message, fields),
};

int sn_custom_set(void *message, struct sn_str bytes, struct sn_arena *arena)
{
    struct sn_custom_message *m = message;
    struct sn_str *piece;

    m->fields.n = 0;
    piece = sn_pb_add(&m->fields, arena);
    if (!piece)
        return SN_ERR_RESOURCE_EXHAUSTED;
    *piece = bytes;
    return 0;
}

static int no_memory(struct sn_error *error)
{
    return sn_error_set(error, SN_ERR_RESOURCE_EXHAUSTED, "out of memory");
}

/* The service out of its descriptors alone. */
static int make_pb(const struct sn_pb_schema_service *service, struct sn_arena *arena,
                   const struct sn_pb_service **ret_pb)
{
    struct sn_pb_service *pb = sn_arena_zalloc(arena, sizeof(*pb));
    struct sn_pb_method *methods = sn_arena_zalloc(arena, service->count * sizeof(*methods));
    struct sn_str name = sn_arena_copy(arena, service->name);

    if (!pb || !methods || !name.ptr)
        return SN_ERR_RESOURCE_EXHAUSTED;
    for (uint32_t i = 0; i < service->count; i++) {
        struct sn_str method = sn_arena_copy(arena, service->methods[i].name);

        if (!method.ptr)
            return SN_ERR_RESOURCE_EXHAUSTED;
        methods[i] =
            (struct sn_pb_method){method.ptr, &bytes_msg, &bytes_msg, service->methods[i].flags};
    }
    *pb = (struct sn_pb_service){name.ptr, methods, (uint16_t)service->count};
    *ret_pb = pb;
    return 0;
}

static const struct sn_pb_method *pb_method(const struct sn_pb_service *pb, const char *name)
{
    for (size_t i = 0; i < pb->count; i++)
        if (strcmp(pb->methods[i].name, name) == 0)
            return &pb->methods[i];
    return NULL;
}

static sn_handle_fn handle_of(const struct sn_custom_method *method, const struct sn_pb_method *pb)
{
    if (pb->flags & SN_PB_CLIENT_STREAMING)
        return method->duplex ? handle_duplex : NULL;
    if (pb->flags & SN_PB_SERVER_STREAMING)
        return method->stream ? handle_stream : NULL;
    return method->unary ? handle_unary : NULL;
}

/* The number of the field that names the resource; 0: there is none. */
static uint32_t name_field(const struct sn_pb_schema_service *service, const char *method)
{
    for (uint32_t i = 0; i < service->count; i++) {
        const struct sn_pb_schema_msg *request = service->methods[i].request;
        int field = sn_pb_schema_field(request, SN_STR("name"));

        if (!sn_str_is(service->methods[i].name, method) || field < 0)
            continue;
        return request->table->fields[field].type == SN_PB_STRING
                   ? request->table->fields[field].number
                   : 0;
    }
    return 0;
}

static int make_handlers(struct sdk_custom *custom, const struct sn_pb_schema_service *service,
                         struct sn_arena *arena, struct sn_error *error)
{
    const struct sn_custom_method *methods = custom->definition->methods;
    const struct sn_pb_service *pb = custom->api.service.pb;
    size_t count = 0;

    while (methods && methods[count].name)
        count++;
    struct sn_handler *handlers = sn_arena_zalloc(arena, (count + 1) * sizeof(*handlers));
    if (!handlers)
        return no_memory(error);
    for (size_t i = 0; i < count; i++) {
        const struct sn_pb_method *method = pb_method(pb, methods[i].name);
        sn_handle_fn handle = method ? handle_of(&methods[i], method) : NULL;

        if (!handle)
            return sn_error_set(error, SN_ERR_INVALID_ARGUMENT, "method %s of service %s %s",
                                methods[i].name, pb->name,
                                method ? "has no function of its kind" : "isn't declared");
        handlers[i] = (struct sn_handler){.method = methods[i].name,
                                          .handle = handle,
                                          .name_path = {name_field(service, methods[i].name)}};
        if (!handlers[i].name_path[0])
            return sn_error_set(error, SN_ERR_INVALID_ARGUMENT,
                                "requests of method %s of service %s have no string \"name\"",
                                methods[i].name, pb->name);
    }
    custom->api.service.handlers = handlers;
    return 0;
}

static int refuse_command(struct sn_call *call, struct sn_resource *resource,
                          const struct pb_google_struct *command,
                          struct pb_google_struct **ret_result)
{
    return sn_call_fail(call, SN_ERR_UNIMPLEMENTED, "API %s has no DoCommand but as it declares it",
                        resource->api);
}

int sdk_custom_create(const struct sn_custom_api *definition, struct sn_arena *arena,
                      struct sdk_custom **ret_custom, struct sn_error *error)
{
    struct sdk_custom *custom = sn_arena_zalloc(arena, sizeof(*custom));
    struct sn_error cause = {0};

    if (!custom)
        return no_memory(error);
    custom->definition = definition;
    custom->ops.do_command = refuse_command;
    if (sn_pb_schema_build(&custom->schema, *definition->descriptors, arena, &cause))
        return sn_error_set(error, SN_ERR_INVALID_ARGUMENT, "API %s: descriptors: %.800s",
                            definition->api, cause.text);
    const struct sn_pb_schema_service *service =
        sn_pb_schema_service(&custom->schema, sn_str_of(definition->service));
    if (!service || service->count > UINT16_MAX)
        return sn_error_set(error, SN_ERR_INVALID_ARGUMENT,
                            "API %s: its descriptors declare no service %s", definition->api,
                            definition->service);
    custom->api = (struct sn_api){.name = definition->api,
                                  .service = {definition->api, definition->pb, NULL},
                                  .size = sizeof(struct sn_resource),
                                  .proxy_ops = &custom->ops};
    if (!definition->pb && make_pb(service, arena, &custom->api.service.pb))
        return no_memory(error);
    *ret_custom = custom;
    return make_handlers(custom, service, arena, error);
}

/* ---- calling ---- */

static const struct sdk_custom *custom_of(const struct sn_resource *resource)
{
    return resource->ops;
}

/* A method that isn't there is the caller's mistake, and said as one. */
static int check_method(struct sn_call *call, const struct sn_resource *resource,
                        const char *method, uint8_t streaming)
{
    const uint8_t both = SN_PB_CLIENT_STREAMING | SN_PB_SERVER_STREAMING;
    const struct sn_pb_service *service;
    const struct sn_pb_method *pb;

    if (!resource->elsewhere)
        return sn_call_fail(call, SN_ERR_INVALID_ARGUMENT, "%s/%s is no dependency's",
                            resource->api, resource->name);
    service = custom_of(resource)->api.service.pb;
    pb = pb_method(service, method);
    if (pb && ((pb->flags & both) == streaming ||
               (streaming == both && (pb->flags & SN_PB_CLIENT_STREAMING))))
        return 0;
    return sn_call_fail(call, SN_ERR_UNIMPLEMENTED, "service %s has no method %s of that kind",
                        service->name, method);
}

int sn_custom_unary(struct sn_call *call, struct sn_resource *resource, const char *method,
                    const void *request, sn_custom_reply_fn reply, void *arg)
{
    int code = check_method(call, resource, method, 0);

    return code ? code
                : sn_client_unary(call, sn_proxy_of(resource)->channel,
                                  custom_of(resource)->api.service.pb, method, request, reply, arg);
}

int sn_custom_stream(struct sn_call *call, struct sn_resource *resource, const char *method,
                     const void *request, sn_custom_each_fn each, void *arg)
{
    int code = check_method(call, resource, method, SN_PB_SERVER_STREAMING);

    return code ? code
                : sn_client_stream(call, sn_proxy_of(resource)->channel,
                                   custom_of(resource)->api.service.pb, method, request, each, arg);
}

int sn_custom_duplex(struct sn_call *call, struct sn_resource *resource, const char *method,
                     const void *request, struct sn_duplex *duplex, sn_custom_reply_fn reply,
                     void *arg)
{
    int code =
        check_method(call, resource, method, SN_PB_CLIENT_STREAMING | SN_PB_SERVER_STREAMING);

    return code ? code
                : sn_client_duplex(call, sn_proxy_of(resource)->channel,
                                   custom_of(resource)->api.service.pb, method, request, duplex,
                                   reply, arg);
}
