/* SPDX-License-Identifier: Apache-2.0
 *
 * The older form of the API: a mode, waypoints in memory, obstacles. Nothing is ever under way, so
 * no path is either; the mode in which waypoints are driven to is refused. Texts are upstream's.
 */
#include "api/geometry.h"
#include "pb/service/navigation/older/v1/navigation.h"
#include "pb/service/navigation/v1/navigation.h"
#include "pb/service/vision/v1/vision.h"
#include "service/navigation/attrs.h"
#include "service/navigation/builtin.h"
#include "sinew/api/camera.h"
#include "sinew/api/vision.h"
#include "sinew/steps.h"

/* Memory of the obstacles of one service's config; meshes take most. */
enum { OBSTACLES_MEMORY_MAX = 64 << 20 };

/* ---- modes ---- */

int sn_navigation_builtin_older_get_mode(
    struct sn_call *call, struct sn_navigation *navigation,
    const struct pb_service_navigation_older_get_mode_request *request,
    struct pb_service_navigation_older_get_mode_response *ret)
{
    ret->mode = sn_navigation_builtin(navigation)->mode;
    return 0;
}

int sn_navigation_builtin_older_set_mode(
    struct sn_call *call, struct sn_navigation *navigation,
    const struct pb_service_navigation_older_set_mode_request *request,
    struct pb_service_navigation_older_set_mode_response *ret)
{
    struct builtin_navigation *self = sn_navigation_builtin(navigation);

    switch (request->mode) {
    case PB_SERVICE_NAVIGATION_OLDER_MODE_MANUAL:
    case PB_SERVICE_NAVIGATION_OLDER_MODE_EXPLORE:
        self->mode = request->mode;
        return 0;
    case PB_SERVICE_NAVIGATION_OLDER_MODE_WAYPOINT:
        return self->on_globe ? sn_navigation_no_planner(call)
                              : sn_call_fail(call, SN_ERR_UNKNOWN,
                                             "Waypoint mode is unavailable for map type None");
    case PB_SERVICE_NAVIGATION_OLDER_MODE_UNSPECIFIED:
        return sn_call_fail(call, SN_ERR_UNKNOWN, "unknown mode \"MODE_UNSPECIFIED\"");
    default:
        return sn_call_fail(call, SN_ERR_UNKNOWN, "unknown mode \"%d\"", request->mode);
    }
}

/* ---- where it is ---- */

static int answer_location(struct navigation_look *look,
                           struct pb_service_navigation_position *position)
{
    struct pb_service_navigation_older_get_location_response *ret = look->ret;

    ret->location = position->geo_pose->location;
    ret->compass_heading = look->heading;
    return 0;
}

int sn_navigation_builtin_older_get_location(
    struct sn_call *call, struct sn_navigation *navigation,
    const struct pb_service_navigation_older_get_location_request *request,
    struct pb_service_navigation_older_get_location_response *ret)
{
    struct navigation_look look = {
        .answer = answer_location, .request = request, .ret = ret, .must_have_heading = true};

    return sn_navigation_look(call, navigation, &look);
}

/* ---- waypoints ---- */

int sn_navigation_builtin_older_get_waypoints(
    struct sn_call *call, struct sn_navigation *navigation,
    const struct pb_service_navigation_older_get_waypoints_request *request,
    struct pb_service_navigation_older_get_waypoints_response *ret)
{
    const struct sn_waypoints *waypoints = &sn_navigation_builtin(navigation)->waypoints;

    for (size_t i = 0; i < waypoints->count; i++) {
        const struct sn_waypoint *from = &waypoints->v[i];
        struct pb_service_navigation_older_waypoint *to = sn_pb_add(&ret->waypoints, call->arena);
        struct pb_common_geo_point *location = sn_arena_alloc(call->arena, sizeof(*location));

        if (!to || !location)
            return SN_ERR_RESOURCE_EXHAUSTED;
        *location = (struct pb_common_geo_point){from->latitude, from->longitude};
        to->location = location;
        to->id = sn_arena_copy(call->arena, (struct sn_str){from->id, SN_WAYPOINT_ID_LEN});
        if (!to->id.ptr)
            return SN_ERR_RESOURCE_EXHAUSTED;
    }
    return 0;
}

int sn_navigation_builtin_older_add_waypoint(
    struct sn_call *call, struct sn_navigation *navigation,
    const struct pb_service_navigation_older_add_waypoint_request *request,
    struct pb_service_navigation_older_add_waypoint_response *ret)
{
    const struct pb_common_geo_point *at = request->location;

    if (!at)
        return sn_call_fail(call, SN_ERR_INVALID_ARGUMENT, "must provide a location");
    return sn_waypoints_add(call, &sn_navigation_builtin(navigation)->waypoints, at->latitude,
                            at->longitude);
}

int sn_navigation_builtin_older_remove_waypoint(
    struct sn_call *call, struct sn_navigation *navigation,
    const struct pb_service_navigation_older_remove_waypoint_request *request,
    struct pb_service_navigation_older_remove_waypoint_response *ret)
{
    return sn_waypoints_remove(call, &sn_navigation_builtin(navigation)->waypoints, request->id);
}

int sn_navigation_builtin_older_get_paths(
    struct sn_call *call, struct sn_navigation *navigation,
    const struct pb_service_navigation_older_get_paths_request *request,
    struct pb_service_navigation_older_get_paths_response *ret)
{
    return 0;
}

/* ---- obstacles ---- */

