/* SPDX-License-Identifier: Apache-2.0
 *
 * Listeners, dials and connections against each other over TCP and UNIX sockets.
 */
#include "net/address.h"
#include "net/conn.h"
#include "net/end_testing.h"
#include "sinew/list.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/un.h>
#include <unistd.h>

struct world {
    struct sn_loop *loop;
    char dir[32], socket[64];
    struct sn_listener *listener;
    struct end server, client;
    struct sn_dial *dial;
};

static int setup(void **state)
{
    struct world *world = calloc(1, sizeof(*world));

    world->loop = sn_loop_create();
    snprintf(world->dir, sizeof(world->dir), "/tmp/sn-net-XXXXXX");
    if (!mkdtemp(world->dir))
        return -1;
    snprintf(world->socket, sizeof(world->socket), "unix:%s/s", world->dir);
    *state = world;
    return 0;
}

static int teardown(void **state)
{
    struct world *world = *state;

    sn_listener_close(world->listener);
    sn_loop_destroy(world->loop);
    rmdir(world->dir);
    free(world);
    return 0;
}

static void listen_on(struct world *world, const char *address)
{
    struct sn_error error = {0};

    if (sn_listen(world->loop, address, adopt, &world->server, &world->listener, &error))
        fail_msg("%s", error.text);
}

static void dial(struct world *world, const char *address)
{
    assert_int_equal(sn_dial(world->loop, address, connected, &world->client, &world->dial, NULL),
                     0);
}

static void meet(struct world *world, const char *address)
{
    listen_on(world, address);
    dial(world, sn_listener_address(world->listener));
    run_until(world->loop, world->server.conn && world->client.conn);
}

static void part(struct world *world)
{
    if (!world->client.closed)
        sn_conn_close(world->client.conn, false);
    if (!world->server.closed)
        sn_conn_close(world->server.conn, false);
    run_until(world->loop, world->client.closed && world->server.closed);
}

/* ---- addresses ---- */

static void test_addresses(void **state)
{
    static const struct {
        const char *text, *name;
        int port; /* -1: malformed, -2: UNIX */
    } cases[] = {
        {"127.0.0.1:8080", "127.0.0.1", 8080},
        {":0", "", 0},
        {"localhost:65535", "localhost", 65535},
        {"[::1]:8080", "::1", 8080},
        {"unix:/a/b", "/a/b", -2},
        {"unix:///a", "/a", -2},
        {"unix:", NULL, -1},
        {"127.0.0.1", NULL, -1},
        {"127.0.0.1:", NULL, -1},
        {"127.0.0.1:65536", NULL, -1},
        {"127.0.0.1:+1", NULL, -1},
        {"::1:8080", NULL, -1},
        {"[::1:8080", NULL, -1},
        {"[host]:1", NULL, -1},
        {"]:1", "]", 1},
        {"[:1", NULL, -1},
        {"", NULL, -1},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct sn_address address;
        struct sn_error error = {0};
        int code = sn_address_parse(cases[i].text, &address, &error);

        if (cases[i].port == -1) {
            assert_int_equal(code, SN_ERR_INVALID_ARGUMENT);
            assert_non_null(strstr(error.text, cases[i].text));
            continue;
        }
        assert_int_equal(code, 0);
        assert_string_equal(address.name, cases[i].name);
        assert_int_equal(address.is_unix, cases[i].port == -2);
        assert_int_equal(address.port, address.is_unix ? 0 : cases[i].port);
    }
}

static void test_address_too_long(void **state)
{
    struct sn_address address;
    char text[600];

    memset(text, 'x', sizeof(text));
    memcpy(text, "unix:/", 6);
    text[6 + SN_UNIX_PATH_MAX] = '\0';
    assert_int_equal(sn_address_parse(text, &address, NULL), SN_ERR_INVALID_ARGUMENT);
    text[5 + SN_UNIX_PATH_MAX] = '\0';
    assert_int_equal(sn_address_parse(text, &address, NULL), 0);
    memset(text, 'x', sizeof(text));
    memcpy(text + sizeof(text) - 4, ":80", 4);
    assert_int_equal(sn_address_parse(text, &address, NULL), SN_ERR_INVALID_ARGUMENT);
}

/* ---- listening ---- */

