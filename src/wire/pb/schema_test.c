/* SPDX-License-Identifier: Apache-2.0 */
#include "pb/google/protobuf/descriptor.h"
#include "pb/google/protobuf/struct.h"
#include "pb/google/protobuf/timestamp.h"
#include "pb/wire/pb/test.h"
#include "wire/pb/schema.h"
#include "wire/pb/testing.h"

#include <stdio.h>

/* Descriptors that protoc wrote: all of proto/, and wire/pb/test.proto. */
static struct sn_str file_read(struct sn_arena *arena, const char *path)
{
    FILE *file = fopen(path, "rb");

    assert_non_null(file);
    fseek(file, 0, SEEK_END);
    size_t len = (size_t)ftell(file);
    rewind(file);
    char *bytes = sn_arena_alloc(arena, len);
    assert_int_equal(fread(bytes, 1, len, file), len);
    fclose(file);
    return (struct sn_str){bytes, len};
}

static void schema_open(void **state, struct sn_pb_schema *schema, const char *path)
{
    struct sn_error error;

    assert_int_equal(
        sn_pb_schema_build(schema, file_read(arena_of(state), path), arena_of(state), &error), 0);
}

static void test_finds_by_name(void **state)
{
    struct sn_pb_schema s;

    schema_open(state, &s, TEST_SERVER_DESCRIPTORS);
    const struct sn_pb_schema_msg *msg =
        sn_pb_schema_msg(&s, SN_STR("viam.component.motor.v1.SetPowerRequest"));
    assert_non_null(msg);
    assert_int_equal(msg->table->count, 3);
    assert_true(sn_str_is(msg->fields[1].name, "power_pct"));
    assert_true(sn_str_is(msg->fields[1].json_name, "powerPct"));
    assert_int_equal(sn_pb_schema_field(msg, SN_STR("power_pct")), 1);
    assert_int_equal(sn_pb_schema_field(msg, SN_STR("powerPct")), 1);
    assert_int_equal(sn_pb_schema_field(msg, SN_STR("power")), -1);
    assert_int_equal(msg->fields[2].msg->known, SN_PB_KNOWN_STRUCT);
    assert_null(sn_pb_schema_msg(&s, SN_STR("viam.component.motor.v1.MotorService")));
    assert_null(sn_pb_schema_msg(&s, SN_STR("")));
    assert_non_null(sn_pb_schema_enum(&s, SN_STR("viam.robot.v1.PeerConnectionType")));
    assert_ptr_equal(
        sn_pb_schema_any(&s, SN_STR("type.googleapis.com/viam.common.v1.ResourceName")),
        sn_pb_schema_msg(&s, SN_STR("viam.common.v1.ResourceName")));
    assert_null(sn_pb_schema_any(&s, SN_STR("viam.common.v1.ResourceName")));
}

static void test_services_and_options(void **state)
{
    struct sn_pb_schema s;

    schema_open(state, &s, TEST_SERVER_DESCRIPTORS);
    const struct sn_pb_schema_service *service =
        sn_pb_schema_service(&s, SN_STR("viam.component.motor.v1.MotorService"));
    assert_non_null(service);
    const struct sn_pb_schema_method *m = &service->methods[0];
    assert_true(sn_str_is(m->name, "SetPower"));
    assert_true(sn_str_is(m->request->name, "viam.component.motor.v1.SetPowerRequest"));
    assert_int_equal(m->flags, SN_PB_SAFETY_HEARTBEAT);
    struct sn_str path; /* HttpRule.put */
    assert_int_equal(sn_pb_peek(m->http, (const uint32_t[]){3}, 1, &path), 0);
    assert_true(sn_str_is(path, "/viam/api/v1/component/motor/{name}/power"));
}

static void test_files_for_reflection(void **state)
{
    struct sn_pb_schema s;
    struct pb_google_file_descriptor_proto proto = {0};

    schema_open(state, &s, TEST_SERVER_DESCRIPTORS);
    static const char *const symbols[] = {"viam.component.motor.v1.MotorService",
                                          "viam.component.motor.v1.MotorService.SetPower",
                                          "viam.component.motor.v1.SetPowerRequest"};
    for (size_t i = 0; i < sizeof symbols / sizeof *symbols; i++) {
        const struct sn_pb_schema_file *file = sn_pb_schema_file_of(&s, sn_str_of(symbols[i]));
        assert_non_null(file);
        assert_true(sn_str_is(file->name, "component/motor/v1/motor.proto"));
        assert_int_equal(sn_pb_decode(&pb_google_file_descriptor_proto_msg, &proto, file->bytes.ptr,
                                      file->bytes.len, arena_of(state)),
                         0);
        assert_true(sn_str_is(proto.package, "viam.component.motor.v1"));
    }
    assert_null(sn_pb_schema_file_of(&s, SN_STR("viam.component.motor.v1.Nothing")));
}

