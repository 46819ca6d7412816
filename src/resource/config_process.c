/* SPDX-License-Identifier: Apache-2.0
 *
 * Processes of a config, and what they and modules may be kept from.
 */
#include "resource/config_parts.h"
#include "sinew/timers.h"

#include <signal.h>
#include <stdio.h>

#define INVALID "Error validating. Path: \"%s\" Error: %s"

/* Source of stop_timeout and of the signals' names: goutils pexec. */
static const int64_t stop_timeout_ns = SN_SECONDS(10), stop_timeout_min_ns = SN_MS(100);

static const struct {
    int number;
    const char *names[5];
} stop_signals[] = {
    {SIGHUP, {"HUP", "SIGHUP", "hangup", "1"}},
    {SIGINT, {"INT", "SIGINT", "interrupt", "2"}},
    {SIGQUIT, {"QUIT", "SIGQUIT", "quit", "3"}},
    {SIGABRT, {"ABRT", "SIGABRT", "aborted", "abort", "6"}},
    {SIGKILL, {"KILL", "SIGKILL", "killed", "kill", "9"}},
    {SIGTERM, {"TERM", "SIGTERM", "terminated", "terminate", "15"}},
};

static int find_signal(const char *name)
{
    for (size_t i = 0; i < sizeof(stop_signals) / sizeof(stop_signals[0]); i++)
        for (size_t n = 0; n < 5 && stop_signals[i].names[n]; n++)
            if (strcmp(stop_signals[i].names[n], name) == 0)
                return stop_signals[i].number;
    return 0;
}

/* ---- isolation ---- */

/* Unknown keys are no matter elsewhere; here a typing error would leave a door open. */
static int check_keys(json_t *json, struct sn_shape_reader *reader, const char **invalid)
{
    const char *key;
    json_t *value;

    json_object_foreach(json, key, value)
    {
        if (!sn_shape_find(sn_shape_isolation, key))
            return sn_config_refuse(reader, invalid,
                                    "Error validating. Path: \"isolation\" Error: there is no "
                                    "\"%.60s\"; there are user, memory_mb, cpu_percent, "
                                    "max_processes, network, read_only and writable",
                                    key);
    }
    return 0;
}

static int check_range(struct sn_shape_reader *reader, const char **invalid, const char *key,
                       int64_t value, int64_t max)
{
    return value >= 0 && value <= max
               ? 0
               : sn_config_refuse(reader, invalid,
                                  "Error validating. Path: \"isolation.%s\" Error: %lld is not "
                                  "allowed; it must be between 1 and %lld, or 0 for no limit",
                                  key, (long long)value, (long long)max);
}

static int check_writable(const struct sn_config_strings *folders, struct sn_shape_reader *reader,
                          const char **invalid)
{
    int err = 0;

    if (folders->count > SN_CONFIG_WRITABLE_MAX)
        return sn_config_refuse(reader, invalid,
                                "Error validating. Path: \"isolation.writable\" Error: %zu "
                                "folders, at most %d are allowed",
                                folders->count, SN_CONFIG_WRITABLE_MAX);
    for (size_t i = 0; i < folders->count && !err; i++)
        if (folders->v[i][0] != '/')
            err = sn_config_refuse(reader, invalid,
                                   "Error validating. Path: \"isolation.writable.%zu\" Error: "
                                   "\"%.200s\" is not an absolute path",
                                   i, folders->v[i]);
    return err;
}

int sn_config_finish_isolation(struct sn_config_isolation *isolation,
                               struct sn_shape_reader *reader, const char **invalid)
{
    int err = check_keys(isolation->json, reader, invalid);

    isolation->no_network = json_is_false(isolation->network);
    if (!err && isolation->network && !json_is_boolean(isolation->network))
        err = sn_config_refuse(reader, invalid, INVALID, "isolation.network",
                               "it must be true or false");
    if (!err)
        err = check_range(reader, invalid, "memory_mb", isolation->memory_mb,
                          SN_CONFIG_MEMORY_MB_MAX);
    if (!err)
        err = check_range(reader, invalid, "cpu_percent", isolation->cpu_percent,
                          SN_CONFIG_CPU_PERCENT_MAX);
    if (!err)
        err = check_range(reader, invalid, "max_processes", isolation->max_processes,
                          SN_CONFIG_PROCESSES_MAX);
    return err ? err : check_writable(&isolation->writable, reader, invalid);
}

