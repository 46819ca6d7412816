/* SPDX-License-Identifier: Apache-2.0
 *
 * The encoder writes from the end of its buffer to the front: the last field first, each value
 * before its length and tag. So a length is known when it is written, in one pass. The put
 * functions return false after setting the encoder's error.
 *
 *   buf        low                     p               buf + cap
 *    | headroom | free                 | written        |
 *
 * Source: protobuf.dev, "Encoding".
 */
#include "wire/pb/wire.h"

struct encoder {
    struct sn_arena *arena;
    char *buf, *low, *p;
    size_t cap, headroom;
    int depth; /* levels that may still be entered */
    int error;
};

enum {
    BUFFER_FIRST = 256,
    TAG_MAX = 5,
    SCALAR_MAX = SN_PB_VARINT_MAX + TAG_MAX,
};

static bool message_encode(struct encoder *e, const struct sn_pb_msg *msg, const char *in);

static SN_PB_COLD bool fail(struct encoder *e, int error)
{
    e->error = error;
    return false;
}

/* Takes at least `need` bytes and with them what else is left of their block, so that a message
 * of usual size is never moved. buffer_return() gives back what was not used. */
static bool buffer_take(struct encoder *e, size_t need)
{
    struct sn_arena *arena = e->arena;
    size_t room = (size_t)(arena->end - arena->cur) & ~(size_t)7;
    size_t cap = (need + 7) & ~(size_t)7;

    if (cap < room)
        cap = room;
    e->buf = sn_arena_alloc(arena, cap);
    if (!e->buf)
        return fail(e, SN_ERR_RESOURCE_EXHAUSTED);
    if (e->buf + cap == arena->cur) {
        size_t rest = (size_t)(arena->end - arena->cur) & ~(size_t)7;
        cap += rest;
        arena->cur += rest;
    }
    e->cap = cap;
    e->low = e->buf + e->headroom;
    e->p = e->buf + cap;
    return true;
}

/* Gives the buffer's bytes before `used` back to the arena, where they are the end of its block. */
static void buffer_return(struct encoder *e, char *used)
{
    if (e->buf && e->buf + e->cap == e->arena->cur) {
        e->arena->cur = e->buf;
        e->arena->end = used;
    }
}

/* The buffer was too small for `n` bytes more: moves what is written to a larger one. */
static SN_PB_COLD bool buffer_grow(struct encoder *e, size_t n)
{
    struct encoder old = *e;
    size_t used = (size_t)(e->buf + e->cap - e->p);
    size_t slack = used + BUFFER_FIRST;

    if (n > SN_PB_SIZE_MAX - used)
        return fail(e, SN_ERR_INVALID_ARGUMENT);
    if (slack > SN_PB_SIZE_MAX - used - n)
        slack = SN_PB_SIZE_MAX - used - n;
    /* What is written stays where it is meanwhile: the new piece is larger than the old. */
    buffer_return(e, e->arena->end);
    if (!buffer_take(e, e->headroom + used + n + slack))
        return false;
    e->p -= used;
    memcpy(e->p, old.p, used);
    return true;
}

/* True when `n` bytes can be written before p. */
static inline bool room(struct encoder *e, size_t n)
{
    return SN_PB_LIKELY((size_t)(e->p - e->low) >= n) || buffer_grow(e, n);
}

static inline void varint_put(struct encoder *e, uint64_t value)
{
    if (SN_PB_LIKELY(value < 0x80)) {
        *--e->p = (char)value;
        return;
    }
    unsigned len = (unsigned)(63 - __builtin_clzll(value)) / 7 + 1;
    char *p = e->p -= len;
    for (; value >= 0x80; value >>= 7)
        *p++ = (char)(value | 0x80);
    *p = (char)value;
}

static inline void tag_put(struct encoder *e, uint32_t number, uint32_t wire)
{
    varint_put(e, number << 3 | wire);
}

static uint64_t sign_extended(uint32_t value)
{
    return (uint64_t)(int64_t)(int32_t)value;
}

/* What a varint field's value is on the wire. */
static inline uint64_t varint_load(uint8_t type, const char *slot)
{
    switch (type) {
    case SN_PB_BOOL:
        return *slot != 0;
    case SN_PB_UINT32:
        return sn_pb_load32(slot);
    case SN_PB_SINT32: {
        uint32_t value = sn_pb_load32(slot);
        return (uint32_t)(value << 1 ^ (0 - (value >> 31)));
    }
    case SN_PB_SINT64: {
        uint64_t value = sn_pb_load64(slot);
        return value << 1 ^ (0 - (value >> 63));
    }
    case SN_PB_INT64:
    case SN_PB_UINT64:
        return sn_pb_load64(slot);
    default: /* int32, enum */
        return sign_extended(sn_pb_load32(slot));
    }
}

/* Length and tag before the `len` bytes written last. */
static inline bool head_put(struct encoder *e, uint32_t number, size_t len)
{
    if (!room(e, SCALAR_MAX))
        return false;
    varint_put(e, len);
    tag_put(e, number, SN_PB_WIRE_LEN);
    return true;
}

static inline bool bytes_put(struct encoder *e, const void *bytes, size_t len)
{
    if (!room(e, len))
        return false;
    e->p -= len;
    if (len)
        memcpy(e->p, bytes, len);
    return true;
}

