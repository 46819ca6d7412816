/* SPDX-License-Identifier: Apache-2.0
 *
 * Changes of a module's resources: adding, reconfiguring, removing. Each closes some (those that
 * depend on others first) and then opens some (in the opposite order), one after the other, and
 * ends the call that asked for it. Loop thread.
 *
 * What is closed to be built anew is a new object: calls that are slow to end may still hold the
 * old one. So whatever was built on it is built anew too.
 */
#include "sdk/private.h"

#include <stdlib.h>

/* Of one open or close; its results are few. */
enum { STEP_MEMORY_MAX = 4 << 20 };

struct change {
    struct sn_call step; /* first: the open or close under way */
    struct sn_arena arena;
    struct sn_list link; /* sn_sdk.changing */
    struct sn_sdk *sdk;
    struct sn_call *asker; /* NULL: nobody waits for it */
    /* In the order in which they are built; the first is what the change is about. */
    struct sdk_hosted **old;
    struct sdk_config **config; /* to build; NULL: none any more */
    size_t count, at;
    struct sdk_hosted *now; /* the step's */
    int code;               /* what the asker is told, with `text` */
    struct sn_str text;
    bool opening, undoing;
};

static void go_on(struct change *change);

/* ---- steps ---- */

static void begin_step(struct change *change, int (*start)(struct sn_call *call),
                       void (*end)(struct sn_call *call, int code), struct sn_call *parent)
{
    sn_arena_fini(&change->arena);
    sn_arena_init(&change->arena, change->sdk->options.env->blocks, STEP_MEMORY_MAX);
    sn_call_init(&change->step, change->sdk->options.env, &change->arena, parent);
    change->step.start = start;
    change->step.end = end;
    sn_call_start(&change->step);
}

static int start_close(struct sn_call *call)
{
    struct sn_resource *resource = sdk_resource_of(((struct change *)call)->now);
    const struct sn_driver *driver = resource->driver;

    return driver->close ? driver->close(call, resource) : 0;
}

static void end_close(struct sn_call *call, int code)
{
    struct change *change = (struct change *)call;
    struct sdk_hosted *hosted = change->now;

    if (code)
        sn_log_error(sdk_resource_of(hosted)->log, "error closing resource: %.*s",
                     SN_STR_ARGS(sn_call_text(call, code)));
    change->now = NULL;
    sdk_hosted_remove(hosted);
    go_on(change);
}

/* No cancelling reaches a close: it stops what moves. */
static void begin_close(struct change *change, struct sdk_hosted *hosted)
{
    struct sn_resource *resource = sdk_resource_of(hosted);

    change->now = hosted;
    hosted->ready = false;
    resource->closed = true;
    sn_lane_cancel(&resource->lane);
    sn_server_cancel_resource(change->sdk->server, resource);
    begin_step(change, start_close, end_close, NULL);
}

static int start_open(struct sn_call *call)
{
    struct sn_resource *resource = sdk_resource_of(((struct change *)call)->now);
    const struct sn_driver *driver = resource->driver;

    return driver->open ? driver->open(call, resource, sdk_hosted_of(resource)->config->attrs) : 0;
}

static void keep_result(struct change *change, int code, struct sn_str text)
{
    if (change->code || !change->asker)
        return;
    change->code = code;
    change->text = sn_arena_copy(change->asker->arena, text);
}

static void end_open(struct sn_call *call, int code)
{
    struct change *change = (struct change *)call;
    struct sdk_hosted *hosted = change->now;
    bool first = change->at == 1;

    change->now = NULL;
    if (!code && change->asker && sn_call_cancelled(change->asker) && first) {
        keep_result(change, sn_call_cancelled(change->asker), SN_STR_NULL);
        change->undoing = true;
        begin_close(change, hosted);
        return;
    }
    if (!code) {
        hosted->ready = true;
        hosted->busy = false;
    } else {
        if (first)
            keep_result(change, code, sn_call_text(call, code));
        else
            sn_log_error(sdk_resource_of(hosted)->log, "can't be built anew: %.*s",
                         SN_STR_ARGS(sn_call_text(call, code)));
        sdk_hosted_remove(hosted);
    }
    go_on(change);
}

static void begin_open(struct change *change, struct sdk_config *config)
{
    struct sdk_hosted *hosted = sdk_hosted_create(change->sdk, config);

    if (!hosted) {
        keep_result(change, SN_ERR_RESOURCE_EXHAUSTED, SN_STR("out of memory"));
        go_on(change);
        return;
    }
    change->now = hosted;
    begin_step(change, start_open, end_open, change->at == 1 ? change->asker : NULL);
}

