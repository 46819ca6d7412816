/* SPDX-License-Identifier: Apache-2.0
 *
 * Connections between being accepted and being known.
 */
#include "net/testing.h"
#include "rpc/transport/core_testing.h"
#include "rpc/transport/web/web.h"

#include <unistd.h>

struct world {
    struct sn_loop *loop;
    struct sn_server core;
    struct sn_web *web;
    struct sn_listener *listener;
    struct sn_conn *client;
    char dir[32], socket[64];
    char first[64]; /* of what it heard */
    size_t heard;
    bool closed, drained;
};

static void accept_conn(void *owner, struct sn_conn *conn)
{
    sn_web_accept(((struct world *)owner)->web, conn);
}

static void client_read(struct sn_conn *conn, const uint8_t *bytes, size_t len)
{
    struct world *world = conn->owner;
    size_t room = sizeof(world->first) - world->heard;

    memcpy(world->first + world->heard, bytes, len < room ? len : room);
    world->heard += len < room ? len : room;
}

static void client_end(struct sn_conn *conn)
{
    sn_conn_close(conn, false);
}

static void client_drain(struct sn_conn *conn)
{
}

static void client_close(struct sn_conn *conn, int code)
{
    ((struct world *)conn->owner)->closed = true;
}

static const struct sn_conn_events client_events = {client_read, client_end, client_drain,
                                                    client_close};

static void connected(void *owner, struct sn_conn *conn, const struct sn_error *error)
{
    struct world *world = owner;

    assert_non_null(conn);
    conn->events = &client_events;
    conn->owner = world;
    world->client = conn;
}

static void drained(void *owner)
{
    ((struct world *)owner)->drained = true;
}

static int setup(void **state)
{
    struct world *world = calloc(1, sizeof(*world));
    struct sn_dial *dial;

    world->loop = sn_loop_create();
    world->core.blocks = sn_loop_blocks(world->loop);
    world->web = sn_web_create(world->loop, &world->core, NULL);
    snprintf(world->dir, sizeof(world->dir), "/tmp/sn-port-XXXXXX");
    assert_non_null(mkdtemp(world->dir));
    snprintf(world->socket, sizeof(world->socket), "unix:%s/s", world->dir);
    assert_int_equal(
        sn_listen(world->loop, world->socket, accept_conn, world, &world->listener, NULL), 0);
    assert_int_equal(sn_dial(world->loop, world->socket, connected, world, &dial, NULL), 0);
    run_until(world->loop, world->client);
    *state = world;
    return 0;
}

static struct sn_web_counts count(const struct world *world)
{
    struct sn_web_counts counts;

    sn_web_count(world->web, &counts);
    return counts;
}

static int teardown(void **state)
{
    struct world *world = *state;

    sn_listener_close(world->listener);
    if (!world->closed)
        sn_conn_close(world->client, false);
    sn_web_drain(world->web, 0, drained, world);
    run_until(world->loop, world->closed && world->drained);
    assert_int_equal(count(world).undecided, 0);
    sn_web_destroy(world->web);
    sn_loop_destroy(world->loop);
    rmdir(world->dir);
    free(world);
    return 0;
}

static void say(const struct world *world, const char *text)
{
    struct sn_str bytes = sn_str_of(text);

    assert_int_equal(sn_conn_write(world->client, &bytes, 1), 0);
}

/* Whoever it turns out to speak to has no room, or no memory: it is closed, once. */
static void refused_by_http2(struct world *world, const char *first, const char *rest)
{
    struct sn_guard *guard = sn_web_guard(world->web);

    run_until(world->loop, count(world).undecided == 1);
    if (*first) {
        say(world, first);
        run_until(world->loop, count(world).bytes_in == strlen(first));
    }
    guard->limits.connections = 0;
    say(world, rest);
    run_until(world->loop, world->closed);
    assert_int_equal(guard->refused[SN_REFUSED_CONNECTIONS], 1);
    assert_int_equal(count(world).undecided + count(world).http1 + count(world).http2, 0);
}

static void test_refused_by_http2(void **state)
{
    refused_by_http2(*state, "", "PRI * HTTP/2.0\r\n\r\n");
}

static void test_refused_by_http2_in_pieces(void **state)
{
    refused_by_http2(*state, "PR", "I * HTTP/2.0\r\n\r\n");
}

/* An empty line before the request, in any pieces. RFC 9112, 2.2. */
static void test_empty_line_in_pieces(void **state)
{
    struct world *world = *state;
    static const char *const pieces[] = {"\r", "\n", "G", "ET / HTTP/1.1\r\nHost: x\r\n\r\n"};
    size_t said = 0;

    for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
        say(world, pieces[i]);
        said += strlen(pieces[i]);
        run_until(world->loop, count(world).bytes_in == said);
    }
    run_until(world->loop, world->heard >= 12);
    assert_memory_equal(world->first, "HTTP/1.1 400", 12); /* nothing is served there */
    assert_int_equal(sn_web_guard(world->web)->refused[SN_REFUSED_PROTOCOL], 0);
}

#define PORT_TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        PORT_TEST(test_refused_by_http2),
        PORT_TEST(test_refused_by_http2_in_pieces),
        PORT_TEST(test_empty_line_in_pieces),
    };

    return cmocka_run_group_tests_name("web/port", tests, NULL, NULL);
}
