/* SPDX-License-Identifier: Apache-2.0
 *
 * A table of chains, at most as many things as chains.
 */
#include "base/by_name.h"
#include "sinew/str.h"

#include <stdlib.h>
#include <string.h>

enum { SIZE_MIN = 64 };

static struct sn_name_link **slot_of(const struct sn_by_name *index, const char *name)
{
    return &index->slots[sn_str_hash(sn_str_of(name)) & (index->size - 1)];
}

static int grow(struct sn_by_name *index)
{
    struct sn_by_name more = {.size = index->size ? 2 * index->size : SIZE_MIN};

    more.slots = calloc(more.size, sizeof(*more.slots));
    if (!more.slots)
        return SN_ERR_RESOURCE_EXHAUSTED;
    for (size_t i = 0; i < index->size; i++)
        for (struct sn_name_link *link = index->slots[i], *next; link; link = next) {
            struct sn_name_link **slot = slot_of(&more, link->name);

            next = link->next;
            link->next = *slot;
            *slot = link;
        }
    free(index->slots);
    index->slots = more.slots;
    index->size = more.size;
    return 0;
}

int sn_by_name_add(struct sn_by_name *index, struct sn_name_link *link)
{
    if (index->count == index->size && grow(index))
        return SN_ERR_RESOURCE_EXHAUSTED;
    struct sn_name_link **slot = slot_of(index, link->name);
    link->next = *slot;
    *slot = link;
    index->count++;
    return 0;
}

void sn_by_name_remove(struct sn_by_name *index, struct sn_name_link *link)
{
    struct sn_name_link **at = slot_of(index, link->name);

    while (*at != link)
        at = &(*at)->next;
    *at = link->next;
    index->count--;
}

static struct sn_name_link *first_of(struct sn_name_link *link, const char *name)
{
    while (link && strcmp(link->name, name) != 0)
        link = link->next;
    return link;
}

struct sn_name_link *sn_by_name_find(const struct sn_by_name *index, const char *name)
{
    return index->size ? first_of(*slot_of(index, name), name) : NULL;
}

struct sn_name_link *sn_by_name_next(const struct sn_name_link *link)
{
    return first_of(link->next, link->name);
}

void sn_by_name_fini(struct sn_by_name *index)
{
    free(index->slots);
    *index = (struct sn_by_name){0};
}
