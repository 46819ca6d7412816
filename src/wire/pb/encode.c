/* SPDX-License-Identifier: Apache-2.0
 *
 * The encoder writes from the end of its buffer to the front: the last field first, each value
 * before its length and tag. So a length is known when it is written, in one pass. Functions take
 * where to write before, and return where they began, or NULL after setting the encoder's error.
 *
 *   buf        low                     p               end
 *    | headroom | free                 | written        |
 *
 * Source: protobuf.dev, "Encoding".
 */
#include "wire/pb/wire.h"

struct encoder {
    struct sn_arena *arena;
    char *buf, *low, *end;
    size_t headroom;
    int depth; /* levels that may still be entered */
    int error;
};

enum {
    BUFFER_FIRST = 256,
    TAG_MAX = 5,
    HEAD_MAX = SN_PB_VARINT_MAX + TAG_MAX, /* length or scalar, and tag */
};

static char *message_encode(struct encoder *e, char *p, const struct sn_pb_msg *msg,
                            const char *in);

static SN_PB_COLD char *fail(struct encoder *e, int error)
{
    e->error = error;
    return NULL;
}

/* Takes at least `need` bytes and with them what else is left of their block, so that a message
 * of usual size is never moved. buffer_return() gives back what was not used. */
static char *buffer_take(struct encoder *e, size_t need)
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
    e->low = e->buf + e->headroom;
    e->end = e->buf + cap;
    return e->end;
}

/* Gives the buffer's bytes before `used` back to the arena, where they are the end of its block. */
static void buffer_return(struct encoder *e, char *used)
{
    if (e->buf && e->end == e->arena->cur) {
        e->arena->cur = e->buf;
        e->arena->end = used;
    }
}

/* The buffer is too small for `n` bytes more: moves what is written to a larger one. */
static SN_PB_COLD char *buffer_grow(struct encoder *e, const char *p, size_t n)
{
    size_t used = (size_t)(e->end - p);
    size_t slack = used + BUFFER_FIRST;

    if (n > SN_PB_SIZE_MAX - used)
        return fail(e, SN_ERR_INVALID_ARGUMENT);
    if (slack > SN_PB_SIZE_MAX - used - n)
        slack = SN_PB_SIZE_MAX - used - n;
    /* What is written stays where it is meanwhile: the new piece is larger than the old. */
    buffer_return(e, e->arena->end);
    char *end = buffer_take(e, e->headroom + used + n + slack);
    return end ? memcpy(end - used, p, used) : NULL;
}

/* `p` with `n` free bytes before it. */
static inline char *room(struct encoder *e, char *p, size_t n)
{
    return SN_PB_LIKELY((size_t)(p - e->low) >= n) ? p : buffer_grow(e, p, n);
}

static inline char *varint_put(char *p, uint64_t value)
{
    if (SN_PB_LIKELY(value < 0x80)) {
        *--p = (char)value;
        return p;
    }
    unsigned len = (unsigned)(63 - __builtin_clzll(value)) / 7 + 1;
    char *start = p -= len;
    for (; value >= 0x80; value >>= 7)
        *p++ = (char)(value | 0x80);
    *p = (char)value;
    return start;
}

static inline char *tag_put(char *p, uint32_t number, uint32_t wire)
{
    return varint_put(p, number << 3 | wire);
}

/* Length and tag before the `len` bytes that begin at p; there is room. */
static inline char *head_put(char *p, uint32_t number, size_t len)
{
    return tag_put(varint_put(p, len), number, SN_PB_WIRE_LEN);
}

/* memcpy in line for the short, which is nearly all: words that overlap. */
static inline void short_copy(char *to, const char *from, size_t len)
{
    if (len >= 8 && len <= 16) {
        uint64_t first = sn_pb_load64(from), last = sn_pb_load64(from + len - 8);
        memcpy(to, &first, 8);
        memcpy(to + len - 8, &last, 8);
    } else if (len >= 4 && len < 8) {
        uint32_t first = sn_pb_load32(from), last = sn_pb_load32(from + len - 4);
        memcpy(to, &first, 4);
        memcpy(to + len - 4, &last, 4);
    } else if (len > 16) {
        memcpy(to, from, len);
    } else if (len) {
        to[0] = from[0];
        to[len / 2] = from[len / 2];
        to[len - 1] = from[len - 1];
    }
}

