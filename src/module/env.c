/* SPDX-License-Identifier: Apache-2.0
 *
 * Environments: a list in which a name stands once.
 */
#include "module/env.h"

#include <string.h>
#include <unistd.h>

extern char **environ;

enum { OWN_MAX = 13 /* names that we add */ };

struct list {
    struct sn_arena *arena;
    const char **v;
    size_t count;
    bool failed; /* out of memory */
};

static void put_text(struct list *list, const char *text, size_t name_len)
{
    size_t i = 0;

    while (i < list->count && strncmp(list->v[i], text, name_len + 1) != 0)
        i++;
    list->v[i] = text;
    list->count += i == list->count;
}

static void put(struct list *list, const char *name, const char *value)
{
    size_t name_len = strlen(name);

    if (!value || list->failed)
        return;
    const char *text = sn_arena_printf(list->arena, "%s=%s", name, value).ptr;
    if (text)
        put_text(list, text, name_len);
    list->failed = !text;
}

static void put_own(struct list *list)
{
    for (size_t i = 0; environ && environ[i]; i++) {
        const char *equals = strchr(environ[i], '=');

        if (equals)
            put_text(list, environ[i], (size_t)(equals - environ[i]));
    }
}

static void put_configured(struct list *list, json_t *env)
{
    const char *name;
    json_t *value;

    json_object_foreach(env, name, value)
    {
        if (*name && !strchr(name, '='))
            put(list, name, json_is_null(value) ? "" : json_string_value(value));
    }
}

const struct sn_config_api_key *sn_module_env_key(const struct sn_config *config)
{
    const struct sn_config_api_key *first = NULL;

    for (size_t i = 0; i < config->auth.api_keys.count; i++)
        if (!first || strcmp(config->auth.api_keys.v[i].id, first->id) < 0)
            first = &config->auth.api_keys.v[i];
    return first;
}

const char *sn_module_env_fqdn(const struct sn_config *config)
{
    return *config->network.fqdn ? config->network.fqdn : config->cloud.fqdn;
}

static const char *if_any(const char *text)
{
    return *text ? text : NULL;
}

static void put_machine(struct list *list, const struct sn_config *config)
{
    const struct sn_config_api_key *key = sn_module_env_key(config);

    put(list, "VIAM_API_KEY_ID", key ? key->id : NULL);
    put(list, "VIAM_API_KEY", key ? key->key : NULL);
    if (!config->cloud.json)
        return;
    put(list, "VIAM_PRIMARY_ORG_ID", if_any(config->cloud.primary_org_id));
    put(list, "VIAM_LOCATION_ID", if_any(config->cloud.location_id));
    put(list, "VIAM_MACHINE_ID", if_any(config->cloud.machine_id));
    put(list, "VIAM_MACHINE_PART_ID", if_any(config->cloud.id));
    put(list, "VIAM_MACHINE_FQDN", if_any(sn_module_env_fqdn(config)));
}

/* With the server's own; room for OWN_MAX and `env`. */
static int begin(struct list *list, const json_t *env)
{
    size_t room = OWN_MAX + json_object_size(env) + 1;

    for (size_t i = 0; environ && environ[i]; i++)
        room++;
    list->v = sn_arena_alloc(list->arena, room * sizeof(*list->v));
    if (!list->v)
        return SN_ERR_RESOURCE_EXHAUSTED;
    put_own(list);
    return 0;
}

static int end(struct list *list, const char *const **ret_env)
{
    list->v[list->count] = NULL;
    *ret_env = list->v;
    return list->failed ? SN_ERR_RESOURCE_EXHAUSTED : 0;
}

int sn_module_env_make(const struct sn_config_module *module, const struct sn_module_env *env,
                       struct sn_arena *arena, const char *const **ret_env)
{
    struct list list = {.arena = arena};

    if (begin(&list, module->env))
        return SN_ERR_RESOURCE_EXHAUSTED;
    put(&list, "VIAM_HOME", env->viam_home);
    put(&list, "VIAM_MODULE_DATA", env->data_dir);
    put(&list, "VIAM_MODULE_NAME", module->name);
    if (strcmp(module->type, "registry") == 0)
        put(&list, "VIAM_MODULE_ID", module->module_id);
    put(&list, "VIAM_MODULE_ROOT", env->root);
    if (env->machine)
        put_machine(&list, env->machine);
    put_configured(&list, module->env);
    put(&list, "VIAM_MODULE_ADDRESS", env->address);
    return end(&list, ret_env);
}

int sn_process_env_make(json_t *env, struct sn_arena *arena, const char *const **ret_env)
{
    struct list list = {.arena = arena};

    if (begin(&list, env))
        return SN_ERR_RESOURCE_EXHAUSTED;
    put_configured(&list, env);
    return end(&list, ret_env);
}
