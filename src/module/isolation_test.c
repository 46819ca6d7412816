/* SPDX-License-Identifier: Apache-2.0
 *
 * What children are kept from, asked of the children. What this system can't do is skipped, and
 * says so; a system that can do less is made by refusing calls to ourselves.
 */
#include "module/process.h"
#include "sinew/list.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <pwd.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

struct run {
    struct sn_process *process;
    char text[4096];     /* all lines, each with its end */
    char warnings[4096]; /* the same */
    char exit_text[1024];
    bool ended;
};

static void append(char *text, size_t size, struct sn_str line)
{
    size_t used = strlen(text);

    snprintf(text + used, size - used, "%.*s\n", SN_STR_ARGS(line));
}

static void on_line(void *owner, bool is_stderr, struct sn_str line)
{
    append(((struct run *)owner)->text, sizeof(((struct run *)owner)->text), line);
}

static void on_warning(void *owner, struct sn_str text)
{
    append(((struct run *)owner)->warnings, sizeof(((struct run *)owner)->warnings), text);
}

static void on_exit_of(void *owner, int wait_status)
{
    struct run *run = owner;

    run->ended = true;
    snprintf(run->exit_text, sizeof(run->exit_text), "%s", sn_process_exit_text(run->process));
    sn_process_free(run->process);
}

/* Runs a shell's script to its end. */
static void run_in(struct run *run, const char *script, const struct sn_config_isolation *isolation,
                   const char *data_dir)
{
    const char *const args[] = {"-c", script, NULL};
    struct sn_process_options options = {.program = "/bin/sh",
                                         .args = args,
                                         .isolation = isolation,
                                         .data_dir = data_dir,
                                         .cwd = "/",
                                         .on_line = on_line,
                                         .on_warning = on_warning,
                                         .on_exit = on_exit_of,
                                         .owner = run};
    struct sn_loop *loop = sn_loop_create();
    struct sn_error error;

    *run = (struct run){.ended = false};
    if (sn_process_start(loop, &options, &run->process, &error))
        fail_msg("%s", error.text);
    sn_loop_run(loop);
    assert_true(run->ended);
    sn_loop_destroy(loop);
}

static void need_root(void)
{
    if (getuid() != 0) {
        print_message("skipped: it takes root to become another user\n");
        skip();
    }
}

static struct sn_config_isolation nothing(void)
{
    return (struct sn_config_isolation){.user = ""};
}

/* ---- systems that can do less ---- */

/* Carries `body` out in a process to which the kernel refuses a call; its failures are ours. */
static void without_call(long number, int refusal, void (*body)(void))
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)number, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (uint32_t)refusal),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {sizeof(code) / sizeof(code[0]), code};
    int status;

    pid_t pid = fork();
    if (pid == 0) {
        if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
            prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program))
            _exit(77);
        body();
        _exit(0);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 77) {
        print_message("skipped: no seccomp here\n");
        skip();
    }
    assert_int_equal(status, 0);
}

/* Within such a process cmocka's jumps don't lead anywhere good. */
static void insist(bool holds, const struct run *run)
{
    if (holds)
        return;
    fprintf(stderr, "output: %s\nwarnings: %s\nend: %s\n", run->text, run->warnings,
            run->exit_text);
    _exit(1);
}

/* ---- the network ---- */

static const char list_networks[] =
    "sed -n 's/^ *\\([a-z0-9]*\\):.*/\\1/p' /proc/net/dev | tr '\\n' ' '; echo";

static void a_network_of_its_own_leads_nowhere(void **state)
{
    struct sn_config_isolation isolation = nothing();
    struct run run;

    isolation.no_network = true;
    run_in(&run, list_networks, &isolation, NULL);
    assert_string_equal(run.warnings, "");
    assert_string_equal(run.text, "lo \n");
}

static void it_takes_no_root(void **state)
{
    struct sn_config_isolation isolation = nothing();
    struct run run;

    need_root();
    isolation.no_network = true;
    isolation.user = "nobody";
    run_in(&run, list_networks, &isolation, NULL);
    assert_string_equal(run.warnings, "");
    assert_string_equal(run.text, "lo \n");
}

static void refuse_sockets(void)
{
    struct sn_config_isolation isolation = nothing();
    struct run run;

    isolation.no_network = true;
    run_in(&run,
           "python3 -c 'import socket\n"
           "socket.socket(socket.AF_UNIX).close()\n"
           "for family in socket.AF_INET, socket.AF_INET6, socket.AF_NETLINK:\n"
           "  try: socket.socket(family, socket.SOCK_DGRAM)\n"
           "  except PermissionError: print(\"refused\")\n"
           "' 2>&1",
           &isolation, NULL);
    insist(strcmp(run.warnings, "") == 0, &run);
    insist(strcmp(run.text, "refused\nrefused\nrefused\n") == 0, &run);
}

