/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/pb/json.h"
#include "wire/pb/testing.h"

#include <stdio.h>

struct fixture {
    struct memory memory;
    struct sn_pb_schema schema;
    struct sn_error error;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    FILE *file = fopen(TEST_DESCRIPTORS, "rb");

    memory_init(&f->memory, 64 << 20);
    char *bytes = sn_arena_alloc(&f->memory.arena, 1 << 20);
    size_t len = fread(bytes, 1, 1 << 20, file);
    fclose(file);
    assert_int_equal(
        sn_pb_schema_build(&f->schema, (struct sn_str){bytes, len}, &f->memory.arena, &f->error),
        0);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    memory_fini(&f->memory);
    free(f);
    return 0;
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

static const struct sn_pb_schema_msg *msg_of(struct fixture *f, const char *name)
{
    char full[64];

    snprintf(full, sizeof full, "sinew.test.%s", name);
    return sn_pb_schema_msg(&f->schema, sn_str_of(full));
}

static int parse(struct fixture *f, const char *name, struct sn_str text, unsigned flags,
                 void **ret_message)
{
    const struct sn_pb_schema_msg *msg = msg_of(f, name);

    *ret_message = sn_arena_zalloc(&f->memory.arena, msg->table->size);
    return sn_pb_json_parse(msg, *ret_message, text, flags, &f->memory.arena, &f->error);
}

/* What reading `text` and writing it again gives. */
static void becomes(void **state, const char *name, unsigned flags, const char *text,
                    const char *want)
{
    struct fixture *f = *state;
    struct sn_str written = SN_STR_NULL;
    void *message;

    f->error.text[0] = '\0';
    if (parse(f, name, sn_str_of(text), flags, &message) ||
        sn_pb_json_write(msg_of(f, name), message, flags, &f->memory.arena, &written, &f->error))
        fail_msg("%s: %s", text, f->error.text);
    if (!sn_str_is(written, want))
        fail_msg("got %.*s, want %s", SN_STR_ARGS(written), want);
}

static void refused(void **state, const char *name, unsigned flags, const char *text,
                    const char *error)
{
    struct fixture *f = *state;
    void *message;

    assert_int_equal(parse(f, name, sn_str_of(text), flags, &message), SN_ERR_INVALID_ARGUMENT);
    assert_string_equal(f->error.text, error);
}

static void test_scalars(void **state)
{
    becomes(state, "Scalars", 0,
            "{\"fDouble\":1.50,\"fFloat\":0.1,\"fInt64\":-9223372036854775808,"
            "\"fUint64\":\"18446744073709551615\",\"fInt32\":1e3,\"fFixed64\":2.0,"
            "\"fFixed32\":\"4294967295\",\"fBool\":true,\"fString\":\"a\",\"fBytes\":\"AP8\","
            "\"fUint32\":7,\"fEnum\":\"COLOR_RED\",\"fSfixed32\":-1,\"fSint32\":-2,"
            "\"fSint64\":-3}",
            "{\"fDouble\":1.5,\"fFloat\":0.1,\"fInt64\":\"-9223372036854775808\","
            "\"fUint64\":\"18446744073709551615\",\"fInt32\":1000,\"fFixed64\":\"2\","
            "\"fFixed32\":4294967295,\"fBool\":true,\"fString\":\"a\",\"fBytes\":\"AP8=\","
            "\"fUint32\":7,\"fEnum\":\"COLOR_RED\",\"fSfixed32\":-1,\"fSint32\":-2,"
            "\"fSint64\":\"-3\"}");
}

static void test_names(void **state)
{
    becomes(state, "Scalars", 0, "{\"f_int32\":1}", "{\"fInt32\":1}");
    becomes(state, "Scalars", SN_PB_JSON_PROTO_NAMES, "{\"fInt32\":1}", "{\"f_int32\":1}");
}

static void test_absent_and_null(void **state)
{
    becomes(state, "Scalars", 0, " { } ", "{}");
    becomes(state, "Scalars", 0, "{\"fInt32\":null,\"fString\":\"\",\"fBool\":false}", "{}");
    becomes(state, "Optionals", 0, "{\"fInt32\":0,\"fString\":\"\",\"fBool\":null}",
            "{\"fInt32\":0,\"fString\":\"\"}");
    becomes(state, "Choice", 0, "{\"number\":0,\"text\":null}", "{\"number\":0}");
}

static void test_reals(void **state)
{
    becomes(state, "Lists", 0,
            "{\"fDouble\":[\"NaN\",\"Infinity\",\"-Infinity\",-0.0,1e21,1e20,1e-7,0.000001,"
            "5e-324,1.7976931348623157e308,123456789012345678,0.1,\"2.5\",100]}",
            "{\"fDouble\":[\"NaN\",\"Infinity\",\"-Infinity\",-0,1e21,100000000000000000000,1e-7,"
            "0.000001,5e-324,1.7976931348623157e308,123456789012345680,0.1,2.5,100]}");
    becomes(state, "Lists", 0, "{\"fFloat\":[3.4028235e38,16777216,0.3,1e-45]}",
            "{\"fFloat\":[3.4028235e38,16777216,0.3,1e-45]}");
}

static void test_strings(void **state)
{
    becomes(state, "Scalars", 0, "{\"fString\":\"\\u00e4\\ud83d\\ude00\\n\\/\\\"\\u0001\"}",
            "{\"fString\":\"\xc3\xa4\xf0\x9f\x98\x80\\n/\\\"\\u0001\"}");
    becomes(state, "Scalars", 0, "{\"fBytes\":\"-_8\"}", "{\"fBytes\":\"+/8=\"}");
}

static void test_lists_and_maps(void **state)
{
    becomes(state, "Lists", 0, "{\"fInt32\":[1,\"2\"],\"fNode\":[{},{\"id\":1}],\"fString\":[]}",
            "{\"fInt32\":[1,2],\"fNode\":[{},{\"id\":1}]}");
    becomes(
        state, "Maps", 0,
        "{\"byName\":{\"a\":1,\"b\":2,\"a\":3},\"byId\":{\"-1\":{}},\"byFlag\":{\"true\":\"x\"},"
        "\"byNumber\":{\"18446744073709551615\":\"\"},\"colors\":{\"c\":\"COLOR_BLUE\"}}",
        "{\"byName\":{\"b\":2,\"a\":3},\"byId\":{\"-1\":{}},\"byFlag\":{\"true\":\"x\"},"
        "\"byNumber\":{\"18446744073709551615\":\"\"},\"colors\":{\"c\":\"COLOR_BLUE\"}}");
}

static void test_enums(void **state)
{
    becomes(state, "Scalars", 0, "{\"fEnum\":-2}", "{\"fEnum\":\"COLOR_BLUE\"}");
    becomes(state, "Scalars", 0, "{\"fEnum\":77}", "{\"fEnum\":77}");
    becomes(state, "Lists", SN_PB_JSON_IGNORE_UNKNOWN,
            "{\"fEnum\":[\"COLOR_RED\",\"COLOR_WHITE\"],\"unknown\":[{\"a\":1},null,\"x\"]}",
            "{\"fEnum\":[\"COLOR_RED\"]}");
}

static void test_known_messages(void **state)
{
    becomes(state, "Known", 0,
            "{\"any\":{\"value\":\"1.5s\",\"@type\":\"x/google.protobuf.Duration\"},"
            "\"duration\":\"-1s\",\"empty\":{},\"fieldMask\":\"aB,c.dE\",\"struct\":{\"a\":[1,{}]},"
            "\"value\":null,\"list\":[true,\"x\"],\"timestamp\":\"1970-01-01T01:00:00.5+01:00\","
            "\"doubleValue\":0,\"int64Value\":\"5\",\"stringValue\":\"\",\"boolValue\":null,"
            "\"bytesValue\":\"\",\"nullValue\":null,\"values\":[null,1]}",
            "{\"any\":{\"@type\":\"x/google.protobuf.Duration\",\"value\":\"1.500s\"},"
            "\"duration\":\"-1s\",\"empty\":{},\"fieldMask\":\"aB,c.dE\",\"struct\":{\"a\":[1,{}]},"
            "\"value\":null,\"list\":[true,\"x\"],\"timestamp\":\"1970-01-01T00:00:00.500Z\","
            "\"doubleValue\":0,\"int64Value\":\"5\",\"stringValue\":\"\",\"bytesValue\":\"\","
            "\"values\":[null,1]}");
    becomes(state, "Known", 0, "{\"any\":{\"@type\":\"x/sinew.test.Node\",\"id\":1}}",
            "{\"any\":{\"@type\":\"x/sinew.test.Node\",\"id\":1}}");
}

static void test_errors_say_where(void **state)
{
    refused(state, "Scalars", 0, "{\"fInt32\":1,\n \"nothing\":2}",
            "line 2, column 12: field \"nothing\": no such field");
    refused(state, "Scalars", 0, "{\"fInt32\":1.5}",
            "line 1, column 14: field \"f_int32\": an integer in range expected");
    refused(state, "Scalars", 0, "", "line 1, column 1: '{' expected");
    refused(state, "Scalars", 0, "{} x", "line 1, column 4: something behind the message");
}

static void test_refused(void **state)
{
    static const struct {
        const char *name, *text;
    } cases[] = {
        {"Scalars", "{"},
        {"Scalars", "[]"},
        {"Scalars", "{\"fInt32\":1,}"},
        {"Scalars", "{\"fInt32\" 1}"},
        {"Scalars", "{'fInt32':1}"},
        {"Scalars", "{\"fInt32\":01}"},
        {"Scalars", "{\"fInt32\":+1}"},
        {"Scalars", "{\"fInt32\":1.}"},
        {"Scalars", "{\"fInt32\":\" 1\"}"},
        {"Scalars", "{\"fInt32\":\"\"}"},
        {"Scalars", "{\"fInt32\":2147483648}"},
        {"Scalars", "{\"fUint32\":-1}"},
        {"Scalars", "{\"fUint32\":4294967296}"},
        {"Scalars", "{\"fInt64\":9223372036854775808}"},
        {"Scalars", "{\"fUint64\":18446744073709551616}"},
        {"Scalars", "{\"fUint64\":1e20}"},
        {"Scalars", "{\"fInt32\":true}"},
        {"Scalars", "{\"fInt32\":1,\"fInt32\":1}"},
        {"Scalars", "{\"fInt32\":1,\"f_int32\":1}"},
        {"Scalars", "{\"fBool\":1}"},
        {"Scalars", "{\"fBool\":\"true\"}"},
        {"Scalars", "{\"fString\":1}"},
        {"Scalars", "{\"fString\":\"\\x\"}"},
        {"Scalars", "{\"fString\":\"\\ud800\"}"},
        {"Scalars", "{\"fString\":\"\\ud800\\u0041\"}"},
        {"Scalars", "{\"fString\":\"\\udc00\"}"},
        {"Scalars", "{\"fString\":\"\\u12\"}"},
        {"Scalars", "{\"fString\":\"\n\"}"},
        {"Scalars", "{\"fString\":\"\xff\"}"},
        {"Scalars", "{\"fString\":\"abc"},
        {"Scalars", "{\"fString\":\"abc\\"},
        {"Scalars", "{\"fBytes\":\"a\"}"},
        {"Scalars", "{\"fBytes\":\"a b=\"}"},
        {"Scalars", "{\"fEnum\":\"COLOR_WHITE\"}"},
        {"Scalars", "{\"fDouble\":1e309}"},
        {"Scalars", "{\"fDouble\":NaN}"},
        {"Scalars", "{\"fDouble\":\"nan\"}"},
        {"Scalars", "{\"fFloat\":1e39}"},
        {"Lists", "{\"fInt32\":[1,]}"},
        {"Lists", "{\"fInt32\":[1 2]}"},
        {"Lists", "{\"fInt32\":[null]}"},
        {"Lists", "{\"fInt32\":1}"},
        {"Lists", "{\"fNode\":[null]}"},
        {"Maps", "{\"byName\":{\"a\":null}}"},
        {"Maps", "{\"byId\":{\"x\":{}}}"},
        {"Maps", "{\"byFlag\":{\"yes\":\"\"}}"},
        {"Choice", "{\"number\":1,\"text\":\"a\"}"},
        {"Known", "{\"timestamp\":\"1970\"}"},
        {"Known", "{\"duration\":1}"},
        {"Known", "{\"fieldMask\":\"a_b\"}"},
        {"Known", "{\"any\":{\"id\":1}}"},
        {"Known", "{\"any\":{\"@type\":\"x/no.Such\"}}"},
        {"Known", "{\"any\":{\"@type\":\"x/google.protobuf.Duration\"}}"},
        {"Known", "{\"any\":{\"@type\":\"x/google.protobuf.Duration\",\"value\":\"1s\",\"x\":1}}"},
        {"Known", "{\"value\":nul}"},
    };
    struct fixture *f = *state;
    void *message;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        if (parse(f, cases[i].name, sn_str_of(cases[i].text), 0, &message) !=
            SN_ERR_INVALID_ARGUMENT)
            fail_msg("not refused: %s", cases[i].text);
    }
}

