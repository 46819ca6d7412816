/* SPDX-License-Identifier: Apache-2.0
 *
 * The table of drivers and what it says about entries of a config.
 */
#include "resource/registry.h"

#include "base/heap.h"
#include "resource/name.h"

#include <stdio.h>
#include <stdlib.h>

/* Attributes of one resource are a few hundred bytes. */
enum { SCRATCH_MAX = 64 << 20 };

static int compare(const struct sn_driver *driver, const char *api, const char *model)
{
    int order = strcmp(driver->api, api);

    return order ? order : strcmp(driver->model, model);
}

static int compare_drivers(const void *a, const void *b)
{
    const struct sn_driver *other = *(const struct sn_driver *const *)b;

    return compare(*(const struct sn_driver *const *)a, other->api, other->model);
}

/* An arena for what is only looked at and thrown away. */
struct scratch {
    struct sn_block_pool pool;
    struct sn_arena arena;
};

static void scratch_init(struct scratch *scratch)
{
    sn_block_pool_init(&scratch->pool, &sn_heap, 1);
    sn_arena_init(&scratch->arena, &scratch->pool, SCRATCH_MAX);
}

static void scratch_fini(struct scratch *scratch)
{
    sn_arena_fini(&scratch->arena);
    sn_block_pool_fini(&scratch->pool);
}

/* ---- what a driver must be ---- */

static size_t member_size(const struct sn_attr *row)
{
    switch (row->type) {
    case SN_ATTR_BOOL:
        return sizeof(bool);
    case SN_ATTR_INT:
        return sizeof(int64_t);
    case SN_ATTR_UINT:
        return sizeof(uint32_t);
    case SN_ATTR_NUMBER:
        return sizeof(double);
    case SN_ATTR_STRING:
    case SN_ATTR_JSON:
        return sizeof(struct sn_str);
    case SN_ATTR_STRUCT:
        return sizeof(struct pb_google_struct *);
    case SN_ATTR_STRINGS:
    case SN_ATTR_OBJECTS:
    case SN_ATTR_MAP:
        return sizeof(struct sn_attr_list);
    case SN_ATTR_OBJECT:
        return row->sub_size;
    }
    return SIZE_MAX;
}

static const char *table_problem(const struct sn_attr *table, size_t size)
{
    const char *problem = NULL;

    for (const struct sn_attr *row = table; !problem && row->key; row++) {
        bool nested =
            row->type == SN_ATTR_OBJECT || row->type == SN_ATTR_OBJECTS || row->type == SN_ATTR_MAP;
        size_t member = member_size(row);

        if (member > size || row->offset > size - member)
            return "an attribute lies outside of its struct";
        if (nested != (row->sub != NULL) || nested != (row->sub_size != 0))
            return "an attribute's sub and sub_size don't fit its type";
        if (row->dependency && row->type != SN_ATTR_STRING && row->type != SN_ATTR_STRINGS)
            return "an attribute that names resources is no string";
        if (row->optional && (!row->dependency || row->required))
            return "an attribute that is optional is no dependency, or required";
        if (nested)
            problem = table_problem(row->sub, row->sub_size);
    }
    return problem;
}

static const char *preset_problem(const struct sn_driver *driver)
{
    struct scratch scratch;
    void *attrs;

    scratch_init(&scratch);
    int err =
        sn_attrs_decode(driver->attrs, driver->attrs_size, NULL, &scratch.arena, &attrs, NULL);
    scratch_fini(&scratch);
    return err ? "the preset of an attribute has the wrong type" : NULL;
}

const char *sn_driver_problem(const struct sn_driver *driver)
{
    struct sn_triplet triplet;

    if (!driver->api || sn_triplet_parse(sn_str_of(driver->api), &triplet))
        return "its API is no triplet";
    if (!driver->model || sn_triplet_parse(sn_str_of(driver->model), &triplet))
        return "its model is no triplet";
    if (!driver->ops)
        return "it has no ops";
    if (driver->size < sizeof(struct sn_resource))
        return "its object is smaller than a resource";
    if (!driver->attrs)
        return driver->attrs_size ? "it has a struct of attributes but no table" : NULL;
    const char *problem = table_problem(driver->attrs, driver->attrs_size);
    return problem ? problem : preset_problem(driver);
}

static void die(const struct sn_driver *driver, const char *problem)
{
    fprintf(stderr, "driver %s of %s: %s\n", driver->model ? driver->model : "?",
            driver->api ? driver->api : "?", problem);
    abort();
}

void sn_registry_add(struct sn_registry *registry, const struct sn_driver *const *drivers,
                     size_t count)
{
    size_t total = registry->count + count;

    registry->drivers = realloc(registry->drivers, (total + 1) * sizeof(*registry->drivers));
    if (!registry->drivers)
        abort();
    for (size_t i = 0; i < count; i++) {
        const char *problem = sn_driver_problem(drivers[i]);

        if (problem)
            die(drivers[i], problem);
        registry->drivers[registry->count++] = drivers[i];
    }
    qsort(registry->drivers, total, sizeof(*registry->drivers), compare_drivers);
    for (size_t i = 1; i < total; i++) {
        if (compare_drivers(&registry->drivers[i - 1], &registry->drivers[i]) == 0)
            die(registry->drivers[i], "there are two of it");
    }
}

void sn_registry_fini(struct sn_registry *registry)
{
    free(registry->drivers);
    *registry = (struct sn_registry){0};
}

