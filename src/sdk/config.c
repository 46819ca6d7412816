/* SPDX-License-Identifier: Apache-2.0
 *
 * What a resource is built from, out of what the machine says about it. Loop thread.
 */
#include "resource/attr.h"
#include "resource/name.h"
#include "sdk/private.h"

#include <stdlib.h>

/* ---- the driver ---- */

static int check_name(struct sn_call *call, const struct pb_app_component_config *pb)
{
    struct sn_triplet triplet;
    struct sn_error error;

    if (sn_triplet_parse(pb->api, &triplet))
        return sn_call_fail(call, SN_ERR_INVALID_ARGUMENT,
                            "\"%.*s\" is no API, which is namespace:type:subtype",
                            (int)(pb->api.len < SN_API_MAX ? pb->api.len : SN_API_MAX),
                            pb->api.ptr ? pb->api.ptr : "");
    if (sn_name_check("name", pb->name, SN_NAME_MAX, &error))
        return sn_call_fail(call, SN_ERR_INVALID_ARGUMENT, "%s", error.text);
    return 0;
}

int sdk_driver_of(struct sn_sdk *sdk, struct sn_call *call,
                  const struct pb_app_component_config *pb, const struct sn_driver **ret_driver)
{
    if (!pb)
        return sn_call_fail(call, SN_ERR_INVALID_ARGUMENT, "the request has no config");
    int code = check_name(call, pb);
    if (code)
        return code;
    struct sn_str api = sn_arena_copy(call->arena, pb->api);
    struct sn_str model = sn_arena_copy(call->arena, pb->model);
    if (!api.ptr || !model.ptr)
        return SN_ERR_RESOURCE_EXHAUSTED;
    *ret_driver = sn_registry_find(&sdk->registry, api.ptr, model.ptr);
    if (*ret_driver)
        return 0;
    return sn_call_fail(call, SN_ERR_NOT_FOUND, "this module has no model %.200s of API %s",
                        model.ptr, api.ptr);
}

/* ---- the config ---- */

/* The machine's message goes with its call; this one stays. */
static int copy_pb(struct sdk_config *config, const struct pb_app_component_config *pb)
{
    struct pb_app_component_config *copy = sn_arena_zalloc(&config->arena, sizeof(*copy));
    struct sn_str bytes;

    if (!copy || sn_pb_encode(&pb_app_component_config_msg, pb, &config->arena, 0, &bytes) ||
        sn_pb_decode(&pb_app_component_config_msg, copy, bytes.ptr, bytes.len, &config->arena))
        return SN_ERR_RESOURCE_EXHAUSTED;
    struct sn_str name = sn_arena_copy(&config->arena, copy->name);
    config->name = name.ptr;
    config->pb = copy;
    return name.ptr ? 0 : SN_ERR_RESOURCE_EXHAUSTED;
}

static int copy_depends(struct sdk_config *config, const struct sn_str *depends, size_t count)
{
    config->depends = sn_arena_zalloc(&config->arena, count * sizeof(*depends));
    if (!config->depends)
        return SN_ERR_RESOURCE_EXHAUSTED;
    for (size_t i = 0; i < count; i++) {
        config->depends[i] = sn_arena_copy(&config->arena, depends[i]);
        if (!config->depends[i].ptr)
            return SN_ERR_RESOURCE_EXHAUSTED;
    }
    config->depend_count = count;
    return 0;
}

static int convert(struct sdk_config *config, struct sn_error *error)
{
    json_t *json = sn_attrs_json(config->pb->attributes);

    if (!json)
        return SN_ERR_RESOURCE_EXHAUSTED;
    int code =
        sn_driver_attrs(config->driver, json, config->name, &config->arena, &config->attrs, error);
    json_decref(json);
    return code;
}

int sdk_config_create(struct sn_sdk *sdk, struct sn_call *call,
                      const struct pb_app_component_config *pb, const struct sn_str *depends,
                      size_t depend_count, struct sdk_config **ret_config)
{
    const struct sn_driver *driver;
    struct sn_error error = {0};
    int code = sdk_driver_of(sdk, call, pb, &driver);

    if (code)
        return code;
    struct sdk_config *config = calloc(1, sizeof(*config));
    if (!config)
        return SN_ERR_RESOURCE_EXHAUSTED;
    sn_arena_init(&config->arena, sdk->options.env->blocks, SDK_CONFIG_MEMORY_MAX);
    config->refs = 1;
    config->driver = driver;
    code = copy_pb(config, pb);
    if (!code)
        code = copy_depends(config, depends, depend_count);
    if (!code)
        code = convert(config, &error);
    if (!code) {
        *ret_config = config;
        return 0;
    }
    sdk_config_unref(config);
    if (code == SN_ERR_RESOURCE_EXHAUSTED)
        return sn_call_fail(call, code, "the config of %.*s takes too much memory",
                            SN_STR_ARGS(pb->name));
    return sn_call_fail(call, code, "%s", error.text);
}

void sdk_config_unref(struct sdk_config *config)
{
    if (!config || --config->refs)
        return;
    sn_arena_fini(&config->arena);
    free(config);
}

bool sdk_names(struct sn_str name, const char *api, const char *short_name)
{
    size_t len = strlen(api);

    if (sn_str_is(name, short_name))
        return true;
    return name.len > len && memcmp(name.ptr, api, len) == 0 && name.ptr[len] == '/' &&
           sn_str_is((struct sn_str){name.ptr + len + 1, name.len - len - 1}, short_name);
}
