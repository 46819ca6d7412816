/* SPDX-License-Identifier: Apache-2.0
 *
 * Board API: wrappers, server glue, proxy.
 */
#include "sinew/api/board.h"
#include "api/api.h"
#include "pb/component/board/v1/board.h"
#include "sinew/time.h"

#include <inttypes.h>
#include <stdio.h>

static const struct sn_board_ops *ops_of(const struct sn_board *board)
{
    return board->base.ops;
}

int sn_board_set_gpio(struct sn_call *call, struct sn_board *board, struct sn_str pin, bool high,
                      const struct pb_google_struct *extra)
{
    int code = sn_resource_enter(&board->base, call, SN_READ);

    return code ? code : ops_of(board)->set_gpio(call, board, pin, high, extra);
}

int sn_board_gpio(struct sn_call *call, struct sn_board *board, struct sn_str pin,
                  const struct pb_google_struct *extra, bool *ret_high)
{
    int code = sn_resource_enter(&board->base, call, SN_READ);

    return code ? code : ops_of(board)->gpio(call, board, pin, extra, ret_high);
}

int sn_board_set_pwm(struct sn_call *call, struct sn_board *board, struct sn_str pin, double duty,
                     const struct pb_google_struct *extra)
{
    int code = sn_resource_enter(&board->base, call, SN_READ);

    return code ? code : ops_of(board)->set_pwm(call, board, pin, duty, extra);
}

int sn_board_pwm(struct sn_call *call, struct sn_board *board, struct sn_str pin,
                 const struct pb_google_struct *extra, double *ret_duty)
{
    int code = sn_resource_enter(&board->base, call, SN_READ);

    return code ? code : ops_of(board)->pwm(call, board, pin, extra, ret_duty);
}

int sn_board_set_pwm_frequency(struct sn_call *call, struct sn_board *board, struct sn_str pin,
                               uint64_t hz, const struct pb_google_struct *extra)
{
    int code = sn_resource_enter(&board->base, call, SN_READ);

    return code ? code : ops_of(board)->set_pwm_frequency(call, board, pin, hz, extra);
}

int sn_board_pwm_frequency(struct sn_call *call, struct sn_board *board, struct sn_str pin,
                           const struct pb_google_struct *extra, uint64_t *ret_hz)
{
    int code = sn_resource_enter(&board->base, call, SN_READ);

    return code ? code : ops_of(board)->pwm_frequency(call, board, pin, extra, ret_hz);
}

int sn_board_read_analog(struct sn_call *call, struct sn_board *board, struct sn_str analog,
                         const struct pb_google_struct *extra, struct sn_analog *ret_analog)
{
    int code = sn_resource_enter(&board->base, call, SN_READ);

    return code ? code : ops_of(board)->read_analog(call, board, analog, extra, ret_analog);
}

int sn_board_write_analog(struct sn_call *call, struct sn_board *board, struct sn_str analog,
                          int32_t value, const struct pb_google_struct *extra)
{
    int code = sn_resource_enter(&board->base, call, SN_READ);

    return code ? code : ops_of(board)->write_analog(call, board, analog, value, extra);
}

int sn_board_interrupt_value(struct sn_call *call, struct sn_board *board, struct sn_str interrupt,
                             const struct pb_google_struct *extra, int64_t *ret_count)
{
    int code = sn_resource_enter(&board->base, call, SN_READ);

    return code ? code : ops_of(board)->interrupt_value(call, board, interrupt, extra, ret_count);
}

int sn_board_stream_ticks(struct sn_call *call, struct sn_board *board,
                          const struct sn_str *interrupts, size_t count,
                          const struct pb_google_struct *extra, const struct sn_tick_sink *sink)
{
    int code = sn_resource_enter(&board->base, call, SN_READ);

    return code ? code : ops_of(board)->stream_ticks(call, board, interrupts, count, extra, sink);
}