static void test_listen_errors(void **state)
{
    struct world *world = *state;
    struct sn_listener *second = NULL;
    struct sn_error error = {0};
    char expected[128];

    listen_on(world, "127.0.0.1:0");
    const char *address = sn_listener_address(world->listener);
    assert_int_equal(sn_listen(world->loop, address, adopt, NULL, &second, &error),
                     SN_ERR_UNAVAILABLE);
    snprintf(expected, sizeof(expected), "listen on %s: address already in use", address);
    assert_string_equal(error.text, expected);
    assert_int_equal(sn_listen(world->loop, "example.org:1", adopt, NULL, &second, &error),
                     SN_ERR_INVALID_ARGUMENT);
    assert_int_equal(sn_listen(world->loop, "192.0.2.1:1", adopt, NULL, &second, &error),
                     SN_ERR_UNAVAILABLE);
    assert_int_equal(sn_listen(world->loop, "unix:/nowhere/s", adopt, NULL, &second, &error),
                     SN_ERR_UNAVAILABLE);
    assert_string_equal(error.text, "listen on unix:/nowhere/s: no such file or directory");
    assert_null(second);
}

static void test_unix_socket_in_use_and_stale(void **state)
{
    struct world *world = *state;
    const char *path = world->socket + strlen("unix:");
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    struct sn_listener *second = NULL;
    struct sn_error error;

    snprintf(name.sun_path, sizeof(name.sun_path), "%s", path);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&name, sizeof(name)), 0);
    close(fd); /* what a killed process leaves behind */
    listen_on(world, world->socket);
    assert_int_equal(sn_listen(world->loop, world->socket, adopt, NULL, &second, &error),
                     SN_ERR_UNAVAILABLE);
    assert_non_null(strstr(error.text, "address already in use"));
    run_until(world->loop, world->server.ended); /* it was asked whether it lives */
    sn_conn_close(world->server.conn, false);
    run_until(world->loop, world->server.closed);
    sn_listener_close(world->listener);
    world->listener = NULL;
    assert_int_not_equal(access(path, F_OK), 0);

    fd = open(path, O_CREAT | O_WRONLY, 0600); /* no socket: not ours to remove */
    close(fd);
    assert_int_equal(sn_listen(world->loop, world->socket, adopt, NULL, &second, &error),
                     SN_ERR_UNAVAILABLE);
    unlink(path);
}

static void test_all_interfaces(void **state)
{
    struct world *world = *state;
    struct sn_address address;
    char text[64];

    listen_on(world, ":0");
    assert_int_equal(sn_address_parse(sn_listener_address(world->listener), &address, NULL), 0);
    snprintf(text, sizeof(text), "localhost:%u", address.port);
    dial(world, text);
    run_until(world->loop, world->server.conn && world->client.conn);
    part(world);
}

static bool passed;

static void pass(struct sn_timer *timer)
{
    passed = true;
}

/* A listener out of descriptors neither spins nor dies. */
static void test_out_of_descriptors(void **state)
{
    struct world *world = *state;
    struct rlimit old, tight;
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    struct rusage before, after;
    struct sn_timer pause = {0};

    listen_on(world, world->socket);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    getrlimit(RLIMIT_NOFILE, &old);
    tight = old;
    tight.rlim_cur = (rlim_t)fd + 1;
    setrlimit(RLIMIT_NOFILE, &tight);
    snprintf(name.sun_path, sizeof(name.sun_path), "%s", world->socket + strlen("unix:"));
    assert_int_equal(connect(fd, (struct sockaddr *)&name, sizeof(name)), 0);

    getrusage(RUSAGE_SELF, &before);
    passed = false;
    sn_timer_start(sn_loop_timers(world->loop), &pause, SN_MS(350), pass);
    run_until(world->loop, passed);
    getrusage(RUSAGE_SELF, &after);
    setrlimit(RLIMIT_NOFILE, &old);
    assert_true(after.ru_nvcsw - before.ru_nvcsw < 30);
    assert_true(after.ru_utime.tv_usec - before.ru_utime.tv_usec < 100000);
    assert_null(world->server.conn);

    run_until(world->loop, world->server.conn);
    close(fd);
    run_until(world->loop, world->server.ended);
    sn_conn_close(world->server.conn, false);
    run_until(world->loop, world->server.closed);
}

/* ---- dialing ---- */

