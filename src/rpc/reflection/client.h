/* SPDX-License-Identifier: Apache-2.0
 *
 * Asks another server by reflection what a service is like. Loop thread; nothing blocks.
 * Source: grpc.reflection.v1alpha.ServerReflection (and v1, where a server has no v1alpha).
 */
#ifndef SN_RPC_REFLECTION_CLIENT_H
#define SN_RPC_REFLECTION_CLIENT_H

#include "rpc/core/client.h"
#include "wire/pb/schema.h"

/* What a server may make us ask and keep, for one service. */
enum {
    SN_REFLECTION_FILES_MAX = 256,
    SN_REFLECTION_BYTES_MAX = 1 << 20,
};
#define SN_REFLECTION_TIMEOUT_NS (20 * (uint64_t)1000000000) /* or the call's deadline */

struct sn_reflection_files {
    const struct sn_pb_schema_file *v; /* the first declares the service; no name is there twice */
    size_t count;
};

/* Carries `call` out by fetching the file that declares `service` ("acme.gizmo.v1.GizmoService")
 * and all it imports, directly and indirectly. They are in the call's arena, which gets room for
 * them. SN_PENDING, or an error; the text names the service and the cause. Errors: NOT_FOUND (the
 * server knows no such service), UNIMPLEMENTED (it has no reflection), INVALID_ARGUMENT (its
 * answers can't be used), ALREADY_EXISTS (its file has the name of a built-in one),
 * RESOURCE_EXHAUSTED (limits above), DEADLINE_EXCEEDED, and whatever the channel fails with. */
int sn_reflection_fetch(struct sn_call *call, struct sn_channel *channel, struct sn_str service,
                        struct sn_reflection_files *ret_files) SN_MUST_USE;

#endif
