/* SPDX-License-Identifier: Apache-2.0
 *
 * Services that nobody knew when this program was compiled: a module brings one with its
 * descriptors, and it goes with the last module that has it. Its calls are routed like others, by
 * the API and the name in the first message, and can only be relayed (sn_resource.relay). Loop
 * thread; nothing blocks.
 */
#ifndef SN_RPC_FOREIGN_H
#define SN_RPC_FOREIGN_H

#include "rpc/core/server.h"
#include "wire/pb/schema.h"

/* Peer-supplied. */
enum {
    SN_FOREIGN_MAX = 256,             /* services of a server */
    SN_FOREIGN_METHODS_MAX = 1000,    /* of one */
    SN_FOREIGN_FILES_MAX = 256,       /* its descriptors, */
    SN_FOREIGN_BYTES_MAX = 1 << 20,   /* ... all together, */
    SN_FOREIGN_MEMORY_MAX = 16 << 20, /* ... and what is made of them */
};

struct sn_foreign;

struct sn_foreign_spec {
    const char *api;                       /* "acme:component:gizmo" */
    struct sn_str service;                 /* "acme.component.gizmo.v1.GizmoService" */
    const struct sn_pb_schema_file *files; /* everything it needs, in any order; once each */
    size_t count;
};

/* Serves that service, if nobody does so yet; copies what it is given. Each success is a use, to be
 * ended with sn_server_remove_foreign(). When that API is there already its descriptors stay what
 * they are: if the new ones differ, or it is another service, `error->text` says so all the same
 * and should be logged; else it is empty.
 * INVALID_ARGUMENT: the descriptors can't be used or don't declare the service; ALREADY_EXISTS: the
 * service is a built-in one or another API's; RESOURCE_EXHAUSTED: limits above. */
int sn_server_add_foreign(struct sn_server *server, const struct sn_foreign_spec *spec,
                          struct sn_foreign **ret_foreign, struct sn_error *error) SN_MUST_USE;

/* Ends a use; with the last one the service is gone. Calls that run go on. Accepts NULL. */
void sn_server_remove_foreign(struct sn_server *server, struct sn_foreign *foreign);

/* The first, then each next one, in the order they came; NULL: no more. */
const struct sn_foreign *sn_server_next_foreign(const struct sn_server *server,
                                                const struct sn_foreign *before);

/* Its API, name and methods; the latter's `request` and `response` are NULL. */
const struct sn_service *sn_foreign_service(const struct sn_foreign *foreign);

/* The files it came with, and what they declare. */
const struct sn_pb_schema *sn_foreign_schema(const struct sn_foreign *foreign);

#endif
