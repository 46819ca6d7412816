/* SPDX-License-Identifier: Apache-2.0 */
#include "sinew/arena.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

/* Counts what is out, and can run dry. */
struct source {
    struct sn_block_source base; /* first */
    size_t out, calls, left;
};

static void *source_get(struct sn_block_source *base, size_t size)
{
    struct source *source = (struct source *)base;

    if (size > source->left)
        return NULL;
    source->left -= size;
    source->out += size;
    source->calls++;
    return malloc(size);
}

static void source_put(struct sn_block_source *base, void *memory, size_t size)
{
    struct source *source = (struct source *)base;

    source->left += size;
    source->out -= size;
    free(memory);
}

static struct source source;
static struct sn_block_pool pool;
static struct sn_arena arena;

static int open_arena(void **state)
{
    source = (struct source){.base = {source_get, source_put}, .left = 1 << 20};
    sn_block_pool_init(&pool, &source.base, 4);
    sn_arena_init(&arena, &pool, 1 << 20);
    return 0;
}

static int close_arena(void **state)
{
    sn_arena_fini(&arena);
    assert_int_equal(pool.in_use, 0);
    sn_block_pool_fini(&pool);
    assert_int_equal(source.out, 0);
    return 0;
}

static void test_pieces_are_apart_and_aligned(void **state)
{
    enum { COUNT = 3000 };
    unsigned char *pieces[COUNT];

    for (size_t i = 0; i < COUNT; i++) {
        pieces[i] = sn_arena_alloc(&arena, 1 + i % 50);
        assert_non_null(pieces[i]);
        assert_int_equal((uintptr_t)pieces[i] % 8, 0);
        memset(pieces[i], (int)(i & 0xff), i % 50);
    }
    for (size_t i = 0; i < COUNT; i++) {
        for (size_t j = 0; j < i % 50; j++)
            assert_int_equal(pieces[i][j], i & 0xff);
    }
}

static void test_unused_takes_no_block(void **state)
{
    assert_int_equal(source.calls, 0);
    sn_arena_fini(&(struct sn_arena){0});
}

static void test_zalloc_clears(void **state)
{
    static const char zeros[100];

    memset(sn_arena_alloc(&arena, 100), 0xff, 100);
    sn_arena_fini(&arena);
    sn_arena_init(&arena, &pool, 1 << 20); /* gets the same block */
    assert_memory_equal(sn_arena_zalloc(&arena, 100), zeros, 100);
}

static void test_large_piece_keeps_the_rest_usable(void **state)
{
    assert_non_null(sn_arena_alloc(&arena, 8));
    char *cur = arena.cur;
    assert_non_null(sn_arena_alloc(&arena, 100000));
    assert_ptr_equal(arena.cur, cur);
    assert_ptr_equal(sn_arena_alloc(&arena, 8), cur);
}

static void test_limit(void **state)
{
    sn_arena_init(&arena, &pool, 2 * SN_BLOCK_SIZE);
    assert_non_null(sn_arena_alloc(&arena, 4000));
    assert_null(sn_arena_alloc(&arena, 5000));
    assert_non_null(sn_arena_alloc(&arena, 4000));
    assert_null(sn_arena_alloc(&arena, 4000));
    assert_null(sn_arena_zalloc(&arena, 4000));
    assert_null(sn_arena_alloc(&arena, SIZE_MAX));
    assert_null(sn_arena_alloc(&arena, SIZE_MAX - 16));
}

static void test_source_runs_dry(void **state)
{
    source.left = 10000;
    assert_null(sn_arena_alloc(&arena, 20000));
    assert_non_null(sn_arena_alloc(&arena, 4000));
    assert_non_null(sn_arena_alloc(&arena, 4000));
    assert_null(sn_arena_alloc(&arena, 4000));
    source.left = 1 << 20;
    assert_non_null(sn_arena_alloc(&arena, 4000));
}

static void test_resize(void **state)
{
    char *piece = sn_arena_alloc(&arena, 10);
    memcpy(piece, "0123456789", 10);
    assert_ptr_equal(sn_arena_realloc(&arena, piece, 10, 500), piece); /* in place */
    assert_ptr_equal(sn_arena_realloc(&arena, piece, 500, 20), piece);
    char *moved = sn_arena_realloc(&arena, piece, 500, 50000);
    assert_ptr_not_equal(moved, piece);
    assert_memory_equal(moved, "0123456789", 10);
    assert_null(sn_arena_realloc(&arena, moved, 50000, 2 << 20));
    assert_memory_equal(moved, "0123456789", 10);
    assert_non_null(sn_arena_realloc(&arena, NULL, 0, 8));
}

static void test_strings(void **state)
{
    char text[] = "copy me";

    struct sn_str copy = sn_arena_copy(&arena, sn_str_of(text));
    text[0] = 'x';
    assert_string_equal(copy.ptr, "copy me");
    assert_int_equal(copy.len, 7);
    assert_string_equal(sn_arena_copy(&arena, SN_STR_NULL).ptr, "");
    assert_null(sn_arena_copy(&arena, (struct sn_str){text, SIZE_MAX}).ptr);
    struct sn_str printed = sn_arena_printf(&arena, "%s is %d", "x", 42);
    assert_true(sn_str_is(printed, "x is 42"));
    assert_string_equal(printed.ptr, "x is 42");
}

static void test_steady_state_takes_nothing(void **state)
{
    for (int round = 0; round < 100; round++) {
        struct sn_arena call;

        sn_arena_init(&call, &pool, 1 << 20);
        for (int i = 0; i < 10; i++)
            assert_non_null(sn_arena_alloc(&call, 1000));
        sn_arena_fini(&call);
    }
    assert_int_equal(pool.taken, 3); /* ten pieces of a thousand bytes in blocks of four */
}

static void test_pool_keeps_no_more_than_it_may(void **state)
{
    struct sn_block *blocks[8];

    for (int i = 0; i < 8; i++)
        blocks[i] = sn_block_get(&pool, 100);
    assert_int_equal(pool.in_use, 8 * SN_BLOCK_SIZE);
    for (int i = 0; i < 8; i++)
        sn_block_put(&pool, blocks[i]);
    assert_int_equal(pool.free_count, 4);
    assert_int_equal(source.out, 4 * SN_BLOCK_SIZE);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_arena, close_arena)
    const struct CMUnitTest tests[] = {
        TEST(test_pieces_are_apart_and_aligned),
        TEST(test_unused_takes_no_block),
        TEST(test_zalloc_clears),
        TEST(test_large_piece_keeps_the_rest_usable),
        TEST(test_limit),
        TEST(test_source_runs_dry),
        TEST(test_resize),
        TEST(test_strings),
        TEST(test_steady_state_takes_nothing),
        TEST(test_pool_keeps_no_more_than_it_may),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
