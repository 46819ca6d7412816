/* SPDX-License-Identifier: Apache-2.0 */
#include "rpc/transport/drain.h"

#include "sinew/list.h"

static void report(struct sn_drain *drain)
{
    void (*drained)(void *owner) = drain->drained;

    drain->drained = NULL;
    if (drained)
        drained(drain->owner);
}

void sn_drain_leave(struct sn_drain *drain)
{
    if (--drain->left == 0)
        report(drain);
}

static void report_later(struct sn_task *task)
{
    report(sn_container_of(task, struct sn_drain, report));
}

void sn_drain_wait(struct sn_drain *drain, struct sn_loop *loop, void (*drained)(void *owner),
                   void *owner)
{
    drain->drained = drained;
    drain->owner = owner;
    if (!drained || drain->left)
        return;
    drain->report.run = report_later;
    sn_loop_defer(loop, &drain->report);
}
