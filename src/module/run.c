/* SPDX-License-Identifier: Apache-2.0
 *
 * One process of a module, from start to end.
 */
#include "base/random.h"
#include "module/data_dirs.h"
#include "module/env.h"
#include "module/module.h"
#include "module/package.h"
#include "pb/grpc/health/v1/health.h"
#include "rpc/core/client.h"
#include "rpc/transport/http2/http2.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { RUN_MEMORY_MAX = 32 << 20, WHY_MAX = 1200 };

/* Source of both: upstream. */
static const uint64_t stop_timeout_ns = SN_SECONDS(10);
static const uint64_t retire_timeout_ns = SN_SECONDS(20);

/* Before it is dialled again; with TCP there is no socket's file to tell that it listens. */
static const uint64_t longest_pause_ns = SN_MS(100);

static struct sn_timers *timers_of(const struct sn_run *run)
{
    return sn_loop_timers(run->host->options.loop);
}

struct sn_run *run_ref(struct sn_run *run)
{
    run->refs++;
    return run;
}

void sn_run_unref(struct sn_run *run)
{
    if (!run || --run->refs)
        return;
    sn_config_destroy(run->config);
    sn_arena_fini(&run->arena);
    sn_by_name_fini(&run->instances_by_name);
    sn_by_name_fini(&run->verdicts_by_name);
    free(run->why);
    free(run);
}

bool run_alive(const struct sn_run *run)
{
    return run->state == RUN_READY || run->state == RUN_RETIRING;
}

/* ---- the end ---- */

static void channel_closed(void *owner)
{
    struct sn_run *run = owner;
    struct sn_host *host = run->host;

    sn_run_unref(run);
    host->channels_closing--;
    host_end_if_empty(host);
}

static void close_channel(struct sn_run *run)
{
    if (!run->channel)
        return;
    run->host->channels_closing++;
    run->channel->ops->close(run->channel, channel_closed, run_ref(run));
    run->channel = NULL;
}

/* Calls that run end first, as broken off, before what they were about is withdrawn. */
static void end(struct sn_run *run, const char *how)
{
    struct module *module = run->module;
    char why[WHY_MAX];

    snprintf(why, sizeof(why), "%s", run->why ? run->why : how);
    sn_timer_stop(timers_of(run), &run->timer);
    close_channel(run);
    run->state = RUN_ENDED;
    run->module = NULL;
    if (!run->tcp)
        unlink(run->address);
    for (size_t i = 0; i < run->handler_count; i++)
        sn_server_remove_foreign(run->host->options.server, run->handlers[i].foreign);
    run->handler_count = 0;
    run->useful &= !run_ended_making(run);
    run_forget(run);
    module_run_ended(module, run, why);
    sn_run_unref(run);
}

static void on_exit_of(void *owner, int wait_status)
{
    struct sn_run *run = owner;
    char how[WHY_MAX];

    if (run->state == RUN_STARTING && !sn_process_failed_to_start(run->process))
        snprintf(how, sizeof(how),
                 "module %s exited too quickly after attempted startup; it might have a fatal "
                 "issue: %s",
                 run->entry->name, sn_process_exit_text(run->process));
    else
        snprintf(how, sizeof(how), "module %s: %s", run->entry->name,
                 sn_process_exit_text(run->process));
    sn_process_free(run->process);
    run->process = NULL;
    end(run, how);
}

static void stop(struct sn_run *run)
{
    if (run->state == RUN_STOPPING)
        return;
    run->state = RUN_STOPPING;
    sn_timer_stop(timers_of(run), &run->timer);
    sn_process_stop(run->process, SIGTERM, stop_timeout_ns);
}

static void retire_overdue(struct sn_timer *timer)
{
    stop(sn_container_of(timer, struct sn_run, timer));
}

void run_retire(struct sn_run *run)
{
    if (run->state == RUN_STARTING || (run->state == RUN_READY && !run->busy)) {
        stop(run);
    } else if (run->state == RUN_READY) {
        run->state = RUN_RETIRING;
        run_cancel_opening(run);
        sn_timer_start(timers_of(run), &run->timer, retire_timeout_ns, retire_overdue);
    }
    host_changed(run->host);
}

void run_released(struct sn_run *run)
{
    if (run->state == RUN_RETIRING && !run->busy)
        stop(run);
}

