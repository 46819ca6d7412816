/* SPDX-License-Identifier: Apache-2.0
 *
 * JSON to the messages whose JSON form is special.
 * Source: protobuf.dev, "ProtoJSON format"; comments of google/protobuf/any.proto.
 */
#include "wire/pb/json_parse.h"

#include "pb/google/protobuf/any.h"
#include "pb/google/protobuf/field_mask.h"
#include "sinew/struct.h"
#include "sinew/time.h"
#include "wire/pb/wire.h"

static bool value_kind_parse(struct sn_pb_json_in *in, struct pb_google_value *value);

static bool struct_parse(struct sn_pb_json_in *in, struct pb_google_struct *s)
{
    struct sn_str key;
    bool first = true;

    while (sn_pb_json_next_key(in, &first, &key)) {
        struct pb_google_struct_fields_entry *entry = sn_pb_add(&s->fields, in->arena);

        if (!entry)
            return sn_pb_json_exhausted(in);
        entry->key = key;
        if (!value_kind_parse(in, &entry->value))
            return false;
    }
    return in->rc == 0;
}

static bool list_value_parse(struct sn_pb_json_in *in, struct pb_google_list_value *list)
{
    bool first = true;

    while (sn_pb_json_next_element(in, &first)) {
        struct pb_google_value *value = sn_pb_add(&list->values, in->arena);

        if (!value)
            return sn_pb_json_exhausted(in);
        if (!value_kind_parse(in, value))
            return false;
    }
    return in->rc == 0;
}

/* A Struct or ListValue within a Value, a level deeper. */
static bool container_parse(struct sn_pb_json_in *in, bool is_struct, struct pb_google_value *value)
{
    void *container = sn_arena_zalloc(in->arena, is_struct ? sizeof *value->struct_value
                                                           : sizeof *value->list_value);

    if (!container)
        return sn_pb_json_exhausted(in);
    if (in->depth-- == 0)
        return sn_pb_json_fail(in, "too deep");
    *value = is_struct ? sn_pb_struct(container) : sn_pb_list(container);
    bool ok = is_struct ? struct_parse(in, container) : list_value_parse(in, container);
    in->depth++;
    return ok;
}

static bool value_kind_parse(struct sn_pb_json_in *in, struct pb_google_value *value)
{
    struct sn_str text;
    double number;

    switch (sn_pb_json_peek(in)) {
    case '{':
        return container_parse(in, true, value);
    case '[':
        return container_parse(in, false, value);
    case '"':
        *value = sn_pb_string(SN_STR_NULL);
        return sn_pb_json_string(in, &value->string_value);
    case 't':
    case 'f':
        *value = sn_pb_bool(sn_pb_json_literal(in, "true"));
        return value->bool_value || sn_pb_json_literal(in, "false") ||
               sn_pb_json_fail(in, "a value expected");
    case 'n':
        *value = sn_pb_null();
        return sn_pb_json_literal(in, "null") || sn_pb_json_fail(in, "a value expected");
    default:
        if (!sn_pb_json_number(in, &text) || !sn_pb_json_double(in, text, &number))
            return false;
        *value = sn_pb_number(number);
        return true;
    }
}

static bool time_parse(struct sn_pb_json_in *in, bool is_timestamp, void *out)
{
    struct sn_str text;

    if (!sn_pb_json_string(in, &text))
        return false;
    int rc = is_timestamp ? sn_pb_timestamp_parse(text, out) : sn_pb_duration_parse(text, out);
    if (rc)
        return sn_pb_json_fail(in, is_timestamp
                                       ? "a time such as \"1972-01-01T10:00:20.021Z\" expected"
                                       : "a duration such as \"1.5s\" expected");
    return true;
}

/* aB.cD -> a_b.c_d */
static bool path_read(struct sn_pb_json_in *in, const char *p, const char *end,
                      struct sn_str *ret_path)
{
    char *path = sn_arena_alloc(in->arena, 2 * (size_t)(end - p) + 1);
    size_t len = 0;

    if (!path)
        return sn_pb_json_exhausted(in);
    if (p == end)
        return sn_pb_json_fail(in, "a field mask with an empty name");
    for (; p < end; p++) {
        if (*p == '_')
            return sn_pb_json_fail(in, "a field mask's names are in camel case");
        bool upper = *p >= 'A' && *p <= 'Z';
        if (upper)
            path[len++] = '_';
        path[len++] = upper ? (char)(*p - 'A' + 'a') : *p;
    }
    *ret_path = (struct sn_str){path, len};
    return true;
}

