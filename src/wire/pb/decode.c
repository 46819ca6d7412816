/* SPDX-License-Identifier: Apache-2.0
 *
 * The decoder. One loop over the tags of a message; the table says what each field is. Functions
 * return where they stopped, or NULL after setting the decoder's error.
 * Source: protobuf.dev, "Encoding".
 */
#include "wire/pb/wire.h"

struct decoder {
    struct sn_arena *arena;
    int depth; /* levels that may still be entered */
    int error;
};

static const uint8_t *message_decode(struct decoder *d, const struct sn_pb_msg *msg, char *out,
                                     const uint8_t *p, const uint8_t *end);

static SN_PB_COLD const uint8_t *malformed(struct decoder *d)
{
    d->error = SN_ERR_INVALID_ARGUMENT;
    return NULL;
}

static SN_PB_COLD const uint8_t *exhausted(struct decoder *d)
{
    d->error = SN_ERR_RESOURCE_EXHAUSTED;
    return NULL;
}

static uint32_t unzigzag32(uint32_t value)
{
    return value >> 1 ^ (0 - (value & 1));
}

static uint64_t unzigzag64(uint64_t value)
{
    return value >> 1 ^ (0 - (value & 1));
}

static inline void varint_store(uint8_t type, char *slot, uint64_t value)
{
    uint32_t low = (uint32_t)value;

    switch (type) {
    case SN_PB_BOOL:
        *slot = value != 0;
        return;
    case SN_PB_SINT32:
        low = unzigzag32(low);
        break;
    case SN_PB_SINT64:
        value = unzigzag64(value);
        memcpy(slot, &value, 8);
        return;
    case SN_PB_INT64:
    case SN_PB_UINT64:
        memcpy(slot, &value, 8);
        return;
    default: /* int32, uint32, enum: the high bits are dropped */
        break;
    }
    memcpy(slot, &low, 4);
}

/* Marks a field that is not repeated as set. */
static inline void presence_set(const struct sn_pb_field *field, char *out)
{
    if (field->flags & SN_PB_ONEOF)
        memcpy(out + field->presence, &field->number, 4);
    else if (field->flags & SN_PB_OPTIONAL)
        out[field->presence] = true;
}

/* Where the next scalar or string of a field goes; NULL when the arena is exhausted. */
static inline char *value_slot(struct decoder *d, const struct sn_pb_field *field, char *out)
{
    if (!(field->flags & SN_PB_REPEATED)) {
        presence_set(field, out);
        return out + field->offset;
    }
    struct sn_pb_any_list *list = (void *)(out + field->offset);
    size_t size = sn_pb_size_of[field->type];
    if (list->n == list->cap && !sn_pb_list_room(list, size, 1, d->arena))
        return NULL;
    return (char *)list->v + list->n++ * size;
}

static const uint8_t *varint_decode(struct decoder *d, const struct sn_pb_field *field, char *out,
                                    const uint8_t *p, const uint8_t *end)
{
    struct sn_pb_read read = sn_pb_varint(p, end);

    if (SN_PB_UNLIKELY(!read.p))
        return malformed(d);
    char *slot = value_slot(d, field, out);
    if (SN_PB_UNLIKELY(!slot))
        return exhausted(d);
    varint_store(field->type, slot, read.value);
    return read.p;
}

static inline const uint8_t *fixed_decode(struct decoder *d, const struct sn_pb_field *field,
                                          char *out, const uint8_t *p, const uint8_t *end,
                                          size_t size)
{
    if (SN_PB_UNLIKELY((size_t)(end - p) < size))
        return malformed(d);
    char *slot = value_slot(d, field, out);
    if (SN_PB_UNLIKELY(!slot))
        return exhausted(d);
    memcpy(slot, p, size);
    return p + size;
}

/* How many fields with the tag of the one whose value starts at `p` stand here in a row. So a list
 * is allocated once, at its size. */
static uint32_t run_count(const struct sn_pb_field *field, const uint8_t *p, const uint8_t *end)
{
    uint32_t want = field->number << 3 | SN_PB_WIRE_LEN, count = 0;
    struct sn_pb_read len, tag;

    do {
        count++;
        len = sn_pb_len(p, end);
        if (!len.p)
            break;
        tag = sn_pb_tag(len.p + len.value, end);
        p = tag.p;
    } while (p && tag.value == want);
    return count;
}

