/* SPDX-License-Identifier: Apache-2.0
 *
 * Each process of the config is a `run`, from the first config that has it until it has ended after
 * the last.
 */
#include "robot/processes.h"
#include "base/heap.h"
#include "module/env.h"
#include "module/process.h"
#include "resource/graph.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>

enum {
    ARGS_MEMORY_MAX = 4 << 20, /* of arguments and environment */
    /* A start after which it ran so long wasn't the same failure again. */
    STEADY_S = 10,
    DELAY_S = 1, /* source: pexec */
    DELAY_MAX_S = 30,
};

enum phase {
    WAITING, /* for its next start */
    RUNNING,
    STOPPING,
    DONE,   /* it ran once */
    FAILED, /* not to be tried again */
};

struct run {
    struct sn_list link;
    struct sn_processes *processes;
    const struct sn_config_process *entry;
    struct sn_config *config; /* the entry's */
    /* What it is to be after its stop; NULL: gone */
    struct sn_config *next_config;
    const struct sn_config_process *next_entry;
    struct sn_process *process; /* RUNNING and STOPPING */
    enum phase phase;
    char *error; /* why it isn't running; NULL: no reason */
    char *told;  /* the failure that was logged last */
    uint64_t started_ns, changed_unix_ns, starts;
    uint64_t delay_s; /* before the next start after a failure */
    bool held;        /* resources wait for it */
    struct sn_timer restart;
    struct sn_logger *log, *out, *err;
    char id[];
};

/* Copies `text` (or NULL) to where a text of ours is. */
static void keep(char **ret_copy, const char *text)
{
    char *copy = text ? strdup(text) : NULL;

    free(*ret_copy);
    *ret_copy = copy;
}

static void set_phase(struct run *run, enum phase phase, const char *error)
{
    keep(&run->error, error);
    run->phase = phase;
    run->changed_unix_ns = run->processes->env->unix_ns();
}

static void tell(struct sn_processes *processes)
{
    if (!processes->configuring)
        processes->changed(processes);
}

static void release(struct run *run)
{
    struct sn_processes *processes = run->processes;

    run->held = false;
    if (!sn_processes_hold(processes))
        sn_timer_stop(processes->env->timers, &processes->hold);
    tell(processes);
}

/* ---- output ---- */

/* In upstream's form. What is an error to the process is never left out as a repetition. */
static void on_line(void *owner, bool is_stderr, struct sn_str line)
{
    const struct run *run = owner;
    char text[SN_PROCESS_LINE_MAX + 8];

    if (!is_stderr) {
        sn_log_info(run->out, "\n\\_ %.*s", SN_STR_ARGS(line));
        return;
    }
    if (!sn_log_enabled(run->err, SN_LOG_ERROR))
        return;
    int len = snprintf(text, sizeof(text), "\n\\_ %.*s", SN_STR_ARGS(line));
    sn_log_relay(sn_str_of(run->err->name), SN_LOG_ERROR, NULL, 0, NULL,
                 (struct sn_str){text, (size_t)len});
}

static void on_warning(void *owner, struct sn_str text)
{
    sn_log_warn(((struct run *)owner)->log, "%.*s", SN_STR_ARGS(text));
}

/* ---- start and end ---- */

static void start(struct run *run);

static void start_again(struct sn_timer *timer)
{
    start(sn_container_of(timer, struct run, restart));
}

static void start_later(struct run *run, bool failed)
{
    uint64_t delay_s = failed ? run->delay_s : DELAY_S;

    run->delay_s = delay_s * 2 < DELAY_MAX_S ? delay_s * 2 : DELAY_MAX_S;
    if (!failed)
        run->delay_s = DELAY_S;
    sn_timer_start(run->processes->env->timers, &run->restart, SN_SECONDS(delay_s), start_again);
}

