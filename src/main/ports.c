/* SPDX-License-Identifier: Apache-2.0
 *
 * Listening, and listening elsewhere. Loop thread.
 */
#include "main/ports.h"

#include "net/address.h"
#include "net/systemd.h"

#include <stdio.h>
#include <string.h>

struct sn_limits sn_ports_limits(const struct sn_option_limits *options)
{
    return (struct sn_limits){
        .header_bytes = (size_t)options->header_bytes,
        .header_count = (uint32_t)options->headers,
        .message_bytes = (size_t)options->message_bytes,
        .gathered_bytes = (size_t)options->gathered_bytes,
        .unsent_bytes = (size_t)options->unsent_bytes,
        .memory_bytes = (size_t)options->memory_bytes,
        .streams = (uint32_t)options->streams,
        .calls = (uint32_t)options->calls,
        .connections = (uint32_t)options->connections,
        .address_connections = (uint32_t)options->address_connections,
        .peers = (uint32_t)options->peers,
        .greeting_ns = (uint64_t)options->greeting_ns,
        .head_ns = (uint64_t)options->head_ns,
        .stall_ns = (uint64_t)options->stall_ns,
        .idle_ns = (uint64_t)options->idle_ns,
        .idle_http2_ns = (uint64_t)options->idle_http2_ns,
    };
}

static void accept_conn(void *owner, struct sn_conn *conn)
{
    sn_web_accept(((struct sn_ports *)owner)->web, conn);
}

static void log_serving(const struct sn_ports *ports, const struct sn_listener *listener)
{
    char fields[300];

    snprintf(fields, sizeof(fields), "{\"url\":\"%s://%s\"}", ports->secured ? "https" : "http",
             sn_listener_address(listener));
    sn_log_fields(ports->log, SN_LOG_INFO, fields, "serving");
}

static int open_address(struct sn_ports *ports, const char *address, struct sn_error *error)
{
    int code = sn_listen(ports->loop, address, accept_conn, ports, &ports->listener, error);

    if (code)
        return code;
    snprintf(ports->address, sizeof(ports->address), "%s", address);
    log_serving(ports, ports->listener);
    return 0;
}

static int open_handed(struct sn_ports *ports, int count, struct sn_error *error)
{
    for (int i = 0; i < count && i < SN_HANDED_MAX; i++) {
        int code = sn_listen_on(ports->loop, SN_SYSTEMD_FIRST_FD + i, accept_conn, ports,
                                &ports->handed[i], error);

        if (code)
            return code;
        ports->handed_count++;
        log_serving(ports, ports->handed[i]);
    }
    return 0;
}

int sn_ports_open(struct sn_ports *ports, const char *address, struct sn_error *error)
{
    int handed = sn_systemd_sockets();

    return handed ? open_handed(ports, handed, error) : open_address(ports, address, error);
}

void sn_ports_move(struct sn_ports *ports, const char *address)
{
    struct sn_error error;

    if (ports->handed_count || strcmp(address, ports->address) == 0)
        return;
    sn_listener_close(ports->listener);
    ports->listener = NULL;
    sn_web_drain(ports->web, SN_DRAIN_NS, NULL, NULL);
    if (open_address(ports, address, &error))
        sn_log_error(ports->log, "error serving web: %s", error.text);
}

bool sn_ports_ip(const struct sn_ports *ports, struct sn_ip *ret_ip)
{
    struct sn_listener *listener = ports->handed_count ? ports->handed[0] : ports->listener;
    struct sn_address address;
    struct sn_error error;

    if (!listener || sn_address_parse(sn_listener_address(listener), &address, &error) ||
        address.is_unix || !sn_ip_parse(sn_str_of(address.name), ret_ip))
        return false;
    ret_ip->port = address.port;
    return true;
}

void sn_ports_close(struct sn_ports *ports)
{
    sn_listener_close(ports->listener);
    ports->listener = NULL;
    while (ports->handed_count)
        sn_listener_close(ports->handed[--ports->handed_count]);
}
