/* SPDX-License-Identifier: Apache-2.0
 *
 * What all resources have in common. Loop thread.
 */
#include "sinew/resource.h"

#include <assert.h>

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
