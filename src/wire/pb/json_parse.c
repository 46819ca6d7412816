/* SPDX-License-Identifier: Apache-2.0
 *
 * JSON to messages: ordinary messages and their fields.
 * Source: protobuf.dev, "ProtoJSON format".
 */
#include "wire/pb/json_parse.h"

#include "wire/pb/json_number.h"
#include "wire/pb/wire.h"

#include <float.h>
#include <math.h>

/* Which fields of a message have come: a second time is an error. */
struct seen {
    uint64_t low; /* of the first 64 */
    bool *high;   /* of the others, made at need */
};

static bool bad(struct sn_pb_json_in *in, const char *what)
{
    return sn_pb_json_fail(in, what);
}

/* A string's or number's text, for the types that accept both. */
static bool number_text(struct sn_pb_json_in *in, struct sn_str *ret_text)
{
    return sn_pb_json_peek(in) == '"' ? sn_pb_json_string(in, ret_text)
                                      : sn_pb_json_number(in, ret_text);
}

static bool bool_parse(struct sn_pb_json_in *in, char *slot)
{
    *slot = sn_pb_json_literal(in, "true");
    return *slot || sn_pb_json_literal(in, "false") || bad(in, "true or false expected");
}

/* A signed integer of 4 or 8 bytes from its text. */
static bool signed_read(struct sn_pb_json_in *in, struct sn_str text, size_t size, char *slot)
{
    int64_t value;

    if (!sn_pb_number_int64(text, &value))
        return bad(in, "an integer in range expected");
    if (size == 4 && (value < INT32_MIN || value > INT32_MAX))
        return bad(in, "a 32-bit integer expected");
    memcpy(slot, &value, size);
    return true;
}

static bool unsigned_read(struct sn_pb_json_in *in, struct sn_str text, size_t size, char *slot)
{
    uint64_t value;

    if (!sn_pb_number_uint64(text, &value))
        return bad(in, "an integer from 0 in range expected");
    if (size == 4 && value > UINT32_MAX)
        return bad(in, "a 32-bit integer expected");
    memcpy(slot, &value, size);
    return true;
}

static bool integer_read(struct sn_pb_json_in *in, struct sn_str text, uint8_t type, char *slot)
{
    bool is_unsigned = type == SN_PB_UINT32 || type == SN_PB_UINT64 || type == SN_PB_FIXED32 ||
                       type == SN_PB_FIXED64;

    return is_unsigned ? unsigned_read(in, text, sn_pb_size_of[type], slot)
                       : signed_read(in, text, sn_pb_size_of[type], slot);
}

bool sn_pb_json_double(struct sn_pb_json_in *in, struct sn_str text, double *ret_value)
{
    if (sn_pb_number_len(text) != text.len || text.len == 0)
        return bad(in, "a number expected");
    if (!sn_pb_number_double(text, in->arena, ret_value))
        return sn_pb_json_exhausted(in);
    return isfinite(*ret_value) || bad(in, "a number in range expected");
}

static bool real_parse(struct sn_pb_json_in *in, double *ret_value)
{
    bool quoted = sn_pb_json_peek(in) == '"';
    struct sn_str text;

    if (!number_text(in, &text))
        return false;
    if (quoted && sn_str_is(text, "NaN"))
        *ret_value = (double)NAN;
    else if (quoted && sn_str_is(text, "Infinity"))
        *ret_value = (double)INFINITY;
    else if (quoted && sn_str_is(text, "-Infinity"))
        *ret_value = -(double)INFINITY;
    else
        return sn_pb_json_double(in, text, ret_value);
    return true;
}

static bool double_parse(struct sn_pb_json_in *in, char *slot)
{
    double value = 0;

    if (!real_parse(in, &value))
        return false;
    memcpy(slot, &value, sizeof value);
    return true;
}

static bool float_parse(struct sn_pb_json_in *in, char *slot)
{
    double value = 0;

    if (!real_parse(in, &value))
        return false;
    float single = (float)value;
    if (isinf(single) && !isinf(value))
        return bad(in, "a number in float's range expected");
    memcpy(slot, &single, sizeof single);
    return true;
}

static bool bytes_parse(struct sn_pb_json_in *in, struct sn_str *ret_value)
{
    struct sn_str text;

    if (!sn_pb_json_string(in, &text))
        return false;
    if (!sn_pb_base64_read(text, in->arena, ret_value))
        return bad(in, "base64 expected");
    return ret_value->ptr || sn_pb_json_exhausted(in);
}

