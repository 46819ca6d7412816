/* SPDX-License-Identifier: Apache-2.0
 *
 * Paths as clients give them, and what went wrong with one on a pool thread. Any thread.
 */
#ifndef SN_SERVICE_SHELL_PATH_H
#define SN_SERVICE_SHELL_PATH_H

#include "sinew/call.h"
#include "sinew/str.h"

/* Longest path, NUL included: the system's own limit. */
enum { SHELL_PATH_MAX = 4096, SHELL_FAILURE_MAX = 1024 };

/* All fill `ret_path`, of SHELL_PATH_MAX bytes. False: too long, or a NUL inside. */

bool shell_path_copy(char *ret_path, struct sn_str path);

/* "~" and "~/x" are in the home folder; so is a relative path, and an empty one is the home folder
 * itself, if `from_home`. */
bool shell_path_expand(char *ret_path, struct sn_str path, bool from_home);

/* All before the last slash. */
void shell_path_parent(char *ret_path, const char *path);

/* ---- failures ---- */

/* Kept by a pool thread, for the call's owner. The first one wins. */
struct shell_failure {
    int code; /* 0: none */
    char text[SHELL_FAILURE_MAX];
};

/* Both return what they keep, UNKNOWN. */
int shell_failure_text(struct shell_failure *failure, const char *format, ...) SN_PRINTF(2, 3);

/* "open PATH: no such file or directory", as upstream's texts are. */
int shell_failure_errno(struct shell_failure *failure, const char *what, const char *path,
                        int error);

/* sn_call_fail() with it; 0 when there is none. Loop thread. */
int shell_failure_report(const struct shell_failure *failure, struct sn_call *call);

#endif
