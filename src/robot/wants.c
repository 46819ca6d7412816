/* SPDX-License-Identifier: Apache-2.0
 *
 * From a config's entries to what the graph wants: driver found, attributes converted, dependencies
 * listed. Loop thread.
 */
#include "base/by_name.h"
#include "resource/attr.h"
#include "robot/robot_private.h"
#include "sinew/api/shell.h"

#include <stdlib.h>

/* Attributes, texts and lists of one config: its text has a limit too. */
enum { GENERATION_MEMORY_MAX = 512 << 20 };

void sn_generation_unref(struct sn_generation *generation)
{
    if (!generation || --generation->refs)
        return;
    for (size_t i = 0; generation->wants && i < generation->count; i++)
        sn_run_unref(generation->wants[i].run);
    sn_config_destroy(generation->config);
    sn_arena_fini(&generation->arena);
    free(generation->wants);
    free(generation);
}

/* Equal but for what concerns others: data capture belongs to the data manager's config. */
static bool same_json(const json_t *a, const json_t *b)
{
    return a == b || (a && b && json_equal(a, b));
}

static bool same_list(const char *const *a, size_t a_count, const char *const *b, size_t b_count)
{
    if (a_count != b_count)
        return false;
    for (size_t i = 0; i < a_count; i++)
        if (strcmp(a[i], b[i]) != 0)
            return false;
    return true;
}

static bool same_names(const struct sn_want *a, const struct sn_want *b)
{
    return same_list(a->depends, a->depends_count, b->depends, b->depends_count) &&
           same_list(a->optional, a->optional_count, b->optional, b->optional_count);
}

static bool same_error(const struct sn_want *a, const struct sn_want *b)
{
    return a->waiting == b->waiting && !a->error == !b->error &&
           (!a->error || strcmp(a->error, b->error) == 0);
}

static bool same_entry(const struct sn_config_resource *x, const struct sn_config_resource *y)
{
    return x == y || (strcmp(x->model, y->model) == 0 && same_json(x->attributes, y->attributes) &&
                      same_json(x->frame, y->frame));
}

/* A module that was started again has drivers of its own: nothing of the old ones stays. */
bool sn_want_same(const struct sn_want *a, const struct sn_want *b)
{
    const struct sn_robot_want *x = (const struct sn_robot_want *)a;
    const struct sn_robot_want *y = (const struct sn_robot_want *)b;

    return x->driver == y->driver && same_error(a, b) && same_names(a, b) &&
           same_entry(x->entry, y->entry);
}

/* Those of the entry, then those that its attributes, or its module, imply. */
static int set_dependencies(struct sn_robot_want *want, const char *const *implied,
                            size_t implied_count, struct sn_arena *arena)
{
    const struct sn_config_strings *given = &want->entry->depends_on;
    size_t count = 0;
    const char **names =
        sn_arena_alloc(arena, (given->count + implied_count + 1) * sizeof(const char *));

    if (!names)
        return SN_ERR_RESOURCE_EXHAUSTED;
    for (size_t i = 0; i < given->count; i++)
        names[count++] = given->v[i];
    for (size_t i = 0; i < implied_count; i++)
        names[count++] = implied[i];
    want->want.depends = names;
    want->want.depends_count = count;
    return 0;
}

static int list_dependencies(struct sn_robot_want *want, struct sn_arena *arena)
{
    struct sn_depends depends;
    int code =
        sn_driver_depends(want->driver, want->entry->attributes, want->attrs, arena, &depends);

    if (code)
        return code;
    want->want.optional = depends.optional.v;
    want->want.optional_count = depends.optional.count;
    return set_dependencies(want, depends.required.v, depends.required.count, arena);
}

static void refuse(struct sn_robot_want *want, const char *why, struct sn_arena *arena)
{
    struct sn_str text = sn_arena_copy(arena, sn_str_of(why));

    want->want.error = text.ptr ? text.ptr : "out of memory";
}

/* A model that isn't built in: a module may have it. */
static int ask_modules(struct sn_robot_want *want, struct sn_host *host, struct sn_arena *arena)
{
    struct sn_host_offer offer;

    sn_host_resolve(host, want->entry, arena, &offer);
    want->driver = offer.driver;
    want->attrs = offer.attrs;
    want->run = offer.run;
    want->down = offer.down;
    want->want.error = offer.error;
    want->want.waiting = offer.waiting;
    want->want.optional = offer.optional.v;
    want->want.optional_count = offer.optional.count;
    return set_dependencies(want, offer.depends.v, offer.depends.count, arena);
}

static int add(struct sn_generation *generation, const struct sn_robot *robot,
               const struct sn_config_resource *entry)
{
    const struct sn_registry *registry = robot->options.registry;
    struct sn_robot_want *want = &generation->wants[generation->count++];
    struct sn_error error = {0};

    want->entry = entry;
    want->generation = generation;
    want->want.api = entry->api;
    want->want.name = entry->name;
    if (robot->host && sn_host_count(robot->host) && !entry->invalid &&
        !sn_registry_find(registry, entry->api, entry->model))
        return ask_modules(want, robot->host, &generation->arena);
    int code = sn_registry_resolve(registry, entry, &generation->arena, &want->driver, &want->attrs,
                                   &error);
    if (!code)
        return list_dependencies(want, &generation->arena);
    refuse(want, error.text, &generation->arena);
    return 0;
}

