/* SPDX-License-Identifier: Apache-2.0
 *
 * Odometry of a base with one driven wheel on each side: how far the wheels have turned since the
 * last look says how far it went and where it points. Coordinates are those of upstream: Y is where
 * it pointed at first, X to the right of that, the angle is counter-clockwise.
 */
#include "control/cycle.h"
#include "driver/earth.h"
#include "pb/common/v1/common.h"
#include "pb/component/base/v1/base.h"
#include "pb/component/movementsensor/v1/movementsensor.h"
#include "sinew/api/base.h"
#include "sinew/api/motor.h"
#include "sinew/api/movement_sensor.h"
#include "sinew/driver.h"
#include "sinew/list.h"
#include "sinew/log.h"
#include "sinew/steps.h"
#include "sinew/struct.h"
#include "spatial/vec.h"

enum { LEFT, RIGHT, SIDES };

enum { LOOK_MEMORY_MAX = 64 << 10 };

#define INTERVAL_MS 500.0
#define INTERVAL_MS_MAX 86400e3 /* a day */

struct odometry_attrs {
    struct sn_str base;
    struct sn_attr_list motors[SIDES]; /* struct sn_str, one each */
    double interval_ms;
};

struct odometry {
    struct sn_movement_sensor sensor;
    struct sn_base *base;
    struct sn_motor *motors[SIDES];
    double width, circumference; /* m */
    uint64_t interval_ns;

    /* The look under way */
    struct sn_cycle cycle;
    struct sn_call call;
    struct sn_arena arena;
    double turned[SIDES]; /* revolutions */
    bool looking, failing;
    struct sn_call *closing;

    /* What is known */
    double last[SIDES]; /* revolutions, at last_ns */
    uint64_t last_ns;
    double x, y;                       /* m */
    double yaw;                        /* radians, 0 to less than 2 pi */
    struct pb_common_geo_point origin; /* where x and y are 0 */
    struct pb_common_geo_point point;  /* where it is */
    double linear_velocity;            /* m/s, forward */
    double angular_velocity;           /* degrees/s */
    bool use_compass;

    struct pb_base_get_properties_response base_properties; /* while it is opened */
    bool reports[SIDES];
};

static struct odometry *odometry_of(struct sn_movement_sensor *sensor)
{
    return (struct odometry *)sensor;
}

/* ---- where it is ---- */

/* From the origin along a great circle. */
static void odometry_locate(struct odometry *odometry)
{
    double distance = hypot(odometry->x, odometry->y) / SN_EARTH_RADIUS_M;
    double bearing = atan2(odometry->x, odometry->y);
    double lat = sn_radians(odometry->origin.latitude);
    double lng = sn_radians(odometry->origin.longitude);
    double to_lat = asin(sin(lat) * cos(distance) + cos(lat) * sin(distance) * cos(bearing));
    double to_lng = lng + atan2(sin(bearing) * sin(distance) * cos(lat),
                                cos(distance) - sin(lat) * sin(to_lat));

    odometry->point.latitude = sn_degrees(to_lat);
    odometry->point.longitude = sn_degrees(fmod(to_lng + 3 * SN_PI, 2 * SN_PI) - SN_PI);
}

/* The last look that said something may be several intervals ago. */
static void odometry_update(struct odometry *odometry)
{
    uint64_t now_ns = odometry->sensor.base.env->timers->now_ns;
    double seconds = (double)(now_ns - odometry->last_ns) / 1e9;
    double went[SIDES];

    for (int i = 0; i < SIDES; i++)
        went[i] = (odometry->turned[i] - odometry->last[i]) * odometry->circumference;
    double forward = (went[LEFT] + went[RIGHT]) / 2;
    double turn = (went[RIGHT] - went[LEFT]) / odometry->width;
    if (!isfinite(forward) || !isfinite(turn) || seconds == 0)
        return;
    double yaw = fmod(odometry->yaw + turn, 2 * SN_PI);
    odometry->yaw = fmod(yaw + 2 * SN_PI, 2 * SN_PI);
    odometry->x -= forward * sin(odometry->yaw);
    odometry->y += forward * cos(odometry->yaw);
    odometry->linear_velocity = forward / seconds;
    odometry->angular_velocity = sn_degrees(turn / seconds);
    odometry->last_ns = now_ns;
    for (int i = 0; i < SIDES; i++)
        odometry->last[i] = odometry->turned[i];
    odometry_locate(odometry);
}

/* ---- looking ---- */

static int read_motor(struct sn_call *call, void *arg, size_t i)
{
    struct odometry *odometry = arg;

    return sn_motor_position(call, odometry->motors[i], NULL, &odometry->turned[i]);
}

