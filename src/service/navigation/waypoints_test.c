/* SPDX-License-Identifier: Apache-2.0
 *
 * Waypoints and their ids, with a clock and chance of the test's own.
 */
#include "base/heap.h"
#include "base/random.h"
#include "service/navigation/waypoints.h"
#include "sinew/env.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static uint64_t now_s = 0x6b05d16a;

static uint64_t unix_now(void)
{
    return now_s * 1000000000;
}

static struct {
    struct sn_random random;
    struct sn_block_pool blocks;
    struct sn_arena arena;
    struct sn_env env;
    struct sn_call call;
    struct sn_waypoints waypoints;
} w;

static int setup(void **state)
{
    memset(&w, 0, sizeof(w));
    sn_random_init(&w.random, 1);
    sn_block_pool_init(&w.blocks, &sn_heap, 0);
    sn_arena_init(&w.arena, &w.blocks, 1 << 20);
    w.env = (struct sn_env){.blocks = &w.blocks, .unix_ns = unix_now, .random = &w.random};
    sn_call_init(&w.call, &w.env, &w.arena, NULL);
    return 0;
}

static int teardown(void **state)
{
    sn_waypoints_fini(&w.waypoints);
    sn_arena_fini(&w.arena);
    sn_block_pool_fini(&w.blocks);
    return 0;
}

static void add(size_t count)
{
    for (size_t i = 0; i < count; i++)
        assert_int_equal(sn_waypoints_add(&w.call, &w.waypoints, (double)i, -1), 0);
}

static struct sn_str id_of(size_t i)
{
    return (struct sn_str){w.waypoints.v[i].id, SN_WAYPOINT_ID_LEN};
}

/* The last six digits. */
static unsigned long counter_of(size_t i)
{
    char digits[7] = "";

    memcpy(digits, id_of(i).ptr + 18, 6);
    return strtoul(digits, NULL, 16);
}

static void test_an_id_says_when_and_who(void **state)
{
    add(1);
    now_s++;
    add(1);
    now_s--;
    assert_memory_equal(id_of(0).ptr, "6b05d16a", 8);
    assert_memory_equal(id_of(1).ptr, "6b05d16b", 8);
    assert_memory_equal(id_of(0).ptr + 8, id_of(1).ptr + 8, 10);
    assert_int_equal((counter_of(0) + 1) & 0xffffff, counter_of(1));
}

static void test_the_counter_goes_round(void **state)
{
    add(1);
    w.waypoints.counter = 0xffffff;
    add(2);
    assert_int_equal(counter_of(1), 0xffffff);
    assert_int_equal(counter_of(2), 0);
}

static void test_what_is_removed_leaves_the_others_in_order(void **state)
{
    add(40);
    for (size_t i = 0; i < 20; i++) {
        char id[SN_WAYPOINT_ID_LEN];

        memcpy(id, id_of(i).ptr, sizeof(id));
        assert_int_equal(
            sn_waypoints_remove(&w.call, &w.waypoints, (struct sn_str){id, sizeof(id)}), 0);
        assert_int_equal(
            sn_waypoints_remove(&w.call, &w.waypoints, (struct sn_str){id, sizeof(id)}), 0);
    }
    assert_int_equal(w.waypoints.count, 20);
    for (size_t i = 0; i < 20; i++)
        assert_true(w.waypoints.v[i].latitude == (double)(2 * i + 1));
}

static void test_ids_that_are_none(void **state)
{
    static const struct {
        const char *id, *text;
    } rows[] = {
        {"", "the provided hex string is not a valid ObjectID"},
        {"00000000000000000000000g0", "the provided hex string is not a valid ObjectID"},
        {"00000000000000000000000g", "encoding/hex: invalid byte: U+0067 'g'"},
        {"\xc3\xa9wwwwwwwwwwwwwwwwwwwwww", "encoding/hex: invalid byte: U+00C3 '\xc3\x83'"},
        {"\xc2\xadwwwwwwwwwwwwwwwwwwwwww", "encoding/hex: invalid byte: U+00C2 '\xc3\x82'"},
        {"\xadwwwwwwwwwwwwwwwwwwwwwww", "encoding/hex: invalid byte: U+00AD"},
        {"\nwwwwwwwwwwwwwwwwwwwwwww", "encoding/hex: invalid byte: U+000A"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct sn_call call;

        sn_call_init(&call, &w.env, &w.arena, NULL);
        assert_int_equal(sn_waypoints_remove(&call, &w.waypoints, sn_str_of(rows[i].id)),
                         SN_ERR_UNKNOWN);
        assert_true(sn_str_is(sn_call_text(&call, SN_ERR_UNKNOWN), rows[i].text));
    }
}

static void test_only_so_many_are_kept(void **state)
{
    add(SN_WAYPOINTS_MAX);
    assert_int_equal(sn_waypoints_add(&w.call, &w.waypoints, 0, 0), SN_ERR_RESOURCE_EXHAUSTED);
    assert_int_equal(w.waypoints.count, SN_WAYPOINTS_MAX);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_an_id_says_when_and_who, setup, teardown),
        cmocka_unit_test_setup_teardown(test_the_counter_goes_round, setup, teardown),
        cmocka_unit_test_setup_teardown(test_what_is_removed_leaves_the_others_in_order, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_ids_that_are_none, setup, teardown),
        cmocka_unit_test_setup_teardown(test_only_so_many_are_kept, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
