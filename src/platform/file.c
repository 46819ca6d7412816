/* SPDX-License-Identifier: Apache-2.0
 *
 * Files and folders as a whole.
 */
#include "platform/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { DEPTH_MAX = 2048 /* of folders within each other */ };

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

/* ---- writing ---- */

static int fail_system(struct sn_error *error, const char *what, const char *path)
{
    return sn_error_set(error, SN_ERR_UNAVAILABLE, "%s %s: %s", what, path, strerror(errno));
}

static int write_all(int fd, struct sn_str bytes)
{
    while (bytes.len) {
        ssize_t count = write(fd, bytes.ptr, bytes.len);

        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0)
            return -1;
        bytes.ptr += count;
        bytes.len -= (size_t)count;
    }
    return fsync(fd);
}

int sn_file_write(const char *path, struct sn_str bytes, struct sn_error *error)
{
    char beside[PATH_MAX];

    if (snprintf(beside, sizeof(beside), "%s.tmp", path) >= (int)sizeof(beside))
        return sn_error_set(error, SN_ERR_UNAVAILABLE, "write %.256s…: the path is too long", path);
    int fd = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd < 0)
        return fail_system(error, "write", path);
    int failed = write_all(fd, bytes);
    failed |= close(fd);
    if (failed || rename(beside, path)) {
        int code = fail_system(error, "write", path);

        unlink(beside);
        return code;
    }
    return 0;
}

int sn_file_make_folder(const char *path, mode_t mode, struct sn_error *error)
{
    char part[PATH_MAX];
    size_t len = strlen(path);

    if (len >= sizeof(part))
        return sn_error_set(error, SN_ERR_UNAVAILABLE, "mkdir %.256s…: the path is too long", path);
    memcpy(part, path, len + 1);
    for (char *slash = strchr(part + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (mkdir(part, mode) && errno != EEXIST)
            return fail_system(error, "mkdir", part);
        *slash = '/';
    }
    return mkdir(part, mode) && errno != EEXIST ? fail_system(error, "mkdir", part) : 0;
}

/* ---- removing ---- */

static void remove_folder(int parent, const char *name, unsigned depth);

static void remove_entries(DIR *folder, unsigned depth)
{
    const struct dirent *entry;

    while ((entry = readdir(folder))) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        if (unlinkat(dirfd(folder), entry->d_name, 0) && errno == EISDIR)
            remove_folder(dirfd(folder), entry->d_name, depth + 1);
    }
}

static void remove_folder(int parent, const char *name, unsigned depth)
{
    int fd = depth < DEPTH_MAX
                 ? openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
                 : -1;
    DIR *folder = fd < 0 ? NULL : fdopendir(fd);

    if (folder) {
        remove_entries(folder, depth);
        closedir(folder);
    } else if (fd >= 0) {
        close(fd);
    }
    unlinkat(parent, name, AT_REMOVEDIR);
}

void sn_file_remove_folder(int parent, const char *name)
{
    remove_folder(parent, name, 0);
}
