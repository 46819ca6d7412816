/* SPDX-License-Identifier: Apache-2.0
 *
 * Audio-in API: wrappers, server glue, proxy.
 */
#include "sinew/api/audio_in.h"
#include "api/api.h"
#include "pb/common/v1/common.h"
#include "pb/component/audioin/v1/audioin.h"
#include "sinew/list.h"

static const struct sn_audio_in_ops *ops_of(const struct sn_audio_in *in)
{
    return in->base.ops;
}

int sn_audio_in_audio(struct sn_call *call, struct sn_audio_in *in,
                      const struct sn_audio_request *request, const struct sn_audio_sink *sink)
{
    int code = sn_resource_enter(&in->base, call, SN_READ);

    return code ? code : ops_of(in)->audio(call, in, request, sink);
}

int sn_audio_in_properties(struct sn_call *call, struct sn_audio_in *in,
                           const struct pb_google_struct *extra,
                           struct pb_common_get_properties_response *ret)
{
    int code = sn_resource_enter(&in->base, call, SN_READ);

    return code ? code : ops_of(in)->properties(call, in, extra, ret);
}

/* ---- server ---- */

/* A client that hears. */
struct hearing {
    struct sn_audio_sink sink;
    struct sn_audio_request request;
    struct sn_str request_id;
};

static int send_chunk(struct sn_call *call, const struct sn_audio_sink *sink,
                      const struct pb_audioin_audio_chunk *chunk)
{
    const struct hearing *hearing = sn_container_of(sink, struct hearing, sink);
    struct pb_audioin_get_audio_response resp = {
        .audio = SN_PROXY_BORROW(struct pb_audioin_audio_chunk, chunk),
        .request_id = hearing->request_id};

    return sn_rpc_send(sn_rpc_of(call), &resp);
}

static int handle_get_audio(struct sn_rpc *rpc, void *self, const void *request, void *response)
{
    const struct pb_audioin_get_audio_request *req = request;
    struct hearing *hearing = sn_arena_alloc(&rpc->arena, sizeof(*hearing));

    if (!hearing)
        return SN_ERR_RESOURCE_EXHAUSTED;
    *hearing = (struct hearing){
        {send_chunk},
        {req->duration_seconds, req->codec, req->previous_timestamp_nanoseconds, req->extra},
        req->request_id};
    return sn_audio_in_audio(&rpc->call, self, &hearing->request, &hearing->sink);
}

static int handle_get_properties(struct sn_rpc *rpc, void *self, const void *request,
                                 void *response)
{
    const struct pb_common_get_properties_request *req = request;

    return sn_audio_in_properties(&rpc->call, self, req->extra, response);
}

/* ---- proxy ---- */

static void each_chunk(struct sn_call *call, const void *response, void *arg)
{
    const struct pb_audioin_get_audio_response *resp = response;
    const struct sn_audio_sink *sink = arg;
    int code = resp->audio ? sink->chunk(call, sink, resp->audio) : 0;

    if (code)
        sn_call_cancel(call, code);
}

static int proxy_audio(struct sn_call *call, struct sn_audio_in *in,
                       const struct sn_audio_request *request, const struct sn_audio_sink *sink)
{
    struct pb_audioin_get_audio_request req = {.name = sn_proxy_name(&in->base),
                                               .duration_seconds = request->seconds,
                                               .codec = request->codec,
                                               .previous_timestamp_nanoseconds = request->after_ns,
                                               .extra = sn_proxy_borrow(request->extra)};

    return sn_proxy_stream(call, &in->base, "GetAudio", &req, each_chunk,
                           SN_PROXY_BORROW(void, sink));
}

static int properties_reply(struct sn_call *call, const void *response, void *arg)
{
    *(struct pb_common_get_properties_response *)arg =
        *(const struct pb_common_get_properties_response *)response;
    return 0;
}

static int proxy_properties(struct sn_call *call, struct sn_audio_in *in,
                            const struct pb_google_struct *extra,
                            struct pb_common_get_properties_response *ret)
{
    struct pb_common_get_properties_request req = {.name = sn_proxy_name(&in->base),
                                                   .extra = sn_proxy_borrow(extra)};

    return sn_proxy_call(call, &in->base, "GetProperties", &req, properties_reply, ret);
}

static const struct sn_audio_in_ops proxy_ops = {
    .common = SN_PROXY_COMMON,
    .audio = proxy_audio,
    .properties = proxy_properties,
};

static const struct sn_handler handlers[] = {
    {"GetAudio", handle_get_audio, 0, {0}, NULL},
    {"GetProperties", handle_get_properties, 0, {0}, NULL},
    SN_COMMON_HANDLERS,
};

const struct sn_api sn_api_audio_in = {
    .name = SN_API_AUDIO_IN,
    .service = {SN_API_AUDIO_IN, &pb_audioin_audio_in_service, handlers},
    .size = sizeof(struct sn_audio_in),
    .proxy_ops = &proxy_ops,
};
