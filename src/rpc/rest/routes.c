/* SPDX-License-Identifier: Apache-2.0
 *
 * Routes out of descriptors. Loop thread.
 */
#include "rpc/rest/private.h"

#include "rpc/reflection/schema.h"

/* Of google.api.HttpRule. */
enum { RULE_GET = 2, RULE_PUT, RULE_POST, RULE_DELETE, RULE_PATCH, RULE_BODY };

static const char *const verbs[] = {
    [RULE_GET] = "GET",       [RULE_PUT] = "PUT",     [RULE_POST] = "POST",
    [RULE_DELETE] = "DELETE", [RULE_PATCH] = "PATCH",
};

/* ---- building ---- */

/* False for a method that is not served here. */
static bool read_rule(const struct sn_pb_schema_method *method, struct rest_route *route)
{
    static const struct sn_str prefix = {"/viam", 5};
    struct sn_str rule = method->http;
    struct sn_pb_raw field;

    *route = (struct rest_route){.method = method};
    while (sn_pb_raw_next(&rule, &field) == 1) {
        if (field.number >= RULE_GET && field.number <= RULE_PATCH && field.wire == 2) {
            route->verb = sn_str_of(verbs[field.number]);
            route->template = field.bytes;
        } else if (field.number == RULE_BODY && field.wire == 2) {
            route->body = field.bytes;
        }
    }
    if (!sn_str_has_prefix(route->template, SN_STR("/viam" SN_REST_PREFIX)))
        return false;
    route->template.ptr += prefix.len;
    route->template.len -= prefix.len;
    return true;
}

static int list_routes(struct rest_routes *routes)
{
    const struct sn_pb_schema *schema = &routes->schema;
    size_t methods = 0;

    for (uint32_t s = 0; s < schema->service_count; s++)
        methods += schema->services[s].count;
    routes->v = sn_arena_alloc(&routes->arena, (methods + 1) * sizeof(*routes->v));
    if (!routes->v)
        return SN_ERR_RESOURCE_EXHAUSTED;
    for (uint32_t s = 0; s < schema->service_count; s++)
        for (uint32_t m = 0; m < schema->services[s].count; m++) {
            struct rest_route *route = &routes->v[routes->count];

            if (!read_rule(&schema->services[s].methods[m], route))
                continue;
            route->service = &schema->services[s];
            routes->count++;
        }
    return 0;
}

int rest_routes_build(struct rest_routes *routes, struct sn_block_pool *blocks)
{
    *routes = (struct rest_routes){0};
    sn_arena_init(&routes->arena, blocks, SN_PROTO_SCHEMA_MEMORY_MAX);
    int code = sn_proto_schema_build(&routes->schema, &routes->arena);
    if (!code)
        code = list_routes(routes);
    if (code)
        sn_arena_fini(&routes->arena);
    return code;
}

/* ---- matching ---- */

/* Takes what is before the next slash off the front, and the slash. */
static struct sn_str take_segment(struct sn_str *path)
{
    const char *slash = memchr(path->ptr, '/', path->len);
    struct sn_str segment = {path->ptr, slash ? (size_t)(slash - path->ptr) : path->len};
    size_t taken = segment.len + (slash != NULL);

    path->ptr += taken;
    path->len -= taken;
    return segment;
}

/* The values are kept in `match`, whose count is of a failed attempt otherwise. */
static bool matches(struct sn_str template, struct sn_str path, struct rest_match *match)
{
    match->count = 0;
    while (template.len && path.len) {
        struct sn_str wanted = take_segment(&template), given = take_segment(&path);

        if (wanted.len > 2 && wanted.ptr[0] == '{') {
            if (!given.len || match->count == REST_VALUES_MAX)
                return false;
            match->names[match->count] = (struct sn_str){wanted.ptr + 1, wanted.len - 2};
            match->values[match->count++] = given;
        } else if (!sn_str_eq(wanted, given)) {
            return false;
        }
    }
    return !template.len && !path.len;
}

void rest_match(const struct rest_routes *routes, struct sn_str verb, struct sn_str path,
                struct rest_match *ret_match)
{
    *ret_match = (struct rest_match){0};
    for (size_t i = 0; i < routes->count; i++) {
        const struct rest_route *route = &routes->v[i];

        if (!matches(route->template, path, ret_match))
            continue;
        if (sn_str_eq(route->verb, verb)) {
            ret_match->route = route;
            return;
        }
        ret_match->other_verb = true;
    }
}
