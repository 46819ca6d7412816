/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"

#include <inttypes.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

/* 2026-01-31T12:00:00.005Z */
#define START_NS INT64_C(1769860800005000000)
#define SECOND_NS INT64_C(1000000000)

static _Atomic int64_t now = START_NS;
static char path[] = "/tmp/sn-log-test-XXXXXX";
static int reader = -1;

static int64_t test_clock(void)
{
    return now;
}

/* What was written since the last look. */
static const char *written(void)
{
    static char text[1 << 17];
    ssize_t n = read(reader, text, sizeof(text) - 1);

    text[n < 0 ? 0 : n] = '\0';
    return text;
}

static int open_log(void **state)
{
    reader = mkstemp(path);
    sn_log_set_clock(test_clock);
    return reader < 0 || sn_log_to_file(path, false, NULL);
}

static int close_log(void **state)
{
    sn_log_set_clock(NULL);
    close(reader);
    return unlink(path);
}

static int reset(void **state)
{
    sn_log_set_level(SN_LOG_INFO);
    sn_log_clear_patterns();
    sn_log_set_dedup(true);
    sn_log_flush(true);
    written();
    return 0;
}

static void test_line(void **state)
{
    struct sn_logger *logger = sn_logger_get("rdk.test");
    char expected[256];

    sn_log_info(logger, "plain %d", 1);
    snprintf(expected, sizeof(expected),
             "2026-01-31T12:00:00.005Z\tINFO\trdk.test\tbase/log_test.c:%d\tplain 1\n",
             __LINE__ - 3);
    assert_string_equal(written(), expected);
    sn_log_fields(logger, SN_LOG_ERROR, "{\"a\":1}", "two\nlines");
    snprintf(expected, sizeof(expected),
             "2026-01-31T12:00:00.005Z\tERROR\trdk.test\tbase/log_test.c:%d\ttwo\nlines\t"
             "{\"a\":1}\n",
             __LINE__ - 4);
    assert_string_equal(written(), expected);
}

static void test_long_message_is_cut(void **state)
{
    sn_log_info(sn_logger_get("rdk.test"), "%0*d", SN_LOG_MESSAGE_MAX + 1000, 7);
    const char *text = written();
    size_t len = strlen(text);
    assert_true(len > SN_LOG_MESSAGE_MAX && len < SN_LOG_MESSAGE_MAX + 100);
    assert_string_equal(text + len - 2, "0\n");
}

static void test_levels(void **state)
{
    struct sn_logger *logger = sn_logger_get("rdk.levels");

    assert_ptr_equal(logger, sn_logger_get("rdk.levels"));
    assert_false(sn_log_enabled(logger, SN_LOG_DEBUG));
    assert_true(sn_log_enabled(logger, SN_LOG_INFO));
    sn_log_set_level(SN_LOG_ERROR);
    assert_false(sn_log_enabled(logger, SN_LOG_WARN));
    assert_true(sn_log_enabled(logger, SN_LOG_ERROR));
    assert_true(sn_log_enabled(sn_logger_get("rdk.levels.new"), SN_LOG_ERROR));
    assert_false(sn_log_enabled(sn_logger_get("rdk.levels.new"), SN_LOG_WARN));
}

static void test_level_names(void **state)
{
    static const struct {
        const char *text;
        int level; /* -1: refused */
    } rows[] = {
        {"debug", SN_LOG_DEBUG}, {"Info", SN_LOG_INFO},
        {"WARN", SN_LOG_WARN},   {"warning", SN_LOG_WARN},
        {"eRRor", SN_LOG_ERROR}, {"", -1},
        {"fatal", -1},           {"info ", -1},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        enum sn_log_level level = SN_LOG_DEBUG;
        int err = sn_log_parse_level(rows[i].text, &level);

        assert_int_equal(err, rows[i].level < 0 ? SN_ERR_INVALID_ARGUMENT : 0);
        if (!err)
            assert_int_equal((int)level, rows[i].level);
    }
}

