/* SPDX-License-Identifier: Apache-2.0
 *
 * What all resources have in common. Loop thread.
 */
#include "sinew/resource.h"

#include <assert.h>
#include <string.h>

struct sn_resource *sn_resource_ref(struct sn_resource *resource)
{
    resource->refs++;
    return resource;
}

struct sn_resource *sn_resource_unref(struct sn_resource *resource)
{
    if (!resource)
        return NULL;
    assert(resource->refs > 0);
    if (--resource->refs == 0)
        resource->destroy(resource);
    return NULL;
}

int sn_resource_enter(struct sn_resource *resource, struct sn_call *call, enum sn_kind kind)
{
    if (resource->closed)
        return sn_call_fail(call, SN_ERR_UNAVAILABLE, "resource %s/%s is closed", resource->api,
                            resource->name);
    if (resource->elsewhere)
        return 0;
    return sn_lane_enter(&resource->lane, call, kind);
}

struct sn_resource *sn_dependency_if_there(struct sn_resource *resource, const char *api,
                                           struct sn_str name)
{
    const struct sn_neighbours *neighbours = resource->neighbours;
    struct sn_resource *found = neighbours ? neighbours->dependency(resource, name) : NULL;

    return found && strcmp(found->api, api) == 0 ? found : NULL;
}

int sn_dependency(struct sn_call *call, struct sn_resource *resource, const char *api,
                  struct sn_str name, struct sn_resource **ret_dependency)
{
    *ret_dependency = sn_dependency_if_there(resource, api, name);
    if (*ret_dependency)
        return 0;
    return sn_call_fail(call, SN_ERR_UNKNOWN,
                        "Resource missing from dependencies. Resource: %s/%.*s", api,
                        SN_STR_ARGS(name));
}

int sn_find(struct sn_call *call, struct sn_resource *resource, const char *api, struct sn_str name,
            struct sn_resource **ret_found)
{
    const struct sn_neighbours *neighbours = resource->neighbours;

    if (neighbours)
        return neighbours->find(call, resource, api, name, ret_found);
    return sn_call_fail(call, SN_ERR_UNKNOWN, "no node found with api %s and name %.*s", api,
                        SN_STR_ARGS(name));
}

int sn_machine_pose(struct sn_call *call, struct sn_resource *resource, struct sn_str component,
                    struct sn_str destination, const struct pb_common_transform *transforms,
                    size_t count, struct pb_common_pose_in_frame **ret_pose)
{
    const struct sn_neighbours *neighbours = resource->neighbours;

    if (neighbours)
        return neighbours->pose(call, resource, component, destination, transforms, count,
                                ret_pose);
    return sn_call_fail(call, SN_ERR_UNKNOWN, "frame with name \"%.*s\" not in frame system",
                        SN_STR_ARGS(component));
}
