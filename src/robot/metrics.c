/* SPDX-License-Identifier: Apache-2.0
 *
 * Calls, counted. Loop thread.
 */
#include "robot/metrics.h"

#include <stdlib.h>

const uint32_t sn_time_bucket_ms[SN_TIME_BUCKETS - 1] = {1, 5, 25, 100, 500, 2500, 10000};

static struct sn_method_counts **bucket_of(struct sn_metrics *metrics,
                                           const struct sn_method *method)
{
    uintptr_t key = method->foreign ? method->path.len : (uintptr_t)method / sizeof(*method);

    return &metrics->buckets[key % SN_METRICS_BUCKETS];
}

static bool are_of(const struct sn_method_counts *counts, const struct sn_method *method)
{
    if (method->foreign)
        return !counts->method && sn_str_eq(counts->path, method->path);
    return counts->method == method;
}

static struct sn_method_counts *find(struct sn_metrics *metrics, const struct sn_method *method)
{
    struct sn_method_counts *counts = *bucket_of(metrics, method);

    while (counts && !are_of(counts, method))
        counts = counts->next;
    return counts;
}

static struct sn_method_counts *create(const struct sn_method *method)
{
    size_t copied = method->foreign ? method->path.len : 0;
    struct sn_method_counts *counts = calloc(1, sizeof(*counts) + copied);

    if (!counts)
        return NULL;
    counts->method = method->foreign ? NULL : method;
    counts->path = method->path;
    if (copied)
        counts->path.ptr = memcpy(counts + 1, method->path.ptr, copied);
    return counts;
}

int sn_metrics_begin(void *owner, struct sn_rpc *rpc)
{
    struct sn_metrics *metrics = owner;
    struct sn_method_counts *counts = find(metrics, rpc->method);

    rpc->begun_ns = rpc->call.env->timers->now_ns;
    if (!counts) {
        struct sn_method_counts **bucket = bucket_of(metrics, rpc->method);

        counts = create(rpc->method);
        if (!counts)
            return 0;
        counts->next = *bucket;
        *bucket = counts;
    }
    counts->running++;
    return 0;
}

void sn_metrics_end(void *owner, struct sn_rpc *rpc, int code)
{
    struct sn_metrics *metrics = owner;
    struct sn_method_counts *counts = find(metrics, rpc->method);
    uint64_t ms = (rpc->call.env->timers->now_ns - rpc->begun_ns) / 1000000;
    size_t bucket = 0;

    if (!counts || !counts->running) /* there was no memory for it */
        return;
    while (bucket < SN_TIME_BUCKETS - 1 && ms > sn_time_bucket_ms[bucket])
        bucket++;
    counts->running--;
    counts->by_time[bucket]++;
    counts->by_code[-code < SN_CODES ? -code : -SN_ERR_UNKNOWN]++;
    counts->total_ms += ms;
}

void sn_metrics_each(const struct sn_metrics *metrics,
                     void (*each)(void *user, const struct sn_method_counts *counts), void *user)
{
    for (size_t i = 0; i < SN_METRICS_BUCKETS; i++)
        for (struct sn_method_counts *counts = metrics->buckets[i]; counts; counts = counts->next)
            each(user, counts);
}

void sn_metrics_fini(struct sn_metrics *metrics)
{
    for (size_t i = 0; i < SN_METRICS_BUCKETS; i++)
        while (metrics->buckets[i]) {
            struct sn_method_counts *counts = metrics->buckets[i];

            metrics->buckets[i] = counts->next;
            free(counts);
        }
}
