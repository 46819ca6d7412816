/* SPDX-License-Identifier: Apache-2.0
 *
 * Descriptions there and back, as SDKs write them, and bad ones.
 */
#include "wire/ice/description.h"

#include "base/heap.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

struct memory {
    struct sn_block_pool pool;
    struct sn_arena arena;
};

static void memory_init(struct memory *memory, size_t limit)
{
    sn_block_pool_init(&memory->pool, &sn_heap, 0);
    sn_arena_init(&memory->arena, &memory->pool, limit);
}

static void memory_fini(struct memory *memory)
{
    sn_arena_fini(&memory->arena);
    sn_block_pool_fini(&memory->pool);
}

static void test_there_and_back(void **state)
{
    struct sn_description in = {true, SN_STR("v=0\r\ns=\"x\"\r\n")}, out;
    struct memory memory;
    struct sn_error error;

    memory_init(&memory, 1 << 20);
    struct sn_str text = sn_description_write(&in, &memory.arena);
    assert_true(sn_str_is(text, "eyJ0eXBlIjoib2ZmZXIiLCJzZHAiOiJ2PTBcclxucz1cInhcIlxyXG4ifQ=="));
    assert_int_equal(sn_description_read(text, &memory.arena, &out, &error), 0);
    assert_true(out.is_offer && sn_str_eq(out.sdp, in.sdp));
    memory_fini(&memory);
}

/* The other order, something more, and bare JSON. */
static void test_forms(void **state)
{
    struct sn_description out;
    struct memory memory;
    struct sn_error error;

    memory_init(&memory, 1 << 20);
    assert_int_equal(
        sn_description_read(SN_STR("{ \"x\":[{}], \"sdp\" : \"v=0\\n\" , \"type\":\"answer\" } "),
                            &memory.arena, &out, &error),
        0);
    assert_true(!out.is_offer && sn_str_is(out.sdp, "v=0\n"));
    memory_fini(&memory);
}

static void test_bad(void **state)
{
    static const char *const cases[] = {"",
                                        "?",
                                        "e30=",
                                        "e30",
                                        "[]",
                                        "{",
                                        "{}",
                                        "{\"type\":1}",
                                        "{\"type\":\"rollback\"}",
                                        "{\"type\":\"offer\",\"sdp\":{}}",
                                        "{\"type\":\"offer\"} x",
                                        "{\"a\":[[[[[[[[[[]]]]]]]]]],\"type\":\"offer\"}"};
    static char long_one[SN_DESCRIPTION_MAX + 1];
    struct sn_description out;
    struct memory memory;
    struct sn_error error;

    memory_init(&memory, 1 << 20);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        if (sn_description_read(sn_str_of(cases[i]), &memory.arena, &out, &error) !=
            SN_ERR_INVALID_ARGUMENT)
            fail_msg("%s", cases[i]);
    memset(long_one, 'A', sizeof(long_one));
    assert_int_equal(sn_description_read((struct sn_str){long_one, sizeof(long_one)}, &memory.arena,
                                         &out, &error),
                     SN_ERR_INVALID_ARGUMENT);
    memory_fini(&memory);
}

static void test_no_memory(void **state)
{
    struct sn_description in = {true, SN_STR("v=0\r\n")}, out;
    struct memory memory;
    struct sn_error error;

    memory_init(&memory, 0);
    assert_null(sn_description_write(&in, &memory.arena).ptr);
    assert_int_equal(sn_description_read(SN_STR("e30="), &memory.arena, &out, &error),
                     SN_ERR_RESOURCE_EXHAUSTED);
    memory_fini(&memory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_there_and_back),
        cmocka_unit_test(test_forms),
        cmocka_unit_test(test_bad),
        cmocka_unit_test(test_no_memory),
    };

    return cmocka_run_group_tests_name("wire/description", tests, NULL, NULL);
}
