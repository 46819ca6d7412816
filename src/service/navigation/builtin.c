/* SPDX-License-Identifier: Apache-2.0
 *
 * The navigation service that comes with the machine: it keeps places, routes and zones in memory
 * and knows where the machine is. It does not drive yet: that needs plans, so what would begin a
 * drive is checked and then answered with UNIMPLEMENTED.
 *
 * The reference's service of that name speaks an older form of the API; attributes and what is
 * wrong with them are the same.
 */
#include "pb/service/navigation/v1/navigation.h"
#include "service/navigation/attrs.h"
#include "service/navigation/shelf.h"
#include "sinew/api/base.h"
#include "sinew/api/camera.h"
#include "sinew/api/motion.h"
#include "sinew/api/movement_sensor.h"
#include "sinew/api/navigation.h"
#include "sinew/api/vision.h"
#include "sinew/time.h"

#include <math.h>

struct builtin_navigation {
    struct sn_navigation base;
    struct sn_movement_sensor *sensor; /* NULL: none */
    bool on_globe;
    struct sn_shelf locations, routes, zones;
};

static struct builtin_navigation *builtin_of(struct sn_navigation *navigation)
{
    return (struct builtin_navigation *)navigation;
}

static int invalid(struct sn_call *call, const char *text)
{
    return sn_call_fail(call, SN_ERR_INVALID_ARGUMENT, "%s", text);
}

/* ---- where the machine is ---- */

enum { POSITION, HEADING };

/* Asks the sensor for one after the other. */
struct builtin_look {
    struct sn_call step_call; /* first */
    struct sn_call *call;
    struct builtin_navigation *self;
    int step;
    struct pb_common_geo_point *point;
    float altitude;
    double heading;
    bool has_heading;
    /* Ends the call with what it makes of the position. */
    int (*answer)(struct builtin_look *look, struct pb_service_navigation_position *position);
    const void *request;
    void *ret;
};

static int begin_step(struct sn_call *call)
{
    struct builtin_look *look = (struct builtin_look *)call;
    struct sn_movement_sensor *sensor = look->self->sensor;

    if (look->step == POSITION)
        return sn_movement_sensor_position(call, sensor, NULL, look->point, &look->altitude);
    return sn_movement_sensor_compass_heading(call, sensor, NULL, &look->heading);
}

static int make_answer(struct builtin_look *look)
{
    struct {
        struct pb_service_navigation_position position;
        struct pb_common_geo_pose pose;
    } *made = sn_arena_zalloc(look->call->arena, sizeof(*made));

    if (!made)
        return SN_ERR_RESOURCE_EXHAUSTED;
    made->position.which_value = PB_SERVICE_NAVIGATION_POSITION_VALUE_GEO_POSE;
    made->position.geo_pose = &made->pose;
    made->pose.location = look->point;
    made->pose.altitude = (double)look->altitude;
    if (look->has_heading) {
        made->pose.which_orientation = PB_COMMON_GEO_POSE_ORIENTATION_HEADING;
        made->pose.heading = look->heading;
    }
    return look->answer(look, &made->position);
}

static void step(struct builtin_look *look, int number);

/* A sensor without a compass still knows where it is. */
static void step_ended(struct sn_call *call, int code)
{
    struct builtin_look *look = (struct builtin_look *)call;

    if (look->step == POSITION && !code) {
        step(look, HEADING);
        return;
    }
    if (look->step == POSITION) {
        sn_call_fail(look->call, code, "%.*s", SN_STR_ARGS(sn_call_text(call, code)));
    } else {
        look->has_heading = !code;
        code = sn_call_cancelled(look->call) ? sn_call_cancelled(look->call) : make_answer(look);
    }
    sn_call_done(look->call, code);
}

static void step(struct builtin_look *look, int number)
{
    look->step = number;
    sn_call_init(&look->step_call, look->call->env, look->call->arena, look->call);
    look->step_call.start = begin_step;
    look->step_call.end = step_ended;
    sn_call_start(&look->step_call);
}

static int look_around(struct sn_call *call, struct sn_navigation *navigation, const void *request,
                       void *ret,
                       int (*answer)(struct builtin_look *look,
                                     struct pb_service_navigation_position *position))
{
    struct builtin_navigation *self = builtin_of(navigation);
    struct builtin_look *look = sn_arena_zalloc(call->arena, sizeof(*look));

    if (!self->sensor)
        return sn_call_fail(call, SN_ERR_UNKNOWN, "no way to get location");
    if (!look)
        return SN_ERR_RESOURCE_EXHAUSTED;
    look->point = sn_arena_zalloc(call->arena, sizeof(*look->point));
    if (!look->point)
        return SN_ERR_RESOURCE_EXHAUSTED;
    look->call = call;
    look->self = self;
    look->request = request;
    look->ret = ret;
    look->answer = answer;
    step(look, POSITION);
    return SN_PENDING;
}

