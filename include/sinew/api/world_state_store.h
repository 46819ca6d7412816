/* SPDX-License-Identifier: Apache-2.0
 *
 * World state store: named things in the world, with their shape and place, and a stream of what
 * becomes of them. Source: viam.service.worldstatestore.v1.
 */
#ifndef SINEW_API_WORLD_STATE_STORE_H
#define SINEW_API_WORLD_STATE_STORE_H

#include "sinew/api/common.h"

#ifdef __cplusplus
extern "C" {
#endif

#define SN_API_WORLD_STATE_STORE "rdk:service:world_state_store"

/* "pb/service/worldstatestore/v1/world_state_store.h" */
struct pb_service_worldstatestore_list_uui_ds_response;
struct pb_service_worldstatestore_get_transform_response;
struct pb_service_worldstatestore_stream_transform_changes_response;

struct sn_world {
    struct sn_resource base;
};

/* Who hears of changes. What these return: 0 goes on, SN_ERR_* is what the stream ends with. */
struct sn_world_sink {
    /* From now on no change is missed. Once; possibly before sn_world_changes() has returned. May
     * be NULL. */
    int (*ready)(struct sn_call *call, const struct sn_world_sink *sink);
    /* An added thing comes whole, a changed one with what `updated_fields` names, a removed one
     * with its UUID. Lent. */
    int (*change)(
        struct sn_call *call, const struct sn_world_sink *sink,
        const struct pb_service_worldstatestore_stream_transform_changes_response *change);
};

/* All slots but `common`'s are mandatory; `extra` may be NULL everywhere. Lengths are mm, angles
 * degrees. A UUID is any bytes. */
struct sn_world_ops {
    struct sn_common_ops common;

    /* Read. The UUIDs of all there is, added to `*ret` (zeroed; entries in the call's arena or as
     * long-lived as the store). */
    int (*uuids)(struct sn_call *call, struct sn_world *world, const struct pb_google_struct *extra,
                 struct pb_service_worldstatestore_list_uui_ds_response *ret);

    /* Read. What has that UUID; memory as above. UNKNOWN "transform not found". */
    int (*transform)(struct sn_call *call, struct sn_world *world, struct sn_str uuid,
                     const struct pb_google_struct *extra,
                     struct pb_service_worldstatestore_get_transform_response *ret);

    /* Read. Tells `sink`, which the caller holds until the call ends, of each change until the call
     * is cancelled. Returns SN_PENDING, or why it can't. */
    int (*changes)(struct sn_call *call, struct sn_world *world,
                   const struct pb_google_struct *extra, const struct sn_world_sink *sink);
};

int sn_world_uuids(struct sn_call *call, struct sn_world *world,
                   const struct pb_google_struct *extra,
                   struct pb_service_worldstatestore_list_uui_ds_response *ret);
int sn_world_transform(struct sn_call *call, struct sn_world *world, struct sn_str uuid,
                       const struct pb_google_struct *extra,
                       struct pb_service_worldstatestore_get_transform_response *ret);
int sn_world_changes(struct sn_call *call, struct sn_world *world,
                     const struct pb_google_struct *extra, const struct sn_world_sink *sink);

#ifdef __cplusplus
}
#endif

#endif
