/* SPDX-License-Identifier: Apache-2.0
 *
 * Audio-out API: wrappers, server glue, proxy.
 */
#include "sinew/api/audio_out.h"
#include "api/api.h"
#include "pb/common/v1/common.h"
#include "pb/component/audioout/v1/audioout.h"

static const struct sn_audio_out_ops *ops_of(const struct sn_audio_out *out)
{
    return out->base.ops;
}

int sn_audio_out_play(struct sn_call *call, struct sn_audio_out *out, struct sn_str data,
                      const struct pb_common_audio_info *info, const struct pb_google_struct *extra)
{
    int code = sn_resource_enter(&out->base, call, SN_ACTUATION);

    return code ? code : ops_of(out)->play(call, out, data, info, extra);
}

int sn_audio_out_play_stream(struct sn_call *call, struct sn_audio_out *out,
                             const struct pb_common_audio_info *info,
                             const struct pb_google_struct *extra, struct sn_duplex *duplex)
{
    int code = sn_resource_enter(&out->base, call, SN_ACTUATION);

    return code ? code : ops_of(out)->play_stream(call, out, info, extra, duplex);
}

int sn_audio_out_properties(struct sn_call *call, struct sn_audio_out *out,
                            const struct pb_google_struct *extra,
                            struct pb_common_get_properties_response *ret)
{
    int code = sn_resource_enter(&out->base, call, SN_READ);

    return code ? code : ops_of(out)->properties(call, out, extra, ret);
}

/* ---- server ---- */

static int handle_play(struct sn_rpc *rpc, void *self, const void *request, void *response)
{
    const struct pb_audioout_play_request *req = request;

    return sn_audio_out_play(&rpc->call, self, req->audio_data, req->audio_info, req->extra);
}

/* The first request is the one with the name, or it would have been found nowhere. */
static int play_stream(struct sn_call *call, void *self, const void *request, void *response,
                       struct sn_duplex *duplex)
{
    const struct pb_audioout_play_stream_request *req = request;

    if (req->which_payload != PB_AUDIOOUT_PLAY_STREAM_REQUEST_PAYLOAD_INIT)
        return sn_call_fail(call, SN_ERR_UNKNOWN, "first PlayStreamRequest must be PlayStreamInit");
    return sn_audio_out_play_stream(call, self, req->init->audio_info, req->init->extra, duplex);
}

static int handle_play_stream(struct sn_rpc *rpc, void *self, const void *request, void *response)
{
    return sn_rpc_duplex(rpc, self, request, response, play_stream);
}

static int handle_get_properties(struct sn_rpc *rpc, void *self, const void *request,
                                 void *response)
{
    const struct pb_common_get_properties_request *req = request;

    return sn_audio_out_properties(&rpc->call, self, req->extra, response);
}

/* ---- proxy ---- */

static struct pb_common_audio_info *borrow_info(const struct pb_common_audio_info *info)
{
    return SN_PROXY_BORROW(struct pb_common_audio_info, info);
}

static int proxy_play(struct sn_call *call, struct sn_audio_out *out, struct sn_str data,
                      const struct pb_common_audio_info *info, const struct pb_google_struct *extra)
{
    struct pb_audioout_play_request req = {.name = sn_proxy_name(&out->base),
                                           .audio_data = data,
                                           .audio_info = borrow_info(info),
                                           .extra = sn_proxy_borrow(extra)};

    return sn_proxy_call(call, &out->base, "Play", &req, NULL, NULL);
}

static int proxy_play_stream(struct sn_call *call, struct sn_audio_out *out,
                             const struct pb_common_audio_info *info,
                             const struct pb_google_struct *extra, struct sn_duplex *duplex)
{
    struct pb_audioout_play_stream_init init = {.name = sn_proxy_name(&out->base),
                                                .audio_info = borrow_info(info),
                                                .extra = sn_proxy_borrow(extra)};
    struct pb_audioout_play_stream_request req = {
        .which_payload = PB_AUDIOOUT_PLAY_STREAM_REQUEST_PAYLOAD_INIT, .init = &init};

    return sn_proxy_duplex(call, &out->base, "PlayStream", &req, duplex, NULL, NULL);
}

static int properties_reply(struct sn_call *call, const void *response, void *arg)
{
    *(struct pb_common_get_properties_response *)arg =
        *(const struct pb_common_get_properties_response *)response;
    return 0;
}

static int proxy_properties(struct sn_call *call, struct sn_audio_out *out,
                            const struct pb_google_struct *extra,
                            struct pb_common_get_properties_response *ret)
{
    struct pb_common_get_properties_request req = {.name = sn_proxy_name(&out->base),
                                                   .extra = sn_proxy_borrow(extra)};

    return sn_proxy_call(call, &out->base, "GetProperties", &req, properties_reply, ret);
}

static const struct sn_audio_out_ops proxy_ops = {
    .common = SN_PROXY_COMMON,
    .play = proxy_play,
    .play_stream = proxy_play_stream,
    .properties = proxy_properties,
};

static const struct sn_handler handlers[] = {
    {"Play", handle_play, 0, {0}, NULL},
    {"PlayStream", handle_play_stream, 0, {1, 1}, NULL},
    {"GetProperties", handle_get_properties, 0, {0}, NULL},
    SN_COMMON_HANDLERS,
};

const struct sn_api sn_api_audio_out = {
    .name = SN_API_AUDIO_OUT,
    .service = {SN_API_AUDIO_OUT, &pb_audioout_audio_out_service, handlers},
    .size = sizeof(struct sn_audio_out),
    .proxy_ops = &proxy_ops,
};
