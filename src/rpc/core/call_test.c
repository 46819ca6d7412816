/* SPDX-License-Identifier: Apache-2.0 */
#include "base/heap.h"
#include "base/work.h"
#include "sinew/call.h"
#include "sinew/list.h"
#include "sinew/timers.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* One environment and one resource's lane for all tests, and calls that log what happens. */
struct fixture {
    struct sn_block_pool blocks;
    struct sn_timers timers;
    struct sn_env env;
    struct sn_arena arena;
    struct sn_lane lane;
    char log[256]; /* "a+" started, "a!" told to end, "a=-1 " ended */
};

struct probe {
    struct sn_call call;
    struct fixture *fixture;
    char name;
    enum sn_kind kind;
    bool sync;     /* completes at once */
    bool stubborn; /* goes on when cancelled */
    bool no_lane;
    int ends;
};

static void SN_PRINTF(2, 3) note(struct fixture *f, const char *format, ...)
{
    size_t used = strlen(f->log);
    va_list args;

    va_start(args, format);
    vsnprintf(f->log + used, sizeof(f->log) - used, format, args);
    va_end(args);
}

static void expect_log(struct fixture *f, const char *text)
{
    assert_string_equal(f->log, text);
    f->log[0] = '\0';
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    sn_block_pool_init(&f->blocks, &sn_heap, 16);
    f->env = (struct sn_env){.timers = &f->timers, .blocks = &f->blocks};
    sn_arena_init(&f->arena, &f->blocks, 1 << 20);
    sn_lane_init(&f->lane);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    sn_arena_fini(&f->arena);
    assert_int_equal(f->blocks.in_use, 0);
    sn_block_pool_fini(&f->blocks);
    free(f);
    return 0;
}

static void probe_cancel(struct sn_call *call)
{
    struct probe *p = sn_container_of(call, struct probe, call);

    note(p->fixture, "%c!", p->name);
    if (!p->stubborn)
        sn_call_done(call, sn_call_cancelled(call));
}

static int probe_start(struct sn_call *call)
{
    struct probe *p = sn_container_of(call, struct probe, call);
    int code = p->no_lane ? 0 : sn_lane_enter(&p->fixture->lane, call, p->kind);

    if (code)
        return code;
    note(p->fixture, "%c+", p->name);
    if (p->sync)
        return 0;
    call->on_cancel = probe_cancel;
    return SN_PENDING;
}

static void probe_end(struct sn_call *call, int code)
{
    struct probe *p = sn_container_of(call, struct probe, call);

    p->ends++;
    note(p->fixture, "%c=%d ", p->name, code);
}

static void probe_init(struct probe *p, struct fixture *f, char name, enum sn_kind kind)
{
    *p = (struct probe){.fixture = f, .name = name, .kind = kind};
    sn_call_init(&p->call, &f->env, &f->arena, NULL);
    p->call.start = probe_start;
    p->call.end = probe_end;
}

static void ends_once(void **state)
{
    struct fixture *f = *state;
    struct probe a, b;

    probe_init(&a, f, 'a', SN_READ);
    a.sync = true;
    sn_call_start(&a.call);
    expect_log(f, "a+a=0 ");

    probe_init(&b, f, 'b', SN_READ);
    sn_call_start(&b.call);
    sn_call_done(&b.call, SN_ERR_UNKNOWN);
    sn_call_cancel(&b.call, SN_ERR_CANCELLED);
    expect_log(f, "b+b=-2 ");
    assert_int_equal(b.ends, 1);
}

static void cancelled_before_start_never_starts(void **state)
{
    struct fixture *f = *state;
    struct probe a;

    probe_init(&a, f, 'a', SN_READ);
    sn_call_cancel(&a.call, SN_ERR_DEADLINE_EXCEEDED);
    sn_call_start(&a.call);
    expect_log(f, "a=-4 ");
}

static void first_text_wins(void **state)
{
    struct fixture *f = *state;
    struct probe a;

    probe_init(&a, f, 'a', SN_READ);
    assert_int_equal(sn_call_text(&a.call, SN_ERR_NOT_FOUND).len, strlen("not found"));
    assert_int_equal(sn_call_fail(&a.call, SN_ERR_UNKNOWN, "the %s", "cause"), SN_ERR_UNKNOWN);
    sn_call_fail(&a.call, SN_ERR_INTERNAL, "a consequence");
    assert_string_equal(sn_call_text(&a.call, SN_ERR_UNKNOWN).ptr, "the cause");
}

/* A call whose memory goes with it, once its child has ended. */
struct family {
    struct sn_call call, child;
    int *ends;
};

