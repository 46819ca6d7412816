/* SPDX-License-Identifier: Apache-2.0
 *
 * Test-echo API: wrappers, server glue, proxy.
 */
#include "sinew/api/test_echo.h"
#include "api/api.h"
#include "pb/component/testecho/v1/testecho.h"

static const struct sn_test_echo_ops *ops_of(const struct sn_test_echo *echo)
{
    return echo->base.ops;
}

int sn_test_echo_echo(struct sn_call *call, struct sn_test_echo *echo, struct sn_str message,
                      struct sn_str *ret_message)
{
    int code = sn_resource_enter(&echo->base, call, SN_READ);

    return code ? code : ops_of(echo)->echo(call, echo, message, ret_message);
}

int sn_test_echo_multiple(struct sn_call *call, struct sn_test_echo *echo, struct sn_str message,
                          const struct sn_test_echo_sink *sink)
{
    int code = sn_resource_enter(&echo->base, call, SN_READ);

    return code ? code : ops_of(echo)->echo_multiple(call, echo, message, sink);
}

int sn_test_echo_bidi(struct sn_call *call, struct sn_test_echo *echo, struct sn_str message,
                      struct sn_duplex *duplex)
{
    int code = sn_resource_enter(&echo->base, call, SN_READ);

    return code ? code : ops_of(echo)->echo_bidi(call, echo, message, duplex);
}

int sn_test_echo_stop(struct sn_call *call, struct sn_test_echo *echo)
{
    int code = sn_resource_enter(&echo->base, call, SN_STOP);

    return code ? code : ops_of(echo)->stop(call, echo);
}

/* ---- server ---- */

static int handle_echo(struct sn_rpc *rpc, void *self, const void *request, void *response)
{
    const struct pb_testecho_echo_request *req = request;
    struct pb_testecho_echo_response *resp = response;

    return sn_test_echo_echo(&rpc->call, self, req->message, &resp->message);
}

static int send_part(struct sn_call *call, const struct sn_test_echo_sink *sink, struct sn_str part)
{
    struct pb_testecho_echo_multiple_response resp = {.message = part};

    return sn_rpc_send(sn_rpc_of(call), &resp);
}

static int handle_echo_multiple(struct sn_rpc *rpc, void *self, const void *request, void *response)
{
    static const struct sn_test_echo_sink to_client = {send_part};
    const struct pb_testecho_echo_multiple_request *req = request;

    return sn_test_echo_multiple(&rpc->call, self, req->message, &to_client);
}

static int bidi(struct sn_call *call, void *self, const void *request, void *response,
                struct sn_duplex *duplex)
{
    const struct pb_testecho_echo_bi_di_request *req = request;

    return sn_test_echo_bidi(call, self, req->message, duplex);
}

static int handle_echo_bidi(struct sn_rpc *rpc, void *self, const void *request, void *response)
{
    return sn_rpc_duplex(rpc, self, request, response, bidi);
}

static int handle_stop(struct sn_rpc *rpc, void *self, const void *request, void *response)
{
    return sn_test_echo_stop(&rpc->call, self);
}

static int stop(struct sn_call *call, struct sn_resource *resource,
                const struct pb_google_struct *extra)
{
    return sn_test_echo_stop(call, (struct sn_test_echo *)resource);
}

/* ---- proxy ---- */

static int echo_reply(struct sn_call *call, const void *response, void *arg)
{
    *(struct sn_str *)arg = ((const struct pb_testecho_echo_response *)response)->message;
    return 0;
}

static int proxy_echo(struct sn_call *call, struct sn_test_echo *echo, struct sn_str message,
                      struct sn_str *ret_message)
{
    struct pb_testecho_echo_request req = {.name = sn_proxy_name(&echo->base), .message = message};

    return sn_proxy_call(call, &echo->base, "Echo", &req, echo_reply, ret_message);
}

static void each_part(struct sn_call *call, const void *response, void *arg)
{
    const struct pb_testecho_echo_multiple_response *resp = response;
    const struct sn_test_echo_sink *sink = arg;
    int code = sink->part(call, sink, resp->message);

    if (code)
        sn_call_cancel(call, code);
}

static int proxy_echo_multiple(struct sn_call *call, struct sn_test_echo *echo,
                               struct sn_str message, const struct sn_test_echo_sink *sink)
{
    struct pb_testecho_echo_multiple_request req = {.name = sn_proxy_name(&echo->base),
                                                    .message = message};

    return sn_proxy_stream(call, &echo->base, "EchoMultiple", &req, each_part,
                           SN_PROXY_BORROW(void, sink));
}

static int proxy_echo_bidi(struct sn_call *call, struct sn_test_echo *echo, struct sn_str message,
                           struct sn_duplex *duplex)
{
    struct pb_testecho_echo_bi_di_request req = {.name = sn_proxy_name(&echo->base),
                                                 .message = message};

    return sn_proxy_duplex(call, &echo->base, "EchoBiDi", &req, duplex, NULL, NULL);
}

static int proxy_stop(struct sn_call *call, struct sn_test_echo *echo)
{
    struct pb_testecho_stop_request req = {.name = sn_proxy_name(&echo->base)};

    return sn_proxy_call(call, &echo->base, "Stop", &req, NULL, NULL);
}

static const struct sn_test_echo_ops proxy_ops = {
    .echo = proxy_echo,
    .echo_multiple = proxy_echo_multiple,
    .echo_bidi = proxy_echo_bidi,
    .stop = proxy_stop,
};

static const struct sn_handler handlers[] = {
    {"Echo", handle_echo, 0, {0}, NULL},
    {"EchoMultiple", handle_echo_multiple, 0, {0}, NULL},
    {"EchoBiDi", handle_echo_bidi, 0, {0}, NULL},
    {"Stop", handle_stop, SN_HANDLER_RESERVED, {0}, NULL},
    {0},
};

const struct sn_api sn_api_test_echo = {
    .name = SN_API_TEST_ECHO,
    .service = {SN_API_TEST_ECHO, &pb_testecho_test_echo_service, handlers},
    .size = sizeof(struct sn_test_echo),
    .proxy_ops = &proxy_ops,
    .stop = stop,
};
