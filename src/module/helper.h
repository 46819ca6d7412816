/* SPDX-License-Identifier: Apache-2.0
 *
 * Where the programs are that the server starts for itself (src/helper). Any thread; asks the file
 * system.
 */
#ifndef SN_MODULE_HELPER_H
#define SN_MODULE_HELPER_H

#include "sinew/err.h"

#include <stddef.h>

/* Looks beside this program, where it is installed (../libexec/sinew), or, when that is set, only
 * where SINEW_LIBEXEC says. NOT_FOUND there, UNAVAILABLE else. */
int sn_helper_find(const char *name, char *ret_path, size_t size, struct sn_error *error)
    SN_MUST_USE;

/* 0 for a file that somebody may execute, else why not: a number of errno. */
int sn_helper_check(const char *path);

#endif
