/* SPDX-License-Identifier: Apache-2.0
 *
 * ML model API: wrappers, server glue, proxy.
 */
#include "sinew/api/mlmodel.h"
#include "api/api.h"
#include "pb/service/mlmodel/v1/mlmodel.h"

static const struct sn_mlmodel_ops *ops_of(const struct sn_mlmodel *model)
{
    return model->base.ops;
}

/* ---- tensors ---- */

/* How many values there are; false: no kind is given. */
static bool count_values(const struct pb_service_mlmodel_flat_tensor *tensor, size_t *ret_count)
{
    switch (tensor->which_tensor) {
    case PB_SERVICE_MLMODEL_FLAT_TENSOR_TENSOR_INT8_TENSOR:
        *ret_count = tensor->int8_tensor->data.len;
        return true;
    case PB_SERVICE_MLMODEL_FLAT_TENSOR_TENSOR_UINT8_TENSOR:
        *ret_count = tensor->uint8_tensor->data.len;
        return true;
    case PB_SERVICE_MLMODEL_FLAT_TENSOR_TENSOR_INT16_TENSOR:
        *ret_count = tensor->int16_tensor->data.n;
        return true;
    case PB_SERVICE_MLMODEL_FLAT_TENSOR_TENSOR_UINT16_TENSOR:
        *ret_count = tensor->uint16_tensor->data.n;
        return true;
    case PB_SERVICE_MLMODEL_FLAT_TENSOR_TENSOR_INT32_TENSOR:
        *ret_count = tensor->int32_tensor->data.n;
        return true;
    case PB_SERVICE_MLMODEL_FLAT_TENSOR_TENSOR_UINT32_TENSOR:
        *ret_count = tensor->uint32_tensor->data.n;
        return true;
    case PB_SERVICE_MLMODEL_FLAT_TENSOR_TENSOR_INT64_TENSOR:
        *ret_count = tensor->int64_tensor->data.n;
        return true;
    case PB_SERVICE_MLMODEL_FLAT_TENSOR_TENSOR_UINT64_TENSOR:
        *ret_count = tensor->uint64_tensor->data.n;
        return true;
    case PB_SERVICE_MLMODEL_FLAT_TENSOR_TENSOR_FLOAT_TENSOR:
        *ret_count = tensor->float_tensor->data.n;
        return true;
    case PB_SERVICE_MLMODEL_FLAT_TENSOR_TENSOR_DOUBLE_TENSOR:
        *ret_count = tensor->double_tensor->data.n;
        return true;
    default:
        return false;
    }
}

/* The product of the dimensions; false when no message could carry as many values. */
static bool multiply(const struct pb_service_mlmodel_flat_tensor *tensor, uint64_t *ret_count)
{
    uint64_t count = 1;
    bool fits = true;

    for (uint32_t i = 0; i < tensor->shape.n; i++) {
        uint64_t dimension = tensor->shape.v[i];

        if (dimension == 0) {
            *ret_count = 0;
            return true;
        }
        fits = fits && dimension <= SN_PB_SIZE_MAX / count;
        count = fits ? count * dimension : count;
    }
    *ret_count = count;
    return fits;
}

static int check_tensor(struct sn_call *call, struct sn_str name,
                        const struct pb_service_mlmodel_flat_tensor *tensor)
{
    uint64_t expected;
    size_t count;

    if (tensor->shape.n > SN_MLMODEL_RANK_MAX)
        return sn_call_fail(call, SN_ERR_INVALID_ARGUMENT,
                            "tensor \"%.*s\" has %u dimensions; at most %d are allowed",
                            SN_STR_ARGS(name), tensor->shape.n, SN_MLMODEL_RANK_MAX);
    if (!count_values(tensor, &count))
        return sn_call_fail(call, SN_ERR_INVALID_ARGUMENT, "tensor \"%.*s\" has no values",
                            SN_STR_ARGS(name));
    if (!multiply(tensor, &expected) || expected != count)
        return sn_call_fail(call, SN_ERR_INVALID_ARGUMENT,
                            "tensor \"%.*s\" has %zu values, which is not what its shape says",
                            SN_STR_ARGS(name), count);
    return 0;
}

static int check_tensors(struct sn_call *call, const struct pb_service_mlmodel_flat_tensors *all)
{
    int code = 0;

    if (all->tensors.n > SN_MLMODEL_TENSORS_MAX)
        return sn_call_fail(call, SN_ERR_INVALID_ARGUMENT, "%u tensors; at most %d are allowed",
                            all->tensors.n, SN_MLMODEL_TENSORS_MAX);
    for (uint32_t i = 0; i < all->tensors.n && !code; i++)
        code = check_tensor(call, all->tensors.v[i].key, &all->tensors.v[i].value);
    return code;
}

