/* SPDX-License-Identifier: Apache-2.0
 *
 * Data manager: captures what resources say and brings it to the cloud. Source:
 * viam.service.datamanager.v1.
 */
#ifndef SINEW_API_DATA_MANAGER_H
#define SINEW_API_DATA_MANAGER_H

#include "sinew/api/common.h"

#ifdef __cplusplus
extern "C" {
#endif

#define SN_API_DATA_MANAGER "rdk:service:data_manager"

/* "pb/service/datamanager/v1/data_manager.h" */
struct pb_service_datamanager_upload_binary_data_to_datasets_request;

struct sn_data_manager {
    struct sn_resource base;
};

/* All slots but `common`'s are mandatory. */
struct sn_data_manager_ops {
    struct sn_common_ops common;

    /* Read. Brings what has been captured to the cloud now; completes when that is under way.
     * UNKNOWN "not connected to the cloud". `extra` may be NULL. */
    int (*sync)(struct sn_call *call, struct sn_data_manager *manager,
                const struct pb_google_struct *extra);

    /* Read. Adds those bytes, as a file of that type, to data sets; errors as above.
     * `request->name` is not looked at. */
    int (*upload)(
        struct sn_call *call, struct sn_data_manager *manager,
        const struct pb_service_datamanager_upload_binary_data_to_datasets_request *request);
};

int sn_data_manager_sync(struct sn_call *call, struct sn_data_manager *manager,
                         const struct pb_google_struct *extra);
int sn_data_manager_upload(
    struct sn_call *call, struct sn_data_manager *manager,
    const struct pb_service_datamanager_upload_binary_data_to_datasets_request *request);

#ifdef __cplusplus
}
#endif

#endif
