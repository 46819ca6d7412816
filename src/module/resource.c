/* SPDX-License-Identifier: Apache-2.0
 *
 * Resources of modules: what a config's entry is built with, and the slots of their drivers. A
 * resource that is only to change is not removed from its module: it is reconfigured when it is
 * opened the next time.
 */
#include "api/api.h"
#include "module/component_config.h"
#include "module/module.h"
#include "pb/app/v1/robot.h"
#include "pb/module/v1/module.h"
#include "resource/name.h"
#include "sinew/steps.h"

#include <stdio.h>
#include <stdlib.h>

/* Source: upstream's limits. */
static const uint64_t validate_timeout_ns = SN_SECONDS(5);
static const uint64_t remove_timeout_ns = SN_SECONDS(30);
static const uint64_t validate_again_ns = SN_SECONDS(5);

/* A process that ends so soon after a resource couldn't be made has ended of that. */
static const uint64_t blame_ns = SN_SECONDS(1);

enum { DEPENDENCIES_MAX = 1000, NAME_BYTES_MAX = 1000 };

/* What a module has been told to make. */
struct instance {
    struct sn_list link; /* sn_run.instances */
    struct sn_name_link by_name;
    struct sn_run *run;
    const struct model *model; /* it was made as */
    struct sn_resource *resource;
    const struct model *wanted; /* as of the last pass that asked for it, */
    uint64_t pass;              /* which was this */
    bool open;                  /* or being opened: `resource` is set */
    bool added;                 /* the module has it */
    bool doubtful;              /* whether it has it isn't known */
    struct sn_call *opening;    /* or NULL */
    bool pending;               /* an opening or closing refers to it, */
    bool gone;                  /* after whose end it is freed */
    char name[];                /* full */
};

/* For a driver's `open`. */
struct attrs {
    const struct sn_config_resource *entry;
    struct sn_host_names depends, optional;
};

static struct sn_timers *timers_of(const struct sn_run *run)
{
    return sn_loop_timers(run->host->options.loop);
}

static struct model *model_of(const struct sn_resource *resource)
{
    return (struct model *)(uintptr_t)resource->driver;
}

static int limit(struct sn_call *call, uint64_t timeout_ns)
{
    uint64_t end_ns = call->env->timers->now_ns + timeout_ns;

    if (call->deadline_ns > end_ns)
        call->deadline_ns = end_ns;
    return 0;
}

/* ---- instances ---- */

static struct instance *find_instance(struct sn_run *run, const char *name)
{
    struct sn_name_link *found = sn_by_name_find(&run->instances_by_name, name);

    return found ? sn_container_of(found, struct instance, by_name) : NULL;
}

static struct instance *instance_of(struct sn_run *run, const char *api, const char *name)
{
    char full[SN_FULL_NAME_SIZE];
    struct instance *instance = find_instance(run, sn_full_name(&full, api, name));

    if (instance)
        return instance;
    instance = calloc(1, sizeof(*instance) + strlen(full) + 1);
    if (!instance)
        return NULL;
    strcpy(instance->name, full);
    instance->by_name.name = instance->name;
    instance->run = run;
    if (sn_by_name_add(&run->instances_by_name, &instance->by_name)) {
        free(instance);
        return NULL;
    }
    sn_list_append(&run->instances, &instance->link);
    return instance;
}

static void forget(struct instance *instance)
{
    sn_list_remove(&instance->link);
    sn_by_name_remove(&instance->run->instances_by_name, &instance->by_name);
    instance->gone = true;
    if (!instance->pending)
        free(instance);
}

static bool is_wanted(const struct instance *instance)
{
    return instance->pass == instance->run->host->pass && instance->wanted &&
           instance->run->state == RUN_READY;
}

/* Its resource is closed, or was never opened. */
static void let_go(struct instance *instance)
{
    struct sn_run *run = instance->run;

    instance->pending = false;
    instance->opening = NULL;
    if (instance->gone) {
        free(instance);
        return;
    }
    instance->open = false;
    instance->resource = NULL;
    run->busy--;
    if (!instance->added && !instance->doubtful && !is_wanted(instance))
        forget(instance);
    run_released(run);
}

