/* SPDX-License-Identifier: Apache-2.0
 *
 * Being told when a child process has ended. Loop thread.
 */
#ifndef SN_LOOP_CHILD_H
#define SN_LOOP_CHILD_H

#include "loop/loop.h"
#include "sinew/list.h"

#include <sys/types.h>

/* In its owner's memory. */
struct sn_child {
    pid_t pid;
    int wait_status; /* how it ended, as waitpid() gives it; set before `ended` */
    /* Called once. The process has ended, its number is still taken: it is waited for when this has
     * returned. It may free the child. */
    void (*ended)(struct sn_child *child);
    struct sn_list link; /* private */
};

/* Watches a process of ours, whose `pid` and `ended` are set; there is no way to stop but its end.
 * Keeps the loop running. `ended` is never called from inside. */
void sn_child_watch(struct sn_loop *loop, struct sn_child *child);

#endif
