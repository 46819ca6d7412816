/* SPDX-License-Identifier: Apache-2.0
 *
 * The machine: its configuration, its resources, and the services by which clients see it. Loop
 * thread.
 */
#ifndef SN_ROBOT_ROBOT_H
#define SN_ROBOT_ROBOT_H

#include "resource/config.h"
#include "resource/registry.h"
#include "rpc/core/server.h"
#include "sinew/env.h"

struct sn_robot;

struct sn_host; /* module/host.h */
struct sn_host_options;

struct sn_robot_options {
    struct sn_env *env;
    const struct sn_registry *registry; /* outlives the machine */
    struct sn_gate *gate;               /* who may call; NULL: everybody */
    uint32_t request_limit;             /* concurrent unary calls per resource */
    uint64_t
        build_timeout_ns; /* a resource that takes longer is reported and its dependents wait */
    bool untrusted;       /* nobody who may call the machine may have its shell */
    /* A client asked the machine to end (Shutdown); called from inside its call. */
    void (*on_shutdown)(void *owner);
    void *owner;
};

/* NULL without memory. Serves at once; it has no resources until configured. */
struct sn_robot *sn_robot_create(const struct sn_robot_options *options) SN_MUST_USE;

/* Has it run the modules of its configs, too; before the first one. UNAVAILABLE with a text. */
int sn_robot_run_modules(struct sn_robot *robot, const struct sn_host_options *options,
                         struct sn_error *error) SN_MUST_USE;

/* What runs its modules; NULL: nothing does. */
struct sn_host *sn_robot_host(struct sn_robot *robot);

/* What transports give calls to. */
struct sn_server *sn_robot_server(struct sn_robot *robot);

/* Makes the machine what the config says, in the background; replaces an earlier config. Takes the
 * config. RESOURCE_EXHAUSTED: the machine stays as it is. */
int sn_robot_configure(struct sn_robot *robot, struct sn_config *take_config) SN_MUST_USE;

/* A reference to a resource that is ready; NULL when there is none of that API and short name. */
struct sn_resource *sn_robot_resource(struct sn_robot *robot, const char *api, const char *name);

/* Ends all calls and closes all resources, dependents first; `closed` is called once, when all are
 * closed (`clean`) or the rest is overdue. Nothing can be configured after. */
void sn_robot_close(struct sn_robot *robot, void (*closed)(void *owner, bool clean), void *owner);

/* After a clean `closed`. Accepts NULL. */
void sn_robot_destroy(struct sn_robot *robot);

#endif
