/* SPDX-License-Identifier: Apache-2.0
 *
 * Video: gives out recorded video of a span of time, in pieces. Source: viam.service.video.v1.
 */
#ifndef SINEW_API_VIDEO_H
#define SINEW_API_VIDEO_H

#include "sinew/api/common.h"

#ifdef __cplusplus
extern "C" {
#endif

#define SN_API_VIDEO "rdk:service:video"

struct pb_service_video_get_video_request; /* "pb/service/video/v1/video.h" */
struct pb_service_video_get_video_response;

struct sn_video {
    struct sn_resource base;
};

/* Who gets the pieces. 0 goes on, SN_ERR_* is what the stream ends with. A piece is lent. */
struct sn_video_sink {
    int (*piece)(struct sn_call *call, const struct sn_video_sink *sink,
                 const struct pb_service_video_get_video_response *piece);
};

struct sn_video_ops {
    struct sn_common_ops common;

    /* Mandatory. A read. Gives `sink` (which the caller holds until the call ends) the video from
     * `start_timestamp` to `end_timestamp`, piece by piece in their order, then completes. Both
     * times may be absent, codec and container empty: the service chooses. The container and the
     * request's id come back with each piece. `request->name` is not looked at. */
    int (*video)(struct sn_call *call, struct sn_video *video,
                 const struct pb_service_video_get_video_request *request,
                 const struct sn_video_sink *sink);
};

int sn_video_video(struct sn_call *call, struct sn_video *video,
                   const struct pb_service_video_get_video_request *request,
                   const struct sn_video_sink *sink);

#ifdef __cplusplus
}
#endif

#endif
