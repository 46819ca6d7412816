/* SPDX-License-Identifier: Apache-2.0
 *
 * ModuleService: what the machine asks of a module. Loop thread.
 */
#include "pb/module/v1/module.h"
#include "resource/attr.h"
#include "resource/name.h"
#include "sdk/private.h"

/* ---- Ready ---- */

static int add_models(const struct sn_sdk *sdk, const char *api,
                      struct pb_module_handler_definition *handler, struct sn_arena *arena)
{
    for (size_t i = 0; i < sdk->registry.count; i++) {
        const struct sn_driver *driver = sdk->registry.drivers[i];

        if (strcmp(driver->api, api) != 0)
            continue;
        struct sn_str *model = sn_pb_add(&handler->models, arena);
        if (!model)
            return SN_ERR_RESOURCE_EXHAUSTED;
        *model = sn_str_of(driver->model);
    }
    return 0;
}

static int add_handler(const struct sn_sdk *sdk, const struct sn_service *service,
                       struct pb_module_handler_map *map, struct sn_arena *arena)
{
    struct pb_module_handler_definition *handler = sn_pb_add(&map->handlers, arena);
    struct pb_robot_resource_rpc_subtype *subtype = sn_arena_zalloc(arena, sizeof(*subtype));
    struct pb_common_resource_name *name = sn_arena_zalloc(arena, sizeof(*name));
    struct sn_triplet triplet;

    if (!handler || !subtype || !name)
        return SN_ERR_RESOURCE_EXHAUSTED;
    int code = sn_triplet_parse(sn_str_of(service->api), &triplet);
    if (code)
        return code;
    *name = (struct pb_common_resource_name){
        .namespace_ = triplet.space, .type = triplet.family, .subtype = triplet.name};
    subtype->subtype = name;
    subtype->proto_service = sn_str_of(service->pb->name);
    handler->subtype = subtype;
    return add_models(sdk, service->api, handler, arena);
}

static int describe(struct sn_sdk *sdk, struct sn_arena *arena,
                    struct pb_module_ready_response *response)
{
    struct pb_module_handler_map *map = sn_arena_zalloc(arena, sizeof(*map));
    int code = map ? 0 : SN_ERR_RESOURCE_EXHAUSTED;

    for (size_t i = 0; i < sn_server_service_count(sdk->server) && !code; i++) {
        const struct sn_service *service = sn_server_service(sdk->server, i);

        if (service->api)
            code = add_handler(sdk, service, map, arena);
    }
    response->ready = true;
    response->handlermap = map;
    return code;
}

/* Both fields say the same; some machines fill in one of them. WebRTC isn't answered: the machine
 * then does without. */
static int handle_ready(struct sn_rpc *rpc, void *self, const void *request, void *response)
{
    const struct pb_module_ready_request *req = request;
    struct sn_str address =
        req->raw_parent_address.len ? req->raw_parent_address : req->parent_address;
    struct sn_sdk *sdk = self;
    int code = describe(sdk, &rpc->arena, response);

    if (code || sdk->options.alone)
        return code;
    return sdk_machine_meet(sdk, &rpc->call, address);
}

/* ---- validating ---- */

/* Appends to a list of strings. */
static int add_names(void *list, const struct sn_attr_names *names, struct sn_arena *arena)
{
    for (size_t i = 0; i < names->count; i++) {
        struct sn_str *name = sn_pb_list_add(list, sizeof(*name), arena);

        if (!name)
            return SN_ERR_RESOURCE_EXHAUSTED;
        *name = sn_str_of(names->v[i]);
    }
    return 0;
}

static int list_dependencies(const struct sdk_config *config, struct sn_arena *arena,
                             struct pb_module_validate_config_response *response)
{
    json_t *json = sn_attrs_json(config->pb->attributes);
    struct sn_depends depends;

    if (!json)
        return SN_ERR_RESOURCE_EXHAUSTED;
    int code = sn_driver_depends(config->driver, json, config->attrs, arena, &depends);
    json_decref(json);
    if (!code)
        code = add_names(&response->dependencies, &depends.required, arena);
    return code ? code : add_names(&response->optional_dependencies, &depends.optional, arena);
}

