/* SPDX-License-Identifier: Apache-2.0
 *
 * A movement sensor's readings, gathered from what it measures: each is asked for in turn by a
 * child of the call that wants them all. What the sensor doesn't measure is left out; upstream
 * knows that by the error's text, and so do modules and remotes.
 */
#include "api/movement_sensor.h"
#include "pb/common/v1/common.h"
#include "sinew/struct.h"

struct gather {
    struct sn_call child; /* first */
    struct sn_call *call;
    struct sn_movement_sensor *sensor;
    const struct pb_google_struct *extra;
    struct pb_google_struct *readings;
    enum sn_movement next;
    struct pb_common_geo_point point;
    float altitude;
    struct pb_common_vector3 vector;
    double degrees;
    struct sn_heading heading;
};

/* ---- what is asked ---- */

#define GATHER ((struct gather *)call)

static int ask_position(struct sn_call *call)
{
    return sn_movement_sensor_position(call, GATHER->sensor, GATHER->extra, &GATHER->point,
                                       &GATHER->altitude);
}

static int ask_linear_velocity(struct sn_call *call)
{
    return sn_movement_sensor_linear_velocity(call, GATHER->sensor, GATHER->extra, &GATHER->vector);
}

static int ask_linear_acceleration(struct sn_call *call)
{
    return sn_movement_sensor_linear_acceleration(call, GATHER->sensor, GATHER->extra,
                                                  &GATHER->vector);
}

static int ask_angular_velocity(struct sn_call *call)
{
    return sn_movement_sensor_angular_velocity(call, GATHER->sensor, GATHER->extra,
                                               &GATHER->vector);
}

static int ask_compass(struct sn_call *call)
{
    return sn_movement_sensor_compass_heading(call, GATHER->sensor, GATHER->extra,
                                              &GATHER->degrees);
}

static int ask_orientation(struct sn_call *call)
{
    return sn_movement_sensor_orientation(call, GATHER->sensor, GATHER->extra, &GATHER->heading);
}

/* ---- what becomes of it ---- */

static int add_number(struct gather *gather, struct sn_str key, double number)
{
    return sn_pb_struct_add(gather->readings, key, sn_pb_number(number), gather->call->arena);
}

/* A struct of numbers with the type that SDKs know it by. `keys` ends with NULL. */
static int add_typed(struct gather *gather, struct sn_str key, struct sn_str type,
                     const char *const *keys, const double *numbers)
{
    struct sn_arena *arena = gather->call->arena;
    struct pb_google_struct *inner = sn_arena_zalloc(arena, sizeof(*inner));

    if (!inner || sn_pb_struct_add(inner, SN_STR("_type"), sn_pb_string(type), arena))
        return SN_ERR_RESOURCE_EXHAUSTED;
    for (size_t i = 0; keys[i]; i++)
        if (sn_pb_struct_add(inner, sn_str_of(keys[i]), sn_pb_number(numbers[i]), arena))
            return SN_ERR_RESOURCE_EXHAUSTED;
    return sn_pb_struct_add(gather->readings, key, sn_pb_struct(inner), arena);
}

static int add_vector(struct gather *gather, struct sn_str key, struct sn_str type)
{
    static const char *const keys[] = {"x", "y", "z", NULL};
    const struct pb_common_vector3 *v = &gather->vector;

    return add_typed(gather, key, type, keys, (const double[]){v->x, v->y, v->z});
}

static int add_position(struct gather *gather)
{
    static const char *const keys[] = {"lat", "lng", NULL};
    const double numbers[] = {gather->point.latitude, gather->point.longitude};
    int code = add_typed(gather, SN_STR("position"), SN_STR("geopoint"), keys, numbers);

    return code ? code : add_number(gather, SN_STR("altitude"), (double)gather->altitude);
}

static int add_linear_velocity(struct gather *gather)
{
    return add_vector(gather, SN_STR("linear_velocity"), SN_STR("vector3"));
}

static int add_linear_acceleration(struct gather *gather)
{
    return add_vector(gather, SN_STR("linear_acceleration"), SN_STR("vector3"));
}

static int add_angular_velocity(struct gather *gather)
{
    return add_vector(gather, SN_STR("angular_velocity"), SN_STR("angular_velocity"));
}

static int add_compass(struct gather *gather)
{
    return add_number(gather, SN_STR("compass"), gather->degrees);
}

static int add_orientation(struct gather *gather)
{
    static const char *const types[] = {"orientation_vector_degrees", "orientation_vector_radians",
                                        "quat"};
    static const char *const axis[] = {"ox", "oy", "oz", "theta", NULL};
    static const char *const parts[] = {"i", "j", "k", "r", NULL};
    const struct sn_heading *h = &gather->heading;

    return add_typed(gather, SN_STR("orientation"), sn_str_of(types[h->form]),
                     h->form == SN_HEADING_QUATERNION ? parts : axis,
                     (const double[]){h->x, h->y, h->z, h->w});
}

static const struct {
    int (*ask)(struct sn_call *call);
    int (*add)(struct gather *gather);
} steps[SN_MOVEMENT_COUNT] = {
    [SN_MOVEMENT_POSITION] = {ask_position, add_position},
    [SN_MOVEMENT_LINEAR_VELOCITY] = {ask_linear_velocity, add_linear_velocity},
    [SN_MOVEMENT_LINEAR_ACCELERATION] = {ask_linear_acceleration, add_linear_acceleration},
    [SN_MOVEMENT_ANGULAR_VELOCITY] = {ask_angular_velocity, add_angular_velocity},
    [SN_MOVEMENT_COMPASS] = {ask_compass, add_compass},
    [SN_MOVEMENT_ORIENTATION] = {ask_orientation, add_orientation},
};

/* ---- one after the other ---- */

static bool contains(struct sn_str text, const char *part)
{
    size_t len = strlen(part);

    for (size_t i = 0; i + len <= text.len; i++)
        if (memcmp(text.ptr + i, part, len) == 0)
            return true;
    return false;
}

static void asked(struct sn_call *call, int code);

static void ask_next(struct gather *gather)
{
    struct sn_call *call = gather->call;

    sn_call_init(&gather->child, call->env, call->arena, call);
    gather->child.start = steps[gather->next].ask;
    gather->child.end = asked;
    sn_call_start(&gather->child);
}

static void asked(struct sn_call *call, int code)
{
    struct gather *gather = GATHER;
    struct sn_str text = sn_call_text(call, code);

    if (!code)
        code = steps[gather->next].add(gather);
    else if (contains(text, sn_movement_lacks[gather->next]))
        code = 0;
    else
        sn_call_fail(gather->call, code, "%.*s", SN_STR_ARGS(text));
    if (code || ++gather->next == SN_MOVEMENT_COUNT)
        sn_call_done(gather->call, code);
    else
        ask_next(gather);
}

int sn_movement_sensor_ask_all(struct sn_call *call, struct sn_movement_sensor *sensor,
                               const struct pb_google_struct *extra,
                               struct pb_google_struct *readings)
{
    struct gather *gather = sn_arena_zalloc(call->arena, sizeof(*gather));

    if (!gather)
        return SN_ERR_RESOURCE_EXHAUSTED;
    gather->call = call;
    gather->sensor = sensor;
    gather->extra = extra;
    gather->readings = readings;
    ask_next(gather);
    return SN_PENDING;
}
