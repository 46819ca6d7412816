/* SPDX-License-Identifier: Apache-2.0
 *
 * Following a config file. The read itself runs on the pool; everything else on the loop thread.
 */
#include "robot/config_file.h"
#include "loop/watch.h"
#include "sinew/list.h"
#include "sinew/log.h"

#include <stdlib.h>
#include <string.h>

/* Editors write in several steps. Source: upstream. */
static const uint64_t quiet_ns = SN_MS(500);

struct sn_config_file {
    struct sn_loop *loop;
    char *path;
    const struct sn_registry *registry;
    void (*changed)(void *owner, struct sn_config *take_config);
    void *owner;
    struct sn_watch *watch;
    struct sn_timer quiet;

    /* Of the read under way */
    struct sn_work work;
    bool reading, again, closed;
    struct sn_config *config;
    struct sn_error error;
};

int sn_config_file_load(const char *path, const struct sn_registry *registry,
                        struct sn_config **ret_config, struct sn_error *error)
{
    int code = sn_config_read(path, true, ret_config, error);

    if (code)
        return code;
    code = sn_registry_check(registry, *ret_config, error);
    if (code)
        sn_config_destroy(*ret_config);
    return code;
}

static void file_free(struct sn_config_file *file)
{
    free(file->path);
    free(file);
}

static void begin_read(struct sn_config_file *file);

/* Pool thread. */
static void read_file(struct sn_work *work)
{
    struct sn_config_file *file = sn_container_of(work, struct sn_config_file, work);

    file->config = NULL;
    if (sn_config_read(file->path, false, &file->config, &file->error))
        return;
    if (sn_registry_check(file->registry, file->config, &file->error)) {
        sn_config_destroy(file->config);
        file->config = NULL;
    }
}

static void read_done(struct sn_work *work)
{
    struct sn_config_file *file = sn_container_of(work, struct sn_config_file, work);

    file->reading = false;
    if (file->closed) {
        sn_config_destroy(file->config);
        file_free(file);
        return;
    }
    if (file->again) {
        file->again = false;
        sn_config_destroy(file->config);
        begin_read(file);
        return;
    }
    if (file->config)
        file->changed(file->owner, file->config);
    else
        sn_log_error(sn_logger_get("rdk.config"), "error reading config after it changed: %s",
                     file->error.text);
}

static void begin_read(struct sn_config_file *file)
{
    if (file->reading) {
        file->again = true;
        return;
    }
    file->work = (struct sn_work){.work = read_file, .done = read_done};
    if (sn_loop_submit(file->loop, &file->work))
        sn_log_error(sn_logger_get("rdk.config"), "config changed but no thread can read it");
    else
        file->reading = true;
}

static void on_quiet(struct sn_timer *timer)
{
    begin_read(sn_container_of(timer, struct sn_config_file, quiet));
}

static void on_event(void *owner)
{
    struct sn_config_file *file = owner;

    sn_timer_start(sn_loop_timers(file->loop), &file->quiet, quiet_ns, on_quiet);
}

int sn_config_file_follow(struct sn_loop *loop, const char *path,
                          const struct sn_registry *registry,
                          void (*changed)(void *owner, struct sn_config *take_config), void *owner,
                          struct sn_config_file **ret_file, struct sn_error *error)
{
    struct sn_config_file *file = calloc(1, sizeof(*file));

    if (file)
        file->path = strdup(path);
    if (!file || !file->path) {
        free(file);
        return sn_error_set(error, SN_ERR_RESOURCE_EXHAUSTED, "watch %s: out of memory", path);
    }
    file->loop = loop;
    file->registry = registry;
    file->changed = changed;
    file->owner = owner;
    int code = sn_watch_create(loop, path, on_event, file, &file->watch, error);
    if (code) {
        file_free(file);
        return code;
    }
    *ret_file = file;
    return 0;
}

void sn_config_file_destroy(struct sn_config_file *file)
{
    if (!file)
        return;
    sn_watch_destroy(file->watch);
    sn_timer_stop(sn_loop_timers(file->loop), &file->quiet);
    file->closed = true;
    if (!file->reading)
        file_free(file);
}