/* ---- opening ---- */

struct opening {
    struct instance *instance;
    const struct model *model;
    const struct attrs *attrs;
    struct sn_resource *resource;
    struct pb_app_component_config config;
    struct sn_str *names; /* of what it depends on */
    uint32_t count;
};

/* Tells the module to drop it; what it says to that doesn't matter. */
struct attempt {
    struct sn_call call; /* first */
    struct sn_call *parent;
    struct sn_run *run;
    struct sn_str name;
};

static int start_attempt(struct sn_call *call)
{
    struct attempt *attempt = (struct attempt *)call;
    struct pb_module_remove_resource_request request = {.name = attempt->name};

    return sn_client_unary(call, attempt->run->channel, &pb_module_module_service, "RemoveResource",
                           &request, NULL, NULL);
}

static void end_attempt(struct sn_call *call, int code)
{
    sn_call_done(((struct attempt *)call)->parent, 0);
}

static int step_clear(struct sn_call *call, void *arg)
{
    struct opening *opening = arg;
    struct instance *instance = opening->instance;
    bool is_other = instance->added && instance->model != opening->model;

    if (instance->gone || (!instance->doubtful && !is_other))
        return 0;
    instance->added = false;
    struct attempt *attempt = sn_arena_zalloc(call->arena, sizeof(*attempt));
    if (!attempt)
        return SN_ERR_RESOURCE_EXHAUSTED;
    sn_call_init(&attempt->call, call->env, call->arena, call);
    attempt->call.start = start_attempt;
    attempt->call.end = end_attempt;
    attempt->parent = call;
    attempt->run = instance->run;
    attempt->name = sn_str_of(instance->name);
    limit(&attempt->call, remove_timeout_ns);
    sn_call_start(&attempt->call);
    return SN_PENDING;
}

static int step_put(struct sn_call *call, void *arg)
{
    struct opening *opening = arg;
    struct instance *instance = opening->instance;
    struct sn_run *run = instance->run;
    struct pb_module_reconfigure_resource_request change = {.config = &opening->config};
    struct pb_module_add_resource_request add = {.config = &opening->config};
    bool is_there = instance->added;

    if (instance->gone || run->state != RUN_READY)
        return sn_call_fail(call, SN_ERR_UNAVAILABLE, "module %s is not running", run->entry->name);
    change.dependencies.v = add.dependencies.v = opening->names;
    change.dependencies.n = add.dependencies.n = opening->count;
    instance->model = opening->model;
    instance->doubtful = true;
    limit(call, run->host->options.resource_timeout_ns);
    return is_there ? sn_client_unary(call, run->channel, &pb_module_module_service,
                                      "ReconfigureResource", &change, NULL, NULL)
                    : sn_client_unary(call, run->channel, &pb_module_module_service, "AddResource",
                                      &add, NULL, NULL);
}

static int step_opened(struct sn_call *call, void *arg)
{
    struct instance *instance = ((struct opening *)arg)->instance;

    instance->added = instance->run->useful = true;
    instance->opening = NULL;
    instance->doubtful = instance->pending = false;
    return 0;
}

static int undo_open(struct sn_call *call, void *arg)
{
    struct instance *instance = ((struct opening *)arg)->instance;

    if (instance->doubtful && !instance->gone)
        instance->run->failed_ns = call->env->timers->now_ns;
    let_go(instance);
    return 0;
}

static int add_name(struct opening *opening, struct sn_call *call, const char *wanted)
{
    struct sn_resource *resource = opening->resource;
    struct sn_resource *found = resource->neighbours->dependency(resource, sn_str_of(wanted));

    if (!found)
        return 0;
    struct sn_str name = sn_arena_printf(call->arena, "%s/%s", found->api, found->name);
    if (!name.ptr)
        return SN_ERR_RESOURCE_EXHAUSTED;
    for (uint32_t i = 0; i < opening->count; i++)
        if (sn_str_eq(opening->names[i], name))
            return 0;
    opening->names[opening->count++] = name;
    return 0;
}

