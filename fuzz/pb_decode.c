/* SPDX-License-Identifier: Apache-2.0
 *
 * Any bytes as a message, chosen by the first: what can be decoded can be encoded, and decoding
 * that gives the same message again.
 */
#include "fuzz.h"
#include "pb/wire/pb/test.h"
#include "sinew/struct.h"

enum { ARENA_MAX = 16 << 20, TABLES = 10 };

static const struct sn_pb_msg *const tables[TABLES] = {
    &pb_sinew_test_scalars_msg, &pb_sinew_test_optionals_msg, &pb_sinew_test_lists_msg,
    &pb_sinew_test_maps_msg,    &pb_sinew_test_choice_msg,    &pb_sinew_test_node_msg,
    &pb_sinew_test_sparse_msg,  &pb_sinew_test_keeper_msg,    &pb_sinew_test_known_msg,
    &pb_google_struct_msg,
};

/* Decodes and encodes; false when the bytes are no message. */
static bool round_trip(const struct sn_pb_msg *table, struct sn_str bytes, struct sn_arena *arena,
                       struct sn_str *ret_bytes)
{
    void *message = sn_arena_zalloc(arena, table->size);

    if (!message || sn_pb_decode(table, message, bytes.ptr, bytes.len, arena))
        return false;
    FUZZ_REQUIRE(sn_pb_encode(table, message, arena, 5, ret_bytes) == 0);
    return true;
}

static void peek(struct sn_str bytes)
{
    struct sn_str value;

    if (sn_pb_peek(bytes, (const uint32_t[]){2, 1}, 2, &value) == 0 && value.len)
        FUZZ_REQUIRE(value.ptr >= bytes.ptr && value.ptr + value.len <= bytes.ptr + bytes.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_memory m;
    struct sn_str first, second;

    if (size == 0)
        return 0;
    const struct sn_pb_msg *table = tables[data[0] % TABLES];
    struct sn_arena *arena = fuzz_memory_init(&m, ARENA_MAX);
    struct sn_str bytes = {(const char *)data + 1, size - 1};
    peek(bytes);
    if (round_trip(table, bytes, arena, &first)) {
        FUZZ_REQUIRE(round_trip(table, first, arena, &second));
        FUZZ_REQUIRE(sn_str_eq(first, second));
    }
    fuzz_memory_fini(&m);
    return 0;
}
