/* SPDX-License-Identifier: Apache-2.0
 *
 * Jobs of a machine in simulated time, with a sensor that takes as long as the test says.
 */
#include "pb/robot/v1/robot.h"
#include "robot/jobs.h"
#include "robot/testing.h"
#include "sinew/api/sensor.h"
#include "sinew/struct.h"

#include <stdio.h>
#include <time.h>

/* 2026-01-01 00:00:00 UTC */
static const uint64_t begin_unix_ns = UINT64_C(1767225600000000000);

enum { BEGINS_MAX = 256 };

/* What the slow sensor does and did. Its time is that of the test's timers. */
static struct {
    struct robot_fixture fixture;
    int64_t clock_ns; /* what the wall clock is ahead of the timers, from `begin_unix_ns` */
    uint64_t takes_ns;
    bool fails;
    uint64_t begins[BEGINS_MAX];
    unsigned count, running, at_once, cancelled, commands;
    double number; /* of the last command */
} w;

static uint64_t unix_now(void)
{
    return begin_unix_ns + (uint64_t)((int64_t)w.fixture.timers.now_ns + w.clock_ns);
}

/* ---- the sensor ---- */

struct slow {
    struct sn_sensor base;
    struct sn_timer timer;
    struct sn_call *call;
};

static void slow_done(struct sn_timer *timer)
{
    struct slow *slow = sn_container_of(timer, struct slow, timer);
    struct sn_call *call = slow->call;

    w.running--;
    slow->call = NULL;
    sn_call_done(call, 0);
}

static void slow_cancelled(struct sn_call *call)
{
    struct slow *slow = call->holder;

    sn_timer_stop(call->env->timers, &slow->timer);
    w.running--;
    w.cancelled++;
    slow->call = NULL;
    sn_call_done(call, sn_call_cancelled(call));
}

static int slow_readings(struct sn_call *call, struct sn_sensor *sensor,
                         const struct pb_google_struct *extra, struct pb_google_struct *readings)
{
    struct slow *slow = (struct slow *)sensor;

    if (w.count < BEGINS_MAX)
        w.begins[w.count] = w.fixture.timers.now_ns;
    w.count++;
    if (w.fails)
        return sn_call_fail(call, SN_ERR_UNKNOWN, "it is broken");
    if (!w.takes_ns)
        return sn_pb_struct_add(readings, SN_STR("a"), sn_pb_number(1), call->arena);
    if (slow->call) {
        w.at_once++;
        return SN_ERR_ABORTED;
    }
    w.running++;
    slow->call = call;
    call->holder = slow;
    call->on_cancel = slow_cancelled;
    sn_timer_start(call->env->timers, &slow->timer, w.takes_ns, slow_done);
    return SN_PENDING;
}

static int slow_command(struct sn_call *call, struct sn_resource *resource,
                        const struct pb_google_struct *command,
                        struct pb_google_struct **ret_result)
{
    w.commands++;
    w.number = sn_pb_value_number(sn_pb_struct_get(command, "n"), -1);
    *ret_result = sn_arena_zalloc(call->arena, sizeof(**ret_result));
    return *ret_result ? 0 : SN_ERR_RESOURCE_EXHAUSTED;
}

static const struct sn_sensor_ops slow_ops = {.common.do_command = slow_command,
                                              .readings = slow_readings};

static const struct sn_driver slow_driver = {
    .api = SN_API_SENSOR,
    .model = "rdk:builtin:slow",
    .help = "for tests",
    .size = sizeof(struct slow),
    .ops = &slow_ops,
};

/* ---- the machine ---- */

static int set_up(void **state)
{
    setenv("TZ", "UTC", 1);
    tzset();
    memset(&w, 0, sizeof(w));
    robot_fixture_init(&w.fixture, &slow_driver, 100);
    w.fixture.env.unix_ns = unix_now;
    return 0;
}

static int tear_down(void **state)
{
    robot_fixture_close(&w.fixture);
    assert_int_equal(w.running, 0);
    robot_fixture_fini(&w.fixture);
    return 0;
}

