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
    uint32_t service_count, service_capacity;
    struct sn_list rpcs; /* sn_rpc.link */
};

/* Cancels the operation, or ends the call if it has none yet. */
void sn_rpc_cancel(struct sn_rpc *rpc, int reason);

/* Delivers what was held back, when the loop comes round to it. */
void sn_rpc_resume(struct sn_rpc *rpc);

#endif
