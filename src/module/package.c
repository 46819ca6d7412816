/* SPDX-License-Identifier: Apache-2.0
 *
 * The steps before a module's start: the disk is looked at (pool), an archive unpacked
 * (sinew-fetch), noted and read (pool), the first-run script run (a child), its success noted
 * (pool). Each step's end begins the next.
 */
#include "module/package.h"
#include "base/heap.h"
#include "module/env.h"
#include "module/helper.h"
#include "module/package_disk.h"
#include "module/process.h"
#include "platform/fetch.h"
#include "sinew/list.h"
#include "sinew/log.h"

#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

/* What a script that has taken too long still gets to end in. */
static const uint64_t script_stop_ns = SN_SECONDS(10);

struct sn_package {
    struct sn_loop *loop;
    void (*done)(void *owner, int code, const struct sn_package_result *result, const char *text);
    void *owner;
    struct sn_block_pool blocks;
    struct sn_arena arena;
    struct sn_package_disk disk;
    const char *const *env; /* of the script, but for VIAM_MODULE_ROOT */
    uint64_t first_run_timeout_ns;
    struct sn_task begin;
    struct sn_work work;
    int (*step)(struct sn_package *package); /* what `work` does */
    void (*next)(struct sn_package *package);
    struct sn_process *process;
    struct sn_timer timeout;
    bool cancelled, timed_out;
    int code; /* of the step */
    struct sn_error error;
    char line[SN_ERROR_TEXT_MAX]; /* the last that sinew-fetch said */
};

/* ---- the end ---- */

static void package_free(struct sn_package *package)
{
    sn_arena_fini(&package->arena);
    sn_block_pool_fini(&package->blocks);
    free(package);
}

static void fail(struct sn_package *package)
{
    char text[SN_ERROR_TEXT_MAX + 256];

    snprintf(text, sizeof(text), "module %s: %s", package->disk.module, package->error.text);
    if (!package->cancelled)
        package->done(package->owner, package->code, NULL, text);
    package_free(package);
}

static void finish(struct sn_package *package)
{
    const struct sn_package_disk *disk = &package->disk;
    const char *folder = disk->folder;
    struct sn_package_result result = {.executable = disk->executable, .root = disk->root};

    if (disk->config_root)
        folder = disk->config_root;
    result.cwd = folder;
    if (!package->cancelled)
        package->done(package->owner, 0, &result, "");
    package_free(package);
}

static void fail_with(struct sn_package *package, int code)
{
    package->code = code;
    fail(package);
}

/* ---- steps on the pool ---- */

static void do_step(struct sn_work *work)
{
    struct sn_package *package = sn_container_of(work, struct sn_package, work);

    package->code = package->step(package);
}

static void step_done(struct sn_work *work)
{
    struct sn_package *package = sn_container_of(work, struct sn_package, work);

    if (package->code || package->cancelled)
        fail(package);
    else
        package->next(package);
}

static void on_pool(struct sn_package *package, int (*step)(struct sn_package *package),
                    void (*next)(struct sn_package *package))
{
    package->step = step;
    package->next = next;
    package->work = (struct sn_work){.work = do_step, .done = step_done};
    if (sn_loop_submit(package->loop, &package->work))
        fail_with(package, sn_error_set(&package->error, SN_ERR_UNAVAILABLE,
                                        "no thread is free to prepare it"));
}

/* ---- the first-run script ---- */

static struct sn_logger *first_run_log(void)
{
    return sn_logger_get("rdk.modmanager.first_run");
}

static int mark(struct sn_package *package)
{
    return sn_package_mark(&package->disk, &package->error);
}

static void on_script_line(void *owner, bool is_stderr, struct sn_str line)
{
    const struct sn_package_disk *disk = &((struct sn_package *)owner)->disk;
    char text[SN_ERROR_TEXT_MAX]; /* longer lines are cut, so that a record holds all three */

    snprintf(text, sizeof(text), "%.*s", SN_STR_ARGS(line));
    sn_log_fields(first_run_log(), is_stderr ? SN_LOG_WARN : SN_LOG_INFO,
                  SN_LOG_PAIRS("output", text, "module", disk->module, "path", disk->first_run),
                  "%s", is_stderr ? "got stderr" : "got stdio");
}

