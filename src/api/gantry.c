/* SPDX-License-Identifier: Apache-2.0
 *
 * Gantry API: wrappers, server glue, proxy.
 */
#include "sinew/api/gantry.h"
#include "api/api.h"
#include "pb/component/arm/v1/arm.h"
#include "pb/component/gantry/v1/gantry.h"

static const struct sn_gantry_ops *ops_of(const struct sn_gantry *gantry)
{
    return gantry->base.ops;
}

int sn_gantry_position(struct sn_call *call, struct sn_gantry *gantry,
                       const struct pb_google_struct *extra,
                       struct pb_gantry_get_position_response *ret_position)
{
    int code = sn_resource_enter(&gantry->base, call, SN_READ);

    return code ? code : ops_of(gantry)->position(call, gantry, extra, ret_position);
}

int sn_gantry_lengths(struct sn_call *call, struct sn_gantry *gantry,
                      const struct pb_google_struct *extra,
                      struct pb_gantry_get_lengths_response *ret_lengths)
{
    int code = sn_resource_enter(&gantry->base, call, SN_READ);

    return code ? code : ops_of(gantry)->lengths(call, gantry, extra, ret_lengths);
}

int sn_gantry_move_to_position(struct sn_call *call, struct sn_gantry *gantry,
                               const double *positions, size_t count, const double *speeds,
                               size_t speed_count, const struct pb_google_struct *extra)
{
    int code = sn_resource_enter(&gantry->base, call, SN_ACTUATION);

    return code ? code
                : ops_of(gantry)->move_to_position(call, gantry, positions, count, speeds,
                                                   speed_count, extra);
}

int sn_gantry_home(struct sn_call *call, struct sn_gantry *gantry,
                   const struct pb_google_struct *extra, bool *ret_homed)
{
    int code = sn_resource_enter(&gantry->base, call, SN_ACTUATION);

    return code ? code : ops_of(gantry)->home(call, gantry, extra, ret_homed);
}

int sn_gantry_stop(struct sn_call *call, struct sn_gantry *gantry,
                   const struct pb_google_struct *extra)
{
    int code = sn_resource_enter(&gantry->base, call, SN_STOP);

    return code ? code : ops_of(gantry)->stop(call, gantry, extra);
}

int sn_gantry_is_moving(struct sn_call *call, struct sn_gantry *gantry, bool *ret_moving)
{
    int code = sn_resource_enter(&gantry->base, call, SN_READ);

    return code ? code : ops_of(gantry)->is_moving(call, gantry, ret_moving);
}

/* ---- server ---- */

static int handle_get_position(struct sn_rpc *rpc, void *self, const void *request, void *response)
{
    const struct pb_gantry_get_position_request *req = request;

    return sn_gantry_position(&rpc->call, self, req->extra, response);
}

static int handle_move_to_position(struct sn_rpc *rpc, void *self, const void *request,
                                   void *response)
{
    const struct pb_gantry_move_to_position_request *req = request;

    return sn_gantry_move_to_position(&rpc->call, self, req->positions_mm.v, req->positions_mm.n,
                                      req->speeds_mm_per_sec.v, req->speeds_mm_per_sec.n,
                                      req->extra);
}

static int handle_home(struct sn_rpc *rpc, void *self, const void *request, void *response)
{
    const struct pb_gantry_home_request *req = request;
    struct pb_gantry_home_response *resp = response;

    return sn_gantry_home(&rpc->call, self, req->extra, &resp->homed);
}

static int handle_get_lengths(struct sn_rpc *rpc, void *self, const void *request, void *response)
{
    const struct pb_gantry_get_lengths_request *req = request;

    return sn_gantry_lengths(&rpc->call, self, req->extra, response);
}

static int handle_stop(struct sn_rpc *rpc, void *self, const void *request, void *response)
{
    const struct pb_gantry_stop_request *req = request;

    return sn_gantry_stop(&rpc->call, self, req->extra);
}

static int handle_is_moving(struct sn_rpc *rpc, void *self, const void *request, void *response)
{
    struct pb_gantry_is_moving_response *resp = response;

    return sn_gantry_is_moving(&rpc->call, self, &resp->is_moving);
}

static int stop(struct sn_call *call, struct sn_resource *resource,
                const struct pb_google_struct *extra)
{
    return sn_gantry_stop(call, (struct sn_gantry *)resource, extra);
}

/* Both are one list of numbers, in field 1. */
_Static_assert(sizeof(struct pb_gantry_get_position_response) ==
                   sizeof(struct pb_arm_joint_positions),
               "positions are joint positions");

static int inputs(struct sn_call *call, struct sn_resource *resource,
                  struct pb_arm_joint_positions *ret_inputs)
{
    return sn_gantry_position(call, (struct sn_gantry *)resource, NULL,
                              (struct pb_gantry_get_position_response *)ret_inputs);
}

/* ---- proxy ---- */

