/* SPDX-License-Identifier: Apache-2.0
 *
 * Generic service API: server glue, proxy.
 */
#include "api/api.h"
#include "pb/service/generic/v1/generic.h"
#include "sinew/api/generic.h"

static const struct sn_common_ops proxy_ops = SN_PROXY_COMMON;

static const struct sn_handler handlers[] = {SN_COMMON_HANDLERS};

const struct sn_api sn_api_generic_service = {
    .name = SN_API_GENERIC_SERVICE,
    .service = {SN_API_GENERIC_SERVICE, &pb_service_generic_generic_service, handlers},
    .size = sizeof(struct sn_generic),
    .proxy_ops = &proxy_ops,
};
