/* SPDX-License-Identifier: Apache-2.0
 *
 * Attributes that came over the wire, as JSON. Any thread.
 */
#include "resource/attr.h"
#include "sinew/struct.h"

#include <math.h>

static json_t *of_struct(const struct pb_google_struct *s);

static json_t *of_list(const struct pb_google_list_value *list);

/* Whole numbers as such: a table may ask for one. What JSON can't say is null. */
static json_t *of_number(double number)
{
    if (!isfinite(number))
        return json_null();
    if (number == trunc(number) && fabs(number) < 0x1p53)
        return json_integer((json_int_t)number);
    return json_real(number);
}

static json_t *of_value(const struct pb_google_value *value)
{
    switch (value->which_kind) {
    case PB_GOOGLE_VALUE_KIND_NUMBER_VALUE:
        return of_number(value->number_value);
    case PB_GOOGLE_VALUE_KIND_STRING_VALUE:
        return json_stringn(value->string_value.ptr ? value->string_value.ptr : "",
                            value->string_value.len);
    case PB_GOOGLE_VALUE_KIND_BOOL_VALUE:
        return json_boolean(value->bool_value);
    case PB_GOOGLE_VALUE_KIND_STRUCT_VALUE:
        return of_struct(value->struct_value);
    case PB_GOOGLE_VALUE_KIND_LIST_VALUE:
        return of_list(value->list_value);
    default:
        return json_null();
    }
}

static json_t *of_list(const struct pb_google_list_value *list)
{
    json_t *array = json_array();

    for (uint32_t i = 0; array && i < list->values.n; i++) {
        if (json_array_append_new(array, of_value(&list->values.v[i]))) {
            json_decref(array);
            return NULL;
        }
    }
    return array;
}

static json_t *of_struct(const struct pb_google_struct *s)
{
    json_t *object = json_object();

    for (uint32_t i = 0; object && i < s->fields.n; i++) {
        struct sn_str key = s->fields.v[i].key;

        if (json_object_setn_new(object, key.ptr ? key.ptr : "", key.len,
                                 of_value(&s->fields.v[i].value))) {
            json_decref(object);
            return NULL;
        }
    }
    return object;
}

json_t *sn_attrs_json(const struct pb_google_struct *attributes)
{
    return attributes ? of_struct(attributes) : json_object();
}
