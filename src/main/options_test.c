/* SPDX-License-Identifier: Apache-2.0
 *
 * Texts are the reference server's, as seen.
 */
#include "main/options.h"

#include "sinew/timers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

static struct sn_options options;
static struct sn_error error;
static char line[512]; /* what the arguments point into */

/* Parses the words of a command line. */
static int parse(const char *text)
{
    static char *argv[16];
    int argc = 0;
    char *save = NULL;

    snprintf(line, sizeof(line), "%s", text);
    for (char *word = strtok_r(line, " ", &save); word; word = strtok_r(NULL, " ", &save))
        argv[argc++] = word;
    argv[argc] = NULL;
    error.text[0] = '\0';
    return sn_options_parse(&options, argc, argv, &error);
}

static int clear_environment(void **state)
{
    static const char *const names[] = {
        "VIAM_HOME",
        "VIAM_LOGFILE",
        "VIAM_CONFIG_READ_TIMEOUT",
        "VIAM_TCP_SOCKETS",
        "VIAM_MODULE_STARTUP_TIMEOUT",
        "VIAM_RESOURCE_CONFIGURATION_TIMEOUT",
        "VIAM_RESOURCE_REQUESTS_LIMIT",
        "VIAM_AGENT_HANDLES_NEEDS_RESTART_CHECKING",
    };

    for (size_t i = 0; i < COUNT(names); i++)
        unsetenv(names[i]);
    return 0;
}

static void test_presets(void **state)
{
    assert_int_equal(parse("server"), 0);
    assert_string_equal(options.config, "");
    assert_string_equal(options.log_file, "");
    assert_string_equal(options.home, "");
    assert_true(options.webrtc && options.ftdc);
    assert_false(options.debug || options.version || options.help || options.tcp_sockets);
    assert_int_equal(options.resource_timeout_ns, SN_SECONDS(120));
    assert_int_equal(options.module_timeout_ns, SN_SECONDS(300));
    assert_int_equal(options.config_timeout_ns, SN_SECONDS(15));
    assert_int_equal(options.request_limit, 100);
    assert_int_equal(options.limits.streams, 250);
    assert_int_equal(options.limits.message_bytes, 32 << 20);
    assert_int_equal(options.limits.idle_http2_ns, SN_SECONDS(3600));
}

static void test_flags(void **state)
{
    assert_int_equal(parse("server -config a.json --debug -webrtc=false --log-file=x=y -ftdc=F"),
                     0);
    assert_string_equal(options.config, "a.json");
    assert_string_equal(options.log_file, "x=y");
    assert_true(options.debug);
    assert_false(options.webrtc || options.ftdc);
    assert_int_equal(parse("server -config= -debug=TRUE -debug=0"), 0);
    assert_string_equal(options.config, "");
    assert_false(options.debug);
    assert_int_equal(parse("server -config -debug"), 0); /* the value, as in Go */
    assert_string_equal(options.config, "-debug");
    assert_int_equal(parse("server -no-tls -disable-mdns -untrusted-env -allow-insecure-creds "
                           "-output-telemetry -network-check -webprofile -cpuprofile p "
                           "-reveal-sensitive-config-diffs -dump-resources d -version --"),
                     0);
    assert_true(options.no_tls && options.network_check && options.version);
    assert_string_equal(options.dump_resources, "d");
}

static void test_bad_flags(void **state)
{
    static const char *const rows[][2] = {
        {"server -foo", "flag provided but not defined: -foo"},
        {"server -debug --foo=1", "flag provided but not defined: -foo"},
        {"server -config", "flag needs an argument: -config"},
        {"server -debug=xx", "invalid boolean value \"xx\" for -debug: parse error"},
        {"server -=x", "bad flag syntax: -=x"},
        {"server ---config", "bad flag syntax: ---config"},
        {"server extra", "unspecified arguments provided: [extra]"},
        {"server -version true -bar", "unspecified arguments provided: [true -bar]"},
        {"server -- -config ok.json", "unspecified arguments provided: [-config ok.json]"},
        {"server -", "unspecified arguments provided: [-]"},
        {"server -VIAM_HOME x", "flag provided but not defined: -VIAM_HOME"},
        {"server -help", ""},
        {"server --h", ""},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_int_equal(parse(rows[i][0]), SN_ERR_INVALID_ARGUMENT);
        assert_string_equal(error.text, rows[i][1]);
        assert_int_equal(options.help, !*rows[i][1]);
    }
}

/* More arguments than the text has room for. */
static void test_long_leftover(void **state)
{
    char word[] = "0123456789012345678901234567890123456789";
    char *argv[66] = {NULL};

    for (int i = 0; i < 65; i++)
        argv[i] = word;
    assert_int_equal(sn_options_parse(&options, 65, argv, &error), SN_ERR_INVALID_ARGUMENT);
    assert_in_range(strlen(error.text), 500, 600);
}

