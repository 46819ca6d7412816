/* SPDX-License-Identifier: Apache-2.0
 *
 * The count of those who are here. When a rush is over, the memory it took goes back to the system.
 * Loop thread.
 */
#ifndef SN_TRANSPORT_RUSH_H
#define SN_TRANSPORT_RUSH_H

#include "sinew/timers.h"

#include <stddef.h>

/* So many at once, and half of them leaving, are worth looking for memory. */
enum { SN_RUSH = 64 };

/* Zeroed: nobody is here. Its owner stops the timer before it goes. */
struct sn_rush {
    size_t count, peak; /* now; at most since memory was last given back */
    struct sn_timer timer;
};

void sn_rush_enter(struct sn_rush *rush);

/* Starts the timer after a rush, which gives the memory back a second later. */
void sn_rush_leave(struct sn_rush *rush, struct sn_timers *timers);

#endif
