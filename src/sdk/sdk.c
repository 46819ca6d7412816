/* SPDX-License-Identifier: Apache-2.0
 *
 * A module as a whole: made, closed, and what clients' calls are routed to. Loop thread.
 */
#include "rpc/reflection/reflection.h"
#include "sdk/private.h"

#include <stdio.h>
#include <stdlib.h>

static int find(struct sn_router *router, struct sn_rpc *rpc, const char *api, struct sn_str name,
                struct sn_resource **ret_resource)
{
    struct sn_sdk *sdk = sn_container_of(router, struct sn_sdk, router);
    struct sdk_hosted *hosted = sdk_hosted_find(sdk, api, name);

    if (!hosted || !hosted->ready)
        return sn_call_fail(&rpc->call, SN_ERR_NOT_FOUND, "resource \"%s/%.*s\" not found", api,
                            SN_STR_ARGS(name));
    *ret_resource = sn_resource_ref(sdk_resource_of(hosted));
    return 0;
}

const struct sn_api *sdk_api_find(const struct sn_sdk *sdk, const char *name)
{
    for (size_t i = 0; i < sdk->custom_count; i++)
        if (strcmp(sdk->customs[i]->api.name, name) == 0)
            return &sdk->customs[i]->api;
    return sn_api_find(name);
}

/* A mistake in the module's tables: its author sees it at the first start. */
static void SN_PRINTF(1, 2) die(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    abort();
}

static int add_customs(struct sn_sdk *sdk)
{
    const struct sn_custom_api *const *definitions = sdk->options.module->apis;
    size_t count = 0;

    while (definitions && definitions[count])
        count++;
    sdk->customs = sn_arena_zalloc(&sdk->arena, count * sizeof(struct sdk_custom *));
    if (!sdk->customs)
        return SN_ERR_RESOURCE_EXHAUSTED;
    for (size_t i = 0; i < count; i++) {
        struct sn_error error;

        if (sdk_api_find(sdk, definitions[i]->api))
            die("there are two APIs %s", definitions[i]->api);
        if (sdk_custom_create(definitions[i], &sdk->arena, &sdk->customs[i], &error))
            die("%s", error.text);
        sdk->custom_count++;
    }
    return 0;
}

static int serve_api(struct sn_sdk *sdk, const struct sn_api *api)
{
    int code = sn_server_add(sdk->server, &api->service, NULL);

    for (size_t i = 0; i < sdk->custom_count && !code; i++)
        if (&sdk->customs[i]->api == api)
            code = sn_server_describe(sdk->server, &sdk->customs[i]->schema);
    return code;
}

/* The APIs that drivers here have, each once: the registry is sorted by them. */
static int add_apis(struct sn_sdk *sdk)
{
    const char *last = "";
    int code = 0;

    for (size_t i = 0; i < sdk->registry.count && !code; i++) {
        const struct sn_driver *driver = sdk->registry.drivers[i];
        const struct sn_api *api = sdk_api_find(sdk, driver->api);

        if (strcmp(driver->api, last) == 0)
            continue;
        last = driver->api;
        if (!api)
            die("driver %s: there is no API %s", driver->model, driver->api);
        code = serve_api(sdk, api);
    }
    return code;
}

static int add_services(struct sn_sdk *sdk)
{
    int code = add_customs(sdk);

    if (!code)
        code = sn_server_add(sdk->server, &sdk_service, sdk);
    if (!code)
        code = sn_health_add(&sdk->health, sdk->server);
    if (!code)
        code = sn_reflection_add(sdk->server);
    return code ? code : add_apis(sdk);
}

struct sn_sdk *sn_sdk_create(const struct sn_sdk_options *options)
{
    struct sn_sdk *sdk = calloc(1, sizeof(*sdk));
    size_t count = 0;

    if (!sdk)
        return NULL;
    sdk->options = *options;
    sdk->router.find = find;
    sdk->log = sn_logger_get(*options->name ? options->name : "module");
    sn_list_init(&sdk->hosted);
    sn_list_init(&sdk->changing);
    sn_arena_init(&sdk->arena, options->env->blocks, SDK_CUSTOM_MEMORY_MAX);
    sdk_logs_init(&sdk->logs, options->env, options->wake, options->owner);
    while (options->module->drivers[count])
        count++;
    sn_registry_add(&sdk->registry, options->module->drivers, count);
    struct sn_server_config config = {
        .env = options->env, .router = &sdk->router, .unary_timeout_ns = SN_SECONDS(600)};
    sdk->server = sn_server_create(&config);
    if (sdk->server && add_services(sdk) == 0) {
        sn_health_set(&sdk->health, true);
        return sdk;
    }
    sn_sdk_destroy(sdk);
    return NULL;
}

struct sn_server *sn_sdk_server(struct sn_sdk *sdk)
{
    return sdk->server;
}

void sn_sdk_woken(struct sn_sdk *sdk)
{
    sdk_logs_send(&sdk->logs);
}

/* ---- the end ---- */

void sdk_settled(struct sn_sdk *sdk)
{
    void (*closed)(void *owner) = sdk->closed;

    if (!sdk->closing || sdk->changes || !closed)
        return;
    if (!sn_list_empty(&sdk->hosted)) {
        sdk_close_all(sdk);
        return;
    }
    if (sdk->machine.channel) {
        sdk_machine_close(sdk);
        return;
    }
    sdk->closed = NULL;
    closed(sdk->closed_owner);
}

/* What a client asked for has to end before, or along with, what it was asked of; an answer of the
 * machine is no client's call. */
void sn_sdk_close(struct sn_sdk *sdk, void (*closed)(void *owner), void *owner)
{
    sdk->closing = true;
    sn_health_set(&sdk->health, false);
    sdk->closed = closed;
    sdk->closed_owner = owner;
    sn_server_cancel_all(sdk->server);
    sdk_settled(sdk);
}

void sn_sdk_destroy(struct sn_sdk *sdk)
{
    if (!sdk)
        return;
    sdk_logs_fini(&sdk->logs);
    sn_registry_fini(&sdk->registry);
    sn_server_destroy(sdk->server);
    sn_arena_fini(&sdk->arena);
    free(sdk);
}
