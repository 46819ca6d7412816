/* SPDX-License-Identifier: Apache-2.0
 *
 * The navigation service that comes with the machine: it keeps places, routes and zones in memory
 * and knows where the machine is. It does not drive yet: that needs plans, so what would begin a
 * drive is checked and then answered with UNIMPLEMENTED.
 *
 * This is the newer form of the API. The reference's service of that name speaks the older one
 * alone (older.c); attributes and what is wrong with them are the same.
 */
#include "service/navigation/builtin.h"
#include "pb/service/navigation/v1/navigation.h"
#include "service/navigation/attrs.h"
#include "sinew/api/motion.h"
#include "sinew/time.h"

#include <math.h>

static int invalid(struct sn_call *call, const char *text)
{
    return sn_call_fail(call, SN_ERR_INVALID_ARGUMENT, "%s", text);
}

/* ---- where the machine is ---- */

static int look_around(struct sn_call *call, struct sn_navigation *navigation, const void *request,
                       void *ret,
                       int (*answer)(struct navigation_look *look,
                                     struct pb_service_navigation_position *position))
{
    struct navigation_look look = {.answer = answer, .request = request, .ret = ret};

    return sn_navigation_look(call, navigation, &look);
}

static int answer_position(struct navigation_look *look,
                           struct pb_service_navigation_position *position)
{
    ((struct pb_service_navigation_get_position_response *)look->ret)->position = position;
    return 0;
}

static int builtin_get_position(struct sn_call *call, struct sn_navigation *navigation,
                                const struct pb_service_navigation_get_position_request *request,
                                struct pb_service_navigation_get_position_response *ret)
{
    return look_around(call, navigation, request, ret, answer_position);
}

static int fill_status(struct sn_call *call, struct pb_service_navigation_position *position,
                       struct pb_service_navigation_get_navigation_status_response *ret)
{
    struct {
        struct pb_service_navigation_status status;
        struct pb_google_timestamp now;
    } *made = sn_arena_zalloc(call->arena, sizeof(*made));

    if (!made)
        return SN_ERR_RESOURCE_EXHAUSTED;
    made->now = sn_pb_timestamp_of((int64_t)call->env->unix_ns());
    made->status.updated_at = &made->now;
    made->status.position = position;
    made->status.localized = position;
    ret->status = &made->status;
    return 0;
}

static int answer_status(struct navigation_look *look,
                         struct pb_service_navigation_position *position)
{
    bool known = isfinite(position->geo_pose->location->latitude) &&
                 isfinite(position->geo_pose->location->longitude);

    return fill_status(look->call, known ? position : NULL, look->ret);
}

static int builtin_get_navigation_status(
    struct sn_call *call, struct sn_navigation *navigation,
    const struct pb_service_navigation_get_navigation_status_request *request,
    struct pb_service_navigation_get_navigation_status_response *ret)
{
    return sn_navigation_builtin(navigation)->sensor
               ? look_around(call, navigation, request, ret, answer_status)
               : fill_status(call, NULL, ret);
}

/* ---- locations ---- */

static bool is_finite_pose(const struct pb_common_pose *p)
{
    return isfinite(p->x) && isfinite(p->y) && isfinite(p->z) && isfinite(p->o_x) &&
           isfinite(p->o_y) && isfinite(p->o_z) && isfinite(p->theta);
}

static bool is_on_globe(const struct pb_common_geo_pose *pose)
{
    const struct pb_common_geo_point *at = pose->location;

    return at && fabs(at->latitude) <= 90 && fabs(at->longitude) <= 180;
}

/* NaN is nowhere. */
static int check_position(struct sn_call *call,
                          const struct pb_service_navigation_position *position)
{
    switch (position ? position->which_value : 0) {
    case PB_SERVICE_NAVIGATION_POSITION_VALUE_POSE:
        return is_finite_pose(position->pose) ? 0 : invalid(call, "position is not finite");
    case PB_SERVICE_NAVIGATION_POSITION_VALUE_GEO_POSE:
        return is_on_globe(position->geo_pose)
                   ? 0
                   : invalid(call, "position is not on the globe: latitude is -90 to 90, "
                                   "longitude -180 to 180");
    default:
        return invalid(call, "must provide a position");
    }
}