static int answer_position(struct builtin_look *look,
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

static int answer_status(struct builtin_look *look, struct pb_service_navigation_position *position)
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
    return builtin_of(navigation)->sensor
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

static int answer_add_location(struct builtin_look *look,
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
    return add_location(call, builtin_of(navigation), request->location_name, request->position,
                        ret);
}

static int builtin_get_location(struct sn_call *call, struct sn_navigation *navigation,
                                const struct pb_service_navigation_get_location_request *request,
                                struct pb_service_navigation_get_location_response *ret)
{
    return sn_shelf_get(call, &builtin_of(navigation)->locations, request->location_name,
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
    return list_all(call, &builtin_of(navigation)->locations, &ret->locations);
}

static int
builtin_update_location(struct sn_call *call, struct sn_navigation *navigation,
                        const struct pb_service_navigation_update_location_request *request,
                        struct pb_service_navigation_update_location_response *ret)
{
    struct sn_shelf *shelf = &builtin_of(navigation)->locations;
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
    return sn_shelf_delete(call, &builtin_of(navigation)->locations, request->location_name);
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
    return sn_shelf_add(call, &builtin_of(navigation)->routes, ret->route);
}

static int builtin_get_route(struct sn_call *call, struct sn_navigation *navigation,
                             const struct pb_service_navigation_get_route_request *request,
                             struct pb_service_navigation_get_route_response *ret)
{
    return sn_shelf_get(call, &builtin_of(navigation)->routes, request->route_name,
                        (void **)&ret->route);
}

static int builtin_list_routes(struct sn_call *call, struct sn_navigation *navigation,
                               const struct pb_service_navigation_list_routes_request *request,
                               struct pb_service_navigation_list_routes_response *ret)
{
    return list_all(call, &builtin_of(navigation)->routes, &ret->routes);
}

static int builtin_update_route(struct sn_call *call, struct sn_navigation *navigation,
                                const struct pb_service_navigation_update_route_request *request,
                                struct pb_service_navigation_update_route_response *ret)
{
    struct sn_shelf *shelf = &builtin_of(navigation)->routes;
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
    return sn_shelf_delete(call, &builtin_of(navigation)->routes, request->route_name);
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
    return code ? code : sn_shelf_add(call, &builtin_of(navigation)->zones, ret->zone);
}

static int builtin_get_zone(struct sn_call *call, struct sn_navigation *navigation,
                            const struct pb_service_navigation_get_zone_request *request,
                            struct pb_service_navigation_get_zone_response *ret)
{
    return sn_shelf_get(call, &builtin_of(navigation)->zones, request->zone_name,
                        (void **)&ret->zone);
}

static int builtin_list_zones(struct sn_call *call, struct sn_navigation *navigation,
                              const struct pb_service_navigation_list_zones_request *request,
                              struct pb_service_navigation_list_zones_response *ret)
{
    int code = list_all(call, &builtin_of(navigation)->zones, &ret->zones);
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
    struct sn_shelf *shelf = &builtin_of(navigation)->zones;
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
    return sn_shelf_delete(call, &builtin_of(navigation)->zones, request->zone_name);
}

/* ---- driving ---- */

static int no_planner(struct sn_call *call)
{
    return sn_call_fail(call, SN_ERR_UNIMPLEMENTED, "motion planning is not built yet");
}

static int need_location(struct sn_call *call, struct sn_navigation *navigation, struct sn_str name)
{
    void *location;
    int code = sn_shelf_get(call, &builtin_of(navigation)->locations, name, &location);

    return code ? code : no_planner(call);
}

static int need_position(struct sn_call *call,
                         const struct pb_service_navigation_position *position)
{
    int code = check_position(call, position);

    return code ? code : no_planner(call);
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
    int code =
        request->route_name.len
            ? sn_shelf_get(call, &builtin_of(navigation)->routes, request->route_name, &route)
            : check_waypoints(call, request->waypoints.v, request->waypoints.n);

    if (!code && !request->route_name.len && !request->waypoints.n)
        code = invalid(call, "must provide a route or waypoints");
    return code ? code : no_planner(call);
}

static int builtin_execute_plan(struct sn_call *call, struct sn_navigation *navigation,
                                const struct pb_service_navigation_execute_plan_request *request,
                                struct pb_service_navigation_execute_plan_response *ret)
{
    return request->plan ? no_planner(call) : invalid(call, "must provide a plan");
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
    if (builtin_of(navigation)->on_globe)
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
    int code = sn_dependency(call, resource, SN_API_BASE, a->base, &found);

    if (!code && a->motion_service.len)
        code = sn_dependency(call, resource, SN_API_MOTION, a->motion_service, &found);
    for (size_t i = 0; i < a->detectors.count && !code; i++) {
        const struct navigation_detector *detector =
            &((struct navigation_detector *)a->detectors.v)[i];

        code = sn_dependency(call, resource, SN_API_VISION, detector->vision_service, &found);
        if (!code)
            code = sn_dependency(call, resource, SN_API_CAMERA, detector->camera, &found);
    }
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
    return open_dependencies(call, self, a);
}

static void builtin_fini(struct sn_resource *resource)
{
    struct builtin_navigation *self = (struct builtin_navigation *)resource;

    sn_shelf_fini(&self->locations);
    sn_shelf_fini(&self->routes);
    sn_shelf_fini(&self->zones);
}

static const struct sn_navigation_ops builtin_ops = {
#define SLOT(op, method) .op = builtin_##op,
    SN_NAVIGATION_METHODS(SLOT)};

const struct sn_driver sn_service_navigation_builtin = {
    .api = SN_API_NAVIGATION,
    .model = "rdk:builtin:builtin",
    .help = "keeps places, routes and zones; does not drive yet",
    .size = sizeof(struct builtin_navigation),
    .attrs_size = sizeof(struct navigation_attrs),
    .attrs = sn_navigation_attrs,
    .ops = &builtin_ops,
    .validate = sn_navigation_validate,
    .open = builtin_open,
    .fini = builtin_fini,
};
