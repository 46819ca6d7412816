/* SPDX-License-Identifier: Apache-2.0
 *
 * Pose-tracker API: wrapper, server glue, proxy.
 */
#include "sinew/api/pose_tracker.h"
#include "api/api.h"
#include "pb/component/posetracker/v1/pose_tracker.h"

static const struct sn_pose_tracker_ops *ops_of(const struct sn_pose_tracker *tracker)
{
    return tracker->base.ops;
}

int sn_pose_tracker_poses(struct sn_call *call, struct sn_pose_tracker *tracker,
                          const struct sn_str *bodies, size_t count,
                          const struct pb_google_struct *extra,
                          struct pb_posetracker_get_poses_response *ret)
{
    int code = sn_resource_enter(&tracker->base, call, SN_READ);

    return code ? code : ops_of(tracker)->poses(call, tracker, bodies, count, extra, ret);
}

static int handle_get_poses(struct sn_rpc *rpc, void *self, const void *request, void *response)
{
    const struct pb_posetracker_get_poses_request *req = request;

    return sn_pose_tracker_poses(&rpc->call, self, req->body_names.v, req->body_names.n, req->extra,
                                 response);
}

static int poses_reply(struct sn_call *call, const void *response, void *arg)
{
    *(struct pb_posetracker_get_poses_response *)arg =
        *(const struct pb_posetracker_get_poses_response *)response;
    return 0;
}

static int proxy_poses(struct sn_call *call, struct sn_pose_tracker *tracker,
                       const struct sn_str *bodies, size_t count,
                       const struct pb_google_struct *extra,
                       struct pb_posetracker_get_poses_response *ret)
{
    struct pb_posetracker_get_poses_request req = {
        .name = sn_proxy_name(&tracker->base),
        .body_names = {SN_PROXY_BORROW(struct sn_str, bodies), (uint32_t)count, (uint32_t)count},
        .extra = sn_proxy_borrow(extra)};

    return sn_proxy_call(call, &tracker->base, "GetPoses", &req, poses_reply, ret);
}

static const struct sn_pose_tracker_ops proxy_ops = {
    .common = SN_PROXY_COMMON,
    .poses = proxy_poses,
};

static const struct sn_handler handlers[] = {
    {"GetPoses", handle_get_poses, 0, {0}, NULL},
    SN_COMMON_HANDLERS,
};

const struct sn_api sn_api_pose_tracker = {
    .name = SN_API_POSE_TRACKER,
    .service = {SN_API_POSE_TRACKER, &pb_posetracker_pose_tracker_service, handlers},
    .size = sizeof(struct sn_pose_tracker),
    .proxy_ops = &proxy_ops,
};
