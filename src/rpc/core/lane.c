/* SPDX-License-Identifier: Apache-2.0
 *
 * Who has a resource and who waits for it. Loop thread.
 *
 * A call that is cancelled may end from inside and so hand the lane on; whoever cancels therefore
 * looks at the lane anew afterwards.
 */
#include "rpc/core/call_private.h"

static struct sn_call *call_of(struct sn_call_link *link)
{
    return sn_container_of(link, struct sn_call, in_lane);
}

void sn_lane_init(struct sn_lane *lane)
{
    *lane = (struct sn_lane){.waiting = {&lane->waiting, &lane->waiting}};
}

static struct sn_call *pop_waiting(struct sn_lane *lane)
{
    if (lane->waiting.next == &lane->waiting)
        return NULL;
    struct sn_call *call = call_of(lane->waiting.next);
    sn_call_link_remove(&call->in_lane);
    lane->waiting_count--;
    return call;
}

static int park(struct sn_lane *lane, struct sn_call *call)
{
    if (lane->waiting_count >= SN_LANE_QUEUE_MAX)
        return sn_call_fail(call, SN_ERR_RESOURCE_EXHAUSTED,
                            "%d calls already wait for this resource", SN_LANE_QUEUE_MAX);
    sn_call_link_append(&lane->waiting, &call->in_lane);
    lane->waiting_count++;
    call->lane = lane;
    call->state = SN_CALL_PARKED;
    return SN_PENDING;
}

static int take(struct sn_lane *lane, struct sn_call *call)
{
    lane->running = call;
    call->lane = lane;
    return 0;
}

/* The first waiting call of a kind that a new actuation supersedes. */
static struct sn_call *waiting_actuation(struct sn_lane *lane)
{
    struct sn_call_link *link;

    for (link = lane->waiting.next; link != &lane->waiting; link = link->next)
        if (call_of(link)->kind == SN_ACTUATION)
            return call_of(link);
    return NULL;
}

static void supersede(struct sn_lane *lane)
{
    struct sn_call *call;

    while ((call = waiting_actuation(lane)))
        sn_call_cancel(call, SN_ERR_CANCELLED);
    if (lane->running && lane->running->kind == SN_ACTUATION)
        sn_call_cancel(lane->running, SN_ERR_CANCELLED);
}

void sn_lane_cancel(struct sn_lane *lane)
{
    while (lane->waiting_count)
        sn_call_cancel(call_of(lane->waiting.next), SN_ERR_CANCELLED);
    if (lane->running)
        sn_call_cancel(lane->running, SN_ERR_CANCELLED);
}

int sn_lane_enter(struct sn_lane *lane, struct sn_call *call, enum sn_kind kind)
{
    if (kind == SN_READ || lane->running == call)
        return 0;
    if (kind == SN_STOP) {
        sn_lane_cancel(lane);
        return 0;
    }
    call->kind = (uint8_t)kind;
    if (kind == SN_ACTUATION)
        supersede(lane);
    if (lane->running || lane->waiting_count)
        return park(lane, call);
    return take(lane, call);
}

struct sn_call *sn_lane_leave(struct sn_call *call)
{
    struct sn_lane *lane = call->lane;

    if (!lane)
        return NULL;
    call->lane = NULL;
    if (lane->running != call) {
        sn_call_link_remove(&call->in_lane);
        lane->waiting_count--;
        return NULL;
    }
    lane->running = pop_waiting(lane);
    return lane->running;
}
