/* SPDX-License-Identifier: Apache-2.0
 *
 * The files put together as a set, and the tables of that.
 */
#include "rpc/reflection/schema.h"
#include "rpc/reflection/files.h"

static size_t varint(uint8_t *out, size_t value)
{
    size_t len = 0;

    for (; value > 0x7f; value >>= 7)
        out[len++] = (uint8_t)(value | 0x80);
    out[len++] = (uint8_t)value;
    return len;
}

/* All files as a google.protobuf.FileDescriptorSet. ptr NULL: no memory. */
static struct sn_str join_files(struct sn_arena *arena)
{
    size_t size = 0, len = 0;

    for (size_t i = 0; i < sn_proto_file_count; i++)
        size += sn_proto_files[i].len + 1 + 10;
    uint8_t *set = sn_arena_alloc(arena, size);
    if (!set)
        return SN_STR_NULL;
    for (size_t i = 0; i < sn_proto_file_count; i++) {
        set[len++] = 1 << 3 | 2; /* `file` */
        len += varint(set + len, sn_proto_files[i].len);
        memcpy(set + len, sn_proto_files[i].bytes, sn_proto_files[i].len);
        len += sn_proto_files[i].len;
    }
    return (struct sn_str){(const char *)set, len};
}

int sn_proto_schema_build(struct sn_pb_schema *schema, struct sn_arena *arena)
{
    struct sn_str set = join_files(arena);
    int code = set.ptr ? sn_pb_schema_build(schema, set, arena, NULL) : SN_ERR_RESOURCE_EXHAUSTED;

    return code == SN_ERR_INVALID_ARGUMENT ? SN_ERR_INTERNAL : code;
}
