/* SPDX-License-Identifier: Apache-2.0
 *
 * Generic component API: server glue, proxy.
 */
#include "sinew/api/generic.h"
#include "api/api.h"
#include "pb/component/generic/v1/generic.h"

static const struct sn_common_ops proxy_ops = SN_PROXY_COMMON_GEOMETRIES;

static const struct sn_handler handlers[] = {
    SN_GEOMETRIES_HANDLER,
    SN_COMMON_HANDLERS,
};

const struct sn_api sn_api_generic = {
    .name = SN_API_GENERIC,
    .service = {SN_API_GENERIC, &pb_generic_generic_service, handlers},
    .size = sizeof(struct sn_generic),
    .proxy_ops = &proxy_ops,
    .geometries = true,
};
