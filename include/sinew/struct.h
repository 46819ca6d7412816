/* SPDX-License-Identifier: Apache-2.0
 *
 * google.protobuf.Struct, Value and ListValue by hand: reading with defaults, building, walking.
 * Struct fields are walked as `for (uint32_t i = 0; i < s->fields.n; i++)
 * s->fields.v[i].key/.value`, a list's as `l->values.v[i]`.
 *
 * Thread: any. Nothing blocks. Strings are borrowed, sub-structs and lists referred to: both must
 * live as long as what they are put into. Readers accept NULL.
 */
#ifndef SINEW_STRUCT_H
#define SINEW_STRUCT_H

#include "pb/google/protobuf/struct.h"
#include "sinew/pb.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The value of a key (the last, where it is there twice), NULL when absent. */
const struct pb_google_value *sn_pb_struct_get(const struct pb_google_struct *s, const char *key);

/* What a value holds when it is of that kind, else `fallback` (number, bool, string) or NULL. */
double sn_pb_value_number(const struct pb_google_value *value, double fallback);
bool sn_pb_value_bool(const struct pb_google_value *value, bool fallback);
struct sn_str sn_pb_value_string(const struct pb_google_value *value, struct sn_str fallback);
const struct pb_google_struct *sn_pb_value_struct(const struct pb_google_value *value);
const struct pb_google_list_value *sn_pb_value_list(const struct pb_google_value *value);
bool sn_pb_value_is_null(const struct pb_google_value *value); /* NULL: true */

/* Appends a field; adding a key again replaces it for every reader, here and on the wire.
 * Errors: RESOURCE_EXHAUSTED. */
int sn_pb_struct_add(struct pb_google_struct *s, struct sn_str key, struct pb_google_value value,
                     struct sn_arena *arena) SN_MUST_USE;

/* Errors: RESOURCE_EXHAUSTED. */
int sn_pb_list_value_add(struct pb_google_list_value *list, struct pb_google_value value,
                         struct sn_arena *arena) SN_MUST_USE;

/* Values for the two above: sn_pb_struct_add(s, SN_STR("volts"), sn_pb_number(11.8), arena). */
static inline struct pb_google_value sn_pb_null(void)
{
    return (struct pb_google_value){PB_GOOGLE_VALUE_KIND_NULL_VALUE, {0}};
}

static inline struct pb_google_value sn_pb_number(double number)
{
    return (struct pb_google_value){.which_kind = PB_GOOGLE_VALUE_KIND_NUMBER_VALUE,
                                    .number_value = number};
}

static inline struct pb_google_value sn_pb_bool(bool b)
{
    return (struct pb_google_value){.which_kind = PB_GOOGLE_VALUE_KIND_BOOL_VALUE, .bool_value = b};
}

static inline struct pb_google_value sn_pb_string(struct sn_str s)
{
    return (struct pb_google_value){.which_kind = PB_GOOGLE_VALUE_KIND_STRING_VALUE,
                                    .string_value = s};
}

static inline struct pb_google_value sn_pb_struct(struct pb_google_struct *s)
{
    return (struct pb_google_value){.which_kind = PB_GOOGLE_VALUE_KIND_STRUCT_VALUE,
                                    .struct_value = s};
}

static inline struct pb_google_value sn_pb_list(struct pb_google_list_value *list)
{
    return (struct pb_google_value){.which_kind = PB_GOOGLE_VALUE_KIND_LIST_VALUE,
                                    .list_value = list};
}

#ifdef __cplusplus
}
#endif

#endif
