/* SPDX-License-Identifier: Apache-2.0
 *
 * Streams are the inner channel's own; only their beginning passes here.
 */
#include "rpc/signaling/tagged.h"

static struct sn_client_stream *tagged_open(struct sn_channel *channel,
                                            const struct sn_client_events *events, void *owner,
                                            struct sn_str path, const struct sn_metadata *metadata,
                                            uint64_t timeout_ns)
{
    struct sn_tagged *tagged = (struct sn_tagged *)channel;
    struct sn_metadata_entry entries[SN_METADATA_MAX + SN_TAGS_MAX];
    struct sn_metadata all = {.v = entries, .capacity = SN_METADATA_MAX + SN_TAGS_MAX};

    for (uint32_t i = 0; i < tagged->count; i++)
        entries[all.count++] = tagged->tags[i];
    for (uint32_t i = 0; i < metadata->count && all.count < all.capacity; i++)
        entries[all.count++] = metadata->v[i];
    return tagged->inner->ops->open(tagged->inner, events, owner, path, &all, timeout_ns);
}

static void tagged_close(struct sn_channel *channel, void (*on_closed)(void *owner), void *owner)
{
    struct sn_tagged *tagged = (struct sn_tagged *)channel;

    tagged->inner->ops->close(tagged->inner, on_closed, owner);
}

void sn_tagged_init(struct sn_tagged *tagged, struct sn_channel *inner)
{
    static const struct sn_channel_ops ops = {tagged_open, tagged_close};

    *tagged = (struct sn_tagged){.base = {&ops, inner->env}, .inner = inner};
}

int sn_tagged_add(struct sn_tagged *tagged, const char *key, const char *value)
{
    if (tagged->count == SN_TAGS_MAX)
        return SN_ERR_RESOURCE_EXHAUSTED;
    tagged->tags[tagged->count++] = (struct sn_metadata_entry){sn_str_of(key), sn_str_of(value)};
    return 0;
}
