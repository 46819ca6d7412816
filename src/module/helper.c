/* SPDX-License-Identifier: Apache-2.0
 *
 * Looking for our own programs.
 */
#include "module/helper.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

int sn_helper_check(const char *path)
{
    struct stat stat_of;

    if (stat(path, &stat_of))
        return errno;
    if (S_ISDIR(stat_of.st_mode))
        return EISDIR;
    return S_ISREG(stat_of.st_mode) && (stat_of.st_mode & 0111) ? 0 : EACCES;
}

int sn_helper_find(const char *name, char *ret_path, size_t size, struct sn_error *error)
{
    static const char *const places[] = {"", "../libexec/sinew/"};
    const char *given = getenv("SINEW_LIBEXEC");
    char own[PATH_MAX];

    if (given && *given) {
        snprintf(ret_path, size, "%s/%s", given, name);
        return sn_helper_check(ret_path)
                   ? sn_error_set(error, SN_ERR_NOT_FOUND,
                                  "%.900s: no such program (SINEW_LIBEXEC says so)", ret_path)
                   : 0;
    }
    ssize_t len = readlink("/proc/self/exe", own, sizeof(own) - 1);
    while (len > 0 && own[len - 1] != '/')
        len--;
    for (size_t i = 0; len > 0 && i < sizeof(places) / sizeof(places[0]); i++) {
        snprintf(ret_path, size, "%.*s%s%s", (int)len, own, places[i], name);
        if (!sn_helper_check(ret_path))
            return 0;
    }
    return sn_error_set(error, SN_ERR_UNAVAILABLE,
                        "the helper program %s is neither beside this one nor in "
                        "../libexec/sinew",
                        name);
}
