/* SPDX-License-Identifier: Apache-2.0
 *
 * The attributes of the navigation service `builtin`.
 */
#include "service/navigation/attrs.h"
#include "spatial/json_read.h"

static int check_numbers(const struct navigation_attrs *a, struct sn_error *error)
{
    const struct {
        const char *key;
        double value;
    } numbers[] = {
        {"meters_per_sec", a->meters_per_sec},
        {"degs_per_sec", a->degs_per_sec},
        {"position_polling_frequency_hz", a->position_hz},
        {"obstacle_polling_frequency_hz", a->obstacle_hz},
        {"plan_deviation_m", a->plan_deviation_m},
        {"replan_cost_factor", a->replan_cost_factor},
    };

    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
        if (numbers[i].value < 0)
            return sn_error_set(error, SN_ERR_UNKNOWN, "%s must be non-negative if set",
                                numbers[i].key);
    return 0;
}

/* The list, for the caller to release; NULL where nothing is given. */
static int load_geometries(const struct navigation_region *region, json_t **ret_list,
                           struct sn_error *error)
{
    struct sn_str text = region->geometries;
    json_t *list = NULL;

    *ret_list = NULL;
    if (text.len)
        list = json_loadb(text.ptr, text.len, JSON_DECODE_ANY, NULL);
    if (list && !json_is_array(list)) {
        json_decref(list);
        return sn_error_set(error, SN_ERR_INVALID_ARGUMENT, "geometries must be a list of objects");
    }
    *ret_list = list;
    return 0;
}

int sn_navigation_geometries(const struct navigation_region *region, struct sn_arena *arena,
                             struct sn_geometry **ret_geometries, size_t *ret_count,
                             struct sn_error *error)
{
    json_t *list;
    int code = load_geometries(region, &list, error);

    if (code)
        return code;
    *ret_count = json_array_size(list);
    *ret_geometries = sn_arena_alloc(arena, (*ret_count + 1) * sizeof(**ret_geometries));
    if (!*ret_geometries)
        code = SN_ERR_RESOURCE_EXHAUSTED;
    for (size_t i = 0; i < *ret_count && !code; i++)
        code = sn_json_geometry(json_array_get(list, i), arena, &(*ret_geometries)[i], error);
    json_decref(list);
    return code;
}

static int check_place(const json_t *geometry, const char *what, struct sn_error *error)
{
    struct sn_vec3 at = {0, 0, 0};
    int code = json_is_object(geometry) ? sn_json_vec3(geometry, "translation", &at, error)
                                        : sn_error_set(error, SN_ERR_INVALID_ARGUMENT,
                                                       "geometries must be a list of objects");

    if (!code && (at.x != 0 || at.y != 0 || at.z != 0))
        code = sn_error_set(error, SN_ERR_UNKNOWN,
                            "%s geometries specified through navigation are not allowed to have a "
                            "translation",
                            what);
    return code;
}

static int check_region(const struct navigation_region *region, const char *what,
                        struct sn_error *error)
{
    json_t *list;
    int code = load_geometries(region, &list, error);

    for (size_t i = 0; i < json_array_size(list) && !code; i++)
        code = check_place(json_array_get(list, i), what, error);
    json_decref(list);
    if (!code && !region->has_location)
        code = sn_error_set(error, SN_ERR_INVALID_ARGUMENT,
                            "%s geometries specified through navigation need a location", what);
    return code;
}

static int check_regions(const struct sn_attr_list *regions, const char *what,
                         struct sn_error *error)
{
    int code = 0;

    for (size_t i = 0; i < regions->count && !code; i++)
        code = check_region(&((struct navigation_region *)regions->v)[i], what, error);
    return code;
}

static int check_detectors(const struct sn_attr_list *detectors, struct sn_error *error)
{
    for (size_t i = 0; i < detectors->count; i++) {
        const struct navigation_detector *detector =
            &((struct navigation_detector *)detectors->v)[i];

        if (!detector->vision_service.len || !detector->camera.len)
            return sn_error_set(error, SN_ERR_INVALID_ARGUMENT,
                                "an obstacle detector is missing either a camera or vision "
                                "service");
    }
    return 0;
}

bool sn_navigation_is_gps(const struct navigation_attrs *a)
{
    return !a->map_type.len || sn_str_is(a->map_type, "GPS");
}

