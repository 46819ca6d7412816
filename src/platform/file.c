/* SPDX-License-Identifier: Apache-2.0
 *
 * Files as a whole.
 */
#include "platform/file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static int no_file(const char *path, struct sn_error *error)
{
    char reason[128];
    const char *text = strerror_r(errno, reason, sizeof(reason));

    return sn_error_set(error, SN_ERR_INVALID_ARGUMENT, "open %s: %c%s", path, text[0] | 0x20,
                        text + 1);
}

static int read_all(FILE *file, const char *path, size_t max, struct sn_arena *arena,
                    struct sn_str *ret_bytes, struct sn_error *error)
{
    long size = fseek(file, 0, SEEK_END) ? -1 : ftell(file);

    if (size < 0 || (size_t)size > max || fseek(file, 0, SEEK_SET))
        return sn_error_set(error, SN_ERR_INVALID_ARGUMENT,
                            "read %s: not a file of at most %zu bytes", path, max);
    char *bytes = sn_arena_alloc(arena, (size_t)size + 1);
    if (!bytes)
        return sn_error_set(error, SN_ERR_RESOURCE_EXHAUSTED, "no memory for %s", path);
    *ret_bytes = (struct sn_str){bytes, (size_t)size};
    if (fread(bytes, 1, (size_t)size, file) != (size_t)size)
        return sn_error_set(error, SN_ERR_INVALID_ARGUMENT, "read %s: it ends early", path);
    return 0;
}

int sn_file_read(const char *path, size_t max, struct sn_arena *arena, struct sn_str *ret_bytes,
                 struct sn_error *error)
{
    FILE *file = fopen(path, "rbe");

    if (!file)
        return no_file(path, error);
    int code = read_all(file, path, max, arena, ret_bytes, error);
    fclose(file);
    return code;
}
