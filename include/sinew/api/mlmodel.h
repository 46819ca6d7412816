/* SPDX-License-Identifier: Apache-2.0
 *
 * ML model: from tensors to tensors. Source: viam.service.mlmodel.v1.
 *
 * Tensors are the messages of the wire: a name, a shape, the values row by row. (Of 16 bits each
 * value fills a word of 32, whatever the schema's comment says: so do the SDKs.) Results come
 * zeroed; what they refer to lives until the call ends. The API has no DoCommand.
 */
#ifndef SINEW_API_MLMODEL_H
#define SINEW_API_MLMODEL_H

#include "sinew/api/common.h"

#ifdef __cplusplus
extern "C" {
#endif

#define SN_API_MLMODEL "rdk:service:mlmodel"

struct pb_service_mlmodel_flat_tensors; /* "pb/service/mlmodel/v1/mlmodel.h" */
struct pb_service_mlmodel_infer_response;
struct pb_service_mlmodel_metadata_response;

struct sn_mlmodel {
    struct sn_resource base;
};

enum {
    SN_MLMODEL_TENSORS_MAX = 256,
    SN_MLMODEL_RANK_MAX = 32, /* dimensions of a tensor */
};

/* Both slots are mandatory, `common.do_command` is never used. Both are reads. `extra` may be NULL.
 */
struct sn_mlmodel_ops {
    struct sn_common_ops common;

    /* `inputs` have been checked: there are no two of a name, each has as many values as its shape
     * says, of which none may be. What the model itself wants of them is for it to say. */
    int (*infer)(struct sn_call *call, struct sn_mlmodel *model,
                 const struct pb_service_mlmodel_flat_tensors *inputs,
                 const struct pb_google_struct *extra,
                 struct pb_service_mlmodel_infer_response *ret);

    /* Names, types and shapes of what goes in and comes out; -1 where a dimension isn't fixed. */
    int (*metadata)(struct sn_call *call, struct sn_mlmodel *model,
                    const struct pb_google_struct *extra,
                    struct pb_service_mlmodel_metadata_response *ret);
};

/* INVALID_ARGUMENT: a tensor has other values than its shape says, or none; more than the limits
 * above. `inputs` may be NULL: none. */
int sn_mlmodel_infer(struct sn_call *call, struct sn_mlmodel *model,
                     const struct pb_service_mlmodel_flat_tensors *inputs,
                     const struct pb_google_struct *extra,
                     struct pb_service_mlmodel_infer_response *ret);
int sn_mlmodel_metadata(struct sn_call *call, struct sn_mlmodel *model,
                        const struct pb_google_struct *extra,
                        struct pb_service_mlmodel_metadata_response *ret);

#ifdef __cplusplus
}
#endif

#endif
