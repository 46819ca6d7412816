/* SPDX-License-Identifier: Apache-2.0
 *
 * For the tests of this folder: an arena, and bytes written as hexadecimal digits.
 */
#ifndef SINEW_WIRE_PB_TESTING_H
#define SINEW_WIRE_PB_TESTING_H

#include "base/heap.h"
#include "sinew/pb.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

struct memory {
    struct sn_block_pool pool;
    struct sn_arena arena;
};

/* No block is kept, so that each piece of memory is the sanitizer's to watch. */
static inline void memory_init(struct memory *m, size_t limit)
{
    sn_block_pool_init(&m->pool, &sn_heap, 0);
    sn_arena_init(&m->arena, &m->pool, limit);
}

static inline void memory_fini(struct memory *m)
{
    sn_arena_fini(&m->arena);
    assert_int_equal(m->pool.in_use, 0);
    sn_block_pool_fini(&m->pool);
}

/* cmocka fixture: *state is a struct memory with a generous arena. */
static inline int memory_setup(void **state)
{
    struct memory *m = malloc(sizeof *m);

    memory_init(m, 64 << 20);
    *state = m;
    return 0;
}

static inline int memory_teardown(void **state)
{
    memory_fini(*state);
    free(*state);
    return 0;
}

static inline struct sn_arena *arena_of(void **state)
{
    return &((struct memory *)*state)->arena;
}

/* "0a 03 61" as bytes in a piece of memory of exactly that size. */
static inline struct sn_str hex(struct sn_arena *arena, const char *digits)
{
    size_t len = 0;
    char *bytes = sn_arena_alloc(arena, strlen(digits));

    for (const char *p = digits; *p; p++) {
        if (*p == ' ')
            continue;
        char pair[3] = {p[0], p[1], '\0'};
        bytes[len++] = (char)strtoul(pair, NULL, 16);
        p++;
    }
    return (struct sn_str){bytes, len};
}

static inline void assert_bytes(struct sn_str got, struct sn_str want)
{
    assert_int_equal(got.len, want.len);
    if (want.len)
        assert_memory_equal(got.ptr, want.ptr, want.len);
}

#define MEMORY_TEST(f) cmocka_unit_test_setup_teardown(f, memory_setup, memory_teardown)

#endif
