/* SPDX-License-Identifier: Apache-2.0
 *
 * Button API: wrapper, server glue, proxy.
 */
#include "sinew/api/button.h"
#include "api/api.h"
#include "pb/component/button/v1/button.h"

static const struct sn_button_ops *ops_of(const struct sn_button *button)
{
    return button->base.ops;
}

int sn_button_push(struct sn_call *call, struct sn_button *button,
                   const struct pb_google_struct *extra)
{
    int code = sn_resource_enter(&button->base, call, SN_ACTUATION);

    return code ? code : ops_of(button)->push(call, button, extra);
}

static int handle_push(struct sn_rpc *rpc, void *self, const void *request, void *response)
{
    const struct pb_button_push_request *req = request;

    return sn_button_push(&rpc->call, self, req->extra);
}

static int proxy_push(struct sn_call *call, struct sn_button *button,
                      const struct pb_google_struct *extra)
{
    struct pb_button_push_request req = {.name = sn_proxy_name(&button->base),
                                         .extra = sn_proxy_borrow(extra)};

    return sn_proxy_call(call, &button->base, "Push", &req, NULL, NULL);
}

static const struct sn_button_ops proxy_ops = {
    .common = SN_PROXY_COMMON,
    .push = proxy_push,
};

static const struct sn_handler handlers[] = {
    {"Push", handle_push, 0, {0}, NULL},
    SN_COMMON_HANDLERS,
};

const struct sn_api sn_api_button = {
    .name = SN_API_BUTTON,
    .service = {SN_API_BUTTON, &pb_button_button_service, handlers},
    .size = sizeof(struct sn_button),
    .proxy_ops = &proxy_ops,
};
