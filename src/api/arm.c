/* SPDX-License-Identifier: Apache-2.0
 *
 * Arm API: wrappers, server glue, proxy.
 */
#include "sinew/api/arm.h"
#include "api/api.h"
#include "pb/component/arm/v1/arm.h"
#include "sinew/time.h"

static const struct sn_arm_ops *ops_of(const struct sn_arm *arm)
{
    return arm->base.ops;
}

int sn_arm_end_position(struct sn_call *call, struct sn_arm *arm,
                        const struct pb_google_struct *extra, struct pb_common_pose *ret_pose)
{
    int code = sn_resource_enter(&arm->base, call, SN_READ);

    return code ? code : ops_of(arm)->end_position(call, arm, extra, ret_pose);
}

int sn_arm_move_to_position(struct sn_call *call, struct sn_arm *arm,
                            const struct pb_common_pose *pose, const struct pb_google_struct *extra)
{
    if (!pose)
        return sn_call_fail(call, SN_ERR_UNKNOWN, "pose cannot be nil");
    int code = sn_resource_enter(&arm->base, call, SN_ACTUATION);
    return code ? code : ops_of(arm)->move_to_position(call, arm, pose, extra);
}

int sn_arm_joint_positions(struct sn_call *call, struct sn_arm *arm,
                           const struct pb_google_struct *extra,
                           struct pb_arm_joint_positions *ret_positions)
{
    int code = sn_resource_enter(&arm->base, call, SN_READ);

    return code ? code : ops_of(arm)->joint_positions(call, arm, extra, ret_positions);
}

int sn_arm_move_to_joint_positions(struct sn_call *call, struct sn_arm *arm,
                                   const struct pb_arm_joint_positions *positions,
                                   const struct pb_google_struct *extra)
{
    if (!positions)
        return sn_call_fail(call, SN_ERR_UNKNOWN, "jointPositions cannot be nil");
    int code = sn_resource_enter(&arm->base, call, SN_ACTUATION);
    return code ? code : ops_of(arm)->move_to_joint_positions(call, arm, positions, extra);
}

int sn_arm_move_through_joint_positions(struct sn_call *call, struct sn_arm *arm,
                                        const struct pb_arm_joint_positions *positions,
                                        size_t count, const struct pb_arm_move_options *options,
                                        const struct pb_google_struct *extra)
{
    int code = sn_resource_enter(&arm->base, call, SN_ACTUATION);

    return code ? code
                : ops_of(arm)->move_through_joint_positions(call, arm, positions, count, options,
                                                            extra);
}

/* Text as of a method that nobody serves. */
static int not_implemented(struct sn_call *call, const char *method)
{
    return sn_call_fail(call, SN_ERR_UNIMPLEMENTED, "method %s not implemented", method);
}

int sn_arm_move_through_streamed(struct sn_call *call, struct sn_arm *arm,
                                 const struct pb_google_struct *extra, struct sn_duplex *duplex)
{
    if (!ops_of(arm)->move_through_streamed)
        return not_implemented(call, "MoveThroughJointPositionsStreamed");
    int code = sn_resource_enter(&arm->base, call, SN_ACTUATION);
    return code ? code : ops_of(arm)->move_through_streamed(call, arm, extra, duplex);
}

int sn_arm_stop(struct sn_call *call, struct sn_arm *arm, const struct pb_google_struct *extra)
{
    int code = sn_resource_enter(&arm->base, call, SN_STOP);

    return code ? code : ops_of(arm)->stop(call, arm, extra);
}

int sn_arm_is_moving(struct sn_call *call, struct sn_arm *arm, bool *ret_moving)
{
    int code = sn_resource_enter(&arm->base, call, SN_READ);

    return code ? code : ops_of(arm)->is_moving(call, arm, ret_moving);
}

int sn_arm_models_3d(struct sn_call *call, struct sn_arm *arm, const struct pb_google_struct *extra,
                     struct pb_common_get3_d_models_response *ret_models)
{
    int code = sn_resource_enter(&arm->base, call, SN_READ);

    if (code || !ops_of(arm)->models_3d)
        return code;
    return ops_of(arm)->models_3d(call, arm, extra, ret_models);
}

int sn_arm_set_manual_mode(struct sn_call *call, struct sn_arm *arm, bool on, int32_t seconds,
                           const struct pb_google_struct *extra)
{
    if (!ops_of(arm)->set_manual_mode)
        return not_implemented(call, "SetManualMode");
    int code = sn_resource_enter(&arm->base, call, SN_ACTUATION);
    return code ? code : ops_of(arm)->set_manual_mode(call, arm, on, seconds, extra);
}

