/* SPDX-License-Identifier: Apache-2.0
 *
 * systemd's protocols: one datagram, and some variables.
 */
#include "net/systemd.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

void sn_systemd_notify(const char *state)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    const char *path = getenv("NOTIFY_SOCKET");
    size_t len = path ? strlen(path) : 0;

    if (!len || len >= sizeof(name.sun_path) || (*path != '/' && *path != '@'))
        return;
    memcpy(name.sun_path, path, len);
    if (*path == '@') /* a name without a file */
        name.sun_path[0] = '\0';
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return;
    socklen_t name_len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
    /* Nobody to tell it to: then nobody waits for it either. */
    (void)!sendto(fd, state, strlen(state), MSG_NOSIGNAL, (struct sockaddr *)&name, name_len);
    close(fd);
}

/* 0 when the variable doesn't hold a number. */
static uint64_t number_of(const char *variable)
{
    const char *text = getenv(variable);
    char *end = NULL;

    if (!text || *text < '0' || *text > '9')
        return 0;
    errno = 0;
    unsigned long long value = strtoull(text, &end, 10);
    return *end || errno ? 0 : value;
}

uint64_t sn_systemd_watchdog_ns(void)
{
    uint64_t pid = number_of("WATCHDOG_PID"), us = number_of("WATCHDOG_USEC");

    if ((pid && pid != (uint64_t)getpid()) || us > UINT64_MAX / 1000)
        return 0;
    return us * 1000;
}

int sn_systemd_sockets(void)
{
    uint64_t count = number_of("LISTEN_FDS");

    if (number_of("LISTEN_PID") != (uint64_t)getpid() || count > 64)
        count = 0;
    unsetenv("LISTEN_PID");
    unsetenv("LISTEN_FDS");
    unsetenv("LISTEN_FDNAMES");
    return (int)count;
}
