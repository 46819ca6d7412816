/* SPDX-License-Identifier: Apache-2.0
 *
 * Custom APIs of a module, made into what the core serves. Loop thread.
 */
#ifndef SN_SDK_CUSTOM_H
#define SN_SDK_CUSTOM_H

#include "api/api.h"
#include "sinew/custom.h"
#include "wire/pb/schema.h"

struct sdk_custom {
    struct sn_common_ops ops; /* first: what its proxies have */
    struct sn_api api;
    struct sn_pb_schema schema;
    const struct sn_custom_api *definition;
};

/* Everything is on `arena`. INVALID_ARGUMENT: the definition breaks the rules of custom.h; it says
 * how. RESOURCE_EXHAUSTED. */
int sdk_custom_create(const struct sn_custom_api *definition, struct sn_arena *arena,
                      struct sdk_custom **ret_custom, struct sn_error *error) SN_MUST_USE;

#endif
