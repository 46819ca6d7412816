/* SPDX-License-Identifier: Apache-2.0
 *
 * Movement sensor made of others: what it is asked for it asks the first sensor of the list for
 * that which said, when this one was built, that it can tell.
 */
#include "pb/common/v1/common.h"
#include "pb/component/movementsensor/v1/movementsensor.h"
#include "sinew/api/movement_sensor.h"
#include "sinew/driver.h"
#include "sinew/log.h"

#include <stdio.h>

struct merged_attrs {
    struct sn_attr_list sensors[SN_MOVEMENT_COUNT]; /* struct sn_str */
};

struct merged {
    struct sn_movement_sensor base;
    struct sn_movement_sensor *source[SN_MOVEMENT_COUNT]; /* NULL: can't be told */
};

static struct sn_movement_sensor *source_of(const struct sn_movement_sensor *sensor,
                                            enum sn_movement what)
{
    return ((const struct merged *)sensor)->source[what];
}

/* ---- the sources' answers ---- */

static int merged_position(struct sn_call *call, struct sn_movement_sensor *sensor,
                           const struct pb_google_struct *extra,
                           struct pb_common_geo_point *ret_point, float *ret_altitude)
{
    struct sn_movement_sensor *source = source_of(sensor, SN_MOVEMENT_POSITION);

    return source ? sn_movement_sensor_position(call, source, extra, ret_point, ret_altitude)
                  : sn_movement_sensor_lacks(call, SN_MOVEMENT_POSITION);
}

static int merged_linear_velocity(struct sn_call *call, struct sn_movement_sensor *sensor,
                                  const struct pb_google_struct *extra,
                                  struct pb_common_vector3 *ret_velocity)
{
    struct sn_movement_sensor *source = source_of(sensor, SN_MOVEMENT_LINEAR_VELOCITY);

    return source ? sn_movement_sensor_linear_velocity(call, source, extra, ret_velocity)
                  : sn_movement_sensor_lacks(call, SN_MOVEMENT_LINEAR_VELOCITY);
}

static int merged_angular_velocity(struct sn_call *call, struct sn_movement_sensor *sensor,
                                   const struct pb_google_struct *extra,
                                   struct pb_common_vector3 *ret_velocity)
{
    struct sn_movement_sensor *source = source_of(sensor, SN_MOVEMENT_ANGULAR_VELOCITY);

    return source ? sn_movement_sensor_angular_velocity(call, source, extra, ret_velocity)
                  : sn_movement_sensor_lacks(call, SN_MOVEMENT_ANGULAR_VELOCITY);
}

static int merged_linear_acceleration(struct sn_call *call, struct sn_movement_sensor *sensor,
                                      const struct pb_google_struct *extra,
                                      struct pb_common_vector3 *ret_acceleration)
{
    struct sn_movement_sensor *source = source_of(sensor, SN_MOVEMENT_LINEAR_ACCELERATION);

    return source ? sn_movement_sensor_linear_acceleration(call, source, extra, ret_acceleration)
                  : sn_movement_sensor_lacks(call, SN_MOVEMENT_LINEAR_ACCELERATION);
}

static int merged_compass_heading(struct sn_call *call, struct sn_movement_sensor *sensor,
                                  const struct pb_google_struct *extra, double *ret_degrees)
{
    struct sn_movement_sensor *source = source_of(sensor, SN_MOVEMENT_COMPASS);

    return source ? sn_movement_sensor_compass_heading(call, source, extra, ret_degrees)
                  : sn_movement_sensor_lacks(call, SN_MOVEMENT_COMPASS);
}

static int merged_orientation(struct sn_call *call, struct sn_movement_sensor *sensor,
                              const struct pb_google_struct *extra, struct sn_heading *ret_heading)
{
    struct sn_movement_sensor *source = source_of(sensor, SN_MOVEMENT_ORIENTATION);

    return source ? sn_movement_sensor_orientation(call, source, extra, ret_heading)
                  : sn_movement_sensor_lacks(call, SN_MOVEMENT_ORIENTATION);
}

static int merged_properties(struct sn_call *call, struct sn_movement_sensor *sensor,
                             const struct pb_google_struct *extra,
                             struct pb_movementsensor_get_properties_response *ret_properties)
{
    *ret_properties = (struct pb_movementsensor_get_properties_response){
        .linear_velocity_supported = source_of(sensor, SN_MOVEMENT_LINEAR_VELOCITY),
        .angular_velocity_supported = source_of(sensor, SN_MOVEMENT_ANGULAR_VELOCITY),
        .orientation_supported = source_of(sensor, SN_MOVEMENT_ORIENTATION),
        .position_supported = source_of(sensor, SN_MOVEMENT_POSITION),
        .compass_heading_supported = source_of(sensor, SN_MOVEMENT_COMPASS),
        .linear_acceleration_supported = source_of(sensor, SN_MOVEMENT_LINEAR_ACCELERATION),
    };
    return 0;
}

/* ---- accuracy, of all of them ---- */

