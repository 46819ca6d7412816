/* SPDX-License-Identifier: Apache-2.0
 *
 * An arena of the heap for the tests of this folder.
 */
#ifndef SN_MEDIA_TESTING_H
#define SN_MEDIA_TESTING_H

#include "sinew/arena.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

struct memory {
    struct sn_block_source source;
    struct sn_block_pool pool;
    struct sn_arena arena;
};

static inline void *memory_get(struct sn_block_source *source, size_t size)
{
    return malloc(size);
}

static inline void memory_put(struct sn_block_source *source, void *memory, size_t size)
{
    free(memory);
}

/* cmocka setup: `*state` is the memory. */
static inline int memory_setup(void **state)
{
    struct memory *m = calloc(1, sizeof(*m));

    m->source = (struct sn_block_source){memory_get, memory_put};
    sn_block_pool_init(&m->pool, &m->source, 0);
    sn_arena_init(&m->arena, &m->pool, 1 << 20);
    *state = m;
    return 0;
}

static inline int memory_teardown(void **state)
{
    struct memory *m = *state;

    sn_arena_fini(&m->arena);
    sn_block_pool_fini(&m->pool);
    free(m);
    return 0;
}

#endif