int sn_board_set_power_mode(struct sn_call *call, struct sn_board *board, int32_t mode,
                            const int64_t *duration_ns, const struct pb_google_struct *extra)
{
    int code = sn_resource_enter(&board->base, call, SN_READ);

    if (code)
        return code;
    if (!ops_of(board)->set_power_mode)
        return sn_call_fail(call, SN_ERR_UNIMPLEMENTED, "Unimplemented");
    return ops_of(board)->set_power_mode(call, board, mode, duration_ns, extra);
}

int sn_board_no_analog(struct sn_call *call, struct sn_str name)
{
    return sn_call_fail(call, SN_ERR_UNKNOWN, "can't find AnalogReader (%.*s)", SN_STR_ARGS(name));
}

int sn_board_no_interrupt(struct sn_call *call, struct sn_str name)
{
    return sn_call_fail(call, SN_ERR_UNKNOWN, "cant find DigitalInterrupt (%.*s)",
                        SN_STR_ARGS(name));
}

/* ---- server ---- */

static int handle_set_gpio(struct sn_rpc *rpc, void *self, const void *request, void *response)
{
    const struct pb_board_set_gpio_request *req = request;

    return sn_board_set_gpio(&rpc->call, self, req->pin, req->high, req->extra);
}

static int handle_get_gpio(struct sn_rpc *rpc, void *self, const void *request, void *response)
{
    const struct pb_board_get_gpio_request *req = request;
    struct pb_board_get_gpio_response *resp = response;

    return sn_board_gpio(&rpc->call, self, req->pin, req->extra, &resp->high);
}

static int handle_set_pwm(struct sn_rpc *rpc, void *self, const void *request, void *response)
{
    const struct pb_board_set_pwm_request *req = request;

    return sn_board_set_pwm(&rpc->call, self, req->pin, req->duty_cycle_pct, req->extra);
}

static int handle_pwm(struct sn_rpc *rpc, void *self, const void *request, void *response)
{
    const struct pb_board_pwm_request *req = request;
    struct pb_board_pwm_response *resp = response;

    return sn_board_pwm(&rpc->call, self, req->pin, req->extra, &resp->duty_cycle_pct);
}

static int handle_set_pwm_frequency(struct sn_rpc *rpc, void *self, const void *request,
                                    void *response)
{
    const struct pb_board_set_pwm_frequency_request *req = request;

    return sn_board_set_pwm_frequency(&rpc->call, self, req->pin, req->frequency_hz, req->extra);
}

static int handle_pwm_frequency(struct sn_rpc *rpc, void *self, const void *request, void *response)
{
    const struct pb_board_pwm_frequency_request *req = request;
    struct pb_board_pwm_frequency_response *resp = response;

    return sn_board_pwm_frequency(&rpc->call, self, req->pin, req->extra, &resp->frequency_hz);
}

/* An analog's reading is the response: drivers fill it in place. */
_Static_assert(sizeof(struct sn_analog) == sizeof(struct pb_board_read_analog_reader_response) &&
                   offsetof(struct sn_analog, step_size) ==
                       offsetof(struct pb_board_read_analog_reader_response, step_size),
               "a response is an analog's reading");

static int handle_read_analog(struct sn_rpc *rpc, void *self, const void *request, void *response)
{
    const struct pb_board_read_analog_reader_request *req = request;

    return sn_board_read_analog(&rpc->call, self, req->analog_reader_name, req->extra, response);
}

static int handle_write_analog(struct sn_rpc *rpc, void *self, const void *request, void *response)
{
    const struct pb_board_write_analog_request *req = request;

    return sn_board_write_analog(&rpc->call, self, req->pin, req->value, req->extra);
}

static int handle_interrupt_value(struct sn_rpc *rpc, void *self, const void *request,
                                  void *response)
{
    const struct pb_board_get_digital_interrupt_value_request *req = request;
    struct pb_board_get_digital_interrupt_value_response *resp = response;

    return sn_board_interrupt_value(&rpc->call, self, req->digital_interrupt_name, req->extra,
                                    &resp->value);
}

/* The empty message: clients block until they know that they are registered. */
static int send_ready(struct sn_call *call, const struct sn_tick_sink *sink)
{
    static const struct pb_board_stream_ticks_response empty;

    return sn_rpc_send(sn_rpc_of(call), &empty);
}