static void configure(const char *jobs)
{
    char json[4096];

    snprintf(json, sizeof(json),
             "{\"components\": ["
             "{\"name\": \"s\", \"api\": \"rdk:component:sensor\", \"model\": \"slow\"},"
             "{\"name\": \"two\", \"api\": \"rdk:component:sensor\", \"model\": \"slow\"},"
             "{\"name\": \"two\", \"api\": \"rdk:component:motor\", \"model\": \"fake\"},"
             "{\"name\": \"m\", \"api\": \"rdk:component:motor\", \"model\": \"fake\"},"
             "{\"name\": \"b\", \"api\": \"rdk:component:board\", \"model\": \"fake\"},"
             "{\"name\": \"i\", \"api\": \"rdk:component:input_controller\", \"model\": \"fake\"}"
             "], \"jobs\": [%s]}",
             jobs);
    robot_fixture_configure(&w.fixture, json);
}

static void pass(uint64_t ns)
{
    robot_fixture_pass(&w.fixture, ns);
}

#define JOB(name, schedule, resource, method)                                            \
    "{\"name\": \"" name "\", \"schedule\": \"" schedule "\", \"resource\": \"" resource \
    "\", \"method\": \"" method "\"}"

static const struct pb_robot_job_status *status_of(const char *name)
{
    static uint8_t bytes[8192];
    struct pb_robot_get_machine_status_request req = {0};
    struct pb_robot_get_machine_status_response *resp =
        sn_arena_zalloc(&w.fixture.arena, sizeof(*resp));
    struct tape tape;

    robot_fixture_begin(&w.fixture, &tape, "/viam.robot.v1.RobotService/GetMachineStatus",
                        &pb_robot_get_machine_status_request_msg, &req);
    assert_in_range(tape.last_len, 1, sizeof(tape.last));
    memcpy(bytes, tape.last, tape.last_len);
    assert_int_equal(sn_pb_decode(&pb_robot_get_machine_status_response_msg, resp, bytes,
                                  tape.last_len, &w.fixture.arena),
                     0);
    for (uint32_t i = 0; i < resp->job_statuses.n; i++)
        if (sn_str_is(resp->job_statuses.v[i].job_name, name))
            return &resp->job_statuses.v[i];
    return NULL;
}

static void assert_runs(const char *name, unsigned succeeded, unsigned failed)
{
    const struct pb_robot_job_status *status = status_of(name);

    assert_non_null(status);
    assert_int_equal(status->recent_successful_runs.n, succeeded);
    assert_int_equal(status->recent_failed_runs.n, failed);
}

/* ---- durations ---- */

static void a_duration_comes_again_and_again(void **state)
{
    configure(JOB("j", "1s", "s", "GetReadings"));
    pass(SN_MS(999));
    assert_int_equal(w.count, 0);
    pass(SN_MS(1));
    assert_int_equal(w.count, 1);
    pass(SN_SECONDS(3));
    assert_int_equal(w.count, 4);
    assert_int_equal(w.begins[3] - w.begins[0], SN_SECONDS(3));
    assert_runs("j", 4, 0);
}

static void times_are_those_of_ends(void **state)
{
    w.takes_ns = SN_MS(250);
    configure(JOB("j", "1s", "s", "GetReadings"));
    pass(SN_MS(1250));
    const struct pb_robot_job_status *status = status_of("j");
    assert_int_equal(status->recent_successful_runs.n, 1);
    assert_int_equal(status->recent_successful_runs.v[0].seconds, begin_unix_ns / 1000000000 + 1);
    assert_int_equal(status->recent_successful_runs.v[0].nanos, 250000000);
}

static void a_late_run_begins_when_the_one_before_has_ended(void **state)
{
    w.takes_ns = SN_MS(2500);
    configure(JOB("j", "1s", "s", "GetReadings"));
    pass(SN_SECONDS(11));
    assert_int_equal(w.at_once, 0);
    assert_int_equal(w.begins[0] / SN_MS(1), 1000);
    assert_int_equal(w.begins[1] / SN_MS(1), 3500);
    assert_int_equal(w.begins[2] / SN_MS(1), 6000);
    /* Those that were missed don't come later. */
    w.takes_ns = SN_MS(1);
    pass(SN_SECONDS(5));
    unsigned count = w.count;
    pass(SN_SECONDS(5));
    assert_int_equal(w.count, count + 5);
}

static void no_duration_takes_all_the_time(void **state)
{
    configure(JOB("j", "1ns", "s", "GetReadings"));
    pass(SN_MS(100));
    assert_in_range(w.count, 50, 101);
}

