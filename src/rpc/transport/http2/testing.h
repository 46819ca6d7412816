/* SPDX-License-Identifier: Apache-2.0
 *
 * For the tests of this folder: a core of a few methods (core_testing.h), a server that carries
 * calls to it, and its listener. For *_test.c only, once per program.
 */
#ifndef SN_HTTP2_TESTING_H
#define SN_HTTP2_TESTING_H

#include "net/testing.h"
#include "rpc/transport/core_testing.h"
#include "rpc/transport/http2/http2.h"
#include "sinew/list.h"

#include <unistd.h>

/* ---- the world ---- */

struct world {
    struct sn_loop *loop;
    struct sn_server core;
    struct sn_guard guard;
    struct sn_http2_server *http2;
    struct sn_listener *listener;
    char dir[32], socket[64];
    bool drained;
    uint64_t skipped_ns;
};

static void world_accept(void *owner, struct sn_conn *conn)
{
    sn_http2_server_accept(((struct world *)owner)->http2, conn);
}

static inline void world_listen(struct world *world, const char *address)
{
    assert_int_equal(sn_listen(world->loop, address, world_accept, world, &world->listener, NULL),
                     0);
}

static void world_drained(void *owner)
{
    ((struct world *)owner)->drained = true;
}

static void world_drain(struct world *world, uint64_t timeout_ns)
{
    world->drained = false;
    sn_http2_server_drain(world->http2, timeout_ns, world_drained, world);
}

static struct world *world_create(void)
{
    struct world *world = calloc(1, sizeof(*world));

    world->loop = sn_loop_create();
    world->guard.limits = sn_limits_preset;
    world->core.blocks = sn_loop_blocks(world->loop);
    world->http2 = sn_http2_server_create(world->loop, &world->core, &world->guard, NULL);
    snprintf(world->dir, sizeof(world->dir), "/tmp/sn-http2-XXXXXX");
    assert_non_null(mkdtemp(world->dir));
    snprintf(world->socket, sizeof(world->socket), "unix:%s/s", world->dir);
    return world;
}

/* Nothing may be left of anything. */
static void world_destroy(struct world *world)
{
    sn_listener_close(world->listener);
    world_drain(world, 0);
    run_until(world->loop, world->drained);
    assert_int_equal(world->core.live, 0);
    assert_int_equal(sn_http2_server_connections(world->http2), 0);
    sn_http2_server_destroy(world->http2);
    assert_int_equal(sn_loop_blocks(world->loop)->in_use, 0);
    sn_loop_destroy(world->loop);
    rmdir(world->dir);
    free(world);
}

/* Fires what is due `ns` later than at the last skip; then the clock is right again. */
static inline void world_skip(struct world *world, uint64_t ns)
{
    struct sn_timers *timers = sn_loop_timers(world->loop);
    uint64_t now_ns = timers->now_ns;

    world->skipped_ns += ns;
    sn_timers_advance(timers, now_ns + world->skipped_ns);
    timers->now_ns = now_ns;
}

#endif
