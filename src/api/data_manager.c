/* SPDX-License-Identifier: Apache-2.0
 *
 * Data manager API: wrappers, server glue, proxy.
 */
#include "sinew/api/data_manager.h"
#include "api/api.h"
#include "pb/service/datamanager/v1/data_manager.h"

typedef struct pb_service_datamanager_upload_binary_data_to_datasets_request upload_request;

static const struct sn_data_manager_ops *ops_of(const struct sn_data_manager *manager)
{
    return manager->base.ops;
}

int sn_data_manager_sync(struct sn_call *call, struct sn_data_manager *manager,
                         const struct pb_google_struct *extra)
{
    int code = sn_resource_enter(&manager->base, call, SN_READ);

    return code ? code : ops_of(manager)->sync(call, manager, extra);
}

int sn_data_manager_upload(struct sn_call *call, struct sn_data_manager *manager,
                           const upload_request *request)
{
    int code = sn_resource_enter(&manager->base, call, SN_READ);

    return code ? code : ops_of(manager)->upload(call, manager, request);
}

/* ---- server ---- */

static int handle_sync(struct sn_rpc *rpc, void *self, const void *request, void *response)
{
    const struct pb_service_datamanager_sync_request *req = request;

    return sn_data_manager_sync(&rpc->call, self, req->extra);
}

static int handle_upload(struct sn_rpc *rpc, void *self, const void *request, void *response)
{
    return sn_data_manager_upload(&rpc->call, self, request);
}

/* ---- proxy ---- */

static int proxy_sync(struct sn_call *call, struct sn_data_manager *manager,
                      const struct pb_google_struct *extra)
{
    struct pb_service_datamanager_sync_request req = {
        .name = sn_proxy_name(&manager->base),
        .extra = sn_proxy_borrow(extra), /* encoded, not changed */
    };

    return sn_proxy_call(call, &manager->base, "Sync", &req, NULL, NULL);
}

static int proxy_upload(struct sn_call *call, struct sn_data_manager *manager,
                        const upload_request *request)
{
    upload_request req = *request;

    req.name = sn_proxy_name(&manager->base);
    return sn_proxy_call(call, &manager->base, "UploadBinaryDataToDatasets", &req, NULL, NULL);
}

static const struct sn_data_manager_ops proxy_ops = {
    .common = SN_PROXY_COMMON,
    .sync = proxy_sync,
    .upload = proxy_upload,
};

static const struct sn_handler handlers[] = {
    {"Sync", handle_sync, 0, {0}, NULL},
    {"UploadBinaryDataToDatasets", handle_upload, 0, {0}, NULL},
    SN_COMMON_HANDLERS,
};

const struct sn_api sn_api_data_manager = {
    .name = SN_API_DATA_MANAGER,
    .service = {SN_API_DATA_MANAGER, &pb_service_datamanager_data_manager_service, handlers},
    .size = sizeof(struct sn_data_manager),
    .proxy_ops = &proxy_ops,
    .single = true,
};
