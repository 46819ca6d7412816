/* SPDX-License-Identifier: Apache-2.0
 *
 * From a process that was just started to a module whose models are known: waits until it listens,
 * asks whether it is ready, and learns the APIs that this program doesn't have.
 */
#include "api/api.h"
#include "module/module.h"
#include "pb/module/v1/module.h"
#include "resource/name.h"
#include "rpc/reflection/client.h"

#include <unistd.h>

/* Source of the first and the last: upstream. It asks one that isn't ready again at once, so that
 * such a module does nothing else. */
static const uint64_t ready_timeout_ns = SN_SECONDS(3);
static const uint64_t not_ready_pause_ns = SN_MS(100);
static const uint64_t retry_pause_ns = SN_MS(200);

static const uint64_t first_look_ns = SN_MS(2), last_look_ns = SN_MS(50);

static struct sn_timers *timers_of(const struct sn_run *run)
{
    return sn_loop_timers(run->host->options.loop);
}

static void again(struct sn_run *run, uint64_t pause_ns, void (*fire)(struct sn_timer *))
{
    sn_timer_start(timers_of(run), &run->timer, pause_ns, fire);
}

static void begin_phase(struct sn_run *run)
{
    run->deadline_ns = timers_of(run)->now_ns + run->host->options.startup_timeout_ns;
}

/* False: the time of this phase is up, and the run is over. */
static bool has_time(struct sn_run *run, const char *why)
{
    if (timers_of(run)->now_ns < run->deadline_ns)
        return true;
    run_fail(run, "module %s timed out after %llu s during startup: %s", run->entry->name,
             (unsigned long long)(run->host->options.startup_timeout_ns / SN_SECONDS(1)), why);
    return false;
}

static int fail_memory(struct sn_run *run)
{
    run_fail(run, "module %s: out of memory", run->entry->name);
    return SN_ERR_RESOURCE_EXHAUSTED;
}

/* ---- what it says it has ---- */

static int add_model(struct sn_run *run, const char *api, struct sn_str text)
{
    struct sn_triplet triplet;

    if (text.len > SN_API_MAX || sn_triplet_parse(text, &triplet)) {
        run_fail(run, "module %s has a model \"%.*s\", which is no \"namespace:family:name\"",
                 run->entry->name, SN_STR_ARGS(text));
        return SN_ERR_INVALID_ARGUMENT;
    }
    const char *name = sn_arena_copy(&run->arena, text).ptr;
    if (!name)
        return fail_memory(run);
    run->models[run->model_count++] = (struct model){
        .driver = {.api = api,
                   .model = name,
                   .help = "",
                   .size = sn_proxy_size(api),
                   .ops = sn_proxy_ops(api),
                   .open = run_open_resource,
                   .close = run_close_resource},
        .run = run,
    };
    return 0;
}

/* Copies the API's name; the run has failed when there is none. */
static const char *api_of(struct sn_run *run, const struct pb_robot_resource_rpc_subtype *subtype)
{
    static const struct pb_common_resource_name none = {0};
    const struct pb_common_resource_name *name =
        subtype && subtype->subtype ? subtype->subtype : &none;
    struct sn_triplet triplet;
    struct sn_str text =
        sn_arena_printf(&run->arena, "%.*s:%.*s:%.*s", SN_STR_ARGS(name->namespace_),
                        SN_STR_ARGS(name->type), SN_STR_ARGS(name->subtype));

    if ((sn_str_is(name->type, "component") || sn_str_is(name->type, "service")) && text.ptr &&
        text.len <= SN_API_MAX && !sn_triplet_parse(text, &triplet))
        return text.ptr;
    run_fail(run,
             "module %s has an API \"%.*s\", which is no \"namespace:component:name\" or "
             "\"namespace:service:name\"",
             run->entry->name, SN_STR_ARGS(text));
    return NULL;
}

/* A handler is taken whole or the module fails: half a module would be harder to understand. */
static int add_handler(struct sn_run *run, const struct pb_module_handler_definition *definition)
{
    struct handler *handler = &run->handlers[run->handler_count];
    int code = 0;

    handler->api = api_of(run, definition->subtype);
    if (!handler->api)
        return SN_ERR_INVALID_ARGUMENT;
    handler->service = sn_arena_copy(&run->arena, definition->subtype->proto_service);
    if (!handler->service.ptr)
        return fail_memory(run);
    run->handler_count++;
    for (uint32_t i = 0; i < definition->models.n && !code; i++)
        code = add_model(run, handler->api, definition->models.v[i]);
    return code;
}

static int take_handlers(struct sn_run *run, const struct pb_module_handler_map *map)
{
    size_t models = 0, handlers = map ? map->handlers.n : 0;
    int code = 0;

    for (size_t i = 0; i < handlers; i++)
        models += map->handlers.v[i].models.n;
    if (handlers > SN_RUN_HANDLERS_MAX || models > SN_RUN_MODELS_MAX) {
        run_fail(run, "module %s has %zu models of %zu APIs; the limits are %d and %d",
                 run->entry->name, models, handlers, SN_RUN_MODELS_MAX, SN_RUN_HANDLERS_MAX);
        return SN_ERR_RESOURCE_EXHAUSTED;
    }
    run->handlers = sn_arena_zalloc(&run->arena, (handlers + 1) * sizeof(*run->handlers));
    run->models = sn_arena_zalloc(&run->arena, (models + 1) * sizeof(*run->models));
    if (!run->handlers || !run->models)
        return fail_memory(run);
    for (size_t i = 0; i < handlers && !code; i++)
        code = add_handler(run, &map->handlers.v[i]);
    return code;
}

