/* SPDX-License-Identifier: Apache-2.0
 *
 * An API as the machine sees it: how its requests reach a resource, how a resource that is
 * elsewhere is reached, and how it is stopped. One `struct sn_api` per src/api/<api>.c, its one
 * global symbol, and a row in src/api/table.def.
 */
#ifndef SN_API_API_H
#define SN_API_API_H

#include "rpc/core/client.h"
#include "rpc/core/server.h"
#include "sinew/api/common.h"

struct pb_arm_joint_positions; /* "pb/component/arm/v1/arm.h" */

struct sn_api {
    const char *name; /* "rdk:component:motor" */
    struct sn_service service;
    size_t size;           /* of the API's base struct, e.g. struct sn_motor */
    const void *proxy_ops; /* ops of a resource that is reached over a channel */

    bool single; /* a machine has one of these at most */

    /* Stops what moves; NULL where nothing does. Enters the lane as SN_STOP. */
    int (*stop)(struct sn_call *call, struct sn_resource *resource,
                const struct pb_google_struct *extra);

    /* For the frame system. */
    bool kinematics, geometries; /* the API has GetKinematics, GetGeometries */
    /* Where the joints of those kinematics are: degrees, mm. Comes in zeroed; the result is in the
     * call's arena, or lives as long as the resource. NULL: it has no joints. */
    int (*inputs)(struct sn_call *call, struct sn_resource *resource,
                  struct pb_arm_joint_positions *ret_inputs);
    bool raw_inputs; /* they are rad, mm */
};

/* All APIs of this program. */
extern const struct sn_api *const sn_apis[];
extern const size_t sn_api_count;

/* NULL when there is none of that name. */
const struct sn_api *sn_api_find(const char *name);

/* sn_router.hollow: the text for an empty response of that method; NULL: it may be empty. */
const char *sn_api_hollow(const struct sn_method *method);

/* The methods it has texts for, counted from 0; NULL: no more. For tests. */
const char *sn_api_hollow_path(size_t index);

/* ---- proxies ---- */

struct sn_proxy {
    struct sn_channel *channel;
    const char *remote_name; /* the resource's name at the other end */
};

/* A resource of API `api` that carries out its ops by calls on `channel`, which must outlive it.
 * The caller holds the one reference. NULL without memory. */
struct sn_resource *sn_proxy_create(const struct sn_api *api, const char *name, struct sn_env *env,
                                    struct sn_channel *channel) SN_MUST_USE;

/* The same for a resource that somebody else makes, of any API, also of one that this program has
 * no code for: how large its object is, what its ops are (of an unknown API: none but DoCommand,
 * which refuses), and what makes the zeroed object a proxy once `api` and `name` are set. */
size_t sn_proxy_size(const char *api);
const void *sn_proxy_ops(const char *api);
void sn_proxy_bind(struct sn_resource *resource, struct sn_channel *channel);

/* The proxy part of a proxy. */
const struct sn_proxy *sn_proxy_of(const struct sn_resource *resource);

/* sn_client_unary() on a proxy's channel. */
int sn_proxy_call(struct sn_call *call, struct sn_resource *resource, const char *method,
                  const void *request, sn_reply_fn reply, void *arg) SN_MUST_USE;

/* As above, for an op whose result is the method's whole response: it is copied to `ret`. */
int sn_proxy_fill(struct sn_call *call, struct sn_resource *resource, const char *method,
                  const void *request, void *ret) SN_MUST_USE;

/* sn_client_stream() on a proxy's channel. */
int sn_proxy_stream(struct sn_call *call, struct sn_resource *resource, const char *method,
                    const void *request, sn_each_fn each, void *arg) SN_MUST_USE;

/* sn_client_duplex() on a proxy's channel. */
int sn_proxy_duplex(struct sn_call *call, struct sn_resource *resource, const char *method,
                    const void *request, struct sn_duplex *duplex, sn_reply_fn reply, void *arg)
    SN_MUST_USE;

/* The resource's name as the wire wants it. */
struct sn_str sn_proxy_name(const struct sn_resource *resource);

/* A request is only read, by the encoder: what an op has as const may stand in one. */
#define SN_PROXY_BORROW(type, pointer) ((type *)(uintptr_t)(pointer))

static inline struct pb_google_struct *sn_proxy_borrow(const struct pb_google_struct *extra)
{
    return SN_PROXY_BORROW(struct pb_google_struct, extra);
}

/* ---- common methods, for every API's tables ---- */

int sn_handle_do_command(struct sn_rpc *rpc, void *self, const void *request, void *response);
int sn_handle_status(struct sn_rpc *rpc, void *self, const void *request, void *response);
int sn_handle_geometries(struct sn_rpc *rpc, void *self, const void *request, void *response);
int sn_handle_kinematics(struct sn_rpc *rpc, void *self, const void *request, void *response);

/* Rows of the APIs that have these methods. */
#define SN_GEOMETRIES_HANDLER                               \
    {                                                       \
        "GetGeometries", sn_handle_geometries, 0, {0}, NULL \
    }
#define SN_KINEMATICS_HANDLER                               \
    {                                                       \
        "GetKinematics", sn_handle_kinematics, 0, {0}, NULL \
    }

/* Rows that end each API's table. */
#define SN_COMMON_HANDLERS                             \
    {"DoCommand", sn_handle_do_command, 0, {0}, NULL}, \
        {"GetStatus", sn_handle_status, 0, {0}, NULL}, \
    {                                                  \
        0                                              \
    }

#define SN_PROXY_COMMON                                              \
    {                                                                \
        .do_command = sn_proxy_do_command, .status = sn_proxy_status \
    }
#define SN_PROXY_COMMON_GEOMETRIES                                    \
    {                                                                 \
        .do_command = sn_proxy_do_command, .status = sn_proxy_status, \
        .geometries = sn_proxy_geometries                             \
    }
#define SN_PROXY_COMMON_KINEMATICS                                           \
    {                                                                        \
        .do_command = sn_proxy_do_command, .status = sn_proxy_status,        \
        .geometries = sn_proxy_geometries, .kinematics = sn_proxy_kinematics \
    }
int sn_proxy_do_command(struct sn_call *call, struct sn_resource *resource,
                        const struct pb_google_struct *command,
                        struct pb_google_struct **ret_result);
int sn_proxy_status(struct sn_call *call, struct sn_resource *resource,
                    struct pb_google_struct **ret_status);

int sn_proxy_geometries(struct sn_call *call, struct sn_resource *resource,
                        const struct pb_google_struct *extra,
                        struct pb_common_get_geometries_response *ret_geometries);
int sn_proxy_kinematics(struct sn_call *call, struct sn_resource *resource,
                        const struct pb_google_struct *extra,
                        struct pb_common_get_kinematics_response *ret_kinematics);

#endif
