/* SPDX-License-Identifier: Apache-2.0
 *
 * Power sensor API: wrappers, server glue, proxy.
 */
#include "sinew/api/power_sensor.h"
#include "api/api.h"
#include "pb/common/v1/common.h"
#include "pb/component/powersensor/v1/powersensor.h"
#include "sinew/struct.h"

static const struct sn_power_sensor_ops *ops_of(const struct sn_power_sensor *sensor)
{
    return sensor->base.ops;
}

int sn_power_sensor_voltage(struct sn_call *call, struct sn_power_sensor *sensor,
                            const struct pb_google_struct *extra, double *ret_volts,
                            bool *ret_is_ac)
{
    int code = sn_resource_enter(&sensor->base, call, SN_READ);

    return code ? code : ops_of(sensor)->voltage(call, sensor, extra, ret_volts, ret_is_ac);
}

int sn_power_sensor_current(struct sn_call *call, struct sn_power_sensor *sensor,
                            const struct pb_google_struct *extra, double *ret_amperes,
                            bool *ret_is_ac)
{
    int code = sn_resource_enter(&sensor->base, call, SN_READ);

    return code ? code : ops_of(sensor)->current(call, sensor, extra, ret_amperes, ret_is_ac);
}

int sn_power_sensor_power(struct sn_call *call, struct sn_power_sensor *sensor,
                          const struct pb_google_struct *extra, double *ret_watts)
{
    int code = sn_resource_enter(&sensor->base, call, SN_READ);

    return code ? code : ops_of(sensor)->power(call, sensor, extra, ret_watts);
}

int sn_power_sensor_readings(struct sn_call *call, struct sn_power_sensor *sensor,
                             const struct pb_google_struct *extra,
                             struct pb_google_struct *readings)
{
    int code = sn_resource_enter(&sensor->base, call, SN_READ);

    return code ? code : ops_of(sensor)->readings(call, sensor, extra, readings);
}

/* ---- server ---- */

static int handle_get_voltage(struct sn_rpc *rpc, void *self, const void *request, void *response)
{
    const struct pb_powersensor_get_voltage_request *req = request;
    struct pb_powersensor_get_voltage_response *resp = response;

    return sn_power_sensor_voltage(&rpc->call, self, req->extra, &resp->volts, &resp->is_ac);
}

static int handle_get_current(struct sn_rpc *rpc, void *self, const void *request, void *response)
{
    const struct pb_powersensor_get_current_request *req = request;
    struct pb_powersensor_get_current_response *resp = response;

    return sn_power_sensor_current(&rpc->call, self, req->extra, &resp->amperes, &resp->is_ac);
}

static int handle_get_power(struct sn_rpc *rpc, void *self, const void *request, void *response)
{
    const struct pb_powersensor_get_power_request *req = request;
    struct pb_powersensor_get_power_response *resp = response;

    return sn_power_sensor_power(&rpc->call, self, req->extra, &resp->watts);
}

/* A readings response is a Struct: see sensor.c. */
static int handle_get_readings(struct sn_rpc *rpc, void *self, const void *request, void *response)
{
    const struct pb_common_get_readings_request *req = request;

    return sn_power_sensor_readings(&rpc->call, self, req->extra, response);
}

/* ---- proxy ---- */

/* Where voltage or current go. */
struct amount {
    double *value;
    bool *is_ac;
};

static struct amount *amount_create(struct sn_call *call, double *value, bool *is_ac)
{
    struct amount *amount = sn_arena_alloc(call->arena, sizeof(*amount));

    if (amount)
        *amount = (struct amount){value, is_ac};
    return amount;
}

static int voltage_reply(struct sn_call *call, const void *response, void *arg)
{
    const struct pb_powersensor_get_voltage_response *resp = response;
    const struct amount *amount = arg;

    *amount->value = resp->volts;
    *amount->is_ac = resp->is_ac;
    return 0;
}

static int proxy_voltage(struct sn_call *call, struct sn_power_sensor *sensor,
                         const struct pb_google_struct *extra, double *ret_volts, bool *ret_is_ac)
{
    struct pb_powersensor_get_voltage_request req = {.name = sn_proxy_name(&sensor->base),
                                                     .extra = sn_proxy_borrow(extra)};
    struct amount *amount = amount_create(call, ret_volts, ret_is_ac);

    return amount ? sn_proxy_call(call, &sensor->base, "GetVoltage", &req, voltage_reply, amount)
                  : SN_ERR_RESOURCE_EXHAUSTED;
}

static int current_reply(struct sn_call *call, const void *response, void *arg)
{
    const struct pb_powersensor_get_current_response *resp = response;
    const struct amount *amount = arg;

    *amount->value = resp->amperes;
    *amount->is_ac = resp->is_ac;
    return 0;
}

static int proxy_current(struct sn_call *call, struct sn_power_sensor *sensor,
                         const struct pb_google_struct *extra, double *ret_amperes, bool *ret_is_ac)
{
    struct pb_powersensor_get_current_request req = {.name = sn_proxy_name(&sensor->base),
                                                     .extra = sn_proxy_borrow(extra)};
    struct amount *amount = amount_create(call, ret_amperes, ret_is_ac);

    return amount ? sn_proxy_call(call, &sensor->base, "GetCurrent", &req, current_reply, amount)
                  : SN_ERR_RESOURCE_EXHAUSTED;
}

static int power_reply(struct sn_call *call, const void *response, void *arg)
{
    *(double *)arg = ((const struct pb_powersensor_get_power_response *)response)->watts;
    return 0;
}

static int proxy_power(struct sn_call *call, struct sn_power_sensor *sensor,
                       const struct pb_google_struct *extra, double *ret_watts)
{
    struct pb_powersensor_get_power_request req = {.name = sn_proxy_name(&sensor->base),
                                                   .extra = sn_proxy_borrow(extra)};

    return sn_proxy_call(call, &sensor->base, "GetPower", &req, power_reply, ret_watts);
}

static int readings_reply(struct sn_call *call, const void *response, void *arg)
{
    *(struct pb_google_struct *)arg = *(const struct pb_google_struct *)response;
    return 0;
}

static int proxy_readings(struct sn_call *call, struct sn_power_sensor *sensor,
                          const struct pb_google_struct *extra, struct pb_google_struct *readings)
{
    struct pb_common_get_readings_request req = {.name = sn_proxy_name(&sensor->base),
                                                 .extra = sn_proxy_borrow(extra)};

    return sn_proxy_call(call, &sensor->base, "GetReadings", &req, readings_reply, readings);
}

static const struct sn_power_sensor_ops proxy_ops = {
    .common = SN_PROXY_COMMON,
    .voltage = proxy_voltage,
    .current = proxy_current,
    .power = proxy_power,
    .readings = proxy_readings,
};

static const struct sn_handler handlers[] = {
    {"GetVoltage", handle_get_voltage, 0, {0}, NULL},
    {"GetCurrent", handle_get_current, 0, {0}, NULL},
    {"GetPower", handle_get_power, 0, {0}, NULL},
    {"GetReadings", handle_get_readings, 0, {0}, NULL},
    SN_COMMON_HANDLERS,
};

const struct sn_api sn_api_power_sensor = {
    .name = SN_API_POWER_SENSOR,
    .service = {SN_API_POWER_SENSOR, &pb_powersensor_power_sensor_service, handlers},
    .size = sizeof(struct sn_power_sensor),
    .proxy_ops = &proxy_ops,
};
