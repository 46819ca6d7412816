/* SPDX-License-Identifier: Apache-2.0
 *
 * Something done again and again at a steady rate, by timers. Loop thread.
 */
#ifndef SN_CONTROL_CYCLE_H
#define SN_CONTROL_CYCLE_H

#include "sinew/timers.h"

/* In the caller's memory, zeroed before first use; must be stopped before that memory goes. */
struct sn_cycle {
    struct sn_timer timer;
    struct sn_timers *timers;
    uint64_t period_ns, due_ns;
    void (*run)(struct sn_cycle *cycle);
};

/* Runs `run` every `period_ns` from now on, first after one period; starts anew if it runs already.
 * Being late once doesn't shift what follows; turns that were missed altogether are left out. `run`
 * may stop the cycle. */
void sn_cycle_start(struct sn_cycle *cycle, struct sn_timers *timers, uint64_t period_ns,
                    void (*run)(struct sn_cycle *cycle));

/* Harmless for one that doesn't run. */
void sn_cycle_stop(struct sn_cycle *cycle);

#endif
