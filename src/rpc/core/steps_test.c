/* SPDX-License-Identifier: Apache-2.0 */
#include "base/heap.h"
#include "sinew/list.h"
#include "sinew/steps.h"
#include "sinew/timers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { OPS = 4 };

/* Operations "a" to "d" log what happens: "a+" begun, "a! " told to end. They end at once with
 * `codes`, or, where `waits` says so, when finish() is called. */
struct fixture {
    struct sn_block_pool blocks;
    struct sn_timers timers;
    struct sn_env env;
    struct sn_arena arena;
    struct sn_call call, *waiting[OPS];
    int codes[OPS];
    bool waits[OPS];
    int (*begin)(struct sn_call *call, void *arg);
    sn_step_fn undo;
    char log[256];
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    sn_block_pool_init(&f->blocks, &sn_heap, 16);
    f->env = (struct sn_env){.timers = &f->timers, .blocks = &f->blocks};
    sn_arena_init(&f->arena, &f->blocks, 1 << 20);
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

static void op_cancel(struct sn_call *call)
{
    struct fixture *f = call->holder;

    for (size_t i = 0; i < OPS; i++)
        if (f->waiting[i] == call) {
            f->waiting[i] = NULL;
            note(f, "%c! ", (int)('a' + i));
            break;
        }
    sn_call_done(call, f->codes[OPS - 1]); /* that of a cancelled one */
}

static int op(struct sn_call *call, void *arg, size_t i)
{
    struct fixture *f = arg;

    note(f, "%c+ ", (int)('a' + i));
    if (f->waits[i]) {
        f->waiting[i] = call;
        call->holder = f;
        call->on_cancel = op_cancel;
        return SN_PENDING;
    }
    return f->codes[i] ? sn_call_fail(call, f->codes[i], "no %c", (int)('a' + i)) : 0;
}

static void finish(struct fixture *f, size_t i)
{
    struct sn_call *call = f->waiting[i];

    f->waiting[i] = NULL;
    sn_call_done(call, f->codes[i] ? sn_call_fail(call, f->codes[i], "no %c", (int)('a' + i)) : 0);
}

static int step_a(struct sn_call *call, void *arg)
{
    return op(call, arg, 0);
}

static int step_b(struct sn_call *call, void *arg)
{
    return op(call, arg, 1);
}

static int step_c(struct sn_call *call, void *arg)
{
    return op(call, arg, 2);
}

static int undo(struct sn_call *call, void *arg)
{
    note(arg, "undo ");
    return 0;
}

static int begin_steps(struct sn_call *call, void *arg)
{
    static const sn_step_fn steps[] = {step_a, step_b, step_c, NULL};
    struct fixture *f = arg;

    return sn_call_steps(call, steps, f->undo, arg);
}

static int begin_each(struct sn_call *call, void *arg)
{
    return sn_call_each(call, 3, op, arg);
}

static int begin_together(struct sn_call *call, void *arg)
{
    return sn_call_together(call, 3, op, arg);
}

static int start(struct sn_call *call)
{
    struct fixture *f = sn_container_of(call, struct fixture, call);

    return f->begin(call, f);
}

static void ended(struct sn_call *call, int code)
{
    struct fixture *f = sn_container_of(call, struct fixture, call);

    note(f, "end %d", code);
    if (code)
        note(f, " %.*s", SN_STR_ARGS(sn_call_text(call, code)));
}

static void run(struct fixture *f, int (*begin)(struct sn_call *call, void *arg))
{
    f->begin = begin;
    sn_call_init(&f->call, &f->env, &f->arena, NULL);
    f->call.start = start;
    f->call.end = ended;
    sn_call_start(&f->call);
}

static void steps_follow_each_other(void **state)
{
    struct fixture *f = *state;

    run(f, begin_steps);
    expect_log(f, "a+ b+ c+ end 0");
    f->waits[0] = f->waits[2] = true;
    run(f, begin_steps);
    expect_log(f, "a+ ");
    finish(f, 0);
    expect_log(f, "b+ c+ ");
    finish(f, 2);
    expect_log(f, "end 0");
}

static void a_step_that_fails_is_the_last(void **state)
{
    struct fixture *f = *state;

    f->codes[1] = SN_ERR_UNKNOWN;
    run(f, begin_steps);
    expect_log(f, "a+ b+ end -2 no b");
    f->waits[1] = true;
    f->undo = undo;
    run(f, begin_steps);
    finish(f, 1);
    expect_log(f, "a+ b+ undo end -2 no b");
}

static void cancelling_ends_the_present_step(void **state)
{
    struct fixture *f = *state;

    f->waits[1] = true;
    f->codes[OPS - 1] = SN_ERR_CANCELLED;
    run(f, begin_steps);
    sn_call_cancel(&f->call, SN_ERR_CANCELLED);
    expect_log(f, "a+ b+ b! end -1 context canceled");
}

/* It undoes all the same, and is as good as cancelled only if something was left to do. */
static void a_cancelled_step_may_end_well(void **state)
{
    struct fixture *f = *state;

    f->undo = undo;
    f->waits[1] = true;
    run(f, begin_steps);
    sn_call_cancel(&f->call, SN_ERR_DEADLINE_EXCEEDED);
    expect_log(f, "a+ b+ b! undo end -4 context deadline exceeded");
    f->waits[1] = false;
    f->waits[2] = true;
    run(f, begin_steps);
    sn_call_cancel(&f->call, SN_ERR_CANCELLED);
    expect_log(f, "a+ b+ c+ c! undo end 0");
}

static void all_run_side_by_side(void **state)
{
    struct fixture *f = *state;

    run(f, begin_each);
    expect_log(f, "a+ b+ c+ end 0");
    f->waits[0] = f->waits[2] = true;
    run(f, begin_each);
    finish(f, 2);
    expect_log(f, "a+ b+ c+ ");
    finish(f, 0);
    expect_log(f, "end 0");
}

static void an_error_ends_the_others(void **state)
{
    struct fixture *f = *state;

    f->codes[1] = SN_ERR_UNKNOWN;
    f->waits[0] = true;
    run(f, begin_together);
    expect_log(f, "a+ b+ c+ a! end -2 no b");
    f->waits[1] = f->waits[2] = true;
    f->codes[OPS - 1] = SN_ERR_CANCELLED;
    run(f, begin_together);
    finish(f, 1);
    expect_log(f, "a+ b+ c+ a! c! end -2 no b");
}

static void each_goes_on_to_its_end(void **state)
{
    struct fixture *f = *state;

    f->codes[0] = SN_ERR_UNKNOWN;
    f->codes[2] = SN_ERR_INTERNAL;
    f->waits[1] = true;
    run(f, begin_each);
    expect_log(f, "a+ b+ c+ ");
    finish(f, 1);
    expect_log(f, "end -2 no a; no c");
}

static void cancelling_reaches_all(void **state)
{
    struct fixture *f = *state;

    f->waits[0] = f->waits[1] = true;
    run(f, begin_each);
    sn_call_cancel(&f->call, SN_ERR_CANCELLED);
    expect_log(f, "a+ b+ c+ a! b! end 0");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(steps_follow_each_other),
        TEST(a_step_that_fails_is_the_last),
        TEST(cancelling_ends_the_present_step),
        TEST(a_cancelled_step_may_end_well),
        TEST(all_run_side_by_side),
        TEST(an_error_ends_the_others),
        TEST(cancelling_reaches_all),
        TEST(each_goes_on_to_its_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