/* The list's next element of `size` bytes; NULL when the arena is exhausted. */
static inline char *element_add(struct decoder *d, const struct sn_pb_field *field, char *out,
                                size_t size, const uint8_t *p, const uint8_t *end)
{
    struct sn_pb_any_list *list = (void *)(out + field->offset);

    if (list->n == list->cap && !sn_pb_list_room(list, size, run_count(field, p, end), d->arena))
        return NULL;
    return (char *)list->v + list->n++ * size;
}

static const uint8_t *string_decode(struct decoder *d, const struct sn_pb_field *field, char *out,
                                    const uint8_t *p, const uint8_t *end)
{
    struct sn_pb_read len = sn_pb_len(p, end);

    if (SN_PB_UNLIKELY(!len.p))
        return malformed(d);
    struct sn_str s = {(const char *)len.p, (size_t)len.value};
    if (field->type == SN_PB_STRING && SN_PB_UNLIKELY(!sn_pb_utf8_valid(s.ptr, s.len)))
        return malformed(d);
    char *slot = field->flags & SN_PB_REPEATED ? element_add(d, field, out, sizeof s, p, end)
                                               : value_slot(d, field, out);
    if (SN_PB_UNLIKELY(!slot))
        return exhausted(d);
    memcpy(slot, &s, sizeof s);
    return len.p + len.value;
}

/* The sub-message behind a pointer: the one that is there (fields merge), else a new one. */
static char *pointee(struct decoder *d, const struct sn_pb_msg *sub,
                     const struct sn_pb_field *field, char *out)
{
    char *slot = out + field->offset;
    bool fresh = field->flags & SN_PB_ONEOF && sn_pb_load32(out + field->presence) != field->number;
    char *message = fresh ? NULL : sn_pb_load_ptr(slot);

    if (message)
        return message;
    message = sn_arena_zalloc(d->arena, sub->size);
    if (!message)
        return NULL;
    memcpy(slot, &message, sizeof message);
    presence_set(field, out);
    return message;
}

static inline char *message_slot(struct decoder *d, const struct sn_pb_msg *sub,
                                 const struct sn_pb_field *field, char *out, const uint8_t *p,
                                 const uint8_t *end)
{
    if (field->flags & SN_PB_REPEATED) {
        char *slot = element_add(d, field, out, sub->size, p, end);
        return slot ? memset(slot, 0, sub->size) : NULL;
    }
    return field->flags & SN_PB_INLINE ? out + field->offset : pointee(d, sub, field, out);
}

static const uint8_t *submessage_decode(struct decoder *d, const struct sn_pb_msg *msg,
                                        const struct sn_pb_field *field, char *out,
                                        const uint8_t *p, const uint8_t *end)
{
    const struct sn_pb_msg *sub = msg->subs[field->sub];
    struct sn_pb_read len = sn_pb_len(p, end);

    if (SN_PB_UNLIKELY(!len.p || d->depth == 0))
        return malformed(d);
    char *slot = message_slot(d, sub, field, out, p, end);
    if (SN_PB_UNLIKELY(!slot))
        return exhausted(d);
    d->depth--;
    p = message_decode(d, sub, slot, len.p, len.p + len.value);
    d->depth++;
    return p;
}

static uint32_t varint_count(const uint8_t *p, const uint8_t *end)
{
    uint32_t count = 0;

    for (; p < end; p++)
        count += *p < 0x80;
    return count;
}

static const uint8_t *packed_varints(struct decoder *d, uint8_t type, struct sn_pb_any_list *list,
                                     const uint8_t *p, const uint8_t *end)
{
    size_t size = sn_pb_size_of[type];

    if (!sn_pb_list_room(list, size, varint_count(p, end), d->arena))
        return exhausted(d);
    while (p < end) {
        struct sn_pb_read read = sn_pb_varint(p, end);

        if (!read.p)
            return malformed(d);
        varint_store(type, (char *)list->v + list->n++ * size, read.value);
        p = read.p;
    }
    return p;
}

