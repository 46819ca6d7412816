/* SPDX-License-Identifier: Apache-2.0
 *
 * The modules of a machine.
 */
#include "module/host.h"
#include "module/data_dirs.h"
#include "module/module.h"

#include <stdio.h>
#include <stdlib.h>

int sn_host_create(const struct sn_host_options *options, struct sn_host **ret_host,
                   struct sn_error *error)
{
    struct sn_host *host = calloc(1, sizeof(*host));

    if (!host)
        return sn_error_set(error, SN_ERR_RESOURCE_EXHAUSTED, "out of memory");
    host->options = *options;
    host->log = sn_logger_get("rdk.modmanager");
    sn_list_init(&host->modules);
    int code =
        sn_parent_open(&host->parent, options->loop, options->server, options->tcp_only, error);
    if (code) {
        free(host);
        return code;
    }
    *ret_host = host;
    return 0;
}

void sn_host_destroy(struct sn_host *host)
{
    if (!host)
        return;
    sn_parent_fini(&host->parent);
    sn_config_destroy(host->config);
    free(host);
}

/* ---- changes ---- */

static void tell(struct sn_task *task)
{
    struct sn_host *host = sn_container_of(task, struct sn_host, tell);

    host->telling = false;
    host->options.changed(host->options.owner);
}

void host_changed(struct sn_host *host)
{
    if (host->telling || host->closing)
        return;
    host->telling = true;
    host->tell.run = tell;
    sn_loop_defer(host->options.loop, &host->tell);
}

static struct module *find_module(const struct sn_host *host, const char *name)
{
    struct sn_list *node;

    sn_list_for_each (node, &host->modules) {
        struct module *module = sn_container_of(node, struct module, link);

        if (strcmp(module->name, name) == 0)
            return module;
    }
    return NULL;
}

/* The first of a name counts, as upstream's does. */
static const struct sn_config_module *find_entry(const struct sn_config *config, const char *name)
{
    for (size_t i = 0; i < config->modules.count; i++)
        if (strcmp(config->modules.v[i].name, name) == 0)
            return &config->modules.v[i];
    return NULL;
}

/* ---- folders ---- */

static void clean(struct sn_host *host);

static void cleaned(void *owner)
{
    struct sn_host *host = owner;
    bool again = host->clean_again;
    struct sn_list *node;

    sn_config_destroy(host->cleaning);
    host->cleaning = NULL;
    host->clean_again = false;
    if (again && !host->closing)
        clean(host);
    sn_list_for_each (node, &host->modules)
        module_folders_settled(sn_container_of(node, struct module, link));
    host_end_if_empty(host);
}

/* One at a time, each by the config of its begin. Where it can't be done folders stay. */
static void clean(struct sn_host *host)
{
    host->clean_again = host->cleaning != NULL;
    if (host->cleaning ||
        sn_data_dirs_clean(host->options.loop, host->options.home, host->config, cleaned, host))
        return;
    host->cleaning = sn_config_ref(host->config);
}

bool host_keeps(const struct sn_host *host, const struct sn_config_module *entry)
{
    const struct sn_config_module *kept;

    if (!host->cleaning)
        return true;
    kept = find_entry(host->cleaning, entry->name);
    return kept && (sn_package_is_archive(kept->type, kept->executable_path) ||
                    !sn_package_is_archive(entry->type, entry->executable_path));
}

static int take(struct sn_host *host, struct sn_config *config,
                const struct sn_config_module *entry)
{
    struct module *module = find_module(host, entry->name);

    if (find_entry(config, entry->name) != entry) {
        sn_log_error(host->log, "two modules are named %s; only the first one is used",
                     entry->name);
        return 0;
    }
    if (!module)
        return module_create(host, config, entry) ? 0 : SN_ERR_RESOURCE_EXHAUSTED;
    sn_list_remove(&module->link);
    sn_list_append(&host->modules, &module->link);
    module_want(module, config, entry);
    return 0;
}

int sn_host_configure(struct sn_host *host, struct sn_config *config)
{
    struct sn_config *old = host->config;
    struct sn_list *node;
    bool leaving = false;
    int code = 0;

    host->config = sn_config_ref(config);
    for (size_t i = 0; i < config->modules.count && !code; i++)
        code = take(host, config, &config->modules.v[i]);
    sn_list_for_each (node, &host->modules) {
        struct module *module = sn_container_of(node, struct module, link);

        if (find_entry(config, module->name))
            continue;
        module_want(module, config, NULL);
        leaving = true;
    }
    if (old && !leaving) /* else when they are gone */
        clean(host);
    sn_config_destroy(old);
    return code;
}

