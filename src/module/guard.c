/* SPDX-License-Identifier: Apache-2.0
 *
 * The guard's life. It is no child that is watched: that would keep the loop running. Should
 * somebody kill it, the next child gets another; those that run then lose no more than what the
 * guard adds to PDEATHSIG.
 */
#include "module/guard.h"
#include "platform/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/wait.h>
#include <unistd.h>

/* Ours as a process, like our number; loop thread. */
static struct {
    int fd; /* 0: there is none */
    pid_t pid;
} guard;

static pid_t spawn(const char *helper, int input)
{
    char name[] = SN_SPAWN_NAME, mode[] = SN_SPAWN_GUARD;
    char *const argv[] = {name, mode, NULL}, *const env[] = {NULL};
    posix_spawn_file_actions_t actions;
    pid_t pid = -1;

    if (posix_spawn_file_actions_init(&actions))
        return -1;
    if (posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO) ||
        posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0) ||
        posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO) ||
        posix_spawn(&pid, helper, &actions, NULL, argv, env))
        pid = -1;
    posix_spawn_file_actions_destroy(&actions);
    return pid;
}

static void start(const char *helper)
{
    int ends[2];

    if (pipe2(ends, O_CLOEXEC))
        return;
    fcntl(ends[1], F_SETFL, O_NONBLOCK);
    guard.pid = spawn(helper, ends[0]);
    close(ends[0]);
    guard.fd = guard.pid > 0 ? fcntl(ends[1], F_DUPFD_CLOEXEC, SN_SPAWN_GUARD_FD + 1) : -1;
    close(ends[1]);
    if (guard.fd < 0)
        guard.fd = 0;
}

/* It only ends before us when it is killed. */
static bool is_gone(void)
{
    return waitpid(guard.pid, NULL, WNOHANG) != 0;
}

int sn_guard_fd(const char *helper)
{
    if (guard.fd && is_gone()) {
        close(guard.fd);
        guard.fd = 0;
    }
    if (!guard.fd)
        start(helper);
    return guard.fd ? guard.fd : -1;
}

void sn_guard_forget(pid_t group)
{
    int32_t number = -group;

    if (!guard.fd)
        return;
    ssize_t written = write(guard.fd, &number, sizeof(number));
    (void)written; /* it is gone, and what it knew with it */
}
