/* SPDX-License-Identifier: Apache-2.0
 *
 * The machine from inside: what the files of src/robot share.
 */
#ifndef SN_ROBOT_PRIVATE_H
#define SN_ROBOT_PRIVATE_H

#include "module/host.h"
#include "resource/graph.h"
#include "resource/name.h"
#include "resource/registry.h"
#include "robot/jobs.h"
#include "robot/limit.h"
#include "robot/metrics.h"
#include "robot/operation.h"
#include "robot/processes.h"
#include "robot/robot.h"
#include "robot/session.h"
#include "rpc/health/health.h"
#include "sinew/driver.h"
#include "sinew/log.h"

struct pb_common_pose_in_frame; /* "pb/common/v1/common.h" */
struct pb_common_transform;

/* One config and what was made of it. Lives while it is the current one or a resource was built
 * from it. */
struct sn_generation {
    struct sn_config *config;
    struct sn_robot_want *wants;
    size_t count;
    struct sn_arena arena; /* of attributes and texts */
    uint32_t refs;
    uint64_t applied_unix_ns;
};

/* A component or service of a config, checked. */
struct sn_robot_want {
    struct sn_want want; /* first */
    const struct sn_config_resource *entry;
    const struct sn_driver *driver;
    void *attrs; /* of the driver's type; NULL when it takes none */
    struct sn_generation *generation;
    struct sn_run *run; /* of the module that has the model; NULL: it is built in */
    bool down;          /* that module is not running */
};

struct sn_robot {
    struct sn_robot_options options;
    struct sn_server *server;
    struct sn_router router;
    struct sn_graph graph;
    struct sn_limit limit;
    struct sn_sessions sessions;
    struct sn_health health; /* serving once the first config has been carried out */
    struct sn_metrics metrics;
    struct sn_processes processes;
    struct sn_jobs jobs;
    struct sn_interceptor interceptors[4];
    struct sn_generation *current; /* NULL before the first config */
    struct sn_host *host;          /* of modules; NULL: none */
    struct sn_frames *frames;      /* as of when they were asked for last, or NULL */
    struct sn_logger *log, *resource_log;
    struct sn_timer retry;
    uint32_t under_way;   /* builds and closes, overdue ones apart */
    bool running;         /* the first config has been carried out */
    const char *announce; /* to be logged when the present config has been carried out */
    bool pumping, closing, configured;
    bool host_closing; /* its modules are being ended */
    void (*closed)(void *owner, bool clean);
    void *closed_owner;
};

/* ---- wants.c ---- */

/* Checks every entry of a config, which it shares; modules are asked for what is not built in. NULL
 * without memory. One reference. */
struct sn_generation *sn_generation_create(const struct sn_robot *robot, struct sn_config *config)
    SN_MUST_USE;
void sn_generation_unref(struct sn_generation *generation);

/* sn_graph.same */
bool sn_want_same(const struct sn_want *a, const struct sn_want *b);

/* ---- build.c ---- */

/* Carries out what the graph says can be done, until nothing is left to begin. */
void sn_robot_pump(struct sn_robot *robot);

/* sn_graph.on_unhealthy: logs why. */
void sn_robot_unhealthy(struct sn_graph *graph, const struct sn_node *node);

/* ---- robot.c ---- */

/* The resource of that API and name, with a reference; UNKNOWN with upstream's texts. */
int sn_robot_find(struct sn_robot *robot, struct sn_call *call, const char *api, struct sn_str name,
                  struct sn_resource **ret_resource) SN_MUST_USE;

/* Whether a resource of that API is configured, in whatever state. */
bool sn_robot_has(const struct sn_robot *robot, const char *api);

/* Nothing more can begin; if nothing is under way either, the machine is what its config says. */
void sn_robot_settled(struct sn_robot *robot);

/* ---- service.c ---- */

/* Parts of an API's name that was checked when it was configured. */
static inline struct sn_triplet sn_api_parts(const char *api)
{
    struct sn_triplet parts = {0};

    return sn_triplet_parse(sn_str_of(api), &parts) ? (struct sn_triplet){0} : parts;
}

/* Room for a row of an answer, which lists what the machine has: that is as much as its config and
 * the limits of peers allow, and no matter of the size of the question. */
static inline void sn_robot_give_room(struct sn_rpc *rpc)
{
    enum { ROW_MAX = 2 << 10 };

    rpc->arena.left += ROW_MAX;
}

extern const struct sn_service sn_robot_service;

/* ---- frame_service.c, log_service.c, stop_all.c: RobotService's handlers ---- */

/* Where a component's frame is as seen from another (empty: the world), with frames added for this
 * question. UNKNOWN with upstream's texts. Always answers later, or an error. */
int sn_robot_pose(struct sn_robot *robot, struct sn_call *call, struct sn_str component,
                  struct sn_str destination, const struct pb_common_transform *transforms,
                  size_t count, struct pb_common_pose_in_frame **ret_place) SN_MUST_USE;

int sn_robot_frame_system_config(struct sn_rpc *rpc, void *self, const void *request,
                                 void *response);
int sn_robot_get_pose(struct sn_rpc *rpc, void *self, const void *request, void *response);
int sn_robot_transform_pcd(struct sn_rpc *rpc, void *self, const void *request, void *response);
int sn_robot_transform_pose(struct sn_rpc *rpc, void *self, const void *request, void *response);

int sn_robot_log(struct sn_rpc *rpc, void *self, const void *request, void *response);
int sn_robot_stop_all(struct sn_rpc *rpc, void *self, const void *request, void *response);

#endif
