/* SPDX-License-Identifier: Apache-2.0 */
#include "sdk/args.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const char *address, *name, *alone; /* of the environment */

static char *get(const char *key)
{
    const char *value = NULL;

    if (strcmp(key, "VIAM_MODULE_ADDRESS") == 0)
        value = address;
    else if (strcmp(key, "VIAM_MODULE_NAME") == 0)
        value = name;
    else if (strcmp(key, "VIAM_NO_MODULE_PARENT") == 0)
        value = alone;
    return (char *)(uintptr_t)value;
}

static int teardown(void **state)
{
    address = name = alone = NULL;
    return 0;
}

static void addresses(void **state)
{
    static const struct {
        const char *address, *argv[4], *expected, *socket;
    } rows[] = {
        {NULL, {"m", "/tmp/x.sock"}, "unix:/tmp/x.sock", "/tmp/x.sock"},
        {NULL, {"m", "unix:/tmp/x.sock"}, "unix:/tmp/x.sock", "/tmp/x.sock"},
        {NULL, {"m", "unix:///tmp/x.sock"}, "unix:/tmp/x.sock", "/tmp/x.sock"},
        {NULL, {"m", "127.0.0.1:4711"}, "127.0.0.1:4711", NULL},
        {NULL, {"m", "[::1]:4711"}, "[::1]:4711", NULL},
        {NULL, {"m", "localhost:4711", "--tcp-mode"}, "localhost:4711", NULL},
        {"/run/y.sock", {"m", "/tmp/x.sock"}, "unix:/run/y.sock", "/run/y.sock"},
        {"127.0.0.1:1", {"m", "--log-level=debug"}, "127.0.0.1:1", NULL},
        {"", {"m", "/tmp/x.sock"}, "unix:/tmp/x.sock", "/tmp/x.sock"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct sn_sdk_args args;
        int argc = 0;

        while (argc < 4 && rows[i].argv[argc])
            argc++;
        address = rows[i].address;
        assert_int_equal(sn_sdk_args_parse(argc, rows[i].argv, get, &args, NULL), 0);
        assert_string_equal(args.address, rows[i].expected);
        if (rows[i].socket)
            assert_string_equal(args.socket, rows[i].socket);
        else
            assert_null(args.socket);
    }
}

static void options_may_stand_anywhere(void **state)
{
    const char *argv[] = {"m", "/tmp/x.sock", "whatever", "--tcp-mode", "--log-level=WARN"};
    const char *odd[] = {"m", "/tmp/x.sock", "--log-level=trace"};
    struct sn_sdk_args args;

    name = "parts";
    alone = "true";
    assert_int_equal(sn_sdk_args_parse(5, argv, get, &args, NULL), 0);
    assert_int_equal(args.level, SN_LOG_WARN);
    assert_null(args.socket);
    assert_string_equal(args.name, "parts");
    assert_true(args.alone);
    alone = "1";
    assert_int_equal(sn_sdk_args_parse(3, odd, get, &args, NULL), 0);
    assert_int_equal(args.level, SN_LOG_INFO);
    assert_false(args.alone);
}

static void started_by_hand(void **state)
{
    const char *argv[] = {"./m", "--log-level=debug"};
    char path[SN_ADDRESS_MAX + 1];
    const char *too_long[] = {"m", path};
    struct sn_sdk_args args;
    struct sn_error error;

    for (int argc = 1; argc <= 2; argc++) {
        assert_int_equal(sn_sdk_args_parse(argc, argv, get, &args, &error),
                         SN_ERR_INVALID_ARGUMENT);
        assert_string_equal(error.text,
                            "this is a module, which a machine's server starts with the address to "
                            "listen at: ./m SOCKET [--log-level=LEVEL] [--tcp-mode]");
    }
    memset(path, 'x', sizeof(path) - 1);
    path[sizeof(path) - 1] = '\0';
    assert_int_equal(sn_sdk_args_parse(2, too_long, get, &args, &error), SN_ERR_INVALID_ARGUMENT);
}

#define TEST(test) cmocka_unit_test_teardown(test, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(addresses),
        TEST(options_may_stand_anywhere),
        TEST(started_by_hand),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
