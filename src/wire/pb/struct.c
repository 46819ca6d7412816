/* SPDX-License-Identifier: Apache-2.0
 *
 * google.protobuf.Struct by hand.
 */
#include "sinew/struct.h"

const struct pb_google_value *sn_pb_struct_get(const struct pb_google_struct *s, const char *key)
{
    struct sn_str wanted = sn_str_of(key);

    for (uint32_t i = s ? s->fields.n : 0; i-- > 0;) {
        if (sn_str_eq(s->fields.v[i].key, wanted))
            return &s->fields.v[i].value;
    }
    return NULL;
}

static bool is_kind(const struct pb_google_value *value, uint32_t kind)
{
    return value && value->which_kind == kind;
}

double sn_pb_value_number(const struct pb_google_value *value, double fallback)
{
    return is_kind(value, PB_GOOGLE_VALUE_KIND_NUMBER_VALUE) ? value->number_value : fallback;
}

bool sn_pb_value_bool(const struct pb_google_value *value, bool fallback)
{
    return is_kind(value, PB_GOOGLE_VALUE_KIND_BOOL_VALUE) ? value->bool_value : fallback;
}

struct sn_str sn_pb_value_string(const struct pb_google_value *value, struct sn_str fallback)
{
    return is_kind(value, PB_GOOGLE_VALUE_KIND_STRING_VALUE) ? value->string_value : fallback;
}

const struct pb_google_struct *sn_pb_value_struct(const struct pb_google_value *value)
{
    return is_kind(value, PB_GOOGLE_VALUE_KIND_STRUCT_VALUE) ? value->struct_value : NULL;
}

const struct pb_google_list_value *sn_pb_value_list(const struct pb_google_value *value)
{
    return is_kind(value, PB_GOOGLE_VALUE_KIND_LIST_VALUE) ? value->list_value : NULL;
}

bool sn_pb_value_is_null(const struct pb_google_value *value)
{
    return !value || value->which_kind == 0 || is_kind(value, PB_GOOGLE_VALUE_KIND_NULL_VALUE);
}

int sn_pb_struct_add(struct pb_google_struct *s, struct sn_str key, struct pb_google_value value,
                     struct sn_arena *arena)
{
    struct pb_google_struct_fields_entry *entry = sn_pb_add(&s->fields, arena);

    if (!entry)
        return SN_ERR_RESOURCE_EXHAUSTED;
    *entry = (struct pb_google_struct_fields_entry){.key = key, .value = value};
    return 0;
}

int sn_pb_list_value_add(struct pb_google_list_value *list, struct pb_google_value value,
                         struct sn_arena *arena)
{
    struct pb_google_value *slot = sn_pb_add(&list->values, arena);

    if (!slot)
        return SN_ERR_RESOURCE_EXHAUSTED;
    *slot = value;
    return 0;
}