static int add_location(struct sn_call *call, struct builtin_navigation *self, struct sn_str name,
                        struct pb_service_navigation_position *position,
                        struct pb_service_navigation_add_location_response *ret)
{
    struct pb_service_navigation_location *location =
        sn_arena_alloc(call->arena, sizeof(*location));
    int code = check_position(call, position);

    if (code)
        return code;
    if (!location)
        return SN_ERR_RESOURCE_EXHAUSTED;
    *location = (struct pb_service_navigation_location){name, position};
    ret->location = location;
    return sn_shelf_add(call, &self->locations, location);
}

static int answer_add_location(struct navigation_look *look,
                               struct pb_service_navigation_position *position)
{
    const struct pb_service_navigation_add_location_request *request = look->request;

    return add_location(look->call, look->self, request->location_name, position, look->ret);
}

static int builtin_add_location(struct sn_call *call, struct sn_navigation *navigation,
                                const struct pb_service_navigation_add_location_request *request,
                                struct pb_service_navigation_add_location_response *ret)
{
    if (!request->position)
        return look_around(call, navigation, request, ret, answer_add_location);
    return add_location(call, sn_navigation_builtin(navigation), request->location_name,
                        request->position, ret);
}

static int builtin_get_location(struct sn_call *call, struct sn_navigation *navigation,
                                const struct pb_service_navigation_get_location_request *request,
                                struct pb_service_navigation_get_location_response *ret)
{
    return sn_shelf_get(call, &sn_navigation_builtin(navigation)->locations, request->location_name,
                        (void **)&ret->location);
}

/* Adds all messages of a shelf to `list`, a SN_PB_LIST of them. */
static int list_all(struct sn_call *call, const struct sn_shelf *shelf, void *list)
{
    int code = 0;

    for (size_t i = 0; i < shelf->count && !code; i++) {
        void *message, *to = sn_pb_list_add(list, shelf->msg->size, call->arena);

        code = to ? sn_shelf_read(call, shelf, i, &message) : SN_ERR_RESOURCE_EXHAUSTED;
        if (!code)
            memcpy(to, message, shelf->msg->size);
    }
    return code;
}

static int
builtin_list_locations(struct sn_call *call, struct sn_navigation *navigation,
                       const struct pb_service_navigation_list_locations_request *request,
                       struct pb_service_navigation_list_locations_response *ret)
{
    return list_all(call, &sn_navigation_builtin(navigation)->locations, &ret->locations);
}

static int
builtin_update_location(struct sn_call *call, struct sn_navigation *navigation,
                        const struct pb_service_navigation_update_location_request *request,
                        struct pb_service_navigation_update_location_response *ret)
{
    struct sn_shelf *shelf = &sn_navigation_builtin(navigation)->locations;
    int code = sn_shelf_get(call, shelf, request->location_name, (void **)&ret->location);

    if (!code && request->position)
        code = check_position(call, request->position);
    if (code)
        return code;
    if (request->position)
        ret->location->position = request->position;
    if (request->has_new_name)
        ret->location->name = request->new_name;
    return sn_shelf_replace(call, shelf, request->location_name, ret->location);
}

static int
builtin_delete_location(struct sn_call *call, struct sn_navigation *navigation,
                        const struct pb_service_navigation_delete_location_request *request,
                        struct pb_service_navigation_delete_location_response *ret)
{
    return sn_shelf_delete(call, &sn_navigation_builtin(navigation)->locations,
                           request->location_name);
}

/* ---- routes ---- */

static int check_waypoints(struct sn_call *call, const struct pb_service_navigation_waypoint *v,
                           size_t count)
{
    int code = 0;

    for (size_t i = 0; i < count && !code; i++) {
        if (v[i].which_value == PB_SERVICE_NAVIGATION_WAYPOINT_VALUE_POSITION)
            code = check_position(call, v[i].position);
        else if (v[i].which_value != PB_SERVICE_NAVIGATION_WAYPOINT_VALUE_LOCATION ||
                 !v[i].location.len)
            code = invalid(call, "a waypoint must be a location or a position");
    }
    return code;
}

static int builtin_add_route(struct sn_call *call, struct sn_navigation *navigation,
                             const struct pb_service_navigation_add_route_request *request,
                             struct pb_service_navigation_add_route_response *ret)
{
    int code = check_waypoints(call, request->waypoints.v, request->waypoints.n);