static bool field_mask_parse(struct sn_pb_json_in *in, struct pb_google_field_mask *mask)
{
    struct sn_str text;

    if (!sn_pb_json_string(in, &text))
        return false;
    const char *p = text.ptr, *end = p + text.len, *comma = p;
    while (text.len && comma) {
        struct sn_str *path = sn_pb_add(&mask->paths, in->arena);

        comma = memchr(p, ',', (size_t)(end - p));
        if (!path)
            return sn_pb_json_exhausted(in);
        if (!path_read(in, p, comma ? comma : end, path))
            return false;
        p = comma ? comma + 1 : end;
    }
    return true;
}

/* Looks ahead through the object at the cursor for its member `name`; the cursor is then behind the
 * colon. False when there is none, or after a failure. */
static bool member_find(struct sn_pb_json_in *in, const char *name)
{
    struct sn_str key;
    bool first = true;

    while (sn_pb_json_next_key(in, &first, &key)) {
        if (sn_str_is(key, name))
            return true;
        if (!sn_pb_json_skip(in))
            return false;
    }
    return false;
}

/* The "value" of an Any that holds a known message, and nothing else but "@type". */
static bool any_value_parse(struct sn_pb_json_in *in, const struct sn_pb_schema_msg *msg, char *out)
{
    struct sn_str key;
    bool first = true, found = false;

    while (sn_pb_json_next_key(in, &first, &key)) {
        bool is_value = sn_str_is(key, "value");

        if (!is_value && !sn_str_is(key, "@type") && !(in->flags & SN_PB_JSON_IGNORE_UNKNOWN))
            return sn_pb_json_fail(in, "an Any of such a type has \"@type\" and \"value\" only");
        if (is_value && found)
            return sn_pb_json_fail(in, "\"value\" is there twice");
        if (is_value ? !sn_pb_json_message_parse(in, msg, out) : !sn_pb_json_skip(in))
            return false;
        found |= is_value;
    }
    return in->rc == 0 && (found || sn_pb_json_fail(in, "\"value\" expected"));
}

/* The Any's message, now that its type is known, and its bytes. */
static bool any_message_parse(struct sn_pb_json_in *in, struct pb_google_any *any)
{
    const struct sn_pb_schema_msg *msg = sn_pb_schema_any(in->schema, any->type_url);

    if (!msg)
        return sn_pb_json_fail(in, "an Any of a type that is not in the schema");
    char *out = sn_arena_zalloc(in->arena, msg->table->size);
    if (!out)
        return sn_pb_json_exhausted(in);
    if (msg->known ? !any_value_parse(in, msg, out) : !sn_pb_json_fields_parse(in, msg, out, true))
        return false;
    int rc = sn_pb_encode(msg->table, out, in->arena, 0, &any->value);
    if (rc == SN_ERR_RESOURCE_EXHAUSTED)
        return sn_pb_json_exhausted(in);
    return rc == 0 || sn_pb_json_fail(in, "an Any that is too deep");
}

static bool any_parse(struct sn_pb_json_in *in, struct pb_google_any *any)
{
    const char *start = in->p;

    if (!member_find(in, "@type")) {
        if (in->rc)
            return false;
        const char *end = in->p;
        in->p = start;
        sn_pb_json_take(in, '{');
        sn_pb_json_take(in, '}');
        return in->p == end || sn_pb_json_fail(in, "an Any without \"@type\"");
    }
    if (!sn_pb_json_string(in, &any->type_url))
        return false;
    in->p = start;
    return any_message_parse(in, any);
}

bool sn_pb_json_known_parse(struct sn_pb_json_in *in, const struct sn_pb_schema_msg *msg, void *out)
{
    const struct sn_pb_field *field = &msg->table->fields[0];
    bool skip;

    switch (msg->known) {
    case SN_PB_KNOWN_ANY:
        return any_parse(in, out);
    case SN_PB_KNOWN_DURATION:
    case SN_PB_KNOWN_TIMESTAMP:
        return time_parse(in, msg->known == SN_PB_KNOWN_TIMESTAMP, out);
    case SN_PB_KNOWN_FIELD_MASK:
        return field_mask_parse(in, out);
    case SN_PB_KNOWN_LIST_VALUE:
        return list_value_parse(in, out);
    case SN_PB_KNOWN_STRUCT:
        return struct_parse(in, out);
    case SN_PB_KNOWN_VALUE:
        return value_kind_parse(in, out);
    default:
        return sn_pb_json_value_parse(in, &msg->fields[0], field->type, (char *)out + field->offset,
                                      &skip);
    }
}
