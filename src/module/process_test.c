/* SPDX-License-Identifier: Apache-2.0
 *
 * Children with /bin/sh, on a real loop.
 */
#include "module/process.h"
#include "sinew/list.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

enum { LINES_MAX = 64 };

struct run {
    struct sn_loop *loop;
    struct sn_process *process;
    char lines[LINES_MAX][64]; /* their beginnings, "o:" or "e:" before them */
    size_t count, bytes;
    int exits, wait_status;
    int kill_after; /* that many lines; 0: not */
    int stop_after;
    uint64_t stop_ns; /* how long that may take; after a third of it the group is asked */
    char text[1024];
    bool failed;
};

static void on_line(void *owner, bool is_stderr, struct sn_str line)
{
    struct run *run = owner;

    assert_int_equal(run->exits, 0);
    assert_true(line.len <= SN_PROCESS_LINE_MAX);
    if (run->count < LINES_MAX)
        snprintf(run->lines[run->count], sizeof(run->lines[0]), "%c:%.*s", is_stderr ? 'e' : 'o',
                 (int)(line.len < 60 ? line.len : 60), line.ptr);
    run->count++;
    run->bytes += line.len;
    if (run->kill_after && (int)run->count == run->kill_after)
        sn_process_kill(run->process);
    if (run->stop_after && (int)run->count == run->stop_after)
        sn_process_stop(run->process, SIGTERM, run->stop_ns);
}

static void on_exit_of(void *owner, int wait_status)
{
    struct run *run = owner;

    run->exits++;
    run->wait_status = wait_status;
    run->failed = sn_process_failed_to_start(run->process);
    snprintf(run->text, sizeof(run->text), "%s", sn_process_exit_text(run->process));
    assert_false(sn_process_running(run->process));
    sn_process_free(run->process);
    run->process = NULL;
}

static void run_with(struct run *run, struct sn_process_options options)
{
    struct sn_error error = {0};

    run->loop = sn_loop_create();
    options.on_line = on_line;
    options.on_exit = on_exit_of;
    options.owner = run;
    int code = sn_process_start(run->loop, &options, &run->process, &error);
    if (code)
        fail_msg("%s", error.text);
    sn_loop_run(run->loop); /* until the child has ended */
    assert_int_equal(run->exits, 1);
    sn_loop_destroy(run->loop);
}

static void run_script(struct run *run, const char *script)
{
    const char *const args[] = {"-c", script, NULL};

    run_with(run, (struct sn_process_options){.program = "/bin/sh", .args = args});
}

static bool has_line(const struct run *run, const char *line)
{
    for (size_t i = 0; i < run->count && i < LINES_MAX; i++)
        if (strcmp(run->lines[i], line) == 0)
            return true;
    return false;
}

/* ---- output ---- */

static void lines_and_the_exit_code_are_told(void **state)
{
    struct run run = {0};

    run_script(&run, "echo one; echo two >&2; printf 'with return\\r\\n'; printf rest; exit 3");
    assert_int_equal(run.count, 4);
    assert_true(has_line(&run, "o:one"));
    assert_true(has_line(&run, "e:two"));
    assert_true(has_line(&run, "o:with return"));
    assert_true(has_line(&run, "o:rest"));
    assert_true(WIFEXITED(run.wait_status));
    assert_int_equal(WEXITSTATUS(run.wait_status), 3);
    assert_string_equal(run.text, "exit code 3");
    assert_false(run.failed);
}

static void a_line_that_is_too_long_comes_in_pieces(void **state)
{
    struct run run = {0};

    run_script(&run, "head -c 20000 /dev/zero | tr '\\0' x; echo; echo end");
    assert_int_equal(run.bytes, 20000 + 3);
    assert_int_equal(run.count, 3 + 1);
    assert_true(has_line(&run, "o:end"));
}

/* Three windows' worth can't come within two windows. */
static void a_flood_is_held_back(void **state)
{
    struct run run = {0};
    struct timespec begin, end;

    clock_gettime(CLOCK_MONOTONIC, &begin);
    run_script(&run, "head -c 400000 /dev/zero | tr '\\0' '\\n'");
    clock_gettime(CLOCK_MONOTONIC, &end);
    assert_int_equal(run.count, 400000);
    int64_t ms = (end.tv_sec - begin.tv_sec) * 1000 + (end.tv_nsec - begin.tv_nsec) / 1000000;
    /* What is still in the pipe at the end (64 KiB) is read at once. */
    assert_true(ms >= (400000 - 65536) * 1000LL / SN_PROCESS_RATE - 50);
}

