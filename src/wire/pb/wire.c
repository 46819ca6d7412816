/* SPDX-License-Identifier: Apache-2.0
 *
 * Varints, skipping, lists, and reading raw bytes field by field.
 */
#include "wire/pb/wire.h"

static const struct sn_pb_read malformed = {NULL, 0};

struct sn_pb_read sn_pb_varint_long(const uint8_t *p, const uint8_t *end)
{
    uint64_t value = 0;

    for (unsigned shift = 0; shift < 64 && p < end; shift += 7) {
        uint8_t byte = *p++;

        value |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80) /* the tenth byte has room for one bit */
            return shift == 63 && byte > 1 ? malformed : (struct sn_pb_read){p, value};
    }
    return malformed;
}

struct sn_pb_read sn_pb_tag_long(const uint8_t *p, const uint8_t *end)
{
    enum { TAG_BYTES_MAX = 5 };

    if (end - p >= 2 && p[1] < 0x80)
        return (struct sn_pb_read){p + 2, (p[0] & 0x7fu) | (uint32_t)p[1] << 7};
    struct sn_pb_read tag = sn_pb_varint_long(p, end);
    if (tag.p && (tag.p - p > TAG_BYTES_MAX || tag.value > UINT32_MAX))
        return malformed;
    return tag;
}

static const uint8_t *group_skip(const uint8_t *p, const uint8_t *end, uint32_t number, int depth)
{
    while (p && depth > 0) {
        struct sn_pb_read tag = sn_pb_tag(p, end);

        if (!tag.p)
            return NULL;
        if ((tag.value & 7) == SN_PB_WIRE_GROUP_END)
            return tag.value >> 3 == number ? tag.p : NULL;
        p = sn_pb_skip(tag.p, end, (uint32_t)tag.value, depth - 1);
    }
    return NULL;
}

const uint8_t *sn_pb_skip(const uint8_t *p, const uint8_t *end, uint32_t tag, int depth)
{
    struct sn_pb_read len;

    if (tag >> 3 == 0)
        return NULL;
    switch (tag & 7) {
    case SN_PB_WIRE_VARINT:
        return sn_pb_varint(p, end).p;
    case SN_PB_WIRE_64:
        return end - p < 8 ? NULL : p + 8;
    case SN_PB_WIRE_LEN:
        len = sn_pb_len(p, end);
        return len.p ? len.p + len.value : NULL;
    case SN_PB_WIRE_GROUP:
        return group_skip(p, end, tag >> 3, depth);
    case SN_PB_WIRE_32:
        return end - p < 4 ? NULL : p + 4;
    default:
        return NULL;
    }
}

static bool list_resize(struct sn_pb_any_list *list, size_t size, uint32_t cap,
                        struct sn_arena *arena)
{
    if (cap > SIZE_MAX / size)
        return false;
    void *v = sn_arena_realloc(arena, list->v, list->cap * size, cap * size);
    if (!v)
        return false;
    list->v = v;
    list->cap = cap;
    return true;
}

bool sn_pb_list_room(struct sn_pb_any_list *list, size_t size, uint32_t extra,
                     struct sn_arena *arena)
{
    uint32_t need = list->n + extra;

    if (need <= list->cap)
        return true;
    if (need < extra || need > SN_PB_SIZE_MAX)
        return false;
    return list_resize(list, size, need < 2 * list->cap ? 2 * list->cap : need, arena);
}

void *sn_pb_list_add(void *list, size_t size, struct sn_arena *arena)
{
    enum { FIRST_CAP = 4 };
    struct sn_pb_any_list *any = list;

    if (any->n == any->cap && !sn_pb_list_room(any, size, any->cap ? 1 : FIRST_CAP, arena))
        return NULL;
    return memset((char *)any->v + any->n++ * size, 0, size);
}

int sn_pb_list_reserve(void *list, size_t size, uint32_t n, struct sn_arena *arena)
{
    struct sn_pb_any_list *any = list;

    if (n <= any->cap)
        return 0;
    return n <= SN_PB_SIZE_MAX && list_resize(any, size, n, arena) ? 0 : SN_ERR_RESOURCE_EXHAUSTED;
}

