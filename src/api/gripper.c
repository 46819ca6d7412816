/* SPDX-License-Identifier: Apache-2.0
 *
 * Gripper API: wrappers, server glue, proxy.
 */
#include "sinew/api/gripper.h"
#include "api/api.h"
#include "pb/component/arm/v1/arm.h"
#include "pb/component/gripper/v1/gripper.h"

static const struct sn_gripper_ops *ops_of(const struct sn_gripper *gripper)
{
    return gripper->base.ops;
}

int sn_gripper_open(struct sn_call *call, struct sn_gripper *gripper,
                    const struct pb_google_struct *extra)
{
    int code = sn_resource_enter(&gripper->base, call, SN_ACTUATION);

    return code ? code : ops_of(gripper)->open(call, gripper, extra);
}

int sn_gripper_grab(struct sn_call *call, struct sn_gripper *gripper,
                    const struct pb_google_struct *extra, bool *ret_grabbed)
{
    int code = sn_resource_enter(&gripper->base, call, SN_ACTUATION);

    return code ? code : ops_of(gripper)->grab(call, gripper, extra, ret_grabbed);
}

int sn_gripper_stop(struct sn_call *call, struct sn_gripper *gripper,
                    const struct pb_google_struct *extra)
{
    int code = sn_resource_enter(&gripper->base, call, SN_STOP);

    return code ? code : ops_of(gripper)->stop(call, gripper, extra);
}

int sn_gripper_is_moving(struct sn_call *call, struct sn_gripper *gripper, bool *ret_moving)
{
    int code = sn_resource_enter(&gripper->base, call, SN_READ);

    return code ? code : ops_of(gripper)->is_moving(call, gripper, ret_moving);
}

int sn_gripper_is_holding(struct sn_call *call, struct sn_gripper *gripper,
                          const struct pb_google_struct *extra, bool *ret_holding,
                          struct pb_google_struct **ret_meta)
{
    int code = sn_resource_enter(&gripper->base, call, SN_READ);

    return code ? code : ops_of(gripper)->is_holding(call, gripper, extra, ret_holding, ret_meta);
}

int sn_gripper_inputs(struct sn_call *call, struct sn_gripper *gripper,
                      const struct pb_google_struct *extra,
                      struct pb_arm_joint_positions *ret_inputs)
{
    int code = sn_resource_enter(&gripper->base, call, SN_READ);

    return code ? code : ops_of(gripper)->inputs(call, gripper, extra, ret_inputs);
}

int sn_gripper_go_to_inputs(struct sn_call *call, struct sn_gripper *gripper, const double *inputs,
                            size_t count, const struct pb_google_struct *extra)
{
    int code = sn_resource_enter(&gripper->base, call, SN_ACTUATION);

    return code ? code : ops_of(gripper)->go_to_inputs(call, gripper, inputs, count, extra);
}

/* ---- server ---- */

static int handle_open(struct sn_rpc *rpc, void *self, const void *request, void *response)
{
    const struct pb_gripper_open_request *req = request;

    return sn_gripper_open(&rpc->call, self, req->extra);
}

static int handle_grab(struct sn_rpc *rpc, void *self, const void *request, void *response)
{
    const struct pb_gripper_grab_request *req = request;
    struct pb_gripper_grab_response *resp = response;

    return sn_gripper_grab(&rpc->call, self, req->extra, &resp->success);
}

static int handle_stop(struct sn_rpc *rpc, void *self, const void *request, void *response)
{
    const struct pb_gripper_stop_request *req = request;

    return sn_gripper_stop(&rpc->call, self, req->extra);
}

static int handle_is_moving(struct sn_rpc *rpc, void *self, const void *request, void *response)
{
    struct pb_gripper_is_moving_response *resp = response;

    return sn_gripper_is_moving(&rpc->call, self, &resp->is_moving);
}

static int handle_is_holding(struct sn_rpc *rpc, void *self, const void *request, void *response)
{
    const struct pb_gripper_is_holding_something_request *req = request;
    struct pb_gripper_is_holding_something_response *resp = response;

    return sn_gripper_is_holding(&rpc->call, self, req->extra, &resp->is_holding_something,
                                 &resp->meta);
}

/* Values in field 1, as of joint positions. */
_Static_assert(sizeof(struct pb_gripper_get_current_inputs_response) ==
                   sizeof(struct pb_arm_joint_positions),
               "inputs are joint positions");

static int handle_get_current_inputs(struct sn_rpc *rpc, void *self, const void *request,
                                     void *response)
{
    const struct pb_gripper_get_current_inputs_request *req = request;

    return sn_gripper_inputs(&rpc->call, self, req->extra, response);
}

static int handle_go_to_inputs(struct sn_rpc *rpc, void *self, const void *request, void *response)
{
    const struct pb_gripper_go_to_inputs_request *req = request;

    return sn_gripper_go_to_inputs(&rpc->call, self, req->values.v, req->values.n, req->extra);
}

static int stop(struct sn_call *call, struct sn_resource *resource,
                const struct pb_google_struct *extra)
{
    return sn_gripper_stop(call, (struct sn_gripper *)resource, extra);
}

static int inputs(struct sn_call *call, struct sn_resource *resource,
                  struct pb_arm_joint_positions *ret_inputs)
{
    return sn_gripper_inputs(call, (struct sn_gripper *)resource, NULL, ret_inputs);
}

/* ---- proxy ---- */

static int proxy_open(struct sn_call *call, struct sn_gripper *gripper,
                      const struct pb_google_struct *extra)
{
    struct pb_gripper_open_request req = {.name = sn_proxy_name(&gripper->base),
                                          .extra = sn_proxy_borrow(extra)};

    return sn_proxy_call(call, &gripper->base, "Open", &req, NULL, NULL);
}

