/* SPDX-License-Identifier: Apache-2.0
 *
 * Any bytes as gRPC's messages, in chunks of a size chosen by the first byte, and as header values:
 * what is decoded and encoded again is the same.
 */
#include "fuzz.h"
#include "wire/grpc.h"

enum { LIMIT = 300 };

/* Total bytes of the messages that came out whole; cut into chunks of `step`. */
static size_t read_messages(struct sn_str bytes, size_t step)
{
    uint8_t memory[LIMIT];
    struct sn_grpc_reader reader = {.buffer = memory};
    struct sn_grpc_message message;
    enum sn_grpc_event event = SN_GRPC_MORE;
    size_t total = 0;

    for (size_t at = 0; at < bytes.len && event == SN_GRPC_MORE; at += step) {
        struct sn_str chunk = {bytes.ptr + at, bytes.len - at < step ? bytes.len - at : step};

        while ((event = sn_grpc_next(&reader, &chunk, LIMIT, &message)) <= SN_GRPC_GROW) {
            if (event == SN_GRPC_MORE)
                break;
            if (event == SN_GRPC_GROW)
                reader.capacity = reader.have + (reader.len - reader.have + 1) / 2;
            else
                for (size_t i = 0; i < message.bytes.len; i++)
                    total += 1 + (uint8_t)message.bytes.ptr[i];
        }
        FUZZ_REQUIRE(reader.have <= LIMIT && chunk.len <= step);
    }
    return total;
}

static void read_values(struct sn_str text, struct sn_arena *arena)
{
    char *escaped = sn_arena_alloc(arena, text.len * 3 + 1);
    char *plain = sn_arena_alloc(arena, text.len * 3 + 1);
    char *encoded = sn_arena_alloc(arena, SN_BASE64_LEN(text.len) + 1);
    uint8_t *bytes = sn_arena_alloc(arena, SN_BASE64_BYTES_MAX(SN_BASE64_LEN(text.len)));
    size_t len = sn_grpc_escape(escaped, text);
    uint64_t ns, again;

    FUZZ_REQUIRE(sn_grpc_unescape(plain, (struct sn_str){escaped, len}) == text.len);
    FUZZ_REQUIRE(memcmp(plain, text.ptr, text.len) == 0);
    FUZZ_REQUIRE(sn_grpc_unescape(plain, text) <= text.len);
    len = sn_base64_encode(encoded, text);
    FUZZ_REQUIRE(len == SN_BASE64_LEN(text.len));
    FUZZ_REQUIRE(sn_base64_decode(bytes, (struct sn_str){encoded, len}, &len) == 0);
    FUZZ_REQUIRE(len == text.len && memcmp(bytes, text.ptr, len) == 0);
    if (sn_base64_decode(bytes, text, &len) == 0)
        FUZZ_REQUIRE(len <= SN_BASE64_BYTES_MAX(text.len));
    FUZZ_REQUIRE(sn_grpc_parse_status(text) <= 0);
    if (sn_grpc_parse_timeout(text, &ns) == 0) {
        char printed[SN_GRPC_TIMEOUT_MAX];

        len = sn_grpc_print_timeout(ns, printed);
        FUZZ_REQUIRE(sn_grpc_parse_timeout((struct sn_str){printed, len}, &again) == 0);
        FUZZ_REQUIRE(again >= ns);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_memory m;

    if (size < 2 || size > 4096)
        return 0;
    struct sn_str bytes = {(const char *)data + 1, size - 1};
    size_t whole = read_messages(bytes, bytes.len);
    FUZZ_REQUIRE(read_messages(bytes, 1 + data[0] % 64) == whole);
    read_values(bytes, fuzz_memory_init(&m, 1 << 20));
    fuzz_memory_fini(&m);
    return 0;
}
