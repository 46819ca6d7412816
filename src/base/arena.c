/* SPDX-License-Identifier: Apache-2.0
 *
 * Arenas and the pool of blocks below them. Thread: the owner's.
 */
#include "sinew/arena.h"

#include <stdarg.h>
#include <stdio.h>

/* Keeps what follows the header aligned for any type. */
enum { BLOCK_HEADER = 16 };
_Static_assert(sizeof(struct sn_block) <= BLOCK_HEADER, "block header");

static void lock(struct sn_block_pool *pool)
{
    while (atomic_flag_test_and_set_explicit(&pool->busy, memory_order_acquire))
        ;
}

static void unlock(struct sn_block_pool *pool)
{
    atomic_flag_clear_explicit(&pool->busy, memory_order_release);
}

void sn_block_pool_init(struct sn_block_pool *pool, struct sn_block_source *source, size_t free_max)
{
    *pool =
        (struct sn_block_pool){.source = source, .busy = ATOMIC_FLAG_INIT, .free_max = free_max};
}

void sn_block_pool_fini(struct sn_block_pool *pool)
{
    while (pool->free) {
        struct sn_block *block = pool->free;

        pool->free = block->next;
        pool->source->put(pool->source, block, block->size);
    }
    pool->free_count = 0;
}

size_t sn_block_pool_in_use(struct sn_block_pool *pool)
{
    lock(pool);
    size_t in_use = pool->in_use;
    unlock(pool);
    return in_use;
}

static struct sn_block *take_free(struct sn_block_pool *pool, size_t size)
{
    struct sn_block *block = NULL;

    lock(pool);
    if (size <= SN_BLOCK_SIZE && pool->free) {
        block = pool->free;
        pool->free = block->next;
        pool->free_count--;
        pool->in_use += block->size;
    }
    unlock(pool);
    return block;
}

static struct sn_block *take_new(struct sn_block_pool *pool, size_t size)
{
    if (size < SN_BLOCK_SIZE)
        size = SN_BLOCK_SIZE;
    struct sn_block *block = pool->source->get(pool->source, size);
    if (!block)
        return NULL;
    block->size = size;
    lock(pool);
    pool->in_use += size;
    pool->taken++;
    unlock(pool);
    return block;
}

struct sn_block *sn_block_get(struct sn_block_pool *pool, size_t size)
{
    struct sn_block *block = take_free(pool, size);

    if (!block)
        block = take_new(pool, size);
    if (block)
        block->next = NULL;
    return block;
}

void sn_block_put(struct sn_block_pool *pool, struct sn_block *block)
{
    lock(pool);
    pool->in_use -= block->size;
    bool keep = block->size == SN_BLOCK_SIZE && pool->free_count < pool->free_max;
    if (keep) {
        block->next = pool->free;
        pool->free = block;
        pool->free_count++;
    }
    unlock(pool);
    if (!keep)
        pool->source->put(pool->source, block, block->size);
}

void sn_arena_init(struct sn_arena *arena, struct sn_block_pool *pool, size_t limit)
{
    *arena = (struct sn_arena){.pool = pool, .left = limit};
}

void sn_arena_fini(struct sn_arena *arena)
{
    struct sn_block *block = arena->blocks;

    while (block) {
        struct sn_block *next = block->next;

        sn_block_put(arena->pool, block);
        block = next;
    }
    arena->blocks = NULL;
    arena->cur = arena->end = NULL;
}

void *sn_arena_grow(struct sn_arena *arena, size_t size)
{
    size_t need = (size + !size + 7) & ~(size_t)7;

    if (need < size || need > SIZE_MAX - BLOCK_HEADER)
        return NULL;
    size_t whole = need + BLOCK_HEADER < SN_BLOCK_SIZE ? SN_BLOCK_SIZE : need + BLOCK_HEADER;
    if (whole > arena->left)
        return NULL;
    struct sn_block *block = sn_block_get(arena->pool, whole);
    if (!block)
        return NULL;
    arena->left -= block->size;
    block->next = arena->blocks;
    arena->blocks = block;

    char *memory = (char *)block + BLOCK_HEADER;
    char *end = (char *)block + block->size;
    /* A big piece leaves the rest of the older block usable when that is the larger rest. */
    if (end - (memory + need) > arena->end - arena->cur) {
        arena->cur = memory + need;
        arena->end = end;
    }
    return memory;
}

void *sn_arena_zalloc(struct sn_arena *arena, size_t size)
{
    void *memory = sn_arena_alloc(arena, size);

    if (memory)
        memset(memory, 0, size);
    return memory;
}

void *sn_arena_realloc(struct sn_arena *arena, void *old, size_t old_size, size_t size)
{
    size_t old_need = (old_size + 7) & ~(size_t)7;
    size_t need = (size + 7) & ~(size_t)7;

    if (need <= old_need && size <= old_size)
        return old;
    if (old && need >= size && (char *)old + old_need == arena->cur &&
        need <= (size_t)(arena->end - (char *)old)) {
        arena->cur = (char *)old + need;
        return old;
    }
    void *memory = sn_arena_alloc(arena, size);
    if (memory && old && old_size)
        memcpy(memory, old, old_size);
    return memory;
}

struct sn_str sn_arena_copy(struct sn_arena *arena, struct sn_str s)
{
    char *copy = s.len < SIZE_MAX ? sn_arena_alloc(arena, s.len + 1) : NULL;

    if (!copy)
        return SN_STR_NULL;
    if (s.len)
        memcpy(copy, s.ptr, s.len);
    copy[s.len] = '\0';
    return (struct sn_str){copy, s.len};
}

struct sn_str sn_arena_printf(struct sn_arena *arena, const char *format, ...)
{
    va_list args, again;

    va_start(args, format);
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, format, args);
    char *text = len < 0 ? NULL : sn_arena_alloc(arena, (size_t)len + 1);
    if (text)
        vsnprintf(text, (size_t)len + 1, format, again);
    va_end(again);
    va_end(args);
    return text ? (struct sn_str){text, (size_t)len} : SN_STR_NULL;
}