static int send_tick(struct sn_call *call, const struct sn_tick_sink *sink,
                     const struct sn_tick *tick)
{
    struct pb_board_stream_ticks_response resp = {
        .pin_name = tick->interrupt, .time = tick->time_ns, .high = tick->high};

    return sn_rpc_send(sn_rpc_of(call), &resp);
}

static int handle_stream_ticks(struct sn_rpc *rpc, void *self, const void *request, void *response)
{
    static const struct sn_tick_sink to_client = {send_ready, send_tick};
    const struct pb_board_stream_ticks_request *req = request;

    return sn_board_stream_ticks(&rpc->call, self, req->pin_names.v, req->pin_names.n, req->extra,
                                 &to_client);
}

/* As the library that upstream checks durations with shows them: what is zero is left out. */
static void show_duration(char *text, size_t size, const struct pb_google_duration *duration)
{
    size_t len = 0;

    text[0] = '\0';
    if (duration->seconds)
        len = (size_t)snprintf(text, size, "seconds:%" PRId64 "%s", duration->seconds,
                               duration->nanos ? " " : "");
    if (duration->nanos)
        snprintf(text + len, size - len, "nanos:%" PRId32, duration->nanos);
}

/* That library's texts. */
static int check_duration(struct sn_call *call, const struct pb_google_duration *duration)
{
    static const int64_t seconds_max = 315576000000;
    int64_t seconds = duration->seconds;
    int32_t nanos = duration->nanos;
    const char *problem = NULL;
    char shown[64];

    if (seconds < -seconds_max)
        problem = "exceeds -10000 years";
    else if (seconds > seconds_max)
        problem = "exceeds +10000 years";
    else if (nanos <= -1000000000 || nanos >= 1000000000)
        problem = "has out-of-range nanos";
    else if ((seconds > 0 && nanos < 0) || (seconds < 0 && nanos > 0))
        problem = "has seconds and nanos with different signs";
    if (!problem)
        return 0;
    show_duration(shown, sizeof(shown), duration);
    return sn_call_fail(call, SN_ERR_UNKNOWN, "proto: duration (%s) %s", shown, problem);
}

static int handle_set_power_mode(struct sn_rpc *rpc, void *self, const void *request,
                                 void *response)
{
    const struct pb_board_set_power_mode_request *req = request;
    int64_t ns = sn_pb_duration_ns(req->duration);
    int code = req->duration ? check_duration(&rpc->call, req->duration) : 0;

    if (code)
        return code;
    return sn_board_set_power_mode(&rpc->call, self, req->power_mode, req->duration ? &ns : NULL,
                                   req->extra);
}

/* ---- proxy ---- */

static int proxy_set_gpio(struct sn_call *call, struct sn_board *board, struct sn_str pin,
                          bool high, const struct pb_google_struct *extra)
{
    struct pb_board_set_gpio_request req = {.name = sn_proxy_name(&board->base),
                                            .pin = pin,
                                            .high = high,
                                            .extra = sn_proxy_borrow(extra)};

    return sn_proxy_call(call, &board->base, "SetGPIO", &req, NULL, NULL);
}

static int gpio_reply(struct sn_call *call, const void *response, void *arg)
{
    *(bool *)arg = ((const struct pb_board_get_gpio_response *)response)->high;
    return 0;
}

static int proxy_gpio(struct sn_call *call, struct sn_board *board, struct sn_str pin,
                      const struct pb_google_struct *extra, bool *ret_high)
{
    struct pb_board_get_gpio_request req = {
        .name = sn_proxy_name(&board->base), .pin = pin, .extra = sn_proxy_borrow(extra)};

    return sn_proxy_call(call, &board->base, "GetGPIO", &req, gpio_reply, ret_high);
}

static int proxy_set_pwm(struct sn_call *call, struct sn_board *board, struct sn_str pin,
                         double duty, const struct pb_google_struct *extra)
{
    struct pb_board_set_pwm_request req = {.name = sn_proxy_name(&board->base),
                                           .pin = pin,
                                           .duty_cycle_pct = duty,
                                           .extra = sn_proxy_borrow(extra)};

    return sn_proxy_call(call, &board->base, "SetPWM", &req, NULL, NULL);
}

