/* SPDX-License-Identifier: Apache-2.0
 *
 * A child's life: its lines while it runs, the steps of its stop, its end.
 */
#include "module/process.h"
#include "loop/child.h"
#include "loop/ready.h"
#include "module/cgroup.h"
#include "module/guard.h"
#include "module/launch.h"
#include "sinew/list.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    WINDOW_MS = 50,
    WINDOW_BYTES = SN_PROCESS_RATE / (1000 / WINDOW_MS),
    /* What a pipe may hold when a process has ended: no more than this is its own. */
    DRAIN_MAX = 1 << 20,
    EXIT_TEXT_MAX = 1024,
};

/* Whose lines. */
enum source { OUT, ERR, STATUS, SOURCES };

struct stream {
    struct sn_process *process;
    enum source source;
    int fd; /* -1: closed */
    struct sn_ready *ready;
    size_t used;
    char line[SN_PROCESS_LINE_MAX];
};

struct sn_process {
    struct sn_loop *loop;
    void (*on_line)(void *owner, bool is_stderr, struct sn_str line);
    void (*on_warning)(void *owner, struct sn_str text);
    void (*on_exit)(void *owner, int wait_status);
    void *owner;
    struct sn_child child;
    bool running, failed_to_start;
    struct stream streams[SOURCES];
    size_t budget;          /* bytes that may still be read in this window */
    struct sn_timer window; /* runs when bytes were read in it */
    struct sn_timer stop;   /* runs to the stop's next step */
    int stop_signal;
    uint64_t stop_rest_ns;
    char cgroup[PATH_MAX]; /* "": it has none of its own */
    char exit_text[EXIT_TEXT_MAX];
};

/* ---- lines ---- */

static void tell(struct stream *stream, struct sn_str line)
{
    struct sn_process *process = stream->process;

    if (stream->source != STATUS) {
        if (line.len && line.ptr[line.len - 1] == '\r')
            line.len--;
        process->on_line(process->owner, stream->source == ERR, line);
        return;
    }
    if (line.len == 0)
        return;
    struct sn_str text = {line.ptr + 1, line.len - 1};
    if (line.ptr[0] == 'W' && process->on_warning)
        process->on_warning(process->owner, text);
    if (line.ptr[0] == 'E') {
        process->failed_to_start = true;
        snprintf(process->exit_text, sizeof(process->exit_text), "%.*s", SN_STR_ARGS(text));
    }
}

static void tell_whole_lines(struct stream *stream)
{
    size_t begin = 0;
    const char *end;

    while ((end = memchr(stream->line + begin, '\n', stream->used - begin))) {
        size_t len = (size_t)(end - stream->line) - begin;

        tell(stream, (struct sn_str){stream->line + begin, len});
        begin += len + 1;
    }
    stream->used -= begin;
    memmove(stream->line, stream->line + begin, stream->used);
}

static void tell_rest(struct stream *stream)
{
    size_t used = stream->used;

    stream->used = 0;
    if (used)
        tell(stream, (struct sn_str){stream->line, used});
}

static void close_stream(struct stream *stream)
{
    sn_ready_destroy(stream->ready);
    stream->ready = NULL;
    if (stream->fd >= 0)
        close(stream->fd);
    stream->fd = -1;
    tell_rest(stream);
}

/* Reads once, `max` at most. How much there was; 0: nothing now, or no more. */
static size_t read_some(struct stream *stream, size_t max)
{
    size_t room = sizeof(stream->line) - stream->used;
    ssize_t got = read(stream->fd, stream->line + stream->used, room < max ? room : max);

    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return 0;
    if (got <= 0) {
        close_stream(stream);
        return 0;
    }
    stream->used += (size_t)got;
    tell_whole_lines(stream);
    if (stream->used == sizeof(stream->line)) /* the line goes on in the next */
        tell_rest(stream);
    return (size_t)got;
}

/* ---- the rate ---- */

static void want_output(struct sn_process *process)
{
    for (int i = OUT; i <= ERR; i++)
        if (process->streams[i].ready)
            sn_ready_want(process->streams[i].ready, process->budget ? SN_READABLE : 0);
}

static void next_window(struct sn_timer *timer)
{
    struct sn_process *process = sn_container_of(timer, struct sn_process, window);

    process->budget = WINDOW_BYTES;
    want_output(process);
}

static void on_ready(void *owner, unsigned events)
{
    struct stream *stream = owner;
    struct sn_process *process = stream->process;

    if (stream->source == STATUS) {
        read_some(stream, sizeof(stream->line));
        return;
    }
    process->budget -= read_some(stream, process->budget);
    if (!process->window.armed)
        sn_timer_start(sn_loop_timers(process->loop), &process->window, SN_MS(WINDOW_MS),
                       next_window);
    want_output(process);
}

/* ---- limits ---- */

/* Whether there is nothing to be kept, or it will be; else there is a warning and, as far as it
 * goes, sinew-spawn does it. */
static void enter_cgroup(struct sn_process *process, const struct sn_config_isolation *isolation)
{
    struct sn_error error;
    char text[2 * SN_ERROR_TEXT_MAX];

    if (!isolation || !sn_cgroup_wanted(isolation))
        return;
    if (!sn_cgroup_add(sn_cgroups_own(), isolation, process->cgroup, &error))
        return;
    process->cgroup[0] = '\0';
    int len = snprintf(text, sizeof(text), "no cgroup limits it (%s)%s%s", error.text,
                       isolation->memory_mb
                           ? "; memory_mb holds for each of its processes, not for all together"
                           : "",
                       isolation->cpu_percent ? "; cpu_percent is not enforced" : "");
    if (isolation->max_processes)
        len += snprintf(text + len, sizeof(text) - (size_t)len,
                        "; max_processes counts all of its user's");
    if (process->on_warning)
        process->on_warning(process->owner, (struct sn_str){text, (size_t)len});
}

