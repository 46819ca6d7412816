/* SPDX-License-Identifier: Apache-2.0
 *
 * Removes folders that belong to no module.
 */
#include "module/data_dirs.h"
#include "sinew/log.h"

#include <dirent.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { OPEN_FOLDERS_MAX = 16 };

struct cleaning {
    struct sn_work work; /* first */
    char dir[SN_DATA_DIR_MAX];
    size_t count;
    char *kept[]; /* names */
};

int sn_data_dir(const char *home, const struct sn_config *config, const char *module,
                char (*ret_path)[SN_DATA_DIR_MAX])
{
    const struct sn_config_cloud *cloud = &config->cloud;
    int n = snprintf(*ret_path, sizeof(*ret_path), "%s/module-data/%s%s%s", home,
                     cloud->json && *cloud->id ? cloud->id : "local", module ? "/" : "",
                     module ? module : "");

    return n > 0 && (size_t)n < sizeof(*ret_path) ? 0 : SN_ERR_INVALID_ARGUMENT;
}

static int remove_one(const char *path, const struct stat *stat, int kind, struct FTW *ftw)
{
    return remove(path) ? -1 : 0;
}

static bool is_kept(const struct cleaning *cleaning, const char *name)
{
    for (size_t i = 0; i < cleaning->count; i++)
        if (strcmp(cleaning->kept[i], name) == 0)
            return true;
    return name[0] == '.';
}

static void clean(struct sn_work *work)
{
    struct cleaning *cleaning = (struct cleaning *)work;
    DIR *dir = opendir(cleaning->dir);
    char path[SN_DATA_DIR_MAX + 256 + 2];

    for (struct dirent *entry; dir && (entry = readdir(dir));) {
        if (is_kept(cleaning, entry->d_name))
            continue;
        snprintf(path, sizeof(path), "%s/%s", cleaning->dir, entry->d_name);
        if (nftw(path, remove_one, OPEN_FOLDERS_MAX, FTW_DEPTH | FTW_PHYS))
            sn_log_warn(sn_logger_get("rdk.modmanager"), "can't remove all of %s", path);
    }
    if (dir)
        closedir(dir);
}

static void cleaned(struct sn_work *work)
{
    struct cleaning *cleaning = (struct cleaning *)work;

    for (size_t i = 0; i < cleaning->count; i++)
        free(cleaning->kept[i]);
    free(cleaning);
}

void sn_data_dirs_clean(struct sn_loop *loop, const char *home, const struct sn_config *config)
{
    size_t count = config->modules.count;
    struct cleaning *cleaning = calloc(1, sizeof(*cleaning) + count * sizeof(char *));

    if (!cleaning)
        return;
    bool is_whole = sn_data_dir(home, config, NULL, &cleaning->dir) == 0;
    for (; is_whole && cleaning->count < count; cleaning->count++) {
        cleaning->kept[cleaning->count] = strdup(config->modules.v[cleaning->count].name);
        is_whole = cleaning->kept[cleaning->count] != NULL;
        if (!is_whole)
            break;
    }
    cleaning->work.work = clean;
    cleaning->work.done = cleaned;
    if (!is_whole || sn_loop_submit(loop, &cleaning->work))
        cleaned(&cleaning->work);
}
