/* SPDX-License-Identifier: Apache-2.0
 *
 * Records on their way to the machine. They are queued by any thread and sent by the loop's.
 */
#include "sdk/logs.h"
#include "pb/robot/v1/robot.h"
#include "sinew/struct.h"
#include "sinew/time.h"
#include "wire/pb/json.h"

#include <stdlib.h>

/* Source: the reference's SDKs. */
static const uint64_t send_timeout_ns = SN_SECONDS(5);

enum { SEND_MEMORY_MAX = 256 << 10, FAILED_MAX = 3 };

struct record {
    struct sn_list link; /* sdk_logs.queue */
    int64_t time_ns;
    enum sn_log_level level;
    int line;
    size_t size;
    const char *name, *file, *fields; /* the last two may be NULL; all in `text` */
    struct sn_str message;
    char text[];
};

/* A record that is being sent. */
struct sending {
    struct sn_call call; /* first */
    struct sn_arena arena;
    struct sdk_logs *logs;
    struct record *record;
};

/* ---- any thread ---- */

static char *put(char **at, const char *text, size_t len)
{
    char *start = *at;

    memcpy(start, text, len);
    start[len] = '\0';
    *at += len + 1;
    return start;
}

static struct record *copy(int64_t time_ns, const char *name, enum sn_log_level level,
                           const char *file, int line, const char *fields, struct sn_str message)
{
    size_t size = sizeof(struct record) + strlen(name) + message.len + 2;

    size += file ? strlen(file) + 1 : 0;
    size += fields ? strlen(fields) + 1 : 0;
    struct record *record = malloc(size);
    if (!record)
        return NULL;
    *record = (struct record){.time_ns = time_ns, .level = level, .line = line, .size = size};
    char *at = record->text;
    record->name = put(&at, name, strlen(name));
    record->message = (struct sn_str){put(&at, message.ptr, message.len), message.len};
    record->file = file ? put(&at, file, strlen(file)) : NULL;
    record->fields = fields ? put(&at, fields, strlen(fields)) : NULL;
    return record;
}

static bool take(struct sn_log_sink *sink, int64_t time_ns, const char *name,
                 enum sn_log_level level, const char *file, int line, const char *fields,
                 struct sn_str message)
{
    struct sdk_logs *logs = (struct sdk_logs *)sink;
    struct record *record = copy(time_ns, name, level, file, line, fields, message);
    bool taken = false, wake = false;

    if (!record)
        return false;
    pthread_mutex_lock(&logs->lock);
    if (logs->open && logs->count < SDK_LOGS_MAX &&
        logs->bytes + record->size <= SDK_LOGS_MEMORY_MAX) {
        sn_list_append(&logs->queue, &record->link);
        logs->count++;
        logs->bytes += record->size;
        taken = true;
        wake = !logs->woken;
        logs->woken = true;
    }
    pthread_mutex_unlock(&logs->lock);
    if (wake)
        logs->wake(logs->owner);
    if (!taken)
        free(record);
    return taken;
}

static struct record *next(struct sdk_logs *logs)
{
    struct record *record = NULL;

    pthread_mutex_lock(&logs->lock);
    if (!sn_list_empty(&logs->queue)) {
        record = sn_container_of(logs->queue.next, struct record, link);
        sn_list_remove(&record->link);
        logs->count--;
        logs->bytes -= record->size;
    } else {
        logs->woken = false;
    }
    pthread_mutex_unlock(&logs->lock);
    return record;
}

/* ---- the loop's ---- */

static void set_open(struct sdk_logs *logs, bool open)
{
    pthread_mutex_lock(&logs->lock);
    logs->open = open;
    pthread_mutex_unlock(&logs->lock);
}

/* As a line: the sink is shut meanwhile. */
static void print(struct record *record)
{
    sn_log_relay(sn_str_of(record->name), record->level, record->file, record->line, record->fields,
                 record->message);
    free(record);
}

static void print_all(struct sdk_logs *logs)
{
    struct record *record;

    while ((record = next(logs)))
        print(record);
}

static int caller(const struct record *record, struct sn_arena *arena,
                  struct pb_google_struct **ret_caller)
{
    struct pb_google_struct *caller = sn_arena_zalloc(arena, sizeof(*caller));

    if (!caller || sn_pb_struct_add(caller, SN_STR("Defined"), sn_pb_bool(true), arena) ||
        sn_pb_struct_add(caller, SN_STR("File"), sn_pb_string(sn_str_of(record->file)), arena) ||
        sn_pb_struct_add(caller, SN_STR("Line"), sn_pb_number(record->line), arena))
        return SN_ERR_RESOURCE_EXHAUSTED;
    *ret_caller = caller;
    return 0;
}