/* Bytes with length and tag. */
static inline char *bytes_put(struct encoder *e, char *p, uint32_t number, const char *bytes,
                              size_t len)
{
    p = room(e, p, len <= SN_PB_SIZE_MAX ? len + HEAD_MAX : len);
    if (SN_PB_UNLIKELY(!p))
        return NULL;
    p -= len;
    short_copy(p, bytes, len);
    return head_put(p, number, len);
}

static inline char *string_put(struct encoder *e, char *p, const struct sn_pb_field *field,
                               struct sn_str s)
{
    if (field->type == SN_PB_STRING && SN_PB_UNLIKELY(!sn_pb_utf8_valid(s.ptr, s.len)))
        return fail(e, SN_ERR_INVALID_ARGUMENT);
    return bytes_put(e, p, field->number, s.ptr, s.len);
}

/* What a varint field's value is on the wire; zero for zero. */
static inline uint64_t varint_load(uint8_t type, const char *slot)
{
    uint32_t low;
    uint64_t value;

    switch (type) {
    case SN_PB_BOOL:
        return *slot != 0;
    case SN_PB_UINT32:
        return sn_pb_load32(slot);
    case SN_PB_SINT32:
        low = sn_pb_load32(slot);
        return (uint32_t)(low << 1 ^ (0 - (low >> 31)));
    case SN_PB_SINT64:
        value = sn_pb_load64(slot);
        return value << 1 ^ (0 - (value >> 63));
    case SN_PB_INT64:
    case SN_PB_UINT64:
        return sn_pb_load64(slot);
    default: /* int32, enum: negative ones go over the wire as 64 bits */
        return (uint64_t)(int64_t)(int32_t)sn_pb_load32(slot);
    }
}

static inline char *varint_encode(struct encoder *e, char *p, const struct sn_pb_field *field,
                                  uint64_t value)
{
    p = room(e, p, HEAD_MAX);
    return p ? tag_put(varint_put(p, value), field->number, SN_PB_WIRE_VARINT) : NULL;
}

static inline char *fixed_encode(struct encoder *e, char *p, const struct sn_pb_field *field,
                                 const char *slot, size_t size)
{
    p = room(e, p, HEAD_MAX);
    if (!p)
        return NULL;
    memcpy(p - size, slot, size);
    return tag_put(p - size, field->number, size == 8 ? SN_PB_WIRE_64 : SN_PB_WIRE_32);
}

/* `in` NULL is an empty message. */
static char *submessage_encode(struct encoder *e, char *p, const struct sn_pb_msg *sub,
                               uint32_t number, const char *in)
{
    size_t behind = (size_t)(e->end - p);

    if (SN_PB_UNLIKELY(e->depth == 0))
        return fail(e, SN_ERR_INVALID_ARGUMENT);
    e->depth--;
    if (in)
        p = message_encode(e, p, sub, in);
    e->depth++;
    p = p ? room(e, p, HEAD_MAX) : NULL;
    return p ? head_put(p, number, (size_t)(e->end - p) - behind) : NULL;
}

/* One value with its tag; `slot` is where it is, a message behind a pointer there unless
 * `in_place`. Without `always`, zero is left out. */
static inline char *value_encode(struct encoder *e, char *p, const struct sn_pb_msg *msg,
                                 const struct sn_pb_field *field, const char *slot, bool in_place,
                                 bool always)
{
    if (field->type == SN_PB_MESSAGE) {
        const char *in = in_place ? slot : sn_pb_load_ptr(slot);
        return in || always ? submessage_encode(e, p, msg->subs[field->sub], field->number, in) : p;
    }
    switch (sn_pb_wire_of[field->type]) {
    case SN_PB_WIRE_VARINT: {
        uint64_t value = varint_load(field->type, slot);
        return value || always ? varint_encode(e, p, field, value) : p;
    }
    case SN_PB_WIRE_64: /* bitwise: minus zero is written */
        return always || sn_pb_load64(slot) ? fixed_encode(e, p, field, slot, 8) : p;
    case SN_PB_WIRE_32:
        return always || sn_pb_load32(slot) ? fixed_encode(e, p, field, slot, 4) : p;
    default: {
        struct sn_str s = *(const struct sn_str *)(const void *)slot;
        return always || s.len ? string_put(e, p, field, s) : p;
    }
    }
}

