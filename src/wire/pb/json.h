/* SPDX-License-Identifier: Apache-2.0
 *
 * Messages as JSON and back, for messages decoded with run-time tables (schema.h). A generated
 * struct goes through its bytes: sn_pb_encode, sn_pb_decode with the run-time table.
 *
 * Thread: any. Nothing blocks. Depth is limited as in the codec, size by the arena.
 * Source: protobuf.dev, "ProtoJSON format".
 */
#ifndef SINEW_WIRE_PB_JSON_H
#define SINEW_WIRE_PB_JSON_H

#include "wire/pb/schema.h"

enum sn_pb_json_flag {
    SN_PB_JSON_PROTO_NAMES = 1,    /* writing: board_name instead of boardName */
    SN_PB_JSON_IGNORE_UNKNOWN = 2, /* reading: skip fields and enum names that are not known */
};

/* Writes `*in`, a message of `msg->table`, as one line in the arena. Fields that are not set are
 * left out. sn_pb_json_parse reads names of either kind back.
 * Errors: INVALID_ARGUMENT (a value JSON has no form for: a bad time, an Any of an unknown type, a
 * string that is not UTF-8, too deep), RESOURCE_EXHAUSTED. */
int sn_pb_json_write(const struct sn_pb_schema_msg *msg, const void *in, unsigned flags,
                     struct sn_arena *arena, struct sn_str *ret_text, struct sn_error *error)
    SN_MUST_USE;

/* Reads `text` into `*out`, a zeroed struct of `msg->table->size` bytes. Strings without escapes
 * point into `text`.
 * Errors: INVALID_ARGUMENT (`error`, may be NULL, names the line, column and field),
 * RESOURCE_EXHAUSTED. */
int sn_pb_json_parse(const struct sn_pb_schema_msg *msg, void *out, struct sn_str text,
                     unsigned flags, struct sn_arena *arena, struct sn_error *error) SN_MUST_USE;

#endif
