/* SPDX-License-Identifier: Apache-2.0
 *
 * What a helper that reads foreign bytes gives up before it does.
 */
#ifndef SN_HELPER_SANDBOX_H
#define SN_HELPER_SANDBOX_H

#include "sinew/err.h"

#include <stdint.h>

/* Folders this process still needs, open descriptors; -1 where there is none. */
struct sn_sandbox {
    int work;    /* everything below it may be made, changed, linked and removed */
    int names;   /* folders directly or anywhere below it may be made, renamed and removed */
    int discard; /* everything below it may be removed */
    uint64_t file_bytes; /* the largest file it may write */
};

/* From here on this process opens nothing else in the file system, writes no core file and gains no
 * rights by executing something. Where the kernel has no Landlock (before 5.19, or switched off)
 * only the latter two hold. UNAVAILABLE when the system refuses what it should have.
 * Source: Linux, Documentation/userspace-api/landlock.rst. */
int sn_sandbox_enter(const struct sn_sandbox *sandbox, struct sn_error *error) SN_MUST_USE;

#endif
