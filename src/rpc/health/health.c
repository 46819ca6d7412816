/* SPDX-License-Identifier: Apache-2.0
 *
 * One state for the whole server; a service is asked about by name only to learn whether it is
 * there. Loop thread.
 */
#include "rpc/health/health.h"
#include "pb/grpc/health/v1/health.h"

#define STATUS(name) PB_GRPC_HEALTH_HEALTH_CHECK_RESPONSE_##name

struct watcher {
    struct sn_list link;
    struct sn_rpc *rpc;
    bool known; /* the service it watches is served */
};

static bool is_served(const struct sn_server *server, struct sn_str name)
{
    size_t count = sn_server_service_count(server);

    for (size_t i = 0; i < count; i++)
        if (sn_str_is(name, sn_server_service(server, i)->pb->name))
            return true;
    return name.len == 0;
}

static int32_t status_of(const struct sn_health *health, bool known)
{
    if (!known)
        return STATUS(SERVICE_UNKNOWN);
    return health->serving ? STATUS(SERVING) : STATUS(NOT_SERVING);
}

static int check(struct sn_rpc *rpc, void *self, const void *request, void *response)
{
    const struct pb_grpc_health_health_check_request *req = request;
    struct pb_grpc_health_health_check_response *resp = response;

    if (!is_served(rpc->server, req->service))
        return sn_call_fail(&rpc->call, SN_ERR_NOT_FOUND, "unknown service %.*s",
                            SN_STR_ARGS(req->service));
    resp->status = status_of(self, true);
    return 0;
}

static int tell(const struct sn_health *health, const struct watcher *watcher)
{
    struct pb_grpc_health_health_check_response resp = {.status =
                                                            status_of(health, watcher->known)};

    return sn_rpc_send(watcher->rpc, &resp);
}

static void leave(struct sn_call *call)
{
    struct watcher *watcher = call->holder;

    sn_list_remove(&watcher->link);
    sn_call_done(call, sn_call_cancelled(call));
}

static int watch(struct sn_rpc *rpc, void *self, const void *request, void *response)
{
    const struct pb_grpc_health_health_check_request *req = request;
    struct sn_health *health = self;
    struct watcher *watcher = sn_arena_zalloc(&rpc->arena, sizeof(*watcher));

    if (!watcher)
        return SN_ERR_RESOURCE_EXHAUSTED;
    watcher->rpc = rpc;
    watcher->known = is_served(rpc->server, req->service);
    int code = tell(health, watcher);
    if (code)
        return code;
    rpc->call.holder = watcher;
    rpc->call.on_cancel = leave;
    sn_list_append(&health->watchers, &watcher->link);
    return SN_PENDING;
}

static const struct sn_handler handlers[] = {
    {"Check", check, 0, {0}, NULL},
    {"Watch", watch, 0, {0}, NULL},
    {0},
};

static const struct sn_service service = {NULL, &pb_grpc_health_health, handlers};

int sn_health_add(struct sn_health *health, struct sn_server *server)
{
    health->serving = false;
    sn_list_init(&health->watchers);
    return sn_server_add(server, &service, health);
}

void sn_health_set(struct sn_health *health, bool serving)
{
    struct sn_list *node, *next;

    if (health->serving == serving)
        return;
    health->serving = serving;
    sn_list_for_each_safe (node, next, &health->watchers) {
        struct watcher *watcher = sn_container_of(node, struct watcher, link);
        int code = tell(health, watcher);

        if (!code)
            continue;
        sn_list_remove(&watcher->link);
        sn_call_done(&watcher->rpc->call, code);
    }
}
