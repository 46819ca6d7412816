/* SPDX-License-Identifier: Apache-2.0
 *
 * A call's answer has all our candidates in it, so nothing has to be trickled to the caller, and
 * the stream ends with it: clients wait for that end. What the caller trickles comes by CallUpdate.
 */
#include "rpc/signaling/server.h"

#include "base/log.h"
#include "pb/proto/rpc/webrtc/v1/signaling.h"

enum { HOSTS_MAX = 5 };

/* ---- whom a caller asks for ---- */

static int check_host(struct sn_rpc *rpc, const struct sn_signaling *signaling, struct sn_str host)
{
    if (!host.len)
        return sn_call_fail(&rpc->call, SN_ERR_UNKNOWN, "expected non-empty rpc-host");
    if (!signaling->serves(signaling->owner, host))
        return sn_call_fail(&rpc->call, SN_ERR_INVALID_ARGUMENT, "host not preconfigured");
    return 0;
}

/* At least one host, `max` at most, all of them this machine's names. */
static int check_hosts(struct sn_rpc *rpc, const struct sn_signaling *signaling, unsigned max)
{
    const struct sn_metadata *metadata = &rpc->metadata;
    unsigned count = 0;
    int code = 0;

    for (uint32_t i = 0; i < metadata->count; i++)
        count += sn_str_is(metadata->v[i].key, "rpc-host");
    if (!count)
        return sn_call_fail(&rpc->call, SN_ERR_UNKNOWN, "expected rpc-host to be set in metadata");
    if (count > HOSTS_MAX)
        return sn_call_fail(&rpc->call, SN_ERR_UNKNOWN, "too many rpc-host");
    if (count > max)
        return sn_call_fail(&rpc->call, SN_ERR_UNKNOWN, "expected 1 rpc-host");
    for (uint32_t i = 0; i < metadata->count && !code; i++)
        if (sn_str_is(metadata->v[i].key, "rpc-host"))
            code = check_host(rpc, signaling, metadata->v[i].value);
    return code;
}

/* ---- methods ---- */

static int call(struct sn_rpc *rpc, void *self, const void *request, void *response)
{
    const struct pb_proto_rpc_webrtc_call_request *req = request;
    const struct sn_signaling *signaling = self;
    struct pb_proto_rpc_webrtc_call_response_init_stage init = {0};
    struct pb_proto_rpc_webrtc_call_response resp = {
        .which_stage = PB_PROTO_RPC_WEBRTC_CALL_RESPONSE_STAGE_INIT, .init = &init};
    struct sn_offer *offer;
    struct sn_error error;
    int code = check_hosts(rpc, signaling, 1);

    if (code)
        return code;
    if (sn_offers_answer(signaling->offers, req->sdp, &rpc->arena, &offer, &init.sdp, &error))
        return sn_call_fail(&rpc->call, SN_ERR_UNKNOWN, "error from answerer: %s", error.text);
    resp.uuid = sn_str_of(sn_offer_uuid(offer));
    code = sn_rpc_send(rpc, &resp);
    if (code)
        sn_offer_withdraw(offer);
    return code;
}

/* A candidate that can't be read is the caller's loss alone; others may be good. */
static int call_update(struct sn_rpc *rpc, void *self, const void *request, void *response)
{
    const struct pb_proto_rpc_webrtc_call_update_request *req = request;
    const struct sn_signaling *signaling = self;
    struct sn_error error;
    int code = check_hosts(rpc, signaling, 1);

    if (code)
        return code;
    struct sn_offer *offer = sn_offers_find(signaling->offers, req->uuid);
    if (!offer)
        return sn_call_fail(&rpc->call, SN_ERR_UNKNOWN, "no active offer for \"%.*s\"",
                            SN_STR_ARGS(req->uuid));
    switch (req->which_update) {
    case PB_PROTO_RPC_WEBRTC_CALL_UPDATE_REQUEST_UPDATE_CANDIDATE:
        if (sn_offer_candidate(offer, req->candidate->candidate, &error))
            sn_log_debug(sn_logger_get("rdk.networking"), "from a caller: %s", error.text);
        return 0;
    case PB_PROTO_RPC_WEBRTC_CALL_UPDATE_REQUEST_UPDATE_DONE:
        return 0; /* more candidates may overtake it */
    case PB_PROTO_RPC_WEBRTC_CALL_UPDATE_REQUEST_UPDATE_ERROR:
        sn_offer_withdraw(offer);
        return 0;
    default:
        return sn_call_fail(&rpc->call, SN_ERR_UNKNOWN, "unknown update stage <nil>");
    }
}

/* No servers are needed to find a machine that is reached already. */
static int config(struct sn_rpc *rpc, void *self, const void *request, void *response)
{
    struct pb_proto_rpc_webrtc_optional_web_rtc_config_response *resp = response;
    int code = check_hosts(rpc, self, HOSTS_MAX);

    if (code)
        return code;
    resp->config = sn_arena_zalloc(&rpc->arena, sizeof(*resp->config));
    return resp->config ? 0 : SN_ERR_RESOURCE_EXHAUSTED;
}

static const struct sn_handler handlers[] = {
    {"Call", call, 0, {0}, NULL},
    {"CallUpdate", call_update, 0, {0}, NULL},
    {"OptionalWebRTCConfig", config, 0, {0}, NULL},
    {0},
};

static const struct sn_service service = {NULL, &pb_proto_rpc_webrtc_signaling_service, handlers};

int sn_signaling_add(struct sn_signaling *signaling, struct sn_server *server)
{
    return sn_server_add(server, &service, signaling);
}
