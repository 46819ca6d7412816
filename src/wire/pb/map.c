/* SPDX-License-Identifier: Apache-2.0
 *
 * Maps whose keys came more than once. Decoding appends, since the last of equal keys is the one
 * that counts; where each key must be there once, the earlier ones are found here.
 */
#include "wire/pb/map.h"

#include "wire/pb/sort.h"
#include "wire/pb/wire.h"

struct keys {
    const struct sn_pb_any_list *list;
    size_t size; /* of an entry */
    const struct sn_pb_field *key;
};

static int compare_strings(struct sn_str a, struct sn_str b)
{
    size_t len = a.len < b.len ? a.len : b.len;
    int order = len ? memcmp(a.ptr, b.ptr, len) : 0;

    return order ? order : (a.len > b.len) - (a.len < b.len);
}

/* An order of keys, no particular one: integers go by their bits. */
static int compare_keys(const void *context, uint32_t a, uint32_t b)
{
    const struct keys *keys = context;
    const char *left = (const char *)keys->list->v + a * keys->size + keys->key->offset;
    const char *right = (const char *)keys->list->v + b * keys->size + keys->key->offset;

    if (keys->key->type == SN_PB_STRING)
        return compare_strings(*(const struct sn_str *)(const void *)left,
                               *(const struct sn_str *)(const void *)right);
    return memcmp(left, right, sn_pb_size_of[keys->key->type]);
}

bool *sn_pb_map_shadowed(const struct sn_pb_msg *entry, const void *list, struct sn_arena *arena)
{
    struct keys keys = {list, entry->size, &entry->fields[0]};
    uint32_t n = keys.list->n;
    bool *shadowed = sn_arena_zalloc(arena, n + 1u); /* never nothing: NULL is failure */
    uint32_t *order = shadowed ? sn_pb_sort(n, compare_keys, &keys, arena) : NULL;

    if (!order)
        return NULL;
    for (uint32_t i = 1; i < n; i++)
        shadowed[order[i - 1]] = compare_keys(&keys, order[i - 1], order[i]) == 0;
    return shadowed;
}

int sn_pb_map_compact(const struct sn_pb_msg *entry, void *list, struct sn_arena *arena)
{
    struct sn_pb_any_list *any = list;
    const bool *shadowed = sn_pb_map_shadowed(entry, list, arena);
    uint32_t kept = 0;

    if (!shadowed)
        return SN_ERR_RESOURCE_EXHAUSTED;
    for (uint32_t i = 0; i < any->n; i++) {
        if (shadowed[i])
            continue;
        if (kept != i)
            memcpy((char *)any->v + kept * (size_t)entry->size,
                   (char *)any->v + i * (size_t)entry->size, entry->size);
        kept++;
    }
    any->n = kept;
    return 0;
}
