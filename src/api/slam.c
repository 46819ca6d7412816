/* SPDX-License-Identifier: Apache-2.0
 *
 * SLAM API: wrappers, server glue, proxy.
 */
#include "sinew/api/slam.h"
#include "api/api.h"
#include "pb/service/slam/v1/slam.h"

static const struct sn_slam_ops *ops_of(const struct sn_slam *slam)
{
    return slam->base.ops;
}

int sn_slam_position(struct sn_call *call, struct sn_slam *slam,
                     struct pb_service_slam_get_position_response *ret)
{
    int code = sn_resource_enter(&slam->base, call, SN_READ);

    return code ? code : ops_of(slam)->position(call, slam, ret);
}

int sn_slam_point_cloud_map(struct sn_call *call, struct sn_slam *slam, bool edited,
                            const struct sn_slam_sink *sink)
{
    int code = sn_resource_enter(&slam->base, call, SN_READ);

    return code ? code : ops_of(slam)->point_cloud_map(call, slam, edited, sink);
}

int sn_slam_internal_state(struct sn_call *call, struct sn_slam *slam,
                           const struct sn_slam_sink *sink)
{
    int code = sn_resource_enter(&slam->base, call, SN_READ);

    return code ? code : ops_of(slam)->internal_state(call, slam, sink);
}

int sn_slam_properties(struct sn_call *call, struct sn_slam *slam,
                       struct pb_service_slam_get_properties_response *ret)
{
    int code = sn_resource_enter(&slam->base, call, SN_READ);

    return code ? code : ops_of(slam)->properties(call, slam, ret);
}

/* ---- server ---- */

static int handle_get_position(struct sn_rpc *rpc, void *self, const void *request, void *response)
{
    return sn_slam_position(&rpc->call, self, response);
}

static int send_map_chunk(struct sn_call *call, const struct sn_slam_sink *sink,
                          struct sn_str bytes)
{
    struct pb_service_slam_get_point_cloud_map_response response = {bytes};

    return sn_rpc_send(sn_rpc_of(call), &response);
}

static int handle_get_point_cloud_map(struct sn_rpc *rpc, void *self, const void *request,
                                      void *response)
{
    static const struct sn_slam_sink to_client = {send_map_chunk};
    const struct pb_service_slam_get_point_cloud_map_request *req = request;

    return sn_slam_point_cloud_map(&rpc->call, self, req->return_edited_map, &to_client);
}

static int send_state_chunk(struct sn_call *call, const struct sn_slam_sink *sink,
                            struct sn_str bytes)
{
    struct pb_service_slam_get_internal_state_response response = {bytes};

    return sn_rpc_send(sn_rpc_of(call), &response);
}

static int handle_get_internal_state(struct sn_rpc *rpc, void *self, const void *request,
                                     void *response)
{
    static const struct sn_slam_sink to_client = {send_state_chunk};

    return sn_slam_internal_state(&rpc->call, self, &to_client);
}

static int handle_get_properties(struct sn_rpc *rpc, void *self, const void *request,
                                 void *response)
{
    return sn_slam_properties(&rpc->call, self, response);
}

/* ---- proxy ---- */

static int proxy_position(struct sn_call *call, struct sn_slam *slam,
                          struct pb_service_slam_get_position_response *ret)
{
    struct pb_service_slam_get_position_request req = {sn_proxy_name(&slam->base)};

    return sn_proxy_fill(call, &slam->base, "GetPosition", &req, ret);
}

static void give_chunk(struct sn_call *call, const struct sn_slam_sink *sink, struct sn_str bytes)
{
    int code = sink->chunk(call, sink, bytes);

    if (code)
        sn_call_cancel(call, code);
}

static void each_map_chunk(struct sn_call *call, const void *response, void *arg)
{
    const struct pb_service_slam_get_point_cloud_map_response *resp = response;

    give_chunk(call, arg, resp->point_cloud_pcd_chunk);
}

static int proxy_point_cloud_map(struct sn_call *call, struct sn_slam *slam, bool edited,
                                 const struct sn_slam_sink *sink)
{
    struct pb_service_slam_get_point_cloud_map_request req = {.name = sn_proxy_name(&slam->base),
                                                              .return_edited_map = edited,
                                                              .has_return_edited_map = edited};

    return sn_proxy_stream(call, &slam->base, "GetPointCloudMap", &req, each_map_chunk,
                           SN_PROXY_BORROW(void, sink));
}

static void each_state_chunk(struct sn_call *call, const void *response, void *arg)
{
    const struct pb_service_slam_get_internal_state_response *resp = response;

    give_chunk(call, arg, resp->internal_state_chunk);
}

static int proxy_internal_state(struct sn_call *call, struct sn_slam *slam,
                                const struct sn_slam_sink *sink)
{
    struct pb_service_slam_get_internal_state_request req = {sn_proxy_name(&slam->base)};

    return sn_proxy_stream(call, &slam->base, "GetInternalState", &req, each_state_chunk,
                           SN_PROXY_BORROW(void, sink));
}

static int proxy_properties(struct sn_call *call, struct sn_slam *slam,
                            struct pb_service_slam_get_properties_response *ret)
{
    struct pb_service_slam_get_properties_request req = {sn_proxy_name(&slam->base)};

    return sn_proxy_fill(call, &slam->base, "GetProperties", &req, ret);
}

static const struct sn_slam_ops proxy_ops = {
    .common = SN_PROXY_COMMON,
    .position = proxy_position,
    .point_cloud_map = proxy_point_cloud_map,
    .internal_state = proxy_internal_state,
    .properties = proxy_properties,
};

static const struct sn_handler handlers[] = {
    {"GetPosition", handle_get_position, 0, {0}, NULL},
    {"GetPointCloudMap", handle_get_point_cloud_map, 0, {0}, NULL},
    {"GetInternalState", handle_get_internal_state, 0, {0}, NULL},
    {"GetProperties", handle_get_properties, 0, {0}, NULL},
    SN_COMMON_HANDLERS,
};

const struct sn_api sn_api_slam = {
    .name = SN_API_SLAM,
    .service = {SN_API_SLAM, &pb_service_slam_slam_service, handlers},
    .size = sizeof(struct sn_slam),
    .proxy_ops = &proxy_ops,
};