struct survey {
    struct sn_call child; /* first */
    struct sn_call *call;
    const struct merged *merged;
    const struct pb_google_struct *extra;
    enum sn_movement next;
    struct pb_movementsensor_get_accuracy_response answer, *all;
};

static int ask_accuracy(struct sn_call *call)
{
    struct survey *survey = (struct survey *)call;

    return sn_movement_sensor_accuracy(call, survey->merged->source[survey->next], survey->extra,
                                       &survey->answer);
}

/* What a sensor calls its own gets the sensor's name before it. */
static int keep_accuracy(struct survey *survey)
{
    const struct sn_movement_sensor *source = survey->merged->source[survey->next];
    struct sn_arena *arena = survey->call->arena;

    for (uint32_t i = 0; i < survey->answer.accuracy.n; i++) {
        struct pb_movementsensor_get_accuracy_response_accuracy_entry *entry =
            sn_pb_add(&survey->all->accuracy, arena);
        if (!entry)
            return SN_ERR_RESOURCE_EXHAUSTED;
        entry->key = sn_arena_printf(arena, "%s_%.*s", source->base.name,
                                     SN_STR_ARGS(survey->answer.accuracy.v[i].key));
        entry->value = survey->answer.accuracy.v[i].value;
        if (!entry->key.ptr)
            return SN_ERR_RESOURCE_EXHAUSTED;
    }
    if (source == survey->merged->source[SN_MOVEMENT_POSITION]) {
        survey->all->position_hdop = survey->answer.position_hdop;
        survey->all->position_vdop = survey->answer.position_vdop;
        survey->all->position_nmea_gga_fix = survey->answer.position_nmea_gga_fix;
    }
    if (source == survey->merged->source[SN_MOVEMENT_COMPASS])
        survey->all->compass_degrees_error = survey->answer.compass_degrees_error;
    return 0;
}

/* Whether it is a source, and none that was asked before. */
static bool is_next(const struct survey *survey)
{
    const struct sn_movement_sensor *source = survey->merged->source[survey->next];

    for (int i = 0; source && i < (int)survey->next; i++)
        if (survey->merged->source[i] == source)
            return false;
    return source;
}

static void accuracy_asked(struct sn_call *call, int code);

static int survey_next(struct survey *survey)
{
    struct sn_call *call = survey->call;

    while (survey->next < SN_MOVEMENT_COUNT && !is_next(survey))
        survey->next++;
    if (survey->next == SN_MOVEMENT_COUNT)
        return 0;
    sn_call_init(&survey->child, call->env, call->arena, call);
    survey->child.start = ask_accuracy;
    survey->child.end = accuracy_asked;
    sn_call_start(&survey->child);
    return SN_PENDING;
}

static void accuracy_asked(struct sn_call *call, int code)
{
    struct survey *survey = (struct survey *)call;

    if (code)
        sn_call_fail(survey->call, code, "%.*s", SN_STR_ARGS(sn_call_text(call, code)));
    else
        code = keep_accuracy(survey);
    survey->next++;
    if (!code)
        code = survey_next(survey);
    if (code != SN_PENDING)
        sn_call_done(survey->call, code);
}

static int merged_accuracy(struct sn_call *call, struct sn_movement_sensor *sensor,
                           const struct pb_google_struct *extra,
                           struct pb_movementsensor_get_accuracy_response *ret_accuracy)
{
    struct survey *survey = sn_arena_zalloc(call->arena, sizeof(*survey));

    if (!survey)
        return SN_ERR_RESOURCE_EXHAUSTED;
    survey->call = call;
    survey->merged = (const struct merged *)sensor;
    survey->extra = extra;
    survey->all = ret_accuracy;
    return survey_next(survey);
}

/* ---- choosing them, one question after the other ---- */

struct choice {
    struct sn_call child; /* first */
    struct sn_call *call;
    struct merged *merged;
    const struct merged_attrs *attrs;
    size_t row, index; /* of `wanted`, of the list there */
    struct sn_movement_sensor *sensor;
    struct pb_movementsensor_get_properties_response properties;
};

typedef struct pb_movementsensor_get_properties_response properties_t;

/* In upstream's order, which decides about the error. */
static const struct {
    enum sn_movement what;
    const char *key;
    size_t supported; /* offset of the property */
} wanted[SN_MOVEMENT_COUNT] = {
    {SN_MOVEMENT_POSITION, "position", offsetof(properties_t, position_supported)},
    {SN_MOVEMENT_ORIENTATION, "orientation", offsetof(properties_t, orientation_supported)},
    {SN_MOVEMENT_COMPASS, "compass_heading", offsetof(properties_t, compass_heading_supported)},
    {SN_MOVEMENT_LINEAR_VELOCITY, "linear_velocity",
     offsetof(properties_t, linear_velocity_supported)},
    {SN_MOVEMENT_ANGULAR_VELOCITY, "angular_velocity",
     offsetof(properties_t, angular_velocity_supported)},
    {SN_MOVEMENT_LINEAR_ACCELERATION, "linear_acceleration",
     offsetof(properties_t, linear_acceleration_supported)},
};

