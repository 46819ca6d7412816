/* SPDX-License-Identifier: Apache-2.0
 *
 * Stands in for libFuzzer where a fuzz target is built without it: runs the target once for each
 * file given, and each file of a folder given. Arguments with a dash are libFuzzer's and ignored.
 */
#include "fuzz.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <string.h>

static int replayed;

static _Noreturn void die(const char *path)
{
    fprintf(stderr, "%s: %s\n", path, strerror(errno));
    exit(1);
}

static void replay_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    long size;

    if (!file || fseek(file, 0, SEEK_END) || (size = ftell(file)) < 0)
        die(path);
    rewind(file);
    /* Of exactly its size, so that a sanitizer sees a read behind it. */
    uint8_t *data = malloc((size_t)size);
    if ((size && !data) || fread(data, 1, (size_t)size, file) != (size_t)size)
        die(path);
    fclose(file);
    LLVMFuzzerTestOneInput(data, (size_t)size);
    free(data);
    replayed++;
}

static void replay_folder(const char *path, DIR *folder)
{
    char name[PATH_MAX];
    const struct dirent *entry;

    while ((entry = readdir(folder))) {
        if (entry->d_name[0] == '.')
            continue;
        snprintf(name, sizeof name, "%s/%s", path, entry->d_name);
        replay_file(name);
    }
}

static void replay(const char *path)
{
    DIR *folder = opendir(path);

    if (!folder) {
        replay_file(path);
        return;
    }
    replay_folder(path, folder);
    closedir(folder);
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (argv[i][0] != '-')
            replay(argv[i]);
    }
    printf("%d inputs\n", replayed);
    return replayed == 0;
}
