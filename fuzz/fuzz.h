/* SPDX-License-Identifier: Apache-2.0
 *
 * What fuzz targets share: an arena for one input, and a check that stops the program.
 */
#ifndef SINEW_FUZZ_H
#define SINEW_FUZZ_H

#include "base/heap.h"

#include <stdio.h>
#include <stdlib.h>

/* One input; what libFuzzer and replay.c call. Returns 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static inline _Noreturn void fuzz_stop(const char *what)
{
    fprintf(stderr, "not so: %s\n", what);
    abort();
}

#define FUZZ_REQUIRE(condition)    \
    do {                           \
        if (!(condition))          \
            fuzz_stop(#condition); \
    } while (0)

struct fuzz_memory {
    struct sn_block_pool pool;
    struct sn_arena arena;
};

/* No block is kept, so that the sanitizer sees each one end. */
static inline struct sn_arena *fuzz_memory_init(struct fuzz_memory *m, size_t limit)
{
    sn_block_pool_init(&m->pool, &sn_heap, 0);
    sn_arena_init(&m->arena, &m->pool, limit);
    return &m->arena;
}

static inline void fuzz_memory_fini(struct fuzz_memory *m)
{
    sn_arena_fini(&m->arena);
    FUZZ_REQUIRE(m->pool.in_use == 0);
    sn_block_pool_fini(&m->pool);
}

#endif
