/* SPDX-License-Identifier: Apache-2.0
 *
 * The process of a module: its loop, its socket, its signals.
 */
#include "base/log.h"
#include "rpc/transport/http2/http2.h"
#include "sdk/args.h"
#include "sdk/sdk.h"
#include "sinew/list.h"

#include <assert.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* The machine kills the process group 10 s after it said SIGTERM. */
static const uint64_t stop_timeout_ns = SN_SECONDS(8), drain_ns = SN_MS(500);

/* As the reference's: the machine may run as another user. */
enum { SOCKET_MODE = 0776 };

struct process {
    struct sn_sdk_args args;
    struct sn_loop *loop;
    struct sn_sdk *sdk;
    struct sn_http2_server *http2;
    struct sn_listener *listener;
    struct sn_task woken;
    struct sn_timer stop, overdue, watch;
    size_t connections; /* at the last look */
    bool stopping;
};

static const char *environment(const char *key)
{
    const char *value = getenv(key);

    return value ? value : "";
}

const char *sn_module_data_folder(void)
{
    return environment("VIAM_MODULE_DATA");
}

const char *sn_module_folder(void)
{
    return environment("VIAM_MODULE_ROOT");
}

/* ---- what the sdk needs ---- */

static struct sn_channel *dial(void *owner, const char *address, struct sn_error *error)
{
    struct process *process = owner;
    struct sn_channel *channel;

    return sn_http2_channel_create(process->loop, address, &channel, error) ? NULL : channel;
}

static void run_woken(struct sn_task *task)
{
    sn_sdk_woken(sn_container_of(task, struct process, woken)->sdk);
}

static void wake(void *owner)
{
    struct process *process = owner;

    sn_loop_post(process->loop, &process->woken);
}

/* ---- the end ---- */

static void drained(void *owner)
{
    sn_loop_stop(((struct process *)owner)->loop);
}

static void closed(void *owner)
{
    struct process *process = owner;

    sn_http2_server_drain(process->http2, drain_ns, drained, process);
    if (sn_http2_server_connections(process->http2) == 0)
        sn_loop_stop(process->loop);
}

/* Hardware that a driver doesn't let go of is let go of with the process. */
static void on_overdue(struct sn_timer *timer)
{
    const struct process *process = sn_container_of(timer, struct process, overdue);

    sn_log_to_sink(NULL);
    sn_log_error(sn_logger_get("module"), "closing takes too long; the module ends at once");
    if (process->args.socket)
        unlink(process->args.socket);
    _exit(1);
}

static void begin_stop(struct sn_timer *timer)
{
    struct process *process = sn_container_of(timer, struct process, stop);

    sn_listener_close(process->listener);
    process->listener = NULL;
    sn_timer_stop(sn_loop_timers(process->loop), &process->watch);
    sn_timer_start(sn_loop_timers(process->loop), &process->overdue, stop_timeout_ns, on_overdue);
    sn_sdk_close(process->sdk, closed, process);
}

static void stop(void *owner)
{
    struct process *process = owner;

    if (!process->stopping)
        sn_timer_start(sn_loop_timers(process->loop), &process->stop, 0, begin_stop);
    process->stopping = true;
}

static void on_signal(struct sn_loop *loop, int signal)
{
    stop(sn_loop_user(loop));
}

/* ---- the beginning ---- */

/* The machine keeps a connection: one less may mean that it is gone. */
static void on_watch(struct sn_timer *timer)
{
    struct process *process = sn_container_of(timer, struct process, watch);
    size_t connections = sn_http2_server_connections(process->http2);

    if (connections < process->connections)
        sn_sdk_suspect(process->sdk);
    process->connections = connections;
    sn_timer_start(sn_loop_timers(process->loop), timer, SN_SECONDS(1), on_watch);
}

static void on_accept(void *owner, struct sn_conn *conn)
{
    sn_http2_server_accept(((struct process *)owner)->http2, conn);
}

static int create(struct process *process, const struct sn_module *module, struct sn_error *error)
{
    process->loop = sn_loop_create();
    if (!process->loop)
        return sn_error_set(error, SN_ERR_UNAVAILABLE, "the system gives no event loop");
    struct sn_sdk_options options = {
        .env = sn_loop_env(process->loop),
        .module = module,
        .name = process->args.name,
        .level = process->args.level,
        .tcp = !process->args.socket,
        .alone = process->args.alone,
        .dial = dial,
        .wake = wake,
        .orphaned = stop,
        .owner = process,
    };
    process->sdk = sn_sdk_create(&options);
    if (process->sdk)
        process->http2 =
            sn_http2_server_create(process->loop, sn_sdk_server(process->sdk), NULL, NULL);
    if (!process->http2)
        return sn_error_set(error, SN_ERR_RESOURCE_EXHAUSTED, "out of memory");
    process->woken.run = run_woken;
    sn_loop_set_user(process->loop, process);
    if (sn_loop_on_signal(process->loop, SIGTERM, on_signal) ||
        sn_loop_on_signal(process->loop, SIGINT, on_signal))
        return sn_error_set(error, SN_ERR_UNAVAILABLE, "signals can't be handled");
    return 0;
}

static int serve(struct process *process, struct sn_error *error)
{
    int code = sn_listen(process->loop, process->args.address, on_accept, process,
                         &process->listener, error);

    if (code)
        return code;
    if (process->args.socket && chmod(process->args.socket, SOCKET_MODE))
        sn_log_warn(sn_logger_get("module"), "%s: its mode can't be changed", process->args.socket);
    on_watch(&process->watch);
    sn_loop_run(process->loop);
    sn_timer_stop(sn_loop_timers(process->loop), &process->overdue);
    if (process->args.socket)
        unlink(process->args.socket);
    return 0;
}

static int fail(const char *text)
{
    sn_log_error(sn_logger_get("module"), "%s", text);
    sn_log_flush(true);
    return 1;
}

/* As a pattern, which others can be set beside. At debug everything is wanted. */
static void set_level(enum sn_log_level level)
{
    int code = sn_log_set_pattern("*", level);

    assert(!code);
    (void)code;
    sn_log_set_dedup(level != SN_LOG_DEBUG);
}

int sn_module_main(int argc, char **argv, const struct sn_module *module)
{
    struct process process = {0};
    struct sn_error error;

    if (sn_sdk_args_parse(argc, (const char *const *)argv, getenv, &process.args, &error))
        return fail(error.text);
    set_level(process.args.level);
    /* Half of it is running where this fails; the system cleans up better than we could. */
    if (create(&process, module, &error) || serve(&process, &error))
        return fail(error.text);
    sn_http2_server_destroy(process.http2);
    sn_sdk_destroy(process.sdk);
    sn_loop_destroy(process.loop);
    sn_log_flush(true);
    return 0;
}
