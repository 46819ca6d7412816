/* SPDX-License-Identifier: Apache-2.0
 *
 * Addresses as people write them: "host:port", "[::1]:8080", ":8080", "unix:/path". Pure.
 */
#ifndef SN_NET_ADDRESS_H
#define SN_NET_ADDRESS_H

#include "sinew/err.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

enum {
    SN_HOST_MAX = 255,                        /* bytes of a name; RFC 1035, 2.3.4 */
    SN_UNIX_PATH_MAX = 107,                   /* bytes of a socket's path; unix(7) */
    SN_ADDRESS_MAX = 16 + 2 * SN_HOST_MAX + 1 /* of our own text of an address, NUL included */
};

struct sn_address {
    bool is_unix;
    char name[SN_HOST_MAX + 1]; /* host without brackets, "" for all; or the socket's path */
    uint16_t port;
};

/* INVALID_ARGUMENT naming the text and the forms allowed. */
int sn_address_parse(const char *text, struct sn_address *ret_address, struct sn_error *error)
    SN_MUST_USE;

/* Fills the IPv4 or IPv6 address of a literal host; "localhost" is 127.0.0.1. False for a name. */
bool sn_address_literal(const struct sn_address *address, struct sockaddr_storage *ret_socket,
                        socklen_t *ret_len);

/* "127.0.0.1:8080", "[::1]:8080", "unix" for others; cut to `size`. */
void sn_address_format(const struct sockaddr *socket, char *text, size_t size);

#endif