/* Of a key that is there twice the last counts. */
static int compact(struct sn_call *call, const struct pb_service_mlmodel_flat_tensors **tensors)
{
    struct pb_service_mlmodel_flat_tensors *own = sn_arena_alloc(call->arena, sizeof(*own));
    struct pb_service_mlmodel_flat_tensors_tensors_entry *v;

    if (!own)
        return SN_ERR_RESOURCE_EXHAUSTED;
    *own = **tensors;
    v = sn_arena_alloc(call->arena, own->tensors.n * sizeof(*v));
    if (!v)
        return SN_ERR_RESOURCE_EXHAUSTED;
    memcpy(v, own->tensors.v, own->tensors.n * sizeof(*v));
    own->tensors.v = v;
    *tensors = own;
    return sn_pb_map_compact(&pb_service_mlmodel_flat_tensors_tensors_entry_msg, &own->tensors,
                             call->arena);
}

int sn_mlmodel_infer(struct sn_call *call, struct sn_mlmodel *model,
                     const struct pb_service_mlmodel_flat_tensors *inputs,
                     const struct pb_google_struct *extra,
                     struct pb_service_mlmodel_infer_response *ret)
{
    static const struct pb_service_mlmodel_flat_tensors none;
    int code = sn_resource_enter(&model->base, call, SN_READ);

    if (code)
        return code;
    if (!inputs)
        inputs = &none;
    if (!model->base.elsewhere) {
        code = check_tensors(call, inputs);
        if (!code && inputs->tensors.n > 1)
            code = compact(call, &inputs);
    }
    return code ? code : ops_of(model)->infer(call, model, inputs, extra, ret);
}

int sn_mlmodel_metadata(struct sn_call *call, struct sn_mlmodel *model,
                        const struct pb_google_struct *extra,
                        struct pb_service_mlmodel_metadata_response *ret)
{
    int code = sn_resource_enter(&model->base, call, SN_READ);

    return code ? code : ops_of(model)->metadata(call, model, extra, ret);
}

/* ---- server ---- */

static int handle_infer(struct sn_rpc *rpc, void *self, const void *request, void *response)
{
    const struct pb_service_mlmodel_infer_request *req = request;

    return sn_mlmodel_infer(&rpc->call, self, req->input_tensors, req->extra, response);
}

static int handle_metadata(struct sn_rpc *rpc, void *self, const void *request, void *response)
{
    const struct pb_service_mlmodel_metadata_request *req = request;

    return sn_mlmodel_metadata(&rpc->call, self, req->extra, response);
}

/* ---- proxy ---- */

static int proxy_infer(struct sn_call *call, struct sn_mlmodel *model,
                       const struct pb_service_mlmodel_flat_tensors *inputs,
                       const struct pb_google_struct *extra,
                       struct pb_service_mlmodel_infer_response *ret)
{
    struct pb_service_mlmodel_infer_request req = {
        .name = sn_proxy_name(&model->base),
        .input_tensors = SN_PROXY_BORROW(struct pb_service_mlmodel_flat_tensors, inputs),
        .extra = sn_proxy_borrow(extra)};

    return sn_proxy_fill(call, &model->base, "Infer", &req, ret);
}

static int proxy_metadata(struct sn_call *call, struct sn_mlmodel *model,
                          const struct pb_google_struct *extra,
                          struct pb_service_mlmodel_metadata_response *ret)
{
    struct pb_service_mlmodel_metadata_request req = {.name = sn_proxy_name(&model->base),
                                                      .extra = sn_proxy_borrow(extra)};

    return sn_proxy_fill(call, &model->base, "Metadata", &req, ret);
}

static const struct sn_mlmodel_ops proxy_ops = {
    .common = {.status = sn_proxy_status},
    .infer = proxy_infer,
    .metadata = proxy_metadata,
};

static const struct sn_handler handlers[] = {
    {"Infer", handle_infer, 0, {0}, NULL},
    {"Metadata", handle_metadata, 0, {0}, NULL},
    {"GetStatus", sn_handle_status, 0, {0}, NULL},
    {0},
};

const struct sn_api sn_api_mlmodel = {
    .name = SN_API_MLMODEL,
    .service = {SN_API_MLMODEL, &pb_service_mlmodel_ml_model_service, handlers},
    .size = sizeof(struct sn_mlmodel),
    .proxy_ops = &proxy_ops,
};