/* Full names of what it depends on and is there. */
static int list_dependencies(struct opening *opening, struct sn_call *call)
{
    const struct attrs *attrs = opening->attrs;
    const struct sn_config_strings *given = &attrs->entry->depends_on;
    int code = 0;

    opening->names = sn_arena_alloc(
        call->arena,
        (given->count + attrs->depends.count + attrs->optional.count + 1) * sizeof(struct sn_str));
    if (!opening->names)
        return SN_ERR_RESOURCE_EXHAUSTED;
    for (size_t i = 0; i < given->count && !code; i++)
        code = add_name(opening, call, given->v[i]);
    for (size_t i = 0; i < attrs->depends.count && !code; i++)
        code = add_name(opening, call, attrs->depends.v[i]);
    for (size_t i = 0; i < attrs->optional.count && !code; i++)
        code = add_name(opening, call, attrs->optional.v[i]);
    return code;
}

int run_open_resource(struct sn_call *call, struct sn_resource *resource, const void *attrs)
{
    static const sn_step_fn steps[] = {step_clear, step_put, step_opened, NULL};
    struct model *model = model_of(resource);
    struct sn_run *run = model->run;
    struct opening *opening = sn_arena_zalloc(call->arena, sizeof(*opening));
    struct sn_error error;

    if (run->state != RUN_READY)
        return sn_call_fail(call, SN_ERR_UNAVAILABLE, "module %s is not running", run->entry->name);
    struct instance *instance = instance_of(run, resource->api, resource->name);
    if (!opening || !instance)
        return SN_ERR_RESOURCE_EXHAUSTED;
    *opening = (struct opening){
        .instance = instance, .model = model, .attrs = attrs, .resource = resource};
    int code = sn_component_config(opening->attrs->entry, call->arena, &opening->config, &error);
    if (code)
        return sn_call_fail(call, code, "%s", error.text);
    if (list_dependencies(opening, call))
        return SN_ERR_RESOURCE_EXHAUSTED;
    sn_proxy_bind(resource, run->channel);
    resource->relay = run->channel;
    instance->resource = resource;
    instance->open = instance->pending = true;
    instance->opening = call;
    run->busy++;
    return sn_call_steps(call, steps, undo_open, opening);
}

/* ---- closing ---- */

static int step_remove(struct sn_call *call, void *arg)
{
    struct instance *instance = arg;
    struct pb_module_remove_resource_request request = {.name = sn_str_of(instance->name)};

    limit(call, remove_timeout_ns);
    return sn_client_unary(call, instance->run->channel, &pb_module_module_service,
                           "RemoveResource", &request, NULL, NULL);
}

static int step_removed(struct sn_call *call, void *arg)
{
    struct instance *instance = arg;

    instance->added = instance->doubtful = false;
    let_go(instance);
    return 0;
}

static int undo_remove(struct sn_call *call, void *arg)
{
    struct instance *instance = arg;

    instance->doubtful = true;
    let_go(instance);
    return 0;
}

int run_close_resource(struct sn_call *call, struct sn_resource *resource)
{
    static const sn_step_fn steps[] = {step_remove, step_removed, NULL};
    struct model *model = model_of(resource);
    struct sn_run *run = model->run;
    char full[SN_FULL_NAME_SIZE];
    struct instance *instance =
        find_instance(run, sn_full_name(&full, resource->api, resource->name));

    resource->relay = NULL;
    if (!instance || instance->resource != resource)
        return 0;
    if (!run_alive(run) || (is_wanted(instance) && instance->wanted == model)) {
        let_go(instance);
        return 0;
    }
    instance->pending = true;
    return sn_call_steps(call, steps, undo_remove, instance);
}

/* ---- what it says about entries ---- */

