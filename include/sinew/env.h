/* SPDX-License-Identifier: Apache-2.0
 *
 * What code that must do without an operating system needs of its surroundings: time, memory,
 * chance, threads. One per loop; sn_loop_env() fills it on a host, a simulation its own.
 */
#ifndef SINEW_ENV_H
#define SINEW_ENV_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct sn_block_pool;
struct sn_random;
struct sn_timers;
struct sn_work;

struct sn_env {
    struct sn_timers *timers;
    struct sn_block_pool *blocks;
    /* Gives work to the pool; UNAVAILABLE when it can't take it. NULL where there are no threads.
     */
    int (*submit)(struct sn_env *env, struct sn_work *work);
    void *loop; /* whoever provides `submit` */
    /* Wall clock: nanoseconds since 1970. For showing to people and peers, never for waiting. */
    uint64_t (*unix_ns)(void);
    struct sn_random *random;
};

#ifdef __cplusplus
}
#endif

#endif