static int handle_validate(struct sn_rpc *rpc, void *self, const void *request, void *response)
{
    const struct pb_module_validate_config_request *req = request;
    struct sdk_config *config;
    int code = sdk_config_create(self, &rpc->call, req->config, NULL, 0, &config);

    if (code)
        return code;
    code = list_dependencies(config, &rpc->arena, response);
    sdk_config_unref(config);
    return code;
}

/* ---- resources ---- */

static int refuse_closing(struct sn_rpc *rpc)
{
    return sn_call_fail(&rpc->call, SN_ERR_UNAVAILABLE, "this module is about to end");
}

static int handle_add(struct sn_rpc *rpc, void *self, const void *request, void *response)
{
    const struct pb_module_add_resource_request *req = request;
    struct sdk_config *config;
    struct sn_sdk *sdk = self;

    if (sdk->closing)
        return refuse_closing(rpc);
    int code = sdk_config_create(sdk, &rpc->call, req->config, req->dependencies.v,
                                 req->dependencies.n, &config);
    if (code)
        return code;
    const char *api = config->driver->api;
    if (sdk_is_changing(sdk, api, sn_str_of(config->name)))
        code = sdk_refuse_changing(&rpc->call, api, sn_str_of(config->name));
    else if (sdk_hosted_find(sdk, api, sn_str_of(config->name)))
        code = sn_call_fail(&rpc->call, SN_ERR_ALREADY_EXISTS, "resource %s/%s is here already",
                            api, config->name);
    else if (sdk->hosted_count >= SDK_RESOURCES_MAX)
        code = sn_call_fail(&rpc->call, SN_ERR_RESOURCE_EXHAUSTED,
                            "this module has %d resources, which is all it may have",
                            SDK_RESOURCES_MAX);
    if (!code)
        return sdk_add(sdk, &rpc->call, config);
    sdk_config_unref(config);
    return code;
}

/* A resource whose last change failed isn't here any more; the machine goes on from what it wants.
 */
static int handle_reconfigure(struct sn_rpc *rpc, void *self, const void *request, void *response)
{
    const struct pb_module_reconfigure_resource_request *req = request;
    struct sdk_config *config;
    struct sn_sdk *sdk = self;

    if (sdk->closing)
        return refuse_closing(rpc);
    int code = sdk_config_create(sdk, &rpc->call, req->config, req->dependencies.v,
                                 req->dependencies.n, &config);
    if (code)
        return code;
    struct sn_str name = sn_str_of(config->name);
    if (sdk_is_changing(sdk, config->driver->api, name)) {
        code = sdk_refuse_changing(&rpc->call, config->driver->api, name);
        sdk_config_unref(config);
        return code;
    }
    struct sdk_hosted *hosted = sdk_hosted_find(sdk, config->driver->api, name);
    return hosted ? sdk_reconfigure(sdk, &rpc->call, hosted, config)
                  : sdk_add(sdk, &rpc->call, config);
}

static int handle_remove(struct sn_rpc *rpc, void *self, const void *request, void *response)
{
    const struct pb_module_remove_resource_request *req = request;
    struct sdk_hosted *hosted = NULL;
    struct sn_sdk *sdk = self;
    struct sn_str api, name;

    if (sn_full_name_parse(req->name, &api, &name) == 0) {
        struct sn_str text = sn_arena_copy(&rpc->arena, api);

        if (text.ptr && sdk_is_changing(sdk, text.ptr, name))
            return sdk_refuse_changing(&rpc->call, text.ptr, name);
        hosted = text.ptr ? sdk_hosted_find(sdk, text.ptr, name) : NULL;
    }
    if (hosted)
        return sdk_remove(sdk, &rpc->call, hosted);
    return sn_call_fail(
        &rpc->call, SN_ERR_NOT_FOUND, "resource \"%.*s\" not found",
        (int)(req->name.len < SN_FULL_NAME_SIZE ? req->name.len : SN_FULL_NAME_SIZE),
        req->name.ptr ? req->name.ptr : "");
}

static const struct sn_handler handlers[] = {
    {"AddResource", handle_add, 0, {0}, NULL},
    {"ReconfigureResource", handle_reconfigure, 0, {0}, NULL},
    {"RemoveResource", handle_remove, 0, {0}, NULL},
    {"Ready", handle_ready, 0, {0}, NULL},
    {"ValidateConfig", handle_validate, 0, {0}, NULL},
    {0},
};

const struct sn_service sdk_service = {NULL, &pb_module_module_service, handlers};
