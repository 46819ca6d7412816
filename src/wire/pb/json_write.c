/* SPDX-License-Identifier: Apache-2.0
 *
 * Messages to JSON.
 * Source: protobuf.dev, "ProtoJSON format".
 */
#include "wire/pb/json.h"

#include "pb/google/protobuf/any.h"
#include "pb/google/protobuf/field_mask.h"
#include "sinew/struct.h"
#include "sinew/time.h"
#include "wire/pb/json_number.h"
#include "wire/pb/json_text.h"
#include "wire/pb/map.h"
#include "wire/pb/wire.h"

static bool message_write(struct sn_pb_json_out *out, const struct sn_pb_schema_msg *msg,
                          const char *in);
static void struct_write(struct sn_pb_json_out *out, const struct pb_google_struct *s);
static void list_value_write(struct sn_pb_json_out *out, const struct pb_google_list_value *list);

static bool bad(struct sn_pb_json_out *out, const char *what)
{
    return sn_pb_json_out_fail(out, SN_ERR_INVALID_ARGUMENT, what);
}

static bool exhausted(struct sn_pb_json_out *out)
{
    return sn_pb_json_out_fail(out, SN_ERR_RESOURCE_EXHAUSTED,
                               "the message needs more memory than it may take");
}

static void word_write(struct sn_pb_json_out *out, const char *word)
{
    sn_pb_json_put(out, word, strlen(word));
}

/* A comma before all but the first. */
static void separate(struct sn_pb_json_out *out, bool *first)
{
    if (!*first)
        sn_pb_json_put_char(out, ',');
    *first = false;
}

static bool enter(struct sn_pb_json_out *out)
{
    return out->depth-- > 0 || bad(out, "the message is too deep");
}

static void enum_write(struct sn_pb_json_out *out, const struct sn_pb_schema_enum *e,
                       int32_t number)
{
    char text[SN_PB_NUMBER_TEXT_MAX];

    if (e->is_null) {
        word_write(out, "null");
        return;
    }
    for (uint32_t i = 0; i < e->count; i++) {
        if (e->values[i].number == number) {
            sn_pb_json_put_string(out, e->values[i].name);
            return;
        }
    }
    sn_pb_json_put(out, text, (size_t)sn_pb_int64_print(number, text));
}

/* A double, or a float where `single`. */
static void real_write(struct sn_pb_json_out *out, double value, bool single)
{
    char text[SN_PB_NUMBER_TEXT_MAX];

    if (value != value)
        word_write(out, "\"NaN\"");
    else if (__builtin_isinf(value))
        word_write(out, value < 0 ? "\"-Infinity\"" : "\"Infinity\"");
    else
        sn_pb_json_put(out, text,
                       (size_t)(single ? sn_pb_float_print((float)value, text)
                                       : sn_pb_double_print(value, text)));
}

/* The text of an integer; 64-bit ones are strings in JSON, since JavaScript's numbers
 * can't hold them. */
static int integer_print(uint8_t type, const char *slot, char text[SN_PB_NUMBER_TEXT_MAX])
{
    switch (type) {
    case SN_PB_UINT64:
    case SN_PB_FIXED64:
        return sn_pb_uint64_print(sn_pb_load64(slot), text);
    case SN_PB_INT64:
    case SN_PB_SFIXED64:
    case SN_PB_SINT64:
        return sn_pb_int64_print((int64_t)sn_pb_load64(slot), text);
    case SN_PB_UINT32:
    case SN_PB_FIXED32:
        return sn_pb_uint64_print(sn_pb_load32(slot), text);
    default:
        return sn_pb_int64_print((int32_t)sn_pb_load32(slot), text);
    }
}

/* An integer or bool; as a map's key in quotes. */
static void integer_write(struct sn_pb_json_out *out, uint8_t type, const char *slot, bool is_key)
{
    char text[SN_PB_NUMBER_TEXT_MAX];
    bool quoted = is_key || sn_pb_size_of[type] == 8;

    if (quoted)
        sn_pb_json_put_char(out, '"');
    if (type == SN_PB_BOOL)
        word_write(out, *slot ? "true" : "false");
    else
        sn_pb_json_put(out, text, (size_t)integer_print(type, slot, text));
    if (quoted)
        sn_pb_json_put_char(out, '"');
}