static void ten_times_are_kept_of_each_kind(void **state)
{
    configure(JOB("j", "1s", "s", "GetReadings"));
    pass(SN_SECONDS(12));
    w.fails = true;
    pass(SN_SECONDS(3));
    assert_runs("j", 10, 3);
    const struct pb_robot_job_status *status = status_of("j");
    int64_t begin_s = (int64_t)(begin_unix_ns / 1000000000);
    assert_int_equal(status->recent_successful_runs.v[0].seconds, begin_s + 3);
    assert_int_equal(status->recent_successful_runs.v[9].seconds, begin_s + 12);
    assert_int_equal(status->recent_failed_runs.v[0].seconds, begin_s + 13);
    pass(SN_SECONDS(20));
    assert_runs("j", 10, 10);
}

/* ---- continuous ---- */

static void continuous_runs_follow_each_other(void **state)
{
    w.takes_ns = SN_MS(20);
    configure(JOB("j", "Continuous", "s", "GetReadings"));
    pass(SN_MS(1000));
    assert_int_equal(w.at_once, 0);
    assert_in_range(w.count, 49, 51);
    w.takes_ns = 0;
    unsigned count = w.count;
    pass(SN_MS(1000));
    assert_in_range(w.count - count, 900, 1001);
}

static void continuous_failures_rest(void **state)
{
    w.fails = true;
    configure(JOB("j", "continuous", "s", "GetReadings"));
    pass(SN_SECONDS(10));
    assert_in_range(w.count, 95, 105);
}

/* ---- cron ---- */

static void cron_comes_with_the_clock(void **state)
{
    w.clock_ns = (int64_t)SN_MS(500); /* half a second past midnight */
    configure(JOB("five", "*/2 * * * *", "s", "GetReadings") "," JOB("six", "10 * * * * *", "m",
                                                                     "IsMoving"));
    pass(SN_SECONDS(120) - SN_MS(501));
    assert_int_equal(w.count, 0);
    assert_runs("six", 2, 0); /* at 0:10 and 1:10 */
    pass(SN_MS(1));
    assert_int_equal(w.count, 1);
    pass(SN_SECONDS(240));
    assert_int_equal(w.count, 3);
}

static void cron_passes_over_what_comes_during_a_run(void **state)
{
    w.takes_ns = SN_MS(2500);
    configure(JOB("j", "* * * * * *", "s", "GetReadings"));
    pass(SN_SECONDS(10));
    assert_int_equal(w.at_once, 0);
    assert_int_equal(w.begins[0], SN_SECONDS(1));
    assert_int_equal(w.begins[1], SN_SECONDS(4));
    assert_int_equal(w.begins[2], SN_SECONDS(7));
}

static void a_clock_that_is_set_is_followed(void **state)
{
    configure(JOB("j", "0 12 * * *", "s", "GetReadings"));
    pass(SN_SECONDS(3600));
    assert_int_equal(w.count, 0);
    w.clock_ns = (int64_t)SN_SECONDS(11 * 3600); /* it is noon all of a sudden */
    pass(SN_SECONDS(61));
    assert_int_equal(w.count, 1);
    w.clock_ns -= (int64_t)SN_SECONDS(3600); /* back to eleven */
    pass(SN_SECONDS(3500));
    assert_int_equal(w.count, 1);
    pass(SN_SECONDS(200));
    assert_int_equal(w.count, 2);
}

static void what_never_comes_is_listed(void **state)
{
    configure(JOB("never", "0 0 30 2 *", "s", "GetReadings") "," JOB(
        "bad", "nonsense", "s", "GetReadings") "," JOB("zero", "0s", "s",
                                                       "GetReadings") "," JOB("good", "1s", "s",
                                                                              "GetReadings"));
    pass(SN_SECONDS(2));
    assert_runs("never", 0, 0);
    assert_runs("bad", 0, 0);
    assert_runs("zero", 0, 0);
    assert_runs("good", 2, 0);
}

/* ---- what is called ---- */

static void commands_are_passed_on(void **state)
{
    configure("{\"name\": \"j\", \"schedule\": \"1s\", \"resource\": \"s\", \"method\": "
              "\"DoCommand\", \"command\": {\"n\": 7}}");
    pass(SN_SECONDS(1));
    assert_int_equal(w.commands, 1);
    assert_true(w.number == 7);
    assert_runs("j", 1, 0);
}

static void names_are_put_where_methods_have_them(void **state)
{
    configure(JOB("j", "1s", "i", "GetControls") "," JOB("k", "1s", "m", "IsMoving"));
    pass(SN_SECONDS(1));
    assert_runs("j", 1, 0);
    assert_runs("k", 1, 0);
}

