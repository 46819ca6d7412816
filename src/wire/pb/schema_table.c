/* SPDX-License-Identifier: Apache-2.0
 *
 * Codec tables from descriptors, in three steps over all messages: take the memory of the tables
 * (so that they can point to each other), describe the fields, lay out the structs. Map entries are
 * laid out last, since they hold their value in place.
 */
#include "wire/pb/schema_build.h"

#include "pb/google/protobuf/any.h"
#include "pb/google/protobuf/duration.h"
#include "pb/google/protobuf/field_mask.h"
#include "pb/google/protobuf/struct.h"
#include "pb/google/protobuf/timestamp.h"
#include "pb/google/protobuf/wrappers.h"
#include "wire/pb/sort.h"
#include "wire/pb/wire.h"

struct known {
    const char *name; /* behind "google.protobuf." */
    const struct sn_pb_msg *table;
    uint8_t known; /* enum sn_pb_known */
};

enum {
    KNOWN_COUNT = 17,
    STRUCT_FAMILY = 4, /* Struct, its entry, Value, ListValue: these contain each other */
};

static const struct sn_str known_package = {"google.protobuf.", 16};
static const struct known known_messages[KNOWN_COUNT];

static int bad_field(struct sn_pb_builder *b, const struct sn_pb_msg_source *source,
                     const struct pb_google_field_descriptor_proto *proto, const char *what)
{
    return sn_error_set(b->error, SN_ERR_INVALID_ARGUMENT, "field \"%.*s\" of \"%.*s\": %s",
                        SN_STR_ARGS(proto->name), SN_STR_ARGS(source->name), what);
}

static bool is_repeated(const struct pb_google_field_descriptor_proto *proto)
{
    return proto->label == PB_GOOGLE_FIELD_DESCRIPTOR_PROTO_LABEL_REPEATED;
}

/* The known message of a full name. */
static const struct known *known_named(struct sn_str name)
{
    if (!sn_str_has_prefix(name, known_package))
        return NULL;
    struct sn_str rest = {name.ptr + known_package.len, name.len - known_package.len};
    for (size_t i = 0; i < KNOWN_COUNT; i++) {
        if (sn_str_is(rest, known_messages[i].name))
            return &known_messages[i];
    }
    return NULL;
}

static bool field_matches(const struct pb_google_field_descriptor_proto *proto,
                          const struct sn_pb_msg *table)
{
    const struct sn_pb_field *field = sn_pb_field_find(table, (uint32_t)proto->number);
    struct sn_str type_name = proto->type_name;

    if (!field || field->type != proto->type ||
        is_repeated(proto) != ((field->flags & SN_PB_REPEATED) != 0))
        return false;
    if (field->type != SN_PB_MESSAGE)
        return true;
    const struct known *sub =
        type_name.len ? known_named((struct sn_str){type_name.ptr + 1, type_name.len - 1}) : NULL;
    return sub && sub->table == table->subs[field->sub];
}

/* The generated table a message can use: one that reads the same bytes as the descriptor says.
 * Who handles a known message relies on its struct, whatever a peer's descriptors call by its
 * name. */
static const struct known *known_find(const struct sn_pb_msg_source *source)
{
    const struct known *known = known_named(source->name);

    if (!known || source->proto->field.n != known->table->count)
        return NULL;
    for (uint32_t i = 0; i < source->proto->field.n; i++) {
        if (!field_matches(&source->proto->field.v[i], known->table))
            return NULL;
    }
    return known;
}

static bool has_subs(const struct known *known)
{
    return known && known->table->subs;
}

/* Whether the whole family is as generated: its tables point only to each other. */
static bool struct_is_known(const struct sn_pb_builder *b)
{
    int count = 0;

    for (uint32_t i = 0; i < b->sources.n; i++)
        count += has_subs(known_find(&b->sources.v[i]));
    return count == STRUCT_FAMILY;
}

