/* SPDX-License-Identifier: Apache-2.0
 *
 * Metadata: a small array, searched from the front.
 */
#include "rpc/core/metadata.h"

int sn_metadata_add(struct sn_metadata *metadata, struct sn_arena *arena, struct sn_str key,
                    struct sn_str value)
{
    if (metadata->count == SN_METADATA_MAX)
        return SN_ERR_RESOURCE_EXHAUSTED;
    if (metadata->count == metadata->capacity) {
        uint32_t capacity = metadata->capacity ? metadata->capacity * 2 : 8;
        struct sn_metadata_entry *v = sn_arena_realloc(
            arena, metadata->v, metadata->capacity * sizeof(*v), capacity * sizeof(*v));

        if (!v)
            return SN_ERR_RESOURCE_EXHAUSTED;
        metadata->v = v;
        metadata->capacity = capacity;
    }
    metadata->v[metadata->count++] = (struct sn_metadata_entry){key, value};
    return 0;
}

struct sn_str sn_metadata_get(const struct sn_metadata *metadata, struct sn_str key)
{
    for (uint32_t i = 0; i < metadata->count; i++)
        if (sn_str_eq(metadata->v[i].key, key))
            return metadata->v[i].value;
    return SN_STR_NULL;
}
