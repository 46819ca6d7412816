/* SPDX-License-Identifier: Apache-2.0
 *
 * The attributes of the navigation service `builtin`, and what can be wrong with them.
 */
#ifndef SN_SERVICE_NAVIGATION_ATTRS_H
#define SN_SERVICE_NAVIGATION_ATTRS_H

#include "sinew/driver.h"

struct sn_arena;
struct sn_geometry; /* "spatial/geometry.h" */

struct navigation_store {
    struct sn_str type, config;
};

struct navigation_detector {
    struct sn_str vision_service, camera;
};

struct navigation_region {
    struct {
        double latitude, longitude; /* degrees */
    } location;
    bool has_location;
    struct sn_str geometries; /* JSON: a list of them, or empty */
};

struct navigation_attrs {
    struct navigation_store store;
    struct sn_str base, map_type, movement_sensor, motion_service, log_file_path;
    struct sn_attr_list detectors;          /* struct navigation_detector */
    struct sn_attr_list obstacles, regions; /* struct navigation_region */
    double degs_per_sec, meters_per_sec, position_hz, obstacle_hz, plan_deviation_m,
        replan_cost_factor;
};

/* Places are on the globe. */
bool sn_navigation_is_gps(const struct navigation_attrs *attrs);

/* The bodies of a region, on the arena. INVALID_ARGUMENT: none of that kind, or none that can be.
 */
int sn_navigation_geometries(const struct navigation_region *region, struct sn_arena *arena,
                             struct sn_geometry **ret_geometries, size_t *ret_count,
                             struct sn_error *error) SN_MUST_USE;

/* sn_driver.validate */
int sn_navigation_validate(const void *attrs, struct sn_error *error);

extern const struct sn_attr sn_navigation_attrs[];

#endif