/* Fields without proto2's groups. */
static uint16_t field_count(const struct pb_google_descriptor_proto *proto)
{
    uint16_t count = 0;

    for (uint32_t i = 0; i < proto->field.n; i++)
        count += proto->field.v[i].type != SN_PB_GROUP;
    return count;
}

static int table_reserve(struct sn_pb_builder *b, struct sn_pb_msg_source *source)
{
    if (source->proto->field.n > UINT16_MAX)
        return sn_error_set(b->error, SN_ERR_RESOURCE_EXHAUSTED,
                            "message \"%.*s\" has too many fields", SN_STR_ARGS(source->name));
    uint16_t count = field_count(source->proto);
    source->table =
        sn_pb_build_array(b, 1, sizeof(struct sn_pb_msg) + count * sizeof(struct sn_pb_field));
    source->subs = sn_pb_build_array(b, count, sizeof(void *));
    if (!source->table || !source->subs)
        return SN_ERR_RESOURCE_EXHAUSTED;
    source->table->count = count;
    source->table->subs = source->subs;
    source->msg->table = source->table;
    return 0;
}

/* Gives message `index` its place, and a table of its own or a generated one. */
static int msg_reserve(struct sn_pb_builder *b, uint32_t index, bool struct_known)
{
    struct sn_pb_msg_source *source = &b->sources.v[index];
    const struct known *known = known_find(source);

    source->fields = sn_pb_build_array(b, field_count(source->proto), sizeof *source->fields);
    if (!source->fields)
        return SN_ERR_RESOURCE_EXHAUSTED;
    *source->msg = (struct sn_pb_schema_msg){
        .name = source->name, .fields = source->fields, .schema = b->schema};
    if (!known || (has_subs(known) && !struct_known))
        return table_reserve(b, source);
    source->msg->table = known->table;
    source->msg->known = known->known;
    return 0;
}

static int msgs_reserve(struct sn_pb_builder *b)
{
    struct sn_pb_schema_msg *msgs = sn_pb_build_array(b, b->sources.n, sizeof *msgs);
    bool struct_known = struct_is_known(b);
    int rc = 0;

    if (!msgs)
        return SN_ERR_RESOURCE_EXHAUSTED;
    b->schema->msgs = msgs;
    b->schema->msg_count = b->sources.n;
    for (uint32_t i = 0; i < b->sources.n && !rc; i++) {
        b->sources.v[i].msg = &msgs[i];
        rc = msg_reserve(b, i, struct_known);
    }
    return rc;
}

/* board_name -> boardName, where protoc has not said so already. */
static struct sn_str json_name(struct sn_pb_builder *b,
                               const struct pb_google_field_descriptor_proto *proto)
{
    char *text = proto->has_json_name ? NULL : sn_arena_alloc(b->arena, proto->name.len + 1);
    size_t len = 0;
    bool upper = false;

    if (!text)
        return proto->has_json_name ? proto->json_name : SN_STR_NULL;
    for (size_t i = 0; i < proto->name.len; i++) {
        char c = proto->name.ptr[i];

        if (c != '_')
            text[len++] = upper && c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
        upper = c == '_';
    }
    return (struct sn_str){text, len};
}

/* Points the field to the message or enum it names. */
static int type_resolve(struct sn_pb_builder *b, const struct sn_pb_msg_source *source,
                        const struct pb_google_field_descriptor_proto *proto,
                        struct sn_pb_schema_field *field)
{
    struct sn_str name = proto->type_name;
    const struct sn_pb_schema_symbol *symbol = NULL;

    if (proto->type != SN_PB_MESSAGE && proto->type != SN_PB_ENUM)
        return 0;
    if (name.len > 0 && name.ptr[0] == '.')
        symbol = sn_pb_symbol_find(b->schema, (struct sn_str){name.ptr + 1, name.len - 1});
    uint8_t kind = proto->type == SN_PB_ENUM ? SN_PB_SYMBOL_ENUM : SN_PB_SYMBOL_MSG;
    if (!symbol || symbol->kind != kind)
        return bad_field(b, source, proto, "no such type in the schema");
    if (kind == SN_PB_SYMBOL_ENUM)
        field->enumeration = &b->schema->enums[symbol->index];
    else
        field->msg = &b->schema->msgs[symbol->index];
    return 0;
}

