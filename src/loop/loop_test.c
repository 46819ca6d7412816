/* SPDX-License-Identifier: Apache-2.0
 *
 * The loop with real time and real threads; no test waits for anything but events.
 */
#include "loop/loop.h"
#include "sinew/list.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* What happened, a letter each; of the test that runs. */
static char record[64];

static void note(char letter)
{
    size_t used = strlen(record);

    assert_true(used + 1 < sizeof(record));
    record[used] = letter;
    record[used + 1] = '\0';
}

struct mark {
    struct sn_task task;
    struct sn_timer timer;
    struct sn_work work;
    struct sn_loop *loop;
    struct mark *then; /* deferred by this one */
    char letter;
};

static void run_mark(struct sn_task *task)
{
    struct mark *mark = sn_container_of(task, struct mark, task);

    note(mark->letter);
    if (mark->then)
        sn_loop_defer(mark->loop, &mark->then->task);
}

static void fire_mark(struct sn_timer *timer)
{
    struct mark *mark = sn_container_of(timer, struct mark, timer);

    note(mark->letter);
    if (mark->then)
        sn_loop_defer(mark->loop, &mark->then->task);
}

static struct mark mark_of(struct sn_loop *loop, char letter, struct mark *then)
{
    return (struct mark){.task.run = run_mark, .loop = loop, .letter = letter, .then = then};
}

static int setup(void **state)
{
    record[0] = '\0';
    *state = sn_loop_create();
    return *state ? 0 : -1;
}

static int teardown(void **state)
{
    sn_loop_destroy(*state);
    return 0;
}

static void test_runs_out(void **state)
{
    sn_loop_run(*state);
    sn_loop_destroy(NULL);
}

static void test_timers_in_order(void **state)
{
    struct sn_loop *loop = *state;
    struct sn_timers *timers = sn_loop_timers(loop);
    struct mark a = mark_of(loop, 'a', NULL), b = mark_of(loop, 'b', NULL);
    struct mark c = mark_of(loop, 'c', NULL);
    uint64_t start_ns = timers->now_ns;

    sn_timer_start(timers, &a.timer, SN_MS(20), fire_mark);
    sn_timer_start(timers, &b.timer, SN_MS(5), fire_mark);
    sn_timer_start(timers, &c.timer, SN_SECONDS(1000), fire_mark);
    sn_timer_stop(timers, &c.timer); /* or the loop would go on until it is due */
    sn_loop_run(loop);
    assert_string_equal(record, "ba");
    assert_true(timers->now_ns >= start_ns + SN_MS(20));
}

static void test_deferred_before_waiting(void **state)
{
    struct sn_loop *loop = *state;
    struct mark d = mark_of(loop, 'd', NULL), c = mark_of(loop, 'c', &d);
    struct mark timer = mark_of(loop, 't', &c);
    struct mark first = mark_of(loop, '1', NULL), second = mark_of(loop, '2', NULL);

    sn_loop_defer(loop, &first.task);
    sn_loop_defer(loop, &second.task);
    /* Later than any pause of a busy machine: a timer that is due at the first turn goes first. */
    sn_timer_start(sn_loop_timers(loop), &timer.timer, SN_MS(500), fire_mark);
    sn_loop_run(loop);
    assert_string_equal(record, "12tcd");
}

static void test_posted_before_run(void **state)
{
    struct sn_loop *loop = *state;
    struct mark a = mark_of(loop, 'a', NULL), b = mark_of(loop, 'b', &a);

    sn_loop_post(loop, &b.task);
    sn_loop_run(loop);
    assert_string_equal(record, "ba");
}

static void stop_loop(struct sn_task *task)
{
    struct mark *mark = sn_container_of(task, struct mark, task);

    sn_loop_stop(mark->loop);
}

static void test_stop(void **state)
{
    struct sn_loop *loop = *state;
    struct mark stop = {.task.run = stop_loop, .loop = loop}, timer = mark_of(loop, 't', NULL);

    sn_timer_start(sn_loop_timers(loop), &timer.timer, SN_SECONDS(1000), fire_mark);
    sn_loop_post(loop, &stop.task);
    sn_loop_run(loop);
    sn_loop_stop(loop); /* ahead of the run */
    sn_loop_run(loop);
    sn_timer_stop(sn_loop_timers(loop), &timer.timer);
    assert_string_equal(record, "");
}

/* ---- threads ---- */

enum { POSTERS = 4, POSTS = 5000 };

struct post {
    struct sn_task task;
    struct poster *poster;
    int number;
};

struct poster {
    pthread_t thread;
    struct sn_loop *loop;
    int seen, *done;
    struct post posts[POSTS];
};

static void receive(struct sn_task *task)
{
    struct post *post = sn_container_of(task, struct post, task);
    struct poster *poster = post->poster;

    assert_int_equal(post->number, poster->seen); /* each thread's in its order */
    poster->seen++;
    if (++*poster->done == POSTERS * POSTS)
        sn_loop_stop(poster->loop);
}

