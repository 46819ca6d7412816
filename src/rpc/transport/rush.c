/* SPDX-License-Identifier: Apache-2.0 */
#include "rpc/transport/rush.h"

#include "sinew/list.h"

#include <malloc.h>

static void on_over(struct sn_timer *timer)
{
    struct sn_rush *rush = sn_container_of(timer, struct sn_rush, timer);

    rush->peak = rush->count;
    malloc_trim(0);
}

void sn_rush_enter(struct sn_rush *rush)
{
    if (++rush->count > rush->peak)
        rush->peak = rush->count;
}

void sn_rush_leave(struct sn_rush *rush, struct sn_timers *timers)
{
    rush->count--;
    if (rush->peak > SN_RUSH && rush->count < rush->peak / 2 && !rush->timer.armed)
        sn_timer_start(timers, &rush->timer, SN_SECONDS(1), on_over);
}
