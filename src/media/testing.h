/* SPDX-License-Identifier: Apache-2.0
 *
 * An arena of the heap for the tests of this folder.
 */
#ifndef SN_MEDIA_TESTING_H
#define SN_MEDIA_TESTING_H

#include "base/heap.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

struct memory {
    struct sn_block_pool pool;
    struct sn_arena arena;
};

/* cmocka setup: `*state` is the memory. */
static inline int memory_setup(void **state)
{
    struct memory *m = calloc(1, sizeof(*m));

    sn_block_pool_init(&m->pool, &sn_heap, 0);
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
