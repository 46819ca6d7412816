/* SPDX-License-Identifier: Apache-2.0
 *
 * RobotService.Log: records of modules and clients, into the machine's log. Loop thread.
 */
#include "pb/robot/v1/robot.h"
#include "robot/robot_private.h"
#include "sinew/struct.h"
#include "sinew/time.h"

#include <stdio.h>

/* What a record may carry besides its message; more is left out. */
enum { FIELDS_SIZE = 2048 };

/* Older than this, a record says when it was made. Source: upstream. */
static const int64_t stale_ns = 1000000000;

static const char *text(struct sn_rpc *rpc, const struct pb_google_value *value)
{
    return sn_arena_copy(&rpc->arena, sn_pb_value_string(value, SN_STR(""))).ptr;
}

/* One field as Go's zap codes it: {Key, Type, String | Integer}. */
static void add_field(struct sn_rpc *rpc, char *fields, const struct pb_google_struct *field)
{
    const char *key = text(rpc, sn_pb_struct_get(field, "Key"));
    const struct pb_google_value *number = sn_pb_struct_get(field, "Integer");
    const char *string = text(rpc, sn_pb_struct_get(field, "String"));
    size_t used = strlen(fields);
    char one[FIELDS_SIZE];

    if (!key || !string || !*key)
        return;
    if (*string || !number) {
        sn_log_pairs(one, sizeof(one), key, string, (char *)NULL);
    } else {
        /* The pair's quoted value gives way to the number. */
        sn_log_pairs(one, sizeof(one), key, "", (char *)NULL);
        size_t len = strlen(one);
        if (len > 3)
            snprintf(one + len - 3, sizeof(one) - len, "%.17g}", sn_pb_value_number(number, 0));
    }
    if (strlen(one) + used < FIELDS_SIZE && strlen(one) > 2)
        snprintf(fields + used, FIELDS_SIZE - used, "%s%.*s", used ? "," : "{",
                 (int)strlen(one) - 2, one + 1);
}

static void add_time(struct sn_rpc *rpc, char *fields, const struct pb_google_timestamp *time)
{
    size_t used = strlen(fields);
    char when[SN_PB_TIME_TEXT_MAX];

    if (!time || (int64_t)rpc->call.env->unix_ns() - sn_pb_timestamp_ns(time) <= stale_ns)
        return;
    struct pb_google_timestamp ms =
        sn_pb_timestamp_of(sn_pb_timestamp_ns(time) / 1000000 * 1000000);
    if (sn_pb_timestamp_print(&ms, when) > 0)
        snprintf(fields + used, FIELDS_SIZE - used, "%s\"log_ts\":\"%s\"", used ? "," : "{", when);
}

static void relay(struct sn_rpc *rpc, const struct pb_common_log_entry *entry,
                  enum sn_log_level level)
{
    const char *file = text(rpc, sn_pb_struct_get(entry->caller, "File"));
    int line = (int)sn_pb_value_number(sn_pb_struct_get(entry->caller, "Line"), 0);
    char fields[FIELDS_SIZE + 64] = "";

    for (uint32_t i = 0; i < entry->fields.n; i++)
        add_field(rpc, fields, &entry->fields.v[i]);
    add_time(rpc, fields, entry->time);
    if (*fields)
        strcat(fields, "}"); /* FIELDS_SIZE leaves room */
    sn_log_relay(entry->logger_name, level, file && *file ? file : NULL, line,
                 *fields ? fields : NULL, entry->message);
}

int sn_robot_log(struct sn_rpc *rpc, void *self, const void *request, void *response)
{
    const struct pb_robot_log_request *req = request;
    enum sn_log_level level;

    if (req->logs.n == 0)
        return sn_call_fail(&rpc->call, SN_ERR_UNKNOWN,
                            "LogRequest received with no associated logs");
    if (req->logs.n > 1)
        return sn_call_fail(&rpc->call, SN_ERR_UNKNOWN,
                            "LogRequest received with multiple logs; batching not yet supported");
    struct sn_str name = sn_arena_copy(&rpc->arena, req->logs.v[0].level);
    if (!name.ptr || sn_log_parse_level(name.ptr, &level))
        return sn_call_fail(&rpc->call, SN_ERR_UNKNOWN,
                            "LogRequest received with invalid level \"%.*s\"",
                            SN_STR_ARGS(req->logs.v[0].level));
    relay(rpc, &req->logs.v[0], level);
    return 0;
}