static const struct sn_attr_list *list_of(const struct choice *choice)
{
    return &choice->attrs->sensors[wanted[choice->row].what];
}

/* The list as upstream's language writes it. */
static int none_can(const struct choice *choice)
{
    const struct sn_attr_list *list = list_of(choice);
    const struct sn_str *names = list->v;
    char text[512];
    size_t len = 0;

    for (size_t i = 0; i < list->count && len < sizeof(text); i++)
        len += (size_t)snprintf(text + len, sizeof(text) - len, "%s\"%.*s\"", i ? ", " : "",
                                SN_STR_ARGS(names[i]));
    return sn_call_fail(choice->call, SN_ERR_UNKNOWN,
                        "%s not supported by any sensor in list []string{%s}",
                        wanted[choice->row].key, text);
}

static int ask_properties(struct sn_call *call)
{
    struct choice *choice = (struct choice *)call;

    return sn_movement_sensor_properties(call, choice->sensor, NULL, &choice->properties);
}

static void properties_asked(struct sn_call *call, int code);

/* Asks the sensor whose turn it is; SN_PENDING when there is one. */
static int choose(struct choice *choice)
{
    struct sn_call *call = choice->call;
    struct sn_resource *found;

    while (choice->row < SN_MOVEMENT_COUNT && list_of(choice)->count == 0)
        choice->row++;
    if (choice->row == SN_MOVEMENT_COUNT)
        return 0;
    if (choice->index == list_of(choice)->count)
        return none_can(choice);
    int code = sn_dependency(call, &choice->merged->base.base, SN_API_MOVEMENT_SENSOR,
                             ((const struct sn_str *)list_of(choice)->v)[choice->index], &found);
    if (code)
        return code;
    choice->sensor = (struct sn_movement_sensor *)found;
    sn_call_init(&choice->child, call->env, call->arena, call);
    choice->child.start = ask_properties;
    choice->child.end = properties_asked;
    sn_call_start(&choice->child);
    return SN_PENDING;
}

static void properties_asked(struct sn_call *call, int code)
{
    struct choice *choice = (struct choice *)call;
    const bool *supported =
        (const void *)((const char *)&choice->properties + wanted[choice->row].supported);

    if (code) {
        sn_log_warn(choice->merged->base.base.log, "could not get the properties of %s: %.*s",
                    choice->sensor->base.name, SN_STR_ARGS(sn_call_text(call, code)));
        choice->index++;
    } else if (*supported) {
        choice->merged->source[wanted[choice->row].what] = choice->sensor;
        choice->row++;
        choice->index = 0;
    } else {
        choice->index++;
    }
    int reason = sn_call_cancelled(choice->call);
    int outcome = reason ? reason : choose(choice);
    if (outcome != SN_PENDING)
        sn_call_done(choice->call, outcome);
}

static int merged_open(struct sn_call *call, struct sn_resource *resource, const void *attrs)
{
    struct choice *choice = sn_arena_zalloc(call->arena, sizeof(*choice));

    if (!choice)
        return SN_ERR_RESOURCE_EXHAUSTED;
    choice->call = call;
    choice->merged = (struct merged *)resource;
    choice->attrs = attrs;
    return choose(choice);
}

#define AT(what) offsetof(struct merged_attrs, sensors[SN_MOVEMENT_##what])

static const struct sn_attr merged_attrs[] = {
    {"position", SN_ATTR_STRINGS, AT(POSITION),
     .help = "sensors of the position; the first that can tell is asked", .dependency = true},
    {"orientation", SN_ATTR_STRINGS, AT(ORIENTATION), .help = "sensors of the orientation",
     .dependency = true},
    {"compass_heading", SN_ATTR_STRINGS, AT(COMPASS), .help = "sensors of the compass heading",
     .dependency = true},
    {"linear_velocity", SN_ATTR_STRINGS, AT(LINEAR_VELOCITY),
     .help = "sensors of the linear velocity", .dependency = true},
    {"angular_velocity", SN_ATTR_STRINGS, AT(ANGULAR_VELOCITY),
     .help = "sensors of the angular velocity", .dependency = true},
    {"linear_acceleration", SN_ATTR_STRINGS, AT(LINEAR_ACCELERATION),
     .help = "sensors of the linear acceleration", .dependency = true},
    {0},
};

static const struct sn_movement_sensor_ops merged_ops = {
    .position = merged_position,
    .linear_velocity = merged_linear_velocity,
    .angular_velocity = merged_angular_velocity,
    .linear_acceleration = merged_linear_acceleration,
    .compass_heading = merged_compass_heading,
    .orientation = merged_orientation,
    .properties = merged_properties,
    .accuracy = merged_accuracy,
};

const struct sn_driver sn_driver_movement_sensor_merged = {
    .api = SN_API_MOVEMENT_SENSOR,
    .model = "rdk:builtin:merged",
    .help = "one sensor out of several, for each measurement the best there is",
    .size = sizeof(struct merged),
    .attrs_size = sizeof(struct merged_attrs),
    .attrs = merged_attrs,
    .ops = &merged_ops,
    .open = merged_open,
};
