/* SPDX-License-Identifier: Apache-2.0
 *
 * What the codec's own files share: wire types, varints, scalar access. Internal to wire/pb.
 * Reading functions return where they stopped, or NULL when the bytes are malformed; they never
 * look at or beyond `end`.
 */
#ifndef SINEW_WIRE_PB_WIRE_H
#define SINEW_WIRE_PB_WIRE_H

#include "sinew/pb.h"

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

/* Where reading stopped, NULL when the bytes are malformed, and what was read. By value: an address
 * taken would cost a stack guard in every reader. */
struct sn_pb_read {
    const uint8_t *p;
    uint64_t value;
};

/* Text that is not plain ASCII: whether it is well-formed UTF-8. */
bool sn_pb_utf8_valid_long(const char *text, size_t len);

/* Varints of more than one byte, and tags likewise. */
struct sn_pb_read sn_pb_varint_long(const uint8_t *p, const uint8_t *end);
struct sn_pb_read sn_pb_tag_long(const uint8_t *p, const uint8_t *end);

/* Passes over the value behind `tag`; groups to their end tag, at most `depth` within another. */
const uint8_t *sn_pb_skip(const uint8_t *p, const uint8_t *end, uint32_t tag, int depth);

/* Room for `extra` elements more of `size` bytes, at least doubling what is there. */
bool sn_pb_list_room(struct sn_pb_any_list *list, size_t size, uint32_t extra,
                     struct sn_arena *arena);

static inline struct sn_pb_read sn_pb_varint(const uint8_t *p, const uint8_t *end)
{
    if (SN_PB_LIKELY(p < end && *p < 0x80))
        return (struct sn_pb_read){p + 1, *p};
    return sn_pb_varint_long(p, end);
}

static inline struct sn_pb_read sn_pb_tag(const uint8_t *p, const uint8_t *end)
{
    if (SN_PB_LIKELY(p < end && *p < 0x80))
        return (struct sn_pb_read){p + 1, *p};
    return sn_pb_tag_long(p, end);
}

/* The length before a length-delimited value; p is then the value's start. */
static inline struct sn_pb_read sn_pb_len(const uint8_t *p, const uint8_t *end)
{
    struct sn_pb_read len = sn_pb_varint(p, end);

    if (SN_PB_UNLIKELY(!len.p || len.value > (size_t)(end - len.p)))
        len.p = NULL;
    return len;
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

/* Words that overlap instead of a loop over the last bytes: nearly all strings are short. */
static inline bool sn_pb_is_ascii(const char *p, size_t len)
{
    const uint64_t high = 0x8080808080808080u;
    uint64_t bits;

    if (len >= 8) {
        bits = sn_pb_load64(p + len - 8);
        for (size_t i = 0; i + 8 <= len; i += 8)
            bits |= sn_pb_load64(p + i);
    } else if (len >= 4) {
        bits = sn_pb_load32(p) | sn_pb_load32(p + len - 4);
    } else {
        bits = len ? (uint64_t)(unsigned char)(p[0] | p[len / 2] | p[len - 1]) : 0;
    }
    return !(bits & high);
}

/* True when the bytes are well-formed UTF-8 (no surrogates, nothing overlong). */
static inline bool sn_pb_utf8_valid(const char *text, size_t len)
{
    return SN_PB_LIKELY(sn_pb_is_ascii(text, len)) || sn_pb_utf8_valid_long(text, len);
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