/* What doesn't do as it should isn't asked to end either. */
void run_fail(struct sn_run *run, const char *format, ...)
{
    char text[WHY_MAX];
    va_list args;

    if (run->state == RUN_STOPPING || run->state == RUN_ENDED)
        return;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    free(run->why);
    run->why = strdup(text);
    stop(run);
    host_changed(run->host);
}

/* ---- whether it still answers ---- */

static const uint64_t longest_probe_ns = SN_SECONDS(5);

/* Between two questions, and for an answer. */
static uint64_t probe_ns(const struct sn_run *run)
{
    uint64_t limit_ns = run->host->options.hang_timeout_ns;

    return limit_ns < longest_probe_ns ? limit_ns : longest_probe_ns;
}

static int start_probe(struct sn_call *call)
{
    struct ask *ask = (struct ask *)call;
    static const struct pb_grpc_health_health_check_request request = {0};

    return sn_client_unary(call, ask->run->channel, &pb_grpc_health_health, "Check", &request, NULL,
                           NULL);
}

static void probe(struct sn_timer *timer);

/* It would not hear that it should end. Nobody is told before it has, so that calls to it end as
 * broken off and not as withdrawn. */
static void kill_hung(struct sn_run *run, uint64_t silent_ns)
{
    char text[WHY_MAX];

    snprintf(text, sizeof(text), "module %s has not answered for %llu s", run->entry->name,
             (unsigned long long)(silent_ns / SN_SECONDS(1)));
    free(run->why);
    run->why = strdup(text);
    run->state = RUN_STOPPING;
    sn_process_kill(run->process);
}

/* Any answer will do; most modules don't know the question. */
static void probed(struct ask *ask, int code)
{
    struct sn_run *run = ask->run;
    const uint64_t limit_ns = run->host->options.hang_timeout_ns;
    uint64_t silent_ns = timers_of(run)->now_ns - run->answered_ns;

    if (run->state != RUN_READY)
        return;
    if (code != SN_ERR_DEADLINE_EXCEEDED && code != SN_ERR_UNAVAILABLE)
        run->answered_ns = timers_of(run)->now_ns;
    else if (silent_ns >= limit_ns)
        return kill_hung(run, silent_ns);
    sn_timer_start(timers_of(run), &run->timer, probe_ns(run), probe);
}

static void probe(struct sn_timer *timer)
{
    struct sn_run *run = sn_container_of(timer, struct sn_run, timer);

    if (!ask_begin(run, probe_ns(run), start_probe, probed, NULL))
        sn_timer_start(timers_of(run), &run->timer, probe_ns(run), probe);
}

void run_probe(struct sn_run *run)
{
    run->answered_ns = timers_of(run)->now_ns;
    sn_timer_start(timers_of(run), &run->timer, probe_ns(run), probe);
}

/* ---- the start ---- */

static void on_line(void *owner, bool is_stderr, struct sn_str line)
{
    struct sn_run *run = owner;
    char name[SN_NAME_MAX + 256];

    snprintf(name, sizeof(name), "rdk.modmanager.%s.%s", run->entry->name,
             is_stderr ? "StdErr" : "StdOut");
    sn_log_fields(sn_logger_get(name), is_stderr ? SN_LOG_ERROR : SN_LOG_INFO, NULL, "\n\\_ %.*s",
                  SN_STR_ARGS(line));
}

static void on_warning(void *owner, struct sn_str text)
{
    struct sn_run *run = owner;

    sn_log_warn(run->module->log, "module %s runs less isolated than its config says: %.*s",
                run->entry->name, SN_STR_ARGS(text));
}

/* A port that was free a moment ago: the process has to take it, so it can't be held for it. */
static void ignore_conn(void *owner, struct sn_conn *conn)
{
    sn_conn_close(conn, false);
}

static int choose_port(struct sn_run *run, struct sn_error *error)
{
    struct sn_listener *listener;
    int code =
        sn_listen(run->host->options.loop, "127.0.0.1:0", ignore_conn, NULL, &listener, error);

    if (code)
        return code;
    snprintf(run->address, sizeof(run->address), "%s", sn_listener_address(listener));
    sn_listener_close(listener);
    return 0;
}