/* ---- APIs that aren't known ---- */

static void learn_next(struct sn_run *run);

static int start_fetch(struct sn_call *call)
{
    struct ask *ask = (struct ask *)call;
    struct sn_reflection_files *files = sn_arena_zalloc(&ask->arena, sizeof(*files));

    if (!files)
        return SN_ERR_RESOURCE_EXHAUSTED;
    ask->owner = files;
    return sn_reflection_fetch(call, ask->run->channel,
                               ask->run->handlers[ask->run->learnt].service, files);
}

static void serve_foreign(struct sn_run *run, const struct sn_reflection_files *files)
{
    struct handler *handler = &run->handlers[run->learnt];
    struct sn_foreign_spec spec = {handler->api, handler->service, files->v, files->count};
    struct sn_error error = {0};

    if (sn_server_add_foreign(run->host->options.server, &spec, &handler->foreign, &error))
        run_fail(run, "module %s: %s", run->entry->name, error.text);
    else if (*error.text)
        sn_log_warn(run->module->log, "module %s: %s", run->entry->name, error.text);
}

static void fetched(struct ask *ask, int code)
{
    struct sn_run *run = ask->run;

    if (run->state != RUN_STARTING)
        return;
    if (code)
        run_fail(run, "module %s doesn't say what API %s is like: %.*s", run->entry->name,
                 run->handlers[run->learnt].api, SN_STR_ARGS(sn_call_text(&ask->call, code)));
    else
        serve_foreign(run, ask->owner);
    run->learnt++;
    learn_next(run);
}

/* Each unknown API in turn; when all are known the module is ready. */
static void learn_next(struct sn_run *run)
{
    while (run->learnt < run->handler_count && sn_api_find(run->handlers[run->learnt].api))
        run->learnt++;
    if (run->state != RUN_STARTING)
        return;
    if (run->learnt == run->handler_count)
        run_ready(run);
    else if (!ask_begin(run, SN_REFLECTION_TIMEOUT_NS, start_fetch, fetched, NULL))
        fail_memory(run);
}

/* ---- whether it is ready ---- */

static void ask_ready(struct sn_timer *timer);

static int take_ready(struct sn_call *call, const void *response, void *arg)
{
    const struct pb_module_ready_response *resp = response;
    struct sn_run *run = ((struct ask *)call)->run;

    if (!resp->ready)
        return SN_ERR_FAILED_PRECONDITION;
    return run->state == RUN_STARTING ? take_handlers(run, resp->handlermap) : SN_ERR_CANCELLED;
}

/* Without an offer of a peer connection, which would have to be completed. Some SDKs read the one
 * address, some the other. */
static int start_ready(struct sn_call *call)
{
    struct sn_run *run = ((struct ask *)call)->run;
    const struct sn_parent *parent = &run->host->parent;
    struct sn_str address = sn_str_of(run->tcp ? parent->address : parent->path);
    struct pb_module_ready_request request = {.parent_address = address,
                                              .raw_parent_address = address};

    return sn_client_unary(call, run->channel, &pb_module_module_service, "Ready", &request,
                           take_ready, NULL);
}

static bool may_pass(int code)
{
    return code == SN_ERR_UNAVAILABLE || code == SN_ERR_RESOURCE_EXHAUSTED ||
           code == SN_ERR_DEADLINE_EXCEEDED || code == SN_ERR_CANCELLED;
}

static void ready_answered(struct ask *ask, int code)
{
    struct sn_run *run = ask->run;
    struct sn_str text = sn_call_text(&ask->call, code);

    if (run->state != RUN_STARTING)
        return;
    if (!code)
        learn_next(run);
    else if (code == SN_ERR_FAILED_PRECONDITION && !ask->call.text.len)
        again(run, not_ready_pause_ns, ask_ready);
    else if (may_pass(code) && has_time(run, "it doesn't answer Ready"))
        again(run, retry_pause_ns, ask_ready);
    else
        run_fail(run, "module %s doesn't get ready: %.*s", run->entry->name, SN_STR_ARGS(text));
}

static void ask_ready(struct sn_timer *timer)
{
    struct sn_run *run = sn_container_of(timer, struct sn_run, timer);

    if (has_time(run, "it says that it isn't ready") &&
        !ask_begin(run, ready_timeout_ns, start_ready, ready_answered, NULL))
        fail_memory(run);
}

/* ---- whether it listens ---- */

static void look(struct sn_timer *timer)
{
    struct sn_run *run = sn_container_of(timer, struct sn_run, timer);

    if (run->tcp || access(run->address, F_OK) == 0) {
        begin_phase(run);
        ask_ready(timer);
        return;
    }
    if (!has_time(run, "it doesn't listen on its socket"))
        return;
    run->pause_ns = run->pause_ns * 2 < last_look_ns ? run->pause_ns * 2 : last_look_ns;
    again(run, run->pause_ns, look);
}

void run_shake_hands(struct sn_run *run)
{
    begin_phase(run);
    run->pause_ns = first_look_ns;
    again(run, run->pause_ns, look);
}
