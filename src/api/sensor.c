/* SPDX-License-Identifier: Apache-2.0
 *
 * Sensor API: wrappers, server glue, proxy.
 */
#include "sinew/api/sensor.h"
#include "api/api.h"
#include "pb/common/v1/common.h"
#include "pb/component/sensor/v1/sensor.h"
#include "sinew/struct.h"

static const struct sn_sensor_ops *ops_of(const struct sn_sensor *sensor)
{
    return sensor->base.ops;
}

int sn_sensor_readings(struct sn_call *call, struct sn_sensor *sensor,
                       const struct pb_google_struct *extra, struct pb_google_struct *readings)
{
    int code = sn_resource_enter(&sensor->base, call, SN_READ);

    return code ? code : ops_of(sensor)->readings(call, sensor, extra, readings);
}

/* ---- server ---- */

/* A readings response and a Struct are the same on the wire, a map of Values in field 1, and so
 * their structs have the same members: drivers fill a Struct, which is the response. */
_Static_assert(sizeof(struct pb_common_get_readings_response) == sizeof(struct pb_google_struct) &&
                   sizeof(struct pb_common_get_readings_response_readings_entry) ==
                       sizeof(struct pb_google_struct_fields_entry) &&
                   offsetof(struct pb_common_get_readings_response_readings_entry, value) ==
                       offsetof(struct pb_google_struct_fields_entry, value),
               "a readings response is a Struct");

static int get_readings(struct sn_rpc *rpc, void *self, const void *request, void *response)
{
    const struct pb_common_get_readings_request *req = request;

    return sn_sensor_readings(&rpc->call, self, req->extra, response);
}

/* ---- proxy ---- */

static int readings_reply(struct sn_call *call, const void *response, void *arg)
{
    *(struct pb_google_struct *)arg = *(const struct pb_google_struct *)response;
    return 0;
}

static int proxy_readings(struct sn_call *call, struct sn_sensor *sensor,
                          const struct pb_google_struct *extra, struct pb_google_struct *readings)
{
    struct pb_common_get_readings_request req = {
        .name = sn_proxy_name(&sensor->base),
        .extra = sn_proxy_borrow(extra),
    };

    return sn_proxy_call(call, &sensor->base, "GetReadings", &req, readings_reply, readings);
}

static const struct sn_sensor_ops proxy_ops = {
    .common = SN_PROXY_COMMON,
    .readings = proxy_readings,
};

static const struct sn_handler handlers[] = {
    {"GetReadings", get_readings, 0, {0}, NULL},
    SN_COMMON_HANDLERS,
};

const struct sn_api sn_api_sensor = {
    .name = SN_API_SENSOR,
    .service = {SN_API_SENSOR, &pb_sensor_sensor_service, handlers},
    .size = sizeof(struct sn_sensor),
    .proxy_ops = &proxy_ops,
};
