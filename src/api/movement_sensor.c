/* SPDX-License-Identifier: Apache-2.0
 *
 * Movement sensor API: wrappers, server glue, proxy.
 */
#include "api/movement_sensor.h"
#include "api/api.h"
#include "pb/common/v1/common.h"
#include "pb/component/movementsensor/v1/movementsensor.h"
#include "spatial/orientation.h"

/* As upstream spells them. */
const char *const sn_movement_lacks[SN_MOVEMENT_COUNT] = {
    [SN_MOVEMENT_POSITION] = "Position Unimplemented",
    [SN_MOVEMENT_LINEAR_VELOCITY] = "LinearVelocity Unimplemented",
    [SN_MOVEMENT_LINEAR_ACCELERATION] = "linear acceleration unimplemented",
    [SN_MOVEMENT_ANGULAR_VELOCITY] = "AngularVelocity Unimplemented",
    [SN_MOVEMENT_COMPASS] = "CompassHeading Unimplemented",
    [SN_MOVEMENT_ORIENTATION] = "Orientation Unimplemented",
};

static const struct sn_movement_sensor_ops *ops_of(const struct sn_movement_sensor *sensor)
{
    return sensor->base.ops;
}

int sn_movement_sensor_lacks(struct sn_call *call, enum sn_movement what)
{
    return sn_call_fail(call, SN_ERR_UNKNOWN, "%s", sn_movement_lacks[what]);
}

int sn_movement_sensor_position(struct sn_call *call, struct sn_movement_sensor *sensor,
                                const struct pb_google_struct *extra,
                                struct pb_common_geo_point *ret_point, float *ret_altitude)
{
    int code = sn_resource_enter(&sensor->base, call, SN_READ);

    if (code)
        return code;
    if (!ops_of(sensor)->position)
        return sn_movement_sensor_lacks(call, SN_MOVEMENT_POSITION);
    *ret_point = (struct pb_common_geo_point){.latitude = NAN, .longitude = NAN};
    *ret_altitude = 0;
    return ops_of(sensor)->position(call, sensor, extra, ret_point, ret_altitude);
}

int sn_movement_sensor_linear_velocity(struct sn_call *call, struct sn_movement_sensor *sensor,
                                       const struct pb_google_struct *extra,
                                       struct pb_common_vector3 *ret_velocity)
{
    int code = sn_resource_enter(&sensor->base, call, SN_READ);

    if (code)
        return code;
    if (!ops_of(sensor)->linear_velocity)
        return sn_movement_sensor_lacks(call, SN_MOVEMENT_LINEAR_VELOCITY);
    *ret_velocity = (struct pb_common_vector3){0};
    return ops_of(sensor)->linear_velocity(call, sensor, extra, ret_velocity);
}

int sn_movement_sensor_angular_velocity(struct sn_call *call, struct sn_movement_sensor *sensor,
                                        const struct pb_google_struct *extra,
                                        struct pb_common_vector3 *ret_velocity)
{
    int code = sn_resource_enter(&sensor->base, call, SN_READ);

    if (code)
        return code;
    if (!ops_of(sensor)->angular_velocity)
        return sn_movement_sensor_lacks(call, SN_MOVEMENT_ANGULAR_VELOCITY);
    *ret_velocity = (struct pb_common_vector3){0};
    return ops_of(sensor)->angular_velocity(call, sensor, extra, ret_velocity);
}

int sn_movement_sensor_linear_acceleration(struct sn_call *call, struct sn_movement_sensor *sensor,
                                           const struct pb_google_struct *extra,
                                           struct pb_common_vector3 *ret_acceleration)
{
    int code = sn_resource_enter(&sensor->base, call, SN_READ);

    if (code)
        return code;
    if (!ops_of(sensor)->linear_acceleration)
        return sn_movement_sensor_lacks(call, SN_MOVEMENT_LINEAR_ACCELERATION);
    *ret_acceleration = (struct pb_common_vector3){0};
    return ops_of(sensor)->linear_acceleration(call, sensor, extra, ret_acceleration);
}

int sn_movement_sensor_compass_heading(struct sn_call *call, struct sn_movement_sensor *sensor,
                                       const struct pb_google_struct *extra, double *ret_degrees)
{
    int code = sn_resource_enter(&sensor->base, call, SN_READ);

    if (code)
        return code;
    if (!ops_of(sensor)->compass_heading)
        return sn_movement_sensor_lacks(call, SN_MOVEMENT_COMPASS);
    return ops_of(sensor)->compass_heading(call, sensor, extra, ret_degrees);
}

