/* SPDX-License-Identifier: Apache-2.0
 *
 * Pseudo-terminals as POSIX has them. Between fork and exec only what is safe in a child of a
 * process with threads.
 */
#include "platform/pty.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

extern char **environ;

enum { TTY_NAME_MAX = 128, TERM_MAX = 64 };

static int fail(struct sn_error *error, const char *what)
{
    return sn_error_set(error, SN_ERR_UNAVAILABLE, "%s: %s", what, strerror(errno));
}

static int open_master(struct sn_error *error)
{
    int fd = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);

    if (fd < 0) {
        fail(error, "no pseudo-terminal");
        return -1;
    }
    if (grantpt(fd) || unlockpt(fd) || fcntl(fd, F_SETFL, O_NONBLOCK)) {
        fail(error, "pseudo-terminal can't be used");
        close(fd);
        return -1;
    }
    return fd;
}

/* A copy of the environment with TERM as given; the strings but that one are shared. */
static char **environment(char *term)
{
    size_t count = 0, used = 0;

    while (environ[count])
        count++;
    char **copy = calloc(count + 2, sizeof(*copy));
    if (!copy)
        return NULL;
    for (size_t i = 0; i < count; i++)
        if (strncmp(environ[i], "TERM=", 5) != 0)
            copy[used++] = environ[i];
    copy[used] = term;
    return copy;
}

static void complain(const char *program)
{
    static const char text[] = ": can't be run\n";
    ssize_t written = write(STDERR_FILENO, program, strlen(program));

    written += write(STDERR_FILENO, text, sizeof(text) - 1);
    (void)written; /* nobody else to tell */
}

/* What the server ignores (SIGPIPE), or was told to by who started it (SIGINT, in the background of
 * a script), is no business of whoever sits at the terminal. */
static void reset_signals(void)
{
    sigset_t none;

    for (int number = 1; number < NSIG; number++)
        signal(number, SIG_DFL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

/* In the child. A session's leader that opens a terminal gets it as the one that controls it. */
static void run(char *const argv[], char **env, const char *tty)
{
    int fd = setsid() < 0 ? -1 : open(tty, O_RDWR);

    if (fd < 0 || ioctl(fd, TIOCSCTTY, 0) < 0)
        _exit(127);
    for (int i = STDIN_FILENO; i <= STDERR_FILENO; i++)
        if (dup2(fd, i) < 0)
            _exit(127);
    if (fd > STDERR_FILENO)
        close(fd);
    reset_signals();
    execve(argv[0], argv, env);
    complain(argv[0]);
    _exit(127);
}

static int spawn(char *const argv[], char **env, struct sn_pty *pty, struct sn_error *error)
{
    char tty[TTY_NAME_MAX];

    if (ptsname_r(pty->master, tty, sizeof(tty)))
        return fail(error, "pseudo-terminal has no name");
    pty->pid = fork();
    if (pty->pid < 0)
        return fail(error, "no process");
    if (pty->pid == 0)
        run(argv, env, tty);
    return 0;
}

int sn_pty_spawn(char *const argv[], const char *term, uint16_t columns, uint16_t rows,
                 struct sn_pty *ret_pty, struct sn_error *error)
{
    char term_entry[TERM_MAX];
    struct sn_pty pty = {.master = open_master(error)};

    if (pty.master < 0)
        return SN_ERR_UNAVAILABLE;
    sn_pty_resize(pty.master, columns, rows);
    snprintf(term_entry, sizeof(term_entry), "TERM=%s", term);
    char **env = environment(term_entry);
    int code = env ? spawn(argv, env, &pty, error) : fail(error, "no environment");
    free(env);
    if (code) {
        close(pty.master);
        return code;
    }
    *ret_pty = pty;
    return 0;
}

void sn_pty_resize(int master, uint16_t columns, uint16_t rows)
{
    struct winsize size = {.ws_row = rows, .ws_col = columns};

    ioctl(master, TIOCSWINSZ, &size);
}
