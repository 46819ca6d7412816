/* SPDX-License-Identifier: Apache-2.0
 *
 * For tests: a machine in simulated time.
 */
#ifndef SN_ROBOT_TESTING_H
#define SN_ROBOT_TESTING_H

#include "base/heap.h"
#include "base/random.h"
#include "driver/drivers.h"
#include "robot/robot.h"
#include "rpc/core/tape.h"
#include "sinew/log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct robot_fixture {
    struct sn_block_pool blocks;
    struct sn_timers timers;
    struct sn_random random;
    struct sn_env env;
    struct sn_registry registry;
    struct sn_robot *robot;
    struct sn_arena arena; /* of requests and responses */
    struct sn_metadata metadata;
    int shutdowns;
    bool closed, clean;
};

static inline uint64_t robot_fixture_unix_ns(void)
{
    return 1700000000000000000;
}

static inline void robot_fixture_shutdown(void *owner)
{
    ((struct robot_fixture *)owner)->shutdowns++;
}

static inline void robot_fixture_closed(void *owner, bool clean)
{
    struct robot_fixture *f = owner;

    f->closed = true;
    f->clean = clean;
}

/* With the drivers there are, and one of the test's (may be NULL). */
static inline void robot_fixture_init(struct robot_fixture *f, const struct sn_driver *extra,
                                      uint32_t request_limit)
{
    sn_log_set_level(SN_LOG_ERROR + 1);
    sn_block_pool_init(&f->blocks, &sn_heap, 16);
    sn_random_init(&f->random, 1);
    f->env = (struct sn_env){.timers = &f->timers,
                             .blocks = &f->blocks,
                             .unix_ns = robot_fixture_unix_ns,
                             .random = &f->random};
    sn_registry_add(&f->registry, sn_drivers, sn_driver_count);
    if (extra)
        sn_registry_add(&f->registry, &extra, 1);
    struct sn_robot_options options = {.env = &f->env,
                                       .registry = &f->registry,
                                       .request_limit = request_limit,
                                       .build_timeout_ns = SN_SECONDS(120),
                                       .on_shutdown = robot_fixture_shutdown,
                                       .owner = f};
    f->robot = sn_robot_create(&options);
    sn_arena_init(&f->arena, &f->blocks, 16 << 20);
}

static inline void robot_fixture_configure(struct robot_fixture *f, const char *json)
{
    struct sn_config *config;
    struct sn_error error;

    if (sn_config_parse(json, strlen(json), &config, &error))
        fail_msg("%s", error.text);
    assert_int_equal(sn_robot_configure(f->robot, config), 0);
}

/* Time goes by, timer by timer. */
static inline void robot_fixture_pass(struct robot_fixture *f, uint64_t ns)
{
    uint64_t end_ns = f->timers.now_ns + ns;

    while (f->timers.now_ns < end_ns) {
        uint64_t next_ns = sn_timers_next(&f->timers);

        sn_timers_advance(&f->timers, next_ns < end_ns ? next_ns : end_ns);
    }
}

/* A call as a transport begins it. */
static inline void robot_fixture_begin(struct robot_fixture *f, struct tape *tape, const char *path,
                                       const struct sn_pb_msg *msg, const void *request)
{
    struct sn_str bytes;

    *tape = (struct tape){.stream.ops = &tape_ops};
    assert_int_equal(sn_pb_encode(msg, request, &f->arena, 0, &bytes), 0);
    sn_server_begin(sn_robot_server(f->robot), &tape->stream, sn_str_of(path), &f->metadata,
                    SN_NEVER);
    if (tape->stream.rpc)
        sn_server_message(&tape->stream, bytes.ptr, bytes.len);
}

static inline void robot_fixture_close(struct robot_fixture *f)
{
    if (!f->closed)
        sn_robot_close(f->robot, robot_fixture_closed, f);
}

/* After it has closed; nothing of it may be left. */
static inline void robot_fixture_fini(struct robot_fixture *f)
{
    assert_true(f->closed && f->clean);
    sn_robot_destroy(f->robot);
    sn_registry_fini(&f->registry);
    sn_arena_fini(&f->arena);
    assert_int_equal(f->blocks.in_use, 0);
    assert_int_equal(sn_timers_next(&f->timers), UINT64_MAX);
    sn_block_pool_fini(&f->blocks);
}

#endif
