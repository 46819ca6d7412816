/* SPDX-License-Identifier: Apache-2.0
 *
 * Any text as the JSON of a message, chosen by the first byte: what can be read can be written, and
 * reading that gives the same text again.
 */
#include "fuzz.h"
#include "wire/pb/json.h"

enum { ARENA_MAX = 16 << 20, DESCRIPTORS_MAX = 1 << 20 };

static struct sn_pb_schema schema;

/* The schema of wire/pb/test.proto, made once and kept. */
static void schema_open(void)
{
    static struct fuzz_memory m;
    struct sn_arena *arena = fuzz_memory_init(&m, ARENA_MAX);
    FILE *file = fopen(FUZZ_DESCRIPTORS, "rb");
    char *bytes = sn_arena_alloc(arena, DESCRIPTORS_MAX);

    FUZZ_REQUIRE(file && bytes);
    size_t len = fread(bytes, 1, DESCRIPTORS_MAX, file);
    fclose(file);
    FUZZ_REQUIRE(sn_pb_schema_build(&schema, (struct sn_str){bytes, len}, arena, NULL) == 0);
}

/* Reads and writes; the text is empty when it can't be read, or not be written: a number or Any may
 * be fine where it is read as a field, and not have a form elsewhere. */
static struct sn_str round_trip(const struct sn_pb_schema_msg *msg, struct sn_str text,
                                unsigned flags, struct sn_arena *arena)
{
    void *message = sn_arena_zalloc(arena, msg->table->size);
    struct sn_str written, bytes;
    struct sn_error error;

    if (!message || sn_pb_json_parse(msg, message, text, flags, arena, &error))
        return SN_STR_NULL;
    error.text[0] = '\0';
    if (sn_pb_json_write(msg, message, flags, arena, &written, &error))
        fuzz_stop(error.text);
    int rc = sn_pb_encode(msg->table, message, arena, 0, &bytes);
    FUZZ_REQUIRE(rc == 0 || rc == SN_ERR_INVALID_ARGUMENT); /* deeper than the codec allows */
    return written;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_memory m;

    if (schema.msg_count == 0)
        schema_open();
    if (size == 0)
        return 0;
    const struct sn_pb_schema_msg *msg = &schema.msgs[data[0] / 4 % schema.msg_count];
    unsigned flags = data[0] & (SN_PB_JSON_PROTO_NAMES | SN_PB_JSON_IGNORE_UNKNOWN);
    struct sn_arena *arena = fuzz_memory_init(&m, ARENA_MAX);
    struct sn_str text = {(const char *)data + 1, size - 1};
    struct sn_str first = round_trip(msg, text, flags, arena);
    if (first.ptr)
        FUZZ_REQUIRE(sn_str_eq(first, round_trip(msg, first, flags, arena)));
    fuzz_memory_fini(&m);
    return 0;
}
