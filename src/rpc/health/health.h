/* SPDX-License-Identifier: Apache-2.0
 *
 * Health checks, for load balancers and supervisors that speak gRPC. Loop thread.
 * Source: grpc.health.v1.Health.
 */
#ifndef SN_RPC_HEALTH_H
#define SN_RPC_HEALTH_H

#include "rpc/core/server.h"
#include "sinew/list.h"

struct sn_health {
    bool serving;
    struct sn_list watchers; /* struct watcher.link */
};

/* Adds the service to `server`, not serving yet. RESOURCE_EXHAUSTED. */
int sn_health_add(struct sn_health *health, struct sn_server *server) SN_MUST_USE;

/* Tells everyone who watches. */
void sn_health_set(struct sn_health *health, bool serving);

#endif
