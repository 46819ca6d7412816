/* SPDX-License-Identifier: Apache-2.0
 *
 * Listening sockets. Accepting is ours, not libuv's: its loop over accept() spins for ever when the
 * process is out of descriptors.
 */
#include "base/log.h"
#include "net/address.h"
#include "net/stream.h"
#include "sinew/list.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum {
    BACKLOG = 512,
    ACCEPTS_MAX = 64, /* in a row, then other events have their turn */
};

/* Rest after a failure that only time can cure. */
static const uint64_t pause_ns = SN_MS(100);

struct sn_listener {
    struct sn_loop *loop;
    uv_poll_t poll;
    int fd;
    struct sn_timer pause;
    sn_accept_fn accept;
    void *owner;
    bool is_unix, closed;
    bool handed;      /* somebody else made it, and its file */
    struct stat file; /* of the UNIX socket, to remove no other's */
    char address[SN_ADDRESS_MAX];
};

/* ---- accepting ---- */

static void on_ready(uv_poll_t *poll, int status, int events);

static void on_pause_over(struct sn_timer *timer)
{
    struct sn_listener *listener = sn_container_of(timer, struct sn_listener, pause);

    uv_poll_start(&listener->poll, UV_READABLE, on_ready);
}

static void rest(struct sn_listener *listener, int cause)
{
    sn_log_warn(sn_logger_get("rdk.net"), "accept on %s: %s", listener->address,
                uv_strerror(uv_translate_sys_error(cause)));
    uv_poll_stop(&listener->poll);
    sn_timer_start(sn_loop_timers(listener->loop), &listener->pause, pause_ns, on_pause_over);
}

static void take(struct sn_listener *listener, int fd)
{
    struct sn_stream *stream = sn_stream_create(listener->loop, listener->is_unix);

    if (!stream) {
        close(fd);
        return;
    }
    int code =
        listener->is_unix ? uv_pipe_open(&stream->uv.pipe, fd) : uv_tcp_open(&stream->uv.tcp, fd);
    if (code) {
        close(fd);
        sn_stream_discard(stream);
        return;
    }
    sn_stream_name(stream);
    listener->accept(listener->owner, &stream->conn);
    sn_stream_start(stream);
}

static void on_ready(uv_poll_t *poll, int status, int events)
{
    struct sn_listener *listener = poll->data;

    sn_loop_enter(listener->loop);
    for (int i = 0; i < ACCEPTS_MAX && !listener->closed; i++) {
        int fd = accept4(listener->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

        if (fd >= 0) {
            take(listener, fd);
        } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
            return;
        } else if (errno != EINTR && errno != ECONNABORTED) {
            rest(listener, errno);
            return;
        }
    }
}

/* ---- opening ---- */

static int refuse(const char *address, int cause, struct sn_error *error)
{
    return sn_error_set(error, SN_ERR_UNAVAILABLE, "listen on %s: %s", address,
                        uv_strerror(uv_translate_sys_error(cause)));
}

/* What connections inherit: no waiting to fill packets, and dead peers are noticed in a minute. */
static void set_tcp_options(int fd)
{
    int on = 1, idle_s = 45, interval_s = 5, probes = 3;

    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle_s, sizeof(idle_s));
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval_s, sizeof(interval_s));
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &probes, sizeof(probes));
}