static void *post_all(void *arg)
{
    struct poster *poster = arg;

    for (int i = 0; i < POSTS; i++) {
        poster->posts[i] = (struct post){.task.run = receive, .poster = poster, .number = i};
        sn_loop_post(poster->loop, &poster->posts[i].task);
    }
    return NULL;
}

static void never(struct sn_timer *timer)
{
    fail();
}

static void test_posts_of_threads(void **state)
{
    struct sn_loop *loop = *state;
    struct sn_timer deadline = {0}; /* also keeps the loop running */
    struct poster *posters = calloc(POSTERS, sizeof(*posters));
    int done = 0;

    sn_timer_start(sn_loop_timers(loop), &deadline, SN_SECONDS(30), never);
    for (int i = 0; i < POSTERS; i++) {
        posters[i].loop = loop;
        posters[i].done = &done;
        pthread_create(&posters[i].thread, NULL, post_all, &posters[i]);
    }
    sn_loop_run(loop);
    for (int i = 0; i < POSTERS; i++)
        pthread_join(posters[i].thread, NULL);
    sn_timer_stop(sn_loop_timers(loop), &deadline);
    assert_int_equal(done, POSTERS * POSTS);
    free(posters);
}

struct sum {
    struct sn_work work;
    pthread_t caller;
    int in, out;
    int *left;
    struct sn_loop *loop;
};

static void add_up(struct sn_work *work)
{
    struct sum *sum = sn_container_of(work, struct sum, work);

    assert_false(pthread_equal(pthread_self(), sum->caller));
    for (int i = 1; i <= sum->in; i++)
        sum->out += i;
}

static void summed(struct sn_work *work)
{
    struct sum *sum = sn_container_of(work, struct sum, work);

    assert_true(pthread_equal(pthread_self(), sum->caller));
    assert_int_equal(sum->out, sum->in * (sum->in + 1) / 2);
    if (--*sum->left > 0 && sum->in == 1) { /* the same memory again, from inside its end */
        sum->in = 7;
        sum->out = 0;
        assert_int_equal(sn_loop_submit(sum->loop, work), 0);
    }
}

static void test_work(void **state)
{
    struct sn_loop *loop = *state;
    struct sn_env *env = sn_loop_env(loop);
    struct sum sums[50];
    int left = 51;

    assert_ptr_equal(env->timers, sn_loop_timers(loop));
    assert_ptr_equal(env->blocks, sn_loop_blocks(loop));
    for (int i = 0; i < 50; i++) {
        sums[i] = (struct sum){.work = {.work = add_up, .done = summed},
                               .caller = pthread_self(),
                               .in = i + 1,
                               .left = &left,
                               .loop = loop};
        assert_int_equal(env->submit(env, &sums[i].work), 0);
    }
    sn_loop_run(loop);
    assert_int_equal(left, 0);
}

static void test_work_left_at_the_end(void **state)
{
    struct sn_loop *loop = sn_loop_create();
    int left = 1;
    struct sum sum = {.work = {.work = add_up, .done = summed},
                      .caller = pthread_self(),
                      .in = 40000,
                      .left = &left,
                      .loop = loop};

    assert_int_equal(sn_loop_submit(loop, &sum.work), 0);
    sn_loop_stop(loop);
    sn_loop_destroy(loop);
    assert_int_equal(left, 0);
}

static void on_signal(struct sn_loop *loop, int number)
{
    assert_int_equal(number, SIGUSR1);
    note('s');
    sn_loop_stop(loop);
}

static void test_signal(void **state)
{
    struct sn_loop *loop = *state;
    struct sn_timer deadline = {0};

    assert_int_equal(sn_loop_on_signal(loop, SIGKILL, on_signal), SN_ERR_INVALID_ARGUMENT);
    assert_int_equal(sn_loop_on_signal(loop, SIGUSR1, NULL), 0);
    assert_int_equal(sn_loop_on_signal(loop, SIGUSR1, on_signal), 0);
    sn_loop_run(loop); /* a handler alone doesn't keep it running */
    sn_timer_start(sn_loop_timers(loop), &deadline, SN_SECONDS(30), never);
    raise(SIGUSR1);
    sn_loop_run(loop);
    sn_timer_stop(sn_loop_timers(loop), &deadline);
    assert_string_equal(record, "s");
}

#define LOOP_TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        LOOP_TEST(test_runs_out),
        LOOP_TEST(test_timers_in_order),
        LOOP_TEST(test_deferred_before_waiting),
        LOOP_TEST(test_posted_before_run),
        LOOP_TEST(test_stop),
        LOOP_TEST(test_posts_of_threads),
        LOOP_TEST(test_work),
        cmocka_unit_test(test_work_left_at_the_end),
        LOOP_TEST(test_signal),
    };

    return cmocka_run_group_tests_name("loop", tests, NULL, NULL);
}
