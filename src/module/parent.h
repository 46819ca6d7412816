/* SPDX-License-Identifier: Apache-2.0
 *
 * Where modules call the server back: a UNIX socket and a TCP port of 127.0.0.1, gRPC without TLS
 * and sign-in. Loop thread.
 */
#ifndef SN_MODULE_PARENT_H
#define SN_MODULE_PARENT_H

#include "net/conn.h"
#include "rpc/transport/http2/http2.h"

struct sn_parent {
    struct sn_http2_server *http2;
    struct sn_listener *unix_socket, *tcp;
    char dir[64];  /* of sockets; "" without UNIX sockets */
    char path[80]; /* of the parent's */
    char address[64];
};

/* UNAVAILABLE with a text. */
int sn_parent_open(struct sn_parent *parent, struct sn_loop *loop, struct sn_server *server,
                   bool tcp_only, struct sn_error *error) SN_MUST_USE;

/* Accepts one that isn't open. Connections end soon after. */
void sn_parent_close(struct sn_parent *parent, void (*closed)(void *owner), void *owner);
void sn_parent_fini(struct sn_parent *parent);

/* Where a module of that name is to listen, and a name for each start. INVALID_ARGUMENT when no
 * path is short enough. Source: upstream's names. */
int sn_parent_socket(const struct sn_parent *parent, struct sn_random *random, const char *name,
                     char *ret_path, size_t size, struct sn_error *error) SN_MUST_USE;

#endif
