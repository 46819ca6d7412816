/* SPDX-License-Identifier: Apache-2.0
 *
 * Run-time tables: messages, enums and services with their names, built from serialized
 * descriptors. For JSON, REST, reflection and APIs that were not known when we were compiled. The
 * tables are ordinary codec tables (pb.h); a message decoded with one is read through the offsets
 * in it.
 *
 * Thread: built by one, then constant and free to be read by any. Nothing blocks. Lifetime: all of
 * it is in the arena and points into the descriptor bytes: both must live as long.
 * Limits: proto2 groups and extensions are left out (they are unknown fields to the tables).
 */
#ifndef SINEW_WIRE_PB_SCHEMA_H
#define SINEW_WIRE_PB_SCHEMA_H

#include "sinew/pb.h"

struct sn_pb_schema_enum_value {
    struct sn_str name;
    int32_t number;
};

struct sn_pb_schema_enum {
    struct sn_str name;                           /* full, "viam.robot.v1.PeerConnectionType" */
    const struct sn_pb_schema_enum_value *values; /* as declared */
    uint32_t count;
    bool is_null; /* google.protobuf.NullValue, whose JSON form is null */
};

struct sn_pb_schema_field {
    struct sn_str name;                          /* "board_name" */
    struct sn_str json_name;                     /* "boardName" */
    const struct sn_pb_schema_msg *msg;          /* SN_PB_MESSAGE */
    const struct sn_pb_schema_enum *enumeration; /* SN_PB_ENUM */
};

/* Messages whose JSON form is special. They use the generated tables and structs (pb_google_…), so
 * the helpers of struct.h and time.h work on them. */
enum sn_pb_known {
    SN_PB_KNOWN_NONE,
    SN_PB_KNOWN_ANY,
    SN_PB_KNOWN_DURATION,
    SN_PB_KNOWN_FIELD_MASK,
    SN_PB_KNOWN_LIST_VALUE,
    SN_PB_KNOWN_STRUCT,
    SN_PB_KNOWN_TIMESTAMP,
    SN_PB_KNOWN_VALUE,
    SN_PB_KNOWN_WRAPPER, /* DoubleValue … BytesValue */
};

struct sn_pb_schema_msg {
    struct sn_str name; /* full, "viam.common.v1.ResourceName" */
    const struct sn_pb_msg *table;
    const struct sn_pb_schema_field *fields; /* fields[i] describes table->fields[i] */
    const struct sn_pb_schema *schema;
    uint8_t known; /* enum sn_pb_known */
};

struct sn_pb_schema_method {
    struct sn_str name; /* "SetPower" */
    const struct sn_pb_schema_msg *request, *response;
    struct sn_str http; /* option google.api.http: a serialized google.api.HttpRule, or empty */
    uint8_t flags;      /* enum sn_pb_method_flag */
};

struct sn_pb_schema_service {
    struct sn_str name;                        /* full */
    const struct sn_pb_schema_method *methods; /* as declared */
    uint32_t count;
};

struct sn_pb_schema_file {
    struct sn_str name;  /* "component/motor/v1/motor.proto" */
    struct sn_str bytes; /* its serialized FileDescriptorProto */
};

struct sn_pb_schema_symbol; /* private to schema.c */

struct sn_pb_schema {
    const struct sn_pb_schema_file *files; /* as in the set */
    const struct sn_pb_schema_msg *msgs;
    const struct sn_pb_schema_enum *enums;
    const struct sn_pb_schema_service *services;
    uint32_t file_count, msg_count, enum_count, service_count;
    const struct sn_pb_schema_symbol *symbols; /* sorted by name */
    uint32_t symbol_count;
};

/* Builds `*schema` from a serialized google.protobuf.FileDescriptorSet, its files in any order:
 * every type that is named must be in the set. A grpc.reflection FileDescriptorResponse is the same
 * on the wire.
 * Errors: INVALID_ARGUMENT (malformed, a name missing or there twice), RESOURCE_EXHAUSTED (arena,
 * or a message of more than 64 KiB of fields); `error` (may be NULL) says which. */
int sn_pb_schema_build(struct sn_pb_schema *schema, struct sn_str descriptor_set,
                       struct sn_arena *arena, struct sn_error *error) SN_MUST_USE;

/* By full name without a leading dot; NULL when there is none. O(log n). */
const struct sn_pb_schema_msg *sn_pb_schema_msg(const struct sn_pb_schema *schema,
                                                struct sn_str name);
const struct sn_pb_schema_enum *sn_pb_schema_enum(const struct sn_pb_schema *schema,
                                                  struct sn_str name);
const struct sn_pb_schema_service *sn_pb_schema_service(const struct sn_pb_schema *schema,
                                                        struct sn_str name);

/* The message that a google.protobuf.Any's type_url names: what is behind the last slash. */
const struct sn_pb_schema_msg *sn_pb_schema_any(const struct sn_pb_schema *schema,
                                                struct sn_str type_url);

/* The file a message, enum, service, or "service.method" is declared in, NULL when there is
 * none: what reflection's file_containing_symbol asks for. */
const struct sn_pb_schema_file *sn_pb_schema_file_of(const struct sn_pb_schema *schema,
                                                     struct sn_str symbol);

/* A field by its proto name or its JSON name: its index in table->fields, -1 when none. */
int sn_pb_schema_field(const struct sn_pb_schema_msg *msg, struct sn_str name);

#endif