static void test_known_messages_use_the_generated_tables(void **state)
{
    struct sn_pb_schema s;

    schema_open(state, &s, TEST_DESCRIPTORS);
    assert_ptr_equal(sn_pb_schema_msg(&s, SN_STR("google.protobuf.Struct"))->table,
                     &pb_google_struct_msg);
    assert_ptr_equal(sn_pb_schema_msg(&s, SN_STR("google.protobuf.Timestamp"))->table,
                     &pb_google_timestamp_msg);
    assert_true(sn_pb_schema_enum(&s, SN_STR("google.protobuf.NullValue"))->is_null);
}

/* Generated and run-time tables say the same of every field. */
static void test_tables_are_as_generated(void **state)
{
    static const struct {
        const char *name;
        const struct sn_pb_msg *table;
    } messages[] = {
        {"sinew.test.Scalars", &pb_sinew_test_scalars_msg},
        {"sinew.test.Optionals", &pb_sinew_test_optionals_msg},
        {"sinew.test.Lists", &pb_sinew_test_lists_msg},
        {"sinew.test.Maps", &pb_sinew_test_maps_msg},
        {"sinew.test.Maps.ByIdEntry", &pb_sinew_test_maps_by_id_entry_msg},
        {"sinew.test.Choice", &pb_sinew_test_choice_msg},
        {"sinew.test.Sparse", &pb_sinew_test_sparse_msg},
        {"sinew.test.Known", &pb_sinew_test_known_msg},
    };
    struct sn_pb_schema s;

    schema_open(state, &s, TEST_DESCRIPTORS);
    for (size_t i = 0; i < sizeof messages / sizeof *messages; i++) {
        const struct sn_pb_msg *a = messages[i].table;
        const struct sn_pb_msg *b = sn_pb_schema_msg(&s, sn_str_of(messages[i].name))->table;

        assert_true(a->count == b->count && a->dense == b->dense);
        for (uint32_t k = 0; k < a->count; k++) {
            assert_int_equal(a->fields[k].number, b->fields[k].number);
            assert_int_equal(a->fields[k].type, b->fields[k].type);
            assert_int_equal(a->fields[k].flags, b->fields[k].flags);
        }
    }
}

static void test_round_trip_keeps_unknown_fields(void **state)
{
    struct sn_arena *arena = arena_of(state);
    struct sn_str bytes = hex(arena, "0a 05 0a0161 1001 12 06 0805 1202 0807 a206 01 61"), back;
    struct sn_pb_schema s;

    schema_open(state, &s, TEST_DESCRIPTORS);
    const struct sn_pb_msg *table = sn_pb_schema_msg(&s, SN_STR("sinew.test.Maps"))->table;
    void *m = sn_arena_zalloc(arena, table->size);
    assert_int_equal(sn_pb_decode(table, m, bytes.ptr, bytes.len, arena), 0);
    assert_int_equal(sn_pb_encode(table, m, arena, 0, &back), 0);
    assert_bytes(back, bytes);
}

/* Descriptors made by hand: file "a.proto" of package "p" with message M of the given fields. */
struct made {
    struct pb_google_field_descriptor_proto fields[4];
    struct pb_google_descriptor_proto msgs[2];
    struct pb_google_file_descriptor_proto files[2];
    uint32_t field_count, msg_count, file_count;
};

static struct made made_of(struct pb_google_field_descriptor_proto field)
{
    struct made made = {.field_count = 1, .msg_count = 1, .file_count = 1};

    made.fields[0] = field;
    return made;
}