struct watch {
    struct builtin_navigation *self;
    size_t next; /* eye to ask */
    struct pb_service_vision_get_object_point_clouds_response seen;
};

static int ask_eye(struct sn_call *call, void *arg)
{
    struct watch *watch = arg;
    const struct navigation_eye *eye = &watch->self->eyes[watch->next++];

    return sn_vision_objects(call, eye->vision, eye->camera, SN_STR("pointcloud/pcd"), NULL,
                             &watch->seen);
}

/* Each one's own step, after it was asked. */
static int judge_seen(struct sn_call *call, void *arg)
{
    struct watch *watch = arg;

    return watch->seen.objects.n
               ? sn_call_fail(call, SN_ERR_UNIMPLEMENTED,
                              "obstacles that a vision service sees are not built yet")
               : 0;
}

static int ask_eyes(struct sn_call *call, struct builtin_navigation *self)
{
    struct watch *watch = sn_arena_zalloc(call->arena, sizeof(*watch));
    sn_step_fn *steps = sn_arena_zalloc(call->arena, (2 * self->eye_count + 1) * sizeof(*steps));

    if (!watch || !steps)
        return SN_ERR_RESOURCE_EXHAUSTED;
    watch->self = self;
    for (size_t i = 0; i < self->eye_count; i++) {
        steps[2 * i] = ask_eye;
        steps[2 * i + 1] = judge_seen;
    }
    return sn_call_steps(call, steps, NULL, watch);
}

/* The resource is pinned for the call: what it owns may be answered as it is. */
int sn_navigation_builtin_older_get_obstacles(
    struct sn_call *call, struct sn_navigation *navigation,
    const struct pb_service_navigation_older_get_obstacles_request *request,
    struct pb_service_navigation_older_get_obstacles_response *ret)
{
    struct builtin_navigation *self = sn_navigation_builtin(navigation);

    memcpy(&ret->obstacles, &self->obstacles, sizeof(ret->obstacles));
    return self->eye_count ? ask_eyes(call, self) : 0;
}

/* ---- its life ---- */

/* One obstacle for each body, all at the region's place. */
static int add_obstacle(struct builtin_navigation *self, const struct navigation_region *region,
                        const struct sn_geometry *geometry)
{
    struct pb_common_geo_geometry *obstacle = sn_pb_add(&self->obstacles, &self->arena);
    struct pb_common_geo_point *at = sn_arena_alloc(&self->arena, sizeof(*at));

    if (!obstacle || !at)
        return SN_ERR_RESOURCE_EXHAUSTED;
    *at = (struct pb_common_geo_point){region->location.latitude, region->location.longitude};
    obstacle->location = at;
    struct pb_common_geometry *body = sn_pb_add(&obstacle->geometries, &self->arena);
    return body ? sn_geometry_to_pb(geometry, &self->arena, body) : SN_ERR_RESOURCE_EXHAUSTED;
}

static int read_region(struct sn_call *call, struct builtin_navigation *self,
                       const struct navigation_region *region, const char *what, bool keep)
{
    struct sn_error error = {0};
    struct sn_geometry *geometries;
    size_t count;
    int code = sn_navigation_geometries(region, &self->arena, &geometries, &count, &error);

    if (code == SN_ERR_INVALID_ARGUMENT)
        return sn_call_fail(call, SN_ERR_UNKNOWN,
                            "%s: %s unable to be converted from geometry config", error.text, what);
    for (size_t i = 0; i < count && keep && !code; i++)
        code = add_obstacle(self, region, &geometries[i]);
    return code;
}

static int read_regions(struct sn_call *call, struct builtin_navigation *self,
                        const struct sn_attr_list *regions, const char *what, bool keep)
{
    int code = 0;

    for (size_t i = 0; i < regions->count && !code; i++)
        code = read_region(call, self, &((struct navigation_region *)regions->v)[i], what, keep);
    return code;
}

static int open_eyes(struct sn_call *call, struct builtin_navigation *self,
                     const struct sn_attr_list *detectors)
{
    struct sn_resource *found;
    int code = 0;

    self->eyes = sn_arena_alloc(&self->arena, (detectors->count + 1) * sizeof(*self->eyes));
    if (!self->eyes)
        return SN_ERR_RESOURCE_EXHAUSTED;
    for (size_t i = 0; i < detectors->count && !code; i++) {
        const struct navigation_detector *detector =
            &((struct navigation_detector *)detectors->v)[i];

        code =
            sn_dependency(call, &self->base.base, SN_API_VISION, detector->vision_service, &found);
        if (code)
            break;
        self->eyes[self->eye_count++] =
            (struct navigation_eye){(struct sn_vision *)found, detector->camera};
        code = sn_dependency(call, &self->base.base, SN_API_CAMERA, detector->camera, &found);
    }
    return code;
}

int sn_navigation_open_older(struct sn_call *call, struct builtin_navigation *self,
                             const struct navigation_attrs *attrs)
{
    self->mode = PB_SERVICE_NAVIGATION_OLDER_MODE_MANUAL;
    sn_arena_init(&self->arena, call->env->blocks, OBSTACLES_MEMORY_MAX);
    int code = open_eyes(call, self, &attrs->detectors);
    if (!code)
        code = read_regions(call, self, &attrs->obstacles, "obstacle", true);
    return code ? code : read_regions(call, self, &attrs->regions, "bounding regions", false);
}

void sn_navigation_fini_older(struct builtin_navigation *self)
{
    sn_waypoints_fini(&self->waypoints);
    sn_arena_fini(&self->arena);
}