static int pwm_reply(struct sn_call *call, const void *response, void *arg)
{
    *(double *)arg = ((const struct pb_board_pwm_response *)response)->duty_cycle_pct;
    return 0;
}

static int proxy_pwm(struct sn_call *call, struct sn_board *board, struct sn_str pin,
                     const struct pb_google_struct *extra, double *ret_duty)
{
    struct pb_board_pwm_request req = {
        .name = sn_proxy_name(&board->base), .pin = pin, .extra = sn_proxy_borrow(extra)};

    return sn_proxy_call(call, &board->base, "PWM", &req, pwm_reply, ret_duty);
}

static int proxy_set_pwm_frequency(struct sn_call *call, struct sn_board *board, struct sn_str pin,
                                   uint64_t hz, const struct pb_google_struct *extra)
{
    struct pb_board_set_pwm_frequency_request req = {.name = sn_proxy_name(&board->base),
                                                     .pin = pin,
                                                     .frequency_hz = hz,
                                                     .extra = sn_proxy_borrow(extra)};

    return sn_proxy_call(call, &board->base, "SetPWMFrequency", &req, NULL, NULL);
}

static int pwm_frequency_reply(struct sn_call *call, const void *response, void *arg)
{
    *(uint64_t *)arg = ((const struct pb_board_pwm_frequency_response *)response)->frequency_hz;
    return 0;
}

static int proxy_pwm_frequency(struct sn_call *call, struct sn_board *board, struct sn_str pin,
                               const struct pb_google_struct *extra, uint64_t *ret_hz)
{
    struct pb_board_pwm_frequency_request req = {
        .name = sn_proxy_name(&board->base), .pin = pin, .extra = sn_proxy_borrow(extra)};

    return sn_proxy_call(call, &board->base, "PWMFrequency", &req, pwm_frequency_reply, ret_hz);
}

static int read_analog_reply(struct sn_call *call, const void *response, void *arg)
{
    *(struct sn_analog *)arg = *(const struct sn_analog *)response;
    return 0;
}

static int proxy_read_analog(struct sn_call *call, struct sn_board *board, struct sn_str analog,
                             const struct pb_google_struct *extra, struct sn_analog *ret_analog)
{
    struct pb_board_read_analog_reader_request req = {.board_name = sn_proxy_name(&board->base),
                                                      .analog_reader_name = analog,
                                                      .extra = sn_proxy_borrow(extra)};

    return sn_proxy_call(call, &board->base, "ReadAnalogReader", &req, read_analog_reply,
                         ret_analog);
}

static int proxy_write_analog(struct sn_call *call, struct sn_board *board, struct sn_str analog,
                              int32_t value, const struct pb_google_struct *extra)
{
    struct pb_board_write_analog_request req = {.name = sn_proxy_name(&board->base),
                                                .pin = analog,
                                                .value = value,
                                                .extra = sn_proxy_borrow(extra)};

    return sn_proxy_call(call, &board->base, "WriteAnalog", &req, NULL, NULL);
}

static int interrupt_value_reply(struct sn_call *call, const void *response, void *arg)
{
    *(int64_t *)arg =
        ((const struct pb_board_get_digital_interrupt_value_response *)response)->value;
    return 0;
}

static int proxy_interrupt_value(struct sn_call *call, struct sn_board *board,
                                 struct sn_str interrupt, const struct pb_google_struct *extra,
                                 int64_t *ret_count)
{
    struct pb_board_get_digital_interrupt_value_request req = {.board_name =
                                                                   sn_proxy_name(&board->base),
                                                               .digital_interrupt_name = interrupt,
                                                               .extra = sn_proxy_borrow(extra)};

    return sn_proxy_call(call, &board->base, "GetDigitalInterruptValue", &req,
                         interrupt_value_reply, ret_count);
}

struct listening {
    const struct sn_tick_sink *sink;
    bool ready;
};

/* The first message says that the other end listens. One that skips it and ticks at once does so
 * too. */