static void a_flood_can_be_killed(void **state)
{
    struct run run = {.kill_after = 1000};

    run_script(&run, "while :; do echo y; done");
    assert_true(WIFSIGNALED(run.wait_status));
    assert_string_equal(run.text, "killed by signal 9 (Killed)");
}

static void nobody_need_listen(void **state)
{
    struct run run = {.loop = sn_loop_create()};
    const char *const args[] = {"-c", "head -c 1000000 /dev/zero; echo x >&2; exit 5", NULL};
    struct sn_process_options options = {
        .program = "/bin/sh", .args = args, .on_exit = on_exit_of, .owner = &run};
    struct sn_error error;

    assert_int_equal(sn_process_start(run.loop, &options, &run.process, &error), 0);
    sn_loop_run(run.loop);
    assert_string_equal(run.text, "exit code 5");
    sn_loop_destroy(run.loop);
}

/* ---- what the program finds ---- */

static void environment_folder_and_descriptors_are_as_asked(void **state)
{
    const char *const args[] = {
        "-c", "echo $A-$HOME; pwd; ls /proc/self/fd | wc -l; read x; echo $?", NULL};
    const char *const env[] = {"A=b c", "PATH=/usr/bin:/bin", NULL};
    struct run run = {0};
    int leaked = open("/dev/null", O_RDONLY); /* not closed on exec */

    run_with(&run,
             (struct sn_process_options){.program = "sh", .args = args, .env = env, .cwd = "/usr"});
    close(leaked);
    assert_int_equal(run.count, 4);
    assert_string_equal(run.lines[0], "o:b c-");
    assert_string_equal(run.lines[1], "o:/usr");
    assert_string_equal(run.lines[2], "o:4"); /* the fourth is of ls */
    assert_string_equal(run.lines[3], "o:1"); /* nothing to be read */
}

static void signals_are_as_they_were_at_boot(void **state)
{
    struct run run = {0};
    sigset_t usr1;

    sigemptyset(&usr1);
    sigaddset(&usr1, SIGUSR1);
    signal(SIGHUP, SIG_IGN);
    sigprocmask(SIG_BLOCK, &usr1, NULL);
    run_script(&run, "grep -E '^Sig(Blk|Ign)' /proc/self/status");
    sigprocmask(SIG_UNBLOCK, &usr1, NULL);
    signal(SIGHUP, SIG_DFL);
    assert_string_equal(run.lines[0], "o:SigBlk:\t0000000000000000");
    assert_string_equal(run.lines[1], "o:SigIgn:\t0000000000000000");
}

/* ---- failures ---- */

static void assert_no_start(const char *program, int code, const char *text)
{
    struct sn_loop *loop = sn_loop_create();
    struct sn_process_options options = {.program = program, .on_exit = on_exit_of};
    struct sn_process *process;
    struct sn_error error = {0};

    assert_int_equal(sn_process_start(loop, &options, &process, &error), code);
    assert_string_equal(error.text, text);
    sn_loop_destroy(loop);
}

static void what_is_no_program_is_refused_at_once(void **state)
{
    assert_no_start("/no/such", SN_ERR_NOT_FOUND, "/no/such: no such file or directory");
    assert_no_start("/etc/passwd", SN_ERR_PERMISSION_DENIED, "/etc/passwd: permission denied");
    assert_no_start("/etc/passwd/x", SN_ERR_NOT_FOUND, "/etc/passwd/x: not a directory");
    assert_no_start("/etc", SN_ERR_PERMISSION_DENIED, "/etc: permission denied (it is a folder)");
    assert_no_start("no-such-x", SN_ERR_NOT_FOUND,
                    "exec: \"no-such-x\": executable file not found in $PATH");
    assert_no_start("", SN_ERR_INVALID_ARGUMENT, "the program's name is empty");
}

/* An executable file with these bytes; removed by the caller. */
static void write_program(char *path, const char *bytes, size_t len)
{
    int fd = mkstemp(path);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, len), len);
    fchmod(fd, 0755);
    close(fd);
}

