/* SPDX-License-Identifier: Apache-2.0
 *
 * The resources of a module, and what they know of each other and of the machine. Loop thread.
 */
#include "pb/robot/v1/robot.h"
#include "resource/name.h"
#include "sdk/private.h"

#include <stdio.h>
#include <stdlib.h>

static size_t offset_of(const struct sn_driver *driver)
{
    return (driver->size + 15) & ~(size_t)15;
}

struct sdk_hosted *sdk_hosted_of(const struct sn_resource *resource)
{
    return (struct sdk_hosted *)(void *)((char *)(uintptr_t)resource + offset_of(resource->driver));
}

struct sn_resource *sdk_resource_of(struct sdk_hosted *hosted)
{
    return (struct sn_resource *)(void *)((char *)hosted - offset_of(hosted->config->driver));
}

const struct pb_google_struct *sn_module_attributes(const struct sn_resource *resource)
{
    return sdk_hosted_of(resource)->config->pb->attributes;
}

const struct pb_app_frame *sn_module_frame(const struct sn_resource *resource)
{
    return sdk_hosted_of(resource)->config->pb->frame;
}

/* ---- dependencies ---- */

/* A resource as seen from here: this module's own, or one that the machine is asked for (custom
 * APIs' always). Takes a reference; NULL for what this module knows no API of, without a machine,
 * or without memory. */
static struct sn_resource *reach(struct sn_sdk *sdk, const char *api_name, struct sn_str name)
{
    const struct sn_api *api = sdk_api_find(sdk, api_name);
    struct sdk_hosted *hosted =
        api == sn_api_find(api_name) ? sdk_hosted_find(sdk, api_name, name) : NULL;
    char text[SN_FULL_NAME_SIZE];

    if (hosted && hosted->ready)
        return sn_resource_ref(sdk_resource_of(hosted));
    if (!api || !sdk->machine.channel || name.len >= sizeof(text))
        return NULL;
    snprintf(text, sizeof(text), "%.*s", SN_STR_ARGS(name));
    return sn_proxy_create(api, text, sdk->options.env, sdk->machine.channel);
}

/* The same, once held: one that it has already stays what it is, for whoever kept its address. */
static struct sn_resource *hold(struct sdk_hosted *hosted, const char *api, struct sn_str name)
{
    struct sn_resource *found = reach(hosted->sdk, api, name);
    size_t size = (hosted->held_count + 1) * sizeof(struct sn_resource *);

    for (size_t i = 0; found && i < hosted->held_count; i++) {
        struct sn_resource *held = hosted->held[i];

        if (held == found || (held->elsewhere && found->elsewhere && strcmp(held->api, api) == 0 &&
                              sn_str_is(name, held->name))) {
            sn_resource_unref(found);
            return held;
        }
    }
    struct sn_resource **more = found ? realloc(hosted->held, size) : NULL;
    if (!more)
        return sn_resource_unref(found);
    hosted->held = more;
    hosted->held[hosted->held_count++] = found;
    return found;
}

struct sn_resource **sdk_depends_find(struct sdk_hosted *hosted, const struct sdk_config *config)
{
    struct sn_resource **found = calloc(config->depend_count + 1, sizeof(struct sn_resource *));

    for (size_t i = 0; found && i < config->depend_count; i++) {
        struct sn_str api, name;
        char text[SN_API_MAX + 1];

        if (sn_full_name_parse(config->depends[i], &api, &name) || api.len > SN_API_MAX)
            continue;
        snprintf(text, sizeof(text), "%.*s", SN_STR_ARGS(api));
        found[i] = hold(hosted, text, name);
    }
    return found;
}

bool sdk_hosted_needs(const struct sdk_hosted *hosted, struct sdk_hosted *other)
{
    const struct sn_resource *resource = sdk_resource_of(other);

    for (size_t i = 0; i < hosted->config->depend_count; i++)
        if (hosted->depends[i] == resource)
            return true;
    return false;
}

/* ---- neighbours ---- */

static struct sn_resource *dependency(struct sn_resource *resource, struct sn_str name)
{
    const struct sdk_hosted *hosted = sdk_hosted_of(resource);

    for (size_t i = 0; i < hosted->config->depend_count; i++) {
        struct sn_resource *found = hosted->depends[i];

        if (found && sdk_names(name, found->api, found->name))
            return found;
    }
    return NULL;
}

static int find(struct sn_call *call, struct sn_resource *resource, const char *api,
                struct sn_str name, struct sn_resource **ret_found)
{
    *ret_found = reach(sdk_hosted_of(resource)->sdk, api, name);
    if (*ret_found)
        return 0;
    return sn_call_fail(call, SN_ERR_UNKNOWN, "no node found with api %s and name %.*s", api,
                        SN_STR_ARGS(name));
}

static int geometries(struct sn_call *call, struct sn_resource *resource,
                      struct pb_common_get_geometries_response *ret_geometries)
{
    const struct pb_app_frame *frame = sdk_hosted_of(resource)->config->pb->frame;

