/* SPDX-License-Identifier: Apache-2.0
 *
 * Encoder API: wrappers, server glue, proxy.
 */
#include "sinew/api/encoder.h"
#include "api/api.h"
#include "pb/component/encoder/v1/encoder.h"

static const struct sn_encoder_ops *ops_of(const struct sn_encoder *encoder)
{
    return encoder->base.ops;
}

int sn_encoder_position(struct sn_call *call, struct sn_encoder *encoder, enum sn_encoder_unit unit,
                        const struct pb_google_struct *extra,
                        struct sn_encoder_position *ret_position)
{
    int code = sn_resource_enter(&encoder->base, call, SN_READ);

    return code ? code : ops_of(encoder)->position(call, encoder, unit, extra, ret_position);
}

int sn_encoder_reset_position(struct sn_call *call, struct sn_encoder *encoder,
                              const struct pb_google_struct *extra)
{
    int code = sn_resource_enter(&encoder->base, call, SN_READ);

    return code ? code : ops_of(encoder)->reset_position(call, encoder, extra);
}

int sn_encoder_properties(struct sn_call *call, struct sn_encoder *encoder,
                          const struct pb_google_struct *extra, bool *ret_ticks, bool *ret_degrees)
{
    int code = sn_resource_enter(&encoder->base, call, SN_READ);

    return code ? code : ops_of(encoder)->properties(call, encoder, extra, ret_ticks, ret_degrees);
}

int sn_encoder_refuse(struct sn_call *call, enum sn_encoder_unit unit)
{
    return sn_call_fail(call, SN_ERR_UNKNOWN,
                        "encoder does not support \"%s\"; use a different PositionType",
                        unit == SN_ENCODER_DEGREES ? "degrees" : "ticks");
}

/* ---- server ---- */

/* GetPosition: the wire's value is a float, an encoder's is more exact, so the encoder is asked by
 * a call of its own. */
struct question {
    struct sn_call call; /* first */
    struct sn_rpc *rpc;
    struct sn_encoder *encoder;
    struct sn_encoder_position position;
    struct pb_encoder_get_position_response *response;
};

static int ask_position(struct sn_call *call)
{
    struct question *q = (struct question *)call;
    const struct pb_encoder_get_position_request *req = q->rpc->request;

    return sn_encoder_position(call, q->encoder, (enum sn_encoder_unit)req->position_type,
                               req->extra, &q->position);
}

static void position_asked(struct sn_call *call, int code)
{
    struct question *q = (struct question *)call;

    q->response->value = (float)q->position.value;
    q->response->position_type = (int32_t)q->position.unit;
    if (code)
        sn_call_fail(&q->rpc->call, code, "%.*s", SN_STR_ARGS(sn_call_text(call, code)));
    sn_call_done(&q->rpc->call, code);
}

static int handle_get_position(struct sn_rpc *rpc, void *self, const void *request, void *response)
{
    struct question *q = sn_arena_zalloc(rpc->call.arena, sizeof(*q));

    if (!q)
        return SN_ERR_RESOURCE_EXHAUSTED;
    q->rpc = rpc;
    q->encoder = self;
    q->response = response;
    sn_call_init(&q->call, rpc->call.env, rpc->call.arena, &rpc->call);
    q->call.start = ask_position;
    q->call.end = position_asked;
    sn_call_start(&q->call);
    return SN_PENDING;
}

static int handle_reset_position(struct sn_rpc *rpc, void *self, const void *request,
                                 void *response)
{
    const struct pb_encoder_reset_position_request *req = request;

    return sn_encoder_reset_position(&rpc->call, self, req->extra);
}

static int handle_get_properties(struct sn_rpc *rpc, void *self, const void *request,
                                 void *response)
{
    const struct pb_encoder_get_properties_request *req = request;
    struct pb_encoder_get_properties_response *resp = response;

    return sn_encoder_properties(&rpc->call, self, req->extra, &resp->ticks_count_supported,
                                 &resp->angle_degrees_supported);
}

/* ---- proxy ---- */

static int position_reply(struct sn_call *call, const void *response, void *arg)
{
    const struct pb_encoder_get_position_response *resp = response;

    *(struct sn_encoder_position *)arg = (struct sn_encoder_position){
        .value = (double)resp->value, .unit = (enum sn_encoder_unit)resp->position_type};
    return 0;
}

static int proxy_position(struct sn_call *call, struct sn_encoder *encoder,
                          enum sn_encoder_unit unit, const struct pb_google_struct *extra,
                          struct sn_encoder_position *ret_position)
{
    struct pb_encoder_get_position_request req = {.name = sn_proxy_name(&encoder->base),
                                                  .position_type = (int32_t)unit,
                                                  .has_position_type = true,
                                                  .extra = sn_proxy_borrow(extra)};

    return sn_proxy_call(call, &encoder->base, "GetPosition", &req, position_reply, ret_position);
}

static int proxy_reset_position(struct sn_call *call, struct sn_encoder *encoder,
                                const struct pb_google_struct *extra)
{
    struct pb_encoder_reset_position_request req = {.name = sn_proxy_name(&encoder->base),
                                                    .extra = sn_proxy_borrow(extra)};

    return sn_proxy_call(call, &encoder->base, "ResetPosition", &req, NULL, NULL);
}

struct properties {
    bool *ticks, *degrees;
};

static int properties_reply(struct sn_call *call, const void *response, void *arg)
{
    const struct pb_encoder_get_properties_response *resp = response;
    const struct properties *to = arg;

    *to->ticks = resp->ticks_count_supported;
    *to->degrees = resp->angle_degrees_supported;
    return 0;
}

static int proxy_properties(struct sn_call *call, struct sn_encoder *encoder,
                            const struct pb_google_struct *extra, bool *ret_ticks,
                            bool *ret_degrees)
{
    struct pb_encoder_get_properties_request req = {.name = sn_proxy_name(&encoder->base),
                                                    .extra = sn_proxy_borrow(extra)};
    struct properties *to = sn_arena_alloc(call->arena, sizeof(*to));

    if (!to)
        return SN_ERR_RESOURCE_EXHAUSTED;
    *to = (struct properties){ret_ticks, ret_degrees};
    return sn_proxy_call(call, &encoder->base, "GetProperties", &req, properties_reply, to);
}

static const struct sn_encoder_ops proxy_ops = {
    .common = SN_PROXY_COMMON,
    .position = proxy_position,
    .reset_position = proxy_reset_position,
    .properties = proxy_properties,
};

static const struct sn_handler handlers[] = {
    {"GetPosition", handle_get_position, 0, {0}, NULL},
    {"ResetPosition", handle_reset_position, 0, {0}, "no encoder (%s) found"},
    {"GetProperties", handle_get_properties, 0, {0}, "no encoder (%s) found"},
    SN_COMMON_HANDLERS,
};

const struct sn_api sn_api_encoder = {
    .name = SN_API_ENCODER,
    .service = {SN_API_ENCODER, &pb_encoder_encoder_service, handlers},
    .size = sizeof(struct sn_encoder),
    .proxy_ops = &proxy_ops,
};
