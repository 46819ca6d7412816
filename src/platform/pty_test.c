/* SPDX-License-Identifier: Apache-2.0
 *
 * Terminals with real programs on them.
 */
#include "platform/process.h"
#include "platform/pty.h"

#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { PATIENCE_MS = 20000 };

static struct sn_pty spawn(const char *script)
{
    char sh[] = "/bin/sh", dash_c[] = "-c", text[512];
    char *const argv[] = {sh, dash_c, text, NULL};
    struct sn_error error;
    struct sn_pty pty;

    snprintf(text, sizeof(text), "%s", script);
    assert_int_equal(sn_pty_spawn(argv, "dumb-42", 100, 30, &pty, &error), 0);
    return pty;
}

/* What it prints, until `until` is there or it ends. */
static void read_until(const struct sn_pty *pty, const char *until, char *text, size_t size)
{
    size_t len = 0;

    text[0] = '\0';
    while (!strstr(text, until) && len + 1 < size) {
        struct pollfd poll_fd = {.fd = pty->master, .events = POLLIN};

        assert_int_equal(poll(&poll_fd, 1, PATIENCE_MS), 1);
        ssize_t got = read(pty->master, text + len, size - len - 1);
        if (got <= 0)
            return;
        len += (size_t)got;
        text[len] = '\0';
    }
}

static int exit_code(const struct sn_pty *pty)
{
    int status;

    assert_int_equal(waitpid(pty->pid, &status, 0), pty->pid);
    close(pty->master);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static void a_program_has_a_terminal(void **state)
{
    struct sn_pty pty = spawn("test -t 0 && test -t 1 && test -t 2 && stty size; echo \"$TERM\" "
                              ">/dev/tty; exit 5");
    char text[512];

    read_until(&pty, "dumb-42\r\n", text, sizeof(text));
    assert_non_null(strstr(text, "30 100\r\n"));
    assert_non_null(strstr(text, "dumb-42\r\n"));
    assert_int_equal(exit_code(&pty), 5);
}

static void it_leads_a_session_and_is_told_of_sizes(void **state)
{
    struct sn_pty pty = spawn("trap 'stty size; exit' WINCH; echo ready; while :; do sleep 0.01; "
                              "done");
    char text[512];

    read_until(&pty, "ready", text, sizeof(text));
    assert_int_equal(getsid(pty.pid), pty.pid);
    sn_pty_resize(pty.master, 7, 5);
    read_until(&pty, "5 7\r\n", text, sizeof(text));
    assert_non_null(strstr(text, "5 7\r\n"));
    assert_int_equal(exit_code(&pty), 0);
}

/* A server that a script started in the background ignores SIGINT from its beginning. */
static void it_can_be_interrupted(void **state)
{
    void (*old)(int) = signal(SIGINT, SIG_IGN);
    char path[] = "/bin/cat", text[512];
    char *const argv[] = {path, NULL};
    struct sn_error error;
    struct sn_pty pty;

    assert_int_equal(sn_pty_spawn(argv, "dumb", 80, 24, &pty, &error), 0);
    signal(SIGINT, old);
    assert_int_equal(write(pty.master, "up\n", 3), 3);
    read_until(&pty, "up\r\nup\r\n", text, sizeof(text)); /* the terminal's, and the program's */
    assert_int_equal(write(pty.master, "\x03", 1), 1);
    assert_int_equal(exit_code(&pty), -SIGINT);
}

static void what_cannot_be_run_says_so(void **state)
{
    char path[] = "/nowhere/at/all";
    char *const argv[] = {path, NULL};
    struct sn_error error;
    struct sn_pty pty;
    char text[512];

    assert_int_equal(sn_pty_spawn(argv, "dumb", 80, 24, &pty, &error), 0);
    read_until(&pty, "be run", text, sizeof(text));
    assert_non_null(strstr(text, "/nowhere/at/all: can't be run"));
    assert_int_equal(exit_code(&pty), 127);
}

/* A dead one may still wait for whoever adopted it. */
static bool is_alive(pid_t pid)
{
    char path[64], stat[256] = "";

    snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
    FILE *file = fopen(path, "r");
    if (!file)
        return false;
    bool got = fgets(stat, sizeof(stat), file) != NULL;
    fclose(file);
    return got && !strstr(stat, ") Z ");
}

/* Jobs have groups of their own, and may ignore what is asked politely. */
static void a_session_ends_whole(void **state)
{
    struct sn_pty pty = spawn("set -m; trap '' HUP TERM; sleep 1000 & echo \"job=$! ok\"; wait");
    char text[512];

    read_until(&pty, " ok", text, sizeof(text));
    pid_t job = (pid_t)atoi(strstr(text, "job=") + 4);
    assert_true(job > 1);
    assert_int_equal(getsid(job), pty.pid);
    sn_process_signal_session(pty.pid, SIGKILL);
    assert_int_equal(exit_code(&pty), -SIGKILL);
    for (int i = 0; i < PATIENCE_MS && is_alive(job); i++)
        usleep(1000);
    assert_false(is_alive(job));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_program_has_a_terminal),
        cmocka_unit_test(it_leads_a_session_and_is_told_of_sizes),
        cmocka_unit_test(it_can_be_interrupted),
        cmocka_unit_test(what_cannot_be_run_says_so),
        cmocka_unit_test(a_session_ends_whole),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