static void what_exec_refuses_is_told_with_the_end(void **state)
{
    static const char other[] = "\x7f"
                                "ELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x02\0\xf3\xff\x01";
    static const char script[] = "#!/no/such/python3\n";
    char path[] = "/tmp/sinew-test-XXXXXX", lost[] = "/tmp/sinew-test-XXXXXX";
    struct run run = {0};
    char wanted[256];

    write_program(path, other, sizeof(other));
    run_with(&run, (struct sn_process_options){.program = path});
    unlink(path);
    snprintf(wanted, sizeof(wanted),
             "%s: exec format error (built for another kind of processor, or a script without "
             "#! line)",
             path);
    assert_string_equal(run.text, wanted);
    assert_true(run.failed);
    assert_int_equal(run.count, 0);

    run = (struct run){0};
    write_program(lost, script, sizeof(script) - 1);
    run_with(&run, (struct sn_process_options){.program = lost});
    unlink(lost);
    snprintf(wanted, sizeof(wanted),
             "%s: no such file or directory (the interpreter or loader that it names is missing)",
             lost);
    assert_string_equal(run.text, wanted);

    run = (struct run){0};
    run_with(&run, (struct sn_process_options){.program = "/bin/true", .cwd = "/no/such"});
    assert_string_equal(run.text, "working directory /no/such: no such file or directory");
    run = (struct run){0};
    run_with(&run, (struct sn_process_options){.program = "/bin/true", .user = "no-such-user"});
    assert_string_equal(run.text, "user \"no-such-user\": there is none of that name");
}

/* ---- stopping ---- */

static void a_stop_asks_the_process_first(void **state)
{
    struct run run = {.stop_after = 1, .stop_ns = SN_SECONDS(180)};

    run_script(&run, "trap 'echo bye; exit 143' TERM; echo up; while :; do sleep 0.01; done");
    assert_true(has_line(&run, "o:bye"));
    assert_string_equal(run.text, "exit code 143");
}

/* The shell waits for its child before it runs the trap: only the group's signal reaches that. */
static void then_the_group(void **state)
{
    struct run run = {.stop_after = 1, .stop_ns = SN_SECONDS(6)};

    run_script(&run, "trap 'echo bye; exit 7' TERM; echo up; sleep 1000");
    assert_true(has_line(&run, "o:bye"));
    assert_string_equal(run.text, "exit code 7");
}

static void then_it_kills(void **state)
{
    struct run run = {.stop_after = 1, .stop_ns = SN_MS(300)};

    run_script(&run, "trap '' TERM; echo up; while :; do sleep 1000; done");
    assert_string_equal(run.text, "killed by signal 9 (Killed)");
}

static bool is_alive(pid_t pid)
{
    char path[64], state = 0;

    snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
    FILE *file = fopen(path, "re");
    if (!file)
        return false;
    if (fscanf(file, "%*d (%*[^)]) %c", &state) != 1)
        state = 0;
    fclose(file);
    return state && state != 'Z';
}

static void assert_gone(pid_t pid)
{
    struct timespec tick = {0, 1000000};

    assert_true(pid > 0);
    for (int i = 0; i < 60000 && is_alive(pid); i++)
        nanosleep(&tick, NULL);
    assert_false(is_alive(pid));
}

/* What a crashed leader left behind goes too, and isn't waited for. */
static void the_group_ends_with_its_leader(void **state)
{
    struct run run = {0};

    run_script(&run, "sleep 1000 & echo $!; exit 1");
    assert_string_equal(run.text, "exit code 1");
    assert_gone((pid_t)atoi(run.lines[0] + 2));
}

/* A process of another session keeps the pipe and lives on; the end comes all the same. */
static void who_left_the_group_is_not_waited_for(void **state)
{
    struct run run = {.kill_after = 1};

    run_script(&run, "setsid sh -c 'echo $$; exec sleep 1000' & sleep 1000");
    assert_string_equal(run.text, "killed by signal 9 (Killed)");
    pid_t stranger = (pid_t)atoi(run.lines[0] + 2);
    assert_true(is_alive(stranger));
    kill(stranger, SIGKILL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_and_the_exit_code_are_told),
        cmocka_unit_test(a_line_that_is_too_long_comes_in_pieces),
        cmocka_unit_test(a_flood_is_held_back),
        cmocka_unit_test(a_flood_can_be_killed),
        cmocka_unit_test(nobody_need_listen),
        cmocka_unit_test(environment_folder_and_descriptors_are_as_asked),
        cmocka_unit_test(signals_are_as_they_were_at_boot),
        cmocka_unit_test(what_is_no_program_is_refused_at_once),
        cmocka_unit_test(what_exec_refuses_is_told_with_the_end),
        cmocka_unit_test(a_stop_asks_the_process_first),
        cmocka_unit_test(then_the_group),
        cmocka_unit_test(then_it_kills),
        cmocka_unit_test(the_group_ends_with_its_leader),
        cmocka_unit_test(who_left_the_group_is_not_waited_for),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
