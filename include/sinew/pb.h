/* SPDX-License-Identifier: Apache-2.0
 *
 * Protobuf codec. A message is a plain C struct; a const table says where its fields are; one
 * decoder and one encoder work on any table. Tables come from tools/pbgen (generated structs) or
 * from descriptors at run time (schema.h). No malloc, no OS: memory is the arena handed in.
 *
 * A zeroed struct is an empty message. In a struct
 *   scalar, enum   C type (enum: int32_t, any value); zero is absent unless `has_<field>` exists
 *   string, bytes  struct sn_str, borrowed from the decoded bytes or whatever the writer put there
 *   sub-message    pointer, NULL is absent
 *   repeated       SN_PB_LIST(type): `v[0..n)` in one piece
 *   map            SN_PB_LIST of { key, value }; a key that is there twice counts where it is last
 *   oneof          `which_<oneof>` (a field number, 0 = none) and the union's members
 *   optional       `has_<field>` beside the field
 *
 * Names (tools/pbgen): `pb_` + package without `viam.`, `component.` and `.v1`, dots as `_`, +
 * message in snake case: struct pb_motor_set_power_request with the table
 * pb_motor_set_power_request_msg; enum constants carry the same prefix in upper case before their
 * own name; service table pb_motor_motor_service. Field numbers of a oneof are constants:
 * PB_GOOGLE_VALUE_KIND_NUMBER_VALUE.
 *
 * Thread: any, nothing is shared. Nothing blocks.
 * Source: protobuf.dev, "Encoding" and "Proto3 language guide".
 */
#ifndef SINEW_PB_H
#define SINEW_PB_H

#include "sinew/arena.h"
#include "sinew/err.h"
#include "sinew/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum {
    /* Messages within messages (map entries and groups count); the other implementations' limit. */
    SN_PB_DEPTH_MAX = 100,
    /* One serialized message, as in every implementation. */
    SN_PB_SIZE_MAX = INT32_MAX,
    SN_PB_NUMBER_MAX = 536870911,
    /* Of sn_pb_encode: a frame's head, not a frame. */
    SN_PB_HEADROOM_MAX = 256,
};

/* Values of FieldDescriptorProto.Type. Groups (10) are proto2's and only skipped. */
enum sn_pb_type {
    SN_PB_DOUBLE = 1,
    SN_PB_FLOAT = 2,
    SN_PB_INT64 = 3,
    SN_PB_UINT64 = 4,
    SN_PB_INT32 = 5,
    SN_PB_FIXED64 = 6,
    SN_PB_FIXED32 = 7,
    SN_PB_BOOL = 8,
    SN_PB_STRING = 9,
    SN_PB_GROUP = 10,
    SN_PB_MESSAGE = 11,
    SN_PB_BYTES = 12,
    SN_PB_UINT32 = 13,
    SN_PB_ENUM = 14,
    SN_PB_SFIXED32 = 15,
    SN_PB_SFIXED64 = 16,
    SN_PB_SINT32 = 17,
    SN_PB_SINT64 = 18,
    SN_PB_TYPE_COUNT
};

enum sn_pb_flag {
    SN_PB_REPEATED = 1,  /* SN_PB_LIST */
    SN_PB_PACKED = 2,    /* repeated, written packed; read either way */
    SN_PB_MAP = 4,       /* repeated, of entries */
    SN_PB_OPTIONAL = 8,  /* `presence` is the offset of a bool */
    SN_PB_ONEOF = 16,    /* `presence` is the offset of the uint32_t which_ */
    SN_PB_REQUIRED = 32, /* always written: key and value of a map entry */
    SN_PB_INLINE = 64,   /* sub-message in place instead of a pointer: value of a map entry */
};

struct sn_pb_field {
    uint32_t number;
    uint16_t offset;   /* of the value, bytes from the struct's start */
    uint16_t presence; /* see the flags */
    uint8_t type;      /* enum sn_pb_type */
    uint8_t flags;     /* enum sn_pb_flag */
    uint16_t sub;      /* SN_PB_MESSAGE: index into the message's subs */
};

/* sn_pb_msg.unknown of a message that drops fields it does not know. */
enum { SN_PB_NO_UNKNOWN = UINT16_MAX };

struct sn_pb_msg {
    const struct sn_pb_msg *const *subs;
    uint16_t size;               /* bytes of the struct */
    uint16_t count;              /* fields */
    uint16_t dense;              /* fields[i].number == i + 1 for i < dense */
    uint16_t unknown;            /* offset of a struct sn_pb_unknown or SN_PB_NO_UNKNOWN */
    struct sn_pb_field fields[]; /* by number */
};