int sn_arm_manual_mode(struct sn_call *call, struct sn_arm *arm,
                       const struct pb_google_struct *extra, bool *ret_on)
{
    int code = sn_resource_enter(&arm->base, call, SN_READ);

    if (code)
        return code;
    if (!ops_of(arm)->manual_mode)
        return not_implemented(call, "GetManualMode");
    return ops_of(arm)->manual_mode(call, arm, extra, ret_on);
}

int sn_arm_properties(struct sn_call *call, struct sn_arm *arm,
                      const struct pb_google_struct *extra,
                      struct pb_arm_get_properties_response *ret_properties)
{
    int code = sn_resource_enter(&arm->base, call, SN_READ);

    if (code)
        return code;
    if (!ops_of(arm)->properties)
        return not_implemented(call, "GetProperties");
    return ops_of(arm)->properties(call, arm, extra, ret_properties);
}

/* ---- trajectories ---- */

static int check_constraints(struct sn_call *call, const struct pb_arm_trajectory_point *point,
                             bool is_first)
{
    const struct pb_arm_joint_velocities *velocities = point->constraints->velocities;
    const struct pb_arm_joint_accelerations *accelerations = point->constraints->accelerations;
    uint32_t count = velocities ? velocities->values.n : 0;

    if (count != point->positions->values.n)
        return sn_call_fail(call, SN_ERR_INVALID_ARGUMENT,
                            "trajectory point must carry one velocity per position when "
                            "constraints are present");
    for (uint32_t i = 0; is_first && i < count; i++)
        if (velocities->values.v[i] != 0)
            return sn_call_fail(call, SN_ERR_INVALID_ARGUMENT,
                                "first trajectory point must start from rest (all velocities "
                                "zero)");
    if (accelerations && accelerations->values.n != count)
        return sn_call_fail(call, SN_ERR_INVALID_ARGUMENT,
                            "trajectory point must carry one acceleration per velocity when "
                            "accelerations are present");
    return 0;
}

static int check_point(struct sn_call *call, struct sn_arm_trajectory *trajectory,
                       const struct pb_arm_trajectory_point *point)
{
    int64_t ns = point->time ? sn_pb_duration_ns(point->time) : 0;
    bool is_first = !trajectory->begun;

    if (is_first && ns != 0)
        return sn_call_fail(call, SN_ERR_INVALID_ARGUMENT,
                            "first trajectory point must have time zero");
    if (!is_first && ns <= trajectory->last_ns)
        return sn_call_fail(call, SN_ERR_INVALID_ARGUMENT,
                            "trajectory point times must strictly increase");
    if (!point->positions || point->positions->values.n == 0)
        return sn_call_fail(call, SN_ERR_INVALID_ARGUMENT,
                            "trajectory point must carry at least one position");
    trajectory->begun = true;
    trajectory->last_ns = ns;
    return point->constraints ? check_constraints(call, point, is_first) : 0;
}

int sn_arm_take_batch(struct sn_call *call, struct sn_arm_trajectory *trajectory,
                      const struct pb_arm_move_through_joint_positions_streamed_request *request)
{
    int code = 0;

    if (request->which_message == PB_ARM_MOVE_THROUGH_JOINT_POSITIONS_STREAMED_REQUEST_MESSAGE_INIT)
        return sn_call_fail(call, SN_ERR_INVALID_ARGUMENT,
                            "init may only appear as the first message");
    if (!request->batch)
        return sn_call_fail(call, SN_ERR_INVALID_ARGUMENT, "expected a trajectory batch");
    for (uint32_t i = 0; i < request->batch->points.n && !code; i++)
        code = check_point(call, trajectory, &request->batch->points.v[i]);
    return code;
}

/* ---- server ---- */

static int handle_get_end_position(struct sn_rpc *rpc, void *self, const void *request,
                                   void *response)
{
    const struct pb_arm_get_end_position_request *req = request;
    struct pb_arm_get_end_position_response *resp = response;

    resp->pose = sn_arena_zalloc(rpc->call.arena, sizeof(*resp->pose));
    if (!resp->pose)
        return SN_ERR_RESOURCE_EXHAUSTED;
    return sn_arm_end_position(&rpc->call, self, req->extra, resp->pose);
}

static int handle_move_to_position(struct sn_rpc *rpc, void *self, const void *request,
                                   void *response)
{
    const struct pb_arm_move_to_position_request *req = request;

    return sn_arm_move_to_position(&rpc->call, self, req->to, req->extra);
}

