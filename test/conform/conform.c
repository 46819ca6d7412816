/* SPDX-License-Identifier: Apache-2.0
 *
 * Asking a resource from a test, and what all APIs have in common.
 */
#include "conform.h"
#include "pb/common/v1/common.h"
#include "sinew/struct.h"

#include <stdio.h>

static void ended(struct sn_call *call, int code)
{
    struct ask *ask = (struct ask *)call;
    struct subject *subject = ask->subject;
    struct sn_str text = sn_call_text(call, code);

    snprintf(subject->text, sizeof(subject->text), "%.*s", SN_STR_ARGS(text));
    ask->code = code;
    ask->ended = true;
    sn_loop_stop(subject->loop);
}

void ask_init(struct ask *ask, struct subject *subject, int (*start)(struct sn_call *call))
{
    ask->subject = subject;
    ask->ended = false;
    sn_call_init(&ask->call, subject->env, &subject->arena, NULL);
    ask->call.start = start;
    ask->call.end = ended;
}

void ask_start(struct ask *ask)
{
    sn_call_start(&ask->call);
}

struct alarm {
    struct sn_timer timer;
    struct sn_loop *loop;
    bool rang;
};

static void ring(struct sn_timer *timer)
{
    struct alarm *alarm = sn_container_of(timer, struct alarm, timer);

    alarm->rang = true;
    sn_loop_stop(alarm->loop);
}

int ask_await(struct ask *ask)
{
    struct subject *subject = ask->subject;
    struct alarm alarm = {.loop = subject->loop};

    sn_timer_start(subject->env->timers, &alarm.timer, SN_SECONDS(10), ring);
    while (!ask->ended && !alarm.rang)
        sn_loop_run(subject->loop);
    sn_timer_stop(subject->env->timers, &alarm.timer);
    assert_true(ask->ended);
    return ask->code;
}

int ask(struct ask *ask, struct subject *subject, int (*start)(struct sn_call *call))
{
    ask_init(ask, subject, start);
    ask_start(ask);
    return ask_await(ask);
}

void subject_run(struct subject *subject, uint64_t ns)
{
    struct alarm alarm = {.loop = subject->loop};

    sn_timer_start(subject->env->timers, &alarm.timer, ns, ring);
    while (!alarm.rang)
        sn_loop_run(subject->loop);
}

bool subject_until(struct subject *subject, bool (*is_so)(void *owner), void *owner)
{
    uint64_t end_ns = subject->env->timers->now_ns + SN_SECONDS(10);

    while (!is_so(owner)) {
        if (subject->env->timers->now_ns >= end_ns)
            return false;
        subject_run(subject, SN_MS(2));
    }
    return true;
}

/* ---- common slots ---- */

struct ask_struct {
    struct ask ask;
    struct pb_google_struct command;
    struct pb_google_struct *result;
};

static int start_do_command(struct sn_call *call)
{
    struct ask_struct *a = (struct ask_struct *)call;

    return sn_do_command(call, a->ask.subject->resource, &a->command, &a->result);
}

static int start_status(struct sn_call *call)
{
    struct ask_struct *a = (struct ask_struct *)call;

    return sn_status(call, a->ask.subject->resource, &a->result);
}

void do_command_answers(void **state)
{
    struct subject *subject = *state;
    struct ask_struct a = {0};

    assert_int_equal(
        sn_pb_struct_add(&a.command, SN_STR("no such command"), sn_pb_number(1), &subject->arena),
        0);
    int code = ask(&a.ask, subject, start_do_command);
    if (code) {
        assert_int_equal(code, SN_ERR_UNKNOWN);
        assert_true(strlen(subject->text) > 0);
    } else {
        assert_non_null(a.result);
    }
}

void status_answers(void **state)
{
    struct ask_struct a = {0};

    assert_int_equal(ask(&a.ask, *state, start_status), 0);
    assert_non_null(a.result);
}

struct ask_geometries {
    struct ask ask;
    struct pb_common_get_geometries_response geometries;
};

static int start_geometries(struct sn_call *call)
{
    struct ask_geometries *a = (struct ask_geometries *)call;

    return sn_geometries(call, a->ask.subject->resource, NULL, &a->geometries);
}

void geometries_answer(void **state)
{
    struct ask_geometries a = {0};

    assert_int_equal(ask(&a.ask, *state, start_geometries), 0);
}
