/* SPDX-License-Identifier: Apache-2.0
 *
 * A child begins as sinew-spawn, which makes itself what the options ask for and then becomes the
 * program: between vfork and exec there is nothing for us to do but descriptors.
 */
#include "module/launch.h"
#include "base/heap.h"
#include "module/guard.h"
#include "module/helper.h"
#include "platform/spawn.h"
#include "sinew/arena.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

extern char **environ;

/* Descriptors below are given new meanings in the child. */
enum { FD_FREE = SN_SPAWN_GUARD_FD + 1, ARGS_MEMORY_MAX = 4 << 20 };

/* ---- files ---- */

static int refuse(struct sn_error *error, const char *path, int cause)
{
    int code = SN_ERR_UNAVAILABLE;
    const char *text = strerror(cause);

    if (cause == ENOENT || cause == ENOTDIR)
        code = SN_ERR_NOT_FOUND;
    else if (cause == EACCES)
        code = SN_ERR_PERMISSION_DENIED;
    return sn_error_set(error, code, "%.900s: %c%s", path, text[0] | 0x20, text + 1);
}

/* Looks for `name` in the folders of PATH. */
static int search_path(const char *name, char *ret_path, size_t size)
{
    const char *folder = getenv("PATH");

    while (folder && *folder) {
        size_t len = strcspn(folder, ":");

        if (folder[0] == '/' && len + strlen(name) + 2 <= size) {
            snprintf(ret_path, size, "%.*s/%s", (int)len, folder, name);
            if (!sn_helper_check(ret_path))
                return 0;
        }
        folder += len + (folder[len] == ':');
    }
    return ENOENT;
}

/* What can be said of the program without running it. A path that is relative to the child's folder
 * is left to exec. */
static int find_program(const char *program, char *ret_path, size_t size, struct sn_error *error)
{
    int cause = 0;

    if (!*program)
        return sn_error_set(error, SN_ERR_INVALID_ARGUMENT, "the program's name is empty");
    if (strlen(program) >= size)
        return refuse(error, program, ENAMETOOLONG);
    if (!strchr(program, '/')) {
        if (search_path(program, ret_path, size))
            return sn_error_set(error, SN_ERR_NOT_FOUND,
                                "exec: \"%.500s\": executable file not found in $PATH", program);
        return 0;
    }
    if (program[0] == '/')
        cause = sn_helper_check(program);
    if (cause == EISDIR) /* what exec says of one */
        return sn_error_set(error, SN_ERR_PERMISSION_DENIED,
                            "%.900s: permission denied (it is a folder)", program);
    snprintf(ret_path, size, "%s", program);
    return cause ? refuse(error, program, cause) : 0;
}

/* What has been decided. */
struct plan {
    const struct sn_process_options *options;
    const char *cgroup; /* or NULL */
    int guard;          /* descriptor, or -1 */
    char program[PATH_MAX], helper[PATH_MAX + 64];
    const char *const *argv; /* of the helper */
};

/* ---- arguments ---- */

struct args {
    struct sn_arena *arena;
    const char **v;
    size_t count, room;
    bool failed; /* out of memory */
};

static void add(struct args *args, const char *text)
{
    if (!args->failed && args->count + 1 == args->room) {
        const char **more = sn_arena_alloc(args->arena, 2 * args->room * sizeof(*more));

        if (more)
            memcpy(more, args->v, args->count * sizeof(*more));
        args->failed = !more;
        args->v = more ? more : args->v;
        args->room *= 2;
    }
    if (args->failed)
        return;
    args->v[args->count++] = text;
    args->v[args->count] = NULL;
}

/* "key=value" */
static void add_option(struct args *args, const char *key, const char *value)
{
    size_t size = strlen(key) + strlen(value) + 2;
    char *text = sn_arena_alloc(args->arena, size);

    if (!text) {
        args->failed = true;
        return;
    }
    snprintf(text, size, "%s=%s", key, value);
    add(args, text);
}

static void add_number(struct args *args, const char *key, uint64_t value)
{
    char text[24];

    snprintf(text, sizeof(text), "%llu", (unsigned long long)value);
    add_option(args, key, text);
}

static void add_list(struct args *args, const char *key, const char *const *list)
{
    for (; list && *list; list++)
        add_option(args, key, *list);
}

/* Limits that a cgroup would keep better. */
static void add_limits(struct args *args, const struct sn_config_isolation *isolation)
{
    if (isolation->memory_mb)
        add_number(args, "memory", (uint64_t)isolation->memory_mb << 20);
    if (isolation->max_processes)
        add_number(args, "processes", (uint64_t)isolation->max_processes);
}

static void add_isolation(struct args *args, const struct plan *plan)
{
    const struct sn_process_options *options = plan->options;
    const struct sn_config_isolation *isolation = options->isolation;

    if (plan->cgroup)
        add_option(args, "cgroup", plan->cgroup);
    else
        add_limits(args, isolation);
    if (!options->user && *isolation->user)
        add_option(args, "user", isolation->user);
    if (isolation->no_network)
        add_option(args, "network", "off");
    if (!isolation->read_only)
        return;
    add_option(args, "files", "read-only");
    add_list(args, "write", options->writable);
    for (size_t i = 0; i < isolation->writable.count; i++)
        add_option(args, "write", isolation->writable.v[i]);
}

static void describe(struct args *args, const struct plan *plan)
{
    const struct sn_process_options *options = plan->options;

    add_number(args, "parent", (uint64_t)getpid());
    if (plan->guard >= 0)
        add_option(args, "guarded", "yes");
    if (options->cwd)
        add_option(args, "cwd", options->cwd);
    if (options->data_dir)
        add_option(args, "data", options->data_dir);
    if (options->user)
        add_option(args, "user", options->user);
    if (options->isolation)
        add_isolation(args, plan);
}

