/* SPDX-License-Identifier: Apache-2.0
 *
 * Processes of configs, with real ones, on a real loop.
 */
#include "loop/loop.h"
#include "resource/graph.h"
#include "robot/processes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

static const uint64_t tick_ns = SN_MS(2);
enum { PATIENCE_TICKS = 10000 };

struct fixture {
    struct sn_loop *loop;
    struct sn_processes processes;
    int changes;
    struct sn_timer tick;
    bool (*until)(struct fixture *f);
    int ticks;
};

static void changed(struct sn_processes *processes)
{
    sn_container_of(processes, struct fixture, processes)->changes++;
}

static void set_up_with(struct fixture *f, uint64_t hold_ns, bool untrusted)
{
    *f = (struct fixture){.loop = sn_loop_create()};
    sn_log_set_level(SN_LOG_ERROR + 1);
    sn_processes_init(&f->processes, sn_loop_env(f->loop), hold_ns, untrusted, changed);
}

static void set_up(struct fixture *f)
{
    set_up_with(f, SN_SECONDS(60), false);
}

static void configure(struct fixture *f, const char *json)
{
    struct sn_config *config;
    struct sn_error error;

    if (sn_config_parse(json, strlen(json), &config, &error))
        fail_msg("%s", error.text);
    sn_processes_configure(&f->processes, config);
    sn_config_destroy(config);
}

static void on_tick(struct sn_timer *timer)
{
    struct fixture *f = sn_container_of(timer, struct fixture, tick);

    if (f->until(f) || ++f->ticks > PATIENCE_TICKS)
        sn_loop_stop(f->loop);
    else
        sn_timer_start(sn_loop_timers(f->loop), timer, tick_ns, on_tick);
}

static void run_until(struct fixture *f, bool (*until)(struct fixture *f))
{
    f->until = until;
    f->ticks = 0;
    sn_timer_start(sn_loop_timers(f->loop), &f->tick, 0, on_tick);
    sn_loop_run(f->loop);
    assert_true(f->ticks <= PATIENCE_TICKS);
}

struct search {
    const char *id;
    struct sn_process_state found;
};

static void look(void *user, const struct sn_process_state *state)
{
    struct search *search = user;

    if (strcmp(state->id, search->id) == 0)
        search->found = *state;
}

/* Zeros when there is none. */
static struct sn_process_state state_of(const struct fixture *f, const char *id)
{
    struct search search = {.id = id};

    sn_processes_each(&f->processes, look, &search);
    return search.found;
}

static bool are_gone(struct fixture *f)
{
    return !sn_processes_running(&f->processes);
}

static void tear_down(struct fixture *f)
{
    sn_processes_configure(&f->processes, NULL);
    run_until(f, are_gone);
    sn_processes_fini(&f->processes);
    sn_loop_run(f->loop);
    sn_loop_destroy(f->loop);
}

/* ---- once ---- */

static bool is_let_go(struct fixture *f)
{
    return !sn_processes_hold(&f->processes);
}

static void what_runs_once_is_waited_for(void **state)
{
    static const char json[] =
        "{\"processes\":[{\"id\":\"a\",\"name\":\"sh\",\"args\":[\"-c\",\"exit "
        "0\"],\"one_shot\":true},{\"id\":\"b\",\"name\":\"sh\",\"args\":[\"-c\","
        "\"exit 4\"],\"one_shot\":true}]}";
    struct fixture f;

    set_up(&f);
    configure(&f, json);
    assert_true(sn_processes_hold(&f.processes));
    assert_int_equal(state_of(&f, "a").state, SN_NODE_CONFIGURING);
    assert_int_equal(f.changes, 0);
    run_until(&f, is_let_go);
    assert_int_equal(f.changes, 2);
    assert_int_equal(state_of(&f, "a").state, SN_NODE_READY);
    assert_int_equal(state_of(&f, "b").state, SN_NODE_UNHEALTHY);
    assert_string_equal(state_of(&f, "b").error, "error running process \"sh\": exit code 4");

    configure(&f, json); /* nothing new: not again */
    assert_false(sn_processes_hold(&f.processes));
    assert_int_equal(state_of(&f, "a").starts, 1);
    configure(&f, "{\"processes\":[{\"id\":\"a\",\"name\":\"true\",\"one_shot\":true}]}");
    assert_true(sn_processes_hold(&f.processes));
    assert_int_equal(state_of(&f, "a").starts, 2);
    assert_null(state_of(&f, "b").id);
    run_until(&f, is_let_go);
    tear_down(&f);
}

static void but_not_for_ever(void **state)
{
    struct fixture f;

    set_up_with(&f, SN_MS(30), false);
    configure(&f, "{\"processes\":[{\"id\":\"a\",\"name\":\"sleep\",\"args\":[\"1000\"],"
                  "\"one_shot\":true}]}");
    assert_true(sn_processes_hold(&f.processes));
    run_until(&f, is_let_go);
    assert_true(state_of(&f, "a").up);
    tear_down(&f);
}

/* ---- changes ---- */

static bool is_second_up(struct fixture *f)
{
    return state_of(f, "b").starts == 2 && state_of(f, "b").up && !state_of(f, "c").id;
}

