/* SPDX-License-Identifier: Apache-2.0
 *
 * Records on their way to a machine.
 */
#include "sdk/testing.h"
#include "sinew/log.h"

#include <pthread.h>
#include <unistd.h>

static const struct sn_driver *const drivers[] = {NULL};
static const struct sn_module module = {.drivers = drivers};
static struct sn_logger *logger;

static int setup(void **state)
{
    struct tape tape;

    sn_log_set_level(SN_LOG_DEBUG);
    logger = sn_logger_get("parts.rdk:component:sensor/a");
    fixture_init(&module, false);
    BEGIN(&tape, "Ready", ready_request, .parent_address = SN_STR("/run/machine.sock"));
    machine_answer();
    expect_calls("ResourceNames;");
    return 0;
}

static int teardown(void **state)
{
    fixture_fini();
    return 0;
}

/* The record that is on its way. */
static const struct pb_common_log_entry *sent(void)
{
    struct pb_robot_log_request *request = sn_arena_zalloc(&fixture->arena, sizeof(*request));
    const struct machine_stream *s = fixture->streams;

    while (!s->open)
        s++;
    assert_string_equal(s->path, "/viam.robot.v1.RobotService/Log");
    assert_int_equal(
        sn_pb_decode(&pb_robot_log_request_msg, request, s->request, s->len, &fixture->arena), 0);
    assert_int_equal(request->logs.n, 1);
    return request->logs.v;
}

static void what_a_record_says(void **state)
{
    sn_log_warn(logger, "%d degrees", 90);
    expect_calls(""); /* the loop's thread sends it */
    assert_int_equal(fixture->wakes, 1);
    sn_sdk_woken(fixture->sdk);
    expect_calls("Log;");
    const struct pb_common_log_entry *entry = sent();
    assert_true(sn_str_is(entry->level, "warn"));
    assert_true(sn_str_is(entry->logger_name, "parts.rdk:component:sensor/a"));
    assert_true(sn_str_is(entry->message, "90 degrees"));
    assert_non_null(entry->time);
    assert_true(sn_str_is(sn_pb_value_string(sn_pb_struct_get(entry->caller, "File"), SN_STR_NULL),
                          "sdk/logs_test.c"));
    assert_true(sn_pb_value_number(sn_pb_struct_get(entry->caller, "Line"), 0) > 0);
    machine_answer();
}

static struct sn_str of_field(const struct pb_google_struct *field, const char *key)
{
    return sn_pb_value_string(sn_pb_struct_get(field, key), SN_STR_NULL);
}

static void what_its_fields_say(void **state)
{
    sn_log_fields(logger, SN_LOG_INFO, "{\"pin\":\"p7\",\"volts\":1.5,\"on\":true}", "fields");
    sn_log_fields(logger, SN_LOG_INFO, "{\"broken", "none");
    sn_sdk_woken(fixture->sdk);
    const struct pb_common_log_entry *entry = sent();
    assert_int_equal(entry->fields.n, 3);
    assert_true(sn_str_is(of_field(&entry->fields.v[0], "Key"), "pin"));
    assert_true(sn_str_is(of_field(&entry->fields.v[0], "String"), "p7"));
    assert_true(sn_str_is(of_field(&entry->fields.v[1], "String"), "1.5"));
    assert_true(sn_pb_value_number(sn_pb_struct_get(&entry->fields.v[2], "Integer"), 0) == 1);
    machine_answer();
    assert_int_equal(sent()->fields.n, 0);
    machine_answer();
}

static void one_at_a_time_in_their_order(void **state)
{
    for (int i = 0; i < 5; i++)
        sn_log_info(logger, "%d", i);
    assert_int_equal(fixture->wakes, 1);
    sn_sdk_woken(fixture->sdk);
    for (int i = 0; i < 5; i++) {
        char text[2] = {(char)('0' + i), '\0'};

        expect_calls("Log;");
        assert_true(sn_str_is(sent()->message, text));
        machine_answer();
    }
    expect_calls("");
    sn_log_info(logger, "later");
    assert_int_equal(fixture->wakes, 2);
    sn_sdk_woken(fixture->sdk);
    expect_calls("Log;");
    machine_answer();
}

/* Runs `body` with standard output in a file, and returns what is in it then. */
static char *captured(void (*body)(void))
{
    static char text[16384];
    FILE *file = tmpfile();
    int saved = dup(STDOUT_FILENO);

    fflush(stdout);
    dup2(fileno(file), STDOUT_FILENO);
    body();
    fflush(stdout);
    dup2(saved, STDOUT_FILENO);
    close(saved);
    rewind(file);
    size_t len = fread(text, 1, sizeof(text) - 1, file);
    text[len] = '\0';
    fclose(file);
    return text;
}

static void refuse_two(void)
{
    fixture->down = true;
    sn_log_error(logger, "first");
    sn_log_error(logger, "second");
    sn_sdk_woken(fixture->sdk);
    machine_answer();
    fixture->down = false;
    machine_answer();
}

static void what_isnt_taken_becomes_a_line(void **state)
{
    const char *text = captured(refuse_two);

    assert_non_null(strstr(text, "\tERROR\tparts.rdk:component:sensor/a\t"));
    assert_non_null(strstr(text, "\tfirst\n"));
    assert_null(strstr(text, "second"));
    expect_calls("Log;Log;");
}

static void flood(void)
{
    for (int i = 0; i < SDK_LOGS_MAX + 3; i++)
        sn_log_info(logger, "record %d", i);
}

static void those_that_find_no_room_are_lines(void **state)
{
    const char *text = captured(flood);

    assert_null(strstr(text, "record 999\n"));
    assert_non_null(strstr(text, "record 1000\n"));
    assert_non_null(strstr(text, "record 1002\n"));
    sn_sdk_woken(fixture->sdk);
    for (int i = 0; i < SDK_LOGS_MAX; i++) {
        expect_calls("Log;");
        machine_answer();
    }
    expect_calls("");
}

static void end_with_some(void)
{
    sn_log_info(logger, "on its way");
    sn_log_info(logger, "waiting");
    sn_sdk_woken(fixture->sdk);
    sn_sdk_close(fixture->sdk, fixture_closed, NULL);
    sn_log_info(logger, "after");
}

static void none_is_lost_at_the_end(void **state)
{
    const char *text = captured(end_with_some);

    assert_non_null(strstr(text, "\twaiting\n"));
    assert_non_null(strstr(text, "\ton its way\n"));
    assert_non_null(strstr(text, "\tafter\n"));
}

static void *write_many(void *arg)
{
    for (int i = 0; i < 100; i++)
        sn_log_info(logger, "from a thread");
    return NULL;
}

static void any_thread_may_write(void **state)
{
    pthread_t threads[4];
    int records = 0;

    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, write_many, NULL), 0);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    sn_sdk_woken(fixture->sdk);
    while (*fixture->calls) {
        expect_calls("Log;");
        machine_answer();
        records++;
    }
    assert_int_equal(records, 400);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_a_record_says),
        TEST(what_its_fields_say),
        TEST(one_at_a_time_in_their_order),
        TEST(what_isnt_taken_becomes_a_line),
        TEST(those_that_find_no_room_are_lines),
        TEST(none_is_lost_at_the_end),
        TEST(any_thread_may_write),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