static void test_home(void **state)
{
    char path[256], here[128];

    setenv("HOME", "/home/of/somebody", 1);
    unsetenv("VIAM_HOME");
    assert_int_equal(parse("server"), 0);
    assert_int_equal(sn_options_home(&options, path, sizeof(path), &error), 0);
    assert_string_equal(path, "/home/of/somebody/.viam");
    options.home = "/data";
    assert_int_equal(sn_options_home(&options, path, sizeof(path), &error), 0);
    assert_string_equal(path, "/data");
    options.home = "data";
    assert_int_equal(sn_options_home(&options, path, sizeof(path), &error), 0);
    assert_non_null(getcwd(here, sizeof(here)));
    assert_memory_equal(path, here, strlen(here));
    assert_string_equal(path + strlen(here), "/data");
    assert_int_equal(sn_options_home(&options, path, 8, &error), SN_ERR_INVALID_ARGUMENT);
}

static void test_environment(void **state)
{
    setenv("VIAM_HOME", "/data", 1);
    setenv("VIAM_LOGFILE", "/log", 1);
    setenv("VIAM_RESOURCE_CONFIGURATION_TIMEOUT", "1m30s", 1);
    setenv("VIAM_RESOURCE_REQUESTS_LIMIT", "7", 1);
    setenv("VIAM_TCP_SOCKETS", "YES", 1);
    setenv("SINEW_MAX_CALLS", "3", 1);
    setenv("SINEW_MAX_MEMORY_BYTES", "8589934592", 1);
    setenv("SINEW_STALL_TIMEOUT", "500ms", 1);
    setenv("VIAM_AGENT_HANDLES_NEEDS_RESTART_CHECKING", "0", 1);
    assert_int_equal(parse("server"), 0);
    assert_string_equal(options.home, "/data");
    assert_string_equal(options.also_log_file, "/log");
    assert_int_equal(options.resource_timeout_ns, SN_SECONDS(90));
    assert_int_equal(options.request_limit, 7);
    assert_int_equal(options.limits.calls, 3);
    assert_int_equal(options.limits.memory_bytes, INT64_C(8) << 30);
    assert_int_equal(options.limits.stall_ns, SN_MS(500));
    assert_true(options.tcp_sockets);
    assert_true(options.agent_handles_restart); /* being set is what counts */
}

static void test_bad_environment(void **state)
{
    static const char *const timeouts[] = {"zz", "-5s", "0", "", "9"};
    static const char *const limits[] = {"x", "-1", "0", "1.5", "99999999999999999999", ""};

    for (size_t i = 0; i < COUNT(timeouts); i++) {
        setenv("VIAM_RESOURCE_CONFIGURATION_TIMEOUT", timeouts[i], 1);
        assert_int_equal(parse("server"), 0);
        assert_int_equal(options.resource_timeout_ns, SN_SECONDS(120));
    }
    for (size_t i = 0; i < COUNT(limits); i++) {
        setenv("VIAM_RESOURCE_REQUESTS_LIMIT", limits[i], 1);
        assert_int_equal(parse("server"), 0);
        assert_int_equal(options.request_limit, 100);
    }
    setenv("VIAM_TCP_SOCKETS", "zz", 1);
    assert_int_equal(parse("server"), 0);
    assert_false(options.tcp_sockets);
}

static void test_complaint(void **state)
{
    static const char before[] = "flag provided but not defined: -foo\nUsage of server:\n"
                                 "  -allow-insecure-creds\n    \tallow connections to send";
    static const char after[] = "\n\nflag provided but not defined: -foo";

    assert_int_equal(parse("server -foo"), SN_ERR_INVALID_ARGUMENT);
    char *text = sn_options_complaint("server", &error);
    assert_memory_equal(text, before, sizeof(before) - 1);
    assert_string_equal(text + strlen(text) - (sizeof(after) - 1), after);
    assert_non_null(strstr(text, "  -config string\n    \tmachine configuration file\n"));
    assert_non_null(strstr(text, "diagnostics (default true) (no effect yet)\n"));
    assert_non_null(strstr(text, "  VIAM_RESOURCE_REQUESTS_LIMIT int\n"));
    free(text);

    assert_int_equal(parse("server -help"), SN_ERR_INVALID_ARGUMENT);
    text = sn_options_complaint("server", &error);
    assert_memory_equal(text, "Usage of server:\n", 17);
    free(text);

    assert_int_equal(parse("server extra"), SN_ERR_INVALID_ARGUMENT);
    text = sn_options_complaint("server", &error);
    assert_string_equal(text, "unspecified arguments provided: [extra]");
    free(text);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, clear_environment, clear_environment)
    const struct CMUnitTest tests[] = {
        TEST(test_presets),       TEST(test_flags),       TEST(test_bad_flags),
        TEST(test_long_leftover), TEST(test_environment), TEST(test_bad_environment),
        TEST(test_home),          TEST(test_complaint),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