static bool same_place(const struct sn_config_resource *a, const struct sn_config_resource *b)
{
    return strcmp(a->name, b->name) == 0 && strcmp(a->api, b->api) == 0;
}

/* ---- entries by name ---- */

struct named {
    struct sn_name_link by_name; /* first */
    const struct sn_config_resource *entry;
};

/* All of a config; `v` is in its order. */
struct names {
    struct sn_by_name index;
    struct named *v;
    size_t count;
};

static int name_all(struct names *names, const struct sn_config_resource *entries, size_t count)
{
    int code = 0;

    for (size_t i = 0; i < count && !code; i++) {
        struct named *named = &names->v[names->count++];

        named->entry = &entries[i];
        named->by_name.name = entries[i].name;
        code = sn_by_name_add(&names->index, &named->by_name);
    }
    return code;
}

/* How many have the API and name of `entry`, and the first of them. */
static size_t count_namesakes(const struct names *names, const struct sn_config_resource *entry,
                              const struct named **ret_first)
{
    const struct sn_name_link *at = sn_by_name_find(&names->index, entry->name);
    size_t count = 0;

    for (; at; at = sn_by_name_next(at)) {
        const struct named *named = (const struct named *)at;

        if (!same_place(named->entry, entry))
            continue;
        if (!count++ || named < *ret_first)
            *ret_first = named;
    }
    return count;
}

/* Entries of one API and name are left out, as upstream does, since nobody could tell which one is
 * meant. */
static int add_all(struct sn_generation *generation, const struct sn_robot *robot,
                   const struct names *names, const struct sn_config_resource *entries,
                   size_t count)
{
    struct sn_logger *log = sn_logger_get("rdk");
    int code = 0;

    for (size_t i = 0; i < count && !code; i++) {
        const struct named *first = NULL;
        size_t namesakes = count_namesakes(names, &entries[i], &first);

        if (namesakes > 1 && first->entry == &entries[i])
            sn_log_error(log, "%zu resources have the name %s/%s; none is used", namesakes,
                         entries[i].api, entries[i].name);
        if (namesakes > 1)
            continue;
        if (robot->options.untrusted && strcmp(entries[i].api, SN_API_SHELL) == 0)
            sn_log_error(log, "shell service disabled in an untrusted environment");
        else
            code = add(generation, robot, &entries[i]);
    }
    return code;
}

/* What every machine has, unless its config says otherwise. */
static const struct sn_config_resource defaults[] = {
    {.path = "services",
     .name = "builtin",
     .api = "rdk:service:motion",
     .model = "rdk:builtin:builtin",
     .invalid = NULL},
};
enum { DEFAULT_COUNT = sizeof(defaults) / sizeof(defaults[0]) };

static bool is_configured(const struct sn_config *config, const struct sn_config_resource *entry)
{
    for (size_t i = 0; i < config->services.count; i++)
        if (same_place(&config->services.v[i], entry))
            return true;
    return false;
}

/* A registry without the driver is a test's. */
static int add_defaults(struct sn_generation *generation, const struct sn_robot *robot)
{
    const struct sn_registry *registry = robot->options.registry;
    int code = 0;

    for (size_t i = 0; i < DEFAULT_COUNT && !code; i++)
        if (!is_configured(generation->config, &defaults[i]) &&
            sn_registry_find(registry, defaults[i].api, defaults[i].model))
            code = add(generation, robot, &defaults[i]);
    return code;
}

static int add_entries(struct sn_generation *generation, const struct sn_robot *robot)
{
    const struct sn_config *config = generation->config;
    size_t components = config->components.count, services = config->services.count;
    struct names names = {.v = calloc(components + services + 1, sizeof(struct named))};
    int code =
        names.v ? name_all(&names, config->components.v, components) : SN_ERR_RESOURCE_EXHAUSTED;

    if (!code)
        code = name_all(&names, config->services.v, services);
    if (!code)
        code = add_all(generation, robot, &names, config->components.v, components);
    if (!code)
        code = add_all(generation, robot, &names, config->services.v, services);
    sn_by_name_fini(&names.index);
    free(names.v);
    return code ? code : add_defaults(generation, robot);
}

struct sn_generation *sn_generation_create(const struct sn_robot *robot, struct sn_config *config)
{
    struct sn_generation *generation = calloc(1, sizeof(*generation));

    if (!generation)
        return NULL;
    generation->config = sn_config_ref(config);
    generation->refs = 1;
    sn_arena_init(&generation->arena, robot->options.env->blocks, GENERATION_MEMORY_MAX);
    size_t count = config->components.count + config->services.count;
    generation->wants = calloc(count + DEFAULT_COUNT, sizeof(*generation->wants));
    if (robot->host)
        sn_host_begin_pass(robot->host);
    int code = generation->wants ? add_entries(generation, robot) : SN_ERR_RESOURCE_EXHAUSTED;
    if (robot->host)
        sn_host_end_pass(robot->host);
    if (code) {
        sn_generation_unref(generation);
        return NULL;
    }
    return generation;
}
