/* SPDX-License-Identifier: Apache-2.0
 *
 * Placeholders: every string of certain sections is looked at, those that hold one are replaced in
 * their JSON. Source: modules.md section 7, the reference server's texts.
 */
#include "resource/config_place.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Bytes of problems told at once; more are cut. */
enum { PROBLEMS_MAX = 16 << 10, PART_MAX = 255 };

/* A text that grows. */
struct text {
    char *ptr;
    size_t len, size;
    bool failed;
};

struct placing {
    const struct sn_config *config;
    const char *viam_home;
    const char *(*lookup)(const char *name);
    struct text problems;
    bool failed; /* out of memory */
};

static void put(struct text *text, struct sn_str bytes)
{
    if (text->failed)
        return;
    if (!text->ptr || text->len + bytes.len + 1 > text->size) {
        size_t size = 2 * (text->len + bytes.len) + 64;
        char *ptr = realloc(text->ptr, size);

        if (!ptr) {
            text->failed = true;
            return;
        }
        text->ptr = ptr;
        text->size = size;
    }
    if (bytes.len)
        memcpy(text->ptr + text->len, bytes.ptr, bytes.len);
    text->len += bytes.len;
    text->ptr[text->len] = '\0';
}

static SN_PRINTF(2, 3) void complain(struct placing *placing, const char *format, ...)
{
    struct sn_error problem;
    va_list args;

    if (placing->problems.len > PROBLEMS_MAX)
        return;
    va_start(args, format);
    sn_error_vset(&problem, SN_ERR_INVALID_ARGUMENT, format, args);
    va_end(args);
    if (placing->problems.len)
        put(&placing->problems, SN_STR("; "));
    put(&placing->problems, sn_str_of(problem.text));
}

/* ---- what stands for what ---- */

static const struct sn_config_package *find_package(const struct sn_config *config,
                                                    struct sn_str name)
{
    for (size_t i = 0; i < config->packages.count; i++)
        if (!config->packages.v[i].invalid && sn_str_is(name, config->packages.v[i].name))
            return &config->packages.v[i];
    return NULL;
}

static void put_replaced(struct text *out, const char *text, char from, const char *to)
{
    for (const char *end; *text; text = *end ? end + 1 : end) {
        end = strchr(text, from);
        end = end ? end : text + strlen(text);
        put(out, (struct sn_str){text, (size_t)(end - text)});
        if (*end)
            put(out, sn_str_of(to));
    }
}

/* <viam home>/packages/data/<type>/<package>-<version> */
static void put_folder(struct text *out, const struct placing *placing,
                       const struct sn_config_package *package)
{
    put(out, sn_str_of(placing->viam_home));
    put(out, SN_STR("/packages/data/"));
    put(out, sn_str_of(package->type));
    put(out, SN_STR("/"));
    put_replaced(out, package->package, '/', "-");
    put(out, SN_STR("-"));
    put_replaced(out, package->version, '.', "_");
}

/* `rest` is what follows "packages.": a name, or a type, a dot and a name. */
static bool put_package(struct text *out, struct placing *placing, struct sn_str key,
                        struct sn_str rest)
{
    const char *dot = memchr(rest.ptr, '.', rest.len);
    struct sn_str type = SN_STR("ml_model"), name = rest;

    if (dot) {
        type = (struct sn_str){rest.ptr, (size_t)(dot - rest.ptr)};
        name = (struct sn_str){dot + 1, rest.len - type.len - 1};
    }
    const struct sn_config_package *package = find_package(placing->config, name);
    if (!package) {
        complain(placing, "failed to find a package named \"%.*s\" for placeholder \"%.*s\"",
                 SN_STR_ARGS(name), SN_STR_ARGS(key));
        return false;
    }
    if (!sn_str_is(type, package->type)) {
        complain(placing,
                 "placeholder \"%.*s\" is looking for a package of type \"%.*s\" but a package of "
                 "type \"%s\" was found. Try \"packages.%s.%s\"",
                 SN_STR_ARGS(key), SN_STR_ARGS(type), package->type, package->type, package->name);
        return false;
    }
    put_folder(out, placing, package);
    return true;
}

static bool put_variable(struct text *out, struct placing *placing, struct sn_str key,
                         struct sn_str name)
{
    char copy[PART_MAX + 1] = "";

