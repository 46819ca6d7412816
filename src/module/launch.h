/* SPDX-License-Identifier: Apache-2.0
 *
 * The start of a child process: which files, which descriptors. Only for src/module/process.c.
 */
#ifndef SN_MODULE_LAUNCH_H
#define SN_MODULE_LAUNCH_H

#include "module/process.h"
#include "sinew/err.h"

/* What the server has of a child. Reading from the descriptors doesn't wait; they are the caller's.
 * -1: there is none. */
struct sn_launched {
    pid_t pid;
    int out, err; /* what it prints */
    int status;   /* what sinew-spawn says, by lines (src/platform/spawn.h); ends with exec */
};

/* `cgroup` is a folder, or NULL. Errors as those of sn_process_start(). */
int sn_launch(const struct sn_process_options *options, const char *cgroup,
              struct sn_launched *ret_launched, struct sn_error *error) SN_MUST_USE;

#endif
