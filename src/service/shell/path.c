/* SPDX-License-Identifier: Apache-2.0
 *
 * Paths and failures of copies.
 */
#include "service/shell/path.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool shell_path_copy(char *ret_path, struct sn_str path)
{
    if (path.len >= SHELL_PATH_MAX || (path.len && memchr(path.ptr, '\0', path.len)))
        return false;
    if (path.len)
        memcpy(ret_path, path.ptr, path.len);
    ret_path[path.len] = '\0';
    return true;
}

bool shell_path_expand(char *ret_path, struct sn_str path, bool from_home)
{
    char given[SHELL_PATH_MAX];
    const char *home = getenv("HOME"), *rest = given;
    bool at_home = from_home;

    if (!shell_path_copy(given, path))
        return false;
    if (given[0] == '~' && (given[1] == '\0' || given[1] == '/')) {
        rest = given + 1 + (given[1] == '/');
        at_home = true;
    } else if (given[0] == '/') {
        at_home = false;
    }
    if (!at_home)
        return shell_path_copy(ret_path, sn_str_of(given));
    return snprintf(ret_path, SHELL_PATH_MAX, "%s%s%s", home ? home : "", *rest ? "/" : "", rest) <
           SHELL_PATH_MAX;
}

void shell_path_parent(char *ret_path, const char *path)
{
    const char *slash = strrchr(path, '/');
    size_t len = slash ? (size_t)(slash - path) : 0;

    if (slash == path)
        len = 1;
    memcpy(ret_path, slash ? path : ".", slash ? len : 1);
    ret_path[slash ? len : 1] = '\0';
}

int shell_failure_text(struct shell_failure *failure, const char *format, ...)
{
    va_list args;

    if (failure->code)
        return failure->code;
    va_start(args, format);
    vsnprintf(failure->text, sizeof(failure->text), format, args);
    va_end(args);
    failure->code = SN_ERR_UNKNOWN;
    return failure->code;
}

int shell_failure_errno(struct shell_failure *failure, const char *what, const char *path,
                        int error)
{
    const char *reason = strerror(error);

    return shell_failure_text(failure, "%s %s: %c%s", what, path, tolower((unsigned char)*reason),
                              reason + 1);
}

int shell_failure_report(const struct shell_failure *failure, struct sn_call *call)
{
    return failure->code ? sn_call_fail(call, failure->code, "%s", failure->text) : 0;
}
