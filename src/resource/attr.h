/* SPDX-License-Identifier: Apache-2.0
 *
 * Attributes of a resource: JSON into a driver's struct, by the driver's table. Keys are matched
 * exactly, else without regard to case; unknown ones are ignored and null counts as absent. Any
 * thread.
 * Error texts are upstream's; a text too long for struct sn_error is cut.
 */
#ifndef SN_RESOURCE_ATTR_H
#define SN_RESOURCE_ATTR_H

#include "sinew/arena.h"
#include "sinew/driver.h"

#include <jansson.h>

/* Converts `json` (an object, or NULL) into `size` bytes from `arena`, on which everything
 * `ret_attrs` points to lives too; nothing refers to `json` afterwards. An absent attribute takes
 * its preset. INVALID_ARGUMENT when a value has the wrong type: "decoding failed due to the
 * following error(s): 'width_mm' expected type 'int', got unconvertible type 'string'", a line per
 * value. RESOURCE_EXHAUSTED. */
int sn_attrs_decode(const struct sn_attr *table, size_t size, const json_t *json,
                    struct sn_arena *arena, void **ret_attrs, struct sn_error *error) SN_MUST_USE;

/* Checks that everything required is there and not empty (zero counts as empty, as upstream's
 * structs can't tell). `path` is the entry's ("components.3"). INVALID_ARGUMENT: `Error validating,
 * missing required field. Path: "components.3" Field: "board"`. */
int sn_attrs_check(const struct sn_attr *table, const json_t *json, const char *path,
                   struct sn_error *error) SN_MUST_USE;

struct pb_google_struct; /* "pb/google/protobuf/struct.h" */

struct sn_attr_names {
    const char **v;
    size_t count;
};

/* The names of resources in attributes marked as dependencies, the optional ones or the others, in
 * the table's order, presets included and empty names left out. On `arena`. `json` must have passed
 * sn_attrs_decode. RESOURCE_EXHAUSTED. */
int sn_attrs_dependencies(const struct sn_attr *table, const json_t *json, bool optional,
                          struct sn_arena *arena, struct sn_attr_names *ret_names) SN_MUST_USE;

/* Attributes as JSON, to be released by json_decref(). NULL: out of memory, or a string in them is
 * no text. */
json_t *sn_attrs_json(const struct pb_google_struct *attributes) SN_MUST_USE;

/* The table as a JSON Schema; `id` tells it from others. A new reference, or NULL: out of memory.
 */
json_t *sn_attrs_schema(const struct sn_attr *table, const char *id);

#endif
