/* SPDX-License-Identifier: Apache-2.0
 *
 * A steady rate, by timers.
 */
#include "control/cycle.h"
#include "sinew/list.h"

static void turn(struct sn_timer *timer)
{
    struct sn_cycle *cycle = sn_container_of(timer, struct sn_cycle, timer);
    uint64_t now_ns = cycle->timers->now_ns;

    cycle->due_ns += cycle->period_ns;
    if (cycle->due_ns <= now_ns)
        cycle->due_ns = now_ns + cycle->period_ns;
    sn_timer_start(cycle->timers, timer, cycle->due_ns - now_ns, turn);
    cycle->run(cycle);
}

void sn_cycle_start(struct sn_cycle *cycle, struct sn_timers *timers, uint64_t period_ns,
                    void (*run)(struct sn_cycle *cycle))
{
    cycle->timers = timers;
    cycle->period_ns = period_ns;
    cycle->due_ns = timers->now_ns + period_ns;
    cycle->run = run;
    sn_timer_start(timers, &cycle->timer, period_ns, turn);
}

void sn_cycle_stop(struct sn_cycle *cycle)
{
    if (cycle->timers)
        sn_timer_stop(cycle->timers, &cycle->timer);
}