static void leave_cgroup(struct sn_process *process)
{
    if (*process->cgroup)
        sn_cgroup_remove(sn_cgroups_own(), process->cgroup);
    process->cgroup[0] = '\0';
}

/* ---- the end ---- */

static void describe_end(struct sn_process *process, int wait_status)
{
    char *text = process->exit_text;

    if (process->failed_to_start)
        return;
    if (WIFEXITED(wait_status))
        snprintf(text, EXIT_TEXT_MAX, "exit code %d", WEXITSTATUS(wait_status));
    else
        snprintf(text, EXIT_TEXT_MAX, "killed by signal %d (%s)", WTERMSIG(wait_status),
                 strsignal(WTERMSIG(wait_status)));
}

/* Others may still hold the pipes, if they left the group: what they print is not waited for. */
static void drain(struct stream *stream)
{
    size_t left = DRAIN_MAX, got;

    while (stream->fd >= 0 && left) {
        got = read_some(stream, left);
        left -= got;
        if (!got)
            break;
    }
    close_stream(stream);
}

/* sn_child.ended: its number is still taken, and with it that of its group. */
static void on_end(struct sn_child *child)
{
    struct sn_process *process = sn_container_of(child, struct sn_process, child);
    struct sn_timers *timers = sn_loop_timers(process->loop);

    kill(-child->pid, SIGKILL);
    sn_guard_forget(child->pid);
    leave_cgroup(process);
    sn_timer_stop(timers, &process->window);
    sn_timer_stop(timers, &process->stop);
    for (int i = 0; i < SOURCES; i++)
        drain(&process->streams[i]);
    describe_end(process, child->wait_status);
    process->running = false;
    process->on_exit(process->owner, child->wait_status);
}

/* ---- stopping ---- */

static void kill_group(struct sn_timer *timer)
{
    sn_process_kill(sn_container_of(timer, struct sn_process, stop));
}

static void signal_group(struct sn_timer *timer)
{
    struct sn_process *process = sn_container_of(timer, struct sn_process, stop);

    kill(-process->child.pid, process->stop_signal);
    sn_timer_start(sn_loop_timers(process->loop), timer, process->stop_rest_ns, kill_group);
}

void sn_process_stop(struct sn_process *process, int signal, uint64_t timeout_ns)
{
    uint64_t first_ns = timeout_ns / 3;

    if (!process->running)
        return;
    process->stop_signal = signal;
    process->stop_rest_ns = timeout_ns - first_ns;
    kill(process->child.pid, signal);
    sn_timer_start(sn_loop_timers(process->loop), &process->stop, first_ns, signal_group);
}

void sn_process_kill(struct sn_process *process)
{
    if (process->running)
        kill(-process->child.pid, SIGKILL);
}

/* ---- the start ---- */

static int watch(struct sn_process *process, enum source source, int fd)
{
    struct stream *stream = &process->streams[source];

    stream->process = process;
    stream->source = source;
    stream->fd = fd;
    if (fd < 0)
        return 0;
    int code = sn_ready_create(process->loop, fd, on_ready, stream, &stream->ready);
    if (!code)
        sn_ready_want(stream->ready, SN_READABLE);
    return code;
}

/* A child that can't be listened to would wait for us for ever. */
static void watch_all(struct sn_process *process, const struct sn_launched *launched)
{
    int code = watch(process, OUT, launched->out) | watch(process, ERR, launched->err) |
               watch(process, STATUS, launched->status);

    process->child = (struct sn_child){.pid = launched->pid, .ended = on_end};
    process->running = true;
    sn_child_watch(process->loop, &process->child);
    if (code)
        sn_process_kill(process);
}

int sn_process_start(struct sn_loop *loop, const struct sn_process_options *options,
                     struct sn_process **ret_process, struct sn_error *error)
{
    struct sn_process *process = calloc(1, sizeof(*process));
    struct sn_launched launched;

    if (!process)
        return sn_error_set(error, SN_ERR_RESOURCE_EXHAUSTED, "%.900s: out of memory",
                            options->program);
    process->loop = loop;
    process->on_line = options->on_line;
    process->on_warning = options->on_warning;
    process->on_exit = options->on_exit;
    process->owner = options->owner;
    process->budget = WINDOW_BYTES;
    enter_cgroup(process, options->isolation);
    int code = sn_launch(options, *process->cgroup ? process->cgroup : NULL, &launched, error);
    if (code) {
        leave_cgroup(process);
        free(process);
        return code;
    }
    watch_all(process, &launched);
    *ret_process = process;
    return 0;
}

pid_t sn_process_pid(const struct sn_process *process)
{
    return process->child.pid;
}

bool sn_process_running(const struct sn_process *process)
{
    return process->running;
}

const char *sn_process_exit_text(const struct sn_process *process)
{
    return process->exit_text;
}

bool sn_process_failed_to_start(const struct sn_process *process)
{
    return process->failed_to_start;
}

void sn_process_free(struct sn_process *process)
{
    free(process);
}