static int take_tick(struct sn_call *call, struct listening *listening, const struct sn_tick *tick)
{
    const struct sn_tick_sink *sink = listening->sink;
    bool was_ready = listening->ready;

    listening->ready = true;
    if (!was_ready && sink->ready) {
        int code = sink->ready(call, sink);
        if (code)
            return code;
    }
    if (!was_ready && tick->interrupt.len == 0)
        return 0;
    return sink->tick(call, sink, tick);
}

static void each_tick(struct sn_call *call, const void *response, void *arg)
{
    const struct pb_board_stream_ticks_response *resp = response;
    struct sn_tick tick = {resp->pin_name, resp->time, resp->high};
    int code = take_tick(call, arg, &tick);

    if (code)
        sn_call_cancel(call, code);
}

static int proxy_stream_ticks(struct sn_call *call, struct sn_board *board,
                              const struct sn_str *interrupts, size_t count,
                              const struct pb_google_struct *extra, const struct sn_tick_sink *sink)
{
    struct pb_board_stream_ticks_request req = {
        .name = sn_proxy_name(&board->base),
        .pin_names = {SN_PROXY_BORROW(struct sn_str, interrupts), (uint32_t)count, (uint32_t)count},
        .extra = sn_proxy_borrow(extra)};
    struct listening *listening = sn_arena_zalloc(call->arena, sizeof(*listening));

    if (!listening)
        return SN_ERR_RESOURCE_EXHAUSTED;
    listening->sink = sink;
    return sn_proxy_stream(call, &board->base, "StreamTicks", &req, each_tick, listening);
}

static int proxy_set_power_mode(struct sn_call *call, struct sn_board *board, int32_t mode,
                                const int64_t *duration_ns, const struct pb_google_struct *extra)
{
    struct pb_google_duration duration = sn_pb_duration_of(duration_ns ? *duration_ns : 0);
    struct pb_board_set_power_mode_request req = {.name = sn_proxy_name(&board->base),
                                                  .power_mode = mode,
                                                  .duration = duration_ns ? &duration : NULL,
                                                  .extra = sn_proxy_borrow(extra)};

    return sn_proxy_call(call, &board->base, "SetPowerMode", &req, NULL, NULL);
}

static const struct sn_board_ops proxy_ops = {
    .common = SN_PROXY_COMMON,
    .set_gpio = proxy_set_gpio,
    .gpio = proxy_gpio,
    .set_pwm = proxy_set_pwm,
    .pwm = proxy_pwm,
    .set_pwm_frequency = proxy_set_pwm_frequency,
    .pwm_frequency = proxy_pwm_frequency,
    .read_analog = proxy_read_analog,
    .write_analog = proxy_write_analog,
    .interrupt_value = proxy_interrupt_value,
    .stream_ticks = proxy_stream_ticks,
    .set_power_mode = proxy_set_power_mode,
};

static const struct sn_handler handlers[] = {
    {"SetGPIO", handle_set_gpio, 0, {0}, NULL},
    {"GetGPIO", handle_get_gpio, 0, {0}, NULL},
    {"SetPWM", handle_set_pwm, 0, {0}, NULL},
    {"PWM", handle_pwm, 0, {0}, NULL},
    {"SetPWMFrequency", handle_set_pwm_frequency, 0, {0}, NULL},
    {"PWMFrequency", handle_pwm_frequency, 0, {0}, NULL},
    {"ReadAnalogReader", handle_read_analog, 0, {0}, NULL},
    {"WriteAnalog", handle_write_analog, 0, {0}, NULL},
    {"GetDigitalInterruptValue", handle_interrupt_value, 0, {0}, NULL},
    {"StreamTicks", handle_stream_ticks, 0, {0}, NULL},
    {"SetPowerMode", handle_set_power_mode, 0, {0}, NULL},
    SN_COMMON_HANDLERS,
};

const struct sn_api sn_api_board = {
    .name = SN_API_BOARD,
    .service = {SN_API_BOARD, &pb_board_board_service, handlers},
    .size = sizeof(struct sn_board),
    .proxy_ops = &proxy_ops,
};
