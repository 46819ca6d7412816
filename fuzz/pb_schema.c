/* SPDX-License-Identifier: Apache-2.0
 *
 * Any bytes as descriptors: a schema that can be built has tables that decode and write any bytes.
 * Input: two bytes of length, a FileDescriptorSet of that length, a message.
 */
#include "fuzz.h"
#include "wire/pb/json.h"

enum { ARENA_MAX = 8 << 20, MESSAGES_MAX = 64 };

static void message_use(const struct sn_pb_schema_msg *msg, struct sn_str bytes,
                        struct sn_arena *arena)
{
    void *message = sn_arena_zalloc(arena, msg->table->size);
    struct sn_str written;

    if (!message || sn_pb_decode(msg->table, message, bytes.ptr, bytes.len, arena))
        return;
    int rc = sn_pb_encode(msg->table, message, arena, 0, &written);
    FUZZ_REQUIRE(rc == 0 || rc == SN_ERR_RESOURCE_EXHAUSTED);
    if (sn_pb_json_write(msg, message, 0, arena, &written, NULL))
        return;
    message = sn_arena_zalloc(arena, msg->table->size);
    if (message)
        (void)!sn_pb_json_parse(msg, message, written, 0, arena, NULL);
}

static void symbols_use(const struct sn_pb_schema *schema)
{
    for (uint32_t i = 0; i < schema->msg_count; i++)
        FUZZ_REQUIRE(sn_pb_schema_msg(schema, schema->msgs[i].name) == &schema->msgs[i]);
    for (uint32_t i = 0; i < schema->enum_count; i++)
        FUZZ_REQUIRE(sn_pb_schema_enum(schema, schema->enums[i].name) == &schema->enums[i]);
    for (uint32_t i = 0; i < schema->service_count; i++)
        FUZZ_REQUIRE(sn_pb_schema_file_of(schema, schema->services[i].name) != NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_memory m;
    struct sn_pb_schema schema;
    struct sn_error error;

    if (size < 2)
        return 0;
    size_t len = data[0] | (size_t)data[1] << 8;
    if (len > size - 2)
        len = size - 2;
    struct sn_arena *arena = fuzz_memory_init(&m, ARENA_MAX);
    struct sn_str set = {(const char *)data + 2, len};
    struct sn_str message = {set.ptr + len, size - 2 - len};
    if (sn_pb_schema_build(&schema, set, arena, &error) == 0) {
        symbols_use(&schema);
        for (uint32_t i = 0; i < schema.msg_count && i < MESSAGES_MAX; i++)
            message_use(&schema.msgs[i], message, arena);
    }
    fuzz_memory_fini(&m);
    return 0;
}
