/* SPDX-License-Identifier: Apache-2.0
 *
 * How many unary calls one resource (or the machine itself) serves at a time, so that a client that
 * never waits can't drown the others. Loop thread.
 */
#ifndef SN_ROBOT_LIMIT_H
#define SN_ROBOT_LIMIT_H

#include "rpc/core/server.h"

struct sn_limit {
    uint32_t max;    /* per resource and for all services that aren't of a resource together */
    uint32_t others; /* running calls of the latter */
};

/* at_message and at_end of the interceptor. Owner: the struct sn_limit. Refuses with
 * RESOURCE_EXHAUSTED and upstream's text. */
int sn_limit_enter(void *owner, struct sn_rpc *rpc);
void sn_limit_leave(void *owner, struct sn_rpc *rpc, int code);

#endif