/* ---- the end ---- */

static void parent_closed(void *owner)
{
    struct sn_host *host = owner;
    void (*closed)(void *owner) = host->closed;

    host->closed = NULL;
    closed(host->closed_owner);
}

void host_end_if_empty(struct sn_host *host)
{
    if (host->closing && sn_list_empty(&host->modules) && host->channels_closing == 0 &&
        !host->cleaning)
        sn_parent_close(&host->parent, parent_closed, host);
}

void host_module_gone(struct sn_host *host)
{
    if (!host->closing)
        clean(host);
    host_end_if_empty(host);
}

void sn_host_cancel_opening(struct sn_host *host)
{
    struct sn_list *node;

    sn_list_for_each (node, &host->modules) {
        struct module *module = sn_container_of(node, struct module, link);

        if (module->run)
            run_cancel_opening(module->run);
    }
}

void sn_host_close(struct sn_host *host, void (*closed)(void *owner), void *owner)
{
    struct sn_list *node;

    host->closing = true;
    host->closed = closed;
    host->closed_owner = owner;
    host_end_if_empty(host);
    sn_list_for_each (node, &host->modules) {
        struct module *module = sn_container_of(node, struct module, link);

        module_want(module, host->config, NULL);
    }
}

void sn_host_kill(struct sn_host *host)
{
    struct sn_list *node;

    sn_list_for_each (node, &host->modules) {
        struct module *module = sn_container_of(node, struct module, link);

        if (module->run && module->run->process)
            sn_process_kill(module->run->process);
    }
}

/* ---- models ---- */

void sn_host_begin_pass(struct sn_host *host)
{
    host->pass++;
}

void sn_host_end_pass(struct sn_host *host)
{
    struct sn_list *node;

    sn_list_for_each (node, &host->modules) {
        struct module *module = sn_container_of(node, struct module, link);

        if (module->run && run_alive(module->run))
            run_end_pass(module->run);
    }
}

static struct model *find_model(const struct sn_run *run, const char *api, const char *name)
{
    for (size_t i = 0; i < run->model_count; i++)
        if (strcmp(run->models[i].driver.model, name) == 0 &&
            strcmp(run->models[i].driver.api, api) == 0)
            return &run->models[i];
    return NULL;
}

const struct module *host_rival(const struct sn_host *host, const struct module *module,
                                const struct model **ret_model)
{
    const struct sn_run *run = module->run;
    struct sn_list *node;

    sn_list_for_each (node, &host->modules) {
        const struct module *other = sn_container_of(node, struct module, link);

        if (other == module || !other->run || other->run->state != RUN_READY)
            continue;
        for (size_t i = 0; i < run->model_count; i++) {
            *ret_model =
                find_model(other->run, run->models[i].driver.api, run->models[i].driver.model);
            if (*ret_model)
                return other;
        }
    }
    return NULL;
}

static void offer_down(const struct module *module, struct sn_arena *arena,
                       struct sn_host_offer *offer)
{
    struct sn_str text = sn_arena_printf(arena, "module %s is not running: %s", module->name,
                                         module->error ? module->error : "it is being restarted");

    offer->down = true;
    offer->error = text.ptr ? text.ptr : "out of memory";
}

struct text {
    char *at;
    size_t left;
};

static void say(struct text *text, const char *format, ...) SN_PRINTF(2, 3);

static void say(struct text *text, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    int n = vsnprintf(text->at, text->left, format, args);
    va_end(args);
    if (n > 0 && (size_t)n < text->left) {
        text->at += n;
        text->left -= (size_t)n;
    }
}

/* Upstream's words, and which modules have it for another API. */
static void offer_nothing(const struct sn_host *host, const struct sn_config_resource *entry,
                          struct sn_arena *arena, struct sn_host_offer *offer)
{
    char words[SN_ERROR_TEXT_MAX];
    struct text text = {words, sizeof(words)};
    struct sn_list *node;
    const char *separator = "; May be in failing module: [";