static int grab_reply(struct sn_call *call, const void *response, void *arg)
{
    *(bool *)arg = ((const struct pb_gripper_grab_response *)response)->success;
    return 0;
}

static int proxy_grab(struct sn_call *call, struct sn_gripper *gripper,
                      const struct pb_google_struct *extra, bool *ret_grabbed)
{
    struct pb_gripper_grab_request req = {.name = sn_proxy_name(&gripper->base),
                                          .extra = sn_proxy_borrow(extra)};

    return sn_proxy_call(call, &gripper->base, "Grab", &req, grab_reply, ret_grabbed);
}

static int proxy_stop(struct sn_call *call, struct sn_gripper *gripper,
                      const struct pb_google_struct *extra)
{
    struct pb_gripper_stop_request req = {.name = sn_proxy_name(&gripper->base),
                                          .extra = sn_proxy_borrow(extra)};

    return sn_proxy_call(call, &gripper->base, "Stop", &req, NULL, NULL);
}

static int is_moving_reply(struct sn_call *call, const void *response, void *arg)
{
    *(bool *)arg = ((const struct pb_gripper_is_moving_response *)response)->is_moving;
    return 0;
}

static int proxy_is_moving(struct sn_call *call, struct sn_gripper *gripper, bool *ret_moving)
{
    struct pb_gripper_is_moving_request req = {.name = sn_proxy_name(&gripper->base)};

    return sn_proxy_call(call, &gripper->base, "IsMoving", &req, is_moving_reply, ret_moving);
}

struct holding {
    bool *holding;
    struct pb_google_struct **meta;
};

static int is_holding_reply(struct sn_call *call, const void *response, void *arg)
{
    const struct pb_gripper_is_holding_something_response *resp = response;
    const struct holding *to = arg;

    *to->holding = resp->is_holding_something;
    *to->meta = resp->meta ? resp->meta : sn_arena_zalloc(call->arena, sizeof(**to->meta));
    return *to->meta ? 0 : SN_ERR_RESOURCE_EXHAUSTED;
}

static int proxy_is_holding(struct sn_call *call, struct sn_gripper *gripper,
                            const struct pb_google_struct *extra, bool *ret_holding,
                            struct pb_google_struct **ret_meta)
{
    struct pb_gripper_is_holding_something_request req = {.name = sn_proxy_name(&gripper->base),
                                                          .extra = sn_proxy_borrow(extra)};
    struct holding *to = sn_arena_alloc(call->arena, sizeof(*to));

    if (!to)
        return SN_ERR_RESOURCE_EXHAUSTED;
    *to = (struct holding){ret_holding, ret_meta};
    return sn_proxy_call(call, &gripper->base, "IsHoldingSomething", &req, is_holding_reply, to);
}

static int inputs_reply(struct sn_call *call, const void *response, void *arg)
{
    *(struct pb_arm_joint_positions *)arg = *(const struct pb_arm_joint_positions *)response;
    return 0;
}

static int proxy_inputs(struct sn_call *call, struct sn_gripper *gripper,
                        const struct pb_google_struct *extra,
                        struct pb_arm_joint_positions *ret_inputs)
{
    struct pb_gripper_get_current_inputs_request req = {.name = sn_proxy_name(&gripper->base),
                                                        .extra = sn_proxy_borrow(extra)};

    return sn_proxy_call(call, &gripper->base, "GetCurrentInputs", &req, inputs_reply, ret_inputs);
}

static int proxy_go_to_inputs(struct sn_call *call, struct sn_gripper *gripper,
                              const double *inputs, size_t count,
                              const struct pb_google_struct *extra)
{
    struct pb_gripper_go_to_inputs_request req = {
        .name = sn_proxy_name(&gripper->base),
        .values = {SN_PROXY_BORROW(double, inputs), (uint32_t)count, (uint32_t)count},
        .extra = sn_proxy_borrow(extra)};

    return sn_proxy_call(call, &gripper->base, "GoToInputs", &req, NULL, NULL);
}

static const struct sn_gripper_ops proxy_ops = {
    .common = SN_PROXY_COMMON_KINEMATICS,
    .open = proxy_open,
    .grab = proxy_grab,
    .stop = proxy_stop,
    .is_moving = proxy_is_moving,
    .is_holding = proxy_is_holding,
    .inputs = proxy_inputs,
    .go_to_inputs = proxy_go_to_inputs,
};

static const struct sn_handler handlers[] = {
    {"Open", handle_open, 0, {0}, NULL},
    {"Grab", handle_grab, 0, {0}, NULL},
    {"Stop", handle_stop, SN_HANDLER_RESERVED, {0}, NULL},
    {"IsMoving", handle_is_moving, 0, {0}, NULL},
    {"IsHoldingSomething", handle_is_holding, 0, {0}, NULL},
    {"GetCurrentInputs", handle_get_current_inputs, 0, {0}, NULL},
    {"GoToInputs", handle_go_to_inputs, 0, {0}, NULL},
    SN_KINEMATICS_HANDLER,
    SN_GEOMETRIES_HANDLER,
    SN_COMMON_HANDLERS,
};

const struct sn_api sn_api_gripper = {
    .name = SN_API_GRIPPER,
    .service = {SN_API_GRIPPER, &pb_gripper_gripper_service, handlers},
    .size = sizeof(struct sn_gripper),
    .proxy_ops = &proxy_ops,
    .stop = stop,
    .kinematics = true,
    .geometries = true,
    .inputs = inputs,
    .raw_inputs = true,
};