static int position_reply(struct sn_call *call, const void *response, void *arg)
{
    *(struct pb_gantry_get_position_response *)arg =
        *(const struct pb_gantry_get_position_response *)response;
    return 0;
}

static int proxy_position(struct sn_call *call, struct sn_gantry *gantry,
                          const struct pb_google_struct *extra,
                          struct pb_gantry_get_position_response *ret_position)
{
    struct pb_gantry_get_position_request req = {.name = sn_proxy_name(&gantry->base),
                                                 .extra = sn_proxy_borrow(extra)};

    return sn_proxy_call(call, &gantry->base, "GetPosition", &req, position_reply, ret_position);
}

static int lengths_reply(struct sn_call *call, const void *response, void *arg)
{
    *(struct pb_gantry_get_lengths_response *)arg =
        *(const struct pb_gantry_get_lengths_response *)response;
    return 0;
}

static int proxy_lengths(struct sn_call *call, struct sn_gantry *gantry,
                         const struct pb_google_struct *extra,
                         struct pb_gantry_get_lengths_response *ret_lengths)
{
    struct pb_gantry_get_lengths_request req = {.name = sn_proxy_name(&gantry->base),
                                                .extra = sn_proxy_borrow(extra)};

    return sn_proxy_call(call, &gantry->base, "GetLengths", &req, lengths_reply, ret_lengths);
}

static int proxy_move_to_position(struct sn_call *call, struct sn_gantry *gantry,
                                  const double *positions, size_t count, const double *speeds,
                                  size_t speed_count, const struct pb_google_struct *extra)
{
    struct pb_gantry_move_to_position_request req = {
        .name = sn_proxy_name(&gantry->base),
        .positions_mm = {SN_PROXY_BORROW(double, positions), (uint32_t)count, (uint32_t)count},
        .speeds_mm_per_sec = {SN_PROXY_BORROW(double, speeds), (uint32_t)speed_count,
                              (uint32_t)speed_count},
        .extra = sn_proxy_borrow(extra)};

    return sn_proxy_call(call, &gantry->base, "MoveToPosition", &req, NULL, NULL);
}

static int home_reply(struct sn_call *call, const void *response, void *arg)
{
    *(bool *)arg = ((const struct pb_gantry_home_response *)response)->homed;
    return 0;
}

static int proxy_home(struct sn_call *call, struct sn_gantry *gantry,
                      const struct pb_google_struct *extra, bool *ret_homed)
{
    struct pb_gantry_home_request req = {.name = sn_proxy_name(&gantry->base),
                                         .extra = sn_proxy_borrow(extra)};

    return sn_proxy_call(call, &gantry->base, "Home", &req, home_reply, ret_homed);
}

static int proxy_stop(struct sn_call *call, struct sn_gantry *gantry,
                      const struct pb_google_struct *extra)
{
    struct pb_gantry_stop_request req = {.name = sn_proxy_name(&gantry->base),
                                         .extra = sn_proxy_borrow(extra)};

    return sn_proxy_call(call, &gantry->base, "Stop", &req, NULL, NULL);
}

static int is_moving_reply(struct sn_call *call, const void *response, void *arg)
{
    *(bool *)arg = ((const struct pb_gantry_is_moving_response *)response)->is_moving;
    return 0;
}

static int proxy_is_moving(struct sn_call *call, struct sn_gantry *gantry, bool *ret_moving)
{
    struct pb_gantry_is_moving_request req = {.name = sn_proxy_name(&gantry->base)};

    return sn_proxy_call(call, &gantry->base, "IsMoving", &req, is_moving_reply, ret_moving);
}

static const struct sn_gantry_ops proxy_ops = {
    .common = SN_PROXY_COMMON_KINEMATICS,
    .position = proxy_position,
    .lengths = proxy_lengths,
    .move_to_position = proxy_move_to_position,
    .home = proxy_home,
    .stop = proxy_stop,
    .is_moving = proxy_is_moving,
};

static const struct sn_handler handlers[] = {
    {"GetPosition", handle_get_position, 0, {0}, NULL},
    {"MoveToPosition", handle_move_to_position, 0, {0}, NULL},
    {"Home", handle_home, 0, {0}, NULL},
    {"GetLengths", handle_get_lengths, 0, {0}, NULL},
    {"Stop", handle_stop, SN_HANDLER_RESERVED, {0}, NULL},
    {"IsMoving", handle_is_moving, 0, {0}, NULL},
    SN_KINEMATICS_HANDLER,
    SN_GEOMETRIES_HANDLER,
    SN_COMMON_HANDLERS,
};

const struct sn_api sn_api_gantry = {
    .name = SN_API_GANTRY,
    .service = {SN_API_GANTRY, &pb_gantry_gantry_service, handlers},
    .size = sizeof(struct sn_gantry),
    .proxy_ops = &proxy_ops,
    .stop = stop,
    .kinematics = true,
    .geometries = true,
    .inputs = inputs,
    .raw_inputs = true,
};
