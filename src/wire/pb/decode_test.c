/* SPDX-License-Identifier: Apache-2.0 */
#include "pb/wire/pb/test.h"
#include "wire/pb/testing.h"

static int decode(void **state, const struct sn_pb_msg *msg, void *out, const char *digits)
{
    struct sn_str bytes = hex(arena_of(state), digits);

    memset(out, 0, msg->size);
    return sn_pb_decode(msg, out, bytes.ptr, bytes.len, arena_of(state));
}

#define DECODE(name, digits)       \
    struct pb_sinew_test_##name m; \
    assert_int_equal(decode(state, &pb_sinew_test_##name##_msg, &m, digits), 0)

static void refuse(void **state, const struct sn_pb_msg *msg, const char *digits)
{
    char out[512];

    assert_true(msg->size <= sizeof out);
    assert_int_equal(decode(state, msg, out, digits), SN_ERR_INVALID_ARGUMENT);
}

static void test_scalars(void **state)
{
    DECODE(scalars, "09 000000000000f83f 15 0000c03f 18 ffffffffffffffffff01 20 ff01 28 07"
                    "31 0100000000000080 3d 02000080 40 01 4a 03 616263 62 02 ff00"
                    "68 ffffffff0f 70 feffffffffffffffff01 7d ffffffff"
                    "8101 feffffffffffffff 8801 03 9001 04");
    assert_true(m.f_double == 1.5 && m.f_float == 1.5f);
    assert_int_equal(m.f_int64, -1);
    assert_int_equal(m.f_uint64, 255);
    assert_int_equal(m.f_int32, 7);
    assert_true(m.f_fixed64 == 0x8000000000000001u && m.f_fixed32 == 0x80000002u);
    assert_true(m.f_bool && sn_str_is(m.f_string, "abc"));
    assert_bytes(m.f_bytes, hex(arena_of(state), "ff00"));
    assert_int_equal(m.f_uint32, UINT32_MAX);
    assert_int_equal(m.f_enum, PB_SINEW_TEST_COLOR_BLUE);
    assert_int_equal(m.f_sfixed32, -1);
    assert_int_equal(m.f_sfixed64, -2);
    assert_int_equal(m.f_sint32, -2);
    assert_int_equal(m.f_sint64, 2);
}

static void test_empty_input_is_an_empty_message(void **state)
{
    struct pb_sinew_test_scalars m = {0};

    (void)state;
    assert_int_equal(sn_pb_decode(&pb_sinew_test_scalars_msg, &m, NULL, 0, NULL), 0);
    assert_int_equal(m.f_string.len, 0);
}

static void test_last_scalar_wins(void **state)
{
    DECODE(scalars, "28 01 28 02 4a 01 61 4a 01 62");
    assert_int_equal(m.f_int32, 2);
    assert_true(sn_str_is(m.f_string, "b"));
}

static void test_32_bit_varints_lose_high_bits(void **state)
{
    DECODE(scalars, "28 8180808010 68 8180808010 8801 8280808010 70 8180808010 40 8080808010");
    assert_int_equal(m.f_int32, 1);
    assert_int_equal(m.f_uint32, 1);
    assert_int_equal(m.f_sint32, 1);
    assert_int_equal(m.f_enum, 1);
    assert_true(m.f_bool);
}

static void test_overlong_varints_are_read(void **state)
{
    DECODE(scalars, "28 87808080808080808000 4a 8180808000 61");
    assert_int_equal(m.f_int32, 7);
    assert_true(sn_str_is(m.f_string, "a"));
}

static void test_malformed_is_refused(void **state)
{
    static const char *const inputs[] = {
        "28",                         /* tag without value */
        "28 80",                      /* varint cut short */
        "28 ffffffffffffffffff02",    /* more than 64 bits */
        "28 80808080808080808080 00", /* eleven bytes */
        "09 00000000000000",          /* 7 of 8 bytes */
        "15 000000",                  /* 3 of 4 bytes */
        "4a 05 61626364",             /* length beyond the end */
        "4a ffffffff0f",              /* length of 4 GiB */
        "4a ffffffffffffffffff01",    /* length of 2^64 - 1 */
        "00 00",
        "02 00", /* field number 0 */
        "0c",
        "a406 9c06",  /* end of no group */
        "a306 ac06",  /* end of another group */
        "a306 08 01", /* group without end */
        "0e 00",
        "0f 00",           /* wire types 6 and 7 */
        "8080808010 00",   /* field number above the maximum */
        "888080808000 00", /* tag of six bytes */
        "4a 01 80",
        "4a 02 c080", /* not UTF-8 */
        "4a 03 eda080",
        "4a 04 f4908080",
    };

    for (size_t i = 0; i < sizeof inputs / sizeof *inputs; i++)
        refuse(state, &pb_sinew_test_scalars_msg, inputs[i]);
}

static void test_bytes_need_not_be_utf8(void **state)
{
    DECODE(scalars, "62 01 80");
    assert_int_equal(m.f_bytes.len, 1);
}

static void test_optionals_say_whether_they_came(void **state)
{
    DECODE(optionals, "10 00 22 00");
    assert_true(m.has_f_int32 && m.f_int32 == 0);
    assert_true(m.has_f_string && m.f_string.len == 0);
    assert_false(m.has_f_double || m.has_f_bool || m.has_f_enum);
}

static void test_lists_packed_and_not(void **state)
{
    DECODE(lists, "0a 10 000000000000f03f 0000000000000040 09 0000000000000840 0a 00"
                  "2a 03 01ac02 28 03 42 02 0102 9a01 02 0506 9801 07 8a01 03 010203");
    assert_int_equal(m.f_double.n, 3);
    assert_true(m.f_double.v[0] == 1 && m.f_double.v[1] == 2 && m.f_double.v[2] == 3);
    assert_int_equal(m.f_int32.n, 3);
    assert_true(m.f_int32.v[0] == 1 && m.f_int32.v[1] == 300 && m.f_int32.v[2] == 3);
    assert_true(m.f_bool.n == 2 && m.f_bool.v[0] && m.f_bool.v[1]);
    assert_true(m.f_unpacked.n == 3 && m.f_unpacked.v[2] == 7);
    assert_true(m.f_sint32.n == 3 && m.f_sint32.v[0] == -1 && m.f_sint32.v[2] == -2);
}

static void test_packed_that_does_not_divide_is_refused(void **state)
{
    refuse(state, &pb_sinew_test_lists_msg, "0a 09 000000000000000000");
    refuse(state, &pb_sinew_test_lists_msg, "2a 02 0180");
    refuse(state, &pb_sinew_test_lists_msg, "2a 05 0102");
}

static void test_lists_of_strings_and_messages_in_several_runs(void **state)
{
    DECODE(lists, "4a 01 61 4a 01 62 5a 02 0801 4a 01 63 5a 02 0802 5a 02 0803 4a 00");
    assert_int_equal(m.f_string.n, 4);
    assert_true(sn_str_is(m.f_string.v[0], "a") && sn_str_is(m.f_string.v[2], "c"));
    assert_int_equal(m.f_string.v[3].len, 0);
    assert_int_equal(m.f_node.n, 3);
    for (int i = 0; i < 3; i++)
        assert_int_equal(m.f_node.v[i].id, i + 1);
}

static void test_a_run_is_allocated_at_its_size(void **state)
{
    DECODE(lists, "4a 01 61 4a 01 62 4a 01 63");
    assert_int_equal(m.f_string.cap, 3);
}

static void test_maps(void **state)
{
    DECODE(maps, "0a 05 0a01611001 0a 05 0a01611002 0a 00 12 02 0805 12 06 0807 1202 0809");
    assert_int_equal(m.by_name.n, 3);
    assert_true(sn_str_is(m.by_name.v[1].key, "a") && m.by_name.v[1].value == 2);
    assert_true(m.by_name.v[2].key.len == 0 && m.by_name.v[2].value == 0);
    assert_true(m.by_id.n == 2 && m.by_id.v[0].key == 5 && m.by_id.v[0].value.id == 0);
    assert_true(m.by_id.v[1].key == 7 && m.by_id.v[1].value.id == 9);
    assert_int_equal(
        sn_pb_map_compact(&pb_sinew_test_maps_by_name_entry_msg, &m.by_name, arena_of(state)), 0);
    assert_int_equal(m.by_name.n, 2);
    assert_true(m.by_name.v[0].value == 2 && m.by_name.v[1].value == 0);
}

static void test_last_of_a_oneof_wins(void **state)
{
    DECODE(choice, "08 05 12 01 61");
    assert_int_equal(m.which_kind, PB_SINEW_TEST_CHOICE_KIND_TEXT);
    assert_true(sn_str_is(m.text, "a"));
}

static void test_oneof_messages_merge_unless_another_came_between(void **state)
{
    {
        DECODE(choice, "1a 02 0801 1a 03 220161");
        assert_int_equal(m.which_kind, PB_SINEW_TEST_CHOICE_KIND_NODE);
        assert_true(m.node->id == 1 && sn_str_is(m.node->register_, "a"));
    }
    {
        DECODE(choice, "1a 02 0801 08 07 1a 03 220161");
        assert_true(m.node->id == 0 && sn_str_is(m.node->register_, "a"));
    }
}

static void test_submessages_merge(void **state)
{
    DECODE(node, "12 06 0801 1a02 0805 12 07 220161 1a02 0806");
    assert_true(m.child->id == 1 && sn_str_is(m.child->register_, "a"));
    assert_int_equal(m.child->children.n, 2);
    assert_int_equal(m.child->children.v[1].id, 6);
}

static void test_sparse_numbers(void **state)
{
    DECODE(sparse, "08 01 10 02 8001 03 9a06 01 61 fa7f 02 0809 faffffff0f 01 ff");
    assert_true(m.first == 1 && m.second == 2 && m.sixteenth == 3);
    assert_true(sn_str_is(m.extra, "a") && m.inner->first == 9 && m.last.len == 1);
}

static void test_unknown_fields_are_dropped(void **state)
{
    DECODE(node, "08 01 50 05 59 0000000000000000 62 01 61 65 00000000 a306 0801 a306 a406 a406 "
                 "08 02");
    assert_int_equal(m.id, 2);
}

static void test_wrong_wire_types_are_unknown_fields(void **state)
{
    DECODE(node, "0d 01000000 0a 01 05 10 01 20 01");
    assert_true(m.id == 0 && m.child == NULL && m.register_.len == 0);
}

static void test_unknown_fields_are_kept_where_there_is_a_place(void **state)
{
    DECODE(keeper, "50 05 58 06 08 01 62 01 61 12 02 5001");
    struct sn_arena *arena = arena_of(state);
    assert_int_equal(m.unknown_fields.n, 2);
    assert_bytes(m.unknown_fields.v[0], hex(arena, "50055806"));
    assert_bytes(m.unknown_fields.v[1], hex(arena, "620161"));
    assert_int_equal(m.sub->unknown_fields.n, 1);
}

/* `depth` Nodes within a Node. */
static struct sn_str nested(struct sn_arena *arena, int depth)
{
    enum { MAX = 1024 };
    char *buf = sn_arena_alloc(arena, MAX), *p = buf + MAX;

    for (int i = 0; i < depth; i++) {
        size_t len = (size_t)(buf + MAX - p);
        if (len > 127) {
            *--p = (char)(len >> 7);
            *--p = (char)(len | 0x80);
        } else {
            *--p = (char)len;
        }
        *--p = 0x12;
    }
    return (struct sn_str){p, (size_t)(buf + MAX - p)};
}

static void test_depth_is_limited(void **state)
{
    struct sn_arena *arena = arena_of(state);
    struct pb_sinew_test_node m = {0};
    struct sn_str bytes = nested(arena, SN_PB_DEPTH_MAX);

    assert_int_equal(sn_pb_decode(&pb_sinew_test_node_msg, &m, bytes.ptr, bytes.len, arena), 0);
    bytes = nested(arena, SN_PB_DEPTH_MAX + 1);
    assert_int_equal(sn_pb_decode(&pb_sinew_test_node_msg, &m, bytes.ptr, bytes.len, arena),
                     SN_ERR_INVALID_ARGUMENT);
}

static void test_group_depth_is_limited(void **state)
{
    struct sn_arena *arena = arena_of(state);
    struct pb_sinew_test_node m = {0};
    char groups[2 * 101];

    memset(groups, 0x53, sizeof groups);
    memset(groups + 100, 0x54, 100);
    assert_int_equal(sn_pb_decode(&pb_sinew_test_node_msg, &m, groups, 200, arena), 0);
    memset(groups, 0x53, 101);
    memset(groups + 101, 0x54, 101);
    assert_int_equal(sn_pb_decode(&pb_sinew_test_node_msg, &m, groups, 202, arena),
                     SN_ERR_INVALID_ARGUMENT);
}

static void test_arena_is_the_budget(void **state)
{
    struct memory m;
    struct sn_str bytes = hex(arena_of(state), "4a 01 61 4a 01 62 4a 01 63");

    for (size_t limit = 0; limit < SN_BLOCK_SIZE; limit += 512) {
        struct pb_sinew_test_lists lists = {0};

        memory_init(&m, limit);
        assert_int_equal(
            sn_pb_decode(&pb_sinew_test_lists_msg, &lists, bytes.ptr, bytes.len, &m.arena),
            SN_ERR_RESOURCE_EXHAUSTED);
        memory_fini(&m);
    }
}

/* A legal message that is far larger in memory than on the wire. */
static void test_amplification_is_bounded_by_the_arena(void **state)
{
    enum { COUNT = 200000 };
    struct memory m;
    char *bytes = malloc(2 * COUNT);
    struct pb_sinew_test_lists lists = {0};

    (void)state;
    for (int i = 0; i < COUNT; i++)
        memcpy(bytes + 2 * i, "\x5a", 2);
    memory_init(&m, 1 << 20);
    assert_int_equal(sn_pb_decode(&pb_sinew_test_lists_msg, &lists, bytes, 2 * COUNT, &m.arena),
                     SN_ERR_RESOURCE_EXHAUSTED);
    memory_fini(&m);
    free(bytes);
}

static void test_input_above_2_gib_is_refused(void **state)
{
    struct pb_sinew_test_node m = {0};

    assert_int_equal(
        sn_pb_decode(&pb_sinew_test_node_msg, &m, "", (size_t)SN_PB_SIZE_MAX + 1, arena_of(state)),
        SN_ERR_INVALID_ARGUMENT);
}

/* Every prefix is either malformed or a message, and none is read beyond its end. */
static void test_truncated_at_every_byte(void **state)
{
    struct sn_str whole =
        hex(arena_of(state), "0a 08 0000000000000040 2a 03 01ac02 4a 03 616263 5a 06 0801 1202 0802"
                             "9801 ac02 a306 0801 a406 62 02 ffff");

    for (size_t len = 0; len <= whole.len; len++) {
        struct pb_sinew_test_lists m = {0};
        char *bytes = malloc(len ? len : 1);

        memcpy(bytes, whole.ptr, len);
        int rc = sn_pb_decode(&pb_sinew_test_lists_msg, &m, bytes, len, arena_of(state));
        assert_true(rc == 0 || rc == SN_ERR_INVALID_ARGUMENT);
        assert_true(len < whole.len || rc == 0);
        free(bytes);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        MEMORY_TEST(test_scalars),
        MEMORY_TEST(test_empty_input_is_an_empty_message),
        MEMORY_TEST(test_last_scalar_wins),
        MEMORY_TEST(test_32_bit_varints_lose_high_bits),
        MEMORY_TEST(test_overlong_varints_are_read),
        MEMORY_TEST(test_malformed_is_refused),
        MEMORY_TEST(test_bytes_need_not_be_utf8),
        MEMORY_TEST(test_optionals_say_whether_they_came),
        MEMORY_TEST(test_lists_packed_and_not),
        MEMORY_TEST(test_packed_that_does_not_divide_is_refused),
        MEMORY_TEST(test_lists_of_strings_and_messages_in_several_runs),
        MEMORY_TEST(test_a_run_is_allocated_at_its_size),
        MEMORY_TEST(test_maps),
        MEMORY_TEST(test_last_of_a_oneof_wins),
        MEMORY_TEST(test_oneof_messages_merge_unless_another_came_between),
        MEMORY_TEST(test_submessages_merge),
        MEMORY_TEST(test_sparse_numbers),
        MEMORY_TEST(test_unknown_fields_are_dropped),
        MEMORY_TEST(test_wrong_wire_types_are_unknown_fields),
        MEMORY_TEST(test_unknown_fields_are_kept_where_there_is_a_place),
        MEMORY_TEST(test_depth_is_limited),
        MEMORY_TEST(test_group_depth_is_limited),
        MEMORY_TEST(test_arena_is_the_budget),
        MEMORY_TEST(test_amplification_is_bounded_by_the_arena),
        MEMORY_TEST(test_input_above_2_gib_is_refused),
        MEMORY_TEST(test_truncated_at_every_byte),
    };

    return cmocka_run_group_tests_name("pb/decode", tests, NULL, NULL);
}