/* Rows as seen with the reference server. */
static void test_patterns(void **state)
{
    static const struct {
        const char *patterns[2]; /* at error */
        const char *name;
        bool matches;
    } rows[] = {
        {{"rdk"}, "rdk", true},
        {{"rdk"}, "rdk.networking", true}, /* inherited */
        {{"rdk.res"}, "rdk.resource_manager", false},
        {{"rdk.*source*"}, "rdk.resource_manager", true},
        {{"*manager"}, "rdk.job_manager", true},
        {{"*.*"}, "rdk", false},
        {{"*.*"}, "rdk.a.b", true},
        {{"r*"}, "rdk.a.b", true},
        {{"RDK"}, "rdk", false},
        {{"rdk.re.ource_manager"}, "rdk.resource_manager", false},
        {{"rdk.resource_manager.*"}, "rdk.resource_manager", false},
        {{"rdk.resource_manager.*"}, "rdk.resource_manager.rdk:component:motor/m", true},
        {{"rdk.a*c*e"}, "rdk.abcabde", true},
        {{"rdk.a*c*e"}, "rdk.abde", false},
        {{"*a*a*a*a*a*a*a*a*b"}, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false},
        {{"x", "rdk.y"}, "rdk.y", true},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct sn_logger *logger = sn_logger_get(rows[i].name);

        sn_log_clear_patterns();
        for (int j = 0; j < 2 && rows[i].patterns[j]; j++)
            assert_int_equal(sn_log_set_pattern(rows[i].patterns[j], SN_LOG_ERROR), 0);
        assert_int_equal(!sn_log_enabled(logger, SN_LOG_INFO), rows[i].matches);
    }
}

static void test_pattern_order(void **state)
{
    struct sn_logger *below = sn_logger_get("rdk.order.below");
    struct sn_logger *above = sn_logger_get("rdk.order");

    assert_int_equal(sn_log_set_pattern("*", SN_LOG_WARN), 0);
    assert_int_equal(sn_log_set_pattern("rdk.order", SN_LOG_ERROR), 0);
    assert_true(sn_log_enabled(below, SN_LOG_WARN)); /* matched itself, so not inherited */
    assert_false(sn_log_enabled(above, SN_LOG_WARN));
    sn_log_set_level(SN_LOG_DEBUG);
    assert_true(sn_log_enabled(above, SN_LOG_DEBUG));
    sn_log_set_level(SN_LOG_INFO);
    sn_log_clear_patterns();
    assert_true(sn_log_enabled(above, SN_LOG_INFO));
}

static void test_malformed_patterns(void **state)
{
    char longest[SN_LOG_PATTERN_MAX + 2];

    memset(longest, 'a', sizeof(longest) - 1);
    longest[sizeof(longest) - 1] = '\0';
    const char *rows[] = {"", ".", "a..b", ".a", "a.", longest};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_int_equal(sn_log_set_pattern(rows[i], SN_LOG_INFO), SN_ERR_INVALID_ARGUMENT);
}

static void log_times(int times)
{
    for (int i = 0; i < times; i++)
        sn_log_fields(sn_logger_get("rdk.repeat"), SN_LOG_INFO, "{\"resource\":\"m\"}", "again");
}

static int count_lines(const char *text)
{
    int count = 0;

    while ((text = strchr(text, '\n'))) {
        text++;
        count++;
    }
    return count;
}

static void test_repeats_are_summed_up(void **state)
{
    log_times(3);
    now += SECOND_NS;
    log_times(9);
    assert_int_equal(count_lines(written()), 3);
    now += 59 * SECOND_NS;
    log_times(1);
    const char *text = written();
    assert_int_equal(count_lines(text), 2);
    assert_non_null(strstr(text,
                           "\tMessage logged 12 times in past 1m0s: again\t{\"resource\":\"m\"}"
                           "\n2026"));
    assert_non_null(strstr(text, "T12:00:01.005Z\tINFO")); /* when it was last held back */
    now = START_NS;
}

static void test_flush_writes_due_summaries(void **state)
{
    log_times(4);
    written();
    now += 59 * SECOND_NS;
    sn_log_flush(false);
    assert_string_equal(written(), "");
    now += SECOND_NS;
    sn_log_flush(false);
    assert_non_null(strstr(written(), "Message logged 4 times"));
    log_times(3);
    written();
    sn_log_flush(true);
    assert_string_equal(written(), ""); /* nothing was held back */
    now = START_NS;
}

static void test_different_records_are_no_repeats(void **state)
{
    for (int i = 0; i < 6; i++) {
        char fields[32];

        snprintf(fields, sizeof(fields), "{\"n\":%d}", i);
        sn_log_fields(sn_logger_get("rdk.repeat"), SN_LOG_INFO, fields, "same text");
    }
    assert_int_equal(count_lines(written()), 6);
}