static bool is_packed(const struct sn_pb_msg_source *source,
                      const struct pb_google_field_descriptor_proto *proto)
{
    if (sn_pb_wire_of[proto->type] == SN_PB_WIRE_LEN)
        return false;
    if (proto->options && proto->options->has_packed)
        return proto->options->packed;
    return source->proto3;
}

static uint8_t flags_of(const struct sn_pb_msg_source *source, bool is_map,
                        const struct pb_google_field_descriptor_proto *proto)
{
    if (is_repeated(proto)) {
        unsigned packed = is_packed(source, proto) ? SN_PB_PACKED : 0;
        return (uint8_t)(SN_PB_REPEATED | packed | (is_map ? SN_PB_MAP : 0u));
    }
    if (source->is_entry)
        return SN_PB_REQUIRED | (proto->type == SN_PB_MESSAGE ? SN_PB_INLINE : 0);
    if (proto->has_oneof_index && !proto->proto3_optional)
        return SN_PB_ONEOF;
    if (proto->type == SN_PB_MESSAGE)
        return 0;
    return proto->proto3_optional || !source->proto3 ? SN_PB_OPTIONAL : 0;
}

static bool field_is_valid(const struct pb_google_field_descriptor_proto *proto)
{
    return proto->number >= 1 && proto->number <= SN_PB_NUMBER_MAX && proto->type >= 1 &&
           proto->type < SN_PB_TYPE_COUNT && proto->name.len > 0;
}

/* Whether a field's type is a map entry. */
static bool is_map(const struct sn_pb_builder *b, const struct sn_pb_schema_field *field)
{
    return field->msg && b->sources.v[field->msg - b->schema->msgs].is_entry;
}

/* The row of field `i` in a table, but for where it lies. */
static int row_describe(struct sn_pb_builder *b, struct sn_pb_msg_source *source, uint32_t i,
                        const struct pb_google_field_descriptor_proto *proto)
{
    const struct sn_pb_schema_field *named = &source->fields[i];
    bool map = is_map(b, named);

    if (map && (!is_repeated(proto) || source->is_entry))
        return bad_field(b, source, proto, "a map entry is no type");
    if (proto->has_oneof_index && (uint32_t)proto->oneof_index >= source->proto->oneof_decl.n)
        return bad_field(b, source, proto, "no such oneof");
    source->table->fields[i] = (struct sn_pb_field){.number = (uint32_t)proto->number,
                                                    .type = (uint8_t)proto->type,
                                                    .flags = flags_of(source, map, proto),
                                                    .sub = (uint16_t)i};
    source->subs[i] = named->msg ? named->msg->table : NULL;
    return 0;
}

static int field_describe(struct sn_pb_builder *b, struct sn_pb_msg_source *source, uint32_t i,
                          const struct pb_google_field_descriptor_proto *proto)
{
    struct sn_pb_schema_field *named = &source->fields[i];

    if (!field_is_valid(proto))
        return bad_field(b, source, proto, "not a field");
    named->name = proto->name;
    named->json_name = json_name(b, proto);
    if (!named->json_name.ptr)
        return sn_pb_build_exhausted(b);
    int rc = type_resolve(b, source, proto, named);
    return rc || !source->table ? rc : row_describe(b, source, i, proto);
}

static int compare_numbers(const void *context, uint32_t a, uint32_t b)
{
    const struct pb_google_field_descriptor_proto *fields = context;

    return (fields[a].number > fields[b].number) - (fields[a].number < fields[b].number);
}

