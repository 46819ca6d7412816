/* SPDX-License-Identifier: Apache-2.0
 *
 * Memory that is freed in one go. An arena hands out pieces of blocks; the blocks come from a
 * block pool and go back to it when the arena ends, so that a steady stream of calls takes nothing
 * from the system. A pool may be used by any thread (pool threads work on a call's arena too), an
 * arena by whoever owns its call at the moment.
 */
#ifndef SINEW_ARENA_H
#define SINEW_ARENA_H

#include "sinew/atomic.h"
#include "sinew/err.h"
#include "sinew/str.h"

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A block's whole size, header included: two blocks a page keep an idle process small, and the
 * largest everyday reply fits into one. */
enum { SN_BLOCK_SIZE = 4096 };

/* Where blocks come from. `get` returns `size` bytes aligned for any type or NULL; `put` takes back
 * what `get` gave, with the same size. On a host that is malloc; on a microcontroller a fixed
 * region. */
struct sn_block_source {
    void *(*get)(struct sn_block_source *source, size_t size);
    void (*put)(struct sn_block_source *source, void *memory, size_t size);
};

struct sn_block {
    struct sn_block *next;
    size_t size; /* whole, header included */
};

/* Free list of SN_BLOCK_SIZE blocks. Larger ones pass straight through to the source. */
struct sn_block_pool {
    struct sn_block_source *source; /* callable from any thread */
    atomic_flag busy;               /* held for a few instructions, never across the source */
    struct sn_block *free;
    size_t free_count;
    size_t free_max; /* blocks kept; more go back to the source */
    size_t in_use;   /* bytes handed out and not returned */
    uint64_t taken;  /* how often the source was asked: flat in the steady state */
};

void sn_block_pool_init(struct sn_block_pool *pool, struct sn_block_source *source,
                        size_t free_max);
/* Returns the free blocks; all arenas of the pool must have ended. */
void sn_block_pool_fini(struct sn_block_pool *pool);

/* Bytes handed out and not returned. Any thread. */
size_t sn_block_pool_in_use(struct sn_block_pool *pool);

struct sn_block *sn_block_get(struct sn_block_pool *pool, size_t size) SN_MUST_USE;
void sn_block_put(struct sn_block_pool *pool, struct sn_block *block);

struct sn_arena {
    struct sn_block_pool *pool;
    struct sn_block *blocks; /* newest first */
    char *cur, *end;         /* what is left of the newest */
    size_t left;             /* bytes that may still be taken from the pool */
};

/* `limit` bounds the bytes of all blocks together; takes no block yet. */
void sn_arena_init(struct sn_arena *arena, struct sn_block_pool *pool, size_t limit);

/* Frees all; everything handed out is invalid. Accepts a zeroed arena. */
void sn_arena_fini(struct sn_arena *arena);

/* Out of the inline path: takes another block. */
void *sn_arena_grow(struct sn_arena *arena, size_t size) SN_MUST_USE;

/* `size` bytes aligned to 8, not cleared. NULL when the limit or the source is exhausted: the
 * caller answers RESOURCE_EXHAUSTED. */
static inline SN_MUST_USE void *sn_arena_alloc(struct sn_arena *arena, size_t size)
{
    size_t need = (size + !size + 7) & ~(size_t)7; /* nothing, too, has an address */

    if (need < size || need > (size_t)(arena->end - arena->cur))
        return sn_arena_grow(arena, size);
    void *memory = arena->cur;
    arena->cur += need;
    return memory;
}

/* As above, cleared. */
void *sn_arena_zalloc(struct sn_arena *arena, size_t size) SN_MUST_USE;

/* Resizes the piece handed out last in place where it fits, else moves it: `old_size` bytes are
 * kept. NULL as above, the old piece stays valid. */
void *sn_arena_realloc(struct sn_arena *arena, void *old, size_t old_size, size_t size) SN_MUST_USE;

/* A copy with a terminating NUL behind its `len` bytes. ptr is NULL when there was no room. */
struct sn_str sn_arena_copy(struct sn_arena *arena, struct sn_str s) SN_MUST_USE;

/* printf into the arena. ptr is NULL when there was no room. */
struct sn_str sn_arena_printf(struct sn_arena *arena, const char *format, ...) SN_PRINTF(2, 3)
    SN_MUST_USE;

#ifdef __cplusplus
}
#endif

#endif