static int start_look(struct sn_call *call)
{
    struct odometry *odometry = sn_container_of(call, struct odometry, call);

    return sn_call_each(call, SIDES, read_motor, odometry);
}

static void look_ended(struct sn_call *call, int code)
{
    struct odometry *odometry = sn_container_of(call, struct odometry, call);

    if (!code)
        odometry_update(odometry);
    else if (!odometry->closing && !odometry->failing)
        sn_log_warn(odometry->sensor.base.log, "can't read the motors' positions: %.*s",
                    SN_STR_ARGS(sn_call_text(call, code)));
    odometry->failing = code;
    odometry->looking = false;
    sn_arena_fini(&odometry->arena);
    if (odometry->closing)
        sn_call_done(odometry->closing, 0);
}

static void odometry_look(struct sn_cycle *cycle)
{
    struct odometry *odometry = sn_container_of(cycle, struct odometry, cycle);
    struct sn_env *env = odometry->sensor.base.env;

    if (odometry->looking)
        return;
    sn_arena_init(&odometry->arena, env->blocks, LOOK_MEMORY_MAX);
    sn_call_init(&odometry->call, env, &odometry->arena, NULL);
    odometry->call.start = start_look;
    odometry->call.end = look_ended;
    odometry->looking = true;
    sn_call_start(&odometry->call);
}

/* ---- the slots ---- */

static int odometry_position(struct sn_call *call, struct sn_movement_sensor *sensor,
                             const struct pb_google_struct *extra,
                             struct pb_common_geo_point *ret_point, float *ret_altitude)
{
    const struct odometry *odometry = odometry_of(sensor);
    const struct pb_google_value *relative = sn_pb_struct_get(extra, "return_relative_pos_m");

    if (relative && relative->which_kind != PB_GOOGLE_VALUE_KIND_BOOL_VALUE)
        return sn_call_fail(call, SN_ERR_UNKNOWN, "return_relative_pos_m must be true or false");
    *ret_point = odometry->point;
    if (sn_pb_value_bool(relative, false))
        *ret_point = (struct pb_common_geo_point){odometry->y, odometry->x};
    return 0;
}

static int odometry_linear_velocity(struct sn_call *call, struct sn_movement_sensor *sensor,
                                    const struct pb_google_struct *extra,
                                    struct pb_common_vector3 *ret_velocity)
{
    ret_velocity->y = odometry_of(sensor)->linear_velocity;
    return 0;
}

static int odometry_angular_velocity(struct sn_call *call, struct sn_movement_sensor *sensor,
                                     const struct pb_google_struct *extra,
                                     struct pb_common_vector3 *ret_velocity)
{
    ret_velocity->z = odometry_of(sensor)->angular_velocity;
    return 0;
}

/* 360 for where it pointed at first: an oddity of upstream's. */
static int odometry_compass_heading(struct sn_call *call, struct sn_movement_sensor *sensor,
                                    const struct pb_google_struct *extra, double *ret_degrees)
{
    const struct odometry *odometry = odometry_of(sensor);

    if (!odometry->use_compass)
        return sn_movement_sensor_lacks(call, SN_MOVEMENT_COMPASS);
    *ret_degrees = 360 - sn_degrees(odometry->yaw);
    return 0;
}

static int odometry_orientation(struct sn_call *call, struct sn_movement_sensor *sensor,
                                const struct pb_google_struct *extra,
                                struct sn_heading *ret_heading)
{
    *ret_heading =
        (struct sn_heading){.form = SN_HEADING_RADIANS, .z = 1, .w = odometry_of(sensor)->yaw};
    return 0;
}

static int odometry_properties(struct sn_call *call, struct sn_movement_sensor *sensor,
                               const struct pb_google_struct *extra,
                               struct pb_movementsensor_get_properties_response *ret_properties)
{
    *ret_properties = (struct pb_movementsensor_get_properties_response){
        .linear_velocity_supported = true,
        .angular_velocity_supported = true,
        .orientation_supported = true,
        .position_supported = true,
        .compass_heading_supported = odometry_of(sensor)->use_compass,
    };
    return 0;
}

static int odometry_readings(struct sn_call *call, struct sn_movement_sensor *sensor,
                             const struct pb_google_struct *extra,
                             struct pb_google_struct *readings)
{
    const struct odometry *odometry = odometry_of(sensor);

    if (sn_pb_struct_add(readings, SN_STR("position_meters_X"), sn_pb_number(odometry->x),
                         call->arena) ||
        sn_pb_struct_add(readings, SN_STR("position_meters_Y"), sn_pb_number(odometry->y),
                         call->arena))
        return SN_ERR_RESOURCE_EXHAUSTED;
    return sn_movement_sensor_ask_all(call, sensor, extra, readings);
}

