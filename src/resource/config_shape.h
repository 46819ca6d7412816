/* SPDX-License-Identifier: Apache-2.0
 *
 * JSON objects into C structs by tables: which keys there are, of which type, and where they go.
 * Only for config*.c.
 */
#ifndef SN_RESOURCE_CONFIG_SHAPE_H
#define SN_RESOURCE_CONFIG_SHAPE_H

#include "sinew/arena.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

enum sn_shape_type {
    SN_SHAPE_STRING,   /* const char *; "" when not given */
    SN_SHAPE_BOOL,     /* bool */
    SN_SHAPE_INT,      /* int64_t */
    SN_SHAPE_NUMBER,   /* double */
    SN_SHAPE_DURATION, /* int64_t, ns */
    SN_SHAPE_LEVEL,    /* const char *: a log level */
    SN_SHAPE_STRINGS,  /* struct sn_config_strings */
    SN_SHAPE_ANY,      /* json_t *, of any type */
    SN_SHAPE_OBJECT,   /* json_t *; with `sub`, of rows that are only checked */
    SN_SHAPE_ARRAY,    /* json_t * */
    SN_SHAPE_MAP,      /* json_t *: an object whose values are strings */
    SN_SHAPE_STRUCT,   /* a nested struct, by `sub` */
    SN_SHAPE_POINTER,  /* pointer to a nested struct; NULL when not given */
    SN_SHAPE_STRUCTS,  /* struct { void *v; size_t count; } of structs, by `sub` */
    SN_SHAPE_SELF,     /* json_t *: the object this table reads; has no key */
};

/* `offset` of rows that are only checked. */
#define SN_SHAPE_NOWHERE SIZE_MAX

/* A table ends with a row of all zeros. */
struct sn_shape {
    const char *key;
    enum sn_shape_type type;
    size_t offset;
    const struct sn_shape *sub; /* of STRUCT, POINTER, STRUCTS */
    size_t size;                /* of one such struct */
};

/* Rows: of a member of `struct owner`, of one that `sub` describes, and of what is only checked. */
#define SN_SHAPE_ROW(key, type, owner, member)                        \
    {                                                                 \
        key, SN_SHAPE_##type, offsetof(struct owner, member), NULL, 0 \
    }
#define SN_SHAPE_NESTED(key, type, owner, member, sub, size)            \
    {                                                                   \
        key, SN_SHAPE_##type, offsetof(struct owner, member), sub, size \
    }
#define SN_SHAPE_CHECKED(key, type, sub)               \
    {                                                  \
        key, SN_SHAPE_##type, SN_SHAPE_NOWHERE, sub, 0 \
    }

/* Where in the text we are, for error texts: "components.2.name". */
struct sn_shape_path {
    const struct sn_shape_path *up;
    const char *key; /* NULL: `index` counts */
    size_t index;
};

struct sn_shape_reader {
    struct sn_arena *arena;
    struct sn_error *error;
};

/* Reads `json` (an object or null) into the zeroed struct at `ret`. Strings and json_t pointers are
 * borrowed from `json`. `path` is NULL at the top. INVALID_ARGUMENT, RESOURCE_EXHAUSTED. */
int sn_shape_read(struct sn_shape_reader *reader, const struct sn_shape *table, json_t *json,
                  const struct sn_shape_path *path, void *ret) SN_MUST_USE;

/* The row of a key, whatever its case; NULL: none. */
const struct sn_shape *sn_shape_find(const struct sn_shape *table, const char *key);

#endif
