/* SPDX-License-Identifier: Apache-2.0
 *
 * Timers as a pure structure: a heap ordered by due time that is told what time it is. The event
 * loop drives it with the monotonic clock, a simulation with its own, so that whatever uses timers
 * can be tested in simulated time. Thread: the owner's (the loop thread).
 */
#ifndef SINEW_TIMERS_H
#define SINEW_TIMERS_H

#include "sinew/err.h"

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SN_MS(n) ((uint64_t)(n)*1000000)
#define SN_SECONDS(n) ((uint64_t)(n)*1000000000)

/* In the caller's memory, zeroed before first use; must be stopped before that memory goes. */
struct sn_timer {
    uint64_t due_ns; /* on the clock of its sn_timers */
    void (*fire)(struct sn_timer *timer);
    struct sn_timer *child, *sibling, *back; /* pairing heap; back = parent or left sibling */
    bool armed;
};

struct sn_timers {
    struct sn_timer *root;
    uint64_t now_ns; /* of the last sn_timers_advance */
    /* Told when the earliest due time became earlier, so that a waiting loop wakes in time. May be
     * NULL. */
    void (*earlier)(struct sn_timers *timers);
};

/* (Re)arms for `now_ns + delay_ns`. A delay of 0 fires at the next advance, never from inside. */
void sn_timer_start(struct sn_timers *timers, struct sn_timer *timer, uint64_t delay_ns,
                    void (*fire)(struct sn_timer *timer));

/* Harmless for a timer that isn't armed. */
void sn_timer_stop(struct sn_timers *timers, struct sn_timer *timer);

/* Moves the clock and fires what is due, in order of due time; a callback may start and stop any
 * timer, itself included. Timers started meanwhile wait for the next advance. */
void sn_timers_advance(struct sn_timers *timers, uint64_t now_ns);

/* Earliest due time, UINT64_MAX when nothing is armed. */
uint64_t sn_timers_next(const struct sn_timers *timers);

#ifdef __cplusplus
}
#endif

#endif