/* ---- commands ---- */

struct order {
    struct odometry *odometry;
    const struct pb_google_struct *command;
    struct pb_google_struct *answer;
    struct sn_arena *arena;
};

static int order_say(struct order *order, const char *key, struct sn_str text)
{
    if (!text.ptr)
        return SN_ERR_RESOURCE_EXHAUSTED;
    return sn_pb_struct_add(order->answer, sn_str_of(key), sn_pb_string(text), order->arena);
}

static bool order_bool(const struct order *order, const char *key, bool *ret)
{
    const struct pb_google_value *value = sn_pb_struct_get(order->command, key);

    *ret = sn_pb_value_bool(value, false);
    return value && value->which_kind == PB_GOOGLE_VALUE_KIND_BOOL_VALUE;
}

static bool order_number(const struct order *order, const char *key, double *ret)
{
    const struct pb_google_value *value = sn_pb_struct_get(order->command, key);

    *ret = sn_pb_value_number(value, 0);
    return value && value->which_kind == PB_GOOGLE_VALUE_KIND_NUMBER_VALUE;
}

static int order_flags(struct order *order)
{
    struct odometry *odometry = order->odometry;
    bool flag;
    int code = 0;

    if (order_bool(order, "use_compass", &flag)) {
        odometry->use_compass = flag;
        code = order_say(order, "use_compass",
                         sn_arena_printf(order->arena,
                                         "using orientation as compass heading set to %s",
                                         flag ? "true" : "false"));
    }
    if (!code && order_bool(order, "reset", &flag)) {
        odometry->x = odometry->y = odometry->yaw = 0;
        odometry->origin = odometry->point = (struct pb_common_geo_point){0};
        code = order_say(order, "reset",
                         sn_arena_printf(order->arena, "resetting position and setting shift to %s",
                                         flag ? "true" : "false"));
    }
    return code;
}

static int order_shift(struct order *order)
{
    struct odometry *odometry = order->odometry;
    double lat, lng;
    bool has_lat = order_number(order, "setLat", &lat);
    bool has_lng = order_number(order, "setLong", &lng);

    if (!has_lat && !has_lng)
        return 0;
    if (!has_lat || !has_lng)
        return order_say(order, "bad shift", SN_STR("need both lat and long shifts"));
    odometry->origin = (struct pb_common_geo_point){lat, lng};
    odometry_locate(odometry);
    int code =
        order_say(order, "setLat", sn_arena_printf(order->arena, "lat shifted to %.8f", lat));
    return code ? code
                : order_say(order, "setLong",
                            sn_arena_printf(order->arena, "lng shifted to %.8f", lng));
}

/* Where it is on earth follows with the next look. */
static int order_move(struct order *order)
{
    struct odometry *odometry = order->odometry;
    double by;
    int code = 0;

    if (order_number(order, "moveX", &by)) {
        odometry->x += by;
        code = order_say(order, "moveX",
                         sn_arena_printf(order->arena, "x position moved to %.8f", odometry->x));
    }
    if (!code && order_number(order, "moveY", &by)) {
        odometry->y += by;
        code = order_say(order, "moveY",
                         sn_arena_printf(order->arena, "y position shifted to %.8f", odometry->y));
    }
    return code;
}

static int odometry_do_command(struct sn_call *call, struct sn_resource *resource,
                               const struct pb_google_struct *command,
                               struct pb_google_struct **ret_result)
{
    struct order order = {(struct odometry *)resource, command,
                          sn_arena_zalloc(call->arena, sizeof(**ret_result)), call->arena};

    if (!order.answer || order_flags(&order) || order_shift(&order) || order_move(&order))
        return SN_ERR_RESOURCE_EXHAUSTED;
    *ret_result = order.answer;
    return 0;
}

/* ---- its life ---- */

static int odometry_validate(const void *attrs, struct sn_error *error)
{
    const struct odometry_attrs *a = attrs;

    if (a->motors[LEFT].count != a->motors[RIGHT].count)
        return sn_error_set(error, SN_ERR_UNKNOWN, "mismatch number of left and right motors");
    if (a->motors[LEFT].count != 1)
        return sn_error_set(error, SN_ERR_UNKNOWN,
                            "wheeled odometry only supports one left and right motor each");
    if (!(a->interval_ms >= 0))
        return sn_error_set(error, SN_ERR_INVALID_ARGUMENT,
                            "time_interval_msecs is %g; it must not be negative", a->interval_ms);
    return 0;
}

static int step_base(struct sn_call *call, void *arg)
{
    struct odometry *odometry = arg;

    return sn_base_properties(call, odometry->base, NULL, &odometry->base_properties);
}

