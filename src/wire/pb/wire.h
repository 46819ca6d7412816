/* SPDX-License-Identifier: Apache-2.0
 *
 * What the codec's own files share: wire types, varints, scalar access. Internal to wire/pb.
 * Reading functions return where they stopped, or NULL when the bytes are malformed; they never
 * look at or beyond `end`.
 */
#ifndef SINEW_WIRE_PB_WIRE_H
#define SINEW_WIRE_PB_WIRE_H

#include "wire/pb/pb.h"

/* Packed fixed-width lists are copied as they are. */
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the wire's byte order is the host's");

#define SN_PB_LIKELY(x) __builtin_expect(!!(x), 1)
#define SN_PB_UNLIKELY(x) __builtin_expect(!!(x), 0)
#define SN_PB_COLD __attribute__((noinline, cold))

enum sn_pb_wire {
    SN_PB_WIRE_VARINT = 0,
    SN_PB_WIRE_64 = 1,
    SN_PB_WIRE_LEN = 2,
    SN_PB_WIRE_GROUP = 3,
    SN_PB_WIRE_GROUP_END = 4,
    SN_PB_WIRE_32 = 5,
};

enum { SN_PB_VARINT_MAX = 10 }; /* bytes of the longest */

/* Any SN_PB_LIST. It is read and written beside the generated, differently named list types. */
struct __attribute__((may_alias)) sn_pb_any_list {
    void *v;
    uint32_t n, cap;
};

/* By enum sn_pb_type: how a value goes over the wire, how large it is in a struct (messages: 0). */
extern const uint8_t sn_pb_wire_of[SN_PB_TYPE_COUNT];
extern const uint8_t sn_pb_size_of[SN_PB_TYPE_COUNT];

/* True when the bytes are well-formed UTF-8 (no surrogates, nothing overlong). */
bool sn_pb_utf8_valid(const char *text, size_t len);

/* Varints of more than one byte, and tags likewise. */
const uint8_t *sn_pb_varint_long(const uint8_t *p, const uint8_t *end, uint64_t *ret_value);
const uint8_t *sn_pb_tag_long(const uint8_t *p, const uint8_t *end, uint32_t *ret_tag);

/* Passes over the value behind `tag`; groups to their end tag, at most `depth` within another. */
const uint8_t *sn_pb_skip(const uint8_t *p, const uint8_t *end, uint32_t tag, int depth);

/* Room for `extra` elements more of `size` bytes, at least doubling what is there. */
bool sn_pb_list_room(struct sn_pb_any_list *list, size_t size, uint32_t extra,
                     struct sn_arena *arena);

static inline const uint8_t *sn_pb_varint(const uint8_t *p, const uint8_t *end, uint64_t *ret_value)
{
    if (SN_PB_LIKELY(p < end && *p < 0x80)) {
        *ret_value = *p;
        return p + 1;
    }
    return sn_pb_varint_long(p, end, ret_value);
}

static inline const uint8_t *sn_pb_tag(const uint8_t *p, const uint8_t *end, uint32_t *ret_tag)
{
    if (SN_PB_LIKELY(p < end && *p < 0x80)) {
        *ret_tag = *p;
        return p + 1;
    }
    return sn_pb_tag_long(p, end, ret_tag);
}

/* The length before a length-delimited value; `*ret_end` is the end of the value. */
static inline const uint8_t *sn_pb_len(const uint8_t *p, const uint8_t *end,
                                       const uint8_t **ret_end)
{
    uint64_t len;

    p = sn_pb_varint(p, end, &len);
    if (SN_PB_UNLIKELY(!p || len > (size_t)(end - p)))
        return NULL;
    *ret_end = p + len;
    return p;
}

static inline uint32_t sn_pb_load32(const void *p)
{
    uint32_t value;

    memcpy(&value, p, sizeof value);
    return value;
}

static inline uint64_t sn_pb_load64(const void *p)
{
    uint64_t value;

    memcpy(&value, p, sizeof value);
    return value;
}

static inline void *sn_pb_load_ptr(const void *p)
{
    void *value;

    memcpy(&value, p, sizeof value);
    return value;
}

/* Whether a field without presence of its own differs from its default. */
static inline bool sn_pb_is_nonzero(const struct sn_pb_field *field, const char *slot)
{
    switch (field->type) {
    case SN_PB_STRING:
    case SN_PB_BYTES:
        return ((const struct sn_str *)(const void *)slot)->len != 0;
    case SN_PB_MESSAGE:
        return sn_pb_load_ptr(slot) != NULL;
    case SN_PB_BOOL:
        return *slot != 0;
    default: /* bitwise: minus zero is written */
        return sn_pb_size_of[field->type] == 8 ? sn_pb_load64(slot) != 0 : sn_pb_load32(slot) != 0;
    }
}

/* Whether a field that is not repeated would be written. */
static inline bool sn_pb_is_present(const struct sn_pb_field *field, const char *in)
{
    if (field->flags & SN_PB_ONEOF)
        return sn_pb_load32(in + field->presence) == field->number;
    if (field->flags & SN_PB_OPTIONAL)
        return in[field->presence];
    return field->flags & SN_PB_REQUIRED || sn_pb_is_nonzero(field, in + field->offset);
}

#endif
