/* SPDX-License-Identifier: Apache-2.0
 *
 * The life of one module of the config: prepared, started, started again when it ends, ended when
 * it is no longer wanted.
 */
#include "module/module.h"
#include "module/data_dirs.h"
#include "module/env.h"
#include "module/package.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

/* A module that ends before it was of use is started again after a pause that doubles. */
static const uint64_t first_pause_ns = SN_MS(250), longest_pause_ns = SN_SECONDS(10);

/* One that was of use is started again at once, but not for ever if it ends each time so soon. */
static const uint64_t quick_end_ns = SN_SECONDS(1);
enum { QUICK_ENDS_MAX = 250 };

/* A changed executable counts as written when nothing has changed for so long. */
static const uint64_t settle_ns = SN_SECONDS(1);

static struct sn_timers *timers_of(const struct module *module)
{
    return sn_loop_timers(module->host->options.loop);
}

static void want_step(struct module *module);

void module_set_state(struct module *module, enum sn_module_state state, const char *error)
{
    if (module->state != state)
        module->changed_unix_ns = sn_loop_env(module->host->options.loop)->unix_ns();
    module->state = state;
    free(module->error);
    module->error = error ? strdup(error) : NULL;
}

/* ---- its executable ---- */

static void executable_settled(struct sn_timer *timer)
{
    struct module *module = sn_container_of(timer, struct module, settle);
    struct stat now;

    if (stat(module->executable, &now) ||
        (now.st_ino == module->file.st_ino && now.st_size == module->file.st_size &&
         now.st_mtim.tv_sec == module->file.st_mtim.tv_sec &&
         now.st_mtim.tv_nsec == module->file.st_mtim.tv_nsec))
        return;
    sn_log_info(module->log, "module %s: %s has changed; restarting it", module->name,
                module->executable);
    module_restart(module);
}

static void executable_touched(void *owner)
{
    struct module *module = owner;

    sn_timer_start(timers_of(module), &module->settle, settle_ns, executable_settled);
}

static void unwatch(struct module *module)
{
    sn_timer_stop(timers_of(module), &module->settle);
    sn_watch_destroy(module->watch);
    module->watch = NULL;
    free(module->executable);
    module->executable = NULL;
}

/* One that can't be watched only has to be restarted by hand. */
static void watch(struct module *module, const char *executable)
{
    struct sn_error error;

    unwatch(module);
    module->executable = strdup(executable);
    if (!module->executable || stat(executable, &module->file))
        return;
    if (sn_watch_create(module->host->options.loop, executable, executable_touched, module,
                        &module->watch, &error))
        sn_log_debug(module->log, "module %s: changes of its executable go unnoticed: %s",
                     module->name, error.text);
}

/* ---- starting ---- */

static void start_later(struct sn_timer *timer)
{
    want_step(sn_container_of(timer, struct module, timer));
}

static void failed(struct module *module, const char *why)
{
    uint64_t pause_ns = first_pause_ns;

    module->tried = true;
    for (uint32_t i = 0; i < module->failures && pause_ns < longest_pause_ns; i++)
        pause_ns *= 2;
    module->failures++;
    if (pause_ns > longest_pause_ns)
        pause_ns = longest_pause_ns;
    sn_log_error(module->log, "%s; trying again in %llu ms", why,
                 (unsigned long long)(pause_ns / SN_MS(1)));
    module_set_state(module, SN_MODULE_UNHEALTHY, why);
    sn_timer_start(timers_of(module), &module->timer, pause_ns, start_later);
    host_changed(module->host);
}

static bool is_to_end(const struct module *module)
{
    return !module->entry || module->again || module->host->closing;
}

static void prepared(void *owner, int code, const struct sn_package_result *result,
                     const char *text)
{
    struct module *module = owner;
    struct sn_error error;
    char why[SN_ERROR_TEXT_MAX];

    module->package = NULL;
    if (is_to_end(module)) { /* since this turn of the loop: its step is still to come */
        want_step(module);
        return;
    }
    if (!code) {
        watch(module, result->executable);
        module->run = run_start(module, result, &error);
        if (module->run)
            return;
        snprintf(why, sizeof(why), "module %s: %.900s", module->name, error.text);
        text = why;
    }
    failed(module, text);
}

static bool is_trusted(const struct module *module)
{
    return !module->host->options.untrusted || strncmp(module->entry->module_id, "viam:", 5) == 0;
}

static void start(struct module *module)
{
    char data_dir[SN_DATA_DIR_MAX];
    struct sn_package_request request = {.module = module->entry,
                                         .viam_home = module->host->options.home,
                                         .machine = module->config};

    module->again = false;
    sn_timer_stop(timers_of(module), &module->timer);
    if (module->entry->invalid || !is_trusted(module)) {
        char why[SN_ERROR_TEXT_MAX];

        snprintf(why, sizeof(why), "module %s: %.900s", module->name,
                 module->entry->invalid ? module->entry->invalid
                                        : "not started in an untrusted environment");
        module->tried = true;
        sn_log_error(module->log, "%s", why);
        module_set_state(module, SN_MODULE_UNHEALTHY, why);
        host_changed(module->host);
        return;
    }
    module_set_state(module, SN_MODULE_STARTING, NULL);
    if (sn_data_dir(request.viam_home, module->config, module->name, &data_dir) == 0)
        request.data_dir = data_dir;
    if (sn_package_prepare(module->host->options.loop, &request, prepared, module,
                           &module->package))
        failed(module, "out of memory");
}

/* ---- what is to happen next ---- */