    if (!frame || !frame->geometry)
        return 0;
    struct pb_common_geometry *geometry = sn_pb_add(&ret_geometries->geometries, call->arena);
    if (!geometry)
        return SN_ERR_RESOURCE_EXHAUSTED;
    *geometry = *frame->geometry;
    return 0;
}

static int pose_reply(struct sn_call *call, const void *response, void *arg)
{
    *(struct pb_common_pose_in_frame **)arg =
        ((const struct pb_robot_get_pose_response *)response)->pose;
    return 0;
}

static int pose(struct sn_call *call, struct sn_resource *resource, struct sn_str component,
                struct sn_str destination, const struct pb_common_transform *transforms,
                size_t count, struct pb_common_pose_in_frame **ret_pose)
{
    struct sn_sdk *sdk = sdk_hosted_of(resource)->sdk;
    struct pb_robot_get_pose_request request = {
        .component_name = component,
        .destination_frame = destination,
        .supplemental_transforms = {SN_PROXY_BORROW(struct pb_common_transform, transforms),
                                    (uint32_t)count, (uint32_t)count},
    };

    if (!sdk->machine.channel)
        return sn_call_fail(call, SN_ERR_UNAVAILABLE, "this module has no machine to ask");
    return sn_client_unary(call, sdk->machine.channel, &pb_robot_robot_service, "GetPose", &request,
                           pose_reply, ret_pose);
}

static const struct sn_neighbours neighbours = {dependency, find, geometries, pose};

/* ---- their lives ---- */

static void destroy(struct sn_resource *resource)
{
    struct sdk_hosted *hosted = sdk_hosted_of(resource);

    if (resource->driver->fini)
        resource->driver->fini(resource);
    for (size_t i = 0; i < hosted->held_count; i++)
        sn_resource_unref(hosted->held[i]);
    free(hosted->held);
    free(hosted->depends);
    sdk_config_unref(hosted->last);
    sdk_config_unref(hosted->config);
    free(resource);
}

/* Named as the reference's modules do, with the level that the resource's config asks for, else the
 * module's. */
static struct sn_logger *logger_of(const struct sn_sdk *sdk, const struct sdk_config *config)
{
    const struct pb_app_log_configuration *wanted = config->pb->log_configuration;
    enum sn_log_level level = sdk->options.level;
    char full[SN_FULL_NAME_SIZE], name[SN_FULL_NAME_SIZE + SN_MODULE_NAME_MAX + 2];
    char text[16];

    snprintf(name, sizeof(name), "%.200s%s%s", sdk->options.name, *sdk->options.name ? "." : "",
             sn_full_name(&full, config->driver->api, config->name));
    if (wanted && wanted->level.len) {
        snprintf(text, sizeof(text), "%.*s", SN_STR_ARGS(wanted->level));
        if (sn_log_parse_level(text, &level))
            sn_log_warn(sdk->log, "%s: no level is called \"%s\"", name, text);
    }
    if (sn_log_set_pattern(name, level))
        sn_log_warn(sdk->log, "%s: its level can't be set", name);
    return sn_logger_get(name);
}

struct sdk_hosted *sdk_hosted_find(struct sn_sdk *sdk, const char *api, struct sn_str name)
{
    struct sn_list *node;

    sn_list_for_each (node, &sdk->hosted) {
        struct sdk_hosted *hosted = sn_container_of(node, struct sdk_hosted, link);

        if (strcmp(hosted->config->driver->api, api) == 0 && sn_str_is(name, hosted->config->name))
            return hosted;
    }
    return NULL;
}

struct sdk_hosted *sdk_hosted_create(struct sn_sdk *sdk, struct sdk_config *config)
{
    const struct sn_driver *driver = config->driver;
    struct sn_resource *resource = calloc(1, offset_of(driver) + sizeof(struct sdk_hosted));

    if (!resource)
        return NULL;
    *resource = (struct sn_resource){.driver = driver,
                                     .ops = driver->ops,
                                     .api = driver->api,
                                     .name = config->name,
                                     .env = sdk->options.env,
                                     .neighbours = &neighbours,
                                     .log = logger_of(sdk, config),
                                     .refs = 1,
                                     .destroy = destroy};
    sn_lane_init(&resource->lane);
    struct sdk_hosted *hosted = sdk_hosted_of(resource);
    *hosted = (struct sdk_hosted){.sdk = sdk, .config = config, .busy = true};
    sn_list_init(&hosted->link);
    config->refs++;
    hosted->depends = sdk_depends_find(hosted, config);
    if (!hosted->depends) {
        sn_resource_unref(resource);
        return NULL;
    }
    sn_list_append(&sdk->hosted, &hosted->link);
    sdk->hosted_count++;
    return hosted;
}

void sdk_hosted_remove(struct sdk_hosted *hosted)
{
    hosted->sdk->hosted_count--;
    sn_list_remove(&hosted->link);
    sn_resource_unref(sdk_resource_of(hosted));
}
