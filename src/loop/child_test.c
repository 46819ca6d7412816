/* SPDX-License-Identifier: Apache-2.0
 *
 * Children and descriptors, with real ones.
 */
#include "loop/child.h"
#include "loop/ready.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

struct watched {
    struct sn_child child;
    int ended;
};

/* Still there to be waited for: its number can't be another's. */
static void ended(struct sn_child *child)
{
    siginfo_t info = {0};

    assert_int_equal(waitid(P_PID, (id_t)child->pid, &info, WEXITED | WNOHANG | WNOWAIT), 0);
    assert_int_equal(info.si_pid, child->pid);
    if (WIFEXITED(child->wait_status))
        assert_int_equal(WEXITSTATUS(child->wait_status), 3);
    else
        assert_int_equal(WTERMSIG(child->wait_status), SIGKILL);
    sn_container_of(child, struct watched, child)->ended++;
}

/* A child that ends at once, or when it is told. */
static void spawn(struct sn_loop *loop, struct watched *watched, bool waits)
{
    *watched = (struct watched){.child = {.pid = fork(), .ended = ended}};

    if (watched->child.pid == 0) {
        if (waits)
            pause();
        _exit(3);
    }
    assert_true(watched->child.pid > 0);
    sn_child_watch(loop, &watched->child);
    assert_int_equal(watched->ended, 0);
}

static void ends_are_told_once_and_waited_for(void **state)
{
    struct sn_loop *loop = sn_loop_create();
    struct watched all[20];

    for (size_t i = 0; i < 20; i++)
        spawn(loop, &all[i], i % 2);
    for (size_t i = 1; i < 20; i += 2)
        kill(all[i].child.pid, SIGKILL);
    sn_loop_run(loop); /* until there is none left */
    for (size_t i = 0; i < 20; i++) {
        assert_int_equal(all[i].ended, 1);
        assert_int_equal(waitpid(all[i].child.pid, NULL, WNOHANG), -1);
        assert_int_equal(errno, ECHILD);
    }
    sn_loop_destroy(loop);
}

static void another_generation_is_watched_too(void **state)
{
    struct sn_loop *loop = sn_loop_create();
    struct watched watched;

    for (int i = 0; i < 3; i++) {
        spawn(loop, &watched, false);
        sn_loop_run(loop);
        assert_int_equal(watched.ended, 1);
    }
    sn_loop_destroy(loop);
}

/* ---- readiness ---- */

struct reader {
    struct sn_ready *ready;
    int fd, reads, ends;
};

static void on_ready(void *owner, unsigned events)
{
    struct reader *reader = owner;
    char byte;

    assert_int_equal(events, SN_READABLE);
    if (read(reader->fd, &byte, 1) == 1) {
        reader->reads++;
        return;
    }
    reader->ends++;
    sn_ready_destroy(reader->ready);
}

static void readiness_is_told_while_it_is_wanted(void **state)
{
    struct sn_loop *loop = sn_loop_create();
    struct reader reader = {0};
    int ends[2];

    assert_int_equal(pipe(ends), 0);
    reader.fd = ends[0];
    assert_int_equal(sn_ready_create(loop, ends[0], on_ready, &reader, &reader.ready), 0);
    assert_int_equal(write(ends[1], "abc", 3), 3);
    sn_loop_run(loop); /* nothing is wanted */
    assert_int_equal(reader.reads, 0);
    close(ends[1]);
    sn_ready_want(reader.ready, SN_READABLE);
    sn_loop_run(loop);
    assert_int_equal(reader.reads, 3);
    assert_int_equal(reader.ends, 1);
    close(ends[0]);
    sn_loop_destroy(loop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ends_are_told_once_and_waited_for),
        cmocka_unit_test(another_generation_is_watched_too),
        cmocka_unit_test(readiness_is_told_while_it_is_wanted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