/* The one place that decides: whatever happened, it looks at how things are. */
static void take_step(struct sn_task *task)
{
    struct module *module = sn_container_of(task, struct module, step);

    module->step_wanted = false;
    if (module->package) {
        if (!is_to_end(module))
            return;
        sn_package_cancel(module->package);
        module->package = NULL;
    }
    if (module->run) {
        if (is_to_end(module)) {
            module_set_state(module, SN_MODULE_CLOSING, NULL);
            run_retire(module->run);
        }
        return;
    }
    if (!module->entry || module->host->closing) {
        struct sn_host *host = module->host;

        module_destroy(module);
        host_module_gone(host);
    } else if (module->again || !module->timer.armed) {
        module->held = !host_keeps(module->host, module->entry);
        if (!module->held)
            start(module);
    }
}

static void want_step(struct module *module)
{
    if (module->step_wanted)
        return;
    module->step_wanted = true;
    module->step.run = take_step;
    sn_loop_defer(module->host->options.loop, &module->step);
}

/* ---- what its run tells ---- */

/* No two modules should have one model; if they do, the config's order decides. */
static void tell_of_rival(struct module *module)
{
    const struct model *model;
    const struct module *rival = host_rival(module->host, module, &model);
    char why[SN_ERROR_TEXT_MAX];

    if (!rival)
        return;
    snprintf(why, sizeof(why),
             "module %s: model %s of API %s is module %s's as well; the first of them in the "
             "config serves it",
             module->name, model->driver.model, model->driver.api, rival->name);
    sn_log_warn(module->log, "%s", why);
    module_set_state(module, SN_MODULE_READY, why);
}

void module_run_ready(struct module *module)
{
    sn_log_info(
        module->log, "module %s is ready after %llu ms", module->name,
        (unsigned long long)((timers_of(module)->now_ns - module->run->started_ns) / SN_MS(1)));
    module->tried = true;
    sn_run_unref(module->last);
    module->last = run_ref(module->run);
    module_set_state(module, SN_MODULE_READY, NULL);
    tell_of_rival(module);
    host_changed(module->host);
}

static bool may_start_at_once(struct module *module, const struct sn_run *run)
{
    if (!run->useful)
        return false;
    if (timers_of(module)->now_ns - run->ready_ns < quick_end_ns)
        module->quick_ends++;
    else
        module->quick_ends = 0;
    return module->quick_ends <= QUICK_ENDS_MAX;
}

void module_run_ended(struct module *module, struct sn_run *run, const char *why)
{
    bool is_wanted = !is_to_end(module);

    module->run = NULL;
    if (is_wanted && may_start_at_once(module, run)) {
        sn_log_error(module->log, "%s; restarting it", why);
        module->failures = 0;
        module->again = true;
        module_set_state(module, SN_MODULE_UNHEALTHY, why);
    } else if (is_wanted) {
        failed(module, why);
        return;
    }
    host_changed(module->host);
    want_step(module);
}

/* ---- from outside ---- */

static bool is_same(const struct sn_config_module *a, const struct sn_config_module *b)
{
    return a && b && json_equal(a->json, b->json) && !a->invalid == !b->invalid;
}

/* Part of its environment. */
static bool is_same_machine(const struct sn_config *a, const struct sn_config *b)
{
    const struct sn_config_api_key *x = sn_module_env_key(a), *y = sn_module_env_key(b);

    return !x == !y && (!x || (strcmp(x->id, y->id) == 0 && strcmp(x->key, y->key) == 0)) &&
           strcmp(a->cloud.id, b->cloud.id) == 0 &&
           strcmp(a->cloud.machine_id, b->cloud.machine_id) == 0 &&
           strcmp(a->cloud.location_id, b->cloud.location_id) == 0 &&
           strcmp(a->cloud.primary_org_id, b->cloud.primary_org_id) == 0 &&
           strcmp(sn_module_env_fqdn(a), sn_module_env_fqdn(b)) == 0;
}

void module_want(struct module *module, struct sn_config *config,
                 const struct sn_config_module *entry)
{
    if (entry && !(is_same(module->entry, entry) && is_same_machine(module->config, config))) {
        module_restart(module);
        module->tried = false; /* what it will have is not known yet */
    }
    struct sn_config *old = module->config;
    module->config = sn_config_ref(config);
    module->entry = entry;
    sn_config_destroy(old);
    want_step(module);
}

void module_restart(struct module *module)
{
    module->again = true;
    module->failures = module->quick_ends = 0;
    want_step(module);
}

void module_folders_settled(struct module *module)
{
    if (module->held)
        want_step(module);
}

struct module *module_create(struct sn_host *host, struct sn_config *config,
                             const struct sn_config_module *entry)
{
    struct module *module = calloc(1, sizeof(*module));
    char logger[SN_MODULE_NAME_MAX + 32];

    if (!module)
        return NULL;
    module->name = strdup(entry->name);
    if (!module->name) {
        free(module);
        return NULL;
    }
    snprintf(logger, sizeof(logger), "rdk.modmanager.%s", entry->name);
    module->log = sn_logger_get(logger);
    module->host = host;
    module->config = sn_config_ref(config);
    module->entry = entry;
    module_set_state(module, SN_MODULE_PENDING, NULL);
    sn_list_append(&host->modules, &module->link);
    want_step(module);
    return module;
}

void module_destroy(struct module *module)
{
    sn_timer_stop(timers_of(module), &module->timer);
    unwatch(module);
    sn_run_unref(module->last);
    sn_list_remove(&module->link);
    sn_config_destroy(module->config);
    free(module->error);
    free(module->name);
    free(module);
}
