/* SPDX-License-Identifier: Apache-2.0 */
#include "base/heap.h"

#include <stdlib.h>

static void *get(struct sn_block_source *source, size_t size)
{
    return malloc(size);
}

static void put(struct sn_block_source *source, void *memory, size_t size)
{
    free(memory);
}

struct sn_block_source sn_heap = {get, put};
