/* SPDX-License-Identifier: Apache-2.0
 *
 * A resource: something with an API and a name that can be called: a motor, a sensor, a service.
 * The struct of each API (struct sn_motor) has this as its first member, and each driver's object
 * has its API's struct as its first member.
 *
 * Lifetime: counted. Whoever keeps a resource past the callback it was handed one in holds a
 * reference. `close` comes first and ends its calls; memory goes with the last reference.
 * Thread: loop, except where an op runs on the pool by sn_call_block().
 */
#ifndef SINEW_RESOURCE_H
#define SINEW_RESOURCE_H

#include "sinew/call.h"
#include "sinew/str.h"

#ifdef __cplusplus
extern "C" {
#endif

struct sn_driver;
struct sn_neighbours;
struct sn_channel;                        /* rpc/core/transport.h */
struct sn_logger;                         /* base/log.h */
struct pb_common_get_geometries_response; /* "pb/common/v1/common.h" */
struct pb_common_pose_in_frame;
struct pb_common_transform;

/* Longest names a peer or a config may use. Source: upstream's rule for short names; an API triplet
 * and remote prefixes come on top. */
enum { SN_NAME_MAX = 60, SN_API_MAX = 120 };

struct sn_resource {
    const struct sn_driver *driver;
    const void *ops;  /* the API's ops table, e.g. struct sn_motor_ops */
    const char *api;  /* "rdk:component:motor"; static */
    const char *name; /* "left-wheel"; lives as long as the resource */
    struct sn_env *env;
    const struct sn_neighbours *neighbours; /* of the machine it belongs to; NULL: of none */
    struct sn_logger *log;                  /* "rdk.resource_manager.<api>/<name>" */
    struct sn_lane lane;
    uint32_t refs;
    uint32_t calls;      /* unary ones from clients, running now */
    const void *session; /* robot/session.h's: who moved it last; NULL: nobody with a session */
    bool closed;         /* ops answer UNAVAILABLE */
    bool elsewhere;      /* a proxy: who has the resource is decided at the other end */
    /* Where clients' calls to it are passed on as they are; NULL: they are carried out by its ops.
     */
    struct sn_channel *relay;
    void (*destroy)(struct sn_resource *resource); /* by the last unref */
};

/* How a machine lets its resources find each other. See sn_dependency() and sn_find(). */
struct sn_neighbours {
    struct sn_resource *(*dependency)(struct sn_resource *resource, struct sn_str name);
    int (*find)(struct sn_call *call, struct sn_resource *resource, const char *api,
                struct sn_str name, struct sn_resource **ret_found);
    /* For sn_frame_geometries(). */
    int (*geometries)(struct sn_call *call, struct sn_resource *resource,
                      struct pb_common_get_geometries_response *ret_geometries);
    /* For sn_machine_pose(). */
    int (*pose)(struct sn_call *call, struct sn_resource *resource, struct sn_str component,
                struct sn_str destination, const struct pb_common_transform *transforms,
                size_t count, struct pb_common_pose_in_frame **ret_pose);
};

struct sn_resource *sn_resource_ref(struct sn_resource *resource);
/* Accepts NULL. Returns NULL, for the variable that held it. */
struct sn_resource *sn_resource_unref(struct sn_resource *resource);

/* First statement of every wrapper of an API: refuses a closed resource, then enters its lane (see
 * sn_lane_enter for what comes back). */
int sn_resource_enter(struct sn_resource *resource, struct sn_call *call, enum sn_kind kind)
    SN_MUST_USE;

/* What an attribute marked as a dependency (or the entry's `depends_on`) names, ready to be used.
 * Only from within the driver's `open`, until that has ended. It lives as long as `resource` does:
 * no reference is needed. UNKNOWN, upstream's texts: there is none of that name, or it is of
 * another API. */
int sn_dependency(struct sn_call *call, struct sn_resource *resource, const char *api,
                  struct sn_str name, struct sn_resource **ret_dependency) SN_MUST_USE;

/* The same where it need not be there (an attribute marked as optional): NULL. */
struct sn_resource *sn_dependency_if_there(struct sn_resource *resource, const char *api,
                                           struct sn_str name);

/* Whatever the machine has of that API and name right now, without depending on it: for services
 * that are told by a request what to use. The caller gets a reference. UNKNOWN with the texts that
 * a client's call would get: there is none, or it isn't ready. */
int sn_find(struct sn_call *call, struct sn_resource *resource, const char *api, struct sn_str name,
            struct sn_resource **ret_found) SN_MUST_USE;

/* Where the frame of `component` is right now as seen from the frame `destination` (empty: the
 * world), by the machine's frame system and `transforms`, frames that are added for this question
 * alone and must live as long as the call. `*ret_pose` is in the call's arena. UNKNOWN with
 * upstream's texts: no component given, no such frame, a part that doesn't say where its joints
 * are. */
int sn_machine_pose(struct sn_call *call, struct sn_resource *resource, struct sn_str component,
                    struct sn_str destination, const struct pb_common_transform *transforms,
                    size_t count, struct pb_common_pose_in_frame **ret_pose) SN_MUST_USE;

#ifdef __cplusplus
}
#endif

#endif
