/* SPDX-License-Identifier: Apache-2.0
 *
 * The program that protobuf's conformance runner tests: it reads requests from stdin and writes
 * responses to stdout, each with its length (32 bits, little-endian) in front. Every message passes
 * through the codec with the generated tables, or with TESTEE_RUNTIME through tables built from
 * descriptors; JSON always needs the latter.
 * Source: proto/conformance/conformance.proto.
 */
#include "pb/conformance/conformance.h"
#include "pb/google/protobuf/test_messages_proto3.h"
#include "wire/pb/json.h"

#include <stdio.h>
#include <stdlib.h>

enum { ARENA_MAX = 256 << 20 };

struct testee {
    struct sn_block_pool pool;
    struct sn_arena arena; /* one request's */
    struct sn_pb_schema schema;
    const struct sn_pb_schema_msg *msg; /* what the cases are about */
    const struct sn_pb_msg *table;      /* under test */
    struct sn_error error;
};

static void *memory_get(struct sn_block_source *source, size_t size)
{
    (void)source;
    return malloc(size);
}

static void memory_put(struct sn_block_source *source, void *memory, size_t size)
{
    (void)source;
    (void)size;
    free(memory);
}

static struct sn_block_source memory_source = {memory_get, memory_put};

static _Noreturn void die(const char *what)
{
    fprintf(stderr, "conformance testee: %s\n", what);
    exit(1);
}

static void *message_new(struct testee *t, const struct sn_pb_msg *table)
{
    void *message = sn_arena_zalloc(&t->arena, table->size);

    if (!message)
        die("out of memory");
    return message;
}

static struct sn_str error_text(struct testee *t, int rc)
{
    const char *text = t->error.code ? t->error.text : sn_err_text(rc);

    return sn_arena_copy(&t->arena, sn_str_of(text));
}

static void fail(struct testee *t, struct pb_conformance_conformance_response *response,
                 bool parsing, int rc)
{
    response->which_result = parsing ? PB_CONFORMANCE_CONFORMANCE_RESPONSE_RESULT_PARSE_ERROR
                                     : PB_CONFORMANCE_CONFORMANCE_RESPONSE_RESULT_SERIALIZE_ERROR;
    response->parse_error = error_text(t, rc);
}

static void skip(struct pb_conformance_conformance_response *response, const char *why)
{
    response->which_result = PB_CONFORMANCE_CONFORMANCE_RESPONSE_RESULT_SKIPPED;
    response->skipped = sn_str_of(why);
}

/* The request's payload as bytes of the message. */
static int payload_read(struct testee *t, const struct pb_conformance_conformance_request *request,
                        struct sn_str *ret_bytes)
{
    unsigned flags = request->test_category == PB_CONFORMANCE_JSON_IGNORE_UNKNOWN_PARSING_TEST
                         ? SN_PB_JSON_IGNORE_UNKNOWN
                         : 0;

    if (request->which_payload == PB_CONFORMANCE_CONFORMANCE_REQUEST_PAYLOAD_PROTOBUF_PAYLOAD) {
        *ret_bytes = request->protobuf_payload;
        return 0;
    }
    void *message = message_new(t, t->msg->table);
    int rc = sn_pb_json_parse(t->msg, message, request->json_payload, flags, &t->arena, &t->error);
    return rc ? rc : sn_pb_encode(t->msg->table, message, &t->arena, 0, ret_bytes);
}

static int json_write(struct testee *t, struct sn_str bytes, struct sn_str *ret_text)
{
    void *message = message_new(t, t->msg->table);
    int rc = sn_pb_decode(t->msg->table, message, bytes.ptr, bytes.len, &t->arena);

    return rc ? rc : sn_pb_json_write(t->msg, message, 0, &t->arena, ret_text, &t->error);
}

static void convert(struct testee *t, const struct pb_conformance_conformance_request *request,
                    struct pb_conformance_conformance_response *response)
{
    struct sn_str bytes;
    void *message = message_new(t, t->table);
    int rc = payload_read(t, request, &bytes);

