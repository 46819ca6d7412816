/* SPDX-License-Identifier: Apache-2.0
 *
 * RobotService.StopAll: ends what clients have running and stops every resource that can move, all
 * at once. Loop thread.
 */
#include "pb/robot/v1/robot.h"
#include "robot/robot_private.h"
#include "robot/stop.h"

struct stop_all {
    struct sn_call *call;
    size_t pending; /* and 1 while they are being started */
    int code;
};

static void release(struct stop_all *all)
{
    if (--all->pending == 0)
        sn_call_done(all->call, all->code);
}

/* The first failure is the answer's; the others are stopped all the same. */
static void ended(struct sn_stop *stop, int code)
{
    struct stop_all *all = stop->owner;

    if (code && !all->code)
        all->code =
            sn_call_fail(all->call, SN_ERR_UNKNOWN, "failed to stop component named %s: %.*s",
                         stop->resource->name, SN_STR_ARGS(sn_call_text(&stop->call, code)));
    release(all);
}

static bool names(const struct pb_common_resource_name *name, const struct sn_node *node)
{
    struct sn_triplet parts = sn_api_parts(node->api);

    return name && sn_str_eq(name->namespace_, parts.space) &&
           sn_str_eq(name->type, parts.family) && sn_str_eq(name->subtype, parts.name) &&
           sn_str_is(name->name, node->name);
}

static const struct pb_google_struct *extra_of(const struct pb_robot_stop_all_request *req,
                                               const struct sn_node *node)
{
    for (uint32_t i = 0; i < req->extra.n; i++)
        if (names(req->extra.v[i].name, node))
            return req->extra.v[i].params;
    return NULL;
}

static void cancel_others(struct sn_rpc *self)
{
    struct sn_list *rpcs = sn_server_rpcs(self->server), *node = rpcs->next;

    while (node != rpcs) {
        struct sn_rpc *rpc = sn_container_of(node, struct sn_rpc, link);

        if (!rpc->resource || sn_call_cancelled(&rpc->call)) {
            node = node->next;
            continue;
        }
        sn_call_cancel(&rpc->call, SN_ERR_CANCELLED);
        node = rpcs->next; /* ending one may end others */
    }
}

int sn_robot_stop_all(struct sn_rpc *rpc, void *self, const void *request, void *response)
{
    struct sn_robot *robot = self;
    struct stop_all *all = sn_arena_zalloc(&rpc->arena, sizeof(*all));

    if (!all)
        return SN_ERR_RESOURCE_EXHAUSTED;
    *all = (struct stop_all){.call = &rpc->call, .pending = 1};
    cancel_others(rpc);
    for (size_t i = 0; i < robot->graph.count; i++) {
        const struct sn_node *node = robot->graph.nodes[i];

        if (node->state != SN_NODE_READY || !sn_stop_applies(node->api))
            continue;
        all->pending++;
        if (sn_stop_begin(node->resource, extra_of(request, node), &rpc->call, ended, all)) {
            all->pending--;
            all->code = SN_ERR_RESOURCE_EXHAUSTED;
        }
    }
    release(all);
    return SN_PENDING;
}