/* *ret_skip: a name that is not known, and to be ignored. */
static bool enum_parse(struct sn_pb_json_in *in, const struct sn_pb_schema_enum *e, char *slot,
                       bool *ret_skip)
{
    struct sn_str text;

    if (e->is_null && sn_pb_json_literal(in, "null")) {
        memset(slot, 0, sizeof(int32_t));
        return true;
    }
    if (sn_pb_json_peek(in) != '"')
        return sn_pb_json_number(in, &text) && signed_read(in, text, sizeof(int32_t), slot);
    if (!sn_pb_json_string(in, &text))
        return false;
    for (uint32_t i = 0; i < e->count; i++) {
        if (sn_str_eq(e->values[i].name, text)) {
            memcpy(slot, &e->values[i].number, sizeof(int32_t));
            return true;
        }
    }
    *ret_skip = in->flags & SN_PB_JSON_IGNORE_UNKNOWN;
    return *ret_skip || bad(in, "no such enum value");
}

bool sn_pb_json_value_parse(struct sn_pb_json_in *in, const struct sn_pb_schema_field *named,
                            uint8_t type, char *slot, bool *ret_skip)
{
    struct sn_str text;

    switch (type) {
    case SN_PB_MESSAGE:
        return sn_pb_json_message_parse(in, named->msg, slot);
    case SN_PB_STRING:
        return sn_pb_json_string(in, (struct sn_str *)(void *)slot);
    case SN_PB_BYTES:
        return bytes_parse(in, (struct sn_str *)(void *)slot);
    case SN_PB_ENUM:
        return enum_parse(in, named->enumeration, slot, ret_skip);
    case SN_PB_BOOL:
        return bool_parse(in, slot);
    case SN_PB_DOUBLE:
        return double_parse(in, slot);
    case SN_PB_FLOAT:
        return float_parse(in, slot);
    default:
        return number_text(in, &text) && integer_read(in, text, type, slot);
    }
}

/* null is a value of google.protobuf.Value and NullValue; elsewhere it means absent. */
static bool takes_null(const struct sn_pb_schema_field *named)
{
    return (named->msg && named->msg->known == SN_PB_KNOWN_VALUE) ||
           (named->enumeration && named->enumeration->is_null);
}

static bool is_null_next(struct sn_pb_json_in *in)
{
    return sn_pb_json_peek(in) == 'n';
}

static bool list_parse(struct sn_pb_json_in *in, const struct sn_pb_schema_field *named,
                       const struct sn_pb_field *field, struct sn_pb_any_list *list)
{
    size_t size = named->msg ? named->msg->table->size : sn_pb_size_of[field->type];
    bool first = true;

    while (sn_pb_json_next_element(in, &first)) {
        bool skip = false;
        char *slot = sn_pb_list_add(list, size, in->arena);

        if (!slot)
            return sn_pb_json_exhausted(in);
        if (is_null_next(in) && !takes_null(named))
            return bad(in, "null is no element of a list");
        if (!sn_pb_json_value_parse(in, named, field->type, slot, &skip))
            return false;
        list->n -= skip;
    }
    return in->rc == 0;
}

/* A map's key from the text it has in JSON. */
static bool key_read(struct sn_pb_json_in *in, struct sn_str text, uint8_t type, char *slot)
{
    switch (type) {
    case SN_PB_STRING:
        *(struct sn_str *)(void *)slot = text;
        return true;
    case SN_PB_BOOL:
        *slot = sn_str_is(text, "true");
        return *slot || sn_str_is(text, "false") || bad(in, "true or false expected as a key");
    default:
        return integer_read(in, text, type, slot);
    }
}

static bool map_parse(struct sn_pb_json_in *in, const struct sn_pb_schema_msg *entry,
                      struct sn_pb_any_list *list)
{
    const struct sn_pb_field *key = &entry->table->fields[0], *value = &entry->table->fields[1];
    struct sn_str text;
    bool first = true;

    while (sn_pb_json_next_key(in, &first, &text)) {
        bool skip = false;
        char *slot = sn_pb_list_add(list, entry->table->size, in->arena);

        if (!slot)
            return sn_pb_json_exhausted(in);
        if (!key_read(in, text, key->type, slot + key->offset))
            return false;
        if (is_null_next(in) && !takes_null(&entry->fields[1]))
            return bad(in, "null is no value of a map");
        if (!sn_pb_json_value_parse(in, &entry->fields[1], value->type, slot + value->offset,
                                    &skip))
            return false;
        list->n -= skip;
    }
    return in->rc == 0;
}