const struct sn_driver *sn_registry_find(const struct sn_registry *registry, const char *api,
                                         const char *model)
{
    size_t low = 0, high = registry->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = compare(registry->drivers[middle], api, model);

        if (order == 0)
            return registry->drivers[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

/* ---- entries ---- */

int sn_depend_on(struct sn_depends *depends, struct sn_str name, bool optional)
{
    struct sn_attr_names *names = optional ? &depends->optional : &depends->required;
    size_t size = names->count * sizeof(*names->v);

    if (name.len == 0)
        return 0;
    const char **v = sn_arena_realloc(depends->arena, names->v, size, size + sizeof(*v));
    struct sn_str copy = sn_arena_copy(depends->arena, name);
    if (!v || !copy.ptr)
        return SN_ERR_RESOURCE_EXHAUSTED;
    v[names->count++] = copy.ptr;
    names->v = v;
    return 0;
}

int sn_driver_depends(const struct sn_driver *driver, const json_t *json, const void *attrs,
                      struct sn_arena *arena, struct sn_depends *ret_depends)
{
    *ret_depends = (struct sn_depends){.arena = arena};
    int code = sn_attrs_dependencies(driver->attrs, json, false, arena, &ret_depends->required);

    if (!code)
        code = sn_attrs_dependencies(driver->attrs, json, true, arena, &ret_depends->optional);
    return code || !driver->depends ? code : driver->depends(attrs, ret_depends);
}

static int check_entry(const struct sn_registry *registry, const struct sn_config_resource *entry,
                       struct sn_error *error)
{
    const struct sn_driver *driver = sn_registry_find(registry, entry->api, entry->model);
    struct scratch scratch;
    struct sn_error cause;
    void *attrs;

    if (!driver)
        return 0;
    scratch_init(&scratch);
    int err = sn_attrs_decode(driver->attrs, driver->attrs_size, entry->attributes, &scratch.arena,
                              &attrs, &cause);
    scratch_fini(&scratch);
    if (!err)
        return 0;
    return sn_error_set(error, err,
                        "failed to process Config: error converting attributes for (%s, %s): %s",
                        entry->api, entry->model, cause.text);
}

int sn_registry_check(const struct sn_registry *registry, const struct sn_config *config,
                      struct sn_error *error)
{
    int err = 0;

    for (size_t i = 0; !err && i < config->components.count; i++)
        err = check_entry(registry, &config->components.v[i], error);
    for (size_t i = 0; !err && i < config->services.count; i++)
        err = check_entry(registry, &config->services.v[i], error);
    return err;
}

/* Appends the models an API has here, as far as they fit. */
static void list_models(const struct sn_registry *registry, const char *api, char *text,
                        size_t size)
{
    size_t len = 0;

    *text = '\0';
    for (size_t i = 0; i < registry->count; i++) {
        const struct sn_driver *driver = registry->drivers[i];

        if (strcmp(driver->api, api) != 0)
            continue;
        int n = snprintf(text + len, size - len, "%s%s", len ? ", " : "", driver->model);
        if (n < 0 || (size_t)n >= size - len) {
            text[len] = '\0';
            return;
        }
        len += (size_t)n;
    }
}

static int fail_unknown(const struct sn_registry *registry, const struct sn_config_resource *entry,
                        struct sn_error *error)
{
    char models[512];

    list_models(registry, entry->api, models, sizeof(models));
    return sn_error_set(
        error, SN_ERR_NOT_FOUND,
        "resource build error: unknown resource type: API %s with model %s not "
        "registered; There may be no module in config that provides this model%s%s%s",
        entry->api, entry->model,
        *models ? " (models of that API here: " : " (no model of that API here", models, ")");
}

static int fail_entry(const char *cause, struct sn_error *error)
{
    return sn_error_set(error, SN_ERR_INVALID_ARGUMENT, "resource config validation error: %.980s",
                        cause);
}

/* Most of upstream's drivers put the entry's path before what they find. */
static int fail_validation(int code, const char *path, const char *cause, struct sn_error *error)
{
    if (code == SN_ERR_NOT_FOUND)
        return sn_error_set(
            error, SN_ERR_INVALID_ARGUMENT,
            "Error validating, missing required field. Path: \"%.64s\" Field: \"%.64s\"", path,
            cause);
    if (code == SN_ERR_UNKNOWN)
        return sn_error_set(error, SN_ERR_INVALID_ARGUMENT, "%.980s", cause);
    return sn_error_set(error, SN_ERR_INVALID_ARGUMENT,
                        "Error validating. Path: \"%.64s\" Error: %.800s", path, cause);
}

int sn_driver_attrs(const struct sn_driver *driver, const json_t *json, const char *path,
                    struct sn_arena *arena, void **ret_attrs, struct sn_error *error)
{
    struct sn_error cause = {0};
    int err = sn_attrs_decode(driver->attrs, driver->attrs_size, json, arena, ret_attrs, error);

    if (!err)
        err = sn_attrs_check(driver->attrs, json, path, error);
    if (err)
        return err;
    err = driver->validate ? driver->validate(*ret_attrs, &cause) : 0;
    return err ? fail_validation(err, path, cause.text, error) : 0;
}

int sn_registry_resolve(const struct sn_registry *registry, const struct sn_config_resource *entry,
                        struct sn_arena *arena, const struct sn_driver **ret_driver,
                        void **ret_attrs, struct sn_error *error)
{
    const struct sn_driver *driver = sn_registry_find(registry, entry->api, entry->model);
    struct sn_error cause = {0};
    void *attrs;

    if (entry->invalid)
        return fail_entry(entry->invalid, error);
    if (!driver)
        return fail_unknown(registry, entry, error);
    if (sn_driver_attrs(driver, entry->attributes, entry->path, arena, &attrs, &cause))
        return fail_entry(cause.text, error);
    *ret_driver = driver;
    *ret_attrs = attrs;
    return 0;
}
