/* SPDX-License-Identifier: Apache-2.0
 *
 * Components and services of a config: the ways to write an API and a model, and the rules for
 * names.
 */
#include "resource/config_parts.h"
#include "resource/name.h"

#include <stdio.h>

static const char decode_failed[] = "failed to decode Config from json";
/* Upstream notices these two only when it copies the config. */
static const char process_failed[] =
    "failed to process Config: error copying config: error unmarshaling config";
static const char bad_api[] = "not a valid API config string. Input:";
static const char bad_model[] = "not a valid Model config string. Input:";

/* A triplet written as an object: its keys, and what upstream says around the key of an absent
 * one. */
struct object_form {
    const char *keys[3];
    const char *missing_before, *missing_after;
};

static const struct object_form api_form = {
    {"namespace", "type", "subtype"},
    "",
    " field for resource missing or invalid",
};
static const struct object_form model_form = {
    {"namespace", "model_family", "name"},
    "Error validating, missing required field. Field: \"",
    "\"",
};

static int out_of_memory(struct sn_shape_reader *reader)
{
    return sn_error_set(reader->error, SN_ERR_RESOURCE_EXHAUSTED, "config: out of memory");
}

static int format_triplet(struct sn_shape_reader *reader, const char *space, const char *family,
                          const char *name, const char **ret)
{
    *ret = sn_arena_printf(reader->arena, "%s:%s:%s", space, family, name).ptr;
    return *ret ? 0 : out_of_memory(reader);
}

static int check_triplet(struct sn_shape_reader *reader, const struct sn_config_resource *entry,
                         const char *prefix, const char *what, const char *text)
{
    struct sn_triplet triplet;

    if (!sn_triplet_parse(sn_str_of(text), &triplet))
        return 0;
    return sn_error_set(reader->error, SN_ERR_INVALID_ARGUMENT, "%s: %s `%s` (%s)", prefix, what,
                        text, entry->path);
}

static int check_part(struct sn_shape_reader *reader, const struct sn_config_resource *entry,
                      const struct object_form *form, const char *key, const char *part)
{
    if (!part || !*part)
        return sn_error_set(reader->error, SN_ERR_INVALID_ARGUMENT, "%s: %s%s%s (%s)",
                            decode_failed, form->missing_before, key, form->missing_after,
                            entry->path);
    if (sn_name_is_part(sn_str_of(part)))
        return 0;
    if (strchr(part, ':'))
        return sn_error_set(reader->error, SN_ERR_INVALID_ARGUMENT,
                            "%s: reserved character : used in name:\"%s\" (%s)", decode_failed,
                            part, entry->path);
    return sn_error_set(reader->error, SN_ERR_INVALID_ARGUMENT,
                        "%s: \"%s\" must only contain letters, numbers, dashes, and underscores "
                        "(%s.%s)",
                        decode_failed, part, entry->path, key);
}

static int read_object(struct sn_shape_reader *reader, const struct sn_config_resource *entry,
                       json_t *object, const struct object_form *form, const char **ret)
{
    const char *parts[3];

    for (int i = 0; i < 3; i++) {
        parts[i] = json_string_value(json_object_get(object, form->keys[i]));
        int err = check_part(reader, entry, form, form->keys[i], parts[i]);
        if (err)
            return err;
    }
    return format_triplet(reader, parts[0], parts[1], parts[2], ret);
}

/* The old way: "type" is the subtype, the rest comes from the list the entry stands in. */
static int read_legacy_api(struct sn_shape_reader *reader, struct sn_config_resource *entry,
                           const char *family)
{
    const char *space = *entry->space ? entry->space : "rdk";
    int err = format_triplet(reader, space, family, entry->type, &entry->api);

    return err ? err : check_triplet(reader, entry, process_failed, bad_api, entry->api);
}

static int read_api(struct sn_shape_reader *reader, struct sn_config_resource *entry,
                    const char *family)
{
    if (!entry->api_json)
        return read_legacy_api(reader, entry, family);
    if (json_is_object(entry->api_json))
        return read_object(reader, entry, entry->api_json, &api_form, &entry->api);
    if (!json_is_string(entry->api_json))
        return sn_error_set(reader->error, SN_ERR_INVALID_ARGUMENT,
                            "%s: API config value is neither a string nor JSON object (%s)",
                            decode_failed, entry->path);
    entry->api = json_string_value(entry->api_json);
    return check_triplet(reader, entry, decode_failed, bad_api, entry->api);
}

