/* SPDX-License-Identifier: Apache-2.0
 *
 * Ends of child processes, by SIGCHLD. Signals merge, so each one makes us look at all children.
 */
#include "loop/child.h"
#include "loop/loop_private.h"

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>

static int wait_status(const siginfo_t *info)
{
    if (info->si_code == CLD_EXITED)
        return W_EXITCODE(info->si_status, 0);
    return W_EXITCODE(0, info->si_status) | (info->si_code == CLD_DUMPED ? WCOREFLAG : 0);
}

static bool has_ended(struct sn_child *child)
{
    siginfo_t info = {0};
    int code;

    do
        code = waitid(P_PID, (id_t)child->pid, &info, WEXITED | WNOHANG | WNOWAIT);
    while (code < 0 && errno == EINTR);
    if (code || info.si_pid != child->pid)
        return false;
    child->wait_status = wait_status(&info);
    return true;
}

static void look(struct sn_loop *loop)
{
    struct sn_list ended;

    sn_list_init(&ended);
    for (struct sn_list *node = loop->children.next, *next; node != &loop->children; node = next) {
        struct sn_child *child = sn_container_of(node, struct sn_child, link);

        next = node->next;
        if (has_ended(child)) {
            sn_list_remove(node);
            sn_list_append(&ended, node);
        }
    }
    while (!sn_list_empty(&ended)) {
        struct sn_child *child = sn_container_of(ended.next, struct sn_child, link);
        pid_t pid = child->pid;

        sn_list_remove(&child->link);
        child->ended(child);
        waitpid(pid, NULL, 0);
    }
    if (sn_list_empty(&loop->children))
        uv_unref((uv_handle_t *)&loop->child_signal);
}

static void on_signal(uv_signal_t *uv, int number)
{
    sn_loop_enter(uv->loop->data);
    look(uv->loop->data);
}

static void on_look(struct sn_task *task)
{
    struct sn_loop *loop = sn_container_of(task, struct sn_loop, child_look);

    loop->child_look_waits = false;
    look(loop);
}

void sn_child_watch(struct sn_loop *loop, struct sn_child *child)
{
    if (!loop->children.next) {
        sn_list_init(&loop->children);
        uv_signal_init(&loop->uv, &loop->child_signal);
        uv_signal_start(&loop->child_signal, on_signal, SIGCHLD);
    }
    uv_ref((uv_handle_t *)&loop->child_signal);
    sn_list_append(&loop->children, &child->link);
    /* It may have ended before we listened. */
    loop->child_look.run = on_look;
    if (!loop->child_look_waits)
        sn_loop_defer(loop, &loop->child_look);
    loop->child_look_waits = true;
}