    say(&text, "resource build error: unknown resource type: API %s with model %s not registered",
        entry->api, entry->model);
    sn_list_for_each (node, &host->modules) {
        const struct module *module = sn_container_of(node, struct module, link);

        /* one that is being tried again is failing, too */
        if (module->state == SN_MODULE_UNHEALTHY ||
            (module->failures && module->state != SN_MODULE_READY)) {
            say(&text, "%s%s", separator, module->name);
            separator = " ";
        }
    }
    if (*separator == ' ')
        say(&text, "]");
    say(&text, "; There may be no module in config that provides this model");
    sn_list_for_each (node, &host->modules) {
        const struct module *module = sn_container_of(node, struct module, link);

        for (size_t i = 0; module->run && i < module->run->model_count; i++)
            if (strcmp(module->run->models[i].driver.model, entry->model) == 0)
                say(&text, " (module %s provides it for API %s)", module->name,
                    module->run->models[i].driver.api);
    }
    struct sn_str copy = sn_arena_copy(arena, sn_str_of(words));
    offer->error = copy.ptr ? copy.ptr : "out of memory";
}

/* The first module in the config's order that has the model; else one that had it. */
void sn_host_resolve(struct sn_host *host, const struct sn_config_resource *entry,
                     struct sn_arena *arena, struct sn_host_offer *ret_offer)
{
    struct module *down = NULL;
    struct sn_list *node;
    bool may_come = false;

    *ret_offer = (struct sn_host_offer){0};
    sn_list_for_each (node, &host->modules) {
        struct module *module = sn_container_of(node, struct module, link);
        struct sn_run *run = module->run;
        bool serves = run && run->state == RUN_READY && module->entry && !module->again;
        struct model *model = serves ? find_model(run, entry->api, entry->model) : NULL;

        if (model) {
            run_resolve(run, model, entry, arena, ret_offer);
            return;
        }
        if (!down && module->entry && module->last &&
            find_model(module->last, entry->api, entry->model))
            down = module; /* it is not missing: it comes back */
        may_come |= module->entry && !module->tried;
    }
    if (down)
        offer_down(down, arena, ret_offer);
    else if (may_come)
        ret_offer->waiting = true;
    else
        offer_nothing(host, entry, arena, ret_offer);
}

/* ---- what there is ---- */

static struct module *module_at(const struct sn_host *host, size_t index)
{
    struct sn_list *node = host->modules.next;

    while (index-- && node != &host->modules)
        node = node->next;
    return node == &host->modules ? NULL : sn_container_of(node, struct module, link);
}

size_t sn_host_count(const struct sn_host *host)
{
    struct sn_list *node;
    size_t count = 0;

    sn_list_for_each (node, &host->modules)
        count++;
    return count;
}

static bool is_local(const struct module *module)
{
    return module->entry && strcmp(module->entry->type, "local") == 0;
}

void sn_host_module(const struct sn_host *host, size_t index, struct sn_module_info *ret_info)
{
    const struct module *module = module_at(host, index);

    *ret_info = (struct sn_module_info){
        .name = module->name,
        .id = module->entry ? module->entry->module_id : "",
        .state = module->state,
        .error = module->error ? module->error : "",
        .failures = module->state == SN_MODULE_READY ? 0 : module->failures,
        .changed_unix_ns = module->changed_unix_ns,
        .pid = module->run && module->run->process ? sn_process_pid(module->run->process) : 0,
        .local = is_local(module),
    };
}

bool sn_host_starting(const struct sn_host *host)
{
    struct sn_list *node;

    sn_list_for_each (node, &host->modules) {
        const struct module *module = sn_container_of(node, struct module, link);

        if (module->entry && !module->tried)
            return true;
    }
    return false;
}

bool sn_host_model(const struct sn_host *host, size_t module, size_t index, const char **ret_api,
                   const char **ret_model)
{
    const struct module *at = module_at(host, module);
    const struct sn_run *run = at ? at->run : NULL;

    if (!run || run->state != RUN_READY || index >= run->model_count)
        return false;
    *ret_api = run->models[index].driver.api;
    *ret_model = run->models[index].driver.model;
    return true;
}

int sn_host_restart(struct sn_host *host, struct sn_str id, struct sn_str name)
{
    struct sn_list *node;

    sn_list_for_each (node, &host->modules) {
        struct module *module = sn_container_of(node, struct module, link);

        if (!module->entry)
            continue;
        if ((name.len && sn_str_is(name, module->name)) ||
            (id.len && sn_str_is(id, module->entry->module_id))) {
            module_restart(module);
            return 0;
        }
    }
    return SN_ERR_NOT_FOUND;
}

const char *sn_host_tcp_address(const struct sn_host *host)
{
    return host->parent.address;
}
