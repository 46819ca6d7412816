/* SPDX-License-Identifier: Apache-2.0 */
#include "pb/component/motor/v1/motor.h"
#include "pb/wire/pb/test.h"
#include "wire/pb/testing.h"
#include "wire/pb/wire.h"

static void test_raw_fields(void **state)
{
    struct sn_str bytes = hex(arena_of(state), "08 ac02 11 0100000000000000 1a 02 6162 25 02000000"
                                               "2b 08 01 2c");
    struct sn_pb_raw raw;

    assert_int_equal(sn_pb_raw_next(&bytes, &raw), 1);
    assert_true(raw.number == 1 && raw.wire == SN_PB_WIRE_VARINT && raw.value == 300);
    assert_int_equal(sn_pb_raw_next(&bytes, &raw), 1);
    assert_true(raw.number == 2 && raw.wire == SN_PB_WIRE_64 && raw.value == 1);
    assert_int_equal(sn_pb_raw_next(&bytes, &raw), 1);
    assert_true(raw.number == 3 && sn_str_is(raw.bytes, "ab"));
    assert_int_equal(sn_pb_raw_next(&bytes, &raw), 1);
    assert_true(raw.number == 4 && raw.wire == SN_PB_WIRE_32 && raw.value == 2);
    assert_int_equal(sn_pb_raw_next(&bytes, &raw), 1);
    assert_true(raw.number == 5 && raw.wire == SN_PB_WIRE_GROUP);
    assert_int_equal(sn_pb_raw_next(&bytes, &raw), 0);
    bytes = hex(arena_of(state), "08");
    assert_int_equal(sn_pb_raw_next(&bytes, &raw), SN_ERR_INVALID_ARGUMENT);
}

static void test_peek(void **state)
{
    struct sn_str bytes = hex(arena_of(state), "0a 01 61 08 05 12 05 0a03 787979 0a 02 6263");
    struct sn_str value;

    assert_int_equal(sn_pb_peek(bytes, (uint32_t[]){1}, 1, &value), 0);
    assert_true(sn_str_is(value, "bc"));
    assert_int_equal(sn_pb_peek(bytes, (uint32_t[]){2, 1}, 2, &value), 0);
    assert_true(sn_str_is(value, "xyy"));
    assert_int_equal(sn_pb_peek(bytes, (uint32_t[]){3, 1}, 2, &value), 0);
    assert_int_equal(value.len, 0);
    assert_int_equal(sn_pb_peek(bytes, (uint32_t[]){1, 1}, 2, &value), SN_ERR_INVALID_ARGUMENT);
}

static void test_field_find(void **state)
{
    (void)state;
    assert_int_equal(sn_pb_field_find(&pb_sinew_test_sparse_msg, 2)->number, 2);
    assert_int_equal(sn_pb_field_find(&pb_sinew_test_sparse_msg, 16)->number, 16);
    assert_int_equal(sn_pb_field_find(&pb_sinew_test_sparse_msg, SN_PB_NUMBER_MAX)->number,
                     SN_PB_NUMBER_MAX);
    assert_null(sn_pb_field_find(&pb_sinew_test_sparse_msg, 0));
    assert_null(sn_pb_field_find(&pb_sinew_test_sparse_msg, 3));
    assert_null(sn_pb_field_find(&pb_sinew_test_sparse_msg, 100));
}

static void test_utf8(void **state)
{
    static const char *const good[] = {"",
                                       "plain text of some length",
                                       "\xc2\x80",
                                       "\xdf\xbf",
                                       "\xe0\xa0\x80",
                                       "\xed\x9f\xbf",
                                       "\xee\x80\x80",
                                       "\xef\xbf\xbf",
                                       "\xf0\x90\x80\x80",
                                       "\xf4\x8f\xbf\xbf",
                                       "sixteen bytes.. \xc3\xa4 and then some more"};
    static const char *const bad[] = {"\x80",
                                      "\xc0\x80",
                                      "\xc1\xbf",
                                      "\xc2",
                                      "\xc2\x41",
                                      "\xe0\x9f\xbf",
                                      "\xed\xa0\x80",
                                      "\xe1\x80",
                                      "\xe1\x80\x41",
                                      "\xf0\x8f\xbf\xbf",
                                      "\xf4\x90\x80\x80",
                                      "\xf5\x80\x80\x80",
                                      "\xf1\x80\x80",
                                      "\xff",
                                      "eight by\xff tes"};

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_true(sn_pb_utf8_valid(good[i], strlen(good[i])));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(sn_pb_utf8_valid(bad[i], strlen(bad[i])));
}

static void test_lists(void **state)
{
    SN_PB_LIST(int32_t) list = {0};
    struct sn_arena *arena = arena_of(state);

    for (int i = 0; i < 1000; i++) {
        int32_t *slot = sn_pb_add(&list, arena);
        assert_int_equal(*slot, 0);
        *slot = i;
    }
    assert_int_equal(list.n, 1000);
    assert_int_equal(list.v[999], 999);
    assert_int_equal(sn_pb_list_reserve(&list, sizeof *list.v, 5000, arena), 0);
    assert_true(list.cap == 5000 && list.v[999] == 999);
    assert_int_equal(sn_pb_list_reserve(&list, sizeof *list.v, UINT32_MAX, arena),
                     SN_ERR_RESOURCE_EXHAUSTED);
}

static void test_services(void **state)
{
    const struct sn_pb_method *m = pb_sinew_test_tester.methods;

    (void)state;
    assert_string_equal(pb_sinew_test_tester.name, "sinew.test.Tester");
    assert_int_equal(pb_sinew_test_tester.count, 4);
    assert_true(m[0].request == &pb_sinew_test_scalars_msg &&
                m[0].response == &pb_sinew_test_lists_msg);
    assert_int_equal(m[0].flags, 0);
    assert_int_equal(m[1].flags, SN_PB_CLIENT_STREAMING);
    assert_int_equal(m[2].flags, SN_PB_SERVER_STREAMING);
    assert_int_equal(m[3].flags, SN_PB_CLIENT_STREAMING | SN_PB_SERVER_STREAMING);
    assert_string_equal(pb_motor_motor_service.methods[0].name, "SetPower");
    assert_int_equal(pb_motor_motor_service.methods[0].flags, SN_PB_SAFETY_HEARTBEAT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        MEMORY_TEST(test_raw_fields), MEMORY_TEST(test_peek),  MEMORY_TEST(test_field_find),
        MEMORY_TEST(test_utf8),       MEMORY_TEST(test_lists), MEMORY_TEST(test_services),
    };

    return cmocka_run_group_tests_name("pb/wire", tests, NULL, NULL);
}
