/* SPDX-License-Identifier: Apache-2.0
 *
 * The guard of the server's children. Each child dies with the server by itself (PDEATHSIG), but
 * not what it started in turn: a shell script's real program, for one. This process outlives the
 * server by the moment that takes.
 */
#include "helper/spawning.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct groups {
    pid_t *v;
    size_t count, room;
};

/* Without memory for it a group is not guarded. */
static void add(struct groups *groups, pid_t group)
{
    if (groups->count == groups->room) {
        size_t room = groups->room ? 2 * groups->room : 64;
        pid_t *more = realloc(groups->v, room * sizeof(*more));

        if (!more)
            return;
        groups->v = more;
        groups->room = room;
    }
    groups->v[groups->count++] = group;
}

static void forget(struct groups *groups, pid_t group)
{
    for (size_t i = 0; i < groups->count; i++)
        if (groups->v[i] == group) {
            groups->v[i] = groups->v[--groups->count];
            return;
        }
}

/* Writers write whole numbers, which pipes keep together. */
static bool read_group(pid_t *ret_group)
{
    int32_t number;
    ssize_t got;

    do
        got = read(STDIN_FILENO, &number, sizeof(number));
    while (got < 0 && errno == EINTR);
    *ret_group = number;
    return got == (ssize_t)sizeof(number);
}

int spawn_guard(void)
{
    struct groups groups = {0};
    pid_t group;

    setsid(); /* what is sent to the server's group or terminal is not for us */
    signal(SIGTERM, SIG_IGN);
    signal(SIGINT, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    while (read_group(&group)) {
        if (group > 1)
            add(&groups, group);
        else
            forget(&groups, -group);
    }
    for (size_t i = 0; i < groups.count; i++)
        kill(-groups.v[i], SIGKILL);
    free(groups.v);
    return 0;
}