int sn_navigation_validate(const void *attrs, struct sn_error *error)
{
    const struct navigation_attrs *a = attrs;
    struct sn_str store = a->store.type;

    if (!sn_navigation_is_gps(a) && !sn_str_is(a->map_type, "None"))
        return sn_error_set(error, SN_ERR_UNKNOWN, "invalid map_type '%.*s' given",
                            SN_STR_ARGS(a->map_type));
    if (sn_navigation_is_gps(a) && !a->movement_sensor.len)
        return sn_error_set(error, SN_ERR_NOT_FOUND, "movement_sensor");
    int code = check_detectors(&a->detectors, error);
    if (code)
        return code;
    if (store.len && !sn_str_is(store, "memory") && !sn_str_is(store, "mongodb"))
        return sn_error_set(error, SN_ERR_UNKNOWN, "unknown store type \"%.*s\"",
                            SN_STR_ARGS(store));
    code = check_numbers(a, error);
    if (!code)
        code = check_regions(&a->obstacles, "obstacle", error);
    return code ? code : check_regions(&a->regions, "bounding region", error);
}

static const struct sn_attr store_attrs[] = {
    {"type", SN_ATTR_STRING, offsetof(struct navigation_store, type), .help = "\"memory\""},
    {"config", SN_ATTR_JSON, offsetof(struct navigation_store, config), .help = "unused"},
    {0},
};

static const struct sn_attr detector_attrs[] = {
    {"vision_service", SN_ATTR_STRING, offsetof(struct navigation_detector, vision_service),
     .help = "sees obstacles", .dependency = true},
    {"camera", SN_ATTR_STRING, offsetof(struct navigation_detector, camera),
     .help = "it looks through", .dependency = true},
    {0},
};

static const struct sn_attr location_attrs[] = {
    {"latitude", SN_ATTR_NUMBER, 0, .help = "degrees"},
    {"longitude", SN_ATTR_NUMBER, sizeof(double), .help = "degrees"},
    {0},
};

static const struct sn_attr region_attrs[] = {
    {"location", SN_ATTR_OBJECT, offsetof(struct navigation_region, location), .help = "its middle",
     .sub = location_attrs, .sub_size = 2 * sizeof(double),
     .given = offsetof(struct navigation_region, has_location)},
    {"geometries", SN_ATTR_JSON, offsetof(struct navigation_region, geometries),
     .help = "a list, each as in a frame, without a translation"},
    {0},
};

#define AT(member) offsetof(struct navigation_attrs, member)

const struct sn_attr sn_navigation_attrs[] = {
    {"base", SN_ATTR_STRING, AT(base), .help = "what drives", .required = true, .dependency = true},
    {"store", SN_ATTR_OBJECT, AT(store), .help = "where places are kept", .sub = store_attrs,
     .sub_size = sizeof(struct navigation_store)},
    {"map_type", SN_ATTR_STRING, AT(map_type), .help = "\"GPS\", the default, or \"None\""},
    {"movement_sensor", SN_ATTR_STRING, AT(movement_sensor), .help = "knows where it is",
     .dependency = true},
    {"motion_service", SN_ATTR_STRING, AT(motion_service), .help = "plans; \"builtin\" if empty",
     .dependency = true},
    {"obstacle_detectors", SN_ATTR_OBJECTS, AT(detectors), .help = "see obstacles",
     .sub = detector_attrs, .sub_size = sizeof(struct navigation_detector)},
    {"degs_per_sec", SN_ATTR_NUMBER, AT(degs_per_sec), .help = "turning speed; 20 if 0"},
    {"meters_per_sec", SN_ATTR_NUMBER, AT(meters_per_sec), .help = "speed; 0.3 if 0"},
    {"obstacles", SN_ATTR_OBJECTS, AT(obstacles), .help = "that are always there",
     .sub = region_attrs, .sub_size = sizeof(struct navigation_region)},
    {"bounding_regions", SN_ATTR_OBJECTS, AT(regions), .help = "not to be left",
     .sub = region_attrs, .sub_size = sizeof(struct navigation_region)},
    {"position_polling_frequency_hz", SN_ATTR_NUMBER, AT(position_hz), .help = "1 if 0"},
    {"obstacle_polling_frequency_hz", SN_ATTR_NUMBER, AT(obstacle_hz), .help = "1 if 0"},
    {"plan_deviation_m", SN_ATTR_NUMBER, AT(plan_deviation_m), .help = "off the path; 2.6 if 0"},
    {"replan_cost_factor", SN_ATTR_NUMBER, AT(replan_cost_factor), .help = "1 if 0"},
    {"log_file_path", SN_ATTR_STRING, AT(log_file_path), .help = "unused"},
    {0},
};