/* A map entry has a key of a simple type and a value. */
static bool entry_is_valid(const struct sn_pb_msg *table)
{
    if (table->count != 2 || table->dense != 2)
        return false;
    const struct sn_pb_field *key = &table->fields[0], *value = &table->fields[1];
    return key->flags == SN_PB_REQUIRED && !(value->flags & SN_PB_REPEATED) &&
           key->type != SN_PB_DOUBLE && key->type != SN_PB_FLOAT && key->type != SN_PB_BYTES &&
           key->type != SN_PB_ENUM && key->type != SN_PB_MESSAGE;
}

static int fields_describe(struct sn_pb_builder *b, struct sn_pb_msg_source *source)
{
    const struct pb_google_field_descriptor_proto *protos = source->proto->field.v;
    uint32_t n = source->proto->field.n;
    const uint32_t *order = sn_pb_sort(n, compare_numbers, protos, &b->scratch);
    int rc = 0;

    if (!order)
        return sn_pb_build_exhausted(b);
    for (uint32_t i = 0, k = 0; k < n && !rc; k++) {
        const struct pb_google_field_descriptor_proto *proto = &protos[order[k]];

        if (k > 0 && proto->number == protos[order[k - 1]].number)
            return bad_field(b, source, proto, "its number is there twice");
        if (proto->type != SN_PB_GROUP)
            rc = field_describe(b, source, i++, proto);
    }
    return rc;
}

static int table_describe(struct sn_pb_builder *b, struct sn_pb_msg_source *source)
{
    struct sn_pb_msg *table = source->table;
    int rc = fields_describe(b, source);

    if (rc || !table)
        return rc;
    while (table->dense < table->count && table->fields[table->dense].number == table->dense + 1u)
        table->dense++;
    if (source->is_entry && !entry_is_valid(table))
        return sn_error_set(b->error, SN_ERR_INVALID_ARGUMENT, "\"%.*s\" is not a map entry",
                            SN_STR_ARGS(source->name));
    return 0;
}

/* Takes `size` bytes of a struct; returns their offset. */
static uint16_t place(size_t *end, size_t size)
{
    size_t align = size < 8 ? size : 8;
    size_t offset = (*end + align - 1) & ~(align - 1);

    *end = offset + size;
    return (uint16_t)offset;
}

static size_t field_size(const struct sn_pb_msg *table, const struct sn_pb_field *field)
{
    if (field->flags & SN_PB_REPEATED)
        return sizeof(struct sn_pb_any_list);
    if (field->flags & SN_PB_INLINE)
        return table->subs[field->sub]->size;
    return field->type == SN_PB_MESSAGE ? sizeof(void *) : sn_pb_size_of[field->type];
}

/* The members of a oneof share their place. */
static void oneof_place(struct sn_pb_msg *table, const uint32_t *oneof_of, uint32_t first,
                        size_t *end)
{
    uint16_t which = place(end, sizeof(uint32_t));
    uint16_t value = place(end, sizeof(struct sn_str)); /* the largest */

    for (uint32_t i = first; i < table->count; i++) {
        struct sn_pb_field *field = &table->fields[i];

        if (field->flags & SN_PB_ONEOF && oneof_of[i] == oneof_of[first]) {
            field->offset = value;
            field->presence = which;
        }
    }
}

/* For each field of the table, which oneof it is in. */
static uint32_t *oneofs_of(struct sn_pb_builder *b, const struct sn_pb_msg_source *source)
{
    const struct sn_pb_msg *table = source->table;
    uint32_t *oneof_of = sn_arena_zalloc(&b->scratch, table->count * sizeof *oneof_of + 1);

    for (uint32_t i = 0; oneof_of && i < source->proto->field.n; i++) {
        const struct pb_google_field_descriptor_proto *proto = &source->proto->field.v[i];
        const struct sn_pb_field *field = sn_pb_field_find(table, (uint32_t)proto->number);

        if (field)
            oneof_of[field - table->fields] = (uint32_t)proto->oneof_index;
    }
    return oneof_of;
}

