/* SPDX-License-Identifier: Apache-2.0
 *
 * Discovery: looks for hardware and proposes configs for what it finds. Source:
 * viam.service.discovery.v1.
 */
#ifndef SINEW_API_DISCOVERY_H
#define SINEW_API_DISCOVERY_H

#include "sinew/api/common.h"

#ifdef __cplusplus
extern "C" {
#endif

#define SN_API_DISCOVERY "rdk:service:discovery"

struct pb_service_discovery_discover_resources_response; /* "pb/service/discovery/v1/discovery.h" */

struct sn_discovery {
    struct sn_resource base;
};

struct sn_discovery_ops {
    struct sn_common_ops common;

    /* Mandatory. A read. A config for each thing found, added to `*ret` (zeroed; its entries go
     * into the call's arena, or live as long as the service). `extra` may be NULL. */
    int (*resources)(struct sn_call *call, struct sn_discovery *discovery,
                     const struct pb_google_struct *extra,
                     struct pb_service_discovery_discover_resources_response *ret);
};

int sn_discovery_resources(struct sn_call *call, struct sn_discovery *discovery,
                           const struct pb_google_struct *extra,
                           struct pb_service_discovery_discover_resources_response *ret);

#ifdef __cplusplus
}
#endif

#endif