int sn_movement_sensor_orientation(struct sn_call *call, struct sn_movement_sensor *sensor,
                                   const struct pb_google_struct *extra,
                                   struct sn_heading *ret_heading)
{
    int code = sn_resource_enter(&sensor->base, call, SN_READ);

    if (code)
        return code;
    if (!ops_of(sensor)->orientation)
        return sn_movement_sensor_lacks(call, SN_MOVEMENT_ORIENTATION);
    return ops_of(sensor)->orientation(call, sensor, extra, ret_heading);
}

int sn_movement_sensor_properties(struct sn_call *call, struct sn_movement_sensor *sensor,
                                  const struct pb_google_struct *extra,
                                  struct pb_movementsensor_get_properties_response *ret_properties)
{
    int code = sn_resource_enter(&sensor->base, call, SN_READ);

    if (code)
        return code;
    *ret_properties = (struct pb_movementsensor_get_properties_response){0};
    return ops_of(sensor)->properties(call, sensor, extra, ret_properties);
}

int sn_movement_sensor_accuracy(struct sn_call *call, struct sn_movement_sensor *sensor,
                                const struct pb_google_struct *extra,
                                struct pb_movementsensor_get_accuracy_response *ret_accuracy)
{
    int code = sn_resource_enter(&sensor->base, call, SN_READ);

    if (code)
        return code;
    *ret_accuracy = (struct pb_movementsensor_get_accuracy_response){
        .position_hdop = NAN,
        .position_vdop = NAN,
        .position_nmea_gga_fix = -1,
        .compass_degrees_error = NAN,
        .has_position_hdop = true,
        .has_position_vdop = true,
        .has_position_nmea_gga_fix = true,
        .has_compass_degrees_error = true,
    };
    if (!ops_of(sensor)->accuracy)
        return 0;
    return ops_of(sensor)->accuracy(call, sensor, extra, ret_accuracy);
}

int sn_movement_sensor_readings(struct sn_call *call, struct sn_movement_sensor *sensor,
                                const struct pb_google_struct *extra,
                                struct pb_google_struct *readings)
{
    int code = sn_resource_enter(&sensor->base, call, SN_READ);

    if (code)
        return code;
    if (!ops_of(sensor)->readings)
        return sn_movement_sensor_ask_all(call, sensor, extra, readings);
    return ops_of(sensor)->readings(call, sensor, extra, readings);
}

/* ---- server ---- */

static int handle_get_position(struct sn_rpc *rpc, void *self, const void *request, void *response)
{
    const struct pb_movementsensor_get_position_request *req = request;
    struct pb_movementsensor_get_position_response *resp = response;

    resp->coordinate = sn_arena_zalloc(rpc->call.arena, sizeof(*resp->coordinate));
    if (!resp->coordinate)
        return SN_ERR_RESOURCE_EXHAUSTED;
    return sn_movement_sensor_position(&rpc->call, self, req->extra, resp->coordinate,
                                       &resp->altitude_m);
}

static int handle_get_linear_velocity(struct sn_rpc *rpc, void *self, const void *request,
                                      void *response)
{
    const struct pb_movementsensor_get_linear_velocity_request *req = request;
    struct pb_movementsensor_get_linear_velocity_response *resp = response;

    resp->linear_velocity = sn_arena_zalloc(rpc->call.arena, sizeof(*resp->linear_velocity));
    if (!resp->linear_velocity)
        return SN_ERR_RESOURCE_EXHAUSTED;
    return sn_movement_sensor_linear_velocity(&rpc->call, self, req->extra, resp->linear_velocity);
}

static int handle_get_angular_velocity(struct sn_rpc *rpc, void *self, const void *request,
                                       void *response)
{
    const struct pb_movementsensor_get_angular_velocity_request *req = request;
    struct pb_movementsensor_get_angular_velocity_response *resp = response;

    resp->angular_velocity = sn_arena_zalloc(rpc->call.arena, sizeof(*resp->angular_velocity));
    if (!resp->angular_velocity)
        return SN_ERR_RESOURCE_EXHAUSTED;
    return sn_movement_sensor_angular_velocity(&rpc->call, self, req->extra,
                                               resp->angular_velocity);
}

