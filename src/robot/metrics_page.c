/* SPDX-License-Identifier: Apache-2.0
 *
 * The page "/metrics", in Prometheus' text format. Loop thread.
 * Source: Prometheus, "Exposition formats", text 0.0.4.
 */
#include "robot/pages_private.h"

#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

/* Of gRPC's codes, as they are written elsewhere. */
static const char *const code_names[SN_CODES] = {"OK",
#define CODE_NAME(name, code, http, text) [code] = #name,
                                                 SN_ERR_MAP(CODE_NAME)
#undef CODE_NAME
};

static void write_head(struct sn_page *page, const char *name, const char *type, const char *help)
{
    sn_page_printf(page, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void write_one(struct sn_page *page, const char *name, const char *type, const char *help,
                      uint64_t value)
{
    write_head(page, name, type, help);
    sn_page_printf(page, "%s %llu\n", name, (unsigned long long)value);
}

/* ---- calls ---- */

static void write_codes(void *user, const struct sn_method_counts *counts)
{
    struct sn_page *page = user;

    for (size_t i = 0; i < SN_CODES; i++)
        if (counts->by_code[i])
            sn_page_printf(page, "sinew_calls_total{method=\"%.*s\",code=\"%s\"} %llu\n",
                           SN_STR_ARGS(counts->path), code_names[i],
                           (unsigned long long)counts->by_code[i]);
}

static void write_running(void *user, const struct sn_method_counts *counts)
{
    if (counts->running)
        sn_page_printf(user, "sinew_calls_running{method=\"%.*s\"} %u\n", SN_STR_ARGS(counts->path),
                       counts->running);
}

static void write_times(void *user, const struct sn_method_counts *counts)
{
    const char *name = "sinew_call_seconds";
    struct sn_page *page = user;
    uint64_t sum = 0;

    for (size_t i = 0; i < SN_TIME_BUCKETS; i++) {
        char bound[16] = "+Inf";

        sum += counts->by_time[i];
        if (i < SN_TIME_BUCKETS - 1)
            snprintf(bound, sizeof(bound), "%g", sn_time_bucket_ms[i] / 1000.0);
        sn_page_printf(page, "%s_bucket{method=\"%.*s\",le=\"%s\"} %llu\n", name,
                       SN_STR_ARGS(counts->path), bound, (unsigned long long)sum);
    }
    sn_page_printf(page, "%s_sum{method=\"%.*s\"} %g\n", name, SN_STR_ARGS(counts->path),
                   (double)counts->total_ms / 1000.0);
    sn_page_printf(page, "%s_count{method=\"%.*s\"} %llu\n", name, SN_STR_ARGS(counts->path),
                   (unsigned long long)sum);
}

static void write_calls(struct sn_page *page, const struct sn_metrics *metrics)
{
    write_head(page, "sinew_calls_total", "counter", "Calls that ended, by method and code.");
    sn_metrics_each(metrics, write_codes, page);
    write_head(page, "sinew_calls_running", "gauge", "Calls that run now.");
    sn_metrics_each(metrics, write_running, page);
    write_head(page, "sinew_call_seconds", "histogram", "How long calls took, to the millisecond.");
    sn_metrics_each(metrics, write_times, page);
}

/* ---- the port ---- */

static void write_port(struct sn_page *page, struct sn_web *web, const struct sn_auth *auth)
{
    const struct sn_guard *guard = sn_web_guard(web);
    struct sn_web_counts counts;

    sn_web_count(web, &counts);
    write_head(page, "sinew_connections", "gauge", "Open connections, by what they speak.");
    sn_page_printf(page,
                   "sinew_connections{protocol=\"http1\"} %zu\n"
                   "sinew_connections{protocol=\"http2\"} %zu\n"
                   "sinew_connections{protocol=\"undecided\"} %zu\n",
                   counts.http1, counts.http2, counts.undecided);
    write_one(page, "sinew_connections_total", "counter", "Connections accepted.", counts.accepted);
    write_one(page, "sinew_http2_streams", "gauge", "Open streams of HTTP/2.", counts.streams);
    write_one(page, "sinew_received_bytes_total", "counter", "Bytes from clients.",
              counts.bytes_in);
    write_one(page, "sinew_sent_bytes_total", "counter", "Bytes to clients.", counts.bytes_out);
    write_head(page, "sinew_refused_total", "counter",
               "Connections and requests that were refused, by reason.");
    for (size_t i = 0; i < SN_REFUSED_COUNT; i++)
        sn_page_printf(page, "sinew_refused_total{reason=\"%s\"} %llu\n", sn_refusal_names[i],
                       (unsigned long long)guard->refused[i]);
    for (enum sn_auth_refusal i = 0; i < SN_AUTH_REFUSALS; i++)
        sn_page_printf(page, "sinew_refused_total{reason=\"%s\"} %llu\n", sn_auth_refusal_names[i],
                       (unsigned long long)sn_auth_refused(auth, i));
}

static void write_peers(struct sn_page *page, const struct sn_webrtc_hub *hub)
{
    struct sn_webrtc_counts counts = {0};

    if (hub)
        sn_webrtc_hub_count(hub, &counts);
    write_head(page, "sinew_peers", "gauge", "Peer connections (WebRTC), by how far they are.");
    sn_page_printf(page,
                   "sinew_peers{state=\"connecting\"} %zu\n"
                   "sinew_peers{state=\"connected\"} %zu\n",
                   counts.peers - counts.connected, counts.connected);
    write_one(page, "sinew_peer_offers_total", "counter", "Peer connections that were asked for.",
              counts.offers);
    write_one(page, "sinew_peer_connections_total", "counter", "... that were made.",
              counts.connections);
    write_one(page, "sinew_peer_failures_total", "counter", "... that came to nothing.",
              counts.failures);
    write_one(page, "sinew_received_datagrams_total", "counter", "Datagrams from peers.",
              counts.datagrams_in);
    write_one(page, "sinew_sent_datagrams_total", "counter", "Datagrams to peers.",
              counts.datagrams_out);
}

/* ---- the machine ---- */

static void write_resources(struct sn_page *page, const struct sn_graph *graph)
{
    size_t counts[SN_NODE_UNHEALTHY + 1] = {0};

    for (size_t i = 0; i < graph->count; i++)
        counts[graph->nodes[i]->state]++;
    write_head(page, "sinew_resources", "gauge", "Resources, by state.");
    for (size_t i = SN_NODE_UNCONFIGURED; i <= SN_NODE_UNHEALTHY; i++)
        sn_page_printf(page, "sinew_resources{state=\"%s\"} %zu\n", sn_page_states[i], counts[i]);
}

/* An id is the owner's text. */
static void write_id(struct sn_page *page, const char *id)
{
    for (; *id; id++)
        sn_page_printf(page, *id == '"' || *id == '\\' ? "\\%c" : "%c", *id);
}

static void write_up(void *user, const struct sn_process_state *state)
{
    sn_page_printf(user, "sinew_process_up{id=\"");
    write_id(user, state->id);
    sn_page_printf(user, "\"} %d\n", state->up);
}

static void write_starts(void *user, const struct sn_process_state *state)
{
    sn_page_printf(user, "sinew_process_starts_total{id=\"");
    write_id(user, state->id);
    sn_page_printf(user, "\"} %llu\n", (unsigned long long)state->starts);
}

static void write_processes(struct sn_page *page, const struct sn_processes *processes)
{
    write_head(page, "sinew_process_up", "gauge", "Whether a process of the config runs.");
    sn_processes_each(processes, write_up, page);
    write_head(page, "sinew_process_starts_total", "counter", "How often it was started.");
    sn_processes_each(processes, write_starts, page);
}

/* ---- the process ---- */

static uint64_t resident_bytes(void)
{
    unsigned long long whole, resident = 0;
    FILE *file = fopen("/proc/self/statm", "re");

    if (!file)
        return 0;
    if (fscanf(file, "%llu %llu", &whole, &resident) != 2)
        resident = 0;
    fclose(file);
    return resident * (uint64_t)sysconf(_SC_PAGESIZE);
}

static double seconds(struct timeval time)
{
    return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

static void write_process(struct sn_page *page)
{
    struct sn_block_pool *blocks = page->env->blocks;
    struct rusage usage = {0};

    getrusage(RUSAGE_SELF, &usage);
    write_head(page, "process_cpu_seconds_total", "counter", "CPU time used.");
    sn_page_printf(page, "process_cpu_seconds_total %.6f\n",
                   seconds(usage.ru_utime) + seconds(usage.ru_stime));
    write_one(page, "process_resident_memory_bytes", "gauge", "Memory in use.", resident_bytes());
    write_one(page, "sinew_blocks_bytes", "gauge", "Memory of calls and messages.",
              sn_block_pool_in_use(blocks));
    write_one(page, "sinew_blocks_taken_total", "counter",
              "How often memory for these was asked of the system.", blocks->taken);
}

/* A turn that took long was a lag for all others. */
static void write_loop(struct sn_page *page, const struct sn_loop_turns *turns)
{
    const char *name = "sinew_loop_turn_seconds";

    write_head(page, name, "histogram",
               "How long turns of the event loop took, and events may have waited.");
    for (size_t i = 0, bound = 1; i < SN_TURN_BUCKETS; i++, bound *= 10)
        sn_page_printf(page, "%s_bucket{le=\"%g\"} %llu\n", name, (double)bound / 1000.0,
                       (unsigned long long)(turns->count - turns->over_ms[i]));
    sn_page_printf(page,
                   "%s_bucket{le=\"+Inf\"} %llu\n"
                   "%s_sum %g\n"
                   "%s_count %llu\n",
                   name, (unsigned long long)turns->count, name, (double)turns->total_ms / 1000.0,
                   name, (unsigned long long)turns->count);
    write_head(page, "sinew_loop_turn_longest_seconds", "gauge", "The longest turn.");
    sn_page_printf(page, "sinew_loop_turn_longest_seconds %g\n",
                   (double)turns->longest_ms / 1000.0);
}

void sn_write_metrics(struct sn_page *page, void *owner)
{
    const struct sn_pages *pages = owner;

    if (!sn_page_admit(page, pages, "/metrics"))
        return;
    page->content_type = "text/plain; version=0.0.4; charset=utf-8";
    write_calls(page, &pages->robot->metrics);
    write_port(page, pages->web, pages->auth);
    write_peers(page, pages->hub);
    write_resources(page, &pages->robot->graph);
    write_processes(page, &pages->robot->processes);
    write_loop(page, sn_loop_turns(pages->loop));
    write_process(page);
}
