/* SPDX-License-Identifier: Apache-2.0
 *
 * Base API: wrappers, server glue, proxy.
 */
#include "sinew/api/base.h"
#include "api/api.h"
#include "pb/component/base/v1/base.h"

static const struct pb_common_vector3 zero;

static const struct sn_base_ops *ops_of(const struct sn_base *base)
{
    return base->base.ops;
}

int sn_base_move_straight(struct sn_call *call, struct sn_base *base, int64_t distance,
                          double speed, const struct pb_google_struct *extra)
{
    int code = sn_resource_enter(&base->base, call, SN_ACTUATION);

    return code ? code : ops_of(base)->move_straight(call, base, distance, speed, extra);
}

int sn_base_spin(struct sn_call *call, struct sn_base *base, double angle, double speed,
                 const struct pb_google_struct *extra)
{
    int code = sn_resource_enter(&base->base, call, SN_ACTUATION);

    return code ? code : ops_of(base)->spin(call, base, angle, speed, extra);
}

int sn_base_set_power(struct sn_call *call, struct sn_base *base,
                      const struct pb_common_vector3 *linear,
                      const struct pb_common_vector3 *angular, const struct pb_google_struct *extra)
{
    int code = sn_resource_enter(&base->base, call, SN_ACTUATION);

    if (code)
        return code;
    return ops_of(base)->set_power(call, base, linear ? linear : &zero, angular ? angular : &zero,
                                   extra);
}

int sn_base_set_velocity(struct sn_call *call, struct sn_base *base,
                         const struct pb_common_vector3 *linear,
                         const struct pb_common_vector3 *angular,
                         const struct pb_google_struct *extra)
{
    int code = sn_resource_enter(&base->base, call, SN_ACTUATION);

    if (code)
        return code;
    return ops_of(base)->set_velocity(call, base, linear ? linear : &zero,
                                      angular ? angular : &zero, extra);
}

int sn_base_stop(struct sn_call *call, struct sn_base *base, const struct pb_google_struct *extra)
{
    int code = sn_resource_enter(&base->base, call, SN_STOP);

    return code ? code : ops_of(base)->stop(call, base, extra);
}

int sn_base_is_moving(struct sn_call *call, struct sn_base *base, bool *ret_moving)
{
    int code = sn_resource_enter(&base->base, call, SN_READ);

    return code ? code : ops_of(base)->is_moving(call, base, ret_moving);
}

int sn_base_properties(struct sn_call *call, struct sn_base *base,
                       const struct pb_google_struct *extra,
                       struct pb_base_get_properties_response *ret_properties)
{
    int code = sn_resource_enter(&base->base, call, SN_READ);

    return code ? code : ops_of(base)->properties(call, base, extra, ret_properties);
}

/* ---- server ---- */

static int handle_move_straight(struct sn_rpc *rpc, void *self, const void *request, void *response)
{
    const struct pb_base_move_straight_request *req = request;

    return sn_base_move_straight(&rpc->call, self, req->distance_mm, req->mm_per_sec, req->extra);
}

static int handle_spin(struct sn_rpc *rpc, void *self, const void *request, void *response)
{
    const struct pb_base_spin_request *req = request;

    return sn_base_spin(&rpc->call, self, req->angle_deg, req->degs_per_sec, req->extra);
}

static int handle_set_power(struct sn_rpc *rpc, void *self, const void *request, void *response)
{
    const struct pb_base_set_power_request *req = request;

    return sn_base_set_power(&rpc->call, self, req->linear, req->angular, req->extra);
}

static int handle_set_velocity(struct sn_rpc *rpc, void *self, const void *request, void *response)
{
    const struct pb_base_set_velocity_request *req = request;

    return sn_base_set_velocity(&rpc->call, self, req->linear, req->angular, req->extra);
}

static int handle_stop(struct sn_rpc *rpc, void *self, const void *request, void *response)
{
    const struct pb_base_stop_request *req = request;

    return sn_base_stop(&rpc->call, self, req->extra);
}

static int handle_is_moving(struct sn_rpc *rpc, void *self, const void *request, void *response)
{
    struct pb_base_is_moving_response *resp = response;

    return sn_base_is_moving(&rpc->call, self, &resp->is_moving);
}

static int handle_get_properties(struct sn_rpc *rpc, void *self, const void *request,
                                 void *response)
{
    const struct pb_base_get_properties_request *req = request;

    return sn_base_properties(&rpc->call, self, req->extra, response);
}

static int stop(struct sn_call *call, struct sn_resource *resource,
                const struct pb_google_struct *extra)
{
    return sn_base_stop(call, (struct sn_base *)resource, extra);
}

/* ---- proxy ---- */

