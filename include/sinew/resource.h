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

struct sn_driver;
struct sn_logger; /* base/log.h */

/* Longest names a peer or a config may use. Source: upstream's rule for short names; an API triplet
 * and remote prefixes come on top. */
enum { SN_NAME_MAX = 60, SN_API_MAX = 120 };

struct sn_resource {
    const struct sn_driver *driver;
    const void *ops;  /* the API's ops table, e.g. struct sn_motor_ops */
    const char *api;  /* "rdk:component:motor"; static */
    const char *name; /* "left-wheel"; lives as long as the resource */
    struct sn_env *env;
    struct sn_logger *log; /* "rdk.resource_manager.<api>/<name>" */
    struct sn_lane lane;
    uint32_t refs;
    uint32_t calls;      /* unary ones from clients, running now */
    const void *session; /* robot/session.h's: who moved it last; NULL: nobody with a session */
    bool closed;         /* ops answer UNAVAILABLE */
    bool elsewhere;      /* a proxy: who has the resource is decided at the other end */
    void (*destroy)(struct sn_resource *resource); /* by the last unref */
};

struct sn_resource *sn_resource_ref(struct sn_resource *resource);
/* Accepts NULL. Returns NULL, for the variable that held it. */
struct sn_resource *sn_resource_unref(struct sn_resource *resource);

/* First statement of every wrapper of an API: refuses a closed resource, then enters its lane (see
 * sn_lane_enter for what comes back). */
int sn_resource_enter(struct sn_resource *resource, struct sn_call *call, enum sn_kind kind)
    SN_MUST_USE;

#endif
