/* SPDX-License-Identifier: Apache-2.0
 *
 * Switch API: wrappers, server glue, proxy.
 */
#include "sinew/api/switch.h"
#include "api/api.h"
#include "pb/component/switch/v1/switch.h"

static const struct sn_switch_ops *ops_of(const struct sn_switch *sw)
{
    return sw->base.ops;
}

int sn_switch_set_position(struct sn_call *call, struct sn_switch *sw, uint32_t position,
                           const struct pb_google_struct *extra)
{
    int code = sn_resource_enter(&sw->base, call, SN_ACTUATION);

    return code ? code : ops_of(sw)->set_position(call, sw, position, extra);
}

int sn_switch_position(struct sn_call *call, struct sn_switch *sw,
                       const struct pb_google_struct *extra, uint32_t *ret_position)
{
    int code = sn_resource_enter(&sw->base, call, SN_READ);

    return code ? code : ops_of(sw)->position(call, sw, extra, ret_position);
}

int sn_switch_positions(struct sn_call *call, struct sn_switch *sw,
                        const struct pb_google_struct *extra,
                        struct pb_switch_get_number_of_positions_response *ret)
{
    int code = sn_resource_enter(&sw->base, call, SN_READ);

    return code ? code : ops_of(sw)->positions(call, sw, extra, ret);
}

int sn_switch_check_position(struct sn_call *call, const struct sn_switch *sw, uint32_t position,
                             uint32_t count)
{
    if (position < count)
        return 0;
    /* A count of 0 wraps, in upstream's text too. */
    return sn_call_fail(call, SN_ERR_UNKNOWN,
                        "switch component %s/%s position %u is invalid (valid range: 0-%u)",
                        sw->base.api, sw->base.name, position, count - 1);
}

/* ---- server ---- */

static int handle_set_position(struct sn_rpc *rpc, void *self, const void *request, void *response)
{
    const struct pb_switch_set_position_request *req = request;

    return sn_switch_set_position(&rpc->call, self, req->position, req->extra);
}

static int handle_get_position(struct sn_rpc *rpc, void *self, const void *request, void *response)
{
    const struct pb_switch_get_position_request *req = request;
    struct pb_switch_get_position_response *resp = response;

    return sn_switch_position(&rpc->call, self, req->extra, &resp->position);
}

static int handle_get_number_of_positions(struct sn_rpc *rpc, void *self, const void *request,
                                          void *response)
{
    const struct pb_switch_get_number_of_positions_request *req = request;

    return sn_switch_positions(&rpc->call, self, req->extra, response);
}

/* ---- proxy ---- */

static int proxy_set_position(struct sn_call *call, struct sn_switch *sw, uint32_t position,
                              const struct pb_google_struct *extra)
{
    struct pb_switch_set_position_request req = {
        .name = sn_proxy_name(&sw->base), .position = position, .extra = sn_proxy_borrow(extra)};

    return sn_proxy_call(call, &sw->base, "SetPosition", &req, NULL, NULL);
}

static int position_reply(struct sn_call *call, const void *response, void *arg)
{
    *(uint32_t *)arg = ((const struct pb_switch_get_position_response *)response)->position;
    return 0;
}

static int proxy_position(struct sn_call *call, struct sn_switch *sw,
                          const struct pb_google_struct *extra, uint32_t *ret_position)
{
    struct pb_switch_get_position_request req = {.name = sn_proxy_name(&sw->base),
                                                 .extra = sn_proxy_borrow(extra)};

    return sn_proxy_call(call, &sw->base, "GetPosition", &req, position_reply, ret_position);
}

static int positions_reply(struct sn_call *call, const void *response, void *arg)
{
    *(struct pb_switch_get_number_of_positions_response *)arg =
        *(const struct pb_switch_get_number_of_positions_response *)response;
    return 0;
}

static int proxy_positions(struct sn_call *call, struct sn_switch *sw,
                           const struct pb_google_struct *extra,
                           struct pb_switch_get_number_of_positions_response *ret)
{
    struct pb_switch_get_number_of_positions_request req = {.name = sn_proxy_name(&sw->base),
                                                            .extra = sn_proxy_borrow(extra)};

    return sn_proxy_call(call, &sw->base, "GetNumberOfPositions", &req, positions_reply, ret);
}

static const struct sn_switch_ops proxy_ops = {
    .common = SN_PROXY_COMMON,
    .set_position = proxy_set_position,
    .position = proxy_position,
    .positions = proxy_positions,
};

static const struct sn_handler handlers[] = {
    {"SetPosition", handle_set_position, 0, {0}, NULL},
    {"GetPosition", handle_get_position, 0, {0}, NULL},
    {"GetNumberOfPositions", handle_get_number_of_positions, 0, {0}, NULL},
    SN_COMMON_HANDLERS,
};

const struct sn_api sn_api_switch = {
    .name = SN_API_SWITCH,
    .service = {SN_API_SWITCH, &pb_switch_switch_service, handlers},
    .size = sizeof(struct sn_switch),
    .proxy_ops = &proxy_ops,
};