static int proxy_move_straight(struct sn_call *call, struct sn_base *base, int64_t distance,
                               double speed, const struct pb_google_struct *extra)
{
    struct pb_base_move_straight_request req = {.name = sn_proxy_name(&base->base),
                                                .distance_mm = distance,
                                                .mm_per_sec = speed,
                                                .extra = sn_proxy_borrow(extra)};

    return sn_proxy_call(call, &base->base, "MoveStraight", &req, NULL, NULL);
}

static int proxy_spin(struct sn_call *call, struct sn_base *base, double angle, double speed,
                      const struct pb_google_struct *extra)
{
    struct pb_base_spin_request req = {.name = sn_proxy_name(&base->base),
                                       .angle_deg = angle,
                                       .degs_per_sec = speed,
                                       .extra = sn_proxy_borrow(extra)};

    return sn_proxy_call(call, &base->base, "Spin", &req, NULL, NULL);
}

static int proxy_set_power(struct sn_call *call, struct sn_base *base,
                           const struct pb_common_vector3 *linear,
                           const struct pb_common_vector3 *angular,
                           const struct pb_google_struct *extra)
{
    struct pb_base_set_power_request req = {
        .name = sn_proxy_name(&base->base),
        .linear = SN_PROXY_BORROW(struct pb_common_vector3, linear),
        .angular = SN_PROXY_BORROW(struct pb_common_vector3, angular),
        .extra = sn_proxy_borrow(extra)};

    return sn_proxy_call(call, &base->base, "SetPower", &req, NULL, NULL);
}

static int proxy_set_velocity(struct sn_call *call, struct sn_base *base,
                              const struct pb_common_vector3 *linear,
                              const struct pb_common_vector3 *angular,
                              const struct pb_google_struct *extra)
{
    struct pb_base_set_velocity_request req = {
        .name = sn_proxy_name(&base->base),
        .linear = SN_PROXY_BORROW(struct pb_common_vector3, linear),
        .angular = SN_PROXY_BORROW(struct pb_common_vector3, angular),
        .extra = sn_proxy_borrow(extra)};

    return sn_proxy_call(call, &base->base, "SetVelocity", &req, NULL, NULL);
}

static int proxy_stop(struct sn_call *call, struct sn_base *base,
                      const struct pb_google_struct *extra)
{
    struct pb_base_stop_request req = {.name = sn_proxy_name(&base->base),
                                       .extra = sn_proxy_borrow(extra)};

    return sn_proxy_call(call, &base->base, "Stop", &req, NULL, NULL);
}

static int is_moving_reply(struct sn_call *call, const void *response, void *arg)
{
    *(bool *)arg = ((const struct pb_base_is_moving_response *)response)->is_moving;
    return 0;
}

static int proxy_is_moving(struct sn_call *call, struct sn_base *base, bool *ret_moving)
{
    struct pb_base_is_moving_request req = {.name = sn_proxy_name(&base->base)};

    return sn_proxy_call(call, &base->base, "IsMoving", &req, is_moving_reply, ret_moving);
}

static int properties_reply(struct sn_call *call, const void *response, void *arg)
{
    *(struct pb_base_get_properties_response *)arg =
        *(const struct pb_base_get_properties_response *)response;
    return 0;
}

static int proxy_properties(struct sn_call *call, struct sn_base *base,
                            const struct pb_google_struct *extra,
                            struct pb_base_get_properties_response *ret_properties)
{
    struct pb_base_get_properties_request req = {.name = sn_proxy_name(&base->base),
                                                 .extra = sn_proxy_borrow(extra)};

    return sn_proxy_call(call, &base->base, "GetProperties", &req, properties_reply,
                         ret_properties);
}

static const struct sn_base_ops proxy_ops = {
    .common = SN_PROXY_COMMON_GEOMETRIES,
    .move_straight = proxy_move_straight,
    .spin = proxy_spin,
    .set_power = proxy_set_power,
    .set_velocity = proxy_set_velocity,
    .stop = proxy_stop,
    .is_moving = proxy_is_moving,
    .properties = proxy_properties,
};

static const struct sn_handler handlers[] = {
    {"MoveStraight", handle_move_straight, 0, {0}, NULL},
    {"Spin", handle_spin, 0, {0}, NULL},
    {"SetPower", handle_set_power, 0, {0}, NULL},
    {"SetVelocity", handle_set_velocity, 0, {0}, NULL},
    {"Stop", handle_stop, SN_HANDLER_RESERVED, {0}, NULL},
    {"IsMoving", handle_is_moving, 0, {0}, NULL},
    {"GetProperties", handle_get_properties, 0, {0}, NULL},
    SN_GEOMETRIES_HANDLER,
    SN_COMMON_HANDLERS,
};

const struct sn_api sn_api_base = {
    .name = SN_API_BASE,
    .service = {SN_API_BASE, &pb_base_base_service, handlers},
    .size = sizeof(struct sn_base),
    .proxy_ops = &proxy_ops,
    .stop = stop,
    .geometries = true,
};