struct verdict {
    struct sn_list link; /* sn_run.verdicts */
    struct sn_list wait; /* sn_run.unasked, while it is neither asked nor known */
    struct sn_name_link by_name;
    struct sn_run *run;
    const struct sn_config_resource *entry; /* of `config` */
    struct sn_config *config;
    struct sn_timer retry;
    struct sn_arena arena;
    struct sn_host_names depends, optional;
    const char *error; /* NULL: it is fine */
    uint64_t pass;
    bool asked, known;
    bool gone; /* not in the list any more: its answer is of no use */
    char name[];
};

/* Asked for at once: an answer has a time limit, and a module with thousands of resources needs it
 * for each of them. */
enum { VERDICT_MEMORY_MAX = 1 << 20, ASKING_MAX = 64 };

static void verdict_destroy(struct verdict *verdict)
{
    sn_arena_fini(&verdict->arena);
    sn_config_destroy(verdict->config);
    free(verdict);
}

static void verdict_drop(struct verdict *verdict)
{
    sn_timer_stop(timers_of(verdict->run), &verdict->retry);
    sn_list_remove(&verdict->link);
    sn_by_name_remove(&verdict->run->verdicts_by_name, &verdict->by_name);
    if (!verdict->asked && !verdict->known)
        sn_list_remove(&verdict->wait);
    verdict->gone = true;
    if (!verdict->asked)
        verdict_destroy(verdict);
}

