/* SPDX-License-Identifier: Apache-2.0 */
#include "pb/wire/pb/test.h"
#include "wire/pb/testing.h"

#include <math.h>

static struct sn_str encode(void **state, const struct sn_pb_msg *msg, const void *m)
{
    struct sn_str bytes;

    assert_int_equal(sn_pb_encode(msg, m, arena_of(state), 0, &bytes), 0);
    return bytes;
}

#define ENCODES(name, m, digits) \
    assert_bytes(encode(state, &pb_sinew_test_##name##_msg, m), hex(arena_of(state), digits))

static void test_zeroed_is_empty(void **state)
{
    ENCODES(scalars, &(struct pb_sinew_test_scalars){0}, "");
    ENCODES(lists, &(struct pb_sinew_test_lists){0}, "");
    ENCODES(choice, &(struct pb_sinew_test_choice){0}, "");
}

static void test_scalars(void **state)
{
    struct pb_sinew_test_scalars m = {
        .f_double = 1.5,
        .f_float = 1.5f,
        .f_int64 = -1,
        .f_uint64 = 255,
        .f_int32 = -1,
        .f_fixed64 = 1,
        .f_fixed32 = 2,
        .f_bool = true,
        .f_string = SN_STR("abc"),
        .f_bytes = SN_STR("\xff"),
        .f_uint32 = UINT32_MAX,
        .f_enum = PB_SINEW_TEST_COLOR_BLUE,
        .f_sfixed32 = -1,
        .f_sfixed64 = -2,
        .f_sint32 = INT32_MIN,
        .f_sint64 = INT64_MIN,
    };

    ENCODES(scalars, &m,
            "09 000000000000f83f 15 0000c03f 18 ffffffffffffffffff01 20 ff01"
            "28 ffffffffffffffffff01 31 0100000000000000 3d 02000000 40 01 4a 03 616263 62 01 ff"
            "68 ffffffff0f 70 feffffffffffffffff01 7d ffffffff 8101 feffffffffffffff"
            "8801 ffffffff0f 9001 ffffffffffffffffff01");
}

static void test_minus_zero_is_not_absent(void **state)
{
    ENCODES(scalars, &(struct pb_sinew_test_scalars){.f_double = -0.0}, "09 0000000000000080");
}

static void test_optionals_are_written_when_set(void **state)
{
    struct pb_sinew_test_optionals m = {.has_f_int32 = true, .has_f_string = true, .f_double = 1};

    ENCODES(optionals, &m, "10 00 22 00");
}

static void test_lists(void **state)
{
    double doubles[] = {1, 2};
    int32_t ints[] = {1, 300, -1};
    uint32_t unpacked[] = {5, 6};
    struct sn_str strings[] = {SN_STR("a"), SN_STR_NULL};
    struct pb_sinew_test_node nodes[] = {{.id = 1}, {0}};
    struct pb_sinew_test_lists m = {
        .f_double = {doubles, 2, 2},
        .f_int32 = {ints, 3, 3},
        .f_string = {strings, 2, 2},
        .f_node = {nodes, 2, 2},
        .f_unpacked = {unpacked, 2, 2},
    };

    ENCODES(lists, &m,
            "0a 10 000000000000f03f 0000000000000040 2a 0d 01 ac02 ffffffffffffffffff01"
            "4a 01 61 4a 00 5a 02 0801 5a 00 9801 05 9801 06");
}

static void test_map_entries_always_have_both(void **state)
{
    struct pb_sinew_test_maps m = {0};
    struct sn_arena *arena = arena_of(state);

    sn_pb_add(&m.by_name, arena)->key = SN_STR("a");
    sn_pb_add(&m.by_id, arena)->value.id = 1;
    ENCODES(maps, &m, "0a 05 0a0161 1000 12 06 0800 1202 0801");
}

static void test_oneofs(void **state)
{
    struct pb_sinew_test_choice m = {.which_kind = PB_SINEW_TEST_CHOICE_KIND_NUMBER, .after = 1};

    ENCODES(choice, &m, "08 00 28 01");
    m.which_kind = PB_SINEW_TEST_CHOICE_KIND_NODE;
    m.node = NULL;
    ENCODES(choice, &m, "1a 00 28 01");
}

static void test_unknown_fields_are_written_behind(void **state)
{
    struct sn_str unknown[] = {hex(arena_of(state), "5005"), hex(arena_of(state), "5806")};
    struct pb_sinew_test_keeper sub = {.unknown_fields = {unknown, 1, 1}};
    struct pb_sinew_test_keeper m = {.id = 1, .sub = &sub, .unknown_fields = {unknown, 2, 2}};

    ENCODES(keeper, &m, "08 01 12 02 5005 5005 5806");
}

static void test_strings_must_be_utf8(void **state)
{
    struct pb_sinew_test_scalars m = {.f_string = SN_STR("\xc3")};
    struct sn_str bytes;

    assert_int_equal(sn_pb_encode(&pb_sinew_test_scalars_msg, &m, arena_of(state), 0, &bytes),
                     SN_ERR_INVALID_ARGUMENT);
}

static void test_depth_is_limited(void **state)
{
    struct pb_sinew_test_node nodes[SN_PB_DEPTH_MAX + 2] = {0};
    struct sn_str bytes;

    for (int i = 0; i <= SN_PB_DEPTH_MAX; i++)
        nodes[i].child = &nodes[i + 1];
    assert_int_equal(sn_pb_encode(&pb_sinew_test_node_msg, &nodes[1], arena_of(state), 0, &bytes),
                     0);
    assert_int_equal(sn_pb_encode(&pb_sinew_test_node_msg, &nodes[0], arena_of(state), 0, &bytes),
                     SN_ERR_INVALID_ARGUMENT);
}

/* A cycle is our bug, but it ends. */
static void test_cycles_end(void **state)
{
    struct pb_sinew_test_node node = {0};
    struct sn_str bytes;

    node.child = &node;
    assert_int_equal(sn_pb_encode(&pb_sinew_test_node_msg, &node, arena_of(state), 0, &bytes),
                     SN_ERR_INVALID_ARGUMENT);
}

static void test_headroom_is_writable(void **state)
{
    static const size_t sizes[] = {0, 1, 300, 4000, 5000, 1 << 20};

    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct pb_sinew_test_scalars m = {.f_int32 = 1,
                                          .f_bytes = {calloc(1, sizes[i] + 1), sizes[i]}};
        struct sn_str bytes;

        assert_int_equal(sn_pb_encode(&pb_sinew_test_scalars_msg, &m, arena_of(state), 5, &bytes),
                         0);
        memset((char *)bytes.ptr - 5, 0xee, 5);
        assert_true(bytes.len > sizes[i] && bytes.ptr[0] == 0x28);
        free((void *)m.f_bytes.ptr);
    }
}

/* Sizes around every border of buffer and block: the bytes are right and later pieces of the
 * arena do not overlap them. */
static void test_growing(void **state)
{
    struct sn_str blob = {calloc(1, 20000), 0};

    for (blob.len = 0; blob.len < 20000; blob.len += blob.len < 9000 ? 7 : 500) {
        struct memory mem;
        struct sn_str parts[] = {blob, blob, SN_STR("x")};
        struct pb_sinew_test_lists m = {.f_bytes = {parts, 3, 3}}, back = {0};
        struct sn_str bytes;

        memory_init(&mem, 1 << 20);
        assert_int_equal(sn_pb_encode(&pb_sinew_test_lists_msg, &m, &mem.arena, 3, &bytes), 0);
        memset(sn_arena_alloc(&mem.arena, 64), 0xff, 64);
        memset(sn_arena_alloc(&mem.arena, 4000), 0xff, 4000);
        assert_int_equal(
            sn_pb_decode(&pb_sinew_test_lists_msg, &back, bytes.ptr, bytes.len, arena_of(state)),
            0);
        assert_int_equal(back.f_bytes.n, 3);
        assert_bytes(back.f_bytes.v[1], blob);
        assert_bytes(back.f_bytes.v[2], parts[2]);
        memory_fini(&mem);
    }
    free((void *)blob.ptr);
}

/* Small messages share a block, since what a buffer did not use goes back. */
static void test_small_messages_share_a_block(void **state)
{
    struct memory mem;
    struct sn_str bytes;

    (void)state;
    memory_init(&mem, SN_BLOCK_SIZE);
    for (int i = 0; i < 100; i++) {
        struct pb_sinew_test_scalars m = {.f_int32 = i + 1, .f_double = 1};

        assert_int_equal(sn_pb_encode(&pb_sinew_test_scalars_msg, &m, &mem.arena, 5, &bytes), 0);
        assert_int_equal(bytes.len, 11);
    }
    memory_fini(&mem);
}

/* Messages of every length one behind the other: the rest of a block is of any size. */
static void test_many_in_one_arena(void **state)
{
    struct sn_str blob = {calloc(1, 700), 0}, bytes;

    for (int i = 0; i < 5000; i++) {
        struct pb_sinew_test_scalars m = {.f_bytes = blob};

        m.f_bytes.len = (size_t)i * 31 % 700;
        assert_int_equal(
            sn_pb_encode(&pb_sinew_test_scalars_msg, &m, arena_of(state), (size_t)i % 7, &bytes),
            0);
    }
    free((void *)blob.ptr);
}

static void test_headroom_is_limited(void **state)
{
    struct pb_sinew_test_scalars m = {0};
    struct sn_str bytes;

    assert_int_equal(sn_pb_encode(&pb_sinew_test_scalars_msg, &m, arena_of(state),
                                  SN_PB_HEADROOM_MAX + 1, &bytes),
                     SN_ERR_INVALID_ARGUMENT);
}

static void test_arena_is_the_budget(void **state)
{
    struct memory mem;
    struct pb_sinew_test_scalars m = {.f_bytes = {calloc(1, 10000), 10000}};
    struct sn_str bytes;

    (void)state;
    for (size_t limit = 0; limit < 10000; limit += 1000) {
        memory_init(&mem, limit);
        assert_int_equal(sn_pb_encode(&pb_sinew_test_scalars_msg, &m, &mem.arena, 0, &bytes),
                         SN_ERR_RESOURCE_EXHAUSTED);
        memory_fini(&mem);
    }
    free((void *)m.f_bytes.ptr);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        MEMORY_TEST(test_zeroed_is_empty),
        MEMORY_TEST(test_scalars),
        MEMORY_TEST(test_minus_zero_is_not_absent),
        MEMORY_TEST(test_optionals_are_written_when_set),
        MEMORY_TEST(test_lists),
        MEMORY_TEST(test_map_entries_always_have_both),
        MEMORY_TEST(test_oneofs),
        MEMORY_TEST(test_unknown_fields_are_written_behind),
        MEMORY_TEST(test_strings_must_be_utf8),
        MEMORY_TEST(test_depth_is_limited),
        MEMORY_TEST(test_cycles_end),
        MEMORY_TEST(test_headroom_is_writable),
        MEMORY_TEST(test_growing),
        MEMORY_TEST(test_small_messages_share_a_block),
        MEMORY_TEST(test_many_in_one_arena),
        MEMORY_TEST(test_headroom_is_limited),
        MEMORY_TEST(test_arena_is_the_budget),
    };

    return cmocka_run_group_tests_name("pb/encode", tests, NULL, NULL);
}