static void test_depth_is_limited(void **state)
{
    enum { TOO_MANY = 100000 };
    struct fixture *f = *state;
    static const char head[] = "{\"value\":", other[] = "{\"other\":";
    char *text = malloc(sizeof head + TOO_MANY);
    void *message;

    memset(text, '[', sizeof head + TOO_MANY);
    memcpy(text, head, sizeof head - 1);
    struct sn_str nested = {text, sizeof head + TOO_MANY};
    assert_int_equal(parse(f, "Known", nested, 0, &message), SN_ERR_INVALID_ARGUMENT);
    assert_non_null(strstr(f->error.text, "too deep"));
    memcpy(text, other, sizeof other - 1);
    assert_int_equal(parse(f, "Known", nested, SN_PB_JSON_IGNORE_UNKNOWN, &message),
                     SN_ERR_INVALID_ARGUMENT);
    assert_non_null(strstr(f->error.text, "too deep"));
    free(text);
}

static void test_arena_is_the_budget(void **state)
{
    struct fixture *f = *state;
    const struct sn_pb_schema_msg *msg = msg_of(f, "Lists");
    struct sn_str text = SN_STR("{\"fString\":[\"a\",\"b\\n\"],\"fNode\":[{\"child\":{}}]}");
    struct memory m;

    memory_init(&m, 0);
    void *message = sn_arena_zalloc(&f->memory.arena, msg->table->size);
    assert_int_equal(sn_pb_json_parse(msg, message, text, 0, &m.arena, &f->error),
                     SN_ERR_RESOURCE_EXHAUSTED);
    assert_int_equal(sn_pb_json_write(msg, message, 0, &m.arena, &text, &f->error),
                     SN_ERR_RESOURCE_EXHAUSTED);
    memory_fini(&m);
}

