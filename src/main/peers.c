/* SPDX-License-Identifier: Apache-2.0
 *
 * Putting WebRTC together, and which names callers may use.
 */
#include "main/peers.h"

#include "net/address.h"

#include <stdio.h>
#include <string.h>

/* Callers who name no port mean that of HTTPS. */
enum { PORT_UNSAID = 443 };

static bool ends_with(const char *text, const char *end)
{
    size_t len = strlen(text), end_len = strlen(end);

    return len > end_len && strcmp(text + len - end_len, end) == 0;
}

/* Host and port as somebody would write who reaches the port through another of the machine's
 * addresses, a forwarded one, or a name of the LAN: who got here means us. The reference takes only
 * the listener's own address and localhost. */
static bool is_address_of(const char *text, const char *listener)
{
    struct sn_address asked, ours;
    struct sockaddr_storage socket;
    socklen_t len;
    struct sn_error error;
    char with_port[300];

    if (sn_address_parse(listener, &ours, &error) || ours.is_unix)
        return false;
    if (sn_address_parse(text, &asked, &error)) {
        snprintf(with_port, sizeof(with_port), "%s:%d", text, PORT_UNSAID);
        if (sn_address_parse(with_port, &asked, &error))
            return false;
    }
    return !asked.is_unix && asked.port == ours.port &&
           (sn_address_literal(&asked, &socket, &len) || ends_with(asked.name, ".local"));
}

static bool serves(void *owner, struct sn_str host)
{
    const struct sn_peers *peers = owner;
    const struct sn_ports *ports = peers->ports;
    char text[256];

    if (!host.len || host.len >= sizeof(text))
        return false;
    memcpy(text, host.ptr, host.len);
    text[host.len] = '\0';
    for (int i = 0; i < 2; i++)
        if (strcmp(text, peers->names[i]) == 0)
            return true;
    if (ports->listener && is_address_of(text, sn_listener_address(ports->listener)))
        return true;
    for (int i = 0; i < ports->handed_count; i++)
        if (is_address_of(text, sn_listener_address(ports->handed[i])))
            return true;
    return false;
}

int sn_peers_open(struct sn_peers *peers, const struct sn_ports *ports, struct sn_server *server,
                  struct sn_error *error)
{
    struct sn_env *env = sn_loop_env(ports->loop);
    struct sn_guard *guard = sn_web_guard(ports->web);

    peers->ports = ports;
    peers->hub = sn_webrtc_hub_create(ports->loop, guard);
    peers->calls = sn_webrtc_server_create(env, server, guard);
    if (peers->hub && peers->calls)
        peers->offers = sn_offers_create(env, peers->hub, peers->calls);
    peers->signaling = (struct sn_signaling){peers->offers, serves, peers};
    if (!peers->offers || sn_signaling_add(&peers->signaling, server))
        return sn_error_set(error, SN_ERR_RESOURCE_EXHAUSTED, "out of memory");
    return 0;
}

void sn_peers_name(struct sn_peers *peers, const char *name, const char *other)
{
    snprintf(peers->names[0], sizeof(peers->names[0]), "%s", name);
    snprintf(peers->names[1], sizeof(peers->names[1]), "%s", other);
    sn_webrtc_server_set_entity(peers->calls, peers->names[0]);
}

void sn_peers_drop(struct sn_peers *peers)
{
    sn_webrtc_hub_close_all(peers->hub);
}

void sn_peers_close(struct sn_peers *peers, void (*closed)(void *owner), void *owner)
{
    sn_webrtc_hub_destroy(peers->hub, closed, owner);
    peers->hub = NULL;
}

void sn_peers_destroy(struct sn_peers *peers)
{
    sn_offers_destroy(peers->offers);
    sn_webrtc_server_destroy(peers->calls);
}