/* Why a start failed is logged once, not at every attempt. */
static void fail(struct run *run, const char *cause)
{
    char text[2 * SN_ERROR_TEXT_MAX];

    snprintf(text, sizeof(text), "error running process \"%.200s\": %s", run->entry->name, cause);
    if (!run->told || strcmp(run->told, text) != 0)
        sn_log_error(run->log, "%s", text);
    keep(&run->told, text);
    set_phase(run, run->entry->one_shot ? FAILED : WAITING, text);
    if (run->entry->one_shot)
        release(run);
    else
        start_later(run, true);
}

static void destroy(struct run *run)
{
    sn_timer_stop(run->processes->env->timers, &run->restart);
    sn_list_remove(&run->link);
    sn_config_destroy(run->config);
    sn_config_destroy(run->next_config);
    free(run->error);
    free(run->told);
    free(run);
}

static void take_entry(struct run *run, struct sn_config *take_config,
                       const struct sn_config_process *entry)
{
    sn_config_destroy(run->config);
    run->config = take_config;
    run->entry = entry;
    run->delay_s = DELAY_S;
}

/* After its stop, or where there was nothing to stop. */
static void go_on(struct run *run)
{
    struct sn_processes *processes = run->processes;

    if (!run->next_entry) {
        destroy(run);
        tell(processes);
        return;
    }
    keep(&run->told, NULL);
    take_entry(run, run->next_config, run->next_entry);
    run->next_config = NULL;
    run->next_entry = NULL;
    start(run);
}

static void end_one_shot(struct run *run, int wait_status, const char *cause)
{
    if (wait_status) {
        fail(run, cause);
        return;
    }
    sn_log_info(run->log, "process has run");
    set_phase(run, DONE, NULL);
    release(run);
}

static void on_exit_of(void *owner, int wait_status)
{
    struct run *run = owner;
    struct sn_process *process = run->process;
    const char *cause = sn_process_exit_text(process);
    uint64_t ran_ns = run->processes->env->timers->now_ns - run->started_ns;

    run->process = NULL;
    if (ran_ns >= SN_SECONDS(STEADY_S)) {
        run->delay_s = DELAY_S;
        keep(&run->told, NULL);
    }
    if (run->phase == STOPPING) {
        sn_log_info(run->log, "process stopped: %s", cause);
        go_on(run);
    } else if (run->entry->one_shot) {
        end_one_shot(run, wait_status, cause);
    } else if (sn_process_failed_to_start(process)) {
        fail(run, cause);
    } else {
        sn_log_info(run->log, "process exited before expected: %s; restarting process", cause);
        set_phase(run, WAITING, wait_status ? cause : NULL);
        start_later(run, wait_status != 0);
    }
    sn_process_free(process);
}

static int launch(struct run *run, struct sn_arena *arena, struct sn_error *error)
{
    const struct sn_config_process *entry = run->entry;
    const char **args = sn_arena_zalloc(arena, (entry->args.count + 1) * sizeof(*args));
    struct sn_process_options options = {
        .program = entry->name,
        .args = args,
        .cwd = *entry->cwd ? entry->cwd : NULL,
        .user = *entry->username ? entry->username : NULL,
        .isolation = &entry->isolation,
        .on_line = entry->log ? on_line : NULL,
        .on_warning = on_warning,
        .on_exit = on_exit_of,
        .owner = run,
    };

    if (!args || sn_process_env_make(entry->env, arena, &options.env))
        return sn_error_set(error, SN_ERR_RESOURCE_EXHAUSTED, "out of memory");
    for (size_t i = 0; i < entry->args.count; i++)
        args[i] = entry->args.v[i];
    return sn_process_start(run->processes->env->loop, &options, &run->process, error);
}

/* Why it may not even be tried; NULL: it may. */
static const char *refusal(const struct run *run)
{
    if (run->processes->untrusted)
        return "processes are disabled in an untrusted environment";
    if (run->entry->invalid)
        return run->entry->invalid;
    return run->processes->env->submit ? NULL : "this program has no processes";
}

