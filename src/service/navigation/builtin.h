/* SPDX-License-Identifier: Apache-2.0
 *
 * The navigation service `builtin`, for its own files: the newer form of the API is in builtin.c,
 * the older one in older.c, what both need to know where the machine is in look.c.
 */
#ifndef SN_SERVICE_NAVIGATION_BUILTIN_H
#define SN_SERVICE_NAVIGATION_BUILTIN_H

#include "service/navigation/shelf.h"
#include "service/navigation/waypoints.h"
#include "sinew/api/base.h"
#include "sinew/api/movement_sensor.h"
#include "sinew/api/navigation.h"

struct navigation_attrs; /* "service/navigation/attrs.h" */
struct pb_service_navigation_position;

/* What looks for obstacles. */
struct navigation_eye {
    struct sn_vision *vision;
    struct sn_str camera;
};

struct builtin_navigation {
    struct sn_navigation base;
    struct sn_resource *wheels;        /* the base */
    struct sn_movement_sensor *sensor; /* NULL: none */
    bool on_globe;
    struct sn_shelf locations, routes, zones;

    /* The older form's */
    int32_t mode; /* enum pb_service_navigation_older_mode */
    struct sn_waypoints waypoints;
    struct navigation_eye *eyes;
    size_t eye_count;
    struct sn_arena arena; /* of the obstacles that are always there, and of the eyes */
    SN_PB_LIST(struct pb_common_geo_geometry) obstacles;
};

static inline struct builtin_navigation *sn_navigation_builtin(struct sn_navigation *navigation)
{
    return (struct builtin_navigation *)navigation;
}

/* UNIMPLEMENTED: what every beginning of a drive ends with. */
int sn_navigation_no_planner(struct sn_call *call);

/* ---- look.c ---- */

struct navigation_look {
    /* Ends the call with what it makes of the position. */
    int (*answer)(struct navigation_look *look, struct pb_service_navigation_position *position);
    const void *request; /* for it */
    void *ret;
    bool must_have_heading; /* or fail as the sensor does */

    /* look.c's */
    struct sn_call *call; /* who wants to know */
    struct builtin_navigation *self;
    struct pb_common_geo_point *point;
    float altitude;
    double heading; /* of the base: degrees from north, 0 to 360 */
    bool has_heading;
    struct pb_common_pose_in_frame *mounted; /* the sensor, on the base */
};

/* Finds out where the machine is, then ends the call with what `answer` makes of that. `given` is
 * copied. UNKNOWN where there is no sensor. */
int sn_navigation_look(struct sn_call *call, struct sn_navigation *navigation,
                       const struct navigation_look *given) SN_MUST_USE;

/* ---- older.c ---- */

/* Its part of `open`, and what that made. */
int sn_navigation_open_older(struct sn_call *call, struct builtin_navigation *self,
                             const struct navigation_attrs *attrs) SN_MUST_USE;
void sn_navigation_fini_older(struct builtin_navigation *self);

#define SN_NAVIGATION_BUILTIN_OLDER(op, method)                                                \
    int sn_navigation_builtin_##op(struct sn_call *call, struct sn_navigation *navigation,     \
                                   const struct pb_service_navigation_##op##_request *request, \
                                   struct pb_service_navigation_##op##_response *ret);
SN_NAVIGATION_OLDER_METHODS(SN_NAVIGATION_BUILTIN_OLDER)
SN_NAVIGATION_BUILTIN_OLDER(older_get_location, GetLocation)

#endif
