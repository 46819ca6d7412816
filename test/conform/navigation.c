/* SPDX-License-Identifier: Apache-2.0
 *
 * What every navigation service does. The subject must know where it is, and keep nothing under the
 * names used here.
 */
#include "sinew/api/navigation.h"
#include "conform.h"
#include "pb/service/navigation/older/v1/navigation.h"
#include "pb/service/navigation/v1/navigation.h"
#include "sinew/struct.h"

#define MEMBERS(op, method)                         \
    struct pb_service_navigation_##op##_request op; \
    struct pb_service_navigation_##op##_response op##_response;

struct ask_navigation {
    struct ask ask;
    SN_NAVIGATION_OPS(MEMBERS)
};

#define START(op, method)                                                                         \
    static int start_##op(struct sn_call *call)                                                   \
    {                                                                                             \
        struct ask_navigation *a = (struct ask_navigation *)call;                                 \
                                                                                                  \
        return sn_navigation_##op(call, (struct sn_navigation *)a->ask.subject->resource, &a->op, \
                                  &a->op##_response);                                             \
    }
SN_NAVIGATION_OPS(START)

/* The real server has the older form alone. */
static void need_newer_form(void **state)
{
    struct ask_navigation a = {0};

    if (ask(&a.ask, *state, start_list_locations) == SN_ERR_UNIMPLEMENTED)
        skip();
}

static struct pb_common_pose here = {.x = 1, .y = 2, .o_z = 1};
static struct pb_service_navigation_position on_map = {
    .which_value = PB_SERVICE_NAVIGATION_POSITION_VALUE_POSE, .pose = &here};

static void knows_where_it_is(void **state)
{
    struct ask_navigation a = {0};

    need_newer_form(state);
    assert_int_equal(ask(&a.ask, *state, start_get_position), 0);
    assert_non_null(a.get_position_response.position);
    assert_int_not_equal(a.get_position_response.position->which_value, 0);
    assert_int_equal(ask(&a.ask, *state, start_get_navigation_status), 0);
    assert_non_null(a.get_navigation_status_response.status);
    assert_true(a.get_navigation_status_response.status->localized);
}

static void keeps_locations(void **state)
{
    struct ask_navigation a = {
        .add_location = {.location_name = SN_STR("dock"), .position = &on_map},
        .get_location = {.location_name = SN_STR("dock")},
        .update_location = {.location_name = SN_STR("dock"),
                            .new_name = SN_STR("quay"),
                            .has_new_name = true},
        .delete_location = {.location_name = SN_STR("quay")},
    };

    need_newer_form(state);
    assert_int_equal(ask(&a.ask, *state, start_get_location), SN_ERR_NOT_FOUND);
    assert_int_equal(ask(&a.ask, *state, start_add_location), 0);
    assert_int_equal(ask(&a.ask, *state, start_add_location), SN_ERR_ALREADY_EXISTS);
    assert_int_equal(ask(&a.ask, *state, start_get_location), 0);
    assert_true(a.get_location_response.location->position->pose->y == 2);
    assert_int_equal(ask(&a.ask, *state, start_update_location), 0);
    assert_int_equal(ask(&a.ask, *state, start_update_location), SN_ERR_NOT_FOUND);
    assert_int_equal(ask(&a.ask, *state, start_list_locations), 0);
    assert_int_equal(a.list_locations_response.locations.n, 1);
    assert_true(sn_str_is(a.list_locations_response.locations.v[0].name, "quay"));
    assert_int_equal(ask(&a.ask, *state, start_delete_location), 0);
    assert_int_equal(ask(&a.ask, *state, start_delete_location), SN_ERR_NOT_FOUND);
}

static void a_location_may_be_here(void **state)
{
    struct ask_navigation a = {.add_location = {.location_name = SN_STR("here")},
                               .delete_location = {.location_name = SN_STR("here")}};

    need_newer_form(state);
    assert_int_equal(ask(&a.ask, *state, start_add_location), 0);
    assert_non_null(a.add_location_response.location->position);
    assert_int_equal(ask(&a.ask, *state, start_delete_location), 0);
}