static int handle_get_linear_acceleration(struct sn_rpc *rpc, void *self, const void *request,
                                          void *response)
{
    const struct pb_movementsensor_get_linear_acceleration_request *req = request;
    struct pb_movementsensor_get_linear_acceleration_response *resp = response;

    resp->linear_acceleration =
        sn_arena_zalloc(rpc->call.arena, sizeof(*resp->linear_acceleration));
    if (!resp->linear_acceleration)
        return SN_ERR_RESOURCE_EXHAUSTED;
    return sn_movement_sensor_linear_acceleration(&rpc->call, self, req->extra,
                                                  resp->linear_acceleration);
}

static int handle_get_compass_heading(struct sn_rpc *rpc, void *self, const void *request,
                                      void *response)
{
    const struct pb_movementsensor_get_compass_heading_request *req = request;
    struct pb_movementsensor_get_compass_heading_response *resp = response;

    return sn_movement_sensor_compass_heading(&rpc->call, self, req->extra, &resp->value);
}

/* The wire has vectors only, so the orientation is asked for by a call of its own. */
struct question {
    struct sn_call call; /* first */
    struct sn_rpc *rpc;
    struct sn_movement_sensor *sensor;
    struct sn_heading heading;
    struct pb_movementsensor_get_orientation_response *response;
};

static int ask_orientation(struct sn_call *call)
{
    struct question *q = (struct question *)call;
    const struct pb_movementsensor_get_orientation_request *req = q->rpc->request;

    return sn_movement_sensor_orientation(call, q->sensor, req->extra, &q->heading);
}

static struct pb_common_orientation in_degrees(const struct sn_heading *h)
{
    struct sn_orientation_vector ov = {h->x, h->y, h->z, h->w};

    if (h->form == SN_HEADING_DEGREES)
        return (struct pb_common_orientation){h->x, h->y, h->z, h->w};
    if (h->form == SN_HEADING_QUATERNION)
        ov = sn_quat_to_orientation_vector(sn_quat(h->w, h->x, h->y, h->z));
    return (struct pb_common_orientation){ov.x, ov.y, ov.z, sn_degrees(ov.theta)};
}

static void orientation_asked(struct sn_call *call, int code)
{
    struct question *q = (struct question *)call;

    if (code)
        sn_call_fail(&q->rpc->call, code, "%.*s", SN_STR_ARGS(sn_call_text(call, code)));
    else
        *q->response->orientation = in_degrees(&q->heading);
    sn_call_done(&q->rpc->call, code);
}

static int handle_get_orientation(struct sn_rpc *rpc, void *self, const void *request,
                                  void *response)
{
    struct pb_movementsensor_get_orientation_response *resp = response;
    struct question *q = sn_arena_zalloc(rpc->call.arena, sizeof(*q));

    resp->orientation = sn_arena_zalloc(rpc->call.arena, sizeof(*resp->orientation));
    if (!q || !resp->orientation)
        return SN_ERR_RESOURCE_EXHAUSTED;
    q->rpc = rpc;
    q->sensor = self;
    q->response = resp;
    sn_call_init(&q->call, rpc->call.env, rpc->call.arena, &rpc->call);
    q->call.start = ask_orientation;
    q->call.end = orientation_asked;
    sn_call_start(&q->call);
    return SN_PENDING;
}

static int handle_get_properties(struct sn_rpc *rpc, void *self, const void *request,
                                 void *response)
{
    const struct pb_movementsensor_get_properties_request *req = request;

    return sn_movement_sensor_properties(&rpc->call, self, req->extra, response);
}

static int handle_get_accuracy(struct sn_rpc *rpc, void *self, const void *request, void *response)
{
    const struct pb_movementsensor_get_accuracy_request *req = request;

    return sn_movement_sensor_accuracy(&rpc->call, self, req->extra, response);
}

/* A readings response is a Struct: see sensor.c. */
static int handle_get_readings(struct sn_rpc *rpc, void *self, const void *request, void *response)
{
    const struct pb_common_get_readings_request *req = request;

    return sn_movement_sensor_readings(&rpc->call, self, req->extra, response);
}

/* ---- proxy ---- */

/* Where a position goes. */
struct place {
    struct pb_common_geo_point *point;
    float *altitude;
};

static int position_reply(struct sn_call *call, const void *response, void *arg)
{
    const struct pb_movementsensor_get_position_response *resp = response;
    const struct place *place = arg;

    if (resp->coordinate)
        *place->point = *resp->coordinate;
    *place->altitude = resp->altitude_m;
    return 0;
}