static void on_script_exit(void *owner, int wait_status)
{
    struct sn_package *package = owner;
    const struct sn_package_disk *disk = &package->disk;
    char how[SN_ERROR_TEXT_MAX];

    sn_timer_stop(sn_loop_timers(package->loop), &package->timeout);
    snprintf(how, sizeof(how), "%s",
             package->timed_out ? "it took longer than first_run_timeout allows"
                                : sn_process_exit_text(package->process));
    sn_process_free(package->process);
    package->process = NULL;
    if (wait_status == 0 && !package->timed_out && !package->cancelled) {
        sn_log_fields(first_run_log(), SN_LOG_INFO,
                      SN_LOG_PAIRS("module", disk->module, "path", disk->first_run),
                      "first run script succeeded");
        on_pool(package, mark, finish);
        return;
    }
    if (!package->cancelled)
        sn_log_fields(first_run_log(), SN_LOG_ERROR,
                      SN_LOG_PAIRS("error", how, "module", disk->module, "path", disk->first_run),
                      "first run script failed");
    fail_with(package, sn_error_set(&package->error, SN_ERR_FAILED_PRECONDITION,
                                    "first run script %s failed: %s", disk->first_run, how));
}

static void script_overdue(struct sn_timer *timer)
{
    struct sn_package *package = sn_container_of(timer, struct sn_package, timeout);

    package->timed_out = true;
    sn_process_stop(package->process, SIGTERM, script_stop_ns);
}

/* The environment was made before it was known where an archive's files are. */
static const char *const *script_env(struct sn_package *package)
{
    static const char name[] = "VIAM_MODULE_ROOT=";
    size_t count = 0, used = 0;

    if (!package->disk.root || package->disk.config_root)
        return package->env;
    while (package->env[count])
        count++;
    const char **env = sn_arena_alloc(&package->arena, (count + 2) * sizeof(*env));
    const char *root = sn_arena_printf(&package->arena, "%s%s", name, package->disk.root).ptr;
    if (!env || !root)
        return NULL;
    for (size_t i = 0; i < count; i++)
        if (strncmp(package->env[i], name, sizeof(name) - 1) != 0)
            env[used++] = package->env[i];
    env[used++] = root;
    env[used] = NULL;
    return env;
}

static void run_script(struct sn_package *package)
{
    struct sn_package_disk *disk = &package->disk;
    struct sn_process_options options = {.program = disk->first_run,
                                         .env = script_env(package),
                                         .on_line = on_script_line,
                                         .on_exit = on_script_exit,
                                         .owner = package};
    int code;

    sn_log_fields(first_run_log(), SN_LOG_INFO,
                  SN_LOG_PAIRS("module", disk->module, "path", disk->first_run),
                  "executing first run script");
    if (!options.env)
        code = sn_error_set(&package->error, SN_ERR_RESOURCE_EXHAUSTED, "out of memory");
    else
        code = sn_process_start(package->loop, &options, &package->process, &package->error);
    if (!code) {
        sn_timer_start(sn_loop_timers(package->loop), &package->timeout,
                       package->first_run_timeout_ns, script_overdue);
        return;
    }
    struct sn_error cause = package->error;
    sn_log_fields(
        first_run_log(), SN_LOG_ERROR,
        SN_LOG_PAIRS("error", cause.text, "module", disk->module, "path", disk->first_run),
        "failed to start first run script");
    fail_with(package, sn_error_set(&package->error, SN_ERR_FAILED_PRECONDITION,
                                    "first run script can't be started: %.900s", cause.text));
}

/* ---- the files ---- */

static void has_read(struct sn_package *package)
{
    struct sn_package_disk *disk = &package->disk;

    if (disk->warning)
        sn_log_fields(first_run_log(), SN_LOG_ERROR,
                      SN_LOG_PAIRS("error", disk->warning, "module", disk->module),
                      "failed to build path to first run script, skipping first run");
    if (disk->first_run)
        run_script(package);
    else
        finish(package);
}

static int read_meta(struct sn_package *package)
{
    return sn_package_read(&package->disk, &package->error);
}

static int note_and_read(struct sn_package *package)
{
    int code = sn_package_unpacked(&package->disk, &package->error);

    return code ? code : read_meta(package);
}