static void refuses_positions_that_are_nowhere(void **state)
{
    struct pb_common_geo_point beyond = {91, 0};
    struct pb_common_geo_pose pose = {.location = &beyond};
    struct pb_service_navigation_position position = {
        .which_value = PB_SERVICE_NAVIGATION_POSITION_VALUE_GEO_POSE, .geo_pose = &pose};
    struct ask_navigation a = {
        .navigate_to_point = {.destination = &position},
        .add_location = {.location_name = SN_STR("x"), .position = &position}};

    need_newer_form(state);
    assert_int_equal(ask(&a.ask, *state, start_add_location), SN_ERR_INVALID_ARGUMENT);
    assert_int_equal(ask(&a.ask, *state, start_navigate_to_point), SN_ERR_INVALID_ARGUMENT);
    position.which_value = 0;
    assert_int_equal(ask(&a.ask, *state, start_add_location), SN_ERR_INVALID_ARGUMENT);
    a.navigate_to_point.destination = NULL;
    assert_int_equal(ask(&a.ask, *state, start_navigate_to_point), SN_ERR_INVALID_ARGUMENT);
    a.add_location = (struct pb_service_navigation_add_location_request){.position = &on_map};
    assert_int_equal(ask(&a.ask, *state, start_add_location), SN_ERR_INVALID_ARGUMENT);
}

static void keeps_routes(void **state)
{
    struct pb_service_navigation_waypoint points[] = {
        {.which_value = PB_SERVICE_NAVIGATION_WAYPOINT_VALUE_LOCATION, .location = {"dock", 4}},
        {.which_value = PB_SERVICE_NAVIGATION_WAYPOINT_VALUE_POSITION, .position = &on_map},
    };
    struct pb_service_navigation_waypoint_list none = {{NULL, 0, 0}};
    struct ask_navigation a = {
        .add_route = {.route_name = SN_STR("round"), .waypoints = {points, 2, 2}},
        .get_route = {.route_name = SN_STR("round")},
        .update_route = {.route_name = SN_STR("round")},
        .delete_route = {.route_name = SN_STR("round")},
    };

    need_newer_form(state);
    assert_int_equal(ask(&a.ask, *state, start_add_route), 0);
    assert_int_equal(ask(&a.ask, *state, start_update_route), 0);
    assert_int_equal(a.update_route_response.route->waypoints.n, 2);
    a.update_route.waypoints = &none;
    assert_int_equal(ask(&a.ask, *state, start_update_route), 0);
    assert_int_equal(ask(&a.ask, *state, start_get_route), 0);
    assert_int_equal(a.get_route_response.route->waypoints.n, 0);
    assert_int_equal(ask(&a.ask, *state, start_list_routes), 0);
    assert_int_equal(a.list_routes_response.routes.n, 1);
    assert_int_equal(ask(&a.ask, *state, start_delete_route), 0);
    points[0].which_value = 0;
    assert_int_equal(ask(&a.ask, *state, start_add_route), SN_ERR_INVALID_ARGUMENT);
}

static void keeps_zones(void **state)
{
    struct pb_google_struct circle = {0};
    struct ask_navigation a = {
        .add_zone = {.zone_name = SN_STR("pond"), .type = SN_STR("keepout"), .geometry = &circle},
        .get_zone = {.zone_name = SN_STR("pond")},
        .update_zone = {.zone_name = SN_STR("pond"),
                        .type = SN_STR("speed_limit"),
                        .has_type = true},
        .list_zones = {.type = SN_STR("keepout")},
        .delete_zone = {.zone_name = SN_STR("pond")},
    };

    need_newer_form(state);
    assert_int_equal(sn_pb_struct_add(&circle, SN_STR("radius"), sn_pb_number(3),
                                      &((struct subject *)*state)->arena),
                     0);
    assert_int_equal(ask(&a.ask, *state, start_add_zone), 0);
    assert_int_equal(ask(&a.ask, *state, start_list_zones), 0);
    assert_int_equal(a.list_zones_response.zones.n, 1);
    assert_int_equal(ask(&a.ask, *state, start_update_zone), SN_ERR_INVALID_ARGUMENT);
    a.update_zone.max_speed = 0.5;
    a.update_zone.has_max_speed = true;
    assert_int_equal(ask(&a.ask, *state, start_update_zone), 0);
    assert_int_equal(ask(&a.ask, *state, start_get_zone), 0);
    assert_true(a.get_zone_response.zone->max_speed == 0.5);
    a.list_zones_response = (struct pb_service_navigation_list_zones_response){0};
    assert_int_equal(ask(&a.ask, *state, start_list_zones), 0);
    assert_int_equal(a.list_zones_response.zones.n, 0);
    assert_int_equal(ask(&a.ask, *state, start_delete_zone), 0);
    a.add_zone.type = SN_STR("swamp");
    assert_int_equal(ask(&a.ask, *state, start_add_zone), SN_ERR_INVALID_ARGUMENT);
}