static int handle_get_joint_positions(struct sn_rpc *rpc, void *self, const void *request,
                                      void *response)
{
    const struct pb_arm_get_joint_positions_request *req = request;
    struct pb_arm_get_joint_positions_response *resp = response;

    resp->positions = sn_arena_zalloc(rpc->call.arena, sizeof(*resp->positions));
    if (!resp->positions)
        return SN_ERR_RESOURCE_EXHAUSTED;
    return sn_arm_joint_positions(&rpc->call, self, req->extra, resp->positions);
}

static int handle_move_to_joint_positions(struct sn_rpc *rpc, void *self, const void *request,
                                          void *response)
{
    const struct pb_arm_move_to_joint_positions_request *req = request;

    return sn_arm_move_to_joint_positions(&rpc->call, self, req->positions, req->extra);
}

static int handle_move_through_joint_positions(struct sn_rpc *rpc, void *self, const void *request,
                                               void *response)
{
    const struct pb_arm_move_through_joint_positions_request *req = request;

    return sn_arm_move_through_joint_positions(&rpc->call, self, req->positions.v, req->positions.n,
                                               req->options, req->extra);
}

static int move_through_streamed(struct sn_call *call, void *self, const void *request,
                                 void *response, struct sn_duplex *duplex)
{
    const struct pb_arm_move_through_joint_positions_streamed_request *req = request;

    if (req->which_message != PB_ARM_MOVE_THROUGH_JOINT_POSITIONS_STREAMED_REQUEST_MESSAGE_INIT)
        return sn_call_fail(call, SN_ERR_INVALID_ARGUMENT, "first message must be init");
    return sn_arm_move_through_streamed(call, self, req->init->extra, duplex);
}

static int handle_move_through_streamed(struct sn_rpc *rpc, void *self, const void *request,
                                        void *response)
{
    return sn_rpc_duplex(rpc, self, request, response, move_through_streamed);
}

static int handle_set_manual_mode(struct sn_rpc *rpc, void *self, const void *request,
                                  void *response)
{
    const struct pb_arm_set_manual_mode_request *req = request;

    return sn_arm_set_manual_mode(&rpc->call, self, req->manual_mode, req->enabled_for, req->extra);
}

static int handle_get_manual_mode(struct sn_rpc *rpc, void *self, const void *request,
                                  void *response)
{
    const struct pb_arm_get_manual_mode_request *req = request;
    struct pb_arm_get_manual_mode_response *resp = response;

    return sn_arm_manual_mode(&rpc->call, self, req->extra, &resp->manual_mode);
}

static int handle_get_properties(struct sn_rpc *rpc, void *self, const void *request,
                                 void *response)
{
    const struct pb_arm_get_properties_request *req = request;

    return sn_arm_properties(&rpc->call, self, req->extra, response);
}

static int handle_stop(struct sn_rpc *rpc, void *self, const void *request, void *response)
{
    const struct pb_arm_stop_request *req = request;

    return sn_arm_stop(&rpc->call, self, req->extra);
}

static int handle_is_moving(struct sn_rpc *rpc, void *self, const void *request, void *response)
{
    struct pb_arm_is_moving_response *resp = response;

    return sn_arm_is_moving(&rpc->call, self, &resp->is_moving);
}

static int handle_get_3d_models(struct sn_rpc *rpc, void *self, const void *request, void *response)
{
    const struct pb_common_get3_d_models_request *req = request;

    return sn_arm_models_3d(&rpc->call, self, req->extra, response);
}

static int stop(struct sn_call *call, struct sn_resource *resource,
                const struct pb_google_struct *extra)
{
    return sn_arm_stop(call, (struct sn_arm *)resource, extra);
}

static int inputs(struct sn_call *call, struct sn_resource *resource,
                  struct pb_arm_joint_positions *ret_inputs)
{
    return sn_arm_joint_positions(call, (struct sn_arm *)resource, NULL, ret_inputs);
}

/* ---- proxy ---- */

static int end_position_reply(struct sn_call *call, const void *response, void *arg)
{
    const struct pb_arm_get_end_position_response *resp = response;

    if (resp->pose)
        *(struct pb_common_pose *)arg = *resp->pose;
    return 0;
}

static int proxy_end_position(struct sn_call *call, struct sn_arm *arm,
                              const struct pb_google_struct *extra, struct pb_common_pose *ret_pose)
{
    struct pb_arm_get_end_position_request req = {.name = sn_proxy_name(&arm->base),
                                                  .extra = sn_proxy_borrow(extra)};

    return sn_proxy_call(call, &arm->base, "GetEndPosition", &req, end_position_reply, ret_pose);
}

