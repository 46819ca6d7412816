/* SPDX-License-Identifier: Apache-2.0
 *
 * What the files of this folder share: routes.c (which method a request means), params.c (its
 * message), rest.c (the call).
 */
#ifndef SN_REST_PRIVATE_H
#define SN_REST_PRIVATE_H

#include "rpc/rest/rest.h"
#include "wire/pb/schema.h"

/* ---- routes.c ---- */

struct rest_route {
    const struct sn_pb_schema_service *service;
    const struct sn_pb_schema_method *method;
    struct sn_str verb;     /* "GET" */
    struct sn_str template; /* "/api/v1/component/motor/{name}/power" */
    struct sn_str body;     /* field that the body is, "*" for all, or empty */
};

struct rest_routes {
    struct sn_arena arena; /* of all below */
    struct sn_pb_schema schema;
    struct rest_route *v;
    size_t count;
};

/* Those of the program's descriptors. INTERNAL, RESOURCE_EXHAUSTED. */
int rest_routes_build(struct rest_routes *routes, struct sn_block_pool *blocks) SN_MUST_USE;

/* Values in a path. */
enum { REST_VALUES_MAX = 4 };
struct rest_match {
    const struct rest_route *route; /* NULL: none; with `other_verb`: not by that verb */
    bool other_verb;
    size_t count;
    struct sn_str names[REST_VALUES_MAX], values[REST_VALUES_MAX]; /* as written */
};

void rest_match(const struct rest_routes *routes, struct sn_str verb, struct sn_str path,
                struct rest_match *ret_match);

/* ---- params.c ---- */

/* The request's message, serialised, from the path's values, the query and the body. A failure's
 * text is in `error`. INVALID_ARGUMENT, RESOURCE_EXHAUSTED. */
int rest_message(const struct rest_match *match, struct sn_str query, struct sn_str body,
                 struct sn_arena *arena, struct sn_str *ret_bytes, struct sn_error *error)
    SN_MUST_USE;

/* In quotes, with escapes. ptr NULL: no memory. */
struct sn_str rest_quote(struct sn_str text, struct sn_arena *arena);

#endif
