/* SPDX-License-Identifier: Apache-2.0
 *
 * Operations: every running call has an id that clients can list, cancel and wait for. The client
 * may bring the id (metadata `opid`); it comes back as a response header. Loop thread.
 */
#ifndef SN_ROBOT_OPERATION_H
#define SN_ROBOT_OPERATION_H

#include "base/random.h"
#include "rpc/core/server.h"
#include "sinew/list.h"

struct sn_operation {
    char id[SN_UUID_LEN + 1];
    uint64_t started_unix_ns;
    struct sn_list waiters; /* struct sn_operation_wait.link */
};

/* Somebody who waits for an operation's end. In the waiter's memory. */
struct sn_operation_wait {
    struct sn_list link;
    void (*ended)(struct sn_operation_wait *wait);
};

/* at_headers and at_end of the interceptor. Owner: unused. */
int sn_operation_begin(void *owner, struct sn_rpc *rpc);
void sn_operation_end(void *owner, struct sn_rpc *rpc, int code);

/* The running call of that id; NULL when there is none. */
struct sn_rpc *sn_operation_find(struct sn_server *server, struct sn_str id);

#endif