static void on_fetch_line(void *owner, bool is_stderr, struct sn_str line)
{
    struct sn_package *package = owner;

    snprintf(package->line, sizeof(package->line), "%.*s", SN_STR_ARGS(line));
}

static void on_fetch_exit(void *owner, int wait_status)
{
    struct sn_package *package = owner;
    char how[SN_ERROR_TEXT_MAX];

    snprintf(how, sizeof(how), "%s",
             *package->line ? package->line : sn_process_exit_text(package->process));
    sn_process_free(package->process);
    package->process = NULL;
    if (wait_status == 0 && !package->cancelled) {
        on_pool(package, note_and_read, has_read);
        return;
    }
    bool bad_archive = WIFEXITED(wait_status) && WEXITSTATUS(wait_status) == SN_FETCH_REFUSED;
    fail_with(package, sn_error_set(&package->error,
                                    bad_archive ? SN_ERR_INVALID_ARGUMENT : SN_ERR_UNAVAILABLE,
                                    "failed to unzip archive: %.900s", how));
}

static void unpack(struct sn_package *package)
{
    char program[PATH_MAX];
    const char *const args[] = {"unpack", package->disk.path, package->disk.folder, NULL};
    struct sn_process_options options = {.program = program,
                                         .args = args,
                                         .on_line = on_fetch_line,
                                         .on_exit = on_fetch_exit,
                                         .owner = package};
    int code = sn_helper_find(SN_FETCH_NAME, program, sizeof(program), &package->error);

    if (!code)
        code = sn_process_start(package->loop, &options, &package->process, &package->error);
    if (code)
        fail_with(package, code);
}

static void has_looked(struct sn_package *package)
{
    if (package->disk.must_unpack)
        unpack(package);
    else
        on_pool(package, read_meta, has_read);
}

static int look(struct sn_package *package)
{
    return sn_package_look(&package->disk, &package->error);
}

/* ---- the begin ---- */

static void begin(struct sn_task *task)
{
    struct sn_package *package = sn_container_of(task, struct sn_package, begin);

    if (package->cancelled)
        package_free(package);
    else
        on_pool(package, look, has_looked);
}

static const char *keep(struct sn_package *package, const char *text)
{
    return text ? sn_arena_copy(&package->arena, sn_str_of(text)).ptr : NULL;
}

static int take(struct sn_package *package, const struct sn_package_request *request)
{
    const struct sn_config_module *module = request->module;
    struct sn_module_env env = {.viam_home = request->viam_home,
                                .data_dir = request->data_dir,
                                .machine = request->machine};
    const char *root = json_string_value(json_object_get(module->env, "VIAM_MODULE_ROOT"));

    package->disk = (struct sn_package_disk){
        .arena = &package->arena,
        .module = keep(package, module->name),
        .path = keep(package, module->executable_path),
        .type = keep(package, module->type),
        .config_root = keep(package, root),
        .home = keep(package, getenv("HOME")),
        .viam_home = keep(package, request->viam_home),
    };
    package->first_run_timeout_ns = (uint64_t)module->first_run_timeout_ns;
    if (!package->disk.module || !package->disk.path || !package->disk.type ||
        !package->disk.viam_home)
        return SN_ERR_RESOURCE_EXHAUSTED;
    return sn_module_env_make(module, &env, &package->arena, &package->env);
}

int sn_package_prepare(struct sn_loop *loop, const struct sn_package_request *request,
                       void (*done)(void *owner, int code, const struct sn_package_result *result,
                                    const char *text),
                       void *owner, struct sn_package **ret_package)
{
    struct sn_package *package = calloc(1, sizeof(*package));

    if (!package)
        return SN_ERR_RESOURCE_EXHAUSTED;
    package->loop = loop;
    package->done = done;
    package->owner = owner;
    sn_block_pool_init(&package->blocks, &sn_heap, 0);
    sn_arena_init(&package->arena, &package->blocks, SN_PACKAGE_MEMORY_MAX);
    if (take(package, request)) {
        package_free(package);
        return SN_ERR_RESOURCE_EXHAUSTED;
    }
    package->begin.run = begin;
    sn_loop_defer(loop, &package->begin);
    *ret_package = package;
    return 0;
}

void sn_package_cancel(struct sn_package *package)
{
    if (!package)
        return;
    package->cancelled = true;
    if (package->process)
        sn_process_kill(package->process);
}