static void test_dedup_off(void **state)
{
    log_times(5);
    sn_log_set_dedup(false);
    log_times(5);
    assert_int_equal(count_lines(written()), 3 + 1 + 5);
    sn_log_set_dedup(true);
    sn_log_set_level(SN_LOG_DEBUG);
    log_times(5);
    assert_int_equal(count_lines(written()), 5);
}

static void test_pairs(void **state)
{
    char buffer[64], small[12];

    assert_string_equal(
        SN_LOG_PAIRS("resource", "rdk:component:motor/m", "model", "a\"b\\c\n\x01µ"),
        "{\"resource\":\"rdk:component:motor/m\",\"model\":\"a\\\"b\\\\c\\n\\u0001µ\"}");
    assert_string_equal(sn_log_pairs(buffer, sizeof(buffer), "none", (char *)NULL, (char *)NULL),
                        "{\"none\":\"\"}");
    assert_string_equal(sn_log_pairs(small, sizeof(small), "long", "too long", "a", "b", NULL),
                        "{\"a\":\"b\"}");
    assert_string_equal(sn_log_pairs(small, sizeof(small), "long", "too long", NULL), "{}");
    assert_string_equal(sn_log_pairs(small, sizeof(small), NULL), "{}");
}

static void *log_from_thread(void *arg)
{
    for (int i = 0; i < 200; i++) {
        char name[32];

        snprintf(name, sizeof(name), "rdk.thread.%d", i % 20);
        sn_log_info(sn_logger_get(name), "record %d of %" PRIdPTR, i, (intptr_t)arg);
        if (i % 50 == 0)
            sn_log_set_level(SN_LOG_INFO);
    }
    return NULL;
}

static void test_threads(void **state)
{
    enum { THREADS = 4 };
    pthread_t threads[THREADS];

    for (intptr_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, log_from_thread, (void *)i), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    const char *text = written();
    assert_int_equal(count_lines(text), THREADS * 200);
    for (const char *line = text; *line; line = strchr(line, '\n') + 1)
        assert_memory_equal(line, "2026-01-31T12:00:00.005Z\tINFO\trdk.thread.", 41);
}

static void test_unwritable_file(void **state)
{
    struct sn_error error;

    assert_int_equal(sn_log_to_file("/nonexistent/x.log", false, &error), SN_ERR_UNAVAILABLE);
    assert_string_equal(error.text, "log file \"/nonexistent/x.log\": No such file or directory");
}

/* A full disk: lines are lost, and what follows is whole. */
static void test_output_that_fails(void **state)
{
    struct sn_logger *logger = sn_logger_get("rdk.full");
    struct rlimit old, small;
    struct stat stat;

    assert_int_equal(fstat(reader, &stat), 0);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    small = old;
    small.rlim_cur = (rlim_t)stat.st_size + 30;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    sn_log_info(logger, "cut");
    sn_log_info(logger, "lost");
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    sn_log_info(logger, "whole");
    const char *text = written();
    assert_memory_equal(text, "2026-01-31T12:00:00.005Z\tINFO\t\n2026", 35);
    assert_non_null(strstr(text, "\twhole\n"));
    assert_int_equal(count_lines(text), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_line, reset),
        cmocka_unit_test_setup(test_long_message_is_cut, reset),
        cmocka_unit_test_setup(test_levels, reset),
        cmocka_unit_test(test_level_names),
        cmocka_unit_test_setup(test_patterns, reset),
        cmocka_unit_test_setup(test_pattern_order, reset),
        cmocka_unit_test(test_malformed_patterns),
        cmocka_unit_test_setup(test_repeats_are_summed_up, reset),
        cmocka_unit_test_setup(test_flush_writes_due_summaries, reset),
        cmocka_unit_test_setup(test_different_records_are_no_repeats, reset),
        cmocka_unit_test_setup(test_dedup_off, reset),
        cmocka_unit_test(test_pairs),
        cmocka_unit_test_setup(test_threads, reset),
        cmocka_unit_test(test_unwritable_file),
        cmocka_unit_test_setup(test_output_that_fails, reset),
    };

    signal(SIGXFSZ, SIG_IGN);
    return cmocka_run_group_tests(tests, open_log, close_log);
}