static int build(void **state, struct made *made, struct sn_pb_schema *s)
{
    struct pb_google_file_descriptor_set set = {.file = {made->files, made->file_count, 2}};
    struct sn_error error;
    struct sn_str bytes;

    for (uint32_t i = 0; i < made->msg_count; i++) {
        struct pb_google_descriptor_proto *msg = &made->msgs[i];
        msg->name = msg->has_name ? msg->name : SN_STR("M");
        msg->has_name = true;
        if (i == 0)
            msg->field.v = made->fields, msg->field.n = made->field_count;
    }
    for (uint32_t i = 0; i < made->file_count; i++) {
        made->files[i].package = SN_STR("p");
        made->files[i].syntax = SN_STR("proto3");
        made->files[i].has_package = made->files[i].has_syntax = true;
        made->files[i].message_type.v = made->msgs;
        made->files[i].message_type.n = made->msg_count;
    }
    assert_int_equal(
        sn_pb_encode(&pb_google_file_descriptor_set_msg, &set, arena_of(state), 0, &bytes), 0);
    return sn_pb_schema_build(s, bytes, arena_of(state), &error);
}

static struct pb_google_field_descriptor_proto field_of(int32_t number, int32_t type,
                                                        const char *type_name)
{
    return (struct pb_google_field_descriptor_proto){
        .name = SN_STR("a_b"),
        .number = number,
        .type = type,
        .type_name = sn_str_of(type_name),
        .label = PB_GOOGLE_FIELD_DESCRIPTOR_PROTO_LABEL_OPTIONAL,
        .has_name = true,
        .has_number = true,
        .has_type = true,
        .has_type_name = type_name != NULL,
        .has_label = true,
    };
}

static void test_json_name_is_made_when_missing(void **state)
{
    struct made made = made_of(field_of(1, SN_PB_INT32, NULL));
    struct sn_pb_schema s;

    assert_int_equal(build(state, &made, &s), 0);
    assert_true(sn_str_is(s.msgs[0].fields[0].json_name, "aB"));
}

static void test_bad_descriptors_are_refused(void **state)
{
    const struct pb_google_field_descriptor_proto bad[] = {
        field_of(0, SN_PB_INT32, NULL),      field_of(SN_PB_NUMBER_MAX + 1, SN_PB_INT32, NULL),
        field_of(-1, SN_PB_INT32, NULL),     field_of(1, 0, NULL),
        field_of(1, SN_PB_TYPE_COUNT, NULL), field_of(1, SN_PB_MESSAGE, NULL),
        field_of(1, SN_PB_MESSAGE, "p.M"),   field_of(1, SN_PB_MESSAGE, ".p.Missing"),
        field_of(1, SN_PB_ENUM, ".p.M"),
    };
    struct sn_pb_schema s;

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct made made = made_of(bad[i]);
        assert_int_equal(build(state, &made, &s), SN_ERR_INVALID_ARGUMENT);
    }
}

static void test_numbers_and_names_are_unique(void **state)
{
    struct made made = made_of(field_of(1, SN_PB_INT32, NULL));
    struct sn_pb_schema s;

    made.fields[1] = made.fields[0];
    made.field_count = 2;
    assert_int_equal(build(state, &made, &s), SN_ERR_INVALID_ARGUMENT);
    made = made_of(field_of(1, SN_PB_INT32, NULL));
    made.msg_count = 2;
    assert_int_equal(build(state, &made, &s), SN_ERR_INVALID_ARGUMENT);
    made.msg_count = 1;
    made.file_count = 2;
    assert_int_equal(build(state, &made, &s), SN_ERR_INVALID_ARGUMENT);
}

static void test_oneof_index_is_checked(void **state)
{
    struct made made = made_of(field_of(1, SN_PB_INT32, NULL));
    struct sn_pb_schema s;

    made.fields[0].oneof_index = 7;
    made.fields[0].has_oneof_index = true;
    assert_int_equal(build(state, &made, &s), SN_ERR_INVALID_ARGUMENT);
}

/* An entry that is no entry, or is used as a message, would put values where none fit. */
static void test_map_entries_are_checked(void **state)
{
    struct pb_google_message_options options = {.map_entry = true, .has_map_entry = true};
    struct made made = made_of(field_of(1, SN_PB_INT32, NULL));
    struct sn_pb_schema s;

    made.msgs[0].options = &options;
    assert_int_equal(build(state, &made, &s), SN_ERR_INVALID_ARGUMENT);
    made.fields[1] = field_of(2, SN_PB_MESSAGE, ".p.M");
    made.field_count = 2;
    assert_int_equal(build(state, &made, &s), SN_ERR_INVALID_ARGUMENT);
    made.fields[0] = field_of(1, SN_PB_DOUBLE, NULL);
    made.fields[1] = field_of(2, SN_PB_INT32, NULL);
    assert_int_equal(build(state, &made, &s), SN_ERR_INVALID_ARGUMENT);
    made.fields[0] = field_of(1, SN_PB_STRING, NULL);
    assert_int_equal(build(state, &made, &s), 0);
}

