/* SPDX-License-Identifier: Apache-2.0
 *
 * From a config's entries to what the graph wants: driver found, attributes converted, dependencies
 * listed. Loop thread.
 */
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

static bool same_names(const struct sn_want *a, const struct sn_want *b)
{
    if (a->depends_count != b->depends_count)
        return false;
    for (size_t i = 0; i < a->depends_count; i++)
        if (strcmp(a->depends[i], b->depends[i]) != 0)
            return false;
    return true;
}

bool sn_want_same(const struct sn_want *a, const struct sn_want *b)
{
    const struct sn_config_resource *x = ((const struct sn_robot_want *)a)->entry;
    const struct sn_config_resource *y = ((const struct sn_robot_want *)b)->entry;

    return x == y || (strcmp(x->model, y->model) == 0 && same_json(x->attributes, y->attributes) &&
                      same_json(x->frame, y->frame) && same_names(a, b) && !a->error == !b->error);
}

static int list_dependencies(struct sn_robot_want *want, struct sn_arena *arena)
{
    const struct sn_config_strings *given = &want->entry->depends_on;
    struct sn_attr_names implied = {0};
    size_t count = 0;

    if (want->driver && want->driver->attrs &&
        sn_attrs_dependencies(want->driver->attrs, want->entry->attributes, arena, &implied))
        return SN_ERR_RESOURCE_EXHAUSTED;
    const char **names =
        sn_arena_alloc(arena, (given->count + implied.count) * sizeof(const char *));
    if (!names)
        return SN_ERR_RESOURCE_EXHAUSTED;
    for (size_t i = 0; i < given->count; i++)
        names[count++] = given->v[i];
    for (size_t i = 0; i < implied.count; i++)
        names[count++] = implied.v[i];
    want->want.depends = names;
    want->want.depends_count = count;
    return 0;
}

static int add(struct sn_generation *generation, const struct sn_registry *registry,
               const struct sn_config_resource *entry)
{
    struct sn_robot_want *want = &generation->wants[generation->count++];
    struct sn_error error = {0};

    want->entry = entry;
    want->generation = generation;
    want->want.api = entry->api;
    want->want.name = entry->name;
    if (sn_registry_resolve(registry, entry, &generation->arena, &want->driver, &want->attrs,
                            &error)) {
        struct sn_str text = sn_arena_copy(&generation->arena, sn_str_of(error.text));

        want->want.error = text.ptr ? text.ptr : "out of memory";
        return 0;
    }
    return list_dependencies(want, &generation->arena);
}

/* Two entries of one API and name: both are left out, as upstream does, since nobody could tell
 * which one is meant. */
static bool is_duplicate(const struct sn_config *config, const struct sn_config_resource *entry)
{
    size_t found = 0;

    for (size_t i = 0; i < config->components.count; i++)
        found += strcmp(config->components.v[i].name, entry->name) == 0 &&
                 strcmp(config->components.v[i].api, entry->api) == 0;
    for (size_t i = 0; i < config->services.count; i++)
        found += strcmp(config->services.v[i].name, entry->name) == 0 &&
                 strcmp(config->services.v[i].api, entry->api) == 0;
    return found > 1;
}

static int add_all(struct sn_generation *generation, const struct sn_robot_options *options,
                   const struct sn_config_resource *entries, size_t count)
{
    struct sn_logger *log = sn_logger_get("rdk");
    int code = 0;

    for (size_t i = 0; i < count && !code; i++) {
        if (is_duplicate(generation->config, &entries[i]))
            sn_log_error(log, "two resources have the name %s/%s; neither is used", entries[i].api,
                         entries[i].name);
        else if (options->untrusted && strcmp(entries[i].api, SN_API_SHELL) == 0)
            sn_log_error(log, "shell service disabled in an untrusted environment");
        else
            code = add(generation, options->registry, &entries[i]);
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
        if (strcmp(config->services.v[i].name, entry->name) == 0 &&
            strcmp(config->services.v[i].api, entry->api) == 0)
            return true;
    return false;
}

/* A registry without the driver is a test's. */
static int add_defaults(struct sn_generation *generation, const struct sn_registry *registry)
{
    int code = 0;

    for (size_t i = 0; i < DEFAULT_COUNT && !code; i++)
        if (!is_configured(generation->config, &defaults[i]) &&
            sn_registry_find(registry, defaults[i].api, defaults[i].model))
            code = add(generation, registry, &defaults[i]);
    return code;
}

struct sn_generation *sn_generation_create(const struct sn_robot_options *options,
                                           struct sn_config *take_config)
{
    struct sn_generation *generation = calloc(1, sizeof(*generation));

    if (!generation) {
        sn_config_destroy(take_config);
        return NULL;
    }
    generation->config = take_config;
    generation->refs = 1;
    sn_arena_init(&generation->arena, options->env->blocks, GENERATION_MEMORY_MAX);
    size_t count = take_config->components.count + take_config->services.count;
    generation->wants = calloc(count + DEFAULT_COUNT, sizeof(*generation->wants));
    if (!generation->wants ||
        add_all(generation, options, take_config->components.v, take_config->components.count) ||
        add_all(generation, options, take_config->services.v, take_config->services.count) ||
        add_defaults(generation, options->registry)) {
        sn_generation_unref(generation);
        return NULL;
    }
    return generation;
}