    if (!rc)
        rc = sn_pb_decode(t->table, message, bytes.ptr, bytes.len, &t->arena);
    if (rc) {
        fail(t, response, true, rc);
        return;
    }
    rc = sn_pb_encode(t->table, message, &t->arena, 0, &bytes);
    if (!rc && request->requested_output_format == PB_CONFORMANCE_JSON) {
        response->which_result = PB_CONFORMANCE_CONFORMANCE_RESPONSE_RESULT_JSON_PAYLOAD;
        rc = json_write(t, bytes, &response->json_payload);
    } else {
        response->which_result = PB_CONFORMANCE_CONFORMANCE_RESPONSE_RESULT_PROTOBUF_PAYLOAD;
        response->protobuf_payload = bytes;
    }
    if (rc)
        fail(t, response, false, rc);
}

static bool is_supported(struct testee *t, const struct pb_conformance_conformance_request *request)
{
    bool payload =
        request->which_payload == PB_CONFORMANCE_CONFORMANCE_REQUEST_PAYLOAD_PROTOBUF_PAYLOAD ||
        request->which_payload == PB_CONFORMANCE_CONFORMANCE_REQUEST_PAYLOAD_JSON_PAYLOAD;
    bool output = request->requested_output_format == PB_CONFORMANCE_PROTOBUF ||
                  request->requested_output_format == PB_CONFORMANCE_JSON;

    return payload && output && sn_str_eq(request->message_type, t->msg->name);
}

static struct sn_str answer(struct testee *t, struct sn_str bytes)
{
    struct pb_conformance_conformance_request request = {0};
    struct pb_conformance_conformance_response response = {0};
    struct sn_str ret;

    t->error.code = 0;
    if (sn_pb_decode(&pb_conformance_conformance_request_msg, &request, bytes.ptr, bytes.len,
                     &t->arena))
        die("a request is malformed");
    if (sn_str_is(request.message_type, "conformance.FailureSet"))
        response.which_result = PB_CONFORMANCE_CONFORMANCE_RESPONSE_RESULT_PROTOBUF_PAYLOAD;
    else if (is_supported(t, &request))
        convert(t, &request, &response);
    else
        skip(&response, "proto3 in binary and JSON only");
    if (sn_pb_encode(&pb_conformance_conformance_response_msg, &response, &t->arena, 4, &ret))
        die("a response can't be written");
    return ret;
}

static bool request_read(struct testee *t, struct sn_str *ret_bytes)
{
    uint32_t len;

    if (fread(&len, sizeof len, 1, stdin) != 1)
        return false;
    char *bytes = sn_arena_alloc(&t->arena, len);
    if (!bytes || (len && fread(bytes, len, 1, stdin) != 1))
        die("a request is cut short");
    *ret_bytes = (struct sn_str){bytes, len};
    return true;
}

static void response_write(struct sn_str bytes)
{
    uint32_t len = (uint32_t)bytes.len;

    memcpy((char *)bytes.ptr - sizeof len, &len, sizeof len);
    fwrite(bytes.ptr - sizeof len, len + sizeof len, 1, stdout);
    fflush(stdout);
}

static struct sn_str file_read(const char *path, struct sn_arena *arena)
{
    enum { FILE_MAX = 1 << 20 };
    FILE *file = fopen(path, "rb");
    char *bytes = sn_arena_alloc(arena, FILE_MAX);

    if (!file || !bytes)
        die("can't read the descriptors");
    size_t len = fread(bytes, 1, FILE_MAX, file);
    fclose(file);
    return (struct sn_str){bytes, len};
}

int main(void)
{
    static struct testee t;
    struct sn_arena schema_arena;
    struct sn_str bytes;

    sn_block_pool_init(&t.pool, &memory_source, 64);
    sn_arena_init(&schema_arena, &t.pool, ARENA_MAX);
    if (sn_pb_schema_build(&t.schema, file_read(TESTEE_DESCRIPTORS, &schema_arena), &schema_arena,
                           &t.error))
        die(t.error.text);
    t.msg = sn_pb_schema_msg(&t.schema, SN_STR("protobuf_test_messages.proto3.TestAllTypesProto3"));
    t.table =
        TESTEE_RUNTIME ? t.msg->table : &pb_protobuf_test_messages_proto3_test_all_types_proto3_msg;
    for (;;) {
        sn_arena_init(&t.arena, &t.pool, ARENA_MAX);
        if (!request_read(&t, &bytes))
            break;
        response_write(answer(&t, bytes));
        sn_arena_fini(&t.arena);
    }
    sn_arena_fini(&schema_arena);
    sn_block_pool_fini(&t.pool);
    return 0;
}