static void real_load_write(struct sn_pb_json_out *out, uint8_t type, const char *slot)
{
    double value;
    float single;

    if (type == SN_PB_DOUBLE) {
        memcpy(&value, slot, sizeof value);
        real_write(out, value, false);
    } else {
        memcpy(&single, slot, sizeof single);
        real_write(out, (double)single, true);
    }
}

/* A sub-message; `in` NULL is an empty one, as a oneof may have it. */
static bool submessage_write(struct sn_pb_json_out *out, const struct sn_pb_schema_msg *msg,
                             const char *in)
{
    if (!in)
        in = sn_arena_zalloc(out->scratch, msg->table->size);
    if (!in)
        return exhausted(out);
    return message_write(out, msg, in);
}

/* One value. `in_place`: a message is at the slot itself, not behind a pointer there. */
static void value_write(struct sn_pb_json_out *out, const struct sn_pb_schema_field *named,
                        uint8_t type, const char *slot, bool in_place)
{
    switch (type) {
    case SN_PB_MESSAGE:
        submessage_write(out, named->msg, in_place ? slot : sn_pb_load_ptr(slot));
        break;
    case SN_PB_STRING:
        sn_pb_json_put_string(out, *(const struct sn_str *)(const void *)slot);
        break;
    case SN_PB_BYTES:
        sn_pb_json_put_base64(out, *(const struct sn_str *)(const void *)slot);
        break;
    case SN_PB_ENUM:
        enum_write(out, named->enumeration, (int32_t)sn_pb_load32(slot));
        break;
    case SN_PB_DOUBLE:
    case SN_PB_FLOAT:
        real_load_write(out, type, slot);
        break;
    default:
        integer_write(out, type, slot, false);
    }
}

/* Which entries of a map are not written; NULL when the scratch memory is exhausted. */
static const bool *shadowed_of(struct sn_pb_json_out *out, const struct sn_pb_msg *entry,
                               const void *list)
{
    const bool *shadowed = sn_pb_map_shadowed(entry, list, out->scratch);

    if (!shadowed)
        exhausted(out);
    return shadowed;
}

static void map_write(struct sn_pb_json_out *out, const struct sn_pb_schema_msg *entry,
                      const struct sn_pb_any_list *list)
{
    const struct sn_pb_field *key = &entry->table->fields[0], *value = &entry->table->fields[1];
    const bool *shadowed = shadowed_of(out, entry->table, list);
    bool first = true;

    if (!shadowed || !enter(out))
        return;
    sn_pb_json_put_char(out, '{');
    for (uint32_t i = 0; i < list->n && !out->rc; i++) {
        const char *in = (const char *)list->v + i * (size_t)entry->table->size;

        if (shadowed[i])
            continue;
        separate(out, &first);
        if (key->type == SN_PB_STRING)
            sn_pb_json_put_string(out, *(const struct sn_str *)(const void *)(in + key->offset));
        else
            integer_write(out, key->type, in + key->offset, true);
        sn_pb_json_put_char(out, ':');
        value_write(out, &entry->fields[1], value->type, in + value->offset, true);
    }
    sn_pb_json_put_char(out, '}');
    out->depth++;
}

static void list_write(struct sn_pb_json_out *out, const struct sn_pb_schema_field *named,
                       const struct sn_pb_field *field, const struct sn_pb_any_list *list)
{
    size_t size = named->msg ? named->msg->table->size : sn_pb_size_of[field->type];
    bool first = true;

    sn_pb_json_put_char(out, '[');
    for (uint32_t i = 0; i < list->n && !out->rc; i++) {
        separate(out, &first);
        value_write(out, named, field->type, (const char *)list->v + i * size, true);
    }
    sn_pb_json_put_char(out, ']');
}

