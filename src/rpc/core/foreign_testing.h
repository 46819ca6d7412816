/* SPDX-License-Identifier: Apache-2.0
 *
 * For tests: descriptors of a service that this program wasn't compiled with.
 */
#ifndef SN_RPC_FOREIGN_TESTING_H
#define SN_RPC_FOREIGN_TESTING_H

#include "pb/google/protobuf/descriptor.h"
#include "rpc/core/foreign.h"

#include <assert.h>

struct gizmo_method {
    const char *name;
    const char *field; /* the one field of its request, a string, number 2 */
    uint8_t flags;     /* enum sn_pb_method_flag */
};

struct gizmo_file {
    const char *name, *package;
    const char *import;                 /* may be NULL */
    const char *service;                /* "GizmoService"; NULL: none */
    const struct gizmo_method *methods; /* ends with a row without a name */
    const char *type;                   /* a message more; may be NULL */
};

/* The four kinds of call. */
static const struct gizmo_method gizmo_methods[] = {
    {"DoOne", "name", 0},
    {"DoOneClientStream", "name", SN_PB_CLIENT_STREAMING},
    {"DoOneServerStream", "name", SN_PB_SERVER_STREAMING},
    {"DoOneBiDiStream", "name", SN_PB_CLIENT_STREAMING | SN_PB_SERVER_STREAMING},
    {"DoNameless", "title", 0},
    {0},
};

#define GIZMO_API "acme:component:gizmo"
#define GIZMO_SERVICE "acme.component.gizmo.v1.GizmoService"

static const struct gizmo_file gizmo_v1 = {
    "gizmo.proto", "acme.component.gizmo.v1", NULL, "GizmoService", gizmo_methods, NULL};

static inline void *gizmo_must(void *memory)
{
    assert(memory);
    return memory;
}

static inline void gizmo_add_message(struct pb_google_file_descriptor_proto *proto,
                                     struct sn_str name, const char *field, struct sn_arena *arena)
{
    struct pb_google_descriptor_proto *message = gizmo_must(sn_pb_add(&proto->message_type, arena));

    message->name = name;
    message->has_name = true;
    if (!field)
        return;
    *(struct pb_google_field_descriptor_proto *)gizmo_must(sn_pb_add(&message->field, arena)) =
        (struct pb_google_field_descriptor_proto){
            .name = sn_str_of(field),
            .has_name = true,
            .number = 2,
            .has_number = true,
            .label = PB_GOOGLE_FIELD_DESCRIPTOR_PROTO_LABEL_OPTIONAL,
            .has_label = true,
            .type = PB_GOOGLE_FIELD_DESCRIPTOR_PROTO_TYPE_STRING,
            .has_type = true};
}

static inline void gizmo_add_method(struct pb_google_file_descriptor_proto *proto,
                                    struct pb_google_service_descriptor_proto *service,
                                    const struct gizmo_method *method, struct sn_arena *arena)
{
    struct sn_str request = sn_arena_printf(arena, "%sRequest", method->name);
    struct sn_str response = sn_arena_printf(arena, "%sResponse", method->name);

    gizmo_add_message(proto, request, method->field, arena);
    gizmo_add_message(proto, response, NULL, arena);
    *(struct pb_google_method_descriptor_proto *)gizmo_must(
        sn_pb_add(&service->method, arena)) = (struct pb_google_method_descriptor_proto){
        .name = sn_str_of(method->name),
        .has_name = true,
        .input_type = sn_arena_printf(arena, ".%.*s.%s", SN_STR_ARGS(proto->package), request.ptr),
        .has_input_type = true,
        .output_type =
            sn_arena_printf(arena, ".%.*s.%s", SN_STR_ARGS(proto->package), response.ptr),
        .has_output_type = true,
        .client_streaming = method->flags & SN_PB_CLIENT_STREAMING,
        .has_client_streaming = true,
        .server_streaming = method->flags & SN_PB_SERVER_STREAMING,
        .has_server_streaming = true};
}

/* The file, serialized in the arena. */
static inline struct sn_pb_schema_file gizmo_make(const struct gizmo_file *file,
                                                  struct sn_arena *arena)
{
    struct pb_google_file_descriptor_proto proto = {.name = sn_str_of(file->name),
                                                    .has_name = true,
                                                    .package = sn_str_of(file->package),
                                                    .has_package = true,
                                                    .syntax = SN_STR("proto3"),
                                                    .has_syntax = true};
    struct sn_pb_schema_file made = {.name = proto.name};

    if (file->import)
        *(struct sn_str *)gizmo_must(sn_pb_add(&proto.dependency, arena)) = sn_str_of(file->import);
    if (file->type)
        gizmo_add_message(&proto, sn_str_of(file->type), "name", arena);
    if (file->service) {
        struct pb_google_service_descriptor_proto *service =
            gizmo_must(sn_pb_add(&proto.service, arena));

        service->name = sn_str_of(file->service);
        service->has_name = true;
        for (const struct gizmo_method *method = file->methods; method->name; method++)
            gizmo_add_method(&proto, service, method, arena);
    }
    int code = sn_pb_encode(&pb_google_file_descriptor_proto_msg, &proto, arena, 0, &made.bytes);
    assert(code == 0);
    (void)code;
    return made;
}

#endif
