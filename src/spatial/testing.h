/* SPDX-License-Identifier: Apache-2.0
 *
 * What the tests of this folder share: chance, memory, comparing.
 */
#ifndef SN_SPATIAL_TESTING_H
#define SN_SPATIAL_TESTING_H

#include "base/heap.h"
#include "base/random.h"
#include "spatial/pose.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* -1..1 */
static inline double random_unit(struct sn_random *random)
{
    return (double)(sn_random_next(random) >> 11) * 0x1p-52 - 1;
}

static inline struct sn_vec3 random_vec(struct sn_random *random, double size)
{
    double x = random_unit(random), y = random_unit(random);

    return sn_vec3(x * size, y * size, random_unit(random) * size);
}

static inline struct sn_quat random_quat(struct sn_random *random)
{
    double w = random_unit(random), x = random_unit(random), y = random_unit(random);

    return sn_quat_normalize(sn_quat(w, x, y, random_unit(random)));
}

static inline struct sn_pose random_pose(struct sn_random *random)
{
    struct sn_vec3 point = random_vec(random, 1000);

    return sn_pose(point, random_quat(random));
}

static inline void expect_near(double got, double wanted, double by)
{
    if (!(fabs(got - wanted) <= by))
        fail_msg("%.12g instead of %.12g", got, wanted);
}

/* The same turn, whatever the sign. */
static inline void expect_quat(struct sn_quat got, struct sn_quat wanted, double radians)
{
    if (!(sn_quat_angle(got, wanted) <= radians))
        fail_msg("(%g %g %g %g) instead of (%g %g %g %g)", got.w, got.x, got.y, got.z, wanted.w,
                 wanted.x, wanted.y, wanted.z);
}

static inline void expect_pose(struct sn_pose got, struct sn_pose wanted)
{
    expect_near(got.point.x, wanted.point.x, 1e-9);
    expect_near(got.point.y, wanted.point.y, 1e-9);
    expect_near(got.point.z, wanted.point.z, 1e-9);
    expect_quat(got.rotation, wanted.rotation, 1e-9);
}

/* ---- memory ---- */

struct memory {
    struct sn_block_pool pool;
    struct sn_arena arena;
};

static inline void memory_init(struct memory *memory)
{
    sn_block_pool_init(&memory->pool, &sn_heap, 16);
    sn_arena_init(&memory->arena, &memory->pool, 64 << 20);
}

static inline void memory_fini(struct memory *memory)
{
    sn_arena_fini(&memory->arena);
    sn_block_pool_fini(&memory->pool);
}

#endif
