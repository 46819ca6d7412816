/* SPDX-License-Identifier: Apache-2.0
 *
 * What server.c and rpc.c share.
 */
#ifndef SN_RPC_SERVER_PRIVATE_H
#define SN_RPC_SERVER_PRIVATE_H

#include "rpc/core/server.h"

struct sn_server {
    struct sn_server_config config;
    struct sn_arena arena;
    const struct sn_method **slots; /* open addressing by path; capacity is a power of two */
    size_t count, capacity;
    const struct sn_service **services;
    const struct sn_pb_schema **schemas; /* sn_server_describe()'s */
    size_t schema_count;
    uint32_t service_count, service_capacity;
    struct sn_list foreign; /* sn_foreign.link */
    uint32_t foreign_count;
    struct sn_list rpcs; /* sn_rpc.link */
};

/* ---- foreign.c ---- */

/* NULL when there is none. */
const struct sn_method *sn_foreign_find(const struct sn_server *server, struct sn_str path);

/* For running calls. */
void sn_foreign_ref(struct sn_foreign *foreign);
void sn_foreign_unref(struct sn_foreign *foreign);

/* ---- rpc.c ---- */

/* Cancels the operation, or ends the call if it has none yet. */
void sn_rpc_cancel(struct sn_rpc *rpc, int reason);

/* Delivers what was held back, when the loop comes round to it. */
void sn_rpc_resume(struct sn_rpc *rpc);

#endif
