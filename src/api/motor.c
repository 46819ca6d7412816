/* SPDX-License-Identifier: Apache-2.0
 *
 * Motor API: wrappers, server glue, proxy.
 */
#include "sinew/api/motor.h"
#include "api/api.h"
#include "pb/component/motor/v1/motor.h"

static const struct sn_motor_ops *ops_of(const struct sn_motor *motor)
{
    return motor->base.ops;
}

int sn_motor_set_power(struct sn_call *call, struct sn_motor *motor, double power,
                       const struct pb_google_struct *extra)
{
    int code = sn_resource_enter(&motor->base, call, SN_ACTUATION);

    return code ? code : ops_of(motor)->set_power(call, motor, power, extra);
}

int sn_motor_go_for(struct sn_call *call, struct sn_motor *motor, double rpm, double revolutions,
                    const struct pb_google_struct *extra)
{
    int code = sn_resource_enter(&motor->base, call, SN_ACTUATION);

    return code ? code : ops_of(motor)->go_for(call, motor, rpm, revolutions, extra);
}

int sn_motor_go_to(struct sn_call *call, struct sn_motor *motor, double rpm, double position,
                   const struct pb_google_struct *extra)
{
    int code = sn_resource_enter(&motor->base, call, SN_ACTUATION);

    return code ? code : ops_of(motor)->go_to(call, motor, rpm, position, extra);
}

int sn_motor_set_rpm(struct sn_call *call, struct sn_motor *motor, double rpm,
                     const struct pb_google_struct *extra)
{
    int code = sn_resource_enter(&motor->base, call, SN_ACTUATION);

    return code ? code : ops_of(motor)->set_rpm(call, motor, rpm, extra);
}

int sn_motor_reset_zero_position(struct sn_call *call, struct sn_motor *motor, double offset,
                                 const struct pb_google_struct *extra)
{
    int code = sn_resource_enter(&motor->base, call, SN_READ);

    return code ? code : ops_of(motor)->reset_zero_position(call, motor, offset, extra);
}

int sn_motor_position(struct sn_call *call, struct sn_motor *motor,
                      const struct pb_google_struct *extra, double *ret_revolutions)
{
    int code = sn_resource_enter(&motor->base, call, SN_READ);

    return code ? code : ops_of(motor)->position(call, motor, extra, ret_revolutions);
}

int sn_motor_properties(struct sn_call *call, struct sn_motor *motor,
                        const struct pb_google_struct *extra, bool *ret_position_reporting)
{
    int code = sn_resource_enter(&motor->base, call, SN_READ);

    return code ? code : ops_of(motor)->properties(call, motor, extra, ret_position_reporting);
}

int sn_motor_stop(struct sn_call *call, struct sn_motor *motor,
                  const struct pb_google_struct *extra)
{
    int code = sn_resource_enter(&motor->base, call, SN_STOP);

    return code ? code : ops_of(motor)->stop(call, motor, extra);
}

int sn_motor_is_powered(struct sn_call *call, struct sn_motor *motor,
                        const struct pb_google_struct *extra, bool *ret_on, double *ret_power)
{
    int code = sn_resource_enter(&motor->base, call, SN_READ);

    return code ? code : ops_of(motor)->is_powered(call, motor, extra, ret_on, ret_power);
}

int sn_motor_is_moving(struct sn_call *call, struct sn_motor *motor, bool *ret_moving)
{
    int code = sn_resource_enter(&motor->base, call, SN_READ);

    return code ? code : ops_of(motor)->is_moving(call, motor, ret_moving);
}

int sn_motor_check_rpm(struct sn_call *call, double rpm)
{
    if (rpm == 0)
        return sn_call_fail(call, SN_ERR_UNKNOWN, "Cannot move motor at an RPM that is nearly 0");
    return 0;
}

int sn_motor_check_revolutions(struct sn_call *call, double revolutions)
{
    if (revolutions == 0)
        return sn_call_fail(call, SN_ERR_UNKNOWN, "Cannot move motor for 0 revolutions");
    return 0;
}

/* ---- server ---- */

static int handle_set_power(struct sn_rpc *rpc, void *self, const void *request, void *response)
{
    const struct pb_motor_set_power_request *req = request;

    return sn_motor_set_power(&rpc->call, self, req->power_pct, req->extra);
}

static int handle_go_for(struct sn_rpc *rpc, void *self, const void *request, void *response)
{
    const struct pb_motor_go_for_request *req = request;

    return sn_motor_go_for(&rpc->call, self, req->rpm, req->revolutions, req->extra);
}

