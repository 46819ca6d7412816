/* SPDX-License-Identifier: Apache-2.0
 *
 * The sockets between modules and server.
 */
#include "module/parent.h"
#include "base/random.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Longest path of a UNIX socket that every system and SDK takes. Source: upstream. */
enum { PATH_MAX_BYTES = 103, RANDOM_LETTERS = 5, NAME_MIN = 6 };

/* How long modules have to finish what they ask. */
static const uint64_t drain_ns = SN_MS(500);

static void accept_one(void *owner, struct sn_conn *conn)
{
    struct sn_parent *parent = owner;

    conn->trusted = true;
    sn_http2_server_accept(parent->http2, conn);
}

/* Modules may run as other users: the folder and its sockets are open to them, as upstream's; but
 * none can put a socket of its own in the place of another's. */
static int open_unix(struct sn_parent *parent, struct sn_loop *loop, struct sn_error *error)
{
    const char *tmp = getenv("TMPDIR");
    char address[sizeof(parent->path) + 8];

    int n = snprintf(parent->dir, sizeof(parent->dir), "%s/viam-module-XXXXXX",
                     tmp && *tmp ? tmp : "/tmp");
    if (n < 0 || (size_t)n >= sizeof(parent->dir))
        strcpy(parent->dir, "/tmp/viam-module-XXXXXX");
    if (!mkdtemp(parent->dir)) {
        int cause = errno;

        sn_error_set(error, SN_ERR_UNAVAILABLE, "folder for modules' sockets %s: %s", parent->dir,
                     strerror(cause));
        parent->dir[0] = '\0';
        return SN_ERR_UNAVAILABLE;
    }
    snprintf(parent->path, sizeof(parent->path), "%s/parent.sock", parent->dir);
    snprintf(address, sizeof(address), "unix:%s", parent->path);
    if (sn_listen(loop, address, accept_one, parent, &parent->unix_socket, error))
        return SN_ERR_UNAVAILABLE;
    if (chmod(parent->dir, 01777) || chmod(parent->path, 0776))
        return sn_error_set(error, SN_ERR_UNAVAILABLE, "%s: %s", parent->path, strerror(errno));
    return 0;
}

int sn_parent_open(struct sn_parent *parent, struct sn_loop *loop, struct sn_server *server,
                   bool tcp_only, struct sn_error *error)
{
    *parent = (struct sn_parent){.http2 = sn_http2_server_create(loop, server, NULL, NULL)};
    if (!parent->http2)
        return sn_error_set(error, SN_ERR_UNAVAILABLE, "no memory for modules' sockets");
    int code = sn_listen(loop, "127.0.0.1:0", accept_one, parent, &parent->tcp, error);
    if (!code && !tcp_only)
        code = open_unix(parent, loop, error);
    if (!code)
        snprintf(parent->address, sizeof(parent->address), "%s", sn_listener_address(parent->tcp));
    return code;
}

void sn_parent_close(struct sn_parent *parent, void (*closed)(void *owner), void *owner)
{
    sn_listener_close(parent->unix_socket);
    sn_listener_close(parent->tcp);
    parent->unix_socket = parent->tcp = NULL;
    if (*parent->path)
        unlink(parent->path);
    if (*parent->dir)
        rmdir(parent->dir);
    sn_http2_server_drain(parent->http2, drain_ns, closed, owner);
}

void sn_parent_fini(struct sn_parent *parent)
{
    sn_http2_server_destroy(parent->http2);
    parent->http2 = NULL;
}

int sn_parent_socket(const struct sn_parent *parent, struct sn_random *random, const char *name,
                     char *ret_path, size_t size, struct sn_error *error)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    char tail[RANDOM_LETTERS + 1] = "", cut[16] = "";
    size_t fixed = strlen(parent->dir) + 2 + RANDOM_LETTERS + strlen(".sock");
    size_t room = fixed < PATH_MAX_BYTES ? PATH_MAX_BYTES - fixed : 0, len = strlen(name);

    for (int i = 0; i < RANDOM_LETTERS; i++)
        tail[i] = letters[sn_random_next(random) % (sizeof(letters) - 1)];
    if (len > room) {
        /* what tells names apart that were cut */
        snprintf(cut, sizeof(cut), "-%08x", sn_str_hash(sn_str_of(name)));
        if (room < strlen(cut) + NAME_MIN)
            return sn_error_set(error, SN_ERR_INVALID_ARGUMENT,
                                "the folder %s leaves no room for a socket's name: paths have at "
                                "most %d bytes",
                                parent->dir, PATH_MAX_BYTES);
        len = room - strlen(cut);
    }
    snprintf(ret_path, size, "%s/%.*s%s-%s.sock", parent->dir, (int)len, name, cut, tail);
    return 0;
}