/* ---- the whole ---- */

static void finish(struct change *change)
{
    struct sn_call *asker = change->asker;
    struct sn_sdk *sdk = change->sdk;
    struct sn_str text = change->text;
    int code = change->code;

    for (size_t i = 0; i < change->count; i++)
        sdk_config_unref(change->config[i]);
    sn_list_remove(&change->link);
    sn_arena_fini(&change->arena);
    free(change->old);
    free(change->config);
    free(change);
    sdk->changes--;
    if (asker && code && text.len)
        sn_call_fail(asker, code, "%.*s", SN_STR_ARGS(text));
    if (asker)
        sn_call_done(asker, code);
    sdk_settled(sdk);
}

/* Closes from the last to the first, then opens from the first to the last. A first that fails is
 * the end of those that need it. */
static void go_on(struct change *change)
{
    while (!change->opening && change->at > 0) {
        struct sdk_hosted *hosted = change->old[--change->at];

        if (hosted) {
            begin_close(change, hosted);
            return;
        }
    }
    change->opening = true;
    while (!change->code && !change->undoing && change->at < change->count) {
        struct sdk_config *config = change->config[change->at++];

        if (config) {
            begin_open(change, config);
            return;
        }
    }
    finish(change);
}

static struct change *create(struct sn_sdk *sdk, struct sn_call *asker, size_t room)
{
    struct change *change = calloc(1, sizeof(*change));

    if (!change)
        return NULL;
    change->sdk = sdk;
    change->asker = asker;
    change->old = calloc(room, sizeof(*change->old));
    change->config = calloc(room, sizeof(*change->config));
    if (change->old && change->config) {
        sdk->changes++;
        sn_list_append(&sdk->changing, &change->link);
        return change;
    }
    free(change->old);
    free(change->config);
    free(change);
    return NULL;
}

static void include(struct change *change, struct sdk_hosted *hosted,
                    struct sdk_config *take_config)
{
    change->old[change->count] = hosted;
    change->config[change->count++] = take_config;
    change->at = change->count;
    if (hosted)
        hosted->busy = true;
}

bool sdk_is_changing(const struct sn_sdk *sdk, const char *api, struct sn_str name)
{
    const struct sn_list *node;

    sn_list_for_each (node, &sdk->changing) {
        const struct change *change =
            sn_container_of((const char *)node, const struct change, link);

        for (size_t i = 0; i < change->count; i++)
            if (change->config[i] && strcmp(change->config[i]->driver->api, api) == 0 &&
                sn_str_is(name, change->config[i]->name))
                return true;
    }
    return false;
}

int sdk_refuse_changing(struct sn_call *call, const char *api, struct sn_str name)
{
    return sn_call_fail(call, SN_ERR_ABORTED, "%s/%.*s is being changed already", api,
                        SN_STR_ARGS(name));
}

static int refuse_busy(struct sn_call *call, const struct sdk_hosted *hosted)
{
    return sdk_refuse_changing(call, hosted->config->driver->api, sn_str_of(hosted->config->name));
}

int sdk_add(struct sn_sdk *sdk, struct sn_call *call, struct sdk_config *take_config)
{
    struct change *change = create(sdk, call, 1);

    if (!change) {
        sdk_config_unref(take_config);
        return SN_ERR_RESOURCE_EXHAUSTED;
    }
    include(change, NULL, take_config);
    go_on(change);
    return SN_PENDING;
}

int sdk_remove(struct sn_sdk *sdk, struct sn_call *call, struct sdk_hosted *hosted)
{
    if (hosted->busy)
        return refuse_busy(call, hosted);
    struct change *change = create(sdk, call, 1);
    if (!change)
        return SN_ERR_RESOURCE_EXHAUSTED;
    include(change, hosted, NULL);
    go_on(change);
    return SN_PENDING;
}

/* ---- reconfiguring ---- */

/* In place: the config is the new one while the driver looks at it. */
struct in_place {
    struct sn_call call; /* first; a child of the asker */
    struct sn_call *asker;
    struct sdk_hosted *hosted;
    struct sdk_config *old;
    struct sn_resource **old_depends;
};