static void test_truncated_at_every_byte(void **state)
{
    static const char text[] =
        "{\"any\":{\"@type\":\"x/"
        "sinew.test.Node\",\"id\":1},\"struct\":{\"a\":[1.5e3,{\"b\":null}]},"
        "\"timestamp\":\"1970-01-01T00:00:00Z\",\"values\":[null,true,\"\\u00e4\"]}";
    struct fixture *f = *state;
    void *message;

    for (size_t len = 0; len < sizeof text - 1; len++) {
        char *copy = malloc(len + 1);
        memcpy(copy, text, len);
        assert_int_equal(parse(f, "Known", (struct sn_str){copy, len}, 0, &message),
                         SN_ERR_INVALID_ARGUMENT);
        free(copy);
    }
}

static void test_values_without_a_form(void **state)
{
    struct fixture *f = *state;
    struct sn_arena *arena = &f->memory.arena;
    const char *const bytes[] = {
        "32 09 11 000000000000f07f",                               /* a Value that is infinite */
        "42 07 08 ffffffffff7f",                                   /* a Timestamp beyond 9999 */
        "0a 06 0a 04 782f6e6f",                                    /* an Any of type "x/no" */
        "0a 16 0a 11 782f73696e65772e746573742e4e6f6465 12 01 08", /* an Any cut short */
        "22 04 0a 02 6141", /* a FieldMask with an upper-case path */
    };
    const struct sn_pb_schema_msg *msg = msg_of(f, "Known");

    for (size_t i = 0; i < sizeof bytes / sizeof *bytes; i++) {
        struct sn_str wire = hex(arena, bytes[i]), text;
        void *message = sn_arena_zalloc(arena, msg->table->size);

        assert_int_equal(sn_pb_decode(msg->table, message, wire.ptr, wire.len, arena), 0);
        assert_int_equal(sn_pb_json_write(msg, message, 0, arena, &text, &f->error),
                         SN_ERR_INVALID_ARGUMENT);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_scalars),
        TEST(test_names),
        TEST(test_absent_and_null),
        TEST(test_reals),
        TEST(test_strings),
        TEST(test_lists_and_maps),
        TEST(test_enums),
        TEST(test_known_messages),
        TEST(test_errors_say_where),
        TEST(test_refused),
        TEST(test_depth_is_limited),
        TEST(test_arena_is_the_budget),
        TEST(test_truncated_at_every_byte),
        TEST(test_values_without_a_form),
    };

    return cmocka_run_group_tests_name("pb/json", tests, NULL, NULL);
}
