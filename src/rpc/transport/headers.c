/* SPDX-License-Identifier: Apache-2.0
 *
 * Metadata as HTTP headers, and the texts in them. Loop thread.
 */
#include "rpc/transport/headers.h"

#include "wire/grpc.h"
#include "wire/http.h"

struct sn_str sn_header_escape(struct sn_str text, struct sn_arena *arena)
{
    char *out = sn_arena_alloc(arena, text.len * 3 + 1);

    return out ? (struct sn_str){out, sn_grpc_escape(out, text)} : SN_STR_NULL;
}

struct sn_str sn_header_unescape(struct sn_str text, struct sn_arena *arena)
{
    char *out = sn_arena_alloc(arena, text.len + 1);

    return out ? (struct sn_str){out, sn_grpc_unescape(out, text)} : SN_STR_NULL;
}

struct sn_str sn_header_encode(struct sn_str bytes, struct sn_arena *arena)
{
    char *out = sn_arena_alloc(arena, SN_BASE64_LEN(bytes.len) + 1);

    return out ? (struct sn_str){out, sn_base64_encode(out, bytes)} : SN_STR_NULL;
}

int sn_header_decode(struct sn_str text, struct sn_arena *arena, struct sn_str *ret_bytes)
{
    uint8_t *out = sn_arena_alloc(arena, SN_BASE64_BYTES_MAX(text.len));
    size_t len;

    if (!out)
        return SN_ERR_RESOURCE_EXHAUSTED;
    int code = sn_base64_decode(out, text, &len);
    *ret_bytes = (struct sn_str){(const char *)out, len};
    return code;
}

/* Besides ":..." and "grpc-...". */
static const struct sn_str reserved[] = {
    {"te", 2},          {"host", 4},          {"trailer", 7},
    {"connection", 10}, {"content-type", 12}, {"content-length", 14},
};

bool sn_header_is_reserved(struct sn_str name)
{
    if (name.len == 0 || name.ptr[0] == ':')
        return true;
    if (sn_str_has_prefix(name, SN_STR("grpc-"))) /* but for metadata in requests without gRPC */
        return !sn_str_has_prefix(name, SN_STR("grpc-metadata-"));
    for (size_t i = 0; i < sizeof(reserved) / sizeof(reserved[0]); i++)
        if (sn_str_eq(name, reserved[i]))
            return true;
    return false;
}

/* ptr NULL: no memory. */
static struct sn_str lower_case(struct sn_str key, struct sn_arena *arena)
{
    if (!sn_http_has_upper(key))
        return key;
    struct sn_str lower = sn_arena_copy(arena, key);
    char *c = (char *)(uintptr_t)lower.ptr;
    for (size_t i = 0; i < lower.len; i++)
        if (c[i] >= 'A' && c[i] <= 'Z')
            c[i] = (char)(c[i] | 0x20);
    return lower;
}

/* A newline in a value would have the peer reset the whole stream. */
static bool can_be_sent(struct sn_str key, struct sn_str value)
{
    return !sn_header_is_reserved(key) && !sn_str_is(key, "user-agent") && sn_http_is_token(key) &&
           sn_http_is_value(value);
}

int sn_header_make(const struct sn_metadata_entry *entry, struct sn_arena *arena,
                   struct sn_metadata_entry *ret_header)
{
    struct sn_str key = lower_case(entry->key, arena), value = entry->value;

    if (key.ptr && sn_metadata_is_binary(key))
        value = sn_header_encode(value, arena);
    if (!key.ptr || (!value.ptr && entry->value.len))
        return SN_ERR_RESOURCE_EXHAUSTED;
    *ret_header = (struct sn_metadata_entry){key, value};
    return can_be_sent(key, value);
}

int sn_header_keep(struct sn_metadata *metadata, struct sn_arena *arena, struct sn_str name,
                   struct sn_str value)
{
    if (sn_header_is_reserved(name))
        return 0;
    struct sn_str key = sn_arena_copy(arena, name);
    struct sn_str kept;
    if (sn_metadata_is_binary(name)) {
        int code = sn_header_decode(value, arena, &kept);

        if (code)
            return code;
    } else {
        kept = sn_arena_copy(arena, value);
    }
    if (!key.ptr || !kept.ptr)
        return SN_ERR_RESOURCE_EXHAUSTED;
    return sn_metadata_add(metadata, arena, key, kept);
}
