/* SPDX-License-Identifier: Apache-2.0
 *
 * Waits until the connections of one moment are gone. Loop thread.
 */
#ifndef SN_TRANSPORT_DRAIN_H
#define SN_TRANSPORT_DRAIN_H

#include "loop/loop.h"

/* Zeroed: nobody waits. */
struct sn_drain {
    size_t left; /* connections it waits for */
    void (*drained)(void *owner);
    void *owner;
    struct sn_task report;
};

/* One of those it waits for is gone: the last call for it, `drained` may be called from inside. */
void sn_drain_leave(struct sn_drain *drain);

/* After `left` was counted; `drained` (may be NULL) is called once, never from inside. */
void sn_drain_wait(struct sn_drain *drain, struct sn_loop *loop, void (*drained)(void *owner),
                   void *owner);

#endif
