/* SPDX-License-Identifier: Apache-2.0
 *
 * Navigation API: wrappers, server glue, proxy. The methods differ in their messages alone, so all
 * three are written once for all.
 */
#include "sinew/api/navigation.h"
#include "api/api.h"
#include "pb/service/navigation/v1/navigation.h"

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
SN_NAVIGATION_METHODS(WRAPPER)

/* ---- server ---- */

#define HANDLE(op, method)                                                                      \
    static int handle_##op(struct sn_rpc *rpc, void *self, const void *request, void *response) \
    {                                                                                           \
        return sn_navigation_##op(&rpc->call, self, request, response);                         \
    }
SN_NAVIGATION_METHODS(HANDLE)

/* ---- proxy ---- */

#define PROXY(op, method)                                                             \
    static int proxy_##op(struct sn_call *call, struct sn_navigation *navigation,     \
                          const struct pb_service_navigation_##op##_request *request, \
                          struct pb_service_navigation_##op##_response *ret)          \
    {                                                                                 \
        struct pb_service_navigation_##op##_request req = *request;                   \
                                                                                      \
        req.name = sn_proxy_name(&navigation->base);                                  \
        return sn_proxy_fill(call, &navigation->base, #method, &req, ret);            \
    }
SN_NAVIGATION_METHODS(PROXY)

static const struct sn_navigation_ops proxy_ops = {.common = SN_PROXY_COMMON,
#define SLOT(op, method) .op = proxy_##op,
                                                   SN_NAVIGATION_METHODS(SLOT)};

static const struct sn_handler handlers[] = {
#define ROW(op, method) {#method, handle_##op, 0, {0}, NULL},
    SN_NAVIGATION_METHODS(ROW) SN_COMMON_HANDLERS,
};

const struct sn_api sn_api_navigation = {
    .name = SN_API_NAVIGATION,
    .service = {SN_API_NAVIGATION, &pb_service_navigation_navigation_service, handlers},
    .size = sizeof(struct sn_navigation),
    .proxy_ops = &proxy_ops,
};
