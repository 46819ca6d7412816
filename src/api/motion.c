/* SPDX-License-Identifier: Apache-2.0
 *
 * Motion API: wrappers, server glue, proxy.
 */
#include "sinew/api/motion.h"
#include "api/api.h"
#include "api/geometry.h"
#include "pb/service/motion/v1/motion.h"

#include <ctype.h>
#include <stdlib.h>

static const struct sn_motion_ops *ops_of(const struct sn_motion *motion)
{
    return motion->base.ops;
}

/* ---- what is refused ---- */

static int refuse(struct sn_call *call, const char *text)
{
    return sn_call_fail(call, SN_ERR_UNKNOWN, "%s", text);
}

static int check_component(struct sn_call *call, struct sn_str component)
{
    return component.len ? 0 : refuse(call, "component name cannot be empty");
}

static int check_geometry(struct sn_call *call, const struct pb_common_geometry *pb,
                          const char *context)
{
    struct sn_geometry geometry;
    struct sn_error error;

    if (sn_geometry_from_pb(pb, &geometry, &error))
        return sn_call_fail(call, SN_ERR_UNKNOWN, "%s%s", context, error.text);
    return 0;
}

static int compare_names(const void *a, const void *b)
{
    const struct sn_str *x = a, *y = b;
    int order = memcmp(x->ptr, y->ptr, x->len < y->len ? x->len : y->len);

    return order ? order : (x->len > y->len) - (x->len < y->len);
}

static int check_names(struct sn_call *call, struct sn_str *names, size_t count)
{
    if (count)
        qsort(names, count, sizeof(*names), compare_names);
    for (size_t i = 1; i < count; i++)
        if (sn_str_eq(names[i - 1], names[i]))
            return sn_call_fail(call, SN_ERR_UNKNOWN,
                                "cannot specify multiple geometries with the same name: %.*s",
                                SN_STR_ARGS(names[i]));
    return 0;
}

static int check_obstacles(struct sn_call *call, const struct pb_common_world_state *world)
{
    struct {
        SN_PB_LIST(struct sn_str) names;
    } found = {0};

    for (uint32_t i = 0; i < world->obstacles.n; i++) {
        const struct pb_common_geometries_in_frame *place = &world->obstacles.v[i];

        for (uint32_t k = 0; k < place->geometries.n; k++) {
            const struct pb_common_geometry *geometry = &place->geometries.v[k];
            int code = check_geometry(call, geometry, "");

            if (code)
                return code;
            struct sn_str *name = geometry->label.len ? sn_pb_add(&found.names, call->arena) : NULL;
            if (!name && geometry->label.len)
                return SN_ERR_RESOURCE_EXHAUSTED;
            if (name)
                *name = geometry->label;
        }
    }
    return check_names(call, found.names.v, found.names.n);
}

static int check_regions(struct sn_call *call, const struct pb_common_geo_geometry *regions,
                         size_t count)
{
    int code = 0;

    for (size_t i = 0; i < count; i++)
        for (uint32_t k = 0; k < regions[i].geometries.n && !code; k++)
            code = check_geometry(call, &regions[i].geometries.v[k], "");
    return code;
}

static int check_on_map(struct sn_call *call,
                        const struct pb_service_motion_move_on_map_request *request)
{
    if (!request->destination)
        return refuse(call, "received nil *commonpb.Pose for destination");
    int code = check_component(call, request->component_name);
    if (!code && !request->slam_service_name.len)
        return refuse(call, "SlamService name cannot be empty");
    for (uint32_t i = 0; i < request->obstacles.n && !code; i++)
        code = check_geometry(call, &request->obstacles.v[i],
                              "cannot convert obstacles into geometries: ");
    return code;
}

static int check_on_globe(struct sn_call *call,
                          const struct pb_service_motion_move_on_globe_request *request)
{
    if (!request->destination)
        return refuse(call, "must provide a destination");
    int code = check_component(call, request->component_name);
    if (!code && !request->movement_sensor_name.len)
        return refuse(call, "movement sensor name cannot be empty");
    if (!code)
        code = check_regions(call, request->obstacles.v, request->obstacles.n);
    if (!code)
        code = check_regions(call, request->bounding_regions.v, request->bounding_regions.n);
    return code;
}

