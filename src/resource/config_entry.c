/* SPDX-License-Identifier: Apache-2.0
 *
 * Modules, remotes, packages and jobs of a config. What is wrong with one is kept with it: the
 * others are used.
 */
#include "resource/config_parts.h"
#include "resource/name.h"

#include "sinew/timers.h"

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
        return sn_config_refuse(reader, &module->invalid, SN_CONFIG_MISSING, "name");
    if (sn_name_check("module name", sn_str_of(module->name), SN_MODULE_NAME_MAX, &error))
        return sn_config_refuse(reader, &module->invalid, INVALID, error.text);
    if (strcmp(module->name, "parent") == 0)
        return sn_config_refuse(reader, &module->invalid,
                                "module  cannot use the reserved name of parent");
    if (!*module->executable_path && strcmp(module->type, "registry") != 0)
        return sn_config_refuse(reader, &module->invalid, SN_CONFIG_MISSING, "executable_path");
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
    return missing ? sn_config_refuse(reader, &remote->invalid, SN_CONFIG_MISSING, missing) : 0;
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
    return missing ? sn_config_refuse(reader, &package->invalid, SN_CONFIG_MISSING, missing) : 0;
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
    return missing ? sn_config_refuse(reader, &job->invalid, SN_CONFIG_MISSING, missing) : 0;
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

static const struct sn_shape vector_shape[] = {
    SN_SHAPE_CHECKED("x", NUMBER, NULL),
    SN_SHAPE_CHECKED("y", NUMBER, NULL),
    SN_SHAPE_CHECKED("z", NUMBER, NULL),
    {0},
};

static const struct sn_shape orientation_shape[] = {
    SN_SHAPE_CHECKED("type", STRING, NULL),
    {0},
};

static const struct sn_shape geometry_shape[] = {
    SN_SHAPE_CHECKED("type", STRING, NULL),
    SN_SHAPE_CHECKED("x", NUMBER, NULL),
    SN_SHAPE_CHECKED("y", NUMBER, NULL),
    SN_SHAPE_CHECKED("z", NUMBER, NULL),
    SN_SHAPE_CHECKED("r", NUMBER, NULL),
    SN_SHAPE_CHECKED("l", NUMBER, NULL),
    SN_SHAPE_CHECKED("label", STRING, NULL),
    SN_SHAPE_CHECKED("translation", OBJECT, vector_shape),
    SN_SHAPE_CHECKED("orientation", OBJECT, orientation_shape),
    {0},
};

const struct sn_shape sn_shape_frame[] = {
    SN_SHAPE_CHECKED("id", STRING, NULL),
    SN_SHAPE_CHECKED("parent", STRING, NULL),
    SN_SHAPE_CHECKED("translation", OBJECT, vector_shape),
    SN_SHAPE_CHECKED("orientation", OBJECT, orientation_shape),
    SN_SHAPE_CHECKED("geometry", OBJECT, geometry_shape),
    {0},
};

static const struct sn_shape status_shape[] = {
    {"error", SN_SHAPE_STRING, 0, NULL, 0},
    {0},
};

const struct sn_shape sn_shape_module[] = {
    SN_SHAPE_ROW(NULL, SELF, sn_config_module, json),
    SN_SHAPE_ROW("name", STRING, sn_config_module, name),
    SN_SHAPE_ROW("executable_path", STRING, sn_config_module, executable_path),
    SN_SHAPE_ROW("type", STRING, sn_config_module, type),
    SN_SHAPE_ROW("module_id", STRING, sn_config_module, module_id),
    SN_SHAPE_ROW("log_level", STRING, sn_config_module, log_level),
    SN_SHAPE_ROW("env", MAP, sn_config_module, env),
    SN_SHAPE_ROW("tcp_mode", BOOL, sn_config_module, tcp_mode),
    SN_SHAPE_ROW("first_run_timeout", DURATION, sn_config_module, first_run_timeout_ns),
    SN_SHAPE_NESTED("status", STRUCT, sn_config_module, status, status_shape, 0),
    SN_SHAPE_NESTED("isolation", STRUCT, sn_config_module, isolation, sn_shape_isolation, 0),
    {0},
};

static const struct sn_shape credentials_shape[] = {
    SN_SHAPE_CHECKED("type", STRING, NULL),
    SN_SHAPE_CHECKED("payload", STRING, NULL),
    {0},
};

static const struct sn_shape remote_auth_shape[] = {
    SN_SHAPE_CHECKED("credentials", OBJECT, credentials_shape),
    SN_SHAPE_CHECKED("entity", STRING, NULL),
    {0},
};

const struct sn_shape sn_shape_remote[] = {
    SN_SHAPE_ROW(NULL, SELF, sn_config_remote, json),
    SN_SHAPE_ROW("name", STRING, sn_config_remote, name),
    SN_SHAPE_ROW("address", STRING, sn_config_remote, address),
    SN_SHAPE_ROW("prefix", STRING, sn_config_remote, prefix),
    SN_SHAPE_ROW("secret", STRING, sn_config_remote, secret),
    SN_SHAPE_NESTED("auth", OBJECT, sn_config_remote, auth, remote_auth_shape, 0),
    SN_SHAPE_ROW("insecure", BOOL, sn_config_remote, insecure),
    SN_SHAPE_NESTED("frame", OBJECT, sn_config_remote, frame, sn_shape_frame, 0),
    SN_SHAPE_ROW("connection_check_interval", DURATION, sn_config_remote,
                 connection_check_interval_ns),
    SN_SHAPE_ROW("reconnect_interval", DURATION, sn_config_remote, reconnect_interval_ns),
    SN_SHAPE_CHECKED("service_configs", ARRAY, NULL),
    {0},
};

const struct sn_shape sn_shape_package[] = {
    SN_SHAPE_ROW(NULL, SELF, sn_config_package, json),
    SN_SHAPE_ROW("name", STRING, sn_config_package, name),
    SN_SHAPE_ROW("package", STRING, sn_config_package, package),
    SN_SHAPE_ROW("version", STRING, sn_config_package, version),
    SN_SHAPE_ROW("type", STRING, sn_config_package, type),
    {0},
};

const struct sn_shape sn_shape_job[] = {
    SN_SHAPE_ROW(NULL, SELF, sn_config_job, json),
    SN_SHAPE_ROW("name", STRING, sn_config_job, name),
    SN_SHAPE_ROW("schedule", STRING, sn_config_job, schedule),
    SN_SHAPE_ROW("resource", STRING, sn_config_job, resource),
    SN_SHAPE_ROW("method", STRING, sn_config_job, method),
    SN_SHAPE_ROW("command", OBJECT, sn_config_job, command),
    SN_SHAPE_NESTED("log_configuration", STRUCT, sn_config_job, log, sn_shape_level, 0),
    {0},
};
