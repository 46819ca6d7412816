/* SPDX-License-Identifier: Apache-2.0
 *
 * Unpacking beside the target and taking its place at once. Everything outside is opened before the
 * archive's first byte is read, since afterwards this process can't.
 */
#include "helper/place.h"
#include "base/random.h"
#include "helper/sandbox.h"
#include "platform/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TEMP_NAME_MAX = 32, NAME_LEN_MAX = 255 };

struct place {
    int archive, parent, temp, old; /* descriptors; -1: not open */
    char name[NAME_LEN_MAX + 1];    /* of the target, in `parent` */
    char temp_name[TEMP_NAME_MAX];
};

static int fail(struct sn_error *error, const char *what)
{
    return sn_error_set(error, SN_ERR_INVALID_ARGUMENT, "%s: %s", what, strerror(errno));
}

/* ---- opening ---- */

static int open_archive(struct place *place, const char *path, struct sn_error *error)
{
    struct stat info;

    place->archive = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (place->archive < 0 || fstat(place->archive, &info))
        return fail(error, "can't be opened");
    if (!S_ISREG(info.st_mode))
        return sn_error_set(error, SN_ERR_INVALID_ARGUMENT, "it is not a file");
    return 0;
}

static int open_parent(struct place *place, const char *target, struct sn_error *error)
{
    const char *slash = strrchr(target, '/');
    const char *name = slash ? slash + 1 : target;
    size_t len = strlen(name);

    if (!slash || !len || len > NAME_LEN_MAX || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
        return sn_error_set(error, SN_ERR_INVALID_ARGUMENT,
                            "the target \"%.512s\" is not a path to a folder's name", target);
    memcpy(place->name, name, len + 1);
    char *folder = strndup(target, (size_t)(slash - target) + 1);
    if (!folder)
        return sn_error_set(error, SN_ERR_RESOURCE_EXHAUSTED, "out of memory");
    place->parent = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    free(folder);
    return place->parent < 0 ? fail(error, "the target's folder can't be opened") : 0;
}

static int open_temp(struct place *place, struct sn_error *error)
{
    uint64_t number;

    sn_random_secret(&number, sizeof(number));
    snprintf(place->temp_name, sizeof(place->temp_name), "%llu.tmp", (unsigned long long)number);
    if (mkdirat(place->parent, place->temp_name, 0700))
        return fail(error, "no folder can be made beside the target");
    place->temp =
        openat(place->parent, place->temp_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    return place->temp < 0 ? fail(error, "no folder can be made beside the target") : 0;
}

/* ---- taking the place ---- */

static int take_place(struct place *place, struct sn_error *error)
{
    if (syncfs(place->temp))
        return fail(error, "what was unpacked can't be written to disk");
    if (renameat2(place->parent, place->temp_name, place->parent, place->name,
                  place->old < 0 ? RENAME_NOREPLACE : RENAME_EXCHANGE))
        return fail(error, "what was unpacked can't take the target's place");
    if (fsync(place->parent))
        return fail(error, "the target's folder can't be written to disk");
    return 0;
}

static int run(struct place *place, const char *archive, const char *target,
               const struct sn_unpack_limits *limits, struct sn_error *error)
{
    int code = open_archive(place, archive, error);

    if (!code)
        code = open_parent(place, target, error);
    if (code)
        return code;
    place->old =
        openat(place->parent, place->name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    code = open_temp(place, error);
    if (code)
        return code;
    struct sn_sandbox sandbox = {.work = place->temp,
                                 .names = place->parent,
                                 .discard = place->old,
                                 .file_bytes = limits->bytes};
    code = sn_sandbox_enter(&sandbox, error);
    if (!code)
        code = sn_unpack(place->archive, place->temp, limits, error);
    return code ? code : take_place(place, error);
}

static void close_open(int fd)
{
    if (fd >= 0)
        close(fd);
}

int sn_place(const char *archive, const char *target, const struct sn_unpack_limits *limits,
             struct sn_error *error)
{
    struct place place = {.archive = -1, .parent = -1, .temp = -1, .old = -1};
    int code = run(&place, archive, target, limits, error);

    /* Under the temporary name lies what failed, or what was there before. */
    if (*place.temp_name)
        sn_file_remove_folder(place.parent, place.temp_name);
    close_open(place.archive);
    close_open(place.temp);
    close_open(place.old);
    close_open(place.parent);
    return code;
}