static int proxy_move_to_position(struct sn_call *call, struct sn_arm *arm,
                                  const struct pb_common_pose *pose,
                                  const struct pb_google_struct *extra)
{
    struct pb_arm_move_to_position_request req = {.name = sn_proxy_name(&arm->base),
                                                  .to =
                                                      SN_PROXY_BORROW(struct pb_common_pose, pose),
                                                  .extra = sn_proxy_borrow(extra)};

    return sn_proxy_call(call, &arm->base, "MoveToPosition", &req, NULL, NULL);
}

static int joint_positions_reply(struct sn_call *call, const void *response, void *arg)
{
    const struct pb_arm_get_joint_positions_response *resp = response;

    if (resp->positions)
        *(struct pb_arm_joint_positions *)arg = *resp->positions;
    return 0;
}

static int proxy_joint_positions(struct sn_call *call, struct sn_arm *arm,
                                 const struct pb_google_struct *extra,
                                 struct pb_arm_joint_positions *ret_positions)
{
    struct pb_arm_get_joint_positions_request req = {.name = sn_proxy_name(&arm->base),
                                                     .extra = sn_proxy_borrow(extra)};

    return sn_proxy_call(call, &arm->base, "GetJointPositions", &req, joint_positions_reply,
                         ret_positions);
}

static int proxy_move_to_joint_positions(struct sn_call *call, struct sn_arm *arm,
                                         const struct pb_arm_joint_positions *positions,
                                         const struct pb_google_struct *extra)
{
    struct pb_arm_move_to_joint_positions_request req = {
        .name = sn_proxy_name(&arm->base),
        .positions = SN_PROXY_BORROW(struct pb_arm_joint_positions, positions),
        .extra = sn_proxy_borrow(extra)};

    return sn_proxy_call(call, &arm->base, "MoveToJointPositions", &req, NULL, NULL);
}

static int proxy_move_through_joint_positions(struct sn_call *call, struct sn_arm *arm,
                                              const struct pb_arm_joint_positions *positions,
                                              size_t count,
                                              const struct pb_arm_move_options *options,
                                              const struct pb_google_struct *extra)
{
    struct pb_arm_move_through_joint_positions_request req = {
        .name = sn_proxy_name(&arm->base),
        .positions = {SN_PROXY_BORROW(struct pb_arm_joint_positions, positions), (uint32_t)count,
                      (uint32_t)count},
        .options = SN_PROXY_BORROW(struct pb_arm_move_options, options),
        .extra = sn_proxy_borrow(extra)};

    return sn_proxy_call(call, &arm->base, "MoveThroughJointPositions", &req, NULL, NULL);
}

static int proxy_stop(struct sn_call *call, struct sn_arm *arm,
                      const struct pb_google_struct *extra)
{
    struct pb_arm_stop_request req = {.name = sn_proxy_name(&arm->base),
                                      .extra = sn_proxy_borrow(extra)};

    return sn_proxy_call(call, &arm->base, "Stop", &req, NULL, NULL);
}

static int is_moving_reply(struct sn_call *call, const void *response, void *arg)
{
    *(bool *)arg = ((const struct pb_arm_is_moving_response *)response)->is_moving;
    return 0;
}

static int proxy_is_moving(struct sn_call *call, struct sn_arm *arm, bool *ret_moving)
{
    struct pb_arm_is_moving_request req = {.name = sn_proxy_name(&arm->base)};

    return sn_proxy_call(call, &arm->base, "IsMoving", &req, is_moving_reply, ret_moving);
}

static int models_3d_reply(struct sn_call *call, const void *response, void *arg)
{
    *(struct pb_common_get3_d_models_response *)arg =
        *(const struct pb_common_get3_d_models_response *)response;
    return 0;
}

static int proxy_models_3d(struct sn_call *call, struct sn_arm *arm,
                           const struct pb_google_struct *extra,
                           struct pb_common_get3_d_models_response *ret_models)
{
    struct pb_common_get3_d_models_request req = {.name = sn_proxy_name(&arm->base),
                                                  .extra = sn_proxy_borrow(extra)};

    return sn_proxy_call(call, &arm->base, "Get3DModels", &req, models_3d_reply, ret_models);
}

