/* SPDX-License-Identifier: Apache-2.0
 *
 * Modules, remotes, packages and jobs of a config. What is wrong with one is kept with it: the
 * others are used.
 */
#include "resource/config_parts.h"
#include "resource/name.h"

#include "sinew/timers.h"

#define MISSING "Error validating, missing required field. Field: \"%s\""
#define INVALID "Error validating. Path: \"\" Error: %s"

static int finish_module(struct sn_config_module *module, struct sn_shape_reader *reader)
{
    struct sn_error error;
    int err = sn_config_finish_isolation(&module->isolation, reader, &module->invalid);

    if (err)
        return err;
    if (module->first_run_timeout_ns == 0)
        module->first_run_timeout_ns = SN_SECONDS(3600);
    if (*module->status.error)
        return sn_config_refuse(reader, &module->invalid, INVALID, module->status.error);
    if (!*module->name)
        return sn_config_refuse(reader, &module->invalid, MISSING, "name");
    if (sn_name_check("module name", sn_str_of(module->name), SN_MODULE_NAME_MAX, &error))
        return sn_config_refuse(reader, &module->invalid, INVALID, error.text);
    if (strcmp(module->name, "parent") == 0)
        return sn_config_refuse(reader, &module->invalid,
                                "module  cannot use the reserved name of parent");
    if (!*module->executable_path && strcmp(module->type, "registry") != 0)
        return sn_config_refuse(reader, &module->invalid, MISSING, "executable_path");
    if (module->tcp_mode && module->isolation.no_network)
        return sn_config_refuse(reader, &module->invalid, INVALID,
                                "tcp_mode needs the network that isolation takes away");
    return 0;
}

static int finish_remote(struct sn_config_remote *remote, struct sn_shape_reader *reader)
{
    struct sn_error error;
    const char *missing = NULL;

    if (remote->connection_check_interval_ns == 0)
        remote->connection_check_interval_ns = SN_SECONDS(10);
    if (remote->reconnect_interval_ns == 0)
        remote->reconnect_interval_ns = SN_SECONDS(1);
    if (!*remote->name)
        missing = "name";
    else if (sn_name_check("name", sn_str_of(remote->name), SN_NAME_MAX, &error))
        return sn_config_refuse(reader, &remote->invalid, INVALID, error.text);
    else if (!*remote->address)
        missing = "address";
    else if (remote->frame && !json_string_length(json_object_get(remote->frame, "parent")))
        missing = "frame.parent";
    return missing ? sn_config_refuse(reader, &remote->invalid, MISSING, missing) : 0;
}

static int finish_package(struct sn_config_package *package, struct sn_shape_reader *reader)
{
    const char *missing = NULL;

    if (!*package->version)
        package->version = "latest";
    if (!*package->name)
        missing = "name";
    else if (!*package->package)
        missing = "package";
    return missing ? sn_config_refuse(reader, &package->invalid, MISSING, missing) : 0;
}

static int finish_job(struct sn_config_job *job, struct sn_shape_reader *reader)
{
    const char *missing = NULL;

    if (!*job->name)
        missing = "name";
    else if (!*job->method)
        missing = "method";
    else if (!*job->schedule)
        missing = "schedule";
    else if (!*job->resource)
        missing = "resource";
    return missing ? sn_config_refuse(reader, &job->invalid, MISSING, missing) : 0;
}

int sn_config_finish_entries(struct sn_config *config, struct sn_shape_reader *reader)
{
    int err = 0;

    for (size_t i = 0; !err && i < config->modules.count; i++)
        err = finish_module(&config->modules.v[i], reader);
    for (size_t i = 0; !err && i < config->remotes.count; i++)
        err = finish_remote(&config->remotes.v[i], reader);
    for (size_t i = 0; !err && i < config->packages.count; i++)
        err = finish_package(&config->packages.v[i], reader);
    for (size_t i = 0; !err && i < config->jobs.count; i++)
        err = finish_job(&config->jobs.v[i], reader);
    return err;
}

/* ---- tables ---- */

#define CHECKED(key, type)                              \
    {                                                   \
        key, SN_SHAPE_##type, SN_SHAPE_NOWHERE, NULL, 0 \
    }

static const struct sn_shape vector_shape[] = {
    CHECKED("x", NUMBER),
    CHECKED("y", NUMBER),
    CHECKED("z", NUMBER),
    {0},
};

static const struct sn_shape orientation_shape[] = {
    CHECKED("type", STRING),
    {0},
};

