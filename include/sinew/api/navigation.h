/* SPDX-License-Identifier: Apache-2.0
 *
 * Navigation, in both forms of its API. Sources: viam.service.navigation.v1 as the Python SDK has
 * it: places, routes and zones with names, and driving there; and as the reference server and the
 * TypeScript SDK have it: modes, and waypoints that are driven to in the mode for it.
 *
 * Every method is one op: it takes the request of the wire, whose `name` isn't looked at and which
 * must live as long as the call, and fills the response, which comes zeroed; what that refers to
 * lives until the call ends. Positions are mm and degrees on a map, degrees of latitude, longitude
 * and from north on the globe. All are reads as far as the lane is concerned: what begins a drive
 * completes at once, unless the request says that it is to wait.
 */
#ifndef SINEW_API_NAVIGATION_H
#define SINEW_API_NAVIGATION_H

#include "sinew/api/common.h"

#ifdef __cplusplus
extern "C" {
#endif

#define SN_API_NAVIGATION "rdk:service:navigation"

/* X(op, method of the wire): what only the newer form has, what only the older one has, and methods
 * of both, whose messages differ. GetLocation is `older_get_location` where the request names no
 * location; GetProperties is one op, since the map's type goes out, and is understood, both ways.
 */
#define SN_NAVIGATION_NEWER_METHODS(X)            \
    X(add_location, AddLocation)                  \
    X(list_locations, ListLocations)              \
    X(update_location, UpdateLocation)            \
    X(delete_location, DeleteLocation)            \
    X(add_route, AddRoute)                        \
    X(get_route, GetRoute)                        \
    X(list_routes, ListRoutes)                    \
    X(update_route, UpdateRoute)                  \
    X(delete_route, DeleteRoute)                  \
    X(add_zone, AddZone)                          \
    X(get_zone, GetZone)                          \
    X(list_zones, ListZones)                      \
    X(update_zone, UpdateZone)                    \
    X(delete_zone, DeleteZone)                    \
    X(navigate_to_location, NavigateToLocation)   \
    X(navigate_to_point, NavigateToPoint)         \
    X(navigate_route, NavigateRoute)              \
    X(plan_to_point, PlanToPoint)                 \
    X(plan_to_location, PlanToLocation)           \
    X(execute_plan, ExecutePlan)                  \
    X(go_to_location, GoToLocation)               \
    X(go_to_point, GoToPoint)                     \
    X(suspend, Suspend)                           \
    X(resume, Resume)                             \
    X(cancel, Cancel)                             \
    X(get_position, GetPosition)                  \
    X(get_navigation_status, GetNavigationStatus) \
    X(get_costmap, GetCostmap)

#define SN_NAVIGATION_OLDER_METHODS(X)       \
    X(older_get_mode, GetMode)               \
    X(older_set_mode, SetMode)               \
    X(older_get_waypoints, GetWaypoints)     \
    X(older_add_waypoint, AddWaypoint)       \
    X(older_remove_waypoint, RemoveWaypoint) \
    X(older_get_obstacles, GetObstacles)     \
    X(older_get_paths, GetPaths)

#define SN_NAVIGATION_SHARED_METHODS(X) \
    X(get_location, GetLocation)        \
    X(older_get_location, GetLocation)  \
    X(get_properties, GetProperties)

#define SN_NAVIGATION_OPS(X)       \
    SN_NAVIGATION_NEWER_METHODS(X) \
    SN_NAVIGATION_OLDER_METHODS(X) \
    SN_NAVIGATION_SHARED_METHODS(X)

/* The messages: "pb/service/navigation/v1/navigation.h", for older ops
 * "pb/service/navigation/older/v1/navigation.h" */
#define SN_NAVIGATION_MESSAGES(op, method)       \
    struct pb_service_navigation_##op##_request; \
    struct pb_service_navigation_##op##_response;
SN_NAVIGATION_OPS(SN_NAVIGATION_MESSAGES)
#undef SN_NAVIGATION_MESSAGES

struct sn_navigation {
    struct sn_resource base;
};

/* All slots are optional: what a service hasn't got is UNIMPLEMENTED. Errors besides: NOT_FOUND and
 * ALREADY_EXISTS for names, INVALID_ARGUMENT for what makes no sense, FAILED_PRECONDITION where
 * nothing is under way, RESOURCE_EXHAUSTED. */
struct sn_navigation_ops {
    struct sn_common_ops common;

#define SN_NAVIGATION_SLOT(op, method)                                    \
    /* NOLINTNEXTLINE(bugprone-macro-parentheses): C++ warns of them */   \
    int (*op)(struct sn_call * call, struct sn_navigation * navigation,   \
              const struct pb_service_navigation_##op##_request *request, \
              struct pb_service_navigation_##op##_response *ret);
    SN_NAVIGATION_OPS(SN_NAVIGATION_SLOT)
#undef SN_NAVIGATION_SLOT
};

/* sn_navigation_add_location() and so on. */
#define SN_NAVIGATION_WRAPPER(op, method)                                              \
    int sn_navigation_##op(struct sn_call *call, struct sn_navigation *navigation,     \
                           const struct pb_service_navigation_##op##_request *request, \
                           struct pb_service_navigation_##op##_response *ret);
SN_NAVIGATION_OPS(SN_NAVIGATION_WRAPPER)
#undef SN_NAVIGATION_WRAPPER

#ifdef __cplusplus
}
#endif

#endif