/* The fields of an ordinary message, without its braces. */
static void fields_write(struct sn_pb_json_out *out, const struct sn_pb_schema_msg *msg,
                         const char *in, bool first)
{
    for (uint32_t i = 0; i < msg->table->count && !out->rc; i++) {
        const struct sn_pb_field *field = &msg->table->fields[i];
        const struct sn_pb_schema_field *named = &msg->fields[i];
        const struct sn_pb_any_list *list = (const void *)(in + field->offset);
        bool repeated = field->flags & SN_PB_REPEATED;

        if (repeated ? list->n == 0 : !sn_pb_is_present(field, in))
            continue;
        separate(out, &first);
        sn_pb_json_put_string(out,
                              out->flags & SN_PB_JSON_PROTO_NAMES ? named->name : named->json_name);
        sn_pb_json_put_char(out, ':');
        if (field->flags & SN_PB_MAP)
            map_write(out, named->msg, list);
        else if (repeated)
            list_write(out, named, field, list);
        else
            value_write(out, named, field->type, in + field->offset, field->flags & SN_PB_INLINE);
    }
}

static void value_kind_write(struct sn_pb_json_out *out, const struct pb_google_value *value)
{
    switch (value->which_kind) {
    case PB_GOOGLE_VALUE_KIND_NUMBER_VALUE:
        if (!__builtin_isfinite(value->number_value))
            bad(out, "a google.protobuf.Value holds a number that is not finite");
        else
            real_write(out, value->number_value, false);
        break;
    case PB_GOOGLE_VALUE_KIND_STRING_VALUE:
        sn_pb_json_put_string(out, value->string_value);
        break;
    case PB_GOOGLE_VALUE_KIND_BOOL_VALUE:
        word_write(out, value->bool_value ? "true" : "false");
        break;
    case PB_GOOGLE_VALUE_KIND_STRUCT_VALUE:
        struct_write(out, value->struct_value);
        break;
    case PB_GOOGLE_VALUE_KIND_LIST_VALUE:
        list_value_write(out, value->list_value);
        break;
    default:
        word_write(out, "null");
    }
}

static void struct_write(struct sn_pb_json_out *out, const struct pb_google_struct *s)
{
    static const struct pb_google_struct empty;
    bool first = true;

    s = s ? s : &empty;
    const bool *shadowed = shadowed_of(out, &pb_google_struct_fields_entry_msg, &s->fields);
    if (!shadowed || !enter(out))
        return;
    sn_pb_json_put_char(out, '{');
    for (uint32_t i = 0; i < s->fields.n && !out->rc; i++) {
        if (shadowed[i])
            continue;
        separate(out, &first);
        sn_pb_json_put_string(out, s->fields.v[i].key);
        sn_pb_json_put_char(out, ':');
        value_kind_write(out, &s->fields.v[i].value);
    }
    sn_pb_json_put_char(out, '}');
    out->depth++;
}

static void list_value_write(struct sn_pb_json_out *out, const struct pb_google_list_value *list)
{
    bool first = true;

    if (!enter(out))
        return;
    sn_pb_json_put_char(out, '[');
    for (uint32_t i = 0; list && i < list->values.n && !out->rc; i++) {
        separate(out, &first);
        value_kind_write(out, &list->values.v[i]);
    }
    sn_pb_json_put_char(out, ']');
    out->depth++;
}

static void time_write(struct sn_pb_json_out *out, const struct sn_pb_schema_msg *msg,
                       const void *in)
{
    char text[SN_PB_TIME_TEXT_MAX];
    int len = msg->known == SN_PB_KNOWN_TIMESTAMP ? sn_pb_timestamp_print(in, text)
                                                  : sn_pb_duration_print(in, text);

    if (len < 0)
        bad(out, "a time is out of range");
    else
        sn_pb_json_put_string(out, (struct sn_str){text, (size_t)len});
}

/* Appends a path as a_b.c_d -> aB.cD. Returns the end, NULL when that can't be read back. */
static char *path_print(char *p, struct sn_str path)
{
    if (path.len == 0)
        return NULL;
    for (size_t i = 0; i < path.len; i++) {
        char c = path.ptr[i];

        if (c == ',' || (c >= 'A' && c <= 'Z'))
            return NULL;
        if (c == '_') {
            c = ++i < path.len ? path.ptr[i] : '\0';
            if (c < 'a' || c > 'z')
                return NULL;
            c = (char)(c - 'a' + 'A');
        }
        *p++ = c;
    }
    return p;
}

