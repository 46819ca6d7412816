/* SPDX-License-Identifier: Apache-2.0
 *
 * Processes by what Linux shows of them in /proc.
 */
#include "platform/process.h"

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
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

unsigned long sn_process_allow_files(unsigned long count)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit))
        return 0;
    struct rlimit wanted = {count < limit.rlim_max ? count : limit.rlim_max, limit.rlim_max};
    if (wanted.rlim_cur <= limit.rlim_cur || setrlimit(RLIMIT_NOFILE, &wanted))
        return limit.rlim_cur;
    return wanted.rlim_cur;
}
