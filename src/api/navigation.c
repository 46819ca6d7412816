/* SPDX-License-Identifier: Apache-2.0
 *
 * Navigation API: wrappers, server glue, proxy. The methods differ in their messages alone, so all
 * three are written once for all; but for the two whose name the API's older form has, too, with
 * other messages. What they answer in that form is put where fields lie that the newer one doesn't
 * know: whoever reads a message skips what has another number or wire type than he expects.
 */
#include "sinew/api/navigation.h"
#include "api/api.h"
#include "pb/service/navigation/older/v1/navigation.h"
#include "pb/service/navigation/v1/navigation.h"
#include "sinew/steps.h"

static const struct sn_navigation_ops *ops_of(const struct sn_navigation *navigation)
{
    return navigation->base.ops;
}

static int lacks(struct sn_call *call, const char *method)
{
    return sn_call_fail(call, SN_ERR_UNIMPLEMENTED, "method %s not implemented", method);
}

#define WRAPPER(op, method)                                                                    \
    int sn_navigation_##op(struct sn_call *call, struct sn_navigation *navigation,             \
                           const struct pb_service_navigation_##op##_request *request,         \
                           struct pb_service_navigation_##op##_response *ret)                  \
    {                                                                                          \
        int code = sn_resource_enter(&navigation->base, call, SN_READ);                        \
                                                                                               \
        if (code)                                                                              \
            return code;                                                                       \
        return ops_of(navigation)->op ? ops_of(navigation)->op(call, navigation, request, ret) \
                                      : lacks(call, #method);                                  \
    }
SN_NAVIGATION_OPS(WRAPPER)

/* ---- server ---- */

#define HANDLE(op, method)                                                                      \
    static int handle_##op(struct sn_rpc *rpc, void *self, const void *request, void *response) \
    {                                                                                           \
        return sn_navigation_##op(&rpc->call, self, request, response);                         \
    }
SN_NAVIGATION_NEWER_METHODS(HANDLE)
SN_NAVIGATION_OLDER_METHODS(HANDLE)

/* Puts a message of the older form behind those fields of a response that are known. */
static int append(struct sn_call *call, const struct sn_pb_msg *msg, const void *older,
                  struct sn_pb_unknown *behind)
{
    struct sn_str bytes, *place = sn_pb_add(behind, call->arena);

    if (!place)
        return SN_ERR_RESOURCE_EXHAUSTED;
    int code = sn_pb_encode(msg, older, call->arena, 0, &bytes);
    if (!code)
        *place = bytes;
    return code;
}

struct both_ways {
    struct sn_call *call; /* the client's */
    struct sn_navigation *navigation;
    const void *request;
    void *response;
    struct pb_service_navigation_older_get_location_response location;
};

static int do_both_ways(struct sn_rpc *rpc, void *self, const void *request, void *response,
                        const sn_step_fn *steps)
{
    struct both_ways *b = sn_arena_zalloc(rpc->call.arena, sizeof(*b));

    if (!b)
        return SN_ERR_RESOURCE_EXHAUSTED;
    b->call = &rpc->call;
    b->navigation = self;
    b->request = request;
    b->response = response;
    return sn_call_steps(&rpc->call, steps, NULL, b);
}

static int ask_location(struct sn_call *call, void *arg)
{
    static const struct pb_service_navigation_older_get_location_request none;
    struct both_ways *b = arg;
    const struct pb_service_navigation_get_location_request *request = b->request;
    struct pb_service_navigation_older_get_location_request *older =
        sn_arena_alloc(call->arena, sizeof(*older));

    if (!older)
        return SN_ERR_RESOURCE_EXHAUSTED;
    *older = none;
    older->name = request->name;
    older->extra = request->extra;
    return sn_navigation_older_get_location(call, b->navigation, older, &b->location);
}

static int append_location(struct sn_call *call, void *arg)
{
    struct both_ways *b = arg;
    struct pb_service_navigation_get_location_response *response = b->response;

    return append(b->call, &pb_service_navigation_older_get_location_response_msg, &b->location,
                  &response->unknown_fields);
}

/* Without a name there is nothing to look for: the client wants to know where the machine is. */
static int handle_get_location(struct sn_rpc *rpc, void *self, const void *request, void *response)
{
    static const sn_step_fn steps[] = {ask_location, append_location, NULL};
    const struct pb_service_navigation_get_location_request *req = request;

    if (req->location_name.len || !ops_of(self)->older_get_location)
        return sn_navigation_get_location(&rpc->call, self, request, response);
    return do_both_ways(rpc, self, request, response, steps);
}

static int ask_properties(struct sn_call *call, void *arg)
{
    struct both_ways *b = arg;

    return sn_navigation_get_properties(call, b->navigation, b->request, b->response);
}

static int append_properties(struct sn_call *call, void *arg)
{
    struct both_ways *b = arg;
    struct pb_service_navigation_get_properties_response *response = b->response;
    bool gps = response->properties &&
               response->properties->map_type == PB_SERVICE_NAVIGATION_MAP_TYPE_GPS;
    struct pb_service_navigation_older_get_properties_response older = {
        gps ? PB_SERVICE_NAVIGATION_OLDER_MAP_TYPE_GPS : PB_SERVICE_NAVIGATION_OLDER_MAP_TYPE_NONE};

    return append(b->call, &pb_service_navigation_older_get_properties_response_msg, &older,
                  &response->unknown_fields);
}

/* Both forms ask this alike, so each gets the other's answer along with its own. The older one
 * comes last, since the TypeScript SDK takes any field of that number for it. */
static int handle_get_properties(struct sn_rpc *rpc, void *self, const void *request,
                                 void *response)
{
    static const sn_step_fn steps[] = {ask_properties, append_properties, NULL};

    return do_both_ways(rpc, self, request, response, steps);
}

/* ---- proxy ---- */

struct fill {
    const struct sn_pb_msg *msg;
    void *to;
};

/* What one that speaks the older form says of its map. */
static int read_older(struct sn_call *call,
                      struct pb_service_navigation_get_properties_response *response)
{
    struct pb_service_navigation_older_get_properties_response older = {0};
    int code = 0;

    for (uint32_t i = 0; i < response->unknown_fields.n && !code; i++)
        code = sn_pb_decode(&pb_service_navigation_older_get_properties_response_msg, &older,
                            response->unknown_fields.v[i].ptr, response->unknown_fields.v[i].len,
                            call->arena);
    if (code || !older.map_type)
        return code;
    response->properties = sn_arena_zalloc(call->arena, sizeof(*response->properties));
    if (!response->properties)
        return SN_ERR_RESOURCE_EXHAUSTED;
    if (older.map_type == PB_SERVICE_NAVIGATION_OLDER_MAP_TYPE_GPS)
        response->properties->map_type = PB_SERVICE_NAVIGATION_MAP_TYPE_GPS;
    return 0;
}

static int fill_reply(struct sn_call *call, const void *response, void *arg)
{
    const struct fill *fill = arg;
    struct pb_service_navigation_get_properties_response *properties = fill->to;

    memcpy(fill->to, response, fill->msg->size);
    if (fill->msg == &pb_service_navigation_get_properties_response_msg && !properties->properties)
        return read_older(call, properties);
    return 0;
}

static int ask(struct sn_call *call, const struct sn_navigation *navigation,
               const struct sn_pb_service *service, const void *request, void *ret)
{
    struct fill *fill = sn_arena_alloc(call->arena, sizeof(*fill));

    if (!fill)
        return SN_ERR_RESOURCE_EXHAUSTED;
    *fill = (struct fill){service->methods[0].response, ret};
    return sn_client_unary(call, sn_proxy_of(&navigation->base)->channel, service,
                           service->methods[0].name, request, fill_reply, fill);
}

/* A service of one method each, since two ops may have one method. */
#define PROXY(op, method)                                                             \
    static const struct sn_pb_method method_##op = {                                  \
        #method, &pb_service_navigation_##op##_request_msg,                           \
        &pb_service_navigation_##op##_response_msg, 0};                               \
    static const struct sn_pb_service service_##op = {                                \
        "viam.service.navigation.v1.NavigationService", &method_##op, 1};             \
                                                                                      \
    static int proxy_##op(struct sn_call *call, struct sn_navigation *navigation,     \
                          const struct pb_service_navigation_##op##_request *request, \
                          struct pb_service_navigation_##op##_response *ret)          \
    {                                                                                 \
        struct pb_service_navigation_##op##_request req = *request;                   \
                                                                                      \
        req.name = sn_proxy_name(&navigation->base);                                  \
        return ask(call, navigation, &service_##op, &req, ret);                       \
    }
SN_NAVIGATION_OPS(PROXY)

static const struct sn_navigation_ops proxy_ops = {.common = SN_PROXY_COMMON,
#define SLOT(op, method) .op = proxy_##op,
                                                   SN_NAVIGATION_OPS(SLOT)};

static const struct sn_handler handlers[] = {
#define ROW(op, method) {#method, handle_##op, 0, {0}, NULL},
    SN_NAVIGATION_NEWER_METHODS(ROW) SN_NAVIGATION_OLDER_METHODS(ROW) ROW(get_location, GetLocation)
        ROW(get_properties, GetProperties) SN_COMMON_HANDLERS,
};

const struct sn_api sn_api_navigation = {
    .name = SN_API_NAVIGATION,
    .service = {SN_API_NAVIGATION, &pb_service_navigation_navigation_service, handlers},
    .size = sizeof(struct sn_navigation),
    .proxy_ops = &proxy_ops,
};
