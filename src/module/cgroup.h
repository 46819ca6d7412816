/* SPDX-License-Identifier: Apache-2.0
 *
 * Limits for a child and all it starts, by cgroup v2, where the server's own cgroup was given to it
 * (systemd: Delegate=yes). Only for src/module. Loop thread; the kernel's files don't block.
 * Source: Linux, Documentation/admin-guide/cgroup-v2.rst.
 */
#ifndef SN_MODULE_CGROUP_H
#define SN_MODULE_CGROUP_H

#include "resource/config.h"
#include "sinew/list.h"

#include <limits.h>

/* The server's cgroup, as the parent of its children's. */
struct sn_cgroups {
    char path[PATH_MAX]; /* "": it can't be used */
    char why[512];       /* ... because */
    bool memory, cpu, pids;
    unsigned count;         /* of all that were ever made, for their names */
    struct sn_list leaving; /* stale.link: their last processes were still ending */
};

/* Finds it by these two files (those of /proc/self, but for tests), and makes it one that can have
 * limited children: for that the server itself moves to a cgroup of its own below. */
void sn_cgroups_init(struct sn_cgroups *cgroups, const char *self_cgroup, const char *mountinfo);
void sn_cgroups_fini(struct sn_cgroups *cgroups);

/* That of this process, found at the first call. */
struct sn_cgroups *sn_cgroups_own(void);

/* Whether an isolation has limits that a cgroup keeps. */
bool sn_cgroup_wanted(const struct sn_config_isolation *isolation);

/* Makes one with these limits; UNAVAILABLE with the reason. */
int sn_cgroup_add(struct sn_cgroups *cgroups, const struct sn_config_isolation *isolation,
                  char ret_path[PATH_MAX], struct sn_error *error) SN_MUST_USE;

/* Kills whatever is in it, and removes it. */
void sn_cgroup_remove(struct sn_cgroups *cgroups, const char *path);

#endif