static void only_what_changed_is_touched(void **state)
{
    struct fixture f;

    set_up(&f);
    configure(&f, "{\"processes\":[{\"id\":\"a\",\"name\":\"sleep\",\"args\":[\"1000\"]},"
                  "{\"id\":\"b\",\"name\":\"sleep\",\"args\":[\"1000\"]},"
                  "{\"id\":\"c\",\"name\":\"sleep\",\"args\":[\"1000\"]}]}");
    assert_int_equal(state_of(&f, "a").state, SN_NODE_READY);
    configure(
        &f,
        "{\"revision\":\"2\",\"processes\":[{\"id\":\"a\",\"name\":\"sleep\",\"args\":[\"1000\"]},"
        "{\"id\":\"b\",\"name\":\"sleep\",\"args\":[\"2000\"]}]}");
    assert_int_equal(state_of(&f, "b").state, SN_NODE_REMOVING);
    assert_int_equal(state_of(&f, "c").state, SN_NODE_REMOVING);
    run_until(&f, is_second_up);
    assert_true(state_of(&f, "a").up);
    assert_int_equal(state_of(&f, "a").starts, 1);
    assert_string_equal(state_of(&f, "a").revision, "2");
    tear_down(&f);
}

static bool is_as_last_wanted(struct fixture *f)
{
    return state_of(f, "a").up && state_of(f, "a").state == SN_NODE_READY &&
           strcmp(state_of(f, "a").revision, "3") == 0;
}

/* A config that comes while the last one's stop is under way. */
static void the_last_config_wins(void **state)
{
    struct fixture f;

    set_up(&f);
    configure(
        &f,
        "{\"revision\":\"1\",\"processes\":[{\"id\":\"a\",\"name\":\"sleep\",\"args\":[\"1\"]}]}");
    configure(&f, "{\"revision\":\"2\",\"processes\":[]}");
    configure(&f, "{\"revision\":\"3\",\"processes\":[{\"id\":\"a\",\"name\":\"sleep\",\"args\":["
                  "\"1000\"]}]}");
    run_until(&f, is_as_last_wanted);
    tear_down(&f);
}

static void the_signal_is_the_configured_one(void **state)
{
    struct timespec begin, end;
    struct fixture f;

    set_up(&f);
    configure(&f,
              "{\"processes\":[{\"id\":\"a\",\"name\":\"sh\",\"args\":[\"-c\",\"trap '' TERM; trap "
              "'exit 0' INT; while :; do sleep 0.01; done\"],\"stop_signal\":\"INT\","
              "\"stop_timeout\":\"1000s\"}]}");
    clock_gettime(CLOCK_MONOTONIC, &begin);
    tear_down(&f);
    clock_gettime(CLOCK_MONOTONIC, &end);
    assert_true(end.tv_sec - begin.tv_sec < 100);
}

/* ---- failures ---- */

static bool has_run_four_times(struct fixture *f)
{
    return state_of(f, "ends").starts == 4;
}

/* At 0, 1, 2, 3 s and at 0, 1, 3, 7 s. */
static void failures_are_tried_again_more_and_more_slowly(void **state)
{
    struct fixture f;

    set_up(&f);
    configure(&f, "{\"processes\":[{\"id\":\"ends\",\"name\":\"true\"},"
                  "{\"id\":\"fails\",\"name\":\"false\"}]}");
    run_until(&f, has_run_four_times);
    assert_in_range(state_of(&f, "fails").starts, 2, 3);
    tear_down(&f);
}

static void what_cannot_run_is_shown(void **state)
{
    struct fixture f;

    set_up(&f);
    configure(&f,
              "{\"processes\":[{\"id\":\"a\",\"name\":\"/no/such\"},{\"id\":\"b\",\"name\":\"x\","
              "\"stop_signal\":\"FOO\"},{\"id\":\"a\",\"name\":\"sleep\"},{\"name\":\"y\"},"
              "{\"id\":\"d\",\"name\":\"sleep\",\"args\":[\"1000\"]}]}");
    assert_int_equal(state_of(&f, "a").state, SN_NODE_UNHEALTHY);
    assert_string_equal(state_of(&f, "a").error,
                        "error running process \"/no/such\": /no/such: no such file or directory");
    assert_int_equal(state_of(&f, "b").state, SN_NODE_UNHEALTHY);
    assert_non_null(strstr(state_of(&f, "b").error, "\"FOO\" is no signal"));
    assert_true(state_of(&f, "d").up);
    tear_down(&f);
}

static void nothing_runs_where_nobody_is_trusted(void **state)
{
    struct fixture f;

    set_up_with(&f, SN_SECONDS(60), true);
    configure(&f, "{\"processes\":[{\"id\":\"a\",\"name\":\"true\",\"one_shot\":true}]}");
    assert_false(sn_processes_hold(&f.processes));
    assert_int_equal(state_of(&f, "a").starts, 0);
    assert_string_equal(state_of(&f, "a").error,
                        "processes are disabled in an untrusted environment");
    tear_down(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_runs_once_is_waited_for),
        cmocka_unit_test(but_not_for_ever),
        cmocka_unit_test(only_what_changed_is_touched),
        cmocka_unit_test(the_last_config_wins),
        cmocka_unit_test(the_signal_is_the_configured_one),
        cmocka_unit_test(failures_are_tried_again_more_and_more_slowly),
        cmocka_unit_test(what_cannot_run_is_shown),
        cmocka_unit_test(nothing_runs_where_nobody_is_trusted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