static int choose_address(struct sn_run *run, struct sn_error *error)
{
    const struct sn_host *host = run->host;
    char dialled[sizeof(run->address) + 8];

    run->tcp = run->entry->tcp_mode || host->options.tcp_only;
    int code = run->tcp
                   ? choose_port(run, error)
                   : sn_parent_socket(&host->parent, sn_loop_env(host->options.loop)->random,
                                      run->entry->name, run->address, sizeof(run->address), error);
    if (code)
        return code;
    snprintf(dialled, sizeof(dialled), "%s%s", run->tcp ? "" : "unix:", run->address);
    code = sn_http2_channel_create(host->options.loop, dialled, &run->channel, error);
    if (!code)
        sn_http2_channel_limit_pause(run->channel, longest_pause_ns);
    return code;
}

static int make_data_dir(const struct sn_run *run, char (*path)[SN_DATA_DIR_MAX],
                         struct sn_error *error)
{
    if (sn_data_dir(run->host->options.home, run->config, run->entry->name, path))
        return sn_error_set(error, SN_ERR_INVALID_ARGUMENT,
                            "its data can't have a folder: cloud.id is no name for one, or the "
                            "path is too long");
    for (char *slash = strchr(*path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(*path, 0755);
        *slash = '/';
    }
    if (mkdir(*path, 0750) && errno != EEXIST)
        return sn_error_set(error, SN_ERR_UNAVAILABLE, "mkdir %s: %s", *path, strerror(errno));
    return 0;
}

/* argv as upstream's: SDKs look for the options at these places. */
static int fill_args(struct sn_run *run, const char **args)
{
    const char *wanted = run->entry->log_level;
    size_t count = 0;

    if (!*wanted && sn_log_enabled(run->module->log, SN_LOG_DEBUG))
        wanted = "debug";
    args[count++] = run->address;
    const char *level = sn_arena_printf(&run->arena, "--log-level=%s", wanted).ptr;
    if (*wanted)
        args[count++] = level;
    if (run->tcp)
        args[count++] = "--tcp-mode";
    args[count] = NULL;
    return level ? 0 : SN_ERR_RESOURCE_EXHAUSTED;
}

static int spawn(struct sn_run *run, const struct sn_package_result *package,
                 struct sn_error *error)
{
    char data[SN_DATA_DIR_MAX];
    const char *args[4], *writable[] = {run->host->parent.dir, NULL};
    int code = make_data_dir(run, &data, error);

    if (!code && run->tcp && run->entry->isolation.no_network)
        code = sn_error_set(error, SN_ERR_INVALID_ARGUMENT,
                            "modules listen on TCP here, and its isolation takes the network away");
    if (code)
        return code;
    struct sn_module_env given = {.viam_home = run->host->options.home,
                                  .data_dir = data,
                                  .root = package->root,
                                  .address = run->address,
                                  .machine = run->config};
    const char *const *env;
    if (fill_args(run, args) || sn_module_env_make(run->entry, &given, &run->arena, &env))
        return sn_error_set(error, SN_ERR_RESOURCE_EXHAUSTED,
                            "its arguments and environment are too large");
    struct sn_process_options options = {
        .program = package->executable,
        .args = args,
        .env = env,
        .cwd = package->cwd,
        .data_dir = data,
        .isolation = &run->entry->isolation,
        .writable = writable,
        .on_line = on_line,
        .on_warning = on_warning,
        .on_exit = on_exit_of,
        .owner = run,
    };
    return sn_process_start(run->host->options.loop, &options, &run->process, error);
}

struct sn_run *run_start(struct module *module, const struct sn_package_result *package,
                         struct sn_error *error)
{
    struct sn_run *run = calloc(1, sizeof(*run));

    if (!run) {
        sn_error_set(error, SN_ERR_RESOURCE_EXHAUSTED, "out of memory");
        return NULL;
    }
    run->refs = 1;
    run->host = module->host;
    run->module = module;
    run->config = sn_config_ref(module->config);
    run->entry = module->entry;
    run->state = RUN_STARTING;
    run->started_ns = timers_of(run)->now_ns;
    sn_list_init(&run->instances);
    sn_list_init(&run->verdicts);
    sn_list_init(&run->unasked);
    sn_arena_init(&run->arena, sn_loop_blocks(module->host->options.loop), RUN_MEMORY_MAX);
    if (choose_address(run, error) || spawn(run, package, error)) {
        close_channel(run);
        sn_run_unref(run);
        return NULL;
    }
    run_shake_hands(run);
    return run;
}

void run_ready(struct sn_run *run)
{
    run->state = RUN_READY;
    run->ready_ns = timers_of(run)->now_ns;
    run_probe(run);
    module_run_ready(run->module);
}
