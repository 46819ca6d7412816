/* SPDX-License-Identifier: Apache-2.0
 *
 * Server reflection, v1 and v1alpha: clients learn services they don't know from the server itself.
 * Source: grpc.reflection.v1.ServerReflection.
 */
#ifndef SN_RPC_REFLECTION_H
#define SN_RPC_REFLECTION_H

#include "rpc/core/server.h"

/* Adds both services to `server`, which they describe. RESOURCE_EXHAUSTED. */
int sn_reflection_add(struct sn_server *server) SN_MUST_USE;

#endif