static int ask_reports(struct sn_call *call, void *arg, size_t i)
{
    struct odometry *odometry = arg;

    return sn_motor_properties(call, odometry->motors[i], NULL, &odometry->reports[i]);
}

static int step_motors(struct sn_call *call, void *arg)
{
    struct odometry *odometry = arg;

    odometry->width = odometry->base_properties.width_meters;
    odometry->circumference = odometry->base_properties.wheel_circumference_meters;
    if (odometry->width == 0 || odometry->circumference == 0)
        return sn_call_fail(call, SN_ERR_UNKNOWN,
                            "base width or wheel circumference are 0, movement sensor cannot be "
                            "created");
    return sn_call_each(call, SIDES, ask_reports, odometry);
}

static int step_positions(struct sn_call *call, void *arg)
{
    const struct odometry *odometry = arg;

    for (int i = 0; i < SIDES; i++)
        if (!odometry->reports[i])
            return sn_call_fail(call, SN_ERR_UNKNOWN,
                                "motor named %s has wrong support for property "
                                "motor.Properties{PositionReporting:false}",
                                odometry->motors[i]->base.name);
    return sn_call_each(call, SIDES, read_motor, arg);
}

static int step_begin(struct sn_call *call, void *arg)
{
    struct odometry *odometry = arg;

    for (int i = 0; i < SIDES; i++)
        odometry->last[i] = odometry->turned[i];
    odometry->last_ns = call->env->timers->now_ns;
    sn_cycle_start(&odometry->cycle, call->env->timers, odometry->interval_ns, odometry_look);
    return 0;
}

static int odometry_open(struct sn_call *call, struct sn_resource *resource, const void *attrs)
{
    static const sn_step_fn steps[] = {step_base, step_motors, step_positions, step_begin, NULL};
    struct odometry *odometry = (struct odometry *)resource;
    const struct odometry_attrs *a = attrs;
    double ms = a->interval_ms != 0 ? a->interval_ms : INTERVAL_MS;
    struct sn_resource *found;
    int code = sn_dependency(call, resource, SN_API_BASE, a->base, &found);

    odometry->base = (struct sn_base *)found;
    odometry->interval_ns = (uint64_t)(fmin(fmax(ms, 1), INTERVAL_MS_MAX) * 1e6);
    for (int i = 0; !code && i < SIDES; i++) {
        code = sn_dependency(call, resource, SN_API_MOTOR, *(const struct sn_str *)a->motors[i].v,
                             &found);
        odometry->motors[i] = (struct sn_motor *)found;
    }
    return code ? code : sn_call_steps(call, steps, NULL, odometry);
}

static int odometry_close(struct sn_call *call, struct sn_resource *resource)
{
    struct odometry *odometry = (struct odometry *)resource;

    sn_cycle_stop(&odometry->cycle);
    if (!odometry->looking)
        return 0;
    odometry->closing = call;
    sn_call_cancel(&odometry->call, SN_ERR_CANCELLED);
    return SN_PENDING;
}

#define AT(member) offsetof(struct odometry_attrs, member)

static const struct sn_attr odometry_attrs[] = {
    {"base", SN_ATTR_STRING, AT(base), .help = "a base that knows its width and its wheels",
     .required = true, .dependency = true},
    {"left_motors", SN_ATTR_STRINGS, AT(motors[LEFT]), .help = "the motor on the left",
     .required = true, .dependency = true, .label = "left motors"},
    {"right_motors", SN_ATTR_STRINGS, AT(motors[RIGHT]), .help = "the motor on the right",
     .required = true, .dependency = true, .label = "right motors"},
    {"time_interval_msecs", SN_ATTR_NUMBER, AT(interval_ms),
     .help = "ms between looks at the motors, 500 if 0"},
    {0},
};

static const struct sn_movement_sensor_ops odometry_ops = {
    .common = {.do_command = odometry_do_command},
    .position = odometry_position,
    .linear_velocity = odometry_linear_velocity,
    .angular_velocity = odometry_angular_velocity,
    .compass_heading = odometry_compass_heading,
    .orientation = odometry_orientation,
    .properties = odometry_properties,
    .readings = odometry_readings,
};

const struct sn_driver sn_driver_movement_sensor_wheeled_odometry = {
    .api = SN_API_MOVEMENT_SENSOR,
    .model = "rdk:builtin:wheeled-odometry",
    .help = "where a base is by the turns of its wheels",
    .size = sizeof(struct odometry),
    .attrs_size = sizeof(struct odometry_attrs),
    .attrs = odometry_attrs,
    .ops = &odometry_ops,
    .validate = odometry_validate,
    .open = odometry_open,
    .close = odometry_close,
};
