/* SPDX-License-Identifier: Apache-2.0
 *
 * Video API: wrappers, server glue, proxy.
 */
#include "sinew/api/video.h"
#include "api/api.h"
#include "pb/service/video/v1/video.h"

static const struct sn_video_ops *ops_of(const struct sn_video *video)
{
    return video->base.ops;
}

int sn_video_video(struct sn_call *call, struct sn_video *video,
                   const struct pb_service_video_get_video_request *request,
                   const struct sn_video_sink *sink)
{
    int code = sn_resource_enter(&video->base, call, SN_READ);

    return code ? code : ops_of(video)->video(call, video, request, sink);
}

/* ---- server ---- */

static int send_piece(struct sn_call *call, const struct sn_video_sink *sink,
                      const struct pb_service_video_get_video_response *piece)
{
    return sn_rpc_send(sn_rpc_of(call), piece);
}

static int handle_get_video(struct sn_rpc *rpc, void *self, const void *request, void *response)
{
    static const struct sn_video_sink to_client = {send_piece};

    return sn_video_video(&rpc->call, self, request, &to_client);
}

/* ---- proxy ---- */

static void each_piece(struct sn_call *call, const void *response, void *arg)
{
    const struct sn_video_sink *sink = arg;
    int code = sink->piece(call, sink, response);

    if (code)
        sn_call_cancel(call, code);
}

static int proxy_video(struct sn_call *call, struct sn_video *video,
                       const struct pb_service_video_get_video_request *request,
                       const struct sn_video_sink *sink)
{
    struct pb_service_video_get_video_request req = *request;

    req.name = sn_proxy_name(&video->base);
    return sn_proxy_stream(call, &video->base, "GetVideo", &req, each_piece,
                           SN_PROXY_BORROW(void, sink));
}

static const struct sn_video_ops proxy_ops = {
    .common = SN_PROXY_COMMON,
    .video = proxy_video,
};

static const struct sn_handler handlers[] = {
    {"GetVideo", handle_get_video, 0, {0}, NULL},
    SN_COMMON_HANDLERS,
};

const struct sn_api sn_api_video = {
    .name = SN_API_VIDEO,
    .service = {SN_API_VIDEO, &pb_service_video_video_service, handlers},
    .size = sizeof(struct sn_video),
    .proxy_ops = &proxy_ops,
};
