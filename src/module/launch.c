/* SPDX-License-Identifier: Apache-2.0
 *
 * A child begins as sinew-spawn, which makes itself what the options ask for and then becomes the
 * program: between vfork and exec there is nothing for us to do but descriptors.
 */
#include "module/launch.h"
#include "base/heap.h"
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
enum { FD_FREE = SN_SPAWN_STATUS_FD + 1, ARGS_MEMORY_MAX = 4 << 20 };

/* ---- files ---- */

static int refuse(struct sn_error *error, const char *path, int cause)
{
    int code = SN_ERR_UNAVAILABLE;
    const char *text = strerror(cause);

    if (cause == ENOENT || cause == ENOTDIR)
        code = SN_ERR_NOT_FOUND;
    else if (cause == EACCES)
        code = SN_ERR_PERMISSION_DENIED;
    else if (cause == EISDIR)
        code = SN_ERR_INVALID_ARGUMENT;
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
    snprintf(ret_path, size, "%s", program);
    return cause ? refuse(error, program, cause) : 0;
}

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

static void describe(struct args *args, const struct sn_process_options *options)
{
    add_number(args, "parent", (uint64_t)getpid());
    if (options->cwd)
        add_option(args, "cwd", options->cwd);
    if (options->data_dir)
        add_option(args, "data", options->data_dir);
    if (options->user)
        add_option(args, "user", options->user);
}

static int build_args(struct sn_arena *arena, const struct sn_process_options *options,
                      const char *program, const char *const **ret_argv)
{
    struct args args = {.arena = arena, .room = 32};

    args.v = sn_arena_alloc(arena, args.room * sizeof(*args.v));
    args.failed = !args.v;
    add(&args, SN_SPAWN_NAME);
    describe(&args, options);
    add(&args, "--");
    add(&args, program);
    for (const char *const *arg = options->args; arg && *arg; arg++)
        add(&args, *arg);
    *ret_argv = args.v;
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

static int connect_all(posix_spawn_file_actions_t *actions, const struct pipes *pipes)
{
    int cause = posix_spawn_file_actions_addopen(actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);

    if (!cause)
        cause = connect_output(actions, STDOUT_FILENO, pipes->out);
    if (!cause)
        cause = connect_output(actions, STDERR_FILENO, pipes->err);
    if (!cause)
        cause = posix_spawn_file_actions_adddup2(actions, pipes->status[WRITE], SN_SPAWN_STATUS_FD);
    return cause;
}

/* ---- the process ---- */

static int spawn(const char *helper, const char *const *argv, const char *const *env,
                 const struct pipes *pipes, pid_t *ret_pid)
{
    char *const *mutable_argv = (char *const *)(uintptr_t)argv;
    char *const *mutable_env = env ? (char *const *)(uintptr_t)env : environ;
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
    int cause = connect_all(&actions, pipes);
    if (!cause)
        cause = posix_spawn(ret_pid, helper, &actions, &attributes, mutable_argv, mutable_env);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return cause;
}

static int launch(const struct sn_process_options *options, const char *helper,
                  const char *const *argv, struct sn_launched *launched, struct sn_error *error)
{
    struct pipes pipes;
    int cause = open_pipes(&pipes, options->on_line != NULL);

    if (cause)
        return refuse(error, "no pipe", cause);
    cause = spawn(helper, argv, options->env, &pipes, &launched->pid);
    if (cause) {
        close_pipes(&pipes);
        return refuse(error, cause == E2BIG ? options->program : helper, cause);
    }
    launched->out = pipes.out[READ];
    launched->err = pipes.err[READ];
    launched->status = pipes.status[READ];
    pipes.out[READ] = pipes.err[READ] = pipes.status[READ] = -1;
    close_pipes(&pipes);
    return 0;
}

int sn_launch(const struct sn_process_options *options, struct sn_launched *ret_launched,
              struct sn_error *error)
{
    char program[PATH_MAX], helper[PATH_MAX + 64];
    int code = find_program(options->program, program, sizeof(program), error);

    if (!code)
        code = sn_helper_find(SN_SPAWN_NAME, helper, sizeof(helper), error);
    if (code)
        return code;

    struct sn_block_pool pool;
    struct sn_arena arena;
    const char *const *argv;
    sn_block_pool_init(&pool, &sn_heap, 0);
    sn_arena_init(&arena, &pool, ARGS_MEMORY_MAX);
    if (build_args(&arena, options, program, &argv))
        code = refuse(error, program, E2BIG);
    else
        code = launch(options, helper, argv, ret_launched, error);
    sn_arena_fini(&arena);
    sn_block_pool_fini(&pool);
    return code;
}