static void family_ended(struct sn_call *call, int code)
{
    struct family *family = sn_container_of(call, struct family, call);

    ++*family->ends;
    free(family);
}

static void child_ended(struct sn_call *child, int code)
{
    sn_call_done(&sn_container_of(child, struct family, child)->call, code);
}

static int stay(struct sn_call *call)
{
    return SN_PENDING;
}

static void give_up(struct sn_call *call)
{
    sn_call_done(call, sn_call_cancelled(call));
}

static void a_cancelled_child_may_end_its_parent(void **state)
{
    struct fixture *f = *state;
    struct family *family = calloc(1, sizeof(*family));
    int ends = 0;

    family->ends = &ends;
    sn_call_init(&family->call, &f->env, &f->arena, NULL);
    family->call.start = stay;
    family->call.end = family_ended;
    sn_call_start(&family->call);
    sn_call_init(&family->child, &f->env, &f->arena, &family->call);
    family->child.start = stay;
    family->child.end = child_ended;
    sn_call_start(&family->child);
    family->child.on_cancel = give_up;
    sn_call_cancel(&family->call, SN_ERR_CANCELLED);
    assert_int_equal(ends, 1);
}

static void children_are_cancelled_first(void **state)
{
    struct fixture *f = *state;
    struct probe parent, one, two;

    probe_init(&parent, f, 'p', SN_READ);
    sn_call_start(&parent.call);
    parent.call.deadline_ns = 77;
    for (struct probe *child = &one; child; child = child == &one ? &two : NULL) {
        probe_init(child, f, child == &one ? '1' : '2', SN_READ);
        sn_call_init(&child->call, &f->env, &f->arena, &parent.call);
        child->call.start = probe_start;
        child->call.end = probe_end;
        sn_call_start(&child->call);
        assert_int_equal(child->call.deadline_ns, 77);
    }
    expect_log(f, "p+1+2+");
    sn_call_cancel(&parent.call, SN_ERR_CANCELLED);
    expect_log(f, "1!1=-1 2!2=-1 p!p=-1 ");
}

static void reads_never_wait(void **state)
{
    struct fixture *f = *state;
    struct probe a, r;

    probe_init(&a, f, 'a', SN_ACTUATION);
    probe_init(&r, f, 'r', SN_READ);
    r.sync = true;
    sn_call_start(&a.call);
    sn_call_start(&r.call);
    sn_call_done(&a.call, 0);
    expect_log(f, "a+r+r=0 a=0 ");
}

static void an_actuation_supersedes(void **state)
{
    struct fixture *f = *state;
    struct probe a, b;

    probe_init(&a, f, 'a', SN_ACTUATION);
    probe_init(&b, f, 'b', SN_ACTUATION);
    sn_call_start(&a.call);
    sn_call_start(&b.call);
    sn_call_done(&b.call, 0);
    expect_log(f, "a+a!a=-1 b+b=0 ");
}

/* A driver on the pool ends a while after it was told to: the next one waits for that, and only
 * the newest of those that wait survives. */
static void an_actuation_waits_for_a_slow_end(void **state)
{
    struct fixture *f = *state;
    struct probe a, b, c;

    probe_init(&a, f, 'a', SN_ACTUATION);
    a.stubborn = true;
    probe_init(&b, f, 'b', SN_ACTUATION);
    probe_init(&c, f, 'c', SN_ACTUATION);
    sn_call_start(&a.call);
    sn_call_start(&b.call);
    sn_call_start(&c.call);
    expect_log(f, "a+a!b=-1 ");
    sn_call_done(&a.call, 0);
    expect_log(f, "c+a=0 ");
    sn_call_done(&c.call, 0);
    expect_log(f, "c=0 ");
}

static void exclusives_queue_in_order(void **state)
{
    struct fixture *f = *state;
    struct probe a, b, c;

    probe_init(&a, f, 'a', SN_EXCLUSIVE);
    probe_init(&b, f, 'b', SN_EXCLUSIVE);
    probe_init(&c, f, 'c', SN_EXCLUSIVE);
    c.sync = true;
    sn_call_start(&a.call);
    sn_call_start(&b.call);
    sn_call_start(&c.call);
    expect_log(f, "a+");
    sn_call_done(&a.call, 0);
    expect_log(f, "b+a=0 ");
    sn_call_done(&b.call, 0);
    expect_log(f, "c+c=0 b=0 ");
    assert_null(f->lane.running);
}