/* ---- processes ---- */

static int refuse_id(struct sn_config_process *process, struct sn_shape_reader *reader,
                     const struct sn_config_process *others, size_t count)
{
    for (const char *c = process->id; *c; c++)
        if ((unsigned char)*c < ' ')
            return sn_config_refuse(reader, &process->invalid, INVALID, "id",
                                    "it has control characters");
    if (strlen(process->id) > SN_CONFIG_PROCESS_ID_MAX)
        return sn_config_refuse(reader, &process->invalid,
                                "Error validating. Path: \"id\" Error: it is longer than %d bytes",
                                SN_CONFIG_PROCESS_ID_MAX);
    for (size_t i = 0; i < count; i++)
        if (strcmp(others[i].id, process->id) == 0)
            return sn_config_refuse(reader, &process->invalid, INVALID, "id",
                                    "another process has it; only the first one is run");
    return 0;
}

static int finish_process(struct sn_config_process *process, struct sn_shape_reader *reader)
{
    process->stop_signal = SIGTERM;
    if (process->stop_timeout_ns == 0)
        process->stop_timeout_ns = stop_timeout_ns;
    if (!*process->id)
        return sn_config_refuse(reader, &process->invalid, SN_CONFIG_MISSING, "id");
    if (!*process->name)
        return sn_config_refuse(reader, &process->invalid, SN_CONFIG_MISSING, "name");
    if (process->stop_timeout_ns < stop_timeout_min_ns)
        return sn_config_refuse(reader, &process->invalid, INVALID, "",
                                "stop_timeout should not be less than 100ms");
    if (*process->stop_signal_name)
        process->stop_signal = find_signal(process->stop_signal_name);
    if (!process->stop_signal)
        return sn_config_refuse(reader, &process->invalid,
                                "Error validating. Path: \"stop_signal\" Error: \"%.60s\" is no "
                                "signal; there are HUP, INT, QUIT, ABRT, KILL and TERM",
                                process->stop_signal_name);
    return sn_config_finish_isolation(&process->isolation, reader, &process->invalid);
}

int sn_config_finish_processes(struct sn_config *config, struct sn_shape_reader *reader)
{
    int err = 0;

    for (size_t i = 0; !err && i < config->processes.count; i++) {
        struct sn_config_process *process = &config->processes.v[i];

        err = finish_process(process, reader);
        if (!err)
            err = refuse_id(process, reader, config->processes.v, i);
    }
    return err;
}

/* ---- tables ---- */

const struct sn_shape sn_shape_isolation[] = {
    SN_SHAPE_ROW(NULL, SELF, sn_config_isolation, json),
    SN_SHAPE_ROW("user", STRING, sn_config_isolation, user),
    SN_SHAPE_ROW("memory_mb", INT, sn_config_isolation, memory_mb),
    SN_SHAPE_ROW("cpu_percent", INT, sn_config_isolation, cpu_percent),
    SN_SHAPE_ROW("max_processes", INT, sn_config_isolation, max_processes),
    SN_SHAPE_ROW("network", ANY, sn_config_isolation, network),
    SN_SHAPE_ROW("read_only", BOOL, sn_config_isolation, read_only),
    SN_SHAPE_ROW("writable", STRINGS, sn_config_isolation, writable),
    {0},
};

const struct sn_shape sn_shape_process[] = {
    SN_SHAPE_ROW(NULL, SELF, sn_config_process, json),
    SN_SHAPE_ROW("id", STRING, sn_config_process, id),
    SN_SHAPE_ROW("name", STRING, sn_config_process, name),
    SN_SHAPE_ROW("args", STRINGS, sn_config_process, args),
    SN_SHAPE_ROW("cwd", STRING, sn_config_process, cwd),
    SN_SHAPE_ROW("one_shot", BOOL, sn_config_process, one_shot),
    SN_SHAPE_ROW("username", STRING, sn_config_process, username),
    SN_SHAPE_ROW("env", MAP, sn_config_process, env),
    SN_SHAPE_ROW("log", BOOL, sn_config_process, log),
    SN_SHAPE_ROW("stop_signal", STRING, sn_config_process, stop_signal_name),
    SN_SHAPE_ROW("stop_timeout", DURATION, sn_config_process, stop_timeout_ns),
    SN_SHAPE_NESTED("isolation", STRUCT, sn_config_process, isolation, sn_shape_isolation, 0),
    {0},
};
