/* SPDX-License-Identifier: Apache-2.0
 *
 * Shell API: wrappers, server glue, proxy.
 */
#include "sinew/api/shell.h"
#include "api/api.h"
#include "pb/service/shell/v1/shell.h"

static const struct sn_shell_ops *ops_of(const struct sn_shell *shell)
{
    return shell->base.ops;
}

int sn_shell_shell(struct sn_call *call, struct sn_shell *shell, const void *request,
                   struct sn_duplex *duplex)
{
    int code = sn_resource_enter(&shell->base, call, SN_READ);

    return code ? code : ops_of(shell)->shell(call, shell, request, duplex);
}

/* Text as upstream's. */
static int not_metadata(struct sn_call *call)
{
    return sn_call_fail(call, SN_ERR_UNKNOWN, "expected copy request metadata");
}

int sn_shell_copy_to(struct sn_call *call, struct sn_shell *shell, const void *request,
                     struct sn_duplex *duplex)
{
    const struct pb_service_shell_copy_files_to_machine_request *req = request;
    int code = sn_resource_enter(&shell->base, call, SN_READ);

    if (code)
        return code;
    if (req->which_request != PB_SERVICE_SHELL_COPY_FILES_TO_MACHINE_REQUEST_REQUEST_METADATA)
        return not_metadata(call);
    return ops_of(shell)->copy_to(call, shell, request, duplex);
}

int sn_shell_copy_from(struct sn_call *call, struct sn_shell *shell, const void *request,
                       struct sn_duplex *duplex)
{
    const struct pb_service_shell_copy_files_from_machine_request *req = request;
    int code = sn_resource_enter(&shell->base, call, SN_READ);

    if (code)
        return code;
    if (req->which_request != PB_SERVICE_SHELL_COPY_FILES_FROM_MACHINE_REQUEST_REQUEST_METADATA)
        return not_metadata(call);
    return ops_of(shell)->copy_from(call, shell, request, duplex);
}

/* ---- server ---- */

static int begin_shell(struct sn_call *call, void *self, const void *request, void *response,
                       struct sn_duplex *duplex)
{
    return sn_shell_shell(call, self, request, duplex);
}

static int handle_shell(struct sn_rpc *rpc, void *self, const void *request, void *response)
{
    return sn_rpc_duplex(rpc, self, request, response, begin_shell);
}

static int begin_copy_to(struct sn_call *call, void *self, const void *request, void *response,
                         struct sn_duplex *duplex)
{
    return sn_shell_copy_to(call, self, request, duplex);
}

static int handle_copy_to(struct sn_rpc *rpc, void *self, const void *request, void *response)
{
    return sn_rpc_duplex(rpc, self, request, response, begin_copy_to);
}

static int begin_copy_from(struct sn_call *call, void *self, const void *request, void *response,
                           struct sn_duplex *duplex)
{
    return sn_shell_copy_from(call, self, request, duplex);
}

static int handle_copy_from(struct sn_rpc *rpc, void *self, const void *request, void *response)
{
    return sn_rpc_duplex(rpc, self, request, response, begin_copy_from);
}

/* ---- proxy ---- */

static int proxy_shell(struct sn_call *call, struct sn_shell *shell, const void *request,
                       struct sn_duplex *duplex)
{
    struct pb_service_shell_shell_request req =
        *(const struct pb_service_shell_shell_request *)request;

    req.name = sn_proxy_name(&shell->base);
    return sn_proxy_duplex(call, &shell->base, "Shell", &req, duplex, NULL, NULL);
}

static int proxy_copy_to(struct sn_call *call, struct sn_shell *shell, const void *request,
                         struct sn_duplex *duplex)
{
    struct pb_service_shell_copy_files_to_machine_request req =
        *(const struct pb_service_shell_copy_files_to_machine_request *)request;
    struct pb_service_shell_copy_files_to_machine_request_metadata metadata = *req.metadata;

    metadata.name = sn_proxy_name(&shell->base);
    req.metadata = &metadata;
    return sn_proxy_duplex(call, &shell->base, "CopyFilesToMachine", &req, duplex, NULL, NULL);
}

static int proxy_copy_from(struct sn_call *call, struct sn_shell *shell, const void *request,
                           struct sn_duplex *duplex)
{
    struct pb_service_shell_copy_files_from_machine_request req =
        *(const struct pb_service_shell_copy_files_from_machine_request *)request;
    struct pb_service_shell_copy_files_from_machine_request_metadata metadata = *req.metadata;

    metadata.name = sn_proxy_name(&shell->base);
    req.metadata = &metadata;
    return sn_proxy_duplex(call, &shell->base, "CopyFilesFromMachine", &req, duplex, NULL, NULL);
}

static const struct sn_shell_ops proxy_ops = {
    .common = SN_PROXY_COMMON,
    .shell = proxy_shell,
    .copy_to = proxy_copy_to,
    .copy_from = proxy_copy_from,
};

static const struct sn_handler handlers[] = {
    {"Shell", handle_shell, 0, {0}, NULL},
    {"CopyFilesToMachine", handle_copy_to, 0, {1, 1}, NULL},
    {"CopyFilesFromMachine", handle_copy_from, 0, {1, 1}, NULL},
    SN_COMMON_HANDLERS,
};

const struct sn_api sn_api_shell = {
    .name = SN_API_SHELL,
    .service = {SN_API_SHELL, &pb_service_shell_shell_service, handlers},
    .size = sizeof(struct sn_shell),
    .proxy_ops = &proxy_ops,
};