static bool string_encode(struct encoder *e, const struct sn_pb_field *field, const char *slot)
{
    struct sn_str s;

    memcpy(&s, slot, sizeof s);
    if (field->type == SN_PB_STRING && SN_PB_UNLIKELY(!sn_pb_utf8_valid(s.ptr, s.len)))
        return fail(e, SN_ERR_INVALID_ARGUMENT);
    return bytes_put(e, s.ptr, s.len) && head_put(e, field->number, s.len);
}

/* `in` NULL is an empty message. */
static bool submessage_encode(struct encoder *e, const struct sn_pb_msg *sub, uint32_t number,
                              const char *in)
{
    size_t behind = (size_t)(e->buf + e->cap - e->p);

    if (e->depth == 0)
        return fail(e, SN_ERR_INVALID_ARGUMENT);
    e->depth--;
    if (in && !message_encode(e, sub, in))
        return false;
    e->depth++;
    return head_put(e, number, (size_t)(e->buf + e->cap - e->p) - behind);
}

/* One value with its tag; `slot` is where it is. */
static bool value_encode(struct encoder *e, const struct sn_pb_msg *msg,
                         const struct sn_pb_field *field, const char *slot)
{
    uint8_t wire = sn_pb_wire_of[field->type];

    if (field->type == SN_PB_MESSAGE) {
        bool in_place = field->flags & (SN_PB_INLINE | SN_PB_REPEATED);
        return submessage_encode(e, msg->subs[field->sub], field->number,
                                 in_place ? slot : sn_pb_load_ptr(slot));
    }
    if (wire == SN_PB_WIRE_LEN)
        return string_encode(e, field, slot);
    if (!room(e, SCALAR_MAX))
        return false;
    if (wire == SN_PB_WIRE_VARINT) {
        varint_put(e, varint_load(field->type, slot));
    } else {
        size_t size = wire == SN_PB_WIRE_64 ? 8 : 4;
        e->p -= size;
        memcpy(e->p, slot, size);
    }
    tag_put(e, field->number, wire);
    return true;
}

static bool packed_encode(struct encoder *e, const struct sn_pb_field *field,
                          const struct sn_pb_any_list *list)
{
    size_t size = sn_pb_size_of[field->type];
    size_t behind = (size_t)(e->buf + e->cap - e->p);

    if (sn_pb_wire_of[field->type] != SN_PB_WIRE_VARINT)
        return bytes_put(e, list->v, list->n * size) && head_put(e, field->number, list->n * size);
    for (uint32_t i = list->n; i-- > 0;) {
        if (!room(e, SN_PB_VARINT_MAX))
            return false;
        varint_put(e, varint_load(field->type, (const char *)list->v + i * size));
    }
    return head_put(e, field->number, (size_t)(e->buf + e->cap - e->p) - behind);
}

static bool list_encode(struct encoder *e, const struct sn_pb_msg *msg,
                        const struct sn_pb_field *field, const struct sn_pb_any_list *list)
{
    size_t size =
        field->type == SN_PB_MESSAGE ? msg->subs[field->sub]->size : sn_pb_size_of[field->type];

    if (field->flags & SN_PB_PACKED)
        return packed_encode(e, field, list);
    for (uint32_t i = list->n; i-- > 0;) {
        if (!value_encode(e, msg, field, (const char *)list->v + i * size))
            return false;
    }
    return true;
}

static bool unknown_encode(struct encoder *e, const struct sn_pb_unknown *unknown)
{
    for (uint32_t i = unknown->n; i-- > 0;) {
        if (!bytes_put(e, unknown->v[i].ptr, unknown->v[i].len))
            return false;
    }
    return true;
}

static bool message_encode(struct encoder *e, const struct sn_pb_msg *msg, const char *in)
{
    if (msg->unknown != SN_PB_NO_UNKNOWN && !unknown_encode(e, (const void *)(in + msg->unknown)))
        return false;
    for (uint32_t i = msg->count; i-- > 0;) {
        const struct sn_pb_field *field = &msg->fields[i];

        if (field->flags & SN_PB_REPEATED) {
            const struct sn_pb_any_list *list = (const void *)(in + field->offset);
            if (list->n && !list_encode(e, msg, field, list))
                return false;
        } else if (sn_pb_is_present(field, in)) {
            if (!value_encode(e, msg, field, in + field->offset))
                return false;
        }
    }
    return true;
}

int sn_pb_encode(const struct sn_pb_msg *msg, const void *in, struct sn_arena *arena,
                 size_t headroom, struct sn_str *ret_bytes)
{
    struct encoder e = {.arena = arena, .headroom = headroom, .depth = SN_PB_DEPTH_MAX};

    if (headroom > SN_PB_HEADROOM_MAX)
        return SN_ERR_INVALID_ARGUMENT;
    if (!buffer_take(&e, headroom + BUFFER_FIRST))
        return e.error;
    bool ok = message_encode(&e, msg, in);
    size_t len = (size_t)(e.buf + e.cap - e.p);
    buffer_return(&e, ok ? e.p - headroom : e.buf + e.cap);
    if (ok)
        *ret_bytes = (struct sn_str){e.p, len};
    return e.error;
}