static int start_in_place(struct sn_call *call)
{
    struct sdk_hosted *hosted = ((struct in_place *)call)->hosted;
    struct sn_resource *resource = sdk_resource_of(hosted);

    return resource->driver->reconfigure(call, resource, hosted->config->attrs);
}

/* Its old config is what an error leaves it with. */
static void end_in_place(struct sn_call *call, int code)
{
    struct in_place *work = (struct in_place *)call;
    struct sdk_hosted *hosted = work->hosted;
    struct sdk_config *last = work->old;
    struct sn_resource **last_depends = work->old_depends;

    if (code) {
        last = hosted->config;
        last_depends = hosted->depends;
        hosted->config = work->old;
        hosted->depends = work->old_depends;
        sn_call_fail(work->asker, code, "%.*s", SN_STR_ARGS(sn_call_text(call, code)));
    }
    sdk_resource_of(hosted)->name = hosted->config->name;
    hosted->busy = false;
    free(last_depends);
    sdk_config_unref(hosted->last);
    hosted->last = last;
    hosted->sdk->changes--;
    struct sn_sdk *sdk = hosted->sdk;
    sn_call_done(work->asker, code);
    sdk_settled(sdk);
}

static int reconfigure_in_place(struct sn_sdk *sdk, struct sn_call *call, struct sdk_hosted *hosted,
                                struct sdk_config *take_config)
{
    struct in_place *work = sn_arena_zalloc(call->arena, sizeof(*work));
    struct sn_resource **depends = sdk_depends_find(hosted, take_config);

    if (!work || !depends) {
        free(depends);
        sdk_config_unref(take_config);
        return SN_ERR_RESOURCE_EXHAUSTED;
    }
    work->asker = call;
    work->hosted = hosted;
    work->old = hosted->config;
    work->old_depends = hosted->depends;
    hosted->config = take_config;
    hosted->depends = depends;
    sdk_resource_of(hosted)->name = take_config->name;
    hosted->busy = true;
    sdk->changes++;
    sn_call_init(&work->call, sdk->options.env, call->arena, call);
    work->call.start = start_in_place;
    work->call.end = end_in_place;
    sn_call_start(&work->call);
    return SN_PENDING;
}

static bool is_included(const struct change *change, const struct sdk_hosted *hosted)
{
    for (size_t i = 0; i < change->count; i++)
        if (sdk_hosted_needs(hosted, change->old[i]))
            return true;
    return false;
}

static int rebuild(struct sn_sdk *sdk, struct sn_call *call, struct sdk_hosted *hosted,
                   struct sdk_config *take_config)
{
    struct change *change = create(sdk, call, sdk->hosted_count);
    struct sn_list *node;

    if (!change) {
        sdk_config_unref(take_config);
        return SN_ERR_RESOURCE_EXHAUSTED;
    }
    include(change, hosted, take_config);
    for (node = hosted->link.next; node != &sdk->hosted; node = node->next) {
        struct sdk_hosted *other = sn_container_of(node, struct sdk_hosted, link);

        /* One that is just changing is told by the machine once more, if it still needs this. */
        if (other->busy || !is_included(change, other))
            continue;
        other->config->refs++;
        include(change, other, other->config);
    }
    go_on(change);
    return SN_PENDING;
}

int sdk_reconfigure(struct sn_sdk *sdk, struct sn_call *call, struct sdk_hosted *hosted,
                    struct sdk_config *take_config)
{
    if (hosted->busy || hosted->config->driver != take_config->driver) {
        const struct sn_driver *driver = take_config->driver;

        sdk_config_unref(take_config);
        if (hosted->busy)
            return refuse_busy(call, hosted);
        return sn_call_fail(call, SN_ERR_FAILED_PRECONDITION,
                            "%s/%s is of model %s; it has to be removed before it can be %s",
                            driver->api, hosted->config->name, hosted->config->driver->model,
                            driver->model);
    }
    return take_config->driver->reconfigure ? reconfigure_in_place(sdk, call, hosted, take_config)
                                            : rebuild(sdk, call, hosted, take_config);
}

/* ---- the end ---- */

void sdk_close_all(struct sn_sdk *sdk)
{
    struct change *change = create(sdk, NULL, sdk->hosted_count + 1);
    struct sn_list *node;

    if (!change) /* the process ends without */
        return;
    sn_list_for_each (node, &sdk->hosted) {
        struct sdk_hosted *hosted = sn_container_of(node, struct sdk_hosted, link);

        if (!hosted->busy)
            include(change, hosted, NULL);
    }
    go_on(change);
}