    if (name.len <= PART_MAX && name.len)
        memcpy(copy, name.ptr, name.len);
    const char *value = *copy ? placing->lookup(copy) : NULL;
    if (!value) {
        complain(placing, "no environment variable named \"%.*s\" for placeholder \"%.*s\"",
                 SN_STR_ARGS(name), SN_STR_ARGS(key));
        return false;
    }
    put(out, sn_str_of(value));
    return true;
}

static bool put_value(struct text *out, struct placing *placing, struct sn_str key)
{
    static const struct {
        struct sn_str prefix;
        bool (*put)(struct text *out, struct placing *placing, struct sn_str key,
                    struct sn_str rest);
    } kinds[] = {{SN_STR("packages."), put_package}, {SN_STR("environment."), put_variable}};

    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        size_t len = kinds[i].prefix.len;

        if (sn_str_has_prefix(key, kinds[i].prefix))
            return kinds[i].put(out, placing, key, (struct sn_str){key.ptr + len, key.len - len});
    }
    complain(placing, "invalid placeholder \"${%.*s}\"", SN_STR_ARGS(key));
    return false;
}

/* ---- where they stand ---- */

/* A new reference to what `string` becomes; NULL when nothing in it is replaced. */
static json_t *replaced(struct placing *placing, const json_t *string)
{
    const char *text = json_string_value(string), *begin;
    struct text out = {0};
    bool changed = false;

    while ((begin = strstr(text, "${"))) {
        const char *end = strchr(begin + 2, '}');

        if (!end)
            break;
        struct sn_str key = {begin + 2, (size_t)(end - begin) - 2};
        put(&out, (struct sn_str){text, (size_t)(begin - text)});
        if (put_value(&out, placing, key))
            changed = true;
        else
            put(&out, (struct sn_str){begin, (size_t)(end - begin) + 1});
        text = end + 1;
    }
    put(&out, sn_str_of(text));
    json_t *result = changed && !out.failed ? json_stringn(out.ptr, out.len) : NULL;
    placing->failed |= out.failed || (changed && !result);
    free(out.ptr);
    return result;
}

static void place(struct placing *placing, json_t *json);

static void place_members(struct placing *placing, json_t *object)
{
    const char *key;
    json_t *value;

    json_object_foreach(object, key, value)
    {
        json_t *result = json_is_string(value) ? replaced(placing, value) : NULL;

        if (result) /* of an existing key: the walk goes on */
            placing->failed |= json_object_set_new(object, key, result) != 0;
        else
            place(placing, value);
    }
}

/* As deep as a config may be: SN_CONFIG_DEPTH_MAX. */
static void place(struct placing *placing, json_t *json)
{
    if (json_is_object(json))
        place_members(placing, json);
    for (size_t i = 0; i < json_array_size(json); i++) {
        json_t *value = json_array_get(json, i);
        json_t *result = json_is_string(value) ? replaced(placing, value) : NULL;

        if (result)
            placing->failed |= json_array_set_new(json, i, result) != 0;
        else
            place(placing, value);
    }
}

static void place_path(struct placing *placing, struct sn_config_module *module)
{
    json_t *path = json_string(module->executable_path);
    json_t *result = path ? replaced(placing, path) : NULL;

    json_decref(path);
    if (!result)
        return;
    /* The entry keeps the text alive, and shows that it has changed when the value does. */
    placing->failed |= json_object_set_new(module->json, "executable_path", result) != 0;
    const char *text = json_string_value(json_object_get(module->json, "executable_path"));
    module->executable_path = text ? text : module->executable_path;
}

int sn_config_place(struct sn_config *config, const char *viam_home,
                    const char *(*lookup)(const char *name), char **ret_problems)
{
    struct placing placing = {.config = config, .viam_home = viam_home, .lookup = lookup};

    for (size_t i = 0; i < config->components.count; i++)
        place(&placing, config->components.v[i].attributes);
    for (size_t i = 0; i < config->services.count; i++)
        place(&placing, config->services.v[i].attributes);
    for (size_t i = 0; i < config->modules.count; i++) {
        place_path(&placing, &config->modules.v[i]);
        place(&placing, config->modules.v[i].env);
    }
    *ret_problems = placing.problems.ptr;
    return placing.failed || placing.problems.failed ? SN_ERR_RESOURCE_EXHAUSTED : 0;
}