static void what_is_not_there_fails(void **state)
{
    configure(JOB("none", "1s", "nope", "GetReadings") "," JOB(
        "many", "1s", "two",
        "GetReadings") "," JOB("method", "1s", "s",
                               "Nope") "," JOB("path", "1s", "s",
                                               "../x") "," JOB("stream", "1s", "i",
                                                               "StreamEvents") "," JOB("arguments",
                                                                                       "1s", "m",
                                                                                       "GoFor"));
    pass(SN_SECONDS(1));
    assert_runs("none", 0, 1);
    assert_runs("many", 0, 1);
    assert_runs("method", 0, 1);
    assert_runs("path", 0, 1);
    assert_runs("stream", 0, 1);
    assert_runs("arguments", 0, 1);
}

static void answers_are_shown_at_debug(void **state)
{
    sn_log_set_level(SN_LOG_DEBUG);
    configure(JOB("j", "1s", "s", "GetReadings"));
    pass(SN_SECONDS(2));
    sn_log_set_level(SN_LOG_ERROR + 1);
    assert_runs("j", 2, 0);
}

/* ---- changes ---- */

static void the_same_job_goes_on(void **state)
{
    configure(JOB("j", "3s", "s", "GetReadings"));
    pass(SN_SECONDS(2));
    configure(JOB("new", "1h", "s", "GetReadings") "," JOB("j", "3s", "s", "GetReadings"));
    pass(SN_SECONDS(1));
    assert_int_equal(w.count, 1);
}

static void a_changed_job_keeps_its_history(void **state)
{
    configure(JOB("j", "1s", "s", "GetReadings"));
    pass(SN_SECONDS(3));
    configure(JOB("j", "10s", "s", "GetReadings"));
    assert_runs("j", 3, 0);
    pass(SN_SECONDS(9));
    assert_int_equal(w.count, 3);
    pass(SN_SECONDS(1));
    assert_int_equal(w.count, 4);
}

static void a_job_that_is_gone_is_cancelled(void **state)
{
    w.takes_ns = SN_SECONDS(60);
    configure(JOB("j", "1s", "s", "GetReadings"));
    pass(SN_SECONDS(2));
    assert_int_equal(w.running, 1);
    configure("");
    assert_int_equal(w.running, 0);
    assert_int_equal(w.cancelled, 1);
    assert_null(status_of("j"));
    pass(SN_SECONDS(10));
    assert_int_equal(w.count, 1);
}

static void a_job_of_a_name_that_is_there_is_not_used(void **state)
{
    configure(JOB("j", "1s", "s", "GetReadings") "," JOB("j", "1s", "m", "Nope"));
    pass(SN_SECONDS(1));
    assert_runs("j", 1, 0);
}

static void a_machine_that_closes_ends_its_jobs(void **state)
{
    w.takes_ns = SN_SECONDS(60);
    configure(JOB("j", "1s", "s", "GetReadings") "," JOB("k", "* * * * * *", "m", "IsMoving"));
    pass(SN_SECONDS(2));
    assert_int_equal(w.running, 1);
    robot_fixture_close(&w.fixture);
    assert_int_equal(w.running, 0);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_duration_comes_again_and_again),
        CASE(times_are_those_of_ends),
        CASE(a_late_run_begins_when_the_one_before_has_ended),
        CASE(no_duration_takes_all_the_time),
        CASE(ten_times_are_kept_of_each_kind),
        CASE(continuous_runs_follow_each_other),
        CASE(continuous_failures_rest),
        CASE(cron_comes_with_the_clock),
        CASE(cron_passes_over_what_comes_during_a_run),
        CASE(a_clock_that_is_set_is_followed),
        CASE(what_never_comes_is_listed),
        CASE(commands_are_passed_on),
        CASE(names_are_put_where_methods_have_them),
        CASE(what_is_not_there_fails),
        CASE(answers_are_shown_at_debug),
        CASE(the_same_job_goes_on),
        CASE(a_changed_job_keeps_its_history),
        CASE(a_job_that_is_gone_is_cancelled),
        CASE(a_job_of_a_name_that_is_there_is_not_used),
        CASE(a_machine_that_closes_ends_its_jobs),
    };

    return cmocka_run_group_tests_name("jobs", tests, NULL, NULL);
}
