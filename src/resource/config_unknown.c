/* SPDX-License-Identifier: Apache-2.0
 *
 * Keys of a config that nothing reads. Upstream is silent about them, and so an entry with a typing
 * mistake works, but not as it was meant.
 */
#include "resource/config_unknown.h"

#include "resource/config_parts.h"

#include <stdio.h>
#include <strings.h>

struct search {
    void (*report)(void *owner, const char *text);
    void *owner;
    size_t found;
};

/* ---- texts ---- */

struct text {
    char bytes[1024];
    size_t len;
};

static void SN_PRINTF(2, 3) append(struct text *text, const char *format, ...)
{
    size_t room = sizeof(text->bytes) - text->len;
    va_list args;

    va_start(args, format);
    int n = vsnprintf(text->bytes + text->len, room, format, args);
    va_end(args);
    if (n > 0)
        text->len += (size_t)n < room ? (size_t)n : room - 1;
}

static void append_path(struct text *text, const struct sn_shape_path *path)
{
    if (path->up) {
        append_path(text, path->up);
        append(text, ".");
    }
    if (path->key)
        append(text, "%.60s", path->key);
    else
        append(text, "%zu", path->index);
}

static void begin(struct text *text, const struct sn_shape_path *path, const char *key)
{
    text->len = 0;
    append(text, "unknown key \"%.60s\" in ", key);
    if (path)
        append_path(text, path);
    else
        append(text, "the config");
    append(text, " is ignored; ");
}

/* True: to be told in full. */
static bool is_told(struct search *search)
{
    return search->found++ < SN_CONFIG_UNKNOWN_MAX;
}

/* ---- sections and entries ---- */

static void tell_key(struct search *search, const struct sn_shape *table,
                     const struct sn_shape_path *path, const char *key)
{
    struct text text;
    const char *before = "there are ";

    if (!is_told(search))
        return;
    begin(&text, path, key);
    for (const struct sn_shape *row = table; row->type == SN_SHAPE_SELF || row->key; row++) {
        if (!row->key)
            continue;
        append(&text, "%s%s", before, row->key);
        before = ", ";
    }
    search->report(search->owner, text.bytes);
}

static void search_table(struct search *search, const struct sn_shape *table, json_t *json,
                         const struct sn_shape_path *path);

/* Objects whose rows are only checked (frames) have other keys too. */
static void search_row(struct search *search, const struct sn_shape *row, json_t *value,
                       const struct sn_shape_path *path)
{
    if (row->type == SN_SHAPE_STRUCT || row->type == SN_SHAPE_POINTER)
        search_table(search, row->sub, value, path);
    for (size_t i = 0; row->type == SN_SHAPE_STRUCTS && i < json_array_size(value); i++)
        search_table(search, row->sub, json_array_get(value, i),
                     &(struct sn_shape_path){path, NULL, i});
}

static void search_table(struct search *search, const struct sn_shape *table, json_t *json,
                         const struct sn_shape_path *path)
{
    const char *key;
    json_t *value;

    json_object_foreach(json, key, value)
    {
        const struct sn_shape *row = sn_shape_find(table, key);

        if (row)
            search_row(search, row, value, &(struct sn_shape_path){path, key, 0});
        else if (table != sn_shape_isolation) /* there it is an error */
            tell_key(search, table, path, key);
    }
}

/* ---- attributes ---- */

static const struct sn_attr *find_attr(const struct sn_attr *table, const char *key)
{
    for (; table && table->key; table++)
        if (strcasecmp(table->key, key) == 0)
            return table;
    return NULL;
}

static void tell_attr(struct search *search, const struct sn_attr *table,
                      const struct sn_shape_path *path, const char *key, const char *model)
{
    struct text text;
    const char *before = "has ";

    if (!is_told(search))
        return;
    begin(&text, path, key);
    append(&text, "%.120s ", model);
    for (const struct sn_attr *row = table; row && row->key; row++) {
        append(&text, "%s%s", before, row->key);
        before = ", ";
    }
    if (!table || !table->key)
        append(&text, "takes none");
    search->report(search->owner, text.bytes);
}

static void search_attrs(struct search *search, const struct sn_attr *table, json_t *json,
                         const struct sn_shape_path *path, const char *model);

static void search_attr(struct search *search, const struct sn_attr *row, json_t *value,
                        const struct sn_shape_path *path, const char *model)
{
    const char *key;
    json_t *member;

    if (row->type == SN_ATTR_OBJECT)
        search_attrs(search, row->sub, value, path, model);
    for (size_t i = 0; row->type == SN_ATTR_OBJECTS && i < json_array_size(value); i++)
        search_attrs(search, row->sub, json_array_get(value, i),
                     &(struct sn_shape_path){path, NULL, i}, model);
    if (row->type != SN_ATTR_MAP)
        return;
    json_object_foreach(value, key, member)
    {
        search_attrs(search, row->sub, member, &(struct sn_shape_path){path, key, 0}, model);
    }
}

static void search_attrs(struct search *search, const struct sn_attr *table, json_t *json,
                         const struct sn_shape_path *path, const char *model)
{
    const char *key;
    json_t *value;

    json_object_foreach(json, key, value)
    {
        const struct sn_attr *row = find_attr(table, key);

        if (row)
            search_attr(search, row, value, &(struct sn_shape_path){path, key, 0}, model);
        else
            tell_attr(search, table, path, key, model);
    }
}

static void search_entry(struct search *search, const struct sn_registry *registry,
                         const struct sn_config_resource *entry)
{
    const struct sn_driver *driver = sn_registry_find(registry, entry->api, entry->model);
    struct sn_shape_path path = {NULL, entry->path, 0};

    if (driver)
        search_attrs(search, driver->attrs, entry->attributes,
                     &(struct sn_shape_path){&path, "attributes", 0}, driver->model);
}

void sn_config_unknown(const struct sn_config *config, const struct sn_registry *registry,
                       void (*report)(void *owner, const char *text), void *owner)
{
    struct search search = {report, owner, 0};
    char text[64];

    search_table(&search, sn_shape_config, config->json, NULL);
    for (size_t i = 0; i < config->components.count; i++)
        search_entry(&search, registry, &config->components.v[i]);
    for (size_t i = 0; i < config->services.count; i++)
        search_entry(&search, registry, &config->services.v[i]);
    if (search.found <= SN_CONFIG_UNKNOWN_MAX)
        return;
    snprintf(text, sizeof(text), "%zu more unknown keys are ignored",
             search.found - SN_CONFIG_UNKNOWN_MAX);
    report(owner, text);
}