static void nothing_ends_when_nothing_is_under_way(void **state)
{
    struct ask_navigation a = {0};

    need_newer_form(state);
    assert_int_equal(ask(&a.ask, *state, start_suspend), SN_ERR_FAILED_PRECONDITION);
    assert_int_equal(ask(&a.ask, *state, start_resume), SN_ERR_FAILED_PRECONDITION);
    assert_int_equal(ask(&a.ask, *state, start_cancel), SN_ERR_FAILED_PRECONDITION);
}

static void refuses_unknown_goals(void **state)
{
    struct ask_navigation a = {.navigate_to_location = {.location_name = SN_STR("atlantis")},
                               .plan_to_location = {.location_name = SN_STR("atlantis")},
                               .go_to_location = {.location_name = SN_STR("atlantis")},
                               .navigate_route = {.route_name = SN_STR("silk")}};

    need_newer_form(state);
    assert_int_equal(ask(&a.ask, *state, start_navigate_to_location), SN_ERR_NOT_FOUND);
    assert_int_equal(ask(&a.ask, *state, start_plan_to_location), SN_ERR_NOT_FOUND);
    assert_int_equal(ask(&a.ask, *state, start_go_to_location), SN_ERR_NOT_FOUND);
    assert_int_equal(ask(&a.ask, *state, start_navigate_route), SN_ERR_NOT_FOUND);
    assert_int_equal(ask(&a.ask, *state, start_execute_plan), SN_ERR_INVALID_ARGUMENT);
}

static void a_costmap_is_there_or_not(void **state)
{
    struct ask_navigation a = {0};

    need_newer_form(state);
    assert_int_equal(ask(&a.ask, *state, start_get_costmap), 0);
    assert_int_equal(a.get_costmap_response.available, a.get_costmap_response.data.len > 0);
}

/* Where a service drives, these begin; where it does not, it says so. */
static void points_are_taken_or_not_implemented(void **state)
{
    struct ask_navigation a = {.navigate_to_point = {.destination = &on_map},
                               .plan_to_point = {.destination = &on_map},
                               .go_to_point = {.destination = &on_map}};
    int (*const starts[])(struct sn_call * call) = {start_plan_to_point, start_navigate_to_point,
                                                    start_go_to_point};

    need_newer_form(state);
    for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++) {
        int code = ask(&a.ask, *state, starts[i]);

        assert_true(code == 0 || code == SN_ERR_UNIMPLEMENTED);
    }
}

/* ---- the older form ---- */

static void has_a_mode(void **state)
{
    struct ask_navigation a = {
        .older_set_mode = {.mode = PB_SERVICE_NAVIGATION_OLDER_MODE_EXPLORE}};

    assert_int_equal(ask(&a.ask, *state, start_older_set_mode), 0);
    assert_int_equal(ask(&a.ask, *state, start_older_get_mode), 0);
    assert_int_equal(a.older_get_mode_response.mode, PB_SERVICE_NAVIGATION_OLDER_MODE_EXPLORE);
    a.older_set_mode.mode = 9;
    assert_int_equal(ask(&a.ask, *state, start_older_set_mode), SN_ERR_UNKNOWN);
    a.older_set_mode.mode = PB_SERVICE_NAVIGATION_OLDER_MODE_UNSPECIFIED;
    assert_int_equal(ask(&a.ask, *state, start_older_set_mode), SN_ERR_UNKNOWN);
    a.older_set_mode.mode = PB_SERVICE_NAVIGATION_OLDER_MODE_MANUAL;
    assert_int_equal(ask(&a.ask, *state, start_older_set_mode), 0);
    assert_int_equal(ask(&a.ask, *state, start_older_get_mode), 0);
    assert_int_equal(a.older_get_mode_response.mode, PB_SERVICE_NAVIGATION_OLDER_MODE_MANUAL);
}

/* Where a service drives, this begins; where it does not, it says so and stays as it is. */
static void drives_to_waypoints_or_says_that_it_cannot(void **state)
{
    struct ask_navigation a = {
        .older_set_mode = {.mode = PB_SERVICE_NAVIGATION_OLDER_MODE_WAYPOINT}};
    int code = ask(&a.ask, *state, start_older_set_mode);

    assert_true(code == 0 || code == SN_ERR_UNIMPLEMENTED);
    assert_int_equal(ask(&a.ask, *state, start_older_get_mode), 0);
    assert_int_equal(a.older_get_mode_response.mode,
                     code ? PB_SERVICE_NAVIGATION_OLDER_MODE_MANUAL
                          : PB_SERVICE_NAVIGATION_OLDER_MODE_WAYPOINT);
    a.older_set_mode.mode = PB_SERVICE_NAVIGATION_OLDER_MODE_MANUAL;
    assert_int_equal(ask(&a.ask, *state, start_older_set_mode), 0);
}

