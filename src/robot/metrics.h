/* SPDX-License-Identifier: Apache-2.0
 *
 * The account of all calls, by method: how many ended with which code, and how long they took.
 * Loop thread.
 */
#ifndef SN_ROBOT_METRICS_H
#define SN_ROBOT_METRICS_H

#include "rpc/core/server.h"

enum { SN_CODES = 17, SN_TIME_BUCKETS = 8, SN_METRICS_BUCKETS = 256 };

/* Upper ends of the buckets, in milliseconds; the last bucket has none. */
extern const uint32_t sn_time_bucket_ms[SN_TIME_BUCKETS - 1];

struct sn_method_counts {
    struct sn_method_counts *next;
    const struct sn_method *method; /* NULL: of a foreign one, which may go and come back */
    struct sn_str path;             /* the counts' own copy of a foreign one's */
    uint64_t by_code[SN_CODES], by_time[SN_TIME_BUCKETS];
    uint64_t total_ms;
    uint32_t running;
};

struct sn_metrics {
    struct sn_method_counts *buckets[SN_METRICS_BUCKETS]; /* zeroed: empty */
};

void sn_metrics_fini(struct sn_metrics *metrics);

/* at_headers and at_end of the interceptor, which must be the first. Owner: the sn_metrics. */
int sn_metrics_begin(void *owner, struct sn_rpc *rpc);
void sn_metrics_end(void *owner, struct sn_rpc *rpc, int code);

/* Calls `each` for every method that was called, in no order. */
void sn_metrics_each(const struct sn_metrics *metrics,
                     void (*each)(void *user, const struct sn_method_counts *counts), void *user);

#endif
