/* SPDX-License-Identifier: Apache-2.0
 *
 * Load reports: with a call, in its trailers, and outside of calls, as a stream. Source: the gRPC
 * project's proposal A51.
 */
#include "service.h"

#include "pb/grpc/testing/test.h"
#include "pb/xds/data/orca/v3/orca_load_report.h"
#include "pb/xds/service/orca/v3/orca.h"

#include <stdio.h>

enum { COSTS_MAX = 16, NAME_SIZE = 64 };

/* Reports more often than this are not made, whatever is asked. */
static const uint64_t interval_min_ns = SN_MS(100);

/* The load outside of calls: one server, one load. */
static struct {
    double cpu, memory;
    struct {
        char name[NAME_SIZE];
        double value;
    } utilization[COSTS_MAX];
    size_t count;
} load;

struct watcher {
    struct sn_rpc *rpc;
    struct sn_timer timer;
    uint64_t interval_ns;
};

#define COPY_COSTS(arena, from, to)                                 \
    do {                                                            \
        (to).v = sn_arena_alloc(arena, (from).n * sizeof(*(to).v)); \
        for (size_t i = 0; (to).v && i < (from).n; i++) {           \
            (to).v[i].key = (from).v[i].key;                        \
            (to).v[i].value = (from).v[i].value;                    \
            (to).n = i + 1;                                         \
        }                                                           \
    } while (0)

int interop_report_call(struct sn_rpc *rpc, const struct pb_grpc_testing_test_orca_report *report)
{
    struct pb_xds_data_orca_v3_orca_load_report out = {0};
    struct sn_str bytes;

    if (!report)
        return 0;
    out.cpu_utilization = report->cpu_utilization;
    out.mem_utilization = report->memory_utilization;
    COPY_COSTS(&rpc->arena, report->request_cost, out.request_cost);
    COPY_COSTS(&rpc->arena, report->utilization, out.utilization);
    int code =
        sn_pb_encode(&pb_xds_data_orca_v3_orca_load_report_msg, &out, &rpc->arena, 0, &bytes);
    return code ? code
                : sn_metadata_add(&rpc->trailers, &rpc->arena, SN_STR("endpoint-load-metrics-bin"),
                                  bytes);
}

int interop_report_load(struct sn_call *call, const struct pb_grpc_testing_test_orca_report *report)
{
    if (!report)
        return 0;
    if (report->utilization.n > COSTS_MAX)
        return sn_call_fail(call, SN_ERR_INVALID_ARGUMENT, "%zu utilizations; allowed: up to %d",
                            (size_t)report->utilization.n, COSTS_MAX);
    load.cpu = report->cpu_utilization;
    load.memory = report->memory_utilization;
    load.count = report->utilization.n;
    for (size_t i = 0; i < load.count; i++) {
        snprintf(load.utilization[i].name, NAME_SIZE, "%.*s",
                 SN_STR_ARGS(report->utilization.v[i].key));
        load.utilization[i].value = report->utilization.v[i].value;
    }
    return 0;
}

static int tell(struct watcher *watcher)
{
    struct pb_xds_data_orca_v3_orca_load_report report = {.cpu_utilization = load.cpu,
                                                          .mem_utilization = load.memory};
    struct sn_arena arena;

    sn_arena_init(&arena, watcher->rpc->call.env->blocks, 65536);
    report.utilization.v = sn_arena_alloc(&arena, COSTS_MAX * sizeof(*report.utilization.v));
    for (size_t i = 0; report.utilization.v && i < load.count; i++) {
        report.utilization.v[i].key = sn_str_of(load.utilization[i].name);
        report.utilization.v[i].value = load.utilization[i].value;
        report.utilization.n = i + 1;
    }
    int code = sn_rpc_send(watcher->rpc, &report);
    sn_arena_fini(&arena);
    return code;
}

static void on_interval(struct sn_timer *timer)
{
    struct watcher *watcher = sn_container_of(timer, struct watcher, timer);
    int code = tell(watcher);

    if (code)
        sn_call_done(&watcher->rpc->call, code);
    else
        sn_timer_start(watcher->rpc->call.env->timers, timer, watcher->interval_ns, on_interval);
}

static void leave(struct sn_call *call)
{
    struct watcher *watcher = call->holder;

    sn_timer_stop(call->env->timers, &watcher->timer);
    sn_call_done(call, sn_call_cancelled(call));
}

static uint64_t interval_of(const struct pb_google_duration *asked)
{
    if (!asked || asked->seconds < 0 || asked->seconds > 3600 || asked->nanos < 0)
        return SN_SECONDS(30);
    uint64_t ns = SN_SECONDS(asked->seconds) + (uint64_t)asked->nanos;
    return ns > interval_min_ns ? ns : interval_min_ns;
}

static int stream_core_metrics(struct sn_rpc *rpc, void *self, const void *request, void *response)
{
    const struct pb_xds_service_orca_v3_orca_load_report_request *req = request;
    struct watcher *watcher = sn_arena_zalloc(&rpc->arena, sizeof(*watcher));

    if (!watcher)
        return SN_ERR_RESOURCE_EXHAUSTED;
    watcher->rpc = rpc;
    watcher->interval_ns = interval_of(req->report_interval);
    int code = tell(watcher);
    if (code)
        return code;
    rpc->call.holder = watcher;
    rpc->call.on_cancel = leave;
    sn_timer_start(rpc->call.env->timers, &watcher->timer, watcher->interval_ns, on_interval);
    return SN_PENDING;
}

static const struct sn_handler handlers[] = {
    {"StreamCoreMetrics", stream_core_metrics, 0, {0}, NULL},
    {0},
};

const struct sn_service sn_interop_orca_service = {NULL, &pb_xds_service_orca_v3_open_rca_service,
                                                   handlers};