/* Where a field's one value goes: at its place, or a new message that it points to. */
static char *single_slot(struct sn_pb_json_in *in, const struct sn_pb_schema_field *named,
                         const struct sn_pb_field *field, char *out)
{
    char *slot = out + field->offset;

    if (field->type != SN_PB_MESSAGE || field->flags & SN_PB_INLINE)
        return slot;
    char *message = sn_arena_zalloc(in->arena, named->msg->table->size);
    if (!message)
        sn_pb_json_exhausted(in);
    else
        memcpy(slot, &message, sizeof message);
    return message;
}

static bool single_parse(struct sn_pb_json_in *in, const struct sn_pb_schema_field *named,
                         const struct sn_pb_field *field, char *out)
{
    bool skip = false;

    if (field->flags & SN_PB_ONEOF && sn_pb_load32(out + field->presence) != 0)
        return bad(in, "another field of its oneof is set");
    char *slot = single_slot(in, named, field, out);
    if (!slot || !sn_pb_json_value_parse(in, named, field->type, slot, &skip))
        return false;
    if (skip)
        return true;
    if (field->flags & SN_PB_ONEOF)
        memcpy(out + field->presence, &field->number, sizeof field->number);
    else if (field->flags & SN_PB_OPTIONAL)
        out[field->presence] = true;
    return true;
}

static bool seen_mark(struct sn_pb_json_in *in, struct seen *seen, uint32_t index, uint32_t count)
{
    enum { LOW = 64 };

    if (index < LOW) {
        bool before = seen->low >> index & 1;
        seen->low |= (uint64_t)1 << index;
        return !before || bad(in, "is there twice");
    }
    if (!seen->high)
        seen->high = sn_arena_zalloc(in->arena, count - LOW);
    if (!seen->high)
        return sn_pb_json_exhausted(in);
    bool before = seen->high[index - LOW];
    seen->high[index - LOW] = true;
    return !before || bad(in, "is there twice");
}

static bool field_parse(struct sn_pb_json_in *in, const struct sn_pb_schema_msg *msg,
                        uint32_t index, struct seen *seen, char *out)
{
    const struct sn_pb_schema_field *named = &msg->fields[index];
    const struct sn_pb_field *field = &msg->table->fields[index];
    struct sn_pb_any_list *list = (void *)(out + field->offset);

    in->field = named->name;
    if (!seen_mark(in, seen, index, msg->table->count))
        return false;
    bool repeated = field->flags & SN_PB_REPEATED;
    if (is_null_next(in) && (repeated || !takes_null(named)))
        return sn_pb_json_literal(in, "null") || bad(in, "a value expected");
    if (field->flags & SN_PB_MAP)
        return map_parse(in, named->msg, list);
    return repeated ? list_parse(in, named, field, list) : single_parse(in, named, field, out);
}

bool sn_pb_json_fields_parse(struct sn_pb_json_in *in, const struct sn_pb_schema_msg *msg,
                             char *out, bool in_any)
{
    struct seen seen = {0};
    struct sn_str key;
    bool first = true;

    while (sn_pb_json_next_key(in, &first, &key)) {
        int index = sn_pb_schema_field(msg, key);

        if (index >= 0) {
            if (!field_parse(in, msg, (uint32_t)index, &seen, out))
                return false;
        } else if ((in_any && sn_str_is(key, "@type")) || in->flags & SN_PB_JSON_IGNORE_UNKNOWN) {
            if (!sn_pb_json_skip(in))
                return false;
        } else {
            in->field = key;
            return bad(in, "no such field");
        }
    }
    return in->rc == 0;
}

bool sn_pb_json_message_parse(struct sn_pb_json_in *in, const struct sn_pb_schema_msg *msg,
                              char *out)
{
    if (in->depth-- == 0)
        return bad(in, "too deep");
    bool ok = msg->known ? sn_pb_json_known_parse(in, msg, out)
                         : sn_pb_json_fields_parse(in, msg, out, false);
    in->depth++;
    return ok;
}

int sn_pb_json_parse(const struct sn_pb_schema_msg *msg, void *out, struct sn_str text,
                     unsigned flags, struct sn_arena *arena, struct sn_error *error)
{
    if (text.len == 0)
        text = SN_STR("");
    struct sn_pb_json_in in = {.start = text.ptr,
                               .p = text.ptr,
                               .end = text.ptr + text.len,
                               .arena = arena,
                               .error = error,
                               .schema = msg->schema,
                               .flags = flags,
                               .depth = SN_PB_DEPTH_MAX + 1};

    if (sn_pb_json_message_parse(&in, msg, out) && (sn_pb_json_peek(&in), in.p != in.end))
        bad(&in, "something behind the message");
    return in.rc;
}