static void a_waiting_call_can_be_cancelled(void **state)
{
    struct fixture *f = *state;
    struct probe a, b;

    probe_init(&a, f, 'a', SN_EXCLUSIVE);
    probe_init(&b, f, 'b', SN_EXCLUSIVE);
    sn_call_start(&a.call);
    sn_call_start(&b.call);
    sn_call_cancel(&b.call, SN_ERR_CANCELLED);
    expect_log(f, "a+b=-1 ");
    assert_int_equal(f->lane.waiting_count, 0);
    sn_call_done(&a.call, 0);
    expect_log(f, "a=0 ");
}

static void stop_passes_everyone(void **state)
{
    struct fixture *f = *state;
    struct probe a, b, s;

    probe_init(&a, f, 'a', SN_ACTUATION);
    a.stubborn = true;
    probe_init(&b, f, 'b', SN_EXCLUSIVE);
    probe_init(&s, f, 's', SN_STOP);
    s.sync = true;
    sn_call_start(&a.call);
    sn_call_start(&b.call);
    sn_call_start(&s.call);
    expect_log(f, "a+b=-1 a!s+s=0 ");
    sn_call_done(&a.call, 0);
    expect_log(f, "a=0 ");
}

static void the_queue_is_bounded(void **state)
{
    struct fixture *f = *state;
    struct probe *p = calloc(SN_LANE_QUEUE_MAX + 2, sizeof(*p));

    for (size_t i = 0; i < SN_LANE_QUEUE_MAX + 2; i++) {
        probe_init(&p[i], f, 'x', SN_EXCLUSIVE);
        f->log[0] = '\0';
        sn_call_start(&p[i].call);
    }
    expect_log(f, "x=-8 ");
    sn_lane_cancel(&f->lane);
    for (size_t i = 0; i < SN_LANE_QUEUE_MAX + 2; i++)
        assert_int_equal(p[i].ends, 1);
    free(p);
}

/* ---- blocking ---- */

static void *pool_thread(void *arg)
{
    struct sn_work *work = arg;

    work->work(work);
    return NULL;
}

static pthread_t pool;
static struct sn_work *submitted;

static int submit(struct sn_env *env, struct sn_work *work)
{
    submitted = work;
    return pthread_create(&pool, NULL, pool_thread, work) ? SN_ERR_UNAVAILABLE : 0;
}

static void join(void)
{
    pthread_join(pool, NULL);
    submitted->done(submitted);
}

static int wait_long(struct sn_call *call, void *arg)
{
    int reason = sn_call_wait(call, SN_SECONDS(3600));

    return reason ? sn_call_fail(call, reason, "gave up %s", (const char *)arg) : 0;
}

static int wait_short(struct sn_call *call, void *arg)
{
    *(int *)arg = 1;
    return sn_call_wait(call, SN_MS(1));
}

static int start_long(struct sn_call *call)
{
    static char what[] = "waiting";

    return sn_call_block(call, wait_long, what);
}

static int waited;

static int start_short(struct sn_call *call)
{
    return sn_call_block(call, wait_short, &waited);
}

static void blocking_work_ends_the_call(void **state)
{
    struct fixture *f = *state;
    struct probe a;

    f->env.submit = submit;
    probe_init(&a, f, 'a', SN_READ);
    a.call.start = start_short;
    sn_call_start(&a.call);
    join();
    assert_int_equal(waited, 1);
    expect_log(f, "a=0 ");
}

static void cancelling_ends_a_wait(void **state)
{
    struct fixture *f = *state;
    struct probe a;

    f->env.submit = submit;
    probe_init(&a, f, 'a', SN_READ);
    a.call.start = start_long;
    sn_call_start(&a.call);
    sn_call_cancel(&a.call, SN_ERR_CANCELLED);
    join();
    expect_log(f, "a=-1 ");
}

static void without_threads_nothing_blocks(void **state)
{
    struct fixture *f = *state;
    struct probe a;

    probe_init(&a, f, 'a', SN_READ);
    a.call.start = start_short;
    sn_call_start(&a.call);
    expect_log(f, "a=-14 ");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(ends_once),
        TEST(cancelled_before_start_never_starts),
        TEST(first_text_wins),
        TEST(children_are_cancelled_first),
        TEST(a_cancelled_child_may_end_its_parent),
        TEST(reads_never_wait),
        TEST(an_actuation_supersedes),
        TEST(an_actuation_waits_for_a_slow_end),
        TEST(exclusives_queue_in_order),
        TEST(a_waiting_call_can_be_cancelled),
        TEST(stop_passes_everyone),
        TEST(the_queue_is_bounded),
        TEST(blocking_work_ends_the_call),
        TEST(cancelling_ends_a_wait),
        TEST(without_threads_nothing_blocks),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