#define SN_PB_LIST(type) \
    struct {             \
        type *v;         \
        uint32_t n, cap; \
    }

/* Unknown fields as they came, in order, tags included; written back behind the known ones. */
struct sn_pb_unknown {
    struct sn_str *v;
    uint32_t n, cap;
};

enum sn_pb_method_flag {
    SN_PB_CLIENT_STREAMING = 1,
    SN_PB_SERVER_STREAMING = 2,
    SN_PB_SAFETY_HEARTBEAT = 4, /* option viam.common.v1.safety_heartbeat_monitored */
};

struct sn_pb_method {
    const char *name; /* "SetPower" */
    const struct sn_pb_msg *request, *response;
    uint8_t flags; /* enum sn_pb_method_flag */
};

struct sn_pb_service {
    const char *name;                   /* "viam.component.motor.v1.MotorService" */
    const struct sn_pb_method *methods; /* in the order of the proto file */
    uint16_t count;
};

/* Merges `bytes` into `*out`, which is a valid message of table `msg` (zeroed: a fresh decode).
 * Strings and bytes point into `bytes`, which must live as long as the message; all else is the
 * arena's, whose limit is the budget. Strings must be UTF-8.
 * Errors: INVALID_ARGUMENT (malformed, too deep, too long), RESOURCE_EXHAUSTED (arena); `*out` is
 * then valid memory but half filled. */
int sn_pb_decode(const struct sn_pb_msg *msg, void *out, const void *bytes, size_t len,
                 struct sn_arena *arena) SN_MUST_USE;

/* Serializes `*in` into the arena. The `headroom` bytes (up to SN_PB_HEADROOM_MAX) right before
 * `ret_bytes->ptr` are the caller's to write (a frame's head goes there without a copy); so are the
 * bytes themselves. Equal structs give equal bytes: fields by number, lists and maps in their
 * order. Errors: INVALID_ARGUMENT (a string is not UTF-8, too deep, too long), RESOURCE_EXHAUSTED.
 */
int sn_pb_encode(const struct sn_pb_msg *msg, const void *in, struct sn_arena *arena,
                 size_t headroom, struct sn_str *ret_bytes) SN_MUST_USE;

/* A zeroed element more at the end of a SN_PB_LIST of `size`-byte elements; NULL when the arena is
 * exhausted. Elements may move. */
void *sn_pb_list_add(void *list, size_t size, struct sn_arena *arena) SN_MUST_USE;

/* The same with the element's type: `double *value = sn_pb_add(&message->values, arena);` */
#define sn_pb_add(list, arena) \
    ((__typeof__((list)->v))sn_pb_list_add((list), sizeof(*(list)->v), (arena)))

/* Makes room for `n` elements in all, so that the next additions neither fail nor move anything.
 * Errors: RESOURCE_EXHAUSTED. */
int sn_pb_list_reserve(void *list, size_t size, uint32_t n, struct sn_arena *arena) SN_MUST_USE;

/* Drops the entries of a map whose key is there again later, keeping the order of the rest;
 * `entry` is the table of its entries (pb_google_struct_fields_entry_msg for a Struct's fields).
 * O(n log n), with memory of the arena. Errors: RESOURCE_EXHAUSTED. */
int sn_pb_map_compact(const struct sn_pb_msg *entry, void *list, struct sn_arena *arena)
    SN_MUST_USE;

/* NULL when the message has no such field. */
const struct sn_pb_field *sn_pb_field_find(const struct sn_pb_msg *msg, uint32_t number);

/* One field of raw bytes. A group is one field, without what is in it. */
struct sn_pb_raw {
    uint32_t number;
    uint8_t wire;        /* wire type: 0 varint, 1 64 bit, 2 length-delimited, 3 group, 5 32 bit */
    uint64_t value;      /* varint, 64 bit, 32 bit */
    struct sn_str bytes; /* length-delimited */
};

/* Takes the next field from the front of `*bytes`. 1: `*ret_raw` is filled; 0: `*bytes` was empty;
 * INVALID_ARGUMENT: malformed. */
int sn_pb_raw_next(struct sn_str *bytes, struct sn_pb_raw *ret_raw) SN_MUST_USE;

/* The string (or bytes, or sub-message) at the end of `path`, field numbers from the outermost
 * message inwards, without decoding: for routing a message by its name field. The last occurrence
 * wins at each step; absent is an empty string. UTF-8 is not checked.
 * Errors: INVALID_ARGUMENT. */
int sn_pb_peek(struct sn_str bytes, const uint32_t *path, size_t path_len, struct sn_str *ret_value)
    SN_MUST_USE;

#ifdef __cplusplus
}
#endif

#endif
