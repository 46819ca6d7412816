/* SPDX-License-Identifier: Apache-2.0
 *
 * A table of attributes as JSON Schema, in the form of the reference server's -dump-resources. More
 * than there: nested objects in place, descriptions and defaults.
 */
#include "resource/attr.h"

static json_t *object_schema(const struct sn_attr *table);

static json_t *type_schema(const char *type)
{
    return json_pack("{s:s}", "type", type);
}

static json_t *array_schema(json_t *take_items)
{
    return json_pack("{s:o,s:s}", "items", take_items, "type", "array");
}

static json_t *value_schema(const struct sn_attr *row)
{
    switch (row->type) {
    case SN_ATTR_BOOL:
        return type_schema("boolean");
    case SN_ATTR_INT:
    case SN_ATTR_UINT:
        return type_schema("integer");
    case SN_ATTR_NUMBER:
        return type_schema("number");
    case SN_ATTR_STRING:
        return type_schema("string");
    case SN_ATTR_STRINGS:
        return array_schema(type_schema("string"));
    case SN_ATTR_OBJECT:
        return object_schema(row->sub);
    case SN_ATTR_OBJECTS:
        return array_schema(object_schema(row->sub));
    case SN_ATTR_MAP:
        return json_pack("{s:{s:o},s:s}", "patternProperties", ".*", object_schema(row->sub),
                         "type", "object");
    case SN_ATTR_STRUCT:
        return type_schema("object");
    case SN_ATTR_JSON:
        break;
    }
    return json_object();
}

static json_t *row_schema(const struct sn_attr *row)
{
    json_t *schema = value_schema(row);

    if (row->help)
        json_object_set_new(schema, "description", json_string(row->help));
    if (row->preset)
        json_object_set_new(schema, "default", json_loads(row->preset, JSON_DECODE_ANY, NULL));
    return schema;
}

static json_t *object_schema(const struct sn_attr *table)
{
    json_t *properties = json_object(), *required = json_array();

    for (const struct sn_attr *row = table; row && row->key; row++) {
        json_object_set_new(properties, row->key, row_schema(row));
        if (row->required)
            json_array_append_new(required, json_string(row->key));
    }
    json_t *schema = json_pack("{s:o,s:b,s:s}", "properties", properties, "additionalProperties", 0,
                               "type", "object");
    if (json_array_size(required))
        json_object_set(schema, "required", required);
    json_decref(required);
    return schema;
}

json_t *sn_attrs_schema(const struct sn_attr *table, const char *id)
{
    const char *name = table ? "Config" : "NoNativeConfig";
    const char *ref = table ? "#/$defs/Config" : "#/$defs/NoNativeConfig";

    return json_pack("{s:s,s:s,s:s,s:{s:o}}", "$schema",
                     "https://json-schema.org/draft/2020-12/schema", "$id", id, "$ref", ref,
                     "$defs", name, object_schema(table));
}
