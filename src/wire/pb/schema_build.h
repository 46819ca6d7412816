/* SPDX-License-Identifier: Apache-2.0
 *
 * Building a schema, between its two files: schema.c collects what the descriptors declare, and
 * schema_table.c makes the tables. Internal to wire/pb.
 */
#ifndef SINEW_WIRE_PB_SCHEMA_BUILD_H
#define SINEW_WIRE_PB_SCHEMA_BUILD_H

#include "pb/google/protobuf/descriptor.h"
#include "wire/pb/schema.h"

enum sn_pb_symbol_kind {
    SN_PB_SYMBOL_MSG,
    SN_PB_SYMBOL_ENUM,
    SN_PB_SYMBOL_SERVICE,
    SN_PB_SYMBOL_METHOD,
};

struct sn_pb_schema_symbol {
    struct sn_str name; /* full */
    uint32_t index;     /* into the schema's array of the kind */
    uint32_t file;
    uint8_t kind; /* enum sn_pb_symbol_kind */
};

/* What a message is made from. */
struct sn_pb_msg_source {
    struct sn_str name;
    const struct pb_google_descriptor_proto *proto;
    struct sn_pb_schema_msg *msg;
    struct sn_pb_msg *table;           /* msg->table to be filled; NULL: a generated one is used */
    struct sn_pb_schema_field *fields; /* msg->fields to be filled */
    const struct sn_pb_msg **subs;     /* as many as fields */
    bool proto3;
    bool is_entry;
};

struct sn_pb_service_source {
    struct sn_str name;
    const struct pb_google_service_descriptor_proto *proto;
};

/* The lists are the scratch arena's. */
struct sn_pb_builder {
    struct sn_pb_schema *schema;
    struct sn_arena *arena;
    struct sn_arena scratch; /* for what only building needs */
    struct sn_error *error;
    SN_PB_LIST(struct sn_pb_msg_source) sources;
    SN_PB_LIST(struct sn_pb_schema_enum) enums;
    SN_PB_LIST(struct sn_pb_service_source) services;
    SN_PB_LIST(struct sn_pb_schema_symbol) symbols;
};

/* Sets the error that the arena is exhausted and returns RESOURCE_EXHAUSTED. */
int sn_pb_build_exhausted(struct sn_pb_builder *b);

/* `n` zeroed things of `size` bytes for the schema, not NULL for none; NULL after setting the
 * error. */
void *sn_pb_build_array(struct sn_pb_builder *b, size_t n, size_t size);

/* A symbol of the sorted table by full name, NULL when there is none. */
const struct sn_pb_schema_symbol *sn_pb_symbol_find(const struct sn_pb_schema *schema,
                                                    struct sn_str name);

/* Makes the tables of all messages; the symbols are sorted. Errors as sn_pb_schema_build. */
int sn_pb_tables_build(struct sn_pb_builder *b) SN_MUST_USE;

#endif
