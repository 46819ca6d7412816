/* SPDX-License-Identifier: Apache-2.0
 *
 * Pages of other origins: browsers ask for leave. All may, as with the reference; with credentials
 * too, since the TypeScript SDK sends them while it asks for a token.
 */
#include "rpc/transport/web/private.h"

static struct sn_str header_of(const struct sn_exchange *exchange, const char *name)
{
    return sn_metadata_get(&exchange->request->metadata, sn_str_of(name));
}

static int add(const struct sn_exchange *exchange, struct sn_metadata *headers, const char *name,
               struct sn_str value)
{
    return sn_metadata_add(headers, exchange->arena, sn_str_of(name), value);
}

bool web_is_preflight(const struct sn_request *request)
{
    const struct sn_metadata *metadata = &request->metadata;

    return sn_str_is(request->method, "OPTIONS") &&
           sn_metadata_get(metadata, SN_STR("origin")).ptr &&
           sn_metadata_get(metadata, SN_STR("access-control-request-method")).ptr;
}

static bool may_be_asked(struct sn_str method)
{
    static const char *const methods[] = {"HEAD", "GET", "POST", "PUT", "PATCH", "DELETE"};

    for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
        if (sn_str_is(method, methods[i]))
            return true;
    return false;
}

void web_answer_preflight(struct sn_exchange *exchange)
{
    struct sn_str method = header_of(exchange, "access-control-request-method");
    struct sn_str wanted = header_of(exchange, "access-control-request-headers");
    struct sn_metadata headers = {0};
    int code = add(exchange, &headers, "vary",
                   SN_STR("Origin, Access-Control-Request-Method, Access-Control-Request-Headers"));

    if (!code && may_be_asked(method)) {
        code =
            add(exchange, &headers, "access-control-allow-origin", header_of(exchange, "origin"));
        if (!code)
            code = add(exchange, &headers, "access-control-allow-credentials", SN_STR("true"));
        if (!code)
            code = add(exchange, &headers, "access-control-allow-methods", method);
        if (!code && wanted.len)
            code = add(exchange, &headers, "access-control-allow-headers", wanted);
    }
    if (code) {
        exchange->ops->fail(exchange);
        return;
    }
    exchange->ops->respond(exchange, 204, &headers);
    exchange->ops->end(exchange);
}

/* The names of all headers, in one list. */
static struct sn_str list_names(const struct sn_exchange *exchange,
                                const struct sn_metadata *headers)
{
    static const struct sn_str always = {"grpc-status, grpc-message", 25};
    size_t len = always.len;

    for (uint32_t i = 0; i < headers->count; i++)
        len += headers->v[i].key.len + 2;
    char *list = sn_arena_alloc(exchange->arena, len);
    if (!list)
        return SN_STR_NULL;
    char *to = list;
    for (uint32_t i = 0; i < headers->count; i++) {
        struct sn_str name = headers->v[i].key;

        memcpy(to, name.ptr, name.len);
        memcpy(to + name.len, ", ", 2);
        to += name.len + 2;
    }
    memcpy(to, always.ptr, always.len);
    return (struct sn_str){list, len};
}

int web_allow_origin(const struct sn_exchange *exchange, struct sn_metadata *headers)
{
    struct sn_str origin = header_of(exchange, "origin");
    struct sn_str names = list_names(exchange, headers);
    int code = names.ptr ? add(exchange, headers, "access-control-expose-headers", names)
                         : SN_ERR_RESOURCE_EXHAUSTED;

    if (!code)
        code = add(exchange, headers, "vary", SN_STR("Origin"));
    if (code || !origin.len)
        return code;
    code = add(exchange, headers, "access-control-allow-origin", origin);
    return code ? code : add(exchange, headers, "access-control-allow-credentials", SN_STR("true"));
}
