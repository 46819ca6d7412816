/* SPDX-License-Identifier: Apache-2.0
 *
 * Concurrent calls per resource. Loop thread.
 */
#include "robot/limit.h"

/* Running calls that the same client has on the same key; only for the error's text. */
static uint32_t share_of_client(const struct sn_rpc *rpc, const uint32_t *key)
{
    struct sn_str client = sn_metadata_get(&rpc->metadata, SN_STR("viam_client"));
    struct sn_list *node, *rpcs = sn_server_rpcs(rpc->server);
    uint32_t count = 0;

    sn_list_for_each (node, rpcs) {
        const struct sn_rpc *other = sn_container_of(node, struct sn_rpc, link);

        count += other->limit == key &&
                 sn_str_eq(client, sn_metadata_get(&other->metadata, SN_STR("viam_client")));
    }
    return count;
}

static int refuse(const struct sn_limit *limit, struct sn_rpc *rpc, const uint32_t *key)
{
    const char *name = rpc->resource ? rpc->resource->name : "";

    return sn_call_fail(
        &rpc->call, SN_ERR_RESOURCE_EXHAUSTED,
        "exceeded request limit %u on resource %s%s%s (your client is responsible for %u). See "
        "https://docs.viam.com/dev/tools/common-errors/#req-limit-exceeded for troubleshooting "
        "steps",
        limit->max, name, *name ? "." : "", rpc->method->service->pb->name,
        share_of_client(rpc, key));
}

int sn_limit_enter(void *owner, struct sn_rpc *rpc)
{
    struct sn_limit *limit = owner;
    uint32_t *key = rpc->resource ? &rpc->resource->calls : &limit->others;

    if (rpc->method->pb->flags & (SN_PB_CLIENT_STREAMING | SN_PB_SERVER_STREAMING))
        return 0;
    if (*key >= limit->max && !(rpc->method->handler->flags & SN_HANDLER_RESERVED))
        return refuse(limit, rpc, key);
    ++*key;
    rpc->limit = key;
    return 0;
}

void sn_limit_leave(void *owner, struct sn_rpc *rpc, int code)
{
    if (rpc->limit)
        --*rpc->limit;
}