static int proxy_move_through_streamed(struct sn_call *call, struct sn_arm *arm,
                                       const struct pb_google_struct *extra,
                                       struct sn_duplex *duplex)
{
    struct pb_arm_move_through_joint_positions_streamed_request_init init = {
        .extra = sn_proxy_borrow(extra)};
    struct pb_arm_move_through_joint_positions_streamed_request req = {
        .name = sn_proxy_name(&arm->base),
        .which_message = PB_ARM_MOVE_THROUGH_JOINT_POSITIONS_STREAMED_REQUEST_MESSAGE_INIT,
        .init = &init};

    return sn_proxy_duplex(call, &arm->base, "MoveThroughJointPositionsStreamed", &req, duplex,
                           NULL, NULL);
}

static int proxy_set_manual_mode(struct sn_call *call, struct sn_arm *arm, bool on, int32_t seconds,
                                 const struct pb_google_struct *extra)
{
    struct pb_arm_set_manual_mode_request req = {.name = sn_proxy_name(&arm->base),
                                                 .manual_mode = on,
                                                 .enabled_for = seconds,
                                                 .extra = sn_proxy_borrow(extra)};

    return sn_proxy_call(call, &arm->base, "SetManualMode", &req, NULL, NULL);
}

static int manual_mode_reply(struct sn_call *call, const void *response, void *arg)
{
    *(bool *)arg = ((const struct pb_arm_get_manual_mode_response *)response)->manual_mode;
    return 0;
}

static int proxy_manual_mode(struct sn_call *call, struct sn_arm *arm,
                             const struct pb_google_struct *extra, bool *ret_on)
{
    struct pb_arm_get_manual_mode_request req = {.name = sn_proxy_name(&arm->base),
                                                 .extra = sn_proxy_borrow(extra)};

    return sn_proxy_call(call, &arm->base, "GetManualMode", &req, manual_mode_reply, ret_on);
}

static int properties_reply(struct sn_call *call, const void *response, void *arg)
{
    *(struct pb_arm_get_properties_response *)arg =
        *(const struct pb_arm_get_properties_response *)response;
    return 0;
}

static int proxy_properties(struct sn_call *call, struct sn_arm *arm,
                            const struct pb_google_struct *extra,
                            struct pb_arm_get_properties_response *ret_properties)
{
    struct pb_arm_get_properties_request req = {.name = sn_proxy_name(&arm->base),
                                                .extra = sn_proxy_borrow(extra)};

    return sn_proxy_call(call, &arm->base, "GetProperties", &req, properties_reply, ret_properties);
}

static const struct sn_arm_ops proxy_ops = {
    .common = SN_PROXY_COMMON_KINEMATICS,
    .end_position = proxy_end_position,
    .move_to_position = proxy_move_to_position,
    .joint_positions = proxy_joint_positions,
    .move_to_joint_positions = proxy_move_to_joint_positions,
    .move_through_joint_positions = proxy_move_through_joint_positions,
    .move_through_streamed = proxy_move_through_streamed,
    .stop = proxy_stop,
    .is_moving = proxy_is_moving,
    .models_3d = proxy_models_3d,
    .set_manual_mode = proxy_set_manual_mode,
    .manual_mode = proxy_manual_mode,
    .properties = proxy_properties,
};

static const struct sn_handler handlers[] = {
    {"GetEndPosition", handle_get_end_position, 0, {0}, NULL},
    {"MoveToPosition", handle_move_to_position, 0, {0}, NULL},
    {"GetJointPositions", handle_get_joint_positions, 0, {0}, NULL},
    {"MoveToJointPositions", handle_move_to_joint_positions, 0, {0}, NULL},
    {"MoveThroughJointPositions", handle_move_through_joint_positions, 0, {0}, NULL},
    {"MoveThroughJointPositionsStreamed", handle_move_through_streamed, 0, {0}, NULL},
    {"Stop", handle_stop, SN_HANDLER_RESERVED, {0}, NULL},
    {"IsMoving", handle_is_moving, 0, {0}, NULL},
    SN_KINEMATICS_HANDLER,
    SN_GEOMETRIES_HANDLER,
    {"Get3DModels", handle_get_3d_models, 0, {0}, NULL},
    {"SetManualMode", handle_set_manual_mode, 0, {0}, NULL},
    {"GetManualMode", handle_get_manual_mode, 0, {0}, NULL},
    {"GetProperties", handle_get_properties, 0, {0}, NULL},
    SN_COMMON_HANDLERS,
};

const struct sn_api sn_api_arm = {
    .name = SN_API_ARM,
    .service = {SN_API_ARM, &pb_arm_arm_service, handlers},
    .size = sizeof(struct sn_arm),
    .proxy_ops = &proxy_ops,
    .stop = stop,
    .kinematics = true,
    .geometries = true,
    .inputs = inputs,
};
