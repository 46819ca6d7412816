/* SPDX-License-Identifier: Apache-2.0
 *
 * The guard: a process that ends the groups of our children when we were killed. One per server,
 * from the first child on. Only for src/module. Loop thread.
 */
#ifndef SN_MODULE_GUARD_H
#define SN_MODULE_GUARD_H

#include <sys/types.h>

/* The descriptor by which children make themselves known to it; starts it, or another when the
 * first one is gone. -1 when it can't be had. `helper`: the path of sinew-spawn. */
int sn_guard_fd(const char *helper);

/* The group is no more; to be called while its number can't be another's. */
void sn_guard_forget(pid_t group);

#endif
