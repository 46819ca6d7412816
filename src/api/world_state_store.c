/* SPDX-License-Identifier: Apache-2.0
 *
 * World state store API: wrappers, server glue, proxy.
 */
#include "sinew/api/world_state_store.h"
#include "api/api.h"
#include "pb/service/worldstatestore/v1/world_state_store.h"

static const struct sn_world_ops *ops_of(const struct sn_world *world)
{
    return world->base.ops;
}

int sn_world_uuids(struct sn_call *call, struct sn_world *world,
                   const struct pb_google_struct *extra,
                   struct pb_service_worldstatestore_list_uui_ds_response *ret)
{
    int code = sn_resource_enter(&world->base, call, SN_READ);

    return code ? code : ops_of(world)->uuids(call, world, extra, ret);
}

int sn_world_transform(struct sn_call *call, struct sn_world *world, struct sn_str uuid,
                       const struct pb_google_struct *extra,
                       struct pb_service_worldstatestore_get_transform_response *ret)
{
    int code = sn_resource_enter(&world->base, call, SN_READ);

    return code ? code : ops_of(world)->transform(call, world, uuid, extra, ret);
}

int sn_world_changes(struct sn_call *call, struct sn_world *world,
                     const struct pb_google_struct *extra, const struct sn_world_sink *sink)
{
    int code = sn_resource_enter(&world->base, call, SN_READ);

    return code ? code : ops_of(world)->changes(call, world, extra, sink);
}

/* ---- server ---- */

static int handle_list_uuids(struct sn_rpc *rpc, void *self, const void *request, void *response)
{
    const struct pb_service_worldstatestore_list_uui_ds_request *req = request;

    return sn_world_uuids(&rpc->call, self, req->extra, response);
}

static int handle_get_transform(struct sn_rpc *rpc, void *self, const void *request, void *response)
{
    const struct pb_service_worldstatestore_get_transform_request *req = request;

    return sn_world_transform(&rpc->call, self, req->uuid, req->extra, response);
}

/* The empty message: clients block until they know that they are registered. */
static int send_ready(struct sn_call *call, const struct sn_world_sink *sink)
{
    static const struct pb_service_worldstatestore_stream_transform_changes_response empty;

    return sn_rpc_send(sn_rpc_of(call), &empty);
}

static int
send_change(struct sn_call *call, const struct sn_world_sink *sink,
            const struct pb_service_worldstatestore_stream_transform_changes_response *change)
{
    return sn_rpc_send(sn_rpc_of(call), change);
}

static int handle_stream_changes(struct sn_rpc *rpc, void *self, const void *request,
                                 void *response)
{
    static const struct sn_world_sink to_client = {send_ready, send_change};
    const struct pb_service_worldstatestore_stream_transform_changes_request *req = request;

    return sn_world_changes(&rpc->call, self, req->extra, &to_client);
}

/* ---- proxy ---- */

static int uuids_reply(struct sn_call *call, const void *response, void *arg)
{
    *(struct pb_service_worldstatestore_list_uui_ds_response *)arg =
        *(const struct pb_service_worldstatestore_list_uui_ds_response *)response;
    return 0;
}

static int proxy_uuids(struct sn_call *call, struct sn_world *world,
                       const struct pb_google_struct *extra,
                       struct pb_service_worldstatestore_list_uui_ds_response *ret)
{
    struct pb_service_worldstatestore_list_uui_ds_request req = {
        .name = sn_proxy_name(&world->base), .extra = sn_proxy_borrow(extra)};

    return sn_proxy_call(call, &world->base, "ListUUIDs", &req, uuids_reply, ret);
}

static int transform_reply(struct sn_call *call, const void *response, void *arg)
{
    *(struct pb_service_worldstatestore_get_transform_response *)arg =
        *(const struct pb_service_worldstatestore_get_transform_response *)response;
    return 0;
}

static int proxy_transform(struct sn_call *call, struct sn_world *world, struct sn_str uuid,
                           const struct pb_google_struct *extra,
                           struct pb_service_worldstatestore_get_transform_response *ret)
{
    struct pb_service_worldstatestore_get_transform_request req = {
        .name = sn_proxy_name(&world->base), .uuid = uuid, .extra = sn_proxy_borrow(extra)};

    return sn_proxy_call(call, &world->base, "GetTransform", &req, transform_reply, ret);
}

struct listening {
    const struct sn_world_sink *sink;
    bool ready;
};

/* The first message says that the other end listens; it is empty, as a rule. */
static int
take_change(struct sn_call *call, struct listening *listening,
            const struct pb_service_worldstatestore_stream_transform_changes_response *change)
{
    const struct sn_world_sink *sink = listening->sink;
    bool was_ready = listening->ready;

    listening->ready = true;
    if (!was_ready && sink->ready) {
        int code = sink->ready(call, sink);
        if (code)
            return code;
    }
    return change->transform ? sink->change(call, sink, change) : 0;
}

static void each_change(struct sn_call *call, const void *response, void *arg)
{
    int code = take_change(call, arg, response);

    if (code)
        sn_call_cancel(call, code);
}

static int proxy_changes(struct sn_call *call, struct sn_world *world,
                         const struct pb_google_struct *extra, const struct sn_world_sink *sink)
{
    struct pb_service_worldstatestore_stream_transform_changes_request req = {
        .name = sn_proxy_name(&world->base), .extra = sn_proxy_borrow(extra)};
    struct listening *listening = sn_arena_zalloc(call->arena, sizeof(*listening));

    if (!listening)
        return SN_ERR_RESOURCE_EXHAUSTED;
    listening->sink = sink;
    return sn_proxy_stream(call, &world->base, "StreamTransformChanges", &req, each_change,
                           listening);
}

static const struct sn_world_ops proxy_ops = {
    .common = SN_PROXY_COMMON,
    .uuids = proxy_uuids,
    .transform = proxy_transform,
    .changes = proxy_changes,
};

static const struct sn_handler handlers[] = {
    {"ListUUIDs", handle_list_uuids, 0, {0}, NULL},
    {"GetTransform", handle_get_transform, 0, {0}, NULL},
    {"StreamTransformChanges", handle_stream_changes, 0, {0}, NULL},
    SN_COMMON_HANDLERS,
};

const struct sn_api sn_api_world_state_store = {
    .name = SN_API_WORLD_STATE_STORE,
    .service = {SN_API_WORLD_STATE_STORE, &pb_service_worldstatestore_world_state_store_service,
                handlers},
    .size = sizeof(struct sn_world),
    .proxy_ops = &proxy_ops,
};