static int handle_go_to(struct sn_rpc *rpc, void *self, const void *request, void *response)
{
    const struct pb_motor_go_to_request *req = request;

    return sn_motor_go_to(&rpc->call, self, req->rpm, req->position_revolutions, req->extra);
}

static int handle_set_rpm(struct sn_rpc *rpc, void *self, const void *request, void *response)
{
    const struct pb_motor_set_rpm_request *req = request;

    return sn_motor_set_rpm(&rpc->call, self, req->rpm, req->extra);
}

static int handle_reset_zero_position(struct sn_rpc *rpc, void *self, const void *request,
                                      void *response)
{
    const struct pb_motor_reset_zero_position_request *req = request;

    return sn_motor_reset_zero_position(&rpc->call, self, req->offset, req->extra);
}

static int handle_get_position(struct sn_rpc *rpc, void *self, const void *request, void *response)
{
    const struct pb_motor_get_position_request *req = request;
    struct pb_motor_get_position_response *resp = response;

    return sn_motor_position(&rpc->call, self, req->extra, &resp->position);
}

static int handle_get_properties(struct sn_rpc *rpc, void *self, const void *request,
                                 void *response)
{
    const struct pb_motor_get_properties_request *req = request;
    struct pb_motor_get_properties_response *resp = response;

    return sn_motor_properties(&rpc->call, self, req->extra, &resp->position_reporting);
}

static int handle_stop(struct sn_rpc *rpc, void *self, const void *request, void *response)
{
    const struct pb_motor_stop_request *req = request;

    return sn_motor_stop(&rpc->call, self, req->extra);
}

static int handle_is_powered(struct sn_rpc *rpc, void *self, const void *request, void *response)
{
    const struct pb_motor_is_powered_request *req = request;
    struct pb_motor_is_powered_response *resp = response;

    return sn_motor_is_powered(&rpc->call, self, req->extra, &resp->is_on, &resp->power_pct);
}

static int handle_is_moving(struct sn_rpc *rpc, void *self, const void *request, void *response)
{
    struct pb_motor_is_moving_response *resp = response;

    return sn_motor_is_moving(&rpc->call, self, &resp->is_moving);
}

static int stop(struct sn_call *call, struct sn_resource *resource,
                const struct pb_google_struct *extra)
{
    return sn_motor_stop(call, (struct sn_motor *)resource, extra);
}

/* ---- proxy ---- */

static int proxy_set_power(struct sn_call *call, struct sn_motor *motor, double power,
                           const struct pb_google_struct *extra)
{
    struct pb_motor_set_power_request req = {
        .name = sn_proxy_name(&motor->base), .power_pct = power, .extra = sn_proxy_borrow(extra)};

    return sn_proxy_call(call, &motor->base, "SetPower", &req, NULL, NULL);
}

static int proxy_go_for(struct sn_call *call, struct sn_motor *motor, double rpm,
                        double revolutions, const struct pb_google_struct *extra)
{
    struct pb_motor_go_for_request req = {.name = sn_proxy_name(&motor->base),
                                          .rpm = rpm,
                                          .revolutions = revolutions,
                                          .extra = sn_proxy_borrow(extra)};

    return sn_proxy_call(call, &motor->base, "GoFor", &req, NULL, NULL);
}

static int proxy_go_to(struct sn_call *call, struct sn_motor *motor, double rpm, double position,
                       const struct pb_google_struct *extra)
{
    struct pb_motor_go_to_request req = {.name = sn_proxy_name(&motor->base),
                                         .rpm = rpm,
                                         .position_revolutions = position,
                                         .extra = sn_proxy_borrow(extra)};

    return sn_proxy_call(call, &motor->base, "GoTo", &req, NULL, NULL);
}

static int proxy_set_rpm(struct sn_call *call, struct sn_motor *motor, double rpm,
                         const struct pb_google_struct *extra)
{
    struct pb_motor_set_rpm_request req = {
        .name = sn_proxy_name(&motor->base), .rpm = rpm, .extra = sn_proxy_borrow(extra)};

    return sn_proxy_call(call, &motor->base, "SetRPM", &req, NULL, NULL);
}

static int proxy_reset_zero_position(struct sn_call *call, struct sn_motor *motor, double offset,
                                     const struct pb_google_struct *extra)
{
    struct pb_motor_reset_zero_position_request req = {
        .name = sn_proxy_name(&motor->base), .offset = offset, .extra = sn_proxy_borrow(extra)};

    return sn_proxy_call(call, &motor->base, "ResetZeroPosition", &req, NULL, NULL);
}

static int position_reply(struct sn_call *call, const void *response, void *arg)
{
    *(double *)arg = ((const struct pb_motor_get_position_response *)response)->position;
    return 0;
}

