/* SPDX-License-Identifier: Apache-2.0
 *
 * Methods that every API has: wrappers, server glue, proxy.
 */
#include "pb/common/v1/common.h"
#include "api/api.h"

static const struct sn_common_ops *ops_of(const struct sn_resource *resource)
{
    return resource->ops;
}

int sn_do_command(struct sn_call *call, struct sn_resource *resource,
                  const struct pb_google_struct *command, struct pb_google_struct **ret_result)
{
    int code = sn_resource_enter(resource, call, SN_READ);

    if (code)
        return code;
    if (!ops_of(resource)->do_command)
        return sn_call_fail(call, SN_ERR_UNKNOWN, "DoCommand unimplemented");
    return ops_of(resource)->do_command(call, resource, command, ret_result);
}

int sn_status(struct sn_call *call, struct sn_resource *resource,
              struct pb_google_struct **ret_status)
{
    int code = sn_resource_enter(resource, call, SN_READ);

    if (code)
        return code;
    if (ops_of(resource)->status)
        return ops_of(resource)->status(call, resource, ret_status);
    *ret_status = sn_arena_zalloc(call->arena, sizeof(struct pb_google_struct));
    return *ret_status ? 0 : SN_ERR_RESOURCE_EXHAUSTED;
}

int sn_geometries(struct sn_call *call, struct sn_resource *resource,
                  const struct pb_google_struct *extra,
                  struct pb_common_get_geometries_response *ret_geometries)
{
    int code = sn_resource_enter(resource, call, SN_READ);

    if (code || !ops_of(resource)->geometries)
        return code;
    return ops_of(resource)->geometries(call, resource, extra, ret_geometries);
}

int sn_kinematics(struct sn_call *call, struct sn_resource *resource,
                  const struct pb_google_struct *extra,
                  struct pb_common_get_kinematics_response *ret_kinematics)
{
    int code = sn_resource_enter(resource, call, SN_READ);

    return code ? code : ops_of(resource)->kinematics(call, resource, extra, ret_kinematics);
}

int sn_frame_geometries(struct sn_call *call, struct sn_resource *resource,
                        const struct pb_google_struct *extra,
                        struct pb_common_get_geometries_response *ret_geometries)
{
    const struct sn_neighbours *neighbours = resource->neighbours;

    return neighbours ? neighbours->geometries(call, resource, ret_geometries) : 0;
}

/* Of meshes; no message carries more. A call may use less otherwise. */
enum { GEOMETRIES_BYTES_MAX = 32 << 20 };

static void make_room(struct sn_call *call)
{
    call->arena->left += GEOMETRIES_BYTES_MAX;
}

int sn_frame_check(struct sn_call *call, struct sn_resource *resource)
{
    struct pb_common_get_geometries_response geometries = {0};

    make_room(call);
    return sn_frame_geometries(call, resource, NULL, &geometries);
}

/* ---- server ---- */

int sn_handle_do_command(struct sn_rpc *rpc, void *self, const void *request, void *response)
{
    const struct pb_common_do_command_request *req = request;
    struct pb_common_do_command_response *resp = response;

    return sn_do_command(&rpc->call, self, req->command, &resp->result);
}

int sn_handle_status(struct sn_rpc *rpc, void *self, const void *request, void *response)
{
    struct pb_common_get_status_response *resp = response;

    return sn_status(&rpc->call, self, &resp->result);
}

int sn_handle_geometries(struct sn_rpc *rpc, void *self, const void *request, void *response)
{
    const struct pb_common_get_geometries_request *req = request;

    make_room(&rpc->call);
    return sn_geometries(&rpc->call, self, req->extra, response);
}

int sn_handle_kinematics(struct sn_rpc *rpc, void *self, const void *request, void *response)
{
    const struct pb_common_get_kinematics_request *req = request;

    return sn_kinematics(&rpc->call, self, req->extra, response);
}

/* ---- proxy ---- */

static int do_command_reply(struct sn_call *call, const void *response, void *arg)
{
    const struct pb_common_do_command_response *resp = response;

    *(struct pb_google_struct **)arg = resp->result;
    return 0;
}

int sn_proxy_do_command(struct sn_call *call, struct sn_resource *resource,
                        const struct pb_google_struct *command,
                        struct pb_google_struct **ret_result)
{
    struct pb_common_do_command_request req = {
        .name = sn_proxy_name(resource),
        .command = sn_proxy_borrow(command),
    };

    return sn_proxy_call(call, resource, "DoCommand", &req, do_command_reply, ret_result);
}

static int status_reply(struct sn_call *call, const void *response, void *arg)
{
    const struct pb_common_get_status_response *resp = response;

    *(struct pb_google_struct **)arg = resp->result;
    return 0;
}

int sn_proxy_status(struct sn_call *call, struct sn_resource *resource,
                    struct pb_google_struct **ret_status)
{
    struct pb_common_get_status_request req = {.name = sn_proxy_name(resource)};

    return sn_proxy_call(call, resource, "GetStatus", &req, status_reply, ret_status);
}

static int geometries_reply(struct sn_call *call, const void *response, void *arg)
{
    *(struct pb_common_get_geometries_response *)arg =
        *(const struct pb_common_get_geometries_response *)response;
    return 0;
}

int sn_proxy_geometries(struct sn_call *call, struct sn_resource *resource,
                        const struct pb_google_struct *extra,
                        struct pb_common_get_geometries_response *ret_geometries)
{
    struct pb_common_get_geometries_request req = {.name = sn_proxy_name(resource),
                                                   .extra = sn_proxy_borrow(extra)};

    return sn_proxy_call(call, resource, "GetGeometries", &req, geometries_reply, ret_geometries);
}

static int kinematics_reply(struct sn_call *call, const void *response, void *arg)
{
    *(struct pb_common_get_kinematics_response *)arg =
        *(const struct pb_common_get_kinematics_response *)response;
    return 0;
}

int sn_proxy_kinematics(struct sn_call *call, struct sn_resource *resource,
                        const struct pb_google_struct *extra,
                        struct pb_common_get_kinematics_response *ret_kinematics)
{
    struct pb_common_get_kinematics_request req = {.name = sn_proxy_name(resource),
                                                   .extra = sn_proxy_borrow(extra)};

    return sn_proxy_call(call, resource, "GetKinematics", &req, kinematics_reply, ret_kinematics);
}