static int read_model(struct sn_shape_reader *reader, struct sn_config_resource *entry,
                      const char *preset)
{
    if (json_is_object(entry->model_json))
        return read_object(reader, entry, entry->model_json, &model_form, &entry->model);
    if (!entry->model_json) {
        entry->model = preset;
        return check_triplet(reader, entry, process_failed, bad_model, entry->model);
    }
    if (!json_is_string(entry->model_json))
        return sn_error_set(reader->error, SN_ERR_INVALID_ARGUMENT,
                            "%s: \"\" is not a valid model. models must be of the form "
                            "\"namespace:family:name\", \"name\", or be valid nested JSON with "
                            "\"namespace\", \"model_family\" and \"name\" fields (%s)",
                            decode_failed, entry->path);
    entry->model = json_string_value(entry->model_json);
    if (sn_name_is_part(sn_str_of(entry->model)))
        return format_triplet(reader, "rdk", "builtin", entry->model, &entry->model);
    return check_triplet(reader, entry, decode_failed, bad_model, entry->model);
}

static int read_services(struct sn_shape_reader *reader, struct sn_config_resource *entry)
{
    for (size_t i = 0; i < entry->services.count; i++) {
        struct sn_config_service *service = &entry->services.v[i];
        struct sn_triplet triplet;
        int err = 0;

        service->api = service->type;
        if (sn_name_is_part(sn_str_of(service->type)))
            err = format_triplet(reader, "rdk", "service", service->type, &service->api);
        else if (sn_triplet_parse(sn_str_of(service->type), &triplet))
            err = sn_error_set(reader->error, SN_ERR_INVALID_ARGUMENT,
                               "%s: string \"%s\" is not a valid api name "
                               "(%s.service_configs.%zu)",
                               decode_failed, service->type, entry->path, i);
        if (err)
            return err;
    }
    return 0;
}

static int check_name(struct sn_shape_reader *reader, struct sn_config_resource *entry)
{
    struct sn_error error;

    if (!*entry->name)
        return sn_config_refuse(reader, &entry->invalid,
                                "Error validating, missing required field. Path: \"%s\" Field: "
                                "\"name\"",
                                entry->path);
    if (sn_name_check("name", sn_str_of(entry->name), SN_NAME_MAX, &error))
        return sn_config_refuse(reader, &entry->invalid, "%s", error.text);
    return 0;
}

/* The two lists differ in what may be left out. */
struct list_rules {
    const char *list, *family;
    const char *name, *model; /* presets */
};

static const struct list_rules component_rules = {"components", "component", "", "rdk:builtin:"};
static const struct list_rules service_rules = {"services", "service", "builtin",
                                                "rdk:builtin:builtin"};

static int finish(struct sn_shape_reader *reader, struct sn_config_resource *entry, size_t index,
                  const struct list_rules *rules)
{
    entry->path = sn_arena_printf(reader->arena, "%s.%zu", rules->list, index).ptr;
    if (!entry->path)
        return out_of_memory(reader);
    if (!*entry->name)
        entry->name = rules->name;
    int err = read_api(reader, entry, rules->family);
    if (!err)
        err = read_model(reader, entry, rules->model);
    if (!err)
        err = read_services(reader, entry);
    return err ? err : check_name(reader, entry);
}

int sn_config_finish_resources(struct sn_config *config, struct sn_shape_reader *reader)
{
    int err = 0;

    for (size_t i = 0; !err && i < config->components.count; i++)
        err = finish(reader, &config->components.v[i], i, &component_rules);
    for (size_t i = 0; !err && i < config->services.count; i++)
        err = finish(reader, &config->services.v[i], i, &service_rules);
    return err;
}

const struct sn_shape sn_shape_level[] = {
    {"level", SN_SHAPE_LEVEL, 0, NULL, 0},
    {0},
};

static const struct sn_shape service_shape[] = {
    SN_SHAPE_ROW("type", STRING, sn_config_service, type),
    SN_SHAPE_ROW("attributes", OBJECT, sn_config_service, attributes),
    {0},
};

const struct sn_shape sn_shape_resource[] = {
    SN_SHAPE_ROW(NULL, SELF, sn_config_resource, json),
    SN_SHAPE_ROW("name", STRING, sn_config_resource, name),
    SN_SHAPE_ROW("api", ANY, sn_config_resource, api_json),
    SN_SHAPE_ROW("namespace", STRING, sn_config_resource, space),
    SN_SHAPE_ROW("type", STRING, sn_config_resource, type),
    SN_SHAPE_ROW("model", ANY, sn_config_resource, model_json),
    SN_SHAPE_ROW("attributes", OBJECT, sn_config_resource, attributes),
    SN_SHAPE_ROW("depends_on", STRINGS, sn_config_resource, depends_on),
    SN_SHAPE_NESTED("frame", OBJECT, sn_config_resource, frame, sn_shape_frame, 0),
    SN_SHAPE_NESTED("service_configs", STRUCTS, sn_config_resource, services, service_shape,
                    sizeof(struct sn_config_service)),
    SN_SHAPE_NESTED("log_configuration", STRUCT, sn_config_resource, log, sn_shape_level, 0),
    {0},
};
