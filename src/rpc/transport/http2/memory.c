/* SPDX-License-Identifier: Apache-2.0
 *
 * nghttp2's allocations from free lists by size. What a list keeps is bounded, so that a rush of
 * streams doesn't leave its memory here for ever. Loop thread.
 */
#include "rpc/transport/http2/session.h"

#include <stdlib.h>

/* Sizes 64, 128, ... 1024; larger ones (per connection, not per call) are the system's, to the
 * byte. */
enum {
    SMALLEST_SHIFT = 6,
    SYSTEM = H2_MEMORY_CLASSES,
};

/* Bytes kept in each list. */
static const uint32_t keep_bytes = 64 << 10;

/* Before each allocation; keeps the alignment of malloc. */
union h2_chunk {
    struct {
        union h2_chunk *next; /* in its free list */
        uint32_t class;
        uint32_t size; /* usable */
    } s;
    char align[16];
};

static uint32_t class_of(size_t size)
{
    if (size <= (size_t)1 << SMALLEST_SHIFT)
        return 0;
    uint32_t shift = 8 * sizeof(long) - (uint32_t)__builtin_clzl(size - 1);
    return shift < SMALLEST_SHIFT + SYSTEM ? shift - SMALLEST_SHIFT : SYSTEM;
}

static void *allocate(size_t size, void *user)
{
    struct h2_memory *memory = user;
    uint32_t class = class_of(size);
    union h2_chunk *chunk = class < SYSTEM ? memory->free_lists[class] : NULL;

    if (chunk) {
        memory->free_lists[class] = chunk->s.next;
        memory->free_counts[class]--;
        return chunk + 1;
    }
    size_t usable = class < SYSTEM ? (size_t)1 << (class + SMALLEST_SHIFT) : size;
    if (usable > UINT32_MAX)
        return NULL;
    chunk = malloc(sizeof(*chunk) + usable);
    if (!chunk)
        return NULL;
    chunk->s.class = class;
    chunk->s.size = (uint32_t)usable;
    return chunk + 1;
}

static void release(void *bytes, void *user)
{
    struct h2_memory *memory = user;
    union h2_chunk *chunk = bytes;

    if (!bytes)
        return;
    chunk--;
    uint32_t class = chunk->s.class;
    if (class == SYSTEM || memory->free_counts[class] >= keep_bytes >> (class + SMALLEST_SHIFT)) {
        free(chunk);
        return;
    }
    chunk->s.next = memory->free_lists[class];
    memory->free_lists[class] = chunk;
    memory->free_counts[class]++;
}

static void *allocate_zeroed(size_t count, size_t size, void *user)
{
    if (size && count > UINT32_MAX / size)
        return NULL;
    void *bytes = allocate(count * size, user);
    if (bytes)
        memset(bytes, 0, count * size);
    return bytes;
}

static void *reallocate(void *bytes, size_t size, void *user)
{
    size_t old = bytes ? ((union h2_chunk *)bytes - 1)->s.size : 0;

    if (bytes && size <= old)
        return bytes;
    void *moved = allocate(size, user);
    if (moved && bytes) {
        memcpy(moved, bytes, old);
        release(bytes, user);
    }
    return moved;
}

void h2_memory_init(struct h2_memory *memory)
{
    *memory = (struct h2_memory){
        .mem = {memory, allocate, release, allocate_zeroed, reallocate},
        .gathered.max = H2_GATHERED_ALL_MAX,
    };
}

void h2_memory_fini(struct h2_memory *memory)
{
    for (size_t i = 0; i < H2_MEMORY_CLASSES; i++)
        while (memory->free_lists[i]) {
            union h2_chunk *chunk = memory->free_lists[i];

            memory->free_lists[i] = chunk->s.next;
            free(chunk);
        }
    free(memory->copied);
}