    if (code)
        return code;
    ret->route = sn_arena_zalloc(call->arena, sizeof(*ret->route));
    if (!ret->route)
        return SN_ERR_RESOURCE_EXHAUSTED;
    ret->route->name = request->route_name;
    memcpy(&ret->route->waypoints, &request->waypoints, sizeof(ret->route->waypoints));
    return sn_shelf_add(call, &sn_navigation_builtin(navigation)->routes, ret->route);
}

static int builtin_get_route(struct sn_call *call, struct sn_navigation *navigation,
                             const struct pb_service_navigation_get_route_request *request,
                             struct pb_service_navigation_get_route_response *ret)
{
    return sn_shelf_get(call, &sn_navigation_builtin(navigation)->routes, request->route_name,
                        (void **)&ret->route);
}

static int builtin_list_routes(struct sn_call *call, struct sn_navigation *navigation,
                               const struct pb_service_navigation_list_routes_request *request,
                               struct pb_service_navigation_list_routes_response *ret)
{
    return list_all(call, &sn_navigation_builtin(navigation)->routes, &ret->routes);
}

static int builtin_update_route(struct sn_call *call, struct sn_navigation *navigation,
                                const struct pb_service_navigation_update_route_request *request,
                                struct pb_service_navigation_update_route_response *ret)
{
    struct sn_shelf *shelf = &sn_navigation_builtin(navigation)->routes;
    const struct pb_service_navigation_waypoint_list *waypoints = request->waypoints;
    int code = sn_shelf_get(call, shelf, request->route_name, (void **)&ret->route);

    if (!code && waypoints)
        code = check_waypoints(call, waypoints->waypoints.v, waypoints->waypoints.n);
    if (code)
        return code;
    if (waypoints)
        memcpy(&ret->route->waypoints, &waypoints->waypoints, sizeof(ret->route->waypoints));
    if (request->has_new_name)
        ret->route->name = request->new_name;
    return sn_shelf_replace(call, shelf, request->route_name, ret->route);
}

static int builtin_delete_route(struct sn_call *call, struct sn_navigation *navigation,
                                const struct pb_service_navigation_delete_route_request *request,
                                struct pb_service_navigation_delete_route_response *ret)
{
    return sn_shelf_delete(call, &sn_navigation_builtin(navigation)->routes, request->route_name);
}

/* ---- zones ---- */

static int check_zone(struct sn_call *call, const struct pb_service_navigation_zone *zone)
{
    bool limits = sn_str_is(zone->type, "speed_limit");

    if (!limits && !sn_str_is(zone->type, "keepout"))
        return invalid(call, "zone type must be \"keepout\" or \"speed_limit\"");
    if (limits && !(zone->has_max_speed && zone->max_speed > 0 && isfinite(zone->max_speed)))
        return invalid(call, "a zone of type \"speed_limit\" needs a max_speed above 0");
    return zone->geometry ? 0 : invalid(call, "must provide the zone's geometry");
}

static int builtin_add_zone(struct sn_call *call, struct sn_navigation *navigation,
                            const struct pb_service_navigation_add_zone_request *request,
                            struct pb_service_navigation_add_zone_response *ret)
{
    ret->zone = sn_arena_alloc(call->arena, sizeof(*ret->zone));
    if (!ret->zone)
        return SN_ERR_RESOURCE_EXHAUSTED;
    *ret->zone = (struct pb_service_navigation_zone){.name = request->zone_name,
                                                     .type = request->type,
                                                     .geometry = request->geometry,
                                                     .max_speed = request->max_speed,
                                                     .has_max_speed = request->has_max_speed};
    int code = check_zone(call, ret->zone);
    return code ? code : sn_shelf_add(call, &sn_navigation_builtin(navigation)->zones, ret->zone);
}

static int builtin_get_zone(struct sn_call *call, struct sn_navigation *navigation,
                            const struct pb_service_navigation_get_zone_request *request,
                            struct pb_service_navigation_get_zone_response *ret)
{
    return sn_shelf_get(call, &sn_navigation_builtin(navigation)->zones, request->zone_name,
                        (void **)&ret->zone);
}

static int builtin_list_zones(struct sn_call *call, struct sn_navigation *navigation,
                              const struct pb_service_navigation_list_zones_request *request,
                              struct pb_service_navigation_list_zones_response *ret)
{
    int code = list_all(call, &sn_navigation_builtin(navigation)->zones, &ret->zones);
    uint32_t kept = 0;