static int proxy_position(struct sn_call *call, struct sn_movement_sensor *sensor,
                          const struct pb_google_struct *extra,
                          struct pb_common_geo_point *ret_point, float *ret_altitude)
{
    struct pb_movementsensor_get_position_request req = {.name = sn_proxy_name(&sensor->base),
                                                         .extra = sn_proxy_borrow(extra)};
    struct place *place = sn_arena_alloc(call->arena, sizeof(*place));

    if (!place)
        return SN_ERR_RESOURCE_EXHAUSTED;
    *place = (struct place){ret_point, ret_altitude};
    return sn_proxy_call(call, &sensor->base, "GetPosition", &req, position_reply, place);
}

static int linear_velocity_reply(struct sn_call *call, const void *response, void *arg)
{
    const struct pb_movementsensor_get_linear_velocity_response *resp = response;

    if (resp->linear_velocity)
        *(struct pb_common_vector3 *)arg = *resp->linear_velocity;
    return 0;
}

static int proxy_linear_velocity(struct sn_call *call, struct sn_movement_sensor *sensor,
                                 const struct pb_google_struct *extra,
                                 struct pb_common_vector3 *ret_velocity)
{
    struct pb_movementsensor_get_linear_velocity_request req = {
        .name = sn_proxy_name(&sensor->base), .extra = sn_proxy_borrow(extra)};

    return sn_proxy_call(call, &sensor->base, "GetLinearVelocity", &req, linear_velocity_reply,
                         ret_velocity);
}

static int angular_velocity_reply(struct sn_call *call, const void *response, void *arg)
{
    const struct pb_movementsensor_get_angular_velocity_response *resp = response;

    if (resp->angular_velocity)
        *(struct pb_common_vector3 *)arg = *resp->angular_velocity;
    return 0;
}

static int proxy_angular_velocity(struct sn_call *call, struct sn_movement_sensor *sensor,
                                  const struct pb_google_struct *extra,
                                  struct pb_common_vector3 *ret_velocity)
{
    struct pb_movementsensor_get_angular_velocity_request req = {
        .name = sn_proxy_name(&sensor->base), .extra = sn_proxy_borrow(extra)};

    return sn_proxy_call(call, &sensor->base, "GetAngularVelocity", &req, angular_velocity_reply,
                         ret_velocity);
}

static int linear_acceleration_reply(struct sn_call *call, const void *response, void *arg)
{
    const struct pb_movementsensor_get_linear_acceleration_response *resp = response;

    if (resp->linear_acceleration)
        *(struct pb_common_vector3 *)arg = *resp->linear_acceleration;
    return 0;
}

static int proxy_linear_acceleration(struct sn_call *call, struct sn_movement_sensor *sensor,
                                     const struct pb_google_struct *extra,
                                     struct pb_common_vector3 *ret_acceleration)
{
    struct pb_movementsensor_get_linear_acceleration_request req = {
        .name = sn_proxy_name(&sensor->base), .extra = sn_proxy_borrow(extra)};

    return sn_proxy_call(call, &sensor->base, "GetLinearAcceleration", &req,
                         linear_acceleration_reply, ret_acceleration);
}

static int compass_heading_reply(struct sn_call *call, const void *response, void *arg)
{
    *(double *)arg =
        ((const struct pb_movementsensor_get_compass_heading_response *)response)->value;
    return 0;
}

static int proxy_compass_heading(struct sn_call *call, struct sn_movement_sensor *sensor,
                                 const struct pb_google_struct *extra, double *ret_degrees)
{
    struct pb_movementsensor_get_compass_heading_request req = {
        .name = sn_proxy_name(&sensor->base), .extra = sn_proxy_borrow(extra)};

    return sn_proxy_call(call, &sensor->base, "GetCompassHeading", &req, compass_heading_reply,
                         ret_degrees);
}

static int orientation_reply(struct sn_call *call, const void *response, void *arg)
{
    static const struct pb_common_orientation none;
    const struct pb_movementsensor_get_orientation_response *resp = response;
    const struct pb_common_orientation *o = resp->orientation ? resp->orientation : &none;

    *(struct sn_heading *)arg =
        (struct sn_heading){SN_HEADING_DEGREES, o->o_x, o->o_y, o->o_z, o->theta};
    return 0;
}

static int proxy_orientation(struct sn_call *call, struct sn_movement_sensor *sensor,
                             const struct pb_google_struct *extra, struct sn_heading *ret_heading)
{
    struct pb_movementsensor_get_orientation_request req = {.name = sn_proxy_name(&sensor->base),
                                                            .extra = sn_proxy_borrow(extra)};

    return sn_proxy_call(call, &sensor->base, "GetOrientation", &req, orientation_reply,
                         ret_heading);
}