static const uint8_t *packed_decode(struct decoder *d, const struct sn_pb_field *field, char *out,
                                    const uint8_t *p, const uint8_t *end)
{
    struct sn_pb_any_list *list = (void *)(out + field->offset);
    size_t size = sn_pb_size_of[field->type];

    struct sn_pb_read read = sn_pb_len(p, end);
    if (!read.p)
        return malformed(d);
    size_t len = (size_t)read.value;
    p = read.p;
    end = p + len;
    if (sn_pb_wire_of[field->type] == SN_PB_WIRE_VARINT)
        return packed_varints(d, field->type, list, p, end);
    if (len % size)
        return malformed(d);
    if (!sn_pb_list_room(list, size, (uint32_t)(len / size), d->arena))
        return exhausted(d);
    if (len)
        memcpy((char *)list->v + list->n * size, p, len);
    list->n += (uint32_t)(len / size);
    return end;
}

/* Passes over a field the table has not, or has as another wire type, and keeps its bytes where
 * the message has a place for them. `start` is its tag. */
static const uint8_t *unknown_decode(struct decoder *d, const struct sn_pb_msg *msg, char *out,
                                     const uint8_t *start, const uint8_t *end)
{
    struct sn_pb_read tag = sn_pb_tag(start, end);
    const uint8_t *p = sn_pb_skip(tag.p, end, (uint32_t)tag.value, d->depth);

    if (!p)
        return malformed(d);
    if (msg->unknown == SN_PB_NO_UNKNOWN)
        return p;
    struct sn_pb_unknown *unknown = (void *)(out + msg->unknown);
    struct sn_str *last = unknown->n ? &unknown->v[unknown->n - 1] : NULL;
    if (last && last->ptr + last->len == (const char *)start) {
        last->len += (size_t)(p - start);
        return p;
    }
    last = sn_pb_add(unknown, d->arena);
    if (!last)
        return exhausted(d);
    *last = (struct sn_str){(const char *)start, (size_t)(p - start)};
    return p;
}

static const uint8_t *field_decode(struct decoder *d, const struct sn_pb_msg *msg,
                                   const struct sn_pb_field *field, char *out, const uint8_t *p,
                                   const uint8_t *end)
{
    switch (sn_pb_wire_of[field->type]) {
    case SN_PB_WIRE_VARINT:
        return varint_decode(d, field, out, p, end);
    case SN_PB_WIRE_64:
        return fixed_decode(d, field, out, p, end, 8);
    case SN_PB_WIRE_32:
        return fixed_decode(d, field, out, p, end, 4);
    default:
        return field->type == SN_PB_MESSAGE ? submessage_decode(d, msg, field, out, p, end)
                                            : string_decode(d, field, out, p, end);
    }
}

static const uint8_t *message_decode(struct decoder *d, const struct sn_pb_msg *msg, char *out,
                                     const uint8_t *p, const uint8_t *end)
{
    while (p < end) {
        struct sn_pb_read tag = sn_pb_tag(p, end);
        uint32_t wire = tag.value & 7;

        if (SN_PB_UNLIKELY(!tag.p))
            return malformed(d);
        const struct sn_pb_field *field = sn_pb_field_find(msg, (uint32_t)(tag.value >> 3));
        if (SN_PB_LIKELY(field && sn_pb_wire_of[field->type] == wire))
            p = field_decode(d, msg, field, out, tag.p, end);
        else if (field && field->flags & SN_PB_REPEATED && wire == SN_PB_WIRE_LEN)
            p = packed_decode(d, field, out, tag.p, end);
        else
            p = unknown_decode(d, msg, out, p, end);
        if (SN_PB_UNLIKELY(!p))
            return NULL;
    }
    return p;
}

int sn_pb_decode(const struct sn_pb_msg *msg, void *out, const void *bytes, size_t len,
                 struct sn_arena *arena)
{
    struct decoder d = {.arena = arena, .depth = SN_PB_DEPTH_MAX};

    if (len > SN_PB_SIZE_MAX)
        return SN_ERR_INVALID_ARGUMENT;
    if (len)
        message_decode(&d, msg, out, bytes, (const uint8_t *)bytes + len);
    return d.error;
}
