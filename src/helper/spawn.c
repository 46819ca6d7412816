/* SPDX-License-Identifier: Apache-2.0
 *
 * sinew-spawn: makes itself what a child process of the server has to be and becomes its program.
 * What it is told and what it answers: platform/spawn.h. No library but libc.
 */
#include "helper/spawning.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* ---- what is said ---- */

__attribute__((format(printf, 2, 0))) static void say(char kind, const char *format, va_list args)
{
    char text[SN_SPAWN_TEXT_MAX];
    int len;

    text[0] = kind;
    len = vsnprintf(text + 1, sizeof(text) - 2, format, args) + 1;
    if (len > (int)sizeof(text) - 2)
        len = sizeof(text) - 2;
    text[len++] = '\n';
    ssize_t written = write(SN_SPAWN_STATUS_FD, text, (size_t)len);
    (void)written; /* nobody else to tell */
}

void spawn_warn(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    say('W', format, args);
    va_end(args);
}

void spawn_fail(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    say('E', format, args);
    va_end(args);
    _exit(SN_SPAWN_FAILED);
}

const char *spawn_cause(int cause)
{
    static char text[128];

    snprintf(text, sizeof(text), "%s", strerror(cause));
    text[0] = (char)(text[0] | 0x20);
    return text;
}

/* ---- the order ---- */

/* Number of a decimal text without sign. */
static bool parse_number(const char *text, uint64_t *ret_number)
{
    char *end;

    if (*text < '0' || *text > '9')
        return false;
    errno = 0;
    *ret_number = strtoull(text, &end, 10);
    return !*end && !errno;
}

/* The text behind "key=", or NULL for another key. */
static const char *value_of(const char *option, const char *key)
{
    size_t len = strlen(key);

    return strncmp(option, key, len) == 0 && option[len] == '=' ? option + len + 1 : NULL;
}

static bool read_text(struct order *order, const char *option)
{
    const struct {
        const char *key, **text;
    } rows[] = {
        {"cwd", &order->cwd},
        {"user", &order->user},
        {"data", &order->data},
        {"cgroup", &order->cgroup},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const char *value = value_of(option, rows[i].key);

        if (value)
            *rows[i].text = value;
        if (value)
            return true;
    }
    return false;
}

static bool read_number(struct order *order, const char *option)
{
    uint64_t parent = 0;
    const struct {
        const char *key;
        uint64_t *number;
    } rows[] = {
        {"parent", &parent},
        {"memory", &order->memory_bytes},
        {"processes", &order->max_processes},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const char *value = value_of(option, rows[i].key);

        if (!value)
            continue;
        if (!parse_number(value, rows[i].number))
            return false;
        order->parent = parent ? (pid_t)parent : order->parent;
        return true;
    }
    return false;
}

static bool read_other(struct order *order, const char *option)
{
    const char *folder = value_of(option, "write");

    if (folder && order->writable_count < SN_SPAWN_WRITABLE_MAX)
        order->writable[order->writable_count++] = folder;
    else if (strcmp(option, "network=off") == 0)
        order->no_network = true;
    else if (strcmp(option, "files=read-only") == 0)
        order->read_only = true;
    else if (strcmp(option, "guarded=yes") == 0)
        order->guarded = true;
    else
        return false;
    return true;
}

static void read_order(struct order *order, char *const *argv)
{
    for (argv++; *argv && strcmp(*argv, "--") != 0; argv++)
        if (!read_text(order, *argv) && !read_number(order, *argv) && !read_other(order, *argv))
            spawn_fail(SN_SPAWN_NAME ": \"%s\" is not understood", *argv);
    if (!*argv || !argv[1])
        spawn_fail(SN_SPAWN_NAME ": no program is named");
    order->argv = argv + 1;
}

/* ---- descriptors and signals ---- */

/* From its first moment: the program may fork at once. */
static void tell_guard(const struct order *order)
{
    int32_t group = getpid();

    if (!order->guarded)
        return;
    if (fcntl(SN_SPAWN_GUARD_FD, F_SETFD, FD_CLOEXEC) ||
        write(SN_SPAWN_GUARD_FD, &group, sizeof(group)) != sizeof(group))
        spawn_warn("what it starts may outlive a server that is killed: %s", spawn_cause(errno));
}