static int build_args(struct plan *plan, struct sn_arena *arena)
{
    struct args args = {.arena = arena, .room = 32};

    args.v = sn_arena_alloc(arena, args.room * sizeof(*args.v));
    args.failed = !args.v;
    add(&args, SN_SPAWN_NAME);
    describe(&args, plan);
    add(&args, "--");
    add(&args, plan->program);
    for (const char *const *arg = plan->options->args; arg && *arg; arg++)
        add(&args, *arg);
    plan->argv = args.v;
    return args.failed ? SN_ERR_RESOURCE_EXHAUSTED : 0;
}

/* ---- descriptors ---- */

enum { READ, WRITE };

static void close_pipe(int ends[2])
{
    for (int i = READ; i <= WRITE; i++)
        if (ends[i] >= 0)
            close(ends[i]);
    ends[READ] = ends[WRITE] = -1;
}

/* Both ends above what the child uses, so that no dup2() there hits another's source. */
static int open_pipe(int ends[2])
{
    if (pipe2(ends, O_CLOEXEC))
        return -1;
    for (int i = READ; i <= WRITE; i++) {
        if (ends[i] >= FD_FREE)
            continue;
        int higher = fcntl(ends[i], F_DUPFD_CLOEXEC, FD_FREE);
        close(ends[i]);
        ends[i] = higher;
    }
    if (ends[READ] < 0 || ends[WRITE] < 0 || fcntl(ends[READ], F_SETFL, O_NONBLOCK)) {
        close_pipe(ends);
        return -1;
    }
    return 0;
}

struct pipes {
    int out[2], err[2], status[2];
};

static void close_pipes(struct pipes *pipes)
{
    close_pipe(pipes->out);
    close_pipe(pipes->err);
    close_pipe(pipes->status);
}

static int open_pipes(struct pipes *pipes, bool with_output)
{
    *pipes = (struct pipes){{-1, -1}, {-1, -1}, {-1, -1}};
    if (open_pipe(pipes->status) ||
        (with_output && (open_pipe(pipes->out) || open_pipe(pipes->err)))) {
        int cause = errno;

        close_pipes(pipes);
        return cause;
    }
    return 0;
}

static int connect_output(posix_spawn_file_actions_t *actions, int fd, const int ends[2])
{
    return ends[WRITE] >= 0
               ? posix_spawn_file_actions_adddup2(actions, ends[WRITE], fd)
               : posix_spawn_file_actions_addopen(actions, fd, "/dev/null", O_WRONLY, 0);
}

static int connect_all(posix_spawn_file_actions_t *actions, const struct pipes *pipes, int guard)
{
    int cause = posix_spawn_file_actions_addopen(actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);

    if (!cause)
        cause = connect_output(actions, STDOUT_FILENO, pipes->out);
    if (!cause)
        cause = connect_output(actions, STDERR_FILENO, pipes->err);
    if (!cause)
        cause = posix_spawn_file_actions_adddup2(actions, pipes->status[WRITE], SN_SPAWN_STATUS_FD);
    if (!cause && guard >= 0)
        cause = posix_spawn_file_actions_adddup2(actions, guard, SN_SPAWN_GUARD_FD);
    return cause;
}

/* ---- the process ---- */

static int spawn(const struct plan *plan, const struct pipes *pipes, pid_t *ret_pid)
{
    const char *const *given = plan->options->env;
    char *const *argv = (char *const *)(uintptr_t)plan->argv;
    char *const *env = given ? (char *const *)(uintptr_t)given : environ;
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;

    if (posix_spawn_file_actions_init(&actions))
        return ENOMEM;
    if (posix_spawnattr_init(&attributes)) {
        posix_spawn_file_actions_destroy(&actions);
        return ENOMEM;
    }
    /* The group is there before we know its number: who signals it meets it. */
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
    int cause = connect_all(&actions, pipes, plan->guard);
    if (!cause)
        cause = posix_spawn(ret_pid, plan->helper, &actions, &attributes, argv, env);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return cause;
}

static int carry_out(const struct plan *plan, struct sn_launched *launched, struct sn_error *error)
{
    struct pipes pipes;
    int cause = open_pipes(&pipes, plan->options->on_line != NULL);

    if (cause)
        return refuse(error, "no pipe", cause);
    cause = spawn(plan, &pipes, &launched->pid);
    if (cause) {
        close_pipes(&pipes);
        return refuse(error, cause == E2BIG ? plan->program : plan->helper, cause);
    }
    launched->out = pipes.out[READ];
    launched->err = pipes.err[READ];
    launched->status = pipes.status[READ];
    pipes.out[READ] = pipes.err[READ] = pipes.status[READ] = -1;
    close_pipes(&pipes);
    return 0;
}

int sn_launch(const struct sn_process_options *options, const char *cgroup,
              struct sn_launched *ret_launched, struct sn_error *error)
{
    struct plan plan = {.options = options, .cgroup = cgroup};
    struct sn_block_pool pool;
    struct sn_arena arena;
    int code = find_program(options->program, plan.program, sizeof(plan.program), error);

    if (!code)
        code = sn_helper_find(SN_SPAWN_NAME, plan.helper, sizeof(plan.helper), error);
    if (code)
        return code;
    plan.guard = sn_guard_fd(plan.helper);
    sn_block_pool_init(&pool, &sn_heap, 0);
    sn_arena_init(&arena, &pool, ARGS_MEMORY_MAX);
    if (build_args(&plan, &arena))
        code = refuse(error, plan.program, E2BIG);
    else
        code = carry_out(&plan, ret_launched, error);
    sn_arena_fini(&arena);
    sn_block_pool_fini(&pool);
    return code;
}