/* 8-4-4-4-12 hex digits. */
static int check_uuid(struct sn_call *call, struct sn_str id)
{
    static const char form[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";

    if (id.len != sizeof(form) - 1)
        return sn_call_fail(call, SN_ERR_UNKNOWN, "invalid UUID length: %zu", id.len);
    for (size_t i = 0; i < id.len; i++)
        if (form[i] == '-' ? id.ptr[i] != '-' : !isxdigit((unsigned char)id.ptr[i]))
            return refuse(call, "invalid UUID format");
    return 0;
}

/* Who is elsewhere checks for himself. */
static int enter(struct sn_call *call, struct sn_motion *motion, enum sn_kind kind,
                 bool *ret_to_check)
{
    int code = sn_resource_enter(&motion->base, call, kind);

    *ret_to_check = !code && !motion->base.elsewhere;
    return code;
}

/* ---- wrappers ---- */

int sn_motion_move(struct sn_call *call, struct sn_motion *motion,
                   const struct pb_service_motion_move_request *request,
                   struct pb_service_motion_move_response *ret)
{
    bool to_check;
    int code = enter(call, motion, SN_ACTUATION, &to_check);

    if (to_check && request->world_state)
        code = check_obstacles(call, request->world_state);
    return code ? code : ops_of(motion)->move(call, motion, request, ret);
}

int sn_motion_move_on_map(struct sn_call *call, struct sn_motion *motion,
                          const struct pb_service_motion_move_on_map_request *request,
                          struct pb_service_motion_move_on_map_response *ret)
{
    bool to_check;
    int code = enter(call, motion, SN_READ, &to_check);

    if (to_check)
        code = check_on_map(call, request);
    return code ? code : ops_of(motion)->move_on_map(call, motion, request, ret);
}

int sn_motion_move_on_globe(struct sn_call *call, struct sn_motion *motion,
                            const struct pb_service_motion_move_on_globe_request *request,
                            struct pb_service_motion_move_on_globe_response *ret)
{
    bool to_check;
    int code = enter(call, motion, SN_READ, &to_check);

    if (to_check)
        code = check_on_globe(call, request);
    return code ? code : ops_of(motion)->move_on_globe(call, motion, request, ret);
}

int sn_motion_pose(struct sn_call *call, struct sn_motion *motion,
                   const struct pb_service_motion_get_pose_request *request,
                   struct pb_service_motion_get_pose_response *ret)
{
    bool to_check;
    int code = enter(call, motion, SN_READ, &to_check);

    if (to_check && !request->component_name.len)
        code = refuse(call, "must provide component name");
    return code ? code : ops_of(motion)->pose(call, motion, request, ret);
}

int sn_motion_stop_plan(struct sn_call *call, struct sn_motion *motion,
                        const struct pb_service_motion_stop_plan_request *request)
{
    int code = sn_resource_enter(&motion->base, call, SN_READ);

    return code ? code : ops_of(motion)->stop_plan(call, motion, request);
}

int sn_motion_list_plan_statuses(struct sn_call *call, struct sn_motion *motion,
                                 const struct pb_service_motion_list_plan_statuses_request *request,
                                 struct pb_service_motion_list_plan_statuses_response *ret)
{
    int code = sn_resource_enter(&motion->base, call, SN_READ);

    return code ? code : ops_of(motion)->list_plan_statuses(call, motion, request, ret);
}

int sn_motion_plan(struct sn_call *call, struct sn_motion *motion,
                   const struct pb_service_motion_get_plan_request *request,
                   struct pb_service_motion_get_plan_response *ret)
{
    bool to_check;
    int code = enter(call, motion, SN_READ, &to_check);

    if (to_check)
        code = check_component(call, request->component_name);
    if (to_check && !code && request->execution_id.len)
        code = check_uuid(call, request->execution_id);
    return code ? code : ops_of(motion)->plan(call, motion, request, ret);
}

/* ---- server ---- */

static int handle_move(struct sn_rpc *rpc, void *self, const void *request, void *response)
{
    return sn_motion_move(&rpc->call, self, request, response);
}

static int handle_move_on_map(struct sn_rpc *rpc, void *self, const void *request, void *response)
{
    return sn_motion_move_on_map(&rpc->call, self, request, response);
}

static int handle_move_on_globe(struct sn_rpc *rpc, void *self, const void *request, void *response)
{
    return sn_motion_move_on_globe(&rpc->call, self, request, response);
}

static int handle_get_pose(struct sn_rpc *rpc, void *self, const void *request, void *response)
{
    return sn_motion_pose(&rpc->call, self, request, response);
}

static int handle_stop_plan(struct sn_rpc *rpc, void *self, const void *request, void *response)
{
    return sn_motion_stop_plan(&rpc->call, self, request);
}

static int handle_list_plan_statuses(struct sn_rpc *rpc, void *self, const void *request,
                                     void *response)
{
    return sn_motion_list_plan_statuses(&rpc->call, self, request, response);
}

static int handle_get_plan(struct sn_rpc *rpc, void *self, const void *request, void *response)
{
    return sn_motion_plan(&rpc->call, self, request, response);
}

/* ---- proxy ---- */

static int proxy_move(struct sn_call *call, struct sn_motion *motion,
                      const struct pb_service_motion_move_request *request,
                      struct pb_service_motion_move_response *ret)
{
    struct pb_service_motion_move_request req = *request;

    req.name = sn_proxy_name(&motion->base);
    return sn_proxy_fill(call, &motion->base, "Move", &req, ret);
}

static int proxy_move_on_map(struct sn_call *call, struct sn_motion *motion,
                             const struct pb_service_motion_move_on_map_request *request,
                             struct pb_service_motion_move_on_map_response *ret)
{
    struct pb_service_motion_move_on_map_request req = *request;

    req.name = sn_proxy_name(&motion->base);
    return sn_proxy_fill(call, &motion->base, "MoveOnMap", &req, ret);
}

static int proxy_move_on_globe(struct sn_call *call, struct sn_motion *motion,
                               const struct pb_service_motion_move_on_globe_request *request,
                               struct pb_service_motion_move_on_globe_response *ret)
{
    struct pb_service_motion_move_on_globe_request req = *request;

    req.name = sn_proxy_name(&motion->base);
    return sn_proxy_fill(call, &motion->base, "MoveOnGlobe", &req, ret);
}

static int proxy_pose(struct sn_call *call, struct sn_motion *motion,
                      const struct pb_service_motion_get_pose_request *request,
                      struct pb_service_motion_get_pose_response *ret)
{
    struct pb_service_motion_get_pose_request req = *request;

    req.name = sn_proxy_name(&motion->base);
    return sn_proxy_fill(call, &motion->base, "GetPose", &req, ret);
}

static int proxy_stop_plan(struct sn_call *call, struct sn_motion *motion,
                           const struct pb_service_motion_stop_plan_request *request)
{
    struct pb_service_motion_stop_plan_request req = *request;

    req.name = sn_proxy_name(&motion->base);
    return sn_proxy_call(call, &motion->base, "StopPlan", &req, NULL, NULL);
}

static int
proxy_list_plan_statuses(struct sn_call *call, struct sn_motion *motion,
                         const struct pb_service_motion_list_plan_statuses_request *request,
                         struct pb_service_motion_list_plan_statuses_response *ret)
{
    struct pb_service_motion_list_plan_statuses_request req = *request;

    req.name = sn_proxy_name(&motion->base);
    return sn_proxy_fill(call, &motion->base, "ListPlanStatuses", &req, ret);
}

static int proxy_plan(struct sn_call *call, struct sn_motion *motion,
                      const struct pb_service_motion_get_plan_request *request,
                      struct pb_service_motion_get_plan_response *ret)
{
    struct pb_service_motion_get_plan_request req = *request;

    req.name = sn_proxy_name(&motion->base);
    return sn_proxy_fill(call, &motion->base, "GetPlan", &req, ret);
}

static const struct sn_motion_ops proxy_ops = {
    .common = SN_PROXY_COMMON,
    .move = proxy_move,
    .move_on_map = proxy_move_on_map,
    .move_on_globe = proxy_move_on_globe,
    .pose = proxy_pose,
    .stop_plan = proxy_stop_plan,
    .list_plan_statuses = proxy_list_plan_statuses,
    .plan = proxy_plan,
};

static const struct sn_handler handlers[] = {
    {"Move", handle_move, 0, {0}, NULL},
    {"MoveOnMap", handle_move_on_map, 0, {0}, NULL},
    {"MoveOnGlobe", handle_move_on_globe, 0, {0}, NULL},
    {"GetPose", handle_get_pose, 0, {0}, NULL},
    {"StopPlan", handle_stop_plan, SN_HANDLER_RESERVED, {0}, NULL},
    {"ListPlanStatuses", handle_list_plan_statuses, 0, {0}, NULL},
    {"GetPlan", handle_get_plan, 0, {0}, NULL},
    SN_COMMON_HANDLERS,
};

const struct sn_api sn_api_motion = {
    .name = SN_API_MOTION,
    .service = {SN_API_MOTION, &pb_service_motion_motion_service, handlers},
    .size = sizeof(struct sn_motion),
    .proxy_ops = &proxy_ops,
};
