/* SPDX-License-Identifier: Apache-2.0
 *
 * Removes folders that belong to no module.
 */
#include "module/data_dirs.h"
#include "module/package.h"
#include "platform/file.h"
#include "sinew/log.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* Of an unpacking that is still under way. */
static const time_t unpacking_s = 3600;

struct cleaning {
    struct sn_work work; /* first */
    void (*cleaned)(void *owner);
    void *owner;
    char data[SN_DATA_DIR_MAX], packages[SN_DATA_DIR_MAX];
    size_t count;
    struct kept {
        char *name; /* of a module */
        bool is_archive;
    } kept[];
};

int sn_data_dir(const char *home, const struct sn_config *config, const char *module,
                char (*ret_path)[SN_DATA_DIR_MAX])
{
    const struct sn_config_cloud *cloud = &config->cloud;
    const char *machine = cloud->json && *cloud->id ? cloud->id : "local";

    if (machine[0] == '.' || strchr(machine, '/')) /* what lies elsewhere isn't ours to clean */
        return SN_ERR_INVALID_ARGUMENT;
    int n = snprintf(*ret_path, sizeof(*ret_path), "%s/module-data/%s%s%s", home, machine,
                     module ? "/" : "", module ? module : "");

    return n > 0 && (size_t)n < sizeof(*ret_path) ? 0 : SN_ERR_INVALID_ARGUMENT;
}

static bool keeps_data(const struct cleaning *cleaning, int folder, const char *name)
{
    for (size_t i = 0; i < cleaning->count; i++)
        if (strcmp(cleaning->kept[i].name, name) == 0)
            return true;
    return false;
}

static bool keeps_package(const struct cleaning *cleaning, int folder, const char *name)
{
    size_t len = strlen(name);
    struct stat info;

    for (size_t i = 0; i < cleaning->count; i++)
        if (cleaning->kept[i].is_archive && sn_package_owns(cleaning->kept[i].name, name))
            return true;
    return len > 4 && strcmp(name + len - 4, ".tmp") == 0 &&
           fstatat(folder, name, &info, AT_SYMLINK_NOFOLLOW) == 0 &&
           time(NULL) - info.st_mtime < unpacking_s;
}

static void clean_folder(const struct cleaning *cleaning, const char *path,
                         bool (*keeps)(const struct cleaning *cleaning, int folder,
                                       const char *name))
{
    DIR *folder = opendir(path);
    const struct dirent *entry;

    while (folder && (entry = readdir(folder))) {
        const char *name = entry->d_name;

        if (name[0] == '.' || keeps(cleaning, dirfd(folder), name))
            continue;
        if (unlinkat(dirfd(folder), name, 0) == 0)
            continue;
        sn_file_remove_folder(dirfd(folder), name);
        if (faccessat(dirfd(folder), name, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
            sn_log_warn(sn_logger_get("rdk.modmanager"), "can't remove all of %s/%s", path, name);
    }
    if (folder)
        closedir(folder);
}

static void clean(struct sn_work *work)
{
    const struct cleaning *cleaning = (const struct cleaning *)work;

    clean_folder(cleaning, cleaning->data, keeps_data);
    clean_folder(cleaning, cleaning->packages, keeps_package);
}

static void destroy(struct cleaning *cleaning)
{
    for (size_t i = 0; i < cleaning->count; i++)
        free(cleaning->kept[i].name);
    free(cleaning);
}

static void done(struct sn_work *work)
{
    struct cleaning *cleaning = (struct cleaning *)work;
    void (*cleaned)(void *owner) = cleaning->cleaned;
    void *owner = cleaning->owner;

    destroy(cleaning);
    cleaned(owner);
}

static bool keep_all(struct cleaning *cleaning, const struct sn_config *config)
{
    for (size_t i = 0; i < config->modules.count; i++) {
        const struct sn_config_module *module = &config->modules.v[i];
        char *name = strdup(module->name);

        if (!name)
            return false;
        cleaning->kept[cleaning->count++] =
            (struct kept){name, sn_package_is_archive(module->type, module->executable_path)};
    }
    return true;
}

static int begin(struct cleaning *cleaning, struct sn_loop *loop, const char *home,
                 const struct sn_config *config)
{
    int len =
        snprintf(cleaning->packages, sizeof(cleaning->packages), "%s/" SN_PACKAGE_FOLDER, home);

    if (len < 0 || (size_t)len >= sizeof(cleaning->packages) ||
        sn_data_dir(home, config, NULL, &cleaning->data))
        return SN_ERR_INVALID_ARGUMENT;
    if (!keep_all(cleaning, config))
        return SN_ERR_RESOURCE_EXHAUSTED;
    cleaning->work.work = clean;
    cleaning->work.done = done;
    return sn_loop_submit(loop, &cleaning->work) ? SN_ERR_UNAVAILABLE : 0;
}

int sn_data_dirs_clean(struct sn_loop *loop, const char *home, const struct sn_config *config,
                       void (*cleaned)(void *owner), void *owner)
{
    struct cleaning *cleaning =
        calloc(1, sizeof(*cleaning) + config->modules.count * sizeof(cleaning->kept[0]));

    if (!cleaning)
        return SN_ERR_RESOURCE_EXHAUSTED;
    cleaning->cleaned = cleaned;
    cleaning->owner = owner;
    int code = begin(cleaning, loop, home, config);
    if (code)
        destroy(cleaning);
    return code;
}