static bool is_framesystem(struct sn_str name)
{
    static const char *const names[] = {"framesystem", "$framesystem",
                                        "rdk-internal:service:frame_system/builtin",
                                        "rdk:service:frame_system/$framesystem"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (sn_str_is(name, names[i]))
            return true;
    return false;
}

static int copy_names(const struct sn_str *names, uint32_t count, struct sn_arena *arena,
                      struct sn_host_names *ret)
{
    const char **v = sn_arena_alloc(arena, (count + 1) * sizeof(const char *));

    if (!v || count > DEPENDENCIES_MAX)
        return SN_ERR_RESOURCE_EXHAUSTED;
    for (uint32_t i = 0; i < count; i++) {
        struct sn_str copy = sn_arena_copy(arena, names[i]);

        if (names[i].len > NAME_BYTES_MAX || !copy.ptr)
            return SN_ERR_RESOURCE_EXHAUSTED;
        if (!is_framesystem(copy))
            v[ret->count++] = copy.ptr;
    }
    ret->v = v;
    return 0;
}

static int take_verdict(struct sn_call *call, const void *response, void *arg)
{
    const struct pb_module_validate_config_response *resp = response;
    struct verdict *verdict = arg;
    int code =
        copy_names(resp->dependencies.v, resp->dependencies.n, &verdict->arena, &verdict->depends);

    if (!code)
        code = copy_names(resp->optional_dependencies.v, resp->optional_dependencies.n,
                          &verdict->arena, &verdict->optional);
    return code ? sn_call_fail(call, code, "it names too many dependencies") : 0;
}

static int start_verdict(struct sn_call *call)
{
    struct ask *ask = (struct ask *)call;
    struct verdict *verdict = ask->owner;
    struct pb_app_component_config config = {0};
    struct pb_module_validate_config_request request = {.config = &config};
    struct sn_error error;
    int code = sn_component_config(verdict->entry, &ask->arena, &config, &error);

    if (code)
        return sn_call_fail(call, code, "%s", error.text);
    return sn_client_unary(call, ask->run->channel, &pb_module_module_service, "ValidateConfig",
                           &request, take_verdict, verdict);
}

static void ask_again(struct sn_timer *timer)
{
    struct verdict *verdict = sn_container_of(timer, struct verdict, retry);
    struct sn_run *run = verdict->run;

    verdict_drop(verdict);
    host_changed(run->host);
}

static void refuse(struct verdict *verdict, const char *error)
{
    verdict->error = error ? error : "out of memory";
    sn_timer_start(timers_of(verdict->run), &verdict->retry, validate_again_ns, ask_again);
}

static void ask_next(struct sn_run *run);

/* One that validates nothing takes anything. */
static void verdict_answered(struct ask *ask, int code)
{
    struct verdict *verdict = ask->owner;

    verdict->asked = false;
    verdict->known = true;
    ask->run->asking--;
    ask_next(ask->run);
    if (verdict->gone) {
        verdict_destroy(verdict);
        return;
    }
    if (code && code != SN_ERR_UNIMPLEMENTED)
        refuse(verdict,
               sn_arena_printf(&verdict->arena, "modular resource config validation error: %.*s",
                               SN_STR_ARGS(sn_call_text(&ask->call, code)))
                   .ptr);
    host_changed(verdict->run->host);
}

static void ask_for(struct verdict *verdict)
{
    struct sn_run *run = verdict->run;

    sn_list_remove(&verdict->wait);
    verdict->asked = true;
    run->asking++;
    if (ask_begin(run, validate_timeout_ns, start_verdict, verdict_answered, verdict))
        return;
    run->asking--;
    verdict->asked = false;
    verdict->known = true;
    refuse(verdict, NULL);
}

/* What is answered at once comes back here, and is gone on with by the loop that asked. One that is
 * about to end, whose channel may be closing, is asked no more. */
static void ask_next(struct sn_run *run)
{
    if (run->asking_next || run->state != RUN_READY)
        return;
    run->asking_next = true;
    while (run->asking < ASKING_MAX && !sn_list_empty(&run->unasked))
        ask_for(sn_container_of(run->unasked.next, struct verdict, wait));
    run->asking_next = false;
}

static struct verdict *find_verdict(struct sn_run *run, const struct sn_config_resource *entry)
{
    char full[SN_FULL_NAME_SIZE];
    struct sn_name_link *found =
        sn_by_name_find(&run->verdicts_by_name, sn_full_name(&full, entry->api, entry->name));

    return found ? sn_container_of(found, struct verdict, by_name) : NULL;
}

static struct verdict *verdict_create(struct sn_run *run, struct sn_config *config,
                                      const struct sn_config_resource *entry)
{
    char full[SN_FULL_NAME_SIZE];
    size_t size = strlen(sn_full_name(&full, entry->api, entry->name)) + 1;
    struct verdict *verdict = calloc(1, sizeof(*verdict) + size);

    if (!verdict)
        return NULL;
    memcpy(verdict->name, full, size);
    verdict->by_name.name = verdict->name;
    if (sn_by_name_add(&run->verdicts_by_name, &verdict->by_name)) {
        free(verdict);
        return NULL;
    }
    verdict->run = run;
    verdict->entry = entry;
    verdict->config = sn_config_ref(config);
    sn_arena_init(&verdict->arena, sn_loop_blocks(run->host->options.loop), VERDICT_MEMORY_MAX);
    sn_list_append(&run->verdicts, &verdict->link);
    sn_list_append(&run->unasked, &verdict->wait);
    ask_next(run);
    return verdict;
}

/* The one there is, if the entry is still what it was. */
static struct verdict *verdict_on(struct sn_run *run, const struct sn_config_resource *entry)
{
    struct verdict *verdict = find_verdict(run, entry);

    if (verdict && verdict->entry != entry && !json_equal(verdict->entry->json, entry->json)) {
        verdict_drop(verdict);
        verdict = NULL;
    }
    return verdict ? verdict : verdict_create(run, run->host->config, entry);
}

/* Onto the memory of who asked: a verdict may be replaced before. */
static int copy_list(const struct sn_host_names *names, struct sn_arena *arena,
                     struct sn_host_names *ret)
{
    const char **v = sn_arena_alloc(arena, (names->count + 1) * sizeof(const char *));

    if (!v)
        return SN_ERR_RESOURCE_EXHAUSTED;
    for (size_t i = 0; i < names->count; i++) {
        v[i] = sn_arena_copy(arena, sn_str_of(names->v[i])).ptr;
        if (!v[i])
            return SN_ERR_RESOURCE_EXHAUSTED;
    }
    *ret = (struct sn_host_names){v, names->count};
    return 0;
}

void run_resolve(struct sn_run *run, struct model *model, const struct sn_config_resource *entry,
                 struct sn_arena *arena, struct sn_host_offer *ret_offer)
{
    struct verdict *verdict = verdict_on(run, entry);
    struct instance *instance = instance_of(run, entry->api, entry->name);
    struct attrs *attrs = sn_arena_zalloc(arena, sizeof(*attrs));

    if (!verdict || !instance || !attrs) {
        ret_offer->error = "out of memory";
        return;
    }
    instance->pass = verdict->pass = run->host->pass;
    instance->wanted = model;
    ret_offer->run = run_ref(run);
    ret_offer->driver = &model->driver;
    ret_offer->waiting = !verdict->known;
    if (verdict->error) {
        struct sn_str text = sn_arena_copy(arena, sn_str_of(verdict->error));

        ret_offer->error = text.ptr ? text.ptr : "out of memory";
    }
    attrs->entry = entry;
    if (copy_list(&verdict->depends, arena, &attrs->depends) ||
        copy_list(&verdict->optional, arena, &attrs->optional))
        ret_offer->error = "out of memory";
    ret_offer->depends = attrs->depends;
    ret_offer->optional = attrs->optional;
    ret_offer->attrs = attrs;
}

/* ---- what is no longer wanted ---- */

static int start_remove(struct sn_call *call)
{
    struct ask *ask = (struct ask *)call;
    struct pb_module_remove_resource_request request = {.name = sn_str_of(ask->owner)};

    return sn_client_unary(call, ask->run->channel, &pb_module_module_service, "RemoveResource",
                           &request, NULL, NULL);
}

static void removed(struct ask *ask, int code)
{
    free(ask->owner);
}

static void remove_instance(struct instance *instance)
{
    struct sn_run *run = instance->run;
    char *name = strdup(instance->name);
    bool is_there = instance->added || instance->doubtful;

    forget(instance);
    if (!name || !is_there || run->state != RUN_READY ||
        !ask_begin(run, remove_timeout_ns, start_remove, removed, name))
        free(name);
}

void run_end_pass(struct sn_run *run)
{
    struct sn_list *node, *next;

    sn_list_for_each_safe (node, next, &run->verdicts) {
        struct verdict *verdict = sn_container_of(node, struct verdict, link);

        if (verdict->pass != run->host->pass)
            verdict_drop(verdict);
    }
    sn_list_for_each_safe (node, next, &run->instances) {
        struct instance *instance = sn_container_of(node, struct instance, link);

        if (!instance->open && instance->pass != run->host->pass)
            remove_instance(instance);
    }
}

/* Ending one may end others: each time from the start. */
void run_cancel_opening(struct sn_run *run)
{
    struct sn_list *node = run->instances.next;

    while (node != &run->instances) {
        struct instance *instance = sn_container_of(node, struct instance, link);

        if (!instance->opening || sn_call_cancelled(instance->opening)) {
            node = node->next;
            continue;
        }
        sn_call_cancel(instance->opening, SN_ERR_CANCELLED);
        node = run->instances.next;
    }
}

/* Its connection, and with it what it was making, may have ended a moment before. */
bool run_ended_making(const struct sn_run *run)
{
    const struct sn_list *node;

    sn_list_for_each (node, &run->instances)
        if (sn_container_of(node, struct instance, link)->opening)
            return true;
    return run->failed_ns && timers_of(run)->now_ns - run->failed_ns < blame_ns;
}

/* The process is gone. Nobody may reach its channel any more. */
void run_forget(struct sn_run *run)
{
    struct sn_list *node, *next;

    sn_list_for_each_safe (node, next, &run->verdicts)
        verdict_drop(sn_container_of(node, struct verdict, link));
    sn_list_for_each_safe (node, next, &run->instances) {
        struct instance *instance = sn_container_of(node, struct instance, link);

        if (instance->resource) {
            instance->resource->closed = true;
            instance->resource->relay = NULL;
        }
        forget(instance);
    }
    run->busy = 0;
}
