/* SPDX-License-Identifier: Apache-2.0
 *
 * Resources that are elsewhere, and the table of all APIs.
 */
#include "api/api.h"

#include <stdlib.h>

/* The API's base struct comes first, the proxy's part right behind it. */
static size_t part_offset(const char *api_name)
{
    const struct sn_api *api = sn_api_find(api_name);

    return api ? api->size : sizeof(struct sn_resource);
}

static struct sn_proxy *part_of(const struct sn_resource *resource)
{
    return (struct sn_proxy *)(void *)((char *)(uintptr_t)resource + part_offset(resource->api));
}

static int refuse_command(struct sn_call *call, struct sn_resource *resource,
                          const struct pb_google_struct *command,
                          struct pb_google_struct **ret_result)
{
    return sn_call_fail(call, SN_ERR_UNIMPLEMENTED,
                        "%s/%s takes commands from clients only: its API isn't known here",
                        resource->api, resource->name);
}

size_t sn_proxy_size(const char *api)
{
    return part_offset(api) + sizeof(struct sn_proxy);
}

const void *sn_proxy_ops(const char *api_name)
{
    static const struct sn_common_ops none = {.do_command = refuse_command};
    const struct sn_api *api = sn_api_find(api_name);

    return api ? api->proxy_ops : &none;
}

void sn_proxy_bind(struct sn_resource *resource, struct sn_channel *channel)
{
    resource->elsewhere = true;
    *part_of(resource) = (struct sn_proxy){.channel = channel, .remote_name = resource->name};
}

static void destroy(struct sn_resource *resource)
{
    free((char *)(uintptr_t)resource->name);
    free(resource);
}

struct sn_resource *sn_proxy_create(const struct sn_api *api, const char *name, struct sn_env *env,
                                    struct sn_channel *channel)
{
    struct sn_resource *resource = calloc(1, sn_proxy_size(api->name));
    char *copy = strdup(name);

    if (!resource || !copy) {
        free(resource);
        free(copy);
        return NULL;
    }
    *resource = (struct sn_resource){.ops = api->proxy_ops,
                                     .api = api->name,
                                     .name = copy,
                                     .env = env,
                                     .refs = 1,
                                     .destroy = destroy};
    sn_lane_init(&resource->lane);
    sn_proxy_bind(resource, channel);
    return resource;
}

const struct sn_proxy *sn_proxy_of(const struct sn_resource *resource)
{
    return part_of(resource);
}

struct sn_str sn_proxy_name(const struct sn_resource *resource)
{
    return sn_str_of(part_of(resource)->remote_name);
}

int sn_proxy_call(struct sn_call *call, struct sn_resource *resource, const char *method,
                  const void *request, sn_reply_fn reply, void *arg)
{
    const struct sn_api *api = sn_api_find(resource->api);

    return sn_client_unary(call, part_of(resource)->channel, api->service.pb, method, request,
                           reply, arg);
}

struct fill {
    void *to;
    size_t size;
};

static int fill_reply(struct sn_call *call, const void *response, void *arg)
{
    const struct fill *fill = arg;

    memcpy(fill->to, response, fill->size);
    return 0;
}

int sn_proxy_fill(struct sn_call *call, struct sn_resource *resource, const char *method,
                  const void *request, void *ret)
{
    const struct sn_pb_service *service = sn_api_find(resource->api)->service.pb;
    struct fill *fill = sn_arena_alloc(call->arena, sizeof(*fill));
    uint16_t i = 0;

    if (!fill)
        return SN_ERR_RESOURCE_EXHAUSTED;
    while (strcmp(service->methods[i].name, method) != 0)
        i++;
    *fill = (struct fill){ret, service->methods[i].response->size};
    return sn_proxy_call(call, resource, method, request, fill_reply, fill);
}

int sn_proxy_stream(struct sn_call *call, struct sn_resource *resource, const char *method,
                    const void *request, sn_each_fn each, void *arg)
{
    const struct sn_api *api = sn_api_find(resource->api);

    return sn_client_stream(call, part_of(resource)->channel, api->service.pb, method, request,
                            each, arg);
}

int sn_proxy_duplex(struct sn_call *call, struct sn_resource *resource, const char *method,
                    const void *request, struct sn_duplex *duplex, sn_reply_fn reply, void *arg)
{
    const struct sn_api *api = sn_api_find(resource->api);

    return sn_client_duplex(call, part_of(resource)->channel, api->service.pb, method, request,
                            duplex, reply, arg);
}

const struct sn_api *sn_api_find(const char *name)
{
    for (size_t i = 0; i < sn_api_count; i++)
        if (strcmp(sn_apis[i]->name, name) == 0)
            return sn_apis[i];
    return NULL;
}

#define SN_API(api) extern const struct sn_api sn_api_##api;
#include "api/table.def"
#undef SN_API

const struct sn_api *const sn_apis[] = {
#define SN_API(api) &sn_api_##api,
#include "api/table.def"
#undef SN_API
};
const size_t sn_api_count = sizeof(sn_apis) / sizeof(sn_apis[0]);