static void test_dial_errors(void **state)
{
    struct world *world = *state;
    char expected[128];

    assert_int_equal(sn_dial(world->loop, "nonsense", connected, NULL, &world->dial, NULL),
                     SN_ERR_INVALID_ARGUMENT);
    listen_on(world, "127.0.0.1:0");
    char address[64];
    snprintf(address, sizeof(address), "%s", sn_listener_address(world->listener));
    sn_listener_close(world->listener);
    world->listener = NULL;
    dial(world, address);
    assert_int_equal(world->client.code, 0); /* never from inside */
    run_until(world->loop, world->client.code);
    assert_int_equal(world->client.code, SN_ERR_UNAVAILABLE);
    snprintf(expected, sizeof(expected), "connect to %s: connection refused", address);
    assert_string_equal(world->client.error, expected);

    world->client.code = 0;
    dial(world, "unix:/nowhere/s");
    run_until(world->loop, world->client.code);
    assert_string_equal(world->client.error,
                        "connect to unix:/nowhere/s: no such file or directory");
    world->client.code = 0;
    dial(world, "no.such.name.invalid:1"); /* RFC 6761, 6.4 */
    run_until(world->loop, world->client.code);
    assert_int_equal(world->client.code, SN_ERR_UNAVAILABLE);
}

static void test_dial_cancel(void **state)
{
    struct world *world = *state;

    listen_on(world, "127.0.0.1:0");
    dial(world, sn_listener_address(world->listener));
    sn_dial_cancel(world->dial); /* before it began */
    dial(world, "no.such.name.invalid:1");
    uv_run(sn_loop_backend(world->loop), UV_RUN_NOWAIT);
    sn_dial_cancel(world->dial); /* looking up */
    dial(world, sn_listener_address(world->listener));
    sn_listener_close(world->listener);
    world->listener = NULL;
    uv_run(sn_loop_backend(world->loop), UV_RUN_NOWAIT);
    if (!world->client.conn && !world->client.code)
        sn_dial_cancel(world->dial); /* connecting */
    sn_loop_run(world->loop);
    assert_null(world->client.conn);
}

/* ---- bytes ---- */

static void ping(struct world *world, const char *address)
{
    struct sn_str parts[] = {SN_STR("he"), SN_STR(""), SN_STR("llo")};

    meet(world, address);
    world->server.echo = true;
    assert_int_equal(sn_conn_write(world->client.conn, parts, 3), 0);
    run_until(world->loop, world->client.got == 5);
    assert_memory_equal(world->client.last, "hello", 5);
    assert_int_equal(world->client.conn->bytes_out, 5);
    assert_int_equal(world->client.conn->bytes_in, 5);
}

static void test_tcp(void **state)
{
    struct world *world = *state;

    ping(world, "127.0.0.1:0");
    assert_string_equal(world->client.conn->peer, sn_listener_address(world->listener));
    assert_string_equal(world->client.conn->local, world->server.conn->peer);
    part(world);
    assert_int_equal(world->client.code, 0);
}

static void test_tcp6(void **state)
{
    struct world *world = *state;
    struct sn_listener *listener;

    if (sn_listen(world->loop, "[::1]:0", adopt, NULL, &listener, NULL))
        skip(); /* no IPv6 here */
    sn_listener_close(listener);
    ping(world, "[::1]:0");
    part(world);
}

static void test_unix(void **state)
{
    struct world *world = *state;

    ping(world, world->socket);
    assert_string_equal(world->client.conn->peer, "unix");
    part(world);
}

enum { BIG = 20 << 20 };

/* The socket takes a part, the rest waits; what arrives is what was sent. */
static void test_big_write(void **state)
{
    struct world *world = *state;
    char *bytes = malloc(BIG);
    struct sn_str parts[100];
    uint32_t sum = 0;

    for (size_t i = 0; i < BIG; i++) {
        bytes[i] = (char)(i * 7 + i / 1000);
        sum = sum * 31 + (uint8_t)bytes[i];
    }
    for (size_t i = 0; i < 100; i++)
        parts[i] = (struct sn_str){bytes + i * (BIG / 100), BIG / 100};
    parts[99].len = BIG - 99 * (BIG / 100);
    meet(world, world->socket);
    assert_int_equal(sn_conn_write(world->client.conn, parts, 100), 0);
    memset(bytes, 0, BIG); /* ours again */
    assert_true(sn_conn_queued(world->client.conn) > 0);
    assert_int_equal(world->client.drains, 0);
    run_until(world->loop, world->client.drains && world->server.got == BIG);
    assert_int_equal(world->server.sum, sum);
    assert_int_equal(sn_conn_queued(world->client.conn), 0);
    part(world);
    free(bytes);
}