static void test_groups_are_left_out(void **state)
{
    struct made made = made_of(field_of(1, SN_PB_GROUP, NULL));
    struct sn_pb_schema s;

    made.fields[1] = field_of(2, SN_PB_INT32, NULL);
    made.field_count = 2;
    assert_int_equal(build(state, &made, &s), 0);
    assert_int_equal(s.msgs[0].table->count, 1);
    assert_int_equal(s.msgs[0].table->fields[0].number, 2);
}

/* A peer's own "google.protobuf.Timestamp" of another shape is an ordinary message. */
static void test_impostors_are_not_known(void **state)
{
    struct sn_str set = hex(arena_of(state),
                            /* package "google.protobuf", message "Timestamp" without fields */
                            "0a 1e 12 0f 676f6f676c652e70726f746f627566"
                            "22 0b 0a 09 54696d657374616d70");
    struct sn_pb_schema s;

    assert_int_equal(sn_pb_schema_build(&s, set, arena_of(state), NULL), 0);
    assert_true(sn_str_is(s.msgs[0].name, "google.protobuf.Timestamp"));
    assert_int_equal(s.msgs[0].known, SN_PB_KNOWN_NONE);
    assert_ptr_not_equal(s.msgs[0].table, &pb_google_timestamp_msg);
}

static void test_empty_set(void **state)
{
    struct sn_pb_schema s;

    assert_int_equal(sn_pb_schema_build(&s, SN_STR_NULL, arena_of(state), NULL), 0);
    assert_int_equal(s.msg_count + s.symbol_count + s.file_count, 0);
}

static void test_arena_is_the_budget(void **state)
{
    struct sn_str set = file_read(arena_of(state), TEST_DESCRIPTORS);
    struct sn_pb_schema s;
    struct sn_error error;
    int rc = -1;

    for (size_t limit = 0; rc; limit += SN_BLOCK_SIZE) {
        struct memory m;

        memory_init(&m, limit);
        rc = sn_pb_schema_build(&s, set, &m.arena, &error);
        assert_true(rc == 0 || rc == SN_ERR_RESOURCE_EXHAUSTED);
        memory_fini(&m);
    }
}

static void test_truncated_at_every_byte(void **state)
{
    struct sn_str set = file_read(arena_of(state), TEST_DESCRIPTORS);
    struct sn_pb_schema s;

    for (size_t len = 0; len < set.len; len += 7) {
        struct memory m;

        memory_init(&m, 16 << 20);
        int rc = sn_pb_schema_build(&s, (struct sn_str){set.ptr, len}, &m.arena, NULL);
        assert_true(rc == 0 || rc == SN_ERR_INVALID_ARGUMENT);
        memory_fini(&m);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        MEMORY_TEST(test_finds_by_name),
        MEMORY_TEST(test_services_and_options),
        MEMORY_TEST(test_files_for_reflection),
        MEMORY_TEST(test_known_messages_use_the_generated_tables),
        MEMORY_TEST(test_tables_are_as_generated),
        MEMORY_TEST(test_round_trip_keeps_unknown_fields),
        MEMORY_TEST(test_json_name_is_made_when_missing),
        MEMORY_TEST(test_bad_descriptors_are_refused),
        MEMORY_TEST(test_numbers_and_names_are_unique),
        MEMORY_TEST(test_oneof_index_is_checked),
        MEMORY_TEST(test_map_entries_are_checked),
        MEMORY_TEST(test_groups_are_left_out),
        MEMORY_TEST(test_impostors_are_not_known),
        MEMORY_TEST(test_empty_set),
        MEMORY_TEST(test_arena_is_the_budget),
        MEMORY_TEST(test_truncated_at_every_byte),
    };

    return cmocka_run_group_tests_name("pb/schema", tests, NULL, NULL);
}