/* As Go's zap writes fields: a key, a type, and the value where that type has it. */
static int add_field(struct pb_common_log_entry *entry, struct sn_str key,
                     const struct pb_google_value *value, struct sn_arena *arena)
{
    enum { ZAP_BOOL = 4, ZAP_FLOAT64 = 9, ZAP_STRING = 15 };
    struct pb_google_struct *field = sn_pb_add(&entry->fields, arena);
    double type = ZAP_STRING, integer = 0;
    struct sn_str string = SN_STR_NULL;

    if (!field)
        return SN_ERR_RESOURCE_EXHAUSTED;
    if (value->which_kind == PB_GOOGLE_VALUE_KIND_BOOL_VALUE) {
        type = ZAP_BOOL;
        integer = value->bool_value;
    } else if (value->which_kind == PB_GOOGLE_VALUE_KIND_NUMBER_VALUE) {
        type = ZAP_FLOAT64;
        string = sn_arena_printf(arena, "%.17g", value->number_value);
    } else {
        string = sn_pb_value_string(value, SN_STR("..."));
    }
    if (sn_pb_struct_add(field, SN_STR("Key"), sn_pb_string(key), arena) ||
        sn_pb_struct_add(field, SN_STR("Type"), sn_pb_number(type), arena) ||
        sn_pb_struct_add(field, SN_STR("Integer"), sn_pb_number(integer), arena) ||
        sn_pb_struct_add(field, SN_STR("String"), sn_pb_string(string), arena))
        return SN_ERR_RESOURCE_EXHAUSTED;
    return 0;
}

/* Fields are a line of JSON; what is none is left out. */
static int add_fields(struct pb_common_log_entry *entry, const char *json, struct sn_arena *arena)
{
    static const struct sn_pb_schema_msg any = {.name = {"google.protobuf.Struct", 22},
                                                .table = &pb_google_struct_msg,
                                                .known = SN_PB_KNOWN_STRUCT};
    struct pb_google_struct fields = {0};
    int code = 0;

    if (sn_pb_json_parse(&any, &fields, sn_str_of(json), 0, arena, NULL))
        return 0;
    for (uint32_t i = 0; i < fields.fields.n && !code; i++)
        code = add_field(entry, fields.fields.v[i].key, &fields.fields.v[i].value, arena);
    return code;
}

static int start(struct sn_call *call)
{
    static const char *const levels[] = {
        [SN_LOG_DEBUG] = "debug",
        [SN_LOG_INFO] = "info",
        [SN_LOG_WARN] = "warn",
        [SN_LOG_ERROR] = "error",
    };
    struct sending *sending = (struct sending *)call;
    const struct record *record = sending->record;
    struct pb_google_timestamp time = sn_pb_timestamp_of(record->time_ns);
    struct pb_common_log_entry entry = {
        .level = sn_str_of(levels[record->level]),
        .time = &time,
        .logger_name = sn_str_of(record->name),
        .message = record->message,
    };
    struct pb_robot_log_request request = {.logs = {&entry, 1, 1}};

    if (record->file && caller(record, call->arena, &entry.caller))
        return SN_ERR_RESOURCE_EXHAUSTED;
    if (record->fields && add_fields(&entry, record->fields, call->arena))
        return SN_ERR_RESOURCE_EXHAUSTED;
    return sn_client_unary(call, sending->logs->channel, &pb_robot_robot_service, "Log", &request,
                           NULL, NULL);
}

static void release(struct sending *sending)
{
    struct sn_arena arena = sending->arena;

    sn_arena_fini(&arena);
}

/* A machine that takes none is left alone: lines are better than a queue that only grows old. */
static void end(struct sn_call *call, int code)
{
    struct sending *sending = (struct sending *)call;
    struct sdk_logs *logs = sending->logs;
    struct record *record = sending->record;

    logs->sending = NULL;
    release(sending);
    logs->failed = code ? logs->failed + 1 : 0;
    if (!code) {
        free(record);
    } else {
        bool open = logs->open;

        set_open(logs, false);
        print(record);
        if (logs->failed >= FAILED_MAX)
            print_all(logs);
        set_open(logs, open);
    }
    sdk_logs_send(logs);
}

void sdk_logs_send(struct sdk_logs *logs)
{
    struct sn_arena arena;

    if (logs->sending || !logs->channel)
        return;
    struct record *record = next(logs);
    if (!record)
        return;
    sn_arena_init(&arena, logs->env->blocks, SEND_MEMORY_MAX);
    struct sending *sending = sn_arena_zalloc(&arena, sizeof(*sending));
    if (!sending) {
        free(record);
        return;
    }
    sending->arena = arena;
    sending->logs = logs;
    sending->record = record;
    logs->sending = sending;
    sn_call_init(&sending->call, logs->env, &sending->arena, NULL);
    sending->call.deadline_ns = logs->env->timers->now_ns + send_timeout_ns;
    sending->call.start = start;
    sending->call.end = end;
    sn_call_start(&sending->call);
}

void sdk_logs_init(struct sdk_logs *logs, struct sn_env *env, void (*wake)(void *owner),
                   void *owner)
{
    *logs = (struct sdk_logs){.sink = {take}, .env = env, .wake = wake, .owner = owner};
    pthread_mutex_init(&logs->lock, NULL);
    sn_list_init(&logs->queue);
}

void sdk_logs_open(struct sdk_logs *logs, struct sn_channel *channel)
{
    logs->channel = channel;
    set_open(logs, true);
    sn_log_to_sink(&logs->sink);
}

void sdk_logs_close(struct sdk_logs *logs)
{
    sn_log_to_sink(NULL);
    set_open(logs, false);
    print_all(logs);
}

void sdk_logs_fini(struct sdk_logs *logs)
{
    pthread_mutex_destroy(&logs->lock);
}
