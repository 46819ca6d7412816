/* SPDX-License-Identifier: Apache-2.0
 *
 * Addresses: text to parts, literals to socket addresses, and back.
 */
#include "net/address.h"
#include "sinew/str.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>

static int malformed(const char *text, struct sn_error *error)
{
    return sn_error_set(error, SN_ERR_INVALID_ARGUMENT,
                        "address \"%.300s\" is neither host:port nor unix:/path", text);
}

static int parse_unix(const char *text, const char *path, struct sn_address *address,
                      struct sn_error *error)
{
    size_t len = strlen(path);

    if (len == 0)
        return malformed(text, error);
    if (len > SN_UNIX_PATH_MAX)
        return sn_error_set(error, SN_ERR_INVALID_ARGUMENT,
                            "socket path \"%.300s\" is longer than %d bytes", path,
                            SN_UNIX_PATH_MAX);
    address->is_unix = true;
    memcpy(address->name, path, len + 1);
    return 0;
}

static bool parse_port(const char *digits, uint16_t *ret_port)
{
    unsigned long port = 0;
    size_t len = strspn(digits, "0123456789");

    if (len == 0 || len > 5 || digits[len] != '\0')
        return false;
    for (size_t i = 0; i < len; i++)
        port = port * 10 + (unsigned long)(digits[i] - '0');
    *ret_port = (uint16_t)port;
    return port <= UINT16_MAX;
}

/* The host in [start, end), brackets taken off; they are there just when it has colons. */
static bool parse_host(const char *start, const char *end, char host[SN_HOST_MAX + 1])
{
    bool bracketed = start < end && *start == '[';

    if (bracketed) {
        if (end - start < 2 || end[-1] != ']')
            return false;
        start++;
        end--;
    }
    size_t len = (size_t)(end - start);
    if (len > SN_HOST_MAX || (memchr(start, ':', len) != NULL) != bracketed)
        return false;
    memcpy(host, start, len);
    host[len] = '\0';
    return true;
}

int sn_address_parse(const char *text, struct sn_address *ret_address, struct sn_error *error)
{
    struct sn_address address = {0};
    const char *colon = strrchr(text, ':');
    int code = 0;

    if (strncmp(text, "unix:", 5) == 0)
        code = parse_unix(text, text + (strncmp(text + 5, "//", 2) == 0 ? 7 : 5), &address, error);
    else if (!colon || !parse_host(text, colon, address.name))
        code = malformed(text, error);
    else if (!parse_port(colon + 1, &address.port))
        code = sn_error_set(error, SN_ERR_INVALID_ARGUMENT,
                            "address \"%.300s\": the port must be a number from 0 to 65535", text);
    if (!code)
        *ret_address = address;
    return code;
}

bool sn_address_literal(const struct sn_address *address, struct sockaddr_storage *ret_socket,
                        socklen_t *ret_len)
{
    struct sockaddr_in in4 = {.sin_family = AF_INET, .sin_port = htons(address->port)};
    struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = htons(address->port)};
    const char *host = strcmp(address->name, "localhost") == 0 ? "127.0.0.1" : address->name;

    memset(ret_socket, 0, sizeof(*ret_socket));
    if (inet_pton(AF_INET, host, &in4.sin_addr) == 1) {
        *ret_len = sizeof(in4);
        memcpy(ret_socket, &in4, sizeof(in4));
        return true;
    }
    if (inet_pton(AF_INET6, host, &in6.sin6_addr) == 1) {
        *ret_len = sizeof(in6);
        memcpy(ret_socket, &in6, sizeof(in6));
        return true;
    }
    return false;
}

void sn_address_format(const struct sockaddr *socket, char *text, size_t size)
{
    char host[INET6_ADDRSTRLEN] = "";

    if (socket->sa_family == AF_INET) {
        const struct sockaddr_in *in4 = (const struct sockaddr_in *)(const void *)socket;

        inet_ntop(AF_INET, &in4->sin_addr, host, sizeof(host));
        snprintf(text, size, "%s:%u", host, ntohs(in4->sin_port));
    } else if (socket->sa_family == AF_INET6) {
        const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)(const void *)socket;

        inet_ntop(AF_INET6, &in6->sin6_addr, host, sizeof(host));
        snprintf(text, size, "[%s]:%u", host, ntohs(in6->sin6_port));
    } else {
        snprintf(text, size, "unix");
    }
}
