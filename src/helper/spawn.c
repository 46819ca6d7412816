/* SPDX-License-Identifier: Apache-2.0
 *
 * sinew-spawn: makes itself what a child process of the server has to be and becomes its program.
 * What it is told and what it answers: platform/spawn.h. No thread, no heap, no library but libc.
 */
#include "platform/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

struct order {
    pid_t parent;
    const char *cwd, *user, *data;
    char *const *argv; /* of the program */
};

struct identity {
    uid_t uid;
    gid_t gid;
    const char *name; /* for its groups; NULL: none but `gid` */
};

/* ---- the last word ---- */

static void say(char kind, const char *format, va_list args)
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

__attribute__((noreturn, format(printf, 1, 2))) static void fail(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    say('E', format, args);
    va_end(args);
    _exit(SN_SPAWN_FAILED);
}

/* The system's words with a small letter, as they stand within a sentence. */
static const char *cause_text(int cause)
{
    static char text[128];

    snprintf(text, sizeof(text), "%s", strerror(cause));
    text[0] = (char)(text[0] | 0x20);
    return text;
}

/* ---- the order ---- */

/* Number of a decimal text without sign. */
static bool parse_number(const char *text, unsigned long *ret_number)
{
    char *end;

    if (*text < '0' || *text > '9')
        return false;
    errno = 0;
    *ret_number = strtoul(text, &end, 10);
    return !*end && !errno;
}

static void read_option(struct order *order, const char *option)
{
    const char *value = strchr(option, '=');
    size_t len = value ? (size_t)(value++ - option) : 0;
    unsigned long number;

    if (len == 6 && strncmp(option, "parent", len) == 0 && parse_number(value, &number))
        order->parent = (pid_t)number;
    else if (len == 3 && strncmp(option, "cwd", len) == 0)
        order->cwd = value;
    else if (len == 4 && strncmp(option, "user", len) == 0)
        order->user = value;
    else if (len == 4 && strncmp(option, "data", len) == 0)
        order->data = value;
    else
        fail(SN_SPAWN_NAME ": \"%s\" is not understood", option);
}

static void read_order(struct order *order, char *const *argv)
{
    for (argv++; *argv && strcmp(*argv, "--") != 0; argv++)
        read_option(order, *argv);
    if (!*argv || !argv[1])
        fail(SN_SPAWN_NAME ": no program is named; it is started by sinew-server only");
    order->argv = argv + 1;
}

/* ---- steps ---- */

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

static void close_descriptors(void)
{
    if (syscall(SYS_close_range, SN_SPAWN_STATUS_FD + 1, ~0U, 0) == 0)
        return;
    long max = sysconf(_SC_OPEN_MAX);
    for (int fd = SN_SPAWN_STATUS_FD + 1; fd < (max > 0 ? max : 1024); fd++)
        close(fd);
}

static void find_user(const char *user, struct identity *identity)
{
    unsigned long number;

    errno = 0;
    const struct passwd *found = getpwnam(user);
    if (!found && parse_number(user, &number)) {
        identity->uid = (uid_t)number;
        identity->gid = (gid_t)number;
        found = getpwuid((uid_t)number);
    } else if (!found) {
        fail("user \"%s\": %s", user, errno ? cause_text(errno) : "there is none of that name");
    }
    if (found) {
        identity->uid = found->pw_uid;
        identity->gid = found->pw_gid;
        identity->name = found->pw_name;
    }
}

static void become(const char *user, const struct identity *identity)
{
    if (identity->uid == geteuid() && identity->gid == getegid())
        return;
    int code =
        identity->name ? initgroups(identity->name, identity->gid) : setgroups(1, &identity->gid);
    if (code || setresgid(identity->gid, identity->gid, identity->gid) ||
        setresuid(identity->uid, identity->uid, identity->uid))
        fail("can't become user \"%s\": %s", user, cause_text(errno));
}

static void switch_user(const struct order *order)
{
    struct identity identity = {0};

    if (!order->user)
        return;
    find_user(order->user, &identity);
    if (order->data && chown(order->data, identity.uid, identity.gid))
        fail("%s can't be given to user \"%s\": %s", order->data, order->user, cause_text(errno));
    become(order->user, &identity);
}

/* After every change of user, which would take it back. */
static void die_with(pid_t parent)
{
    if (prctl(PR_SET_PDEATHSIG, SIGKILL))
        fail("it can't be bound to the server's life: %s", cause_text(errno));
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
    fail("%s: %s%s", argv[0], cause_text(cause), hint);
}

int main(int argc, char **argv)
{
    struct order order = {0};

    if (fcntl(SN_SPAWN_STATUS_FD, F_SETFD, FD_CLOEXEC)) {
        static const char text[] = SN_SPAWN_NAME ": it is started by sinew-server only\n";
        ssize_t written = write(STDERR_FILENO, text, sizeof(text) - 1);

        (void)written;
        return SN_SPAWN_FAILED;
    }
    read_order(&order, argv);
    reset_signals();
    close_descriptors();
    switch_user(&order);
    die_with(order.parent);
    if (order.cwd && chdir(order.cwd))
        fail("working directory %s: %s", order.cwd, cause_text(errno));
    run(order.argv);
}
