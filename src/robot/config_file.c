/* SPDX-License-Identifier: Apache-2.0
 *
 * Following a config file. The read itself runs on the pool; everything else on the loop thread.
 */
#include "robot/config_file.h"
#include "loop/watch.h"
#include "resource/config_place.h"
#include "resource/config_unknown.h"
#include "sinew/list.h"
#include "sinew/log.h"

#include <stdio.h>
#include <stdlib.h>

/* Editors write in several steps (source: upstream); but whoever changes a file all the time is
 * listened to as well. */
static const uint64_t quiet_ns = SN_MS(500), unrest_ns = SN_SECONDS(3);

struct sn_config_file {
    struct sn_loop *loop;
    struct sn_config_source source;
    void (*changed)(void *owner, struct sn_config *take_config);
    void *owner;
    struct sn_watch *watch;
    struct sn_timer quiet;
    uint64_t changed_ns; /* first, since it was read */

    /* Of the read under way */
    struct sn_work work;
    bool reading, again, closed;
    struct sn_config *config;
    struct sn_error error;
};

static const char *variable(const char *name)
{
    return getenv(name);
}

static void warn_unknown(void *owner, const char *text)
{
    sn_log_warn(sn_logger_get("rdk.config"), "%s", text);
}

/* Blocks. */
static int read_and_check(const struct sn_config_source *source, bool substitute,
                          struct sn_config **ret_config, struct sn_error *error)
{
    int code = sn_config_read(source->path, substitute, ret_config, error);
    char *problems;

    if (code)
        return code;
    sn_config_unknown(*ret_config, source->registry, warn_unknown, NULL);
    if (sn_config_place(*ret_config, source->viam_home, variable, &problems))
        code = sn_error_set(error, SN_ERR_RESOURCE_EXHAUSTED, "config: out of memory");
    else
        code = sn_registry_check(source->registry, *ret_config, error);
    if (problems)
        sn_log_error(sn_logger_get("rdk.config"), "error during placeholder replacement: %s",
                     problems);
    free(problems);
    if (code) {
        sn_config_destroy(*ret_config);
        *ret_config = NULL;
    }
    return code;
}

/* The same, with the file's name in texts about what is inside of it. */
static int load(const struct sn_config_source *source, bool substitute,
                struct sn_config **ret_config, struct sn_error *error)
{
    int code = read_and_check(source, substitute, ret_config, error);
    if (code == SN_ERR_INVALID_ARGUMENT) {
        size_t len = strlen(error->text);

        snprintf(error->text + len, sizeof(error->text) - len, " (in %.200s)", source->path);
    }
    return code;
}

int sn_config_file_load(const struct sn_config_source *source, struct sn_config **ret_config,
                        struct sn_error *error)
{
    return load(source, true, ret_config, error);
}

static void begin_read(struct sn_config_file *file);

/* Pool thread. */
static void read_file(struct sn_work *work)
{
    struct sn_config_file *file = sn_container_of(work, struct sn_config_file, work);

    if (load(&file->source, false, &file->config, &file->error))
        file->config = NULL;
}

static void read_done(struct sn_work *work)
{
    struct sn_config_file *file = sn_container_of(work, struct sn_config_file, work);

    file->reading = false;
    if (file->closed) {
        sn_config_destroy(file->config);
        free(file);
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
    struct sn_timers *timers = sn_loop_timers(file->loop);

    if (!file->quiet.armed)
        file->changed_ns = timers->now_ns;
    uint64_t gone_ns = timers->now_ns - file->changed_ns;
    uint64_t left_ns = gone_ns < unrest_ns ? unrest_ns - gone_ns : 0;
    sn_timer_start(timers, &file->quiet, left_ns < quiet_ns ? left_ns : quiet_ns, on_quiet);
}

int sn_config_file_follow(struct sn_loop *loop, const struct sn_config_source *source,
                          void (*changed)(void *owner, struct sn_config *take_config), void *owner,
                          struct sn_config_file **ret_file, struct sn_error *error)
{
    struct sn_config_file *file = calloc(1, sizeof(*file));

    if (!file)
        return sn_error_set(error, SN_ERR_RESOURCE_EXHAUSTED, "watch %s: out of memory",
                            source->path);
    file->loop = loop;
    file->source = *source;
    file->changed = changed;
    file->owner = owner;
    int code = sn_watch_create(loop, source->path, on_event, file, &file->watch, error);
    if (code) {
        free(file);
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
        free(file);
}