/* A bound and listening socket, or -1 with errno. */
static int open_socket(const struct sockaddr *address, socklen_t len)
{
    int fd = socket(address->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return -1;
    if (address->sa_family != AF_UNIX)
        set_tcp_options(fd);
    if (address->sa_family == AF_INET6) { /* "[::]" takes IPv4 too, whatever the system's default */
        int off = 0;

        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
    }
    if (bind(fd, address, len) || listen(fd, BACKLOG)) {
        int cause = errno;

        close(fd);
        errno = cause;
        return -1;
    }
    return fd;
}

/* All interfaces: IPv6 takes IPv4 along; without IPv6 in the kernel, IPv4 alone. */
static int open_everywhere(uint16_t port)
{
    struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
    struct sockaddr_in in4 = {.sin_family = AF_INET, .sin_port = htons(port)};
    int fd = open_socket((struct sockaddr *)&in6, sizeof(in6));

    if (fd < 0 && (errno == EAFNOSUPPORT || errno == EADDRNOTAVAIL))
        fd = open_socket((struct sockaddr *)&in4, sizeof(in4));
    return fd;
}

static int open_tcp(struct sn_listener *listener, const struct sn_address *address,
                    const char *text, struct sn_error *error)
{
    struct sockaddr_storage name;
    socklen_t len;

    if (address->name[0] == '\0')
        listener->fd = open_everywhere(address->port);
    else if (sn_address_literal(address, &name, &len))
        listener->fd = open_socket((struct sockaddr *)&name, len);
    else
        return sn_error_set(error, SN_ERR_INVALID_ARGUMENT,
                            "listen on %s: the host must be an IP address, localhost or empty",
                            text);
    if (listener->fd < 0)
        return refuse(text, errno, error);
    len = sizeof(name);
    getsockname(listener->fd, (struct sockaddr *)&name, &len);
    sn_address_format((struct sockaddr *)&name, listener->address, sizeof(listener->address));
    return 0;
}

/* Whether the file is a socket that nobody listens on. */
static bool is_stale(const struct sockaddr_un *name)
{
    struct stat file;

    if (lstat(name->sun_path, &file) || !S_ISSOCK(file.st_mode))
        return false;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return false;
    bool refused =
        connect(fd, (const struct sockaddr *)name, sizeof(*name)) && errno == ECONNREFUSED;
    close(fd);
    return refused;
}

static int open_unix(struct sn_listener *listener, const struct sn_address *address,
                     const char *text, struct sn_error *error)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX};

    memcpy(name.sun_path, address->name, strlen(address->name)); /* its length was checked */
    listener->is_unix = true;
    listener->fd = open_socket((struct sockaddr *)&name, sizeof(name));
    if (listener->fd < 0 && errno == EADDRINUSE) {
        if (!is_stale(&name))
            return refuse(text, EADDRINUSE, error);
        unlink(name.sun_path);
        listener->fd = open_socket((struct sockaddr *)&name, sizeof(name));
    }
    if (listener->fd < 0)
        return refuse(text, errno, error);
    snprintf(listener->address, sizeof(listener->address), "unix:%s", name.sun_path);
    if (lstat(name.sun_path, &listener->file))
        listener->file = (struct stat){0};
    return 0;
}

static void start(struct sn_listener *listener)
{
    uv_poll_init(sn_loop_backend(listener->loop), &listener->poll, listener->fd);
    listener->poll.data = listener;
    uv_poll_start(&listener->poll, UV_READABLE, on_ready);
}

int sn_listen(struct sn_loop *loop, const char *address, sn_accept_fn accept, void *owner,
              struct sn_listener **ret_listener, struct sn_error *error)
{
    struct sn_address parsed;
    int code = sn_address_parse(address, &parsed, error);

    if (code)
        return code;
    struct sn_listener *listener = calloc(1, sizeof(*listener));
    if (!listener)
        return sn_error_set(error, SN_ERR_UNAVAILABLE, "listen on %s: out of memory", address);
    listener->loop = loop;
    listener->accept = accept;
    listener->owner = owner;
    code = parsed.is_unix ? open_unix(listener, &parsed, address, error)
                          : open_tcp(listener, &parsed, address, error);
    if (code) {
        free(listener);
        return code;
    }
    start(listener);
    *ret_listener = listener;
    return 0;
}

int sn_listen_on(struct sn_loop *loop, int fd, sn_accept_fn accept, void *owner,
                 struct sn_listener **ret_listener, struct sn_error *error)
{
    struct sockaddr_storage name = {0};
    socklen_t len = sizeof(name), size = sizeof(int);
    int listens = 0;

    if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) || !listens ||
        getsockname(fd, (struct sockaddr *)&name, &len))
        return sn_error_set(error, SN_ERR_UNAVAILABLE, "descriptor %d is no socket that listens",
                            fd);
    struct sn_listener *listener = calloc(1, sizeof(*listener));
    if (!listener)
        return sn_error_set(error, SN_ERR_UNAVAILABLE, "out of memory");
    *listener = (struct sn_listener){
        .loop = loop,
        .fd = fd,
        .accept = accept,
        .owner = owner,
        .is_unix = name.ss_family == AF_UNIX,
        .handed = true,
    };
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
    fcntl(fd, F_SETFD, FD_CLOEXEC);
    if (!listener->is_unix)
        set_tcp_options(fd);
    sn_address_format((struct sockaddr *)&name, listener->address, sizeof(listener->address));
    start(listener);
    *ret_listener = listener;
    return 0;
}

const char *sn_listener_address(const struct sn_listener *listener)
{
    return listener->address;
}

/* ---- closing ---- */

static void on_closed(uv_handle_t *handle)
{
    struct sn_listener *listener = handle->data;

    free(listener);
}

static void remove_file(const struct sn_listener *listener)
{
    const char *path = listener->address + strlen("unix:");
    struct stat now;

    if (lstat(path, &now) == 0 && now.st_ino == listener->file.st_ino &&
        now.st_dev == listener->file.st_dev)
        unlink(path);
}

void sn_listener_close(struct sn_listener *listener)
{
    if (!listener || listener->closed)
        return;
    listener->closed = true;
    sn_timer_stop(sn_loop_timers(listener->loop), &listener->pause);
    if (listener->is_unix && !listener->handed)
        remove_file(listener);
    uv_poll_stop(&listener->poll);
    close(listener->fd);
    uv_close((uv_handle_t *)&listener->poll, on_closed);
}