    for (uint32_t i = 0; i < ret->zones.n && request->type.len; i++)
        if (sn_str_eq(ret->zones.v[i].type, request->type))
            ret->zones.v[kept++] = ret->zones.v[i];
    if (request->type.len)
        ret->zones.n = kept;
    return code;
}

static int builtin_update_zone(struct sn_call *call, struct sn_navigation *navigation,
                               const struct pb_service_navigation_update_zone_request *request,
                               struct pb_service_navigation_update_zone_response *ret)
{
    struct sn_shelf *shelf = &sn_navigation_builtin(navigation)->zones;
    int code = sn_shelf_get(call, shelf, request->zone_name, (void **)&ret->zone);

    if (code)
        return code;
    if (request->has_type)
        ret->zone->type = request->type;
    if (request->geometry)
        ret->zone->geometry = request->geometry;
    if (request->has_max_speed) {
        ret->zone->max_speed = request->max_speed;
        ret->zone->has_max_speed = true;
    }
    if (request->has_new_name)
        ret->zone->name = request->new_name;
    code = check_zone(call, ret->zone);
    return code ? code : sn_shelf_replace(call, shelf, request->zone_name, ret->zone);
}

static int builtin_delete_zone(struct sn_call *call, struct sn_navigation *navigation,
                               const struct pb_service_navigation_delete_zone_request *request,
                               struct pb_service_navigation_delete_zone_response *ret)
{
    return sn_shelf_delete(call, &sn_navigation_builtin(navigation)->zones, request->zone_name);
}

/* ---- driving ---- */

int sn_navigation_no_planner(struct sn_call *call)
{
    return sn_call_fail(call, SN_ERR_UNIMPLEMENTED, "motion planning is not built yet");
}

static int need_location(struct sn_call *call, struct sn_navigation *navigation, struct sn_str name)
{
    void *location;
    int code = sn_shelf_get(call, &sn_navigation_builtin(navigation)->locations, name, &location);

    return code ? code : sn_navigation_no_planner(call);
}

static int need_position(struct sn_call *call,
                         const struct pb_service_navigation_position *position)
{
    int code = check_position(call, position);

    return code ? code : sn_navigation_no_planner(call);
}

#define TO_LOCATION(op)                                                                 \
    static int builtin_##op(struct sn_call *call, struct sn_navigation *navigation,     \
                            const struct pb_service_navigation_##op##_request *request, \
                            struct pb_service_navigation_##op##_response *ret)          \
    {                                                                                   \
        return need_location(call, navigation, request->location_name);                 \
    }
#define TO_POINT(op)                                                                    \
    static int builtin_##op(struct sn_call *call, struct sn_navigation *navigation,     \
                            const struct pb_service_navigation_##op##_request *request, \
                            struct pb_service_navigation_##op##_response *ret)          \
    {                                                                                   \
        return need_position(call, request->destination);                               \
    }
/* No drive is ever under way. */
#define OF_DRIVE(op)                                                                    \
    static int builtin_##op(struct sn_call *call, struct sn_navigation *navigation,     \
                            const struct pb_service_navigation_##op##_request *request, \
                            struct pb_service_navigation_##op##_response *ret)          \
    {                                                                                   \
        return sn_call_fail(call, SN_ERR_FAILED_PRECONDITION, "no goal is active");     \
    }

TO_LOCATION(navigate_to_location)
TO_LOCATION(plan_to_location)
TO_LOCATION(go_to_location)
TO_POINT(navigate_to_point)
TO_POINT(plan_to_point)
TO_POINT(go_to_point)
OF_DRIVE(suspend)
OF_DRIVE(resume)
OF_DRIVE(cancel)

/* A route that is kept, or one that is brought along. */
static int
builtin_navigate_route(struct sn_call *call, struct sn_navigation *navigation,
                       const struct pb_service_navigation_navigate_route_request *request,
                       struct pb_service_navigation_navigate_route_response *ret)
{
    void *route;
    int code = request->route_name.len
                   ? sn_shelf_get(call, &sn_navigation_builtin(navigation)->routes,
                                  request->route_name, &route)
                   : check_waypoints(call, request->waypoints.v, request->waypoints.n);

