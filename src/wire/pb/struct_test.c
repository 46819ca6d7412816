/* SPDX-License-Identifier: Apache-2.0 */
#include "sinew/struct.h"
#include "wire/pb/testing.h"

static void test_build_and_read(void **state)
{
    struct sn_arena *arena = arena_of(state);
    struct pb_google_struct s = {0}, inner = {0};
    struct pb_google_list_value list = {0};

    assert_int_equal(sn_pb_struct_add(&inner, SN_STR("b"), sn_pb_bool(true), arena), 0);
    assert_int_equal(sn_pb_list_value_add(&list, sn_pb_number(1), arena), 0);
    assert_int_equal(sn_pb_list_value_add(&list, sn_pb_null(), arena), 0);
    assert_int_equal(sn_pb_struct_add(&s, SN_STR("n"), sn_pb_number(1.5), arena), 0);
    assert_int_equal(sn_pb_struct_add(&s, SN_STR("s"), sn_pb_string(SN_STR("x")), arena), 0);
    assert_int_equal(sn_pb_struct_add(&s, SN_STR("o"), sn_pb_struct(&inner), arena), 0);
    assert_int_equal(sn_pb_struct_add(&s, SN_STR("l"), sn_pb_list(&list), arena), 0);

    assert_true(sn_pb_value_number(sn_pb_struct_get(&s, "n"), 0) == 1.5);
    assert_true(sn_str_is(sn_pb_value_string(sn_pb_struct_get(&s, "s"), SN_STR_NULL), "x"));
    const struct pb_google_struct *o = sn_pb_value_struct(sn_pb_struct_get(&s, "o"));
    assert_true(sn_pb_value_bool(sn_pb_struct_get(o, "b"), false));
    const struct pb_google_list_value *l = sn_pb_value_list(sn_pb_struct_get(&s, "l"));
    assert_int_equal(l->values.n, 2);
    assert_true(sn_pb_value_is_null(&l->values.v[1]) && !sn_pb_value_is_null(&l->values.v[0]));
}

static void test_absent_and_other_kinds_give_the_fallback(void **state)
{
    struct pb_google_value number = sn_pb_number(1);

    (void)state;
    assert_null(sn_pb_struct_get(NULL, "a"));
    assert_null(sn_pb_struct_get(&(struct pb_google_struct){0}, "a"));
    assert_true(sn_pb_value_number(NULL, 7) == 7);
    assert_true(sn_pb_value_bool(&number, true));
    assert_true(sn_str_is(sn_pb_value_string(&number, SN_STR("f")), "f"));
    assert_null(sn_pb_value_struct(&number));
    assert_null(sn_pb_value_list(&number));
    assert_true(sn_pb_value_is_null(NULL) && sn_pb_value_is_null(&(struct pb_google_value){0}));
}

static void test_adding_again_replaces(void **state)
{
    struct sn_arena *arena = arena_of(state);
    struct pb_google_struct s = {0};

    assert_int_equal(sn_pb_struct_add(&s, SN_STR("a"), sn_pb_number(1), arena), 0);
    assert_int_equal(sn_pb_struct_add(&s, SN_STR("b"), sn_pb_number(2), arena), 0);
    assert_int_equal(sn_pb_struct_add(&s, SN_STR("a"), sn_pb_number(3), arena), 0);
    assert_true(sn_pb_value_number(sn_pb_struct_get(&s, "a"), 0) == 3);
    assert_int_equal(sn_pb_map_compact(&pb_google_struct_fields_entry_msg, &s.fields, arena), 0);
    assert_int_equal(s.fields.n, 2);
    assert_true(sn_str_is(s.fields.v[0].key, "b") && sn_str_is(s.fields.v[1].key, "a"));
}

static void test_compacting_many(void **state)
{
    enum { COUNT = 100000, KEYS = 1000 };
    struct sn_arena *arena = arena_of(state);
    struct pb_google_struct s = {0};

    for (int i = 0; i < COUNT; i++) {
        struct sn_str key = sn_arena_printf(arena, "%d", i % KEYS);
        assert_int_equal(sn_pb_struct_add(&s, key, sn_pb_number(i), arena), 0);
    }
    assert_int_equal(sn_pb_map_compact(&pb_google_struct_fields_entry_msg, &s.fields, arena), 0);
    assert_int_equal(s.fields.n, KEYS);
    for (uint32_t i = 0; i < KEYS; i++)
        assert_true(s.fields.v[i].value.number_value == COUNT - KEYS + i);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        MEMORY_TEST(test_build_and_read),
        MEMORY_TEST(test_absent_and_other_kinds_give_the_fallback),
        MEMORY_TEST(test_adding_again_replaces),
        MEMORY_TEST(test_compacting_many),
    };

    return cmocka_run_group_tests_name("pb/struct", tests, NULL, NULL);
}