static void start(struct run *run)
{
    struct sn_env *env = run->processes->env;
    const char *refused = refusal(run);
    struct sn_error error;
    struct sn_arena arena;

    if (refused) {
        sn_log_error(run->log, "process \"%s\" is not run: %s", run->id, refused);
        set_phase(run, FAILED, refused);
        release(run);
        return;
    }
    sn_arena_init(&arena, env->blocks, ARGS_MEMORY_MAX);
    int code = launch(run, &arena, &error);
    sn_arena_fini(&arena);
    run->started_ns = env->timers->now_ns;
    if (code) {
        fail(run, error.text);
        return;
    }
    run->starts++;
    sn_log_debug(run->log, "process started");
    set_phase(run, RUNNING, NULL);
}

/* It goes on as `take_config`'s entry, or not at all. */
static void stop(struct run *run, struct sn_config *take_config,
                 const struct sn_config_process *next_entry)
{
    const struct sn_config_process *entry = run->entry;

    sn_config_destroy(run->next_config);
    run->next_config = take_config;
    run->next_entry = next_entry;
    run->held = next_entry && next_entry->one_shot;
    if (run->phase == STOPPING)
        return;
    sn_timer_stop(run->processes->env->timers, &run->restart);
    if (!run->process) {
        go_on(run);
        return;
    }
    sn_log_info(run->log, "stopping process %d with signal SIG%s",
                (int)sn_process_pid(run->process), sigabbrev_np(entry->stop_signal));
    set_phase(run, STOPPING, NULL);
    sn_process_stop(run->process, entry->stop_signal, (uint64_t)entry->stop_timeout_ns);
}

/* ---- the config ---- */

static struct run *find(const struct sn_processes *processes, const char *id)
{
    struct sn_list *node;

    sn_list_for_each (node, &processes->all) {
        struct run *run = sn_container_of(node, struct run, link);

        if (strcmp(run->id, id) == 0)
            return run;
    }
    return NULL;
}

static struct sn_logger *logger(const char *id, const char *end)
{
    char name[SN_CONFIG_PROCESS_ID_MAX + 64];

    snprintf(name, sizeof(name), "rdk.process_manager.%s%s", id, end);
    return sn_logger_get(name);
}

static struct run *create(struct sn_processes *processes, const char *id)
{
    struct run *run = calloc(1, sizeof(*run) + strlen(id) + 1);

    if (!run)
        return NULL;
    run->processes = processes;
    run->log = logger(id, "");
    run->out = logger(id, ".StdOut");
    run->err = logger(id, ".StdErr");
    memcpy(run->id, id, strlen(id));
    sn_list_append(&processes->all, &run->link);
    return run;
}

static void begin(struct sn_processes *processes, struct sn_config *config,
                  const struct sn_config_process *entry)
{
    struct run *run = create(processes, entry->id);

    if (!run) {
        sn_log_error(processes->log, "process \"%.200s\" is not run: out of memory", entry->id);
        return;
    }
    take_entry(run, sn_config_ref(config), entry);
    run->held = entry->one_shot;
    start(run);
}

static void adjust(struct run *run, struct sn_config *config, const struct sn_config_process *entry)
{
    bool same = run->phase != STOPPING && json_equal(run->entry->json, entry->json);

    if (same) { /* the old config may go */
        uint64_t delay_s = run->delay_s;

        take_entry(run, sn_config_ref(config), entry);
        run->delay_s = delay_s;
        return;
    }
    stop(run, sn_config_ref(config), entry);
}

/* The first of that id: it is the one that is run, or not. */
static const struct sn_config_process *find_entry(const struct sn_config *config, const char *id)
{
    for (size_t i = 0; config && i < config->processes.count; i++)
        if (strcmp(config->processes.v[i].id, id) == 0)
            return &config->processes.v[i];
    return NULL;
}