static int properties_reply(struct sn_call *call, const void *response, void *arg)
{
    *(struct pb_movementsensor_get_properties_response *)arg =
        *(const struct pb_movementsensor_get_properties_response *)response;
    return 0;
}

static int proxy_properties(struct sn_call *call, struct sn_movement_sensor *sensor,
                            const struct pb_google_struct *extra,
                            struct pb_movementsensor_get_properties_response *ret_properties)
{
    struct pb_movementsensor_get_properties_request req = {.name = sn_proxy_name(&sensor->base),
                                                           .extra = sn_proxy_borrow(extra)};

    return sn_proxy_call(call, &sensor->base, "GetProperties", &req, properties_reply,
                         ret_properties);
}

/* What the answer leaves out stays unknown. */
static int accuracy_reply(struct sn_call *call, const void *response, void *arg)
{
    const struct pb_movementsensor_get_accuracy_response *resp = response;
    struct pb_movementsensor_get_accuracy_response *accuracy = arg;

    accuracy->accuracy = resp->accuracy;
    if (resp->has_position_hdop)
        accuracy->position_hdop = resp->position_hdop;
    if (resp->has_position_vdop)
        accuracy->position_vdop = resp->position_vdop;
    if (resp->has_position_nmea_gga_fix)
        accuracy->position_nmea_gga_fix = resp->position_nmea_gga_fix;
    if (resp->has_compass_degrees_error)
        accuracy->compass_degrees_error = resp->compass_degrees_error;
    return 0;
}

static int proxy_accuracy(struct sn_call *call, struct sn_movement_sensor *sensor,
                          const struct pb_google_struct *extra,
                          struct pb_movementsensor_get_accuracy_response *ret_accuracy)
{
    struct pb_movementsensor_get_accuracy_request req = {.name = sn_proxy_name(&sensor->base),
                                                         .extra = sn_proxy_borrow(extra)};

    return sn_proxy_call(call, &sensor->base, "GetAccuracy", &req, accuracy_reply, ret_accuracy);
}

static int readings_reply(struct sn_call *call, const void *response, void *arg)
{
    *(struct pb_google_struct *)arg = *(const struct pb_google_struct *)response;
    return 0;
}

static int proxy_readings(struct sn_call *call, struct sn_movement_sensor *sensor,
                          const struct pb_google_struct *extra, struct pb_google_struct *readings)
{
    struct pb_common_get_readings_request req = {.name = sn_proxy_name(&sensor->base),
                                                 .extra = sn_proxy_borrow(extra)};

    return sn_proxy_call(call, &sensor->base, "GetReadings", &req, readings_reply, readings);
}

static const struct sn_movement_sensor_ops proxy_ops = {
    .common = SN_PROXY_COMMON,
    .position = proxy_position,
    .linear_velocity = proxy_linear_velocity,
    .angular_velocity = proxy_angular_velocity,
    .linear_acceleration = proxy_linear_acceleration,
    .compass_heading = proxy_compass_heading,
    .orientation = proxy_orientation,
    .properties = proxy_properties,
    .accuracy = proxy_accuracy,
    .readings = proxy_readings,
};

static const struct sn_handler handlers[] = {
    {"GetPosition", handle_get_position, 0, {0}, NULL},
    {"GetLinearVelocity", handle_get_linear_velocity, 0, {0}, NULL},
    {"GetAngularVelocity", handle_get_angular_velocity, 0, {0}, NULL},
    {"GetLinearAcceleration", handle_get_linear_acceleration, 0, {0}, NULL},
    {"GetCompassHeading", handle_get_compass_heading, 0, {0}, NULL},
    {"GetOrientation", handle_get_orientation, 0, {0}, NULL},
    {"GetProperties", handle_get_properties, 0, {0}, NULL},
    {"GetAccuracy", handle_get_accuracy, 0, {0}, NULL},
    {"GetReadings", handle_get_readings, 0, {0}, NULL},
    SN_COMMON_HANDLERS,
};

const struct sn_api sn_api_movement_sensor = {
    .name = SN_API_MOVEMENT_SENSOR,
    .service = {SN_API_MOVEMENT_SENSOR, &pb_movementsensor_movement_sensor_service, handlers},
    .size = sizeof(struct sn_movement_sensor),
    .proxy_ops = &proxy_ops,
};
