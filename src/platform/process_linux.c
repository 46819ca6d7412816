/* SPDX-License-Identifier: Apache-2.0
 *
 * Processes by what Linux shows of them in /proc.
 */
#include "platform/process.h"

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

void sn_process_signal_session(pid_t leader, int signal)
{
    DIR *all = opendir("/proc");
    const struct dirent *entry;

    if (!all) { /* what can be reached without */
        kill(-leader, signal);
        return;
    }
    while ((entry = readdir(all))) {
        pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);

        if (pid > 0 && getsid(pid) == leader)
            kill(pid, signal);
    }
    closedir(all);
}