static void close_descriptors(const struct order *order)
{
    int first = (order->guarded ? SN_SPAWN_GUARD_FD : SN_SPAWN_STATUS_FD) + 1;

    if (syscall(SYS_close_range, first, ~0U, 0) == 0)
        return;
    long max = sysconf(_SC_OPEN_MAX);
    for (int fd = first; fd < (max > 0 ? max : 1024); fd++)
        close(fd);
}

/* What the server ignores or blocks is no business of its children. By system calls: libc ignores
 * two signals of its own in what it spawns, and won't hear of them. */
static void reset_signals(void)
{
    static const char standard[128]; /* a sigaction of zeros: SIG_DFL */
    sigset_t none;

    for (int number = 1; number < NSIG; number++)
        syscall(SYS_rt_sigaction, number, standard, NULL, NSIG / 8);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

/* ---- the user ---- */

static void find_user(const char *user, struct identity *identity)
{
    uint64_t number;

    errno = 0;
    const struct passwd *found = getpwnam(user);
    if (!found && parse_number(user, &number)) {
        identity->uid = (uid_t)number;
        identity->gid = (gid_t)number;
        found = getpwuid((uid_t)number);
    } else if (!found) {
        spawn_fail("user \"%s\": there is none of that name", user);
    }
    if (found) {
        identity->uid = found->pw_uid;
        identity->gid = found->pw_gid;
        identity->name = found->pw_name;
    }
}

static void become(const struct order *order, const struct identity *identity)
{
    if (!order->user || (identity->uid == getuid() && identity->gid == getgid()))
        return;
    if (order->data && chown(order->data, identity->uid, identity->gid))
        spawn_fail("%s can't be given to user \"%s\": %s", order->data, order->user,
                   spawn_cause(errno));
    int code =
        identity->name ? initgroups(identity->name, identity->gid) : setgroups(1, &identity->gid);
    if (code || setresgid(identity->gid, identity->gid, identity->gid) ||
        setresuid(identity->uid, identity->uid, identity->uid))
        spawn_fail("can't become user \"%s\": %s", order->user, spawn_cause(errno));
}

/* ---- the rest ---- */

static void isolate(const struct order *order)
{
    struct identity identity = {.uid = getuid(), .gid = getgid()};

    if (order->user)
        find_user(order->user, &identity);
    spawn_enter_cgroup(order);
    spawn_limit(order, &identity);
    bool refuse_network = order->no_network && !spawn_leave_network();
    become(order, &identity);
    if (order->data && access(order->data, W_OK | X_OK))
        spawn_warn("its data directory %s is out of its reach: %s", order->data,
                   spawn_cause(errno));
    if (order->cwd && chdir(order->cwd))
        spawn_fail("working directory %s: %s", order->cwd, spawn_cause(errno));
    if (spawn_isolates(order))
        spawn_renounce();
    if (refuse_network)
        spawn_refuse_network();
    if (order->read_only)
        spawn_lock_files(order);
}

/* After every change of user, which would take it back. */
static void die_with(pid_t parent)
{
    if (prctl(PR_SET_PDEATHSIG, SIGKILL))
        spawn_fail("it can't be bound to the server's life: %s", spawn_cause(errno));
    if (getppid() != parent)
        _exit(SN_SPAWN_FAILED);
}

static void run(char *const *argv)
{
    const char *hint = "";

    execv(argv[0], argv);
    int cause = errno;
    if (cause == ENOEXEC)
        hint = " (built for another kind of processor, or a script without #! line)";
    else if (cause == ENOENT && access(argv[0], F_OK) == 0)
        hint = " (the interpreter or loader that it names is missing)";
    spawn_fail("%s: %s%s", argv[0], spawn_cause(cause), hint);
}

int main(int argc, char **argv)
{
    struct order order = {0};

    if (argc == 2 && strcmp(argv[1], SN_SPAWN_GUARD) == 0)
        return spawn_guard();
    if (fcntl(SN_SPAWN_STATUS_FD, F_SETFD, FD_CLOEXEC)) {
        fputs(SN_SPAWN_NAME ": it is started by sinew-server only\n", stderr);
        return SN_SPAWN_FAILED;
    }
    read_order(&order, argv);
    tell_guard(&order);
    close_descriptors(&order);
    reset_signals();
    isolate(&order);
    die_with(order.parent);
    run(order.argv);
}