static void remove_others(struct sn_processes *processes, const struct sn_config *config)
{
    struct sn_list *node, *next;

    sn_list_for_each_safe (node, next, &processes->all) {
        struct run *run = sn_container_of(node, struct run, link);

        if (!find_entry(config, run->id))
            stop(run, NULL, NULL);
    }
}

static void lose_patience(struct sn_timer *timer)
{
    struct sn_processes *processes = sn_container_of(timer, struct sn_processes, hold);
    struct sn_list *node;

    sn_list_for_each (node, &processes->all) {
        struct run *run = sn_container_of(node, struct run, link);

        if (run->held)
            sn_log_warn(run->log, "one-shot process takes longer than allowed; the machine goes on "
                                  "without waiting for its end");
        run->held = false;
    }
    processes->changed(processes);
}

static void configure(struct sn_processes *processes, struct sn_config *config,
                      const struct sn_config_process *entry)
{
    struct run *run = find(processes, entry->id);

    if (!*entry->id || find_entry(config, entry->id) != entry)
        sn_log_error(processes->log, "process \"%.200s\" is not run: %s", entry->id,
                     entry->invalid);
    else if (run)
        adjust(run, config, entry);
    else
        begin(processes, config, entry);
}

void sn_processes_configure(struct sn_processes *processes, struct sn_config *config)
{
    bool held = sn_processes_hold(processes);

    processes->configuring = true;
    remove_others(processes, config);
    for (size_t i = 0; config && i < config->processes.count; i++)
        configure(processes, config, &config->processes.v[i]);
    processes->configuring = false;
    if (!held && sn_processes_hold(processes))
        sn_timer_start(processes->env->timers, &processes->hold, processes->hold_ns, lose_patience);
}

bool sn_processes_hold(const struct sn_processes *processes)
{
    const struct sn_list *node;

    sn_list_for_each (node, &processes->all) {
        if (sn_container_of(node, struct run, link)->held)
            return true;
    }
    return false;
}

bool sn_processes_running(const struct sn_processes *processes)
{
    return !sn_list_empty(&processes->all);
}

void sn_processes_init(struct sn_processes *processes, struct sn_env *env, uint64_t hold_ns,
                       bool untrusted, void (*changed)(struct sn_processes *processes))
{
    *processes = (struct sn_processes){.env = env,
                                       .log = sn_logger_get("rdk.process_manager"),
                                       .changed = changed,
                                       .hold_ns = hold_ns,
                                       .untrusted = untrusted};
    sn_list_init(&processes->all);
}

void sn_processes_fini(struct sn_processes *processes)
{
    struct sn_list *node, *next;

    sn_timer_stop(processes->env->timers, &processes->hold);
    sn_list_for_each_safe (node, next, &processes->all) {
        destroy(sn_container_of(node, struct run, link));
    }
}

/* ---- for showing ---- */

static int wire_state(const struct run *run)
{
    switch (run->phase) {
    case WAITING:
        return run->error ? SN_NODE_UNHEALTHY : SN_NODE_CONFIGURING;
    case RUNNING:
        return run->entry->one_shot ? SN_NODE_CONFIGURING : SN_NODE_READY;
    case STOPPING:
        return SN_NODE_REMOVING;
    case DONE:
        return SN_NODE_READY;
    case FAILED:
        break;
    }
    return SN_NODE_UNHEALTHY;
}

void sn_processes_each(const struct sn_processes *processes,
                       void (*each)(void *user, const struct sn_process_state *state), void *user)
{
    const struct sn_list *node;

    sn_list_for_each (node, &processes->all) {
        const struct run *run = sn_container_of(node, struct run, link);
        struct sn_process_state state = {
            .id = run->id,
            .state = wire_state(run),
            .error = run->error ? run->error : "",
            .revision = run->config->revision,
            .changed_unix_ns = run->changed_unix_ns,
            .starts = run->starts,
            .up = run->process != NULL,
        };

        each(user, &state);
    }
}