static const struct sn_shape geometry_shape[] = {
    CHECKED("type", STRING),
    CHECKED("x", NUMBER),
    CHECKED("y", NUMBER),
    CHECKED("z", NUMBER),
    CHECKED("r", NUMBER),
    CHECKED("l", NUMBER),
    CHECKED("label", STRING),
    {"translation", SN_SHAPE_OBJECT, SN_SHAPE_NOWHERE, vector_shape, 0},
    {"orientation", SN_SHAPE_OBJECT, SN_SHAPE_NOWHERE, orientation_shape, 0},
    {0},
};

const struct sn_shape sn_shape_frame[] = {
    CHECKED("id", STRING),
    CHECKED("parent", STRING),
    {"translation", SN_SHAPE_OBJECT, SN_SHAPE_NOWHERE, vector_shape, 0},
    {"orientation", SN_SHAPE_OBJECT, SN_SHAPE_NOWHERE, orientation_shape, 0},
    {"geometry", SN_SHAPE_OBJECT, SN_SHAPE_NOWHERE, geometry_shape, 0},
    {0},
};

#define MODULE(key, type, member)                                                \
    {                                                                            \
        key, SN_SHAPE_##type, offsetof(struct sn_config_module, member), NULL, 0 \
    }

static const struct sn_shape status_shape[] = {
    {"error", SN_SHAPE_STRING, 0, NULL, 0},
    {0},
};

const struct sn_shape sn_shape_module[] = {
    MODULE(NULL, SELF, json),
    MODULE("name", STRING, name),
    MODULE("executable_path", STRING, executable_path),
    MODULE("type", STRING, type),
    MODULE("module_id", STRING, module_id),
    MODULE("log_level", STRING, log_level),
    MODULE("env", MAP, env),
    MODULE("tcp_mode", BOOL, tcp_mode),
    MODULE("first_run_timeout", DURATION, first_run_timeout_ns),
    {"status", SN_SHAPE_STRUCT, offsetof(struct sn_config_module, status), status_shape, 0},
    {"isolation", SN_SHAPE_STRUCT, offsetof(struct sn_config_module, isolation), sn_shape_isolation,
     0},
    {0},
};

static const struct sn_shape credentials_shape[] = {
    CHECKED("type", STRING),
    CHECKED("payload", STRING),
    {0},
};

static const struct sn_shape remote_auth_shape[] = {
    {"credentials", SN_SHAPE_OBJECT, SN_SHAPE_NOWHERE, credentials_shape, 0},
    CHECKED("entity", STRING),
    {0},
};

#define REMOTE(key, type, member, sub)                                          \
    {                                                                           \
        key, SN_SHAPE_##type, offsetof(struct sn_config_remote, member), sub, 0 \
    }

const struct sn_shape sn_shape_remote[] = {
    REMOTE(NULL, SELF, json, NULL),
    REMOTE("name", STRING, name, NULL),
    REMOTE("address", STRING, address, NULL),
    REMOTE("prefix", STRING, prefix, NULL),
    REMOTE("secret", STRING, secret, NULL),
    REMOTE("auth", OBJECT, auth, remote_auth_shape),
    REMOTE("insecure", BOOL, insecure, NULL),
    REMOTE("frame", OBJECT, frame, sn_shape_frame),
    REMOTE("connection_check_interval", DURATION, connection_check_interval_ns, NULL),
    REMOTE("reconnect_interval", DURATION, reconnect_interval_ns, NULL),
    CHECKED("service_configs", ARRAY),
    {0},
};

#define PACKAGE(key, type, member)                                                \
    {                                                                             \
        key, SN_SHAPE_##type, offsetof(struct sn_config_package, member), NULL, 0 \
    }

const struct sn_shape sn_shape_package[] = {
    PACKAGE(NULL, SELF, json),           PACKAGE("name", STRING, name),
    PACKAGE("package", STRING, package), PACKAGE("version", STRING, version),
    PACKAGE("type", STRING, type),       {0},
};

static const struct sn_shape level_shape[] = {
    {"level", SN_SHAPE_LEVEL, 0, NULL, 0},
    {0},
};

#define JOB(key, type, member)                                                \
    {                                                                         \
        key, SN_SHAPE_##type, offsetof(struct sn_config_job, member), NULL, 0 \
    }

const struct sn_shape sn_shape_job[] = {
    JOB(NULL, SELF, json),
    JOB("name", STRING, name),
    JOB("schedule", STRING, schedule),
    JOB("resource", STRING, resource),
    JOB("method", STRING, method),
    JOB("command", OBJECT, command),
    {"log_configuration", SN_SHAPE_STRUCT, offsetof(struct sn_config_job, log), level_shape, 0},
    {0},
};
