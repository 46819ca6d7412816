/* SPDX-License-Identifier: Apache-2.0
 *
 * Repeats: of equal records (logger, level, message, fields) within a minute the first three are
 * written; the others are counted and summed up by one line when the minute is over. The table is
 * small and fixed: records that find no place in it are simply written. Runs under the log's output
 * lock.
 */
#include "base/log_record.h"

#include <stdlib.h>

enum { TABLE_SIZE = 512, PROBE_MAX = 8, REPEATS_WRITTEN = 3 };
#define WINDOW_NS INT64_C(60000000000)

/* One record and its repeats. Texts are copied only once something is held back: most records are
 * never repeated. */
struct series {
    uint64_t key; /* 0: free */
    int64_t begin_ns;
    uint32_t count;
    struct sn_log_record last; /* message.ptr and fields are ours when `text` is set */
    char *text;
};

static struct series table[TABLE_SIZE];

static uint64_t hash_bytes(uint64_t hash, const char *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++)
        hash = (hash ^ (unsigned char)bytes[i]) * UINT64_C(0x100000001b3);
    return hash;
}

static uint64_t key_of(const struct sn_log_record *record)
{
    uint64_t key = UINT64_C(0xcbf29ce484222325) + (uint64_t)record->level;

    key = hash_bytes(key, record->logger->name, strlen(record->logger->name) + 1);
    key = hash_bytes(key, record->message.ptr, record->message.len);
    if (record->fields)
        key = hash_bytes(key ^ 1, record->fields, strlen(record->fields));
    return key ? key : 1;
}

/* A clock that was set back ends the series too. */
static bool is_over(const struct series *series, int64_t now_ns)
{
    return now_ns - series->begin_ns >= WINDOW_NS || now_ns < series->begin_ns;
}

static void end_series(struct series *series)
{
    if (series->text) {
        series->last.times = series->count;
        sn_log_output(&series->last);
        free(series->text);
    }
    *series = (struct series){0};
}

/* The record's series, a free place for it, or NULL. */
static struct series *find(uint64_t key, int64_t now_ns)
{
    struct series *place = NULL;

    for (size_t i = 0; i < PROBE_MAX; i++) {
        struct series *series = &table[(key + i) % TABLE_SIZE];

        if (series->key && is_over(series, now_ns))
            end_series(series);
        if (series->key == key)
            return series;
        if (!series->key && !place)
            place = series;
    }
    return place;
}

static void keep_text(struct series *series, const struct sn_log_record *record)
{
    size_t fields_size = record->fields ? strlen(record->fields) + 1 : 0;
    char *text = malloc(record->message.len + fields_size + 1);

    if (!text)
        return;
    memcpy(text, record->message.ptr, record->message.len);
    if (fields_size)
        memcpy(text + record->message.len, record->fields, fields_size);
    series->last = *record;
    series->last.message.ptr = text;
    series->last.fields = fields_size ? text + record->message.len : NULL;
    series->text = text;
}

bool sn_log_repeat_admit(const struct sn_log_record *record)
{
    uint64_t key = key_of(record);
    struct series *series = find(key, record->time_ns);

    if (!series)
        return true;
    if (!series->key)
        *series = (struct series){.key = key, .begin_ns = record->time_ns};
    if (++series->count <= REPEATS_WRITTEN)
        return true;
    if (!series->text)
        keep_text(series, record);
    series->last.time_ns = record->time_ns;
    return false;
}

void sn_log_repeat_flush(int64_t now_ns, bool final)
{
    for (size_t i = 0; i < TABLE_SIZE; i++) {
        if (table[i].key && (final || is_over(&table[i], now_ns)))
            end_series(&table[i]);
    }
}
