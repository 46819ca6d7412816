/* SPDX-License-Identifier: Apache-2.0
 *
 * Reading values out of JSON objects, for readers of what json.h reads. A value of the wrong type
 * is INVALID_ARGUMENT with the key, what was wanted and what was got. Absent: the result is
 * untouched.
 */
#ifndef SN_SPATIAL_JSON_READ_H
#define SN_SPATIAL_JSON_READ_H

#include "spatial/json.h"

/* NULL when absent or null. */
const json_t *sn_json_get(const json_t *object, const char *key);
int sn_json_object(const json_t *object, const char *key, const json_t **ret, struct sn_error *e)
    SN_MUST_USE;
int sn_json_array(const json_t *object, const char *key, const json_t **ret, struct sn_error *e)
    SN_MUST_USE;
int sn_json_number(const json_t *object, const char *key, double *ret, struct sn_error *e)
    SN_MUST_USE;
/* Borrowed from the JSON value. */
int sn_json_string(const json_t *object, const char *key, const char **ret, struct sn_error *e)
    SN_MUST_USE;
/* A copy; "" when absent. */
int sn_json_text(const json_t *object, const char *key, struct sn_arena *arena, const char **ret,
                 struct sn_error *e) SN_MUST_USE;
/* {x, y, z} */
int sn_json_vec3(const json_t *object, const char *key, struct sn_vec3 *ret, struct sn_error *e)
    SN_MUST_USE;
/* Standard base64, padded. */
int sn_json_bytes(const json_t *object, const char *key, struct sn_arena *arena, struct sn_str *ret,
                  struct sn_error *e) SN_MUST_USE;

int sn_json_no_memory(struct sn_error *e);

#endif
