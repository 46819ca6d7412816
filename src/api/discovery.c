/* SPDX-License-Identifier: Apache-2.0
 *
 * Discovery API: wrappers, server glue, proxy.
 */
#include "sinew/api/discovery.h"
#include "api/api.h"
#include "pb/service/discovery/v1/discovery.h"

static const struct sn_discovery_ops *ops_of(const struct sn_discovery *discovery)
{
    return discovery->base.ops;
}

int sn_discovery_resources(struct sn_call *call, struct sn_discovery *discovery,
                           const struct pb_google_struct *extra,
                           struct pb_service_discovery_discover_resources_response *ret)
{
    int code = sn_resource_enter(&discovery->base, call, SN_READ);

    return code ? code : ops_of(discovery)->resources(call, discovery, extra, ret);
}

/* ---- server ---- */

static int handle_discover_resources(struct sn_rpc *rpc, void *self, const void *request,
                                     void *response)
{
    const struct pb_service_discovery_discover_resources_request *req = request;

    return sn_discovery_resources(&rpc->call, self, req->extra, response);
}

/* ---- proxy ---- */

static int resources_reply(struct sn_call *call, const void *response, void *arg)
{
    *(struct pb_service_discovery_discover_resources_response *)arg =
        *(const struct pb_service_discovery_discover_resources_response *)response;
    return 0;
}

static int proxy_resources(struct sn_call *call, struct sn_discovery *discovery,
                           const struct pb_google_struct *extra,
                           struct pb_service_discovery_discover_resources_response *ret)
{
    struct pb_service_discovery_discover_resources_request req = {
        .name = sn_proxy_name(&discovery->base),
        .extra = sn_proxy_borrow(extra),
    };

    return sn_proxy_call(call, &discovery->base, "DiscoverResources", &req, resources_reply, ret);
}

static const struct sn_discovery_ops proxy_ops = {
    .common = SN_PROXY_COMMON,
    .resources = proxy_resources,
};

static const struct sn_handler handlers[] = {
    {"DiscoverResources", handle_discover_resources, 0, {0}, NULL},
    SN_COMMON_HANDLERS,
};

const struct sn_api sn_api_discovery = {
    .name = SN_API_DISCOVERY,
    .service = {SN_API_DISCOVERY, &pb_service_discovery_discovery_service, handlers},
    .size = sizeof(struct sn_discovery),
    .proxy_ops = &proxy_ops,
};