    if (!code && !request->route_name.len && !request->waypoints.n)
        code = invalid(call, "must provide a route or waypoints");
    return code ? code : sn_navigation_no_planner(call);
}

static int builtin_execute_plan(struct sn_call *call, struct sn_navigation *navigation,
                                const struct pb_service_navigation_execute_plan_request *request,
                                struct pb_service_navigation_execute_plan_response *ret)
{
    return request->plan ? sn_navigation_no_planner(call) : invalid(call, "must provide a plan");
}

/* ---- properties ---- */

static int
builtin_get_properties(struct sn_call *call, struct sn_navigation *navigation,
                       const struct pb_service_navigation_get_properties_request *request,
                       struct pb_service_navigation_get_properties_response *ret)
{
    ret->properties = sn_arena_zalloc(call->arena, sizeof(*ret->properties));
    if (!ret->properties)
        return SN_ERR_RESOURCE_EXHAUSTED;
    if (sn_navigation_builtin(navigation)->on_globe)
        ret->properties->map_type = PB_SERVICE_NAVIGATION_MAP_TYPE_GPS;
    ret->properties->zones_supported = true;
    ret->properties->routes_supported = true;
    return 0;
}

static int builtin_get_costmap(struct sn_call *call, struct sn_navigation *navigation,
                               const struct pb_service_navigation_get_costmap_request *request,
                               struct pb_service_navigation_get_costmap_response *ret)
{
    ret->layer = request->layer; /* and it is not available */
    return 0;
}

/* ---- its life ---- */

/* What it would drive with must be there, too. */
static int open_dependencies(struct sn_call *call, struct builtin_navigation *self,
                             const struct navigation_attrs *a)
{
    struct sn_resource *resource = &self->base.base, *found;
    int code = sn_dependency(call, resource, SN_API_BASE, a->base, &self->wheels);

    if (!code && a->motion_service.len)
        code = sn_dependency(call, resource, SN_API_MOTION, a->motion_service, &found);
    if (code || !sn_navigation_is_gps(a))
        return code;
    code = sn_dependency(call, resource, SN_API_MOVEMENT_SENSOR, a->movement_sensor, &found);
    self->sensor = (struct sn_movement_sensor *)found;
    return code;
}

static int builtin_open(struct sn_call *call, struct sn_resource *resource, const void *attrs)
{
    struct builtin_navigation *self = (struct builtin_navigation *)resource;
    const struct navigation_attrs *a = attrs;

    if (sn_str_is(a->store.type, "mongodb"))
        return sn_call_fail(call, SN_ERR_UNIMPLEMENTED, "store \"mongodb\" is not built yet");
    self->on_globe = sn_navigation_is_gps(a);
    self->locations =
        (struct sn_shelf){.what = "location", .msg = &pb_service_navigation_location_msg};
    self->routes = (struct sn_shelf){.what = "route", .msg = &pb_service_navigation_route_msg};
    self->zones = (struct sn_shelf){.what = "zone", .msg = &pb_service_navigation_zone_msg};
    int code = open_dependencies(call, self, a);
    return code ? code : sn_navigation_open_older(call, self, a);
}

static void builtin_fini(struct sn_resource *resource)
{
    struct builtin_navigation *self = (struct builtin_navigation *)resource;

    sn_shelf_fini(&self->locations);
    sn_shelf_fini(&self->routes);
    sn_shelf_fini(&self->zones);
    sn_navigation_fini_older(self);
}

static const struct sn_navigation_ops builtin_ops = {
#define NEWER(op, method) .op = builtin_##op,
#define OLDER(op, method) .op = sn_navigation_builtin_##op,
    SN_NAVIGATION_NEWER_METHODS(NEWER) NEWER(get_location, GetLocation)
        NEWER(get_properties, GetProperties) SN_NAVIGATION_OLDER_METHODS(OLDER)
            OLDER(older_get_location, GetLocation)};

const struct sn_driver sn_service_navigation_builtin = {
    .api = SN_API_NAVIGATION,
    .model = "rdk:builtin:builtin",
    .help = "keeps places, routes, zones and waypoints; does not drive yet",
    .size = sizeof(struct builtin_navigation),
    .attrs_size = sizeof(struct navigation_attrs),
    .attrs = sn_navigation_attrs,
    .ops = &builtin_ops,
    .validate = sn_navigation_validate,
    .open = builtin_open,
    .fini = builtin_fini,
};