static int table_lay_out(struct sn_pb_builder *b, const struct sn_pb_msg_source *source)
{
    struct sn_pb_msg *table = source->table;
    const uint32_t *oneof_of = oneofs_of(b, source);
    size_t end = 0;

    if (!oneof_of)
        return sn_pb_build_exhausted(b);
    for (uint32_t i = 0; i < table->count && end <= UINT16_MAX; i++) {
        struct sn_pb_field *field = &table->fields[i];

        if (!(field->flags & SN_PB_ONEOF))
            field->offset = place(&end, field_size(table, field));
        else if (!field->offset)
            oneof_place(table, oneof_of, i, &end);
        if (field->flags & SN_PB_OPTIONAL)
            field->presence = place(&end, sizeof(bool));
    }
    table->unknown =
        source->is_entry ? SN_PB_NO_UNKNOWN : place(&end, sizeof(struct sn_pb_unknown));
    end = (end + 7) & ~(size_t)7; /* elements of a list are aligned, too */
    if (end > UINT16_MAX)
        return sn_error_set(b->error, SN_ERR_RESOURCE_EXHAUSTED, "message \"%.*s\" is too large",
                            SN_STR_ARGS(source->name));
    table->size = (uint16_t)end;
    return 0;
}

static int tables_lay_out(struct sn_pb_builder *b, bool entries)
{
    int rc = 0;

    for (uint32_t i = 0; i < b->sources.n && !rc; i++) {
        if (b->sources.v[i].table && b->sources.v[i].is_entry == entries)
            rc = table_lay_out(b, &b->sources.v[i]);
    }
    return rc;
}

int sn_pb_tables_build(struct sn_pb_builder *b)
{
    int rc = msgs_reserve(b);

    for (uint32_t i = 0; i < b->sources.n && !rc; i++)
        rc = table_describe(b, &b->sources.v[i]);
    if (!rc)
        rc = tables_lay_out(b, false);
    return rc ? rc : tables_lay_out(b, true);
}

static const struct known known_messages[KNOWN_COUNT] = {
    {"Any", &pb_google_any_msg, SN_PB_KNOWN_ANY},
    {"BoolValue", &pb_google_bool_value_msg, SN_PB_KNOWN_WRAPPER},
    {"BytesValue", &pb_google_bytes_value_msg, SN_PB_KNOWN_WRAPPER},
    {"DoubleValue", &pb_google_double_value_msg, SN_PB_KNOWN_WRAPPER},
    {"Duration", &pb_google_duration_msg, SN_PB_KNOWN_DURATION},
    {"FieldMask", &pb_google_field_mask_msg, SN_PB_KNOWN_FIELD_MASK},
    {"FloatValue", &pb_google_float_value_msg, SN_PB_KNOWN_WRAPPER},
    {"Int32Value", &pb_google_int32_value_msg, SN_PB_KNOWN_WRAPPER},
    {"Int64Value", &pb_google_int64_value_msg, SN_PB_KNOWN_WRAPPER},
    {"ListValue", &pb_google_list_value_msg, SN_PB_KNOWN_LIST_VALUE},
    {"StringValue", &pb_google_string_value_msg, SN_PB_KNOWN_WRAPPER},
    {"Struct", &pb_google_struct_msg, SN_PB_KNOWN_STRUCT},
    {"Struct.FieldsEntry", &pb_google_struct_fields_entry_msg, SN_PB_KNOWN_NONE},
    {"Timestamp", &pb_google_timestamp_msg, SN_PB_KNOWN_TIMESTAMP},
    {"UInt32Value", &pb_google_u_int32_value_msg, SN_PB_KNOWN_WRAPPER},
    {"UInt64Value", &pb_google_u_int64_value_msg, SN_PB_KNOWN_WRAPPER},
    {"Value", &pb_google_value_msg, SN_PB_KNOWN_VALUE},
};
