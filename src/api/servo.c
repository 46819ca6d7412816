/* SPDX-License-Identifier: Apache-2.0
 *
 * Servo API: wrappers, server glue, proxy.
 */
#include "sinew/api/servo.h"
#include "api/api.h"
#include "pb/component/servo/v1/servo.h"

static const struct sn_servo_ops *ops_of(const struct sn_servo *servo)
{
    return servo->base.ops;
}

int sn_servo_move(struct sn_call *call, struct sn_servo *servo, uint32_t angle,
                  const struct pb_google_struct *extra)
{
    int code = sn_resource_enter(&servo->base, call, SN_ACTUATION);

    return code ? code : ops_of(servo)->move(call, servo, angle, extra);
}

int sn_servo_position(struct sn_call *call, struct sn_servo *servo,
                      const struct pb_google_struct *extra, uint32_t *ret_angle)
{
    int code = sn_resource_enter(&servo->base, call, SN_READ);

    return code ? code : ops_of(servo)->position(call, servo, extra, ret_angle);
}

int sn_servo_stop(struct sn_call *call, struct sn_servo *servo,
                  const struct pb_google_struct *extra)
{
    int code = sn_resource_enter(&servo->base, call, SN_STOP);

    return code ? code : ops_of(servo)->stop(call, servo, extra);
}

int sn_servo_is_moving(struct sn_call *call, struct sn_servo *servo, bool *ret_moving)
{
    int code = sn_resource_enter(&servo->base, call, SN_READ);

    return code ? code : ops_of(servo)->is_moving(call, servo, ret_moving);
}

/* ---- server ---- */

static int handle_move(struct sn_rpc *rpc, void *self, const void *request, void *response)
{
    const struct pb_servo_move_request *req = request;

    return sn_servo_move(&rpc->call, self, req->angle_deg, req->extra);
}

static int handle_get_position(struct sn_rpc *rpc, void *self, const void *request, void *response)
{
    const struct pb_servo_get_position_request *req = request;
    struct pb_servo_get_position_response *resp = response;

    return sn_servo_position(&rpc->call, self, req->extra, &resp->position_deg);
}

static int handle_stop(struct sn_rpc *rpc, void *self, const void *request, void *response)
{
    const struct pb_servo_stop_request *req = request;

    return sn_servo_stop(&rpc->call, self, req->extra);
}

static int handle_is_moving(struct sn_rpc *rpc, void *self, const void *request, void *response)
{
    struct pb_servo_is_moving_response *resp = response;

    return sn_servo_is_moving(&rpc->call, self, &resp->is_moving);
}

static int stop(struct sn_call *call, struct sn_resource *resource,
                const struct pb_google_struct *extra)
{
    return sn_servo_stop(call, (struct sn_servo *)resource, extra);
}

/* ---- proxy ---- */

static int proxy_move(struct sn_call *call, struct sn_servo *servo, uint32_t angle,
                      const struct pb_google_struct *extra)
{
    struct pb_servo_move_request req = {
        .name = sn_proxy_name(&servo->base), .angle_deg = angle, .extra = sn_proxy_borrow(extra)};

    return sn_proxy_call(call, &servo->base, "Move", &req, NULL, NULL);
}

static int position_reply(struct sn_call *call, const void *response, void *arg)
{
    *(uint32_t *)arg = ((const struct pb_servo_get_position_response *)response)->position_deg;
    return 0;
}

static int proxy_position(struct sn_call *call, struct sn_servo *servo,
                          const struct pb_google_struct *extra, uint32_t *ret_angle)
{
    struct pb_servo_get_position_request req = {.name = sn_proxy_name(&servo->base),
                                                .extra = sn_proxy_borrow(extra)};

    return sn_proxy_call(call, &servo->base, "GetPosition", &req, position_reply, ret_angle);
}

static int proxy_stop(struct sn_call *call, struct sn_servo *servo,
                      const struct pb_google_struct *extra)
{
    struct pb_servo_stop_request req = {.name = sn_proxy_name(&servo->base),
                                        .extra = sn_proxy_borrow(extra)};

    return sn_proxy_call(call, &servo->base, "Stop", &req, NULL, NULL);
}

static int is_moving_reply(struct sn_call *call, const void *response, void *arg)
{
    *(bool *)arg = ((const struct pb_servo_is_moving_response *)response)->is_moving;
    return 0;
}

static int proxy_is_moving(struct sn_call *call, struct sn_servo *servo, bool *ret_moving)
{
    struct pb_servo_is_moving_request req = {.name = sn_proxy_name(&servo->base)};

    return sn_proxy_call(call, &servo->base, "IsMoving", &req, is_moving_reply, ret_moving);
}

static const struct sn_servo_ops proxy_ops = {
    .common = SN_PROXY_COMMON,
    .move = proxy_move,
    .position = proxy_position,
    .stop = proxy_stop,
    .is_moving = proxy_is_moving,
};

static const struct sn_handler handlers[] = {
    {"Move", handle_move, 0, {0}, NULL},
    {"GetPosition", handle_get_position, 0, {0}, NULL},
    {"Stop", handle_stop, SN_HANDLER_RESERVED, {0}, NULL},
    {"IsMoving", handle_is_moving, 0, {0}, NULL},
    SN_COMMON_HANDLERS,
};

const struct sn_api sn_api_servo = {
    .name = SN_API_SERVO,
    .service = {SN_API_SERVO, &pb_servo_servo_service, handlers},
    .size = sizeof(struct sn_servo),
    .proxy_ops = &proxy_ops,
    .stop = stop,
};