static void field_mask_write(struct sn_pb_json_out *out, const struct pb_google_field_mask *mask)
{
    size_t size = 1;

    for (uint32_t i = 0; i < mask->paths.n; i++)
        size += mask->paths.v[i].len + 1;
    char *text = sn_arena_alloc(out->scratch, size), *p = text;
    if (!text) {
        exhausted(out);
        return;
    }
    for (uint32_t i = 0; i < mask->paths.n; i++) {
        if (i > 0)
            *p++ = ',';
        p = path_print(p, mask->paths.v[i]);
        if (!p) {
            bad(out, "a field mask has a path without a JSON form");
            return;
        }
    }
    sn_pb_json_put_string(out, (struct sn_str){text, (size_t)(p - text)});
}

/* The message in an Any, decoded into scratch memory; NULL after setting the error. */
static const char *any_open(struct sn_pb_json_out *out, const struct sn_pb_schema *schema,
                            const struct pb_google_any *any,
                            const struct sn_pb_schema_msg **ret_msg)
{
    const struct sn_pb_schema_msg *msg = sn_pb_schema_any(schema, any->type_url);

    if (!msg) {
        bad(out, "an Any holds a type that is not in the schema");
        return NULL;
    }
    char *in = sn_arena_zalloc(out->scratch, msg->table->size);
    int rc = in ? sn_pb_decode(msg->table, in, any->value.ptr, any->value.len, out->scratch)
                : SN_ERR_RESOURCE_EXHAUSTED;
    if (rc) {
        sn_pb_json_out_fail(out, rc, "an Any holds bytes that are no message");
        return NULL;
    }
    *ret_msg = msg;
    return in;
}

static void any_write(struct sn_pb_json_out *out, const struct sn_pb_schema *schema,
                      const struct pb_google_any *any)
{
    const struct sn_pb_schema_msg *msg;

    if (any->type_url.len == 0 && any->value.len == 0) {
        word_write(out, "{}");
        return;
    }
    const char *in = enter(out) ? any_open(out, schema, any, &msg) : NULL;
    if (!in)
        return;
    word_write(out, "{\"@type\":");
    sn_pb_json_put_string(out, any->type_url);
    if (msg->known) {
        word_write(out, ",\"value\":");
        message_write(out, msg, in);
    } else {
        fields_write(out, msg, in, false);
    }
    sn_pb_json_put_char(out, '}');
    out->depth++;
}

static void known_write(struct sn_pb_json_out *out, const struct sn_pb_schema_msg *msg,
                        const void *in)
{
    const struct sn_pb_field *field = &msg->table->fields[0];

    switch (msg->known) {
    case SN_PB_KNOWN_ANY:
        any_write(out, msg->schema, in);
        break;
    case SN_PB_KNOWN_DURATION:
    case SN_PB_KNOWN_TIMESTAMP:
        time_write(out, msg, in);
        break;
    case SN_PB_KNOWN_FIELD_MASK:
        field_mask_write(out, in);
        break;
    case SN_PB_KNOWN_LIST_VALUE:
        list_value_write(out, in);
        break;
    case SN_PB_KNOWN_STRUCT:
        struct_write(out, in);
        break;
    case SN_PB_KNOWN_VALUE:
        value_kind_write(out, in);
        break;
    default:
        value_write(out, &msg->fields[0], field->type, (const char *)in + field->offset, false);
    }
}

static bool message_write(struct sn_pb_json_out *out, const struct sn_pb_schema_msg *msg,
                          const char *in)
{
    if (msg->known) { /* what can nest enters by itself */
        known_write(out, msg, in);
        return out->rc == 0;
    }
    if (!enter(out))
        return false;
    sn_pb_json_put_char(out, '{');
    fields_write(out, msg, in, true);
    sn_pb_json_put_char(out, '}');
    out->depth++;
    return out->rc == 0;
}

int sn_pb_json_write(const struct sn_pb_schema_msg *msg, const void *in, unsigned flags,
                     struct sn_arena *arena, struct sn_str *ret_text, struct sn_error *error)
{
    struct sn_arena scratch;
    struct sn_pb_json_out out = {.arena = arena,
                                 .scratch = &scratch,
                                 .error = error,
                                 .flags = flags,
                                 .depth = SN_PB_DEPTH_MAX + 1};

    sn_arena_init(&scratch, arena->pool, arena->left);
    message_write(&out, msg, in);
    sn_arena_fini(&scratch);
    if (!out.rc)
        *ret_text = (struct sn_str){out.text, out.len};
    return out.rc;
}
