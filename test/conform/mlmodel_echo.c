/* SPDX-License-Identifier: Apache-2.0
 *
 * A model for the tests, since the server has none of its own: what comes in goes out.
 */
#include "pb/service/mlmodel/v1/mlmodel.h"
#include "sinew/api/mlmodel.h"
#include "sinew/driver.h"

#include "models.h"

static int echo_infer(struct sn_call *call, struct sn_mlmodel *model,
                      const struct pb_service_mlmodel_flat_tensors *inputs,
                      const struct pb_google_struct *extra,
                      struct pb_service_mlmodel_infer_response *ret)
{
    ret->output_tensors = (struct pb_service_mlmodel_flat_tensors *)(uintptr_t)inputs;
    return 0;
}

static int echo_metadata(struct sn_call *call, struct sn_mlmodel *model,
                         const struct pb_google_struct *extra,
                         struct pb_service_mlmodel_metadata_response *ret)
{
    static int32_t any[] = {-1};
    static struct pb_service_mlmodel_tensor_info info = {
        .name = {"any", 3}, .data_type = {"float32", 7}, .shape = {any, 1, 1}};
    static struct pb_service_mlmodel_metadata metadata = {.name = {"echo", 4},
                                                          .type = {"test", 4},
                                                          .input_info = {&info, 1, 1},
                                                          .output_info = {&info, 1, 1}};

    ret->metadata = &metadata;
    return 0;
}

static const struct sn_mlmodel_ops echo_ops = {
    .infer = echo_infer,
    .metadata = echo_metadata,
};

const struct sn_driver conform_mlmodel_echo = {
    .api = SN_API_MLMODEL,
    .model = "rdk:test:echo",
    .help = "gives back its inputs",
    .size = sizeof(struct sn_mlmodel),
    .ops = &echo_ops,
};
