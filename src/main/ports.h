/* SPDX-License-Identifier: Apache-2.0
 *
 * Where the program listens: at the address of its config, or on sockets that a service manager
 * listened on before the program was there. Loop thread.
 */
#ifndef SN_MAIN_PORTS_H
#define SN_MAIN_PORTS_H

#include "base/log.h"
#include "main/options.h"
#include "net/conn.h"
#include "rpc/transport/web/web.h"
#include "wire/ice/address.h"

/* How long clients have to finish what they began, when a port closes. */
#define SN_DRAIN_NS SN_SECONDS(2)

/* Sockets that a service manager may hand over. */
enum { SN_HANDED_MAX = 8 };

/* In the caller's memory; the first three filled, it is ready. */
struct sn_ports {
    struct sn_loop *loop;
    struct sn_web *web;
    struct sn_logger *log;
    bool secured;                 /* what is served is TLS: for the log */
    struct sn_listener *listener; /* NULL while its address can't be had, or sockets were handed */
    struct sn_listener *handed[SN_HANDED_MAX];
    int handed_count;
    char address[256]; /* asked for by the config */
};

/* As settings say. */
struct sn_limits sn_ports_limits(const struct sn_option_limits *options);

/* Serves at that address, or where sockets were handed over, there. UNAVAILABLE. */
int sn_ports_open(struct sn_ports *ports, const char *address, struct sn_error *error) SN_MUST_USE;

/* A new address: the old port closes with its connections, as upstream. Nothing happens when it is
 * the old one, or when sockets were handed. */
void sn_ports_move(struct sn_ports *ports, const char *address);

/* Where the first port is, for the networks around; false where there is none, or a path. */
bool sn_ports_ip(const struct sn_ports *ports, struct sn_ip *ret_ip);

/* Stops listening. */
void sn_ports_close(struct sn_ports *ports);

#endif