static void keeps_waypoints(void **state)
{
    struct pb_common_geo_point at[] = {{1.5, -3}, {40, 170}};
    struct ask_navigation a = {.older_add_waypoint = {.location = &at[0]}};

    assert_int_equal(ask(&a.ask, *state, start_older_add_waypoint), 0);
    a.older_add_waypoint.location = &at[1];
    assert_int_equal(ask(&a.ask, *state, start_older_add_waypoint), 0);
    assert_int_equal(ask(&a.ask, *state, start_older_get_waypoints), 0);
    assert_int_equal(a.older_get_waypoints_response.waypoints.n, 2);
    const struct pb_service_navigation_older_waypoint *v =
        a.older_get_waypoints_response.waypoints.v;
    assert_true(v[0].location->latitude == 1.5 && v[0].location->longitude == -3);
    assert_true(v[1].location->latitude == 40 && v[1].location->longitude == 170);
    assert_int_equal(v[0].id.len, 24);
    assert_false(sn_str_eq(v[0].id, v[1].id));

    struct ask_navigation b = {.older_remove_waypoint = {.id = v[0].id}};
    assert_int_equal(ask(&b.ask, *state, start_older_remove_waypoint), 0);
    assert_int_equal(ask(&b.ask, *state, start_older_remove_waypoint), 0); /* it is gone */
    assert_int_equal(ask(&b.ask, *state, start_older_get_waypoints), 0);
    assert_int_equal(b.older_get_waypoints_response.waypoints.n, 1);
    assert_true(sn_str_eq(b.older_get_waypoints_response.waypoints.v[0].id, v[1].id));
    b.older_remove_waypoint.id = v[1].id;
    assert_int_equal(ask(&b.ask, *state, start_older_remove_waypoint), 0);
    b.older_remove_waypoint.id = SN_STR("no id");
    assert_int_equal(ask(&b.ask, *state, start_older_remove_waypoint), SN_ERR_UNKNOWN);
}

static void knows_its_surroundings(void **state)
{
    struct ask_navigation a = {0};

    assert_int_equal(ask(&a.ask, *state, start_older_get_location), 0);
    assert_non_null(a.older_get_location_response.location);
    assert_true(a.older_get_location_response.compass_heading >= 0 &&
                a.older_get_location_response.compass_heading < 360);
    assert_int_equal(ask(&a.ask, *state, start_older_get_obstacles), 0);
    for (size_t i = 0; i < a.older_get_obstacles_response.obstacles.n; i++)
        assert_non_null(a.older_get_obstacles_response.obstacles.v[i].location);
    assert_int_equal(ask(&a.ask, *state, start_older_get_paths), 0);
    assert_int_equal(a.older_get_paths_response.paths.n, 0);
}

/* Either form says it. */
static void knows_what_map_it_has(void **state)
{
    struct ask_navigation a = {0};

    assert_int_equal(ask(&a.ask, *state, start_get_properties), 0);
    assert_non_null(a.get_properties_response.properties);
    assert_int_equal(a.get_properties_response.properties->map_type,
                     PB_SERVICE_NAVIGATION_MAP_TYPE_GPS);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(knows_where_it_is),
    cmocka_unit_test(keeps_locations),
    cmocka_unit_test(a_location_may_be_here),
    cmocka_unit_test(refuses_positions_that_are_nowhere),
    cmocka_unit_test(keeps_routes),
    cmocka_unit_test(keeps_zones),
    cmocka_unit_test(nothing_ends_when_nothing_is_under_way),
    cmocka_unit_test(refuses_unknown_goals),
    cmocka_unit_test(a_costmap_is_there_or_not),
    cmocka_unit_test(points_are_taken_or_not_implemented),
    cmocka_unit_test(has_a_mode),
    cmocka_unit_test(drives_to_waypoints_or_says_that_it_cannot),
    cmocka_unit_test(keeps_waypoints),
    cmocka_unit_test(knows_its_surroundings),
    cmocka_unit_test(knows_what_map_it_has),
    cmocka_unit_test(do_command_answers),
    cmocka_unit_test(status_answers),
};

const struct suite suite_navigation = {SN_API_NAVIGATION, tests, sizeof(tests) / sizeof(tests[0])};