static void without_namespaces_sockets_are_refused(void **state)
{
    without_call(SYS_unshare, EPERM, refuse_sockets);
}

/* ---- files ---- */

static void remove_tree(const char *path)
{
    char command[256];

    snprintf(command, sizeof(command), "rm -rf '%s'", path);
    assert_int_equal(system(command), 0);
}

static void need_landlock(void)
{
    if (syscall(SYS_landlock_create_ruleset, NULL, 0, 1U) < 0) {
        print_message("skipped: no Landlock here (%s)\n", strerror(errno));
        skip();
    }
}

static void nothing_is_written_but_where_it_may(void **state)
{
    char data[] = "/tmp/sinew-data-XXXXXX", more[] = "/tmp/sinew-more-XXXXXX";
    const char *folders[] = {more};
    struct sn_config_isolation isolation = nothing();
    struct run run;

    need_landlock();
    assert_non_null(mkdtemp(data));
    assert_non_null(mkdtemp(more));
    setenv("DATA", data, 1);
    setenv("MORE", more, 1);
    isolation.read_only = true;
    isolation.writable.v = folders;
    isolation.writable.count = 1;
    run_in(&run,
           "try() { sh -c \"$2\" 2>/dev/null && echo \"$1\"; }\n"
           "try create ': > /tmp/sinew-forbidden'\n"
           "try change ': >> /etc/passwd'\n"
           "try folder 'mkdir /tmp/sinew-forbidden'\n"
           "try remove \"rmdir $MORE\"\n"
           "try read 'head -1 /etc/passwd >/dev/null'\n"
           "try data \": > $DATA/x && mv $DATA/x $DATA/y && rm $DATA/y && mkdir $DATA/d\"\n"
           "try more \": > $MORE/x\"\n"
           "try tmp ': > $TMPDIR/x'\n"
           "try shm ': > /dev/shm/sinew-test && rm /dev/shm/sinew-test'\n"
           "echo ${TMPDIR#$DATA}",
           &isolation, data);
    remove_tree(data);
    remove_tree(more);
    assert_string_equal(run.warnings, "");
    assert_string_equal(run.text, "read\ndata\nmore\ntmp\nshm\n/tmp\n");
}

static void run_unlocked(void)
{
    struct sn_config_isolation isolation = nothing();
    struct run run;

    isolation.read_only = true;
    run_in(&run, "echo up", &isolation, NULL);
    insist(strcmp(run.warnings, "read_only is not enforced: the kernel has no Landlock "
                                "(function not implemented)\n") == 0,
           &run);
    insist(strcmp(run.text, "up\n") == 0, &run);
}

static void a_kernel_without_landlock_is_warned_about(void **state)
{
    without_call(SYS_landlock_create_ruleset, ENOSYS, run_unlocked);
}

/* ---- the user ---- */

static void it_runs_as_another_user(void **state)
{
    char data[] = "/tmp/sinew-data-XXXXXX";
    struct sn_config_isolation isolation = nothing();
    const struct passwd *nobody;
    struct stat stat_of;
    struct run run;

    need_root();
    nobody = getpwnam("nobody");
    assert_non_null(nobody);
    assert_non_null(mkdtemp(data));
    setenv("DATA", data, 1);
    isolation.user = "nobody";
    run_in(&run,
           "id -un; id -Gn; : > $DATA/x && echo data; kill -0 1 2>/dev/null || echo harmless;"
           "sed -n 's/^NoNewPrivs:\\t//p' /proc/self/status",
           &isolation, data);
    assert_int_equal(stat(data, &stat_of), 0);
    assert_int_equal(stat_of.st_uid, nobody->pw_uid);
    remove_tree(data);
    assert_string_equal(run.text, "nobody\nnogroup\ndata\nharmless\n1\n");

    isolation.user = "54321";
    run_in(&run, "id -u; id -g; id -G", &isolation, NULL);
    assert_string_equal(run.text, "54321\n54321\n54321\n");
}

static void fail_to_become(void)
{
    struct sn_config_isolation isolation = nothing();
    struct run run;

    isolation.user = "nobody";
    run_in(&run, "echo up", &isolation, NULL);
    insist(strcmp(run.text, "") == 0, &run);
    insist(strcmp(run.exit_text, "can't become user \"nobody\": operation not permitted") == 0,
           &run);
}