static void test_queue_bound(void **state)
{
    struct world *world = *state;
    char *bytes = calloc(1, BIG);
    struct sn_str part_of = {bytes, BIG};
    int code = 0;

    meet(world, "127.0.0.1:0");
    sn_conn_read(world->server.conn, false);
    for (int i = 0; i < 5 && !code; i++)
        code = sn_conn_write(world->client.conn, &part_of, 1);
    assert_int_equal(code, SN_ERR_RESOURCE_EXHAUSTED);
    assert_true(sn_conn_queued(world->client.conn) <= SN_CONN_QUEUE_MAX);
    part(world);
    free(bytes);
}

static void test_reading_off(void **state)
{
    struct world *world = *state;
    struct sn_str word = SN_STR("x");

    meet(world, "127.0.0.1:0");
    sn_conn_read(world->server.conn, false);
    world->client.echo = true;
    assert_int_equal(sn_conn_write(world->client.conn, &word, 1), 0);
    assert_int_equal(sn_conn_write(world->server.conn, &word, 1), 0);
    run_until(world->loop, world->client.got == 1);
    assert_int_equal(world->server.got, 0);
    sn_conn_read(world->server.conn, true);
    run_until(world->loop, world->server.got == 2);
    part(world);
}

/* ---- ends ---- */

static void test_linger(void **state)
{
    struct world *world = *state;
    char *bytes = calloc(1, BIG);
    struct sn_str all = {bytes, BIG}, late = SN_STR("late");

    meet(world, world->socket);
    assert_int_equal(sn_conn_write(world->server.conn, &all, 1), 0);
    sn_conn_close(world->server.conn, true);
    assert_int_equal(sn_conn_write(world->server.conn, &late, 1), SN_ERR_UNAVAILABLE);
    assert_int_equal(sn_conn_write(world->client.conn, &late, 1), 0);
    run_until(world->loop, world->client.ended);
    assert_int_equal(world->client.got, BIG);
    assert_false(world->server.closed); /* it waits for our end */
    sn_conn_close(world->client.conn, true);
    run_until(world->loop, world->client.closed && world->server.closed);
    assert_int_equal(world->server.got, 0);
    assert_int_equal(world->server.code, 0);
    free(bytes);
}

static void test_linger_ends_by_itself(void **state)
{
    struct world *world = *state;

    meet(world, "127.0.0.1:0");
    sn_conn_close(world->server.conn, true);
    run_until(world->loop, world->server.closed); /* though the client stays */
    part(world);
}

static void test_reset(void **state)
{
    struct world *world = *state;
    struct sn_str word = SN_STR("x");

    meet(world, "127.0.0.1:0");
    sn_conn_read(world->server.conn, false);
    assert_int_equal(sn_conn_write(world->client.conn, &word, 1), 0);
    sn_conn_close(world->server.conn, false); /* with bytes unread: the system resets */
    run_until(world->loop, world->server.closed && world->client.closed);
    assert_int_equal(world->client.code, SN_ERR_UNAVAILABLE);
    assert_string_equal(world->client.cause, "connection reset by peer");
}

static void close_at_once(void *owner, struct sn_conn *conn)
{
    adopt(owner, conn);
    sn_conn_close(conn, false);
}

static void test_close_in_accept(void **state)
{
    struct world *world = *state;

    assert_int_equal(sn_listen(world->loop, world->socket, close_at_once, &world->server,
                               &world->listener, NULL),
                     0);
    dial(world, world->socket);
    run_until(world->loop, world->server.closed && world->client.ended);
    sn_conn_close(world->client.conn, false);
    run_until(world->loop, world->client.closed);
}

#define NET_TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_addresses),
        cmocka_unit_test(test_address_too_long),
        NET_TEST(test_listen_errors),
        NET_TEST(test_unix_socket_in_use_and_stale),
        NET_TEST(test_all_interfaces),
        NET_TEST(test_out_of_descriptors),
        NET_TEST(test_dial_errors),
        NET_TEST(test_dial_cancel),
        NET_TEST(test_tcp),
        NET_TEST(test_tcp6),
        NET_TEST(test_unix),
        NET_TEST(test_big_write),
        NET_TEST(test_queue_bound),
        NET_TEST(test_reading_off),
        NET_TEST(test_linger),
        NET_TEST(test_linger_ends_by_itself),
        NET_TEST(test_reset),
        NET_TEST(test_close_in_accept),
    };

    return cmocka_run_group_tests_name("net", tests, NULL, NULL);
}