static char *packed_encode(struct encoder *e, char *p, const struct sn_pb_field *field,
                           const struct sn_pb_any_list *list)
{
    size_t size = sn_pb_size_of[field->type], behind = (size_t)(e->end - p);

    if (sn_pb_wire_of[field->type] != SN_PB_WIRE_VARINT)
        return bytes_put(e, p, field->number, list->v, list->n * size);
    for (uint32_t i = list->n; i-- > 0;) {
        p = room(e, p, SN_PB_VARINT_MAX);
        if (!p)
            return NULL;
        p = varint_put(p, varint_load(field->type, (const char *)list->v + i * size));
    }
    p = room(e, p, HEAD_MAX);
    return p ? head_put(p, field->number, (size_t)(e->end - p) - behind) : NULL;
}

static char *list_encode(struct encoder *e, char *p, const struct sn_pb_msg *msg,
                         const struct sn_pb_field *field, const struct sn_pb_any_list *list)
{
    size_t size =
        field->type == SN_PB_MESSAGE ? msg->subs[field->sub]->size : sn_pb_size_of[field->type];

    if (field->flags & SN_PB_PACKED && list->n)
        return packed_encode(e, p, field, list);
    for (uint32_t i = list->n; p && i-- > 0;)
        p = value_encode(e, p, msg, field, (const char *)list->v + i * size, true, true);
    return p;
}

/* A field whose presence is not that of its value: by flag, or always there. */
static char *explicit_encode(struct encoder *e, char *p, const struct sn_pb_msg *msg,
                             const struct sn_pb_field *field, const char *in)
{
    if (!sn_pb_is_present(field, in))
        return p;
    return value_encode(e, p, msg, field, in + field->offset, field->flags & SN_PB_INLINE, true);
}

static char *unknown_encode(struct encoder *e, char *p, const struct sn_pb_unknown *unknown)
{
    for (uint32_t i = unknown->n; i-- > 0;) {
        struct sn_str bytes = unknown->v[i];

        p = room(e, p, bytes.len);
        if (!p)
            return NULL;
        p -= bytes.len;
        short_copy(p, bytes.ptr, bytes.len);
    }
    return p;
}

static char *message_encode(struct encoder *e, char *p, const struct sn_pb_msg *msg, const char *in)
{
    if (msg->unknown != SN_PB_NO_UNKNOWN)
        p = unknown_encode(e, p, (const void *)(in + msg->unknown));
    for (uint32_t i = msg->count; p && i-- > 0;) {
        const struct sn_pb_field *field = &msg->fields[i];
        const char *slot = in + field->offset;

        if (field->flags == 0)
            p = value_encode(e, p, msg, field, slot, false, false);
        else if (field->flags & SN_PB_ONEOF && sn_pb_load32(in + field->presence) != field->number)
            continue;
        else if (field->flags & SN_PB_REPEATED)
            p = list_encode(e, p, msg, field, (const void *)slot);
        else
            p = explicit_encode(e, p, msg, field, in);
    }
    return p;
}

int sn_pb_encode(const struct sn_pb_msg *msg, const void *in, struct sn_arena *arena,
                 size_t headroom, struct sn_str *ret_bytes)
{
    struct encoder e = {.arena = arena, .headroom = headroom, .depth = SN_PB_DEPTH_MAX};

    if (headroom > SN_PB_HEADROOM_MAX)
        return SN_ERR_INVALID_ARGUMENT;
    char *p = buffer_take(&e, headroom + BUFFER_FIRST);
    if (!p)
        return e.error;
    p = message_encode(&e, p, msg, in);
    buffer_return(&e, p ? p - headroom : e.end);
    if (p)
        *ret_bytes = (struct sn_str){p, (size_t)(e.end - p)};
    return e.error;
}