static void without_the_right_to_it_there_is_no_start(void **state)
{
    need_root();
    without_call(SYS_setresuid, EPERM, fail_to_become);
}

/* ---- limits ---- */

static bool has(const char *text, const char *part)
{
    return strstr(text, part) != NULL;
}

static void memory_has_a_limit(void **state)
{
    struct sn_config_isolation isolation = nothing();
    struct run run;

    isolation.memory_mb = 100;
    run_in(&run, "head -c 300000000 /dev/zero | tail -c 200000000 | wc -c", &isolation, NULL);
    assert_false(has(run.text, "200000000"));
    run_in(&run, "head -c 3000000 /dev/zero | tail -c 2000000 | wc -c", &isolation, NULL);
    assert_true(has(run.text, "2000000"));
    if (*run.warnings)
        assert_true(has(run.warnings, "memory_mb holds for each of its processes"));
}

static void processes_have_a_limit(void **state)
{
    struct sn_config_isolation isolation = nothing();
    struct run run;

    need_root();
    isolation.max_processes = 4;
    isolation.user = "54321";
    run_in(&run, "for i in 1 2 3 4 5 6; do sleep 1000 & done; echo all", &isolation, NULL);
    assert_false(has(run.text, "all\n"));
}

static void what_cannot_be_kept_is_named(void **state)
{
    struct sn_config_isolation isolation = nothing();
    struct run run;

    isolation.cpu_percent = 50;
    isolation.max_processes = 1000;
    run_in(&run, "echo up", &isolation, NULL);
    assert_string_equal(run.text, "up\n");
    if (!*run.warnings) {
        print_message("skipped: this system has cgroups to give\n");
        skip();
    }
    assert_true(has(run.warnings, "no cgroup limits it ("));
    assert_true(has(run.warnings, "cpu_percent is not enforced"));
    assert_true(has(run.warnings, "max_processes is not enforced: without a cgroup"));
}

/* ---- the server's death ---- */

static pid_t read_pid(int fd)
{
    struct pollfd wait = {fd, POLLIN, 0};
    char text[32] = "";

    if (poll(&wait, 1, 10000) != 1 || read(fd, text, sizeof(text) - 1) <= 0)
        return -1;
    return (pid_t)atoi(text);
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

static int told; /* where the stand-in of a server writes what its child prints */

static void tell(void *owner, bool is_stderr, struct sn_str line)
{
    if (write(told, line.ptr, line.len) < 0)
        _exit(1);
}

/* Never returns. Its child's child is the one that would be left over. */
static void serve(void)
{
    const char *const args[] = {"-c", "sleep 1000 & echo $!; wait", NULL};
    struct sn_process_options options = {
        .program = "/bin/sh", .args = args, .on_line = tell, .on_exit = on_exit_of};
    struct sn_loop *loop = sn_loop_create();
    struct sn_process *process;
    struct sn_error error;

    if (sn_process_start(loop, &options, &process, &error) == 0)
        sn_loop_run(loop);
    _exit(1);
}

static void a_killed_server_leaves_no_orphan(void **state)
{
    struct timespec tick = {0, 1000000};
    int ends[2];

    assert_int_equal(pipe(ends), 0);
    pid_t server = fork();
    if (server == 0) {
        close(ends[0]);
        told = ends[1];
        serve();
    }
    close(ends[1]);
    pid_t orphan = read_pid(ends[0]);
    close(ends[0]);
    assert_true(orphan > 0);
    assert_true(is_alive(orphan));
    kill(server, SIGKILL);
    waitpid(server, NULL, 0);
    for (int i = 0; i < 60000 && is_alive(orphan); i++)
        nanosleep(&tick, NULL);
    assert_false(is_alive(orphan));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_network_of_its_own_leads_nowhere),
        cmocka_unit_test(it_takes_no_root),
        cmocka_unit_test(without_namespaces_sockets_are_refused),
        cmocka_unit_test(nothing_is_written_but_where_it_may),
        cmocka_unit_test(a_kernel_without_landlock_is_warned_about),
        cmocka_unit_test(it_runs_as_another_user),
        cmocka_unit_test(without_the_right_to_it_there_is_no_start),
        cmocka_unit_test(memory_has_a_limit),
        cmocka_unit_test(processes_have_a_limit),
        cmocka_unit_test(what_cannot_be_kept_is_named),
        cmocka_unit_test(a_killed_server_leaves_no_orphan),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
