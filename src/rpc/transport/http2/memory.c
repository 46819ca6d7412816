/* SPDX-License-Identifier: Apache-2.0
 *
 * nghttp2's allocations. It makes about eight per call, all small: free lists by size give them
 * back without the system. The bytes a list keeps are bounded by what was in use at once. Loop
 * thread.
 */
#include "rpc/transport/http2/session.h"

#include <stdlib.h>

/* Sizes 64, 128, ... 4096; larger ones (per connection, not per call) are the system's. */
enum { SMALLEST_SHIFT = 6, CLASSES = 7, SYSTEM = CLASSES };

/* Before each allocation; keeps the alignment of malloc. */
union head {
    struct {
        union head *next; /* in its free list */
        uint32_t class;
        uint32_t size; /* usable */
    } s;
    char align[16];
};

static union head *free_lists[CLASSES];

static uint32_t class_of(size_t size)
{
    uint32_t class = 0;

    while (class < CLASSES && size > (size_t)1 << (class + SMALLEST_SHIFT))
        class ++;
    return class;
}

static void *allocate(size_t size, void *user)
{
    uint32_t class = class_of(size);
    union head *head = class < CLASSES ? free_lists[class] : NULL;

    if (head) {
        free_lists[class] = head->s.next;
        return head + 1;
    }
    size_t usable = class < CLASSES ? (size_t)1 << (class + SMALLEST_SHIFT) : size;
    if (usable > UINT32_MAX)
        return NULL;
    head = malloc(sizeof(*head) + usable);
    if (!head)
        return NULL;
    head->s.class = class;
    head->s.size = (uint32_t)usable;
    return head + 1;
}

static void release(void *memory, void *user)
{
    union head *head = memory;

    if (!memory)
        return;
    head--;
    if (head->s.class == SYSTEM) {
        free(head);
        return;
    }
    head->s.next = free_lists[head->s.class];
    free_lists[head->s.class] = head;
}

static void *allocate_zeroed(size_t count, size_t size, void *user)
{
    if (size && count > UINT32_MAX / size)
        return NULL;
    void *memory = allocate(count * size, user);
    if (memory)
        memset(memory, 0, count * size);
    return memory;
}

static void *reallocate(void *memory, size_t size, void *user)
{
    size_t old = memory ? ((union head *)memory - 1)->s.size : 0;

    if (memory && size <= old)
        return memory;
    void *moved = allocate(size, user);
    if (moved && memory) {
        memcpy(moved, memory, old);
        release(memory, user);
    }
    return moved;
}

nghttp2_mem *h2_mem(void)
{
    static nghttp2_mem mem = {NULL, allocate, release, allocate_zeroed, reallocate};

    return &mem;
}