const struct sn_pb_field *sn_pb_field_find(const struct sn_pb_msg *msg, uint32_t number)
{
    uint32_t low = msg->dense, high = msg->count;

    if (number - 1 < low)
        return &msg->fields[number - 1];
    while (low < high) {
        uint32_t middle = (low + high) / 2;

        if (msg->fields[middle].number == number)
            return &msg->fields[middle];
        if (msg->fields[middle].number < number)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

/* The value of a field at `p`, which ends at `end`: it has been skipped over already. */
static void raw_fill(struct sn_pb_raw *raw, uint32_t tag, const uint8_t *p, const uint8_t *end)
{
    *raw = (struct sn_pb_raw){.number = tag >> 3, .wire = tag & 7};
    if (raw->wire == SN_PB_WIRE_VARINT) {
        raw->value = sn_pb_varint(p, end).value;
    } else if (raw->wire == SN_PB_WIRE_64) {
        raw->value = sn_pb_load64(p);
    } else if (raw->wire == SN_PB_WIRE_32) {
        raw->value = sn_pb_load32(p);
    } else if (raw->wire == SN_PB_WIRE_LEN) {
        struct sn_pb_read len = sn_pb_len(p, end);
        raw->bytes = (struct sn_str){(const char *)len.p, (size_t)len.value};
    }
}

int sn_pb_raw_next(struct sn_str *bytes, struct sn_pb_raw *ret_raw)
{
    if (bytes->len == 0)
        return 0;
    const uint8_t *p = (const uint8_t *)bytes->ptr, *end = p + bytes->len;
    struct sn_pb_read tag = sn_pb_tag(p, end);
    const uint8_t *next =
        tag.p ? sn_pb_skip(tag.p, end, (uint32_t)tag.value, SN_PB_DEPTH_MAX) : NULL;
    if (!next)
        return SN_ERR_INVALID_ARGUMENT;
    raw_fill(ret_raw, (uint32_t)tag.value, tag.p, next);
    *bytes = (struct sn_str){(const char *)next, (size_t)(end - next)};
    return 1;
}

/* The last length-delimited field `number` of a message. */
static int last_of(struct sn_str bytes, uint32_t number, struct sn_str *ret_value)
{
    struct sn_pb_raw raw;
    int rc;

    *ret_value = SN_STR_NULL;
    while ((rc = sn_pb_raw_next(&bytes, &raw)) > 0) {
        if (raw.number == number && raw.wire == SN_PB_WIRE_LEN)
            *ret_value = raw.bytes;
    }
    return rc;
}

int sn_pb_peek(struct sn_str bytes, const uint32_t *path, size_t path_len, struct sn_str *ret_value)
{
    for (size_t i = 0; i < path_len; i++) {
        int rc = last_of(bytes, path[i], &bytes);

        if (rc)
            return rc;
    }
    *ret_value = bytes;
    return 0;
}

const uint8_t sn_pb_wire_of[SN_PB_TYPE_COUNT] = {
    [SN_PB_DOUBLE] = SN_PB_WIRE_64,     [SN_PB_FLOAT] = SN_PB_WIRE_32,
    [SN_PB_INT64] = SN_PB_WIRE_VARINT,  [SN_PB_UINT64] = SN_PB_WIRE_VARINT,
    [SN_PB_INT32] = SN_PB_WIRE_VARINT,  [SN_PB_FIXED64] = SN_PB_WIRE_64,
    [SN_PB_FIXED32] = SN_PB_WIRE_32,    [SN_PB_BOOL] = SN_PB_WIRE_VARINT,
    [SN_PB_STRING] = SN_PB_WIRE_LEN,    [SN_PB_GROUP] = SN_PB_WIRE_GROUP,
    [SN_PB_MESSAGE] = SN_PB_WIRE_LEN,   [SN_PB_BYTES] = SN_PB_WIRE_LEN,
    [SN_PB_UINT32] = SN_PB_WIRE_VARINT, [SN_PB_ENUM] = SN_PB_WIRE_VARINT,
    [SN_PB_SFIXED32] = SN_PB_WIRE_32,   [SN_PB_SFIXED64] = SN_PB_WIRE_64,
    [SN_PB_SINT32] = SN_PB_WIRE_VARINT, [SN_PB_SINT64] = SN_PB_WIRE_VARINT,
};

const uint8_t sn_pb_size_of[SN_PB_TYPE_COUNT] = {
    [SN_PB_DOUBLE] = 8,
    [SN_PB_FLOAT] = 4,
    [SN_PB_INT64] = 8,
    [SN_PB_UINT64] = 8,
    [SN_PB_INT32] = 4,
    [SN_PB_FIXED64] = 8,
    [SN_PB_FIXED32] = 4,
    [SN_PB_BOOL] = 1,
    [SN_PB_STRING] = sizeof(struct sn_str),
    [SN_PB_MESSAGE] = 0,
    [SN_PB_BYTES] = sizeof(struct sn_str),
    [SN_PB_UINT32] = 4,
    [SN_PB_ENUM] = 4,
    [SN_PB_SFIXED32] = 4,
    [SN_PB_SFIXED64] = 8,
    [SN_PB_SINT32] = 4,
    [SN_PB_SINT64] = 8,
};