static int proxy_position(struct sn_call *call, struct sn_motor *motor,
                          const struct pb_google_struct *extra, double *ret_revolutions)
{
    struct pb_motor_get_position_request req = {.name = sn_proxy_name(&motor->base),
                                                .extra = sn_proxy_borrow(extra)};

    return sn_proxy_call(call, &motor->base, "GetPosition", &req, position_reply, ret_revolutions);
}

static int properties_reply(struct sn_call *call, const void *response, void *arg)
{
    *(bool *)arg = ((const struct pb_motor_get_properties_response *)response)->position_reporting;
    return 0;
}

static int proxy_properties(struct sn_call *call, struct sn_motor *motor,
                            const struct pb_google_struct *extra, bool *ret_position_reporting)
{
    struct pb_motor_get_properties_request req = {.name = sn_proxy_name(&motor->base),
                                                  .extra = sn_proxy_borrow(extra)};

    return sn_proxy_call(call, &motor->base, "GetProperties", &req, properties_reply,
                         ret_position_reporting);
}

static int proxy_stop(struct sn_call *call, struct sn_motor *motor,
                      const struct pb_google_struct *extra)
{
    struct pb_motor_stop_request req = {.name = sn_proxy_name(&motor->base),
                                        .extra = sn_proxy_borrow(extra)};

    return sn_proxy_call(call, &motor->base, "Stop", &req, NULL, NULL);
}

struct powered {
    bool *on;
    double *power;
};

static int is_powered_reply(struct sn_call *call, const void *response, void *arg)
{
    const struct pb_motor_is_powered_response *resp = response;
    const struct powered *powered = arg;

    *powered->on = resp->is_on;
    *powered->power = resp->power_pct;
    return 0;
}

static int proxy_is_powered(struct sn_call *call, struct sn_motor *motor,
                            const struct pb_google_struct *extra, bool *ret_on, double *ret_power)
{
    struct pb_motor_is_powered_request req = {.name = sn_proxy_name(&motor->base),
                                              .extra = sn_proxy_borrow(extra)};
    struct powered *powered = sn_arena_alloc(call->arena, sizeof(*powered));

    if (!powered)
        return SN_ERR_RESOURCE_EXHAUSTED;
    *powered = (struct powered){ret_on, ret_power};
    return sn_proxy_call(call, &motor->base, "IsPowered", &req, is_powered_reply, powered);
}

static int is_moving_reply(struct sn_call *call, const void *response, void *arg)
{
    *(bool *)arg = ((const struct pb_motor_is_moving_response *)response)->is_moving;
    return 0;
}

static int proxy_is_moving(struct sn_call *call, struct sn_motor *motor, bool *ret_moving)
{
    struct pb_motor_is_moving_request req = {.name = sn_proxy_name(&motor->base)};

    return sn_proxy_call(call, &motor->base, "IsMoving", &req, is_moving_reply, ret_moving);
}

static const struct sn_motor_ops proxy_ops = {
    .common = SN_PROXY_COMMON,
    .set_power = proxy_set_power,
    .go_for = proxy_go_for,
    .go_to = proxy_go_to,
    .set_rpm = proxy_set_rpm,
    .reset_zero_position = proxy_reset_zero_position,
    .position = proxy_position,
    .properties = proxy_properties,
    .stop = proxy_stop,
    .is_powered = proxy_is_powered,
    .is_moving = proxy_is_moving,
};

static const struct sn_handler handlers[] = {
    {"SetPower", handle_set_power, 0, {0}, NULL},
    {"GoFor", handle_go_for, 0, {0}, NULL},
    {"GoTo", handle_go_to, 0, {0}, NULL},
    {"SetRPM", handle_set_rpm, 0, {0}, NULL},
    {"ResetZeroPosition", handle_reset_zero_position, 0, {0}, NULL},
    {"GetPosition", handle_get_position, 0, {0}, NULL},
    {"GetProperties", handle_get_properties, 0, {0}, NULL},
    {"Stop", handle_stop, SN_HANDLER_RESERVED, {0}, NULL},
    {"IsPowered", handle_is_powered, 0, {0}, NULL},
    {"IsMoving", handle_is_moving, 0, {0}, NULL},
    SN_COMMON_HANDLERS,
};

const struct sn_api sn_api_motor = {
    .name = SN_API_MOTOR,
    .service = {SN_API_MOTOR, &pb_motor_motor_service, handlers},
    .size = sizeof(struct sn_motor),
    .proxy_ops = &proxy_ops,
    .stop = stop,
};
